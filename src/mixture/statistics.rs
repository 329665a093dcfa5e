//! The pass over the data behind [`m_step`](super::m_step): weighted counts, sums and products, tile by tile.

use super::GaussianMixture;
use crate::linalg::lanes::{ROWS, Shares, add_outer_products, padded};
use crate::{Error, Result, linalg, parallel};
use ndarray::{Array1, Array2, Array3, ArrayRef1, ArrayRef2, Axis, s};

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

/// Shares of a component's weight below this change nothing that rounding keeps: such a sample is at most √(2 ln 2⁷⁰) < 10 standard
/// deviations away, and 100 · 2⁻⁷⁰ of every sample together is below 2⁻⁶³ of the component's own sum, against the 2⁻⁵³ of a number.
const NEGLIGIBLE: f64 = 1.0 / (1_u128 << 70) as f64;

/// A squared distance of a mean from its centre of so many variances costs three of a number's sixteen digits.
const LOST: f64 = 1e3;

/// Weighted sums over samples, about one fixed centre for each component; sums of parts of the data add up to those of the whole.
///
/// ```text
/// Nₖ = ∑ₙ rₙₖ        sₖ = ∑ₙ rₙₖ (xₙ - cₖ)        Sₖ = ∑ₙ rₙₖ (xₙ - cₖ)(xₙ - cₖ)ᵀ
/// ```
///
/// With cₖ near the component's mean nothing large is ever subtracted from something large, wherever the data lie (Chan, Golub
/// and LeVeque 1983).
pub(crate) struct Statistics {
    centres: Array2<f64>,
    counts: Array1<f64>,
    sums: Array2<f64>,
    /// Shape (K, P, P) with P features after padding; only the upper triangles count.
    scatters: Array3<f64>,
    /// √r (x - c) for some samples, P numbers each: room that is used again.
    weighted: Vec<f64>,
}

impl Statistics {
    pub(crate) fn about(centres: &Array2<f64>) -> Self {
        let (k, d) = centres.dim();
        Self {
            centres: centres.clone(),
            counts: Array1::zeros(k),
            sums: Array2::zeros((k, d)),
            scatters: Array3::zeros((k, padded(d), padded(d))),
            weighted: Vec::with_capacity(padded(d) * ROWS),
        }
    }

    /// Collects the statistics of all samples: a first pass for the weighted means, which become the centres of the second.
    pub(crate) fn collect(x: &ArrayRef2<f64>, responsibilities: &ArrayRef2<f64>) -> Self {
        let centres = weighted_means(x, responsibilities);
        let all = Array1::zeros(responsibilities.ncols());
        let pieces = parallel::run(parallel::partition(x.nrows(), 32), |rows| {
            let mut statistics = Self::about(&centres);
            let mut shares = vec![[0.0; ROWS]; responsibilities.ncols()];
            let tiles = x.slice(s![rows.clone(), ..]);
            let given = responsibilities.slice(s![rows, ..]);
            let tiles = tiles.axis_chunks_iter(Axis(0), ROWS);
            for (tile, given) in tiles.zip(given.axis_chunks_iter(Axis(0), ROWS)) {
                for (shares, given) in shares.iter_mut().zip(given.columns()) {
                    for (share, r) in shares.iter_mut().zip(given) {
                        *share = *r;
                    }
                }
                statistics.accumulate(&tile, &shares, &all);
            }
            statistics
        });
        pieces.into_iter().fold(Self::about(&centres), Self::merge)
    }

    /// Adds a tile of at most [`ROWS`] samples with their responsibilities, in components of about these weights.
    pub(crate) fn accumulate(
        &mut self,
        tile: &ArrayRef2<f64>,
        shares: &[Shares],
        weights: &ArrayRef1<f64>,
    ) {
        let width = padded(tile.ncols());
        for (k, shares) in shares.iter().enumerate() {
            let least = NEGLIGIBLE * weights[k];
            let (centre, mut sum) = (self.centres.row(k), self.sums.row_mut(k));
            self.weighted.clear();
            for (sample, &share) in tile.rows().into_iter().zip(shares) {
                if share <= least {
                    continue;
                }
                let root = share.sqrt();
                self.counts[k] += share;
                let start = self.weighted.len();
                let differences = sample.iter().zip(&centre).map(|(x, c)| (x - c) * root);
                self.weighted.extend(differences);
                for (sum, difference) in sum.iter_mut().zip(&self.weighted[start..]) {
                    *sum += difference * root;
                }
                self.weighted.resize(start + width, 0.0);
            }
            // (√r d)ᵀ(√r d) = ∑ r d dᵀ, symmetric by construction.
            let mut scatter = self.scatters.index_axis_mut(Axis(0), k);
            if let Some(scatter) = scatter.as_slice_mut() {
                add_outer_products(&self.weighted, width, scatter);
            }
        }
    }

    /// Adds the statistics of other samples about the same centres.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.counts += &other.counts;
        self.sums += &other.sums;
        self.scatters += &other.scatters;
        self
    }

    /// The means, if one of them is so far from its centre that the subtraction in [`maximize`](Self::maximize) loses digits.
    pub(crate) fn better_centres(&self) -> Option<Array2<f64>> {
        let mut means = self.centres.clone();
        let mut lost = false;
        for (k, &count) in self.counts.iter().enumerate() {
            if count > 0.0 {
                for (i, mean) in means.row_mut(k).iter_mut().enumerate() {
                    let shift = self.sums[[k, i]] / count;
                    let variance = self.scatters[[k, i, i]] / count - shift * shift;
                    lost |= shift * shift > LOST * variance;
                    *mean += shift;
                }
            }
        }
        lost.then_some(means)
    }

    /// Returns the mixture that fits these samples best, each weighted by its responsibilities.
    ///
    /// ```text
    /// πₖ = Nₖ / N        μₖ = cₖ + sₖ / Nₖ        Σₖ = Sₖ / Nₖ - (μₖ - cₖ)(μₖ - cₖ)ᵀ
    /// ```
    pub(crate) fn maximize(self, regularization: Regularization) -> Result<GaussianMixture> {
        let d = self.centres.ncols();
        let weights = &self.counts / self.counts.sum();
        let mut means = self.centres;
        let mut covariances = self.scatters.slice(s![.., ..d, ..d]).to_owned();
        for (k, mut covariance) in covariances.outer_iter_mut().enumerate() {
            let count = self.counts[k];
            if count <= 0.0 {
                return Err(Error::Collapsed {
                    component: k,
                    effective_count: count,
                });
            }
            let shift = &self.sums.row(k) / count;
            linalg::symmetrize(&mut covariance);
            covariance /= count;
            for ((i, j), value) in covariance.indexed_iter_mut() {
                *value -= shift[i] * shift[j];
            }
            let mut mean = means.row_mut(k);
            mean += &shift;
            for (i, mean) in mean.iter().enumerate() {
                // A spread that numbers of this size cannot hold is rounding.
                if covariance[[i, i]] <= (4.0 * f64::EPSILON * mean).powi(2) {
                    covariance.row_mut(i).fill(0.0);
                    covariance.column_mut(i).fill(0.0);
                }
            }
        }
        let ridge = match regularization {
            Regularization::None => 0.0,
            Regularization::Absolute(variance) => variance,
            Regularization::Relative(factor) => {
                factor * mean_variance(&weights, &means, &covariances)
            }
        };
        for mut covariance in covariances.outer_iter_mut() {
            covariance.diag_mut().mapv_inplace(|v| v + ridge);
        }
        if !means.iter().chain(&covariances).all(|v| v.is_finite()) {
            return Err(Error::LinearAlgebra {
                what: "the variances of x overflow".into(),
            });
        }
        let counts = self.counts;
        GaussianMixture::from_parameters(weights, means, covariances).map_err(|error| match error {
            Error::Collapsed { component, .. } => Error::Collapsed {
                component,
                effective_count: counts[component],
            },
            other => other,
        })
    }
}

/// ∑ₙ rₙₖ xₙ / Nₖ, good enough to be centres: what rounding takes from them, [`Statistics::maximize`] gives back.
fn weighted_means(x: &ArrayRef2<f64>, responsibilities: &ArrayRef2<f64>) -> Array2<f64> {
    let shape = (responsibilities.ncols(), x.ncols());
    let pieces = parallel::run(parallel::partition(x.nrows(), 32), |rows| {
        let mut sums = Array2::zeros(shape);
        linalg::add_product(
            &responsibilities.slice(s![rows.clone(), ..]).t(),
            &x.slice(s![rows, ..]),
            &mut sums,
        );
        sums
    });
    let mut means = pieces
        .into_iter()
        .fold(Array2::zeros(shape), |sum, piece| sum + piece);
    for (mut mean, count) in means
        .rows_mut()
        .into_iter()
        .zip(responsibilities.sum_axis(Axis(0)))
    {
        if count > 0.0 {
            mean /= count;
        }
    }
    means
}

/// The mean over the columns of the data's variance (divided by N), which the mixture's own moments give exactly:
/// var x = ∑ₖ πₖ (var xₖ + (μₖ - μ)²) with μ = ∑ₖ πₖ μₖ.
fn mean_variance(weights: &Array1<f64>, means: &Array2<f64>, covariances: &Array3<f64>) -> f64 {
    let centre = weights.dot(means);
    let spread = |k: usize| {
        let between: f64 = means
            .row(k)
            .iter()
            .zip(&centre)
            .map(|(m, c)| (m - c).powi(2))
            .sum();
        covariances.index_axis(Axis(0), k).diag().sum() + between
    };
    (0..weights.len())
        .map(|k| weights[k] * spread(k))
        .sum::<f64>()
        / means.ncols() as f64
}
