//! Asking Twilio which messages it has: there is no key against sending twice, so a message that may have gone is looked for by
//! whom it is to and what it says.
//!
//! <https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources>

use serde_json::Value;

use super::Twilio;
use crate::channels::json::Place;
use crate::channels::sms::provider::{OutgoingSms, Party, ProviderRequest};
use crate::domain::Timestamp;

/// How many of the last messages to somebody are looked at. A page holds up to 1,000.
const LOOKED_AT: usize = 50;

/// How far Twilio's clock may be from ours, in milliseconds; its times have whole seconds.
const CLOCKS_DIFFER_MS: i64 = 60_000;

/// What a trial account's texts begin with, without what [`letters`] leaves out.
const TRIAL: &str = "SentfromyourTwiliotrialaccount";

/// The last messages to somebody, the newest first.
pub(super) fn request(twilio: &Twilio, sms: &OutgoingSms) -> ProviderRequest {
    let mut fields = vec![("To", sms.to.as_str().to_owned()), ("PageSize", LOOKED_AT.to_string())];
    if let Party::Phone(sender) = &twilio.sender {
        fields.push(("From", sender.as_str().to_owned()));
    }
    twilio.asking(fields)
}

/// The ids of those that may be the message; `None` where the answer does not read.
pub(super) fn found(body: &[u8], sms: &OutgoingSms, since: Timestamp) -> Option<Vec<String>> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let listed = body.get("messages")?.as_array()?;
    let wanted = letters(&sms.body);
    let is_it = |message: &&Value| {
        let place = Place::root(message);
        let is_ours = place.at("direction").text().is_some_and(|direction| direction.starts_with("outbound"));
        let is_to_them = place.at("to").text() == Some(sms.to.as_str());
        let at = place.at("date_created").text().and_then(|text| jiff::fmt::rfc2822::parse(text).ok());
        let is_recent = at.is_some_and(|at| at.timestamp().as_millisecond() >= since.as_ms() - CLOCKS_DIFFER_MS);
        let said = place.at("body").text().unwrap_or_default();
        let said_letters = letters(said);
        let is_same = match wanted.is_empty() {
            true => said == sms.body,
            false => said_letters == wanted || said_letters.strip_prefix(TRIAL) == Some(&wanted),
        };
        is_ours && is_to_them && is_recent && is_same
    };
    let ids = listed.iter().take(LOOKED_AT).filter(is_it);
    Some(ids.filter_map(|message| Place::root(message).at("sid").text().map(str::to_owned)).collect())
}

/// What no service of Twilio's changes: it may put plain marks in the place of fine ones.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::Phone;

    fn sms(body: &str) -> OutgoingSms {
        let to = Phone::parse("to", "+15550002222").unwrap();
        OutgoingSms { to, body: body.to_owned(), media: Vec::new(), our_id: "m1.0".to_owned(), callback: None }
    }

    fn listed(sid: &str, body: &str, created: &str) -> Value {
        json!({ "sid": sid, "to": "+15550002222", "from": "+15550001111", "body": body, "status": "queued",
            "direction": "outbound-api", "date_created": created })
    }

    #[test]
    fn a_message_is_found_by_its_words_its_receiver_and_its_age() {
        let since = Timestamp::parse("2026-11-23T10:00:00Z").unwrap();
        let now = "Mon, 23 Nov 2026 10:00:01 +0000";
        let mut to_us = listed("SM5", "It\u{2019}s on its way", now);
        to_us["direction"] = json!("inbound");
        let mut to_another = listed("SM6", "It\u{2019}s on its way", now);
        to_another["to"] = json!("+15550003333");
        let answer = json!({ "messages": [
            listed("SM1", "It's on its way", now),
            listed("SM2", "Sent from your Twilio trial account - It's on its way", now),
            listed("SM3", "It's on its way", "Sun, 22 Nov 2026 10:00:01 +0000"),
            listed("SM4", "Something else", now),
            listed("SM7", "We hope it\u{2019}s on its way", now),
            to_us, to_another, 7, {},
        ] });
        let found = |answer: &str| found(answer.as_bytes(), &sms("It\u{2019}s on its way"), since);
        assert_eq!(found(&answer.to_string()), Some(vec!["SM1".to_owned(), "SM2".to_owned()]));
        assert_eq!(found("{\"messages\":[]}"), Some(Vec::new()));
        for unreadable in ["", "<html>", "{}", "{\"messages\":7}"] {
            assert_eq!(found(unreadable), None, "{unreadable}");
        }
        let signs = json!({ "messages": [listed("SM1", "\u{1f44d}", now), listed("SM2", "ok", now)] }).to_string();
        assert_eq!(super::found(signs.as_bytes(), &sms("\u{1f44d}"), since), Some(vec!["SM1".to_owned()]));
    }
}
