//! What two questions must have in common to have one answer, and which questions are nobody else's.

use crate::assistant::Turn;
use crate::knowledge::words::{self, Language};

/// The longest question that is looked at, in characters; a longer one tells a story of its own.
const QUESTION_MAX_CHARS: usize = 300;

/// The most words of a question.
const WORDS_MAX: usize = 64;

/// So many digits in a row are somebody's number.
const NUMBER_DIGITS: usize = 6;

/// The fewest words of a question that stands for itself in the middle of a conversation.
const STANDALONE_WORDS: usize = 3;

/// Words that change nothing of what is asked. What is not here is content: question words, prepositions and negations too.
const FILLERS: &[&str] = &[
    "a",
    "an",
    "the",
    "please",
    "pls",
    "kindly",
    "hi",
    "hello",
    "hey",
    "dear",
    "thanks",
    "just",
    "um",
    "okay",
    "ok",
    "your",
    "bitte",
    "hallo",
    "danke",
    "mal",
    "eigentlich",
];

/// Words that speak of the one who asks, or of this moment.
const PERSONAL: &[&str] = &[
    "my",
    "mine",
    "myself",
    "our",
    "ours",
    "me",
    "mein",
    "meine",
    "meinen",
    "meinem",
    "meiner",
    "mir",
    "mich",
    "unser",
    "unsere",
    "today",
    "tomorrow",
    "yesterday",
    "tonight",
    "now",
    "currently",
    "ago",
    "last",
    "next",
    "heute",
    "morgen",
    "gestern",
    "jetzt",
    "gerade",
    "vorhin",
];

/// Words that lean on what was said before.
const LEANING: &[&str] = &[
    "it",
    "its",
    "that",
    "thats",
    "this",
    "these",
    "those",
    "they",
    "them",
    "their",
    "one",
    "ones",
    "there",
    "he",
    "she",
    "same",
    "else",
    "instead",
    "also",
    "too",
    "again",
    "es",
    "dies",
    "diese",
    "dieser",
    "dieses",
    "davon",
    "damit",
    "dafür",
    "dazu",
    "sie",
    "ihn",
    "auch",
    "stattdessen",
];

/// A question that begins so goes on from another.
const GOING_ON: &[&str] = &["and", "but", "or", "then", "und", "aber", "oder", "dann"];

/// Signs that are content where letters are not.
const SIGNS: &str = "$€£¥₹%+#&@°=<>*½¼¾";

/// A question that anybody may have asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    /// The text apart from case, spacing and punctuation at its end.
    pub(super) folded: String,
    /// Its words without those that change nothing, as they are written: by these its likeness to another is measured.
    pub(super) core: String,
    /// The stems of its content words, in order, with signs and numbers.
    pub(super) content: Vec<String>,
}

impl Question {
    /// The question of a turn; `None` where it is not anybody's, or leans on what was said before.
    pub(super) fn of(turn: &Turn) -> Option<Self> {
        if !turn.known.is_empty() || turn.pending_slot.is_some() {
            return None;
        }
        let question = Self::read(&turn.messages.join(" "))?;
        let stands_alone = turn.history.is_empty() || question.content.len() >= STANDALONE_WORDS;
        stands_alone.then_some(question)
    }

    /// Reads a text.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text.chars().count() > QUESTION_MAX_CHARS || holds_number(text) || holds_placeholder(text) {
            return None;
        }
        let words = words::words(text, WORDS_MAX + 1);
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        let goes_on = words.first().is_some_and(|word| GOING_ON.contains(&word.as_str()));
        if words.is_empty() || words.len() > WORDS_MAX || has(PERSONAL) || has(LEANING) || goes_on || text.contains('@')
        {
            return None;
        }
        let stems = words::stems(text, Language::default(), WORDS_MAX);
        let kept = words.into_iter().zip(stems).filter(|(word, _)| !FILLERS.contains(&word.as_str()));
        let (core, mut content): (Vec<String>, Vec<String>) = kept.unzip();
        if content.is_empty() {
            return None;
        }
        content.extend(signs(text));
        Some(Self { folded: folded(text), core: core.join(" "), content })
    }
}

/// Whether an answer holds a value that stands for a customer's own.
pub(super) fn holds_placeholder(text: &str) -> bool {
    text.split('<').skip(1).any(|rest| {
        let inside = rest.split('>').next().filter(|inside| inside.len() < rest.len());
        let parts = inside.and_then(|inside| inside.rsplit_once('_'));
        parts.is_some_and(|(kind, number)| {
            !kind.is_empty() && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        })
    })
}

fn holds_number(text: &str) -> bool {
    let mut digits = 0;
    for c in text.chars() {
        if c.is_numeric() {
            digits += 1;
        } else if !matches!(c, ' ' | '-' | '.' | '/' | '(' | ')') {
            digits = 0;
        }
        if digits >= NUMBER_DIGITS {
            return true;
        }
    }
    false
}

/// The signs of a text in their order, a minus before a number among them.
fn signs(text: &str) -> Vec<String> {
    let mut before = ' ';
    let mut found = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let is_minus = c == '-' && before.is_whitespace() && rest.peek().is_some_and(char::is_ascii_digit);
        if SIGNS.contains(c) || is_minus {
            found.push(c.to_string());
        }
        before = c;
    }
    found
}

fn folded(text: &str) -> String {
    let lower = text.to_lowercase().replace('\u{2019}', "'");
    let words: Vec<&str> = lower.split_whitespace().collect();
    words.join(" ").trim_end_matches(['?', '!', '.', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assistant::fixture::turn;
    use crate::assistant::{Line, Speaker};

    fn content(text: &str) -> Vec<String> {
        Question::read(text).unwrap_or_else(|| panic!("{text}")).content
    }

    #[test]
    fn what_is_put_otherwise_has_the_same_content() {
        for (one, other) in [
            ("What is your return policy?", "hi, what is the return policy please"),
            ("Do you ship to Norway?", "do you ship to norway"),
            ("How do I return shoes?", "How do I return the shoe"),
            ("Is there a 10% discount for students?", "is there a 10 % discount for students?!"),
        ] {
            let read = |text: &str| Question::read(text).map(|question| question.content);
            assert_eq!(read(one), read(other), "{one} / {other}");
        }
        assert_eq!(folded("  How   MUCH is shipping?! "), "how much is shipping");
    }

    #[test]
    fn what_asks_something_else_has_other_content() {
        for (one, other) in [
            ("Can I return shoes?", "Can I return food?"),
            ("Can I return shoes?", "Can I not return shoes?"),
            ("Can I return shoes?", "Can't I return shoes?"),
            ("Can I return shoes?", "Can I return shoes without a receipt?"),
            ("Can I return shoes within 14 days?", "Can I return shoes within 30 days?"),
            ("Do you ship from Germany to France?", "Do you ship from France to Germany?"),
            ("Can I pay before delivery?", "Can I pay after delivery?"),
            ("Where do you ship?", "When do you ship?"),
            ("How much is shipping?", "How long is shipping?"),
            ("Is a $50 order shipped free?", "Is a €50 order shipped free?"),
            ("Do you ship C++ books?", "Do you ship C# books?"),
            ("Is the freezer safe at -5 degrees?", "Is the freezer safe at 5 degrees?"),
            ("Is 1.5 kg allowed?", "Is 15 kg allowed?"),
            ("Does the red cover fit the blue phone?", "Does the blue cover fit the red phone?"),
            ("Do you deliver on Sundays?", "Do you only deliver on Sundays?"),
            ("Liefern Sie nach Bern?", "Liefern Sie nicht nach Bern?"),
        ] {
            let read = |text: &str| Question::read(text).map(|question| question.content);
            let (one_read, other_read) = (read(one), read(other));
            assert!(one_read.is_none() || one_read != other_read, "{one} / {other}: {one_read:?}");
        }
        assert_eq!(content("Can I return shoes?").len(), 4);
    }

    #[test]
    fn what_is_somebodys_own_or_leans_on_something_is_nobody_elses() {
        for text in [
            "Where is my order?",
            "Is order 1234567 shipped?",
            "Call +49 151 2345 678",
            "Write to <email_1>",
            "Write to jo@example.com",
            "Is it waterproof?",
            "And how long does delivery take?",
            "Are you open today?",
            "How about those?",
            "",
            "?!",
            "the",
            &"word ".repeat(100),
        ] {
            assert_eq!(Question::read(text), None, "{text}");
        }
        assert!(!holds_placeholder("a < b_1 and <b>") && holds_placeholder("write <email_12>."));
    }

    #[test]
    fn in_the_middle_of_a_conversation_only_a_whole_question_stands_for_itself() {
        let history = vec![Line { speaker: Speaker::Customer, text: "Hello".into() }];
        let later = |text: &str| Question::of(&Turn { history: history.clone(), ..turn(&[text]) }).is_some();
        assert!(later("How do I return shoes?"));
        assert!(!later("Return shoes?") && Question::of(&turn(&["Return shoes?"])).is_some());
        let known = [("order_number".to_owned(), "1".to_owned())].into();
        assert!(Question::of(&Turn { known, ..turn(&["How do I return shoes?"]) }).is_none());
        let pending_slot = Some("order_number".to_owned());
        assert!(Question::of(&Turn { pending_slot, ..turn(&["How do I return shoes?"]) }).is_none());
    }
}
