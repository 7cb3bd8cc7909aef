//! What the organization's own service says counts in the order of the queue, and only as long as the service answers.

use std::sync::Arc;

use switchboard::domain::desk::board::{Arrival, Board, HOOK_PAUSE_MS, HookAnswer, HookQuestion};
use switchboard::domain::desk::settings::{Assignment, DeskSettings};
use switchboard::domain::desk::{Availability, DeskCommand, Service};
use switchboard::domain::{
    Case, Channel, Command, CustomerId, OrganizationId, Owner, PersonName, SessionId, SessionKey, Timestamp, UserId,
};
use uuid::Uuid;

const ANN: UserId = UserId(Uuid::from_u128(1));
const BOB: UserId = UserId(Uuid::from_u128(2));

/// A board whose organization has a service, and the questions that were not answered yet.
struct Asking {
    board: Board,
    now: Timestamp,
    questions: Vec<HookQuestion>,
}

fn settings(hook_url: &str) -> Arc<DeskSettings> {
    let (policy, hook_url) = (Assignment::Hook, Some(hook_url.to_owned()));
    Arc::new(DeskSettings { policy, hook_url, capacity: 1, ..DeskSettings::default() })
}

fn case(name: &str, queued_at: Timestamp, owner: Owner, seq: u64) -> Arc<Case> {
    let organization = OrganizationId::default_organization();
    Arc::new(Case {
        key: SessionKey { organization, session: SessionId::parse(name).unwrap() },
        stream: 1,
        seq,
        owner,
        epoch: 1,
        customer: CustomerId::parse("jo").unwrap(),
        customer_name: None,
        channel: Channel::Web,
        language: None,
        intent: None,
        started_at: queued_at,
        last_message_at: Some(queued_at),
        customer_waits: true,
        service: Service { queued_at: Some(queued_at), ..Service::default() },
        last: None,
    })
}

impl Asking {
    fn with(people: &[UserId]) -> Self {
        let now = Timestamp::from_ms(1_700_000_000_000);
        let board = Board::new(OrganizationId::default_organization(), settings("http://one.example/"), 1, now);
        let mut asking = Self { board, now, questions: Vec::new() };
        for user in people {
            let name = PersonName::parse("name", "Jo").unwrap();
            asking.board.came(*user, name, Arrival::Connected(Availability::Available), now);
        }
        asking
    }

    /// Comes to the queue, a second after whoever came before.
    fn waits(&mut self, name: &str) {
        self.now = self.now.plus_ms(1_000);
        self.board.see(&case(name, self.now, Owner::Queue, 1), &[], self.now);
    }

    fn closes(&mut self, name: &str) {
        self.board.see(&case(name, self.now, Owner::Closed, 2), &[], self.now);
    }

    /// The service answers about a session.
    fn says(&mut self, name: &str, answer: HookAnswer) {
        let at = self.questions.iter().position(|asked| asked.case.key.session.as_str() == name);
        let question = self.questions.remove(at.expect("it was asked about"));
        self.board.hook_answered(question.id, answer, self.now);
    }

    /// Settles; gives who is offered to whom, in order.
    fn offers(&mut self) -> Vec<(String, UserId)> {
        self.board.settle(self.now);
        let orders = self.board.take();
        self.questions.extend(orders.questions);
        let offer = |command: &Command| match command {
            Command::Desk(DeskCommand::Offer { user, .. }) => Some(*user),
            _ => None,
        };
        let offers =
            orders.commands.iter().filter_map(|order| Some((order.session.to_string(), offer(&order.command)?)));
        offers.collect()
    }

    fn asked(&self) -> Vec<&str> {
        self.questions.iter().map(|asked| asked.case.key.session.as_str()).collect()
    }
}

fn offered(name: &str, user: UserId) -> Vec<(String, UserId)> {
    vec![(name.to_owned(), user)]
}

#[test]
fn an_answer_that_comes_first_waits_for_the_one_about_whoever_stands_in_front() {
    let mut asking = Asking::with(&[ANN]);
    asking.waits("s1");
    asking.waits("s2");
    assert_eq!(asking.offers(), []);
    assert_eq!(asking.asked(), ["s1", "s2"]);
    asking.says("s2", HookAnswer::Agent(ANN));
    assert_eq!(asking.offers(), [], "s1 came before, and Ann may take one");
    asking.says("s1", HookAnswer::Agent(ANN));
    assert_eq!(asking.offers(), offered("s1", ANN));
}

#[test]
fn who_waits_no_longer_stands_in_nobodys_way() {
    let mut asking = Asking::with(&[ANN]);
    asking.waits("s1");
    asking.waits("s2");
    assert_eq!(asking.offers(), []);
    asking.says("s2", HookAnswer::Agent(ANN));
    assert_eq!(asking.offers(), []);
    asking.closes("s1");
    assert_eq!(asking.offers(), offered("s2", ANN));
}

#[test]
fn an_answer_that_names_nobody_who_is_there_is_decided_by_the_desk() {
    let mut asking = Asking::with(&[ANN]);
    asking.waits("s1");
    assert_eq!(asking.offers(), []);
    asking.says("s1", HookAnswer::Agent(BOB));
    assert_eq!(asking.offers(), offered("s1", ANN));
    asking.waits("s2");
    assert_eq!(asking.offers(), []);
    assert_eq!(asking.asked(), [""; 0], "Ann has what she may have, so there is nobody to ask about");
}

#[test]
fn a_service_that_failed_is_not_asked_for_a_while_and_the_desk_decides_in_the_order_of_the_queue() {
    let mut asking = Asking::with(&[ANN, BOB]);
    ["s1", "s2", "s3"].iter().for_each(|name| asking.waits(name));
    assert_eq!(asking.offers(), []);
    assert_eq!(asking.asked(), ["s1", "s2", "s3"]);
    asking.says("s3", HookAnswer::Failed);
    assert_eq!(
        asking.offers(),
        [offered("s1", ANN), offered("s2", BOB)].concat(),
        "nobody waits for the other answers"
    );
    asking.says("s1", HookAnswer::Agent(BOB));
    asking.says("s2", HookAnswer::Failed);
    assert_eq!(asking.offers(), [], "what was given up says nothing");
    asking.now = asking.now.plus_ms(HOOK_PAUSE_MS - 1);
    asking.board.came(UserId(Uuid::from_u128(3)), PersonName::parse("name", "Cy").unwrap(), here(), asking.now);
    assert_eq!(asking.offers(), offered("s3", UserId(Uuid::from_u128(3))), "the pause goes on");
    asking.now = asking.now.plus_ms(1);
    asking.board.came(UserId(Uuid::from_u128(4)), PersonName::parse("name", "Di").unwrap(), here(), asking.now);
    asking.waits("s4");
    assert_eq!(asking.offers(), []);
    assert_eq!(asking.asked(), ["s4"], "it is asked again");
}

#[test]
fn whom_the_service_let_wait_is_first_again_when_it_fails() {
    let mut asking = Asking::with(&[ANN]);
    asking.waits("s1");
    asking.waits("s2");
    assert_eq!(asking.offers(), []);
    asking.says("s1", HookAnswer::Nobody);
    assert_eq!(asking.offers(), []);
    asking.says("s2", HookAnswer::Failed);
    assert_eq!(asking.offers(), offered("s1", ANN));
}

#[test]
fn whom_the_service_let_wait_is_asked_about_again_after_a_while() {
    let mut asking = Asking::with(&[ANN]);
    asking.waits("s1");
    assert_eq!(asking.offers(), []);
    asking.says("s1", HookAnswer::Nobody);
    for (ms, asked) in [(0, 0), (4_999, 0), (1, 1)] {
        asking.now = asking.now.plus_ms(ms);
        asking.board.tick(asking.now);
        assert_eq!(asking.offers(), []);
        assert_eq!(asking.asked().len(), asked, "after {ms} ms more");
    }
}

#[test]
fn another_service_is_asked_at_once() {
    let mut asking = Asking::with(&[ANN]);
    asking.waits("s1");
    assert_eq!(asking.offers(), []);
    asking.board.set_settings(settings("http://two.example/"), asking.now);
    assert_eq!(asking.offers(), []);
    assert_eq!(asking.asked(), ["s1", "s1"]);
    // The first question is the old service's; its answer counts no more.
    asking.says("s1", HookAnswer::Failed);
    assert_eq!(asking.offers(), []);
    asking.says("s1", HookAnswer::Agent(ANN));
    assert_eq!(asking.offers(), offered("s1", ANN));
}

const fn here() -> Arrival {
    Arrival::Connected(Availability::Available)
}
