//! Fits to samples that come in chunks, and to samples that are elsewhere.

use super::em::Em;
use super::source::{Chunks, Source};
use super::start::Start;
use super::{Fit, GaussianMixture, Statistics};
use crate::random::Purpose;
use crate::{Error, Result, check, random};
use ndarray::Array2;
use rand::RngExt;
use std::cell::RefCell;

/// At most so many samples of a stream are looked at for the start.
const STREAM_SAMPLE: usize = 10_000;

impl Em {
    /// Learns a mixture from samples that are elsewhere, as in other processes or on other machines: `pass` returns the
    /// [`Statistics`] of all of them under a model, as [`GaussianMixture::statistics`] takes them, and is called for each pass over
    /// the data, first with the start. The start must be a model.
    ///
    /// The example `mpi_em` shares a file out in this way; [`FixedSum`](crate::FixedSum) adds up what several processes have taken.
    ///
    /// # Examples
    ///
    /// ```
    /// use em_lab::{Em, Start, synthetic};
    /// use ndarray::s;
    ///
    /// let (x, start) = (synthetic::two_dimensions().x, synthetic::two_dimensions_model());
    /// let em = Em::new(2).start(Start::Model(start));
    /// let fit = em.fit_statistics(|model| {
    ///     let mut statistics = model.statistics(&x.slice(s![..100, ..]))?;
    ///     statistics.merge(&model.statistics(&x.slice(s![100.., ..]))?)?;
    ///     Ok(statistics)
    /// })?;
    /// assert!((fit.log_likelihood() - em.fit(&x)?.log_likelihood()).abs() < 1e-9);
    /// # Ok::<(), em_lab::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`fit`](Em::fit); [`Error::Parameter`] for a start that is no model or for [`keep_steps`](Em::keep_steps), and for
    /// statistics that are about other centres than the model's means, or without the covariances that the next model needs. An error
    /// of `pass` itself, in its first call; later it stops the fit, which then holds the last good model.
    pub fn fit_statistics(
        &self,
        pass: impl FnMut(&GaussianMixture) -> Result<Statistics>,
    ) -> Result<Fit> {
        self.check_choices()?;
        let Start::Model(start) = &self.start else {
            return Err(Error::Parameter {
                name: "The start of a fit from statistics".into(),
                found: "to be found in the samples".into(),
                expected: "a model, Start::Model: the samples are not here".into(),
            });
        };
        if self.keep_steps {
            return Err(Error::Parameter {
                name: "A choice for samples that are elsewhere".into(),
                found: "to use the steps".into(),
                expected: "one that does not need the samples".into(),
            });
        }
        self.check_start_model(start)?;
        let pass = RefCell::new(pass);
        let take = |model: &GaussianMixture| (pass.borrow_mut())(model);
        self.climb(start.clone(), &Source::Elsewhere(&take))
    }

    /// A fit to chunks: of some samples first, then of all from there.
    pub(super) fn fit_stream<'a>(&self, open: &'a Chunks<'a>) -> Result<Fit> {
        self.check_choices()?;
        let needs_all = match &self.start {
            Start::Labels(_) => Some("start labels"),
            Start::Responsibilities(_) => Some("start responsibilities"),
            _ if self.keep_steps => Some("the steps"),
            _ => None,
        };
        if let Some(what) = needs_all {
            return Err(Error::Parameter {
                name: "A choice for samples in chunks".into(),
                found: format!("to use {what}"),
                expected: "one that does not need all samples at once: for these, give the samples as one array to fit".into(),
            });
        }
        let start = if let Start::Model(model) = &self.start {
            self.check_start_model(model)?;
            model.clone()
        } else {
            let (sample, n_samples) = self.sample_of(open)?;
            let fit = self.fit(&sample)?;
            if sample.nrows() == n_samples {
                return Ok(fit);
            }
            fit.model
        };
        self.climb(start, &Source::Chunks(open))
    }

    /// Rows drawn evenly from all chunks (Vitter 1985, algorithm R), all rows in their order where there are few; and how many
    /// there are in all.
    fn sample_of(&self, open: &Chunks) -> Result<(Array2<f64>, usize)> {
        let mut rng = random::generator(self.seed, Purpose::Start, u64::MAX);
        let mut sample: Vec<f64> = Vec::new();
        let (mut n_samples, mut n_features) = (0, None);
        for chunk in open() {
            let chunk = chunk?;
            if chunk.is_empty() {
                continue;
            }
            check::matrix("A chunk", &chunk)?;
            let width = *n_features.get_or_insert(chunk.ncols());
            check::same(
                "A chunk",
                "column",
                chunk.ncols(),
                width,
                "the chunks before it had that many",
            )?;
            for row in chunk.rows() {
                if n_samples < STREAM_SAMPLE {
                    sample.extend(row);
                } else {
                    let place = rng.random_range(0..=n_samples);
                    if place < STREAM_SAMPLE {
                        let values = sample[place * width..][..width].iter_mut();
                        values.zip(row).for_each(|(value, x)| *value = *x);
                    }
                }
                n_samples += 1;
            }
        }
        let width = n_features.ok_or_else(|| Error::Empty {
            what: "The stream of chunks".into(),
        })?;
        let shape = (n_samples.min(STREAM_SAMPLE), width);
        let sample = Array2::from_shape_vec(shape, sample).map_err(|_| Error::Empty {
            what: "The stream of chunks".into(),
        })?;
        Ok((sample, n_samples))
    }
}
