//! How a mixture is learnt: the E-step, the M-step, and the loop over them.

use super::pass::{Tile, Weigher, pass};
use super::start::Start;
use super::statistics::{Regularization, Statistics};
use super::{Fit, GaussianMixture, Step, Stop};
use crate::linalg::lanes::ROWS;
use crate::{Error, Result, check, parallel};
use ndarray::{Array2, ArrayRef2, Axis};
use std::fmt;

/// What the E-step finds out.
#[derive(Clone, PartialEq)]
pub struct Expectation {
    /// rₙₖ, shape (`n_samples`, K); rows sum to 1.
    pub responsibilities: Array2<f64>,
    /// ∑ₙ ln p(xₙ) under the model that gave these responsibilities.
    pub log_likelihood: f64,
}

/// The E-step: how much of each sample each component accounts for, and how well the model explains the data.
///
/// ```text
/// rₙₖ = πₖ N(xₙ | μₖ, Σₖ) / ∑ⱼ πⱼ N(xₙ | μⱼ, Σⱼ)
/// ```
///
/// `x` has shape (`n_samples`, `n_features`). Bishop (2006), eq. 9.23.
///
/// # Examples
///
/// ```
/// use em_lab::{GaussianMixture, Regularization, column, e_step, m_step};
///
/// let x = column(&[-0.5, 0.5, 4.5, 5.5]);
/// let start = GaussianMixture::univariate(&[0.5, 0.5], &[1.0, 4.0], &[1.0, 1.0])?;
/// let before = e_step(&start, &x)?;
/// let model = m_step(&x, &before.responsibilities, Regularization::None)?;
/// assert!(e_step(&model, &x)?.log_likelihood > before.log_likelihood);
/// # Ok::<(), em_lab::Error>(())
/// ```
///
/// # Errors
///
/// `x` must hold finite numbers and have as many columns as the model has features.
pub fn e_step(model: &GaussianMixture, x: &ArrayRef2<f64>) -> Result<Expectation> {
    check::columns("x", x, model.n_features())?;
    Ok(expectation(model, x))
}

/// The E-step on data that were checked at the door.
fn expectation(model: &GaussianMixture, x: &ArrayRef2<f64>) -> Expectation {
    let weigher = Weigher::new(model);
    let mut responsibilities = Array2::zeros((x.nrows(), model.n_components()));
    let tiles = x.axis_chunks_iter(Axis(0), parallel::TILE);
    let jobs = tiles
        .zip(responsibilities.axis_chunks_iter_mut(Axis(0), parallel::TILE))
        .collect();
    let log_likelihoods = parallel::run(jobs, |(samples, mut rows)| {
        let mut tile = Tile::new(model);
        let mut log_likelihood = 0.0;
        let pieces = samples.axis_chunks_iter(Axis(0), ROWS);
        for (samples, mut rows) in pieces.zip(rows.axis_chunks_iter_mut(Axis(0), ROWS)) {
            log_likelihood += weigher.responsibilities(&samples, &mut tile);
            for (mut column, shares) in rows.columns_mut().into_iter().zip(&tile.shares) {
                for (r, share) in column.iter_mut().zip(shares) {
                    *r = *share;
                }
            }
        }
        log_likelihood
    });
    Expectation {
        responsibilities,
        log_likelihood: log_likelihoods.into_iter().sum(),
    }
}

/// The M-step: the mixture that fits best when each sample counts for each component by its responsibility.
///
/// ```text
/// Nₖ = ∑ₙ rₙₖ    πₖ = Nₖ / N    μₖ = ∑ₙ rₙₖ xₙ / Nₖ    Σₖ = ∑ₙ rₙₖ (xₙ - μₖ)(xₙ - μₖ)ᵀ / Nₖ  (+ regularization)
/// ```
///
/// `x` has shape (`n_samples`, `n_features`), `responsibilities` (`n_samples`, K). Bishop (2006), eqs. 9.24 to 9.27.
///
/// # Errors
///
/// [`Error::Collapsed`] if a component holds no sample, or its samples do not spread over all dimensions and nothing is added to
/// the diagonal; [`Error::Shape`], [`Error::NotFinite`], [`Error::Empty`] and [`Error::Parameter`] for arguments that are not as
/// described.
pub fn m_step(
    x: &ArrayRef2<f64>,
    responsibilities: &ArrayRef2<f64>,
    regularization: Regularization,
) -> Result<GaussianMixture> {
    check::matrix("x", x)?;
    check::responsibilities(responsibilities, x.nrows())?;
    regularization.check()?;
    maximization(x, responsibilities, regularization)
}

/// The M-step on arguments that were checked at the door.
fn maximization(
    x: &ArrayRef2<f64>,
    responsibilities: &ArrayRef2<f64>,
    regularization: Regularization,
) -> Result<GaussianMixture> {
    Statistics::collect(x, responsibilities).maximize(regularization)
}

/// Expectation maximization: the choices, and [`fit`](Em::fit).
///
/// | choice | default |
/// |---|---|
/// | [`start`](Em::start) | `Start::KMeans` |
/// | [`runs`](Em::runs) | 1 |
/// | [`max_iterations`](Em::max_iterations) | 300 |
/// | [`tolerance`](Em::tolerance) | 1e-4, a gain in mean log-likelihood per sample |
/// | [`regularization`](Em::regularization) | `Regularization::Relative(1e-6)` |
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
    pub(super) start: Start,
    runs: usize,
    max_iterations: usize,
    tolerance: f64,
    pub(super) regularization: Regularization,
    pub(super) seed: u64,
    keep_steps: bool,
}

impl Em {
    /// EM for a mixture of so many components, everything else at its default.
    #[must_use]
    pub fn new(n_components: usize) -> Self {
        Self {
            n_components,
            start: Start::KMeans,
            runs: 1,
            max_iterations: 300,
            tolerance: 1e-4,
            regularization: Regularization::default(),
            seed: 0,
            keep_steps: false,
        }
    }

    /// Where EM starts from.
    #[must_use]
    pub fn start(mut self, start: Start) -> Self {
        self.start = start;
        self
    }

    /// How many starts to try; the fit with the highest log-likelihood is returned, one that failed on the way only if all did (just
    /// before a collapse the log-likelihood is at its highest). A given start (labels, responsibilities or a model) is the same
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
        self.regularization = regularization;
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
        let runs = if self.start.is_random() { self.runs } else { 1 };
        let mut best: Result<Fit> = Err(Error::Empty {
            what: "the list of runs".into(),
        });
        for run in 0..runs as u64 {
            let fit = self.run(x, run);
            best = match (best, fit) {
                (Ok(best), Ok(fit)) => Ok(if fit.is_better_than(&best) { fit } else { best }),
                (Ok(best), Err(_)) => Ok(best),
                (Err(_), fit) => fit,
            };
        }
        best
    }

    /// One start, and the loop.
    fn run(&self, x: &ArrayRef2<f64>, run: u64) -> Result<Fit> {
        let (mut model, start_responsibilities) = self.start_model(x, run)?;
        let mut now = pass(&model, x);
        let mut log_likelihoods = vec![now.log_likelihood];
        let mut steps = self.step(&model, x);
        let mut stop = Stop::MaxIterations;
        while log_likelihoods.len() <= self.max_iterations {
            model = match now.statistics.maximize(self.regularization) {
                Ok(next) => next,
                Err(error) => {
                    stop = Stop::Failed(error);
                    break;
                }
            };
            let before = now.log_likelihood;
            now = pass(&model, x);
            log_likelihoods.push(now.log_likelihood);
            steps.extend(self.step(&model, x));
            if (now.log_likelihood - before).abs() < self.tolerance * x.nrows() as f64 {
                stop = Stop::Converged;
                break;
            }
        }
        Ok(Fit {
            model,
            log_likelihoods,
            stop,
            start_responsibilities,
            steps,
        })
    }

    /// The model with its responsibilities, where they are kept.
    fn step(&self, model: &GaussianMixture, x: &ArrayRef2<f64>) -> Vec<Step> {
        let step = || Step {
            model: model.clone(),
            responsibilities: expectation(model, x).responsibilities,
        };
        self.keep_steps.then(step).into_iter().collect()
    }

    fn check(&self, x: &ArrayRef2<f64>) -> Result<()> {
        check::matrix("x", x)?;
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
        self.regularization.check()?;
        if !(self.tolerance.is_finite() && self.tolerance >= 0.0) {
            return Err(Error::Parameter {
                name: "The tolerance".into(),
                found: self.tolerance.to_string(),
                expected: "a finite number, zero or above".into(),
            });
        }
        if x.nrows() < self.n_components {
            return Err(Error::TooFewSamples {
                n_samples: x.nrows(),
                needed: self.n_components,
                purpose: format!("a mixture of {} components", self.n_components),
            });
        }
        Ok(())
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n, k) = self.responsibilities.dim();
        write!(
            f,
            "responsibilities of {} for {}",
            check::count(k, "component"),
            check::count(n, "sample")
        )?;
        write!(f, "; log-likelihood {:.6}", self.log_likelihood)
    }
}
