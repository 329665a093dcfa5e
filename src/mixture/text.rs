//! A mixture as text and back, bit for bit, and in a file.

use super::{CovarianceModel, GaussianMixture};
use crate::{Error, Result};
use flate2::Crc;
use ndarray::{Array2, Array3};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The first line; another version for another order of what follows.
const TITLE: &str = "em-lab Gaussian mixture, version ";
const VERSION: &str = "1";

impl GaussianMixture {
    /// The model as text that a reader understands and [`from_text`](GaussianMixture::from_text) reads back bit for bit, with a
    /// note of where it comes from; line breaks in the note become blanks.
    ///
    /// ```text
    /// em-lab Gaussian mixture, version 1
    /// note: after 12 iterations
    /// covariance model: VVV
    /// components: 2
    /// features: 1
    /// weights: 0.7 0.3
    /// mean: 0.0                     a line for each component
    /// mean: 5.0
    /// covariance: 1.0               D lines for each component
    /// covariance: 1.0
    /// check: 5d2e0f0c               the CRC-32 of all lines above
    /// ```
    #[must_use]
    pub fn to_text(&self, note: &str) -> String {
        let mut text = format!(
            "{TITLE}{VERSION}\nnote: {}\ncovariance model: {}\ncomponents: {}\nfeatures: {}\n",
            note.split_whitespace().collect::<Vec<_>>().join(" "),
            self.covariance_model,
            self.n_components(),
            self.n_features()
        );
        let mut line = |name: &str, values: &mut dyn Iterator<Item = &f64>| {
            text += name;
            text.push(':');
            for value in values {
                // The shortest decimal number that is nearer to this one than to any other. Writing to a string cannot fail.
                let _ = write!(text, " {value:?}");
            }
            text.push('\n');
        };
        line("weights", &mut self.weights.iter());
        for mean in self.means.rows() {
            line("mean", &mut mean.iter());
        }
        for row in self.covariances.rows() {
            line("covariance", &mut row.iter());
        }
        let check = check(&text);
        text + &format!("check: {check}\n")
    }

    /// The model of a text that [`to_text`](GaussianMixture::to_text) wrote, and its note.
    ///
    /// # Errors
    ///
    /// [`Error::File`], with "the text" in place of a file's name: it is cut off, changed, or of another version.
    pub fn from_text(text: impl AsRef<[u8]>) -> Result<(Self, String)> {
        parse("The text", text.as_ref())
    }

    /// Writes the model into a file, as [`to_text`](GaussianMixture::to_text) has it.
    ///
    /// The file is always whole: what was there before stays until all of the new text is on the disk, even if this program is
    /// killed meanwhile.
    ///
    /// # Examples
    ///
    /// ```
    /// use em_lab::{GaussianMixture, synthetic};
    ///
    /// let model = synthetic::two_dimensions_model();
    /// let path = em_lab::data::scratch_dir()?.join("two_dimensions.txt");
    /// model.save(&path, "the start of notebook 2")?;
    /// let (read, note) = GaussianMixture::load(&path)?;
    /// assert_eq!((read, note.as_str()), (model, "the start of notebook 2"));
    /// # Ok::<(), em_lab::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::File`] if it cannot be written.
    pub fn save(&self, path: impl AsRef<Path>, note: &str) -> Result<()> {
        let path = path.as_ref();
        // Beside the file, for only within one file system a file takes another's place in one step.
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let write = || {
            let mut file = File::create(&part)?;
            file.write_all(self.to_text(note).as_bytes())?;
            file.sync_all()?;
            fs::rename(&part, path)
        };
        write().map_err(|error| {
            // It may not be there at all, and what matters is said already.
            let _ = fs::remove_file(&part);
            Error::File {
                place: path.display().to_string(),
                problem: format!("cannot be written ({error})"),
                remedy: "Check that the folder exists, that this user may write there, and that the disk is not full"
                    .into(),
            }
        })
    }

    /// Reads a model that [`save`](GaussianMixture::save) wrote, and its note.
    ///
    /// # Errors
    ///
    /// [`Error::File`]: there is no such file, or it is cut off, changed, or of another version.
    pub fn load(path: impl AsRef<Path>) -> Result<(Self, String)> {
        let place = path.as_ref().display().to_string();
        let bytes = fs::read(path.as_ref()).map_err(|error| Error::File {
            place: place.clone(),
            problem: format!("cannot be read ({error})"),
            remedy: "Check the name, and that it is a file that this user may read".into(),
        })?;
        parse(&place, &bytes)
    }
}

fn check(text: &str) -> String {
    let mut crc = Crc::new();
    crc.update(text.as_bytes());
    format!("{:08x}", crc.sum())
}

fn parse(place: &str, bytes: &[u8]) -> Result<(GaussianMixture, String)> {
    // A byte that is no text becomes a character that was not written, which the check finds.
    let text = String::from_utf8_lossy(bytes);
    let fault = |problem: &str, remedy: &str| Error::File {
        place: place.into(),
        problem: problem.into(),
        remedy: remedy.into(),
    };
    let Some(version) = text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix(TITLE))
    else {
        let problem = "holds no mixture of this crate";
        return Err(fault(
            problem,
            "Give a file that GaussianMixture::save wrote",
        ));
    };
    if version != VERSION {
        let problem =
            format!("is of version {version:?}, but this program reads version {VERSION}");
        return Err(fault(
            &problem,
            "Read it with the version of em-lab that wrote it",
        ));
    }
    let again = "Take a copy that is whole, or fit the model again";
    let whole = text
        .strip_suffix('\n')
        .and_then(|text| text.rsplit_once('\n'))
        .and_then(|(_, last)| last.strip_prefix("check: "));
    let Some(sum) = whole else {
        return Err(fault("is cut off: its last line is no check", again));
    };
    let content = &text[..text.len() - "check: \n".len() - sum.len()];
    if sum != check(content) {
        return Err(fault("was changed: its check does not fit", again));
    }
    let fields = fields(content.lines().skip(1))
        .map_err(|name| fault(&format!("has no {name} where one belongs"), again))?;
    let model = GaussianMixture::new(&fields.weights, fields.means, fields.covariances).map_err(
        |error| {
            fault(
                &format!(
                    "holds no mixture: {}",
                    error.to_string().trim_end_matches('.')
                ),
                again,
            )
        },
    )?;
    let covariance_model = fields.covariance_model;
    Ok((
        GaussianMixture {
            covariance_model,
            ..model
        },
        fields.note,
    ))
}

struct Fields {
    note: String,
    covariance_model: CovarianceModel,
    weights: Vec<f64>,
    means: Array2<f64>,
    covariances: Array3<f64>,
}

/// What the lines say, or the name of the first that is not as it should be.
fn fields<'a>(mut lines: impl Iterator<Item = &'a str>) -> Result<Fields, &'static str> {
    let mut field = |name: &'static str| {
        let line = lines.next().ok_or(name)?;
        let value = line
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix(':'));
        value.map(str::trim_start).ok_or(name)
    };
    let note = field("note")?.to_string();
    let kind = field("covariance model")?.parse();
    let covariance_model: CovarianceModel = kind.map_err(|_| "covariance model")?;
    let mut size = |name| field(name)?.parse::<usize>().map_err(|_| name);
    let (k, d) = (size("components")?, size("features")?);
    // Line by line, so that no size that a file claims is believed before its numbers are there.
    let mut numbers = |name, n_lines: usize, n: usize| {
        let mut all = Vec::new();
        for _ in 0..n_lines {
            let before = all.len();
            for value in field(name)?.split(' ') {
                all.push(value.parse::<f64>().map_err(|_| name)?);
            }
            if all.len() - before != n {
                return Err(name);
            }
        }
        Ok(all)
    };
    let weights = numbers("weights", 1, k)?;
    let means = numbers("mean", k, d)?;
    let covariances = numbers("covariance", k.saturating_mul(d), d)?;
    let covariances = Array3::from_shape_vec((k, d, d), covariances).map_err(|_| "covariance")?;
    let crossed = |((_, i, j), value): ((usize, usize, usize), &f64)| i != j && value.abs() > 0.0;
    if covariance_model.is_diagonal() && covariances.indexed_iter().any(crossed) {
        return Err("covariance along the features");
    }
    Ok(Fields {
        note,
        covariance_model,
        weights,
        means: Array2::from_shape_vec((k, d), means).map_err(|_| "mean")?,
        covariances,
    })
}
