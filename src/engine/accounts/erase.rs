//! The accounts of customers who registered, among what is kept of them. Accounts of the staff are not a customer's.

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::Accounts;
use super::locator::{self, By};
use super::user::Account;
use crate::domain::{Refusal, Role, UserId};
use crate::engine::privacy::kept::{Erased, Exported, Personal, Whose};
use crate::store::record::{self, Versioned};
use crate::store::{Batch, Store, StoreError};

/// See the module.
#[derive(Debug)]
pub struct CustomersAccounts {
    /// Where connections are told, if any run.
    pub accounts: Option<Accounts>,
}

impl Personal for CustomersAccounts {
    fn kind(&self) -> &'static str {
        "accounts"
    }

    fn erase(&self, store: &Store, whose: Whose<'_>, batch: &mut Batch, limit: usize) -> Result<Erased, StoreError> {
        let found = found(store, whose)?;
        for account in found.iter().take(limit) {
            record::remove(batch, account);
            let user = &account.record.user;
            locator::release(batch, By::Email(&user.email));
            if let Some(username) = &user.username {
                locator::release(batch, By::Username(&user.organization, username));
            }
        }
        Ok(Erased::of(found.len().min(limit), limit))
    }

    fn export(&self, store: &Store, whose: Whose<'_>, after: Option<&[u8]>, _: usize) -> Result<Exported, StoreError> {
        if after.is_some() {
            return Ok(Exported::default());
        }
        // The password is nobody's to see, hashed or not.
        let user = |found: &Versioned<Account>| serde_json::to_value(&found.record.user).unwrap_or(Value::Null);
        Ok(Exported { items: found(store, whose)?.iter().map(user).collect(), next: None })
    }

    /// Whoever is connected with the account is no more.
    fn forget<'a>(&'a self, whose: Whose<'a>) -> BoxFuture<'a, Result<(), Refusal>> {
        if let (Some(accounts), Whose::Person { .. }) = (&self.accounts, whose) {
            accounts.rights_changed();
        }
        Box::pin(std::future::ready(Ok(())))
    }
}

fn found(store: &Store, whose: Whose<'_>) -> Result<Vec<Versioned<Account>>, StoreError> {
    let Whose::Person { organization, ids } = whose else { return Ok(Vec::new()) };
    let accounts = ids.iter().filter_map(|id| UserId::parse(id.as_str()));
    let accounts = accounts.map(|id| record::get::<Account>(store, organization, &id.to_string()));
    let is_customers = |found: &Versioned<Account>| found.record.user.role == Role::Customer;
    accounts.filter_map(Result::transpose).filter(|found| found.as_ref().map_or(true, is_customers)).collect()
}
