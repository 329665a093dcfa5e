use super::{assert_diagnosed, assert_done};
use em_lab::worksheet::em_in_1d::new_mean as check;
use ndarray::{Array1, aview1};

fn loops(x: &[f64], responsibility: &[f64]) -> f64 {
    let mut sum = 0.0;
    let mut count = 0.0;
    for n in 0..x.len() {
        sum += responsibility[n] * x[n];
        count += responsibility[n];
    }
    sum / count
}

fn iterators(x: &[f64], responsibility: &[f64]) -> f64 {
    let sum: f64 = x.iter().zip(responsibility).map(|(x, r)| r * x).sum();
    sum / responsibility.iter().sum::<f64>()
}

fn arrays(x: &[f64], responsibility: &[f64]) -> f64 {
    let (x, r) = (aview1(x), aview1(responsibility));
    r.dot(&x) / r.sum()
}

/// The shares of the component's points sum to 1 before anything is averaged.
fn normalised_first(x: &[f64], responsibility: &[f64]) -> f64 {
    let count: f64 = responsibility.iter().sum();
    let shares: Vec<f64> = responsibility.iter().map(|r| r / count).collect();
    x.iter().zip(shares).map(|(x, share)| share * x).sum()
}

/// A mean of a mean: the two counts cancel.
fn by_means(x: &[f64], responsibility: &[f64]) -> f64 {
    let products = Array1::from_iter(x.iter().zip(responsibility).map(|(x, r)| x * r));
    products.mean().unwrap() / aview1(responsibility).mean().unwrap()
}

fn one_point_after_the_other(x: &[f64], responsibility: &[f64]) -> f64 {
    let (mut mean, mut count) = (0.0, 0.0);
    for (x, r) in x.iter().zip(responsibility) {
        if *r > 0.0 {
            count += r;
            mean += r / count * (x - mean);
        }
    }
    mean
}

/// In log space: the shares as a softmax of the logarithms.
fn in_log_space(x: &[f64], responsibility: &[f64]) -> f64 {
    let logs: Vec<f64> = responsibility.iter().map(|r| r.ln()).collect();
    let log_count = logs.iter().map(|l| l.exp()).sum::<f64>().ln();
    x.iter()
        .zip(logs)
        .map(|(x, l)| (l - log_count).exp() * x)
        .sum()
}

#[test]
fn right_answers_are_done() {
    assert_done(&[
        check(loops),
        check(iterators),
        check(arrays),
        check(normalised_first),
        check(by_means),
        check(one_point_after_the_other),
        check(in_log_space),
    ]);
}

fn weighted_sum(x: &[f64], responsibility: &[f64]) -> f64 {
    let mut sum = 0.0;
    for n in 0..x.len() {
        sum += responsibility[n] * x[n];
    }
    sum
}

fn sum(values: &[f64]) -> f64 {
    values.iter().sum()
}

fn hard(x: &[f64], responsibility: &[f64]) -> f64 {
    let mut mine = Vec::new();
    for n in 0..x.len() {
        if responsibility[n] > 0.5 {
            mine.push(x[n]);
        }
    }
    sum(&mine) / mine.len() as f64
}

fn whole_points_above(x: &[f64], responsibility: &[f64]) -> f64 {
    let rounded: Vec<f64> = responsibility.iter().map(|r| r.round()).collect();
    weighted_sum(x, &rounded) / sum(responsibility)
}

fn squares(responsibility: &[f64]) -> Vec<f64> {
    responsibility.iter().map(|r| r.powi(2)).collect()
}

fn others(x: &[f64], responsibility: &[f64]) -> f64 {
    let rest: Vec<f64> = responsibility.iter().map(|r| 1.0 - r).collect();
    loops(x, &rest)
}

fn most_responsible(x: &[f64], responsibility: &[f64]) -> f64 {
    let mut best = 0;
    for n in 1..x.len() {
        if responsibility[n] > responsibility[best] {
            best = n;
        }
    }
    x[best]
}

#[test]
fn each_misconception_is_found() {
    assert_diagnosed(&[
        (
            "divided by N",
            check(|x, r| weighted_sum(x, r) / x.len() as f64),
        ),
        ("not divided", check(weighted_sum)),
        (
            "responsibilities forgotten",
            check(|x, _| sum(x) / x.len() as f64),
        ),
        (
            "responsibilities forgotten above",
            check(|x, r| sum(x) / sum(r)),
        ),
        (
            "divided by Nₖ - 1",
            check(|x, r| weighted_sum(x, r) / (sum(r) - 1.0)),
        ),
        (
            "divided by N - 1",
            check(|x, r| weighted_sum(x, r) / (x.len() - 1) as f64),
        ),
        ("a hard assignment", check(hard)),
        (
            "points taken whole above, shares below",
            check(whole_points_above),
        ),
        (
            "responsibilities squared",
            check(|x, r| loops(x, &squares(r))),
        ),
        (
            "responsibilities multiplied in twice",
            check(|x, r| weighted_sum(x, &squares(r)) / sum(r)),
        ),
        (
            "divided by the sum of the points",
            check(|x, r| loops(r, x)),
        ),
        (
            "the sums multiplied",
            check(|x, r| sum(x) * sum(r) / x.len() as f64),
        ),
        ("the mean of the other components", check(others)),
        ("the most responsible point", check(most_responsible)),
    ]);
}
