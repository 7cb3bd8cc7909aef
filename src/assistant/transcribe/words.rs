//! What of a transcriber's answer are words. Models write down silence and music in brackets; nobody said that.

use crate::domain::Refusal;

/// What encloses what was not said: `[BLANK_AUDIO]`, `(music)`, `*coughs*`, `♪`.
const ENCLOSED: &[(char, char)] = &[('[', ']'), ('(', ')'), ('*', '*'), ('♪', '♪')];

/// The text, trimmed, without control characters.
///
/// # Errors
/// `Invalid` on `audio` where nothing was said.
pub(super) fn words(text: &str) -> Result<String, Refusal> {
    let is_kept = |letter: &char| !letter.is_control() || *letter == '\n';
    let text: String = text.chars().map(|letter| if letter == '\t' { ' ' } else { letter }).filter(is_kept).collect();
    let text = text.trim();
    if !spoken(text).contains(char::is_alphanumeric) {
        return Err(Refusal::invalid("audio", "holds no speech"));
    }
    Ok(text.to_owned())
}

/// The text without what stands in brackets.
fn spoken(text: &str) -> String {
    let mut spoken = String::new();
    let mut until = None;
    for letter in text.chars() {
        match until {
            Some(end) if end == letter => until = None,
            Some(_) => {}
            None => match ENCLOSED.iter().find(|(begin, _)| *begin == letter) {
                Some((_, end)) => until = Some(*end),
                None => spoken.push(letter),
            },
        }
    }
    spoken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_trimmed_and_nothing_else_of_it_changes() {
        assert_eq!(words(" Hello\r\nthere.\u{0}\n").as_deref(), Ok("Hello\nthere."));
        assert_eq!(
            words("[laughs] Yes (really), *two* of them").as_deref(),
            Ok("[laughs] Yes (really), *two* of them")
        );
        assert_eq!(words("42").as_deref(), Ok("42"));
        assert_eq!(words("¿Dónde está?").as_deref(), Ok("¿Dónde está?"));
    }

    #[test]
    fn silence_and_music_are_no_words() {
        for nothing in ["", " \n", "[BLANK_AUDIO]", "[Music] (applause)", "*sighs*", "...", "♪ la la ♪", "[unended"]
        {
            let refusal = words(nothing).unwrap_err();
            assert!(matches!(refusal, Refusal::Invalid { field, .. } if field == "audio"), "{nothing:?}");
        }
    }
}
