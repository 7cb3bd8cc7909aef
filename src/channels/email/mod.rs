//! E-mail as bytes: what came in, what of it is new, what it is, to which conversation it belongs, and what goes out.
//!
//! Imports `domain` only, and of `mail-parser` the parsers of single fields and the charsets. Nothing here waits, asks a clock,
//! or panics, whatever the bytes are; every size has a limit in [`Limits`], and time grows with the size and no faster.
//!
//! The way of a mail, in the order of the calls:
//!
//! 1. [`Incoming::parse`] makes checked values of the bytes.
//! 2. [`nature::assess`] says whether a person wrote it, or a machine: only a person is ever answered automatically.
//! 3. [`Authentication::of`] says what the server that took it found out about its sender.
//! 4. [`thread::place`] says which conversation it goes on, or that it begins one, by a [`thread::Known`] that looks ids up.
//! 5. [`reply_text`] tells what was newly written from what was quoted and signed. The whole is kept.
//! 6. [`Outgoing::to_bytes`] composes the answer, with a [`SignedAddress`] to which the next mail will come.
//!
//! Deliberately absent: IMAP and SMTP, SPF, DKIM and DMARC themselves (the receiving server's work), decryption, and the
//! contents of `winmail.dat`.

mod address;
mod attachment;
mod authentication;
mod body;
mod clean;
mod compose;
mod html;
mod incoming;
mod limits;
mod message_id;
mod mime;
pub mod nature;
mod outgoing;
mod reply;
mod rich;
mod signed;
mod subject;
pub mod thread;

pub use address::{Mailbox, without_detail};
pub use attachment::{Attachment, AttachmentKind};
pub use authentication::Authentication;
pub use body::BodyText;
pub use incoming::{Incoming, ReturnPath, Unreadable};
pub use limits::{Limits, Omitted};
pub use message_id::{MESSAGE_ID_MAX_BYTES, MessageId};
pub use nature::{Assessment, Nature, Ours};
pub use outgoing::{CleanHtml, File, MARKER_HEADER, Outgoing, Unsendable, Voice, reply_subject};
pub use reply::{Piece, REPLY_ABOVE, Split, reply_text};
pub use signed::{KEY_MIN_BYTES, SignedAddress, TOKEN_MAX_CHARS};
pub use subject::{Subject, SubjectKind};
pub use thread::{Placement, ThreadPolicy};
