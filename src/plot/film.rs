//! The iterations of a fit as a film that is played, stepped through and asked, in a block of HTML.

use std::path::Path;

use ndarray::ArrayRef2;

use super::animation::Animation;
use super::chart::Chart;
use super::color::{Color, TAB10, pick};
use super::figure::{Figure, escaped, image_tag, in_one_line, unknown_extension, write};
use super::film_data::{Reel, grouped, quoted};
use super::layer::{Range, parameter};
use super::panel::Panel;
use super::raster::small_png;
use super::ticks::plain;
use super::words::counted;
use crate::notebook::block;
use crate::{Error, Fit, Result};

/// The pictures and the player, for the browser.
const DRAWING: &str = include_str!("film_draw.js");
const PLAYER: &str = include_str!("film.js");
const STYLE: &str = include_str!("film.css");
/// The still's width, and the heights of its two charts.
const STILL: (u32, u32, u32) = (640, 420, 170);
/// The width and height of the animation's frames.
const FRAME: (u32, u32) = (520, 440);
/// Share of the data's range that is left free on either side, as in the player.
const MARGIN: f64 = 0.04;

/// The iterations of a fit as a film: play, pause, step, scrub, and ask a point for its responsibilities.
///
/// Made from the data and a fit with [`keep_steps`](crate::Em::keep_steps). One feature is shown as densities over the histogram,
/// two as points under the ellipses of 1, 2 and 3 standard deviations; of more, [`features`](Self::features) chooses two. Points have
/// their components' colours, mixed by their responsibilities, and the log-likelihood is a curve to scrub on.
///
/// A cell that ends with a film shows it as HTML that asks nothing of the network. Where no scripts run (a notebook that is
/// not trusted, a page that shows notebooks) a still of the last iteration stands in its place, or with [`with_gif`](Self::with_gif) a GIF. Of
/// more than 2,000 points some are shown, always the same, and the film says how many. Sample weights are unknown to it: every row of
/// the data is one point.
///
/// # Examples
///
/// ```
/// use em_lab::{Em, Film, Start, synthetic};
///
/// let data = synthetic::two_dimensions();
/// let em = Em::new(2).start(Start::Responsibilities(data.responsibilities)).keep_steps();
/// let fit = em.max_iterations(40).tolerance(0.0).fit(&data.x)?;
/// let film = Film::new(&data.x, &fit).title("EM sorts 300 points");
/// // 300 points and 41 iterations, with the player and the still.
/// assert!(film.html()?.len() < 300_000);
/// # Ok::<(), em_lab::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a film does nothing until it is shown or saved"]
pub struct Film {
    /// Nothing fails before the film is shown: until then the fault is kept.
    reel: Result<Reel>,
    features: Option<(usize, usize)>,
    title: String,
    x_label: Option<String>,
    y_label: Option<String>,
    palette: Vec<Color>,
    seconds_per_frame: f64,
    moves: bool,
    alt: Option<String>,
}

impl Film {
    /// Returns the film of a fit with its steps, and of the samples that it was fitted to, shape (`n_samples`, `n_features`).
    pub fn new(x: &ArrayRef2<f64>, fit: &Fit) -> Self {
        Self {
            reel: Reel::new(x, fit),
            features: None,
            title: String::new(),
            x_label: None,
            y_label: None,
            palette: TAB10.to_vec(),
            seconds_per_frame: 0.4,
            moves: false,
            alt: None,
        }
    }

    /// Chooses the features on the two axes, counted from 0: two scores of a PCA, say. Without it they are 0 and 1.
    ///
    /// The ellipses are those of these two features alone; the responsibilities are those of the whole fit.
    pub fn features(mut self, x: usize, y: usize) -> Self {
        self.features = Some((x, y));
        self
    }

    /// Sets the title above the film.
    pub fn title(mut self, title: &str) -> Self {
        self.title = in_one_line(title);
        self
    }

    /// Names the x axis; "feature" and its number unless said.
    pub fn x_label(mut self, label: &str) -> Self {
        self.x_label = Some(in_one_line(label));
        self
    }

    /// Names the y axis; "feature" and its number unless said, or "density".
    pub fn y_label(mut self, label: &str) -> Self {
        self.y_label = Some(in_one_line(label));
        self
    }

    /// Sets the components' colours, in this order; [`TAB10`] unless said.
    pub fn palette(mut self, colors: &[Color]) -> Self {
        self.palette = colors.to_vec();
        self
    }

    /// Sets how long each iteration is shown while the film plays; 0.4 unless said.
    ///
    /// Who has asked the system for less motion sees each for a second at least.
    pub fn seconds_per_frame(mut self, seconds: f64) -> Self {
        self.seconds_per_frame = seconds;
        self
    }

    /// Lets the film move also where no scripts run: a GIF stands there in place of the still.
    ///
    /// It is less sharp than that of [`gif`](Self::gif), and adds up to about a megabyte.
    pub fn with_gif(mut self) -> Self {
        self.moves = true;
        self
    }

    /// Sets the alternative text, for readers who do not see the picture.
    pub fn alt(mut self, text: &str) -> Self {
        self.alt = Some(in_one_line(text));
        self
    }

    /// Returns the film as a block of HTML with everything in it: style, script, data and the still that the script replaces.
    ///
    /// Several on one page do not disturb each other; they have no ids.
    ///
    /// # Errors
    ///
    /// `Error::Shape` if the fit has no steps or was not made from samples such as these; `Error::Parameter` if the features or another
    /// setting are out of range, or there are more than 127 components; `Error::NotFinite` or `Error::Empty` if `x` is no data.
    pub fn html(&self) -> Result<String> {
        let (reel, features) = self.ready()?;
        let alternative = self.alternative(reel);
        let (image, what) = if self.moves {
            let gif = image_tag("gif", &self.animation()?.small_gif()?, FRAME, &alternative);
            (gif, format!("Iterations 0 to {}", reel.n_iterations))
        } else {
            let still = self.still()?;
            let png = image_tag("png", &small_png(&still)?, still.size()?, &alternative);
            (png, format!("Iteration {}", reel.n_iterations))
        };
        let colors: Vec<String> = (0..reel.n_components())
            .map(|k| pick(&self.palette, k))
            .map(|Color(r, g, b)| format!("\"#{r:02x}{g:02x}{b:02x}\""))
            .collect();
        let [x_label, y_label] = self.labels(&features).map(|label| quoted(&label));
        let data = format!(
            "{{\"title\":{},\"labels\":[{x_label},{y_label}],\"note\":{},\"alt\":{},\"colors\":[{}],\"seconds\":{},{}}}",
            quoted(&self.title),
            quoted(&reel.left_out()),
            quoted(&alternative),
            colors.join(","),
            self.seconds_per_frame,
            reel.json(&features)
        );
        let left_out = reel.left_out();
        let note = format!(
            "{what} of EM. Where scripts run, such as in a trusted notebook or on a web page, a player of all iterations stands \
             here.{}{left_out}",
            if left_out.is_empty() { "" } else { " " }
        );
        Ok(format!(
            "<div class=\"em-lab-film\" role=\"group\" aria-label=\"{}\" data-film='{data}'>\n<style>\n{STYLE}</style>\n{image}\n\
             <p>{note}</p>\n<script>\n(() => {{\n\"use strict\";\n{DRAWING}{PLAYER}}})();\n</script>\n</div>",
            escaped(&format!("Film. {alternative}")),
        ))
    }

    /// Returns the last iteration as a picture: the chart, and the log-likelihood below it.
    ///
    /// # Errors
    ///
    /// As [`Film::html`].
    pub fn still(&self) -> Result<Figure> {
        let (reel, features) = self.ready()?;
        let (width, height, below) = STILL;
        let last = reel.iterations.len() - 1;
        let iterations: Vec<f64> = reel.iterations.iter().map(|&t| t as f64).collect();
        let title = match self.title.as_str() {
            "" => format!("iteration {}", reel.n_iterations),
            title => format!("{title}: iteration {}", reel.n_iterations),
        };
        let chart = self.chart(reel, &features, last)?.size(width, height);
        let curve = Chart::new()
            .line(&iterations, &reel.log_likelihoods)
            .color(Color::GREY)
            .markers(&iterations[last..], &reel.log_likelihoods[last..])
            .color(Color::INK)
            .point_size(4.5)
            .x_label("iteration")
            .y_label("log-likelihood")
            .size(width, below);
        Ok(Figure::from(
            Panel::new(1)
                .add(chart.title(&title))
                .add(curve)
                .alt(&self.alternative(reel)),
        ))
    }

    /// Returns the same iterations as an animation, for places that show a GIF but run no scripts.
    ///
    /// # Errors
    ///
    /// As [`Film::html`].
    pub fn animation(&self) -> Result<Animation> {
        let (reel, features) = self.ready()?;
        let frames: Result<Vec<Chart>> = (0..reel.iterations.len())
            .map(|t| {
                let value = plain(reel.log_likelihoods[t], 2);
                let title = format!("iteration {}, log-likelihood {value}", reel.iterations[t]);
                let chart = self.chart(reel, &features, t)?;
                Ok(chart.title(&title).size(FRAME.0, FRAME.1))
            })
            .collect();
        Ok(Animation::new(frames?)
            .seconds_per_frame(self.seconds_per_frame)
            .alt(&self.alternative(reel)))
    }

    /// Returns the film as GIF, without anything to touch.
    ///
    /// # Errors
    ///
    /// As [`Film::html`].
    pub fn gif(&self) -> Result<Vec<u8>> {
        self.animation()?.gif()
    }

    /// Writes the film to a file: a page with the player, the animation, or the still, as `.html`, `.gif` or `.png` says.
    ///
    /// # Errors
    ///
    /// `Error::File` where the extension is another or the file cannot be written; otherwise as [`Film::html`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        let bytes = match extension.as_deref() {
            Some("html") => self.page()?.into_bytes(),
            Some("gif") => self.gif()?,
            Some("png") => self.still()?.png()?,
            _ => return Err(unknown_extension(path, ".html, .gif or .png")),
        };
        write(path, &bytes)
    }

    /// Shows the film in a notebook; evcxr calls this for the last expression of a cell.
    ///
    /// Where there is a fault, its sentence goes to standard error instead.
    pub fn evcxr_display(&self) {
        match self.protocol() {
            Ok(blocks) => println!("{blocks}"),
            Err(error) => eprintln!("{error}"),
        }
    }

    pub(super) fn protocol(&self) -> Result<String> {
        let html = block("text/html", &self.html()?);
        let (reel, _) = self.ready()?;
        let words = format!("{} (a film, shown as HTML)", self.alternative(reel));
        Ok(format!("{html}\n{}", block("text/plain", &words)))
    }

    /// The film as a page of its own.
    fn page(&self) -> Result<String> {
        let title = match self.title.as_str() {
            "" => "EM, iteration by iteration",
            title => title,
        };
        Ok(format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n\
             <style>:root {{ color-scheme: light dark }}</style>\n{}\n</html>\n",
            escaped(title),
            self.html()?
        ))
    }

    /// The data and the features on the axes, one or two, once all settings are in order.
    fn ready(&self) -> Result<(&Reel, Vec<usize>)> {
        let reel = self.reel.as_ref().map_err(Error::clone)?;
        let n = reel.n_features();
        let features = match (self.features, n) {
            (None, 1) => vec![0],
            (None, _) => vec![0, 1],
            (Some((x, y)), n) if x < n && y < n && x != y => vec![x, y],
            (Some((x, y)), n) => {
                let expected = match n {
                    1 => "left out: the data have one feature only".to_owned(),
                    n => format!("two different numbers from 0 to {}", n - 1),
                };
                let found = format!("{x} and {y}");
                return Err(parameter("The choice of features", &found, &expected));
            }
        };
        if self.palette.is_empty() {
            return Err(parameter("The palette", &"empty", "at least one colour"));
        }
        if !(self.seconds_per_frame > 0.0 && self.seconds_per_frame <= 60.0) {
            return Err(parameter(
                "The time per frame",
                &format!("{} seconds", self.seconds_per_frame),
                "more than 0 and at most 60 seconds",
            ));
        }
        Ok((reel, features))
    }

    fn labels(&self, features: &[usize]) -> [String; 2] {
        let numbered = |label: &Option<String>, d: usize| {
            label.clone().unwrap_or_else(|| format!("feature {d}"))
        };
        match *features {
            [x, y] => [numbered(&self.x_label, x), numbered(&self.y_label, y)],
            _ => [
                self.x_label.clone().unwrap_or_else(|| "x".to_owned()),
                self.y_label.clone().unwrap_or_else(|| "density".to_owned()),
            ],
        }
    }

    /// Frame `t`, on the same axes as all others.
    fn chart(&self, reel: &Reel, features: &[usize], t: usize) -> Result<Chart> {
        let [x_label, y_label] = self.labels(features);
        let model = reel.marginal(t, features)?;
        let chart = Chart::new().x_label(&x_label).y_label(&y_label);
        let &[i, j] = features else {
            return Ok(chart
                .histogram(&reel.values, reel.n_bins())
                .color(Color::BARS)
                .density(&model)
                .palette(&self.palette));
        };
        let (x, y) = (with_margin(reel.ranges[i]), with_margin(reel.ranges[j]));
        let chart = chart
            .scatter_blended(
                &reel.points.select(ndarray::Axis(1), features),
                &reel.shares[t],
            )
            .palette(&self.palette)
            .ellipses(&model)
            .palette(&self.palette)
            .x_range(x.0, x.1)
            .y_range(y.0, y.1);
        // One unit as long in x as in y, unless that would leave most of the picture empty; the player has the same rule.
        let ratio = (x.1 - x.0) / (y.1 - y.0);
        Ok(if (0.5..=2.0).contains(&ratio) {
            chart.equal_aspect()
        } else {
            chart
        })
    }

    fn alternative(&self, reel: &Reel) -> String {
        self.alt.clone().unwrap_or_else(|| {
            let title = match self.title.as_str() {
                "" => "EM, iteration by iteration",
                title => title,
            };
            let end = |value: Option<&f64>| plain(value.copied().unwrap_or(f64::NAN), 2);
            format!(
                "{title}: {} points coloured by their responsibilities for {}, iterations 0 to {}. The log-likelihood goes from {} to {}.",
                grouped(reel.n_samples),
                counted(reel.n_components(), "component"),
                reel.n_iterations,
                end(reel.log_likelihoods.first()),
                end(reel.log_likelihoods.last())
            )
        })
    }
}

/// A range with some room on either side.
fn with_margin((low, high): Range) -> Range {
    let (low, high) = super::extent::widened(low, high);
    let room = (high - low) * MARGIN;
    (low - room, high + room)
}
