//! A real Dovecot of a test's own: mailboxes in a folder of its own, IMAP and LMTP on free ports.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Instant;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::app::{PATIENCE, free_port};
use super::certificates::Certificate;

/// Whom customers write to.
pub(crate) const SUPPORT: &str = "support@example.test";

/// The password of every mailbox at first.
pub(crate) const PASSWORD: &str = "secret";

/// The mailboxes that there are.
const PEOPLE: [&str; 4] = [SUPPORT, "jo@example.test", "kim@example.test", "ann@example.test"];

/// Where Debian and others put it.
const PROGRAMS: [&str; 3] = ["/usr/sbin/dovecot", "/usr/local/sbin/dovecot", "/usr/bin/dovecot"];

/// See the module.
pub(crate) struct Dovecot {
    folder: TempDir,
    program: PathBuf,
    ports: Ports,
    process: Mutex<Option<Child>>,
}

/// Where it listens.
#[derive(Debug, Clone, Copy)]
struct Ports {
    imap: u16,
    /// With TLS from the first byte, where it has a certificate.
    imaps: Option<u16>,
    lmtp: u16,
}

impl Dovecot {
    /// Starts one; `None` where Dovecot is not installed and need not be.
    pub(crate) async fn start() -> Option<Self> {
        Self::start_with(None).await
    }

    /// Starts one that speaks TLS with a certificate.
    pub(crate) async fn start_tls(certificate: &Certificate) -> Option<Self> {
        Self::start_with(Some(certificate)).await
    }

    async fn start_with(certificate: Option<&Certificate>) -> Option<Self> {
        let program = PROGRAMS.iter().map(PathBuf::from).find(|program| program.exists());
        let Some(program) = program else {
            assert!(std::env::var_os("SWITCHBOARD_REQUIRE_TOOLS").is_none(), "dovecot is missing");
            eprintln!("skipped: dovecot is not installed");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("dc").tempdir().expect("a folder");
        let ports = Ports { imap: free_port(), imaps: certificate.map(|_| free_port()), lmtp: free_port() };
        let dovecot = Self { folder, program, ports, process: Mutex::new(None) };
        if let Some(certificate) = certificate {
            dovecot.set_certificate(certificate);
        }
        dovecot.set_up();
        dovecot.go().await;
        Some(dovecot)
    }

    /// `imap://support%40example.test:secret@127.0.0.1:PORT`
    pub(crate) fn imap_url(&self) -> String {
        imap_url(self.ports.imap)
    }

    /// The same for somebody else's mailbox.
    pub(crate) fn imap_url_of(&self, person: &str) -> String {
        format!("imap://{}:{PASSWORD}@127.0.0.1:{}", person.replace('@', "%40"), self.ports.imap)
    }

    /// `imaps://support%40example.test:secret@127.0.0.1:PORT`
    pub(crate) fn imaps_url(&self) -> String {
        imap_url(self.ports.imaps.expect("it speaks TLS")).replace("imap:", "imaps:")
    }

    /// Where IMAP is spoken.
    pub(crate) const fn imap_port(&self) -> u16 {
        self.ports.imap
    }

    /// Where mail is handed in by LMTP.
    pub(crate) const fn lmtp_port(&self) -> u16 {
        self.ports.lmtp
    }

    /// Puts mails into a mailbox, as a mail server does.
    pub(crate) async fn deliver(&self, to: &str, mails: impl IntoIterator<Item = String>) {
        let stream = TcpStream::connect(("127.0.0.1", self.ports.lmtp)).await.expect("LMTP");
        let mut lmtp = BufReader::new(stream);
        expect(&mut lmtp, "220").await;
        say(&mut lmtp, "LHLO localhost", "250").await;
        for mail in mails {
            say(&mut lmtp, "MAIL FROM:<sender@example.test>", "250").await;
            say(&mut lmtp, &format!("RCPT TO:<{to}>"), "250").await;
            say(&mut lmtp, "DATA", "354").await;
            let mail: String = mail
                .lines()
                .map(|line| format!("{}{line}\r\n", if line.starts_with('.') { "." } else { "" }))
                .collect();
            lmtp.write_all(mail.as_bytes()).await.expect("it takes the mail");
            say(&mut lmtp, ".", "250").await;
        }
        lmtp.write_all(b"QUIT\r\n").await.expect("it hears");
    }

    /// The mails of a mailbox, as they are there.
    pub(crate) fn mails_of(&self, person: &str) -> Vec<String> {
        let maildir = self.folder.path().join("mail").join(person).join("Maildir");
        let files = ["new", "cur"].iter().flat_map(|part| std::fs::read_dir(maildir.join(part)).into_iter().flatten());
        let mut files: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
        files.sort();
        files
            .iter()
            .filter_map(|file| std::fs::read(file).ok())
            .map(|mail| String::from_utf8_lossy(&mail).replace("\r\n", "\n"))
            .collect()
    }

    /// Gives the support mailbox another password.
    pub(crate) fn set_password(&self, password: &str) {
        self.write_users(password);
    }

    /// Gives it another certificate, with which it speaks from its next start on.
    pub(crate) fn set_certificate(&self, certificate: &Certificate) {
        std::fs::copy(&certificate.certificate, self.folder.path().join("server.pem")).expect("a certificate");
        std::fs::copy(&certificate.key, self.folder.path().join("server.key")).expect("a key");
    }

    /// Ends it, with every connection.
    pub(crate) fn stop(&self) {
        let child = self.process.lock().expect("no test panicked here").take();
        if let Some(mut child) = child {
            let _ = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status();
            let _ = child.wait();
        }
    }

    /// Starts it again.
    pub(crate) async fn go(&self) {
        let mut command = Command::new(&self.program);
        command.arg("-F").arg("-c").arg(self.folder.path().join("dovecot.conf"));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("dovecot starts");
        *self.process.lock().expect("no test panicked here") = Some(child);
        let began = Instant::now();
        for port in [Some(self.ports.imap), self.ports.imaps, Some(self.ports.lmtp)].into_iter().flatten() {
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                assert!(began.elapsed() < PATIENCE, "dovecot does not listen: {}", self.log());
                tokio::task::yield_now().await;
            }
        }
    }

    /// Forgets what it called its mails: the same mailbox comes back under another UIDVALIDITY.
    pub(crate) async fn renumber(&self) {
        self.stop();
        let maildir = self.folder.path().join("mail").join(SUPPORT).join("Maildir");
        for file in std::fs::read_dir(&maildir).expect("a mailbox") {
            let path = file.expect("a file").path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("dovecot")) {
                std::fs::remove_file(path).expect("it goes");
            }
        }
        self.go().await;
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("dovecot.log")).unwrap_or_default()
    }

    fn set_up(&self) {
        let folder = self.folder.path();
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).expect("a folder");
        for part in ["run", "state", "mail"] {
            std::fs::create_dir(folder.join(part)).expect("a folder");
        }
        self.write_users(PASSWORD);
        let (me, group) = (id("-un"), id("-gn"));
        let is_root = me == "root";
        let (user, group) = if is_root { ("nobody".to_owned(), "nogroup".to_owned()) } else { (me, group) };
        if is_root {
            let owner = format!("{user}:{group}");
            assert!(Command::new("chown").arg(owner).arg(folder.join("mail")).status().expect("chown runs").success());
        }
        let conf = conf(folder, &user, &group, is_root, self.ports);
        std::fs::write(folder.join("dovecot.conf"), conf).expect("a file");
    }

    fn write_users(&self, password: &str) {
        let line = |person: &&str| {
            let password = if *person == SUPPORT { password } else { PASSWORD };
            format!("{person}:{{PLAIN}}{password}::::::\n")
        };
        let users: String = PEOPLE.iter().map(line).collect();
        let (path, new) = (self.folder.path().join("users"), self.folder.path().join("users.new"));
        std::fs::write(&new, users).expect("a file");
        std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o644)).expect("a file");
        std::fs::rename(new, path).expect("a file");
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The line for a server on another port.
pub(crate) fn imap_url(port: u16) -> String {
    format!("imap://support%40example.test:{PASSWORD}@127.0.0.1:{port}")
}

fn id(what: &str) -> String {
    let output = Command::new("id").arg(what).output().expect("id runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

async fn say(lmtp: &mut BufReader<TcpStream>, line: &str, code: &str) {
    lmtp.write_all(format!("{line}\r\n").as_bytes()).await.expect("it hears");
    expect(lmtp, code).await;
}

async fn expect(lmtp: &mut BufReader<TcpStream>, code: &str) {
    loop {
        let mut line = String::new();
        lmtp.read_line(&mut line).await.expect("it answers");
        assert!(line.starts_with(code), "{line}");
        if line.as_bytes().get(3) == Some(&b' ') {
            return;
        }
    }
}

fn conf(folder: &Path, user: &str, group: &str, is_root: bool, ports: Ports) -> String {
    let d = folder.display();
    let of_nobody =
        format!("default_internal_user = {user}\ndefault_internal_group = {group}\ndefault_login_user = {user}\n");
    let Ports { imap, imaps, lmtp } = ports;
    let ssl = if imaps.is_some() {
        format!("yes\nssl_cert = <{d}/server.pem\nssl_key = <{d}/server.key")
    } else {
        "no".to_owned()
    };
    let imaps = imaps.unwrap_or(0);
    let unprivileged = if is_root { String::new() } else { of_nobody };
    format!(
        "base_dir = {d}/run
state_dir = {d}/state
log_path = {d}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = {ssl}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_max_userip_connections = 100
{unprivileged}first_valid_uid = 1
mail_home = {d}/mail/%u
mail_location = maildir:{d}/mail/%u/Maildir
maildir_very_dirty_syncs = yes
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {d}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={d}/mail/%u
}}
namespace inbox {{
  inbox = yes
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
protocol lmtp {{
  postmaster_address = postmaster@example.test
}}
"
    )
}
