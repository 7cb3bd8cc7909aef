//! How many connections each caller has open. A guard counts one for as long as it lives.

use std::sync::Arc;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

use crate::domain::Refusal;

/// When to try again after a refusal, in seconds: a connection of theirs has to end first.
const RETRY_AFTER_S: u64 = 5;

/// Counts open connections per caller. Holds one entry per caller with at least one of them, so it is bounded by the
/// server's limit of connections.
#[derive(Debug, Clone)]
pub struct Connections {
    open: Arc<DashMap<Arc<str>, u32>>,
    per_caller_max: u32,
}

/// An open connection; dropping it gives its place back.
#[must_use]
#[derive(Debug)]
pub struct Connection {
    open: Arc<DashMap<Arc<str>, u32>>,
    caller: Arc<str>,
}

impl Connections {
    /// Lets each caller have at most `per_caller_max` open.
    pub fn new(per_caller_max: u32) -> Self {
        Self { open: Arc::default(), per_caller_max }
    }

    /// Opens one more for `caller`, a caller's rate key or an address's.
    ///
    /// # Errors
    /// `TooMany` when the caller has as many as they may.
    pub fn open(&self, caller: &str) -> Result<Connection, Refusal> {
        let caller: Arc<str> = caller.into();
        // The entry is made only when it will count something: a refusal leaves nothing behind.
        match self.open.entry(Arc::clone(&caller)) {
            Entry::Occupied(count) if *count.get() >= self.per_caller_max => return Err(refused()),
            Entry::Occupied(mut count) => *count.get_mut() += 1,
            Entry::Vacant(_) if self.per_caller_max == 0 => return Err(refused()),
            Entry::Vacant(place) => {
                place.insert(1);
            }
        }
        Ok(Connection { open: Arc::clone(&self.open), caller })
    }

    /// How many `caller` has open.
    pub fn count(&self, caller: &str) -> u32 {
        self.open.get(caller).map_or(0, |count| *count)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.open.entry(Arc::clone(&self.caller)) {
            if *count.get() > 1 {
                *count.get_mut() -= 1;
            } else {
                count.remove();
            }
        }
    }
}

fn refused() -> Refusal {
    Refusal::TooMany { retry_after_s: RETRY_AFTER_S }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_connection_is_refused_until_one_ends() {
        let connections = Connections::new(10);
        let mut open: Vec<_> = (0..10).map(|_| connections.open("user/a").unwrap()).collect();
        assert!(matches!(connections.open("user/a"), Err(Refusal::TooMany { .. })));
        assert!(connections.open("user/b").is_ok());
        open.pop();
        assert!(connections.open("user/a").is_ok());
        assert_eq!(connections.count("user/a"), 9);
    }

    #[test]
    fn nothing_is_left_when_the_last_connection_of_a_caller_ends() {
        let connections = Connections::new(1);
        drop(connections.open("user/a").unwrap());
        assert!(Connections::new(0).open("user/a").is_err());
        assert!(connections.open.is_empty());
    }

    #[test]
    fn connections_that_open_and_end_at_once_on_many_threads_are_all_counted() {
        let connections = Connections::new(4);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..5_000 {
                        let open = connections.open("user/a").unwrap();
                        assert!((1..=4).contains(&connections.count("user/a")));
                        drop(open);
                    }
                });
            }
        });
        assert!(connections.open.is_empty());
    }
}
