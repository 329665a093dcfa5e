//! Cells that wait for exercises, and the line that counts them.

use super::check::{Check, Verdict};
use crate::notebook::block;
use std::fmt;

/// A value that a cell which waits for exercises may end with: it shows itself as it would alone.
pub trait Show {
    /// Shows the value in a notebook.
    fn show(&self);
}

impl Show for () {
    fn show(&self) {}
}

impl Show for String {
    fn show(&self) {
        println!("{}", block("text/plain", self));
    }
}

impl<T: Show> Show for crate::Result<T> {
    fn show(&self) {
        match self {
            Ok(value) => value.show(),
            Err(error) => error.evcxr_display(),
        }
    }
}

macro_rules! shows_itself {
    ($($type:ty),* $(,)?) => {$(
        impl Show for $type {
            fn show(&self) {
                self.evcxr_display();
            }
        }
    )*};
}

shows_itself!(
    crate::Animation,
    crate::Chart,
    crate::Figure,
    crate::Film,
    crate::Fit,
    crate::GaussianMixture,
    crate::ImageGrid,
    crate::Panel,
);

/// What [`after`] returns: the cell's value, or what it waits for.
#[derive(Clone, Debug, PartialEq)]
pub struct After<T>(Result<T, String>);

/// Runs a cell if these exercises are done; says which are not otherwise.
///
/// ```
/// use em_lab::worksheet::{after, em_in_1d};
///
/// fn new_weight(_responsibility: &[f64]) -> f64 {
///     todo!()
/// }
///
/// let cell = after(&[|| em_in_1d::new_weight(new_weight).exercise(6, 2)], || new_weight(&[1.0]));
/// assert_eq!(cell.waits_for(), Some("This cell waits for exercise 6 (new_weight)."));
/// ```
pub fn after<T>(exercises: &[fn() -> Check], cell: impl FnOnce() -> T) -> After<T> {
    let waiting: Vec<String> = exercises
        .iter()
        .map(|check| check())
        .filter(|check| !check.is_done())
        .map(|check| check.short())
        .collect();
    if waiting.is_empty() {
        return After(Ok(cell()));
    }
    let noun = if waiting.len() == 1 {
        "exercise"
    } else {
        "exercises"
    };
    After(Err(format!(
        "This cell waits for {noun} {}.",
        enumerate(&waiting)
    )))
}

impl<T> After<T> {
    /// The sentence that says what the cell waits for, if it does.
    pub fn waits_for(&self) -> Option<&str> {
        self.0.as_ref().err().map(String::as_str)
    }
}

impl<T: Show> After<T> {
    /// Shows the cell's value in a notebook, or what it waits for.
    pub fn evcxr_display(&self) {
        match &self.0 {
            Ok(value) => value.show(),
            Err(waits) => {
                println!(
                    "{}",
                    block("text/html", &format!("<em>{}</em>", escape(waits)))
                );
                println!("{}", block("text/plain", waits));
            }
        }
    }
}

/// Which exercises of a worksheet are done, and how many points that makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    checks: Vec<Check>,
}

/// Checks all exercises of a worksheet.
#[must_use]
pub fn progress(exercises: &[fn() -> Check]) -> Progress {
    Progress {
        checks: exercises.iter().map(|check| check()).collect(),
    }
}

impl Progress {
    /// `2 of 6 exercises are done: 5 of 12 points.`
    fn line(&self) -> String {
        let done = self.checks.iter().filter(|check| check.is_done()).count();
        let points: u32 = self.checks.iter().map(Check::points).sum();
        let of: u32 = self.checks.iter().map(Check::worth).sum();
        format!(
            "{done} of {} exercises are done: {points} of {of} points.",
            self.checks.len()
        )
    }

    /// Shows the progress in a notebook.
    pub fn evcxr_display(&self) {
        let rows: Vec<String> = self
            .checks
            .iter()
            .map(|check| format!("<li>{}</li>", escape(&entry(check))))
            .collect();
        let rows = rows.concat();
        let html = format!(
            "<strong>{}</strong><ul style=\"list-style:none;padding-left:0.8em\">{rows}</ul>",
            self.line()
        );
        println!("{}", block("text/html", &html));
        println!("{}", block("text/plain", &self.to_string()));
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.line())?;
        self.checks
            .iter()
            .try_for_each(|check| write!(f, "\n{}", entry(check)))
    }
}

/// `✓ Exercise 3, responsibility: done, 2 points`.
fn entry(check: &Check) -> String {
    let (sign, state) = check.state();
    let named = match check.verdict() {
        Verdict::Misconception { name, .. } => format!(" ({name})"),
        _ => String::new(),
    };
    format!(
        "{sign} {}: {state}{named}, {} of {} points",
        check.title(),
        check.points(),
        check.worth()
    )
}

/// `3, 4 and 5`.
fn enumerate(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
