//! A file that a customer sent: a reference to fetch it by, not the file.

use super::message::SHORT_MAX_BYTES;
use crate::channels::json::Place;
use crate::channels::whatsapp::id::MediaId;

/// What `WhatsApp` tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// Sound, a voice note or a file.
    Audio,
    /// Any other file.
    Document,
    /// A sticker: a small picture without words.
    Sticker,
}

/// A file at Meta, to be fetched within seven days, by its id and with our token; never by an address that came with it
/// without a look at the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// What it is.
    pub kind: MediaKind,
    /// By which it is asked for.
    pub id: MediaId,
    /// Its type as the sender's app says; with parameters, such as `audio/ogg; codecs=opus`.
    pub mime: Option<String>,
    /// The SHA-256 of its bytes, in hexadecimal or base64.
    pub sha256: Option<String>,
    /// What it is called (documents). Somebody else's text: never a path.
    pub filename: Option<String>,
    /// What the sender wrote below it.
    pub caption: Option<String>,
    /// Whether it was spoken into the app rather than sent as a file.
    pub voice: bool,
    /// Whether it moves (stickers).
    pub animated: bool,
}

impl MediaKind {
    /// The kind that is a message's `type`.
    pub(super) fn of(kind: &str) -> Option<Self> {
        Some(match kind {
            "image" => Self::Image,
            "video" => Self::Video,
            "audio" | "voice" => Self::Audio,
            "document" => Self::Document,
            "sticker" => Self::Sticker,
            _ => return None,
        })
    }

    /// Meta's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Document => "document",
            Self::Sticker => "sticker",
        }
    }
}

/// Reads a file's reference; `None` without an id, for then there is nothing to fetch.
pub(super) fn read(kind: MediaKind, place: Place<'_>) -> Option<Media> {
    Some(Media {
        kind,
        id: place.at("id").text().and_then(|id| MediaId::parse(id).ok())?,
        mime: place.at("mime_type").clipped(SHORT_MAX_BYTES),
        sha256: place.at("sha256").clipped(SHORT_MAX_BYTES),
        filename: place.at("filename").clipped(SHORT_MAX_BYTES),
        caption: place.at("caption").clipped(crate::domain::text::BODY_MAX_BYTES),
        voice: place.at("voice").is_true(),
        animated: place.at("animated").is_true(),
    })
}
