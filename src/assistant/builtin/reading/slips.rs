//! Puts right what somebody mistyped in a question, before it is read: a word that nobody knows becomes the word of the pages that lies
//! nearest to it, or the general one.
//!
//! Only English is put right: the tables of the other languages know too few words to tell a slip from a word.

use std::borrow::Cow;

use super::super::text;
use super::language::Tongue;
use super::lexicon::{Lexicon, Word};

/// The shortest word that is put right, in letters.
const WORD_MIN: usize = 4;

/// The shortest word that becomes a general one, which no page need hold.
const GENERAL_MIN: usize = 5;

/// The shortest word in which two slips are forgiven, and the shortest for a general word.
const TWO_SLIPS_MIN: usize = 7;
const GENERAL_TWO_SLIPS_MIN: usize = 9;

/// The longest word that is put right, in letters.
pub(super) const WORD_MAX: usize = 32;

/// How many letters more or less a word may have than the one that was meant.
const LENGTHS_APART_MAX: usize = 2;

/// The most words of a question that are put right, and the most that are looked for; one with more is no English.
const SLIPS_MAX: usize = 6;
const LOOKED_FOR_MAX: usize = 24;

/// The question with the words that its pages and the lexicon have for what is no word. `pages` are their words.
pub(super) fn corrected<'a>(question: &'a str, tongue: Tongue<'_>, lexicon: &Lexicon, pages: &[&Word]) -> Cow<'a, str> {
    if tongue.is_foreign() {
        return Cow::Borrowed(question);
    }
    let mut out = String::new();
    let (mut copied, mut slips) = (0, 0);
    let lower = written_words(question).map(|(at, written)| (at, written, written.to_lowercase()));
    for (at, written, word) in lower.filter(|(_, _, word)| !lexicon.knows(word)).take(LOOKED_FOR_MAX) {
        if slips == SLIPS_MAX {
            break;
        }
        if let Some(meant) = meant(&word, lexicon, pages) {
            out.push_str(&question[copied..at]);
            out.push_str(meant);
            copied = at + written.len();
            slips += 1;
        }
    }
    if slips == 0 {
        return Cow::Borrowed(question);
    }
    out.push_str(&question[copied..]);
    Cow::Owned(out)
}

/// What somebody meant who wrote this; nothing where it is a word of the pages, or where several are as near.
fn meant<'w>(word: &str, lexicon: &'w Lexicon, pages: &[&'w Word]) -> Option<&'w str> {
    let stem = text::stem(word);
    if pages.iter().any(|held| held.stem == stem || held.stem == word) {
        return None;
    }
    let letters: Vec<char> = word.chars().collect();
    let written = pages.iter().map(|word| word.text.as_str());
    let on_page = nearest(&letters, written, WORD_MIN, TWO_SLIPS_MIN);
    let general = nearest(&letters, lexicon.vocabulary(), GENERAL_MIN, GENERAL_TWO_SLIPS_MIN);
    match (on_page, general) {
        (Some(page), Some(general)) if general.slips < page.slips => general.only(),
        (Some(page), _) => page.only(),
        (None, general) => general?.only(),
    }
}

/// The nearest of several words.
struct Nearest<'w> {
    slips: usize,
    word: &'w str,
    /// Another word, of another stem, is as near.
    is_one_of_several: bool,
}

impl<'w> Nearest<'w> {
    fn only(self) -> Option<&'w str> {
        (!self.is_one_of_several).then_some(self.word)
    }
}

fn nearest<'w>(
    letters: &[char],
    words: impl Iterator<Item = &'w str>,
    min: usize,
    two_min: usize,
) -> Option<Nearest<'w>> {
    let mut best: Option<Nearest<'w>> = None;
    if letters.len() < min {
        return None;
    }
    for word in words {
        if word.chars().next() != letters.first().copied() {
            continue;
        }
        let other: Vec<char> = word.chars().take(WORD_MAX + 1).collect();
        let shorter = letters.len().min(other.len());
        if shorter + 1 < min || letters.len().abs_diff(other.len()) > LENGTHS_APART_MAX {
            continue;
        }
        let slips = distance(letters, &other);
        if slips == 0 || slips > 1 + usize::from(shorter >= two_min) {
            continue;
        }
        match &mut best {
            Some(best) if slips > best.slips => {}
            Some(best) if slips == best.slips => best.is_one_of_several |= text::stem(best.word) != text::stem(word),
            best => *best = Some(Nearest { slips, word, is_one_of_several: false }),
        }
    }
    best
}

/// The words of a question that may have been mistyped, with where they begin: of letters alone, and no names.
fn written_words(question: &str) -> impl Iterator<Item = (usize, &str)> {
    let parts = |c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '\u{2019}' | '@' | '_' | '-' | '/' | '.');
    let (mut begins, mut at) = (true, 0);
    question.split_inclusive(parts).filter_map(move |piece| {
        let start = at;
        at += piece.len();
        let ends = piece.ends_with(['?', '!', '\n', ':']);
        let word = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
        let begins_sentence = std::mem::replace(&mut begins, ends || piece.contains('.'));
        let is_name = word.chars().skip(usize::from(begins_sentence)).any(char::is_uppercase);
        let is_word = (WORD_MIN..=WORD_MAX).contains(&word.chars().count()) && word.chars().all(char::is_alphabetic);
        (is_word && !is_name).then_some((start, word))
    })
}

/// Letters added, missing, wrong or swapped with their neighbour.
pub(super) fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let mut least = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i - 1] == *y && b[j - 1] == *x {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::super::language::Languages;
    use super::*;

    fn read(question: &str, page: &str) -> String {
        let lexicon = Lexicon::new();
        let words = lexicon.words(page, Tongue::default());
        corrected(question, Tongue::default(), &lexicon, &words.iter().collect::<Vec<_>>()).into_owned()
    }

    #[test]
    fn a_word_that_nobody_knows_becomes_the_nearest_of_the_pages_or_the_general_one() {
        let page = "Flu vaccinations are free for pensioners. The harbour tour takes an hour.";
        assert_eq!(
            read("is the flu vacination free for pensionners?", page),
            "is the flu vaccination free for pensioners?"
        );
        assert_eq!(read("wich prise has teh harbor tour", page), "wich price has teh harbour tour");
        assert_eq!(read("Harbor tours.Prise?", page), "harbour tours.Prise?");
    }

    #[test]
    fn words_names_codes_and_other_languages_are_left_alone() {
        let page = "The harbour tour takes an hour. Ask at the counter of Berlin.";
        for question in [
            "how many hours are the tours",
            "can I meet Mr Harbos there",
            "mail harbos@example.com about harbou-r7",
            "cant cout",
            "",
            "ß?é/\u{0301}a\u{2019}",
        ] {
            assert_eq!(read(question, page), question);
        }
        let lexicon = Lexicon::new();
        let languages = Languages::new(lexicon.vocabulary());
        let german = "Was kostet die Harbor-Fahrt mit Tourn?";
        assert_eq!(corrected(german, languages.tongue("de"), &lexicon, &[]), german);
    }

    #[test]
    fn a_slip_counts_once_also_where_two_letters_are_swapped() {
        let slips = |a: &str, b: &str| distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        assert_eq!(
            (slips("import", "imoprt"), slips("price", "prise"), slips("", "ab"), slips("a", "a")),
            (1, 1, 2, 0)
        );
    }
}
