//! What a webhook brings, into sessions. Returns once all of it is durable, so that Meta may be told that it has been received.
//!
//! A person's messages go one after the other, different people's at the same time. Meta brings what was not answered with 200
//! again for days: what can not be taken now is refused as a whole and comes again, and what was taken already counts once by its
//! id. What can never be taken is counted and passed over, or it would come again for days, with all that came beside it.

use futures_util::{StreamExt, TryStreamExt, stream};
use metrics::counter;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::files::{Announced, Sender, ToDo};
use super::outlet::{BY_PHONE, BY_USER};
use super::{Whatsapp, numbers, windows};
use crate::channels::sms::Keyword;
use crate::channels::whatsapp::NumberId;
use crate::channels::whatsapp::incoming::{
    Content, Context, Identity, Incoming, Media, Origin, PassedOver, Received, SystemChange, read,
};
use crate::domain::id::ID_MAX_CHARS;
use crate::domain::{
    Body, Channel, ClientMessageId, Contact, CustomerId, Draft, MessageId, Opening, PersonName, Receipt, Refusal,
    SessionKey, Visitor,
};
use crate::engine::channels::{Account, Strand};

/// People whose messages are posted at the same time.
const PEOPLE_AT_ONCE: usize = 64;

/// What colleagues are called who write in the phone's app: which of them it was, Meta does not tell.
const PHONE_APP: &str = "WhatsApp app";

/// What happened to the items, by outcome.
const ITEMS: &str = "switchboard_whatsapp_items_total";

impl Whatsapp {
    /// Takes in the body of a webhook call that [is authentic](Self::is_authentic).
    ///
    /// # Errors
    /// `Busy` and `Unavailable`: it is to be brought again.
    pub async fn take(&self, body: &[u8]) -> Result<(), Refusal> {
        let notification = read(body);
        tell_passed_over(&notification.passed_over);
        let mut people: Vec<(Strand, Vec<Received>)> = Vec::new();
        let (mut news, mut in_app) = (Vec::new(), Vec::new());
        for incoming in notification.incoming {
            let message = match incoming {
                Incoming::Message(message) => *message,
                Incoming::Status(status) => {
                    news.push(*status);
                    continue;
                }
                Incoming::Fault(fault) => {
                    tracing::error!(number = ?fault.number, code = fault.fault.code, "Meta reports a fault of the number");
                    counted("fault");
                    continue;
                }
            };
            if message.origin == Origin::PhoneApp && !in_app.contains(&message.number) {
                in_app.push(message.number.clone());
            }
            let Some((strand, message)) = self.strand_of(message) else { continue };
            match people.iter_mut().find(|(known, _)| known.is_the_same_person(&strand)) {
                Some((known, messages)) => {
                    known.names.extend(strand.names);
                    known.names.dedup();
                    messages.push(message);
                }
                None => people.push((strand, vec![message])),
            }
        }
        self.note_app_numbers(&in_app).await;
        let posted = stream::iter(people).map(|(strand, messages)| self.take_of(strand, messages));
        let posted = posted.buffer_unordered(PEOPLE_AT_ONCE).try_collect::<()>();
        tokio::try_join!(posted, self.hear(news)).map(drop)
    }

    /// Notes by which numbers somebody wrote in the phone's app. Where that can not be kept it is with the next message of theirs.
    async fn note_app_numbers(&self, numbers: &[NumberId]) {
        for number in numbers.iter().filter(|number| self.is_our_number(number)) {
            if let Err(why) = numbers::used_in_app(&self.store, &self.settings.organization, number).await {
                tracing::warn!(%why, "that a number is used in WhatsApp's app is not kept");
            }
        }
    }

    /// Whether something of this number is ours.
    pub(super) fn is_our_number(&self, number: &NumberId) -> bool {
        self.settings.number.as_ref().is_none_or(|ours| ours == number)
    }

    /// The message, and whose it is; nothing where it is not taken.
    fn strand_of(&self, message: Received) -> Option<(Strand, Received)> {
        if !self.is_our_number(&message.number) {
            return passed_over("another_number");
        }
        if message.origin == Origin::PhoneApp && is_quiet(&message.content) {
            return passed_over("phone_app");
        }
        let Some(names) = Names::of(&message.customer) else { return passed_over("nameless") };
        Some((self.strand(&message.number, names), message))
    }

    /// Whoever has these names at one of our numbers.
    pub(super) fn strand(&self, number: &NumberId, names: Names) -> Strand {
        Strand {
            organization: self.settings.organization.clone(),
            channel: Channel::Whatsapp,
            account: number.to_string(),
            names: names.all,
            customer: names.customer,
        }
    }

    async fn take_of(&self, strand: Strand, mut messages: Vec<Received>) -> Result<(), Refusal> {
        let (key, customer) = strand.find(&self.store, self.clock.now()).await?;
        // What came together is put in the order in which it was written.
        messages.sort_by_key(|message| message.at);
        self.open_window(&key, &messages).await?;
        let mut answered = None;
        for message in &messages {
            self.introduce(&key, &customer, message).await;
            if let Content::System(change) = &message.content {
                self.rename(&strand, change).await?;
            }
            let keyword = match message.origin {
                Origin::Customer => self.obey(&key, message).await?,
                Origin::PhoneApp => None,
            };
            if self.post(&key, &customer, message, keyword).await? {
                answered = Some(message);
            }
        }
        if let (Some(typing), Some(message)) = (&self.typing, answered) {
            typing.begins(&message.number, &message.id);
        }
        Ok(())
    }

    /// Free text may be sent for a day from the newest of these on.
    async fn open_window(&self, key: &SessionKey, messages: &[Received]) -> Result<(), Refusal> {
        let now = self.clock.now();
        let opens = |message: &&Received| message.origin == Origin::Customer && message.content.opens_window();
        let opening = messages.iter().filter(opens);
        let Some(newest) = opening.map(|message| message.at.unwrap_or(now)).max() else { return Ok(()) };
        windows::heard(&self.store, key, newest, now).await
    }

    /// Posts a message, and says whether somebody is to answer it now.
    async fn post(
        &self,
        key: &SessionKey,
        customer: &CustomerId,
        message: &Received,
        keyword: Option<Keyword>,
    ) -> Result<bool, Refusal> {
        let opening = Opening { channel: Channel::Whatsapp, resume: None, language: None, name: message.name.clone() };
        let mut draft = match draft(message) {
            Ok(draft) => draft,
            Err(why) => return never(&why),
        };
        draft.quiet |= keyword.is_some() || self.will_hear(message);
        let visitor = Visitor::Customer(customer.clone());
        let posted = match message.origin {
            Origin::Customer => {
                let draft = self.braking.hold("whatsapp", key, draft, self.clock.now());
                self.sessions.post(key, visitor, Some(opening), draft).await
            }
            Origin::PhoneApp => self.post_of_colleague(key, visitor, opening, message, draft).await,
        };
        match posted {
            Ok(receipt) => {
                self.note_file(key, customer, message).await?;
                if let Some(keyword) = keyword {
                    self.confirm(key, keyword, message).await?;
                }
                counted(if receipt.duplicate { "duplicate" } else { "posted" });
                Ok(receipt.awaits_turn && !receipt.duplicate)
            }
            Err(why @ (Refusal::Busy | Refusal::Unavailable { .. } | Refusal::TooMany { .. })) => Err(why),
            Err(why) => never(&why),
        }
    }

    /// Notes that a file is to be fetched, also behind a message that came before: the process may have ended in between.
    async fn note_file(&self, key: &SessionKey, customer: &CustomerId, message: &Received) -> Result<(), Refusal> {
        let (Some(to_do), Content::Media(media)) = (&self.to_do, &message.content) else { return Ok(()) };
        let message_id = known_as(message.id.as_str())?;
        let by = match message.origin {
            Origin::Customer => Sender::Customer,
            Origin::PhoneApp => Sender::Colleague,
        };
        let number = &message.number;
        let announced = Announced { key, customer, by, message: &message_id, number, sent_at: message.at };
        to_do.note(&announced, media).await
    }

    /// Whether it is spoken, and its words will follow: they are what is answered.
    fn will_hear(&self, message: &Received) -> bool {
        let is_spoken = |to_do: &ToDo| matches!(&message.content, Content::Media(media) if to_do.will_hear(media));
        message.origin == Origin::Customer && self.to_do.as_ref().is_some_and(is_spoken)
    }

    /// What a colleague wrote in the phone's app: they have taken the session by it. It went already, by the account's own hand.
    async fn post_of_colleague(
        &self,
        key: &SessionKey,
        customer: Visitor,
        opening: Opening,
        message: &Received,
        draft: Draft,
    ) -> Result<Receipt, Refusal> {
        self.sessions.enter(key, customer, Some(opening)).await?;
        self.sessions.post(key, colleague(key, &message.number)?, None, draft).await
    }

    /// Notes the sender's profile name and number; a message is taken also where that can not be kept.
    async fn introduce(&self, key: &SessionKey, customer: &CustomerId, message: &Received) {
        let contact =
            Contact { name: message.name.clone(), phone: message.customer.phone.clone(), ..Contact::default() };
        if let Err(why) = self.customers.learn(&key.organization, customer, &contact).await {
            tracing::warn!(%why, "what a WhatsApp message says of its sender is not kept");
        }
    }

    /// The customer is known by another number or id from now on.
    async fn rename(&self, strand: &Strand, change: &SystemChange) -> Result<(), Refusal> {
        let identity = Identity { phone: change.phone.clone(), user: change.user.clone(), parent: None };
        let Some(new) = Names::of(&identity) else { return Ok(()) };
        strand.find_renamed(&new.all, &self.store, self.clock.now()).await.map(drop)
    }
}

/// Whoever writes in the phone's app of a number.
pub(super) fn colleague(key: &SessionKey, number: &NumberId) -> Result<Visitor, Refusal> {
    let organization = key.organization.clone();
    let account = Account { organization, channel: Channel::Whatsapp, name: number.to_string() };
    Ok(Visitor::Staff { user: account.own_hand(), name: PersonName::parse("name", PHONE_APP)? })
}

impl Strand {
    fn is_the_same_person(&self, other: &Self) -> bool {
        self.account == other.account && self.names.iter().any(|name| other.names.contains(name))
    }
}

/// What somebody is called at Meta, and so here.
pub(super) struct Names {
    /// The id first: it stays when the number is hidden.
    all: Vec<String>,
    customer: CustomerId,
}

impl Names {
    pub(super) fn of(identity: &Identity) -> Option<Self> {
        let user = identity.user.as_ref().map(|user| format!("{BY_USER}{user}"));
        let phone = identity.phone.as_ref().map(|phone| format!("{BY_PHONE}{}", phone.as_str()));
        let known = identity.phone.as_ref().map(|phone| phone.as_str());
        let customer = known.or_else(|| identity.user.as_ref().map(|user| user.as_str()))?;
        let customer = CustomerId::parse(customer).ok()?;
        Some(Self { all: user.into_iter().chain(phone).collect(), customer })
    }
}

/// The id by which a message counts once. Meta's may be longer than ours are: the digest of such a one stands for it.
pub(super) fn known_as(wamid: &str) -> Result<ClientMessageId, Refusal> {
    if wamid.len() <= ID_MAX_CHARS {
        return ClientMessageId::parse(wamid);
    }
    let digest = Sha256::digest(wamid.as_bytes());
    let digest = digest.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    ClientMessageId::parse(&format!("wamid-sha256:{digest}"))
}

/// What is posted of a message.
fn draft(message: &Received) -> Result<Draft, Refusal> {
    Ok(Draft {
        id: MessageId(uuid::Uuid::now_v7()),
        body: Body::parse("text", &message.content.shown())?,
        client_id: Some(known_as(message.id.as_str())?),
        metadata: Some(facts(message)),
        quiet: is_quiet(&message.content),
        sent_at: message.at,
        attachments: Vec::new(),
    })
}

/// Whether nobody waits for an answer to it.
const fn is_quiet(content: &Content) -> bool {
    match content {
        Content::Reaction { .. } | Content::Revoke { .. } | Content::Welcome | Content::System(_) => true,
        Content::Text(_)
        | Content::Media(_)
        | Content::Location(_)
        | Content::Contacts(_)
        | Content::TemplateButton { .. }
        | Content::Choice { .. }
        | Content::Form(_)
        | Content::Order(_)
        | Content::Edit { .. }
        | Content::Unsupported { .. }
        | Content::Unknown { .. } => false,
    }
}

/// What else a message says: kept with it, for the staff and for whoever fetches its file.
fn facts(message: &Received) -> Value {
    let mut facts = json!({ "phone_number_id": message.number.as_str() });
    if let Some(context) = &message.context {
        facts["context"] = referred(context);
    }
    if let Some(referral) = &message.referral {
        facts["referral"] =
            json!({ "url": referral.url, "id": referral.id, "kind": referral.kind, "headline": referral.headline });
    }
    match &message.content {
        Content::Media(media) => facts["media"] = file(media),
        Content::Choice { id, .. } => facts["choice"] = json!(id),
        Content::TemplateButton { payload, .. } => facts["payload"] = json!(payload),
        Content::Reaction { to, .. } => facts["about"] = json!(to),
        Content::Edit { of, .. } | Content::Revoke { of } => facts["about"] = json!(of),
        Content::Text(_)
        | Content::Location(_)
        | Content::Contacts(_)
        | Content::Form(_)
        | Content::Order(_)
        | Content::System(_)
        | Content::Welcome
        | Content::Unsupported { .. }
        | Content::Unknown { .. } => {}
    }
    json!({ "whatsapp": facts })
}

fn referred(context: &Context) -> Value {
    let product = context.product.as_ref().map(|product| json!({ "catalog": product.catalog, "id": product.id }));
    json!({ "id": context.id, "forwarded": context.forwarded, "product": product })
}

fn file(media: &Media) -> Value {
    let sha256 = media.sha256.as_ref();
    json!({ "id": media.id, "kind": media.kind.as_str(), "mime": media.mime, "sha256": sha256, "name": media.filename, "voice": media.voice })
}

/// What is never taken, however often it is brought.
fn never(why: &Refusal) -> Result<bool, Refusal> {
    tracing::warn!(%why, "a WhatsApp message can not be taken");
    counted("refused");
    Ok(false)
}

fn tell_passed_over(passed_over: &PassedOver) {
    if passed_over.is_empty() {
        return;
    }
    tracing::warn!(?passed_over, "a webhook of WhatsApp's holds what is not taken");
    counter!(ITEMS, "outcome" => "passed_over").increment(1);
}

fn passed_over<T>(outcome: &'static str) -> Option<T> {
    counted(outcome);
    None
}

pub(super) fn counted(outcome: &'static str) {
    counter!(ITEMS, "outcome" => outcome).increment(1);
}
