//! Worksheet 4, matching and accuracy: each misconception is called by its name, and right answers of any kind pass.
#![cfg(all(feature = "worksheet", unix))]

use em_lab::match_components;
use em_lab::worksheet::mnist_clusters::{best_matching, share_right};
use em_lab::worksheet::{Check, Verdict};
use ndarray::{Array2, ArrayView1};

/// The name of the mistake that was found.
fn mistake(check: &Check) -> &str {
    match check.verdict() {
        Verdict::Misconception { name, .. } => name,
        other => panic!("{other:?}"),
    }
}

#[test]
fn stubs_are_not_done() {
    assert_eq!(best_matching(|_| todo!()).verdict(), &Verdict::NotDone);
    assert_eq!(share_right(|_, _, _| todo!()).verdict(), &Verdict::NotDone);
}

/// Every order of the numbers below n.
fn permutations(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![vec![]];
    }
    let mut all = Vec::new();
    for shorter in permutations(n - 1) {
        for place in 0..n {
            let mut longer = shorter.clone();
            longer.insert(place, n - 1);
            all.push(longer);
        }
    }
    all
}

fn n_right(confusion: &Array2<usize>, matched: &[usize]) -> usize {
    (0..matched.len()).map(|k| confusion[[matched[k], k]]).sum()
}

/// The best pairing of the first components with each set of digits.
fn by_sets(confusion: &Array2<usize>, last_of_equals: bool) -> Vec<usize> {
    let n = confusion.nrows();
    let mut best = vec![0; 1 << n];
    let mut choice = vec![0; 1 << n];
    for set in 1_usize..1 << n {
        let component = set.count_ones() as usize - 1;
        let mut found = false;
        for class in (0..n).filter(|class| (set >> class) & 1 == 1) {
            let right = best[set ^ (1 << class)] + confusion[[class, component]];
            if !found || right > best[set] || (last_of_equals && right == best[set]) {
                (best[set], choice[set], found) = (right, class, true);
            }
        }
    }
    let (mut matched, mut set) = (vec![0; n], (1 << n) - 1);
    for component in (0..n).rev() {
        matched[component] = choice[set];
        set ^= 1 << choice[set];
    }
    matched
}

#[test]
fn matchings_found_rightly() {
    let first_of_all = best_matching(|confusion| {
        let all = permutations(confusion.nrows());
        let mut best = all[0].clone();
        for matched in all {
            if n_right(confusion, &matched) > n_right(confusion, &best) {
                best = matched;
            }
        }
        best
    });
    let last_of_all = best_matching(|confusion| {
        let all = permutations(confusion.nrows()).into_iter();
        all.max_by_key(|matched| n_right(confusion, matched))
            .unwrap()
    });
    let first_of_sets = best_matching(|confusion| by_sets(confusion, false));
    let last_of_sets = best_matching(|confusion| by_sets(confusion, true));
    let crates = best_matching(|confusion| {
        match_components(confusion)
            .unwrap()
            .into_iter()
            .flatten()
            .collect()
    });
    // Pairs are exchanged as long as that helps, from many starts.
    let exchanges = best_matching(|confusion| {
        let n = confusion.nrows();
        let climb = |mut matched: Vec<usize>| {
            let mut better = true;
            while better {
                better = false;
                for (i, j) in (0..n).flat_map(|i| (0..i).map(move |j| (i, j))) {
                    let mut other = matched.clone();
                    other.swap(i, j);
                    if n_right(confusion, &other) > n_right(confusion, &matched) {
                        (matched, better) = (other, true);
                    }
                }
            }
            matched
        };
        let starts = permutations(n).into_iter().step_by(7);
        starts
            .map(climb)
            .max_by_key(|matched| n_right(confusion, matched))
            .unwrap()
    });
    for check in [
        first_of_all,
        last_of_all,
        first_of_sets,
        last_of_sets,
        crates,
        exchanges,
    ] {
        assert!(check.is_done(), "{check}");
    }
}

fn argmax(counts: ArrayView1<usize>) -> usize {
    let mut best = 0;
    for (place, &count) in counts.iter().enumerate() {
        if count > counts[best] {
            best = place;
        }
    }
    best
}

#[test]
fn mistakes_in_matching() {
    let columns = best_matching(|c| c.columns().into_iter().map(argmax).collect());
    assert_eq!(mistake(&columns), "each component's most frequent digit");
    let rows = best_matching(|c| c.rows().into_iter().map(argmax).collect());
    assert_eq!(mistake(&rows), "each digit's most frequent component");
    let last_of_columns = best_matching(|c| {
        let classes =
            |column: ArrayView1<usize>| (0..c.nrows()).max_by_key(|&class| column[class]).unwrap();
        c.columns().into_iter().map(classes).collect()
    });
    assert_eq!(
        mistake(&last_of_columns),
        "each component's most frequent digit"
    );
    let exchanged = best_matching(|c| by_sets(&c.t().to_owned(), false));
    assert_eq!(mistake(&exchanged), "digits and components exchanged");
    let other_way = best_matching(|c| by_sets(&c.t().to_owned(), true));
    assert_eq!(mistake(&other_way), "digits and components exchanged");
    let identity = best_matching(|c| (0..c.ncols()).collect());
    assert_eq!(mistake(&identity), "components not matched");
    let in_turn = best_matching(|c| {
        let mut left = c.clone();
        let mut matched = Vec::new();
        for component in 0..c.ncols() {
            let free: Vec<usize> = (0..c.nrows())
                .filter(|class| !matched.contains(class))
                .collect();
            let best = free.iter().fold(free[0], |best, &class| {
                if left[[class, component]] > left[[best, component]] {
                    class
                } else {
                    best
                }
            });
            left.row_mut(best).fill(0);
            matched.push(best);
        }
        matched
    });
    assert_eq!(mistake(&in_turn), "one component after the other");
    let by_digit = best_matching(|c| {
        let mut matched: Vec<Option<usize>> = vec![None; c.ncols()];
        for class in 0..c.nrows() {
            let free = (0..c.ncols()).filter(|&k| matched[k].is_none());
            let best = free.rev().max_by_key(|&k| c[[class, k]]).unwrap();
            matched[best] = Some(class);
        }
        matched.into_iter().flatten().collect()
    });
    assert_eq!(mistake(&by_digit), "one digit after the other");
    let largest = best_matching(|c| {
        let mut pairs: Vec<(usize, usize)> = ndarray::indices(c.dim()).into_iter().collect();
        pairs.sort_by_key(|&(class, component)| std::cmp::Reverse(c[[class, component]]));
        let mut matched: Vec<Option<usize>> = vec![None; c.ncols()];
        for (class, component) in pairs {
            if matched[component].is_none() && !matched.contains(&Some(class)) {
                matched[component] = Some(class);
            }
        }
        matched.into_iter().flatten().collect()
    });
    assert_eq!(mistake(&largest), "largest count first");
    let smallest = best_matching(|c| {
        let mut all = permutations(c.nrows());
        all.sort();
        all.into_iter()
            .min_by_key(|matched| n_right(c, matched))
            .unwrap()
    });
    assert_eq!(mistake(&smallest), "smallest total instead of largest");
}

#[test]
fn a_matching_that_is_none_is_told() {
    let short = best_matching(|_| vec![0]);
    assert!(
        short.to_string().contains("The answer has 1 entry"),
        "{short}"
    );
    let twice = best_matching(|c| {
        if c.nrows() == 3 && c[[0, 0]] == 1 {
            vec![2, 0, 1]
        } else if c.nrows() == 2 {
            vec![1, 0]
        } else {
            vec![0; c.nrows()]
        }
    });
    assert!(
        twice.to_string().contains("must be given to one component"),
        "{twice}"
    );
    let far = best_matching(|c| {
        if c.nrows() == 3 && c[[0, 0]] == 1 {
            vec![2, 0, 1]
        } else if c.nrows() == 2 {
            vec![1, 0]
        } else {
            (1..=c.nrows()).collect()
        }
    });
    assert!(
        far.to_string().contains("must be given to one component"),
        "{far}"
    );
}

#[test]
fn accuracies_counted_rightly() {
    let filtered = share_right(|classes, components, matched| {
        let pairs = classes.iter().zip(components);
        pairs.filter(|(class, k)| matched[**k] == **class).count() as f64 / classes.len() as f64
    });
    let looped = share_right(|classes, components, matched| {
        let mut right = 0.0;
        for n in 0..classes.len() {
            if matched[components[n]] == classes[n] {
                right += 1.0;
            }
        }
        right / components.len() as f64
    });
    let table = share_right(|classes, components, matched| {
        let size = matched.len();
        let mut confusion = Array2::<usize>::zeros((size, size));
        for (&class, &component) in classes.iter().zip(components) {
            confusion[[class, component]] += 1;
        }
        n_right(&confusion, matched) as f64 / confusion.sum() as f64
    });
    for check in [filtered, looped, table] {
        assert!(check.is_done(), "{check}");
    }
}

fn share(classes: &[usize], predicted: &[usize]) -> f64 {
    let right = classes
        .iter()
        .zip(predicted)
        .filter(|(a, b)| a == b)
        .count();
    right as f64 / classes.len() as f64
}

fn predicted(components: &[usize], matched: &[usize]) -> Vec<usize> {
    components.iter().map(|&k| matched[k]).collect()
}

#[test]
fn mistakes_in_counting() {
    assert_eq!(
        mistake(&share_right(|c, k, _| share(c, k))),
        "components not matched"
    );
    let reversed = share_right(|c, k, m| share(k, &predicted(c, m)));
    assert_eq!(mistake(&reversed), "matching read the wrong way round");
    let count = share_right(|c, k, m| share(c, &predicted(k, m)) * c.len() as f64);
    assert_eq!(mistake(&count), "count instead of share");
    let errors = share_right(|c, k, m| {
        (0..c.len()).filter(|&n| m[k[n]] != c[n]).count() as f64 / c.len() as f64
    });
    assert_eq!(mistake(&errors), "share of errors");
    let whole = share_right(|c, k, m| {
        let right = (0..c.len()).filter(|&n| m[k[n]] == c[n]).count();
        (right / c.len()) as f64
    });
    assert_eq!(mistake(&whole), "whole-number division");
    let by_components =
        share_right(|c, k, m| share(c, &predicted(k, m)) * c.len() as f64 / m.len() as f64);
    assert_eq!(
        mistake(&by_components),
        "divided by the number of components"
    );
    let by_class = share_right(|c, k, m| {
        let n_classes = m.len();
        let of_class = |class: usize| {
            let own: Vec<usize> = (0..c.len()).filter(|&n| c[n] == class).collect();
            own.iter().filter(|&&n| m[k[n]] == class).count() as f64 / own.len() as f64
        };
        (0..n_classes).map(of_class).sum::<f64>() / n_classes as f64
    });
    assert_eq!(mistake(&by_class), "every class counts the same");
    let per_cent = share_right(|c, k, m| 100.0 * share(c, &predicted(k, m)));
    assert_eq!(mistake(&per_cent), "per cent");
}
