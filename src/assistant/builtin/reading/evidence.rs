//! Weighs how well each sentence of the passages answers a question.

use std::ops::Range;

use super::kinds::{NUMBER_WORDS, PLACES, is_exact, names};
use super::language::Tongue;
use super::lexicon::{Lexicon, Word};
use super::own::Own;
use super::page::{self, Paragraph, Section, Sentence};
use super::question::{Asked, Question, SAYS_ENOUGH, Term};
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

/// From here on it is the same word, not only one that may stand for it.
const SAME_WORTH: f32 = 0.92;

/// The weights of the evidence in the confidence: chosen by hand on the development half of `eval/`.
const BIAS: f32 = -4.7;
const PER_COVERED: f32 = 7.0;
const PER_SAID: f32 = 0.7;
const PER_MISSING: f32 = -3.0;
const PER_NAME_MISSING: f32 = -2.5;
const PER_KIND: f32 = 0.8;
const PER_SCORE: f32 = 0.8;
const PER_FEW_WORDS: f32 = -1.5;
const PER_ONE_WORD: f32 = -1.2;

/// Below this share a word stands only far away in the passage.
const NEAR_SHARE: f32 = 0.6;

/// What a passage loses that holds a word only there.
const PER_FAR: f32 = -1.0;

/// What a sentence loses that names the subject and not what is asked to be done with it.
const PER_UNRELATED: f32 = -3.0;

/// What a sentence loses that does not say where the customer's own record is found, if that is asked for.
const PER_NOT_OWN: f32 = -8.0;

/// How near a word for finding must stand to what is found, in words.
const FINDS_WITHIN: usize = 5;

/// What the kind of thing that is asked for counts for where it is not there.
const NOT_THERE: f32 = -2.5;

/// The same where something is counted and no number stands before it.
const NOT_COUNTED: f32 = -4.5;

/// How near a number must stand before what it counts, in words.
const COUNTED_WITHIN: usize = 3;

/// How far behind the best sentence another may be that answers as well.
const AS_GOOD: f32 = 0.5;

/// What is left of the confidence in an answer to what no knowledge base may answer.
const NOT_TO_ANSWER: f32 = 0.2;

/// Stems of words that say that something can be found, and of where.
const FINDING: &[&str] = &["find", "see", "view", "check", "look", "show", "display", "list"];
const BEING_SHOWN: &[&str] = &["show", "shown", "list", "display", "visibl", "appear"];
const SCREENS: &[&str] = &["app", "portal", "website", "dashboard", "invoic", "email", "letter", "card", "receipt"];

/// A passage laid out.
#[derive(Debug)]
pub(super) struct Page<'a> {
    passage: &'a Passage,
    title: Vec<Word>,
    sections: Vec<Section>,
}

impl<'a> Page<'a> {
    /// Lays the passage out.
    pub(super) fn new(passage: &'a Passage, lexicon: &Lexicon, tongue: Tongue<'_>) -> Self {
        let mut sections = page::sections(&passage.text, lexicon, tongue);
        if let Some(question) = &passage.question {
            let heading = lexicon.words(question, tongue);
            for section in &mut sections {
                section.heading.extend(heading.iter().cloned());
            }
        }
        Self { passage, title: lexicon.words(&passage.source.title, tongue), sections }
    }

    /// Every word of it.
    pub(super) fn words(&self) -> impl Iterator<Item = &Word> {
        self.title.iter().chain(
            self.sections
                .iter()
                .flat_map(|section| section.heading.iter().chain(section.paragraphs.iter().flat_map(Paragraph::words))),
        )
    }

    /// The stretch of the passage that answers: an edited answer as a whole, a paragraph with its neighbours that answer
    /// `as_good`, or as many sentences around the best one as `max_chars` let in.
    fn answer(&self, spot: Spot, as_good: &[usize], max_chars: usize) -> Range<usize> {
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
                let at = self.widened(at, spot, as_good, fits);
                let lead = text[at.clone()].len() - text[at.clone()].trim_start().len();
                return at.start + lead..at.start + text[at.clone()].trim_end().len();
            }
        }
    }

    /// A whole paragraph with those before and behind it that answer as well, as far as they fit.
    fn widened(
        &self,
        at: Range<usize>,
        spot: Spot,
        as_good: &[usize],
        fits: impl Fn(&Range<usize>) -> bool,
    ) -> Range<usize> {
        let paragraphs = &self.sections[spot.section].paragraphs;
        if at != paragraphs[spot.paragraph].at() {
            return at;
        }
        let behind = (spot.paragraph + 1..paragraphs.len()).take_while(|next| as_good.contains(next));
        let end = behind.map(|next| paragraphs[next].at().end).take_while(|end| fits(&(at.start..*end))).last();
        let at = at.start..end.unwrap_or(at.end);
        let ahead = (0..spot.paragraph).rev().take_while(|next| as_good.contains(next));
        let start = ahead.map(|next| paragraphs[next].at().start).take_while(|start| fits(&(*start..at.end))).last();
        start.unwrap_or(at.start)..at.end
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

impl Spot {
    /// Whether both stand in one section.
    fn is_beside(self, other: Self) -> bool {
        (self.page, self.section) == (other.page, other.section)
    }
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
    shares: Vec<Vec<Vec<Vec<Share>>>>,
    /// Per page the most of it that is anywhere in it.
    in_page: Vec<f32>,
}

/// How much of a word a sentence has.
#[derive(Debug, Clone, Copy)]
struct Share {
    /// In its own words.
    said: f32,
    /// With what stands around and above it.
    held: f32,
}

impl Row<'_> {
    fn share(&self, spot: Spot) -> Share {
        self.shares[spot.page][spot.section][spot.paragraph][spot.sentence]
    }
}

/// Finds the best sentence and says how sure it is.
pub(super) fn best(question: &Question, pages: &[Page<'_>], lexicon: &Lexicon, max_chars: usize) -> Option<Best> {
    let rows: Vec<Row<'_>> = question.terms.iter().map(|term| row(term, pages, lexicon)).collect();
    let weighed: Vec<(Spot, f32)> =
        spots(pages).into_iter().map(|spot| (spot, logit(question, &rows, &pages[spot.page], spot, lexicon))).collect();
    let (spot, logit) = weighed.iter().copied().reduce(|best, other| if other.1 > best.1 { other } else { best })?;
    let as_good: Vec<usize> = weighed
        .iter()
        .filter(|(other, weight)| other.is_beside(spot) && logit - weight <= AS_GOOD)
        .map(|(other, _)| other.paragraph)
        .collect();
    let sure = 1.0 / (1.0 + (-logit).exp());
    let confidence = if question.pries || question.wants_advice { sure * NOT_TO_ANSWER } else { sure };
    Some(Best { page: spot.page, at: pages[spot.page].answer(spot, &as_good, max_chars), confidence })
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
fn spread((heading, paragraphs): &(f32, Vec<Vec<f32>>), most: f32, around: f32, titled: f32) -> Vec<Vec<Share>> {
    let bonus = HEADING_BONUS * heading.max(titled);
    let near = around.max(heading * IN_HEADING).max(most * IN_SECTION);
    paragraphs
        .iter()
        .map(|sentences| {
            let paragraph = sentences.iter().copied().fold(0.0, f32::max) * IN_PARAGRAPH;
            let share = |said: &f32| Share { said: *said, held: said.max(near).max(paragraph) + bonus };
            sentences.iter().map(share).collect()
        })
        .collect()
}

fn logit(question: &Question, rows: &[Row<'_>], page: &Page<'_>, spot: Spot, lexicon: &Lexicon) -> f32 {
    let (mut all, mut held, mut own, mut missing, mut names_missing) =
        (f32::MIN_POSITIVE, 0.0, f32::MIN_POSITIVE, 0.0, 0.0_f32);
    let mut far = 0.0;
    let mut said = 0.0;
    for row in rows {
        all += row.weight;
        let share = row.share(spot);
        held += row.weight * share.held;
        if row.term.is_context {
            continue;
        }
        own += row.weight;
        said += row.weight * share.said;
        if row.in_page[spot.page] < FOUND_WORTH {
            missing += row.weight;
        }
        if row.term.word.is_name && row.in_page[spot.page] < FOUND_WORTH {
            names_missing = 1.0;
        }
        if row.term.weight >= SAYS_ENOUGH && share.held < NEAR_SHARE && row.in_page[spot.page] >= FOUND_WORTH {
            far += row.weight;
        }
    }
    let few = f32::from(question.terms.iter().filter(|t| !t.is_context).map(|t| t.weight).sum::<f32>() < SAYS_ENOUGH);
    let one = f32::from(few == 0.0 && rests_on_one_word(question, rows, spot));
    let fits = kind(question, page, spot, lexicon);
    let unrelated =
        f32::from(question.relation.as_ref().is_some_and(|it| !relates(it, question.asked, page, spot, lexicon)));
    let not_own = f32::from(question.own.is_some_and(|own| !tells_own(own, question, page, spot, lexicon)));
    BIAS + PER_COVERED * held / all
        + PER_SAID * said / own
        + PER_MISSING * missing / own
        + PER_FAR * far / own
        + PER_NAME_MISSING * names_missing
        + PER_KIND * fits
        + PER_SCORE * page.passage.score
        + PER_FEW_WORDS * few
        + PER_ONE_WORD * one
        + PER_UNRELATED * unrelated
        + PER_NOT_OWN * not_own
}

/// Whether nothing but one word tells the subject, and no heading holds it: "is there a way back?".
fn rests_on_one_word(question: &Question, rows: &[Row<'_>], spot: Spot) -> bool {
    let mut telling = rows.iter().filter(|row| row.term.weight >= SAYS_ENOUGH);
    let (Some(only), None) = (telling.next(), telling.next()) else { return false };
    question.asked == Asked::Anything && !only.term.word.is_name && only.share(spot).held <= 1.0
}

/// Whether what is asked to be done, or whose price is asked for, is said in the sentence or in what stands above it.
fn relates(relation: &Word, asked: Asked, page: &Page<'_>, spot: Spot, lexicon: &Lexicon) -> bool {
    let section = &page.sections[spot.section];
    let sentence = &section.paragraphs[spot.paragraph].sentences[spot.sentence];
    let mut said = sentence.words.iter().chain(&section.heading).chain(&page.title);
    let text = &page.passage.text[sentence.at.clone()];
    let is_priced = asked != Asked::Price || names(Asked::Price, sentence.said(), text);
    is_priced && said.any(|word| lexicon.worth(relation, word) >= FOUND_WORTH)
}

/// Whether the sentence, or the question that it answers, says where the customer's own record is found, or is the rule that it
/// follows.
fn tells_own(own: Own, question: &Question, page: &Page<'_>, spot: Spot, lexicon: &Lexicon) -> bool {
    let section = &page.sections[spot.section];
    let sentence = &section.paragraphs[spot.paragraph].sentences[spot.sentence];
    let text = &page.passage.text[sentence.at.clone()];
    let held = |term: &Term, words: &[Word]| words.iter().any(|word| lexicon.worth(&term.word, word) >= FOUND_WORTH);
    let telling: Vec<&Term> =
        question.terms.iter().filter(|term| !term.is_context && term.weight >= SAYS_ENOUGH).collect();
    let near = |words: &[Word]| {
        let is = |at: usize, list: &[&str]| list.contains(&words[at].stem.as_str());
        let any = |words: &[Word]| telling.iter().any(|term| held(term, words));
        let after = |at: usize| &words[at + 1..words.len().min(at + 1 + FINDS_WITHIN)];
        let before = |at: usize| &words[at.saturating_sub(FINDS_WITHIN)..at];
        (0..words.len()).any(|at| is(at, FINDING) && any(after(at)) || is(at, BEING_SHOWN) && any(before(at)))
    };
    let is_asked = |word: &Word| telling.iter().any(|term| held(term, std::slice::from_ref(word)));
    let is_place = |word: &Word| {
        (PLACES.contains(&word.text.as_str()) || SCREENS.contains(&word.stem.as_str())) && !is_asked(word)
    };
    let names_place = sentence.words.iter().any(is_place);
    let found = near(&sentence.words) || near(&section.heading);
    let same = |word: &Word| telling.iter().all(|term| lexicon.worth(&term.word, word) >= SAME_WORTH);
    let follows = |at: usize| &sentence.words[at + 1..sentence.words.len().min(at + 1 + FINDS_WITHIN)];
    let lies = question.asked == Asked::Place
        && !telling.is_empty()
        && (0..sentence.words.len()).any(|at| same(&sentence.words[at]) && follows(at).iter().any(is_place));
    if names_place && (found || lies) {
        return true;
    }
    let above = |term: &Term| held(term, &section.heading) || held(term, &page.title);
    let rule = || {
        telling.iter().all(|term| held(term, &sentence.words) || above(term))
            && telling.iter().any(|term| held(term, &sentence.words))
            && is_exact(question.asked, sentence.said(), text)
    };
    own == Own::Course && rule()
}

/// Whether the kind of thing that was asked for is there: 1 in the sentence, less beside it, [`NOT_THERE`] nowhere near.
fn kind(question: &Question, page: &Page<'_>, spot: Spot, lexicon: &Lexicon) -> f32 {
    let asked = question.asked;
    let paragraph = &page.sections[spot.section].paragraphs[spot.paragraph];
    let text = |at: &Range<usize>| &page.passage.text[at.clone()];
    let sentence = &paragraph.sentences[spot.sentence];
    if let Some(counted) = &question.counted {
        let held = paragraph.sentences.iter().any(|sentence| counts(counted, sentence.said(), lexicon));
        return if held { 1.0 } else { NOT_COUNTED };
    }
    if asked == Asked::Anything {
        0.0
    } else if names(asked, sentence.said(), text(&sentence.at)) {
        1.0
    } else if paragraph.sentences.iter().any(|sentence| names(asked, sentence.said(), text(&sentence.at))) {
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
