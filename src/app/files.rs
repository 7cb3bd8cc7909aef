//! Files of sessions: who keeps their bytes, and who says whether they do harm.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow};

use super::transcription::folder;
use crate::actors::Parts;
use crate::config::Config;
use crate::engine::Files;
use crate::engine::files::{Blobs, S3Blobs};
use crate::store::StoreUrl;

/// The service. There is one in a process; clones of it are the same.
pub(super) fn service(config: &Config, parts: &Parts, place: Option<&StoreUrl>) -> Result<Files> {
    let (files, store, clock) = (&config.files, parts.store.clone(), Arc::clone(&parts.clock));
    let s3 = files.s3()?.map(|settings| S3Blobs::new(&settings).map_err(|why| anyhow!(why)));
    let s3 = s3.transpose().context("files.s3_url")?.map(|s3| Arc::new(s3) as Arc<dyn Blobs>);
    Ok(Files::new(store, clock, s3, files.scanner(&folder(place, "scan")), files.limits()?))
}
