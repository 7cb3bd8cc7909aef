//! Bytes into text: the declared charset if it fits, else UTF-8, else windows-1252, which reads everything.

use encoding_rs::WINDOWS_1252;
use mail_parser::decoders::charsets::map::charset_decoder;

/// Charsets that are declared by default rather than by knowledge: UTF-8 is tried before them.
const SAYS_NOTHING: [&str; 8] =
    ["us-ascii", "ascii", "utf-8", "utf8", "unknown-8bit", "x-unknown", "default", "binary"];

/// The longest name of a charset that is looked up, in bytes.
const NAME_MAX_BYTES: usize = 40;

/// Reads bytes as text. NUL characters and a byte order mark go.
pub(in super::super) fn decode(declared: Option<&str>, bytes: &[u8]) -> String {
    let name = declared.map(|name| name.trim().trim_matches('"').to_ascii_lowercase()).unwrap_or_default();
    let silent = name.is_empty() || name.len() > NAME_MAX_BYTES || SAYS_NOTHING.contains(&name.as_str());
    let decoder = if silent { None } else { charset_decoder(name.as_bytes()) };
    let mut text = match (decoder, std::str::from_utf8(bytes)) {
        (None, Ok(text)) => text.to_owned(),
        (None, Err(_)) => WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
        (Some(decoder), valid) => {
            let text = decoder(bytes);
            match valid {
                // Declared wrongly: what is valid UTF-8 beyond ASCII is UTF-8, when the declared charset does not fit.
                Ok(utf8) if !utf8.is_ascii() && text.contains(char::REPLACEMENT_CHARACTER) => utf8.to_owned(),
                _ => text,
            }
        }
    };
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    if text.contains('\0') {
        text.retain(|c| c != '\0');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn what_is_declared_counts_unless_it_cannot_be() {
        assert_eq!(decode(Some("windows-1251"), b"\xcf\xf0\xe8\xe2\xe5\xf2"), "Привет");
        assert_eq!(decode(Some("koi8-r"), b"\xf0\xd2\xc9\xd7\xc5\xd4"), "Привет");
        assert_eq!(decode(Some("iso-2022-jp"), b"\x1b$B%O%m!<\x1b(B"), "ハロー");
        assert_eq!(decode(Some("gb2312"), b"\xc4\xe3\xba\xc3"), "你好");
        assert_eq!(decode(Some("utf-7"), b"Hi Mom +Jjo-!"), "Hi Mom \u{263a}!");
        assert_eq!(decode(Some("us-ascii"), "é".as_bytes()), "é");
        assert_eq!(decode(None, b"caf\xe9"), "café");
        assert_eq!(decode(Some("utf-8"), b"caf\xe9"), "café");
        assert_eq!(decode(Some("gb18030"), "\u{fffd}é".as_bytes()), "\u{fffd}é");
        assert_eq!(decode(Some("no-such-charset"), b"\xef\xbb\xbfa\0b"), "ab");
    }
}
