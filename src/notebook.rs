//! How a value shows itself in an evcxr notebook: blocks on standard output, one for each MIME type.

/// Shows `text` as the result of the cell.
pub(crate) fn show_text(text: &str) {
    println!("{}", block("text/plain", text));
}

/// Makes `{:?}` print what `{}` prints: a cell that ends with `?` shows its value by `Debug`.
macro_rules! debug_is_display {
    ($($type:ty),*) => {$(
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    )*};
}
debug_is_display!(
    crate::Error,
    crate::Fit,
    crate::GaussianMixture,
    crate::KMeans,
    crate::Pca,
    crate::Stop
);

/// One form of the cell's result, in evcxr's protocol; the front end shows the richest that it knows.
pub(crate) fn block(mime: &str, content: &str) -> String {
    format!("EVCXR_BEGIN_CONTENT {mime}\n{content}\nEVCXR_END_CONTENT")
}
