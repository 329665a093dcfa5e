#![allow(clippy::needless_range_loop, reason = "as a student writes")]

use super::{assert_diagnosed, assert_done};
use crate::worksheet::em_in_2d::new_covariances;
use crate::worksheet::em_in_2d::new_covariances::EXERCISE;
use crate::worksheet::{Check, Verdict};
use ndarray::{Array1, Array2, Array3, Axis, s};

#[test]
fn right_answers_pass_however_they_are_written() {
    fn by_loops(x: &Array2<f64>, r: &Array2<f64>, means: &Array2<f64>) -> Array3<f64> {
        let (n_components, n_features) = means.dim();
        let mut covariances = Array3::<f64>::zeros((n_components, n_features, n_features));
        for k in 0..n_components {
            let effective_count = r.column(k).sum();
            for n in 0..x.nrows() {
                let share = r[[n, k]] / effective_count;
                for i in 0..n_features {
                    for j in 0..n_features {
                        covariances[[k, i, j]] +=
                            share * (x[[n, i]] - means[[k, i]]) * (x[[n, j]] - means[[k, j]]);
                    }
                }
            }
        }
        covariances
    }
    fn by_products(x: &Array2<f64>, r: &Array2<f64>, means: &Array2<f64>) -> Array3<f64> {
        let mut covariances = Array3::zeros((means.nrows(), x.ncols(), x.ncols()));
        for (k, mut covariance) in covariances.outer_iter_mut().enumerate() {
            let centred = x - &means.row(k);
            let weighted = &centred * &r.column(k).insert_axis(Axis(1));
            covariance.assign(&(centred.t().dot(&weighted) / r.column(k).sum()));
        }
        covariances
    }
    fn by_moments(x: &Array2<f64>, r: &Array2<f64>, means: &Array2<f64>) -> Array3<f64> {
        Array3::from_shape_fn((means.nrows(), x.ncols(), x.ncols()), |(k, i, j)| {
            let products = &x.column(i) * &x.column(j);
            r.column(k).dot(&products) / r.column(k).sum() - means[[k, i]] * means[[k, j]]
        })
    }
    fn by_outer_products(x: &Array2<f64>, r: &Array2<f64>, means: &Array2<f64>) -> Array3<f64> {
        let d = x.ncols();
        let mut covariances = Array3::zeros((r.ncols(), d, d));
        for k in 0..r.ncols() {
            let mut sum = Array2::<f64>::zeros((d, d));
            for (point, &share) in x.rows().into_iter().zip(r.column(k)) {
                let difference = &point - &means.row(k);
                let column = difference.view().insert_axis(Axis(1));
                sum = sum + share * column.dot(&column.t());
            }
            covariances
                .slice_mut(s![k, .., ..])
                .assign(&(sum / r.column(k).sum()));
        }
        covariances
    }
    fn by_means_of_its_own(x: &Array2<f64>, r: &Array2<f64>, _: &Array2<f64>) -> Array3<f64> {
        let mut flat = vec![];
        for weights in r.columns() {
            let mean: Array1<f64> = weights.dot(x) / weights.sum();
            let roots = weights.mapv(f64::sqrt);
            let scaled = (x - &mean) * roots.insert_axis(Axis(1));
            flat.extend(scaled.t().dot(&scaled) / weights.sum());
        }
        Array3::from_shape_vec((r.ncols(), x.ncols(), x.ncols()), flat).unwrap()
    }
    fn centred_in_one_factor(x: &Array2<f64>, r: &Array2<f64>, means: &Array2<f64>) -> Array3<f64> {
        // The weighted differences from the weighted mean sum to 0, so one factor is enough.
        Array3::from_shape_fn((means.nrows(), x.ncols(), x.ncols()), |(k, i, j)| {
            let sum: f64 = (0..x.nrows())
                .map(|n| r[[n, k]] * (x[[n, i]] - means[[k, i]]) * x[[n, j]])
                .sum();
            sum / r.column(k).sum()
        })
    }
    assert_done(&[
        new_covariances(by_loops),
        new_covariances(by_products),
        new_covariances(by_moments),
        new_covariances(by_outer_products),
        new_covariances(by_means_of_its_own),
        new_covariances(centred_in_one_factor),
    ]);
}

/// The covariance of one component, as a matrix product of the points less `centre` and their weights.
fn product(x: &Array2<f64>, centre: &Array1<f64>, shares: &Array1<f64>) -> Array2<f64> {
    let centred = x - centre;
    (&centred * &shares.view().insert_axis(Axis(1)))
        .t()
        .dot(&centred)
}

/// One matrix for each component.
fn stacked(
    r: &Array2<f64>,
    n_features: usize,
    matrix: impl Fn(usize) -> Array2<f64>,
) -> Array3<f64> {
    let mut stack = Array3::zeros((r.ncols(), n_features, n_features));
    for k in 0..r.ncols() {
        stack.index_axis_mut(Axis(0), k).assign(&matrix(k));
    }
    stack
}

fn shares(r: &Array2<f64>, k: usize) -> Array1<f64> {
    &r.column(k) / r.column(k).sum()
}

fn with_another_divisor() -> Vec<(&'static str, Check)> {
    vec![
        (
            "divided by N",
            new_covariances(|x, r, means| {
                stacked(r, x.ncols(), |k| {
                    product(x, &means.row(k).to_owned(), &r.column(k).to_owned()) / x.nrows() as f64
                })
            }),
        ),
        (
            "divided by Nₖ − 1",
            new_covariances(|x, r, means| {
                stacked(r, x.ncols(), |k| {
                    let count = r.column(k).sum();
                    product(x, &means.row(k).to_owned(), &r.column(k).to_owned()) / (count - 1.0)
                })
            }),
        ),
        (
            "not divided by Nₖ",
            new_covariances(|x, r, means| {
                stacked(r, x.ncols(), |k| {
                    product(x, &means.row(k).to_owned(), &r.column(k).to_owned())
                })
            }),
        ),
    ]
}

fn with_other_weights() -> Vec<(&'static str, Check)> {
    vec![
        (
            "responsibilities forgotten",
            new_covariances(|x, r, means| {
                stacked(r, x.ncols(), |k| {
                    let centred = x - &means.row(k);
                    centred.t().dot(&centred) / x.nrows() as f64
                })
            }),
        ),
        (
            "responsibilities squared",
            new_covariances(|x, r, means| {
                stacked(r, x.ncols(), |k| {
                    let scaled = (x - &means.row(k)) * r.column(k).insert_axis(Axis(1));
                    scaled.t().dot(&scaled) / r.column(k).sum()
                })
            }),
        ),
        (
            "hard assignments",
            new_covariances(|x, r, means| {
                stacked(r, x.ncols(), |k| {
                    let mut sum = Array2::zeros((x.ncols(), x.ncols()));
                    let mut count = 0.0;
                    for n in 0..x.nrows() {
                        if r.row(n).iter().all(|&other| other <= r[[n, k]]) {
                            let away = (&x.row(n) - &means.row(k)).insert_axis(Axis(1));
                            sum = sum + away.dot(&away.t());
                            count += 1.0;
                        }
                    }
                    sum / count
                })
            }),
        ),
    ]
}

fn with_other_products() -> Vec<(&'static str, Check)> {
    vec![
        (
            "elementwise product instead of the outer product",
            new_covariances(|x, r, means| {
                stacked(r, x.ncols(), |k| {
                    let away = x - &means.row(k);
                    Array2::from_diag(&shares(r, k).dot(&(&away * &away)))
                })
            }),
        ),
        (
            "the same coordinate twice",
            new_covariances(|x, r, means| {
                Array3::from_shape_fn((r.ncols(), x.ncols(), x.ncols()), |(k, i, _)| {
                    let away = &x.column(i) - means[[k, i]];
                    (&away * &away).dot(&r.column(k)) / r.column(k).sum()
                })
            }),
        ),
        (
            "inner product instead of the outer product",
            new_covariances(|x, r, means| {
                stacked(r, x.ncols(), |k| {
                    let mut sum = Array2::zeros((x.ncols(), x.ncols()));
                    for n in 0..x.nrows() {
                        let away = &x.row(n) - &means.row(k);
                        sum += r[[n, k]] * away.dot(&away);
                    }
                    sum / r.column(k).sum()
                })
            }),
        ),
        (
            "square root of every entry",
            new_covariances(|x, r, means| {
                let deviation =
                    |k| product(x, &means.row(k).to_owned(), &shares(r, k)).mapv(f64::sqrt);
                stacked(r, x.ncols(), deviation)
            }),
        ),
    ]
}

fn with_other_centres() -> Vec<(&'static str, Check)> {
    vec![
        (
            "not centred",
            new_covariances(|x, r, _| {
                stacked(r, x.ncols(), |k| {
                    (x * &r.column(k).insert_axis(Axis(1))).t().dot(x) / r.column(k).sum()
                })
            }),
        ),
        (
            "centred at the mean of all points",
            new_covariances(|x, r, _| {
                let mean = x.mean_axis(Axis(0)).unwrap();
                stacked(r, x.ncols(), |k| product(x, &mean, &shares(r, k)))
            }),
        ),
        (
            "components not matched",
            new_covariances(|x, r, means| {
                let centred = x - &means.row(0);
                stacked(r, x.ncols(), |k| {
                    let weighted = &centred * &shares(r, k).insert_axis(Axis(1));
                    weighted.t().dot(&centred)
                })
            }),
        ),
    ]
}

#[test]
fn every_misconception_is_recognised() {
    let mut answers = with_another_divisor();
    answers.extend(with_other_weights());
    answers.extend(with_other_products());
    answers.extend(with_other_centres());
    assert_diagnosed(&EXERCISE, &answers);
}

fn told(check: &Check) -> &str {
    match check.verdict() {
        Verdict::Wrong(text) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_matrix_that_is_not_symmetric_is_told() {
    // Right in the cases by hand, which have three points.
    let check = new_covariances(|x, r, means| {
        let mut matrices = stacked(r, x.ncols(), |k| {
            product(x, &means.row(k).to_owned(), &shares(r, k))
        });
        if x.nrows() > 3 && x.ncols() > 1 {
            matrices[[0, 0, 1]] += 0.25;
        }
        matrices
    });
    assert!(told(&check).contains("is not symmetric"), "{check}");
}

#[test]
fn another_total_spread_is_told() {
    let check = new_covariances(|x, r, means| {
        let factor = if x.nrows() > 3 { 1.5 } else { 1.0 };
        stacked(r, x.ncols(), |k| {
            product(x, &means.row(k).to_owned(), &shares(r, k)) * factor
        })
    });
    assert!(
        told(&check).starts_with("For random numbers, the sum of Nₖ (Σₖ + μₖ μₖᵀ)"),
        "{check}"
    );
}

#[test]
fn another_shape_is_told() {
    let check = new_covariances(|x, r, _| Array3::zeros((x.ncols(), x.ncols(), r.ncols())));
    let Verdict::WrongShape(text) = check.verdict() else {
        panic!("{check}");
    };
    assert!(
        text.starts_with("The answer has the shape (2, 2, 1)"),
        "{text}"
    );
}
