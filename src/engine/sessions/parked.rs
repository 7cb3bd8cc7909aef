//! Commands that were set aside: an administrator sees them, gives a message a second try, or takes them away.

use serde::Deserialize;
use uuid::Uuid;

use super::{Sessions, unreadable};
use crate::auth::Caller;
use crate::domain::audit::{Act, Target};
use crate::domain::{
    Body, ClientMessageId, Command, CustomerId, Draft, MessageId, OrganizationId, PersonName, Refusal, Timestamp,
    UserId, Visitor,
};
use crate::engine::audit::Acting;
use crate::store::index::Cursor;
use crate::store::parked::{Parked, Sender};
use crate::store::record::{self, Versioned};
use crate::store::{Batch, Direction};

impl Sessions {
    /// A page of what was set aside, newest first, and where the next one begins.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `Unavailable`.
    pub fn parked_page(
        &self,
        caller: &Caller,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<(Vec<Parked>, Option<Cursor>), Refusal> {
        caller.require_admin()?;
        let page = record::all::<Parked>(&self.store, &caller.organization, after, limit, Direction::Backward);
        let page = page.map_err(unreadable)?;
        Ok((page.items.into_iter().map(|found| found.record).collect(), page.next))
    }

    /// Posts a message that was set aside, under the id that it had: twice is once. It is no longer set aside then.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `NotFound`; `Conflict` when it can not be done again, or breaks its session
    /// again; `Busy`, `Unavailable`.
    pub async fn replay(&self, acting: Acting<'_>, id: Uuid, now: Timestamp) -> Result<(), Refusal> {
        let found = self.parked_at(acting.caller, id)?;
        let parked = &found.record;
        let command = command_of(parked)?;
        match self.directory.ask(&parked.key, command).await {
            Ok(_) => {}
            Err(Refusal::Unavailable { part: "session" }) => {
                return Err(Refusal::conflict("it broke the session again"));
            }
            Err(other) => return Err(other),
        }
        self.forget_parked(&found, acting, Act::CommandReplayed, now).await
    }

    /// Takes away what was set aside.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `NotFound`, `Busy`, `Unavailable`.
    pub async fn discard(&self, acting: Acting<'_>, id: Uuid, now: Timestamp) -> Result<(), Refusal> {
        let found = self.parked_at(acting.caller, id)?;
        self.forget_parked(&found, acting, Act::CommandDiscarded, now).await
    }

    fn parked_at(&self, caller: &Caller, id: Uuid) -> Result<Versioned<Parked>, Refusal> {
        caller.require_admin()?;
        parked(self, &caller.organization, id)?.ok_or(Refusal::NotFound { what: "parked command" })
    }

    async fn forget_parked(
        &self,
        found: &Versioned<Parked>,
        acting: Acting<'_>,
        act: Act,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut batch = Batch::default();
        record::remove(&mut batch, found);
        let on = Target::new("session", &found.record.key.session).named(&found.record.command);
        let entry = acting.entry(&found.record.key.organization, now, act, on, Vec::new());
        record::insert(&mut batch, &entry).map_err(unreadable)?;
        self.store.commit(batch).await.map_err(|why| why.refused("somebody else was faster"))
    }
}

fn parked(sessions: &Sessions, organization: &OrganizationId, id: Uuid) -> Result<Option<Versioned<Parked>>, Refusal> {
    record::get(&sessions.store, organization, &id.to_string()).map_err(unreadable)
}

/// The command again. Only messages are kept: what is internal is found again by the session itself.
fn command_of(parked: &Parked) -> Result<Command, Refusal> {
    let not_kept = || Refusal::conflict("only messages can be sent again, and this one's sender was not kept");
    let sender = parked.sender.as_ref().ok_or_else(not_kept)?;
    let text = parked.body.get("text").and_then(serde_json::Value::as_str).ok_or_else(not_kept)?;
    let message = parked.body.get("message").and_then(serde_json::Value::as_str).and_then(MessageId::parse);
    let client_id = parked.body.get("clientId").and_then(serde_json::Value::as_str);
    let client_id = client_id.and_then(|id| ClientMessageId::parse(id).ok());
    let draft = Draft {
        id: message.unwrap_or(MessageId(parked.id)),
        body: Body::clipped(text),
        client_id: Some(client_id.unwrap_or_else(|| ClientMessageId::from_uuid(parked.id))),
        metadata: None,
        quiet: false,
        sent_at: None,
        // Older ones have none.
        attachments: parked
            .body
            .get("attachments")
            .and_then(|files| Deserialize::deserialize(files).ok())
            .unwrap_or_default(),
    };
    Ok(Command::Post { visitor: visitor(sender)?, opening: None, draft })
}

fn visitor(sender: &Sender) -> Result<Visitor, Refusal> {
    Ok(match sender {
        Sender::Customer { id } => Visitor::Customer(CustomerId::parse(id)?),
        Sender::Anonymous { claimed, secret } => {
            Visitor::Anonymous { claimed: CustomerId::parse(claimed)?, secret: secret.clone() }
        }
        Sender::Staff { user, name } => Visitor::Staff { user: UserId(*user), name: PersonName::parse("name", name)? },
    })
}
