//! What Linux says: the processor time and memory of a process, and what machine this is. Elsewhere: an error.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::Failure;

/// The kernel's clock for process times, per second; Linux fixes it for user space.
const TICKS_PER_S: u64 = 100;

/// A running process, by its folder in /proc.
#[derive(Debug)]
pub(crate) struct Process {
    folder: PathBuf,
}

impl Process {
    pub(crate) fn of(pid: u32) -> Self {
        Self { folder: PathBuf::from(format!("/proc/{pid}")) }
    }

    /// Processor time so far, user and system, of all its threads.
    pub(crate) fn cpu_us(&self) -> Result<u64, Failure> {
        let stat = fs::read_to_string(self.folder.join("stat"))?;
        // The second field is the name in brackets and may hold anything; utime is the 12th after it.
        let (_, rest) = stat.rsplit_once(") ").ok_or("/proc stat does not read")?;
        let ticks: u64 = rest.split(' ').skip(11).take(2).map_while(|field| field.parse::<u64>().ok()).sum();
        Ok(ticks * (1_000_000 / TICKS_PER_S))
    }

    /// Resident memory.
    pub(crate) fn rss_kib(&self) -> Result<u64, Failure> {
        let status = fs::read_to_string(self.folder.join("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("/proc status has no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
    }
}

/// How many files this process may open.
pub(crate) fn open_files_max() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(1024)
}

/// The machine in one paragraph.
pub(crate) fn description() -> String {
    let cpu = first("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".into());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = first("/proc/meminfo", "MemTotal").unwrap_or_default();
    let gib = memory.trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1024.0 / 1024.0;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cpu}, {cores} cores, {gib:.0} GiB, Linux {}", kernel.trim())
}

/// Processes that ran or wanted to, on average over the last minute.
pub(crate) fn load() -> f64 {
    let said = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    said.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(0.0)
}

/// The commit of this tree, with a mark when files differ from it.
pub(crate) fn commit() -> String {
    said("git", &["describe", "--always", "--dirty"]).unwrap_or_else(|| "unknown".into())
}

/// Today.
pub(crate) fn date() -> String {
    said("date", &["-u", "+%Y-%m-%d"]).unwrap_or_else(|| "unknown".into())
}

/// Whether processes can be bound to cores here.
pub(crate) fn can_pin() -> bool {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    cores >= 2 && said("taskset", &["-V"]).is_some()
}

fn first(path: &str, key: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
