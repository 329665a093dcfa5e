use super::{
    cholesky, inverse_lower, largest_eigen, multiply_about, multiply_bytes, plain, symmetric_eigen,
};
use ndarray::{Array1, Array2, array, s};
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
fn the_largest_eigenvalues_are_the_first_of_all_in_both_back_ends() {
    for n in [2, 5, 60] {
        let a = covariance(n, n as u64);
        let (values, vectors) = symmetric_eigen(a.clone()).unwrap();
        for n_largest in [1, n / 2, n] {
            let expected = vectors.slice(s![.., ..n_largest]).to_owned();
            let (found, found_vectors) = largest_eigen(a.clone(), n_largest).unwrap();
            assert_eq!(found.len(), n_largest);
            let differences = &found / &values.slice(s![..n_largest]) - 1.0;
            assert!(differences.iter().all(|v| v.abs() < TOLERANCE));
            assert!(largest_difference(&found_vectors, &expected) < 1e-9);
            let (ascending, columns) = plain::largest_eigen(a.clone(), n_largest).unwrap();
            check_some(&a, &ascending, &columns);
            assert!((ascending[0] / found[n_largest - 1] - 1.0).abs() < TOLERANCE);
        }
    }
}

#[test]
fn eigenvectors_of_a_matrix_of_low_rank_in_both_back_ends() {
    let mut x = normal(40, 150, 3);
    for (j, mut column) in x.columns_mut().into_iter().enumerate() {
        column *= if j % 5 == 0 {
            0.0
        } else {
            0.5_f64.powi((j / 3).try_into().unwrap())
        };
    }
    let a = x.t().dot(&x);
    let (values, vectors) = symmetric_eigen(a.clone()).unwrap();
    check_some(&a, &values, &vectors);
    let (values, vectors) = plain::symmetric_eigen(a.clone()).unwrap();
    check_some(&a, &values, &vectors);
}

/// `A V = V Λ` and `Vᵀ V = I` for some of the eigenvectors.
fn check_some(a: &Array2<f64>, values: &Array1<f64>, vectors: &Array2<f64>) {
    let n = values.len();
    assert!(
        largest_difference(&a.dot(vectors), &(vectors * values)) < TOLERANCE * a.nrows() as f64
    );
    assert!(largest_difference(&vectors.t().dot(vectors), &Array2::eye(n)) < TOLERANCE);
}

#[test]
fn the_largest_eigenvectors_of_equal_eigenvalues_are_orthonormal() {
    let mut diagonal = Array2::<f64>::eye(40);
    for a in [diagonal.clone(), Array2::zeros((40, 40)), {
        diagonal[[7, 7]] = 3.0;
        diagonal
    }] {
        let (values, vectors) = largest_eigen(a.clone(), 5).unwrap();
        check_some(&a, &values, &vectors);
    }
}

#[test]
fn products_with_few_columns_are_their_definition() {
    for (rows, columns, sums) in [(1, 1, 1), (3, 8, 56), (300, 100, 57), (2, 65, 130)] {
        // Every byte, and zeros in between.
        let pixels =
            Array2::from_shape_fn((rows, columns), |(i, j)| match (i * 31 + j * 7) % 400 {
                level @ 0..256 => u8::try_from(level).unwrap(),
                _ => 0,
            });
        let weights = normal(columns, sums, 4);
        let (start, near) = (normal(1, sums, 5), normal(1, columns, 6));
        let (start, near) = (start.row(0), near.row(0));
        let x = pixels.mapv(f64::from);
        let found = multiply_bytes(&pixels, &weights, &start);
        assert!(largest_difference(&found, &(x.dot(&weights) + start)) < 1e-9);
        let expected = (&x - &near).dot(&weights);
        let turned = x.t().as_standard_layout().into_owned();
        for x in [x.view(), turned.t()] {
            assert!(largest_difference(&multiply_about(&near, &x, &weights), &expected) < 1e-9);
        }
    }
}

#[test]
fn cholesky_takes_any_strides() {
    let one = array![[4.0, 1.0], [1.0, 9.0]];
    let corner = cholesky(&one.slice(s![1..;5, 1..;5])).unwrap();
    assert!((corner[[0, 0]] - 3.0).abs() < TOLERANCE);
    assert_eq!(cholesky(&one.t()).unwrap(), cholesky(&one).unwrap());
    let wide = array![[4.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 0.0, 9.0]];
    assert_eq!(
        cholesky(&wide.slice(s![..;2, ..;2])).unwrap(),
        cholesky(&one).unwrap()
    );
}
