//! When a customer is asked how it was: as they part, once for each stay with people, never while an older question is open.

use super::event::{DeskEvent, Rating};
use super::service::RatingState;
use super::settings::RatingPolicy;
use crate::domain::decide::Moment;
use crate::domain::{Body, Event, Refusal, State, Timestamp};

/// The worst and the best score.
const SCORES: std::ops::RangeInclusive<u8> = 1..=5;

/// Asks the customer of a session that is closed now, if they are to be asked.
pub(in crate::domain) fn asked(state: &State, at: Moment<'_>) -> Option<Event> {
    is_wanted(state, at.policy.desk.rating).then_some(Event::Desk(DeskEvent::RatingAsked { at: at.now }))
}

/// What the customer says, if they were asked.
pub(super) fn given(state: &State, score: u8, comment: Option<&Body>, at: Timestamp) -> Result<Event, Refusal> {
    if !SCORES.contains(&score) {
        return Err(Refusal::invalid("score", "must be between 1 and 5"));
    }
    let service = state.service.as_ref().filter(|service| service.rating == RatingState::Asked);
    let service = service.ok_or_else(|| Refusal::conflict("nobody asked for a rating, or it was given"))?;
    let rating = Rating { score, comment: comment.cloned(), about: service.last_agent, at };
    Ok(Event::Desk(DeskEvent::Rated(rating)))
}

/// A customer who has answered is asked again only after a person wrote to them again.
fn is_wanted(state: &State, policy: RatingPolicy) -> bool {
    let (rating, human_wrote) = match &state.service {
        Some(service) => (service.rating, service.human_wrote),
        None => (RatingState::NotAsked, false),
    };
    match (policy, rating) {
        (RatingPolicy::Never, _) | (_, RatingState::Asked) => false,
        (RatingPolicy::Always, RatingState::NotAsked) => state.counters.customer_messages > 0,
        (RatingPolicy::Always, RatingState::Given(_)) | (RatingPolicy::Human, _) => human_wrote,
    }
}
