//! Every fault a chart can have, the whole sentence that tells it, and hard data that are no fault.

use ndarray::{Array2, array};

use super::{Animation, Chart, Figure, ImageGrid, Panel};
use crate::{GaussianMixture, GreyImage};

fn line() -> Chart {
    Chart::new().line(&[0.0, 1.0], &[0.0, 1.0])
}

fn image() -> GreyImage {
    GreyImage {
        pixels: Array2::zeros((2, 3)),
    }
}

fn model(n_features: usize) -> GaussianMixture {
    let covariance = Array2::eye(n_features);
    let covariances = covariance.insert_axis(ndarray::Axis(0));
    GaussianMixture::new(&[1.0], Array2::zeros((1, n_features)), covariances)
        .expect("a valid model")
}

fn tells(figure: impl Into<Figure>, sentence: &str) {
    let figure = figure.into();
    let told = |error: crate::Error| error.to_string();
    assert_eq!(figure.png().map_err(told), Err(sentence.to_owned()));
    assert_eq!(figure.svg().map_err(told), Err(sentence.to_owned()));
}

#[test]
fn chart_without_layers() {
    tells(
        Chart::new().title("nothing"),
        "The chart has no data, but it needs some: add a layer such as .scatter(...) or .line(...) first.",
    );
    tells(
        Chart::new().label("early").scatter(&array![[0.0, 1.0]]),
        "The chart has no layer yet, but .label(...) changes the layer before it: put .scatter(...), .line(...) or another \
         layer first.",
    );
}

#[test]
fn lengths_that_differ() {
    let points = array![[0.0, 1.0], [2.0, 3.0]];
    tells(
        Chart::new().line(&[1.0, 2.0], &[1.0]),
        "The list of y values of the line has 1 entries, but there are 2 x values and each needs one y value.",
    );
    tells(
        line().x_ticks(&[0.0, 1.0], &["none".to_owned()]),
        "The list of names of the ticks has 1 entries, but there are 2 places and each needs one name.",
    );
    tells(
        Chart::new().scatter_by_class(&points, &[1]),
        "The list of labels has 1 entries, but there are 2 points and each needs one label.",
    );
    tells(
        Chart::new().scatter_blended(&points, &array![[1.0]]),
        "The array of responsibilities has 1 rows and 1 columns, but there are 2 points, and each needs a row with a column for \
         each component.",
    );
    tells(
        Chart::new().heat_map(&points, &["a".into()], &["b".into(), "c".into()]),
        "The list of row names has 1 entries, but the matrix has 2 rows and each needs one name.",
    );
    tells(
        Chart::new().scatter_by_class(&array![[0.0, 1.0, 2.0]], &[1]),
        "The array of points has 3 columns, but a chart has two axes: choose two columns, or two scores of a PCA.",
    );
    tells(
        Chart::new()
            .scatter_by_class(&points, &[0, 1])
            .label("a")
            .label("b")
            .label("c"),
        "The layer has 3 labels, but its points have 2 classes: give one label for all of them, or one for each.",
    );
    tells(
        ImageGrid::new(vec![image()], 1).captions(&[]),
        "The list of captions has 0 entries, but the grid has 1 image and each needs one caption.",
    );
}

#[test]
fn values_that_are_not_finite() {
    tells(
        Chart::new().markers(&[0.0, f64::NAN], &[0.0, 1.0]),
        "The list of x values of the markers holds NaN in row 1, column 0 (counted from 0): every value must be a finite number. \
         Remove or replace it first.",
    );
    tells(
        Chart::new().scatter(&array![[0.0, 1.0], [1.0, f64::INFINITY]]),
        "The array of points holds inf in row 1, column 1 (counted from 0): every value must be a finite number. Remove or \
         replace it first.",
    );
    tells(
        Chart::new().vertical_line(f64::NAN),
        "The place of the vertical line holds NaN in row 0, column 0 (counted from 0): every value must be a finite number. \
         Remove or replace it first.",
    );
}

#[test]
fn nothing_to_draw() {
    let sentence = |what: &str| crate::Error::Empty { what: what.into() }.to_string();
    tells(
        Chart::new().histogram(&[], 3),
        &sentence("The list of values of the histogram"),
    );
    tells(
        Chart::new().scatter(&Array2::zeros((0, 2))),
        &sentence("The array of points"),
    );
    tells(
        Chart::new().heat_map(&Array2::zeros((0, 0)), &[], &[]),
        &sentence("The matrix of the heat map"),
    );
    tells(ImageGrid::new(vec![], 2), &sentence("The list of images"));
    let empty = GreyImage {
        pixels: Array2::zeros((0, 3)),
    };
    tells(Chart::new().image(&empty), &sentence("The image"));
    tells(
        ImageGrid::new(vec![image(), empty], 2),
        &sentence("Image 1 (counted from 0)"),
    );
    tells(
        Panel::new(2),
        "The panel has no pictures, but it needs at least one: add a chart with .add(...) first.",
    );
    assert_eq!(
        Animation::new(vec![]).gif().unwrap_err().to_string(),
        "The animation has no frames, but it needs at least one chart."
    );
}

#[test]
fn settings_out_of_range() {
    tells(
        line().size(0, 300),
        "The size of the figure is 0 x 300 pixels, but it must be from 1 x 1 to 4096 x 4096 pixels.",
    );
    tells(
        line().size(300, 5000),
        "The size of the figure is 300 x 5000 pixels, but it must be from 1 x 1 to 4096 x 4096 pixels.",
    );
    tells(
        line().size(30, 20).title("too small"),
        "The size of the chart is 30 x 20 pixels, but it must be large enough for the axes beside its title, labels and legend.",
    );
    tells(
        line().x_range(2.0, 2.0),
        "The x range is 2 to 2, but it must be a finite lower end followed by a greater, finite upper end.",
    );
    tells(
        line().y_range(0.0, f64::NAN),
        "The y range is 0 to NaN, but it must be a finite lower end followed by a greater, finite upper end.",
    );
    tells(
        line().opacity(1.5),
        "The opacity is 1.5, but it must be from 0 to 1.",
    );
    tells(
        line().line_width(-1.0),
        "The line width is -1, but it must be more than 0 and at most 100 CSS pixels.",
    );
    tells(
        line().point_size(f64::NAN),
        "The point size is NaN, but it must be more than 0 and at most 100 CSS pixels.",
    );
    tells(
        line().palette(&[]),
        "The palette is empty, but it must be at least one colour.",
    );
    tells(
        Chart::new().histogram(&[1.0], 0),
        "The number of bins of the histogram is 0, but it must be from 1 to 10000.",
    );
    tells(
        Panel::new(0).add(line()),
        "The number of columns is 0, but it must be at least 1.",
    );
    tells(
        ImageGrid::new(vec![image()], 0),
        "The number of columns is 0, but it must be at least 1.",
    );
    tells(
        ImageGrid::new(vec![image()], 1).magnify(0.0),
        "The magnification is 0, but it must be more than 0 and at most 1000.",
    );
}

#[test]
fn models_with_the_wrong_number_of_features() {
    tells(
        Chart::new().density(&model(2)),
        "The model has 2 features, but .density(...) draws models with 1: choose as many columns before fitting, or project \
         them.",
    );
    tells(
        Chart::new().ellipses(&model(3)),
        "The model has 3 features, but .ellipses(...) draws models with 2: choose as many columns before fitting, or project \
         them.",
    );
}

#[test]
fn animations_with_frames_that_do_not_fit() {
    let told = |animation: Animation| animation.gif().unwrap_err().to_string();
    assert_eq!(
        told(Animation::new(vec![line(), line().size(300, 200)])),
        "Frame 1 of the animation has 300 x 200 pixels, but frame 0 has 640 x 420: give all frames the same .size(...)."
    );
    assert_eq!(
        told(Animation::new(vec![line()]).seconds_per_frame(0.0)),
        "The time per frame is 0 seconds, but it must be more than 0 and at most 60 seconds."
    );
}

#[test]
fn file_names_that_say_nothing() {
    assert_eq!(
        line().save("chart.jpeg").unwrap_err().to_string(),
        "chart.jpeg: the name does not say which kind of picture to write. Let it end in .png or .svg."
    );
    assert_eq!(
        Animation::new(vec![line()])
            .save("steps")
            .unwrap_err()
            .to_string(),
        "steps: the name does not say which kind of picture to write. Let it end in .gif."
    );
    let error = line()
        .save("/no/such/folder/chart.png")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("/no/such/folder/chart.png: the file cannot be written (")
            && error.ends_with("Check that its folder exists and may be written to.")
    );
}

#[test]
fn files_are_written_as_their_names_say() {
    let folder = std::env::temp_dir();
    let name = |extension: &str| folder.join(format!("em-lab-{}.{extension}", std::process::id()));
    let first_bytes = |extension: &str| {
        let bytes = std::fs::read(name(extension)).unwrap_or_default();
        let _ = std::fs::remove_file(name(extension));
        bytes.get(..4).unwrap_or_default().to_vec()
    };
    assert_eq!(line().save(name("png")), Ok(()));
    assert_eq!(line().save(name("svg")), Ok(()));
    assert_eq!(Animation::new(vec![line()]).save(name("gif")), Ok(()));
    assert_eq!(first_bytes("png"), b"\x89PNG");
    assert_eq!(first_bytes("svg"), b"<svg");
    assert_eq!(first_bytes("gif"), b"GIF8");
}

#[test]
fn hard_data_are_drawn_all_the_same() {
    let huge = [-1.7e308, 1.7e308];
    for (x, y) in [
        (&huge[..], &huge[..]),
        (&[1e-320, 2e-320], &[0.0, 0.0]),
        (&[1e15, 1e15 + 0.25], &[5.0, 5.0]),
        (&[3.0], &[3.0]),
    ] {
        for chart in [
            Chart::new().line(x, y),
            Chart::new().markers(x, y).equal_aspect(),
            Chart::new().histogram(x, 3).label("bars"),
            Chart::new().line(x, y).x_range(0.0, 1e-3).dashed(),
        ] {
            assert!(chart.png().is_ok() && chart.svg().is_ok());
        }
    }
}

#[test]
fn small_charts_are_drawn_or_refused_but_never_panic() {
    let names: Vec<String> = (0..3).map(|i| format!("a long name {i}")).collect();
    let points = array![[0.0, 1.0], [2.0, 3.0], [1.0, -4.0]];
    let square = array![[0.0, 1.0, 5.0], [2.0, 3.0, 0.5], [1.0, -4.0, 0.0]];
    for chart in [
        line().label("name").title("title").y_label("y"),
        Chart::new()
            .scatter_by_class(&points, &[3, usize::MAX, 7])
            .label("class"),
        Chart::new().heat_map(&square, &names, &names).x_label("x"),
        Chart::new().image(&image()).no_axes(),
        Chart::new().density(&model(1)).equal_aspect(),
        Chart::new().ellipses(&model(2)).x_range(5.0, 6.0),
    ] {
        for side in [1, 7, 40, 41, 60, 90, 150] {
            for size in [(side, 150), (150, side), (side, side)] {
                let sized = chart.clone().size(size.0, size.1);
                assert_eq!(sized.png().is_ok(), sized.svg().is_ok());
            }
        }
    }
    assert!(line().size(150, 150).png().is_ok());
}
