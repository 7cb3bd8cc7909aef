//! Deliveries as records: `delivery/<org>/<target>.<stage>.<number>`, so that those of a target are found by their stage and in
//! the order in which they go, and an index by session for lanes and for erasing. Counting and listing read no other target's.

use uuid::Uuid;

use super::index::Match;
use super::record::{self, IndexEntry, Record, Versioned};
use super::{Batch, Direction, KeyRange, Store, StoreError};
use crate::domain::outbox::{Delivery, Number, Stage, TargetKey, Via};
use crate::domain::{OrganizationId, SessionId, SessionKey};

/// Deliveries of a session: `<session>/<target>/<stage>/<number>`.
const BY_SESSION: &str = "session";

/// Comes behind whatever may be in an id.
const BEHIND: char = '~';

impl Record for Delivery {
    const SPACE: &'static str = "delivery";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        format!("{}{}", of_stage(self.target, self.stage), self.number)
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let value = format!("{}{}", of_lane(&self.session, self.target, self.stage), self.number);
        vec![IndexEntry::plain(BY_SESSION, value)]
    }
}

/// Some deliveries of many.
#[derive(Debug, Clone)]
pub struct DeliveryPage {
    /// The deliveries.
    pub items: Vec<Versioned<Delivery>>,
    /// Behind which one the next page begins; none when this was the last.
    pub next: Option<Number>,
}

/// The waiting deliveries of a target behind one, in order.
///
/// # Errors
/// As [`record::get`].
pub fn waiting(
    store: &Store,
    key: &TargetKey,
    after: Option<Number>,
    limit: usize,
) -> Result<Vec<Versioned<Delivery>>, StoreError> {
    Ok(list(store, key, Stage::Waiting, after, limit, Direction::Forward)?.items)
}

/// Deliveries of a target at a stage, behind one.
///
/// # Errors
/// As [`record::get`].
pub fn list(
    store: &Store,
    key: &TargetKey,
    stage: Stage,
    after: Option<Number>,
    limit: usize,
    direction: Direction,
) -> Result<DeliveryPage, StoreError> {
    let mut range = range(key, stage);
    if let Some(after) = after {
        let id = format!("{}{after}", of_stage(key.target, stage));
        range = range.beyond(record::key::<Delivery>(&key.organization, &id), direction);
    }
    let pairs = store.scan(range, limit, direction)?;
    let items = pairs.iter().map(|(key, value)| record::parse(key, value)).collect::<Result<Vec<_>, _>>()?;
    let next = items.last().filter(|_| items.len() == limit).map(|last: &Versioned<Delivery>| last.record.number);
    Ok(DeliveryPage { items, next })
}

/// The waiting deliveries of one session behind one, up to and with another, in order.
///
/// # Errors
/// As [`record::get`].
pub fn lane(
    store: &Store,
    key: &TargetKey,
    session: &SessionId,
    after: Number,
    upto: Number,
    limit: usize,
) -> Result<Vec<Versioned<Delivery>>, StoreError> {
    let lane = of_lane(session, key.target, Stage::Waiting);
    let (from, until) = (format!("{lane}{after}{BEHIND}"), format!("{lane}{upto}{BEHIND}"));
    let wanted = Match::Between(&from, &until);
    let page = record::by_index(store, &key.organization, BY_SESSION, wanted, None, limit, Direction::Forward)?;
    Ok(page.items)
}

/// The delivery of a target at a stage.
///
/// # Errors
/// As [`record::get`].
pub fn at(
    store: &Store,
    key: &TargetKey,
    stage: Stage,
    number: Number,
) -> Result<Option<Versioned<Delivery>>, StoreError> {
    record::get(store, &key.organization, &format!("{}{number}", of_stage(key.target, stage)))
}

/// How many deliveries of a target are at a stage, counted up to `limit`.
///
/// # Errors
/// As [`Store::count`].
pub fn count(store: &Store, key: &TargetKey, stage: Stage, limit: usize) -> Result<usize, StoreError> {
    store.count(range(key, stage), limit)
}

/// Puts the move of a delivery to another stage into the batch.
///
/// # Errors
/// `Corrupt` when it can not be written as JSON.
pub fn shift(batch: &mut Batch, old: &Versioned<Delivery>, new: &Delivery) -> Result<(), StoreError> {
    record::remove(batch, old);
    record::insert(batch, new)
}

/// Puts the removal of up to `limit` deliveries of a target into the batch, whatever their stage, and says how many.
///
/// # Errors
/// As [`Store::scan`].
pub fn remove(store: &Store, batch: &mut Batch, key: &TargetKey, limit: usize) -> Result<usize, StoreError> {
    let target = format!("{}.", key.target);
    let found = record::between::<Delivery>(store, &key.organization, &target, &format!("{target}{BEHIND}"), limit)?;
    found.iter().for_each(|delivery| record::remove(batch, delivery));
    Ok(found.len())
}

/// Deliveries about a session, whatever their stage, up to `limit`.
///
/// # Errors
/// As [`record::get`].
pub fn of_session(store: &Store, key: &SessionKey, limit: usize) -> Result<Vec<Versioned<Delivery>>, StoreError> {
    let prefix = format!("{}/", key.session);
    let wanted = Match::StartsWith(&prefix);
    Ok(record::by_index(store, &key.organization, BY_SESSION, wanted, None, limit, Direction::Forward)?.items)
}

/// Every target that has a delivery, of any organization. Reads one delivery of each.
///
/// # Errors
/// As [`record::get`].
pub fn targets(store: &Store) -> Result<Vec<(TargetKey, Via)>, StoreError> {
    targets_in(store, KeyRange::prefix(format!("{}/", Delivery::SPACE)))
}

/// Every target of an organization that has a delivery.
///
/// # Errors
/// As [`record::get`].
pub fn targets_of(store: &Store, organization: &OrganizationId) -> Result<Vec<(TargetKey, Via)>, StoreError> {
    targets_in(store, KeyRange::prefix(record::key::<Delivery>(organization, "")))
}

/// What kind of target this is; nothing where it has no delivery.
///
/// # Errors
/// As [`record::get`].
pub fn via(store: &Store, key: &TargetKey) -> Result<Option<Via>, StoreError> {
    let target = format!("{}.", key.target);
    let found = record::between::<Delivery>(store, &key.organization, &target, &format!("{target}{BEHIND}"), 1)?;
    Ok(found.into_iter().next().map(|found| found.record.via))
}

fn targets_in(store: &Store, mut range: KeyRange) -> Result<Vec<(TargetKey, Via)>, StoreError> {
    let mut targets = Vec::new();
    while let Some((key, value)) = store.scan(range.clone(), 1, Direction::Forward)?.pop() {
        let Delivery { organization, target, via, .. } = record::parse::<Delivery>(&key, &value)?.record;
        let behind = record::key::<Delivery>(&organization, &format!("{target}{BEHIND}"));
        range = range.beyond(behind, Direction::Forward);
        targets.push((TargetKey { organization, target }, via));
    }
    Ok(targets)
}

fn range(key: &TargetKey, stage: Stage) -> KeyRange {
    let prefix = of_stage(key.target, stage);
    KeyRange::prefix(record::key::<Delivery>(&key.organization, &prefix))
}

fn of_stage(target: Uuid, stage: Stage) -> String {
    format!("{target}.{}.", stage.as_str())
}

fn of_lane(session: &SessionId, target: Uuid, stage: Stage) -> String {
    format!("{session}/{target}/{}/", stage.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::webhook::Endpoint;

    /// What the first program that had an outbox wrote.
    const DELIVERY: &str = concat!(
        r#"{"organization":"default","target":"01980000-0000-7000-8000-000000000001","via":"webhook","#,
        r#""number":{"position":18,"index":1},"stage":"parked","session":"s1","seq":2,"topic":"message.received","#,
        r#""at":1800000000000,"queued_at":1800000000010,"attempts":10,"refusals":10,"not_before":1800000002010,"#,
        r#""last":{"at":1800000000020,"status":422,"text":"unknown shop","took_ms":31},"parked":"refused"}"#
    );

    const ENDPOINT: &str = concat!(
        r#"{"id":"01980000-0000-7000-8000-000000000001","organization":"default","url":"https://shop.example.com/hook","#,
        r#""description":"Shop","topics":["conversation.started","error.occurred"],"enabled":false,"#,
        r#""given_up":{"at":1800000000000,"why":"it answered 410"},"since":18,"secret":"c2VhbGVk","#,
        r#""previous":{"secret":"b2xk","until":1800086400000},"created_at":1800000000000,"updated_at":1800000000001}"#
    );

    #[test]
    fn records_of_the_first_shape_still_read_and_are_written_the_same() {
        let delivery: Delivery = serde_json::from_str(DELIVERY).unwrap();
        assert_eq!(serde_json::to_string(&delivery).unwrap(), DELIVERY);
        assert_eq!(Record::id(&delivery), "01980000-0000-7000-8000-000000000001.parked.0000000000000012-00000001");
        let endpoint: Endpoint = serde_json::from_str(ENDPOINT).unwrap();
        assert_eq!(serde_json::to_string(&endpoint).unwrap(), ENDPOINT);
    }
}
