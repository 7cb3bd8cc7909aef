//! The text of a page from where its glyphs stand: words, lines, paragraphs, headings, lists.
//!
//! A PDF says where each piece of text is drawn and nothing else. Distances are told in user space (ISO 32000-1, 8.3),
//! along the direction of writing and across it, so that turned text reads like upright text.

use std::collections::HashMap;
use std::io;

use pdf_extract::{MediaBox, OutputDev, OutputError, Transform};

/// A gap between two pieces of a line that is a space, in parts of the letters' size; kerning moves them by less.
const SPACE: f64 = 0.1;
/// A step across a line after which the text goes on in another line, where it also moves back.
const NEXT_LINE: f64 = 0.5;
/// A step that is another line wherever it goes on, and another paragraph where a page does not tell its usual step.
const FAR_LINE: f64 = 1.5;
/// How far text may move back on its own line; farther is another column or cell.
const BACK: f64 = 2.0;
/// A step is another paragraph from so many times the usual one on.
const PARAGRAPH: f64 = 1.25;
/// The widest usual step from line to line: beyond are lists of single lines.
const USUAL_MAX: f64 = 2.5;
/// A line fills its column from this part of the widest line's length on.
const FULL_LINE: f64 = 0.7;
/// How many full lines tell the usual step.
const FULL_LINES_MIN: usize = 2;
/// Letters are a heading's from so many times the size of the page's commonest on.
const HEADING: f64 = 1.15;
/// The same, for a heading of the first rank.
const TITLE: f64 = 1.6;
/// The longest heading, in characters; longer is text in large letters.
const HEADING_MAX_CHARS: usize = 150;

/// Signs that begin an item of a list; the last two are bullets of symbol fonts.
const BULLETS: &[char] = &['•', '◦', '▪', '▸', '●', '○', '■', '‣', '\u{f0b7}', '\u{f0a7}'];

/// Signs that stand for several letters; words are found by their letters.
const LIGATURES: [(&str, &str); 5] =
    [("\u{fb03}", "ffi"), ("\u{fb04}", "ffl"), ("\u{fb00}", "ff"), ("\u{fb01}", "fi"), ("\u{fb02}", "fl")];

/// Where a glyph stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// Which way the text runs, of length 1.
    direction: (f64, f64),
    along: f64,
    across: f64,
    /// How high the letters are.
    size: f64,
    /// Where the glyph ends, along.
    end: f64,
}

impl Place {
    fn of(trm: &Transform, width: f64, spacing: f64, font_size: f64) -> Self {
        // Letters of a negative size run against the axis along which the text is written.
        let side = font_size.signum();
        let length = trm.m11.hypot(trm.m12);
        let direction = if length > 0.0 { (side * trm.m11 / length, side * trm.m12 / length) } else { (1.0, 0.0) };
        let along = trm.m31 * direction.0 + trm.m32 * direction.1;
        // How high they are: wide and narrow letters of a line are of one size.
        let height = (trm.m11 * trm.m22 - trm.m12 * trm.m21).abs() / length;
        Self {
            direction,
            along,
            across: trm.m32 * direction.0 - trm.m31 * direction.1,
            size: font_size.abs() * if height.is_finite() { height } else { 0.0 },
            end: along + side * (width * font_size + spacing) * length,
        }
    }

    fn turns_from(&self, other: &Self) -> bool {
        self.direction.0 * other.direction.0 + self.direction.1 * other.direction.1 < 0.99
    }

    /// How text at this place follows text that ended there.
    fn after(&self, last: &Self) -> Follows {
        let size = self.size.max(last.size);
        let step = (self.across - last.across).abs();
        let is_elsewhere = step > size * FAR_LINE
            || self.along < last.end && step > size * NEXT_LINE
            || self.along < last.end - size * BACK;
        if self.turns_from(last) || is_elsewhere {
            Follows::OnAnotherLine
        } else if self.along > last.end + self.size * SPACE {
            Follows::AfterASpace
        } else {
            Follows::AtOnce
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follows {
    AtOnce,
    AfterASpace,
    OnAnotherLine,
}

#[derive(Debug)]
struct Line {
    text: String,
    /// Where its first glyph stands.
    start: Place,
    /// Where its last glyph ends, along.
    end: f64,
}

impl Line {
    fn length(&self) -> f64 {
        self.end - self.start.along
    }

    /// The step down to the next line, in parts of the letters' size; none to a line elsewhere or of another size.
    fn step_to(&self, next: &Self) -> Option<f64> {
        let is_like = self.has_size_of(next) && !self.start.turns_from(&next.start);
        let step = (self.start.across - next.start.across) / self.start.size;
        (is_like && step > 0.0).then_some(step)
    }

    fn has_size_of(&self, other: &Self) -> bool {
        self.start.size < other.start.size * HEADING && other.start.size < self.start.size * HEADING
    }

    /// Whether the next line is the rest of this one's sentence, whatever stands between.
    fn flows_into(&self, next: &Self) -> bool {
        let goes_on = self.text.trim_end().ends_with(|last: char| last.is_alphanumeric() || matches!(last, ',' | '-'));
        goes_on && next.text.starts_with(char::is_lowercase)
    }
}

/// Takes the glyphs of a page and gives its text.
#[derive(Debug)]
pub(super) struct Layout {
    lines: Vec<Line>,
    /// Where the last glyph stood.
    last: Option<Place>,
    /// Whether the next glyph is the first of a piece.
    begins: bool,
    /// How much more text may come, in bytes.
    left_bytes: usize,
    is_over: bool,
}

impl Layout {
    /// A page that may have so much text, in bytes.
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { lines: Vec::new(), last: None, begins: true, left_bytes: max_bytes, is_over: false }
    }

    /// Whether the page had more text than it may have.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// The text: one line for each line, an empty line between paragraphs, `# ` and `## ` before headings, `- ` before
    /// the items of lists.
    pub(super) fn text(&self) -> String {
        let lines: Vec<&Line> = self.lines.iter().filter(|line| !line.text.trim().is_empty()).collect();
        let (body, usual) = (body_size(&lines), usual_step(&lines));
        let mut text = String::new();
        let mut above: Option<(&Line, usize)> = None;
        for line in lines {
            let rank = rank(line, body);
            let between = above.map_or("", |(above, rank_above)| match rank_above == rank {
                true if rank > 0 && above.step_to(line).is_some_and(|step| step <= FAR_LINE) => " ",
                true if rank == 0 && is_one_paragraph(above, line, usual) => "\n",
                _ => "\n\n",
            });
            text.push_str(between);
            if between != " " {
                text.push_str(["", "# ", "## "][rank]);
            }
            match line.text.trim_start().strip_prefix(BULLETS) {
                Some(item) if rank == 0 => text.extend(["- ", item.trim_start()]),
                _ => text.push_str(&line.text),
            }
            above = Some((line, rank));
        }
        text
    }

    fn put(&mut self, letters: &str, place: Place) -> Result<(), OutputError> {
        let follows = match self.last {
            None => Follows::OnAnotherLine,
            Some(last) if self.begins => place.after(&last),
            Some(_) => Follows::AtOnce,
        };
        self.begins = false;
        self.last = Some(place);
        // A line and the space before a piece cost a byte, so that pieces without text come to an end too.
        let cost = letters.len() + usize::from(follows != Follows::AtOnce);
        let Some(left) = self.left_bytes.checked_sub(cost) else {
            self.is_over = true;
            return Err(OutputError::IoError(io::Error::other("more text than may be")));
        };
        self.left_bytes = left;
        if follows == Follows::OnAnotherLine {
            self.lines.push(Line { text: String::new(), start: place, end: place.end });
        }
        let Some(line) = self.lines.last_mut() else { return Ok(()) };
        if follows == Follows::AfterASpace && !line.text.ends_with(' ') {
            line.text.push(' ');
        }
        if letters != " " || !line.text.ends_with(' ') {
            line.text.push_str(LIGATURES.iter().find(|(sign, _)| *sign == letters).map_or(letters, |(_, spelt)| spelt));
        }
        line.end = place.end;
        Ok(())
    }
}

impl OutputDev for Layout {
    fn begin_page(&mut self, _: u32, _: &MediaBox, _: Option<(f64, f64, f64, f64)>) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_page(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn output_character(
        &mut self,
        trm: &Transform,
        width: f64,
        spacing: f64,
        font_size: f64,
        letters: &str,
    ) -> Result<(), OutputError> {
        self.put(letters, Place::of(trm, width, spacing, font_size))
    }

    fn begin_word(&mut self) -> Result<(), OutputError> {
        self.begins = true;
        Ok(())
    }

    fn end_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), OutputError> {
        Ok(())
    }
}

/// A size or step as one that others are like, in tenths.
#[expect(clippy::cast_possible_truncation, reason = "sizes of letters; a cast of a float ends at the type's bounds")]
fn tenths(measure: f64) -> i64 {
    (measure * 10.0).round() as i64
}

/// The size that most letters of the page have.
fn body_size(lines: &[&Line]) -> f64 {
    let mut letters: HashMap<i64, (usize, f64)> = HashMap::new();
    for line in lines {
        letters.entry(tenths(line.start.size)).or_insert((0, line.start.size)).0 += line.text.len();
    }
    letters.values().max_by(|(a, x), (b, y)| a.cmp(b).then(y.total_cmp(x))).map_or(0.0, |(_, size)| *size)
}

/// The step from line to line within paragraphs, in parts of the letters' size; none where the page does not tell.
fn usual_step(lines: &[&Line]) -> Option<f64> {
    let widest = lines.iter().map(|line| line.length()).fold(0.0, f64::max);
    let mut seen: HashMap<i64, (usize, f64)> = HashMap::new();
    for pair in lines.windows(2).filter(|pair| pair[0].length() >= widest * FULL_LINE) {
        if let Some(step) = pair[0].step_to(pair[1]).filter(|step| *step <= USUAL_MAX) {
            seen.entry(tenths(step)).or_insert((0, step)).0 += 1;
        }
    }
    let (count, step) = seen.values().max_by(|(a, x), (b, y)| a.cmp(b).then(y.total_cmp(x)))?;
    (*count >= FULL_LINES_MIN).then_some(*step)
}

fn is_one_paragraph(above: &Line, line: &Line, usual: Option<f64>) -> bool {
    let limit = usual.map_or(FAR_LINE, |usual| usual * PARAGRAPH);
    let is_near = above.step_to(line).is_some_and(|step| step <= limit);
    is_near || above.has_size_of(line) && above.flows_into(line)
}

/// 0 for text, else the rank of the heading that a line is.
fn rank(line: &Line, body: f64) -> usize {
    let reads = line.text.chars().any(char::is_alphabetic) && line.text.chars().count() <= HEADING_MAX_CHARS;
    match line.start.size / body {
        _ if !reads => 0,
        larger if larger >= TITLE => 1,
        larger if larger >= HEADING => 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::Layout;

    use pdf_extract::{OutputDev as _, Transform};

    /// The text of pieces, each of letters half as wide as their size, at (x, y).
    fn text(pieces: &[(f64, f64, f64, &str)]) -> String {
        turned((1.0, 0.0), pieces)
    }

    /// The same, written in a direction, places told along it and across.
    fn turned((x, y): (f64, f64), pieces: &[(f64, f64, f64, &str)]) -> String {
        let mut layout = Layout::new(10_000);
        for (along, across, size, letters) in pieces {
            layout.begin_word().unwrap();
            for (index, letter) in letters.chars().enumerate() {
                let along = along + size * 0.5 * index as f64;
                let (east, north) = (along * x - across * y, along * y + across * x);
                let trm = Transform::row_major(x, y, -y, x, east, north);
                layout.output_character(&trm, 0.5, 0.0, *size, &letter.to_string()).unwrap();
            }
            layout.end_word().unwrap();
        }
        layout.text()
    }

    #[test]
    fn a_gap_is_a_space_and_kerning_is_none() {
        let pieces =
            [(0.0, 0.0, 10.0, "tak"), (14.6, 0.0, 10.0, "es"), (27.0, 0.0, 10.0, "three"), (60.0, 0.0, 10.0, " days")];
        assert_eq!(text(&pieces), "takes three days");
    }

    #[test]
    fn wide_lines_are_one_paragraph_and_a_wider_step_begins_another() {
        let pieces = [
            (0.0, 700.0, 10.0, "The kiln stays shut until it"),
            (0.0, 680.0, 10.0, "is below ninety degrees. See"),
            (0.0, 660.0, 10.0, "Tuesday's list for the days."),
            (0.0, 620.0, 10.0, "Fees are paid at the desk."),
        ];
        let paragraph = "The kiln stays shut until it\nis below ninety degrees. See\nTuesday's list for the days.";
        assert_eq!(text(&pieces), format!("{paragraph}\n\nFees are paid at the desk."));
    }

    #[test]
    fn larger_letters_are_headings_and_bullets_begin_items() {
        let pieces = [
            (0.0, 700.0, 20.0, "Terms for"),
            (0.0, 676.0, 20.0, "members"),
            (0.0, 640.0, 12.0, "Shelves"),
            (0.0, 620.0, 10.0, "\u{2022}"),
            (9.0, 620.0, 10.0, "Bring your own."),
            (0.0, 608.0, 10.0, "\u{f0b7} Label each."),
        ];
        assert_eq!(text(&pieces), "# Terms for members\n\n## Shelves\n\n- Bring your own.\n- Label each.");
    }

    #[test]
    fn turned_text_reads_like_upright_text() {
        let pieces = [(0.0, 50.0, 10.0, "up the"), (35.0, 50.0, 10.0, "side"), (0.0, 38.0, 10.0, "of a page")];
        for direction in [(1.0, 0.0), (0.0, 1.0), (0.0, -1.0), (-1.0, 0.0)] {
            assert_eq!(turned(direction, &pieces), "up the side\nof a page");
        }
    }

    #[test]
    fn a_column_beside_begins_another_line_and_its_sentence_goes_on() {
        let pieces = [(0.0, 100.0, 10.0, "cancels"), (200.0, 160.0, 10.0, "is free."), (0.0, 160.0, 10.0, "Next")];
        assert_eq!(text(&pieces), "cancels\nis free.\n\nNext");
    }

    #[test]
    fn signs_for_several_letters_are_spelt() {
        let sign = |letters| (0.0, 0.0, 10.0, letters);
        assert_eq!(text(&[sign("the \u{fb01}ring of an o\u{fb03}ce")]), "the firing of an office");
    }

    #[test]
    fn a_page_ends_at_its_bound_even_without_letters() {
        let mut layout = Layout::new(20);
        let took = (0..100).take_while(|row| {
            layout.begin_word().unwrap();
            let place = Transform::row_major(1.0, 0.0, 0.0, 1.0, 0.0, -20.0 * f64::from(*row));
            layout.output_character(&place, 0.0, 0.0, 10.0, "").is_ok()
        });
        assert_eq!(took.count(), 20);
        assert!(layout.is_over());
    }

    /// The text of words, each with the place of its first letter, how wide its letters are drawn and its font's size.
    fn drawn(words: &[(f64, f64, f64, f64, &str)]) -> String {
        let mut layout = Layout::new(10_000);
        for (x, y, stretch, size, letters) in words {
            layout.begin_word().unwrap();
            for (index, letter) in letters.chars().enumerate() {
                let x = x + 0.5 * index as f64 * size * stretch;
                let trm = Transform::row_major(*stretch, 0.0, 0.0, size.signum(), x, *y);
                layout.output_character(&trm, 0.5, 0.0, *size, &letter.to_string()).unwrap();
            }
        }
        layout.text()
    }

    #[test]
    fn words_that_are_drawn_wide_or_narrow_are_no_headings() {
        let words = [
            (0.0, 20.0, 1.4, 10.0, "Returns"),
            (55.0, 20.0, 0.7, 10.0, "are"),
            (0.0, 8.0, 0.8, 10.0, "free"),
            (20.0, 8.0, 1.2, 10.0, "of"),
        ];
        assert_eq!(drawn(&words), "Returns are\nfree of");
    }

    #[test]
    fn letters_of_a_negative_size_read_like_others() {
        let words =
            [(0.0, 20.0, -1.0, -10.0, "Returns"), (40.0, 20.0, -1.0, -10.0, "are"), (0.0, 8.0, -1.0, -10.0, "free")];
        assert_eq!(drawn(&words), "Returns are\nfree");
    }

    #[test]
    fn places_that_are_no_numbers_are_no_fault() {
        let pieces = [(f64::NAN, 0.0, 10.0, "a"), (0.0, f64::INFINITY, 0.0, "b"), (0.0, 0.0, -1.0, "c")];
        assert!(["a", "b", "c"].iter().all(|letter| text(&pieces).contains(letter)));
    }
}
