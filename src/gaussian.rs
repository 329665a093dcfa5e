//! One multivariate normal distribution: its log density, and samples from it.

use crate::linalg;
use ndarray::{Array2, ArrayRef1, ArrayRef2, ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2};
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64;

/// Up to so many features a plain loop is faster than the call of a matrix product.
const SMALL: usize = 6;

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

/// A normal distribution in the form that its log density needs.
pub(crate) struct Gaussian<'a> {
    mean: ArrayView1<'a, f64>,
    precision_cholesky: ArrayView2<'a, f64>,
    log_normalizer: f64,
}

impl<'a> Gaussian<'a> {
    pub(crate) fn new(mean: ArrayView1<'a, f64>, precision_cholesky: ArrayView2<'a, f64>) -> Self {
        // ln |Σ|^(-1/2) = ln |U| = ∑ ln uᵢᵢ
        let log_determinant: f64 = precision_cholesky.diag().iter().map(|u| u.ln()).sum();
        let log_normalizer =
            log_determinant - 0.5 * mean.len() as f64 * (2.0 * std::f64::consts::PI).ln();
        Self {
            mean,
            precision_cholesky,
            log_normalizer,
        }
    }

    /// Writes `ln N(xₙ | μ, Σ) = ln |U| - (D/2) ln 2π - |Uᵀ(xₙ - μ)|² / 2` for each row of a tile.
    pub(crate) fn log_density(
        &self,
        tile: ArrayView2<f64>,
        scratch: &mut Scratch,
        mut out: ArrayViewMut1<f64>,
    ) {
        let (mut centred, mut white) = scratch.rows(tile.nrows());
        for (mut row, sample) in centred.rows_mut().into_iter().zip(tile.rows()) {
            row.zip_mut_with(&sample, |c, &x| *c = x);
            row -= &self.mean;
        }
        if self.mean.len() <= SMALL {
            for (row, value) in centred.rows().into_iter().zip(&mut out) {
                *value = self.log_normalizer - 0.5 * self.squared_distance(&row);
            }
            return;
        }
        linalg::multiply(&centred, &self.precision_cholesky, &mut white);
        for (row, value) in white.rows().into_iter().zip(&mut out) {
            *value = self.log_normalizer - 0.5 * row.dot(&row);
        }
    }

    /// `|Uᵀ c|²`, with `U` upper triangular.
    fn squared_distance(&self, centred: &ArrayRef1<f64>) -> f64 {
        let mut sum = 0.0;
        for column in 0..centred.len() {
            let mut coordinate = 0.0;
            for row in 0..=column {
                coordinate += centred[row] * self.precision_cholesky[[row, column]];
            }
            sum += coordinate * coordinate;
        }
        sum
    }
}

/// Room for a tile of centred samples and one of products, used again for every tile.
pub(crate) struct Scratch {
    centred: Array2<f64>,
    product: Array2<f64>,
}

impl Scratch {
    pub(crate) fn new(n_rows: usize, n_features: usize) -> Self {
        Self {
            centred: Array2::zeros((n_rows, n_features)),
            product: Array2::zeros((n_rows, n_features)),
        }
    }

    /// The first `n_rows` rows of each.
    pub(crate) fn rows(
        &mut self,
        n_rows: usize,
    ) -> (ArrayViewMut2<'_, f64>, ArrayViewMut2<'_, f64>) {
        (
            self.centred.slice_mut(ndarray::s![..n_rows, ..]),
            self.product.slice_mut(ndarray::s![..n_rows, ..]),
        )
    }
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
