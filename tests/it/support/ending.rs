//! A store that stands from one of its writes on: what is on disk then is what a kill would leave.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use switchboard::store::{Completions, FjallKv, Store, StoreError, StoreLimits, Write};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::kv::TappedKv;

/// The most writes at each of which one run ends.
const WRITES_MAX: usize = 64;

/// Runs at one time.
const AT_ONCE: usize = 4;

/// Ends a store at a write.
pub(crate) struct Ending {
    left: Arc<Mutex<Option<usize>>>,
    stands: watch::Receiver<bool>,
}

impl Ending {
    /// A store in a folder, which works until it is told when to end, or until a write that `begins`: from that one on `n` are written.
    pub(crate) async fn store(
        folder: &Path,
        n: usize,
        begins: impl Fn(&Write) -> bool + Send + Sync + 'static,
    ) -> (Self, (Store, Completions)) {
        let (stands, standing) = watch::channel(false);
        let left = Arc::<Mutex<Option<usize>>>::default();
        let counted = Arc::clone(&left);
        let before = move |writes: &[Write]| {
            let mut left = counted.lock().unwrap();
            match left.as_mut() {
                None if writes.iter().any(&begins) => *left = Some(n),
                None => {}
                Some(0) => {
                    stands.send_replace(true);
                    return Err(StoreError::Backend("it ends here".to_owned()));
                }
                Some(left) => *left -= 1,
            }
            Ok(())
        };
        let folder = folder.to_owned();
        // Beside this one other runs go on: none of them waits for the disk of another.
        let opened = spawn_blocking(move || {
            let kv = TappedKv { inner: FjallKv::open(&folder).unwrap(), before };
            Store::over(Arc::new(kv), StoreLimits::default()).unwrap()
        });
        (Self { left, stands: standing }, opened.await.unwrap())
    }

    /// From now on `n` writes are written.
    pub(crate) fn after(&self, n: usize) {
        *self.left.lock().unwrap() = Some(n);
    }

    /// Waits until it stands.
    pub(crate) async fn stands(&mut self) {
        self.stands.wait_for(|stands| *stands).await.expect("the store is there");
    }
}

/// Whether a provider tells of what it took, after an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    Comes,
    StaysAway,
}

impl News {
    /// How long it is waited for, in seconds: longer than anybody waits in a test where it comes.
    pub(crate) const fn waited_for_s(self) -> u64 {
        match self {
            Self::Comes => 1_800,
            Self::StaysAway => 1,
        }
    }
}

/// The folder's files, in a folder of their own: whoever has the first one open does not let go of it.
pub(crate) async fn copied(folder: &Path) -> TempDir {
    let folder = folder.to_owned();
    let copied = spawn_blocking(move || {
        let data = tempfile::tempdir().unwrap();
        let copy = Command::new("cp").arg("-r").arg(folder).arg(data.path().join("db")).status();
        assert!(copy.unwrap().success());
        data
    });
    copied.await.unwrap()
}

/// Runs to each write in turn, until a run comes to no such write any more. `ends_at` says whether it did. Gives how many did.
pub(crate) async fn at_each_write(ends_at: impl AsyncFn(usize) -> bool) -> usize {
    let mut ended = 0;
    for from in (0..WRITES_MAX).step_by(AT_ONCE) {
        let stood = join_all((from..from + AT_ONCE).map(|n| ends_at(n))).await;
        ended += stood.iter().filter(|stood| **stood).count();
        if !stood.contains(&true) {
            return ended;
        }
    }
    panic!("it writes and writes: {ended} ends");
}
