//! The protocol's rules from the customer's side, frame by frame.

use serde_json::{Value, json};

use super::*;

/// A conversation with ids `c1`, `c2`, …, as a test drives it.
#[derive(Default)]
struct Driven {
    conversation: Conversation,
    ids: usize,
}

impl Driven {
    fn connected() -> Self {
        let mut driven = Self::default();
        driven.hello(0);
        driven
    }

    fn hello(&mut self, seq: u64) -> Vec<Effect> {
        self.frame(json!({
            "type": "connection_established", "connectionId": "k", "userId": "u", "sessionId": "s", "message": "hi",
            "timestamp": "t", "position": { "epoch": 7, "seq": seq }, "resumeSecret": "secret"
        }))
    }

    fn frame(&mut self, frame: Value) -> Vec<Effect> {
        self.conversation.received(&frame.to_string())
    }

    fn types(&mut self, line: &str) -> Vec<Effect> {
        self.ids += 1;
        let id = format!("c{}", self.ids);
        self.conversation.typed(line, || id)
    }

    fn ack(&mut self, id: &str, seq: u64) -> Vec<Effect> {
        self.frame(json!({ "type": "ack", "id": id, "messageId": format!("m{seq}"), "seq": seq, "epoch": 7 }))
    }

    fn says(&mut self, sender: &str, seq: u64, text: &str) -> Vec<Effect> {
        self.frame(message(sender, seq, text))
    }

    fn transcript(&self) -> Vec<(u64, String)> {
        self.conversation.transcript.lines().map(|(seq, line)| (seq, line.text.clone())).collect()
    }
}

fn message(sender: &str, seq: u64, text: &str) -> Value {
    json!({ "type": "message", "text": text, "messageId": format!("m{seq}"), "sender": sender, "timestamp": "t",
        "seq": seq, "epoch": 7 })
}

fn sent(effects: &[Effect]) -> Vec<Value> {
    let frames = effects.iter().filter_map(|effect| match effect {
        Effect::Send(frame) => Some(serde_json::from_str(frame).unwrap()),
        Effect::Show(_) | Effect::Typing(_) | Effect::SendLater | Effect::Keep | Effect::Quit => None,
    });
    frames.collect()
}

fn shown(effects: &[Effect]) -> Vec<&str> {
    let lines = effects.iter().filter_map(|effect| match effect {
        Effect::Show(line) => Some(line.as_str()),
        Effect::Send(_) | Effect::Typing(_) | Effect::SendLater | Effect::Keep | Effect::Quit => None,
    });
    lines.collect()
}

#[test]
fn lines_wait_for_the_connection_and_then_go_one_by_one() {
    let mut chat = Driven::default();
    assert_eq!(chat.types("one"), []);
    assert_eq!(chat.types("two"), []);
    let hello = chat.hello(1);
    assert!(hello.contains(&Effect::Keep));
    assert_eq!(sent(&hello), [json!({ "type": "text", "text": "one", "id": "c1" })]);
    assert_eq!(sent(&chat.ack("c1", 2)), [json!({ "type": "text", "text": "two", "id": "c2" })]);
    assert_eq!(sent(&chat.ack("c2", 3)), [] as [Value; 0]);
    assert!(chat.conversation.is_acknowledged());
    assert_eq!(chat.transcript(), [(2, "one".to_owned()), (3, "two".to_owned())]);
}

#[test]
fn what_was_not_acknowledged_is_sent_again_with_the_same_id() {
    let mut chat = Driven::connected();
    chat.types("one");
    assert_eq!(shown(&chat.conversation.lost("gone")), ["-- connection lost (gone); reconnecting"]);
    assert_eq!(chat.conversation.lost("still"), [], "an outage is told once");
    assert_eq!(sent(&chat.hello(1)), [json!({ "type": "text", "text": "one", "id": "c1" })]);
}

#[test]
fn a_lost_acknowledgement_is_made_up_by_the_message_in_the_log_and_counts_once() {
    let mut chat = Driven::connected();
    chat.types("one");
    chat.types("two");
    chat.conversation.lost("gone");
    assert_eq!(sent(&chat.hello(5)).len(), 1);
    let mut replayed = message("customer", 2, "one");
    replayed["id"] = json!("c1");
    let effects = chat.frame(replayed);
    assert_eq!(shown(&effects), [] as [&str; 0], "what was typed here is not shown again");
    assert_eq!(sent(&effects), [json!({ "type": "text", "text": "two", "id": "c2" })]);
    assert_eq!(chat.ack("c1", 2), [], "the acknowledgement of the repeat");
    chat.ack("c2", 6);
    assert_eq!(chat.transcript(), [(2, "one".to_owned()), (6, "two".to_owned())]);
    assert_eq!(chat.conversation.after(), "7:6");
}

#[test]
fn duplicate_and_late_frames_are_shown_once_and_stand_in_their_place() {
    let mut chat = Driven::connected();
    assert_eq!(shown(&chat.says("ai", 2, "first")), ["assistant: first"]);
    assert_eq!(shown(&chat.says("ai", 4, "third")), ["assistant: third"]);
    assert_eq!(chat.says("ai", 2, "first"), []);
    assert_eq!(shown(&chat.says("ai", 3, "second")), ["assistant: second"]);
    assert_eq!(chat.conversation.after(), "7:4");
    let texts: Vec<String> = chat.transcript().into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["first", "second", "third"]);
}

#[test]
fn a_resync_reads_the_log_again_and_shows_only_what_is_new() {
    let mut chat = Driven::connected();
    chat.says("ai", 2, "old");
    chat.frame(json!({ "type": "resync", "position": { "epoch": 9, "seq": 3 } }));
    assert_eq!(chat.conversation.after(), "9:0");
    assert_eq!(chat.says("ai", 2, "old"), []);
    assert_eq!(shown(&chat.says("ai", 3, "new")), ["assistant: new"]);
    assert_eq!(chat.conversation.after(), "9:3");
    assert_eq!(chat.transcript().len(), 2);
}

#[test]
fn a_busy_server_is_asked_again_and_a_refusal_is_told() {
    let mut chat = Driven::connected();
    chat.types("one");
    chat.types("two");
    let busy =
        json!({ "type": "error", "message": "busy", "code": "service_unavailable", "timestamp": "t", "id": "c1" });
    assert_eq!(chat.frame(busy), [Effect::SendLater]);
    assert_eq!(sent(&chat.conversation.try_again())[0]["id"], "c1");
    let refused =
        json!({ "type": "error", "message": "too large", "code": "invalid_request", "timestamp": "t", "id": "c1" });
    let effects = chat.frame(refused);
    assert_eq!(shown(&effects), ["-- not sent: too large: one"]);
    assert_eq!(sent(&effects)[0]["id"], "c2");
}

#[test]
fn a_human_is_asked_for_in_turn_and_again_after_a_break_until_somebody_answers() {
    let mut chat = Driven::connected();
    chat.types("one");
    assert_eq!(chat.types("/human"), []);
    assert_eq!(sent(&chat.ack("c1", 2)), [json!({ "type": "handover_request" })]);
    chat.conversation.lost("gone");
    assert_eq!(sent(&chat.hello(2)), [json!({ "type": "handover_request" })]);
    assert!(!chat.conversation.is_answered());
    let notice = json!({ "type": "handover_initiated", "message": "wait", "timestamp": "t", "messageId": "m4", "seq": 4,
        "epoch": 7 });
    assert_eq!(shown(&chat.frame(notice)), ["notice: wait"]);
    assert!(chat.conversation.is_answered());
    chat.conversation.lost("gone");
    assert_eq!(sent(&chat.hello(4)), [] as [Value; 0]);
}

#[test]
fn agents_notices_and_other_devices_are_told_apart() {
    let mut chat = Driven::connected();
    let mut agent = message("agent", 2, "hello");
    agent["agentName"] = json!("Sam Doe");
    assert_eq!(shown(&chat.frame(agent)), ["Sam Doe: hello"]);
    let mut queued = message("ai", 3, "you wait");
    queued["notice"] = json!("queued");
    assert_eq!(shown(&chat.frame(queued)), ["notice: you wait"]);
    assert_eq!(shown(&chat.says("customer", 4, "from my phone")), ["you: from my phone"]);
}

#[test]
fn commands_are_not_sent_and_the_transcript_says_what_is_missing() {
    let mut chat = Driven::connected();
    assert_eq!(chat.types("/quit"), [Effect::Quit]);
    assert_eq!(sent(&chat.types("/nonsense")), [] as [Value; 0]);
    chat.types("one");
    chat.ack("c3", 2);
    chat.types("two");
    let effects = chat.types("/transcript");
    assert_eq!(shown(&effects), ["-- transcript", "#2 you: one", "-- end of transcript (1 not acknowledged)"]);
}

#[test]
fn unknown_frames_are_passed_over_and_nonsense_does_no_harm() {
    let mut chat = Driven::connected();
    assert_eq!(chat.frame(json!({ "type": "party", "when": "now" })), []);
    assert_eq!(shown(&chat.conversation.received("{")).len(), 1);
}
