//! Every error is reached, and says in whole sentences what was found, what was expected and what to do.

#[path = "../common/mod.rs"]
mod common;
mod data;
mod files;
mod fits;

use em_lab::Error;
use std::fmt::Debug;
use std::path::PathBuf;

#[track_caller]
fn says<T: Debug>(result: Result<T, Error>, message: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.to_string(), message);
    assert_eq!(
        format!("{error:?}"),
        message,
        "a notebook shows the Debug text"
    );
}

/// The message with the file's own folder left out.
#[track_caller]
fn says_of_file<T: Debug>(result: Result<T, Error>, folder: &std::path::Path, message: &str) {
    let error = result.unwrap_err();
    assert_eq!(
        error
            .to_string()
            .replace(&format!("{}/", folder.display()), ""),
        message
    );
}

/// A folder of this test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
