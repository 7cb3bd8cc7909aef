//! What Meta answers to a send.

use serde_json::Value;

use super::fault::Fault;
use super::id::{self, Bsuid, MediaId, Wamid};
use crate::channels::answer::Answer;
use crate::channels::failure::{Failure, FailureClass};
use crate::channels::json::Place;
use crate::domain::Phone;

/// Meta took the message. It is not delivered yet, and may still fail; statuses tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// By which statuses name it. Failed statuses name the message in no other way.
    pub id: Wamid,
    /// The number that Meta made of the one that we named; some countries' are written in two ways.
    pub phone: Option<Phone>,
    /// Who it is, by the other identity.
    pub user: Option<Bsuid>,
    /// Held back until Meta has judged a template's quality; statuses come later than usual.
    pub held: bool,
}

/// Reads the answer to a message.
///
/// # Errors
/// What went wrong and what helps. A success without an id is [`FailureClass::Unclear`]: Meta has no key against sending
/// twice, so it is found again by our own id in a status.
pub fn read(answer: &Answer<'_>) -> Result<Accepted, Failure> {
    let body = parsed(answer)?;
    let place = Place::root(&body);
    let message = place.at("messages").items().next();
    let id = message.and_then(|message| Wamid::parse(message.at("id").text()?).ok());
    let Some(id) = id else { return Err(Failure::new(FailureClass::Unclear, None, "a success without an id")) };
    let contact = place.at("contacts").items().next();
    Ok(Accepted {
        id,
        phone: contact.and_then(|contact| id::phone(contact.at("wa_id").text()?)),
        user: contact.and_then(|contact| Bsuid::parse(contact.at("user_id").text()?).ok()),
        held: message.and_then(|message| message.at("message_status").text()) == Some("held_for_quality_assessment"),
    })
}

/// Reads the answer to a read receipt or a typing signal, which only says that it worked.
///
/// # Errors
/// As [`read`].
pub fn read_done(answer: &Answer<'_>) -> Result<(), Failure> {
    parsed(answer).map(drop)
}

/// Reads the answer to an uploaded file.
///
/// # Errors
/// As [`read`]; without an id the upload can be tried again, for nobody saw it.
pub fn read_upload(answer: &Answer<'_>) -> Result<MediaId, Failure> {
    let body = parsed(answer)?;
    let id = Place::root(&body).at("id").text().and_then(|id| MediaId::parse(id).ok());
    id.ok_or_else(|| Failure::new(FailureClass::Retry, None, "an upload without an id"))
}

/// A file that a customer sent: where it is for the next five minutes, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaPlace {
    /// The address. Nothing says yet that it is Meta's.
    pub url: String,
    /// How large the file is, in bytes.
    pub bytes: Option<u64>,
    /// Its SHA-256, in hexadecimal or base64.
    pub sha256: Option<String>,
}

/// Reads the answer to the question where a file is.
///
/// # Errors
/// As [`read`]; without an address it can be asked again.
pub fn read_media(answer: &Answer<'_>) -> Result<MediaPlace, Failure> {
    let body = parsed(answer)?;
    let place = Place::root(&body);
    let url = place.at("url").text().filter(|url| !url.is_empty()).map(str::to_owned);
    let url = url.ok_or_else(|| Failure::new(FailureClass::Retry, None, "a file without an address"))?;
    // Meta writes it as a number, and has written it as text.
    let size = body.get("file_size");
    let bytes = size.and_then(|size| size.as_u64().or_else(|| size.as_str()?.parse().ok()));
    Ok(MediaPlace { url, bytes, sha256: place.at("sha256").text().map(str::to_owned) })
}

fn parsed(answer: &Answer<'_>) -> Result<Value, Failure> {
    let body: Value = serde_json::from_slice(answer.body).unwrap_or_default();
    match Fault::read(Place::root(&body).at("error")) {
        Some(fault) => Err(fault.failure().retry_after(answer.retry_after_s())),
        None if answer.is_success() => Ok(body),
        None => Err(Failure::new(class_of_status(answer), None, &format!("HTTP status {}", answer.status))
            .retry_after(answer.retry_after_s())),
    }
}

/// What the status alone says. One that a gateway gives for whoever stands behind it does not tell what that one did, and nothing keeps
/// Meta from doing it twice.
const fn class_of_status(answer: &Answer<'_>) -> FailureClass {
    match answer.status {
        502 | 504 => FailureClass::Unclear,
        _ => answer.class(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::failure::Scope;
    use crate::domain::Timestamp;

    fn answer<'a>(status: u16, body: &'a str) -> Answer<'a> {
        Answer { status, retry_after: Some("7"), body: body.as_bytes(), now: Timestamp::from_ms(0) }
    }

    #[test]
    fn a_success_tells_the_id_and_the_number_as_meta_writes_it() {
        let body = r#"{"messaging_product":"whatsapp","contacts":[{"input":"5215550001111","wa_id":"525550001111"}],
            "messages":[{"id":"wamid.X","message_status":"held_for_quality_assessment"}]}"#;
        let accepted = read(&answer(200, body)).unwrap();
        assert_eq!(accepted.id.as_str(), "wamid.X");
        assert_eq!(accepted.phone.unwrap().as_str(), "+525550001111");
        assert!(accepted.held);
    }

    #[test]
    fn where_a_file_is_is_told_with_its_size_in_either_form() {
        for size in ["7", "\"7\""] {
            let body =
                format!(r#"{{"url":"https://x.example/f","mime_type":"image/png","sha256":"ab","file_size":{size}}}"#);
            let place = read_media(&answer(200, &body)).unwrap();
            assert_eq!(
                (place.url.as_str(), place.bytes, place.sha256.as_deref()),
                ("https://x.example/f", Some(7), Some("ab"))
            );
        }
        assert_eq!(read_media(&answer(200, "{}")).unwrap_err().class, FailureClass::Retry);
        let gone = r#"{"error":{"message":"(#100) Unsupported get request","type":"GraphMethodException","code":100}}"#;
        assert_eq!(read_media(&answer(400, gone)).unwrap_err().class, FailureClass::Permanent);
        assert_eq!(read_media(&answer(404, "<html>")).unwrap_err().class, FailureClass::Permanent);
    }

    #[test]
    fn a_failure_goes_by_its_code_and_not_by_the_status() {
        let body = r#"{"error":{"message":"(#131056) pair","type":"OAuthException","code":131056,
            "error_data":{"messaging_product":"whatsapp","details":"slow"},"fbtrace_id":"x"}}"#;
        for status in [200, 400, 429] {
            let failure = read(&answer(status, body)).unwrap_err();
            assert_eq!(failure.class, FailureClass::SlowDown(Scope::Pair));
            assert_eq!(failure.retry_after_s, Some(7));
        }
    }

    #[test]
    fn an_answer_that_is_no_answer_goes_by_its_status() {
        for (status, class) in [
            (401, FailureClass::Credentials),
            (404, FailureClass::Permanent),
            (429, FailureClass::SlowDown(Scope::Number)),
            (500, FailureClass::Retry),
            (503, FailureClass::Retry),
            (502, FailureClass::Unclear),
            (200, FailureClass::Unclear),
        ] {
            assert_eq!(read(&answer(status, "<html>")).unwrap_err().class, class, "{status}");
        }
        assert!(read_done(&answer(200, r#"{"success":true}"#)).is_ok());
        assert_eq!(read_upload(&answer(200, r#"{"id":"123"}"#)).unwrap().as_str(), "123");
        assert_eq!(read_upload(&answer(200, "{}")).unwrap_err().class, FailureClass::Retry);
    }
}
