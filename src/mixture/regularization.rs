//! What keeps covariances from becoming flat.

use crate::{Error, Result};
use ndarray::{Array1, Array2, Array3, Axis};

/// What is added to the diagonal of every covariance, so that no component can become flat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Regularization {
    /// Nothing.
    None,
    /// This many times the mean variance of the data's columns, so that the units of the data do not matter.
    Relative(f64),
    /// This variance, in the squared units of the data.
    Absolute(f64),
}

impl Default for Regularization {
    /// `Relative(1e-6)`: adds the variance of a thousandth of the data's standard deviation.
    fn default() -> Self {
        Self::Relative(1e-6)
    }
}

impl Regularization {
    pub(crate) fn check(self) -> Result<()> {
        match self {
            Self::Relative(value) | Self::Absolute(value)
                if !(value.is_finite() && value >= 0.0) =>
            {
                Err(Error::Parameter {
                    name: "The regularization".into(),
                    found: value.to_string(),
                    expected: "a finite number, zero or above".into(),
                })
            }
            _ => Ok(()),
        }
    }
}

/// A ridge on each Σₖ is Nₖ times as much on Wₖ.
pub(super) fn add_to_diagonals(scatters: &mut Array3<f64>, counts: &Array1<f64>, ridge: f64) {
    for (mut scatter, count) in scatters.outer_iter_mut().zip(counts) {
        scatter.diag_mut().mapv_inplace(|v| v + count * ridge);
    }
}

/// The mean over the columns of the data's variance (divided by N), which the mixture's own moments give exactly:
/// N var x = ∑ₖ (tr Wₖ + Nₖ |μₖ - μ|²) with μ = ∑ₖ πₖ μₖ.
pub(super) fn mean_variance(
    counts: &Array1<f64>,
    means: &Array2<f64>,
    scatters: &Array3<f64>,
) -> f64 {
    let total = counts.sum();
    let centre = counts.dot(means) / total;
    let spread = |k: usize| {
        let shift = &means.row(k) - &centre;
        scatters.index_axis(Axis(0), k).diag().sum() + counts[k] * shift.dot(&shift)
    };
    (0..counts.len()).map(spread).sum::<f64>() / total / means.ncols() as f64
}
