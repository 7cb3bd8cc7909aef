//! Exotel (API v1): send, answers, received messages by an applet or webhook, status callbacks.
//!
//! <https://developer.exotel.com/api/sms>. Nothing is signed: the address of a callback carries a token of ours, and every
//! id it names is looked up among the messages that we sent.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use subtle::ConstantTimeEq;

use super::encoding::Encoding;
use super::opt_out::Keyword;
use super::provider::{
    self, IncomingSms, Method, OutgoingSms, Party, ProviderCall, ProviderRequest, SmsAccepted, SmsProvider, SmsStatus,
};
use crate::channels::answer::Answer;
use crate::channels::delivery::Delivery;
use crate::channels::failure::{Failure, FailureClass};
use crate::channels::json::Place;
use crate::domain::{Refusal, Timestamp};

/// Where Exotel is: Singapore. Mumbai is `https://api.in.exotel.com`.
pub const BASE_URL: &str = "https://api.exotel.com";

/// The longest text of one request, in characters.
pub const TEXT_MAX_CHARS: usize = 2_000;

/// The field of a callback's address that carries our token.
pub const TOKEN_FIELD: &str = "token";

/// How many digits a number has without its country's code, in India.
const LOCAL_DIGITS: usize = 10;

/// An account at Exotel.
#[derive(Debug, Clone)]
pub struct Exotel {
    /// Where it is; tests have their own.
    pub base_url: String,
    /// The account's SID.
    pub account: String,
    /// The API key.
    pub key: String,
    /// The API token.
    pub secret: SecretString,
    /// From whom messages go out: a number of Exotel's, or a registered header.
    pub sender: Party,
    /// What callbacks must carry in the field `token`.
    pub callback_token: SecretString,
    /// The code of the country whose local numbers come without one: `91`.
    pub country_code: String,
    /// How far Exotel's times, which say no zone, are from UTC, in minutes: 330.
    pub utc_offset_min: i32,
    /// What Indian law asks for.
    pub dlt: Option<Dlt>,
}

/// Registration of sender and text, without which Indian carriers drop messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dlt {
    /// The registered sender (`DltEntityId`).
    pub entity: String,
    /// The registered text (`DltTemplateId`); messages must match it.
    pub template: Option<String>,
}

impl Exotel {
    /// A number as E.164: local forms get the country's code.
    fn party(&self, text: &str) -> Option<Party> {
        let party = Party::received(text)?;
        let Party::Phone(phone) = &party else { return Some(party) };
        let digits = phone.as_str();
        let code = self.country_code.trim_start_matches('+');
        let national = digits.trim_start_matches('0');
        let whole = if digits.starts_with('+') {
            return Some(party);
        } else if digits.starts_with("00") || is_with_code(national, code) {
            format!("+{national}")
        } else if national.len() == LOCAL_DIGITS && !code.is_empty() {
            format!("+{code}{national}")
        } else {
            return Some(party); // a short code, or a country's number that we can not tell
        };
        Party::received(&whole)
    }

    /// A time that says no zone.
    fn at(&self, text: &str) -> Option<Timestamp> {
        let offset = Offset::from_seconds(self.utc_offset_min.checked_mul(60)?).ok()?;
        let local: DateTime = text.trim().replacen(' ', "T", 1).parse().ok()?;
        Some(Timestamp::from_ms(offset.to_timestamp(local).ok()?.as_millisecond()))
    }
}

/// Whether the digits begin with the country's code, and enough follow.
fn is_with_code(digits: &str, code: &str) -> bool {
    !code.is_empty() && digits.strip_prefix(code).is_some_and(|rest| rest.len() == LOCAL_DIGITS)
}

impl SmsProvider for Exotel {
    fn name(&self) -> &'static str {
        "exotel"
    }

    fn text_max_chars(&self) -> usize {
        TEXT_MAX_CHARS
    }

    fn request(&self, sms: &OutgoingSms) -> Result<ProviderRequest, Refusal> {
        provider::check(sms, TEXT_MAX_CHARS)?;
        if !sms.media.is_empty() {
            return Err(Refusal::invalid("media", "can not be sent by this provider"));
        }
        let encoding = if Encoding::of(&sms.body) == Encoding::Gsm7 { "plain" } else { "unicode" };
        let mut form = vec![
            ("From", self.sender.as_str().to_owned()),
            ("To", sms.to.as_str().to_owned()),
            ("Body", sms.body.clone()),
            ("EncodingType", encoding.to_owned()),
            ("CustomField", sms.our_id.clone()),
        ];
        form.extend(sms.callback.iter().map(|url| ("StatusCallback", url.clone())));
        if let Some(dlt) = &self.dlt {
            form.push(("DltEntityId", dlt.entity.clone()));
            form.extend(dlt.template.iter().map(|template| ("DltTemplateId", template.clone())));
        }
        let url = format!("{}/v1/Accounts/{}/Sms/send.json", self.base_url.trim_end_matches('/'), self.account);
        Ok(ProviderRequest { url, user: self.key.clone(), password: self.secret.clone(), form })
    }

    /// Only the HTTP status counts in a refusal; its body is for people.
    fn response(&self, answer: &Answer<'_>) -> Result<SmsAccepted, Failure> {
        let body: Value = serde_json::from_slice(answer.body).unwrap_or_default();
        let place = Place::root(&body);
        if !answer.is_success() {
            let said = place.at("RestException").at("Message").text().unwrap_or_default();
            return Err(Failure::new(answer.class(), None, said).retry_after(answer.retry_after_s()));
        }
        let message = place.at("SMSMessage");
        let Some(id) = message.at("Sid").text() else {
            return Err(Failure::new(FailureClass::Unclear, None, "a success without an id"));
        };
        let code = message.at("DetailedStatusCode").integer();
        let delivery = message.at("Status").text().and_then(|word| delivery(word, code)).unwrap_or(Delivery::Accepted);
        if delivery == Delivery::Failed {
            return Err(failure(code, message.at("DetailedStatus").text().unwrap_or_default()));
        }
        let segments = message.at("SmsUnits").integer().and_then(|count| u32::try_from(count).ok());
        Ok(SmsAccepted { id: id.to_owned(), delivery, segments })
    }

    fn is_authentic(&self, call: &ProviderCall) -> bool {
        let given = call.query.iter().find(|(name, _)| name == TOKEN_FIELD).map_or("", |(_, value)| value.as_str());
        let wanted = self.callback_token.expose_secret();
        !wanted.is_empty() && bool::from(given.as_bytes().ct_eq(wanted.as_bytes()))
    }

    fn incoming(&self, call: &ProviderCall) -> Option<IncomingSms> {
        if call.method == Method::Head || call.field("Status").is_some() {
            return None;
        }
        let body = call.filled("Body")?.to_owned();
        Some(IncomingSms {
            id: call.id("SmsSid")?,
            from: self.party(call.field("From")?)?,
            to: call.field("To").and_then(|text| self.party(text)),
            keyword: Keyword::of(&body),
            is_answered: false,
            body,
            media: Vec::new(),
            at: call.field("Date").and_then(|text| self.at(text)),
        })
    }

    fn status(&self, call: &ProviderCall) -> Option<SmsStatus> {
        let word = call.filled("Status").filter(|_| call.method != Method::Head)?;
        let code = call.field("DetailedStatusCode").and_then(|code| code.trim().parse().ok());
        let delivery = delivery(word, code);
        let words = call.field("DetailedStatus").unwrap_or_default();
        Some(SmsStatus {
            id: call.id("SmsSid")?,
            our_id: call.id("CustomField").or_else(|| call.reference()),
            delivery,
            word: word.chars().take(64).collect(),
            failure: (delivery == Some(Delivery::Failed)).then(|| failure(code, words)),
            segments: call.field("SmsUnits").and_then(|count| count.trim().parse().ok()),
        })
    }

    fn acknowledgement(&self) -> (&'static str, &'static str) {
        // The applet sends whatever text it gets back to the customer.
        ("text/plain; charset=utf-8", "")
    }
}

/// Old accounts know `sent` as the last word, new ones `delivered`; the code tells which of them it is.
fn delivery(word: &str, code: Option<i64>) -> Option<Delivery> {
    Some(match word.to_ascii_lowercase().as_str() {
        "queued" | "sending" | "submitted" | "accepted" => Delivery::Accepted,
        "sent" if code == Some(20_000) => Delivery::Delivered,
        "sent" => Delivery::Sent,
        "delivered" => Delivery::Delivered,
        "failed" | "failed_dnd" | "failed-dnd" | "undelivered" | "expired" => Delivery::Failed,
        _ => return None,
    })
}

/// Codes 3000x are faults of the registration, which no attempt mends; others say too little to try again.
fn failure(code: Option<i64>, words: &str) -> Failure {
    Failure::new(FailureClass::Permanent, code, words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Phone;

    fn exotel() -> Exotel {
        Exotel {
            base_url: BASE_URL.to_owned(),
            account: "acme1".to_owned(),
            key: "key-1".to_owned(),
            secret: "secret-1".into(),
            sender: Party::parse("sender", "ACMECO").unwrap(),
            callback_token: "callback-token-1".into(),
            country_code: "91".to_owned(),
            utc_offset_min: 330,
            dlt: Some(Dlt { entity: "1101".to_owned(), template: None }),
        }
    }

    fn call(method: Method, query: &str, form: &str) -> ProviderCall {
        ProviderCall::new(method, &format!("https://hooks.example.test/sms/exotel?{query}"), form.as_bytes(), None)
    }

    #[test]
    fn a_message_is_a_form_that_says_its_encoding_and_our_id() {
        let sms = OutgoingSms {
            to: Phone::parse("to", "+919876543210").unwrap(),
            body: "नमस्ते".to_owned(),
            media: Vec::new(),
            our_id: "m1".to_owned(),
            callback: None,
        };
        let request = exotel().request(&sms).unwrap();
        assert_eq!(request.url, "https://api.exotel.com/v1/Accounts/acme1/Sms/send.json");
        let expected = [
            ("From", "ACMECO"),
            ("To", "+919876543210"),
            ("Body", "नमस्ते"),
            ("EncodingType", "unicode"),
            ("CustomField", "m1"),
            ("DltEntityId", "1101"),
        ];
        assert_eq!(request.form, expected.map(|(name, value)| (name, value.to_owned())));
        assert_eq!(exotel().request(&OutgoingSms { body: "hi".into(), ..sms.clone() }).unwrap().form[3].1, "plain");
        assert!(exotel().request(&OutgoingSms { media: vec!["https://x.test/a".into()], ..sms }).is_err());
    }

    #[test]
    fn answers_go_by_the_status_of_http() {
        let respond = |status: u16, body: &str| {
            exotel().response(&Answer { status, retry_after: None, body: body.as_bytes(), now: Timestamp::from_ms(0) })
        };
        let accepted = respond(200, r#"{"SMSMessage":{"Sid":"0f1","Status":"queued"}}"#).unwrap();
        assert_eq!(accepted, SmsAccepted { id: "0f1".to_owned(), delivery: Delivery::Accepted, segments: None });
        for (status, body, class) in [
            (403, r#"{"RestException":{"Status":403,"Message":"balance"}}"#, FailureClass::Credentials),
            (400, r#"{"RestException":{"Status":400,"Message":"bad number"}}"#, FailureClass::Permanent),
            (500, "<TwilioResponse/>", FailureClass::Retry),
            (200, "<TwilioResponse/>", FailureClass::Unclear),
            (200, r#"{"SMSMessage":{"Sid":"0f1","Status":"failed_dnd"}}"#, FailureClass::Permanent),
        ] {
            assert_eq!(respond(status, body).unwrap_err().class, class, "{status} {body}");
        }
    }

    #[test]
    fn a_received_message_comes_by_get_or_post_and_a_look_brings_nothing() {
        let fields = "SmsSid=abc&From=09876543210&To=09513886363&Date=2026-01-01+10%3A00%3A00&Body=Hello+there";
        let get = exotel().incoming(&call(Method::Get, fields, "")).unwrap();
        assert_eq!(get, exotel().incoming(&call(Method::Post, "token=x", fields)).unwrap());
        assert_eq!((get.id.as_str(), get.body.as_str(), get.from.as_str()), ("abc", "Hello there", "+919876543210"));
        assert_eq!(get.at.unwrap().to_string(), "2026-01-01T04:30:00.000Z");
        assert!(exotel().incoming(&call(Method::Head, fields, "")).is_none());
        assert!(exotel().incoming(&call(Method::Get, "From=1&Body=x", "")).is_none());
        assert_eq!(exotel().acknowledgement().1, "", "anything else would be sent to the customer");
    }

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        for text in ["09876543210", "9876543210", "919876543210", "00919876543210", "+91 98765 43210"] {
            assert_eq!(exotel().party(text).unwrap().as_str(), "+919876543210", "{text}");
        }
        assert_eq!(exotel().party("56161").unwrap().as_str(), "56161");
        assert_eq!(exotel().party("VM-ACME").unwrap(), Party::Name("VM-ACME".to_owned()));
    }

    #[test]
    fn news_of_a_message_is_read_in_both_sets_of_words() {
        let status = |form: &str| exotel().status(&call(Method::Post, "token=x", form)).unwrap();
        let form = "SmsSid=abc&Status=sent&SmsUnits=2&DetailedStatusCode=20001&CustomField=m1";
        let sent = status(form);
        assert_eq!((sent.our_id.as_deref(), sent.delivery, sent.segments), (Some("m1"), Some(Delivery::Sent), Some(2)));
        assert_eq!(status("SmsSid=abc&Status=sent&DetailedStatusCode=20000").delivery, Some(Delivery::Delivered));
        assert_eq!(status("SmsSid=abc&Status=failed-dnd").delivery, Some(Delivery::Failed));
        let failed =
            status("SmsSid=abc&Status=undelivered&DetailedStatusCode=30004&DetailedStatus=DLT").failure.unwrap();
        assert_eq!((failed.class, failed.code), (FailureClass::Permanent, Some(30_004)));
        assert!(exotel().incoming(&call(Method::Post, "token=x", form)).is_none());
    }

    #[test]
    fn a_call_must_carry_our_token() {
        let holds = |query: &str| exotel().is_authentic(&call(Method::Post, query, "token=callback-token-1"));
        assert!(holds("token=callback-token-1"));
        assert!(!holds("") && !holds("token=") && !holds("token=callback-token-2"));
        let unset = Exotel { callback_token: "".into(), ..exotel() };
        assert!(!unset.is_authentic(&call(Method::Post, "token=", "")));
    }
}
