//! Worksheet 1: for each blank right answers written in different ways, and for each misconception an answer that has it, written
//! as a student would write it.
#![cfg(all(feature = "worksheet", unix))]
#![allow(
    clippy::all,
    clippy::pedantic,
    reason = "students write loops over indices"
)]

mod log_likelihood;
mod mixture_density;
mod new_mean;
mod new_standard_deviation;
mod new_weight;
mod responsibility;
mod responsibility_wrong;
mod words;

use em_lab::worksheet::{Check, Verdict};
use statrs::distribution::{Continuous, Normal};

/// As the notebook gives it.
fn density(x: f64, mean: f64, standard_deviation: f64) -> f64 {
    Normal::new(mean, standard_deviation).map_or(f64::NAN, |normal| normal.pdf(x))
}

fn assert_done(checks: &[Check]) {
    assert!(checks.len() >= 5);
    for (place, check) in checks.iter().enumerate() {
        assert!(check.is_done(), "answer {place}: {check}");
    }
}

/// Each check finds the misconception beside it, and none that the exercise knows is left without an answer that has it.
fn assert_diagnosed(found: &[(&str, Check)]) {
    for (name, check) in found {
        match check.verdict() {
            Verdict::Misconception { name: told, why } => {
                assert_eq!(told, name);
                assert!(why.ends_with('.') && why.chars().count() < 200, "{why}");
            }
            _ => panic!("{name}: {check}"),
        }
    }
    let names: Vec<&str> = found.iter().map(|(name, _)| *name).collect();
    assert_eq!(found[0].1.misconceptions(), names);
}
