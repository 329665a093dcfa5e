//! The same seed, the same bits.

use super::mixture;
use em_lab::{Em, KMeans, Keep, Pca, Start, with_threads};
use ndarray::{Array2, s};

#[test]
fn same_bits_on_any_number_of_threads_in_many_dimensions() {
    // Wide enough for matrix products in place of loops.
    let x = Array2::from_shape_vec(
        (5_000, 20),
        em_lab::random::uniform(100_000, -1.0, 1.0, 3).unwrap(),
    )
    .unwrap();
    let wide = x.slice(s![..15, ..]).to_owned();
    let work = || {
        let fit = Em::new(3)
            .start(Start::RandomPoints)
            .max_iterations(5)
            .fit(&x)
            .unwrap();
        (
            fit,
            Pca::fit(&x, Keep::All).unwrap(),
            Pca::fit(&wide, Keep::All).unwrap(),
        )
    };
    let one = with_threads(1, work);
    for threads in [2, 3, 8] {
        assert!(with_threads(threads, work) == one, "{threads} threads");
    }
}

#[test]
fn same_bits_on_any_number_of_threads() {
    let x = mixture().sample(20_000, 6).unwrap().x;
    let work = || {
        let fit = Em::new(3).runs(2).max_iterations(5).fit(&x).unwrap();
        let pca = Pca::fit(&x, Keep::Count(2)).unwrap();
        let scores = pca.transform(&x).unwrap();
        (
            fit.model.log_density(&x).unwrap(),
            fit,
            pca,
            scores,
            KMeans::fit(&x, 4, 1).unwrap(),
        )
    };
    let one = with_threads(1, work);
    for threads in [2, 3, 8] {
        assert!(with_threads(threads, work) == one, "{threads} threads");
    }
}

#[test]
fn same_seed_same_numbers_and_other_seed_other_numbers() {
    let model = mixture();
    assert_eq!(model.sample(50, 1).unwrap(), model.sample(50, 1).unwrap());
    assert_ne!(model.sample(50, 1).unwrap(), model.sample(50, 2).unwrap());
    let x = model.sample(300, 1).unwrap().x;
    for start in [
        Start::KMeans,
        Start::RandomPoints,
        Start::RandomResponsibilities,
    ] {
        let fit = |seed| {
            Em::new(3)
                .start(start.clone())
                .seed(seed)
                .max_iterations(0)
                .fit(&x)
                .unwrap()
        };
        assert_eq!(fit(1), fit(1));
    }
    let start = |seed| {
        Em::new(3)
            .start(Start::RandomPoints)
            .seed(seed)
            .max_iterations(0)
            .fit(&x)
            .unwrap()
    };
    assert_ne!(start(1), start(2));
}
