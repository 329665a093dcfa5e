//! The new mean of a component.

use super::cases::{Share, hard};
use crate::worksheet::Check;
use crate::worksheet::answer::Numbers;
use crate::worksheet::exercise::{Exercise, Misconception, Part, TOLERANCE};
use crate::worksheet::words::number;

/// Checks a function of the points and of a component's responsibilities for them that returns the component's new mean,
/// μₖ = ∑ₙ rₙₖ xₙ / Nₖ.
#[must_use]
pub fn new_mean(answer: fn(&[f64], &[f64]) -> f64) -> Check {
    EXERCISE.check(|case| answer(&case.x, &case.responsibility))
}

pub(super) const EXERCISE: Exercise<Share, f64> = Exercise {
    name: "new_mean",
    axes: &[],
    tolerance: TOLERANCE,
    parts,
    misconceptions: MISCONCEPTIONS,
};

fn parts() -> Vec<Part<Share>> {
    vec![
        Part::by_hand(
            "x = [4, 10, -1] and responsibilities 0.9, 0 and 0.6",
            Share::new(&[4.0, 10.0, -1.0], &[0.9, 0.0, 0.6], 0.0, 2.0),
            2.0,
        ),
        Part::by_hand(
            "x = [2, 6, 1] and responsibilities 0.4, 0.4 and 0.8",
            Share::new(&[2.0, 6.0, 1.0], &[0.4, 0.4, 0.8], 0.0, 2.5),
            2.5,
        ),
        Part::theorem(Share::moved(390, MOVED.0, MOVED.1), moves_along),
        Part::random(Share::several(400), |case| {
            case.sum(|x, r| r * x) / case.effective_count()
        }),
        Part::beside_the_crate(Share::notebook(), |case| case.update().means()[[0, 0]]),
    ]
}

/// Every point times the first number, plus the second.
const MOVED: (f64, f64) = (-2.0, 3.0);

fn moves_along(_: &[Share], answers: &[Numbers]) -> Option<String> {
    let values: Vec<f64> = answers
        .iter()
        .filter_map(|answer| answer.values.first().copied())
        .collect();
    let [before, after] = values[..] else {
        return None;
    };
    let expected = MOVED.0 * before + MOVED.1;
    let right = (after - expected).abs() < 1e-6;
    (!right).then(|| {
        format!(
            "When every point x becomes 3 - 2x, so does the mean: from {} to {}. Yours goes to {}.",
            number(before),
            number(expected),
            number(after)
        )
    })
}

const MISCONCEPTIONS: &[Misconception<Share, f64>] = &[
    Misconception {
        name: "divided by N",
        why: "The responsibilities sum to Nₖ, not to the number of points N: divide by their sum, or the mean is drawn towards 0.",
        answer: |case| case.sum(|x, r| r * x) / case.n(),
    },
    Misconception {
        name: "not divided",
        why: "∑ rₙₖ xₙ is a sum, which grows with every point: divide it by Nₖ, the sum of the responsibilities.",
        answer: |case| case.sum(|x, r| r * x),
    },
    Misconception {
        name: "responsibilities forgotten",
        why: "This is the mean of all points, the same for every component: each point counts as much as its rₙₖ.",
        answer: Share::plain_mean,
    },
    Misconception {
        name: "responsibilities forgotten above",
        why: "Nₖ stands below, but above it every point still counts in full: multiply each xₙ by its rₙₖ.",
        answer: |case| case.sum(|x, _| x) / case.effective_count(),
    },
    Misconception {
        name: "divided by Nₖ - 1",
        why: "The mean is divided by the whole Nₖ; the 1 that is taken away elsewhere belongs to an unbiased variance, and EM does not use it there either.",
        answer: |case| case.sum(|x, r| r * x) / (case.effective_count() - 1.0),
    },
    Misconception {
        name: "divided by N - 1",
        why: "Divide by the sum of what the points count, Nₖ = ∑ rₙₖ; neither N nor the 1 taken from it belongs here.",
        answer: |case| case.sum(|x, r| r * x) / (case.n() - 1.0),
    },
    Misconception {
        name: "a hard assignment",
        why: "Only points with rₙₖ above one half count here, as in k-means; in EM every point counts as much as its rₙₖ.",
        answer: |case| case.sum(|x, r| hard(r) * x) / case.sum(|_, r| hard(r)),
    },
    Misconception {
        name: "points taken whole above, shares below",
        why: "Above, a point counts 0 or 1, and below it counts rₙₖ: use rₙₖ in both sums.",
        answer: |case| case.sum(|x, r| hard(r) * x) / case.effective_count(),
    },
    Misconception {
        name: "responsibilities squared",
        why: "Each point is weighted by rₙₖ twice here: once is enough, above and below.",
        answer: |case| case.sum(|x, r| r * r * x) / case.sum(|_, r| r * r),
    },
    Misconception {
        name: "responsibilities multiplied in twice",
        why: "Each point is weighted by rₙₖ twice above, and once below: take one of the two away.",
        answer: |case| case.sum(|x, r| r * r * x) / case.effective_count(),
    },
    Misconception {
        name: "divided by the sum of the points",
        why: "Below stands the sum of what the points count, ∑ rₙₖ, not the sum of the points: look whether the two lists are exchanged.",
        answer: |case| case.sum(|x, r| r * x) / case.sum(|x, _| x),
    },
    Misconception {
        name: "the sums multiplied",
        why: "The sum of the products rₙₖ xₙ is not the product of the sums: multiply point by point, then add.",
        answer: |case| case.sum(|x, _| x) * case.effective_count() / case.n(),
    },
    Misconception {
        name: "the mean of the other components",
        why: "1 - rₙₖ is what the others have of a point: weight with rₙₖ itself.",
        answer: |case| case.sum(|x, r| (1.0 - r) * x) / case.sum(|_, r| 1.0 - r),
    },
    Misconception {
        name: "the most responsible point",
        why: "One point alone decides here: the new mean is an average over all points, each as much as its rₙₖ.",
        answer: |case| {
            let pairs = case.x.iter().zip(&case.responsibility);
            let most = pairs.max_by(|a, b| a.1.total_cmp(b.1));
            most.map_or(f64::NAN, |(x, _)| *x)
        },
    },
];
