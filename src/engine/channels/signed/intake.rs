//! What a system of an organization's brings: a customer's message, signed. It is durable before it is answered, and counts once by
//! its id, so it may be brought again until it is answered.

use serde_json::Value;

use super::{SignedChannels, at, sealing, secrets, unreadable};
use crate::domain::signed_channel::SignedChannel;
use crate::domain::{
    Body, Channel, ClientMessageId, Contact, CustomerId, Draft, MessageId, Opening, OrganizationId, PersonName,
    Refusal, SessionKey, Timestamp, Visitor,
};
use crate::engine::channels::Strand;

/// How old the time of a signature may be, or how far ahead, in seconds. A request that was listened to is worth nothing later.
pub const TOLERANCE_S: i64 = 5 * 60;

/// The headers of a request, as they came.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`, in Unix seconds.
    pub timestamp: &'a str,
    /// `webhook-signature`: one or more of `v1,<base64>`, with spaces between.
    pub signature: &'a str,
}

/// A message that is brought.
#[derive(Debug, Clone)]
pub struct SignedMessage {
    /// Whose, by the system's own id.
    pub customer: CustomerId,
    /// What else is said of them.
    pub contact: Contact,
    /// What they say.
    pub text: Body,
    /// The system's id of it; without one the request's.
    pub id: Option<ClientMessageId>,
    /// The system's own facts.
    pub metadata: Option<Value>,
    /// When it was written.
    pub sent_at: Option<Timestamp>,
}

/// What became of it.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The session that it stands in.
    pub session: SessionKey,
    /// Its id there.
    pub message: MessageId,
    /// Whether it was there already.
    pub duplicate: bool,
}

impl SignedChannels {
    /// The channel whose system signed the request. Whoever did not is told the same as of a channel that there is not.
    ///
    /// # Errors
    /// `Unauthenticated`; `Unavailable`.
    pub fn authentic(
        &self,
        organization: &str,
        id: &str,
        envelope: Envelope<'_>,
        body: &[u8],
    ) -> Result<SignedChannel, Refusal> {
        let organization = OrganizationId::parse(organization).map_err(|_| Refusal::Unauthenticated)?;
        let id = uuid::Uuid::try_parse(id).map_err(|_| Refusal::Unauthenticated)?.to_string();
        let found = at(&self.store, &organization, &id).map_err(unreadable)?;
        let channel = found.filter(|channel| channel.enabled).ok_or(Refusal::Unauthenticated)?;
        let now = self.clock.now();
        let at_s: i64 = envelope.timestamp.parse().map_err(|_| Refusal::Unauthenticated)?;
        if now.as_s().abs_diff(at_s) > TOLERANCE_S.unsigned_abs() {
            return Err(Refusal::Unauthenticated);
        }
        let secrets = secrets(&self.vault, &channel, now).map_err(sealing)?;
        let fits = secrets.iter().any(|secret| secret.is_standard(envelope.id, at_s, body, envelope.signature));
        if fits { Ok(channel) } else { Err(Refusal::Unauthenticated) }
    }

    /// Takes in a message of a channel's system; `request` is the id of the request that brings it.
    ///
    /// # Errors
    /// What the message itself is refused for; `Busy` and `Unavailable`: it is to be brought again.
    pub async fn take(&self, channel: &SignedChannel, request: &str, sent: SignedMessage) -> Result<Taken, Refusal> {
        let strand = Strand {
            organization: channel.organization.clone(),
            channel: Channel::Webhook,
            account: channel.id.to_string(),
            names: vec![format!("customer:{}", sent.customer)],
            customer: sent.customer,
        };
        let client_id = match sent.id {
            Some(id) => id,
            None => ClientMessageId::parse(request)?,
        };
        let (key, customer) = strand.find(&self.store, self.clock.now()).await?;
        if let Err(why) = self.customers.learn(&key.organization, &customer, &sent.contact).await {
            tracing::warn!(%why, "what a message says of its sender is not kept");
        }
        let name: Option<PersonName> = sent.contact.name;
        let opening = Opening { channel: Channel::Webhook, resume: None, language: sent.contact.language, name };
        let draft = Draft {
            id: MessageId(uuid::Uuid::now_v7()),
            body: sent.text,
            client_id: Some(client_id),
            metadata: sent.metadata,
            quiet: false,
            sent_at: sent.sent_at,
            attachments: Vec::new(),
        };
        let receipt = self.sessions.post(&key, Visitor::Customer(customer), Some(opening), draft).await?;
        Ok(Taken { session: key, message: receipt.message, duplicate: receipt.duplicate })
    }
}
