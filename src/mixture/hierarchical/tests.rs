use super::*;
use crate::random::{Purpose, generator};
use crate::{KMeans, adjusted_rand_index, linalg};
use ndarray::{array, concatenate, s};
use rand::seq::SliceRandom;
use rand_distr::{Distribution, StandardNormal};

fn normal(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut rng = generator(seed, Purpose::Sample, 0);
    Array2::from_shape_simple_fn((rows, columns), || StandardNormal.sample(&mut rng))
}

/// Merges the pair that raises the criterion least, by trying all of them with the criterion's definition on the rows.
fn brute_force(
    x: &Array2<f64>,
    n_clusters: usize,
    criterion: impl Fn(&Array2<f64>) -> f64,
) -> Vec<usize> {
    let mut clusters: Vec<Vec<usize>> = (0..x.nrows()).map(|n| vec![n]).collect();
    while clusters.len() > n_clusters {
        let value = |rows: &[usize]| criterion(&x.select(Axis(0), rows));
        let mut best = (f64::INFINITY, 0, 0);
        for i in 0..clusters.len() {
            for j in i + 1..clusters.len() {
                let union = [clusters[i].clone(), clusters[j].clone()].concat();
                let cost = value(&union) - value(&clusters[i]) - value(&clusters[j]);
                if cost < best.0 {
                    best = (cost, i, j);
                }
            }
        }
        let moved = clusters.remove(best.2);
        clusters[best.1].extend(moved);
    }
    let label = |n: usize| {
        clusters
            .iter()
            .position(|rows| rows.contains(&n))
            .unwrap_or(usize::MAX)
    };
    (0..x.nrows()).map(label).collect()
}

fn scatter(rows: &Array2<f64>) -> Array2<f64> {
    let mean = rows.sum_axis(Axis(0)) / rows.nrows() as f64;
    let centred = rows - &mean;
    centred.t().dot(&centred)
}

#[test]
fn both_criteria_merge_as_trying_every_pair_does() {
    for seed in 0..6 {
        let x = prepared(&normal(16, 3, seed));
        for n_clusters in [1, 2, 3, 5, 12] {
            let expected = brute_force(&x, n_clusters, |rows| scatter(rows).diag().sum());
            assert_eq!(ward(&x, n_clusters), expected, "Ward, seed {seed}");
        }
        let round = ward(&x, 3);
        let mut pooled = Array2::from_diag(&(x.var_axis(Axis(0), 0.0) * FLAT));
        for k in 0..3 {
            let rows: Vec<usize> = (0..16).filter(|&n| round[n] == k).collect();
            pooled += &(scatter(&x.select(Axis(0), &rows)) / 16.0);
        }
        let ln_determinant = |a: &Array2<f64>| match linalg::cholesky(a) {
            Some(lower) => 2.0 * lower.diag().mapv(f64::ln).sum(),
            None => f64::NAN,
        };
        let criterion = |rows: &Array2<f64>| {
            let count = rows.nrows() as f64 + 5.0;
            count * ln_determinant(&((scatter(rows) + &pooled * 5.0) / count))
                - 5.0 * ln_determinant(&pooled)
        };
        // Fewer samples than pieces: the second criterion begins with single samples.
        assert_eq!(
            cluster(&x, 3),
            brute_force(&x, 3, criterion),
            "ellipsoids, seed {seed}"
        );
    }
}

#[test]
fn of_pairs_that_are_equally_near_the_first_is_merged() {
    let x = array![[3.0], [1.0], [4.0], [2.0], [0.0]];
    assert_eq!(ward(&x, 4), [0, 1, 0, 2, 3]);
    assert_eq!(ward(&x, 3), [0, 1, 0, 1, 2]);
    let square = array![[0.0, 0.0], [0.0, 7.0], [7.0, 0.0], [7.0, 7.0]];
    assert_eq!(ward(&(square + 1e6), 2), [0, 0, 1, 1]);
}

#[test]
fn separated_blobs_are_found_exactly() {
    for (rows, columns, n_clusters) in [(12, 2, 3), (600, 5, 7), (300, 1, 4)] {
        let mut x = normal(rows, columns, 3);
        for (n, mut row) in x.rows_mut().into_iter().enumerate() {
            row += 40.0 * (n % n_clusters) as f64;
        }
        let truth: Vec<usize> = (0..rows).map(|n| n % n_clusters).collect();
        assert_eq!(cluster(&x, n_clusters), truth);
        assert_eq!(ward(&x, n_clusters), truth);
    }
}

/// Two stripes beside each other, thirty times as long as wide.
fn stripes(n: usize, seed: u64) -> (Array2<f64>, Vec<usize>) {
    let truth: Vec<usize> = (0..n).map(|n| n % 2).collect();
    let mut x = normal(n, 2, seed);
    for (mut row, &k) in zip(x.rows_mut(), &truth) {
        row[0] *= 30.0;
        row[1] += 10.0 * k as f64;
    }
    (x, truth)
}

#[test]
fn parallel_stripes_are_found_where_round_clusters_cut_across_them() {
    for seed in 0..5 {
        let (x, truth) = stripes(1000, seed);
        let agreement = |labels: &[usize]| adjusted_rand_index(&truth, labels);
        assert!(
            agreement(&cluster(&x, 2)).is_ok_and(|index| index > 0.99),
            "seed {seed}"
        );
        let round = KMeans::fit(&x, 2, 0).map(|k_means| k_means.labels);
        for labels in [round, Ok(ward(&x, 2))] {
            assert!(
                labels
                    .and_then(|labels| agreement(&labels))
                    .is_ok_and(|index| index < 0.1)
            );
        }
    }
}

#[test]
fn the_order_of_the_rows_decides_the_numbers_alone() -> crate::Result<()> {
    let x = concatenate![Axis(0), stripes(250, 1).0, normal(250, 2, 2) * 8.0 + 60.0];
    let labels = cluster(&x, 5);
    let mut order: Vec<usize> = (0..500).collect();
    order.shuffle(&mut generator(5, Purpose::Sample, 0));
    let shuffled = cluster(&x.select(Axis(0), &order), 5);
    let index = adjusted_rand_index(&compose(&order, &labels), &shuffled)?;
    assert!((index - 1.0).abs() < 1e-12, "{index}");
    Ok(())
}

#[test]
fn every_number_is_given_in_the_order_of_first_rows() {
    let x = normal(180, 3, 9);
    for n_clusters in [1, 2, 10, 30, 179, 180] {
        for labels in [cluster(&x, n_clusters), ward(&x, n_clusters)] {
            let mut next = 0;
            for label in labels {
                assert!(label <= next);
                next = next.max(label + 1);
            }
            assert_eq!(next, n_clusters);
        }
    }
}

#[test]
fn flat_repeated_and_extreme_data_have_clusters_too() {
    let x = concatenate![Axis(0), normal(60, 3, 4), normal(60, 3, 5) + 30.0];
    let truth: Vec<usize> = (0..120).map(|n| n / 60).collect();
    let repeated = concatenate![Axis(0), x.slice(s![..1, ..]), x.slice(s![60..61, ..])];
    let cases = [
        ("tiny", &x * 1e-310),
        ("huge", &x * 1e306),
        ("offset", &x + 1e9),
        ("unequal columns", &x * &array![1e-170, 1.0, 1e120]),
        (
            "a constant column",
            concatenate![Axis(1), x, Array2::from_elem((120, 2), 0.1)],
        ),
        ("a column twice", concatenate![Axis(1), x, x]),
        ("two samples", repeated.select(Axis(0), &truth)),
    ];
    for (name, case) in cases {
        assert_eq!(cluster(&case, 2), truth, "{name}");
    }
    let same = Array2::from_elem((5, 2), 3.3);
    assert_eq!(cluster(&same, 3), [0, 0, 0, 1, 2]);
    assert_eq!(cluster(&same, 5), [0, 1, 2, 3, 4]);
    assert_eq!(cluster(&Array2::zeros((4, 1)), 1), [0; 4]);
    assert_eq!(cluster(&array![[7.0]], 1), [0]);
    let repeated = compose(&(0..150).map(|n| n % 3).collect::<Vec<_>>(), &[0, 1, 2]);
    let few = normal(3, 2, 6).select(Axis(0), &repeated);
    // More clusters than different samples: they are cut somewhere, and still number as many.
    assert_eq!(cluster(&few, 6).into_iter().max(), Some(5));
}
