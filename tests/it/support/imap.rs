//! An IMAP server in the test's own process, whose mails can be bad in ways in which no good server's are.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::dovecot::imap_url;

/// What is wrong with a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// Whoever asks for it is refused.
    Refused,
    /// It claims to be of more bytes than anybody takes.
    Endless,
    /// When it came does not read.
    Undated,
    /// It is said to be too large; its header is there.
    Large,
}

/// See the module.
pub(crate) struct ImapPeer {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl ImapPeer {
    /// Starts one with these mails, whose UIDs are 1, 2, 3 and so on. It offers IDLE, and does it only if `idles`.
    pub(crate) async fn start(mails: Vec<(Fault, String)>, idles: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let peer = Self { port, heard: Arc::default() };
        let (mails, heard) = (Arc::new(mails), Arc::clone(&peer.heard));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (mails, heard) = (Arc::clone(&mails), Arc::clone(&heard));
                tokio::spawn(async move {
                    // An error says that the other side is gone.
                    let _ = serve(stream, &mails, idles, &heard).await;
                });
            }
        });
        peer
    }

    /// Its address, with a login.
    pub(crate) fn url(&self) -> String {
        imap_url(self.port)
    }

    /// The commands that it heard, without their tags.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("whole").clone()
    }
}

async fn serve(
    stream: TcpStream,
    mails: &[(Fault, String)],
    idles: bool,
    heard: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut link = BufReader::new(stream);
    link.write_all(b"* OK peer\r\n").await?;
    loop {
        let mut line = String::new();
        if link.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let Some((tag, command)) = line.trim_end().split_once(' ') else { return Ok(()) };
        heard.lock().expect("whole").push(command.to_owned());
        let (said, done) = match command.split(' ').next().unwrap_or_default() {
            "CAPABILITY" => ("* CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE\r\n".to_owned(), "OK done"),
            "AUTHENTICATE" => {
                go_on(&mut link).await?;
                (String::new(), "OK in")
            }
            "EXAMINE" => ("* OK [UIDVALIDITY 1] UIDs\r\n".to_owned(), "OK done"),
            "IDLE" if idles => {
                go_on(&mut link).await?;
                (String::new(), "OK done")
            }
            "IDLE" => (String::new(), "NO not here"),
            "UID" => uid(command, mails),
            _ => (String::new(), "OK done"),
        };
        link.write_all(format!("{said}{tag} {done}\r\n").as_bytes()).await?;
    }
}

/// Lets the other side say a line more.
async fn go_on(link: &mut BufReader<TcpStream>) -> std::io::Result<()> {
    link.write_all(b"+ go on\r\n").await?;
    link.read_line(&mut String::new()).await.map(drop)
}

fn uid(command: &str, mails: &[(Fault, String)]) -> (String, &'static str) {
    let words: Vec<&str> = command.splitn(4, ' ').collect();
    if words[1] == "SEARCH" {
        let from: usize = words[3].split(':').next().and_then(|from| from.parse().ok()).expect("a UID");
        let found: String = (from..=mails.len()).map(|uid| format!(" {uid}")).collect();
        return (format!("* SEARCH{found}\r\n"), "OK done");
    }
    let (uids, what) = (set(words[2]), words[3]);
    let mut said = String::new();
    for uid in uids {
        let (fault, mail) = &mails[uid - 1];
        let mail = mail.replace('\n', "\r\n");
        if what.contains("RFC822.SIZE") {
            let date = if *fault == Fault::Undated { "one day" } else { "17-Jul-2099 02:44:25 +0000" };
            let size = if *fault == Fault::Large { 999_999_999 } else { mail.len() };
            said.push_str(&format!("* {uid} FETCH (UID {uid} RFC822.SIZE {size} INTERNALDATE \"{date}\")\r\n"));
            continue;
        }
        match fault {
            Fault::Refused => return (said, "NO it is broken"),
            Fault::Endless => said.push_str(&format!("* {uid} FETCH (UID {uid} BODY[] {{99999999999}}\r\n")),
            Fault::Large => {
                let header = &mail[..mail.find("\r\n\r\n").expect("a header") + 4];
                said.push_str(&format!(
                    "* {uid} FETCH (UID {uid} BODY[HEADER]<0> {{{}}}\r\n{header})\r\n",
                    header.len()
                ));
            }
            Fault::None | Fault::Undated => {
                said.push_str(&format!("* {uid} FETCH (UID {uid} BODY[] {{{}}}\r\n{mail})\r\n", mail.len()));
            }
        }
    }
    (said, "OK done")
}

fn set(text: &str) -> Vec<usize> {
    let number = |text: &str| text.parse::<usize>().expect("a UID");
    let range = |part: &str| match part.split_once(':') {
        Some((from, to)) => number(from)..=number(to),
        None => number(part)..=number(part),
    };
    text.split(',').flat_map(range).collect()
}
