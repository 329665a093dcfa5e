//! The pass over the data behind [`m_step`](super::m_step): weighted counts, sums and products, tile by tile.

mod parts;

use super::GaussianMixture;
use super::collapse::{self, Collapse};
use super::covariance::{self, CovarianceModel};
use super::pass::Tile;
use super::regularization::{Regularization, add_to_diagonals, mean_variance};
use super::source::Samples;
use crate::linalg::lanes::{
    ROWS, add_moments, add_outer_products, add_squares, count, padded, weigh_rows,
};
use crate::{Error, Result, check, linalg, parallel};
use ndarray::{Array1, Array2, Array3, ArrayRef1, ArrayRef2, Axis};
use std::fmt;
use std::ops::Range;

/// Shares of a component's weight below this change nothing that rounding keeps: N samples z standard deviations away add at most
/// 2⁻⁷⁰ z² N πₖ to a sum that is about N πₖ, which up to z = 300 is below the 2⁻⁵³ of a number, and so it is for a single one up to
/// 300 √N, beyond what a sample of the data that made the model can be.
const NEGLIGIBLE: f64 = 1.0 / (1_u128 << 70) as f64;

/// Up to this width, which is one vector, products of columns are summed over lanes.
const FEW: usize = 8;

/// A squared distance of a mean from its centre of so many variances costs three of a number's sixteen digits.
const LOST: f64 = 1e3;

/// What the M-step needs of the samples: weighted sums about one fixed centre for each component. The sums of parts of the data
/// [merge](Statistics::merge) into those of the whole.
///
/// ```text
/// Nₖ = ∑ₙ rₙₖ        sₖ = ∑ₙ rₙₖ (xₙ - cₖ)        Sₖ = ∑ₙ rₙₖ (xₙ - cₖ)(xₙ - cₖ)ᵀ
/// ```
///
/// With cₖ near the component's mean nothing large is ever subtracted from something large, wherever the data lie (Chan, Golub
/// and LeVeque 1983). They come from [`GaussianMixture::statistics`], whose centres are the model's means.
///
/// # Examples
///
/// EM in two halves, as two machines would do it:
///
/// ```
/// use em_lab::{CovarianceModel, Em, Regularization, synthetic};
/// use ndarray::s;
///
/// let x = synthetic::two_dimensions().x;
/// let model = Em::new(2).fit(&x)?.model;
/// let mut statistics = model.statistics(&x.slice(s![..100, ..]))?;
/// statistics.merge(&model.statistics(&x.slice(s![100.., ..]))?)?;
/// let next = statistics.m_step(CovarianceModel::FULL, Regularization::None)?;
/// assert!((model.log_likelihood(&x)? - statistics.log_likelihood()).abs() < 1e-9);
/// assert!(next.log_likelihood(&x)? >= statistics.log_likelihood() - 1e-9);
/// # Ok::<(), em_lab::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Statistics {
    pub(super) log_likelihood: f64,
    centres: Array2<f64>,
    /// ∑ₙ rₙₖ aₙ aₙᵀ with aₙ = (xₙ - cₖ, 1, 0 …): Sₖ, sₖ and Nₖ at once. Shape (K, P, P), P = D + 1 rounded up to whole vectors, and
    /// only the upper triangles count. Of a model along the features (K, 2, P): the column of sₖ and Nₖ, and the diagonal.
    moments: Array3<f64>,
}

/// What an M-step is to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Choices {
    pub(super) covariance_model: CovarianceModel,
    pub(super) regularization: Regularization,
}

impl Statistics {
    pub(super) fn about(centres: &Array2<f64>, covariance_model: CovarianceModel) -> Self {
        let (k, d) = centres.dim();
        let width = padded(d + 1);
        let rows = if covariance_model.is_diagonal() {
            2
        } else {
            width
        };
        Self {
            log_likelihood: 0.0,
            centres: centres.clone(),
            moments: Array3::zeros((k, rows, width)),
        }
    }

    /// Collects the statistics of samples whose shares of the components are known: `fill` writes those of some rows.
    pub(super) fn collect(
        samples: &Samples,
        n_components: usize,
        covariance_model: CovarianceModel,
        fill: impl Fn(Range<usize>, &mut Tile) + Sync,
    ) -> Self {
        let n_features = samples.x().ncols();
        let any_size = Array1::zeros(n_components);
        let about = |centres: &Array2<f64>| {
            let nothing = || Self::about(centres, covariance_model);
            let work = |tiles| {
                let mut tile = Tile::new(n_features, n_components);
                let mut statistics = nothing();
                for rows in tiles {
                    fill(Range::clone(&rows), &mut tile);
                    let x = samples.load(rows, &mut tile);
                    statistics.accumulate(x, &mut tile, &any_size);
                }
                statistics
            };
            parallel::fold(samples.partition(), work, nothing(), Self::add)
        };
        // Any sample is near enough to the data for a first look.
        let x = samples.x();
        let middle = x.row(x.nrows() / 2);
        let shape = (n_components, n_features);
        let first = about(&Array2::from_shape_fn(shape, |(_, i)| middle[i]));
        // About the means themselves, so that a flat direction is flat to the last digit.
        match first.means(&first.effective_counts()) {
            Some(means) => about(&means),
            None => first,
        }
    }

    /// Adds a loaded tile of samples, here row by row, with their responsibilities, in components of about these weights.
    pub(super) fn accumulate(
        &mut self,
        samples: &[f64],
        tile: &mut Tile,
        weights: &ArrayRef1<f64>,
    ) {
        let (_, n_features) = self.centres.dim();
        let (_, rows, width) = self.moments.dim();
        let centres = self.centres.as_slice().unwrap_or_default();
        let moments = self.moments.as_slice_mut().unwrap_or_default();
        let one_vector = rows == width && width == FEW;
        if !one_vector {
            tile.pad(samples, width);
        }
        let components = centres
            .chunks_exact(n_features)
            .zip(moments.chunks_exact_mut(rows * width));
        for ((k, shares), (centre, moments)) in tile.shares.iter().enumerate().zip(components) {
            let (mut counted, least) = ([0.0; ROWS], NEGLIGIBLE * weights[k]);
            count(shares, &tile.sample_weights, least, &mut counted);
            if one_vector {
                add_moments(
                    &tile.features,
                    centre,
                    &counted,
                    &mut tile.centred,
                    width,
                    moments,
                );
                continue;
            }
            tile.centre[..n_features].copy_from_slice(centre);
            let mut n_rows = 0;
            weigh_rows(
                &tile.padded,
                &tile.centre,
                &counted,
                &mut tile.rows,
                &mut n_rows,
            );
            let weighted = &tile.rows[..n_rows * width];
            if rows == width {
                // (√r a)(√r a)ᵀ = r a aᵀ
                add_outer_products(weighted, width, moments);
            } else {
                add_squares(weighted, n_features, width, moments);
            }
        }
    }

    /// ∑ₙ ln p(xₙ) under the model that gave the responsibilities.
    #[must_use]
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// Nₖ = ∑ₙ rₙₖ, shape (K,).
    #[must_use]
    pub fn effective_counts(&self) -> Array1<f64> {
        let n_features = self.centres.ncols();
        (0..self.centres.nrows())
            .map(|k| self.sum(k, n_features))
            .collect()
    }

    /// The number of samples, or the sum of their weights.
    #[must_use]
    pub fn total_weight(&self) -> f64 {
        self.effective_counts().sum()
    }

    /// Returns the mixture that fits these samples best: the M-step.
    ///
    /// ```text
    /// πₖ = Nₖ / N        μₖ = cₖ + sₖ / Nₖ        Wₖ = Sₖ - Nₖ (μₖ - cₖ)(μₖ - cₖ)ᵀ        full: Σₖ = Wₖ / Nₖ  (+ regularization)
    /// ```
    ///
    /// # Errors
    ///
    /// As [`m_step`](crate::m_step()).
    pub fn m_step(
        &self,
        covariance_model: CovarianceModel,
        regularization: Regularization,
    ) -> Result<GaussianMixture> {
        regularization.check()?;
        self.check_covariances(covariance_model)?;
        let choices = Choices {
            covariance_model,
            regularization,
        };
        self.maximize(choices, None, None)
    }

    fn is_diagonal(&self) -> bool {
        self.moments.dim().1 == 2
    }

    /// Entry i of sₖ, or Nₖ for i = D.
    fn sum(&self, k: usize, i: usize) -> f64 {
        let n_features = self.centres.ncols();
        if self.is_diagonal() {
            self.moments[[k, 0, i]]
        } else {
            self.moments[[k, i, n_features]]
        }
    }

    /// Entry (i, j) of Sₖ on or above the diagonal.
    fn product(&self, k: usize, i: usize, j: usize) -> f64 {
        match (self.is_diagonal(), i == j) {
            (false, _) => self.moments[[k, i, j]],
            (true, true) => self.moments[[k, 1, i]],
            (true, false) => 0.0,
        }
    }

    /// The means, unless a component has no samples.
    fn means(&self, counts: &Array1<f64>) -> Option<Array2<f64>> {
        let mean = |(k, i)| self.centres[[k, i]] + self.sum(k, i) / counts[k];
        counts
            .iter()
            .all(|count| *count > 0.0)
            .then(|| Array2::from_shape_fn(self.centres.dim(), mean))
    }

    /// The means, if one of them is so far from its centre that the subtraction in [`maximize`](Self::maximize) loses digits.
    pub(super) fn better_centres(&self) -> Option<Array2<f64>> {
        let counts = self.effective_counts();
        let lost = |k: usize| {
            (0..self.centres.ncols()).any(|i| {
                let shift = self.sum(k, i) / counts[k];
                let variance = self.product(k, i, i) / counts[k] - shift * shift;
                shift * shift > LOST * variance
            })
        };
        (0..counts.len())
            .any(lost)
            .then(|| self.means(&counts))
            .flatten()
    }

    /// Wₖ about the means, shape (K, D, D).
    fn scatters(&self, counts: &Array1<f64>, means: &Array2<f64>) -> Array3<f64> {
        let (k, d) = means.dim();
        let mut scatters = Array3::from_shape_fn((k, d, d), |(k, i, j)| {
            let (i, j) = (i.min(j), i.max(j));
            if self.is_diagonal() && i != j {
                return 0.0;
            }
            self.product(k, i, j) - self.sum(k, i) * (self.sum(k, j) / counts[k])
        });
        for (k, mut scatter) in scatters.outer_iter_mut().enumerate() {
            for (i, mean) in means.row(k).iter().enumerate() {
                // A spread that numbers of this size cannot hold, or their difference above, is rounding.
                let smallest = counts[k] * (4.0 * f64::EPSILON * mean).powi(2);
                let lost = 16.0 * f64::EPSILON * self.product(k, i, i);
                if scatter[[i, i]] <= smallest.max(lost) {
                    scatter.row_mut(i).fill(0.0);
                    scatter.column_mut(i).fill(0.0);
                }
            }
        }
        scatters
    }

    /// The M-step. Where a component has no spread left, `collapse` says what to do, if anything; a model that iterates starts from
    /// the one before.
    pub(super) fn maximize(
        &self,
        choices: Choices,
        collapse: Option<Collapse>,
        previous: Option<&GaussianMixture>,
    ) -> Result<GaussianMixture> {
        let counts = self.effective_counts();
        let Some(means) = self.means(&counts) else {
            let component = linalg::index_of_largest(&-&counts);
            return Err(collapse::diagnosis(component, counts[component], None));
        };
        let weights = &counts / counts.sum();
        let mut scatters = self.scatters(&counts, &means);
        let mean_variance = mean_variance(&counts, &means, &scatters);
        let ridge = match choices.regularization {
            Regularization::None => 0.0,
            Regularization::Absolute(variance) => variance,
            Regularization::Relative(factor) => factor * mean_variance,
        };
        match collapse {
            Some(Collapse::Regularize(share)) => {
                add_to_diagonals(&mut scatters, &counts, ridge.max(share * mean_variance));
            }
            Some(Collapse::Floor(share)) => {
                add_to_diagonals(&mut scatters, &counts, ridge);
                collapse::lift(&mut scatters, &counts, share * mean_variance)?;
            }
            _ => add_to_diagonals(&mut scatters, &counts, ridge),
        }
        if !means.iter().chain(&scatters).all(|v| v.is_finite()) {
            return Err(Error::LinearAlgebra {
                what: "the variances of x overflow".into(),
            });
        }
        let model = choices.covariance_model;
        let previous = previous
            .filter(|before| before.covariance_model == model)
            .map(|before| &before.covariances);
        covariance::maximize(model, &scatters, &counts, previous)
            .and_then(|covariances| {
                GaussianMixture::from_parameters(model, weights, means, covariances)
            })
            .map_err(|k| collapse::diagnosis(k, counts[k], Some(&scatters.index_axis(Axis(0), k))))
    }
}

impl GaussianMixture {
    /// Returns the statistics of samples under this model: the E-step, summed up as the M-step needs it.
    ///
    /// `x` has shape (`n_samples`, D). With [`Statistics::merge`] and [`Statistics::m_step`] this is an iteration of EM on data
    /// that are in several places. Where the means move by thirty standard deviations or more in one iteration, variances lose
    /// digits; the next iteration gives them back.
    ///
    /// # Errors
    ///
    /// As [`GaussianMixture::component_log_density`].
    pub fn statistics(&self, x: &ArrayRef2<f64>) -> Result<Statistics> {
        check::columns("x", x, self.n_features())?;
        Ok(self.statistics_of(x))
    }

    /// The same of samples that have been checked already.
    pub(crate) fn statistics_of(&self, x: &ArrayRef2<f64>) -> Statistics {
        Samples::with(x, None, |samples| {
            super::pass::pass(self, self.covariance_model, &self.means, samples)
        })
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "statistics of {} samples in {} features; log-likelihood {:.6}",
            self.total_weight(),
            self.centres.ncols(),
            self.log_likelihood
        )?;
        for (k, count) in self.effective_counts().iter().enumerate() {
            write!(f, "\n{k:3}   effective count {count:.3}")?;
        }
        Ok(())
    }
}
