//! What an operator does on the store itself, while no server runs.

use anyhow::{Result, anyhow};

use crate::config::Config;
use crate::store::{Store, StoreError, StoreLimits};

/// Opens the configured store, does one thing with it, and closes it: done means durable.
pub(super) fn on_store<T>(config: &Config, act: impl AsyncFnOnce(Store) -> Result<T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (store, completions) =
            Store::open(&config.store_url()?, StoreLimits::default()).map_err(|why| match why {
                StoreError::Locked(place) => anyhow!("{place} is in use: stop the server first"),
                other => anyhow!(other),
            })?;
        tokio::spawn(completions.run());
        let done = act(store.clone()).await;
        tokio::task::spawn_blocking(move || store.close()).await?;
        done
    })
}
