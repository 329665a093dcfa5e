//! The picture of a selection.

use super::chart::Chart;
use super::color::Color;
use crate::{Candidate, CovarianceModel, Selection};

/// Points of a series where there are some, and gaps between them.
type Series = Vec<Option<(f64, f64)>>;

impl Selection {
    /// Returns the chart of the criteria: lower is better.
    ///
    /// BIC over the number of components, with a line for each covariance model, named at its end: dashed where the components
    /// have equal volumes, in one colour for each kind of orientation. With one number of components, or one covariance model, it
    /// shows BIC and ICL. A ring marks the lowest BIC; where there is no fit, or one that only the regularization keeps from
    /// collapsing, there is a gap.
    pub fn chart(&self) -> Chart {
        let (counts, models) = (self.counts(), self.models());
        if counts.len() > 1 && models.len() > 1 {
            self.grid(&counts, &models)
        } else {
            self.two_criteria(&counts, &models)
        }
    }

    fn grid(&self, counts: &[usize], models: &[CovarianceModel]) -> Chart {
        let mut chart = Chart::new()
            .x_label("number of components")
            .y_label("BIC (lower is better)")
            .x_ticks(&places(counts), &names(counts))
            .labels_at_ends();
        for (row, model) in models.iter().enumerate() {
            let of_model = self.candidates.iter().skip(row).step_by(models.len());
            let points = of_model.map(|c| Some((c.n_components as f64, self.shown(c)?.bic()?)));
            let look = (color(*model), model.has_equal_volumes(), 2.6);
            chart = series(chart, &points.collect(), model.name(), look);
        }
        let covariances = format!("{} covariance models", models.len());
        self.finish(chart, &covariances, |c| c.n_components as f64)
    }

    fn two_criteria(&self, counts: &[usize], models: &[CovarianceModel]) -> Chart {
        let over_counts = models.len() == 1;
        let place = |candidate: &Candidate| {
            let model = models.iter().position(|m| *m == candidate.covariance_model);
            if over_counts {
                candidate.n_components as f64
            } else {
                model.unwrap_or(0) as f64
            }
        };
        let chart = Chart::new().y_label("lower is better");
        let mut chart = if over_counts {
            chart
                .x_label("number of components")
                .x_ticks(&places(counts), &names(counts))
        } else {
            let all: Vec<usize> = (0..models.len()).collect();
            chart
                .x_label("covariance model, from the simplest to the richest")
                .x_ticks(&places(&all), &names(models))
        };
        // ICL is never below BIC, and often hardly above it: BIC goes on top.
        let of = |criterion: fn(&Candidate) -> Option<f64>| -> Series {
            let all = self.candidates.iter();
            all.map(|c| Some((place(c), criterion(self.shown(c)?)?)))
                .collect()
        };
        let orange = Color(0xe6, 0x9f, 0x00);
        chart = series(chart, &of(Candidate::icl), "ICL", (orange, true, 5.0));
        chart = series(chart, &of(Candidate::bic), "BIC", (Color::BLUE, false, 3.0));
        self.finish(chart, "BIC and ICL", place)
    }

    /// The candidate, unless it is one to leave out.
    fn shown<'a>(&self, candidate: &'a Candidate) -> Option<&'a Candidate> {
        (candidate.is_sound() || self.best.flat.is_some()).then_some(candidate)
    }

    /// The ring around the best, the title and the alternative text.
    fn finish(&self, chart: Chart, what: &str, place: impl Fn(&Candidate) -> f64) -> Chart {
        let ranking = self.ranking();
        let Some((best, bic)) = ranking.first().and_then(|best| Some((best, best.bic()?))) else {
            return chart;
        };
        let (x, y, plural) = (
            place(best),
            bic,
            if best.n_components == 1 { "" } else { "s" },
        );
        let title = format!(
            "{} with {} component{plural} has the lowest BIC",
            best.covariance_model, best.n_components
        );
        let without =
            self.candidates.len() - self.candidates.iter().filter_map(Candidate::bic).count();
        let gaps = match without {
            0 => String::new(),
            n => format!(
                " {n} of the {} mixtures are left out.",
                self.candidates.len()
            ),
        };
        let alternative = format!("Selection of a mixture, {what}: {title}, {bic:.1}.{gaps}");
        let ring =
            |chart: Chart, radius, color| chart.markers(&[x], &[y]).point_size(radius).color(color);
        let chart = ring(chart, 8.0, Color::INK);
        let chart = ring(chart, 6.5, Color::WHITE);
        let chart = ring(chart, 4.0, Color::INK);
        chart.title(&title).alt(&alternative)
    }
}

/// One colour for each kind of orientation; no two are told apart by red and green alone.
fn color(model: CovarianceModel) -> Color {
    use CovarianceModel::{Eee, Eii, Eve, Vee, Vii, Vve};
    match model {
        Eii | Vii => Color::GREY,
        model if model.is_diagonal() => Color(0xe6, 0x9f, 0x00),
        Eee | Vee | Eve | Vve => Color(0x00, 0x72, 0xb2),
        _ => Color::INK,
    }
}

/// Lines through neighbours, a dot at each point, and the name at the last line.
fn series(
    mut chart: Chart,
    points: &Series,
    name: &str,
    (color, dashed, radius): (Color, bool, f64),
) -> Chart {
    let pieces: Vec<&[Option<(f64, f64)>]> = points
        .split(Option::is_none)
        .filter(|piece| !piece.is_empty())
        .collect();
    for (i, piece) in pieces.iter().enumerate() {
        let (x, y): (Vec<f64>, Vec<f64>) = piece.iter().flatten().copied().unzip();
        chart = chart.line(&x, &y).color(color).line_width(1.5);
        if dashed {
            chart = chart.dashed();
        }
        if i + 1 == pieces.len() {
            chart = chart.label(name);
        }
        chart = chart.markers(&x, &y).point_size(radius).color(color);
    }
    chart
}

fn places(values: &[usize]) -> Vec<f64> {
    values.iter().map(|&value| value as f64).collect()
}

fn names<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(T::to_string).collect()
}
