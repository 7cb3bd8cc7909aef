//! What every text goes through, whatever it came from: so that chunks, quotes and highlights speak of the same characters.

use super::NAME_MAX_CHARS;

/// The longest language tag, in characters.
const TAG_MAX_CHARS: usize = 35;

/// Blank lines that may follow each other.
const BLANK_LINES_MAX: usize = 1;

/// One kind of line end, no invisible characters, no spaces at the ends of lines, at most one blank line in a row.
/// Characters that nobody sees are left out because what a person reads and what is searched must be the same.
pub(super) fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut blank = 0;
    for line in raw.replace("\r\n", "\n").split(['\n', '\r', '\u{c}', '\u{b}', '\u{85}', '\u{2028}', '\u{2029}']) {
        let visible: String = line.chars().filter_map(visible).collect();
        let line = visible.trim_end();
        blank = if line.is_empty() { blank + 1 } else { 0 };
        if out.is_empty() && line.is_empty() || blank > BLANK_LINES_MAX {
            continue;
        }
        out.push_str(line);
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

/// A name on one line, no longer than may be; `None` where nothing is left.
pub(super) fn name(raw: &str) -> Option<String> {
    let words: Vec<String> = raw.split_whitespace().map(|word| word.chars().filter_map(visible).collect()).collect();
    let name: String = words.join(" ").trim().chars().take(NAME_MAX_CHARS).collect();
    (!name.is_empty()).then_some(name)
}

/// A language tag as files give it, in lower case; `None` where it is none.
pub(super) fn language(raw: &str) -> Option<String> {
    let tag = raw.trim().replace('_', "-").to_ascii_lowercase();
    let first = tag.split('-').next().unwrap_or_default();
    let reads = (2..=3).contains(&first.len())
        && tag.len() <= TAG_MAX_CHARS
        && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    reads.then_some(tag)
}

/// The character as it is kept, if it is: nothing that takes no place on the page.
fn visible(c: char) -> Option<char> {
    match c {
        '\t' => Some('\t'),
        '\u{a0}' | '\u{2007}' | '\u{202f}' => Some(' '),
        // Joiners stay: scripts and emoji need them.
        '\u{200c}' | '\u{200d}' => Some(c),
        '\u{ad}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => None,
        // Tags, with which text is smuggled past readers.
        '\u{e0000}'..='\u{e007f}' => None,
        c if c.is_control() => None,
        c => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_left_out_and_lines_end_in_one_way() {
        let raw = "\n\nA\r\nb\u{0}c \u{200b}\rd\u{ad}e\u{a0}f\n\n\n\n\ng\u{e0041}\n\n";
        assert_eq!(text(raw), "A\nbc\nde f\n\ng");
        assert_eq!(text(&text(raw)), text(raw));
    }

    #[test]
    fn names_are_one_line_and_tags_are_tags() {
        assert_eq!(name(" Terms \n of  use ").as_deref(), Some("Terms of use"));
        assert_eq!(name("\u{200b} "), None);
        assert_eq!(name(&"é".repeat(500)).map(|name| name.chars().count()), Some(NAME_MAX_CHARS));
        assert_eq!(language("de_CH").as_deref(), Some("de-ch"));
        assert_eq!((language("german!"), language("")), (None, None));
    }
}
