//! The knowledge that a person edits: topics with labelled examples and answers, read from TOML and checked once.
//!
//! The starter file is part of the binary; a configured path replaces it as a whole.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::domain::Source;

/// The slot whose filling is a customer's yes to a human.
pub const HUMAN_OFFER: &str = "human_offer";

/// The most topics in one file; more belong in the knowledge base.
const TOPICS_MAX: usize = 2_000;

/// The most examples in one topic.
const EXAMPLES_MAX: usize = 500;

const STARTER: &str = include_str!("../../../knowledge.toml");

/// A whole knowledge file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Knowledge {
    /// The language of the answers (BCP 47).
    pub language: String,
    /// The similarity below which nothing is answered, 0..1.
    pub floor: f32,
    /// The confidence below which nothing is answered from an organization's own knowledge, 0..1.
    #[serde(default = "answer_floor")]
    pub answer_floor: f32,
    /// The fixed texts.
    pub texts: Texts,
    /// The fixed texts that another manner puts in their place, by its name.
    #[serde(default)]
    pub styles: BTreeMap<String, StyleTexts>,
    /// The fixed texts in other languages (BCP 47), for customers who write in them; a manner does not change these.
    #[serde(default)]
    pub translations: BTreeMap<String, Texts>,
    /// One word to the words that it stands for.
    #[serde(default)]
    pub synonyms: BTreeMap<String, Vec<String>>,
    /// What opens an answer in the `language` of the file to a customer who writes another, by theirs (BCP 47) and in it.
    #[serde(default)]
    pub answers_in: BTreeMap<String, String>,
    /// Whether it is the file that comes with the program: its facts are those of a shop that nobody has.
    #[serde(skip)]
    pub is_starter: bool,
    /// What customers may want.
    #[serde(rename = "topic")]
    pub topics: Vec<Topic>,
    /// What they may ask of an organization that has knowledge of its own; only counted by.
    #[serde(default, rename = "intent")]
    pub intents: Vec<Labelled>,
}

/// An intent that has no answer of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labelled {
    /// What analytics count it under.
    pub intent: String,
    /// Ways to say it.
    pub examples: Vec<String>,
}

fn answer_floor() -> f32 {
    0.85
}

/// The texts that belong to no topic.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// Opens the first answer to a customer who greeted.
    pub greeting: String,
    /// Said when nothing was understood.
    pub unknown: String,
    /// Said when a part was understood.
    pub also_unknown: String,
    /// Offers a human.
    pub offer: String,
    /// Said when the offer is declined.
    pub declined: String,
}

/// What a manner says otherwise; what it leaves out is said as always.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StyleTexts {
    greeting: Option<String>,
    unknown: Option<String>,
    also_unknown: Option<String>,
    offer: Option<String>,
    declined: Option<String>,
}

impl StyleTexts {
    fn over(&self, texts: &Texts) -> Texts {
        let either = |own: &Option<String>, other: &String| own.as_ref().unwrap_or(other).clone();
        Texts {
            greeting: either(&self.greeting, &texts.greeting),
            unknown: either(&self.unknown, &texts.unknown),
            also_unknown: either(&self.also_unknown, &texts.also_unknown),
            offer: either(&self.offer, &texts.offer),
            declined: either(&self.declined, &texts.declined),
        }
    }
}

/// Something a customer may want.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// What analytics count it under.
    pub intent: String,
    /// The passage's id, if the answer is to be cited.
    pub id: Option<String>,
    /// The passage's title.
    pub title: Option<String>,
    /// Where the whole text can be read.
    pub url: Option<String>,
    /// Ways to say it.
    pub examples: Vec<String>,
    /// What the customer reads; may hold `{slot}`.
    pub answer: String,
    /// The same in other languages (BCP 47).
    #[serde(default)]
    pub answers: BTreeMap<String, String>,
    /// What a customer of an organization with knowledge of its own reads instead.
    pub informed: Option<String>,
    /// Where an organization has knowledge of its own: words of which what was found must have one. None: it always holds.
    #[serde(default)]
    pub only_where: Vec<String>,
    /// Only answered when nothing else was asked.
    #[serde(default)]
    pub small_talk: bool,
    /// A value that must be known before the answer.
    pub slot: Option<String>,
    /// The question for that value.
    pub ask: Option<String>,
    /// The same in other languages (BCP 47).
    #[serde(default)]
    pub asks: BTreeMap<String, String>,
    /// The intent that it is once the slot is known, if another.
    pub filled: Option<String>,
    /// A value that, once named, shows that this is not what was meant.
    pub unless: Option<String>,
    /// The kind of thing that it is about, as an entity.
    pub mentions: Option<String>,
    /// Whether the answer ends with the offer of a human.
    #[serde(default)]
    pub offer_human: bool,
    /// Why a human takes over, if one does.
    pub hand_over: Option<String>,
}

/// Why a knowledge file can not be used. One line, for the person who edited it.
#[derive(Debug, thiserror::Error)]
#[error("knowledge: {0}")]
pub struct KnowledgeError(String);

impl Knowledge {
    /// The file that comes with the program.
    ///
    /// # Panics
    /// Never in a released program: a test reads the same text.
    pub fn starter() -> Self {
        let starter = Self::parse(STARTER).expect("the starter knowledge is read by a test");
        Self { is_starter: true, ..starter }
    }

    /// Reads and checks a file's text.
    ///
    /// # Errors
    /// What is wrong, with the name of the topic.
    pub fn parse(text: &str) -> Result<Self, KnowledgeError> {
        let knowledge: Self = toml::from_str(text).map_err(|e| KnowledgeError(e.to_string()))?;
        knowledge.check()?;
        Ok(knowledge)
    }

    /// The fixed texts in a language, or in a manner. One that the file does not know leaves them as they are.
    pub fn texts_in(&self, style: &str, language: &str) -> Cow<'_, Texts> {
        if let Some(texts) = self.translations.get(language) {
            return Cow::Borrowed(texts);
        }
        self.styles.get(style).map_or(Cow::Borrowed(&self.texts), |style| Cow::Owned(style.over(&self.texts)))
    }

    /// Every way in which a human is offered.
    pub(super) fn offers(&self) -> impl Iterator<Item = &str> {
        let styles = self.styles.values().filter_map(|style| style.offer.as_deref());
        let translated = self.translations.values().map(|texts| texts.offer.as_str());
        std::iter::once(self.texts.offer.as_str()).chain(styles).chain(translated)
    }

    /// The same with the intents as topics behind the others; the ways to ask of one that is named twice are put together.
    #[must_use]
    pub(super) fn with_intents(&self) -> Self {
        let mut all = self.clone();
        for labelled in &self.intents {
            match all.topics.iter_mut().find(|topic| topic.intent == labelled.intent) {
                Some(topic) => topic.examples.extend_from_slice(&labelled.examples),
                None => all.topics.push(Topic {
                    intent: labelled.intent.clone(),
                    examples: labelled.examples.clone(),
                    ..Topic::default()
                }),
            }
        }
        all
    }

    fn check(&self) -> Result<(), KnowledgeError> {
        let wrong = |why: String| Err(KnowledgeError(why));
        if !(0.0..=1.0).contains(&self.floor) {
            return wrong("floor must be between 0 and 1".to_owned());
        }
        if !(0.0..=1.0).contains(&self.answer_floor) {
            return wrong("answer_floor must be between 0 and 1".to_owned());
        }
        if self.intents.len() > TOPICS_MAX {
            return wrong(format!("must have at most {TOPICS_MAX} intents"));
        }
        if let Some(bare) = self.intents.iter().find(|one| one.examples.is_empty() || one.examples.len() > EXAMPLES_MAX)
        {
            return wrong(format!("intent {}: must have between 1 and {EXAMPLES_MAX} examples", bare.intent));
        }
        if self.topics.is_empty() || self.topics.len() > TOPICS_MAX {
            return wrong(format!("must have between 1 and {TOPICS_MAX} topics"));
        }
        let mut ids = BTreeSet::new();
        for topic in &self.topics {
            topic.check()?;
            if let Some(id) = &topic.id
                && !ids.insert(id)
            {
                return wrong(format!("the id {id} is used twice"));
            }
        }
        Ok(())
    }
}

impl Topic {
    /// What an answer from this topic rests on; `None` for small talk and questions back.
    pub fn source(&self) -> Option<Source> {
        let id = self.id.clone()?;
        let title = self.title.clone().unwrap_or_else(|| id.clone());
        Some(Source { url: self.url.clone(), ..Source::titled(id, title) })
    }

    /// What the customer reads, in their language where there is one.
    pub(super) fn answer_in(&self, language: &str, informed: bool) -> &str {
        let own = self.informed.as_ref().filter(|_| informed).unwrap_or(&self.answer);
        self.answers.get(language).unwrap_or(own)
    }

    /// The question for the value, in their language where there is one.
    pub(super) fn ask_in(&self, language: &str) -> Option<&String> {
        self.ask.as_ref().map(|ask| self.asks.get(language).unwrap_or(ask))
    }

    fn check(&self) -> Result<(), KnowledgeError> {
        let wrong = |why: &str| Err(KnowledgeError(format!("topic {}: {why}", self.intent)));
        if self.intent.is_empty() {
            return wrong("intent must not be empty");
        }
        if self.examples.is_empty() || self.examples.len() > EXAMPLES_MAX {
            return wrong("must have between 1 and 500 examples");
        }
        if self.slot.is_some() != self.ask.is_some() {
            return wrong("slot and ask go together");
        }
        if self.answer.trim().is_empty() && self.hand_over.is_none() {
            return wrong("answer must not be empty");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
        language = "en"
        floor = 0.5
        texts = { greeting = "", unknown = "?", also_unknown = "?", offer = "!", declined = "-" }
        [[topic]]
        intent = "a"
        examples = ["a"]
        answer = "A"
    "#;

    #[test]
    fn the_starter_file_is_good() {
        let starter = Knowledge::starter();
        assert!(starter.topics.iter().any(|topic| topic.intent == "return_policy" && topic.source().is_some()));
    }

    #[test]
    fn a_mistake_names_the_topic() {
        assert!(Knowledge::parse(SMALL).is_ok());
        let asks = Knowledge::parse(&SMALL.replace("answer = \"A\"", "answer = \"A\"\nslot = \"x\""));
        assert_eq!(asks.unwrap_err().to_string(), "knowledge: topic a: slot and ask go together");
        assert!(Knowledge::parse(&SMALL.replace("0.5", "1.5")).is_err());
        assert!(Knowledge::parse(&SMALL.replace("answer", "anwser")).unwrap_err().to_string().contains("anwser"));
    }
}
