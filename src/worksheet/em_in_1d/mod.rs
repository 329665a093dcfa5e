//! Worksheet 1, EM in one dimension.
#![allow(
    clippy::type_complexity,
    reason = "a blank's type stands here as the notebook has it"
)]

mod cases;
mod log_likelihood;
mod mixture_density;
mod new_mean;
mod new_standard_deviation;
mod new_weight;
mod responsibility;

pub use log_likelihood::log_likelihood;
pub use mixture_density::mixture_density;
pub use new_mean::new_mean;
pub use new_standard_deviation::new_standard_deviation;
pub use new_weight::new_weight;
pub use responsibility::responsibility;

#[cfg(test)]
mod tests {
    /// A misconception that passes as right, or looks like another, is never diagnosed.
    #[test]
    fn every_misconception_differs_from_the_right_answer_and_from_the_others() {
        let told = [
            super::mixture_density::EXERCISE.indistinguishable(),
            super::log_likelihood::EXERCISE.indistinguishable(),
            super::responsibility::EXERCISE.indistinguishable(),
            super::new_mean::EXERCISE.indistinguishable(),
            super::new_standard_deviation::EXERCISE.indistinguishable(),
            super::new_weight::EXERCISE.indistinguishable(),
        ];
        assert_eq!(told.concat(), Vec::<String>::new());
    }
}
