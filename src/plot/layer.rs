//! What a chart is made of: the data of one layer, how it looks, how far it reaches, and what can be wrong with it.

use ndarray::Array2;

use super::color::{Color, TAB10, pick};
use crate::{Error, GaussianMixture, GreyImage, Result};

/// A lowest and a highest value.
pub(super) type Range = (f64, f64);

/// The most bins a histogram may have.
const MOST_BINS: usize = 10_000;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Points {
        points: Array2<f64>,
        groups: Groups,
    },
    Histogram {
        values: Vec<f64>,
        n_bins: usize,
    },
    Line {
        x: Vec<f64>,
        y: Vec<f64>,
    },
    Markers {
        x: Vec<f64>,
        y: Vec<f64>,
    },
    VerticalLine(f64),
    Density(GaussianMixture),
    Ellipses(GaussianMixture),
    HeatMap {
        matrix: Array2<f64>,
        row_names: Vec<String>,
        column_names: Vec<String>,
    },
    Image(GreyImage),
}

/// What decides the colour of a point.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Groups {
    One,
    Class(Vec<usize>),
    Blended(Array2<f64>),
}

/// What the user says about the look of a layer; `None` leaves it to the chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Look {
    pub labels: Vec<String>,
    pub color: Option<Color>,
    pub palette: Option<Vec<Color>>,
    pub dashed: bool,
    pub opacity: Option<f64>,
    pub point_size: Option<f64>,
    pub line_width: Option<f64>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layer {
    pub kind: Kind,
    pub look: Look,
}

impl Layer {
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            look: Look::default(),
        }
    }

    /// The layer's own name in the legend.
    pub fn label(&self) -> Option<&str> {
        self.look.labels.first().map(String::as_str)
    }

    /// The colour of component or class `k`.
    pub fn group_color(&self, k: usize) -> Color {
        let palette = self.look.palette.as_deref().unwrap_or(&TAB10);
        self.look.color.unwrap_or_else(|| pick(palette, k))
    }

    /// The classes that occur, in ascending order.
    pub fn classes(&self) -> Vec<usize> {
        let Kind::Points {
            groups: Groups::Class(labels),
            ..
        } = &self.kind
        else {
            return Vec::new();
        };
        let mut classes = labels.clone();
        classes.sort_unstable();
        classes.dedup();
        classes
    }

    /// Whether the layer is a table of cells with row 0 on top, rather than a graph.
    pub fn is_picture(&self) -> bool {
        matches!(self.kind, Kind::HeatMap { .. } | Kind::Image(_))
    }

    /// Checks the data and the look.
    pub fn check(&self) -> Result<()> {
        self.look.check()?;
        self.check_labels()?;
        match &self.kind {
            Kind::Points { points, groups } => check_points(points, groups),
            Kind::Histogram { values, n_bins } => check_histogram(values, *n_bins),
            Kind::Line { x, y } => check_pairs("line", x, y),
            Kind::Markers { x, y } => check_pairs("markers", x, y),
            Kind::VerticalLine(x) => finite("The place of the vertical line", [*x].iter()),
            Kind::Density(model) => check_features(model, 1, "density"),
            Kind::Ellipses(model) => check_features(model, 2, "ellipses"),
            Kind::HeatMap {
                matrix,
                row_names,
                column_names,
            } => {
                not_empty("The matrix of the heat map", matrix.len())?;
                check_matrix("The matrix of the heat map", matrix)?;
                check_names("row", row_names, matrix.nrows())?;
                check_names("column", column_names, matrix.ncols())
            }
            Kind::Image(image) => not_empty("The image", image.pixels.len()),
        }
    }
}

impl Layer {
    /// One label, or one for each class.
    fn check_labels(&self) -> Result<()> {
        let (labels, classes) = (self.look.labels.len(), self.classes().len());
        if labels <= 1 || labels == classes {
            return Ok(());
        }
        let expected = match classes {
            0 => "it takes one: the last .label(...) is one too many".to_owned(),
            n => format!(
                "its points have {n} classes: give one label for all of them, or one for each"
            ),
        };
        Err(shape("The layer", format!("{labels} labels"), expected))
    }
}

impl Look {
    fn check(&self) -> Result<()> {
        if let Some(opacity) = self.opacity
            && !(0.0..=1.0).contains(&opacity)
        {
            return Err(parameter("The opacity", &opacity, "from 0 to 1"));
        }
        for (name, value) in [
            ("The point size", self.point_size),
            ("The line width", self.line_width),
        ] {
            if let Some(value) = value
                && !(value > 0.0 && value <= 100.0)
            {
                return Err(parameter(
                    name,
                    &value,
                    "more than 0 and at most 100 CSS pixels",
                ));
            }
        }
        match &self.palette {
            Some(palette) if palette.is_empty() => {
                Err(parameter("The palette", &"empty", "at least one colour"))
            }
            _ => Ok(()),
        }
    }
}

pub(super) fn parameter(name: &str, found: &impl ToString, expected: &str) -> Error {
    Error::Parameter {
        name: name.to_owned(),
        found: found.to_string(),
        expected: expected.to_owned(),
    }
}

fn shape(what: &str, found: String, expected: String) -> Error {
    Error::Shape {
        what: what.to_owned(),
        found,
        expected,
    }
}

fn not_empty(what: &str, count: usize) -> Result<()> {
    if count == 0 {
        return Err(Error::Empty {
            what: what.to_owned(),
        });
    }
    Ok(())
}

fn finite<'a>(what: &str, mut values: impl Iterator<Item = &'a f64>) -> Result<()> {
    match values.by_ref().enumerate().find(|(_, v)| !v.is_finite()) {
        Some((row, value)) => Err(Error::NotFinite {
            what: what.to_owned(),
            row,
            column: 0,
            value: *value,
        }),
        None => Ok(()),
    }
}

fn check_matrix(what: &str, matrix: &Array2<f64>) -> Result<()> {
    match matrix.indexed_iter().find(|(_, v)| !v.is_finite()) {
        Some(((row, column), value)) => Err(Error::NotFinite {
            what: what.to_owned(),
            row,
            column,
            value: *value,
        }),
        None => Ok(()),
    }
}

fn check_points(points: &Array2<f64>, groups: &Groups) -> Result<()> {
    let n = points.nrows();
    if points.ncols() != 2 {
        return Err(shape(
            "The array of points",
            format!("{} columns", points.ncols()),
            "a chart has two axes: choose two columns, or two scores of a PCA".to_owned(),
        ));
    }
    not_empty("The array of points", n)?;
    check_matrix("The array of points", points)?;
    match groups {
        Groups::Class(labels) if labels.len() != n => Err(shape(
            "The list of labels",
            format!("{} entries", labels.len()),
            format!("there are {n} points and each needs one label"),
        )),
        Groups::One | Groups::Class(_) => Ok(()),
        Groups::Blended(shares) if shares.nrows() != n || shares.ncols() == 0 => Err(shape(
            "The array of responsibilities",
            format!("{} rows and {} columns", shares.nrows(), shares.ncols()),
            format!("there are {n} points, and each needs a row with a column for each component"),
        )),
        Groups::Blended(shares) => check_matrix("The array of responsibilities", shares),
    }
}

fn check_histogram(values: &[f64], n_bins: usize) -> Result<()> {
    if n_bins == 0 || n_bins > MOST_BINS {
        let expected = format!("from 1 to {MOST_BINS}");
        return Err(parameter(
            "The number of bins of the histogram",
            &n_bins,
            &expected,
        ));
    }
    not_empty("The list of values of the histogram", values.len())?;
    finite("The list of values of the histogram", values.iter())
}

fn check_pairs(name: &str, x: &[f64], y: &[f64]) -> Result<()> {
    if x.len() != y.len() {
        return Err(shape(
            &format!("The list of y values of the {name}"),
            format!("{} entries", y.len()),
            format!("there are {} x values and each needs one y value", x.len()),
        ));
    }
    not_empty(&format!("The list of x values of the {name}"), x.len())?;
    finite(&format!("The list of x values of the {name}"), x.iter())?;
    finite(&format!("The list of y values of the {name}"), y.iter())
}

fn check_features(model: &GaussianMixture, wanted: usize, name: &str) -> Result<()> {
    if model.n_features() != wanted {
        return Err(shape(
            "The model",
            format!("{} features", model.n_features()),
            format!(
                ".{name}(...) draws models with {wanted}: choose as many columns before fitting, or project them"
            ),
        ));
    }
    Ok(())
}

fn check_names(kind: &str, names: &[String], count: usize) -> Result<()> {
    if names.len() != count {
        return Err(shape(
            &format!("The list of {kind} names"),
            format!("{} entries", names.len()),
            format!("the matrix has {count} {kind}s and each needs one name"),
        ));
    }
    Ok(())
}
