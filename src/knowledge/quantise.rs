//! Vectors made small: the signs of all numbers, which are compared all at once by counting bits, and the numbers themselves as
//! bytes, by which the nearest of those are put in order.

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

    /// The cosine of the angle between two, -1..1.
    pub(super) fn similarity(&self, other: &Self) -> f32 {
        let products = self.bytes.iter().zip(&other.bytes).map(|(a, b)| i32::from(i16::from(*a) * i16::from(*b)));
        #[expect(clippy::cast_precision_loss, reason = "the sum is a few million")]
        let sum = products.sum::<i32>() as f32;
        (sum * self.scale * other.scale).clamp(-1.0, 1.0)
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

    /// Reads what [`Small::to_words`] gave; `None` if it is no vector of so many dimensions.
    pub(super) fn of_words(words: &[u64], dimensions: usize) -> Option<Self> {
        let (scale, words) = words.split_first()?;
        let scale = f32::from_bits(u32::try_from(*scale).ok()?);
        let fits = words.len() == dimensions.div_ceil(8) && scale.is_finite();
        let bytes = words.iter().flat_map(|word| word.to_le_bytes()).map(u8::cast_signed).take(dimensions);
        fits.then(|| Self { scale, bytes: bytes.collect() })
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

/// Words of each code by which all of them are compared: a search reads every one of them, and waits for memory more than it
/// counts. Those that are near by these are compared by the others too.
const FIRST_WORDS: usize = 8;

/// For one that is wanted, how many are compared by all their signs.
const BY_ALL_SIGNS: usize = 8;

/// The signs of many vectors.
#[derive(Debug, Default)]
pub(super) struct Codes {
    /// Of each code.
    words: usize,
    /// The first words of all codes, one code behind the other.
    first: Vec<u64>,
    /// Their other words.
    rest: Vec<u64>,
}

impl Codes {
    /// Codes of so many words each, one behind the other.
    pub(super) fn new(words: usize, codes: &[u64]) -> Self {
        let (ahead, each) = (words.min(FIRST_WORDS), || codes.chunks_exact(words.max(1)));
        let first = each().flat_map(|code| &code[..ahead]).copied().collect();
        let rest = each().flat_map(|code| &code[ahead..]).copied().collect();
        Self { words, first, rest }
    }

    /// The places of the codes that are nearest to `asked`, each behind its distance: about `wanted` of them, up to twice as
    /// many where the last are as near as each other. The nearest by all their signs among those that are near by the first.
    pub(super) fn nearest(&self, asked: &[u64], is_there: impl Fn(u32) -> bool, wanted: usize) -> Vec<(u32, u32)> {
        if asked.is_empty() || asked.len() != self.words {
            return Vec::new();
        }
        let (ahead, behind) = asked.split_at(self.words.min(FIRST_WORDS));
        let distances: Vec<u32> = self.first.chunks_exact(ahead.len()).map(|code| distance(ahead, code)).collect();
        if behind.is_empty() {
            return closest(&distances, is_there, wanted);
        }
        let mut near = closest(&distances, is_there, wanted.saturating_mul(BY_ALL_SIGNS));
        for (so_far, place) in &mut near {
            let start = *place as usize * behind.len();
            *so_far += self.rest.get(start..start + behind.len()).map_or(0, |code| distance(behind, code));
        }
        near.sort_unstable();
        near.truncate(wanted);
        near
    }
}

/// The places with the `wanted` smallest distances, and all that are as near as the last of them, up to twice as many, each
/// behind its distance; in the order of their places.
fn closest(distances: &[u32], is_there: impl Fn(u32) -> bool, wanted: usize) -> Vec<(u32, u32)> {
    let farthest = distances.iter().copied().max().unwrap_or_default();
    let mut counts = vec![0_usize; farthest as usize + 1];
    let places = || (0_u32..).zip(distances).filter(|(place, _)| is_there(*place));
    places().for_each(|(_, distance)| counts[*distance as usize] += 1);
    let mut seen = 0;
    let reach = counts.iter().position(|count| {
        seen += count;
        seen >= wanted
    });
    let reach = reach.unwrap_or(counts.len());
    let near =
        places().filter(|(_, distance)| **distance as usize <= reach).map(|(place, distance)| (*distance, place));
    near.take(wanted.saturating_mul(2)).collect()
}

fn distance(a: &[u64], b: &[u64]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
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
            prop_assert!((small.similarity(&other) - exact(&a, &b)).abs() < 0.02);
            prop_assert_eq!(Small::parse(&small.to_bytes(), a.len()), Some(small.clone()));
            let words: Vec<u64> = small.to_words().collect();
            prop_assert_eq!(words.len(), small_words(a.len()));
            prop_assert_eq!(Small::of_words(&words, a.len()), Some(small.clone()));
            prop_assert_eq!(Small::of_words(&words[1..], a.len()), None);
            prop_assert_eq!(small.signs().len(), sign_words(a.len()));
        }
    }

    #[test]
    fn what_is_no_vector_is_like_nothing() {
        for odd in [[0.0, 0.0], [f32::NAN, 1.0], [f32::INFINITY, 1.0]] {
            assert!(Small::of(&odd).similarity(&Small::of(&[1.0, 0.0])).abs() < f32::EPSILON);
        }
        assert_eq!(Small::parse(&[0; 7], 2), None);
        assert_eq!(Small::parse(&[0; 3], 2), None);
    }

    #[test]
    fn the_nearest_are_found_and_what_is_gone_is_not() {
        let codes = Codes::new(1, &[0b0000, 0b0001, 0b0011, 0b0111, 0b0001]);
        assert_eq!(codes.nearest(&[0], |_| true, 1), [(0, 0)]);
        assert_eq!(codes.nearest(&[0], |_| true, 2), [(0, 0), (1, 1), (1, 4)]);
        assert_eq!(codes.nearest(&[0], |place| place != 0, 1), [(1, 1), (1, 4)]);
        assert_eq!(codes.nearest(&[0], |_| true, 99), [(0, 0), (1, 1), (2, 2), (3, 3), (1, 4)]);
        assert!(Codes::new(1, &[]).nearest(&[0], |_| true, 3).is_empty());
        assert!(codes.nearest(&[0, 0], |_| true, 3).is_empty(), "another length is another embedder's");
    }

    #[test]
    fn codes_that_are_near_by_their_first_words_are_put_in_order_by_all() {
        const WORDS: usize = FIRST_WORDS + 4;
        let mut state = 7_u64;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state ^ state >> 29
        };
        let mut codes: Vec<u64> = (0..500 * WORDS).map(|_| noise()).collect();
        // Two that differ from what is asked by little: the farther one only behind the first words.
        codes[20 * WORDS..21 * WORDS].fill(0);
        codes[20 * WORDS + FIRST_WORDS] = 0xFF;
        codes[30 * WORDS..31 * WORDS].fill(0);
        codes[30 * WORDS] = 1;
        let codes = Codes::new(WORDS, &codes);
        let found = codes.nearest(&[0; WORDS], |_| true, 2);
        assert_eq!(found, [(1, 30), (8, 20)]);
        assert_eq!(codes.nearest(&[0; WORDS], |place| place != 30, 1), [(8, 20)]);
    }
}
