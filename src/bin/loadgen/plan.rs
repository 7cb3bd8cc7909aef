//! What `report` measures, in which order, and what it should reach.

use crate::measured::Measured;
use crate::target::{Kind, Peer};

/// No assistant: what is measured is the way to disk and back.
const PLAIN: Kind = Kind::Engine(&[("SWITCHBOARD_ASSISTANT__PROVIDER", "none")]);
/// The same, with sessions put to sleep as soon as may be.
const SLEEPY: Kind =
    Kind::Engine(&[("SWITCHBOARD_ASSISTANT__PROVIDER", "none"), ("SWITCHBOARD_SESSIONS__IDLE_S", "1")]);
/// The assistant that needs no key, answering at once.
const BUILTIN: Kind =
    Kind::Engine(&[("SWITCHBOARD_ASSISTANT__PROVIDER", "builtin"), ("SWITCHBOARD_ASSISTANT__QUIET_MS", "0")]);

/// What the administrator of a measured server logs in with.
pub(crate) const ADMIN_PASSWORD: &str = "Load-password-1";
/// No assistant: every customer waits for people.
const STAFFED: Kind = Kind::Engine(&[
    ("SWITCHBOARD_ASSISTANT__PROVIDER", "none"),
    ("SWITCHBOARD_BOOTSTRAP__ADMIN_PASSWORD", ADMIN_PASSWORD),
]);

/// The API key of a measured server.
pub(crate) const API_KEY: &str = "load-api-key-0123456789abcdef";
/// No assistant, and webhooks to this machine, which are tried again soon.
const HOOKED: Kind = Kind::Engine(&[
    ("SWITCHBOARD_ASSISTANT__PROVIDER", "none"),
    ("SWITCHBOARD_BOOTSTRAP__API_KEY", API_KEY),
    ("SWITCHBOARD_WEBHOOKS__PRIVATE_ADDRESSES", "true"),
    ("SWITCHBOARD_OUTBOX__PAUSE_MAX_MS", "1000"),
]);
/// What Meta signs with at a measured server.
pub(crate) const APP_SECRET: &str = "load-app-secret";
/// No assistant, and customers who write by `WhatsApp`.
const WHATSAPP: Kind =
    Kind::Engine(&[("SWITCHBOARD_ASSISTANT__PROVIDER", "none"), ("SWITCHBOARD_WHATSAPP__APP_SECRET", APP_SECRET)]);

/// Where the mailbox of a measured server is.
pub(crate) const IMAP_PORT: u16 = 11_143;
/// The password of that mailbox.
pub(crate) const IMAP_PASSWORD: &str = "load-password";
/// No assistant, and customers who write mails.
const MAILED: Kind = Kind::Engine(&[
    ("SWITCHBOARD_ASSISTANT__PROVIDER", "none"),
    ("SWITCHBOARD_BOOTSTRAP__API_KEY", API_KEY),
    ("SWITCHBOARD_EMAIL__IMAP_URL", "imap://load%40example.test:load-password@127.0.0.1:11143"),
]);

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// A short name, for `--only`.
    pub(crate) key: &'static str,
    pub(crate) kind: Kind,
    /// The subcommand and its arguments.
    pub(crate) arguments: &'static str,
    /// How often; the median counts.
    pub(crate) runs: usize,
    /// The row of the floor that it is compared with.
    pub(crate) floor: Option<&'static str>,
    pub(crate) goals: &'static [Goal],
}

/// What a row should reach.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    CpuUsAtMost(f64),
    PerCoreAtLeast(f64),
    PerSecondAtLeast(f64),
    P99MsAtMost(f64),
    KibEachAtMost(f64),
    ReadyMsAtMost(f64),
    RssMibAtMost(f64),
    /// The desk's own measure of its decisions.
    DecisionP99MsAtMost(f64),
    /// Nobody waits more than a second while somebody has room.
    NobodyWaits,
    /// What a browser fetches.
    DownloadKibAtMost(f64),
    /// So many times the floor's messages in a second.
    TimesFloorAtLeast(f64),
    /// This share of the floor's processor time a message.
    CpuOfFloorAtMost(f64),
}

impl Goal {
    /// The goal in words.
    pub(crate) fn text(self) -> String {
        match self {
            Self::CpuUsAtMost(us) => format!("CPU <= {us} us"),
            Self::PerCoreAtLeast(count) => format!(">= {count}/s per core"),
            Self::PerSecondAtLeast(count) => format!(">= {count}/s"),
            Self::P99MsAtMost(ms) => format!("p99 <= {ms} ms"),
            Self::KibEachAtMost(kib) => format!("<= {kib} KiB each"),
            Self::ReadyMsAtMost(ms) => format!("ready <= {ms} ms"),
            Self::RssMibAtMost(mib) => format!("<= {mib} MiB"),
            Self::DecisionP99MsAtMost(ms) => format!("the desk decides in p99 <= {ms} ms"),
            Self::NobodyWaits => "nobody waits > 1 s while somebody has room".to_owned(),
            Self::DownloadKibAtMost(kib) => format!("<= {kib} KiB"),
            Self::TimesFloorAtLeast(times) => format!(">= {times} x its messages per second"),
            Self::CpuOfFloorAtMost(share) => format!("CPU <= {share:.2} of it"),
        }
    }

    /// Whether it was reached; `None` when the figure is missing.
    pub(crate) fn is_reached(self, by: &Measured, floor: Option<&Measured>) -> Option<bool> {
        match self {
            Self::TimesFloorAtLeast(times) => floor.map(|floor| by.per_s >= times * floor.per_s),
            Self::CpuOfFloorAtMost(share) => Some(by.cpu_us? <= share * floor?.cpu_us?),
            Self::DecisionP99MsAtMost(ms) => by.desk.as_ref()?.decision_p99_ms.map(|p99| p99 <= ms),
            Self::NobodyWaits => by.desk.as_ref().map(|desk| desk.waited_too_long == 0),
            Self::DownloadKibAtMost(most) => by.download_kib.map(|kib| kib <= most),
            Self::CpuUsAtMost(us) => by.cpu_us.map(|cpu| cpu <= us),
            Self::PerCoreAtLeast(count) => by.per_core_s().map(|per_core| per_core >= count),
            Self::PerSecondAtLeast(count) => Some(by.per_s >= count),
            Self::P99MsAtMost(ms) => by.p99_ms.map(|p99| p99 <= ms),
            Self::KibEachAtMost(kib) => by.kib_each.map(|each| each <= kib),
            Self::ReadyMsAtMost(ms) => by.ready_ms.map(|ready| ready <= ms),
            Self::RssMibAtMost(mib) => by.rss_mib.map(|rss| rss <= mib),
        }
    }
}

const ROUND_TRIP: &[Goal] = &[Goal::CpuUsAtMost(25.0), Goal::PerCoreAtLeast(25_000.0)];
const ROUND_TRIP_50: &[Goal] = &[Goal::CpuUsAtMost(25.0), Goal::PerCoreAtLeast(25_000.0), Goal::P99MsAtMost(5.0)];
const BESIDE_PYTHON: &[Goal] = &[Goal::TimesFloorAtLeast(3.0), Goal::CpuOfFloorAtMost(1.0 / 3.0)];
const AT_DESK: &[Goal] = &[Goal::P99MsAtMost(20.0), Goal::DecisionP99MsAtMost(2.0), Goal::NobodyWaits];
const HOOKS: &[Goal] = &[Goal::PerSecondAtLeast(2_000.0)];
const BESIDE_STUCK: &[Goal] = &[Goal::PerSecondAtLeast(2_000.0), Goal::TimesFloorAtLeast(0.8)];
const INTAKE: &[Goal] = &[Goal::PerCoreAtLeast(5_000.0), Goal::P99MsAtMost(50.0)];
const MAILS: &[Goal] = &[Goal::PerSecondAtLeast(200.0)];
const ASLEEP: &[Goal] = &[Goal::KibEachAtMost(8.0)];
const AWAKE: &[Goal] = &[Goal::KibEachAtMost(16.0)];

/// Every row, in the order of the table. The start with many sessions on disk is measured by `report` itself.
pub(crate) const ROWS: &[Row] = &[
    row("floor-50", Kind::Floor, "run --connections 50", 3, None, &[]),
    row("floor-1000", Kind::Floor, "run --connections 1000", 3, None, &[]),
    row("floor-open", Kind::Floor, "run --connections 1000 --rate 10000", 2, None, &[]),
    row("floor-idle", Kind::Floor, "idle --connections 5000", 1, None, &[]),
    row("trip-50", PLAIN, "run --connections 50", 3, Some("floor-50"), ROUND_TRIP_50),
    row("trip-1000", PLAIN, "run --connections 1000", 3, Some("floor-1000"), ROUND_TRIP),
    row("trip-open", PLAIN, "run --connections 1000 --rate 10000", 2, Some("floor-open"), &[]),
    row("pair", PLAIN, "pair --sessions 10000 --rate 2000 --seconds 10", 1, None, &[Goal::P99MsAtMost(10.0)]),
    row("fanout", PLAIN, "fanout --watchers 1000", 3, None, &[Goal::PerCoreAtLeast(60_000.0)]),
    row("turn", BUILTIN, "turn --connections 50", 3, None, &[Goal::PerCoreAtLeast(8_000.0)]),
    row("desk", STAFFED, "desk --agents 200 --sessions 10000 --seconds 60 --warmup 5", 1, None, AT_DESK),
    row("hooks", HOOKED, "hooks", 1, None, HOOKS),
    row("hooks-stuck", HOOKED, "hooks --stuck 10", 1, Some("hooks"), BESIDE_STUCK),
    row("whatsapp", WHATSAPP, "intake --connections 6 --messages 10 --seconds 10", 3, None, INTAKE),
    row("mail", MAILED, "mail --mails 2000", 3, None, MAILS),
    row("cold", SLEEPY, "cold --sessions 1000 --settle 4", 1, None, &[Goal::P99MsAtMost(5.0)]),
    row("silent-5000", SLEEPY, "idle --connections 5000 --settle 30", 1, Some("floor-idle"), ASLEEP),
    row("awake-5000", PLAIN, "idle --connections 5000 --state awake --settle 30", 1, Some("floor-idle"), AWAKE),
    row("asleep-5000", SLEEPY, "idle --connections 5000 --state asleep --settle 30", 1, Some("floor-idle"), ASLEEP),
    row("awake-20000", PLAIN, "idle --connections 20000 --state awake --settle 30", 1, Some("floor-idle"), AWAKE),
    row("asleep-20000", SLEEPY, "idle --connections 20000 --state asleep --settle 30", 1, Some("floor-idle"), ASLEEP),
    row("socketio-python", Kind::Peer(Peer::Python), "socketio --connections 50 --rooms any", 3, None, &[]),
    row("socketio-node", Kind::Peer(Peer::Node), "socketio --connections 50 --rooms any", 3, None, &[]),
    row("socketio", PLAIN, "socketio --connections 50", 3, Some("socketio-python"), BESIDE_PYTHON),
];

impl Row {
    /// Where the measured door is.
    pub(crate) fn path(&self) -> &'static str {
        if self.arguments.starts_with("socketio") { "/socket.io/" } else { "/ws" }
    }
}

const fn row(
    key: &'static str,
    kind: Kind,
    arguments: &'static str,
    runs: usize,
    floor: Option<&'static str>,
    goals: &'static [Goal],
) -> Row {
    Row { key, kind, arguments, runs, floor, goals }
}
