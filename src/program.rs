//! Programs of the operator's, each started for one piece of work: without a shell, without this server's settings, in a group of processes
//! of its own, which is killed whole unless the work was seen to its end. What such a program reads may be in a file that is there only as
//! long as the work.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::fs::OpenOptions;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use uuid::Uuid;

/// Settings, and so secrets, of this server, which no other program needs.
const OWN_SETTINGS: &str = "SWITCHBOARD_";

/// A program and all that it started: a group of processes, killed together unless it is over.
#[derive(Debug)]
pub struct Group {
    leader: Child,
    over: bool,
}

impl Group {
    /// Starts it, in this server's folder unless the command says another.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(mut command: Command) -> io::Result<Self> {
        command.kill_on_drop(true).process_group(0);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with(OWN_SETTINGS)) {
            command.env_remove(name);
        }
        Ok(Self { leader: command.spawn()?, over: false })
    }

    /// The program itself.
    pub const fn leader(&mut self) -> &mut Child {
        &mut self.leader
    }

    /// Its work was seen to its end: nothing of it is killed.
    pub const fn is_over(&mut self) {
        self.over = true;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let Some(id) = self.leader.id().filter(|_| !self.over) else { return };
        // The leader is killed by its handle. The others can only be reached by the group's number, which the leader keeps from
        // being used anew until then; there is no call for that without unsafe code, so the shell's own `kill` does it.
        let mut kill = Command::new("/bin/sh");
        kill.args(["-c", "kill -s KILL -- \"-$0\"", &id.to_string()]);
        kill.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Err(why) = kill.spawn() {
            tracing::warn!(%why, "what a command started may still run");
        }
    }
}

/// A folder for files that programs read. It belongs to one use of one server alone, and is empty when that begins: what an end without
/// goodbye left there is somebody's.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes it, readable by nobody else, and empties it. Programs are told where it is from the root on: they may run elsewhere.
    pub fn emptied(path: PathBuf) -> Self {
        let path = std::path::absolute(&path).unwrap_or(path);
        if let Err(why) = emptied(&path) {
            tracing::warn!(%why, folder = %path.display(), "a folder for files that programs read can not be emptied");
        }
        Self(path)
    }

    /// A file with these bytes, which nobody else may read.
    ///
    /// # Errors
    /// When it can not be written.
    pub async fn file(&self, extension: &str, bytes: &[u8]) -> io::Result<HeldFile> {
        // Removed also where it is only half written.
        let file = HeldFile(self.0.join(format!("{}.{extension}", Uuid::new_v4().simple())));
        let mut open = OpenOptions::new();
        let mut written = open.write(true).create_new(true).mode(0o600).open(&file.0).await?;
        written.write_all(bytes).await?;
        written.flush().await?;
        Ok(file)
    }
}

/// A file that is removed when nobody needs it any more.
#[derive(Debug)]
pub struct HeldFile(PathBuf);

impl HeldFile {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for HeldFile {
    fn drop(&mut self) {
        // Quick, as no data is touched; and nothing can wait in a drop.
        if let Err(why) = std::fs::remove_file(&self.0)
            && why.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%why, "a file that a program read can not be removed");
        }
    }
}

fn emptied(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut failed = None;
    for entry in std::fs::read_dir(folder)? {
        // One that can not be removed keeps no other.
        failed = std::fs::remove_file(entry?.path()).err().or(failed);
    }
    failed.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_emptied_when_it_begins_whatever_else_is_there() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("voice");
        Folder::emptied(path.clone());
        std::fs::create_dir(path.join("a")).unwrap();
        for left in ["0.ogg", "b.ogg", "z.ogg"] {
            std::fs::write(path.join(left), "x").unwrap();
        }
        Folder::emptied(path.clone());
        let left: Vec<_> = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["a"]);
    }

    #[tokio::test]
    async fn a_file_is_there_as_long_as_it_is_held_and_for_nobody_else() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir_in("target").unwrap();
        let file = Folder::emptied(place.path().join("scan")).file("bin", b"bytes").await.unwrap();
        let path = file.path().to_owned();
        assert!(path.is_absolute());
        assert_eq!(std::fs::read(&path).unwrap(), b"bytes");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(file);
        assert!(!path.exists());
    }
}
