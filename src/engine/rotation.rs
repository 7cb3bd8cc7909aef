//! Another secret in the place of one, for a request that may be repeated: the same one again makes no further secret, and is told
//! the one that it made.

use sha2::{Digest as _, Sha256};

use super::accounts::RequestKey;
use super::accounts::request_key::{self, Earlier};
use crate::domain::sealed::Sealed;
use crate::domain::{Refusal, Timestamp};
use crate::store::{Batch, Store};

/// What came of the request before, if its client may repeat it.
pub(super) struct Rotation(Option<Earlier>);

impl Rotation {
    /// Looks. The record with the secret is read after this: whatever a repeat finds there is not older than what it made.
    ///
    /// # Errors
    /// `Conflict` when the key came with another request, `Unavailable`.
    pub(super) fn begin(store: &Store, request: Option<&RequestKey>, now: Timestamp) -> Result<Self, Refusal> {
        Ok(Self(request.map(|request| request_key::find(store, request, now)).transpose()?))
    }

    /// Whether the request made the secret that is kept, so that there is nothing to do but to tell it.
    ///
    /// # Errors
    /// `Conflict` when it made one that was replaced since.
    pub(super) fn has_made(&self, kept: &Sealed) -> Result<bool, Refusal> {
        match &self.0 {
            Some(Earlier::Made(name)) if *name == name_of(kept) => Ok(true),
            Some(Earlier::Made(_)) => Err(Refusal::conflict("the secret that this request made was replaced since")),
            Some(Earlier::Nothing(_)) | None => Ok(false),
        }
    }

    /// Puts into the batch that the request made this secret.
    ///
    /// # Errors
    /// `Unavailable` when it can not be written.
    pub(super) fn made(self, batch: &mut Batch, new: &Sealed) -> Result<(), Refusal> {
        match self.0 {
            Some(Earlier::Nothing(claim)) => request_key::claim(batch, claim, name_of(new)),
            Some(Earlier::Made(_)) | None => Ok(()),
        }
    }
}

/// What tells a sealed secret from every other one, and nothing of it: no two are sealed alike.
fn name_of(sealed: &Sealed) -> String {
    Sha256::digest(&sealed.0).iter().map(|byte| format!("{byte:02x}")).collect()
}
