//! Words and phrases as people inflect them: "refunds" is about "refund", "gambling" about "gamble".

use super::fold;
use crate::knowledge::words::{self, Language};

/// The most words of a text that are compared with topics.
const WORDS_MAX: usize = 2_000;

/// The shortest stem that may take any ending.
const STEM_MIN_CHARS: usize = 5;

/// Endings of short words, which others would make into other words: "law" is not "lawn".
const SHORT_ENDINGS: [&str; 6] = ["", "s", "es", "ed", "ing", "d"];

/// Words that end as a plural does and are none of the word without it: "news" is not about what is new.
const NO_PLURALS: [&str; 5] = ["news", "goods", "odds", "means", "customs"];

/// Endings in the languages that our texts are in.
const ENDINGS: [&str; 38] = [
    "", "s", "es", "ed", "d", "ing", "ings", "e", "er", "ers", "y", "ies", "al", "ally", "ly", "ion", "ions", "ian",
    "ians", "ment", "ments", "ement", "n", "en", "em", "ern", "ung", "ungen", "a", "o", "os", "as", "i", "ar", "ir",
    "ando", "ant", "ants",
];

/// The fewest letters that two words begin with alike before their stems are compared.
const ALIKE_MIN_CHARS: usize = 3;

/// The languages by whose rules words are cut to their stems: those of our own texts, and the more common ones of others.
const STEMMED: [&str; 12] = ["en", "de", "es", "fr", "it", "pt", "nl", "sv", "da", "ro", "ru", "el"];

/// Topics, ready to be looked for.
#[derive(Debug)]
pub(super) struct Topics(Vec<Topic>);

#[derive(Debug)]
struct Topic {
    words: Vec<Wanted>,
    /// A script without spaces: the words are looked for anywhere.
    anywhere: bool,
}

/// A word of a topic.
#[derive(Debug)]
struct Wanted {
    plain: String,
    /// Its stems by the rules of each of the languages.
    stems: Vec<String>,
}

impl Wanted {
    fn new(plain: String) -> Self {
        Self { stems: stems(&plain), plain }
    }

    /// Whether a plain word is this one, inflected in some language.
    fn is(&self, said: &str) -> bool {
        if same(said, &self.plain) {
            return true;
        }
        if only_look_alike(said, &self.plain) {
            return false;
        }
        let alike = said.chars().zip(self.plain.chars()).take_while(|(a, b)| a == b).count();
        let digits = said.bytes().chain(self.plain.bytes()).any(|byte| byte.is_ascii_digit());
        // Few words begin so much alike: only these are cut.
        alike >= ALIKE_MIN_CHARS && !digits && stems(said).iter().zip(&self.stems).any(|(a, b)| a == b && is_stem(a))
    }
}

/// The stems of a word in the languages of [`STEMMED`].
fn stems(word: &str) -> Vec<String> {
    let languages = STEMMED.iter().filter_map(|code| Language::parse(code));
    languages.map(|language| words::stems(word, language, 1).pop().unwrap_or_default()).collect()
}

/// What is shorter is the stem of too many words.
fn is_stem(stem: &str) -> bool {
    stem.chars().count() > ALIKE_MIN_CHARS
}

impl Topics {
    /// Reads a list of them.
    pub(super) fn new(topics: &[String]) -> Self {
        let topic = |text: &String| Topic {
            words: fold::plain_words(text, WORDS_MAX).into_iter().map(Wanted::new).collect(),
            anywhere: text.chars().any(is_unspaced),
        };
        Self(topics.iter().map(topic).filter(|topic| !topic.words.is_empty()).collect())
    }

    /// Whether there is none.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many words the longest has.
    pub(super) fn longest(&self) -> usize {
        self.0.iter().map(|topic| topic.words.len()).max().unwrap_or(0)
    }

    /// Whether a text is about one of them.
    pub(super) fn any_in(&self, text: &str) -> bool {
        if self.is_empty() {
            return false;
        }
        let words = fold::plain_words(text, WORDS_MAX);
        self.0.iter().any(|topic| topic.is_in(&words))
    }
}

impl Topic {
    fn is_in(&self, words: &[String]) -> bool {
        if self.anywhere {
            let topic: String = self.words.iter().map(|word| word.plain.as_str()).collect();
            return words.concat().contains(&topic);
        }
        words.windows(self.words.len()).any(|said| said.iter().zip(&self.words).all(|(said, topic)| topic.is(said)))
    }
}

/// Han, kana and Thai are written without spaces.
const fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{e7f}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}')
}

/// Whether one of two words only looks like the other with an ending: "news" and "new", "loss" and "los", "feed" and "fee".
fn only_look_alike(a: &str, b: &str) -> bool {
    let (longer, shorter) = if a.len() > b.len() { (a, b) } else { (b, a) };
    match longer.strip_prefix(shorter) {
        Some("s") => NO_PLURALS.contains(&longer) || shorter.ends_with('s'),
        Some("d") => !shorter.ends_with('e') || (shorter.ends_with("ee") && shorter.len() < STEM_MIN_CHARS),
        Some(_) | None => false,
    }
}

/// Whether two plain words are one in two inflections.
fn same(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    if only_look_alike(a, b) {
        return false;
    }
    let stem: usize = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let (a_end, b_end) = (&a[stem..], &b[stem..]);
    let chars = a[..stem].chars().count();
    let digits = a.bytes().chain(b.bytes()).any(|byte| byte.is_ascii_digit());
    if chars < 3 || digits {
        return false;
    }
    let endings: &[&str] = if chars < STEM_MIN_CHARS { &SHORT_ENDINGS } else { &ENDINGS };
    let fits = |end: &str| endings.contains(&end) || endings.contains(&doubled(&a[..stem], end));
    // "study" and "studies", "company" and "companies" differ in their last letter too.
    let last_letter = chars >= 3 && matches!((a_end, b_end), ("y", "ies" | "ied") | ("ies" | "ied", "y"));
    // "police" and "policy" do as well, and have nothing to do with each other.
    let other_words = matches!((a_end, b_end), ("e", "y") | ("y", "e"));
    last_letter || (!other_words && fits(a_end) && fits(b_end))
}

/// An ending without the consonant that it doubles: "bet", "betting".
fn doubled<'e>(stem: &str, end: &'e str) -> &'e str {
    let doubles = end.len() > 2 && end.chars().next() == stem.chars().next_back();
    if doubles { end.get(1..).unwrap_or(end) } else { end }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inflections_meet_and_other_words_do_not() {
        for (a, b) in [
            ("refund", "refunds"),
            ("refund", "refunded"),
            ("gamble", "gambling"),
            ("politics", "political"),
            ("bet", "betting"),
            ("study", "studies"),
            ("competitor", "competitors"),
            ("waffe", "waffen"),
            ("tax", "taxes"),
            ("glass", "glasses"),
            ("vape", "vaped"),
            ("law", "laws"),
        ] {
            assert!(same(a, b) && same(b, a), "{a} {b}");
        }
        for (a, b) in
            [("law", "lawn"), ("car", "care"), ("pill", "pillow"), ("2024", "2025"), ("art", "article"), ("x", "xs")]
                .into_iter()
                .chain([("news", "new"), ("loss", "los"), ("pass", "pas"), ("fee", "feed"), ("seed", "see")])
        {
            assert!(!same(a, b), "{a} {b}");
        }
    }

    #[test]
    fn words_are_inflected_in_their_own_languages() {
        for (topic, said) in [
            ("gambling", "May I gamble here?"),
            ("investment", "Where should I invest?"),
            ("Versicherung", "Brauche ich mehrere Versicherungen?"),
            ("Medikament", "mit diesen Medikamenten"),
            ("inversión", "mis inversiones"),
            ("apuesta", "quiero apostar en apuestas"),
            ("remboursement", "les remboursements"),
            ("elección", "las elecciones"),
            ("политика", "о политике"),
        ] {
            assert!(Topics::new(&[topic.to_owned()]).any_in(said), "{topic}: {said}");
        }
        for (topic, other) in [
            ("police", "What is your return policy?"),
            ("war", "Is there a warranty? I was warned."),
            ("medicine", "in the middle of the month"),
            ("Wahl", "Ich bin während der Woche da."),
            ("news", "I want a new one, is it good?"),
            ("goods", "Is that a good price?"),
        ] {
            assert!(!Topics::new(&[topic.to_owned()]).any_in(other), "{topic}: {other}");
        }
    }

    #[test]
    fn a_phrase_is_found_as_a_whole_however_it_is_written() {
        let topics = Topics::new(&["legal advice".to_owned(), "Glücksspiel".to_owned(), "政治".to_owned()]);
        for about in [
            "I want LEGAL  advices!",
            "le\u{200b}gal-advice?",
            "ｌｅｇａｌ ａｄｖｉｃｅ",
            "Gluecksspiel? Glücksspiele!",
            "你对政治怎么看",
        ] {
            assert!(topics.any_in(about), "{about}");
        }
        for other in ["advice on legal matters", "illegal advice", "", "glück"] {
            assert!(!topics.any_in(other), "{other}");
        }
        assert!(!Topics::new(&[]).any_in("anything"));
    }
}
