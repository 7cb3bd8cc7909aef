//! News of messages of ours, into their dispatches. Meta tells it late, twice and in any order, and is answered once it is durable: a kill
//! between what was sent and what was written down is made good by it.

use futures_util::{StreamExt, TryStreamExt, stream};

use super::Whatsapp;
use super::intake::counted;
use crate::channels::failure::FailureClass;
use crate::channels::whatsapp::incoming::StatusUpdate;
use crate::domain::{Channel, Refusal};
use crate::engine::channels::outward::{Called, News};

/// Messages whose news is taken in at the same time.
const MESSAGES_AT_ONCE: usize = 64;

impl Whatsapp {
    /// Takes in news. That of one message goes one after the other.
    pub(super) async fn hear(&self, news: Vec<StatusUpdate>) -> Result<(), Refusal> {
        let mut messages: Vec<Vec<StatusUpdate>> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for status in news {
            if !self.is_our_number(&status.number) {
                counted("another_number");
                continue;
            }
            let place = *places.entry(status.id.clone()).or_insert_with(|| {
                messages.push(Vec::new());
                messages.len() - 1
            });
            messages[place].push(status);
        }
        let heard = stream::iter(messages).map(|news| self.hear_of_one(news));
        heard.buffer_unordered(MESSAGES_AT_ONCE).try_collect().await
    }

    async fn hear_of_one(&self, news: Vec<StatusUpdate>) -> Result<(), Refusal> {
        let organization = &self.settings.organization;
        for status in news {
            let Some(reach) = status.delivery else {
                counted("unknown_status");
                continue;
            };
            let theirs = Called::Theirs(status.id.as_str());
            let ours = status.our_id.as_deref().map(Called::Ours);
            let names: Vec<Called<'_>> = ours.into_iter().chain([theirs]).collect();
            let failure = status.failure();
            if let Some(failure) = &failure {
                tracing::info!(code = ?failure.code, class = ?failure.class, "a WhatsApp message did not arrive");
            }
            if failure.as_ref().is_some_and(|failure| failure.class == FailureClass::OptedOut)
                && let Some(dispatch) = self.dispatches.named(organization, Channel::Whatsapp, &names)?
            {
                self.note_unasked(&dispatch, status.id.as_str()).await?;
            }
            let news = News { names: &names, provider_id: Some(status.id.as_str()), reach, failure };
            let heard = self.dispatches.hear(organization, Channel::Whatsapp, &news).await?;
            counted(if heard.is_some() { "status" } else { "unknown_message" });
        }
        Ok(())
    }
}
