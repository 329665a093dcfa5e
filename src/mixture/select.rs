//! Choosing a mixture: numbers of components times covariance models, by BIC and ICL.

mod table;

use super::start::StartLabels;
use super::{CovarianceModel, Em, Fit, Stop};
use crate::mixture::source::Samples;
use crate::{Error, Result, check, parallel};
use ndarray::ArrayRef2;
use std::cmp::Reverse;
use std::sync::{Arc, Mutex, PoisonError};

/// The best of many mixtures, and how the others fared ([`Em::select`]).
#[derive(Clone, PartialEq)]
pub struct Selection {
    /// The fit with the lowest BIC.
    pub best: Fit,
    /// The fit with the lowest ICL.
    pub best_by_icl: Fit,
    /// Every pair of a number of components and a covariance model: the fewest components first, and from the simplest to the
    /// richest model in each number.
    pub candidates: Vec<Candidate>,
}

/// One number of components with one covariance model.
#[derive(Clone, PartialEq)]
pub struct Candidate {
    /// K.
    pub n_components: usize,
    /// How the covariances are tied.
    pub covariance_model: CovarianceModel,
    /// The number of free parameters: weights, means and covariances.
    pub n_parameters: usize,
    /// What the fit is worth, or why there is none: a component collapsed, at the start or on the way.
    pub outcome: Result<Scores>,
}

/// What a fit is worth. For all but the log-likelihood, lower is better.
#[derive(Clone, Copy, PartialEq)]
pub struct Scores {
    /// l = ∑ₙ ln p(xₙ).
    pub log_likelihood: f64,
    /// BIC = p ln n - 2 l ([`GaussianMixture::bic`](crate::GaussianMixture::bic)).
    pub bic: f64,
    /// ICL = BIC - 2 ∑ₙ ln rₙ,MAP(n) ([`GaussianMixture::icl`](crate::GaussianMixture::icl)).
    pub icl: f64,
    /// The number of iterations of the best run.
    pub n_iterations: usize,
    /// Whether the best run stopped because it no longer gained.
    pub converged: bool,
    /// A component that only the regularization keeps from collapsing, if there is one ([`Fit::flat`]).
    pub flat: Option<usize>,
}

impl Candidate {
    /// BIC, lower is better; `None` where there is no fit.
    #[must_use]
    pub fn bic(&self) -> Option<f64> {
        self.scores().map(|scores| scores.bic)
    }

    /// ICL, lower is better; `None` where there is no fit.
    #[must_use]
    pub fn icl(&self) -> Option<f64> {
        self.scores().map(|scores| scores.icl)
    }

    fn scores(&self) -> Option<&Scores> {
        self.outcome.as_ref().ok()
    }

    /// Whether there is a fit, and not one with a flat component.
    #[cfg(not(target_family = "wasm"))] // For pictures.
    pub(crate) fn is_sound(&self) -> bool {
        self.scores().is_some_and(|scores| scores.flat.is_none())
    }
}

impl Em {
    /// Learns a mixture for each number of components and each covariance model, and returns the best by BIC and by ICL.
    ///
    /// These two choices are replaced by those of the lists; everything else (start, runs, tolerance, seed …) is as chosen. The
    /// fits run side by side and share the data and the start's clusters. Where several models are the same, as with a single
    /// component, one is fitted and the simplest counts as best. A fit that collapsed is never the best: just before a collapse
    /// the likelihood grows without bound. One that only the regularization keeps from collapsing ([`Fit::flat`]) is the best only
    /// if there is no other.
    ///
    /// # Examples
    ///
    /// ```
    /// use em_lab::{CovarianceModel, Em, synthetic};
    ///
    /// let x = synthetic::two_dimensions().x;
    /// let selection = Em::new(1).select(&x, &[1, 2, 3], &CovarianceModel::ALL)?;
    /// assert_eq!(selection.best.model.n_components(), 2);
    /// assert_eq!(selection.candidates.len(), 3 * 14);
    /// # Ok::<(), em_lab::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] for an empty list; what [`fit`](Em::fit) says about the data and the choices; the first candidate's error
    /// if none has a fit.
    ///
    /// # References
    ///
    /// Fraley and Raftery (2002), *Model-based clustering, discriminant analysis, and density estimation*; Biernacki, Celeux and
    /// Govaert (2000) for ICL.
    pub fn select(
        &self,
        x: &ArrayRef2<f64>,
        n_components: &[usize],
        covariance_models: &[CovarianceModel],
    ) -> Result<Selection> {
        let counts = sorted("The list of numbers of components", n_components)?;
        let models = sorted("The list of covariance models", covariance_models)?;
        check::matrix("x", x)?;
        let mut jobs: Vec<Job> = vec![];
        let mut candidates = vec![];
        for n_components in counts {
            let labels = Arc::new(StartLabels::new(self.runs));
            for &covariance_model in &models {
                let em = Self {
                    n_components,
                    ..self.clone()
                }
                .covariance_model(covariance_model);
                em.check_choices()?;
                em.check_count(x.nrows())?;
                let form =
                    |model: CovarianceModel| model.simplest_equivalent(n_components, x.ncols());
                let n_parameters = covariance_model.n_free(n_components, x.ncols());
                let same = jobs.iter().position(|job| {
                    job.em.n_components == n_components
                        && form(job.em.choices.covariance_model) == form(covariance_model)
                });
                let index = same.unwrap_or(jobs.len());
                if same.is_none() {
                    let labels = Arc::clone(&labels);
                    jobs.push(Job { index, em, labels });
                }
                candidates.push((n_components, covariance_model, n_parameters, index));
            }
        }
        let (best, best_by_icl, outcomes) = contest(jobs, x);
        let of = |(n_components, covariance_model, n_parameters, index)| Candidate {
            n_components,
            covariance_model,
            n_parameters,
            outcome: Result::clone(&outcomes[index]),
        };
        let candidates: Vec<Candidate> = candidates.into_iter().map(of).collect();
        match (best, best_by_icl, &candidates[0].outcome) {
            (Some(best), Some(best_by_icl), _) => Ok(Selection {
                best,
                best_by_icl,
                candidates,
            }),
            (_, _, Err(error)) => Err(error.clone()),
            (_, _, Ok(_)) => Err(not_finite()),
        }
    }
}

/// Each entry once, in order.
fn sorted<T: Copy + Ord>(what: &str, list: &[T]) -> Result<Vec<T>> {
    if list.is_empty() {
        return Err(Error::Empty { what: what.into() });
    }
    let mut list = list.to_vec();
    list.sort_unstable();
    list.dedup();
    Ok(list)
}

fn not_finite() -> Error {
    Error::LinearAlgebra {
        what: "the log-likelihood is not a finite number".into(),
    }
}

/// One fit to do. The labels are forgotten with the last job that has them.
struct Job {
    index: usize,
    em: Em,
    labels: Arc<StartLabels>,
}

/// The best fit so far, by one criterion; one with a flat component only for want of another. Of equals the first candidate is
/// kept, in whatever order they come.
#[derive(Default)]
struct Leader(Mutex<Option<(Rank, Fit)>>);

type Rank = (bool, f64, usize);

impl Leader {
    fn challenge(&self, criterion: f64, index: usize, fit: &Fit) {
        let rank = (fit.flat.is_some(), criterion, index);
        let mut leader = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if leader.as_ref().is_none_or(|(best, _)| rank < *best) {
            *leader = Some((rank, fit.clone()));
        }
    }

    fn into_fit(self) -> Option<Fit> {
        let leader = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        leader.map(|(_, fit)| fit)
    }
}

/// Does all fits, and keeps two: the best by BIC and the best by ICL.
fn contest(
    mut jobs: Vec<Job>,
    x: &ArrayRef2<f64>,
) -> (Option<Fit>, Option<Fit>, Vec<Result<Scores>>) {
    let (by_bic, by_icl) = (Leader::default(), Leader::default());
    let work = |job: Job| {
        let best_run = |samples: &Samples| job.em.best_run(samples, Some(&job.labels));
        let fit = Samples::with(x, None, best_run)?;
        let scores = Scores::of(&fit, x)?;
        by_bic.challenge(scores.bic, job.index, &fit);
        by_icl.challenge(scores.icl, job.index, &fit);
        Ok(scores)
    };
    // The longest first, so that at the end no processor waits for another; number by number, so that few starts are kept.
    jobs.sort_by_key(|job| {
        Reverse((
            job.em.n_components,
            job.em.choices.covariance_model.effort(),
        ))
    });
    let order: Vec<usize> = jobs.iter().map(|job| job.index).collect();
    let outcomes: Vec<Result<Scores>> = if jobs.len() < parallel::n_threads() {
        // Each fit has work for all processors.
        jobs.into_iter().map(work).collect()
    } else {
        parallel::run(jobs, work)
    };
    let mut outcomes: Vec<_> = order.into_iter().zip(outcomes).collect();
    outcomes.sort_by_key(|(index, _)| *index);
    let outcomes = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
    (by_bic.into_fit(), by_icl.into_fit(), outcomes)
}

impl Scores {
    fn of(fit: &Fit, x: &ArrayRef2<f64>) -> Result<Self> {
        if let Stop::Failed(error) = &fit.stop {
            return Err(error.clone());
        }
        let log_likelihood = fit.log_likelihood();
        let price = fit.model.n_parameters() as f64 * (x.nrows() as f64).ln();
        let scores = Self {
            log_likelihood,
            bic: price - 2.0 * log_likelihood,
            icl: fit.model.icl(x)?,
            n_iterations: fit.n_iterations(),
            converged: fit.converged(),
            flat: fit.flat,
        };
        if scores.bic.is_finite() && scores.icl.is_finite() {
            Ok(scores)
        } else {
            Err(not_finite())
        }
    }
}

impl Selection {
    /// The candidates that have a fit, best first by BIC and those with a flat component last; of models that are the same, the
    /// simplest.
    #[must_use]
    pub fn ranking(&self) -> Vec<&Candidate> {
        let scored = |c| Some((c, Candidate::scores(c)?));
        let mut ranking: Vec<(&Candidate, &Scores)> =
            self.candidates.iter().filter_map(scored).collect();
        ranking.sort_by(|(_, a), (_, b)| {
            let flat = a.flat.is_some().cmp(&b.flat.is_some());
            flat.then(a.bic.total_cmp(&b.bic))
        });
        ranking
            .dedup_by(|(a, _), (b, _)| a.n_components == b.n_components && a.outcome == b.outcome);
        ranking
            .into_iter()
            .map(|(candidate, _)| candidate)
            .collect()
    }

    /// The numbers of components, rising.
    pub(crate) fn counts(&self) -> Vec<usize> {
        let mut counts: Vec<usize> = self.candidates.iter().map(|c| c.n_components).collect();
        counts.dedup();
        counts
    }

    /// The covariance models, from the simplest to the richest.
    pub(crate) fn models(&self) -> Vec<CovarianceModel> {
        let mut models: Vec<_> = self.candidates.iter().map(|c| c.covariance_model).collect();
        models.truncate(self.candidates.len() / self.counts().len().max(1));
        models
    }
}
