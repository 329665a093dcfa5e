//! What a blank returns, as numbers with a shape: all that a check compares, and all that leaves the child process.

use crate::Color;
use ndarray::{Array, Dimension};

/// Numbers in row-major order and their shape; a single number has the shape of no axes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Numbers {
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f64>,
}

/// A type that a blank may return.
pub(super) trait Answer {
    fn numbers(&self) -> Numbers;
}

impl Answer for f64 {
    fn numbers(&self) -> Numbers {
        Numbers {
            shape: vec![],
            values: vec![*self],
        }
    }
}

impl Answer for usize {
    fn numbers(&self) -> Numbers {
        (*self as f64).numbers()
    }
}

/// The letter of a choice.
impl Answer for char {
    fn numbers(&self) -> Numbers {
        f64::from(u32::from(*self)).numbers()
    }
}

impl Answer for Color {
    fn numbers(&self) -> Numbers {
        vec![self.0, self.1, self.2]
            .into_iter()
            .map(f64::from)
            .collect::<Vec<f64>>()
            .numbers()
    }
}

impl Answer for Vec<f64> {
    fn numbers(&self) -> Numbers {
        Numbers {
            shape: vec![self.len()],
            values: self.clone(),
        }
    }
}

impl Answer for Vec<usize> {
    fn numbers(&self) -> Numbers {
        let values: Vec<f64> = self.iter().map(|&value| value as f64).collect();
        values.numbers()
    }
}

impl<D: Dimension> Answer for Array<f64, D> {
    fn numbers(&self) -> Numbers {
        Numbers {
            shape: self.shape().to_vec(),
            values: self.iter().copied().collect(),
        }
    }
}

impl<D: Dimension> Answer for Array<usize, D> {
    fn numbers(&self) -> Numbers {
        self.mapv(|value| value as f64).numbers()
    }
}

/// How the panic begins that stands for an error.
pub(super) const RETURNED_AN_ERROR: &str = "returned an error: ";

/// An error has no numbers: it ends the run as a panic does, and is told as what it is.
impl<T: Answer> Answer for crate::Result<T> {
    fn numbers(&self) -> Numbers {
        match self {
            Ok(answer) => answer.numbers(),
            Err(error) => panic!("{RETURNED_AN_ERROR}{error}"),
        }
    }
}

impl Numbers {
    /// Whether the two are the same up to `tolerance` times the largest of the expected numbers, or 1 where they are smaller.
    /// NaN equals NaN and an infinity itself, for misconceptions that lead to them.
    pub(super) fn is_close(&self, expected: &Numbers, tolerance: f64) -> bool {
        self.shape == expected.shape && self.differences(expected, tolerance).is_empty()
    }

    /// The places where two arrays of one shape differ, with the size of the difference; NaN against a number differs most.
    pub(super) fn differences(&self, expected: &Numbers, tolerance: f64) -> Vec<(usize, f64)> {
        let finite = expected.values.iter().filter(|value| value.is_finite());
        let scale = finite.fold(1.0, |scale: f64, value| scale.max(value.abs()));
        let pairs = self.values.iter().zip(&expected.values).enumerate();
        pairs
            .filter(|(_, (a, b))| !(a.is_nan() && b.is_nan()))
            // An infinity less itself is not a number, but no difference either.
            .map(|(place, (a, b))| {
                (
                    place,
                    if a.total_cmp(b).is_eq() {
                        0.0
                    } else {
                        (a - b).abs()
                    },
                )
            })
            .map(|(place, size)| (place, if size.is_nan() { f64::INFINITY } else { size }))
            .filter(|&(_, size)| size > tolerance * scale)
            .collect()
    }

    /// The index of an entry on each axis.
    pub(super) fn index(&self, place: usize) -> Vec<usize> {
        let (mut rest, mut index) = (place, vec![0; self.shape.len()]);
        for (axis, length) in self.shape.iter().enumerate().rev() {
            index[axis] = rest % length;
            rest /= length;
        }
        index
    }

    /// As bytes, for the way out of the child process.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let head = std::iter::once(self.shape.len()).chain(self.shape.iter().copied());
        let head = head.flat_map(|size| (size as u64).to_le_bytes());
        let values = self.values.iter().flat_map(|value| value.to_le_bytes());
        head.chain(values).collect()
    }

    /// Back from bytes, with the bytes that are left; nothing where the numbers are cut short.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (n_axes, mut rest) = size(bytes)?;
        let mut shape = Vec::new();
        for _ in 0..n_axes {
            let (length, after) = size(rest)?;
            shape.push(length);
            rest = after;
        }
        let n_values = shape
            .iter()
            .try_fold(1_usize, |n, &length| n.checked_mul(length))?;
        let (values, rest) = rest.split_at_checked(n_values.checked_mul(8)?)?;
        let values = values
            .as_chunks()
            .0
            .iter()
            .map(|bytes| f64::from_le_bytes(*bytes));
        Some((
            Self {
                shape,
                values: values.collect(),
            },
            rest,
        ))
    }
}

fn size(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (head, rest) = bytes.split_first_chunk()?;
    Some((usize::try_from(u64::from_le_bytes(*head)).ok()?, rest))
}
