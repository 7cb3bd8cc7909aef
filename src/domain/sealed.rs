//! A secret as it is kept: enciphered with the installation's key, so that neither the disk nor a backup tells it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What sealing makes of a secret, as base64. `auth::vault` seals and opens.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(pub String);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(***)")
    }
}
