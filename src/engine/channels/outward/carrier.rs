//! Carries a session's messages to its customer by a channel, part by part. What is known of each part is durable before
//! and after it goes.

use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::beside::Beside;
use super::dispatch::{Dispatch, Sent, Step};
use super::outcome::{BLOCKED_WAIT_S, outcome};
use super::patience::Patience;
use super::placing::{FILE_WAIT_FIRST_MS, as_begun, went};
use super::states::{ChannelStates, Way, Wrong};
use super::streak::Streak;
use super::{Accepted, Account, Found, Letter, Outlet, Timing, Told, plain, why};
use crate::actors::outbox::{Again, Carrier, Heard, Listener, Standing};
use crate::channels::capability::Capability;
use crate::channels::delivery::Delivery as Reach;
use crate::channels::failure::{Failure, FailureClass};
use crate::channels::render::Part;
use crate::clock::SharedClock;
use crate::domain::outbox::{Answered, Attempt, Delivery, Outcome, Stage, TOO_OLD_AFTER_MS, TargetKey, Via};
use crate::domain::{Author, Channel, Event, Notice, OrganizationId, SessionKey};
use crate::engine::channels::correspondents::{self, Correspondent};
use crate::store::record::{self, Versioned};
use crate::store::{Batch, CommitError, Logged, Store, StoreError, log, outbox};

/// What the outbox calls a message to a customer.
const TOPIC: &str = "message";

/// The most names of a customer that are looked at.
const NAMES_MAX: usize = 16;

/// How often it is tried to write down how far a part came, where news of it comes meanwhile.
const TRIES_MAX: usize = 16;

/// See the module.
pub struct ChannelCarrier {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) store: Store,
    pub(super) clock: SharedClock,
    pub(super) outlet: Arc<dyn Outlet>,
    pub(super) states: Arc<ChannelStates>,
    pub(super) beside: Arc<Beside>,
    patience: Patience,
    pub(super) file_wait_first_ms: u64,
}

/// Hears what is said to customers who are known on a channel.
struct Replies {
    store: Store,
    channel: Channel,
    capability: &'static Capability,
}

/// A message that is to go.
enum Made {
    /// It can go.
    Ready(Box<Ready>),
    /// Nobody is known by that session's names any more: a number went over to somebody else.
    Nobody,
    /// It waits for so long, in seconds.
    Later(u64),
    /// It needs not go any more, and why.
    Unneeded(&'static str),
}

/// A message with all that sending it takes.
struct Ready {
    /// To whom; its part is still to be set.
    letter: Letter,
    /// What.
    parts: Vec<Part>,
    /// How far it came already.
    dispatch: Option<Versioned<Dispatch>>,
}

/// Why a try ends before all parts went.
pub(super) enum Ended {
    Outcome(Outcome, String),
    Store(StoreError),
    Commit(CommitError),
}

impl ChannelCarrier {
    /// Wires it.
    pub fn new(store: Store, clock: SharedClock, outlet: Arc<dyn Outlet>, states: Arc<ChannelStates>) -> Self {
        let (beside, patience) = (Arc::default(), Patience::since(clock.now()));
        let file_wait_first_ms = FILE_WAIT_FIRST_MS;
        let inner = Inner { store, clock, outlet, states, beside, patience, file_wait_first_ms };
        Self { inner: Arc::new(inner) }
    }

    /// The same, which waits so long for news of a part that may have gone, in seconds, instead of
    /// [`UNCLEAR_WAIT_S`](super::UNCLEAR_WAIT_S).
    #[must_use]
    pub fn waiting_s(mut self, unclear_wait_s: u64) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.patience.unclear_wait_s = unclear_wait_s;
        }
        self
    }

    /// The same, which waits so long after a start for news of a part that may have gone before, in seconds, instead of
    /// [`UNCLEAR_START_WAIT_S`](super::UNCLEAR_START_WAIT_S).
    #[must_use]
    pub fn waiting_after_start_s(mut self, start_wait_s: u64) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.patience.start_wait_s = start_wait_s;
        }
        self
    }

    /// The same, which waits so long before it brings a file again at first, in milliseconds, instead of [`FILE_WAIT_FIRST_MS`].
    #[must_use]
    pub fn bringing_again_ms(mut self, file_wait_first_ms: u64) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.inner) {
            inner.file_wait_first_ms = file_wait_first_ms;
        }
        self
    }
}

impl Carrier for ChannelCarrier {
    fn via(&self) -> Via {
        self.inner.outlet.via()
    }

    fn listeners(&self, organization: &OrganizationId) -> Result<Vec<Box<dyn Listener>>, StoreError> {
        if !self.inner.outlet.listens(organization)? {
            return Ok(Vec::new());
        }
        let outlet = &self.inner.outlet;
        let replies =
            Replies { store: self.inner.store.clone(), channel: outlet.channel(), capability: outlet.capability() };
        Ok(vec![Box::new(replies)])
    }

    fn standing(&self, _: &TargetKey) -> Result<Standing, StoreError> {
        // Accounts are not deleted: one that is not configured any more may be again.
        Ok(Standing::Open)
    }

    fn send(&self, delivery: Delivery, again: Again) -> BoxFuture<'static, Attempt> {
        let inner = Arc::clone(&self.inner);
        async move { inner.carry(delivery, again).await }.boxed()
    }

    fn give_up(&self, target: TargetKey, why: &'static str) -> BoxFuture<'static, ()> {
        // A customer waits for what is left: the account is asked again later, and its state says what is wrong.
        tracing::error!(target = %target.target, why, "a channel's account does not take messages");
        std::future::ready(()).boxed()
    }

    fn close(&self) {
        self.inner.beside.close();
    }
}

impl Listener for Replies {
    fn listens_at(&self, _: u64) -> bool {
        true
    }

    fn hears(&self, session: &SessionKey, logged: &Logged<Event>) -> Result<Option<Heard>, StoreError> {
        let Event::Posted(message) = &logged.event else { return Ok(None) };
        let is_for_those_who_wait = message.author == Author::Notice(Notice::Queued);
        if message.author == Author::Customer || (is_for_those_who_wait && !self.capability.is_live) {
            return Ok(None);
        }
        let names = names(&self.store, session, self.channel)?;
        let Some(account) = names.first().map(account) else { return Ok(None) };
        // What was written there is there already.
        let is_there = matches!(message.author, Author::Agent { user, .. } if user == account.own_hand());
        Ok((!is_there).then(|| Heard { target: account.target(), topic: TOPIC }))
    }

    fn expect(&self, _: &mut Batch) {}
}

impl Inner {
    async fn carry(self: Arc<Self>, delivery: Delivery, again: Again) -> Attempt {
        let (at, began) = (self.clock.now(), Instant::now());
        let (outcome, text) = match self.deliver(&delivery, &again).await {
            Ok(()) => (Outcome::Done, String::new()),
            Err(Ended::Outcome(outcome, text)) => (outcome, text),
            Err(Ended::Store(error)) => {
                tracing::error!(%error, "what is to be sent does not read");
                (Outcome::Blocked { after_s: None }, "the store does not read".to_owned())
            }
            Err(Ended::Commit(error)) => {
                tracing::warn!(%error, "how far a message came is not written down");
                (Outcome::Blocked { after_s: None }, "the store does not write".to_owned())
            }
        };
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Attempt { outcome, answered: Answered::new(at, took_ms, None, &text) }
    }

    async fn deliver(self: &Arc<Self>, delivery: &Delivery, again: &Again) -> Result<(), Ended> {
        let (reader, wanted) = (Arc::clone(self), delivery.clone());
        let made = tokio::task::spawn_blocking(move || reader.made(&wanted)).await;
        let made = made.unwrap_or_else(|_| Err(StoreError::Backend("the reading of a message broke".to_owned())));
        let ready = match made.map_err(Ended::Store)? {
            Some(Made::Ready(ready)) => ready,
            Some(Made::Nobody) => {
                let why = "the customer is not known there any more";
                return Err(Ended::Outcome(Outcome::Impossible, why.to_owned()));
            }
            Some(Made::Later(after_s)) => {
                return Err(Ended::Outcome(Outcome::NotYet { after_s }, "its time has not come".to_owned()));
            }
            Some(Made::Unneeded(why)) => return Err(Ended::Outcome(Outcome::Unneeded, why.to_owned())),
            None => return Err(Ended::Outcome(Outcome::Erased, "it is there no longer".to_owned())),
        };
        let Ready { mut letter, parts, dispatch } = *ready;
        if !self.outlet.is_set_up(&letter.account) {
            let why = self.outlet.lack(&letter.account);
            self.states.blocks(&letter.account, Way::Out, Wrong::plain(why));
            return Err(Ended::Outcome(Outcome::Blocked { after_s: Some(BLOCKED_WAIT_S) }, why.to_owned()));
        }
        let mut dispatch = match dispatch {
            Some(dispatch) => dispatch.record,
            None => self.begin(delivery, &letter, parts.len()).await?,
        };
        let parts = as_begun(parts, &dispatch.parts, || super::parts(&letter.message, self.outlet.capability(), false));
        let all = parts.len();
        if dispatch.parts.len() != all.max(went(&dispatch.parts)) {
            // It is cut otherwise than it was when it was begun: nothing of it is left out, and what went is kept.
            let cut = |new: &mut Dispatch| new.parts.resize(all.max(went(&new.parts)), Sent::default());
            dispatch = self.change(dispatch, cut).await?;
        }
        if self.is_too_old(delivery, &dispatch) {
            let failure = Failure::new(FailureClass::TooOld, None, "");
            self.change(dispatch, |new| new.failure = Some(failure.clone())).await?;
            return Err(Ended::Outcome(Outcome::Impossible, why(&failure)));
        }
        for (index, part) in parts.into_iter().enumerate() {
            let Some(known) = dispatch.parts.get(index) else { break };
            if known.step == Step::Gone {
                continue;
            }
            letter.part = part;
            letter.place = (index, all);
            letter.reference = Dispatch::reference(dispatch.id, index);
            dispatch = self.part((delivery, again), &mut letter, dispatch, index).await?;
        }
        Ok(())
    }

    /// Whether nobody expects it any more, as where credentials were mended after a week. What was begun is brought to its end.
    fn is_too_old(&self, delivery: &Delivery, dispatch: &Dispatch) -> bool {
        let waited_ms = self.clock.now().since_ms(delivery.queued_at);
        waited_ms > TOO_OLD_AFTER_MS && dispatch.parts.iter().all(|part| part.step == Step::Waiting)
    }

    /// Sends one part, or finds out that it went already.
    async fn part(
        self: &Arc<Self>,
        (delivery, again): (&Delivery, &Again),
        letter: &mut Letter,
        dispatch: Dispatch,
        index: usize,
    ) -> Result<Dispatch, Ended> {
        if let Some(Step::Going { since }) = dispatch.parts.get(index).map(|part| part.step) {
            match self.outlet.find(letter).await {
                Found::Sent(accepted) => return self.gone(dispatch, index, &accepted).await,
                Found::NotSent => {}
                Found::Unknown => {
                    let asked_after_s = self.outlet.asked_after_s();
                    let left_s = self.patience.left_s(since, self.clock.now(), asked_after_s.is_some());
                    if left_s > 0 {
                        let after_s = asked_after_s.map_or(left_s, |asked| asked.min(left_s));
                        let later = Outcome::Later { after_s };
                        return Err(Ended::Outcome(later, "it may have gone: news of it is waited for".to_owned()));
                    }
                }
            }
        }
        let known = dispatch.parts.get(index).cloned().unwrap_or_default();
        let repeats = known.repeats + u32::from(matches!(known.step, Step::Going { .. }));
        if repeats > self.outlet.repeats_max() {
            let why = "it was sent several times, and it is not known whether it went";
            let failure = Failure::new(FailureClass::Unclear, None, why);
            // A person may say that it is to be sent again.
            let rested = |new: &mut Dispatch| {
                new.failure = Some(failure.clone());
                if let Some(part) = new.parts.get_mut(index).filter(|part| part.step != Step::Gone) {
                    *part = Sent::default();
                }
            };
            self.change(dispatch, rested).await?;
            return Err(Ended::Outcome(Outcome::Impossible, why.to_owned()));
        }
        let dispatch = self.with_file((delivery, again), letter, dispatch, index).await?;
        if dispatch.parts.get(index).is_some_and(|part| part.step == Step::Gone) {
            // News told so while its file was looked after.
            return Ok(dispatch);
        }
        let since = self.clock.now();
        let dispatch = self.change(dispatch, |new| {
            step(new, index, Step::Going { since });
            if let Some(part) = new.parts.get_mut(index) {
                part.repeats = repeats;
            }
        });
        let dispatch = dispatch.await?;
        match self.outlet.send(letter).await {
            Ok(accepted) => {
                self.states.works(&letter.account, Way::Out);
                self.gone(dispatch, index, &accepted).await
            }
            Err(failure) if failure.class == FailureClass::Media && letter.placed.is_some() => {
                self.refused_file(dispatch, index, &failure).await
            }
            Err(failure) => self.failed(delivery, letter, dispatch, index, failure).await,
        }
    }

    async fn gone(&self, dispatch: Dispatch, index: usize, accepted: &Accepted) -> Result<Dispatch, Ended> {
        let taken = self.outlet.capability().once_taken();
        let change = |new: &mut Dispatch| {
            if let Some(part) = new.parts.get_mut(index) {
                part.step = Step::Gone;
                part.provider_id = Some(accepted.id.clone());
                part.reach = Reach::after(part.reach, taken).or(part.reach);
            }
            new.streak = None;
            // That it failed may have been told before that it was taken.
            if !new.has_failed() {
                new.failure = None;
            }
        };
        self.change(dispatch, change).await
    }

    /// Writes down why a part did not go, and says what that means for the rest. News may have told meanwhile that it went.
    pub(super) async fn failed(
        &self,
        delivery: &Delivery,
        letter: &Letter,
        dispatch: Dispatch,
        index: usize,
        failure: Failure,
    ) -> Result<Dispatch, Ended> {
        let (class, code, said) = (failure.class, failure.code, failure.said.clone());
        tracing::info!(channel = letter.account.channel.as_str(), ?class, ?code, "a message did not go");
        let streak = Streak::once_more(dispatch.streak, class, delivery.queued_at);
        let outcome = match self.outlet.asked_after_s() {
            Some(after_s) if class == FailureClass::Unclear => Outcome::Later { after_s },
            _ => outcome(&failure, streak.times, self.patience.unclear_wait_s),
        };
        let (account, words) = (&letter.account, why(&failure));
        let wrong = Wrong { plain: plain(class), words: &words };
        match outcome {
            Outcome::Blocked { .. } => drop(self.states.blocks(account, Way::Out, wrong)),
            Outcome::Failing { .. } => drop(self.states.fails(account, Way::Out, wrong)),
            _ if class == FailureClass::Unclear => drop(self.states.fails(account, Way::Out, wrong)),
            _ => {}
        }
        let change = |new: &mut Dispatch| {
            if new.parts.get(index).is_some_and(|part| part.step == Step::Gone) {
                return;
            }
            (new.failure, new.streak) = (Some(failure.clone()), Some(streak));
            // What may have gone stays so until news or time tells.
            if class != FailureClass::Unclear {
                step(new, index, Step::Waiting);
            }
        };
        let dispatch = self.change(dispatch, change).await?;
        if dispatch.parts.get(index).is_some_and(|part| part.step == Step::Gone) {
            return Ok(dispatch);
        }
        Err(Ended::Outcome(outcome, if said.is_empty() { words } else { said }))
    }

    /// Begins the record of a message, unless its delivery is erased meanwhile.
    async fn begin(&self, delivery: &Delivery, letter: &Letter, parts: usize) -> Result<Dispatch, Ended> {
        let gone = || Ended::Outcome(Outcome::Erased, "it is there no longer".to_owned());
        let key = delivery.target_key();
        let row = outbox::at(&self.store, &key, Stage::Waiting, delivery.number).map_err(Ended::Store)?;
        let row = row.ok_or_else(gone)?;
        let dispatch = Dispatch {
            id: delivery.id(),
            organization: delivery.organization.clone(),
            session: delivery.session.clone(),
            seq: delivery.seq,
            message: letter.message.id,
            channel: letter.account.channel,
            account: letter.account.name.clone(),
            parts: vec![Sent::default(); parts],
            failure: None,
            streak: None,
            at: self.clock.now(),
        };
        let mut batch = Batch::default();
        record::expect(&mut batch, &row);
        record::insert(&mut batch, &dispatch).map_err(Ended::Store)?;
        self.store.commit(batch).await.map_err(Ended::Commit)?;
        Ok(dispatch)
    }

    /// Changes what is known of a message, as it is kept now: news of it may have come meanwhile.
    pub(super) async fn change(&self, known: Dispatch, change: impl Fn(&mut Dispatch)) -> Result<Dispatch, Ended> {
        let id = known.id.to_string();
        for _ in 0..TRIES_MAX {
            let old = record::get::<Dispatch>(&self.store, &known.organization, &id).map_err(Ended::Store)?;
            let Some(old) = old else {
                return Err(Ended::Outcome(Outcome::Erased, "it is there no longer".to_owned()));
            };
            let mut new = Dispatch { at: self.clock.now(), ..old.record.clone() };
            change(&mut new);
            let mut batch = Batch::default();
            record::update(&mut batch, &old, &new).map_err(Ended::Store)?;
            match self.store.commit(batch).await {
                Ok(()) => return Ok(new),
                Err(CommitError::Conflict { .. }) => {}
                Err(why) => return Err(Ended::Commit(why)),
            }
        }
        Err(Ended::Commit(CommitError::Busy))
    }

    /// What is to go, and what is known of it; nothing where it was erased.
    fn made(&self, delivery: &Delivery) -> Result<Option<Made>, StoreError> {
        let session = delivery.session_key();
        let first = log::read::<Event>(&self.store, &session, 0, 1)?.pop();
        let told = log::read::<Event>(&self.store, &session, delivery.seq.saturating_sub(1), 1)?.pop();
        let (Some(Logged { event: Event::Started(started), .. }), Some(told)) = (first, told) else { return Ok(None) };
        // A session that was erased may have begun anew under its id: that is another message.
        let is_it = told.seq == delivery.seq && told.at == delivery.at;
        let Event::Posted(message) = told.event else { return Ok(None) };
        if !is_it {
            return Ok(None);
        }
        let dispatch = record::get::<Dispatch>(&self.store, &delivery.organization, &delivery.id().to_string())?;
        // What is under way, or went in part, is brought to its end.
        let rests = |dispatch: &Dispatch| dispatch.parts.iter().all(|part| part.step == Step::Waiting);
        if dispatch.as_ref().is_none_or(|dispatch| rests(&dispatch.record)) {
            match self.outlet.timing(&Told { session: &session, seq: told.seq, message: &message })? {
                Timing::Now => {}
                Timing::Later { after_s } => return Ok(Some(Made::Later(after_s))),
                Timing::Unneeded(why) => return Ok(Some(Made::Unneeded(why))),
            }
        }
        let names = names(&self.store, &session, self.outlet.channel())?;
        let account = names.iter().map(account).find(|account| account.target() == delivery.target);
        let Some(account) = account else { return Ok(Some(Made::Nobody)) };
        let names = names.into_iter().filter(|name| name.account == account.name).collect();
        let parts = self.outlet.parts(&message);
        let letter = Letter {
            account,
            session,
            seq: told.seq,
            customer: started.customer,
            names,
            message,
            part: Part::Text(String::new()),
            placed: None,
            place: (0, parts.len()),
            reference: String::new(),
        };
        Ok(Some(Made::Ready(Box::new(Ready { letter, parts, dispatch }))))
    }
}

/// What a session's customer is called on a channel, the newest name first.
pub(super) fn names(store: &Store, session: &SessionKey, channel: Channel) -> Result<Vec<Correspondent>, StoreError> {
    let found = correspondents::of_session(store, session, NAMES_MAX)?.into_iter().map(|found| found.record);
    let mut names: Vec<Correspondent> = found.filter(|name| name.channel == channel).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.since));
    Ok(names)
}

pub(super) fn account(name: &Correspondent) -> Account {
    Account { organization: name.organization.clone(), channel: name.channel, name: name.account.clone() }
}

pub(super) fn step(dispatch: &mut Dispatch, index: usize, to: Step) {
    // News that came meanwhile knows better.
    if let Some(part) = dispatch.parts.get_mut(index).filter(|part| part.step != Step::Gone) {
        part.step = to;
    }
}

impl std::fmt::Debug for ChannelCarrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChannelCarrier").finish_non_exhaustive()
    }
}
