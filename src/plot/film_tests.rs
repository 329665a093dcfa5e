//! What a film promises: its size, the same bytes every time, numbers that the page can trust, and a sentence for every fault.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ndarray::{Array2, s};
use serde_json::Value;

use super::Film;
use super::film_data::{Reel, grouped, quoted};
use crate::{Color, Em, Fit, GaussianMixture, Start, column, random, synthetic, with_threads};

/// What 32-bit floating-point numbers of size 1 leave of a responsibility.
const SENT: f64 = 1e-5;

fn two() -> (Array2<f64>, Fit) {
    let data = synthetic::two_dimensions();
    let em = Em::new(2).start(Start::Responsibilities(data.responsibilities));
    let fit = em
        .max_iterations(40)
        .tolerance(0.0)
        .keep_steps()
        .fit(&data.x);
    (data.x, fit.expect("a valid fit"))
}

fn one() -> (Array2<f64>, Fit) {
    let x = synthetic::one_dimension().x;
    let fit = Em::new(2).keep_steps().fit(&x).expect("a valid fit");
    (x, fit)
}

/// Points around three corners of a cube, and a fit of them.
fn three(n: usize) -> (Array2<f64>, Fit) {
    let noise = random::uniform(3 * n, -1.5, 1.5, 1).expect("a valid interval");
    let x = Array2::from_shape_fn((n, 3), |(i, d)| {
        noise[3 * i + d] + if i % 3 == d { 2.0 } else { 0.0 }
    });
    let em = Em::new(3).max_iterations(12).tolerance(0.0).keep_steps();
    let fit = em.fit(&x).expect("a valid fit");
    (x, fit)
}

fn html(film: &Film) -> String {
    film.html().expect("a valid film")
}

/// The data as the browser reads them.
fn data(film: &Film) -> Value {
    let html = html(film);
    let (_, rest) = html.split_once("data-film='").expect("the data");
    let (json, _) = rest.split_once('\'').expect("the end of the data");
    serde_json::from_str(json).expect("valid JSON")
}

fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("a text");
    STANDARD.decode(text).expect("valid base64")
}

fn floats(value: &Value) -> Vec<f64> {
    let number = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    let bytes = bytes(value);
    bytes.chunks(4).map(|b| f64::from(number(b))).collect()
}

#[test]
fn three_hundred_points_and_41_iterations_take_less_than_300_kilobytes() {
    let (x, fit) = two();
    let html = html(&Film::new(&x, &fit).title("EM sorts 300 points"));
    assert_eq!(fit.steps.len(), 41);
    assert!(html.len() < 300_000, "{} bytes", html.len());
}

#[test]
fn a_film_has_the_same_bytes_every_time_and_on_any_number_of_threads() {
    let make = || {
        let (x, fit) = three(5_000);
        html(&Film::new(&x, &fit))
    };
    let once = make();
    assert_eq!(once, make());
    assert_eq!(once, with_threads(1, make));
    assert_eq!(once, with_threads(3, make));
}

#[test]
fn a_film_asks_nothing_of_the_network_and_has_no_ids() {
    let (x, fit) = two();
    let html = html(&Film::new(&x, &fit));
    for forbidden in ["http:", "https:", " id=", "import(", "fetch("] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
    assert!(html.contains("<img src=\"data:image/png;base64,"));
}

#[test]
fn texts_cannot_end_the_script_or_the_attribute() {
    let (x, fit) = two();
    let nasty = "</script></div><b onclick='x'>\"&amp;\\ \u{2028}é";
    let film = Film::new(&x, &fit).title(nasty).x_label(nasty).alt(nasty);
    let html = html(&film);
    assert_eq!(html.matches("</script>").count(), 1);
    assert_eq!(html.matches("</style>").count(), 1);
    assert!(!html.contains("<b onclick"));
    let data = data(&film);
    // The line separator is a blank.
    let kept = "</script></div><b onclick='x'>\"&amp;\\ é";
    assert_eq!(data["title"], kept);
    assert_eq!(data["alt"], kept);
    assert_eq!(data["labels"][0], kept);
    assert_eq!(
        quoted("a<\u{1}\"'\\\u{2029}"),
        r#""a\u003c\u0001\"\u0027\\\u2029""#
    );
}

#[test]
fn responsibilities_of_two_features_follow_from_what_is_sent() {
    let (x, fit) = two();
    let data = data(&Film::new(&x, &fit));
    assert!(data.get("shares").is_none());
    let (points, parameters) = (floats(&data["points"]), floats(&data["parameters"]));
    assert_eq!((points.len(), parameters.len()), (600, 41 * 2 * 6));
    for (t, frame) in parameters.chunks(12).enumerate() {
        for (n, u) in points.chunks(2).enumerate() {
            let joint: Vec<f64> = frame
                .chunks(6)
                .map(|p| {
                    let z0 = (u[0] - p[1]) / p[3];
                    let z1 = (u[1] - p[2] - p[4] * z0) / p[5];
                    p[0] / (p[3] * p[5]) * (-0.5 * (z0 * z0 + z1 * z1)).exp()
                })
                .collect();
            let share = joint[0] / (joint[0] + joint[1]);
            assert!((share - fit.steps[t].responsibilities[[n, 0]]).abs() < SENT);
        }
    }
    let sent = data["logLikelihoods"].as_array().expect("a list");
    assert!(
        sent.iter()
            .zip(&fit.log_likelihoods)
            .all(|(a, b)| a == &Value::from(*b))
    );
}

#[test]
fn responsibilities_of_more_features_are_sent_to_within_a_step() {
    let (x, fit) = three(300);
    let data = data(&Film::new(&x, &fit));
    let mut sent = bytes(&data["shares"]).into_iter();
    let mut next = || sent.next().map_or(usize::MAX, usize::from);
    for step in &fit.steps {
        for row in step.responsibilities.rows() {
            let mut read = [0.0; 3];
            match next() {
                k if k < 127 => read[k] = 1.0,
                several => {
                    for _ in 0..several - 126 {
                        let k = next();
                        read[k] = next() as f64 / 255.0;
                    }
                }
            }
            let within = |(a, b): (&f64, &f64)| (a - b).abs() <= 0.5 / 255.0 + 1e-12;
            assert!(row.iter().zip(&read).all(within), "{row} {read:?}");
        }
    }
    assert_eq!(sent.next(), None);
}

#[test]
fn chosen_features_show_their_part_of_each_component() {
    let (x, fit) = three(300);
    let reel = Reel::new(&x, &fit).expect("a valid film");
    let part = reel.marginal(0, &[2, 0]).expect("a valid model");
    let whole = &fit.steps[0].model;
    assert_eq!(part.means().column(0), whole.means().column(2));
    let (part, whole) = (part.covariances(), whole.covariances());
    assert_eq!(part.slice(s![.., 0, 1]), whole.slice(s![.., 2, 0]));
    assert_eq!(part.slice(s![.., 1, 1]), whole.slice(s![.., 0, 0]));
    let (straight, turned) = (
        data(&Film::new(&x, &fit).features(0, 2)),
        data(&Film::new(&x, &fit).features(2, 0)),
    );
    let (straight_points, turned_points) = (floats(&straight["points"]), floats(&turned["points"]));
    assert_eq!(straight_points[..2], [turned_points[1], turned_points[0]]);
    assert_eq!(turned["labels"][0], "feature 2");
    assert_eq!(straight["shares"], turned["shares"]);
}

#[test]
fn bars_of_one_feature_have_the_area_one() {
    let (x, fit) = one();
    let data = data(&Film::new(&x, &fit).y_label("share"));
    let heights = data["bars"]["heights"].as_array().expect("bars");
    let sum: f64 = heights.iter().filter_map(Value::as_f64).sum();
    let width = data["bars"]["width"].as_f64().expect("a width");
    assert!((sum * width - 1.0).abs() < 1e-9);
    assert!((data["bars"]["low"].as_f64().expect("a place") + 1.0).abs() < 1e-9);
    assert_eq!(data["labels"], serde_json::json!(["x", "share"]));
}

#[test]
fn many_points_are_thinned_and_the_film_says_so() {
    let (x, fit) = two();
    let mut large = fit;
    let n = 70_000;
    let repeated = |a: &Array2<f64>| Array2::from_shape_fn((n, 2), |(i, d)| a[[i % 300, d]]);
    for step in &mut large.steps {
        step.responsibilities = repeated(&step.responsibilities);
    }
    // The row is written into the first feature, so that the choice can be read off.
    let mut x = repeated(&x);
    x.column_mut(0)
        .assign(&(0..n).map(|i| i as f64).collect::<ndarray::Array1<_>>());
    let reel = Reel::new(&x, &large).expect("a valid film");
    let rows = reel.points.column(0).to_vec();
    assert_eq!(rows.len(), 2_000);
    assert!(rows.windows(2).all(|pair| pair[0] < pair[1]));
    // The mean of 2,000 uniform numbers is within five of its standard deviations of the middle.
    let mean = rows.iter().sum::<f64>() / 2_000.0 / n as f64;
    assert!((mean - 0.5).abs() < 5.0 / (12.0 * 2_000.0_f64).sqrt());
    assert_eq!(reel.ranges[0], (0.0, 69_999.0));
    let film = Film::new(&x, &large);
    let sentence = "2,000 of 70,000 points are shown, drawn at random; the fit used all of them.";
    assert_eq!(data(&film)["note"], sentence);
    assert_eq!(data(&film)["samples"], n);
    assert!(html(&film).contains(&format!("stands here. {sentence}</p>")));
    assert!(html(&film).len() < 500_000);
    assert_eq!(grouped(1_234_567), "1,234,567");
    assert_eq!((grouped(0), grouped(999)), ("0".into(), "999".into()));
}

#[test]
fn many_iterations_are_thinned_with_the_first_and_the_last_kept() {
    let (x, mut fit) = three(40);
    let step = fit.steps[0].clone();
    fit.steps = vec![step; 1_001];
    fit.log_likelihoods = (0..1_001).map(f64::from).collect();
    let reel = Reel::new(&x, &fit).expect("a valid film");
    assert_eq!((reel.iterations.len(), reel.n_iterations), (301, 1_000));
    assert_eq!((reel.iterations[0], reel.iterations[300]), (0, 1_000));
    assert!(reel.iterations.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(reel.log_likelihoods.last(), Some(&1_000.0));
    assert_eq!(
        reel.left_out(),
        "301 of 1,001 iterations are shown, evenly spaced."
    );
}

#[test]
fn one_iteration_and_points_in_one_place_make_a_film() {
    let x = column(&[3.0; 20]);
    let model = GaussianMixture::univariate(&[1.0], &[3.0], &[0.5]).expect("a valid model");
    let em = Em::new(1).start(Start::Model(model)).keep_steps();
    let fit = em.max_iterations(1).fit(&x).expect("a valid fit");
    let data = data(&Film::new(&x, &fit));
    assert!(floats(&data["points"]).iter().all(|u| *u == 0.0));
    assert!(Film::new(&x, &fit).gif().is_ok());
}

#[test]
fn a_notebook_gets_html_and_a_line_of_text() {
    let (x, fit) = two();
    let film = Film::new(&x, &fit)
        .title("EM")
        .palette(&[Color::BLUE, Color::RED]);
    let blocks = film.protocol().expect("a valid film");
    assert!(blocks.starts_with("EVCXR_BEGIN_CONTENT text/html\n<div class=\"em-lab-film\""));
    let (_, plain) = blocks
        .split_once("EVCXR_BEGIN_CONTENT text/plain\n")
        .expect("two blocks");
    assert_eq!(
        plain,
        "EM: 300 points coloured by their responsibilities for 2 components, iterations 0 to 40. The log-likelihood goes from \
         −1115.30 to −993.38. (a film, shown as HTML)\nEVCXR_END_CONTENT"
    );
    assert_eq!(
        data(&film)["colors"],
        serde_json::json!(["#1f77b4", "#d62728"])
    );
}

#[test]
fn a_gif_takes_the_place_of_the_still_where_asked_for() {
    let (x, fit) = two();
    let html = html(&Film::new(&x, &fit).with_gif());
    assert!(html.len() < 1_000_000, "{} bytes", html.len());
    assert!(html.contains("<img src=\"data:image/gif;base64,R0lGODlh"));
    assert!(!html.contains("data:image/png"));
    assert!(html.contains(&format!("<p>Iterations 0 to {} of EM.", fit.n_iterations())));
}

#[test]
fn every_fault_is_told_when_the_film_is_shown() {
    let (x, fit) = two();
    let tells = |film: Film, sentence: &str| {
        let told = |error: crate::Error| error.to_string();
        assert_eq!(film.html().map_err(told), Err(sentence.to_owned()));
        assert_eq!(film.gif().map_err(told), Err(sentence.to_owned()));
        assert_eq!(film.still().map_err(told), Err(sentence.to_owned()));
    };
    let without = Em::new(2).fit(&x).expect("a valid fit");
    tells(
        Film::new(&x, &without),
        "The fit has no steps, but a film shows them: ask for them with Em::new(...).keep_steps().",
    );
    tells(
        Film::new(&x.slice(s![..10, ..]).to_owned(), &fit),
        "x has 10 rows, but 300 rows were expected: the fit was made from that many samples.",
    );
    tells(
        Film::new(&x.slice(s![.., ..1]).to_owned(), &fit),
        "x has 1 column, but 2 columns were expected: the model has that many features.",
    );
    let mut broken = x.clone();
    broken[[3, 1]] = f64::NAN;
    tells(
        Film::new(&broken, &fit),
        "x holds NaN in row 3, column 1 (counted from 0): every value must be a finite number. Remove or replace it first.",
    );
    for (i, j) in [(0, 2), (1, 1)] {
        tells(
            Film::new(&x, &fit).features(i, j),
            &format!(
                "The choice of features is {i} and {j}, but it must be two different numbers from 0 to 1."
            ),
        );
    }
    tells(
        Film::new(&one().0, &one().1).features(0, 1),
        "The choice of features is 0 and 1, but it must be left out: the data have one feature only.",
    );
    tells(
        Film::new(&x, &fit).palette(&[]),
        "The palette is empty, but it must be at least one colour.",
    );
    tells(
        Film::new(&x, &fit).seconds_per_frame(f64::NAN),
        "The time per frame is NaN seconds, but it must be more than 0 and at most 60 seconds.",
    );
    let mut shortened = fit.clone();
    shortened.log_likelihoods.pop();
    tells(
        Film::new(&x, &shortened),
        "The list of log-likelihoods of the fit has 40 values, but 41 values were expected: one for each step.",
    );
    let told = Film::new(&x, &fit).save("film.mp4").unwrap_err();
    assert_eq!(
        told.to_string(),
        "film.mp4: the name does not say which kind of picture to write. Let it end in .html, .gif or .png."
    );
}

#[test]
fn too_many_components_are_refused() {
    let places: Vec<f64> = (0..200).map(f64::from).collect();
    let x = column(&places);
    let model = GaussianMixture::univariate(&[1.0 / 128.0; 128], &places[..128], &[1.0; 128]);
    let em = Em::new(128).start(Start::Model(model.expect("a valid model")));
    let fit = em
        .max_iterations(1)
        .keep_steps()
        .fit(&x)
        .expect("a valid fit");
    assert_eq!(
        Film::new(&x, &fit).html().unwrap_err().to_string(),
        "The number of components is 128, but it must be at most 127 for a film."
    );
}

#[test]
fn files_are_what_their_names_say() {
    let (x, fit) = one();
    let film = Film::new(&x, &fit).title("<One>");
    let folder = std::env::temp_dir();
    for (extension, beginning) in [
        ("html", "<!doctype html>"),
        ("png", "\u{fffd}PNG"),
        ("gif", "GIF89a"),
    ] {
        let path = folder.join(format!("em-lab-film-{}.{extension}", std::process::id()));
        assert_eq!(film.save(&path), Ok(()));
        let bytes = std::fs::read(&path).unwrap_or_default();
        let _ = std::fs::remove_file(&path);
        assert!(String::from_utf8_lossy(&bytes).starts_with(beginning));
        if extension == "html" {
            assert!(String::from_utf8_lossy(&bytes).contains("<title>&lt;One&gt;</title>"));
        }
    }
}
