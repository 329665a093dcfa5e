use super::{assert_diagnosed, assert_done};
use crate::worksheet::Verdict;
use crate::worksheet::em_in_2d::missing_line;
use crate::worksheet::em_in_2d::missing_line::{EXERCISE, RIGHT};
use ndarray::{Array2, array};

#[test]
fn each_wrong_letter_has_a_diagnosis_of_its_own() {
    let answers = [
        ("the gradient of −Qₖ", missing_line(|| 'A')),
        ("the gradient in the covariance Σₖ", missing_line(|| 'B')),
        ("the number of points forgotten", missing_line(|| 'D')),
    ];
    assert_diagnosed(&EXERCISE, &answers);
}

#[test]
fn the_right_letter_passes_large_and_small() {
    fn by_elimination() -> char {
        let mut left = vec!['A', 'B', 'C', 'D'];
        left.retain(|letter| !"ABD".contains(*letter));
        left[0]
    }
    assert_done(&[
        missing_line(|| 'C'),
        missing_line(|| 'c'),
        missing_line(by_elimination),
    ]);
}

#[test]
fn what_is_not_one_of_the_letters_is_told_without_the_right_one() {
    for answer in [|| 'E', || '3', || ' '] {
        assert_eq!(
            missing_line(answer).verdict(),
            &Verdict::Wrong("The answer is one of the four letters 'A', 'B', 'C' and 'D'.".into())
        );
    }
    assert_eq!(missing_line(|| todo!()).verdict(), &Verdict::NotDone);
}

/// N/2 (ln |Λ| − tr(Λ S)), for two coordinates.
fn objective(count: f64, precision: &Array2<f64>, spread: &Array2<f64>) -> f64 {
    let determinant = precision[[0, 0]] * precision[[1, 1]] - precision[[0, 1]] * precision[[1, 0]];
    0.5 * count * (determinant.ln() - precision.dot(spread).diag().sum())
}

fn inverse(matrix: &Array2<f64>) -> Array2<f64> {
    let determinant = matrix[[0, 0]] * matrix[[1, 1]] - matrix[[0, 1]] * matrix[[1, 0]];
    array![
        [matrix[[1, 1]], -matrix[[0, 1]]],
        [-matrix[[1, 0]], matrix[[0, 0]]]
    ] / determinant
}

/// Along every symmetric direction V the right line, and it alone, has tr(G V) = the derivative of Qₖ(Λ + tV).
#[test]
fn the_right_letter_is_the_gradient() {
    let (count, step) = (7.0, 1e-5);
    let precision = array![[2.0, 0.3], [0.3, 1.5]];
    let spread = array![[0.7, -0.2], [-0.2, 1.9]];
    let covariance = inverse(&precision);
    // As they stand in the notebook.
    let lines = [
        ('A', (&spread - &covariance) * (0.5 * count)),
        (
            'B',
            (precision.dot(&spread).dot(&precision) - &precision) * (0.5 * count),
        ),
        ('C', (&covariance - &spread) * (0.5 * count)),
        ('D', (&covariance - &spread) * 0.5),
    ];
    let directions = [
        array![[1.0, 0.0], [0.0, 0.0]],
        array![[0.0, 1.0], [1.0, 0.0]],
        array![[0.0, 0.0], [0.0, 1.0]],
    ];
    for (letter, gradient) in &lines {
        let holds = directions.iter().all(|direction| {
            let ahead = objective(count, &(&precision + &(direction * step)), &spread);
            let behind = objective(count, &(&precision - &(direction * step)), &spread);
            let slope = gradient.dot(direction).diag().sum();
            ((ahead - behind) / (2.0 * step) - slope).abs() < 1e-6
        });
        assert_eq!(holds, *letter == RIGHT, "line {letter}");
    }
}
