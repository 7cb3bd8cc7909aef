//! The file that lets a customer come back after the client itself was ended. It holds a secret, so only its owner reads it.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::conversation::Ticket;

/// What is kept.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) user: String,
    session: String,
    secret: Option<String>,
}

impl Kept {
    pub(super) fn new(user: &str, ticket: &Ticket) -> Self {
        Self { user: user.to_owned(), session: ticket.session.clone(), secret: ticket.secret.clone() }
    }

    pub(super) fn ticket(&self) -> Ticket {
        Ticket { session: self.session.clone(), secret: self.secret.clone() }
    }

    /// What the file says, if there is one.
    pub(super) fn read(path: &Path) -> Result<Option<Self>> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other.with_context(|| path.display().to_string())?,
        };
        let kept = serde_json::from_str(&text);
        Ok(Some(kept.with_context(|| format!("{}: not a file of this client", path.display()))?))
    }

    /// Writes the file whole or not at all.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let mut new = path.as_os_str().to_owned();
        new.push(".new");
        let written = || -> std::io::Result<()> {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
            file.write_all(serde_json::to_string(self).unwrap_or_default().as_bytes())?;
            file.sync_all()?;
            fs::rename(&new, path)
        };
        written().with_context(|| path.display().to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_was_kept_is_read_back_and_nobody_else_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("resume");
        assert_eq!(Kept::read(&path).unwrap(), None);
        let kept = Kept::new("u", &Ticket { session: "s".to_owned(), secret: Some("x".to_owned()) });
        kept.write(&path).unwrap();
        assert_eq!(Kept::read(&path).unwrap(), Some(kept));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&path, "{").unwrap();
        assert!(Kept::read(&path).is_err());
    }
}
