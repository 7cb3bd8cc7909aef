//! What of a mail is posted: the words that its sender newly wrote, and the facts that go with them.

use serde_json::{Value, json};

use crate::channels::email::{Assessment, Incoming, Mailbox, reply_text};
use crate::domain::{Body, ClientMessageId, Draft, MessageId, Refusal, SessionId, Timestamp};

/// The most attachments and addresses that are told.
const TOLD_MAX: usize = 10;

/// How much of a text among the facts is told, in bytes.
const FACT_MAX_BYTES: usize = 500;

/// What the message of a mail is made of.
pub(super) struct Shown<'a> {
    pub(super) mail: &'a Incoming,
    pub(super) assessment: &'a Assessment,
    /// Its size as it came, in bytes, where that is too much for it to be read.
    pub(super) too_large: Option<u64>,
    /// Somebody else's conversation that it answers.
    pub(super) related: Option<&'a SessionId>,
    pub(super) arrived: Option<Timestamp>,
    /// Whether enough was answered automatically.
    pub(super) is_enough: bool,
    pub(super) client_id: ClientMessageId,
}

impl Shown<'_> {
    /// The message.
    pub(super) fn draft(self) -> Result<Draft, Refusal> {
        Ok(Draft {
            id: MessageId(uuid::Uuid::now_v7()),
            body: self.body()?,
            metadata: Some(json!({ "email": self.facts() })),
            quiet: self.is_enough || !self.assessment.may_be_answered(),
            sent_at: self.arrived,
            attachments: Vec::new(),
            client_id: Some(self.client_id),
        })
    }

    fn body(&self) -> Result<Body, Refusal> {
        let (mail, subject) = (self.mail, self.mail.subject.text());
        if let Some(bytes) = self.too_large {
            let note =
                format!("{subject}\n\n[This mail has {bytes} bytes, too many to be read. It is in the mailbox.]");
            return Ok(Body::clipped(note.trim()));
        }
        let text = reply_text(&mail.body, mail.subject.kind()).reply();
        if !text.trim().is_empty() {
            return Ok(Body::clipped(&text));
        }
        let names: Vec<&str> = mail.attachments.iter().take(TOLD_MAX).map(|file| file.name.as_str()).collect();
        let files = if names.is_empty() { String::new() } else { format!("[{}]", names.join(", ")) };
        let text = format!("{subject}\n\n{files}");
        let text = if text.trim().is_empty() { "[An empty mail]" } else { text.trim() };
        Ok(Body::clipped(text))
    }

    fn facts(&self) -> Value {
        let mail = self.mail;
        let files =
            mail.attachments.iter().take(TOLD_MAX).map(
                |file| json!({ "name": clip(&file.name), "type": clip(&file.media_type), "bytes": file.bytes.len() }),
            );
        let signs = self.assessment.signs.iter().take(TOLD_MAX).map(|sign| clip(&sign.to_string()).to_owned());
        json!({
            "message_id": clip(mail.id.as_str()),
            "subject": clip(mail.subject.text()),
            "from": mail.from.as_ref().map(address),
            "to": mail.to.iter().take(TOLD_MAX).map(address).collect::<Vec<_>>(),
            "cc": mail.cc.iter().take(TOLD_MAX).map(address).collect::<Vec<_>>(),
            "nature": self.assessment.nature.name(),
            "signs": signs.collect::<Vec<_>>(),
            "attachments": files.collect::<Vec<_>>(),
            "related": self.related.map(SessionId::as_str),
            "omitted": mail.omitted.any() || self.too_large.is_some(),
        })
    }
}

fn address(mailbox: &Mailbox) -> &str {
    mailbox.address.as_str()
}

fn clip(text: &str) -> &str {
    &text[..text.floor_char_boundary(FACT_MAX_BYTES)]
}
