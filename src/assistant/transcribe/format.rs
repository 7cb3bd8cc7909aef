//! What kind of audio some bytes are. The bytes decide; what a sender calls them only has to be a name of audio.

use crate::domain::Refusal;

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
    /// Advanced Audio Coding without a container: what some telephones send.
    Aac,
    /// Adaptive multi-rate: what old telephones send.
    Amr,
}

/// What files begin with, and where, per format.
const MARKS: &[(usize, &[u8], AudioFormat)] = &[
    (0, b"ID3", AudioFormat::Mp3),
    (8, b"WAVE", AudioFormat::Wav),
    (0, b"OggS", AudioFormat::Ogg),
    (4, b"ftyp", AudioFormat::M4a),
    (0, b"\x1A\x45\xDF\xA3", AudioFormat::Webm),
    (0, b"fLaC", AudioFormat::Flac),
    (0, b"#!AMR", AudioFormat::Amr),
];

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
            "m4a" | "mp4" | "x-m4a" => Ok(Self::M4a),
            "webm" => Ok(Self::Webm),
            "flac" | "x-flac" => Ok(Self::Flac),
            "aac" | "aacp" => Ok(Self::Aac),
            "amr" => Ok(Self::Amr),
            _ => Err(Refusal::invalid("format", "must be mp3, wav, ogg, m4a, webm, flac, aac or amr")),
        }
    }

    /// What the bytes are, by how they begin; `None` where they are no audio that is known.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let marked =
            |(at, mark, _): &&(usize, &[u8], Self)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(mark));
        MARKS.iter().find(marked).map(|(_, _, format)| *format).or_else(|| of_frame(bytes))
    }

    /// How many bytes one second of speech has, roughly: servers take so much for a second, and no decoder runs here.
    pub(super) const fn bytes_per_second(self) -> u64 {
        match self {
            Self::Wav => 32_000,
            Self::Mp3 | Self::Flac => 16_000,
            Self::M4a | Self::Aac => 8_000,
            Self::Ogg | Self::Webm => 4_000,
            Self::Amr => 1_500,
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
            Self::Aac => "aac",
            Self::Amr => "amr",
        }
    }

    /// The media type, as RFC 4337, 3003, 5334 and their like name it.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Mp3 => "audio/mpeg",
            Self::Wav => "audio/wav",
            Self::Ogg => "audio/ogg",
            Self::M4a => "audio/mp4",
            Self::Webm => "audio/webm",
            Self::Flac => "audio/flac",
            Self::Aac => "audio/aac",
            Self::Amr => "audio/amr",
        }
    }
}

/// Audio that begins with a frame of MPEG (ISO 11172-3) or of ADTS (ISO 13818-7): eleven or twelve bits set, then fields of
/// which some values mean nothing.
fn of_frame(bytes: &[u8]) -> Option<AudioFormat> {
    let [0xFF, second, third, ..] = bytes else { return None };
    let (version, layer) = (second >> 3 & 0b11, second >> 1 & 0b11);
    if second & 0b1110_0000 != 0b1110_0000 || version == 0b01 {
        return None;
    }
    if layer == 0 {
        // ADTS has no layer, always the twelfth bit, and thirteen sampling rates.
        return (second & 0b1_0000 != 0 && third >> 2 & 0b1111 <= 12).then_some(AudioFormat::Aac);
    }
    let (bitrate, sampling) = (third >> 4, third >> 2 & 0b11);
    // Nobody has files of layer I; a text in UTF-16 begins like one.
    (layer != 0b11 && bitrate != 0b1111 && sampling != 0b11).then_some(AudioFormat::Mp3)
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
    fn each_format_is_known_by_how_its_files_begin() {
        let files: &[(&[u8], AudioFormat)] = &[
            (b"RIFF\x24\x00\x00\x00WAVEfmt ", AudioFormat::Wav),
            (b"OggS\x00\x02", AudioFormat::Ogg),
            (b"fLaC\x00\x00\x00\x22", AudioFormat::Flac),
            (b"ID3\x04\x00", AudioFormat::Mp3),
            (b"\xFF\xFB\x90\x64", AudioFormat::Mp3),
            (b"\xFF\xF3\x84\x00", AudioFormat::Mp3),
            (b"\xFF\xF1\x50\x80", AudioFormat::Aac),
            (b"\x00\x00\x00\x20ftypM4A ", AudioFormat::M4a),
            (b"\x1A\x45\xDF\xA3\x9F", AudioFormat::Webm),
            (b"#!AMR\n", AudioFormat::Amr),
        ];
        for (bytes, format) in files {
            assert_eq!(AudioFormat::of(bytes), Some(*format), "{bytes:?}");
            assert_eq!(AudioFormat::parse(format.extension()), Ok(*format));
            assert_eq!(AudioFormat::parse(format.media_type()), Ok(*format));
        }
    }

    #[test]
    fn what_is_no_audio_and_what_is_cut_off_before_it_can_be_known_is_none() {
        let others: &[&[u8]] = &[
            b"",
            b"R",
            b"RIFF",
            b"RIFF\x24\x00\x00\x00WAV",
            b"RIFF\x24\x00\x00\x00AVI ",
            b"Ogg",
            b"\xFF",
            b"\xFF\xFB",
            b"\xFF\xD8\xFF\xE0",
            b"\xFF\xFF\xFF\xFF",
            b"\xFF\xFE\x00A",
            b"%PDF-1.7",
            b"PK\x03\x04",
            b"<html>",
            b"\x00\x00\x00\x00",
        ];
        for bytes in others {
            assert_eq!(AudioFormat::of(bytes), None, "{bytes:?}");
        }
    }
}
