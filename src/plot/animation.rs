//! Charts one after the other, as a GIF.

use std::borrow::Cow;
use std::path::Path;

use super::canvas::fault;
use super::chart::Chart;
use super::extent::join;
use super::figure::{Figure, show, unknown_extension, write};
use super::geometry::to_i32;
use super::layer::parameter;
use super::layout::Layout;
use super::quantize::{Colors, Run, TRANSPARENT};
use super::raster::render;
use super::words::counted;
use crate::{Error, Result};

/// A sharper animation is taken only if its file is at most this large.
const LARGEST: usize = 1_500_000;
/// How much longer the last frame is shown.
const HOLD: f64 = 4.0;

/// Charts shown one after the other, without end: the steps of an iteration.
///
/// All frames share one size, one palette of at most 255 colours and, where ranges are not set, the range that holds the data of all of
/// them, so that nothing moves but the data.
///
/// # Examples
///
/// ```
/// use em_lab::{Animation, Chart};
///
/// let frame = |t: f64| Chart::new().size(160, 120).markers(&[t], &[t * t]);
/// let gif = Animation::new(vec![frame(0.0), frame(1.0)]).seconds_per_frame(0.5).gif()?;
/// assert!(gif.starts_with(b"GIF89a"));
/// # Ok::<(), em_lab::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "an animation does nothing until it is shown or saved"]
pub struct Animation {
    frames: Vec<Chart>,
    seconds_per_frame: f64,
    alt: Option<String>,
}

impl Animation {
    /// Returns an animation of these charts, in this order.
    pub fn new(frames: Vec<Chart>) -> Self {
        Self {
            frames,
            seconds_per_frame: 0.4,
            alt: None,
        }
    }

    /// Sets how long each frame is shown; 0.4 unless said. The last one stays four times as long.
    pub fn seconds_per_frame(mut self, seconds: f64) -> Self {
        self.seconds_per_frame = seconds;
        self
    }

    /// Sets the alternative text, for readers who do not see the picture.
    pub fn alt(mut self, text: &str) -> Self {
        self.alt = Some(text.to_owned());
        self
    }

    /// Writes the animation to a file whose name ends in `.gif`.
    ///
    /// # Errors
    ///
    /// `Error::File` where the extension is another or the file cannot be written; otherwise the first fault in the frames.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        match path.extension().map(|e| e.to_string_lossy().to_lowercase()) {
            Some(extension) if extension == "gif" => write(path, &self.gif()?),
            _ => Err(unknown_extension(path, ".gif")),
        }
    }

    /// Returns the animation as GIF, with twice as many pixels, each way, as its CSS size.
    ///
    /// Where that would take more than 1.5 MB, it has fewer colours, and if that is not enough, as many pixels as its CSS size.
    ///
    /// # Errors
    ///
    /// The first fault in the settings or in a frame's data.
    pub fn gif(&self) -> Result<Vec<u8>> {
        let frames = self.prepared()?;
        let sharp = Drawn::new(&frames, 2)?;
        for n_colors in [255, 128, 64] {
            let gif = self.encode(&sharp, n_colors)?;
            if gif.len() <= LARGEST {
                return Ok(gif);
            }
        }
        self.encode(&Drawn::new(&frames, 1)?, 255)
    }

    /// A GIF of its CSS size and fewer colours: half as many bytes, for a page where it is only seen in case of need.
    pub(super) fn small_gif(&self) -> Result<Vec<u8>> {
        self.encode(&Drawn::new(&self.prepared()?, 1)?, 128)
    }

    /// Shows the animation in a notebook; evcxr calls this for the last expression of a cell.
    ///
    /// Where there is a fault, its sentence goes to standard error instead.
    pub fn evcxr_display(&self) {
        let size = || self.frames.first().map_or(Ok((0, 0)), Chart::laid_out_size);
        match self.gif().and_then(|gif| Ok((gif, size()?))) {
            Ok((gif, size)) => show("gif", &gif, size, &self.alternative()),
            Err(error) => eprintln!("{error}"),
        }
    }

    pub(super) fn alternative(&self) -> String {
        self.alt.clone().unwrap_or_else(|| {
            let frames = counted(self.frames.len(), "frame");
            let last = self.frames.last().map(Chart::alternative);
            format!("Animation of {frames}. Last: {}", last.unwrap_or_default())
        })
    }

    /// Checks the settings, and gives all frames the same ranges.
    fn prepared(&self) -> Result<Vec<Figure>> {
        if !(self.seconds_per_frame > 0.0 && self.seconds_per_frame <= 60.0) {
            return Err(parameter(
                "The time per frame",
                &format!("{} seconds", self.seconds_per_frame),
                "more than 0 and at most 60 seconds",
            ));
        }
        let (mut x, mut y) = (None, None);
        let mut size = None;
        for (n, frame) in self.frames.iter().enumerate() {
            let layout = Layout::new(frame)?;
            let (wide, high) = frame.laid_out_size()?;
            let first = *size.get_or_insert((wide, high));
            if first != (wide, high) {
                return Err(Error::Shape {
                    what: format!("Frame {n} of the animation"),
                    found: format!("{wide} x {high} pixels"),
                    expected: format!(
                        "frame 0 has {} x {}: give all frames the same .size(...)",
                        first.0, first.1
                    ),
                });
            }
            x = join(x, Some(layout.axes.x));
            y = join(y, Some(layout.axes.y));
        }
        if self.frames.is_empty() {
            return Err(Error::Shape {
                what: "The animation".to_owned(),
                found: "no frames".to_owned(),
                expected: "it needs at least one chart".to_owned(),
            });
        }
        let shared = |frame: &Chart| {
            let mut frame = frame.clone();
            frame.x_range = frame.x_range.or(x);
            frame.y_range = frame.y_range.or(y);
            Figure::from(frame)
        };
        Ok(self.frames.iter().map(shared).collect())
    }

    /// Finds one palette for all frames, and writes what changes from each to the next.
    fn encode(&self, drawn: &Drawn, n_colors: usize) -> Result<Vec<u8>> {
        let palette = drawn.colors.palette(n_colors);
        let size = drawn.size;
        let mut bytes = Vec::new();
        let (width, height) = (side(size.0), side(size.1));
        let mut encoder =
            gif::Encoder::new(&mut bytes, width, height, &palette.rgb).map_err(fault)?;
        encoder.set_repeat(gif::Repeat::Infinite).map_err(fault)?;
        let mut before: Option<Vec<u8>> = None;
        for (n, frame) in drawn.frames.iter().enumerate() {
            let pixels = palette.indices(frame);
            let last = n + 1 == drawn.frames.len();
            let hold = if last { HOLD } else { 1.0 };
            let mut part = changed(before.as_deref(), &pixels, size);
            part.delay = side_of(self.seconds_per_frame * hold * 100.0);
            encoder.write_frame(&part).map_err(fault)?;
            before = Some(pixels);
        }
        drop(encoder);
        Ok(bytes)
    }
}

/// All frames in memory, and the colours that occur in them.
struct Drawn {
    size: (usize, usize),
    frames: Vec<Vec<Run>>,
    colors: Colors,
}

impl Drawn {
    fn new(figures: &[Figure], sharpness: u32) -> Result<Self> {
        let mut drawn = Self {
            size: (0, 0),
            frames: Vec::with_capacity(figures.len()),
            colors: Colors::default(),
        };
        for figure in figures {
            let raster = render(figure, sharpness)?;
            drawn.size = (raster.width, raster.height);
            drawn.frames.push(drawn.colors.count(&raster));
        }
        Ok(drawn)
    }
}

fn side(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

fn side_of(value: f64) -> u16 {
    u16::try_from(to_i32(value.max(2.0))).unwrap_or(u16::MAX)
}

/// The smallest rectangle that holds all that differs from the frame before, with equal pixels left transparent.
fn changed(
    before: Option<&[u8]>,
    now: &[u8],
    (width, height): (usize, usize),
) -> gif::Frame<'static> {
    let differs = |i: usize| before.is_none_or(|before| before[i] != now[i]);
    let (mut left, mut right, mut top, mut bottom) = (width, 0, height, 0);
    for row in 0..height {
        let line = row * width;
        if let Some(first) = (0..width).find(|x| differs(line + x)) {
            let last = (0..width).rfind(|x| differs(line + x)).unwrap_or(first);
            (left, right) = (left.min(first), right.max(last + 1));
            (top, bottom) = (top.min(row), row + 1);
        }
    }
    if right == 0 {
        (left, right, top, bottom) = (0, 1, 0, 1);
    }
    let mut buffer = Vec::with_capacity((right - left) * (bottom - top));
    for row in top..bottom {
        let line = row * width;
        buffer.extend((left..right).map(|x| {
            if differs(line + x) {
                now[line + x]
            } else {
                TRANSPARENT
            }
        }));
    }
    gif::Frame {
        left: side(left),
        top: side(top),
        width: side(right - left),
        height: side(bottom - top),
        dispose: gif::DisposalMethod::Keep,
        transparent: Some(TRANSPARENT),
        buffer: Cow::Owned(buffer),
        ..gif::Frame::default()
    }
}
