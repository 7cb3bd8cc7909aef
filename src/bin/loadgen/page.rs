//! The table, and the page around it.

use crate::Failure;
use crate::machine;
use crate::measured::Measured;
use crate::plan::Goal;

/// One row with what was found.
#[derive(Debug)]
pub(crate) struct Line {
    key: &'static str,
    floor: Option<&'static str>,
    goals: &'static [Goal],
    found: Result<Measured, String>,
}

impl Line {
    pub(crate) fn of(
        key: &'static str,
        floor: Option<&'static str>,
        goals: &'static [Goal],
        found: Result<Measured, Failure>,
    ) -> Self {
        Self { key, floor, goals, found: found.map_err(|error| error.to_string()) }
    }

    /// For the terminal, as soon as it is known.
    pub(crate) fn said(&self) -> String {
        match &self.found {
            Ok(measured) => measured.line(),
            Err(error) => format!("{}: not measured: {error}", self.key),
        }
    }

    fn cells(&self, lines: &[Self]) -> Vec<String> {
        let measured = match &self.found {
            Ok(measured) => measured,
            Err(error) => {
                let why = error.lines().next().unwrap_or_default().replace('|', "/");
                let mut cells = vec![self.key.to_owned(), format!("not measured: {why}")];
                cells.resize(COLUMNS.len(), String::new());
                return cells;
            }
        };
        vec![
            measured.name.clone(),
            if measured.connections > 0 { measured.connections.to_string() } else { String::new() },
            number(Some(measured.per_s).filter(|per_s| *per_s > 0.0), 0),
            number(measured.p50_ms, 2),
            number(measured.p99_ms, 2),
            number(measured.cpu_us, 1),
            number(measured.per_core_s(), 0),
            number(measured.kib_each, 1),
            number(measured.rss_mib, 0),
            number(measured.ready_ms, 0),
            self.over_floor(measured, lines),
            self.verdicts(measured, self.floor(lines)),
        ]
    }

    /// What it is compared with.
    fn floor<'a>(&self, lines: &'a [Self]) -> Option<&'a Measured> {
        lines.iter().find(|line| Some(line.key) == self.floor).and_then(|line| line.found.as_ref().ok())
    }

    /// Processor time, or memory, as a multiple of the floor's.
    fn over_floor(&self, measured: &Measured, lines: &[Self]) -> String {
        let Some(floor) = self.floor(lines) else { return String::new() };
        let ratio = |of: Option<f64>, to: Option<f64>| Some(of? / to.filter(|to| *to > 0.0)?);
        let ratio = ratio(measured.cpu_us, floor.cpu_us).or(ratio(measured.kib_each, floor.kib_each));
        ratio.map(|ratio| format!("{ratio:.1} x")).unwrap_or_default()
    }

    fn verdicts(&self, measured: &Measured, floor: Option<&Measured>) -> String {
        let verdict = |goal: &Goal| match goal.is_reached(measured, floor) {
            Some(true) => format!("{}: met", goal.text()),
            Some(false) => format!("{}: **missed**", goal.text()),
            None => format!("{}: not known", goal.text()),
        };
        let mut verdicts: Vec<String> = self.goals.iter().map(verdict).collect();
        if measured.late > 0 {
            verdicts.push(format!("**{} connections without their last reply**", measured.late));
        }
        verdicts.join("; ")
    }
}

const COLUMNS: [&str; 12] = [
    "measure",
    "connections",
    "per second",
    "p50 ms",
    "p99 ms",
    "server CPU us each",
    "per busy core and second",
    "KiB resident per connection",
    "server MiB resident",
    "ready after ms",
    "to the floor",
    "target",
];

/// All rows as a Markdown table.
pub(crate) fn table(lines: &[Line]) -> String {
    let row = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut table = row(&COLUMNS.map(str::to_owned));
    table.push_str(&row(&COLUMNS.map(|_| "---".to_owned())));
    table.extend(lines.iter().map(|line| row(&line.cells(lines))));
    table
}

/// The page for the repository.
pub(crate) fn page(lines: &[Line], store: &str) -> String {
    let pinned = if machine::can_pin() {
        "the server bound to core 0, the client to core 1"
    } else {
        "server and client not bound to cores"
    };
    format!(
        "# Benchmarks\n\n\
         Written by `make bench`. {date}, commit {commit}, store `{store}`.\n\
         Machine: {machine}; {pinned}; at most {files} open files per process.\n\n\
         {table}\n{desk}{notes}",
        date = machine::date(),
        commit = machine::commit(),
        machine = machine::description(),
        files = machine::open_files_max(),
        table = table(lines),
        desk = desk(lines),
        notes = NOTES,
    )
}

/// What the rows of the desk found besides; nothing without one.
fn desk(lines: &[Line]) -> String {
    let found = lines.iter().filter_map(|line| line.found.as_ref().ok()?.desk.as_ref());
    let rows: String = found.map(|figures| format!("- {}\n", figures.line())).collect();
    if rows.is_empty() { rows } else { format!("## The desk\n{rows}\n") }
}

const NOTES: &str = "\
## How to read it
- The floor is a bare tokio-tungstenite echo with 4 KiB buffers on one thread: no session, no log, no reply to think of.
  *To the floor* compares server CPU per message, or memory per connection.
- A round trip is: send about 100 bytes, event fsynced, acknowledgement back. In a closed loop each connection has one
  message in flight; in an open loop messages leave when they are due and latency counts from then, so a stall is not
  hidden. The client's timer has steps of 1 ms, which open-loop latencies include.
- Server CPU is user and system time of the process from `/proc/<pid>/stat`, in steps of 10 ms, divided by what was
  seen. *Per busy core and second* is its inverse: what one core would do if nothing but the server used it.
- Resident memory is `VmRSS` of the server after minus before, per connection. The kernel's socket memory, about 4 KiB
  per connection, belongs to no process and is not in it; what the store's cache took meanwhile is. *Silent* connections
  sent nothing; *awake* ones sent a message and their session is in memory; *asleep* ones sent one and their session has
  left memory.
- Socket.IO rows: each of 50 connections is alone in a room, emits, and waits for the acknowledgement; the message comes back as an
  event too. The other servers keep nothing; ours acknowledges what is fsynced. Their programs are in `benches/peers`.
- The desk: every customer has a connection that follows, is with one of the staff, and begins with the queue, since there is no
  assistant. People take what they are offered. *Customer to agent's socket* counts from the moment at which a message was due
  until its `event` is at the socket of whoever has the session, with the fsync between. A wait counts from before the customer
  connects until the offer is at somebody's socket, without the time in which nobody had room. What the desk takes to decide is
  its own measure: what one batch of the bus took, with all orders and news that followed.
- Rows with several runs show the median by throughput. A server starts afresh for each row.
- A cold session left memory because it was idle; its records may still be in the store's cache.
";

fn number(value: Option<f64>, digits: usize) -> String {
    value.map(|value| format!("{value:.digits$}")).unwrap_or_default()
}
