//! What an exercise is made of, and how an answer to it is diagnosed.

use super::answer::{Answer, Numbers};
use super::check::{Check, Verdict};
use super::trial::{self, End, Trial};
use super::words;

/// Relative to the largest expected number of a case: wide enough for any order of summation.
pub(super) const TOLERANCE: f64 = 1e-8;

/// An exercise with cases of type `I`, whose blank returns `O`.
pub(super) struct Exercise<I: 'static, O: 'static> {
    /// The blank's name.
    pub(super) name: &'static str,
    /// What the axes of the answer count, such as `["point", "component"]`; none for a single number. An axis whose entries have
    /// names lists them: `"weight|mean|standard deviation"`.
    pub(super) axes: &'static [&'static str],
    /// How far a right answer may be off, relative to the largest expected number; usually [`TOLERANCE`].
    pub(super) tolerance: f64,
    /// From telling little to telling much: small cases by hand, the theorem, random cases, the crate.
    pub(super) parts: fn() -> Vec<Part<I>>,
    /// What students of EM get wrong here. The first whose formula gives the answers of all cases is the diagnosis.
    pub(super) misconceptions: &'static [Misconception<I, O>],
}

/// A mistake that has a name, and a formula by which it is recognised.
pub(super) struct Misconception<I, O> {
    /// A short phrase: "weights forgotten".
    pub(super) name: &'static str,
    /// One sentence on why it is one, and what to look at.
    pub(super) why: &'static str,
    /// What an answer with this mistake returns.
    pub(super) answer: fn(&I) -> O,
}

/// Some cases, and what must be true of the answers to them.
pub(super) struct Part<I> {
    /// The end of "This is wrong …": "for x = [1, 2] and …", "for random points".
    pub(super) place: String,
    pub(super) cases: Vec<I>,
    pub(super) expected: Expected<I>,
}

pub(super) enum Expected<I> {
    /// These numbers, case by case.
    Values(Vec<Numbers>),
    /// A property of the answers to all cases together; what is wrong with it, in a sentence.
    Property(fn(&[I], &[Numbers]) -> Option<String>),
}

impl<I> Part<I> {
    /// A case that can be worked out on paper, described as it will be shown: "x = [-1, 0, 1], k = 0".
    pub(super) fn by_hand(description: &str, case: I, expected: impl Answer) -> Self {
        Self {
            place: format!("for {description}"),
            cases: vec![case],
            expected: Expected::Values(vec![expected.numbers()]),
        }
    }

    /// A theorem that the answers to these cases must satisfy; the function says what is wrong, in a sentence.
    pub(super) fn theorem(
        cases: Vec<I>,
        violation: fn(&[I], &[Numbers]) -> Option<String>,
    ) -> Self {
        Self {
            place: "for random numbers".to_owned(),
            cases,
            expected: Expected::Property(violation),
        }
    }

    /// Random cases with a fixed seed, whose right answers a plain formula gives.
    pub(super) fn random<O: Answer>(cases: Vec<I>, formula: fn(&I) -> O) -> Self {
        Self::computed("for random numbers", cases, formula)
    }

    /// Cases for which the crate gives the right answers.
    pub(super) fn beside_the_crate<O: Answer>(cases: Vec<I>, formula: fn(&I) -> O) -> Self {
        Self::computed("where the crate computes the same", cases, formula)
    }

    fn computed<O: Answer>(place: &str, cases: Vec<I>, formula: fn(&I) -> O) -> Self {
        Self {
            place: place.to_owned(),
            expected: Expected::Values(cases.iter().map(|case| formula(case).numbers()).collect()),
            cases,
        }
    }
}

impl<I, O: Answer> Exercise<I, O> {
    /// Runs the answer on every case and says what it is.
    pub(super) fn check(&self, answer: impl Fn(&I) -> O) -> Check {
        let parts = (self.parts)();
        let sizes: Vec<usize> = parts.iter().map(|part| part.cases.len()).collect();
        let (expected, cases): (Vec<_>, Vec<_>) = parts
            .into_iter()
            .map(|part| ((part.place, part.expected), part.cases))
            .unzip();
        let cases: Vec<I> = cases.into_iter().flatten().collect();
        let trial = trial::run(&cases, answer);
        let mut first = 0;
        let parts: Vec<(&str, &Expected<I>, std::ops::Range<usize>)> = expected
            .iter()
            .zip(sizes)
            .map(|((place, expected), size)| {
                first += size;
                (place.as_str(), expected, first - size..first)
            })
            .collect();
        let verdict = self.diagnose(&trial, &cases, &parts);
        let names = self.misconceptions.iter().map(|known| known.name);
        Check::new(self.name, verdict, names.collect(), &trial.printed)
    }

    fn diagnose(
        &self,
        trial: &Trial,
        cases: &[I],
        parts: &[(&str, &Expected<I>, std::ops::Range<usize>)],
    ) -> Verdict {
        if trial.end == End::NotDone {
            return Verdict::NotDone;
        }
        if trial.end != End::Whole {
            let case = trial.answers.len();
            let place = parts
                .iter()
                .find(|part| part.2.contains(&case))
                .map_or("", |part| part.0);
            return Verdict::Stopped(words::stopped(&trial.end, place));
        }
        let wrong = parts.iter().find_map(|(place, expected, range)| {
            self.fault(
                place,
                expected,
                &cases[range.clone()],
                &trial.answers[range.clone()],
            )
        });
        let Some(wrong) = wrong else {
            return Verdict::Done;
        };
        let known = self.misconceptions.iter().find(|known| {
            let pairs = cases.iter().zip(&trial.answers);
            pairs.into_iter().all(|(case, answer)| {
                answer.is_close(&(known.answer)(case).numbers(), self.tolerance)
            })
        });
        known.map_or(wrong, |known| Verdict::Misconception {
            name: known.name,
            why: known.why,
        })
    }

    /// What is wrong with the answers to one part.
    fn fault(
        &self,
        place: &str,
        expected: &Expected<I>,
        cases: &[I],
        answers: &[Numbers],
    ) -> Option<Verdict> {
        match expected {
            Expected::Property(violation) => violation(cases, answers).map(Verdict::Wrong),
            Expected::Values(values) => answers.iter().zip(values).find_map(|(answer, value)| {
                if answer.shape != value.shape {
                    return Some(Verdict::WrongShape(words::shape(
                        answer, value, self.axes, place,
                    )));
                }
                let differences = answer.differences(value, self.tolerance);
                (!differences.is_empty()).then(|| {
                    Verdict::Wrong(words::differences(
                        answer,
                        value,
                        &differences,
                        self.axes,
                        place,
                    ))
                })
            }),
        }
    }

    /// For the tests: misconceptions whose names no answer in these tests is compared with.
    #[cfg(test)]
    pub(super) fn unanswered(&self, tests: &str) -> Vec<&'static str> {
        let names = self.misconceptions.iter().map(|known| known.name);
        names
            .filter(|name| !tests.contains(&format!("\"{name}\"")))
            .collect()
    }

    /// For the tests: misconceptions that no case tells from a right answer, or from another.
    #[cfg(test)]
    pub(super) fn indistinguishable(&self) -> Vec<String> {
        let (mut told, mut rows) = (Vec::new(), Vec::new());
        for known in self.misconceptions {
            let (mut row, mut right) = (Vec::new(), true);
            for part in (self.parts)() {
                let answers: Vec<Numbers> = part
                    .cases
                    .iter()
                    .map(|case| (known.answer)(case).numbers())
                    .collect();
                right &= self
                    .fault(&part.place, &part.expected, &part.cases, &answers)
                    .is_none();
                row.extend(answers);
            }
            if right {
                told.push(format!("{}: {} passes as right", self.name, known.name));
            }
            for (other, other_row) in &rows {
                let pairs = row.iter().zip(other_row);
                if pairs
                    .into_iter()
                    .all(|(a, b): (&Numbers, &Numbers)| a.is_close(b, self.tolerance))
                {
                    told.push(format!(
                        "{}: {} is the same as {other}",
                        self.name, known.name
                    ));
                }
            }
            rows.push((known.name, row));
        }
        told
    }
}
