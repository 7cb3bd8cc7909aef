//! How a session that comes to the queue is to be treated: the first rule of the organization's that fits says so.

use super::event::{DeskEvent, Routing, SKILLS_MAX, Skill};
use super::settings::Rule;
use crate::domain::session::Channel;
use crate::domain::{Event, State};

/// What a rule looks at.
pub(in crate::domain) struct Subject<'a> {
    /// What the customer is about: as it was just understood, and before.
    pub intents: [&'a str; 2],
    /// How they write.
    pub channel: Channel,
    /// Their language.
    pub language: Option<&'a str>,
}

/// The routing that the rules want for a session that comes to the queue, if it is another one than now.
pub(in crate::domain) fn routed_by(rules: &[Rule], state: &State, subject: &Subject<'_>) -> Option<Event> {
    let rule = rules.iter().find(|rule| fits(rule, subject))?;
    let now = state.service.as_ref().map(|service| service.routing.clone()).unwrap_or_default();
    let mut routing = now.clone();
    if !rule.skills.is_empty() {
        routing.skills = in_order(&rule.skills);
    }
    routing.priority = rule.priority.unwrap_or(routing.priority);
    routing.team = rule.team.or(routing.team);
    (routing != now).then_some(Event::Desk(DeskEvent::Routed { routing, by: None }))
}

/// The skills in order, each once, within the limit.
pub(super) fn in_order(skills: &[Skill]) -> Vec<Skill> {
    let mut skills = skills.to_vec();
    skills.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    skills.dedup();
    skills.truncate(SKILLS_MAX);
    skills
}

/// The routing of a session now.
pub(super) fn of(state: &State) -> Routing {
    state.service.as_ref().map(|service| service.routing.clone()).unwrap_or_default()
}

fn fits(rule: &Rule, subject: &Subject<'_>) -> bool {
    let intent = rule.intent.as_deref().is_none_or(|intent| subject.intents.contains(&intent));
    let channel = rule.channel.is_none_or(|channel| channel == subject.channel);
    let language =
        rule.language.as_deref().is_none_or(|wanted| subject.language.is_some_and(|had| speaks(had, wanted)));
    intent && channel && language
}

/// Whether a language is the wanted one or a kind of it: `de-CH` is `de`.
fn speaks(had: &str, wanted: &str) -> bool {
    let begins = had.get(..wanted.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(wanted));
    begins && matches!(had.as_bytes().get(wanted.len()), None | Some(b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_fits_its_kinds_and_no_other() {
        for (had, wanted) in [("de", "de"), ("de-CH", "de"), ("DE_at", "de"), ("pt-BR", "pt-br")] {
            assert!(speaks(had, wanted), "{had} {wanted}");
        }
        for (had, wanted) in [("deu", "de"), ("d", "de"), ("pt", "pt-BR"), ("\u{e9}", "e")] {
            assert!(!speaks(had, wanted), "{had} {wanted}");
        }
    }
}
