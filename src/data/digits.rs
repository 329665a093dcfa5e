//! Handwritten digits: MNIST as it is bundled, or any data of the same form.

use super::{GreyImage, data_dir, idx};
use crate::{Error, Keep, Pca, Result, check};
use flate2::read::GzDecoder;
use ndarray::{Array2, Axis, s};
use std::fmt;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

/// What a grey level is worth on the scale from 0 to 1.
const UNIT: f64 = 1.0 / 255.0;

/// Grey-level images of digits, all of one size, and what they show.
///
/// # Examples
///
/// ```
/// let digits = em_lab::Digits::first(100)?;
/// assert_eq!(digits.pixels.dim(), (100, 784));
/// assert_eq!(digits.labels[..5], [5, 0, 4, 1, 9]);
/// # Ok::<(), em_lab::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Digits {
    /// The grey levels 0 (black) to 255 (white), shape (`n_images`, height × width): an image a row, row after row of it.
    pub pixels: Array2<u8>,
    /// The digit that each image shows.
    pub labels: Vec<usize>,
    /// The images' height in pixels.
    pub height: usize,
    /// The images' width in pixels.
    pub width: usize,
}

impl Digits {
    /// Reads all 70,000 images of MNIST: the 60,000 for training, then the 10,000 for testing.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if a bundled file is missing or damaged.
    pub fn load() -> Result<Self> {
        let (mut training, test) = (Self::bundled("train")?, Self::bundled("t10k")?);
        check::same(
            "Each test image",
            "pixel",
            test.pixels.ncols(),
            training.pixels.ncols(),
            "as in the training images",
        )?;
        // The widths agree, so that this cannot fail.
        let appended = training.pixels.append(Axis(0), test.pixels.view());
        appended.map_err(|error| Error::LinearAlgebra {
            what: error.to_string(),
        })?;
        training.labels.extend(test.labels);
        Ok(training)
    }

    /// Reads the first `n` images of MNIST, the training images first.
    ///
    /// # Errors
    ///
    /// As [`Digits::load`]; [`Error::Parameter`] if there are not so many.
    pub fn first(n: usize) -> Result<Self> {
        let out_of_range = |largest: &str| Error::Parameter {
            name: "The number of digits".into(),
            found: n.to_string(),
            expected: format!("at least 1{largest}"),
        };
        if n == 0 {
            return Err(out_of_range(""));
        }
        let mut digits = Self::bundled("train")?;
        if n > digits.len() {
            digits = Self::load()?;
        }
        if n > digits.len() {
            return Err(out_of_range(&format!(" and at most {}", digits.len())));
        }
        digits.pixels = digits.pixels.slice(s![..n, ..]).to_owned();
        digits.labels.truncate(n);
        Ok(digits)
    }

    fn bundled(part: &str) -> Result<Self> {
        let folder = data_dir().join("mnist");
        let file = |content: &str| folder.join(format!("{part}-{content}-ubyte.gz"));
        Self::from_idx(file("images-idx3"), file("labels-idx1"))
    }

    /// Reads images and labels from two gzip files in the IDX format, of any number and size of images.
    ///
    /// # Errors
    ///
    /// [`Error::File`] names the file, and what in it is missing, cut off, damaged or of another kind; [`Error::Shape`] if there are
    /// not as many labels as images, [`Error::Empty`] if there are none.
    pub fn from_idx(images: impl AsRef<Path>, labels: impl AsRef<Path>) -> Result<Self> {
        let (sizes, bytes) = idx::read(images.as_ref(), 3)?;
        let (_, label_bytes) = idx::read(labels.as_ref(), 1)?;
        let (n, height, width) = (sizes[0], sizes[1], sizes[2]);
        check::same(
            "The file of labels",
            "label",
            label_bytes.len(),
            n,
            "one for each image in the file of images",
        )?;
        if bytes.is_empty() {
            return Err(Error::Empty {
                what: format!("{}", images.as_ref().display()),
            });
        }
        let pixels = Array2::from_shape_vec((n, height * width), bytes).map_err(|error| {
            Error::LinearAlgebra {
                what: error.to_string(),
            }
        })?;
        Ok(Self {
            pixels,
            labels: label_bytes.into_iter().map(usize::from).collect(),
            height,
            width,
        })
    }

    /// Labels, one for each of the 70,000 digits, that start EM where a known result starts from: k-means clusters of the
    /// digits' first 2 or first 50 principal components.
    ///
    /// They were computed with scikit-learn 1.9.1; from those of 50, EM ends at a Hungarian accuracy of 0.6080.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] for another number of scores than 2 and 50, [`Error::File`] if the bundled file is damaged.
    pub fn start_labels(n_scores: usize) -> Result<Vec<usize>> {
        if n_scores != 2 && n_scores != 50 {
            return Err(Error::Parameter {
                name: "The number of scores".into(),
                found: n_scores.to_string(),
                expected: "2 or 50: start labels are bundled for these".into(),
            });
        }
        let path = data_dir().join(format!("mnist/start-labels-pca{n_scores}.u8.gz"));
        let mut labels = Vec::new();
        GzDecoder::new(super::read(&path)?.as_slice())
            .read_to_end(&mut labels)
            .map_err(|error| Error::File {
                place: path.display().to_string(),
                problem: format!("is not a whole gzip file ({error})"),
                remedy: "Restore it from the repository".into(),
            })?;
        Ok(labels.into_iter().map(usize::from).collect())
    }

    /// The number of images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The pixels as numbers from 0 to 1, shape (`n_images`, height × width).
    #[must_use]
    pub fn unit(&self) -> Array2<f64> {
        self.pixels.mapv(|byte| f64::from(byte) / 255.0)
    }

    /// The pixels as numbers from 0 to 255, shape (`n_images`, height × width).
    #[must_use]
    pub fn raw(&self) -> Array2<f64> {
        self.pixels.mapv(f64::from)
    }

    /// Finds the principal components of the pixels as numbers from 0 to 1: [`Pca::fit`] of [`Digits::unit`], without that matrix.
    ///
    /// # Examples
    ///
    /// ```
    /// use em_lab::{Digits, Keep};
    ///
    /// let digits = Digits::first(1_000)?;
    /// let pca = digits.pca(Keep::Count(50))?;
    /// let scores = digits.scores(&pca)?;
    /// assert_eq!(scores.dim(), (1_000, 50));
    /// # Ok::<(), em_lab::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Pca::fit_bytes`].
    pub fn pca(&self, keep: Keep) -> Result<Pca> {
        Pca::fit_bytes(&self.pixels, UNIT, keep)
    }

    /// Returns the scores, shape (`n_images`, `n_kept`), of the pixels as numbers from 0 to 1: [`Pca::transform`] of
    /// [`Digits::unit`], without that matrix.
    ///
    /// # Errors
    ///
    /// As [`Pca::transform_bytes`].
    pub fn scores(&self, pca: &Pca) -> Result<Array2<f64>> {
        pca.transform_bytes(&self.pixels, UNIT)
    }

    /// One of the images, counted from 0.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] if there is no such image.
    pub fn image(&self, n: usize) -> Result<GreyImage> {
        if n >= self.pixels.nrows() {
            return Err(Error::Parameter {
                name: "The image".into(),
                found: n.to_string(),
                expected: format!(
                    "less than {}: images are counted from 0",
                    self.pixels.nrows()
                ),
            });
        }
        let size = (self.height, self.width);
        let pixels = Array2::from_shape_vec(size, self.pixels.row(n).to_vec());
        let pixels = pixels.map_err(|_| Error::Shape {
            what: "Each image".into(),
            found: check::count(self.pixels.ncols(), "pixel"),
            expected: format!(
                "{} x {} were expected: its height and width",
                self.height, self.width
            ),
        })?;
        Ok(GreyImage { pixels })
    }

    /// Writes a CSV file with a header line: the label, then the pixels, an image a line.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if it cannot be written.
    pub fn to_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        self.write_csv(path).map_err(|error| Error::File {
            place: path.display().to_string(),
            problem: format!("cannot be written ({error})"),
            remedy: "Check that the folder exists, that this user may write there, and that the disk is not full".into(),
        })
    }

    fn write_csv(&self, path: &Path) -> std::io::Result<()> {
        let mut file = BufWriter::new(std::fs::File::create(path)?);
        write!(file, "label")?;
        for pixel in 0..self.pixels.ncols() {
            write!(file, ",pixel{pixel}")?;
        }
        for (label, row) in self.labels.iter().zip(self.pixels.rows()) {
            write!(file, "\n{label}")?;
            for pixel in row {
                write!(file, ",{pixel}")?;
            }
        }
        writeln!(file)?;
        file.flush()
    }
}

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} x {} pixels",
            check::count(self.len(), "image"),
            self.height,
            self.width
        )?;
        let last = self.labels.iter().max().map_or(0, |&label| label + 1);
        for digit in 0..last.min(10) {
            let n = self.labels.iter().filter(|&&label| label == digit).count();
            write!(f, "\n{digit:3}   {n}")?;
        }
        Ok(())
    }
}
