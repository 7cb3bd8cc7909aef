//! What an organization sets while everything runs: of its assistant, whether it answers by itself, how sure it must be, how
//! long and in what manner it writes; of its desk, see [`super::desk::settings`]. The installation's own settings are
//! [`super::Policy`]; these are laid over them.

use serde::{Deserialize, Serialize};

use super::desk::DeskSettings;
use super::guardrails::{self, FALLBACK_MAX_CHARS, PERSONA_MAX_CHARS, PiiKind, PiiPattern};
use super::{Label, OrganizationId, Reading, Refusal, WidgetSettings};

/// The longest reply that may be allowed, in characters.
const REPLY_MAX_CHARS: u32 = 8_000;

/// The longest name of a manner, in characters.
const STYLE_MAX_CHARS: usize = 64;

/// One organization's settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Whose they are.
    pub organization: OrganizationId,
    /// How its assistant answers.
    pub assistant: AssistantSettings,
    /// How its people work.
    #[serde(default)]
    pub desk: DeskSettings,
    /// How its widget looks, and where it may be.
    #[serde(default)]
    pub widget: WidgetSettings,
}

/// How an assistant answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssistantSettings {
    /// Whether it answers customers. Otherwise it only suggests, to the staff, and every conversation is for a human.
    pub auto_reply: bool,
    /// The longest reply, in characters.
    pub reply_max_chars: u32,
    /// How sure it must be of an answer to give it, 0..1; a question back needs no such thing.
    pub confidence_floor: f32,
    /// In what manner: `friendly`, `formal`, `concise`, or any word that a model understands.
    pub style: Label,
    /// Words and phrases of which it does not speak: who asks about one is told [`Self::fallback_message`].
    #[serde(default)]
    pub prohibited_topics: Vec<String>,
    /// The subjects that it is for; what is about something else is declined. Empty: everything.
    #[serde(default)]
    pub scope: Vec<String>,
    /// What the customer reads in the place of what may not be said; empty: a text of ours in their language.
    #[serde(default)]
    pub fallback_message: String,
    /// The language that it writes (ISO 639-1), whatever the customer's is; `None`: the customer's.
    #[serde(default)]
    pub language: Option<String>,
    /// Whether refunds, compensation, discounts, replacements and dates are promised only where a source says so.
    #[serde(default = "yes")]
    pub no_promises: bool,
    /// What of a customer's words no model, embedding endpoint or webhook sees.
    #[serde(default = "default_kinds")]
    pub pii: Vec<PiiKind>,
    /// The same, of shapes that only the organization knows.
    #[serde(default)]
    pub pii_patterns: Vec<PiiPattern>,
    /// Who it is, in a few sentences for a model; empty: as the installation says.
    #[serde(default)]
    pub persona: String,
    /// The hosts that an answer may link to, beside what its sources link to.
    #[serde(default)]
    pub link_hosts: Vec<String>,
}

impl Default for AssistantSettings {
    fn default() -> Self {
        Self {
            auto_reply: true,
            reply_max_chars: 500,
            confidence_floor: 0.7,
            style: Label::known("friendly"),
            prohibited_topics: Vec::new(),
            scope: Vec::new(),
            fallback_message: String::new(),
            language: None,
            no_promises: true,
            pii: default_kinds(),
            pii_patterns: Vec::new(),
            persona: String::new(),
            link_hosts: Vec::new(),
        }
    }
}

const fn yes() -> bool {
    true
}

fn default_kinds() -> Vec<PiiKind> {
    PiiKind::DEFAULT.to_vec()
}

impl AssistantSettings {
    /// Whether an answer that is so sure of itself is given to the customer, not only suggested to the staff.
    pub fn gives(&self, reading: &Reading) -> bool {
        self.auto_reply && reading.clipped().confidence >= self.confidence_floor
    }

    /// Checks the limits; `names` are the caller's for length, confidence and style.
    ///
    /// # Errors
    /// `Invalid` on the first that is outside.
    pub fn check(&self, names: [&'static str; 3]) -> Result<(), Refusal> {
        let [length, confidence, style] = names;
        if !(1..=REPLY_MAX_CHARS).contains(&self.reply_max_chars) {
            return Err(Refusal::invalid(length, format!("must be between 1 and {REPLY_MAX_CHARS} characters")));
        }
        if !(0.0..=1.0).contains(&self.confidence_floor) {
            return Err(Refusal::invalid(confidence, "must be between 0 and 1"));
        }
        if self.style.as_str().chars().count() > STYLE_MAX_CHARS {
            return Err(Refusal::invalid(style, format!("must be at most {STYLE_MAX_CHARS} characters")));
        }
        self.check_guardrails()
    }

    fn check_guardrails(&self) -> Result<(), Refusal> {
        guardrails::check_topics("prohibited_topics", &self.prohibited_topics)?;
        guardrails::check_topics("scope", &self.scope)?;
        guardrails::check_text("fallback_message", &self.fallback_message, FALLBACK_MAX_CHARS)?;
        guardrails::check_language(self.language.as_deref())?;
        guardrails::check_kinds(&self.pii)?;
        guardrails::check_patterns(&self.pii_patterns)?;
        guardrails::check_text("persona", &self.persona, PERSONA_MAX_CHARS)?;
        guardrails::check_hosts(&self.link_hosts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_outside_of_its_limits_is_named() {
        let names = ["length", "confidence", "style"];
        let fault = |settings: AssistantSettings| match settings.check(names) {
            Err(Refusal::Invalid { field, .. }) => field.into_owned(),
            other => format!("{other:?}"),
        };
        let good = AssistantSettings::default;
        assert_eq!(good().check(names), Ok(()));
        for reply_max_chars in [0, REPLY_MAX_CHARS + 1] {
            assert_eq!(fault(AssistantSettings { reply_max_chars, ..good() }), "length");
        }
        for confidence_floor in [-0.1, 1.1, f32::NAN] {
            assert_eq!(fault(AssistantSettings { confidence_floor, ..good() }), "confidence");
        }
        let style = Label::parse("style", &"x".repeat(STYLE_MAX_CHARS + 1)).unwrap();
        assert_eq!(fault(AssistantSettings { style, ..good() }), "style");
    }
}
