//! How long things may take: every wait has a range, and none outlasts what it is part of.

use super::{Config, ConfigError};

const HOUR_S: u64 = 60 * 60;
const DAY_S: u64 = 24 * HOUR_S;

/// A hundred years: more is a slip of the keyboard.
const AUDIT_RETENTION_MAX_DAYS: u64 = 36_500;

impl Config {
    /// Every `_s`, `_ms` and `_days` has a range: timers do not take every number, and a slip of the keyboard is noticed.
    pub(super) fn check_durations(&self) -> Result<(), ConfigError> {
        let Self { server, sessions, assistant, auth, limits, live, desk, memory, documents, audit, .. } = self;
        let ranges = [
            ("server.header_timeout_s", server.header_timeout_s, 1..=600),
            ("server.write_timeout_s", server.write_timeout_s, 1..=600),
            ("server.request_timeout_s", server.request_timeout_s, 1..=HOUR_S),
            ("server.drain_s", server.drain_s, 0..=HOUR_S),
            ("sessions.idle_s", sessions.idle_s, 0..=7 * DAY_S),
            ("knowledge.openai_timeout_ms", self.knowledge.openai_timeout_ms, 1..=600_000),
            ("assistant.quiet_ms", assistant.quiet_ms, 0..=600_000),
            ("assistant.burst_max_ms", assistant.burst_max_ms, 0..=600_000),
            ("assistant.deadline_ms", assistant.deadline_ms, 1..=HOUR_S * 1_000),
            ("assistant.openai_total_timeout_s", assistant.openai_total_timeout_s, 1..=600),
            ("assistant.queue_notice_every_ms", assistant.queue_notice_every_ms, 0..=DAY_S * 1_000),
            ("auth.token_ttl_s", auth.token_ttl_s, 1..=366 * DAY_S),
            ("limits.platform_window_s", u64::from(limits.platform_window_s), 1..=DAY_S),
            ("live.ping_every_s", live.ping_every_s, 1..=HOUR_S),
            ("live.pong_timeout_s", live.pong_timeout_s, 1..=600),
            ("live.write_timeout_s", live.write_timeout_s, 1..=600),
            ("desk.hook_timeout_ms", desk.hook_timeout_ms, 1..=30_000),
            ("memory.short_term_ttl_s", memory.short_term_ttl_s, 1..=366 * DAY_S),
            ("documents.read_timeout_s", documents.read_timeout_s, 1..=HOUR_S),
            ("documents.fetch_timeout_s", documents.fetch_timeout_s, 1..=600),
            ("live.socketio_connect_timeout_s", live.socketio_connect_timeout_s, 1..=600),
            ("cache.ttl_s", self.cache.ttl_s, 1..=365 * DAY_S),
            ("cost.calls_retention_days", u64::from(self.cost.calls_retention_days), 0..=AUDIT_RETENTION_MAX_DAYS),
            ("files.unposted_s", self.files.unposted_s, 60..=30 * DAY_S),
            ("files.s3_timeout_ms", self.files.s3_timeout_ms, 100..=600_000),
            ("files.scan_timeout_ms", self.files.scan_timeout_ms, 100..=600_000),
            ("outbox.pause_min_ms", self.outbox.pause_min_ms, 1..=60_000),
            ("outbox.pause_max_ms", self.outbox.pause_max_ms, 1..=HOUR_S * 1_000),
            ("outbox.retry_first_ms", self.outbox.retry_first_ms, 1..=60_000),
            ("email.poll_s", self.email.poll_s, 1..=HOUR_S),
            ("outbox.unclear_wait_s", self.outbox.unclear_wait_s, 1..=HOUR_S),
            ("outbox.unclear_start_wait_s", self.outbox.unclear_start_wait_s, 1..=HOUR_S),
            ("transcription.timeout_s", self.transcription.timeout_s, 1..=600),
            ("whatsapp.timeout_ms", self.whatsapp.timeout_ms, 1..=60_000),
            ("sms.catch_up_s", self.sms.catch_up_s, 0..=HOUR_S),
            ("sms.timeout_ms", self.sms.timeout_ms, 1..=60_000),
            ("webhooks.timeout_ms", self.webhooks.timeout_ms, 1..=60_000),
            ("audit.retention_days", u64::from(audit.retention_days), 0..=AUDIT_RETENTION_MAX_DAYS),
        ];
        if let Some((key, _, range)) = ranges.iter().find(|(_, value, range)| !range.contains(value)) {
            return Err(ConfigError(format!("{key} must be {} to {}", range.start(), range.end())));
        }
        let ordered = [
            ("assistant.quiet_ms", assistant.quiet_ms, "assistant.burst_max_ms", assistant.burst_max_ms),
            ("assistant.quiet_ms", assistant.quiet_ms, "assistant.deadline_ms", assistant.deadline_ms),
            ("outbox.pause_min_ms", self.outbox.pause_min_ms, "outbox.pause_max_ms", self.outbox.pause_max_ms),
        ];
        if let Some((key, _, other, _)) = ordered.iter().find(|(_, value, _, most)| value > most) {
            return Err(ConfigError(format!("{key} must not be above {other}")));
        }
        if assistant.deadline_ms >= server.request_timeout_s * 1_000 {
            return Err(ConfigError("assistant.deadline_ms must be below server.request_timeout_s".to_owned()));
        }
        Ok(())
    }
}
