//! Worksheet 2, EM in two dimensions.

mod cases;
mod colour;
mod e_step;
mod missing_line;
mod new_covariances;
mod new_means;
#[cfg(test)]
mod tests;

pub use colour::colour;
pub use e_step::e_step;
pub use missing_line::missing_line;
pub use new_covariances::new_covariances;
pub use new_means::new_means;
