//! The file of a [`DigitModel`].
//!
//! ```text
//! bytes   content, little-endian
//! 8       "em-digit"
//! 4 × 5   whole numbers: version (1), width and height of the images, scores d, components K
//! 8       noise variance, in double precision as the next
//! 8 K     weights
//! 4 D     mean image, in single precision as all that follows
//! 4 D d   axes: for each pixel what every score adds to it
//! 4 K d   means of the components
//! 4 K d (d + 1) / 2   lower triangles of the covariances' Cholesky factors, row after row
//! 4       CRC-32 of all bytes before
//! ```

use super::{DigitModel, to_single};
use crate::{Error, Result, data};
use flate2::Crc;
use ndarray::{Array1, Array2, Array3};
use std::path::Path;

const MAGIC: &[u8; 8] = b"em-digit";
const VERSION: u32 = 1;
const HEADER: usize = 36;
const SUM: usize = 4;

impl DigitModel {
    /// The file as bytes, for [`from_bytes`](Self::from_bytes).
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let sizes = [
            self.width,
            self.height(),
            self.n_kept(),
            self.n_components(),
        ];
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        for size in sizes {
            // Larger arrays than this do not fit into memory.
            bytes.extend(u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes());
        }
        bytes.extend(self.noise_variance.to_le_bytes());
        bytes.extend(self.weights.iter().flat_map(|w| w.to_le_bytes()));
        let triangles = (0..self.n_components()).flat_map(|k| self.triangle(k));
        let singles = self
            .mean
            .iter()
            .chain(&self.loadings)
            .chain(&self.means)
            .copied();
        bytes.extend(
            singles
                .chain(triangles)
                .flat_map(|v| to_single(v).to_le_bytes()),
        );
        bytes.extend(sum_of(&bytes).to_le_bytes());
        bytes
    }

    /// Reads a model from the bytes of its file.
    ///
    /// # Errors
    ///
    /// [`Error::File`] says in what way the bytes are not a model: of another kind, of another version, cut off or changed.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        parse(bytes).map_err(|problem| fault("The model file", &problem))
    }

    /// Writes the model into a file: 118 KB for 30 scores and ten components.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if it cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        std::fs::write(path, self.to_bytes()).map_err(|error| Error::File {
            place: path.display().to_string(),
            problem: format!("cannot be written ({error})"),
            remedy: "Check that the folder exists, has room, and that this user may write there"
                .into(),
        })
    }

    /// Reads a model from a file that [`save`](Self::save) wrote.
    ///
    /// # Errors
    ///
    /// As [`from_bytes`](Self::from_bytes), and [`Error::File`] if there is no such file.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let place = path.display().to_string();
        parse(&data::read(path)?).map_err(|problem| fault(&place, &problem))
    }
}

fn fault(place: &str, problem: &str) -> Error {
    Error::File {
        place: place.into(),
        problem: problem.into(),
        remedy: "Save the model again with DigitModel::save, as at the end of notebook 5".into(),
    }
}

fn sum_of(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

fn whole(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}

/// The model, or what is wrong with the bytes.
fn parse(bytes: &[u8]) -> Result<DigitModel, String> {
    if bytes.is_empty() {
        return Err("is empty".into());
    }
    if !bytes.starts_with(&MAGIC[..bytes.len().min(8)]) {
        return Err("is another kind of file, not a model of digits".into());
    }
    let sizes = [8, 12, 16, 20, 24].map(|at| whole(bytes, at));
    let [
        Some(version),
        Some(width),
        Some(height),
        Some(n_kept),
        Some(n_components),
    ] = sizes
    else {
        return Err(format!("is cut off after {} bytes", bytes.len()));
    };
    if version != VERSION {
        return Err(format!(
            "has version {version}, and this program reads version {VERSION}"
        ));
    }
    let [w, h, d, k] = [width, height, n_kept, n_components].map(|size| size as usize);
    let Some(length) = length_of(w, h, d, k) else {
        return Err(format!(
            "announces {h} x {w} pixels, {d} scores and {k} components, which cannot be"
        ));
    };
    if bytes.len() < length {
        return Err(format!(
            "is cut off: {} of {length} bytes are there",
            bytes.len()
        ));
    }
    if bytes.len() > length {
        return Err(format!("has {} bytes after its end", bytes.len() - length));
    }
    let (content, sum) = bytes.split_at(length - SUM);
    if whole(sum, 0) != Some(sum_of(content)) {
        return Err("was changed or damaged: its checksum is wrong".into());
    }
    let model = numbers(content, [w, h * w, d, k]);
    model
        .filter(is_possible)
        .ok_or_else(|| "holds numbers that no model has".into())
}

/// How long a file with these sizes is; `None` where they make no model, or one that no memory holds.
fn length_of(w: usize, h: usize, d: usize, k: usize) -> Option<usize> {
    let pixels = w.checked_mul(h)?;
    if pixels == 0 || d == 0 || k == 0 || d > pixels {
        return None;
    }
    let triangle = d.checked_mul(d.checked_add(1)?)? / 2;
    let singles = pixels
        .checked_mul(d.checked_add(1)?)?
        .checked_add(k.checked_mul(d.checked_add(triangle)?)?)?;
    let doubles = k.checked_mul(8)?;
    HEADER
        .checked_add(doubles)?
        .checked_add(singles.checked_mul(4)?)?
        .checked_add(SUM)
}

fn numbers(content: &[u8], [width, n_pixels, d, k]: [usize; 4]) -> Option<DigitModel> {
    let (header, rest) = content.split_at(HEADER + 8 * k);
    let double = |b: &[u8]| Some(f64::from_le_bytes(b.try_into().ok()?));
    let noise_variance = double(&header[HEADER - 8..HEADER])?;
    let weights: Option<Array1<f64>> = header[HEADER..].chunks_exact(8).map(double).collect();
    let single = |b: &[u8]| Some(f64::from(f32::from_le_bytes(b.try_into().ok()?)));
    let singles: Option<Vec<f64>> = rest.chunks_exact(4).map(single).collect();
    let mut singles = singles?.into_iter();
    let mut take = |n: usize| singles.by_ref().take(n).collect::<Vec<f64>>();
    let mean = Array1::from(take(n_pixels));
    let loadings = Array2::from_shape_vec((n_pixels, d), take(n_pixels * d)).ok()?;
    let means = Array2::from_shape_vec((k, d), take(k * d)).ok()?;
    let mut factors = Array3::zeros((k, d, d));
    for mut factor in factors.outer_iter_mut() {
        for row in 0..d {
            for (column, value) in take(row + 1).into_iter().enumerate() {
                factor[[row, column]] = value;
            }
        }
    }
    Some(DigitModel {
        width,
        noise_variance,
        weights: weights?,
        mean,
        loadings,
        means,
        factors,
    })
}

fn is_possible(model: &DigitModel) -> bool {
    let mut numbers = (model.mean.iter())
        .chain(&model.loadings)
        .chain(&model.means)
        .chain(&model.factors)
        .chain([&model.noise_variance]);
    let mut factors = model.factors.outer_iter();
    numbers.all(|number| number.is_finite())
        && factors.all(|factor| factor.diag().iter().all(|&entry| entry > 0.0))
        && model.noise_variance > 0.0
        && model.weights.iter().all(|&weight| weight > 0.0)
        && (model.weights.sum() - 1.0).abs() <= 1e-8
}
