//! Files over HTTP, the same at every door: a body that is the file comes in; bytes go out with headers that let no browser make
//! more of them than they are.

use std::ops::Range;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream;
use http_body_util::BodyExt;

use super::SharedDoors;
use super::body;
use super::guard::Fault;
use super::query::Query;
use crate::domain::{Attachment, FileName, Refusal, SessionKey, Visitor};
use crate::engine::files::{OpenFile, Room, Upload, Uploader};

/// Types that a browser is told. It draws, plays or shows them, and runs nothing that is in them.
const TOLD: [&str; 13] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "audio/mpeg",
    "audio/ogg",
    "audio/mp4",
    "audio/wav",
    "audio/webm",
    "video/mp4",
    "video/webm",
    "application/pdf",
    "text/plain",
];

/// No script, no frame, no form, nothing fetched: whatever a browser makes of the bytes, it is alone.
const POLICY: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");

/// For whoever asked, and never for ever: who may read a session may change.
const CACHED: HeaderValue = HeaderValue::from_static("private, max-age=3600");

/// As whom somebody in a session brings files and posts them.
pub const fn uploader(visitor: &Visitor) -> Uploader {
    match visitor {
        Visitor::Staff { user, .. } => Uploader::Staff(*user),
        Visitor::Customer(_) | Visitor::Anonymous { .. } | Visitor::Service => Uploader::Customer,
    }
}

/// Keeps the file that a request's body is, of somebody who has entered the session.
///
/// # Errors
/// As [`crate::engine::Files::put`]; `Busy` while too many are brought at once, by the organization or by all.
pub async fn receive(
    doors: &SharedDoors,
    session: &SessionKey,
    visitor: &Visitor,
    request: Request,
) -> Result<Attachment, Fault> {
    let files = &doors.engine.files;
    let mut room = files.room(&session.organization);
    let name = Query::of(request.uri()).get("name").map(str::to_owned);
    let (parts, sent) = request.into_parts();
    let declared = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).map(str::to_owned);
    let limit = usize::try_from(files.limits().file_max_bytes).unwrap_or(usize::MAX);
    let bytes = collected(sent, &mut room, limit).await?;
    let vouched = !matches!(visitor, Visitor::Anonymous { .. });
    let upload = Upload { id: None, name, declared, bytes, by: uploader(visitor), vouched };
    Ok(files.put(session, upload).await?)
}

/// Reads the file as it comes, and holds room for what has come.
async fn collected(mut sent: Body, room: &mut Room, limit_bytes: usize) -> Result<Bytes, Fault> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = sent.frame().await {
        let frame = frame.map_err(|_broken| Refusal::invalid("body", "could not be read"))?;
        let Ok(more) = frame.into_data() else { continue };
        if bytes.len() + more.len() > limit_bytes {
            body::discard(sent).await;
            return Err(Refusal::TooLarge { what: "file", limit_bytes }.into());
        }
        room.hold(bytes.len() + more.len())?;
        bytes.extend_from_slice(&more);
    }
    Ok(bytes.freeze())
}

/// Hands a file out, or the part that was asked for. Whoever asks may read it. It is shown within a page only if it is a
/// picture, sound or a film, and was asked for so (`inline=1`).
///
/// # Errors
/// `Unavailable` when its bytes are not at hand.
pub async fn serve(file: &OpenFile, asked: &HeaderMap, query: &Query) -> Result<Response, Fault> {
    let mut response = Response::default();
    let headers = response.headers_mut();
    let (kind, shown) = told(&file.attachment, query.get("inline").is_some());
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CONTENT_DISPOSITION, disposition(&file.attachment.name, shown));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::CACHE_CONTROL, CACHED);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let tag = format!("\"{}\"", file.attachment.digest.as_str());
    headers.extend(HeaderValue::try_from(&tag).map(|tag| (header::ETAG, tag)));
    if knows(asked, &tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    let part = wanted(asked, &tag, file.len());
    let range = part.clone().unwrap_or(0..file.len());
    headers.insert(header::CONTENT_LENGTH, (range.end - range.start).into());
    if part.is_some() {
        let content = format!("bytes {}-{}/{}", range.start, range.end - 1, file.len());
        headers.extend(HeaderValue::try_from(content).map(|content| (header::CONTENT_RANGE, content)));
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    // The first piece now: what is not at hand is an answer, not a connection that breaks.
    let mut pieces = Box::pin(file.stream(range));
    let first = pieces.next().await.transpose().map_err(|why| why.refused())?;
    *response.body_mut() = Body::from_stream(stream::iter(first.map(Ok)).chain(pieces));
    Ok(response)
}

/// The type that a browser is told, and whether it may show the file within a page.
fn told(file: &Attachment, asked_inline: bool) -> (HeaderValue, bool) {
    let found = TOLD.iter().find(|known| **known == file.media_type.as_str());
    let is_media = found.is_some_and(|known| !known.starts_with("text/") && !known.starts_with("application/"));
    let kind = match found {
        Some(&"text/plain") => "text/plain; charset=utf-8",
        Some(known) => known,
        None => "application/octet-stream",
    };
    (HeaderValue::from_static(kind), asked_inline && is_media)
}

/// RFC 6266: the name in plain characters for whoever knows no others, and as it is (RFC 8187).
fn disposition(name: &FileName, shown: bool) -> HeaderValue {
    let plain: String = name.as_str().chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let mut exact = String::new();
    for byte in name.as_str().bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            exact.push(char::from(byte));
        } else {
            exact.push_str(&format!("%{byte:02X}"));
        }
    }
    let how = if shown { "inline" } else { "attachment" };
    let text = format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{exact}");
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("attachment"))
}

const fn is_plain(c: char) -> bool {
    c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' '
}

/// Whether the one who asks has it already.
fn knows(asked: &HeaderMap, tag: &str) -> bool {
    let known = asked.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok()).unwrap_or_default();
    known.split(',').map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

/// The one part that was asked for. Whatever is no such wish gets the whole file, as RFC 9110 (14.2) allows.
fn wanted(asked: &HeaderMap, tag: &str, len: u64) -> Option<Range<u64>> {
    if asked.get(header::IF_RANGE).is_some_and(|known| known.as_bytes() != tag.as_bytes()) {
        return None;
    }
    let text = asked.get(header::RANGE)?.to_str().ok()?.trim().strip_prefix("bytes=")?;
    let (from, to) = text.split_once('-')?;
    let range = match (from.trim(), to.trim()) {
        ("", last) => len.saturating_sub(last.parse().ok()?)..len,
        (from, "") => from.parse().ok()?..len,
        (from, to) => from.parse().ok()?..to.parse::<u64>().ok()?.saturating_add(1).min(len),
    };
    (range.start < range.end && range.end <= len).then_some(range)
}

/// The ids of files that a message names.
///
/// # Errors
/// `Invalid` on `field` for a text that can be no id.
pub fn ids<'a>(
    field: &'static str,
    named: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<crate::domain::FileId>, Refusal> {
    let read =
        |id: &str| crate::domain::FileId::parse(id).ok_or_else(|| Refusal::invalid(field, "must be ids of files"));
    named.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(range: &'static str) -> Option<Range<u64>> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_static(range));
        wanted(&headers, "\"x\"", 100)
    }

    #[test]
    fn one_part_is_given_as_asked_and_anything_else_is_the_whole() {
        assert_eq!(part("bytes=0-0"), Some(0..1));
        assert_eq!(part("bytes=10-"), Some(10..100));
        assert_eq!(part("bytes=-5"), Some(95..100));
        assert_eq!(part("bytes=-500"), Some(0..100));
        assert_eq!(part("bytes=90-4000"), Some(90..100));
        for other in ["bytes=100-", "bytes=5-4", "bytes=-0", "bytes=0-1,3-4", "lines=1-2", "bytes=a-b", "bytes=", "5-6"]
        {
            assert_eq!(part(other), None, "{other}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_static("bytes=0-0"));
        headers.insert(header::IF_RANGE, HeaderValue::from_static("\"older\""));
        assert_eq!(wanted(&headers, "\"x\"", 100), None);
    }

    #[test]
    fn a_name_goes_out_plain_and_exact() {
        let name = FileName::clean("Grüße \"50%\" ü.pdf").unwrap();
        let header = disposition(&name, false);
        assert_eq!(
            header.to_str().unwrap(),
            "attachment; filename=\"Gr__e _50__ _.pdf\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20_50%25_%20%C3%BC.pdf"
        );
        assert!(disposition(&FileName::clean("a.png").unwrap(), true).to_str().unwrap().starts_with("inline; "));
    }
}
