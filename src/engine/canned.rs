//! Canned replies: everybody of the staff reads them, administrators write them.

use uuid::Uuid;

use crate::auth::Caller;
use crate::clock::SharedClock;
use crate::domain::audit::{Act, Target};
use crate::domain::canned::Shortcut;
use crate::domain::desk::event::TeamId;
use crate::domain::{Body, CannedReply, Label, OrganizationId, Refusal};
use crate::engine::audit::Acting;
use crate::store::index::Cursor;
use crate::store::record::{self, Versioned};
use crate::store::{Batch, Direction, Store, StoreError, desk};

/// The most canned replies of an organization.
pub const CANNED_MAX: usize = 1_000;

/// See the module.
#[derive(Clone)]
pub struct CannedReplies {
    store: Store,
    clock: SharedClock,
}

/// What a canned reply is to say.
#[derive(Debug, Clone)]
pub struct CannedDraft {
    /// What is typed for it.
    pub shortcut: Shortcut,
    /// What it is for.
    pub title: Label,
    /// The text.
    pub text: Body,
    /// The team that it is for.
    pub team: Option<TeamId>,
}

impl CannedReplies {
    /// Wires the service.
    pub const fn new(store: Store, clock: SharedClock) -> Self {
        Self { store, clock }
    }

    /// Those whose shortcut, title or text holds the words, whatever the capitals: in the order of shortcuts, `limit` of
    /// them after a shortcut.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`.
    pub fn search(
        &self,
        caller: &Caller,
        text: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<CannedReply>, Option<String>), Refusal> {
        caller.require_staff()?;
        let text = text.unwrap_or_default().to_lowercase();
        let mut found = self.all(&caller.organization)?;
        found.retain(|reply| {
            let has = |place: &str| place.to_lowercase().contains(&text);
            let is_after = after.is_none_or(|after| reply.shortcut.as_str() > after);
            is_after && (has(reply.shortcut.as_str()) || has(reply.title.as_str()) || has(reply.text.as_str()))
        });
        found.sort_by(|one, other| one.shortcut.cmp(&other.shortcut));
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|last| last.shortcut.as_str().to_owned());
        Ok((found, next))
    }

    /// Makes one.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `Invalid` on a `team` that the organization has not; `Conflict` when the
    /// shortcut is taken or there are [`CANNED_MAX`]; `Busy`, `Unavailable`.
    pub async fn create(&self, acting: Acting<'_>, draft: CannedDraft) -> Result<CannedReply, Refusal> {
        let caller = acting.caller;
        caller.require_admin()?;
        let count = record::count::<CannedReply>(&self.store, &caller.organization, CANNED_MAX).map_err(unreadable)?;
        if count >= CANNED_MAX {
            return Err(Refusal::conflict("the organization has as many canned replies as it may"));
        }
        self.check_team(&caller.organization, draft.team)?;
        let reply = self.reply(caller, Uuid::now_v7(), draft);
        let mut batch = Batch::default();
        record::insert(&mut batch, &reply).map_err(unreadable)?;
        self.commit(acting, &reply, batch).await.map(|()| reply)
    }

    /// Writes one anew.
    ///
    /// # Errors
    /// As [`CannedReplies::create`]; `NotFound`.
    pub async fn change(&self, acting: Acting<'_>, id: Uuid, draft: CannedDraft) -> Result<CannedReply, Refusal> {
        let caller = acting.caller;
        caller.require_admin()?;
        let old = self.at(&caller.organization, id)?;
        // Of a team that is gone since the reply stays as it is.
        self.check_team(&caller.organization, draft.team.filter(|team| old.record.team != Some(*team)))?;
        let reply = self.reply(caller, id, draft);
        let mut batch = Batch::default();
        record::update(&mut batch, &old, &reply).map_err(unreadable)?;
        self.commit(acting, &reply, batch).await.map(|()| reply)
    }

    /// Takes one away.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `NotFound`, `Busy`, `Unavailable`.
    pub async fn delete(&self, acting: Acting<'_>, id: Uuid) -> Result<(), Refusal> {
        acting.caller.require_admin()?;
        let old = self.at(&acting.caller.organization, id)?;
        let mut batch = Batch::default();
        record::remove(&mut batch, &old);
        self.commit(acting, &old.record, batch).await
    }

    fn check_team(&self, organization: &OrganizationId, team: Option<TeamId>) -> Result<(), Refusal> {
        match team.map(|team| desk::has_team(&self.store, organization, team)).transpose().map_err(unreadable)? {
            Some(false) => Err(Refusal::invalid("team", "must be a team of the organization")),
            Some(true) | None => Ok(()),
        }
    }

    fn reply(&self, caller: &Caller, id: Uuid, draft: CannedDraft) -> CannedReply {
        let CannedDraft { shortcut, title, text, team } = draft;
        let organization = caller.organization.clone();
        CannedReply { id, organization, shortcut, title, text, team, updated_at: self.clock.now() }
    }

    fn all(&self, organization: &OrganizationId) -> Result<Vec<CannedReply>, Refusal> {
        let (mut found, mut after) = (Vec::new(), None::<Cursor>);
        loop {
            let page = record::all(&self.store, organization, after.as_ref(), CANNED_MAX, Direction::Forward);
            let page = page.map_err(unreadable)?;
            found.extend(page.items.into_iter().map(|found| found.record));
            after = page.next;
            if after.is_none() {
                return Ok(found);
            }
        }
    }

    fn at(&self, organization: &OrganizationId, id: Uuid) -> Result<Versioned<CannedReply>, Refusal> {
        let found = record::get(&self.store, organization, &id.to_string()).map_err(unreadable)?;
        found.ok_or(Refusal::NotFound { what: "canned reply" })
    }

    /// Commits a change with its entry in the audit log.
    async fn commit(&self, acting: Acting<'_>, reply: &CannedReply, mut batch: Batch) -> Result<(), Refusal> {
        let on = Target::new("canned_reply", reply.id).named(reply.shortcut.as_str());
        let entry = acting.entry(&reply.organization, self.clock.now(), Act::CannedReplyChanged, on, Vec::new());
        record::insert(&mut batch, &entry).map_err(unreadable)?;
        let committed = self.store.commit(batch).await;
        committed.map_err(|why| why.refused("the shortcut is taken, or it was changed meanwhile"))
    }
}

fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "canned replies do not read or write");
    Refusal::Unavailable { part: "store" }
}

impl std::fmt::Debug for CannedReplies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CannedReplies").field("store", &self.store).finish_non_exhaustive()
    }
}
