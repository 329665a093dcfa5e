//! The new weight of a component.

use crate::worksheet::Check;
use crate::worksheet::exercise::{Exercise, Misconception, Part, TOLERANCE};

/// Checks a function that returns the new weight of a component, πₖ = Nₖ / N, from its responsibilities for the N points.
#[must_use]
pub fn new_weight(answer: fn(&[f64]) -> f64) -> Check {
    EXERCISE.check(|responsibility| answer(responsibility))
}

const EXERCISE: Exercise<Vec<f64>, f64> = Exercise {
    name: "new_weight",
    axes: &[],
    tolerance: TOLERANCE,
    parts: || {
        vec![Part::by_hand(
            "responsibilities 1, 0.5, 0.5 and 0",
            vec![1.0, 0.5, 0.5, 0.0],
            0.5,
        )]
    },
    misconceptions: &[Misconception {
        name: "weights that sum to the number of points",
        why: "The sum of the responsibilities is Nₖ, a number of points; the weight is the share of the N points that it makes.",
        answer: |responsibility| responsibility.iter().sum(),
    }],
};
