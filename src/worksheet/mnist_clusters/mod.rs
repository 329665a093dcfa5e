//! Worksheet 4, seventy thousand digits and no labels.

mod best_matching;
mod project;
mod share_of_variance;
mod share_right;

pub use best_matching::best_matching;
pub use project::project;
pub use share_of_variance::share_of_variance;
pub use share_right::share_right;

#[cfg(test)]
mod tests {
    #[test]
    fn misconceptions_are_told_apart_and_each_has_an_answer() {
        let tests = include_str!("../../../tests/worksheet_mnist_clusters.rs");
        let matching = include_str!("../../../tests/worksheet_matching.rs");
        let told = [
            super::share_of_variance::EXERCISE.indistinguishable(),
            super::project::EXERCISE.indistinguishable(),
            super::best_matching::EXERCISE.indistinguishable(),
            super::share_right::EXERCISE.indistinguishable(),
        ];
        assert_eq!(told.concat(), Vec::<String>::new());
        let unanswered = [
            super::share_of_variance::EXERCISE.unanswered(tests),
            super::project::EXERCISE.unanswered(tests),
            super::best_matching::EXERCISE.unanswered(matching),
            super::share_right::EXERCISE.unanswered(matching),
        ];
        assert_eq!(unanswered.concat(), Vec::<&str>::new());
    }
}
