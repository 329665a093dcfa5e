//! What a check found, and how a notebook shows it.

use super::gate::escape;
use super::words::wrapped;
use crate::notebook::block;
use std::fmt;

/// Characters of a line of text, so that a front end has no need to break it inside of a word.
const LINE: usize = 100;

/// What an answer to an exercise is.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Right in every case.
    Done,
    /// The blank is as it was.
    NotDone,
    /// A mistake that has a name.
    Misconception {
        /// Which one.
        name: &'static str,
        /// Why it is one, and what to look at.
        why: &'static str,
    },
    /// Another number of entries than the one expected.
    WrongShape(String),
    /// The right shape, and the first and the largest difference, or the theorem that is broken.
    Wrong(String),
    /// A panic, an endless loop, an end of the program.
    Stopped(String),
}

/// The result of checking one exercise, in words for the student and as a number for the grader.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    name: &'static str,
    verdict: Verdict,
    misconceptions: Vec<&'static str>,
    printed: String,
    number: Option<u32>,
    points: u32,
}

impl Check {
    pub(super) fn new(
        name: &'static str,
        verdict: Verdict,
        misconceptions: Vec<&'static str>,
        printed: &str,
    ) -> Self {
        Self {
            name,
            verdict,
            misconceptions,
            // Whatever a function prints, it cannot begin a block of evcxr's own.
            printed: printed.replace("EVCXR_", "EVCXR-").trim_end().to_owned(),
            number: None,
            points: 1,
        }
    }

    /// The number that the exercise has in its worksheet, and the points that it is worth (1 unless said).
    #[must_use]
    pub fn exercise(mut self, number: u32, points: u32) -> Self {
        self.number = Some(number);
        self.points = points;
        self
    }

    /// What the answer is.
    #[must_use]
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// The names of all mistakes that this check recognises, whatever the answer is.
    #[must_use]
    pub fn misconceptions(&self) -> &[&'static str] {
        &self.misconceptions
    }

    /// Whether the answer is right.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.verdict == Verdict::Done
    }

    /// The points that the answer earns.
    #[must_use]
    pub fn points(&self) -> u32 {
        if self.is_done() { self.points } else { 0 }
    }

    pub(super) fn worth(&self) -> u32 {
        self.points
    }

    /// `Exercise 3, responsibility`.
    pub(super) fn title(&self) -> String {
        match self.number {
            Some(number) => format!("Exercise {number}, {}", self.name),
            None => self.name.to_owned(),
        }
    }

    /// `3 (responsibility)`.
    pub(super) fn short(&self) -> String {
        match self.number {
            Some(number) => format!("{number} ({})", self.name),
            None => self.name.to_owned(),
        }
    }

    /// `done`, `not done yet` or `not right yet`, after a sign that needs no colour.
    pub(super) fn state(&self) -> (&'static str, &'static str) {
        match self.verdict {
            Verdict::Done => ("✓", "done"),
            Verdict::NotDone => ("○", "not done yet"),
            _ => ("✗", "not right yet"),
        }
    }

    /// What to know beyond the state.
    fn detail(&self) -> String {
        match &self.verdict {
            Verdict::Done if self.number.is_some() => match self.points {
                1 => "1 point.".to_owned(),
                points => format!("{points} points."),
            },
            Verdict::Done => String::new(),
            Verdict::NotDone => {
                "Write your answer in place of the todo!, run that cell, then run this one again."
                    .to_owned()
            }
            Verdict::Misconception { name, why } => {
                format!("It looks like this mistake: {name}. {why}")
            }
            Verdict::WrongShape(text) | Verdict::Wrong(text) | Verdict::Stopped(text) => {
                text.clone()
            }
        }
    }

    /// `✓ Exercise 3, responsibility: done. 2 points.`
    fn words(&self) -> String {
        let (sign, state) = self.state();
        let text = format!("{sign} {}: {state}. {}", self.title(), self.detail());
        text.trim_end().to_owned()
    }

    /// What the student's function printed, after a line that says so.
    fn said(&self) -> String {
        if self.printed.is_empty() {
            return String::new();
        }
        format!("\nYour function printed:\n{}", self.printed)
    }

    /// As a block of HTML that is readable in light and in dark.
    fn html(&self) -> String {
        let (sign, state) = self.state();
        let edge = match self.verdict {
            Verdict::Done => "#2e8b57",
            Verdict::NotDone => "#8a8a8a",
            _ => "#d2691e",
        };
        let printed = if self.printed.is_empty() {
            String::new()
        } else {
            format!(
                "<br>Your function printed:<pre style=\"margin:0.3em 0\">{}</pre>",
                escape(&self.printed)
            )
        };
        format!(
            "<div style=\"border-left:4px solid {edge};padding:0.2em 0.8em;margin:0.2em 0\">{sign} <strong>{}: {state}.</strong> {}{printed}</div>",
            escape(&self.title()),
            escape(&self.detail()),
        )
    }

    /// Shows the check in a notebook: its words as text and as HTML, and the points as the number that a grader reads.
    pub fn evcxr_display(&self) {
        println!("{}{}", wrapped(&self.words(), LINE), self.said());
        println!("{}", block("text/html", &self.html()));
        println!("{}", block("text/plain", &self.points().to_string()));
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.words(), self.said())
    }
}
