//! Live connections outlast the moment in which their credential was checked. This tells them when it holds no more.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::Accounts;
use super::key::ApiKeyRecord;
use crate::auth::{Caller, Who};
use crate::store::record;

impl Accounts {
    /// Ends once the caller's account was deactivated or got another role, or their API key was taken back. `None` for a
    /// customer without an account: nothing of theirs can be taken back.
    pub fn outlived(&self, caller: &Caller) -> Option<BoxFuture<'static, ()>> {
        if matches!(caller.who, Who::Customer { .. }) {
            return None;
        }
        let (accounts, caller) = (self.clone(), caller.clone());
        let mut changes = self.inner.rights.subscribe();
        let outlived = async move {
            while accounts.still_holds(&caller) {
                // The sender lives as long as the accounts, which are held here.
                if changes.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        Some(outlived.boxed())
    }

    /// Tells every connection to look again.
    pub(super) fn rights_changed(&self) {
        self.inner.rights.send_modify(|changes| *changes += 1);
    }

    /// A store that does not read takes nobody's connection away.
    fn still_holds(&self, caller: &Caller) -> bool {
        match &caller.who {
            Who::User { id, role, .. } => {
                let found = self.account_at(&caller.organization, &id.to_string());
                found.map_or(true, |found| {
                    found.is_some_and(|account| account.record.user.active && account.record.user.role == *role)
                })
            }
            Who::Key { id, .. } => {
                let found = record::get::<ApiKeyRecord>(self.store(), &caller.organization, &id.to_string());
                found.map_or(true, |found| found.is_some())
            }
            Who::Customer { .. } => true,
        }
    }
}
