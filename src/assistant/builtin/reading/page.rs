//! A passage as it is laid out: sections under headings, paragraphs, sentences, each with its place in the text.

use std::ops::Range;

use super::calendar;
use super::language::Tongue;
use super::lexicon::{Lexicon, Word};

/// The most columns of a table whose headings are read.
const COLUMNS_MAX: usize = 32;

/// The most sentences of one passage that are read.
const SENTENCES_MAX: usize = 200;

/// Short forms whose full stop ends no sentence.
const SHORT_FORMS: &[&str] = &[
    "dr", "mr", "mrs", "ms", "prof", "st", "no", "nr", "e.g", "i.e", "etc", "approx", "max", "min", "bzw", "z.b", "ca",
];

/// One sentence, row or item of a list.
#[derive(Debug)]
pub(super) struct Sentence {
    /// Where it is, in bytes of the passage.
    pub at: Range<usize>,
    /// What it says, and behind that what it means: the headings of its columns, days of a range.
    pub words: Vec<Word>,
    /// How many of them it says.
    own: usize,
}

impl Sentence {
    /// The words that stand there, in their order.
    pub(super) fn said(&self) -> &[Word] {
        &self.words[..self.own]
    }
}

/// Sentences that belong together.
#[derive(Debug)]
pub(super) struct Paragraph {
    /// In their order; at least one.
    pub sentences: Vec<Sentence>,
}

impl Paragraph {
    /// The words that stand in it, in their order.
    pub(super) fn words(&self) -> impl Iterator<Item = &Word> {
        self.sentences.iter().flat_map(Sentence::said)
    }

    /// Where it is, in bytes of the passage.
    pub(super) fn at(&self) -> Range<usize> {
        let (first, last) = (self.sentences.first(), self.sentences.last());
        first.map_or(0, |first| first.at.start)..last.map_or(0, |last| last.at.end)
    }
}

/// What stands under one heading.
#[derive(Debug, Default)]
pub(super) struct Section {
    /// The heading's words, and those of the headings above it.
    pub heading: Vec<Word>,
    /// In their order.
    pub paragraphs: Vec<Paragraph>,
}

/// Cuts a passage into its sections.
pub(super) fn sections(text: &str, lexicon: &Lexicon, tongue: Tongue<'_>) -> Vec<Section> {
    let mut layout =
        Layout { lexicon, tongue, headings: Vec::new(), sections: vec![Section::default()], block: None, count: 0 };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        layout.line(text, start..start + line.len());
        start += line.len();
    }
    layout.end_block(text);
    layout.sections.retain(|section| !section.paragraphs.is_empty());
    layout.sections
}

struct Layout<'a> {
    lexicon: &'a Lexicon,
    tongue: Tongue<'a>,
    /// The headings above, each with its depth.
    headings: Vec<(usize, Vec<Word>)>,
    sections: Vec<Section>,
    block: Option<Range<usize>>,
    count: usize,
}

impl Layout<'_> {
    fn line(&mut self, text: &str, at: Range<usize>) {
        let line = text[at.clone()].trim();
        let depth = line.bytes().take_while(|b| *b == b'#').count();
        if line.is_empty() {
            self.end_block(text);
        } else if (1..=6).contains(&depth) && line.as_bytes().get(depth) == Some(&b' ') {
            self.end_block(text);
            self.headings.retain(|(above, _)| *above < depth);
            self.headings.push((depth, self.lexicon.words(&line[depth..], self.tongue)));
            let heading = self.headings.iter().flat_map(|(_, words)| words.iter().cloned()).collect();
            self.sections.push(Section { heading, paragraphs: Vec::new() });
        } else {
            let start = self.block.take().map_or(at.start, |block| block.start);
            self.block = Some(start..at.end);
        }
    }

    fn end_block(&mut self, text: &str) {
        let Some(block) = self.block.take() else { return };
        let mut sentences = Vec::new();
        let mut start = block.start;
        for line in text[block.clone()].split_inclusive('\n') {
            let end = start + line.len();
            if is_item(line) || sentences.is_empty() || begins_new(line) {
                sentences.push(start..end);
            } else if let Some(last) = sentences.last_mut() {
                last.end = end;
            }
            start = end;
        }
        let columns = self.columns(&text[block]);
        let sentences: Vec<Sentence> = sentences
            .into_iter()
            .flat_map(|lines| split(text, lines))
            .filter(|at| text[at.clone()].chars().any(char::is_alphanumeric))
            .map(|at| self.sentence(text, at, &columns))
            .take(SENTENCES_MAX.saturating_sub(self.count))
            .collect();
        self.count += sentences.len();
        if let (Some(section), false) = (self.sections.last_mut(), sentences.is_empty()) {
            section.paragraphs.push(Paragraph { sentences });
        }
    }

    /// A sentence or a row, with the headings of the columns that its cells stand in, and the days that it means.
    fn sentence(&self, text: &str, at: Range<usize>, columns: &[Vec<Word>]) -> Sentence {
        let said = &text[at.clone()];
        let mut words = self.lexicon.words(said, self.tongue);
        let own = words.len();
        if is_row(said) {
            for (column, _) in columns.iter().zip(cells(said)).filter(|(_, cell)| !cell.is_empty()) {
                words.extend(column.iter().cloned());
            }
        }
        let days = calendar::days(said).join(" ");
        words.extend(self.lexicon.words(&days, Tongue::default()));
        Sentence { at, words, own }
    }

    /// The headings of a table's columns.
    fn columns(&self, block: &str) -> Vec<Vec<Word>> {
        let lines: Vec<&str> = block.lines().map(str::trim).collect();
        let head = lines.windows(2).find(|two| is_row(two[0]) && is_rule(two[1])).map_or("", |two| two[0]);
        cells(head).take(COLUMNS_MAX).map(|cell| self.lexicon.words(cell, self.tongue)).collect()
    }
}

fn is_row(line: &str) -> bool {
    line.trim_start().starts_with('|')
}

/// The line between the head of a table and its rows.
fn is_rule(line: &str) -> bool {
    line.contains('-') && line.chars().all(|c| "|-: ".contains(c))
}

fn cells(row: &str) -> impl Iterator<Item = &str> {
    let row = row.trim();
    let row = row.strip_prefix('|').unwrap_or(row);
    row.strip_suffix('|').unwrap_or(row).split('|').map(str::trim)
}

fn is_item(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("- ") || line.starts_with("* ") || is_row(line)
}

fn begins_new(line: &str) -> bool {
    let line = line.trim_start();
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && matches!(line.as_bytes().get(digits), Some(b'.' | b')'))
}

/// The sentences of a stretch; what a semicolon parts says things of its own. A row is one.
fn split(text: &str, at: Range<usize>) -> Vec<Range<usize>> {
    if is_row(&text[at.clone()]) {
        return vec![at];
    }
    let mut found = Vec::new();
    let mut start = at.start;
    for (offset, c) in text[at.clone()].char_indices() {
        let next = at.start + offset + c.len_utf8();
        if c == ';' || matches!(c, '.' | '!' | '?') && ends(&text[start..next], &text[next..at.end]) {
            found.push(start..next);
            start = next;
        }
    }
    if start < at.end {
        found.push(start..at.end);
    }
    found
}

fn ends(sentence: &str, rest: &str) -> bool {
    let Some(after) = rest.chars().next() else { return true };
    if !after.is_whitespace() {
        return false;
    }
    let next = rest.trim_start().chars().next().unwrap_or('A');
    let last = sentence.trim_end_matches(['.', '!', '?']).rsplit([' ', '(', '\n']).next().unwrap_or_default();
    let is_half_day = matches!(last, "a.m" | "p.m");
    if is_half_day {
        return next.is_uppercase();
    }
    !next.is_lowercase() && !SHORT_FORMS.iter().any(|short| last.eq_ignore_ascii_case(short))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(text: &str) -> Vec<(String, Vec<Vec<&str>>)> {
        let heading = |section: &Section| section.heading.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ");
        sections(text, &Lexicon::new(), Tongue::default())
            .iter()
            .map(|section| {
                let paragraph = |p: &Paragraph| p.sentences.iter().map(|s| text[s.at.clone()].trim()).collect();
                (heading(section), section.paragraphs.iter().map(paragraph).collect())
            })
            .collect()
    }

    #[test]
    fn a_passage_falls_into_sections_paragraphs_and_sentences() {
        let text = "Before all.\n\n# Fees\n\n## Cards\nOpen at 8 a.m. on weekdays. Ask Dr. Osei. It is\nfree.\n\n- one: 5\n- two: 6\n\n| a | b |\n|---|---|\n| c | 7.50 |\n";
        assert_eq!(
            laid_out(text),
            [
                (String::new(), vec![vec!["Before all."]]),
                (
                    "fees cards".to_owned(),
                    vec![
                        vec!["Open at 8 a.m. on weekdays.", "Ask Dr. Osei.", "It is\nfree."],
                        vec!["- one: 5", "- two: 6"],
                        vec!["| a | b |", "| c | 7.50 |"]
                    ]
                )
            ]
        );
    }

    #[test]
    fn a_row_says_what_its_columns_are_headed_and_a_sentence_which_days_it_means() {
        let said = |text: &str| -> Vec<Vec<String>> {
            let sections = sections(text, &Lexicon::new(), Tongue::default());
            let sentences = sections.iter().flat_map(|s| &s.paragraphs).flat_map(|p| &p.sentences);
            sentences.map(|sentence| sentence.words.iter().map(|word| word.text.clone()).collect()).collect()
        };
        let rows = said("| plan | price |\n|---|---|\n| Basic | 5 |\n| Gold | |\n");
        assert_eq!(rows[1..], [vec!["basic", "5", "plan", "price"], vec!["gold", "plan"]]);
        assert_eq!(said("Closed at the weekend.")[0][2..], ["saturday", "sunday"]);
        let empty = said("Prices:\n| plan | size | price |\n|-|-|-|\n|| big; wide. Tall | free |\n");
        assert_eq!(empty[2], ["big", "wide", "tall", "free", "size", "price"]);
        assert_eq!(said("| no | table |\n| at | all |")[1], ["at", "all"]);
    }

    #[test]
    fn any_text_can_be_laid_out() {
        for text in ["", "#", "# x", "....", "\u{1F600}. \u{e9}", "|", "a.m. b.", "######## no heading"] {
            let _ = laid_out(text);
        }
        assert!(laid_out(&"a. ".repeat(5_000))[0].1[0].len() <= SENTENCES_MAX);
    }
}
