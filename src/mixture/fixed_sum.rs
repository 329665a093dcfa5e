//! A sum of statistics whose bits do not depend on the order in which its parts come.

use super::Statistics;
use crate::{Error, Result, check};
use std::collections::BTreeMap;
use std::fmt;

/// What the bytes begin with; another number for another order of what follows.
const HEAD: &[u8; 8] = b"em-sum:1";

/// The [`Statistics`] of numbered parts of the data, summed up in a fixed order, whoever has taken them and whenever they come.
///
/// Floating-point sums depend on their order. Here the parts are the leaves of a binary tree that depends on nothing but their
/// number, and two sums are added only where they are the two halves of a larger one:
///
/// ```text
/// 0 1   2 3   4        ((0 + 1) + (2 + 3)) + 4, never (0 + 1) + 2
/// ```
///
/// So several processes may share the parts out among them as they like, and [merge](FixedSum::merge) what they have: the total has
/// the same bits. Of parts that lie one beside the other at most two sums are kept for each power of two, however many they are.
///
/// # Examples
///
/// ```
/// use em_lab::{FixedSum, synthetic};
/// use ndarray::Axis;
///
/// let (x, model) = (synthetic::two_dimensions().x, synthetic::two_dimensions_model());
/// let parts: Vec<_> = x.axis_chunks_iter(Axis(0), 64).collect();
/// let sum = |places: std::ops::Range<usize>| {
///     let mut sum = FixedSum::new(parts.len());
///     for place in places {
///         sum.add(place, model.statistics(&parts[place])?)?;
///     }
///     Ok::<_, em_lab::Error>(sum)
/// };
/// let (mut here, there) = (sum(2..5)?, sum(0..2)?);
/// here.merge(there)?;
/// assert_eq!(here.total()?, sum(0..5)?.total()?);
/// # Ok::<(), em_lab::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct FixedSum {
    n_parts: usize,
    /// The sum over the parts from `place << level` to the next such place, by (level, place).
    nodes: BTreeMap<(u32, usize), Statistics>,
}

impl FixedSum {
    /// A sum that is to be of so many parts, and has none yet.
    #[must_use]
    pub fn new(n_parts: usize) -> Self {
        Self {
            n_parts,
            nodes: BTreeMap::new(),
        }
    }

    /// Adds the statistics of one part, counted from 0.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`]: there is no such part, it is there already, or its statistics are about other centres than the rest.
    pub fn add(&mut self, part: usize, statistics: Statistics) -> Result<()> {
        self.insert(0, part, statistics)
    }

    /// Adds the parts of another sum.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`]: it is to be of another number of parts, has one that is here already, or is about other centres.
    pub fn merge(&mut self, other: Self) -> Result<()> {
        if other.n_parts != self.n_parts {
            return Err(Error::Parameter {
                name: "The other sum".into(),
                found: format!("one of {}", check::count(other.n_parts, "part")),
                expected: format!("one of {}, as this one", check::count(self.n_parts, "part")),
            });
        }
        let mut nodes = other.nodes.into_iter();
        nodes.try_for_each(|((level, place), node)| self.insert(level, place, node))
    }

    /// The sum over all parts.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] for a sum of no parts, [`Error::Shape`] if some are not there.
    pub fn total(mut self) -> Result<Statistics> {
        if self.n_parts == 0 {
            let what = "The sum of statistics".into();
            return Err(Error::Empty { what });
        }
        let found = self.n_added();
        match self.nodes.pop_first() {
            Some((_, total)) if found == self.n_parts => Ok(total),
            _ => Err(Error::Shape {
                what: "The sum of statistics".into(),
                found: check::count(found, "part"),
                expected: format!("{} were expected: add the others", self.n_parts),
            }),
        }
    }

    /// The sum as bytes, the same on every machine.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = HEAD.to_vec();
        let word = |value: usize| (value as u64).to_le_bytes();
        bytes.extend(word(self.n_parts));
        for ((level, place), node) in &self.nodes {
            let node = node.to_bytes();
            bytes.extend(
                [*level as usize, *place, node.len()]
                    .map(word)
                    .as_flattened(),
            );
            bytes.extend(node);
        }
        bytes
    }

    /// The sum that [`to_bytes`](FixedSum::to_bytes) made these bytes of.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] if it did not make them, or not all of them are there.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let broken = || Error::Parameter {
            name: "The list of bytes".into(),
            found: format!("one of {} that are no whole sum", bytes.len()),
            expected: "one that this version's FixedSum::to_bytes made, all of it".into(),
        };
        let rest = bytes.strip_prefix(HEAD).ok_or_else(broken)?;
        let (n_parts, mut rest) = word(rest).ok_or_else(broken)?;
        let mut sum = Self::new(n_parts);
        while !rest.is_empty() {
            let (level, place, node);
            (level, place, node, rest) = entry(rest).ok_or_else(broken)?;
            let node = Statistics::from_bytes(node)?;
            sum.insert(level, place, node).map_err(|_| broken())?;
        }
        Ok(sum)
    }

    /// The first part of a node, and the one after its last.
    fn ends(&self, level: u32, place: usize) -> (usize, usize) {
        let end = |place: usize| {
            let part = place.checked_mul(1_usize.checked_shl(level).unwrap_or(usize::MAX));
            part.map_or(self.n_parts, |part| part.min(self.n_parts))
        };
        (end(place), end(place.saturating_add(1)))
    }

    fn n_added(&self) -> usize {
        let lengths = self.nodes.keys().map(|&(level, place)| {
            let (start, end) = self.ends(level, place);
            end - start
        });
        lengths.sum()
    }

    /// Puts a node in, and joins it with its other half, where that is there, and the whole with its own.
    fn insert(&mut self, mut level: u32, mut place: usize, mut sum: Statistics) -> Result<()> {
        let (start, end) = self.ends(level, place);
        let mut others = self
            .nodes
            .keys()
            .map(|&(level, place)| self.ends(level, place));
        let fault = if start >= end {
            Some("one that is not among them")
        } else {
            let taken =
                others.any(|(other_start, other_end)| start < other_end && other_start < end);
            taken.then_some("one that is there already")
        };
        if let Some(fault) = fault {
            let part = place.saturating_mul(1_usize.checked_shl(level).unwrap_or(usize::MAX));
            return Err(Error::Parameter {
                name: format!("Part {part} of {} (counted from 0)", self.n_parts),
                found: fault.into(),
                expected: "one of them, and each once".into(),
            });
        }
        if let Some(any) = self.nodes.values().next() {
            any.check_mergeable(&sum)?;
        }
        while self.ends(level, place) != (0, self.n_parts) {
            let other = self.nodes.remove(&(level, place ^ 1));
            let is_left = place.is_multiple_of(2);
            sum = match other {
                Some(right) if is_left => joined(sum, right),
                Some(left) => joined(left, sum),
                // At the end of the data there may be no right half.
                None if is_left && self.ends(level, place).1 == self.n_parts => sum,
                None => break,
            };
            (level, place) = (level + 1, place / 2);
        }
        self.nodes.insert((level, place), sum);
        Ok(())
    }
}

fn joined(mut left: Statistics, right: Statistics) -> Statistics {
    left.add(right);
    left
}

fn word(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (word, rest) = bytes.split_first_chunk()?;
    Some((u64::from_le_bytes(*word).try_into().ok()?, rest))
}

/// A node's level, place and statistics, and what comes after it.
fn entry(bytes: &[u8]) -> Option<(u32, usize, &[u8], &[u8])> {
    let (level, rest) = word(bytes)?;
    let (place, rest) = word(rest)?;
    let (length, rest) = word(rest)?;
    let (node, rest) = rest.split_at_checked(length)?;
    Some((level.try_into().ok()?, place, node, rest))
}

impl fmt::Display for FixedSum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (found, all) = (self.n_added(), check::count(self.n_parts, "part"));
        let pieces = check::count(self.nodes.len(), "piece");
        write!(f, "sum of {found} of {all}, in {pieces}")
    }
}
