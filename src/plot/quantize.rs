//! One palette of at most 255 colours for all frames of an animation, without dithering.

use std::collections::HashMap;

use super::raster::Raster;

/// The index that means "as in the frame before".
pub(super) const TRANSPARENT: u8 = 255;
const MOST: usize = 255;

/// Equal pixels in a row.
pub(super) struct Run {
    color: usize,
    length: usize,
}

/// Every colour that occurs, by number, and how often.
#[derive(Default)]
pub(super) struct Colors {
    numbers: HashMap<[u8; 3], usize>,
    counts: Vec<([u8; 3], u64)>,
}

impl Colors {
    /// Counts the colours of an image and returns it as runs of equal pixels: the colour's number and the run's length.
    ///
    /// Charts are mostly white, so runs take a twentieth of the memory of pixels, and all frames can be kept.
    pub fn count(&mut self, raster: &Raster) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let mut last = None;
        for pixel in raster.rgb.chunks_exact(3) {
            let color = [pixel[0], pixel[1], pixel[2]];
            match runs.last_mut() {
                Some(run) if last == Some(color) => run.length += 1,
                _ => runs.push(Run {
                    color: self.number(color),
                    length: 1,
                }),
            }
            last = Some(color);
        }
        for run in &runs {
            self.counts[run.color].1 += run.length as u64;
        }
        runs
    }

    fn number(&mut self, color: [u8; 3]) -> usize {
        let next = self.counts.len();
        let number = *self.numbers.entry(color).or_insert(next);
        if number == next {
            self.counts.push((color, 0));
        }
        number
    }

    /// The palette: the most frequent colours as they are, and the means of boxes around the others (median cut).
    ///
    /// It has at most `most` colours, and never more than 255.
    pub fn palette(&self, most: usize) -> Palette {
        let most = most.clamp(2, MOST);
        let mut colors: Vec<([u8; 3], u64)> = self.counts.clone();
        colors.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        let exact = if colors.len() <= most {
            colors.len()
        } else {
            most * 3 / 8
        };
        let rest = colors.split_off(exact);
        let mut entries: Vec<[u8; 3]> = colors.into_iter().map(|(color, _)| color).collect();
        if !rest.is_empty() {
            entries.extend(median_cut(rest, most - exact));
        }
        let nearest = self
            .counts
            .iter()
            .map(|(color, _)| nearest(&entries, *color))
            .collect();
        entries.resize(MOST + 1, [255; 3]);
        Palette {
            rgb: entries.into_iter().flatten().collect(),
            nearest,
        }
    }
}

/// The colours of a GIF, and which of them stands for each colour number.
pub(super) struct Palette {
    pub rgb: Vec<u8>,
    nearest: Vec<u8>,
}

impl Palette {
    /// The pixels of an image as indices into the palette.
    pub fn indices(&self, runs: &[Run]) -> Vec<u8> {
        runs.iter()
            .flat_map(|run| {
                let index = self.nearest.get(run.color).copied().unwrap_or(0);
                std::iter::repeat_n(index, run.length)
            })
            .collect()
    }
}

fn nearest(entries: &[[u8; 3]], color: [u8; 3]) -> u8 {
    let distance = |entry: &[u8; 3]| -> u32 {
        entry
            .iter()
            .zip(color)
            .map(|(a, b)| u32::from(a.abs_diff(b)).pow(2))
            .sum()
    };
    let best = (0..entries.len()).min_by_key(|&i| distance(&entries[i]));
    u8::try_from(best.unwrap_or(0)).unwrap_or(0)
}

/// Splits the box of colours with the longest side, weighed by how often it occurs, until there are `n` boxes.
fn median_cut(colors: Vec<([u8; 3], u64)>, n: usize) -> Vec<[u8; 3]> {
    let mut boxes = vec![colors];
    while boxes.len() < n {
        let widest = (0..boxes.len()).max_by_key(|&i| {
            let (_, side) = longest(&boxes[i]);
            let weight: u64 = boxes[i].iter().map(|(_, count)| count).sum();
            u64::from(side) * u64::from(side) * (1 + weight.isqrt())
        });
        let Some(mut chosen) = widest.map(|i| boxes.swap_remove(i)) else {
            break;
        };
        let (channel, side) = longest(&chosen);
        if side == 0 {
            boxes.push(chosen);
            break;
        }
        chosen.sort_by_key(|(color, _)| color[channel]);
        let (low, high) = (chosen[0].0[channel], chosen[chosen.len() - 1].0[channel]);
        let middle = low.midpoint(high);
        let cut = chosen.partition_point(|(color, _)| color[channel] <= middle);
        let upper = chosen.split_off(cut);
        boxes.push(chosen);
        boxes.push(upper);
    }
    boxes.iter().map(|colors| mean(colors)).collect()
}

/// The channel in which a box is longest, and how long.
fn longest(colors: &[([u8; 3], u64)]) -> (usize, u8) {
    (0..3)
        .map(|channel| {
            let values = colors.iter().map(|(color, _)| color[channel]);
            let (low, high) = values.fold((u8::MAX, 0), |(low, high), v| (v.min(low), v.max(high)));
            (channel, high.saturating_sub(low))
        })
        .max_by_key(|(_, side)| *side)
        .unwrap_or((0, 0))
}

fn mean(colors: &[([u8; 3], u64)]) -> [u8; 3] {
    let total: u64 = colors.iter().map(|(_, count)| count).sum();
    [0, 1, 2].map(|channel| {
        let sum: u64 = colors
            .iter()
            .map(|(color, count)| u64::from(color[channel]) * count)
            .sum();
        u8::try_from(sum / total.max(1)).unwrap_or(u8::MAX)
    })
}
