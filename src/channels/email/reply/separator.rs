//! Lines that say that what follows is quoted or forwarded.

/// What programs write between an answer and all that was there before, in lower case, without the hyphens around it.
const QUOTE: [&str; 24] = [
    "original message",
    "ursprüngliche nachricht",
    "originalnachricht",
    "original-nachricht",
    "ursprungliche nachricht",
    "message d'origine",
    "message original",
    "mensaje original",
    "mensaje de origen",
    "messaggio originale",
    "oorspronkelijk bericht",
    "origineel bericht",
    "mensagem original",
    "oryginalna wiadomość",
    "wiadomość oryginalna",
    "ursprungligt meddelande",
    "original besked",
    "oprindelig meddelelse",
    "opprinnelig melding",
    "alkuperäinen viesti",
    "исходное сообщение",
    "původní zpráva",
    "orijinal mesaj",
    "原始邮件",
];

/// What programs write above a forwarded mail.
const FORWARD: [&str; 20] = [
    "forwarded message",
    "forwarded by",
    "weitergeleitete nachricht",
    "message transféré",
    "message réexpédié",
    "mensaje reenviado",
    "messaggio inoltrato",
    "doorgestuurd bericht",
    "mensagem encaminhada",
    "mensagem reencaminhada",
    "wiadomość przekazana",
    "przekazana wiadomość",
    "vidarebefordrat meddelande",
    "videresendt besked",
    "videresendt melding",
    "välitetty viesti",
    "пересланное сообщение",
    "přeposlaná zpráva",
    "转发的邮件",
    "転送されたメッセージ",
];

/// What Apple's programs write above a forwarded mail, on a line without hyphens.
const APPLE: [&str; 8] = [
    "begin forwarded message:",
    "anfang der weitergeleiteten nachricht:",
    "début du message réexpédié :",
    "début du message transféré :",
    "inicio del mensaje reenviado:",
    "inizio messaggio inoltrato:",
    "begin doorgestuurd bericht:",
    "início da mensagem encaminhada:",
];

/// How many hyphens or equals signs stand before the words, at least.
const HYPHENS_MIN: usize = 2;

/// How long Outlook's rule is, at least.
const RULE_MIN: usize = 16;

/// The longest line that is looked at, in bytes.
const LINE_MAX_BYTES: usize = 200;

/// Is this `-----Original Message-----` in some language?
pub(super) fn begins_quote(line: &str) -> bool {
    between_hyphens(line).is_some_and(|words| QUOTE.contains(&words.as_str()))
}

/// Is this `---------- Forwarded message ---------` in some language?
pub(super) fn begins_forward(line: &str) -> bool {
    let line = line.trim_matches('*');
    let known = |words: String| FORWARD.iter().any(|known| words.starts_with(known));
    line.len() <= LINE_MAX_BYTES
        && (between_hyphens(line).is_some_and(known) || APPLE.contains(&line.to_lowercase().as_str()))
}

/// The line that Outlook draws above its block of headers.
pub(super) fn is_rule(line: &str) -> bool {
    line.len() >= RULE_MIN && line.bytes().all(|byte| matches!(byte, b'_' | b'-'))
}

/// The words between hyphens, in lower case.
fn between_hyphens(line: &str) -> Option<String> {
    let is_hyphen = |c: char| matches!(c, '-' | '=' | '\u{2010}'..='\u{2015}');
    let before = line.chars().take_while(|c| is_hyphen(*c)).count();
    let words = line.trim_matches(is_hyphen).trim().trim_end_matches(':').to_lowercase().replace('\u{2019}', "'");
    (before >= HYPHENS_MIN && line.len() <= LINE_MAX_BYTES && !words.is_empty()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_known_in_their_languages_and_nothing_else_is() {
        for line in [
            "-----Original Message-----",
            "-------- Ursprüngliche Nachricht --------",
            "----- Message d\u{2019}origine -----",
        ] {
            assert!(begins_quote(line), "{line}");
        }
        for line in [
            "---------- Forwarded message ---------",
            "Begin forwarded message:",
            "-------- Weitergeleitete Nachricht --------",
        ] {
            assert!(begins_forward(line) && !begins_quote(line), "{line}");
        }
        for line in ["original message", "-- ", "--", "- original message", "the forwarded message says"] {
            assert!(!begins_quote(line) && !begins_forward(line), "{line}");
        }
        assert!(is_rule("________________________________") && !is_rule("____"));
    }
}
