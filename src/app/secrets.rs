//! The key that secrets are sealed with: the configured one, or one that is made when the first secret is sealed and kept in a
//! file beside the store. A store whose secrets were sealed with another key, or with one that is gone, is not served: what is
//! sealed could neither be used nor replaced.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
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
            let from = format!("it is empty, and {}", file.display());
            match std::fs::read_to_string(&file) {
                Ok(key) => (SecretString::from(key), from),
                Err(error) if error.kind() == ErrorKind::NotFound => return made_later(store, place, file),
                Err(error) => bail!("secrets.key: {from} does not read: {error}"),
            }
        }
        (None, None) => return Vault::new(&Vault::generate_key()).map_err(|why| anyhow!("secrets.key {why}")),
    };
    let vault = Vault::new(&key).map_err(|why| anyhow!("secrets.key: {from} {why}"))?;
    if let Some(batch) = check(&vault, store, &from)? {
        store.commit(batch).await?;
    }
    Ok(vault)
}

/// A vault whose key is made when something is sealed, so that a store without secrets has no file beside it.
fn made_later(store: &Store, place: &StoreUrl, file: PathBuf) -> Result<Vault> {
    if store.get(CHECK_KEY)?.is_some() {
        bail!("secrets.key: it is empty, and {} is gone: this store's secrets were sealed with it", file.display());
    }
    let (store, folder) = (store.clone(), folder(place).to_owned());
    Ok(Vault::made_when_needed(move || match made(&file, &folder) {
        Ok(key) => {
            keep_check(&key, &store);
            Some(key)
        }
        Err(error) => {
            tracing::error!(file = %file.display(), %error, "no key for secrets could be kept: set secrets.key");
            None
        }
    }))
}

/// Has it noted which key secrets are sealed with. Where that fails the next start does it.
fn keep_check(key: &SecretString, store: &Store) {
    let checked = Vault::new(key).map_err(anyhow::Error::from).and_then(|vault| check(&vault, store, "it"));
    if let Ok(Some(batch)) = checked {
        let store = store.clone();
        tokio::spawn(async move { drop(store.commit(batch).await) });
    }
}

/// Looks whether the store's secrets were sealed with this key; what is to be written so that this can be told, if it can not yet.
fn check(vault: &Vault, store: &Store, from: &str) -> Result<Option<Batch>> {
    if let Some(sealed) = store.get(CHECK_KEY)? {
        let opened = vault.open(CHECK, &Sealed(String::from_utf8_lossy(&sealed).into_owned()));
        opened.map_err(|_| anyhow!("secrets.key: {from} is not the key that this store's secrets were sealed with"))?;
        return Ok(None);
    }
    let sealed = vault.seal(CHECK, &SecretString::from(CHECK)).map_err(|why| anyhow!("secrets.key {why}"))?;
    let mut batch = Batch::default();
    batch.put(CHECK_KEY.to_vec(), sealed.0.into_bytes());
    Ok(Some(batch))
}

const fn folder(place: &StoreUrl) -> &PathBuf {
    let (StoreUrl::Fjall(folder) | StoreUrl::Sled(folder)) = place;
    folder
}

/// `<store>-secrets.key`
fn beside(place: &StoreUrl) -> PathBuf {
    // However its path is written.
    let mut beside = folder(place).components().as_path().as_os_str().to_owned();
    beside.push("-secrets.key");
    PathBuf::from(beside)
}

/// Makes the key; it is on disk before anything is sealed with it.
fn made(file: &Path, store: &Path) -> std::io::Result<SecretString> {
    let beside = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if std::fs::metadata(store)?.dev() != std::fs::metadata(beside)?.dev() {
        return Err(Error::other(
            "the store is a volume of its own: what is beside it may be gone when it is mounted again",
        ));
    }
    let key = Vault::generate_key();
    // Whole or not at all, whatever happens meanwhile. The store's lock keeps other processes from doing the same.
    let half_made = file.with_extension("key.new");
    let mut made = OpenOptions::new().write(true).create(true).truncate(true).mode(KEY_FILE_MODE).open(&half_made)?;
    made.write_all(key.expose_secret().as_bytes())?;
    made.sync_all()?;
    std::fs::rename(&half_made, file)?;
    File::open(beside)?.sync_all()?;
    tracing::info!(file = %file.display(), "a key for secrets was made: a backup of the store needs it too");
    Ok(key)
}
