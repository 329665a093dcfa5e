//! Numbers for random cases: the same every time.

use crate::random::uniform;
use ndarray::Array2;

/// `n` numbers between `low` and `high`.
pub(super) fn numbers(n: usize, low: f64, high: f64, seed: u64) -> Vec<f64> {
    uniform(n, low, high, seed).unwrap_or_default()
}

/// `n` whole numbers from 0 up to, but not including, `below`.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the numbers are small and not negative"
)]
pub(super) fn whole_numbers(n: usize, below: usize, seed: u64) -> Vec<usize> {
    let numbers = numbers(n, 0.0, below as f64, seed);
    numbers.iter().map(|number| *number as usize).collect()
}

/// Weights of `k` components, none below an eighth of the largest, that sum to 1.
pub(super) fn weights(k: usize, seed: u64) -> Vec<f64> {
    let shares = numbers(k, 0.5, 4.0, seed);
    let sum: f64 = shares.iter().sum();
    shares.iter().map(|share| share / sum).collect()
}

/// A table of numbers between -2 and 2.
pub(super) fn matrix(n_rows: usize, n_columns: usize, seed: u64) -> Array2<f64> {
    let numbers = numbers(n_rows * n_columns, -2.0, 2.0, seed);
    Array2::from_shape_fn((n_rows, n_columns), |(i, j)| numbers[i * n_columns + j])
}

/// Rows of length 1 at right angles to each other, by the method of Gram and Schmidt.
pub(super) fn axes(n_rows: usize, n_columns: usize, seed: u64) -> Array2<f64> {
    let mut rows = matrix(n_rows, n_columns, seed);
    for i in 0..n_rows {
        let mut row = rows.row(i).to_owned();
        for j in 0..i {
            let share = row.dot(&rows.row(j));
            row.scaled_add(-share, &rows.row(j));
        }
        let length = row.dot(&row).sqrt();
        rows.row_mut(i).assign(&(row / length));
    }
    rows
}
