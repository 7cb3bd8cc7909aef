//! Customers as records: found by a word of their name, by their id, e-mail or number, and by who they were merged into.

use std::collections::{BTreeSet, HashSet};

use super::index::{Cursor, Match, Page};
use super::record::{self, IndexEntry, Record};
use super::{Direction, Store, StoreError};
use crate::domain::{Customer, CustomerId, OrganizationId};

/// Customers by when they changed last: `<updated, ms>`.
pub const BY_UPDATE: &str = "updated";

/// Customers by what somebody would type to find them, in small letters.
pub const BY_WORD: &str = "word";

/// Customers that were merged into another one, by that one's id.
pub const BY_REMAINING: &str = "remaining";

/// The most words of a name that are indexed.
const WORDS_MAX: usize = 8;

/// The longest word that is indexed, in characters; what is searched for is cut to it.
const WORD_MAX_CHARS: usize = 64;

/// The most ids of one person.
pub const MERGED_MAX: usize = 100;

/// Whoever is behind an id.
#[derive(Debug, Clone)]
pub struct Person {
    /// Every id of theirs, the one that they are kept under first.
    pub ids: Vec<CustomerId>,
    /// What is noted of them, if anything is.
    pub noted: Option<Customer>,
}

impl Record for Customer {
    const SPACE: &'static str = "customer";
    const VERSION: u32 = 1;

    fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    fn id(&self) -> String {
        self.id.as_str().to_owned()
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        if let Some(remaining) = &self.merged_into {
            return vec![IndexEntry::plain(BY_REMAINING, remaining.as_str())];
        }
        let updated = super::session::started_value(self.updated_at.as_ms());
        let words = words_of(self).into_iter().map(|word| IndexEntry::plain(BY_WORD, word));
        std::iter::once(IndexEntry::plain(BY_UPDATE, updated)).chain(words).collect()
    }
}

/// Who is behind an id. Merging leads each id to the one that remains in one step.
///
/// # Errors
/// As [`record::get`].
pub fn person(store: &Store, organization: &OrganizationId, id: &CustomerId) -> Result<Person, StoreError> {
    let read = |id: &CustomerId| record::get::<Customer>(store, organization, id.as_str());
    let found = read(id)?.map(|found| found.record);
    let remaining = found.as_ref().and_then(|customer| customer.merged_into.clone());
    let (id, noted) = match remaining {
        Some(remaining) => (remaining.clone(), read(&remaining)?.map(|found| found.record)),
        None => (id.clone(), found),
    };
    let mut ids = vec![id.clone()];
    if noted.is_some() {
        let (wanted, forward) = (Match::Is(id.as_str()), Direction::Forward);
        let merged =
            record::by_index::<Customer>(store, organization, BY_REMAINING, wanted, None, MERGED_MAX, forward)?;
        ids.extend(merged.items.into_iter().map(|found| found.record.id));
    }
    Ok(Person { ids, noted })
}

/// Customers of whom a word begins with this text, each once, `limit` entries of the index after `after`.
///
/// # Errors
/// As [`record::get`].
pub fn search(
    store: &Store,
    organization: &OrganizationId,
    text: &str,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Customer>, StoreError> {
    let wanted = folded(text);
    let matching = Match::StartsWith(&wanted);
    let mut page =
        record::by_index::<Customer>(store, organization, BY_WORD, matching, after, limit, Direction::Forward)?;
    let mut seen = HashSet::new();
    page.items.retain(|found| {
        let id = &found.record.id;
        let first = words_of(&found.record).into_iter().find(|word| word.starts_with(&wanted));
        let was_shown = first.zip(after).is_some_and(|(word, after)| after.has_passed(&word, id.as_str()));
        !was_shown && seen.insert(id.clone())
    });
    Ok(page)
}

/// What a customer is found by, in order.
fn words_of(customer: &Customer) -> BTreeSet<String> {
    let name = customer.name.as_ref().map(|name| folded(name.as_str())).unwrap_or_default();
    let mut words: BTreeSet<String> = name.split_whitespace().skip(1).take(WORDS_MAX - 1).map(folded).collect();
    let whole = [
        customer.id.as_str(),
        &name,
        customer.email.as_ref().map_or("", |email| email.as_str()),
        customer.phone.as_ref().map_or("", |phone| phone.as_str()),
        customer.phone.as_ref().map_or("", |phone| phone.as_str().trim_start_matches('+')),
    ];
    words.extend(whole.iter().filter(|text| !text.is_empty()).map(|text| folded(text)));
    words
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase().chars().take(WORD_MAX_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CustomerId, Email, PersonName, Phone, Timestamp};

    #[test]
    fn a_record_of_the_first_shape_still_reads_and_is_written_the_same() {
        let bare = r#"{"organization":"default","id":"jo","created_at":1800000000000,"updated_at":1800000000000}"#;
        let full = concat!(
            r#"{"organization":"default","id":"jo","name":"Jo Doe","email":"jo@example.com","phone":"+123456","#,
            r#""language":"en","facts":{"plan":"gold"},"tags":["vip"],"merged_into":"jane","set_by_staff":["name"],"#,
            r#""created_at":1800000000000,"updated_at":1800000000001}"#
        );
        for written in [bare, full] {
            let read: Customer = serde_json::from_str(written).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), written);
        }
    }

    #[test]
    fn a_customer_is_found_by_each_word_of_the_name_and_by_what_reaches_them() {
        let id = CustomerId::parse("U-7").unwrap();
        let mut customer = Customer::unknown(OrganizationId::default_organization(), id, Timestamp::from_ms(5));
        customer.name = PersonName::parse("name", "Ann Mary van Dyck").ok();
        customer.email = Email::parse("ann@example.com").ok();
        customer.phone = Phone::parse("phone", "+1 234").ok();
        let words: Vec<String> = words_of(&customer).into_iter().collect();
        assert_eq!(words, ["+1234", "1234", "ann mary van dyck", "ann@example.com", "dyck", "mary", "u-7", "van"]);
        customer.merged_into = CustomerId::parse("other").ok();
        assert_eq!(customer.indexes(), [IndexEntry::plain(BY_REMAINING, "other")]);
    }
}
