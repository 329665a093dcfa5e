//! What the pages ask of the crate, as functions that JavaScript calls without any glue between them.
//!
//! A call goes like this: [`input`] makes room for the bytes that the function reads and says where; the page writes them there and
//! calls the function with its numbers; the answer 0 says that [`output`] holds the result, an array of little-endian f64, and 1 that
//! it holds a sentence, in UTF-8, about what is wrong. `site/em-lab.js` is the other side.
#![allow(unsafe_code)] // `no_mangle` counts as unsafe; nothing else here is.
#![allow(clippy::must_use_candidate)] // Called from JavaScript.

mod digits;
mod playground;

use digits::Digits;
use em_lab::Result;
use playground::Playground;
use std::cell::RefCell;

#[derive(Default)]
struct State {
    input: Vec<u8>,
    output: Vec<u8>,
    digits: Digits,
    playground: Playground,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// Makes room for so many bytes, and returns where the page is to write them.
#[unsafe(no_mangle)]
pub extern "C" fn input(n_bytes: usize) -> *mut u8 {
    STATE.with_borrow_mut(|state| {
        state.input.clear();
        state.input.resize(n_bytes, 0);
        state.input.as_mut_ptr()
    })
}

/// Where the last result is.
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const u8 {
    STATE.with_borrow(|state| state.output.as_ptr())
}

/// How many bytes the last result has.
#[unsafe(no_mangle)]
pub extern "C" fn output_length() -> usize {
    STATE.with_borrow(|state| state.output.len())
}

/// Runs `work` on the state and the input, and keeps its numbers or its error as the output.
fn answer(work: impl FnOnce(&mut State, &[u8]) -> Result<Vec<f64>>) -> u32 {
    STATE.with_borrow_mut(|state| {
        let input = std::mem::take(&mut state.input);
        match work(state, &input) {
            Ok(numbers) => {
                state.output = numbers
                    .iter()
                    .flat_map(|number| number.to_le_bytes())
                    .collect();
                0
            }
            Err(error) => {
                state.output = error.to_string().into_bytes();
                1
            }
        }
    })
}

/// Bytes as the numbers that the page wrote.
fn numbers(bytes: &[u8]) -> Vec<f64> {
    let (eights, _) = bytes.as_chunks::<8>();
    eights
        .iter()
        .map(|eight| f64::from_le_bytes(*eight))
        .collect()
}

/// Reads a model file; answers width, height, scores, components, noise variance, the weights, and the means as grey levels.
#[unsafe(no_mangle)]
pub extern "C" fn load_model() -> u32 {
    answer(|state, input| state.digits.load_model(input))
}

/// Draws the digit of a seed; answers its component, its grey levels and its pixels. Component -1 is any.
#[unsafe(no_mangle)]
pub extern "C" fn digit(seed: f64, component: i32, temperature: f64, n_kept: usize) -> u32 {
    answer(|state, _| state.digits.digit(seed, component, temperature, n_kept))
}

/// Draws what lies `t` of the way (0 to 1) between the digits of two seeds; answers its log density and its grey levels.
#[unsafe(no_mangle)]
pub extern "C" fn between(
    from: f64,
    to: f64,
    component: i32,
    temperature: f64,
    n_kept: usize,
    t: f64,
) -> u32 {
    answer(|state, _| {
        let [from, to] = [from, to].map(|seed| (seed, component, temperature, n_kept));
        state.digits.between(from, to, t)
    })
}

/// Reads pixels, then for each whether it is covered, 0 or 1; answers the log density of the visible ones, the responsibilities, the
/// image without noise, and the completed image.
#[unsafe(no_mangle)]
pub extern "C" fn complete() -> u32 {
    answer(|state, input| state.digits.complete(&numbers(input)))
}

/// Reads the bundled real digits: labels, then grey levels; answers how many there are.
#[unsafe(no_mangle)]
pub extern "C" fn load_real() -> u32 {
    answer(|state, input| state.digits.load_real(input))
}

/// Reads grey levels; answers the place, the label, the distance and the grey levels of the nearest real digit.
#[unsafe(no_mangle)]
pub extern "C" fn nearest() -> u32 {
    answer(|state, input| state.digits.nearest(&numbers(input)))
}

/// Answers the log densities of the first `n` real digits, in rising order.
#[unsafe(no_mangle)]
pub extern "C" fn real_densities(n: usize) -> u32 {
    answer(|state, _| state.digits.real_densities(n))
}

/// Answers the points of an example, x and y in turn.
#[unsafe(no_mangle)]
pub extern "C" fn example(number: usize) -> u32 {
    answer(|_, _| playground::example(number))
}

/// Reads points and starts a mixture; answers the state of the playground.
#[unsafe(no_mangle)]
pub extern "C" fn start(
    n_components: usize,
    covariance_model: usize,
    start: usize,
    seed: f64,
    regularization: f64,
) -> u32 {
    answer(|state, input| {
        let points = numbers(input);
        state.playground.start(
            &points,
            n_components,
            covariance_model,
            start,
            seed,
            regularization,
        )
    })
}

/// An E-step and an M-step; answers the state of the playground.
#[unsafe(no_mangle)]
pub extern "C" fn step() -> u32 {
    answer(|state, _| state.playground.step())
}
