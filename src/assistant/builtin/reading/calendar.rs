//! The days of the week that a sentence means and does not name: "Monday to Friday", "at the weekend", "daily".

/// The days in their order, in English.
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The names of each day: English, German, Spanish, French, Italian, Portuguese, Dutch.
const NAMES: [&[&str]; 7] = [
    &["monday", "mondays", "mon", "montag", "mo", "lunes", "lundi", "lunedì", "segunda", "maandag", "ma"],
    &["tuesday", "tuesdays", "tue", "tues", "dienstag", "di", "martes", "mardi", "martedì", "terça", "dinsdag"],
    &[
        "wednesday",
        "wednesdays",
        "wed",
        "mittwoch",
        "mi",
        "miércoles",
        "mercredi",
        "mercoledì",
        "quarta",
        "woensdag",
        "wo",
    ],
    &[
        "thursday",
        "thursdays",
        "thu",
        "thur",
        "thurs",
        "donnerstag",
        "do",
        "jueves",
        "jeudi",
        "giovedì",
        "quinta",
        "donderdag",
    ],
    &["friday", "fridays", "fri", "freitag", "fr", "viernes", "vendredi", "venerdì", "sexta", "vrijdag", "vr"],
    &["saturday", "saturdays", "sat", "samstag", "sa", "sábado", "samedi", "sabato", "zaterdag", "za"],
    &["sunday", "sundays", "sun", "sonntag", "so", "domingo", "dimanche", "domenica", "zondag", "zo"],
];

/// What stands between the first and the last day of several.
const UP_TO: &[&str] = &[
    "to",
    "until",
    "till",
    "through",
    "thru",
    "bis",
    "a",
    "hasta",
    "au",
    "à",
    "al",
    "até",
    "tot",
    "t/m",
    "tot en met",
    "up to",
    "-",
    "\u{2013}",
    "\u{2014}",
];

/// Words that mean several days, by the first and the last of them.
const SEVERAL: &[(&str, usize, usize)] = &[
    ("weekend", 5, 6),
    ("weekends", 5, 6),
    ("wochenende", 5, 6),
    ("weekday", 0, 4),
    ("weekdays", 0, 4),
    ("werktags", 0, 4),
    ("wochentags", 0, 4),
];

/// The days that are meant without their names, in English.
pub(super) fn days(said: &str) -> Vec<&'static str> {
    let said = said.to_lowercase();
    let mut meant = [false; DAYS.len()];
    let mut mark = |first: usize, last: usize| {
        for (at, meant) in meant.iter_mut().enumerate() {
            *meant |= if first <= last { (first..=last).contains(&at) } else { at >= first || at <= last };
        }
    };
    let mut first: Option<usize> = None;
    let mut between = String::new();
    let mut before = "";
    for part in said.split_inclusive(|c: char| !c.is_alphabetic()) {
        let word = part.trim_end_matches(|c: char| !c.is_alphabetic());
        if let Some((_, from, to)) = SEVERAL.iter().find(|(name, ..)| *name == word) {
            mark(*from, *to);
        }
        if word == "day" && matches!(before, "every" | "each") {
            mark(0, 6);
        }
        let day = NAMES.iter().position(|names| names.contains(&word));
        match (first, day) {
            (Some(from), Some(to)) if is_up_to(&between) => {
                mark(from, to);
                first = None;
            }
            (_, Some(day)) => first = Some(day),
            (Some(_), None) => between.push_str(word),
            (None, None) => {}
        }
        if day.is_some() {
            between.clear();
        }
        between.push_str(&part[word.len()..]);
        if !word.is_empty() {
            before = word;
        }
    }
    DAYS.iter().zip(meant).filter(|(_, meant)| *meant).map(|(day, _)| *day).collect()
}

/// Whether this, between two days, makes them the first and the last: full stops of short forms and the Portuguese "feira" count for nothing.
fn is_up_to(between: &str) -> bool {
    let between = between.replace("-feira", "").replace('.', "");
    let words: Vec<&str> = between.split_whitespace().collect();
    UP_TO.contains(&words.join(" ").as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_days_are_each_of_them() {
        assert_eq!(days("Open Monday to Thursday, 9 a.m. to 5 p.m."), DAYS[..4]);
        assert_eq!(days("Mon\u{2013}Fri 9-17, Sat - Sun closed"), DAYS);
        assert_eq!(days("Montag bis Freitag, am Wochenende zu"), DAYS);
        assert_eq!(days("from Saturday to Monday"), ["monday", "saturday", "sunday"]);
        assert_eq!(days("Mo. \u{2013} Mi. und Fr."), DAYS[..3]);
        assert_eq!(days("de segunda-feira a quarta-feira"), DAYS[..3]);
        assert_eq!(days("maandag tot en met woensdag"), DAYS[..3]);
        assert_eq!(days("on weekends"), ["saturday", "sunday"]);
        assert_eq!(days("We answer every day."), DAYS);
    }

    #[test]
    fn days_that_are_named_one_by_one_mean_no_others() {
        for text in [
            "Monday, Wednesday and Friday",
            "on Tuesday. Closed to Friday's guests",
            "so do it",
            "",
            "30 days",
            "packed daily",
        ] {
            assert_eq!(days(text), [""; 0], "{text}");
        }
    }
}
