//! An offer stands while the session may be theirs who were asked.

use std::sync::Arc;

use switchboard::domain::desk::agent::{AgentProfile, Availability};
use switchboard::domain::desk::board::{Arrival, Board};
use switchboard::domain::desk::event::{Offer, OfferEnd, Routing};
use switchboard::domain::desk::settings::DeskSettings;
use switchboard::domain::desk::{DeskCommand, Service};
use switchboard::domain::{
    Case, Command, Label, OrganizationId, Owner, PersonName, SessionId, SessionKey, State, Timestamp, UserId,
};
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);
const ANN: UserId = UserId(Uuid::from_u128(1));
const BOB: UserId = UserId(Uuid::from_u128(2));

fn name() -> PersonName {
    PersonName::parse("name", "Jo").unwrap()
}

fn waiting(seq: u64, skills: &[&str], offered_to: Option<UserId>) -> Arc<Case> {
    let key =
        SessionKey { organization: OrganizationId::default_organization(), session: SessionId::parse("s").unwrap() };
    let skills = skills.iter().map(|skill| Label::parse("skill", skill).unwrap()).collect();
    let offer = offered_to.map(|user| Offer { user, name: name(), until: NOW.plus_ms(30_000), at: NOW });
    let routing = Routing { skills, ..Routing::default() };
    let mut case = Case::of(&State::unborn(key), None);
    (case.seq, case.owner) = (seq, Owner::Queue);
    case.service = Service { routing, offer, queued_at: Some(NOW), ..Service::default() };
    Arc::new(case)
}

fn orders(board: &mut Board) -> Vec<DeskCommand> {
    board.settle(NOW);
    let commands = board.take().commands.into_iter();
    commands
        .map(|order| if let Command::Desk(command) = order.command { command } else { panic!("{order:?}") })
        .collect()
}

#[test]
fn an_offer_to_somebody_whom_the_session_no_longer_asks_for_is_withdrawn() {
    let organization = OrganizationId::default_organization();
    let mut board = Board::new(organization.clone(), Arc::new(DeskSettings::default()), 1, NOW);
    let billing = vec![Label::parse("skill", "billing").unwrap()];
    board.set_profile(AgentProfile { skills: billing, ..AgentProfile::plain(organization, BOB) });
    board.came(ANN, name(), Arrival::Connected(Availability::Available), NOW);
    board.came(BOB, name(), Arrival::Connected(Availability::Available), NOW);
    board.see(&waiting(1, &["billing"], Some(BOB)), &[], NOW);
    assert!(orders(&mut board).is_empty(), "who was asked still may");
    board.see(&waiting(2, &["billing"], Some(ANN)), &[], NOW);
    let ordered = orders(&mut board);
    let is_withdrawn =
        |order: &DeskCommand| matches!(order, DeskCommand::EndOffer { user, how: OfferEnd::Withdrawn } if *user == ANN);
    assert!(ordered.len() == 1 && ordered.iter().all(is_withdrawn), "{ordered:?}");
}
