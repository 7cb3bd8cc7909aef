//! What one connection has of the answer that the assistant is making in a session: each piece once and in order, the
//! text so far first for whoever came in the middle.

use crate::bus::DraftPiece;

/// See the module.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DraftView {
    attempt: u64,
    chars: usize,
    open: bool,
}

impl DraftView {
    /// Whether a piece is to be sent. One that the connection has already is not, and none of an older try is.
    pub fn takes(&mut self, piece: &DraftPiece) -> bool {
        if piece.attempt < self.attempt {
            return false;
        }
        if piece.attempt > self.attempt {
            *self = Self { attempt: piece.attempt, ..Self::default() };
        }
        // A try that has ended does not go on, and what does not fit would leave a hole.
        let next = piece.offset == self.chars && (self.open || self.chars == 0);
        if next {
            self.chars += piece.text.chars().count();
            self.open = true;
        }
        next
    }

    /// Whether the end of a try is to be sent: only to those who have some of it.
    pub fn ends(&mut self, attempt: u64) -> bool {
        attempt == self.attempt && std::mem::take(&mut self.open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::DraftReader;

    fn piece(attempt: u64, offset: usize, text: &str) -> DraftPiece {
        DraftPiece { turn: 3, attempt, offset, text: text.into(), reader: DraftReader::Everybody }
    }

    #[test]
    fn whoever_comes_in_the_middle_gets_the_text_so_far_and_then_the_rest_once() {
        let mut view = DraftView::default();
        assert!(view.takes(&piece(2, 0, "We ship")), "the text so far");
        assert!(!view.takes(&piece(1, 0, "An older try")));
        assert!(!view.ends(1));
        assert!(!view.takes(&piece(2, 0, "We")) && !view.takes(&piece(2, 2, " ship")));
        assert!(view.takes(&piece(2, 7, " to")));
        assert!(view.ends(2) && !view.ends(2));
        assert!(!view.takes(&piece(2, 10, " late")));
        assert!(view.takes(&piece(3, 0, "Again")));
    }

    #[test]
    fn a_try_of_which_the_start_is_missing_is_not_shown() {
        let mut view = DraftView::default();
        assert!(!view.takes(&piece(2, 7, " to")));
        assert!(!view.ends(2));
    }
}
