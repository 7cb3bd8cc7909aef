//! What a colleague or a program sends to somebody by `WhatsApp`: it stands in that person's session and goes by the outbox, as replies do;
//! whoever asked is told what Meta said, if that comes soon.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::intake::Names;
use super::{Whatsapp, window_of};
use crate::channels::FailureClass;
use crate::channels::whatsapp::incoming::Identity;
use crate::channels::whatsapp::outgoing::{Preview, Sending, Text, read, shown};
use crate::channels::whatsapp::{Bsuid, id};
use crate::domain::{
    Body, Channel, ClientMessageId, Command, Draft, Message, MessageId, Opening, OrganizationId, Refusal, SessionKey,
    Timestamp, Visitor,
};
use crate::engine::channels::Strand;
use crate::engine::channels::outward::{Dispatch, Step};

/// How long whoever sends waits for Meta's word, at most.
const WORD_WAIT: Duration = Duration::from_secs(10);

/// How often it is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What is to be sent.
#[derive(Debug, Clone)]
pub struct Saying {
    body: Body,
    /// What is not text, as Meta takes it: kept with the message, and read again when it goes.
    form: Option<Value>,
    is_template: bool,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What Meta calls it; our own id of the message as long as Meta has not said.
    pub id: String,
    /// Whether Meta has it.
    pub is_sent: bool,
    /// When it was taken in here.
    pub at: Timestamp,
}

impl Saying {
    /// Words.
    ///
    /// # Errors
    /// `Invalid` when they are blank or too long for one message.
    pub fn text(text: &str) -> Result<Self, Refusal> {
        Text::new(text, Preview::Hidden)?;
        Ok(Self { body: Body::parse("text", text)?, form: None, is_template: false })
    }

    /// Anything else: what the field of that type holds, in Meta's own form.
    ///
    /// # Errors
    /// As [`read`].
    pub fn form(kind: &str, fields: &Value) -> Result<Self, Refusal> {
        let is_template = matches!(read(kind, fields)?, Sending::Template(_));
        let form = json!({ "whatsapp": { "type": kind, kind: fields } });
        Ok(Self { body: Body::clipped(&shown(kind, fields)), form: Some(form), is_template })
    }
}

/// What a message is sent as that is not text.
pub(super) fn form_of(message: &Message) -> Option<Sending> {
    let form = message.metadata.as_ref()?.get("whatsapp")?;
    let kind = form.get("type")?.as_str()?;
    read(kind, form.get(kind)?).ok()
}

impl Whatsapp {
    /// Sends something to a person: by their number, digits with or without a plus, or by their id at Meta. `visitor` is a colleague,
    /// who takes the session by it, or a service. The same `name` is the same message.
    ///
    /// # Errors
    /// `Invalid` on `to`; on `type`, where the person has not written for a day and it is no template; and where Meta refuses
    /// it. `NotFound` to another organization than the number's. `Unavailable` where the channel is not set up; `Busy`.
    pub async fn send(
        &self,
        organization: &OrganizationId,
        visitor: &Visitor,
        to: &str,
        saying: Saying,
        name: Uuid,
    ) -> Result<Said, Refusal> {
        if *organization != self.settings.organization {
            return Err(Refusal::NotFound { what: "channel" });
        }
        let strand = self.strand_to(to)?;
        let client_id = ClientMessageId::from_uuid(name);
        if !saying.is_template {
            self.check_window(&strand, visitor, &client_id)?;
        }
        let (key, customer) = strand.find(&self.store, self.clock.now()).await?;
        let opening = Opening { channel: Channel::Whatsapp, resume: None, language: None, name: None };
        self.sessions.enter(&key, Visitor::Customer(customer), Some(opening)).await?;
        let draft = Draft {
            id: MessageId(name),
            body: saying.body,
            client_id: Some(client_id.clone()),
            metadata: saying.form,
            quiet: false,
            sent_at: None,
            attachments: Vec::new(),
        };
        let command = match visitor {
            Visitor::Service => Command::Announce { visitor: Visitor::Service, draft },
            other => Command::Post { visitor: other.clone(), opening: None, draft },
        };
        let receipt = self.sessions.receipt_of(&key, command).await?;
        let message = self.sessions.posted_as(&key, visitor.user(), &client_id)?;
        let message = message.ok_or(Refusal::Unavailable { part: "store" })?;
        self.word_of(&key, receipt.seq, &message).await
    }

    /// Waits for what Meta says of a message.
    async fn word_of(&self, key: &SessionKey, seq: u64, message: &Message) -> Result<Said, Refusal> {
        let until = Instant::now() + WORD_WAIT;
        loop {
            let found = self.dispatches.of_session(key, seq, 1).map_err(|error| {
                tracing::error!(%error, "dispatches can not be read");
                Refusal::Unavailable { part: "store" }
            })?;
            let dispatch = found.into_iter().find(|dispatch| dispatch.seq == seq);
            if let Some(said) = dispatch.and_then(|dispatch| word(&dispatch, message)) {
                return said;
            }
            if Instant::now() >= until {
                return Ok(Said { id: message.id.to_string(), is_sent: false, at: message.at });
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Free text goes only to who wrote within a day; what went before is answered again all the same.
    fn check_window(&self, strand: &Strand, visitor: &Visitor, client_id: &ClientMessageId) -> Result<(), Refusal> {
        let closed = || Refusal::invalid("type", "must be template: the customer has not written for 24 hours");
        let key = strand.met(&self.store)?.ok_or_else(closed)?;
        if self.sessions.posted_as(&key, visitor.user(), client_id)?.is_some() {
            return Ok(());
        }
        let window = window_of(&self.store, &key).map_err(|error| {
            tracing::error!(%error, "WhatsApp's windows can not be read");
            Refusal::Unavailable { part: "store" }
        })?;
        let is_open = window.is_some_and(|window| window.record.window.is_open(self.clock.now()));
        if is_open { Ok(()) } else { Err(closed()) }
    }

    /// Whoever is meant, with the number that is configured.
    fn strand_to(&self, to: &str) -> Result<Strand, Refusal> {
        let number = self.settings.number.as_ref().filter(|_| self.settings.sends);
        let number = number.ok_or(Refusal::Unavailable { part: "whatsapp" })?;
        let phone = id::phone(to);
        // An id at Meta has the country before a dot.
        let user = if phone.is_none() && to.contains('.') { Bsuid::parse(to).ok() } else { None };
        let names = Names::of(&Identity { phone, user, parent: None });
        let names = names.ok_or_else(|| Refusal::invalid("to", "must be a telephone number or an id of Meta's"))?;
        Ok(self.strand(number, names))
    }
}

/// What is known of a message that can be told; nothing while it may still go.
fn word(dispatch: &Dispatch, message: &Message) -> Option<Result<Said, Refusal>> {
    if dispatch.parts.iter().all(|part| part.step == Step::Gone) {
        let id = dispatch.parts.first().and_then(|part| part.provider_id.clone());
        let id = id.unwrap_or_else(|| message.id.to_string());
        return Some(Ok(Said { id, is_sent: true, at: message.at }));
    }
    let failure = dispatch.failure.as_ref()?;
    match failure.class {
        FailureClass::WindowClosed => {
            Some(Err(Refusal::invalid("type", "must be template: the customer has not written for 24 hours")))
        }
        FailureClass::OptedOut => Some(Err(Refusal::invalid("to", "is of somebody who wants no messages"))),
        FailureClass::OtherAddress | FailureClass::TooOld | FailureClass::Permanent => {
            Some(Err(Refusal::invalid("to", format!("WhatsApp does not take it: {}", failure.said))))
        }
        FailureClass::Retry
        | FailureClass::SlowDown(_)
        | FailureClass::NotToday
        | FailureClass::Media
        | FailureClass::Unclear
        | FailureClass::Credentials
        | FailureClass::Policy
        | FailureClass::Billing => None,
    }
}
