//! Labels, matchings and clusters.

use super::mixture;
use crate::common::{LONG_SUMS, ROUNDING, assert_near};
use em_lab::{KMeans, accuracy, adjusted_rand_index, confusion_matrix, match_components};
use ndarray::{Array2, s};

#[test]
fn matching_and_rand_index_do_not_mind_names() {
    let classes = [0, 0, 0, 1, 1, 2, 2, 2, 2];
    let components = [2, 2, 0, 0, 0, 1, 1, 1, 2];
    assert_near(
        accuracy(&classes, &components).unwrap(),
        7.0 / 9.0,
        ROUNDING,
    );
    let renamed = components.map(|k| (k + 1) % 3);
    assert_near(accuracy(&classes, &renamed).unwrap(), 7.0 / 9.0, ROUNDING);
    let index = adjusted_rand_index(&classes, &components).unwrap();
    assert_near(
        index,
        adjusted_rand_index(&classes, &renamed).unwrap(),
        ROUNDING,
    );
    assert_near(
        index,
        adjusted_rand_index(&components, &classes).unwrap(),
        ROUNDING,
    );
    assert_near(
        adjusted_rand_index(&classes, &classes).unwrap(),
        1.0,
        ROUNDING,
    );
    assert_near(
        adjusted_rand_index(&[0, 0, 0], &[1, 1, 1]).unwrap(),
        1.0,
        ROUNDING,
    );
    assert_eq!(confusion_matrix(&classes, &components).unwrap().sum(), 9);
}

#[test]
fn matching_is_best_over_all_permutations() {
    let counts = Array2::from_shape_fn((4, 4), |(i, j)| (7 * i + 5 * j * j + i * j * 3) % 11);
    let total = |p: &[usize]| -> usize {
        p.iter()
            .enumerate()
            .map(|(k, &class)| counts[[class, k]])
            .sum()
    };
    let found: Vec<usize> = match_components(&counts)
        .unwrap()
        .into_iter()
        .map(Option::unwrap)
        .collect();
    let all = (0..256)
        .map(|n| [n % 4, n / 4 % 4, n / 16 % 4, n / 64])
        .filter(|p| (0..4).all(|c| p.contains(&c)));
    assert_eq!(total(&found), all.map(|p| total(&p)).max().unwrap());
    // More classes than components: each component still has a class.
    assert!(
        match_components(&counts.slice(s![.., ..2]).to_owned())
            .unwrap()
            .iter()
            .all(Option::is_some)
    );
}

#[test]
fn rand_index_of_a_known_table() {
    // Hubert and Arabie's formula by hand: table [[1, 1], [0, 2]], so sum C(n, 2) = 1, A = 2, B = 3, E = 6 / 6.
    assert_near(
        adjusted_rand_index(&[0, 0, 1, 1], &[0, 1, 1, 1]).unwrap(),
        0.0,
        ROUNDING,
    );
}

#[test]
fn clusters_are_nearest_centroids_and_centroids_are_means() {
    let sample = mixture().sample(800, 13).unwrap();
    let clusters = KMeans::fit(&sample.x, 3, 2).unwrap();
    assert!(adjusted_rand_index(&sample.labels, &clusters.labels).unwrap() > 0.99);
    let mut inertia = 0.0;
    for (row, &label) in sample.x.rows().into_iter().zip(&clusters.labels) {
        let distance = |k: usize| (&row - &clusters.centroids.row(k)).mapv(|v| v * v).sum();
        assert!((0..3).all(|k| distance(label) <= distance(k)));
        inertia += distance(label);
    }
    assert_near(clusters.inertia, inertia, LONG_SUMS);
    // Fewer different points than clusters is no reason to fail.
    assert_near(
        KMeans::fit(&Array2::zeros((5, 2)), 3, 0).unwrap().inertia,
        0.0,
        ROUNDING,
    );
}
