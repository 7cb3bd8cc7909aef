//! As much of IMAP (RFC 3501, IDLE by RFC 2177) as reading one mailbox takes: log in, select, look for what is new, fetch it without marking
//! it as seen, wait. Everything that a server sends is bounded, and none of it gets into an error's text.

mod answer;

use std::io;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;
use tokio::time::{Instant, timeout_at};

use super::link::{Link, STALL_TIMEOUT};
use super::server::{Login, MailServer, Security};
use super::trust::said;
use crate::domain::Timestamp;
use answer::{Answer, Status, Token};

/// The longest literal that is taken besides mails, in bytes.
const LITERAL_MAX_BYTES: usize = 64 * 1024;

/// What an answer may hold around a mail, in bytes: servers count sizes in different ways.
const LITERAL_SLACK_BYTES: usize = 64 * 1024;

/// The most answers to one command.
const ANSWERS_MAX: usize = 1_000_000;

/// What all answers to one command may have together, in bytes, beside the longest literal that is asked for.
const ANSWERS_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// What went wrong with a server.
#[derive(Debug, thiserror::Error)]
pub(super) enum ImapError {
    /// There is no connection, or none any more.
    #[error("no connection: {}", said(.0))]
    Link(#[from] io::Error),
    /// The server does not let us in.
    #[error("the server refuses the login")]
    Login,
    /// The server refuses a command.
    #[error("the server refuses {0}")]
    Refused(&'static str),
    /// The server can not do something now, and says that it is for nothing of ours (`UNAVAILABLE`, RFC 5530).
    #[error("the server can not do {0} now")]
    Later(&'static str),
    /// The server says what no server says.
    #[error("the server's answer does not read: {0}")]
    Nonsense(&'static str),
}

/// A mailbox that was selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Selected {
    /// While it stays the same, so do the UIDs.
    pub(super) validity: u32,
}

/// What is known of a mail before it is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) uid: u32,
    /// In bytes.
    pub(super) size: u64,
    /// When the server took it.
    pub(super) arrived: Timestamp,
}

/// What a server told of mails. Those that are gone are missing.
#[derive(Debug)]
pub(super) struct Told<T> {
    /// In the order of their UIDs.
    pub(super) mails: Vec<T>,
    /// UIDs of mails that are there, of which it told what does not read.
    pub(super) unread: Vec<u32>,
}

impl<T> Told<T> {
    /// It, unless nothing of it reads: that may be for the server as well as for the mails.
    pub(super) fn if_any(self) -> Result<Self, ImapError> {
        if self.mails.is_empty() && !self.unread.is_empty() { Err(ImapError::Nonsense("mails")) } else { Ok(self) }
    }
}

/// What of a mail is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it.
    Whole,
    /// Its header, or so much of it as is wanted at most.
    Header,
}

impl ImapError {
    /// Whether it may be for a mail that was asked for. Servers end the connection or fall silent at a mail that they can not read
    /// themselves; the way to them may be at fault just as well, so once proves nothing.
    pub(super) const fn is_of_a_mail(&self) -> bool {
        !matches!(self, Self::Login)
    }

    /// Whether the server answered, and the connection goes on.
    pub(super) const fn is_said(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Later(_))
    }

    /// Whether the connection broke or fell silent, which may be for the way to the server as well as for what was asked.
    pub(super) fn is_of_the_way(&self) -> bool {
        matches!(self, Self::Link(why) if why.kind() != io::ErrorKind::InvalidData)
    }
}

/// A connection that is logged in.
pub(super) struct Imap {
    link: Link,
    tags: u32,
    idles: bool,
    /// Whether the server told of mails since this was last asked.
    news: bool,
}

impl Imap {
    /// Connects and logs in.
    pub(super) async fn connect(server: &MailServer) -> Result<Self, ImapError> {
        let mut imap = Self { link: Link::connect(server).await?, tags: 0, idles: false, news: false };
        let greeting = imap.answer(LITERAL_MAX_BYTES).await?;
        let Answer::Status { tag: None, status, .. } = greeting else { return Err(ImapError::Nonsense("greeting")) };
        if server.security == Security::StartTls {
            // Not before: what is plain says nothing of the login.
            imap.command("STARTTLS", "encryption (STARTTLS)", LITERAL_MAX_BYTES).await?;
            imap.link = imap.link.secured().await?;
        }
        match (status, &server.login) {
            (Status::Ok, Some(login)) => imap.log_in(login).await?,
            (Status::Ok | Status::PreAuth, None) | (Status::PreAuth, Some(_)) => {}
            _ => return Err(ImapError::Refused("the connection")),
        }
        let able = imap.capabilities().await?;
        imap.idles = able.iter().any(|ability| ability == "IDLE");
        Ok(imap)
    }

    /// How many bytes came so far.
    pub(super) const fn received(&self) -> u64 {
        self.link.received()
    }

    /// Whether the server told of mails since it was last asked for them.
    pub(super) const fn has_news(&self) -> bool {
        self.news
    }

    async fn log_in(&mut self, login: &Login) -> Result<(), ImapError> {
        let able = self.capabilities().await?;
        let password = login.password.expose_secret();
        let done = if able.iter().any(|ability| ability == "AUTH=PLAIN") {
            let token = STANDARD.encode(format!("\0{}\0{password}", login.user));
            self.authenticate(&token).await
        } else {
            let line = format!("LOGIN {} {}", quoted(&login.user)?, quoted(password)?);
            self.command(&line, "the login", LITERAL_MAX_BYTES).await.map(drop)
        };
        done.map_err(|why| if matches!(why, ImapError::Refused(_)) { ImapError::Login } else { why })
    }

    async fn authenticate(&mut self, token: &str) -> Result<(), ImapError> {
        let tag = self.send("AUTHENTICATE PLAIN").await?;
        match self.answer(LITERAL_MAX_BYTES).await? {
            Answer::Continue => {}
            Answer::Status { tag: Some(_), code, .. } => return Err(refused("the login", code.as_deref())),
            Answer::Status { .. } | Answer::Data(_) => return Err(ImapError::Nonsense("login")),
        }
        self.link.send(format!("{token}\r\n").as_bytes()).await?;
        self.finish(&tag, "the login", LITERAL_MAX_BYTES).await.map(drop)
    }

    async fn capabilities(&mut self) -> Result<Vec<String>, ImapError> {
        let answers = self.command("CAPABILITY", "CAPABILITY", LITERAL_MAX_BYTES).await?;
        let words = answers.iter().filter(|tokens| is(tokens, 0, "CAPABILITY")).flatten();
        Ok(words.filter_map(Token::word).map(str::to_ascii_uppercase).collect())
    }

    /// Selects a mailbox, to read only.
    pub(super) async fn examine(&mut self, folder: &str) -> Result<Selected, ImapError> {
        let tag = self.send(&format!("EXAMINE {}", quoted(folder)?)).await?;
        let mut validity = None;
        for _ in 0..ANSWERS_MAX {
            match self.answer(LITERAL_MAX_BYTES).await? {
                Answer::Status { tag: Some(of), status, .. } if of == tag => {
                    let validity = validity.filter(|_| status == Status::Ok);
                    return validity.map(|validity| Selected { validity }).ok_or(ImapError::Refused("the mailbox"));
                }
                Answer::Status { tag: None, code: Some(code), .. } => {
                    let given = code.strip_prefix("UIDVALIDITY ").and_then(|value| value.trim().parse().ok());
                    validity = given.or(validity);
                }
                Answer::Status { .. } | Answer::Data(_) | Answer::Continue => {}
            }
        }
        Err(ImapError::Nonsense("mailbox"))
    }

    /// The UIDs behind one, in order, of mails that came on this day or later.
    pub(super) async fn behind(&mut self, uid: u32, since: Timestamp) -> Result<Vec<u32>, ImapError> {
        self.news = false;
        let from = uid.checked_add(1).ok_or(ImapError::Nonsense("no UID is left"))?;
        let found = self.search(&format!("UID {from}:* SINCE {}", answer::date(since))).await?;
        // `n:*` means the last mail too, even if its UID is below n.
        Ok(found.into_iter().filter(|found| *found > uid).collect())
    }

    /// Sizes and times of mails.
    pub(super) async fn list(&mut self, uids: &[u32]) -> Result<Told<Listed>, ImapError> {
        let line = format!("UID FETCH {} (UID RFC822.SIZE INTERNALDATE)", set(uids));
        let answers = self.command(&line, "the list", LITERAL_MAX_BYTES).await?;
        let read = answers.into_iter().map(|tokens| (answer::uid(&tokens), answer::listed(&tokens)));
        let told = told(uids, read, |mail| mail.uid);
        self.and_untold(uids, told, |mail| mail.uid).await
    }

    /// The bytes of mails, of which none has more than `largest`.
    pub(super) async fn fetch(
        &mut self,
        uids: &[u32],
        extent: Extent,
        largest: u64,
    ) -> Result<Told<(u32, Vec<u8>)>, ImapError> {
        let what = match extent {
            Extent::Whole => "BODY.PEEK[]".to_owned(),
            Extent::Header => format!("BODY.PEEK[HEADER]<0.{largest}>"),
        };
        let most = usize::try_from(largest).unwrap_or(usize::MAX).saturating_add(LITERAL_SLACK_BYTES);
        let answers = self.command(&format!("UID FETCH {} (UID {what})", set(uids)), "a mail", most).await?;
        let read = answers.into_iter().map(|tokens| (answer::uid(&tokens), answer::fetched(tokens)));
        let told = told(uids, read, |(uid, _)| *uid);
        self.and_untold(uids, told, |(uid, _)| *uid).await
    }

    /// The same, with those of which the server told nothing that says whose it is, though they are there. Most of these are gone.
    async fn and_untold<T>(
        &mut self,
        uids: &[u32],
        mut told: Told<T>,
        uid_of: impl Fn(&T) -> u32,
    ) -> Result<Told<T>, ImapError> {
        let is_told = |uid: &u32| told.unread.contains(uid) || told.mails.iter().any(|mail| uid_of(mail) == *uid);
        let untold: Vec<u32> = uids.iter().copied().filter(|uid| !is_told(uid)).collect();
        if !untold.is_empty() {
            let found = self.search(&format!("UID {}", set(&untold))).await?;
            told.unread.extend(found.into_iter().filter(|uid| untold.contains(uid)));
            told.unread.sort_unstable();
        }
        Ok(told)
    }

    /// The UIDs of mails, in order.
    async fn search(&mut self, what: &str) -> Result<Vec<u32>, ImapError> {
        let answers = self.command(&format!("UID SEARCH {what}"), "the search", LITERAL_MAX_BYTES).await?;
        let words = answers.iter().filter(|tokens| is(tokens, 0, "SEARCH")).flat_map(|tokens| tokens.iter().skip(1));
        let mut found: Vec<u32> = words.filter_map(|token| token.word()?.parse().ok()).collect();
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Waits until there may be something new: as the server tells, or for `poll` where it does not tell, and for `longest` at most.
    pub(super) async fn wait(&mut self, poll: Duration, longest: Duration) -> Result<(), ImapError> {
        if self.news {
            return Ok(());
        }
        if !self.idles {
            return self.poll(poll).await;
        }
        let tag = self.send("IDLE").await?;
        let until = Instant::now() + longest;
        while !self.news {
            match timeout_at(until, self.answer_within(LITERAL_MAX_BYTES, longest + STALL_TIMEOUT)).await {
                Err(_elapsed) => break,
                Ok(Ok(Answer::Status { tag: Some(_), .. })) => {
                    // It offers what it does not do.
                    self.idles = false;
                    return self.poll(poll).await;
                }
                Ok(Ok(Answer::Continue | Answer::Data(_) | Answer::Status { .. })) => {}
                Ok(Err(why)) => return Err(why),
            }
        }
        self.link.send(b"DONE\r\n").await?;
        self.finish(&tag, "IDLE", LITERAL_MAX_BYTES).await.map(drop)
    }

    async fn poll(&mut self, poll: Duration) -> Result<(), ImapError> {
        tokio::time::sleep(poll).await;
        self.command("NOOP", "NOOP", LITERAL_MAX_BYTES).await.map(drop)
    }

    async fn send(&mut self, line: &str) -> Result<String, ImapError> {
        self.tags = self.tags.wrapping_add(1);
        let tag = format!("s{}", self.tags);
        self.link.send(format!("{tag} {line}\r\n").as_bytes()).await?;
        Ok(tag)
    }

    /// Does a command and gives what the server said before it was done.
    async fn command(
        &mut self,
        line: &str,
        what: &'static str,
        literal_max: usize,
    ) -> Result<Vec<Vec<Token>>, ImapError> {
        let tag = self.send(line).await?;
        self.finish(&tag, what, literal_max).await
    }

    async fn finish(
        &mut self,
        tag: &str,
        what: &'static str,
        literal_max: usize,
    ) -> Result<Vec<Vec<Token>>, ImapError> {
        let mut said = Vec::new();
        let most = self.received().saturating_add(ANSWERS_MAX_BYTES).saturating_add(literal_max as u64);
        for _ in 0..ANSWERS_MAX {
            match self.answer(literal_max).await? {
                Answer::Status { tag: Some(of), status, code } if of == tag => {
                    return if status == Status::Ok { Ok(said) } else { Err(refused(what, code.as_deref())) };
                }
                _ if self.received() > most => break,
                Answer::Data(tokens) => said.push(tokens),
                Answer::Status { .. } | Answer::Continue => {}
            }
        }
        Err(ImapError::Nonsense("too many answers"))
    }

    async fn answer(&mut self, literal_max: usize) -> Result<Answer, ImapError> {
        self.answer_within(literal_max, STALL_TIMEOUT).await
    }

    async fn answer_within(&mut self, literal_max: usize, wait: Duration) -> Result<Answer, ImapError> {
        let answer = answer::read(&mut self.link, literal_max, wait).await?;
        match &answer {
            Answer::Status { tag: None, status: Status::Bye, .. } => {
                Err(io::Error::from(io::ErrorKind::ConnectionReset).into())
            }
            Answer::Data(tokens) => {
                self.news |= is(tokens, 1, "EXISTS");
                Ok(answer)
            }
            Answer::Status { .. } | Answer::Continue => Ok(answer),
        }
    }
}

/// Why something was not done, by the code in brackets.
fn refused(what: &'static str, code: Option<&str>) -> ImapError {
    match code {
        Some(code) if code.eq_ignore_ascii_case("UNAVAILABLE") => ImapError::Later(what),
        _ => ImapError::Refused(what),
    }
}

fn is(tokens: &[Token], at: usize, word: &str) -> bool {
    tokens.get(at).and_then(Token::word).is_some_and(|found| found.eq_ignore_ascii_case(word))
}

/// What was told of the mails that were asked for, of each once.
fn told<T>(
    uids: &[u32],
    read: impl Iterator<Item = (Option<u32>, Option<T>)>,
    uid_of: impl Fn(&T) -> u32 + Copy,
) -> Told<T> {
    let (mut mails, mut unread): (Vec<T>, Vec<u32>) = (Vec::new(), Vec::new());
    for (uid, mail) in read {
        match mail {
            Some(mail) => mails.push(mail),
            None => unread.extend(uid),
        }
    }
    mails.retain(|mail| uids.contains(&uid_of(mail)));
    mails.sort_by_key(uid_of);
    mails.dedup_by_key(|mail| uid_of(mail));
    // Servers tell of changed flags between answers; whatever else is told of such a mail counts.
    unread.retain(|uid| uids.contains(uid) && !mails.iter().any(|mail| uid_of(mail) == *uid));
    unread.sort_unstable();
    unread.dedup();
    Told { mails, unread }
}

/// UIDs as a set, runs as ranges.
fn set(uids: &[u32]) -> String {
    let mut out = String::new();
    let mut at = 0;
    while let Some(first) = uids.get(at) {
        let run =
            uids[at..].iter().zip(0..).take_while(|(uid, step)| first.checked_add(*step) == Some(**uid)).count().max(1);
        let last = uids[at + run - 1];
        if !out.is_empty() {
            out.push(',');
        }
        out.push_str(&if run == 1 { first.to_string() } else { format!("{first}:{last}") });
        at += run;
    }
    out
}

/// A text as IMAP quotes it. What needs another form is refused: servers differ in what they make of it.
fn quoted(text: &str) -> Result<String, ImapError> {
    if text.chars().any(|c| c.is_control()) || !text.is_ascii() {
        return Err(ImapError::Nonsense("a name or password that can not be written"));
    }
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_uids_are_ranges() {
        assert_eq!(set(&[1, 2, 3, 7, 9, 10]), "1:3,7,9:10");
        assert_eq!(set(&[u32::MAX - 1, u32::MAX]), "4294967294:4294967295");
        assert_eq!(set(&[]), "");
    }

    #[test]
    fn a_quoted_text_stays_one() {
        assert_eq!(quoted("a\"b\\c").unwrap(), "\"a\\\"b\\\\c\"");
        assert!(quoted("a\r\nb").is_err());
    }
}
