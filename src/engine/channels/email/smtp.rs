//! Hands one mail to a server (RFC 5321), and says exactly how far it came: whether it is sure that the server does not have it is
//! what decides if it may be sent again at once. A library that does not tell before from behind the final dot can not say that.

use std::io;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;
use tokio::time::timeout;

use super::link::{Link, STALL_TIMEOUT};
use super::server::{Login, MailServer, Security};
use super::trust::said;
use crate::channels::failure::{Failure, FailureClass, Scope};

/// The most lines of one answer.
const REPLY_MAX_LINES: usize = 200;

/// The longest line of an answer, in bytes; 512 are allowed (RFC 5321, 4.5.3.1.5).
const LINE_MAX_BYTES: usize = 4 * 1024;

/// How long everything up to the final dot may take, however little the server does each time.
const HANDING_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// How long the server may take for its answer to the final dot: it may deliver the mail before it says so (RFC 5321, 4.5.3.2.6). Whoever
/// does not wait that long sends the mail twice.
const TAKING_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// From whom and to whom, and what.
pub(super) struct Parcel<'a> {
    pub(super) from: &'a str,
    pub(super) to: &'a [&'a str],
    /// Lines with carriage return and line feed, in ASCII.
    pub(super) mail: &'a [u8],
}

/// What a server answered.
struct Reply {
    code: u16,
    /// Its words, line by line, without the code.
    lines: Vec<String>,
}

/// Where in the conversation something went wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Greeting,
    Login,
    Sender,
    Recipient,
    /// Before the final dot, and what the server said to it.
    Content,
}

/// Sends a mail and waits until the server has it.
///
/// # Errors
/// Why it does not have it; `Unclear` where it may.
pub(super) async fn send(server: &MailServer, parcel: &Parcel<'_>) -> Result<(), Failure> {
    send_within(server, parcel, HANDING_TIMEOUT, TAKING_TIMEOUT).await
}

async fn send_within(
    server: &MailServer,
    parcel: &Parcel<'_>,
    handing: Duration,
    taking: Duration,
) -> Result<(), Failure> {
    let late = |_elapsed| Err(lost(&io::ErrorKind::TimedOut.into()));
    let mut link = timeout(handing, hand(server, parcel)).await.unwrap_or_else(late)?;
    // From here on the server may have it whatever we hear.
    let answered = async {
        link.send(b".\r\n").await?;
        read_within(&mut link, taking).await
    };
    let answered = timeout(taking, answered).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    answered.map_err(|why| unclear(&why))?.expect(2, Stage::Content)?;
    // It has it: what it says to the farewell does not matter.
    let _ = link.send(b"QUIT\r\n").await;
    Ok(())
}

/// Hands a mail over, but for the final dot.
async fn hand(server: &MailServer, parcel: &Parcel<'_>) -> Result<Link, Failure> {
    let mut link = Link::connect(server).await.map_err(|why| lost(&why))?.with_lines_of(LINE_MAX_BYTES);
    let reply = read(&mut link).await.map_err(|why| lost(&why))?;
    reply.expect(2, Stage::Greeting)?;
    let mut abilities = hello(&mut link).await?;
    if server.security == Security::StartTls {
        if !has(&abilities, "STARTTLS") {
            return Err(Failure::noted(FailureClass::Policy, "the server offers no encryption (STARTTLS)"));
        }
        ask(&mut link, "STARTTLS").await?.expect(2, Stage::Greeting)?;
        link = link.secured().await.map_err(|why| lost(&why))?;
        abilities = hello(&mut link).await?;
    }
    if let Some(login) = &server.login {
        log_in(&mut link, login, &abilities).await?;
    }
    let size = format!(" SIZE={}", parcel.mail.len());
    let size = if has(&abilities, "SIZE") { size.as_str() } else { "" };
    let from = format!("MAIL FROM:<{}>{size}", parcel.from);
    ask(&mut link, &from).await?.expect(2, Stage::Sender)?;
    for to in parcel.to {
        ask(&mut link, &format!("RCPT TO:<{to}>")).await?.expect(2, Stage::Recipient)?;
    }
    ask(&mut link, "DATA").await?.expect(3, Stage::Content)?;
    link.send(&stuffed(parcel.mail)).await.map_err(|why| lost(&why))?;
    Ok(link)
}

async fn hello(link: &mut Link) -> Result<Vec<String>, Failure> {
    let local = if link.local.contains(':') { format!("IPv6:{}", link.local) } else { link.local.clone() };
    let reply = ask(link, &format!("EHLO [{local}]")).await?;
    reply.expect(2, Stage::Greeting)?;
    Ok(reply.lines.iter().skip(1).map(|line| line.to_ascii_uppercase()).collect())
}

async fn log_in(link: &mut Link, login: &Login, abilities: &[String]) -> Result<(), Failure> {
    let ways = abilities.iter().find_map(|line| line.strip_prefix("AUTH ")).unwrap_or_default();
    let offers = |way: &str| ways.split_whitespace().any(|offered| offered == way);
    let password = login.password.expose_secret();
    if offers("PLAIN") {
        let token = STANDARD.encode(format!("\0{}\0{password}", login.user));
        return ask(link, &format!("AUTH PLAIN {token}")).await?.expect(2, Stage::Login);
    }
    if offers("LOGIN") {
        ask(link, "AUTH LOGIN").await?.expect(3, Stage::Login)?;
        ask(link, &STANDARD.encode(&login.user)).await?.expect(3, Stage::Login)?;
        return ask(link, &STANDARD.encode(password)).await?.expect(2, Stage::Login);
    }
    Err(Failure::noted(FailureClass::Credentials, "the server offers no login that is known here"))
}

fn has(abilities: &[String], name: &str) -> bool {
    abilities.iter().any(|line| line.split_whitespace().next() == Some(name))
}

async fn ask(link: &mut Link, line: &str) -> Result<Reply, Failure> {
    // Addresses were checked where they were read; a line that is two is no line of ours.
    if line.contains(['\r', '\n']) {
        return Err(Failure::new(FailureClass::Permanent, None, "an address can not be written to"));
    }
    let asked = async {
        link.send(format!("{line}\r\n").as_bytes()).await?;
        read(link).await
    };
    asked.await.map_err(|why| lost(&why))
}

async fn read(link: &mut Link) -> io::Result<Reply> {
    read_within(link, STALL_TIMEOUT).await
}

/// An answer, for each line of which is waited so long.
async fn read_within(link: &mut Link, wait: Duration) -> io::Result<Reply> {
    let nonsense = || io::Error::new(io::ErrorKind::InvalidData, "no answer of a mail server");
    let mut lines = Vec::new();
    loop {
        let line = link.line_within(wait).await?;
        let line = String::from_utf8_lossy(&line).into_owned();
        let code: u16 = line.get(..3).and_then(|code| code.parse().ok()).ok_or_else(nonsense)?;
        let is_last = line.as_bytes().get(3) != Some(&b'-');
        lines.push(line.get(4..).unwrap_or_default().to_owned());
        if is_last {
            return Ok(Reply { code, lines });
        }
        if lines.len() >= REPLY_MAX_LINES {
            return Err(nonsense());
        }
    }
}

impl Reply {
    /// Goes on with an answer of this class only.
    fn expect(&self, class: u16, stage: Stage) -> Result<(), Failure> {
        if self.code / 100 == class { Ok(()) } else { Err(self.failure(stage)) }
    }

    fn failure(&self, stage: Stage) -> Failure {
        let class = match (self.code, stage) {
            (421, _) | (400..=499, Stage::Greeting | Stage::Login) => FailureClass::Retry,
            (530 | 534 | 535 | 538, _) | (500..=599, Stage::Login) => FailureClass::Credentials,
            // Greylisting, a full mailbox, a busy server: this mail waits, others go on.
            (400..=499, _) => FailureClass::SlowDown(Scope::Pair),
            (552, _) => FailureClass::Permanent,
            // The server serves nobody, or nobody who writes from this address.
            (500..=599, Stage::Greeting | Stage::Sender) => FailureClass::Policy,
            (500..=599, Stage::Recipient | Stage::Content) => FailureClass::Permanent,
            _ => FailureClass::Retry,
        };
        Failure::new(class, Some(i64::from(self.code)), &self.lines.join(" "))
    }
}

/// The mail with its dots doubled at the beginning of lines, and with an end of its last line.
fn stuffed(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len() + 64);
    for line in mail.split_inclusive(|byte| *byte == b'\n') {
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// The connection is gone, and the server surely does not have the mail.
fn lost(why: &io::Error) -> Failure {
    Failure::noted(FailureClass::Retry, &format!("no connection: {}", said(why)))
}

fn unclear(why: &io::Error) -> Failure {
    Failure::noted(FailureClass::Unclear, &format!("no answer to the whole mail: {}", said(why)))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;

    use super::*;

    fn class(code: u16, stage: Stage) -> FailureClass {
        Reply { code, lines: Vec::new() }.failure(stage).class
    }

    #[test]
    fn an_answer_says_what_helps_by_where_it_was_given() {
        assert_eq!(class(421, Stage::Recipient), FailureClass::Retry);
        assert_eq!(class(454, Stage::Login), FailureClass::Retry);
        assert_eq!(class(535, Stage::Login), FailureClass::Credentials);
        assert_eq!(class(530, Stage::Sender), FailureClass::Credentials);
        assert_eq!(class(550, Stage::Sender), FailureClass::Policy);
        assert_eq!(class(451, Stage::Recipient), FailureClass::SlowDown(Scope::Pair));
        assert_eq!(class(550, Stage::Recipient), FailureClass::Permanent);
        assert_eq!(class(552, Stage::Sender), FailureClass::Permanent);
        assert_eq!(class(554, Stage::Content), FailureClass::Permanent);
    }

    /// What comes of a mail to a server that gives this answer to `at`, or none. The first wait is for everything up to the final dot.
    async fn sent_to(at: &'static str, said: Option<String>, waits: (Duration, Duration)) -> Result<(), Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = MailServer {
            host: "127.0.0.1".to_owned(),
            port: listener.local_addr().unwrap().port(),
            security: Security::None,
            login: None,
            trust: crate::engine::channels::email::Trust::default(),
        };
        let served = tokio::spawn(async move {
            let mut link = BufReader::new(listener.accept().await?.0);
            let mut word = "220".to_owned();
            loop {
                if word == at {
                    let Some(said) = &said else { return std::future::pending().await };
                    link.write_all(said.as_bytes()).await?;
                } else {
                    link.write_all(if word == "DATA" { b"354 go on\r\n" } else { b"250 well\r\n" }).await?;
                }
                word.clear();
                while matches!(word.as_str(), "" | "X-Mail") {
                    let mut line = String::new();
                    if link.read_line(&mut line).await? == 0 {
                        return io::Result::Ok(());
                    }
                    line.trim_end().split([' ', ':']).next().unwrap_or_default().clone_into(&mut word);
                }
            }
        });
        let parcel = Parcel { from: "a@example.test", to: &["b@example.test"], mail: b"X-Mail: 1\r\n" };
        let sent = send_within(&server, &parcel, waits.0, waits.1).await;
        served.abort();
        sent
    }

    #[tokio::test]
    async fn a_server_has_its_time_for_the_whole_and_more_of_it_for_the_final_dot() {
        let (short, long) = (Duration::from_millis(200), Duration::from_secs(20));
        assert_eq!(sent_to("RCPT", None, (short, long)).await.unwrap_err().class, FailureClass::Retry);
        assert_eq!(sent_to(".", None, (long, short)).await.unwrap_err().class, FailureClass::Unclear);
        assert_eq!(sent_to(".", Some("250 well\r\n".to_owned()), (long, long)).await, Ok(()));
        assert!(TAKING_TIMEOUT >= Duration::from_secs(600), "RFC 5321, 4.5.3.2.6");
    }

    #[tokio::test]
    async fn an_answer_without_end_is_not_listened_to() {
        let waits = (HANDING_TIMEOUT, TAKING_TIMEOUT);
        let endless = |at| sent_to(at, Some(format!("250 {}\r\n", "x".repeat(LINE_MAX_BYTES))), waits);
        assert_eq!(endless("MAIL").await.unwrap_err().class, FailureClass::Retry);
        assert_eq!(endless(".").await.unwrap_err().class, FailureClass::Unclear);
    }

    #[test]
    fn a_line_that_begins_with_a_dot_does_not_end_the_mail() {
        assert_eq!(stuffed(b"a\r\n.\r\n..b\r\nc"), b"a\r\n..\r\n...b\r\nc\r\n");
    }
}
