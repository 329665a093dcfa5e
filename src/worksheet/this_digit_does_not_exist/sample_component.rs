//! A component drawn with a probability of its weight.

use crate::worksheet::Check;
use crate::worksheet::answer::Numbers;
use crate::worksheet::draws::{numbers, weights};
use crate::worksheet::exercise::{Exercise, Misconception, Part, TOLERANCE};

/// Checks a function that returns the component in whose stretch u falls when the weights are laid end to end from 0, from the
/// weights and a number u from 0 up to, but not including, 1; the last component where rounding leaves u above the sum.
#[must_use]
pub fn sample_component(answer: fn(&[f64], f64) -> usize) -> Check {
    EXERCISE.check(|case| answer(&case.weights, case.u))
}

pub(super) struct Case {
    weights: Vec<f64>,
    u: f64,
}

pub(super) const EXERCISE: Exercise<Case, usize> = Exercise {
    name: "sample_component",
    axes: &[],
    tolerance: TOLERANCE,
    parts: || {
        vec![
            Part::by_hand(
                "weights 0.2, 0.5 and 0.3, u = 0.1",
                Case::new(&[0.2, 0.5, 0.3], 0.1),
                0,
            ),
            Part::by_hand(
                "weights 0.2, 0.5 and 0.3, u = 0.6",
                Case::new(&[0.2, 0.5, 0.3], 0.6),
                1,
            ),
            Part::by_hand(
                "weights 0.2, 0.5 and 0.3, u = 0.9",
                Case::new(&[0.2, 0.5, 0.3], 0.9),
                2,
            ),
            Part::theorem(evenly(), shares_are_weights),
            Part::random(random(), |case| case.stretch(case.u)),
            Part::by_hand(
                "weights 0.5 and 0.4999999 with a sum below u = 0.99999999",
                Case::new(&[0.5, 0.499_999_9], 0.999_999_99),
                1,
            ),
        ]
    },
    misconceptions: &[
        Misconception {
            name: "largest weight always",
            why: "The heaviest component is drawn most often, not every time: u decides.",
            answer: |case| {
                let places = 1..case.weights.len();
                places.fold(0, |best, k| {
                    if case.weights[k] > case.weights[best] {
                        k
                    } else {
                        best
                    }
                })
            },
        },
        Misconception {
            name: "weights not added up",
            why: "The stretch of component k begins where that of component k - 1 ends: compare u with the sum of the weights up to k.",
            answer: |case| {
                let place = case.weights.iter().position(|&weight| case.u < weight);
                place.unwrap_or(case.weights.len() - 1)
            },
        },
        Misconception {
            name: "all components equally probable",
            why: "Component k is drawn with the probability πₖ: its stretch between 0 and 1 is as long as its weight.",
            answer: |case| Case::equal(case.weights.len()).stretch(case.u),
        },
        Misconception {
            name: "laid from the last to the first",
            why: "The first stretch, from 0 to π₀, is that of component 0: look at the order in which the weights are added up.",
            answer: |case| {
                let turned: Vec<f64> = case.weights.iter().rev().copied().collect();
                turned.len() - 1 - Case::new(&turned, 0.0).stretch(case.u)
            },
        },
        Misconception {
            name: "nearest weight",
            why: "u is a place on the line from 0 to 1, not a weight: look for the stretch that it falls into.",
            answer: |case| {
                let distance = |k: usize| (case.weights[k] - case.u).abs();
                let places = 1..case.weights.len();
                places.fold(0, |best, k| {
                    if distance(k) < distance(best) {
                        k
                    } else {
                        best
                    }
                })
            },
        },
        Misconception {
            name: "the component before",
            why: "The answer is the component whose stretch u falls into, not the last one whose stretch u has passed.",
            answer: |case| case.stretch(case.u).saturating_sub(1),
        },
        Misconception {
            name: "the component after",
            why: "u falls into the stretch that ends at the first sum above u: component k is counted from 0, and its own weight belongs to that sum.",
            answer: |case| (case.stretch(case.u) + 1).min(case.weights.len() - 1),
        },
        Misconception {
            name: "counted from 1",
            why: "Components are numbered from 0, like the entries of the list of weights.",
            answer: |case| case.stretch(case.u) + 1,
        },
    ],
};

impl Case {
    fn new(weights: &[f64], u: f64) -> Self {
        Self {
            weights: weights.to_vec(),
            u,
        }
    }

    fn equal(k: usize) -> Self {
        Self::new(&vec![1.0 / k as f64; k], 0.0)
    }

    /// The number of stretches that end at or before u, of all but the last.
    fn stretch(&self, u: f64) -> usize {
        let ends = self.weights.iter().scan(0.0, |end, weight| {
            *end += weight;
            Some(*end)
        });
        ends.take(self.weights.len() - 1)
            .filter(|&end| end <= u)
            .count()
    }
}

const EVENLY: usize = 40;

/// The middles of forty equal stretches; every weight is a multiple of a fortieth.
fn evenly() -> Vec<Case> {
    let places = (0..EVENLY).map(|i| (i as f64 + 0.5) / EVENLY as f64);
    places
        .map(|u| Case::new(&[0.125, 0.45, 0.075, 0.35], u))
        .collect()
}

/// Of numbers that lie evenly between 0 and 1 each component gets its share.
fn shares_are_weights(cases: &[Case], answers: &[Numbers]) -> Option<String> {
    let weights = cases.first()?.weights.iter().enumerate();
    weights.into_iter().find_map(|(k, weight)| {
        let drawn = answers.iter().filter(|answer| (answer.values[0] - k as f64).abs() < 0.5).count();
        let share = drawn as f64 / EVENLY as f64;
        let same = (share - weight).abs() < 1e-9;
        (!same).then(|| {
            format!("With {EVENLY} numbers u that lie evenly between 0 and 1, component {k} of the weights 0.125, 0.45, 0.075 and 0.35 was drawn {drawn} times; its weight makes {:.0}.", weight * EVENLY as f64)
        })
    })
}

/// Two to five components; no u lies near the end of a stretch.
fn random() -> Vec<Case> {
    let u = numbers(60, 0.0, 1.0, 801);
    let case = |(i, &u): (usize, &f64)| Case {
        weights: weights(2 + i % 4, 810 + i as u64),
        u,
    };
    u.iter().enumerate().map(case).collect()
}
