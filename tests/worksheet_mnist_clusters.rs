//! Worksheet 4, shares of variance and scores: each misconception is called by its name, and right answers of any kind pass.
#![cfg(all(feature = "worksheet", unix))]

use em_lab::worksheet::mnist_clusters::{project, share_of_variance};
use em_lab::worksheet::{Check, Verdict};
use ndarray::{Array1, ArrayView1, Axis};

/// The name of the mistake that was found.
fn mistake(check: &Check) -> &str {
    match check.verdict() {
        Verdict::Misconception { name, .. } => name,
        other => panic!("{other:?}"),
    }
}

#[test]
fn stubs_are_not_done() {
    for check in [
        share_of_variance(|_, _, _| todo!()),
        project(|_, _, _| todo!()),
    ] {
        assert_eq!(check.verdict(), &Verdict::NotDone);
    }
}

#[test]
fn shares_computed_rightly() {
    let iterator = share_of_variance(|s, n, total| {
        s.iter()
            .map(|value| value * value / (n - 1) as f64 / total)
            .collect()
    });
    let looped = share_of_variance(|s, n, total| {
        let mut shares = Vec::with_capacity(s.len());
        for value in s {
            let variance = value.powi(2) / (n as f64 - 1.0);
            shares.push(variance / total);
        }
        shares
    });
    let arrays = share_of_variance(|s, n, total| {
        let deviations = ArrayView1::from(s).mapv(|value| value / ((n - 1) as f64).sqrt());
        ((&deviations * &deviations) / total).to_vec()
    });
    for check in [iterator, looped, arrays] {
        assert!(check.is_done(), "{check}");
    }
}

#[test]
fn mistakes_in_shares() {
    let lengths = share_of_variance(|s, n, t| s.iter().map(|v| v / (n - 1) as f64 / t).collect());
    assert_eq!(mistake(&lengths), "square forgotten");
    let by_n = share_of_variance(|s, n, t| s.iter().map(|v| v * v / n as f64 / t).collect());
    assert_eq!(mistake(&by_n), "divided by N instead of N - 1");
    let sums = share_of_variance(|s, _, t| s.iter().map(|v| v * v / t).collect());
    assert_eq!(mistake(&sums), "not divided by N - 1");
    let variances = share_of_variance(|s, n, _| s.iter().map(|v| v * v / (n - 1) as f64).collect());
    assert_eq!(mistake(&variances), "variances instead of shares");
    let kept = share_of_variance(|s, n, _| {
        let variances: Vec<f64> = s.iter().map(|v| v * v / (n - 1) as f64).collect();
        let sum: f64 = variances.iter().sum();
        variances.iter().map(|variance| variance / sum).collect()
    });
    assert_eq!(mistake(&kept), "shares of the kept axes alone");
    let plain = share_of_variance(|s, _, _| {
        s.iter()
            .map(|value| value / s.iter().sum::<f64>())
            .collect()
    });
    assert_eq!(mistake(&plain), "shares of the singular values");
    let deviations =
        share_of_variance(|s, n, t| s.iter().map(|v| v / ((n - 1) as f64).sqrt() / t).collect());
    assert_eq!(mistake(&deviations), "standard deviations for variances");
    let running = share_of_variance(|s, n, t| {
        let up_to = |j: usize| -> f64 { s[..=j].iter().map(|v| v * v / (n - 1) as f64 / t).sum() };
        (0..s.len()).map(up_to).collect()
    });
    assert_eq!(mistake(&running), "running sum");
    let per_cent = share_of_variance(|s, n, t| {
        s.iter()
            .map(|v| 100.0 * v * v / ((n - 1) as f64 * t))
            .collect()
    });
    assert_eq!(mistake(&per_cent), "per cent");
}

fn minus(a: &[f64], b: &[f64]) -> Array1<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

#[test]
fn digits_projected_rightly() {
    let loops = project(|digit, mean, components| {
        let mut scores = vec![0.0; components.nrows()];
        for j in 0..components.nrows() {
            for i in 0..digit.len() {
                scores[j] += components[[j, i]] * (digit[i] - mean[i]);
            }
        }
        scores
    });
    let product = project(|x, mean, components| components.dot(&minus(x, mean)).to_vec());
    // W x - W m, with the axes as columns.
    let apart = project(|digit, mean, components| {
        let columns = components.t();
        let digit = ArrayView1::from(digit).dot(&columns);
        (digit - ArrayView1::from(mean).dot(&columns)).to_vec()
    });
    for check in [loops, product, apart] {
        assert!(check.is_done(), "{check}");
    }
}

#[test]
fn mistakes_in_projecting() {
    let not_centred = project(|x, _, w| w.dot(&ArrayView1::from(x)).to_vec());
    assert_eq!(mistake(&not_centred), "mean not taken off");
    let turned = project(|x, mean, w| w.dot(&minus(mean, x)).to_vec());
    assert_eq!(mistake(&turned), "digit taken off the mean");
    let added = project(|x, mean, w| {
        w.dot(&(Array1::from(x.to_vec()) + Array1::from(mean.to_vec())))
            .to_vec()
    });
    assert_eq!(mistake(&added), "mean added");
    let own = project(|x, _, w| {
        let x = ArrayView1::from(x);
        w.dot(&x.mapv(|value| value - x.mean().unwrap())).to_vec()
    });
    assert_eq!(mistake(&own), "the digit's own average taken off");
    let average = project(|x, mean, w| {
        let products = w * &minus(x, mean);
        products.mean_axis(Axis(1)).unwrap().to_vec()
    });
    assert_eq!(mistake(&average), "average instead of sum");
    let back = project(|x, mean, w| {
        let scores = w.dot(&minus(x, mean));
        (w.t().dot(&scores) + ArrayView1::from(mean)).to_vec()
    });
    assert_eq!(mistake(&back), "taken back to pixels");
    let squares = project(|x, mean, w| {
        let products = w * &minus(x, mean);
        products
            .mapv(|product| product.powi(2))
            .sum_axis(Axis(1))
            .to_vec()
    });
    assert_eq!(mistake(&squares), "squares added");
}

#[test]
fn axes_read_as_columns_are_told() {
    let check = project(|x, mean, w| w.t().dot(&minus(x, mean)).to_vec());
    assert!(matches!(check.verdict(), Verdict::Stopped(_)), "{check}");
}
