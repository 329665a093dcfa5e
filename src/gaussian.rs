//! One multivariate normal distribution: the factor of its precision, and samples from it.

use crate::linalg;
use ndarray::{Array2, ArrayRef1, ArrayRef2, ArrayViewMut1};
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64;

/// Returns the upper triangular `U` with `Σ⁻¹ = U Uᵀ`, or `None` where `Σ` is not positive definite.
pub(crate) fn precision_cholesky(covariance: &ArrayRef2<f64>) -> Option<Array2<f64>> {
    // Σ = L Lᵀ, so Σ⁻¹ = L⁻ᵀ L⁻¹ and U = L⁻ᵀ.
    linalg::cholesky(covariance).map(|lower| {
        linalg::inverse_lower(&lower)
            .reversed_axes()
            .as_standard_layout()
            .into_owned()
    })
}

/// Fills each row with a draw from `N(μ, L Lᵀ)`: `x = μ + L z` with `z` standard normal.
pub(crate) fn sample_into(
    mean: &ArrayRef1<f64>,
    lower: &ArrayRef2<f64>,
    rng: &mut Pcg64,
    mut row: ArrayViewMut1<f64>,
) {
    row.fill(0.0);
    for column in 0..mean.len() {
        let z: f64 = StandardNormal.sample(rng);
        for feature in column..mean.len() {
            row[feature] += lower[[feature, column]] * z;
        }
    }
    row.zip_mut_with(mean, |value, m| *value += m);
}
