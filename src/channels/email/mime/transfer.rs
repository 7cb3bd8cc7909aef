//! Content-Transfer-Encoding (RFC 2045, 6), read leniently: what is no valid digit is skipped or kept, never an error.

use std::borrow::Cow;

/// Decodes a body by the value of its Content-Transfer-Encoding. Unknown encodings are left as they are.
pub(in super::super) fn decode<'a>(encoding: &str, body: &'a [u8]) -> Cow<'a, [u8]> {
    let encoding = encoding.trim().trim_end_matches(';');
    if encoding.eq_ignore_ascii_case("base64") {
        Cow::Owned(base64(body))
    } else if encoding.eq_ignore_ascii_case("quoted-printable") {
        Cow::Owned(quoted_printable(body))
    } else {
        Cow::Borrowed(body)
    }
}

/// Base64. Padding ends a group, and another may follow: some programs glue pieces together.
pub(in super::super) fn base64(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0_u32, 0_u8);
    for byte in text {
        let Some(value) = digit(*byte) else {
            if *byte == b'=' {
                end_group(&mut out, bits, count);
                (bits, count) = (0, 0);
            }
            continue;
        };
        bits = (bits << 6) | u32::from(value);
        count += 1;
        if count == 4 {
            out.extend_from_slice(&bits.to_be_bytes()[1..]);
            (bits, count) = (0, 0);
        }
    }
    end_group(&mut out, bits, count);
    out
}

fn end_group(out: &mut Vec<u8>, bits: u32, count: u8) {
    match count {
        2 => out.extend_from_slice(&(bits << 12).to_be_bytes()[1..2]),
        3 => out.extend_from_slice(&(bits << 6).to_be_bytes()[1..3]),
        _ => {}
    }
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// Quoted-printable of a body: soft breaks go, spaces before a hard break too.
fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        let content = content.trim_ascii_end();
        if let Some(soft) = content.strip_suffix(b"=") {
            out.extend_from_slice(&quoted_printable_word(soft));
        } else {
            out.extend_from_slice(&quoted_printable_word(content));
            let has_return = line.ends_with(b"\r\n");
            let ending = if has_return { &b"\r\n"[..] } else { &b"\n"[..] };
            if line.ends_with(b"\n") {
                out.extend_from_slice(ending);
            }
        }
    }
    out
}

/// Quoted-printable within a line. An equals sign without two digits is kept as it stands.
pub(in super::super) fn quoted_printable_word(text: &[u8]) -> Vec<u8> {
    escaped(text, b'=')
}

/// Text in which `mark` and two hexadecimal digits stand for a byte: also RFC 2231 with `%`.
pub(in super::super) fn escaped(text: &[u8], mark: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let pair = text.get(at + 1).copied().and_then(hex).zip(text.get(at + 2).copied().and_then(hex));
        match pair {
            Some((high, low)) if *byte == mark => {
                out.push((high << 4) | low);
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    out
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_survives_breaks_junk_and_missing_padding() {
        assert_eq!(base64(b"aGVs\r\nbG8="), b"hello");
        assert_eq!(base64(b"aGVsbG8"), b"hello");
        assert_eq!(base64(b"aGVs!bG8=\n--"), b"hello");
        assert_eq!(base64(b"aGk=aGk="), b"hihi");
        assert_eq!(base64(b"a"), b"");
    }

    #[test]
    fn quoted_printable_survives_what_is_not() {
        assert_eq!(quoted_printable(b"a=\r\nb  \r\nc=3D=E4=X"), b"ab\r\nc=\xe4=X");
        assert_eq!(quoted_printable(b"50% = half="), b"50% = half");
    }
}
