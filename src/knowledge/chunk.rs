//! Cuts a text into chunks at its own seams: headings and blocks of Markdown, then paragraphs, sentences, words.

use text_splitter::{ChunkCharIndex, ChunkConfig, MarkdownSplitter, TextSplitter};

use crate::domain::knowledge::{Chunking, Span};

/// How a text says where its parts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// By empty lines and full stops only.
    Plain,
    /// By Markdown's headings, lists, tables and code blocks too.
    Markdown,
}

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// Its characters in the whole text.
    pub span: Span,
    /// It, without space around it.
    pub text: &'a str,
}

/// Cuts a text. No chunk is longer than `chunk_chars`; each may repeat up to `overlap_chars` of the one before. Space between
/// chunks is in none of them, and a text of space alone has none. Work that is worth a thread of its own for long texts.
pub fn chunks(text: &str, markup: Markup, chunking: Chunking) -> Vec<Chunk<'_>> {
    let size = (chunking.chunk_chars as usize).max(1);
    let overlap = (chunking.overlap_chars as usize).min(size - 1);
    // An overlap below the size is always taken.
    let config = || ChunkConfig::new(size).with_overlap(overlap).unwrap_or_else(|_| ChunkConfig::new(size));
    match markup {
        Markup::Plain => TextSplitter::new(config()).chunk_char_indices(text).map(chunk).collect(),
        Markup::Markdown => MarkdownSplitter::new(config()).chunk_char_indices(text).map(chunk).collect(),
    }
}

fn chunk(found: ChunkCharIndex<'_>) -> Chunk<'_> {
    let (start, length) = (found.char_offset as u64, found.chunk.chars().count() as u64);
    Chunk { span: Span { start, end: start + length }, text: found.chunk }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(text: &str, markup: Markup, chunk_chars: u32, overlap_chars: u32) -> Vec<Chunk<'_>> {
        chunks(text, markup, Chunking { chunk_chars, overlap_chars })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn a_chunk_is_what_its_range_says_and_nothing_but_space_is_left_out(
            text in r"(\PC|[a-z ]{1,12}|\n|# |- |\. |🙂|é|語){0,200}",
            chunk_chars in 1_u32..80,
            overlap_chars in 0_u32..80,
            markdown: bool,
        ) {
            let markup = if markdown { Markup::Markdown } else { Markup::Plain };
            let letters: Vec<char> = text.chars().collect();
            let mut covered = vec![false; letters.len()];
            let mut last_start = 0;
            for chunk in cut(&text, markup, chunk_chars, overlap_chars) {
                let range = usize::try_from(chunk.span.start)?..usize::try_from(chunk.span.end)?;
                prop_assert_eq!(letters[range.clone()].iter().collect::<String>(), chunk.text);
                prop_assert!(range.len() <= chunk_chars as usize && !chunk.text.trim().is_empty());
                prop_assert!(range.start >= last_start, "chunks are in the order of the text");
                last_start = range.start;
                covered[range].fill(true);
            }
            let lost: String = letters.iter().zip(&covered).filter(|(_, covered)| !**covered).map(|(c, _)| *c).collect();
            prop_assert_eq!(lost.trim(), "");
        }
    }

    #[test]
    fn a_chunk_repeats_the_end_of_the_one_before() {
        let text = "One two three four. Five six seven eight. Nine ten eleven twelve. Thirteen fourteen fifteen.";
        let found = cut(text, Markup::Plain, 50, 24);
        assert!(found.len() > 2);
        for pair in found.windows(2) {
            assert!(pair[1].span.start < pair[0].span.end, "{pair:?}");
            assert!(pair[0].span.end - pair[1].span.start <= 24, "{pair:?}");
        }
    }

    #[test]
    fn markdown_is_cut_at_its_headings() {
        let text = "# Returns\n\nWithin 30 days.\n\n# Shipping\n\nTwo to four days.\n";
        let found = cut(text, Markup::Markdown, 40, 0);
        assert_eq!(found.len(), 2);
        assert!(found[0].text.starts_with("# Returns") && found[1].text.starts_with("# Shipping"));
    }
}
