//! What of a web page nobody sees, and where that ends: text that people can not see must not be told to them as known.
//!
//! A page is read as a stream of tags, so an element whose end may be left out ends where a browser would end it: before what
//! stands beside it, and with what it lies in.

use html5ever::tokenizer::Tag;

/// What is in these nobody reads on the page, or everybody reads on every page.
const LEFT_OUT: [&str; 14] = [
    "script", "style", "template", "svg", "math", "nav", "iframe", "object", "noembed", "noframes", "textarea",
    "select", "button", "datalist",
];

/// Elements that hold nothing.
const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];

/// The page as a whole: some show themselves only once their scripts have run.
const WHOLE: [&str; 3] = ["html", "head", "body"];

/// A menu that was not closed ends where the page itself begins.
const ENDS_MENU: [&str; 4] = ["main", "article", "h1", "body"];

/// What a paragraph can not hold.
const BLOCKS: [&str; 38] = [
    "p",
    "div",
    "section",
    "article",
    "main",
    "header",
    "footer",
    "aside",
    "nav",
    "figure",
    "figcaption",
    "table",
    "ul",
    "ol",
    "menu",
    "dl",
    "li",
    "dt",
    "dd",
    "td",
    "th",
    "tr",
    "blockquote",
    "fieldset",
    "details",
    "summary",
    "form",
    "address",
    "center",
    "pre",
    "hr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hgroup",
];

const ROWS: [&str; 4] = ["tr", "tbody", "thead", "tfoot"];
const CELLS: [&str; 6] = ["td", "th", "tr", "tbody", "thead", "tfoot"];
const LISTS: [&str; 3] = ["ul", "ol", "menu"];

/// Elements whose end may be left out.
static OPEN_ENDED: [OpenEnded; 6] = [
    OpenEnded { names: &["p"], beside: &BLOCKS, within: &BLOCKS, nested: &[] },
    OpenEnded { names: &["li"], beside: &["li"], within: &LISTS, nested: &LISTS },
    OpenEnded { names: &["dt", "dd"], beside: &["dt", "dd"], within: &["dl"], nested: &["dl"] },
    OpenEnded {
        names: &["td", "th"],
        beside: &CELLS,
        within: &["tr", "tbody", "thead", "tfoot", "table"],
        nested: &["table"],
    },
    OpenEnded { names: &["tr"], beside: &ROWS, within: &["tbody", "thead", "tfoot", "table"], nested: &["table"] },
    OpenEnded {
        names: &["tbody", "thead", "tfoot"],
        beside: &["tbody", "thead", "tfoot"],
        within: &["table"],
        nested: &["table"],
    },
];

/// How an element ends whose end is not written.
#[derive(Debug)]
struct OpenEnded {
    names: &'static [&'static str],
    /// What begins beside it.
    beside: &'static [&'static str],
    /// What it lies in, and ends with.
    within: &'static [&'static str],
    /// What may lie in it and hold others of its name.
    nested: &'static [&'static str],
}

/// An element that is left out, with everything in it.
#[derive(Debug)]
pub(super) struct LeftOut {
    name: String,
    /// How many are open of its name, or of what others of its name are nested in.
    open: u32,
    /// None where its end must be written.
    ends: Option<&'static OpenEnded>,
}

/// What an end tag does to what is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// It belongs to what is left out, which goes on.
    Within,
    /// It ends what is left out.
    It,
    /// It ends something around, and what is left out with it.
    Around,
}

impl LeftOut {
    /// What a tag begins to leave out, if it does.
    pub(super) fn by(tag: &Tag) -> Option<Self> {
        let name: &str = &tag.name;
        let is_left_out = LEFT_OUT.contains(&name);
        if !is_left_out && !is_hidden(tag) {
            return None;
        }
        // Of other elements a browser does not mind the slash.
        if is_left_out && tag.self_closing && !matches!(name, "script" | "style" | "textarea") {
            return None;
        }
        let ends = OPEN_ENDED.iter().find(|one| one.names.contains(&name));
        Some(Self { name: name.to_owned(), open: u32::from(ends.is_none()), ends })
    }

    /// Whether it ends before an element that begins.
    pub(super) fn ends_before(&self, name: &str) -> bool {
        let beside = |ends: &OpenEnded| self.open == 0 && ends.beside.contains(&name);
        (self.name == "nav" && ENDS_MENU.contains(&name)) || self.ends.is_some_and(beside)
    }

    /// Takes in an element that begins in it.
    pub(super) fn begins(&mut self, tag: &Tag) {
        let name: &str = &tag.name;
        let nests = self.ends.map_or(self.name == name, |ends| ends.nested.contains(&name));
        self.open += u32::from(nests && !tag.self_closing);
    }

    /// Takes in the end of an element.
    pub(super) fn ended(&mut self, name: &str) -> Ends {
        if self.name == "nav" && matches!(name, "header" | "body") {
            return Ends::Around;
        }
        let Some(ends) = self.ends else {
            self.open -= u32::from(self.name == name);
            return if self.open == 0 { Ends::It } else { Ends::Within };
        };
        if self.open > 0 {
            self.open -= u32::from(ends.nested.contains(&name));
            return if matches!(name, "body" | "html") { Ends::Around } else { Ends::Within };
        }
        if self.name == name {
            Ends::It
        } else if ends.within.contains(&name) || matches!(name, "body" | "html") {
            Ends::Around
        } else {
            Ends::Within
        }
    }
}

/// Whether nobody sees an element.
fn is_hidden(tag: &Tag) -> bool {
    let name: &str = &tag.name;
    if VOID.contains(&name) || WHOLE.contains(&name) {
        return false;
    }
    attribute(tag, "hidden").is_some()
        || attribute(tag, "aria-hidden").is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
        || attribute(tag, "style").is_some_and(|style| hides(&style))
}

/// Whether a style hides what it is of.
fn hides(style: &str) -> bool {
    without_comments(&style.to_ascii_lowercase()).split(';').filter_map(|one| one.split_once(':')).any(
        |(name, value)| {
            let value = value.trim().trim_end_matches("important").trim_end().trim_end_matches('!').trim_end();
            matches!((name.trim(), value), ("display", "none") | ("visibility", "hidden" | "collapse"))
        },
    )
}

fn without_comments(style: &str) -> String {
    let mut parts = style.split("/*");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| kept + part.split_once("*/").map_or("", |(_, rest)| rest))
}

/// An attribute of a tag, if it has it.
pub(super) fn attribute(tag: &Tag, name: &str) -> Option<String> {
    tag.attrs.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| attribute.value.to_string())
}
