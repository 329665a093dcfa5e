//! Answers as students write them: the right ones pass, and each misconception is recognised in an answer that has it.

mod colour;
mod e_step;
mod missing_line;
mod new_covariances;
mod new_means;

use super::super::answer::Answer;
use super::super::check::{Check, Verdict};
use super::super::exercise::Exercise;

/// Each check gives the diagnosis it stands beside, and no misconception of the exercise is without one.
fn assert_diagnosed<I, O: Answer>(exercise: &Exercise<I, O>, answers: &[(&str, Check)]) {
    for (name, check) in answers {
        match check.verdict() {
            Verdict::Misconception { name: found, .. } => assert_eq!(found, name),
            other => panic!("{name}: {other:?}"),
        }
    }
    for known in exercise.misconceptions {
        assert!(
            answers.iter().any(|(name, _)| *name == known.name),
            "no answer has the misconception {}",
            known.name
        );
    }
    assert_eq!(exercise.indistinguishable(), Vec::<String>::new());
}

fn assert_done(checks: &[Check]) {
    for (i, check) in checks.iter().enumerate() {
        assert!(check.is_done(), "right answer {i}: {check}");
    }
}
