//! What several starts found: which optima, how often, and how far apart.

use super::{Fit, Stop};
use crate::evaluate::rand_index_of_table;
use crate::{Error, check};
use ndarray::Array2;
use std::fmt;

/// Labels that agree at least so far are of the same optimum: the same groups, but for samples on the border of two.
const SAME_LABELS: f64 = 0.99;

/// EM stops short of an optimum by a few tolerances. Where the tolerance is zero this many of the log-likelihood's units for each
/// sample count as the same.
const SAME_HEIGHT: f64 = 1e-6;

/// What the runs of a fit found ([`Em::runs`](crate::Em::runs)). EM climbs to the nearest optimum; where the runs disagree, a single
/// one may mislead.
///
/// # Examples
///
/// ```
/// use em_lab::{Em, Start, synthetic};
///
/// let x = synthetic::two_dimensions().x;
/// let fit = Em::new(3).start(Start::RandomPoints).runs(10).fit(&x)?;
/// let found = fit.restarts.optima.iter().map(|optimum| optimum.count);
/// assert_eq!(found.sum::<usize>() + fit.restarts.failures.len(), 10);
/// # Ok::<(), em_lab::Error>(())
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Restarts {
    /// The different optima, best first; those with a flat component and those just before a collapse come last.
    pub optima: Vec<Optimum>,
    /// Why a start gave no model at all, for each one that did not.
    pub failures: Vec<Error>,
}

/// Where one or more of the runs ended.
///
/// Two runs found the same optimum if their labels have an adjusted Rand index of at least 0.99, and their log-likelihoods for
/// each sample differ by less than ten times the tolerance (1e-6 where that is less).
#[derive(Clone, PartialEq)]
pub struct Optimum {
    /// The highest log-likelihood of the runs that ended here.
    pub log_likelihood: f64,
    /// How many runs ended here.
    pub count: usize,
    /// Why the best of them stopped.
    pub stop: Stop,
    /// A component of it that only the regularization keeps from collapsing ([`Fit::flat`]).
    pub flat: Option<usize>,
    /// The adjusted Rand index of its labels with those of the best optimum: 1 where they group the samples alike, about 0 where
    /// they agree by chance.
    pub agreement: f64,
}

/// How a run ended, and the component of each sample.
pub(super) struct End {
    pub(super) log_likelihood: f64,
    pub(super) stop: Stop,
    pub(super) flat: Option<usize>,
    pub(super) labels: Vec<u32>,
}

impl Restarts {
    /// One run, which found what it found.
    pub(super) fn single(fit: &Fit) -> Self {
        Self {
            optima: vec![Optimum {
                log_likelihood: fit.log_likelihood(),
                count: 1,
                stop: fit.stop.clone(),
                flat: fit.flat,
                agreement: 1.0,
            }],
            failures: vec![],
        }
    }

    /// Puts the runs that ended alike together: each, from the best to the worst, joins the first optimum that it agrees with.
    pub(super) fn of(
        mut ends: Vec<End>,
        failures: Vec<Error>,
        weights: Option<&[f64]>,
        tolerance: f64,
    ) -> Self {
        let fault = |end: &End| (matches!(end.stop, Stop::Failed(_)), end.flat.is_some());
        // Runs that are equal keep their order.
        ends.sort_by(|a, b| {
            let heights = b.log_likelihood.total_cmp(&a.log_likelihood);
            fault(a).cmp(&fault(b)).then(heights)
        });
        let n_samples = ends.first().map_or(0.0, |end| match weights {
            None => end.labels.len() as f64,
            Some(weights) => weights.iter().sum(),
        });
        let near = n_samples * (10.0 * tolerance).max(SAME_HEIGHT);
        let agreement = |a: &End, b: &End| agreement(&a.labels, &b.labels, weights);
        let mut found: Vec<(&End, usize)> = vec![];
        for end in &ends {
            let same = found.iter_mut().find(|(other, _)| {
                fault(end) == fault(other)
                    && (end.log_likelihood - other.log_likelihood).abs() < near
                    && agreement(end, other) >= SAME_LABELS
            });
            match same {
                Some((_, count)) => *count += 1,
                None => found.push((end, 1)),
            }
        }
        let optimum = |&(end, count): &(&End, usize)| Optimum {
            log_likelihood: end.log_likelihood,
            count,
            stop: end.stop.clone(),
            flat: end.flat,
            agreement: agreement(end, &ends[0]),
        };
        Self {
            optima: found.iter().map(optimum).collect(),
            failures,
        }
    }

    /// The number of runs.
    #[must_use]
    pub fn n_runs(&self) -> usize {
        let ended: usize = self.optima.iter().map(|optimum| optimum.count).sum();
        ended + self.failures.len()
    }

    /// "20 runs found 5 optima; the best one 7 times".
    pub(super) fn sentence(&self) -> String {
        let runs = check::count(self.n_runs(), "run");
        let times = |n| match n {
            1 => "once".to_owned(),
            2 => "twice".to_owned(),
            n => format!("{n} times"),
        };
        match self.optima.as_slice() {
            [] => format!("{runs} found no optimum"),
            [_] if self.n_runs() == 1 => "1 run found 1 optimum".into(),
            [one] => format!("{runs} found 1 optimum, {}", times(one.count)),
            [best, ..] => format!(
                "{runs} found {} optima; the best one {}",
                self.optima.len(),
                times(best.count)
            ),
        }
    }
}

/// The adjusted Rand index of two labellings of the same samples, each of which counts as often as its weight says.
fn agreement(a: &[u32], b: &[u32], weights: Option<&[f64]>) -> f64 {
    let size = |labels: &[u32]| labels.iter().max().map_or(0, |&last| last as usize + 1);
    let mut counts = Array2::zeros((size(a), size(b)));
    for (n, (&a, &b)) in a.iter().zip(b).enumerate() {
        counts[[a as usize, b as usize]] += weights.map_or(1.0, |weights| weights[n]);
    }
    rand_index_of_table(&counts)
}

/// The sentence, and a row for each optimum.
impl fmt::Display for Restarts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())?;
        if !self.optima.is_empty() {
            write!(f, "\n  log-likelihood   runs   agreement")?;
        }
        for optimum in &self.optima {
            write!(f, "\n  {optimum}")?;
        }
        if self.optima.len() > 1 {
            write!(
                f,
                "\nagreement: adjusted Rand index of the labels with those of the best optimum"
            )?;
        }
        if let Some(first) = self.failures.first() {
            let starts = check::count(self.failures.len(), "start");
            write!(f, "\n{starts} gave no model: {first}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Optimum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            log_likelihood,
            count,
            stop,
            flat,
            agreement,
        } = self;
        write!(f, "{log_likelihood:14.3}   {count:4}   {agreement:9.3}")?;
        f.write_str(match (stop, flat) {
            (Stop::Failed(_), _) => "   collapsed",
            (_, Some(_)) => "   flat but for the regularization",
            (Stop::MaxIterations, None) => "   not converged",
            (Stop::Converged, None) => "",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(log_likelihood: f64, labels: &[u32]) -> End {
        End {
            log_likelihood,
            stop: Stop::Converged,
            flat: None,
            labels: labels.to_vec(),
        }
    }

    #[test]
    fn runs_with_other_names_for_the_same_groups_found_the_same_optimum() {
        let ends = vec![
            end(-20.0, &[0, 1, 0, 1]),
            end(-10.0, &[0, 0, 1, 1]),
            end(-10.0 - 1e-7, &[1, 1, 0, 0]),
        ];
        let restarts = Restarts::of(ends, vec![], None, 0.0);
        let counts: Vec<usize> = restarts.optima.iter().map(|o| o.count).collect();
        assert_eq!((counts, restarts.n_runs()), (vec![2, 1], 3));
        assert!((restarts.optima[0].log_likelihood + 10.0).abs() < f64::EPSILON);
        assert!((restarts.optima[0].agreement - 1.0).abs() < f64::EPSILON);
        // (0 - E) / ((2 + 2) / 2 - E) with E = 2 · 2 / 6
        assert!((restarts.optima[1].agreement + 0.5).abs() < 1e-12);
        assert_eq!(
            restarts.sentence(),
            "3 runs found 2 optima; the best one twice"
        );
    }

    #[test]
    fn the_same_height_with_other_groups_and_the_same_groups_at_another_height_are_other_optima() {
        let ends = vec![
            end(-10.0, &[0, 0, 1, 1]),
            end(-10.0, &[0, 1, 0, 1]),
            end(-11.0, &[0, 0, 1, 1]),
        ];
        let different = Restarts::of(ends, vec![], None, 0.01);
        assert_eq!(different.optima.len(), 3);
        let ends = vec![end(-10.0, &[0, 0, 1, 1]), end(-10.3, &[0, 0, 1, 1])];
        assert_eq!(Restarts::of(ends, vec![], None, 0.01).optima.len(), 1);
    }

    #[test]
    fn an_optimum_before_a_collapse_is_never_the_best() {
        let error = Error::Empty { what: "x".into() };
        let collapsed = End {
            stop: Stop::Failed(error.clone()),
            ..end(5.0, &[0, 1])
        };
        let restarts = Restarts::of(vec![collapsed, end(-10.0, &[0, 1])], vec![error], None, 0.0);
        assert_eq!(restarts.optima[0].stop, Stop::Converged);
        assert_eq!(restarts.n_runs(), 3);
        let text = restarts.to_string();
        assert!(text.starts_with("3 runs found 2 optima; the best one once\n"));
        assert!(text.contains("collapsed") && text.contains("1 start gave no model: x is empty"));
    }

    #[test]
    fn a_sample_counts_for_the_agreement_as_often_as_its_weight_says() {
        let (a, b) = ([0, 0, 1, 1, 1], [0, 1, 1, 1, 0]);
        let copies = |labels: &[u32]| {
            let times = [1, 2, 3, 1, 2];
            let each = labels.iter().zip(times);
            each.flat_map(|(&l, n)| vec![l; n]).collect::<Vec<u32>>()
        };
        let weighted = agreement(&a, &b, Some(&[1.0, 2.0, 3.0, 1.0, 2.0]));
        let copied = agreement(&copies(&a), &copies(&b), None);
        assert!((weighted - copied).abs() < 1e-12);
    }
}
