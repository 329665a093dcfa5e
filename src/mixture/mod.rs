//! The Gaussian mixture: what the model is, and the questions one can ask it.

mod collapse;
mod covariance;
mod density;
mod em;
mod fit;
mod fixed_sum;
mod hierarchical;
mod pass;
mod regularization;
mod restarts;
mod sample;
mod select;
mod source;
mod start;
mod statistics;
mod steps;
mod stream;
mod text;

pub use collapse::{Collapse, Repair};
pub use covariance::CovarianceModel;
pub use em::Em;
pub use fit::{Fit, Step, Stop};
pub use fixed_sum::FixedSum;
pub use regularization::Regularization;
pub use restarts::{Optimum, Restarts};
pub use sample::Sample;
pub use select::{Candidate, Scores, Selection};
pub use start::Start;
pub use statistics::Statistics;
pub use steps::{Expectation, e_step, m_step};

use crate::{Error, Result, check, gaussian};
use ndarray::{Array1, Array2, Array3, ArrayRef2, Axis};
use std::fmt;

/// A Gaussian mixture: components with a weight, a mean and a covariance matrix each.
///
/// ```text
/// p(x) = ∑ₖ πₖ N(x | μₖ, Σₖ)
/// ```
///
/// with weights πₖ (positive, sum 1), means μₖ and covariances Σₖ, k = 1 … K. Build one from its parameters with [`new`] or
/// [`univariate`], or learn one with [`Em`].
///
/// [`new`]: GaussianMixture::new
/// [`univariate`]: GaussianMixture::univariate
///
/// # Examples
///
/// ```
/// use em_lab::{GaussianMixture, column};
///
/// let model = GaussianMixture::univariate(&[0.7, 0.3], &[0.0, 5.0], &[1.0, 1.0])?;
/// let responsibilities = model.responsibilities(&column(&[0.0, 2.5, 5.0]))?;
/// // Half-way between two equally wide components the weights decide.
/// assert!((responsibilities[[1, 0]] - 0.7).abs() < 1e-12);
/// # Ok::<(), em_lab::Error>(())
/// ```
///
/// # References
///
/// Bishop (2006), *Pattern Recognition and Machine Learning*, section 9.2.
#[derive(Clone, PartialEq)]
pub struct GaussianMixture {
    covariance_model: CovarianceModel,
    weights: Array1<f64>,
    means: Array2<f64>,
    covariances: Array3<f64>,
    precisions_cholesky: Array3<f64>,
}

impl GaussianMixture {
    /// Builds a mixture from its parameters.
    ///
    /// - `weights`: length K, positive, sum 1
    /// - `means`: shape (K, D)
    /// - `covariances`: shape (K, D, D), each symmetric and positive definite
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`], [`Error::Shape`], [`Error::NotFinite`] or [`Error::Empty`] name the argument that is not as above.
    pub fn new(weights: &[f64], means: Array2<f64>, covariances: Array3<f64>) -> Result<Self> {
        let (n_components, n_features) = means.dim();
        check::matrix("The matrix of means", &means)?;
        check::same(
            "The list of weights",
            "value",
            weights.len(),
            n_components,
            "one for each row of the means",
        )?;
        check::same(
            "The array of covariances",
            "matrix",
            covariances.dim().0,
            n_components,
            "one for each row of the means",
        )?;
        check::same(
            "Each covariance matrix",
            "row",
            covariances.dim().1,
            n_features,
            "one for each column of the means",
        )?;
        check::same(
            "Each covariance matrix",
            "column",
            covariances.dim().2,
            n_features,
            "one for each column of the means",
        )?;
        let sum: f64 = weights.iter().sum();
        if weights.iter().any(|w| !w.is_finite() || *w <= 0.0) || (sum - 1.0).abs() > 1e-8 {
            return Err(Error::Parameter {
                name: "The list of weights".into(),
                found: format!("{weights:?}"),
                expected: "positive numbers that sum to 1".into(),
            });
        }
        for (k, covariance) in covariances.outer_iter().enumerate() {
            check::matrix(&format!("Covariance {k}"), &covariance)?;
            let scale = covariance
                .diag()
                .iter()
                .fold(0.0_f64, |m, v| m.max(v.abs()));
            let mut entries = covariance.indexed_iter();
            if !entries.all(|((i, j), v)| (v - covariance[[j, i]]).abs() <= 1e-8 * scale) {
                return Err(no_covariance(k, &covariance));
            }
        }
        let weights = Array1::from(weights.to_vec());
        let full = CovarianceModel::FULL;
        Self::from_parameters(full, weights, means, covariances.clone())
            .map_err(|k| no_covariance(k, &covariances.index_axis(Axis(0), k)))
    }

    /// Builds a mixture in one dimension from weights, means and **standard deviations** (not variances), each of length K.
    ///
    /// # Errors
    ///
    /// As [`GaussianMixture::new`]; a standard deviation must be positive.
    pub fn univariate(weights: &[f64], means: &[f64], standard_deviations: &[f64]) -> Result<Self> {
        let n = means.len();
        check::same(
            "The list of standard deviations",
            "value",
            standard_deviations.len(),
            n,
            "one for each mean",
        )?;
        if let Some(&deviation) = standard_deviations
            .iter()
            .find(|s| !s.is_finite() || **s <= 0.0)
        {
            return Err(Error::Parameter {
                name: "A standard deviation".into(),
                found: deviation.to_string(),
                expected: "a positive number".into(),
            });
        }
        let covariances =
            Array3::from_shape_fn((n, 1, 1), |(k, _, _)| standard_deviations[k].powi(2));
        Self::new(weights, check::column(means), covariances)
    }

    /// Factors the covariances, and trusts everything else; `Err(k)` if covariance k is not positive definite.
    fn from_parameters(
        covariance_model: CovarianceModel,
        weights: Array1<f64>,
        means: Array2<f64>,
        covariances: Array3<f64>,
    ) -> Result<Self, usize> {
        let mut precisions_cholesky = Array3::zeros(covariances.dim());
        for (k, covariance) in covariances.outer_iter().enumerate() {
            let factor = gaussian::precision_cholesky(&covariance).ok_or(k)?;
            precisions_cholesky
                .index_axis_mut(Axis(0), k)
                .assign(&factor);
        }
        Ok(Self {
            covariance_model,
            weights,
            means,
            covariances,
            precisions_cholesky,
        })
    }

    /// How the covariances are tied to each other; [`CovarianceModel::FULL`] for a mixture that was built from its parameters.
    #[must_use]
    pub fn covariance_model(&self) -> CovarianceModel {
        self.covariance_model
    }

    /// The number of components, K.
    #[must_use]
    pub fn n_components(&self) -> usize {
        self.weights.len()
    }

    /// The number of features, D.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.means.ncols()
    }

    /// πₖ, shape (K,): the share of each component.
    #[must_use]
    pub fn weights(&self) -> &Array1<f64> {
        &self.weights
    }

    /// μₖ, shape (K, D): the mean of each component.
    #[must_use]
    pub fn means(&self) -> &Array2<f64> {
        &self.means
    }

    /// Σₖ, shape (K, D, D): the covariance matrix of each component.
    #[must_use]
    pub fn covariances(&self) -> &Array3<f64> {
        &self.covariances
    }

    /// Uₖ with Σₖ⁻¹ = Uₖ Uₖᵀ, shape (K, D, D), upper triangular: the Cholesky factors of the precision matrices.
    #[must_use]
    pub fn precisions_cholesky(&self) -> &Array3<f64> {
        &self.precisions_cholesky
    }

    /// The square roots of the covariances' diagonals, shape (K, D): each component's standard deviation along each feature.
    #[must_use]
    pub fn standard_deviations(&self) -> Array2<f64> {
        Array2::from_shape_fn(self.means.dim(), |(k, d)| {
            self.covariances[[k, d, d]].sqrt()
        })
    }

    /// The number of free parameters: K - 1 weights, K D means and those of the [covariances](CovarianceModel::n_parameters), which
    /// are K D (D + 1) / 2 where each component has its own.
    #[must_use]
    pub fn n_parameters(&self) -> usize {
        let (k, d) = self.means.dim();
        self.covariance_model.n_free(k, d)
    }

    /// Returns Akaike's information criterion, AIC = 2 p - 2 l, with p parameters and log-likelihood l. **Lower is better.**
    ///
    /// # Errors
    ///
    /// As [`GaussianMixture::component_log_density`].
    pub fn aic(&self, x: &ArrayRef2<f64>) -> Result<f64> {
        Ok(2.0 * self.n_parameters() as f64 - 2.0 * self.log_likelihood(x)?)
    }

    /// Returns the Bayesian information criterion, BIC = p ln n - 2 l, with p parameters, n samples and log-likelihood l.
    ///
    /// **Lower is better**, as in scikit-learn; mclust prints the negative of this. Schwarz (1978).
    ///
    /// # Errors
    ///
    /// As [`GaussianMixture::component_log_density`].
    pub fn bic(&self, x: &ArrayRef2<f64>) -> Result<f64> {
        Ok(self.n_parameters() as f64 * (x.nrows() as f64).ln() - 2.0 * self.log_likelihood(x)?)
    }

    /// Returns the integrated completed likelihood criterion, ICL = BIC - 2 ∑ₙ ln rₙ,MAP(n): BIC, and a price for every sample that
    /// two components share.
    ///
    /// **Lower is better**; MAP(n) is the component with the largest responsibility. Biernacki, Celeux and Govaert (2000), with
    /// the responsibility of that component alone, as in mclust.
    ///
    /// # Errors
    ///
    /// As [`GaussianMixture::component_log_density`].
    pub fn icl(&self, x: &ArrayRef2<f64>) -> Result<f64> {
        // BIC has the log-likelihood ∑ₙ ln p(xₙ), and ln p(xₙ) + ln rₙ,MAP(n) is the largest of ln πₖ + ln N(xₙ | μₖ, Σₖ).
        let price = self.n_parameters() as f64 * (x.nrows() as f64).ln();
        Ok(price - 2.0 * self.classification_log_likelihood(x)?)
    }
}

/// The model as a small table: a row for each component with its weight, mean and standard deviations (the first four
/// features).
impl fmt::Display for GaussianMixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.n_features().min(4);
        let more = if shown < self.n_features() {
            " …"
        } else {
            ""
        };
        writeln!(
            f,
            "Gaussian mixture of {} in {}",
            check::count(self.n_components(), "component"),
            check::count(self.n_features(), "dimension")
        )?;
        write!(
            f,
            "  k   weight   {:<width$}standard deviation",
            "mean",
            width = 11 * shown + 2 + more.len()
        )?;
        let deviations = self.standard_deviations();
        for k in 0..self.n_components() {
            write!(f, "\n{k:3}   {:.4} ", self.weights[k])?;
            for table in [&self.means, &deviations] {
                for value in table.row(k).iter().take(shown) {
                    write!(f, " {value:10.4}")?;
                }
                write!(f, "{more}  ")?;
            }
        }
        Ok(())
    }
}

fn no_covariance(k: usize, matrix: &ArrayRef2<f64>) -> Error {
    let rows: Vec<String> = matrix
        .rows()
        .into_iter()
        .map(|row| row.to_string())
        .collect();
    let small = matrix.nrows() <= 4;
    Error::Parameter {
        name: format!("Covariance {k} (counted from 0)"),
        found: if small {
            rows.join(" ")
        } else {
            "another matrix".into()
        },
        expected: "symmetric and positive definite: every direction needs a variance above zero"
            .into(),
    }
}
