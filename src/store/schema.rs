//! Which program wrote this store, and how an older one's is brought up to date, step by step, before anything else reads it.

use serde::{Deserialize, Serialize};

use super::{Direction, KeyRange, Kv, StoreError, Write};

/// What this program writes.
pub(super) const SCHEMA_VERSION: u32 = 1;
const KEY: &[u8] = b"schema";
/// The steps from older schemas, in order, each to the version it names.
const MIGRATIONS: &[Migration] = &[];

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
