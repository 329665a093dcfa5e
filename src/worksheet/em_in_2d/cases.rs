//! Random cases of worksheet 2, the same at every run.

use crate::random::{Purpose, generator};
use crate::worksheet::answer::Numbers;
use crate::worksheet::words;
use ndarray::{Array2, Array3, Axis};
use rand::RngExt;

/// Numbers of points, components and coordinates, different in each case, so that no axis passes for another.
pub(super) const SIZES: [[usize; 3]; 4] = [[6, 1, 2], [7, 2, 3], [20, 3, 1], [30, 4, 2]];

/// Points, a mixture, and what the E-step makes of them.
pub(super) struct Mixture {
    pub(super) x: Array2<f64>,
    pub(super) weights: Vec<f64>,
    pub(super) means: Array2<f64>,
    pub(super) covariances: Array3<f64>,
}

/// Points with responsibilities, and the means that the M-step makes of them.
pub(super) struct Assigned {
    pub(super) x: Array2<f64>,
    pub(super) responsibilities: Array2<f64>,
    pub(super) means: Array2<f64>,
}

/// One random mixture of each size.
pub(super) fn mixtures(seed: u64) -> Vec<Mixture> {
    let mixture = |[n, k, d]: [usize; 3]| Mixture {
        x: uniform(n, d, -1.0, 5.0, seed),
        weights: shares(1, k, seed + 1).into_iter().collect(),
        means: uniform(k, d, 0.0, 4.0, seed + 2),
        covariances: covariances(k, d, seed + 3),
    };
    SIZES.into_iter().map(mixture).collect()
}

/// Random points with random responsibilities, of each size.
pub(super) fn assigned(seed: u64) -> Vec<Assigned> {
    let assigned = |[n, k, d]: [usize; 3]| {
        Assigned::new(uniform(n, d, -1.0, 5.0, seed), shares(n, k, seed + 1))
    };
    SIZES.into_iter().map(assigned).collect()
}

impl Assigned {
    pub(super) fn new(x: Array2<f64>, responsibilities: Array2<f64>) -> Self {
        let mut case = Self {
            x,
            responsibilities,
            means: Array2::zeros((0, 0)),
        };
        case.means = case.weighted_sums(|n, k| case.responsibilities[[n, k]] / case.count(k));
        case
    }

    /// Points, components and coordinates.
    pub(super) fn sizes(&self) -> [usize; 3] {
        let (n_samples, n_components) = self.responsibilities.dim();
        [n_samples, n_components, self.x.ncols()]
    }

    /// Nₖ.
    pub(super) fn count(&self, k: usize) -> f64 {
        self.responsibilities.column(k).sum()
    }

    /// 1 for the component that is most responsible for a point, 0 for the others; no two are equal in any case.
    pub(super) fn hard(&self) -> Array2<f64> {
        let largest = self
            .responsibilities
            .map_axis(Axis(1), |row| row.fold(0.0, |a: f64, &b| a.max(b)));
        Array2::from_shape_fn(self.responsibilities.dim(), |(n, k)| {
            f64::from(u8::from(self.responsibilities[[n, k]] >= largest[n]))
        })
    }

    /// ∑ₙ share(n, k) xₙ in row k.
    pub(super) fn weighted_sums(&self, share: impl Fn(usize, usize) -> f64) -> Array2<f64> {
        let [n_samples, n_components, n_features] = self.sizes();
        Array2::from_shape_fn((n_components, n_features), |(k, d)| {
            (0..n_samples).map(|n| share(n, k) * self.x[[n, d]]).sum()
        })
    }
}

/// What is wrong with the shape of an answer to a random case, if anything is.
pub(super) fn wrong_shape(answer: &Numbers, shape: &[usize], axes: &[&str]) -> Option<String> {
    let expected = Numbers {
        shape: shape.to_vec(),
        values: vec![],
    };
    (answer.shape != shape).then(|| words::shape(answer, &expected, axes, "for random numbers"))
}

/// Whether a number is the one that a theorem gives; NaN never is.
pub(super) fn agrees(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-8 * expected.abs().max(1.0)
}

/// Independent numbers between `low` and `high`.
fn uniform(rows: usize, columns: usize, low: f64, high: f64, seed: u64) -> Array2<f64> {
    let mut rng = generator(seed, Purpose::Uniform, 0);
    Array2::from_shape_simple_fn((rows, columns), || rng.random_range(low..high))
}

/// Positive rows that sum to 1, the largest entry well above the smallest.
fn shares(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut shares = uniform(rows, columns, 0.1, 1.0, seed);
    for mut row in shares.rows_mut() {
        row /= row.sum();
    }
    shares
}

/// A Aᵀ + I/2 for random A: full matrices of different determinants, far from singular.
fn covariances(n_components: usize, n_features: usize, seed: u64) -> Array3<f64> {
    let factors = uniform(n_components * n_features, n_features, -1.5, 1.5, seed);
    Array3::from_shape_fn((n_components, n_features, n_features), |(k, i, j)| {
        let (a, b) = (
            factors.row(k * n_features + i),
            factors.row(k * n_features + j),
        );
        a.dot(&b) + if i == j { 0.5 } else { 0.0 }
    })
}
