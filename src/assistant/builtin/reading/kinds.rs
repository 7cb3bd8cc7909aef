//! Which kind of thing a sentence names: a time, a price, a place.

use super::lexicon::Word;
use super::question::{Asked, MONEY, is_time_unit};

/// What money is counted in.
const MONEY_UNITS: &[&str] = &[
    "euro", "eur", "dollar", "usd", "pound", "gbp", "franc", "chf", "cent", "cents", "pence", "yen", "rupee", "krone",
    "kronor", "zloty",
];
/// What a share in percent is of, where it is an amount of money.
const SHARED: &[&str] = &["discount", "cheaper", "reduction", "reduc", "fee", "surcharge", "interest", "save"];

/// What tells a moment.
const CALENDAR: &[&str] = &[
    "am",
    "pm",
    "noon",
    "midnight",
    "morning",
    "evening",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "weekday",
    "weekend",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "spring",
    "summer",
    "autumn",
    "winter",
    "immediately",
    "once",
    "daily",
    "weekly",
    "monthly",
    "soon",
    "after",
    "before",
    "until",
    "uhr",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonntag",
    "lunes",
    "viernes",
    "sábado",
    "domingo",
    "lundi",
    "vendredi",
    "samedi",
    "dimanche",
    "lunedì",
    "venerdì",
    "sabato",
    "domenica",
    "maandag",
    "vrijdag",
    "zaterdag",
    "zondag",
];
/// Words of places, on a screen too.
pub(super) const PLACES: &[&str] = &[
    "under", "street", "road", "square", "settings", "menu", "page", "address", "desk", "profile", "account", "floor",
    "nearest", "beside", "straße",
];
/// What weights are told in.
const WEIGHTS: &[&str] = &[
    "kg",
    "kilo",
    "kilogram",
    "kilogramme",
    "gram",
    "gramme",
    "g",
    "tonne",
    "lb",
    "lbs",
    "pound",
    "ounce",
    "oz",
    "stone",
    "weigh",
    "weight",
    "heavy",
    "light",
    "gewicht",
    "wiegt",
];
/// What distances are told in.
const DISTANCES: &[&str] =
    &["km", "kilometre", "kilometer", "m", "metre", "meter", "mile", "yard", "minute", "hour", "step", "near", "far"];
/// The fewest digits of a telephone number.
const TELEPHONE_DIGITS_MIN: usize = 5;
/// Months, but for the one that is a verb too.
const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The articles that are a number too.
const ARTICLES_OF_ONE: &[&str] =
    &["ein", "eine", "einem", "einen", "einer", "un", "una", "une", "uno", "um", "uma", "een"];

/// What goes on after something was said to be free.
const AFTER_FREE: &[&str] = &[
    "for", "from", "if", "in", "within", "until", "above", "over", "under", "on", "with", "when", "and", "or", "but",
    "of", "at", "during", "up", "as", "because", "by", "too", "also", "after", "before",
];

/// Numbers that are words.
pub(super) const NUMBER_WORDS: &[&str] = &[
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "twelve",
    "twenty",
    "half",
    "once",
    "twice",
    "no",
    "unlimited",
    "any",
];

/// Whether the words name the kind of thing that is asked for.
pub(super) fn names(asked: Asked, words: &[Word], text: &str) -> bool {
    let has = |list: &[&str]| {
        words.iter().any(|word| list.contains(&word.text.as_str()) || list.contains(&word.stem.as_str()))
    };
    let counts = || words.iter().any(Word::is_number) || has(NUMBER_WORDS);
    let time = || words.iter().any(|word| is_time_unit(&word.stem) || is_time_unit(&word.text));
    match asked {
        Asked::Anything => true,
        Asked::Duration => {
            (counts() && time()) || names_one_unit(words) || has(&["immediately", "once", "unlimited", "forever"])
        }
        Asked::Price => {
            let is_money = has(MONEY_UNITS) || text.contains(['$', '€', '£']) || has(&["percent"]) && has(SHARED);
            (counts() && is_money) || is_free(words)
        }
        Asked::Moment => has(CALENDAR) || (counts() && time()) || names_one_unit(words),
        Asked::Place => has(PLACES),
        Asked::Amount => counts(),
        Asked::Weight => counts() && has_unit(words, WEIGHTS),
        Asked::Distance => counts() && has_unit(words, DISTANCES),
        Asked::Telephone => text.chars().filter(char::is_ascii_digit).count() >= TELEPHONE_DIGITS_MIN,
        Asked::Mail => text.contains('@'),
        Asked::Person => text.contains('@') || words.iter().any(|word| word.is_name || word.is_foreign()),
    }
}

/// Whether one of the units is there, by itself or behind its number: "12kg".
fn has_unit(words: &[Word], units: &[&str]) -> bool {
    words.iter().any(|word| {
        let unit = word.text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        units.contains(&unit) || units.contains(&unit.trim_end_matches('s'))
    })
}

/// Whether a number of days or an amount of money is named, not only that there is one.
pub(super) fn is_exact(asked: Asked, words: &[Word], text: &str) -> bool {
    let counts = words.iter().any(|word| word.is_number() || NUMBER_WORDS.contains(&word.text.as_str()));
    let time = words.iter().any(|word| is_time_unit(&word.stem) || is_time_unit(&word.text));
    let month = words.iter().any(|word| MONTHS.contains(&word.text.as_str()));
    if asked == Asked::Price { names(asked, words, text) } else { counts && time || month }
}

/// "Ein Jahr": in other languages the article is the number.
fn names_one_unit(words: &[Word]) -> bool {
    let is_unit = |word: &Word| is_time_unit(&word.stem) || is_time_unit(&word.text);
    words.windows(2).any(|two| ARTICLES_OF_ONE.contains(&two[0].text.as_str()) && is_unit(&two[1]))
}

/// Whether something is said to cost nothing. A free plan and a free seat are no prices.
fn is_free(words: &[Word]) -> bool {
    words.iter().enumerate().any(|(at, word)| {
        let before = at.checked_sub(1).and_then(|at| words.get(at)).map_or("", |word| word.text.as_str());
        let ends = words.get(at + 1).is_none_or(|next| AFTER_FREE.contains(&next.text.as_str()));
        match word.text.as_str() {
            "free" => before != "feel" && ends,
            "nothing" => MONEY.contains(&before) || words.get(at + 1).is_some_and(|next| next.text == "to"),
            _ => false,
        }
    })
}
