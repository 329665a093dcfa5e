//! Worksheet 3, a photograph as a mixture.

mod classify;
mod fit_histogram;
mod threshold;

pub use classify::classify;
pub use fit_histogram::fit_histogram;
pub use threshold::threshold;

/// ln σₖ and the distance from μₖ in standard deviations are what the densities of two components differ in.
fn log_density(value: f64, mean: f64, standard_deviation: f64) -> f64 {
    let distance = (value - mean) / standard_deviation;
    -standard_deviation.ln() - 0.5 * distance * distance
}

#[cfg(test)]
mod tests {
    #[test]
    fn misconceptions_are_told_apart_and_each_has_an_answer() {
        let tests = include_str!("../../../tests/worksheet_image_segmentation.rs");
        let histogram = include_str!("../../../tests/worksheet_histogram.rs");
        let told = [
            super::classify::EXERCISE.indistinguishable(),
            super::threshold::EXERCISE.indistinguishable(),
            super::fit_histogram::EXERCISE.indistinguishable(),
        ];
        assert_eq!(told.concat(), Vec::<String>::new());
        let unanswered = [
            super::classify::EXERCISE.unanswered(tests),
            super::threshold::EXERCISE.unanswered(tests),
            super::fit_histogram::EXERCISE.unanswered(histogram),
        ];
        assert_eq!(unanswered.concat(), Vec::<&str>::new());
    }
}
