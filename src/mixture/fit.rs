//! What EM returns.

use super::GaussianMixture;
use super::collapse::Repair;
use super::restarts::Restarts;
use super::statistics::Statistics;
use crate::{Error, check};
use ndarray::Array2;
use std::fmt;

/// What EM returns.
#[derive(Clone, PartialEq)]
pub struct Fit {
    /// The learnt mixture.
    pub model: GaussianMixture,
    /// Entry t is the log-likelihood of the model after t iterations: entry 0 the start's, the last entry [`Fit::model`]'s.
    pub log_likelihoods: Vec<f64>,
    /// Why EM stopped.
    pub stop: Stop,
    /// The responsibilities that EM started from, where it started from labels, clusters or responsibilities and
    /// [`Em::keep_steps`](crate::Em::keep_steps) asked for them; entry 0 of the trace is their M-step.
    pub start_responsibilities: Option<Array2<f64>>,
    /// Entry t is the model after t iterations with the responsibilities it gives; empty unless [`Em::keep_steps`](crate::Em::keep_steps) asked for it.
    pub steps: Vec<Step>,
    /// What was done about components that collapsed ([`Em::collapse`](crate::Em::collapse)).
    pub repairs: Vec<Repair>,
    /// A component that only the regularization keeps from collapsing, if there is one: it lies in a plane that holds some samples
    /// by chance, and the log-likelihood is as high as the regularization is low. Among several runs such a fit is the last choice.
    pub flat: Option<usize>,
    /// What the runs found, this one among them ([`Em::runs`](crate::Em::runs)).
    pub restarts: Restarts,
}

/// One model on EM's way, and the responsibilities it gives.
#[derive(Clone, PartialEq)]
pub struct Step {
    /// The parameters after this many iterations.
    pub model: GaussianMixture,
    /// The responsibilities under these parameters, shape (`n_samples`, K).
    pub responsibilities: Array2<f64>,
}

/// Why EM stopped.
#[derive(Clone, PartialEq)]
pub enum Stop {
    /// The mean log-likelihood changed by less than the tolerance.
    Converged,
    /// The number of iterations was used up.
    MaxIterations,
    /// An M-step failed, as the error says; the fit holds the model before it.
    Failed(Error),
}

impl Fit {
    /// Before the first iteration.
    pub(super) fn at(start: GaussianMixture, statistics: &Statistics) -> Self {
        Self {
            model: start,
            log_likelihoods: vec![statistics.log_likelihood()],
            stop: Stop::MaxIterations,
            start_responsibilities: None,
            steps: vec![],
            repairs: vec![],
            flat: None,
            restarts: Restarts::default(),
        }
    }

    /// The number of iterations done.
    #[must_use]
    pub fn n_iterations(&self) -> usize {
        self.log_likelihoods.len().saturating_sub(1)
    }

    /// The log-likelihood of the model.
    #[must_use]
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihoods.last().copied().unwrap_or(f64::NAN)
    }

    pub(super) fn is_better_than(&self, other: &Self) -> bool {
        let rank = |fit: &Self| {
            let whole = !matches!(fit.stop, Stop::Failed(_));
            (whole, fit.flat.is_none(), fit.log_likelihood())
        };
        rank(self) > rank(other)
    }

    /// Whether EM stopped because it no longer gained.
    #[must_use]
    pub fn converged(&self) -> bool {
        self.stop == Stop::Converged
    }
}

impl fmt::Display for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.log_likelihoods.first().copied().unwrap_or(f64::NAN);
        writeln!(
            f,
            "{} after {}; log-likelihood {first:.4} at the start, {:.4} at the end",
            self.stop,
            check::count(self.n_iterations(), "iteration"),
            self.log_likelihood()
        )?;
        if self.restarts.n_runs() > 1 {
            writeln!(f, "{}", self.restarts.sentence())?;
        }
        if let Some(k) = self.flat {
            writeln!(f, "component {k} is flat but for the regularization")?;
        }
        for repair in &self.repairs {
            writeln!(f, "{repair}")?;
        }
        self.model.fmt(f)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.model.fmt(f)
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Converged => f.write_str("converged"),
            Self::MaxIterations => f.write_str("stopped by the number of iterations"),
            Self::Failed(error) => write!(f, "stopped by a failure (\"{error}\")"),
        }
    }
}
