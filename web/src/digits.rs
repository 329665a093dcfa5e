//! The digit page's side of the crate.

use em_lab::{Completion, Covering, DigitModel, Draw, Drawn, Error, Result};
use std::f64::consts::FRAC_PI_2;

/// What the digit page has loaded.
#[derive(Default)]
pub struct Digits {
    model: Option<DigitModel>,
    /// The last covering: while somebody draws, it stays the same.
    covering: Option<(Vec<bool>, Covering)>,
    labels: Vec<u8>,
    real: Vec<u8>,
}

/// Seed, component (-1 for any), temperature and number of scores, as the page sends them.
type Asked = (f64, i32, f64, usize);

impl Digits {
    pub fn load_model(&mut self, bytes: &[u8]) -> Result<Vec<f64>> {
        let model = DigitModel::from_bytes(bytes)?;
        let sizes = [
            model.width(),
            model.height(),
            model.n_kept(),
            model.n_components(),
        ];
        let mut answer: Vec<f64> = sizes.iter().map(|&size| size as f64).collect();
        answer.push(model.noise_variance());
        answer.extend(model.weights());
        for mean in model.component_means().rows() {
            answer.extend(model.image(&mean.to_vec())?.values());
        }
        // A file may be a model whose numbers overflow: better to know now.
        model.digit(0)?;
        self.covering = None;
        self.model = Some(model);
        Ok(answer)
    }

    pub fn digit(
        &self,
        seed: f64,
        component: i32,
        temperature: f64,
        n_kept: usize,
    ) -> Result<Vec<f64>> {
        let model = self.model()?;
        let drawn = draw(model, (seed, component, temperature, n_kept))?;
        let mut answer = vec![drawn.component as f64];
        answer.extend(model.image(&drawn.pixels)?.values());
        answer.extend(drawn.pixels);
        Ok(answer)
    }

    /// On an arc about the mean image: halfway on the straight line between two digits every stroke is half as bright.
    pub fn between(&mut self, from: Asked, to: Asked, t: f64) -> Result<Vec<f64>> {
        let model = self.model()?;
        let [from, to] = [draw(model, from)?.pixels, draw(model, to)?.pixels];
        // At the ends the digits themselves, to the last bit.
        let (a, b) = match t {
            0.0 => (1.0, 0.0),
            1.0 => (0.0, 1.0),
            _ => ((t * FRAC_PI_2).cos(), (t * FRAC_PI_2).sin()),
        };
        let ends = from.iter().zip(&to).zip(model.mean());
        let pixels: Vec<f64> = ends
            .map(|((from, to), mean)| mean + a * (from - mean) + b * (to - mean))
            .collect();
        let grey = model.image(&pixels)?.values();
        let mut answer = vec![
            self.understand(&pixels, &vec![false; pixels.len()])?
                .log_density,
        ];
        answer.extend(grey);
        Ok(answer)
    }

    pub fn complete(&mut self, pixels_and_covered: &[f64]) -> Result<Vec<f64>> {
        let (pixels, covered) = pixels_and_covered.split_at(pixels_and_covered.len() / 2);
        let covered: Vec<bool> = covered.iter().map(|&value| value != 0.0).collect();
        let completion = self.understand(pixels, &covered)?;
        let mut answer = vec![completion.log_density];
        answer.extend(completion.responsibilities);
        answer.extend(completion.without_noise);
        answer.extend(completion.pixels);
        Ok(answer)
    }

    pub fn load_real(&mut self, bytes: &[u8]) -> Result<Vec<f64>> {
        let n_pixels = self.model()?.n_pixels();
        let n = bytes.len() / (n_pixels + 1);
        if n == 0 || !bytes.len().is_multiple_of(n_pixels + 1) {
            return Err(Error::Shape {
                what: "The file of real digits".into(),
                found: format!("{} bytes", bytes.len()),
                expected: format!("a label and {n_pixels} pixels for each digit were expected"),
            });
        }
        let (labels, real) = bytes.split_at(n);
        (self.labels, self.real) = (labels.to_vec(), real.to_vec());
        Ok(vec![n as f64])
    }

    pub fn nearest(&self, grey: &[f64]) -> Result<Vec<f64>> {
        let squared = |digit: &[u8]| -> f64 {
            digit
                .iter()
                .zip(grey)
                .map(|(&level, other)| (f64::from(level) - other).powi(2))
                .sum()
        };
        let distances = self
            .real
            .chunks_exact(grey.len().max(1))
            .map(squared)
            .enumerate();
        let Some((place, distance)) = distances.min_by(|a, b| a.1.total_cmp(&b.1)) else {
            return Err(Error::Empty {
                what: "The list of real digits".into(),
            });
        };
        let mut answer = vec![
            place as f64,
            f64::from(self.labels[place]),
            distance.sqrt() / 255.0,
        ];
        let start = place * grey.len();
        answer.extend(
            self.real[start..start + grey.len()]
                .iter()
                .map(|&level| f64::from(level)),
        );
        Ok(answer)
    }

    pub fn real_densities(&mut self, n: usize) -> Result<Vec<f64>> {
        let n_pixels = self.model()?.n_pixels();
        let nothing = vec![false; n_pixels];
        let mut densities = Vec::new();
        for place in 0..n.min(self.labels.len()) {
            let digit = &self.real[place * n_pixels..(place + 1) * n_pixels];
            let pixels: Vec<f64> = digit
                .iter()
                .map(|&level| f64::from(level) / 255.0)
                .collect();
            densities.push(self.understand(&pixels, &nothing)?.log_density);
        }
        densities.sort_by(f64::total_cmp);
        Ok(densities)
    }

    fn understand(&mut self, pixels: &[f64], covered: &[bool]) -> Result<Completion> {
        let Self {
            model: Some(model),
            covering,
            ..
        } = self
        else {
            return Err(no_model());
        };
        match covering {
            Some((mask, prepared)) if mask == covered => model.complete(pixels, prepared),
            _ => {
                let prepared = model.covering(covered)?;
                let completion = model.complete(pixels, &prepared);
                *covering = Some((covered.to_vec(), prepared));
                completion
            }
        }
    }

    fn model(&self) -> Result<&DigitModel> {
        self.model.as_ref().ok_or_else(no_model)
    }
}

fn no_model() -> Error {
    Error::Empty {
        what: "The page's model".into(),
    }
}

fn draw(model: &DigitModel, (seed, component, temperature, n_kept): Asked) -> Result<Drawn> {
    let how = Draw {
        component: usize::try_from(component).ok(),
        temperature,
        n_kept: Some(n_kept),
    };
    model.draw(whole(seed)?, how)
}

/// A seed: JavaScript has whole numbers up to 2⁵³.
pub fn whole(seed: f64) -> Result<u64> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Whole, and in range.
    if (0.0..=9_007_199_254_740_992.0).contains(&seed) && seed.fract() == 0.0 {
        return Ok(seed as u64);
    }
    Err(Error::Parameter {
        name: "The seed".into(),
        found: seed.to_string(),
        expected: "a whole number, zero or above".into(),
    })
}
