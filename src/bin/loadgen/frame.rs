//! Frames of the platform WebSocket. They are cheap on purpose: put together from parts, and searched instead of parsed,
//! because the client shares its machine with the server that it measures.

use std::fmt::Write as _;

use tokio_tungstenite::tungstenite::Message;

use crate::Failure;
use crate::wire::Peer;

/// What customers say when it does not matter: about a hundred bytes as a frame.
pub(crate) const PAYLOAD: &str = "the parcel that I ordered is not here yet";

/// Frames for one connection to send, each with a number of its own.
#[derive(Debug)]
pub(crate) struct Frames {
    prefix: String,
}

/// What the server said first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Greeting {
    pub(crate) user_id: String,
    pub(crate) session_id: String,
    pub(crate) resume_secret: String,
}

impl Frames {
    pub(crate) fn new(name: &str) -> Self {
        Self { prefix: format!("\",\"id\":\"{name}-") }
    }

    /// The frame of message number `k`.
    pub(crate) fn message(&self, k: u64, text: &str) -> Message {
        let mut frame = String::with_capacity(128);
        frame.push_str("{\"type\":\"text\",\"text\":\"");
        frame.push_str(text);
        frame.push_str(&self.prefix);
        // Writing to a string does not fail.
        let _ = write!(frame, "{k}\"}}");
        Message::Text(frame.into())
    }
}

impl Greeting {
    /// What a greeting names; anything else that is said first is a failure.
    pub(crate) fn read(frame: &str) -> Result<Self, Failure> {
        if !frame.contains("\"connection_established\"") {
            return Err(format!("the server did not greet but said: {}", shortened(frame)).into());
        }
        let text = |key| field(frame, key).unwrap_or_default().to_owned();
        Ok(Self {
            user_id: text("\"userId\":\""),
            session_id: text("\"sessionId\":\""),
            resume_secret: text("\"resumeSecret\":\""),
        })
    }
}

/// Whether a frame says that a message is on disk.
pub(crate) fn is_ack(frame: &str, peer: Peer) -> bool {
    peer == Peer::Echo || frame.contains("\"type\":\"ack\"")
}

/// Whether a frame is a customer's message, seen by another socket.
pub(crate) fn is_customer_message(frame: &str, peer: Peer) -> bool {
    peer == Peer::Echo || (frame.contains("\"type\":\"message\"") && frame.contains("\"sender\":\"customer\""))
}

/// Whether a frame is the assistant's answer.
pub(crate) fn is_answer(frame: &str, peer: Peer) -> bool {
    peer == Peer::Echo || (frame.contains("\"type\":\"message\"") && frame.contains("\"sender\":\"ai\""))
}

/// The number of the message that a frame is about.
pub(crate) fn number(frame: &str) -> Option<u64> {
    field(frame, "\"id\":\"")?.rsplit('-').next()?.parse().ok()
}

/// An error frame ends the measure: a refused message is not a slow one.
pub(crate) fn refuse_error(frame: &str) -> Result<(), Failure> {
    if frame.contains("\"type\":\"error\"") {
        return Err(format!("the server refused: {}", shortened(frame)).into());
    }
    Ok(())
}

/// The text after a key, up to the next quotation mark.
pub(crate) fn field<'a>(frame: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = frame.split_once(key)?;
    rest.split('"').next()
}

fn shortened(frame: &str) -> String {
    frame.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_names_the_message_it_is_about() {
        let frames = Frames::new("ab7");
        let sent = frames.message(42, "hi").into_text().unwrap();
        assert_eq!(sent.as_str(), r#"{"type":"text","text":"hi","id":"ab7-42"}"#);
        assert_eq!(number(r#"{"type":"ack","messageId":"0-9","id":"ab7-42","seq":3}"#), Some(42));
        assert_eq!(number(r#"{"type":"typing_start","messageId":"0-9"}"#), None);
    }

    #[test]
    fn a_greeting_is_kept_for_those_who_join() {
        let frame = r#"{"type":"connection_established","userId":"u","sessionId":"s","resumeSecret":"r"}"#;
        let greeting = Greeting::read(frame).unwrap();
        assert_eq!((greeting.user_id.as_str(), greeting.session_id.as_str()), ("u", "s"));
        assert_eq!(greeting.resume_secret, "r");
        assert!(Greeting::read(r#"{"type":"error"}"#).is_err());
    }
}
