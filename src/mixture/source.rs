//! Where the samples of a fit come from: an array in memory, with or without weights, chunks that are read again in each pass, or
//! somewhere else, so that only their statistics come here.

use super::pass::{Tile, pass};
use super::statistics::Statistics;
use super::{CovarianceModel, GaussianMixture};
use crate::linalg::lanes::ROWS;
use crate::{Error, Result, check, parallel};
use ndarray::{Array2, ArrayRef2, ArrayView2, ArrayViewMut2, Axis};
use std::ops::Range;

/// Rows of an array, each of which counts once or as often as its weight says.
#[derive(Clone, Copy)]
pub(super) struct Samples<'a> {
    /// One row after the other in memory.
    x: ArrayView2<'a, f64>,
    rows: &'a [f64],
    pub(super) weights: Option<&'a [f64]>,
}

/// The data are cut into at most so many pieces, whatever the number of threads.
const PIECES: usize = 32;

/// A new iterator over the chunks, from the first on.
pub(super) type Chunks<'a> = dyn Fn() -> Box<dyn Iterator<Item = Result<Array2<f64>>> + 'a> + 'a;

/// The statistics of all samples under a model.
pub(super) type Elsewhere<'a> = dyn Fn(&GaussianMixture) -> Result<Statistics> + 'a;

/// The data of a fit.
pub(super) enum Source<'a> {
    Memory(Samples<'a>),
    Chunks(&'a Chunks<'a>),
    Elsewhere(&'a Elsewhere<'a>),
}

impl<'a> Samples<'a> {
    /// Works on samples row by row, and on a copy where an array is laid out in another way.
    pub(super) fn with<T>(
        x: &ArrayRef2<f64>,
        weights: Option<&[f64]>,
        work: impl FnOnce(&Samples) -> T,
    ) -> T {
        let x = x.as_standard_layout();
        let rows = x.as_slice().unwrap_or_default();
        work(&Samples {
            x: x.view(),
            rows,
            weights,
        })
    }

    /// The samples, shape (N, D).
    pub(super) fn x(&self) -> ArrayView2<'a, f64> {
        self.x
    }

    /// Ranges of rows for each thread to take, cut into tiles: the same on every machine.
    pub(super) fn partition(&self) -> Vec<impl Iterator<Item = Range<usize>> + Send + use<>> {
        let pieces = parallel::partition(self.x.nrows(), PIECES).into_iter();
        let tiles = |piece: Range<usize>| {
            let end = piece.end;
            piece
                .step_by(ROWS)
                .map(move |start| start..(start + ROWS).min(end))
        };
        pieces.map(tiles).collect()
    }

    /// Fills a matrix with a row for each sample, tile by tile, and sums what `fill` returns.
    pub(super) fn map(
        &self,
        model: &GaussianMixture,
        n_columns: usize,
        fill: impl Fn(&mut Tile, ArrayViewMut2<f64>) -> f64 + Sync,
    ) -> (Array2<f64>, f64) {
        let mut result = Array2::zeros((self.x.nrows(), n_columns));
        let length = parallel::partition(self.x.nrows(), PIECES)[0].len();
        let parts = result.axis_chunks_iter_mut(Axis(0), length);
        let jobs = self.partition().into_iter().zip(parts).collect();
        let sums = parallel::run(jobs, |(tiles, mut part)| {
            let mut tile = Tile::new(model.n_features(), model.n_components());
            let parts = part.axis_chunks_iter_mut(Axis(0), ROWS);
            let each = tiles.zip(parts).map(|(rows, part)| {
                self.load(rows, &mut tile);
                fill(&mut tile, part)
            });
            each.sum::<f64>()
        });
        (result, sums.into_iter().sum())
    }

    /// Loads the samples of a tile, and returns them row by row.
    pub(super) fn load(&self, rows: Range<usize>, tile: &mut Tile) -> &'a [f64] {
        let d = self.x.ncols();
        let samples = &self.rows[rows.start * d..rows.end * d];
        tile.load(samples, self.weights.map(|weights| &weights[rows]));
        samples
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
        if let Self::Elsewhere(take) = self {
            let statistics = take(model)?;
            return statistics.check(model, next).map(|()| statistics);
        }
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
            Self::Elsewhere(take) => take(model),
            Self::Chunks(open) => {
                let mut sum = Statistics::about(centres, next);
                for chunk in open() {
                    let chunk = chunk?;
                    if chunk.is_empty() {
                        continue;
                    }
                    check::columns("A chunk", &chunk, model.n_features())?;
                    sum.add(Samples::with(&chunk, None, |samples| {
                        pass(model, next, centres, samples)
                    }));
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
