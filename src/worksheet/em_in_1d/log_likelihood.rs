//! The log-likelihood of a mixture.

use super::cases::Scene;
use crate::worksheet::Check;
use crate::worksheet::answer::Numbers;
use crate::worksheet::exercise::{Exercise, Misconception, Part, TOLERANCE};
use crate::worksheet::words::number;

/// Checks a function of points, weights, means and standard deviations that returns the log-likelihood,
/// ℓ = ∑ₙ ln ∑ₖ πₖ N(xₙ | μₖ, σₖ²).
#[must_use]
pub fn log_likelihood(answer: fn(&[f64], &[f64], &[f64], &[f64]) -> f64) -> Check {
    EXERCISE.check(|case| {
        answer(
            &case.x,
            &case.weights,
            &case.means,
            &case.standard_deviations,
        )
    })
}

pub(super) const EXERCISE: Exercise<Scene, f64> = Exercise {
    name: "log_likelihood",
    axes: &[],
    tolerance: TOLERANCE,
    parts,
    misconceptions: MISCONCEPTIONS,
};

fn parts() -> Vec<Part<Scene>> {
    let one = Scene::new(&[0.0], &[1.0], &[0.0], &[1.0]);
    let two = Scene::new(&[2.0, 0.0], &[0.75, 0.25], &[0.0, 2.0], &[1.0, 0.5]);
    vec![
        Part::by_hand(
            "x = [0] and one component with π = 1, μ = 0, σ = 1",
            one,
            -0.918_938_533_204_672_7,
        ),
        Part::by_hand(
            "x = [2, 0], π = [0.75, 0.25], μ = [0, 2], σ = [1, 0.5]",
            two,
            -2.633_661_834_382_792,
        ),
        Part::theorem(halves(), additive),
        Part::random(Scene::several(200), |case| {
            case.total(|x| case.density(x).ln())
        }),
        Part::beside_the_crate(vec![Scene::notebook()], |case| {
            case.expectation().log_likelihood
        }),
    ]
}

/// Some points, the rest of them, and all.
fn halves() -> Vec<Scene> {
    let all = Scene::random(9, 3, 190);
    let with = |x: &[f64]| Scene {
        x: x.to_vec(),
        ..all.clone()
    };
    vec![with(&all.x[..4]), with(&all.x[4..]), all]
}

fn additive(_: &[Scene], answers: &[Numbers]) -> Option<String> {
    let values: Vec<f64> = answers
        .iter()
        .filter_map(|answer| answer.values.first().copied())
        .collect();
    let [some, rest, all] = values[..] else {
        return None;
    };
    let right = (some + rest - all).abs() < 1e-6;
    (!right).then(|| {
        format!(
            "The log-likelihood of nine points is that of four of them plus that of the other five. Yours gives {} and {}, and {} for all nine.",
            number(some),
            number(rest),
            number(all)
        )
    })
}

const MISCONCEPTIONS: &[Misconception<Scene, f64>] = &[
    Misconception {
        name: "the sum of the logs",
        why: "The logarithm stands before the sum over k: add what all components give to a point, then take the logarithm of that sum.",
        answer: |case| case.total(|x| case.sum(|j| case.weighted(x, j).ln())),
    },
    Misconception {
        name: "weights outside the logarithm",
        why: "The weights belong to the sum inside the logarithm: ln ∑ πₖ N(…) is not ∑ πₖ ln N(…).",
        answer: |case| case.total(|x| case.sum(|j| case.weights[j] * case.normal(x, j).ln())),
    },
    Misconception {
        name: "weights forgotten",
        why: "Without πₖ the sum inside the logarithm is not the density of the mixture: multiply each component's density by its weight.",
        answer: |case| case.total(|x| case.sum(|j| case.normal(x, j)).ln()),
    },
    Misconception {
        name: "the logarithm forgotten",
        why: "The densities of independent points multiply, and it is their logarithms that add: take ln p(xₙ) before you sum over n.",
        answer: |case| case.total(|x| case.density(x)),
    },
    Misconception {
        name: "the likelihood itself",
        why: "The product of the densities is the likelihood; ℓ is its logarithm, the sum of ln p(xₙ).",
        answer: |case| case.x.iter().map(|&x| case.density(x)).product(),
    },
    Misconception {
        name: "the logarithm of a product that is too small",
        why: "As a formula this is right, but the product of 300 densities is too small for a computer and is stored as 0, and ln 0 is -inf: add logarithms instead.",
        answer: |case| {
            let likelihood: f64 = case.x.iter().map(|&x| case.density(x)).product();
            likelihood.ln()
        },
    },
    Misconception {
        name: "the logarithm of the sum over points",
        why: "Each point has a logarithm of its own: the sum over n stands before ln, the sum over k behind it.",
        answer: |case| case.total(|x| case.density(x)).ln(),
    },
    Misconception {
        name: "the two sums exchanged",
        why: "Inside the logarithm is the sum over the components of one point, outside the sum over the points: yours are the other way round.",
        answer: |case| case.sum(|j| case.total(|x| case.weighted(x, j)).ln()),
    },
    Misconception {
        name: "a mean in place of the sum",
        why: "ℓ is the sum over all points: leave out the division by N.",
        answer: |case| case.total(|x| case.density(x).ln()) / case.x.len() as f64,
    },
    Misconception {
        name: "the sign reversed",
        why: "This is a loss, which one makes small; ℓ has no minus sign and grows as the fit gets better.",
        answer: |case| -case.total(|x| case.density(x).ln()),
    },
    Misconception {
        name: "another base of the logarithm",
        why: "This is the logarithm to base 10, and ℓ is defined with the natural one: `ln` in Rust.",
        answer: |case| case.total(|x| case.density(x).log10()),
    },
    Misconception {
        name: "variance for standard deviation",
        why: "The σₖ that you are given is squared once, inside the normal density, and here it was squared before that too: hand it over as it is.",
        answer: |case| case.total(|x| case.sum(|j| case.weighted_with_power(x, j, 2.0)).ln()),
    },
    Misconception {
        name: "only the largest component of each point",
        why: "A point may come from any component, so all K terms count: this is the likelihood of hard assignments.",
        answer: |case| case.total(|x| case.largest(|j| case.weighted(x, j)).ln()),
    },
    Misconception {
        name: "responsibilities before the logarithm",
        why: "∑ rₙₖ ln(πₖ N(…)) is what the M-step maximises, and it is smaller than ℓ: the log-likelihood needs no responsibilities.",
        answer: |case| {
            case.total(|x| {
                case.sum(|j| case.weighted(x, j) / case.density(x) * case.weighted(x, j).ln())
            })
        },
    },
];
