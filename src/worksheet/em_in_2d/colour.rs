//! The colour of a responsibility.

use crate::random::{Purpose, generator};
use crate::worksheet::Check;
use crate::worksheet::answer::Numbers;
use crate::worksheet::exercise::{Exercise, Misconception, Part, TOLERANCE};
use crate::{Color, blend};
use rand::RngExt;

/// Checks a function that mixes two colours: `nobody` at responsibility 0, `wholly` at 1, and the nearest whole number of
/// (1 − r) `nobody` + r `wholly` in each channel between them.
#[must_use]
pub fn colour(answer: fn(f64, Color, Color) -> Color) -> Check {
    EXERCISE.check(|case| answer(case.responsibility, case.nobody, case.wholly))
}

pub(super) struct Two {
    responsibility: f64,
    nobody: Color,
    wholly: Color,
}

pub(super) const EXERCISE: Exercise<Two, Color> = Exercise {
    name: "colour",
    axes: &["channel"],
    tolerance: TOLERANCE,
    parts: || {
        let (nobody, wholly) = (Color(0, 100, 200), Color(200, 20, 100));
        let two = |responsibility| Two {
            responsibility,
            nobody,
            wholly,
        };
        let colours = "between Color(0, 100, 200) and Color(200, 20, 100)";
        vec![
            Part::by_hand(&format!("responsibility 0, {colours}"), two(0.0), nobody),
            Part::by_hand(&format!("responsibility 1, {colours}"), two(1.0), wholly),
            Part::by_hand(
                &format!("responsibility 0.25, {colours}"),
                two(0.25),
                Color(50, 80, 175),
            ),
            Part::theorem(there_and_back(), not_the_same),
            Part::random(random(421), |case| {
                mix(case, |a, b, r| ((1.0 - r) * a + r * b).round())
            }),
            Part::beside_the_crate(random(431), |case| {
                let shares = [case.responsibility, 1.0 - case.responsibility];
                blend(&shares, &[case.wholly, case.nobody])
            }),
        ]
    },
    misconceptions: &[
        Misconception {
            name: "mixed the wrong way round",
            why: "At responsibility 1 the colour is `wholly`, at 0 it is `nobody`: r goes with `wholly` and 1 − r with `nobody`.",
            answer: |case| mix(case, |a, b, r| (r * a + (1.0 - r) * b).round()),
        },
        Misconception {
            name: "truncated, not rounded",
            why: "`as u8` cuts off what stands behind the point, so 99.9 becomes 99: take `.round()` first.",
            answer: |case| mix(case, |a, b, r| ((1.0 - r) * a + r * b).floor()),
        },
        Misconception {
            name: "truncated before the sum",
            why: "Each of the two parts lost what stands behind its point: add them as f64, and round their sum once.",
            answer: |case| mix(case, |a, b, r| ((1.0 - r) * a).floor() + (r * b).floor()),
        },
        Misconception {
            name: "rounded before the sum",
            why: "Two rounded parts can be off by one together: add them as f64, and round their sum once.",
            answer: |case| mix(case, |a, b, r| ((1.0 - r) * a).round() + (r * b).round()),
        },
        Misconception {
            name: "a hard choice",
            why: "That shows only which component is ahead: between 0 and 1 the colours are mixed, so that doubt can be seen.",
            answer: |case| mix(case, |a, b, r| if r >= 0.5 { b } else { a }),
        },
        Misconception {
            name: "responsibility forgotten",
            why: "The mean of the two colours is right for responsibility 0.5 alone: the weights are 1 − r and r.",
            answer: |case| mix(case, |a, b, _| f64::midpoint(a, b).round()),
        },
        Misconception {
            name: "the other colour forgotten",
            why: "r times `wholly` alone is mixed with black: the share 1 − r of `nobody` comes on top.",
            answer: |case| mix(case, |_, b, r| (r * b).round()),
        },
        Misconception {
            name: "added without taking away",
            why: "The weights of the two colours sum to 1: where r of `wholly` comes in, only 1 − r of `nobody` is left.",
            answer: |case| mix(case, |a, b, r| (a + r * b).round()),
        },
        Misconception {
            name: "channels in the wrong order",
            why: "The three numbers of a Color are red, green and blue, in this order: here the first and the last have changed places.",
            answer: |case| {
                let Color(red, green, blue) = mix(case, |a, b, r| ((1.0 - r) * a + r * b).round());
                Color(blue, green, red)
            },
        },
        Misconception {
            name: "one channel for all three",
            why: "Red, green and blue are mixed one by one: here the first channel's mixture stands in all three, which makes a grey.",
            answer: |case| {
                let Color(red, ..) = mix(case, |a, b, r| ((1.0 - r) * a + r * b).round());
                Color(red, red, red)
            },
        },
    ],
};

/// Channel by channel; what is below 0 or above 255 becomes 0 or 255, as `as u8` makes it.
fn mix(case: &Two, channel: impl Fn(f64, f64, f64) -> f64) -> Color {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates"
    )]
    let one = |a: u8, b: u8| channel(f64::from(a), f64::from(b), case.responsibility) as u8;
    let (a, b) = (case.nobody, case.wholly);
    Color(one(a.0, b.0), one(a.1, b.1), one(a.2, b.2))
}

/// Even channels, so that the mean of two is whole, and no mixture near a half, which may be rounded either way.
fn random(seed: u64) -> Vec<Two> {
    let mut rng = generator(seed, Purpose::Uniform, 0);
    let mut cases = Vec::new();
    while cases.len() < 8 {
        let mut color = || {
            let mut channel = || 2 * rng.random_range(0_u8..128);
            Color(channel(), channel(), channel())
        };
        let (nobody, wholly) = (color(), color());
        let case = Two {
            responsibility: rng.random_range(0.0..1.0),
            nobody,
            wholly,
        };
        let near_a_half = |a: u8, b: u8| {
            let r = case.responsibility;
            let exact = (1.0 - r) * f64::from(a) + r * f64::from(b);
            (exact.fract() - 0.5).abs() < 1e-3
        };
        let (a, b) = (case.nobody, case.wholly);
        if ![(a.0, b.0), (a.1, b.1), (a.2, b.2)]
            .into_iter()
            .any(|(a, b)| near_a_half(a, b))
        {
            cases.push(case);
        }
    }
    cases
}

/// Each case is followed by the one with the colours exchanged and 1 − r, which is the same mixture.
fn there_and_back() -> Vec<Two> {
    let back = |case: &Two| Two {
        responsibility: 1.0 - case.responsibility,
        nobody: case.wholly,
        wholly: case.nobody,
    };
    random(411)
        .into_iter()
        .flat_map(|case| {
            let other = back(&case);
            [case, other]
        })
        .collect()
}

fn not_the_same(cases: &[Two], answers: &[Numbers]) -> Option<String> {
    let pairs = cases.chunks(2).zip(answers.chunks(2));
    pairs.into_iter().find_map(|(case, answer)| {
        let color = |numbers: &Numbers| format!("Color({}, {}, {})", numbers.values[0], numbers.values[1], numbers.values[2]);
        (answer[0] != answer[1]).then(|| {
            format!(
                "{:?} and {:?} at responsibility {:.4} give {}; exchanged, at {:.4}, they give {}, but r of one colour is 1 − r of the other, and the mixture is the same.",
                case[0].nobody,
                case[0].wholly,
                case[0].responsibility,
                color(&answer[0]),
                case[1].responsibility,
                color(&answer[1])
            )
        })
    })
}
