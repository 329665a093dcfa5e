//! A chart: layers of data over a pair of axes.

use ndarray::{Array2, ArrayRef2};
use plotters::prelude::DrawingBackend;

use super::canvas::Canvas;
use super::color::Color;
use super::figure::shows_as_figure;
use super::geometry::to_u32;
use super::layer::{Groups, Kind, Layer, Look, Range, parameter};
use super::layout::Layout;
use super::ticks::Tick;
use super::{draw, words};
use crate::{Error, GaussianMixture, GreyImage, Result};

/// A chart: layers of data over one pair of axes, drawn in the order in which they are added.
///
/// Every method takes the chart and gives it back, so that a chart is one chain. Layers come from `scatter`, `histogram`, `line` and
/// so on; what follows a layer (`label`, `color`, `dashed` and so on) changes the look of that layer. Nothing fails on the way: the
/// first fault is kept and told when the chart is shown or saved.
///
/// # Examples
///
/// ```
/// use em_lab::{Chart, Color};
///
/// let chart = Chart::new()
///     .title("Two lines")
///     .x_label("x")
///     .line(&[0.0, 1.0, 2.0], &[0.0, 1.0, 4.0])
///     .label("x²")
///     .line(&[0.0, 2.0], &[0.0, 4.0])
///     .label("2x")
///     .color(Color::GREY)
///     .dashed();
/// assert!(chart.svg()?.contains("Two lines"));
/// # Ok::<(), em_lab::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a chart does nothing until it is shown or saved"]
pub struct Chart {
    pub(super) title: String,
    pub(super) x_label: String,
    pub(super) y_label: String,
    pub(super) size: Option<(u32, u32)>,
    pub(super) x_range: Option<Range>,
    pub(super) y_range: Option<Range>,
    pub(super) x_ticks: Option<Vec<Tick>>,
    pub(super) named_at_ends: bool,
    pub(super) equal_aspect: bool,
    pub(super) bare: bool,
    pub(super) layers: Vec<Layer>,
    alt: Option<String>,
    fault: Option<Error>,
}

impl Chart {
    /// Returns a chart without layers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the title above the chart.
    pub fn title(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    /// Names the x axis.
    pub fn x_label(mut self, label: &str) -> Self {
        label.clone_into(&mut self.x_label);
        self
    }

    /// Names the y axis.
    pub fn y_label(mut self, label: &str) -> Self {
        label.clone_into(&mut self.y_label);
        self
    }

    /// Sets the size of the whole chart in CSS pixels; 640 by 420 unless said, less where an image or a heat map leaves room.
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.size = Some((width, height));
        self
    }

    /// Sets the range of the x axis; without it, all data are shown with a margin of 4 %.
    pub fn x_range(mut self, low: f64, high: f64) -> Self {
        self.x_range = Some((low, high));
        self
    }

    /// Sets the range of the y axis; without it, all data are shown with a margin of 4 %.
    pub fn y_range(mut self, low: f64, high: f64) -> Self {
        self.y_range = Some((low, high));
        self
    }

    /// Puts the ticks of the x axis at these places, with these names; only some of them where they would overlap.
    pub fn x_ticks(mut self, places: &[f64], names: &[String]) -> Self {
        if places.len() != names.len() && self.fault.is_none() {
            self.fault = Some(Error::Shape {
                what: "The list of names of the ticks".to_owned(),
                found: format!("{} entries", names.len()),
                expected: format!("there are {} places and each needs one name", places.len()),
            });
        }
        let ticks = places.iter().zip(names).map(|(&value, name)| Tick {
            value,
            text: name.clone(),
        });
        self.x_ticks = Some(ticks.collect());
        self
    }

    /// Names the lines beside their right ends; no other layer is named then.
    pub(super) fn labels_at_ends(mut self) -> Self {
        self.named_at_ends = true;
        self
    }

    /// Makes one unit as long in x as in y: a range that was not set is widened; if both are set, the axes are made smaller.
    pub fn equal_aspect(mut self) -> Self {
        self.equal_aspect = true;
        self
    }

    /// Leaves out axes, ticks and grid.
    pub fn no_axes(mut self) -> Self {
        self.bare = true;
        self
    }

    /// Sets the alternative text, for readers who do not see the picture; without it one is made from title, labels and layers.
    pub fn alt(mut self, text: &str) -> Self {
        self.alt = Some(text.to_owned());
        self
    }

    fn add(mut self, kind: Kind) -> Self {
        self.layers.push(Layer::new(kind));
        self
    }

    /// Adds points, shape (`n_samples`, 2), as discs of one colour.
    pub fn scatter(self, points: &ArrayRef2<f64>) -> Self {
        self.add(Kind::Points {
            points: points.to_owned(),
            groups: Groups::One,
        })
    }

    /// Adds points, shape (`n_samples`, 2), each in the colour of its class, with a bar of the classes' colours beside the chart.
    ///
    /// One [`label`](Self::label) names the bar; as many labels as there are classes, one after the other, make a legend of it.
    pub fn scatter_by_class(self, points: &ArrayRef2<f64>, labels: &[usize]) -> Self {
        self.add(Kind::Points {
            points: points.to_owned(),
            groups: Groups::Class(labels.to_vec()),
        })
    }

    /// Adds points, shape (`n_samples`, 2), each in its components' colours mixed by its responsibilities, shape (`n_samples`,
    /// `n_components`).
    pub fn scatter_blended(
        self,
        points: &ArrayRef2<f64>,
        responsibilities: &ArrayRef2<f64>,
    ) -> Self {
        self.add(Kind::Points {
            points: points.to_owned(),
            groups: Groups::Blended(responsibilities.to_owned()),
        })
    }

    /// Adds a histogram with `n_bins` bars of equal width from the least to the greatest value, scaled as a density: the bars'
    /// areas sum to 1.
    pub fn histogram(self, values: &[f64], n_bins: usize) -> Self {
        self.add(Kind::Histogram {
            values: values.to_vec(),
            n_bins,
        })
    }

    /// Adds a line through the points (x, y), in their order.
    pub fn line(self, x: &[f64], y: &[f64]) -> Self {
        self.add(Kind::Line {
            x: x.to_vec(),
            y: y.to_vec(),
        })
    }

    /// Adds a dot at each of the points (x, y); after a line through the same points, in its colour.
    pub fn markers(self, x: &[f64], y: &[f64]) -> Self {
        self.add(Kind::Markers {
            x: x.to_vec(),
            y: y.to_vec(),
        })
    }

    /// Adds a vertical line from the bottom to the top of the axes.
    pub fn vertical_line(self, x: f64) -> Self {
        self.add(Kind::VerticalLine(x))
    }

    /// Adds the density of a mixture with one feature, over the whole x axis, and each of its weighted components, dashed.
    pub fn density(self, model: &GaussianMixture) -> Self {
        self.add(Kind::Density(model.clone()))
    }

    /// Adds the ellipses at 1, 2 and 3 standard deviations of each component of a mixture with two features.
    ///
    /// Component k has the colour `TAB10[k % 10]`; the smaller its weight, the paler it is.
    pub fn ellipses(self, model: &GaussianMixture) -> Self {
        self.add(Kind::Ellipses(model.clone()))
    }

    /// Adds a table of shaded cells, each with its number; row 0 is on top.
    pub fn heat_map(
        self,
        matrix: &ArrayRef2<f64>,
        row_names: &[String],
        column_names: &[String],
    ) -> Self {
        let matrix: Array2<f64> = matrix.to_owned();
        self.add(Kind::HeatMap {
            matrix,
            row_names: row_names.to_vec(),
            column_names: column_names.to_vec(),
        })
    }

    /// Adds a grey image with square pixels, row 0 on top; the middle of pixel (row, column) is at x = column, y = row.
    pub fn image(self, image: &GreyImage) -> Self {
        self.add(Kind::Image(image.clone()))
    }

    /// Changes the look of the last layer, or keeps the fault that there is none.
    fn change(mut self, method: &str, change: impl FnOnce(&mut Look)) -> Self {
        if let Some(layer) = self.layers.last_mut() {
            change(&mut layer.look);
        } else if self.fault.is_none() {
            self.fault = Some(Error::Shape {
                what: "The chart".to_owned(),
                found: "no layer yet".to_owned(),
                expected: format!(
                    ".{method}(...) changes the layer before it: put .scatter(...), .line(...) or another layer first"
                ),
            });
        }
        self
    }

    /// Names the last layer in the legend; after [`scatter_by_class`](Self::scatter_by_class), each call names the next class.
    pub fn label(self, text: &str) -> Self {
        self.change("label", |look| look.labels.push(text.to_owned()))
    }

    /// Draws the last layer in one colour.
    pub fn color(self, color: Color) -> Self {
        self.change("color", |look| look.color = Some(color))
    }

    /// Draws the classes, components or shades of the last layer in these colours, in this order.
    pub fn palette(self, colors: &[Color]) -> Self {
        self.change("palette", |look| look.palette = Some(colors.to_vec()))
    }

    /// Draws the lines of the last layer dashed.
    pub fn dashed(self) -> Self {
        self.change("dashed", |look| look.dashed = true)
    }

    /// Sets how much the last layer covers what lies below it, from 0 to 1.
    pub fn opacity(self, opacity: f64) -> Self {
        self.change("opacity", |look| look.opacity = Some(opacity))
    }

    /// Sets the radius of the last layer's points in CSS pixels.
    pub fn point_size(self, radius: f64) -> Self {
        self.change("point_size", |look| look.point_size = Some(radius))
    }

    /// Sets the width of the last layer's lines in CSS pixels.
    pub fn line_width(self, width: f64) -> Self {
        self.change("line_width", |look| look.line_width = Some(width))
    }

    /// Tells the first fault in the settings or the data.
    pub(super) fn check(&self) -> Result<()> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        if self.layers.is_empty() {
            return Err(Error::Shape {
                what: "The chart".to_owned(),
                found: "no data".to_owned(),
                expected: "it needs some: add a layer such as .scatter(...) or .line(...) first"
                    .to_owned(),
            });
        }
        for (axis, range) in [("x", self.x_range), ("y", self.y_range)] {
            if let Some((low, high)) = range
                && !(low < high && (high - low).is_finite())
            {
                return Err(parameter(
                    &format!("The {axis} range"),
                    &format!("{low} to {high}"),
                    "a finite lower end followed by a greater, finite upper end",
                ));
            }
        }
        self.layers.iter().try_for_each(Layer::check)
    }

    pub(super) fn laid_out_size(&self) -> Result<(u32, u32)> {
        let layout = Layout::new(self)?;
        Ok((to_u32(layout.width), to_u32(layout.height)))
    }

    pub(super) fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<'_, DB>) -> Result<()> {
        draw::chart(self, &Layout::new(self)?, canvas)
    }

    pub(super) fn alternative(&self) -> String {
        match &self.alt {
            Some(text) => text.clone(),
            None => words::of_chart(self),
        }
    }
}

shows_as_figure!(Chart);
