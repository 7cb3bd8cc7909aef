//! In which language a text is, where that can be told.

use whatlang::{Lang, detect};

/// Shorter texts are not judged, in characters: too many languages share their words.
pub(super) const JUDGED_MIN_CHARS: usize = 40;

/// How sure the judgement must be, 0..1.
const SURE: f64 = 0.9;

/// The language of a text (ISO 639-1), where it is long and plain enough.
pub(super) fn of(text: &str) -> Option<&'static str> {
    if text.chars().count() < JUDGED_MIN_CHARS {
        return None;
    }
    let info = detect(text)?;
    (info.is_reliable() || info.confidence() >= SURE).then(|| code(info.lang())).flatten()
}

/// Whether a text is surely in another language than the one that is wanted.
pub(super) fn is_another(text: &str, wanted: &str) -> bool {
    of(text).is_some_and(|found| found != wanted)
}

const fn code(lang: Lang) -> Option<&'static str> {
    Some(match lang {
        Lang::Ara => "ar",
        Lang::Bul => "bg",
        Lang::Ces => "cs",
        Lang::Dan => "da",
        Lang::Deu => "de",
        Lang::Ell => "el",
        Lang::Eng => "en",
        Lang::Spa => "es",
        Lang::Est => "et",
        Lang::Fin => "fi",
        Lang::Fra => "fr",
        Lang::Heb => "he",
        Lang::Hin => "hi",
        Lang::Hrv => "hr",
        Lang::Hun => "hu",
        Lang::Ind => "id",
        Lang::Ita => "it",
        Lang::Jpn => "ja",
        Lang::Kor => "ko",
        Lang::Lit => "lt",
        Lang::Lav => "lv",
        Lang::Nob => "nb",
        Lang::Nld => "nl",
        Lang::Pol => "pl",
        Lang::Por => "pt",
        Lang::Ron => "ro",
        Lang::Rus => "ru",
        Lang::Slk => "sk",
        Lang::Slv => "sl",
        Lang::Swe => "sv",
        Lang::Tha => "th",
        Lang::Tur => "tr",
        Lang::Ukr => "uk",
        Lang::Cmn => "zh",
        _ => return None,
    })
}

/// The primary part of a language tag: `de` of `de-CH`.
pub(super) fn primary(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::guardrails::LANGUAGES;

    #[test]
    fn a_text_is_judged_only_where_it_is_long_and_plain() {
        let german = "Sie können den Artikel innerhalb von dreißig Tagen zurückschicken, wenn er Ihnen nicht gefällt.";
        assert_eq!(of(german), Some("de"));
        assert!(is_another(german, "en") && !is_another(german, "de"));
        assert!(!is_another("OK, danke!", "en") && of("12345 67890 12345 67890 12345 67890 12345").is_none());
        assert_eq!(primary("de-CH"), "de");
    }

    #[test]
    fn every_language_that_can_be_fixed_can_be_told() {
        let told: Vec<&str> = Lang::all().iter().filter_map(|lang| code(*lang)).collect();
        assert!(LANGUAGES.iter().all(|language| told.contains(language)) && told.len() == LANGUAGES.len());
    }
}
