//! Worksheet 5: each misconception is called by its name, and right answers of any kind pass.
#![cfg(all(feature = "worksheet", unix))]

use em_lab::worksheet::this_digit_does_not_exist::{sample_component, sample_point, to_pixels};
use em_lab::worksheet::{Check, Verdict};
use ndarray::{Array1, Array2, ArrayView1};

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
        sample_component(|_, _| todo!()),
        sample_point(|_, _, _| todo!()),
        to_pixels(|_, _, _| todo!()),
    ] {
        assert_eq!(check.verdict(), &Verdict::NotDone);
    }
}

#[test]
fn components_drawn_rightly() {
    let looped = sample_component(|weights, u| {
        let mut upper = 0.0;
        for k in 0..weights.len() {
            upper += weights[k];
            if u < upper {
                return k;
            }
        }
        weights.len() - 1
    });
    let taking_off = sample_component(|weights, u| {
        let (mut k, mut rest) = (0, u);
        while rest > weights[k] && k + 1 < weights.len() {
            rest -= weights[k];
            k += 1;
        }
        k
    });
    let counting = sample_component(|weights, u| {
        let sums = weights.iter().scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        sums.filter(|sum| *sum <= u).count().min(weights.len() - 1)
    });
    // From the top, by the sums below.
    let from_above = sample_component(|weights, u| {
        (0..weights.len())
            .rev()
            .find(|&k| weights[..k].iter().sum::<f64>() <= u)
            .unwrap_or(0)
    });
    for check in [looped, taking_off, counting, from_above] {
        assert!(check.is_done(), "{check}");
    }
}

#[test]
fn mistakes_in_drawing_a_component() {
    let heaviest = sample_component(|w, _| {
        let largest = w.iter().copied().fold(0.0, f64::max);
        w.iter().position(|&weight| weight >= largest).unwrap()
    });
    assert_eq!(mistake(&heaviest), "largest weight always");
    let alone = sample_component(|w, u| {
        for k in 0..w.len() {
            if u < w[k] {
                return k;
            }
        }
        w.len() - 1
    });
    assert_eq!(mistake(&alone), "weights not added up");
    let equal = sample_component(|w, u| {
        let steps = (1..w.len()).filter(|&k| k as f64 / w.len() as f64 <= u);
        steps.count()
    });
    assert_eq!(mistake(&equal), "all components equally probable");
    let backwards = sample_component(|w, u| {
        let mut upper = 0.0;
        for k in (0..w.len()).rev() {
            upper += w[k];
            if u < upper {
                return k;
            }
        }
        0
    });
    assert_eq!(mistake(&backwards), "laid from the last to the first");
    let nearest = sample_component(|w, u| {
        let far = |k: usize| (w[k] - u).abs();
        (0..w.len())
            .min_by(|&a, &b| far(a).total_cmp(&far(b)))
            .unwrap()
    });
    assert_eq!(mistake(&nearest), "nearest weight");
    let before = sample_component(|w, u| {
        let (mut passed, mut sum) = (0, 0.0);
        for k in 0..w.len() - 1 {
            sum += w[k];
            if sum < u {
                passed = k;
            }
        }
        passed
    });
    assert_eq!(mistake(&before), "the component before");
    let after = sample_component(|w, u| {
        let mut k = 0;
        let mut lower = 0.0;
        while lower <= u && k + 1 < w.len() {
            lower += w[k];
            k += 1;
        }
        k
    });
    assert_eq!(mistake(&after), "the component after");
    let from_one = sample_component(|w, u| {
        let mut upper = 0.0;
        for k in 0..w.len() {
            upper += w[k];
            if u < upper {
                return k + 1;
            }
        }
        w.len()
    });
    assert_eq!(mistake(&from_one), "counted from 1");
}

#[test]
fn a_sum_of_weights_a_little_below_1_is_told() {
    let check = sample_component(|w, u| {
        let sums: Vec<f64> = (1..=w.len()).map(|k| w[..k].iter().sum()).collect();
        sums.iter().position(|&sum| u < sum).unwrap_or(0)
    });
    assert_eq!(
        check.verdict(),
        &Verdict::Wrong("Right shape, wrong value for weights 0.5 and 0.4999999 with a sum below u = 0.99999999: 0 where 1 was expected.".into())
    );
}

/// a y = b by elimination, for any regular matrix whose pivots are not 0.
fn solve(a: &Array2<f64>, b: &[f64]) -> Vec<f64> {
    let n = b.len();
    let (mut a, mut b) = (a.clone(), b.to_vec());
    for i in 0..n {
        let pivot = a[[i, i]];
        for j in 0..n {
            a[[i, j]] /= pivot;
        }
        b[i] /= pivot;
        for row in (0..n).filter(|&row| row != i) {
            let factor = a[[row, i]];
            for j in 0..n {
                a[[row, j]] -= factor * a[[i, j]];
            }
            b[row] -= factor * b[i];
        }
    }
    b
}

fn plus(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

#[test]
fn points_drawn_rightly() {
    let substitution = sample_point(|mean, factor, noise| {
        let mut y = vec![0.0; mean.len()];
        for i in 0..mean.len() {
            let mut rest = noise[i];
            for j in 0..i {
                rest -= factor[[j, i]] * y[j];
            }
            y[i] = rest / factor[[i, i]];
        }
        plus(mean, &y)
    });
    let elimination = sample_point(|m, u, noise| plus(m, &solve(&u.t().to_owned(), noise)));
    // Each coordinate found is taken out of the equations below at once.
    let by_columns = sample_point(|mean, factor, noise| {
        let mut rest = Array1::from(noise.to_vec());
        for i in 0..mean.len() {
            rest[i] /= factor[[i, i]];
            for j in i + 1..mean.len() {
                rest[j] -= factor[[i, j]] * rest[i];
            }
        }
        (rest + ArrayView1::from(mean)).to_vec()
    });
    // The inverse of Uᵀ, column by column, times the noise.
    let inverse = sample_point(|mean, factor, noise| {
        let n = mean.len();
        let transposed = factor.t().to_owned();
        let mut point = mean.to_vec();
        for k in 0..n {
            let unit: Vec<f64> = (0..n).map(|i| if i == k { 1.0 } else { 0.0 }).collect();
            let column = solve(&transposed, &unit);
            for i in 0..n {
                point[i] += column[i] * noise[k];
            }
        }
        point
    });
    for check in [substitution, elimination, by_columns, inverse] {
        assert!(check.is_done(), "{check}");
    }
}

#[test]
fn mistakes_in_drawing_a_point() {
    let no_mean = sample_point(|_, u, noise| solve(&u.t().to_owned(), noise));
    assert_eq!(mistake(&no_mean), "mean not added");
    let times = sample_point(|m, u, noise| plus(m, &u.t().dot(&ArrayView1::from(noise)).to_vec()));
    assert_eq!(mistake(&times), "multiplied instead of solved");
    let not_turned = sample_point(|m, u, noise| plus(m, &u.dot(&ArrayView1::from(noise)).to_vec()));
    assert_eq!(
        mistake(&not_turned),
        "multiplied instead of solved, and transpose forgotten"
    );
    let upper = sample_point(|m, u, noise| plus(m, &solve(u, noise)));
    assert_eq!(mistake(&upper), "transpose forgotten");
    let precision = sample_point(|m, u, noise| plus(m, &solve(&u.dot(&u.t()), noise)));
    assert_eq!(mistake(&precision), "covariance in place of its root");
    assert_eq!(
        mistake(&sample_point(|m, _, noise| plus(m, noise))),
        "noise added as it is"
    );
}

/// The loop of the notebook, with what it takes for row i of the equations and does with the sum of the known part.
fn by_rows(
    mean: &[f64],
    entry: impl Fn(usize, usize) -> f64,
    row: impl Fn(usize, f64) -> f64,
) -> Vec<f64> {
    let mut y = vec![0.0; mean.len()];
    for i in 0..mean.len() {
        let known: f64 = (0..i).map(|j| entry(j, i) * y[j]).sum();
        y[i] = row(i, known);
    }
    plus(mean, &y)
}

#[test]
fn mistakes_in_solving_for_a_point() {
    // The transposed index: below the diagonal there are only zeros.
    let row_for_column = sample_point(|mean, u, noise| {
        by_rows(
            mean,
            |j, i| u[[i, j]],
            |i, known| (noise[i] - known) / u[[i, i]],
        )
    });
    assert_eq!(mistake(&row_for_column), "diagonal alone");
    let plus_known = sample_point(|mean, u, noise| {
        by_rows(
            mean,
            |j, i| u[[j, i]],
            |i, known| (noise[i] + known) / u[[i, i]],
        )
    });
    assert_eq!(mistake(&plus_known), "known part added");
    let undivided =
        sample_point(|mean, u, noise| by_rows(mean, |j, i| u[[j, i]], |i, known| noise[i] - known));
    assert_eq!(mistake(&undivided), "not divided by the diagonal");
    let from_noise = sample_point(|mean, u, noise| {
        let row = |i: usize| {
            let known: f64 = (0..i).map(|j| u[[j, i]] * noise[j]).sum();
            mean[i] + (noise[i] - known) / u[[i, i]]
        };
        (0..mean.len()).map(row).collect()
    });
    assert_eq!(
        mistake(&from_noise),
        "noise in place of the coordinates found"
    );
}

fn detail(scores: &[f64], components: &Array2<f64>) -> Vec<f64> {
    ArrayView1::from(scores).dot(components).to_vec()
}

#[test]
fn pixels_computed_rightly() {
    let loops = to_pixels(|scores, mean, components| {
        let mut pixels = mean.to_vec();
        for j in 0..scores.len() {
            for i in 0..mean.len() {
                pixels[i] += scores[j] * components[[j, i]];
            }
        }
        pixels
    });
    let by_pixel = to_pixels(|scores, mean, components| {
        (0..mean.len())
            .map(|i| {
                mean[i]
                    + (0..scores.len())
                        .map(|j| scores[j] * components[[j, i]])
                        .sum::<f64>()
            })
            .collect()
    });
    let product = to_pixels(|scores, mean, components| {
        (components.t().dot(&ArrayView1::from(scores)) + ArrayView1::from(mean)).to_vec()
    });
    for check in [loops, by_pixel, product] {
        assert!(check.is_done(), "{check}");
    }
}

#[test]
fn mistakes_on_the_way_to_pixels() {
    assert_eq!(
        mistake(&to_pixels(|z, _, w| detail(z, w))),
        "mean not added back"
    );
    let off = to_pixels(|z, m, w| detail(z, w).iter().zip(m).map(|(d, m)| d - m).collect());
    assert_eq!(mistake(&off), "mean taken off");
    let turned = to_pixels(|z, m, w| detail(z, w).iter().zip(m).map(|(d, m)| m - d).collect());
    assert_eq!(mistake(&turned), "detail taken off the mean");
    let each_time = to_pixels(|z, m, w| {
        let mut pixels = vec![0.0; m.len()];
        for (score, axis) in z.iter().zip(w.rows()) {
            for i in 0..m.len() {
                pixels[i] += m[i] + score * axis[i];
            }
        }
        pixels
    });
    assert_eq!(mistake(&each_time), "mean added once for each score");
    let first = to_pixels(|z, m, w| (0..m.len()).map(|i| m[i] + z[0] * w[[0, i]]).collect());
    assert_eq!(mistake(&first), "first score alone");
    let average = to_pixels(|z, m, w| {
        let n_kept = z.len() as f64;
        plus(
            m,
            &detail(z, w)
                .iter()
                .map(|d| d / n_kept)
                .collect::<Vec<f64>>(),
        )
    });
    assert_eq!(mistake(&average), "average instead of sum");
    let cut = to_pixels(|z, m, w| {
        plus(m, &detail(z, w))
            .iter()
            .map(|pixel| pixel.max(0.0).min(1.0))
            .collect()
    });
    assert_eq!(mistake(&cut), "cut to the range from 0 to 1");
    let no_scores = to_pixels(|z, m, w| plus(m, &detail(&vec![1.0; z.len()], w)));
    assert_eq!(mistake(&no_scores), "scores left out");
}
