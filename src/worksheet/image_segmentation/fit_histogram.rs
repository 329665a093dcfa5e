//! EM on the counts of grey levels.

use super::log_density;
use crate::worksheet::answer::Numbers;
use crate::worksheet::draws::{numbers, weights, whole_numbers};
use crate::worksheet::exercise::{Exercise, Misconception, Part, TOLERANCE};
use crate::worksheet::{Check, words};
use crate::{Em, GaussianMixture, Regularization, Result, Start, column};
use ndarray::{Array2, array};

/// Checks a function that returns the mixture after some iterations of EM on a histogram, from the counts of the grey levels 0, 1,
/// 2 …, the mixture to start from and the number of iterations.
#[must_use]
pub fn fit_histogram(
    answer: fn(&[f64], &GaussianMixture, usize) -> Result<GaussianMixture>,
) -> Check {
    EXERCISE.check(|case| {
        answer(&case.counts, &case.start, case.n_iterations).map(|model| parameters(&model))
    })
}

pub(super) struct Case {
    counts: Vec<f64>,
    start: GaussianMixture,
    n_iterations: usize,
}

/// A row of weight, mean and standard deviation for each component.
fn parameters(model: &GaussianMixture) -> Array2<f64> {
    let (means, deviations) = (model.means(), model.standard_deviations());
    Array2::from_shape_fn(
        (model.n_components(), 3),
        |(k, parameter)| match parameter {
            0 => model.weights()[k],
            1 => means[[k, 0]],
            _ => deviations[[k, 0]],
        },
    )
}

pub(super) const EXERCISE: Exercise<Case, Result<Array2<f64>>> = Exercise {
    name: "fit_histogram",
    axes: &["component", "weight|mean|standard deviation"],
    tolerance: TOLERANCE,
    parts: || {
        let mut parts = by_hand();
        parts.extend([
            Part::theorem(random(6, 300), keeps_the_mean),
            Part::random(random(12, 400), |case| Ok(case.fit(Slip::None))),
            Part::beside_the_crate(random(4, 500), by_the_crate),
        ]);
        parts
    },
    misconceptions: &[
        Misconception {
            name: "counts forgotten",
            why: "Level v stands for as many pixels as its count: every sum has the factor c_v beside r_vk.",
            answer: |case| Ok(case.fit(Slip::NoCounts)),
        },
        Misconception {
            name: "counts forgotten in the weights",
            why: "πₖ is the share of the pixels, not of the levels: Nₖ is a sum of c_v r_vk, and is divided by the sum of the counts.",
            answer: |case| Ok(case.fit(Slip::NoCountsInWeights)),
        },
        Misconception {
            name: "counts forgotten in the variance",
            why: "Level v stands for as many pixels as its count in the sum of squares too: it has the factor c_v beside r_vk.",
            answer: |case| Ok(case.fit(Slip::NoCountsInVariance)),
        },
        Misconception {
            name: "variance for standard deviation",
            why: "GaussianMixture::univariate takes standard deviations: look for the square root.",
            answer: |case| Ok(case.fit(Slip::Variance)),
        },
        Misconception {
            name: "old mean in the new variance",
            why: "The spread is measured from the new mean, the one that this M-step has just found.",
            answer: |case| Ok(case.fit(Slip::OldMean)),
        },
        Misconception {
            name: "every iteration from the start",
            why: "The responsibilities come from the newest mixture, not from the start: otherwise each iteration repeats the first.",
            answer: |case| Ok(case.fit(Slip::FromTheStart)),
        },
        Misconception {
            name: "hard instead of soft assignments",
            why: "EM divides each level among the components by their responsibilities; giving it whole to the largest is k-means' way.",
            answer: |case| Ok(case.fit(Slip::Hard)),
        },
        Misconception {
            name: "weights forgotten in the responsibilities",
            why: "A responsibility is a share of the weighted densities πₖ N(v | μₖ, σₖ²), not of the densities alone.",
            answer: |case| Ok(case.fit(Slip::NoWeights)),
        },
        Misconception {
            name: "grey levels counted from 1",
            why: "The first count is that of level 0, black.",
            answer: |case| Ok(case.fit(Slip::FromOne)),
        },
        Misconception {
            name: "weights kept from the start",
            why: "The M-step renews the weights too: πₖ is Nₖ divided by the number of pixels.",
            answer: |case| Ok(case.fit(Slip::OldWeights)),
        },
    ],
};

/// One component takes all pixels; of two that lie far apart each takes its own heap, to within 1e-26.
fn by_hand() -> Vec<Part<Case>> {
    let case = |counts: &[f64], parameters: [&[f64]; 3]| Case {
        counts: counts.to_vec(),
        start: mixture(parameters[0], parameters[1], parameters[2]),
        n_iterations: 1,
    };
    vec![
        Part::by_hand(
            "counts 4, 0, 0, 0, 0 and 1, one iteration, one component with mean 2 and standard deviation 3",
            case(&[4.0, 0.0, 0.0, 0.0, 0.0, 1.0], [&[1.0], &[2.0], &[3.0]]),
            array![[1.0, 1.0, 2.0]],
        ),
        Part::by_hand(
            "counts 1, 0, 1, 0, 0, 0, 0, 4, 0 and 4, one iteration, weights 0.5 and 0.5, means 1.5 and 7.5, standard deviations 0.5 and 0.5",
            case(
                &[1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 4.0, 0.0, 4.0],
                [&[0.5, 0.5], &[1.5, 7.5], &[0.5, 0.5]],
            ),
            array![[0.2, 1.0, 1.0], [0.8, 8.0, 1.0]],
        ),
    ]
}

/// What may be done wrongly.
#[derive(Clone, Copy, PartialEq)]
enum Slip {
    None,
    NoCounts,
    NoCountsInWeights,
    NoCountsInVariance,
    Variance,
    OldMean,
    FromTheStart,
    Hard,
    NoWeights,
    FromOne,
    OldWeights,
}

impl Case {
    /// EM by plain sums, with one thing done wrongly.
    fn fit(&self, slip: Slip) -> Array2<f64> {
        let n_levels = self.counts.len();
        let levels: Vec<f64> = match slip {
            Slip::FromOne => (1..=n_levels).map(|level| level as f64).collect(),
            _ => (0..n_levels).map(|level| level as f64).collect(),
        };
        let counts = match slip {
            Slip::NoCounts => vec![1.0; n_levels],
            _ => self.counts.clone(),
        };
        let start = parameters(&self.start);
        let mut now = start.clone();
        for _ in 0..self.n_iterations {
            let before = if slip == Slip::FromTheStart {
                &start
            } else {
                &now
            };
            let shares = responsibilities(&levels, before, slip);
            now = m_step(&levels, &counts, &shares, before, slip);
        }
        now
    }
}

/// Shape (level, component).
fn responsibilities(levels: &[f64], now: &Array2<f64>, slip: Slip) -> Array2<f64> {
    let mut shares = Array2::from_shape_fn((levels.len(), now.nrows()), |(v, k)| {
        let weight = if slip == Slip::NoWeights {
            1.0
        } else {
            now[[k, 0]]
        };
        weight * log_density(levels[v], now[[k, 1]], now[[k, 2]]).exp()
    });
    for mut row in shares.rows_mut() {
        let (sum, most) = (row.sum(), row.fold(0.0_f64, |most, &share| most.max(share)));
        row.mapv_inplace(|share| match slip {
            Slip::Hard => f64::from(u8::from(share >= most)),
            _ => share / sum,
        });
    }
    shares
}

fn m_step(
    levels: &[f64],
    counts: &[f64],
    shares: &Array2<f64>,
    before: &Array2<f64>,
    slip: Slip,
) -> Array2<f64> {
    let n_pixels: f64 = counts.iter().sum();
    let mut after = Array2::zeros(before.dim());
    for (k, column) in shares.columns().into_iter().enumerate() {
        let pixels: Vec<f64> = column.iter().zip(counts).map(|(r, c)| r * c).collect();
        let mean = average(levels, &pixels);
        let centre = if slip == Slip::OldMean {
            before[[k, 1]]
        } else {
            mean
        };
        let squares: Vec<f64> = levels
            .iter()
            .map(|level| (level - centre).powi(2))
            .collect();
        let variance = match slip {
            Slip::NoCountsInVariance => average(&squares, &column.to_vec()),
            _ => average(&squares, &pixels),
        };
        after[[k, 0]] = match slip {
            Slip::NoCountsInWeights => column.sum() / levels.len() as f64,
            Slip::OldWeights => before[[k, 0]],
            _ => pixels.iter().sum::<f64>() / n_pixels,
        };
        after[[k, 1]] = mean;
        after[[k, 2]] = if slip == Slip::Variance {
            variance
        } else {
            variance.sqrt()
        };
    }
    after
}

fn average(values: &[f64], shares: &[f64]) -> f64 {
    let sum: f64 = values
        .iter()
        .zip(shares)
        .map(|(value, share)| value * share)
        .sum();
    sum / shares.iter().sum::<f64>()
}

/// Cases with one to three components over some ten levels, some of which no pixel has.
fn random(n_cases: u64, seed: u64) -> Vec<Case> {
    let case = |seed: u64, n_levels: usize, k: usize| {
        let counts = whole_numbers(n_levels, 9, seed);
        let distances = numbers(k, -0.8, 0.8, seed + 2);
        let step = n_levels as f64 / k as f64;
        // In an order of their own: the last component is the darkest.
        let means: Vec<f64> = (0..k)
            .map(|j| ((k - j) as f64 - 0.5) * step + distances[j])
            .collect();
        Case {
            counts: counts.iter().map(|&count| count as f64).collect(),
            start: mixture(
                &weights(k, seed + 1),
                &means,
                &numbers(k, 1.2, 2.4, seed + 3),
            ),
            n_iterations: 1 + usize::from(seed % 8 == 0) * 2,
        }
    };
    let shapes = [(9, 2), (12, 3), (7, 1), (11, 2)];
    (0..n_cases)
        .zip(shapes.into_iter().cycle())
        .map(|(i, (n_levels, k))| case(seed + 4 * i, n_levels, k))
        .collect()
}

/// One that exists: the parameters are those of this file.
fn mixture(weights: &[f64], means: &[f64], standard_deviations: &[f64]) -> GaussianMixture {
    GaussianMixture::univariate(weights, means, standard_deviations)
        .unwrap_or_else(|_| crate::synthetic::one_dimension_model())
}

/// After an M-step the mean of the mixture is the mean of the pixels.
fn keeps_the_mean(cases: &[Case], answers: &[Numbers]) -> Option<String> {
    cases.iter().zip(answers).find_map(|(case, answer)| {
        let levels: Vec<f64> = (0..case.counts.len()).map(|level| level as f64).collect();
        let expected = average(&levels, &case.counts);
        let rows = answer.values.chunks(3);
        let found: f64 = rows.map(|row| row[0] * row[1]).sum();
        let same = (found - expected).abs() <= 1e-8 * expected;
        (!same).then(|| {
            format!(
                "After an M-step the mean of the mixture, the sum of all πₖ μₖ, is the mean grey level of the pixels: {} was found for random counts where {} was expected.",
                words::number(found), words::number(expected)
            )
        })
    })
}

/// The fit on the pixels themselves, one number for each.
fn by_the_crate(case: &Case) -> Result<Array2<f64>> {
    let mut pixels = Vec::new();
    for (level, &count) in case.counts.iter().enumerate() {
        let mut counted = 0.5;
        while counted < count {
            pixels.push(level as f64);
            counted += 1.0;
        }
    }
    let em = Em::new(case.start.n_components())
        .start(Start::Model(case.start.clone()))
        .regularization(Regularization::None)
        .tolerance(0.0)
        .max_iterations(case.n_iterations);
    Ok(parameters(&em.fit(&column(&pixels))?.model))
}
