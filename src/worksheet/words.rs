//! The sentences of a check.

use super::answer::Numbers;
use super::trial::End;

/// A number as a student would write it: six digits, without the noise of the last bits.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return value.to_string();
    }
    if !(1e-4..1e7).contains(&size) {
        return format!("{value:.5e}");
    }
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The answer has another number of entries than the one expected.
pub(super) fn shape(answer: &Numbers, expected: &Numbers, axes: &[&str], place: &str) -> String {
    let one_each = match axes {
        [] => String::new(),
        axes => format!(
            ", one entry for each {}",
            axes.join(" and each ").replace('|', ", ")
        ),
    };
    format!(
        "The answer has {} {place}; expected {}{one_each}.",
        extent(&answer.shape),
        extent(&expected.shape)
    )
}

fn extent(shape: &[usize]) -> String {
    match shape {
        [] => "a single number".to_owned(),
        [1] => "1 entry".to_owned(),
        [n] => format!("{n} entries"),
        shape => {
            let lengths: Vec<String> = shape.iter().map(usize::to_string).collect();
            format!("the shape ({})", lengths.join(", "))
        }
    }
}

/// The right shape and wrong numbers: where the first and the largest difference are.
pub(super) fn differences(
    answer: &Numbers,
    expected: &Numbers,
    differences: &[(usize, f64)],
    axes: &[&str],
    place: &str,
) -> String {
    let (first, _) = differences[0];
    let largest = differences.iter().fold(differences[0], |largest, &next| {
        if next.1 > largest.1 { next } else { largest }
    });
    let at = |place: usize| {
        let index = answer.index(place);
        let parts: Vec<String> = axes
            .iter()
            .zip(&index)
            .map(|(axis, i)| match axis.split('|').nth(*i) {
                Some(entry) if axis.contains('|') => entry.to_owned(),
                _ => format!("{axis} {i}"),
            })
            .collect();
        if parts.is_empty() {
            String::new()
        } else {
            format!(" at {}", parts.join(", "))
        }
    };
    let both = |place: usize| {
        let (found, wanted) = (answer.values[place], expected.values[place]);
        let (mut left, mut right) = (number(found), number(wanted));
        if left == right {
            // Six digits do not tell them apart.
            (left, right) = (found.to_string(), wanted.to_string());
        }
        format!("{left} where {right} was expected")
    };
    let mut text = format!(
        "Right shape, wrong value {place}: {}{}",
        both(first),
        at(first)
    );
    if answer.values.len() > 1 {
        let (n, of) = (differences.len(), answer.values.len());
        text = format!("{text} is the first difference, of {n} in {of} entries");
        if largest.0 != first {
            text = format!(
                "{text}; the largest is {}{}",
                both(largest.0),
                at(largest.0)
            );
        }
    }
    if axes.is_empty() {
        text + "."
    } else {
        text + " (counted from 0)."
    }
}

/// The function did not come to an end of its own.
pub(super) fn stopped(end: &End, place: &str) -> String {
    match end {
        End::Panic(message) => format!("The function panicked {place}: {message}."),
        End::TooLong => format!(
            "The function did not come to an end {place}: it was stopped after a second of work. Look for a loop whose condition never changes."
        ),
        End::Error(message) => format!("The function returned an error {place}: {message}"),
        End::StackOverflow => {
            format!(
                "The function ran out of stack {place}: it seems to call itself without an end."
            )
        }
        End::Gone(how) => format!("The function {how}, {place}. It should return its answer."),
        End::Whole | End::NotDone => String::new(),
    }
}

/// The text in lines of at most this many characters, broken at blanks.
pub(super) fn wrapped(text: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is a first line");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}
