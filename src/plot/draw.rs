//! Draws a chart: grid, layers, axes, texts, legend.

use plotters::prelude::DrawingBackend;

use super::canvas::{Canvas, Paint};
use super::chart::Chart;
use super::color::{Color, SHADES, TAB10, blend, shade};
use super::ends;
use super::extent::{bars, density, ellipse, places, shading};
use super::font;
use super::geometry::{Point, Rect, to_usize};
use super::layer::{Groups, Kind, Layer};
use super::layout::{Axes, GAP, LABEL, Layout, NUMBER, PAD, TICK, TITLE};
use super::lettering::{Anchor, HALF_CAPITAL, Lettering};
use super::ticks::cell_texts;
use crate::{GaussianMixture, Result};

const LINE_WIDTH: f64 = 1.8;

/// What the chart decides for layers whose look was left open.
pub(super) struct Palette {
    colors: Vec<Color>,
}

impl Palette {
    /// Gives each single-coloured layer a colour of its own; layers that stand for all the data beside a coloured model are grey,
    /// and markers on a line have the line's colour.
    pub fn new(chart: &Chart) -> Self {
        let has = |wanted: fn(&Kind) -> bool| chart.layers.iter().any(|l| wanted(&l.kind));
        let modelled = has(|kind| matches!(kind, Kind::Ellipses(_) | Kind::Density(_)));
        let histograms = chart
            .layers
            .iter()
            .filter(|l| matches!(l.kind, Kind::Histogram { .. }))
            .count();
        let mut next = TAB10.iter().copied().cycle();
        let mut cycle = || next.next().unwrap_or(Color::BLUE);
        let mut colors: Vec<Color> = Vec::new();
        for (i, layer) in chart.layers.iter().enumerate() {
            let before = i.checked_sub(1).and_then(|j| chart.layers.get(j));
            let color = match (&layer.kind, before.map(|l| &l.kind)) {
                _ if layer.look.color.is_some() => layer.look.color.unwrap_or(Color::BLUE),
                (Kind::Markers { x, y }, Some(Kind::Line { x: u, y: v })) if x == u && y == v => {
                    colors.last().copied().unwrap_or(Color::BLUE)
                }
                (Kind::Points { groups, .. }, _) if modelled || *groups != Groups::One => {
                    Color::GREY
                }
                (Kind::Histogram { .. }, _) if histograms == 1 => Color::BARS,
                (Kind::Density(_) | Kind::VerticalLine(_), _) => Color::INK,
                (Kind::Ellipses(_) | Kind::HeatMap { .. } | Kind::Image(_), _) => Color::BLUE,
                _ => cycle(),
            };
            colors.push(color);
        }
        Self { colors }
    }

    /// The colour and opacity of a layer.
    pub fn paint(&self, layer: &Layer, index: usize) -> Paint {
        let opacity = layer.look.opacity.unwrap_or_else(|| match &layer.kind {
            Kind::Points { points, .. } => fading(points.nrows(), 0.85, 0.185),
            Kind::Histogram { .. } if self.colors.get(index) != Some(&Color::BARS) => 0.6,
            _ => 1.0,
        });
        let color = self.colors.get(index).copied().unwrap_or(Color::BLUE);
        Paint::new(color, opacity)
    }

    /// The radius of a layer's points: 3 pixels up to 500 of them, 0.8 at 70,000.
    #[allow(clippy::unused_self)]
    pub fn radius(&self, layer: &Layer) -> f64 {
        layer.look.point_size.unwrap_or_else(|| match &layer.kind {
            Kind::Points { points, .. } => fading(points.nrows(), 3.0, 0.2675),
            _ => 4.0,
        })
    }

    #[allow(clippy::unused_self)]
    pub fn line_width(&self, layer: &Layer) -> f64 {
        layer.look.line_width.unwrap_or(LINE_WIDTH)
    }
}

/// A quantity that keeps its value up to 500 points and then falls with a power of their number.
fn fading(n_points: usize, value: f64, power: f64) -> f64 {
    value * (500.0 / n_points.max(500) as f64).powf(power)
}

/// Draws the whole chart.
pub(super) fn chart<DB: DrawingBackend>(
    chart: &Chart,
    layout: &Layout,
    canvas: &Canvas<'_, DB>,
) -> Result<()> {
    let axes = &layout.axes;
    let framed = !chart.bare && !axes.flipped;
    if framed {
        grid(layout, canvas)?;
    }
    let palette = Palette::new(chart);
    let inside = canvas.within(axes.frame);
    for (index, layer) in chart.layers.iter().enumerate() {
        draw_layer(layer, palette.paint(layer, index), &palette, axes, &inside)?;
    }
    if !chart.bare {
        spines(layout, canvas)?;
        numbers(layout, canvas)?;
    }
    texts(chart, layout, canvas)?;
    if chart.named_at_ends {
        ends::draw(chart, axes, canvas)?;
    }
    layout.side.draw(canvas, &axes.frame)
}

fn grid<DB: DrawingBackend>(layout: &Layout, canvas: &Canvas<'_, DB>) -> Result<()> {
    let axes = &layout.axes;
    for tick in &layout.x_ticks {
        let x = axes.at(tick.value, axes.y.0).0;
        canvas.vertical(x, (axes.frame.top, axes.frame.bottom), 1.0, Color::GRID)?;
    }
    for tick in &layout.y_ticks {
        let y = axes.at(axes.x.0, tick.value).1;
        canvas.horizontal((axes.frame.left, axes.frame.right), y, 1.0, Color::GRID)?;
    }
    Ok(())
}

/// The axis lines: left and below, or all around a picture.
fn spines<DB: DrawingBackend>(layout: &Layout, canvas: &Canvas<'_, DB>) -> Result<()> {
    let frame = layout.axes.frame;
    let (x, y) = (
        (frame.left.floor(), frame.right.floor() + 1.0),
        (frame.top.floor(), frame.bottom.floor() + 1.0),
    );
    canvas.vertical(frame.left, y, 1.0, Color::AXIS)?;
    canvas.horizontal(x, frame.bottom, 1.0, Color::AXIS)?;
    if layout.axes.flipped {
        canvas.vertical(frame.right, y, 1.0, Color::AXIS)?;
        canvas.horizontal(x, frame.top, 1.0, Color::AXIS)?;
    }
    Ok(())
}

/// Ticks and the numbers or names beside them.
fn numbers<DB: DrawingBackend>(layout: &Layout, canvas: &Canvas<'_, DB>) -> Result<()> {
    let axes = &layout.axes;
    let frame = axes.frame;
    let bottom = frame.bottom.floor() + 1.0;
    for tick in &layout.x_ticks {
        let x = axes.at(tick.value, axes.y.0).0;
        canvas.vertical(x, (bottom, bottom + TICK), 1.0, Color::AXIS)?;
        let below = bottom + TICK + GAP;
        if layout.upright_names {
            let at = (x + NUMBER * HALF_CAPITAL, below);
            let look = Lettering::new(NUMBER, Anchor::End).upwards();
            canvas.text(&tick.text, at, look)?;
        } else {
            let look = Lettering::new(NUMBER, Anchor::Middle);
            canvas.text(&tick.text, (x, below + NUMBER * 0.74), look)?;
        }
    }
    for tick in &layout.y_ticks {
        let y = axes.at(axes.x.0, tick.value).1;
        let left = frame.left.floor();
        canvas.horizontal((left - TICK, left), y, 1.0, Color::AXIS)?;
        let at = (left - TICK - GAP, y + NUMBER * HALF_CAPITAL);
        canvas.text(&tick.text, at, Lettering::new(NUMBER, Anchor::End))?;
    }
    Ok(())
}

/// The title and the names of the axes, made smaller where they would not fit.
fn texts<DB: DrawingBackend>(
    chart: &Chart,
    layout: &Layout,
    canvas: &Canvas<'_, DB>,
) -> Result<()> {
    let frame = layout.axes.frame;
    let (x, y) = frame.center();
    let width = layout.width - 2.0 * PAD;
    let (title, size) = font::fit(&chart.title, TITLE, 9.0, width);
    let at = (
        held(x, font::width(&title, size), layout.width),
        frame.top - PAD,
    );
    canvas.text(&title, at, Lettering::new(size, Anchor::Middle))?;
    let (label, size) = font::fit(&chart.x_label, LABEL, 8.0, width);
    let numbers = if layout.x_ticks.is_empty() {
        0.0
    } else {
        TICK + GAP + layout.x_numbers() + 2.0
    };
    let at = (
        held(x, font::width(&label, size), layout.width),
        frame.bottom + numbers + LABEL + 3.0,
    );
    canvas.text(&label, at, Lettering::new(size, Anchor::Middle))?;
    let (label, size) = font::fit(&chart.y_label, LABEL, 8.0, layout.height - 2.0 * PAD);
    let numbers = match layout.y_numbers() {
        0.0 => 0.0,
        width => TICK + GAP + width,
    };
    let at = (
        frame.left - numbers - 7.0,
        held(y, font::width(&label, size), layout.height),
    );
    canvas.text(&label, at, Lettering::new(size, Anchor::Middle).upwards())
}

/// The middle of a text of the given length, moved so that both its ends are on the page.
fn held(middle: f64, length: f64, page: f64) -> f64 {
    let half = length / 2.0 + PAD.min((page - length).max(0.0) / 2.0);
    middle.max(half).min((page - half).max(half))
}

fn draw_layer<DB: DrawingBackend>(
    layer: &Layer,
    paint: Paint,
    palette: &Palette,
    axes: &Axes,
    canvas: &Canvas<'_, DB>,
) -> Result<()> {
    let width = palette.line_width(layer);
    let trace = |points: &[Point]| {
        if layer.look.dashed {
            canvas.dashed(points, width, paint)
        } else {
            canvas.line(points, width, paint)
        }
    };
    let joined = |x: &[f64], y: &[f64]| -> Vec<Point> {
        x.iter().zip(y).map(|(x, y)| axes.at(*x, *y)).collect()
    };
    match &layer.kind {
        Kind::Points { .. } => points(layer, paint, palette.radius(layer), axes, canvas),
        Kind::Histogram { values, n_bins } => histogram(values, *n_bins, paint, axes, canvas),
        Kind::Line { x, y } => trace(&joined(x, y)),
        Kind::Markers { x, y } => joined(x, y)
            .into_iter()
            .try_for_each(|at| canvas.disc(at, palette.radius(layer), paint)),
        Kind::VerticalLine(x) => {
            let x = axes.at(*x, axes.y.0).0;
            trace(&[(x, axes.frame.top), (x, axes.frame.bottom)])
        }
        Kind::Density(model) => {
            let count = to_usize(axes.frame.width() * 1.5);
            let curves = density(model, &places(model, axes.x, count));
            trace(&joined(&curves.x, &curves.mixture))?;
            if model.n_components() > 1 {
                for (k, component) in curves.components.iter().enumerate() {
                    let paint = Paint::new(layer.group_color(k), paint.opacity);
                    canvas.dashed(&joined(&curves.x, component), 1.5, paint)?;
                }
            }
            Ok(())
        }
        Kind::Ellipses(model) => ellipses(model, layer, axes, canvas),
        Kind::HeatMap { .. } => heat_map(layer, axes, canvas),
        Kind::Image(image) => {
            let (height, width) = image.pixels.dim();
            let (left, top) = axes.at(-0.5, -0.5);
            let (right, bottom) = axes.at(width as f64 - 0.5, height as f64 - 0.5);
            canvas.picture(image, Rect::new(left, top, right - left, bottom - top))
        }
    }
}

fn points<DB: DrawingBackend>(
    layer: &Layer,
    paint: Paint,
    radius: f64,
    axes: &Axes,
    canvas: &Canvas<'_, DB>,
) -> Result<()> {
    let Kind::Points { points, groups } = &layer.kind else {
        return Ok(());
    };
    let palette = layer.look.palette.as_deref().unwrap_or(&TAB10);
    for (n, point) in points.rows().into_iter().enumerate() {
        let color = match groups {
            Groups::One => paint.color,
            Groups::Class(labels) => layer.group_color(labels[n]),
            Groups::Blended(shares) => blend(&shares.row(n).to_vec(), palette),
        };
        let at = axes.at(point[0], point[1]);
        canvas.disc(at, radius, Paint::new(color, paint.opacity))?;
    }
    Ok(())
}

/// Bars with a thin white line between them.
fn histogram<DB: DrawingBackend>(
    values: &[f64],
    n_bins: usize,
    paint: Paint,
    axes: &Axes,
    canvas: &Canvas<'_, DB>,
) -> Result<()> {
    let bars = bars(values, n_bins);
    for (i, height) in bars.heights.iter().enumerate() {
        let (left, top) = axes.at(bars.low + i as f64 * bars.width, *height);
        let (right, bottom) = axes.at(bars.low + (i + 1) as f64 * bars.width, 0.0);
        let gap = (0.1 * (right - left)).min(0.5);
        let bar = Rect::new(left + gap, top, right - left - 2.0 * gap, bottom - top);
        canvas.fill(bar, paint)?;
    }
    Ok(())
}

fn ellipses<DB: DrawingBackend>(
    model: &GaussianMixture,
    layer: &Layer,
    axes: &Axes,
    canvas: &Canvas<'_, DB>,
) -> Result<()> {
    let largest = model.weights().iter().fold(0.0_f64, |most, w| most.max(*w));
    let width = layer.look.line_width.unwrap_or(1.4);
    for k in 0..model.n_components() {
        let color = layer.group_color(k);
        let share = (model.weights()[k] / largest).clamp(0.0, 1.0);
        let strength = (0.2 + 0.8 * share) * layer.look.opacity.unwrap_or(1.0);
        for (times, fill, outline) in [(3.0, 0.08, 0.45), (2.0, 0.1, 0.65), (1.0, 0.14, 0.9)] {
            let corners: Vec<Point> = ellipse(model, k, times, 144)
                .into_iter()
                .map(|(x, y)| axes.at(x, y))
                .collect();
            canvas.polygon(&corners, Paint::new(color, fill * strength))?;
            let outline = Paint::new(color, outline * strength);
            if layer.look.dashed {
                canvas.dashed(&corners, width, outline)?;
            } else {
                canvas.line(&corners, width, outline)?;
            }
        }
        let mean = axes.at(model.means()[[k, 0]], model.means()[[k, 1]]);
        canvas.disc(mean, 4.0, Paint::new(Color::WHITE, 0.9))?;
        canvas.disc(mean, 3.0, color)?;
    }
    Ok(())
}

fn heat_map<DB: DrawingBackend>(layer: &Layer, axes: &Axes, canvas: &Canvas<'_, DB>) -> Result<()> {
    let Kind::HeatMap { matrix, .. } = &layer.kind else {
        return Ok(());
    };
    let tinted = [Color::WHITE, layer.look.color.unwrap_or(Color::BLUE)];
    let stops = match (&layer.look.palette, layer.look.color) {
        (Some(palette), _) => palette.as_slice(),
        (None, Some(_)) => &tinted,
        (None, None) => &SHADES,
    };
    let (low, high) = shading(matrix);
    let texts = cell_texts(matrix);
    let (left, top) = axes.at(-0.5, -0.5);
    let (right, bottom) = axes.at(0.5, 0.5);
    let widest = texts
        .iter()
        .map(|text| font::width(text, 1.0))
        .fold(0.0, f64::max);
    let size = (0.86 * (right - left) / widest)
        .min(0.5 * (bottom - top))
        .min(11.0);
    for ((row, column), value) in matrix.indexed_iter() {
        let (x, y) = axes.at(column as f64, row as f64);
        let (wide, high_cell) = (right - left, bottom - top);
        let cell = Rect::new(x - wide / 2.0, y - high_cell / 2.0, wide, high_cell);
        let color = shade((value - low) / (high - low), stops);
        canvas.fill(cell, Paint::new(color, layer.look.opacity.unwrap_or(1.0)))?;
        if size >= 5.0 {
            let ink = if color.luminance() < 0.55 {
                Color::WHITE
            } else {
                Color::INK
            };
            let look = Lettering::new(size, Anchor::Middle).color(ink);
            canvas.text(&texts[[row, column]], (x, y + size * HALF_CAPITAL), look)?;
        }
    }
    Ok(())
}
