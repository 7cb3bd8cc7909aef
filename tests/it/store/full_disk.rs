//! A disk that is really full: a child fills a small file system that only it sees. Where the machine lets nobody mount
//! one, the faulty backend of the commit tests has to do, and this test says that it was left out.

use std::path::PathBuf;
use std::process::{Command, Output};

use switchboard::store::{Batch, Store, StoreHealth, StoreLimits};

use super::support::{Backend, wait};

const DISK: &str = "12m";
const VALUE_BYTES: usize = 32 * 1024;
/// Far more than the disk holds.
const PUTS_MAX: u32 = 2000;

super::on_every_backend!(a_full_disk_refuses_writes_says_so_and_goes_on_reading);

fn a_full_disk_refuses_writes_says_so_and_goes_on_reading(backend: Backend) {
    let directory = tempfile::tempdir().unwrap();
    let mount = format!("mount -t tmpfs -o size={DISK} none '{}'", directory.path().display());
    if !in_namespace(&mount).output().is_ok_and(|tried| tried.status.success()) {
        println!("left out: no file system can be mounted here");
        return;
    }
    let this = std::env::current_exe().unwrap();
    let child =
        format!("'{}' store::full_disk::the_child_with_a_small_disk --exact --ignored --nocapture", this.display());
    let output = in_namespace(&format!("{mount} && exec {child}"))
        .env("FULL_DISK_BACKEND", format!("{backend:?}"))
        .env("FULL_DISK_DIRECTORY", directory.path().join("store"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("1 passed"), "{}", text(&output));
}

fn in_namespace(script: &str) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]);
    command
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
#[ignore = "it is the child that the full disk tests start"]
fn the_child_with_a_small_disk() {
    let Some(backend) = std::env::var_os("FULL_DISK_BACKEND") else { return };
    let backend = if backend == "Sled" { Backend::Sled } else { Backend::Fjall };
    let directory = PathBuf::from(std::env::var_os("FULL_DISK_DIRECTORY").unwrap());
    let (store, _) = Store::open(&backend.url(&directory), StoreLimits::default()).unwrap();
    let kept = (0..PUTS_MAX).find(|number| wait(store.commit(put(*number))).is_err()).expect("the disk never got full");
    assert!(kept > 10, "only {kept} values fitted");
    let StoreHealth::ReadOnly { why } = store.health() else { panic!("the store says that it takes writes") };
    println!("{kept} values fitted, then {why}");
    assert!(wait(store.commit(put(0))).is_err());
    for number in 0..kept {
        assert_eq!(store.get(&key(number)).unwrap(), Some(value(number)), "value {number}");
    }
    assert_eq!(store.get(&key(kept)).unwrap(), None, "a write that failed is not shown");
}

fn put(number: u32) -> Batch {
    let mut batch = Batch::default();
    batch.put(key(number), value(number));
    batch
}

fn key(number: u32) -> Vec<u8> {
    format!("key/{number:05}").into_bytes()
}

fn value(number: u32) -> Vec<u8> {
    (0..VALUE_BYTES)
        .map(|place| (place as u32).wrapping_mul(number + 1).wrapping_mul(0x9E37_79B9).to_be_bytes()[0])
        .collect()
}
