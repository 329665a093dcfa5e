//! Several pictures as one.

use plotters::prelude::DrawingBackend;

use super::canvas::Canvas;
use super::figure::{Figure, shows_as_figure};
use super::font;
use super::layer::parameter;
use super::layout::TITLE;
use super::lettering::{Anchor, Lettering};
use crate::{Error, Result};

const PAD: f64 = 8.0;
const LARGER: f64 = TITLE + 1.5;

/// Charts and image grids side by side, each at its own size; a notebook cell shows one picture, so compose them.
///
/// A row is as high as its highest picture, a column as wide as its widest; pictures hang from the top of their row.
///
/// # Examples
///
/// ```
/// use em_lab::{Chart, Panel};
///
/// let chart = Chart::new().size(200, 150).line(&[0.0, 1.0], &[0.0, 1.0]);
/// let panel = Panel::new(2).add(chart.clone()).add(chart);
/// assert!(panel.svg()?.contains("width=\"400\" height=\"150\""));
/// # Ok::<(), em_lab::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a panel does nothing until it is shown or saved"]
pub struct Panel {
    columns: usize,
    figures: Vec<Figure>,
    title: String,
    alt: Option<String>,
}

impl Panel {
    /// Returns a panel without pictures that puts them into rows of `columns` each.
    pub fn new(columns: usize) -> Self {
        Self {
            columns,
            figures: Vec::new(),
            title: String::new(),
            alt: None,
        }
    }

    /// Adds a picture: a chart, an image grid, or another panel.
    #[allow(clippy::should_implement_trait)]
    pub fn add(mut self, figure: impl Into<Figure>) -> Self {
        self.figures.push(figure.into());
        self
    }

    /// Sets the title above all pictures.
    pub fn title(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    /// Sets the alternative text, for readers who do not see the picture.
    pub fn alt(mut self, text: &str) -> Self {
        self.alt = Some(text.to_owned());
        self
    }

    /// The widths of the columns and the heights of the rows.
    fn tracks(&self) -> Result<(Vec<u32>, Vec<u32>)> {
        if self.columns == 0 {
            return Err(parameter("The number of columns", &0, "at least 1"));
        }
        if self.figures.is_empty() {
            return Err(Error::Shape {
                what: "The panel".to_owned(),
                found: "no pictures".to_owned(),
                expected: "it needs at least one: add a chart with .add(...) first".to_owned(),
            });
        }
        let columns = self.columns.min(self.figures.len());
        let mut widths = vec![0; columns];
        let mut heights = vec![0; self.figures.len().div_ceil(columns)];
        for (n, figure) in self.figures.iter().enumerate() {
            let (width, height) = figure.size()?;
            widths[n % columns] = width.max(widths[n % columns]);
            heights[n / columns] = height.max(heights[n / columns]);
        }
        Ok((widths, heights))
    }

    fn top(&self) -> u32 {
        if self.title.is_empty() { 0 } else { 34 }
    }

    pub(super) fn laid_out_size(&self) -> Result<(u32, u32)> {
        let (widths, heights) = self.tracks()?;
        let total = |sides: &[u32]| {
            sides
                .iter()
                .fold(0_u32, |sum, side| sum.saturating_add(*side))
        };
        Ok((total(&widths), total(&heights).saturating_add(self.top())))
    }

    pub(super) fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<'_, DB>) -> Result<()> {
        let (widths, heights) = self.tracks()?;
        let wide = f64::from(widths.iter().sum::<u32>());
        let (title, size) = font::fit(&self.title, LARGER, 9.0, wide - 2.0 * PAD);
        let look = Lettering::new(size, Anchor::Middle);
        canvas.text(&title, (wide / 2.0, PAD + LARGER), look)?;
        let mut top = self.top();
        for (figures, height) in self.figures.chunks(widths.len()).zip(&heights) {
            let mut left = 0;
            for (figure, width) in figures.iter().zip(&widths) {
                let size = figure.size()?;
                let x = f64::from(left) + (f64::from(width - size.0) / 2.0).floor();
                figure.draw_at(canvas, (x, f64::from(top)), size)?;
                left += width;
            }
            top += height;
        }
        Ok(())
    }

    pub(super) fn alternative(&self) -> String {
        self.alt.clone().unwrap_or_else(|| {
            let parts: Vec<String> = self.figures.iter().map(Figure::alternative).collect();
            match self.title.as_str() {
                "" => parts.join(" "),
                title => format!("{title}. {}", parts.join(" ")),
            }
        })
    }
}

shows_as_figure!(Panel);
