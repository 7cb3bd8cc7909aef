//! Threads of the corpus: mails one after another, in a small mailbox of our own.

use std::collections::HashMap;

use serde::Deserialize;
use switchboard::channels::email::thread::{
    By, ChangedSubject, Conversation, Found, Known, Placement, Seen, Stranger, ThreadPolicy, Why, place,
};
use switchboard::channels::email::{Incoming, MessageId, SignedAddress};
use switchboard::domain::{Email, OrganizationId, SessionId, Timestamp};

use super::parsed;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

#[derive(Deserialize)]
struct Table {
    thread: Vec<Thread>,
}

#[derive(Deserialize)]
struct Thread {
    about: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Step {
    Mail { mail: String, is: String },
    Sent { sent: String, session: String, subject: Option<String> },
    Delete { delete: String },
    Days { days: i64 },
    Policy { policy: String },
}

/// What a store would know.
#[derive(Default)]
struct Mailbox {
    conversations: HashMap<SessionId, Conversation>,
    deleted: Vec<SessionId>,
    /// Ids that lead to a session, of mails that were seen or only named.
    ids: HashMap<MessageId, SessionId>,
    taken: HashMap<MessageId, SessionId>,
    now: Timestamp,
}

impl Mailbox {
    fn found(&self, session: &SessionId) -> Found {
        if self.deleted.contains(session) {
            return Found::Deleted;
        }
        self.conversations.get(session).cloned().map_or(Found::Nothing, Found::Conversation)
    }

    fn keep(&mut self, mail: &Incoming, session: &SessionId) {
        for id in mail.ids() {
            self.ids.entry(id.clone()).or_insert_with(|| session.clone());
        }
        self.taken.insert(mail.id.clone(), session.clone());
        let people = mail.from.iter().map(|from| from.address.clone()).collect();
        let subject_key = mail.subject.key().to_owned();
        let now = self.now;
        let begun = Conversation { session: session.clone(), people, subject_key, last_at: now };
        self.conversations.entry(session.clone()).or_insert(begun).last_at = now;
    }
}

impl Known for Mailbox {
    fn by_message_id(&self, id: &MessageId) -> Found {
        self.ids.get(id).map_or(Found::Nothing, |session| self.found(session))
    }

    fn by_session(&self, session: &SessionId) -> Found {
        self.found(session)
    }

    fn by_subject(&self, sender: &Email, key: &str) -> Vec<Conversation> {
        let alive = self.conversations.values().filter(|found| !self.deleted.contains(&found.session));
        let mut found: Vec<_> =
            alive.filter(|one| one.people.contains(sender) && one.subject_key == key).cloned().collect();
        found.sort_by_key(|conversation| std::cmp::Reverse(conversation.last_at));
        found
    }

    fn seen(&self, id: &MessageId) -> Seen {
        match self.taken.get(id) {
            None => Seen::Never,
            Some(session) if self.deleted.contains(session) => Seen::Deleted,
            Some(_) => Seen::Kept,
        }
    }
}

#[test]
fn every_thread_of_the_corpus_goes_where_it_belongs() {
    let table: Table = toml::from_str(include_str!("corpus/threads.toml")).unwrap();
    let signed = SignedAddress::new(
        Email::parse("support@shop.example.test").unwrap(),
        OrganizationId::default_organization(),
        vec![7; 32].into(),
    )
    .unwrap();
    for thread in table.thread {
        let mut mailbox = Mailbox { now: Timestamp::parse("2026-11-02T10:00:00Z").unwrap(), ..Mailbox::default() };
        let mut policy = ThreadPolicy::default();
        for step in thread.steps {
            match step {
                Step::Mail { mail: file, is } => {
                    let mail = parsed(&format!("thread-{file}"));
                    let placement = place(&mail, &mailbox, &signed, &policy, mailbox.now);
                    let found = taken(&mut mailbox, &mail, &placement);
                    assert_eq!(found, is, "{}: {file}", thread.about);
                }
                Step::Sent { sent, session, subject } => {
                    let session = SessionId::parse(&session).unwrap();
                    mailbox.ids.insert(MessageId::parse(&sent).unwrap(), session.clone());
                    if let (Some(subject), Some(found)) = (subject, mailbox.conversations.get_mut(&session)) {
                        found.subject_key = subject;
                    }
                }
                Step::Delete { delete } => mailbox.deleted.push(SessionId::parse(&delete).unwrap()),
                Step::Days { days } => mailbox.now = mailbox.now.plus_ms(days * DAY_MS),
                Step::Policy { policy: wanted } => match wanted.as_str() {
                    "subject_continues" => policy.changed_subject = ChangedSubject::Continues,
                    "strangers_join" => policy.stranger = Stranger::Joins,
                    other => panic!("no such policy: {other}"),
                },
            }
        }
    }
}

/// Does what the placement says, and tells it in words.
fn taken(mailbox: &mut Mailbox, mail: &Incoming, placement: &Placement) -> String {
    let by = |by: &By| match by {
        By::References => "references",
        By::InReplyTo => "in_reply_to",
        By::Address => "address",
        By::Subject => "subject",
    };
    match placement {
        Placement::Continues { session, by: found } => {
            mailbox.keep(mail, session);
            format!("continues {session} {}", by(found))
        }
        Placement::Joins { session, by: found } => {
            mailbox.keep(mail, session);
            format!("joins {session} {}", by(found))
        }
        Placement::Begins { why, related } => {
            let session = SessionId::parse(&format!("s{}", mailbox.conversations.len() + 1)).unwrap();
            mailbox.keep(mail, &session);
            let why = match why {
                Why::Fresh => "fresh",
                Why::SubjectChanged => "subject_changed",
                Why::Stranger => "stranger",
                Why::Deleted => "deleted",
            };
            let related = related.as_ref().map(|related| format!(" related {related}")).unwrap_or_default();
            format!("begins {why} {session}{related}")
        }
        Placement::Duplicate => "duplicate".to_owned(),
        Placement::StaysDeleted => "stays_deleted".to_owned(),
    }
}
