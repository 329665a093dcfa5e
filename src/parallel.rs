//! Work shared out over threads, with the same result on any number of them.
//!
//! The rows of the data are always cut at the same places, whatever the machine, and the pieces' results come back in the order
//! of the rows. Threads are started for each call and end with it: a pool would be kept once in every cell of a notebook, and
//! starting a thread takes microseconds where a pass over the data takes milliseconds.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The rows that are worked on at once: as many as keep a tile of fifty columns in the second-level cache.
pub(crate) const TILE: usize = 256;

thread_local! {
    static THREADS: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Runs `work` with at most `n_threads` threads, at least one; the result does not depend on how many.
///
/// Without it, the environment variable `EM_LAB_THREADS` says how many, and without that, the number of processors.
///
/// # Examples
///
/// ```
/// use em_lab::{with_threads, Em, synthetic};
///
/// let x = synthetic::two_dimensions().x;
/// let one = with_threads(1, || Em::new(2).fit(&x))?;
/// let three = with_threads(3, || Em::new(2).fit(&x))?;
/// assert_eq!(one, three);
/// # Ok::<(), em_lab::Error>(())
/// ```
pub fn with_threads<T>(n_threads: usize, work: impl FnOnce() -> T) -> T {
    /// Puts the number back, also when `work` panics.
    struct Restore(Option<usize>);
    impl Drop for Restore {
        fn drop(&mut self) {
            THREADS.set(self.0);
        }
    }
    let _restore = Restore(THREADS.replace(Some(n_threads.max(1))));
    work()
}

/// How many threads [`run`] uses where there are as many jobs.
pub(crate) fn n_threads() -> usize {
    if cfg!(target_family = "wasm") {
        return 1;
    }
    let asked = || {
        std::env::var("EM_LAB_THREADS")
            .ok()?
            .parse()
            .ok()
            .filter(|&n: &usize| n > 0)
    };
    THREADS
        .get()
        .or_else(asked)
        .unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
}

/// Cuts `0..n_rows` into at most `max_pieces` ranges of whole tiles (the last one takes what is left).
pub(crate) fn partition(n_rows: usize, max_pieces: usize) -> Vec<Range<usize>> {
    let rows = n_rows.div_ceil(max_pieces).max(1).next_multiple_of(TILE);
    (0..n_rows)
        .step_by(rows)
        .map(|start| start..(start + rows).min(n_rows))
        .collect()
}

/// Does every job, and returns the results in the order of the jobs.
pub(crate) fn run<J: Send, T: Send>(jobs: Vec<J>, work: impl Fn(J) -> T + Sync) -> Vec<T> {
    let n_jobs = jobs.len();
    let n_threads = n_threads().min(n_jobs);
    if n_threads <= 1 {
        return jobs.into_iter().map(work).collect();
    }
    let queue = Mutex::new(jobs.into_iter().enumerate());
    let worker = || {
        // A job that starts jobs of its own stays on its thread: the processors are busy already.
        with_threads(1, || {
            let mut done = Vec::new();
            loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((index, job)) = next else {
                    return done;
                };
                done.push((index, work(job)));
            }
        })
    };
    let mut results: Vec<Option<T>> = (0..n_jobs).map(|_| None).collect();
    thread::scope(|scope| {
        let others: Vec<_> = (1..n_threads).map(|_| scope.spawn(worker)).collect();
        let mut done = worker();
        for other in others {
            done.extend(
                other
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            );
        }
        for (index, result) in done {
            results[index] = Some(result);
        }
    });
    results.into_iter().flatten().collect()
}

/// Does every job, and merges the results into one in the order of the jobs, each as soon as those before it are there.
pub(crate) fn fold<J: Send, T: Send, S: Send>(
    jobs: Vec<J>,
    work: impl Fn(J) -> T + Sync,
    sum: S,
    merge: impl Fn(&mut S, T) + Sync,
) -> S {
    let state = Mutex::new((sum, 0, BTreeMap::new()));
    run(jobs.into_iter().enumerate().collect(), |(index, job)| {
        let result = work(job);
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let (sum, next, waiting) = &mut *state;
        waiting.insert(index, result);
        while let Some(result) = waiting.remove(next) {
            merge(sum, result);
            *next += 1;
        }
    });
    state.into_inner().unwrap_or_else(PoisonError::into_inner).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_every_row_once_and_do_not_depend_on_threads() {
        for n_rows in [0, 1, 255, 256, 257, 8_192, 70_000] {
            let pieces = partition(n_rows, 32);
            assert!(pieces.len() <= 32);
            let rows: Vec<usize> = pieces.into_iter().flatten().collect();
            assert_eq!(rows, (0..n_rows).collect::<Vec<_>>());
        }
    }

    #[test]
    fn results_come_back_in_order() {
        for threads in [1, 2, 3, 8] {
            let squares = with_threads(threads, || run((0..100).collect(), |i: usize| i * i));
            assert_eq!(squares, (0..100).map(|i| i * i).collect::<Vec<_>>());
            let order = with_threads(threads, || {
                fold((0..100).collect(), |i: usize| i * i, vec![], Vec::push)
            });
            assert_eq!(order, squares);
        }
    }
}
