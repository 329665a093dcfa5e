//! The playground's side of the crate: EM on points in the plane, one step at a time.

use crate::digits::whole;
use em_lab::{
    CovarianceModel, Em, Error, Expectation, GaussianMixture, Regularization, Result, Start, Stop,
    e_step, m_step, synthetic,
};
use ndarray::{Array2, array};

/// The points, the mixture as it is now, and how it goes on.
#[derive(Default)]
pub struct Playground(Option<Running>);

struct Running {
    x: Array2<f64>,
    covariance_model: CovarianceModel,
    regularization: Regularization,
    model: GaussianMixture,
    expectation: Expectation,
    iteration: usize,
}

impl Playground {
    pub fn start(
        &mut self,
        points: &[f64],
        n_components: usize,
        covariance_model: usize,
        start: usize,
        seed: f64,
        regularization: f64,
    ) -> Result<Vec<f64>> {
        self.0 = None;
        let (pairs, _) = points.as_chunks::<2>();
        let x = Array2::from(pairs.to_vec());
        let covariance_model =
            CovarianceModel::ALL[covariance_model.min(CovarianceModel::ALL.len() - 1)];
        let regularization = if regularization > 0.0 {
            Regularization::Relative(regularization)
        } else {
            Regularization::None
        };
        let starts = [
            Start::KMeans,
            Start::RandomPoints,
            Start::RandomResponsibilities,
            Start::Hierarchical,
        ];
        let em = Em::new(n_components)
            .start(starts[start.min(starts.len() - 1)].clone())
            .seed(whole(seed)?);
        let em = em
            .covariance_model(covariance_model)
            .regularization(regularization);
        // With no iteration, the fit is the start itself.
        let model = em.max_iterations(0).fit(&x)?.model;
        let expectation = e_step(&model, &x)?;
        let running = Running {
            x,
            covariance_model,
            regularization,
            model,
            expectation,
            iteration: 0,
        };
        self.0.insert(running).answer()
    }

    pub fn step(&mut self) -> Result<Vec<f64>> {
        let running = self.0.as_mut().ok_or(Error::Empty {
            what: "The playground".into(),
        })?;
        running.step()?;
        running.answer()
    }
}

impl Running {
    fn step(&mut self) -> Result<()> {
        let (x, regularization) = (&self.x, self.regularization);
        let model = if self.covariance_model == CovarianceModel::FULL {
            m_step(x, &self.expectation.responsibilities, regularization)?
        } else {
            // Some of these M-steps search from the present covariances on, which one iteration of the loop gives them.
            let em = Em::new(self.model.n_components())
                .covariance_model(self.covariance_model)
                .regularization(regularization);
            let fit = em
                .start(Start::Model(self.model.clone()))
                .max_iterations(1)
                .fit(x)?;
            match fit.stop {
                Stop::Failed(error) => return Err(error),
                _ => fit.model,
            }
        };
        let expectation = e_step(&model, x)?;
        (self.model, self.expectation) = (model, expectation);
        self.iteration += 1;
        Ok(())
    }

    /// Iteration, log-likelihood, BIC, K, weights, means, covariances, responsibilities.
    fn answer(&self) -> Result<Vec<f64>> {
        let mut answer = vec![
            self.iteration as f64,
            self.expectation.log_likelihood,
            self.model.bic(&self.x)?,
            self.model.n_components() as f64,
        ];
        answer.extend(self.model.weights());
        answer.extend(self.model.means());
        answer.extend(self.model.covariances());
        answer.extend(&self.expectation.responsibilities);
        Ok(answer)
    }
}

/// The points of an example; all of them lie between -4 and 8.
pub fn example(number: usize) -> Result<Vec<f64>> {
    let round = |variance: f64| array![[variance, 0.0], [0.0, variance]];
    let mixture = |weights: &[f64], means: Array2<f64>, covariances: Vec<Array2<f64>>| {
        let views: Vec<_> = covariances.iter().map(|c| c.view()).collect();
        let stacked =
            ndarray::stack(ndarray::Axis(0), &views).map_err(|error| Error::LinearAlgebra {
                what: error.to_string(),
            })?;
        GaussianMixture::new(weights, means, stacked)
    };
    let x = match number {
        // The points of notebook 2.
        0 => synthetic::two_dimensions().x,
        // Four clear groups of different sizes.
        1 => {
            let means = array![[-1.6, 5.2], [0.0, -0.8], [5.2, 5.0], [5.4, -0.6]];
            let covariances = vec![round(0.5), round(0.5), round(0.5), round(0.5)];
            mixture(&[0.3, 0.3, 0.2, 0.2], means, covariances)?
                .sample(240, 2)?
                .x
        }
        // A small group inside a wide one.
        2 => {
            let covariances = vec![round(3.2), round(0.08)];
            mixture(&[0.7, 0.3], array![[2.0, 2.0], [2.8, 2.6]], covariances)?
                .sample(260, 5)?
                .x
        }
        // Two long groups, side by side, that k-means cuts across.
        _ => {
            let long = array![[4.6, 3.4], [3.4, 2.8]];
            mixture(
                &[0.5, 0.5],
                array![[1.2, 2.8], [3.0, 1.2]],
                vec![long.clone(), long],
            )?
            .sample(240, 3)?
            .x
        }
    };
    Ok(x.into_iter().collect())
}
