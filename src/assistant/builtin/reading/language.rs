//! Which language somebody writes, and what their words are in English as far as a small table of support words knows them.
//!
//! Nothing is translated: the words only let a question and a passage meet, and tell what kind of thing is asked for.

use std::collections::{HashMap, HashSet};

use whatlang::{Detector, Lang};

use super::super::text;

const WORDS: &str = include_str!("words.tsv");
const FUNCTIONS: &str = include_str!("functions.tsv");

/// The languages of the table, in the order of its columns.
const LANGUAGES: [&str; 6] = ["de", "es", "fr", "it", "pt", "nl"];

/// The same and English, as the letters tell them.
const CODES: [(&str, Lang); 7] = [
    (ENGLISH, Lang::Eng),
    ("de", Lang::Deu),
    ("es", Lang::Spa),
    ("fr", Lang::Fra),
    ("it", Lang::Ita),
    ("pt", Lang::Por),
    ("nl", Lang::Nld),
];

/// The language of the tables.
pub(super) const ENGLISH: &str = "en";

/// The language whose nouns all have a capital.
const GERMAN: &str = "de";

/// The shortest text in which the letters alone tell the language, in characters.
const LETTERS_MIN: usize = 24;

/// The longest saying in the table, in words.
const SAYING_MAX: usize = 4;

/// The longest ending that a word of the table may have in a text, in letters.
const ENDING_MAX: usize = 4;

/// The shortest word of the table that may have an ending, in letters.
const INFLECTED_MIN: usize = 4;

/// How many words of a text are looked at.
const WORDS_MAX: usize = 80;

/// How much of a passage its language is told by, in characters.
const SAMPLE_MAX_CHARS: usize = 600;

/// The shortest passage whose letters tell its language better than its words do, in characters.
const PASSAGE_LETTERS_MIN: usize = 80;

/// What a word may end with beside its stem, the longest first, by language.
const ENDINGS: [&[&str]; 6] = [
    &["ungen", "lichen", "ung", "ern", "est", "em", "en", "er", "es", "et", "te", "st", "e", "n", "s", "t"],
    &[
        "aciones", "ación", "iendo", "ando", "ados", "adas", "idos", "idas", "ado", "ada", "ido", "ida", "an", "en",
        "ar", "er", "ir", "es", "as", "os", "a", "e", "o", "s",
    ],
    &[
        "issements",
        "issement",
        "ements",
        "ement",
        "ées",
        "ons",
        "ent",
        "és",
        "ée",
        "ez",
        "er",
        "ir",
        "re",
        "es",
        "é",
        "e",
        "s",
        "x",
    ],
    &[
        "azioni", "azione", "ando", "endo", "ati", "ate", "ato", "ata", "iti", "ite", "ito", "ita", "are", "ere",
        "ire", "ano", "ono", "a", "e", "i", "o",
    ],
    &[
        "ações", "ação", "ando", "endo", "ados", "adas", "idos", "idas", "ado", "ada", "ido", "ida", "am", "em", "ar",
        "er", "ir", "es", "as", "os", "a", "e", "o", "s",
    ],
    &["ingen", "ing", "eren", "en", "er", "es", "te", "de", "e", "n", "s", "t"],
];

/// The shortest stem, in letters.
const STEM_MIN: usize = 4;

/// The table, by language.
#[derive(Debug)]
pub(super) struct Languages {
    tables: Vec<Table>,
    english: HashSet<&'static str>,
    /// English words that any language may have borrowed, or has beginnings of, without their endings.
    stems: HashSet<&'static str>,
}

/// What is known of one language beside English.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// What is said, in lower case, to what it is in English.
    meanings: HashMap<String, &'static str>,
    functions: HashSet<&'static str>,
    endings: &'static [&'static str],
    /// Nouns have a capital, so that a capital makes no name.
    nouns_have_capitals: bool,
}

/// A language that texts are read in: English, or one with a table.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tongue<'a>(pub Option<&'a Table>);

impl Languages {
    /// Reads the tables that come with the program. `vocabulary` are English words beside theirs.
    pub(super) fn new(vocabulary: impl Iterator<Item = &'static str>) -> Self {
        let table = |(language, endings): (&str, &&'static [&'static str])| Table {
            endings,
            nouns_have_capitals: language == GERMAN,
            ..Table::default()
        };
        let mut tables: Vec<Table> = LANGUAGES.into_iter().zip(&ENDINGS).map(table).collect();
        let mut english: HashSet<&'static str> = text::common_words().chain(["the", "a"]).collect();
        for line in WORDS.lines().filter(|line| !line.starts_with('#')) {
            let mut columns = line.split('\t');
            let Some(meaning) = columns.next() else { continue };
            english.extend(meaning.split(' '));
            for (table, column) in tables.iter_mut().zip(columns) {
                for said in column.split('/').filter(|said| *said != "-") {
                    table.meanings.entry(words_of(said).join(" ")).or_insert(meaning);
                }
            }
        }
        for line in FUNCTIONS.lines() {
            let Some((language, words)) = line.split_once('\t') else { continue };
            if let Some(at) = LANGUAGES.iter().position(|known| *known == language)
                && let Some(table) = tables.get_mut(at)
            {
                table.functions.extend(words.split(' '));
            }
        }
        let stems = english.iter().copied().chain(vocabulary).map(text::stem).collect();
        Self { tables, english, stems }
    }

    /// The text's language (BCP 47), if it can be told.
    pub(super) fn of(&self, text: &str) -> Option<&'static str> {
        let words: Vec<String> = words_of(text);
        let (english, most, likely) = self.votes(&words);
        if most > english && most * 3 >= words.len() {
            return match likely.as_slice() {
                [only] => Some(only),
                _ => told_apart(text, &likely),
            };
        }
        if english > most && english * 3 >= words.len() {
            return Some(ENGLISH);
        }
        by_letters(text, LETTERS_MIN)
    }

    /// The languages that a text may be in, where more than one has the most of its words.
    pub(super) fn likely(&self, text: &str) -> Vec<&'static str> {
        let (english, most, likely) = self.votes(&words_of(text));
        if most > english { likely } else { Vec::new() }
    }

    /// The language of a passage, if it can be told.
    pub(super) fn of_passage(&self, text: &str) -> Option<&'static str> {
        let end = text.char_indices().nth(SAMPLE_MAX_CHARS).map_or(text.len(), |(at, _)| at);
        by_letters(&text[..end], PASSAGE_LETTERS_MIN).or_else(|| self.of(&text[..end]))
    }

    /// How the texts of a language are read.
    pub(super) fn tongue(&self, language: &str) -> Tongue<'_> {
        Tongue(LANGUAGES.iter().position(|known| *known == language).and_then(|at| self.tables.get(at)))
    }

    /// How many of the words English knows, how many the best of the others, and which those are.
    fn votes(&self, words: &[String]) -> (usize, usize, Vec<&'static str>) {
        let count = |knows: &dyn Fn(&str) -> bool| words.iter().filter(|word| knows(word)).count();
        let english = count(&|word| self.is_english(word));
        let votes: Vec<usize> = self.tables.iter().map(|table| count(&|word| self.is_of(table, word))).collect();
        let most = votes.iter().copied().max().unwrap_or_default();
        let likely = votes.into_iter().zip(LANGUAGES).filter(|(votes, _)| *votes == most).map(|(_, known)| known);
        (english, most, likely.collect())
    }

    /// Whether English has the word: as it is, or with another ending where it carries no other language's sentences ("des").
    fn is_english(&self, word: &str) -> bool {
        let carries = |table: &Table| table.functions.contains(word);
        self.english.contains(word) || (self.stems.contains(text::stem(word)) && !self.tables.iter().any(carries))
    }

    /// Whether a language has the word. That it begins like one of its words says nothing of an English word ("service").
    fn is_of(&self, table: &Table, word: &str) -> bool {
        table.functions.contains(word)
            || table.meanings.contains_key(word)
            || (table.meaning(word).is_some() && !self.is_english(word))
    }

    /// The text with the words that the table knows in English, those that carry no subject left out, and all others as they
    /// are; `None` for a language that it does not know.
    pub(super) fn in_english(&self, text: &str, language: &str) -> Option<String> {
        let table = self.tables.get(LANGUAGES.iter().position(|known| *known == language)?)?;
        let lines: Vec<String> = text.lines().map(|line| table.line_in_english(line)).collect();
        Some(lines.join("\n"))
    }
}

impl Tongue<'_> {
    /// Whether it is another language than English.
    pub(super) fn is_foreign(self) -> bool {
        self.0.is_some()
    }

    /// Whether an apostrophe parts two words: "l'ordine".
    pub(super) fn parts_at_apostrophe(self) -> bool {
        self.0.is_some()
    }

    /// Whether a capital within a sentence makes a name.
    pub(super) fn capitals_name(self) -> bool {
        self.0.is_none_or(|table| !table.nouns_have_capitals)
    }
}

impl Table {
    /// The longest saying that the words begin with: how many words it has, and what it is in English.
    pub(super) fn saying(&self, words: &[&str]) -> Option<(usize, &'static str)> {
        let longest = SAYING_MAX.min(words.len());
        (2..=longest).rev().find_map(|length| Some((length, *self.meanings.get(&words[..length].join(" "))?)))
    }

    /// Whether the word carries no subject.
    pub(super) fn is_function(&self, word: &str) -> bool {
        self.functions.contains(word)
    }

    /// The word without its ending and its accents.
    pub(super) fn stem(&self, word: &str) -> String {
        let fits = |rest: &&str| rest.chars().count() >= STEM_MIN;
        let cut = self.endings.iter().find_map(|ending| word.strip_suffix(ending).filter(fits));
        cut.unwrap_or(word).chars().map(without_accent).collect()
    }

    fn line_in_english(&self, line: &str) -> String {
        let spoken: Vec<&str> = line.split_whitespace().take(WORDS_MAX).collect();
        let bare: Vec<String> = spoken.iter().map(|word| words_of(word).join(" ")).collect();
        let mut out: Vec<String> = Vec::new();
        let mut at = 0;
        while let Some(word) = spoken.get(at) {
            let saying = self.saying(&bare[at..].iter().take(SAYING_MAX).map(String::as_str).collect::<Vec<_>>());
            let end = |length: usize| spoken[at + length - 1].ends_with(['?', '.', '!']);
            let (length, meaning) = match saying {
                Some((length, meaning)) => (length, meaning.to_owned()),
                None => (1, self.word_in_english(word, &bare[at])),
            };
            let mark = if end(length) { spoken[at + length - 1].chars().next_back() } else { None };
            match (meaning.is_empty(), mark) {
                (false, Some(mark)) if !meaning.ends_with(mark) => out.push(format!("{meaning}{mark}")),
                (false, _) => out.push(meaning),
                (true, Some(mark)) => out.push(mark.to_string()),
                (true, None) => {}
            }
            at += length;
        }
        out.join(" ")
    }

    fn word_in_english(&self, spoken: &str, bare: &str) -> String {
        let after_apostrophe = bare.split(' ').next_back().unwrap_or_default();
        let known = [bare, after_apostrophe].into_iter().find_map(|word| self.meaning(word));
        match known {
            Some(meaning) => meaning.to_owned(),
            None if bare.split(' ').all(|word| self.functions.contains(word)) => String::new(),
            None => spoken.trim_matches(|c: char| !c.is_alphanumeric()).to_owned(),
        }
    }

    /// The word's meaning, its ending apart. The longest word of the table that it begins with counts.
    pub(super) fn meaning(&self, word: &str) -> Option<&'static str> {
        if let Some(meaning) = self.meanings.get(word) {
            return Some(meaning);
        }
        if self.functions.contains(word) {
            return None;
        }
        let ends: Vec<usize> = word.char_indices().map(|(at, _)| at).collect();
        let shortest = ends.len().saturating_sub(ENDING_MAX).max(INFLECTED_MIN);
        (shortest..ends.len()).rev().find_map(|length| {
            let beginning = &word[..ends[length]];
            self.meanings.get(beginning).or_else(|| self.base_of(beginning)).copied()
        })
    }

    /// A verb or adjective is in the table with an ending of its own: "kündigen" for "kündigt".
    fn base_of(&self, beginning: &str) -> Option<&&'static str> {
        ["en", "er", "ar", "ir", "e", "o", "a", "n"]
            .iter()
            .find_map(|ending| self.meanings.get(&format!("{beginning}{ending}")))
    }
}

/// The language that the letters of a text tell.
fn by_letters(text: &str, min_chars: usize) -> Option<&'static str> {
    if text.chars().count() < min_chars {
        return None;
    }
    whatlang::detect(text).filter(whatlang::Info::is_reliable).map(|info| code(info.lang()))
}

/// Which of some languages a text is in, where its letters leave no doubt.
fn told_apart(text: &str, languages: &[&'static str]) -> Option<&'static str> {
    let among = CODES.iter().filter(|(code, _)| languages.contains(code)).map(|(_, known)| *known);
    let told = Detector::with_allowlist(among.collect()).detect(text)?;
    told.is_reliable().then(|| code(told.lang()))
}

fn without_accent(c: char) -> char {
    match c {
        'á' | 'à' | 'â' | 'ä' | 'ã' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        other => other,
    }
}

/// The words in lower case, without marks; an apostrophe parts two.
fn words_of(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(WORDS_MAX)
        .map(str::to_lowercase)
        .collect()
}

fn code(language: Lang) -> &'static str {
    let known = CODES.iter().find(|(_, known)| *known == language);
    known.map_or_else(|| language.code(), |(code, _)| code)
}

#[cfg(test)]
mod tests {
    use super::super::lexicon::Lexicon;
    use super::*;

    fn languages() -> Languages {
        Languages::new(Lexicon::new().vocabulary())
    }

    #[test]
    fn the_language_of_short_questions_is_told() {
        let languages = languages();
        for (text, language) in [
            ("Wie lange dauert die Lieferung?", Some("de")),
            ("¿Cuánto cuesta el envío?", Some("es")),
            ("Où est mon colis ?", Some("fr")),
            ("Quanto costa la spedizione?", Some("it")),
            ("Qual é o prazo de entrega?", Some("pt")),
            ("Hoe lang duurt de levering?", Some("nl")),
            ("How long does delivery take?", Some("en")),
            ("where is my order", Some("en")),
            ("12345", None),
            ("", None),
        ] {
            assert_eq!(languages.of(text), language, "{text}");
        }
    }

    #[test]
    fn an_english_word_that_begins_like_one_of_another_language_stays_english() {
        let languages = languages();
        for text in ["mail 17", "service", "connection problem", "opened files", "weeks", "plans", "person"] {
            assert!(languages.of(text).is_none_or(|told| told == ENGLISH), "{text}");
            assert_eq!(languages.likely(text), [""; 0], "{text}");
        }
        assert_eq!(languages.of("Ist das Training kostenlos?"), Some("de"));
    }

    #[test]
    fn support_words_are_carried_over_and_the_rest_stays() {
        let languages = languages();
        let carried = |text, language| languages.in_english(text, language).unwrap();
        assert_eq!(carried("Wie lange ist die Garantie?", "de"), "how long is warranty?");
        assert_eq!(carried("Was kosten zwei Pakete?", "de"), "how much cost two parcel?");
        assert_eq!(carried("J'ai oublié mon mot de passe", "fr"), "forgot my password");
        assert_eq!(carried("¿Cobran PayPal?", "es"), "Cobran PayPal?");
        assert_eq!(languages.in_english("Hej", "sv"), None);
    }
}
