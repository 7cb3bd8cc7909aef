//! Room in memory for files that are being brought, shared by all organizations: what one may take shrinks as others come, and something is
//! always left for the next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::{OrganizationId, Refusal};

/// What files that are being brought may take together, in pieces of [`PIECE_BYTES`]: 256 MiB.
const PIECES_MAX: usize = 256;

/// A piece of room, in bytes.
const PIECE_BYTES: usize = 1024 * 1024;

/// How many times what it leaves free one organization may take: two thirds of all where it is alone, two fifths where another takes as
/// much, and so on. The largest file that may be configured fits where nobody else brings any.
const TIMES_FREE: usize = 2;

/// All of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Rooms {
    taken: Arc<Mutex<HashMap<OrganizationId, usize>>>,
}

/// See [`super::Files::room`].
#[derive(Debug)]
pub struct Room {
    rooms: Rooms,
    organization: OrganizationId,
    pieces: usize,
}

impl Rooms {
    /// None yet, of an organization's.
    pub(super) fn of(&self, organization: &OrganizationId) -> Room {
        Room { rooms: self.clone(), organization: organization.clone(), pieces: 0 }
    }
}

impl Room {
    /// Makes it large enough for so many bytes in all.
    ///
    /// # Errors
    /// `Busy` while the files that the organization brings, or all together, take as much as they may.
    pub fn hold(&mut self, bytes: usize) -> Result<(), Refusal> {
        let more = bytes.div_ceil(PIECE_BYTES).saturating_sub(self.pieces);
        if more == 0 {
            return Ok(());
        }
        let mut taken = self.rooms.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.get(&self.organization).copied().unwrap_or_default().saturating_add(more);
        let all = taken.values().sum::<usize>().saturating_add(more);
        if all > PIECES_MAX || own > TIMES_FREE * (PIECES_MAX - all) {
            return Err(Refusal::Busy);
        }
        taken.insert(self.organization.clone(), own);
        self.pieces += more;
        Ok(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut taken = self.rooms.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let left = taken.get(&self.organization).map_or(0, |own| own.saturating_sub(self.pieces));
        if left == 0 {
            taken.remove(&self.organization);
        } else {
            taken.insert(self.organization.clone(), left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> OrganizationId {
        OrganizationId::parse(name).unwrap()
    }

    /// Brings files of ten pieces until no more fit.
    fn fills(rooms: &Rooms, name: &str) -> Vec<Room> {
        let mut held = Vec::new();
        loop {
            let mut room = rooms.of(&named(name));
            if room.hold(10 * PIECE_BYTES).is_err() {
                return held;
            }
            held.push(room);
        }
    }

    #[test]
    fn one_organization_never_takes_all_and_each_that_comes_has_room() {
        let rooms = Rooms::default();
        let first = fills(&rooms, "first");
        assert_eq!(first.len(), 17, "two thirds of all");
        let others: Vec<_> = ["second", "third", "fourth"].map(|name| fills(&rooms, name)).into_iter().collect();
        assert_eq!(others.iter().map(Vec::len).collect::<Vec<_>>(), [5, 2, 1]);
        assert!(rooms.of(&named("fifth")).hold(4 * PIECE_BYTES).is_ok(), "somebody with a small file fits always");
        // Who has more than a fair part by now gets no more until others have gone.
        drop(others);
        assert!(rooms.of(&named("first")).hold(10 * PIECE_BYTES).is_err());
        drop(first);
        assert_eq!(fills(&rooms, "first").len(), 17);
    }

    #[test]
    fn a_room_grows_by_what_has_come_and_gives_everything_back() {
        let rooms = Rooms::default();
        let mut room = rooms.of(&named("first"));
        for bytes in [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 100 * PIECE_BYTES, 3] {
            room.hold(bytes).unwrap();
        }
        assert_eq!(rooms.taken.lock().unwrap().get(&named("first")), Some(&100), "the largest file fits");
        assert_eq!(room.hold(PIECES_MAX * PIECE_BYTES), Err(Refusal::Busy));
        assert_eq!(room.hold(usize::MAX), Err(Refusal::Busy));
        let other = rooms.of(&named("first"));
        drop(other);
        assert_eq!(rooms.taken.lock().unwrap().len(), 1);
        drop(room);
        assert!(rooms.taken.lock().unwrap().is_empty());
    }
}
