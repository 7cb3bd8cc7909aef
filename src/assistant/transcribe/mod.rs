//! Audio to text: the seam, and who stands behind it. `hosted` asks a server that speaks OpenAI's transcriptions, `command` starts
//! a program of this machine; `places` lets only so many at a time, `words` says what of an answer are words at all.
//!
//! Without one configured the answer is `Refusal::Unavailable` for the part `transcriber`. Deliberately absent: keeping the audio.

mod command;
mod format;
mod hosted;
mod places;
mod words;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::domain::Refusal;

pub use command::{CommandConfig, CommandTranscriber};
pub use format::AudioFormat;
pub use hosted::{HostedConfig, HostedTranscriber};
pub use places::Places;

/// The largest audio message, in bytes; what hosted transcribers accept.
pub const AUDIO_MAX_BYTES: usize = 25 * 1024 * 1024;

/// What models of speech take one second of it for, in tokens.
const TOKENS_PER_SECOND: u64 = 17;

/// What a caller is told who can not be heard now.
const UNAVAILABLE: Refusal = Refusal::Unavailable { part: "transcriber" };

/// A checked audio message.
#[derive(Debug, Clone)]
pub struct Audio {
    format: AudioFormat,
    bytes: Bytes,
}

/// Somebody who can write down what was said.
pub trait Transcriber: Send + Sync + 'static {
    /// The text of the audio, not blank. `language` is a hint (BCP 47).
    ///
    /// Refuses with `Invalid` on `audio` what can not be heard or has no words, with `Unavailable` when it can not serve, and
    /// with `Busy` when it has too much to do.
    fn transcribe(&self, audio: Audio, language: Option<String>) -> BoxFuture<'static, Result<String, Refusal>>;

    /// Whether there is anybody at all.
    fn is_there(&self) -> bool {
        true
    }

    /// The model's name on the price list, where each call is paid for.
    fn paid_as(&self) -> Option<&str> {
        None
    }
}

/// Stands where no transcriber is configured.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTranscriber;

impl Audio {
    /// Checks the size and that it is audio. Its format is the one that the bytes have.
    ///
    /// # Errors
    /// `Invalid` on `audio` when empty or no audio that is known, `TooLarge` above [`AUDIO_MAX_BYTES`].
    pub fn new(bytes: Bytes) -> Result<Self, Refusal> {
        if bytes.is_empty() {
            return Err(Refusal::invalid("audio", "must not be empty"));
        }
        if bytes.len() > AUDIO_MAX_BYTES {
            return Err(Refusal::TooLarge { what: "audio", limit_bytes: AUDIO_MAX_BYTES });
        }
        let format = AudioFormat::of(&bytes);
        let format = format.ok_or_else(|| Refusal::invalid("audio", "is no audio of a format that is known"))?;
        Ok(Self { format, bytes })
    }

    /// The format that the bytes have.
    pub const fn format(&self) -> AudioFormat {
        self.format
    }

    /// About how many tokens a model hears in it.
    pub const fn estimated_tokens(&self) -> u64 {
        (self.bytes.len() as u64 * TOKENS_PER_SECOND).div_ceil(self.format.bytes_per_second())
    }

    /// The encoded audio.
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

impl Transcriber for NoTranscriber {
    fn transcribe(&self, _audio: Audio, _language: Option<String>) -> BoxFuture<'static, Result<String, Refusal>> {
        Box::pin(std::future::ready(Err(UNAVAILABLE)))
    }

    fn is_there(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Audio of so many bytes that begins as its format does.
    fn audio(mark: &[u8], bytes: usize) -> Result<Audio, Refusal> {
        let mut all = mark.to_vec();
        all.resize(bytes, 0);
        Audio::new(Bytes::from(all))
    }

    #[test]
    fn audio_has_a_size_and_is_audio() {
        assert!(audio(b"", 0).is_err());
        assert!(audio(b"OggS", AUDIO_MAX_BYTES).is_ok());
        let refusal = audio(b"OggS", AUDIO_MAX_BYTES + 1).unwrap_err();
        assert!(matches!(refusal, Refusal::TooLarge { what: "audio", .. }));
        let refusal = audio(b"%PDF", 100).unwrap_err();
        assert!(matches!(refusal, Refusal::Invalid { field, .. } if field == "audio"));
    }

    #[test]
    fn a_minute_of_speech_is_about_a_thousand_tokens() {
        let tokens = |mark: &[u8], bytes| audio(mark, bytes).unwrap().estimated_tokens();
        assert_eq!(tokens(b"RIFF\0\0\0\0WAVE", 60 * 32_000), 1_020);
        assert_eq!(tokens(b"OggS", 60 * 4_000), 1_020);
        assert_eq!(tokens(b"OggS", 4), 1, "nothing that was heard counts as nothing");
    }

    #[tokio::test]
    async fn without_a_transcriber_it_is_said_so() {
        let audio = audio(b"ID3", 3).unwrap();
        assert_eq!(NoTranscriber.transcribe(audio, None).await, Err(Refusal::Unavailable { part: "transcriber" }));
    }
}
