//! Where everything of a chart stands: margins are measured from the texts they hold, so nothing is cut off.

use super::chart::Chart;
use super::extent::{join, widened};
use super::font;
use super::geometry::{Point, Rect, to_usize};
use super::layer::{Kind, Layer, Range, parameter};
use super::legend::Side;
use super::raster::check_size;
use super::ticks::{Tick, step, ticks};
use crate::Result;

pub(super) const TITLE: f64 = 14.5;
pub(super) const LABEL: f64 = 12.0;
pub(super) const NUMBER: f64 = 10.5;
/// Length of a tick, and the room between its end and its number.
pub(super) const TICK: f64 = 4.0;
pub(super) const GAP: f64 = 3.0;
/// Room between things and at the edge of the figure.
pub(super) const PAD: f64 = 8.0;
/// The least side of the plot box that is worth drawing.
const LEAST_BOX: f64 = 24.0;
/// Share of the data's range that is left free on either side.
const MARGIN: f64 = 0.04;
/// The height of a heat map's cells in a chart whose size was left open.
const LARGEST_CELL: f64 = 64.0;
/// The longest a row's or column's name may be.
const LONGEST_NAME: f64 = 130.0;

/// The plot box and the ranges it shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Axes {
    pub frame: Rect,
    pub x: Range,
    pub y: Range,
    /// Whether y grows downwards, as the rows of an image do.
    pub flipped: bool,
}

impl Axes {
    /// Where the data point (x, y) stands, held near enough to be drawn with.
    pub fn at(&self, x: f64, y: f64) -> Point {
        let across = (x - self.x.0) / (self.x.1 - self.x.0);
        let up = (y - self.y.0) / (self.y.1 - self.y.0);
        let down = if self.flipped { up } else { 1.0 - up };
        (
            self.frame.left + across.clamp(-1e5, 1e5) * self.frame.width(),
            self.frame.top + down.clamp(-1e5, 1e5) * self.frame.height(),
        )
    }
}

/// A chart's places, in CSS pixels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    pub width: f64,
    pub height: f64,
    pub axes: Axes,
    pub x_ticks: Vec<Tick>,
    pub y_ticks: Vec<Tick>,
    /// Whether the names below the x axis run upwards because they are too long to lie.
    pub upright_names: bool,
    pub side: Side,
}

impl Layout {
    pub fn new(chart: &Chart) -> Result<Self> {
        chart.check()?;
        let size = chart.size.unwrap_or((640, 420));
        check_size(size)?;
        let (width, height) = (f64::from(size.0), f64::from(size.1));
        let layout = Self::of_size(chart, width, height)?;
        if chart.size.is_some() || !chart.layers.iter().any(Layer::is_picture) {
            return Ok(layout);
        }
        let (available, used) = (layout.available(chart), layout.axes.frame);
        let width = (width - (available.width() - used.width())).round();
        let height = (height - (available.height() - used.height())).round();
        Self::of_size(chart, width.max(160.0), height.max(120.0))
    }

    fn of_size(chart: &Chart, width: f64, height: f64) -> Result<Self> {
        let (x, y) = ranges(chart);
        let flipped = chart.layers.iter().any(Layer::is_picture);
        let mut layout = Self {
            width,
            height,
            axes: Axes {
                frame: Rect::new(0.0, 0.0, width, height),
                x,
                y,
                flipped,
            },
            x_ticks: Vec::new(),
            y_ticks: Vec::new(),
            upright_names: false,
            side: Side::new(chart, width),
        };
        // The margins depend on the ticks' texts, and the ticks on the box that the margins leave: three rounds settle it.
        for _ in 0..3 {
            let available = layout.available(chart);
            if available.width() < LEAST_BOX || available.height() < LEAST_BOX {
                return Err(parameter(
                    "The size of the chart",
                    &format!("{width} x {height} pixels"),
                    "large enough for the axes beside its title, labels and legend",
                ));
            }
            layout.axes = fit(chart, available, x, y, flipped);
            layout.place_ticks(chart);
        }
        Ok(layout)
    }

    fn place_ticks(&mut self, chart: &Chart) {
        if chart.bare {
            return;
        }
        let frame = self.axes.frame;
        let names = chart.layers.iter().find_map(|layer| match &layer.kind {
            Kind::HeatMap {
                row_names,
                column_names,
                ..
            } => Some((row_names, column_names)),
            _ => None,
        });
        if let Some((rows, columns)) = names {
            let cell = frame.width() / (self.axes.x.1 - self.axes.x.0);
            self.upright_names |= columns
                .iter()
                .any(|name| font::width(name, NUMBER) > cell - 4.0);
            self.x_ticks = named(columns, cell);
            self.y_ticks = named(rows, frame.height() / (self.axes.y.1 - self.axes.y.0));
            return;
        }
        let most = |length: f64, apart: f64| to_usize((length / apart).floor()).clamp(2, 7);
        let (x, y) = (self.axes.x, self.axes.y);
        let whole = |axis: usize, (low, high): Range| {
            high - low > 2.0 && chart.layers.iter().all(|layer| counts(&layer.kind, axis))
        };
        let mut x_most = most(frame.width(), 44.0);
        if whole(0, x) && x.1 - x.0 < 13.0 {
            x_most = 13;
        }
        let mut y_step = step(y, most(frame.height(), 36.0), whole(1, y));
        let mut x_step;
        loop {
            x_step = step(x, x_most, whole(0, x));
            if chart.equal_aspect && !self.axes.flipped {
                x_step = x_step.max(y_step);
                y_step = x_step;
            }
            self.x_ticks = ticks(x, x_step);
            let texts: f64 = self.x_ticks.iter().map(|t| number_width(t) + 10.0).sum();
            if texts <= frame.width() + 10.0 || x_most <= 1 {
                break;
            }
            x_most -= 1;
        }
        self.y_ticks = ticks(y, y_step);
        if let Some(given) = &chart.x_ticks {
            self.x_ticks = some_of(given, x, frame.width());
        }
    }

    /// The room between the margins.
    pub fn available(&self, chart: &Chart) -> Rect {
        let left = self.left(chart);
        let overhang = self.x_ticks.last().map_or(0.0, |tick| {
            let end = self.axes.at(tick.value, self.axes.y.0).0 - self.axes.frame.right;
            if self.upright_names {
                0.0
            } else {
                end + number_width(tick) / 2.0
            }
        });
        let side = if self.side.width > 0.0 {
            self.side.width.max(overhang)
        } else {
            overhang.max(0.0)
        };
        let top = if chart.title.is_empty() {
            PAD + 2.0
        } else {
            PAD + TITLE * 1.55
        };
        Rect {
            left: left.floor() + 0.5,
            top: top.floor() + 0.5,
            right: (self.width - PAD - side).floor() + 0.5,
            bottom: (self.height - self.bottom(chart)).floor() + 0.5,
        }
    }

    /// From the left edge of the figure to the plot box.
    fn left(&self, chart: &Chart) -> f64 {
        let numbers = self.y_numbers();
        let label = if chart.y_label.is_empty() {
            0.0
        } else {
            LABEL * 1.25 + 3.0
        };
        let axis = if numbers > 0.0 { TICK + GAP } else { 0.0 };
        let overhang = self.x_ticks.first().map_or(0.0, |tick| {
            let start = self.axes.frame.left - self.axes.at(tick.value, self.axes.y.0).0;
            if self.upright_names {
                0.0
            } else {
                start + number_width(tick) / 2.0
            }
        });
        PAD + (label + numbers + axis).max(overhang)
    }

    /// The width of the widest number beside the y axis.
    pub fn y_numbers(&self) -> f64 {
        let widest = self.y_ticks.iter().map(number_width).fold(0.0, f64::max);
        widest.min(LONGEST_NAME)
    }

    /// The height of the numbers or names below the x axis.
    pub fn x_numbers(&self) -> f64 {
        if self.upright_names {
            let longest = self.x_ticks.iter().map(number_width).fold(0.0, f64::max);
            longest.min(LONGEST_NAME)
        } else if self.x_ticks.is_empty() {
            0.0
        } else {
            NUMBER * 0.8
        }
    }

    /// From the plot box to the lower edge of the figure.
    fn bottom(&self, chart: &Chart) -> f64 {
        let axis = if self.x_ticks.is_empty() {
            0.0
        } else {
            TICK + GAP + self.x_numbers() + 2.0
        };
        let label = if chart.x_label.is_empty() {
            0.0
        } else {
            LABEL * 1.25 + 4.0
        };
        axis + label + PAD
    }
}

fn number_width(tick: &Tick) -> f64 {
    font::width(&tick.text, NUMBER)
}

/// A tick in the middle of each named cell; only some of them where cells are narrower than letters.
fn named(names: &[String], cell: f64) -> Vec<Tick> {
    let every = to_usize((NUMBER * 1.1 / cell).ceil()).max(1);
    names
        .iter()
        .enumerate()
        .step_by(every)
        .map(|(i, name)| Tick {
            value: i as f64,
            text: font::fit(name, NUMBER, NUMBER, LONGEST_NAME).0,
        })
        .collect()
}

/// Those of the ticks that are within the range; one in two, in three and so on where they would overlap.
fn some_of(given: &[Tick], (low, high): Range, length: f64) -> Vec<Tick> {
    let within: Vec<&Tick> = given
        .iter()
        .filter(|tick| (low..=high).contains(&tick.value))
        .collect();
    let fits = |every: &usize| {
        let shown: Vec<&&Tick> = within.iter().step_by(*every).collect();
        shown.windows(2).all(|pair| {
            let apart = (pair[1].value - pair[0].value) / (high - low) * length;
            apart >= f64::midpoint(number_width(pair[0]), number_width(pair[1])) + 4.0
        })
    };
    let every = (1..=within.len()).find(fits).unwrap_or(1);
    within.into_iter().step_by(every).cloned().collect()
}

/// Whether the layer's values on an axis are whole numbers, so that fractions beside the axis would say nothing.
fn counts(kind: &Kind, axis: usize) -> bool {
    match kind {
        Kind::Line { x, y } | Kind::Markers { x, y } => {
            let values = if axis == 0 { x } else { y };
            values.iter().all(|v| v.fract() == 0.0)
        }
        Kind::VerticalLine(x) => axis == 1 || x.fract() == 0.0,
        Kind::Image(_) => true,
        _ => false,
    }
}

/// The ranges of both axes before the aspect is looked at.
fn ranges(chart: &Chart) -> (Range, Range) {
    let picture = chart.layers.iter().any(Layer::is_picture);
    let with_margin = |(low, high): Range| {
        if picture {
            return (low, high);
        }
        let (low, high) = widened(low, high);
        let margin = MARGIN * (high - low);
        (low - margin, high + margin)
    };
    let extent = chart.layers.iter().map(Layer::x_extent);
    let x_data = extent.fold(None, join).or_else(|| {
        let wishes = chart.layers.iter().map(Layer::x_wish);
        wishes.fold(None, join)
    });
    let x = chart
        .x_range
        .unwrap_or_else(|| with_margin(x_data.unwrap_or((0.0, 1.0))));
    let y_data = chart.layers.iter().map(|layer| layer.y_extent(x));
    let y_data = y_data.fold(None, join).unwrap_or((0.0, 1.0));
    let on_zero = chart.layers.iter().any(Layer::stands_on_zero);
    let y = chart.y_range.unwrap_or_else(|| {
        let (low, high) = with_margin(y_data);
        if on_zero && y_data.0 >= 0.0 {
            (0.0, high)
        } else {
            (low, high)
        }
    });
    (held(x), held(y))
}

/// A range that can be computed with, whatever the data.
fn held((low, high): Range) -> Range {
    let (low, high) = (low.clamp(-1e300, 1e300), high.clamp(-1e300, 1e300));
    widened(low, high)
}

/// Puts the ranges into the room there is; with equal units where that is asked for.
fn fit(chart: &Chart, room: Rect, x: Range, y: Range, flipped: bool) -> Axes {
    let free = Axes {
        frame: room,
        x,
        y,
        flipped,
    };
    let heat_map = chart
        .layers
        .iter()
        .any(|layer| matches!(layer.kind, Kind::HeatMap { .. }));
    if heat_map {
        let largest = if chart.size.is_some() {
            f64::INFINITY
        } else {
            LARGEST_CELL
        };
        return square_cells(free, largest);
    }
    if !chart.equal_aspect && !flipped {
        return free;
    }
    let unit = (room.width() / (x.1 - x.0)).min(room.height() / (y.1 - y.0));
    let mut axes = free;
    if chart.x_range.is_some() || flipped {
        axes.frame = narrowed(axes.frame, unit * (x.1 - x.0), f64::INFINITY);
    } else {
        axes.x = centered(x, room.width() / unit);
    }
    if chart.y_range.is_some() || flipped {
        axes.frame = narrowed(axes.frame, f64::INFINITY, unit * (y.1 - y.0));
    } else {
        axes.y = centered(y, room.height() / unit);
    }
    axes
}

/// Cells of a heat map somewhat wider than high at most, and never higher than wide.
fn square_cells(axes: Axes, largest: f64) -> Axes {
    let (columns, rows) = (axes.x.1 - axes.x.0, axes.y.1 - axes.y.0);
    let (wide, high) = (axes.frame.width() / columns, axes.frame.height() / rows);
    let high = high.min(wide).min(largest);
    let wide = wide.min(1.4 * high);
    Axes {
        frame: narrowed(axes.frame, wide * columns, high * rows),
        ..axes
    }
}

/// A range of the given length around the middle of another.
fn centered((low, high): Range, length: f64) -> Range {
    let middle = f64::midpoint(low, high);
    (middle - length / 2.0, middle + length / 2.0)
}

/// A box of at most the given size in the middle of another.
fn narrowed(frame: Rect, width: f64, height: f64) -> Rect {
    let (width, height) = (width.min(frame.width()), height.min(frame.height()));
    let (x, y) = frame.center();
    Rect::new(x - width / 2.0, y - height / 2.0, width, height)
}
