//! The protocol's words for the domain's choices.

use crate::domain::desk::Availability;
use crate::domain::desk::event::{Mark, OfferEnd, Priority, Target};
use crate::domain::desk::news::TargetState;
use crate::domain::event::TurnOutcome;
use crate::domain::{Author, Channel, Notice, Owner};

pub(in crate::http::console) const fn owner(owner: &Owner) -> &'static str {
    match owner {
        Owner::Assistant => "assistant",
        Owner::Queue => "queue",
        Owner::Human { .. } => "human",
        Owner::Closed => "closed",
    }
}

pub(in crate::http::console) const fn channel(channel: Channel) -> &'static str {
    channel.as_str()
}

pub(in crate::http::console) const fn author(author: &Author) -> &'static str {
    match author {
        Author::Customer => "customer",
        Author::Assistant => "assistant",
        Author::Agent { .. } => "agent",
        Author::Notice(_) => "notice",
    }
}

pub(in crate::http::console) const fn notice(notice: Notice) -> &'static str {
    match notice {
        Notice::Handover => "handover",
        Notice::Queued => "queued",
        Notice::Fallback => "fallback",
        Notice::OutOfHours => "out_of_hours",
        Notice::Service => "service",
    }
}

pub(in crate::http::console) const fn priority(priority: Priority) -> &'static str {
    match priority {
        Priority::Urgent => "urgent",
        Priority::High => "high",
        Priority::Normal => "normal",
        Priority::Low => "low",
    }
}

pub(in crate::http::console) const fn offer_end(how: OfferEnd) -> &'static str {
    match how {
        OfferEnd::Accepted => "accepted",
        OfferEnd::Declined => "declined",
        OfferEnd::TimedOut => "timed_out",
        OfferEnd::Withdrawn => "withdrawn",
    }
}

pub(in crate::http::console) const fn target(target: Target) -> &'static str {
    match target {
        Target::FirstResponse => "first_response",
        Target::NextResponse => "next_response",
        Target::Resolution => "resolution",
    }
}

pub(super) const fn mark(mark: Mark) -> &'static str {
    match mark {
        Mark::Warned => "warned",
        Mark::Breached => "breached",
    }
}

pub(super) const fn target_state(state: TargetState) -> &'static str {
    match state {
        TargetState::Running => "running",
        TargetState::Paused => "paused",
        TargetState::Warned => "warned",
        TargetState::Breached => "breached",
    }
}

pub(super) const fn availability(said: Availability) -> &'static str {
    match said {
        Availability::Available => "available",
        Availability::Busy => "busy",
        Availability::Away => "away",
    }
}

pub(super) const fn outcome(outcome: TurnOutcome) -> &'static str {
    match outcome {
        TurnOutcome::Replied => "replied",
        TurnOutcome::HandedOver => "handed_over",
        TurnOutcome::Queued => "queued",
        TurnOutcome::Fallback => "fallback",
        TurnOutcome::TakenOver => "taken_over",
        TurnOutcome::Closed => "closed",
    }
}
