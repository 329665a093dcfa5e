//! The synthetic data of the notebooks: the points and starts that the Python originals used, and the mixtures to draw others from.

use crate::GaussianMixture;
use ndarray::{Array2, array, s};
use std::fmt;

/// The 300 points of the one-dimensional notebook, and where its EM starts.
#[derive(Clone, PartialEq)]
pub struct OneDimension {
    /// The points, shape (300, 1).
    pub x: Array2<f64>,
    /// The first weights.
    pub weights: Vec<f64>,
    /// The first means: two of the points.
    pub means: Vec<f64>,
    /// The first standard deviations: that of all points (divided by N).
    pub standard_deviations: Vec<f64>,
}

/// The 300 points of the two-dimensional notebook, and the responsibilities that its EM starts from.
#[derive(Clone, PartialEq)]
pub struct TwoDimensions {
    /// The points, shape (300, 2).
    pub x: Array2<f64>,
    /// Random responsibilities, shape (300, 2); rows sum to 1.
    pub responsibilities: Array2<f64>,
}

/// Returns 300 points of 0.7 N(0, 1) + 0.3 N(5, 1), drawn by NumPy with seed 100, and the start that seed 42 gave.
///
/// # Examples
///
/// ```
/// let data = em_lab::synthetic::one_dimension();
/// assert_eq!(data.x.dim(), (300, 1));
/// assert_eq!(data.means, [data.x[[102, 0]], data.x[[270, 0]]]);
/// ```
#[must_use]
pub fn one_dimension() -> OneDimension {
    let x = table(include_str!("../../data/em_in_1d.csv"), 1);
    let deviation = x.std(0.0);
    let means = vec![x[[102, 0]], x[[270, 0]]];
    OneDimension {
        x,
        weights: vec![0.5; 2],
        means,
        standard_deviations: vec![deviation; 2],
    }
}

/// Returns 300 points of two correlated Gaussians and random responsibilities, drawn by NumPy with seeds 1 and 42.
///
/// # Examples
///
/// ```
/// let data = em_lab::synthetic::two_dimensions();
/// assert_eq!((data.x.dim(), data.responsibilities.dim()), ((300, 2), (300, 2)));
/// ```
#[must_use]
pub fn two_dimensions() -> TwoDimensions {
    let columns = table(include_str!("../../data/em_in_2d.csv"), 4);
    TwoDimensions {
        x: columns.slice(s![.., ..2]).to_owned(),
        responsibilities: columns.slice(s![.., 2..]).to_owned(),
    }
}

/// The mixture behind [`one_dimension`]: 0.7 N(0, 1) + 0.3 N(5, 1).
#[must_use]
pub fn one_dimension_model() -> GaussianMixture {
    known(GaussianMixture::univariate(
        &[0.7, 0.3],
        &[0.0, 5.0],
        &[1.0, 1.0],
    ))
}

/// The mixture behind [`two_dimensions`]: weights 0.7 and 0.3, means (0, 0) and (4, 4), one component leaning each way.
#[must_use]
pub fn two_dimensions_model() -> GaussianMixture {
    let means = array![[0.0, 0.0], [4.0, 4.0]];
    let covariances = array![[[1.0, 0.5], [0.5, 1.0]], [[1.0, -0.3], [-0.3, 1.0]]];
    known(GaussianMixture::new(&[0.7, 0.3], means, covariances))
}

/// The mixture of the R lab: 0.7 N(0, 1) + 0.3 N(4, 0.75), with standard deviations.
#[must_use]
pub fn r_lab_model() -> GaussianMixture {
    known(GaussianMixture::univariate(
        &[0.7, 0.3],
        &[0.0, 4.0],
        &[1.0, 0.75],
    ))
}

/// The numbers above are right; a test builds each of them.
fn known(model: crate::Result<GaussianMixture>) -> GaussianMixture {
    model.expect("the parameters are written in this file")
}

/// The bundled text is read at compile time; a test checks every number of it.
fn table(csv: &str, n_columns: usize) -> Array2<f64> {
    let fields = csv
        .split([',', '\n'])
        .map(str::trim)
        .filter(|field| !field.is_empty());
    let numbers: Result<Vec<f64>, _> = fields.map(str::parse).collect();
    let numbers = numbers.expect("the bundled files hold numbers only");
    Array2::from_shape_vec((numbers.len() / n_columns, n_columns), numbers)
        .expect("the file is bundled with this crate")
}

impl fmt::Display for OneDimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} points in 1 dimension, and a start for EM",
            self.x.nrows()
        )?;
        writeln!(f, "weights             {:?}", self.weights)?;
        writeln!(f, "means               {:?}", self.means)?;
        write!(f, "standard deviations {:?}", self.standard_deviations)
    }
}

impl fmt::Display for TwoDimensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n, k) = self.responsibilities.dim();
        write!(
            f,
            "{n} points in 2 dimensions, and random responsibilities of {k} components"
        )
    }
}
