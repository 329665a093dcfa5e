//! Alternative texts, made from what a picture is made of.

use std::fmt::Write as _;

use super::chart::Chart;
use super::layer::{Groups, Kind, Layer};

/// "Title: points and ellipses. x axis: ..., y axis: ...".
pub(super) fn of_chart(chart: &Chart) -> String {
    let layers: Vec<String> = chart.layers.iter().map(of_layer).collect();
    let mut text = if chart.title.is_empty() {
        "Chart".to_owned()
    } else {
        chart.title.clone()
    };
    if !layers.is_empty() {
        text.push_str(": ");
        text.push_str(&layers.join("; "));
    }
    text.push('.');
    for (axis, label) in [("x", &chart.x_label), ("y", &chart.y_label)] {
        if !label.is_empty() {
            let _ = write!(text, " {axis} axis: {label}.");
        }
    }
    text
}

fn of_layer(layer: &Layer) -> String {
    let what = match &layer.kind {
        Kind::Points { points, groups } => {
            let n = counted(points.nrows(), "point");
            match groups {
                Groups::One => n,
                Groups::Class(_) => {
                    let classes = layer.classes().len();
                    let plural = if classes == 1 { "" } else { "es" };
                    format!("{n} coloured by {classes} class{plural}")
                }
                Groups::Blended(shares) => format!(
                    "{n} coloured by their responsibilities for {}",
                    counted(shares.ncols(), "component")
                ),
            }
        }
        Kind::Histogram { values, n_bins } => format!(
            "histogram of {} in {}",
            counted(values.len(), "value"),
            counted(*n_bins, "bin")
        ),
        Kind::Line { x, .. } => format!("line through {}", counted(x.len(), "point")),
        Kind::Markers { x, .. } => counted(x.len(), "marker"),
        Kind::VerticalLine(x) => format!("vertical line at {x}"),
        Kind::Density(model) => format!(
            "density of a mixture of {}",
            counted(model.n_components(), "component")
        ),
        Kind::Ellipses(model) => {
            format!("ellipses of {}", counted(model.n_components(), "component"))
        }
        Kind::HeatMap { matrix, .. } => format!(
            "heat map with {} and {}",
            counted(matrix.nrows(), "row"),
            counted(matrix.ncols(), "column")
        ),
        Kind::Image(image) => {
            let (height, width) = image.pixels.dim();
            format!("grey image of {width} x {height} pixels")
        }
    };
    match layer.look.labels.as_slice() {
        [] => what,
        labels => format!("{what} ({})", labels.join(", ")),
    }
}

/// "1 point", "2 points".
pub(super) fn counted(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}
