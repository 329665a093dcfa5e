//! Where EM starts from.

use super::em::Em;
use super::{GaussianMixture, m_step};
use crate::kmeans::KMeans;
use crate::random::Purpose;
use crate::{Error, Result, check, random};
use ndarray::{Array1, Array2, Array3, ArrayRef2, Axis};
use rand::seq::index;

/// Where EM starts from. EM climbs to the nearest summit, so that the start decides which one.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant)] // One is made for a fit, and none is kept in numbers.
pub enum Start {
    /// The clusters of k-means, itself started by k-means++: the usual choice.
    KMeans,
    /// K of the points as means, the covariance of all data for every component, equal weights.
    RandomPoints,
    /// Each sample's responsibilities drawn from the flat Dirichlet distribution: all components start near the data's mean.
    RandomResponsibilities,
    /// One component for each sample, counted from 0.
    Labels(Vec<usize>),
    /// Shape (`n_samples`, K); rows sum to 1.
    Responsibilities(Array2<f64>),
    /// A mixture, for instance one to learn on from.
    Model(GaussianMixture),
}

impl Start {
    pub(super) fn is_random(&self) -> bool {
        matches!(
            self,
            Self::KMeans | Self::RandomPoints | Self::RandomResponsibilities
        )
    }
}

impl Em {
    /// The model before the first iteration, and the responsibilities it was made from where it was made from some.
    pub(super) fn start_model(
        &self,
        x: &ArrayRef2<f64>,
        run: u64,
    ) -> Result<(GaussianMixture, Option<Array2<f64>>)> {
        let k = self.n_components;
        let responsibilities = match &self.start {
            Start::RandomPoints => return Ok((self.random_points(x, run)?, None)),
            Start::Model(model) => {
                check::columns("x", x, model.n_features())?;
                check::same(
                    "The start model",
                    "component",
                    model.n_components(),
                    k,
                    "Em::new asked for that many",
                )?;
                return Ok((model.clone(), None));
            }
            Start::KMeans => {
                hard_responsibilities(&KMeans::fit_run(x, k, self.seed, run)?.labels, k)
            }
            Start::RandomResponsibilities => {
                let mut rng = random::generator(self.seed, Purpose::Start, run);
                let mut responsibilities = Array2::zeros((x.nrows(), k));
                for mut row in responsibilities.rows_mut() {
                    random::fill_dirichlet(row.iter_mut(), &mut rng);
                }
                responsibilities
            }
            Start::Labels(labels) => {
                check_labels(labels, x.nrows(), k)?;
                hard_responsibilities(labels, k)
            }
            Start::Responsibilities(responsibilities) => {
                check::same(
                    "The matrix of responsibilities",
                    "column",
                    responsibilities.ncols(),
                    k,
                    "one for each component",
                )?;
                responsibilities.clone()
            }
        };
        Ok((
            m_step(x, &responsibilities, self.regularization)?,
            Some(responsibilities),
        ))
    }

    fn random_points(&self, x: &ArrayRef2<f64>, run: u64) -> Result<GaussianMixture> {
        let k = self.n_components;
        let mut rng = random::generator(self.seed, Purpose::Start, run);
        let rows = index::sample(&mut rng, x.nrows(), k).into_vec();
        let everything = m_step(x, &Array2::ones((x.nrows(), 1)), self.regularization)?;
        let covariance = everything.covariances().index_axis(Axis(0), 0);
        let n_features = x.ncols();
        let covariances =
            Array3::from_shape_fn((k, n_features, n_features), |(_, i, j)| covariance[[i, j]]);
        GaussianMixture::from_parameters(
            Array1::from_elem(k, 1.0 / k as f64),
            x.select(Axis(0), &rows),
            covariances,
        )
    }
}

fn check_labels(labels: &[usize], n_samples: usize, n_components: usize) -> Result<()> {
    check::same(
        "The list of start labels",
        "value",
        labels.len(),
        n_samples,
        "one for each sample of x",
    )?;
    match labels.iter().position(|&label| label >= n_components) {
        None => Ok(()),
        Some(n) => Err(Error::Parameter {
            name: format!("The start label of sample {n}"),
            found: labels[n].to_string(),
            expected: format!(
                "at most {}: components are counted from 0",
                n_components - 1
            ),
        }),
    }
}

/// Shares of 0 and 1: each sample belongs to the component that its label names.
fn hard_responsibilities(labels: &[usize], n_components: usize) -> Array2<f64> {
    let mut responsibilities = Array2::zeros((labels.len(), n_components));
    for (n, &label) in labels.iter().enumerate() {
        responsibilities[[n, label]] = 1.0;
    }
    responsibilities
}
