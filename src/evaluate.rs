//! How well components agree with known classes.

use crate::{Error, Result, check};
use ndarray::{Array2, ArrayRef2};

/// The table has a row or a column for every number up to the largest label.
const LARGEST_LABEL: usize = 4095;

/// Counts how often each class (row) meets each component (column).
///
/// Shape (number of classes, number of components), both taken as the largest label + 1.
///
/// # Examples
///
/// ```
/// let counts = em_lab::confusion_matrix(&[0, 0, 1], &[1, 1, 0])?;
/// assert_eq!(counts, ndarray::array![[0, 2], [1, 0]]);
/// # Ok::<(), em_lab::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::Empty`] or [`Error::Shape`] if the labels are none, or not equally many; [`Error::Parameter`] for a label above 4095.
pub fn confusion_matrix(classes: &[usize], components: &[usize]) -> Result<Array2<usize>> {
    check::same(
        "The list of components",
        "label",
        components.len(),
        classes.len(),
        "one for each class label",
    )?;
    let (Some(last_class), Some(last_component)) = (classes.iter().max(), components.iter().max())
    else {
        return Err(Error::Empty {
            what: "The list of labels".into(),
        });
    };
    for (what, labels) in [("class label", classes), ("component label", components)] {
        if let Some(n) = labels.iter().position(|&label| label > LARGEST_LABEL) {
            return Err(Error::Parameter {
                name: format!("The {what} of sample {n}"),
                found: labels[n].to_string(),
                expected: format!(
                    "at most {LARGEST_LABEL}: labels are counted from 0, without gaps"
                ),
            });
        }
    }
    let mut counts = Array2::zeros((last_class + 1, last_component + 1));
    for (&class, &component) in classes.iter().zip(components) {
        counts[[class, component]] += 1;
    }
    Ok(counts)
}

/// Matches components to classes one to one so that as many samples as possible agree (the Hungarian method; Kuhn 1955).
///
/// Entry k is the class of component k; `None` for the components left over where there are more of them than classes.
///
/// # Examples
///
/// ```
/// let counts = ndarray::array![[0, 9, 1], [8, 0, 2]];
/// assert_eq!(em_lab::match_components(&counts)?, [Some(1), Some(0), None]);
/// # Ok::<(), em_lab::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::Empty`] if there is nothing to match.
pub fn match_components(confusion: &ArrayRef2<usize>) -> Result<Vec<Option<usize>>> {
    let (n_classes, n_components) = confusion.dim();
    if confusion.is_empty() {
        return Err(Error::Empty {
            what: "The confusion matrix".into(),
        });
    }
    let gains: Vec<f64> = confusion.iter().map(|&count| count as f64).collect();
    let (rows, columns) = lsap::solve(n_classes, n_components, &gains, true).map_err(|error| {
        Error::LinearAlgebra {
            what: format!("assignment of components to classes: {error:?}"),
        }
    })?;
    let mut classes = vec![None; n_components];
    for (class, component) in rows.into_iter().zip(columns) {
        classes[component] = Some(class);
    }
    Ok(classes)
}

/// Returns the share of samples whose component is matched to their class, after the best one-to-one matching.
///
/// # Examples
///
/// ```
/// // The names of components mean nothing: these agree fully.
/// assert_eq!(em_lab::accuracy(&[0, 0, 1, 1], &[1, 1, 0, 0])?, 1.0);
/// # Ok::<(), em_lab::Error>(())
/// ```
///
/// # Errors
///
/// As [`confusion_matrix`].
pub fn accuracy(classes: &[usize], components: &[usize]) -> Result<f64> {
    let confusion = confusion_matrix(classes, components)?;
    let matched = match_components(&confusion)?;
    let right: usize = matched
        .iter()
        .enumerate()
        .filter_map(|(k, class)| class.map(|c| confusion[[c, k]]))
        .sum();
    Ok(right as f64 / classes.len() as f64)
}

/// Returns the adjusted Rand index of two labellings: 1 if they group the samples alike, about 0 if they agree by chance.
///
/// ```text
///        ∑ᵢⱼ C(nᵢⱼ, 2) - E
/// ARI = ―――――――――――――――――――      A = ∑ᵢ C(aᵢ, 2)   B = ∑ⱼ C(bⱼ, 2)   E = A B / C(n, 2)
///          (A + B) / 2 - E
/// ```
///
/// with nᵢⱼ the samples of group i in one labelling and j in the other, and aᵢ, bⱼ the sizes of the groups. It needs no
/// matching, and the labellings may have different numbers of groups. Hubert and Arabie (1985).
///
/// # Errors
///
/// As [`confusion_matrix`].
pub fn adjusted_rand_index(a: &[usize], b: &[usize]) -> Result<f64> {
    Ok(rand_index_of_table(
        &confusion_matrix(a, b)?.mapv(|count| count as f64),
    ))
}

/// The index from how much of the data each group of one labelling shares with each of the other.
pub(crate) fn rand_index_of_table(counts: &ArrayRef2<f64>) -> f64 {
    let pairs = |n: f64| n * (n - 1.0) / 2.0;
    let together: f64 = counts.iter().map(|&n| pairs(n)).sum();
    let pairs_a: f64 = counts.rows().into_iter().map(|row| pairs(row.sum())).sum();
    let pairs_b: f64 = counts
        .columns()
        .into_iter()
        .map(|column| pairs(column.sum()))
        .sum();
    let all = pairs(counts.sum());
    // One group each, or every sample a group of its own: the labellings are the same, and the formula is 0 / 0.
    let expected = if all > 0.0 {
        pairs_a * pairs_b / all
    } else {
        0.0
    };
    let most = f64::midpoint(pairs_a, pairs_b);
    if most > expected {
        (together - expected) / (most - expected)
    } else {
        1.0
    }
}
