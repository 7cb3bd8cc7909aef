//! What is remembered of a customer, in the assistant's words: their name in its first greeting, and the order that they
//! last spoke of where it asks for one.

use crate::assistant::learning::{NAME, ORDER_NUMBER};
use crate::assistant::{Speaker, Turn};

/// The most words of a salutation that a name is put behind.
const SALUTATION_MAX_WORDS: usize = 3;

/// The longest name that is said in a greeting, in characters.
const NAME_MAX_CHARS: usize = 40;

/// What is remembered under a key.
pub(super) fn remembered<'a>(turn: &'a Turn, key: &str) -> Option<&'a str> {
    turn.memories.iter().find(|memory| memory.key == key).map(|memory| memory.value.as_str())
}

/// A text that begins with a salutation, with the customer's first name in it where this is the first reply of the session.
pub(super) fn greeting(turn: &Turn, text: &str) -> String {
    let plain = || text.to_owned();
    let Some(name) = first_name(turn).filter(|_| is_first_reply(turn)) else { return plain() };
    let Some(end) = text.find(['!', '.', ',']) else { return plain() };
    let (salutation, rest) = text.split_at(end);
    let salutation = salutation.strip_suffix(" there").unwrap_or(salutation);
    match salutation.split_whitespace().count() {
        1 => format!("{salutation} {name}{rest}"),
        2..=SALUTATION_MAX_WORDS => format!("{salutation}, {name}{rest}"),
        _ => plain(),
    }
}

/// The question for an order number, with the number that the customer may mean: a guess is asked, never taken for granted.
pub(super) fn ask_for_order(turn: &Turn, slot: &str, ask: String) -> String {
    match remembered(turn, ORDER_NUMBER).filter(|_| slot == ORDER_NUMBER) {
        Some(number) => format!("{ask} {}", guess(number)),
        None => ask,
    }
}

/// The remembered order number, if it is what was asked about last: then a yes means it.
pub(super) fn asked_order(turn: &Turn) -> Option<&str> {
    let number = remembered(turn, ORDER_NUMBER)?;
    let last = turn.history.iter().rev().find(|line| line.speaker == Speaker::Assistant)?;
    Some(number).filter(|number| last.text.contains(&guess(number)))
}

fn guess(number: &str) -> String {
    format!("Last time it was #{number}: if it is about that one, just say yes.")
}

fn first_name(turn: &Turn) -> Option<&str> {
    let name = remembered(turn, NAME)?.split_whitespace().next()?;
    Some(name).filter(|name| name.chars().count() <= NAME_MAX_CHARS)
}

fn is_first_reply(turn: &Turn) -> bool {
    !turn.history.iter().any(|line| line.speaker == Speaker::Assistant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assistant::fixture::turn;
    use crate::assistant::{Line, Remembered};

    fn known(pairs: &[(&str, &str)]) -> Turn {
        let memory = |(key, value): &(&str, &str)| Remembered { key: (*key).to_owned(), value: (*value).to_owned() };
        Turn { memories: pairs.iter().map(memory).collect(), ..turn(&["hi"]) }
    }

    #[test]
    fn a_greeting_has_the_first_name_once_it_is_known() {
        let ana = known(&[(NAME, "Ana López")]);
        for (text, greeted) in [
            ("Hi there!", "Hi Ana!"),
            ("Good day.", "Good day, Ana."),
            ("Hello! I'm here to help.", "Hello Ana! I'm here to help."),
            ("Welcome to our shop and all of its wonders.", "Welcome to our shop and all of its wonders."),
            ("", ""),
        ] {
            assert_eq!(greeting(&ana, text), greeted);
            assert_eq!(greeting(&known(&[]), text), text);
        }
    }

    #[test]
    fn whoever_was_answered_already_is_not_greeted_again() {
        let mut ana = known(&[(NAME, "Ana")]);
        ana.history.push(Line { speaker: Speaker::Assistant, text: "Hi Ana!".into() });
        assert_eq!(greeting(&ana, "Hi there!"), "Hi there!");
    }

    #[test]
    fn a_remembered_order_is_asked_about_and_a_yes_means_it() {
        let mut jo = known(&[(ORDER_NUMBER, "12345")]);
        let asked = ask_for_order(&jo, ORDER_NUMBER, "Which order?".to_owned());
        assert!(asked.contains("#12345"), "{asked}");
        assert_eq!(ask_for_order(&jo, "size", "Which size?".to_owned()), "Which size?");
        assert_eq!(asked_order(&jo), None);
        jo.history.push(Line { speaker: Speaker::Assistant, text: asked.into() });
        assert_eq!(asked_order(&jo), Some("12345"));
    }
}
