//! The frames that clients send. One shape for all commands: each reads the fields that it names.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// A frame of a client's.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ClientFrame<'a> {
    #[serde(rename = "type", borrow)]
    pub kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub session: Option<Cow<'a, str>>,
    pub epoch: Option<u64>,
    pub after: Option<Place<'a>>,
    pub watch: Option<Vec<Watched>>,
    #[serde(borrow)]
    pub status: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub scope: Option<Cow<'a, str>>,
    pub force: Option<bool>,
    #[serde(borrow)]
    pub text: Option<Cow<'a, str>>,
    /// Ids of files that were uploaded to the session.
    #[serde(borrow)]
    pub attachments: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    pub client_id: Option<Cow<'a, str>>,
    pub active: Option<bool>,
    pub upto: Option<u64>,
    #[serde(borrow)]
    pub note: Option<Cow<'a, str>>,
    pub to: Option<To>,
    #[serde(borrow)]
    pub reason: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub summary: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub priority: Option<Cow<'a, str>>,
    pub skills: Option<Vec<String>>,
    /// `Some(None)` takes the team away.
    #[serde(deserialize_with = "named")]
    pub team: Option<Option<String>>,
    #[serde(borrow)]
    pub customer: Option<Cow<'a, str>>,
    pub set: Option<BTreeMap<String, Option<String>>>,
    #[serde(borrow)]
    pub style: Option<Cow<'a, str>>,
}

/// Where a client stands: a position of the feed as text, or a `seq`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Place<'a> {
    Seq(u64),
    Position(Cow<'a, str>),
}

/// A session that a client has open.
#[derive(Debug, Deserialize)]
pub(super) struct Watched {
    pub session: String,
    #[serde(default)]
    pub after: Option<u64>,
}

/// To whom a session is passed on.
#[derive(Debug, Deserialize)]
pub(super) struct To {
    #[serde(default)]
    pub agent: Option<String>,
    #[serde(default)]
    pub team: Option<String>,
}

fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
