//! The way to a provider of SMS: one request per part, within a time, its answer read up to a limit. Whoever wants no messages
//! gets none, but for the one that says so.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use secrecy::ExposeSecret;
use tokio::time::sleep;

use super::http::{Http, encoded, posted};
use super::{CALLBACKS, OptOuts, SmsSettings};
use crate::channels::capability::{Capability, SMS};
use crate::channels::failure::{Failure, FailureClass, Scope};
use crate::channels::render::Part;
use crate::channels::sms::provider::REFERENCE_FIELD;
use crate::channels::sms::{Keyword, OutgoingSms};
use crate::channels::whatsapp::pace::Pace;
use crate::clock::SharedClock;
use crate::domain::message::{Author, Notice};
use crate::domain::outbox::Via;
use crate::domain::{Channel, OrganizationId, Phone};
use crate::engine::channels::Occasion;
use crate::engine::channels::outward::{Accepted, Account, Dispatches, Found, Letter, Outlet};
use crate::store::StoreError;

/// The longest that a message waits here for its turn, in milliseconds; beyond it the outbox waits.
const TURN_WAIT_MAX_MS: u64 = 30_000;

/// After how many seconds a provider that can be asked is asked after a message that may have gone.
const ASKED_AFTER_S: u64 = 2;

/// See the module.
pub struct SmsOutlet {
    settings: Arc<SmsSettings>,
    http: Http,
    clock: SharedClock,
    dispatches: Dispatches,
    opt_outs: OptOuts,
    pace: Option<Mutex<Pace>>,
}

impl SmsOutlet {
    /// Wires it.
    ///
    /// # Errors
    /// When there can be no client.
    pub fn new(
        settings: Arc<SmsSettings>,
        clock: SharedClock,
        dispatches: Dispatches,
        opt_outs: OptOuts,
    ) -> Result<Self, reqwest::Error> {
        let http = Http::new(&settings)?;
        let pace = settings.pace.map(|limit| Mutex::new(Pace::new(limit)));
        Ok(Self { settings, http, clock, dispatches, opt_outs, pace })
    }

    async fn go(&self, letter: &Letter) -> Result<Accepted, Failure> {
        let sms = self.sms(letter)?;
        self.turn().await?;
        self.permit(letter, &sms.to)?;
        let request = self.settings.provider.request(&sms);
        let request = request.map_err(|why| Failure::new(FailureClass::Permanent, None, &why.to_string()))?;
        let answered = self.http.ask(posted(&self.http.client, &request), self.clock.now()).await?;
        match self.settings.provider.response(&answered.answer()) {
            Ok(accepted) => Ok(Accepted { id: accepted.id }),
            Err(failure) => {
                if failure.class == FailureClass::OptedOut {
                    self.note_unwanted(letter, &sms.to).await;
                }
                Err(answered.judged(failure))
            }
        }
    }

    /// What is to go.
    fn sms(&self, letter: &Letter) -> Result<OutgoingSms, Failure> {
        let body = match &letter.part {
            Part::Text(text) | Part::Choices { text, .. } => text.clone(),
            // No file goes by it: its name is in the words.
            Part::File { caption, .. } => caption.clone().unwrap_or_default(),
        };
        let numbers = letter.names.iter().filter_map(|name| name.name.strip_prefix("phone:"));
        let to = numbers.filter_map(|number| Phone::parse("to", number).ok()).next();
        let no_number = || Failure::new(FailureClass::Permanent, None, "the customer has no number");
        let settings = &self.settings;
        let by = settings.provider.name();
        let callback = format!(
            "{}{CALLBACKS}/{by}/status?{}{REFERENCE_FIELD}={}",
            settings.public_url, settings.callback_query, letter.reference
        );
        let our_id = letter.reference.clone();
        Ok(OutgoingSms { to: to.ok_or_else(no_number)?, body, media: Vec::new(), our_id, callback: Some(callback) })
    }

    /// Refuses what its customer does not want. The last thing before it goes: a word that was obeyed meanwhile counts.
    fn permit(&self, letter: &Letter, to: &Phone) -> Result<(), Failure> {
        let occasion = match &letter.message.author {
            // They asked, and are answered once.
            Author::Notice(Notice::Subscription) => return Ok(()),
            Author::Notice(Notice::Service) => Occasion::Unasked,
            _ => Occasion::Conversation,
        };
        match self.opt_outs.permits(&letter.account.organization, to.as_str(), Channel::Sms, occasion) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure::new(FailureClass::OptedOut, None, "")),
            Err(error) => Err(unreadable(&error)),
        }
    }

    /// The provider knows of somebody who left that we did not.
    async fn note_unwanted(&self, letter: &Letter, to: &Phone) {
        let organization = &letter.account.organization;
        if let Err(why) = self.opt_outs.obey(organization, to.as_str(), Keyword::Stop, (&letter.reference, None)).await
        {
            // The provider refuses the next message too.
            tracing::warn!(%why, "that a customer wants no messages is not kept");
        }
    }

    /// Waits until the provider takes another message.
    async fn turn(&self) -> Result<(), Failure> {
        let Some(pace) = &self.pace else { return Ok(()) };
        let mut waited_ms = 0;
        loop {
            let now = self.clock.now();
            let taken = pace.lock().unwrap_or_else(PoisonError::into_inner).take(now);
            let Err(ready) = taken else { return Ok(()) };
            let wait_ms = ready.since_ms(now).max(1);
            waited_ms += wait_ms;
            if waited_ms > TURN_WAIT_MAX_MS {
                let failure = Failure::new(FailureClass::SlowDown(Scope::Number), None, "");
                return Err(failure.retry_after(Some(wait_ms.div_ceil(1_000))));
            }
            sleep(Duration::from_millis(wait_ms)).await;
        }
    }

    async fn look_for(&self, letter: &Letter) -> Found {
        let Ok(sms) = self.sms(letter) else { return Found::Unknown };
        let Some(request) = self.settings.provider.lookup(&sms) else { return Found::Unknown };
        let asked = self.http.client.get(format!("{}?{}", request.url, encoded(&request)));
        let asked = asked.basic_auth(&request.user, Some(request.password.expose_secret()));
        let Ok(answered) = self.http.ask(asked, self.clock.now()).await else { return Found::Unknown };
        let since = letter.message.at;
        let Some(ids) = self.settings.provider.looked_up(&answered.answer(), &sms, since) else {
            return Found::Unknown;
        };
        // The same words may have gone before, as another message.
        let is_another = |id: &String| self.dispatches.is_known(&letter.account.organization, Channel::Sms, id);
        for id in ids {
            match is_another(&id) {
                Ok(true) => {}
                Ok(false) => return Found::Sent(Accepted { id }),
                Err(error) => {
                    tracing::error!(%error, "dispatches do not read");
                    return Found::Unknown;
                }
            }
        }
        // It may be on its way into the list: it is asked again until it is sure to be there.
        Found::Unknown
    }
}

impl Outlet for SmsOutlet {
    fn via(&self) -> Via {
        Via::Sms
    }

    fn channel(&self) -> Channel {
        Channel::Sms
    }

    fn capability(&self) -> &'static Capability {
        &SMS
    }

    fn listens(&self, organization: &OrganizationId) -> Result<bool, StoreError> {
        Ok(*organization == self.settings.organization)
    }

    fn is_set_up(&self, account: &Account) -> bool {
        *account == self.settings.account()
    }

    fn asked_after_s(&self) -> Option<u64> {
        self.settings.provider.can_be_asked().then_some(ASKED_AFTER_S)
    }

    fn send<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<Accepted, Failure>> {
        self.go(letter).boxed()
    }

    fn find<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Found> {
        self.look_for(letter).boxed()
    }
}

fn unreadable(error: &StoreError) -> Failure {
    tracing::error!(%error, "who wants no messages can not be read");
    Failure::new(FailureClass::Retry, None, "the store does not read")
}

impl std::fmt::Debug for SmsOutlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmsOutlet").field("settings", &self.settings).finish_non_exhaustive()
    }
}
