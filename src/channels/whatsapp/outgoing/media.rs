//! A file to be sent: by the id of an upload, or by a link that Meta fetches.

use serde_json::{Value, json};

use super::within;
use crate::channels::whatsapp::id::MediaId;
use crate::channels::whatsapp::incoming::MediaKind;
use crate::domain::Refusal;

/// The longest caption, in UTF-16 units.
pub const CAPTION_MAX: usize = 1_024;

/// The longest name of a document, in UTF-16 units.
const FILENAME_MAX: usize = 240;

/// The longest link, in UTF-16 units.
const LINK_MAX: usize = 2_000;

/// Where the file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaSource {
    /// Uploaded before, within 30 days.
    Id(MediaId),
    /// At an address that anybody can read; `https` only.
    Link(String),
}

/// A file to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingMedia {
    kind: MediaKind,
    source: MediaSource,
    caption: Option<String>,
    filename: Option<String>,
    voice: bool,
}

impl OutgoingMedia {
    /// A file without words.
    ///
    /// # Errors
    /// `Invalid` when a link is no `https` address.
    pub fn new(kind: MediaKind, source: MediaSource) -> Result<Self, Refusal> {
        if let MediaSource::Link(link) = &source {
            within("link", link, LINK_MAX)?;
            if !link.starts_with("https://") || link.contains(|c: char| c.is_whitespace() || c.is_control()) {
                return Err(Refusal::invalid("link", "must be an https address"));
            }
        }
        Ok(Self { kind, source, caption: None, filename: None, voice: false })
    }

    /// With words below it.
    ///
    /// # Errors
    /// `Invalid` when they are blank or too long, and for sound and stickers, which show none.
    pub fn captioned(self, caption: &str) -> Result<Self, Refusal> {
        if matches!(self.kind, MediaKind::Audio | MediaKind::Sticker) {
            return Err(Refusal::invalid("caption", "is not shown with sound and stickers"));
        }
        Ok(Self { caption: Some(within("caption", caption, CAPTION_MAX)?), ..self })
    }

    /// With a name (documents): its ending decides how the app shows it.
    ///
    /// # Errors
    /// `Invalid` when it is blank or too long, or for anything but a document.
    pub fn named(self, filename: &str) -> Result<Self, Refusal> {
        if self.kind != MediaKind::Document {
            return Err(Refusal::invalid("filename", "is for documents only"));
        }
        Ok(Self { filename: Some(within("filename", filename, FILENAME_MAX)?), ..self })
    }

    /// As a voice note: the app plays it with a picture of the speaker. Needs Ogg with Opus.
    ///
    /// # Errors
    /// `Invalid` for anything but sound.
    pub fn spoken(self) -> Result<Self, Refusal> {
        if self.kind != MediaKind::Audio {
            return Err(Refusal::invalid("voice", "is for sound only"));
        }
        Ok(Self { voice: true, ..self })
    }

    /// What it is.
    pub const fn kind(&self) -> MediaKind {
        self.kind
    }

    pub(super) fn json(&self) -> Value {
        let mut body = match &self.source {
            MediaSource::Id(id) => json!({ "id": id.as_str() }),
            MediaSource::Link(link) => json!({ "link": link }),
        };
        for (field, text) in [("caption", &self.caption), ("filename", &self.filename)] {
            if let Some(text) = text {
                body[field] = text.as_str().into();
            }
        }
        if self.voice {
            body["voice"] = true.into();
        }
        body
    }
}
