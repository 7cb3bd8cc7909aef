//! Runs of digits: groups with nothing but spaces and a few marks between them, as people write long numbers.

use crate::assistant::guard::fold::{self, Word};

/// The most digits of a run that are looked at together; longer numbers are nobody's.
const DIGITS_MAX: usize = 64;

/// The most groups of a run that are looked at together.
const GROUPS_MAX: usize = 32;

/// The most characters between two groups of one number.
const GAP_MAX_CHARS: usize = 3;

/// Digits that stand together.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Group {
    /// Where they begin in the text, in bytes.
    pub start: usize,
    /// Where they end.
    pub end: usize,
    /// Where they begin in the run's digits.
    from: usize,
    /// What stands before them: a space, or a mark with or without spaces; `None` where the run begins.
    pub mark: Option<char>,
}

/// A run.
#[derive(Debug)]
pub(super) struct Run<'t> {
    /// The whole text.
    pub text: &'t str,
    /// Whether a plus sign stands before the first group.
    pub plus: bool,
    digits: [u8; DIGITS_MAX],
    groups: [Group; GROUPS_MAX],
    count: usize,
    len: usize,
}

impl<'t> Run<'t> {
    const fn new(text: &'t str) -> Self {
        let none = Group { start: 0, end: 0, from: 0, mark: None };
        Self { text, plus: false, digits: [0; DIGITS_MAX], groups: [none; GROUPS_MAX], count: 0, len: 0 }
    }

    /// Its groups.
    pub(super) fn groups(&self) -> &[Group] {
        &self.groups[..self.count]
    }

    /// The digits of the groups from `first` up to and with `last`.
    pub(super) fn digits(&self, first: usize, last: usize) -> &[u8] {
        let end = if last + 1 < self.count { self.groups[last + 1].from } else { self.len };
        &self.digits[self.groups[first].from..end]
    }

    /// How many digits a group has.
    pub(super) fn size(&self, group: usize) -> usize {
        self.digits(group, group).len()
    }

    /// Whether the groups from `first` up to and with `last` have these sizes.
    pub(super) fn shaped(&self, first: usize, last: usize, sizes: &[usize]) -> bool {
        last - first + 1 == sizes.len() && (first..=last).zip(sizes).all(|(group, size)| self.size(group) == *size)
    }

    /// Takes a word of digits in. `false` when it has no room.
    fn take(&mut self, word: Word, mark: Option<char>) -> bool {
        let digits = self.text[word.start..word.end].chars().filter_map(fold::folded).filter_map(|c| c.to_digit(10));
        let from = self.len;
        for digit in digits {
            let (Some(place), Ok(digit)) = (self.digits.get_mut(self.len), u8::try_from(digit)) else {
                self.len = from;
                return false;
            };
            *place = digit;
            self.len += 1;
        }
        let Some(group) = self.groups.get_mut(self.count) else {
            self.len = from;
            return false;
        };
        *group = Group { start: word.start, end: word.end, from, mark };
        self.count += 1;
        true
    }
}

/// Calls `each` with every run of the text.
pub(super) fn runs(text: &str, mut each: impl FnMut(&Run<'_>)) {
    let mut run = Run::new(text);
    let mut from = 0;
    while let Some(word) = fold::next_word(text, from) {
        from = word.end;
        let last = run.groups().last().map(|group| group.end);
        let gap = last.and_then(|end| mark_between(&text[end..word.start]));
        if last.is_some() && (!word.digits || gap.is_none() || !run.take(word, gap)) {
            each(&run);
            run = Run::new(text);
        }
        if run.count == 0 && word.digits {
            run.plus = follows_plus(text, word.start);
            let _too_long_for_anything = run.take(word, None);
        }
    }
    if run.count > 0 {
        each(&run);
    }
}

/// What stands between two groups of one number; `None` where they are two numbers.
fn mark_between(gap: &str) -> Option<char> {
    let mut mark = ' ';
    let mut count = 0;
    for c in gap.chars().filter_map(fold::folded) {
        count += 1;
        match c {
            ' ' => {}
            '-' | '.' | '/' | '(' | ')' => mark = c,
            _ => return None,
        }
    }
    (count <= GAP_MAX_CHARS).then_some(mark)
}

fn follows_plus(text: &str, start: usize) -> bool {
    let before = text[..start].chars().rev().filter_map(fold::folded).find(|c| !matches!(c, ' ' | '('));
    before == Some('+')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(text: &str) -> Vec<Vec<usize>> {
        let mut all = Vec::new();
        runs(text, |run| all.push((0..run.groups().len()).map(|group| run.size(group)).collect()));
        all
    }

    #[test]
    fn numbers_are_taken_apart_and_together_as_people_read_them() {
        assert_eq!(sizes("4111 1111-1111.1111, 12"), [vec![4, 4, 4, 4], vec![2]]);
        assert_eq!(sizes("+49 (0)30 / 123"), [vec![2, 1, 2, 3]]);
        assert_eq!(sizes("AB12 345 678GB"), [vec![3]]);
        assert_eq!(sizes("12\n34 +5"), [vec![2], vec![2], vec![1]]);
        assert_eq!(sizes(&"7".repeat(100)), Vec::<Vec<usize>>::new());
        assert_eq!(sizes(&format!("1 {} 2", "7".repeat(100))), [vec![1], vec![1]]);
        assert_eq!(sizes(&"1 ".repeat(70)).iter().map(Vec::len).collect::<Vec<_>>(), [32, 32, 6]);
        runs("call + (49) 30", |run| assert!(run.plus));
    }
}
