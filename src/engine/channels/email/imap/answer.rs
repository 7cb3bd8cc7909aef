//! What an IMAP server says, in tokens: words, texts and parentheses (RFC 3501, 9).

use std::io;
use std::time::Duration;

use super::super::link::Link;
use super::Listed;
use crate::domain::Timestamp;

/// The most literals of one answer.
const LITERALS_MAX: usize = 64;

/// The months as IMAP writes them.
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// One thing that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A word, a number, `NIL`.
    Word(String),
    /// A quoted text or a literal.
    Text(Vec<u8>),
    /// `(`
    Open,
    /// `)`
    Close,
}

/// How something went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    No,
    Bad,
    Bye,
    PreAuth,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// The server waits for more.
    Continue,
    /// How a command went, or (without a tag) the server.
    Status {
        tag: Option<String>,
        status: Status,
        /// What stands in brackets.
        code: Option<String>,
    },
    /// Anything else, without its star.
    Data(Vec<Token>),
}

impl Token {
    pub(super) fn word(&self) -> Option<&str> {
        if let Self::Word(word) = self { Some(word) } else { None }
    }
}

/// Reads one answer. No literal in it is longer than `literal_max`.
pub(super) async fn read(link: &mut Link, literal_max: usize, wait: Duration) -> io::Result<Answer> {
    let line = link.line_within(wait).await?;
    if line.first() == Some(&b'+') {
        return Ok(Answer::Continue);
    }
    if let Some(status) = status(&line) {
        return Ok(status);
    }
    let mut tokens = Vec::new();
    let mut line = line;
    for _ in 0..LITERALS_MAX {
        let Some(count) = literal(&line) else {
            tokenize(&line, &mut tokens);
            // Its star.
            tokens.drain(..tokens.len().min(1));
            return Ok(Answer::Data(tokens));
        };
        if count > literal_max {
            return Err(nonsense("a literal that is too long"));
        }
        let start = line.iter().rposition(|byte| *byte == b'{').unwrap_or(0);
        tokenize(&line[..start], &mut tokens);
        tokens.push(Token::Text(link.bytes(count).await?));
        line = link.line().await?;
    }
    Err(nonsense("too many literals"))
}

/// The words of a status need not be well formed: only its beginning is read.
fn status(line: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(line);
    let (tag, rest) = text.split_once(' ')?;
    let (word, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let status = match word.to_ascii_uppercase().as_str() {
        "OK" => Status::Ok,
        "NO" => Status::No,
        "BAD" => Status::Bad,
        "BYE" => Status::Bye,
        "PREAUTH" => Status::PreAuth,
        _ => return None,
    };
    let code = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(code, _)| code.to_owned());
    Some(Answer::Status { tag: (tag != "*").then(|| tag.to_owned()), status, code })
}

/// The length of the literal that a line ends with.
fn literal(line: &[u8]) -> Option<usize> {
    let inner = line.strip_suffix(b"}")?;
    let start = inner.iter().rposition(|byte| *byte == b'{')?;
    let digits = std::str::from_utf8(&inner[start + 1..]).ok()?.trim_end_matches('+');
    digits.parse().ok()
}

/// A quote that does not end is a text up to the line's end: the answer is nonsense then, and only that one.
fn tokenize(line: &[u8], tokens: &mut Vec<Token>) {
    let mut rest = line;
    while let Some((first, tail)) = rest.split_first() {
        rest = match first {
            b' ' => tail,
            b'(' => {
                tokens.push(Token::Open);
                tail
            }
            b')' => {
                tokens.push(Token::Close);
                tail
            }
            b'"' => {
                let (text, after) = quoted(tail).unwrap_or_else(|| (tail.to_vec(), &[]));
                tokens.push(Token::Text(text));
                after
            }
            _ => {
                let end = rest.iter().position(|byte| matches!(byte, b' ' | b'(' | b')' | b'"')).unwrap_or(rest.len());
                tokens.push(Token::Word(String::from_utf8_lossy(&rest[..end]).into_owned()));
                &rest[end..]
            }
        };
    }
}

/// The text up to the quote's end, and what follows it.
fn quoted(line: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut text = Vec::new();
    let mut bytes = line.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return Some((text, &line[at + 1..])),
            b'\\' => text.push(*bytes.next()?.1),
            other => text.push(*other),
        }
    }
    None
}

/// The UID of the mail that an answer is about, whatever else it says.
pub(super) fn uid(tokens: &[Token]) -> Option<u32> {
    let [Token::Word(_), Token::Word(word), items @ ..] = tokens else { return None };
    value(items, "UID").filter(|_| word.eq_ignore_ascii_case("FETCH"))?.word()?.parse().ok()
}

/// Size and time of the mail that an answer is about.
pub(super) fn listed(tokens: &[Token]) -> Option<Listed> {
    let items = items(tokens)?;
    let number = |name| value(items, name)?.word().map(str::to_owned);
    let Token::Text(arrived) = value(items, "INTERNALDATE")? else { return None };
    Some(Listed {
        uid: number("UID")?.parse().ok()?,
        size: number("RFC822.SIZE")?.parse().ok()?,
        arrived: moment(std::str::from_utf8(arrived).ok()?)?,
    })
}

/// UID and bytes of the mail that an answer brings.
pub(super) fn fetched(tokens: Vec<Token>) -> Option<(u32, Vec<u8>)> {
    let items = items(&tokens)?;
    let uid = value(items, "UID")?.word()?.parse().ok()?;
    let name = tokens
        .iter()
        .position(|token| token.word().is_some_and(|word| word.to_ascii_uppercase().starts_with("BODY[")))?;
    match tokens.into_iter().nth(name + 1)? {
        Token::Text(bytes) => Some((uid, bytes)),
        // `NIL`: there is nothing.
        Token::Word(_) => Some((uid, Vec::new())),
        Token::Open | Token::Close => None,
    }
}

/// What stands in the parentheses of `<n> FETCH (...)`.
fn items(tokens: &[Token]) -> Option<&[Token]> {
    match tokens {
        [Token::Word(_), Token::Word(word), Token::Open, items @ .., Token::Close]
            if word.eq_ignore_ascii_case("FETCH") =>
        {
            Some(items)
        }
        _ => None,
    }
}

fn value<'a>(items: &'a [Token], name: &str) -> Option<&'a Token> {
    let at = items.iter().position(|token| token.word().is_some_and(|word| word.eq_ignore_ascii_case(name)))?;
    items.get(at + 1)
}

/// `17-Jul-1996 02:44:25 -0700`
fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let (date, rest) = text.split_once(' ')?;
    let (time, zone) = rest.split_once(' ')?;
    let mut date = date.split('-');
    let (day, month, year) = (date.next()?, date.next()?, date.next()?);
    let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))? + 1;
    let (hours, minutes) = zone.split_at_checked(3)?;
    Timestamp::parse(&format!("{year}-{month:02}-{day:0>2}T{time}{hours}:{minutes}"))
}

/// The day before a moment, which is surely not after it wherever the server is.
pub(super) fn date(at: Timestamp) -> String {
    const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
    let text = Timestamp::from_ms((at.as_ms() - DAY_MS).max(0)).to_string();
    let mut parts = text.split(['-', 'T']);
    let (year, month, day) = (parts.next().unwrap_or("1970"), parts.next(), parts.next().unwrap_or("01"));
    let month = month.and_then(|month| month.parse::<usize>().ok()).and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    format!("{}-{}-{year}", day.trim_start_matches('0'), month.unwrap_or(&"Jan"))
}

fn nonsense(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(line: &str) -> Vec<Token> {
        let mut tokens = Vec::new();
        tokenize(line.as_bytes(), &mut tokens);
        tokens
    }

    #[test]
    fn sizes_and_times_are_read_in_whatever_order_they_come() {
        let one = tokens(r#"3 FETCH (UID 9 RFC822.SIZE 311 INTERNALDATE "17-Jul-2026 02:44:25 -0700")"#);
        let other = tokens(
            r#"3 fetch (INTERNALDATE " 7-Jul-2026 02:44:25 +0000" FLAGS (\Seen) RFC822.SIZE 1 UID 8 MODSEQ (7))"#,
        );
        let at = |text| Timestamp::parse(text).unwrap();
        assert_eq!(listed(&one).unwrap(), Listed { uid: 9, size: 311, arrived: at("2026-07-17T09:44:25Z") });
        assert_eq!(listed(&other).unwrap(), Listed { uid: 8, size: 1, arrived: at("2026-07-07T02:44:25Z") });
        assert_eq!(listed(&tokens("3 FETCH (FLAGS (\\Seen))")), None);
    }

    #[test]
    fn an_answer_that_does_not_read_is_about_some_mail_still() {
        let broken = tokens(r#"3 FETCH (UID 9 RFC822.SIZE 311 INTERNALDATE "the other day")"#);
        assert_eq!((listed(&broken), uid(&broken)), (None, Some(9)));
        let endless = tokens(r#"3 FETCH (RFC822.SIZE 311 UID 9 INTERNALDATE "17-Jul"#);
        assert_eq!((listed(&endless), uid(&endless)), (None, Some(9)));
        assert_eq!(uid(&tokens("3 EXISTS")), None);
    }

    #[test]
    fn a_day_before_is_what_is_asked_for() {
        assert_eq!(date(Timestamp::parse("2026-11-02T10:00:00Z").unwrap()), "1-Nov-2026");
        assert_eq!(date(Timestamp::from_ms(0)), "1-Jan-1970");
    }

    #[test]
    fn a_status_is_read_whatever_its_words_are() {
        let read = status(b"* OK [UIDVALIDITY 17] \"UIDs (valid").unwrap();
        assert_eq!(read, Answer::Status { tag: None, status: Status::Ok, code: Some("UIDVALIDITY 17".to_owned()) });
        assert!(matches!(
            status(b"s4 NO [AUTHENTICATIONFAILED] no"),
            Some(Answer::Status { tag: Some(_), status: Status::No, .. })
        ));
        assert_eq!(status(b"* 3 EXISTS"), None);
    }

    #[test]
    fn what_ends_a_line_with_a_count_is_followed_by_bytes() {
        assert_eq!(literal(b"* 1 FETCH (BODY[] {12}"), Some(12));
        assert_eq!((literal(b"* 1 FETCH"), literal(b"{x}")), (None, None));
    }
}
