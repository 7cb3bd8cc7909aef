//! A file on its way to Meta: `POST /{version}/{phone_number_id}/media`, a form with the file in it. The answer's id is good for 30 days.
//!
//! Which types are taken there is in Meta's "Supported media types" (developers.facebook.com, business-phone-numbers/media); anything else is
//! refused with code 100, "Param file must be a file with one of the following types".

use uuid::Uuid;

/// What goes as a document. Texts are all uploaded as plain ones, their names say what they are; pictures, films and sound that can not be
/// shown as what they are can still be opened.
pub const DOCUMENT_TYPES: [&str; 25] = [
    "application/pdf",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "text/plain",
    "text/csv",
    "text/markdown",
    "text/calendar",
    "text/vcard",
    "application/json",
    "application/xml",
    "image/jpeg",
    "image/png",
    "image/webp",
    "video/mp4",
    "video/3gpp",
    "audio/aac",
    "audio/amr",
    "audio/mpeg",
    "audio/mp4",
    "audio/ogg",
    "audio/opus",
];

/// Where the first packet of an Ogg file begins that says what is in it, in bytes.
const OGG_PACKET_AT: usize = 28;

/// What a file of this type is called in the form: Meta knows of texts only plain ones.
pub fn upload_type(media_type: &str) -> &str {
    match media_type {
        "application/json" | "application/xml" => "text/plain",
        text if text.starts_with("text/") => "text/plain",
        other => other,
    }
}

/// Whether an Ogg file, of which these are the first bytes, holds Opus (RFC 7845, section 5.1): Meta plays nothing else of them.
pub fn is_opus(head: &[u8]) -> bool {
    head.get(OGG_PACKET_AT..).is_some_and(|packet| packet.starts_with(b"OpusHead"))
}

/// What stands before and behind a file's bytes in the form (RFC 7578).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadForm {
    /// The header `Content-Type` of the request.
    pub content_type: String,
    /// What stands before the bytes.
    pub head: String,
    /// What stands behind them.
    pub tail: String,
}

impl UploadForm {
    /// A form for a file of this type. `boundary` must be new: it may not stand in the file. Of the file's name Meta gets the ending alone, by
    /// which it tells types too; the customer is shown the name that goes with the message.
    pub fn new(boundary: Uuid, media_type: &str, ending: &str) -> Self {
        let boundary = boundary.simple();
        let field = |name: &str, value: &str| {
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let is_plain = !ending.is_empty() && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let name = if is_plain { format!("file.{ending}") } else { "file".to_owned() };
        let media_type = upload_type(media_type);
        let file = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {media_type}\r\n\r\n"
        );
        Self {
            content_type: format!("multipart/form-data; boundary={boundary}"),
            head: field("messaging_product", "whatsapp") + &field("type", media_type) + &file,
            tail: format!("\r\n--{boundary}--\r\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_the_three_fields_that_meta_reads_and_no_name_of_the_customers() {
        let form = UploadForm::new(Uuid::nil(), "text/csv", "csv");
        let boundary = "0".repeat(32);
        assert_eq!(form.content_type, format!("multipart/form-data; boundary={boundary}"));
        let expected = [
            &format!("--{boundary}"),
            "Content-Disposition: form-data; name=\"messaging_product\"",
            "",
            "whatsapp",
            &format!("--{boundary}"),
            "Content-Disposition: form-data; name=\"type\"",
            "",
            "text/plain",
            &format!("--{boundary}"),
            "Content-Disposition: form-data; name=\"file\"; filename=\"file.csv\"",
            "Content-Type: text/plain",
            "",
            "",
        ];
        assert_eq!(form.head.split("\r\n").collect::<Vec<_>>(), expected);
        assert_eq!(form.tail, format!("\r\n--{boundary}--\r\n"));
        for odd in ["", "p\"df", "ü"] {
            assert!(
                UploadForm::new(Uuid::nil(), "application/pdf", odd).head.contains("filename=\"file\"\r\n"),
                "{odd}"
            );
        }
    }

    #[test]
    fn only_opus_is_played_of_ogg() {
        let ogg = |packet: &[u8]| [&b"OggS\0\x02"[..], &[0; 22], packet].concat();
        assert!(is_opus(&ogg(b"OpusHead\x01")));
        for other in [ogg(b"\x01vorbis"), ogg(b""), b"OggS".to_vec(), Vec::new()] {
            assert!(!is_opus(&other));
        }
    }

    #[test]
    fn every_text_is_a_plain_one_to_meta_and_everything_else_stays_what_it_is() {
        let uploaded: Vec<&str> = DOCUMENT_TYPES.iter().map(|media_type| upload_type(media_type)).collect();
        assert_eq!(uploaded.iter().filter(|media_type| **media_type == "text/plain").count(), 7);
        assert!(uploaded.contains(&"application/pdf") && uploaded.contains(&"audio/ogg"));
    }
}
