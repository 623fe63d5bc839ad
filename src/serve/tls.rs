//! The server's certificate, which may be replaced while connections are open.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

/// Files of a server that speaks TLS.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TlsFiles {
    /// The certificate and those between it and a root, PEM.
    pub certificate: PathBuf,
    /// Its key, PEM.
    pub key: PathBuf,
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or holds no such thing.
    #[error("{}: {error}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        error: pem::Error,
    },
    /// A file holds no certificate.
    #[error("{} holds no certificate", .path.display())]
    Nothing {
        /// The file.
        path: PathBuf,
    },
    /// They do not belong together, or are of a kind that is not spoken.
    #[error("{} and {}: {error}", .files.certificate.display(), .files.key.display())]
    Pair {
        /// The files.
        files: TlsFiles,
        /// What is wrong.
        #[source]
        error: rustls::Error,
    },
    /// The roots of clients cannot be used.
    #[error("{}: {why}", .path.display())]
    ClientCa {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let file = |error| TlsError::File { path: path.to_owned(), error };
    let found = CertificateDer::pem_file_iter(path).map_err(file)?;
    let found: Vec<_> = found.collect::<Result<_, _>>().map_err(file)?;
    if found.is_empty() { Err(TlsError::Nothing { path: path.to_owned() }) } else { Ok(found) }
}

/// When a certificate ends, in seconds since 1970; nothing where it does not say so in a way that is read.
fn end_of(certificate: &CertificateDer<'_>) -> Option<u64> {
    let own = Certificate::from_der(certificate).ok()?;
    Some(own.tbs_certificate().validity().not_after.to_unix_duration().as_secs())
}

/// What a server needs to speak TLS, and when its certificate ends. With `client_ca` a client may show a certificate of these roots and need not: a PAC
/// is for everybody.
///
/// # Errors
/// When a file cannot be read, or they do not fit together.
pub fn config(
    files: &TlsFiles,
    client_ca: Option<&Path>,
) -> Result<(Arc<ServerConfig>, Option<u64>), TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain = certificates(&files.certificate)?;
    let end = chain.first().and_then(end_of);
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| TlsError::File { path: files.key.clone(), error })?;
    let pair = |error| TlsError::Pair { files: files.clone(), error };
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(pair)?;
    let builder = match client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let wrong = |why: String| TlsError::ClientCa { path: path.to_owned(), why };
            let mut roots = RootCertStore::empty();
            for root in certificates(path)? {
                roots.add(root).map_err(|error| wrong(error.to_string()))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .allow_unauthenticated()
                .build()
                .map_err(|error| wrong(error.to_string()))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder.with_single_cert(chain, key).map_err(pair)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((Arc::new(config), end))
}

/// The configuration of new connections.
#[derive(Debug)]
pub struct Tls {
    files: TlsFiles,
    now: ArcSwap<ServerConfig>,
    /// When the certificate ends; 0 where that is not known.
    end: AtomicU64,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// When they cannot be used.
    pub fn new(files: TlsFiles, client_ca: Option<&Path>) -> Result<Self, TlsError> {
        let (config, end) = config(&files, client_ca)?;
        Ok(Self { files, now: ArcSwap::new(config), end: AtomicU64::new(end.unwrap_or(0)) })
    }

    /// Reads the files again. Connections that are open stay as they are.
    ///
    /// # Errors
    /// When they cannot be used; what was read before then stays in force.
    pub fn reload(&self, client_ca: Option<&Path>) -> Result<(), TlsError> {
        let (config, end) = config(&self.files, client_ca)?;
        self.now.store(config);
        self.end.store(end.unwrap_or(0), Ordering::Relaxed);
        Ok(())
    }

    /// The files.
    pub fn files(&self) -> &TlsFiles {
        &self.files
    }

    /// When the certificate ends, in seconds since 1970, where that is known.
    pub fn ends(&self) -> Option<u64> {
        Some(self.end.load(Ordering::Relaxed)).filter(|end| *end > 0)
    }

    /// The configuration of a new connection.
    pub fn acceptor(&self) -> tokio_rustls::TlsAcceptor {
        self.now.load_full().into()
    }
}
