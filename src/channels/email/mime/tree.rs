//! The parts of a mail as a tree. Depth and number are bounded, and each level reads its bytes once.

use super::header::{Headers, Place};
use super::parameter::Typed;
use crate::channels::email::limits::{Limits, Omitted};

/// How far into a body a boundary is guessed from, in bytes, where none is declared.
const GUESS_WITHIN_BYTES: usize = 4096;

/// The longest boundary, in bytes: 70 by the standard, longer ones exist.
const BOUNDARY_MAX_BYTES: usize = 200;

/// What several parts are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Together {
    /// The same in several forms.
    Alternative,
    /// One after another, or one with what it shows: mixed, related, report, signed and whatever else there is.
    Sequence,
    /// Encrypted: nothing in it is ours to read.
    Encrypted,
}

/// A part.
#[derive(Debug)]
pub(in super::super) enum Node<'a> {
    /// A part with contents.
    Leaf(Leaf<'a>),
    /// A part with parts.
    Parts(Together, Vec<Node<'a>>),
}

/// Contents with what is said of them.
#[derive(Debug)]
pub(in super::super) struct Leaf<'a> {
    pub(in super::super) headers: Headers,
    /// Content-Type; `text/plain` where none is given.
    pub(in super::super) content: Typed,
    /// Content-Disposition.
    pub(in super::super) disposition: Typed,
    /// The body, still in its transfer encoding.
    pub(in super::super) body: &'a [u8],
}

/// Reads parts within limits.
struct Walk<'w> {
    limits: &'w Limits,
    omitted: &'w mut Omitted,
    parts: usize,
}

/// The tree of a mail whose header was read already.
pub(in super::super) fn read<'a>(
    headers: &Headers,
    body: &'a [u8],
    limits: &Limits,
    omitted: &mut Omitted,
) -> Node<'a> {
    let mut walk = Walk { limits, omitted, parts: 0 };
    walk.node(headers.clone(), body, "text/plain", 0)
}

impl Walk<'_> {
    fn node<'a>(&mut self, headers: Headers, body: &'a [u8], default: &str, depth: usize) -> Node<'a> {
        self.parts += 1;
        let mut content = headers.raw("content-type").map(Typed::parse).unwrap_or_default();
        if content.kind.is_empty() || !content.kind.contains('/') {
            content.kind = if content.kind == "text" { "text/plain".to_owned() } else { default.to_owned() };
        }
        if let Some(kind) = content.kind.strip_prefix("multipart/") {
            let (together, default) = match kind {
                "alternative" => (Together::Alternative, "text/plain"),
                "encrypted" => (Together::Encrypted, "text/plain"),
                "digest" => (Together::Sequence, "message/rfc822"),
                _ => (Together::Sequence, "text/plain"),
            };
            if depth >= self.limits.depth_max || self.parts >= self.limits.parts_max {
                self.omitted.parts += 1;
                return Node::Parts(together, Vec::new());
            }
            if let Some(pieces) = self.pieces(&content, body) {
                let nodes = pieces.into_iter().map(|piece| self.piece(piece, default, depth + 1)).collect();
                return Node::Parts(together, nodes);
            }
            // No boundary to be found: what is there is shown as text.
            content.kind = "text/plain".to_owned();
        }
        let disposition = headers.raw("content-disposition").map(Typed::parse).unwrap_or_default();
        Node::Leaf(Leaf { headers, content, disposition, body })
    }

    fn piece<'a>(&mut self, piece: &'a [u8], default: &str, depth: usize) -> Node<'a> {
        let (headers, at) = Headers::read(piece, Place::Part, self.limits, self.omitted);
        self.node(headers, &piece[at..], default, depth)
    }

    /// The pieces of a multipart, without preamble and epilogue.
    fn pieces<'a>(&mut self, content: &Typed, body: &'a [u8]) -> Option<Vec<&'a [u8]>> {
        let room = self.limits.parts_max.saturating_sub(self.parts);
        let declared = content.get("boundary").filter(|name| !name.is_empty() && name.len() <= BOUNDARY_MAX_BYTES);
        let found = declared.map(|boundary| between(body, boundary.as_bytes(), room));
        let (pieces, more) = found
            .filter(|(pieces, _)| !pieces.is_empty())
            .or_else(|| guessed(body).map(|boundary| between(body, boundary, room)))
            .filter(|(pieces, _)| !pieces.is_empty())?;
        self.omitted.parts += more;
        Some(pieces)
    }
}

/// The pieces between lines that are the boundary, at most `max`, and how many more there were. A last piece without an end goes to
/// the end of the body.
fn between<'a>(body: &'a [u8], boundary: &[u8], max: usize) -> (Vec<&'a [u8]>, usize) {
    let (mut pieces, mut more) = (Vec::new(), 0);
    let mut open: Option<usize> = None;
    let mut at = 0;
    let mut take = |from: usize, to: usize| {
        if pieces.len() < max { pieces.push(without_break(&body[from..to.max(from)])) } else { more += 1 }
    };
    while at < body.len() {
        let end = body[at..].iter().position(|byte| *byte == b'\n').map_or(body.len(), |found| at + found + 1);
        if let Some(is_last) = delimiter(body[at..end].trim_ascii_end(), boundary) {
            if let Some(from) = open.take() {
                take(from, at);
            }
            if is_last {
                return (pieces, more);
            }
            open = Some(end);
        }
        at = end;
    }
    if let Some(from) = open {
        take(from, body.len());
    }
    (pieces, more)
}

/// Is this line the boundary? And if so, the last one?
fn delimiter(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?;
    match rest {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

/// The break before a boundary belongs to the boundary.
fn without_break(piece: &[u8]) -> &[u8] {
    let piece = piece.strip_suffix(b"\n").unwrap_or(piece);
    piece.strip_suffix(b"\r").unwrap_or(piece)
}

/// The first line that looks like a boundary: two hyphens and a word, and a header behind it.
fn guessed(body: &[u8]) -> Option<&[u8]> {
    let head = &body[..body.len().min(GUESS_WITHIN_BYTES)];
    let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end).peekable();
    while let Some(line) = lines.next() {
        let word = line.strip_prefix(b"--").filter(|word| !word.is_empty() && word.len() <= BOUNDARY_MAX_BYTES);
        let header = lines.peek().is_some_and(|next| next.to_ascii_lowercase().starts_with(b"content-"));
        if let Some(word) = word.filter(|_| header) {
            return Some(word);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(raw: &str) -> (String, Omitted) {
        let (limits, mut omitted) = (Limits { depth_max: 4, parts_max: 8, ..Limits::default() }, Omitted::default());
        let (headers, at) = Headers::read(raw.as_bytes(), Place::Mail, &limits, &mut omitted);
        let node = read(&headers, &raw.as_bytes()[at..], &limits, &mut omitted);
        (text(&node), omitted)
    }

    fn text(node: &Node<'_>) -> String {
        match node {
            Node::Leaf(leaf) => format!("{}={}", leaf.content.kind, String::from_utf8_lossy(leaf.body)),
            Node::Parts(_, nodes) => format!("[{}]", nodes.iter().map(text).collect::<Vec<_>>().join(", ")),
        }
    }

    #[test]
    fn a_tree_is_read_with_its_breaks_in_the_right_places() {
        let raw = "Content-Type: multipart/mixed; boundary=a\n\npre\n--a\n\none\n\n--a\nContent-Type: multipart/alternative; boundary=ab\n\n\
                   --ab\n\ntwo\n--ab\nContent-Type: text/html\n\n<p>\n--ab--\nepilogue\n--a--\nafter";
        assert_eq!(shape(raw).0, "[text/plain=one\n, [text/plain=two, text/html=<p>]]");
    }

    #[test]
    fn boundaries_that_are_missing_wrong_or_open_lose_nothing() {
        let open = "Content-Type: multipart/mixed; boundary=a\n\n--a\n\none\n--a\n\ntwo";
        assert_eq!(shape(open).0, "[text/plain=one, text/plain=two]");
        let wrong = "Content-Type: multipart/mixed; boundary=zzz\n\n--a\nContent-Type: text/html\n\none\n--a--";
        assert_eq!(shape(wrong).0, "[text/html=one]");
        let none = "Content-Type: multipart/mixed\n\njust text";
        assert_eq!(shape(none).0, "text/plain=just text");
    }

    #[test]
    fn depth_and_number_are_bounded_and_what_is_over_is_counted() {
        let deep: String =
            (0..30).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n")).collect();
        let (found, omitted) = shape(&deep);
        assert_eq!((found.as_str(), omitted.parts), ("[[[[[]]]]]", 1));
        let wide = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(50));
        let (found, omitted) = shape(&wide);
        assert_eq!((found.matches("=x").count(), omitted.parts), (7, 43));
    }
}
