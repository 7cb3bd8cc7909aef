//! The settings: a tree of the parts' own settings, read from `config.toml`, an optional file and the environment, checked
//! once, before anything is opened. Imports what the settings are settings of.

mod channels;
mod documents;
mod durations;
mod email;
mod files;
mod outbox;
mod prices;
mod sms;
mod transcription;

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ::config::{Environment, File, FileFormat};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::actors::ActorLimits;
use crate::actors::desk::HookConfig;
use crate::assistant::cache::{CacheSettings, ShelfLimits};
use crate::assistant::cost::Prices;
use crate::bus::OutboxLimits;
use crate::domain::policy::{AfterFallback, Texts};
use crate::domain::{Owner, Policy};
use crate::engine::audit::Kept;
use crate::store::StoreUrl;

mod knowledge;

pub use channels::WhatsappSection;
pub use email::{EmailSection, MailboxSection};
pub use files::FilesSection;
pub use knowledge::{EmbedderKind, Knowledge};
pub use outbox::{Outbox, Secrets, Webhooks};
pub use prices::PerMillion;
pub use sms::SmsSection;
pub use transcription::{Transcribing, Transcription};

/// The settings that come with the program.
const DEFAULTS: &str = include_str!("../../config.toml");

/// What `make test` and `make soak` set for the tests.
const TEST_SWITCHES: [&str; 3] = ["SWITCHBOARD_REQUIRE_TOOLS", "SWITCHBOARD_REQUIRE_RECOGNISER", "SWITCHBOARD_SOAK"];

/// Why the settings can not be used; one line that names the key.
#[derive(Debug, thiserror::Error)]
#[error("configuration: {0}")]
pub struct ConfigError(String);

/// All settings. What each key means stands in `config.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is described in config.toml, and a test holds that")]
pub struct Config {
    pub server: Server,
    pub store: Store,
    pub sessions: Sessions,
    pub assistant: Assistant,
    pub knowledge: Knowledge,
    pub auth: Auth,
    pub limits: Limits,
    pub live: Live,
    pub desk: Desk,
    pub cache: Cache,
    pub cost: Cost,
    pub memory: Memory,
    pub transcription: Transcription,
    pub documents: Documents,
    pub files: FilesSection,
    pub outbox: Outbox,
    pub webhooks: Webhooks,
    pub secrets: Secrets,
    pub audit: Audit,
    pub bootstrap: Bootstrap,
    pub log: Log,
    pub whatsapp: WhatsappSection,
    pub email: EmailSection,
    pub sms: SmsSection,
    /// Sections of parts that do not exist yet: accepted, so that one environment serves every version.
    #[serde(default)]
    pub cluster: HashMap<String, SecretString>,
}

macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(missing_docs, reason = "every key is described in config.toml, and a test holds that")]
        pub struct $name { $(pub $field: $kind,)* }
    };
}

section!(
    /// `[server]`
    Server {
        listen: SocketAddr,
        header_timeout_s: u64,
        write_timeout_s: u64,
        request_timeout_s: u64,
        body_max_bytes: usize,
        audio_body_max_bytes: usize,
        connections_max: usize,
        drain_s: u64,
        metrics: MetricsFor,
        allowed_origins: Listed,
    }
);
section!(
    /// `[store]`
    Store { url: String, }
);
section!(
    /// `[sessions]`
    Sessions { idle_s: u64, memory_max_mb: usize, queue_max: usize, total_queue_max: usize, }
);
section!(
    /// `[assistant]`
    Assistant {
        provider: Provider,
        quiet_ms: u64,
        burst_max_ms: u64,
        deadline_ms: u64,
        after_fallback: Fallback,
        knowledge: String,
        handover_text: String,
        queued_text: String,
        fallback_text: String,
        with_human_text: String,
        queue_notice_every_ms: u64,
        suggests: bool,
        openai_base_url: String,
        openai_api_key: SecretString,
        openai_model: String,
        openai_total_timeout_s: u64,
        private_addresses: bool,
    }
);
section!(
    /// `[limits]`
    Limits {
        enabled: bool,
        platform_requests: u32,
        platform_window_s: u32,
        care_public_requests: u32,
        care_user_requests: u32,
        care_connections_max: u32,
        rooms_address_requests: u32,
        rooms_user_requests: u32,
        console_requests: u32,
        connections_per_address: u32,
        live_upgrades: u32,
        live_frames: u32,
        live_bytes: u64,
        rooms_connections_max: u32,
        session_audio_bytes: usize,
    }
);
section!(
    /// `[live]`
    Live {
        message_max_bytes: usize,
        read_buffer_bytes: usize,
        pending_max: usize,
        outbox_items_max: usize,
        outbox_bytes_max: usize,
        agent_outbox_items_max: usize,
        agent_outbox_bytes_max: usize,
        ping_every_s: u64,
        pong_timeout_s: u64,
        write_timeout_s: u64,
        socketio_packet_max_bytes: usize,
        socketio_packets_waiting_max: usize,
        socketio_events_waiting_max: usize,
        socketio_events_waiting_bytes: usize,
        socketio_rooms_max: usize,
        socketio_polling_max: usize,
        socketio_connect_timeout_s: u64,
        anonymous_names_sessions: bool,
    }
);
section!(
    /// `[desk]`
    Desk { hook_timeout_ms: u64, hook_private_addresses: bool, }
);
section!(
    /// `[cache]`
    Cache {
        enabled: bool,
        ttl_s: u64,
        similarity_floor: f32,
        organization_entries_max: usize,
        memory_max_mb: usize,
    }
);
section!(
    /// `[cost]`
    Cost {
        currency: String,
        unknown_price: PerMillion,
        calls_retention_days: u32,
        prices: BTreeMap<String, PerMillion>,
    }
);
section!(
    /// `[memory]`
    Memory { short_term_ttl_s: u64, }
);
section!(
    /// `[documents]`
    Documents {
        file_max_bytes: usize,
        text_max_chars: usize,
        pages_max: usize,
        unpacked_max_bytes: u64,
        readers_max: usize,
        reader_memory_max_mb: u64,
        read_timeout_s: u64,
        fetch_timeout_s: u64,
        fetch_private_addresses: bool,
        chunk_chars: u32,
        overlap_chars: u32,
        documents_max: usize,
        documents_max_bytes: u64,
        faqs_max: usize,
        vectors_max: usize,
    }
);
section!(
    /// `[audit]`
    Audit { retention_days: u32, }
);
section!(
    /// `[bootstrap]`
    Bootstrap { admin_email: String, admin_password: SecretString, api_key: SecretString, }
);
section!(
    /// `[log]`
    Log { filter: String, format: LogFormat, }
);

/// `[auth]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is described in config.toml, and a test holds that")]
pub struct Auth {
    pub token_ttl_s: u64,
    pub parallel_hashes_max: usize,
    /// External tokens are not read yet; accepted as the sections above are.
    #[serde(default)]
    pub issuer: Option<String>,
    #[serde(default)]
    pub jwks_url: Option<String>,
}

/// A list of texts: in a file as one, in the environment with commas. Values of the environment stay texts until a field
/// reads them, so that a password of digits keeps its zeros.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "ListForm")]
pub struct Listed(pub Vec<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum ListForm {
    List(Vec<String>),
    Commas(String),
}

impl From<ListForm> for Listed {
    fn from(form: ListForm) -> Self {
        match form {
            ListForm::List(list) => Self(list),
            ListForm::Commas(text) => {
                Self(text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect())
            }
        }
    }
}

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// No key, no network.
    Builtin,
    /// A server that speaks chat completions.
    Openai,
    /// Nobody: sessions begin in the queue.
    None,
}

/// Who may read `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricsFor {
    /// Programs on the same machine that ask without a proxy.
    Loopback,
    /// Everybody who reaches the port.
    Open,
    /// Nobody.
    Off,
}

/// What follows the fallback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// A human is asked.
    HandOver,
    /// The assistant keeps the session.
    Stay,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl Config {
    /// Reads the defaults, then `file` if given, then the environment.
    ///
    /// # Errors
    /// One line that names the key.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let environment = Environment::with_prefix("SWITCHBOARD")
            .source(Some(settings_of_environment()))
            .prefix_separator("_")
            .separator("__");
        let mut builder = ::config::Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some(file) = file {
            builder = builder.add_source(File::from(file));
        }
        let read = builder.add_source(environment).build();
        let config: Self = read.and_then(::config::Config::try_deserialize).map_err(|why| one_line(&why))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let positive = [
            ("live.pending_max", self.live.pending_max),
            ("live.socketio_packets_waiting_max", self.live.socketio_packets_waiting_max),
            ("live.socketio_events_waiting_max", self.live.socketio_events_waiting_max),
            ("sessions.queue_max", self.sessions.queue_max),
            ("server.connections_max", self.server.connections_max),
            ("auth.parallel_hashes_max", self.auth.parallel_hashes_max),
            ("documents.file_max_bytes", self.documents.file_max_bytes),
            ("documents.readers_max", self.documents.readers_max),
            ("limits.connections_per_address", self.limits.connections_per_address as usize),
            ("webhooks.endpoints_max", self.webhooks.endpoints_max),
        ];
        if let Some((key, _)) = positive.iter().find(|(_, value)| *value == 0) {
            return Err(ConfigError(format!("{key} must be above 0")));
        }
        self.check_durations()?;
        if !(0.0..=1.0).contains(&self.cache.similarity_floor) {
            return Err(ConfigError("cache.similarity_floor must be 0 to 1".to_owned()));
        }
        self.knowledge.check()?;
        self.documents.check().map_err(ConfigError)?;
        self.files.limits()?;
        self.files.s3()?;
        self.files.check_scanner()?;
        self.secrets.check()?;
        self.transcription.check()?;
        self.email.settings()?;
        self.email.onward()?;
        self.sms.settings()?;
        self.store_url().map(drop)
    }

    /// Where everything durable is.
    ///
    /// # Errors
    /// When `store.url` is none that is known.
    pub fn store_url(&self) -> Result<StoreUrl, ConfigError> {
        self.store.url.parse().map_err(|why| ConfigError(format!("store.url: {why}")))
    }

    /// How sessions are run.
    pub fn policy(&self) -> Policy {
        let assistant = &self.assistant;
        Policy {
            first_owner: if assistant.provider == Provider::None { Owner::Queue } else { Owner::Assistant },
            quiet_ms: assistant.quiet_ms,
            burst_max_ms: assistant.burst_max_ms,
            deadline_ms: assistant.deadline_ms,
            after_fallback: match assistant.after_fallback {
                Fallback::HandOver => AfterFallback::HandOver,
                Fallback::Stay => AfterFallback::Stay,
            },
            queue_notice_every_ms: assistant.queue_notice_every_ms,
            suggests: assistant.suggests && assistant.provider != Provider::None,
            condenses: assistant.provider != Provider::None,
            assistant: Arc::default(),
            desk: Arc::default(),
            texts: Texts {
                handover: assistant.handover_text.clone(),
                queued: assistant.queued_text.clone(),
                fallback: assistant.fallback_text.clone(),
                with_human: assistant.with_human_text.clone(),
            },
        }
    }

    /// Bounds of the session actors.
    pub fn actor_limits(&self) -> ActorLimits {
        ActorLimits {
            session_queue_max: self.sessions.queue_max,
            total_queue_max: self.sessions.total_queue_max,
            idle_s: self.sessions.idle_s,
            memory_max_bytes: self.sessions.memory_max_mb.saturating_mul(1024 * 1024),
            ..ActorLimits::default()
        }
    }

    /// How long the audit log's entries are kept.
    pub const fn audit_kept(&self) -> Kept {
        match self.audit.retention_days {
            0 => Kept::ForEver,
            days => Kept::Days(days),
        }
    }

    /// How answers are kept.
    pub const fn answer_cache(&self) -> (CacheSettings, ShelfLimits) {
        let cache = &self.cache;
        let settings = CacheSettings {
            enabled: cache.enabled,
            ttl: Duration::from_secs(cache.ttl_s),
            similarity_floor: cache.similarity_floor,
        };
        let bytes_max = cache.memory_max_mb.saturating_mul(1024 * 1024);
        (settings, ShelfLimits { entries_max: cache.organization_entries_max, bytes_max })
    }

    /// What models cost.
    pub fn prices(&self) -> Prices {
        let models = self.cost.prices.iter().map(|(model, price)| (model.clone(), price.price())).collect();
        Prices::new(self.cost.currency.clone(), models, self.cost.unknown_price.price())
    }

    /// How organizations' own services are asked who is to get a session.
    pub const fn hook(&self) -> HookConfig {
        HookConfig { timeout_ms: self.desk.hook_timeout_ms, private_addresses: self.desk.hook_private_addresses }
    }

    /// Bounds of what waits for a connection.
    pub const fn outbox_limits(&self) -> OutboxLimits {
        OutboxLimits { items_max: self.live.outbox_items_max, bytes_max: self.live.outbox_bytes_max }
    }

    /// Bounds of what waits for a connection of the staff, which hears of many sessions.
    pub const fn agent_outbox_limits(&self) -> OutboxLimits {
        OutboxLimits { items_max: self.live.agent_outbox_items_max, bytes_max: self.live.agent_outbox_bytes_max }
    }

    /// How long a stop may take.
    pub const fn drain(&self) -> Duration {
        Duration::from_secs(self.server.drain_s)
    }
}

/// The environment without the switches of the test run, which shares it with the servers that it starts.
fn settings_of_environment() -> HashMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| !TEST_SWITCHES.contains(&name.as_str()))
        .collect()
}

/// A secret setting, or `None` where it is empty.
pub fn given(secret: &SecretString) -> Option<SecretString> {
    (!secret.expose_secret().is_empty()).then(|| secret.clone())
}

/// The error as one line. Values are left out where they may be secret: the library names keys, and quotes no strings
/// but for unknown keys and choices.
fn one_line(why: &::config::ConfigError) -> ConfigError {
    let line = why.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    ConfigError(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said about the defaults with one section changed.
    fn said(section: &str, settings: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, format!("[{section}]\n{settings}\n")).unwrap();
        Config::load(Some(&path)).map_or_else(|why| why.to_string(), |_| "it is taken".to_owned())
    }

    fn is_duration(key: &str) -> bool {
        ["_s", "_ms", "_days"].iter().any(|unit| key.ends_with(unit))
    }

    #[test]
    fn every_duration_has_a_range_and_is_named_when_it_leaves_it() {
        let defaults: toml::Table = DEFAULTS.parse().unwrap();
        let mut durations = 0;
        for (section, keys) in &defaults {
            for key in keys.as_table().unwrap().keys().filter(|key| is_duration(key)) {
                for far in ["4294967295", "9223372036854775807"] {
                    let line = said(section, &format!("{key} = {far}"));
                    assert!(line.contains(&format!("{section}.{key}")), "{section}.{key}: {line}");
                }
                durations += 1;
            }
        }
        assert!(durations >= 13, "only {durations} durations were found");
    }

    #[test]
    fn a_likeness_is_between_nothing_and_the_same() {
        for wrong in ["-0.1", "1.01", "nan", "inf"] {
            let line = said("cache", &format!("similarity_floor = {wrong}"));
            assert!(line.contains("cache.similarity_floor must be 0 to 1"), "{wrong}: {line}");
        }
        assert_eq!(said("cache", "similarity_floor = 1.0"), "it is taken");
    }

    #[test]
    fn a_wait_that_would_outlast_what_it_is_part_of_is_refused() {
        let line = said("assistant", "quiet_ms = 3001");
        assert!(line.contains("assistant.quiet_ms must not be above assistant.burst_max_ms"), "{line}");
        let line = said("assistant", "quiet_ms = 2000\ndeadline_ms = 1999");
        assert!(line.contains("assistant.quiet_ms must not be above assistant.deadline_ms"), "{line}");
        assert_eq!(said("assistant", "quiet_ms = 2000\ndeadline_ms = 2000"), "it is taken");
    }

    #[test]
    fn who_writes_down_voice_notes_is_one_and_is_there() {
        let server = "base_url = \"http://127.0.0.1:8000/v1\"";
        assert_eq!(said("transcription", server), "it is taken");
        assert_eq!(said("transcription", "command = [\"sh\", \"-c\", \"cat\"]\nlanguage = \"pt-BR\""), "it is taken");
        for (key, settings) in [
            ("command", format!("{server}\ncommand = [\"sh\"]")),
            ("command", "command = [\"no-such-program-here\"]".to_owned()),
            ("command", "command = [\"./no/such/program\"]".to_owned()),
            ("command", "command = [\"\"]".to_owned()),
            ("base_url", "base_url = \"127.0.0.1:8000\"".to_owned()),
            ("base_url", "base_url = \"file:///etc\"".to_owned()),
            ("model", format!("{server}\nmodel = \" \"")),
            ("language", "language = \"en us\"".to_owned()),
            ("max_at_once", "max_at_once = 0".to_owned()),
            ("timeout_s", "timeout_s = 0".to_owned()),
        ] {
            let line = said("transcription", &format!("{settings}\napi_key = \"sk-secret\""));
            assert!(line.contains(&format!("transcription.{key}")) && !line.contains("sk-secret"), "{key}: {line}");
        }
    }

    #[test]
    fn a_scanner_that_is_not_there_is_no_scanner() {
        let line = said("files", "scan = [\"no-such-scanner\", \"-\"]");
        assert!(line.contains("files.scan"), "{line}");
        assert_eq!(said("files", "scan = [\"sh\", \"-c\", \"exit 0\"]"), "it is taken");
    }

    #[test]
    fn an_account_for_sms_that_could_not_work_is_refused_by_its_key() {
        let twilio = "provider = \"twilio\"\naccount = \"AC1\"\nsecret = \"token-1\"\nfrom = \"+15550001111\"";
        let here = format!("{twilio}\npublic_url = \"https://chat.example.test/\"");
        assert_eq!(said("sms", &here), "it is taken");
        let exotel = here.replace("twilio", "exotel") + "\nkey = \"k\"\n";
        assert_eq!(said("sms", &format!("{exotel}callback_token = \"0123456789abcdef\"")), "it is taken");
        for (key, settings) in [
            ("sms.provider", "provider = \"pigeon\"".to_owned()),
            ("sms.public_url", twilio.to_owned()),
            ("sms.public_url", format!("{twilio}\npublic_url = \"https://chat.example.test/?a=b\"")),
            ("sms.account", here.replace("AC1", "AC1/../x")),
            ("sms.secret", here.replace("token-1", "")),
            ("sms.from", here.replace("+15550001111", "")),
            ("sms.base_url", format!("{here}\nbase_url = \"api.example.test\"")),
            ("sms.auth_token", format!("{here}\nkey = \"SK1\"")),
            ("sms.callback_token", exotel),
        ] {
            let line = said("sms", &settings);
            assert!(line.contains(key) && !line.contains("token-1"), "{key}: {line}");
        }
    }
}
