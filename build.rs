//! Links OpenBLAS for the feature `blas`, and says in one sentence what to install when it is not there.

use std::env;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for name in ["EM_LAB_OPENBLAS_DIR", "CONDA_PREFIX"] {
        println!("cargo:rerun-if-env-changed={name}");
    }
    if env::var_os("CARGO_FEATURE_BLAS").is_none() {
        return;
    }
    println!("cargo:rustc-link-lib=openblas");

    let own: Vec<PathBuf> = [
        env::var_os("EM_LAB_OPENBLAS_DIR").map(PathBuf::from),
        env::var_os("CONDA_PREFIX").map(|prefix| Path::new(&prefix).join("lib")),
        Some(PathBuf::from("/opt/homebrew/opt/openblas/lib")),
        Some(PathBuf::from("/usr/local/opt/openblas/lib")),
    ]
    .into_iter()
    .flatten()
    .filter(|folder| holds_openblas(folder))
    .collect();
    for folder in &own {
        println!("cargo:rustc-link-search=native={}", folder.display());
    }
    // So that tests and programs of this package find it when they run.
    for folder in &own {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{}", folder.display());
    }
    if own.is_empty() && !system_folders().iter().any(|folder| holds_openblas(folder)) {
        println!(
            "cargo:warning=OpenBLAS was not found. Install it (Debian and Ubuntu: apt install libopenblas-dev; macOS: brew install \
             openblas; conda: conda install openblas), name its folder in EM_LAB_OPENBLAS_DIR, or build with \
             --no-default-features to use plain Rust."
        );
    }
}

fn holds_openblas(folder: &Path) -> bool {
    [
        "libopenblas.so",
        "libopenblas.dylib",
        "libopenblas.a",
        "openblas.lib",
    ]
    .iter()
    .any(|name| folder.join(name).exists())
}

fn system_folders() -> Vec<PathBuf> {
    let mut folders = vec![
        PathBuf::from("/usr/lib"),
        "/usr/lib64".into(),
        "/usr/local/lib".into(),
    ];
    if let Some(paths) = env::var_os("LIBRARY_PATH") {
        folders.extend(env::split_paths(&paths));
    }
    if let Ok(target) = env::var("CARGO_CFG_TARGET_ARCH") {
        folders.push(format!("/usr/lib/{target}-linux-gnu").into());
    }
    folders
}
