//! Scatters to test the M-step's covariances with, and what they are measured by.

use crate::mixture::covariance::CovarianceModel;
use crate::random::{Purpose, generator};
use crate::{GaussianMixture, linalg};
use ndarray::{Array1, Array2, Array3, ArrayRef2, Axis};
use rand_distr::{Distribution, StandardNormal};
use serde_json::Value;

/// Iris with its three species as components.
pub(super) struct Iris {
    pub(super) golden: Value,
    pub(super) x: Array2<f64>,
    pub(super) labels: Vec<usize>,
    pub(super) means: Array2<f64>,
    pub(super) scatters: Array3<f64>,
    pub(super) counts: Array1<f64>,
}

impl Iris {
    pub(super) fn read() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/mclust_iris_3.json");
        let golden: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let x = Array2::from_shape_vec((150, 4), numbers(&golden["data"])).unwrap();
        let labels: Vec<usize> = golden["start_labels"]
            .as_array()
            .unwrap()
            .iter()
            .map(|label| usize::try_from(label.as_u64().unwrap()).unwrap() - 1)
            .collect();
        let mut means = Array2::zeros((3, 4));
        let mut scatters = Array3::zeros((3, 4, 4));
        let mut counts = Array1::zeros(3);
        for k in 0..3 {
            let rows: Vec<usize> = (0..150).filter(|&n| labels[n] == k).collect();
            let own = x.select(Axis(0), &rows);
            let mean = own.mean_axis(Axis(0)).unwrap();
            let centred = &own - &mean;
            scatters
                .index_axis_mut(Axis(0), k)
                .assign(&centred.t().dot(&centred));
            means.row_mut(k).assign(&mean);
            counts[k] = rows.len() as f64;
        }
        Self {
            golden,
            x,
            labels,
            means,
            scatters,
            counts,
        }
    }

    pub(super) fn golden(&self, model: CovarianceModel) -> &Value {
        let models = self.golden["models"].as_array().unwrap();
        models.iter().find(|m| m["model"] == model.name()).unwrap()
    }

    /// ∑ₙ ln πₖ + ln N(xₙ | μₖ, Σₖ) with k the species of sample n.
    pub(super) fn objective(&self, covariances: Array3<f64>) -> f64 {
        let weights = (&self.counts / 150.0).to_vec();
        let model = GaussianMixture::new(&weights, self.means.clone(), covariances).unwrap();
        let log_densities = model.component_log_density(&self.x).unwrap();
        let labels = self.labels.iter().enumerate();
        labels
            .map(|(n, &k)| weights[k].ln() + log_densities[[n, k]])
            .sum()
    }
}

pub(super) fn cube(value: &Value) -> Array3<f64> {
    Array3::from_shape_vec((3, 4, 4), numbers(value)).unwrap()
}

pub(super) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().map_or_else(
        || vec![value.as_f64().unwrap()],
        |items| items.iter().flat_map(numbers).collect(),
    )
}

/// Scatters of some random samples of random normal distributions, and how many samples there are.
pub(super) fn problem(
    n_components: usize,
    n_features: usize,
    seed: u64,
) -> (Array3<f64>, Array1<f64>) {
    let mut rng = generator(seed, Purpose::Sample, 0);
    let mut normal = |rows, columns| {
        Array2::from_shape_simple_fn((rows, columns), || StandardNormal.sample(&mut rng))
    };
    let mut scatters = Array3::zeros((n_components, n_features, n_features));
    let mut counts = Array1::zeros(n_components);
    for k in 0..n_components {
        let n_samples = n_features + 3 + 2 * k;
        let x = normal(n_samples, n_features).dot(&normal(n_features, n_features));
        scatters.index_axis_mut(Axis(0), k).assign(&x.t().dot(&x));
        counts[k] = n_samples as f64;
    }
    for mut scatter in scatters.outer_iter_mut() {
        linalg::symmetrize(&mut scatter);
    }
    (scatters, counts)
}

/// -½ ∑ₖ (Nₖ ln |Σₖ| + tr Wₖ Σₖ⁻¹)
pub(super) fn objective(
    scatters: &Array3<f64>,
    counts: &Array1<f64>,
    covariances: &Array3<f64>,
) -> f64 {
    let each = scatters
        .outer_iter()
        .zip(counts)
        .zip(covariances.outer_iter());
    let loss = each.map(|((scatter, count), covariance)| {
        let white = linalg::inverse_lower(&linalg::cholesky(&covariance).unwrap());
        let log_determinant: f64 = white.diag().iter().map(|v| -2.0 * v.ln()).sum();
        count * log_determinant + white.dot(&scatter).dot(&white.t()).diag().sum()
    });
    -0.5 * loss.sum::<f64>()
}

/// ln |Σ| / D, and the logarithms of the shape, largest first.
pub(super) fn volume_and_shape(covariance: &ArrayRef2<f64>) -> (f64, Array1<f64>) {
    let values = linalg::symmetric_eigen(covariance.to_owned())
        .unwrap()
        .0
        .ln();
    let volume = values.mean().unwrap();
    (volume, values - volume)
}

pub(super) fn is_diagonal(matrix: &ArrayRef2<f64>) -> bool {
    matrix.indexed_iter().all(|((i, j), &v)| i == j || v == 0.0)
}

#[track_caller]
pub(super) fn assert_close(
    found: &Array3<f64>,
    expected: &Array3<f64>,
    tolerance: f64,
    model: CovarianceModel,
) {
    assert_eq!(found.dim(), expected.dim());
    for (index, value) in found.indexed_iter() {
        assert!(
            (value - expected[index]).abs() <= tolerance,
            "{model}, entry {index:?}: found {value}, expected {}",
            expected[index]
        );
    }
}
