//! The conversation: a customer on two devices, the assistant, a handover, a person of the staff, a reset, an end, and a
//! word after it.

use secrecy::SecretString;
use switchboard::domain::{
    Channel, Command, CustomerId, Email, Event, FullName, Opening, OrganizationId, Role, SessionId, SessionKey, Visitor,
};
use switchboard::engine::accounts::NewUser;

use super::doors::Door;
use crate::support::app::TestApp;
use crate::support::rest::{accounts, customer_token};

const AGENT: &str = "jane@example.com";
const SESSION: &str = "drift";

/// What the assistant says last.
pub(super) const LAST_WORDS: &str = "You can return";

/// Where the script is played: a server, a session that has begun, and who plays.
pub(super) struct Stage {
    pub(super) app: TestApp,
    pub(super) key: SessionKey,
    pub(super) customer: CustomerId,
    pub(super) customer_token: String,
    pub(super) agent_token: String,
}

impl Stage {
    pub(super) async fn set() -> Self {
        let app = TestApp::start().await;
        let organization = OrganizationId::default_organization();
        let key = SessionKey { organization: organization.clone(), session: SessionId::parse(SESSION).unwrap() };
        let customer = CustomerId::parse("ann").unwrap();
        let customer_token = customer_token(&app, "ann").await;
        let new = NewUser {
            organization,
            email: Email::parse(AGENT).unwrap(),
            username: None,
            password: SecretString::from("Jane-password-1"),
            name: FullName::parse_parts("Jane", "Smith").unwrap(),
            role: Role::Agent,
        };
        let accounts = accounts(&app).await;
        accounts.register(new, None).await.unwrap();
        let agent_token = accounts.issue_user_token(&Email::parse(AGENT).unwrap()).unwrap().token;
        let opening = Opening { channel: Channel::Web, resume: None, language: None, name: None };
        app.sessions().enter(&key, Visitor::Customer(customer.clone()), Some(opening)).await.unwrap();
        Self { app, key, customer, customer_token, agent_token }
    }

    /// Everything that has happened.
    pub(super) fn log(&self) -> Vec<Event> {
        let events = self.app.sessions().events_after(&self.key, 0, usize::MAX).unwrap();
        events.into_iter().map(|committed| committed.event).collect()
    }

    /// Waits until so many events hold.
    async fn wait_for(&self, count: usize, holds: impl Fn(&Event) -> bool) {
        let listener = self.app.sessions().listen(&self.key, Visitor::Service, None, Default::default()).await.unwrap();
        let mut items = Default::default();
        while self.log().iter().filter(|event| holds(event)).count() < count {
            listener.subscription.outbox().take(&mut items).await.unwrap();
            items.clear();
        }
    }

    async fn turns(&self, count: usize) {
        self.wait_for(count, |event| matches!(event, Event::TurnEnded { .. })).await;
    }

    async fn act(&self, command: Command) {
        self.app.sessions().act(&self.key, command).await.unwrap();
    }
}

/// Plays it. What a dialect has no word for (a reset, an end) comes from behind the doors.
pub(super) async fn perform(stage: &Stage, door: &mut impl Door) {
    door.customer_types(0).await;
    door.customer_says(0, "m1", "Hello, I need help with my order").await;
    stage.turns(1).await;
    door.customer_says(1, "m2", "12345").await;
    stage.turns(2).await;
    door.customer_says(0, "m2", "12345").await;
    door.customer_says(0, "m3", "I want to talk to a human").await;
    stage.turns(3).await;
    door.agent_types().await;
    door.agent_says("a1", "Hi, this is Jane.").await;
    door.customer_says(1, "m4", "Where is my parcel?").await;
    stage.wait_for(1, |event| matches!(event, Event::Suggested(_))).await;
    door.agent_says("a2", "It is on its way.").await;
    stage.act(Command::Reset { visitor: Visitor::Customer(stage.customer.clone()) }).await;
    stage.act(Command::Close { visitor: Visitor::Service }).await;
    door.customer_says(0, "m5", "What is your return policy?").await;
    stage.turns(4).await;
}
