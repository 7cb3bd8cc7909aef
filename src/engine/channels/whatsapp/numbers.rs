//! Which of our numbers are also used in the `WhatsApp` Business app, of which Meta takes fewer messages: those by which a colleague
//! ever wrote there.

use serde::{Deserialize, Serialize};

use crate::channels::whatsapp::NumberId;
use crate::channels::whatsapp::pace::{Limit, NUMBER, NUMBER_WITH_APP};
use crate::domain::{OrganizationId, Refusal};
use crate::store::record::{self, Record};
use crate::store::{Batch, CommitError, Store, StoreError};

/// A number that is used in the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct AppNumber {
    organization: OrganizationId,
    number: NumberId,
}

impl Record for AppNumber {
    const SPACE: &'static str = "whatsapp_app_number";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.number.to_string()
    }
}

/// How many messages a number may send.
///
/// # Errors
/// As [`record::get`].
pub(super) fn limit_of(store: &Store, organization: &OrganizationId, number: &str) -> Result<Limit, StoreError> {
    let found = record::get::<AppNumber>(store, organization, number)?;
    Ok(if found.is_some() { NUMBER_WITH_APP } else { NUMBER })
}

/// A colleague wrote in the app by this number. Returns once that is durable.
///
/// # Errors
/// `Unavailable` and the like: it is noted with the next one.
pub(super) async fn used_in_app(
    store: &Store,
    organization: &OrganizationId,
    number: &NumberId,
) -> Result<(), Refusal> {
    let unreadable = |error: StoreError| {
        tracing::error!(%error, "which numbers are used in WhatsApp's app can not be read");
        Refusal::Unavailable { part: "store" }
    };
    if record::get::<AppNumber>(store, organization, number.as_str()).map_err(unreadable)?.is_some() {
        return Ok(());
    }
    let mut batch = Batch::default();
    let new = AppNumber { organization: organization.clone(), number: number.clone() };
    record::insert(&mut batch, &new).map_err(unreadable)?;
    match store.commit(batch).await {
        // Another call noted it meanwhile.
        Ok(()) | Err(CommitError::Conflict { .. }) => Ok(()),
        Err(why) => Err(why.refused("it is noted meanwhile")),
    }
}
