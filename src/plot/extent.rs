//! How far the data of a layer reach, and the numbers derived from them: bars of a histogram, curves of a density.

use ndarray::Array2;

use super::geometry::to_usize;
use super::layer::{Kind, Layer, Range};
use crate::GaussianMixture;

/// The union of two ranges.
pub(super) fn join(a: Option<Range>, b: Option<Range>) -> Option<Range> {
    match (a, b) {
        (Some((low, high)), Some((least, most))) => Some((low.min(least), high.max(most))),
        (one, other) => one.or(other),
    }
}

fn range<'a>(values: impl IntoIterator<Item = &'a f64>) -> Option<Range> {
    values
        .into_iter()
        .fold(None, |so_far, &v| join(so_far, Some((v, v))))
}

impl Layer {
    /// From where to where the layer reaches in x; `None` where it fills whatever range there is.
    pub fn x_extent(&self) -> Option<Range> {
        match &self.kind {
            Kind::Points { points, .. } => range(points.column(0)),
            Kind::Histogram { values, n_bins } => {
                let bars = bars(values, *n_bins);
                Some((bars.low, bars.low + bars.width * bars.heights.len() as f64))
            }
            Kind::Line { x, .. } | Kind::Markers { x, .. } => range(x),
            Kind::VerticalLine(x) => Some((*x, *x)),
            Kind::Density(_) => None,
            Kind::Ellipses(model) => reach(model, 0, 3.0),
            Kind::HeatMap { matrix, .. } => Some(cells(matrix.ncols())),
            Kind::Image(image) => Some(cells(image.pixels.ncols())),
        }
    }

    /// From where to where the layer reaches in y, while x runs over `x`.
    pub fn y_extent(&self, x: Range) -> Option<Range> {
        match &self.kind {
            Kind::Points { points, .. } => range(points.column(1)),
            Kind::Histogram { values, n_bins } => {
                let bars = bars(values, *n_bins);
                join(Some((0.0, 0.0)), range(&bars.heights))
            }
            Kind::Line { y, .. } | Kind::Markers { y, .. } => range(y),
            Kind::VerticalLine(_) => None,
            Kind::Density(model) => {
                let density = density(model, &places(model, x, 400));
                join(Some((0.0, 0.0)), range(&density.mixture))
            }
            Kind::Ellipses(model) => reach(model, 1, 3.0),
            Kind::HeatMap { matrix, .. } => Some(cells(matrix.nrows())),
            Kind::Image(image) => Some(cells(image.pixels.nrows())),
        }
    }

    /// Where the layer would like to be seen if no other layer says it: four standard deviations around each component.
    pub fn x_wish(&self) -> Option<Range> {
        match &self.kind {
            Kind::Density(model) => reach(model, 0, 4.0),
            _ => None,
        }
    }

    /// Whether the layer stands on the line y = 0.
    pub fn stands_on_zero(&self) -> bool {
        matches!(self.kind, Kind::Histogram { .. } | Kind::Density(_))
    }
}

/// Cells 0 to n - 1, each from half before to half behind its number.
fn cells(n: usize) -> Range {
    (-0.5, n as f64 - 0.5)
}

/// From the least to the greatest of μₖ ± `times` · σₖ in one feature.
fn reach(model: &GaussianMixture, feature: usize, times: f64) -> Option<Range> {
    (0..model.n_components())
        .map(|k| {
            let mean = model.means()[[k, feature]];
            let deviation = model.covariances()[[k, feature, feature]].max(0.0).sqrt();
            (mean - times * deviation, mean + times * deviation)
        })
        .fold(None, |so_far, component| join(so_far, Some(component)))
}

/// The bars of a histogram, equally wide, the first beginning at `low`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bars {
    pub low: f64,
    pub width: f64,
    pub heights: Vec<f64>,
}

/// Counts values into bins from the least to the greatest value and divides by N times the width, so that the areas sum to 1.
pub(super) fn bars(values: &[f64], n_bins: usize) -> Bars {
    let (least, most) = range(values).unwrap_or((0.0, 1.0));
    let (low, high) = widened(least, most);
    let width = (high / n_bins as f64) - (low / n_bins as f64);
    let mut counts = vec![0_usize; n_bins];
    for value in values {
        let bin = to_usize(((value - low) / width).floor()).min(n_bins - 1);
        counts[bin] += 1;
    }
    let unit = values.len() as f64 * width;
    Bars {
        low,
        width,
        heights: counts.into_iter().map(|c| c as f64 / unit).collect(),
    }
}

/// A range with some length, also where all values are equal or nearly so.
pub(super) fn widened(low: f64, high: f64) -> Range {
    let size = low.abs().max(high.abs());
    if high - low > 1e-9 * size && high > low {
        (low, high)
    } else {
        let half = if size > 1e6 { size * 1e-6 } else { 0.5 };
        let middle = f64::midpoint(low, high);
        (middle - half, middle + half)
    }
}

/// The density of a mixture and of its weighted components at some places.
pub(super) struct Curves {
    pub x: Vec<f64>,
    pub mixture: Vec<f64>,
    pub components: Vec<Vec<f64>>,
}

/// Evenly spaced places over a range, and the means, where the peaks are.
pub(super) fn places(model: &GaussianMixture, (low, high): Range, count: usize) -> Vec<f64> {
    let step = (high - low) / count as f64;
    let mut places: Vec<f64> = (0..=count).map(|i| low + i as f64 * step).collect();
    places.extend(
        model
            .means()
            .iter()
            .filter(|mean| (low..=high).contains(mean)),
    );
    places.sort_by(f64::total_cmp);
    places
}

/// p(x) = ∑ₖ πₖ N(x | μₖ, σₖ²), and each term of the sum.
pub(super) fn density(model: &GaussianMixture, x: &[f64]) -> Curves {
    let components: Vec<Vec<f64>> = (0..model.n_components())
        .map(|k| {
            let (weight, mean) = (model.weights()[k], model.means()[[k, 0]]);
            let deviation = model.covariances()[[k, 0, 0]].sqrt();
            let peak = weight / (deviation * std::f64::consts::TAU.sqrt());
            x.iter()
                .map(|x| peak * (-0.5 * ((x - mean) / deviation).powi(2)).exp())
                .collect()
        })
        .collect();
    let mixture = (0..x.len())
        .map(|i| components.iter().map(|c| c[i]).sum())
        .collect();
    Curves {
        x: x.to_vec(),
        mixture,
        components,
    }
}

/// The points of the ellipse at `times` standard deviations: μ + s L (cos t, sin t), where Σ = L Lᵀ.
pub(super) fn ellipse(
    model: &GaussianMixture,
    component: usize,
    times: f64,
    corners: usize,
) -> Vec<(f64, f64)> {
    let (means, covariances) = (model.means(), model.covariances());
    let entry = |i: usize, j: usize| covariances[[component, i, j]];
    let a = entry(0, 0).max(0.0).sqrt();
    let b = if a > 0.0 { entry(1, 0) / a } else { 0.0 };
    let c = (entry(1, 1) - b * b).max(0.0).sqrt();
    (0..=corners)
        .map(|i| {
            let (sin, cos) = (i as f64 / corners as f64 * std::f64::consts::TAU).sin_cos();
            (
                means[[component, 0]] + times * a * cos,
                means[[component, 1]] + times * (b * cos + c * sin),
            )
        })
        .collect()
}

/// The least and the greatest value of a heat map, 0 among them unless all values are below it.
pub(super) fn shading(matrix: &Array2<f64>) -> Range {
    let (low, high) = range(matrix).unwrap_or((0.0, 1.0));
    let low = low.min(0.0);
    (low, if high > low { high } else { low + 1.0 })
}
