//! What people and the desk do with a session, by subject; here, what they can do with one.

mod notes;
mod offers;
mod promises;
mod ratings;
mod routing;
mod summaries;
mod transfers;

use std::sync::Arc;

use super::*;
use crate::domain::desk::command::TransferTo;
use crate::domain::desk::event::{Mark, Priority, Reader, Routing, Skill, Summary, Target, TeamId};
use crate::domain::desk::hours::{Hours, Week};
use crate::domain::desk::service::{RatingState, Service, UNREAD_TRACKED_MAX};
use crate::domain::desk::settings::{RatingPolicy, Rule};
use crate::domain::desk::{DeskCommand, DeskSettings};
use crate::domain::{Label, Timestamp};

const OFFER_MS: i64 = 30_000;

impl Talk {
    /// A session that waits for a human.
    fn waiting() -> Self {
        let mut talk = Self::new();
        talk.says();
        talk.act(Command::RequestHuman { visitor: customer() });
        talk
    }

    /// A session that a person has.
    fn taken() -> Self {
        let mut talk = Self::waiting();
        talk.act(Command::TakeOver { visitor: agent(), if_epoch: None });
        talk
    }

    fn set(&mut self, change: impl FnOnce(&mut DeskSettings)) {
        change(Arc::make_mut(&mut self.policy.desk));
    }

    fn desk(&mut self, command: DeskCommand) -> Vec<Event> {
        self.act(Command::Desk(command))
    }

    fn try_desk(&mut self, command: DeskCommand) -> Result<Decision, Refusal> {
        self.try_do(Command::Desk(command))
    }

    fn service(&self) -> &Service {
        self.state.service.as_deref().unwrap()
    }

    fn offer(&self, to: &Visitor) -> DeskCommand {
        let Visitor::Staff { user, name } = to else { panic!("offers are for staff") };
        let until = self.now.plus_ms(OFFER_MS);
        DeskCommand::Offer { user: *user, name: name.clone(), until, if_epoch: self.state.epoch }
    }

    fn accept(&self, visitor: Visitor) -> DeskCommand {
        DeskCommand::Accept { visitor, if_epoch: self.state.epoch }
    }

    fn writes(&mut self, visitor: Visitor) -> Vec<Event> {
        self.post(visitor, None).1
    }

    fn note(&mut self, visitor: Visitor, client_id: Option<&str>) -> Result<(Receipt, Vec<Event>), Refusal> {
        let client_id = client_id.map(|id| ClientMessageId::parse(id).unwrap());
        let decision =
            self.try_desk(DeskCommand::Note { visitor, id: fresh_id(), body: body("mind this"), client_id })?;
        let Outcome::Posted(receipt) = decision.outcome else { panic!("no receipt") };
        Ok((receipt, decision.events))
    }

    fn read(&mut self, visitor: Visitor, upto: u64) -> Vec<Event> {
        self.desk(DeskCommand::Read { visitor, upto })
    }

    fn rate(&mut self, visitor: Visitor, score: u8) -> Result<Decision, Refusal> {
        self.try_desk(DeskCommand::Rate { visitor, score, comment: None })
    }
}

fn other() -> Visitor {
    Visitor::Staff { user: UserId(Uuid::from_u128(2)), name: PersonName::parse("name", "Kim Ray").unwrap() }
}

fn user(visitor: &Visitor) -> UserId {
    visitor.user().unwrap()
}

fn body(text: &str) -> Body {
    Body::parse("text", text).unwrap()
}

fn skill(name: &str) -> Skill {
    Label::parse("skill", name).unwrap()
}

fn to_agent(visitor: &Visitor) -> TransferTo {
    let Visitor::Staff { user, name } = visitor else { panic!("not staff") };
    TransferTo::Agent { user: *user, name: name.clone() }
}

fn transfer(visitor: Visitor, to: TransferTo, note: Option<&str>) -> DeskCommand {
    DeskCommand::Transfer { visitor, to, note: note.map(body), note_id: fresh_id(), if_epoch: None }
}

const fn is_conflict<T>(result: &Result<T, Refusal>) -> bool {
    matches!(result, Err(Refusal::Conflict { .. }))
}
