//! Reads a mail again that was set aside, at an administrator's word: the copy that is kept of it, or else what the mailbox has.

use std::sync::Arc;

use super::aside::{self, MailAside};
use super::imap::{Imap, ImapError};
use super::intake::{Came, Cannot};
use super::reading::fetched;
use super::{Inner, MailChannel, MailSetup};
use crate::domain::audit::{Act, Target};
use crate::domain::{OrganizationId, Refusal};
use crate::engine::audit::Acting;
use crate::store::index::Cursor;
use crate::store::{Batch, record};

impl MailChannel {
    /// A page of the mails that can not be taken in, newest first, and where the next one begins.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn set_aside(
        &self,
        organization: &OrganizationId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<(Vec<MailAside>, Option<Cursor>), Refusal> {
        aside::page(&self.inner.parts.store, organization, after, limit)
    }

    /// Takes a mail in that was set aside; it is not set aside any more then. What it became counts once, however often it is read.
    ///
    /// # Errors
    /// `Forbidden` for whoever is no administrator; `NotFound`; `Conflict` with the reason where it can still not be taken; `Busy`,
    /// `Unavailable`.
    pub async fn read_again(&self, acting: Acting<'_>, id: &str) -> Result<(), Refusal> {
        acting.caller.require_admin()?;
        let (organization, store) = (&acting.caller.organization, &self.inner.parts.store);
        let found = aside::find(store, organization, id)?;
        let setup = self.inner.boxes.at(organization, &found.record.account);
        let setup = setup.ok_or_else(|| Refusal::conflict("its mailbox is not set up any more"))?;
        let came = came(store, setup, &found.record).await?;
        let read = Inner::read(Arc::clone(setup), came).await.map_err(|(_, why)| Refusal::conflict(why))?;
        match self.inner.settle(setup, &read).await {
            Ok(()) => {}
            Err(Cannot::Now(why)) => return Err(why),
            Err(Cannot::Ever(why)) => return Err(Refusal::conflict(why)),
        }
        let mut batch = Batch::default();
        aside::remove(&mut batch, &found);
        let on = Target::new("mail", &found.record.id).named(&found.record.account);
        let entry = acting.entry(organization, self.inner.parts.clock.now(), Act::MailReadAgain, on, Vec::new());
        record::insert(&mut batch, &entry).map_err(aside::unreadable)?;
        store.commit(batch).await.map_err(|why| why.refused("somebody else was faster"))
    }
}

/// The mail: as it is kept, where it is kept whole.
async fn came(store: &crate::store::Store, setup: &MailSetup, aside: &MailAside) -> Result<Came, Refusal> {
    if aside.is_cut || aside.bytes == 0 {
        return fetched_again(setup, aside).await;
    }
    let raw = aside::raw(store, aside)?;
    Ok(Came { raw, arrived: aside.arrived.unwrap_or(aside.at), too_large: None })
}

async fn fetched_again(setup: &MailSetup, aside: &MailAside) -> Result<Came, Refusal> {
    let given = async {
        let server = setup.settings.imap.as_ref().ok_or(ImapError::Refused("mail"))?;
        let mut imap = Imap::connect(server).await?;
        if imap.examine(&setup.settings.folder).await?.validity != aside.validity {
            return Ok(None);
        }
        let listed = imap.list(&[aside.uid]).await?;
        let told = fetched(setup, &mut imap, &listed.mails).await?;
        if !listed.unread.is_empty() || !told.unread.is_empty() {
            return Err(ImapError::Nonsense("the mail"));
        }
        Ok(told.mails.into_iter().next().map(|(_, came)| came))
    };
    let given: Result<Option<Came>, ImapError> = given.await;
    let given = given.map_err(|why| Refusal::conflict(format!("the mail server does not give it: {why}")))?;
    given.ok_or_else(|| Refusal::conflict("it is no longer in the mailbox"))
}
