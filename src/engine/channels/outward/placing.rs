//! Files that have to be at the provider before the part that they are of can go: brought there once, [beside](super::beside) the tries, and
//! known from then on by what the provider calls them. Nobody sees a file that was brought, so that is done again wherever it is not
//! sure. One that can not go, or does not for long, is left out: words that name it go in its place, and the staff sees why.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::beside::Look;
use super::carrier::{Ended, Inner, step};
use super::dispatch::{Dispatch, Sent, Step};
use super::states::{Way, Wrong};
use super::{Letter, plain, why};
use crate::actors::outbox::Again;
use crate::channels::capability::FileKind;
use crate::channels::failure::{Failure, FailureClass};
use crate::channels::render::{Part, left_out};
use crate::domain::Timestamp;
use crate::domain::outbox::{Delivery, Outcome};
use crate::store::record;

/// How often a provider may refuse a file before it is left out.
const REFUSALS_MAX: u32 = 2;

/// The pause before a file is brought again that was refused, in seconds.
const REFUSED_WAIT_S: u64 = 2;

/// How long a message waits for a file that is not at hand, in milliseconds: the scanner is asked a second time within two minutes. What
/// is behind it waits as long.
const AT_HAND_WAIT_MS: u64 = 3 * 60 * 1_000;

/// The pause before it is looked for again, in seconds.
const LOOK_AGAIN_S: u64 = 10;

/// The same while it is on its way, in seconds: its message goes on as soon as it is there, and after this where that was not heard.
const ON_THE_WAY_S: u64 = 5;

/// The pause before a file is brought again that did not come there, in milliseconds; each further one is twice as long.
pub const FILE_WAIT_FIRST_MS: u64 = 2_000;

/// The longest, in seconds.
const FILE_WAIT_MAX_S: u64 = 2 * 60;

/// How long a message waits for a file that does not come there, in milliseconds. What is behind it waits as long.
const FAILING_MAX_MS: u64 = 10 * 60 * 1_000;

/// How often it is tried at least, as where the process was off for that long.
const FAILURES_MIN: u32 = 3;

/// A file where a provider has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// What the provider calls it.
    pub id: String,
    /// As what it is to go.
    pub kind: FileKind,
    /// When it was brought there.
    pub at: Timestamp,
}

/// Why a file is not at the provider.
#[derive(Debug)]
pub enum NotPlaced {
    /// The provider did not take it.
    Failed(Failure),
    /// It is not at hand for now, and why.
    NotAtHand(&'static str),
    /// It can never be, and why.
    Never(String),
}

/// How far the file of a part came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentFile {
    /// How often the provider refused it.
    #[serde(default, skip_serializing_if = "super::dispatch::is_zero")]
    pub refusals: u32,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed: Option<Placed>,
    /// Why it is waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_since: Option<Timestamp>,
    /// Since when it does not come there, where it is brought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<Failing>,
    /// Why it does not go: words that name it do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
}

/// How a file failed to come to its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    /// Since when.
    pub since: Timestamp,
    /// How often.
    pub times: u32,
}

impl Failing {
    /// After one more failure.
    fn once_more(before: Option<Self>, now: Timestamp) -> Self {
        let before = before.unwrap_or(Self { since: now, times: 0 });
        Self { times: before.times.saturating_add(1), ..before }
    }

    /// Whether nobody is to wait for it any longer.
    fn is_over(self, now: Timestamp) -> bool {
        self.times >= FAILURES_MIN && now.since_ms(self.since) >= FAILING_MAX_MS
    }

    /// How long it waits now, in seconds; the provider may have asked for more.
    fn wait_s(self, first_ms: u64, asked_s: Option<u64>) -> u64 {
        let doubled_ms = first_ms.saturating_mul(1 << self.times.saturating_sub(1).min(16));
        (doubled_ms / 1_000).max(asked_s.unwrap_or_default()).min(FILE_WAIT_MAX_S)
    }
}

impl Inner {
    /// Sees to it that the part's file is at the provider, or that words go in its place. A file that is to be brought there is so beside
    /// this try, which ends.
    pub(super) async fn with_file(
        self: &Arc<Self>,
        (delivery, again): (&Delivery, &Again),
        letter: &mut Letter,
        dispatch: Dispatch,
        index: usize,
    ) -> Result<Dispatch, Ended> {
        letter.placed = None;
        if !matches!(letter.part, Part::File { .. }) {
            return Ok(dispatch);
        }
        let known = file_of(&dispatch, index);
        if known.left_out.is_some() {
            letter.part = words(letter);
            return Ok(dispatch);
        }
        letter.placed.clone_from(&known.placed);
        if self.outlet.is_placed(letter) {
            return Ok(dispatch);
        }
        match self.beside.look((dispatch.id, index)) {
            Look::OnTheWay => {}
            Look::Nothing => {
                let (me, letter, known) = (Arc::clone(self), letter.clone(), dispatch);
                let (part, account) = ((known.id, index), letter.account.clone());
                let bring = async move { me.bring(letter, known, index).await };
                self.beside.begin(part, &account, again.clone(), bring);
            }
            Look::Ended(why) => return self.without_file(delivery, letter, dispatch, index, why).await,
        }
        Err(Ended::Outcome(Outcome::NotYet { after_s: ON_THE_WAY_S }, "its file is on its way".to_owned()))
    }

    /// Brings a part's file to the provider; where it is there then is durable.
    async fn bring(&self, mut letter: Letter, known: Dispatch, index: usize) -> Result<(), NotPlaced> {
        // It waited for its turn: what was known of it may be old.
        let found = record::get::<Dispatch>(&self.store, &known.organization, &known.id.to_string());
        let Ok(Some(now)) = found else { return Ok(()) };
        letter.placed = file_of(&now.record, index).placed;
        if self.outlet.is_placed(&letter) {
            return Ok(());
        }
        let placed = self.outlet.place(&letter).await?;
        let note = |file: &mut SentFile| {
            file.placed = Some(placed.clone());
            (file.held, file.held_since, file.failing) = (None, None, None);
        };
        // Where that is not written down it is brought once more.
        if self.change_file(now.record, index, note).await.is_err() {
            tracing::warn!("where a file is at its provider is not written down");
        }
        Ok(())
    }

    /// What becomes of a part whose file did not come to the provider.
    async fn without_file(
        &self,
        delivery: &Delivery,
        letter: &mut Letter,
        dispatch: Dispatch,
        index: usize,
        why: NotPlaced,
    ) -> Result<Dispatch, Ended> {
        match why {
            NotPlaced::Never(why) => self.leave_out(letter, dispatch, index, &why).await,
            NotPlaced::NotAtHand(why) => {
                let now = self.clock.now();
                let since = file_of(&dispatch, index).held_since.unwrap_or(now);
                if now.since_ms(since) >= AT_HAND_WAIT_MS {
                    return self.leave_out(letter, dispatch, index, why).await;
                }
                let hold = |file: &mut SentFile| (file.held, file.held_since) = (Some(why.to_owned()), Some(since));
                self.change_file(dispatch, index, hold).await?;
                Err(Ended::Outcome(Outcome::NotYet { after_s: LOOK_AGAIN_S }, why.to_owned()))
            }
            NotPlaced::Failed(failure) if failure.class == FailureClass::Media => {
                self.refused_file(dispatch, index, &failure).await
            }
            NotPlaced::Failed(failure) => self.not_brought(delivery, letter, dispatch, index, failure).await,
        }
    }

    /// A file was at hand and did not come to the provider. That passes, or its message goes without it: the agent's own words
    /// may be in the same part.
    async fn not_brought(
        &self,
        delivery: &Delivery,
        letter: &mut Letter,
        dispatch: Dispatch,
        index: usize,
        failure: Failure,
    ) -> Result<Dispatch, Ended> {
        let now = self.clock.now();
        let passes = matches!(failure.class, FailureClass::Retry | FailureClass::SlowDown(_));
        let failing = passes.then(|| Failing::once_more(file_of(&dispatch, index).failing, now));
        if failing.is_some_and(|failing| failing.is_over(now)) {
            return self.leave_out(letter, dispatch, index, &why(&failure)).await;
        }
        let note = |file: &mut SentFile| (file.held, file.held_since, file.failing) = (None, None, failing);
        let dispatch = self.change_file(dispatch, index, note).await?;
        let Some(failing) = failing.filter(|_| failure.class == FailureClass::Retry) else {
            return self.failed(delivery, letter, dispatch, index, failure).await;
        };
        tracing::info!(code = ?failure.code, times = failing.times, "a file did not come to its provider");
        let words = why(&failure);
        self.states.fails(&letter.account, Way::Out, Wrong { plain: plain(failure.class), words: &words });
        self.change(dispatch, |new| new.failure = Some(failure.clone())).await?;
        // It is this file's matter: others go on, and the message itself was not tried.
        let after_s = failing.wait_s(self.file_wait_first_ms, failure.retry_after_s);
        Err(Ended::Outcome(Outcome::NotYet { after_s }, words))
    }

    /// The provider does not take the file, or does not know it any more: it is brought once more, and then left out.
    pub(super) async fn refused_file(
        &self,
        dispatch: Dispatch,
        index: usize,
        failure: &Failure,
    ) -> Result<Dispatch, Ended> {
        let refusals = dispatch.parts.get(index).and_then(|part| part.file.as_ref()).map_or(0, |file| file.refusals);
        let is_over = refusals + 1 >= REFUSALS_MAX;
        tracing::info!(code = ?failure.code, is_over, "a provider does not take a file");
        let change = |new: &mut Dispatch| {
            if new.parts.get(index).is_some_and(|part| part.step == Step::Gone) {
                return;
            }
            new.failure = Some(failure.clone());
            step(new, index, Step::Waiting);
        };
        let dispatch = self.change(dispatch, change).await?;
        if dispatch.parts.get(index).is_some_and(|part| part.step == Step::Gone) {
            return Ok(dispatch);
        }
        let note = |file: &mut SentFile| {
            file.refusals = refusals + 1;
            (file.placed, file.held, file.held_since) = (None, None, None);
            file.left_out = is_over.then(|| why(failure));
        };
        self.change_file(dispatch, index, note).await?;
        let after_s = if is_over { 0 } else { REFUSED_WAIT_S };
        // The message itself was not tried.
        Err(Ended::Outcome(Outcome::NotYet { after_s }, why(failure)))
    }

    async fn leave_out(
        &self,
        letter: &mut Letter,
        dispatch: Dispatch,
        index: usize,
        why: &str,
    ) -> Result<Dispatch, Ended> {
        tracing::warn!(session = ?letter.session, why, "a file does not go with its message");
        letter.part = words(letter);
        self.change_file(dispatch, index, |file| file.left_out = Some(why.to_owned())).await
    }

    async fn change_file(
        &self,
        dispatch: Dispatch,
        index: usize,
        change: impl Fn(&mut SentFile),
    ) -> Result<Dispatch, Ended> {
        let change = |new: &mut Dispatch| {
            if let Some(part) = new.parts.get_mut(index) {
                change(part.file.get_or_insert_default());
            }
        };
        self.change(dispatch, change).await
    }
}

/// What is known of a part's file.
fn file_of(dispatch: &Dispatch, index: usize) -> SentFile {
    dispatch.parts.get(index).and_then(|part| part.file.clone()).unwrap_or_default()
}

/// The parts of a message that was begun already. One that takes fewer than it did, as where its file was told by name then, and is
/// under way, goes on as it was begun: what went is not the same part as now.
pub(super) fn as_begun(now: Vec<Part>, sent: &[Sent], by_name: impl FnOnce() -> Vec<Part>) -> Vec<Part> {
    if now.len() >= sent.len() || went(sent) == 0 {
        return now;
    }
    let before = by_name();
    if before.len() == sent.len() { before } else { now }
}

/// How many of a message's parts, from the first on, may have gone.
pub(super) fn went(parts: &[Sent]) -> usize {
    parts.iter().rposition(|part| part.step != Step::Waiting).map_or(0, |last| last + 1)
}

/// What goes in the place of a part's file.
fn words(letter: &Letter) -> Part {
    let Part::File { index, caption, .. } = &letter.part else { return letter.part.clone() };
    let name = letter.message.attachments.get(*index).map_or("", |file| file.name.as_str());
    Part::Text(left_out(name, caption.as_deref()))
}

/// Why a file of a message did not go, or is waited for.
pub(super) fn why_without_file(parts: &[Sent]) -> Option<String> {
    let files = || parts.iter().filter_map(|part| part.file.as_ref());
    if let Some(why) = files().find_map(|file| file.left_out.as_deref()) {
        return Some(format!("a file did not go: {why}"));
    }
    files().find_map(|file| file.held.as_deref()).map(|why| format!("a file is waited for: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_does_not_come_there_is_waited_for_for_ten_minutes_ever_longer_at_a_time() {
        let at = |s: i64| Timestamp::from_ms(s * 1_000);
        let (mut failing, mut now_s, mut waits) = (Failing::once_more(None, at(0)), 0, Vec::new());
        while !failing.is_over(at(now_s)) {
            let wait_s = failing.wait_s(FILE_WAIT_FIRST_MS, None);
            waits.push(wait_s);
            now_s += i64::try_from(wait_s).unwrap();
            failing = Failing::once_more(Some(failing), at(now_s));
        }
        assert_eq!(waits, [2, 4, 8, 16, 32, 64, 120, 120, 120, 120]);
        assert_eq!(failing.wait_s(1, Some(7)), 7, "as the provider asks");
        assert_eq!(failing.wait_s(u64::MAX, Some(u64::MAX)), FILE_WAIT_MAX_S);
        let after_a_day = Failing::once_more(Some(Failing { since: at(0), times: 1 }), at(86_400));
        assert!(!after_a_day.is_over(at(86_400)), "the process was off, and it was tried twice");
    }

    #[test]
    fn a_message_whose_file_was_told_by_name_when_it_was_begun_goes_on_so() {
        let text = |text: &str| Part::Text(text.to_owned());
        let file = || Part::File { index: 0, kind: FileKind::Document, caption: Some("Your bill".to_owned()) };
        let by_name = || vec![text("Your bill"), text("[file: bill.pdf] (can not be sent here)")];
        let sent = |steps: &[Step]| -> Vec<Sent> {
            steps.iter().map(|step| Sent { step: *step, ..Sent::default() }).collect()
        };
        let going = Step::Going { since: Timestamp::from_ms(0) };
        let begun = |steps: &[Step]| as_begun(vec![file()], &sent(steps), by_name);
        assert_eq!(begun(&[Step::Gone, Step::Waiting]), by_name());
        assert_eq!(begun(&[going, Step::Waiting]), by_name());
        assert_eq!(begun(&[Step::Waiting, Step::Waiting]), [file()], "nothing of it went: the file itself goes");
        assert_eq!(begun(&[Step::Waiting]), [file()]);
        assert_eq!(begun(&[Step::Gone, Step::Gone, Step::Waiting]), [file()], "it was neither of both");
        assert_eq!((went(&sent(&[Step::Waiting; 2])), went(&sent(&[Step::Waiting, going, Step::Waiting]))), (0, 2));
    }
}
