//! Worksheet 1, EM in one dimension.

mod new_weight;

pub use new_weight::new_weight;
