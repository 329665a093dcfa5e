//! How much of the variance each principal axis keeps.

use crate::worksheet::answer::Numbers;
use crate::worksheet::draws::{matrix, numbers};
use crate::worksheet::exercise::{Exercise, Misconception, Part, TOLERANCE};
use crate::worksheet::{Check, words};
use crate::{Keep, Pca};
use ndarray::{Array1, Axis};

/// Checks a function that returns the share of the variance that each axis keeps, sⱼ² / (N - 1) / total, from the singular values
/// of the axes kept, the number of samples and the total variance of the data.
#[must_use]
pub fn share_of_variance(answer: fn(&[f64], usize, f64) -> Vec<f64>) -> Check {
    EXERCISE.check(|case| answer(&case.singular_values, case.n_samples, case.total_variance))
}

pub(super) struct Case {
    singular_values: Vec<f64>,
    n_samples: usize,
    total_variance: f64,
}

pub(super) const EXERCISE: Exercise<Case, Vec<f64>> = Exercise {
    name: "share_of_variance",
    axes: &["axis"],
    tolerance: TOLERANCE,
    parts: || {
        vec![
            Part::by_hand(
                "singular values 6 and 3, 10 samples, total variance 8",
                Case {
                    singular_values: vec![6.0, 3.0],
                    n_samples: 10,
                    total_variance: 8.0,
                },
                vec![0.5, 0.125],
            ),
            Part::theorem(all_axes(), sums_to_one),
            Part::random(random(), |case| case.each(Case::share)),
            Part::beside_the_crate(vec![decomposed().0], |_| decomposed().1.to_vec()),
        ]
    },
    misconceptions: &[
        Misconception {
            name: "square forgotten",
            why: "A singular value is a length: the variance along the axis is its square, sⱼ² / (N - 1).",
            answer: |case| case.each(|case, s| case.share(s) / s),
        },
        Misconception {
            name: "divided by N instead of N - 1",
            why: "The total was computed with N - 1, as a sample's variance is: both parts of a share need the same divisor.",
            answer: |case| case.each(|case, s| case.share(s) * (case.n() - 1.0) / case.n()),
        },
        Misconception {
            name: "not divided by N - 1",
            why: "sⱼ² is a sum of squares over all samples: the variance is that sum divided by N - 1.",
            answer: |case| case.each(|case, s| case.share(s) * (case.n() - 1.0)),
        },
        Misconception {
            name: "variances instead of shares",
            why: "A share is a part of the whole: divide by the total variance.",
            answer: |case| case.each(|case, s| case.share(s) * case.total_variance),
        },
        Misconception {
            name: "shares of the kept axes alone",
            why: "The axes that were not kept have a variance too: divide by the total of the data, not by the sum over these axes.",
            answer: |case| {
                let kept: f64 = case.singular_values.iter().map(|s| s * s).sum();
                case.each(|_, s| s * s / kept)
            },
        },
        Misconception {
            name: "shares of the singular values",
            why: "Variances add up and lengths do not: square the singular values, and divide by the total variance.",
            answer: |case| {
                let kept: f64 = case.singular_values.iter().sum();
                case.each(|_, s| s / kept)
            },
        },
        Misconception {
            name: "standard deviations for variances",
            why: "sⱼ / √(N - 1) is the standard deviation along the axis: its square is the variance.",
            answer: |case| case.each(|case, s| s / (case.n() - 1.0).sqrt() / case.total_variance),
        },
        Misconception {
            name: "running sum",
            why: "Each axis has a share of its own: entry j tells of axis j alone, not of all axes up to it.",
            answer: |case| {
                let mut sum = 0.0;
                case.each(|case, s| case.share(s))
                    .into_iter()
                    .map(|share| {
                        sum += share;
                        sum
                    })
                    .collect()
            },
        },
        Misconception {
            name: "per cent",
            why: "A share lies between 0 and 1: the factor 100 belongs to the printing.",
            answer: |case| case.each(|case, s| 100.0 * case.share(s)),
        },
    ],
};

impl Case {
    fn n(&self) -> f64 {
        self.n_samples as f64
    }

    fn share(&self, singular_value: f64) -> f64 {
        singular_value * singular_value / (self.n() - 1.0) / self.total_variance
    }

    fn each(&self, share: impl Fn(&Self, f64) -> f64) -> Vec<f64> {
        let values = self.singular_values.iter();
        values.map(|&value| share(self, value)).collect()
    }
}

/// Singular values in falling order.
fn falling(n: usize, seed: u64) -> Vec<f64> {
    let mut values = numbers(n, 2.0, 30.0, seed);
    values.sort_by(|a, b| b.total_cmp(a));
    values
}

/// The sum of the squares, divided by N - 1.
fn variance(singular_values: &[f64], n_samples: usize) -> f64 {
    singular_values.iter().map(|s| s * s).sum::<f64>() / (n_samples as f64 - 1.0)
}

/// Cases in which no axis was left out.
fn all_axes() -> Vec<Case> {
    let case = |(n_samples, n_axes, seed)| {
        let singular_values = falling(n_axes, seed);
        let total_variance = variance(&singular_values, n_samples);
        Case {
            singular_values,
            n_samples,
            total_variance,
        }
    };
    [(5, 3, 21), (12, 4, 22), (40, 1, 23)].map(case).into()
}

/// Cases in which some axes were left out.
fn random() -> Vec<Case> {
    let case = |(n_samples, n_axes, n_kept, seed)| {
        let mut singular_values = falling(n_axes, seed);
        let total_variance = variance(&singular_values, n_samples);
        singular_values.truncate(n_kept);
        Case {
            singular_values,
            n_samples,
            total_variance,
        }
    };
    [(7, 5, 3, 31), (30, 6, 2, 32), (60, 4, 1, 33), (3, 9, 5, 34)]
        .map(case)
        .into()
}

/// All axes together keep everything.
fn sums_to_one(_: &[Case], answers: &[Numbers]) -> Option<String> {
    answers.iter().find_map(|answer| {
        let sum: f64 = answer.values.iter().sum();
        let is_one = (sum - 1.0).abs() <= 1e-8;
        (!is_one).then(|| {
            format!(
                "With all axes kept the shares sum to 1: {} was found for random numbers.",
                words::number(sum)
            )
        })
    })
}

/// Two of three axes of random points, and the shares that the crate finds.
fn decomposed() -> (Case, Array1<f64>) {
    let x = matrix(20, 3, 41);
    let total_variance = x.var_axis(Axis(0), 1.0).sum();
    let pca = Pca::fit(&x, Keep::Count(2));
    let (singular_values, shares) = pca.map_or_else(
        |_| (vec![], Array1::zeros(0)),
        |pca| {
            (
                pca.singular_values().to_vec(),
                pca.explained_variance_ratio(),
            )
        },
    );
    let case = Case {
        singular_values,
        n_samples: x.nrows(),
        total_variance,
    };
    (case, shares)
}
