//! Twilio (API 2010-04-01): send, answers, received messages, status callbacks.
//!
//! <https://www.twilio.com/docs/messaging/api/message-resource>,
//! <https://www.twilio.com/docs/messaging/guides/webhook-request>.

mod lookup;
mod received;
mod signature;

use secrecy::SecretString;
use serde_json::Value;

use super::opt_out::Keyword;
use super::provider::{
    self, IncomingSms, MediaLink, OutgoingSms, Party, ProviderCall, ProviderRequest, Received, SmsAccepted,
    SmsProvider, SmsStatus,
};
use crate::channels::answer::Answer;
use crate::channels::delivery::Delivery;
use crate::channels::failure::{Failure, FailureClass, Scope};
use crate::channels::json::Place;
use crate::domain::{Refusal, Timestamp};

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "X-Twilio-Signature";

/// Where Twilio is.
pub const BASE_URL: &str = "https://api.twilio.com";

/// The longest text of one request, in characters. Error 21617 beyond it.
pub const TEXT_MAX_CHARS: usize = 1_600;

/// The words that Twilio answers by itself and then forwards.
/// <https://help.twilio.com/articles/223134027>
const ANSWERED: [&str; 13] = [
    "STOP",
    "STOPALL",
    "UNSUBSCRIBE",
    "CANCEL",
    "END",
    "QUIT",
    "REVOKE",
    "OPTOUT",
    "START",
    "UNSTOP",
    "YES",
    "HELP",
    "INFO",
];

/// The most files of one message.
pub const MEDIA_MAX: usize = 10;

/// An account at Twilio.
#[derive(Debug, Clone)]
pub struct Twilio {
    /// Where it is; tests have their own.
    pub base_url: String,
    /// The account, `AC...`.
    pub account: String,
    /// The user of the basic authentication: the account, or an API key `SK...`.
    pub user: String,
    /// Its password: the account's token, or the key's secret.
    pub password: SecretString,
    /// The tokens that calls may be signed with: the account's, and during a change both. Never an API key's secret.
    pub tokens: Vec<SecretString>,
    /// From whom messages go out.
    pub sender: Party,
}

impl Twilio {
    /// A request about the account's messages.
    fn asking(&self, form: Vec<(&'static str, String)>) -> ProviderRequest {
        let url = format!("{}/2010-04-01/Accounts/{}/Messages.json", self.base_url.trim_end_matches('/'), self.account);
        ProviderRequest { url, user: self.user.clone(), password: self.password.clone(), form }
    }
}

impl SmsProvider for Twilio {
    fn name(&self) -> &'static str {
        "twilio"
    }

    fn text_max_chars(&self) -> usize {
        TEXT_MAX_CHARS
    }

    fn request(&self, sms: &OutgoingSms) -> Result<ProviderRequest, Refusal> {
        provider::check(sms, TEXT_MAX_CHARS)?;
        if sms.media.len() > MEDIA_MAX {
            return Err(Refusal::invalid("media", "must be at most 10"));
        }
        let sender = if matches!(self.sender, Party::Service(_)) { "MessagingServiceSid" } else { "From" };
        let mut form = vec![("To", sms.to.as_str().to_owned()), (sender, self.sender.as_str().to_owned())];
        if !sms.body.is_empty() {
            form.push(("Body", sms.body.clone()));
        }
        form.extend(sms.media.iter().map(|link| ("MediaUrl", link.clone())));
        form.extend(sms.callback.iter().map(|url| ("StatusCallback", url.clone())));
        Ok(self.asking(form))
    }

    /// Twilio has no key against sending twice: a success without an id is [`FailureClass::Unclear`].
    fn response(&self, answer: &Answer<'_>) -> Result<SmsAccepted, Failure> {
        let body: Value = serde_json::from_slice(answer.body).unwrap_or_default();
        let place = Place::root(&body);
        if !answer.is_success() {
            let code = place.at("code").integer();
            let class = code.and_then(class_of).unwrap_or_else(|| answer.class());
            let failure = Failure::new(class, code, place.at("message").text().unwrap_or_default());
            return Err(failure.retry_after(answer.retry_after_s()));
        }
        let Some(id) = place.at("sid").text() else {
            return Err(Failure::new(FailureClass::Unclear, None, "a success without an id"));
        };
        let delivery = place.at("status").text().and_then(delivery).unwrap_or(Delivery::Accepted);
        if delivery == Delivery::Failed {
            let code = place.at("error_code").integer().unwrap_or_default();
            return Err(failure(code, place.at("error_message").text().unwrap_or_default()));
        }
        let segments = place.at("num_segments").integer().and_then(|count| u32::try_from(count).ok());
        Ok(SmsAccepted { id: id.to_owned(), delivery, segments })
    }

    fn can_be_asked(&self) -> bool {
        true
    }

    fn lookup(&self, sms: &OutgoingSms) -> Option<ProviderRequest> {
        Some(lookup::request(self, sms))
    }

    fn looked_up(&self, answer: &Answer<'_>, sms: &OutgoingSms, since: Timestamp) -> Option<Vec<String>> {
        answer.is_success().then(|| lookup::found(answer.body, sms, since)).flatten()
    }

    fn received(&self, since: Timestamp) -> Option<ProviderRequest> {
        Some(received::request(self, since))
    }

    fn received_next(&self, next: &str) -> Option<ProviderRequest> {
        received::next(self, next)
    }

    fn listed(&self, answer: &Answer<'_>) -> Option<Received> {
        answer.is_success().then(|| received::read(answer.body)).flatten()
    }

    fn is_authentic(&self, call: &ProviderCall) -> bool {
        signature::is_authentic(&self.tokens, call)
    }

    fn incoming(&self, call: &ProviderCall) -> Option<IncomingSms> {
        let is_received =
            matches!(call.field("SmsStatus").or(call.field("MessageStatus")), None | Some("received" | "receiving"));
        let body = call.field("Body").unwrap_or_default().to_owned();
        let media = media(call);
        if !is_received || (body.trim().is_empty() && media.is_empty()) {
            return None;
        }
        let theirs = opt_out_type(call);
        Some(IncomingSms {
            id: call.id("MessageSid").or_else(|| call.id("SmsSid"))?,
            from: Party::received(call.field("From")?)?,
            to: call.field("To").and_then(Party::received),
            is_answered: theirs.is_some() || is_answered_by_twilio(&body),
            keyword: theirs.or_else(|| Keyword::of(&body)),
            body,
            media,
            at: None,
        })
    }

    fn status(&self, call: &ProviderCall) -> Option<SmsStatus> {
        let word = call.filled("MessageStatus").or_else(|| call.filled("SmsStatus"))?;
        if matches!(word, "received" | "receiving") {
            return None;
        }
        let delivery = delivery(word);
        let code = call.field("ErrorCode").and_then(|code| code.trim().parse().ok());
        let words = call.field("ErrorMessage").unwrap_or_default();
        Some(SmsStatus {
            id: call.id("MessageSid").or_else(|| call.id("SmsSid"))?,
            our_id: call.reference(),
            delivery,
            word: word.chars().take(64).collect(),
            failure: (delivery == Some(Delivery::Failed)).then(|| failure(code.unwrap_or_default(), words)),
            segments: None,
        })
    }

    fn acknowledgement(&self) -> (&'static str, &'static str) {
        ("text/xml; charset=utf-8", "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response></Response>")
    }
}

/// The files of a received message. Their number is the provider's word and still bounded.
fn media(call: &ProviderCall) -> Vec<MediaLink> {
    let count = call.field("NumMedia").and_then(|count| count.trim().parse::<usize>().ok()).unwrap_or(0);
    let link = |index: usize| {
        Some(MediaLink {
            url: call.filled(&format!("MediaUrl{index}"))?.to_owned(),
            mime: call.field(&format!("MediaContentType{index}")).unwrap_or("application/octet-stream").to_owned(),
        })
    };
    (0..count.min(MEDIA_MAX)).filter_map(link).collect()
}

/// Whether Twilio answers the message itself: it does so, unless it is told not to, for these words in any case and nothing
/// else. Other words that leave are obeyed and answered by us alone.
fn is_answered_by_twilio(body: &str) -> bool {
    let said = body.trim().to_ascii_uppercase();
    ANSWERED.contains(&said.as_str())
}

/// What Twilio itself took the message for, in services with words of their own (Advanced Opt-Out).
fn opt_out_type(call: &ProviderCall) -> Option<Keyword> {
    match call.field("OptOutType")? {
        "STOP" => Some(Keyword::Stop),
        "START" => Some(Keyword::Start),
        "HELP" => Some(Keyword::Help),
        _ => None,
    }
}

fn delivery(word: &str) -> Option<Delivery> {
    Some(match word {
        "accepted" | "scheduled" | "queued" | "sending" => Delivery::Accepted,
        // Of several recipients some have it; of one, that is not known.
        "sent" | "partially_delivered" => Delivery::Sent,
        "delivered" => Delivery::Delivered,
        "read" => Delivery::Read,
        "undelivered" | "failed" | "canceled" => Delivery::Failed,
        _ => return None,
    })
}

fn failure(code: i64, words: &str) -> Failure {
    let code = (code != 0).then_some(code);
    Failure::new(code.and_then(class_of).unwrap_or(FailureClass::Permanent), code, words)
}

/// What helps against a code of <https://www.twilio.com/docs/api/errors>; `None` for one that is not known.
const fn class_of(code: i64) -> Option<FailureClass> {
    Some(match code {
        // Wrong credentials, account suspended or closed, no right to do this.
        20_003 | 20_005 | 20_006 | 20_008 | 20_404 | 30_002 => FailureClass::Credentials,
        20_429 | 14_107 => FailureClass::SlowDown(Scope::Account),
        // The sender's queue is full: one of our numbers sent too fast.
        21_611 | 30_001 | 30_022 => FailureClass::SlowDown(Scope::Number),
        21_610 => FailureClass::OptedOut,
        // The number can not get text, does not exist, is blocked, or its region is not enabled.
        21_211 | 21_214 | 21_217 | 21_265 | 21_408 | 21_421 | 21_612 | 21_614 | 30_004 | 30_005 | 30_006 => {
            FailureClass::Permanent
        }
        // Blank or too long, or a sender that is not ours.
        21_602 | 21_603 | 21_604 | 21_606 | 21_617 | 21_619 | 21_659 | 21_660 | 21_703 => FailureClass::Permanent,
        // The handset is off, or nobody knows why.
        30_003 | 30_008 | 30_009 | 30_010 | 30_017 => FailureClass::Retry,
        11_200 => FailureClass::Media,
        // Filtered as unwanted; sender not registered with the carriers.
        30_007 | 30_034 => FailureClass::Policy,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::channels::sms::provider::Method;
    use crate::domain::Phone;

    fn twilio() -> Twilio {
        Twilio {
            base_url: BASE_URL.to_owned(),
            account: "AC1".to_owned(),
            user: "SK1".to_owned(),
            password: "secret-1".into(),
            tokens: vec!["twilio-token-1".into()],
            sender: Party::parse("sender", "+15550001111").unwrap(),
        }
    }

    fn sms(body: &str) -> OutgoingSms {
        OutgoingSms {
            to: Phone::parse("to", "+15550002222").unwrap(),
            body: body.to_owned(),
            media: Vec::new(),
            our_id: "m1".to_owned(),
            callback: Some("https://hooks.example.test/sms/twilio/status".to_owned()),
        }
    }

    fn call(form: &str) -> ProviderCall {
        ProviderCall::new(Method::Post, "https://hooks.example.test/sms/twilio", form.as_bytes(), None)
    }

    fn respond(status: u16, body: &str) -> Result<SmsAccepted, Failure> {
        twilio().response(&Answer { status, retry_after: None, body: body.as_bytes(), now: Timestamp::from_ms(0) })
    }

    #[test]
    fn a_message_is_a_form_for_the_account() {
        let request = twilio().request(&sms("Your table is ready. 😀")).unwrap();
        assert_eq!(request.url, "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json");
        assert_eq!((request.user.as_str(), request.password.expose_secret()), ("SK1", "secret-1"));
        let logged = format!("{request:?}");
        assert!(!logged.contains("secret-1") && !logged.contains("table"), "{logged}");
        let expected = [
            ("To", "+15550002222"),
            ("From", "+15550001111"),
            ("Body", "Your table is ready. 😀"),
            ("StatusCallback", "https://hooks.example.test/sms/twilio/status"),
        ];
        assert_eq!(request.form, expected.map(|(name, value)| (name, value.to_owned())));
        let service = Twilio { sender: Party::Service("MG1".to_owned()), ..twilio() };
        assert_eq!(service.request(&sms("x")).unwrap().form[1], ("MessagingServiceSid", "MG1".to_owned()));
        assert!(twilio().request(&sms(" ")).is_err());
        assert!(twilio().request(&sms(&"x".repeat(TEXT_MAX_CHARS + 1))).is_err());
    }

    #[test]
    fn answers_tell_an_id_or_what_helps() {
        let accepted = respond(201, r#"{"sid":"SM1","status":"queued","num_segments":"2","error_code":null}"#).unwrap();
        assert_eq!(accepted, SmsAccepted { id: "SM1".to_owned(), delivery: Delivery::Accepted, segments: Some(2) });
        for (status, body, class) in [
            (400, r#"{"code":21211,"message":"bad To","status":400}"#, FailureClass::Permanent),
            (400, r#"{"code":21610,"message":"unsubscribed","status":400}"#, FailureClass::OptedOut),
            (429, r#"{"code":20429,"status":429}"#, FailureClass::SlowDown(Scope::Account)),
            (401, r#"{"code":20003,"status":401}"#, FailureClass::Credentials),
            (400, r#"{"code":99999,"status":400}"#, FailureClass::Permanent),
            (503, "gateway", FailureClass::Retry),
            (201, "{}", FailureClass::Unclear),
            (201, r#"{"sid":"SM1","status":"failed","error_code":30006}"#, FailureClass::Permanent),
            (201, r#"{"sid":"SM1","status":"failed"}"#, FailureClass::Permanent),
        ] {
            assert_eq!(respond(status, body).unwrap_err().class, class, "{status} {body}");
        }
    }

    #[test]
    fn a_received_message_brings_words_and_files() {
        let form = "MessageSid=SM7&SmsStatus=received&From=%2B15550002222&To=%2B15550001111&Body=hi&NumMedia=2\
                    &MediaUrl0=https%3A%2F%2Fapi.twilio.com%2Fa&MediaContentType0=image%2Fjpeg&NumSegments=1&FutureField=x";
        let sms = twilio().incoming(&call(form)).unwrap();
        assert_eq!((sms.id.as_str(), sms.body.as_str(), sms.keyword), ("SM7", "hi", None));
        assert_eq!(sms.from.as_str(), "+15550002222");
        let link = MediaLink { url: "https://api.twilio.com/a".to_owned(), mime: "image/jpeg".to_owned() };
        assert_eq!(sms.media, [link]);
        assert!(!format!("{sms:?}").contains("+1555"));
        assert_eq!(twilio().status(&call(form)), None);
    }

    #[test]
    fn a_word_that_leaves_is_seen_by_us_or_by_twilio() {
        let keyword = |form: &str| twilio().incoming(&call(form)).unwrap().keyword;
        assert_eq!(keyword("MessageSid=SM7&From=%2B15550002222&Body=Stop."), Some(Keyword::Stop));
        assert_eq!(keyword("MessageSid=SM7&From=%2B15550002222&Body=adios&OptOutType=STOP"), Some(Keyword::Stop));
        assert_eq!(keyword("MessageSid=SM7&From=40404&Body=no+stopping"), None);
        let answered = |form: &str| twilio().incoming(&call(form)).unwrap().is_answered;
        assert!(answered("MessageSid=SM7&From=%2B15550002222&Body=+stop+"), "Twilio does it by itself");
        assert!(answered("MessageSid=SM7&From=%2B15550002222&Body=adios&OptOutType=STOP"));
        assert!(!answered("MessageSid=SM7&From=%2B15550002222&Body=Abmelden"));
    }

    #[test]
    fn what_is_no_message_is_not_taken_for_one() {
        for form in ["", "MessageSid=SM7&From=%2B1555", "Body=hi&From=%2B15550002222", "MessageSid=SM7&Body=hi&From="] {
            assert!(twilio().incoming(&call(form)).is_none(), "{form}");
        }
    }

    #[test]
    fn news_of_a_message_says_how_far_it_came_and_why_not() {
        let status = |form: &str| twilio().status(&call(form)).unwrap();
        let sent = status("MessageSid=SM1&MessageStatus=sent&To=%2B15550002222");
        assert_eq!((sent.id.as_str(), sent.delivery, sent.failure), ("SM1", Some(Delivery::Sent), None));
        let failed = status("MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30007");
        assert_eq!(failed.delivery, Some(Delivery::Failed));
        assert_eq!(failed.failure.unwrap().class, FailureClass::Policy);
        let without_code = status("MessageSid=SM1&MessageStatus=failed");
        assert_eq!(
            without_code.failure.map(|failure| (failure.class, failure.code)),
            Some((FailureClass::Permanent, None))
        );
        assert_eq!(status("MessageSid=SM1&MessageStatus=teleported").delivery, None);
        let url = "https://hooks.example.test/sms/twilio/status?ref=m1.0";
        let named = ProviderCall::new(Method::Post, url, b"MessageSid=SM1&MessageStatus=sent&ref=m2.0", None);
        assert_eq!(twilio().status(&named).unwrap().our_id.as_deref(), Some("m1.0"), "by the address alone");
        assert!(twilio().status(&call("MessageStatus=sent")).is_none());
    }
}
