//! Statistics of parts of the data: how they add up, and how they travel.

use super::{CovarianceModel, GaussianMixture, Statistics};
use crate::{Error, Result};
use ndarray::{Array2, Array3};

/// What the bytes begin with; another number for another order of what follows.
const HEAD: &[u8; 8] = b"em-lab:1";
/// The bytes before the numbers: the head, K, D and the two sizes of a component's sums.
const FRONT: usize = 5 * size_of::<u64>();

impl Statistics {
    /// Adds the statistics of other samples about the same centres.
    pub(in crate::mixture) fn add(&mut self, other: Self) {
        self.log_likelihood += other.log_likelihood;
        self.moments += &other.moments;
    }

    /// Adds the statistics of other samples under the same model.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] if they are about other centres, as those of a model with other means are.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        self.check_mergeable(other)?;
        self.add(other.clone());
        Ok(())
    }

    pub(in crate::mixture) fn check_mergeable(&self, other: &Self) -> Result<()> {
        if self.centres == other.centres && self.moments.dim() == other.moments.dim() {
            return Ok(());
        }
        Err(Error::Parameter {
            name: "The model of the other statistics".into(),
            found: "another one".into(),
            expected:
                "the one that these were taken under: sums about different centres do not add up"
                    .into(),
        })
    }

    /// Refuses statistics that are not those of a model, or not enough for the next one.
    pub(in crate::mixture) fn check(
        &self,
        model: &GaussianMixture,
        next: CovarianceModel,
    ) -> Result<()> {
        if self.centres != *model.means() {
            return Err(Error::Parameter {
                name: "The model of the statistics".into(),
                found: "another one".into(),
                expected: "the one that the pass was given".into(),
            });
        }
        if self.total_weight() > 0.0 {
            return self.check_covariances(next);
        }
        let what = "The list of samples behind the statistics".into();
        Err(Error::Empty { what })
    }

    /// Refuses to make covariances of variances.
    pub(in crate::mixture) fn check_covariances(&self, next: CovarianceModel) -> Result<()> {
        if !self.is_diagonal() || next.is_diagonal() {
            return Ok(());
        }
        Err(Error::Parameter {
            name: "The covariance model of the M-step".into(),
            found: next.to_string(),
            expected: "one along the features: these statistics come from such a model, and hold no covariances".into(),
        })
    }

    /// The statistics as bytes, the same on every machine: 8 for each number, and nothing is rounded.
    ///
    /// # Examples
    ///
    /// ```
    /// use em_lab::{Statistics, synthetic};
    ///
    /// let statistics = synthetic::two_dimensions_model().statistics(&synthetic::two_dimensions().x)?;
    /// assert_eq!(Statistics::from_bytes(&statistics.to_bytes())?, statistics);
    /// # Ok::<(), em_lab::Error>(())
    /// ```
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (k, rows, width) = self.moments.dim();
        let sizes = [k, self.centres.ncols(), rows, width];
        let values = [self.log_likelihood];
        let numbers = values.iter().chain(&self.centres).chain(&self.moments);
        let sizes = sizes.iter().flat_map(|&size| (size as u64).to_le_bytes());
        let numbers = numbers.flat_map(|value| value.to_le_bytes());
        HEAD.iter().copied().chain(sizes).chain(numbers).collect()
    }

    /// The statistics that [`to_bytes`](Statistics::to_bytes) made these bytes of.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] if it did not make them, or not all of them are there.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::parse(bytes).ok_or_else(|| Error::Parameter {
            name: "The list of bytes".into(),
            found: format!("one of {} that are no whole statistics", bytes.len()),
            expected: "one that this version's Statistics::to_bytes made, all of it".into(),
        })
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (front, numbers) = bytes.split_at_checked(FRONT)?;
        let (head, sizes) = front.split_first_chunk()?;
        let words = sizes.as_chunks().0.iter();
        let sizes: Option<Vec<usize>> = words
            .map(|word| u64::from_le_bytes(*word).try_into().ok())
            .collect();
        let &[k, d, rows, width] = sizes?.as_slice() else {
            return None;
        };
        let n_centres = k.checked_mul(d)?;
        let n_moments = k.checked_mul(rows)?.checked_mul(width)?;
        let count = n_centres.checked_add(n_moments)?.checked_add(1)?;
        // Of a component there are as many sums as `about` makes room for.
        let fits = k > 0
            && d > 0
            && width == super::padded(d.checked_add(1)?)
            && (rows == 2 || rows == width);
        if head != HEAD || !fits || Some(numbers.len()) != count.checked_mul(size_of::<f64>()) {
            return None;
        }
        let mut numbers = numbers
            .as_chunks()
            .0
            .iter()
            .map(|word| f64::from_le_bytes(*word));
        let log_likelihood = numbers.next()?;
        let centres = numbers.by_ref().take(n_centres).collect();
        Some(Self {
            log_likelihood,
            centres: Array2::from_shape_vec((k, d), centres).ok()?,
            moments: Array3::from_shape_vec((k, rows, width), numbers.collect()).ok()?,
        })
    }
}
