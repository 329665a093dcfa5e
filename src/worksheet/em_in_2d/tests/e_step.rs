#![allow(clippy::needless_range_loop, reason = "as a student writes")]

use super::{assert_diagnosed, assert_done};
use crate::GaussianMixture;
use crate::worksheet::em_in_2d::e_step;
use crate::worksheet::em_in_2d::e_step::{EXERCISE, FAR};
use crate::worksheet::{Check, Verdict};
use ndarray::{Array1, Array2, Array3, Axis};

// What the notebook gives.

fn cholesky(covariance: &Array2<f64>) -> Array2<f64> {
    let n_features = covariance.nrows();
    let mut factor = Array2::<f64>::zeros((n_features, n_features));
    for i in 0..n_features {
        for j in 0..=i {
            let known: f64 = (0..j).map(|l| factor[[i, l]] * factor[[j, l]]).sum();
            let rest = covariance[[i, j]] - known;
            factor[[i, j]] = if i == j {
                rest.sqrt()
            } else {
                rest / factor[[j, j]]
            };
        }
    }
    factor
}

fn squared_distance(x: &[f64], mean: &[f64], factor: &Array2<f64>) -> f64 {
    let mut solution: Vec<f64> = vec![0.0; mean.len()];
    for i in 0..mean.len() {
        let known: f64 = (0..i).map(|j| factor[[i, j]] * solution[j]).sum();
        solution[i] = (x[i] - mean[i] - known) / factor[[i, i]];
    }
    solution.iter().map(|z| z * z).sum()
}

// Right answers.

fn in_log_space(
    x: &Array2<f64>,
    weights: &[f64],
    means: &Array2<f64>,
    covariances: &Array3<f64>,
) -> Array2<f64> {
    let n_features = x.ncols() as f64;
    let mut responsibilities = Array2::<f64>::zeros((x.nrows(), weights.len()));
    for k in 0..weights.len() {
        let factor = cholesky(&covariances.index_axis(Axis(0), k).to_owned());
        let log_determinant = 2.0 * factor.diag().mapv(f64::ln).sum();
        let constant = n_features * (2.0 * std::f64::consts::PI).ln() + log_determinant;
        let mean = means.row(k).to_vec();
        for n in 0..x.nrows() {
            let squared = squared_distance(&x.row(n).to_vec(), &mean, &factor);
            responsibilities[[n, k]] = weights[k].ln() - 0.5 * (constant + squared);
        }
    }
    for mut row in responsibilities.rows_mut() {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        row.mapv_inplace(|value| (value - largest).exp());
        let total = row.sum();
        row.mapv_inplace(|value| value / total);
    }
    responsibilities
}

/// Without the term that cancels, and as 1 over a sum of ratios.
fn by_ratios(x: &Array2<f64>, w: &[f64], means: &Array2<f64>, sigma: &Array3<f64>) -> Array2<f64> {
    let factors: Vec<Array2<f64>> = sigma
        .outer_iter()
        .map(|s| cholesky(&s.to_owned()))
        .collect();
    let log = |n: usize, k: usize| {
        let distance = squared_distance(&x.row(n).to_vec(), &means.row(k).to_vec(), &factors[k]);
        let root_of_determinant: f64 = factors[k].diag().product();
        (w[k] / root_of_determinant).ln() - distance / 2.0
    };
    Array2::from_shape_fn((x.nrows(), w.len()), |(n, k)| {
        1.0 / (0..w.len())
            .map(|j| (log(n, j) - log(n, k)).exp())
            .sum::<f64>()
    })
}

/// The log of the sum first, then a difference of logarithms.
fn by_log_sum_exp(
    x: &Array2<f64>,
    w: &[f64],
    means: &Array2<f64>,
    sigma: &Array3<f64>,
) -> Array2<f64> {
    let mut answer = logs(x, w, means, sigma, |weight, log_determinant, squared| {
        weight.ln() - 0.5 * (log_determinant + squared)
    });
    for mut row in answer.rows_mut() {
        let top = row.fold(f64::MIN, |a: f64, &b| if a > b { a } else { b });
        let log_sum = top + row.mapv(|v| (v - top).exp()).sum().ln();
        row.mapv_inplace(|v| (v - log_sum).exp());
    }
    answer
}

fn by_the_crate(
    x: &Array2<f64>,
    weights: &[f64],
    means: &Array2<f64>,
    covariances: &Array3<f64>,
) -> Array2<f64> {
    let model = GaussianMixture::new(weights, means.clone(), covariances.clone()).unwrap();
    crate::e_step(&model, x).unwrap().responsibilities
}

#[test]
fn right_answers_pass_however_they_are_written() {
    assert_done(&[
        e_step(in_log_space),
        e_step(by_ratios),
        e_step(by_log_sum_exp),
        e_step(by_the_crate),
    ]);
}

// Wrong ones: the terms put together in another way, then the rows.

/// An array with `term(πₖ, ln |Σₖ|, squared distance)` for each point and component.
fn logs(
    x: &Array2<f64>,
    weights: &[f64],
    means: &Array2<f64>,
    covariances: &Array3<f64>,
    term: impl Fn(f64, f64, f64) -> f64,
) -> Array2<f64> {
    let mut logs = Array2::zeros((x.nrows(), weights.len()));
    for k in 0..weights.len() {
        let factor = cholesky(&covariances.index_axis(Axis(0), k).to_owned());
        let log_determinant = factor.diag().iter().map(|l| l.ln()).sum::<f64>() * 2.0;
        for n in 0..x.nrows() {
            let squared = squared_distance(&x.row(n).to_vec(), &means.row(k).to_vec(), &factor);
            logs[[n, k]] = term(weights[k], log_determinant, squared);
        }
    }
    logs
}

/// The density of each component at each point.
fn densities(x: &Array2<f64>, means: &Array2<f64>, covariances: &Array3<f64>) -> Array2<f64> {
    let constant = x.ncols() as f64 * (2.0 * std::f64::consts::PI).ln();
    let equal = vec![1.0; means.nrows()];
    let log = |_, log_determinant, squared| -0.5 * (constant + log_determinant + squared);
    logs(x, &equal, means, covariances, log).exp()
}

fn softmax(logs: Array2<f64>) -> Array2<f64> {
    let numerators = logs.exp();
    let totals = numerators.sum_axis(Axis(1)).insert_axis(Axis(1));
    numerators / totals
}

fn joint(x: &Array2<f64>, w: &[f64], m: &Array2<f64>, c: &Array3<f64>) -> Array2<f64> {
    densities(x, m, c) * Array1::from(w.to_vec())
}

fn with_other_rows() -> Vec<(&'static str, Check)> {
    vec![
        ("not normalised", e_step(joint)),
        (
            "weights forgotten and not normalised",
            e_step(|x, _, m, c| densities(x, m, c)),
        ),
        (
            "divided by the largest entry",
            e_step(|x, w, m, c| {
                let mut logs = joint(x, w, m, c).ln();
                for mut row in logs.rows_mut() {
                    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    row.mapv_inplace(|v| (v - largest).exp());
                }
                logs
            }),
        ),
        (
            "normalised over the points",
            e_step(|x, w, m, c| {
                let joint = joint(x, w, m, c);
                &joint / &joint.sum_axis(Axis(0))
            }),
        ),
        (
            "logarithms divided instead of densities",
            e_step(|x, w, m, c| {
                let logs = joint(x, w, m, c).ln();
                &logs / &logs.sum_axis(Axis(1)).insert_axis(Axis(1))
            }),
        ),
        (
            "logarithms returned",
            e_step(|x, w, m, c| {
                let joint = joint(x, w, m, c);
                joint.ln() - joint.sum_axis(Axis(1)).ln().insert_axis(Axis(1))
            }),
        ),
        (
            "exponential and sum forgotten",
            e_step(|x, w, m, c| joint(x, w, m, c).ln()),
        ),
        (
            "largest logarithm of the wrong axis",
            e_step(|x, w, m, c| {
                let logs = joint(x, w, m, c).ln();
                let largest = logs.map_axis(Axis(0), |row| row.fold(f64::MIN, |a, &b| a.max(b)));
                softmax(logs - largest)
            }),
        ),
        (
            "hard assignments",
            e_step(|x, w, m, c| {
                let joint = joint(x, w, m, c);
                let largest = joint.map_axis(Axis(1), |row| row.fold(0.0, |a: f64, &b| a.max(b)));
                Array2::from_shape_fn(joint.dim(), |(n, k)| {
                    if joint[[n, k]] == largest[n] {
                        1.0
                    } else {
                        0.0
                    }
                })
            }),
        ),
        (
            "transpose forgotten",
            e_step(|x, w, m, c| in_log_space(x, w, m, c).t().to_owned()),
        ),
    ]
}

fn with_other_terms() -> Vec<(&'static str, Check)> {
    vec![
        (
            "weights forgotten",
            e_step(|x, w, m, c| softmax(logs(x, w, m, c, |_, ln_det, d2| -0.5 * (ln_det + d2)))),
        ),
        (
            "weight added without its logarithm",
            e_step(|x, w, m, c| {
                softmax(logs(x, w, m, c, |weight, ln_det, d2| {
                    weight - 0.5 * (ln_det + d2)
                }))
            }),
        ),
        (
            "log-determinant forgotten",
            e_step(|x, w, m, c| softmax(logs(x, w, m, c, |weight, _, d2| weight.ln() - d2 / 2.0))),
        ),
        (
            "sign of the log-determinant",
            e_step(|x, w, m, c| {
                softmax(logs(x, w, m, c, |weight, ln_det, d2| {
                    weight.ln() - 0.5 * (d2 - ln_det)
                }))
            }),
        ),
        (
            "log-determinant without its ½",
            e_step(|x, w, m, c| {
                softmax(logs(x, w, m, c, |weight, ln_det, d2| {
                    weight.ln() - ln_det - 0.5 * d2
                }))
            }),
        ),
        (
            "log-determinant without its 2",
            e_step(|x, w, m, c| {
                softmax(logs(x, w, m, c, |weight, ln_det, d2| {
                    let sum_of_logs = ln_det / 2.0;
                    weight.ln() - 0.5 * (sum_of_logs + d2)
                }))
            }),
        ),
        (
            "the ½ before the squared distance forgotten",
            e_step(|x, w, m, c| {
                softmax(logs(x, w, m, c, |weight, ln_det, d2| {
                    weight.ln() - 0.5 * ln_det - d2
                }))
            }),
        ),
        (
            "sign of the squared distance",
            e_step(|x, w, m, c| {
                softmax(logs(x, w, m, c, |weight, ln_det, d2| {
                    weight.ln() - 0.5 * ln_det + d2 / 2.0
                }))
            }),
        ),
        (
            "the distance instead of its square",
            e_step(|x, w, m, c| {
                softmax(logs(x, w, m, c, |weight, ln_det, d2| {
                    weight.ln() - 0.5 * (ln_det + d2.sqrt())
                }))
            }),
        ),
        (
            "the covariance instead of its inverse",
            e_step(|x, w, m, c| {
                let mut logs = logs(x, w, m, c, |weight, ln_det, _| weight.ln() - 0.5 * ln_det);
                for ((n, k), log) in logs.indexed_iter_mut() {
                    let away = &x.row(n) - &m.row(k);
                    *log -= 0.5 * away.dot(&c.index_axis(Axis(0), k).dot(&away));
                }
                softmax(logs)
            }),
        ),
        (
            "only the diagonal of the covariance",
            e_step(|x, w, m, c| {
                let mut logs = Array2::zeros((x.nrows(), w.len()));
                for ((n, k), log) in logs.indexed_iter_mut() {
                    *log = w[k].ln();
                    for d in 0..x.ncols() {
                        let variance: f64 = c[[k, d, d]];
                        *log -= 0.5 * (variance.ln() + (x[[n, d]] - m[[k, d]]).powi(2) / variance);
                    }
                }
                softmax(logs)
            }),
        ),
    ]
}

#[test]
fn every_misconception_is_recognised() {
    let mut answers = with_other_rows();
    answers.extend(with_other_terms());
    assert_diagnosed(&EXERCISE, &answers);
}

#[test]
fn a_sum_that_becomes_0_is_told_after_all_else_is_right() {
    let naive = e_step(|x, w, m, c| {
        let joint = joint(x, w, m, c);
        &joint / &joint.sum_axis(Axis(1)).insert_axis(Axis(1))
    });
    let one_largest_for_all = e_step(|x, w, m, c| {
        let logs = logs(x, w, m, c, |weight, ln_det, d2| {
            weight.ln() - 0.5 * (ln_det + d2)
        });
        let largest = logs.fold(f64::MIN, |a: f64, &b| a.max(b));
        softmax(logs - largest)
    });
    assert_diagnosed(
        &FAR,
        &[
            ("a sum that becomes 0", naive),
            ("a sum that becomes 0", one_largest_for_all),
        ],
    );
}

#[test]
fn rows_that_do_not_sum_to_1_are_told() {
    // Right where there is one point, as in the cases by hand.
    let check = e_step(|x, w, m, c| {
        let right = in_log_space(x, w, m, c);
        if x.nrows() == 1 { right } else { right * 0.5 }
    });
    let Verdict::Wrong(text) = check.verdict() else {
        panic!("{check}");
    };
    assert_eq!(
        text,
        "For random numbers, the responsibilities of point 0 sum to 0.5, but they are the probabilities of all the components that it can come from, and sum to 1."
    );
}

#[test]
fn a_number_of_components_that_is_fixed_is_told_by_its_shape() {
    let check = e_step(|x, _, _, _| Array2::from_elem((x.nrows(), 2), 0.5));
    let Verdict::WrongShape(text) = check.verdict() else {
        panic!("{check}");
    };
    assert!(text.contains("expected the shape (1, 3)"), "{text}");
}
