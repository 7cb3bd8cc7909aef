//! Where the store is: `sled:./data`, `fjall:./data`.

use std::path::PathBuf;
use std::str::FromStr;

/// The backend and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// sled in a directory.
    Sled(PathBuf),
    /// fjall in a directory.
    Fjall(PathBuf),
}

impl FromStr for StoreUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (backend, place) = text.split_once(':').unwrap_or((text, ""));
        match (backend, place) {
            ("sled" | "fjall", "") => Err(format!("{backend}: names no directory, like {backend}:./data")),
            ("sled", directory) => Ok(Self::Sled(directory.into())),
            ("fjall", directory) => Ok(Self::Fjall(directory.into())),
            _ => Err(format!("{text:?} is neither sled:<directory> nor fjall:<directory>")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::StoreUrl;

    #[test]
    fn a_url_names_a_backend_and_a_directory() {
        assert_eq!("sled:./data".parse(), Ok(StoreUrl::Sled("./data".into())));
        assert_eq!("fjall:/srv/a:b".parse(), Ok(StoreUrl::Fjall("/srv/a:b".into())));
        for bad in ["", "sled", "sled:", "redis://localhost", "./data"] {
            assert!(bad.parse::<StoreUrl>().is_err(), "{bad:?}");
        }
    }
}
