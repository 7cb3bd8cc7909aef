//! Where a mail server is and how it is spoken to, read from one line: `imaps://user:password@host:port`.

use std::fmt;
use std::net::IpAddr;

use secrecy::SecretString;

use super::trust::Trust;

/// How a connection is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS after asking for it, and nothing without it.
    StartTls,
    /// Not at all: for servers on the same machine.
    None,
}

/// Which protocol it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Mails come from it.
    Imap,
    /// Mails go to it.
    Smtp,
}

/// Who logs in.
#[derive(Clone)]
pub struct Login {
    /// Their name.
    pub user: String,
    /// Their password.
    pub password: SecretString,
}

/// A mail server.
#[derive(Clone)]
pub struct MailServer {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept from others.
    pub security: Security,
    /// Who logs in, if anybody.
    pub login: Option<Login>,
    /// Whose certificates are believed.
    pub trust: Trust,
}

impl MailServer {
    /// Reads `imap://`, `imaps://`, `smtp://` or `smtps://` with an optional `user:password@` (`%`-escaped where it must be), a host, and an
    /// optional port. Without the `s` the connection begins plain and goes on with STARTTLS, unless the host is this machine or the line
    /// ends in `?tls=none`; `?tls=starttls` asks for it here too.
    ///
    /// # Errors
    /// What is wrong, without a word of the line: it holds a password.
    pub fn parse(protocol: Protocol, text: &str) -> Result<Self, &'static str> {
        let url = reqwest::Url::parse(text.trim()).map_err(|_| "must be a URL")?;
        let (plain, secure) = match protocol {
            Protocol::Imap => (("imap", 143), ("imaps", 993)),
            Protocol::Smtp => (("smtp", 587), ("smtps", 465)),
        };
        let host = url.host_str().map(|host| host.trim_matches(['[', ']']).to_owned());
        let host = host.filter(|host| !host.is_empty()).ok_or("must name a host")?;
        let wish = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
        let (security, port) = match (url.scheme(), wish.as_deref()) {
            (scheme, None) if scheme == secure.0 => (Security::Tls, secure.1),
            (scheme, Some("none")) if scheme == plain.0 => (Security::None, plain.1),
            (scheme, Some("starttls")) if scheme == plain.0 => (Security::StartTls, plain.1),
            (scheme, None) if scheme == plain.0 && is_local(&host) => (Security::None, plain.1),
            (scheme, None) if scheme == plain.0 => (Security::StartTls, plain.1),
            (scheme, Some(_)) if scheme == plain.0 => return Err("tls must be none or starttls"),
            _ => return Err("must begin with the protocol: imap, imaps, smtp or smtps"),
        };
        let user = unescaped(url.username()).ok_or("has a user name that does not read")?;
        let password = unescaped(url.password().unwrap_or_default()).ok_or("has a password that does not read")?;
        let login = (!user.is_empty()).then(|| Login { user, password: SecretString::from(password) });
        let (port, trust) = (url.port().unwrap_or(port), Trust::default());
        Ok(Self { host, port, security, login, trust })
    }

    /// The same, which believes these certificates.
    #[must_use]
    pub fn trusting(self, trust: &Trust) -> Self {
        Self { trust: trust.clone(), ..self }
    }
}

fn is_local(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The text without its `%`-escapes.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = tail.get(2..)?;
    }
    String::from_utf8(bytes).ok()
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(***)")
    }
}

impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailServer({}:{}, {:?})", self.host, self.port, self.security)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn imap(text: &str) -> MailServer {
        MailServer::parse(Protocol::Imap, text).unwrap()
    }

    #[test]
    fn a_line_says_where_and_how() {
        let far = imap("imap://mail.example.test");
        assert_eq!((far.port, far.security, far.login.is_none()), (143, Security::StartTls, true));
        assert_eq!(imap("imaps://mail.example.test").security, Security::Tls);
        assert_eq!(imap("imaps://mail.example.test").port, 993);
        assert_eq!(imap("imap://mail.example.test?tls=none").security, Security::None);
        for here in ["imap://localhost:1143", "imap://127.0.0.1:1143", "imap://[::1]:1143"] {
            assert_eq!((imap(here).port, imap(here).security), (1143, Security::None), "{here}");
        }
        assert_eq!(imap("imap://localhost?tls=starttls").security, Security::StartTls);
        let smtp = |text| MailServer::parse(Protocol::Smtp, text).unwrap().port;
        assert_eq!((smtp("smtp://mail.example.test"), smtp("smtps://mail.example.test")), (587, 465));
    }

    #[test]
    fn names_and_passwords_are_read_with_and_without_escapes_and_shown_nowhere() {
        for line in ["imap://help%40shop.test:p%3Aw%2F1%25@h.test", "imap://help@shop.test:p%3Aw%2f1%25@h.test"] {
            let server = imap(line);
            assert!(!format!("{server:?}").contains("p:w"), "{server:?}");
            let login = server.login.unwrap();
            assert_eq!((login.user.as_str(), login.password.expose_secret()), ("help@shop.test", "p:w/1%"));
        }
    }

    #[test]
    fn what_is_no_such_line_is_refused_without_a_word_of_it() {
        for wrong in [
            "",
            "mail",
            "http://h.test",
            "smtp://h.test",
            "imap://",
            "imap://h.test?tls=maybe",
            "imaps://h.test?tls=none",
        ] {
            let why = MailServer::parse(Protocol::Imap, wrong).unwrap_err();
            assert!(!why.contains("h.test"), "{why}");
        }
    }
}
