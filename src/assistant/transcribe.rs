//! Audio to text: the seam only. Deliberately absent: an implementation; without one the answer is
//! `Refusal::Unavailable` for the part `transcriber`.

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::domain::Refusal;

/// The largest audio message, in bytes; what hosted transcribers accept.
pub const AUDIO_MAX_BYTES: usize = 25 * 1024 * 1024;

/// What models of speech take one second of it for, in tokens.
const TOKENS_PER_SECOND: u64 = 17;

/// A container or codec that transcribers read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AudioFormat {
    /// MPEG audio.
    Mp3,
    /// RIFF wave.
    Wav,
    /// Ogg, usually with Opus: WhatsApp's voice notes.
    Ogg,
    /// MPEG-4 audio.
    M4a,
    /// WebM: what browsers record.
    Webm,
    /// Free Lossless Audio Codec.
    Flac,
}

/// A checked audio message.
#[derive(Debug, Clone)]
pub struct Audio {
    format: AudioFormat,
    bytes: Bytes,
}

/// Somebody who can write down what was said.
pub trait Transcriber: Send + Sync + 'static {
    /// The text of the audio. `language` is a hint (BCP 47).
    ///
    /// Refuses with `Invalid` what can not be heard, and with `Unavailable` when it can not serve.
    fn transcribe(&self, audio: Audio, language: Option<String>) -> BoxFuture<'static, Result<String, Refusal>>;

    /// The model's name on the price list, where each call is paid for.
    fn paid_as(&self) -> Option<&str> {
        None
    }
}

/// Stands where no transcriber is configured.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTranscriber;

impl AudioFormat {
    /// Reads a file extension or a media type, as channels name formats.
    ///
    /// # Errors
    /// `Invalid` on the field `format`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let name = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match name.strip_prefix("audio/").unwrap_or(&name) {
            "mp3" | "mpeg" | "mpga" => Ok(Self::Mp3),
            "wav" | "wave" | "x-wav" => Ok(Self::Wav),
            "ogg" | "oga" | "opus" => Ok(Self::Ogg),
            "m4a" | "mp4" | "x-m4a" | "aac" => Ok(Self::M4a),
            "webm" => Ok(Self::Webm),
            "flac" | "x-flac" => Ok(Self::Flac),
            _ => Err(Refusal::invalid("format", "must be mp3, wav, ogg, m4a, webm or flac")),
        }
    }

    /// How many bytes one second of speech has, roughly: servers take so much for a second, and no decoder runs here.
    const fn bytes_per_second(self) -> u64 {
        match self {
            Self::Wav => 32_000,
            Self::Mp3 | Self::Flac => 16_000,
            Self::M4a => 8_000,
            Self::Ogg | Self::Webm => 4_000,
        }
    }

    /// The extension that a transcriber tells the format by.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Mp3 => "mp3",
            Self::Wav => "wav",
            Self::Ogg => "ogg",
            Self::M4a => "m4a",
            Self::Webm => "webm",
            Self::Flac => "flac",
        }
    }
}

impl Audio {
    /// Checks the size.
    ///
    /// # Errors
    /// `Invalid` when empty, `TooLarge` above [`AUDIO_MAX_BYTES`].
    pub fn new(format: AudioFormat, bytes: Bytes) -> Result<Self, Refusal> {
        if bytes.is_empty() {
            return Err(Refusal::invalid("audio", "must not be empty"));
        }
        if bytes.len() > AUDIO_MAX_BYTES {
            return Err(Refusal::TooLarge { what: "audio", limit_bytes: AUDIO_MAX_BYTES });
        }
        Ok(Self { format, bytes })
    }

    /// The format that the sender named.
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
        Box::pin(std::future::ready(Err(Refusal::Unavailable { part: "transcriber" })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_known_by_extension_and_media_type() {
        assert_eq!(AudioFormat::parse("MP3").unwrap(), AudioFormat::Mp3);
        assert_eq!(AudioFormat::parse("audio/ogg; codecs=opus").unwrap(), AudioFormat::Ogg);
        for bad in ["", "exe", "audio/", "text/plain"] {
            assert!(AudioFormat::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn audio_has_a_size() {
        assert!(Audio::new(AudioFormat::Wav, Bytes::new()).is_err());
        assert!(Audio::new(AudioFormat::Wav, Bytes::from(vec![0; AUDIO_MAX_BYTES])).is_ok());
        let refusal = Audio::new(AudioFormat::Wav, Bytes::from(vec![0; AUDIO_MAX_BYTES + 1])).unwrap_err();
        assert!(matches!(refusal, Refusal::TooLarge { what: "audio", .. }));
    }

    #[test]
    fn a_minute_of_speech_is_about_a_thousand_tokens() {
        let minute = |format: AudioFormat, bytes| Audio::new(format, Bytes::from(vec![0; bytes])).unwrap();
        assert_eq!(minute(AudioFormat::Wav, 60 * 32_000).estimated_tokens(), 1_020);
        assert_eq!(minute(AudioFormat::Ogg, 60 * 4_000).estimated_tokens(), 1_020);
        assert_eq!(minute(AudioFormat::Ogg, 1).estimated_tokens(), 1, "nothing that was heard counts as nothing");
    }

    #[tokio::test]
    async fn without_a_transcriber_it_is_said_so() {
        let audio = Audio::new(AudioFormat::Mp3, Bytes::from_static(b"x")).unwrap();
        assert_eq!(NoTranscriber.transcribe(audio, None).await, Err(Refusal::Unavailable { part: "transcriber" }));
    }
}
