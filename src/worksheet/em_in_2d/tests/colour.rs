#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as a student writes"
)]

use super::{assert_diagnosed, assert_done};
use crate::worksheet::Verdict;
use crate::worksheet::em_in_2d::colour;
use crate::worksheet::em_in_2d::colour::EXERCISE;
use crate::{Color, blend};

#[test]
fn right_answers_pass_however_they_are_written() {
    fn by_channels(responsibility: f64, nobody: Color, wholly: Color) -> Color {
        let mix = |a: u8, b: u8| {
            ((1.0 - responsibility) * f64::from(a) + responsibility * f64::from(b)).round() as u8
        };
        Color(
            mix(nobody.0, wholly.0),
            mix(nobody.1, wholly.1),
            mix(nobody.2, wholly.2),
        )
    }
    fn from_one_to_the_other(r: f64, nobody: Color, wholly: Color) -> Color {
        let from = [nobody.0, nobody.1, nobody.2].map(f64::from);
        let to = [wholly.0, wholly.1, wholly.2].map(f64::from);
        let mut mixed = [0; 3];
        for i in 0..3 {
            mixed[i] = (from[i] + r * (to[i] - from[i]) + 0.5).floor() as u8;
        }
        Color(mixed[0], mixed[1], mixed[2])
    }
    fn in_thousandths(r: f64, a: Color, b: Color) -> Color {
        let red = r * f64::from(b.0) + (1.0 - r) * f64::from(a.0);
        let green = r * f64::from(b.1) + (1.0 - r) * f64::from(a.1);
        let blue = r * f64::from(b.2) + (1.0 - r) * f64::from(a.2);
        Color(
            red.round_ties_even() as u8,
            green.round_ties_even().clamp(0.0, 255.0) as u8,
            format!("{blue:.0}").parse().unwrap(),
        )
    }
    fn by_the_crate(r: f64, nobody: Color, wholly: Color) -> Color {
        blend(&[r, 1.0 - r], &[wholly, nobody])
    }
    assert_done(&[
        colour(by_channels),
        colour(from_one_to_the_other),
        colour(in_thousandths),
        colour(by_the_crate),
    ]);
}

#[test]
fn every_misconception_is_recognised() {
    let answers = [
        (
            "mixed the wrong way round",
            colour(|r, nobody, wholly| blend(&[r, 1.0 - r], &[nobody, wholly])),
        ),
        (
            "truncated, not rounded",
            colour(|r, a, b| {
                let mix = |a: u8, b: u8| (f64::from(a) + r * (f64::from(b) - f64::from(a))) as u8;
                Color(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
            }),
        ),
        (
            "truncated before the sum",
            colour(|r, a, b| {
                let scale = |share: f64, channel: u8| (share * f64::from(channel)) as u8;
                Color(
                    scale(1.0 - r, a.0) + scale(r, b.0),
                    scale(1.0 - r, a.1) + scale(r, b.1),
                    scale(1.0 - r, a.2) + scale(r, b.2),
                )
            }),
        ),
        (
            "rounded before the sum",
            colour(|r, a, b| {
                let part = |share: f64, channel: u8| (share * f64::from(channel)).round() as u8;
                let mix = |a, b| part(1.0 - r, a) + part(r, b);
                Color(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
            }),
        ),
        (
            "a hard choice",
            colour(|r, nobody, wholly| if r > 0.5 { wholly } else { nobody }),
        ),
        (
            "responsibility forgotten",
            colour(|_, a, b| {
                let mean = |a: u8, b: u8| u8::midpoint(a, b);
                Color(mean(a.0, b.0), mean(a.1, b.1), mean(a.2, b.2))
            }),
        ),
        (
            "the other colour forgotten",
            colour(|r, _, wholly| {
                let scaled = [wholly.0, wholly.1, wholly.2].map(|c| (f64::from(c) * r).round());
                Color(scaled[0] as u8, scaled[1] as u8, scaled[2] as u8)
            }),
        ),
        (
            "added without taking away",
            colour(|r, a, b| {
                let add = |a: u8, b: u8| a.saturating_add((r * f64::from(b)).round() as u8);
                Color(add(a.0, b.0), add(a.1, b.1), add(a.2, b.2))
            }),
        ),
        (
            "channels in the wrong order",
            colour(|r, a, b| {
                let Color(red, green, blue) = blend(&[r, 1.0 - r], &[b, a]);
                Color(blue, green, red)
            }),
        ),
        (
            "one channel for all three",
            colour(|r, a, b| {
                let value = ((1.0 - r) * f64::from(a.0) + r * f64::from(b.0)).round() as u8;
                Color(value, value, value)
            }),
        ),
    ];
    assert_diagnosed(&EXERCISE, &answers);
}

#[test]
fn a_mixture_that_depends_on_the_order_is_told() {
    // Right in the cases by hand, wrong between them.
    let check = colour(|r, a, b| {
        let bent = if r * 4.0 == (r * 4.0).round() {
            r
        } else {
            r * r
        };
        blend(&[bent, 1.0 - bent], &[b, a])
    });
    let Verdict::Wrong(text) = check.verdict() else {
        panic!("{check}");
    };
    assert!(text.contains("exchanged, at 0."), "{text}");
}
