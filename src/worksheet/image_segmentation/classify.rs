//! The component to which a grey level belongs.

use super::log_density;
use crate::worksheet::answer::Numbers;
use crate::worksheet::draws::{numbers, weights};
use crate::worksheet::exercise::{Exercise, Misconception, Part, TOLERANCE};
use crate::worksheet::{Check, words};
use crate::{GaussianMixture, Result, column};

/// Checks a function that returns the component with the largest πₖ N(x | μₖ, σₖ²), counted from 0, from a grey level x, the
/// weights, the means and the standard deviations.
#[must_use]
pub fn classify(answer: fn(f64, &[f64], &[f64], &[f64]) -> usize) -> Check {
    EXERCISE.check(|case| {
        answer(
            case.value,
            &case.weights,
            &case.means,
            &case.standard_deviations,
        )
    })
}

pub(super) struct Case {
    value: f64,
    weights: Vec<f64>,
    means: Vec<f64>,
    standard_deviations: Vec<f64>,
}

pub(super) const EXERCISE: Exercise<Case, usize> = Exercise {
    name: "classify",
    axes: &[],
    tolerance: TOLERANCE,
    parts: || {
        vec![
            Part::by_hand(
                "the grey level 0 halfway between the means -1 and 1, with standard deviations 1 and 1 and weights 0.7 and 0.3",
                Case::new(0.0, &[0.7, 0.3], &[-1.0, 1.0], &[1.0, 1.0]),
                0,
            ),
            Part::by_hand(
                "the grey level 3, weights 1 and 1, means 5 and 0, standard deviations 1 and 3",
                Case::new(3.0, &[1.0, 1.0], &[5.0, 0.0], &[1.0, 3.0]),
                1,
            ),
            Part::by_hand(
                "the grey level 9, weights 0.2, 0.5 and 0.3, means 4, 1 and 8, standard deviations 2, 2 and 1.5",
                Case::new(9.0, &[0.2, 0.5, 0.3], &[4.0, 1.0, 8.0], &[2.0, 2.0, 1.5]),
                2,
            ),
            Part::theorem(pairs(), moves),
            Part::random(random(60, 11), |case| case.largest(Case::score)),
            Part::beside_the_crate(random(20, 211), by_the_crate),
        ]
    },
    misconceptions: &[
        Misconception {
            name: "weights forgotten",
            why: "Bayes' rule weighs each density by πₖ: compare πₖ N(x | μₖ, σₖ²), or ln πₖ + ln N(x | μₖ, σₖ²), not the densities alone.",
            answer: |case| case.largest(|case, k| case.log_density(k)),
        },
        Misconception {
            name: "nearest mean",
            why: "A broad component reaches further than a narrow one: the distance from μₖ counts in standard deviations σₖ, and πₖ and ln σₖ count too.",
            answer: |case| case.largest(|case, k| -(case.value - case.means[k]).abs()),
        },
        Misconception {
            name: "ln σₖ forgotten",
            why: "The factor 1 / σₖ of the density differs from component to component: only 1 / √(2π) may be left out.",
            answer: |case| case.largest(|case, k| case.weights[k].ln() - 0.5 * case.squared(k)),
        },
        Misconception {
            name: "nearest mean in standard deviations",
            why: "The distance (x - μₖ) / σₖ is only the exponent of the density: its factor 1 / σₖ and the weight πₖ count too.",
            answer: |case| case.largest(|case, k| -case.squared(k)),
        },
        Misconception {
            name: "largest weight alone",
            why: "The weight πₖ is what is known before the grey level is seen: the density N(x | μₖ, σₖ²) must count too.",
            answer: |case| case.largest(|case, k| case.weights[k]),
        },
        Misconception {
            name: "smallest instead of largest",
            why: "The pixel belongs to the component that is most probably its source: look at the direction of the comparison.",
            answer: |case| case.largest(|case, k| -case.score(k)),
        },
        Misconception {
            name: "weight beside a logarithm",
            why: "The logarithm of a product is the sum of the logarithms: ln N goes with ln πₖ, not with πₖ.",
            answer: |case| case.largest(|case, k| case.weights[k] + case.log_density(k)),
        },
        Misconception {
            name: "variance for standard deviation",
            why: "The function is given σₖ, not σₖ²: the distance is divided by σₖ before it is squared.",
            answer: |case| {
                case.largest(|case, k| {
                    let variance = case.standard_deviations[k];
                    case.weights[k].ln() + log_density(case.value, case.means[k], variance.sqrt())
                })
            },
        },
        Misconception {
            name: "half forgotten",
            why: "The exponent of the normal density is -(x - μₖ)² / (2 σₖ²): look for the 2.",
            answer: |case| case.largest(|case, k| case.score(k) - 0.5 * case.squared(k)),
        },
        Misconception {
            name: "counted from 1",
            why: "Components are numbered from 0, like the entries of the three lists.",
            answer: |case| case.largest(Case::score) + 1,
        },
    ],
};

impl Case {
    fn new(value: f64, weights: &[f64], means: &[f64], standard_deviations: &[f64]) -> Self {
        Self {
            value,
            weights: weights.to_vec(),
            means: means.to_vec(),
            standard_deviations: standard_deviations.to_vec(),
        }
    }

    /// The first component for which the score is largest.
    fn largest(&self, score: impl Fn(&Self, usize) -> f64) -> usize {
        (1..self.weights.len()).fold(0, |best, k| {
            if score(self, k) > score(self, best) {
                k
            } else {
                best
            }
        })
    }

    fn squared(&self, k: usize) -> f64 {
        ((self.value - self.means[k]) / self.standard_deviations[k]).powi(2)
    }

    fn log_density(&self, k: usize) -> f64 {
        log_density(self.value, self.means[k], self.standard_deviations[k])
    }

    fn score(&self, k: usize) -> f64 {
        self.weights[k].ln() + self.log_density(k)
    }

    /// The same case on another scale: every length times 3, and moved by 40.
    fn moved(&self) -> Self {
        let lengths = |values: &[f64]| values.iter().map(|value| 3.0 * value).collect();
        let means: Vec<f64> = lengths(&self.means);
        Self {
            value: 3.0 * self.value + 40.0,
            weights: self.weights.clone(),
            means: means.iter().map(|mean| mean + 40.0).collect(),
            standard_deviations: lengths(&self.standard_deviations),
        }
    }
}

/// Cases with one to four components.
fn random(n_cases: u64, seed: u64) -> Vec<Case> {
    let case = |seed: u64, k: usize| Case {
        value: numbers(1, -6.0, 6.0, seed)[0],
        weights: weights(k, seed + 1),
        means: numbers(k, -5.0, 5.0, seed + 2),
        standard_deviations: numbers(k, 0.8, 4.0, seed + 3),
    };
    let n_components = [2, 3, 4, 3, 2, 1];
    (0..n_cases)
        .zip(n_components.into_iter().cycle())
        .map(|(i, k)| case(1_000 * seed + 4 * i, k))
        .collect()
}

fn pairs() -> Vec<Case> {
    let cases = random(12, 7);
    cases
        .into_iter()
        .flat_map(|case| [case.moved(), case])
        .collect()
}

/// A component does not depend on where the grey levels begin, nor on their unit.
fn moves(_: &[Case], answers: &[Numbers]) -> Option<String> {
    answers.chunks(2).find_map(|pair| {
        let [before, after] = [pair[1].values[0], pair[0].values[0]].map(words::number);
        (before != after).then(|| {
            format!("The same question in another unit has another answer: with the grey level, the means and the standard deviations three times as large, and everything moved by 40, component {before} became component {after}.")
        })
    })
}

fn by_the_crate(case: &Case) -> usize {
    let predicted: Result<Vec<usize>> =
        GaussianMixture::univariate(&case.weights, &case.means, &case.standard_deviations)
            .and_then(|model| model.predict(&column(&[case.value])));
    predicted.map_or(usize::MAX, |components| components[0])
}
