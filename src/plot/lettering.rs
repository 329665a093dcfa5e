//! Text and pictures on a canvas.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontDesc, FontFamily, FontStyle, FontTransform, RGBColor, TextStyle};

use super::canvas::{Canvas, Paint, fault};
use super::color::Color;
use super::font;
use super::geometry::{Point, Rect, to_i32};
use super::raster;
use crate::{GreyImage, Result};

/// Which part of a text stands at the given position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// Size and colour of a text, and whether it runs upwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lettering {
    pub size: f64,
    pub color: Color,
    pub anchor: Anchor,
    pub upwards: bool,
}

impl Lettering {
    pub fn new(size: f64, anchor: Anchor) -> Self {
        Self {
            size,
            color: Color::INK,
            anchor,
            upwards: false,
        }
    }

    pub fn color(self, color: Color) -> Self {
        Self { color, ..self }
    }

    pub fn upwards(self) -> Self {
        Self {
            upwards: true,
            ..self
        }
    }

    fn style(self, size: f64) -> TextStyle<'static> {
        let turn = if self.upwards {
            FontTransform::Rotate270
        } else {
            FontTransform::None
        };
        let Color(r, g, b) = self.color;
        FontDesc::new(FontFamily::Name(font::FAMILY), size, FontStyle::Normal)
            .transform(turn)
            .color(&RGBColor(r, g, b))
    }
}

/// From the base line to the middle of a capital letter, for letters of size 1.
pub(super) const HALF_CAPITAL: f64 = 0.365;

/// From the base line to the middle of a small letter in SVG: half an `ex`, plotters' way to centre a text.
const HALF_EX: f64 = 0.2735;

/// plotters divides the size of a font by this number before it writes it into an SVG.
const SVG_SIZE: f64 = 1.24;

/// Private letters around the number of a picture, in the place of the picture, until the SVG is complete.
pub(super) const MARK: char = '\u{F8FF}';

impl<DB: DrawingBackend> Canvas<'_, DB> {
    /// Writes one line of text; `at` is on its base line.
    pub fn text(&self, text: &str, at: Point, look: Lettering) -> Result<()> {
        font::register();
        let text: String = text
            .chars()
            .map(|c| match c {
                MARK | '\u{FFFE}' | '\u{FFFF}' => ' ',
                c if c.is_control() => ' ',
                c => c,
            })
            .collect();
        if self.is_vector() {
            self.text_element(&text, at, look)
        } else {
            self.text_letters(&text, at, look)
        }
    }

    /// An SVG text keeps its anchor, so that it stays in place in another font.
    fn text_element(&self, text: &str, at: Point, look: Lettering) -> Result<()> {
        let anchor = match look.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let up = look.size * HALF_EX;
        let at = if look.upwards {
            (at.0 - up, at.1)
        } else {
            (at.0, at.1 - up)
        };
        let style = look
            .style(look.size * self.scale * SVG_SIZE)
            .pos(Pos::new(anchor, VPos::Center));
        self.area
            .draw_text(text, &style, self.device(at))
            .map_err(fault)
    }

    /// A bitmap text is set letter by letter, because plotters leaves out the space in front of a letter's ink.
    fn text_letters(&self, text: &str, at: Point, look: Lettering) -> Result<()> {
        let size = look.size * self.scale;
        let line = 2 * to_i32(size * font::LINE_HEIGHT / 2.0).max(1);
        let style = look
            .style(f64::from(line))
            .pos(Pos::new(HPos::Left, VPos::Top));
        let back = match look.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => font::width(text, size) / 2.0,
            Anchor::End => font::width(text, size),
        };
        let (x, y) = self.device(at);
        for (letter, pen, bearing) in font::letters(text, size) {
            let along = to_i32(pen - back) + to_i32(bearing.floor());
            let place = if look.upwards {
                (x - line / 2, y - along)
            } else {
                (x + along, y - line / 2)
            };
            self.area
                .draw_text(letter.encode_utf8(&mut [0; 4]), &style, place)
                .map_err(fault)?;
        }
        Ok(())
    }

    /// Draws a grey picture into a rectangle, every one of its pixels a sharp box.
    pub fn picture(&self, image: &GreyImage, place: Rect) -> Result<()> {
        let cut = self
            .frame
            .is_some_and(|frame| !frame.grown(1e-6).encloses(&place));
        if self.is_vector() && !cut {
            self.embed(image, place)
        } else {
            self.boxes(image, place)
        }
    }

    fn boxes(&self, image: &GreyImage, place: Rect) -> Result<()> {
        let (height, width) = image.pixels.dim();
        let place = Rect {
            left: place.left * self.scale,
            top: place.top * self.scale,
            right: place.right * self.scale,
            bottom: place.bottom * self.scale,
        };
        let bounds = self
            .frame
            .map_or((i32::MIN, i32::MIN, i32::MAX, i32::MAX), |frame| {
                let (left, top) = self.device((frame.left, frame.top));
                let (right, bottom) = self.device((frame.right, frame.bottom));
                (left, top, right, bottom)
            });
        let x = |column: usize| to_i32(place.left + place.width() * column as f64 / width as f64);
        let y = |row: usize| to_i32(place.top + place.height() * row as f64 / height as f64);
        for (row, pixels) in image.pixels.rows().into_iter().enumerate() {
            let (top, bottom) = (y(row).max(bounds.1), y(row + 1).min(bounds.3));
            let mut start = 0;
            for column in 1..=width {
                if column < width && pixels[column] == pixels[start] {
                    continue;
                }
                let grey = pixels[start];
                let (left, right) = (x(start).max(bounds.0), x(column).min(bounds.2));
                let paint = Paint::from(Color(grey, grey, grey));
                self.block((left, top), (right, bottom), paint)?;
                start = column;
            }
        }
        Ok(())
    }

    /// Leaves a mark in an SVG that the picture takes the place of; see [`raster::svg`].
    fn embed(&self, image: &GreyImage, place: Rect) -> Result<()> {
        let Some(embedded) = self.embedded else {
            return Ok(());
        };
        let (height, width) = image.pixels.dim();
        let bytes: Vec<u8> = image.pixels.iter().copied().collect();
        let png = raster::encode(&bytes, (width, height), png::ColorType::Grayscale)?;
        let [x, y, w, h] = [place.left, place.top, place.width(), place.height()]
            .map(|length| length * self.scale);
        let element = format!(
            "<image x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" preserveAspectRatio=\"none\" \
             style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{}\"/>",
            STANDARD.encode(png)
        );
        let number = embedded.borrow().len();
        embedded.borrow_mut().push(element);
        let mark = format!("{MARK}{number}{MARK}");
        self.text_element(
            &mark,
            (place.left, place.top),
            Lettering::new(10.0, Anchor::Start),
        )
    }
}
