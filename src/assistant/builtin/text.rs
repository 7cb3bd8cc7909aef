//! Customers' words as numbers: segments of a message, words without case, punctuation and endings.
//!
//! A word is kept as a 64-bit hash, so that reading a message allocates next to nothing.

/// The most words of one segment that count; a longer text says nothing more about its intent.
pub(super) const WORDS_MAX: usize = 64;

/// The most segments of one turn that are read.
pub(super) const SEGMENTS_MAX: usize = 24;

/// Words that say little about what is wanted. They count, but little.
const COMMON: &str = "\
    a about actually after again all already also am an and another any anything are as ask at be because been \
    before being but by can could curious did different do does doing done else ever every find first five for \
    four from get give go going got guys had has have having he hello her here hey hi him his how i if im in into \
    is it its ive just know let like long look looking lot made make many may maybe me might more most much must \
    my myself need no not now of off oh ok okay on one only or other our out over please pls plz possible question \
    quick quickly really recent recently right said say second see she should show so some sorry still such take \
    tell than thanks that the their them then there these they this those three to today too try trying two u up \
    ur us use very wanna want was way we well were what when where which who why will with wondering work would \
    yes yet you your yourself";

const ASKING: &[&str] = &[
    "how", "what", "when", "where", "which", "who", "why", "can", "could", "do", "does", "did", "is", "are", "will",
    "would", "may", "should", "whats", "wats", "wheres", "hows", "whos", "whens", "isnt", "arent", "doesnt", "dont",
    "cant", "couldnt", "wont", "any",
];

/// What opens a question behind a comma, where other words of [`ASKING`] may go on with what was said: "the one which ..., when ...".
const ASKING_ON: &[&str] = &[
    "how", "what", "can", "could", "do", "does", "did", "is", "are", "will", "would", "may", "should", "whats", "why",
];

/// What opens a condition, without which the question behind the comma is another one; so does a place or a time.
const CONDITIONS: &[&str] = &[
    "if", "when", "once", "after", "because", "since", "as", "while", "unless", "before", "even", "until", "whether",
    "in", "for", "on", "from", "with", "at", "by", "and", "or", "but",
];

/// What follows a "which" that goes on with what was said: "which was broken".
const CONTINUING: &[&str] =
    &["was", "were", "has", "have", "had", "i", "we", "you", "they", "he", "she", "it", "the", "my", "your", "means"];

/// "And" in other languages, each with what questions begin with there.
const ELSEWHERE: &[(&str, &[&str])] = &[
    ("und", &["wie", "was", "wann", "wo", "wer", "warum", "welche", "welcher", "welches", "kann", "gibt", "wieviel"]),
    ("y", &["cómo", "qué", "cuándo", "cuánto", "dónde", "quién", "cuál"]),
    ("et", &["comment", "quand", "combien", "où", "quel", "quelle", "qui"]),
    ("e", &["come", "quando", "quanto", "dove", "quale", "chi", "como", "onde", "qual", "quem"]),
    ("en", &["hoe", "wat", "wanneer", "waar", "wie", "welke", "kan"]),
];

/// A word's hash, before or after its ending was cut.
pub(super) type WordHash = u64;

/// One piece of a message that may want something of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment<'a> {
    /// The piece as it was written.
    pub text: &'a str,
    /// Whether it reads as a question.
    pub asks: bool,
}

/// FNV-1a: fast on short words, the same on every machine.
pub(super) fn hash(word: &str) -> WordHash {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |h, byte| (h ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Two words in this order, as one feature.
pub(super) fn pair(first: WordHash, second: WordHash) -> WordHash {
    first.rotate_left(23) ^ second.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// All common words, as they are written.
pub(super) fn common_words() -> impl Iterator<Item = &'static str> {
    COMMON.split(' ')
}

/// Calls `each` with every word of the text, in lower case and without apostrophes. `word` is room to work in.
pub(super) fn words(text: &str, word: &mut String, mut each: impl FnMut(&str)) {
    word.clear();
    let mut count = 0;
    for c in text.chars().chain([' ']) {
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        } else if !matches!(c, '\'' | '\u{2019}') && !word.is_empty() {
            each(word);
            word.clear();
            count += 1;
            if count == WORDS_MAX {
                return;
            }
        }
    }
}

/// The word without a common English ending. Crude on purpose: examples and questions are cut the same way.
pub(super) fn stem(word: &str) -> &str {
    if !word.is_ascii() || word.bytes().any(|b| b.is_ascii_digit()) {
        return word;
    }
    let word = plural(word);
    let long = |rest: &&str| rest.len() >= 3 && rest.bytes().any(is_vowel);
    let cut = ["ment", "ing", "ed"].iter().find_map(|ending| word.strip_suffix(ending).filter(long));
    let Some(cut) = cut else { return final_letter(word) };
    let bytes = cut.as_bytes();
    match bytes {
        [.., a, b] if a == b && !is_vowel(*a) && !matches!(a, b'l' | b's') && cut.len() > 3 => &cut[..cut.len() - 1],
        _ => final_letter(cut),
    }
}

fn plural(word: &str) -> &str {
    if word.len() < 4 || word.ends_with("ss") || word.ends_with("us") || word.ends_with("is") {
        return word;
    }
    word.strip_suffix('s').unwrap_or(word)
}

/// `deliveri(es)`, `delivery` and `chang(e)` meet without their last vowel.
fn final_letter(word: &str) -> &str {
    if word.len() < 5 {
        return word;
    }
    word.strip_suffix("ie").or_else(|| word.strip_suffix(['e', 'y', 'i'])).unwrap_or(word)
}

fn is_vowel(byte: u8) -> bool {
    matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

/// The sentences of a message, and the questions that an "and" holds together.
pub(super) fn segments(text: &str) -> Vec<Segment<'_>> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        let next = at + c.len_utf8();
        let ends = match c {
            '\n' | ';' => true,
            '.' | '!' | '?' => {
                text[next..].chars().next().is_none_or(|n| n.is_whitespace() || matches!(n, '.' | '!' | '?'))
            }
            ' ' => starts_another_question(&text[next..]),
            ',' => !is_condition(&text[start..at]) && asks_on(text[next..].trim_start()),
            _ => false,
        };
        if ends {
            push(&text[start..next], &mut found);
            start = next;
        }
    }
    push(&text[start..], &mut found);
    found.truncate(SEGMENTS_MAX);
    found
}

/// The parts of a sentence between its commas.
pub(super) fn clauses(sentence: &str) -> impl Iterator<Item = Segment<'_>> {
    sentence.split([',', ':', '\u{2014}']).filter_map(segment)
}

fn push<'a>(text: &'a str, found: &mut Vec<Segment<'a>>) {
    found.extend(segment(text));
}

fn segment(text: &str) -> Option<Segment<'_>> {
    let text = text.trim();
    if !text.chars().any(char::is_alphanumeric) {
        return None;
    }
    Some(Segment { text, asks: text.ends_with('?') || asks(text) })
}

/// Whether the text opens as a question does.
pub(super) fn asks(text: &str) -> bool {
    ASKING.contains(&first_word(text).as_str())
}

/// Whether a question begins where a sentence goes on behind a comma: "I am 14, can I come alone".
fn asks_on(rest: &str) -> bool {
    let first = first_word(rest);
    let second = || first_word(rest.split_once(' ').map_or("", |(_, rest)| rest));
    match first.as_str() {
        "which" => !ASKING.contains(&second().as_str()) && !CONTINUING.contains(&second().as_str()),
        "when" | "where" => ASKING.contains(&second().as_str()),
        "do" => ["i", "we", "you", "they"].contains(&second().as_str()),
        first => ASKING_ON.contains(&first),
    }
}

fn is_condition(clause: &str) -> bool {
    CONDITIONS.contains(&first_word(clause.trim_start()).as_str())
}

/// In lower case and without apostrophes.
fn first_word(text: &str) -> String {
    let is_apostrophe = |c: char| matches!(c, '\'' | '\u{2019}');
    let word = text.split(|c: char| !c.is_alphanumeric() && !is_apostrophe(c)).next().unwrap_or_default();
    word.chars().filter(|c| !is_apostrophe(*c)).flat_map(char::to_lowercase).collect()
}

fn starts_another_question(rest: &str) -> bool {
    let Some((and, rest)) = rest.split_once(' ') else { return false };
    let asks_too = |words: &[&str]| {
        let first = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_lowercase();
        words.contains(&first.as_str())
    };
    and.eq_ignore_ascii_case("and") && asks(rest)
        || ELSEWHERE.iter().any(|(word, asking)| *word == and && asks_too(asking))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stems(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        words(text, &mut String::new(), |word| found.push(stem(word).to_owned()));
        found
    }

    #[test]
    fn words_meet_without_case_punctuation_and_ending() {
        assert_eq!(stems("Shipping, SHIPPED; ships!"), ["ship", "ship", "ship"]);
        assert_eq!(stems("change changing changed changes"), ["chang", "chang", "chang", "chang"]);
        assert_eq!(stems("delivery deliveries"), ["deliver", "deliver"]);
        assert_eq!(stems("payment pay paying"), ["pay", "pay", "pay"]);
        assert_eq!(stems("don't it\u{2019}s"), ["dont", "its"]);
        assert_eq!(stems("12345s Größe"), ["12345s", "größe"]);
    }

    #[test]
    fn a_message_falls_into_its_sentences_and_questions() {
        let texts = |text| segments(text).into_iter().map(|s| (s.text, s.asks)).collect::<Vec<_>>();
        assert_eq!(texts("Hi! Where is it? Thx."), [("Hi!", false), ("Where is it?", true), ("Thx.", false)]);
        assert_eq!(texts("mail me at jo@x.example now"), [("mail me at jo@x.example now", false)]);
        assert_eq!(
            texts("what is your return policy and how long is delivery"),
            [("what is your return policy", true), ("and how long is delivery", false)]
        );
        assert_eq!(texts("Was kostet das und wie lange gilt es?").len(), 2);
        assert_eq!(texts("Sauna und Kurse").len(), 1);
        assert_eq!(texts("our son is 14, which size fits"), [("our son is 14,", false), ("which size fits", true)]);
        assert_eq!(texts("If it rains, do you open?").len(), 1);
        assert_eq!(texts("I have one, which was broken, what's that worth").len(), 2);
        assert_eq!(texts("  ?! "), []);
        assert!(segments(&"a. ".repeat(1000)).len() == SEGMENTS_MAX);
    }
}
