use super::{assert_done, density};
use em_lab::worksheet::em_in_1d::responsibility as check;
use em_lab::{GaussianMixture, column, e_step};
use ndarray::{Array2, Axis, aview1};

fn loops(x: &[f64], k: usize, weights: &[f64], means: &[f64], deviations: &[f64]) -> Vec<f64> {
    let mut answer = Vec::new();
    for &value in x {
        let mut total = 0.0;
        for j in 0..weights.len() {
            total += weights[j] * density(value, means[j], deviations[j]);
        }
        answer.push(weights[k] * density(value, means[k], deviations[k]) / total);
    }
    answer
}

fn iterators(x: &[f64], k: usize, weights: &[f64], means: &[f64], deviations: &[f64]) -> Vec<f64> {
    x.iter()
        .map(|&value| {
            let weighted = |j: usize| weights[j] * density(value, means[j], deviations[j]);
            weighted(k) / (0..weights.len()).map(weighted).sum::<f64>()
        })
        .collect()
}

fn arrays(x: &[f64], k: usize, weights: &[f64], means: &[f64], deviations: &[f64]) -> Vec<f64> {
    // (N, 1) with (K,) gives (N, K).
    let z = (&aview1(x).insert_axis(Axis(1)) - &aview1(means)) / aview1(deviations);
    let weighted = (-0.5 * &z * &z).exp() * aview1(weights) / aview1(deviations);
    (&weighted.column(k) / &weighted.sum_axis(Axis(1))).to_vec()
}

fn in_log_space(
    x: &[f64],
    k: usize,
    weights: &[f64],
    means: &[f64],
    deviations: &[f64],
) -> Vec<f64> {
    x.iter()
        .map(|value| {
            let logs: Vec<f64> = (0..weights.len())
                .map(|j| {
                    let z = (value - means[j]) / deviations[j];
                    weights[j].ln() - deviations[j].ln() - 0.5 * z * z
                })
                .collect();
            let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let log_sum = largest + logs.iter().map(|l| (l - largest).exp()).sum::<f64>().ln();
            (logs[k] - log_sum).exp()
        })
        .collect()
}

/// 1 / (1 + the odds of all others), as a logistic function.
fn logistic(x: &[f64], k: usize, weights: &[f64], means: &[f64], deviations: &[f64]) -> Vec<f64> {
    let mut answer = vec![0.0; x.len()];
    for (n, share) in answer.iter_mut().enumerate() {
        let own = weights[k] * density(x[n], means[k], deviations[k]);
        let odds: f64 = (0..weights.len())
            .filter(|&j| j != k)
            .map(|j| weights[j] * density(x[n], means[j], deviations[j]) / own)
            .sum();
        *share = 1.0 / (1.0 + odds);
    }
    answer
}

/// All components at once, rows divided by their sums.
fn a_whole_matrix(
    x: &[f64],
    k: usize,
    weights: &[f64],
    means: &[f64],
    deviations: &[f64],
) -> Vec<f64> {
    let mut table = Array2::from_shape_fn((x.len(), weights.len()), |(n, j)| {
        weights[j] * density(x[n], means[j], deviations[j])
    });
    for mut row in table.rows_mut() {
        let total = row.sum();
        row /= total;
    }
    table.column(k).to_vec()
}

/// As students of numerical code guard a division.
fn with_a_guard(
    x: &[f64],
    k: usize,
    weights: &[f64],
    means: &[f64],
    deviations: &[f64],
) -> Vec<f64> {
    let weighted = |value: f64, j: usize| weights[j] * density(value, means[j], deviations[j]);
    x.iter()
        .map(|&value| {
            let total: f64 = (0..weights.len()).map(|j| weighted(value, j)).sum();
            weighted(value, k) / (total + 1e-12)
        })
        .collect()
}

fn the_crate(x: &[f64], k: usize, weights: &[f64], means: &[f64], deviations: &[f64]) -> Vec<f64> {
    let model = GaussianMixture::univariate(weights, means, deviations).unwrap();
    let expectation = e_step(&model, &column(x)).unwrap();
    expectation.responsibilities.column(k).to_vec()
}

#[test]
fn right_answers_are_done() {
    assert_done(&[
        check(loops),
        check(iterators),
        check(arrays),
        check(in_log_space),
        check(logistic),
        check(a_whole_matrix),
        check(with_a_guard),
        check(the_crate),
    ]);
}
