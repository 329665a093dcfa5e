//! Samples into a Parquet file.

use super::rows_per_chunk;
use crate::{Error, Result, check};
use ndarray::{Array2, Axis};
use polars::prelude::{
    Column, DataFrame, DataType, Field, ParquetCompression, ParquetWriter, PolarsError, Schema,
};
use std::fs::File;
use std::path::Path;

/// Writes chunks of samples, each of shape (any number, `n_columns`), into a Parquet file of `f64` columns with these names, and
/// returns how many rows there were. One chunk after the other is held in memory, and becomes a row group or several.
///
/// # Errors
///
/// [`Error::File`]: the file cannot be written. [`Error::Shape`]: a chunk has another number of columns than there are names. An
/// error among the chunks. What is left of the file then cannot be opened.
pub fn write_parquet(
    path: impl AsRef<Path>,
    columns: &[&str],
    chunks: impl IntoIterator<Item = Result<Array2<f64>>>,
) -> Result<usize> {
    let place = path.as_ref().display().to_string();
    let unwritable = |error: String| {
        Error::File {
        place: place.clone(),
        problem: format!("cannot be written ({error})"),
        remedy: "Check that the folder exists, that this user may write there, that the disk is not full, and that no name is \
                 there twice"
            .into(),
    }
    };
    let names = || columns.iter().map(|name| (*name).into());
    let schema: Schema = names()
        .map(|name| Field::new(name, DataType::Float64))
        .collect();
    let file = File::create(path.as_ref()).map_err(|error| unwritable(error.to_string()))?;
    let polars = |error: PolarsError| unwritable(error.to_string());
    // Zstandard, polars' default, saves 3 % of the space of random numbers, and takes twice the time to read.
    let writer = ParquetWriter::new(file).with_compression(ParquetCompression::Snappy);
    let mut writer = writer.batched(&schema).map_err(polars)?;
    let mut n_rows = 0;
    for chunk in chunks {
        let chunk = chunk?;
        check::same(
            "A chunk",
            "column",
            chunk.ncols(),
            columns.len(),
            "there are that many names",
        )?;
        let length = rows_per_chunk(columns.len());
        for rows in chunk.axis_chunks_iter(Axis(0), length) {
            let values = rows.columns().into_iter().map(|column| column.to_vec());
            let series = names()
                .zip(values)
                .map(|(name, values)| Column::new(name, values));
            let frame = DataFrame::new(rows.nrows(), series.collect()).map_err(polars)?;
            writer.write_batch(&frame).map_err(polars)?;
        }
        n_rows += chunk.nrows();
    }
    writer.finish().map_err(polars)?;
    Ok(n_rows)
}
