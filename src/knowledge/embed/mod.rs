//! Texts as vectors, such that texts about the same are near each other.

mod fixed;
mod hashing;
mod openai;

use std::fmt::Debug;

use futures_util::future::BoxFuture;

use crate::domain::OrganizationId;

pub use fixed::Static;
pub use hashing::Hashing;
pub use openai::{OpenAi, OpenAiSettings};

/// The fewest dimensions that a vector may have.
pub const DIMENSIONS_MIN: usize = 16;

/// The most.
pub const DIMENSIONS_MAX: usize = 4_096;

/// Who makes vectors of texts.
pub trait Embedder: Send + Sync {
    /// Its name, dimensions and version. An index that another one made is made anew.
    fn id(&self) -> String;

    /// How many numbers a vector has; [`DIMENSIONS_MIN`] to [`DIMENSIONS_MAX`].
    fn dimensions(&self) -> usize;

    /// A vector for each text, in their order.
    fn embed<'a>(&'a self, texts: &'a [&'a str]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>>;

    /// As [`Embedder::embed`]. Each call that costs something is told to `paid` when it ends, also where another fails after it.
    fn embed_paid<'a>(
        &'a self,
        texts: &'a [&'a str],
        _paid: &'a (dyn Fn(Embedded) + Send + Sync),
    ) -> BoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>> {
        self.embed(texts)
    }

    /// What its similarities mean.
    fn scale(&self) -> Scale {
        Scale { nothing: 0.2, same: 0.7, trust: 0.9 }
    }

    /// Whether it could make vectors now, as far as its last calls tell.
    fn is_healthy(&self) -> bool {
        true
    }

    /// Whether other words for the same are near to each other. One that counts words can not tell.
    fn knows_meaning(&self) -> bool {
        true
    }

    /// Whether each call costs money, so that what it made is kept.
    fn costs(&self) -> bool {
        false
    }
}

/// What one call for vectors took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    /// The model's name as the server knows it.
    pub model: String,
    /// Tokens read.
    pub tokens: u64,
    /// Whether the number is our own guess, since the server did not say.
    pub estimated: bool,
}

/// What organizations pay for vectors from.
pub trait Purse: Debug + Send + Sync {
    /// Whether there is anything left for a question, which can be searched by its words alone.
    fn is_open(&self, organization: &OrganizationId) -> bool;

    /// Takes what a call cost.
    fn pay(&self, organization: &OrganizationId, made: Embedded);
}

/// What an embedder's similarities mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The similarity of a question and a text that has nothing to do with it.
    pub nothing: f32,
    /// The similarity of a question and a text that answers it.
    pub same: f32,
    /// How relevant a text is that is as similar as `same` and shares no word with the question, 0..1.
    pub trust: f32,
}

/// Why there are no vectors. Holds nothing of the texts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("embedder: {0}")]
pub struct EmbedError(pub String);

impl Scale {
    /// A similarity as 0 (nothing) to 1 (the same).
    pub fn place(&self, similarity: f32) -> f32 {
        let width = (self.same - self.nothing).max(f32::EPSILON);
        ((similarity - self.nothing) / width).clamp(0.0, 1.0)
    }
}
