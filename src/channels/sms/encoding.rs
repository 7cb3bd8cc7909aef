//! How many segments a text takes: GSM 7-bit with its extension table, or UCS-2 (3GPP TS 23.038).
//!
//! A segment is what is sent and paid for: 160 septets or 70 units of 16 bits, and of a longer text 153 or 67, for each part
//! carries a header. A character that takes two places is never cut in two, so a part may end one place early.

/// Characters of the GSM 7-bit default alphabet, one septet each.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                     ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// Characters of its extension table, two septets each.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// How a text is put into segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Seven bits a character: all characters are of the GSM alphabet.
    Gsm7,
    /// Sixteen bits a unit: one character outside the alphabet makes the whole text so.
    Ucs2,
}

/// What a text takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segments {
    /// How it is put.
    pub encoding: Encoding,
    /// Septets or 16-bit units.
    pub units: usize,
    /// How many messages it makes; zero for an empty text.
    pub count: usize,
}

impl Encoding {
    /// How the text has to be put.
    pub fn of(text: &str) -> Self {
        if text.chars().all(|c| septets(c).is_some()) { Self::Gsm7 } else { Self::Ucs2 }
    }

    /// How many units one segment holds, where it is the only one.
    pub const fn single(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// How many units one segment of several holds.
    pub const fn of_several(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }
}

impl Segments {
    /// Counts the text.
    pub fn of(text: &str) -> Self {
        let mut counter = Counter::default();
        text.chars().for_each(|c| counter.push(c));
        counter.segments()
    }
}

/// Counts while a text grows, so that it can be cut where it stops fitting.
#[derive(Debug, Clone, Copy)]
pub struct Counter {
    gsm7: Option<Filling>,
    ucs2: Filling,
}

/// Parts as they fill.
#[derive(Debug, Clone, Copy, Default)]
struct Filling {
    units: usize,
    full: usize,
    used: usize,
}

impl Filling {
    const fn push(&mut self, width: usize, part: usize) {
        if self.used + width > part {
            self.full += 1;
            self.used = 0;
        }
        self.used += width;
        self.units += width;
    }
}

impl Default for Counter {
    fn default() -> Self {
        Self { gsm7: Some(Filling::default()), ucs2: Filling::default() }
    }
}

impl Counter {
    /// Takes the next character in.
    pub fn push(&mut self, c: char) {
        match (septets(c), &mut self.gsm7) {
            (Some(width), Some(filling)) => filling.push(width, Encoding::Gsm7.of_several()),
            _ => self.gsm7 = None,
        }
        self.ucs2.push(c.len_utf16(), Encoding::Ucs2.of_several());
    }

    /// What the text takes so far.
    pub const fn segments(&self) -> Segments {
        let (encoding, filling) = match self.gsm7 {
            Some(filling) => (Encoding::Gsm7, filling),
            None => (Encoding::Ucs2, self.ucs2),
        };
        let count = match filling.units {
            0 => 0,
            units if units <= encoding.single() => 1,
            _ => filling.full + 1,
        };
        Segments { encoding, units: filling.units, count }
    }
}

fn septets(c: char) -> Option<usize> {
    match c {
        // Most texts are made of these, and the tables are searched from their beginning.
        'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | '.' | ',' | '?' | '!' | '\n' => Some(1),
        c if BASIC.contains(c) => Some(1),
        c if EXTENSION.contains(c) => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn count(text: &str) -> (Encoding, usize, usize) {
        let Segments { encoding, units, count } = Segments::of(text);
        (encoding, units, count)
    }

    #[test]
    fn the_alphabet_has_its_128_places() {
        // Without the escape, which is no character of its own.
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(EXTENSION.chars().count(), 10);
        for c in "àèéìòùäöüñÄÖÜÑÅåÆæØøßÇ£¥§¿¡ΔΩ@$_".chars() {
            assert_eq!(Encoding::of(&c.to_string()), Encoding::Gsm7, "{c}");
        }
        for c in "çáíóúêâ`’“”–…\tŁ語🙂".chars() {
            assert_eq!(Encoding::of(&c.to_string()), Encoding::Ucs2, "{c}");
        }
    }

    #[test]
    fn segments_are_counted_as_they_are_paid() {
        use Encoding::{Gsm7, Ucs2};
        assert_eq!(count(""), (Gsm7, 0, 0));
        assert_eq!(count("hi"), (Gsm7, 2, 1));
        for (chars, segments) in [(160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4)] {
            assert_eq!(count(&"a".repeat(chars)), (Gsm7, chars, segments));
        }
        for (chars, segments) in [(70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)] {
            assert_eq!(count(&"語".repeat(chars)), (Ucs2, chars, segments));
        }
        assert_eq!(count(&"€".repeat(80)), (Gsm7, 160, 1));
        assert_eq!(count(&"€".repeat(81)), (Gsm7, 162, 2));
        assert_eq!(count(&format!("{}’", "a".repeat(69))), (Ucs2, 70, 1));
        assert_eq!(count(&format!("{}’", "a".repeat(70))), (Ucs2, 71, 2));
    }

    #[test]
    fn a_character_of_two_places_is_never_cut_in_two() {
        use Encoding::{Gsm7, Ucs2};
        // 306 septets would fit into two parts; an escape at place 153 pushes one septet over the edge.
        assert_eq!(count(&format!("{}€{}", "a".repeat(152), "a".repeat(152))), (Gsm7, 306, 3));
        assert_eq!(count(&format!("{}€{}", "a".repeat(151), "a".repeat(153))), (Gsm7, 306, 2));
        // The same with surrogate pairs: 66 units, then a pair that begins at the last place.
        assert_eq!(count(&format!("{}🙂{}", "語".repeat(66), "語".repeat(66))), (Ucs2, 134, 3));
        assert_eq!(count(&format!("{}🙂{}", "語".repeat(65), "語".repeat(67))), (Ucs2, 134, 2));
        assert_eq!(count(&"🙂".repeat(35)), (Ucs2, 70, 1));
        assert_eq!(count(&"🙂".repeat(36)), (Ucs2, 72, 2));
        assert_eq!(count(&"🙂".repeat(66)), (Ucs2, 132, 2));
        assert_eq!(count(&"🙂".repeat(67)), (Ucs2, 134, 3));
    }

    proptest! {
        #[test]
        fn more_text_never_takes_fewer_segments(text in "\\PC{0,400}", more in "\\PC{0,3}") {
            let whole = Segments::of(&format!("{text}{more}"));
            let part = Segments::of(&text);
            prop_assert!(part.count <= whole.count);
            prop_assert!(whole.count <= whole.units);
        }
    }
}
