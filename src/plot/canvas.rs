//! Drawing in CSS pixels on any plotters backend: the one place that knows how a shape becomes pixels or SVG.
//!
//! A bitmap is filled run by run, each run as long as the shape is wide in that row of pixels, with its two ends blended by the
//! part they cover; one routine serves discs, polygons and lines, and is faster than plotters' circles. An SVG gets plotters' own
//! circles, polygons and paths. Both are cut at the canvas's frame, if it has one.

use std::cell::RefCell;
use std::fmt::Display;

use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters::element::{Circle, PathElement, Polygon};
use plotters::prelude::{DrawingBackend, RGBColor, ShapeStyle};
use plotters::style::Color as _;

use super::color::Color;
use super::geometry::{
    Point, Rect, circle, clip_polygon, clip_polyline, crisp, dashes, to_i32, to_u32,
};
use super::spans::{self, Run};
use crate::{Error, Result};

/// Lengths of a dash and of the gap behind it.
const DASH: (f64, f64) = (6.0, 3.6);

/// A colour and how much it covers, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Paint {
    pub color: Color,
    pub opacity: f64,
}

impl From<Color> for Paint {
    fn from(color: Color) -> Self {
        Self {
            color,
            opacity: 1.0,
        }
    }
}

impl Paint {
    pub fn new(color: Color, opacity: f64) -> Self {
        Self { color, opacity }
    }

    pub(super) fn style(self, width: u32) -> ShapeStyle {
        let Color(r, g, b) = self.color;
        ShapeStyle {
            color: RGBColor(r, g, b).mix(self.opacity),
            filled: true,
            stroke_width: width,
        }
    }
}

/// A plotters drawing area with a scale: device pixels for each CSS pixel.
pub(super) struct Canvas<'a, DB: DrawingBackend> {
    pub(super) area: &'a DrawingArea<DB, Shift>,
    pub(super) scale: f64,
    /// The pictures of an SVG, which plotters cannot embed; `None` on a bitmap.
    pub(super) embedded: Option<&'a RefCell<Vec<String>>>,
    pub(super) frame: Option<Rect>,
}

/// A fault of the backend, in this crate's words.
pub(super) fn fault(error: impl Display) -> Error {
    Error::File {
        place: "The picture".to_owned(),
        problem: format!("plotters could not draw it ({error})"),
        remedy: "Make it smaller or leave layers out until it draws".to_owned(),
    }
}

impl<'a, DB: DrawingBackend> Canvas<'a, DB> {
    /// The same canvas, on which nothing is drawn outside `frame`.
    pub fn within(&self, frame: Rect) -> Canvas<'a, DB> {
        Canvas {
            area: self.area,
            scale: self.scale,
            embedded: self.embedded,
            frame: Some(frame),
        }
    }

    pub(super) fn is_vector(&self) -> bool {
        self.embedded.is_some()
    }

    /// CSS pixels to whole device pixels.
    pub(super) fn device(&self, (x, y): Point) -> (i32, i32) {
        (to_i32(x * self.scale), to_i32(y * self.scale))
    }

    fn devices(&self, points: &[Point]) -> Vec<(i32, i32)> {
        points.iter().map(|p| self.device(*p)).collect()
    }

    fn enlarged(&self, points: &[Point]) -> Vec<Point> {
        points
            .iter()
            .map(|(x, y)| (x * self.scale, y * self.scale))
            .collect()
    }

    /// Fills a rectangle.
    pub fn fill(&self, rect: Rect, paint: impl Into<Paint>) -> Result<()> {
        self.polygon(&rect.corners(), paint)
    }

    /// Fills a convex polygon.
    pub fn polygon(&self, corners: &[Point], paint: impl Into<Paint>) -> Result<()> {
        let paint = paint.into();
        let corners = match &self.frame {
            Some(frame) => clip_polygon(corners, frame),
            None => corners.to_vec(),
        };
        if corners.len() < 3 {
            return Ok(());
        }
        if self.is_vector() {
            let shape = Polygon::new(self.devices(&corners), paint.style(0));
            return self.area.draw(&shape).map_err(fault);
        }
        spans::convex(&self.enlarged(&corners), &mut |run| self.run(run, paint))
    }

    /// Fills a disc.
    pub fn disc(&self, center: Point, radius: f64, paint: impl Into<Paint>) -> Result<()> {
        let paint = paint.into();
        let around = Rect::new(
            center.0 - radius,
            center.1 - radius,
            2.0 * radius,
            2.0 * radius,
        );
        if let Some(frame) = &self.frame
            && !frame.encloses(&around)
        {
            if frame.intersection(&around).is_none() {
                return Ok(());
            } else if self.is_vector() {
                return self.polygon(&circle(center, radius), paint);
            }
        }
        let (x, y) = (center.0 * self.scale, center.1 * self.scale);
        if self.is_vector() {
            let size = to_u32((radius * self.scale).max(1.0));
            let shape = Circle::new((to_i32(x), to_i32(y)), size, paint.style(0));
            return self.area.draw(&shape).map_err(fault);
        }
        spans::disc((x, y), radius * self.scale, &mut |run| self.run(run, paint))
    }

    /// Draws a line through the points, with round joins.
    pub fn line(&self, points: &[Point], width: f64, paint: impl Into<Paint>) -> Result<()> {
        let paint = paint.into();
        self.pieces(points, width)
            .iter()
            .try_for_each(|piece| self.stroke(piece, width, paint))
    }

    /// The parts of a line inside the frame. On a bitmap they reach beyond it by the line's width, and the runs are cut exactly.
    fn pieces(&self, points: &[Point], width: f64) -> Vec<Vec<Point>> {
        match &self.frame {
            Some(frame) if self.is_vector() => clip_polyline(points, frame),
            Some(frame) => clip_polyline(points, &frame.grown(width)),
            None => vec![points.to_vec()],
        }
    }

    /// Draws a dashed line through the points; its dashes are equally long at every scale of the axes.
    pub fn dashed(&self, points: &[Point], width: f64, paint: impl Into<Paint>) -> Result<()> {
        let paint = paint.into();
        self.pieces(points, width)
            .iter()
            .flat_map(|piece| dashes(piece, DASH.0, DASH.1))
            .try_for_each(|dash| self.stroke(&dash, width, paint))
    }

    fn stroke(&self, points: &[Point], width: f64, paint: Paint) -> Result<()> {
        if points.len() < 2 {
            return Ok(());
        }
        if self.is_vector() {
            let style = paint.style(to_u32((width * self.scale).max(1.0)));
            let path = PathElement::new(self.devices(points), style);
            return self.area.draw(&path).map_err(fault);
        }
        spans::stroke(&self.enlarged(points), width * self.scale, &mut |run| {
            self.run(run, paint)
        })
    }

    /// A line from left to right one CSS pixel wide or so, sharp on every screen.
    pub fn horizontal(&self, x: (f64, f64), y: f64, width: f64, color: Color) -> Result<()> {
        let y = crisp(y);
        let rect = Rect::new(x.0, y - width / 2.0, x.1 - x.0, width);
        self.fill(rect, color)
    }

    /// A line from top to bottom one CSS pixel wide or so, sharp on every screen.
    pub fn vertical(&self, x: f64, y: (f64, f64), width: f64, color: Color) -> Result<()> {
        let x = crisp(x);
        let rect = Rect::new(x - width / 2.0, y.0, width, y.1 - y.0);
        self.fill(rect, color)
    }

    /// Draws one run of a row of pixels, its ends blended by the part of the pixel they cover.
    fn run(&self, run: Run, paint: Paint) -> Result<()> {
        let Run {
            row,
            mut from,
            mut to,
        } = run;
        if let Some(frame) = &self.frame {
            let middle = (f64::from(row) + 0.5) / self.scale;
            if middle < frame.top || middle > frame.bottom {
                return Ok(());
            }
            from = from.max(frame.left * self.scale);
            to = to.min(frame.right * self.scale);
        }
        if to <= from {
            return Ok(());
        }
        let (first, last) = (to_i32(from.ceil()), to_i32(to.floor()));
        if first > last {
            return self.dot(last, row, paint, to - from);
        }
        self.dot(first - 1, row, paint, f64::from(first) - from)?;
        self.dot(last, row, paint, to - f64::from(last))?;
        self.block((first, row), (last, row + 1), paint)
    }

    /// One pixel, partly covered.
    fn dot(&self, x: i32, y: i32, paint: Paint, cover: f64) -> Result<()> {
        if cover < 1.0 / 64.0 {
            return Ok(());
        }
        let color = paint.style(0).color.mix(cover);
        self.area.draw_pixel((x, y), &color).map_err(fault)
    }

    /// All pixels from `start` up to but without those of `end`.
    pub(super) fn block(&self, start: (i32, i32), end: (i32, i32), paint: Paint) -> Result<()> {
        if start.0 >= end.0 || start.1 >= end.1 {
            return Ok(());
        }
        let shape = plotters::element::Rectangle::new([start, end], paint.style(0));
        self.area.draw(&shape).map_err(fault)
    }
}
