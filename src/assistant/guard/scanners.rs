//! The scanners of all organizations, each built when its settings have changed.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::Scanner;
use crate::domain::{AssistantSettings, OrganizationId};

/// How many organizations' scanners are kept; beyond it all are built again.
const SCANNERS_MAX: usize = 1_000;

/// A scanner, and the settings that it was built of.
type Built = (Arc<AssistantSettings>, Arc<Scanner>);

/// See the module.
#[derive(Default)]
pub struct Scanners {
    built: Mutex<HashMap<OrganizationId, Built>>,
}

impl Scanners {
    /// The one of an organization whose settings are these.
    pub fn of(&self, organization: &OrganizationId, rules: &Arc<AssistantSettings>) -> Arc<Scanner> {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, scanner)) = built.get(organization)
            && Arc::ptr_eq(of, rules)
        {
            return Arc::clone(scanner);
        }
        if built.len() >= SCANNERS_MAX {
            built.clear();
        }
        let scanner = Scanner::new(rules);
        let scanner = Arc::new(if scanner.is_off() { scanner } else { scanner.remembering() });
        built.insert(organization.clone(), (Arc::clone(rules), Arc::clone(&scanner)));
        scanner
    }
}

impl fmt::Debug for Scanners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scanners").finish_non_exhaustive()
    }
}
