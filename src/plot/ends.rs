//! Names of lines beside their right ends: where there are many lines, no legend with as many colours has to be read.

use plotters::prelude::DrawingBackend;

use super::canvas::Canvas;
use super::chart::Chart;
use super::color::Color;
use super::draw::Palette;
use super::font;
use super::geometry::Point;
use super::layer::Kind;
use super::layout::Axes;
use super::lettering::{Anchor, HALF_CAPITAL, Lettering};
use crate::Result;

const SIZE: f64 = 11.0;
/// From the middle of one name to that of the next.
const LINE: f64 = 13.5;
/// The room for the thin lines that lead from the ends to the names.
const LEADER: f64 = 26.0;
const NEAR: f64 = 3.0;

/// A line's name, and the data point where the line ends.
struct End<'a> {
    name: &'a str,
    at: (f64, f64),
    color: Color,
}

fn ends(chart: &Chart) -> Vec<End<'_>> {
    let palette = Palette::new(chart);
    let layers = chart.layers.iter().enumerate();
    layers
        .filter_map(|(index, layer)| {
            let Kind::Line { x, y } = &layer.kind else {
                return None;
            };
            Some(End {
                name: layer.label()?,
                at: (*x.last()?, *y.last()?),
                color: palette.paint(layer, index).color,
            })
        })
        .collect()
}

/// The room that the names take beside the axes.
pub(super) fn width(chart: &Chart) -> f64 {
    let widths = ends(chart)
        .into_iter()
        .map(|end| font::width(end.name, SIZE));
    widths
        .reduce(f64::max)
        .map_or(0.0, |widest| LEADER + NEAR + widest)
}

pub(super) fn draw<DB: DrawingBackend>(
    chart: &Chart,
    axes: &Axes,
    canvas: &Canvas<'_, DB>,
) -> Result<()> {
    let frame = axes.frame;
    let mut ends: Vec<(Point, End<'_>)> = ends(chart)
        .into_iter()
        .map(|end| (axes.at(end.at.0, end.at.1), end))
        .collect();
    ends.sort_by(|(a, _), (b, _)| a.1.total_cmp(&b.1));
    let wanted: Vec<f64> = ends.iter().map(|(at, _)| at.1).collect();
    let half = LINE / 2.0;
    let heights = apart(&wanted, LINE, frame.top + half, frame.bottom - half);
    let left = frame.right + LEADER;
    for ((at, end), height) in ends.iter().zip(heights) {
        let from = (at.0 + 7.0, at.1);
        let bend = (frame.right + NEAR, at.1);
        canvas.line(&[from, bend, (left - NEAR, height)], 0.8, Color::LEADER)?;
        let look = Lettering::new(SIZE, Anchor::Start).color(end.color);
        canvas.text(end.name, (left, height + SIZE * HALF_CAPITAL), look)?;
    }
    Ok(())
}

/// Places as near as can be to those that are wanted (rising), at least `gap` apart, and between `top` and `bottom`.
///
/// Less `gap` for each one before it a place has only to be no less than the one before: the least squares are then found by
/// putting neighbours in the wrong order together at their mean (isotonic regression).
fn apart(wanted: &[f64], gap: f64, top: f64, bottom: f64) -> Vec<f64> {
    let n = wanted.len();
    let room = (bottom - top).max(0.0);
    let gap = gap.min(room / n.saturating_sub(1).max(1) as f64);
    let mut groups: Vec<(f64, usize)> = vec![];
    for (i, place) in wanted.iter().enumerate() {
        let mut group = (place - gap * i as f64, 1);
        while let Some(&(sum, count)) = groups.last()
            && sum / count as f64 >= group.0 / group.1 as f64
        {
            groups.pop();
            group = (group.0 + sum, group.1 + count);
        }
        groups.push(group);
    }
    let lowest = (bottom - gap * n.saturating_sub(1) as f64).max(top);
    let means = groups.into_iter().flat_map(|(sum, count)| {
        let mean = (sum / count as f64).clamp(top, lowest);
        std::iter::repeat_n(mean, count)
    });
    means
        .enumerate()
        .map(|(i, mean)| mean + gap * i as f64)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::apart;

    #[test]
    fn names_stay_where_there_is_room_and_share_it_where_there_is_not() {
        assert_eq!(apart(&[10.0, 50.0], 12.0, 0.0, 100.0), [10.0, 50.0]);
        assert_eq!(apart(&[50.0, 50.0], 12.0, 0.0, 100.0), [44.0, 56.0]);
        assert_eq!(apart(&[99.0, 99.0], 12.0, 0.0, 100.0), [88.0, 100.0]);
        assert_eq!(
            apart(&[0.0, 1.0, 2.0], 60.0, 0.0, 100.0),
            [0.0, 50.0, 100.0]
        );
        assert!(apart(&[], 12.0, 0.0, 100.0).is_empty());
    }
}
