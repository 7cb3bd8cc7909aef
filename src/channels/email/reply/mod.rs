//! What of a mail is new: its text without the quote below (or above) it and without the signature.
//!
//! A guess, therefore reversible: the pieces are the whole text, in order, and nobody throws any of them away. Rather too much
//! is shown than too little: answers between quotes keep their quotes, a forward is content, and a mail of which nothing would
//! be left is shown whole.

mod attribution;
mod header_block;
mod lines;
mod separator;
mod signature;

use std::fmt;
use std::ops::Range;

use self::lines::Line;
use super::body::{BodyText, Mark, MarkKind};
use super::subject::SubjectKind;

/// What a mail of ours may begin with, so that the quote in the answer is found whatever program made it.
pub const REPLY_ABOVE: &str = "##- Please type your reply above this line -##";

/// How many lines of a mail are looked at; what follows is kept as new text.
const LINES_MAX: usize = 10_000;

/// What a piece of the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// Newly written, or forwarded.
    Reply,
    /// Quoted from an earlier mail, with the line that says whose it was.
    Quoted,
    /// The writer's signature, or the note of their telephone.
    Signature,
}

/// A text in pieces.
#[derive(Clone, PartialEq, Eq)]
pub struct Split {
    whole: String,
    pieces: Vec<(Piece, Range<usize>)>,
}

impl Split {
    /// The pieces in order. Put together they are the whole text, byte for byte.
    pub fn pieces(&self) -> impl Iterator<Item = (Piece, &str)> {
        self.pieces.iter().map(|(piece, range)| (*piece, &self.whole[range.clone()]))
    }

    /// The whole text.
    pub fn whole(&self) -> &str {
        &self.whole
    }

    /// What was newly written, trimmed.
    pub fn reply(&self) -> String {
        self.of(Piece::Reply)
    }

    /// What was quoted, trimmed.
    pub fn quoted(&self) -> String {
        self.of(Piece::Quoted)
    }

    /// The signature, trimmed.
    pub fn signature(&self) -> String {
        self.of(Piece::Signature)
    }

    fn of(&self, wanted: Piece) -> String {
        let text: String = self.pieces().filter(|(piece, _)| *piece == wanted).map(|(_, text)| text).collect();
        text.trim().to_owned()
    }
}

impl fmt::Debug for Split {
    /// Shows kinds and lengths: what customers write does not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.pieces.iter().map(|(piece, range)| (piece, range.len()))).finish()
    }
}

/// Tells what was newly written from what was quoted and signed. The subject's kind decides whether a block of headers in the text
/// begins a quote or a forwarded mail.
pub fn reply_text(body: &BodyText, subject: SubjectKind) -> Split {
    let lines = lines::read(&body.text, LINES_MAX);
    let mut kinds = vec![Piece::Reply; lines.len()];
    let end = end_of_own(&lines, &body.marks, subject);
    let own = match end {
        End::Quote(at) => {
            kinds[at..].fill(Piece::Quoted);
            at
        }
        End::Forward(at) => at,
        End::None => lines.len(),
    };
    let is_cut = matches!(end, End::Quote(_));
    let signed = signature::start(&lines[..own]);
    kinds[signed..own].fill(Piece::Signature);
    if !matches!(end, End::Forward(_)) {
        let quoted = trailing_quote(&lines[..signed], &body.marks, is_cut);
        kinds[quoted..signed].fill(Piece::Quoted);
        if quoted < signed {
            let signed = signature::start(&lines[..quoted]);
            kinds[signed..quoted].fill(Piece::Signature);
        }
        leading_quote(&lines, &mut kinds);
    }
    let is_left = lines.iter().zip(&kinds).any(|(line, kind)| *kind == Piece::Reply && !line.is_blank());
    if !is_left {
        kinds.fill(Piece::Reply);
    }
    Split { whole: body.text.clone(), pieces: pieces(&lines, &kinds, body.text.len()) }
}

/// Where what the sender wrote ends.
enum End {
    /// From this line on everything is quoted.
    Quote(usize),
    /// From this line on everything is a forwarded mail.
    Forward(usize),
    /// Nothing says so.
    None,
}

/// The first line that says that all below is something else.
fn end_of_own(lines: &[Line<'_>], marks: &[Mark], subject: SubjectKind) -> End {
    let marked: Vec<usize> =
        marks.iter().filter(|mark| mark.kind == MarkKind::Rest).map(|mark| line_at(lines, mark.at)).collect();
    for (at, line) in lines.iter().enumerate() {
        if line.text.contains(REPLY_ABOVE) {
            return End::Quote(at);
        }
        if line.is_quoted() {
            continue;
        }
        if separator::begins_forward(line.text) {
            return End::Forward(at);
        }
        let begins = separator::begins_quote(line.text)
            || (separator::is_rule(line.text) && header_block::begins(&lines[at + 1..]))
            || header_block::begins_here(&lines[at..])
            || marked.contains(&at);
        if begins {
            return if subject == SubjectKind::Forward { End::Forward(at) } else { End::Quote(at) };
        }
        if let Some(length) = attribution::strong(&lines[at..])
            && !follows_quote(&lines[at + length..])
        {
            return End::Quote(at);
        }
    }
    End::None
}

/// The first line that begins at or after this place.
fn line_at(lines: &[Line<'_>], place: usize) -> usize {
    lines.partition_point(|line| line.range.start < place)
}

/// Is the next line with something on it a quoted one?
fn follows_quote(lines: &[Line<'_>]) -> bool {
    lines.iter().find(|line| !line.is_blank()).is_some_and(Line::is_quoted)
}

/// Where the run of quoted lines at the end begins, with the line above it that says whose they are; the end where there is none.
fn trailing_quote(lines: &[Line<'_>], marks: &[Mark], is_cut: bool) -> usize {
    let kept = lines.iter().rposition(|line| !line.is_blank() && !line.is_quoted()).map_or(0, |at| at + 1);
    let has_quote = lines[kept..].iter().any(Line::is_quoted);
    if !has_quote && !is_cut {
        return lines.len();
    }
    let start = above(lines, kept, marks);
    if has_quote || start < kept { start } else { lines.len() }
}

/// Where the attribution begins that ends right above line `end`, or `end`.
fn above(lines: &[Line<'_>], end: usize, marks: &[Mark]) -> usize {
    let marked = marks.iter().filter(|mark| mark.kind == MarkKind::Attribution).map(|mark| line_at(lines, mark.at));
    let near = end.saturating_sub(attribution::LINES_MAX)..end;
    let marked = marked.filter(|at| near.contains(at)).max();
    let found = near.clone().find(|at| attribution::weak(&lines[*at..end]) == Some(end - at));
    marked.or(found).unwrap_or(end)
}

/// A quote at the very beginning with one answer below it: the quote is not part of the answer. Where answers stand between
/// several quotes, all of them are needed to understand the answers.
fn leading_quote(lines: &[Line<'_>], kinds: &mut [Piece]) {
    let own = kinds.iter().position(|kind| *kind != Piece::Reply).unwrap_or(kinds.len());
    let first = lines[..own].iter().position(Line::is_quoted);
    let Some(first) = first else { return };
    let before = above(lines, lines[..first].iter().rposition(|line| !line.is_blank()).map_or(0, |at| at + 1), &[]);
    let starts = lines[..before].iter().all(Line::is_blank);
    let Some(rest) =
        lines[first..own].iter().position(|line| !line.is_blank() && !line.is_quoted()).map(|at| at + first)
    else {
        return;
    };
    if starts && !lines[rest..own].iter().any(Line::is_quoted) {
        kinds[..rest].fill(Piece::Quoted);
    }
}

fn pieces(lines: &[Line<'_>], kinds: &[Piece], length: usize) -> Vec<(Piece, Range<usize>)> {
    let mut pieces: Vec<(Piece, Range<usize>)> = Vec::new();
    for (line, kind) in lines.iter().zip(kinds) {
        match pieces.last_mut() {
            Some((last, range)) if last == kind => range.end = line.range.end,
            _ => pieces.push((*kind, line.range.clone())),
        }
    }
    let read = lines.last().map_or(0, |line| line.range.end);
    if read < length {
        match pieces.last_mut() {
            Some((Piece::Reply, range)) => range.end = length,
            _ => pieces.push((Piece::Reply, read..length)),
        }
    }
    pieces
}

#[cfg(test)]
mod tests;
