//! Densities, responsibilities and samples of a mixture.

use super::mixture;
use crate::common::{ROUNDING, SAMPLING, assert_close, assert_near};
use em_lab::{GaussianMixture, Regularization, column, m_step, synthetic};
use ndarray::{Array1, Array2, Array3, Axis, array};
use statrs::distribution::{Continuous, Normal};

#[test]
fn log_density_of_one_dimension_is_that_of_statrs() {
    let model = synthetic::r_lab_model();
    let parts = [
        (0.7, Normal::new(0.0, 1.0).unwrap()),
        (0.3, Normal::new(4.0, 0.75).unwrap()),
    ];
    let points = [-3.0, 0.0, 1.7, 4.0, 6.5];
    for (x, found) in points
        .iter()
        .zip(model.log_density(&column(&points)).unwrap())
    {
        let expected: f64 = parts
            .iter()
            .map(|(weight, normal)| weight * normal.pdf(*x))
            .sum();
        assert_near(found, expected.ln(), ROUNDING);
    }
}

#[test]
fn density_integrates_to_one() {
    let model = synthetic::two_dimensions_model();
    let step = 0.05;
    let grid = Array2::from_shape_fn((400 * 400, 2), |(n, d)| {
        step * [n / 400, n % 400][d] as f64 - 8.0
    });
    let sum: f64 = model.log_density(&grid).unwrap().exp().sum();
    assert_near(sum * step * step, 1.0, ROUNDING);
}

#[test]
fn log_density_is_finite_in_500_dimensions() {
    let n_features = 500;
    let covariance =
        Array3::from_shape_fn(
            (1, n_features, n_features),
            |(_, i, j)| if i == j { 1e-4 } else { 0.0 },
        );
    let model = GaussianMixture::new(&[1.0], Array2::zeros((1, n_features)), covariance).unwrap();
    let found = model.log_density(&Array2::zeros((1, n_features))).unwrap()[0];
    let expected = -0.5 * n_features as f64 * (2.0 * std::f64::consts::PI * 1e-4).ln();
    assert_near(found, expected, ROUNDING * expected.abs());
}

#[test]
fn responsibilities_are_shares_even_of_samples_far_from_everything() {
    let x = array![[0.0, 0.0], [1e3, -1e3], [1e200, 0.0], [-1e8, 1e8]];
    let responsibilities = synthetic::two_dimensions_model()
        .responsibilities(&x)
        .unwrap();
    assert!(responsibilities.iter().all(|r| (0.0..=1.0).contains(r)));
    assert_close(
        &responsibilities.sum_axis(Axis(1)),
        &Array1::ones(4),
        ROUNDING,
    );
}

#[test]
fn predict_is_the_largest_responsibility() {
    let sample = mixture().sample(500, 3).unwrap();
    let responsibilities = mixture().responsibilities(&sample.x).unwrap();
    for (row, label) in responsibilities
        .rows()
        .into_iter()
        .zip(mixture().predict(&sample.x).unwrap())
    {
        assert!(row.iter().all(|&r| r <= row[label]));
    }
}

#[test]
fn a_sample_has_the_moments_of_its_model() {
    let model = mixture();
    let sample = model.sample(40_000, 11).unwrap();
    for k in 0..3 {
        let rows: Vec<usize> = (0..40_000).filter(|&n| sample.labels[n] == k).collect();
        assert_near(rows.len() as f64 / 40_000.0, model.weights()[k], SAMPLING);
        let part = sample.x.select(Axis(0), &rows);
        let moments = m_step(&part, &Array2::ones((rows.len(), 1)), Regularization::None).unwrap();
        assert_close(
            &moments.means().row(0).to_owned(),
            &model.means().row(k).to_owned(),
            SAMPLING,
        );
        let covariance = model.covariances().index_axis(Axis(0), k).to_owned();
        assert_close(
            &moments.covariances().index_axis(Axis(0), 0).to_owned(),
            &covariance,
            SAMPLING,
        );
        let alone = model.sample_component(k, 10_000, 5).unwrap();
        assert_close(
            &alone.mean_axis(Axis(0)).unwrap(),
            &model.means().row(k).to_owned(),
            SAMPLING,
        );
    }
}

#[test]
fn parameters_are_counted() {
    assert_eq!(synthetic::one_dimension_model().n_parameters(), 5);
    assert_eq!(synthetic::two_dimensions_model().n_parameters(), 11);
    assert_eq!(mixture().n_parameters(), 2 + 12 + 30);
    let x = mixture().sample(100, 1).unwrap().x;
    let l = mixture().log_likelihood(&x).unwrap();
    assert_near(mixture().aic(&x).unwrap(), 88.0 - 2.0 * l, ROUNDING);
    assert_near(
        mixture().bic(&x).unwrap(),
        44.0 * 100.0_f64.ln() - 2.0 * l,
        ROUNDING,
    );
}

#[test]
fn independent_features_add_their_log_densities() {
    // Up to six features take one path through the code and more take another.
    for n_features in [1, 2, 5, 6, 7, 8, 30] {
        let means = Array2::from_shape_fn((1, n_features), |(_, d)| d as f64);
        let covariances = Array3::from_shape_fn((1, n_features, n_features), |(_, i, j)| {
            if i == j { (i + 1) as f64 } else { 0.0 }
        });
        let model = GaussianMixture::new(&[1.0], means, covariances).unwrap();
        let x = Array2::from_shape_fn((5, n_features), |(n, d)| 0.3 * n as f64 - 0.1 * d as f64);
        for (row, found) in x.rows().into_iter().zip(model.log_density(&x).unwrap()) {
            let normal = |d: usize| Normal::new(d as f64, ((d + 1) as f64).sqrt()).unwrap();
            let expected: f64 = row
                .iter()
                .enumerate()
                .map(|(d, &value)| normal(d).ln_pdf(value))
                .sum();
            assert_near(found, expected, ROUNDING);
        }
    }
}

#[test]
fn precisions_are_inverse_covariances() {
    let model = mixture();
    for (covariance, upper) in model
        .covariances()
        .outer_iter()
        .zip(model.precisions_cholesky().outer_iter())
    {
        assert_close(
            &upper.dot(&upper.t()).dot(&covariance),
            &Array2::eye(4),
            ROUNDING,
        );
        assert!(upper.indexed_iter().all(|((i, j), &v)| i <= j || v == 0.0));
    }
}
