//! What happens when a component loses its spread.

use super::GaussianMixture;
use super::regularization::Regularization;
use crate::{Error, Result, linalg};
use ndarray::{Array1, Array2, Array3, ArrayRef1, ArrayRef2, Axis};
use std::fmt;

/// What EM does when a component collapses: its samples no longer spread over all dimensions, its likelihood grows without bound,
/// and its covariance has no inverse.
///
/// # Examples
///
/// ```
/// use em_lab::{Collapse, Em, Regularization, Start, Stop, column};
///
/// // Component 1 is to explain one point alone.
/// let x = column(&[0.0, 1.0, 2.0, 3.0, 50.0]);
/// let em = Em::new(2).start(Start::Labels(vec![0, 0, 0, 1, 1])).regularization(Regularization::None);
/// let fit = em.clone().fit(&x)?;
/// assert!(matches!(fit.stop, Stop::Failed(_)));
/// let fit = em.collapse(Collapse::Floor(1e-3)).fit(&x)?;
/// assert!(fit.converged() && fit.repairs[0].component == 1);
/// # Ok::<(), em_lab::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Collapse {
    /// Stops; the fit holds the last good model and says why ([`Stop::Failed`](crate::Stop::Failed)).
    #[default]
    Stop,
    /// Adds this share of the mean variance of the data's columns to the diagonals, in this iteration.
    Regularize(f64),
    /// Lifts every variance, along whichever direction, to at least this share of the mean variance of the data's columns, in this
    /// iteration.
    Floor(f64),
    /// Gives up the component and puts it beside the largest one: that is split in two along its longest axis. After as many
    /// restarts as there are components EM stops.
    Restart,
}

/// What was done about a collapse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Repair {
    /// The iteration whose M-step failed; 0 is the start's.
    pub iteration: usize,
    /// The component that collapsed, counted from 0.
    pub component: usize,
    /// How many samples it held: its column sum of responsibilities.
    pub effective_count: f64,
    /// What was done.
    pub policy: Collapse,
}

impl Collapse {
    pub(super) fn check(self) -> Result<()> {
        match self {
            Self::Regularize(share) | Self::Floor(share) if !(share.is_finite() && share > 0.0) => {
                Err(Error::Parameter {
                    name: "The share of the variance that is to repair a collapse".into(),
                    found: share.to_string(),
                    expected: "a finite number above zero".into(),
                })
            }
            _ => Ok(()),
        }
    }
}

/// Says which component collapsed and why, from its scatter where it has one.
pub(super) fn diagnosis(
    component: usize,
    effective_count: f64,
    scatter: Option<&ArrayRef2<f64>>,
) -> Error {
    let cause = match scatter {
        None => "no sample is nearer to it than to the others".into(),
        Some(scatter) => cause(effective_count, scatter),
    };
    Error::Collapsed {
        component,
        effective_count,
        cause,
    }
}

fn cause(count: f64, scatter: &ArrayRef2<f64>) -> String {
    let n_features = scatter.nrows();
    let flat: Vec<String> = (0..n_features)
        .filter(|&i| scatter[[i, i]] <= 0.0)
        .map(|i| i.to_string())
        .collect();
    if flat.len() == n_features {
        return "all of them are the same point".into();
    }
    match flat.as_slice() {
        [] if count <= n_features as f64 => {
            format!("so few samples lie in a plane of the {n_features} dimensions")
        }
        [] => "they lie in a plane, because some features follow from others".into(),
        [one] => format!("feature {one} (counted from 0) is the same in all of them"),
        [most @ .., last] => format!(
            "features {} and {last} (counted from 0) are the same in all of them",
            most.join(", ")
        ),
    }
}

/// Raises the eigenvalues of every Wₖ / Nₖ to at least `floor`.
pub(super) fn lift(scatters: &mut Array3<f64>, counts: &Array1<f64>, floor: f64) -> Result<()> {
    for (mut scatter, count) in scatters.outer_iter_mut().zip(counts) {
        let (values, vectors) = linalg::symmetric_eigen(scatter.to_owned())?;
        if values.iter().any(|v| *v < count * floor) {
            let lifted = values.mapv(|v| v.max(count * floor));
            scatter.assign(&linalg::product(&(&vectors * &lifted), &vectors.t()));
            linalg::symmetrize(&mut scatter);
        }
    }
    Ok(())
}

/// The mixture with a component taken away and the largest one split along its longest axis: means half a standard deviation to
/// either side, half the weight each, the covariance of both, so that whatever the components share they go on sharing.
pub(super) fn restart(model: &GaussianMixture, component: usize) -> Option<GaussianMixture> {
    let mut weights = model.weights.clone();
    weights[component] = 0.0;
    let largest = linalg::index_of_largest(&weights);
    if largest == component {
        return None;
    }
    weights[largest] *= 0.5;
    weights[component] = weights[largest];
    weights /= weights.sum();
    let (mut means, mut covariances): (Array2<f64>, Array3<f64>) =
        (model.means.clone(), model.covariances.clone());
    let covariance = covariances.index_axis(Axis(0), largest).to_owned();
    let (values, vectors) = linalg::symmetric_eigen(covariance.clone()).ok()?;
    let step = &vectors.column(0) * (0.5 * values[0].sqrt());
    let mean = means.row(largest).to_owned();
    means.row_mut(largest).assign(&(&mean - &step));
    means.row_mut(component).assign(&(&mean + &step));
    covariances
        .index_axis_mut(Axis(0), component)
        .assign(&covariance);
    GaussianMixture::from_parameters(model.covariance_model, weights, means, covariances).ok()
}

/// A component that is flat but for the regularization, in a direction in which the data are not: its likelihood is as high as the
/// regularization is low, and says nothing about the data.
///
/// With ε added to the diagonals, flat is a variance below 2ε, and not flat one above 100ε. Since tr Σₖ⁻¹ = |Uₖ|² is at least one
/// over the least variance, most components need no eigenvalues.
pub(super) fn flat_component(
    model: &GaussianMixture,
    regularization: Regularization,
) -> Option<usize> {
    let (weights, means) = (&model.weights, &model.means);
    let centred = means - &weights.dot(means);
    let variance_along = |v: &ArrayRef1<f64>| {
        let components = model.covariances.outer_iter().zip(centred.rows());
        let within =
            components.map(|(covariance, mean)| v.dot(&covariance.dot(v)) + mean.dot(v).powi(2));
        within
            .zip(weights)
            .map(|(variance, weight)| variance * weight)
            .sum::<f64>()
    };
    let ridge = match regularization {
        Regularization::None => return None,
        Regularization::Absolute(variance) => variance,
        Regularization::Relative(share) => {
            let spread = |k: usize| {
                let shift = centred.row(k);
                weights[k]
                    * (model.covariances.index_axis(Axis(0), k).diag().sum() + shift.dot(&shift))
            };
            share * (0..weights.len()).map(spread).sum::<f64>() / means.ncols() as f64
        }
    };
    let flat = |k: &usize| {
        let factor = model.precisions_cholesky.index_axis(Axis(0), *k);
        if factor.fold(0.0, |sum, u| sum + u * u) * 2.0 * ridge < 1.0 {
            return false;
        }
        let covariance = model.covariances.index_axis(Axis(0), *k).to_owned();
        let Ok((values, vectors)) = linalg::symmetric_eigen(covariance) else {
            return false;
        };
        let mut axes = values.iter().zip(vectors.columns()).rev();
        axes.any(|(value, axis)| *value < 2.0 * ridge && variance_along(&axis) > 100.0 * ridge)
    };
    (0..weights.len()).find(flat)
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            iteration,
            component,
            effective_count,
            policy,
        } = self;
        write!(
            f,
            "iteration {iteration}: component {component} had collapsed with {effective_count:.3} samples; "
        )?;
        match policy {
            Collapse::Stop => f.write_str("EM stopped"),
            Collapse::Regularize(share) => {
                write!(f, "{share:e} of the data's variance was added")
            }
            Collapse::Floor(share) => {
                write!(f, "variances were lifted to {share:e} of the data's")
            }
            Collapse::Restart => f.write_str("it was restarted beside the largest one"),
        }
    }
}
