//! A static model (model2vec): a vector for each word, from files in a folder; no network, no graphics card, some
//! microseconds a text.

use std::path::Path;

use futures_util::future::BoxFuture;
use model2vec_rs::model::StaticModel;
use sha2::{Digest, Sha256};

use super::{EmbedError, Embedder, Scale};

/// Text behind is not read, in tokens.
const TOKENS_MAX: usize = 2_048;

const MODEL_FILE: &str = "model.safetensors";

/// See the module.
pub struct Static {
    model: StaticModel,
    id: String,
}

impl Static {
    /// Reads the model in a folder.
    ///
    /// # Errors
    /// When a file is missing or does not read.
    pub fn load(folder: &Path) -> Result<Self, EmbedError> {
        let weights = std::fs::read(folder.join(MODEL_FILE))
            .map_err(|why| EmbedError(format!("{}: {why}", folder.join(MODEL_FILE).display())))?;
        let digest: [u8; 32] = Sha256::digest(&weights).into();
        let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        drop(weights);
        let model = StaticModel::from_pretrained(folder, None, Some(true), None)
            .map_err(|why| EmbedError(format!("{}: {why}", folder.display())))?;
        let id = format!("static-{name}-{}", model.dim());
        Ok(Self { model, id })
    }
}

impl Embedder for Static {
    fn id(&self) -> String {
        self.id.clone()
    }

    fn dimensions(&self) -> usize {
        self.model.dim()
    }

    fn embed<'a>(&'a self, texts: &'a [&'a str]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let vectors = self.model.encode_with_args(&texts, Some(TOKENS_MAX), texts.len().max(1));
        Box::pin(std::future::ready(Ok(vectors)))
    }

    fn scale(&self) -> Scale {
        Scale { nothing: 0.2, same: 0.7, trust: 0.8 }
    }
}

impl std::fmt::Debug for Static {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Static").field("id", &self.id).finish_non_exhaustive()
    }
}
