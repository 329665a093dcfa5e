//! The new weight of a component.

use super::cases::{Scene, hard, uniform, update};
use crate::worksheet::Check;
use crate::worksheet::answer::Numbers;
use crate::worksheet::exercise::{Exercise, Misconception, Part, TOLERANCE};
use crate::worksheet::words::number;

/// Checks a function that returns the new weight of a component, πₖ = Nₖ / N, from its responsibilities for the N points.
#[must_use]
pub fn new_weight(answer: fn(&[f64]) -> f64) -> Check {
    EXERCISE.check(|responsibility| answer(responsibility))
}

pub(super) const EXERCISE: Exercise<Vec<f64>, f64> = Exercise {
    name: "new_weight",
    axes: &[],
    tolerance: TOLERANCE,
    parts,
    misconceptions: MISCONCEPTIONS,
};

fn parts() -> Vec<Part<Vec<f64>>> {
    let random = [3, 8, 60].into_iter().zip([600, 601, 602]);
    vec![
        Part::by_hand(
            "responsibilities 0.9, 0.6, 0.1 and 0",
            vec![0.9, 0.6, 0.1, 0.0],
            0.4,
        ),
        Part::by_hand("responsibilities 1 and 1", vec![1.0, 1.0], 1.0),
        Part::theorem(Scene::random(7, 3, 590).responsibilities(), shared_out),
        Part::random(
            random
                .map(|(n, seed)| uniform(n, 0.02, 0.98, seed))
                .collect(),
            |r| effective_count(r) / n(r),
        ),
        Part::beside_the_crate(Scene::notebook().responsibilities(), |r| {
            update(&Scene::notebook().x, r).weights()[0]
        }),
    ]
}

fn shared_out(_: &[Vec<f64>], answers: &[Numbers]) -> Option<String> {
    let sum: f64 = answers.iter().flat_map(|answer| &answer.values).sum();
    let right = (sum - 1.0).abs() < 1e-6;
    (!right).then(|| {
        format!(
            "The weights of all components sum to 1. Yours, for a random mixture of three, sum to {}.",
            number(sum)
        )
    })
}

/// Nₖ.
fn effective_count(responsibility: &[f64]) -> f64 {
    responsibility.iter().sum()
}

/// N.
fn n(responsibility: &[f64]) -> f64 {
    responsibility.len() as f64
}

/// How many points belong to the component more than not.
fn hard_count(responsibility: &[f64]) -> f64 {
    responsibility.iter().map(|&r| hard(r)).sum()
}

const MISCONCEPTIONS: &[Misconception<Vec<f64>, f64>] = &[
    Misconception {
        name: "weights that sum to the number of points",
        why: "The sum of the responsibilities is Nₖ, a number of points; the weight is the share of the N points that it makes.",
        answer: |r| effective_count(r),
    },
    Misconception {
        name: "divided by the sum of the responsibilities",
        why: "Nₖ divided by Nₖ is 1 for every component: divide by the number of points, N.",
        answer: |r| effective_count(r) / effective_count(r),
    },
    Misconception {
        name: "divided by N - 1",
        why: "The responsibilities of a point sum to 1 over the components, so the Nₖ sum to N: only with N below do the weights sum to 1.",
        answer: |r| effective_count(r) / (n(r) - 1.0),
    },
    Misconception {
        name: "the fraction upside down",
        why: "N / Nₖ is above 1, and a weight is a probability: the part, Nₖ, stands above, the whole, N, below.",
        answer: |r| n(r) / effective_count(r),
    },
    Misconception {
        name: "the factor 1 / Nₖ",
        why: "1 / Nₖ stands before the sums of the other two updates; the weight is Nₖ / N.",
        answer: |r| effective_count(r).recip(),
    },
    Misconception {
        name: "a hard assignment",
        why: "Here points with rₙₖ above one half are counted, as in k-means; in EM every point counts as much as its rₙₖ.",
        answer: |r| hard_count(r) / n(r),
    },
    Misconception {
        name: "a count of points",
        why: "Two things: the points with rₙₖ above one half are counted in full, where each counts as much as its rₙₖ, and a weight is a share: divide by N.",
        answer: |r| hard_count(r),
    },
    Misconception {
        name: "Nₖ cut to a whole number",
        why: "The effective number of points need not be whole: keep the sum of the responsibilities as an `f64`.",
        answer: |r| effective_count(r).floor() / n(r),
    },
    Misconception {
        name: "Nₖ rounded to a whole number",
        why: "The effective number of points need not be whole: divide the sum of the responsibilities as it is.",
        answer: |r| effective_count(r).round() / n(r),
    },
    Misconception {
        name: "responsibilities squared",
        why: "A point counts as much as its rₙₖ, not as its square: the weights would sum to less than 1.",
        answer: |r| r.iter().map(|r| r * r).sum::<f64>() / n(r),
    },
    Misconception {
        name: "responsibilities weighted by themselves",
        why: "∑ rₙₖ² / Nₖ has the form of the new mean with rₙₖ in the place of xₙ; the weight is the plain mean of the rₙₖ.",
        answer: |r| r.iter().map(|r| r * r).sum::<f64>() / effective_count(r),
    },
    Misconception {
        name: "the weight of the other components",
        why: "This is 1 - πₖ, what all others have: leave out the `1 -`.",
        answer: |r| 1.0 - effective_count(r) / n(r),
    },
    Misconception {
        name: "the largest responsibility",
        why: "One point alone decides here: the weight is the mean of the responsibilities of all points.",
        answer: |r| r.iter().copied().fold(0.0, f64::max),
    },
    Misconception {
        name: "1 / N",
        why: "This is the share of a single point: above it stands Nₖ, the sum of the responsibilities.",
        answer: |r| n(r).recip(),
    },
];
