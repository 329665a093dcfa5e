//! The new covariance matrices of all components.

use super::cases::{Assigned, agrees, assigned, wrong_shape};
use crate::worksheet::Check;
use crate::worksheet::answer::Numbers;
use crate::worksheet::exercise::{Exercise, Misconception, Part, TOLERANCE};
use crate::worksheet::words::number;
use crate::{Regularization, m_step};
use ndarray::{Array2, Array3, array};

/// Checks a function that returns the new covariances, Σₖ = ∑ₙ rₙₖ (xₙ − μₖ)(xₙ − μₖ)ᵀ / Nₖ, from the points, their
/// responsibilities and the new means.
#[must_use]
pub fn new_covariances(
    answer: fn(&Array2<f64>, &Array2<f64>, &Array2<f64>) -> Array3<f64>,
) -> Check {
    EXERCISE.check(|case| answer(&case.x, &case.responsibilities, &case.means))
}

const AXES: &[&str] = &["component", "row", "column"];

pub(super) const EXERCISE: Exercise<Assigned, Array3<f64>> = Exercise {
    name: "new_covariances",
    axes: AXES,
    tolerance: TOLERANCE,
    parts: || {
        let three = array![[0.0, 0.0], [3.0, 0.0], [3.0, 3.0]];
        vec![
            Part::by_hand(
                "the points (0, 0), (3, 0) and (3, 3), all of one component with mean (2, 1)",
                Assigned::new(three.clone(), Array2::ones((3, 1))),
                array![[[2.0, 1.0], [1.0, 2.0]]],
            ),
            Part::by_hand(
                "the same three points, each of component 0 with responsibility 0.75 and of component 1 with 0.25",
                Assigned::new(three, array![[0.75, 0.25], [0.75, 0.25], [0.75, 0.25]]),
                array![[[2.0, 1.0], [1.0, 2.0]], [[2.0, 1.0], [1.0, 2.0]]],
            ),
            Part::theorem(assigned(311), another_total),
            Part::random(assigned(321), |case| {
                spread(case, |k, d| case.means[[k, d]], |n, k| share(case, n, k))
            }),
            Part::beside_the_crate(assigned(331), by_the_crate),
        ]
    },
    misconceptions: MISCONCEPTIONS,
};

const MISCONCEPTIONS: &[Misconception<Assigned, Array3<f64>>] = &[
    Misconception {
        name: "not centred",
        why: "A covariance is measured from the mean: subtract μₖ from xₙ in both factors, or μₖ μₖᵀ from the result.",
        answer: |case| spread(case, |_, _| 0.0, |n, k| share(case, n, k)),
    },
    Misconception {
        name: "divided by N",
        why: "The weights rₙₖ of one component sum to Nₖ, not to N: divided by N, the matrices of small components are too small.",
        answer: |case| {
            let n_samples = case.x.nrows() as f64;
            centred(case, |n, k| case.responsibilities[[n, k]] / n_samples)
        },
    },
    Misconception {
        name: "divided by Nₖ − 1",
        why: "The correction belongs to an unbiased estimate from a sample; the maximum of Qₖ, which the derivation gives, has Nₖ.",
        answer: |case| {
            centred(case, |n, k| {
                case.responsibilities[[n, k]] / (case.count(k) - 1.0)
            })
        },
    },
    Misconception {
        name: "not divided by Nₖ",
        why: "A sum grows with the number of points: the covariance is the sum of the weighted products divided by Nₖ = ∑ₙ rₙₖ.",
        answer: |case| centred(case, |n, k| case.responsibilities[[n, k]]),
    },
    Misconception {
        name: "elementwise product instead of the outer product",
        why: "The squares of the coordinates fill only the diagonal: (xₙ − μₖ)(xₙ − μₖ)ᵀ has a product for every row i and column j, and those off the diagonal make a cloud lean.",
        answer: |case| {
            let full = centred(case, |n, k| share(case, n, k));
            Array3::from_shape_fn(
                full.dim(),
                |(k, i, j)| if i == j { full[[k, i, i]] } else { 0.0 },
            )
        },
    },
    Misconception {
        name: "the same coordinate twice",
        why: "Every column of a row is then the variance of one coordinate: entry (i, j) is the product of coordinate i with coordinate j.",
        answer: |case| {
            let full = centred(case, |n, k| share(case, n, k));
            Array3::from_shape_fn(full.dim(), |(k, i, _)| full[[k, i, i]])
        },
    },
    Misconception {
        name: "inner product instead of the outer product",
        why: "(xₙ − μₖ)ᵀ(xₙ − μₖ) is one number, the squared distance; with the transpose on the second factor it is a matrix of D by D products.",
        answer: |case| {
            let full = centred(case, |n, k| share(case, n, k));
            Array3::from_shape_fn(full.dim(), |(k, _, _)| {
                (0..case.x.ncols()).map(|i| full[[k, i, i]]).sum()
            })
        },
    },
    Misconception {
        name: "centred at the mean of all points",
        why: "Component k spreads around its own mean: subtract row k of the means, not the mean of all the points.",
        answer: |case| {
            let n_samples = case.x.nrows() as f64;
            let mean = |d| case.x.column(d).sum() / n_samples;
            spread(case, |_, d| mean(d), |n, k| share(case, n, k))
        },
    },
    Misconception {
        name: "components not matched",
        why: "Row 0 of the means was subtracted for every component: component k has the mean in row k.",
        answer: |case| spread(case, |_, d| case.means[[0, d]], |n, k| share(case, n, k)),
    },
    Misconception {
        name: "responsibilities forgotten",
        why: "All points then count the same for every component: weight each product with rₙₖ, and divide by the sum of these weights.",
        answer: |case| centred(case, |_, _| 1.0 / case.x.nrows() as f64),
    },
    Misconception {
        name: "responsibilities squared",
        why: "Both factors were multiplied by rₙₖ, so it comes in twice: scale one of the two, or each by the square root.",
        answer: |case| {
            centred(case, |n, k| {
                case.responsibilities[[n, k]] * share(case, n, k)
            })
        },
    },
    Misconception {
        name: "hard assignments",
        why: "Each point was given to one component alone: in EM it counts for every component, with rₙₖ between 0 and 1.",
        answer: |case| {
            let hard = case.hard();
            centred(case, |n, k| hard[[n, k]] / hard.column(k).sum())
        },
    },
    Misconception {
        name: "square root of every entry",
        why: "Covariances are in squared units, and only a standard deviation is a root: Σₖ holds the mean products as they are.",
        answer: |case| centred(case, |n, k| share(case, n, k)).mapv(f64::sqrt),
    },
];

/// rₙₖ / Nₖ.
fn share(case: &Assigned, n: usize, k: usize) -> f64 {
    case.responsibilities[[n, k]] / case.count(k)
}

/// ∑ₙ share(n, k) (xₙ − μₖ)(xₙ − μₖ)ᵀ.
fn centred(case: &Assigned, share: impl Fn(usize, usize) -> f64) -> Array3<f64> {
    spread(case, |k, d| case.means[[k, d]], share)
}

/// ∑ₙ share(n, k) (xₙ − centre(k))(xₙ − centre(k))ᵀ.
fn spread(
    case: &Assigned,
    centre: impl Fn(usize, usize) -> f64,
    share: impl Fn(usize, usize) -> f64,
) -> Array3<f64> {
    let [n_samples, n_components, n_features] = case.sizes();
    Array3::from_shape_fn((n_components, n_features, n_features), |(k, i, j)| {
        let deviation = |n: usize, d: usize| case.x[[n, d]] - centre(k, d);
        (0..n_samples)
            .map(|n| share(n, k) * deviation(n, i) * deviation(n, j))
            .sum()
    })
}

/// Symmetric; and ∑ₖ Nₖ (Σₖ + (μₖ − m)(μₖ − m)ᵀ) = ∑ₙ (xₙ − m)(xₙ − m)ᵀ for any m, here 0: the spread within the components and
/// that of their means is the spread of the points.
fn another_total(cases: &[Assigned], answers: &[Numbers]) -> Option<String> {
    cases.iter().zip(answers).find_map(|(case, answer)| {
        let [_, n_components, n_features] = case.sizes();
        let shape = [n_components, n_features, n_features];
        wrong_shape(answer, &shape, AXES).or_else(|| {
            let entry =
                |k: usize, i: usize, j: usize| answer.values[(k * n_features + i) * n_features + j];
            let places = (0..n_features).flat_map(|i| (0..=i).map(move |j| (i, j)));
            places.into_iter().find_map(|(i, j)| {
                if let Some(k) = (0..n_components).find(|&k| !agrees(entry(k, i, j), entry(k, j, i))) {
                    return Some(format!(
                        "For random numbers, the matrix of component {k} is not symmetric: {} in row {i} and column {j}, {} in row {j} and column {i}. A product does not depend on the order of its factors.",
                        number(entry(k, i, j)),
                        number(entry(k, j, i))
                    ));
                }
                let found: f64 = (0..n_components)
                    .map(|k| case.count(k) * (entry(k, i, j) + case.means[[k, i]] * case.means[[k, j]]))
                    .sum();
                let total = case.x.column(i).dot(&case.x.column(j));
                (!agrees(found, total)).then(|| {
                    format!(
                        "For random numbers, the sum of Nₖ (Σₖ + μₖ μₖᵀ) over the components is {} in row {i} and column {j}, but the sum of xₙ xₙᵀ over the points is {}, and the two are always the same.",
                        number(found),
                        number(total)
                    )
                })
            })
        })
    })
}

fn by_the_crate(case: &Assigned) -> Array3<f64> {
    m_step(&case.x, &case.responsibilities, Regularization::None)
        .expect("more points than coordinates")
        .covariances()
        .clone()
}
