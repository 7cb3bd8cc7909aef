//! The text of a Word document as Markdown.

use quick_xml::events::{BytesStart, Event};

use super::super::{Bounds, Fault};
use super::styles::Styles;
use super::{Elements, attribute, said};

/// The deepest heading that Markdown has.
const HEADING_MAX: u8 = 6;

/// Reads `document.xml`.
pub(super) fn read(xml: &str, styles: &Styles, bounds: &Bounds) -> Result<String, Fault> {
    let mut elements = Elements::new(xml);
    let mut body = Body::new(styles);
    let max_bytes = bounds.text_max_chars.saturating_mul(4);
    while let Some(event) = elements.next()? {
        match event {
            Event::Start(element) => {
                body.opened(&element);
                body.open += 1;
            }
            Event::Empty(element) => body.empty(&element),
            Event::End(element) => {
                body.open = body.open.saturating_sub(1);
                body.closed(element.local_name().as_ref());
            }
            other if body.in_text && body.left_out.is_none() => body.text(&said(&other)),
            _ => {}
        }
        if body.written_bytes > max_bytes {
            return Err(Fault::TextTooLong(bounds.text_max_chars));
        }
    }
    Ok(body.sinks.into_iter().next().unwrap_or_default())
}

/// A paragraph that is being read. They nest: a text box stands within one.
#[derive(Debug, Default)]
struct Paragraph {
    text: String,
    heading: Option<u8>,
    is_item: bool,
}

struct Body<'a> {
    styles: &'a Styles,
    /// Where paragraphs go: the document, and within it the cells that are open.
    sinks: Vec<String>,
    /// The rows that are open, with their cells so far.
    rows: Vec<Vec<String>>,
    paragraphs: Vec<Paragraph>,
    in_text: bool,
    /// How many elements are open, and at how many the one begins that is left out.
    open: usize,
    left_out: Option<usize>,
    written_bytes: usize,
}

impl<'a> Body<'a> {
    fn new(styles: &'a Styles) -> Self {
        Self {
            styles,
            sinks: vec![String::new()],
            rows: Vec::new(),
            paragraphs: Vec::new(),
            in_text: false,
            open: 0,
            left_out: None,
            written_bytes: 0,
        }
    }

    fn opened(&mut self, element: &BytesStart<'_>) {
        if self.left_out.is_some() {
            return;
        }
        match element.local_name().as_ref() {
            // What was deleted or moved away, and what only older programs are to show.
            "del" | "moveFrom" | "Fallback" => self.left_out = Some(self.open),
            "p" => self.paragraphs.push(Paragraph::default()),
            "t" => self.in_text = true,
            "tr" => self.rows.push(Vec::new()),
            "tc" => self.sinks.push(String::new()),
            _ => self.empty(element),
        }
    }

    /// An element that says something by being there.
    fn empty(&mut self, element: &BytesStart<'_>) {
        if self.left_out.is_some() {
            return;
        }
        let value = || attribute(element, "val");
        match element.local_name().as_ref() {
            "tab" if self.in_run() => self.text("\t"),
            "br" | "cr" => self.text("\n"),
            "noBreakHyphen" => self.text("-"),
            "pStyle" => {
                let level = value().and_then(|id| self.styles.level(&id));
                self.paragraph(|paragraph| paragraph.heading = level.or(paragraph.heading));
            }
            "outlineLvl" => {
                let level = value().and_then(|level| level.parse::<u8>().ok()).filter(|level| *level < 9);
                self.paragraph(|paragraph| paragraph.heading = level.map(|level| level + 1).or(paragraph.heading));
            }
            "numPr" => self.paragraph(|paragraph| paragraph.is_item = true),
            _ => {}
        }
    }

    fn closed(&mut self, name: &str) {
        if let Some(at) = self.left_out {
            if self.open == at {
                self.left_out = None;
            }
            return;
        }
        match name {
            "t" => self.in_text = false,
            "p" => self.end_paragraph(),
            "tc" if self.sinks.len() > 1 => {
                let cell = self.sinks.pop().unwrap_or_default();
                let cell = cell.split_whitespace().collect::<Vec<_>>().join(" ");
                if let Some(row) = self.rows.last_mut() {
                    row.push(cell);
                }
            }
            "tr" => {
                let row = self.rows.pop().unwrap_or_default();
                if row.iter().any(|cell| !cell.is_empty()) {
                    self.put("\n", &row.join(" | "));
                }
            }
            "tbl" => self.put("\n", ""),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        self.written_bytes += text.len();
        self.paragraph(|paragraph| paragraph.text.push_str(text));
    }

    fn paragraph(&mut self, change: impl FnOnce(&mut Paragraph)) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            change(paragraph);
        }
    }

    /// Tabs stand in runs as characters, and in properties as settings.
    fn in_run(&self) -> bool {
        self.paragraphs.last().is_some_and(|paragraph| !paragraph.text.is_empty())
    }

    fn end_paragraph(&mut self) {
        let Some(paragraph) = self.paragraphs.pop() else { return };
        let text = paragraph.text.trim();
        if text.is_empty() {
            return;
        }
        match paragraph.heading {
            Some(level) => {
                let mark = "#".repeat(usize::from(level.min(HEADING_MAX)));
                let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
                self.put("\n\n", &format!("{mark} {line}\n"));
            }
            None if paragraph.is_item => self.put("\n", &format!("- {text}")),
            None => self.put("\n\n", text),
        }
    }

    /// Puts a block where blocks go now, apart from what is there.
    fn put(&mut self, apart: &str, block: &str) {
        if let Some(sink) = self.sinks.last_mut() {
            if !sink.is_empty() {
                sink.push_str(apart);
            }
            sink.push_str(block);
        }
    }
}
