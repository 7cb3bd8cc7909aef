//! Telephone numbers: by an international prefix, by the shapes in which people of a country write them, or because the words
//! before them say so. A bare number that is said to be an order's is none.

use super::near::Said;
use super::run::Run;

/// The digits of a number with its country (E.164).
const WITH_COUNTRY: std::ops::RangeInclusive<usize> = 7..=15;

/// The digits of a number with a leading 0.
const WITH_TRUNK_ZERO: std::ops::RangeInclusive<usize> = 9..=12;

/// Whether the groups from `first` to `last` are a telephone number. `said` is what the words before them say.
pub(super) fn is_phone(run: &Run<'_>, first: usize, last: usize, said: Said) -> bool {
    let digits = run.digits(first, last);
    if first == 0 && run.plus {
        return WITH_COUNTRY.contains(&digits.len());
    }
    if looks_like_a_day(run, first, last) || !stands_alone(run, first, last) {
        return false;
    }
    if first == last { bare(digits, said) } else { grouped(run, first, last, said) }
}

/// Digits without anything between them.
fn bare(digits: &[u8], said: Said) -> bool {
    let shaped = match digits {
        [0, 0, 1..=9, ..] => (11..=15).contains(&digits.len()),
        [0, 1..=9, ..] => (10..=11).contains(&digits.len()),
        _ => false,
    };
    match said {
        Said::Order => false,
        Said::Phone => WITH_COUNTRY.contains(&digits.len()),
        Said::Nothing => shaped,
    }
}

fn grouped(run: &Run<'_>, first: usize, last: usize, said: Said) -> bool {
    let digits = run.digits(first, last);
    let shape = |sizes: &[usize]| run.shaped(first, last, sizes);
    match digits {
        [0, 0, 1..=9, ..] => (10..=15).contains(&digits.len()) || shape_of_country(run, first, digits.len()),
        [0, 1..=9, ..] => with_trunk_zero(run, first, last),
        _ if shape(&[3, 3, 4]) || (digits[0] == 1 && shape(&[1, 3, 3, 4])) => true,
        [6..=9, ..] if said != Said::Order => shape(&[3, 3, 3]) || shape(&[3, 2, 2, 2]) || shape(&[5, 5]),
        _ => said == Said::Phone && WITH_COUNTRY.contains(&digits.len()),
    }
}

fn shape_of_country(run: &Run<'_>, first: usize, count: usize) -> bool {
    run.size(first) == 2 && (10..=17).contains(&count)
}

fn with_trunk_zero(run: &Run<'_>, first: usize, last: usize) -> bool {
    let digits = run.digits(first, last);
    let area = run.size(first) >= 2;
    let enough = WITH_TRUNK_ZERO.contains(&digits.len()) || (digits.len() == 8 && run.size(first) >= 3);
    area && enough && last - first < 6 && !is_isbn(run, first, last)
}

/// Ten digits with ISBN's check digit, the last one apart.
fn is_isbn(run: &Run<'_>, first: usize, last: usize) -> bool {
    let digits = run.digits(first, last);
    let sum: u32 = digits.iter().zip((1..=10).rev()).map(|(digit, weight)| u32::from(*digit) * weight).sum();
    digits.len() == 10 && last - first == 3 && run.size(last) == 1 && sum.is_multiple_of(11)
}

/// Whether a day stands among the groups: 2023-07-19, 19.07.2023, 7/19/23.
fn looks_like_a_day(run: &Run<'_>, first: usize, last: usize) -> bool {
    let marked = |group: usize| matches!(run.groups()[group].mark, Some('-' | '.' | '/'));
    (first..=last).any(|group| {
        if group + 2 > last || !marked(group + 1) || run.groups()[group + 1].mark != run.groups()[group + 2].mark {
            return false;
        }
        let small = |group: usize, most: u8| {
            let digits = run.digits(group, group);
            digits.len() <= 2 && digits.iter().fold(0, |value, digit| value * 10 + digit) <= most
        };
        let year = |group: usize| {
            let digits = run.digits(group, group);
            matches!(digits, [1, 9, _, _] | [2, 0, _, _])
        };
        let year_first = year(group) && small(group + 1, 31) && small(group + 2, 31);
        let year_last = small(group, 31) && small(group + 1, 31) && (year(group + 2) || last == group + 2);
        year_first || (year_last && (year(group + 2) || run.size(group + 2) == 2))
    })
}

/// Whether nothing is tied to the number on either side; what only a space parts may be another one.
fn stands_alone(run: &Run<'_>, first: usize, last: usize) -> bool {
    let groups = run.groups();
    let tied = |group: usize| groups.get(group).is_some_and(|group| matches!(group.mark, Some('-' | '.' | '/')));
    !(tied(last + 1) || first > 0 && tied(first))
}
