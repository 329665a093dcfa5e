//! Digits that do not exist: principal components and a mixture of the scores, together a density of whole images.

mod completion;
mod file;

pub use completion::{Completion, Covering};

use crate::random::{self, Purpose};
use crate::{Error, GaussianMixture, GreyImage, Pca, Result, check, linalg};
use ndarray::{Array1, Array2, Array3, Axis, s};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use std::fmt;

/// A density of images, from which new ones are drawn, and under which part of an image says what the rest may be.
///
/// ```text
/// x = mean + Wᵀ z + noise        z ~ ∑ₖ πₖ N(μₖ, Lₖ Lₖᵀ)        noise ~ N(0, σ² I)
/// ```
///
/// x are the pixels of an image on the scale from 0 (black) to 1 (white), W the principal axes as rows, z the scores, σ² the
/// [noise variance](Pca::noise_variance) of the principal components. The noise makes this a density of all pixels, which the scores
/// alone are not: without it, every image that is not exactly a sum of the axes would have the density 0. Digits are drawn without it.
///
/// The numbers are kept as a [file](DigitModel::save) keeps them, most of them in single precision: a model that was saved and
/// loaded is the model that was saved, to the last bit, and draws the same digits. The arithmetic is in plain Rust on every machine, in
/// a browser too.
///
/// # Examples
///
/// ```
/// use em_lab::{DigitModel, Digits, Draw, Em, Keep, Pca};
///
/// let digits = Digits::first(500)?;
/// let x = digits.unit();
/// let pca = Pca::fit(&x, Keep::Count(10))?;
/// let fit = Em::new(3).fit(&pca.transform(&x)?)?;
/// let model = DigitModel::new(&pca, &fit.model, digits.width)?;
/// let image = model.digit(7)?;
/// assert_eq!((image.height(), image.width()), (28, 28));
/// let warmer = model.draw(7, Draw { temperature: 1.5, ..Draw::default() })?;
/// assert_eq!(warmer.component, model.draw(7, Draw::default())?.component);
/// # Ok::<(), em_lab::Error>(())
/// ```
///
/// # References
///
/// Tipping and Bishop (1999), *Mixtures of probabilistic principal component analysers*; Bishop (2006), section 12.2.
#[derive(Clone, PartialEq)]
pub struct DigitModel {
    width: usize,
    noise_variance: f64,
    weights: Array1<f64>,
    /// The mean image, shape (`n_pixels`,).
    mean: Array1<f64>,
    /// Wᵀ, shape (`n_pixels`, `n_kept`): a pixel's row is what each score adds to it.
    loadings: Array2<f64>,
    /// μₖ, shape (K, `n_kept`).
    means: Array2<f64>,
    /// Lₖ, shape (K, `n_kept`, `n_kept`), lower triangular with a positive diagonal.
    factors: Array3<f64>,
}

/// How a digit is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draw {
    /// The component to draw from, counted from 0, or any of them, by their weights.
    pub component: Option<usize>,
    /// What the covariances are multiplied by: 0 draws the component's mean, 1 is the model itself.
    pub temperature: f64,
    /// How many scores count, the first ones, or all; the others are 0, as in the mean image.
    pub n_kept: Option<usize>,
}

impl Default for Draw {
    fn default() -> Self {
        Self {
            component: None,
            temperature: 1.0,
            n_kept: None,
        }
    }
}

/// A digit that was drawn from a [`DigitModel`].
#[derive(Clone, PartialEq)]
pub struct Drawn {
    /// The component that it came from, counted from 0.
    pub component: usize,
    /// Its scores, length `n_kept`.
    pub scores: Vec<f64>,
    /// mean + Wᵀ scores, length `n_pixels`: 0 is black and 1 white, and some values lie a little outside.
    pub pixels: Vec<f64>,
}

impl DigitModel {
    /// Joins principal components and a mixture of their scores into a density of images of this width.
    ///
    /// # Errors
    ///
    /// [`Error::Shape`] if the mixture is of another number of scores, or the images have no whole rows; [`Error::Parameter`] if
    /// the principal components leave no variance out, so that there is no noise; [`Error::Collapsed`] if a component is flat in
    /// single precision.
    pub fn new(pca: &Pca, mixture: &GaussianMixture, width: usize) -> Result<Self> {
        check::same(
            "The mixture",
            "dimension",
            mixture.n_features(),
            pca.n_kept(),
            "one for each principal component",
        )?;
        let n_pixels = pca.mean().len();
        if width == 0 || !n_pixels.is_multiple_of(width) {
            return Err(Error::Shape {
                what: "The image".into(),
                found: format!("{n_pixels} pixels"),
                expected: format!("whole rows of {width} pixels were expected"),
            });
        }
        let noise_variance = pca.noise_variance();
        if noise_variance <= 0.0 {
            return Err(Error::Parameter {
                name: "The noise variance of the principal components".into(),
                found: noise_variance.to_string(),
                expected: "above 0: keep fewer components than the images have pixels".into(),
            });
        }
        let single = |value: f64| f64::from(to_single(value));
        let shape = mixture.covariances().dim();
        let mut factors = Array3::zeros(shape);
        for (k, covariance) in mixture.covariances().outer_iter().enumerate() {
            let factor = linalg::cholesky(&covariance).map(|lower| lower.mapv(single));
            let factor = factor.filter(|lower| lower.diag().iter().all(|&d| d > 0.0));
            let factor = factor.ok_or(Error::Collapsed {
                component: k,
                effective_count: f64::NAN,
                cause: "its covariance is flat to working precision".into(),
            })?;
            factors.index_axis_mut(Axis(0), k).assign(&factor);
        }
        Ok(Self {
            width,
            noise_variance,
            weights: mixture.weights().clone(),
            mean: pca.mean().mapv(single),
            loadings: pca.components().t().mapv(single),
            means: mixture.means().mapv(single),
            factors,
        })
    }

    /// The width of the images in pixels.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// The height of the images in pixels.
    #[must_use]
    pub fn height(&self) -> usize {
        self.mean.len() / self.width
    }

    /// The number of pixels, D.
    #[must_use]
    pub fn n_pixels(&self) -> usize {
        self.mean.len()
    }

    /// The number of scores of an image.
    #[must_use]
    pub fn n_kept(&self) -> usize {
        self.loadings.ncols()
    }

    /// The number of components of the mixture, K.
    #[must_use]
    pub fn n_components(&self) -> usize {
        self.weights.len()
    }

    /// The mean image, shape (`n_pixels`,).
    #[must_use]
    pub fn mean(&self) -> &Array1<f64> {
        &self.mean
    }

    /// Wᵀ, shape (`n_pixels`, `n_kept`): the principal axes as columns.
    #[must_use]
    pub fn loadings(&self) -> &Array2<f64> {
        &self.loadings
    }

    /// πₖ, shape (K,): the share of each component.
    #[must_use]
    pub fn weights(&self) -> &Array1<f64> {
        &self.weights
    }

    /// The mixture of the scores, with the numbers as they are in the file.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] if a covariance from a file is flat to working precision.
    pub fn mixture(&self) -> Result<GaussianMixture> {
        let mut covariances = self.factors.clone();
        for mut covariance in covariances.outer_iter_mut() {
            let product = linalg::product(&covariance, &covariance.t());
            covariance.assign(&product);
        }
        GaussianMixture::new(&self.weights.to_vec(), self.means.clone(), covariances)
    }

    /// σ², the variance of the noise in each pixel.
    #[must_use]
    pub fn noise_variance(&self) -> f64 {
        self.noise_variance
    }

    /// Draws the digit of a seed: the same image wherever the same model is loaded.
    ///
    /// # Errors
    ///
    /// [`Error::NotFinite`] if the parameters of a file are so large that a pixel overflows.
    pub fn digit(&self, seed: u64) -> Result<GreyImage> {
        self.image(&self.draw(seed, Draw::default())?.pixels)
    }

    /// The pixels as an image, rounded to grey levels; below 0 is black, above 1 white.
    ///
    /// # Errors
    ///
    /// `pixels` must hold finite numbers, one for each pixel.
    pub fn image(&self, pixels: &[f64]) -> Result<GreyImage> {
        self.check_pixels(pixels)?;
        GreyImage::from_values(pixels, self.width, 0.0, 1.0)
    }

    /// Draws the digit of a seed in another way than [`digit`](Self::digit).
    ///
    /// Each seed stands for a component and a point ε of the standard normal distribution, and z = μₖ + √temperature Lₖ ε. So the
    /// digit of one seed changes smoothly with the temperature, and with the component it is the same departure from another mean.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] if there is no such component, the temperature is negative or not finite, or there are fewer scores.
    pub fn draw(&self, seed: u64, how: Draw) -> Result<Drawn> {
        let n_kept = self.check_draw(how)?;
        // The numbers come in the order of GaussianMixture::sample, whose first point this is.
        let mut rng = random::generator(seed, Purpose::Sample, 0);
        let by_weight = random::choose(&self.weights, rng.random());
        let component = how.component.unwrap_or(by_weight);
        let factor = self.factors.index_axis(Axis(0), component);
        let mut scores = vec![0.0; self.n_kept()];
        for column in 0..n_kept {
            let epsilon: f64 = StandardNormal.sample(&mut rng);
            for row in column..n_kept {
                scores[row] += factor[[row, column]] * epsilon;
            }
        }
        let scale = how.temperature.sqrt();
        for (score, mean) in scores
            .iter_mut()
            .zip(self.means.row(component))
            .take(n_kept)
        {
            *score = mean + scale * *score;
        }
        let pixels = self.pixels(&scores);
        Ok(Drawn {
            component,
            scores,
            pixels,
        })
    }

    /// Returns mean + Wᵀ z of the mean μₖ of each component, shape (K, `n_pixels`).
    #[must_use]
    pub fn component_means(&self) -> Array2<f64> {
        let mut images = Array2::zeros((self.n_components(), self.n_pixels()));
        for (mut image, mean) in images.rows_mut().into_iter().zip(self.means.rows()) {
            image.assign(&Array1::from(self.pixels(&mean.to_vec())));
        }
        images
    }

    /// mean + Wᵀ z, summed in one order on every machine: a library's product would change the last bits.
    fn pixels(&self, scores: &[f64]) -> Vec<f64> {
        let pixel = |(mean, loadings): (&f64, ndarray::ArrayView1<f64>)| {
            let terms = loadings.into_iter().zip(scores);
            mean + terms.fold(0.0, |sum, (loading, score)| sum + loading * score)
        };
        self.mean
            .iter()
            .zip(self.loadings.rows())
            .map(pixel)
            .collect()
    }

    fn check_draw(&self, how: Draw) -> Result<usize> {
        let parameter = |name: &str, found: String, expected: String| {
            Err(Error::Parameter {
                name: name.into(),
                found,
                expected,
            })
        };
        if let Some(component) = how.component.filter(|&k| k >= self.n_components()) {
            let most = self.n_components() - 1;
            let expected = format!("at most {most}: components are counted from 0");
            return parameter("The component", component.to_string(), expected);
        }
        if !(how.temperature >= 0.0 && how.temperature.is_finite()) {
            let expected = "a finite number, zero or above".into();
            return parameter("The temperature", how.temperature.to_string(), expected);
        }
        let n_kept = how.n_kept.unwrap_or(self.n_kept());
        if n_kept > self.n_kept() {
            let expected = format!("at most {}, the scores of the model", self.n_kept());
            return parameter("The number of scores", n_kept.to_string(), expected);
        }
        Ok(n_kept)
    }

    fn check_pixels(&self, pixels: &[f64]) -> Result<()> {
        check::same(
            "The image",
            "pixel",
            pixels.len(),
            self.n_pixels(),
            "the model has that many",
        )?;
        check::matrix("The image", &check::column(pixels))
    }

    /// The lower triangle of Lₖ, row after row.
    fn triangle(&self, component: usize) -> impl Iterator<Item = f64> {
        let factor = self.factors.index_axis(Axis(0), component);
        (0..self.n_kept()).flat_map(move |row| factor.slice(s![row, ..=row]).to_vec())
    }
}

/// The nearest number of single precision.
#[allow(clippy::cast_possible_truncation)] // That is its purpose.
fn to_single(value: f64) -> f32 {
    value as f32
}

impl fmt::Display for DigitModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "A density of images of {} x {} pixels: {} of {}, noise variance {:.4}",
            self.height(),
            self.width,
            check::count(self.n_components(), "component"),
            check::count(self.n_kept(), "score"),
            self.noise_variance
        )
    }
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "An image of {} from component {}",
            check::count(self.pixels.len(), "pixel"),
            self.component
        )
    }
}
