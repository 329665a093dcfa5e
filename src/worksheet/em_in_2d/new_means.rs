//! The new means of all components.

use super::cases::{Assigned, agrees, assigned, wrong_shape};
use crate::worksheet::Check;
use crate::worksheet::answer::Numbers;
use crate::worksheet::exercise::{Exercise, Misconception, Part, TOLERANCE};
use crate::worksheet::words::number;
use crate::{Regularization, m_step};
use ndarray::{Array2, array};

/// Checks a function that returns the new means, μₖ = ∑ₙ rₙₖ xₙ / Nₖ, one in each row, from the points and their
/// responsibilities.
#[must_use]
pub fn new_means(answer: fn(&Array2<f64>, &Array2<f64>) -> Array2<f64>) -> Check {
    EXERCISE.check(|case| answer(&case.x, &case.responsibilities))
}

const AXES: &[&str] = &["component", "coordinate"];

pub(super) const EXERCISE: Exercise<Assigned, Array2<f64>> = Exercise {
    name: "new_means",
    axes: AXES,
    tolerance: TOLERANCE,
    parts: || {
        vec![
            Part::by_hand(
                "the points (0, 5), (3, 0), (4, 8), (12, 4), (4, 5), for which component 0 has the responsibilities 1, 1, 0.75, 0.25, 0",
                Assigned::new(
                    array![[0.0, 5.0], [3.0, 0.0], [4.0, 8.0], [12.0, 4.0], [4.0, 5.0]],
                    array![
                        [1.0, 0.0],
                        [1.0, 0.0],
                        [0.75, 0.25],
                        [0.25, 0.75],
                        [0.0, 1.0]
                    ],
                ),
                array![[3.0, 4.0], [7.0, 5.0]],
            ),
            Part::theorem(assigned(211), another_total),
            Part::random(assigned(221), |case| case.means.clone()),
            Part::beside_the_crate(assigned(231), by_the_crate),
        ]
    },
    misconceptions: &[
        Misconception {
            name: "divided by N",
            why: "The responsibilities of one component sum to Nₖ, not to N: divided by N, the means of a small component are drawn towards 0.",
            answer: |case| {
                case.weighted_sums(|n, k| case.responsibilities[[n, k]] / case.x.nrows() as f64)
            },
        },
        Misconception {
            name: "not divided by Nₖ",
            why: "A sum grows with the number of points: the mean is ∑ₙ rₙₖ xₙ divided by Nₖ = ∑ₙ rₙₖ.",
            answer: |case| case.weighted_sums(|n, k| case.responsibilities[[n, k]]),
        },
        Misconception {
            name: "divided by Nₖ − 1",
            why: "Qₖ is largest at the weighted mean, whose weights rₙₖ / Nₖ sum to 1: a mean is never divided by one less.",
            answer: |case| {
                case.weighted_sums(|n, k| case.responsibilities[[n, k]] / (case.count(k) - 1.0))
            },
        },
        Misconception {
            name: "divided by K",
            why: "Each mean is a mean of points, so the divisor counts points: Nₖ = ∑ₙ rₙₖ, not the number of components.",
            answer: |case| {
                let n_components = case.responsibilities.ncols() as f64;
                case.weighted_sums(|n, k| case.responsibilities[[n, k]] / n_components)
            },
        },
        Misconception {
            name: "transpose forgotten",
            why: "Row k belongs to component k and column d to coordinate d: Xᵀ R has it the other way round, Rᵀ X as asked.",
            answer: |case| case.means.t().to_owned(),
        },
        Misconception {
            name: "reshaped instead of transposed",
            why: "Another shape keeps the numbers in the order of the rows, so the responsibilities of one point go to several: `.t()` exchanges the axes.",
            answer: |case| {
                let flat: Vec<f64> = case.responsibilities.iter().copied().collect();
                let n_samples = case.x.nrows();
                case.weighted_sums(|n, k| flat[k * n_samples + n] / case.count(k))
            },
        },
        Misconception {
            name: "responsibilities forgotten",
            why: "Every component then has the mean of all the points: weight xₙ with rₙₖ, and divide by the sum of these weights.",
            answer: |case| case.weighted_sums(|_, _| 1.0 / case.x.nrows() as f64),
        },
        Misconception {
            name: "hard assignments",
            why: "That is k-means: in EM every point counts for every component, with rₙₖ between 0 and 1.",
            answer: |case| {
                let hard = case.hard();
                case.weighted_sums(|n, k| hard[[n, k]] / hard.column(k).sum())
            },
        },
        Misconception {
            name: "responsibilities squared",
            why: "Each rₙₖ comes in once above the line: ∑ₙ rₙₖ xₙ; look for a second product with the responsibilities.",
            answer: |case| {
                case.weighted_sums(|n, k| case.responsibilities[[n, k]].powi(2) / case.count(k))
            },
        },
        Misconception {
            name: "means of the wrong axis",
            why: "The mean of a coordinate is taken over the points: here the coordinates of each point were averaged first, and the columns are all the same.",
            answer: |case| {
                let [n_samples, n_components, n_features] = case.sizes();
                Array2::from_shape_fn((n_components, n_features), |(k, _)| {
                    let share = |n| case.responsibilities[[n, k]] / case.count(k);
                    let along_rows = |n| case.x.row(n).sum() / n_features as f64;
                    (0..n_samples).map(|n| share(n) * along_rows(n)).sum()
                })
            },
        },
    ],
};

/// ∑ₖ Nₖ μₖ = ∑ₙ xₙ, because the responsibilities of a point sum to 1.
fn another_total(cases: &[Assigned], answers: &[Numbers]) -> Option<String> {
    cases.iter().zip(answers).find_map(|(case, answer)| {
        let [_, n_components, n_features] = case.sizes();
        wrong_shape(answer, &[n_components, n_features], AXES).or_else(|| {
            (0..n_features).find_map(|d| {
                let found: f64 = (0..n_components)
                    .map(|k| case.count(k) * answer.values[k * n_features + d])
                    .sum();
                let total = case.x.column(d).sum();
                (!agrees(found, total)).then(|| {
                    format!(
                        "For random numbers, N₀ μ₀ + N₁ μ₁ + … is {} in coordinate {d}, but the points sum to {} there, and the two are always the same.",
                        number(found),
                        number(total)
                    )
                })
            })
        })
    })
}

fn by_the_crate(case: &Assigned) -> Array2<f64> {
    m_step(&case.x, &case.responsibilities, Regularization::None)
        .expect("more points than coordinates")
        .means()
        .clone()
}
