//! Words by which people leave, come back, or ask who writes. They are obeyed at once, before anybody reads the message.
//!
//! Strict on purpose: only a message that is the word, the whole word and nothing else. "Please stop by" and "cancel my order" are
//! conversation. The English words are those that carriers in the US and Canada require; the others are the customary ones
//! of their languages. Words that answer questions ("yes", "no") are none, though some providers take them.

use serde::{Deserialize, Serialize};

/// What such a word asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keyword {
    /// No more messages, on any channel that is bound to the number. One confirmation may be sent, then silence.
    Stop,
    /// Messages are welcome again.
    Start,
    /// Who writes, and how one leaves.
    Help,
}

/// The longest message that is looked at, in bytes.
const LONGEST_BYTES: usize = 120;

/// Words that leave, in lower case without accents or inner marks.
const STOP: &[&str] = &[
    // English, as carriers require.
    "stop",
    "stopall",
    "stop all",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "revoke",
    "optout",
    "opt out",
    "remove",
    // German, Dutch, Swedish, Danish, Norwegian.
    "stopp",
    "abmelden",
    "abbestellen",
    "afmelden",
    "uitschrijven",
    "avsluta",
    "afmeld",
    "avslutt",
    // French, Spanish, Portuguese, Italian, Catalan.
    "arret",
    "arreter",
    "desabonner",
    "desinscrire",
    "alto",
    "parar",
    "baja",
    "darse de baja",
    "cancelar",
    "detener",
    "sair",
    "descadastrar",
    "ferma",
    "disiscriviti",
    "annulla iscrizione",
    "baixa",
    // Polish, Czech, Turkish, Indonesian, Romanian, Hungarian.
    "wypisz",
    "odhlasit",
    "iptal",
    "dur",
    "berhenti",
    "dezabonare",
    "leiratkozas",
    // Russian, Ukrainian, Hindi, Arabic, Hebrew, Chinese, Japanese, Korean.
    "стоп",
    "отписаться",
    "відписатися",
    "रोकें",
    "बंद करें",
    "توقف",
    "الغاء",
    "إلغاء",
    "הסר",
    "退订",
    "退訂",
    "停止",
    "配信停止",
    "수신거부",
];

/// Words that come back.
const START: &[&str] = &[
    "start",
    "unstop",
    "subscribe",
    "resubscribe",
    "optin",
    "opt in",
    "anmelden",
    "aanmelden",
    "alta",
    "reprendre",
    "iniciar",
    "voltar",
    "старт",
];

/// Words that ask who writes.
const HELP: &[&str] = &["help", "info", "hilfe", "aide", "ayuda", "ajuda", "aiuto", "помощь"];

impl Keyword {
    /// The word that the message is, whatever its case, accents and surrounding marks; `None` if it says anything else.
    pub fn of(message: &str) -> Option<Self> {
        if message.len() > LONGEST_BYTES {
            return None;
        }
        let said = plain(message);
        let is = |words: &[&str]| words.contains(&said.as_str());
        if is(STOP) {
            Some(Self::Stop)
        } else if is(START) {
            Some(Self::Start)
        } else if is(HELP) {
            Some(Self::Help)
        } else {
            None
        }
    }
}

/// Lower case, without accents, with one space between words and no marks around them; marks between letters count as a
/// space (`opt-out`), apart from those that make a sentence or a list of it.
fn plain(message: &str) -> String {
    let is_edge = |c: char| !c.is_alphanumeric() && !is_sign(c);
    let core = message.trim_matches(is_edge);
    let mut said = String::with_capacity(core.len());
    for c in core.chars().flat_map(char::to_lowercase).filter(|c| !is_invisible(*c)) {
        let c = unaccented(c);
        if c.is_whitespace() || matches!(c, '-' | '_') {
            if !said.ends_with(' ') {
                said.push(' ');
            }
        } else {
            said.push(c);
        }
    }
    said
}

/// Signs of Indic scripts that belong to a word though they are no letters.
const fn is_sign(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}' | '\u{951}'..='\u{957}' | '\u{962}' | '\u{963}')
}

/// Marks that keyboards leave behind and nobody sees; combining accents among them.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{300}'..='\u{36f}')
}

/// The letter below an accent, for the languages above.
const fn unaccented(c: char) -> char {
    match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        'š' => 's',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_alone_is_obeyed_whatever_its_dress() {
        for text in [
            "STOP",
            "stop",
            " Stop.\n",
            "\"STOP\"",
            "stop!!!",
            "StopAll",
            "STOP ALL",
            "Opt-out",
            "UNSUBSCRIBE",
            "End",
            "quit.",
        ] {
            assert_eq!(Keyword::of(text), Some(Keyword::Stop), "{text:?}");
        }
        for text in
            ["Arrêt", "ARRET", "arre\u{302}t", "De\u{301}sabonner", "Abmelden", "СТОП", "बंद करें", "退订", "st\u{200b}op"]
        {
            assert_eq!(Keyword::of(text), Some(Keyword::Stop), "{text:?}");
        }
        assert_eq!(Keyword::of("Start"), Some(Keyword::Start));
        assert_eq!(Keyword::of("unstop "), Some(Keyword::Start));
        assert_eq!(Keyword::of("HELP?"), Some(Keyword::Help));
    }

    #[test]
    fn conversation_is_not_taken_for_an_order() {
        for text in [
            "",
            "please stop",
            "stop by the shop",
            "cancel my order",
            "the end",
            "stop, thanks",
            "non-stop",
            "yes",
            "no",
            "help me",
            "stopped",
            "STOP\nbut first, my order",
        ] {
            assert_eq!(Keyword::of(text), None, "{text:?}");
        }
        assert_eq!(Keyword::of(&format!("stop{}", " ".repeat(LONGEST_BYTES))), None, "nobody types that");
    }

    #[test]
    fn every_word_of_the_tables_is_found_as_it_is_typed() {
        for (words, keyword) in [(STOP, Keyword::Stop), (START, Keyword::Start), (HELP, Keyword::Help)] {
            for word in words {
                assert_eq!(Keyword::of(word), Some(keyword), "{word:?}");
                assert_eq!(Keyword::of(&word.to_uppercase()), Some(keyword), "{word:?} in capitals");
            }
        }
    }
}
