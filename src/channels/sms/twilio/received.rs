//! What customers wrote, as Twilio lists it: it does not call a second time where nobody answered its call, but it keeps the message.
//!
//! <https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources>

use serde_json::Value;

use super::{Twilio, is_answered_by_twilio};
use crate::channels::json::Place;
use crate::channels::sms::opt_out::Keyword;
use crate::channels::sms::provider::{ID_MAX_BYTES, IncomingSms, MediaLink, Party, ProviderRequest, Received};
use crate::domain::Timestamp;

/// Messages of a page. Twilio gives up to 1,000.
const PAGE_MAX: usize = 200;

/// How many bytes of a date of the form `2026-11-23T10:00:00.000Z` are the day.
const DAY_BYTES: usize = 10;

/// Asks for what came since that day began, the newest first.
pub(super) fn request(twilio: &Twilio, since: Timestamp) -> ProviderRequest {
    let day = since.to_string().chars().take(DAY_BYTES).collect::<String>();
    // The sign is a part of the field's name.
    let mut fields = vec![("DateSent>", day), ("PageSize", PAGE_MAX.to_string())];
    if let Party::Phone(ours) = &twilio.sender {
        fields.push(("To", ours.as_str().to_owned()));
    }
    twilio.asking(fields)
}

/// The same for the next page, which Twilio names by its path.
pub(super) fn next(twilio: &Twilio, path: &str) -> Option<ProviderRequest> {
    let ours = format!("/2010-04-01/Accounts/{}/Messages.json?", twilio.account);
    let mut request = twilio.asking(Vec::new());
    request.url = format!("{}{path}", twilio.base_url.trim_end_matches('/'));
    path.starts_with(&ours).then_some(request)
}

/// The messages of a page; `None` where it does not read.
pub(super) fn read(body: &[u8]) -> Option<Received> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let listed = body.get("messages")?.as_array()?;
    let messages = listed.iter().take(PAGE_MAX).filter_map(|message| incoming(Place::root(message))).collect();
    let next = Place::root(&body).at("next_page_uri").text().map(str::to_owned);
    Some(Received { messages, next })
}

fn incoming(place: Place<'_>) -> Option<IncomingSms> {
    let is_inbound = place.at("direction").text() == Some("inbound");
    let body = place.at("body").text().unwrap_or_default().to_owned();
    let media = media(place);
    if !is_inbound || (body.trim().is_empty() && media.is_empty()) {
        return None;
    }
    let at = place.at("date_created").text().and_then(|text| jiff::fmt::rfc2822::parse(text).ok())?;
    Some(IncomingSms {
        id: place.at("sid").text().filter(|id| !id.is_empty() && id.len() <= ID_MAX_BYTES)?.to_owned(),
        from: Party::received(place.at("from").text()?)?,
        to: place.at("to").text().and_then(Party::received),
        is_answered: is_answered_by_twilio(&body),
        keyword: Keyword::of(&body),
        body,
        media,
        at: Some(Timestamp::from_ms(at.timestamp().as_millisecond())),
    })
}

/// The list of a message's files stands for them: what each is, it alone says.
fn media(place: Place<'_>) -> Vec<MediaLink> {
    let count = place.at("num_media").text().and_then(|count| count.parse::<u32>().ok()).unwrap_or(0);
    let list = place.at("subresource_uris").at("media").text().filter(|_| count > 0);
    list.map(|url| MediaLink { url: url.to_owned(), mime: "application/octet-stream".to_owned() }).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;
    use serde_json::json;

    use super::*;
    use crate::domain::Phone;

    fn twilio() -> Twilio {
        Twilio {
            base_url: "https://api.twilio.com/".to_owned(),
            account: "AC1".to_owned(),
            user: "AC1".to_owned(),
            password: SecretString::from("p"),
            tokens: Vec::new(),
            sender: Party::Phone(Phone::parse("from", "+15550001111").unwrap()),
        }
    }

    #[test]
    fn what_came_is_asked_for_from_a_day_on_and_page_by_page() {
        let request = request(&twilio(), Timestamp::parse("2026-11-23T10:00:00Z").unwrap());
        assert_eq!(request.url, "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json");
        let fields: Vec<_> = request.form.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(fields, ["DateSent>=2026-11-23", "PageSize=200", "To=+15550001111"]);
        let path = "/2010-04-01/Accounts/AC1/Messages.json?PageSize=200&Page=1&PageToken=PASM1";
        assert_eq!(next(&twilio(), path).unwrap().url, format!("https://api.twilio.com{path}"));
        for foreign in ["https://evil.example/", "@evil.example/", "/2010-04-01/Accounts/AC2/Messages.json?Page=1", ""]
        {
            assert!(next(&twilio(), foreign).is_none(), "{foreign}: our password goes with it");
        }
    }

    #[test]
    fn only_what_came_is_taken() {
        let message = |sid: &str, direction: &str, body: &str| {
            json!({ "sid": sid, "direction": direction, "body": body, "from": "+15550002222", "to": "+15550001111",
                "num_media": "0", "date_created": "Mon, 23 Nov 2026 10:00:01 +0000" })
        };
        let mut picture = message("SM4", "inbound", "");
        picture["num_media"] = json!("1");
        picture["subresource_uris"] = json!({ "media": "/2010-04-01/Accounts/AC1/Messages/SM4/Media.json" });
        let page = json!({ "messages": [
            message("SM1", "inbound", "Hello"), message("SM2", "outbound-api", "Hi"), message("SM3", "inbound", " "),
            picture, message("", "inbound", "Nameless"), message("SM6", "inbound", "stop"), 7, {},
        ], "next_page_uri": "/2010-04-01/x" });
        let Received { messages, next } = read(page.to_string().as_bytes()).unwrap();
        assert_eq!(next.as_deref(), Some("/2010-04-01/x"));
        let ids: Vec<_> = messages.iter().map(|sms| (sms.id.as_str(), sms.keyword, sms.is_answered)).collect();
        assert_eq!(ids, [("SM1", None, false), ("SM4", None, false), ("SM6", Some(Keyword::Stop), true)]);
        assert_eq!(messages[0].at, Timestamp::parse("2026-11-23T10:00:01Z"));
        assert_eq!(messages[1].media.len(), 1);
        for unreadable in ["", "<html>", "{}", "{\"messages\":7}"] {
            assert!(read(unreadable.as_bytes()).is_none(), "{unreadable}");
        }
    }
}
