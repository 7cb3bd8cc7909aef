//! What a returning client says it has.

use crate::domain::{Position, Refusal};

/// A `seq`, and which log that was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct After {
    stream: Option<u64>,
    seq: u64,
}

impl After {
    /// Reads `<seq>` or `<epoch>:<seq>`.
    ///
    /// # Errors
    /// `Invalid` on `after`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let number = |text: &str| text.parse::<u64>();
        let read = match text.split_once(':') {
            Some((stream, seq)) => {
                number(stream).and_then(|stream| Ok(Self { stream: Some(stream), seq: number(seq)? }))
            }
            None => number(text).map(|seq| Self { stream: None, seq }),
        };
        read.map_err(|_| Refusal::invalid("after", "must be a position, <seq> or <epoch>:<seq>"))
    }

    /// The `seq` to go on from, if the log can be continued there: the same log, and not beyond its end.
    pub fn fitting(self, position: Position) -> Option<u64> {
        let same = self.stream.is_none_or(|stream| stream == position.stream);
        (same && self.seq <= position.seq).then_some(self.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_fits_its_own_log_up_to_its_end() {
        let end = Position { stream: 7, seq: 5 };
        assert_eq!(After::parse("5").unwrap().fitting(end), Some(5));
        assert_eq!(After::parse("7:0").unwrap().fitting(end), Some(0));
        assert_eq!(After::parse("8:5").unwrap().fitting(end), None);
        assert_eq!(After::parse("6").unwrap().fitting(end), None);
        for bad in ["", "x", "-1", "1:", ":1", "1:2:3"] {
            assert!(After::parse(bad).is_err(), "{bad:?}");
        }
    }
}
