//! Samples in a Parquet file, read in chunks that need not fit into memory all at once.
//!
//! A Parquet file is cut into row groups, and each column of a row group into pages. Only the columns asked for are read, and of
//! a row group only the rows of one chunk at a time, so that memory is bounded by [`CHUNK_BYTES`] and not by the file. What is
//! read for one chunk does not depend on the machine, and so neither does a fit: the same file gives the same bits.

mod columns;
mod share;
mod write;

pub use write::write_parquet;

use crate::{Error, Result, check};
use ndarray::{Array2, Axis};
use polars::prelude::{
    Column, DataType, FileMetadata, FileMetadataRef, ParallelStrategy, ParquetReader, PolarsResult,
    SerReader,
};
use std::fmt;
use std::fs::File;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel, sync_channel};
use std::thread;

/// A chunk's values, at most: 2²⁵ bytes, or 200,000 rows of 20 columns. A page, usually a megabyte of one column, is unpacked
/// again for each chunk that it reaches into, so that small chunks would cost time.
const CHUNK_BYTES: usize = 1 << 25;

/// Rows that are turned from columns into rows at once: few enough to stay in the cache.
const TILE: usize = 256;

/// Columns of numbers in a Parquet file, for fits of more samples than fit into memory.
///
/// Integers and floating-point numbers of any width become `f64`; integers beyond 2⁵³ are rounded. What cannot take part in a fit
/// is an error that says where it is: missing values, NaN, infinities. The file must stay as it is while it is read. Pages carry no
/// sums to check them by, so that a damage which leaves the format intact comes through as other numbers.
///
/// # Examples
///
/// ```
/// use em_lab::{Em, ParquetFile, Start, synthetic, write_parquet};
///
/// let x = synthetic::two_dimensions().x;
/// let path = em_lab::data::scratch_dir()?.join("two_dimensions.parquet");
/// write_parquet(&path, &["x", "y"], [Ok(x.clone())])?;
///
/// let file = ParquetFile::open(&path, &[])?;
/// assert_eq!((file.n_rows(), file.columns()), (300, &["x".to_string(), "y".to_string()][..]));
/// let em = Em::new(2).start(Start::Model(synthetic::two_dimensions_model()));
/// let (stream, whole) = (em.fit_chunks(|| file.chunks())?, em.fit(&x)?);
/// assert!((stream.log_likelihood() - whole.log_likelihood()).abs() < 1e-9);
/// # Ok::<(), em_lab::Error>(())
/// ```
#[derive(Clone)]
pub struct ParquetFile(Arc<Parts>);

struct Parts {
    path: PathBuf,
    file: File,
    columns: Vec<String>,
    /// Where the columns are in the file, counted from 0.
    places: Vec<usize>,
    /// The first row of each row group, and the number of rows in the file.
    starts: Vec<usize>,
    /// What the file says of itself.
    metadata: FileMetadata,
    /// The same without its row groups.
    outline: FileMetadata,
}

/// The rows of one chunk, counted from the first row of their row group.
#[derive(Clone)]
struct Piece {
    row_group: usize,
    rows: Range<usize>,
}

impl ParquetFile {
    /// Opens a file for the columns of these names, in this order, or for all columns of numbers if there are no names.
    ///
    /// # Errors
    ///
    /// [`Error::File`]: there is no such file, it is not in the Parquet format, it is cut off, or a column is missing or holds no
    /// numbers. [`Error::Parameter`]: a column is named twice.
    pub fn open(path: impl AsRef<Path>, columns: &[&str]) -> Result<Self> {
        let path = path.as_ref();
        let place = path.display().to_string();
        let file = File::open(path).map_err(|error| Error::File {
            place: place.clone(),
            problem: format!("cannot be read ({error})"),
            remedy: "Check the name, and that it is a file that this user may read".into(),
        })?;
        let (mut metadata, schema) = guarded(&place, || {
            let mut reader = ParquetReader::new(file.try_clone()?);
            let metadata = reader.get_metadata()?.as_ref().clone();
            Ok((metadata, reader.schema()?))
        })?;
        let places = columns::select(&place, &schema, columns)?;
        let names = schema.iter_names().map(ToString::to_string);
        let names: Vec<String> = names.collect();
        let starts = starts(&metadata).ok_or_else(|| {
            damaged(
                &place,
                "cannot be read: its numbers of rows disagree".into(),
            )
        })?;
        let row_groups = std::mem::take(&mut metadata.row_groups);
        let outline = metadata.clone();
        metadata.row_groups = row_groups;
        Ok(Self(Arc::new(Parts {
            path: path.to_path_buf(),
            file,
            columns: places.iter().map(|&j| names[j].clone()).collect(),
            places,
            starts,
            metadata,
            outline,
        })))
    }

    /// The number of rows in the file.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.0.starts[self.n_row_groups()]
    }

    /// The names of the columns that are read, in the order of the chunks' columns.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.0.columns
    }

    /// The number of row groups: the parts that the file was written in.
    #[must_use]
    pub fn n_row_groups(&self) -> usize {
        self.0.metadata.row_groups.len()
    }

    /// Reads the file from the first row to the last: chunks of shape (any number, `n_columns`), each within one row group and at
    /// most 32 MiB large. The next chunk is read while the last one is being used, by a thread that ends with the iterator.
    ///
    /// The chunks are errors, and end, where the file is damaged ([`Error::File`]), a value is missing ([`Error::File`]) or not
    /// finite ([`Error::NotFinite`]); rows are counted from 0 over the whole file.
    pub fn chunks(&self) -> impl Iterator<Item = Result<Array2<f64>>> + use<> {
        let all = 0..self.n_row_groups();
        let pieces = all.flat_map(|row_group| self.0.pieces(row_group)).collect();
        self.read(pieces, channel().1)
    }

    /// Reads the chunks with these places, counted from 0 in the order of [`chunks`](Self::chunks); one that is not there is left
    /// out.
    fn chunks_at(
        &self,
        places: &[usize],
        room: Receiver<Array2<f64>>,
    ) -> impl Iterator<Item = Result<Array2<f64>>> + use<> {
        let row_groups = 0..self.n_row_groups();
        let all = row_groups.flat_map(|row_group| self.0.pieces(row_group));
        let all: Vec<Piece> = all.collect();
        let there = places.iter().filter_map(|&place| all.get(place).cloned());
        self.read(there.collect(), room)
    }

    /// Reads one row group, counted from 0, in the chunks that [`chunks`](Self::chunks) reads it in; one that is not there has none.
    pub fn row_group(&self, row_group: usize) -> impl Iterator<Item = Result<Array2<f64>>> + use<> {
        let there = row_group < self.n_row_groups();
        let pieces = there.then(|| self.0.pieces(row_group).collect());
        self.read(pieces.unwrap_or_default(), channel().1)
    }

    /// One thread reads while the others compute. It keeps one chunk ready; where the iterator is dropped it cannot hand that over,
    /// and ends. A chunk that comes back as room is written over: new memory costs as much as reading into it.
    fn read(
        &self,
        pieces: Vec<Piece>,
        room: Receiver<Array2<f64>>,
    ) -> impl Iterator<Item = Result<Array2<f64>>> + use<> {
        let parts = Arc::clone(&self.0);
        let (sender, receiver) = sync_channel(0);
        thread::spawn(move || {
            for piece in pieces {
                let chunk = parts.read(&piece, room.try_recv().ok());
                let failed = chunk.is_err();
                if sender.send(chunk).is_err() || failed {
                    break;
                }
            }
        });
        receiver.into_iter()
    }
}

impl Parts {
    fn rows_per_chunk(&self) -> usize {
        rows_per_chunk(self.places.len())
    }

    fn pieces(&self, row_group: usize) -> impl Iterator<Item = Piece> + use<> {
        let n_rows = self.starts[row_group + 1] - self.starts[row_group];
        let length = self.rows_per_chunk();
        (0..n_rows).step_by(length).map(move |start| Piece {
            row_group,
            rows: start..(start + length).min(n_rows),
        })
    }

    fn read(&self, piece: &Piece, room: Option<Array2<f64>>) -> Result<Array2<f64>> {
        let place = format!("{}, row group {}", self.path.display(), piece.row_group);
        let series = guarded(&place, || {
            let mut reader = ParquetReader::new(self.file.try_clone()?)
                .with_projection(Some(self.places.clone()))
                .with_slice(Some((piece.rows.start, piece.rows.len())))
                .read_parallel(ParallelStrategy::None);
            reader.set_metadata(self.alone(piece.row_group));
            let columns = reader.finish()?.into_columns().into_iter();
            let numbers = |column: Column| {
                let series = column.take_materialized_series();
                Ok(series.cast(&DataType::Float64)?.rechunk())
            };
            columns.map(numbers).collect::<PolarsResult<Vec<_>>>()
        })?;
        let n_rows = piece.rows.len();
        let first_row = self.starts[piece.row_group] + piece.rows.start;
        let mut columns = Vec::with_capacity(series.len());
        for (column, series) in series.iter().enumerate() {
            if series.null_count() > 0 {
                let row = series.is_null().iter().position(|null| null == Some(true));
                return Err(self.missing(column, first_row + row.unwrap_or_default()));
            }
            let values = series
                .f64()
                .ok()
                .and_then(|values| values.cont_slice().ok());
            let Some(values) = values.filter(|values| values.len() == n_rows) else {
                let problem = format!("the column {:?} has too few rows", self.columns[column]);
                return Err(damaged(&place, problem));
            };
            columns.push(values);
        }
        let x = rows_of(&columns, n_rows, room);
        x.map_err(|(row, column)| Error::NotFinite {
            what: self.path.display().to_string(),
            row: first_row + row,
            column,
            value: columns[column][row],
        })
    }

    /// What the file would say if a row group were its only one: a reader that knows of others walks through them to the slice.
    fn alone(&self, row_group: usize) -> FileMetadataRef {
        let row_group = &self.metadata.row_groups[row_group];
        Arc::new(FileMetadata {
            num_rows: row_group.num_rows(),
            row_groups: vec![row_group.clone()],
            ..self.outline.clone()
        })
    }

    fn missing(&self, column: usize, row: usize) -> Error {
        let name = &self.columns[column];
        Error::File {
            place: self.path.display().to_string(),
            problem: format!(
                "the column {name:?} has no value in row {row} (counted from 0), but every value is needed"
            ),
            remedy: "Remove the rows with missing values, or fill them, and write the file again"
                .into(),
        }
    }
}

fn rows_per_chunk(n_columns: usize) -> usize {
    (CHUNK_BYTES / size_of::<f64>() / n_columns.max(1)).max(1)
}

/// Columns one beside the other, as rows one after the other; or the row and column of a value that is not finite.
fn rows_of(
    columns: &[&[f64]],
    n_rows: usize,
    room: Option<Array2<f64>>,
) -> std::result::Result<Array2<f64>, (usize, usize)> {
    let shape = (n_rows, columns.len());
    let mut x = match room {
        Some(room) if room.dim() == shape && room.is_standard_layout() => room,
        _ => Array2::zeros(shape),
    };
    let tiles = x.axis_chunks_iter_mut(Axis(0), TILE);
    for (mut tile, start) in tiles.zip((0..).step_by(TILE)) {
        let n_rows = tile.nrows();
        for (j, (mut to, from)) in tile.columns_mut().into_iter().zip(columns).enumerate() {
            let from = &from[start..start + n_rows];
            if !check::all_finite(from) {
                let row = from.iter().position(|value| !value.is_finite());
                return Err((start + row.unwrap_or_default(), j));
            }
            to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        }
    }
    Ok(x)
}

/// The first row of each row group, and the number of rows; `None` where the file contradicts itself.
fn starts(metadata: &FileMetadata) -> Option<Vec<usize>> {
    let mut starts = vec![0_usize];
    for row_group in &metadata.row_groups {
        starts.push(starts.last()?.checked_add(row_group.num_rows())?);
    }
    starts
        .last()
        .filter(|n_rows| **n_rows == metadata.num_rows)?;
    Some(starts)
}

/// Polars' errors as ours, and its panics too: it has some for files that contradict themselves.
fn guarded<T>(place: &str, work: impl FnOnce() -> PolarsResult<T>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            Err(damaged(
                place,
                format!("cannot be read as Parquet ({first})"),
            ))
        }
        Err(_) => Err(damaged(place, "cannot be read as Parquet".into())),
    }
}

fn damaged(place: &str, problem: String) -> Error {
    Error::File {
        place: place.into(),
        problem,
        remedy: "If it is a Parquet file, it is cut off or damaged: write or download it again"
            .into(),
    }
}

impl fmt::Display for ParquetFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = check::count(self.n_rows(), "row");
        let groups = check::count(self.n_row_groups(), "row group");
        write!(f, "{}: {rows} in {groups}; columns ", self.0.path.display())?;
        write!(f, "{}", self.columns().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_polars_panics_over_is_an_error() {
        let found = guarded("file", || -> PolarsResult<()> {
            panic!("thrift bool field")
        });
        assert_eq!(
            found,
            Err(damaged("file", "cannot be read as Parquet".into()))
        );
    }
}
