//! Signatures at the end of what somebody wrote.

use super::lines::Line;

/// A signature of more lines is text.
const LINES_MAX: usize = 15;

/// Notes of telephones and programs, in lower case, as their beginnings.
const NOTES: [&str; 30] = [
    "sent from my",
    "sent from mail for",
    "sent from outlook",
    "sent from yahoo",
    "sent from proton",
    "sent via",
    "sent with",
    "get outlook for",
    "von meinem",
    "gesendet von",
    "gesendet mit",
    "diese nachricht wurde von meinem",
    "envoyé de mon",
    "envoyé depuis",
    "envoyé à partir de",
    "télécharger outlook pour",
    "enviado desde",
    "enviado de mi",
    "enviado do meu",
    "obtener outlook para",
    "obter o outlook para",
    "inviato da",
    "verstuurd vanaf",
    "verzonden vanaf",
    "skickat från",
    "sendt fra min",
    "lähetetty",
    "wysłane z",
    "отправлено с",
    "odesláno z",
];

/// The same in languages that put the device first.
const ENDINGS: [&str; 5] = ["gesendet", "から送信", "发自我的iphone", "发送", "傳送"];

/// The longest note, in bytes.
const NOTE_MAX_BYTES: usize = 120;

/// The line on which the signature begins; the end where there is none.
pub(super) fn start(lines: &[Line<'_>]) -> usize {
    let last = lines.iter().rposition(|line| !line.is_blank()).map_or(0, |at| at + 1);
    // Quoted lines end what the sender wrote last: the signature above them is found once they are taken away.
    let first = lines[..last].iter().rposition(Line::is_quoted).map_or(0, |at| at + 1);
    let near = last.saturating_sub(LINES_MAX + 1).max(first)..last;
    // The mark with its space is meant as one; without the space it is one if something stands above it.
    let delimiter = near.clone().find(|at| matches!(lines[*at].raw, "-- " | "--"));
    let note = near.rev().find(|at| !lines[*at].is_blank()).filter(|at| is_note(lines[*at].text));
    delimiter.or(note).unwrap_or(lines.len())
}

fn is_note(line: &str) -> bool {
    let line = line.trim_matches(|c: char| matches!(c, '*' | '_' | '[' | ']')).to_lowercase();
    let begins = NOTES.iter().any(|note| line.starts_with(note));
    let device = ["iphone", "ipad", "android", "smartphone", "galaxy"].iter().any(|device| line.contains(device));
    let ends = device && ENDINGS.iter().any(|ending| line.trim_end_matches(['.', '!']).ends_with(ending));
    let from_mine = line.starts_with("发自我的") || line.starts_with("發自我的") || line.starts_with("从我的");
    line.len() <= NOTE_MAX_BYTES && (begins || ends || from_mine)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::email::reply::lines;

    fn at(text: &str) -> Option<usize> {
        let lines = lines::read(text, 100);
        Some(start(&lines)).filter(|at| *at < lines.len())
    }

    #[test]
    fn marks_and_notes_begin_a_signature() {
        assert_eq!(at("Thanks\n-- \nJo\nShop"), Some(1));
        assert_eq!(at("Thanks\n--\nJo"), Some(1));
        assert_eq!(at("Thanks\n\nSent from my iPhone\n\n"), Some(2));
        assert_eq!(at("Danke\nVon meinem iPhone gesendet"), Some(1));
        assert_eq!(at("谢谢\n发自我的 iPhone"), Some(1));
        assert_eq!(at("Thanks\nGet Outlook for iOS<https://aka.test/x>"), Some(1));
    }

    #[test]
    fn text_is_no_signature() {
        assert_eq!(at("The parcel was sent from my house.\nWhere is it?"), None);
        assert_eq!(at(&format!("a\n-- \n{}", "line\n".repeat(30))), None);
        assert_eq!(at("a\n-- \nJo\n> quoted"), None);
        assert_eq!(at("---\nmore"), None);
    }
}
