//! Where the samples of a fit come from: an array in memory, with or without weights, or chunks that are read again in each pass.

use super::pass::{Tile, pass};
use super::statistics::Statistics;
use super::{CovarianceModel, GaussianMixture};
use crate::linalg::lanes::ROWS;
use crate::{Error, Result, check, parallel};
use ndarray::{Array2, ArrayRef2, ArrayView2, s};
use std::ops::Range;

/// Rows of an array, each of which counts once or as often as its weight says.
#[derive(Clone, Copy)]
pub(super) struct Samples<'a> {
    pub(super) x: &'a ArrayRef2<f64>,
    pub(super) weights: Option<&'a [f64]>,
}

/// A new iterator over the chunks, from the first on.
pub(super) type Chunks<'a> = dyn Fn() -> Box<dyn Iterator<Item = Result<Array2<f64>>> + 'a> + 'a;

/// The data of a fit.
pub(super) enum Source<'a> {
    Memory(Samples<'a>),
    Chunks(&'a Chunks<'a>),
}

impl<'a> Samples<'a> {
    pub(super) fn unweighted(x: &'a ArrayRef2<f64>) -> Self {
        Self { x, weights: None }
    }

    /// Ranges of rows for each thread to take, cut into tiles: the same on every machine.
    pub(super) fn partition(&self) -> Vec<impl Iterator<Item = Range<usize>> + Send + use<>> {
        let pieces = parallel::partition(self.x.nrows(), 32).into_iter();
        let tiles = |piece: Range<usize>| {
            let end = piece.end;
            piece
                .step_by(ROWS)
                .map(move |start| start..(start + ROWS).min(end))
        };
        pieces.map(tiles).collect()
    }

    /// The samples of a tile; how often each counts goes into `tile.sample_weights`.
    pub(super) fn tile(&self, rows: Range<usize>, tile: &mut Tile) -> ArrayView2<'a, f64> {
        if let Some(weights) = self.weights {
            tile.sample_weights[..rows.len()].copy_from_slice(&weights[rows.clone()]);
        }
        self.x.slice(s![rows, ..])
    }
}

impl Source<'_> {
    /// One pass: the E-step of a model and the sums for an M-step with these covariances.
    ///
    /// The sums are about the model's means; where the next ones turn out to be so far from them, measured by the component's
    /// spread, that digits are lost, they are taken once more about those.
    pub(super) fn pass(
        &self,
        model: &GaussianMixture,
        next: CovarianceModel,
    ) -> Result<Statistics> {
        let first = self.pass_about(&model.means, model, next)?;
        match first.better_centres() {
            Some(centres) => self.pass_about(&centres, model, next),
            None => Ok(first),
        }
    }

    fn pass_about(
        &self,
        centres: &Array2<f64>,
        model: &GaussianMixture,
        next: CovarianceModel,
    ) -> Result<Statistics> {
        match self {
            Self::Memory(samples) => Ok(pass(model, next, centres, samples)),
            Self::Chunks(open) => {
                let mut sum = Statistics::about(centres, next);
                for chunk in open() {
                    let chunk = chunk?;
                    if chunk.is_empty() {
                        continue;
                    }
                    check::columns("A chunk", &chunk, model.n_features())?;
                    sum.add(pass(model, next, centres, &Samples::unweighted(&chunk)));
                }
                if sum.total_weight() > 0.0 {
                    return Ok(sum);
                }
                Err(Error::Empty {
                    what: "The stream of chunks".into(),
                })
            }
        }
    }
}
