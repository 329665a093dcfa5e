//! What every picture becomes: something with a size, an alternative text, and a way to be drawn.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plotters::prelude::DrawingBackend;

use super::canvas::Canvas;
use super::chart::Chart;
use super::geometry::to_i32;
use super::image_grid::ImageGrid;
use super::panel::Panel;
use super::raster;
use crate::notebook::block;
use crate::{Error, Result};

/// A picture that is ready to be shown or saved: a [`Chart`], an [`ImageGrid`] or a [`Panel`].
///
/// # Examples
///
/// ```
/// use em_lab::{Chart, Figure};
///
/// let figure = Figure::from(Chart::new().line(&[0.0, 1.0, 2.0], &[0.0, 1.0, 4.0]));
/// assert!(figure.svg()?.starts_with("<svg"));
/// # Ok::<(), em_lab::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a figure does nothing until it is shown or saved"]
pub struct Figure {
    content: Content,
}

#[derive(Clone, Debug, PartialEq)]
enum Content {
    Chart(Chart),
    ImageGrid(ImageGrid),
    Panel(Panel),
}

impl From<Chart> for Figure {
    fn from(chart: Chart) -> Self {
        Self {
            content: Content::Chart(chart),
        }
    }
}

impl From<ImageGrid> for Figure {
    fn from(grid: ImageGrid) -> Self {
        Self {
            content: Content::ImageGrid(grid),
        }
    }
}

impl From<Panel> for Figure {
    fn from(panel: Panel) -> Self {
        Self {
            content: Content::Panel(panel),
        }
    }
}

impl Figure {
    /// Writes the figure to a file: a PNG of twice the CSS size, or an SVG, as the extension of `path` says.
    ///
    /// # Errors
    ///
    /// `Error::File` where the extension is neither `.png` nor `.svg` or the file cannot be written; otherwise the first
    /// fault in what was asked for or in the data.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        let bytes = match extension.as_deref() {
            Some("png") => self.png()?,
            Some("svg") => self.svg()?.into_bytes(),
            _ => return Err(unknown_extension(path, ".png or .svg")),
        };
        write(path, &bytes)
    }

    /// Returns the figure as PNG with twice as many pixels, each way, as its CSS size.
    ///
    /// # Errors
    ///
    /// The first fault in what was asked for or in the data.
    pub fn png(&self) -> Result<Vec<u8>> {
        raster::png(self)
    }

    /// Returns the figure as SVG, with its CSS size as width and height.
    ///
    /// # Errors
    ///
    /// The first fault in what was asked for or in the data.
    pub fn svg(&self) -> Result<String> {
        raster::svg(self)
    }

    /// Shows the figure in a notebook; evcxr calls this for the last expression of a cell.
    ///
    /// Where there is a fault, its sentence goes to standard error instead.
    pub fn evcxr_display(&self) {
        match self.png().and_then(|png| Ok((png, self.size()?))) {
            Ok((png, size)) => show("png", &png, size, &self.alternative()),
            Err(error) => eprintln!("{error}"),
        }
    }

    /// The width and height in CSS pixels.
    pub(super) fn size(&self) -> Result<(u32, u32)> {
        match &self.content {
            Content::Chart(chart) => chart.laid_out_size(),
            Content::ImageGrid(grid) => grid.laid_out_size(),
            Content::Panel(panel) => panel.laid_out_size(),
        }
    }

    pub(super) fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<'_, DB>) -> Result<()> {
        match &self.content {
            Content::Chart(chart) => chart.draw(canvas),
            Content::ImageGrid(grid) => grid.draw(canvas),
            Content::Panel(panel) => panel.draw(canvas),
        }
    }

    /// Draws the figure with its upper left corner at (x, y).
    pub(super) fn draw_at<DB: DrawingBackend>(
        &self,
        canvas: &Canvas<'_, DB>,
        (x, y): (f64, f64),
        size: (u32, u32),
    ) -> Result<()> {
        let [left, top, width, height] =
            [x, y, size.0.into(), size.1.into()].map(|v| to_i32(v * canvas.scale));
        let area = canvas.area.clone().shrink((left, top), (width, height));
        self.draw(&Canvas {
            area: &area,
            scale: canvas.scale,
            embedded: canvas.embedded,
            frame: None,
        })
    }

    /// The text for those who do not see the picture.
    pub(super) fn alternative(&self) -> String {
        match &self.content {
            Content::Chart(chart) => chart.alternative(),
            Content::ImageGrid(grid) => grid.alternative(),
            Content::Panel(panel) => panel.alternative(),
        }
    }
}

/// The four methods of a figure for a type that becomes one.
macro_rules! shows_as_figure {
    ($type:ty) => {
        impl $type {
            /// Writes the picture to a file: a PNG of twice the CSS size, or an SVG, as the extension of `path` says.
            ///
            /// # Errors
            ///
            /// `Error::File` where the extension is neither `.png` nor `.svg` or the file cannot be written; otherwise the
            /// first fault in what was asked for or in the data.
            pub fn save(&self, path: impl AsRef<std::path::Path>) -> crate::Result<()> {
                $crate::plot::Figure::from(self.clone()).save(path)
            }

            /// Returns the picture as PNG with twice as many pixels, each way, as its CSS size.
            ///
            /// # Errors
            ///
            /// The first fault in what was asked for or in the data.
            pub fn png(&self) -> crate::Result<Vec<u8>> {
                $crate::plot::Figure::from(self.clone()).png()
            }

            /// Returns the picture as SVG, with its CSS size as width and height.
            ///
            /// # Errors
            ///
            /// The first fault in what was asked for or in the data.
            pub fn svg(&self) -> crate::Result<String> {
                $crate::plot::Figure::from(self.clone()).svg()
            }

            /// Shows the picture in a notebook; evcxr calls this for the last expression of a cell.
            ///
            /// Where there is a fault, its sentence goes to standard error instead.
            pub fn evcxr_display(&self) {
                $crate::plot::Figure::from(self.clone()).evcxr_display();
            }
        }
    };
}
pub(super) use shows_as_figure;

/// The error of a file whose extension says nothing to us.
pub(super) fn unknown_extension(path: &Path, known: &str) -> Error {
    Error::File {
        place: path.display().to_string(),
        problem: "the name does not say which kind of picture to write".to_owned(),
        remedy: format!("Let it end in {known}"),
    }
}

/// Writes a file whole.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).map_err(|error| Error::File {
        place: path.display().to_string(),
        problem: format!("the file cannot be written ({error})"),
        remedy: "Check that its folder exists and may be written to".to_owned(),
    })
}

/// Prints an image in evcxr's protocol: HTML for the notebook, one line of text for those without it.
pub(super) fn show(kind: &str, bytes: &[u8], (width, height): (u32, u32), alternative: &str) {
    println!("{}", protocol(kind, bytes, (width, height), alternative));
}

pub(super) fn protocol(
    kind: &str,
    bytes: &[u8],
    (width, height): (u32, u32),
    alternative: &str,
) -> String {
    let line = in_one_line(alternative);
    let image = image_tag(kind, bytes, (width, height), &line);
    let words = format!("{line} ({width} x {height} pixels)");
    format!(
        "{}\n{}",
        block("text/html", &image),
        block("text/plain", &words)
    )
}

/// An image as HTML that holds it, as wide as it is or as the page.
pub(super) fn image_tag(
    kind: &str,
    bytes: &[u8],
    (width, height): (u32, u32),
    alternative: &str,
) -> String {
    let alt = escaped(alternative);
    let data = STANDARD.encode(bytes);
    format!(
        "<img src=\"data:image/{kind};base64,{data}\" width=\"{width}\" height=\"{height}\" alt=\"{alt}\" \
         style=\"max-width:100%;height:auto\">"
    )
}

/// A text without line breaks.
pub(super) fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text that HTML shows as it is, in an element or an attribute.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
