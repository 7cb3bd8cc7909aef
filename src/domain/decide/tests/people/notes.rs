//! Private notes, and what was read.

use super::*;

#[test]
fn a_note_is_private_counts_once_and_takes_nothing_over() {
    let mut talk = Talk::waiting();
    let (first, events) = talk.note(agent(), Some("n1")).unwrap();
    assert_eq!((told(&events), first.duplicate), (vec!["note"], false));
    assert_eq!(first.seq, talk.state.next_seq - 1);
    let (again, events) = talk.note(agent(), Some("n1")).unwrap();
    assert_eq!((events.len(), again), (0, Receipt { duplicate: true, ..first.clone() }));
    assert!(!talk.note(other(), Some("n1")).unwrap().0.duplicate, "another person's id is another one");
    assert_eq!(talk.post(agent(), Some("n1")).0.message, first.message, "a message's id is of the same kind");
    assert_eq!(talk.note(customer(), None).unwrap_err(), Refusal::Forbidden);
    assert_eq!(talk.state.owner, Owner::Queue);
    assert_eq!(talk.state.counters.with_client_id, 2);
}

#[test]
fn what_was_read_never_goes_back_and_never_beyond_the_newest_message() {
    let mut talk = Talk::new();
    talk.says();
    assert_eq!(talk.read(customer(), 2), [], "nobody asks yet");
    talk.act(Command::RequestHuman { visitor: customer() });
    assert_eq!(talk.service().unread, 1, "what was written before is unread");
    let (message, _) = talk.post(customer(), None);
    assert_eq!(told(&talk.read(agent(), u64::MAX)), ["read"]);
    let service = talk.service();
    assert_eq!((service.unread, service.read_by_staff), (0, message.seq));
    assert_eq!(talk.read(agent(), u64::MAX), [], "that it was read is nothing to read");
    assert_eq!(talk.read(other(), 1), []);
    let events = talk.read(customer(), 4);
    assert!(matches!(&events[..], [Event::Desk(DeskEvent::Read { reader: Reader::Customer, upto: 4, .. })]));
    assert_eq!(talk.try_desk(DeskCommand::Read { visitor: Visitor::Service, upto: 1 }), Err(Refusal::Forbidden));
}

#[test]
fn unread_messages_are_counted_exactly_as_far_as_their_places_are_kept() {
    let mut talk = Talk::waiting();
    let seqs: Vec<u64> = (0..UNREAD_TRACKED_MAX + 3).map(|_| talk.post(customer(), None).0.seq).collect();
    let all = UNREAD_TRACKED_MAX as u32 + 4;
    assert_eq!(talk.service().unread, all);
    talk.read(agent(), seqs[0]);
    assert_eq!(talk.service().unread, all, "where the oldest ones stand is not kept");
    talk.read(agent(), seqs[10]);
    assert_eq!(talk.service().unread as usize, seqs.len() - 11);
    talk.says();
    assert_eq!(talk.service().unread as usize, seqs.len() - 10);
    talk.writes(agent());
    assert_eq!(talk.service().unread, 0, "who answers has read");
}
