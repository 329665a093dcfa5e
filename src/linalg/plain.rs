//! The same answers in plain Rust, for WebAssembly and for machines without a BLAS.

use ndarray::{Array1, Array2, ArrayRef2, s};

/// ndarray's own matrix product has no threads to switch off.
#[cfg(not(feature = "blas"))]
pub(super) fn single_threaded() {}

pub(super) fn cholesky(a: &ArrayRef2<f64>) -> Option<Array2<f64>> {
    let n = a.nrows();
    let mut lower = Array2::<f64>::zeros((n, n));
    for row in 0..n {
        for column in 0..=row {
            let known = lower
                .slice(s![row, ..column])
                .dot(&lower.slice(s![column, ..column]));
            let rest = a[[row, column]] - known;
            if row == column {
                if rest.is_nan() || rest <= 0.0 {
                    return None;
                }
                lower[[row, row]] = rest.sqrt();
            } else {
                lower[[row, column]] = rest / lower[[column, column]];
            }
        }
    }
    Some(lower)
}

/// Ascending eigenvalues, and the eigenvectors as columns: Householder's reduction to tridiagonal form, then the implicit QL
/// iteration (Golub and Van Loan 2013, sections 8.3.1 and 8.3.3).
pub(super) fn symmetric_eigen(mut a: Array2<f64>) -> Result<(Array1<f64>, Array2<f64>), String> {
    let (diagonal, beside, rows) = tridiagonal(&mut a);
    let (values, rows) = implicit_ql(diagonal, beside, rows)?;
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let sorted = order.iter().map(|&i| values[i]).collect();
    let mut vectors = Array2::zeros(rows.dim());
    for (column, &i) in order.iter().enumerate() {
        vectors.column_mut(column).assign(&rows.row(i));
    }
    Ok((sorted, vectors))
}

/// The largest `n_largest` eigenvalues, ascending, and their eigenvectors as columns.
pub(super) fn largest_eigen(
    a: Array2<f64>,
    n_largest: usize,
) -> Result<(Array1<f64>, Array2<f64>), String> {
    let first = a.nrows() - n_largest;
    let (values, vectors) = symmetric_eigen(a)?;
    Ok((
        values.slice_move(s![first..]),
        vectors.slice_move(s![.., first..]),
    ))
}

/// Reduces `a` to `Qᵀ a Q`, tridiagonal; returns its diagonal, the entries beside it, and `Qᵀ`.
fn tridiagonal(a: &mut Array2<f64>) -> (Array1<f64>, Array1<f64>, Array2<f64>) {
    let n = a.nrows();
    let mut transform = Array2::<f64>::eye(n);
    let mut beside = Array1::<f64>::zeros(n);
    for k in 0..n.saturating_sub(1) {
        let mut v = a.slice(s![k + 1.., k]).to_owned();
        // Scaled, so that squares of very large or very small entries neither overflow nor vanish.
        let scale = v.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        if scale == 0.0 {
            continue;
        }
        v /= scale;
        let norm = if v[0] > 0.0 {
            -v.dot(&v).sqrt()
        } else {
            v.dot(&v).sqrt()
        };
        beside[k] = scale * norm;
        v[0] -= norm;
        let squared = v.dot(&v);
        if squared == 0.0 {
            continue;
        }
        // H = I - 2 v vᵀ / vᵀv, so that H A H = A - v wᵀ - w vᵀ with w as below.
        let rest = a.slice(s![k + 1.., k + 1..]);
        let p = rest.dot(&v) * (2.0 / squared);
        let w = &p - &(&v * (v.dot(&p) / squared));
        for i in 0..v.len() {
            for j in 0..v.len() {
                a[[k + 1 + i, k + 1 + j]] -= v[i] * w[j] + w[i] * v[j];
            }
        }
        let mut below = transform.slice_mut(s![k + 1.., ..]);
        let projection = v.dot(&below) * (2.0 / squared);
        for (i, mut row) in below.rows_mut().into_iter().enumerate() {
            row.scaled_add(-v[i], &projection);
        }
    }
    (a.diag().to_owned(), beside, transform)
}

/// Diagonalises a symmetric tridiagonal matrix by QL steps with Wilkinson's shift; rotates the rows of `vectors` along.
fn implicit_ql(
    mut d: Array1<f64>,
    mut e: Array1<f64>,
    mut vectors: Array2<f64>,
) -> Result<(Array1<f64>, Array2<f64>), String> {
    let n = d.len();
    // The rounding of the largest entries reaches the smallest ones: where a matrix has many eigenvalues near zero, nothing beside
    // them ever becomes small beside them.
    let largest = d.iter().chain(&e).fold(0.0_f64, |m, v| m.max(v.abs()));
    for start in 0..n {
        for sweep in 0.. {
            let negligible = |i: usize| e[i].abs() <= f64::EPSILON * largest;
            let end = (start..n - 1).find(|&i| negligible(i)).unwrap_or(n - 1);
            if end == start {
                break;
            }
            if sweep == 50 {
                return Err(format!("no convergence for eigenvalue {start}"));
            }
            let half = (d[start + 1] - d[start]) / (2.0 * e[start]);
            let mut g = d[end] - d[start] + e[start] / (half + half.hypot(1.0).copysign(half));
            let (mut sine, mut cosine, mut shift) = (1.0, 1.0, 0.0);
            let mut split = None;
            for i in (start..end).rev() {
                let (f, b) = (sine * e[i], cosine * e[i]);
                let r = f.hypot(g);
                e[i + 1] = r;
                if r == 0.0 {
                    split = Some(i);
                    break;
                }
                (sine, cosine) = (f / r, g / r);
                g = d[i + 1] - shift;
                let t = (d[i] - g) * sine + 2.0 * cosine * b;
                shift = sine * t;
                d[i + 1] = g + shift;
                g = cosine * t - b;
                rotate(&mut vectors, i, cosine, sine);
            }
            if let Some(i) = split {
                d[i + 1] -= shift;
            } else {
                d[start] -= shift;
                e[start] = g;
            }
            e[end] = 0.0;
        }
    }
    Ok((d, vectors))
}

/// Turns the rows `i` and `i + 1` by the angle of the given cosine and sine.
fn rotate(vectors: &mut Array2<f64>, i: usize, cosine: f64, sine: f64) {
    let (mut upper, mut lower) = vectors.multi_slice_mut((s![i, ..], s![i + 1, ..]));
    for (a, b) in upper.iter_mut().zip(lower.iter_mut()) {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    }
}
