//! The gradient of the expected log-likelihood in the precision matrix, as a choice of four.

use crate::worksheet::Check;
use crate::worksheet::answer::Numbers;
use crate::worksheet::exercise::{Exercise, Expected, Misconception, Part, TOLERANCE};

/// Checks a function that returns the letter of the missing line of the derivation, the gradient of the expected log-likelihood
/// of one component in its precision matrix.
#[must_use]
pub fn missing_line(answer: fn() -> char) -> Check {
    EXERCISE.check(|()| answer().to_ascii_uppercase())
}

/// The line that stands in the notebook under this letter is the gradient; a test compares it with differences of Qₖ.
pub(super) const RIGHT: char = 'C';

pub(super) const EXERCISE: Exercise<(), char> = Exercise {
    name: "missing_line",
    axes: &[],
    tolerance: TOLERANCE,
    parts: || {
        vec![
            Part::theorem(vec![()], no_letter),
            Part {
                place: "among the four".to_owned(),
                cases: vec![()],
                expected: Expected::Values(vec![crate::worksheet::answer::Answer::numbers(&RIGHT)]),
            },
        ]
    },
    misconceptions: &[
        Misconception {
            name: "the gradient of −Qₖ",
            why: "Qₖ has + ln |Λₖ| and − tr(Λₖ Sₖ), and each keeps its sign: with line A, Qₖ would have a minimum at Λₖ⁻¹ = Sₖ.",
            answer: |()| 'A',
        },
        Misconception {
            name: "the gradient in the covariance Σₖ",
            why: "Line B is 0 at the same place, but it is the gradient in Σₖ: here Λₖ is the variable, and d ln |Λ| = tr(Λ⁻¹ dΛ).",
            answer: |()| 'B',
        },
        Misconception {
            name: "the number of points forgotten",
            why: "Line D is the gradient for a single point: the factor Nₖ/2 stands before the whole bracket of Qₖ and stays there.",
            answer: |()| 'D',
        },
    ],
};

fn no_letter(_: &[()], answers: &[Numbers]) -> Option<String> {
    let letter = answers[0].values[0];
    (!(f64::from(b'A')..=f64::from(b'D')).contains(&letter))
        .then(|| "The answer is one of the four letters 'A', 'B', 'C' and 'D'.".to_owned())
}
