//! What several test files use.

#![allow(dead_code, missing_docs)] // Each test file uses its own part of this.

use em_lab::{
    DigitModel, Em, GaussianMixture, Keep, Pca, Regularization, Start, m_step, random, synthetic,
};
use ndarray::{Array, Array1, Array2, Array3, Dimension};
use serde_json::Value;

/// Two ways of the same double-precision sums.
pub const ROUNDING: f64 = 1e-9;
/// Numbers that scikit-learn computed by another path of floating-point operations.
pub const OTHER_PATH: f64 = 1e-6;
/// Parameters after many iterations of another path, which are less sharply determined than the log-likelihood.
pub const OTHER_PATH_PARAMETERS: f64 = 1e-4;
/// Sums over ten thousands of values, or values that were scaled up by as much.
pub const LONG_SUMS: f64 = 1e-7;
/// At an offset of 1e8 the data themselves are rounded to 1e-8.
pub const OFFSET: f64 = 1e-6;
/// Means of some ten thousand random draws.
pub const SAMPLING: f64 = 0.06;
/// The Hungarian accuracy, given with four digits.
pub const ACCURACY: f64 = 5e-4;

pub struct Golden(Value);

impl Golden {
    pub fn read(name: &str) -> Self {
        let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
        Self(serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
    }

    pub fn number(&self, key: &str) -> f64 {
        self.0[key].as_f64().unwrap()
    }

    pub fn vector(&self, key: &str) -> Array1<f64> {
        flat(&self.0[key]).into()
    }

    pub fn matrix(&self, key: &str) -> Array2<f64> {
        let rows = self.0[key].as_array().unwrap();
        let n_columns = rows[0].as_array().unwrap().len();
        Array2::from_shape_vec((rows.len(), n_columns), flat(&self.0[key])).unwrap()
    }

    pub fn cube(&self, key: &str) -> Array3<f64> {
        let n = self.0[key].as_array().unwrap().len();
        let values = flat(&self.0[key]);
        let d = (values.len() / n).isqrt();
        Array3::from_shape_vec((n, d, d), values).unwrap()
    }

    pub fn within(&self, key: &str) -> Self {
        Self(self.0[key].clone())
    }

    /// The entry of a list whose `key` says so.
    pub fn entry(&self, list: &str, key: &str, value: &str) -> Self {
        let mut entries = self.0[list].as_array().unwrap().iter();
        Self(entries.find(|entry| entry[key] == value).unwrap().clone())
    }
}

fn flat(value: &Value) -> Vec<f64> {
    value.as_array().map_or_else(
        || vec![value.as_f64().unwrap()],
        |items| items.iter().flat_map(flat).collect(),
    )
}

#[track_caller]
pub fn assert_close<D: Dimension>(found: &Array<f64, D>, expected: &Array<f64, D>, tolerance: f64) {
    assert_eq!(found.shape(), expected.shape());
    for ((index, a), b) in found.indexed_iter().zip(expected) {
        assert!(
            (a - b).abs() <= tolerance,
            "entry {index:?}: found {a}, expected {b}, tolerance {tolerance}"
        );
    }
}

#[track_caller]
pub fn assert_near(found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance,
        "found {found}, expected {expected}, tolerance {tolerance}"
    );
}

/// Compares weights, means and covariances in units of the components' standard deviations.
#[track_caller]
pub fn assert_same(found: &GaussianMixture, expected: &GaussianMixture, tolerance: f64) {
    let model = expected.covariance_model();
    assert_eq!(found.covariance_model(), model);
    let close = |what: &str, difference: f64| {
        assert!(difference <= tolerance, "{model}, {what}: {difference:e}");
    };
    let deviations = expected.standard_deviations();
    for (k, deviations) in deviations.outer_iter().enumerate() {
        let weights = [found, expected].map(|model| model.weights()[k]);
        close("weight", (weights[0] - weights[1]).abs());
        for (i, one) in deviations.iter().enumerate() {
            let means = [found, expected].map(|model| model.means()[[k, i]]);
            close("mean", (means[0] - means[1]).abs() / one);
            for (j, other) in deviations.iter().enumerate() {
                let covariances = [found, expected].map(|model| model.covariances()[[k, i, j]]);
                let difference = (covariances[0] - covariances[1]).abs();
                close("covariance", difference / (one * other));
            }
        }
    }
}

/// Images of 2 x 3 pixels: two groups of points in a plane, mixed into six pixels, and a little noise in each pixel.
pub fn small_digit_model() -> (DigitModel, Array2<f64>) {
    let points = synthetic::two_dimensions();
    let directions =
        Array2::from_shape_vec((2, 6), random::uniform(12, -1.0, 1.0, 3).unwrap()).unwrap();
    let noise =
        Array2::from_shape_vec((300, 6), random::uniform(1_800, -0.3, 0.3, 4).unwrap()).unwrap();
    let x = points.x.dot(&directions) + noise + 0.5;
    let pca = Pca::fit(&x, Keep::Count(2)).unwrap();
    let scores = pca.transform(&x).unwrap();
    let mixture = m_step(&scores, &points.responsibilities, Regularization::None).unwrap();
    let em = Em::new(2).start(Start::Model(mixture)).tolerance(1e-8);
    let mixture = em.fit(&scores).unwrap().model;
    (DigitModel::new(&pca, &mixture, 3).unwrap(), x)
}
