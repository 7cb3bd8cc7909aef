//! What a provider tells of messages of ours: up the ladder, and back to whoever wants none.

use super::Sms;
use super::intake::counted;
use crate::channels::failure::FailureClass;
use crate::channels::sms::{Keyword, ProviderCall, SmsStatus};
use crate::domain::{Channel, Phone, Refusal};
use crate::engine::channels::outward::{Called, News};

impl Sms {
    /// Takes in the news that an authentic call brings. News of a message that is not known is counted and passed over: it may be
    /// erased, or another program's.
    ///
    /// # Errors
    /// `Busy` and `Unavailable`: it is to be brought again.
    pub async fn hear(&self, call: &ProviderCall) -> Result<(), Refusal> {
        let Some(settings) = self.settings.clone() else { return Ok(()) };
        let Some(status) = settings.provider.status(call) else {
            counted("no_status");
            return Ok(());
        };
        let Some(reach) = status.delivery else {
            tracing::warn!(word = %status.word, "a provider of SMS tells something that is not known");
            counted("unknown_status");
            return Ok(());
        };
        let SmsStatus { id, our_id, failure, .. } = status;
        let is_unwanted = failure.as_ref().is_some_and(|failure| failure.class == FailureClass::OptedOut);
        let ours = our_id.as_deref().map(Called::Ours);
        let names: Vec<Called<'_>> = ours.into_iter().chain([Called::Theirs(&id)]).collect();
        let news = News { names: &names, provider_id: Some(&id), reach, failure };
        let heard = self.dispatches.hear(&settings.organization, Channel::Sms, &news).await?;
        // Only of a message that we know to be ours: whom it was to is the provider's word.
        if is_unwanted
            && heard.is_some()
            && let Some(Ok(phone)) = call.field("To").map(|to| Phone::parse("to", to))
        {
            self.opt_outs.obey(&settings.organization, &phone, Keyword::Stop, (&id, None)).await?;
        }
        counted(if heard.is_some() { "status" } else { "status_of_nothing" });
        Ok(())
    }
}
