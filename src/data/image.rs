//! Grey-level images, read from PNG.

use super::data_dir;
use crate::{Error, Result, check};
use ndarray::Array2;
use std::io::Cursor;
use std::path::Path;

/// A grey-level image: 0 is black, 255 is white.
///
/// # Examples
///
/// ```
/// let photograph = em_lab::GreyImage::camera()?;
/// assert_eq!((photograph.height(), photograph.width()), (512, 512));
/// # Ok::<(), em_lab::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GreyImage {
    /// The grey levels, shape (height, width); row 0 is at the top.
    pub pixels: Array2<u8>,
}

/// What to take of a colour picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The red component.
    Red,
    /// The green component.
    Green,
    /// The blue component.
    Blue,
    /// The brightness, 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601).
    Luma,
}

impl Channel {
    fn of(self, colour: &[u8]) -> u8 {
        match self {
            Self::Red => colour[0],
            Self::Green => colour[1],
            Self::Blue => colour[2],
            Self::Luma => {
                let sum: u32 = [299, 587, 114]
                    .iter()
                    .zip(colour)
                    .map(|(weight, &level)| weight * u32::from(level))
                    .sum();
                u8::try_from((sum + 500) / 1000).unwrap_or(u8::MAX)
            }
        }
    }
}

impl GreyImage {
    /// The bundled photograph of a man with a camera, 512 x 512.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the bundled file is missing or damaged.
    pub fn camera() -> Result<Self> {
        Self::open(data_dir().join("camera.png"))
    }

    /// The bundled photograph of Greek coins, 303 x 384.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the bundled file is missing or damaged.
    pub fn coins() -> Result<Self> {
        Self::open(data_dir().join("coins.png"))
    }

    /// Reads a grey-level PNG file; what is transparent in it stays as it is underneath.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if it is missing, not a PNG file, damaged, or a colour picture.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        decode(path.as_ref(), None)
    }

    /// Reads one channel of a PNG file; of a grey-level file, its grey levels.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if it is missing, not a PNG file or damaged.
    pub fn open_channel(path: impl AsRef<Path>, channel: Channel) -> Result<Self> {
        decode(path.as_ref(), Some(channel))
    }

    /// Makes an image from numbers, row after row: `low` becomes black, `high` white, what lies beyond is cut off there.
    ///
    /// # Errors
    ///
    /// [`Error::Shape`] if the values do not fill whole rows, [`Error::Parameter`] if `low` is not below `high`,
    /// [`Error::NotFinite`] and [`Error::Empty`] as everywhere.
    pub fn from_values(values: &[f64], width: usize, low: f64, high: f64) -> Result<Self> {
        if !(low < high && (high - low).is_finite()) {
            return Err(Error::Parameter {
                name: "The range from low to high".into(),
                found: format!("{low} to {high}"),
                expected: "finite, with low below high".into(),
            });
        }
        check::matrix("The list of grey values", &check::column(values))?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        // Rounded and cut to 0..=255.
        let level = |value: f64| {
            ((value - low) / (high - low) * 255.0)
                .round()
                .clamp(0.0, 255.0) as u8
        };
        rows_of(values.iter().copied().map(level).collect(), width)
    }

    /// Makes an image from labels, row after row: evenly spaced greys, label 0 black and the last one white.
    ///
    /// # Errors
    ///
    /// As [`GreyImage::from_values`]; [`Error::Parameter`] if a label is not below `n_labels`.
    pub fn from_labels(labels: &[usize], width: usize, n_labels: usize) -> Result<Self> {
        if let Some(n) = labels.iter().position(|&label| label >= n_labels) {
            return Err(Error::Parameter {
                name: format!("Label {n}"),
                found: labels[n].to_string(),
                expected: format!("less than {n_labels}, the number of labels"),
            });
        }
        let values: Vec<f64> = labels.iter().map(|&label| label as f64).collect();
        Self::from_values(&values, width, 0.0, n_labels.max(2) as f64 - 1.0)
    }

    /// The grey levels as numbers from 0 to 255, row after row.
    #[must_use]
    pub fn values(&self) -> Vec<f64> {
        self.pixels.iter().map(|&level| f64::from(level)).collect()
    }

    /// The height in pixels.
    #[must_use]
    pub fn height(&self) -> usize {
        self.pixels.nrows()
    }

    /// The width in pixels.
    #[must_use]
    pub fn width(&self) -> usize {
        self.pixels.ncols()
    }
}

fn rows_of(levels: Vec<u8>, width: usize) -> Result<GreyImage> {
    let n = levels.len();
    if width == 0 || !n.is_multiple_of(width) {
        return Err(Error::Shape {
            what: "The image".into(),
            found: format!("{n} pixels"),
            expected: format!("whole rows of {width} pixels were expected"),
        });
    }
    let pixels = Array2::from_shape_vec((n / width, width), levels).map_err(|error| {
        Error::LinearAlgebra {
            what: error.to_string(),
        }
    })?;
    Ok(GreyImage { pixels })
}

/// The bytes of a picture, at most: a header can announce more than any memory holds.
const LARGEST: usize = 1 << 28;

fn decode(path: &Path, channel: Option<Channel>) -> Result<GreyImage> {
    let fault = |problem: String, remedy: &str| Error::File {
        place: path.display().to_string(),
        problem,
        remedy: remedy.into(),
    };
    let broken = |error: png::DecodingError| {
        fault(
            format!("is not a readable PNG file ({error})"),
            "Save the picture as PNG again",
        )
    };
    let bytes = super::read(path)?;
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(broken)?;
    let size = reader
        .output_buffer_size()
        .ok_or_else(|| fault("is too large".into(), "Save a smaller picture"))?;
    if size > LARGEST {
        return Err(fault("is too large".into(), "Save a smaller picture"));
    }
    let mut buffer = vec![0; size];
    let info = reader.next_frame(&mut buffer).map_err(broken)?;
    buffer.truncate(info.buffer_size());
    let samples = info.color_type.samples();
    let grey = samples < 3;
    let levels = match channel {
        _ if grey => buffer.chunks_exact(samples).map(|pixel| pixel[0]).collect(),
        Some(channel) => buffer
            .chunks_exact(samples)
            .map(|pixel| channel.of(pixel))
            .collect(),
        // A picture saved in colour that has none in it is as good as a grey one.
        None if buffer
            .chunks_exact(samples)
            .all(|p| p[0] == p[1] && p[1] == p[2]) =>
        {
            buffer.chunks_exact(samples).map(|pixel| pixel[0]).collect()
        }
        None => {
            return Err(fault(
                "is a colour picture, but grey levels were expected".into(),
                "Use GreyImage::open_channel with Channel::Luma for its brightness, or with Red, Green or Blue",
            ));
        }
    };
    rows_of(levels, info.width as usize)
}
