//! The new standard deviation of a component.

use super::cases::{Share, hard};
use crate::worksheet::Check;
use crate::worksheet::answer::Numbers;
use crate::worksheet::exercise::{Exercise, Misconception, Part, TOLERANCE};
use crate::worksheet::words::number;

/// Checks a function of the points, of a component's responsibilities for them, of its old mean and of its new one that returns
/// the component's new standard deviation, σₖ = √(∑ₙ rₙₖ (xₙ − μₖ)² / Nₖ) with the new mean as μₖ.
#[must_use]
pub fn new_standard_deviation(answer: fn(&[f64], &[f64], f64, f64) -> f64) -> Check {
    EXERCISE.check(|case| answer(&case.x, &case.responsibility, case.old_mean, case.new_mean))
}

pub(super) const EXERCISE: Exercise<Share, f64> = Exercise {
    name: "new_standard_deviation",
    axes: &[],
    tolerance: TOLERANCE,
    parts,
    misconceptions: MISCONCEPTIONS,
};

fn parts() -> Vec<Part<Share>> {
    vec![
        Part::by_hand(
            "x = [4, 9, 0], responsibilities 0.8, 0 and 0.8, old mean 3, new mean 2",
            Share::new(&[4.0, 9.0, 0.0], &[0.8, 0.0, 0.8], 3.0, 2.0),
            2.0,
        ),
        Part::by_hand(
            "x = [3, 8, -2], responsibilities 0.6, 0.1 and 0.1, old mean 1, new mean 3",
            Share::new(&[3.0, 8.0, -2.0], &[0.6, 0.1, 0.1], 1.0, 3.0),
            2.5,
        ),
        Part::theorem(Share::moved(490, MOVED.0, MOVED.1), scales_along),
        Part::random(Share::several(500), |case| {
            variance(case, case.new_mean).sqrt()
        }),
        Part::beside_the_crate(Share::notebook(), |case| {
            case.update().standard_deviations()[[0, 0]]
        }),
    ]
}

/// Every point times the first number, plus the second.
const MOVED: (f64, f64) = (-2.0, 3.0);

fn scales_along(_: &[Share], answers: &[Numbers]) -> Option<String> {
    let values: Vec<f64> = answers
        .iter()
        .filter_map(|answer| answer.values.first().copied())
        .collect();
    let [before, after] = values[..] else {
        return None;
    };
    let expected = MOVED.0.abs() * before;
    let right = (after - expected).abs() < 1e-6;
    (!right).then(|| {
        format!(
            "When every point x becomes 3 - 2x, the points are spread twice as widely: from {} to {}. Yours goes to {}.",
            number(before),
            number(expected),
            number(after)
        )
    })
}

/// ∑ₙ rₙₖ (xₙ − centre)² / Nₖ.
fn variance(case: &Share, centre: f64) -> f64 {
    case.squares(centre) / case.effective_count()
}

/// ∑ₙ rₙₖ xₙ² / Nₖ.
fn mean_square(case: &Share) -> f64 {
    variance(case, 0.0)
}

const MISCONCEPTIONS: &[Misconception<Share, f64>] = &[
    Misconception {
        name: "the old mean in the new variance",
        why: "The deviations are from the new μₖ, the centre of the points as they are shared out now: from any other centre the spread comes out too large.",
        answer: |case| variance(case, case.old_mean).sqrt(),
    },
    Misconception {
        name: "square root forgotten",
        why: "This is the variance σₖ²; the function returns σₖ, its root.",
        answer: |case| variance(case, case.new_mean),
    },
    Misconception {
        name: "the old mean, and square root forgotten",
        why: "The deviations are from the new μₖ, and what you have then is the variance σₖ²: the function returns its root.",
        answer: |case| variance(case, case.old_mean),
    },
    Misconception {
        name: "divided by N",
        why: "The responsibilities sum to Nₖ, not to the number of points N: divide by their sum, or every component comes out too narrow.",
        answer: |case| (case.squares(case.new_mean) / case.n()).sqrt(),
    },
    Misconception {
        name: "divided by N, and square root forgotten",
        why: "Divide by Nₖ, the sum of the responsibilities, and take the root of what you have then: it is the variance.",
        answer: |case| case.squares(case.new_mean) / case.n(),
    },
    Misconception {
        name: "the old mean, and divided by N",
        why: "The deviations are from the new μₖ, and the responsibilities, by whose sum one divides, sum to Nₖ.",
        answer: |case| (case.squares(case.old_mean) / case.n()).sqrt(),
    },
    Misconception {
        name: "divided by Nₖ - 1",
        why: "EM maximises the likelihood, and that takes the whole Nₖ; the 1 is taken away where one wants an unbiased variance of a sample.",
        answer: |case| (case.squares(case.new_mean) / (case.effective_count() - 1.0)).sqrt(),
    },
    Misconception {
        name: "not divided",
        why: "∑ rₙₖ (xₙ - μₖ)² grows with every point: divide it by Nₖ before you take the root.",
        answer: |case| case.squares(case.new_mean).sqrt(),
    },
    Misconception {
        name: "the root taken before the division",
        why: "Nₖ stands under the root too: divide the sum by it first. This is σₖ / √Nₖ, which says how well μₖ is known.",
        answer: |case| case.squares(case.new_mean).sqrt() / case.effective_count(),
    },
    Misconception {
        name: "responsibilities forgotten",
        why: "Every point counts in full here: multiply each (xₙ - μₖ)² by its rₙₖ, and divide by the sum Nₖ.",
        answer: |case| (case.sum(|x, _| (x - case.new_mean).powi(2)) / case.n()).sqrt(),
    },
    Misconception {
        name: "responsibilities forgotten above",
        why: "Nₖ stands below, but above it every point still counts in full: multiply each (xₙ - μₖ)² by its rₙₖ.",
        answer: |case| {
            (case.sum(|x, _| (x - case.new_mean).powi(2)) / case.effective_count()).sqrt()
        },
    },
    Misconception {
        name: "the standard deviation of all points",
        why: "This is the same for every component: each point counts as much as its rₙₖ, and its deviation is from μₖ.",
        answer: |case| {
            let mean = case.plain_mean();
            (case.sum(|x, _| (x - mean).powi(2)) / case.n()).sqrt()
        },
    },
    Misconception {
        name: "the responsibility squared with the deviation",
        why: "Only the deviation is squared: rₙₖ (xₙ - μₖ)², not (rₙₖ (xₙ - μₖ))².",
        answer: |case| {
            (case.sum(|x, r| (r * (x - case.new_mean)).powi(2)) / case.effective_count()).sqrt()
        },
    },
    Misconception {
        name: "the responsibility multiplied to the point",
        why: "The deviation is that of the point itself, xₙ - μₖ, and rₙₖ multiplies its square: rₙₖ xₙ - μₖ is no deviation.",
        answer: |case| {
            (case.sum(|x, r| (r * x - case.new_mean).powi(2)) / case.effective_count()).sqrt()
        },
    },
    Misconception {
        name: "not centred",
        why: "Without - μₖ this measures how far the points are from 0, not how far they are from their mean.",
        answer: |case| mean_square(case).sqrt(),
    },
    Misconception {
        name: "the mean not squared",
        why: "The short form of the variance is the mean of x² minus the square of the mean: μₖ² is taken away, not μₖ.",
        answer: |case| (mean_square(case) - case.new_mean).sqrt(),
    },
    Misconception {
        name: "the square of the old mean taken away",
        why: "The short form of the variance, the mean of x² minus μₖ², holds for the mean of the same weighted points, the new one.",
        answer: |case| (mean_square(case) - case.old_mean.powi(2)).sqrt(),
    },
    Misconception {
        name: "absolute deviations",
        why: "This is the mean absolute deviation; the standard deviation is the root of the mean of the squares.",
        answer: |case| case.sum(|x, r| r * (x - case.new_mean).abs()) / case.effective_count(),
    },
    Misconception {
        name: "the square forgotten",
        why: "Deviations from the mean cancel, those to the left against those to the right: square each before you add.",
        answer: |case| case.sum(|x, r| r * (x - case.new_mean)) / case.effective_count(),
    },
    Misconception {
        name: "a hard assignment",
        why: "Only points with rₙₖ above one half count here, as in k-means; in EM every point counts as much as its rₙₖ.",
        answer: |case| {
            let squares = case.sum(|x, r| hard(r) * (x - case.new_mean).powi(2));
            (squares / case.sum(|_, r| hard(r))).sqrt()
        },
    },
];
