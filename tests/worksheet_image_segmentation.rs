//! Worksheet 3, a pixel's component and the threshold: each misconception is called by its name, and right answers of any kind pass.
#![cfg(all(feature = "worksheet", unix))]

use em_lab::worksheet::image_segmentation::{classify, threshold};
use em_lab::worksheet::{Check, Verdict};
use std::f64::consts::PI;

/// The name of the mistake that was found.
fn mistake(check: &Check) -> &str {
    match check.verdict() {
        Verdict::Misconception { name, .. } => name,
        other => panic!("{other:?}"),
    }
}

fn density(x: f64, mean: f64, standard_deviation: f64) -> f64 {
    let distance = (x - mean) / standard_deviation;
    (-0.5 * distance * distance).exp() / (standard_deviation * (2.0 * PI).sqrt())
}

/// The first place of the largest number.
fn argmax(numbers: &[f64]) -> usize {
    let mut best = 0;
    for k in 1..numbers.len() {
        if numbers[k] > numbers[best] {
            best = k;
        }
    }
    best
}

fn each(k: usize, number: impl Fn(usize) -> f64) -> Vec<f64> {
    (0..k).map(number).collect()
}

#[test]
fn stubs_are_not_done() {
    for check in [classify(|_, _, _, _| todo!()), threshold(|_, _, _| todo!())] {
        assert_eq!(check.verdict(), &Verdict::NotDone);
    }
}

#[test]
fn pixels_classified_rightly() {
    let logarithms = classify(|x, weights, means, deviations| {
        let mut best = (0, f64::NEG_INFINITY);
        for k in 0..weights.len() {
            let distance = (x - means[k]) / deviations[k];
            let score = weights[k].ln() - deviations[k].ln() - 0.5 * distance * distance;
            if score > best.1 {
                best = (k, score);
            }
        }
        best.0
    });
    let densities = classify(|x, weights, means, deviations| {
        (0..weights.len())
            .max_by(|&a, &b| {
                let weighted = |k: usize| weights[k] * density(x, means[k], deviations[k]);
                weighted(a).total_cmp(&weighted(b))
            })
            .unwrap()
    });
    let responsibilities = classify(|x, weights, means, deviations| {
        let k = weights.len();
        let joint = each(k, |j| weights[j] * density(x, means[j], deviations[j]));
        let sum: f64 = joint.iter().sum();
        argmax(&each(k, |j| joint[j] / sum))
    });
    // -2 ln of the weighted density, to be made small.
    let deviance = classify(|x, weights, means, deviations| {
        let cost = |k: usize| {
            let variance = deviations[k].powi(2);
            (2.0 * PI * variance).ln() + (x - means[k]).powi(2) / variance - 2.0 * weights[k].ln()
        };
        let mut best = 0;
        for k in 1..weights.len() {
            if cost(k) < cost(best) {
                best = k;
            }
        }
        best
    });
    for check in [logarithms, densities, responsibilities, deviance] {
        assert!(check.is_done(), "{check}");
    }
}

#[test]
fn mistakes_in_classifying() {
    let unweighted = classify(|x, w, m, s| argmax(&each(w.len(), |k| density(x, m[k], s[k]))));
    assert_eq!(mistake(&unweighted), "weights forgotten");
    let nearest = classify(|x, w, m, _| argmax(&each(w.len(), |k| -(x - m[k]).abs())));
    assert_eq!(mistake(&nearest), "nearest mean");
    let no_factor = classify(|x, w, m, s| {
        argmax(&each(w.len(), |k| {
            w[k] * (-((x - m[k]) / s[k]).powi(2) / 2.0).exp()
        }))
    });
    assert_eq!(mistake(&no_factor), "ln σₖ forgotten");
    let exponent = classify(|x, w, m, s| argmax(&each(w.len(), |k| -((x - m[k]) / s[k]).abs())));
    assert_eq!(mistake(&exponent), "nearest mean in standard deviations");
    let heaviest = classify(|_, w, _, _| argmax(w));
    assert_eq!(mistake(&heaviest), "largest weight alone");
    let smallest = classify(|x, w, m, s| {
        let joint = each(w.len(), |k| w[k] * density(x, m[k], s[k]));
        let least = joint.iter().copied().fold(f64::INFINITY, f64::min);
        joint.iter().position(|&value| value <= least).unwrap()
    });
    assert_eq!(mistake(&smallest), "smallest instead of largest");
    let mixed =
        classify(|x, w, m, s| argmax(&each(w.len(), |k| w[k] + density(x, m[k], s[k]).ln())));
    assert_eq!(mistake(&mixed), "weight beside a logarithm");
    let variance = classify(|x, w, m, s| {
        argmax(&each(w.len(), |k| {
            w[k] / s[k].sqrt() * (-(x - m[k]).powi(2) / (2.0 * s[k])).exp()
        }))
    });
    assert_eq!(mistake(&variance), "variance for standard deviation");
    let no_half = classify(|x, w, m, s| {
        argmax(&each(w.len(), |k| {
            w[k].ln() - s[k].ln() - ((x - m[k]) / s[k]).powi(2)
        }))
    });
    assert_eq!(mistake(&no_half), "half forgotten");
    let from_one =
        classify(|x, w, m, s| 1 + argmax(&each(w.len(), |k| w[k] * density(x, m[k], s[k]))));
    assert_eq!(mistake(&from_one), "counted from 1");
}

/// Where two functions cross between the ends, by halving.
fn crossing(ends: &[f64], first: impl Fn(f64) -> f64, second: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (ends[0], ends[1]);
    while high - low > 1e-11 * high.abs() {
        let middle = (low + high) / 2.0;
        if first(middle) > second(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The solutions of a x² + b x + c = 0 for the difference of the two scores.
fn solutions(weights: &[f64], means: &[f64], deviations: &[f64]) -> [f64; 2] {
    let (p, q) = (deviations[0].powi(-2), deviations[1].powi(-2));
    let a = (q - p) / 2.0;
    let b = means[0] * p - means[1] * q;
    let c = (means[1].powi(2) * q - means[0].powi(2) * p) / 2.0
        + (weights[0] * deviations[1] / (weights[1] * deviations[0])).ln();
    let root = (b * b - 4.0 * a * c).sqrt();
    [(-b - root) / (2.0 * a), (-b + root) / (2.0 * a)]
}

fn is_between(means: &[f64], x: f64) -> bool {
    means[0] < x && x < means[1]
}

#[test]
fn thresholds_found_rightly() {
    let halving = threshold(|w, m, s| {
        crossing(
            m,
            |x| w[0] * density(x, m[0], s[0]),
            |x| w[1] * density(x, m[1], s[1]),
        )
    });
    let quadratic = threshold(|w, m, s| {
        let found = solutions(w, m, s);
        found.into_iter().find(|&x| is_between(m, x)).unwrap()
    });
    let newton = threshold(|w, m, s| {
        let score = |k: usize, x: f64| w[k].ln() - s[k].ln() - ((x - m[k]) / s[k]).powi(2) / 2.0;
        let slope = |k: usize, x: f64| -(x - m[k]) / (s[k] * s[k]);
        let mut x = (m[0] * s[1] + m[1] * s[0]) / (s[0] + s[1]);
        for _ in 0..50 {
            x -= (score(0, x) - score(1, x)) / (slope(0, x) - slope(1, x));
        }
        x
    });
    // Steps of a grid that gets finer, as far as seven digits.
    let grid = threshold(|w, m, s| {
        let (mut low, mut step) = (m[0], (m[1] - m[0]) / 10.0);
        for _ in 0..9 {
            while w[0] * density(low + step, m[0], s[0]) > w[1] * density(low + step, m[1], s[1]) {
                low += step;
            }
            step /= 10.0;
        }
        low
    });
    for check in [halving, quadratic, newton, grid] {
        assert!(check.is_done(), "{check}");
    }
}

#[test]
fn mistakes_at_the_threshold() {
    let unweighted =
        threshold(|_, m, s| crossing(m, |x| density(x, m[0], s[0]), |x| density(x, m[1], s[1])));
    assert_eq!(mistake(&unweighted), "weights forgotten");
    assert_eq!(
        mistake(&threshold(|_, m, _| (m[0] + m[1]) / 2.0)),
        "halfway between the means"
    );
    let no_factor = threshold(|w, m, s| {
        let bell = |k: usize, x: f64| w[k] * (-0.5 * ((x - m[k]) / s[k]).powi(2)).exp();
        crossing(m, |x| bell(0, x), |x| bell(1, x))
    });
    assert_eq!(mistake(&no_factor), "ln σₖ forgotten");
    let distances =
        threshold(|_, m, s| crossing(m, |x| -(x - m[0]) / s[0], |x| -(m[1] - x) / s[1]));
    assert_eq!(
        mistake(&distances),
        "equal distances in standard deviations"
    );
    let wrong_half = threshold(|w, m, s| {
        let (mut dark, mut bright) = (m[0], m[1]);
        for _ in 0..60 {
            let middle = 0.5 * (dark + bright);
            if w[0] * density(middle, m[0], s[0]) > w[1] * density(middle, m[1], s[1]) {
                bright = middle;
            } else {
                dark = middle;
            }
        }
        0.5 * (dark + bright)
    });
    assert_eq!(mistake(&wrong_half), "the wrong half kept");
    let outside = threshold(|w, m, s| {
        let found = solutions(w, m, s);
        found.into_iter().find(|&x| !is_between(m, x)).unwrap()
    });
    assert_eq!(mistake(&outside), "the crossing outside the means");
    let exchanged = threshold(|w, m, s| {
        crossing(
            m,
            |x| w[1] * density(x, m[0], s[0]),
            |x| w[0] * density(x, m[1], s[1]),
        )
    });
    assert_eq!(mistake(&exchanged), "weights exchanged");
    let average = threshold(|w, m, _| w[0] * m[0] + w[1] * m[1]);
    assert_eq!(mistake(&average), "mean of the mixture");
    let mixed = threshold(|w, m, s| {
        crossing(
            m,
            |x| w[0] + density(x, m[0], s[0]).ln(),
            |x| w[1] + density(x, m[1], s[1]).ln(),
        )
    });
    assert_eq!(mistake(&mixed), "weight beside a logarithm");
    let variance = threshold(|w, m, s| {
        let score =
            |k: usize, x: f64| w[k].ln() - 0.5 * s[k].ln() - (x - m[k]).powi(2) / (2.0 * s[k]);
        crossing(m, |x| score(0, x), |x| score(1, x))
    });
    assert_eq!(mistake(&variance), "variance for standard deviation");
}
