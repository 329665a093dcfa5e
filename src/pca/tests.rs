use crate::{Digits, Error, Keep, Pca, with_threads};
use ndarray::{Array2, ArrayRef2, s};

/// Entries of unit vectors, and numbers of their size.
const ROUNDING: f64 = 1e-9;
/// Variances, relative to themselves.
const VARIANCES: f64 = 1e-12;

/// The middle of each image, 14 x 28 pixels: plain Rust takes seconds for eigenvectors of 784.
fn halves(n: usize) -> Digits {
    let digits = Digits::first(n).unwrap();
    Digits {
        pixels: digits.pixels.slice(s![.., 196..588]).to_owned(),
        height: 14,
        ..digits
    }
}

fn largest_difference(a: &ArrayRef2<f64>, b: &ArrayRef2<f64>) -> f64 {
    assert_eq!(a.dim(), b.dim());
    (a - b).iter().fold(0.0, |m, v| v.abs().max(m))
}

#[track_caller]
fn assert_same(a: &Pca, b: &Pca) {
    assert!(largest_difference(a.components(), b.components()) < ROUNDING);
    let variances = a.explained_variance() / b.explained_variance();
    assert!(
        variances
            .iter()
            .all(|ratio| (ratio - 1.0).abs() < VARIANCES)
    );
    let singular = a.singular_values() / b.singular_values();
    assert!(singular.iter().all(|ratio| (ratio - 1.0).abs() < VARIANCES));
    assert!((a.total_variance / b.total_variance - 1.0).abs() < VARIANCES);
    assert!((a.mean() - b.mean()).iter().all(|v| v.abs() < ROUNDING));
}

#[test]
fn bytes_give_the_components_of_the_numbers_that_they_stand_for() {
    let digits = halves(3_000);
    for keep in [Keep::Count(50), Keep::Count(3), Keep::Variance(0.8)] {
        let x = digits.unit();
        let (bytes, numbers) = (digits.pca(keep).unwrap(), Pca::fit(&x, keep).unwrap());
        assert_same(&bytes, &numbers);
        let scores = digits.scores(&bytes).unwrap();
        assert!(largest_difference(&scores, &numbers.transform(&x).unwrap()) < ROUNDING);
    }
    let raw = Pca::fit(&digits.raw(), Keep::Count(5)).unwrap();
    assert_same(
        &Pca::fit_bytes(&digits.pixels, 1.0, Keep::Count(5)).unwrap(),
        &raw,
    );
}

#[test]
fn fewer_images_than_pixels_give_the_same_components_too() {
    let digits = Digits::first(100).unwrap();
    let bytes = digits.pca(Keep::Count(20)).unwrap();
    assert_same(&bytes, &Pca::fit(&digits.unit(), Keep::Count(20)).unwrap());
    assert_eq!(
        digits.pca(Keep::All).unwrap().n_kept(),
        99,
        "a hundred points span 99 directions"
    );
}

#[test]
fn the_largest_components_are_the_first_of_all() {
    let digits = Digits::first(1_000).unwrap();
    let pixels = digits.pixels.slice(s![.., 300..420]);
    let all = Pca::fit_bytes(&pixels, 1.0, Keep::All).unwrap();
    let some = Pca::fit_bytes(&pixels, 1.0, Keep::Count(10)).unwrap();
    assert_eq!(all.n_kept(), 120);
    assert_same(&some, &all.truncate(10).unwrap());
    let w = all.components();
    assert!(largest_difference(&w.dot(&w.t()), &Array2::eye(120)) < ROUNDING);
    let scores = all.transform_bytes(&pixels, 1.0).unwrap();
    let back = all.inverse_transform(&scores).unwrap();
    assert!(largest_difference(&back, &pixels.mapv(f64::from)) < ROUNDING);
}

#[test]
fn a_grey_level_of_another_worth_stretches_the_analysis() {
    let digits = halves(1_000);
    let fit = |unit| Pca::fit_bytes(&digits.pixels, unit, Keep::Count(4)).unwrap();
    let (one, tiny) = (fit(1.0), fit(2.0_f64.powi(-400)));
    assert_eq!(one.components(), tiny.components());
    assert_eq!(
        one.singular_values() * 2.0_f64.powi(-400),
        tiny.singular_values()
    );
    assert_eq!(
        one.explained_variance_ratio(),
        tiny.explained_variance_ratio()
    );
}

#[test]
fn bytes_give_the_same_bits_on_any_number_of_threads() {
    let digits = halves(5_000);
    let work = || {
        let pca = digits.pca(Keep::Count(20)).unwrap();
        (digits.scores(&pca).unwrap(), pca)
    };
    let one = with_threads(1, work);
    for threads in [2, 3, 8] {
        assert!(with_threads(threads, work) == one, "{threads} threads");
    }
}

#[test]
fn images_that_are_all_the_same_have_no_variance() {
    for level in [0, 7, 255] {
        let pixels = Array2::from_elem((300, 20), level);
        let pca = Pca::fit_bytes(&pixels, 1.0, Keep::Count(3)).unwrap();
        assert!(pca.explained_variance().iter().all(|&v| v == 0.0));
        assert!(pca.noise_variance().abs() < ROUNDING);
        assert!((pca.mean()[19] - f64::from(level)).abs() < ROUNDING);
        let w = pca.components();
        assert!(largest_difference(&w.dot(&w.t()), &Array2::eye(3)) < ROUNDING);
        let scores = pca.transform_bytes(&pixels, 1.0).unwrap();
        assert!(scores.iter().all(|score| score.abs() < ROUNDING));
    }
}

#[test]
fn more_components_than_pixels_that_vary() {
    let mut pixels = Array2::from_elem((300, 6), 9);
    for row in 0..300_u16 {
        let [low, _] = (row * 7).to_le_bytes();
        pixels[[usize::from(row), 2]] = low;
        pixels[[usize::from(row), 4]] = low / 3;
    }
    let pca = Pca::fit_bytes(&pixels, 1.0, Keep::Count(4)).unwrap();
    let w = pca.components();
    assert!(largest_difference(&w.dot(&w.t()), &Array2::eye(4)) < ROUNDING);
    assert!(pca.explained_variance()[2] < ROUNDING);
}

#[test]
fn pixels_that_cannot_be_analysed() {
    let says = |result: Result<Pca, Error>, message: &str| {
        assert_eq!(result.unwrap_err().to_string(), message);
    };
    let pixels = Array2::from_shape_fn((4, 3), |(i, j)| u8::try_from(i * i + j).unwrap());
    let fit = |unit, keep| Pca::fit_bytes(&pixels, unit, keep);
    says(
        Pca::fit_bytes(&Array2::zeros((0, 3)), 1.0, Keep::All),
        "The matrix of pixels is empty: there must be at least one value.",
    );
    says(
        Pca::fit_bytes(&pixels.slice(s![..1, ..]), 1.0, Keep::All),
        "The data have 1 sample, but a variance needs at least 2: give more samples or ask for less.",
    );
    says(
        fit(1.0, Keep::Count(4)),
        "The number of components to keep is 4, but it must be at least 1 and at most 3, the smaller of samples and features.",
    );
    for (unit, found) in [
        (0.0, "0"),
        (-1.0, "-1"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "inf"),
    ] {
        says(
            fit(unit, Keep::All),
            &format!(
                "The unit of the pixels is {found}, but it must be a positive, finite number: what one grey level is worth, such as \
                 1 / 255."
            ),
        );
    }
    says(
        fit(1e200, Keep::All),
        "The linear algebra failed (the variances of x overflow): the values are too large, too small or too unequal for double \
         precision. Rescale the columns to comparable size and try again.",
    );
    let pca = fit(1.0, Keep::Count(1)).unwrap();
    assert_eq!(
        pca.transform_bytes(&Array2::zeros((2, 5)), 1.0)
            .unwrap_err()
            .to_string(),
        "The matrix of pixels has 5 columns, but 3 columns were expected: the model has that many features."
    );
    assert!(pca.transform_bytes(&pixels, f64::NAN).is_err());
    assert!(pca.transform_bytes(&Array2::zeros((0, 3)), 1.0).is_err());
}

#[test]
fn numbers_that_are_not_finite_are_found_wherever_they_are() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for row in [0, 255, 256, 699] {
            let mut x = Array2::from_shape_fn((700, 4), |(i, j)| (i * (j + 1) % 13) as f64);
            let pca = Pca::fit(&x, Keep::Count(2)).unwrap();
            x[[row, 3]] = value;
            let faulty =
                |error| matches!(error, Error::NotFinite { row: r, column: 3, .. } if r == row);
            assert!(faulty(Pca::fit(&x, Keep::All).unwrap_err()));
            assert!(faulty(pca.transform(&x).unwrap_err()));
        }
    }
}
