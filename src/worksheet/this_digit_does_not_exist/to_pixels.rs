//! From scores back to the pixels of a digit.

use crate::worksheet::Check;
use crate::worksheet::draws::{axes, matrix, numbers};
use crate::worksheet::exercise::{Exercise, Misconception, Part, TOLERANCE};
use crate::{Keep, Pca};
use ndarray::{Array2, array};

/// Checks a function that returns the pixels of a digit, m + Wᵀ z, from its scores z, the mean digit m and the principal axes, the
/// rows of W.
#[must_use]
pub fn to_pixels(answer: fn(&[f64], &[f64], &Array2<f64>) -> Vec<f64>) -> Check {
    EXERCISE.check(|case| answer(&case.scores, &case.mean, &case.components))
}

pub(super) struct Case {
    scores: Vec<f64>,
    mean: Vec<f64>,
    components: Array2<f64>,
    /// What the crate says; empty where a formula tells it.
    pixels: Vec<f64>,
}

pub(super) const EXERCISE: Exercise<Case, Vec<f64>> = Exercise {
    name: "to_pixels",
    axes: &["pixel"],
    tolerance: TOLERANCE,
    parts: || {
        vec![
            Part::by_hand(
                "the scores [5, 10], the mean [1, 2, 3] and the axes [0, 0, 1] and [0.6, 0.8, 0]",
                Case {
                    scores: vec![5.0, 10.0],
                    mean: vec![1.0, 2.0, 3.0],
                    components: array![[0.0, 0.0, 1.0], [0.6, 0.8, 0.0]],
                    pixels: vec![],
                },
                vec![7.0, 10.0, 8.0],
            ),
            Part {
                place: "for scores of 0, which are the mean digit's".into(),
                ..Part::random(means(), |case| case.mean.clone())
            },
            Part::random(random(), |case| case.each(|mean, detail| mean + detail)),
            Part::beside_the_crate(analysed(), |case| case.pixels.clone()),
        ]
    },
    misconceptions: &[
        Misconception {
            name: "mean not added back",
            why: "Wᵀ z is how the digit differs from the mean digit m: without m there is only the difference.",
            answer: |case| case.each(|_, detail| detail),
        },
        Misconception {
            name: "mean taken off",
            why: "The mean was taken off on the way to the scores; on the way back it is added.",
            answer: |case| case.each(|mean, detail| detail - mean),
        },
        Misconception {
            name: "detail taken off the mean",
            why: "All details have the wrong sign: it is m + Wᵀ z.",
            answer: |case| case.each(|mean, detail| mean - detail),
        },
        Misconception {
            name: "mean added once for each score",
            why: "The mean belongs outside the sum over the axes: each pixel gets it once.",
            answer: |case| {
                let n_kept = case.scores.len() as f64;
                case.each(|mean, detail| n_kept * mean + detail)
            },
        },
        Misconception {
            name: "first score alone",
            why: "Every score adds its axis: the sum goes over all rows of W.",
            answer: |case| {
                let pixels = case.mean.iter().zip(case.components.row(0));
                pixels
                    .map(|(mean, axis)| mean + case.scores[0] * axis)
                    .collect()
            },
        },
        Misconception {
            name: "average instead of sum",
            why: "The details of the axes are added up: nothing is divided by their number.",
            answer: |case| {
                let n_kept = case.scores.len() as f64;
                case.each(|mean, detail| mean + detail / n_kept)
            },
        },
        Misconception {
            name: "cut to the range from 0 to 1",
            why: "The reconstruction is m + Wᵀ z whatever its values are; the picture shows those outside the range as black and white.",
            answer: |case| case.each(|mean, detail| (mean + detail).clamp(0.0, 1.0)),
        },
        Misconception {
            name: "scores left out",
            why: "An axis counts as much as its score says: multiply before you add.",
            answer: |case| {
                let details = case.components.columns().into_iter();
                let pixels = case.mean.iter().zip(details);
                pixels.map(|(mean, axis)| mean + axis.sum()).collect()
            },
        },
    ],
};

impl Case {
    /// From the mean of each pixel and its entry of Wᵀ z.
    fn each(&self, pixel: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        let columns = self.components.columns().into_iter();
        let details = columns.map(|axis| {
            axis.iter()
                .zip(&self.scores)
                .map(|(a, score)| a * score)
                .sum::<f64>()
        });
        self.mean
            .iter()
            .zip(details)
            .map(|(&mean, detail)| pixel(mean, detail))
            .collect()
    }
}

fn case(n_kept: usize, n_pixels: usize, seed: u64) -> Case {
    Case {
        scores: numbers(n_kept, -3.0, 3.0, seed),
        mean: numbers(n_pixels, 0.0, 1.0, seed + 1),
        components: axes(n_kept, n_pixels, seed + 2),
        pixels: vec![],
    }
}

fn random() -> Vec<Case> {
    vec![
        case(2, 7, 1_010),
        case(3, 5, 1_020),
        case(1, 4, 1_030),
        case(4, 4, 1_040),
    ]
}

fn means() -> Vec<Case> {
    let mean = |case: Case| Case {
        scores: vec![0.0; case.scores.len()],
        ..case
    };
    vec![mean(case(2, 5, 1_050)), mean(case(3, 4, 1_060))]
}

/// A few points, by way of the scores that the crate found for them.
fn analysed() -> Vec<Case> {
    let x = matrix(15, 6, 1_070);
    let both = Pca::fit(&x, Keep::Count(3)).and_then(|pca| {
        let scores = pca.transform(&x)?;
        Ok((pca.inverse_transform(&scores)?, scores, pca))
    });
    both.map_or(vec![], |(pixels, scores, pca)| {
        let case = |n: usize| Case {
            scores: scores.row(n).to_vec(),
            mean: pca.mean().to_vec(),
            components: pca.components().clone(),
            pixels: pixels.row(n).to_vec(),
        };
        (0..3).map(case).collect()
    })
}
