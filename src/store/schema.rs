//! Which program wrote this store, and how an older one's is brought up to date, step by step, before anything else reads it.

use serde::{Deserialize, Serialize};

use super::{Direction, KeyRange, Kv, StoreError, Write, session};

/// What this program writes.
pub(super) const SCHEMA_VERSION: u32 = 3;
const KEY: &[u8] = b"schema";
/// The steps from older schemas, in order, each to the version it names.
const MIGRATIONS: &[Migration] =
    &[Migration { to: 2, run: session::index_open }, Migration { to: 3, run: session::index_staff }];

/// A step forward. It may run again after a crash half way, so it must be harmless to repeat.
pub(super) struct Migration {
    /// The version that the store has afterwards.
    pub(super) to: u32,
    /// Does it.
    pub(super) run: fn(&dyn Kv) -> Result<(), StoreError>,
}

#[derive(Serialize, Deserialize)]
struct Schema {
    v: u32,
}

/// Marks a new store, brings an older one forward, and refuses a newer one or what is no store of ours.
pub(super) fn check(kv: &dyn Kv) -> Result<(), StoreError> {
    check_with(kv, SCHEMA_VERSION, MIGRATIONS)
}

fn check_with(kv: &dyn Kv, current: u32, migrations: &[Migration]) -> Result<(), StoreError> {
    let Some(found) = read(kv)? else { return mark_new(kv, current) };
    if found > current {
        return Err(StoreError::Schema(format!(
            "written by a newer program: schema {found}, this one knows up to {current}"
        )));
    }
    for step in migrations.iter().filter(|step| step.to > found && step.to <= current) {
        (step.run)(kv)?;
        write(kv, step.to)?;
    }
    match read(kv)? {
        Some(reached) if reached == current => Ok(()),
        _ => Err(StoreError::Schema(format!(
            "schema {found} is too old for this program, which has no step to {current}"
        ))),
    }
}

fn mark_new(kv: &dyn Kv, current: u32) -> Result<(), StoreError> {
    if !kv.scan(KeyRange::all(), 1, Direction::Forward)?.is_empty() {
        return Err(StoreError::Schema("holds something else: there are keys but no schema version".to_owned()));
    }
    write(kv, current)
}

fn read(kv: &dyn Kv) -> Result<Option<u32>, StoreError> {
    let Some(value) = kv.get(KEY)? else { return Ok(None) };
    let schema: Schema = serde_json::from_slice(&value).map_err(|why| StoreError::corrupt(KEY, why))?;
    Ok(Some(schema.v))
}

fn write(kv: &dyn Kv, version: u32) -> Result<(), StoreError> {
    let value = serde_json::to_vec(&Schema { v: version }).map_err(|why| StoreError::corrupt(KEY, why))?;
    kv.apply(vec![Write::Put(KEY.to_vec(), value)])
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::store::Pair;

    /// The schema key and one more, which is all that a schema check needs.
    #[derive(Default)]
    struct Keys(Mutex<std::collections::BTreeMap<Vec<u8>, Vec<u8>>>);

    impl Kv for Keys {
        fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
            Ok(self.0.lock().unwrap().get(key).cloned())
        }

        fn scan(&self, _: KeyRange, limit: usize, _: Direction) -> Result<Vec<Pair>, StoreError> {
            Ok(self.0.lock().unwrap().clone().into_iter().take(limit).collect())
        }

        fn count(&self, _: KeyRange, limit: usize) -> Result<usize, StoreError> {
            Ok(self.0.lock().unwrap().len().min(limit))
        }

        fn apply(&self, writes: Vec<Write>) -> Result<(), StoreError> {
            for write in writes {
                if let Write::Put(key, value) = write {
                    self.0.lock().unwrap().insert(key, value);
                }
            }
            Ok(())
        }

        fn name(&self) -> &'static str {
            "keys"
        }
    }

    fn note(kv: &dyn Kv, step: &str) -> Result<(), StoreError> {
        let mut notes = kv.get(b"notes")?.unwrap_or_default();
        notes.extend_from_slice(step.as_bytes());
        kv.apply(vec![Write::Put(b"notes".to_vec(), notes)])
    }

    const STEPS: &[Migration] =
        &[Migration { to: 2, run: |kv| note(kv, "to 2;") }, Migration { to: 3, run: |kv| note(kv, "to 3;") }];

    #[test]
    fn an_older_store_takes_each_step_once_and_in_order() {
        let kv = Keys::default();
        check_with(&kv, 1, STEPS).unwrap();
        assert_eq!((read(&kv).unwrap(), kv.get(b"notes").unwrap()), (Some(1), None), "a new store needs no steps");
        check_with(&kv, 3, STEPS).unwrap();
        check_with(&kv, 3, STEPS).unwrap();
        assert_eq!(read(&kv).unwrap(), Some(3));
        assert_eq!(kv.get(b"notes").unwrap(), Some(b"to 2;to 3;".to_vec()));
    }

    #[test]
    fn a_step_that_was_interrupted_is_taken_again() {
        let kv = Keys::default();
        check_with(&kv, 2, STEPS).unwrap();
        let broken = &[Migration { to: 3, run: |_| Err(StoreError::Backend("cut off".to_owned())) }];
        assert!(check_with(&kv, 3, broken).is_err());
        assert_eq!(read(&kv).unwrap(), Some(2));
        check_with(&kv, 3, STEPS).unwrap();
        assert_eq!(kv.get(b"notes").unwrap(), Some(b"to 3;".to_vec()));
    }

    #[test]
    fn a_store_that_no_step_leads_from_is_refused() {
        let kv = Keys::default();
        write(&kv, 1).unwrap();
        let refused = check_with(&kv, 4, STEPS).unwrap_err().to_string();
        assert_eq!(refused, "store: schema 1 is too old for this program, which has no step to 4");
    }
}
