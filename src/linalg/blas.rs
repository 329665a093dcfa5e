//! OpenBLAS, by way of ndarray-linalg where it has the routine and of the plain C and Fortran names where it has not.

#![allow(unsafe_code)] // The only place that calls foreign functions.

use ndarray::{Array1, Array2, ArrayRef2, ShapeBuilder, s};
use ndarray_linalg::{CholeskyInto, UPLO};
use std::ffi::c_int;

static ZERO: f64 = 0.0;

unsafe extern "C" {
    fn openblas_set_num_threads(n_threads: c_int);
}

/// Keeps OpenBLAS to one thread; before every call, since others in the process may have set another number.
pub(super) fn single_threaded() {
    // SAFETY: takes a number and touches only OpenBLAS's own settings.
    unsafe { openblas_set_num_threads(1) };
}

pub(super) fn cholesky(a: &ArrayRef2<f64>) -> Option<Array2<f64>> {
    single_threaded();
    // A copy in the usual layout: LAPACK refuses the strides of some views, that of a single entry among them.
    let mut copy = Array2::zeros(a.dim());
    copy.assign(a);
    copy.cholesky_into(UPLO::Lower).ok()
}

/// A call with work arrays of numbers and of integers, and their lengths; it returns LAPACK's `info`.
type Routine<'a> = dyn FnMut(&mut [f64], &mut [c_int], c_int, c_int) -> c_int + 'a;

/// Calls a routine of LAPACK twice: first for the lengths of the work arrays that it needs, then to do the work.
fn with_work_space(routine: &str, call: &mut Routine) -> Result<(), String> {
    let mut checked = |work: &mut [f64], integers: &mut [c_int], lengths: (c_int, c_int)| match call(
        work, integers, lengths.0, lengths.1,
    ) {
        0 => Ok(()),
        info => Err(format!("{routine} answered {info}")),
    };
    let (mut work, mut integers) = (vec![0.0], vec![0]);
    checked(&mut work, &mut integers, (-1, -1))?;
    #[allow(clippy::cast_possible_truncation)] // LAPACK gives a length as a floating-point number.
    let lengths = (work[0] as c_int, integers[0]);
    work.resize(usize::try_from(lengths.0).unwrap_or(0), 0.0);
    integers.resize(usize::try_from(lengths.1).unwrap_or(0), 0);
    checked(&mut work, &mut integers, lengths)
}

/// Ascending eigenvalues, and the eigenvectors as columns. `dsyevd` (divide and conquer) takes an eighth of the time of the
/// `dsyev` behind `ndarray_linalg::Eigh` at 784 columns.
pub(super) fn symmetric_eigen(mut a: Array2<f64>) -> Result<(Array1<f64>, Array2<f64>), String> {
    single_threaded();
    let n = a.nrows();
    let order = c_int::try_from(n).map_err(|_| format!("{n} rows are too many"))?;
    let mut values = Array1::zeros(n);
    let mut call =
        |work: &mut [f64], integers: &mut [c_int], work_len: c_int, integers_len: c_int| {
            let mut info = 0;
            // SAFETY: `a` is n x n and contiguous, `values` holds n, the work arrays have the lengths passed with them (a length of
            // -1 asks for the lengths needed and touches only their first entries).
            unsafe {
                lapack_sys::dsyevd_(
                    c"V".as_ptr(),
                    c"L".as_ptr(),
                    &raw const order,
                    a.as_mut_ptr(),
                    &raw const order,
                    values.as_mut_ptr(),
                    work.as_mut_ptr(),
                    &raw const work_len,
                    integers.as_mut_ptr(),
                    &raw const integers_len,
                    &raw mut info,
                );
            }
            info
        };
    with_work_space("dsyevd", &mut call)?;
    // LAPACK wrote the vectors as columns, in its own column-major order.
    let vectors = Array2::from_shape_vec((n, n).f(), a.into_raw_vec_and_offset().0)
        .map_err(|e| e.to_string())?;
    Ok((values, vectors))
}

/// The largest `n_largest` eigenvalues, ascending, and their eigenvectors as columns. `dsyevr` leaves the others out, and takes
/// half the time of `dsyevd` for 50 of 784.
pub(super) fn largest_eigen(
    mut a: Array2<f64>,
    n_largest: usize,
) -> Result<(Array1<f64>, Array2<f64>), String> {
    single_threaded();
    let n = a.nrows();
    let whole = |n: usize| c_int::try_from(n).map_err(|_| format!("{n} rows are too many"));
    let (order, first) = (whole(n)?, whole(n - n_largest + 1)?);
    let mut values = Array1::zeros(n);
    let mut vectors = Array2::zeros((n, n_largest).f());
    let mut support = vec![0; 2 * n_largest];
    let mut found = 0;
    let mut call =
        |work: &mut [f64], integers: &mut [c_int], work_len: c_int, integers_len: c_int| {
            let mut info = 0;
            // SAFETY: `a` is n x n and contiguous, `values` holds n, `vectors` n x n_largest and `support` two for each vector; the
            // work arrays have the lengths passed with them (a length of -1 asks for the lengths needed and touches only their first
            // entries). The range of values, between the two zeros, is not read for the range "I" of indices.
            unsafe {
                lapack_sys::dsyevr_(
                    c"V".as_ptr(),
                    c"I".as_ptr(),
                    c"L".as_ptr(),
                    &raw const order,
                    a.as_mut_ptr(),
                    &raw const order,
                    &raw const ZERO,
                    &raw const ZERO,
                    &raw const first,
                    &raw const order,
                    &raw const ZERO,
                    &raw mut found,
                    values.as_mut_ptr(),
                    vectors.as_mut_ptr(),
                    &raw const order,
                    support.as_mut_ptr(),
                    work.as_mut_ptr(),
                    &raw const work_len,
                    integers.as_mut_ptr(),
                    &raw const integers_len,
                    &raw mut info,
                );
            }
            info
        };
    with_work_space("dsyevr", &mut call)?;
    if usize::try_from(found) != Ok(n_largest) {
        return Err(format!("dsyevr found {found} of {n_largest}"));
    }
    Ok((values.slice_move(s![..n_largest]), vectors))
}
