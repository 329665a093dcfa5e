use super::{assert_diagnosed, assert_done};
use em_lab::worksheet::em_in_1d::new_weight as check;
use ndarray::{Array1, aview1};

fn loops(responsibility: &[f64]) -> f64 {
    let mut count = 0.0;
    for share in responsibility {
        count += share;
    }
    count / responsibility.len() as f64
}

fn a_mean(responsibility: &[f64]) -> f64 {
    aview1(responsibility).mean().unwrap()
}

fn each_point_by_itself(responsibility: &[f64]) -> f64 {
    let n = responsibility.len() as f64;
    responsibility.iter().map(|share| share / n).sum()
}

fn a_product_with_ones(responsibility: &[f64]) -> f64 {
    let ones = Array1::<f64>::ones(responsibility.len());
    ones.dot(&aview1(responsibility)) / ones.sum()
}

/// One minus what the others have.
fn what_is_left(responsibility: &[f64]) -> f64 {
    let others: f64 = responsibility.iter().map(|share| 1.0 - share).sum();
    1.0 - others / responsibility.len() as f64
}

fn one_point_after_the_other(responsibility: &[f64]) -> f64 {
    let mut weight = 0.0;
    for (n, share) in responsibility.iter().enumerate() {
        weight += (share - weight) / (n + 1) as f64;
    }
    weight
}

fn in_log_space(responsibility: &[f64]) -> f64 {
    let count: f64 = responsibility.iter().map(|share| share.ln().exp()).sum();
    (count.ln() - (responsibility.len() as f64).ln()).exp()
}

#[test]
fn right_answers_are_done() {
    assert_done(&[
        check(loops),
        check(a_mean),
        check(each_point_by_itself),
        check(a_product_with_ones),
        check(what_is_left),
        check(one_point_after_the_other),
        check(in_log_space),
    ]);
}

fn sum(values: &[f64]) -> f64 {
    values.iter().sum()
}

fn count_above_half(responsibility: &[f64]) -> usize {
    let mut count = 0;
    for &share in responsibility {
        if share > 0.5 {
            count += 1;
        }
    }
    count
}

fn largest(responsibility: &[f64]) -> f64 {
    let mut largest = 0.0;
    for &share in responsibility {
        if share > largest {
            largest = share;
        }
    }
    largest
}

#[test]
fn each_misconception_is_found() {
    assert_diagnosed(&[
        ("weights that sum to the number of points", check(sum)),
        (
            "divided by the sum of the responsibilities",
            check(|r| r.iter().map(|share| share / sum(r)).sum()),
        ),
        (
            "divided by N - 1",
            check(|r| sum(r) / (r.len() as f64 - 1.0)),
        ),
        (
            "the fraction upside down",
            check(|r| r.len() as f64 / sum(r)),
        ),
        ("the factor 1 / Nₖ", check(|r| 1.0 / sum(r))),
        (
            "a hard assignment",
            check(|r| count_above_half(r) as f64 / r.len() as f64),
        ),
        ("a count of points", check(|r| count_above_half(r) as f64)),
        (
            "Nₖ cut to a whole number",
            check(|r| (sum(r) as usize) as f64 / r.len() as f64),
        ),
        (
            "Nₖ rounded to a whole number",
            check(|r| sum(r).round() / r.len() as f64),
        ),
        (
            "responsibilities squared",
            check(|r| r.iter().map(|share| share.powi(2)).sum::<f64>() / r.len() as f64),
        ),
        (
            "responsibilities weighted by themselves",
            check(|r| r.iter().map(|share| share * share).sum::<f64>() / sum(r)),
        ),
        (
            "the weight of the other components",
            check(|r| r.iter().map(|share| 1.0 - share).sum::<f64>() / r.len() as f64),
        ),
        ("the largest responsibility", check(largest)),
        ("1 / N", check(|r| 1.0 / r.len() as f64)),
    ]);
}
