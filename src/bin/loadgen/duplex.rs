//! Open loop: sending and receiving are apart, and a message's time is the one at which it was due. A server that stalls
//! therefore cannot hide how long others would have waited. The timer has steps of a millisecond, which count as latency.

use std::time::Duration;

use futures_util::SinkExt as _;
use tokio::time::Instant;

use crate::Failure;
use crate::frame::{self, Frames};
use crate::tally::Window;
use crate::wire::{self, Reader, Writer};

/// When one connection's messages are due.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    first: Instant,
    gap: Duration,
    /// How many there are until the window ends.
    count: u64,
}

impl Schedule {
    /// One of `of` equal shares of a rate; shares are shifted, so that messages are spread evenly.
    pub(crate) fn share(window: Window, rate_per_s: u32, index: usize, of: usize) -> Self {
        let rate = f64::from(rate_per_s.max(1));
        let gap = Duration::from_secs_f64(of as f64 / rate);
        let first = window.start + Duration::from_secs_f64(index as f64 / rate);
        let span = window.end().saturating_duration_since(first);
        Self { first, gap, count: (span.as_secs_f64() / gap.as_secs_f64()).ceil() as u64 }
    }

    /// How many messages there are.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// When message `k` was meant to leave.
    pub(crate) fn due(&self, k: u64) -> Instant {
        self.first + self.gap.mul_f64(k as f64)
    }
}

/// Sends each message when it is due, or at once when that has passed.
pub(crate) async fn send(mut writer: Writer, frames: Frames, schedule: Schedule) -> Result<(), Failure> {
    for k in 0..schedule.count {
        tokio::time::sleep_until(schedule.due(k)).await;
        writer.send(frames.message(k, frame::PAYLOAD)).await?;
    }
    Ok(())
}

/// Reads until each message of the schedule was seen, telling when each was due.
pub(crate) async fn receive(
    reader: &mut Reader,
    schedule: Schedule,
    is_mine: impl Fn(&str) -> bool,
    saw: impl Fn(Instant),
) -> Result<(), Failure> {
    let mut seen = 0;
    while seen < schedule.count {
        let frame = wire::next_text(reader).await?;
        if !is_mine(&frame) {
            frame::refuse_error(&frame)?;
            continue;
        }
        let k = frame::number(&frame).ok_or("a reply does not name its message")?;
        saw(schedule.due(k));
        seen += 1;
    }
    Ok(())
}
