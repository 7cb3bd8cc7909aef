//! The key that secrets are sealed with: the configured one, or one that the first start makes and keeps in a file beside the
//! store. A store whose secrets were sealed with another key is not served: what is sealed could neither be used nor replaced.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use secrecy::{ExposeSecret, SecretString};

use crate::auth::Vault;
use crate::config::{self, Config};
use crate::domain::sealed::Sealed;
use crate::store::{Batch, Store, StoreUrl};

/// Where something stands that only the right key opens.
const CHECK_KEY: &[u8] = b"vault/check";

/// What it says, and what it is sealed for.
const CHECK: &str = "vault/check";

/// Only whoever runs the server reads the key.
const KEY_FILE_MODE: u32 = 0o600;

/// The vault of this store. `place` is where it is, if it is anywhere that a file could be beside; elsewhere, and without a
/// configured key, secrets last as long as the process.
///
/// # Errors
/// One line that names the setting.
pub(super) async fn vault(config: &Config, store: &Store, place: Option<&StoreUrl>) -> Result<Vault> {
    let (key, from) = match (config::given(&config.secrets.key), place) {
        (Some(key), _) => (key, "it".to_owned()),
        (None, Some(place)) => {
            let file = beside(place);
            let key = kept(&file).with_context(|| format!("secrets.key: {}", file.display()))?;
            (key, format!("it is empty, and {}", file.display()))
        }
        (None, None) => return Vault::new(&Vault::generate_key()).map_err(|why| anyhow!("secrets.key {why}")),
    };
    let vault = Vault::new(&key).map_err(|why| anyhow!("secrets.key: {from} {why}"))?;
    check(&vault, store, &from).await?;
    Ok(vault)
}

async fn check(vault: &Vault, store: &Store, from: &str) -> Result<()> {
    if let Some(sealed) = store.get(CHECK_KEY)? {
        let opened = vault.open(CHECK, &Sealed(String::from_utf8_lossy(&sealed).into_owned()));
        return opened
            .map(drop)
            .map_err(|_| anyhow!("secrets.key: {from} is not the key that this store's secrets were sealed with"));
    }
    let sealed = vault.seal(CHECK, &SecretString::from(CHECK)).map_err(|why| anyhow!("secrets.key {why}"))?;
    let mut batch = Batch::default();
    batch.put(CHECK_KEY.to_vec(), sealed.0.into_bytes());
    Ok(store.commit(batch).await?)
}

/// `<store>-secrets.key`
fn beside(place: &StoreUrl) -> PathBuf {
    let (StoreUrl::Fjall(folder) | StoreUrl::Sled(folder)) = place;
    // However its path is written.
    let mut beside = folder.components().as_path().as_os_str().to_owned();
    beside.push("-secrets.key");
    PathBuf::from(beside)
}

/// The key in the file; the first time one is made, and is on disk before anything is sealed with it.
fn kept(file: &Path) -> Result<SecretString> {
    match std::fs::read_to_string(file) {
        Ok(key) => return Ok(SecretString::from(key)),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let key = Vault::generate_key();
    // Whole or not at all, whatever happens meanwhile. The store's lock keeps others from doing the same.
    let half_made = file.with_extension("key.new");
    let mut made = OpenOptions::new().write(true).create(true).truncate(true).mode(KEY_FILE_MODE).open(&half_made)?;
    made.write_all(key.expose_secret().as_bytes())?;
    made.sync_all()?;
    std::fs::rename(&half_made, file)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()?;
    tracing::info!(file = %file.display(), "a key for secrets was made: a backup of the store needs it too");
    Ok(key)
}
