//! The line above a quote that says whose it is: "On Monday, Jo wrote:", in the languages that mail programs speak, over up to
//! four lines.

use std::sync::LazyLock;

use regex::Regex;

use super::lines::Line;

/// Over how many lines it may wrap.
pub(super) const LINES_MAX: usize = 4;

/// The longest one, in bytes.
const BYTES_MAX: usize = 400;

/// How it begins (where it begins in a fixed way) and ends.
const FORMS: [&str; 22] = [
    r"^on\b.*\bwrote\s?:$",
    r"^am\b.*\b(schrieb|geschrieben)\b.*:$",
    r"^le\b.*\ba écrit\s?:$",
    r"^el\b.*\bescribió\s?:$",
    r"^il\b.*\bha scritto\s?:$",
    r"^op\b.*\b(schreef|geschreven)\b.*:$",
    r"^em\b.*\bescreveu\s?:$",
    r"^(w dniu|dnia|pon|wt|śr|czw|pt|sob|niedz)\b.*\b(napisał|napisała|napisał\(a\)|pisze)\s?:$",
    r"^(den|på|tors|ons|tis|mån|fre|lör|sön|man|tir|lør|søn)\b.*\bskrev\b.*:$",
    r"^.*\bschrieb\b.*\b(am|um)\b.*:$",
    r"^.*\bkirjoitti\b.*:$",
    r"^.*\b(пишет|написал|написала|написал\(а\)|писал|писала|пише)\s?:$",
    r"^.*\bnapsal(\(a\)|a)?\s?:$",
    r"^.*\b(şunu yazdı|yazdı|tarihinde şunu yazdı)\s?:$",
    r"^.*\b(írta|a scris|έγραψε|کتب|כתב|כתבה)\s?:$",
    r"^.*(写道|寫道|写到|님이 작성|님이 씀|のメール|wrote)\s?[:：]$",
    r"^\d{4}[年/-].*<[^<>\s]+@[^<>\s]+>\s?[:：]$",
    r"^quoting\b.*:$",
    r"^zitat von\b.*:$",
    r"^from:?.*\bon behalf of\b.*\bwrote:$",
    r"^pada\b.*\bmenulis\s?:$",
    r"^vào\b.*\bđã viết\s?:$",
];

/// So many of them begin with fixed words: with an address or a time of day they are believed even where the quote below has no
/// marks.
const STRONG: usize = 9;

type Pattern = LazyLock<Option<Regex>>;

static ANY: Pattern = LazyLock::new(|| compiled(&FORMS));
static FIRM: Pattern = LazyLock::new(|| compiled(&FORMS[..STRONG]));
/// What tells it from a sentence: an address or a time of day; above a marked quote a year is enough.
static FIRM_EVIDENCE: Pattern = LazyLock::new(|| Regex::new(r"\S@\S|\b\d{1,2}[:.h]\d\d\b").ok());
static EVIDENCE: Pattern = LazyLock::new(|| Regex::new(r"\S@\S|\b(19|20)\d\d\b|\b\d{1,2}[:.h]\d\d\b").ok());

fn compiled(forms: &[&str]) -> Option<Regex> {
    let all: Vec<String> = forms.iter().map(|form| format!("(?:{form})")).collect();
    Regex::new(&format!("(?i){}", all.join("|"))).ok()
}

/// An attribution that begins on the first line, with an address or a date in it: how many lines it has.
pub(super) fn strong(lines: &[Line<'_>]) -> Option<usize> {
    found(lines, &FIRM, &FIRM_EVIDENCE)
}

/// An attribution in any form that begins on the first line: how many lines it has, blank ones behind it included. For above a
/// quote that is marked as one.
pub(super) fn weak(lines: &[Line<'_>]) -> Option<usize> {
    found(lines, &ANY, &EVIDENCE)
}

fn found(lines: &[Line<'_>], forms: &Pattern, evidence: &Pattern) -> Option<usize> {
    let mut joined = String::new();
    let window = lines.iter().take(LINES_MAX).take_while(|line| !line.is_blank() && !line.is_quoted());
    for (at, line) in window.enumerate() {
        if joined.len() + line.text.len() > BYTES_MAX {
            return None;
        }
        if at > 0 {
            joined.push(' ');
        }
        joined.push_str(line.text);
        if line.text.ends_with([':', '：']) {
            let plain = joined.replace(['*', '\u{a0}', '\u{202f}'], " ");
            let is_form = forms.as_ref().is_some_and(|forms| forms.is_match(plain.trim()));
            let has_evidence = evidence.as_ref().is_some_and(|evidence| evidence.is_match(&joined));
            if is_form && has_evidence {
                return Some(at + 1);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::email::reply::lines;

    #[test]
    fn attributions_are_known_in_their_languages() {
        for text in [
            "On Mon, Nov 2, 2026 at 10:00 AM Jo <jo@example.test> wrote:",
            "On Mon, Nov 2, 2026 at 10:00 AM Jo Example\n<jo@example.test>\nwrote:",
            "Am 02.11.2026 um 10:00 schrieb Jo <jo@example.test>:",
            "Am Mo., 2. Nov. 2026 um 10:00 Uhr schrieb Jo Beispiel <\njo@example.test>:",
            "Le lun. 2 nov. 2026 à 10:00, Jo <jo@example.test> a écrit :",
            "Le 2 nov. 2026 à 10:00, Jo <jo@example.test> a écrit\u{a0}:",
            "El lun, 2 nov 2026 a las 10:00, Jo (<jo@example.test>) escribió:",
            "Op ma 2 nov 2026 om 10:00 schreef Jo <jo@example.test>:",
            "Op 2 nov. 2026 om 10:00 heeft Jo <jo@example.test> het volgende geschreven:",
            "Il giorno lun 2 nov 2026 alle ore 10:00 Jo <jo@example.test> ha scritto:",
            "Em seg., 2 de nov. de 2026 às 10:00, Jo <jo@example.test> escreveu:",
            "Den mån 2 nov. 2026 kl 10:00 skrev Jo <jo@example.test>:",
        ] {
            let lines = lines::read(text, 10);
            assert_eq!(strong(&lines), Some(lines.len()), "{text}");
        }
        for text in [
            "пн, 2 нояб. 2026 г. в 10:00, Jo <jo@example.test> пишет:",
            "2026年11月2日(月) 10:00 Jo <jo@example.test>:",
            "Jo <jo@example.test> wrote:",
        ] {
            assert_eq!(weak(&lines::read(text, 10)), Some(1), "{text}");
        }
    }

    #[test]
    fn a_sentence_that_ends_in_a_colon_is_none() {
        for text in [
            "On Monday my colleague wrote:",
            "This is what he wrote:",
            "Am Montag kam das Paket:",
            "I wrote to you on 2 Nov 2026",
        ] {
            assert_eq!(weak(&lines::read(text, 10)), None, "{text}");
        }
    }
}
