//! The text of a mail: which of its parts it is, and how they become one.

use std::fmt;

use super::attachment::Attachment;
use super::html;
use super::limits::{Limits, Omitted, clipped};
use super::mime::tree::{Leaf, Node, Together};
use super::mime::{charset, transfer};

/// A plain part of so few bytes that speaks of HTML beside an HTML part is a note of the program, not the text.
const NOTE_MAX_BYTES: usize = 300;

/// What stands between two texts of one mail.
const BETWEEN: &str = "\n\n";

/// The whole text of a mail, quotes and signature included, with single line feeds.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct BodyText {
    pub(super) text: String,
    pub(super) marks: Vec<Mark>,
}

/// A place where the HTML said that a quote begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// Its place in the text, in bytes: the first line that begins there or later is meant.
    pub(super) at: usize,
    pub(super) kind: MarkKind,
}

/// What the place says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MarkKind {
    /// All that follows is quoted.
    Rest,
    /// Here stands who wrote what is quoted below.
    Attribution,
}

impl BodyText {
    /// A text that came without HTML.
    pub fn plain(text: &str) -> Self {
        Self { text: normal(text), marks: Vec::new() }
    }

    /// A text that came as HTML: quotes get `> `, what is hidden goes.
    pub fn html(source: &str) -> Self {
        let (text, marks) = html::text(source);
        Self { text, marks }
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Is there nothing to read?
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    fn append(&mut self, other: Self) {
        if other.is_blank() {
            return;
        }
        if self.is_blank() {
            *self = other;
            return;
        }
        self.text.truncate(self.text.trim_end().len());
        self.text.push_str(BETWEEN);
        let at = self.text.len();
        self.text.push_str(&other.text);
        self.marks.extend(other.marks.into_iter().map(|mark| Mark { at: mark.at + at, ..mark }));
    }

    fn cut(&mut self, max_bytes: usize, omitted: &mut Omitted) {
        let kept = clipped(&self.text, max_bytes).len();
        if kept < self.text.len() {
            omitted.text = true;
            self.text.truncate(kept);
            self.marks.retain(|mark| mark.at <= kept);
        }
    }
}

impl fmt::Debug for BodyText {
    /// Shows the length only: what customers write does not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BodyText({} bytes, {} marks)", self.text.len(), self.marks.len())
    }
}

/// Text and attachments of a mail.
pub(super) fn read(root: &Node<'_>, limits: &Limits, omitted: &mut Omitted) -> (BodyText, Vec<Attachment>) {
    let mut reading = Reading { limits, omitted, attachments: Vec::new(), seen: 0 };
    let mut body = match root {
        // Even where it has a name: there is nothing else to read.
        Node::Leaf(leaf) if is_readable(leaf) => reading.text(leaf),
        node => reading.node(node),
    };
    body.cut(limits.text_max_bytes, reading.omitted);
    (body, reading.attachments)
}

struct Reading<'r> {
    limits: &'r Limits,
    omitted: &'r mut Omitted,
    attachments: Vec<Attachment>,
    /// Attachments, those that were left out too.
    seen: usize,
}

impl Reading<'_> {
    /// The text of a part. Its attachments are kept on the way.
    fn node(&mut self, node: &Node<'_>) -> BodyText {
        match node {
            Node::Leaf(leaf) if is_text(leaf) => self.text(leaf),
            Node::Leaf(leaf) => {
                self.attach(leaf);
                BodyText::default()
            }
            Node::Parts(Together::Alternative, nodes) => self.alternative(nodes),
            Node::Parts(Together::Sequence, nodes) => {
                let mut body = BodyText::default();
                for node in nodes {
                    body.append(self.node(node));
                }
                body
            }
            Node::Parts(Together::Encrypted, nodes) => {
                for leaf in nodes.iter().filter_map(leaf) {
                    self.attach(leaf);
                }
                BodyText::default()
            }
        }
    }

    /// The plain form, unless it is empty or only a note that there is HTML.
    fn alternative(&mut self, nodes: &[Node<'_>]) -> BodyText {
        let mut forms = Vec::new();
        for node in nodes {
            let is_other_form = matches!(node, Node::Leaf(leaf) if leaf.content.kind.starts_with("text/")
                && leaf.content.kind != "text/calendar" && leaf.disposition.kind != "attachment" && !is_text(leaf));
            // AMP, enriched text: one more form of the same, in a language that nobody reads.
            if !is_other_form {
                forms.push((holds_plain(node), self.node(node)));
            }
        }
        forms.retain(|(_, body)| !body.is_blank());
        let has_html = forms.iter().any(|(is_plain, _)| !is_plain);
        let plain = forms.iter().position(|(is_plain, body)| *is_plain && !(has_html && is_note(&body.text)));
        let best = plain.or_else(|| forms.len().checked_sub(1));
        best.map(|at| forms.swap_remove(at).1).unwrap_or_default()
    }

    fn text(&mut self, leaf: &Leaf<'_>) -> BodyText {
        let encoding = leaf.headers.text("content-transfer-encoding").unwrap_or_default();
        // A byte of text takes at most three of quoted-printable; what is far beyond the limit need not be decoded.
        let max = self.limits.text_max_bytes.saturating_mul(8);
        let raw = &leaf.body[..leaf.body.len().min(max)];
        self.omitted.text |= raw.len() < leaf.body.len();
        let bytes = transfer::decode(&encoding, raw);
        let text = charset::decode(leaf.content.get("charset"), &bytes);
        if leaf.content.kind == "text/html" {
            return BodyText::html(&text);
        }
        let text = normal(&text);
        let is_flowed = leaf.content.get("format").is_some_and(|format| format.eq_ignore_ascii_case("flowed"));
        let drops_space = leaf.content.get("delsp").is_some_and(|delsp| delsp.eq_ignore_ascii_case("yes"));
        let joint = if drops_space { Joint::Nothing } else { Joint::Space };
        BodyText { text: if is_flowed { flowed(&text, joint) } else { text }, marks: Vec::new() }
    }

    fn attach(&mut self, leaf: &Leaf<'_>) {
        self.seen += 1;
        let has_room = self.attachments.len() < self.limits.attachments_max;
        // Base64 takes four bytes for three, and breaks.
        let is_small = leaf.body.len() / 3 * 2 <= self.limits.attachment_max_bytes;
        let attachment = (has_room && is_small).then(|| Attachment::of(leaf, self.seen));
        match attachment.filter(|attachment| attachment.bytes.len() <= self.limits.attachment_max_bytes) {
            Some(attachment) => self.attachments.push(attachment),
            None => self.omitted.attachments += 1,
        }
    }
}

fn leaf<'n, 'a>(node: &'n Node<'a>) -> Option<&'n Leaf<'a>> {
    match node {
        Node::Leaf(leaf) => Some(leaf),
        Node::Parts(..) => None,
    }
}

/// Could this part be read as text?
fn is_readable(leaf: &Leaf<'_>) -> bool {
    let is_kind = matches!(leaf.content.kind.as_str(), "text/plain" | "text/html");
    is_kind && leaf.disposition.kind != "attachment"
}

/// Is this part, among others, text to read rather than a file?
fn is_text(leaf: &Leaf<'_>) -> bool {
    is_readable(leaf) && leaf.disposition.get("filename").or_else(|| leaf.content.get("name")).is_none()
}

fn holds_plain(node: &Node<'_>) -> bool {
    match node {
        Node::Leaf(leaf) => leaf.content.kind == "text/plain",
        Node::Parts(_, nodes) => nodes.first().is_some_and(holds_plain),
    }
}

/// Says this only that the mail should be read elsewhere?
fn is_note(text: &str) -> bool {
    let text = text.to_lowercase();
    let speaks_of_html =
        text.contains("html") && ["view", "support", "client", "display"].iter().any(|w| text.contains(w));
    text.len() <= NOTE_MAX_BYTES && speaks_of_html
}

/// The text with single line feeds.
fn normal(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// What two halves of a flowed line have between them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    Space,
    Nothing,
}

/// Joins flowed lines (RFC 3676): one that ends in a space goes on in the next of the same quote depth.
fn flowed(text: &str, joint: Joint) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.split('\n') {
        let depth = line.bytes().take_while(|byte| *byte == b'>').count();
        let content = &line[depth..];
        let content = content.strip_prefix(' ').unwrap_or(content);
        let goes_on = content.ends_with(' ') && content != "-- ";
        if open != Some(depth) || content == "-- " {
            if !out.is_empty() || open.is_some() {
                out.push('\n');
            }
            if depth > 0 {
                out.push_str(&line[..depth]);
                out.push(' ');
            }
        }
        out.push_str(if goes_on && joint == Joint::Nothing { content.trim_end_matches(' ') } else { content });
        open = goes_on.then_some(depth);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flowed_lines_are_joined_within_their_quote() {
        let text = "One \ntwo\n>three \n>four\nfive\n-- \nJo";
        assert_eq!(flowed(text, Joint::Space), "One two\n> three four\nfive\n-- \nJo");
        assert_eq!(flowed("ab \ncd", Joint::Nothing), "abcd");
        assert_eq!(flowed(" >not a quote\n\nx", Joint::Space), ">not a quote\n\nx");
    }

    #[test]
    fn pieces_of_text_are_put_together_with_their_marks() {
        let mut body = BodyText::plain("one\r\n");
        body.append(BodyText::html("<div class=yahoo_quoted>two</div>"));
        assert_eq!(body.as_str(), "one\n\ntwo");
        assert_eq!(body.marks[0].at, 5);
        body.cut(4, &mut Omitted::default());
        assert_eq!((body.as_str(), body.marks.len()), ("one\n", 0));
    }
}
