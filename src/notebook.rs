//! How a value shows itself in an evcxr notebook: blocks on standard output, one for each MIME type.

/// One form of the cell's result, in evcxr's protocol; the front end shows the richest that it knows.
pub(crate) fn block(mime: &str, content: &str) -> String {
    format!("EVCXR_BEGIN_CONTENT {mime}\n{content}\nEVCXR_END_CONTENT")
}

/// Lets values show themselves by their `Display` text: at the end of a cell, and as `{:?}`, which is what evcxr falls back on
/// where the cell's last expression has a `?` in it.
macro_rules! shows_as_text {
    ($($type:ty),* $(,)?) => {$(
        impl $type {
            /// Shows the value as text in a notebook.
            pub fn evcxr_display(&self) {
                println!("{}", block("text/plain", &self.to_string()));
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    )*};
}

shows_as_text!(
    crate::Candidate,
    crate::Completion,
    crate::Covering,
    crate::DigitModel,
    crate::Digits,
    crate::Drawn,
    crate::Error,
    crate::Expectation,
    crate::Fit,
    crate::GaussianMixture,
    crate::KMeans,
    crate::Optimum,
    crate::Pca,
    crate::Restarts,
    crate::Sample,
    crate::Scores,
    crate::Selection,
    crate::Statistics,
    crate::Step,
    crate::Stop,
    crate::synthetic::OneDimension,
    crate::synthetic::TwoDimensions,
);

#[cfg(feature = "parquet")]
shows_as_text!(crate::ParquetFile);
