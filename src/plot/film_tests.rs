//! scratch
use super::Film;
use crate::*;
#[test]
fn scratch() {
    let data = synthetic::two_dimensions();
    let em = Em::new(2).start(Start::Responsibilities(data.responsibilities)).regularization(Regularization::None).keep_steps();
    let fit = em.max_iterations(40).tolerance(0.0).fit(&data.x).unwrap();
    let film = Film::new(&data.x, &fit).title("EM sorts 300 points").palette(&[Color::BLUE, Color::RED]);
    let html = film.html().unwrap();
    println!("2d {} png {}", html.len(), film.still().unwrap().png().unwrap().len());
    film.save("/tmp/film/two.html").unwrap();
    film.save("/tmp/film/two.png").unwrap();
    film.save("/tmp/film/two.gif").unwrap();
    println!("gif {}", film.gif().unwrap().len());
    let one = synthetic::one_dimension();
    let start = GaussianMixture::univariate(&one.weights, &one.means, &one.standard_deviations).unwrap();
    let fit = Em::new(2).start(Start::Model(start)).tolerance(0.0).max_iterations(20).keep_steps().fit(&one.x).unwrap();
    let film = Film::new(&one.x, &fit).title("Twenty iterations in one dimension");
    film.save("/tmp/film/one.html").unwrap();
    film.save("/tmp/film/one.png").unwrap();
    println!("1d {}", film.html().unwrap().len());
    let digits = Digits::first(70_000).unwrap();
    let (_, scores) = { let p = digits.pca(Keep::Count(50)).unwrap(); let s = digits.scores(&p).unwrap(); (p, s) };
    let now = std::time::Instant::now();
    let fit = Em::new(10).seed(1).max_iterations(40).tolerance(0.0).keep_steps().fit(&scores).unwrap();
    println!("fit {:?}", now.elapsed());
    let now = std::time::Instant::now();
    let film = Film::new(&scores, &fit).features(0, 1).x_label("score 0").y_label("score 1").title("70,000 digits on two of fifty scores");
    film.save("/tmp/film/digits.html").unwrap();
    println!("digits {} {:?}", film.html().unwrap().len(), now.elapsed());
    film.save("/tmp/film/digits.png").unwrap();
    let s2 = scores.slice(ndarray::s![.., ..2]).to_owned();
    let fit = Em::new(10).seed(1).max_iterations(40).tolerance(0.0).keep_steps().fit(&s2).unwrap();
    let film = Film::new(&s2, &fit);
    println!("digits2 {}", film.html().unwrap().len());
    film.save("/tmp/film/digits2.html").unwrap();
}
