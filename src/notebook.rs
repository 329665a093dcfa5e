//! How a value shows itself in an evcxr notebook: blocks on standard output, one for each MIME type.

/// Shows `text` as the result of the cell.
pub(crate) fn show_text(text: &str) {
    show("text/plain", text);
}

/// Shows `content` as the form of the cell's result that has this MIME type.
pub(crate) fn show(mime: &str, content: &str) {
    println!("EVCXR_BEGIN_CONTENT {mime}\n{content}\nEVCXR_END_CONTENT");
}
