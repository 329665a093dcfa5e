//! A grid of small images with captions.

use plotters::prelude::DrawingBackend;

use super::canvas::Canvas;
use super::color::Color;
use super::figure::shows_as_figure;
use super::font;
use super::geometry::{Rect, to_u32};
use super::layer::parameter;
use super::layout::TITLE;
use super::lettering::{Anchor, Lettering};
use super::words::counted;
use crate::{Error, GreyImage, Result};

const PAD: f64 = 8.0;
const GAP: f64 = 6.0;
const HAIRLINE: Color = Color(200, 200, 200);
const CAPTION: f64 = 10.0;
const LEAST_CAPTION: f64 = 7.0;
/// From the image to the base line of its caption, and from there to the end of the cell.
const CAPTION_HEIGHT: f64 = CAPTION * 1.2;

/// Grey images side by side, enlarged without smoothing: pixel 0 is black, 255 is white.
///
/// Images may differ in size; every cell is as large as the largest.
///
/// # Examples
///
/// ```no_run
/// use em_lab::{GreyImage, ImageGrid};
///
/// let images = vec![GreyImage::camera()?, GreyImage::coins()?];
/// let names = ["camera".to_string(), "coins".to_string()];
/// ImageGrid::new(images, 2).captions(&names).magnify(0.5).save("two.png")?;
/// # Ok::<(), em_lab::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "an image grid does nothing until it is shown or saved"]
pub struct ImageGrid {
    images: Vec<GreyImage>,
    columns: usize,
    captions: Option<Vec<String>>,
    title: String,
    magnify: f64,
    alt: Option<String>,
}

impl ImageGrid {
    /// Puts images into rows of `columns` each.
    pub fn new(images: Vec<GreyImage>, columns: usize) -> Self {
        Self {
            images,
            columns,
            captions: None,
            title: String::new(),
            magnify: 2.0,
            alt: None,
        }
    }

    /// Sets a line below each image, in small letters, cut where it is wider than the image.
    pub fn captions(mut self, captions: &[String]) -> Self {
        self.captions = Some(captions.to_vec());
        self
    }

    /// Sets the title above the grid.
    pub fn title(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    /// Sets the CSS pixels for each pixel of an image, each way; 2 unless said.
    pub fn magnify(mut self, times: f64) -> Self {
        self.magnify = times;
        self
    }

    /// Sets the alternative text, for readers who do not see the picture.
    pub fn alt(mut self, text: &str) -> Self {
        self.alt = Some(text.to_owned());
        self
    }

    fn check(&self) -> Result<()> {
        if self.images.is_empty() {
            return Err(Error::Empty {
                what: "The list of images".to_owned(),
            });
        }
        if let Some(n) = self.images.iter().position(|i| i.pixels.is_empty()) {
            return Err(Error::Empty {
                what: format!("Image {n} (counted from 0)"),
            });
        }
        if self.columns == 0 {
            return Err(parameter("The number of columns", &0, "at least 1"));
        }
        if !(self.magnify > 0.0 && self.magnify <= 1000.0) {
            return Err(parameter(
                "The magnification",
                &self.magnify,
                "more than 0 and at most 1000",
            ));
        }
        match &self.captions {
            Some(captions) if captions.len() != self.images.len() => Err(Error::Shape {
                what: "The list of captions".to_owned(),
                found: format!("{} entries", captions.len()),
                expected: format!(
                    "the grid has {} and each needs one caption",
                    counted(self.images.len(), "image")
                ),
            }),
            _ => Ok(()),
        }
    }

    /// Width and height of a cell without its caption, in CSS pixels.
    fn cell(&self) -> (f64, f64) {
        let sides = self.images.iter().map(|image| image.pixels.dim());
        let (height, width) = sides.fold((0, 0), |(h, w), (high, wide)| (h.max(high), w.max(wide)));
        (width as f64 * self.magnify, height as f64 * self.magnify)
    }

    fn caption_height(&self) -> f64 {
        if self.captions.is_some() {
            CAPTION_HEIGHT + 2.0
        } else {
            0.0
        }
    }

    /// One size for all captions: that of the widest.
    fn caption_size(&self, width: f64) -> f64 {
        let captions = self.captions.iter().flatten();
        captions
            .map(|caption| font::fit(caption, CAPTION, LEAST_CAPTION, width).1)
            .fold(CAPTION, f64::min)
    }

    fn top(&self) -> f64 {
        if self.title.is_empty() {
            PAD
        } else {
            PAD + TITLE * 1.6
        }
    }

    pub(super) fn laid_out_size(&self) -> Result<(u32, u32)> {
        self.check()?;
        let (width, height) = self.cell();
        let columns = self.columns.min(self.images.len());
        let rows = self.images.len().div_ceil(columns);
        let wide = columns as f64 * (width + GAP) - GAP + 2.0 * PAD;
        let title = font::width(&self.title, TITLE).min(480.0) + 2.0 * PAD;
        let high = rows as f64 * (height + self.caption_height() + GAP) - GAP + PAD + self.top();
        Ok((to_u32(wide.max(title).ceil()), to_u32(high.ceil())))
    }

    pub(super) fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<'_, DB>) -> Result<()> {
        let (wide, _) = self.laid_out_size()?;
        let wide = f64::from(wide);
        let (width, height) = self.cell();
        let columns = self.columns.min(self.images.len());
        let used = columns as f64 * (width + GAP) - GAP;
        let left = ((wide - used) / 2.0).floor();
        let (title, size) = font::fit(&self.title, TITLE, 9.0, wide - 2.0 * PAD);
        let look = Lettering::new(size, Anchor::Middle);
        canvas.text(&title, (wide / 2.0, PAD + TITLE), look)?;
        let caption_size = self.caption_size(width);
        for (n, image) in self.images.iter().enumerate() {
            let (row, column) = (n / columns, n % columns);
            let x = left + column as f64 * (width + GAP);
            let y = self.top() + row as f64 * (height + self.caption_height() + GAP);
            let (high, wide) = image.pixels.dim();
            let (wide, high) = (wide as f64 * self.magnify, high as f64 * self.magnify);
            let place = Rect::new(
                x + ((width - wide) / 2.0).floor(),
                y + ((height - high) / 2.0).floor(),
                wide,
                high,
            );
            // A hairline, so that white images end somewhere on a white page.
            let around = Rect::new(place.left - 0.5, place.top - 0.5, wide + 1.0, high + 1.0);
            canvas.fill(around, HAIRLINE)?;
            canvas.picture(image, place)?;
            if let Some(caption) = self.captions.as_ref().and_then(|c| c.get(n)) {
                let (text, size) = font::fit(caption, caption_size, caption_size, width);
                let at = (x + width / 2.0, y + height + CAPTION_HEIGHT - 1.0);
                canvas.text(&text, at, Lettering::new(size, Anchor::Middle))?;
            }
        }
        Ok(())
    }

    pub(super) fn alternative(&self) -> String {
        self.alt.clone().unwrap_or_else(|| {
            let images = counted(self.images.len(), "grey image");
            let title = match self.title.as_str() {
                "" => images,
                title => format!("{title}: {images}"),
            };
            match &self.captions {
                Some(captions) => format!("{title} ({}).", captions.join(", ")),
                None => format!("{title}."),
            }
        })
    }
}

shows_as_figure!(ImageGrid);
