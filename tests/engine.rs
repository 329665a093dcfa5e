//! The engine against plain formulas: where its tiles end, what it leaves out, and data that few have in mind.

mod common;

use common::{LONG_SUMS, ROUNDING, assert_close, assert_near};
use em_lab::{
    CovarianceModel, Digits, Em, GaussianMixture, GreyImage, Regularization, Start, column, e_step,
    m_step, random, synthetic,
};
use ndarray::{Array1, Array2, Array3, ArrayView1, ArrayView2, Axis, array, s};

/// Two orders of summation of the same numbers, beside the size of the sum.
const SUMMATION: f64 = 1e-12;

/// An iteration of EM as Bishop (2006) writes it, sample by sample: eqs. 9.23 to 9.28.
struct Plain {
    log_likelihood: f64,
    responsibilities: Array2<f64>,
    weights: Array1<f64>,
    means: Array2<f64>,
    covariances: Array3<f64>,
}

impl Plain {
    fn step(model: &GaussianMixture, x: &Array2<f64>) -> Self {
        let (n, (k, d)) = (x.nrows(), model.means().dim());
        let factors: Vec<_> = model.covariances().outer_iter().map(cholesky).collect();
        let mut responsibilities = Array2::zeros((n, k));
        let mut log_likelihood = 0.0;
        for (sample, mut row) in x.rows().into_iter().zip(responsibilities.rows_mut()) {
            for (k, lower) in factors.iter().enumerate() {
                let mean = model.means().row(k);
                row[k] = model.weights()[k].ln() + log_normal(&sample, &mean, lower);
            }
            let largest = row.fold(f64::NEG_INFINITY, |m, &l| m.max(l));
            let log_density = largest + row.mapv(|l| (l - largest).exp()).sum().ln();
            row.mapv_inplace(|l| (l - log_density).exp());
            log_likelihood += log_density;
        }
        let counts = responsibilities.sum_axis(Axis(0));
        let mut means = Array2::<f64>::zeros((k, d));
        let mut covariances = Array3::<f64>::zeros((k, d, d));
        for k in 0..k {
            for (sample, r) in x.rows().into_iter().zip(responsibilities.column(k)) {
                means.row_mut(k).scaled_add(r / counts[k], &sample);
            }
            for (sample, r) in x.rows().into_iter().zip(responsibilities.column(k)) {
                let centred = &sample - &means.row(k);
                for i in 0..d {
                    let mut row = covariances.slice_mut(s![k, i, ..]);
                    row.scaled_add(r * centred[i] / counts[k], &centred);
                }
            }
        }
        Self {
            log_likelihood,
            responsibilities,
            weights: counts / n as f64,
            means,
            covariances,
        }
    }
}

/// The lower triangular L with Σ = L Lᵀ.
fn cholesky(covariance: ArrayView2<f64>) -> Array2<f64> {
    let d = covariance.nrows();
    let mut lower = Array2::<f64>::zeros((d, d));
    for i in 0..d {
        for j in 0..=i {
            let known = lower.slice(s![i, ..j]).dot(&lower.slice(s![j, ..j]));
            let rest = covariance[[i, j]] - known;
            lower[[i, j]] = if i == j {
                rest.sqrt()
            } else {
                rest / lower[[j, j]]
            };
        }
    }
    lower
}

fn log_normal(x: &ArrayView1<f64>, mean: &ArrayView1<f64>, lower: &Array2<f64>) -> f64 {
    let mut white = x - mean;
    for i in 0..white.len() {
        let known = lower.slice(s![i, ..i]).dot(&white.slice(s![..i]));
        white[i] = (white[i] - known) / lower[[i, i]];
    }
    let normalizer = 0.5 * white.len() as f64 * (2.0 * std::f64::consts::PI).ln();
    -0.5 * white.dot(&white) - lower.diag().ln().sum() - normalizer
}

/// Three components that overlap in every dimension, and numbers around them.
fn mixture(n_features: usize) -> GaussianMixture {
    let means = Array2::from_shape_fn((3, n_features), |(k, i)| 0.1 * (k as f64) * (i % 3) as f64);
    let covariances = Array3::from_shape_fn((3, n_features, n_features), |(k, i, j)| {
        let slant: f64 = [0.2, -0.2, 0.1][k];
        slant.powi(i.abs_diff(j).try_into().unwrap())
    });
    GaussianMixture::new(&[0.5, 0.3, 0.2], means, covariances).unwrap()
}

fn cube(n_samples: usize, n_features: usize, seed: u64) -> Array2<f64> {
    let values = random::uniform(n_samples * n_features, -1.7, 1.7, seed).unwrap();
    Array2::from_shape_vec((n_samples, n_features), values).unwrap()
}

#[test]
fn any_number_of_samples_and_features_agrees_with_the_plain_formulas() {
    let ridge = Regularization::Absolute(1.0);
    for n_features in [1, 2, 7, 8, 9, 50, 130] {
        let full = mixture(n_features);
        for n_samples in [1, 63, 64, 65, 257] {
            let x = cube(n_samples, n_features, 1);
            let diagonal = full.statistics(&x).unwrap();
            let diagonal = diagonal.m_step(CovarianceModel::DIAGONAL, ridge).unwrap();
            for model in [&full, &diagonal] {
                let plain = Plain::step(model, &x);
                let expectation = e_step(model, &x).unwrap();
                let r = &expectation.responsibilities;
                assert_close(r, &plain.responsibilities, ROUNDING);
                let statistics = model.statistics(&x).unwrap();
                for found in [expectation.log_likelihood, statistics.log_likelihood()] {
                    assert_near(found, plain.log_likelihood, SUMMATION * found.abs());
                }
                let kind = model.covariance_model();
                let next = statistics.m_step(kind, ridge).unwrap();
                assert_close(next.weights(), &plain.weights, ROUNDING);
                assert_close(next.means(), &plain.means, ROUNDING);
                let by_hand = m_step(&x, r, ridge).unwrap();
                for ((k, i, j), expected) in plain.covariances.indexed_iter() {
                    let expected = expected + f64::from(u8::from(i == j));
                    assert_near(by_hand.covariances()[[k, i, j]], expected, ROUNDING);
                    let own = if kind == CovarianceModel::FULL || i == j {
                        expected
                    } else {
                        0.0
                    };
                    assert_near(next.covariances()[[k, i, j]], own, ROUNDING);
                }
            }
        }
    }
}

#[test]
fn what_is_left_out_is_below_rounding() {
    // Shares of every size from 1 down to none at all.
    let means = array![[0.0], [3.0], [7.0], [12.0], [18.0], [60.0]];
    let variances = [1.0, 0.3, 2.0, 0.5, 9.0, 0.1];
    let covariances = Array3::from_shape_fn((6, 1, 1), |(k, _, _)| variances[k]);
    let weights = [0.4, 0.3, 0.29, 1e-2 - 1e-6, 9e-7, 1e-7];
    let model = GaussianMixture::new(&weights, means, covariances).unwrap();
    let mut x = model.sample(4_000, 1).unwrap().x;
    // Some for the rarest two, and one sample as far away as one among so many can be.
    x[[0, 0]] = 19.0;
    for n in 1..9 {
        x[[n, 0]] = 59.9 + 0.03 * n as f64;
    }
    x[[9, 0]] = -60.0;
    let plain = Plain::step(&model, &x);
    let smallest = plain.responsibilities.fold(1.0_f64, |m, r| m.min(*r));
    assert!(smallest < 1e-200, "the test is to have shares to leave out");
    let next = model.statistics(&x).unwrap();
    assert_near(next.total_weight(), 4_000.0, 4_000.0 * SUMMATION);
    let next = next
        .m_step(CovarianceModel::FULL, Regularization::None)
        .unwrap();
    for k in 0..6 {
        let variance = plain.covariances[[k, 0, 0]];
        let shift = next.means()[[k, 0]] - plain.means[[k, 0]];
        assert_near(shift / variance.sqrt(), 0.0, SUMMATION);
        assert_near(next.covariances()[[k, 0, 0]] / variance, 1.0, SUMMATION);
        assert_near(next.weights()[k] / plain.weights[k], 1.0, SUMMATION);
    }
}

#[test]
fn a_sample_far_from_everything_has_shares() {
    let x = array![[1e150, -1e150], [1e300, 1e300], [-1e300, 1e300], [0.0, 0.0]];
    let slanted = array![[1e-20, 0.9e-20], [0.9e-20, 1e-20]];
    // Beside the narrow component a wide one, for which nothing here is out of reach.
    let wide = array![[1e300, 0.0], [0.0, 1e300]];
    let both = ndarray::stack![Axis(0), slanted, wide];
    let model = GaussianMixture::new(&[0.5, 0.5], Array2::zeros((2, 2)), both).unwrap();
    let found = model.responsibilities(&x).unwrap();
    let expected = array![[0.0, 1.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]];
    assert_close(&found, &expected, 0.0);
    assert!(model.log_density(&x).unwrap().iter().all(|l| l.is_finite()));
    assert!(model.statistics(&x).unwrap().log_likelihood().is_finite());

    // Beyond the reach of all, none is nearer than another.
    let narrow = synthetic::two_dimensions_model();
    let found = narrow.responsibilities(&x).unwrap();
    assert_close(&found.sum_axis(Axis(1)), &Array1::ones(4), ROUNDING);
    assert_close(&found.row(2).to_owned(), &array![0.5, 0.5], ROUNDING);
}

#[test]
fn a_far_sample_does_not_keep_em_from_ending() {
    let mut x = synthetic::two_dimensions().x;
    x[[100, 1]] = 1e150;
    for model in CovarianceModel::ALL {
        for regularization in [Regularization::None, Regularization::default()] {
            let em = Em::new(2)
                .covariance_model(model)
                .regularization(regularization);
            // A component that has the sample to itself has collapsed; everything else is a fit.
            if let Ok(fit) = em.fit(&x) {
                assert!(fit.log_likelihood().is_finite(), "{model}");
                assert!(fit.model.means().iter().all(|v| v.is_finite()), "{model}");
            }
        }
    }
}

#[test]
fn density_is_finite_in_784_dimensions() {
    let x = Digits::first(300).unwrap().raw();
    for model in [CovarianceModel::DIAGONAL, CovarianceModel::FULL] {
        let em = Em::new(2).covariance_model(model).max_iterations(1);
        let fit = em.fit(&x).unwrap();
        for far in [0.0, 1e4, 1e100] {
            let densities = fit.model.log_density(&(&x.slice(s![..70, ..]) + far));
            assert!(densities.unwrap().iter().all(|l| l.is_finite()), "{model}");
        }
        assert!(fit.log_likelihood().is_finite() && fit.model.bic(&x).unwrap().is_finite());
    }
    // The density itself would be 10^-4704 or 10^+4704.
    for variance in [1e-12_f64, 1e12] {
        let covariance = (Array2::eye(784) * variance).insert_axis(Axis(0));
        let model = GaussianMixture::new(&[1.0], Array2::zeros((1, 784)), covariance).unwrap();
        let found = model.log_density(&Array2::zeros((1, 784))).unwrap()[0];
        let expected = -392.0 * (2.0 * std::f64::consts::PI * variance).ln();
        assert_near(found, expected, SUMMATION * expected.abs());
    }
}

#[test]
fn an_image_is_256_weighted_grey_levels() {
    for image in [GreyImage::camera().unwrap(), GreyImage::coins().unwrap()] {
        let mut counts = [0.0; 256];
        for &level in &image.pixels {
            counts[usize::from(level)] += 1.0;
        }
        let levels = Array2::from_shape_fn((256, 1), |(level, _)| level as f64);
        let pixels = column(&image.values());
        let start = GaussianMixture::univariate(
            &[0.3, 0.3, 0.4],
            &[20.0, 110.0, 190.0],
            &[10.0, 30.0, 30.0],
        );
        // In one dimension there are only volumes, equal or variable; of each kind one by diagonals and one by whole matrices.
        for model in [
            CovarianceModel::Eii,
            CovarianceModel::SPHERICAL,
            CovarianceModel::TIED,
            CovarianceModel::FULL,
        ] {
            let em = Em::new(3)
                .covariance_model(model)
                .start(Start::Model(start.clone().unwrap()))
                .max_iterations(4)
                .tolerance(0.0);
            let whole = em.fit(&pixels).unwrap();
            let table = em.fit_weighted(&levels, &counts).unwrap();
            for (found, expected) in table.log_likelihoods.iter().zip(&whole.log_likelihoods) {
                assert_near(*found, *expected, SUMMATION * expected.abs());
            }
            assert_close(table.model.weights(), whole.model.weights(), SUMMATION);
            let relative = table.model.means() / whole.model.means();
            assert_close(&relative, &Array2::ones((3, 1)), SUMMATION);
            let relative = table.model.covariances() / whole.model.covariances();
            assert_close(&relative, &Array3::ones((3, 1, 1)), SUMMATION);
        }
    }
}

#[test]
fn more_runs_are_never_worse_and_their_starts_differ() {
    let x = cube(200, 3, 5);
    for start in [
        Start::KMeans,
        Start::RandomPoints,
        Start::RandomResponsibilities,
    ] {
        let em = Em::new(4).start(start.clone());
        let best = |em: &Em| -> Vec<f64> {
            let best = |runs| em.clone().runs(runs).fit(&x).unwrap().log_likelihood();
            (1..=10).map(best).collect()
        };
        let (starts, ends) = (best(&em.clone().max_iterations(0)), best(&em));
        assert!(starts.is_sorted() && ends.is_sorted(), "{start:?}");
        // Each seed starts elsewhere, and so does each run: about every other time the second is the better one.
        let start_of = |seed, runs| {
            let em = em.clone().max_iterations(0).seed(seed).runs(runs);
            em.fit(&x).unwrap().model
        };
        let alone: Vec<_> = (0..10).map(|seed| start_of(seed, 1)).collect();
        assert!(
            (1..10).all(|n| !alone[..n].contains(&alone[n])),
            "{start:?}"
        );
        let seeds = alone.iter().zip(0..);
        let better = seeds
            .filter(|(one, seed)| start_of(*seed, 2) != **one)
            .count();
        assert!((1..10).contains(&better), "{start:?}: {better}");
    }
}

#[test]
fn a_whitened_start_does_not_mind_the_units() {
    // Two sheets, an arm's length wide and a finger apart.
    let mut x = cube(400, 3, 6) * 100.0;
    for n in 0..400 {
        x[[n, 2]] = x[[n, 2]] / 1e3 + if n < 200 { 0.0 } else { 3.0 };
    }
    let em = Em::new(2).whiten_start().max_iterations(0);
    let plain = em.fit(&x).unwrap().model;
    let units = array![1.0, 0.1, 30.0];
    let other = em.fit(&(&x * &units)).unwrap().model;
    assert_close(&(other.means() / &units), plain.means(), LONG_SUMS);
    let gap = |model: &GaussianMixture| (model.means()[[0, 2]] - model.means()[[1, 2]]).abs();
    assert!(gap(&plain) > 2.9, "{}", gap(&plain));
    let blind = Em::new(2).max_iterations(0).fit(&x).unwrap().model;
    assert!(gap(&blind) < 1.0, "{}", gap(&blind));
}

#[test]
fn icl_is_bic_and_the_price_of_what_is_shared() {
    let x = synthetic::two_dimensions().x;
    let model = synthetic::two_dimensions_model();
    let responsibilities = model.responsibilities(&x).unwrap();
    let labels = model.predict(&x).unwrap();
    let shared = labels.iter().enumerate();
    let shared: f64 = shared.map(|(n, &k)| responsibilities[[n, k]].ln()).sum();
    let (icl, bic) = (model.icl(&x).unwrap(), model.bic(&x).unwrap());
    assert_near(icl, bic - 2.0 * shared, LONG_SUMS);
    assert!(icl > bic);
    let alone = m_step(&x, &Array2::ones((300, 1)), Regularization::None).unwrap();
    assert_near(alone.icl(&x).unwrap(), alone.bic(&x).unwrap(), LONG_SUMS);
}
