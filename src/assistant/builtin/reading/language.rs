//! Which language somebody writes, and what their words are in English as far as a small table of support words knows them.
//!
//! Nothing is translated: the words only carry a question over to knowledge that is in English.

use std::collections::{HashMap, HashSet};

use whatlang::Lang;

use super::super::text;

const WORDS: &str = include_str!("words.tsv");
const FUNCTIONS: &str = include_str!("functions.tsv");

/// The languages of the table, in the order of its columns.
const LANGUAGES: [&str; 6] = ["de", "es", "fr", "it", "pt", "nl"];

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

/// The table, by language.
#[derive(Debug)]
pub(super) struct Languages {
    tables: Vec<Table>,
    english: HashSet<&'static str>,
}

#[derive(Debug, Default)]
struct Table {
    /// What is said, in lower case, to what it is in English.
    meanings: HashMap<String, &'static str>,
    functions: HashSet<&'static str>,
}

impl Languages {
    /// Reads the tables that come with the program.
    pub(super) fn new() -> Self {
        let mut tables: Vec<Table> = LANGUAGES.iter().map(|_| Table::default()).collect();
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
        Self { tables, english }
    }

    /// The text's language (BCP 47), if it can be told.
    pub(super) fn of(&self, text: &str) -> Option<&'static str> {
        let words: Vec<String> = words_of(text);
        let votes = |knows: &dyn Fn(&str) -> bool| words.iter().filter(|word| knows(word)).count();
        let english = votes(&|word| self.english.contains(word));
        let best =
            self.tables.iter().map(|table| votes(&|word| table.knows(word))).zip(LANGUAGES).max_by_key(|(n, _)| *n);
        let (votes, language) = best.unwrap_or((0, "en"));
        if votes > english && votes * 3 >= words.len() {
            return Some(language);
        }
        if english > votes && english * 3 >= words.len() {
            return Some("en");
        }
        if text.chars().count() < LETTERS_MIN {
            return None;
        }
        whatlang::detect(text).filter(whatlang::Info::is_reliable).map(|info| code(info.lang()))
    }

    /// The text with the words that the table knows in English, those that carry no subject left out, and all others as they
    /// are; `None` for a language that it does not know.
    pub(super) fn in_english(&self, text: &str, language: &str) -> Option<String> {
        let table = self.tables.get(LANGUAGES.iter().position(|known| *known == language)?)?;
        let lines: Vec<String> = text.lines().map(|line| table.line_in_english(line)).collect();
        Some(lines.join("\n"))
    }
}

impl Table {
    fn knows(&self, word: &str) -> bool {
        self.functions.contains(word) || self.meaning(word).is_some()
    }

    fn line_in_english(&self, line: &str) -> String {
        let spoken: Vec<&str> = line.split_whitespace().take(WORDS_MAX).collect();
        let bare: Vec<String> = spoken.iter().map(|word| words_of(word).join(" ")).collect();
        let mut out: Vec<String> = Vec::new();
        let mut at = 0;
        while let Some(word) = spoken.get(at) {
            let saying = (2..=SAYING_MAX.min(spoken.len() - at))
                .rev()
                .find_map(|length| Some((length, *self.meanings.get(&bare[at..at + length].join(" "))?)));
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
    fn meaning(&self, word: &str) -> Option<&'static str> {
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

/// The words in lower case, without marks; an apostrophe parts two.
fn words_of(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(WORDS_MAX)
        .map(str::to_lowercase)
        .collect()
}

fn code(language: Lang) -> &'static str {
    match language {
        Lang::Eng => "en",
        Lang::Deu => "de",
        Lang::Spa => "es",
        Lang::Fra => "fr",
        Lang::Ita => "it",
        Lang::Por => "pt",
        Lang::Nld => "nl",
        other => other.code(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_of_short_questions_is_told() {
        let languages = Languages::new();
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
    fn support_words_are_carried_over_and_the_rest_stays() {
        let languages = Languages::new();
        let carried = |text, language| languages.in_english(text, language).unwrap();
        assert_eq!(carried("Wie lange ist die Garantie?", "de"), "how long warranty?");
        assert_eq!(carried("Was kosten zwei Pakete?", "de"), "how much cost zwei parcel?");
        assert_eq!(carried("J'ai oublié mon mot de passe", "fr"), "forgot password");
        assert_eq!(carried("¿Aceptan PayPal?", "es"), "Aceptan PayPal?");
        assert_eq!(languages.in_english("Hej", "sv"), None);
    }
}
