//! Pictures: charts, grids of images, panels of both, animations, and films that are played.

mod animation;
mod canvas;
mod chart;
mod color;
mod draw;
mod ends;
mod extent;
mod figure;
mod film;
mod film_data;
mod font;
mod geometry;
mod image_grid;
mod layer;
mod layout;
mod legend;
mod lettering;
mod panel;
mod quantize;
mod raster;
mod selection;
mod spans;
mod ticks;
mod words;

#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod film_tests;
#[cfg(test)]
mod tests;

pub use animation::Animation;
pub use chart::Chart;
pub use color::{Color, TAB10, blend};
pub use figure::Figure;
pub use film::Film;
pub use image_grid::ImageGrid;
pub use panel::Panel;
