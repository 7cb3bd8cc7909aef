//! A rendered reply's parts as messages of `WhatsApp`.

use super::incoming::MediaKind;
use super::outgoing::{Button, Buttons, List, MediaSource, OutgoingMedia, Preview, Row, Section, Sending, Text};
use crate::channels::capability::FileKind;
use crate::channels::render::{Choice, ChoiceForm, Part};
use crate::domain::Refusal;

/// Where a file of the reply is, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedFile {
    /// Uploaded, or at an address.
    pub source: MediaSource,
    /// Its name.
    pub name: String,
}

/// What is sent for a part. `file` is where its file is, if it is one of a file; `opener` stands on the button that opens a list.
///
/// What [`render`](crate::channels::render::render) makes for [`WHATSAPP`](crate::channels::capability::WHATSAPP) is never
/// refused, apart from links that are not `https`.
///
/// # Errors
/// `Invalid` when a part is outside of Meta's limits, or of a file that is nowhere.
pub fn sending(part: &Part, file: Option<&PlacedFile>, opener: &str) -> Result<Sending, Refusal> {
    match part {
        Part::Text(text) => Text::new(text, Preview::Hidden).map(Sending::Text),
        Part::Choices { text, choices, form: ChoiceForm::Buttons } => {
            Buttons::new(text, None, choices.iter().map(button).collect()).map(Sending::Buttons)
        }
        Part::Choices { text, choices, form: ChoiceForm::List } => {
            let section = Section { title: None, rows: choices.iter().map(row).collect() };
            List::new(text, None, opener, vec![section]).map(Sending::List)
        }
        Part::File { kind, caption, .. } => {
            let file = file.ok_or_else(|| Refusal::invalid("file", "is not at Meta"))?;
            media(file, *kind, caption.as_deref()).map(Sending::Media)
        }
    }
}

fn button(choice: &Choice) -> Button {
    Button { id: choice.id.clone(), title: choice.title.clone() }
}

fn row(choice: &Choice) -> Row {
    Row { id: choice.id.clone(), title: choice.title.clone(), description: None }
}

fn media(file: &PlacedFile, kind: FileKind, caption: Option<&str>) -> Result<OutgoingMedia, Refusal> {
    let kind = match kind {
        FileKind::Image => MediaKind::Image,
        FileKind::Video => MediaKind::Video,
        FileKind::Audio => MediaKind::Audio,
        FileKind::Document => MediaKind::Document,
    };
    let mut media = OutgoingMedia::new(kind, file.source.clone())?;
    if let Some(caption) = caption {
        media = media.captioned(caption)?;
    }
    if kind == MediaKind::Document && !file.name.trim().is_empty() {
        // The ending decides how the app opens it, so of a name that is too long the end is kept.
        let from = file.name.char_indices().rev().nth(99).map_or(0, |(at, _)| at);
        media = media.named(&file.name[from..])?;
    }
    Ok(media)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::id::MediaId;
    use super::*;
    use crate::channels::capability::WHATSAPP;
    use crate::channels::render::{File, Reply, Written, render};

    fn placed(name: &str) -> PlacedFile {
        PlacedFile { source: MediaSource::Id(MediaId::parse("5001").unwrap()), name: name.to_owned() }
    }

    #[test]
    fn a_part_goes_as_what_it_is() {
        let kinds = |part: &Part| format!("{:?}", sending(part, Some(&placed("a.pdf")), "Choose").unwrap());
        let choices = vec![Choice { id: "a".to_owned(), title: "A".to_owned() }];
        let with = |form| Part::Choices { text: "Which?".to_owned(), choices: choices.clone(), form };
        assert_eq!(kinds(&Part::Text("Hi".to_owned())), "Sending(text)");
        assert_eq!(kinds(&with(ChoiceForm::Buttons)), "Sending(interactive)");
        assert_eq!(kinds(&with(ChoiceForm::List)), "Sending(interactive)");
        let file = Part::File { index: 0, kind: FileKind::Document, caption: Some("Yours".to_owned()) };
        assert_eq!(kinds(&file), "Sending(document)");
        assert!(sending(&file, None, "Choose").is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn whatever_is_rendered_is_within_metas_limits(
            text in "(\\PC{0,40}[ .\n]{0,2}){0,60}",
            choices in proptest::collection::vec(("\\PC{0,30}", "[a-z0-9]{0,260}"), 0..13),
            files in proptest::collection::vec((0_usize..5, 0_u64..200_000_000, "\\PC{0,300}", "\\PC{0,1200}"), 0..4),
            markdown in any::<bool>(),
        ) {
            const TYPES: [&str; 5] = ["image/jpeg", "video/mp4", "audio/ogg; codecs=opus", "application/pdf", ""];
            let file = |(mime, bytes, name, caption): (usize, u64, String, String)| File {
                name, mime: TYPES[mime].to_owned(), bytes, caption: Some(caption),
            };
            let reply = Reply {
                text,
                written: if markdown { Written::Markdown } else { Written::Plain },
                choices: choices.into_iter().map(|(title, id)| Choice { id, title }).collect(),
                files: files.into_iter().map(file).collect(),
            };
            for part in render(&reply, &WHATSAPP).parts {
                let file = match &part {
                    Part::File { index, .. } => reply.files.get(*index).map(|file| placed(&file.name)),
                    Part::Text(_) | Part::Choices { .. } => None,
                };
                let sent = sending(&part, file.as_ref(), "Choose");
                prop_assert!(sent.is_ok(), "{:?}: {:?}", part, sent);
            }
        }
    }
}
