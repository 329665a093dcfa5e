//! From a figure to pixels, PNG and SVG.

use std::cell::RefCell;

use plotters::prelude::{BitMapBackend, IntoDrawingArea, SVGBackend, WHITE};

use super::canvas::{Canvas, fault};
use super::figure::Figure;
use super::lettering::MARK;
use super::quantize::Colors;
use crate::{Error, Result};

/// The longest side of a figure in CSS pixels.
const LONGEST: u32 = 4096;
/// Above this area in CSS pixels a figure is drawn at its final size, to save memory.
const LARGE: u32 = 4_000_000;
/// SVG units for each CSS pixel, so that whole numbers are fine enough.
const SVG_UNITS: u32 = 10;

/// An RGB image.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Raster {
    pub width: usize,
    pub height: usize,
    pub rgb: Vec<u8>,
}

/// Checks that a figure has a size that can be drawn.
pub(super) fn check_size((width, height): (u32, u32)) -> Result<()> {
    if width == 0 || height == 0 || width > LONGEST || height > LONGEST {
        return Err(Error::Parameter {
            name: "The size of the figure".to_owned(),
            found: format!("{width} x {height} pixels"),
            expected: format!("from 1 x 1 to {LONGEST} x {LONGEST} pixels"),
        });
    }
    Ok(())
}

/// Draws a figure with `sharpness` pixels for each CSS pixel, by drawing it twice as large and taking means.
pub(super) fn render(figure: &Figure, sharpness: u32) -> Result<Raster> {
    let (width, height) = figure.size()?;
    check_size((width, height))?;
    let finer = if width * height > LARGE { 1 } else { 2 };
    let scale = sharpness * finer;
    let (wide, high) = (width * scale, height * scale);
    let mut pixels = vec![255; wide as usize * high as usize * 3];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, (wide, high)).into_drawing_area();
        figure.draw(&Canvas {
            area: &area,
            scale: f64::from(scale),
            embedded: None,
            frame: None,
        })?;
        area.present().map_err(fault)?;
    }
    let drawn = Raster {
        width: wide as usize,
        height: high as usize,
        rgb: pixels,
    };
    Ok(if finer == 2 { halve(&drawn) } else { drawn })
}

/// Takes the mean of each square of four pixels.
fn halve(fine: &Raster) -> Raster {
    let stride = fine.width * 3;
    let mut rgb = Vec::with_capacity(fine.rgb.len() / 4);
    for rows in fine.rgb.chunks_exact(2 * stride) {
        let (upper, lower) = rows.split_at(stride);
        for (up, low) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
            for channel in 0..3 {
                let sum = u16::from(up[channel])
                    + u16::from(up[channel + 3])
                    + u16::from(low[channel])
                    + u16::from(low[channel + 3]);
                rgb.push(u8::try_from((sum + 2) / 4).unwrap_or(u8::MAX));
            }
        }
    }
    Raster {
        width: fine.width / 2,
        height: fine.height / 2,
        rgb,
    }
}

/// Encodes pixels, row by row, as PNG.
pub(super) fn encode(
    pixels: &[u8],
    (width, height): (usize, usize),
    color: png::ColorType,
) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let [width, height] = [width, height].map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    encoder.set_filter(png::Filter::Adaptive);
    let mut writer = encoder.write_header().map_err(fault)?;
    writer.write_image_data(pixels).map_err(fault)?;
    writer.finish().map_err(fault)?;
    Ok(bytes)
}

/// Draws a figure as PNG with twice as many pixels as its CSS size.
pub(super) fn png(figure: &Figure) -> Result<Vec<u8>> {
    let raster = render(figure, 2)?;
    encode(
        &raster.rgb,
        (raster.width, raster.height),
        png::ColorType::Rgb,
    )
}

/// Draws a figure as PNG of at most 255 colours: a third as many bytes, for pages that hold more than the picture.
pub(super) fn small_png(figure: &Figure) -> Result<Vec<u8>> {
    let raster = render(figure, 2)?;
    let mut colors = Colors::default();
    let runs = colors.count(&raster);
    let palette = colors.palette(255);
    let mut bytes = Vec::new();
    let [width, height] =
        [raster.width, raster.height].map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    // Differences between indices mean nothing.
    encoder.set_filter(png::Filter::NoFilter);
    let pixels = palette.indices(&runs);
    encoder.set_palette(palette.rgb);
    let mut writer = encoder.write_header().map_err(fault)?;
    writer.write_image_data(&pixels).map_err(fault)?;
    writer.finish().map_err(fault)?;
    Ok(bytes)
}

/// Draws a figure as SVG.
pub(super) fn svg(figure: &Figure) -> Result<String> {
    let (width, height) = figure.size()?;
    check_size((width, height))?;
    let size = (width * SVG_UNITS, height * SVG_UNITS);
    let embedded = RefCell::new(Vec::new());
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        area.fill(&WHITE).map_err(fault)?;
        figure.draw(&Canvas {
            area: &area,
            scale: f64::from(SVG_UNITS),
            embedded: Some(&embedded),
            frame: None,
        })?;
        area.present().map_err(fault)?;
    }
    let drawn = format!("width=\"{}\" height=\"{}\"", size.0, size.1);
    let shown = format!("width=\"{width}\" height=\"{height}\" stroke-linejoin=\"round\"");
    let text = text.replacen(&drawn, &shown, 1);
    Ok(with_pictures(&text, &embedded.into_inner()))
}

/// Puts each picture in the place of the text element that holds its mark.
fn with_pictures(svg: &str, pictures: &[String]) -> String {
    if pictures.is_empty() {
        return svg.to_owned();
    }
    let mut whole =
        String::with_capacity(svg.len() + pictures.iter().map(String::len).sum::<usize>());
    let mut rest = svg;
    while let Some(start) = rest.find(MARK) {
        let opening = rest[..start].rfind("<text").unwrap_or(start);
        whole.push_str(&rest[..opening]);
        let inner = &rest[start + MARK.len_utf8()..];
        let (number, after) = inner.split_once(MARK).unwrap_or((inner, ""));
        if let Some(picture) = number.parse().ok().and_then(|n: usize| pictures.get(n)) {
            whole.push_str(picture);
        }
        rest = after
            .split_once("</text>")
            .map_or(after, |(_, behind)| behind);
    }
    whole.push_str(rest);
    whole
}
