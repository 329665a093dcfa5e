//! The two steps of EM.

use super::pass::{Tile, Weigher};
use super::regularization::Regularization;
use super::source::Samples;
use super::statistics::{Choices, Statistics};
use super::{CovarianceModel, GaussianMixture};
use crate::{Result, check};
use ndarray::{Array2, ArrayRef2, s};
use std::fmt;

/// What the E-step finds out.
#[derive(Clone, PartialEq)]
pub struct Expectation {
    /// rₙₖ, shape (`n_samples`, K); rows sum to 1.
    pub responsibilities: Array2<f64>,
    /// ∑ₙ ln p(xₙ) under the model that gave these responsibilities.
    pub log_likelihood: f64,
}

/// The E-step: how much of each sample each component accounts for, and how well the model explains the data.
///
/// ```text
/// rₙₖ = πₖ N(xₙ | μₖ, Σₖ) / ∑ⱼ πⱼ N(xₙ | μⱼ, Σⱼ)
/// ```
///
/// `x` has shape (`n_samples`, `n_features`). Bishop (2006), eq. 9.23.
///
/// # Examples
///
/// ```
/// use em_lab::{GaussianMixture, Regularization, column, e_step, m_step};
///
/// let x = column(&[-0.5, 0.5, 4.5, 5.5]);
/// let start = GaussianMixture::univariate(&[0.5, 0.5], &[1.0, 4.0], &[1.0, 1.0])?;
/// let before = e_step(&start, &x)?;
/// let model = m_step(&x, &before.responsibilities, Regularization::None)?;
/// assert!(e_step(&model, &x)?.log_likelihood > before.log_likelihood);
/// # Ok::<(), em_lab::Error>(())
/// ```
///
/// # Errors
///
/// `x` must hold finite numbers and have as many columns as the model has features.
pub fn e_step(model: &GaussianMixture, x: &ArrayRef2<f64>) -> Result<Expectation> {
    check::columns("x", x, model.n_features())?;
    Ok(Samples::with(x, None, |samples| {
        expectation(model, samples)
    }))
}

/// The E-step on data that were checked at the door.
pub(super) fn expectation(model: &GaussianMixture, samples: &Samples) -> Expectation {
    let weigher = Weigher::new(model);
    let (responsibilities, log_likelihood) =
        samples.map(model, model.n_components(), |tile, mut rows| {
            let log_likelihood = weigher.responsibilities(tile);
            for (mut column, shares) in rows.columns_mut().into_iter().zip(&tile.shares) {
                for (r, share) in column.iter_mut().zip(shares) {
                    *r = *share;
                }
            }
            log_likelihood
        });
    Expectation {
        responsibilities,
        log_likelihood,
    }
}

/// The M-step: the mixture that fits best when each sample counts for each component by its responsibility.
///
/// ```text
/// Nₖ = ∑ₙ rₙₖ    πₖ = Nₖ / N    μₖ = ∑ₙ rₙₖ xₙ / Nₖ    Σₖ = ∑ₙ rₙₖ (xₙ - μₖ)(xₙ - μₖ)ᵀ / Nₖ  (+ regularization)
/// ```
///
/// `x` has shape (`n_samples`, `n_features`), `responsibilities` (`n_samples`, K). Bishop (2006), eqs. 9.24 to 9.27. For covariances
/// that are tied to each other see [`Statistics::m_step`].
///
/// # Errors
///
/// [`Error::Collapsed`] if a component holds no sample, or its samples do not spread over all dimensions and nothing is added to
/// the diagonal; [`Error::Shape`], [`Error::NotFinite`], [`Error::Empty`] and [`Error::Parameter`] for arguments that are not as
/// described.
///
/// [`Error::Collapsed`]: crate::Error::Collapsed
/// [`Error::Shape`]: crate::Error::Shape
/// [`Error::NotFinite`]: crate::Error::NotFinite
/// [`Error::Empty`]: crate::Error::Empty
/// [`Error::Parameter`]: crate::Error::Parameter
pub fn m_step(
    x: &ArrayRef2<f64>,
    responsibilities: &ArrayRef2<f64>,
    regularization: Regularization,
) -> Result<GaussianMixture> {
    check::matrix("x", x)?;
    check::responsibilities(responsibilities, x.nrows())?;
    regularization.check()?;
    let choices = Choices {
        covariance_model: CovarianceModel::FULL,
        regularization,
    };
    Samples::with(x, None, |samples| {
        let statistics = collect(samples, responsibilities, choices.covariance_model);
        statistics.maximize(choices, None, None)
    })
}

/// What the M-step needs of samples with these responsibilities, which were checked at the door.
pub(super) fn collect(
    samples: &Samples,
    responsibilities: &ArrayRef2<f64>,
    covariance_model: CovarianceModel,
) -> Statistics {
    let k = responsibilities.ncols();
    let fill = |rows: std::ops::Range<usize>, tile: &mut Tile| {
        let given = responsibilities.slice(s![rows, ..]);
        for (shares, given) in tile.shares.iter_mut().zip(given.columns()) {
            for (share, r) in shares.iter_mut().zip(given) {
                *share = *r;
            }
        }
    };
    Statistics::collect(samples, k, covariance_model, fill)
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n, k) = self.responsibilities.dim();
        write!(
            f,
            "responsibilities of {} for {}",
            check::count(k, "component"),
            check::count(n, "sample")
        )?;
        write!(f, "; log-likelihood {:.6}", self.log_likelihood)
    }
}
