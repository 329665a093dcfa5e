use super::{assert_diagnosed, assert_done};
use em_lab::worksheet::em_in_1d::new_standard_deviation as check;
use ndarray::aview1;

fn loops(x: &[f64], responsibility: &[f64], _old_mean: f64, new_mean: f64) -> f64 {
    let mut sum = 0.0;
    let mut count = 0.0;
    for n in 0..x.len() {
        let deviation = x[n] - new_mean;
        sum += responsibility[n] * deviation * deviation;
        count += responsibility[n];
    }
    (sum / count).sqrt()
}

fn iterators(x: &[f64], responsibility: &[f64], _old_mean: f64, new_mean: f64) -> f64 {
    let squares = x.iter().map(|x| (x - new_mean).powi(2));
    let sum: f64 = squares
        .zip(responsibility)
        .map(|(square, r)| r * square)
        .sum();
    (sum / responsibility.iter().sum::<f64>()).sqrt()
}

fn arrays(x: &[f64], responsibility: &[f64], _old_mean: f64, new_mean: f64) -> f64 {
    let (deviations, r) = (&aview1(x) - new_mean, aview1(responsibility));
    (r.dot(&(&deviations * &deviations)) / r.sum()).sqrt()
}

/// E[x²] - μ².
fn short_form(x: &[f64], responsibility: &[f64], _old_mean: f64, new_mean: f64) -> f64 {
    let count: f64 = responsibility.iter().sum();
    let squares: f64 = x.iter().zip(responsibility).map(|(x, r)| r * x * x).sum();
    (squares / count - new_mean * new_mean).sqrt()
}

/// From the mean that the function computes itself.
fn with_a_mean_of_its_own(x: &[f64], responsibility: &[f64], _old: f64, _new: f64) -> f64 {
    let (x, r) = (aview1(x), aview1(responsibility));
    let mean = x.dot(&r) / r.sum();
    x.mapv(|x| (x - mean).powi(2)).dot(&r).sqrt() / r.sum().sqrt()
}

/// Around the old mean, and then moved: E[(x - a)²] = σ² + (μ - a)².
fn moved_from_the_old_mean(x: &[f64], responsibility: &[f64], old: f64, new: f64) -> f64 {
    let mut around_old = 0.0;
    for (x, r) in x.iter().zip(responsibility) {
        around_old += r * (x - old).powi(2);
    }
    (around_old / responsibility.iter().sum::<f64>() - (new - old).powi(2)).sqrt()
}

/// In log space: ln σ is half of a difference of logarithms.
fn in_log_space(x: &[f64], responsibility: &[f64], _old_mean: f64, new_mean: f64) -> f64 {
    let terms = x.iter().zip(responsibility);
    let logs = terms.map(|(x, r)| r.ln() + 2.0 * (x - new_mean).abs().ln());
    let log_sum = logs.map(f64::exp).sum::<f64>().ln();
    (0.5 * (log_sum - responsibility.iter().sum::<f64>().ln())).exp()
}

#[test]
fn right_answers_are_done() {
    assert_done(&[
        check(loops),
        check(iterators),
        check(arrays),
        check(short_form),
        check(with_a_mean_of_its_own),
        check(moved_from_the_old_mean),
        check(in_log_space),
    ]);
}

fn sum(values: &[f64]) -> f64 {
    values.iter().sum()
}

/// The weighted sum of squares around a centre.
fn squares(x: &[f64], responsibility: &[f64], centre: f64) -> f64 {
    let mut total = 0.0;
    for n in 0..x.len() {
        total += responsibility[n] * (x[n] - centre).powi(2);
    }
    total
}

fn plain_squares(x: &[f64], centre: f64) -> f64 {
    x.iter().map(|x| (x - centre) * (x - centre)).sum()
}

fn of_all_points(x: &[f64], _: &[f64], _: f64, _: f64) -> f64 {
    aview1(x).std(0.0)
}

fn responsibility_inside_the_square(x: &[f64], r: &[f64], _: f64, new: f64) -> f64 {
    let mut total = 0.0;
    for n in 0..x.len() {
        total += (r[n] * (x[n] - new)).powi(2);
    }
    (total / sum(r)).sqrt()
}

fn responsibility_at_the_point(x: &[f64], r: &[f64], _: f64, new: f64) -> f64 {
    let mut total = 0.0;
    for n in 0..x.len() {
        total += (r[n] * x[n] - new).powi(2);
    }
    (total / sum(r)).sqrt()
}

fn absolute(x: &[f64], r: &[f64], _: f64, new: f64) -> f64 {
    let mut total = 0.0;
    for n in 0..x.len() {
        total += r[n] * (x[n] - new).abs();
    }
    total / sum(r)
}

fn without_a_square(x: &[f64], r: &[f64], _: f64, new: f64) -> f64 {
    let mut total = 0.0;
    for n in 0..x.len() {
        total += r[n] * (x[n] - new);
    }
    total / sum(r)
}

fn hard(x: &[f64], r: &[f64], _: f64, new: f64) -> f64 {
    let mut mine = Vec::new();
    for n in 0..x.len() {
        if r[n] >= 0.5 {
            mine.push((x[n] - new).powi(2));
        }
    }
    (sum(&mine) / mine.len() as f64).sqrt()
}

#[test]
fn each_misconception_is_found() {
    assert_diagnosed(&[
        (
            "the old mean in the new variance",
            check(|x, r, old, _| (squares(x, r, old) / sum(r)).sqrt()),
        ),
        (
            "square root forgotten",
            check(|x, r, _, new| squares(x, r, new) / sum(r)),
        ),
        (
            "the old mean, and square root forgotten",
            check(|x, r, old, _| squares(x, r, old) / sum(r)),
        ),
        (
            "divided by N",
            check(|x, r, _, new| (squares(x, r, new) / x.len() as f64).sqrt()),
        ),
        (
            "divided by N, and square root forgotten",
            check(|x, r, _, new| squares(x, r, new) / x.len() as f64),
        ),
        (
            "the old mean, and divided by N",
            check(|x, r, old, _| (squares(x, r, old) / x.len() as f64).sqrt()),
        ),
        (
            "divided by Nₖ - 1",
            check(|x, r, _, new| (squares(x, r, new) / (sum(r) - 1.0)).sqrt()),
        ),
        (
            "not divided",
            check(|x, r, _, new| squares(x, r, new).sqrt()),
        ),
        (
            "the root taken before the division",
            check(|x, r, _, new| squares(x, r, new).sqrt() / sum(r)),
        ),
        (
            "responsibilities forgotten",
            check(|x, _, _, new| (plain_squares(x, new) / x.len() as f64).sqrt()),
        ),
        (
            "responsibilities forgotten above",
            check(|x, r, _, new| (plain_squares(x, new) / sum(r)).sqrt()),
        ),
        ("the standard deviation of all points", check(of_all_points)),
        (
            "the responsibility squared with the deviation",
            check(responsibility_inside_the_square),
        ),
        (
            "the responsibility multiplied to the point",
            check(responsibility_at_the_point),
        ),
        (
            "not centred",
            check(|x, r, _, _| (squares(x, r, 0.0) / sum(r)).sqrt()),
        ),
        (
            "the mean not squared",
            check(|x, r, _, new| (squares(x, r, 0.0) / sum(r) - new).sqrt()),
        ),
        (
            "the square of the old mean taken away",
            check(|x, r, old, _| (squares(x, r, 0.0) / sum(r) - old * old).sqrt()),
        ),
        ("absolute deviations", check(absolute)),
        ("the square forgotten", check(without_a_square)),
        ("a hard assignment", check(hard)),
    ]);
}
