//! What the pictures promise: places, sizes, sums, and a sentence for every fault.

use ndarray::{Array2, Array3, array};

use super::extent::{bars, ellipse};
use super::figure::protocol;
use super::geometry::{Rect, clip_polyline, dashes};
use super::layout::Layout;
use super::raster::render;
use super::ticks::{plain, step, ticks};
use super::{Animation, Chart, Color, Figure, ImageGrid, Panel, TAB10, blend, font};
use crate::{GaussianMixture, GreyImage};

const TIGHT: f64 = 1e-9;

fn cloud() -> Array2<f64> {
    Array2::from_shape_fn((40, 2), |(i, j)| (i as f64 * (1.3 + j as f64)).sin() * 4.0)
}

fn two_components() -> GaussianMixture {
    let covariances = vec![2.0, 0.8, 0.8, 1.0, 0.5, -0.2, -0.2, 0.7];
    let covariances = Array3::from_shape_vec((2, 2, 2), covariances).expect("eight numbers");
    GaussianMixture::new(&[0.75, 0.25], array![[0.0, 1.0], [3.0, -1.0]], covariances)
        .expect("a valid model")
}

fn one_feature() -> GaussianMixture {
    GaussianMixture::univariate(&[0.7, 0.3], &[0.0, 5.0], &[1.0, 0.75]).expect("a valid model")
}

fn names(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("name {i}")).collect()
}

fn image(height: usize, width: usize) -> GreyImage {
    let pixel = |(i, j): (usize, usize)| u8::try_from((i * 7 + j * 13) % 256).unwrap_or(0);
    GreyImage {
        pixels: Array2::from_shape_fn((height, width), pixel),
    }
}

/// A picture of every kind.
fn all_kinds() -> Vec<Figure> {
    let x = cloud();
    let labels: Vec<usize> = (0..40).map(|i| i % 3).collect();
    let shares = Array2::from_shape_fn((40, 2), |(i, k)| if i % 2 == k { 0.9 } else { 0.1 });
    let line = [0.0, 1.0, 2.0];
    let charts = [
        Chart::new().title("α < β & \"γ\"").scatter(&x).label("a"),
        Chart::new().scatter_by_class(&x, &labels).label("class"),
        Chart::new().scatter_blended(&x, &shares).equal_aspect(),
        Chart::new().histogram(&line, 2).density(&one_feature()),
        Chart::new().line(&line, &line).dashed().vertical_line(1.0),
        Chart::new().ellipses(&two_components()).x_label("x₁"),
        Chart::new().heat_map(&x, &names(40), &names(2)),
        Chart::new().image(&image(5, 8)).markers(&line, &line),
    ];
    let panel = charts.iter().fold(Panel::new(3), |panel, chart| {
        panel.add(chart.clone().size(240, 200))
    });
    let grid = ImageGrid::new(vec![image(5, 8), image(9, 3)], 4).captions(&names(2));
    let mut figures: Vec<Figure> = charts.into_iter().map(Figure::from).collect();
    figures.push(panel.add(grid.clone()).title("all").into());
    figures.push(grid.title("grid").into());
    figures
}

/// Width and height as they stand in the header of a PNG.
fn png_size(png: &[u8]) -> (u32, u32) {
    let number = |at: usize| u32::from_be_bytes([png[at], png[at + 1], png[at + 2], png[at + 3]]);
    (number(16), number(20))
}

#[test]
fn ticks_are_round_few_and_inside_the_range() {
    for (low, high) in [
        (-3.1, 4.2),
        (0.0, 1.0),
        (1e-9, 3e-9),
        (-7e12, 9e12),
        (99.97, 100.02),
    ] {
        let step = step((low, high), 7, false);
        let ticks = ticks((low, high), step);
        assert!((3..=7).contains(&ticks.len()), "{ticks:?}");
        let mantissa = step / 10_f64.powf(step.log10().floor());
        assert!(
            [1.0, 2.0, 2.5, 5.0, 10.0]
                .iter()
                .any(|m| (m - mantissa).abs() < 1e-6),
            "{step}"
        );
        for tick in ticks {
            assert!((low - step * TIGHT..=high + step * TIGHT).contains(&tick.value));
            assert!(tick.text.chars().count() <= 9 && !tick.text.contains('-'));
        }
    }
}

#[test]
fn ticks_have_no_noise_and_no_negative_zero() {
    let texts = |low, high| -> Vec<String> {
        let step = step((low, high), 7, false);
        ticks((low, high), step)
            .into_iter()
            .map(|t| t.text)
            .collect()
    };
    assert_eq!(
        texts(-0.3, 0.3),
        ["−0.3", "−0.2", "−0.1", "0.0", "0.1", "0.2", "0.3"]
    );
    assert_eq!(
        texts(0.0, 3e8),
        [
            "0",
            "0.5×10⁸",
            "1.0×10⁸",
            "1.5×10⁸",
            "2.0×10⁸",
            "2.5×10⁸",
            "3.0×10⁸"
        ]
    );
    assert_eq!(plain(-0.001, 1), "0.0");
}

#[test]
fn equal_aspect_makes_units_equal_in_pixels() {
    let chart = Chart::new().scatter(&cloud()).equal_aspect();
    for chart in [
        chart.clone(),
        chart.clone().x_range(-1.0, 9.0),
        chart.clone().y_range(-1.0, 9.0),
        chart.clone().x_range(-1.0, 9.0).y_range(0.0, 2.0),
        Chart::new().image(&image(30, 80)).size(500, 500),
    ] {
        let axes = Layout::new(&chart).expect("a layout").axes;
        let across = axes.frame.width() / (axes.x.1 - axes.x.0);
        let up = axes.frame.height() / (axes.y.1 - axes.y.0);
        assert!((across / up - 1.0).abs() < TIGHT);
        assert!(chart.x_range.is_none_or(|range| range == axes.x));
        assert!(chart.y_range.is_none_or(|range| range == axes.y));
    }
}

#[test]
fn ranges_hold_all_data_with_a_margin_and_bars_stand_on_zero() {
    let x = [1.0, 2.0, 5.0];
    let axes = |chart: &Chart| Layout::new(chart).expect("a layout").axes;
    let line = axes(&Chart::new().line(&x, &[0.0, -3.0, 7.0]));
    assert!((line.x.0 - 0.84).abs() < TIGHT && (line.x.1 - 5.16).abs() < TIGHT);
    assert!((line.y.0 + 3.4).abs() < TIGHT && (line.y.1 - 7.4).abs() < TIGHT);
    let bars = axes(&Chart::new().histogram(&x, 3).density(&one_feature()));
    assert!(bars.y.0 == 0.0 && bars.y.1 > 0.279);
    let image = axes(&Chart::new().image(&image(5, 8)));
    assert_eq!((image.x, image.y), ((-0.5, 7.5), (-0.5, 4.5)));
    assert!(image.at(0.0, 0.0).1 < image.at(0.0, 4.0).1);
}

#[test]
fn nothing_is_drawn_outside_the_frame() {
    let far = [-50.0, 50.0, -50.0, 0.9];
    let beyond = Chart::new()
        .x_range(0.0, 1.0)
        .y_range(0.0, 1.0)
        .line(&far, &[-50.0, 50.0, 3.0, 0.9])
        .line_width(9.0)
        .line(&far, &[0.5, 0.5, 0.2, 0.2])
        .dashed()
        .markers(&[0.0, 1.0, 2.0], &[0.0, 1.0, 2.0])
        .point_size(30.0)
        .histogram(&[-1.0, 0.5, 3.0], 2)
        .ellipses(&two_components())
        .vertical_line(3.0);
    let empty = Chart::new()
        .x_range(0.0, 1.0)
        .y_range(0.0, 1.0)
        .vertical_line(3.0);
    let layout = Layout::new(&beyond).expect("a layout");
    assert_eq!(layout, Layout::new(&empty).expect("a layout"));
    let frame = layout.axes.frame;
    let drawn = render(&beyond.into(), 2).expect("pixels");
    let blank = render(&empty.into(), 2).expect("pixels");
    let mut inside = 0;
    for (i, (a, b)) in drawn.rgb.chunks(3).zip(blank.rgb.chunks(3)).enumerate() {
        let x = (i % drawn.width) as f64 / 2.0 + 0.25;
        let y = (i / drawn.width) as f64 / 2.0 + 0.25;
        if frame.grown(0.5).contains((x, y)) {
            inside += usize::from(a != b);
        } else {
            assert_eq!(a, b, "({x}, {y})");
        }
    }
    assert!(inside > 10_000);
}

#[test]
fn a_line_that_crosses_the_frame_is_cut_at_it() {
    let frame = Rect::new(0.0, 0.0, 10.0, 10.0);
    let line = [
        (-5.0, 5.0),
        (15.0, 5.0),
        (15.0, 20.0),
        (5.0, 20.0),
        (5.0, 5.0),
    ];
    assert_eq!(
        clip_polyline(&line, &frame),
        [[(0.0, 5.0), (10.0, 5.0)], [(5.0, 10.0), (5.0, 5.0)]]
    );
}

#[test]
fn dashes_are_equally_long_around_corners() {
    let line = [(0.0, 0.0), (7.0, 0.0), (7.0, 9.0), (30.0, 9.0)];
    let length = |piece: &Vec<(f64, f64)>| -> f64 {
        let ends = piece.iter().zip(&piece[1..]);
        ends.map(|(a, b)| (b.0 - a.0).hypot(b.1 - a.1)).sum()
    };
    let pieces = dashes(&line, 5.0, 2.0);
    assert_eq!(pieces.len(), 6);
    assert!(
        pieces[..5]
            .iter()
            .all(|piece| (length(piece) - 5.0).abs() < TIGHT)
    );
}

#[test]
fn same_chart_same_bytes() {
    for figure in all_kinds() {
        assert_eq!(figure.png(), figure.clone().png());
        assert_eq!(figure.svg(), figure.clone().svg());
    }
    let frames = vec![Chart::new().size(90, 90).scatter(&cloud()); 2];
    let animation = Animation::new(frames);
    assert_eq!(animation.gif(), animation.clone().gif());
}

#[test]
fn png_has_twice_the_css_size_and_svg_has_it() {
    for figure in all_kinds() {
        let (width, height) = figure.size().expect("a size");
        let png = figure.png().expect("a PNG");
        assert_eq!(png_size(&png), (2 * width, 2 * height));
        let svg = figure.svg().expect("an SVG");
        assert!(svg.starts_with(&format!("<svg width=\"{width}\" height=\"{height}\"")));
        assert!(svg.contains(&format!("viewBox=\"0 0 {} {}\"", width * 10, height * 10)));
    }
    let chart = Chart::new().size(300, 200).line(&[0.0, 1.0], &[1.0, 2.0]);
    assert_eq!(png_size(&chart.png().expect("a PNG")), (600, 400));
}

#[test]
fn svg_is_well_formed() {
    for figure in all_kinds() {
        let svg = figure.svg().expect("an SVG");
        let mut open = Vec::new();
        for tag in svg.split('<').skip(1) {
            let (tag, text) = tag.split_once('>').expect("a tag that ends");
            assert!(!text.contains(super::lettering::MARK));
            assert!(tag.matches('"').count().is_multiple_of(2));
            let name = tag.split_whitespace().next().unwrap_or_default();
            if let Some(closed) = name.strip_prefix('/') {
                assert_eq!(open.pop(), Some(closed));
            } else if !tag.ends_with('/') {
                open.push(name);
            }
            for entity in text.split('&').skip(1) {
                let known = ["lt;", "gt;", "amp;", "quot;", "apos;"];
                assert!(known.iter().any(|name| entity.starts_with(name)));
            }
        }
        assert!(open.is_empty());
    }
}

#[test]
fn ellipse_at_one_deviation_has_mahalanobis_distance_one() {
    let model = two_components();
    for k in 0..2 {
        let entry = |i: usize, j: usize| model.covariances()[[k, i, j]];
        let determinant = entry(0, 0) * entry(1, 1) - entry(0, 1) * entry(1, 0);
        for (x, y) in ellipse(&model, k, 1.0, 36) {
            let (dx, dy) = (x - model.means()[[k, 0]], y - model.means()[[k, 1]]);
            let square =
                entry(1, 1) * dx * dx - 2.0 * entry(0, 1) * dx * dy + entry(0, 0) * dy * dy;
            assert!((square / determinant - 1.0).abs() < TIGHT);
        }
    }
}

#[test]
fn bars_integrate_to_one() {
    for values in [
        vec![0.1, 0.4, 0.4, 7.0, -3.0],
        vec![2.0; 5],
        vec![1e12, 1e12 + 1.0],
    ] {
        for n_bins in [1, 2, 13] {
            let bars = bars(&values, n_bins);
            let area: f64 = bars.heights.iter().map(|height| height * bars.width).sum();
            assert!((area - 1.0).abs() < TIGHT);
        }
    }
}

#[test]
fn legend_stands_beside_the_axes_and_takes_at_most_a_third() {
    let long = "a label so long that it could fill the whole width of the chart and more";
    let labels: Vec<usize> = (0..40).map(|i| i % 3).collect();
    for chart in [
        Chart::new().scatter(&cloud()).label(long),
        Chart::new().scatter(&cloud()).label("a"),
        Chart::new().scatter_by_class(&cloud(), &labels).label(long),
        Chart::new().density(&one_feature()).y_label("y"),
        Chart::new()
            .scatter_by_class(&cloud(), &labels)
            .density(&one_feature()),
    ] {
        let layout = Layout::new(&chart).expect("a layout");
        assert!(layout.side.width > 0.0 && layout.side.width <= layout.width / 3.0);
        assert!(layout.axes.frame.right + layout.side.width <= layout.width);
    }
}

#[test]
fn texts_are_measured_as_wide_as_they_are_drawn() {
    assert!((font::width("m", 2048.0) - 1995.0).abs() < TIGHT);
    assert!((font::width("−α", 2048.0) - (1716.0 + 1350.0)).abs() < TIGHT);
    let (text, size) = font::fit("a caption", 10.0, 7.0, 20.0);
    assert!(size >= 7.0 && text.ends_with('…') && font::width(&text, size) <= 20.0);
}

#[test]
fn colours_mix_in_proportion() {
    assert_eq!(blend(&[0.0, 1.0], &TAB10), TAB10[1]);
    assert_eq!(
        blend(&[1.0, 3.0], &[Color(0, 0, 0), Color(200, 100, 40)]),
        Color(150, 75, 30)
    );
    assert_eq!(blend(&[f64::NAN, 0.0], &TAB10), Color::GREY);
    assert_eq!(blend(&[1.0], &[]), Color::GREY);
}

#[test]
fn notebook_gets_an_image_with_its_text_in_both_blocks() {
    let text = protocol("png", b"abc", (64, 48), "a \"b\"\n<c>");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "EVCXR_BEGIN_CONTENT text/html",
            "<img src=\"data:image/png;base64,YWJj\" width=\"64\" height=\"48\" alt=\"a &quot;b&quot; &lt;c&gt;\" \
             style=\"max-width:100%;height:auto\">",
            "EVCXR_END_CONTENT",
            "EVCXR_BEGIN_CONTENT text/plain",
            "a \"b\" <c> (64 x 48 pixels)",
            "EVCXR_END_CONTENT",
        ]
    );
    let chart = Chart::new()
        .title("T")
        .x_label("x")
        .scatter(&cloud())
        .label("a");
    assert_eq!(
        Figure::from(chart).alternative(),
        "T: 40 points (a). x axis: x."
    );
}

#[test]
fn animation_holds_its_last_frame_and_repeats() {
    let frame = |n: usize| Chart::new().size(120, 90).markers(&[n as f64], &[1.0]);
    let gif = Animation::new((0..3).map(frame).collect())
        .seconds_per_frame(0.5)
        .gif()
        .expect("a GIF");
    let mut reader = gif::DecodeOptions::new()
        .read_info(gif.as_slice())
        .expect("a header");
    assert_eq!((reader.width(), reader.height()), (240, 180));
    assert_eq!(reader.repeat(), gif::Repeat::Infinite);
    let mut delays = Vec::new();
    while let Some(frame) = reader.read_next_frame().expect("a frame") {
        delays.push(frame.delay);
    }
    assert_eq!(delays, [50, 50, 200]);
}
