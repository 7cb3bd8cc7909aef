//! Judges a log by reading only the log: a second, naive account of what the promises say, kept apart from the state
//! that the rules themselves keep.

use std::collections::{BTreeMap, BTreeSet};

use super::desk_ledger::DeskLedger;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use switchboard::domain::event::{Suggestion, TurnOutcome};
use switchboard::domain::session::{Purpose, Work};
use switchboard::domain::{
    Author, ClientMessageId, DeskEvent, Event, Message, MessageId, Notice, Owner, Policy, Timestamp, UserId,
};

/// What the log says so far.
#[derive(Debug)]
pub(super) struct Ledger {
    /// Events read.
    pub seq: u64,
    pub owner: Owner,
    pub epoch: u64,
    /// The customer's newest message.
    pub newest_customer: u64,
    /// The first message with each id of each sender.
    pub ids: BTreeMap<(Option<UserId>, String), (MessageId, u64)>,
    /// The customer's messages that the assistant has taken in and not ended.
    pub taken_in: BTreeSet<u64>,
    /// The customer's messages that nobody has answered.
    waiting: BTreeSet<u64>,
    /// Messages by the epoch in which their turn ended.
    ended: BTreeSet<(u64, u64)>,
    replied_upto: u64,
    suggested_upto: u64,
    queue_notice_at: Option<Timestamp>,
    /// What it says about people.
    pub desk: DeskLedger,
}

impl Ledger {
    pub(super) fn new() -> Self {
        Self {
            seq: 0,
            owner: Owner::Assistant,
            epoch: 0,
            newest_customer: 0,
            ids: BTreeMap::new(),
            taken_in: BTreeSet::new(),
            waiting: BTreeSet::new(),
            ended: BTreeSet::new(),
            replied_upto: 0,
            suggested_upto: 0,
            queue_notice_at: None,
            desk: DeskLedger::default(),
        }
    }

    /// Reads what one command led to; `work` is what came to an end, if that was the command.
    pub(super) fn read(&mut self, events: &[Event], work: Option<Work>, policy: &Policy) -> Result<(), TestCaseError> {
        let epoch_before = self.epoch;
        for (at, event) in events.iter().enumerate() {
            self.seq += 1;
            match event {
                Event::Started(_) => prop_assert_eq!(self.seq, 1, "a session begins once"),
                Event::Posted(message) => self.posted(message, work, epoch_before, policy)?,
                Event::OwnerMoved { owner, epoch, .. } => self.moved(owner, *epoch)?,
                Event::TurnEnded { turn, upto, outcome } => {
                    self.turn_ended(*turn, *upto, *outcome, epoch_before)?;
                    prop_assert!(is_heard(*outcome, events), "a turn ended in silence: {:?} {:?}", outcome, events);
                }
                Event::ContextReset { keep_from } => {
                    prop_assert!(
                        self.waiting.iter().all(|seq| seq >= keep_from),
                        "a reset took unanswered messages along"
                    );
                }
                Event::Suggested(suggestion) => self.suggested(suggestion, work, policy)?,
                Event::CommandParked { .. } => prop_assert_eq!(at, 0),
                Event::Condensed(condensed) => prop_assert!(condensed.upto < self.seq, "it is of what was said before"),
                Event::Desk(event) => self.desk(event, policy)?,
            }
        }
        prop_assert!(self.taken_in.is_empty() || self.owner == Owner::Assistant, "only the assistant has a turn");
        Ok(())
    }

    fn posted(
        &mut self,
        message: &Message,
        work: Option<Work>,
        epoch_before: u64,
        policy: &Policy,
    ) -> Result<(), TestCaseError> {
        prop_assert!(self.owner != Owner::Closed, "nothing is posted into a closed session");
        self.desk.posted(self.seq, message)?;
        prop_assert!(!message.body.as_str().trim().is_empty(), "nobody posts silence");
        let user = match &message.author {
            Author::Customer => {
                self.customer_wrote();
                None
            }
            Author::Assistant => {
                self.assistant_wrote(message, work, epoch_before, policy)?;
                return Ok(());
            }
            Author::Agent { user, .. } => {
                let owns = matches!(&self.owner, Owner::Human { user: owner, .. } if owner == user);
                prop_assert!(owns, "an agent wrote without owning the session");
                self.waiting.clear();
                Some(*user)
            }
            Author::Notice(kind) => return self.noticed(*kind, message.at, policy),
        };
        self.id_used(user, message.client_id.as_ref(), message.id)
    }

    fn desk(&mut self, event: &DeskEvent, policy: &Policy) -> Result<(), TestCaseError> {
        if let DeskEvent::Noted(note) = event {
            self.id_used(Some(note.user), note.client_id.as_ref(), MessageId(note.id))?;
        }
        self.desk.desk(event, &self.owner, policy.desk.rating)
    }

    fn id_used(
        &mut self,
        user: Option<UserId>,
        id: Option<&ClientMessageId>,
        message: MessageId,
    ) -> Result<(), TestCaseError> {
        let Some(id) = id else { return Ok(()) };
        let known = self.ids.insert((user, id.as_str().to_owned()), (message, self.seq));
        prop_assert!(known.is_none(), "the same client id made two messages");
        Ok(())
    }

    fn customer_wrote(&mut self) {
        self.newest_customer = self.seq;
        self.waiting.insert(self.seq);
        if self.owner == Owner::Assistant {
            self.taken_in.insert(self.seq);
        }
    }

    fn assistant_wrote(
        &mut self,
        message: &Message,
        work: Option<Work>,
        epoch_before: u64,
        policy: &Policy,
    ) -> Result<(), TestCaseError> {
        let Some(work) = work else {
            return Err(TestCaseError::fail("the assistant posted without having worked"));
        };
        prop_assert_eq!(work.purpose, Purpose::Reply, "a suggestion was posted");
        prop_assert!(policy.assistant.auto_reply, "the assistant answers though it is only to suggest");
        let confidence = message.reading.as_ref().map_or(0.0, |reading| reading.confidence);
        let sure = message.asks_for.is_some() || confidence >= policy.assistant.confidence_floor;
        prop_assert!(sure, "an answer that nobody is sure of was posted");
        prop_assert!(
            message.body.as_str().chars().count() <= policy.assistant.reply_max_chars as usize,
            "an answer is longer than the organization allows"
        );
        prop_assert_eq!(&self.owner, &Owner::Assistant, "the assistant posted into somebody else's session");
        prop_assert_eq!(work.epoch, epoch_before, "a reply of an older epoch was posted");
        prop_assert_eq!(work.upto, self.newest_customer, "a superseded reply was posted");
        prop_assert!(self.newest_customer > self.replied_upto, "two replies for one burst");
        self.replied_upto = self.newest_customer;
        self.waiting.clear();
        Ok(())
    }

    /// The staff is told what is new to them; where the assistant could have answered, only what was kept back.
    fn suggested(&mut self, suggestion: &Suggestion, work: Option<Work>, policy: &Policy) -> Result<(), TestCaseError> {
        let Some(work) = work else { return Err(TestCaseError::fail("a suggestion without work")) };
        prop_assert_eq!((suggestion.turn, suggestion.upto), (work.turn, work.upto));
        prop_assert_eq!(work.epoch, self.epoch, "a suggestion of an older epoch");
        prop_assert_eq!(suggestion.upto, self.newest_customer, "a superseded suggestion");
        match (work.purpose, &self.owner) {
            (Purpose::Reply, Owner::Assistant) => {
                let settings = &policy.assistant;
                let unsure = suggestion.reading.confidence < settings.confidence_floor;
                prop_assert!(!settings.auto_reply || unsure, "an answer was kept back for no reason");
            }
            (Purpose::Suggestion, Owner::Queue | Owner::Human { .. }) => {
                prop_assert!(policy.suggests, "a suggestion that nobody wants");
                prop_assert!(suggestion.upto > self.suggested_upto, "the same suggestion twice");
            }
            (purpose, owner) => prop_assert!(false, "a suggestion for {:?} with {:?}", purpose, owner),
        }
        self.suggested_upto = self.suggested_upto.max(suggestion.upto);
        Ok(())
    }

    fn noticed(&mut self, kind: Notice, at: Timestamp, policy: &Policy) -> Result<(), TestCaseError> {
        if matches!(kind, Notice::Queued | Notice::OutOfHours) {
            prop_assert_eq!(kind == Notice::Queued, policy.desk.is_open(at), "told of the wrong hours");
            prop_assert_eq!(&self.owner, &Owner::Queue, "told to wait by somebody who does not");
            if let Some(told) = self.queue_notice_at.filter(|told| *told <= at) {
                prop_assert!(at.since_ms(told) >= policy.queue_notice_every_ms, "told to wait too often");
            }
            self.queue_notice_at = Some(at);
        }
        Ok(())
    }

    fn moved(&mut self, owner: &Owner, epoch: u64) -> Result<(), TestCaseError> {
        prop_assert_eq!(epoch, self.epoch + 1, "each change of owner raises the epoch by one");
        prop_assert!(*owner != self.owner, "a move to the same owner");
        self.desk.moved(owner)?;
        self.epoch = epoch;
        self.owner = owner.clone();
        self.queue_notice_at = None;
        match owner {
            Owner::Assistant => self.taken_in.extend(self.waiting.iter().copied()),
            Owner::Queue => {}
            Owner::Human { .. } | Owner::Closed => self.waiting.clear(),
        }
        Ok(())
    }

    fn turn_ended(&mut self, turn: u64, upto: u64, outcome: TurnOutcome, epoch: u64) -> Result<(), TestCaseError> {
        let covered = std::mem::take(&mut self.taken_in);
        prop_assert!(!covered.is_empty(), "a turn ended that was not open");
        prop_assert_eq!(covered.first(), Some(&turn), "a turn is named for its first message");
        prop_assert_eq!(covered.last(), Some(&upto), "a turn ends with its newest message");
        for seq in covered {
            prop_assert!(self.ended.insert((seq, epoch)), "message {} was ended twice", seq);
            if !matches!(outcome, TurnOutcome::Queued | TurnOutcome::TakenOver) {
                self.waiting.remove(&seq);
            }
        }
        Ok(())
    }

    /// The first of the customer's messages that nobody has answered.
    pub(super) fn first_waiting(&self) -> Option<u64> {
        self.waiting.first().copied()
    }

    /// Whether the customer in the queue has been told since they came there.
    pub(super) fn waits_untold(&self) -> bool {
        self.owner == Owner::Queue && self.queue_notice_at.is_none() && self.newest_customer > 0
    }
}

/// Whether a turn's end comes with something that the customer hears, or with a human who answers.
fn is_heard(outcome: TurnOutcome, events: &[Event]) -> bool {
    let posted = |wanted: &Author| events.iter().any(|event| matches!(event, Event::Posted(m) if m.author == *wanted));
    let moved = |wanted: fn(&Owner) -> bool| {
        events.iter().any(|event| matches!(event, Event::OwnerMoved { owner, .. } if wanted(owner)))
    };
    match outcome {
        TurnOutcome::Replied => posted(&Author::Assistant),
        TurnOutcome::HandedOver => posted(&Author::Notice(Notice::Handover)),
        TurnOutcome::Queued => posted(&Author::Notice(Notice::Queued)) || posted(&Author::Notice(Notice::OutOfHours)),
        TurnOutcome::Fallback => posted(&Author::Notice(Notice::Fallback)),
        TurnOutcome::TakenOver => moved(|owner| matches!(owner, Owner::Human { .. })),
        TurnOutcome::Closed => moved(|owner| *owner == Owner::Closed),
    }
}
