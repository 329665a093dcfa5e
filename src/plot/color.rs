//! Colours: the ten of the crate, their mixtures, and the shades of a heat map.

use super::geometry::to_u8;

/// A colour as its red, green and blue parts, each from 0 to 255 (sRGB).
///
/// # Examples
///
/// ```
/// use em_lab::{Color, TAB10};
///
/// assert_eq!(TAB10[0], Color(0x1f, 0x77, 0xb4));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Color(pub u8, pub u8, pub u8);

impl Color {
    /// The blue that stands for component 0: `TAB10[0]`.
    pub const BLUE: Color = Color(0x1f, 0x77, 0xb4);
    /// A red that is told from `BLUE` by every eye: `TAB10[3]`.
    pub const RED: Color = Color(0xd6, 0x27, 0x28);
    /// The middle grey of things that belong to no component: `TAB10[7]`.
    pub const GREY: Color = Color(0x7f, 0x7f, 0x7f);
    /// Black.
    pub const BLACK: Color = Color(0, 0, 0);

    pub(super) const WHITE: Color = Color(255, 255, 255);
    /// The colour of text.
    pub(super) const INK: Color = Color(0x26, 0x26, 0x26);
    /// The colour of axes and ticks.
    pub(super) const AXIS: Color = Color(0x55, 0x55, 0x55);
    /// The colour of the grid behind the data.
    pub(super) const GRID: Color = Color(0xe6, 0xe6, 0xe6);
    /// The colour of a histogram that stands for all the data.
    pub(super) const BARS: Color = Color(0xc3, 0xc9, 0xd2);

    /// The colour of thin lines that lead from one thing to another.
    pub(super) const LEADER: Color = Color(0xb0, 0xb0, 0xb0);

    /// How light it looks, from 0 (black) to 1 (white).
    pub(super) fn luminance(self) -> f64 {
        (0.299 * f64::from(self.0) + 0.587 * f64::from(self.1) + 0.114 * f64::from(self.2)) / 255.0
    }
}

/// The ten colours of classes and components, in order; component k is drawn in `TAB10[k % 10]` everywhere.
pub const TAB10: [Color; 10] = [
    Color(0x1f, 0x77, 0xb4),
    Color(0xff, 0x7f, 0x0e),
    Color(0x2c, 0xa0, 0x2c),
    Color(0xd6, 0x27, 0x28),
    Color(0x94, 0x67, 0xbd),
    Color(0x8c, 0x56, 0x4b),
    Color(0xe3, 0x77, 0xc2),
    Color(0x7f, 0x7f, 0x7f),
    Color(0xbc, 0xbd, 0x22),
    Color(0x17, 0xbe, 0xcf),
];

/// The shades of a heat map from its least to its greatest value.
pub(super) const SHADES: [Color; 8] = [
    Color(0xff, 0xff, 0xff),
    Color(0xde, 0xeb, 0xf7),
    Color(0xc6, 0xdb, 0xef),
    Color(0x9e, 0xca, 0xe1),
    Color(0x6b, 0xae, 0xd6),
    Color(0x42, 0x92, 0xc6),
    Color(0x21, 0x71, 0xb5),
    Color(0x08, 0x51, 0x9c),
];

/// The colour of number `k` in a palette that starts again at its end; grey where the palette is empty.
pub(super) fn pick(palette: &[Color], k: usize) -> Color {
    match palette.len() {
        0 => Color::GREY,
        n => palette[k % n],
    }
}

/// Mixes the colours of a palette in the given proportions.
///
/// ```text
/// mixed = ∑ₖ wₖ colourₖ / ∑ₖ wₖ
/// ```
///
/// The palette starts again at its end where there are more weights than colours. Negative weights and NaN count as zero; without
/// any weight the mixture is `Color::GREY`.
///
/// # Examples
///
/// ```
/// use em_lab::{Color, blend};
///
/// assert_eq!(blend(&[0.5, 0.5], &[Color(200, 0, 0), Color(0, 0, 100)]), Color(100, 0, 50));
/// ```
#[must_use]
pub fn blend(weights: &[f64], palette: &[Color]) -> Color {
    let mut total = 0.0;
    let mut sum = [0.0; 3];
    for (k, weight) in weights.iter().map(|w| w.max(0.0)).enumerate() {
        let Color(r, g, b) = pick(palette, k);
        total += weight;
        for (channel, value) in sum.iter_mut().zip([r, g, b]) {
            *channel += weight * f64::from(value);
        }
    }
    if total > 0.0 && total.is_finite() {
        let [r, g, b] = sum.map(|channel| to_u8(channel / total));
        Color(r, g, b)
    } else {
        Color::GREY
    }
}

/// The colour at `t`, from 0 to 1, on a scale that runs evenly through `stops`.
pub(super) fn shade(t: f64, stops: &[Color]) -> Color {
    let place = t.clamp(0.0, 1.0) * stops.len().saturating_sub(1) as f64;
    let from = place.floor();
    let upper = pick(stops, super::geometry::to_usize(place.ceil()));
    let lower = pick(stops, super::geometry::to_usize(from));
    blend(&[1.0 - (place - from), place - from], &[lower, upper])
}
