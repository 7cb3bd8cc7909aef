//! HTML of mails as text: quotes get `> `, what is hidden or runs goes, and where a program marks its quote is kept.
//!
//! A reader of tags in one pass, without a tree: nesting and attributes without end cost nothing but their own length.

use mail_parser::decoders::html::add_html_token;

use super::body::{Mark, MarkKind};
use super::limits::clipped;

/// How deep quotes are drawn.
const QUOTES_MAX: usize = 10;

/// The longest tag that is read, in bytes; of a longer one only the beginning counts.
const TAG_MAX_BYTES: usize = 8 * 1024;

/// The most places that are kept where a quote begins; the first ones matter.
const MARKS_MAX: usize = 100;

/// The longest name of an element that is looked at, in bytes.
const NAME_MAX_BYTES: usize = 40;

/// The longest entity (`&CounterClockwiseContourIntegral;`), in bytes.
const ENTITY_MAX_BYTES: usize = 40;

/// The longest address of a link that is written behind its text, in bytes; longer ones are for counting clicks.
const LINK_MAX_BYTES: usize = 200;

/// What is in these nobody reads.
const LEFT_OUT: [&str; 7] = ["head", "template", "svg", "math", "object", "noscript", "select"];

/// Neither in these, and their contents are no tags: they end at their own end tag alone.
const RAW: [&str; 5] = ["script", "style", "title", "textarea", "xmp"];

/// Elements whose end may be left out, or that have none: hiding one of them might hide the rest of the mail.
const OPEN_ENDED: [&str; 18] = [
    "p", "li", "dt", "dd", "tr", "td", "th", "tbody", "body", "html", "br", "img", "hr", "input", "meta", "link",
    "col", "wbr",
];

/// What stands between two pieces of text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    Space,
    Line,
    Paragraph,
}

/// A tag: its name in lower case, and its attributes as they are written.
struct Tag<'a> {
    name: String,
    is_end: bool,
    attributes: &'a str,
}

#[derive(Default)]
struct Page {
    out: String,
    marks: Vec<Mark>,
    gap: Gap,
    /// The next text begins with it: a list's item.
    bullet: bool,
    quotes: usize,
    /// Block quotes that are open, and whether each counts as a quote.
    blocks: Vec<bool>,
    /// The element that is left out, and how many of its name are open.
    left_out: Option<(String, usize)>,
    in_pre: bool,
    /// The address of the open link, and where its text begins.
    link: Option<(String, usize)>,
}

/// Reads a page. The marks are offsets into the text, in bytes.
pub(super) fn text(html: &str) -> (String, Vec<Mark>) {
    let mut page = Page::default();
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        page.say(&rest[..open]);
        rest = &rest[open..];
        rest = match special(rest) {
            Some(after) => after,
            None => match tag(rest) {
                Some((tag, after)) => page.tagged(&tag, after),
                None => {
                    page.say("<");
                    &rest[1..]
                }
            },
        };
    }
    page.say(rest);
    (page.out.trim_end().to_owned(), page.marks)
}

/// Skips a comment, a doctype or a processing instruction. One without an end takes the rest.
fn special(rest: &str) -> Option<&str> {
    let end = if rest.starts_with("<!--") {
        "-->"
    } else if rest.starts_with("<!") || rest.starts_with("<?") {
        ">"
    } else {
        return None;
    };
    Some(rest.split_once(end).map_or("", |(_, after)| after))
}

/// The tag at the beginning, and what follows it. `None` where it is but a less-than sign.
fn tag(rest: &str) -> Option<(Tag<'_>, &str)> {
    let inner = rest.get(1..)?;
    let (is_end, inner) = inner.strip_prefix('/').map_or((false, inner), |inner| (true, inner));
    if !inner.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let name_end = inner.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).unwrap_or(inner.len());
    let mut quote = None;
    let mut end = inner.len();
    for (at, byte) in inner.bytes().enumerate().skip(name_end) {
        match (quote, byte) {
            (None, b'>') => {
                end = at;
                break;
            }
            (None, b'"' | b'\'') if inner.as_bytes()[at - 1] == b'=' => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    let attributes = &inner[name_end..end];
    let attributes = clipped(attributes, TAG_MAX_BYTES);
    let name = clipped(&inner[..name_end], NAME_MAX_BYTES).to_ascii_lowercase();
    Some((Tag { name, is_end, attributes }, inner.get(end + 1..).unwrap_or("")))
}

impl Tag<'_> {
    /// An attribute's value in lower case, entities as they are; empty where there is none.
    fn get(&self, name: &str) -> String {
        self.raw(name).to_ascii_lowercase()
    }

    fn raw(&self, name: &str) -> &str {
        let mut rest = self.attributes;
        while let Some(equals) = rest.find('=') {
            let key =
                rest[..equals].trim_end().rsplit(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
            let after = rest[equals + 1..].trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
            let (value, next) = match quote {
                Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                None => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
            };
            if key.eq_ignore_ascii_case(name) {
                return value;
            }
            rest = next;
        }
        ""
    }

    fn is_hidden(&self) -> bool {
        let style: String = self.get("style").split_whitespace().collect();
        style.contains("display:none") || style.contains("mso-hide:all")
    }
}

impl Page {
    /// Takes a tag in; gives what is to be read next.
    fn tagged<'a>(&mut self, tag: &Tag<'_>, after: &'a str) -> &'a str {
        if let Some((name, open)) = &mut self.left_out {
            if *name == tag.name {
                *open = if tag.is_end { *open - 1 } else { *open + 1 };
                if *open == 0 {
                    self.left_out = None;
                }
            } else if name == "head" && tag.name == "body" {
                self.left_out = None;
            }
            return after;
        }
        if tag.is_end {
            self.closed(&tag.name);
            return after;
        }
        let hides = tag.is_hidden() && !OPEN_ENDED.contains(&tag.name.as_str());
        if RAW.contains(&tag.name.as_str()) {
            return past_raw(after, &tag.name);
        }
        if LEFT_OUT.contains(&tag.name.as_str()) || hides {
            if !tag.attributes.ends_with('/') {
                self.left_out = Some((tag.name.clone(), 1));
            }
            return after;
        }
        self.opened(tag);
        after
    }

    fn opened(&mut self, tag: &Tag<'_>) {
        self.mark(tag);
        match tag.name.as_str() {
            "br" => {
                // Two of them are an empty line.
                self.gap = if self.gap >= Gap::Line { Gap::Paragraph } else { Gap::Line };
            }
            "blockquote" => {
                let style: String = tag.get("style").split_whitespace().collect();
                let is_quote = !style.contains("border:none");
                self.blocks.push(is_quote);
                self.widen(Gap::Line);
                self.quotes += usize::from(is_quote);
            }
            "li" => {
                self.widen(Gap::Line);
                self.bullet = true;
            }
            "pre" => {
                self.widen(Gap::Paragraph);
                self.in_pre = true;
            }
            "td" | "th" => self.widen(Gap::Space),
            "a" => self.link = Some((tag.raw("href").trim().to_owned(), self.out.len())),
            name => self.widen(gap(name)),
        }
    }

    fn closed(&mut self, name: &str) {
        match name {
            "blockquote" => {
                self.widen(Gap::Line);
                self.quotes = self.quotes.saturating_sub(usize::from(self.blocks.pop().unwrap_or(false)));
            }
            "pre" => {
                self.in_pre = false;
                self.widen(Gap::Paragraph);
            }
            "a" => self.link_ends(),
            name => self.widen(gap(name)),
        }
    }

    /// Keeps where a mail program says that its quote begins.
    fn mark(&mut self, tag: &Tag<'_>) {
        let (id, class) = (tag.get("id"), tag.get("class"));
        let is =
            |value: &str, words: &[&str]| words.iter().any(|word| value.split_whitespace().any(|found| found == *word));
        let rest = is(
            &id,
            &["appendonsend", "divrplyfwdmsg", "olk_src_body_section", "mail-editor-reference-message-container"],
        ) || is(
            &class,
            &["yahoo_quoted", "protonmail_quote", "tutanota_quote", "zmail_extra", "outlookmessageheader"],
        ) || (tag.name == "div" && tag.get("name") == "quote");
        let attribution = is(&class, &["gmail_attr", "moz-cite-prefix", "gmail_quote_attribution"]);
        if (rest || attribution) && self.marks.len() < MARKS_MAX {
            self.widen(Gap::Line);
            let kind = if rest { MarkKind::Rest } else { MarkKind::Attribution };
            self.marks.push(Mark { at: self.out.len(), kind });
        }
    }

    fn widen(&mut self, gap: Gap) {
        self.gap = self.gap.max(gap);
    }

    /// Text as it is written, entities and all.
    fn say(&mut self, raw: &str) {
        if raw.is_empty() || self.left_out.is_some() {
            return;
        }
        let decoded = entities(raw);
        if self.in_pre {
            for (at, line) in decoded.split('\n').enumerate() {
                if at > 0 {
                    self.gap = Gap::Line;
                }
                if !line.is_empty() {
                    self.put(line.trim_end_matches('\r'));
                }
            }
            return;
        }
        let is_space = |c: char| c.is_whitespace();
        if decoded.starts_with(is_space) {
            self.widen(Gap::Space);
        }
        for word in decoded.split_whitespace() {
            self.put(word);
            self.gap = Gap::Space;
        }
        if !decoded.ends_with(is_space) && self.gap == Gap::Space {
            self.gap = Gap::None;
        }
    }

    fn put(&mut self, word: &str) {
        let prefix = "> ".repeat(self.quotes.min(QUOTES_MAX));
        match (self.gap, self.out.is_empty()) {
            (_, true) => self.out.push_str(&prefix),
            (Gap::None, false) => {}
            (Gap::Space, false) => self.out.push(' '),
            (Gap::Line, false) => {
                self.out.push('\n');
                self.out.push_str(&prefix);
            }
            (Gap::Paragraph, false) => {
                self.out.push('\n');
                self.out.push_str(prefix.trim_end());
                self.out.push('\n');
                self.out.push_str(&prefix);
            }
        }
        self.gap = Gap::None;
        if std::mem::take(&mut self.bullet) {
            self.out.push_str("- ");
        }
        self.out.push_str(word);
    }

    /// Writes a link's address behind its text, unless the text says it already.
    fn link_ends(&mut self) {
        let Some((address, from)) = self.link.take() else { return };
        let shown = self.out.get(from..).unwrap_or_default().trim().trim_end_matches('/');
        let bare = address.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
        let is_web = address.len() > bare.len() && (address.starts_with("http://") || address.starts_with("https://"));
        if is_web && !shown.is_empty() && address.len() <= LINK_MAX_BYTES && !shown.ends_with(bare) {
            let behind = format!("({})", entities(&address));
            if self.gap < Gap::Line {
                self.gap = Gap::Space;
                self.put(&behind);
            }
        }
    }
}

/// What is between an element of this name and its neighbours.
fn gap(name: &str) -> Gap {
    match name {
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "dl" | "table" => Gap::Paragraph,
        "div" | "tr" | "hr" | "section" | "article" | "header" | "footer" | "center" | "dt" | "dd" | "form"
        | "address" | "fieldset" | "body" | "html" | "li" => Gap::Line,
        _ => Gap::None,
    }
}

/// What follows the end tag of an element whose contents are no tags; nothing where it has none.
fn past_raw<'a>(after: &'a str, name: &str) -> &'a str {
    let mut from = 0;
    while let Some(found) = after[from..].find("</") {
        let at = from + found + 2;
        if after[at..].get(..name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name)) {
            return after[at..].split_once('>').map_or("", |(_, rest)| rest);
        }
        from = at;
    }
    ""
}

/// The text with its entities decoded.
fn entities(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(ENTITY_MAX_BYTES).position(|byte| byte == b';');
        match end.and_then(|end| rest.get(..=end).zip(rest.get(end + 1..))) {
            Some((entity, after))
                if entity[1..].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#' || b == b';') =>
            {
                add_html_token(&mut out, entity.as_bytes(), false);
                rest = after;
            }
            _ => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out.retain(|c| c != '\0' && c != '\u{200b}' && c != '\u{feff}' && c != '\u{ad}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(html: &str) -> String {
        text(html).0
    }

    #[test]
    fn blocks_lists_and_breaks_are_lines_and_quotes_are_marked() {
        assert_eq!(read("<p>One&nbsp;&amp; two</p><div>three<br>four</div>"), "One & two\n\nthree\nfour");
        assert_eq!(read("a<br><br>b<ul><li>c<li>d</ul>"), "a\n\nb\n\n- c\n- d");
        assert_eq!(read("yes<blockquote>why<p>not</p></blockquote>so"), "yes\n> why\n>\n> not\n\nso");
        assert_eq!(read("<pre>a\n  b</pre>"), "a\n  b");
        assert_eq!(read("1 < 2 and <b>3</b>&gt;2 &unknown; &#x263a;"), "1 < 2 and 3>2 &unknown; \u{263a}");
        assert_eq!(read("caf&eacute; <i>wor</i>ld"), "caf\u{e9} world");
    }

    #[test]
    fn what_runs_or_hides_is_left_out() {
        let html = "<html><head><title>t</title><style>p{}</style></head><body><div style='display: none'>pre<div>x</div></div>\
                    <script>if (a < b) '</div>'</script>seen<!-- <b>no</b> --><img src=\"http://t.example.test/x.gif\"></body>";
        assert_eq!(read(html), "seen");
        assert_eq!(read("<head><meta charset=x><body>seen"), "seen");
        assert_eq!(read("a<!-- never closed"), "a");
        assert_eq!(read("a<script>never closed"), "a");
    }

    #[test]
    fn links_keep_their_address_once() {
        assert_eq!(read("<a href=\"https://a.test/x\">here</a>, ok"), "here (https://a.test/x), ok");
        assert_eq!(read("<a href='https://a.test/'>a.test</a>"), "a.test");
        assert_eq!(read("<a href='javascript:x()'>run</a>"), "run");
    }

    #[test]
    fn where_programs_mark_their_quote_is_kept() {
        let (text, marks) = text("<div>yes</div><div id=\"divRplyFwdMsg\"><b>From:</b> x</div>");
        assert_eq!(text, "yes\nFrom: x");
        assert_eq!(marks, [Mark { at: 3, kind: MarkKind::Rest }]);
    }

    #[test]
    fn hostile_pages_cost_no_more_than_their_length() {
        let attributes: String = (0..200_000).map(|n| format!("a{n} ")).collect();
        let page = format!("<div {attributes}>x{}", "<div>".repeat(200_000));
        assert_eq!(read(&page), "x");
        assert_eq!(read(&"<a href='x".repeat(50_000)), "");
        assert_eq!(read(&"&".repeat(1000)).len(), 1000);
    }
}
