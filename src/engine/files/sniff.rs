//! What bytes are, by their own look. A sender's word counts only for texts, which have no look of their own.

use crate::domain::{FileName, MediaType};

/// How far into a file it is looked, in bytes.
const LOOK_MAX_BYTES: usize = 4 * 1024;

/// Types of text that a sender is believed.
const TEXTS: [&str; 7] =
    ["text/plain", "text/csv", "text/markdown", "text/calendar", "text/vcard", "application/json", "application/xml"];

/// Endings of names behind which systems start a program.
const PROGRAMS: [&str; 38] = [
    "apk", "app", "appx", "bat", "cmd", "com", "cpl", "deb", "dll", "dmg", "exe", "gadget", "hta", "inf", "jar", "js",
    "jse", "lnk", "msc", "msi", "msix", "msp", "pif", "pkg", "ps1", "psm1", "reg", "rpm", "scf", "scr", "sh", "sys",
    "vb", "vbe", "vbs", "ws", "wsf", "wsh",
];

/// First bytes, and what begins with them.
const BEGINNINGS: [(&[u8], &str); 21] = [
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
    (b"{\\rtf", "application/rtf"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"fLaC", "audio/flac"),
    (b"#!AMR", "audio/amr"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\0", "application/x-xz"),
];

/// How far into a file the header goes that begins Windows' programs, in bytes. Its numbers are small, so no text is like it.
const DOS_HEADER_BYTES: usize = 64;

/// First bytes of programs: Linux, macOS (and Java), scripts, shortcuts.
const PROGRAM_BEGINNINGS: [&[u8]; 8] = [
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"#!",
    b"\x4c\0\0\0\x01\x14\x02\0",
];

/// Beginnings of texts that a browser would run or draw.
const PAGES: [&str; 8] = ["<!doctype html", "<html", "<head", "<body", "<script", "<svg", "<iframe", "<!doctype svg"];

/// What bytes are. HTML and SVG are unknown bytes, whatever they are called: nothing is ever to be drawn of them.
pub(super) fn media_type(bytes: &[u8], declared: Option<&MediaType>, name: Option<&FileName>) -> MediaType {
    let declared = declared.map_or("", MediaType::as_str);
    let ending = name.map(FileName::ending).unwrap_or_default();
    let found = by_beginning(bytes)
        .or_else(|| in_a_container(bytes, declared))
        .or_else(|| in_an_archive(bytes))
        .or_else(|| old_office(bytes, &ending))
        .or_else(|| text(bytes, declared, &ending));
    found.and_then(MediaType::parse).unwrap_or_else(MediaType::unknown)
}

/// Whether it is a program, by its bytes or by what a system would do with a file of that name.
pub(super) fn is_program(bytes: &[u8], name: Option<&FileName>) -> bool {
    let by_name = name.is_some_and(|name| PROGRAMS.contains(&name.ending().as_str()));
    let by_bytes = PROGRAM_BEGINNINGS.iter().any(|beginning| bytes.starts_with(beginning));
    by_name || is_of_windows(bytes) || (by_bytes && !bytes.starts_with(b"#!AMR"))
}

/// Two letters, with which many a text begins too.
fn is_of_windows(bytes: &[u8]) -> bool {
    bytes.starts_with(b"MZ") && bytes.iter().take(DOS_HEADER_BYTES).any(|byte| *byte == 0)
}

/// Two letters as well, then the size, and four bytes that are 0.
fn is_bitmap(bytes: &[u8]) -> bool {
    bytes.starts_with(b"BM") && bytes.get(6..10) == Some(&[0; 4])
}

/// The ending that a file of this type gets that came without a name.
pub(super) fn ending_of(media_type: &MediaType) -> &'static str {
    match media_type.as_str() {
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "image/heic" => "heic",
        "application/pdf" => "pdf",
        "application/zip" => "zip",
        "text/plain" => "txt",
        "text/csv" => "csv",
        "text/vcard" => "vcf",
        "text/calendar" => "ics",
        "application/json" => "json",
        "audio/mpeg" => "mp3",
        "audio/ogg" => "ogg",
        "audio/mp4" => "m4a",
        "audio/amr" => "amr",
        "audio/aac" => "aac",
        "audio/wav" => "wav",
        "audio/webm" | "video/webm" => "webm",
        "video/mp4" => "mp4",
        "video/3gpp" => "3gp",
        _ => "bin",
    }
}

fn by_beginning(bytes: &[u8]) -> Option<&'static str> {
    if is_bitmap(bytes) {
        return Some("image/bmp");
    }
    BEGINNINGS.iter().find(|(beginning, _)| bytes.starts_with(beginning)).map(|(_, media_type)| *media_type)
}

/// Containers that hold sound or pictures: which, only the sender knows without reading all of it.
fn in_a_container(bytes: &[u8], declared: &str) -> Option<&'static str> {
    let is_sound = declared.starts_with("audio/");
    let at = |from: usize, len: usize| bytes.get(from..from + len).unwrap_or_default();
    match (at(0, 4), at(8, 4)) {
        (b"RIFF", b"WEBP") => Some("image/webp"),
        (b"RIFF", b"WAVE") => Some("audio/wav"),
        (b"RIFF", b"AVI ") => Some("video/x-msvideo"),
        (b"OggS", _) if declared.starts_with("video/") => Some("video/ogg"),
        (b"OggS", _) => Some("audio/ogg"),
        (b"\x1a\x45\xdf\xa3", _) if is_sound => Some("audio/webm"),
        (b"\x1a\x45\xdf\xa3", _) => Some("video/webm"),
        (_, brand) if at(4, 4) == b"ftyp" => Some(match brand {
            b"M4A " | b"M4B " => "audio/mp4",
            b"heic" | b"heix" | b"mif1" | b"msf1" => "image/heic",
            b"avif" => "image/avif",
            b"qt  " => "video/quicktime",
            _ if brand.starts_with(b"3g") => "video/3gpp",
            _ if is_sound => "audio/mp4",
            _ => "video/mp4",
        }),
        _ => None,
    }
}

/// Zip files, and what offices keep in them.
fn in_an_archive(bytes: &[u8]) -> Option<&'static str> {
    if !bytes.starts_with(b"PK\x03\x04") {
        return None;
    }
    let head = &bytes[..bytes.len().min(LOOK_MAX_BYTES)];
    let has = |text: &str| head.windows(text.len()).any(|window| window == text.as_bytes());
    Some(if has("word/") {
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    } else if has("xl/") {
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    } else if has("ppt/") {
        "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    } else if has("mimetypeapplication/vnd.oasis.opendocument.text") {
        "application/vnd.oasis.opendocument.text"
    } else if has("mimetypeapplication/vnd.oasis.opendocument.spreadsheet") {
        "application/vnd.oasis.opendocument.spreadsheet"
    } else {
        "application/zip"
    })
}

/// What offices wrote before they wrote zip files; the name tells which.
fn old_office(bytes: &[u8], ending: &str) -> Option<&'static str> {
    bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1").then_some(match ending {
        "doc" => "application/msword",
        "xls" => "application/vnd.ms-excel",
        "ppt" => "application/vnd.ms-powerpoint",
        _ => "application/x-ole-storage",
    })
}

/// A text, unless a browser would make a page of it.
fn text<'a>(bytes: &[u8], declared: &'a str, ending: &str) -> Option<&'a str> {
    let head = &bytes[..bytes.len().min(LOOK_MAX_BYTES)];
    let plain = |byte: &u8| *byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
    if !head.iter().all(plain) {
        return None;
    }
    let words = String::from_utf8_lossy(head).to_ascii_lowercase();
    let is_page = PAGES.iter().any(|page| words.contains(page));
    let is_called_one = matches!(ending, "html" | "htm" | "xhtml" | "svg" | "xht" | "mhtml" | "shtml")
        || matches!(declared, "text/html" | "image/svg+xml" | "application/xhtml+xml");
    if is_page || is_called_one {
        return None;
    }
    Some(if TEXTS.contains(&declared) { declared } else { "text/plain" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(bytes: &[u8], declared: &str, name: &str) -> String {
        let declared = MediaType::parse(declared);
        media_type(bytes, declared.as_ref(), FileName::clean(name).as_ref()).as_str().to_owned()
    }

    #[test]
    fn bytes_tell_what_they_are_whatever_they_are_called() {
        assert_eq!(seen(b"\x89PNG\r\n\x1a\nrest", "text/html", "a.html"), "image/png");
        assert_eq!(seen(b"%PDF-1.7", "image/png", "a.png"), "application/pdf");
        assert_eq!(seen(b"RIFF\0\0\0\0WEBPVP8 ", "", ""), "image/webp");
        assert_eq!(seen(b"OggS\0\x02", "audio/ogg; codecs=opus", ""), "audio/ogg");
        assert_eq!(seen(b"\0\0\0\x18ftypM4A \0", "", ""), "audio/mp4");
        assert_eq!(seen(b"\0\0\0\x18ftypisom", "audio/mp4", ""), "audio/mp4");
        assert_eq!(seen(b"\0\0\0\x18ftypisom", "", ""), "video/mp4");
        assert_eq!(seen(b"PK\x03\x04\x14\0............word/document.xml", "", "").len(), 71);
        assert_eq!(seen(b"PK\x03\x04\x14\0", "", "x.docx"), "application/zip");
        assert_eq!(seen(b"\0\x01\x02", "image/png", "a.png"), "application/octet-stream");
        assert_eq!(seen(b"", "", ""), "text/plain");
        assert_eq!(seen(b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0", "", ""), "image/bmp");
        assert_eq!(seen(b"BMW is what I drive", "", "car.txt"), "text/plain");
    }

    #[test]
    fn a_text_is_what_its_sender_says_but_never_a_page() {
        assert_eq!(seen("name,größe\n".as_bytes(), "text/csv", "a.csv"), "text/csv");
        assert_eq!(seen(b"hello", "image/png", "a.png"), "text/plain");
        assert_eq!(seen(b"gr\xfc\xdfe", "", "a.txt"), "text/plain");
        for page in
            [&b"<!DOCTYPE HTML><p>"[..], b"  <svg onload=alert(1)>", b"<?xml version='1.0'?><SVG/>", b"x<script>"]
        {
            assert_eq!(seen(page, "text/plain", "a.txt"), "application/octet-stream", "{}", page.escape_ascii());
        }
        assert_eq!(seen(b"hello", "text/html", "a.txt"), "application/octet-stream");
        assert_eq!(seen(b"hello", "", "a.svg"), "application/octet-stream");
    }

    #[test]
    fn programs_are_known_by_their_bytes_and_by_their_names() {
        let name = |name| FileName::clean(name);
        for bytes in [&b"MZ\x90\0"[..], b"\x7fELF\x02", b"#!/bin/sh\n", b"\xcf\xfa\xed\xfe"] {
            assert!(is_program(bytes, name("photo.jpg").as_ref()), "{}", bytes.escape_ascii());
        }
        for called in ["a.exe", "bill.pdf.SCR", "run.ps1", "setup.MSI", "x.js"] {
            assert!(is_program(b"hello", name(called).as_ref()), "{called}");
        }
        assert!(!is_program(b"MZ is where I was born", name("me.txt").as_ref()));
        assert!(!is_program(b"#!AMR\n", None) && !is_program(b"%PDF-1.4", name("bill.pdf").as_ref()));
    }
}
