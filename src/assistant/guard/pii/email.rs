//! E-mail addresses: from each at sign to both sides, as far as an address may reach.

use super::Span;
use crate::assistant::guard::fold::folded;
use crate::domain::PiiKind;

/// The longest address that a mail server accepts, in bytes (RFC 5321).
const ADDRESS_MAX_BYTES: usize = 254;

/// Finds addresses.
pub(super) fn find(text: &str, found: &mut Vec<Span>) {
    for (at, c) in text.char_indices() {
        if folded(c) != Some('@') {
            continue;
        }
        let (Some(start), Some(end)) = (local_start(text, at), domain_end(text, at + c.len_utf8())) else { continue };
        if end - start <= ADDRESS_MAX_BYTES {
            found.push(Span { start, end, kind: PiiKind::Email.into() });
        }
    }
}

/// Where the part before the at sign begins: it neither begins nor ends with a dot.
fn local_start(text: &str, at: usize) -> Option<usize> {
    let mut start = None;
    for (place, c) in text[..at].char_indices().rev() {
        match folded(c) {
            Some(c) if c.is_alphanumeric() || matches!(c, '_' | '%' | '+' | '-' | '&' | '#' | '~') => {
                start = Some(place);
            }
            Some('.') if start.is_some() => {}
            None => {}
            Some(_) => break,
        }
    }
    start
}

/// Where the domain ends: labels with dots between them, the last one of letters.
fn domain_end(text: &str, from: usize) -> Option<usize> {
    let (mut end, mut label, mut labels, mut letters) = (None, 0_usize, 0_usize, 0_usize);
    for (place, written) in text[from..].char_indices() {
        match folded(written) {
            None => continue,
            Some('.') if label > 0 => (labels, label, letters) = (labels + 1, 0, 0),
            Some('-') if label > 0 => label += 1,
            Some(c) if c.is_alphanumeric() => {
                label += 1;
                letters += usize::from(c.is_alphabetic());
                // `.xn--p1ai` ends with letters of another script in disguise.
                if labels > 0 && letters >= 2 {
                    end = Some(from + place + written.len_utf8());
                }
            }
            Some(_) => break,
        }
    }
    end
}
