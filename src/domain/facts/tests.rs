//! Small stories of one session, with the clock in minutes, and what they come to.

use uuid::Uuid;

use super::*;
use crate::domain::desk::event::Rating;
use crate::domain::event::Suggestion;
use crate::domain::{Body, MessageId, Notice, PersonName, Reading};

const MINUTE_MS: i64 = 60_000;

/// A session and what its events meant, with the clock in minutes.
struct Story {
    facts: Facts,
    heard: Vec<Happening>,
}

impl Story {
    fn begin() -> Self {
        let started = Started {
            customer: CustomerId::parse("jo").unwrap(),
            verified: true,
            channel: Channel::Web,
            resume: None,
            at: at(0),
            language: None,
            name: None,
        };
        Self { facts: Facts::begin(&started), heard: Vec::new() }
    }

    fn says(&mut self, minute: i64, author: Author, intent: Option<&str>) -> &mut Self {
        let reading = intent.map(|intent| Reading { intent: intent.to_owned(), ..Reading::default() });
        let body = Body::parse("text", "words").unwrap();
        let plain = crate::domain::command::plain_message(MessageId(Uuid::nil()), author, body, at(minute));
        self.take(&Event::Posted(Message { reading, ..plain }))
    }

    fn moves(&mut self, minute: i64, owner: Owner) -> &mut Self {
        let epoch = self.facts.epoch + 1;
        self.take(&Event::OwnerMoved { owner, epoch, reason: String::new(), by: None, at: at(minute) })
    }

    fn take(&mut self, event: &Event) -> &mut Self {
        self.facts.take(event, &mut |_, happening| self.heard.push(happening));
        self
    }

    fn heard(&mut self) -> Vec<Happening> {
        self.heard.drain(..).filter(|happening| !matches!(happening, Happening::Said(_))).collect()
    }
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_ms(minute * MINUTE_MS)
}

fn agent() -> Author {
    Author::Agent { user: UserId(Uuid::nil()), name: PersonName::parse("name", "Kim").unwrap() }
}

fn human() -> Owner {
    Owner::Human { user: UserId(Uuid::nil()), name: PersonName::parse("name", "Kim").unwrap() }
}

const fn minutes(minutes: u64) -> u64 {
    minutes * MINUTE_MS.unsigned_abs()
}

#[test]
fn a_wait_runs_from_the_first_unanswered_message_to_the_answer() {
    let mut story = Story::begin();
    story.says(1, Author::Customer, None).says(2, Author::Customer, None);
    assert_eq!((story.facts.standing(), story.facts.waiting_since), (Standing::Pending, Some(at(1))));
    story.says(4, Author::Assistant, Some("greet")).says(5, Author::Assistant, None);
    assert_eq!(
        story.heard(),
        [
            Happening::Understood("greet".to_owned()),
            Happening::FirstAnswered { by: Responder::Assistant, ms: minutes(3) },
            Happening::Answered { by: Responder::Assistant, ms: minutes(3) }
        ]
    );
    assert_eq!((story.facts.standing(), story.facts.duration_ms()), (Standing::Active, minutes(4)));
}

#[test]
fn a_notice_is_no_answer_and_no_last_word() {
    let mut story = Story::begin();
    story.says(1, Author::Customer, None).says(2, Author::Notice(Notice::Fallback), Some(""));
    assert_eq!((story.facts.standing(), story.heard()), (Standing::Pending, Vec::new()));
    assert_eq!((story.facts.said.total(), story.facts.first_intent.clone()), (2, None));
}

#[test]
fn a_handover_leaves_the_assistant_and_a_human_ends_the_wait() {
    let mut story = Story::begin();
    story.says(1, Author::Customer, None).moves(2, Owner::Queue);
    assert_eq!(story.heard(), [Happening::Left { holder: Holder::Assistant, ms: minutes(2) }, Happening::HandedOver]);
    story.moves(10, human()).says(11, agent(), None).moves(20, Owner::Closed);
    assert_eq!(
        story.heard(),
        [
            Happening::Left { holder: Holder::Queue, ms: minutes(8) },
            Happening::TakenBy(UserId(Uuid::nil())),
            Happening::FirstAnswered { by: Responder::Human, ms: minutes(10) },
            Happening::Answered { by: Responder::Human, ms: minutes(10) },
            Happening::FirstServed { user: UserId(Uuid::nil()), ms: minutes(9) },
            Happening::Left { holder: Holder::Human(UserId(Uuid::nil())), ms: minutes(10) },
            Happening::Resolved { by: Responder::Human, ms: minutes(19) },
        ]
    );
    assert_eq!((story.facts.handovers, story.facts.standing()), (1, Standing::Closed));
}

#[test]
fn each_request_is_resolved_by_itself_and_the_time_between_them_is_nobodys() {
    let mut story = Story::begin();
    story.says(1, Author::Customer, None).says(2, Author::Assistant, None).moves(3, Owner::Closed);
    story.moves(1_000, Owner::Assistant).says(1_000, Author::Customer, None).moves(1_005, Owner::Closed);
    let resolved = |ms| Happening::Resolved { by: Responder::Assistant, ms };
    let heard = story.heard();
    assert_eq!(heard.iter().filter(|one| **one == resolved(minutes(2))).count(), 1, "{heard:?}");
    assert_eq!(heard.iter().filter(|one| **one == resolved(minutes(5))).count(), 1, "{heard:?}");
    assert_eq!((story.facts.held.assistant.count, story.facts.held.assistant.ms), (2, minutes(8)));
    assert_eq!(story.facts.waiting_since, None);
}

#[test]
fn a_clock_that_goes_back_makes_no_negative_time() {
    let mut story = Story::begin();
    story.says(10, Author::Customer, None).says(5, Author::Assistant, None).moves(1, Owner::Closed);
    assert_eq!(story.facts.answers.assistant.ms, 0);
    assert_eq!((story.facts.first_message_at, story.facts.last_message_at), (Some(at(5)), Some(at(10))));
}

#[test]
fn only_the_newest_stays_are_kept_one_by_one() {
    let mut story = Story::begin();
    for minute in 1..=40 {
        story.moves(minute, if minute % 2 == 1 { Owner::Queue } else { Owner::Assistant });
    }
    assert_eq!(story.facts.stays.len(), STAYS_MAX);
    assert_eq!(story.facts.stays.last().map(|stay| stay.to), Some(at(40)));
    assert_eq!(story.facts.held.assistant.count + story.facts.held.queue.count, 40);
}

#[test]
fn a_turn_that_was_understood_for_a_suggestion_is_not_counted_again_with_its_answer() {
    let mut story = Story::begin();
    let reading = |intent: &str| Reading { intent: intent.to_owned(), ..Reading::default() };
    let suggested = |upto, intent| Suggestion { turn: 2, upto, reading: reading(intent), text: None, at: at(1) };
    story.says(1, Author::Customer, None).take(&Event::Suggested(suggested(2, "complaint")));
    story.moves(1, Owner::Queue).says(1, Author::Notice(Notice::Handover), Some("complaint"));
    story.says(2, Author::Customer, None).moves(3, Owner::Assistant).says(3, Author::Assistant, Some("greet"));
    let counted: Vec<(&str, u64)> = story.facts.intents.named().collect();
    assert_eq!(
        (counted, story.facts.first_intent.as_deref()),
        (vec![("complaint", 1), ("greet", 1)], Some("complaint"))
    );
}

#[test]
fn a_human_who_is_asked_for_without_a_word_is_a_turn_about_that() {
    let mut story = Story::begin();
    story.moves(1, Owner::Queue).says(1, Author::Notice(Notice::Handover), Some("request_human"));
    assert_eq!(story.facts.intents.total(), 1);
}

#[test]
fn first_words_count_once_for_each_stay_with_people_and_a_session_once_for_each_person() {
    let mut story = Story::begin();
    story.moves(1, Owner::Queue).moves(2, human()).says(3, agent(), None).says(4, agent(), None);
    story.moves(5, Owner::Queue).moves(6, human()).says(7, agent(), None).moves(8, Owner::Closed);
    story.moves(9, human()).says(9, agent(), None);
    let heard = story.heard();
    let count = |wanted: fn(&Happening) -> bool| heard.iter().filter(|one| wanted(one)).count();
    assert_eq!(count(|one| matches!(one, Happening::FirstServed { .. })), 1, "{heard:?}");
    assert_eq!(count(|one| matches!(one, Happening::TakenBy(_))), 1, "{heard:?}");
}

#[test]
fn a_rating_counts_for_the_person_who_had_the_session_last() {
    let mut story = Story::begin();
    let user = UserId(Uuid::from_u128(5));
    let rating = Rating { score: 4, comment: None, about: Some(user), at: at(3) };
    story.take(&Event::Desk(DeskEvent::Rated(rating)));
    let heard = story.heard();
    assert_eq!(heard, [Happening::Rated { score: 4, about: Some(user) }]);
    assert_eq!((heard[0].person(), story.facts.ratings.scores), (Some(user), [0, 0, 0, 1, 0]));
}
