//! What a model of images makes of one: its density, the components that answer, and the pixels that are covered.

use super::DigitModel;
use crate::{Error, Result, check};
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, ArrayView2, Axis};
use std::fmt;

/// Which pixels of an image are covered, and what a [`DigitModel`] has to work out for these once.
#[derive(Clone, PartialEq)]
pub struct Covering {
    covered: Vec<bool>,
    n_visible: usize,
    /// G = A Aᵀ, shape (`n_kept`, `n_kept`), of the visible pixels' axes A.
    gram: Array2<f64>,
    components: Vec<Prepared>,
}

/// Of one component: C with C Cᵀ = Lᵀ G L + σ² I, and ln |covariance of the visible pixels|.
#[derive(Clone, PartialEq)]
struct Prepared {
    cholesky: Array2<f64>,
    log_determinant: f64,
}

/// What a [`DigitModel`] makes of an image, of which some pixels may be covered.
#[derive(Clone, PartialEq)]
pub struct Completion {
    /// ln p of the visible pixels, all of them together.
    pub log_density: f64,
    /// How much of the visible pixels each component accounts for, length K; they sum to 1.
    pub responsibilities: Vec<f64>,
    /// The conditional mean of the scores, given the visible pixels; length `n_kept`.
    pub scores: Vec<f64>,
    /// mean + Wᵀ scores, length `n_pixels`: the conditional mean of the image without its noise.
    pub without_noise: Vec<f64>,
    /// The conditional mean of the image: visible pixels as they are, the covered ones as in `without_noise`.
    pub pixels: Vec<f64>,
}

impl DigitModel {
    /// Prepares for images of which the same pixels are covered: `true` for these, one value for each pixel.
    ///
    /// The work for all components is done here, so that [`complete`](Self::complete) is quick for each image that follows.
    ///
    /// # Errors
    ///
    /// [`Error::Shape`] if `covered` has another length; [`Error::LinearAlgebra`] if the parameters of a file overflow.
    pub fn covering(&self, covered: &[bool]) -> Result<Covering> {
        check::same(
            "The list of covered pixels",
            "value",
            covered.len(),
            self.n_pixels(),
            "one for each pixel of the model",
        )?;
        let d = self.n_kept();
        let mut gram = Array2::zeros((d, d));
        for (loadings, _) in self
            .loadings
            .rows()
            .into_iter()
            .zip(covered)
            .filter(|(_, c)| !**c)
        {
            for row in 0..d {
                for column in 0..=row {
                    gram[[row, column]] += loadings[row] * loadings[column];
                }
            }
        }
        for row in 0..d {
            for column in 0..row {
                gram[[column, row]] = gram[[row, column]];
            }
        }
        let n_visible = covered.iter().filter(|c| !**c).count();
        let log_noise = self.noise_variance.ln();
        let prepare = |factor: ArrayView2<f64>| {
            let mut inner = product(&product(&factor.t(), &gram), &factor);
            inner
                .diag_mut()
                .mapv_inplace(|value| value + self.noise_variance);
            let cholesky = cholesky(inner)?;
            // |L G' L + σ² I in pixels| = σ^(2 (n - d)) |Lᵀ G L + σ² I| by Sylvester's identity.
            let from_noise = (n_visible as f64 - d as f64) * log_noise;
            let log_determinant =
                from_noise + 2.0 * cholesky.diag().iter().map(|c| c.ln()).sum::<f64>();
            Some(Prepared {
                cholesky,
                log_determinant,
            })
        };
        let components: Option<Vec<Prepared>> = self.factors.outer_iter().map(prepare).collect();
        Ok(Covering {
            covered: covered.to_vec(),
            n_visible,
            components: components.ok_or_else(overflow)?,
            gram,
        })
    }

    /// Tells what the visible pixels of an image say: how probable they are, which components answer, and what the covered pixels
    /// are on average.
    ///
    /// With the visible pixels' mean m, axes A (as columns) and residual `r = x - m - A μₖ`, component k has
    ///
    /// ```text
    /// ln N(x | m + A μₖ, A Lₖ Lₖᵀ Aᵀ + σ² I)       Mₖ = Lₖᵀ Aᵀ A Lₖ + σ² I        bₖ = Lₖᵀ Aᵀ r
    ///     = -½ ( n ln 2π + (n - d) ln σ² + ln |Mₖ| + (rᵀr - bₖᵀ Mₖ⁻¹ bₖ) / σ² )
    /// E[z | x, k] = μₖ + Lₖ Mₖ⁻¹ bₖ
    /// ```
    ///
    /// by Woodbury's identity, with n visible pixels and d scores, so that no matrix of the size of an image is ever needed. The
    /// conditional mean of the covered pixels is mean + Wᵀ ∑ₖ rₖ E[z | x, k]. What is under the cover has no influence.
    ///
    /// # Errors
    ///
    /// [`Error::Shape`], [`Error::NotFinite`] if `pixels` are not finite numbers, one for each pixel, or `covering` was prepared for
    /// another model; [`Error::LinearAlgebra`] if the parameters of a file overflow.
    ///
    /// # References
    ///
    /// Bishop (2006), eqs. 2.81 and 2.82 for the conditional, 12.41 and 12.42 for the scores.
    pub fn complete(&self, pixels: &[f64], covering: &Covering) -> Result<Completion> {
        self.check_pixels(pixels)?;
        check::same(
            "The covering",
            "component",
            covering.components.len(),
            self.n_components(),
            "prepare it with the model that completes",
        )?;
        let d = self.n_kept();
        let sizes = (covering.covered.len(), covering.gram.nrows());
        check::same(
            "The covering",
            "pixel",
            sizes.0,
            self.n_pixels(),
            "prepare it with the model that completes",
        )?;
        check::same(
            "The covering",
            "score",
            sizes.1,
            d,
            "prepare it with the model that completes",
        )?;
        let (projected, squared) = self.project(pixels, &covering.covered);
        let mut joint = Vec::with_capacity(self.n_components());
        let mut scores_of = Vec::with_capacity(self.n_components());
        for (k, prepared) in covering.components.iter().enumerate() {
            let mean = self.means.row(k);
            let factor = self.factors.index_axis(Axis(0), k);
            let gram_mean = multiply(&covering.gram, &mean);
            // Aᵀ r = Aᵀ (x - m) - G μ, and rᵀ r in the same way.
            let residual: Array1<f64> = &projected - &gram_mean;
            let square = squared - 2.0 * dot(&mean, &projected) + dot(&mean, &gram_mean);
            let half = solve_lower(&prepared.cholesky, multiply(&factor.t(), &residual));
            let distance = (square - dot(&half, &half)) / self.noise_variance;
            let size = covering.n_visible as f64 * std::f64::consts::TAU.ln();
            joint.push(self.weights[k].ln() - 0.5 * (size + prepared.log_determinant + distance));
            let solution = solve_transposed(&prepared.cholesky, half);
            scores_of.push(&multiply(&factor, &solution) + &mean);
        }
        let (log_density, responsibilities) = shares(&joint).ok_or_else(overflow)?;
        let mut scores = vec![0.0; d];
        for (share, of_component) in responsibilities.iter().zip(&scores_of) {
            for (score, value) in scores.iter_mut().zip(of_component) {
                *score += share * value;
            }
        }
        let without_noise = self.pixels(&scores);
        let choose = |((covered, &seen), &guessed): ((&bool, &f64), &f64)| {
            if *covered { guessed } else { seen }
        };
        let completed = covering
            .covered
            .iter()
            .zip(pixels)
            .zip(&without_noise)
            .map(choose);
        Ok(Completion {
            log_density,
            responsibilities,
            scores,
            pixels: completed.collect(),
            without_noise,
        })
    }

    /// Returns ln p(x) of an image: natural logarithm of the density of all its pixels together.
    ///
    /// # Errors
    ///
    /// As [`complete`](Self::complete).
    pub fn log_density(&self, pixels: &[f64]) -> Result<f64> {
        let nothing = self.covering(&vec![false; self.n_pixels()])?;
        Ok(self.complete(pixels, &nothing)?.log_density)
    }

    /// Aᵀ (x - m) and (x - m)ᵀ (x - m) of the visible pixels.
    fn project(&self, pixels: &[f64], covered: &[bool]) -> (Array1<f64>, f64) {
        let mut projected = Array1::zeros(self.n_kept());
        let mut squared = 0.0;
        for (pixel, loadings) in self.loadings.rows().into_iter().enumerate() {
            if !covered[pixel] {
                let centred = pixels[pixel] - self.mean[pixel];
                squared += centred * centred;
                projected.scaled_add(centred, &loadings);
            }
        }
        (projected, squared)
    }
}

/// ln ∑ exp of joint log densities, and each one's share; `None` where they are no numbers.
fn shares(joint: &[f64]) -> Option<(f64, Vec<f64>)> {
    let largest = joint.iter().fold(f64::NEG_INFINITY, |most, &l| most.max(l));
    let sum: f64 = joint.iter().map(|l| (l - largest).exp()).sum();
    let log_density = largest + sum.ln();
    let share = |l: &f64| (l - log_density).exp();
    log_density
        .is_finite()
        .then(|| (log_density, joint.iter().map(share).collect()))
}

fn overflow() -> Error {
    Error::LinearAlgebra {
        what: "a density of images overflows".into(),
    }
}

fn dot(a: &ArrayRef1<f64>, b: &ArrayRef1<f64>) -> f64 {
    a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + a * b)
}

fn multiply(a: &ArrayRef2<f64>, b: &ArrayRef1<f64>) -> Array1<f64> {
    a.rows().into_iter().map(|row| dot(&row, b)).collect()
}

/// The matrices here are small, and the plain loops give the same bits everywhere.
fn product(a: &ArrayRef2<f64>, b: &ArrayRef2<f64>) -> Array2<f64> {
    let mut result = Array2::zeros((a.nrows(), b.ncols()));
    for (mut row, of_a) in result.rows_mut().into_iter().zip(a.rows()) {
        for (factor, of_b) in of_a.iter().zip(b.rows()) {
            row.scaled_add(*factor, &of_b);
        }
    }
    result
}

/// C lower triangular with C Cᵀ = a, or `None` where a is not positive definite.
fn cholesky(mut a: Array2<f64>) -> Option<Array2<f64>> {
    for column in 0..a.nrows() {
        for row in column..a.nrows() {
            let known = (0..column).fold(0.0, |sum, i| sum + a[[row, i]] * a[[column, i]]);
            let rest = a[[row, column]] - known;
            a[[row, column]] = if row > column {
                rest / a[[column, column]]
            } else if rest > 0.0 && rest.is_finite() {
                rest.sqrt()
            } else {
                return None;
            };
        }
    }
    Some(a)
}

/// x with C x = b, by the lower triangle of C.
fn solve_lower(c: &ArrayRef2<f64>, mut b: Array1<f64>) -> Array1<f64> {
    for row in 0..b.len() {
        let known = (0..row).fold(0.0, |sum, i| sum + c[[row, i]] * b[i]);
        b[row] = (b[row] - known) / c[[row, row]];
    }
    b
}

/// x with Cᵀ x = b, by the lower triangle of C.
fn solve_transposed(c: &ArrayRef2<f64>, mut b: Array1<f64>) -> Array1<f64> {
    for row in (0..b.len()).rev() {
        let known = (row + 1..b.len()).fold(0.0, |sum, i| sum + c[[i, row]] * b[i]);
        b[row] = (b[row] - known) / c[[row, row]];
    }
    b
}

impl fmt::Display for Covering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = check::count(self.covered.len(), "pixel");
        write!(f, "{} of {n} visible", self.n_visible)
    }
}

impl fmt::Display for Completion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ln p = {:.3}; responsibilities", self.log_density)?;
        for (k, share) in self
            .responsibilities
            .iter()
            .enumerate()
            .filter(|(_, r)| **r >= 5e-4)
        {
            write!(f, "\n{k:3}   {share:.3}")?;
        }
        Ok(())
    }
}
