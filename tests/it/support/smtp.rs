//! Mail servers for what goes out: a real one that delivers to a Dovecot, and one in the test's own process that can fail at any place.

use std::io::{BufRead, BufReader as BlockingReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

use super::app::{PATIENCE, free_port};
use super::certificates::Certificate;
use super::dovecot::Dovecot;

/// aiosmtpd in a process of its own.
pub(crate) struct RealSmtp {
    process: Child,
    port: u16,
    delivered: watch::Sender<usize>,
}

impl RealSmtp {
    /// Starts it in front of a Dovecot; `None` where it is not installed and need not be.
    pub(crate) fn start(dovecot: &Dovecot) -> Option<Self> {
        Self::start_with(dovecot, None)
    }

    /// Starts one that speaks TLS with a certificate: `tls` from the first byte, or `starttls` when asked, and nothing without.
    pub(crate) fn start_tls(dovecot: &Dovecot, how: &str, certificate: &Certificate) -> Option<Self> {
        Self::start_with(dovecot, Some((how, certificate)))
    }

    fn start_with(dovecot: &Dovecot, tls: Option<(&str, &Certificate)>) -> Option<Self> {
        let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = root.join(target).join("test-tools/venv/bin/python");
        let has = |python: &Path| {
            let tried = Command::new(python).args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status();
            tried.is_ok_and(|status| status.success())
        };
        if !has(&python) {
            assert!(std::env::var_os("SWITCHBOARD_REQUIRE_TOOLS").is_none(), "aiosmtpd is missing");
            eprintln!("skipped: aiosmtpd is not installed");
            return None;
        }
        let port = free_port();
        let mut command = Command::new(python);
        command.arg(root.join("tests/it/support/smtpd.py")).arg(port.to_string()).arg(dovecot.lmtp_port().to_string());
        if let Some((how, certificate)) = tls {
            command.arg(how).arg(&certificate.certificate).arg(&certificate.key);
        }
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("python starts");
        let mut lines = BlockingReader::new(process.stdout.take().expect("an output")).lines();
        lines.next().expect("a line").expect("it says that it listens");
        let delivered = watch::Sender::new(0);
        let tells = delivered.clone();
        // It ends with the process.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|_| tells.send_modify(|count| *count += 1)));
        Some(Self { process, port, delivered })
    }

    /// Waits until it delivered so many mails.
    pub(crate) async fn until_delivered(&self, count: usize) {
        let mut delivered = self.delivered.subscribe();
        let reached = timeout(PATIENCE, delivered.wait_for(|delivered| *delivered >= count)).await.is_ok();
        assert!(reached, "{} mails were delivered, not {count}", *self.delivered.borrow());
    }

    /// `smtp://support%40example.test:PASSWORD@127.0.0.1:PORT`
    pub(crate) fn url(&self, password: &str) -> String {
        format!("smtp://support%40example.test:{password}@127.0.0.1:{}", self.port)
    }
}

impl Drop for RealSmtp {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a server in the test does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Does {
    /// It takes every mail.
    Take,
    /// It answers a command, by its first word (`.` is the mail's end, `220` the greeting), with this.
    Say(&'static str, &'static str),
    /// It hangs up instead of an answer to that. What came before the mail's end it has.
    HangUp(&'static str),
    /// It hangs up in the middle of a mail.
    HangUpWithin,
    /// It takes the mail and says nothing to it.
    SayNothing,
}

/// See the module.
pub(crate) struct SmtpPeer {
    port: u16,
    taken: watch::Sender<Vec<String>>,
    tried: watch::Sender<usize>,
    does: Arc<Mutex<Does>>,
}

impl SmtpPeer {
    /// Starts one that takes everything.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (taken, tried) = (watch::Sender::default(), watch::Sender::default());
        let peer = Self { port, taken, tried, does: Arc::new(Mutex::new(Does::Take)) };
        let (taken, tried, does) = (peer.taken.clone(), peer.tried.clone(), Arc::clone(&peer.does));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // What it does is decided before anybody knows of the connection.
                let (taken, does) = (taken.clone(), does.lock().expect("whole").clone());
                tried.send_modify(|tried| *tried += 1);
                tokio::spawn(async move {
                    // An error says that the other side is gone.
                    let _ = serve(stream, &taken, &does).await;
                });
            }
        });
        peer
    }

    /// `smtp://127.0.0.1:PORT`
    pub(crate) fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Does something else with connections from now on.
    pub(crate) fn does(&self, what: Does) {
        *self.does.lock().expect("whole") = what;
    }

    /// The mails that it took.
    pub(crate) fn taken(&self) -> Vec<String> {
        self.taken.borrow().clone()
    }

    /// How many connections there were.
    pub(crate) fn tried(&self) -> usize {
        *self.tried.borrow()
    }

    /// Waits until so many mails were taken.
    pub(crate) async fn until_taken(&self, count: usize) -> Vec<String> {
        self.until(|taken| taken.len() >= count).await
    }

    /// Waits until what was taken is so.
    pub(crate) async fn until(&self, is_so: impl Fn(&[String]) -> bool) -> Vec<String> {
        let mut taken = self.taken.subscribe();
        match timeout(PATIENCE, taken.wait_for(|taken| is_so(taken))).await {
            Ok(taken) => taken.expect("the peer is there").clone(),
            Err(_elapsed) => panic!("only {} mails went", self.taken().len()),
        }
    }

    /// Waits until so many connections were made.
    pub(crate) async fn until_tried(&self, count: usize) {
        let mut tried = self.tried.subscribe();
        let reached = timeout(PATIENCE, tried.wait_for(|tried| *tried >= count)).await.is_ok();
        assert!(reached, "{} connections, not {count}", self.tried());
    }
}

async fn serve(stream: TcpStream, taken: &watch::Sender<Vec<String>>, does: &Does) -> std::io::Result<()> {
    let mut link = BufReader::new(stream);
    if !answer(&mut link, does, "220", "220 peer").await? {
        return Ok(());
    }
    loop {
        let mut line = String::new();
        if link.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let word = line.split([' ', '\r', ':']).next().unwrap_or_default().to_uppercase();
        let usual = match word.as_str() {
            "EHLO" => "250-peer\r\n250 SIZE 10000000",
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 well",
        };
        if !answer(&mut link, does, &word, usual).await? || word == "QUIT" {
            return Ok(());
        }
        if word == "DATA" && !matches!(does, Does::Say("DATA", _)) {
            let Some(mail) = content(&mut link, does).await? else { return Ok(()) };
            let refuses = matches!(does, Does::Say(".", _));
            if !refuses {
                taken.send_modify(|taken| taken.push(mail));
            }
            if !answer(&mut link, does, ".", "250 taken").await? {
                return Ok(());
            }
        }
    }
}

/// A mail up to its end, its dots as they were; nothing where the connection is to end within it.
async fn content(link: &mut BufReader<TcpStream>, does: &Does) -> std::io::Result<Option<String>> {
    let mut mail = String::new();
    loop {
        let mut line = String::new();
        if link.read_line(&mut line).await? == 0 || *does == Does::HangUpWithin {
            return Ok(None);
        }
        if line == ".\r\n" {
            return Ok(Some(mail));
        }
        mail.push_str(line.strip_prefix('.').unwrap_or(&line).trim_end_matches("\r\n"));
        mail.push('\n');
    }
}

/// Answers; false where it hangs up instead.
async fn answer(link: &mut BufReader<TcpStream>, does: &Does, word: &str, usual: &str) -> std::io::Result<bool> {
    let said = match does {
        Does::HangUp(at) if *at == word => return Ok(false),
        Does::Say(at, said) if *at == word => said,
        Does::SayNothing if word == "." => {
            // Until the other side goes.
            link.read_line(&mut String::new()).await?;
            return Ok(false);
        }
        Does::Take | Does::Say(..) | Does::HangUp(_) | Does::HangUpWithin | Does::SayNothing => usual,
    };
    link.write_all(format!("{said}\r\n").as_bytes()).await?;
    Ok(true)
}
