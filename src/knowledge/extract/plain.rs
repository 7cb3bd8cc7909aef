//! Bytes into characters.

use encoding_rs::{Encoding, WINDOWS_1252};

use super::{Extracted, Fault, clean};

/// Of so many characters at most one may be a control character; what has more is no text.
const CHARACTERS_PER_CONTROL: usize = 50;

/// A text file.
///
/// # Errors
/// `NotThat` when the bytes are not characters.
pub(super) fn read(charset: Option<&str>, bytes: &[u8]) -> Result<Extracted, Fault> {
    Ok(Extracted { text: clean::text(&decode(charset, bytes)?), ..Extracted::default() })
}

/// The characters that bytes stand for: by their byte order mark, else the charset that came with them, else UTF-8 where they
/// are that, else Latin-1 as it is really used.
///
/// # Errors
/// `NotThat` when they stand for none.
pub(super) fn decode(charset: Option<&str>, bytes: &[u8]) -> Result<String, Fault> {
    let text = if let Some((encoding, mark_bytes)) = Encoding::for_bom(bytes) {
        encoding.decode_without_bom_handling(bytes.get(mark_bytes..).unwrap_or_default()).0.into_owned()
    } else if let Some(encoding) = charset.and_then(|label| Encoding::for_label(label.trim().as_bytes())) {
        encoding.decode_without_bom_handling(bytes).0.into_owned()
    } else if let Ok(text) = std::str::from_utf8(bytes) {
        text.to_owned()
    } else {
        WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned()
    };
    let control = text.chars().filter(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}')).count();
    if control > text.chars().count() / CHARACTERS_PER_CONTROL {
        return Err(Fault::NotThat("text".to_owned()));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_found_in_whatever_encoding_is_common() {
        let utf16 = |big: bool| -> Vec<u8> {
            let mark = std::iter::once(0xFEFF_u16);
            let units = mark.chain("Grüße, 語".encode_utf16());
            units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        for bytes in ["Grüße, 語".as_bytes(), "\u{feff}Grüße, 語".as_bytes(), &utf16(true), &utf16(false)] {
            assert_eq!(decode(None, bytes).unwrap(), "Grüße, 語");
        }
        assert_eq!(decode(None, b"Gr\xfc\xdfe \x80").unwrap(), "Grüße €");
        assert_eq!(decode(Some("windows-1251"), b"\xcf\xf0\xe8").unwrap(), "При");
    }

    #[test]
    fn what_is_no_text_is_not_made_into_one() {
        for bytes in [&b"\x00\x01\x02\x03"[..], b"\x7fELF\x02\x01\x01\x00\x00", &[0; 10_000]] {
            assert_eq!(decode(None, bytes), Err(Fault::NotThat("text".to_owned())));
        }
    }
}
