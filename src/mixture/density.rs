//! The densities of a mixture, and what follows from them: responsibilities and predictions.

use super::{GaussianMixture, e_step};
use crate::gaussian::{Gaussian, Scratch};
use crate::linalg::index_of_largest;
use crate::{Error, Result, check, parallel};
use ndarray::{
    Array1, Array2, ArrayRef1, ArrayRef2, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis, s,
};

impl GaussianMixture {
    /// Returns ln N(xₙ | μₖ, Σₖ), shape (`n_samples`, K): the log density of each component by itself, without its weight.
    ///
    /// # Errors
    ///
    /// `x`, shape (`n_samples`, D), must hold finite numbers and have D columns.
    pub fn component_log_density(&self, x: &ArrayRef2<f64>) -> Result<Array2<f64>> {
        self.map_tiles(x, |logs, _| logs)
    }

    /// Returns ln p(xₙ), shape (`n_samples`,): natural logarithm, finite even where p itself is too small for a number.
    ///
    /// ```text
    /// ln p(xₙ) = ln ∑ₖ exp( ln πₖ + ln N(xₙ | μₖ, Σₖ) )
    /// ```
    ///
    /// # Errors
    ///
    /// As [`GaussianMixture::component_log_density`].
    pub fn log_density(&self, x: &ArrayRef2<f64>) -> Result<Array1<f64>> {
        let densities = self.map_tiles(x, |mut logs, log_weights| {
            logs += log_weights;
            logs.rows()
                .into_iter()
                .map(|row| log_sum_exp(&row))
                .collect::<Array1<f64>>()
                .insert_axis(Axis(1))
        })?;
        Ok(densities.remove_axis(Axis(1)))
    }

    /// Returns the log-likelihood ∑ₙ ln p(xₙ), the sum over all samples; divide by `n_samples` to compare data sets.
    ///
    /// # Errors
    ///
    /// As [`GaussianMixture::component_log_density`].
    pub fn log_likelihood(&self, x: &ArrayRef2<f64>) -> Result<f64> {
        Ok(self.log_density(x)?.sum())
    }

    /// Returns the responsibilities: how much of each sample each component accounts for.
    ///
    /// ```text
    ///           πₖ N(xₙ | μₖ, Σₖ)
    /// rₙₖ = ―――――――――――――――――――――――
    ///        ∑ⱼ πⱼ N(xₙ | μⱼ, Σⱼ)
    /// ```
    ///
    /// Shape (`n_samples`, K); rows sum to 1. The sums are taken in log space, so a sample far from every component gets a
    /// finite row rather than 0/0. Bishop (2006), eq. 9.23.
    ///
    /// # Errors
    ///
    /// As [`GaussianMixture::component_log_density`].
    pub fn responsibilities(&self, x: &ArrayRef2<f64>) -> Result<Array2<f64>> {
        Ok(e_step(self, x)?.responsibilities)
    }

    /// Returns for each sample the component with the largest responsibility, counted from 0; the first of equals.
    ///
    /// # Errors
    ///
    /// As [`GaussianMixture::component_log_density`].
    pub fn predict(&self, x: &ArrayRef2<f64>) -> Result<Vec<usize>> {
        Ok(self
            .responsibilities(x)?
            .rows()
            .into_iter()
            .map(|row| index_of_largest(&row))
            .collect())
    }

    /// Calls `finish` with the component log densities of each tile of `x` and ln πₖ, and stacks what it returns.
    fn map_tiles(
        &self,
        x: &ArrayRef2<f64>,
        finish: impl Fn(Array2<f64>, &Array1<f64>) -> Array2<f64> + Sync,
    ) -> Result<Array2<f64>> {
        check::columns("x", x, self.n_features())?;
        let log_weights = self.weights.ln();
        let pieces = parallel::run(parallel::partition(x.nrows(), usize::MAX), |rows| {
            let mut scratch = Scratch::new(rows.len(), self.n_features());
            let mut logs = Array2::zeros((rows.len(), self.n_components()));
            self.component_log_density_of_tile(
                x.slice(s![rows, ..]),
                &mut scratch,
                logs.view_mut(),
            );
            finish(logs, &log_weights)
        });
        let views: Vec<_> = pieces.iter().map(|piece| piece.view()).collect();
        ndarray::concatenate(Axis(0), &views).map_err(|e| Error::LinearAlgebra {
            what: e.to_string(),
        })
    }

    /// Writes ln N(xₙ | μₖ, Σₖ) for the rows of one tile.
    pub(super) fn component_log_density_of_tile(
        &self,
        tile: ArrayView2<f64>,
        scratch: &mut Scratch,
        mut logs: ArrayViewMut2<f64>,
    ) {
        for (k, column) in logs.columns_mut().into_iter().enumerate() {
            let factor = self.precisions_cholesky.index_axis(Axis(0), k);
            Gaussian::new(self.means.row(k), factor).log_density(tile, scratch, column);
        }
    }
}

/// Turns ln πₖ + ln N(xₙ | μₖ, Σₖ) into rₙₖ, in place, and returns ln p(xₙ).
pub(super) fn normalize(logs: &mut ArrayViewMut1<f64>) -> f64 {
    let largest = logs.fold(f64::NEG_INFINITY, |m, &v| m.max(v));
    if largest == f64::NEG_INFINITY {
        // So far away that the squared distance itself overflows (beyond 1e154): no component is nearer than another.
        let share = 1.0 / logs.len() as f64;
        logs.fill(share);
        return largest;
    }
    let mut sum = 0.0;
    for value in logs.iter_mut() {
        *value = (*value - largest).exp();
        sum += *value;
    }
    for value in logs.iter_mut() {
        *value /= sum;
    }
    largest + sum.ln()
}

/// ln ∑ exp, without overflow: ln ∑ₖ exp(lₖ) = m + ln ∑ₖ exp(lₖ - m) with m the largest lₖ.
fn log_sum_exp(logs: &ArrayRef1<f64>) -> f64 {
    let largest = logs.fold(f64::NEG_INFINITY, |m, &v| m.max(v));
    if largest == f64::NEG_INFINITY {
        return largest;
    }
    largest + logs.iter().map(|l| (l - largest).exp()).sum::<f64>().ln()
}
