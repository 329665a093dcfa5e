//! What stands to the right of the axes: a bar of class colours, and the legend.

use plotters::prelude::DrawingBackend;

use super::canvas::{Canvas, Paint};
use super::chart::Chart;
use super::color::Color;
use super::draw::Palette;
use super::ends;
use super::font;
use super::geometry::{Rect, to_usize};
use super::layer::{Groups, Kind, Layer};
use super::lettering::{Anchor, HALF_CAPITAL, Lettering};
use crate::Result;

const SIZE: f64 = 11.0;
const LINE: f64 = 18.0;
const SAMPLE: f64 = 22.0;
/// Between the axes and what stands beside them, and between a sample and its text.
const SPACE: f64 = 14.0;
const NEAR: f64 = 7.0;
const BAR: f64 = 14.0;
/// Class numbers are written into the bar's scale as large as those of the axes.
const NUMBER: f64 = 10.5;

/// How an entry of the legend is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sample {
    Line {
        paint: Paint,
        width: f64,
        dashed: bool,
    },
    Patch(Paint),
    Dot {
        paint: Paint,
        radius: f64,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub sample: Sample,
    pub text: String,
}

/// The classes' colours, from below to above.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bar {
    pub steps: Vec<(String, Color)>,
    pub title: String,
}

/// All that stands beside the axes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Side {
    pub width: f64,
    pub bar: Option<Bar>,
    pub entries: Vec<Entry>,
}

impl Side {
    /// Measures the bar and the legend; they take at most a third of the chart's width.
    pub fn new(chart: &Chart, width: f64) -> Self {
        if chart.named_at_ends {
            return Self {
                width: ends::width(chart).min(width / 3.0),
                bar: None,
                entries: vec![],
            };
        }
        let palette = Palette::new(chart);
        let most = width / 3.0;
        let bar = chart.layers.iter().find_map(bar);
        let taken = bar.as_ref().map_or(0.0, Bar::width);
        let room = (most - taken - SPACE - SAMPLE - NEAR).max(0.0);
        let mut entries = Vec::new();
        for (index, layer) in chart.layers.iter().enumerate() {
            entries.extend(entries_of(layer, index, &palette));
        }
        for entry in &mut entries {
            entry.text = font::fit(&entry.text, SIZE, SIZE, room).0;
        }
        let widest = entries
            .iter()
            .map(|entry| font::width(&entry.text, SIZE))
            .fold(0.0, f64::max);
        let legend = if entries.is_empty() {
            0.0
        } else {
            SPACE + SAMPLE + NEAR + widest
        };
        Self {
            width: taken + legend,
            bar,
            entries,
        }
    }

    pub fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<'_, DB>, frame: &Rect) -> Result<()> {
        let mut left = frame.right + SPACE;
        if let Some(bar) = &self.bar {
            bar.draw(canvas, left, frame)?;
            left += bar.width();
        }
        let most = to_usize((frame.height() / LINE).floor()).max(1);
        let cut = self.entries.len() > most;
        let shown = if cut { most - 1 } else { self.entries.len() };
        for (i, entry) in self.entries.iter().take(shown).enumerate() {
            let middle = frame.top + LINE * (i as f64 + 0.5);
            entry.draw(canvas, left, middle)?;
        }
        if cut {
            let text = format!("… and {} more", self.entries.len() - shown);
            let room = frame.right + self.width - left;
            let (text, size) = font::fit(&text, SIZE, 7.0, room);
            let middle = frame.top + LINE * (shown as f64 + 0.5);
            return write(canvas, &text, left, middle, size);
        }
        Ok(())
    }
}

/// Writes a text that begins at `left` with its capitals' middle at `middle`.
fn write<DB: DrawingBackend>(
    canvas: &Canvas<'_, DB>,
    text: &str,
    left: f64,
    middle: f64,
    size: f64,
) -> Result<()> {
    let at = (left, middle + size * HALF_CAPITAL);
    canvas.text(text, at, Lettering::new(size, Anchor::Start))
}

impl Entry {
    fn draw<DB: DrawingBackend>(
        &self,
        canvas: &Canvas<'_, DB>,
        left: f64,
        middle: f64,
    ) -> Result<()> {
        let ends = [(left, middle), (left + SAMPLE, middle)];
        match self.sample {
            Sample::Line {
                paint,
                width,
                dashed: true,
            } => canvas.dashed(&ends, width, paint)?,
            Sample::Line { paint, width, .. } => canvas.line(&ends, width, paint)?,
            Sample::Patch(paint) => {
                canvas.fill(Rect::new(left, middle - 5.0, SAMPLE, 10.0), paint)?;
            }
            Sample::Dot { paint, radius } => {
                canvas.disc((left + SAMPLE / 2.0, middle), radius, paint)?;
            }
        }
        write(canvas, &self.text, left + SAMPLE + NEAR, middle, SIZE)
    }
}

impl Bar {
    /// The width of bar, class numbers and title, with the space in front.
    fn width(&self) -> f64 {
        let widest = self
            .steps
            .iter()
            .map(|(text, _)| font::width(text, NUMBER))
            .fold(0.0, f64::max);
        let title = if self.title.is_empty() { 0.0 } else { 20.0 };
        SPACE + BAR + 5.0 + widest + title
    }

    fn draw<DB: DrawingBackend>(
        &self,
        canvas: &Canvas<'_, DB>,
        left: f64,
        frame: &Rect,
    ) -> Result<()> {
        let step = frame.height() / self.steps.len() as f64;
        let every = to_usize((NUMBER * 1.2 / step).ceil()).max(1);
        for (i, (text, color)) in self.steps.iter().enumerate() {
            let top = frame.bottom - step * (i + 1) as f64;
            canvas.fill(Rect::new(left, top, BAR, step), *color)?;
            if i % every == 0 {
                write(canvas, text, left + BAR + 5.0, top + step / 2.0, NUMBER)?;
            }
        }
        if self.title.is_empty() {
            return Ok(());
        }
        let (title, size) = font::fit(&self.title, 12.0, 9.0, frame.height());
        let at = (left + self.width() - SPACE - 2.0, frame.center().1);
        canvas.text(&title, at, Lettering::new(size, Anchor::Middle).upwards())
    }
}

/// The bar of a layer of classes, unless its labels make it a legend.
fn bar(layer: &Layer) -> Option<Bar> {
    let classes = layer.classes();
    if classes.is_empty() || layer.look.labels.len() == classes.len() {
        return None;
    }
    Some(Bar {
        steps: classes
            .iter()
            .map(|&class| (class.to_string(), layer.group_color(class)))
            .collect(),
        title: layer.label().unwrap_or_default().to_owned(),
    })
}

/// The lines of the legend that belong to one layer.
fn entries_of(layer: &Layer, index: usize, palette: &Palette) -> Vec<Entry> {
    let paint = palette.paint(layer, index);
    let own = |sample: Sample| -> Vec<Entry> {
        layer
            .label()
            .filter(|text| !text.is_empty())
            .map(|text| Entry {
                sample,
                text: text.to_owned(),
            })
            .into_iter()
            .collect()
    };
    let line = Sample::Line {
        paint,
        width: palette.line_width(layer),
        dashed: layer.look.dashed,
    };
    match &layer.kind {
        Kind::Points {
            groups: Groups::Class(_),
            ..
        } => class_entries(layer),
        Kind::Points { .. } | Kind::Markers { .. } => own(Sample::Dot {
            paint: Paint::new(paint.color, paint.opacity.max(0.7)),
            radius: palette.radius(layer).clamp(3.0, 6.0),
        }),
        Kind::Histogram { .. } => own(Sample::Patch(paint)),
        Kind::Line { .. } | Kind::VerticalLine(_) => own(line),
        Kind::Ellipses(_) => own(Sample::Line {
            paint: layer.group_color(0).into(),
            width: palette.line_width(layer),
            dashed: layer.look.dashed,
        }),
        Kind::Density(model) => {
            let mut entries = density_entries(layer, model.n_components(), line);
            entries.retain(|entry| !entry.text.is_empty());
            entries
        }
        Kind::HeatMap { .. } | Kind::Image(_) => Vec::new(),
    }
}

fn class_entries(layer: &Layer) -> Vec<Entry> {
    let classes = layer.classes();
    if layer.look.labels.len() != classes.len() {
        return Vec::new();
    }
    classes
        .iter()
        .zip(&layer.look.labels)
        .map(|(&class, name)| Entry {
            sample: Sample::Dot {
                paint: layer.group_color(class).into(),
                radius: 4.0,
            },
            text: name.clone(),
        })
        .collect()
}

/// "mixture" and one entry for each component, where there is more than one.
fn density_entries(layer: &Layer, n_components: usize, whole: Sample) -> Vec<Entry> {
    let name = layer.label().unwrap_or("mixture");
    let mut entries = vec![Entry {
        sample: whole,
        text: name.to_owned(),
    }];
    if n_components > 1 {
        entries.extend((0..n_components).map(|k| Entry {
            sample: Sample::Line {
                paint: layer.group_color(k).into(),
                width: 1.5,
                dashed: true,
            },
            text: format!("component {k}"),
        }));
    }
    entries
}
