//! Questions that had no answer, for people to answer once and for all, or to dismiss.
//!
//! The [`Collector`] follows the feed behind a durable cursor and counts each question once, in the batch that moves the cursor.
//! Which questions are the same follows from their words alone, so the same conversations give the same groups.

mod collector;
mod groups;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::sync::watch;
use uuid::Uuid;

use crate::clock::SharedClock;
use crate::domain::audit::{Act, FieldChange, Target};
use crate::domain::id::FaqId;
use crate::domain::knowledge::Faq;
use crate::domain::unanswered::{Status, Unanswered};
use crate::domain::{OrganizationId, Refusal, SessionKey, Timestamp};
use crate::engine::audit::Acting;
use crate::engine::knowledge::{self, Knowledge};
use crate::store::index::Cursor;
use crate::store::knowledge::put_entries;
use crate::store::record::{self, Versioned};
use crate::store::{Batch, CommitError, Store, StoreError, unanswered};

pub use collector::{Collector, READER, Stuck};

/// How long a list waits for what was said just before.
const CATCH_UP_MAX: Duration = Duration::from_secs(5);

/// How often a change is tried again that another one was faster than.
const TRIES_MAX: usize = 8;

/// See the module.
#[derive(Clone)]
pub struct UnansweredQuestions {
    store: Store,
    clock: SharedClock,
    knowledge: Knowledge,
    reached: watch::Receiver<u64>,
}

/// An answer that somebody writes for a group; what is not given is taken from the group.
#[derive(Debug, Clone, Default)]
pub struct FaqDraft {
    /// The question.
    pub question: Option<String>,
    /// Other ways to ask it.
    pub variants: Option<Vec<String>>,
    /// The answer.
    pub answer: String,
    /// Where more can be read.
    pub url: Option<String>,
}

impl UnansweredQuestions {
    /// The service, and what collects for it; somebody has to run that.
    pub fn new(store: Store, clock: SharedClock, knowledge: Knowledge) -> (Self, Collector) {
        let (tell, reached) = watch::channel(0);
        (Self { store: store.clone(), clock, knowledge, reached }, Collector::new(store, tell))
    }

    /// A page of an organization's groups of a status, the most asked first, with what was asked up to now.
    ///
    /// # Errors
    /// `Unavailable` when the store can not be read.
    pub async fn list(
        &self,
        organization: &OrganizationId,
        status: Status,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<(Vec<Unanswered>, Option<Cursor>), Refusal> {
        self.caught_up().await;
        let page = unanswered::most_asked(&self.store, organization, status, after, limit).map_err(unreadable)?;
        Ok((page.items.into_iter().map(|found| found.record).collect(), page.next))
    }

    /// Says that nobody is going to answer it. Further questions are counted, and it stays dismissed.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `NotFound`, `Busy`, `Unavailable`.
    pub async fn dismiss(&self, acting: Acting<'_>, id: Uuid) -> Result<Unanswered, Refusal> {
        acting.caller.require_admin()?;
        for _ in 0..TRIES_MAX {
            let old = self.at(&acting.caller.organization, id)?;
            let now = self.clock.now();
            let new = Unanswered { status: Status::Dismissed, settled_at: Some(now), ..old.record.clone() };
            let mut batch = Batch::default();
            self.settle(acting, &old, &new, &mut batch).map_err(unreadable)?;
            match self.store.commit(batch).await {
                Ok(()) => return Ok(new),
                Err(CommitError::Conflict { .. }) => {}
                Err(why) => return Err(why.refused("it was changed meanwhile")),
            }
        }
        Err(Refusal::Busy)
    }

    /// Makes a question and its answer of it, which the assistant knows once this has returned. The examples become variants
    /// unless others are given.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `Invalid` on `question`, `variants`, `answer` or `url`; `Conflict` when
    /// it was answered already, or the organization has as many questions as it may; `NotFound`, `Busy`, `Unavailable`.
    pub async fn answer(&self, acting: Acting<'_>, id: Uuid, draft: FaqDraft) -> Result<(Unanswered, Faq), Refusal> {
        acting.caller.require_admin()?;
        let mut settled = None;
        let faq = self.knowledge.add_faq_with(acting, |faq, batch| {
            let old = self.at(&acting.caller.organization, id)?;
            if old.record.status == Status::Answered && self.is_there(&old.record)? {
                return Err(Refusal::conflict("the question was answered already"));
            }
            let now = self.clock.now();
            let new =
                Unanswered { status: Status::Answered, settled_at: Some(now), faq: Some(faq), ..old.record.clone() };
            self.settle(acting, &old, &new, batch).map_err(unreadable)?;
            settled = Some(new);
            draft.complete(&old.record)
        });
        let faq = faq.await?;
        let settled = settled.ok_or(Refusal::Unavailable { part: "store" })?;
        Ok((settled, faq))
    }

    /// Whether the answer that was written for it is still there.
    fn is_there(&self, group: &Unanswered) -> Result<bool, Refusal> {
        let Some(faq) = group.faq else { return Ok(false) };
        let found = record::get::<Faq>(&self.store, &group.organization, &faq.to_string()).map_err(unreadable)?;
        Ok(found.is_some())
    }

    async fn caught_up(&self) {
        let end = *self.store.feed_end().borrow();
        let mut reached = self.reached.clone();
        if tokio::time::timeout(CATCH_UP_MAX, reached.wait_for(|reached| *reached >= end)).await.is_err() {
            tracing::warn!("unanswered questions are told without the newest");
        }
    }

    fn at(&self, organization: &OrganizationId, id: Uuid) -> Result<Versioned<Unanswered>, Refusal> {
        let found = record::get(&self.store, organization, &id.to_string()).map_err(unreadable)?;
        found.ok_or(Refusal::NotFound { what: "unanswered question" })
    }

    /// What of it changed, with who changed it.
    fn settle(
        &self,
        acting: Acting<'_>,
        old: &Versioned<Unanswered>,
        new: &Unanswered,
        batch: &mut Batch,
    ) -> Result<(), StoreError> {
        record::update(batch, old, new)?;
        let status = FieldChange::of("status", &old.record.status.as_str(), &new.status.as_str());
        let on = Target::new("unanswered", new.id);
        let changes = status.into_iter().collect();
        let entry = acting.entry(&new.organization, self.clock.now(), Act::UnansweredSettled, on, changes);
        record::insert(batch, &entry)
    }
}

impl FaqDraft {
    /// The draft with what is taken from the group.
    fn complete(&self, group: &Unanswered) -> Result<knowledge::FaqDraft, Refusal> {
        let question = self.question.clone().unwrap_or_else(|| line(&group.question));
        let examples = || group.examples.iter().map(|example| line(&example.text)).collect();
        let mut variants: Vec<String> = self.variants.clone().unwrap_or_else(examples);
        variants.retain(|variant| *variant != question);
        knowledge::FaqDraft::new(&question, &variants, &self.answer, self.url.as_deref())
    }
}

/// What a customer wrote as a line that a question may be.
fn line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// Takes what was asked in a session out of the groups, and says of how many: neither its words stay, nor what of them the
/// group was known by, nor the ways to ask that an answer has of them. A group of which nobody else's words are left goes.
///
/// # Errors
/// When the store does not read.
pub fn erase_session(store: &Store, batch: &mut Batch, session: &SessionKey) -> Result<usize, StoreError> {
    let mut changed = 0;
    let mut lost: BTreeMap<FaqId, BTreeSet<String>> = BTreeMap::new();
    for old in groups::all(store, &session.organization)? {
        let mut new = old.record.clone();
        if !new.forget_session(&session.session) {
            continue;
        }
        changed += 1;
        if let Some(faq) = new.faq {
            let is_kept = |text: &str| new.examples.iter().any(|kept| kept.text == text);
            let gone = old.record.examples.iter().filter(|example| !is_kept(&example.text));
            lost.entry(faq).or_default().extend(gone.map(|example| line(&example.text)));
        }
        if new.examples.is_empty() {
            record::remove(batch, &old);
        } else {
            new.terms = groups::terms(&new.question);
            record::update(batch, &old, &new)?;
        }
    }
    forget_ways(store, batch, &session.organization, &lost)?;
    Ok(changed)
}

/// Takes ways to ask out of answers. The question that an answer stands under stays: somebody of the staff has made it public.
fn forget_ways(
    store: &Store,
    batch: &mut Batch,
    organization: &OrganizationId,
    lost: &BTreeMap<FaqId, BTreeSet<String>>,
) -> Result<(), StoreError> {
    let mut entries = Vec::new();
    for (id, ways) in lost {
        let Some(old) = record::get::<Faq>(store, organization, &id.to_string())? else { continue };
        let mut new = old.record.clone();
        new.variants.retain(|variant| !ways.contains(variant));
        if new.variants.len() < old.record.variants.len() {
            record::update(batch, &old, &new)?;
            entries.push(new.entry());
        }
    }
    // The knowledge has one next version, whatever changes with it.
    if !entries.is_empty() {
        put_entries(store, batch, organization, &entries)?;
    }
    Ok(())
}

/// What is kept of a session's questions, and when they were asked.
///
/// # Errors
/// When the store does not read.
pub fn of_session(store: &Store, session: &SessionKey) -> Result<Vec<(Timestamp, String)>, StoreError> {
    let groups = groups::all(store, &session.organization)?;
    let examples = groups.into_iter().flat_map(|group| group.record.examples);
    let theirs =
        examples.filter(|example| example.session == session.session || example.also.contains(&session.session));
    Ok(theirs.map(|example| (example.at, example.text)).collect())
}

#[expect(clippy::needless_pass_by_value, reason = "it is the end of the error's way")]
fn unreadable(error: StoreError) -> Refusal {
    tracing::error!(%error, "unanswered questions do not read or write");
    Refusal::Unavailable { part: "store" }
}

impl std::fmt::Debug for UnansweredQuestions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnansweredQuestions").field("store", &self.store).finish_non_exhaustive()
    }
}
