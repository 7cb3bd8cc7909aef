//! Vectors made small: the signs of all numbers, which are compared all at once by counting bits, and the numbers themselves as
//! bytes, by which the nearest of those are put in order.

use rayon::prelude::*;

/// Codes that one thread compares at least: a scan waits for memory, and two cores wait half as long.
const CODES_AT_ONCE: usize = 8_192;

/// Codes that have fewer words are compared whole at once.
const HALVED_MIN_WORDS: usize = 8;

/// How many times as many whole codes are compared as are wanted.
const WIDENED: usize = 16;

/// A vector of length one, as bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Small {
    /// What a byte is worth.
    scale: f32,
    bytes: Vec<i8>,
}

impl Small {
    /// Makes a vector small. Where it holds no numbers, or only zeros, it is like nothing.
    pub(super) fn of(vector: &[f32]) -> Self {
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        let largest = vector.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
        if !(length.is_finite() && length > 0.0) {
            return Self { scale: 0.0, bytes: vec![0; vector.len()] };
        }
        let step = largest / f32::from(i8::MAX);
        #[expect(clippy::cast_possible_truncation, reason = "the step is such that all are within -127..=127")]
        let bytes = vector.iter().map(|x| (x / step).round() as i8).collect();
        Self { scale: step / length, bytes }
    }

    /// A bit for each number: whether it is above zero; in words of 64, the last filled up with zeros.
    pub(super) fn signs(&self) -> Vec<u64> {
        let bits = |word: &[i8]| word.iter().rev().fold(0, |bits, byte| bits << 1 | u64::from(*byte > 0));
        self.bytes.chunks(64).map(bits).collect()
    }

    /// The form that a column of an index holds, [`small_words`] of them: what a byte is worth, then eight bytes a word.
    pub(super) fn to_words(&self) -> impl Iterator<Item = u64> + '_ {
        let word = |bytes: &[i8]| bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(byte.cast_unsigned()));
        std::iter::once(u64::from(self.scale.to_bits())).chain(self.bytes.chunks(8).map(word))
    }

    /// The cosine to the vector of which [`Small::to_words`] gave these, -1..1; `None` if it is none of as many dimensions.
    pub(super) fn similarity(&self, words: &[u64]) -> Option<f32> {
        let (scale, words) = words.split_first()?;
        let scale = f32::from_bits(u32::try_from(*scale).ok()?);
        if words.len() != self.bytes.len().div_ceil(8) || !scale.is_finite() {
            return None;
        }
        // Eight numbers at a time, and the last few.
        let (eights, last) = self.bytes.as_chunks::<8>();
        let (whole, cut) = words.split_at(eights.len());
        let product = |(own, word): (&[i8; 8], &u64)| {
            let other = word.to_le_bytes().map(u8::cast_signed);
            own.iter().zip(other).map(|(a, b)| i32::from(i16::from(*a) * i16::from(b))).sum::<i32>()
        };
        let mut sum: i32 = eights.iter().zip(whole).map(product).sum();
        let cut = cut.iter().flat_map(|word| word.to_le_bytes()).map(u8::cast_signed);
        sum += last.iter().zip(cut).map(|(a, b)| i32::from(i16::from(*a) * i16::from(b))).sum::<i32>();
        #[expect(clippy::cast_precision_loss, reason = "the sum is a few million")]
        let sum = sum as f32;
        Some((sum * self.scale * scale).clamp(-1.0, 1.0))
    }

    /// The form that is written.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut written = self.scale.to_le_bytes().to_vec();
        written.extend(self.bytes.iter().map(|byte| byte.cast_unsigned()));
        written
    }

    /// Reads what [`Small::to_bytes`] gave; `None` if it is no vector of so many dimensions.
    pub(super) fn parse(written: &[u8], dimensions: usize) -> Option<Self> {
        let (scale, bytes) = written.split_first_chunk::<4>()?;
        let scale = f32::from_le_bytes(*scale);
        let fits = bytes.len() == dimensions && scale.is_finite();
        fits.then(|| Self { scale, bytes: bytes.iter().map(|byte| byte.cast_signed()).collect() })
    }
}

/// How many words of 64 bits the signs of a vector take.
pub(super) const fn sign_words(dimensions: usize) -> usize {
    dimensions.div_ceil(64)
}

/// How many words of 64 bits the column of an index has for a vector.
pub(super) const fn small_words(dimensions: usize) -> usize {
    1 + dimensions.div_ceil(8)
}

/// The signs of the vectors of one segment. Their first halves lie together: a scan looks at those alone, and waits half as long
/// for memory.
#[derive(Debug, Default)]
pub(super) struct Codes {
    /// Of each code.
    words: usize,
    /// The first halves, one behind the other.
    heads: Vec<u64>,
    /// The rests, one behind the other.
    tails: Vec<u64>,
}

/// Vectors of several segments by how far the heads of their codes are from one that was asked for.
#[derive(Debug)]
pub(super) struct Distances<'a> {
    /// The rest of what was asked for.
    tail: &'a [u64],
    segments: Vec<Scanned<'a>>,
    /// How many vectors are so far away.
    counts: Vec<usize>,
}

/// The codes of a segment.
#[derive(Debug)]
struct Scanned<'a> {
    codes: &'a Codes,
    /// How far the head of each is, in their order; none where they are another embedder's.
    heads: Vec<u16>,
}

impl Codes {
    /// Codes of so many words each, one behind the other.
    pub(super) fn new(words: usize, codes: &[u64]) -> Self {
        let (mut heads, mut tails) = (Vec::new(), Vec::new());
        for code in codes.chunks_exact(words.max(1)) {
            let (head, tail) = code.split_at(head_words(words));
            heads.extend_from_slice(head);
            tails.extend_from_slice(tail);
        }
        Self { words, heads, tails }
    }

    /// How far the tail of the code at a place is from this one.
    fn tail_distance(&self, asked: &[u64], place: usize) -> u16 {
        self.tails.get(place * asked.len()..(place + 1) * asked.len()).map_or(0, |tail| distance(asked, tail))
    }
}

/// How many words of a code a scan looks at. Short codes are looked at as a whole: half of them would tell too little.
const fn head_words(words: usize) -> usize {
    if words < HALVED_MIN_WORDS { words } else { words.div_ceil(2) }
}

impl<'a> Distances<'a> {
    /// The distances of all codes from `asked`; those of another embedder are left out. `is_there` is told a segment and a place in it.
    pub(super) fn of(
        asked: &'a [u64],
        segments: impl Iterator<Item = &'a Codes>,
        is_there: impl Fn(usize, u32) -> bool,
    ) -> Self {
        let (head, tail) = asked.split_at(head_words(asked.len()));
        let each = |codes: &'a Codes| {
            let heads = match !asked.is_empty() && codes.words == asked.len() {
                true => {
                    let heads = codes.heads.par_chunks_exact(head.len()).with_min_len(CODES_AT_ONCE);
                    heads.map(|code| distance(head, code)).collect()
                }
                false => Vec::new(),
            };
            Scanned { codes, heads }
        };
        let mut all = Self { tail, segments: segments.map(each).collect(), counts: vec![0; head.len() * 64 + 1] };
        for (segment, scanned) in all.segments.iter().enumerate() {
            for (_, distance) in (0..).zip(&scanned.heads).filter(|(place, _)| is_there(segment, *place)) {
                all.counts[usize::from(*distance)] += 1;
            }
        }
        all
    }

    /// The segments and places of the `wanted` nearest, nearest first; of those that are as near as each other the first ones. Whole codes
    /// are compared of [`WIDENED`] times as many as are wanted, whose heads are the nearest.
    pub(super) fn nearest(&self, is_there: impl Fn(usize, u32) -> bool + Sync, wanted: usize) -> Vec<(usize, u32)> {
        let widened = if self.tail.is_empty() { wanted } else { wanted.saturating_mul(WIDENED) };
        let mut seen = 0;
        let reach = self.counts.iter().position(|count| {
            seen += count;
            seen >= widened
        });
        let reach = reach.unwrap_or(self.counts.len());
        let is_there = &is_there;
        let near = self.segments.par_iter().enumerate().flat_map(|(segment, scanned)| {
            let heads = scanned.heads.par_iter().enumerate().with_min_len(CODES_AT_ONCE);
            let places = heads.filter(move |(_, head)| usize::from(**head) <= reach);
            let codes = scanned.codes;
            places.filter_map(move |(place, head)| {
                let known = u32::try_from(place).ok().filter(|place| is_there(segment, *place))?;
                Some((head + codes.tail_distance(self.tail, place), segment, known))
            })
        });
        let mut near: Vec<_> = near.collect();
        if wanted < near.len() {
            near.select_nth_unstable(wanted);
            near.truncate(wanted);
        }
        near.sort_unstable();
        near.into_iter().map(|(_, segment, place)| (segment, place)).collect()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a vector has some thousand dimensions")]
fn distance(a: &[u64], b: &[u64]) -> u16 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>() as u16
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact(a: &[f32], b: &[f32]) -> f32 {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
    }

    proptest! {
        #[test]
        fn the_small_form_keeps_the_angle(pairs in prop::collection::vec((-1.0_f32..1.0, -1.0_f32..1.0), 64..200)) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            let (small, other) = (Small::of(&a), Small::of(&b));
            prop_assert_eq!(Small::parse(&small.to_bytes(), a.len()), Some(small.clone()));
            let words: Vec<u64> = small.to_words().collect();
            prop_assert_eq!(words.len(), small_words(a.len()));
            let similarity = other.similarity(&words).unwrap();
            prop_assert!((similarity - exact(&a, &b)).abs() < 0.02);
            prop_assert_eq!(other.similarity(&words[1..]), None);
            prop_assert_eq!(small.signs().len(), sign_words(a.len()));
        }
    }

    #[test]
    fn what_is_no_vector_is_like_nothing() {
        for odd in [[0.0, 0.0], [f32::NAN, 1.0], [f32::INFINITY, 1.0]] {
            let words: Vec<u64> = Small::of(&[1.0, 0.0]).to_words().collect();
            assert!(Small::of(&odd).similarity(&words).unwrap().abs() < f32::EPSILON);
        }
        assert_eq!(Small::parse(&[0; 7], 2), None);
        assert_eq!(Small::parse(&[0; 3], 2), None);
    }

    fn nearest(
        codes: &[&Codes],
        asked: &[u64],
        is_there: impl Fn(usize, u32) -> bool + Sync,
        wanted: usize,
    ) -> Vec<(usize, u32)> {
        Distances::of(asked, codes.iter().copied(), &is_there).nearest(&is_there, wanted)
    }

    #[test]
    fn the_nearest_of_all_segments_are_found_and_what_is_gone_is_not() {
        let codes = Codes::new(1, &[0b0000, 0b0001, 0b0011, 0b0111, 0b0001]);
        assert_eq!(nearest(&[&codes], &[0], |_, _| true, 1), [(0, 0)]);
        assert_eq!(nearest(&[&codes], &[0], |_, _| true, 2), [(0, 0), (0, 1)]);
        assert_eq!(nearest(&[&codes], &[0], |_, place| place != 0, 2), [(0, 1), (0, 4)]);
        let other = Codes::new(1, &[0b1111, 0b0001]);
        assert_eq!(nearest(&[&codes, &other], &[0], |_, _| true, 4), [(0, 0), (0, 1), (0, 4), (1, 1)]);
        assert_eq!(nearest(&[&codes, &other], &[0b1111], |segment, _| segment == 1, 1), [(1, 0)]);
        assert_eq!(nearest(&[&codes], &[0], |_, _| true, 99).len(), 5);
        assert_eq!(nearest(&[&codes], &[u64::MAX], |_, _| true, 1), [(0, 3)], "as far as can be is a distance too");
        assert!(nearest(&[&Codes::new(1, &[])], &[0], |_, _| true, 3).is_empty());
        assert!(nearest(&[&codes], &[0, 0], |_, _| true, 3).is_empty(), "another length is another embedder's");
    }

    #[test]
    fn of_long_codes_the_nearest_are_found_by_all_of_their_words() {
        // A head says nothing of which tail is near.
        let words = HALVED_MIN_WORDS;
        let code =
            |head: u64, tail: u64| [vec![head; head_words(words)], vec![tail; words - head_words(words)]].concat();
        let codes = Codes::new(words, &[code(0b1, 0b1111), code(0b1, 0), code(0b11, 0), code(0, 0b1)].concat());
        let asked = code(0, 0);
        assert_eq!(nearest(&[&codes], &asked, |_, _| true, 1), [(0, 1)]);
        assert_eq!(nearest(&[&codes], &asked, |_, _| true, 4), [(0, 1), (0, 3), (0, 2), (0, 0)]);
        assert_eq!(nearest(&[&codes], &asked, |_, place| place != 1, 1), [(0, 3)]);
    }
}
