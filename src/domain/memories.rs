//! What is remembered of a customer beside their conversations: facts by key, for a while or for good.
//!
//! A customer has at most one memory of a kind and key; storing it again keeps its id. The lines of one conversation are
//! something else: [`super::memory`].

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::message::fits_depth;
use super::text::clipped;
use super::{CustomerId, OrganizationId, Refusal, Timestamp};

/// The most memories of one customer. Beyond it the least important of them goes, of equal ones the least lately used.
pub const MEMORIES_MAX: usize = 128;

/// The most memories of one organization; beyond it nothing new is remembered.
pub const ORGANIZATION_MEMORIES_MAX: usize = 1_000_000;

/// The longest key, in characters.
pub const KEY_MAX_CHARS: usize = 128;

/// The longest name of a source, in characters.
pub const SOURCE_MAX_CHARS: usize = 64;

/// The largest value as JSON, in bytes.
pub const VALUE_MAX_BYTES: usize = 16 * 1024;

/// The deepest that a value may be nested, in levels.
pub const VALUE_MAX_DEPTH: usize = 32;

/// The longest value as a person or a model reads it, in bytes.
pub const READABLE_MAX_BYTES: usize = 512;

/// How often a read moves a memory's last access on the disk, in milliseconds: once a minute says all that forgetting the
/// least lately used one needs, and a storm of reads writes nothing.
pub const ACCESS_EVERY_MS: i64 = 60_000;

/// The importance of what came without one.
const USUAL_IMPORTANCE: f64 = 0.5;

/// Something that is remembered of a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Its own id; stays when it is stored again.
    pub id: Uuid,
    /// Whose customer.
    pub organization: OrganizationId,
    /// Of whom.
    pub customer: CustomerId,
    /// For how long.
    pub kind: MemoryKind,
    /// What it is about.
    pub key: MemoryKey,
    /// What is remembered: any JSON within the limits, never null.
    pub value: Value,
    /// How much it matters.
    pub importance: Importance,
    /// Where it is from.
    pub source: MemorySource,
    /// When it was first stored.
    pub created_at: Timestamp,
    /// When it was last stored.
    pub updated_at: Timestamp,
    /// When it was last read, to the minute ([`ACCESS_EVERY_MS`]).
    pub last_accessed: Timestamp,
    /// From when on it is forgotten; never where it is kept for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// For how long something is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryKind {
    /// For the conversation at hand: it expires, and a reset of a session of the customer's forgets it.
    ShortTerm,
    /// Until somebody forgets it.
    LongTerm,
}

/// What a memory is about: `name`, `order_number`, `preferred_shipping`. Not blank, without control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemoryKey(String);

/// Where a memory is from: `conversation`, `api`, `staff`, `model`, or a caller's own word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemorySource(String);

/// How much a memory matters, 0..1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Importance(f64);

/// What is to be remembered. Where importance or source is absent, an older memory's stays, else the usual one counts.
#[derive(Debug, Clone, PartialEq)]
pub struct MemoryDraft {
    /// For how long.
    pub kind: MemoryKind,
    /// What it is about.
    pub key: MemoryKey,
    /// What is remembered.
    pub value: Value,
    /// How much it matters.
    pub importance: Option<Importance>,
    /// Where it is from.
    pub source: Option<MemorySource>,
}

/// Which memories of a customer are meant; absent parts mean any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of this kind.
    pub kind: Option<MemoryKind>,
    /// With this key.
    pub key: Option<MemoryKey>,
}

impl MemoryKind {
    /// The word for it in records, indexes and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ShortTerm => "short_term",
            Self::LongTerm => "long_term",
        }
    }

    /// Reads the word; `field` is the caller's name for it.
    ///
    /// # Errors
    /// `Invalid`.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Refusal> {
        match text {
            "short_term" => Ok(Self::ShortTerm),
            "long_term" => Ok(Self::LongTerm),
            _ => Err(Refusal::invalid(field, "must be short_term or long_term")),
        }
    }
}

impl MemoryKey {
    /// Checks the key; `field` is the caller's name for it.
    ///
    /// # Errors
    /// `Invalid`.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Refusal> {
        printable(field, text, KEY_MAX_CHARS).map(Self)
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl MemorySource {
    /// Checks the source; `field` is the caller's name for it.
    ///
    /// # Errors
    /// `Invalid`.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Refusal> {
        printable(field, text, SOURCE_MAX_CHARS).map(Self)
    }

    /// The customer said it.
    pub fn conversation() -> Self {
        Self("conversation".to_owned())
    }

    /// A program stored it.
    pub fn api() -> Self {
        Self("api".to_owned())
    }

    /// A person of the staff noted it.
    pub fn staff() -> Self {
        Self("staff".to_owned())
    }

    /// A model chose to remember it.
    pub fn model() -> Self {
        Self("model".to_owned())
    }

    /// The source.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Importance {
    /// Checks the number; `field` is the caller's name for it.
    ///
    /// # Errors
    /// `Invalid` unless it is 0 to 1.
    pub fn parse(field: &'static str, number: f64) -> Result<Self, Refusal> {
        if (0.0..=1.0).contains(&number) {
            Ok(Self(number))
        } else {
            Err(Refusal::invalid(field, "must be a number from 0 to 1"))
        }
    }

    /// The nearest importance that there is; the usual one of what is no number.
    pub const fn nearest(number: f64) -> Self {
        if number.is_nan() { Self(USUAL_IMPORTANCE) } else { Self(number.clamp(0.0, 1.0)) }
    }

    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl Default for Importance {
    fn default() -> Self {
        Self(USUAL_IMPORTANCE)
    }
}

/// Checks a value; `field` is the caller's name for it.
///
/// # Errors
/// `Invalid` when it is null or nested too deeply, `TooLarge` above [`VALUE_MAX_BYTES`].
pub fn check_value(field: &'static str, value: &Value) -> Result<(), Refusal> {
    if value.is_null() {
        return Err(Refusal::invalid(field, "is required"));
    }
    if !fits_depth(value, VALUE_MAX_DEPTH) {
        return Err(Refusal::invalid(field, "is nested too deeply"));
    }
    if value.to_string().len() > VALUE_MAX_BYTES {
        return Err(Refusal::TooLarge { what: "value", limit_bytes: VALUE_MAX_BYTES });
    }
    Ok(())
}

impl MemoryDraft {
    /// Something to be kept for good.
    pub const fn long_term(key: MemoryKey, value: Value) -> Self {
        Self { kind: MemoryKind::LongTerm, key, value, importance: None, source: None }
    }
}

impl Wanted {
    /// Whether the memory is one of them.
    pub fn holds(&self, memory: &Memory) -> bool {
        self.kind.is_none_or(|kind| memory.kind == kind) && self.key.as_ref().is_none_or(|key| memory.key == *key)
    }
}

impl Memory {
    /// A new memory.
    pub fn new(
        id: Uuid,
        organization: OrganizationId,
        customer: CustomerId,
        draft: MemoryDraft,
        now: Timestamp,
        short_term_ttl_ms: i64,
    ) -> Self {
        let MemoryDraft { kind, key, value, importance, source } = draft;
        Self {
            id,
            organization,
            customer,
            kind,
            key,
            value,
            importance: importance.unwrap_or_default(),
            source: source.unwrap_or_else(MemorySource::api),
            created_at: now,
            updated_at: now,
            last_accessed: now,
            expires_at: expiry(kind, now, short_term_ttl_ms),
        }
    }

    /// The same memory, stored again.
    #[must_use]
    pub fn stored_again(&self, draft: MemoryDraft, now: Timestamp, short_term_ttl_ms: i64) -> Self {
        let MemoryDraft { kind, key, value, importance, source } = draft;
        Self {
            kind,
            key,
            value,
            importance: importance.unwrap_or(self.importance),
            source: source.unwrap_or_else(|| self.source.clone()),
            updated_at: now,
            last_accessed: now,
            expires_at: expiry(kind, now, short_term_ttl_ms),
            ..self.clone()
        }
    }

    /// Whether it is forgotten by now.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    /// Whether a read at `now` is to be written down.
    pub fn access_is_due(&self, now: Timestamp) -> bool {
        now >= self.last_accessed.plus_ms(ACCESS_EVERY_MS)
    }

    /// Its value as a person would read it, on one line.
    pub fn readable(&self) -> String {
        let mut text = String::new();
        read_out(&self.value, &mut text);
        clipped(&text, READABLE_MAX_BYTES).to_owned()
    }
}

/// Which of them goes to make room: what has expired, then the least important, of equal ones the least lately used.
pub fn least_worth(memories: &[Memory], now: Timestamp) -> Option<usize> {
    let worth = |memory: &Memory| (!memory.has_expired(now), memory.importance.get());
    let order = |one: &Memory, other: &Memory| {
        let ((lives, matters), (other_lives, other_matters)) = (worth(one), worth(other));
        lives
            .cmp(&other_lives)
            .then(matters.total_cmp(&other_matters))
            .then(one.last_accessed.cmp(&other.last_accessed))
    };
    memories.iter().enumerate().min_by(|(_, one), (_, other)| order(one, other)).map(|(at, _)| at)
}

fn expiry(kind: MemoryKind, now: Timestamp, ttl_ms: i64) -> Option<Timestamp> {
    match kind {
        MemoryKind::ShortTerm => Some(now.plus_ms(ttl_ms)),
        MemoryKind::LongTerm => None,
    }
}

/// Texts as they are, lists with commas, objects as `name: value`; stops when it is long enough.
fn read_out(value: &Value, text: &mut String) {
    if text.len() > READABLE_MAX_BYTES {
        return;
    }
    match value {
        Value::Null => {}
        Value::Bool(yes) => text.push_str(if *yes { "yes" } else { "no" }),
        Value::Number(number) => text.push_str(&number.to_string()),
        Value::String(said) => text.extend(said.chars().map(|c| if c.is_control() { ' ' } else { c })),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { ", " });
                read_out(item, text);
            }
        }
        Value::Object(fields) => {
            for (at, (name, field)) in fields.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { "; " });
                text.push_str(name);
                text.push_str(": ");
                read_out(field, text);
            }
        }
    }
}

fn printable(field: &'static str, text: &str, max_chars: usize) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > max_chars || text.chars().any(char::is_control) {
        return Err(Refusal::invalid(field, format!("must be 1 to {max_chars} printable characters")));
    }
    Ok(text.to_owned())
}

impl fmt::Display for MemoryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn memory(key: &str, value: Value) -> Memory {
        let draft = MemoryDraft::long_term(MemoryKey::parse("key", key).unwrap(), value);
        let customer = CustomerId::parse("jo").unwrap();
        let now = Timestamp::from_ms(1_800_000_000_000);
        Memory::new(Uuid::from_u128(1), OrganizationId::default_organization(), customer, draft, now, 1_000)
    }

    #[test]
    fn a_value_has_a_size_and_a_depth_and_is_not_null() {
        let deep = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
        assert!(check_value("value", &deep(VALUE_MAX_DEPTH)).is_ok());
        assert!(check_value("value", &deep(VALUE_MAX_DEPTH + 1)).is_err());
        assert!(check_value("value", &Value::Null).is_err());
        let large = Value::from("x".repeat(VALUE_MAX_BYTES));
        assert!(matches!(check_value("value", &large), Err(Refusal::TooLarge { .. })));
    }

    #[test]
    fn an_importance_is_from_0_to_1() {
        for good in [0.0, 0.8, 1.0] {
            assert_eq!(Importance::parse("importance", good).unwrap().get(), good);
        }
        for bad in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert!(Importance::parse("importance", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_stored_again_keeps_its_id_and_what_was_not_said() {
        let old = memory("name", json!("Ana"));
        let draft =
            MemoryDraft { kind: MemoryKind::ShortTerm, ..MemoryDraft::long_term(old.key.clone(), json!("Eva")) };
        let new = old.stored_again(draft, old.created_at.plus_ms(5), 1_000);
        assert_eq!((new.id, new.created_at, new.importance), (old.id, old.created_at, old.importance));
        assert_eq!((new.value.clone(), new.updated_at), (json!("Eva"), old.created_at.plus_ms(5)));
        assert!(!new.has_expired(old.created_at.plus_ms(1_004)) && new.has_expired(old.created_at.plus_ms(1_005)));
    }

    #[test]
    fn what_has_expired_goes_first_then_the_least_important_then_the_least_lately_used() {
        let now = Timestamp::from_ms(1_800_000_000_000);
        let one = |importance: f64, read_ms: i64, expires_at: Option<i64>| Memory {
            importance: Importance::nearest(importance),
            last_accessed: now.plus_ms(read_ms),
            expires_at: expires_at.map(|ms| now.plus_ms(ms)),
            ..memory("k", json!(1))
        };
        let mut memories = vec![one(0.9, 5, None), one(0.2, 9, None), one(0.2, 3, None), one(1.0, 9, Some(-1))];
        for expected in [3, 2, 1, 0] {
            assert_eq!(least_worth(&memories, now), Some(expected));
            memories.remove(expected);
        }
        assert_eq!(least_worth(&memories, now), None);
    }

    #[test]
    fn a_value_is_read_out_as_a_person_would_and_no_longer_than_it_may_be() {
        let preferences = json!({ "shipping": "express", "orders": ["A1", 7], "gift": true });
        assert_eq!(memory("p", preferences).readable(), "gift: yes; orders: A1, 7; shipping: express");
        assert_eq!(memory("p", json!("one\ntwo")).readable(), "one two");
        assert!(memory("p", json!(vec!["é".repeat(300); 300])).readable().len() <= READABLE_MAX_BYTES);
    }

    #[test]
    fn a_record_of_the_first_shape_still_reads_and_is_written_the_same() {
        let written = concat!(
            r#"{"id":"01980000-0000-7000-8000-000000000001","organization":"default","customer":"jo","kind":"short_term","#,
            r#""key":"name","value":{"first":"Jo"},"importance":0.8,"source":"conversation","created_at":1800000000000,"#,
            r#""updated_at":1800000000001,"last_accessed":1800000000002,"expires_at":1800000000003}"#
        );
        let read: Memory = serde_json::from_str(written).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), written);
    }
}
