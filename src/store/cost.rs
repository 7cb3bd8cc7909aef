//! Calls of models and their sums, as records.
//!
//! | keys | what |
//! |---|---|
//! | `charge/<org>/<id>`, `charge.session/<org>/<session>..` | one call; kept for some time |
//! | `costday/<org>/<day>` | an organization's day; kept |
//! | `costsession/<org>/<day>:<session>` | a session's day; kept as long as its calls |
//! | `budget/<org>/budget` | what may be spent in a month |
//! | `budgetwarning/<org>/<month>:<percent>` | that a threshold was reached |

use super::index::{Cursor, Match};
use super::record::{self, IndexEntry, Record};
use super::{Batch, Direction, KeyRange, Store, StoreError, audit};
use crate::domain::cost::{Budget, BudgetWarning, Charge, DaySum, SessionSum};
use crate::domain::{OrganizationId, SessionKey, Timestamp};

/// The id of an organization's one budget.
pub const BUDGET_ID: &str = "budget";

/// Calls by their session.
const BY_SESSION: &str = "session";

/// Calls that are read at once.
const PAGE_MAX_CHARGES: usize = 256;

/// The longest id of a day's session begins with its day: `2026-11-22:`.
const DAY_CHARS: usize = 10;

impl Record for Charge {
    const SPACE: &'static str = "charge";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        self.session.iter().map(|session| IndexEntry::plain(BY_SESSION, session.as_str())).collect()
    }
}

impl Record for DaySum {
    const SPACE: &'static str = "costday";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.day.clone()
    }
}

impl Record for SessionSum {
    const SPACE: &'static str = "costsession";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        session_day(&self.day, self.session.as_str())
    }
}

impl Record for Budget {
    const SPACE: &'static str = "budget";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        BUDGET_ID.to_owned()
    }
}

impl Record for BudgetWarning {
    const SPACE: &'static str = "budgetwarning";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        warning_id(&self.month, self.percent)
    }
}

/// The id of a session's day.
pub fn session_day(day: &str, session: &str) -> String {
    format!("{day}:{session}")
}

/// The id of a warning.
pub fn warning_id(month: &str, percent: u8) -> String {
    format!("{month}:{percent:03}")
}

/// The sums of the days from one up to and with another, those that have any.
///
/// # Errors
/// As [`record::get`].
pub fn days(store: &Store, organization: &OrganizationId, from: &str, to: &str) -> Result<Vec<DaySum>, StoreError> {
    // `~` comes behind whatever may be in an id.
    let found = record::between(store, organization, from, &format!("{to}~"), usize::MAX)?;
    Ok(found.into_iter().map(|found| found.record).collect())
}

/// Up to `limit` of the sessions' days from one day up to and with another, of which the first is at or behind `from`.
///
/// # Errors
/// As [`record::get`].
pub fn sessions(
    store: &Store,
    organization: &OrganizationId,
    from: &str,
    to: &str,
    limit: usize,
) -> Result<Vec<SessionSum>, StoreError> {
    let found = record::between(store, organization, from, &format!("{to}~"), limit)?;
    Ok(found.into_iter().map(|found| found.record).collect())
}

/// The warnings of a month, lowest threshold first.
///
/// # Errors
/// As [`record::get`].
pub fn warnings(store: &Store, organization: &OrganizationId, month: &str) -> Result<Vec<BudgetWarning>, StoreError> {
    let found = record::between(store, organization, month, &format!("{month}~"), usize::MAX)?;
    Ok(found.into_iter().map(|found| found.record).collect())
}

/// The calls of a session, in the order of their ids, up to `limit` after `after`.
///
/// # Errors
/// As [`record::get`].
pub fn of_session(
    store: &Store,
    session: &SessionKey,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<(Vec<Charge>, Option<Cursor>), StoreError> {
    let wanted = Match::Is(session.session.as_str());
    let page =
        record::by_index::<Charge>(store, &session.organization, BY_SESSION, wanted, after, limit, Direction::Forward)?;
    Ok((page.items.into_iter().map(|found| found.record).collect(), page.next))
}

/// Every organization's calls.
pub fn everywhere() -> KeyRange {
    KeyRange::prefix(format!("{}/", Charge::SPACE))
}

/// The calls of a range that are from before a moment, with what was summed of their sessions' days; as [`audit::older`].
///
/// # Errors
/// As [`Store::scan`].
pub fn older(store: &Store, before: Timestamp, range: KeyRange, limit: usize) -> Result<audit::Old, StoreError> {
    audit::older_than::<Charge>(store, before, range, limit, |charge| charge.at)
}

/// Every organization's sessions' days.
pub fn session_days_everywhere() -> KeyRange {
    KeyRange::prefix(format!("{}/", SessionSum::SPACE))
}

/// The sessions' days of a range that ended before a moment; as [`audit::older`].
///
/// # Errors
/// As [`Store::scan`].
pub fn older_session_days(
    store: &Store,
    before: Timestamp,
    range: KeyRange,
    limit: usize,
) -> Result<audit::Old, StoreError> {
    audit::older_than::<SessionSum>(store, before, range, limit, |sum| {
        // A day in whatever zone has ended a day later at the latest.
        Timestamp::parse(&format!("{}T23:59:59Z", sum.day)).map_or(before, |end| end.plus_ms(24 * 60 * 60 * 1_000))
    })
}

/// Takes what is known of a session's calls out of the store; the sums of days stay, which name nobody. Up to
/// [`PAGE_MAX_CHARGES`] calls at a time; says how many
/// calls, and whether there may be more.
///
/// # Errors
/// As [`record::get`].
pub fn erase_session(store: &Store, batch: &mut Batch, session: &SessionKey) -> Result<(usize, bool), StoreError> {
    let wanted = Match::Is(session.session.as_str());
    let organization = &session.organization;
    let page = record::by_index::<Charge>(
        store,
        organization,
        BY_SESSION,
        wanted,
        None,
        PAGE_MAX_CHARGES,
        Direction::Forward,
    )?;
    let mut days: Vec<String> = Vec::new();
    for found in &page.items {
        record::remove(batch, found);
        // The organization's day is one of three, whatever its zone.
        for shift_ms in [-1, 0, 1].map(|days: i64| days * 24 * 60 * 60 * 1_000) {
            days.push(found.record.at.plus_ms(shift_ms).to_string().chars().take(DAY_CHARS).collect());
        }
    }
    days.sort_unstable();
    days.dedup();
    for day in days {
        let id = session_day(&day, session.session.as_str());
        if let Some(found) = record::get::<SessionSum>(store, organization, &id)? {
            record::remove(batch, &found);
        }
    }
    Ok((page.items.len(), page.next.is_some()))
}
