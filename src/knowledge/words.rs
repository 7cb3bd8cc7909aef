//! Texts as words: split, in small letters, cut to their stems in the language they are written in.
//!
//! What is written without spaces between words (Chinese, Japanese, Thai) is taken as pairs of its letters.

use tantivy::tokenizer::{AsciiFoldingFilter, Stemmer, TextAnalyzer, Token, TokenStream, Tokenizer};

pub use super::languages::Language;

/// Words are cut there; nobody asks for longer ones.
const WORD_MAX_BYTES: usize = 48;

/// The words of a text as they are written, in small letters, at most `limit` of them.
pub fn words(text: &str, limit: usize) -> Vec<String> {
    let mut tokenizer = WordTokenizer::default();
    collect(&mut tokenizer.token_stream(text), limit)
}

/// The stems of a text's words, one for each word that [`words`] gives, without accents.
pub fn stems(text: &str, language: Language, limit: usize) -> Vec<String> {
    let mut analyzer = analyzer(language);
    let mut stream = analyzer.token_stream(text);
    collect(&mut stream, limit)
}

/// A question apart from case, punctuation and spacing, as a number.
pub fn fingerprint(question: &str) -> Option<u64> {
    let words = words(question, usize::MAX);
    if words.is_empty() {
        return None;
    }
    Some(words.iter().fold(SEED, |print, word| hash(print ^ WORD_END, word)))
}

/// FNV-1a: the same on every machine, and it is written to disk.
pub(super) fn hash(seed: u64, text: &str) -> u64 {
    text.bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Where [`hash`] begins.
pub(super) const SEED: u64 = 0xcbf2_9ce4_8422_2325;

const WORD_END: u64 = 0x20;

fn collect(stream: &mut dyn TokenStream, limit: usize) -> Vec<String> {
    let mut found = Vec::new();
    while found.len() < limit && stream.advance() {
        found.push(stream.token().text.clone());
    }
    found
}

/// Splits, lowers, stems, and takes accents off, in this order: stemmers want the accents.
fn analyzer(language: Language) -> TextAnalyzer {
    let words = TextAnalyzer::builder(WordTokenizer::default());
    match language.stemmer() {
        Some(stemmer) => words.filter(Stemmer::new(stemmer)).filter(AsciiFoldingFilter).build(),
        None => words.filter(AsciiFoldingFilter).build(),
    }
}

/// Splits a text into words in small letters.
#[derive(Debug, Clone, Default)]
struct WordTokenizer {
    token: Token,
}

struct Words<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    /// The letter before, while letters come in pairs.
    before: Option<char>,
    token: &'a mut Token,
}

impl Tokenizer for WordTokenizer {
    type TokenStream<'a> = Words<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Words<'a> {
        self.token.reset();
        Words { rest: text.chars().peekable(), before: None, token: &mut self.token }
    }
}

impl TokenStream for Words<'_> {
    fn advance(&mut self) -> bool {
        self.token.text.clear();
        self.token.position = self.token.position.wrapping_add(1);
        while let Some(c) = self.rest.next() {
            if is_unspaced(c) {
                if self.take_pair(c) {
                    return true;
                }
                continue;
            }
            self.before = None;
            if c.is_alphanumeric() {
                self.take_word(c);
                return true;
            }
        }
        false
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

impl Words<'_> {
    /// A letter with the one before it; alone where it stands alone.
    fn take_pair(&mut self, c: char) -> bool {
        let before = self.before.replace(c);
        let is_last = !self.rest.peek().copied().is_some_and(is_unspaced);
        if before.is_none() && !is_last {
            return false;
        }
        self.token.text.extend(before);
        self.token.text.push(c);
        true
    }

    fn take_word(&mut self, first: char) {
        self.push(first);
        while let Some(c) = self.rest.peek().copied() {
            if is_apostrophe(c) {
                self.rest.next();
            } else if c.is_alphanumeric() && !is_unspaced(c) {
                self.rest.next();
                self.push(c);
            } else {
                return;
            }
        }
    }

    fn push(&mut self, c: char) {
        if self.token.text.len() < WORD_MAX_BYTES {
            self.token.text.extend(c.to_lowercase().filter(|c| c.is_alphanumeric()));
        }
    }
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}')
}

/// Letters of scripts that put no space between words.
fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF
        | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn english(text: &str) -> Vec<String> {
        stems(text, Language::detect("This is a text in English, and it is long enough to be seen as such."), 100)
            .into_iter()
            .zip(words(text, 100))
            .map(|(stem, word)| format!("{word}>{stem}"))
            .collect()
    }

    #[test]
    fn words_meet_in_their_stems() {
        assert_eq!(english("Returns, RETURNED!"), ["returns>return", "returned>return"]);
        assert_eq!(english("don\u{2019}t wi-fi 3G"), ["dont>dont", "wi>wi", "fi>fi", "3g>3g"]);
        let german =
            Language::detect("Wie lange habe ich Zeit, um die Ware zurückzuschicken und mein Geld zu bekommen?");
        assert_eq!(german.code(), "de");
        assert_eq!(stems("Rückgaben", german, 9), stems("Ruckgabe", german, 9));
    }

    #[test]
    fn letters_without_spaces_come_in_pairs() {
        assert_eq!(words("退货政策 x 退", 9), ["退货", "货政", "政策", "x", "退"]);
    }

    #[test]
    fn a_question_is_the_same_whatever_its_case_and_punctuation() {
        assert_eq!(fingerprint("Where's my  order?!"), fingerprint("wheres MY order"));
        assert_ne!(fingerprint("where is my order"), fingerprint("where is myorder"));
        assert_eq!(fingerprint(" ?! "), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn there_is_one_stem_for_each_word_whatever_is_written(text in r"(\PC|[a-zA-Zäß語ก' ]){0,80}") {
            let found = words(&text, usize::MAX);
            for language in Language::all() {
                prop_assert_eq!(stems(&text, language, usize::MAX).len(), found.len());
            }
            prop_assert!(found.iter().all(|word| word.len() <= WORD_MAX_BYTES + 8));
        }
    }
}
