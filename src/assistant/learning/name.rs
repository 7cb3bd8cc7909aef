//! What a customer is called, in their own words.
//!
//! "My name is .." and its like in other languages are taken at their word; "I'm Ana" only where what follows looks like a
//! name and nothing else.

use regex::Regex;

use super::{Fact, NAME};

/// The most words of a name.
const WORDS_MAX: usize = 4;

/// How much behind such words is looked at, in characters.
const REST_MAX_CHARS: usize = 80;

/// The longest word of a name, in characters.
const WORD_MAX_CHARS: usize = 30;

/// The longest name that is written without spaces, in characters.
const UNSPACED_MAX_CHARS: usize = 12;

/// The most words of a name that is written in small letters: more are a sentence.
const SMALL_WORDS_MAX: usize = 3;

/// Whoever says this says their name.
const SAID: &str = concat!(
    r"(?i)\b(?:my (?:full |first )?name is|my name['’]s|mein name ist|ich hei(?:ß|ss)e|je m['’]appelle|mon (?:nom|prénom) est|",
    r"me llamo|mi nombre es|mi chiamo|il mio nome è|meu nome é|(?:eu )?me chamo|mijn naam is|ik heet|mam na imię|nazywam się|",
    r"benim adım|adım|jag heter|mitt namn är|jeg heter|jeg hedder|mit navn er|mitt navn er|меня зовут|мене звати)\s+"
);

/// The same without spaces between words.
const SAID_UNSPACED: &str =
    r"(?:我叫|我的名字是|我的名字叫|私の名前は)\s*([^\s，,。.!！、]+?)(?:です|と申します|[\s，,。.！!、]|$)";

/// Whoever says this may say their name: at the beginning of what they say.
const SHOWN: &str = r"(?:^|[.!?,\n–-])\s*(?i:(?:hi|hello|hey)(?: there)?,? )?(?i:i['’]m|i am)\s+";

/// Whoever is called so, or speaks.
const CALLED: &str = r"(?i)\b(?:(?:you can|just|please) call|(?:everybody|everyone|friends) calls?) me\s+";
const SPEAKING: &str = r"(?i)\bthis is\s+(\S+(?:\s\S+){0,2}?)\s+(?:speaking|calling|writing|here|from)\b";

/// Words that end a name.
const CONNECTORS: &[&str] = &[
    "and", "but", "i", "i'm", "i’m", "from", "with", "here", "by", "at", "of", "und", "aber", "ich", "aus", "et",
    "mais", "je", "de", "y", "pero", "yo", "e", "ed", "ma", "en", "maar", "i've", "so", "my", "from", "because",
];

/// Words between the parts of a name.
const PARTICLES: &[&str] =
    &["van", "von", "der", "den", "de", "da", "di", "do", "dos", "del", "la", "le", "bin", "al", "el", "ten", "ter"];

/// What is no name, whatever its first letter.
const NO_NAMES: &[&str] = &[
    "not",
    "on",
    "in",
    "at",
    "the",
    "a",
    "an",
    "wrong",
    "misspelled",
    "misspelt",
    "spelled",
    "spelt",
    "missing",
    "incorrect",
    "correct",
    "still",
    "already",
    "listed",
    "under",
    "now",
    "also",
    "no",
    "being",
    "used",
    "written",
    "shown",
    "it",
    "this",
    "that",
    "your",
    "what",
    "where",
    "when",
    "why",
    "how",
    "who",
    "which",
    "can",
    "could",
    "please",
    "is",
    "are",
    "was",
    "we",
    "you",
    "he",
    "she",
    "they",
    "or",
    "for",
    "about",
    "order",
    "thanks",
    "thank",
    "hello",
    "hi",
    "hey",
    "nicht",
    "falsch",
    "pas",
    "kein",
    "too",
    "very",
    "really",
    "just",
    "only",
    "sorry",
    "glad",
    "happy",
    "sad",
    "angry",
    "mad",
    "upset",
    "new",
    "back",
    "ready",
    "sure",
    "fine",
    "good",
    "great",
    "ok",
    "okay",
    "late",
    "lost",
    "stuck",
    "done",
    "able",
    "unable",
    "afraid",
    "aware",
    "curious",
    "sick",
    "ill",
    "busy",
    "away",
    "home",
    "out",
    "off",
    "over",
    "up",
    "down",
    "gonna",
    "customer",
    "user",
    "admin",
    "member",
    "one",
    "all",
    "his",
    "her",
    "human",
    "bot",
    "mr",
    "mrs",
    "ms",
    "dr",
    "german",
    "french",
    "english",
    "spanish",
    "italian",
    "american",
    "british",
    "canadian",
    "australian",
    "indian",
    "chinese",
    "japanese",
    "dutch",
    "polish",
    "portuguese",
    "russian",
    "turkish",
    "ukrainian",
    "swedish",
    "danish",
    "norwegian",
    "european",
    "african",
    "mexican",
    "irish",
    "scottish",
    "korean",
    "muslim",
    "christian",
    "jewish",
    "vegan",
    "vegetarian",
    "pescatarian",
    "diabetic",
    "pregnant",
    "allergic",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "today",
    "tomorrow",
    "tonight",
    "later",
    "asap",
    "soon",
    "january",
    "february",
    "march",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "anytime",
    "urgent",
    "right",
];

/// Endings of words that are no names.
const ENDINGS: &[&str] = &["ing", "ed", "less", "ful", "ous", "able", "ible"];

/// See the module.
#[derive(Debug)]
pub(super) struct Patterns {
    said: Regex,
    unspaced: Regex,
    shown: [Regex; 2],
    speaking: Regex,
}

/// How sure it is that a name follows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Follows {
    Surely,
    Perhaps,
}

impl Patterns {
    pub(super) fn new() -> Self {
        let compile = |pattern: &str| Regex::new(pattern).expect("a constant pattern");
        Self {
            said: compile(SAID),
            unspaced: compile(SAID_UNSPACED),
            shown: [compile(SHOWN), compile(CALLED)],
            speaking: compile(SPEAKING),
        }
    }

    /// The last name that is said, the surest way of saying it first.
    pub(super) fn find(&self, text: &str) -> Option<Fact> {
        let fact = |value: String, importance| Fact { key: NAME, value, importance };
        let said = self.said.find_iter(text).filter_map(|found| name(rest(text, found.end()), Follows::Surely)).last();
        let said = said.or_else(|| self.unspaced.captures_iter(text).filter_map(|found| unspaced(&found[1])).last());
        if let Some(name) = said {
            return Some(fact(name, 0.9));
        }
        // Whoever shouts shouts everything: nothing tells a name then.
        if !text.chars().any(char::is_lowercase) {
            return None;
        }
        let shown = self.shown.iter().flat_map(|pattern| pattern.find_iter(text)).map(|found| rest(text, found.end()));
        let spoken = self.speaking.captures_iter(text).filter_map(|found| found.get(1)).map(|found| found.as_str());
        let name = shown.chain(spoken).filter_map(|said| name(said, Follows::Perhaps)).last()?;
        Some(fact(name, 0.8))
    }
}

/// What follows, as far as a name may reach.
fn rest(text: &str, from: usize) -> &str {
    let rest = text.get(from..).unwrap_or_default();
    rest.char_indices().nth(REST_MAX_CHARS).map_or(rest, |(end, _)| &rest[..end])
}

fn unspaced(said: &str) -> Option<String> {
    let fits = (1..=UNSPACED_MAX_CHARS).contains(&said.chars().count()) && said.chars().all(char::is_alphabetic);
    fits.then(|| said.to_owned())
}

/// The name that a text begins with, if it does.
fn name(text: &str, follows: Follows) -> Option<String> {
    let clause = text.split([',', '.', ';', ':', '!', '?', '\n', '(', ')', '"', '“', '”', '/']).next()?;
    let words: Vec<&str> = clause.split_whitespace().collect();
    let end =
        words.iter().position(|word| is_one_of(word, CONNECTORS) && !leads_on(&words, word)).unwrap_or(words.len());
    let words = words.get(..end)?;
    let first = *words.first().filter(|word| may_be_name(word))?;
    if follows == Follows::Perhaps && !begins_large(first) {
        return None;
    }
    if begins_large(first) || !first.chars().any(char::is_lowercase) {
        capitalised(words, clause_ends(text, words), follows)
    } else if follows == Follows::Surely && words.len() <= SMALL_WORDS_MAX && words.iter().all(|word| may_be_name(word))
    {
        Some(words.iter().map(|word| titled(word)).collect::<Vec<_>>().join(" "))
    } else {
        None
    }
}

/// A name whose words begin with capitals: as far as they do.
fn capitalised(words: &[&str], ends_there: bool, follows: Follows) -> Option<String> {
    let mut kept: Vec<&str> = Vec::new();
    for (at, word) in words.iter().take(WORDS_MAX).enumerate() {
        let is_name = word.chars().next().is_some_and(char::is_uppercase) && may_be_name(word);
        let leads_on = is_one_of(word, PARTICLES) && words.get(at + 1).is_some_and(|next| begins_large(next));
        if !is_name && !leads_on {
            break;
        }
        kept.push(word);
    }
    // "I'm Ana" is a name only if nothing but a connector follows it.
    if kept.is_empty() || (follows == Follows::Perhaps && !(ends_there && kept.len() == words.len())) {
        return None;
    }
    if follows == Follows::Perhaps && has_ending(kept[0]) {
        return None;
    }
    Some(kept.iter().map(|word| titled(word)).collect::<Vec<_>>().join(" "))
}

/// Whether a name of several words goes on behind this one.
fn leads_on(words: &[&str], word: &str) -> bool {
    let at = words.iter().position(|one| std::ptr::eq(*one, word)).unwrap_or_default();
    at > 0 && is_one_of(word, PARTICLES) && words.get(at + 1).is_some_and(|next| begins_large(next))
}

fn clause_ends(text: &str, words: &[&str]) -> bool {
    !words.is_empty() && !text.trim().is_empty()
}

fn may_be_name(word: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let plain = word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’'));
    let small = word.chars().next().is_some_and(char::is_lowercase);
    plain && (2..=WORD_MAX_CHARS).contains(&letters) && !is_one_of(word, NO_NAMES) && !(small && has_ending(word))
}

fn begins_large(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

fn has_ending(word: &str) -> bool {
    let lower = word.to_lowercase();
    ENDINGS.iter().any(|ending| lower.len() > ending.len() + 1 && lower.ends_with(ending))
}

fn is_one_of(word: &str, list: &[&str]) -> bool {
    let lower = word.to_lowercase();
    list.contains(&lower.as_str())
}

/// With a large first letter; what is all large becomes small behind it.
fn titled(word: &str) -> String {
    if is_one_of(word, PARTICLES) {
        return word.to_owned();
    }
    let shouted = word.chars().count() > 1 && !word.chars().any(char::is_lowercase);
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    let rest = if shouted { chars.as_str().to_lowercase() } else { chars.as_str().to_owned() };
    first + &rest
}

#[cfg(test)]
mod tests {
    use super::super::learnt;
    use super::*;

    fn named(said: &str) -> Option<String> {
        learnt(said).into_iter().find(|(key, _)| *key == NAME).map(|(_, value)| value)
    }

    #[test]
    fn whoever_says_their_name_is_known_by_it() {
        for (said, name) in [
            ("My name is Ana", "Ana"),
            ("hi! my name is ana and I need help", "Ana"),
            ("my name's Mary-Jane O'Neill.", "Mary-Jane O'Neill"),
            ("My name is Ludwig van Beethoven from Bonn", "Ludwig van Beethoven"),
            ("MY NAME IS ANA LOPEZ", "Ana Lopez"),
            ("my name is ana lopez", "Ana Lopez"),
            ("My name is Ana Where is my order?", "Ana"),
            ("I'm Ana", "Ana"),
            ("Hello, I am Ana, where is my order?", "Ana"),
            ("Hi there, I'm Ana and I have a question", "Ana"),
            ("You can call me Bob.", "Bob"),
            ("this is Jane Doe speaking", "Jane Doe"),
            ("Hallo, ich heiße Jürgen", "Jürgen"),
            ("Mein Name ist Anna Schmidt und ich habe eine Frage", "Anna Schmidt"),
            ("Bonjour, je m'appelle Éloïse", "Éloïse"),
            ("Hola, me llamo José", "José"),
            ("Ciao, mi chiamo Giulia", "Giulia"),
            ("Меня зовут Анна", "Анна"),
            ("你好，我叫小明。", "小明"),
            ("私の名前は田中です", "田中"),
        ] {
            assert_eq!(named(said).as_deref(), Some(name), "{said}");
        }
    }

    #[test]
    fn whoever_says_something_else_is_not() {
        for said in [
            "my name is wrong on the label",
            "My name is misspelled",
            "my name is not on the list",
            "Why is it that my name is missing?",
            "my wife's name is Eva",
            "her name is Eva",
            "I'm Interested in this",
            "I'm Sorry",
            "I'm German",
            "I'm in Berlin",
            "I'm Frustrated",
            "I AM ANGRY",
            "I'm Apple Support certified",
            "I told her I'm Ana's friend",
            "please call me Back",
            "call me tomorrow",
            "please call me Tomorrow",
            "this is Great",
            "This is Urgent",
            "ich bin Kunde",
            "what's your name?",
            "I'm not Ana",
            "my name is on the order and I am waiting",
        ] {
            assert_eq!(named(said), None, "{said}");
        }
    }
}
