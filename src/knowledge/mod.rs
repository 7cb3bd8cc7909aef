//! Finding what an organization knows: texts taken out of documents, chunks, embedders, and a hybrid index of words and vectors.
//!
//! Imports `domain` and `store`. The store is the truth: an index holds keys, stems and small vectors, never a text, follows the
//! store's journal of changes, and is made anew from it whenever it is missing, damaged, or of another version. What is found is
//! looked up in the store before it is told, so what was taken away is gone at once, whatever an index still holds.
//!
//! Deliberately absent: a query language (questions are words, not syntax), an approximate graph of neighbours
//! (`docs/adr/0010-exact-scan-of-small-vectors.md`), and any rule of when an answer is sure enough.

pub mod chunk;
pub mod embed;
pub mod extract;
mod index;
pub mod languages;
mod library;
mod quantise;
mod search;
pub mod words;

pub use embed::{Embedded, Embedder, Hashing, Purse};
pub use library::{Library, LibrarySettings};
pub use search::{HITS_MAX, Hit, QUERY_MAX_CHARS, Query};
