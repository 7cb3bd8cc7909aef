//! Folders of indexes: one for each organization, in it one for each index that was made; the newest whole one counts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Follower;
use crate::domain::OrganizationId;
use crate::knowledge::index::Shelf;

impl Follower<'_> {
    /// The newest index that can be used at all, if any is on disk.
    pub(super) fn newest(&self) -> Option<Arc<Shelf>> {
        let mut folders = folders_in(&self.home()?);
        folders.sort();
        for folder in folders.iter().rev() {
            match Shelf::open(folder) {
                // One that was not complete, or is not this organization's.
                Ok(shelf) if shelf.label().version == 0 || shelf.label().organization != *self.organization() => {}
                Ok(shelf) => return Some(Arc::new(shelf)),
                Err(why) => {
                    tracing::warn!(organization = %self.organization(), %why, "an index on disk can not be used");
                }
            }
        }
        None
    }

    /// Where the next index goes; none in memory.
    pub(super) fn new_folder(&self) -> Option<PathBuf> {
        // Names order by time.
        Some(self.home()?.join(Uuid::now_v7().to_string()))
    }

    /// Takes all other indexes of the organization away. Readers that have them open go on reading.
    pub(super) fn remove_folders_but(&self, folder: Option<&Path>) {
        let (Some(home), Some(folder)) = (self.home(), folder) else { return };
        for old in folders_in(&home).iter().filter(|old| *old != folder) {
            if let Err(why) = std::fs::remove_dir_all(old) {
                tracing::warn!(organization = %self.organization(), %why, "an old index is still on disk");
            }
        }
    }

    /// Takes an index away that was not completed.
    pub(super) fn remove_folder(&self, folder: Option<&Path>) {
        let Some(Err(why)) = folder.filter(|folder| folder.exists()).map(std::fs::remove_dir_all) else { return };
        tracing::warn!(organization = %self.organization(), %why, "what is left of a new index is still on disk");
    }

    fn home(&self) -> Option<PathBuf> {
        Some(self.inner.settings.folder.as_ref()?.join(name_of(self.organization())))
    }
}

/// An organization's id as a name that every file system takes: ids may be `..`, or differ in case alone.
fn name_of(organization: &OrganizationId) -> String {
    let digest: [u8; 32] = Sha256::digest(organization.as_str().as_bytes()).into();
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn folders_in(home: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(home).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}
