//! One pass over the data: the E-step of a model and the sums that its M-step needs, tile by tile, with nothing kept that grows
//! with the number of samples.
//!
//! The algorithm is [`e_step`](super::e_step) and [`m_step`](super::m_step); this is the same arithmetic in the order in which a
//! processor likes it. A tile of samples stays in the cache while its squared distances, its responsibilities and its weighted
//! outer products are taken, for one component after the other.

use super::GaussianMixture;
use super::statistics::Statistics;
use crate::linalg::lanes::{Packed, ROWS, Shares, exponentials, squared_norms};
use crate::parallel;
use ndarray::{Array2, ArrayRef2, Axis, s};

/// What the pass finds out.
pub(super) struct Pass {
    pub(super) log_likelihood: f64,
    pub(super) statistics: Statistics,
}

/// The E-step of a model and the sums for its M-step.
///
/// The sums are about the model's means; where the next ones turn out to be so far from them, measured by the component's spread,
/// that digits are lost, they are taken once more about those.
pub(super) fn pass(model: &GaussianMixture, x: &ArrayRef2<f64>) -> Pass {
    let first = pass_about(&model.means, model, x);
    match first.statistics.better_centres() {
        Some(centres) => pass_about(&centres, model, x),
        None => first,
    }
}

fn pass_about(centres: &Array2<f64>, model: &GaussianMixture, x: &ArrayRef2<f64>) -> Pass {
    let weigher = Weigher::new(model);
    let pieces = parallel::run(parallel::partition(x.nrows(), 32), |rows| {
        let mut tile = Tile::new(model);
        let mut statistics = Statistics::about(centres);
        let mut log_likelihood = 0.0;
        for samples in x.slice(s![rows, ..]).axis_chunks_iter(Axis(0), ROWS) {
            log_likelihood += weigher.responsibilities(&samples, &mut tile);
            statistics.accumulate(&samples, &tile.shares, &model.weights);
        }
        Pass { log_likelihood, statistics }
    });
    let nothing = Pass { log_likelihood: 0.0, statistics: Statistics::about(centres) };
    pieces.into_iter().fold(nothing, |sum, piece| Pass {
        log_likelihood: sum.log_likelihood + piece.log_likelihood,
        statistics: sum.statistics.merge(piece.statistics),
    })
}

/// A mixture in the form in which the densities of a tile are taken.
pub(super) struct Weigher<'a> {
    model: &'a GaussianMixture,
    factors: Vec<Packed>,
    /// ln πₖ + ln |Uₖ| - (D/2) ln 2π
    log_peaks: Vec<f64>,
}

/// Room for one tile, used again for the next.
pub(super) struct Tile {
    /// Shape (D, ROWS): the samples feature by feature; what the last tile lacks in samples is zero.
    features: Vec<f64>,
    /// Shape (D, ROWS): the same about a component's mean.
    centred: Vec<f64>,
    /// Shape (K, ROWS).
    pub(super) shares: Vec<Shares>,
}

impl<'a> Weigher<'a> {
    pub(super) fn new(model: &'a GaussianMixture) -> Self {
        let normalizer = -0.5 * model.n_features() as f64 * (2.0 * std::f64::consts::PI).ln();
        let factors = model.precisions_cholesky.outer_iter();
        // ln |Σ|^(-1/2) = ln |U| = ∑ ln uᵢᵢ
        let log_peaks = factors.clone().zip(&model.weights).map(|(factor, weight)| {
            weight.ln() + factor.diag().iter().map(|u| u.ln()).sum::<f64>() + normalizer
        });
        Self {
            model,
            log_peaks: log_peaks.collect(),
            factors: factors.map(|factor| Packed::new(&factor)).collect(),
        }
    }

    /// Leaves `ln πₖ + ln N(xₙ | μₖ, Σₖ)` = ln πₖ + ln |Uₖ| - (D/2) ln 2π - |Uₖᵀ(xₙ - μₖ)|² / 2 in `tile.shares`.
    pub(super) fn log_densities(&self, samples: &ArrayRef2<f64>, tile: &mut Tile) {
        for (feature, column) in tile.features.chunks_exact_mut(ROWS).zip(samples.columns()) {
            for (value, x) in feature.iter_mut().zip(column) {
                *value = *x;
            }
            feature[samples.nrows()..].fill(0.0);
        }
        let components = self.factors.iter().zip(&self.log_peaks).zip(self.model.means.rows());
        for (((factor, peak), mean), shares) in components.zip(&mut tile.shares) {
            let features = tile.features.chunks_exact(ROWS);
            for ((centred, feature), mean) in tile.centred.chunks_exact_mut(ROWS).zip(features).zip(mean) {
                for (centred, value) in centred.iter_mut().zip(feature) {
                    *centred = value - mean;
                }
            }
            squared_norms(factor, &tile.centred, shares);
            for share in shares.iter_mut() {
                *share = peak - 0.5 * *share;
            }
        }
    }

    /// Leaves a tile's responsibilities in `tile.shares`, and returns its log-likelihood.
    pub(super) fn responsibilities(&self, samples: &ArrayRef2<f64>, tile: &mut Tile) -> f64 {
        self.log_densities(samples, tile);
        normalize(&mut tile.shares).iter().take(samples.nrows()).sum()
    }
}

impl Tile {
    pub(super) fn new(model: &GaussianMixture) -> Self {
        let n = model.n_features();
        Self {
            features: vec![0.0; n * ROWS],
            centred: vec![0.0; n * ROWS],
            shares: vec![[0.0; ROWS]; model.n_components()],
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
            *share = if *largest == f64::NEG_INFINITY { 0.0 } else { *share - largest };
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
