//! A selection as text.

use super::{Candidate, Scores, Selection};
use crate::{Error, Fit, check};
use std::fmt;

/// As many of the best, and of the failures, are told.
const SHOWN: usize = 3;

impl Selection {
    /// Whether this is the candidate whose fit a criterion keeps.
    fn is(candidate: &Candidate, fit: &Fit) -> bool {
        candidate.n_components == fit.model.n_components()
            && candidate.covariance_model == fit.model.covariance_model()
    }

    /// What stands behind a criterion: whether it is the best, or of a fit with a flat component.
    fn mark(candidate: &Candidate, best: &Fit) -> &'static str {
        match &candidate.outcome {
            _ if Self::is(candidate, best) => "*",
            Ok(scores) if scores.flat.is_some() => "°",
            _ => " ",
        }
    }

    /// As many decimals as tell mixtures apart.
    fn decimals(&self) -> usize {
        let scores = self.candidates.iter().filter_map(Candidate::bic);
        if scores.fold(0.0_f64, |most, bic| most.max(bic.abs())) < 1e5 {
            2
        } else {
            0
        }
    }

    /// BIC, a row for each covariance model and a column for each number of components.
    fn write_grid(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (counts, models, decimals) = (self.counts(), self.models(), self.decimals());
        let cell = |row: usize, column: usize| {
            let candidate = &self.candidates[column * models.len() + row];
            let mark = if Self::is(candidate, &self.best) {
                "*"
            } else {
                " "
            };
            let text = candidate.bic().map(|bic| format!("{bic:.decimals$}"));
            text.unwrap_or_else(|| "–".into()) + mark
        };
        let column = |c: usize| -> Vec<String> {
            let cells = (0..models.len()).map(|r| cell(r, c));
            [format!("K = {} ", counts[c])]
                .into_iter()
                .chain(cells)
                .collect()
        };
        let columns: Vec<Vec<String>> = (0..counts.len()).map(column).collect();
        let names = [""]
            .into_iter()
            .chain(models.iter().map(|model| model.name()));
        for (row, name) in names.enumerate() {
            write!(f, "\n  {name:3} ")?;
            for column in &columns {
                let width = column
                    .iter()
                    .map(|text| text.chars().count())
                    .max()
                    .unwrap_or(0);
                write!(f, "  {:>width$}", column[row])?;
            }
        }
        Ok(())
    }

    /// One row for each of some candidates, with both criteria; `*` marks the best of each.
    fn write_list(&self, f: &mut fmt::Formatter<'_>, candidates: &[&Candidate]) -> fmt::Result {
        let decimals = self.decimals();
        write!(
            f,
            "\n          K  {:>12}   {:>12}   {:>14}  parameters",
            "BIC", "ICL", "log-likelihood"
        )?;
        for candidate in candidates {
            write!(
                f,
                "\n  {}  {:5}  ",
                candidate.covariance_model, candidate.n_components
            )?;
            match &candidate.outcome {
                Ok(scores) => write!(
                    f,
                    "{:12.decimals$}{}  {:12.decimals$}{}  {:14.decimals$}",
                    scores.bic,
                    Self::mark(candidate, &self.best),
                    scores.icl,
                    Self::mark(candidate, &self.best_by_icl),
                    scores.log_likelihood
                )?,
                Err(_) => write!(f, "{:>12}   {:>12}   {:>14}", "–", "–", "–")?,
            }
            write!(f, "  {:10}", candidate.n_parameters)?;
        }
        Ok(())
    }

    /// What the tables do not say: why there are dashes, and which fits were not finished.
    fn write_notes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut reasons: Vec<(String, usize, Vec<&str>)> = vec![];
        for candidate in &self.candidates {
            let (k, name) = (candidate.n_components, candidate.covariance_model.name());
            let Some(reason) = candidate.outcome.as_ref().err().map(Error::to_string) else {
                continue;
            };
            match reasons.last_mut() {
                Some((same, count, models)) if *same == reason && *count == k => models.push(name),
                _ => reasons.push((reason, k, vec![name])),
            }
        }
        for (reason, k, models) in reasons.iter().take(SHOWN) {
            let components = check::count(*k, "component");
            write!(f, "\n– {} with {components}: {reason}", models.join(", "))?;
        }
        if reasons.len() > SHOWN {
            write!(f, "\n– the other reasons are in `candidates`")?;
        }
        let flat = |c: &&Candidate| c.outcome.as_ref().is_ok_and(|scores| scores.flat.is_some());
        match self.candidates.iter().filter(flat).count() {
            0 => {}
            n => write!(
                f,
                "\n° {}: only the regularization keeps a component from collapsing, and BIC is as low as it is",
                check::count(n, "fit")
            )?,
        }
        let unfinished = |c: &&Candidate| c.outcome.as_ref().is_ok_and(|scores| !scores.converged);
        match self.candidates.iter().filter(unfinished).count() {
            0 => Ok(()),
            n => write!(
                f,
                "\n{} stopped by the number of iterations",
                check::count(n, "fit")
            ),
        }
    }
}

/// The table of BIC with the three best below it; with one covariance model or one number of components, all in one list.
impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let best = &self.best.model;
        write!(
            f,
            "Best of {}: {} with {} (* lowest BIC; lower is better)",
            check::count(self.candidates.len(), "mixture"),
            best.covariance_model(),
            check::count(best.n_components(), "component")
        )?;
        if self.counts().len() > 1 && self.models().len() > 1 {
            self.write_grid(f)?;
            let mut ranking = self.ranking();
            let by_icl = ranking.iter().position(|c| Self::is(c, &self.best_by_icl));
            let by_icl = by_icl
                .filter(|place| *place >= SHOWN)
                .map(|place| ranking[place]);
            ranking.truncate(SHOWN);
            ranking.extend(by_icl);
            self.write_list(f, &ranking)?;
        } else {
            self.write_list(f, &self.candidates.iter().collect::<Vec<_>>())?;
        }
        self.write_notes(f)
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let components = check::count(self.n_components, "component");
        write!(f, "{} with {components}: ", self.covariance_model)?;
        match &self.outcome {
            Ok(scores) => scores.fmt(f),
            Err(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for Scores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "BIC {:.2}, ICL {:.2}, log-likelihood {:.4} after {}{}",
            self.bic,
            self.icl,
            self.log_likelihood,
            check::count(self.n_iterations, "iteration"),
            if self.converged {
                ""
            } else {
                " (not converged)"
            }
        )
    }
}
