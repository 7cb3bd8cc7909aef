//! Weighs how well each sentence of the passages answers a question.

use std::ops::Range;

use super::lexicon::{Lexicon, Word};
use super::page::{self, Paragraph, Section, Sentence};
use super::question::{Asked, Question, SAYS_ENOUGH, Term, is_time_unit};
use crate::assistant::Passage;

/// What a word counts by where it stands: in the sentence itself, in a heading above it, and farther and farther away.
const IN_HEADING: f32 = 0.95;
const IN_PARAGRAPH: f32 = 0.85;
const IN_TITLE: f32 = 0.9;

/// What is added where a heading or title names the word too.
const HEADING_BONUS: f32 = 0.1;
const IN_SECTION: f32 = 0.65;
const IN_PASSAGE: f32 = 0.3;

/// The share of its weight that a word keeps however many sections hold it.
const RARITY_MIN: f32 = 0.35;

/// From here on a word counts as found.
const FOUND_WORTH: f32 = 0.5;

/// The weights of the evidence in the confidence: chosen by hand on the development half of `eval/`.
const BIAS: f32 = -4.2;
const PER_COVERED: f32 = 7.0;
const PER_MISSING: f32 = -3.0;
const PER_NAME_MISSING: f32 = -2.5;
const PER_KIND: f32 = 0.8;
const PER_SCORE: f32 = 0.8;
const PER_FEW_WORDS: f32 = -1.5;

/// What the kind of thing that is asked for counts for where it is not there.
const NOT_THERE: f32 = -2.5;

/// The same where something is counted and no number stands before it.
const NOT_COUNTED: f32 = -4.5;

/// How near a number must stand before what it counts, in words.
const COUNTED_WITHIN: usize = 3;

/// What is left of the confidence in an answer to what no knowledge base may answer.
const NOT_TO_ANSWER: f32 = 0.2;

const MONEY_UNITS: &[&str] = &[
    "euro",
    "eur",
    "dollar",
    "usd",
    "pound",
    "gbp",
    "franc",
    "chf",
    "cent",
    "cents",
    "pence",
    "percent",
    "yen",
    "rupee",
    "krone",
    "kronor",
    "zloty",
    "free",
    "nothing",
    "gratis",
    "kostenlos",
    "gratuit",
];
const CALENDAR: &[&str] = &[
    "am",
    "pm",
    "noon",
    "midnight",
    "morning",
    "evening",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "weekday",
    "weekend",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "spring",
    "summer",
    "autumn",
    "winter",
    "immediately",
    "once",
    "daily",
    "weekly",
    "monthly",
    "soon",
    "after",
    "before",
    "until",
    "uhr",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonntag",
    "lunes",
    "viernes",
    "sábado",
    "domingo",
    "lundi",
    "vendredi",
    "samedi",
    "dimanche",
    "lunedì",
    "venerdì",
    "sabato",
    "domenica",
    "maandag",
    "vrijdag",
    "zaterdag",
    "zondag",
];
const PLACES: &[&str] = &[
    "under", "street", "road", "square", "settings", "menu", "page", "address", "desk", "profile", "account", "floor",
    "nearest", "beside", "straße",
];
const NUMBER_WORDS: &[&str] = &[
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "twelve",
    "twenty",
    "half",
    "once",
    "twice",
    "no",
    "unlimited",
    "any",
];

/// A passage laid out.
#[derive(Debug)]
pub(super) struct Page<'a> {
    passage: &'a Passage,
    title: Vec<Word>,
    sections: Vec<Section>,
}

impl<'a> Page<'a> {
    /// Lays the passage out.
    pub(super) fn new(passage: &'a Passage, lexicon: &Lexicon) -> Self {
        let mut sections = page::sections(&passage.text, lexicon);
        if let Some(question) = &passage.question {
            let heading = lexicon.words(question);
            for section in &mut sections {
                section.heading.extend(heading.iter().cloned());
            }
        }
        Self { passage, title: lexicon.words(&passage.source.title), sections }
    }

    /// The stretch of the passage that answers: an edited answer as a whole, a paragraph, or as many sentences around
    /// the best one as `max_chars` let in.
    fn answer(&self, spot: Spot, max_chars: usize) -> Range<usize> {
        let text = &self.passage.text;
        if self.passage.question.is_some() {
            return 0..text.len();
        }
        let paragraph = &self.sections[spot.section].paragraphs[spot.paragraph];
        let fits = |at: &Range<usize>| text[at.clone()].chars().count() <= max_chars;
        let (mut first, mut last) = (spot.sentence, spot.sentence);
        let stretch = |first: usize, last: usize| paragraph.sentences[first].at.start..paragraph.sentences[last].at.end;
        loop {
            let later = (last + 1 < paragraph.sentences.len() && fits(&stretch(first, last + 1))).then(|| last += 1);
            let earlier = (first > 0 && fits(&stretch(first - 1, last))).then(|| first -= 1);
            if later.is_none() && earlier.is_none() {
                let at = stretch(first, last);
                let lead = text[at.clone()].len() - text[at.clone()].trim_start().len();
                return at.start + lead..at.start + text[at.clone()].trim_end().len();
            }
        }
    }
}

/// A sentence by its numbers.
#[derive(Debug, Clone, Copy)]
struct Spot {
    page: usize,
    section: usize,
    paragraph: usize,
    sentence: usize,
}

/// The best answer that the pages hold.
#[derive(Debug)]
pub(super) struct Best {
    /// The passage's number.
    pub page: usize,
    /// The stretch of it that answers, in bytes.
    pub at: Range<usize>,
    /// 0..1.
    pub confidence: f32,
}

/// How well one word of the question is held by each sentence.
struct Row<'q> {
    term: &'q Term,
    /// With its rarity among the sections.
    weight: f32,
    /// Per page, section, paragraph, sentence: the share of the word that is there.
    shares: Vec<Vec<Vec<Vec<f32>>>>,
    /// Per page the most of it that is anywhere in it.
    in_page: Vec<f32>,
}

/// Finds the best sentence and says how sure it is.
pub(super) fn best(question: &Question, pages: &[Page<'_>], lexicon: &Lexicon, max_chars: usize) -> Option<Best> {
    let rows: Vec<Row<'_>> = question.terms.iter().map(|term| row(term, pages, lexicon)).collect();
    let mut best: Option<(Spot, f32)> = None;
    for spot in spots(pages) {
        let logit = logit(question, &rows, &pages[spot.page], spot, lexicon);
        if best.is_none_or(|(_, so_far)| logit > so_far) {
            best = Some((spot, logit));
        }
    }
    let (spot, logit) = best?;
    let sure = 1.0 / (1.0 + (-logit).exp());
    let confidence = if question.pries || question.wants_advice { sure * NOT_TO_ANSWER } else { sure };
    Some(Best { page: spot.page, at: pages[spot.page].answer(spot, max_chars), confidence })
}

fn spots(pages: &[Page<'_>]) -> Vec<Spot> {
    let mut found = Vec::new();
    for (page, laid_out) in pages.iter().enumerate() {
        for (section, held) in laid_out.sections.iter().enumerate() {
            for (paragraph, sentences) in held.paragraphs.iter().enumerate() {
                found.extend((0..sentences.sentences.len()).map(|sentence| Spot {
                    page,
                    section,
                    paragraph,
                    sentence,
                }));
            }
        }
    }
    found
}

fn row<'q>(term: &'q Term, pages: &[Page<'_>], lexicon: &Lexicon) -> Row<'q> {
    let worth = |words: &[Word]| words.iter().map(|word| lexicon.worth(&term.word, word)).fold(0.0, f32::max);
    let (mut sections, mut holding) = (0.0_f32, 0.0_f32);
    let mut shares = Vec::with_capacity(pages.len());
    let mut in_page = Vec::with_capacity(pages.len());
    for page in pages {
        let title = worth(&page.title) * IN_TITLE;
        let said: Vec<(f32, Vec<Vec<f32>>)> = page
            .sections
            .iter()
            .map(|section| {
                let paragraph =
                    |p: &Paragraph| p.sentences.iter().map(|sentence: &Sentence| worth(&sentence.words)).collect();
                (worth(&section.heading), section.paragraphs.iter().map(paragraph).collect())
            })
            .collect();
        let most = |section: &(f32, Vec<Vec<f32>>)| section.1.iter().flatten().copied().fold(section.0, f32::max);
        let anywhere = said.iter().map(most).fold(title, f32::max);
        sections += said.len() as f32;
        holding += said.iter().filter(|section| most(section) >= FOUND_WORTH).count() as f32;
        shares.push(
            said.iter()
                .map(|section| spread(section, most(section), title.max(anywhere * IN_PASSAGE), title))
                .collect(),
        );
        in_page.push(anywhere);
    }
    let rarity = (1.0 + sections / (1.0 + holding)).ln() / (1.0 + sections).ln().max(f32::MIN_POSITIVE);
    Row { term, weight: term.weight * (RARITY_MIN + (1.0 - RARITY_MIN) * rarity.min(1.0)), shares, in_page }
}

/// What a section's sentences have of a word: their own, or what stands near them.
fn spread((heading, paragraphs): &(f32, Vec<Vec<f32>>), most: f32, around: f32, titled: f32) -> Vec<Vec<f32>> {
    let bonus = HEADING_BONUS * heading.max(titled);
    let near = around.max(heading * IN_HEADING).max(most * IN_SECTION);
    paragraphs
        .iter()
        .map(|sentences| {
            let paragraph = sentences.iter().copied().fold(0.0, f32::max) * IN_PARAGRAPH;
            sentences.iter().map(|own| own.max(near).max(paragraph) + bonus).collect()
        })
        .collect()
}

fn logit(question: &Question, rows: &[Row<'_>], page: &Page<'_>, spot: Spot, lexicon: &Lexicon) -> f32 {
    let (mut all, mut held, mut own, mut missing, mut names_missing) =
        (f32::MIN_POSITIVE, 0.0, f32::MIN_POSITIVE, 0.0, 0.0_f32);
    for row in rows {
        all += row.weight;
        held += row.weight * row.shares[spot.page][spot.section][spot.paragraph][spot.sentence];
        if row.term.is_context {
            continue;
        }
        own += row.weight;
        if row.in_page[spot.page] < FOUND_WORTH {
            missing += row.weight;
        }
        if row.term.word.is_name && row.in_page[spot.page] < FOUND_WORTH {
            names_missing = 1.0;
        }
    }
    let few = f32::from(question.terms.iter().filter(|t| !t.is_context).map(|t| t.weight).sum::<f32>() < SAYS_ENOUGH);
    let fits = kind(question, page, spot, lexicon);
    BIAS + PER_COVERED * held / all
        + PER_MISSING * missing / own
        + PER_NAME_MISSING * names_missing
        + PER_KIND * fits
        + PER_SCORE * page.passage.score
        + PER_FEW_WORDS * few
}

/// Whether the kind of thing that was asked for is there: 1 in the sentence, less beside it, [`NOT_THERE`] nowhere near.
fn kind(question: &Question, page: &Page<'_>, spot: Spot, lexicon: &Lexicon) -> f32 {
    let asked = question.asked;
    let paragraph = &page.sections[spot.section].paragraphs[spot.paragraph];
    let text = |at: &Range<usize>| &page.passage.text[at.clone()];
    let sentence = &paragraph.sentences[spot.sentence];
    if let Some(counted) = &question.counted {
        let held = paragraph.sentences.iter().any(|sentence| counts(counted, &sentence.words, lexicon));
        return if held { 1.0 } else { NOT_COUNTED };
    }
    if asked == Asked::Anything {
        0.0
    } else if names(asked, &sentence.words, text(&sentence.at)) {
        1.0
    } else if paragraph.sentences.iter().any(|sentence| names(asked, &sentence.words, text(&sentence.at))) {
        0.4
    } else if asked == Asked::Place {
        0.0
    } else {
        NOT_THERE
    }
}

/// Whether a number stands before the word: "up to 3 users".
fn counts(counted: &Word, words: &[Word], lexicon: &Lexicon) -> bool {
    words.iter().enumerate().any(|(at, word)| {
        let before = &words[at.saturating_sub(COUNTED_WITHIN)..at];
        lexicon.worth(counted, word) >= FOUND_WORTH
            && before.iter().any(|word| word.is_number() || NUMBER_WORDS.contains(&word.text.as_str()))
    })
}

fn names(asked: Asked, words: &[Word], text: &str) -> bool {
    let has = |list: &[&str]| {
        words.iter().any(|word| list.contains(&word.text.as_str()) || list.contains(&word.stem.as_str()))
    };
    let counts = || words.iter().any(Word::is_number) || has(NUMBER_WORDS);
    let time = || words.iter().any(|word| is_time_unit(&word.stem) || is_time_unit(&word.text));
    match asked {
        Asked::Anything => true,
        Asked::Duration => (counts() && time()) || has(&["immediately", "once", "unlimited", "forever"]),
        Asked::Price => (counts() && has(MONEY_UNITS)) || has(&["free", "nothing"]) || text.contains(['$', '€', '£']),
        Asked::Moment => has(CALENDAR) || (counts() && time()),
        Asked::Place => has(PLACES),
        Asked::Amount => counts(),
        Asked::Person => text.contains('@') || words.iter().any(|word| word.is_name),
    }
}
