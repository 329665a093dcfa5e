//! The cases of worksheet 1: points and a mixture for the E-step, points and responsibilities for the M-step.

use crate::{
    Expectation, GaussianMixture, Regularization, check, e_step, m_step, random, synthetic,
};
use ndarray::Array2;
use std::f64::consts::PI;

/// The density of one normal distribution.
pub(super) fn normal(x: f64, mean: f64, standard_deviation: f64) -> f64 {
    let z = (x - mean) / standard_deviation;
    (-0.5 * z * z).exp() / (standard_deviation * (2.0 * PI).sqrt())
}

/// Points and a mixture: what the E-step, the density and the log-likelihood are computed from.
#[derive(Clone)]
pub(super) struct Scene {
    pub(super) x: Vec<f64>,
    pub(super) weights: Vec<f64>,
    pub(super) means: Vec<f64>,
    pub(super) standard_deviations: Vec<f64>,
}

impl Scene {
    pub(super) fn new(
        x: &[f64],
        weights: &[f64],
        means: &[f64],
        standard_deviations: &[f64],
    ) -> Self {
        Self {
            x: x.to_vec(),
            weights: weights.to_vec(),
            means: means.to_vec(),
            standard_deviations: standard_deviations.to_vec(),
        }
    }

    /// Components of all kinds, and points in no order that are within reach of one of them: no density is so small that an
    /// answer which guards a division with a tiny number would differ.
    pub(super) fn random(n_points: usize, n_components: usize, seed: u64) -> Self {
        let shares = uniform(n_components, 0.2, 1.0, seed);
        let total: f64 = shares.iter().sum();
        let means = uniform(n_components, -2.0, 3.0, seed + 2);
        let standard_deviations = uniform(n_components, 0.6, 1.8, seed + 3);
        let offsets = uniform(n_points, -2.5, 2.5, seed + 1).into_iter();
        let owners = (0..n_components).cycle();
        Self {
            x: offsets
                .zip(owners)
                .map(|(z, j)| means[j] + z * standard_deviations[j])
                .collect(),
            weights: shares.iter().map(|share| share / total).collect(),
            means,
            standard_deviations,
        }
    }

    /// One, two, three and four components, and never as many points.
    pub(super) fn several(seed: u64) -> Vec<Self> {
        let sizes = [(5, 1), (7, 2), (11, 3), (2, 4)];
        let seeds = (seed..).step_by(10);
        sizes
            .iter()
            .zip(seeds)
            .map(|(&(n, k), seed)| Self::random(n, k, seed))
            .collect()
    }

    /// The 300 points of the notebook, and its start.
    pub(super) fn notebook() -> Self {
        let start = synthetic::one_dimension();
        Self {
            x: start.x.column(0).to_vec(),
            weights: start.weights,
            means: start.means,
            standard_deviations: start.standard_deviations,
        }
    }

    /// What the crate says of the points.
    pub(super) fn expectation(&self) -> Expectation {
        e_step(&self.model(), &check::column(&self.x)).expect("the points are finite")
    }

    /// Those of each component for the points, by the crate.
    pub(super) fn responsibilities(&self) -> Vec<Vec<f64>> {
        let responsibilities = self.expectation().responsibilities;
        let columns = responsibilities.columns().into_iter();
        columns.map(|column| column.to_vec()).collect()
    }

    pub(super) fn model(&self) -> GaussianMixture {
        GaussianMixture::univariate(&self.weights, &self.means, &self.standard_deviations)
            .expect("weights sum to 1 and standard deviations are positive")
    }

    /// N(x | μⱼ, σⱼ²).
    pub(super) fn normal(&self, x: f64, j: usize) -> f64 {
        normal(x, self.means[j], self.standard_deviations[j])
    }

    /// πⱼ N(x | μⱼ, σⱼ²).
    pub(super) fn weighted(&self, x: f64, j: usize) -> f64 {
        self.weights[j] * self.normal(x, j)
    }

    /// The same with the standard deviation raised to a power.
    pub(super) fn weighted_with_power(&self, x: f64, j: usize, power: f64) -> f64 {
        self.weights[j] * normal(x, self.means[j], self.standard_deviations[j].powf(power))
    }

    /// The sum over all components.
    pub(super) fn sum(&self, term: impl Fn(usize) -> f64) -> f64 {
        (0..self.weights.len()).map(term).sum()
    }

    /// The largest over all components.
    pub(super) fn largest(&self, term: impl Fn(usize) -> f64) -> f64 {
        (0..self.weights.len())
            .map(term)
            .fold(f64::NEG_INFINITY, f64::max)
    }

    /// p(x) = ∑ⱼ πⱼ N(x | μⱼ, σⱼ²).
    pub(super) fn density(&self, x: f64) -> f64 {
        self.sum(|j| self.weighted(x, j))
    }

    /// One number for each point.
    pub(super) fn each(&self, value: impl Fn(f64) -> f64) -> Vec<f64> {
        self.x.iter().map(|&x| value(x)).collect()
    }

    /// The sum over all points.
    pub(super) fn total(&self, value: impl Fn(f64) -> f64) -> f64 {
        self.x.iter().map(|&x| value(x)).sum()
    }
}

/// Points, how much of each belongs to the component, and the component's mean before and after its update.
#[derive(Clone)]
pub(super) struct Share {
    pub(super) x: Vec<f64>,
    pub(super) responsibility: Vec<f64>,
    pub(super) old_mean: f64,
    pub(super) new_mean: f64,
}

impl Share {
    pub(super) fn new(x: &[f64], responsibility: &[f64], old_mean: f64, new_mean: f64) -> Self {
        Self {
            x: x.to_vec(),
            responsibility: responsibility.to_vec(),
            old_mean,
            new_mean,
        }
    }

    /// Points in no order, none of which belongs half to the component: a threshold of one half has no ties.
    fn random(n: usize, seed: u64) -> Self {
        let mut share = Self {
            x: uniform(n, -2.0, 6.0, seed),
            responsibility: uniform(n, 0.02, 0.98, seed + 1),
            old_mean: uniform(1, -1.0, 1.0, seed + 2)[0],
            new_mean: 0.0,
        };
        share.new_mean = share.sum(|x, r| r * x) / share.effective_count();
        share
    }

    /// Few points and many.
    pub(super) fn several(seed: u64) -> Vec<Self> {
        let sizes = [3, 8, 60].into_iter().zip((seed..).step_by(10));
        sizes.map(|(n, seed)| Self::random(n, seed)).collect()
    }

    /// A random one, and the same with every point `scale` times as large and then moved by `shift`.
    pub(super) fn moved(seed: u64, scale: f64, shift: f64) -> Vec<Self> {
        let share = Self::random(12, seed);
        let to = |x: f64| scale * x + shift;
        let moved = Self {
            x: share.x.iter().map(|&x| to(x)).collect(),
            old_mean: to(share.old_mean),
            new_mean: to(share.new_mean),
            responsibility: share.responsibility.clone(),
        };
        vec![share, moved]
    }

    /// The first iteration of the notebook, one for each component.
    pub(super) fn notebook() -> Vec<Self> {
        let start = Scene::notebook();
        let pairs = start.responsibilities().into_iter().zip(&start.means);
        pairs
            .map(|(responsibility, &old_mean)| {
                let new_mean = update(&start.x, &responsibility).means()[[0, 0]];
                Self::new(&start.x, &responsibility, old_mean, new_mean)
            })
            .collect()
    }

    /// What the crate's M-step makes of the points.
    pub(super) fn update(&self) -> GaussianMixture {
        update(&self.x, &self.responsibility)
    }

    /// ∑ₙ of something of xₙ and rₙₖ.
    pub(super) fn sum(&self, term: impl Fn(f64, f64) -> f64) -> f64 {
        let pairs = self.x.iter().zip(&self.responsibility);
        pairs.map(|(&x, &r)| term(x, r)).sum()
    }

    /// Nₖ.
    pub(super) fn effective_count(&self) -> f64 {
        self.responsibility.iter().sum()
    }

    /// N.
    pub(super) fn n(&self) -> f64 {
        self.x.len() as f64
    }

    /// The mean of all points.
    pub(super) fn plain_mean(&self) -> f64 {
        self.sum(|x, _| x) / self.n()
    }

    /// ∑ₙ rₙₖ (xₙ − centre)².
    pub(super) fn squares(&self, centre: f64) -> f64 {
        self.sum(|x, r| r * (x - centre).powi(2))
    }
}

/// The crate's M-step for a component with these responsibilities, as number 0, and another that has the rest.
pub(super) fn update(x: &[f64], responsibility: &[f64]) -> GaussianMixture {
    let both = Array2::from_shape_fn((x.len(), 2), |(n, k)| {
        if k == 0 {
            responsibility[n]
        } else {
            1.0 - responsibility[n]
        }
    });
    m_step(&check::column(x), &both, Regularization::None).expect("neither component collapses")
}

/// Whether a point belongs to the component more than not, as 1 or 0.
pub(super) fn hard(responsibility: f64) -> f64 {
    f64::from(responsibility > 0.5)
}

pub(super) fn uniform(n: usize, low: f64, high: f64, seed: u64) -> Vec<f64> {
    random::uniform(n, low, high, seed).expect("low is below high")
}
