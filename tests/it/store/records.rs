//! Typed records: versions, indexes that agree, pages, shapes of older programs.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use switchboard::domain::OrganizationId;
use switchboard::store::index::{Cursor, Match};
use switchboard::store::record::{self, IndexEntry};
use switchboard::store::{CommitError, Direction, KeyRange, Record, Store, StoreError, VALUE_MAX_BYTES};

use super::support::{Backend, Desk, Scratch, commit, organization};

super::on_every_backend!(
    a_record_is_found_by_id_and_by_each_index,
    an_update_moves_only_the_index_entries_that_changed,
    of_two_updates_of_the_same_version_one_is_refused,
    an_id_or_a_unique_value_is_taken_only_once,
    a_unique_value_can_be_handed_over_within_one_batch,
    a_removed_record_leaves_nothing_behind,
    pages_follow_each_other_in_both_directions,
    values_of_an_index_never_run_into_each_other,
    an_organization_sees_only_its_own,
    an_older_shape_is_brought_forward,
    a_newer_shape_is_refused,
    a_big_record_is_whole_and_keeps_its_version,
);

fn insert(store: &Store, record: &impl Record) -> Result<(), CommitError> {
    commit(store, |batch| record::insert(batch, record).unwrap())
}

fn get(store: &Store, id: &str) -> Option<record::Versioned<Desk>> {
    record::get(store, &organization("acme"), id).unwrap()
}

fn ids(store: &Store, index: &str, wanted: Match<'_>) -> Vec<String> {
    let page = record::by_index::<Desk>(store, &organization("acme"), index, wanted, None, 100, Direction::Forward);
    page.unwrap().items.into_iter().map(|found| found.record.id).collect()
}

fn a_record_is_found_by_id_and_by_each_index(backend: Backend) {
    let scratch = Scratch::new(backend);
    let desk = Desk::new("d1", "open", "front");
    insert(&scratch.store(), &desk).unwrap();
    let store = scratch.store();
    let found = get(&store, "d1").unwrap();
    assert_eq!((found.record, found.version), (desk.clone(), 1));
    assert_eq!(ids(&store, "state", Match::Is("open")), ["d1"]);
    assert_eq!(ids(&store, "state", Match::Is("ope")), [""; 0]);
    let unique = record::by_unique::<Desk>(&store, &organization("acme"), "name", "front").unwrap();
    assert_eq!(unique.unwrap().record, desk);
    assert_eq!(ids(&store, "name", Match::StartsWith("fr")), ["d1"]);
}

fn an_update_moves_only_the_index_entries_that_changed(backend: Backend) {
    let scratch = Scratch::new(backend);
    let store = scratch.store();
    insert(&store, &Desk::new("d1", "open", "front")).unwrap();
    let old = get(&store, "d1").unwrap();
    let new = Desk::new("d1", "closed", "front");
    commit(&store, |batch| drop(record::update(batch, &old, &new).unwrap())).unwrap();
    assert_eq!(get(&store, "d1").unwrap().version, 2);
    assert_eq!(ids(&store, "state", Match::Is("open")), [""; 0]);
    assert_eq!(ids(&store, "state", Match::Is("closed")), ["d1"]);
    assert_eq!(ids(&store, "name", Match::Is("front")), ["d1"]);
}

fn of_two_updates_of_the_same_version_one_is_refused(backend: Backend) {
    let scratch = Scratch::new(backend);
    let store = scratch.store();
    insert(&store, &Desk::new("d1", "open", "front")).unwrap();
    let old = get(&store, "d1").unwrap();
    let update =
        |state| commit(&store, |batch| drop(record::update(batch, &old, &Desk::new("d1", state, "front")).unwrap()));
    update("first").unwrap();
    assert_eq!(update("second"), Err(CommitError::Conflict { key: b"desk/acme/d1".to_vec() }));
    assert_eq!(ids(&store, "state", Match::Any), ["d1"]);
    assert_eq!(get(&store, "d1").unwrap().record.state, "first");
}

fn an_id_or_a_unique_value_is_taken_only_once(backend: Backend) {
    let scratch = Scratch::new(backend);
    let store = scratch.store();
    insert(&store, &Desk::new("d1", "open", "front")).unwrap();
    assert!(matches!(insert(&store, &Desk::new("d1", "open", "other")), Err(CommitError::Conflict { .. })));
    assert!(matches!(insert(&store, &Desk::new("d2", "open", "front")), Err(CommitError::Conflict { .. })));
    assert_eq!(ids(&store, "state", Match::Is("open")), ["d1"]);
    assert_eq!(get(&store, "d2"), None);
}

fn a_unique_value_can_be_handed_over_within_one_batch(backend: Backend) {
    let scratch = Scratch::new(backend);
    let store = scratch.store();
    insert(&store, &Desk::new("d1", "open", "front")).unwrap();
    let old = get(&store, "d1").unwrap();
    commit(&store, |batch| drop(record::update(batch, &old, &Desk::new("d1", "open", "back")).unwrap())).unwrap();
    insert(&store, &Desk::new("d2", "open", "front")).unwrap();
    assert_eq!(ids(&store, "name", Match::Any), ["d1", "d2"]);
}

fn a_removed_record_leaves_nothing_behind(backend: Backend) {
    let scratch = Scratch::new(backend);
    let store = scratch.store();
    let before = store.count(KeyRange::all(), 1000).unwrap();
    let big = "n".repeat(3 * VALUE_MAX_BYTES);
    insert(&store, &Desk::new("d1", "open", "front")).unwrap();
    let old = get(&store, "d1").unwrap();
    commit(&store, |batch| batch.put(b"big".to_vec(), big.into_bytes())).unwrap();
    commit(&store, |batch| {
        record::remove(batch, &old);
        batch.delete(b"big".to_vec());
    })
    .unwrap();
    assert_eq!(store.scan(KeyRange::all(), 1000, Direction::Forward).unwrap().len(), before);
    assert_eq!(
        commit(&store, |batch| record::remove(batch, &old)).unwrap_err(),
        CommitError::Conflict { key: b"desk/acme/d1".to_vec() }
    );
}

fn pages_follow_each_other_in_both_directions(backend: Backend) {
    let scratch = Scratch::new(backend);
    let store = scratch.store();
    for number in 0..7 {
        insert(&store, &Desk::new(&format!("d{number}"), "open", &format!("n{number}"))).unwrap();
    }
    let acme = organization("acme");
    for direction in [Direction::Forward, Direction::Backward] {
        let mut seen = Vec::new();
        let mut after: Option<Cursor> = None;
        loop {
            let page =
                record::by_index::<Desk>(&store, &acme, "state", Match::Is("open"), after.as_ref(), 3, direction);
            let page = page.unwrap();
            seen.extend(page.items.into_iter().map(|found| found.record.id));
            let Some(next) = page.next else { break };
            after = Cursor::parse(&next.to_text());
        }
        if direction == Direction::Backward {
            seen.reverse();
        }
        assert_eq!(seen, (0..7).map(|number| format!("d{number}")).collect::<Vec<_>>());
    }
    let first = record::all::<Desk>(&store, &acme, None, 4, Direction::Forward).unwrap();
    let rest = record::all::<Desk>(&store, &acme, first.next.as_ref(), 4, Direction::Forward).unwrap();
    assert_eq!((first.items.len(), rest.items.len(), rest.next), (4, 3, None));
    assert_eq!(record::count::<Desk>(&store, &acme, 1000).unwrap(), 7);
    assert_eq!(record::count_index::<Desk>(&store, &acme, "state", Match::Is("open"), 5).unwrap(), 5);
}

fn values_of_an_index_never_run_into_each_other(backend: Backend) {
    let scratch = Scratch::new(backend);
    let store = scratch.store();
    let values = ["", "a", "a\0", "a\0\0", "a\0b", "a/", "a/d1", "a!", "b", "ä", "\0"];
    for (number, value) in values.iter().enumerate() {
        insert(&store, &Desk::new(&format!("d{number}"), value, &format!("{value}x"))).unwrap();
    }
    for (number, value) in values.iter().enumerate() {
        assert_eq!(ids(&store, "state", Match::Is(value)), [format!("d{number}")], "{value:?}");
        assert_eq!(ids(&store, "name", Match::Is(&format!("{value}x"))), [format!("d{number}")], "{value:?}");
    }
    let mut ordered: Vec<usize> = (0..values.len()).collect();
    ordered.sort_by_key(|number| values[*number]);
    let ordered: Vec<String> = ordered.into_iter().map(|number| format!("d{number}")).collect();
    assert_eq!(ids(&store, "state", Match::Any), ordered);
    assert_eq!(ids(&store, "state", Match::Between("a!", "b")), ["d7", "d5", "d6"]);
    assert_eq!(ids(&store, "state", Match::StartsWith("a/")), ["d5", "d6"]);
}

fn an_organization_sees_only_its_own(backend: Backend) {
    let scratch = Scratch::new(backend);
    let store = scratch.store();
    for (id, owner) in [("d1", "acme"), ("d1", "acme2"), ("d2", "acm")] {
        insert(&store, &Desk { organization: organization(owner), ..Desk::new(id, "open", "front") }).unwrap();
    }
    assert_eq!(ids(&store, "state", Match::Any), ["d1"]);
    let found = record::by_unique::<Desk>(&store, &organization("acm"), "name", "front").unwrap().unwrap();
    assert_eq!(found.record.id, "d2");
    assert_eq!(record::get::<Desk>(&store, &organization("acm"), "d1").unwrap(), None);
}

/// What [`Desk`] may look like to a later program: the name became a title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct NewDesk {
    organization: OrganizationId,
    id: String,
    title: String,
}

impl Record for NewDesk {
    const SPACE: &'static str = "desk";
    const VERSION: u32 = 2;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.id.clone()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![IndexEntry::unique("name", &self.title)]
    }

    fn migrate(shape: u32, mut value: Value) -> Result<Value, String> {
        if shape != 1 {
            return Err(format!("no way forward from shape {shape}"));
        }
        value["title"] = value["name"].take();
        Ok(value)
    }
}

fn an_older_shape_is_brought_forward(backend: Backend) {
    let scratch = Scratch::new(backend);
    let store = scratch.store();
    insert(&store, &Desk::new("d1", "open", "front")).unwrap();
    let found = record::get::<NewDesk>(&store, &organization("acme"), "d1").unwrap().unwrap();
    assert_eq!((found.record.title.as_str(), found.version), ("front", 1));
    let newer = NewDesk { title: "back".into(), ..found.record.clone() };
    commit(&store, |batch| drop(record::update(batch, &found, &newer).unwrap())).unwrap();
    let stored: Value = serde_json::from_slice(&store.get(b"desk/acme/d1").unwrap().unwrap()).unwrap();
    assert_eq!(stored, json!({"n": 2, "v": 2, "r": {"organization": "acme", "id": "d1", "title": "back"}}));
}

fn a_newer_shape_is_refused(backend: Backend) {
    let scratch = Scratch::new(backend);
    let store = scratch.store();
    let newer = NewDesk { organization: organization("acme"), id: "d1".into(), title: "front".into() };
    insert(&store, &newer).unwrap();
    let refused = record::get::<Desk>(&store, &organization("acme"), "d1").unwrap_err();
    assert!(
        matches!(&refused, StoreError::Corrupt { key, why } if key == "desk/acme/d1" && why.contains("newer")),
        "{refused}"
    );
}

fn a_big_record_is_whole_and_keeps_its_version(backend: Backend) {
    let scratch = Scratch::new(backend);
    let store = scratch.store();
    let wide =
        |fill: &str| Wide { organization: organization("acme"), id: "w".into(), text: fill.repeat(VALUE_MAX_BYTES) };
    insert(&store, &wide("abc")).unwrap();
    let first = record::get::<Wide>(&store, &organization("acme"), "w").unwrap().unwrap();
    assert_eq!(first.record, wide("abc"));
    commit(&store, |batch| drop(record::update(batch, &first, &wide("xy")).unwrap())).unwrap();
    let stale = commit(&store, |batch| drop(record::update(batch, &first, &wide("z")).unwrap()));
    assert!(matches!(stale, Err(CommitError::Conflict { .. })));
    let second = record::get::<Wide>(&store, &organization("acme"), "w").unwrap().unwrap();
    assert_eq!((second.record, second.version), (wide("xy"), 2));
    assert_eq!(store.count(KeyRange::prefix("~/"), 100).unwrap(), 3, "only the parts of the last value stay");
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Wide {
    organization: OrganizationId,
    id: String,
    text: String,
}

impl Record for Wide {
    const SPACE: &'static str = "wide";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.id.clone()
    }
}
