#![allow(clippy::needless_range_loop, reason = "as a student writes")]

use super::{assert_diagnosed, assert_done};
use crate::worksheet::Verdict;
use crate::worksheet::em_in_2d::new_means;
use crate::worksheet::em_in_2d::new_means::EXERCISE;
use crate::{Regularization, m_step};
use ndarray::{Array1, Array2, Axis};

#[test]
fn right_answers_pass_however_they_are_written() {
    fn by_a_product(x: &Array2<f64>, responsibilities: &Array2<f64>) -> Array2<f64> {
        let mut means: Array2<f64> = responsibilities.t().dot(x);
        for k in 0..means.nrows() {
            let effective_count = responsibilities.column(k).sum();
            means
                .row_mut(k)
                .mapv_inplace(|value| value / effective_count);
        }
        means
    }
    fn by_loops(x: &Array2<f64>, r: &Array2<f64>) -> Array2<f64> {
        let (n, d, k) = (x.nrows(), x.ncols(), r.ncols());
        let mut means = Array2::zeros((k, d));
        for component in 0..k {
            for coordinate in 0..d {
                let (mut above, mut below) = (0.0, 0.0);
                for point in 0..n {
                    above += r[[point, component]] * x[[point, coordinate]];
                    below += r[[point, component]];
                }
                means[[component, coordinate]] = above / below;
            }
        }
        means
    }
    fn by_axes(x: &Array2<f64>, r: &Array2<f64>) -> Array2<f64> {
        let shares = r / &r.sum_axis(Axis(0));
        shares.t().dot(x)
    }
    fn by_iterators(x: &Array2<f64>, r: &Array2<f64>) -> Array2<f64> {
        let mut rows: Vec<f64> = vec![];
        for share in r.columns() {
            let sum = x
                .rows()
                .into_iter()
                .zip(share)
                .map(|(row, &r)| &row * r)
                .fold(Array1::zeros(x.ncols()), |sum: Array1<f64>, row| sum + row);
            rows.extend(sum / share.sum());
        }
        Array2::from_shape_vec((r.ncols(), x.ncols()), rows).unwrap()
    }
    fn by_running_means(x: &Array2<f64>, r: &Array2<f64>) -> Array2<f64> {
        let mut means: Array2<f64> = Array2::zeros((r.ncols(), x.ncols()));
        for k in 0..r.ncols() {
            let mut total = 0.0;
            for n in (0..x.nrows()).rev().filter(|&n| r[[n, k]] > 0.0) {
                total += r[[n, k]];
                for d in 0..x.ncols() {
                    means[[k, d]] += r[[n, k]] / total * (x[[n, d]] - means[[k, d]]);
                }
            }
        }
        means
    }
    fn by_the_crate(x: &Array2<f64>, r: &Array2<f64>) -> Array2<f64> {
        let model = m_step(x, r, Regularization::None);
        model.unwrap().means().clone()
    }
    assert_done(&[
        new_means(by_a_product),
        new_means(by_loops),
        new_means(by_axes),
        new_means(by_iterators),
        new_means(by_running_means),
        new_means(by_the_crate),
    ]);
}

fn hard(r: &Array2<f64>) -> Array2<f64> {
    let mut hard = Array2::zeros(r.dim());
    for n in 0..r.nrows() {
        let row = r.row(n).to_vec();
        let best = (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b]));
        hard[[n, best.unwrap()]] = 1.0;
    }
    hard
}

#[test]
fn every_misconception_is_recognised() {
    let answers = [
        (
            "divided by N",
            new_means(|x, r| r.t().dot(x) / r.nrows() as f64),
        ),
        ("not divided by Nₖ", new_means(|x, r| r.t().dot(x))),
        (
            "divided by Nₖ − 1",
            new_means(|x, r| (r / &(r.sum_axis(Axis(0)) - 1.0)).t().dot(x)),
        ),
        (
            "divided by K",
            new_means(|x, r| r.t().dot(x) / r.ncols() as f64),
        ),
        (
            "transpose forgotten",
            new_means(|x, r| x.t().dot(r) / &r.sum_axis(Axis(0))),
        ),
        (
            "reshaped instead of transposed",
            new_means(|x, r| {
                let (n, k) = r.dim();
                let mut means = r.to_shape((k, n)).unwrap().dot(x);
                for (mut row, count) in means.rows_mut().into_iter().zip(r.sum_axis(Axis(0))) {
                    row /= count;
                }
                means
            }),
        ),
        (
            "responsibilities forgotten",
            new_means(|x, r| {
                let mean = x.mean_axis(Axis(0)).unwrap();
                mean.broadcast((r.ncols(), x.ncols())).unwrap().to_owned()
            }),
        ),
        (
            "hard assignments",
            new_means(|x, r| {
                let hard = hard(r);
                (&hard / &hard.sum_axis(Axis(0))).t().dot(x)
            }),
        ),
        (
            "responsibilities squared",
            new_means(|x, r| {
                let mut means = Array2::zeros((r.ncols(), x.ncols()));
                for k in 0..r.ncols() {
                    for n in 0..x.nrows() {
                        let share = r[[n, k]] / r.column(k).sum();
                        means.row_mut(k).scaled_add(share * r[[n, k]], &x.row(n));
                    }
                }
                means
            }),
        ),
        (
            "means of the wrong axis",
            new_means(|x, r| {
                let of_points = x.mean_axis(Axis(1)).unwrap();
                let mut means = Array2::zeros((r.ncols(), x.ncols()));
                for k in 0..r.ncols() {
                    let mean = r.column(k).dot(&of_points) / r.column(k).sum();
                    means.row_mut(k).fill(mean);
                }
                means
            }),
        ),
    ];
    assert_diagnosed(&EXERCISE, &answers);
}

#[test]
fn means_of_another_total_are_told_by_the_theorem() {
    // Right for five points alone.
    let check = new_means(|x, r| {
        let means = (r / &r.sum_axis(Axis(0))).t().dot(x);
        if x.nrows() == 5 { means } else { means + 1.0 }
    });
    let Verdict::Wrong(text) = check.verdict() else {
        panic!("{check}");
    };
    assert!(
        text.starts_with("For random numbers, N₀ μ₀ + N₁ μ₁ + … is "),
        "{text}"
    );
}
