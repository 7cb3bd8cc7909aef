//! What the settings of documents mean for those who read and keep them.

use std::path::PathBuf;
use std::time::Duration;

use super::Documents;
use crate::domain::knowledge::Chunking;
use crate::engine::knowledge::{FetchConfig, KnowledgeLimits};
use crate::knowledge::extract::{Bounds, ReaderConfig};

impl Documents {
    /// Whether the lengths fit each other; else one line that names the key.
    pub(super) fn check(&self) -> Result<(), String> {
        let size = ("documents.chunk_chars", u64::from(self.chunk_chars));
        let overlap = ("documents.overlap_chars", u64::from(self.overlap_chars));
        Chunking::parse(size, overlap).map(drop).map_err(|why| why.to_string())
    }

    /// How files are read, by `program`.
    pub fn readers(&self, program: PathBuf) -> ReaderConfig {
        let bounds = Bounds {
            text_max_chars: self.text_max_chars,
            pages_max: self.pages_max,
            unpacked_max_bytes: self.unpacked_max_bytes,
            memory_max_bytes: self.reader_memory_max_mb.saturating_mul(1024 * 1024),
            cpu_max_s: self.read_timeout_s,
        };
        let deadline = Duration::from_secs(self.read_timeout_s);
        ReaderConfig { program, bounds, deadline, parallel_max: self.readers_max }
    }

    /// How pages are fetched.
    pub const fn fetch(&self) -> FetchConfig {
        FetchConfig {
            deadline: Duration::from_secs(self.fetch_timeout_s),
            max_bytes: self.file_max_bytes,
            private_addresses: self.fetch_private_addresses,
        }
    }

    /// How much an organization may have.
    pub const fn limits(&self, floor: f32) -> KnowledgeLimits {
        KnowledgeLimits {
            file_max_bytes: self.file_max_bytes,
            documents_max: self.documents_max,
            documents_max_bytes: self.documents_max_bytes,
            faqs_max: self.faqs_max,
            vectors_max: self.vectors_max,
            chunking: Chunking { chunk_chars: self.chunk_chars, overlap_chars: self.overlap_chars },
            floor,
        }
    }
}
