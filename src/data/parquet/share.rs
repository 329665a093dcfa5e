//! A file that several processes read, each its own share.

use super::ParquetFile;
use crate::{Error, FixedSum, GaussianMixture, Result, check};
use ndarray::Array2;
use std::sync::mpsc::channel;

impl ParquetFile {
    /// The number of chunks that [`chunks`](Self::chunks) reads the file in: the same on every machine.
    #[must_use]
    pub fn n_chunks(&self) -> usize {
        let row_groups = self.0.starts.windows(2);
        let length = self.0.rows_per_chunk();
        row_groups
            .map(|rows| (rows[1] - rows[0]).div_ceil(length))
            .sum()
    }

    /// Reads at most so many chunks, evenly from all over the file: a start of EM need not see every sample.
    pub fn some_chunks(&self, at_most: usize) -> impl Iterator<Item = Result<Array2<f64>>> + use<> {
        let step = self.n_chunks().div_ceil(at_most.max(1)).max(1);
        let places = (0..self.n_chunks()).step_by(step).take(at_most);
        self.chunks_at(&places.collect::<Vec<_>>(), channel().1)
    }

    /// Takes the [`Statistics`](crate::Statistics) under a model of one share of the file, counted from 0: its chunks are shared out
    /// in their order, as evenly as can be, and read one after the other.
    ///
    /// The shares of several processes [merge](FixedSum::merge) into the sum over the whole file, with the same bits whatever the
    /// number of shares. Where there are more shares than chunks, some have none and add nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use em_lab::{FixedSum, ParquetFile, synthetic, write_parquet};
    /// use ndarray::Axis;
    ///
    /// let (x, model) = (synthetic::two_dimensions().x, synthetic::two_dimensions_model());
    /// let path = em_lab::data::scratch_dir()?.join("shared.parquet");
    /// write_parquet(&path, &["x", "y"], x.axis_chunks_iter(Axis(0), 50).map(|part| Ok(part.to_owned())))?;
    /// let file = ParquetFile::open(&path, &[])?;
    ///
    /// let mut sum = file.statistics(&model, 0, 2)?;
    /// sum.merge(file.statistics(&model, 1, 2)?)?;
    /// assert_eq!(sum.total()?, file.statistics(&model, 0, 1)?.total()?);
    /// # Ok::<(), em_lab::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Shape`]: the model has another number of features than there are columns. [`Error::Parameter`]: there is no such
    /// share. An error among the chunks.
    pub fn statistics(
        &self,
        model: &GaussianMixture,
        share: usize,
        n_shares: usize,
    ) -> Result<FixedSum> {
        if share >= n_shares {
            return Err(Error::Parameter {
                name: "The share of the file".into(),
                found: share.to_string(),
                expected: format!("one of {}, counted from 0", check::count(n_shares, "share")),
            });
        }
        check::same(
            "The file",
            "column",
            self.columns().len(),
            model.n_features(),
            "the model has that many features",
        )?;
        let n = self.n_chunks();
        let mut sum = FixedSum::new(n);
        // ⌊n share / n_shares⌋, in two parts so that no product is too large.
        let place = |share: usize| n / n_shares * share + n % n_shares * share / n_shares;
        let places: Vec<usize> = (place(share)..place(share + 1)).collect();
        let (used, room) = channel();
        for (&place, chunk) in places.iter().zip(self.chunks_at(&places, room)) {
            let chunk = chunk?;
            sum.add(place, model.statistics_of(&chunk))?;
            // The thread that reads may have ended; then nobody needs it.
            let _ = used.send(chunk);
        }
        Ok(sum)
    }

    /// Refuses a file that another process, which ought to read the same one, describes otherwise: `description` is the other
    /// file's `to_string()`, with its name, numbers of rows and row groups, and columns.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] with both descriptions.
    pub fn check_same(&self, description: impl AsRef<[u8]>) -> Result<()> {
        let here = self.to_string();
        if here.as_bytes() == description.as_ref() {
            return Ok(());
        }
        Err(Error::Parameter {
            name: "The file here".into(),
            found: format!("\"{here}\""),
            expected: format!(
                "the same everywhere: \"{}\"",
                String::from_utf8_lossy(description.as_ref())
            ),
        })
    }
}
