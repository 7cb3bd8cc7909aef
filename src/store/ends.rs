//! Where appended keys end, as far as the committer has seen: what lies behind the last one is absent, and need not be
//! looked for on disk. Holds for keys that only the committer writes, one after the other ([`super::batch::Guard::Next`]).

use foldhash::HashMap;

/// The most ends that are kept; then all are forgotten, and each costs one look at the store.
const ENDS_MAX: usize = 16 * 1024;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Ends {
    /// From a key without its number to the last number that was written.
    last: HashMap<Box<[u8]>, u64>,
}

impl Ends {
    /// Whether nothing can be under this key.
    pub(super) fn lies_behind(&self, key: &[u8]) -> bool {
        split(key).is_some_and(|(prefix, number)| self.last.get(prefix).is_some_and(|last| number > *last))
    }

    /// The key is written now, and nothing is behind it.
    pub(super) fn appended(&mut self, key: &[u8]) {
        let Some((prefix, number)) = split(key) else { return };
        if let Some(last) = self.last.get_mut(prefix) {
            *last = number.max(*last);
            return;
        }
        if self.last.len() >= ENDS_MAX {
            self.last.clear();
        }
        self.last.insert(prefix.into(), number);
    }
}

fn split(key: &[u8]) -> Option<(&[u8], u64)> {
    let (prefix, number) = key.split_last_chunk::<8>()?;
    Some((prefix, u64::from_be_bytes(*number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(prefix: &str, number: u64) -> Vec<u8> {
        [prefix.as_bytes(), &number.to_be_bytes()].concat()
    }

    #[test]
    fn only_what_lies_behind_the_last_written_number_is_known_to_be_absent() {
        let mut ends = Ends::default();
        assert!(!ends.lies_behind(&key("log/a/", 1)));
        ends.appended(&key("log/a/", 4));
        assert!(ends.lies_behind(&key("log/a/", 5)));
        assert!(!ends.lies_behind(&key("log/a/", 4)));
        assert!(!ends.lies_behind(&key("log/a/", 3)));
        assert!(!ends.lies_behind(&key("log/b/", 5)));
    }

    #[test]
    fn the_number_of_ends_is_bounded() {
        let mut ends = Ends::default();
        for number in 0..=ENDS_MAX as u64 {
            ends.appended(&key(&format!("log/{number}/"), 1));
        }
        assert!(ends.last.len() <= ENDS_MAX);
        assert!(ends.lies_behind(&key(&format!("log/{ENDS_MAX}/"), 2)));
    }
}
