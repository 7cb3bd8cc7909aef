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
use crate::channels::sms::IncomingSms;
use crate::channels::sms::provider::ProviderRequest;
use crate::domain::{OrganizationId, Refusal, Timestamp};
use crate::store::record::{self, Record};
use crate::store::{Batch, StoreError};

/// The most pages of one asking. What is beyond them, of many thousands, is too old to be answered; that it was left out is told.
const PAGES_MAX: usize = 25;

/// How far the provider's clock may be from ours, and how long a message may be on its way into its list, in milliseconds.
const OVERLAP_MS: i64 = 10 * 60 * 1_000;

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
    pub async fn catch_up(self, every: Duration, mut stop: watch::Receiver<bool>) {
        let Some(settings) = self.settings.clone() else { return };
        if every.is_zero() || settings.provider.received(self.clock.now()).is_none() {
            return;
        }
        let asking = async {
            let http = match Http::new(&settings) {
                Ok(http) => http,
                Err(error) => return tracing::error!(%error, "there is no way to the provider of SMS"),
            };
            loop {
                if let Err(why) = self.ask_once(&settings, &http).await {
                    tracing::warn!(%why, "what came by SMS meanwhile is not known yet");
                }
                sleep(every).await;
            }
        };
        futures_util::select_biased! {
            _ = stop.wait_for(|stopped| *stopped).fuse() => {}
            () = asking.fuse() => {}
        }
    }

    /// Takes in what came since the last time. Of an account that is new nothing is brought in that came before.
    async fn ask_once(&self, settings: &SmsSettings, http: &Http) -> Result<(), Refusal> {
        let began = self.clock.now();
        let (organization, account) = (&settings.organization, settings.account().name);
        let known = record::get::<CaughtUp>(&self.store, organization, &account).map_err(|error| unreadable(&error))?;
        if let Some(known) = &known {
            let since = known.record.at.plus_ms(-OVERLAP_MS);
            let mut missed = self.list(settings, http, since).await?;
            missed.sort_by_key(|sms| sms.at);
            for sms in &missed {
                self.take_listed(settings, sms).await?;
            }
        }
        let new = CaughtUp { organization: organization.clone(), account, at: began };
        let mut batch = Batch::default();
        record::replace(&mut batch, known.as_ref(), &new).map_err(|error| unreadable(&error))?;
        self.store.commit(batch).await.map_err(|why| why.refused("another process caught up"))
    }

    /// What came since then and is to our number.
    async fn list(&self, settings: &SmsSettings, http: &Http, since: Timestamp) -> Result<Vec<IncomingSms>, Refusal> {
        let (mut listed, mut request) = (Vec::new(), settings.provider.received(since));
        for _ in 0..PAGES_MAX {
            let Some(wanted) = request.take() else { break };
            let answered = http.ask(get(http, &wanted), self.clock.now()).await;
            let answered = answered.map_err(|failure| unheard(&failure.said))?;
            let page = settings.provider.listed(&answered.answer()).ok_or_else(|| unheard("the list does not read"))?;
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

fn unheard(why: &str) -> Refusal {
    tracing::info!(why, "the provider of SMS does not say what came");
    Refusal::Unavailable { part: "sms" }
}

fn unreadable(error: &StoreError) -> Refusal {
    tracing::error!(%error, "until when SMS were asked for does not read");
    Refusal::Unavailable { part: "store" }
}
