//! What the provider called about while nobody answered. It does not call again, so from time to time it is asked what came since it
//! was asked last; what is known already counts once by its id.

use std::time::Duration;

use futures_util::FutureExt as _;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::sleep;

use super::http::{Http, encoded};
use super::intake::counted;
use super::{Sms, SmsSettings};
use crate::channels::answer::Answer;
use crate::channels::failure::{Failure, FailureClass};
use crate::channels::sms::IncomingSms;
use crate::channels::sms::provider::ProviderRequest;
use crate::domain::{OrganizationId, Refusal, Timestamp};
use crate::engine::channels::outward::{Way, Wrong, plain, why};
use crate::engine::channels::unbroken::unbroken;
use crate::store::record::{self, Record};
use crate::store::{Batch, StoreError};

/// The most pages of one asking. What is beyond them, of many thousands, is too old to be answered; that it was left out is told.
const PAGES_MAX: usize = 25;

/// How far the provider's clock may be from ours, and how long a message may be on its way into its list, in milliseconds.
const OVERLAP_MS: i64 = 10 * 60 * 1_000;

/// The pause before it is asked again after a failure; it doubles up to the usual one.
const RETRY_FIRST: Duration = Duration::from_secs(5);

/// The least pause where only a person can mend what is wrong: providers lock out whoever tries wrong credentials often.
const BLOCKED_WAIT: Duration = Duration::from_secs(5 * 60);

/// Why it is not known what came.
enum Unasked {
    /// The provider does not say.
    Provider(Failure),
    /// Something of ours could not do its part.
    Ours(Refusal),
}

/// Until when everything was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct CaughtUp {
    organization: OrganizationId,
    /// The number, or what stands for it.
    account: String,
    at: Timestamp,
}

impl Record for CaughtUp {
    const SPACE: &'static str = "sms_caught_up";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.account.clone()
    }
}

impl Sms {
    /// Asks at once, and then every so often, until the stop. Ends at once where the provider can not be asked.
    pub async fn catch_up(self, every: Duration, stop: watch::Receiver<bool>) {
        let Some(settings) = self.settings.clone() else { return };
        if every.is_zero() || settings.provider.received(self.clock.now()).is_none() {
            return;
        }
        let begin = || self.ask_until(&settings, every, stop.clone());
        let broke = || {
            let wrong = Wrong::plain("who asks for missed messages broke");
            self.states.fails(&settings.account(), Way::In, wrong);
        };
        unbroken("sms", stop.clone(), begin, broke).await;
    }

    async fn ask_until(&self, settings: &SmsSettings, every: Duration, mut stop: watch::Receiver<bool>) {
        let asking = async {
            let http = match Http::new(settings) {
                Ok(http) => http,
                Err(error) => return tracing::error!(%error, "there is no way to the provider of SMS"),
            };
            let mut failures = 0;
            loop {
                let asked = self.ask_once(settings, &http).await;
                failures = if asked.is_ok() { 0 } else { failures + 1 };
                sleep(self.told(settings, asked.as_ref().err(), failures).map_or(every, |pause| pause.min(every)))
                    .await;
            }
        };
        futures_util::select_biased! {
            _ = stop.wait_for(|stopped| *stopped).fuse() => {}
            () = asking.fuse() => {}
        }
    }

    /// Says how the way in does, and how long it rests after so many failures in a row; none where it works.
    fn told(&self, settings: &SmsSettings, unasked: Option<&Unasked>, failures: u32) -> Option<Duration> {
        let (states, account) = (&self.states, settings.account());
        let doubled = RETRY_FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16));
        match unasked {
            None => {
                states.works(&account, Way::In);
                None
            }
            Some(Unasked::Provider(failure)) => {
                let words = why(failure);
                tracing::warn!(why = words, "what came by SMS meanwhile is not known yet");
                let wrong = Wrong { plain: plain(failure.class), words: &words };
                let asked = Duration::from_secs(failure.retry_after_s.unwrap_or_default());
                if failure.class.stops_channel() {
                    states.blocks(&account, Way::In, wrong);
                    return Some(BLOCKED_WAIT.max(asked));
                }
                states.fails(&account, Way::In, wrong);
                Some(doubled.max(asked))
            }
            Some(Unasked::Ours(why)) => {
                tracing::warn!(%why, "what came by SMS meanwhile is not taken yet");
                states.fails(&account, Way::In, Wrong::plain("what was missed can not be kept now"));
                Some(doubled)
            }
        }
    }

    /// Takes in what came since the last time. Of an account that is new nothing is brought in that came before.
    async fn ask_once(&self, settings: &SmsSettings, http: &Http) -> Result<(), Unasked> {
        let began = self.clock.now();
        let (organization, account) = (&settings.organization, settings.account().name);
        let known = record::get::<CaughtUp>(&self.store, organization, &account).map_err(|error| unreadable(&error))?;
        if let Some(known) = &known {
            let since = known.record.at.plus_ms(-OVERLAP_MS);
            let mut missed = self.list(settings, http, since).await?;
            missed.sort_by_key(|sms| sms.at);
            for sms in &missed {
                self.take_listed(settings, sms).await.map_err(Unasked::Ours)?;
            }
        }
        let new = CaughtUp { organization: organization.clone(), account, at: began };
        let mut batch = Batch::default();
        record::replace(&mut batch, known.as_ref(), &new).map_err(|error| unreadable(&error))?;
        let kept = self.store.commit(batch).await;
        kept.map_err(|why| Unasked::Ours(why.refused("another process caught up")))
    }

    /// What came since then and is to our number.
    async fn list(&self, settings: &SmsSettings, http: &Http, since: Timestamp) -> Result<Vec<IncomingSms>, Unasked> {
        let (mut listed, mut request) = (Vec::new(), settings.provider.received(since));
        for _ in 0..PAGES_MAX {
            let Some(wanted) = request.take() else { break };
            let answered = http.ask(get(http, &wanted), self.clock.now()).await;
            let answered = answered.map_err(unheard)?;
            let page = settings.provider.listed(&answered.answer()).ok_or_else(|| unlisted(&answered.answer()))?;
            let is_wanted = |sms: &IncomingSms| sms.at.is_some_and(|at| at >= since);
            // The newest come first: where the oldest of a page is too old, so is the next page.
            let goes_on = page.messages.last().is_none_or(is_wanted);
            listed.extend(page.messages.into_iter().filter(is_wanted));
            request = page.next.filter(|_| goes_on).and_then(|next| settings.provider.received_next(&next));
        }
        if request.is_some() {
            tracing::error!(
                listed = listed.len(),
                "more came by SMS meanwhile than is asked for: the oldest are left out"
            );
            counted("left_out");
        }
        Ok(listed)
    }

    async fn take_listed(&self, settings: &SmsSettings, sms: &IncomingSms) -> Result<(), Refusal> {
        match self.take_sms(settings, sms).await {
            // The mark stays where it is, so the next asking brings it again.
            Err(why @ (Refusal::Busy | Refusal::Unavailable { .. } | Refusal::TooMany { .. })) => Err(why),
            // It can never be taken.
            Err(why) => {
                tracing::warn!(%why, "an SMS that was missed can not be taken");
                counted("refused");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }
}

fn get(http: &Http, request: &ProviderRequest) -> reqwest::RequestBuilder {
    let url = match request.form.is_empty() {
        true => request.url.clone(),
        false => format!("{}?{}", request.url, encoded(request)),
    };
    http.client.get(url).basic_auth(&request.user, Some(request.password.expose_secret()))
}

/// It is asked for a list: nothing goes, so it is asked again where no answer came.
fn unheard(failure: Failure) -> Unasked {
    let class = if failure.class == FailureClass::Unclear { FailureClass::Retry } else { failure.class };
    Unasked::Provider(Failure { class, ..failure })
}

/// An answer that holds no list: what its status says, in the provider's words no more than that.
fn unlisted(answer: &Answer<'_>) -> Unasked {
    let class = match answer.class() {
        // A success that does not read, and what is nobody's message.
        FailureClass::Unclear | FailureClass::Permanent => FailureClass::Retry,
        class => class,
    };
    let failure = Failure::new(class, Some(i64::from(answer.status)), "");
    Unasked::Provider(failure.retry_after(answer.retry_after_s()))
}

fn unreadable(error: &StoreError) -> Unasked {
    tracing::error!(%error, "until when SMS were asked for does not read");
    Unasked::Ours(Refusal::Unavailable { part: "store" })
}
