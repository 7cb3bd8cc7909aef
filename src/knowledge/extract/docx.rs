//! Word documents: paragraphs, headings, lists and tables of the text, and what the file says about itself.

mod body;
mod styles;

use std::io::{Cursor, Read};

use quick_xml::events::{BytesRef, Event};
use quick_xml::{Reader, XmlVersion};
use zip::ZipArchive;
use zip::result::ZipError;

use super::{Bounds, Extracted, Fault, clean, plain};

/// How deep elements may be nested. Word itself stays far below.
const XML_DEPTH_MAX: usize = 512;

/// The mark of the old format, which many take for this one.
const OLD_WORD: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0];

/// The parts of a file, of which only so many bytes are unpacked.
struct Parts<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    left_bytes: u64,
    bounds: &'a Bounds,
}

/// Reads a Word document.
///
/// # Errors
/// `NotThat`, `Damaged`, `UnpacksTooLarge`, `TextTooLong`.
pub(super) fn read(bytes: &[u8], bounds: &Bounds) -> Result<Extracted, Fault> {
    if bytes.starts_with(OLD_WORD) {
        return Err(Fault::NotThat("a Word document of 2007 or later".to_owned()));
    }
    let not_that = || Fault::NotThat("a Word document".to_owned());
    let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_unreadable| not_that())?;
    let mut parts = Parts { archive, left_bytes: bounds.unpacked_max_bytes, bounds };
    let text = parts.text("word/document.xml")?.ok_or_else(not_that)?;
    let styles = parts.text("word/styles.xml")?.map(|xml| styles::read(&xml)).transpose()?.unwrap_or_default();
    let (title, author) = parts.text("docProps/core.xml")?.map(|xml| about(&xml)).transpose()?.unwrap_or_default();
    let text = clean::text(&body::read(&text, &styles, bounds)?);
    Ok(Extracted { text, title, author, ..Extracted::default() })
}

impl Parts<'_> {
    /// The characters of a part, if the file has it.
    fn text(&mut self, name: &str) -> Result<Option<String>, Fault> {
        let damaged = || Fault::Damaged(format!("{name} does not unpack"));
        let part = match self.archive.by_name(name) {
            Ok(part) => part,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(_unreadable) => return Err(damaged()),
        };
        let mut unpacked = Vec::new();
        // What the file says of its size is not believed.
        let read = part.take(self.left_bytes + 1).read_to_end(&mut unpacked);
        self.left_bytes = u64::try_from(unpacked.len())
            .ok()
            .and_then(|size| self.left_bytes.checked_sub(size))
            .ok_or(Fault::UnpacksTooLarge(self.bounds.unpacked_max_bytes))?;
        read.map_err(|_unreadable| damaged())?;
        plain::decode(None, &unpacked).map(Some).map_err(|_unreadable| damaged())
    }
}

/// Title and author.
fn about(xml: &str) -> Result<(Option<String>, Option<String>), Fault> {
    let (mut title, mut author, mut name) = (String::new(), String::new(), String::new());
    let mut elements = Elements::new(xml);
    while let Some(event) = elements.next()? {
        match event {
            Event::Start(start) => name = start.local_name().as_ref().to_owned(),
            Event::End(_) => name.clear(),
            other => match name.as_str() {
                "title" => title.push_str(&said(&other)),
                "creator" => author.push_str(&said(&other)),
                _ => {}
            },
        }
    }
    Ok((Some(title), Some(author)))
}

/// The events of a part, with what is not needed from a Word document refused: document types, and with them entities of
/// one's own; nesting without an end.
struct Elements<'a> {
    reader: Reader<&'a [u8]>,
    depth: usize,
}

impl<'a> Elements<'a> {
    fn new(xml: &'a str) -> Self {
        Self { reader: Reader::from_str(xml), depth: 0 }
    }

    /// The next event; an element without content comes as [`Event::Empty`].
    fn next(&mut self) -> Result<Option<Event<'a>>, Fault> {
        let damaged = |why: &str| Fault::Damaged(why.to_owned());
        let event = self.reader.read_event().map_err(|_unreadable| damaged("its XML does not read"))?;
        match &event {
            Event::Start(_) => self.depth += 1,
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            Event::DocType(_) => return Err(damaged("its XML declares a document type")),
            Event::Eof if self.depth > 0 => return Err(damaged("its XML breaks off")),
            Event::Eof => return Ok(None),
            _ => {}
        }
        if self.depth > XML_DEPTH_MAX {
            return Err(damaged("its XML is nested too deep"));
        }
        Ok(Some(event))
    }
}

/// The characters that an event stands for; none for what is no text.
fn said(event: &Event<'_>) -> String {
    match event {
        Event::Text(text) => text.xml10_content().into_owned(),
        Event::CData(text) => text.xml10_content().into_owned(),
        Event::GeneralRef(reference) => character(reference).map(String::from).unwrap_or_default(),
        _ => String::new(),
    }
}

/// The character of a reference; entities of the file's own do not exist.
fn character(reference: &BytesRef<'_>) -> Option<char> {
    if reference.is_char_ref() {
        return reference.resolve_char_ref().ok().flatten();
    }
    match &*reference.xml10_content() {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

/// An attribute's value, whatever its prefix.
fn attribute(element: &quick_xml::events::BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.attributes().flatten().find(|attribute| attribute.key.local_name().as_ref() == name)?;
    found.normalized_value(XmlVersion::Explicit1_0).ok().map(std::borrow::Cow::into_owned)
}
