//! Reads a JSON body within its limit, and says which field is wrong.

use std::fmt;
use std::marker::PhantomData;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::SharedDoors;
use super::guard::Fault;
use crate::domain::Refusal;

/// How much of a body that is too large is still read before the refusal goes out.
const DISCARD_MAX_BYTES: usize = 8 * 1024 * 1024;

/// A value that came as a JSON object. serde would take a list too, its items in the order of the fields.
#[derive(Debug, Clone, Copy, Default)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

/// A request's JSON body, read within the limit that all but voice notes have. What stands before it in a handler's list is
/// settled first: a body is read only of whoever may ask.
#[derive(Debug, Clone, Copy)]
pub struct Sent<T>(pub T);

impl<T: DeserializeOwned> FromRequest<SharedDoors> for Sent<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, doors: &SharedDoors) -> Result<Self, Fault> {
        let (parts, body) = request.into_parts();
        json(&parts.headers, body, doors.config.server.body_max_bytes).await.map(Self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// Reads a body as JSON.
///
/// # Errors
/// `UnsupportedMedia` for another content type; `TooLarge`; `Invalid` with the field's name, or `body` when it is no JSON
/// at all.
pub async fn json<T: DeserializeOwned>(headers: &HeaderMap, body: Body, max_bytes: usize) -> Result<T, Fault> {
    let bytes = json_bytes(headers, body, max_bytes).await?;
    Ok(parse(&bytes)?)
}

/// Reads a body that is to be JSON, for [`parse`]: where the bytes themselves count, or the parsed value borrows from them.
///
/// # Errors
/// `UnsupportedMedia` for another content type; `TooLarge`; `Invalid` when it can not be read.
pub async fn json_bytes(headers: &HeaderMap, body: Body, max_bytes: usize) -> Result<bytes::Bytes, Fault> {
    require_json(headers)?;
    bytes(body, max_bytes).await
}

/// Reads a body that may be absent: an empty one is the type's default, and no bytes.
///
/// # Errors
/// As [`json`]; the content type of an empty body does not matter.
pub async fn optional_json<T: DeserializeOwned + Default>(
    headers: &HeaderMap,
    body: Body,
    max_bytes: usize,
) -> Result<(T, bytes::Bytes), Fault> {
    let bytes = bytes(body, max_bytes).await?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok((T::default(), bytes::Bytes::new()));
    }
    require_json(headers)?;
    Ok((parse(&bytes)?, bytes))
}

/// Parses a JSON object into a wire type.
///
/// # Errors
/// `Invalid` with the path of the field that is missing or of the wrong type, or `body` when it is no JSON object.
pub fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Refusal> {
    if let Ok(Object(value)) = serde_json::from_slice(bytes) {
        return Ok(value);
    }
    // A second, slower reading that knows where it is, only for what is refused.
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let Object(value) = serde_path_to_error::deserialize(&mut reader).map_err(|error| field_error(&error))?;
    reader.end().map_err(|_| Refusal::invalid("body", "must be one JSON value"))?;
    Ok(value)
}

/// Reads a body that is a file.
///
/// # Errors
/// `TooLarge`; `Invalid` when it can not be read.
pub async fn bytes(mut body: Body, max_bytes: usize) -> Result<bytes::Bytes, Fault> {
    match Limited::new(&mut body, max_bytes).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            discard(body).await;
            Err(Refusal::TooLarge { what: "body", limit_bytes: max_bytes }.into())
        }
        Err(_) => Err(Refusal::invalid("body", "could not be read").into()),
    }
}

/// Reads on for a while: a client that is still sending would see a broken connection instead of the refusal.
pub(super) async fn discard(mut body: Body) {
    let mut left_bytes = DISCARD_MAX_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        let read_bytes = frame.data_ref().map_or(0, bytes::Bytes::len);
        let Some(left) = left_bytes.checked_sub(read_bytes) else { return };
        left_bytes = left;
    }
}

fn require_json(headers: &HeaderMap) -> Result<(), Fault> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = given.split(';').next().unwrap_or_default().trim();
    let is_json = kind.eq_ignore_ascii_case("application/json")
        || (kind.len() > 5 && kind[kind.len() - 5..].eq_ignore_ascii_case("+json"));
    if is_json { Ok(()) } else { Err(Fault::UnsupportedMedia) }
}

/// The field's path and a short reason, from what the JSON reader says.
fn field_error(error: &serde_path_to_error::Error<serde_json::Error>) -> Refusal {
    let inner = error.inner();
    if !inner.is_data() {
        return Refusal::invalid("body", "must be valid JSON");
    }
    let text = inner.to_string();
    let why = text.split(" at line ").next().unwrap_or("is not accepted").to_owned();
    let path = error.path().to_string();
    let inside = if path == "." { String::new() } else { path };
    match why.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        Some(name) if inside.is_empty() => Refusal::invalid(name.to_owned(), "is required"),
        Some(name) => Refusal::invalid(format!("{inside}.{name}"), "is required"),
        None if inside.is_empty() => Refusal::invalid("body", why),
        None => Refusal::invalid(inside, why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Outer {
        #[expect(dead_code, reason = "only its reading is tested")]
        message: Inner,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        #[expect(dead_code, reason = "only its reading is tested")]
        text: String,
    }

    fn field(json: &str) -> String {
        match parse::<Outer>(json.as_bytes()) {
            Err(Refusal::Invalid { field, .. }) => field.into_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_wrong_or_missing_field_is_named_with_its_path() {
        assert_eq!(field("{}"), "message");
        assert_eq!(field(r#"{"message":{}}"#), "message.text");
        assert_eq!(field(r#"{"message":{"text":7}}"#), "message.text");
        assert_eq!(field(r#"{"message":{"text":"a","text":"b"}}"#), "message");
        assert_eq!(field(r#"{"message""#), "body");
        assert_eq!(field(r#"{"message":{"text":"a"}} x"#), "body");
        assert_eq!(field(r#"[{"text":"a"}]"#), "body");
        assert_eq!(field(&format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000))), "body");
    }
}
