//! PDF: the text page by page, and what the file says about itself.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pdf_extract::{Dictionary, Document, Object};

use self::layout::Layout;
use super::{Bounds, Extracted, Fault, clean};

mod layout;
mod widths;

/// How far into a file its mark may stand, in bytes; readers allow for that.
const MARK_WITHIN_BYTES: usize = 1024;

/// Reads a PDF.
///
/// # Errors
/// A page that does not read fails the document: an answer from half of the terms may be the opposite of what they say.
pub(super) fn read(bytes: &[u8], bounds: &Bounds) -> Result<Extracted, Fault> {
    let head = bytes.get(..MARK_WITHIN_BYTES.min(bytes.len())).unwrap_or_default();
    if !head.windows(5).any(|window| window == b"%PDF-") {
        return Err(Fault::NotThat("a PDF".to_owned()));
    }
    let document = guarded("its structure", || Document::load_mem(bytes).ok())?;
    let mut document = unlocked(document)?;
    widths::write_out(&mut document);
    let page_count = document.get_pages().len();
    if page_count > bounds.pages_max {
        return Err(Fault::TooManyPages(bounds.pages_max));
    }
    if page_count == 0 {
        return Err(Fault::Damaged("it has no pages".to_owned()));
    }
    let (title, author) = guarded("its description", || Some(about(&document))).unwrap_or_default();
    let mut found = Extracted { title, author, ..Extracted::default() };
    let mut chars = 0;
    for number in 1..=u32::try_from(page_count).unwrap_or(u32::MAX) {
        let text = clean::text(&joined(&page(&document, number, bounds)?));
        if number > 1 {
            found.text.push_str("\n\n");
            chars += 2;
        }
        found.pages.push(chars);
        chars += text.chars().count();
        found.text.push_str(&text);
        if chars > bounds.text_max_chars {
            return Err(Fault::TextTooLong(bounds.text_max_chars));
        }
    }
    Ok(found)
}

/// The document without the lock that an empty password opens, as many printed-only files have it.
fn unlocked(mut document: Document) -> Result<Document, Fault> {
    if document.is_encrypted() {
        guarded("its lock", || document.decrypt("").ok()).map_err(|_locked| Fault::Locked)?;
    }
    Ok(document)
}

fn page(document: &Document, number: u32, bounds: &Bounds) -> Result<String, Fault> {
    // Four bytes hold any character.
    let mut layout = Layout::new(bounds.text_max_chars.saturating_mul(4));
    let read = guarded(&format!("page {number}"), || pdf_extract::output_doc_page(document, &mut layout, number).ok());
    if layout.is_over() {
        return Err(Fault::TextTooLong(bounds.text_max_chars));
    }
    read.map(|()| layout.text())
}

/// Words that a line's end divided are one again.
fn joined(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        let next_is_lower = lines.peek().is_some_and(|next| next.starts_with(char::is_lowercase));
        let divided = line.strip_suffix('-').filter(|stem| next_is_lower && stem.ends_with(char::is_alphabetic));
        out.push_str(divided.unwrap_or(line));
        if divided.is_none() && lines.peek().is_some() {
            out.push('\n');
        }
    }
    out
}

/// Title and author.
fn about(document: &Document) -> (Option<String>, Option<String>) {
    let info = document.trailer.get(b"Info").ok().and_then(|info| match info {
        Object::Reference(id) => document.get_dictionary(*id).ok(),
        other => other.as_dict().ok(),
    });
    let text =
        |key: &[u8]| info.and_then(|info: &Dictionary| pdf_extract::decode_text_string(info.get(key).ok()?).ok());
    (text(b"Title"), text(b"Author"))
}

/// The library panics on odd files; that is the file's fault. What it says may hold the file's text and is not told on.
fn guarded<T>(part: &str, read: impl FnOnce() -> Option<T>) -> Result<T, Fault> {
    let outcome = catch_unwind(AssertUnwindSafe(read)).ok().flatten();
    outcome.ok_or_else(|| Fault::Damaged(format!("{part} can not be read")))
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn a_word_that_a_line_divided_is_one_word() {
        assert_eq!(joined("the deliv-\nery of A-\nB and 3-\nfold\n"), "the delivery of A-\nB and 3-\nfold\n");
    }
}
