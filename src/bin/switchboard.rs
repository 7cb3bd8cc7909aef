//! The program: the server, and a few commands beside it.

use tikv_jemallocator::Jemalloc;

/// Returns what a burst of connections used: with the system's allocator, and with mimalloc, an idle server kept three
/// times what it needed (`docs/benchmarks.md`).
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> std::process::ExitCode {
    switchboard::cli::run()
}
