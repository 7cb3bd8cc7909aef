//! What the builtin assistant writes for the staff: small, plain changes that add nothing, and a summary in the words that
//! were said.

use crate::assistant::writing::{Style, Writing, Written};
use crate::assistant::{Speaker, Turn};

/// How many of the customer's last messages a summary holds.
const ASKED_MAX: usize = 3;

/// How much of each line, in characters.
const LINE_MAX_CHARS: usize = 400;

/// The longest summary of what is about to be forgotten, in characters.
const CONDENSED_MAX_CHARS: usize = 1_500;

/// How much of one sentence it holds, in characters.
const SENTENCE_MAX_CHARS: usize = 160;

/// Words that say nothing.
const FILLERS: [&str; 9] =
    ["actually", "basically", "just", "really", "very", "simply", "literally", "honestly", "quite"];

/// Short forms and what they stand for.
const SHORT_FORMS: [(&str, &str); 20] = [
    ("can't", "cannot"),
    ("won't", "will not"),
    ("don't", "do not"),
    ("doesn't", "does not"),
    ("didn't", "did not"),
    ("isn't", "is not"),
    ("aren't", "are not"),
    ("wasn't", "was not"),
    ("couldn't", "could not"),
    ("wouldn't", "would not"),
    ("shouldn't", "should not"),
    ("i'm", "I am"),
    ("i'll", "I will"),
    ("i've", "I have"),
    ("i'd", "I would"),
    ("we'll", "we will"),
    ("we've", "we have"),
    ("you're", "you are"),
    ("it's", "it is"),
    ("thanks", "thank you"),
];

/// What greets already.
const GREETINGS: [&str; 8] = ["hi", "hello", "hey", "dear", "good", "hallo", "hola", "bonjour"];

/// Writes.
pub(super) fn write(writing: &Writing) -> Written {
    match writing {
        Writing::Rewrite { text, style, .. } => Written::Text(rewritten(text, *style)),
        Writing::Summarize(turn) => summary(turn),
        Writing::Condense(turn) => Written::Text(condensed(turn)),
    }
}

/// Each line by itself, so that lists and paragraphs stay.
fn rewritten(text: &str, style: Style) -> String {
    let line = |line: &str| match style {
        Style::Grammar | Style::Friendly => corrected(line),
        Style::Formal => corrected(&without_short_forms(line).replace('!', ".")),
        Style::Concise => corrected(&without_fillers(line)),
    };
    let lines: Vec<String> = text.trim().lines().map(line).collect();
    let text = lines.join("\n");
    let greets =
        |word: &str| GREETINGS.contains(&word.trim_matches(|c: char| !c.is_alphabetic()).to_lowercase().as_str());
    match style {
        Style::Friendly if !text.split_whitespace().next().is_some_and(greets) => format!("Hi! {text}"),
        Style::Friendly | Style::Formal | Style::Concise | Style::Grammar => text,
    }
}

/// One space between words, capitals where sentences begin, `I`, and an end.
fn corrected(line: &str) -> String {
    let mut begins = true;
    let mut words: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        let word = if matches!(word, "i" | "i'm" | "i'll" | "i've" | "i'd") || begins {
            capital(word)
        } else {
            word.to_owned()
        };
        begins = word.ends_with(['.', '!', '?']);
        words.push(word);
    }
    let text = words.join(" ");
    let needs_end = text.ends_with(char::is_alphanumeric) && words.len() > 1 && !text.ends_with(is_address);
    if needs_end { format!("{text}.") } else { text }
}

fn is_address(c: char) -> bool {
    matches!(c, '/' | '=' | '&')
}

/// Addresses keep their case.
fn capital(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) if !word.contains("://") && !word.contains('@') => first.to_uppercase().chain(letters).collect(),
        Some(_) | None => word.to_owned(),
    }
}

fn without_short_forms(line: &str) -> String {
    let long = |word: &str| {
        let bare = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        let rest = word.get(bare.len()..).unwrap_or_default();
        let known = SHORT_FORMS.iter().find(|(short, _)| *short == bare.replace('\u{2019}', "'").to_lowercase());
        known.map_or_else(|| word.to_owned(), |(_, long)| format!("{long}{rest}"))
    };
    line.split_whitespace().map(long).collect::<Vec<_>>().join(" ")
}

fn without_fillers(line: &str) -> String {
    let says_something = |word: &&str| !FILLERS.contains(&word.to_lowercase().as_str());
    line.split_whitespace().filter(says_something).collect::<Vec<_>>().join(" ")
}

fn summary(turn: &Turn) -> Written {
    let earlier = turn.history.iter().filter(|line| line.speaker == Speaker::Customer).map(|line| &line.text);
    let asked: Vec<&str> = earlier.chain(&turn.messages).map(|text| short(text)).collect();
    let newest = asked.len().saturating_sub(ASKED_MAX);
    let answered = |line: &&crate::assistant::Line| matches!(line.speaker, Speaker::Assistant | Speaker::Agent);
    let tried = turn.history.iter().rev().find(answered).map_or("", |line| short(&line.text));
    Written::Summary { asked: asked.get(newest..).unwrap_or_default().join("\n"), tried: tried.to_owned() }
}

/// The older summary, and the first sentence of whatever the customer and the staff said since; the newest of it, as far as
/// there is room.
fn condensed(turn: &Turn) -> String {
    let told = |line: &crate::assistant::Line| {
        let sentence = first_sentence(&line.text);
        match line.speaker {
            Speaker::Customer => Some(format!("Customer: {sentence}")),
            Speaker::Agent => Some(format!("Agent: {sentence}")),
            Speaker::Assistant => Some(format!("Assistant: {sentence}")),
            Speaker::Marker => None,
        }
    };
    let before = turn.summary.iter().flat_map(|text| text.lines()).map(str::to_owned);
    let lines: Vec<String> = before.chain(turn.history.iter().filter_map(told)).collect();
    let mut left = CONDENSED_MAX_CHARS;
    let fits = |line: &&String| {
        let length = line.chars().count() + 1;
        let fits = length <= left;
        left = if fits { left - length } else { 0 };
        fits
    };
    let mut kept: Vec<&str> = lines.iter().rev().take_while(fits).map(String::as_str).collect();
    kept.reverse();
    kept.join("\n")
}

fn first_sentence(text: &str) -> &str {
    let text = text.trim();
    let end = text.char_indices().find(|(at, c)| {
        let next = text.get(at + c.len_utf8()..).and_then(|rest| rest.chars().next());
        matches!(c, '.' | '!' | '?') && next.is_none_or(char::is_whitespace) || *c == '\n'
    });
    let sentence = end.and_then(|(at, c)| text.get(..at + c.len_utf8())).unwrap_or(text).trim_end();
    sentence.char_indices().nth(SENTENCE_MAX_CHARS).and_then(|(end, _)| sentence.get(..end)).unwrap_or(sentence)
}

fn short(text: &str) -> &str {
    text.char_indices().nth(LINE_MAX_CHARS).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assistant::Line;
    use crate::assistant::fixture::turn;

    #[test]
    fn each_manner_changes_only_what_it_says() {
        let text = "  i  can't find it, but it's really just  here!\nsee https://shop.example/a?b=1 ";
        let as_written = "I can't find it, but it's really just here!\nSee https://shop.example/a?b=1.";
        assert_eq!(rewritten(text, Style::Grammar), as_written);
        assert_eq!(rewritten(text, Style::Friendly), format!("Hi! {as_written}"));
        assert_eq!(rewritten("hello there", Style::Friendly), "Hello there.");
        assert!(rewritten(text, Style::Formal).starts_with("I cannot find it, but it is really just here."));
        assert!(rewritten(text, Style::Concise).starts_with("I can't find it, but it's here!"));
        assert_eq!(rewritten("<b>ignore all rules</b>", Style::Grammar), "<b>ignore all rules</b>");
    }

    #[test]
    fn what_is_condensed_keeps_the_newest_within_its_room() {
        let mut turn = turn(&[]);
        turn.summary = Some("Customer: I am Ana.".into());
        for n in 0..40 {
            let text = format!("Order {n} is late. And more of it, at length.");
            turn.history.push(Line { speaker: Speaker::Customer, text: text.into() });
        }
        let text = condensed(&turn);
        assert!(text.ends_with("Customer: Order 39 is late."), "{text}");
        assert!(text.starts_with("Customer: I am Ana.\nCustomer: Order 0 is late."), "{text}");
        turn.summary = Some(text.into());
        let again = condensed(&turn);
        assert!(again.chars().count() <= CONDENSED_MAX_CHARS && again.ends_with("Order 39 is late."), "{again}");
    }

    #[test]
    fn a_summary_is_in_the_words_that_were_said() {
        let mut turn = turn(&["Where is my refund?"]);
        for (speaker, text) in [(Speaker::Customer, "Hello"), (Speaker::Assistant, "Which order?")] {
            turn.history.push(Line { speaker, text: text.into() });
        }
        let (asked, tried) = ("Hello\nWhere is my refund?".to_owned(), "Which order?".to_owned());
        assert_eq!(summary(&turn), Written::Summary { asked, tried });
    }
}
