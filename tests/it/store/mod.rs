//! The store: one contract for every backend, what is written above it, group commit, and crashes.

mod commit;
mod contract;
mod crash;
mod feed;
mod full_disk;
mod log;
mod opening;
mod records;
mod support;

/// Runs each named function of the file as a test on every backend.
macro_rules! on_every_backend {
    ($($test:ident),* $(,)?) => {
        mod sled {
            $(#[test] fn $test() { super::$test(crate::store::support::Backend::Sled); })*
        }
        mod fjall {
            $(#[test] fn $test() { super::$test(crate::store::support::Backend::Fjall); })*
        }
    };
}
use on_every_backend;
