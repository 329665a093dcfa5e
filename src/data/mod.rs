//! The data of the notebooks: digits, photographs, synthetic mixtures.

mod digits;
mod idx;
mod image;
#[cfg(feature = "parquet")]
mod parquet;
pub mod synthetic;
#[cfg(feature = "polars")]
mod table;

pub use digits::Digits;
pub use image::{Channel, GreyImage};
#[cfg(feature = "parquet")]
pub use parquet::{ParquetFile, write_parquet};

use crate::{Error, Result};
use std::path::{Path, PathBuf};

/// Where the bundled data are: the folder `EM_LAB_DATA` where that is set, else `data` in the crate's own folder.
#[must_use]
pub fn data_dir() -> PathBuf {
    std::env::var_os("EM_LAB_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("data"),
        PathBuf::from,
    )
}

/// A folder for files that a notebook writes and that nobody keeps: `target/scratch` in the crate's own folder.
///
/// # Errors
///
/// [`Error::File`] if it cannot be made.
pub fn scratch_dir() -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("target")
        .join("scratch");
    std::fs::create_dir_all(&folder).map_err(|error| Error::File {
        place: folder.display().to_string(),
        problem: format!("the folder cannot be made ({error})"),
        remedy: "Give this user the right to write there".into(),
    })?;
    Ok(folder)
}

/// Reads a whole file, or says which one is missing.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| {
        let remedy = if error.kind() == std::io::ErrorKind::NotFound {
            "Check the name; for the bundled files, EM_LAB_DATA must name the folder that holds them"
        } else {
            "Check that it is a file and that this user may read it"
        };
        Error::File { place: path.display().to_string(), problem: format!("cannot be read ({error})"), remedy: remedy.into() }
    })
}
