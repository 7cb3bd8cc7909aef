//! The frames of `/ws`, in both directions.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::http::live::follow::Position;
use crate::http::platform::wire::File;

/// A frame from a client: the fields of all types, since each client sends few.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http::platform) struct ClientFrame<'a> {
    #[serde(rename = "type", borrow)]
    pub kind: Cow<'a, str>,
    #[serde(borrow)]
    pub text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub id: Option<Cow<'a, str>>,
    pub is_typing: Option<bool>,
    #[serde(borrow)]
    pub audio: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub format: Option<Cow<'a, str>>,
    /// Extension: ids of files that were uploaded to the session.
    #[serde(borrow, default)]
    pub attachments: Vec<Cow<'a, str>>,
    /// Extension: what was read.
    pub seq: Option<u64>,
    /// Extension: how it was.
    pub score: Option<i64>,
    #[serde(borrow)]
    pub comment: Option<Cow<'a, str>>,
}

/// Who has a session, as a follower is told.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http::platform) struct Ownership<'a> {
    #[serde(rename = "owner")]
    pub status: &'static str,
    pub agent_name: Option<&'a str>,
}

/// What an answer rests on, as a follower is told.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(in crate::http::platform) struct Source<'a> {
    pub title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<&'a str>,
}

/// A frame to a client.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub(in crate::http::platform) enum ServerFrame<'a> {
    ConnectionEstablished {
        connection_id: &'a str,
        user_id: &'a str,
        session_id: &'a str,
        message: &'a str,
        timestamp: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        position: Option<Position>,
        #[serde(skip_serializing_if = "Option::is_none")]
        resume_secret: Option<&'a str>,
        #[serde(flatten, skip_serializing_if = "Option::is_none")]
        ownership: Option<Ownership<'a>>,
    },
    Message {
        text: &'a str,
        message_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        agent_id: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        agent_name: Option<&'a str>,
        timestamp: String,
        sender: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        notice: Option<&'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        sources: Vec<Source<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<File<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        epoch: Option<u64>,
    },
    TypingStart {
        timestamp: String,
    },
    TypingStop {
        timestamp: String,
    },
    Transcription {
        text: &'a str,
        timestamp: String,
    },
    HandoverInitiated {
        message: &'a str,
        timestamp: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        message_id: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        epoch: Option<u64>,
    },
    Error {
        message: Cow<'a, str>,
        code: &'a str,
        timestamp: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
    },
    /// Extension, like all that follow: the session has a new owner.
    Owner {
        status: &'static str,
        agent_name: Option<&'a str>,
        seq: u64,
        epoch: u64,
        timestamp: String,
    },
    QueuePosition {
        position: u32,
        estimated_wait_seconds: Option<u32>,
        open: bool,
        timestamp: String,
    },
    Draft {
        turn: u64,
        text: &'a str,
        offset: usize,
    },
    DraftEnd {
        turn: u64,
    },
    Read {
        upto: u64,
    },
    RatingRequested {
        seq: u64,
        epoch: u64,
        timestamp: String,
    },
    Rated {
        score: u8,
        seq: u64,
        epoch: u64,
    },
    /// A command that leaves no message is done and durable.
    Ack {
        id: &'a str,
    },
}
