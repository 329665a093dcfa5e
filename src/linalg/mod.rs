//! The only door to BLAS and LAPACK, with a back end in plain Rust behind the same door.
//!
//! With the feature `blas` (the default) the work is done by OpenBLAS through ndarray and ndarray-linalg, always on one thread:
//! OpenBLAS's own threads change the last bits of a result with their number. Without it, [`plain`] does the same in Rust. The sums
//! that EM, k-means and PCA spend their time in have loops of their own, which do no more than is needed: [`lanes`], [`gram`],
//! [`byte_gram`] and [`narrow_product`].

#[cfg(feature = "blas")]
mod blas;
mod byte_gram;
mod gram;
pub(crate) mod lanes;
mod narrow_product;
mod panels;
#[cfg(any(test, not(feature = "blas")))]
mod plain;

#[cfg(feature = "blas")]
use blas as backend;
#[cfg(not(feature = "blas"))]
use plain as backend;

pub(crate) use byte_gram::gram_of_bytes;
pub(crate) use gram::gram_about;
pub(crate) use narrow_product::{multiply_about, multiply_bytes};

use crate::{Error, Result};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, s};

/// Returns the lower triangular `L` with `a = L Lᵀ`, or `None` where `a` is not positive definite to working precision.
pub(crate) fn cholesky(a: &ArrayRef2<f64>) -> Option<Array2<f64>> {
    let lower = backend::cholesky(a)?;
    // A pivot that is rounding noise beside its column's variance says that a direction is flat.
    let flat = |i: usize| lower[[i, i]].powi(2) <= 16.0 * f64::EPSILON * a[[i, i]];
    (0..a.nrows())
        .all(|i| lower[[i, i]].is_finite() && !flat(i))
        .then_some(lower)
}

/// Returns the inverse of a lower triangular matrix with a positive diagonal.
pub(crate) fn inverse_lower(lower: &ArrayRef2<f64>) -> Array2<f64> {
    let n = lower.nrows();
    let mut inverse = Array2::zeros((n, n));
    for column in 0..n {
        inverse[[column, column]] = 1.0 / lower[[column, column]];
        for row in column + 1..n {
            let sum = lower
                .slice(s![row, column..row])
                .dot(&inverse.slice(s![column..row, column]));
            inverse[[row, column]] = -sum / lower[[row, row]];
        }
    }
    inverse
}

/// Returns the eigenvalues of a symmetric matrix, largest first, and the unit eigenvectors as the columns of a matrix.
///
/// Each vector's entry of largest magnitude (the first of equals) is positive, so that the answer is unique where the
/// eigenvalues are distinct.
pub(crate) fn symmetric_eigen(a: Array2<f64>) -> Result<(Array1<f64>, Array2<f64>)> {
    let n = a.nrows();
    largest_first(backend::symmetric_eigen(a), n)
}

/// The same for the `n_largest` eigenvalues only.
pub(crate) fn largest_eigen(
    a: Array2<f64>,
    n_largest: usize,
) -> Result<(Array1<f64>, Array2<f64>)> {
    let n = a.nrows();
    if n_largest >= n {
        return symmetric_eigen(a);
    }
    largest_first(backend::largest_eigen(a, n_largest), n)
}

fn largest_first(
    found: Result<(Array1<f64>, Array2<f64>), String>,
    n: usize,
) -> Result<(Array1<f64>, Array2<f64>)> {
    let (ascending, vectors) = found.map_err(|what| Error::LinearAlgebra {
        what: format!("eigenvectors of a {n} x {n} matrix: {what}"),
    })?;
    let values = ascending.slice(s![..;-1]).to_owned();
    let mut vectors = vectors.slice(s![.., ..;-1]).to_owned();
    for mut vector in vectors.columns_mut() {
        let largest = vector
            .iter()
            .fold(0.0_f64, |m, &v| if v.abs() > m.abs() { v } else { m });
        if largest < 0.0 {
            vector.mapv_inplace(|v| -v);
        }
    }
    Ok((values, vectors))
}

/// The index of the largest value, the first of equals.
pub(crate) fn index_of_largest(values: &ArrayRef1<f64>) -> usize {
    values
        .indexed_iter()
        .fold(0, |best, (k, &v)| if v > values[best] { k } else { best })
}

/// `c = a b`.
pub(crate) fn multiply(a: &ArrayRef2<f64>, b: &ArrayRef2<f64>, c: &mut ArrayRef2<f64>) {
    backend::single_threaded();
    general_mat_mul(1.0, a, b, 0.0, c);
}

/// Returns `a b`.
pub(crate) fn product(a: &ArrayRef2<f64>, b: &ArrayRef2<f64>) -> Array2<f64> {
    let mut c = Array2::zeros((a.nrows(), b.ncols()));
    multiply(a, b, &mut c);
    c
}

/// Copies the upper triangle onto the lower one.
pub(crate) fn symmetrize(c: &mut ArrayRef2<f64>) {
    for row in 1..c.nrows() {
        for column in 0..row {
            c[[row, column]] = c[[column, row]];
        }
    }
}

#[cfg(test)]
mod tests;
