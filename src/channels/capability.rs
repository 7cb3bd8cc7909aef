//! What each channel can carry, as data. [`crate::channels::render`] makes a reply fit it; nobody asks a channel by name what
//! it can do.

use serde::{Deserialize, Serialize};

use super::delivery::Delivery;
use super::sms::encoding::Counter;
use super::whatsapp::outgoing;
use super::whatsapp::window::WINDOW_MS;
use crate::domain::text::BODY_MAX_BYTES;

/// One mebibyte, in bytes.
const MIB: u64 = 1024 * 1024;

/// The largest file in the widget, in bytes.
const WEB_FILE_MAX_BYTES: u64 = 25 * MIB;

/// The largest file of a mail, in bytes: many servers refuse a mail above 25 MB, and base64 makes four bytes of three.
const MAIL_FILE_MAX_BYTES: u64 = 18 * MIB;

/// The longest text of one mail, in bytes.
const MAIL_TEXT_MAX_BYTES: usize = 256 * 1024;

/// The most segments of one SMS. Providers take about ten, and handsets lose parts of longer ones.
const SMS_SEGMENTS_MAX: usize = 10;

/// A channel, as far as its abilities go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capability {
    /// What it is called.
    pub name: &'static str,
    /// The longest text of one message.
    pub text: TextLimit,
    /// How it shows emphasis and links.
    pub markup: Markup,
    /// What can be chosen from by a press; `None` where choices are written out as numbered lines.
    pub choices: Option<ChoiceLimit>,
    /// Files by kind. A file is sent by the first rule that it fits; of one that fits none the customer is told the name.
    pub files: &'static [FileRule],
    /// Whether a file keeps its name.
    pub file_names: bool,
    /// How far we are told that a message came; `None` if not at all.
    pub receipts: Option<Delivery>,
    /// Whose typing is shown to the other side.
    pub typing: Typing,
    /// How long after the customer's last message free text may be sent, in milliseconds; `None` for ever.
    pub window_ms: Option<i64>,
    /// Whether customers sit there and wait. Where they do not, they are not told that they are in the queue: it would be one more
    /// message each time, and the answer comes when it comes.
    pub is_live: bool,
}

/// A length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextLimit {
    /// How many of the unit; at least 4, so that every character fits, or one segment.
    pub max: usize,
    /// Of what.
    pub unit: Unit,
}

/// What a length is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Bytes of UTF-8.
    Bytes,
    /// Units of UTF-16: for services that say "characters" and not which, because no other count is greater.
    Utf16,
    /// Segments of SMS: GSM 7-bit or UCS-2, by what the text needs.
    Segments,
}

/// How a channel shows emphasis and links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// Markdown, as our own pages do.
    Markdown,
    /// `WhatsApp`'s: `*bold*`, `_italic_`, `~struck~`, code in backticks; no links with other words.
    Whatsapp,
    /// None.
    Plain,
}

/// What can be chosen from by a press. Titles and words in UTF-16 units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChoiceLimit {
    /// The longest words above.
    pub text_max: usize,
    /// The longest id that comes back.
    pub id_max: usize,
    /// The most buttons.
    pub buttons: usize,
    /// The longest title of a button.
    pub button_title_max: usize,
    /// The most rows of a list; 0 where there are no lists.
    pub rows: usize,
    /// The longest title of a row.
    pub row_title_max: usize,
}

/// Files of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileRule {
    /// As what they are shown.
    pub kind: FileKind,
    /// Their types; empty for all.
    pub types: &'static [&'static str],
    /// The largest, in bytes.
    pub max_bytes: u64,
    /// The longest words that go with one, in UTF-16 units; 0 for none.
    pub caption_max: usize,
}

/// As what a file is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// Sound.
    Audio,
    /// A file to open or keep.
    Document,
}

/// Whose typing is shown to the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typing {
    /// Both sides'.
    Both,
    /// Ours to the customer.
    Ours,
    /// Nobody's.
    Neither,
}

/// The widget and our own sockets.
pub const WEB: Capability = Capability {
    name: "web",
    text: TextLimit { max: BODY_MAX_BYTES, unit: Unit::Bytes },
    markup: Markup::Markdown,
    choices: None,
    files: &[FileRule {
        kind: FileKind::Document,
        types: &[],
        max_bytes: WEB_FILE_MAX_BYTES,
        caption_max: BODY_MAX_BYTES,
    }],
    file_names: true,
    receipts: Some(Delivery::Read),
    typing: Typing::Both,
    window_ms: None,
    is_live: true,
};

/// `WhatsApp` Cloud.
pub const WHATSAPP: Capability = Capability {
    name: "whatsapp",
    text: TextLimit { max: outgoing::TEXT_MAX, unit: Unit::Utf16 },
    markup: Markup::Whatsapp,
    choices: Some(ChoiceLimit {
        text_max: outgoing::BODY_MAX,
        id_max: outgoing::ROW_ID_MAX,
        buttons: outgoing::BUTTONS_MAX,
        button_title_max: outgoing::BUTTON_TITLE_MAX,
        rows: outgoing::ROWS_MAX,
        row_title_max: outgoing::ROW_TITLE_MAX,
    }),
    files: &[
        FileRule {
            kind: FileKind::Image,
            types: &["image/jpeg", "image/png"],
            max_bytes: 5 * MIB,
            caption_max: outgoing::CAPTION_MAX,
        },
        FileRule {
            kind: FileKind::Video,
            types: &["video/mp4", "video/3gpp"],
            max_bytes: 16 * MIB,
            caption_max: outgoing::CAPTION_MAX,
        },
        FileRule {
            kind: FileKind::Audio,
            types: &["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"],
            max_bytes: 16 * MIB,
            caption_max: 0,
        },
        FileRule {
            kind: FileKind::Document,
            types: &outgoing::DOCUMENT_TYPES,
            max_bytes: 100 * MIB,
            caption_max: outgoing::CAPTION_MAX,
        },
    ],
    file_names: true,
    receipts: Some(Delivery::Played),
    typing: Typing::Ours,
    window_ms: Some(WINDOW_MS),
    is_live: true,
};

/// SMS. It carries no files.
pub const SMS: Capability = Capability {
    name: "sms",
    text: TextLimit { max: SMS_SEGMENTS_MAX, unit: Unit::Segments },
    markup: Markup::Plain,
    choices: None,
    files: &[],
    file_names: false,
    receipts: Some(Delivery::Delivered),
    typing: Typing::Neither,
    window_ms: None,
    is_live: true,
};

/// E-mail. A receipt says at most that a server took it; failures come back as mails of their own.
pub const EMAIL: Capability = Capability {
    name: "email",
    text: TextLimit { max: MAIL_TEXT_MAX_BYTES, unit: Unit::Bytes },
    markup: Markup::Plain,
    choices: None,
    files: &[FileRule { kind: FileKind::Document, types: &[], max_bytes: MAIL_FILE_MAX_BYTES, caption_max: 0 }],
    file_names: true,
    receipts: Some(Delivery::Sent),
    typing: Typing::Neither,
    window_ms: None,
    is_live: false,
};

/// A program of the organization's own, by signed webhooks. It gets what there is and shows what it can; of a file it is told where it is to be had.
pub const WEBHOOK: Capability = Capability {
    name: "webhook",
    text: TextLimit { max: BODY_MAX_BYTES, unit: Unit::Bytes },
    markup: Markup::Markdown,
    choices: Some(ChoiceLimit {
        text_max: BODY_MAX_BYTES,
        id_max: 1_000,
        buttons: 50,
        button_title_max: 200,
        rows: 0,
        row_title_max: 0,
    }),
    files: &[FileRule { kind: FileKind::Document, types: &[], max_bytes: 100 * MIB, caption_max: BODY_MAX_BYTES }],
    file_names: true,
    receipts: Some(Delivery::Sent),
    typing: Typing::Neither,
    window_ms: None,
    is_live: true,
};

impl Capability {
    /// How far a message came once the provider took it: where no more is ever told, it is on its way.
    pub fn once_taken(&self) -> Delivery {
        if self.receipts == Some(Delivery::Sent) { Delivery::Sent } else { Delivery::Accepted }
    }
}

/// Every channel.
pub const ALL: [Capability; 5] = [WEB, WHATSAPP, SMS, EMAIL, WEBHOOK];

impl TextLimit {
    /// Whether the text fits into one message.
    pub fn fits(self, text: &str) -> bool {
        let mut gauge = Gauge::new(self.unit);
        gauge.push(text);
        gauge.reads() <= self.max
    }
}

impl FileRule {
    /// Whether a file of this type and size goes by this rule. Parameters of the type (`; codecs=opus`) do not count.
    pub fn takes(&self, mime: &str, bytes: u64) -> bool {
        let mime = mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        bytes <= self.max_bytes && (self.types.is_empty() || self.types.contains(&mime.as_str()))
    }
}

/// Measures a text while it grows.
#[derive(Debug, Clone, Copy)]
pub(super) enum Gauge {
    /// See [`Unit::Bytes`].
    Bytes(usize),
    /// See [`Unit::Utf16`].
    Utf16(usize),
    /// See [`Unit::Segments`].
    Segments(Counter),
}

impl Gauge {
    /// Of nothing yet.
    pub(super) fn new(unit: Unit) -> Self {
        match unit {
            Unit::Bytes => Self::Bytes(0),
            Unit::Utf16 => Self::Utf16(0),
            Unit::Segments => Self::Segments(Counter::default()),
        }
    }

    /// Takes more in.
    pub(super) fn push(&mut self, text: &str) {
        match self {
            Self::Bytes(bytes) => *bytes += text.len(),
            Self::Utf16(units) => *units += text.encode_utf16().count(),
            Self::Segments(counter) => text.chars().for_each(|c| counter.push(c)),
        }
    }

    /// How long it is.
    pub(super) const fn reads(&self) -> usize {
        match self {
            Self::Bytes(count) | Self::Utf16(count) => *count,
            Self::Segments(counter) => counter.segments().count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::sms::encoding::Encoding;
    use crate::channels::sms::{exotel, twilio};

    #[test]
    fn lengths_are_counted_in_the_channels_own_unit() {
        let fits = |limit: TextLimit, text: &str| limit.fits(text);
        assert!(fits(WHATSAPP.text, &"a".repeat(4_096)) && !fits(WHATSAPP.text, &"a".repeat(4_097)));
        assert!(fits(WHATSAPP.text, &"🙂".repeat(2_048)) && !fits(WHATSAPP.text, &"🙂".repeat(2_049)));
        assert!(fits(SMS.text, &"a".repeat(1_530)) && !fits(SMS.text, &"a".repeat(1_531)));
        assert!(fits(SMS.text, &"語".repeat(670)) && !fits(SMS.text, &"語".repeat(671)));
        assert!(
            fits(WEB.text, &"é".repeat(BODY_MAX_BYTES / 2)) && !fits(WEB.text, &"é".repeat(BODY_MAX_BYTES / 2 + 1))
        );
    }

    #[test]
    fn every_limit_leaves_room_for_any_character_and_every_provider_takes_what_is_made() {
        for channel in ALL {
            assert!(channel.text.fits("🙂"), "{}", channel.name);
            assert!(channel.choices.is_none_or(|choices| choices.text_max >= 4), "{}", channel.name);
        }
        // Ten segments of either encoding are shorter than what Twilio and Exotel take.
        let longest = SMS_SEGMENTS_MAX * Encoding::Gsm7.of_several();
        for taken in [twilio::TEXT_MAX_CHARS, exotel::TEXT_MAX_CHARS] {
            assert!(longest <= taken, "{longest} characters");
        }
    }

    #[test]
    fn a_file_goes_by_the_first_rule_that_takes_it() {
        let rule = |mime, bytes| WHATSAPP.files.iter().find(|rule| rule.takes(mime, bytes)).map(|rule| rule.kind);
        assert_eq!(rule("image/JPEG", MIB), Some(FileKind::Image));
        assert_eq!(rule("image/jpeg", 6 * MIB), Some(FileKind::Document), "too large for a picture");
        assert_eq!(rule("audio/ogg; codecs=opus", MIB), Some(FileKind::Audio));
        assert_eq!(rule("image/webp", MIB), Some(FileKind::Document), "no picture to Meta");
        assert_eq!(rule("text/csv", MIB), Some(FileKind::Document));
        assert_eq!(rule("application/zip", MIB), None, "Meta takes no upload of the kind");
        assert_eq!(rule("application/pdf", 101 * MIB), None);
        assert!(SMS.files.is_empty());
    }
}
