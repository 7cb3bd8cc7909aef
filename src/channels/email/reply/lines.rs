//! A text as lines that know their place in it.

use std::ops::Range;

/// A line.
#[derive(Debug, Clone)]
pub(super) struct Line<'a> {
    /// Without its break and the spaces around it.
    pub(super) text: &'a str,
    /// As it stands, without its break.
    pub(super) raw: &'a str,
    /// Its place in the text, break included.
    pub(super) range: Range<usize>,
}

impl Line<'_> {
    pub(super) fn is_blank(&self) -> bool {
        self.text.is_empty()
    }

    /// Does it begin as quoted lines do?
    pub(super) fn is_quoted(&self) -> bool {
        self.text.starts_with('>')
    }
}

/// The first `max` lines.
pub(super) fn read(text: &str, max: usize) -> Vec<Line<'_>> {
    let mut at = 0;
    let line = |whole: &'_ str| {
        let range = at..at + whole.len();
        at = range.end;
        range
    };
    let ranges: Vec<Range<usize>> = text.split_inclusive('\n').take(max).map(line).collect();
    ranges
        .into_iter()
        .map(|range| {
            let raw = text[range.clone()].trim_end_matches(['\n', '\r']);
            Line { text: raw.trim(), raw, range }
        })
        .collect()
}
