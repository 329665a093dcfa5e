//! Half a matrix product: a triangle times a tile, and a tile times itself.

use super::{Lanes, ROWS, Shares, on_this_processor};
use ndarray::ArrayRef2;

/// An upper triangular matrix in the order in which [`squared_distances`] reads it: four columns at a time, row by row, as far
/// down as the diagonal.
pub(crate) struct Packed {
    n: usize,
    values: Vec<f64>,
}

impl Packed {
    pub(crate) fn new(upper: &ArrayRef2<f64>) -> Self {
        let n = upper.nrows();
        let entry = |row: usize, column: usize| {
            if row <= column && column < n {
                upper[[row, column]]
            } else {
                0.0
            }
        };
        let panel = |first: usize| {
            (0..(first + 4).min(n))
                .flat_map(move |row| (first..first + 4).map(move |column| entry(row, column)))
        };
        Self {
            n,
            values: (0..n).step_by(4).flat_map(panel).collect(),
        }
    }
}

on_this_processor! {
    /// Writes `|Uᵀ (x - mean)|²` for each sample of a tile, whose shape is (n, [`ROWS`]), feature by feature; `centred` is room of
    /// the same size.
    fn squared_distances(upper: &Packed, features: &[f64], mean: &[f64], centred: &mut [f64], squares: &mut Shares)
    by squared_distances_by::<blocks>,
    if features.len() == upper.n * ROWS && mean.len() == upper.n && centred.len() == features.len()
}

#[inline(always)]
unsafe fn squared_distances_by<V: Lanes, const BLOCK: usize>(
    upper: &Packed,
    features: &[f64],
    mean: &[f64],
    centred: &mut [f64],
    squares: &mut Shares,
) {
    let pairs = centred
        .chunks_exact_mut(ROWS)
        .zip(features.chunks_exact(ROWS));
    for ((centred, feature), mean) in pairs.zip(mean) {
        for (centred, value) in centred.iter_mut().zip(feature) {
            *centred = value - mean;
        }
    }
    unsafe {
        for first_row in (0..ROWS).step_by(BLOCK * V::N) {
            let tile = centred.as_ptr().add(first_row);
            let mut packed = upper.values.as_ptr();
            let mut square = [V::splat(0.0); BLOCK];
            for first in (0..upper.n).step_by(4) {
                let mut products = [[V::splat(0.0); BLOCK]; 4];
                let mut values = tile;
                for _ in 0..(first + 4).min(upper.n) {
                    let mut factors = [V::splat(0.0); 4];
                    for c in 0..4 {
                        factors[c] = V::splat(*packed.add(c));
                    }
                    for v in 0..BLOCK {
                        let value = V::load(values.add(v * V::N));
                        for c in 0..4 {
                            products[c][v] = products[c][v].plus_product(factors[c], value);
                        }
                    }
                    values = values.add(ROWS);
                    packed = packed.add(4);
                }
                for c in 0..4 {
                    for v in 0..BLOCK {
                        square[v] = square[v].plus_product(products[c][v], products[c][v]);
                    }
                }
            }
            for v in 0..BLOCK {
                square[v].store(squares.as_mut_ptr().add(first_row + v * V::N));
            }
        }
    }
}

on_this_processor! {
    /// Adds `∑ᵢ aᵢ aᵢᵀ` over the rows of `a`, each `width` long, to the upper triangle of `gram`, shape (`width`, `width`); what
    /// happens below the diagonal is left open.
    fn add_outer_products(rows: &[f64], width: usize, gram: &mut [f64])
    by add_outer_products_by::<blocks>,
    if width.is_multiple_of(8) && rows.len().is_multiple_of(width.max(1)) && gram.len() == width * width
}

#[inline(always)]
unsafe fn add_outer_products_by<V: Lanes, const BLOCK: usize>(
    rows: &[f64],
    width: usize,
    gram: &mut [f64],
) {
    unsafe {
        for first in (0..width).step_by(4) {
            let mut column = first / V::N * V::N;
            while column < width {
                let vectors = ((width - column) / V::N).min(BLOCK);
                match vectors {
                    4 => outer_block::<V, 4>(rows, width, first, column, gram),
                    3 => outer_block::<V, 3>(rows, width, first, column, gram),
                    2 => outer_block::<V, 2>(rows, width, first, column, gram),
                    _ => outer_block::<V, 1>(rows, width, first, column, gram),
                }
                column += V::N * vectors;
            }
        }
    }
}

/// Four rows of the sum, over some vectors of columns.
#[inline(always)]
unsafe fn outer_block<V: Lanes, const BLOCK: usize>(
    rows: &[f64],
    width: usize,
    first: usize,
    column: usize,
    gram: &mut [f64],
) {
    unsafe {
        let mut sums = [[V::splat(0.0); BLOCK]; 4];
        let mut row = rows.as_ptr();
        let end = row.add(rows.len());
        while row < end {
            let mut factors = [V::splat(0.0); 4];
            for i in 0..4 {
                factors[i] = V::splat(*row.add(first + i));
            }
            for v in 0..BLOCK {
                let value = V::load(row.add(column + v * V::N));
                for i in 0..4 {
                    sums[i][v] = sums[i][v].plus_product(factors[i], value);
                }
            }
            row = row.add(width);
        }
        for i in 0..4 {
            for v in 0..BLOCK {
                let place = gram
                    .as_mut_ptr()
                    .add((first + i) * width + column + v * V::N);
                V::load(place)
                    .plus_product(V::splat(1.0), sums[i][v])
                    .store(place);
            }
        }
    }
}
