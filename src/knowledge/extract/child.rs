//! The process that reads one file of somebody else's: `switchboard extract`. It first takes from itself what reading does not
//! need (memory, processor time, files), then reads the file from its input and says what is in it on its output.

use std::io::{BufRead, BufReader, Read, Write, stdin, stdout};
use std::panic::catch_unwind;
use std::process::ExitCode;

use rlimit::Resource;
use serde::{Deserialize, Serialize};

use super::{Bounds, Extracted, Fault, Format, read};

/// The longest first line, in bytes.
const ORDER_MAX_BYTES: u64 = 4 * 1024;

/// Open files: input, output and errors are open already.
const FILES_MAX: u64 = 3;

/// What is to be read, as the first line of the input; the file follows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) format: Format,
    pub(super) charset: Option<String>,
    pub(super) bounds: Bounds,
}

/// What came of it, as the last line of the output: libraries say things of their own before.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Said {
    Read(Extracted),
    Failed(Fault),
}

/// Does what the input orders. Ends with success where it could say what came of it.
pub fn run() -> ExitCode {
    match obey() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("switchboard extract: {why}");
            ExitCode::FAILURE
        }
    }
}

fn obey() -> Result<(), String> {
    let mut input = BufReader::new(stdin().lock());
    let mut line = Vec::new();
    input.by_ref().take(ORDER_MAX_BYTES).read_until(b'\n', &mut line).map_err(|why| why.to_string())?;
    let order: Order = serde_json::from_slice(&line).map_err(|_| "this command is for the server itself")?;
    confine(&order.bounds).map_err(|why| format!("the limits can not be set: {why}"))?;
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes).map_err(|why| why.to_string())?;
    // What a panic says may hold the file's text, and nobody reads it.
    std::panic::set_hook(Box::new(|_| {}));
    let read = catch_unwind(|| read(order.format, order.charset.as_deref(), &bytes, &order.bounds));
    let said = read.unwrap_or(Err(Fault::Broke)).map_or_else(Said::Failed, Said::Read);
    let mut line = vec![b'\n'];
    serde_json::to_writer(&mut line, &said).map_err(|why| why.to_string())?;
    let mut out = stdout().lock();
    out.write_all(&line).and_then(|()| out.flush()).map_err(|why| why.to_string())
}

/// Takes from this process what it does not need. There is no way back.
fn confine(bounds: &Bounds) -> std::io::Result<()> {
    Resource::CORE.set(0, 0)?;
    Resource::FSIZE.set(0, 0)?;
    Resource::NOFILE.set(FILES_MAX, FILES_MAX)?;
    Resource::CPU.set(bounds.cpu_max_s, bounds.cpu_max_s)?;
    Resource::AS.set(bounds.memory_max_bytes, bounds.memory_max_bytes)
}
