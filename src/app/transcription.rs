//! Who writes down voice notes: a server, a program of this machine, or nobody.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use uuid::Uuid;

use crate::assistant::transcribe::{CommandTranscriber, HostedTranscriber, NoTranscriber, Places, Transcriber};
use crate::clock::SharedClock;
use crate::config::{Config, Transcribing};
use crate::store::StoreUrl;

/// The configured one. `place` is where the store is, if it is anywhere that a folder could be beside.
///
/// # Errors
/// One line that names the setting.
pub(super) fn transcriber(
    config: &Config,
    clock: &SharedClock,
    place: Option<&StoreUrl>,
) -> Result<Arc<dyn Transcriber>> {
    let inner: Arc<dyn Transcriber> = match config.transcription.transcribing(folder(place, "voice"))? {
        Transcribing::Nobody => return Ok(Arc::new(NoTranscriber)),
        Transcribing::Hosted(hosted) => {
            let hosted = HostedTranscriber::new(hosted, Arc::clone(clock));
            Arc::new(hosted.context("transcription.base_url")?)
        }
        Transcribing::Command(command) => Arc::new(CommandTranscriber::new(command)),
    };
    Ok(Arc::new(Places::new(inner, config.transcription.max_at_once)))
}

/// Where programs are given files: beside the store, which is one server's alone; else of this process alone.
pub(super) fn folder(place: Option<&StoreUrl>, what: &str) -> PathBuf {
    match place {
        Some(StoreUrl::Fjall(store) | StoreUrl::Sled(store)) => {
            let mut beside = store.clone().into_os_string();
            beside.push(format!("-{what}"));
            PathBuf::from(beside)
        }
        None => std::env::temp_dir().join(format!("switchboard-{what}-{}", Uuid::new_v4().simple())),
    }
}
