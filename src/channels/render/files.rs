//! Files of a reply, as a channel carries them: as they are, as a file to open, or at least by name.

use super::{Degraded, File, Part, Rendered};
use crate::channels::capability::{Capability, FileKind, FileRule};

impl Rendered {
    /// Adds the files in their order.
    pub(super) fn files(&mut self, files: &[File], channel: &Capability) {
        for (index, file) in files.iter().enumerate() {
            match channel.files.iter().find(|rule| rule.takes(&file.mime, file.bytes)) {
                Some(rule) => self.file(index, file, rule, channel),
                None => self.mention(index, file, channel),
            }
        }
    }

    fn file(&mut self, index: usize, file: &File, rule: &FileRule, channel: &Capability) {
        let wished = kind_of(&file.mime);
        let shows_it = channel.files.iter().any(|rule| rule.kind == wished);
        self.tell_if(
            rule.kind == FileKind::Document && wished != FileKind::Document && shows_it,
            Degraded::FileAsDocument { index },
        );
        let caption = file.caption.as_deref().filter(|caption| !caption.trim().is_empty());
        let fits = |caption: &&str| caption.encode_utf16().count() <= rule.caption_max;
        let (beside, apart) = (caption.filter(fits), caption.filter(|caption| !fits(caption)));
        self.parts.push(Part::File { index, kind: rule.kind, caption: beside.map(str::to_owned) });
        if let Some(words) = apart {
            self.tell_if(true, Degraded::CaptionApart { index });
            self.words(words, channel.text);
        }
    }

    /// A file that the channel does not take: the customer is told that there is one.
    fn mention(&mut self, index: usize, file: &File, channel: &Capability) {
        let name = if file.name.trim().is_empty() { &file.mime } else { &file.name };
        self.tell_if(true, Degraded::FileLeftOut { index });
        self.words(&left_out(name, file.caption.as_deref()), channel.text);
    }
}

/// The words that go in the place of a file that can not: those that belong to it, and what it was called.
pub fn left_out(name: &str, caption: Option<&str>) -> String {
    format!("{}[file: {name}] (can not be sent here)", above(caption))
}

/// Words that belong to a file, in a line above it.
fn above(caption: Option<&str>) -> String {
    let caption = caption.filter(|caption| !caption.trim().is_empty());
    caption.map_or_else(String::new, |caption| format!("{caption}\n"))
}

/// As what a file of this type would best be shown.
fn kind_of(mime: &str) -> FileKind {
    match mime.split('/').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "image" => FileKind::Image,
        "video" => FileKind::Video,
        "audio" => FileKind::Audio,
        _ => FileKind::Document,
    }
}
