//! Words of a text with their places: small letters, no punctuation, numbers whole. Two texts that differ in nothing else
//! have the same words.

/// A word and where it stands, in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    text: String,
    start: usize,
    end: usize,
}

/// A text's words.
#[derive(Debug, Clone, Default)]
pub(super) struct Folded {
    words: Vec<Word>,
}

/// Numbers that people write as words, by their place.
const NUMBERS: [&str; 21] = [
    "zero",
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
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
];

/// The same for tens from twenty on.
const TENS: [(&str, &str); 8] = [
    ("thirty", "30"),
    ("forty", "40"),
    ("fifty", "50"),
    ("sixty", "60"),
    ("seventy", "70"),
    ("eighty", "80"),
    ("ninety", "90"),
    ("hundred", "100"),
];

impl Word {
    /// The word itself.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is a number.
    pub(super) fn is_number(&self) -> bool {
        self.text.starts_with(|c: char| c.is_numeric())
    }
}

impl Folded {
    /// Reads a text.
    pub(super) fn new(text: &str) -> Self {
        let mut words: Vec<Word> = Vec::new();
        let mut open = false;
        let mut chars = text.chars().enumerate().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, c)| *c);
            let joins = matches!(c, '.' | ',') && open && next.is_some_and(|c| c.is_ascii_digit());
            let joins = joins && words.last().is_some_and(|word| word.text.ends_with(|c: char| c.is_ascii_digit()));
            // What stands for a customer's value, `<email_1>`, is one word and no number.
            let joins = joins || (c == '_' && open);
            let symbol = matches!(c, '$' | '€' | '£' | '%');
            if !(c.is_alphanumeric() || joins || symbol) {
                open = false;
                continue;
            }
            let alone = symbol || is_ideograph(c);
            if !open || alone {
                words.push(Word { text: String::new(), start: at, end: at });
            }
            open = !alone;
            if let Some(word) = words.last_mut() {
                word.text.extend(c.to_lowercase());
                word.end = at + 1;
            }
        }
        words.iter_mut().for_each(Word::spell_out);
        Self { words }
    }

    /// The words.
    pub(super) fn words(&self) -> &[Word] {
        &self.words
    }

    /// The numbers among them.
    pub(super) fn numbers(&self) -> impl Iterator<Item = &str> {
        self.words.iter().filter(|word| word.is_number()).map(Word::text)
    }

    /// Whether the text holds the word.
    pub(super) fn has(&self, text: &str) -> bool {
        self.words.iter().any(|word| word.text == text)
    }

    /// Those between two places, in characters.
    pub(super) fn between(&self, from: usize, to: usize) -> &[Word] {
        let (first, last) =
            (self.words.partition_point(|word| word.start < from), self.words.partition_point(|word| word.end <= to));
        self.words.get(first..last).unwrap_or_default()
    }

    /// Where the same words stand in a row, from a word on.
    pub(super) fn find(&self, row: &[Word], from: usize) -> Option<usize> {
        let within = self.words.get(from..)?;
        let same = |window: &[Word]| window.iter().zip(row).all(|(one, other)| one.text == other.text);
        within.windows(row.len().max(1)).position(same).map(|at| from + at)
    }

    /// The longest row that this text shares with another: where it begins here, and its length in words.
    pub(super) fn longest_shared(&self, other: &[Word]) -> Option<(usize, usize)> {
        let mut best = (0, 0);
        let mut before = vec![0_usize; other.len() + 1];
        for (at, word) in self.words.iter().enumerate() {
            let mut row = vec![0; other.len() + 1];
            for (with, another) in other.iter().enumerate() {
                if word.text == another.text {
                    row[with + 1] = before[with] + 1;
                    if row[with + 1] > best.1 {
                        best = (at + 1 - row[with + 1], row[with + 1]);
                    }
                }
            }
            before = row;
        }
        (best.1 > 0).then_some(best)
    }

    /// Where the words from one to before another stand, in characters.
    pub(super) fn span(&self, from: usize, to: usize) -> (usize, usize) {
        let start = self.words.get(from).map_or(0, |word| word.start);
        let end = to.checked_sub(1).and_then(|last| self.words.get(last)).map_or(start, |word| word.end);
        (start, end)
    }
}

/// Where the sentences of a text end, in characters; a line ends one, a point within a number does not.
pub(super) fn sentence_ends(text: &str) -> Vec<usize> {
    let after = text.chars().skip(1).map(Some).chain([None]);
    let ends = text.chars().zip(after).enumerate().filter(|(_, (c, next))| match c {
        '\n' | '。' | '！' | '？' => true,
        '.' | '!' | '?' => next.is_none_or(char::is_whitespace),
        _ => false,
    });
    ends.map(|(at, _)| at + 1).collect()
}

impl Word {
    /// A number in letters is the same as in digits.
    fn spell_out(&mut self) {
        if let Some(number) = NUMBERS.iter().position(|name| *name == self.text) {
            // "one" and "zero" are seldom numbers.
            if number > 1 {
                self.text = number.to_string();
            }
        } else if let Some((_, digits)) = TENS.iter().find(|(name, _)| *name == self.text) {
            (*digits).clone_into(&mut self.text);
        }
    }
}

/// Written without spaces: each sign is taken for a word.
fn is_ideograph(c: char) -> bool {
    matches!(u32::from(c), 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7AF | 0x20000..=0x2FA1F)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        Folded::new(text).words().iter().map(|word| word.text().to_owned()).collect()
    }

    #[test]
    fn case_and_punctuation_fall_away_and_numbers_stay_whole() {
        assert_eq!(
            words("It's $4.99, or 1,000.50 — \"Thirty-day\" 5%."),
            ["it", "s", "$", "4.99", "or", "1,000.50", "30", "day", "5", "%"]
        );
        assert_eq!(words("返品は30日"), ["返", "品", "は", "30", "日"]);
        assert_eq!(words("  …!? "), [""; 0]);
    }

    #[test]
    fn the_longest_shared_row_is_found() {
        let one = Folded::new("We ship to Norway and to Sweden within two days.");
        let other = Folded::new("Yes: to Sweden within 2 days, I think");
        let (from, length) = one.longest_shared(other.words()).unwrap();
        assert_eq!(length, 5);
        assert_eq!(one.span(from, from + length), (22, 47));
        assert_eq!(one.longest_shared(&[]), None);
    }
}
