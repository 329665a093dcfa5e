//! Statistics that travel, and sums that do not depend on who takes their parts.

mod common;

use common::{ROUNDING, assert_near};
use em_lab::{
    CovarianceModel, Em, Error, FixedSum, GaussianMixture, Start, Statistics, Stop, random,
    synthetic, with_threads,
};
use ndarray::{Array2, Axis, array};

fn data() -> (Array2<f64>, GaussianMixture) {
    (
        synthetic::two_dimensions().x,
        synthetic::two_dimensions_model(),
    )
}

/// The statistics of at most `n` parts of the data.
fn parts(n: usize) -> Vec<Statistics> {
    let (x, model) = data();
    let parts = x.axis_chunks_iter(Axis(0), x.nrows().div_ceil(n));
    parts.map(|part| model.statistics(&part).unwrap()).collect()
}

fn sum(parts: &[Statistics], places: impl IntoIterator<Item = usize>) -> FixedSum {
    let mut sum = FixedSum::new(parts.len());
    for place in places {
        sum.add(place, parts[place].clone()).unwrap();
    }
    sum
}

fn says<T: std::fmt::Debug>(result: Result<T, Error>, text: &str) {
    assert_eq!(result.unwrap_err().to_string(), text);
}

#[test]
fn statistics_come_back_from_bytes_bit_for_bit() {
    let (x, model) = data();
    for kind in [CovarianceModel::FULL, CovarianceModel::Vvi] {
        let em = Em::new(2).covariance_model(kind).max_iterations(2);
        let statistics = em.fit(&x).unwrap().model.statistics(&x).unwrap();
        let bytes = statistics.to_bytes();
        assert_eq!(Statistics::from_bytes(&bytes), Ok(statistics));
    }
    let bytes = model.statistics(&x).unwrap().to_bytes();
    // The head, four sizes, the log-likelihood, 2 x 2 centres, two triangles in 8 x 8.
    assert_eq!(bytes.len(), 8 * (1 + 4 + 1 + 4 + 128));
    let mut wrong = bytes.clone();
    wrong[0] ^= 1;
    let mut huge = bytes.clone();
    huge[8..16].fill(0xff);
    let mut narrow = bytes.clone();
    narrow[16] = 9;
    let longer = [&bytes[..], &[0; 8]].concat();
    for (broken, length) in [
        (&bytes[..bytes.len() - 1], 1103),
        (&bytes[..20], 20),
        (&[], 0),
        (&wrong, 1104),
        (&huge, 1104),
        (&narrow, 1104),
        (&longer, 1112),
    ] {
        says(
            Statistics::from_bytes(broken),
            &format!(
                "The list of bytes is one of {length} that are no whole statistics, but it must be one that this version's \
                 Statistics::to_bytes made, all of it."
            ),
        );
    }
}

#[test]
fn a_fixed_sum_has_the_same_bits_in_whatever_order_its_parts_come() {
    for n in [1, 2, 3, 5, 8, 13, 31] {
        let parts = parts(n);
        let n = parts.len();
        let total = sum(&parts, 0..n).total().unwrap();
        assert_eq!(sum(&parts, (0..n).rev()).total().as_ref(), Ok(&total));
        let order = random::uniform(n, 0.0, 1.0, 7).unwrap();
        let mut places: Vec<usize> = (0..n).collect();
        places.sort_by(|&i, &j| order[i].total_cmp(&order[j]));
        assert_eq!(sum(&parts, places.clone()).total().as_ref(), Ok(&total));
        for ranks in [2, 3, 7, 40] {
            // Neighbours first, then whoever is left.
            let owned = |rank: usize| sum(&parts, n * rank / ranks..n * (rank + 1) / ranks);
            let mut all = owned(0);
            for rank in 1..ranks {
                let bytes = owned(rank).to_bytes();
                all.merge(FixedSum::from_bytes(&bytes).unwrap()).unwrap();
            }
            assert_eq!(all.total().as_ref(), Ok(&total));
        }
        let plain = parts.iter().map(Statistics::log_likelihood).sum::<f64>();
        assert_near(total.log_likelihood(), plain, ROUNDING);
        assert_near(total.total_weight(), 300.0, ROUNDING);
    }
}

#[test]
fn a_fixed_sum_adds_only_halves() {
    let parts = parts(5);
    let add = |i: &Statistics, j: &Statistics| {
        let mut sum = i.clone();
        sum.merge(j).unwrap();
        sum
    };
    let [a, b, c, d, e] = &parts[..] else {
        panic!("five parts")
    };
    let by_hand = add(&add(&add(a, b), &add(c, d)), e);
    assert_eq!(sum(&parts, [4, 2, 0, 3, 1]).total(), Ok(by_hand));
    let pieces = |places: std::ops::Range<usize>| sum(&parts, places).to_string();
    assert_eq!(pieces(0..4), "sum of 4 of 5 parts, in 1 piece");
    assert_eq!(pieces(1..4), "sum of 3 of 5 parts, in 2 pieces");
}

#[test]
fn a_fixed_sum_says_what_does_not_belong_to_it() {
    let parts = parts(4);
    let mut some = sum(&parts, [0, 1]);
    let fault = |part: usize, found: &str| {
        format!(
            "Part {part} of 4 (counted from 0) is one {found}, but it must be one of them, and each once."
        )
    };
    says(
        some.add(1, parts[1].clone()),
        &fault(1, "that is there already"),
    );
    says(
        some.add(7, parts[1].clone()),
        &fault(7, "that is not among them"),
    );
    says(
        some.merge(sum(&parts, [3, 0])),
        &fault(0, "that is there already"),
    );
    says(
        some.merge(FixedSum::new(5)),
        "The other sum is one of 5 parts, but it must be one of 4 parts, as this one.",
    );
    says(
        sum(&parts, [0, 1, 3]).total(),
        "The sum of statistics has 3 parts, but 4 were expected: add the others.",
    );
    says(
        FixedSum::new(0).total(),
        "The sum of statistics is empty: there must be at least one value.",
    );
    let other = GaussianMixture::univariate(&[1.0], &[0.0], &[1.0]).unwrap();
    let other = other.statistics(&array![[1.0]]).unwrap();
    let mut three = sum(&parts, 0..3);
    let error = three.add(3, other).unwrap_err();
    assert!(error.to_string().starts_with("The model of the other"));
    assert_eq!(three, sum(&parts, 0..3));

    let bytes = sum(&parts, [0, 2]).to_bytes();
    for cut in [0, 7, 15, 20, 40, bytes.len() - 1] {
        assert!(FixedSum::from_bytes(&bytes[..cut]).is_err(), "{cut}");
    }
    let mut far = bytes.clone();
    far[16..32].fill(0xff);
    says(
        FixedSum::from_bytes(&far),
        "The list of bytes is one of 2272 that are no whole sum, but it must be one that this version's FixedSum::to_bytes made, \
         all of it.",
    );
}

#[test]
fn an_error_elsewhere_says_where() {
    let error = Error::Elsewhere {
        place: "rank 3".into(),
        sentence: "x is empty: there must be at least one value.".into(),
    };
    assert_eq!(
        error.to_string(),
        "rank 3 says: x is empty: there must be at least one value."
    );
}

#[test]
fn a_fit_from_statistics_is_the_fit_of_the_samples() {
    let (x, start) = data();
    let em = Em::new(2).start(Start::Model(start));
    let n_parts = 5;
    let pass = |model: &GaussianMixture| {
        let mut sum = FixedSum::new(n_parts);
        for (place, part) in x.axis_chunks_iter(Axis(0), 60).enumerate() {
            sum.add(place, model.statistics(&part)?)?;
        }
        sum.total()
    };
    let fit = |threads| with_threads(threads, || em.fit_statistics(pass).unwrap());
    let whole = em.fit(&x).unwrap();
    assert_eq!(fit(1), fit(3));
    assert_eq!(fit(1).n_iterations(), whole.n_iterations());
    assert!(fit(1).converged());
    assert_near(fit(1).log_likelihood(), whole.log_likelihood(), ROUNDING);

    // A fit that goes on from an iteration has the bits of one that went through.
    let model = |start: &Start, n_iterations: usize| {
        let em = Em::new(2).start(start.clone()).tolerance(0.0);
        let fit = em
            .max_iterations(n_iterations)
            .fit_statistics(pass)
            .unwrap();
        assert_eq!(fit.n_iterations(), n_iterations);
        fit.model
    };
    let start = Start::Model(synthetic::two_dimensions_model());
    let half = Start::Model(model(&start, 3));
    assert_eq!(model(&half, 5), model(&start, 8));
}

#[test]
fn a_fit_from_statistics_says_what_it_lacks() {
    let (x, start) = data();
    let em = Em::new(2).start(Start::Model(start.clone()));
    let pass = |model: &GaussianMixture| model.statistics(&x);
    says(
        Em::new(2).fit_statistics(pass),
        "The start of a fit from statistics is to be found in the samples, but it must be a model, Start::Model: the samples are \
         not here.",
    );
    says(
        em.clone().keep_steps().fit_statistics(pass),
        "A choice for samples that are elsewhere is to use the steps, but it must be one that does not need the samples.",
    );
    let shifted = GaussianMixture::new(
        &[0.5, 0.5],
        start.means() + 1.0,
        start.covariances().clone(),
    );
    let shifted = shifted.unwrap();
    says(
        em.fit_statistics(|_| shifted.statistics(&x)),
        "The model of the statistics is another one, but it must be the one that the pass was given.",
    );
    let diagonal = Em::new(2).covariance_model(CovarianceModel::Vvi);
    let diagonal = diagonal.max_iterations(1).fit(&x).unwrap().model;
    says(
        Em::new(2)
            .start(Start::Model(diagonal))
            .fit_statistics(pass),
        "The covariance model of the M-step is VVV, but it must be one along the features: these statistics come from such a \
         model, and hold no covariances.",
    );
    let down = Error::Empty {
        what: "The line".into(),
    };
    let mut n_calls = 0;
    let fit = em.fit_statistics(|model| {
        n_calls += 1;
        (n_calls < 3).then(|| pass(model)).ok_or(down.clone())?
    });
    let fit = fit.unwrap();
    assert_eq!(
        (fit.n_iterations(), fit.stop),
        (1, Stop::Failed(down.clone()))
    );
    assert_eq!(em.fit_statistics(|_| Err(down.clone())), Err(down));
}
