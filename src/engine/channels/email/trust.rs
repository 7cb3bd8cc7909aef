//! Which certificates of mail servers are believed: those of authorities that the system trusts, and of those in a file of the operator's.

use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error, RootCertStore, crypto};

/// See the module. Copies share what was read.
#[derive(Clone, Default)]
pub struct Trust(Arc<Authorities>);

#[derive(Default)]
struct Authorities {
    more: Vec<CertificateDer<'static>>,
    /// Made when it is first needed: reading what the system trusts takes a while.
    made: OnceLock<Arc<ClientConfig>>,
}

impl Trust {
    /// The system's authorities, and those of a file (PEM).
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn and_of(pem: &[u8]) -> Result<Self, &'static str> {
        let more: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let more = more.map_err(|_| "holds what is no certificate in PEM")?;
        let mut roots = RootCertStore::empty();
        for certificate in &more {
            roots.add(certificate.clone()).map_err(|_| "holds a certificate that does not read")?;
        }
        if roots.is_empty() {
            return Err("holds no certificate in PEM");
        }
        Ok(Self(Arc::new(Authorities { more, made: OnceLock::new() })))
    }

    pub(super) fn connector(&self) -> io::Result<TlsConnector> {
        if let Some(config) = self.0.made.get() {
            return Ok(TlsConnector::from(Arc::clone(config)));
        }
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots.add_parsable_certificates(self.0.more.iter().cloned());
        let provider = Arc::new(crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(io::Error::other)?.with_root_certificates(roots).with_no_client_auth();
        Ok(TlsConnector::from(Arc::clone(self.0.made.get_or_init(|| Arc::new(config)))))
    }
}

/// Why there is no connection, in words of ours.
pub(super) fn said(why: &io::Error) -> String {
    let tls = why.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match tls {
        Some(Error::InvalidCertificate(wrong)) => format!("the server's certificate {}", wrong_with(wrong)),
        Some(_) => "TLS does not come about".to_owned(),
        // Nothing else of a connection is not found.
        None if why.kind() == io::ErrorKind::NotFound => "the server's name can not be looked up".to_owned(),
        None => why.kind().to_string(),
    }
}

const fn wrong_with(wrong: &CertificateError) -> &'static str {
    match wrong {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "is not valid yet",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => "is for another name",
        CertificateError::UnknownIssuer => "is of an authority that is not trusted here (email.ca_file)",
        CertificateError::Revoked => "is revoked",
        _ => "does not hold",
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trust(the system and {} more)", self.0.more.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_certificate_is_no_file_of_authorities() {
        for nothing in [&b""[..], b"hello", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            assert!(Trust::and_of(nothing).is_err(), "{}", String::from_utf8_lossy(nothing));
        }
    }

    #[test]
    fn what_is_wrong_with_a_certificate_is_said_in_words_of_ours() {
        let of = |wrong| said(&io::Error::new(io::ErrorKind::InvalidData, Error::InvalidCertificate(wrong)));
        assert_eq!(of(CertificateError::Expired), "the server's certificate has expired");
        assert!(of(CertificateError::UnknownIssuer).contains("email.ca_file"));
        assert_eq!(said(&io::ErrorKind::ConnectionRefused.into()), "connection refused");
    }
}
