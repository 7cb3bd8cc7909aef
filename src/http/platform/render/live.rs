//! What happens in a session, as frames of `/ws`.

use bytes::Bytes;

use crate::bus::{Committed, DraftPiece};
use crate::domain::desk::event::Reader;
use crate::domain::knowledge::EntryKey;
use crate::domain::session::Owner;
use crate::domain::{Author, DeskEvent, Event, Message, Notice, Receipt, Timestamp};
use crate::http::live::follow::{Ack, frame};
use crate::http::platform::wire::File;
use crate::http::platform::wire::live::{Ownership, ServerFrame, Source};

/// Who reads a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http::platform) enum Audience {
    /// A client of the document alone.
    Customer,
    /// A client that resumes by position: it also gets positions and what the customer's other devices sent.
    Follower,
    /// Somebody of the staff, who gets the customer's texts.
    Staff,
}

/// A durable event as a frame, if the dialect has a word for it.
pub(in crate::http::platform) fn event(committed: &Committed, stream: u64, audience: Audience) -> Option<Bytes> {
    match &committed.event {
        Event::Posted(message) => posted(message, committed.seq, stream, audience),
        Event::OwnerMoved { owner, at, .. } if audience == Audience::Follower => {
            let Ownership { status, agent_name } = ownership(owner);
            let (seq, timestamp) = (committed.seq, at.to_string());
            frame(&ServerFrame::Owner { status, agent_name, seq, epoch: stream, timestamp })
        }
        Event::Desk(event) if audience == Audience::Follower => desk(event, committed.seq, stream),
        Event::Started(_)
        | Event::OwnerMoved { .. }
        | Event::TurnEnded { .. }
        | Event::Suggested(_)
        | Event::Condensed(_)
        | Event::ContextReset { .. }
        | Event::CommandParked { .. }
        | Event::Desk(_) => None,
    }
}

/// What people and the desk did, as far as it is for the customer.
fn desk(event: &DeskEvent, seq: u64, epoch: u64) -> Option<Bytes> {
    match event {
        DeskEvent::Read { reader: Reader::Agent(_), upto, .. } => frame(&ServerFrame::Read { upto: *upto }),
        DeskEvent::RatingAsked { at } => frame(&ServerFrame::RatingRequested { seq, epoch, timestamp: at.to_string() }),
        DeskEvent::Rated(rating) => frame(&ServerFrame::Rated { score: rating.score, seq, epoch }),
        DeskEvent::Read { reader: Reader::Customer, .. }
        | DeskEvent::Routed { .. }
        | DeskEvent::Offered(_)
        | DeskEvent::OfferEnded { .. }
        | DeskEvent::Noted(_)
        | DeskEvent::Held { .. }
        | DeskEvent::Unheld { .. }
        | DeskEvent::WrappedUp { .. }
        | DeskEvent::Target { .. }
        | DeskEvent::Summarized { .. } => None,
    }
}

/// Who has the session.
pub(in crate::http::platform) fn ownership(owner: &Owner) -> Ownership<'_> {
    let (status, agent_name) = match owner {
        Owner::Assistant => ("ai", None),
        Owner::Queue => ("waiting", None),
        Owner::Human { name, .. } => ("with_agent", Some(name.as_str())),
        Owner::Closed => ("closed", None),
    };
    Ownership { status, agent_name }
}

fn posted(message: &Message, seq: u64, stream: u64, audience: Audience) -> Option<Bytes> {
    let follows = audience == Audience::Follower;
    let (seq, epoch) = (follows.then_some(seq), follows.then_some(stream));
    let timestamp = message.at.to_string();
    if let Author::Notice(Notice::Handover) = message.author {
        let message_id = follows.then(|| message.id.to_string());
        return frame(&ServerFrame::HandoverInitiated {
            message: message.body.as_str(),
            timestamp,
            message_id,
            seq,
            epoch,
        });
    }
    let (sender, agent_id, agent_name) = match &message.author {
        Author::Customer if audience == Audience::Customer => return None,
        Author::Customer => ("customer", None, None),
        Author::Assistant | Author::Notice(_) => ("ai", None, None),
        Author::Agent { user, name } => ("agent", Some(user.to_string()), Some(name.as_str())),
    };
    frame(&ServerFrame::Message {
        text: message.body.as_str(),
        message_id: message.id.to_string(),
        agent_id,
        agent_name,
        timestamp,
        sender,
        id: message.client_id.as_ref().filter(|_| follows).map(|id| id.as_str()),
        notice: if follows { notice(&message.author) } else { None },
        sources: if follows { sources(message) } else { Vec::new() },
        attachments: message.attachments.iter().filter(|_| follows).map(File::of).collect(),
        seq,
        epoch,
    })
}

/// What the answer rests on, each once, where its name tells a customer something: a passage without a title has only its
/// id, and that of a question with its answer is what the customer has just asked.
fn sources(message: &Message) -> Vec<Source<'_>> {
    let page = |url: &&str| url.starts_with("https://") || url.starts_with("http://");
    let mut named = Vec::new();
    for source in &message.sources {
        let shown = Source { title: &source.title, url: source.url.as_deref().filter(page) };
        let is_name = source.title != source.id && !matches!(EntryKey::parse(&source.id), Some(EntryKey::Faq(_)));
        if (shown.url.is_some() || is_name) && !named.contains(&shown) {
            named.push(shown);
        }
    }
    named
}

/// Somebody began or stopped typing.
pub(in crate::http::platform) fn typing(active: bool, now: Timestamp) -> Option<Bytes> {
    let timestamp = now.to_string();
    frame(&if active { ServerFrame::TypingStart { timestamp } } else { ServerFrame::TypingStop { timestamp } })
}

/// What a voice note says.
pub(in crate::http::platform) fn transcription(text: &str, now: Timestamp) -> Option<Bytes> {
    frame(&ServerFrame::Transcription { text, timestamp: now.to_string() })
}

/// Extension: the message is durable.
pub(in crate::http::platform) fn ack(receipt: &Receipt, client_id: Option<&str>) -> Option<Bytes> {
    Ack { receipt, client_id, message_id_name: "messageId" }.frame()
}

/// Extension: a command that leaves no message is done.
pub(in crate::http::platform) fn done(client_id: &str) -> Option<Bytes> {
    frame(&ServerFrame::Ack { id: client_id })
}

/// Extension: more of the answer that the assistant is making.
pub(in crate::http::platform) fn draft(piece: &DraftPiece) -> Option<Bytes> {
    frame(&ServerFrame::Draft { turn: piece.turn, text: &piece.text, offset: piece.offset })
}

/// Extension: that answer is thrown away, or its message comes.
pub(in crate::http::platform) fn draft_end(turn: u64) -> Option<Bytes> {
    frame(&ServerFrame::DraftEnd { turn })
}

/// Extension: where the customer stands in the queue.
pub(in crate::http::platform) fn place(
    position: u32,
    estimated_wait_seconds: Option<u32>,
    open: bool,
    now: Timestamp,
) -> Option<Bytes> {
    frame(&ServerFrame::QueuePosition { position, estimated_wait_seconds, open, timestamp: now.to_string() })
}

const fn notice(author: &Author) -> Option<&'static str> {
    match author {
        Author::Notice(Notice::Queued) => Some("queued"),
        Author::Notice(Notice::Fallback) => Some("fallback"),
        Author::Notice(Notice::Handover) => Some("handover"),
        Author::Notice(Notice::OutOfHours) => Some("out_of_hours"),
        Author::Notice(Notice::Service) => Some("service"),
        Author::Notice(Notice::Subscription) => Some("subscription"),
        Author::Customer | Author::Assistant | Author::Agent { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::DraftReader;
    use crate::domain::UserId;
    use crate::domain::desk::event::Rating;

    /// As the protocol's page shows them.
    const PAGE: &str = include_str!("../../../../docs/dialects/platform-live.md");

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn followed(seq: u64, event: DeskEvent) -> Option<Bytes> {
        let committed = Committed { seq, event: Event::Desk(event), origin: None };
        for other in [Audience::Customer, Audience::Staff] {
            assert_eq!(super::event(&committed, 1_689_775_200_000, other), None, "{other:?}");
        }
        super::event(&committed, 1_689_775_200_000, Audience::Follower)
    }

    /// An answer of the assistant's with these sources, as somebody reads it.
    fn answer(sources: &serde_json::Value, audience: Audience) -> serde_json::Value {
        let message = serde_json::json!({
            "id": "00000000-0000-0000-0000-000000000007", "author": "assistant", "at": 1_689_775_210_000_i64,
            "body": "You can return it within 30 days.", "sources": sources,
        });
        let event = Event::Posted(serde_json::from_value(message).unwrap());
        let told = super::event(&Committed { seq: 10, event, origin: None }, 1_689_775_200_000, audience).unwrap();
        serde_json::from_slice(&told).unwrap()
    }

    #[test]
    fn a_follower_is_told_what_an_answer_rests_on() {
        let page = serde_json::json!({"id": "b", "title": "Return Policy", "url": "https://shop.example/returns"});
        let sources = serde_json::json!([
            {"id": "a", "title": "Terms of delivery", "url": "javascript:alert(1)"}, page, page, {"id": "c", "title": "c"},
            {"id": "faq:01920000-0000-7000-8000-000000000001", "title": "Can I return it?"},
        ]);
        let told = answer(&sources, Audience::Follower);
        assert!(PAGE.lines().any(|line| serde_json::from_str(line).ok().as_ref() == Some(&told)), "{told}");
        assert_eq!(answer(&sources, Audience::Customer).get("sources"), None);
    }

    #[test]
    fn the_extension_frames_are_those_of_the_page() {
        let (turn, text) = (8, "We ship to".into());
        let piece = DraftPiece { turn, attempt: 1, offset: 0, text, reader: DraftReader::Everybody };
        let by = UserId(uuid::Uuid::nil());
        let rating = Rating { score: 5, comment: None, about: Some(by), at: Timestamp::default() };
        let read = |reader| DeskEvent::Read { reader, upto: 12, at: Timestamp::default() };
        let frames = [
            place(2, Some(120), true, at("2023-07-19T14:10:06.000Z")),
            draft(&piece),
            draft_end(8),
            followed(19, read(Reader::Agent(by))),
            followed(20, DeskEvent::RatingAsked { at: at("2023-07-19T14:30:00.000Z") }),
            followed(21, DeskEvent::Rated(rating)),
        ];
        let shown: Vec<serde_json::Value> = PAGE.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        for frame in frames {
            let frame: serde_json::Value = serde_json::from_slice(&frame.unwrap()).unwrap();
            assert!(shown.contains(&frame), "{frame}");
        }
        assert_eq!(followed(19, read(Reader::Customer)), None, "what the customer has read is for the staff");
    }
}
