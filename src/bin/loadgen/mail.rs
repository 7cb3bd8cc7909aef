//! Mails that wait in a real Dovecot: how long it takes from the listener's start until all of them are durable in their conversations.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use clap::Args;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::machine::Process;
use crate::measured::Measured;
use crate::wire::{Common, host_and_path};
use crate::{Failure, plan};

/// Where Debian and others put it.
const PROGRAMS: [&str; 3] = ["/usr/sbin/dovecot", "/usr/local/sbin/dovecot", "/usr/bin/dovecot"];

/// Whose mailbox it is; the measured server logs in as them.
const MAILBOX: &str = "load@example.test";

/// How long Dovecot may take until it listens.
const READY_MAX: Duration = Duration::from_secs(20);

/// How long everything may take to be read.
const READ_MAX: Duration = Duration::from_secs(300);

/// How often it is looked.
const ASK_AGAIN: Duration = Duration::from_millis(10);

/// What counts the mails that are durable.
const POSTED: &str = "switchboard_mails_total{outcome=\"posted\"} ";

/// Mails that wait in a Dovecot: how fast they are taken in.
#[derive(Debug, Clone, Args)]
pub(crate) struct Mail {
    #[command(flatten)]
    pub(crate) common: Common,
    /// Mails, each of another customer.
    #[arg(long, default_value_t = 2_000)]
    mails: u64,
    /// Where Dovecot listens, as the server's `email.imap_url` has it.
    #[arg(long, default_value_t = plan::IMAP_PORT)]
    port: u16,
    /// An API key of the server's with all permissions.
    #[arg(long, default_value = plan::API_KEY)]
    api_key: String,
}

/// A Dovecot with one mailbox, ended when it is dropped.
struct Dovecot {
    child: Child,
    folder: PathBuf,
}

impl Mail {
    pub(crate) async fn measure(&self) -> Result<Measured, Failure> {
        let (office, root) = (reqwest::Client::new(), host_and_path(&self.common.url)?.0.to_owned());
        self.listener(&office, &root, "stop").await?;
        let name = uuid::Uuid::new_v4().simple().to_string();
        // Short: sockets have short names.
        let _dovecot = self.dovecot(std::env::temp_dir().join(format!("load-{}", &name[..8]))).await?;
        let server = self.common.pid.map(Process::of);
        let already = posted(&office, &root).await?;
        let (before, begun) = (server.as_ref().map(Process::cpu_us).transpose()?, Instant::now());
        self.listener(&office, &root, "start").await?;
        while posted(&office, &root).await? - already < self.mails {
            if begun.elapsed() > READ_MAX {
                return Err(format!("after {} s they are not all read", READ_MAX.as_secs()).into());
            }
            sleep(ASK_AGAIN).await;
        }
        let took = begun.elapsed();
        let mut measured = Measured::new("mails from a Dovecot, each durable");
        measured.count = self.mails;
        measured.per_s = self.mails as f64 / took.as_secs_f64();
        measured.take_cpu(before, server.as_ref().map(Process::cpu_us).transpose()?);
        Ok(measured)
    }

    async fn listener(&self, office: &reqwest::Client, root: &str, what: &str) -> Result<(), Failure> {
        let url = format!("http://{root}/api/channels/email/listener/{what}");
        let answer = office.post(url).bearer_auth(&self.api_key).send().await?;
        if answer.status().is_success() { Ok(()) } else { Err(format!("{what}: {}", answer.text().await?).into()) }
    }

    /// Fills a mailbox and starts Dovecot before it.
    async fn dovecot(&self, folder: PathBuf) -> Result<Dovecot, Failure> {
        let program = PROGRAMS.iter().map(PathBuf::from).find(|program| program.exists());
        let program = program.ok_or("dovecot is not installed: apt-get install dovecot-imapd")?;
        let path = folder.as_path();
        fs::create_dir_all(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
        let maildir = path.join("mail").join(MAILBOX).join("Maildir");
        for part in ["new", "cur", "tmp"] {
            fs::create_dir_all(maildir.join(part))?;
        }
        let run = uuid::Uuid::new_v4().simple().to_string();
        for number in 0..self.mails {
            fs::write(maildir.join(format!("new/{number}.{run}.load")), mail(number, &run)?)?;
        }
        let root = said("id", &["-un"])? == "root";
        let (user, group) = if root {
            ("nobody".to_owned(), "nogroup".to_owned())
        } else {
            (said("id", &["-un"])?, said("id", &["-gn"])?)
        };
        if root {
            said("chown", &["-R", &format!("{user}:{group}"), &path.join("mail").display().to_string()])?;
        }
        fs::write(path.join("users"), format!("{MAILBOX}:{{PLAIN}}{}::::::\n", plan::IMAP_PASSWORD))?;
        fs::write(path.join("dovecot.conf"), settings(path, &user, &group, root, self.port)?)?;
        let mut command = Command::new(program);
        command.arg("-F").arg("-c").arg(path.join("dovecot.conf"));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let (dovecot, begun) = (Dovecot { child, folder: folder.clone() }, Instant::now());
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            if begun.elapsed() > READY_MAX {
                return Err("dovecot does not listen".into());
            }
            sleep(ASK_AGAIN).await;
        }
        Ok(dovecot)
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        // Its children end with it only where it is asked.
        let _asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ended = self.child.wait();
        let _removed = fs::remove_dir_all(&self.folder);
    }
}

/// What customers write.
fn mail(number: u64, run: &str) -> Result<String, Failure> {
    let mut mail = String::new();
    write!(
        mail,
        "Return-Path: <p{number}@example.test>\r\nReceived: from mx.example.test by here; Mon, 23 Nov 2026 10:00:00 +0000\r\n\
         From: Customer {number} <p{number}@example.test>\r\nTo: {MAILBOX}\r\nSubject: My order {number}\r\n\
         Message-ID: <{number}.{run}@example.test>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n"
    )?;
    for _ in 0..20 {
        mail.push_str("Where is my order? I wait for it since Monday, and nobody told me anything.\r\n");
    }
    mail.push_str("\r\nBest regards\r\n-- \r\nA customer\r\n");
    Ok(mail)
}

/// How many mails are durable.
async fn posted(office: &reqwest::Client, root: &str) -> Result<u64, Failure> {
    let page = office.get(format!("http://{root}/metrics")).send().await?.text().await?;
    let count = page.lines().find_map(|line| line.strip_prefix(POSTED));
    Ok(count.map_or(Ok(0), |count| count.trim().parse())?)
}

/// What a program says.
fn said(program: &str, arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new(program).args(arguments).output()?;
    if !output.status.success() {
        return Err(format!("{program} fails").into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn settings(folder: &Path, user: &str, group: &str, root: bool, port: u16) -> Result<String, Failure> {
    let d = folder.display();
    let mut settings = String::new();
    if !root {
        writeln!(
            settings,
            "default_internal_user = {user}\ndefault_internal_group = {group}\ndefault_login_user = {user}"
        )?;
    }
    write!(
        settings,
        "base_dir = {d}/run\nstate_dir = {d}/state\nlog_path = {d}/dovecot.log\nprotocols = imap\nlisten = 127.0.0.1\nssl = no\n\
         disable_plaintext_auth = no\nauth_mechanisms = plain\nfirst_valid_uid = 1\nmail_home = {d}/mail/%u\n\
         mail_location = maildir:{d}/mail/%u/Maildir\n\
         passdb {{\n  driver = passwd-file\n  args = scheme=PLAIN username_format=%u {d}/users\n}}\n\
         userdb {{\n  driver = static\n  args = uid={user} gid={group} home={d}/mail/%u\n}}\n\
         namespace inbox {{\n  inbox = yes\n}}\n\
         service anvil {{\n  chroot =\n}}\n\
         service imap-login {{\n  chroot =\n  inet_listener imap {{\n    address = 127.0.0.1\n    port = {port}\n  }}\n\
         \x20 inet_listener imaps {{\n    port = 0\n  }}\n}}\n"
    )?;
    Ok(settings)
}
