//! A header: its fields, unfolded, in order, within limits.

use super::encoded;
use crate::channels::email::limits::{Limits, Omitted};

/// The longest name of a field, in bytes.
const NAME_MAX_BYTES: usize = 100;

/// One field. Its name is in lower case, its value unfolded and undecoded.
#[derive(Debug, Clone)]
struct Field {
    name: String,
    value: Vec<u8>,
}

/// The fields of a header.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Headers(Vec<Field>);

/// Whose header is read: a mail's own, or that of a part in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Place {
    /// The mail's. Lines that are no field are skipped (`>From `, broken folding).
    Mail,
    /// A part's. A line that is no field begins the body: the blank line was forgotten.
    Part,
}

impl Headers {
    /// Reads the header at the beginning of `raw`, and says where the body begins.
    pub(in super::super) fn read(raw: &[u8], place: Place, limits: &Limits, omitted: &mut Omitted) -> (Self, usize) {
        let mut headers = Self::default();
        let (mut at, mut used) = (0, 0);
        let mut is_open = false;
        while at < raw.len() {
            let end = raw[at..].iter().position(|byte| *byte == b'\n').map_or(raw.len(), |found| at + found + 1);
            let line = raw[at..end].trim_ascii_end();
            let is_folded = raw[at].is_ascii_whitespace();
            if line.is_empty() && !(is_folded && raw[at] != b'\r' && raw[at] != b'\n' && is_open) {
                at = end;
                if headers.0.is_empty() && place == Place::Mail {
                    continue;
                }
                return (headers, at);
            }
            let room = used < limits.header_max_bytes;
            if is_folded {
                if is_open && room {
                    used += headers.fold(line, limits, omitted);
                }
            } else if let Some((name, value)) = field(line) {
                is_open = room;
                if room {
                    used += line.len();
                    headers.add(name, value, limits, omitted);
                } else {
                    omitted.fields += 1;
                }
            } else if place == Place::Part {
                return (headers, at);
            } else {
                is_open = false;
            }
            at = end;
        }
        (headers, raw.len())
    }

    fn add(&mut self, name: &[u8], value: &[u8], limits: &Limits, omitted: &mut Omitted) {
        let kept = &value[..value.len().min(limits.field_max_bytes)];
        omitted.fields += usize::from(kept.len() < value.len());
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        self.0.push(Field { name, value: kept.to_vec() });
    }

    /// Adds a folded line to the last field; says how many bytes were taken.
    fn fold(&mut self, line: &[u8], limits: &Limits, omitted: &mut Omitted) -> usize {
        let Some(field) = self.0.last_mut() else { return 0 };
        let line = line.trim_ascii_start();
        let room = limits.field_max_bytes.saturating_sub(field.value.len() + 1);
        let kept = &line[..line.len().min(room)];
        omitted.fields += usize::from(kept.len() < line.len());
        field.value.push(b' ');
        field.value.extend_from_slice(kept);
        kept.len() + 1
    }

    /// Are there none?
    pub(in super::super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of the first field of that name, given in lower case. Where a field that may stand once stands twice, the first
    /// counts, as with the mail programs that people see it in.
    pub(in super::super) fn raw(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|field| field.name == name).map(|field| field.value.as_slice())
    }

    /// The values of all fields of that name, given in lower case.
    pub(in super::super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().filter(move |field| field.name == name).map(|field| field.value.as_slice())
    }

    /// All fields, the topmost first: name in lower case, and value.
    pub(in super::super) fn topmost_first(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|field| (field.name.as_str(), field.value.as_slice()))
    }

    /// The first value of that name, decoded and trimmed.
    pub(in super::super) fn text(&self, name: &str) -> Option<String> {
        self.raw(name).map(|value| encoded::decode(value).trim().to_owned())
    }

    /// All values of that name, undecoded, with a space between them.
    pub(in super::super) fn joined(&self, name: &str) -> String {
        let values: Vec<_> = self.all(name).map(String::from_utf8_lossy).collect();
        values.join(" ")
    }
}

/// Name and value of a line that begins a field.
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().take(NAME_MAX_BYTES).position(|byte| *byte == b':')?;
    let name = line[..colon].trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    is_name.then(|| (name, line[colon + 1..].trim_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str, place: Place) -> (Headers, &str) {
        let (headers, at) = Headers::read(raw.as_bytes(), place, &Limits::default(), &mut Omitted::default());
        (headers, &raw[at..])
    }

    #[test]
    fn fields_are_unfolded_and_the_body_found() {
        let (headers, body) = read("\r\nSubject: a\r\n\tb\r\n \r\nX-A : 1\r\nx-a: 2\r\n\r\nbody", Place::Mail);
        assert_eq!(headers.text("subject").unwrap(), "a b");
        assert_eq!(headers.joined("x-a"), "1 2");
        assert_eq!(body, "body");
    }

    #[test]
    fn a_line_that_is_no_field_is_skipped_in_a_mail_and_begins_the_body_of_a_part() {
        let (headers, body) = read(">From x\nSubject: a\ngarbage\nTo: b\n\nbody", Place::Mail);
        assert_eq!((headers.raw("to").unwrap(), body), (b"b".as_slice(), "body"));
        let (headers, body) = read("Content-Type: text/plain\nHello there\n\nmore", Place::Part);
        assert!(headers.raw("content-type").is_some());
        assert_eq!(body, "Hello there\n\nmore");
    }

    #[test]
    fn a_header_without_end_costs_no_more_than_its_limit() {
        let limits = Limits { header_max_bytes: 1000, field_max_bytes: 100, ..Limits::default() };
        let raw = format!("A: {}\n{}\nbody", "x".repeat(500), "B: y\n".repeat(1000));
        let mut omitted = Omitted::default();
        let (headers, at) = Headers::read(raw.as_bytes(), Place::Mail, &limits, &mut omitted);
        assert_eq!(headers.raw("a").unwrap().len(), 100);
        assert_eq!(&raw[at..], "body");
        assert!(omitted.fields > 500 && headers.all("b").count() < 500);
    }
}
