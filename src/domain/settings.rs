//! What an organization sets while everything runs: of its assistant, whether it answers by itself, how sure it must be, how
//! long and in what manner it writes; of its desk, see [`super::desk::settings`]. The installation's own settings are
//! [`super::Policy`]; these are laid over them.

use serde::{Deserialize, Serialize};

use super::desk::DeskSettings;
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
}

impl Default for AssistantSettings {
    fn default() -> Self {
        Self { auto_reply: true, reply_max_chars: 500, confidence_floor: 0.7, style: Label::known("friendly") }
    }
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
        Ok(())
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
