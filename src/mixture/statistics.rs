//! The pass over the data behind [`m_step`](super::m_step): weighted counts, sums and products, tile by tile.

use super::GaussianMixture;
use crate::gaussian::Scratch;
use crate::{Error, Result, linalg, parallel};
use ndarray::{Array1, Array2, Array3, ArrayRef2, Axis, Zip, s};

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
    scatters: Array3<f64>,
}

impl Statistics {
    fn about(centres: &Array2<f64>) -> Self {
        let (k, d) = centres.dim();
        Self {
            centres: centres.clone(),
            counts: Array1::zeros(k),
            sums: Array2::zeros((k, d)),
            scatters: Array3::zeros((k, d, d)),
        }
    }

    /// Collects the statistics of all samples: a first pass for the weighted means, which become the centres of the second.
    pub(crate) fn collect(x: &ArrayRef2<f64>, responsibilities: &ArrayRef2<f64>) -> Self {
        let centres = weighted_means(x, responsibilities);
        let pieces = parallel::run(parallel::partition(x.nrows(), 32), |rows| {
            let mut statistics = Self::about(&centres);
            let mut scratch = Scratch::new(parallel::TILE.min(rows.len()), x.ncols());
            for tile in parallel::tiles(rows) {
                let r = responsibilities.slice(s![tile.clone(), ..]);
                statistics.accumulate(&x.slice(s![tile, ..]), &r, &mut scratch);
            }
            statistics
        });
        pieces.into_iter().fold(Self::about(&centres), Self::merge)
    }

    /// Adds a tile of samples.
    fn accumulate(
        &mut self,
        tile: &ArrayRef2<f64>,
        responsibilities: &ArrayRef2<f64>,
        scratch: &mut Scratch,
    ) {
        self.counts += &responsibilities.sum_axis(Axis(0));
        for k in 0..self.counts.len() {
            let mut weighted = scratch.rows(tile.nrows()).0;
            let centre = self.centres.row(k);
            let mut used = 0;
            for (sample, &r) in tile.rows().into_iter().zip(responsibilities.column(k)) {
                if r == 0.0 {
                    continue;
                }
                let root = r.sqrt();
                Zip::from(weighted.row_mut(used))
                    .and(self.sums.row_mut(k))
                    .and(sample)
                    .and(&centre)
                    .for_each(|weighted, sum, x, c| {
                        let difference = x - c;
                        *weighted = difference * root;
                        *sum += difference * r;
                    });
                used += 1;
            }
            // (√r c)ᵀ(√r c) = ∑ r c cᵀ, symmetric by construction.
            linalg::add_gram(
                &weighted.slice(s![..used, ..]),
                &mut self.scatters.index_axis_mut(Axis(0), k),
            );
        }
    }

    /// Adds the statistics of other samples about the same centres.
    fn merge(mut self, other: Self) -> Self {
        self.counts += &other.counts;
        self.sums += &other.sums;
        self.scatters += &other.scatters;
        self
    }

    /// Returns the mixture that fits these samples best, each weighted by its responsibilities.
    ///
    /// ```text
    /// πₖ = Nₖ / N        μₖ = cₖ + sₖ / Nₖ        Σₖ = Sₖ / Nₖ - (μₖ - cₖ)(μₖ - cₖ)ᵀ
    /// ```
    pub(crate) fn maximize(mut self, regularization: Regularization) -> Result<GaussianMixture> {
        let weights = &self.counts / self.counts.sum();
        let mut means = self.centres;
        for (k, mut covariance) in self.scatters.outer_iter_mut().enumerate() {
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
            means.row_mut(k).zip_mut_with(&shift, |mean, s| *mean += s);
        }
        let ridge = match regularization {
            Regularization::None => 0.0,
            Regularization::Absolute(variance) => variance,
            Regularization::Relative(factor) => {
                factor * mean_variance(&weights, &means, &self.scatters)
            }
        };
        for mut covariance in self.scatters.outer_iter_mut() {
            covariance.diag_mut().mapv_inplace(|v| v + ridge);
        }
        if !means.iter().chain(&self.scatters).all(|v| v.is_finite()) {
            return Err(Error::LinearAlgebra {
                what: "the variances of x overflow".into(),
            });
        }
        let counts = self.counts;
        GaussianMixture::from_parameters(weights, means, self.scatters).map_err(|error| match error
        {
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
