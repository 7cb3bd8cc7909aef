//! A reply in the parts that a channel can carry, and what was lost on the way.
//!
//! Nothing fails and nothing is lost in silence: what a channel can not show is shown in a lesser way, and each such step
//! is told ([`Degraded`]), so that the console can say what the customer really got.

mod files;
mod markup;
mod split;

use super::capability::{Capability, ChoiceLimit, FileKind, Markup, TextLimit, Unit};
pub use files::left_out;
pub use split::{Split, split};

/// A reply, as whoever answered made it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reply {
    /// The words.
    pub text: String,
    /// How they are to be read.
    pub written: Written,
    /// What the customer can choose from.
    pub choices: Vec<Choice>,
    /// What goes with it.
    pub files: Vec<File>,
}

/// How words are to be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Written {
    /// As they stand: a person's.
    #[default]
    Plain,
    /// With emphasis, links and headings: an assistant's.
    Markdown,
}

/// Something to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What comes back when it is chosen.
    pub id: String,
    /// What the customer reads.
    pub title: String,
}

/// A file that goes with a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its type.
    pub mime: String,
    /// Its size, in bytes.
    pub bytes: u64,
    /// Words that belong to it.
    pub caption: Option<String>,
}

/// One message of the channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Words.
    Text(String),
    /// Words with what can be chosen by a press.
    Choices {
        /// The words.
        text: String,
        /// What can be chosen.
        choices: Vec<Choice>,
        /// How it is shown.
        form: ChoiceForm,
    },
    /// A file.
    File {
        /// Which of the reply's files.
        index: usize,
        /// As what it is shown.
        kind: FileKind,
        /// Words that go with it.
        caption: Option<String>,
    },
}

/// How choices are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChoiceForm {
    /// As buttons.
    Buttons,
    /// As a list that opens.
    List,
}

/// Something that the channel could not show as it was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Degraded {
    /// The words take so many messages.
    Split {
        /// How many.
        parts: usize,
    },
    /// A character of many code points is longer than a message, and was cut.
    CharacterCut,
    /// A message's worth of nothing but blanks was left out.
    BlanksLeftOut,
    /// Emphasis, headings or links are shown in another way or not at all.
    Markup,
    /// What could be chosen is a numbered list in the words; see [`chosen`].
    ChoicesNumbered,
    /// A picture, film or sound goes as a file to open.
    FileAsDocument {
        /// Which.
        index: usize,
    },
    /// A file can not go at all; the customer is told its name.
    FileLeftOut {
        /// Which.
        index: usize,
    },
    /// A file's words go as a message of their own.
    CaptionApart {
        /// Which.
        index: usize,
    },
}

/// A reply as a channel carries it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rendered {
    /// In the order of sending. Empty only for a reply that says nothing.
    pub parts: Vec<Part>,
    /// What could not be shown as it was meant.
    pub degraded: Vec<Degraded>,
}

/// Makes a reply fit a channel.
pub fn render(reply: &Reply, channel: &Capability) -> Rendered {
    let mut rendered = Rendered::default();
    let mut text = match (reply.written, channel.markup) {
        (Written::Plain, _) | (Written::Markdown, Markup::Markdown) => reply.text.clone(),
        (Written::Markdown, Markup::Whatsapp | Markup::Plain) => {
            let shown = markup::lowered(&reply.text, channel.markup);
            rendered.tell_if(shown != reply.text, Degraded::Markup);
            shown
        }
    };
    if let Some(caption) = below_the_file(reply, &text, channel) {
        rendered.files(&[caption], channel);
        return rendered;
    }
    let form = channel.choices.and_then(|limit| form_of(&reply.choices, limit).map(|form| (form, limit)));
    if form.is_none() && !reply.choices.is_empty() {
        text = numbered(&text, &reply.choices);
        rendered.tell_if(true, Degraded::ChoicesNumbered);
    }
    match form {
        Some((form, limit)) => rendered.choices(&text, &reply.choices, form, limit, channel.text),
        None => rendered.words(&text, channel.text),
    }
    rendered.files(&reply.files, channel);
    rendered
}

/// The one file of a reply with the reply's words below it, where the channel shows them there: that is how people send both.
fn below_the_file(reply: &Reply, text: &str, channel: &Capability) -> Option<File> {
    let [file] = reply.files.as_slice() else { return None };
    let rule = channel.files.iter().find(|rule| rule.takes(&file.mime, file.bytes))?;
    let is_free = file.caption.is_none() && reply.choices.is_empty();
    let fits = !text.trim().is_empty() && text.encode_utf16().count() <= rule.caption_max;
    (is_free && fits).then(|| File { caption: Some(text.to_owned()), ..file.clone() })
}

/// What a customer chose who answers numbered choices: the number, or the title in any case.
pub fn chosen<'a>(answer: &str, choices: &'a [Choice]) -> Option<&'a Choice> {
    let answer = answer.trim().trim_end_matches(['.', ')', '!']).trim_start_matches('#').trim();
    if let Ok(number) = answer.parse::<usize>() {
        return choices.get(number.checked_sub(1)?);
    }
    choices.iter().find(|choice| choice.title.trim().to_lowercase() == answer.to_lowercase())
}

impl Rendered {
    /// Words, in as many messages as they take.
    fn words(&mut self, text: &str, limit: TextLimit) {
        let parts = self.cut(text, limit);
        self.tell_if(parts.len() > 1, Degraded::Split { parts: parts.len() });
        self.parts.extend(parts.into_iter().map(Part::Text));
    }

    /// Words with choices below them. What is too long for that goes before, and only the last message has the choices.
    fn choices(&mut self, text: &str, choices: &[Choice], form: ChoiceForm, limit: ChoiceLimit, whole: TextLimit) {
        let last = TextLimit { max: limit.text_max, unit: Unit::Utf16 };
        let limit = if last.fits(text) { last } else { whole };
        let mut parts = self.cut(text, limit);
        if let Some(end) = parts.pop_if(|end| !last.fits(end)) {
            parts.extend(self.cut(&end, last));
        }
        self.tell_if(parts.len() > 1, Degraded::Split { parts: parts.len() });
        let end = parts.pop().unwrap_or_else(|| titles(choices));
        self.parts.extend(parts.into_iter().map(Part::Text));
        self.parts.push(Part::Choices { text: end, choices: choices.to_vec(), form });
    }

    /// The messages that a text takes. Blank ones are left out: no channel takes them.
    fn cut(&mut self, text: &str, limit: TextLimit) -> Vec<String> {
        if text.trim().is_empty() {
            return Vec::new();
        }
        let Split { parts, cut_character } = split(text, limit);
        let all = parts.len();
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.trim().is_empty()).map(str::to_owned).collect();
        self.tell_if(cut_character, Degraded::CharacterCut);
        self.tell_if(parts.len() < all, Degraded::BlanksLeftOut);
        parts
    }

    fn tell_if(&mut self, happened: bool, what: Degraded) {
        if happened {
            self.degraded.push(what);
        }
    }
}

/// How choices can be shown, if by a press at all: titles and ids must fit and differ.
fn form_of(choices: &[Choice], limit: ChoiceLimit) -> Option<ChoiceForm> {
    let fits_id = |id: &str| !id.trim().is_empty() && id.encode_utf16().count() <= limit.id_max;
    let fits = |title_max: usize| {
        let fit = |title: &str| !title.trim().is_empty() && title.encode_utf16().count() <= title_max;
        choices.iter().all(|choice| fit(&choice.title) && fits_id(&choice.id))
    };
    let differ = choices.iter().enumerate().all(|(at, one)| {
        !choices[..at].iter().any(|other| other.title.trim() == one.title.trim() || other.id == one.id)
    });
    match choices.len() {
        0 => None,
        _ if !differ => None,
        count if count <= limit.buttons && fits(limit.button_title_max) => Some(ChoiceForm::Buttons),
        count if count <= limit.rows && fits(limit.row_title_max) => Some(ChoiceForm::List),
        _ => None,
    }
}

/// The words with the choices below them, a numbered line each.
fn numbered(text: &str, choices: &[Choice]) -> String {
    let lines: Vec<String> =
        choices.iter().enumerate().map(|(at, choice)| format!("{}. {}", at + 1, choice.title)).collect();
    let gap = if text.trim().is_empty() { "" } else { "\n\n" };
    format!("{text}{gap}{}", lines.join("\n"))
}

/// Stands above choices that came without words; a channel takes none without.
fn titles(choices: &[Choice]) -> String {
    choices.iter().map(|choice| choice.title.trim()).collect::<Vec<_>>().join(" / ")
}

#[cfg(test)]
mod tests;
