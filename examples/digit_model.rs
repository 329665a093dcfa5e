//! The model of the digit page, as notebook 5 exports it, which digit each component shows, the thousand real digits that the page
//! compares with, and some digits of the model for the page's tests. 40 seconds on two cores.
//!
//! ```text
//! cargo run --example digit_model -- FOLDER
//! ```

use em_lab::{DigitModel, Digits, Em, Keep, Result};
use std::path::{Path, PathBuf};

const N_KEPT: usize = 40;
const N_COMPONENTS: usize = 60;
const N_REAL: usize = 1_000;
const N_SEEDS: u64 = 200;

fn main() -> Result<()> {
    let folder = PathBuf::from(
        std::env::args()
            .nth(1)
            .unwrap_or_else(|| "target/web".into()),
    );
    let digits = Digits::load()?;
    let pca = digits.pca(Keep::Count(N_KEPT))?;
    let scores = digits.scores(&pca)?;
    let fit = Em::new(N_COMPONENTS).tolerance(1e-2).fit(&scores)?;
    println!("{} iterations: {}", fit.n_iterations(), fit.stop);
    let model = DigitModel::new(&pca, &fit.model, digits.width)?;
    model.save(folder.join("digits.model"))?;
    println!("{model}");

    // The digit that most of each component's images show.
    let found = fit.model.predict(&scores)?;
    let mut counts = vec![[0; 10]; N_COMPONENTS];
    for (&component, &label) in found.iter().zip(&digits.labels) {
        counts[component][label] += 1;
    }
    let commonest = |counts: &[usize; 10]| {
        (0..10_u8)
            .max_by_key(|&label| counts[usize::from(label)])
            .unwrap_or(0)
    };
    let labels: Vec<u8> = counts.iter().map(commonest).collect();
    write(&folder.join("component-labels.bin"), &labels);

    // 1,000 labels, then 1,000 x 784 grey levels.
    let mut real: Vec<u8> = digits
        .labels
        .iter()
        .take(N_REAL)
        .filter_map(|&l| u8::try_from(l).ok())
        .collect();
    real.extend(digits.pixels.rows().into_iter().take(N_REAL).flatten());
    write(&folder.join("real-digits.bin"), &real);

    // The grey levels of the digits of the seeds 0 to 199, which the page must show too.
    let mut expected = Vec::new();
    for seed in 0..N_SEEDS {
        let image = model.digit(seed)?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        // Grey levels from 0 to 255.
        expected.extend(image.values().into_iter().map(|level| level as u8));
    }
    write(&folder.join("expected-digits.bin"), &expected);
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
