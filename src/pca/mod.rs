//! Principal component analysis.

mod bytes;
mod keep;

pub use keep::Keep;

use crate::{Error, Result, check, linalg, parallel};
use ndarray::{Array1, Array2, ArrayRef2, Axis, s};
use std::fmt;

/// Principal component analysis: the directions in which the data vary most.
///
/// ```text
/// x ≈ mean + ∑ⱼ scoreⱼ componentⱼ        scores = (x - mean) Wᵀ        W: components as rows, orthonormal
/// ```
///
/// The components are the eigenvectors of the covariance matrix (divided by `n_samples` - 1), by falling eigenvalue. Each
/// component's loading of largest magnitude is positive, so that the same data always give the same signs.
///
/// # Examples
///
/// ```
/// use em_lab::{Keep, Pca};
/// use ndarray::array;
///
/// let x = array![[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [4.0, 4.1]];
/// let pca = Pca::fit(&x, Keep::Count(1))?;
/// assert!(pca.explained_variance_ratio()[0] > 0.999);
/// let back = pca.inverse_transform(&pca.transform(&x)?)?;
/// assert!((&back - &x).iter().all(|difference| difference.abs() < 0.05));
/// # Ok::<(), em_lab::Error>(())
/// ```
///
/// # References
///
/// Jolliffe (2002), *Principal Component Analysis*; Tipping and Bishop (1999) for the noise variance.
#[derive(Clone, PartialEq)]
pub struct Pca {
    mean: Array1<f64>,
    components: Array2<f64>,
    singular_values: Array1<f64>,
    explained_variance: Array1<f64>,
    total_variance: f64,
}

impl Pca {
    /// Finds the principal components of `x`, shape (`n_samples`, `n_features`).
    ///
    /// # Errors
    ///
    /// [`Error::Empty`], [`Error::NotFinite`]: `x` is no data. [`Error::TooFewSamples`]: a single sample does not vary.
    /// [`Error::Parameter`]: `keep` asks for more than there is.
    pub fn fit(x: &ArrayRef2<f64>, keep: Keep) -> Result<Self> {
        let mean = mean_of_rows(x);
        // A sum hides no NaN and no infinity, so that most data need not be looked through once more.
        if x.is_empty() || !mean.iter().all(|value| value.is_finite()) {
            check::matrix("x", x)?;
        }
        let (n_samples, n_features) = x.dim();
        check_sizes(n_samples, n_features, keep)?;
        if n_samples < n_features {
            // Fewer samples than features: by way of the smaller X Xᵀ.
            let centred = &x.view() - &mean;
            let principal = Principal::of(linalg::product(&centred, &centred.t()), keep)?;
            return principal.of_fewer_samples(mean, &centred, keep);
        }
        let (mean, gram) = centred_gram(x, &mean);
        Ok(Principal::of(gram, keep)?.of_features(mean, n_samples, keep))
    }

    /// The mean of the samples, shape (`n_features`,).
    #[must_use]
    pub fn mean(&self) -> &Array1<f64> {
        &self.mean
    }

    /// The principal axes as rows, shape (`n_kept`, `n_features`): orthonormal, by falling variance.
    #[must_use]
    pub fn components(&self) -> &Array2<f64> {
        &self.components
    }

    /// The singular values of the centred data, shape (`n_kept`,).
    #[must_use]
    pub fn singular_values(&self) -> &Array1<f64> {
        &self.singular_values
    }

    /// The variance along each axis, shape (`n_kept`,): s² / (`n_samples` - 1).
    #[must_use]
    pub fn explained_variance(&self) -> &Array1<f64> {
        &self.explained_variance
    }

    /// The share of the total variance along each axis, shape (`n_kept`,). It sums to less than 1 where something was left out.
    #[must_use]
    pub fn explained_variance_ratio(&self) -> Array1<f64> {
        if self.total_variance > 0.0 {
            &self.explained_variance / self.total_variance
        } else {
            self.explained_variance.clone()
        }
    }

    /// The mean variance of the `n_features` - `n_kept` directions that were left out; 0 if none was. Tipping and Bishop (1999),
    /// eq. 8.
    #[must_use]
    pub fn noise_variance(&self) -> f64 {
        let left_out = self.mean.len() - self.n_kept();
        if left_out == 0 {
            return 0.0;
        }
        (self.total_variance - self.explained_variance.sum()).max(0.0) / left_out as f64
    }

    /// The number of components kept.
    #[must_use]
    pub fn n_kept(&self) -> usize {
        self.components.nrows()
    }

    /// Returns the scores (x - mean) Wᵀ, shape (`n_samples`, `n_kept`), of `x`, shape (`n_samples`, `n_features`).
    ///
    /// # Errors
    ///
    /// `x` must hold finite numbers and have as many columns as the data of the fit.
    pub fn transform(&self, x: &ArrayRef2<f64>) -> Result<Array2<f64>> {
        if x.is_empty() || x.ncols() != self.mean.len() {
            check::columns("x", x, self.mean.len())?;
        }
        let scores = linalg::multiply_about(&self.mean, x, &self.components.t());
        // Sums of products hide no NaN and no infinity, so that most data need not be looked through once more.
        if !scores.iter().all(|score| score.is_finite()) {
            check::matrix("x", x)?;
        }
        Ok(scores)
    }

    /// Returns mean + scores W, shape (`n_samples`, `n_features`): the points that the scores stand for.
    ///
    /// # Errors
    ///
    /// `scores` must hold finite numbers and have `n_kept` columns.
    pub fn inverse_transform(&self, scores: &ArrayRef2<f64>) -> Result<Array2<f64>> {
        check::matrix("The matrix of scores", scores)?;
        check::same(
            "The matrix of scores",
            "column",
            scores.ncols(),
            self.n_kept(),
            "one for each component kept",
        )?;
        Ok(linalg::product(scores, &self.components) + &self.mean)
    }

    /// Returns the scores divided by their standard deviations: the whitened data of the fit have unit covariance.
    ///
    /// # Errors
    ///
    /// As [`Pca::transform`]; [`Error::Parameter`] if a kept component has no variance.
    pub fn whiten(&self, x: &ArrayRef2<f64>) -> Result<Array2<f64>> {
        let rounding = f64::EPSILON * self.mean.len() as f64 * self.total_variance;
        if let Some(flat) = self.explained_variance.iter().position(|&v| v <= rounding) {
            return Err(Error::Parameter {
                name: "The number of components to keep".into(),
                found: self.n_kept().to_string(),
                expected: format!(
                    "at most {flat} for whitening: the data do not vary along the other directions"
                ),
            });
        }
        Ok(self.transform(x)? / self.explained_variance.sqrt())
    }

    /// Returns the same analysis with only the first `n_kept` components.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] if that is none, or more than there are.
    pub fn truncate(&self, n_kept: usize) -> Result<Self> {
        Keep::Count(n_kept).check(self.n_kept(), "the number of components that there are")?;
        Ok(Self {
            mean: self.mean.clone(),
            components: self.components.slice(s![..n_kept, ..]).to_owned(),
            singular_values: self.singular_values.slice(s![..n_kept]).to_owned(),
            explained_variance: self.explained_variance.slice(s![..n_kept]).to_owned(),
            total_variance: self.total_variance,
        })
    }
}

impl fmt::Display for Pca {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ratio = self.explained_variance_ratio();
        let (kept, features) = self.components.dim();
        writeln!(
            f,
            "PCA: {kept} of {features} directions, {:.2} % of the variance",
            100.0 * ratio.sum()
        )?;
        write!(f, "  j   variance   share     so far")?;
        let mut so_far = 0.0;
        for (j, share) in ratio.iter().enumerate().take(10) {
            so_far += share;
            write!(
                f,
                "\n{:3} {:10.4}   {share:.4}    {so_far:.4}",
                j + 1,
                self.explained_variance[j]
            )?;
        }
        if kept > 10 {
            write!(f, "\n  …")
        } else {
            Ok(())
        }
    }
}

fn check_sizes(n_samples: usize, n_features: usize, keep: Keep) -> Result<()> {
    if n_samples < 2 {
        return Err(Error::TooFewSamples {
            n_samples,
            needed: 2,
            purpose: "a variance".into(),
        });
    }
    keep.check(
        n_samples.min(n_features),
        "the smaller of samples and features",
    )
}

/// The largest eigenvalues and eigenvectors of a matrix of sums of squares about the mean.
struct Principal {
    /// Falling, as many as there have to be known.
    values: Array1<f64>,
    /// Unit eigenvectors as columns.
    vectors: Array2<f64>,
    /// The sum of all eigenvalues.
    total: f64,
}

impl Principal {
    fn of(squares: Array2<f64>, keep: Keep) -> Result<Self> {
        if !squares.iter().all(|v| v.is_finite()) {
            return Err(Error::LinearAlgebra {
                what: "the variances of x overflow".into(),
            });
        }
        let total = squares.diag().sum();
        // A feature that never changes has no part in any component; leaving it out leaves a smaller matrix.
        let varying: Vec<usize> = (0..squares.nrows())
            .filter(|&i| squares[[i, i]] > 0.0)
            .collect();
        let needed = match keep {
            Keep::Count(n) => n,
            Keep::Variance(_) if !varying.is_empty() => varying.len(),
            Keep::Variance(_) | Keep::All => squares.nrows(),
        };
        let (mut values, vectors) = if needed <= varying.len() && varying.len() < squares.nrows() {
            let smaller = squares.select(Axis(0), &varying).select(Axis(1), &varying);
            let (values, short) = linalg::largest_eigen(smaller, needed)?;
            let mut vectors = Array2::zeros((squares.nrows(), values.len()));
            for (row, &i) in short.rows().into_iter().zip(&varying) {
                vectors.row_mut(i).assign(&row);
            }
            (values, vectors)
        } else {
            linalg::largest_eigen(squares, needed)?
        };
        // Rounding can leave a flat direction a variance just below zero.
        values.mapv_inplace(|v| v.max(0.0));
        Ok(Self {
            values,
            vectors,
            total,
        })
    }

    /// The analysis, where the matrix was Xᵀ X.
    fn of_features(self, mean: Array1<f64>, n_samples: usize, keep: Keep) -> Pca {
        let n_kept = keep.count(&self.values, self.total, self.values.len());
        let rows = self.vectors.slice(s![.., ..n_kept]).reversed_axes();
        let components = rows.as_standard_layout().into_owned();
        self.analysis(mean, components, n_samples)
    }

    /// The analysis, where it was X Xᵀ: from its unit vectors u, the unit vectors Xᵀ u / |Xᵀ u| of Xᵀ X.
    fn of_fewer_samples(self, mean: Array1<f64>, centred: &Array2<f64>, keep: Keep) -> Result<Pca> {
        let n_samples = centred.nrows();
        // Directions in which nothing varies have no vector here.
        let smallest = n_samples as f64 * f64::EPSILON * self.values[0];
        let rank = self.values.iter().filter(|&&v| v > smallest).count();
        if rank == 0 {
            return Err(Error::Parameter {
                name: "x".into(),
                found: "the same in every row".into(),
                expected: "different from row to row: where nothing varies there are no components"
                    .into(),
            });
        }
        keep.check(rank, "the number of directions in which the samples vary")?;
        let n_kept = keep.count(&self.values, self.total, rank);
        let vectors = self.vectors.slice(s![.., ..n_kept]);
        let components = project_and_normalize(centred, &vectors);
        Ok(self.analysis(mean, components, n_samples))
    }

    fn analysis(self, mean: Array1<f64>, components: Array2<f64>, n_samples: usize) -> Pca {
        let degrees_of_freedom = (n_samples - 1) as f64;
        let kept = self.values.slice(s![..components.nrows()]);
        Pca {
            mean,
            singular_values: kept.sqrt(),
            explained_variance: &kept / degrees_of_freedom,
            total_variance: self.total / degrees_of_freedom,
            components,
        }
    }
}

/// The mean of the rows, up to the rounding that [`centred_gram`] takes away.
fn mean_of_rows(x: &ArrayRef2<f64>) -> Array1<f64> {
    let pieces = parallel::run(parallel::partition(x.nrows(), 32), |rows| {
        x.slice(s![rows, ..]).sum_axis(Axis(0))
    });
    pieces
        .into_iter()
        .fold(Array1::zeros(x.ncols()), |sum, piece| sum + piece)
        / x.nrows() as f64
}

/// Returns the mean and ∑ₙ (xₙ - mean)(xₙ - mean)ᵀ from sums about a point near the mean (Chan, Golub and LeVeque 1983).
fn centred_gram(x: &ArrayRef2<f64>, near: &Array1<f64>) -> (Array1<f64>, Array2<f64>) {
    let n_features = x.ncols();
    // Few pieces: each holds a matrix of its own.
    let pieces = parallel::run(parallel::partition(x.nrows(), 8), |rows| {
        linalg::gram_about(near, &x.slice(s![rows, ..]))
    });
    let zero = (
        Array1::<f64>::zeros(n_features),
        Array2::<f64>::zeros((n_features, n_features)),
    );
    let (sum, mut gram) = pieces
        .into_iter()
        .fold(zero, |(sum, gram), piece| (sum + piece.0, gram + piece.1));
    linalg::symmetrize(&mut gram);
    let n_samples = x.nrows() as f64;
    for ((i, j), value) in gram.indexed_iter_mut() {
        *value -= sum[i] * sum[j] / n_samples;
    }
    (near + &(sum / n_samples), gram)
}

/// Turns unit vectors u of X Xᵀ into unit vectors Xᵀ u / |Xᵀ u| of Xᵀ X, as rows, with the same rule for their signs.
fn project_and_normalize(centred: &Array2<f64>, vectors: &ArrayRef2<f64>) -> Array2<f64> {
    let mut rows = linalg::product(&vectors.t(), centred);
    for mut row in rows.rows_mut() {
        let norm = row.dot(&row).sqrt();
        let largest = row
            .iter()
            .fold(0.0_f64, |m, &v| if v.abs() > m.abs() { v } else { m });
        row /= norm.copysign(largest);
    }
    rows
}

#[cfg(test)]
mod tests;
