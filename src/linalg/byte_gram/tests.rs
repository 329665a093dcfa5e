use super::*;
use crate::random;

/// Random bytes, some of them zero; one column is zero and one 255 throughout.
fn bytes(n_rows: usize, n_columns: usize, seed: u64) -> Array2<u8> {
    let values = random::uniform(n_rows * n_columns, -64.0, 256.0, seed).unwrap();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Clamped to a byte's range.
    let mut pixels = Array2::from_shape_fn((n_rows, n_columns), |(i, j)| {
        values[i * n_columns + j].clamp(0.0, 255.0) as u8
    });
    pixels.column_mut(0).fill(0);
    pixels.column_mut(n_columns - 1).fill(255);
    pixels
}

fn by_definition(pixels: &ArrayRef2<u8>) -> (Array1<i64>, Array2<i64>) {
    let whole = pixels.mapv(i64::from);
    let mut gram = whole.t().dot(&whole);
    for ((i, j), value) in gram.indexed_iter_mut() {
        if i > j {
            *value = 0;
        }
    }
    (whole.sum_axis(ndarray::Axis(0)), gram)
}

#[test]
fn sums_of_bytes_are_exact() {
    for (n_rows, n_columns) in [(1, 2), (3, 5), (511, 17), (513, 49), (1_030, 100)] {
        let pixels = bytes(n_rows, n_columns, 1);
        assert_eq!(gram_of_bytes(&pixels), by_definition(&pixels));
        let every_second = pixels.slice(s![.., ..;2]);
        assert_eq!(gram_of_bytes(&every_second), by_definition(&every_second));
    }
}

#[test]
fn sums_of_bytes_are_exact_with_the_instructions_of_every_processor() {
    type By = fn(&[u8], usize) -> Piece;
    #[allow(unused_mut)] // Other processors have one way only.
    let mut ways: Vec<By> = vec![Piece::by_128_bits];
    #[cfg(target_arch = "x86_64")]
    {
        // SAFETY: each is called only where the processor has the instructions.
        if is_x86_feature_detected!("avx2") {
            ways.push(|bytes, n| unsafe { Piece::by_256_bits(bytes, n) });
        }
        if is_x86_feature_detected!("avx512vnni") && is_x86_feature_detected!("avx512bw") {
            ways.push(|bytes, n| unsafe { Piece::by_512_bits(bytes, n) });
        }
    }
    // The last is the largest that sums of 32 bits hold, at the largest values.
    for pixels in [
        bytes(1_027, 61, 2),
        bytes(2, 3, 3),
        Array2::from_elem((ROWS_IN_32_BITS, 3), 255),
    ] {
        let n_columns = pixels.ncols();
        for way in &ways {
            let mut sums = Array1::zeros(n_columns);
            let mut gram = Array2::zeros((n_columns, n_columns));
            way(pixels.as_slice().unwrap(), n_columns).add_to(&mut sums, &mut gram);
            assert_eq!((sums, gram), by_definition(&pixels));
        }
    }
}

#[test]
fn sums_of_the_brightest_bytes_do_not_overflow() {
    let pixels = Array2::from_elem((200_000, 2), 255);
    let (sums, gram) = gram_of_bytes(&pixels);
    assert_eq!(sums[1], 200_000 * 255);
    assert_eq!(gram[[0, 1]], 200_000 * 255 * 255);
}
