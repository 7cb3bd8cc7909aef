//! What a provider brings from customers, into sessions. Returns once it is durable, so that the provider may be told that it has
//! been received. What was taken already counts once by its id; what can never be taken is counted and passed over, or it
//! would come again for hours.

use metrics::counter;
use serde_json::{Value, json};

use super::{Sms, SmsSettings, Strand, Way};
use crate::channels::sms::{IncomingSms, Keyword, Party, ProviderCall};
use crate::domain::{
    Body, Channel, ClientMessageId, Command, Contact, CustomerId, Draft, MessageId, Opening, Phone, Refusal,
    SessionKey, Visitor,
};

/// What happened to the messages, by outcome.
const ITEMS: &str = "switchboard_sms_items_total";

impl Sms {
    /// Takes in the message that an authentic call brings.
    ///
    /// # Errors
    /// `Busy` and `Unavailable`: it is to be brought again.
    pub async fn take(&self, call: &ProviderCall) -> Result<(), Refusal> {
        let Some(settings) = self.settings.clone() else { return Ok(()) };
        let Some(sms) = settings.provider.incoming(call) else {
            counted("no_message");
            return Ok(());
        };
        self.states.works(&settings.account(), Way::In);
        match self.take_sms(&settings, &sms).await {
            Err(why @ (Refusal::Busy | Refusal::Unavailable { .. } | Refusal::TooMany { .. })) => Err(why),
            Err(why) => {
                tracing::warn!(%why, "an SMS can not be taken");
                counted("refused");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Takes in a message of the provider's, unless it is to another number than ours.
    pub(super) async fn take_sms(&self, settings: &SmsSettings, sms: &IncomingSms) -> Result<(), Refusal> {
        if !is_to(&settings.sender, sms.to.as_ref()) {
            counted("another_number");
            return Ok(());
        }
        self.take_in(settings, sms).await
    }

    async fn take_in(&self, settings: &SmsSettings, sms: &IncomingSms) -> Result<(), Refusal> {
        let strand = strand(settings, &sms.from)?;
        let (key, customer) = strand.find(&self.store, self.clock.now()).await?;
        if let (Some(keyword), Party::Phone(phone)) = (sms.keyword, &sms.from) {
            // First of all: whatever becomes of the message itself, nothing goes to them any more.
            self.opt_outs.obey(&key.organization, phone.as_str(), keyword, (&sms.id, sms.at)).await?;
        }
        self.introduce(&key, &customer, sms).await;
        let opening = Opening { channel: Channel::Sms, resume: None, language: None, name: None };
        let draft = self.braking.hold("sms", &key, draft(sms)?, self.clock.now());
        let receipt = self.sessions.post(&key, Visitor::Customer(customer), Some(opening), draft).await?;
        if let Some(keyword) = sms.keyword {
            self.confirm(settings, &key, keyword, sms).await?;
        }
        counted(if receipt.duplicate { "duplicate" } else { "posted" });
        Ok(())
    }

    /// Tells the customer what their word did, once.
    async fn confirm(
        &self,
        settings: &SmsSettings,
        key: &SessionKey,
        keyword: Keyword,
        sms: &IncomingSms,
    ) -> Result<(), Refusal> {
        let text = match keyword {
            Keyword::Stop => &settings.texts.stopped,
            Keyword::Start => &settings.texts.started,
            Keyword::Help => &settings.texts.help,
        };
        if sms.is_answered || !matches!(sms.from, Party::Phone(_)) || text.trim().is_empty() {
            return Ok(());
        }
        let client_id = ClientMessageId::parse(&format!("{}/answer", sms.id))?;
        self.sessions.receipt_of(key, Command::Notify { client_id, body: Body::clipped(text) }).await.map(drop)
    }

    /// Notes the sender's number; a message is taken also where that can not be kept.
    async fn introduce(&self, key: &SessionKey, customer: &CustomerId, sms: &IncomingSms) {
        let Party::Phone(phone) = &sms.from else { return };
        let contact = Contact { phone: Some(phone.clone()), ..Contact::default() };
        if let Err(why) = self.customers.learn(&key.organization, customer, &contact).await {
            tracing::warn!(%why, "what an SMS says of its sender is not kept");
        }
    }
}

/// Whether a message is to our number. Where a pool or a name sends, the provider brings what is to any number of it.
fn is_to(sender: &Party, to: Option<&Party>) -> bool {
    let digits = |phone: &Phone| phone.as_str().trim_start_matches('+').to_owned();
    match (sender, to) {
        (Party::Phone(ours), Some(Party::Phone(to))) => digits(ours) == digits(to),
        (Party::Phone(_) | Party::Name(_) | Party::Service(_), _) => true,
    }
}

/// Whose session it is.
fn strand(settings: &SmsSettings, from: &Party) -> Result<Strand, Refusal> {
    let (name, customer) = match from {
        Party::Phone(phone) => (format!("phone:{}", phone.as_str()), phone.as_str().to_owned()),
        Party::Name(name) | Party::Service(name) => (format!("sender:{name}"), named(name)),
    };
    Ok(Strand {
        organization: settings.organization.clone(),
        channel: Channel::Sms,
        account: settings.account().name,
        names: vec![name],
        customer: CustomerId::parse(&customer)?,
    })
}

/// A customer's id for who has a name and no number.
fn named(name: &str) -> String {
    let plain = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' });
    format!("sms_{}", plain.collect::<String>())
}

/// What is posted of a message. Nobody waits for an answer to a word that is obeyed at once, and nobody can be answered who has
/// no number.
fn draft(sms: &IncomingSms) -> Result<Draft, Refusal> {
    Ok(Draft {
        id: MessageId(uuid::Uuid::now_v7()),
        body: Body::parse("text", &shown(sms))?,
        client_id: Some(ClientMessageId::parse(&sms.id)?),
        metadata: Some(facts(sms)),
        quiet: sms.keyword.is_some() || !matches!(sms.from, Party::Phone(_)),
        sent_at: sms.at,
        attachments: Vec::new(),
    })
}

/// The words, and a line for each file: files are not fetched.
fn shown(sms: &IncomingSms) -> String {
    let words = Some(sms.body.clone()).filter(|body| !body.trim().is_empty());
    let files = sms.media.iter().map(|file| format!("[{}]", file.mime));
    words.into_iter().chain(files).collect::<Vec<_>>().join("\n")
}

/// What else a message says: kept with it, for the staff and for whoever fetches its files.
fn facts(sms: &IncomingSms) -> Value {
    let mut facts = json!({ "to": sms.to.as_ref().map(Party::as_str) });
    if !sms.media.is_empty() {
        facts["media"] = sms.media.iter().map(|file| json!({ "url": file.url, "mime": file.mime })).collect();
    }
    if let Some(keyword) = sms.keyword {
        facts["keyword"] = json!(keyword);
    }
    json!({ "sms": facts })
}

pub(super) fn counted(outcome: &'static str) {
    counter!(ITEMS, "outcome" => outcome).increment(1);
}
