//! What is checked once at every door.

use crate::{Error, Result};
use ndarray::{Array2, ArrayRef2, ArrayView1};

/// Refuses an empty matrix, and one with NaN or an infinity.
pub(crate) fn matrix(what: &str, x: &ArrayRef2<f64>) -> Result<()> {
    if x.is_empty() {
        return Err(Error::Empty { what: what.into() });
    }
    if x.as_slice().is_some_and(all_finite) {
        return Ok(());
    }
    let faulty = x.indexed_iter().find(|(_, value)| !value.is_finite());
    faulty.map_or(Ok(()), |((row, column), &value)| {
        Err(Error::NotFinite {
            what: what.into(),
            row,
            column,
            value,
        })
    })
}

/// Whether there is neither NaN nor an infinity, which takes a pass over data no longer than reading them.
pub(crate) fn all_finite(values: &[f64]) -> bool {
    // Whole pieces without a way out become vector instructions.
    let finite = |piece: &[f64]| {
        piece
            .iter()
            .fold(true, |all, value| all & value.is_finite())
    };
    values.chunks(256).all(finite)
}

/// Refuses a matrix with another number of columns than the model has features.
pub(crate) fn columns(what: &str, x: &ArrayRef2<f64>, n_features: usize) -> Result<()> {
    matrix(what, x)?;
    same(
        what,
        "column",
        x.ncols(),
        n_features,
        "the model has that many features",
    )
}

/// Refuses a size that is not the one expected, and says why it is expected.
pub(crate) fn same(
    what: &str,
    unit: &str,
    found: usize,
    expected: usize,
    because: &str,
) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    let were = if expected == 1 { "was" } else { "were" };
    Err(Error::Shape {
        what: what.into(),
        found: count(found, unit),
        expected: format!("{} {were} expected: {because}", count(expected, unit)),
    })
}

/// `1 row`, `2 rows`, `2 matrices`.
pub(crate) fn count(n: usize, unit: &str) -> String {
    match (n, unit.strip_suffix("ix")) {
        (1, _) => format!("1 {unit}"),
        (_, Some(stem)) => format!("{n} {stem}ices"),
        _ => format!("{n} {unit}s"),
    }
}

/// Refuses responsibilities that are not shares: negative, or with a row that does not sum to 1.
pub(crate) fn responsibilities(r: &ArrayRef2<f64>, n_samples: usize) -> Result<()> {
    matrix("The matrix of responsibilities", r)?;
    same(
        "The matrix of responsibilities",
        "row",
        r.nrows(),
        n_samples,
        "one for each sample of x",
    )?;
    let faulty =
        |row: &ArrayView1<f64>| row.iter().any(|&v| v < 0.0) || (row.sum() - 1.0).abs() > 1e-6;
    match r.rows().into_iter().position(|row| faulty(&row)) {
        None => Ok(()),
        Some(row) => Err(Error::Parameter {
            name: format!("Row {row} of the responsibilities"),
            found: r.row(row).to_string(),
            expected: "a row of shares: none negative, with sum 1".into(),
        }),
    }
}

/// Refuses sample weights that are not one for each sample, finite, none negative and some positive.
pub(crate) fn sample_weights(weights: &[f64], n_samples: usize) -> Result<()> {
    same(
        "The list of sample weights",
        "value",
        weights.len(),
        n_samples,
        "one for each row of x",
    )?;
    let faulty = |w: &f64| !(w.is_finite() && *w >= 0.0);
    match weights.iter().position(faulty) {
        None if weights.iter().any(|w| *w > 0.0) => Ok(()),
        None => Err(Error::Empty {
            what: "What the sample weights leave".into(),
        }),
        Some(n) => Err(Error::Parameter {
            name: format!("The weight of sample {n}"),
            found: weights[n].to_string(),
            expected: "a finite number, zero or above".into(),
        }),
    }
}

/// A column of values as a matrix with one feature: shape (n, 1), the form of `x` for D = 1.
///
/// # Examples
///
/// ```
/// assert_eq!(em_lab::column(&[1.0, 2.0, 3.0]).dim(), (3, 1));
/// ```
#[must_use]
pub fn column(values: &[f64]) -> Array2<f64> {
    Array2::from_shape_fn((values.len(), 1), |(row, _)| values[row])
}
