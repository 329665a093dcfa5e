//! Shapes as horizontal runs of pixels, in device pixels.

use std::collections::BTreeMap;

use super::geometry::{Point, to_i32};
use crate::Result;

/// The part of a row of pixels that a shape covers, measured through the middle of the row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Run {
    pub row: i32,
    pub from: f64,
    pub to: f64,
}

/// What is done with each run.
pub(super) type Emit<'a> = &'a mut dyn FnMut(Run) -> Result<()>;

/// The rows whose middle lies from `top` to `bottom`.
fn rows(top: f64, bottom: f64) -> std::ops::Range<i32> {
    to_i32((top - 0.5).ceil())..to_i32((bottom - 0.5).floor()).saturating_add(1)
}

/// The runs of a disc.
pub(super) fn disc((x, y): Point, radius: f64, emit: Emit) -> Result<()> {
    for row in rows(y - radius, y + radius) {
        let height = f64::from(row) + 0.5 - y;
        let half = (radius * radius - height * height).max(0.0).sqrt();
        emit(Run {
            row,
            from: x - half,
            to: x + half,
        })?;
    }
    Ok(())
}

/// The runs of a convex polygon.
pub(super) fn convex(corners: &[Point], emit: Emit) -> Result<()> {
    let top = corners
        .iter()
        .fold(f64::INFINITY, |least, p| least.min(p.1));
    let bottom = corners
        .iter()
        .fold(f64::NEG_INFINITY, |most, p| most.max(p.1));
    for row in rows(top, bottom) {
        let y = f64::from(row) + 0.5;
        let (mut from, mut to) = (f64::INFINITY, f64::NEG_INFINITY);
        for (a, b) in corners.iter().zip(corners.iter().cycle().skip(1)) {
            if (a.1 <= y) != (b.1 <= y) {
                let x = a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0);
                from = from.min(x);
                to = to.max(x);
            }
        }
        if from < to {
            emit(Run { row, from, to })?;
        }
    }
    Ok(())
}

/// The runs of a line of the given width: a bar for each segment and a disc at each inner corner, united, so that an opacity
/// below 1 does not darken the joins.
pub(super) fn stroke(points: &[Point], width: f64, emit: Emit) -> Result<()> {
    let half = width / 2.0;
    let mut covered: BTreeMap<i32, Vec<(f64, f64)>> = BTreeMap::new();
    let mut add = |run: Run| {
        covered.entry(run.row).or_default().push((run.from, run.to));
        Ok(())
    };
    for (a, b) in points.iter().zip(points.iter().skip(1)) {
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let length = dx.hypot(dy);
        if length > 0.0 {
            let (nx, ny) = (-dy / length * half, dx / length * half);
            let bar = [
                (a.0 + nx, a.1 + ny),
                (b.0 + nx, b.1 + ny),
                (b.0 - nx, b.1 - ny),
                (a.0 - nx, a.1 - ny),
            ];
            convex(&bar, &mut add)?;
        }
    }
    let closed = points.len() > 2 && points.first() == points.last();
    let corners = points.len().saturating_sub(1);
    for corner in &points[usize::from(!closed).min(corners)..corners] {
        disc(*corner, half, &mut add)?;
    }
    for (row, mut pieces) in covered {
        pieces.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut merged: Option<(f64, f64)> = None;
        for (from, to) in pieces {
            merged = match merged {
                Some((start, end)) if from <= end => Some((start, end.max(to))),
                Some((start, end)) => {
                    emit(Run {
                        row,
                        from: start,
                        to: end,
                    })?;
                    Some((from, to))
                }
                None => Some((from, to)),
            };
        }
        if let Some((from, to)) = merged {
            emit(Run { row, from, to })?;
        }
    }
    Ok(())
}
