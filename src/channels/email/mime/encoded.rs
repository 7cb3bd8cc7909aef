//! Encoded words in headers (RFC 2047). Neighbours of one charset are decoded as one, since programs cut characters in two.

use super::charset;
use super::transfer;

/// The longest encoded word that is looked for, in bytes. The standard says 75; some programs write a whole subject as one.
const WORD_MAX_BYTES: usize = 4096;

struct Word<'a> {
    charset: &'a str,
    bytes: Vec<u8>,
    /// Where it ends.
    end: usize,
}

/// Decodes the value of a field. What is no encoded word is UTF-8, or else windows-1252.
pub(in super::super) fn decode(value: &[u8]) -> String {
    let mut out = String::with_capacity(value.len());
    // The encoded bytes of neighbouring words, with their charset.
    let mut run: Option<(String, Vec<u8>)> = None;
    let (mut at, mut plain_from) = (0, 0);
    while let Some(start) = find(value, at, b"=?") {
        let Some(word) = word(value, start) else {
            at = start + 2;
            continue;
        };
        let between = &value[plain_from..start];
        let neighbours = run.is_some() && between.iter().all(u8::is_ascii_whitespace);
        if !neighbours {
            flush(&mut run, &mut out);
            out.push_str(&charset::decode(None, between));
        }
        match &mut run {
            Some((charset, bytes)) if charset.eq_ignore_ascii_case(word.charset) => {
                bytes.extend_from_slice(&word.bytes);
            }
            _ => {
                flush(&mut run, &mut out);
                run = Some((word.charset.to_owned(), word.bytes));
            }
        }
        (at, plain_from) = (word.end, word.end);
    }
    flush(&mut run, &mut out);
    out.push_str(&charset::decode(None, &value[plain_from..]));
    out
}

fn flush(run: &mut Option<(String, Vec<u8>)>, out: &mut String) {
    if let Some((charset, bytes)) = run.take() {
        out.push_str(&charset::decode(Some(&charset), &bytes));
    }
}

/// The word that begins at `start` with `=?`, if it is one.
fn word(value: &[u8], start: usize) -> Option<Word<'_>> {
    let limit = value.len().min(start + WORD_MAX_BYTES);
    let charset_end = find(&value[..limit], start + 2, b"?")?;
    let charset = std::str::from_utf8(&value[start + 2..charset_end]).ok()?;
    // RFC 2231 puts a language behind an asterisk.
    let charset = charset.split('*').next().filter(|name| !name.is_empty() && !name.contains(char::is_whitespace))?;
    let encoding = *value.get(charset_end + 1)?;
    if *value.get(charset_end + 2)? != b'?' {
        return None;
    }
    let text_start = charset_end + 3;
    let text_end = find(&value[..limit], text_start, b"?=")?;
    let text = &value[text_start..text_end];
    let bytes = match encoding {
        b'b' | b'B' => transfer::base64(text),
        b'q' | b'Q' => {
            let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'_' { b' ' } else { *byte }).collect();
            transfer::quoted_printable_word(&spaced)
        }
        _ => return None,
    };
    Some(Word { charset, bytes, end: text_end + 2 })
}

/// Where `needle` first stands at or after `from`.
fn find(value: &[u8], from: usize, needle: &[u8]) -> Option<usize> {
    let rest = value.get(from..)?;
    rest.windows(needle.len()).position(|window| window == needle).map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn words_are_decoded_and_characters_cut_in_two_are_whole_again() {
        assert_eq!(decode(b"=?utf-8?Q?Gr=C3=BC=C3=9Fe_an?= alle"), "Grüße an alle");
        assert_eq!(decode(b"=?utf-8?B?YcM=?= =?utf-8?B?vGI=?="), "a\u{fc}b");
        assert_eq!(decode(b"=?utf-8?Q?a=C3?=\t=?UTF-8?Q?=BC?="), "aü");
        assert_eq!(decode(b"=?iso-8859-1*de?q?f=FCr?= =?utf-8?q?_dich?="), "für dich");
        assert_eq!(decode(b"a =?utf-8?q?b?= c"), "a b c");
        assert_eq!(decode(b"=?iso-2022-jp?B?GyRCJU8lbSE8GyhC?="), "ハロー");
    }

    #[test]
    fn what_is_no_word_stays_as_it_is() {
        for text in ["1 =? 2", "=?utf-8?x?abc?=", "=?utf-8?q?open", "=??q?a?=", "=?", "a=?b c?q?d?="] {
            assert_eq!(decode(text.as_bytes()), text);
        }
    }
}
