//! Kinds that are digits alone, found in a run of groups: the longest stretch of whole groups whose check digits hold.

use super::near::{self, Said};
use super::phone::is_phone;
use super::run::{Run, runs};
use super::{Kinds, Span, checks};
use crate::domain::PiiKind;

/// How many digits may stand beside a telephone number that only a space parts from it.
const BESIDE_MAX: usize = 4;

/// A kind of number that has a fixed length.
struct Numbered {
    kind: PiiKind,
    /// How many digits.
    length: usize,
    /// In what groups it is written.
    shapes: &'static [&'static [usize]],
    /// Whether it is also taken where nothing stands between its digits: its check says enough.
    bare: bool,
    holds: fn(&[u8]) -> bool,
}

const NUMBERED: [Numbered; 10] = [
    numbered(PiiKind::UsSsn, 9, &[&[3, 2, 4]], false, checks::us_ssn),
    numbered(PiiKind::DeSteuerId, 11, &[&[2, 3, 3, 3]], true, checks::de_steuer_id),
    numbered(PiiKind::NlBsn, 9, &[&[4, 2, 3], &[3, 3, 3]], true, checks::nl_bsn),
    numbered(PiiKind::PlPesel, 11, &[], true, checks::pl_pesel),
    numbered(PiiKind::BeNrn, 11, &[&[2, 2, 2, 3, 2], &[6, 3, 2]], true, checks::be_nrn),
    numbered(PiiKind::ChAhv, 13, &[&[3, 4, 4, 2]], true, checks::ch_ahv),
    numbered(PiiKind::BrCpf, 11, &[&[3, 3, 3, 2], &[9, 2]], true, checks::br_cpf),
    numbered(PiiKind::CaSin, 9, &[&[3, 3, 3]], true, checks::ca_sin),
    numbered(PiiKind::AuTfn, 9, &[&[3, 3, 3]], true, checks::au_tfn),
    numbered(PiiKind::InAadhaar, 12, &[&[4, 4, 4]], true, checks::in_aadhaar),
];

const fn numbered(
    kind: PiiKind,
    length: usize,
    shapes: &'static [&'static [usize]],
    bare: bool,
    holds: fn(&[u8]) -> bool,
) -> Numbered {
    Numbered { kind, length, shapes, bare, holds }
}

/// Finds numbers of the wanted kinds.
pub(super) fn find(text: &str, kinds: Kinds, found: &mut Vec<Span>) {
    runs(text, |run| {
        let last = run.groups().len() - 1;
        Search { run, kinds, found: &mut *found }.checked(0, last);
    });
}

struct Search<'a> {
    run: &'a Run<'a>,
    kinds: Kinds,
    found: &'a mut Vec<Span>,
}

impl Search<'_> {
    /// Takes what has check digits out of the groups from `first` to `last`, then telephone numbers out of what is left.
    fn checked(&mut self, first: usize, last: usize) {
        for from in first..=last {
            for to in (from..=last).rev() {
                let Some(kind) = self.checked_kind(from, to) else { continue };
                if from > first {
                    self.phones(first, from - 1);
                }
                self.claim(from, to, kind);
                if to < last {
                    self.checked(to + 1, last);
                }
                return;
            }
        }
        self.phones(first, last);
    }

    fn phones(&mut self, first: usize, last: usize) {
        if !self.kinds.has(PiiKind::Phone) {
            return;
        }
        for from in first..=last {
            for to in (from..=last).rev() {
                if self.is_phone(from, to) && self.is_apart(first, from, to, last) {
                    self.claim(from, to, PiiKind::Phone);
                    if to < last {
                        self.phones(to + 1, last);
                    }
                    return;
                }
            }
        }
    }

    /// Whether what is beside a telephone number is short, or begins another one: long numbers in groups are a parcel's.
    fn is_apart(&self, first: usize, from: usize, to: usize, last: usize) -> bool {
        let before = if from > first { self.run.digits(first, from - 1).len() } else { 0 };
        let after = if to < last { self.run.digits(to + 1, last) } else { &[] };
        let another = matches!(after, [0, 1..=9, ..] | [0, 0, 1..=9, ..]);
        before + if another { 0 } else { after.len() } <= BESIDE_MAX
    }

    fn is_phone(&self, from: usize, to: usize) -> bool {
        let count = self.run.digits(from, to).len();
        if !(7..=17).contains(&count) || self.is_parcel(from, to) {
            return false;
        }
        // Reading the words before takes longest, so only where they can make a difference.
        is_phone(self.run, from, to, near::said(self.run.text, self.run.groups()[from].start))
    }

    /// `RM 123 456 789 GB`: what the post puts on parcels (UPU S10).
    fn is_parcel(&self, from: usize, to: usize) -> bool {
        let groups = self.run.groups();
        let before = self.run.text[..groups[from].start].trim_end();
        let after = self.run.text[groups[to].end..].trim_start();
        let letters = |pair: &[u8]| pair.iter().all(u8::is_ascii_uppercase);
        let country = after.as_bytes().first_chunk::<2>().is_some_and(|pair| letters(pair));
        self.run.digits(from, to).len() == 9
            && country
            && before.as_bytes().last_chunk::<2>().is_some_and(|pair| letters(pair))
    }

    fn checked_kind(&self, from: usize, to: usize) -> Option<PiiKind> {
        let digits = self.run.digits(from, to);
        // Some shops number their orders in groups of 3, 7 and 7.
        let order = self.run.shaped(from, to, &[3, 7, 7]);
        if self.kinds.has(PiiKind::Card) && !order && checks::card(digits) {
            return Some(PiiKind::Card);
        }
        let kind = NUMBERED.iter().find(|numbered| self.kinds.has(numbered.kind) && self.fits(numbered, from, to))?;
        Some(kind.kind)
    }

    fn fits(&self, numbered: &Numbered, from: usize, to: usize) -> bool {
        let digits = self.run.digits(from, to);
        if digits.len() != numbered.length || !(numbered.holds)(digits) {
            return false;
        }
        if from != to {
            return numbered.shapes.iter().any(|shape| self.run.shaped(from, to, shape));
        }
        let said = || near::said(self.run.text, self.run.groups()[from].start);
        numbered.bare && said() == Said::Nothing
    }

    fn claim(&mut self, from: usize, to: usize, kind: PiiKind) {
        let groups = self.run.groups();
        let mut start = groups[from].start;
        if from == 0 && kind == PiiKind::Phone {
            start = with_prefix(self.run.text, start, self.run.plus);
        }
        self.found.push(Span { start, end: groups[to].end, kind: kind.into() });
    }
}

/// A plus sign belongs to its number, and an opening bracket with it.
fn with_prefix(text: &str, start: usize, plus: bool) -> usize {
    if !plus {
        return start;
    }
    text[..start].rfind(['+', '\u{ff0b}']).unwrap_or(start)
}
