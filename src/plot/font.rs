//! The bundled font, `DejaVuSans.ttf`: how wide a text is, and where each of its letters starts.
//!
//! plotters draws letters but leaves out the space before each (the left side bearing) and measures whole pixels only, so the
//! widths are read here from the font's own tables: `cmap` (letter to glyph) and `hmtx` (glyph to width).

use std::sync::OnceLock;

use plotters::style::{FontStyle, register_font};

/// The name the font has in plotters, and the list a browser chooses from when it shows an SVG.
pub(super) const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// Height of a line in plotters' sense (ascent plus descent) for letters of size 1.
pub(super) const LINE_HEIGHT: f64 = 2384.0 / 2048.0;

static BYTES: &[u8] = include_bytes!("font/DejaVuSans.ttf");

/// Makes the font known to plotters; later calls do nothing.
pub(super) fn register() {
    static DONE: OnceLock<bool> = OnceLock::new();
    DONE.get_or_init(|| register_font(FAMILY, FontStyle::Normal, BYTES).is_ok());
}

/// Where the tables that give the widths begin.
struct Tables {
    units_per_em: f64,
    cmap: usize,
    hmtx: usize,
    n_widths: usize,
}

fn u16_at(offset: usize) -> usize {
    BYTES.get(offset..offset + 2).map_or(0, |pair| {
        usize::from(u16::from_be_bytes([pair[0], pair[1]]))
    })
}

fn u32_at(offset: usize) -> usize {
    (u16_at(offset) << 16) | u16_at(offset + 2)
}

fn table(tag: &[u8]) -> usize {
    (0..u16_at(4))
        .map(|i| 12 + 16 * i)
        .find(|&entry| BYTES.get(entry..entry + 4) == Some(tag))
        .map_or(0, |entry| u32_at(entry + 8))
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| {
        let cmap = table(b"cmap");
        let format_4 = (0..u16_at(cmap + 2))
            .map(|i| cmap + u32_at(cmap + 4 + 8 * i + 4))
            .find(|&start| u16_at(start) == 4);
        Tables {
            units_per_em: (u16_at(table(b"head") + 18) as f64).max(1.0),
            cmap: format_4.unwrap_or(0),
            hmtx: table(b"hmtx"),
            n_widths: u16_at(table(b"hhea") + 34).max(1),
        }
    })
}

/// The glyph of a letter; 0, the empty box, where the font has none.
fn glyph(letter: char) -> usize {
    let cmap = tables().cmap;
    let code = u32::from(letter) as usize;
    if code > 0xffff {
        return 0;
    }
    let doubled = u16_at(cmap + 6);
    let (ends, starts) = (cmap + 14, cmap + 16 + doubled);
    let Some(segment) = (0..doubled / 2).find(|i| u16_at(ends + 2 * i) >= code) else {
        return 0;
    };
    let start = u16_at(starts + 2 * segment);
    if start > code {
        return 0;
    }
    let delta = u16_at(starts + doubled + 2 * segment);
    let place = starts + 2 * doubled + 2 * segment;
    match u16_at(place) {
        0 => (code + delta) & 0xffff,
        offset => match u16_at(place + offset + 2 * (code - start)) {
            0 => 0,
            found => (found + delta) & 0xffff,
        },
    }
}

/// The width of a letter and the space in front of its ink, for letters of size 1.
fn metrics(letter: char) -> (f64, f64) {
    let tables = tables();
    let glyph = glyph(letter);
    let last = tables.n_widths - 1;
    let width = u16_at(tables.hmtx + 4 * glyph.min(last));
    let bearing = if glyph <= last {
        u16_at(tables.hmtx + 4 * glyph + 2)
    } else {
        u16_at(tables.hmtx + 4 * tables.n_widths + 2 * (glyph - tables.n_widths))
    };
    let signed = if bearing > 0x7fff {
        bearing as f64 - 65_536.0
    } else {
        bearing as f64
    };
    (
        width as f64 / tables.units_per_em,
        signed / tables.units_per_em,
    )
}

/// The width of a text in letters of the given size.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(|letter| metrics(letter).0).sum::<f64>() * size
}

/// Each letter of a text with the place of the pen and of its ink, measured from the start of the text.
pub(super) fn letters(text: &str, size: f64) -> impl Iterator<Item = (char, f64, f64)> {
    text.chars().scan(0.0, move |pen, letter| {
        let (advance, bearing) = metrics(letter);
        let here = *pen;
        *pen += advance * size;
        Some((letter, here, bearing * size))
    })
}

/// The largest size, from `size` down to `least`, at which a text is at most `room` wide, and the text, cut with an ellipsis if
/// it is still too wide at the least size.
pub(super) fn fit(text: &str, size: f64, least: f64, room: f64) -> (String, f64) {
    let natural = width(text, size);
    if natural <= room {
        return (text.to_owned(), size);
    }
    let shrunk = (size * room / natural).max(least.min(size));
    if width(text, shrunk) <= room + 1e-9 {
        return (text.to_owned(), shrunk);
    }
    let mut cut: Vec<char> = text.chars().collect();
    while cut.pop().is_some() {
        let candidate: String = cut.iter().chain(['…'].iter()).collect();
        if width(&candidate, shrunk) <= room {
            return (candidate, shrunk);
        }
    }
    (String::new(), shrunk)
}
