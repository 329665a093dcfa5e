//! Points drawn from a mixture.

use super::GaussianMixture;
use crate::random::{self, Purpose};
use crate::{Error, Result, check, gaussian, linalg};
use ndarray::{Array2, ArrayView2};
use rand::RngExt;
use std::fmt;

/// Points drawn from a mixture, and the component that each came from.
#[derive(Clone, PartialEq)]
pub struct Sample {
    /// The points, shape (n, `n_features`).
    pub x: Array2<f64>,
    /// The component of each point, counted from 0.
    pub labels: Vec<usize>,
}

impl GaussianMixture {
    /// Draws `n` points: first a component by the weights, then a point from it.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] if so many points do not fit into memory.
    pub fn sample(&self, n: usize, seed: u64) -> Result<Sample> {
        random::at_most_memory("The number of points", n, self.n_features())?;
        let mut rng = random::generator(seed, Purpose::Sample, 0);
        let factors = self.covariance_factors()?;
        let mut x = Array2::zeros((n, self.n_features()));
        let mut labels = Vec::with_capacity(n);
        for row in x.rows_mut() {
            let k = random::choose(&self.weights, rng.random());
            gaussian::sample_into(&self.means.row(k), &factors[k], &mut rng, row);
            labels.push(k);
        }
        Ok(Sample { x, labels })
    }

    /// Draws `n` points from one component, counted from 0; shape (n, D).
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] if there is no such component, or so many points do not fit into memory.
    pub fn sample_component(&self, component: usize, n: usize, seed: u64) -> Result<Array2<f64>> {
        if component >= self.n_components() {
            return Err(Error::Parameter {
                name: "The component".into(),
                found: component.to_string(),
                expected: format!(
                    "at most {}: components are counted from 0",
                    self.n_components() - 1
                ),
            });
        }
        random::at_most_memory("The number of points", n, self.n_features())?;
        let mut rng = random::generator(seed, Purpose::Sample, 0);
        let factor = &self.covariance_factors()?[component];
        let mut x = Array2::zeros((n, self.n_features()));
        for row in x.rows_mut() {
            gaussian::sample_into(&self.means.row(component), factor, &mut rng, row);
        }
        Ok(x)
    }

    /// Lₖ with Σₖ = Lₖ Lₖᵀ.
    fn covariance_factors(&self) -> Result<Vec<Array2<f64>>> {
        let factor = |(k, covariance): (usize, ArrayView2<f64>)| {
            linalg::cholesky(&covariance).ok_or(Error::Collapsed {
                component: k,
                effective_count: f64::NAN,
                cause: "its covariance is flat to working precision".into(),
            })
        };
        self.covariances
            .outer_iter()
            .enumerate()
            .map(factor)
            .collect()
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} in {}",
            check::count(self.x.nrows(), "point"),
            check::count(self.x.ncols(), "dimension")
        )?;
        let last = self.labels.iter().max().map_or(0, |&label| label + 1);
        for k in 0..last {
            let n = self.labels.iter().filter(|&&label| label == k).count();
            write!(f, "\n{k:3}   {n} from component {k}")?;
        }
        Ok(())
    }
}
