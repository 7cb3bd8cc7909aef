//! HTML that a program wants to send, as it may go: text, tables, lists, links and pictures stay as they are; what runs, asks, loads or hides
//! elsewhere goes.
//!
//! Read as a stream of tags by the tokenizer that browsers agree on, and written anew from what is allowed, so nothing in the source can mean
//! something else to who reads the result.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, CharacterTokens, EndTag, StartTag, Tag, TagToken, Token, TokenSink, TokenSinkResult, Tokenizer,
    TokenizerOpts,
};

use super::rich::escaped;

/// Elements that stay. Of others the tags go and the words stay.
const ELEMENTS: [&str; 58] = [
    "a",
    "abbr",
    "b",
    "big",
    "blockquote",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "i",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "u",
    "ul",
    "br",
    "hr",
    "img",
    "wbr",
];

/// Those of them that have no end.
const VOID: [&str; 5] = ["br", "col", "hr", "img", "wbr"];

/// Attributes that stay on any of them.
const ATTRIBUTES: [&str; 17] = [
    "align",
    "alt",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "color",
    "colspan",
    "dir",
    "face",
    "height",
    "lang",
    "rowspan",
    "size",
    "title",
    "valign",
    "width",
];

/// Where links may lead.
const LINKS: [&str; 4] = ["https://", "http://", "mailto:", "tel:"];

/// Where pictures may be.
const PICTURES: [&str; 2] = ["https://", "http://"];

/// What a style that stays does not hold: it would load, run, or lie over something else.
const STYLES_BEYOND: [&str; 8] = ["url(", "image(", "expression", "script", "behavior", "binding", "position", "@"];

/// What may go of a page; nothing where nobody would see any of it.
pub(super) fn clean(html: &str) -> Option<String> {
    let sink = Sink(RefCell::new(Page { out: String::with_capacity(html.len()), ..Page::default() }));
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    // It stops early only where the sink asks it to, which this one never does.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let page = tokenizer.sink.0.into_inner();
    page.is_seen.then_some(page.out)
}

struct Sink(RefCell<Page>);

#[derive(Default)]
struct Page {
    out: String,
    /// The element whose contents are no words, up to its end.
    left_out: Option<String>,
    /// Whether somebody would see anything.
    is_seen: bool,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut page = self.0.borrow_mut();
        match token {
            TagToken(tag) if tag.kind == StartTag => return page.opened(&tag),
            TagToken(tag) if tag.kind == EndTag => page.closed(&tag.name),
            CharacterTokens(text) => page.said(&text),
            // Comments, doctypes, errors.
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Page {
    fn opened(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        if self.left_out.is_none() && ELEMENTS.contains(&name) {
            self.begin(tag);
        }
        let raw = match name {
            "script" => RawKind::ScriptData,
            "style" | "xmp" | "iframe" | "noembed" | "noframes" | "noscript" => RawKind::Rawtext,
            "textarea" | "title" => RawKind::Rcdata,
            "plaintext" => return TokenSinkResult::Plaintext,
            _ => return TokenSinkResult::Continue,
        };
        self.left_out = Some(name.to_owned());
        TokenSinkResult::RawData(raw)
    }

    fn begin(&mut self, tag: &Tag) {
        let name: &str = &tag.name;
        self.out.push('<');
        self.out.push_str(name);
        for attribute in &tag.attrs {
            let (key, value): (&str, &str) = (&attribute.name.local, attribute.value.trim());
            if !stays(name, key, value) {
                continue;
            }
            self.is_seen |= name == "img" && key == "src";
            self.out.push(' ');
            self.out.push_str(key);
            self.out.push_str("=\"");
            escaped(&mut self.out, value);
            self.out.push('"');
        }
        self.out.push('>');
    }

    fn closed(&mut self, name: &str) {
        if let Some(left_out) = &self.left_out {
            if left_out == name {
                self.left_out = None;
            }
        } else if ELEMENTS.contains(&name) && !VOID.contains(&name) {
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
        }
    }

    fn said(&mut self, text: &str) {
        if self.left_out.is_some() {
            return;
        }
        self.is_seen |= !text.trim().is_empty();
        let visible: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
        escaped(&mut self.out, &visible);
    }
}

/// Whether an attribute stays.
fn stays(element: &str, key: &str, value: &str) -> bool {
    if value.contains(char::is_control) {
        return false;
    }
    let lower = value.to_ascii_lowercase();
    let begins = |with: &[&str]| with.iter().any(|scheme| lower.starts_with(scheme));
    match (element, key) {
        ("a", "href") => begins(&LINKS),
        ("img", "src") => begins(&PICTURES),
        ("ol" | "ul" | "li", "type" | "start" | "value") => true,
        (_, "style") => {
            // A backslash and a comment may spell a word in pieces.
            !lower.contains(['\\', '<'])
                && !lower.contains("/*")
                && !STYLES_BEYOND.iter().any(|bad| lower.contains(bad))
        }
        (_, key) => ATTRIBUTES.contains(&key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_stays_as_it_is() {
        for html in [
            "<p>Thank you for <b>order #12345</b>.</p>",
            "<table width=\"100%\"><tr><td style=\"color:#333;padding:4px\">1 &amp; 2</td></tr></table>",
            "<a href=\"https://a.test/?q=1&amp;r=2\">Track it</a><br>",
            "<img src=\"https://a.test/logo.png\" alt=\"Logo\" width=\"80\">",
            "<ol start=\"3\"><li>Grüße 你好</li></ol>",
            "<a href=\"mailto:jo@a.test\">Jo</a>",
        ] {
            assert_eq!(clean(html).as_deref(), Some(html));
        }
        let page = "<!DOCTYPE html><html><head><title>x</title><style>p{}</style></head><body><P>Hi</P></body></html>";
        assert_eq!(clean(page).as_deref(), Some("<p>Hi</p>"));
    }

    #[test]
    fn what_runs_asks_or_loads_goes() {
        for (html, expected) in [
            ("<p onclick=\"x()\">a</p><script>alert(1)</script>", "<p>a</p>"),
            ("<a href=\"java\nscript:x()\">a</a>", "<a>a</a>"),
            ("<a href=\" JavaScript:x()\">a</a>", "<a>a</a>"),
            ("a<img src=\"data:image/svg+xml,x\" onerror=x>", "a<img>"),
            ("<form action=\"https://a.test\"><input name=pin>a</form>", "a"),
            ("<iframe src=\"https://a.test\"><p>x</p></iframe>a", "a"),
            ("<p style=\"background:url(https://a.test/x)\">a</p>", "<p>a</p>"),
            ("<p style=\"position:fixed;top:0\">a</p>", "<p>a</p>"),
            ("<svg><style><img src=x onerror=y></style></svg>a", "a"),
            ("<math><mtext><!--<script>x</script>-->a", "a"),
            (
                "<p title=\"&quot;><script>x</script>\">a</p>",
                "<p title=\"&quot;&gt;&lt;script&gt;x&lt;/script&gt;\">a</p>",
            ),
            ("&lt;script&gt;a", "&lt;script&gt;a"),
            ("<meta http-equiv=refresh content=\"0;url=https://a.test\">a<base href=\"https://a.test\">", "a"),
        ] {
            assert_eq!(clean(html).as_deref(), Some(expected), "{html}");
        }
        for nothing in ["", " \n", "<script>x</script>", "<p> </p>", "<img alt=x>", "<!-- a -->"] {
            assert_eq!(clean(nothing), None, "{nothing}");
        }
    }
}
