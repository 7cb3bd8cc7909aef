//! Reads query strings and path segments: decoded, bounded, and checked.

use axum::extract::{FromRequestParts, Path};
use axum::http::Uri;
use axum::http::request::Parts;

use super::guard::Fault;
use crate::domain::{Refusal, Timestamp};

/// The most parameters that are read.
const PARAMETERS_MAX: usize = 64;

/// The largest number that is read: what most clients can count to.
const NUMBER_MAX: u64 = i64::MAX as u64;

/// The parameters of a request.
#[derive(Debug, Clone, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads the query part; of a repeated name the first value counts.
    pub fn of(uri: &Uri) -> Self {
        let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        Self(pairs.take(PARAMETERS_MAX).map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// All of them, as they came.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The value of a parameter, empty or not.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter; an empty one counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// A whole number that is at least `least`, or `default` when absent. An empty text is no number.
    ///
    /// # Errors
    /// `Invalid` with the parameter's name.
    pub fn number(&self, name: &'static str, default: u64, least: u64) -> Result<u64, Refusal> {
        let Some(text) = self.raw(name) else { return Ok(default) };
        match text.parse::<u64>() {
            Ok(number) if (least..=NUMBER_MAX).contains(&number) => Ok(number),
            Ok(_) | Err(_) => Err(Refusal::invalid(name, format!("must be a whole number of at least {least}"))),
        }
    }

    /// A moment: RFC 3339, or a date, which is its start or, with [`DayEnd::Next`], the start of the next one.
    ///
    /// # Errors
    /// `Invalid` with the parameter's name.
    pub fn moment(&self, name: &'static str, day: DayEnd) -> Result<Option<Timestamp>, Refusal> {
        let Some(text) = self.raw(name) else { return Ok(None) };
        if let Some(at) = Timestamp::parse(text) {
            return Ok(Some(at));
        }
        let refused = || Refusal::invalid(name, "must be an ISO 8601 date or date-time");
        let plain = match text.parse::<jiff::civil::DateTime>() {
            Ok(at) if text.contains(['T', 't', ' ']) => at,
            Ok(_) | Err(_) => {
                let date: jiff::civil::Date = text.parse().map_err(|_| refused())?;
                let date = match day {
                    DayEnd::Start => date,
                    DayEnd::Next => date.tomorrow().map_err(|_| refused())?,
                };
                date.at(0, 0, 0, 0)
            }
        };
        let at = plain.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| refused())?;
        Ok(Some(Timestamp::from_ms(at.timestamp().as_millisecond())))
    }
}

/// The one variable segment of a route's path, decoded.
#[derive(Debug, Clone)]
pub struct Segment(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let segment = Path::<String>::from_request_parts(parts, state).await;
        segment.map(|Path(text)| Self(text)).map_err(|_| Refusal::invalid("path", "must be UTF-8").into())
    }
}

/// The two variable segments of a route's path, decoded.
#[derive(Debug, Clone)]
pub struct Segments(pub String, pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segments {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let segments = Path::<(String, String)>::from_request_parts(parts, state).await;
        let read = segments.map(|Path((first, second))| Self(first, second));
        read.map_err(|_| Refusal::invalid("path", "must be UTF-8").into())
    }
}

/// Which end of a plain date is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayEnd {
    /// Its first moment.
    Start,
    /// The first moment after it: for the end of a range that includes the date.
    Next,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        Query::of(&text.parse().unwrap())
    }

    #[test]
    fn parameters_are_decoded_and_checked() {
        let query = query("/x?a=b%20c&plus=1%2B1+1&empty=&bad=%zz&n=0&day=2024-02-29");
        assert_eq!(query.get("a"), Some("b c"));
        assert_eq!(query.get("plus"), Some("1+1 1"));
        assert_eq!(query.get("empty"), None);
        assert_eq!(query.get("bad"), Some("%zz"));
        assert!(query.number("n", 5, 1).is_err());
        assert!(query.number("empty", 5, 1).is_err());
        assert!(query.moment("empty", DayEnd::Start).is_err());
        assert_eq!(query.number("missing", 5, 1), Ok(5));
        let next = query.moment("day", DayEnd::Next).unwrap().unwrap();
        assert_eq!(next.to_string(), "2024-03-01T00:00:00.000Z");
        assert!(self::query("/x?day=2024-13-01").moment("day", DayEnd::Start).is_err());
    }
}
