//! The language of a text, where it is long and plain enough to be sure.

use whatlang::Lang;

/// The least letters that tell a language.
const LETTERS_MIN: usize = 24;

/// The least share of letters in what is looked at: numbers and links tell nothing.
const LETTERS_SHARE_MIN: f64 = 0.6;

/// The language tag of a text (BCP 47).
pub(super) fn of(text: &str) -> Option<&'static str> {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let counted = text.chars().filter(|c| !c.is_whitespace()).count();
    #[expect(clippy::cast_precision_loss, reason = "both are lengths of a message")]
    let share = letters as f64 / counted.max(1) as f64;
    if letters < LETTERS_MIN || share < LETTERS_SHARE_MIN {
        return None;
    }
    let found = whatlang::Detector::with_allowlist(LANGUAGES.to_vec()).detect(text)?;
    if found.is_reliable() { tag(found.lang()) } else { None }
}

/// The languages that are told apart: the fewer, the surer.
const LANGUAGES: &[Lang] = &[
    Lang::Eng,
    Lang::Deu,
    Lang::Fra,
    Lang::Spa,
    Lang::Ita,
    Lang::Por,
    Lang::Nld,
    Lang::Pol,
    Lang::Rus,
    Lang::Ukr,
    Lang::Tur,
    Lang::Swe,
    Lang::Dan,
    Lang::Nob,
    Lang::Fin,
    Lang::Ces,
    Lang::Ron,
    Lang::Hun,
    Lang::Ell,
    Lang::Bul,
    Lang::Hrv,
    Lang::Srp,
    Lang::Cmn,
    Lang::Jpn,
    Lang::Kor,
    Lang::Vie,
    Lang::Tha,
    Lang::Ind,
    Lang::Hin,
    Lang::Ara,
    Lang::Heb,
    Lang::Pes,
];

/// The tag of the languages that people write to shops in; others are left unknown.
const fn tag(language: Lang) -> Option<&'static str> {
    Some(match language {
        Lang::Eng => "en",
        Lang::Deu => "de",
        Lang::Fra => "fr",
        Lang::Spa => "es",
        Lang::Ita => "it",
        Lang::Por => "pt",
        Lang::Nld => "nl",
        Lang::Pol => "pl",
        Lang::Rus => "ru",
        Lang::Ukr => "uk",
        Lang::Tur => "tr",
        Lang::Swe => "sv",
        Lang::Dan => "da",
        Lang::Nob => "nb",
        Lang::Fin => "fi",
        Lang::Ces => "cs",
        Lang::Ron => "ro",
        Lang::Hun => "hu",
        Lang::Ell => "el",
        Lang::Bul => "bg",
        Lang::Hrv => "hr",
        Lang::Srp => "sr",
        Lang::Cmn => "zh",
        Lang::Jpn => "ja",
        Lang::Kor => "ko",
        Lang::Vie => "vi",
        Lang::Tha => "th",
        Lang::Ind => "id",
        Lang::Hin => "hi",
        Lang::Ara => "ar",
        Lang::Heb => "he",
        Lang::Pes => "fa",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn a_plain_text_of_some_length_tells_its_language() {
        for (said, tag) in [
            ("Hello, I would like to know where my parcel is and when it will arrive.", "en"),
            ("Guten Tag, ich möchte gerne wissen, wo mein Paket bleibt und wann es ankommt.", "de"),
            ("Bonjour, je voudrais savoir où se trouve mon colis et quand il arrivera.", "fr"),
            ("こんにちは、注文した商品がまだ届いていません。いつ届きますか？教えてください。", "ja"),
        ] {
            assert_eq!(of(said), Some(tag), "{said}");
        }
        for said in ["ok", "Hallo", "12345 67890 12345 67890 12345", "https://example.com/a/b/c?d=1234567890"] {
            assert_eq!(of(said), None, "{said}");
        }
    }
}
