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
//! diagonal along the axes Dₖ: those of the features, of the component's own scatter, or the ones that all components share. Most
//! models need each step once. VEI, VEE and VEV alternate them; EVE and VVE search for the common axes. The second step makes the
//! traces add up to N D, so that Q is `-½ N D` times the mean log volume ∑ₖ Nₖ ln λₖ / N, up to a constant: iterations lower that.

mod axes;
mod ties;

use crate::{Error, Result};
use ndarray::{Array1, Array2, Array3};
use std::fmt;
use std::str::FromStr;
use ties::Ties;

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

    /// The number of free parameters of a whole mixture: K - 1 weights, K D means, and the covariances.
    pub(crate) fn n_free(self, n_components: usize, n_features: usize) -> usize {
        n_components - 1 + n_components * n_features + self.n_parameters(n_components, n_features)
    }

    /// The simplest model that is the same as this one: with one component nothing can be shared or not, and in one dimension
    /// there is only the volume.
    pub(crate) fn simplest_equivalent(self, n_components: usize, n_features: usize) -> Self {
        match (n_components, n_features) {
            (1, 1) => Self::Eii,
            (_, 1) if self.volume() == Equal => Self::Eii,
            (_, 1) => Self::Vii,
            (1, _) if self.shape().is_none() => Self::Eii,
            (1, _) if self.is_diagonal() => Self::Eei,
            (1, _) => Self::Eee,
            _ => self,
        }
    }

    /// Whether all components have the same volume.
    #[cfg(not(target_family = "wasm"))] // For pictures.
    pub(crate) fn has_equal_volumes(self) -> bool {
        self.volume() == Equal
    }

    /// Which fits take longest: those that search for common axes, and those along the features are the shortest.
    pub(crate) fn effort(self) -> u8 {
        match (self.shape(), self.orientation()) {
            (Some(Variable), Some(Equal)) => 2,
            (_, Some(_)) => 1,
            (_, None) => 0,
        }
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

#[cfg(test)]
mod tests;
