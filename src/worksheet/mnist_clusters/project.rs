//! The scores of one digit.

use crate::worksheet::Check;
use crate::worksheet::draws::{axes, matrix, numbers};
use crate::worksheet::exercise::{Exercise, Misconception, Part, TOLERANCE};
use crate::{Keep, Pca};
use ndarray::{Array1, Array2, array};

/// Checks a function that returns the scores of a digit, z = W (x - m), from its pixels x, the mean digit m and the principal axes,
/// the rows of W.
#[must_use]
pub fn project(answer: fn(&[f64], &[f64], &Array2<f64>) -> Vec<f64>) -> Check {
    EXERCISE.check(|case| answer(&case.digit, &case.mean, &case.components))
}

pub(super) struct Case {
    digit: Vec<f64>,
    mean: Vec<f64>,
    components: Array2<f64>,
    /// What the digit was made from, or what the crate says; empty where a formula tells it.
    scores: Vec<f64>,
}

pub(super) const EXERCISE: Exercise<Case, Vec<f64>> = Exercise {
    name: "project",
    axes: &["axis"],
    tolerance: TOLERANCE,
    parts: || {
        vec![
            Part::by_hand(
                "the digit [3, 1, 7], the mean [1, 2, 2] and the axes [0, 0, 1] and [0.6, 0.8, 0]",
                Case {
                    digit: vec![3.0, 1.0, 7.0],
                    mean: vec![1.0, 2.0, 2.0],
                    components: array![[0.0, 0.0, 1.0], [0.6, 0.8, 0.0]],
                    scores: vec![],
                },
                vec![5.0, 0.4],
            ),
            // W (m + Wᵀ z - m) = z, since the axes have length 1 and stand at right angles.
            Part {
                place: "for a digit made from known scores, m + Wᵀ z".into(),
                ..Part::random(made(), |case| case.scores.clone())
            },
            Part::random(random(), |case| case.project(Case::centred)),
            Part::beside_the_crate(analysed(), |case| case.scores.clone()),
        ]
    },
    misconceptions: &[
        Misconception {
            name: "mean not taken off",
            why: "The scores tell how a digit differs from the mean digit: z = W (x - m), not W x.",
            answer: |case| case.project(|case, pixel| case.digit[pixel]),
        },
        Misconception {
            name: "digit taken off the mean",
            why: "All scores have the wrong sign: it is x - m, not m - x.",
            answer: |case| case.project(|case, pixel| -case.centred(pixel)),
        },
        Misconception {
            name: "mean added",
            why: "The mean is taken off on the way to the scores, and added on the way back to the pixels.",
            answer: |case| case.project(|case, pixel| case.digit[pixel] + case.mean[pixel]),
        },
        Misconception {
            name: "the digit's own average taken off",
            why: "m is the mean image, with one entry for each pixel over all digits; the average of this digit's pixels is another thing.",
            answer: |case| {
                let average = case.digit.iter().sum::<f64>() / case.digit.len() as f64;
                case.project(|case, pixel| case.digit[pixel] - average)
            },
        },
        Misconception {
            name: "average instead of sum",
            why: "A score is a sum over the pixels: nothing is divided by their number, since the axis has length 1.",
            answer: |case| {
                let n_pixels = case.digit.len() as f64;
                case.project(|case, pixel| case.centred(pixel) / n_pixels)
            },
        },
        Misconception {
            name: "taken back to pixels",
            why: "The answer has one entry for each axis, the score; m + Wᵀ z would be the digit again, as far as these axes can make it.",
            answer: |case| {
                let scores = Array1::from(case.project(Case::centred));
                (Array1::from(case.mean.clone()) + scores.dot(&case.components)).to_vec()
            },
        },
        Misconception {
            name: "squares added",
            why: "A score is the product of axis and centred digit, entry by entry, summed; only a length is a sum of squares.",
            answer: |case| {
                let rows = case.components.rows().into_iter();
                rows.map(|axis| {
                    let products = axis.iter().enumerate().map(|(i, a)| a * case.centred(i));
                    products.map(|product| product * product).sum()
                })
                .collect()
            },
        },
    ],
};

impl Case {
    fn centred(&self, pixel: usize) -> f64 {
        self.digit[pixel] - self.mean[pixel]
    }

    fn project(&self, difference: impl Fn(&Self, usize) -> f64) -> Vec<f64> {
        let rows = self.components.rows().into_iter();
        rows.map(|axis| {
            let products = axis.iter().enumerate();
            products.map(|(pixel, a)| a * difference(self, pixel)).sum()
        })
        .collect()
    }
}

/// Digits that are m + Wᵀ z.
fn made() -> Vec<Case> {
    let case = |(n_kept, n_pixels, seed)| {
        let (components, mean) = (
            axes(n_kept, n_pixels, seed),
            numbers(n_pixels, 0.0, 9.0, seed + 1),
        );
        let scores = numbers(n_kept, -5.0, 5.0, seed + 2);
        let digit = Array1::from(scores.clone()).dot(&components) + Array1::from(mean.clone());
        Case {
            digit: digit.to_vec(),
            mean,
            components,
            scores,
        }
    };
    [(2, 5, 110), (3, 4, 120), (1, 6, 130)].map(case).into()
}

fn random() -> Vec<Case> {
    let case = |(n_kept, n_pixels, seed)| Case {
        digit: numbers(n_pixels, 0.0, 16.0, seed),
        mean: numbers(n_pixels, 0.0, 9.0, seed + 1),
        components: axes(n_kept, n_pixels, seed + 2),
        scores: vec![],
    };
    [(2, 7, 210), (3, 5, 220), (1, 4, 230), (4, 4, 240)]
        .map(case)
        .into()
}

/// A few of the points that the crate's axes were found from.
fn analysed() -> Vec<Case> {
    let x = matrix(15, 6, 300);
    let scores = Pca::fit(&x, Keep::Count(3)).and_then(|pca| Ok((pca.transform(&x)?, pca)));
    scores.map_or(vec![], |(scores, pca)| {
        let case = |n: usize| Case {
            digit: x.row(n).to_vec(),
            mean: pca.mean().to_vec(),
            components: pca.components().clone(),
            scores: scores.row(n).to_vec(),
        };
        (0..3).map(case).collect()
    })
}
