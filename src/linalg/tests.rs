use super::{add_gram, inverse_lower, plain, product, symmetric_eigen, symmetrize};
use ndarray::{Array1, Array2};
use rand_distr::{Distribution, StandardNormal};

const TOLERANCE: f64 = 1e-11;

fn normal(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut rng = crate::random::generator(seed, crate::random::Purpose::Sample, 0);
    Array2::from_shape_simple_fn((rows, columns), || StandardNormal.sample(&mut rng))
}

fn covariance(n: usize, seed: u64) -> Array2<f64> {
    let x = normal(2 * n + 3, n, seed);
    x.t().dot(&x)
}

fn largest_difference(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    (a - b).iter().fold(0.0, |m, d| d.abs().max(m))
}

fn check_eigen(a: &Array2<f64>, values: &Array1<f64>, vectors: &Array2<f64>) {
    let n = a.nrows();
    let scale = values.iter().fold(1.0_f64, |m, v| m.max(v.abs()));
    let left = a.dot(vectors);
    let right = vectors * values;
    assert!(
        largest_difference(&left, &right) < TOLERANCE * scale,
        "A V = V Λ, n = {n}"
    );
    assert!(
        largest_difference(&vectors.t().dot(vectors), &Array2::eye(n)) < TOLERANCE,
        "Vᵀ V = I, n = {n}"
    );
}

#[test]
fn eigenvectors_satisfy_their_definition_in_both_back_ends() {
    for n in [1, 2, 3, 5, 20, 60] {
        let a = covariance(n, n as u64);
        let (values, vectors) = symmetric_eigen(a.clone()).unwrap();
        check_eigen(&a, &values, &vectors);
        assert!(
            values
                .iter()
                .zip(values.iter().skip(1))
                .all(|(a, b)| a >= b),
            "largest first"
        );

        let (plain_values, plain_vectors) = plain::symmetric_eigen(a.clone()).unwrap();
        check_eigen(&a, &plain_values, &plain_vectors);
        for (a, b) in values.iter().zip(plain_values.iter().rev()) {
            assert!((a - b).abs() < TOLERANCE * values[0]);
        }
    }
}

#[test]
fn eigenvectors_of_difficult_matrices() {
    let zero = Array2::zeros((4, 4));
    let mut repeated = Array2::eye(5);
    repeated[[2, 2]] = 3.0;
    let mut graded = covariance(6, 1);
    for i in 0..6 {
        for j in 0..6 {
            graded[[i, j]] *= 1e-12_f64.powf((i + j) as f64 / 10.0);
        }
    }
    let negative = -covariance(4, 2);
    let huge = covariance(4, 3) * 1e150;
    for a in [zero, repeated, graded, negative, huge] {
        let (values, vectors) = symmetric_eigen(a.clone()).unwrap();
        check_eigen(&a, &values, &vectors);
        let (values, vectors) = plain::symmetric_eigen(a.clone()).unwrap();
        check_eigen(&a, &values, &vectors);
    }
}

#[test]
fn the_largest_loading_of_each_eigenvector_is_positive() {
    let (_, vectors) = symmetric_eigen(covariance(9, 4)).unwrap();
    for vector in vectors.columns() {
        let largest = vector
            .iter()
            .copied()
            .max_by(|a, b| a.abs().total_cmp(&b.abs()))
            .unwrap();
        assert!(largest > 0.0);
    }
}

#[test]
fn cholesky_factor_squares_to_the_matrix_in_both_back_ends() {
    for n in [1, 2, 7, 50] {
        let a = covariance(n, 10 + n as u64);
        for lower in [super::cholesky(&a).unwrap(), plain::cholesky(&a).unwrap()] {
            assert!(largest_difference(&lower.dot(&lower.t()), &a) < TOLERANCE * n as f64 * 10.0);
            assert!(
                largest_difference(&lower.dot(&inverse_lower(&lower)), &Array2::eye(n)) < TOLERANCE
            );
        }
    }
}

#[test]
fn cholesky_refuses_what_is_not_positive_definite() {
    let flat = Array2::from_elem((2, 2), 1.0);
    let indefinite = ndarray::array![[1.0, 2.0], [2.0, 1.0]];
    let not_a_number = ndarray::array![[f64::NAN]];
    for a in [flat, indefinite, not_a_number, Array2::zeros((3, 3))] {
        assert_eq!(super::cholesky(&a), None);
    }
    assert_eq!(plain::cholesky(&Array2::zeros((3, 3))), None);
}

#[test]
fn gram_is_the_transposed_product_in_both_back_ends() {
    let a = normal(37, 12, 5);
    let expected = product(&a.t(), &a);
    let mut gram = Array2::zeros((12, 12));
    add_gram(&a, &mut gram);
    symmetrize(&mut gram);
    assert!(largest_difference(&gram, &expected) < TOLERANCE);
    let mut gram = Array2::zeros((12, 12));
    plain::add_gram(&a, &mut gram);
    assert!(largest_difference(&gram, &expected) < TOLERANCE);
}
