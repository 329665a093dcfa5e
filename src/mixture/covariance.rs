//! How the covariances of the components are tied to each other, and the M-step under each tie.
//!
//! Every covariance is a volume, a shape and an orientation (Banfield and Raftery 1993):
//!
//! ```text
//! Σₖ = λₖ Dₖ Aₖ Dₖᵀ        λₖ = |Σₖ|^(1/D)        Aₖ diagonal, |Aₖ| = 1        Dₖ orthogonal
//! ```
//!
//! Of the data the M-step needs the counts Nₖ and the scatters Wₖ = ∑ₙ rₙₖ (xₙ - μₖ)(xₙ - μₖ)ᵀ; it maximises
//!
//! ```text
//! Q = -½ ∑ₖ (Nₖ ln |Σₖ| + tr Wₖ Σₖ⁻¹) + what no covariance changes
//! ```
//!
//! Write Σₖ = λₖ Cₖ with |Cₖ| = 1, and two steps do it for every model (Celeux and Govaert 1995):
//!
//! ```text
//! best forms for given volumes:   Cₖ = M / |M|^(1/D)            M = Wₖ (Variable) or ∑ₖ Wₖ / λₖ (Equal)
//! best volumes for given forms:   λₖ = tr(Wₖ Cₖ⁻¹) / (D Nₖ)     or, Equal, the mean of these weighted by Nₖ
//! ```
//!
//! A model that ties shape and orientation alike has Cₖ whole, and never takes it apart. Any other sees of each Wₖ only the
//! diagonal along the axes Dₖ: those of the features, of each component or of all. After the volumes' step the traces add up to N D,
//! so that Q is `-½ N D` times the mean log volume ∑ₖ Nₖ ln λₖ / N, up to a constant: that is what the iterations lower.

#![cfg_attr(
    not(test),
    expect(dead_code, reason = "the M-step is yet to call `maximize`")
)]

mod axes;

use crate::{Error, Result, gaussian, linalg};
use ndarray::{Array, Array1, Array2, Array3, Axis, Dimension};
use std::fmt;
use std::str::FromStr;

/// Iterations end when the mean log volume falls by no more than this, whatever the units of the data.
const TOLERANCE: f64 = 1e-15;
const MAX_ITERATIONS: usize = 1000;

/// How the covariances of the components are tied to each other.
///
/// ```text
/// Σₖ = λₖ Dₖ Aₖ Dₖᵀ
/// ```
///
/// with volume λₖ = |Σₖ|^(1/D), shape Aₖ (diagonal, |Aₖ| = 1) and orientation Dₖ (orthogonal), each **E**qual in all components,
/// **V**ariable from one to the next, or the **I**dentity. The three letters of a name say so in this order:
///
/// | name | Σₖ | volume | shape | orientation | scikit-learn |
/// |---|---|---|---|---|---|
/// | EII | λ I | equal | sphere | none | |
/// | VII | λₖ I | variable | sphere | none | spherical |
/// | EEI | λ A | equal | equal | along the features | |
/// | VEI | λₖ A | variable | equal | along the features | |
/// | EVI | λ Aₖ | equal | variable | along the features | |
/// | VVI | λₖ Aₖ | variable | variable | along the features | diag |
/// | EEE | λ D A Dᵀ | equal | equal | equal | tied |
/// | VEE | λₖ D A Dᵀ | variable | equal | equal | |
/// | EVE | λ D Aₖ Dᵀ | equal | variable | equal | |
/// | VVE | λₖ D Aₖ Dᵀ | variable | variable | equal | |
/// | EEV | λ Dₖ A Dₖᵀ | equal | equal | variable | |
/// | VEV | λₖ Dₖ A Dₖᵀ | variable | equal | variable | |
/// | EVV | λ Dₖ Aₖ Dₖᵀ | equal | variable | variable | |
/// | VVV | λₖ Dₖ Aₖ Dₖᵀ | variable | variable | variable | full |
///
/// # Examples
///
/// ```
/// use em_lab::CovarianceModel;
///
/// let model: CovarianceModel = "vve".parse()?;
/// assert_eq!(model, CovarianceModel::Vve);
/// // Three volumes, three shapes and one orientation in four dimensions.
/// assert_eq!(model.n_parameters(3, 4), 3 + 3 * 3 + 6);
/// # Ok::<(), em_lab::Error>(())
/// ```
///
/// # References
///
/// Banfield and Raftery (1993), *Model-based Gaussian and non-Gaussian clustering*; Celeux and Govaert (1995), *Gaussian
/// parsimonious clustering models*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CovarianceModel {
    /// λ I: spheres of one size.
    Eii,
    /// λₖ I: spheres.
    Vii,
    /// λ A: copies of one ellipsoid along the features.
    Eei,
    /// λₖ A: ellipsoids along the features, of one shape.
    Vei,
    /// λ Aₖ: ellipsoids along the features, of one volume.
    Evi,
    /// λₖ Aₖ: ellipsoids along the features.
    Vvi,
    /// λ D A Dᵀ: copies of one ellipsoid.
    Eee,
    /// λₖ D A Dᵀ: one ellipsoid in several sizes.
    Vee,
    /// λ D Aₖ Dᵀ: ellipsoids with common axes, of one volume.
    Eve,
    /// λₖ D Aₖ Dᵀ: ellipsoids with common axes.
    Vve,
    /// λ Dₖ A Dₖᵀ: copies of one ellipsoid, each turned its own way.
    Eev,
    /// λₖ Dₖ A Dₖᵀ: ellipsoids of one shape.
    Vev,
    /// λ Dₖ Aₖ Dₖᵀ: ellipsoids of one volume.
    Evv,
    /// λₖ Dₖ Aₖ Dₖᵀ: any ellipsoids; each component has a covariance of its own.
    #[default]
    Vvv,
}

/// What the components share.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tie {
    Equal,
    Variable,
}

use Tie::{Equal, Variable};

impl CovarianceModel {
    /// All fourteen, from the simplest to the richest.
    pub const ALL: [Self; 14] = [
        Self::Eii,
        Self::Vii,
        Self::Eei,
        Self::Vei,
        Self::Evi,
        Self::Vvi,
        Self::Eee,
        Self::Vee,
        Self::Eve,
        Self::Vve,
        Self::Eev,
        Self::Vev,
        Self::Evv,
        Self::Vvv,
    ];
    /// VVV by scikit-learn's name.
    pub const FULL: Self = Self::Vvv;
    /// EEE by scikit-learn's name.
    pub const TIED: Self = Self::Eee;
    /// VVI by scikit-learn's name.
    pub const DIAGONAL: Self = Self::Vvi;
    /// VII by scikit-learn's name.
    pub const SPHERICAL: Self = Self::Vii;

    /// The three letters: volume, shape, orientation.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Eii => "EII",
            Self::Vii => "VII",
            Self::Eei => "EEI",
            Self::Vei => "VEI",
            Self::Evi => "EVI",
            Self::Vvi => "VVI",
            Self::Eee => "EEE",
            Self::Vee => "VEE",
            Self::Eve => "EVE",
            Self::Vve => "VVE",
            Self::Eev => "EEV",
            Self::Vev => "VEV",
            Self::Evv => "EVV",
            Self::Vvv => "VVV",
        }
    }

    /// The number of free parameters in the covariances alone.
    ///
    /// A volume has 1, a shape D - 1 and an orientation D (D - 1) / 2; each counts once where it is equal, K times where it is
    /// variable, and not at all where it is the identity.
    #[must_use]
    pub fn n_parameters(self, n_components: usize, n_features: usize) -> usize {
        let copies = |tie| match tie {
            None => 0,
            Some(Equal) => 1,
            Some(Variable) => n_components,
        };
        let in_shape = n_features.saturating_sub(1);
        copies(Some(self.volume()))
            + copies(self.shape()) * in_shape
            + copies(self.orientation()) * (n_features * in_shape / 2)
    }

    /// Whether every covariance is diagonal, so that the diagonals of the scatters are enough.
    pub(crate) fn is_diagonal(self) -> bool {
        self.orientation().is_none()
    }

    fn volume(self) -> Tie {
        match self {
            Self::Eii | Self::Eei | Self::Evi | Self::Eee | Self::Eve | Self::Eev | Self::Evv => {
                Equal
            }
            Self::Vii | Self::Vei | Self::Vvi | Self::Vee | Self::Vve | Self::Vev | Self::Vvv => {
                Variable
            }
        }
    }

    /// `None` is the identity.
    fn shape(self) -> Option<Tie> {
        match self {
            Self::Eii | Self::Vii => None,
            Self::Eei | Self::Vei | Self::Eee | Self::Vee | Self::Eev | Self::Vev => Some(Equal),
            Self::Evi | Self::Vvi | Self::Eve | Self::Vve | Self::Evv | Self::Vvv => Some(Variable),
        }
    }

    /// `None` is the identity.
    fn orientation(self) -> Option<Tie> {
        match self {
            Self::Eii | Self::Vii | Self::Eei | Self::Vei | Self::Evi | Self::Vvi => None,
            Self::Eee | Self::Vee | Self::Eve | Self::Vve => Some(Equal),
            Self::Eev | Self::Vev | Self::Evv | Self::Vvv => Some(Variable),
        }
    }
}

impl fmt::Display for CovarianceModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for CovarianceModel {
    type Err = Error;

    /// Reads one of the fourteen names, in capitals or not.
    fn from_str(text: &str) -> Result<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|model| model.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| Error::Parameter {
                name: "The covariance model".into(),
                found: format!("{text:?}"),
                expected: format!("one of {}", Self::ALL.map(Self::name).join(", ")),
            })
    }
}

/// Returns the covariances of this model that maximise Q, shape (K, D, D).
///
/// - `scatters`: Wₖ about the component's weighted mean, shape (K, D, D), finite and symmetric; a diagonal model reads their
///   diagonals only
/// - `counts`: Nₖ, length K
/// - `previous`: positive definite covariances of the same model, below whose Q the result never is: the models that iterate
///   (VEI, VEE, VEV, EVE, VVE) start from them
///
/// # Errors
///
/// The index of a component that has no spread left where the model needs one, so that Q has no maximum: its scatter is zero and
/// its volume its own, or its scatter is flat and its shape its own. When the pooled scatter is flat all components are, and the
/// one of the smallest volume is named.
pub(crate) fn maximize(
    model: CovarianceModel,
    scatters: &Array3<f64>,
    counts: &Array1<f64>,
    previous: Option<&Array3<f64>>,
) -> Result<Array3<f64>, usize> {
    let n_features = scatters.dim().1;
    let ties = Ties {
        volume: model.volume(),
        // In one dimension there is only the volume.
        shape: model.shape().filter(|_| n_features > 1),
        counts,
        previous,
    };
    let diagonals = || scatters.outer_iter().map(|w| w.diag().to_owned());
    let covariances = match (ties.shape, model.orientation()) {
        (None, _) => {
            let mean = |w: Array1<f64>| Array1::from_elem(n_features, w.sum() / n_features as f64);
            along_features(&ties.maximize(&diagonals().map(mean).collect::<Vec<_>>())?)
        }
        (Some(_), None) => along_features(&ties.maximize(&diagonals().collect::<Vec<_>>())?),
        (Some(Equal), Some(Equal)) | (Some(Variable), Some(Variable)) => {
            let whole: Vec<_> = scatters.outer_iter().map(|w| w.to_owned()).collect();
            ties.maximize(&whole)?
        }
        (Some(Equal), Some(Variable)) => axes::maximize_along_own(&ties, scatters)?,
        (Some(Variable), Some(Equal)) => axes::maximize_along_common(&ties, scatters)?,
    };
    let mut stacked = Array3::zeros(scatters.dim());
    for (mut to, from) in stacked.outer_iter_mut().zip(&covariances) {
        to.assign(from);
    }
    Ok(stacked)
}

fn along_features(variances: &[Array1<f64>]) -> Vec<Array2<f64>> {
    variances.iter().map(Array2::from_diag).collect()
}

/// The M-step for volume and shape, once the orientation has said what of each scatter counts.
struct Ties<'a> {
    volume: Tie,
    /// `None` is the identity: the scatters are multiples of it.
    shape: Option<Tie>,
    counts: &'a Array1<f64>,
    previous: Option<&'a Array3<f64>>,
}

impl Ties<'_> {
    /// Returns λₖ Cₖ for scatters that are all whole matrices or all diagonals.
    fn maximize<D: Dimension>(
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
    fn mean(&self, values: Array1<f64>) -> f64 {
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

/// Repeats a step for as long as the mean log volume falls.
fn descend<T>(
    mut now: T,
    step: impl Fn(&T) -> Result<T, usize>,
    fall: impl Fn(&T, &T) -> f64,
) -> Result<T, usize> {
    let clock = std::time::Instant::now();
    for it in 0..MAX_ITERATIONS {
        let next = step(&now)?;
        let rest = fall(&now, &next) <= TOLERANCE;
        now = next;
        if rest || it == MAX_ITERATIONS - 1 {
 eprintln!("rounds {it} {:?}", clock.elapsed());            break;
        }
    }
    Ok(now)
}

/// A positive definite matrix: whole, or only its diagonal where there is nothing beside it.
trait Definite: Sized {
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

#[cfg(test)]
mod tests;
