//! Points, rectangles, and the cutting of lines and polygons at a frame; all in CSS pixels, y downwards.

/// A position.
pub(super) type Point = (f64, f64);

/// An upright rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rect {
    pub fn new(left: f64, top: f64, width: f64, height: f64) -> Self {
        Self {
            left,
            top,
            right: left + width,
            bottom: top + height,
        }
    }

    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    pub fn center(&self) -> Point {
        (
            f64::midpoint(self.left, self.right),
            f64::midpoint(self.top, self.bottom),
        )
    }

    pub fn contains(&self, (x, y): Point) -> bool {
        (self.left..=self.right).contains(&x) && (self.top..=self.bottom).contains(&y)
    }

    /// Whether the whole of `other` lies inside.
    pub fn encloses(&self, other: &Self) -> bool {
        self.contains((other.left, other.top)) && self.contains((other.right, other.bottom))
    }

    /// The part that both share, if there is one.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let shared = Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        };
        (shared.width() > 0.0 && shared.height() > 0.0).then_some(shared)
    }

    /// Larger by `by` on each side.
    pub fn grown(&self, by: f64) -> Self {
        Self {
            left: self.left - by,
            top: self.top - by,
            right: self.right + by,
            bottom: self.bottom + by,
        }
    }

    pub fn corners(&self) -> [Point; 4] {
        [
            (self.left, self.top),
            (self.right, self.top),
            (self.right, self.bottom),
            (self.left, self.bottom),
        ]
    }
}

/// The middle of the CSS pixel that holds `v`, where a line one pixel wide is sharp on every screen.
pub(super) fn crisp(v: f64) -> f64 {
    v.floor() + 0.5
}

/// The nearest whole number, kept so small that sums of two do not overflow; 0 for NaN.
#[allow(clippy::cast_possible_truncation)]
pub(super) fn to_i32(v: f64) -> i32 {
    v.round().clamp(-1e9, 1e9) as i32
}

/// The nearest whole number from 0 up.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(super) fn to_u32(v: f64) -> u32 {
    v.round() as u32
}

/// The nearest whole number from 0 up.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(super) fn to_usize(v: f64) -> usize {
    v.round() as usize
}

/// The nearest whole number from 0 to 255.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(super) fn to_u8(v: f64) -> u8 {
    v.round() as u8
}

/// The part of the segment from `a` to `b` inside `frame` (Liang and Barsky).
fn clip_segment(a: Point, b: Point, frame: &Rect) -> Option<(Point, Point)> {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (p, q) in [
        (-dx, a.0 - frame.left),
        (dx, frame.right - a.0),
        (-dy, a.1 - frame.top),
        (dy, frame.bottom - a.1),
    ] {
        if p == 0.0 && q < 0.0 {
            return None;
        } else if p < 0.0 {
            enter = enter.max(q / p);
        } else if p > 0.0 {
            leave = leave.min(q / p);
        }
    }
    let at = |t: f64| (a.0 + t * dx, a.1 + t * dy);
    (enter <= leave).then(|| (at(enter), at(leave)))
}

/// The pieces of a polyline inside `frame`, each in the order of the line.
pub(super) fn clip_polyline(line: &[Point], frame: &Rect) -> Vec<Vec<Point>> {
    let mut pieces: Vec<Vec<Point>> = Vec::new();
    let mut joined = false;
    for (&a, &b) in line.iter().zip(line.iter().skip(1)) {
        let Some((start, end)) = clip_segment(a, b, frame) else {
            joined = false;
            continue;
        };
        match pieces.last_mut() {
            Some(piece) if joined => piece.push(end),
            _ => pieces.push(vec![start, end]),
        }
        joined = frame.contains(b);
    }
    pieces
}

/// The part of a convex polygon inside `frame` (Sutherland and Hodgman).
pub(super) fn clip_polygon(polygon: &[Point], frame: &Rect) -> Vec<Point> {
    let cuts: [fn(Point, &Rect) -> f64; 4] = [
        |p, f| p.0 - f.left,
        |p, f| f.right - p.0,
        |p, f| p.1 - f.top,
        |p, f| f.bottom - p.1,
    ];
    let mut kept = polygon.to_vec();
    for depth in cuts {
        let given = std::mem::take(&mut kept);
        let before = given.iter().cycle().skip(given.len().saturating_sub(1));
        for (&b, &a) in given.iter().zip(before) {
            let (inside_a, inside_b) = (depth(a, frame), depth(b, frame));
            if (inside_a < 0.0) != (inside_b < 0.0) {
                let t = inside_a / (inside_a - inside_b);
                kept.push((a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1)));
            }
            if inside_b >= 0.0 {
                kept.push(b);
            }
        }
    }
    kept
}

/// Cuts a polyline into dashes of length `on` with gaps of length `off`, measured along the line.
pub(super) fn dashes(line: &[Point], on: f64, off: f64) -> Vec<Vec<Point>> {
    let mut pieces = Vec::new();
    let mut piece: Vec<Point> = line.first().copied().into_iter().collect();
    let (mut drawing, mut left) = (true, on);
    for (&a, &b) in line.iter().zip(line.iter().skip(1)) {
        let length = (b.0 - a.0).hypot(b.1 - a.1);
        let mut done = 0.0;
        while length - done > left {
            done += left;
            let t = done / length;
            let here = (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1));
            if drawing {
                piece.push(here);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![here];
            }
            drawing = !drawing;
            left = if drawing { on } else { off };
        }
        left -= length - done;
        if drawing {
            piece.push(b);
        }
    }
    if drawing && piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

/// A circle as a polygon with enough corners to look round at `radius` pixels.
pub(super) fn circle(center: Point, radius: f64) -> Vec<Point> {
    let n = to_usize((radius * 6.0).clamp(16.0, 180.0));
    (0..n)
        .map(|i| {
            let (sin, cos) = (i as f64 / n as f64 * std::f64::consts::TAU).sin_cos();
            (center.0 + radius * cos, center.1 + radius * sin)
        })
        .collect()
}
