//! An IMAP server in the test's own process, whose mails can be bad in ways in which no good server's are.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

use super::app::PATIENCE;
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
    /// Whoever asks for it hears something else.
    Garbage,
    /// The connection ends.
    HangsUp,
    /// The connection ends within it, a hundred bytes earlier each time that it is asked for.
    EndsEarlier,
    /// It comes, and nothing after it.
    Stalls,
}

/// See the module.
pub(crate) struct ImapPeer {
    port: u16,
    mails: Arc<Mutex<Vec<(Fault, String)>>>,
    heard: watch::Sender<Vec<String>>,
    login: Arc<Mutex<&'static str>>,
}

impl ImapPeer {
    /// Starts one with these mails, whose UIDs are 1, 2, 3 and so on. It offers IDLE, and does it only if `idles`.
    pub(crate) async fn start(mails: Vec<(Fault, String)>, idles: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (mails, login) = (Arc::new(Mutex::new(mails)), Arc::new(Mutex::new("OK in")));
        let peer = Self { port, mails, heard: watch::Sender::default(), login };
        let (mails, heard, login) = (Arc::clone(&peer.mails), peer.heard.clone(), Arc::clone(&peer.login));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (mails, heard, login) = (Arc::clone(&mails), heard.clone(), Arc::clone(&login));
                tokio::spawn(async move {
                    // An error says that the other side is gone.
                    let _ = serve(stream, &mails, idles, &heard, &login).await;
                });
            }
        });
        peer
    }

    /// Its address, with a login.
    pub(crate) fn url(&self) -> String {
        imap_url(self.port)
    }

    /// Has one mail more.
    pub(crate) fn add(&self, fault: Fault, mail: String) {
        self.mails.lock().expect("whole").push((fault, mail));
    }

    /// What it says from now on to whoever wants to be let in.
    pub(crate) fn says_to_logins(&self, said: &'static str) {
        *self.login.lock().expect("whole") = said;
    }

    /// Nothing is wrong with any mail any more.
    pub(crate) fn mend(&self) {
        self.mails.lock().expect("whole").iter_mut().for_each(|(fault, _)| *fault = Fault::None);
    }

    /// The commands that it heard, without their tags.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.borrow().clone()
    }

    /// Waits until so many commands were heard that begin like this.
    pub(crate) async fn until_heard(&self, start: &str, count: usize) {
        let mut heard = self.heard.subscribe();
        let counted = |heard: &Vec<String>| heard.iter().filter(|command| command.starts_with(start)).count();
        let reached = timeout(PATIENCE, heard.wait_for(|heard| counted(heard) >= count)).await.is_ok();
        assert!(reached, "{} times {start}, not {count}", counted(&self.heard()));
    }
}

async fn serve(
    stream: TcpStream,
    mails: &Mutex<Vec<(Fault, String)>>,
    idles: bool,
    heard: &watch::Sender<Vec<String>>,
    login: &Mutex<&'static str>,
) -> std::io::Result<()> {
    let mut link = BufReader::new(stream);
    link.write_all(b"* OK peer\r\n").await?;
    loop {
        let mut line = String::new();
        if link.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let Some((tag, command)) = line.trim_end().split_once(' ') else { return Ok(()) };
        heard.send_modify(|heard| heard.push(command.to_owned()));
        let (said, done) = match command.split(' ').next().unwrap_or_default() {
            "CAPABILITY" => ("* CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE\r\n".to_owned(), "OK done"),
            "AUTHENTICATE" => {
                go_on(&mut link).await?;
                (String::new(), *login.lock().expect("whole"))
            }
            "EXAMINE" => ("* OK [UIDVALIDITY 1] UIDs\r\n".to_owned(), "OK done"),
            "IDLE" if idles => {
                go_on(&mut link).await?;
                (String::new(), "OK done")
            }
            "IDLE" => (String::new(), "NO not here"),
            "UID" => {
                let times = heard.borrow().iter().filter(|known| *known == command).count();
                let told = uid(command, times, &mails.lock().expect("whole"));
                let Some(told) = told else { return Ok(()) };
                told
            }
            "STARTTLS" => (String::new(), "BAD not here"),
            _ => (String::new(), "OK done"),
        };
        if done == HANG_UP {
            return link.write_all(said.as_bytes()).await;
        }
        if done.is_empty() {
            link.write_all(said.as_bytes()).await?;
            // Until the other side goes.
            return link.read_line(&mut String::new()).await.map(drop);
        }
        link.write_all(format!("{said}{tag} {done}\r\n").as_bytes()).await?;
    }
}

/// Lets the other side say a line more.
async fn go_on(link: &mut BufReader<TcpStream>) -> std::io::Result<()> {
    link.write_all(b"+ go on\r\n").await?;
    link.read_line(&mut String::new()).await.map(drop)
}

/// Ends an answer and the connection.
const HANG_UP: &str = "hang up";

/// What it says to a command that it heard so many times, and how it ends, if it does; nothing where it hangs up.
fn uid(command: &str, times: usize, mails: &[(Fault, String)]) -> Option<(String, &'static str)> {
    let words: Vec<&str> = command.splitn(4, ' ').collect();
    if words[1] == "SEARCH" {
        let wanted = words[3].split(' ').next().expect("UIDs").replace('*', &mails.len().to_string());
        let found: String =
            set(&wanted).iter().filter(|uid| **uid <= mails.len()).map(|uid| format!(" {uid}")).collect();
        return Some((format!("* SEARCH{found}\r\n"), "OK done"));
    }
    let (uids, what) = (set(words[2]), words[3]);
    let (mut said, mut done) = (String::new(), "OK done");
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
            Fault::Refused => return Some((said, "NO it is broken")),
            Fault::HangsUp => return None,
            Fault::EndsEarlier => {
                said.push_str(&format!("* {uid} FETCH (UID {uid} BODY[] {{{}}}\r\n", mail.len()));
                said.push_str(&mail[..mail.len().saturating_sub(100 * times)]);
                return Some((said, HANG_UP));
            }
            Fault::Garbage => said.push_str("* 1 FLAPS (tired)\r\n"),
            Fault::Endless => said.push_str(&format!("* {uid} FETCH (UID {uid} BODY[] {{99999999999}}\r\n")),
            Fault::Large => {
                let header = &mail[..mail.find("\r\n\r\n").expect("a header") + 4];
                said.push_str(&format!(
                    "* {uid} FETCH (UID {uid} BODY[HEADER]<0> {{{}}}\r\n{header})\r\n",
                    header.len()
                ));
            }
            Fault::None | Fault::Undated | Fault::Stalls => {
                if *fault == Fault::Stalls {
                    done = "";
                }
                said.push_str(&format!("* {uid} FETCH (UID {uid} BODY[] {{{}}}\r\n{mail})\r\n", mail.len()));
            }
        }
    }
    Some((said, done))
}

fn set(text: &str) -> Vec<usize> {
    let number = |text: &str| text.parse::<usize>().expect("a UID");
    let range = |part: &str| match part.split_once(':') {
        Some((from, to)) => number(from)..=number(to),
        None => number(part)..=number(part),
    };
    text.split(',').flat_map(range).collect()
}
