//! Documents: what is read from files, whatever they are, and what becomes of it.

mod files;
mod hostile;
mod killed;
mod pages;
mod printed;
mod reading;
mod service;

use std::path::PathBuf;
use std::time::Duration;

use switchboard::knowledge::extract::{Bounds, ReaderConfig, Readers};

/// The program that reads files: the one under test.
pub(crate) fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_switchboard"))
}

fn config() -> ReaderConfig {
    let bounds = Bounds {
        text_max_chars: 200_000,
        pages_max: 200,
        unpacked_max_bytes: 8 * 1024 * 1024,
        memory_max_bytes: 512 * 1024 * 1024,
        cpu_max_s: 10,
    };
    ReaderConfig { program: program(), bounds, deadline: Duration::from_secs(20), parallel_max: 2 }
}

fn readers() -> Readers {
    Readers::new(config())
}
