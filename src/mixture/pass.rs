//! One pass over the data: the E-step of a model and the sums that its M-step needs, tile by tile, with nothing kept that grows
//! with the number of samples.
//!
//! The algorithm is [`e_step`](super::e_step) and [`m_step`](super::m_step); this is the same arithmetic in the order in which a
//! processor likes it. A tile of samples stays in the cache while its squared distances, its responsibilities and its weighted
//! outer products are taken, for one component after the other.

use super::source::Samples;
use super::statistics::Statistics;
use super::{CovarianceModel, GaussianMixture};
use crate::linalg::lanes::{
    Packed, ROWS, Shares, diagonal_distances, normalize, squared_distances, transpose,
};
use crate::parallel;
use ndarray::Array2;

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
                let x = samples.load(rows, &mut tile);
                statistics.log_likelihood += weigher.responsibilities(&mut tile);
                statistics.accumulate(x, &mut tile, &model.weights);
            }
            statistics
        },
        nothing(),
        Statistics::add,
    )
}

/// A mixture in the form in which the densities of a tile are taken.
pub(super) struct Weigher {
    n_features: usize,
    /// Shape (K, D).
    means: Vec<f64>,
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
    pub(super) features: Vec<f64>,
    /// Shape (D, ROWS): room for the same about a component's mean.
    pub(super) centred: Vec<f64>,
    /// Shape (K, ROWS).
    pub(super) shares: Vec<Shares>,
    /// How often each sample counts; what the last tile lacks in samples counts 0 times.
    pub(super) sample_weights: Shares,
    /// The samples as the M-step reads them: a row a = (x, 1, 0 …) each, of whole vectors.
    pub(super) padded: Vec<f64>,
    /// Room for a component's centre (c, 0 …).
    pub(super) centre: Vec<f64>,
    /// Room for the rows √r (a - c) of some samples.
    pub(super) rows: Vec<f64>,
    weighted: bool,
    n_samples: usize,
}

impl Weigher {
    pub(super) fn new(model: &GaussianMixture) -> Self {
        let normalizer = -0.5 * model.n_features() as f64 * (2.0 * std::f64::consts::PI).ln();
        let factors = model.precisions_cholesky.outer_iter();
        // ln |Σ|^(-1/2) = ln |U| = ∑ ln uᵢᵢ
        let log_peaks = factors.clone().zip(&model.weights).map(|(factor, weight)| {
            weight.ln() + factor.diag().iter().map(|u| u.ln()).sum::<f64>() + normalizer
        });
        let diagonal = model.covariance_model.is_diagonal();
        Self {
            n_features: model.n_features(),
            means: model.means.iter().copied().collect(),
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
    pub(super) fn log_densities(&self, tile: &mut Tile) {
        let means = self.means.chunks_exact(self.n_features);
        let components = self.factors.iter().zip(&self.log_peaks).zip(means);
        for (((factor, peak), mean), shares) in components.zip(&mut tile.shares) {
            match factor {
                Factor::Triangle(upper) => {
                    squared_distances(upper, &tile.features, mean, &mut tile.centred, shares);
                }
                Factor::Diagonal(entries) => {
                    diagonal_distances(entries, &tile.features, mean, shares);
                }
            }
            for share in shares.iter_mut() {
                // Out of reach a distance is infinite, or, where infinities cancel, no number, which `max` passes over.
                *share = (peak - 0.5 * *share).max(f64::NEG_INFINITY);
            }
        }
    }

    /// Leaves a tile's responsibilities in `tile.shares`, and returns its log-likelihood.
    pub(super) fn responsibilities(&self, tile: &mut Tile) -> f64 {
        self.log_densities(tile);
        let (mut largest, mut sums) = ([0.0; ROWS], [0.0; ROWS]);
        normalize(&mut tile.shares, &mut largest, &mut sums);
        let each = largest.iter().zip(&sums).zip(&tile.sample_weights);
        if tile.weighted {
            // A sample that does not count may lie anywhere.
            let log_densities =
                each.map(|((m, s), w)| if *w > 0.0 { (m + s.ln()) * w } else { 0.0 });
            return log_densities.sum();
        }
        // ∑ ln s = ln ∏ s: eight numbers of at most K each multiply without overflow.
        let mut log_likelihood = 0.0;
        let mut product = 1.0;
        for (n, ((m, s), _)) in each.enumerate().take(tile.n_samples) {
            log_likelihood += m;
            product *= s;
            if n % 8 == 7 {
                log_likelihood += f64::ln(product);
                product = 1.0;
            }
        }
        log_likelihood + product.ln()
    }
}

impl Tile {
    pub(super) fn new(n_features: usize, n_components: usize) -> Self {
        Self {
            features: vec![0.0; n_features * ROWS],
            centred: vec![0.0; n_features * ROWS],
            shares: vec![[0.0; ROWS]; n_components],
            sample_weights: [0.0; ROWS],
            padded: Vec::new(),
            centre: Vec::new(),
            rows: Vec::new(),
            weighted: false,
            n_samples: 0,
        }
    }

    /// Takes in at most [`ROWS`] samples, one after the other, and how often each counts.
    pub(super) fn load(&mut self, samples: &[f64], weights: Option<&[f64]>) {
        let n_features = self.features.len() / ROWS;
        let n_samples = samples.len() / n_features;
        transpose(samples, n_features, &mut self.features);
        let (present, absent) = self.sample_weights.split_at_mut(n_samples);
        absent.fill(0.0);
        match weights {
            Some(weights) => present.copy_from_slice(weights),
            None => present.fill(1.0),
        }
        // Weights of one are no weights, to the last bit.
        self.weighted = present.iter().any(|weight| (weight - 1.0).abs() > 0.0);
        self.n_samples = n_samples;
    }

    /// Lays the samples of the tile out in rows of whole vectors.
    pub(super) fn pad(&mut self, samples: &[f64], width: usize) {
        let n_features = self.features.len() / ROWS;
        self.padded.clear();
        self.padded.resize(self.n_samples * width, 0.0);
        self.centre.resize(width, 0.0);
        self.rows.resize(ROWS * width, 0.0);
        let rows = self.padded.chunks_exact_mut(width);
        for (row, sample) in rows.zip(samples.chunks_exact(n_features)) {
            row[..n_features].copy_from_slice(sample);
            row[n_features] = 1.0;
        }
    }
}
