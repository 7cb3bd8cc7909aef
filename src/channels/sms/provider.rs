//! What every provider of SMS can do, as functions of bytes: [`SmsProvider`], and the values that it takes and gives.

use std::fmt;

use secrecy::SecretString;

use super::opt_out::Keyword;
use crate::channels::answer::Answer;
use crate::channels::delivery::Delivery;
use crate::channels::failure::Failure;
use crate::domain::{Phone, Refusal, Timestamp};

/// The most fields of a call that are read. Providers send about thirty.
pub const FIELDS_MAX: usize = 300;

/// The longest id that a provider gives a message, in bytes.
pub const ID_MAX_BYTES: usize = 128;

/// The field of a status callback's address that carries our id of the message.
pub const REFERENCE_FIELD: &str = "ref";

/// The longest name of a sender that is no number (alphanumeric sender id, GSM 03.40), in characters.
const SENDER_NAME_MAX: usize = 11;

/// A provider of SMS.
pub trait SmsProvider: fmt::Debug + Send + Sync {
    /// What it is called in settings, metrics and messages: `twilio`, `exotel`.
    fn name(&self) -> &'static str;

    /// The longest text that it takes in one request, in characters.
    fn text_max_chars(&self) -> usize;

    /// The request that sends a message.
    ///
    /// # Errors
    /// `Invalid` when the text is blank or too long, or files can not be sent.
    fn request(&self, sms: &OutgoingSms) -> Result<ProviderRequest, Refusal>;

    /// What the provider's answer to it means.
    ///
    /// # Errors
    /// What went wrong, and what helps.
    fn response(&self, answer: &Answer<'_>) -> Result<SmsAccepted, Failure>;

    /// Whether it can be asked what went; see [`lookup`](Self::lookup).
    fn can_be_asked(&self) -> bool {
        false
    }

    /// The request, to be made with `GET` and its fields in the query, that asks what went to somebody lately; `None` where
    /// the provider can not be asked.
    fn lookup(&self, sms: &OutgoingSms) -> Option<ProviderRequest> {
        let _ = sms;
        None
    }

    /// Which messages of the answer to a [lookup](Self::lookup) may be this one, by the provider's ids: those with these
    /// words that are not older than `since`. `None` where the answer says nothing.
    fn looked_up(&self, answer: &Answer<'_>, sms: &OutgoingSms, since: Timestamp) -> Option<Vec<String>> {
        let _ = (answer, sms, since);
        None
    }

    /// The request, made as a [lookup](Self::lookup), that asks what customers wrote since then; `None` where the provider can not be
    /// asked. It may bring some that is older.
    fn received(&self, since: Timestamp) -> Option<ProviderRequest> {
        let _ = since;
        None
    }

    /// The request for what a page named as the next one.
    fn received_next(&self, next: &str) -> Option<ProviderRequest> {
        let _ = next;
        None
    }

    /// The messages of the answer to it, the newest first. `None` where the answer says nothing.
    fn listed(&self, answer: &Answer<'_>) -> Option<Received> {
        let _ = answer;
        None
    }

    /// Whether it is the provider who calls. To be asked before anything else of a call is read.
    fn is_authentic(&self, call: &ProviderCall) -> bool;

    /// The received message that a call brings; `None` if it brings none that can be used. The same message may be
    /// brought more than once: it is told by its id.
    fn incoming(&self, call: &ProviderCall) -> Option<IncomingSms>;

    /// The news of a message of ours that a call brings; `None` if it brings none.
    fn status(&self, call: &ProviderCall) -> Option<SmsStatus>;

    /// What a call is answered with, by 200, so that nothing is sent back to the customer: content type and body.
    fn acknowledgement(&self) -> (&'static str, &'static str);
}

/// From whom a message comes or goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Party {
    /// A number that can be answered.
    Phone(Phone),
    /// A name instead of a number: nobody can answer it.
    Name(String),
    /// A pool of numbers, by the provider's id; it chooses one.
    Service(String),
}

/// A message to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct OutgoingSms {
    /// To whom.
    pub to: Phone,
    /// The words; [`crate::channels::render`] made them fit.
    pub body: String,
    /// Addresses of files that the provider fetches (MMS). Anybody who knows one can read it.
    pub media: Vec<String>,
    /// Our own id, where the provider carries it back.
    pub our_id: String,
    /// Where news of it is to be sent.
    pub callback: Option<String>,
}

/// A request to a provider: `POST`, form-encoded, with basic authentication; but see [`SmsProvider::lookup`].
#[derive(Clone)]
pub struct ProviderRequest {
    /// Where to.
    pub url: String,
    /// The user's name of the basic authentication.
    pub user: String,
    /// Its password.
    pub password: SecretString,
    /// The fields of the form, in order.
    pub form: Vec<(&'static str, String)>,
}

/// How a provider called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// A look whether we are there.
    Head,
    /// The fields are in the query.
    Get,
    /// The fields are in the body, form-encoded.
    Post,
}

/// A call of a provider.
#[derive(Clone)]
pub struct ProviderCall {
    /// How it called.
    pub method: Method,
    /// The address that it called, as it was configured there: scheme, host, path and query. Behind a proxy this is built
    /// from our own public address, never from the header `Host`.
    pub url: String,
    /// The fields of the query.
    pub query: Vec<(String, String)>,
    /// The fields of the body, in order, with repetitions.
    pub form: Vec<(String, String)>,
    /// The body as it came.
    pub body: Vec<u8>,
    /// The provider's signature, if the call has one.
    pub signature: Option<String>,
}

/// The provider took a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsAccepted {
    /// By which news of it names it.
    pub id: String,
    /// How far it came already.
    pub delivery: Delivery,
    /// How many segments are charged, if said.
    pub segments: Option<u32>,
}

/// A received message.
#[derive(Clone, PartialEq, Eq)]
pub struct IncomingSms {
    /// The provider's id; unique.
    pub id: String,
    /// From whom.
    pub from: Party,
    /// To which of our numbers.
    pub to: Option<Party>,
    /// The words; may be empty where files came.
    pub body: String,
    /// Files, to be fetched with our credentials.
    pub media: Vec<MediaLink>,
    /// When, by the provider's clock.
    pub at: Option<Timestamp>,
    /// The order that it is, to be obeyed at once: found by us or by the provider.
    pub keyword: Option<Keyword>,
    /// Whether the provider answers that order itself, so that nobody else should.
    pub is_answered: bool,
}

/// Some of what customers wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The messages, the newest first.
    pub messages: Vec<IncomingSms>,
    /// What the provider calls the next page.
    pub next: Option<String>,
}

/// A file of a received message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaLink {
    /// Where it is.
    pub url: String,
    /// What it is, as the provider says.
    pub mime: String,
}

/// News of a message of ours. See [`Delivery::after`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsStatus {
    /// The message, by the provider's id.
    pub id: String,
    /// The message, by ours.
    pub our_id: Option<String>,
    /// How far it came; `None` for a word that we do not know.
    pub delivery: Option<Delivery>,
    /// The provider's word.
    pub word: String,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// How many segments are charged, if said.
    pub segments: Option<u32>,
}

impl Party {
    /// A sender as it is configured: a number, or a name of up to eleven letters, digits and spaces.
    ///
    /// # Errors
    /// `Invalid` on the field.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Refusal> {
        if let Ok(phone) = Phone::parse(field, text) {
            return Ok(Self::Phone(phone));
        }
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '+' | '&');
        if text.trim().is_empty() || text.chars().count() > SENDER_NAME_MAX || !text.chars().all(fits) {
            return Err(Refusal::invalid(field, "must be a telephone number or a name of up to 11 letters"));
        }
        Ok(Self::Name(text.to_owned()))
    }

    /// Who sent a message that came: a number, or whatever stands there instead.
    pub(super) fn received(text: &str) -> Option<Self> {
        let text = text.trim();
        match Phone::parse("from", text) {
            Ok(phone) => Some(Self::Phone(phone)),
            Err(_) if text.is_empty() => None,
            Err(_) => Some(Self::Name(text.chars().filter(|c| !c.is_control()).take(64).collect())),
        }
    }

    /// As it is written in a request.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Phone(phone) => phone.as_str(),
            Self::Name(text) | Self::Service(text) => text,
        }
    }
}

impl ProviderCall {
    /// A call. The fields beyond [`FIELDS_MAX`] are not read, so a signature over more does not fit.
    pub fn new(method: Method, url: &str, body: &[u8], signature: Option<&str>) -> Self {
        let pairs = |bytes: &[u8]| form_urlencoded::parse(bytes).into_owned().take(FIELDS_MAX).collect();
        let query = url.split_once('?').map_or("", |(_, query)| query);
        Self {
            method,
            url: url.to_owned(),
            query: pairs(query.as_bytes()),
            form: if method == Method::Post { pairs(body) } else { Vec::new() },
            body: body.to_vec(),
            signature: signature.map(str::to_owned),
        }
    }

    /// A field, of the body or else of the query; the first of that name.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.form.iter().chain(&self.query).find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Our id of the message, as the address of a status callback carries it.
    pub(super) fn reference(&self) -> Option<String> {
        let fits = |id: &&str| id.len() <= ID_MAX_BYTES && id.bytes().all(|c| c.is_ascii_graphic());
        let found = self.query.iter().find(|(name, _)| name == REFERENCE_FIELD).map(|(_, value)| value.as_str());
        found.filter(fits).map(str::to_owned)
    }

    /// A field that is not blank.
    pub(super) fn filled(&self, name: &str) -> Option<&str> {
        self.field(name).filter(|value| !value.trim().is_empty())
    }

    /// An id: short and visible.
    pub(super) fn id(&self, name: &str) -> Option<String> {
        let fits = |id: &&str| id.len() <= ID_MAX_BYTES && id.bytes().all(|c| c.is_ascii_graphic());
        self.filled(name).filter(fits).map(str::to_owned)
    }
}

impl fmt::Debug for ProviderCall {
    /// What customers write, and tokens in the address, do not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderCall")
            .field("method", &self.method)
            .field("fields", &self.form.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ProviderRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderRequest")
            .field("url", &self.url)
            .field("fields", &self.form.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for OutgoingSms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingSms").field("our_id", &self.our_id).finish_non_exhaustive()
    }
}

impl fmt::Debug for IncomingSms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncomingSms").field("id", &self.id).field("keyword", &self.keyword).finish_non_exhaustive()
    }
}

/// Whether a message can be put into a request at all.
pub(super) fn check(sms: &OutgoingSms, text_max_chars: usize) -> Result<(), Refusal> {
    if sms.body.trim().is_empty() && sms.media.is_empty() {
        return Err(Refusal::invalid("body", "must not be empty"));
    }
    if sms.body.chars().count() > text_max_chars {
        return Err(Refusal::invalid("body", format!("must be at most {text_max_chars} characters")));
    }
    Ok(())
}
