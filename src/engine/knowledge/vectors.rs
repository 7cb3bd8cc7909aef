//! Texts that programs give to be found as they are.

use std::time::Duration;

use tokio::time::timeout;
use uuid::Uuid;

use super::draft::VectorDraft;
use super::{Knowledge, note, unreadable};
use crate::auth::{Access, Caller, Who};
use crate::domain::audit::{Act, Target};
use crate::domain::id::VectorId;
use crate::domain::knowledge::{Entry, EntryKey, TITLE_MAX_CHARS};
use crate::domain::{OrganizationId, Refusal};
use crate::engine::audit::Acting;
use crate::store::{documents, knowledge};

/// How long whoever adds something waits until it is found. After that it is durable all the same, and found soon.
const FOUND_WAIT: Duration = Duration::from_secs(5);

/// How much of a text stands for its title, in characters.
const TITLE_OF_TEXT_CHARS: usize = 80;

impl Knowledge {
    /// Puts a text, in the place of the one with the same source id if there is one, and waits a while until it is found.
    ///
    /// # Errors
    /// `Forbidden` for whoever is neither an administrator nor a program that may write knowledge; `Conflict` when the
    /// organization has as many as it may; `Busy`, `Unavailable`.
    pub async fn put_vector(&self, caller: &Caller, draft: VectorDraft) -> Result<VectorId, Refusal> {
        may_write(caller)?;
        let organization = &caller.organization;
        let id = draft.source_id.as_deref().map_or_else(|| VectorId::new(Uuid::now_v7()), VectorId::of_source);
        let entry = Entry {
            key: EntryKey::Vector(id),
            title: draft.title.unwrap_or_else(|| beginning(&draft.text)),
            questions: Vec::new(),
            text: draft.text,
            url: draft.url,
            span: None,
            external_id: draft.source_id,
            source: draft.source,
        };
        self.add_vector(organization, &entry).await?;
        self.found_soon(organization).await;
        Ok(id)
    }

    /// Takes a text away; it is not found any more from now on.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `NotFound`, `Busy`, `Unavailable`.
    pub async fn delete_vector(&self, acting: Acting<'_>, id: VectorId) -> Result<(), Refusal> {
        acting.caller.require_admin()?;
        let (store, organization, key) = (&self.inner.store, &acting.caller.organization, EntryKey::Vector(id));
        let mut counts = self.inner.adding.of(organization).await;
        counts.forget(organization);
        self.change("the text was changed meanwhile", |batch| {
            let old = knowledge::entry(store, organization, key).map_err(unreadable)?;
            let old = old.ok_or(Refusal::NotFound { what: "text" })?.record.entry;
            knowledge::remove_entries(store, batch, organization, &[key]).map_err(unreadable)?;
            let (on, now) = (Target::new("vector", id).named(&old.title), self.inner.clock.now());
            note(batch, &acting.entry(organization, now, Act::VectorDeleted, on, Vec::new()))
        })
        .await?;
        self.follow(organization);
        Ok(())
    }

    /// Puts it, if it takes another one's place or there is room.
    async fn add_vector(&self, organization: &OrganizationId, entry: &Entry) -> Result<(), Refusal> {
        let mut counts = self.inner.adding.of(organization).await;
        let (store, most) = (&self.inner.store, self.inner.limits.vectors_max);
        let is_new = knowledge::entry(store, organization, entry.key).map_err(unreadable)?.is_none();
        let count = match counts.known(organization) {
            Some(count) => count,
            None => documents::count_vectors(store, organization, most).map_err(unreadable)?,
        };
        if is_new && count >= most {
            return Err(Refusal::conflict("the organization has as many texts as it may"));
        }
        // Forgotten first: whoever no longer waits for the answer may have put it all the same.
        counts.forget(organization);
        let put = self.change("others write at the same time", |batch| {
            let put = knowledge::put_entries(store, batch, organization, std::slice::from_ref(entry));
            put.map(drop).map_err(unreadable)
        });
        put.await?;
        counts.remember(organization, count + usize::from(is_new));
        Ok(())
    }

    /// Waits a while until what was committed is found.
    pub(super) async fn found_soon(&self, organization: &OrganizationId) {
        // Whoever waits no longer, or could not, finds it later: the index follows the journal by itself.
        drop(timeout(FOUND_WAIT, self.inner.library.caught_up(organization)).await);
    }
}

fn may_write(caller: &Caller) -> Result<(), Refusal> {
    match &caller.who {
        Who::Key { .. } => caller.require_scope("knowledge", Access::Write),
        Who::User { .. } | Who::Customer { .. } => caller.require_admin(),
    }
}

/// What stands for a title: the first line, or as much of it as is a title.
fn beginning(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    const { assert!(TITLE_OF_TEXT_CHARS <= TITLE_MAX_CHARS, "a title is no longer than a title") };
    match line.char_indices().nth(TITLE_OF_TEXT_CHARS) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line.to_owned(),
    }
}
