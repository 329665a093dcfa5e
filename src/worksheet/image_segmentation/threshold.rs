//! The grey level between two means at which the components are equally probable.

use super::log_density;
use crate::worksheet::answer::Numbers;
use crate::worksheet::draws::numbers;
use crate::worksheet::exercise::{Exercise, Misconception, Part};
use crate::worksheet::{Check, words};
use crate::{GaussianMixture, column};

/// Checks a function that returns the grey level between two means, the smaller first, at which both weighted densities are equal,
/// from the weights, the means and the standard deviations.
#[must_use]
pub fn threshold(answer: fn(&[f64], &[f64], &[f64]) -> f64) -> Check {
    EXERCISE.check(|case| answer(&case.weights, &case.means, &case.standard_deviations))
}

#[derive(Clone)]
pub(super) struct Case {
    weights: [f64; 2],
    means: [f64; 2],
    standard_deviations: [f64; 2],
}

pub(super) const EXERCISE: Exercise<Case, f64> = Exercise {
    name: "threshold",
    axes: &[],
    // A search may stop a little earlier than the numbers end.
    tolerance: 1e-6,
    parts: || {
        vec![
            // With π₀ / σ₀ = π₁ / σ₁ the distances in standard deviations are equal: x / 1 = (3 - x) / 2.
            Part::by_hand(
                "weights 1/3 and 2/3, means 0 and 3, standard deviations 1 and 2",
                Case {
                    weights: [1.0 / 3.0, 2.0 / 3.0],
                    means: [0.0, 3.0],
                    standard_deviations: [1.0, 2.0],
                },
                1.0,
            ),
            Part::theorem(pairs(), moves),
            Part::random(random(24, 5), |case| case.crossing(Case::score)),
            Part {
                place: "where the crate computes the same".into(),
                ..Part::theorem(random(8, 9), halves)
            },
        ]
    },
    misconceptions: &[
        Misconception {
            name: "weights forgotten",
            why: "The heavier component claims more of the ground between the means: both sides of the equation begin with ln πₖ.",
            answer: |case| case.crossing(|case, k, x| case.score(k, x) - case.weights[k].ln()),
        },
        Misconception {
            name: "halfway between the means",
            why: "The middle is right only for equal weights and equal standard deviations: it is where the search begins.",
            answer: |case| f64::midpoint(case.means[0], case.means[1]),
        },
        Misconception {
            name: "ln σₖ forgotten",
            why: "The densities have different factors 1 / σₖ: only 1 / √(2π) is the same on both sides of the equation.",
            answer: |case| {
                case.crossing(|case, k, x| case.score(k, x) + case.standard_deviations[k].ln())
            },
        },
        Misconception {
            name: "equal distances in standard deviations",
            why: "Equal exponents are not equal densities: the factor 1 / σₖ and the weight πₖ count too.",
            answer: |case| {
                let ([a, b], [s, t]) = (case.means, case.standard_deviations);
                (a * t + b * s) / (s + t)
            },
        },
        Misconception {
            name: "the wrong half kept",
            why: "Where component 0 still wins the threshold lies further right, so that half must be kept: look at which end moves to the middle.",
            answer: |case| case.search(|case, x| case.score(0, x) < case.score(1, x)),
        },
        Misconception {
            name: "the crossing outside the means",
            why: "The quadratic equation has two solutions: the threshold is the one between μ₀ and μ₁.",
            answer: |case| {
                let ([a, b], [s, t]) = (case.means, case.standard_deviations);
                let (p, q) = (1.0 / (s * s), 1.0 / (t * t));
                2.0 * (a * p - b * q) / (p - q) - case.crossing(Case::score)
            },
        },
        Misconception {
            name: "weights exchanged",
            why: "A heavier component 0 moves the threshold towards μ₁: look at the sign of ln π₀ - ln π₁.",
            answer: |case| {
                let [first, second] = case.weights;
                Case {
                    weights: [second, first],
                    ..case.clone()
                }
                .crossing(Case::score)
            },
        },
        Misconception {
            name: "mean of the mixture",
            why: "π₀ μ₀ + π₁ μ₁ is the average grey level: the threshold is where the two weighted densities are equal.",
            answer: |case| {
                case.weights
                    .iter()
                    .zip(&case.means)
                    .map(|(weight, mean)| weight * mean)
                    .sum()
            },
        },
        Misconception {
            name: "weight beside a logarithm",
            why: "The logarithm of a product is the sum of the logarithms: ln N goes with ln πₖ, not with πₖ.",
            answer: |case| {
                case.crossing(|case, k, x| {
                    case.score(k, x) - case.weights[k].ln() + case.weights[k]
                })
            },
        },
        Misconception {
            name: "variance for standard deviation",
            why: "The function is given σₖ, not σₖ²: the distance is divided by σₖ before it is squared.",
            answer: |case| {
                let standard_deviations = case.standard_deviations.map(f64::sqrt);
                Case {
                    standard_deviations,
                    ..case.clone()
                }
                .crossing(Case::score)
            },
        },
    ],
};

impl Case {
    fn score(&self, k: usize, x: f64) -> f64 {
        self.weights[k].ln() + log_density(x, self.means[k], self.standard_deviations[k])
    }

    /// Where the scores of the two components are equal.
    fn crossing(&self, score: impl Fn(&Self, usize, f64) -> f64) -> f64 {
        self.search(|case, x| score(case, 0, x) > score(case, 1, x))
    }

    /// Halves the interval between the means again and again.
    fn search(&self, is_left: impl Fn(&Self, f64) -> bool) -> f64 {
        let [mut left, mut right] = self.means;
        for _ in 0..60 {
            let middle = f64::midpoint(left, right);
            if is_left(self, middle) {
                left = middle;
            } else {
                right = middle;
            }
        }
        f64::midpoint(left, right)
    }

    /// The same case on another scale: every length times 3, and moved by 40.
    fn moved(&self) -> Self {
        Self {
            weights: self.weights,
            means: self.means.map(|mean| 3.0 * mean + 40.0),
            standard_deviations: self.standard_deviations.map(|deviation| 3.0 * deviation),
        }
    }
}

/// Two heaps of grey levels, far enough apart for one threshold between the means, whatever is forgotten; the broad one is now
/// the first, now the second.
fn random(n_cases: u64, seed: u64) -> Vec<Case> {
    let case = |seed: u64| {
        let u = numbers(5, 0.0, 1.0, seed);
        let (narrow, broad) = (8.0 + 5.0 * u[0], 18.0 + 10.0 * u[1]);
        let weight = 0.15 + 0.7 * u[2];
        Case {
            weights: [weight, 1.0 - weight],
            means: [20.0 + 30.0 * u[3], 130.0 + 20.0 * u[4]],
            standard_deviations: if seed % 3 == 0 {
                [broad, narrow]
            } else {
                [narrow, broad]
            },
        }
    };
    (0..n_cases).map(|i| case(100 * seed + i)).collect()
}

fn pairs() -> Vec<Case> {
    let cases = random(6, 3);
    cases
        .into_iter()
        .flat_map(|case| [case.moved(), case])
        .collect()
}

/// The threshold goes where the grey levels go.
fn moves(_: &[Case], answers: &[Numbers]) -> Option<String> {
    answers.chunks(2).find_map(|pair| {
        let (before, after) = (pair[1].values[0], pair[0].values[0]);
        let expected = 3.0 * before + 40.0;
        let same = (after - expected).abs() <= 1e-5 * expected.abs();
        (!same).then(|| {
            format!(
                "The same question in another unit has another answer: with the means and the standard deviations three times as large, and the means moved by 40, the threshold {} became {} where {} was expected.",
                words::number(before), words::number(after), words::number(expected)
            )
        })
    })
}

/// At the threshold each component has the responsibility 1/2.
fn halves(cases: &[Case], answers: &[Numbers]) -> Option<String> {
    cases.iter().zip(answers).find_map(|(case, answer)| {
        let x = answer.values[0];
        let model =
            GaussianMixture::univariate(&case.weights, &case.means, &case.standard_deviations);
        let responsibilities = model.and_then(|model| model.responsibilities(&column(&[x])));
        let first = responsibilities.map_or(f64::NAN, |r| r[[0, 0]]);
        let is_half = (first - 0.5).abs() <= 1e-4;
        (!is_half).then(|| {
            format!(
                "At the threshold both components are equally responsible, but at {} component 0 has the responsibility {}.",
                words::number(x), words::number(first)
            )
        })
    })
}
