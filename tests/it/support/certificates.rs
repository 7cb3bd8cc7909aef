//! Certificates for servers in tests, of an authority of a test's own, made by openssl.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// What openssl is told of the authority.
const SETTINGS: &str = "[ca]
default_ca = test
[test]
dir = .
database = ./index.txt
serial = ./serial
new_certs_dir = .
default_md = sha256
unique_subject = no
policy = any
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
";

/// An authority.
pub(crate) struct Authority {
    folder: TempDir,
}

/// A server's certificate and its key, as files.
pub(crate) struct Certificate {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Authority {
    /// Makes one; `None` where openssl is not installed and need not be.
    pub(crate) fn new() -> Option<Self> {
        let known = Command::new("openssl").arg("version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !known.is_ok_and(|status| status.success()) {
            assert!(std::env::var_os("SWITCHBOARD_REQUIRE_TOOLS").is_none(), "openssl is missing");
            eprintln!("skipped: openssl is not installed");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("ca.cnf"), SETTINGS).expect("a file");
        std::fs::write(folder.path().join("index.txt"), "").expect("a file");
        std::fs::write(folder.path().join("serial"), "01\n").expect("a file");
        let authority = Self { folder };
        authority.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -config ca.cnf -extensions authority \
             -subj /CN=test-authority -keyout ca.key -out ca.pem",
        );
        Some(authority)
    }

    /// The file of its own certificate.
    pub(crate) fn file(&self) -> String {
        self.path("ca.pem").display().to_string()
    }

    /// A certificate for this machine's address.
    pub(crate) fn good(&self) -> Certificate {
        self.certificate("good", "IP:127.0.0.1,DNS:localhost", "20250101000000Z", "20491231000000Z")
    }

    /// One for another name.
    pub(crate) fn of_another(&self) -> Certificate {
        self.certificate("other", "DNS:elsewhere.test", "20250101000000Z", "20491231000000Z")
    }

    /// One whose time is over.
    pub(crate) fn expired(&self) -> Certificate {
        self.certificate("expired", "IP:127.0.0.1", "20200101000000Z", "20200201000000Z")
    }

    fn certificate(&self, name: &str, alternative: &str, from: &str, until: &str) -> Certificate {
        let extensions = format!("subjectAltName = {alternative}\nextendedKeyUsage = serverAuth\n");
        std::fs::write(self.path(&format!("{name}.ext")), extensions).expect("a file");
        self.openssl(&format!(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config ca.cnf -subj /CN={name} \
             -keyout {name}.key -out {name}.csr"
        ));
        self.openssl(&format!(
            "ca -batch -notext -config ca.cnf -cert ca.pem -keyfile ca.key -in {name}.csr -out {name}.pem -extfile {name}.ext \
             -startdate {from} -enddate {until}"
        ));
        Certificate { certificate: self.path(&format!("{name}.pem")), key: self.path(&format!("{name}.key")) }
    }

    fn openssl(&self, arguments: &str) {
        let mut command = Command::new("openssl");
        let done =
            command.args(arguments.split_whitespace()).current_dir(self.folder.path()).output().expect("openssl runs");
        assert!(done.status.success(), "{arguments}: {}", String::from_utf8_lossy(&done.stderr));
    }

    fn path(&self, name: &str) -> PathBuf {
        let path: &Path = self.folder.path();
        path.join(name)
    }
}
