//! A backend that can be written anew. A database does not forget what is deleted from it: journals, tables and free pages
//! keep the bytes for as long as they please. So a compaction copies every pair that is there into a new database beside
//! the old one, while reads and writes go on, and then the old one's files are removed. What was deleted before it began
//! was never in the new files.
//!
//! The first generation lies in the directory itself, a later one in `generation-<n>`; the file `generation` says which
//! one counts. It changes by one rename, so a crash at any instant leaves one whole generation, and what else lies there is
//! cleared away at the next start. Where it is not sure what counts (the pointer or its generation is missing, or an older
//! program, which knows no generations, has begun a store of its own beside), nothing is opened and nothing cleared away.

use std::fmt::{self, Display};
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant, SystemTime};

use super::sled::{backend, sync_directory};
use super::{Direction, FjallKv, KeyRange, Kv, Pair, SledKv, StoreError, Write};

/// Pairs that are copied at once; writers wait meanwhile.
const COPY_MAX_PAIRS: usize = 256;
/// A copy ends after the pair with which it has so many bytes.
const COPY_CLOSE_BYTES: usize = 1024 * 1024;
/// The longest rest between two copies: as long as a copy took, so that writers get half of the disk.
const REST_MAX: Duration = Duration::from_millis(50);
/// The file that says which generation counts.
const POINTER: &str = "generation";
/// What the directories of later generations begin with.
const PREFIX: &str = "generation-";
/// The pointer before it is renamed.
const POINTER_NEW: &str = "generation.new";
/// What fjall and sled write once into a directory that they begin: `version`, `conf`.
const MARKERS: [&str; 2] = ["version", "conf"];

/// The databases that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sled,
    Fjall,
}

/// See the module.
pub(super) struct Generations {
    directory: PathBuf,
    kind: Kind,
    current: RwLock<Generation>,
    copying: Mutex<Option<Copying>>,
    /// Nobody knows any more which generation a restart would find: nothing may be written.
    lost: AtomicBool,
}

struct Generation {
    number: u64,
    kv: Box<dyn Kv>,
}

/// A copy under way. What is written to keys up to `upto` goes to both.
struct Copying {
    to: Box<dyn Kv>,
    upto: Option<Vec<u8>>,
}

impl Kind {
    fn open(self, directory: &Path) -> Result<Box<dyn Kv>, StoreError> {
        Ok(match self {
            Self::Sled => Box::new(SledKv::open(directory)?),
            Self::Fjall => Box::new(FjallKv::open(directory)?),
        })
    }
}

impl Generations {
    /// Opens the generation that counts, or makes the first.
    ///
    /// # Errors
    /// As the backend's own `open`; `Schema` when it is not sure what in the directory counts.
    pub(super) fn open(kind: Kind, directory: &Path) -> Result<Self, StoreError> {
        loop {
            let number = pointed_at(directory)?;
            check_whole(directory, number)?;
            let kv = kind.open(&place(directory, number))?;
            // Another process may have moved on before it ended and let go of its lock.
            if pointed_at(directory)? == number {
                clear_others(directory, number)?;
                let current = RwLock::new(Generation { number, kv });
                let directory = directory.to_owned();
                return Ok(Self { directory, kind, current, copying: Mutex::default(), lost: AtomicBool::new(false) });
            }
            drop(kv);
            if number == 0 {
                // What was made just now, in the place that the other one left, is nobody's.
                clear_first(directory)?;
            }
        }
    }

    fn begin(&self) -> Result<(), StoreError> {
        let mut copying = self.copying();
        if copying.is_some() {
            return Err(StoreError::Backend("a compaction is under way".to_owned()));
        }
        let number = self.current().number;
        clear_others(&self.directory, number)?;
        *copying = Some(Copying { to: self.kind.open(&place(&self.directory, number + 1))?, upto: None });
        Ok(())
    }

    /// Copies the next pairs. Once there are none, the new generation counts, and the old one is given back.
    fn copy(&self) -> Result<Option<Generation>, StoreError> {
        let mut copying = self.copying();
        let Some(copy) = copying.as_mut() else {
            return Err(StoreError::Backend("the new files could not be written".to_owned()));
        };
        let mut range = KeyRange::all();
        if let Some(upto) = &copy.upto {
            range = range.beyond(upto.clone(), Direction::Forward);
        }
        let pairs = self.current().kv.scan(range, COPY_MAX_PAIRS, Direction::Forward)?;
        let Some(last) = copied_at_once(&pairs) else {
            let to = copying.take().map(|copy| copy.to);
            return to.map(|to| self.switch(to)).transpose();
        };
        let upto = pairs.get(last).map(|(key, _)| key.clone());
        copy.to.apply(pairs.into_iter().take(last + 1).map(|(key, value)| Write::Put(key, value)).collect())?;
        copy.upto = upto;
        Ok(None)
    }

    /// The new generation counts from now on. The caller keeps writers away.
    fn switch(&self, to: Box<dyn Kv>) -> Result<Generation, StoreError> {
        let number = self.current().number + 1;
        point_at(&self.directory, number)?;
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *current, Generation { number, kv: to });
        drop(current);
        if let Err(why) = sync_directory(&self.directory) {
            self.lost.store(true, Ordering::SeqCst);
            return Err(why);
        }
        Ok(old)
    }

    fn abandon(&self) {
        drop(self.copying().take());
        // What is left of it is cleared away before the next one begins.
        if let Err(why) = clear_others(&self.directory, self.current().number) {
            tracing::warn!(%why, "what is left of a compaction is not cleared away yet");
        }
    }

    fn current(&self) -> RwLockReadGuard<'_, Generation> {
        self.current.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn copying(&self) -> MutexGuard<'_, Option<Copying>> {
        self.copying.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kv for Generations {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.current().kv.get(key)
    }

    fn scan(&self, range: KeyRange, limit: usize, direction: Direction) -> Result<Vec<Pair>, StoreError> {
        self.current().kv.scan(range, limit, direction)
    }

    fn count(&self, range: KeyRange, limit: usize) -> Result<usize, StoreError> {
        self.current().kv.count(range, limit)
    }

    fn apply(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        let mut copying = self.copying();
        if self.lost.load(Ordering::SeqCst) {
            return Err(StoreError::Backend("it is not known which files a restart would find".to_owned()));
        }
        let Some(copy) = copying.as_ref() else { return self.current().kv.apply(writes) };
        let is_copied = |write: &&Write| copy.upto.as_deref().is_some_and(|upto| write.key() <= upto);
        let again: Vec<Write> = writes.iter().filter(is_copied).cloned().collect();
        self.current().kv.apply(writes)?;
        if let Err(why) = if again.is_empty() { Ok(()) } else { copy.to.apply(again) } {
            tracing::warn!(%why, "a compaction is given up: its new files do not take a write");
            *copying = None;
        }
        Ok(())
    }

    fn name(&self) -> &'static str {
        self.current().kv.name()
    }

    #[expect(clippy::disallowed_methods, reason = "a compaction has a thread of its own, and writers go first")]
    fn compact(&self, go_on: &dyn Fn() -> bool) -> Result<(), StoreError> {
        self.begin()?;
        loop {
            let began = Instant::now();
            let stopped = || Err(StoreError::Backend("the store closes".to_owned()));
            match if go_on() { self.copy() } else { stopped() } {
                Ok(None) => std::thread::sleep(began.elapsed().min(REST_MAX)),
                Ok(Some(old)) => {
                    drop(old);
                    return clear_others(&self.directory, self.current().number);
                }
                Err(why) => {
                    self.abandon();
                    return Err(why);
                }
            }
        }
    }
}

impl fmt::Debug for Generations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generations").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The place of the last pair that one copy takes.
fn copied_at_once(pairs: &[Pair]) -> Option<usize> {
    let mut bytes = 0;
    let full = pairs.iter().position(|(key, value)| {
        bytes += key.len() + value.len();
        bytes >= COPY_CLOSE_BYTES
    });
    full.or_else(|| pairs.len().checked_sub(1))
}

fn place(directory: &Path, number: u64) -> PathBuf {
    if number == 0 { directory.to_owned() } else { directory.join(format!("{PREFIX}{number}")) }
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> StoreError + '_ {
    move |why| backend(path.display(), why)
}

/// Which generation counts.
fn pointed_at(directory: &Path) -> Result<u64, StoreError> {
    let pointer = directory.join(POINTER);
    let unknown = |why: &dyn Display| StoreError::Schema(format!("{}: {why}", pointer.display()));
    match fs::read_to_string(&pointer) {
        Ok(text) => text.trim().parse().map_err(|why| unknown(&why)),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(0),
        Err(why) => Err(unknown(&why)),
    }
}

/// Up to its rename nothing has changed; the caller makes the rename durable.
fn point_at(directory: &Path, number: u64) -> Result<(), StoreError> {
    let (new, pointer) = (directory.join(POINTER_NEW), directory.join(POINTER));
    let mut file = File::create(&new).map_err(failed(&new))?;
    file.write_all(number.to_string().as_bytes()).and_then(|()| file.sync_all()).map_err(failed(&new))?;
    sync_directory(&place(directory, number))?;
    fs::rename(&new, &pointer).map_err(failed(&pointer))
}

/// Refuses a directory of which it is not sure what counts: to begin an empty store there, or to clear away what seems to be
/// left over, might cost everything that is in it.
fn check_whole(directory: &Path, number: u64) -> Result<(), StoreError> {
    let refused = |why: String| Err(StoreError::Schema(format!("{}: {why}", directory.display())));
    let began = first_began(directory)?;
    if number == 0 {
        // Beside a first generation a later one is a copy that was cut off.
        return match any_later(directory)? {
            Some(later) if began.is_none() => refused(format!("{later} is there, but the file `{POINTER}` is missing")),
            Some(_) | None => Ok(()),
        };
    }
    if !place(directory, number).is_dir() {
        return refused(format!("{PREFIX}{number} is missing, which the file `{POINTER}` says is the store"));
    }
    let pointer = directory.join(POINTER);
    let pointed = fs::metadata(&pointer).and_then(|about| about.modified()).map_err(failed(&pointer))?;
    match began {
        Some(began) if began >= pointed => refused(format!(
            "an older program has begun a store of its own beside {PREFIX}{number}; move elsewhere \
             what counts less: its files (keyspaces, version, lock and *.jnl, or db, conf, blobs and snap.*), or \
             `{POINTER}` with {PREFIX}{number}"
        )),
        // A crash between two generations leaves the first one.
        Some(_) | None => Ok(()),
    }
}

/// When the first generation was begun, if there is one: by a file that its database writes once.
fn first_began(directory: &Path) -> Result<Option<SystemTime>, StoreError> {
    let mut began = None;
    for marker in MARKERS {
        let path = directory.join(marker);
        match fs::metadata(&path).and_then(|about| about.modified()) {
            Ok(at) => began = began.max(Some(at)),
            Err(why) if why.kind() == ErrorKind::NotFound => {}
            Err(why) => return Err(failed(&path)(why)),
        }
    }
    Ok(began)
}

/// The name of a later generation, if any is there.
fn any_later(directory: &Path) -> Result<Option<String>, StoreError> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(failed(directory)(why)),
    };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    Ok(names.filter(|name| name.starts_with(PREFIX)).max())
}

/// Removes what belongs to other generations than this one. Whatever else lies in the directory is not ours.
fn clear_others(directory: &Path, number: u64) -> Result<(), StoreError> {
    let ours = format!("{PREFIX}{number}");
    let is_later = |name: &str| name != ours && name != POINTER && (name == POINTER_NEW || name.starts_with(PREFIX));
    clear(directory, |name| is_later(name) || number > 0 && is_of_the_first(name))
}

/// Removes the files of the first generation.
fn clear_first(directory: &Path) -> Result<(), StoreError> {
    clear(directory, is_of_the_first)
}

fn clear(directory: &Path, goes: impl Fn(&str) -> bool) -> Result<(), StoreError> {
    for entry in fs::read_dir(directory).map_err(failed(directory))? {
        let entry = entry.map_err(failed(directory))?;
        let name = entry.file_name();
        if !name.to_str().is_some_and(&goes) {
            continue;
        }
        let path = entry.path();
        let gone = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        gone.map_err(failed(&path))?;
    }
    Ok(())
}

/// Whether a file or folder is one that sled or fjall makes in the directory that it is given.
fn is_of_the_first(name: &str) -> bool {
    let fjall = ["keyspaces", "version", "lock"].contains(&name) || name.ends_with(".jnl");
    fjall || ["db", "conf", "blobs"].contains(&name) || name.starts_with("snap.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(kv: &dyn Kv, count: u32) {
        let put = |n: u32| Write::Put(format!("k{n:05}").into_bytes(), vec![b'x'; 100]);
        kv.apply((0..count).map(put).collect()).unwrap();
    }

    #[test]
    fn what_is_written_while_a_copy_is_under_way_is_in_the_new_files_too() {
        for kind in [Kind::Sled, Kind::Fjall] {
            let folder = tempfile::tempdir().unwrap();
            let kv = Generations::open(kind, folder.path()).unwrap();
            fill(&kv, 600);
            kv.begin().unwrap();
            assert!(kv.copy().unwrap().is_none());
            // Before, at and behind what was copied.
            let put = |key: &str| Write::Put(key.as_bytes().to_vec(), b"new".to_vec());
            kv.apply(vec![put("a"), put("k00010"), put("k00255"), put("k00500"), put("z")]).unwrap();
            kv.apply(vec![Write::Delete(b"k00020".to_vec()), Write::Delete(b"k00510".to_vec())]).unwrap();
            let before = kv.scan(KeyRange::all(), usize::MAX, Direction::Forward).unwrap();
            while kv.copy().unwrap().is_none() {}
            assert_eq!(kv.scan(KeyRange::all(), usize::MAX, Direction::Forward).unwrap(), before);
            drop(kv);
            let again = Generations::open(kind, folder.path()).unwrap();
            assert_eq!(again.current().number, 1);
            assert_eq!(again.scan(KeyRange::all(), usize::MAX, Direction::Forward).unwrap(), before);
            assert_eq!(before.len(), 600 + 2 - 2);
        }
    }

    #[test]
    fn a_copy_that_was_cut_off_leaves_the_old_generation_and_is_cleared_away() {
        for kind in [Kind::Sled, Kind::Fjall] {
            let folder = tempfile::tempdir().unwrap();
            let kv = Generations::open(kind, folder.path()).unwrap();
            fill(&kv, 600);
            assert!(kv.compact(&|| false).is_err(), "it was told to stop");
            kv.begin().unwrap();
            assert!(kv.copy().unwrap().is_none());
            drop(kv);
            let again = Generations::open(kind, folder.path()).unwrap();
            assert_eq!(again.count(KeyRange::all(), usize::MAX).unwrap(), 600);
            assert!(!folder.path().join("generation-1").exists());
            fs::write(folder.path().join("notes.txt"), "somebody else's").unwrap();
            again.compact(&|| true).unwrap();
            again.compact(&|| true).unwrap();
            let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
            let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
            names.sort();
            assert_eq!(names, ["generation", "generation-2", "notes.txt"]);
            assert_eq!(again.count(KeyRange::all(), usize::MAX).unwrap(), 600);
        }
    }

    /// A directory whose second generation counts.
    fn compacted(kind: Kind) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let kv = Generations::open(kind, folder.path()).unwrap();
        fill(&kv, 10);
        kv.compact(&|| true).unwrap();
        folder
    }

    fn refusal(kind: Kind, folder: &Path) -> String {
        match Generations::open(kind, folder) {
            Err(StoreError::Schema(why)) => why,
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("it was opened"),
        }
    }

    #[test]
    fn what_may_be_the_only_copy_is_neither_cleared_away_nor_passed_by() {
        for kind in [Kind::Sled, Kind::Fjall] {
            let folder = compacted(kind);
            let (pointer, aside) = (folder.path().join(POINTER), folder.path().join("aside"));
            fs::rename(&pointer, &aside).unwrap();
            assert!(refusal(kind, folder.path()).contains("is missing"), "its pointer is lost");
            fs::rename(&aside, &pointer).unwrap();
            let (store, aside) = (folder.path().join("generation-1"), folder.path().join("aside"));
            fs::rename(&store, &aside).unwrap();
            assert!(refusal(kind, folder.path()).contains("generation-1 is missing"));
            assert!(!store.exists(), "no empty store is begun");
            fs::rename(&aside, &store).unwrap();
            let again = Generations::open(kind, folder.path()).unwrap();
            assert_eq!(again.count(KeyRange::all(), usize::MAX).unwrap(), 10);
        }
    }

    #[test]
    fn a_store_that_an_older_program_began_beside_is_told_and_what_a_crash_left_is_cleared_away() {
        for kind in [Kind::Sled, Kind::Fjall] {
            let folder = compacted(kind);
            // Older programs know no generations.
            drop(kind.open(folder.path()).unwrap());
            assert!(refusal(kind, folder.path()).contains("older program"));
            let pointer = File::options().write(true).open(folder.path().join(POINTER)).unwrap();
            let began = pointer.metadata().unwrap().modified().unwrap();
            pointer.set_modified(began + Duration::from_secs(60)).unwrap();
            let again = Generations::open(kind, folder.path()).unwrap();
            assert_eq!(again.count(KeyRange::all(), usize::MAX).unwrap(), 10);
            assert!(first_began(folder.path()).unwrap().is_none());
        }
    }
}
