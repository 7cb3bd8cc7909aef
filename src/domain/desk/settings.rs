//! What an organization sets of its desk: who gets which session, when it is open, what customers are promised.

use serde::{Deserialize, Serialize};

use super::event::{Priority, SKILLS_MAX, Skill, Target, TeamId};
use super::hours::Hours;
use crate::domain::session::Channel;
use crate::domain::{Label, Refusal};

/// The longest address of a hook, in bytes.
const HOOK_URL_MAX_BYTES: usize = 2_048;

/// How long an offer may stand, in seconds.
const OFFER_S: std::ops::RangeInclusive<u32> = 5..=600;

/// How many offers in a row a person may leave unanswered.
const MISSED_OFFERS: std::ops::RangeInclusive<u32> = 1..=100;

/// How long a person may be gone before their sessions are offered again, in seconds.
const GRACE_S: std::ops::RangeInclusive<u32> = 0..=3_600;

/// How many sessions a person may have at a time.
pub const CAPACITY: std::ops::RangeInclusive<u32> = 1..=100;

/// How long a target may be, in seconds: up to 90 days.
const TARGET_S: std::ops::RangeInclusive<u32> = 1..=7_776_000;

/// The most rules.
const RULES_MAX: usize = 100;

/// The longest word that a rule looks for, in bytes.
const WORD_MAX_BYTES: usize = 128;

/// The most reasons for closing a session.
const CLOSE_REASONS_MAX: usize = 50;

/// The longest reason or skill, in characters.
const WORD_MAX_CHARS: usize = 100;

/// The longest fixed text, in bytes.
const TEXT_MAX_BYTES: usize = 2_000;

/// See the module.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeskSettings {
    /// Who is asked first.
    pub policy: Assignment,
    /// Whom [`Assignment::Hook`] asks.
    pub hook_url: Option<String>,
    /// How long an offer stands, in seconds.
    pub offer_s: u32,
    /// After so many offers in a row that a person left unanswered they count as away.
    pub missed_offers_max: u32,
    /// How long a person whose connection is lost keeps their sessions, in seconds.
    pub grace_s: u32,
    /// How many sessions a person has at most, where nothing else is set for them.
    pub capacity: u32,
    /// Whether the person who had the customer last is asked first.
    pub sticky: bool,
    /// Whether an offer is taken as soon as it is made.
    pub auto_accept: bool,
    /// Business hours; without them it is always open.
    pub hours: Option<Hours>,
    /// What customers are promised.
    pub targets: Targets,
    /// How sessions are routed that come to the queue; the first that fits counts.
    pub rules: Vec<Rule>,
    /// What people may give as the reason when they close a session; others are allowed too.
    pub close_reasons: Vec<Label>,
    /// Who is asked how it was.
    pub rating: RatingPolicy,
    /// Fixed texts.
    pub texts: DeskTexts,
}

/// How the person who is asked first is found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Assignment {
    /// Whoever has the least to do.
    #[default]
    LeastLoaded,
    /// Everybody in turn.
    RoundRobin,
    /// Nobody: people take what they want.
    Manual,
    /// Whom a service of the organization's names.
    Hook,
}

/// Who is asked how it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RatingPolicy {
    /// Customers to whom a person wrote.
    #[default]
    Human,
    /// All who wrote.
    Always,
    /// Nobody.
    Never,
}

/// What customers are promised. `None` promises nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Targets {
    /// From asking for a human to a human's first words, in seconds.
    pub first_response_s: Option<u32>,
    /// From a customer's unanswered message to a human's answer, in seconds.
    pub next_response_s: Option<u32>,
    /// From asking for a human to the end, in seconds.
    pub resolution_s: Option<u32>,
    /// After which part of the time it is said that a target will be missed, above 0 and up to 1.
    pub warn_at: f32,
    /// Whether only business hours count.
    pub only_in_hours: bool,
}

/// How sessions of a kind are routed. What is `None` fits every session, or changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rule {
    /// What the customer is about.
    pub intent: Option<String>,
    /// How they write.
    pub channel: Option<Channel>,
    /// Their language: `de` fits `de-CH` too.
    pub language: Option<String>,
    /// What must be able to be done.
    pub skills: Vec<Skill>,
    /// How urgent it is.
    pub priority: Option<Priority>,
    /// Whose it is.
    pub team: Option<TeamId>,
}

/// What customers read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeskTexts {
    /// They wait for a human, and nobody works at this time.
    pub out_of_hours: String,
}

impl Default for DeskSettings {
    fn default() -> Self {
        Self {
            policy: Assignment::default(),
            hook_url: None,
            offer_s: 30,
            missed_offers_max: 2,
            grace_s: 60,
            capacity: 5,
            sticky: true,
            auto_accept: false,
            hours: None,
            targets: Targets::default(),
            rules: Vec::new(),
            close_reasons: ["solved", "no answer", "spam"].map(Label::known).into(),
            rating: RatingPolicy::default(),
            texts: DeskTexts::default(),
        }
    }
}

impl Default for Targets {
    fn default() -> Self {
        Self {
            first_response_s: Some(300),
            next_response_s: Some(600),
            resolution_s: Some(86_400),
            warn_at: 0.8,
            only_in_hours: true,
        }
    }
}

impl Default for DeskTexts {
    fn default() -> Self {
        let text = "We are closed right now. Your message is kept, and an agent will answer as soon as we open again.";
        Self { out_of_hours: text.to_owned() }
    }
}

impl DeskSettings {
    /// Checks the limits.
    ///
    /// # Errors
    /// `Invalid` on the first that is outside, by its name: `hours.week.mon[1]`.
    pub fn check(&self) -> Result<(), Refusal> {
        self.check_hook()?;
        within("offer_s", self.offer_s, &OFFER_S)?;
        within("missed_offers_max", self.missed_offers_max, &MISSED_OFFERS)?;
        within("grace_s", self.grace_s, &GRACE_S)?;
        within("capacity", self.capacity, &CAPACITY)?;
        if let Some(hours) = &self.hours {
            hours.check("hours")?;
        }
        self.targets.check()?;
        at_most("rules", self.rules.len(), RULES_MAX)?;
        for (n, rule) in self.rules.iter().enumerate() {
            rule.check(&format!("rules[{n}]"))?;
        }
        at_most("close_reasons", self.close_reasons.len(), CLOSE_REASONS_MAX)?;
        for (n, reason) in self.close_reasons.iter().enumerate() {
            check_word(&format!("close_reasons[{n}]"), reason.as_str())?;
        }
        check_text("texts.out_of_hours", &self.texts.out_of_hours)
    }

    /// Whether people work at that moment.
    pub fn is_open(&self, now: crate::domain::Timestamp) -> bool {
        self.hours.as_ref().is_none_or(|hours| hours.is_open(now))
    }

    fn check_hook(&self) -> Result<(), Refusal> {
        let Some(url) = &self.hook_url else {
            let missing = self.policy == Assignment::Hook;
            return if missing { Err(Refusal::invalid("hook_url", "is required by this policy")) } else { Ok(()) };
        };
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let names_a_host = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', ':', '?', '#']));
        if !names_a_host
            || url.len() > HOOK_URL_MAX_BYTES
            || url.contains(|c: char| c.is_whitespace() || c.is_control())
        {
            return Err(Refusal::invalid("hook_url", "must be an http or https address"));
        }
        Ok(())
    }
}

impl Targets {
    /// How long a target is, in milliseconds, if there is one.
    pub fn ms(&self, target: Target) -> Option<u64> {
        let seconds = match target {
            Target::FirstResponse => self.first_response_s,
            Target::NextResponse => self.next_response_s,
            Target::Resolution => self.resolution_s,
        };
        seconds.map(|seconds| u64::from(seconds) * 1_000)
    }

    fn check(&self) -> Result<(), Refusal> {
        let targets = [
            ("targets.first_response_s", self.first_response_s),
            ("targets.next_response_s", self.next_response_s),
            ("targets.resolution_s", self.resolution_s),
        ];
        for (field, seconds) in targets {
            seconds.map_or(Ok(()), |seconds| within(field, seconds, &TARGET_S))?;
        }
        if self.warn_at > 0.0 && self.warn_at <= 1.0 {
            return Ok(());
        }
        Err(Refusal::invalid("targets.warn_at", "must be above 0 and at most 1"))
    }
}

impl Rule {
    fn check(&self, field: &str) -> Result<(), Refusal> {
        for (name, word) in [("intent", &self.intent), ("language", &self.language)] {
            let Some(word) = word else { continue };
            if word.trim().is_empty() || word.len() > WORD_MAX_BYTES {
                let why = format!("must be a word of at most {WORD_MAX_BYTES} bytes, or null");
                return Err(Refusal::invalid(format!("{field}.{name}"), why));
            }
        }
        check_skills(&format!("{field}.skills"), &self.skills)
    }
}

/// Checks what somebody or something must be able to do; `field` is the caller's name for it.
///
/// # Errors
/// `Invalid` when there are too many, or one is blank or too long.
pub fn check_skills(field: &str, skills: &[Skill]) -> Result<(), Refusal> {
    at_most(field, skills.len(), SKILLS_MAX)?;
    for (n, skill) in skills.iter().enumerate() {
        check_word(&format!("{field}[{n}]"), skill.as_str())?;
    }
    Ok(())
}

fn check_word(field: &str, word: &str) -> Result<(), Refusal> {
    match Label::parse("word", word) {
        Ok(_) if word.chars().count() > WORD_MAX_CHARS => {
            Err(Refusal::invalid(field.to_owned(), format!("must be at most {WORD_MAX_CHARS} characters")))
        }
        Err(Refusal::Invalid { why, .. }) => Err(Refusal::invalid(field.to_owned(), why)),
        other => other.map(drop),
    }
}

fn check_text(field: &str, text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::invalid(field.to_owned(), "must not be empty"));
    }
    if text.len() > TEXT_MAX_BYTES {
        return Err(Refusal::invalid(field.to_owned(), format!("must be at most {TEXT_MAX_BYTES} bytes")));
    }
    Ok(())
}

fn within(field: &str, value: u32, range: &std::ops::RangeInclusive<u32>) -> Result<(), Refusal> {
    if range.contains(&value) {
        return Ok(());
    }
    let why = format!("must be between {} and {}", range.start(), range.end());
    Err(Refusal::invalid(field.to_owned(), why))
}

fn at_most(field: &str, count: usize, max: usize) -> Result<(), Refusal> {
    if count <= max { Ok(()) } else { Err(Refusal::invalid(field.to_owned(), format!("must be at most {max}"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field_of(change: impl FnOnce(&mut DeskSettings)) -> String {
        let mut settings = DeskSettings::default();
        change(&mut settings);
        match settings.check() {
            Err(Refusal::Invalid { field, .. }) => field.into_owned(),
            other => format!("{other:?}"),
        }
    }

    fn rule(change: impl FnOnce(&mut Rule)) -> Vec<Rule> {
        let mut rule = Rule::default();
        change(&mut rule);
        vec![Rule::default(), rule]
    }

    #[test]
    fn what_is_outside_of_its_limits_is_named() {
        assert_eq!(DeskSettings::default().check(), Ok(()));
        let long = || "x".repeat(5_000);
        assert_eq!(field_of(|s| s.policy = Assignment::Hook), "hook_url");
        for bad in ["ftp://shop.example", "https://", "https:///x", "http://a b", "shop.example", &long()] {
            assert_eq!(field_of(|s| s.hook_url = Some(bad.to_owned())), "hook_url", "{bad}");
        }
        assert_eq!(field_of(|s| s.hook_url = Some("http://127.0.0.1:9000/who?x=1".to_owned())), "Ok(())");
        for bad in [0, 4, 601, u32::MAX] {
            assert_eq!(field_of(|s| s.offer_s = bad), "offer_s");
        }
        assert_eq!(field_of(|s| s.missed_offers_max = 0), "missed_offers_max");
        assert_eq!(field_of(|s| s.grace_s = 3_601), "grace_s");
        for bad in [0, 101] {
            assert_eq!(field_of(|s| s.capacity = bad), "capacity");
        }
        assert_eq!(field_of(|s| s.targets.resolution_s = Some(0)), "targets.resolution_s");
        for bad in [0.0, -0.5, 1.01, f32::NAN, f32::INFINITY] {
            assert_eq!(field_of(|s| s.targets.warn_at = bad), "targets.warn_at");
        }
        assert_eq!(field_of(|s| s.rules = rule(|it| it.intent = Some(" ".to_owned()))), "rules[1].intent");
        assert_eq!(field_of(|s| s.rules = rule(|it| it.language = Some(long()))), "rules[1].language");
        let unchecked = |text: String| serde_json::from_value::<Label>(text.into()).unwrap();
        let skill = unchecked(String::new());
        assert_eq!(field_of(|s| s.rules = rule(|it| it.skills = vec![skill])), "rules[1].skills[0]");
        assert_eq!(field_of(|s| s.rules = vec![Rule::default(); RULES_MAX + 1]), "rules");
        assert_eq!(field_of(|s| s.close_reasons = vec![unchecked(long())]), "close_reasons[0]");
        for bad in [" ".to_owned(), long()] {
            assert_eq!(field_of(|s| s.texts.out_of_hours = bad), "texts.out_of_hours");
        }
    }

    #[test]
    fn what_is_left_out_is_as_it_is_without_settings() {
        assert_eq!(serde_json::from_str::<DeskSettings>("{}").unwrap(), DeskSettings::default());
        let settings: DeskSettings = serde_json::from_str(r#"{"targets": {"next_response_s": null}}"#).unwrap();
        assert_eq!((settings.targets.next_response_s, settings.targets.first_response_s), (None, Some(300)));
    }
}
