//! A received message: who, when, about what, and what it says.

use std::fmt;

use super::Change;
use super::content::{self, Content};
use crate::channels::json::Place;
use crate::channels::whatsapp::fault::Fault;
use crate::channels::whatsapp::id::{self, Bsuid, NumberId, Wamid};
use crate::domain::{PersonName, Phone, Timestamp};

/// The longest short text that comes along (a headline, an address, a file's name), in bytes.
pub(super) const SHORT_MAX_BYTES: usize = 1_000;

/// The most errors that are kept of one message or status.
pub(super) const FAULTS_MAX: usize = 8;

/// The last second that is believed to be a time (the year 5138): later ones are no seconds.
const LAST_SECOND: i64 = 100_000_000_000;

/// A message, as it came.
#[derive(Clone, PartialEq)]
pub struct Received {
    /// The number that it came to, or was sent from.
    pub number: NumberId,
    /// That number as people read it.
    pub display_number: Option<String>,
    /// The business account.
    pub account: Option<String>,
    /// Unique together with `number`: the same message comes more than once, even at the same instant.
    pub id: Wamid,
    /// When it was sent, by the provider's clock. Messages come late and out of order.
    pub at: Option<Timestamp>,
    /// Who wrote it.
    pub origin: Origin,
    /// The customer, whoever wrote it.
    pub customer: Identity,
    /// What the customer calls themselves.
    pub name: Option<PersonName>,
    /// The group it was written in.
    pub group: Option<String>,
    /// What it refers to.
    pub context: Option<Context>,
    /// The advert or post that the customer came by.
    pub referral: Option<Referral>,
    /// What it says.
    pub content: Content,
    /// What went wrong with it.
    pub faults: Vec<Fault>,
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The customer.
    Customer,
    /// A colleague in the `WhatsApp` Business app: a person has taken over.
    PhoneApp,
}

/// Whom a message concerns. Either part may be missing: people hide their number behind a user name, and old messages know
/// nothing but the number. Never empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The telephone number, in E.164.
    pub phone: Option<Phone>,
    /// The id within the business.
    pub user: Option<Bsuid>,
    /// The id within the business's parent.
    pub parent: Option<Bsuid>,
}

/// What a message refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// The message that is answered.
    pub id: Option<Wamid>,
    /// Whether it is somebody else's text, passed on.
    pub forwarded: bool,
    /// Whether it is passed on by very many; also says [`Self::forwarded`].
    pub frequently_forwarded: bool,
    /// The product that is asked about.
    pub product: Option<Product>,
}

/// A product of a catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// The catalogue.
    pub catalog: String,
    /// The product in it, by the shop's own id.
    pub id: String,
}

/// The advert or post by which a customer came. Rides on an ordinary message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Referral {
    /// Where it stands.
    pub url: Option<String>,
    /// Its id.
    pub id: Option<String>,
    /// `ad` or `post`.
    pub kind: Option<String>,
    /// Its headline.
    pub headline: Option<String>,
    /// Its text.
    pub body: Option<String>,
    /// Meta's id of the click, for measuring adverts.
    pub click: Option<String>,
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("number", &self.number)
            .field("id", &self.id)
            .field("at", &self.at)
            .field("origin", &self.origin)
            .field("content", &self.content)
            .finish_non_exhaustive()
    }
}

impl Identity {
    /// Whether it says nothing.
    pub const fn is_empty(&self) -> bool {
        self.phone.is_none() && self.user.is_none() && self.parent.is_none()
    }
}

/// Reads a message; the error names what it lacks. Without an id it could not be told from its copies, and without any
/// identity of the customer there is nobody whose message it could be.
pub(super) fn read(change: &Change<'_>, item: Place<'_>, origin: Origin) -> Result<Received, &'static str> {
    let id = item.at("id").text().and_then(|id| Wamid::parse(id).ok()).ok_or("id")?;
    let contact = contact(change.value, item, origin);
    let customer = customer(item, contact, origin);
    if customer.is_empty() {
        return Err("sender");
    }
    let name = contact.and_then(|contact| contact.at("profile").at("name").text());
    Ok(Received {
        number: change.number.clone(),
        display_number: change.display_number.map(|text| crate::channels::json::clip(text, SHORT_MAX_BYTES).to_owned()),
        account: change.account.map(|text| crate::channels::json::clip(text, SHORT_MAX_BYTES).to_owned()),
        id,
        at: at(item.at("timestamp")),
        origin,
        customer,
        name: name.and_then(person_name),
        group: item.at("group_id").clipped(SHORT_MAX_BYTES),
        context: context(item.at("context")),
        referral: referral(item.at("referral")),
        content: content::read(item),
        faults: faults(item.at("errors")),
    })
}

/// A moment in Unix seconds, which Meta writes as text.
pub(super) fn at(place: Place<'_>) -> Option<Timestamp> {
    let seconds = place.integer().filter(|seconds| (1..LAST_SECOND).contains(seconds))?;
    Some(Timestamp::from_ms(seconds * 1_000))
}

/// The elements of an `errors` array that have a code.
pub(super) fn faults(errors: Place<'_>) -> Vec<Fault> {
    errors.items().filter_map(Fault::read).take(FAULTS_MAX).collect()
}

/// An id, or nothing.
pub(super) fn bsuid(place: Place<'_>) -> Option<Bsuid> {
    place.text().and_then(|id| Bsuid::parse(id).ok())
}

/// The element of `contacts` that is the customer's: by either identity, or the only one there is.
fn contact<'a>(value: Place<'a>, item: Place<'a>, origin: Origin) -> Option<Place<'a>> {
    let mut contacts = value.at("contacts").items();
    let (phone, user) = match origin {
        Origin::Customer => (item.at("from").text(), item.at("from_user_id").text()),
        Origin::PhoneApp => (item.at("to").text(), item.at("to_user_id").text()),
    };
    let is = |given: Option<&str>, known: Option<&str>| given.is_some() && given == known;
    let fits = |contact: &Place<'_>| is(phone, contact.at("wa_id").text()) || is(user, contact.at("user_id").text());
    let only = contacts.clone().next().filter(|_| contacts.len() == 1);
    contacts.find(fits).or(only)
}

fn customer(item: Place<'_>, contact: Option<Place<'_>>, origin: Origin) -> Identity {
    let (phone, user, parent) = match origin {
        Origin::Customer => (item.at("from"), item.at("from_user_id"), item.at("from_parent_user_id")),
        Origin::PhoneApp => (item.at("to"), item.at("to_user_id"), item.at("to_parent_user_id")),
    };
    let of_contact = |field| contact.map(|contact| contact.at(field));
    let number = phone.text().and_then(id::phone);
    Identity {
        phone: number.or_else(|| of_contact("wa_id").and_then(|wa_id| id::phone(wa_id.text()?))),
        user: bsuid(user).or_else(|| of_contact("user_id").and_then(bsuid)),
        parent: bsuid(parent).or_else(|| of_contact("parent_user_id").and_then(bsuid)),
    }
}

/// A profile's name: anybody may call themselves anything, so what does not pass is cleaned rather than refused.
fn person_name(text: &str) -> Option<PersonName> {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
    PersonName::parse("profile.name", &clean).ok()
}

fn context(place: Place<'_>) -> Option<Context> {
    let frequently_forwarded = place.at("frequently_forwarded").is_true();
    let product = place.at("referred_product");
    let context = Context {
        id: place.at("id").text().and_then(|id| Wamid::parse(id).ok()),
        forwarded: place.at("forwarded").is_true() || frequently_forwarded,
        frequently_forwarded,
        product: product
            .at("product_retailer_id")
            .clipped(SHORT_MAX_BYTES)
            .map(|id| Product { catalog: product.at("catalog_id").clipped(SHORT_MAX_BYTES).unwrap_or_default(), id }),
    };
    (context != Context::default()).then_some(context)
}

fn referral(place: Place<'_>) -> Option<Referral> {
    let short = |field| place.at(field).clipped(SHORT_MAX_BYTES);
    place.is_there().then(|| Referral {
        url: short("source_url"),
        id: short("source_id"),
        kind: short("source_type"),
        headline: short("headline"),
        body: short("body"),
        click: short("ctwa_clid"),
    })
}
