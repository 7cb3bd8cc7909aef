//! How customers said it was, counted by score. Scores add up like every figure.

use serde::{Deserialize, Serialize};

/// The highest score; the lowest is 1.
pub const SCORE_MAX: u8 = 5;

/// Ratings by score.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ratings {
    /// How many gave 1, 2, 3, 4 and 5.
    pub scores: [u64; SCORE_MAX as usize],
}

impl Ratings {
    /// One more. A score that is none is not counted.
    pub fn record(&mut self, score: u8) {
        let place = usize::from(score).checked_sub(1).and_then(|at| self.scores.get_mut(at));
        place.into_iter().for_each(|count| *count += 1);
    }

    /// Adds others.
    pub fn add(&mut self, other: Self) {
        self.scores.iter_mut().zip(other.scores).for_each(|(sum, more)| *sum += more);
    }

    /// How many there are.
    pub fn count(self) -> u64 {
        self.scores.iter().sum()
    }

    /// The scores added up.
    pub fn sum(self) -> u64 {
        (1..).zip(self.scores).map(|(score, count): (u64, u64)| score * count).sum()
    }

    /// Their mean; none when there are none.
    pub fn mean(self) -> Option<f64> {
        (self.count() > 0).then(|| self.sum() as f64 / self.count() as f64)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratings_add_up_and_what_is_no_score_is_not_counted() {
        let mut ratings = Ratings::default();
        [1, 5, 5, 0, 6, 255].into_iter().for_each(|score| ratings.record(score));
        assert_eq!((ratings.scores, ratings.count(), ratings.sum()), ([1, 0, 0, 0, 2], 3, 11));
        ratings.add(ratings);
        assert_eq!((ratings.count(), ratings.mean()), (6, Some(22.0 / 6.0)));
        assert_eq!(Ratings::default().mean(), None);
    }
}
