//! Files that go with mails: what came with one is kept in its session, and what goes with a message is put into its mail. One that can not
//! be kept, or does not go, is named: nothing is left out in silence.

use bytes::Bytes;

use super::book::hash;
use super::intake::{Cannot, cannot};
use super::{Inner, MailChannel};
use crate::channels::capability::EMAIL;
use crate::channels::email::{AttachmentKind, File, Incoming, MessageId};
use crate::channels::failure::{Failure, FailureClass};
use crate::channels::render::Part;
use crate::domain::attachment::ATTACHMENTS_MAX;
use crate::domain::message::Message;
use crate::domain::{Attachment, FileId, MessageId as MessageName, Refusal, SessionKey};
use crate::engine::Files;
use crate::engine::channels::outward::parts;
use crate::engine::files::{Upload, Uploader};

/// The most bytes of all files of one mail: in base64 they are a third more, and servers stop at 25 MB.
const FILES_MAX_BYTES: u64 = 18 * 1024 * 1024;

/// A file as a program gives it, with a mail that it has sent or took elsewhere.
#[derive(Clone)]
pub struct MailFile {
    /// What it is called; any text.
    pub name: Option<String>,
    /// What it is said to be; any text.
    pub media_type: Option<String>,
    /// What is in it.
    pub bytes: Bytes,
}

impl std::fmt::Debug for MailFile {
    /// Shows the size only: names and contents are the customer's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MailFile({} bytes)", self.bytes.len())
    }
}

impl Inner {
    /// Keeps what came with a mail in its session, which its sender has entered. The same mail brings the same files, however often it is
    /// taken in. What can not be kept (a program, too much of it) is left to the facts of its message.
    pub(super) async fn enclosed(
        &self,
        key: &SessionKey,
        id: &MessageId,
        mail: &Incoming,
    ) -> Result<Vec<Attachment>, Cannot> {
        let files = mail.attachments.iter().enumerate().filter(|(_, file)| is_for_people(file.kind));
        let mut kept = Vec::new();
        for (at, file) in files.take(ATTACHMENTS_MAX) {
            let name = hash(&["mail-file", id.as_str(), &at.to_string()]);
            let upload = Upload {
                id: uuid::Uuid::try_parse(&name).ok().map(FileId),
                name: Some(file.name.clone()),
                declared: Some(file.media_type.clone()),
                bytes: Bytes::copy_from_slice(&file.bytes),
                by: Uploader::Channel,
                vouched: false,
            };
            match self.parts.files.put(key, upload).await {
                Ok(file) => kept.extend(self.claimed(key, file.id).await?),
                Err(why @ (Refusal::Busy | Refusal::Unavailable { .. } | Refusal::TooMany { .. })) => {
                    return Err(Cannot::Now(why));
                }
                Err(why) => tracing::info!(%why, "what came with a mail is not kept"),
            }
        }
        Ok(kept)
    }

    /// One that was kept; none where it was found meanwhile that it does harm.
    async fn claimed(&self, key: &SessionKey, id: FileId) -> Result<Vec<Attachment>, Cannot> {
        match self.parts.files.claim(key, Uploader::Channel, &[id]).await {
            Err(Refusal::Invalid { .. }) => Ok(Vec::new()),
            claimed => claimed.map_err(cannot),
        }
    }
}

impl MailChannel {
    /// Says whether all files can be kept and sent, before anything is done with them.
    ///
    /// # Errors
    /// `TooLarge`; `Invalid` on `attachments`.
    pub(super) fn admits(&self, files: &[MailFile]) -> Result<(), Refusal> {
        if files.len() > ATTACHMENTS_MAX {
            return Err(Refusal::invalid("attachments", "must be at most 10"));
        }
        let bytes: u64 = files.iter().map(|file| file.bytes.len() as u64).sum();
        if bytes > FILES_MAX_BYTES {
            let limit_bytes = usize::try_from(FILES_MAX_BYTES).unwrap_or(usize::MAX);
            return Err(Refusal::TooLarge { what: "attachments", limit_bytes });
        }
        files
            .iter()
            .try_for_each(|file| self.inner.parts.files.admits(&file.upload(None, Uploader::Channel)).map_err(told))
    }

    /// Keeps what goes or came with a mail that a program brings, in its session, which somebody has entered. Brought again for the same message it is
    /// the same.
    ///
    /// # Errors
    /// As [`admits`](Self::admits), and what keeping a file is refused for.
    pub(super) async fn bring(
        &self,
        key: &SessionKey,
        by: Uploader,
        message: MessageName,
        files: Vec<MailFile>,
    ) -> Result<Vec<Attachment>, Refusal> {
        let (kept, mut ids) = (&self.inner.parts.files, Vec::with_capacity(files.len()));
        for (at, file) in files.iter().enumerate() {
            let name = hash(&["program-file", &message.to_string(), &at.to_string()]);
            let id = uuid::Uuid::try_parse(&name).ok().map(FileId);
            ids.push(kept.put(key, file.upload(id, by)).await.map_err(told)?.id);
        }
        kept.claim(key, by, &ids).await.map_err(told)
    }
}

impl MailFile {
    fn upload(&self, id: Option<FileId>, by: Uploader) -> Upload {
        let (name, declared, bytes) = (self.name.clone(), self.media_type.clone(), self.bytes.clone());
        Upload { id, name, declared, bytes, by, vouched: true }
    }
}

/// The refusal of a file, under the name of the field that holds them here.
fn told(why: Refusal) -> Refusal {
    match why {
        Refusal::Invalid { why, .. } => Refusal::invalid("attachments", why),
        other => other,
    }
}

/// Whether somebody may want to open it: signatures and machines' reports are for programs.
const fn is_for_people(kind: AttachmentKind) -> bool {
    !matches!(kind, AttachmentKind::Signature | AttachmentKind::Report)
}

/// A message as the parts that go: one mail, with as many of its files as a mail takes; the others are named in its text.
pub(super) fn mail_parts(message: &Message) -> Vec<Part> {
    let mut rest = message.clone();
    rest.attachments.drain(..going(message).len());
    parts(&rest, &EMAIL, false)
}

/// The files of a message that go with its mail: the first ones, up to the limit.
fn going(message: &Message) -> &[Attachment] {
    let mut bytes = 0_u64;
    let fits = |file: &&Attachment| {
        bytes = bytes.saturating_add(file.bytes);
        bytes <= FILES_MAX_BYTES
    };
    &message.attachments[..message.attachments.iter().take_while(fits).count()]
}

/// The files of a message, to be put into its mail.
pub(super) async fn opened(files: &Files, key: &SessionKey, message: &Message) -> Result<Vec<File>, Failure> {
    let mut opened = Vec::new();
    for file in going(message) {
        let bytes = match files.open(key, file.id) {
            Ok(open) => open.whole().await,
            Err(why) => Err(why),
        };
        let bytes = bytes.map_err(|why| match why {
            Refusal::Unavailable { .. } | Refusal::Busy => {
                Failure::noted(FailureClass::Retry, "a file can not be read now")
            }
            _ => Failure::noted(FailureClass::Permanent, "a file of it is there no longer, or does harm"),
        })?;
        let (name, media_type) = (file.name.as_str().to_owned(), file.media_type.as_str().to_owned());
        opened.push(File { name, media_type, bytes: bytes.to_vec() });
    }
    Ok(opened)
}
