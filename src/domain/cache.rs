//! How often kept answers served, and which questions they answered.

use serde::{Deserialize, Serialize};

use super::session::Channel;
use super::text::clipped;
use super::{OrganizationId, SessionId};

/// The most questions that are counted apart.
pub const TOP_MAX: usize = 100;

/// How much of a question is kept, in bytes.
const QUERY_MAX_BYTES: usize = 200;

/// What an organization's cache did so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheCounts {
    /// Whose.
    pub organization: OrganizationId,
    /// By channel, those on which anything was asked.
    pub channels: Vec<ChannelCounts>,
    /// The questions that were answered most often from the cache, most often first.
    pub top: Vec<TopQuery>,
}

/// One channel's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelCounts {
    /// Which.
    pub channel: Channel,
    /// Questions that were answered from the cache.
    pub hits: u64,
    /// Questions that might have been.
    pub misses: u64,
    /// Turns that were no such question.
    pub passed: u64,
}

/// A question that was answered from the cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopQuery {
    /// Its words, apart from case and punctuation at its end.
    pub query: String,
    /// How often.
    pub hits: u64,
    /// The session in which it was asked last.
    pub session: SessionId,
}

impl CacheCounts {
    /// Nothing so far.
    pub const fn new(organization: OrganizationId) -> Self {
        Self { organization, channels: Vec::new(), top: Vec::new() }
    }

    /// The counts of a channel.
    pub fn channel(&mut self, channel: Channel) -> &mut ChannelCounts {
        let at = self.channels.iter().position(|counts| counts.channel == channel).unwrap_or_else(|| {
            self.channels.push(ChannelCounts { channel, hits: 0, misses: 0, passed: 0 });
            self.channels.len() - 1
        });
        &mut self.channels[at]
    }

    /// A question was answered from the cache. Of more than [`TOP_MAX`] the one that was asked least goes, and the new one
    /// takes its count on: so one that is asked often stays, and no count is too low.
    pub fn hit(&mut self, query: &str, session: &SessionId) {
        let query = clipped(query, QUERY_MAX_BYTES);
        let session = session.clone();
        if let Some(known) = self.top.iter_mut().find(|known| known.query == query) {
            (known.hits, known.session) = (known.hits + 1, session);
        } else {
            let spare = if self.top.len() >= TOP_MAX { self.top.pop() } else { None };
            let hits = spare.map_or(0, |least| least.hits) + 1;
            self.top.push(TopQuery { query: query.to_owned(), hits, session });
        }
        self.top.sort_by(|a, b| b.hits.cmp(&a.hits).then_with(|| a.query.cmp(&b.query)));
    }

    /// Forgets the questions that were asked last in a session.
    pub fn forget_session(&mut self, session: &SessionId) {
        self.top.retain(|known| known.session != *session);
    }
}

impl ChannelCounts {
    /// The share of questions that were answered from the cache, of those that might have been, 0..1.
    pub fn hit_rate(&self) -> f64 {
        let all = self.hits + self.misses;
        if all == 0 { 0.0 } else { self.hits as f64 / all as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_that_is_asked_often_stays_among_many() {
        let mut counts = CacheCounts::new(OrganizationId::default_organization());
        let session = SessionId::parse("s").unwrap();
        for n in 0..1_000 {
            counts.hit("how do returns work", &session);
            counts.hit(&format!("question {n}"), &SessionId::parse("other").unwrap());
        }
        assert_eq!(counts.top.len(), TOP_MAX);
        assert_eq!((counts.top[0].query.as_str(), counts.top[0].hits), ("how do returns work", 1_000));
        counts.forget_session(&session);
        assert!(counts.top.iter().all(|known| known.query != "how do returns work"));
    }
}
