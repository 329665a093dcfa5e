//! The models that look at the scatters along axes other than the features: each component's own, or those that all share.

use super::Tie;
use super::ties::{Definite, MAX_ITERATIONS, Ties, descend};
use crate::linalg;
use ndarray::{Array1, Array2, Array3, ArrayView2, ArrayViewMut, Axis, Dimension, Zip, s};

/// Rotations go this much further than the lowest point of their bound, which no factor up to 2 makes rise; the sweeps needed
/// where they are many fall to a half or a third.
const OVER_RELAXATION: f64 = 1.5;

/// Correlations below this are those of axes that were composed and taken apart again.
const ROUNDING: f64 = 1e-9;

/// In an iteration of EM the axes are turned this often. With once or twice the log-likelihood gains so little in each iteration that
/// EM stops earlier and lower.
const SWEEPS: usize = 3;

/// EEV, VEV: the best axes of a component are those of its own scatter, whatever its volume and shape.
pub(super) fn maximize_along_own(
    ties: &Ties,
    scatters: &Array3<f64>,
) -> Result<Vec<Array2<f64>>, usize> {
    let each = scatters.outer_iter().enumerate().map(principal_axes);
    let (spreads, axes): (Vec<_>, Vec<_>) = each.collect::<Result<_, _>>()?;
    let variances = ties.maximize(&spreads)?;
    let pairs = axes.iter().zip(&variances);
    Ok(pairs.map(|(axes, v)| compose(axes, v)).collect())
}

/// EVE, VVE: the axes that all components share best.
///
/// The search starts from the axes of the covariances before. A few sweeps are enough then: EM climbs with any M-step that raises Q
/// (Dempster, Laird and Rubin 1977), and the next one goes on from there. Without covariances before, it starts from the axes of
/// the pooled scatter, and goes on to the end.
pub(super) fn maximize_along_common(
    ties: &Ties,
    scatters: &Array3<f64>,
) -> Result<Vec<Array2<f64>>, usize> {
    // Where a scatter is flat, a common axis in its flat direction would make Q rise without end.
    for (k, scatter) in scatters.outer_iter().enumerate() {
        if !is_round(&scatter) {
            principal_axes((k, scatter))?.0.volume().ok_or(k)?;
        }
    }
    let (axes, at_most) = match ties.previous.and_then(shared_axes) {
        Some(axes) => (axes, SWEEPS),
        None => (axes_of_sum(scatters)?, MAX_ITERATIONS),
    };
    let best = CommonAxes::along(ties, scatters, axes)?.search(ties, at_most)?;
    let each = best.variances.iter();
    Ok(each.map(|v| compose(&best.axes, v)).collect())
}

/// Whether no feature follows from those before it, nearly: then no direction is flat, and no eigenvalues are needed to know.
fn is_round(scatter: &ArrayView2<f64>) -> bool {
    let largest = scatter.diag().fold(0.0_f64, |most, v| most.max(*v));
    linalg::cholesky(scatter).is_some_and(|lower| {
        let mut pivots = lower.diag().into_iter();
        pivots.all(|l| l * l > 1e-6 * largest)
    })
}

/// D diag(v) Dᵀ
fn compose(axes: &Array2<f64>, variances: &Array1<f64>) -> Array2<f64> {
    let mut covariance = linalg::product(&(axes * variances), &axes.t());
    linalg::symmetrize(&mut covariance);
    covariance
}

/// The eigenvalues of the scatter of component k, largest first, and its eigenvectors as columns.
fn principal_axes(
    (k, scatter): (usize, ArrayView2<f64>),
) -> Result<(Array1<f64>, Array2<f64>), usize> {
    let (mut spreads, axes) = linalg::symmetric_eigen(scatter.to_owned()).map_err(|_| k)?;
    // Below the rounding of the largest there is nothing to tell from a flat direction.
    let noise = 16.0 * f64::EPSILON * spreads.len() as f64 * spreads[0];
    spreads.mapv_inplace(|v| if v > noise { v } else { 0.0 });
    Ok((spreads, axes))
}

fn axes_of_sum(matrices: &Array3<f64>) -> Result<Array2<f64>, usize> {
    linalg::symmetric_eigen(matrices.sum_axis(Axis(0)))
        .map(|(_, vectors)| vectors)
        .map_err(|_| 0)
}

/// The axes of covariances that share them, also where those of their sum are not unique.
fn shared_axes(covariances: &Array3<f64>) -> Option<Array2<f64>> {
    let ties = Ties {
        volume: Tie::Variable,
        shape: Some(Tie::Variable),
        counts: &Array1::ones(covariances.len_of(Axis(0))),
        previous: None,
    };
    let start = CommonAxes::along(&ties, covariances, axes_of_sum(covariances).ok()?).ok()?;
    if start.is_diagonal() {
        return Some(start.axes);
    }
    let search = start.search(&ties, MAX_ITERATIONS);
    search.ok().map(|found| found.axes)
}

/// Where the search for common axes stands.
struct CommonAxes {
    /// D, shape (D, D): axes as columns.
    axes: Array2<f64>,
    /// The entries of all Dᵀ Wₖ D, shape (D, D, K): the components side by side, since they turn together.
    turned: Array3<f64>,
    /// λₖ Aₖ, the best for these axes.
    variances: Vec<Array1<f64>>,
}

impl CommonAxes {
    fn along(ties: &Ties, scatters: &Array3<f64>, axes: Array2<f64>) -> Result<Self, usize> {
        let (n_components, n_features, _) = scatters.dim();
        let mut turned = Array3::zeros((n_features, n_features, n_components));
        for (mut turned, w) in turned.axis_iter_mut(Axis(2)).zip(scatters.outer_iter()) {
            turned.assign(&linalg::product(&linalg::product(&axes.t(), &w), &axes));
        }
        Self::new(ties, axes, turned)
    }

    fn search(self, ties: &Ties, at_most: usize) -> Result<Self, usize> {
        descend(
            self,
            at_most,
            |now| now.sweep(ties),
            |before, after| after.gain_on(before, ties),
        )
    }

    /// Whether nothing but rounding is left beside the diagonals.
    fn is_diagonal(&self) -> bool {
        self.turned.axis_iter(Axis(2)).all(|w| {
            let roots = w.diag().sqrt();
            let mut entries = w.indexed_iter();
            entries.all(|((i, j), v)| i == j || v.abs() <= ROUNDING * roots[i] * roots[j])
        })
    }

    fn new(ties: &Ties, axes: Array2<f64>, turned: Array3<f64>) -> Result<Self, usize> {
        let each = turned.axis_iter(Axis(2));
        let spreads: Vec<_> = each.map(|w| w.diag().to_owned()).collect();
        let variances = ties.maximize(&spreads)?;
        Ok(Self {
            axes,
            turned,
            variances,
        })
    }

    /// By how much the mean log volume is below that of other axes.
    fn gain_on(&self, other: &Self, ties: &Ties) -> f64 {
        let pairs = other.variances.iter().zip(&self.variances);
        let logs = pairs.map(|(other, own)| (other / own).ln().sum() / own.len() as f64);
        ties.mean(logs.collect())
    }

    /// Turns each pair of axes in its plane, once.
    ///
    /// With sₖᵢ the diagonal of Dᵀ Wₖ D and gₖ = (∏ᵢ sₖᵢ)^(1/D), the mean log volume falls with `∑ₖ Nₖ ln gₖ` (VVE; Flury and
    /// Gautschi 1986) or with `ln ∑ₖ gₖ` (EVE). Of the two spreads in the plane of axes i and j only the product can change,
    ///
    /// ```text
    /// sₖᵢ sₖⱼ = δₖ + oₖ(θ)²        oₖ(θ) = oₖ cos 2θ - hₖ sin 2θ        hₖ = (sₖᵢ - sₖⱼ) / 2
    /// ```
    ///
    /// with δₖ the determinant in the plane and oₖ the entry beside the diagonal. Both criteria are concave in oₖ², so that their
    /// tangent, with slopes ωₖ / sₖᵢ sₖⱼ (ωₖ = Nₖ or gₖ), is a bound: a weighted sum of squares, least where
    ///
    /// ```text
    /// tan 4θ = ∑ₖ ωₖ 2 hₖ oₖ / sₖᵢ sₖⱼ  /  ∑ₖ ωₖ (hₖ² - oₖ²) / sₖᵢ sₖⱼ
    /// ```
    ///
    /// which is the angle of Cardoso and Souloumiac (1996) with weights. The algorithm of Browne and McNicholas (2014), which moves
    /// all axes at once by a singular value decomposition, took five (iris) to forty (ten scores of MNIST) times as many rounds to
    /// the same heights.
    fn sweep(&self, ties: &Ties) -> Result<Self, usize> {
        let (mut axes, mut turned) = (self.axes.clone(), self.turned.clone());
        let n_features = axes.nrows();
        let geometric_mean = |w: ArrayView2<f64>| (w.diag().ln().sum() / n_features as f64).exp();
        let mut weights = match ties.volume {
            Tie::Variable => ties.counts.clone(),
            Tie::Equal => turned.axis_iter(Axis(2)).map(geometric_mean).collect(),
        };
        for i in 0..n_features {
            for j in i + 1..n_features {
                let angle = OVER_RELAXATION * best_angle(&turned, &weights, i, j);
                let before = [i, j].map(|a| turned.slice(s![a, a, ..]).to_owned());
                rotate(
                    turned.multi_slice_mut((s![i, .., ..], s![j, .., ..])),
                    angle,
                );
                rotate(
                    turned.multi_slice_mut((s![.., i, ..], s![.., j, ..])),
                    angle,
                );
                rotate(axes.multi_slice_mut((s![.., i], s![.., j])), angle);
                if ties.volume == Tie::Equal {
                    for (a, before) in [i, j].into_iter().zip(before) {
                        let factors = &turned.slice(s![a, a, ..]) / &before;
                        weights *= &factors.powf(1.0 / n_features as f64);
                    }
                }
            }
        }
        Self::new(ties, axes, turned)
    }
}

/// θ, from the formula at [`CommonAxes::sweep`].
fn best_angle(turned: &Array3<f64>, weights: &Array1<f64>, i: usize, j: usize) -> f64 {
    let (sine, cosine) = Zip::from(weights)
        .and(turned.slice(s![i, i, ..]))
        .and(turned.slice(s![j, j, ..]))
        .and(turned.slice(s![i, j, ..]))
        .fold((0.0, 0.0), |(sine, cosine), weight, s_i, s_j, o| {
            let scale = s_i.sqrt() * s_j.sqrt();
            let (h, o) = (0.5 * (s_i - s_j) / scale, o / scale);
            (
                sine + weight * 2.0 * h * o,
                cosine + weight * (h * h - o * o),
            )
        });
    sine.atan2(cosine) / 4.0
}

/// Turns two directions in their plane.
fn rotate<D: Dimension>((a, b): (ArrayViewMut<f64, D>, ArrayViewMut<f64, D>), angle: f64) {
    let (sine, cosine) = angle.sin_cos();
    Zip::from(a).and(b).for_each(|a, b| {
        (*a, *b) = (cosine * *a + sine * *b, cosine * *b - sine * *a);
    });
}
