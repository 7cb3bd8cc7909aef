//! Customers, and what administrators did, as JSON.

use super::super::wire::{AuditRow, CustomerCard, MemoryRow, Named};
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::memories::Memory;
use crate::domain::{Case, Customer};

/// A customer.
pub(in crate::http::console) fn customer(customer: &Customer) -> CustomerCard {
    CustomerCard {
        id: customer.id.to_string(),
        name: customer.name.as_ref().map(|name| name.as_str().to_owned()),
        email: customer.email.as_ref().map(|email| email.as_str().to_owned()),
        phone: customer.phone.as_ref().map(|phone| phone.as_str().to_owned()),
        language: customer.language.clone(),
        facts: customer.facts.clone(),
        tags: customer.tags.iter().cloned().collect(),
        merged_into: customer.merged_into.as_ref().map(ToString::to_string),
        created_at: customer.created_at.to_string(),
        updated_at: customer.updated_at.to_string(),
    }
}

/// What a session says of its customer, where nothing else is known of them.
pub(in crate::http::console) fn customer_of(case: &Case) -> CustomerCard {
    let (organization, id) = (case.key.organization.clone(), case.customer.clone());
    let unknown = Customer::unknown(organization, id, case.started_at);
    customer(&Customer { name: case.customer_name.clone(), language: case.language.clone(), ..unknown })
}

/// What is remembered of a customer.
pub(in crate::http::console) fn memory(memory: Memory) -> MemoryRow {
    MemoryRow {
        id: memory.id.to_string(),
        kind: memory.kind.as_str(),
        key: memory.key.as_str().to_owned(),
        text: memory.readable(),
        importance: memory.importance.get(),
        source: memory.source.as_str().to_owned(),
        created_at: memory.created_at.to_string(),
        updated_at: memory.updated_at.to_string(),
        last_accessed: memory.last_accessed.to_string(),
        expires_at: memory.expires_at.map(|at| at.to_string()),
        value: memory.value,
    }
}

/// What an administrator did.
pub(in crate::http::console) fn audit(entry: &AuditEntry) -> AuditRow {
    let called = entry.on.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&entry.on.id);
    AuditRow {
        id: entry.id.to_string(),
        at: entry.at.to_string(),
        who: actor(&entry.by),
        act: entry.act.as_str(),
        on: format!("{} {called}", entry.on.kind),
        address: entry.address.map(|address| address.to_string()),
    }
}

/// Who did something; nobody with an account where it was whoever runs the server.
pub(super) fn actor(by: &Actor) -> Option<Named> {
    match by {
        Actor::User { id, name } => Some(super::person(*id, name)),
        Actor::Key { id } => Some(Named { id: id.to_string(), name: "API key".to_owned() }),
        Actor::Operator => None,
    }
}
