//! How much of a mail is read. What lies beyond a limit is counted, never silently lost: the raw mail is the caller's to keep.

const MIB: usize = 1024 * 1024;

/// Limits of one mail. The defaults take what the large providers send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest mail, in bytes as it came. Gmail and Outlook stop at 25 MB before base64.
    pub message_max_bytes: usize,
    /// How much of one part's header is kept, in bytes. Real ones, with all their seals, stay below 64 KiB.
    pub header_max_bytes: usize,
    /// How much of one header field is kept, in bytes.
    pub field_max_bytes: usize,
    /// The most parts of one mail, multiparts included.
    pub parts_max: usize,
    /// How deep multiparts are opened. A forwarded mail inside is an attachment and is not opened at all.
    pub depth_max: usize,
    /// The longest text, in bytes of UTF-8, quotes included.
    pub text_max_bytes: usize,
    /// The most attachments.
    pub attachments_max: usize,
    /// The largest attachment, in bytes after decoding.
    pub attachment_max_bytes: usize,
    /// The most addresses kept of one kind (To, Cc ...).
    pub addresses_max: usize,
    /// The most ids kept of `References`: the first, and the last so many but one.
    pub references_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_max_bytes: 40 * MIB,
            header_max_bytes: 256 * 1024,
            field_max_bytes: 64 * 1024,
            parts_max: 200,
            depth_max: 10,
            text_max_bytes: 256 * 1024,
            attachments_max: 50,
            attachment_max_bytes: 25 * MIB,
            addresses_max: 100,
            references_max: 100,
        }
    }
}

/// What lay beyond a limit, for the console to say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Omitted {
    /// Header fields that were dropped or cut.
    pub fields: usize,
    /// Parts that were not looked at: too many, or too deep.
    pub parts: usize,
    /// Attachments that were too many or too large.
    pub attachments: usize,
    /// Was the text cut?
    pub text: bool,
}

impl Omitted {
    /// Was anything left out?
    pub fn any(&self) -> bool {
        *self != Self::default()
    }
}

/// As much of the text as fits into `max_bytes`, cut between characters.
pub(super) fn clipped(text: &str, max_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(max_bytes)]
}
