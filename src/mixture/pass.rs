//! One pass over the data: the E-step of a model and the sums that its M-step needs, tile by tile, with nothing kept that grows
//! with the number of samples.
//!
//! The algorithm is [`e_step`](super::e_step) and [`m_step`](super::m_step); this is the same arithmetic in the order in which a
//! processor likes it. A tile of samples stays in the cache while its squared distances, its responsibilities and its weighted
//! outer products are taken, for one component after the other.

use super::source::Samples;
use super::statistics::Statistics;
use super::{CovarianceModel, GaussianMixture};
use crate::linalg::lanes::{Packed, ROWS, Shares, exponentials, squared_norms};
use crate::parallel;
use ndarray::{Array2, ArrayRef1, ArrayRef2};

/// The E-step of a model and the sums for an M-step with these covariances, taken about these centres.
pub(super) fn pass(
    model: &GaussianMixture,
    next: CovarianceModel,
    centres: &Array2<f64>,
    samples: &Samples,
) -> Statistics {
    let weigher = Weigher::new(model);
    let nothing = || Statistics::about(centres, next);
    parallel::fold(
        samples.partition(),
        |rows| {
            let mut tile = Tile::new(model.n_features(), model.n_components());
            let mut statistics = nothing();
            for rows in rows {
                let x = samples.tile(rows, &mut tile);
                statistics.log_likelihood += weigher.responsibilities(&x, &mut tile);
                statistics.accumulate(&x, &mut tile, &model.weights);
            }
            statistics
        },
        nothing(),
        Statistics::add,
    )
}

/// A mixture in the form in which the densities of a tile are taken.
pub(super) struct Weigher<'a> {
    model: &'a GaussianMixture,
    factors: Vec<Factor>,
    /// ln πₖ + ln |Uₖ| - (D/2) ln 2π
    log_peaks: Vec<f64>,
}

/// Uₖ with Σₖ⁻¹ = Uₖ Uₖᵀ.
enum Factor {
    Triangle(Packed),
    Diagonal(Vec<f64>),
}

/// Room for one tile of samples, used again for the next.
pub(super) struct Tile {
    /// Shape (D, ROWS): the samples feature by feature; what the last tile lacks in samples is zero.
    features: Vec<f64>,
    /// Shape (D, ROWS): the same about a component's mean.
    centred: Vec<f64>,
    /// Shape (K, ROWS).
    pub(super) shares: Vec<Shares>,
    /// How often each sample counts.
    pub(super) sample_weights: Shares,
    /// Room for the M-step: √r (x - c) for some samples.
    pub(super) rows: Vec<f64>,
}

impl<'a> Weigher<'a> {
    pub(super) fn new(model: &'a GaussianMixture) -> Self {
        let normalizer = -0.5 * model.n_features() as f64 * (2.0 * std::f64::consts::PI).ln();
        let factors = model.precisions_cholesky.outer_iter();
        // ln |Σ|^(-1/2) = ln |U| = ∑ ln uᵢᵢ
        let log_peaks = factors.clone().zip(&model.weights).map(|(factor, weight)| {
            weight.ln() + factor.diag().iter().map(|u| u.ln()).sum::<f64>() + normalizer
        });
        let diagonal = model.covariance_model.is_diagonal();
        Self {
            model,
            log_peaks: log_peaks.collect(),
            factors: factors
                .map(|factor| {
                    if diagonal {
                        Factor::Diagonal(factor.diag().to_vec())
                    } else {
                        Factor::Triangle(Packed::new(&factor))
                    }
                })
                .collect(),
        }
    }

    /// Leaves `ln πₖ + ln N(xₙ | μₖ, Σₖ)` = ln πₖ + ln |Uₖ| - (D/2) ln 2π - |Uₖᵀ(xₙ - μₖ)|² / 2 in `tile.shares`.
    pub(super) fn log_densities(&self, x: &ArrayRef2<f64>, tile: &mut Tile) {
        tile.transpose(x);
        let components = self.factors.iter().zip(&self.log_peaks);
        for ((factor, peak), (mean, shares)) in
            components.zip(self.model.means.rows().into_iter().zip(&mut tile.shares))
        {
            factor.squared_distances(&tile.features, &mean, &mut tile.centred, shares);
            for share in shares.iter_mut() {
                // Out of reach a distance is infinite, or, where infinities cancel, no number, which `max` passes over.
                *share = (peak - 0.5 * *share).max(f64::NEG_INFINITY);
            }
        }
    }

    /// Leaves a tile's responsibilities in `tile.shares`, and returns its log-likelihood.
    pub(super) fn responsibilities(&self, x: &ArrayRef2<f64>, tile: &mut Tile) -> f64 {
        self.log_densities(x, tile);
        let log_densities = normalize(&mut tile.shares);
        let weighted = log_densities.iter().zip(&tile.sample_weights);
        // A sample that does not count may lie anywhere.
        weighted
            .take(x.nrows())
            .map(|(l, w)| if *w > 0.0 { l * w } else { 0.0 })
            .sum()
    }
}

impl Factor {
    /// `|Uᵀ(x - mean)|²` for each sample of a tile.
    fn squared_distances(
        &self,
        features: &[f64],
        mean: &ArrayRef1<f64>,
        centred: &mut [f64],
        squares: &mut Shares,
    ) {
        let features = features.chunks_exact(ROWS).zip(mean);
        match self {
            Self::Triangle(upper) => {
                for ((feature, mean), centred) in features.zip(centred.chunks_exact_mut(ROWS)) {
                    for (centred, value) in centred.iter_mut().zip(feature) {
                        *centred = value - mean;
                    }
                }
                squared_norms(upper, centred, squares);
            }
            Self::Diagonal(entries) => {
                squares.fill(0.0);
                for ((feature, mean), u) in features.zip(entries) {
                    for (square, value) in squares.iter_mut().zip(feature) {
                        let deviation = (value - mean) * u;
                        *square += deviation * deviation;
                    }
                }
            }
        }
    }
}

impl Tile {
    pub(super) fn new(n_features: usize, n_components: usize) -> Self {
        Self {
            features: vec![0.0; n_features * ROWS],
            centred: vec![0.0; n_features * ROWS],
            shares: vec![[0.0; ROWS]; n_components],
            sample_weights: [1.0; ROWS],
            rows: Vec::new(),
        }
    }

    fn transpose(&mut self, x: &ArrayRef2<f64>) {
        for (feature, column) in self.features.chunks_exact_mut(ROWS).zip(x.columns()) {
            for (value, x) in feature.iter_mut().zip(column) {
                *value = *x;
            }
            feature[x.nrows()..].fill(0.0);
        }
    }
}

/// Turns `lₖ = ln πₖ + ln N(xₙ | μₖ, Σₖ)` into rₙₖ, in place, and returns ln p(xₙ), without overflow:
/// ln ∑ₖ exp(lₖ) = m + ln ∑ₖ exp(lₖ - m) with m the largest lₖ.
fn normalize(shares: &mut [Shares]) -> Shares {
    let mut largest = [f64::NEG_INFINITY; ROWS];
    for shares in &*shares {
        for (largest, share) in largest.iter_mut().zip(shares) {
            *largest = largest.max(*share);
        }
    }
    let mut sums = [0.0; ROWS];
    for shares in &mut *shares {
        for (share, largest) in shares.iter_mut().zip(&largest) {
            // So far away that the squared distance itself overflows (beyond 1e154): no component is nearer than another.
            *share = if *largest == f64::NEG_INFINITY {
                0.0
            } else {
                *share - largest
            };
        }
        exponentials(shares);
        for (sum, share) in sums.iter_mut().zip(&*shares) {
            *sum += share;
        }
    }
    for shares in shares {
        for (share, sum) in shares.iter_mut().zip(&sums) {
            *share /= sum;
        }
    }
    for (largest, sum) in largest.iter_mut().zip(sums) {
        *largest += sum.ln();
    }
    largest
}
