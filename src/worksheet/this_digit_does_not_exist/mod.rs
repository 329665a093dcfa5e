//! Worksheet 5, this digit does not exist.

mod sample_component;
mod sample_point;
mod to_pixels;

pub use sample_component::sample_component;
pub use sample_point::sample_point;
pub use to_pixels::to_pixels;

#[cfg(test)]
mod tests {
    #[test]
    fn misconceptions_are_told_apart_and_each_has_an_answer() {
        let tests = include_str!("../../../tests/worksheet_this_digit_does_not_exist.rs");
        let told = [
            super::sample_component::EXERCISE.indistinguishable(),
            super::sample_point::EXERCISE.indistinguishable(),
            super::to_pixels::EXERCISE.indistinguishable(),
        ];
        assert_eq!(told.concat(), Vec::<String>::new());
        let unanswered = [
            super::sample_component::EXERCISE.unanswered(tests),
            super::sample_point::EXERCISE.unanswered(tests),
            super::to_pixels::EXERCISE.unanswered(tests),
        ];
        assert_eq!(unanswered.concat(), Vec::<&str>::new());
    }
}
