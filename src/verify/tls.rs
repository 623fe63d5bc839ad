//! Whose certificate was shown, and what that says of inspection.
//!
//! Whether a chain leads to a root is decided by webpki. Here the same chain is put to several sets of roots, one
//! after the other, and the connection goes on whatever they say: what answers behind a certificate that nobody
//! should take is a part of the picture. Nothing secret is ever sent over such a connection.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::seen::{Chain, Shown};
use crate::text::shown;

/// Most bytes of a file of certificates.
const MAX_FILE: u64 = 4 << 20;
/// Most certificates of a chain that are told.
const MAX_CHAIN: usize = 10;
/// Most characters of a name in a certificate.
const MAX_NAME: usize = 120;

/// Why a file gives no roots.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// It cannot be read.
    #[error("cannot read {}: {error}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// It is larger than any bundle of roots.
    #[error("{}: over {MAX_FILE} bytes, which no file of certificates has", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// No certificate is in it.
    #[error("{}: no certificate in PEM or DER that can be a root", .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// Roots by who vouches for them.
#[derive(Debug)]
pub struct Roots {
    public: Option<Arc<WebPkiServerVerifier>>,
    expected: Option<Arc<WebPkiServerVerifier>>,
    given: Option<Arc<WebPkiServerVerifier>>,
    /// Of those of the system, the ones that call themselves the vendor's.
    vendors: Option<Arc<WebPkiServerVerifier>>,
    system: Option<Arc<WebPkiServerVerifier>>,
    /// All of them: who may be told a password.
    any: Arc<ClientConfig>,
    /// As a certificate names the vendor.
    vendor: String,
    provider: Arc<CryptoProvider>,
}

/// The certificates of a file, in PEM, or one in DER.
///
/// # Errors
/// When it cannot be read or holds none.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, RootsError> {
    let read = |error| RootsError::Read { path: path.to_owned(), error };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(read)?;
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(read)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(RootsError::TooLarge { path: path.to_owned() });
    }
    let mut found: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(&bytes).filter_map(Result::ok).collect();
    if found.is_empty() {
        found.push(CertificateDer::from(bytes));
    }
    let mut store = RootCertStore::empty();
    found.retain(|own| store.add(own.clone()).is_ok());
    if found.is_empty() { Err(RootsError::Empty { path: path.to_owned() }) } else { Ok(found) }
}

impl Roots {
    /// The public roots, those of the system, those of `--expected-root`, which count as the origin's own, and those of
    /// `--ca`, which count as an inspector's. `vendor` is the organization that the vendor's certificates name.
    pub fn new(
        expected: Vec<CertificateDer<'static>>,
        given: Vec<CertificateDer<'static>>,
        vendor: &str,
    ) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut all = RootCertStore::empty();
        let mut of = |own: Vec<CertificateDer<'static>>| {
            let mut store = RootCertStore::empty();
            all.add_parsable_certificates(own.clone());
            store.add_parsable_certificates(own);
            verifier(store, &provider)
        };
        // A root that cannot be parsed is nobody's root.
        let certs = rustls_native_certs::load_native_certs().certs;
        let vendors = of(certs.iter().filter(|own| is_of(own, vendor)).cloned().collect());
        let system = of(certs);
        let (expected, given) = (of(expected), of(given));
        let public = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        all.roots.extend(public.roots.iter().cloned());
        let any = builder(&provider).with_root_certificates(all).with_no_client_auth();
        let public = verifier(public, &provider);
        Self {
            public,
            expected,
            given,
            vendors,
            system,
            any: Arc::new(any),
            vendor: vendor.to_owned(),
            provider,
        }
    }

    /// A configuration of TLS that takes what leads to any of the roots, and nothing else.
    pub fn strict(&self) -> Arc<ClientConfig> {
        self.any.clone()
    }

    /// A configuration of TLS that takes everything, and the place where it is told what was shown.
    pub fn watching(self: &Arc<Self>) -> (Arc<ClientConfig>, Arc<Watcher>) {
        let watcher = Arc::new(Watcher { roots: self.clone(), seen: Mutex::new(None) });
        let mut config = builder(&self.provider)
            .dangerous()
            .with_custom_certificate_verifier(watcher.clone())
            .with_no_client_auth();
        // Every handshake is a whole one, or no certificate is shown.
        config.resumption = rustls::client::Resumption::disabled();
        (Arc::new(config), watcher)
    }

    fn judge(
        &self,
        end: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Chain {
        let mut troubles = Vec::new();
        for (roots, found) in [
            (&self.public, Chain::Public),
            (&self.expected, Chain::Expected),
            (&self.given, Chain::Given),
            (&self.vendors, Chain::Vendor),
            (&self.system, Chain::System),
        ] {
            let Some(roots) = roots else { continue };
            match roots.verify_server_cert(end, between, name, &[], now) {
                Ok(_) => return found,
                Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {}
                Err(error) => troubles.push(error),
            }
        }
        // A known root and a certificate that is wrong says more than that no root is known.
        match troubles.first() {
            Some(Error::InvalidCertificate(why)) => Chain::Broken(in_words(why)),
            Some(why) => Chain::Broken(shown(&why.to_string(), MAX_NAME)),
            // What the end of a chain calls itself, nobody has vouched for.
            None if is_of(between.last().unwrap_or(end), &self.vendor) => Chain::Vendor,
            None => Chain::Unknown,
        }
    }
}

/// Whether the issuer of a certificate calls itself by a name.
fn is_of(certificate: &CertificateDer<'_>, organization: &str) -> bool {
    Certificate::from_der(certificate).is_ok_and(|own| {
        own.tbs_certificate()
            .issuer()
            .organization()
            .is_ok_and(|name| name.is_some_and(|name| name.value() == organization))
    })
}

fn builder(provider: &Arc<CryptoProvider>) -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("internal error: ring has the versions of TLS")
}

fn verifier(roots: RootCertStore, provider: &Arc<CryptoProvider>) -> Option<Arc<WebPkiServerVerifier>> {
    // An empty set is the only mistake there is.
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().ok()
}

/// What is wrong with a certificate, for people.
fn in_words(error: &CertificateError) -> String {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "not valid yet; is the clock right?".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "for another name".to_owned()
        }
        CertificateError::BadEncoding => "cannot be read".to_owned(),
        CertificateError::Revoked => "revoked".to_owned(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "not for servers".to_owned()
        }
        other => shown(&other.to_string(), MAX_NAME),
    }
}

/// Takes every certificate and remembers it.
#[derive(Debug)]
pub struct Watcher {
    roots: Arc<Roots>,
    seen: Mutex<Option<(Vec<Shown>, Chain)>>,
}

impl Watcher {
    /// The chain that was shown, the host's own certificate first, and where it leads; nothing where none was shown.
    pub fn take(&self) -> Option<(Vec<Shown>, Chain)> {
        self.seen.lock().ok()?.take()
    }
}

impl ServerCertVerifier for Watcher {
    fn verify_server_cert(
        &self,
        end: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = [end].into_iter().chain(between).take(MAX_CHAIN).map(certificate).collect();
        let judged = self.roots.judge(end, between, name, now);
        if let Ok(mut seen) = self.seen.lock() {
            *seen = Some((chain, judged));
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.roots.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.roots.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.roots.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Who is named in a certificate.
fn certificate(der: &CertificateDer<'_>) -> Shown {
    match Certificate::from_der(der) {
        Ok(own) => {
            let own = own.tbs_certificate();
            let name = |name: &x509_cert::name::Name| match name.common_name() {
                Ok(Some(common)) => shown(&common.value(), MAX_NAME),
                _ => shown(&name.to_string(), MAX_NAME),
            };
            Shown {
                subject: name(own.subject()),
                issuer: name(own.issuer()),
                sha256: crate::source::sha256(der),
            }
        }
        Err(_) => {
            let unread = || "(cannot be read)".to_owned();
            Shown { subject: unread(), issuer: unread(), sha256: crate::source::sha256(der) }
        }
    }
}
