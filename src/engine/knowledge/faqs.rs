//! Questions with their answers: everybody of the staff reads them, administrators write them.

use uuid::Uuid;

use super::draft::FaqDraft;
use super::{Knowledge, note, unreadable};
use crate::auth::Caller;
use crate::domain::audit::{Act, Target};
use crate::domain::id::FaqId;
use crate::domain::knowledge::{EntryKey, Faq};
use crate::domain::{OrganizationId, Refusal};
use crate::engine::audit::Acting;
use crate::store::index::Cursor;
use crate::store::record::{self, Versioned};
use crate::store::{Batch, Direction, knowledge};

/// What two changes at once are told.
const CHANGED: &str = "the question was changed meanwhile";

impl Knowledge {
    /// An organization's questions whose words, or whose answer's, hold a text, the newest first: `limit` of them after `after`.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`.
    pub fn faqs(
        &self,
        caller: &Caller,
        text: Option<&str>,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<Faq>, Option<Cursor>), Refusal> {
        caller.require_staff()?;
        let text = text.unwrap_or_default().to_lowercase();
        let has = |place: &String| place.to_lowercase().contains(&text);
        let fits = |faq: &Faq| has(&faq.question) || has(&faq.answer) || faq.variants.iter().any(has);
        let (mut found, mut after) = (Vec::new(), after);
        loop {
            let missing = limit - found.len();
            let page = record::all::<Faq>(
                &self.inner.store,
                &caller.organization,
                after.as_ref(),
                missing,
                Direction::Backward,
            );
            let page = page.map_err(unreadable)?;
            found.extend(page.items.into_iter().map(|found| found.record).filter(fits));
            after = page.next;
            if after.is_none() || found.len() >= limit {
                return Ok((found, after));
            }
        }
    }

    /// Adds a question with its answer; it is found at once.
    ///
    /// # Errors
    /// `Forbidden`; `Conflict` when the organization has as many as it may; `Busy`, `Unavailable`.
    pub async fn add_faq(&self, acting: Acting<'_>, draft: FaqDraft) -> Result<Faq, Refusal> {
        self.add_faq_with(acting, |_, _| Ok(draft.clone())).await
    }

    /// The same with what `draft` puts into the batch beside it. It is asked again when another change came first, so it
    /// decides by what is there then.
    ///
    /// # Errors
    /// As [`Knowledge::add_faq`], and what `draft` refuses.
    pub(in crate::engine) async fn add_faq_with(
        &self,
        acting: Acting<'_>,
        mut draft: impl FnMut(FaqId, &mut Batch) -> Result<FaqDraft, Refusal> + Send,
    ) -> Result<Faq, Refusal> {
        acting.caller.require_admin()?;
        let organization = &acting.caller.organization;
        let adding = self.inner.adding.of(organization).await;
        let most = self.inner.limits.faqs_max;
        if record::count::<Faq>(&self.inner.store, organization, most).map_err(unreadable)? >= most {
            return Err(Refusal::conflict("the organization has as many questions as it may"));
        }
        let (id, now) = (FaqId(Uuid::now_v7()), self.inner.clock.now());
        let added = self.change(CHANGED, |batch| {
            let FaqDraft { question, variants, answer, url } = draft(id, batch)?;
            let organization = organization.clone();
            let faq = Faq { id, organization, question, variants, answer, url, created_at: now, updated_at: now };
            record::insert(batch, &faq).map_err(unreadable)?;
            let entries = [faq.entry()];
            knowledge::put_entries(&self.inner.store, batch, &faq.organization, &entries).map_err(unreadable)?;
            note(batch, &acting.entry(&faq.organization, now, Act::FaqChanged, target(&faq), Vec::new()))?;
            Ok(faq)
        });
        let added = added.await?;
        drop(adding);
        self.found_soon(organization).await;
        Ok(added)
    }

    /// Writes a question and its answer anew.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Busy`, `Unavailable`.
    pub async fn change_faq(&self, acting: Acting<'_>, id: FaqId, draft: FaqDraft) -> Result<Faq, Refusal> {
        acting.caller.require_admin()?;
        let organization = &acting.caller.organization;
        let changed = self
            .change(CHANGED, |batch| {
                let old = self.faq_at(organization, id)?;
                let now = self.inner.clock.now();
                let FaqDraft { question, variants, answer, url } = draft.clone();
                let new = Faq { question, variants, answer, url, updated_at: now, ..old.record.clone() };
                record::update(batch, &old, &new).map_err(unreadable)?;
                knowledge::put_entries(&self.inner.store, batch, organization, &[new.entry()]).map_err(unreadable)?;
                note(batch, &acting.entry(organization, now, Act::FaqChanged, target(&new), Vec::new()))?;
                Ok(new)
            })
            .await?;
        self.found_soon(organization).await;
        Ok(changed)
    }

    /// Takes a question away; it is found no more.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Busy`, `Unavailable`.
    pub async fn delete_faq(&self, acting: Acting<'_>, id: FaqId) -> Result<(), Refusal> {
        acting.caller.require_admin()?;
        let organization = &acting.caller.organization;
        self.change(CHANGED, |batch| {
            let old = self.faq_at(organization, id)?;
            record::remove(batch, &old);
            knowledge::remove_entries(&self.inner.store, batch, organization, &[EntryKey::Faq(id)])
                .map_err(unreadable)?;
            let now = self.inner.clock.now();
            note(batch, &acting.entry(organization, now, Act::FaqChanged, target(&old.record), Vec::new()))
        })
        .await?;
        self.follow(organization);
        Ok(())
    }

    fn faq_at(&self, organization: &OrganizationId, id: FaqId) -> Result<Versioned<Faq>, Refusal> {
        let found = record::get(&self.inner.store, organization, &id.to_string()).map_err(unreadable)?;
        found.ok_or(Refusal::NotFound { what: "question" })
    }
}

fn target(faq: &Faq) -> Target {
    Target::new("faq", faq.id).named(&faq.question)
}
