//! Where an organization's days begin: the name of a time zone.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::Refusal;

/// The longest name, in bytes; the longest of the IANA list has 32.
const NAME_MAX_BYTES: usize = 64;

/// A time zone by its IANA name: `Europe/Berlin`, `UTC`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ZoneName(String);

impl ZoneName {
    /// Checks that there is such a zone; `field` is the caller's name for it.
    ///
    /// # Errors
    /// `Invalid`.
    pub fn parse(field: &'static str, name: &str) -> Result<Self, Refusal> {
        match TimeZone::get(name) {
            Ok(zone) if name.len() <= NAME_MAX_BYTES => Ok(Self(zone.iana_name().unwrap_or(name).to_owned())),
            Ok(_) | Err(_) => Err(Refusal::invalid(field, "must be the name of a time zone, such as Europe/Berlin")),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is UTC, the default.
    pub fn is_utc(&self) -> bool {
        self.0 == "UTC"
    }

    /// The zone; UTC when this machine's list no longer has it.
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.0).unwrap_or(TimeZone::UTC)
    }
}

impl Default for ZoneName {
    fn default() -> Self {
        Self("UTC".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_has_a_name_of_the_list() {
        assert_eq!(ZoneName::parse("time_zone", "asia/kolkata").unwrap().as_str(), "Asia/Kolkata");
        assert!(ZoneName::parse("time_zone", "UTC").unwrap().is_utc() && ZoneName::default().is_utc());
        for bad in ["", "Mars/Base", "+02:00", "../etc/passwd", &"x".repeat(100)] {
            assert!(ZoneName::parse("time_zone", bad).is_err(), "{bad:?}");
        }
        assert_eq!(ZoneName("Gone/Zone".to_owned()).zone(), TimeZone::UTC);
    }
}
