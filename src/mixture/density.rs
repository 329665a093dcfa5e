//! The densities of a mixture, and what follows from them: responsibilities and predictions.

use super::pass::Weigher;
use super::source::Samples;
use super::{GaussianMixture, e_step};
use crate::linalg::index_of_largest;
use crate::{Result, check};
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, ArrayViewMut1, Axis};

impl GaussianMixture {
    /// Returns ln N(xₙ | μₖ, Σₖ), shape (`n_samples`, K): the log density of each component by itself, without its weight.
    ///
    /// # Errors
    ///
    /// `x`, shape (`n_samples`, D), must hold finite numbers and have D columns.
    pub fn component_log_density(&self, x: &ArrayRef2<f64>) -> Result<Array2<f64>> {
        let log_weights = self.weights.ln();
        self.map_samples(x, self.n_components(), |joint, mut row| {
            row.assign(joint);
            row -= &log_weights;
        })
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
        let densities = self.map_samples(x, 1, |joint, mut row| row[0] = log_sum_exp(joint))?;
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

    /// The component of each sample, as [`predict`](Self::predict) finds it.
    pub(super) fn labels(&self, x: &ArrayRef2<f64>) -> Result<Vec<u32>> {
        let nearest = self.map_samples(x, 1, |joint, mut row| {
            row[0] = index_of_largest(joint) as f64;
        })?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Indices of components.
        Ok(nearest.iter().map(|&k| k as u32).collect())
    }

    /// `∑ₙ maxₖ ( ln πₖ + ln N(xₙ | μₖ, Σₖ) )` = ∑ₙ ( ln p(xₙ) + ln rₙ,MAP(n) )
    pub(super) fn classification_log_likelihood(&self, x: &ArrayRef2<f64>) -> Result<f64> {
        let largest = self.map_samples(x, 1, |joint, mut row| {
            row[0] = joint.fold(f64::NEG_INFINITY, |most, &l| most.max(l));
        })?;
        Ok(largest.sum())
    }

    /// Fills a row of the result from each sample's joint log densities `ln πₖ + ln N(xₙ | μₖ, Σₖ)`.
    fn map_samples(
        &self,
        x: &ArrayRef2<f64>,
        n_columns: usize,
        fill: impl Fn(&ArrayRef1<f64>, ArrayViewMut1<f64>) + Sync,
    ) -> Result<Array2<f64>> {
        check::columns("x", x, self.n_features())?;
        let weigher = Weigher::new(self);
        let filled = Samples::with(x, None, |samples| {
            samples.map(self, n_columns, |tile, mut rows| {
                weigher.log_densities(tile);
                let mut joint = Array1::zeros(self.n_components());
                for (n, row) in rows.rows_mut().into_iter().enumerate() {
                    for (joint, shares) in joint.iter_mut().zip(&tile.shares) {
                        *joint = shares[n];
                    }
                    fill(&joint, row);
                }
                0.0
            })
        });
        Ok(filled.0)
    }
}

/// ln ∑ exp, without overflow: ln ∑ₖ exp(lₖ) = m + ln ∑ₖ exp(lₖ - m) with m the largest lₖ.
fn log_sum_exp(logs: &ArrayRef1<f64>) -> f64 {
    let largest = logs.fold(f64::NEG_INFINITY, |m, &v| m.max(v));
    if largest == f64::NEG_INFINITY {
        return largest;
    }
    largest + logs.iter().map(|l| (l - largest).exp()).sum::<f64>().ln()
}
