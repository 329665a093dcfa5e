//! Round numbers along an axis, and how they are written.

use ndarray::Array2;

use super::layer::Range;

/// A place on an axis and the text beside it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub value: f64,
    pub text: String,
}

/// The distance between ticks: the least of 1, 2, 2.5 and 5 times a power of ten that leaves at most `most` of them; a whole
/// number where `whole` is set.
pub(super) fn step((low, high): Range, most: usize, whole: bool) -> f64 {
    let span = high - low;
    let raw = span / most.max(1) as f64;
    let power = raw.log10().floor();
    let candidates = (0..3).flat_map(|extra| {
        [1.0, 2.0, 2.5, 5.0].map(|mantissa| mantissa * 10_f64.powf(power + f64::from(extra)))
    });
    candidates
        .filter(|step| !whole || (step.fract() == 0.0 && *step >= 1.0))
        .find(|step| (high / step).floor() - (low / step).ceil() < most.max(1) as f64)
        .unwrap_or(span.max(1.0))
}

/// Ticks at the multiples of `step` from `low` to `high`.
///
/// Each is computed by one product, so no rounding error adds up along the axis.
pub(super) fn ticks((low, high): Range, step: f64) -> Vec<Tick> {
    let slack = 1e-9 * (high - low) / step;
    let first = (low / step - slack).ceil();
    let last = (high / step + slack).floor();
    let values: Vec<f64> = (0..64)
        .map(|i| first + f64::from(i))
        .take_while(|&i| i <= last)
        .map(|i| clean(i, step))
        .collect();
    let texts = texts(&values, step);
    values
        .into_iter()
        .zip(texts)
        .map(|(value, text)| Tick { value, text })
        .collect()
}

/// The product i · step without the noise of binary fractions: 0.3, not 0.30000000000000004; 0, not -0.
fn clean(i: f64, step: f64) -> f64 {
    let value = i * step;
    format!("{value:.12e}").parse().unwrap_or(value) + 0.0
}

/// Decimals needed to write `step` exactly, up to 12.
fn decimals(step: f64) -> usize {
    (0..12_i32)
        .find(|&d| {
            let scaled = step * 10_f64.powi(d);
            (scaled - scaled.round()).abs() < 1e-6 * scaled.abs()
        })
        .map_or(12, |d| d.unsigned_abs() as usize)
}

/// How the ticks are written: plainly, or as multiples of one power of ten where plain numbers would be long.
fn texts(values: &[f64], step: f64) -> Vec<String> {
    let largest = values.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
    if largest == 0.0 || (1e-3..1e7).contains(&largest) {
        let places = decimals(step);
        return values.iter().map(|v| plain(*v, places)).collect();
    }
    let exponent = largest.log10().floor();
    let unit = 10_f64.powf(exponent);
    let places = decimals(step / unit);
    let power = format!("×10{}", superscript(&format!("{exponent}")));
    values
        .iter()
        .map(|v| {
            if *v == 0.0 {
                "0".to_owned()
            } else {
                plain(v / unit, places) + &power
            }
        })
        .collect()
}

/// A number with a fixed count of decimals and a real minus sign.
pub(super) fn plain(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    match text.strip_prefix('-') {
        Some(digits) if digits.chars().all(|c| c == '0' || c == '.') => digits.to_owned(),
        Some(digits) => format!("−{digits}"),
        None => text,
    }
}

/// The numbers in a heat map's cells: whole if all are whole, else all with as many decimals as leave the largest about three
/// digits; powers of ten where they are huge or tiny.
pub(super) fn cell_texts(matrix: &Array2<f64>) -> Array2<String> {
    let largest = matrix.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
    let scientific = |value: f64| {
        if value == 0.0 {
            return "0".to_owned();
        }
        let exponent = value.abs().log10().floor();
        let mantissa = plain(value / 10_f64.powf(exponent), 1);
        format!("{mantissa}×10{}", superscript(&format!("{exponent}")))
    };
    let places = match largest {
        _ if matrix.iter().all(|v| v.fract() == 0.0) => 0,
        v if v >= 1000.0 => 0,
        v if v >= 100.0 => 1,
        v if v >= 0.1 => 2,
        _ => 4,
    };
    if largest == 0.0 || (1e-2..1e7).contains(&largest) {
        matrix.mapv(|v| plain(v, places))
    } else {
        matrix.mapv(scientific)
    }
}

fn superscript(digits: &str) -> String {
    const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    digits
        .chars()
        .map(|c| match c.to_digit(10) {
            Some(d) => RAISED[d as usize % 10],
            None if c == '-' => '⁻',
            None => c,
        })
        .collect()
}
