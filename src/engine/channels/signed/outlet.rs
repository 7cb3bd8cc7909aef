//! The way to an organization's own system: one signed POST per part, under an id that is the same for each try. The system knows a
//! repetition by it, so what may have gone is simply sent again.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::{Client, Url};
use serde_json::{Value, json};

use super::{at, secrets};
use crate::auth::Vault;
use crate::channels::capability::{Capability, WEBHOOK};
use crate::channels::failure::{Failure, FailureClass, Scope};
use crate::channels::render::Part;
use crate::clock::SharedClock;
use crate::domain::attachment::stand_in;
use crate::domain::message::Author;
use crate::domain::outbox::{FLYING_MAX, Via};
use crate::domain::signed_channel::SignedChannel;
use crate::domain::{Attachment, Channel, OrganizationId};
use crate::engine::channels::outward::{Accepted, Account, Found, Letter, Outlet};
use crate::engine::webhooks::headers;
use crate::outward::Reach;
use crate::store::{Store, StoreError, record};

/// See the module.
pub struct SignedOutlet {
    store: Store,
    clock: SharedClock,
    vault: Arc<Vault>,
    client: Client,
    reach: Reach,
}

impl SignedOutlet {
    /// Wires it; a request may take so many milliseconds.
    ///
    /// # Errors
    /// When there can be no client.
    pub fn new(
        store: Store,
        clock: SharedClock,
        vault: Arc<Vault>,
        reach: Reach,
        timeout_ms: u64,
    ) -> Result<Self, reqwest::Error> {
        let client = reach.client().timeout(Duration::from_millis(timeout_ms));
        let client = client.pool_max_idle_per_host(FLYING_MAX).user_agent("Switchboard-Webhooks/1").build()?;
        Ok(Self { store, clock, vault, client, reach })
    }

    async fn go(&self, letter: &Letter) -> Result<Accepted, Failure> {
        let (url, channel) = self.receiver(&letter.account)?;
        let now = self.clock.now();
        let secrets = secrets(&self.vault, &channel, now).map_err(|error| {
            tracing::error!(%error, "the secret of a channel can not be used: see secrets.key");
            Failure::new(FailureClass::Credentials, None, "its secret can not be opened")
        })?;
        let body = body(letter, &channel).to_string().into_bytes();
        let signed = headers::signed(&letter.reference, now, &body, &secrets);
        let answer = self.client.post(url).headers(signed).body(body).send().await;
        let answer = answer.map_err(|error| {
            Failure::new(
                FailureClass::Retry,
                None,
                if error.is_timeout() { "no answer in time" } else { "no connection" },
            )
        })?;
        let status = answer.status().as_u16();
        let after_s = headers::retry_after_s(answer.headers(), now);
        match class(status) {
            None => Ok(Accepted { id: letter.reference.clone() }),
            Some(class) => Err(Failure::new(class, Some(i64::from(status)), "").retry_after(after_s)),
        }
    }

    fn receiver(&self, account: &Account) -> Result<(Url, SignedChannel), Failure> {
        let found = at(&self.store, &account.organization, &account.name).map_err(|error| {
            tracing::error!(%error, "channels of organizations do not read");
            Failure::new(FailureClass::Retry, None, "the store does not read")
        })?;
        let never = |why: &str| Failure::new(FailureClass::Permanent, None, why);
        let channel = found.ok_or_else(|| never("the channel was deleted"))?;
        let url = channel.reply_url.parse().map_err(|_| never("its address does not read"))?;
        self.reach.check(&url).map_err(never)?;
        Ok((url, channel))
    }
}

impl Outlet for SignedOutlet {
    fn via(&self) -> Via {
        Via::SignedChannel
    }

    fn channel(&self) -> Channel {
        Channel::Webhook
    }

    fn capability(&self) -> &'static Capability {
        &WEBHOOK
    }

    fn listens(&self, organization: &OrganizationId) -> Result<bool, StoreError> {
        Ok(record::count::<SignedChannel>(&self.store, organization, 1)? > 0)
    }

    fn carries_files(&self) -> bool {
        true
    }

    /// One that was deleted is told by the sending, which then ends.
    fn is_set_up(&self, account: &Account) -> bool {
        let found = at(&self.store, &account.organization, &account.name);
        found.is_ok_and(|found| found.is_none_or(|channel| channel.enabled))
    }

    fn send<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<Accepted, Failure>> {
        self.go(letter).boxed()
    }

    fn find<'a>(&'a self, _: &'a Letter) -> BoxFuture<'a, Found> {
        // Its id is the same: the receiver takes it once.
        std::future::ready(Found::NotSent).boxed()
    }
}

/// What a status says; `None`: it was taken. A redirect is not followed.
const fn class(status: u16) -> Option<FailureClass> {
    match status {
        200..=299 => None,
        429 => Some(FailureClass::SlowDown(Scope::Number)),
        // This one is what it does not like.
        400 | 413 | 415 | 422 => Some(FailureClass::Permanent),
        _ => Some(FailureClass::Retry),
    }
}

/// The same bytes for each try.
fn body(letter: &Letter, channel: &SignedChannel) -> Value {
    let (text, choices) = match &letter.part {
        Part::Text(text) => (text.as_str(), Vec::new()),
        Part::Choices { text, choices, .. } => {
            (text.as_str(), choices.iter().map(|choice| json!({ "id": choice.id, "title": choice.title })).collect())
        }
        Part::File { .. } => ("", Vec::new()),
    };
    let message = &letter.message;
    let file = match &letter.part {
        Part::File { index, .. } => message.attachments.get(*index),
        Part::Text(_) | Part::Choices { .. } => None,
    };
    // Whoever knows no files shows that there is one.
    let text = match (&letter.part, file) {
        (Part::File { caption: Some(caption), .. }, _) => caption.clone(),
        (_, Some(file)) => stand_in(std::slice::from_ref(file)).as_str().to_owned(),
        _ => text.to_owned(),
    };
    let (author, agent) = match &message.author {
        Author::Customer => ("customer", None),
        Author::Assistant => ("assistant", None),
        Author::Agent { name, .. } => ("agent", Some(name.as_str())),
        Author::Notice(_) => ("notice", None),
    };
    let (part, parts) = letter.place;
    let mut reply = json!({
        "type": "message.sent",
        "timestamp": message.at.to_string(),
        "data": {
            "channel_id": channel.id,
            "conversation_id": letter.session.session,
            "customer": letter.customer,
            "message_id": message.id,
            "part": part + 1,
            "parts": parts,
            "author": author,
            "agent_name": agent,
            "text": text,
            "choices": choices,
        },
    });
    if let Some(file) = file {
        reply["data"]["file"] = told(file, letter);
    }
    reply
}

/// What a system is told of a file: where an API key of the organization gets it.
fn told(file: &Attachment, letter: &Letter) -> Value {
    json!({
        "id": file.id,
        "name": file.name,
        "media_type": file.media_type,
        "bytes": file.bytes,
        "sha256": file.digest,
        "path": format!("/api/core/sessions/{}/files/{}", letter.session.session, file.id),
    })
}

impl std::fmt::Debug for SignedOutlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedOutlet").finish_non_exhaustive()
    }
}
