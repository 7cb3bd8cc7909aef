//! What people and the desk do in an interleaving.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use switchboard::domain::desk::DeskCommand;
use switchboard::domain::desk::command::TransferTo;
use switchboard::domain::desk::event::{Mark, OfferEnd, Priority, Summary, Target, TeamId};
use switchboard::domain::{
    Body, ClientMessageId, Command, DeskEvent, Event, Label, Outcome, Owner, Refusal, UserId, Visitor,
};
use uuid::Uuid;

use super::sim::{Sim, agent_at, fresh_id};
use super::step::DeskStep;

impl Sim {
    pub(super) fn take_desk(&mut self, step: &DeskStep) -> Result<(), TestCaseError> {
        if !self.state.exists() {
            return Ok(());
        }
        match *step {
            DeskStep::Offer { agent, behind } => self.offer(agent, u64::from(behind)),
            DeskStep::EndOffer { agent, how } => {
                self.desk(DeskCommand::EndOffer { user: user_at(agent), how: how_at(how) }).map(drop)
            }
            DeskStep::AcceptOffer { agent, behind } => self.accept_offer(agent, u64::from(behind)),
            DeskStep::Route { agent, kind } => self.desk(route(agent, kind)).map(drop),
            DeskStep::Transfer { agent, to } => self.transfer(agent, to),
            DeskStep::Abandon { agent } => self.abandon(agent),
            DeskStep::Note { agent, client_id } => self.note(agent, client_id),
            DeskStep::Hold { agent } => self.desk(DeskCommand::Hold { visitor: agent_at(agent) }).map(drop),
            DeskStep::Unhold { agent } => self.desk(DeskCommand::Unhold { visitor: agent_at(agent) }).map(drop),
            DeskStep::Read { by, upto } => {
                let visitor = if by == 0 { self.customer() } else { agent_at(by - 1) };
                self.desk(DeskCommand::Read { visitor, upto: u64::from(upto) }).map(drop)
            }
            DeskStep::WrapUp { agent } => {
                let reason = Label::parse("reason", "solved").unwrap();
                self.desk(DeskCommand::WrapUp { visitor: agent_at(agent), reason, summary: None, if_epoch: None })?
                    .unwrap();
                prop_assert_eq!(&self.state.owner, &Owner::Closed);
                Ok(())
            }
            DeskStep::Rate { score } => {
                let rate = DeskCommand::Rate { visitor: self.customer(), score, comment: None };
                self.desk(rate).map(drop)
            }
            DeskStep::Mark { target, mark } => {
                let target = [Target::FirstResponse, Target::NextResponse, Target::Resolution][usize::from(target % 3)];
                let mark = if mark.is_multiple_of(2) { Mark::Warned } else { Mark::Breached };
                self.desk(DeskCommand::Mark { target, mark }).map(drop)
            }
            DeskStep::Summarize { upto } => {
                let summary = Summary { asked: "a refund".to_owned(), ..Summary::default() };
                self.desk(DeskCommand::Summarize { summary, upto: u64::from(upto) }).map(drop)
            }
        }
    }

    /// What came of it; a conflict or a bad score is an answer too, and then nothing happened.
    fn desk(&mut self, command: DeskCommand) -> Result<Result<Outcome, Refusal>, TestCaseError> {
        let command = Command::Desk(command);
        match self.decide(&command) {
            Ok(_) => Ok(Ok(self.carry(&command)?.expect("it was decided"))),
            Err(refusal @ (Refusal::Conflict { .. } | Refusal::Invalid { .. })) => Ok(Err(refusal)),
            Err(refusal) => Err(TestCaseError::fail(format!("{} was refused: {refusal}", command.name()))),
        }
    }

    fn offer(&mut self, agent: u8, behind: u64) -> Result<(), TestCaseError> {
        let Visitor::Staff { user, name } = agent_at(agent) else { unreachable!("agents are staff") };
        let if_epoch = self.ledger.epoch.saturating_sub(behind);
        let may =
            self.ledger.owner == Owner::Queue && if_epoch == self.ledger.epoch && self.ledger.desk.offer.is_none();
        let offered = self.desk(DeskCommand::Offer { user, name, until: self.now.plus_ms(30_000), if_epoch })?;
        prop_assert_eq!(offered.is_ok(), may, "offers: {:?}", offered);
        Ok(())
    }

    /// Only to whom it is offered, and only as they saw it; whoever has it already has accepted.
    fn accept_offer(&mut self, agent: u8, behind: u64) -> Result<(), TestCaseError> {
        let if_epoch = self.ledger.epoch.saturating_sub(behind);
        let has = |owner: &Owner| matches!(owner, Owner::Human { user, .. } if *user == user_at(agent));
        let offered = if_epoch == self.ledger.epoch && self.ledger.desk.offer == Some(user_at(agent));
        let may = offered || has(&self.ledger.owner);
        let accepted = self.desk(DeskCommand::Accept { visitor: agent_at(agent), if_epoch })?;
        prop_assert_eq!(accepted.is_ok(), may, "accepts: {:?}", accepted);
        prop_assert_eq!(has(&self.state.owner), may);
        Ok(())
    }

    fn transfer(&mut self, agent: u8, to: u8) -> Result<(), TestCaseError> {
        let Visitor::Staff { user, name } = agent_at(to % 2) else { unreachable!("agents are staff") };
        let closed = self.ledger.owner == Owner::Closed;
        let (target, may) = if to.is_multiple_of(3) {
            (TransferTo::Team(TeamId(Uuid::nil())), !closed)
        } else {
            let has = matches!(&self.ledger.owner, Owner::Human { user: owner, .. } if *owner == user);
            (TransferTo::Agent { user, name }, !closed && !has)
        };
        let note = to.is_multiple_of(2).then(|| Body::parse("note", "mind this").unwrap());
        let command = DeskCommand::Transfer {
            visitor: agent_at(agent),
            to: target.clone(),
            note,
            note_id: fresh_id(),
            if_epoch: None,
        };
        let transferred = self.desk(command)?;
        prop_assert_eq!(transferred.is_ok(), may, "transfers: {:?}", transferred);
        let arrived = match (&target, &self.state.owner) {
            (TransferTo::Team(_), owner) => *owner == Owner::Queue,
            (TransferTo::Agent { user, .. }, Owner::Human { user: owner, .. }) => user == owner,
            (TransferTo::Agent { .. }, _) => false,
        };
        prop_assert!(!may || arrived, "transferred to {:?}, and {:?} has it", target, self.state.owner);
        Ok(())
    }

    /// Who was in the queue before keeps their place in it.
    fn abandon(&mut self, agent: u8) -> Result<(), TestCaseError> {
        let had = matches!(&self.ledger.owner, Owner::Human { user, .. } if *user == user_at(agent));
        let queued_at = self.state.service.as_ref().and_then(|service| service.queued_at);
        self.desk(DeskCommand::Abandon { user: user_at(agent) })?.unwrap();
        if had {
            prop_assert_eq!(&self.state.owner, &Owner::Queue);
            let kept = self.state.service.as_ref().and_then(|service| service.queued_at);
            prop_assert_eq!(kept, queued_at.or(Some(self.now)), "a customer lost their place");
        }
        Ok(())
    }

    fn note(&mut self, agent: u8, client_id: Option<u8>) -> Result<(), TestCaseError> {
        let (visitor, client_id) =
            (agent_at(agent), client_id.map(|id| ClientMessageId::parse(&format!("m{id}")).unwrap()));
        let known =
            client_id.as_ref().and_then(|id| self.ledger.ids.get(&(visitor.user(), id.as_str().to_owned())).copied());
        if let (Some(id), Some(_)) = (&client_id, known)
            && self.state.recent(visitor.user(), id).is_none()
        {
            prop_assert!(self.state.forgot_ids(), "an id is neither known nor asked of the store");
            return Ok(());
        }
        let (id, before) = (fresh_id(), self.log.len());
        let body = Body::parse("text", "mind this").unwrap();
        let outcome = self.desk(DeskCommand::Note { visitor, id, body, client_id })?;
        let Ok(Outcome::Posted(receipt)) = outcome else { return Err(TestCaseError::fail("a note without a receipt")) };
        if let Some(first) = known {
            prop_assert!(receipt.duplicate && (receipt.message, receipt.seq) == first && self.log.len() == before);
            return Ok(());
        }
        let stands = &self.log[usize::try_from(receipt.seq - 1).unwrap()];
        let noted = matches!(stands, Event::Desk(DeskEvent::Noted(note)) if note.id == id);
        prop_assert!(noted && !receipt.duplicate, "the receipt is wrong");
        Ok(())
    }
}

fn user_at(agent: u8) -> UserId {
    agent_at(agent).user().unwrap()
}

const fn how_at(how: u8) -> OfferEnd {
    match how % 4 {
        0 => OfferEnd::Accepted,
        1 => OfferEnd::Declined,
        2 => OfferEnd::TimedOut,
        _ => OfferEnd::Withdrawn,
    }
}

fn route(agent: u8, kind: u8) -> DeskCommand {
    let skill = |name| Label::parse("skill", name).unwrap();
    DeskCommand::Route {
        visitor: agent_at(agent),
        priority: (kind & 1 == 1).then_some(Priority::Urgent),
        skills: (kind & 2 == 2).then(|| vec![skill("de"), skill("billing"), skill("de")]),
        team: (kind & 4 == 4).then_some((kind & 8 == 8).then_some(TeamId(Uuid::nil()))),
    }
}
