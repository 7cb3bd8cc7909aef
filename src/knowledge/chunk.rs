//! Cuts a text into chunks at its own seams: headings and blocks of Markdown, then paragraphs, sentences, words.

use text_splitter::{ChunkConfig, MarkdownSplitter, TextSplitter};

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

/// The library looks at all seams behind each chunk, so long texts are given to it in pieces: what it costs grows with the
/// text and not with its square, whatever somebody has written. In bytes; more where chunks are long, of which there are few.
const PIECE_MIN_BYTES: usize = 16 * 1024;

/// How many bytes a piece has at least for each character of a chunk.
const PIECE_BYTES_PER_CHAR: usize = 8;

/// Cuts a text. No chunk is longer than `chunk_chars`; each may repeat up to `overlap_chars` of the one before. Space between
/// chunks is in none of them, and a text of space alone has none. Work that is worth a thread of its own for long texts; what
/// is not asked for is not cut.
pub fn chunks(text: &str, markup: Markup, chunking: Chunking) -> impl Iterator<Item = Chunk<'_>> {
    let mut chars = 0;
    let piece_bytes = (chunking.chunk_chars as usize).saturating_mul(PIECE_BYTES_PER_CHAR).max(PIECE_MIN_BYTES);
    pieces(text, piece_bytes).flat_map(move |piece| {
        let found = cut(piece, chars, markup, chunking);
        chars += piece.chars().count() as u64;
        found
    })
}

/// Cuts a piece of a text, before which so many characters stand.
fn cut(piece: &str, before: u64, markup: Markup, chunking: Chunking) -> Vec<Chunk<'_>> {
    let size = (chunking.chunk_chars as usize).max(1);
    let overlap = (chunking.overlap_chars as usize).min(size - 1);
    // An overlap below the size is always taken.
    let config = || ChunkConfig::new(size).with_overlap(overlap).unwrap_or_else(|_| ChunkConfig::new(size));
    match markup {
        Markup::Plain => placed(piece, before, TextSplitter::new(config()).chunk_indices(piece)),
        Markup::Markdown => placed(piece, before, MarkdownSplitter::new(config()).chunk_indices(piece)),
    }
}

/// The chunks of a piece where the library found them, in bytes. Some that repeat the one before begin before it: of those, what is new is
/// kept.
fn placed<'a>(piece: &'a str, before: u64, found: impl Iterator<Item = (usize, &'a str)>) -> Vec<Chunk<'a>> {
    let (mut last, mut last_end, mut chars) = (0, 0, before);
    let mut chunks = Vec::new();
    for (at, text) in found {
        let (start, end) = (at.max(last), at + text.len());
        let (Some(between), Some(text)) = (piece.get(last..start), piece.get(start..end)) else { continue };
        if end <= last_end {
            continue;
        }
        chars += between.chars().count() as u64;
        (last, last_end) = (start, end);
        chunks.push(Chunk { span: Span { start: chars, end: chars + text.chars().count() as u64 }, text });
    }
    chunks
}

/// A text in pieces that end at a paragraph, else a line, else a word, else anywhere.
fn pieces(text: &str, piece_bytes: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, behind) = rest.split_at(piece_end(rest, piece_bytes));
        rest = behind;
        Some(piece)
    })
}

fn piece_end(text: &str, piece_bytes: usize) -> usize {
    if text.len() <= piece_bytes {
        return text.len();
    }
    let window = &text[..text.floor_char_boundary(piece_bytes)];
    let behind = |seam: &str| window.rfind(seam).map(|at| at + seam.len()).filter(|end| *end > piece_bytes / 2);
    behind("\n\n").or_else(|| behind("\n")).or_else(|| behind(" ")).unwrap_or(window.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(text: &str, markup: Markup, chunk_chars: u32, overlap_chars: u32) -> Vec<Chunk<'_>> {
        chunks(text, markup, Chunking { chunk_chars, overlap_chars }).collect()
    }

    #[test]
    fn a_long_text_is_cut_in_pieces_and_every_range_is_of_the_whole() {
        let long = "Wörter über Wörter. ".repeat(5_000) + "\n\n# Ende\n\nSchluß.";
        let letters: Vec<char> = long.chars().collect();
        for markup in [Markup::Plain, Markup::Markdown] {
            let found = cut(&long, markup, 1_000, 150);
            assert!(found.len() > 100 && found.last().is_some_and(|last| last.text.ends_with("Schluß.")));
            for chunk in &found {
                let range = usize::try_from(chunk.span.start).unwrap()..usize::try_from(chunk.span.end).unwrap();
                assert_eq!(letters[range].iter().collect::<String>(), chunk.text);
            }
        }
        let unbroken = "語".repeat(50_000);
        let found = cut(&unbroken, Markup::Plain, 8_000, 0);
        assert_eq!(found.iter().map(|chunk| chunk.text.chars().count()).sum::<usize>(), 50_000);
    }

    #[test]
    fn what_is_written_to_be_slow_is_cut_as_far_as_is_asked() {
        for seam in ["a\n", "> ", "[", "* a\n\n", "`", "<b>", "|a"] {
            let text = seam.repeat(400_000 / seam.len());
            let began = std::time::Instant::now();
            let few = chunks(&text, Markup::Markdown, Chunking { chunk_chars: 50, overlap_chars: 8 }).take(20).count();
            assert!(few <= 20 && began.elapsed().as_secs() < 60, "{seam:?}: {:?}", began.elapsed());
        }
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
    fn no_chunk_begins_before_the_one_before_it() {
        let found = cut(".  \n  aaa  aa      a\n- \n", Markup::Markdown, 18, 14);
        assert!(found.is_sorted_by_key(|chunk| chunk.span.start), "{found:?}");
        assert_eq!(found.last().map(|last| last.span.end), Some(22), "{found:?}");
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
