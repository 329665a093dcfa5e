//! Worksheet 2 from the outside: stubs, answers that are not even wrong, and the points. What is wrong and has a name is tested
//! beside the checks, in `src/worksheet/em_in_2d/tests`.
#![cfg(all(feature = "worksheet", unix))]

use em_lab::Color;
use em_lab::worksheet::{Check, Verdict, em_in_2d};
use ndarray::{Array2, Array3};

fn new_means(x: &Array2<f64>, responsibilities: &Array2<f64>) -> Array2<f64> {
    let mut means: Array2<f64> = responsibilities.t().dot(x);
    for k in 0..means.nrows() {
        let effective_count = responsibilities.column(k).sum();
        means
            .row_mut(k)
            .mapv_inplace(|value| value / effective_count);
    }
    means
}

#[test]
fn every_stub_is_not_done_yet() {
    let checks: [Check; 5] = [
        em_in_2d::missing_line(|| todo!()),
        em_in_2d::e_step(|_, _, _, _| todo!()),
        em_in_2d::new_means(|_, _| todo!()),
        em_in_2d::new_covariances(|_, _, _| todo!()),
        em_in_2d::colour(|_, _, _| todo!()),
    ];
    for check in checks {
        assert_eq!(check.verdict(), &Verdict::NotDone, "{check}");
        assert_eq!(check.exercise(1, 3).points(), 0);
    }
}

#[test]
fn a_right_answer_earns_its_points_and_says_so() {
    let check = em_in_2d::new_means(new_means).exercise(3, 2);
    assert_eq!(check.points(), 2);
    assert_eq!(
        check.to_string(),
        "✓ Exercise 3, new_means: done. 2 points."
    );
}

#[test]
fn a_misconception_is_told_with_its_reason() {
    let check = em_in_2d::new_means(|x, r| r.t().dot(x)).exercise(3, 2);
    assert_eq!(
        check.to_string(),
        "✗ Exercise 3, new_means: not right yet. It looks like this mistake: not divided by Nₖ. A sum grows with the number of points: the mean is ∑ₙ rₙₖ xₙ divided by Nₖ = ∑ₙ rₙₖ."
    );
}

#[test]
fn a_wrong_shape_is_told_with_the_right_one() {
    let check = em_in_2d::e_step(|x, _, _, _| Array2::zeros((x.nrows(), 1)));
    assert_eq!(
        check.verdict(),
        &Verdict::WrongShape(
            "The answer has the shape (1, 1) for the point (0, 0), which is the mean of three components with weights 0.1, 0.2, 0.7 and covariances of determinant 1, 16, 4; expected the shape (1, 3), one entry for each point and each component.".into()
        )
    );
}

#[test]
fn numbers_that_are_none_are_told() {
    let nan = em_in_2d::new_covariances(|x, r, _| {
        Array3::from_elem((r.ncols(), x.ncols(), x.ncols()), f64::NAN)
    });
    assert!(
        nan.to_string()
            .contains("NaN where 2 was expected at component 0, row 0, column 0"),
        "{nan}"
    );
}

#[test]
fn a_panic_is_told_with_its_message() {
    // The shapes do not fit: the transpose is forgotten in the product.
    let check = em_in_2d::new_means(|x, r| r.dot(x));
    let Verdict::Stopped(text) = check.verdict() else {
        panic!("{check}");
    };
    assert!(
        text.starts_with("The function panicked for the points (0, 5)"),
        "{text}"
    );
}

#[test]
fn a_colour_that_is_wrong_in_no_known_way_is_told_with_its_channel() {
    let check = em_in_2d::colour(|_, _, _| Color::BLACK);
    assert_eq!(
        check.verdict(),
        &Verdict::Wrong(
            "Right shape, wrong value for responsibility 0, between Color(0, 100, 200) and Color(200, 20, 100): 0 where 100 was expected at channel 1 is the first difference, of 2 in 3 entries; the largest is 0 where 200 was expected at channel 2 (counted from 0).".into()
        )
    );
}
