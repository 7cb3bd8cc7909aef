//! What characters stand for when something is looked for: digits of every script, spaces and dashes of every width, and
//! letters that only look like others. What cannot be seen stands for nothing, so it hides nothing.

use std::ops::Range;

/// The digit zero of each script whose digits follow each other (Unicode category Nd; mathematical ones are apart).
const ZEROS: [u32; 24] = [
    0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0e50, 0x0ed0,
    0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0xa8d0, 0xaa50, 0xabf0, 0xff10,
];

/// The mathematical digits: five alphabets of ten.
const MATHEMATICAL_DIGITS: Range<u32> = 0x1d7ce..0x1d800;

/// How far the full-width letters are from those of ASCII.
const FULL_WIDTH: u32 = 0xfee0;

/// What a character stands for; `None` for one that cannot be seen.
pub(super) fn folded(c: char) -> Option<char> {
    if c.is_ascii() {
        return Some(c);
    }
    if is_invisible(c) {
        return None;
    }
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => Some('-'),
        '\u{2024}' | '\u{fe52}' => Some('.'),
        '\u{fe6b}' => Some('@'),
        '\u{ff10}'..='\u{ff19}' => digit(c),
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - FULL_WIDTH),
        '\u{2028}' | '\u{2029}' => Some('\n'),
        _ if c.is_whitespace() => Some(' '),
        _ => digit(c).or(Some(c)),
    }
}

/// Whether a character takes no room: joiners, marks of direction, tags, soft hyphens.
pub(super) const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e01ef}'
    )
}

fn digit(c: char) -> Option<char> {
    let code = u32::from(c);
    let value = if MATHEMATICAL_DIGITS.contains(&code) {
        (code - MATHEMATICAL_DIGITS.start) % 10
    } else {
        ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code)).map(|zero| code - zero)?
    };
    char::from_digit(value, 10)
}

/// A Latin letter without its accent, where it has one.
const fn without_accent(c: char) -> char {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ī' | 'ı' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'š' | 'ś' => 's',
        'ž' | 'ź' | 'ż' => 'z',
        'ł' => 'l',
        _ => c,
    }
}

/// A word of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// Whether it is of digits alone.
    pub digits: bool,
}

/// The next word at or after `from`: letters, digits and low lines, with what cannot be seen between them.
pub(super) fn next_word(text: &str, from: usize) -> Option<Word> {
    let mut word: Option<Word> = None;
    for (at, c) in text.get(from..)?.char_indices() {
        let Some(seen) = folded(c) else { continue };
        let belongs = seen.is_alphanumeric() || seen == '_';
        match &mut word {
            None if belongs => {
                let start = from + at;
                word = Some(Word { start, end: start + c.len_utf8(), digits: seen.is_ascii_digit() });
            }
            Some(word) if belongs => {
                word.end = from + at + c.len_utf8();
                word.digits &= seen.is_ascii_digit();
            }
            Some(_) => break,
            None => {}
        }
    }
    word
}

/// A word in lower case, without accents and what cannot be seen.
pub(super) fn plain(word: &str) -> String {
    let lower = word.chars().filter_map(folded).flat_map(char::to_lowercase);
    lower.filter(|c| !('\u{300}'..='\u{36f}').contains(c)).map(without_accent).collect()
}

/// The plain words of a text, in order, as far as `max` of them.
pub(super) fn plain_words(text: &str, max: usize) -> Vec<String> {
    let mut words = Vec::new();
    let mut from = 0;
    while let Some(word) = next_word(text, from).filter(|_| words.len() < max) {
        words.push(plain(&text[word.start..word.end]));
        from = word.end;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_alike_is_alike_and_what_is_not_seen_is_not_there() {
        let folded: String = "４１１１\u{200b}１\u{2011}\u{a0}٤Ａ\u{1d7d9}".chars().filter_map(folded).collect();
        assert_eq!(folded, "41111- 4A1");
        assert_eq!(plain_words("Ｆｒée  Ree\u{200b}nvoi, naïve_x 12!", 9), ["free", "reenvoi", "naive_x", "12"]);
        assert_eq!(plain_words("a b c", 2), ["a", "b"]);
    }
}
