//! The checks of the notebooks' exercises, and what they say (feature `worksheet`).
//!
//! A check runs a student's function on cases that go from telling little to telling much: small ones made by hand, the theorem
//! that it must satisfy, random ones, and the crate. It answers in a sentence: done, not done yet, a known misconception by its
//! name, or where the first and the largest difference are.
//!
//! ```
//! use em_lab::worksheet::{Verdict, em_in_1d};
//!
//! fn new_weight(responsibility: &[f64]) -> f64 {
//!     responsibility.iter().sum()
//! }
//!
//! let check = em_in_1d::new_weight(new_weight);
//! assert!(matches!(check.verdict(), Verdict::Misconception { name: "weights that sum to the number of points", .. }));
//! ```
//!
//! The student's function runs in a process of its own (on Unix) with a limit of time, so that an endless loop or an abort costs a
//! sentence, and nothing it prints can pass for the check's result. A check keeps no state: [`after`] and [`progress`] run the
//! checks again.
//!
//! A new misconception is one entry in the list of its exercise: a name, a sentence, and the mistake as a formula.

mod answer;
mod check;
mod draws;
mod exercise;
mod gate;
mod trial;
mod words;

pub mod em_in_1d;
pub mod em_in_2d;
pub mod image_segmentation;
pub mod mnist_clusters;
pub mod this_digit_does_not_exist;

pub use check::{Check, Verdict};
pub use gate::{After, Progress, Show, after, progress};
