//! What a provider tells of messages of ours: up the ladder, and back to whoever wants none.

use super::Sms;
use super::intake::counted;
use crate::channels::failure::FailureClass;
use crate::channels::sms::{Keyword, ProviderCall, SmsStatus};
use crate::domain::{Channel, Phone, Refusal, SessionKey};
use crate::engine::channels::outward::{Called, Dispatch, News};

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
        let organization = &settings.organization;
        // Only of a message that we know to be ours: whom it was to is the provider's word.
        if is_unwanted
            && let Some(dispatch) = self.dispatches.named(organization, Channel::Sms, &names)?
            && let Some(Ok(phone)) = call.field("To").map(|to| Phone::parse("to", to))
        {
            self.note_unwanted(&dispatch, &phone, &id).await?;
        }
        let news = News { names: &names, provider_id: Some(&id), reach, failure };
        let heard = self.dispatches.hear(organization, Channel::Sms, &news).await?;
        counted(if heard.is_some() { "status" } else { "status_of_nothing" });
        Ok(())
    }

    /// They had left when the message was sent, for all that the provider knows. News comes late: whoever came back since the message was said has come
    /// back.
    async fn note_unwanted(&self, dispatch: &Dispatch, phone: &Phone, id: &str) -> Result<(), Refusal> {
        let organization = dispatch.organization.clone();
        let key = SessionKey { organization, session: dispatch.session.clone() };
        let Some(at) = self.sessions.said_at(&key, dispatch.seq)? else { return Ok(()) };
        self.opt_outs.obey(&key.organization, phone.as_str(), Keyword::Stop, (id, Some(at))).await
    }
}
