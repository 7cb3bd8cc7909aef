//! What a client is sent that follows by position, whatever its dialect: an extension of ours that no document knows, so
//! it is the same at every door but for how a dialect writes names.

use std::io::Write;

use bytes::Bytes;
use serde::Serialize;

use crate::domain::{self, Receipt};

/// Room for most frames: a buffer that grows is copied.
const FRAME_BYTES: usize = 256;

/// A position in the session's log.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Position {
    /// Which log: a session that was lost and begun anew has another one.
    epoch: u64,
    seq: u64,
}

impl From<domain::Position> for Position {
    fn from(position: domain::Position) -> Self {
        Self { epoch: position.stream, seq: position.seq }
    }
}

/// The position that the client named does not fit this log; everything follows from its start.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "resync")]
pub struct Resync {
    position: Position,
}

impl Resync {
    /// The frame, with where the log ends.
    pub fn frame(position: domain::Position) -> Option<Bytes> {
        frame(&Self { position: position.into() })
    }
}

/// A message is durable.
#[derive(Debug)]
pub struct Ack<'a> {
    /// Where the message stands.
    pub receipt: &'a Receipt,
    /// The client's own id for it.
    pub client_id: Option<&'a str>,
    /// How the dialect writes the name of the message's id.
    pub message_id_name: &'static str,
}

impl Ack<'_> {
    /// The frame. Written as serde would, and quicker: every message has one.
    pub fn frame(&self) -> Option<Bytes> {
        let Receipt { message, seq, stream: epoch, duplicate, .. } = self.receipt;
        let mut bytes = Vec::with_capacity(FRAME_BYTES);
        bytes.extend_from_slice(br#"{"type":"ack""#);
        if let Some(id) = self.client_id {
            bytes.extend_from_slice(br#","id":"#);
            serde_json::to_writer(&mut bytes, id).ok()?;
        }
        write!(bytes, r#","{}":"{message}","seq":{seq},"epoch":{epoch}"#, self.message_id_name).ok()?;
        bytes.extend_from_slice(if *duplicate { br#","duplicate":true}"# } else { b"}" });
        Some(Bytes::from(bytes))
    }
}

/// Any frame as bytes.
pub fn frame<T: Serialize>(frame: &T) -> Option<Bytes> {
    let mut bytes = Vec::with_capacity(FRAME_BYTES);
    serde_json::to_writer(&mut bytes, frame).ok()?;
    Some(Bytes::from(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::MessageId;

    #[test]
    fn an_acknowledgement_says_only_what_there_is_to_say() {
        let mut receipt =
            Receipt { message: MessageId(uuid::Uuid::nil()), stream: 7, seq: 5, duplicate: false, awaits_turn: false };
        let text = |ack: &Ack<'_>| String::from_utf8(ack.frame().unwrap().to_vec()).unwrap();
        let id = "00000000-0000-0000-0000-000000000000";
        let bare = text(&Ack { receipt: &receipt, client_id: None, message_id_name: "messageId" });
        assert_eq!(bare, format!(r#"{{"type":"ack","messageId":"{id}","seq":5,"epoch":7}}"#));
        receipt.duplicate = true;
        let full = text(&Ack { receipt: &receipt, client_id: Some("m\"1\\é"), message_id_name: "message_id" });
        assert_eq!(
            full,
            format!(r#"{{"type":"ack","id":"m\"1\\é","message_id":"{id}","seq":5,"epoch":7,"duplicate":true}}"#)
        );
    }

    #[test]
    fn a_resync_says_where_the_log_ends() {
        let resync = Resync::frame(domain::Position { stream: 7, seq: 5 }).unwrap();
        assert_eq!(resync, r#"{"type":"resync","position":{"epoch":7,"seq":5}}"#);
    }
}
