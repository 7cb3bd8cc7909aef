//! Kinds with letters among their digits: bank accounts and some countries' ids. Each begins with a word of its own.

use super::{DIGITS_MIN, Kinds, Span, checks};
use crate::assistant::guard::fold;
use crate::domain::PiiKind;

/// The longest of them, in characters (ISO 13616).
const LENGTH_MAX: usize = 34;

/// The characters of what begins at a place, without the marks between them.
struct Read {
    chars: [u8; LENGTH_MAX],
    /// Where each ends in the text, in bytes.
    ends: [usize; LENGTH_MAX],
    len: usize,
}

/// Finds ids of the wanted kinds.
pub(super) fn find(text: &str, kinds: Kinds, found: &mut Vec<Span>) {
    if !kinds.any_with_letters() {
        return;
    }
    let mut from = 0;
    while let Some(word) = fold::next_word(text, from) {
        from = word.end;
        if !may_begin(&text.as_bytes()[word.start..]) {
            continue;
        }
        if let Some((kind, end)) = id_at(text, word.start, kinds) {
            found.push(Span { start: word.start, end, kind: kind.into() });
            from = end;
        }
    }
}

/// Whether there are enough digits ahead, which is quicker to see than what stands there. Characters other than ASCII's may be digits, and may
/// not be seen.
fn may_begin(text: &[u8]) -> bool {
    // Between two characters there is one mark at most.
    let ahead = &text[..text.len().min(2 * LENGTH_MAX)];
    !ahead.is_ascii() || ahead.iter().filter(|byte| byte.is_ascii_digit()).count() >= DIGITS_MIN
}

/// A kind, its length in bytes, and whether it is one.
type Fixed = (PiiKind, usize, fn(&[u8]) -> bool);

fn id_at(text: &str, start: usize, kinds: Kinds) -> Option<(PiiKind, usize)> {
    let read = Read::at(text, start)?;
    let [first, second, ..] = read.chars;
    let fixed: [Fixed; 5] = [
        (PiiKind::Iban, checks::iban_length([first, second]), checks::mod_97),
        (PiiKind::UkNino, 9, checks::uk_nino),
        (PiiKind::EsDni, 9, checks::es_dni),
        (PiiKind::FrNir, 15, checks::fr_nir),
        (PiiKind::ItCodiceFiscale, 16, checks::it_codice_fiscale),
    ];
    fixed.into_iter().find_map(|(kind, length, holds)| {
        let chars = read.chars.get(..length).filter(|_| length > 4 && length <= read.len)?;
        let end = read.ends[length - 1];
        let ends_a_word = !text[end..].chars().find_map(fold::folded).is_some_and(|c| c.is_alphanumeric() || c == '_');
        (kinds.has(kind) && ends_a_word && holds(chars)).then_some((kind, end))
    })
}

impl Read {
    /// Reads letters and digits with at most one mark between two of them. `None` where it can be nothing.
    fn at(text: &str, start: usize) -> Option<Self> {
        let mut read = Self { chars: [0; LENGTH_MAX], ends: [0; LENGTH_MAX], len: 0 };
        let mut marks = 0;
        for (at, c) in text[start..].char_indices() {
            let Some(seen) = fold::folded(c) else { continue };
            match u8::try_from(seen.to_ascii_uppercase()) {
                Ok(byte) if byte.is_ascii_alphanumeric() => {
                    marks = 0;
                    read.chars[read.len] = byte;
                    read.ends[read.len] = start + at + c.len_utf8();
                    read.len += 1;
                }
                Ok(b' ' | b'-' | b'.') if marks == 0 => marks = 1,
                _ => break,
            }
            if read.len == LENGTH_MAX {
                break;
            }
        }
        let digits = read.chars[..read.len].iter().filter(|byte| byte.is_ascii_digit()).count();
        (read.len >= 9 && digits >= DIGITS_MIN).then_some(read)
    }
}
