//! Digits from a CSV file, read with polars.

use super::Digits;
use crate::{Error, Result, check};
use ndarray::Array2;
use polars::prelude::{CsvReadOptions, DataFrame, DataType, Field, Schema, SerReader};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

const N_PIXELS: usize = 784;

impl Digits {
    /// Reads digits from a CSV file such as `mnist_train.csv`: the label, then 784 pixels, with or without a header line.
    ///
    /// # Errors
    ///
    /// [`Error::File`] names the line and the column of the first entry that is missing, no whole number, or out of range (labels
    /// 0 to 9, pixels 0 to 255).
    pub fn from_csv(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let header = has_header(path)?;
        // What is not a number is found twice: by polars, which is fast, and then by a search for its line and column.
        let digits = read(path, header).ok().and_then(|frame| digits(&frame));
        digits.ok_or_else(|| first_fault(path, header))
    }
}

/// Whether no field of the first line is a number.
fn has_header(path: &Path) -> Result<bool> {
    let first = lines(path)?
        .next()
        .transpose()
        .map_err(|error| unreadable(path, &error))?;
    let Some(first) = first.filter(|line| !line.trim().is_empty()) else {
        return Err(Error::Empty {
            what: format!("The file {}", path.display()),
        });
    };
    Ok(first
        .split(',')
        .all(|field| bare(field).parse::<f64>().is_err()))
}

/// A field without the quotation marks around it, and without the mark that some programs begin a file with.
fn bare(field: &str) -> &str {
    field.trim_start_matches('\u{feff}').trim_matches('"')
}

fn read(path: &Path, header: bool) -> polars::prelude::PolarsResult<DataFrame> {
    let column = |j: usize| Field::new(format!("column_{j}").into(), DataType::Int32);
    let schema: Schema = (0..=N_PIXELS).map(column).collect();
    CsvReadOptions::default()
        .with_has_header(false)
        .with_skip_rows(usize::from(header))
        .with_schema(Some(Arc::new(schema)))
        .try_into_reader_with_file_path(Some(path.to_path_buf()))?
        .finish()
}

/// `None` where an entry is missing or out of range.
fn digits(frame: &DataFrame) -> Option<Digits> {
    let (n, width) = frame.shape();
    if n == 0 || width != N_PIXELS + 1 {
        return None;
    }
    let mut labels = Vec::new();
    let mut pixels = Array2::zeros((n, N_PIXELS));
    for (j, column) in frame.columns().iter().enumerate() {
        let column = column.as_materialized_series().i32().ok()?;
        if column.null_count() > 0 {
            return None;
        }
        let values = column.into_no_null_iter();
        if j == 0 {
            labels = values
                .map(|value| usize::try_from(value).ok().filter(|&label| label <= 9))
                .collect::<Option<_>>()?;
        } else {
            for (pixel, value) in pixels.column_mut(j - 1).iter_mut().zip(values) {
                *pixel = u8::try_from(value).ok()?;
            }
        }
    }
    Some(Digits {
        pixels,
        labels,
        height: 28,
        width: 28,
    })
}

/// Looks for the entry that stopped the reading.
fn first_fault(path: &Path, header: bool) -> Error {
    let lines = match lines(path) {
        Ok(lines) => lines,
        Err(error) => return error,
    };
    let remedy = "Each line must hold a label from 0 to 9 and then 784 pixels, whole numbers from 0 to 255, between commas";
    let fault = |place: String, problem: String| Error::File {
        place: format!("{}, {place}", path.display()),
        problem,
        remedy: remedy.into(),
    };
    let mut n_lines = 0;
    for (n, line) in lines.enumerate() {
        n_lines = n + 1;
        let line = match line {
            Ok(line) => line,
            Err(error) => return unreadable(path, &error),
        };
        let fields: Vec<&str> = line.split(',').map(bare).collect();
        if fields.len() != N_PIXELS + 1 {
            let found = format!(
                "has {}, but {} were expected",
                check::count(fields.len(), "column"),
                N_PIXELS + 1
            );
            return fault(format!("line {}", n + 1), found);
        }
        if header && n == 0 {
            continue;
        }
        for (j, field) in fields.iter().enumerate() {
            let largest = if j == 0 { 9 } else { 255 };
            if !field.parse::<u16>().is_ok_and(|value| value <= largest) {
                let kind = if j == 0 { "label" } else { "pixel" };
                let place = format!("line {}, column {}", n + 1, j + 1);
                return fault(
                    place,
                    format!(
                        "the {kind} is {field:?}, but a whole number from 0 to {largest} was expected"
                    ),
                );
            }
        }
    }
    let empty = n_lines <= usize::from(header);
    let problem = if empty {
        "there are no digits"
    } else {
        "the file cannot be read as digits"
    };
    fault("after the header".into(), problem.into())
}

fn lines(path: &Path) -> Result<impl Iterator<Item = std::io::Result<String>>> {
    let file = std::fs::File::open(path).map_err(|error| unreadable(path, &error))?;
    Ok(BufReader::new(file).lines())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::File {
        place: path.display().to_string(),
        problem: format!("cannot be read ({error})"),
        remedy: "Check the name, and that it is a text file that this user may read".into(),
    }
}
