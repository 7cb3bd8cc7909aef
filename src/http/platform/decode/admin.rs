//! The administration's parameters and bodies into checked domain types.

use jiff::ToSpan;
use jiff::civil::Date;
use secrecy::SecretString;

use crate::auth::Caller;
use crate::domain::{Channel, Email, FullName, OrganizationId, Refusal, Role, UserId};
use crate::engine::accounts::{NewUser, UserChange};
use crate::engine::analytics::DAYS_MAX;
use crate::http::platform::wire::admin::{ChangeUser, CreateUser};
use crate::http::query::Query;

/// Rows of a page where the client does not say.
const PAGE_DEFAULT: u64 = 10;

/// The most rows of one page; more are cut to it.
const PAGE_MAX: u64 = 100;

/// The days of a dashboard where the client does not say.
const DAYS_DEFAULT: i64 = 30;

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Slice {
    /// Counted from 1.
    pub page: u64,
    /// Rows of it.
    pub limit: u64,
}

impl Slice {
    /// As the engine counts.
    pub(in super::super) fn parts(self) -> (usize, usize) {
        let number = |number| usize::try_from(number).unwrap_or(usize::MAX);
        (number(self.page), number(self.limit))
    }
}

/// `page` and `limit`.
///
/// # Errors
/// `Invalid` with the parameter's name.
pub(in super::super) fn page(query: &Query) -> Result<Slice, Refusal> {
    let limit = query.number("limit", PAGE_DEFAULT, 1)?.min(PAGE_MAX);
    Ok(Slice { page: query.number("page", 1, 1)?, limit })
}

/// A role by its name.
///
/// # Errors
/// `Invalid` on `role`.
pub(in super::super) fn role(text: &str) -> Result<Role, Refusal> {
    Role::parse(text).ok_or_else(|| Refusal::invalid("role", "must be admin, agent or customer"))
}

/// The channel that a list is of.
///
/// # Errors
/// `Invalid` on `channel`.
pub(in super::super) fn channel(query: &Query) -> Result<Option<Channel>, Refusal> {
    query.raw("channel").map(|text| super::channel(Some(text))).transpose()
}

/// The user of a path. What is no id of ours is nobody's.
///
/// # Errors
/// `NotFound`.
pub(in super::super) fn user_id(text: &str) -> Result<UserId, Refusal> {
    UserId::parse(text).ok_or(Refusal::NotFound { what: "user" })
}

/// A user who is to be made, of the caller's organization unless another one is named.
///
/// # Errors
/// `Invalid` with the field's name.
pub(in super::super) fn new_user(caller: &Caller, wanted: CreateUser) -> Result<NewUser, Refusal> {
    let organization = wanted.organization_id.as_deref().map(OrganizationId::parse).transpose()?;
    Ok(NewUser {
        organization: organization.unwrap_or_else(|| caller.organization.clone()),
        email: Email::parse(&wanted.email)?,
        username: None,
        password: SecretString::from(wanted.password),
        name: FullName::parse_parts(&wanted.first_name, &wanted.last_name)?,
        role: role(&wanted.role)?,
    })
}

/// What is to become of a user.
///
/// # Errors
/// `Invalid` on `role`.
pub(in super::super) fn user_change(wanted: ChangeUser) -> Result<UserChange, Refusal> {
    let ChangeUser { is_active, first_name, last_name, role } = wanted;
    let role = role.as_deref().map(self::role).transpose()?;
    Ok(UserChange { active: is_active, first_name, last_name, role })
}

/// The days of a dashboard, both included: to today unless an end is given, and thirty of them unless a start is.
///
/// # Errors
/// `Invalid` on `startDate` or `endDate`.
pub(in super::super) fn days(query: &Query, today: Date) -> Result<(Date, Date), Refusal> {
    let (start, end) = (date(query, "startDate")?, date(query, "endDate")?);
    let end = end.unwrap_or(today);
    let start = start.unwrap_or_else(|| end.saturating_sub((DAYS_DEFAULT - 1).days()));
    if end < start {
        return Err(Refusal::invalid("endDate", "must not lie before startDate"));
    }
    if u64::try_from((end - start).get_days()).is_ok_and(|days| days >= DAYS_MAX) {
        return Err(Refusal::invalid("startDate", format!("must lie at most {DAYS_MAX} days before the end")));
    }
    Ok((start, end))
}

/// `YYYY-MM-DD` and nothing else.
fn date(query: &Query, name: &'static str) -> Result<Option<Date>, Refusal> {
    let Some(text) = query.raw(name) else { return Ok(None) };
    match text.parse::<Date>() {
        Ok(date) if date.to_string() == text => Ok(Some(date)),
        Ok(_) | Err(_) => Err(Refusal::invalid(name, "must be a date as YYYY-MM-DD")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(query: &str) -> Result<(String, String), String> {
        let today = "2023-07-19".parse().unwrap();
        let read = days(&Query::of(&format!("/x?{query}").parse().unwrap()), today);
        read.map(|(start, end)| (start.to_string(), end.to_string())).map_err(|why| why.to_string())
    }

    #[test]
    fn a_range_of_days_is_read_and_completed() {
        let days = |start: &str, end: &str| Ok((start.to_owned(), end.to_owned()));
        assert_eq!(range("startDate=2023-07-01&endDate=2023-07-19"), days("2023-07-01", "2023-07-19"));
        assert_eq!(range("startDate=2023-07-01&endDate=2023-07-01"), days("2023-07-01", "2023-07-01"));
        assert_eq!(range(""), days("2023-06-20", "2023-07-19"));
        assert_eq!(range("endDate=2023-01-30"), days("2023-01-01", "2023-01-30"));
        for bad in ["startDate=", "startDate=2023-02-30", "endDate=20230701", "startDate=2023-07-01T00:00:00Z"] {
            assert!(range(bad).unwrap_err().ends_with("must be a date as YYYY-MM-DD"), "{bad}");
        }
        assert!(range("startDate=2023-07-20").unwrap_err().starts_with("endDate"));
        assert!(range("startDate=2001-01-01").unwrap_err().starts_with("startDate"));
    }
}
