//! Principal components of grey levels, which stay bytes: 70,000 images of 784 pixels are 55 MB, and 439 MB as numbers.

use super::{Keep, Pca, Principal, check_sizes};
use crate::{Error, Result, check, linalg};
use ndarray::{Array1, Array2, ArrayRef2};

impl Pca {
    /// Finds the principal components of `pixels`, shape (`n_samples`, `n_features`), where one grey level is worth `unit`: the same
    /// as [`Pca::fit`] of the matrix unit · `pixels`, to rounding, in a fraction of its time and memory.
    ///
    /// The sums of the pixels and of their products are taken in whole numbers, which makes them exact:
    ///
    /// ```text
    /// N ∑ₙ (pₙ - mean)(pₙ - mean)ᵀ = N ∑ₙ pₙ pₙᵀ - (∑ₙ pₙ)(∑ₙ pₙ)ᵀ
    /// ```
    ///
    /// # Examples
    ///
    /// ```
    /// use em_lab::{Digits, Keep, Pca};
    ///
    /// let digits = Digits::first(1_000)?;
    /// let pca = Pca::fit_bytes(&digits.pixels, 1.0 / 255.0, Keep::Count(2))?;
    /// let same = Pca::fit(&digits.unit(), Keep::Count(2))?;
    /// assert!((pca.components() - same.components()).iter().all(|difference| difference.abs() < 1e-9));
    /// # Ok::<(), em_lab::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Pca::fit`]; [`Error::Parameter`] if `unit` is not positive and finite.
    pub fn fit_bytes(pixels: &ArrayRef2<u8>, unit: f64, keep: Keep) -> Result<Self> {
        check_bytes(pixels, unit)?;
        let (n_samples, n_features) = pixels.dim();
        check_sizes(n_samples, n_features, keep)?;
        let levels = if n_samples < n_features {
            // Such a matrix is smaller than the sums of products would be.
            Self::fit(&pixels.mapv(f64::from), keep)?
        } else {
            let (mean, squares) = centred_squares(pixels);
            Principal::of(squares, keep)?.of_features(mean, n_samples, keep)
        };
        levels.in_units_of(unit)
    }

    /// Returns the scores (x - mean) Wᵀ, shape (`n_samples`, `n_kept`), of x = unit · `pixels`, shape (`n_samples`, `n_features`).
    ///
    /// `unit` is that of the fit, in whichever way it was made: 1.0 / 255.0 after [`Digits::unit`](crate::Digits::unit), 1.0 after
    /// [`Digits::raw`](crate::Digits::raw).
    ///
    /// # Errors
    ///
    /// `pixels` must have as many columns as the data of the fit, and `unit` must be positive and finite.
    pub fn transform_bytes(&self, pixels: &ArrayRef2<u8>, unit: f64) -> Result<Array2<f64>> {
        check_bytes(pixels, unit)?;
        check::same(
            PIXELS,
            "column",
            pixels.ncols(),
            self.mean.len(),
            "the model has that many features",
        )?;
        // The mean of bytes is no farther from them than their range, so that it need not be subtracted first.
        let start = -self.components.dot(&self.mean);
        let weights = &self.components.t() * unit;
        Ok(linalg::multiply_bytes(pixels, &weights, &start))
    }

    /// The analysis of unit · x, given that of x.
    fn in_units_of(self, unit: f64) -> Result<Self> {
        let squared = unit * unit;
        let scaled = Self {
            mean: self.mean * unit,
            components: self.components,
            singular_values: self.singular_values * unit,
            explained_variance: self.explained_variance * squared,
            total_variance: self.total_variance * squared,
        };
        // The largest pixel is 255, and the largest variance less than 255² for each feature.
        if (scaled.total_variance * 255.0).is_finite() {
            return Ok(scaled);
        }
        Err(Error::LinearAlgebra {
            what: "the variances of x overflow".into(),
        })
    }
}

const PIXELS: &str = "The matrix of pixels";

fn check_bytes(pixels: &ArrayRef2<u8>, unit: f64) -> Result<()> {
    if pixels.is_empty() {
        return Err(Error::Empty {
            what: PIXELS.into(),
        });
    }
    if unit > 0.0 && unit.is_finite() {
        return Ok(());
    }
    Err(Error::Parameter {
        name: "The unit of the pixels".into(),
        found: unit.to_string(),
        expected: "a positive, finite number: what one grey level is worth, such as 1 / 255".into(),
    })
}

/// Returns the mean and ∑ₙ (pₙ - mean)(pₙ - mean)ᵀ.
fn centred_squares(pixels: &ArrayRef2<u8>) -> (Array1<f64>, Array2<f64>) {
    let (sums, gram) = linalg::gram_of_bytes(pixels);
    let n_samples = pixels.nrows();
    let mut squares = Array2::zeros(gram.dim());
    for ((i, j), &products) in gram.indexed_iter().filter(|&((i, j), _)| i <= j) {
        // Both products are whole numbers and so is their difference: nothing cancels before the one rounding.
        let exact =
            i128::from(products) * n_samples as i128 - i128::from(sums[i]) * i128::from(sums[j]);
        // The conversion from 64 bits is an instruction of the processor, that from 128 is not.
        let rounded = i64::try_from(exact).map_or(exact as f64, |exact| exact as f64);
        squares[[i, j]] = rounded / n_samples as f64;
    }
    linalg::symmetrize(&mut squares);
    (sums.mapv(|sum| sum as f64 / n_samples as f64), squares)
}
