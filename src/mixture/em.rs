//! EM: the choices, and the loop over its two steps.

use super::collapse::{self, Collapse, Repair};
use super::covariance::CovarianceModel;
use super::regularization::Regularization;
use super::restarts::{End, Restarts};
use super::source::{Samples, Source};
use super::start::{Start, StartLabels};
use super::statistics::{Choices, Statistics};
use super::steps::expectation;
use super::{Fit, GaussianMixture, Step, Stop};
use crate::{Error, Result, check, parallel};
use ndarray::{Array2, ArrayRef2, Axis};

/// Expectation maximization: the choices, and [`fit`](Em::fit).
///
/// | choice | default |
/// |---|---|
/// | [`covariance_model`](Em::covariance_model) | `CovarianceModel::FULL` |
/// | [`start`](Em::start) | `Start::KMeans`, on the data as they are |
/// | [`runs`](Em::runs) | 1 |
/// | [`max_iterations`](Em::max_iterations) | 300 |
/// | [`tolerance`](Em::tolerance) | 1e-4, a gain in mean log-likelihood per sample |
/// | [`regularization`](Em::regularization) | `Regularization::Relative(1e-6)` |
/// | [`collapse`](Em::collapse) | `Collapse::Stop` |
/// | [`seed`](Em::seed) | 0 |
///
/// # Examples
///
/// ```
/// use em_lab::{Em, GaussianMixture};
///
/// let truth = GaussianMixture::univariate(&[0.7, 0.3], &[0.0, 5.0], &[1.0, 1.0])?;
/// let fit = Em::new(2).fit(&truth.sample(2000, 1)?.x)?;
/// let largest = fit.model.weights().iter().copied().fold(0.0, f64::max);
/// assert!(fit.converged() && (largest - 0.7).abs() < 0.05);
/// # Ok::<(), em_lab::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Em {
    pub(super) n_components: usize,
    pub(super) choices: Choices,
    pub(super) start: Start,
    pub(super) whiten_start: bool,
    pub(super) collapse: Collapse,
    pub(super) runs: usize,
    pub(super) max_iterations: usize,
    pub(super) tolerance: f64,
    pub(super) seed: u64,
    pub(super) keep_steps: bool,
}

impl Em {
    /// EM for a mixture of so many components, everything else at its default.
    #[must_use]
    pub fn new(n_components: usize) -> Self {
        Self {
            n_components,
            choices: Choices {
                covariance_model: CovarianceModel::FULL,
                regularization: Regularization::default(),
            },
            start: Start::KMeans,
            whiten_start: false,
            collapse: Collapse::Stop,
            runs: 1,
            max_iterations: 300,
            tolerance: 1e-4,
            seed: 0,
            keep_steps: false,
        }
    }

    /// How the covariances are tied to each other.
    #[must_use]
    pub fn covariance_model(mut self, covariance_model: CovarianceModel) -> Self {
        self.choices.covariance_model = covariance_model;
        self
    }

    /// Where EM starts from.
    #[must_use]
    pub fn start(mut self, start: Start) -> Self {
        self.start = start;
        self
    }

    /// Lets k-means or hierarchical clustering start on whitened data: principal components scaled to unit variance. The fit itself
    /// stays on the data as they are. On data that stretch further in some directions than in others distances are blind to the
    /// narrow ones, and a start that is blind there can make BIC choose the wrong model.
    #[must_use]
    pub fn whiten_start(mut self) -> Self {
        self.whiten_start = true;
        self
    }

    /// How many starts to try; the fit with the highest log-likelihood is returned, one that failed on the way, or has a
    /// [flat](Fit::flat) component, only if all did (just before a collapse the log-likelihood is at its highest). [`Fit::restarts`]
    /// tells what they found. A given start (labels, responsibilities or a model) is the same
    /// every time and is tried once.
    #[must_use]
    pub fn runs(mut self, runs: usize) -> Self {
        self.runs = runs;
        self
    }

    /// At most so many iterations; with 0 the fit is the start itself.
    #[must_use]
    pub fn max_iterations(mut self, max_iterations: usize) -> Self {
        self.max_iterations = max_iterations;
        self
    }

    /// EM stops when the mean log-likelihood per sample changes by less than this; with 0 it never stops early.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// What is added to the diagonal of each covariance in every M-step.
    #[must_use]
    pub fn regularization(mut self, regularization: Regularization) -> Self {
        self.choices.regularization = regularization;
        self
    }

    /// What is done when a component collapses.
    #[must_use]
    pub fn collapse(mut self, policy: Collapse) -> Self {
        self.collapse = policy;
        self
    }

    /// The seed of every random choice: the same seed gives the same fit.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Keeps the parameters and responsibilities of every iteration in [`Fit::steps`].
    #[must_use]
    pub fn keep_steps(mut self) -> Self {
        self.keep_steps = true;
        self
    }

    /// Learns a mixture from `x`, shape (`n_samples`, `n_features`).
    ///
    /// Not converging is a fact of the fit ([`Fit::stop`]), not an error; neither is a component that collapses on the way: the
    /// fit then holds the last good model.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`], [`Error::NotFinite`]: `x` is no data. [`Error::TooFewSamples`]: fewer samples than components.
    /// [`Error::Parameter`], [`Error::Shape`]: a choice is out of range or does not fit `x`. [`Error::Collapsed`]: the start
    /// itself has a component without spread.
    pub fn fit(&self, x: &ArrayRef2<f64>) -> Result<Fit> {
        self.check(x)?;
        Samples::with(x, None, |samples| self.best_run(samples, None))
    }

    /// Learns a mixture from samples that count as often as their weights say: an integer weight is the same as so many copies of
    /// the sample, weight 0 the same as leaving it out.
    ///
    /// An 8-bit image, for instance, is its 256 grey levels weighted by how many pixels have them. `weights` has length
    /// `n_samples`; in start labels or responsibilities the samples of weight 0 have their place too.
    ///
    /// # Errors
    ///
    /// As [`fit`](Em::fit), and [`Error::Shape`] or [`Error::Parameter`] if a weight is missing, negative or not finite.
    pub fn fit_weighted(&self, x: &ArrayRef2<f64>, weights: &[f64]) -> Result<Fit> {
        check::sample_weights(weights, x.nrows())?;
        let counted: Vec<usize> = (0..x.nrows()).filter(|&n| weights[n] > 0.0).collect();
        if counted.len() == x.nrows() {
            self.check(x)?;
            let best = |samples: &Samples| self.best_run(samples, None);
            return Samples::with(x, Some(weights), best);
        }
        check::matrix("x", x)?;
        let em = Self {
            start: self.start.select(&counted, x.nrows())?,
            ..self.clone()
        };
        let weights: Vec<f64> = counted.iter().map(|&n| weights[n]).collect();
        em.fit_weighted(&x.select(Axis(0), &counted), &weights)
    }

    /// Learns a mixture from samples that come in chunks, each of shape (any number, `n_features`), and need not fit into memory:
    /// `open` returns an iterator from the first chunk on, and is called for each pass over the data.
    ///
    /// Unless the start is a model, EM first learns from 10,000 samples, drawn evenly from all, and then goes on from there with
    /// all; where there are no more than these, the fit is that of [`fit`](Em::fit).
    ///
    /// # Examples
    ///
    /// ```
    /// use em_lab::{Em, synthetic};
    /// use ndarray::Axis;
    ///
    /// let x = synthetic::two_dimensions().x;
    /// let chunks = || x.axis_chunks_iter(Axis(0), 64).map(|chunk| Ok(chunk.to_owned()));
    /// let (stream, whole) = (Em::new(2).fit_chunks(chunks)?, Em::new(2).fit(&x)?);
    /// assert_eq!(stream, whole);
    /// # Ok::<(), em_lab::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`fit`](Em::fit); an error of the stream itself, in the first two passes. Later it stops the fit, which then holds the
    /// last good model. [`Error::Parameter`] for what needs all samples in memory: start labels, start responsibilities and
    /// [`keep_steps`](Em::keep_steps).
    pub fn fit_chunks<I>(&self, open: impl Fn() -> I) -> Result<Fit>
    where
        I: Iterator<Item = Result<Array2<f64>>>,
    {
        self.fit_stream(&|| Box::new(open()))
    }

    /// The best of the runs, which share the data and are done side by side.
    pub(super) fn best_run(&self, samples: &Samples, labels: Option<&StartLabels>) -> Result<Fit> {
        if self.runs == 1 || !self.start.is_random() {
            return self.run(samples, 0, labels);
        }
        let (best, ends, mut failures) = parallel::fold(
            (0..self.runs).collect(),
            |run| {
                let fit = self.run(samples, run, labels)?;
                let end = End {
                    log_likelihood: fit.log_likelihood(),
                    stop: fit.stop.clone(),
                    flat: fit.flat,
                    labels: fit.model.labels(&samples.x())?,
                };
                Ok((fit, end))
            },
            (None, vec![], vec![]),
            |(best, ends, failures), outcome: Result<(Fit, End)>| match outcome {
                Ok((fit, end)) => {
                    ends.push(end);
                    if best.as_ref().is_none_or(|best| fit.is_better_than(best)) {
                        *best = Some(fit);
                    }
                }
                Err(error) => failures.push(error),
            },
        );
        match best {
            Some(fit) => Ok(Fit {
                restarts: Restarts::of(ends, failures, samples.weights, self.tolerance),
                ..fit
            }),
            None => Err(failures.swap_remove(0)),
        }
    }

    /// One start, and the loop.
    fn run(&self, samples: &Samples, run: usize, labels: Option<&StartLabels>) -> Result<Fit> {
        let begin = self.begin(samples, run, labels)?;
        let mut fit = self.climb(begin.model, &Source::Memory(*samples))?;
        fit.start_responsibilities = begin.responsibilities;
        fit.repairs.splice(0..0, begin.repair);
        Ok(fit)
    }

    /// The loop: E-step and M-step in turn, until nothing is gained.
    pub(super) fn climb(&self, start: GaussianMixture, source: &Source) -> Result<Fit> {
        let kind = self.choices.covariance_model;
        let mut statistics = source.pass(&start, kind)?;
        let per_sample = self.tolerance * statistics.total_weight();
        let mut fit = Fit::at(start, &statistics);
        fit.steps.extend(self.step(&fit.model, source));
        while fit.n_iterations() < self.max_iterations {
            let next = self
                .next_model(&statistics, &mut fit)
                .and_then(|model| Ok((source.pass(&model, kind)?, model)));
            let before = fit.log_likelihood();
            match next {
                Ok((now, model)) => {
                    fit.log_likelihoods.push(now.log_likelihood);
                    (fit.model, statistics) = (model, now);
                }
                Err(error) => {
                    fit.stop = Stop::Failed(error);
                    break;
                }
            }
            fit.steps.extend(self.step(&fit.model, source));
            // Added variance can be needed in every iteration; a restart is the beginning of something new.
            let restarted = fit.repairs.last().is_some_and(|last| {
                last.iteration == fit.n_iterations() && last.policy == Collapse::Restart
            });
            if (fit.log_likelihood() - before).abs() < per_sample && !restarted {
                fit.stop = Stop::Converged;
                break;
            }
        }
        fit.flat = collapse::flat_component(&fit.model, self.choices.regularization);
        fit.restarts = Restarts::single(&fit);
        Ok(fit)
    }

    /// The M-step; where a component collapses, the policy decides.
    fn next_model(&self, statistics: &Statistics, fit: &mut Fit) -> Result<GaussianMixture> {
        let previous = Some(&fit.model);
        let error = match statistics.maximize(self.choices, None, previous) {
            Err(error @ Error::Collapsed { .. }) => error,
            other => return other,
        };
        let Error::Collapsed {
            component,
            effective_count,
            ..
        } = error
        else {
            return Err(error);
        };
        let restarts = fit
            .repairs
            .iter()
            .filter(|repair| repair.policy == Collapse::Restart);
        let model = match self.collapse {
            Collapse::Stop => None,
            Collapse::Restart if restarts.count() >= self.n_components => None,
            Collapse::Restart => collapse::restart(&fit.model, component),
            policy => Some(statistics.maximize(self.choices, Some(policy), previous)?),
        };
        fit.repairs.extend(model.is_some().then(|| Repair {
            iteration: fit.n_iterations() + 1,
            component,
            effective_count,
            policy: self.collapse,
        }));
        model.ok_or(error)
    }

    /// The model with its responsibilities, where they are kept.
    fn step(&self, model: &GaussianMixture, source: &Source) -> Option<Step> {
        match source {
            Source::Memory(samples) if self.keep_steps => Some(Step {
                model: model.clone(),
                responsibilities: expectation(model, samples).responsibilities,
            }),
            _ => None,
        }
    }

    fn check(&self, x: &ArrayRef2<f64>) -> Result<()> {
        check::matrix("x", x)?;
        self.check_choices()?;
        self.check_count(x.nrows())
    }

    pub(super) fn check_count(&self, n_samples: usize) -> Result<()> {
        if n_samples >= self.n_components {
            return Ok(());
        }
        Err(Error::TooFewSamples {
            n_samples,
            needed: self.n_components,
            purpose: format!("a mixture of {} components", self.n_components),
        })
    }

    pub(super) fn check_choices(&self) -> Result<()> {
        let positive = |name: &str, value: usize| {
            if value > 0 {
                return Ok(());
            }
            Err(Error::Parameter {
                name: name.into(),
                found: "0".into(),
                expected: "1 or more".into(),
            })
        };
        positive("The number of components", self.n_components)?;
        positive("The number of runs", self.runs)?;
        self.choices.regularization.check()?;
        self.collapse.check()?;
        if !(self.tolerance.is_finite() && self.tolerance >= 0.0) {
            return Err(Error::Parameter {
                name: "The tolerance".into(),
                found: self.tolerance.to_string(),
                expected: "a finite number, zero or above".into(),
            });
        }
        Ok(())
    }
}
