//! A text in parts that fit: after a sentence, else after a word, else between characters as people see them.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::channels::capability::{Gauge, TextLimit};

/// A text in parts, which put together are the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split<'a> {
    /// The parts; one that is empty for an empty text.
    pub parts: Vec<&'a str>,
    /// Whether a character of many code points (a grapheme cluster) had to be cut, because it alone is too long.
    pub cut_character: bool,
}

/// Cuts a text into parts that fit, as few cuts as that takes and each where it hurts least.
///
/// No part is less than a third full for the sake of a better place, so the work is in proportion to the text.
pub fn split(text: &str, limit: TextLimit) -> Split<'_> {
    let (mut parts, mut rest, mut cut_character) = (Vec::new(), text, false);
    loop {
        let (end, cut) = first_part(rest, limit);
        cut_character |= cut;
        let (part, after) = rest.split_at(end);
        parts.push(part);
        rest = after;
        if rest.is_empty() {
            return Split { parts, cut_character };
        }
    }
}

/// Where the first part ends, and whether that is within a character.
fn first_part(text: &str, limit: TextLimit) -> (usize, bool) {
    let mut gauge = Gauge::new(limit.unit);
    let mut places = Places::default();
    for (at, cluster) in text.grapheme_indices(true) {
        gauge.push(cluster);
        if gauge.reads() > limit.max {
            return if at == 0 { (part_of_character(cluster, limit), true) } else { (places.best(at, cluster), false) };
        }
        places.pass(at, cluster);
    }
    (text.len(), false)
}

/// How much fits of a character that does not; at least one code point, so that there is always an end.
fn part_of_character(cluster: &str, limit: TextLimit) -> usize {
    let mut gauge = Gauge::new(limit.unit);
    let first = cluster.chars().next().map_or(cluster.len(), char::len_utf8);
    let too_long = cluster.char_indices().find(|(at, c)| {
        gauge.push(&cluster[*at..*at + c.len_utf8()]);
        gauge.reads() > limit.max
    });
    too_long.map_or(cluster.len(), |(at, _)| at.max(first))
}

/// Places where a text may be cut, as they are passed.
#[derive(Default)]
struct Places {
    /// After the last sentence, with the space behind it.
    sentence: usize,
    /// After the last word, with the space behind it.
    word: usize,
    /// Whether the last character ends a sentence.
    after_mark: bool,
}

impl Places {
    fn pass(&mut self, at: usize, cluster: &str) {
        let end = at + cluster.len();
        if is_blank(cluster) {
            self.word = end;
            // Blanks after the end of a sentence belong to it, however many.
            if self.after_mark || self.sentence == at || cluster.contains('\n') {
                self.sentence = end;
            }
        }
        if cluster.ends_with(['\u{3002}', '\u{ff01}', '\u{ff1f}']) {
            // These scripts have no space after a sentence.
            (self.sentence, self.word) = (end, end);
        }
        let closes = cluster.ends_with(['"', '\'', ')', ']', '\u{201d}', '\u{2019}', '\u{bb}', '*', '_']);
        self.after_mark = cluster.ends_with(['.', '!', '?', '\u{2026}', '\u{964}']) || (self.after_mark && closes);
    }

    /// The best place, when the cluster at `at` does not fit any more.
    fn best(&self, at: usize, cluster: &str) -> usize {
        let far_enough = |place: &usize| *place >= at.div_ceil(3) && *place > 0;
        let here = is_blank(cluster).then_some(at);
        let sentence = Some(self.sentence).filter(far_enough);
        sentence.or(here).or(Some(self.word).filter(far_enough)).unwrap_or(at)
    }
}

fn is_blank(cluster: &str) -> bool {
    cluster.chars().all(char::is_whitespace)
}
