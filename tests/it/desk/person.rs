//! A person at work at the desk of a running app, without a door, and a customer who needs them.

use std::collections::VecDeque;
use std::sync::Arc;

use switchboard::actors::desk::{Attendance, Desks};
use switchboard::bus::{Bus, Item, News, Outbox, OutboxLimits};
use switchboard::domain::desk::{Availability, DeskNews, Scope};
use switchboard::domain::{
    Body, Channel, Command, CustomerId, Draft, MessageId, Opening, OrganizationId, Owner, PersonName, Refusal,
    SessionId, SessionKey, UserId, Visitor,
};
use tokio::time::timeout;
use uuid::Uuid;

use crate::support::app::{PATIENCE, TestApp};

/// A person at work, with one connection.
pub(super) struct Person {
    pub user: UserId,
    pub name: PersonName,
    pub outbox: Arc<Outbox>,
    pub heard: VecDeque<Item>,
    pub attendance: Option<Attendance>,
}

pub(super) fn organization() -> OrganizationId {
    OrganizationId::default_organization()
}

pub(super) fn key(name: &str) -> SessionKey {
    SessionKey { organization: organization(), session: SessionId::parse(name).unwrap() }
}

impl Person {
    pub(super) async fn comes(desks: &Desks, n: u128) -> Self {
        let (user, name) = (UserId(Uuid::from_u128(n)), PersonName::parse("name", &format!("Jo {n}")).unwrap());
        let outbox = Bus::default().outbox(OutboxLimits::default());
        let organization = organization();
        let attendance =
            desks.attend(&organization, user, name.clone(), &outbox, Some(Availability::Available), Scope::Mine);
        let attendance = Some(attendance.await.unwrap());
        Self { user, name, outbox, heard: VecDeque::new(), attendance }
    }

    pub(super) fn visitor(&self) -> Visitor {
        Visitor::Staff { user: self.user, name: self.name.clone() }
    }

    pub(super) async fn hears(&mut self, wanted: impl Fn(&DeskNews) -> bool) -> Arc<News> {
        let found = timeout(PATIENCE, async {
            loop {
                while let Some(item) = self.heard.pop_front() {
                    if let Item::Desk(news) = item
                        && wanted(&news.what)
                    {
                        return news;
                    }
                }
                self.outbox.take(&mut self.heard).await.unwrap();
            }
        });
        found.await.expect("it is told in time")
    }

    pub(super) async fn is_offered(&mut self, session: &str) -> u64 {
        let session = SessionId::parse(session).unwrap();
        let of = |news: &DeskNews| matches!(news, DeskNews::Offer(offer) if offer.case.case.key.session == session);
        let DeskNews::Offer(offer) = &self.hears(of).await.what else { unreachable!("it was looked for") };
        offer.case.case.epoch
    }

    pub(super) async fn accepts(&self, desks: &Desks, session: &str, epoch: u64) -> Result<(), Refusal> {
        desks.accept(&key(session), self.user, self.name.clone(), epoch).await
    }
}

pub(super) async fn asks_for_a_human(app: &TestApp, session: &str) {
    let customer = || Visitor::Customer(CustomerId::parse("jo").unwrap());
    let opening = Opening { channel: Channel::Web, resume: None, language: None, name: None };
    let body = Body::parse("text", "I want to talk to somebody").unwrap();
    let draft = Draft {
        id: MessageId(Uuid::now_v7()),
        body,
        client_id: None,
        metadata: None,
        quiet: false,
        sent_at: None,
        attachments: Vec::new(),
    };
    app.sessions().post(&key(session), customer(), Some(opening), draft).await.unwrap();
    app.sessions().act(&key(session), Command::RequestHuman { visitor: customer() }).await.unwrap();
}

pub(super) fn owner(app: &TestApp, session: &str) -> Owner {
    app.sessions().read(&key(session), &Visitor::Service).unwrap().owner
}
