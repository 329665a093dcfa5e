//! The density of the mixture on a grid.

use super::cases::{Scene, normal};
use crate::worksheet::Check;
use crate::worksheet::answer::Numbers;
use crate::worksheet::exercise::{Exercise, Misconception, Part, TOLERANCE};
use crate::worksheet::words::number;

/// Checks a function of a grid of values, weights, means and standard deviations that returns the density of the mixture at each
/// value, p(x) = ∑ₖ πₖ N(x | μₖ, σₖ²).
#[must_use]
pub fn mixture_density(answer: fn(&[f64], &[f64], &[f64], &[f64]) -> Vec<f64>) -> Check {
    EXERCISE.check(|case| {
        answer(
            &case.x,
            &case.weights,
            &case.means,
            &case.standard_deviations,
        )
    })
}

pub(super) const EXERCISE: Exercise<Scene, Vec<f64>> = Exercise {
    name: "mixture_density",
    axes: &["grid value"],
    tolerance: TOLERANCE,
    parts,
    misconceptions: MISCONCEPTIONS,
};

fn parts() -> Vec<Part<Scene>> {
    let one = Scene::new(&[0.0, 1.0], &[1.0], &[0.0], &[1.0]);
    let two = Scene::new(&[2.0, 0.0, 1.5], &[0.75, 0.25], &[0.0, 2.0], &[1.0, 0.5]);
    vec![
        Part::by_hand(
            "grid = [0, 1] and one component with π = 1, μ = 0, σ = 1",
            one,
            vec![0.398_942_280_401_432_7, 0.241_970_724_519_143_37],
        ),
        Part::by_hand(
            "grid = [2, 0, 1.5], π = [0.75, 0.25], μ = [0, 2], σ = [1, 0.5]",
            two,
            vec![
                0.239_964_365_085_607_4,
                0.299_273_625_413_956_97,
                0.218_123_559_008_990_5,
            ],
        ),
        Part::theorem(vec![wide()], area),
        Part::random(Scene::several(100), |case| case.each(|x| case.density(x))),
        Part::beside_the_crate(vec![Scene::notebook()], |case| {
            let points = crate::check::column(&case.x);
            let log_density = case.model().log_density(&points);
            log_density.expect("the points are finite").mapv(f64::exp)
        }),
    ]
}

/// A grid beyond all components, and fine beside the narrowest: the sum times its step is the area to many digits.
const STEP: f64 = 0.4;

fn wide() -> Scene {
    Scene {
        x: (-32..=32).map(|i| STEP * f64::from(i)).collect(),
        ..Scene::random(1, 3, 90)
    }
}

fn area(_: &[Scene], answers: &[Numbers]) -> Option<String> {
    let area: f64 = answers.first()?.values.iter().sum::<f64>() * STEP;
    let right = (area - 1.0).abs() < 1e-6;
    (!right).then(|| {
        format!(
            "The area under a density is 1. Under yours, for a random mixture, it is {}.",
            number(area)
        )
    })
}

const MISCONCEPTIONS: &[Misconception<Scene, Vec<f64>>] = &[
    Misconception {
        name: "weights forgotten",
        why: "Without πₖ the area under the curve is K, not 1: multiply each component's density by its weight before you add.",
        answer: |case| case.each(|x| case.sum(|j| case.normal(x, j))),
    },
    Misconception {
        name: "a plain average of the components",
        why: "Here every component counts 1/K, whatever its weight: πₖ belongs in the place of 1/K.",
        answer: |case| {
            let n_components = case.weights.len() as f64;
            case.each(|x| case.sum(|j| case.normal(x, j)) / n_components)
        },
    },
    Misconception {
        name: "variance for standard deviation",
        why: "The σₖ that you are given is squared once, inside the normal density, and here it was squared before that too: hand it over as it is.",
        answer: |case| case.each(|x| case.sum(|j| case.weighted_with_power(x, j, 2.0))),
    },
    Misconception {
        name: "root of the standard deviation",
        why: "σₖ is the root of the variance already: hand it to the normal density as it is.",
        answer: |case| case.each(|x| case.sum(|j| case.weighted_with_power(x, j, 0.5))),
    },
    Misconception {
        name: "a product of the components",
        why: "A point comes from one component or from another, so what they give to p(x) is added; look at the ∑ over k.",
        answer: |case| {
            case.each(|x| {
                (0..case.weights.len())
                    .map(|j| case.weighted(x, j))
                    .product()
            })
        },
    },
    Misconception {
        name: "only the largest component",
        why: "Every component gives something at every x, and between two heaps the small parts matter: the sum has K terms.",
        answer: |case| case.each(|x| case.largest(|j| case.weighted(x, j))),
    },
    Misconception {
        name: "only the first component",
        why: "The sum over k stops after its first term: look at where the function returns, and at the bounds of the loop.",
        answer: |case| case.each(|x| case.weighted(x, 0)),
    },
    Misconception {
        name: "only the last component",
        why: "Each term replaces the one before it: add it to the total (`+=`).",
        answer: |case| case.each(|x| case.weighted(x, case.weights.len() - 1)),
    },
    Misconception {
        name: "the parameters averaged",
        why: "A mixture averages densities, not parameters: one normal distribution with the average μ and σ has a single heap, wherever the K components lie.",
        answer: |case| {
            let mean = case.sum(|j| case.weights[j] * case.means[j]);
            let deviation = case.sum(|j| case.weights[j] * case.standard_deviations[j]);
            case.each(|x| normal(x, mean, deviation))
        },
    },
    Misconception {
        name: "the means and the variances averaged",
        why: "A mixture averages densities, not parameters: one normal distribution with the average μ and σ² has a single heap, wherever the K components lie.",
        answer: |case| {
            let mean = case.sum(|j| case.weights[j] * case.means[j]);
            let variance = case.sum(|j| case.weights[j] * case.standard_deviations[j].powi(2));
            case.each(|x| normal(x, mean, variance.sqrt()))
        },
    },
    Misconception {
        name: "the factor 1 / (σₖ √(2π)) forgotten",
        why: "exp(…) alone is 1 at the mean, however wide the component is; the factor in front makes the area 1.",
        answer: |case| {
            case.each(|x| {
                case.sum(|j| {
                    let z = (x - case.means[j]) / case.standard_deviations[j];
                    case.weights[j] * (-0.5 * z * z).exp()
                })
            })
        },
    },
    Misconception {
        name: "the logarithm of the density",
        why: "The curve of p(x) itself is wanted, which is never negative: leave the logarithm out.",
        answer: |case| case.each(|x| case.density(x).ln()),
    },
    Misconception {
        name: "values that sum to 1",
        why: "A density has the area 1 under its curve; its values on a grid need not sum to 1, so nothing is left to divide by.",
        answer: |case| {
            let total = case.total(|x| case.density(x));
            case.each(|x| case.density(x) / total)
        },
    },
    Misconception {
        name: "the sum over the wrong index",
        why: "The sum runs over the components k and leaves one number for each value of the grid; yours runs over the grid and leaves one for each component.",
        answer: |case| {
            let components = 0..case.weights.len();
            components
                .map(|j| case.total(|x| case.weighted(x, j)))
                .collect()
        },
    },
];
