//! The IDX format of MNIST: a header of big-endian numbers, then bytes; here always inside gzip.

use crate::{Error, Result, data};
use flate2::read::GzDecoder;
use std::io::Read;
use std::path::Path;

const REMEDY: &str = "Fetch the file again; the download may have been cut off";

/// Returns the sizes of the dimensions (three for images, one for labels) and the bytes.
///
/// The header `0 0 8 d` says: unsigned bytes, d dimensions; then come d sizes of four bytes each.
pub(super) fn read(path: &Path, n_dimensions: u8) -> Result<(Vec<usize>, Vec<u8>)> {
    let fault = |problem: String| Error::File {
        place: path.display().to_string(),
        problem,
        remedy: REMEDY.into(),
    };
    let packed = data::read(path)?;
    let mut bytes = Vec::new();
    // Reading to the end compares gzip's own checksum and length.
    GzDecoder::new(packed.as_slice())
        .read_to_end(&mut bytes)
        .map_err(|error| fault(format!("is not a whole gzip file ({error})")))?;
    let magic = [0, 0, 8, n_dimensions];
    if bytes.get(..4) != Some(&magic) {
        let found = bytes.get(..4).map_or_else(
            || format!("{} bytes", bytes.len()),
            |start| format!("{start:?}"),
        );
        let kind = if n_dimensions == 3 {
            "images"
        } else {
            "labels"
        };
        return Err(fault(format!(
            "starts with {found}, but an IDX file of {kind} starts with {magic:?}"
        )));
    }
    let header = 4 + 4 * usize::from(n_dimensions);
    let Some(sizes) = bytes.get(4..header) else {
        return Err(fault(format!(
            "ends inside its header, after {} of {header} bytes",
            bytes.len()
        )));
    };
    let sizes: Vec<usize> = sizes
        .chunks_exact(4)
        .map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize)
        .collect();
    let expected = sizes
        .iter()
        .try_fold(1_usize, |product, &size| product.checked_mul(size));
    if expected != Some(bytes.len() - header) {
        return Err(fault(format!(
            "holds {} bytes of data, but its header announces {sizes:?}",
            bytes.len() - header
        )));
    }
    bytes.drain(..header);
    Ok((sizes, bytes))
}
