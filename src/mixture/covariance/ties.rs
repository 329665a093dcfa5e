//! Volumes and shapes, once the orientation has said what of each scatter counts.

use super::Tie::{self, Equal, Variable};
use crate::{gaussian, linalg};
use ndarray::{Array, Array1, Array2, Array3, Axis, Dimension};

/// Iterations end when the mean log volume falls by no more than this, whatever the units of the data.
const TOLERANCE: f64 = 1e-15;
pub(super) const MAX_ITERATIONS: usize = 1000;

/// How volumes and shapes are tied, in components of which size.
pub(super) struct Ties<'a> {
    pub(super) volume: Tie,
    /// `None` is the identity: the scatters are multiples of it.
    pub(super) shape: Option<Tie>,
    pub(super) counts: &'a Array1<f64>,
    pub(super) previous: Option<&'a Array3<f64>>,
}

impl Ties<'_> {
    /// Returns λₖ Cₖ for scatters that are all whole matrices or all diagonals.
    pub(super) fn maximize<D: Dimension>(
        &self,
        scatters: &[Array<f64, D>],
    ) -> Result<Vec<Array<f64, D>>, usize>
    where
        Array<f64, D>: Definite,
    {
        let total = self.counts.sum();
        let each = scatters.iter().enumerate();
        match (self.volume, self.shape) {
            // ∑ₖ Wₖ / N
            (Equal, None | Some(Equal)) => {
                let all = pooled(scatters, &Array1::from_elem(scatters.len(), total));
                all.volume().ok_or(0_usize)?;
                Ok(vec![all; scatters.len()])
            }
            // Wₖ / Nₖ
            (Variable, None | Some(Variable)) => each
                .map(|(k, scatter)| {
                    let own = scatter / self.counts[k];
                    own.volume().map(|_| own).ok_or(k)
                })
                .collect(),
            // λ Wₖ / |Wₖ|^(1/D) with λ = ∑ₖ |Wₖ|^(1/D) / N
            (Equal, Some(Variable)) => {
                let volumes = each
                    .clone()
                    .map(|(k, scatter)| scatter.volume().ok_or(k))
                    .collect::<Result<Array1<f64>, usize>>()?;
                let volume = volumes.sum() / total;
                Ok(each.map(|(k, w)| w * (volume / volumes[k])).collect())
            }
            (Variable, Some(Equal)) => {
                // Q has one maximum, and every start leads there.
                let start = self.alternate(scatters, &self.first_volumes())?;
                let (volumes, form) = descend(
                    start,
                    MAX_ITERATIONS,
                    |(volumes, _)| self.alternate(scatters, volumes),
                    |(before, _), (after, _)| self.mean((before / after).ln()),
                )?;
                Ok(volumes.iter().map(|&volume| &form * volume).collect())
            }
        }
    }

    /// The best form C for given volumes, and the best volumes for it. For diagonals this is Sinkhorn's scaling of the table of
    /// spreads to the margins D Nₖ and N.
    fn alternate<D: Dimension>(
        &self,
        scatters: &[Array<f64, D>],
        volumes: &Array1<f64>,
    ) -> Result<(Array1<f64>, Array<f64, D>), usize>
    where
        Array<f64, D>: Definite,
    {
        let flat = || linalg::index_of_largest(&-volumes);
        let all = pooled(scatters, volumes);
        let form = &all / all.volume().ok_or_else(flat)?;
        let inverse = form.inverse().ok_or_else(flat)?;
        let n_features = form.len_of(Axis(0)) as f64;
        let traces: Array1<f64> = scatters.iter().map(|w| (w * &inverse).sum()).collect();
        let volumes = traces / n_features / self.counts;
        match volumes.iter().position(|v| !(v.is_finite() && *v > 0.0)) {
            Some(k) => Err(k),
            None => Ok((volumes, form)),
        }
    }

    /// The volumes of the covariances before, or equal ones.
    fn first_volumes(&self) -> Array1<f64> {
        let volumes = |previous: &Array3<f64>| {
            let each = previous.outer_iter().map(|c| c.to_owned().volume());
            each.collect::<Option<Array1<f64>>>()
        };
        self.previous
            .and_then(volumes)
            .unwrap_or_else(|| Array1::ones(self.counts.len()))
    }

    /// The mean over components, weighted by Nₖ.
    pub(super) fn mean(&self, values: Array1<f64>) -> f64 {
        values.dot(self.counts) / self.counts.sum()
    }
}

/// ∑ₖ Wₖ / λₖ
fn pooled<D: Dimension>(scatters: &[Array<f64, D>], volumes: &Array1<f64>) -> Array<f64, D> {
    let mut sum = Array::zeros(scatters[0].raw_dim());
    for (scatter, volume) in scatters.iter().zip(volumes) {
        sum.scaled_add(1.0 / volume, scatter);
    }
    sum
}

/// Repeats a step for as long as the mean log volume falls, and at most so often.
pub(super) fn descend<T>(
    mut now: T,
    at_most: usize,
    step: impl Fn(&T) -> Result<T, usize>,
    fall: impl Fn(&T, &T) -> f64,
) -> Result<T, usize> {
    for _ in 0..at_most {
        let next = step(&now)?;
        let rest = fall(&now, &next) <= TOLERANCE;
        now = next;
        if rest {
            break;
        }
    }
    Ok(now)
}

/// A positive definite matrix: whole, or only its diagonal where there is nothing beside it.
pub(super) trait Definite: Sized {
    /// `|M|^(1/D)`, or `None` where a direction is flat.
    fn volume(&self) -> Option<f64>;
    /// M⁻¹, or `None` where a direction is flat.
    fn inverse(&self) -> Option<Self>;
}

impl Definite for Array1<f64> {
    fn volume(&self) -> Option<f64> {
        let definite = self.iter().all(|v| v.is_finite() && *v > 0.0);
        definite.then(|| (self.ln().sum() / self.len() as f64).exp())
    }

    fn inverse(&self) -> Option<Self> {
        self.volume().map(|_| self.recip())
    }
}

impl Definite for Array2<f64> {
    fn volume(&self) -> Option<f64> {
        let lower = linalg::cholesky(self)?;
        Some((2.0 * lower.diag().ln().sum() / self.nrows() as f64).exp())
    }

    fn inverse(&self) -> Option<Self> {
        let upper = gaussian::precision_cholesky(self)?;
        Some(linalg::product(&upper, &upper.t()))
    }
}
