//! Where EM starts from.

use super::collapse::{Collapse, Repair};
use super::em::Em;
use super::hierarchical;
use super::pass::Tile;
use super::regularization::Regularization;
use super::source::Samples;
use super::statistics::{Choices, Statistics};
use super::steps::collect;
use super::{CovarianceModel, GaussianMixture};
use crate::kmeans::KMeans;
use crate::random::Purpose;
use crate::{Error, Result, check, linalg, parallel, random};
use ndarray::{Array1, Array2, Array3, Axis, CowArray, Ix2};
use rand::seq::index;
use std::sync::OnceLock;

/// Hierarchical clustering, whose time grows with the square, gets at most so many samples.
const HIERARCHICAL_SAMPLE: usize = 2_000;

/// Where EM starts from. EM climbs to the nearest summit, so that the start decides which one.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant)] // One is made for a fit, and none is kept in numbers.
pub enum Start {
    /// The clusters of k-means, itself started by k-means++: the usual choice.
    KMeans,
    /// The clusters of 2,000 samples at most, drawn at random, merged one by one: in the first of several [runs](Em::runs), and every
    /// second one after it, to ellipsoids (Banfield and Raftery 1993), in the others to spheres (Ward 1963). The first kind climbs
    /// highest where clusters are stretched, the second on images of digits.
    Hierarchical,
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
            Self::KMeans | Self::Hierarchical | Self::RandomPoints | Self::RandomResponsibilities
        )
    }

    /// The start for some of the samples.
    pub(super) fn select(&self, rows: &[usize], n_samples: usize) -> Result<Self> {
        Ok(match self {
            Self::Labels(labels) => {
                check_labels(labels, n_samples, usize::MAX)?;
                Self::Labels(rows.iter().map(|&n| labels[n]).collect())
            }
            Self::Responsibilities(responsibilities) => {
                check::responsibilities(responsibilities, n_samples)?;
                Self::Responsibilities(responsibilities.select(Axis(0), rows))
            }
            other => other.clone(),
        })
    }
}

/// What the first iteration starts from.
pub(super) struct Begin {
    pub(super) model: GaussianMixture,
    /// What it was made from, where it was made from some and they are kept.
    pub(super) responsibilities: Option<Array2<f64>>,
    /// What was done for it, where a component had collapsed.
    pub(super) repair: Option<Repair>,
}

/// The clusters that each run starts from, found when they are first asked for: the covariance models of a selection share them.
pub(super) struct StartLabels(Vec<OnceLock<Result<Vec<usize>>>>);

impl StartLabels {
    pub(super) fn new(runs: usize) -> Self {
        Self((0..runs).map(|_| OnceLock::new()).collect())
    }

    fn of_run(&self, run: usize, find: impl FnOnce() -> Result<Vec<usize>>) -> Result<&[usize]> {
        let labels = self.0[run].get_or_init(find).as_ref();
        labels.map(Vec::as_slice).map_err(Clone::clone)
    }
}

impl Em {
    /// The model before the first iteration.
    pub(super) fn begin(
        &self,
        samples: &Samples,
        run: usize,
        labels: Option<&StartLabels>,
    ) -> Result<Begin> {
        let (k, x) = (self.n_components, samples.x());
        match &self.start {
            Start::RandomPoints => self.random_points(samples, run),
            Start::Hierarchical => self.hierarchical(samples, run, labels),
            Start::Model(model) => {
                check::columns("x", &x, model.n_features())?;
                self.check_start_model(model)?;
                Ok(Begin {
                    model: model.clone(),
                    responsibilities: None,
                    repair: None,
                })
            }
            Start::KMeans => {
                let find = || {
                    let space = self.start_space(samples)?;
                    let weights = samples.weights;
                    KMeans::fit_run(&space, weights, k, self.seed, run as u64).map(|c| c.labels)
                };
                match labels {
                    Some(shared) => self.model_of_labels(samples, shared.of_run(run, find)?),
                    None => self.model_of_labels(samples, &find()?),
                }
            }
            Start::Labels(labels) => {
                check_labels(labels, x.nrows(), k)?;
                self.model_of_labels(samples, labels)
            }
            Start::RandomResponsibilities => {
                let mut rng = random::generator(self.seed, Purpose::Start, run as u64);
                let mut responsibilities = Array2::zeros((x.nrows(), k));
                for mut row in responsibilities.rows_mut() {
                    random::fill_dirichlet(row.iter_mut(), &mut rng);
                }
                self.model_of_responsibilities(samples, responsibilities)
            }
            Start::Responsibilities(responsibilities) => {
                check::responsibilities(responsibilities, x.nrows())?;
                check::same(
                    "The matrix of responsibilities",
                    "column",
                    responsibilities.ncols(),
                    k,
                    "one for each component",
                )?;
                self.model_of_responsibilities(samples, responsibilities.clone())
            }
        }
    }

    /// The coordinates in which clusters for the start are looked for.
    fn start_space<'a>(&self, samples: &Samples<'a>) -> Result<CowArray<'a, f64, Ix2>> {
        if !self.whiten_start {
            return Ok(samples.x().into());
        }
        // (x - μ) U has unit covariance; the little that is added keeps directions without spread from mattering.
        let choices = Choices {
            covariance_model: CovarianceModel::FULL,
            regularization: Regularization::Relative(1e-9),
        };
        let all = one_component(samples, CovarianceModel::FULL).maximize(choices, None, None)?;
        let (mean, factor) = (
            all.means.row(0),
            all.precisions_cholesky.index_axis(Axis(0), 0),
        );
        let mut whitened = Array2::zeros(samples.x().dim());
        let x = samples.x();
        let tiles = x.axis_chunks_iter(Axis(0), parallel::TILE);
        let jobs = tiles
            .zip(whitened.axis_chunks_iter_mut(Axis(0), parallel::TILE))
            .collect();
        parallel::run(jobs, |(tile, mut out)| {
            linalg::multiply(&(&tile - &mean), &factor, &mut out);
        });
        Ok(whitened.into())
    }

    pub(super) fn check_start_model(&self, model: &GaussianMixture) -> Result<()> {
        check::same(
            "The start model",
            "component",
            model.n_components(),
            self.n_components,
            "Em::new asked for that many",
        )
    }

    /// The M-step of a start; where a component collapses, only a policy that adds variance can help.
    fn first_m_step(&self, statistics: &Statistics) -> Result<Begin> {
        let begin = |model, repair| Begin {
            model,
            responsibilities: None,
            repair,
        };
        match (statistics.maximize(self.choices, None, None), self.collapse) {
            (
                Err(Error::Collapsed {
                    component,
                    effective_count,
                    ..
                }),
                policy @ (Collapse::Regularize(_) | Collapse::Floor(_)),
            ) => {
                let repair = Repair {
                    iteration: 0,
                    component,
                    effective_count,
                    policy,
                };
                let model = statistics.maximize(self.choices, Some(policy), None)?;
                Ok(begin(model, Some(repair)))
            }
            (model, _) => Ok(begin(model?, None)),
        }
    }

    fn model_of_labels(&self, samples: &Samples, labels: &[usize]) -> Result<Begin> {
        let k = self.n_components;
        if self.keep_steps {
            return self.model_of_responsibilities(samples, hard_responsibilities(labels, k));
        }
        let fill = |rows: std::ops::Range<usize>, tile: &mut Tile| {
            for (k, shares) in tile.shares.iter_mut().enumerate() {
                for (share, label) in shares.iter_mut().zip(&labels[rows.clone()]) {
                    *share = f64::from(u8::from(*label == k));
                }
            }
        };
        let kind = self.choices.covariance_model;
        self.first_m_step(&Statistics::collect(samples, k, kind, fill))
    }

    fn model_of_responsibilities(
        &self,
        samples: &Samples,
        responsibilities: Array2<f64>,
    ) -> Result<Begin> {
        let kind = self.choices.covariance_model;
        let begin = self.first_m_step(&collect(samples, &responsibilities, kind))?;
        Ok(Begin {
            responsibilities: self.keep_steps.then_some(responsibilities),
            ..begin
        })
    }

    /// The mixture of some samples' hierarchical clusters.
    fn hierarchical(
        &self,
        samples: &Samples,
        run: usize,
        labels: Option<&StartLabels>,
    ) -> Result<Begin> {
        let (k, n) = (self.n_components, samples.x().nrows());
        let mut rng = random::generator(self.seed, Purpose::Start, run as u64 / 2);
        let mut rows = index::sample(&mut rng, n, n.min(HIERARCHICAL_SAMPLE.max(k))).into_vec();
        rows.sort_unstable();
        let find = || {
            let space = self.start_space(samples)?.select(Axis(0), &rows);
            Ok(if run.is_multiple_of(2) {
                hierarchical::cluster(&space, k)
            } else {
                hierarchical::ward(&space, k)
            })
        };
        let labels: &[usize] = match labels {
            Some(shared) => shared.of_run(run, find)?,
            None => &find()?,
        };
        let chosen = |weights: &[f64]| rows.iter().map(|&n| weights[n]).collect::<Vec<_>>();
        let weights = samples.weights.map(chosen);
        let x = samples.x().select(Axis(0), &rows);
        let mut em = self.clone();
        em.keep_steps = false;
        Samples::with(&x, weights.as_deref(), |chosen| {
            // A cluster of few samples has a mean, but no ellipsoid of its own.
            let own = em.model_of_labels(chosen, labels);
            own.or_else(|_| {
                em.covariance_model(CovarianceModel::TIED)
                    .model_of_labels(chosen, labels)
            })
        })
    }

    fn random_points(&self, samples: &Samples, run: usize) -> Result<Begin> {
        let k = self.n_components;
        let mut rng = random::generator(self.seed, Purpose::Start, run as u64);
        let rows = index::sample(&mut rng, samples.x().nrows(), k).into_vec();
        let kind = self.choices.covariance_model;
        let all = self.first_m_step(&one_component(samples, kind))?;
        let covariance = all.model.covariances.index_axis(Axis(0), 0);
        let n_features = samples.x().ncols();
        let covariances =
            Array3::from_shape_fn((k, n_features, n_features), |(_, i, j)| covariance[[i, j]]);
        let means = samples.x().select(Axis(0), &rows);
        let weights = Array1::from_elem(k, 1.0 / k as f64);
        let diagnosis = |k| super::collapse::diagnosis(k, f64::NAN, None);
        let model = GaussianMixture::from_parameters(kind, weights, means, covariances);
        Ok(Begin {
            model: model.map_err(diagnosis)?,
            ..all
        })
    }
}

/// All samples as one component.
fn one_component(samples: &Samples, covariance_model: CovarianceModel) -> Statistics {
    let fill = |_, tile: &mut Tile| tile.shares[0].fill(1.0);
    Statistics::collect(samples, 1, covariance_model, fill)
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
