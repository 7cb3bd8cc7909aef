//! Gets a file from Meta: first where it is, by its id; then from there, whole, of the size and with the digest that was said.
//! An address is good for five minutes, so each attempt asks anew.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::ToFetch;
use crate::channels::capability::{FileKind, WHATSAPP};
use crate::channels::failure::{Failure, FailureClass};
use crate::channels::whatsapp::response::read_media;
use crate::domain::Timestamp;
use crate::engine::channels::whatsapp::graph::Graph;

/// Why it did not come.
#[derive(Debug)]
pub(super) enum NotFetched {
    /// It may come another time, by what the failure says.
    Failed(Failure),
    /// It never will. A word for the staff.
    Lost(&'static str),
}

/// Fetches it; at most `most` bytes of it.
pub(super) async fn fetch(graph: &Graph, to_fetch: &ToFetch, most: u64, now: Timestamp) -> Result<Bytes, NotFetched> {
    let answered = graph.media(&to_fetch.number, &to_fetch.media).await?;
    let place = read_media(&answered.as_answer(now))?;
    if place.bytes.is_some_and(|bytes| bytes > most) {
        return Err(NotFetched::Lost("too large"));
    }
    let bytes = graph.file(&place.url, most).await?.ok_or(NotFetched::Lost("too large"))?;
    let said = [&to_fetch.sha256, &place.sha256];
    if place.bytes.is_some_and(|said| said != bytes.len() as u64) || !is_as_said(&said, bytes.clone()).await {
        return Err(NotFetched::Failed(Failure::new(FailureClass::Media, None, "it is not what was announced")));
    }
    Ok(bytes)
}

/// The most that Meta lets customers send of a kind, in bytes.
pub(super) fn most_of(kind: &str) -> u64 {
    let kind = match kind {
        "image" | "sticker" => FileKind::Image,
        "video" => FileKind::Video,
        "audio" => FileKind::Audio,
        _ => FileKind::Document,
    };
    WHATSAPP.files.iter().find(|rule| rule.kind == kind).map_or(0, |rule| rule.max_bytes)
}

/// Whether the bytes have one of the digests that were said, where one was. Large ones take their time, beside the runtime.
async fn is_as_said(said: &[&Option<String>], bytes: Bytes) -> bool {
    let said: Vec<[u8; 32]> = said.iter().filter_map(|said| digest(said.as_deref()?)).collect();
    if said.is_empty() {
        return true;
    }
    let digested = tokio::task::spawn_blocking(move || <[u8; 32]>::from(Sha256::digest(&bytes)));
    digested.await.is_ok_and(|digest| said.contains(&digest))
}

/// A SHA-256 in hexadecimal or base64: Meta writes both.
fn digest(text: &str) -> Option<[u8; 32]> {
    let text = text.trim();
    if text.len() == 64 {
        let mut digest = [0; 32];
        for (at, byte) in digest.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        return Some(digest);
    }
    STANDARD.decode(text).ok()?.try_into().ok()
}

impl From<Failure> for NotFetched {
    /// What only a message can be refused for, and an answer that did not come, is tried again: nothing is doubled by asking.
    fn from(failure: Failure) -> Self {
        if failure.class == FailureClass::Permanent {
            return Self::Lost("not at Meta any more");
        }
        Self::Failed(failure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_in_both_forms_that_meta_writes() {
        let bytes: [u8; 32] = Sha256::digest(b"x").into();
        let hex = bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        assert_eq!(digest(&hex), Some(bytes));
        assert_eq!(digest(&hex.to_uppercase()), Some(bytes));
        assert_eq!(digest(&STANDARD.encode(bytes)), Some(bytes));
        for none in ["", "abc", &"g".repeat(64), &STANDARD.encode(b"short"), &"ü".repeat(32)] {
            assert_eq!(digest(none), None, "{none}");
        }
    }

    #[test]
    fn each_kind_has_metas_limit() {
        assert!(most_of("image") < most_of("audio") && most_of("audio") < most_of("document"));
        assert_eq!(most_of("sticker"), most_of("image"));
    }
}
