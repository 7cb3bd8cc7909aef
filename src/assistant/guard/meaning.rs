//! Whether a burst is about a subject by what it means, in other words than the subject's own. Only an embedder that knows
//! meanings can tell; without one, or where it does not answer in time, the words alone count.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use crate::assistant::Turn;
use crate::domain::{AssistantSettings, OrganizationId};
use crate::knowledge::embed::{EmbedError, Embedder, Purse};

/// How long judging may take; the customer waits.
const JUDGED_WITHIN: Duration = Duration::from_secs(1);

/// How near a message must be to a prohibited topic, as the embedder's scale places it: nearly the same. A wrong refusal is
/// worse than a topic that the words of the answer still give away.
const PROHIBITED_FROM: f32 = 0.8;

/// How near a message must be to what the assistant is for.
const IN_SCOPE_FROM: f32 = 0.5;

/// The most messages of a burst that are judged, the newest.
const MESSAGES_MAX: usize = 8;

/// How much of a message is judged, in characters.
const MESSAGE_MAX_CHARS: usize = 500;

/// How many organizations' subjects are kept as vectors; beyond it all are made again.
const KEPT_MAX: usize = 1_000;

/// What a burst is about, as far as its meaning tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sense {
    /// A prohibited topic.
    pub prohibited: bool,
    /// What the assistant is for.
    pub in_scope: bool,
}

/// See the module.
pub(super) struct Meaning {
    embedder: Arc<dyn Embedder>,
    purse: Arc<dyn Purse>,
    kept: Mutex<HashMap<OrganizationId, OfSettings>>,
}

/// The settings that subjects were read from, and those.
type OfSettings = (Arc<AssistantSettings>, Arc<Subjects>);

/// An organization's subjects as vectors.
struct Subjects {
    prohibited: Vec<Vec<f32>>,
    scope: Vec<Vec<f32>>,
}

impl Meaning {
    /// By an embedder, paid from a purse; nothing where that embedder only knows words.
    pub(super) fn of(embedder: Arc<dyn Embedder>, purse: Arc<dyn Purse>) -> Option<Self> {
        embedder.knows_meaning().then(|| Self { embedder, purse, kept: Mutex::default() })
    }

    /// What a turn's burst is about.
    pub(super) async fn sense(&self, turn: &Turn) -> Sense {
        let rules = &turn.rules;
        if turn.messages.is_empty() || (rules.prohibited_topics.is_empty() && rules.scope.is_empty()) {
            return Sense::default();
        }
        if self.embedder.costs() && !self.purse.is_open(turn.organization()) {
            // Once the budget is spent, the words alone have to tell.
            return Sense::default();
        }
        match timeout(JUDGED_WITHIN, self.judged(turn)).await {
            Ok(Ok(sense)) => sense,
            Ok(Err(error)) => {
                tracing::warn!(%error, "topics are known by their words alone");
                Sense::default()
            }
            Err(_) => {
                tracing::warn!("topics are known by their words alone: their meaning took too long");
                Sense::default()
            }
        }
    }

    async fn judged(&self, turn: &Turn) -> Result<Sense, EmbedError> {
        let subjects = self.subjects(turn.organization(), &turn.rules).await?;
        let newest = turn.messages.len().saturating_sub(MESSAGES_MAX);
        let said: Vec<&str> = turn.messages[newest..].iter().map(|text| head(text)).collect();
        let said = self.embed(turn.organization(), &said).await?;
        let scale = self.embedder.scale();
        let near = |subjects: &[Vec<f32>], from: f32| {
            said.iter().any(|said| subjects.iter().any(|subject| scale.place(cosine(said, subject)) >= from))
        };
        Ok(Sense {
            prohibited: near(&subjects.prohibited, PROHIBITED_FROM),
            in_scope: near(&subjects.scope, IN_SCOPE_FROM),
        })
    }

    async fn subjects(
        &self,
        organization: &OrganizationId,
        rules: &Arc<AssistantSettings>,
    ) -> Result<Arc<Subjects>, EmbedError> {
        if let Some(known) = self.known(organization, rules) {
            return Ok(known);
        }
        let subjects = Arc::new(Subjects {
            prohibited: self.vectors(organization, &rules.prohibited_topics).await?,
            scope: self.vectors(organization, &rules.scope).await?,
        });
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(organization.clone(), (Arc::clone(rules), Arc::clone(&subjects)));
        Ok(subjects)
    }

    /// What is kept, if it is of these very settings.
    fn known(&self, organization: &OrganizationId, rules: &Arc<AssistantSettings>) -> Option<Arc<Subjects>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, subjects) = kept.get(organization)?;
        Arc::ptr_eq(of, rules).then(|| Arc::clone(subjects))
    }

    async fn vectors(&self, organization: &OrganizationId, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        self.embed(organization, &texts).await
    }

    /// Vectors at the organization's own cost.
    async fn embed(&self, organization: &OrganizationId, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.embedder.embed_paid(texts, &|made| self.purse.pay(organization, made)).await
    }
}

fn head(text: &str) -> &str {
    text.char_indices().nth(MESSAGE_MAX_CHARS).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    let lengths = (dot(one, one) * dot(other, other)).sqrt();
    if lengths > 0.0 { dot(one, other) / lengths } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use futures_util::FutureExt;
    use futures_util::future::BoxFuture;

    use super::*;
    use crate::assistant::fixture::turn;
    use crate::knowledge::Embedded;

    /// Knows two things, betting and bicycles; or is broken.
    enum Senses {
        Well,
        Broken,
    }

    /// What was paid with, in tokens; one that is empty is closed.
    #[derive(Debug)]
    struct Coins {
        left: AtomicU64,
    }

    impl Purse for Coins {
        fn is_open(&self, _: &OrganizationId) -> bool {
            self.left.load(Ordering::SeqCst) > 0
        }

        fn pay(&self, _: &OrganizationId, made: Embedded) {
            self.left.fetch_sub(made.tokens, Ordering::SeqCst);
        }
    }

    impl Embedder for Senses {
        fn id(&self) -> String {
            "senses".to_owned()
        }

        fn dimensions(&self) -> usize {
            2
        }

        fn embed<'a>(&'a self, texts: &'a [&'a str]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>> {
            let about = |text: &str, words: &[&str]| f32::from(words.iter().any(|word| text.contains(word)));
            let vector =
                |text: &&str| vec![about(text, &["gambling", "roulette"]), about(text, &["bicycles", "saddle"])];
            let vectors = texts.iter().map(vector).collect();
            let answer = match self {
                Self::Well => Ok(vectors),
                Self::Broken => Err(EmbedError("broken".to_owned())),
            };
            std::future::ready(answer).boxed()
        }

        fn embed_paid<'a>(
            &'a self,
            texts: &'a [&'a str],
            paid: &'a (dyn Fn(Embedded) + Send + Sync),
        ) -> BoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>> {
            paid(Embedded { model: self.id(), tokens: texts.len() as u64, estimated: false });
            self.embed(texts)
        }

        fn costs(&self) -> bool {
            true
        }
    }

    fn with(embedder: impl Embedder + 'static, tokens: u64) -> (Option<Meaning>, Arc<Coins>) {
        let purse = Arc::new(Coins { left: AtomicU64::new(tokens) });
        (Meaning::of(Arc::new(embedder), Arc::clone(&purse) as Arc<dyn Purse>), purse)
    }

    async fn sense(embedder: Senses, said: &str) -> Sense {
        with(embedder, 1_000).0.unwrap().sense(&asked(said)).await
    }

    fn asked(said: &str) -> Turn {
        let rules = AssistantSettings {
            prohibited_topics: vec!["gambling".to_owned()],
            scope: vec!["bicycles".to_owned()],
            ..AssistantSettings::default()
        };
        Turn { rules: Arc::new(rules), ..turn(&[said]) }
    }

    #[tokio::test]
    async fn each_call_is_paid_for_and_without_money_the_words_alone_count() {
        let (meaning, purse) = with(Senses::Well, 4);
        let (meaning, turn) = (meaning.unwrap(), asked("a round of roulette?"));
        assert!(meaning.sense(&turn).await.prohibited);
        assert_eq!(purse.left.load(Ordering::SeqCst), 1, "a topic, a subject and a message");
        assert!(meaning.sense(&turn).await.prohibited);
        assert_eq!(purse.left.load(Ordering::SeqCst), 0, "the subjects are known");
        assert_eq!(meaning.sense(&turn).await, Sense::default());
    }

    #[tokio::test]
    async fn other_words_for_a_subject_are_about_it_and_a_broken_embedder_says_nothing() {
        let (prohibited, in_scope) = (true, true);
        assert_eq!(sense(Senses::Well, "a round of roulette?").await, Sense { prohibited, in_scope: false });
        assert_eq!(sense(Senses::Well, "is the saddle soft?").await, Sense { prohibited: false, in_scope });
        assert_eq!(sense(Senses::Broken, "a round of roulette?").await, Sense::default());
        assert!(with(crate::knowledge::Hashing::new(64), 1).0.is_none(), "it knows words, not meanings");
    }
}
