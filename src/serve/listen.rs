//! Addresses, connections, and their end.

use std::convert::Infallible;
use std::fmt;
use std::future::ready;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::pin::pin;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::Request;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

use super::Server;
use super::access::Link;
use super::limits::{self, Patient, Refused};
use super::metrics::Closed;
use super::tls::Tls;

/// An address to listen on: `0.0.0.0:8080`, `http://[::]:80`, `https://proxy.contoso.com:443`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listen {
    /// How it is spoken to; where nothing is said, TLS if there is a certificate.
    pub scheme: Option<Scheme>,
    /// Name or address, and port.
    pub address: String,
}

/// How an address is spoken to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// By TLS.
    Https,
}

/// Not an address to listen on.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is no address to listen on; write `0.0.0.0:8080`, `http://[::]:80` or `https://[::]:443`")]
pub struct ListenError(String);

impl FromStr for Listen {
    type Err = ListenError;

    fn from_str(text: &str) -> Result<Self, ListenError> {
        let (scheme, address) = match text.split_once("://") {
            None => (None, text),
            Some(("http", address)) => (Some(Scheme::Http), address),
            Some(("https", address)) => (Some(Scheme::Https), address),
            Some(_) => return Err(ListenError(text.to_owned())),
        };
        let address = address.trim_end_matches('/');
        let port = address.rsplit_once(':').filter(|(host, _)| !host.is_empty());
        if port.is_none_or(|(_, port)| port.parse::<u16>().is_err()) {
            return Err(ListenError(text.to_owned()));
        }
        Ok(Self { scheme, address: address.to_owned() })
    }
}

impl Listen {
    /// Takes the address.
    ///
    /// # Errors
    /// When the system refuses.
    pub async fn bind(&self) -> io::Result<TcpListener> {
        let addresses: Vec<SocketAddr> = self.address.to_socket_addrs()?.collect();
        TcpListener::bind(&addresses[..]).await
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

/// Told to every connection: whether the server is ending. A connection holds the other half, so that the server knows
/// when the last is gone.
#[derive(Clone, Debug)]
pub struct Ending {
    is_ending: watch::Receiver<bool>,
    held: mpsc::Sender<Infallible>,
}

/// The server's side of [`Ending`].
#[derive(Debug)]
pub struct Drain {
    tell: watch::Sender<bool>,
    all_gone: mpsc::Receiver<Infallible>,
}

/// A way to end all connections, once each has answered what it was asked.
pub fn drain() -> (Drain, Ending) {
    let (tell, is_ending) = watch::channel(false);
    let (held, all_gone) = mpsc::channel(1);
    (Drain { tell, all_gone }, Ending { is_ending, held })
}

impl Drain {
    /// Ends every connection, and waits so long for the last. Whether all ended in time.
    pub async fn end(mut self, patience: Duration) -> bool {
        let _ = self.tell.send(true);
        tokio::time::timeout(patience, self.all_gone.recv()).await.is_ok()
    }
}

impl Ending {
    /// Waits until the server ends.
    pub async fn ends(&mut self) {
        // Where the other half is gone, the server is.
        let _ = self.is_ending.wait_for(|is_ending| *is_ending).await;
    }
}

/// How long is waited after the system had no room for a connection.
const NO_ROOM: Duration = Duration::from_millis(50);

/// Takes connections until the server ends. One that is refused is closed without a word: an answer would cost more than
/// the one who sends them pays.
pub async fn accept(server: Arc<Server>, listener: TcpListener, tls: Option<Arc<Tls>>, mut ending: Ending) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = ending.ends() => return,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // A connection that went before it was taken is nobody's fault; without descriptors, waiting helps.
                if !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset)
                {
                    tokio::time::sleep(NO_ROOM).await;
                }
                continue;
            }
        };
        let settings = server.settings.load();
        let is_proxy = settings.is_trusted(peer.ip());
        let (most, of_client) = (settings.serve.connections, settings.serve.connections_per_client);
        let place = match server.connections.take(peer.ip(), is_proxy, most, of_client) {
            Ok(place) => place,
            Err(refused) => {
                server.metrics.closed(match refused {
                    Refused::All => Closed::TooMany,
                    Refused::OfClient => Closed::TooManyOfClient,
                });
                continue;
            }
        };
        let (server, tls, ending) = (server.clone(), tls.clone(), ending.clone());
        tokio::spawn(async move {
            // It is free when the connection is gone.
            let _place = place;
            connection(&server, stream, peer, tls.as_deref(), ending).await;
        });
    }
}

async fn connection(
    server: &Arc<Server>,
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<&Tls>,
    ending: Ending,
) {
    let _ = stream.set_nodelay(true);
    let link = Link { peer: peer.ip(), is_tls: tls.is_some(), has_certificate: false };
    let stream = Patient::new(stream, limits::STALLED, limits::ANSWER);
    let Some(tls) = tls else {
        return speak(server, stream, link, ending).await;
    };
    match tokio::time::timeout(limits::HANDSHAKE, tls.acceptor().accept(stream)).await {
        Ok(Ok(stream)) => {
            let has_certificate = stream.get_ref().1.peer_certificates().is_some_and(|own| !own.is_empty());
            speak(server, stream, Link { has_certificate, ..link }, ending).await;
        }
        Ok(Err(_)) => server.metrics.closed(Closed::Handshake),
        Err(_) => server.metrics.closed(Closed::Slow),
    }
}

async fn speak<S>(server: &Arc<Server>, stream: S, link: Link, ending: Ending)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let own = server.clone();
    let service =
        service_fn(move |request: Request<Incoming>| ready(Ok::<_, Infallible>(own.respond(&request, link))));
    match converse(stream, service, ending).await {
        Ok(()) => {}
        Err(error) if error.is_timeout() => server.metrics.closed(Closed::Slow),
        Err(error) if error.is_parse() => server.metrics.closed(Closed::Malformed),
        // The other side went.
        Err(_) => {}
    }
}

/// HTTP/1.1 on one connection, until one side ends it.
///
/// # Errors
/// When it did not end as it should.
pub async fn converse<S, V>(stream: S, service: V, mut ending: Ending) -> hyper::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    V: HttpService<Incoming, ResBody = Full<Bytes>, Error = Infallible>,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEADERS)
        .max_header_size(limits::MAX_HEAD)
        .max_buf_size(2 * limits::MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = ending.ends() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    drop(ending.held);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_port_and_may_have_a_scheme() {
        for (text, scheme, address) in [
            ("0.0.0.0:8080", None, "0.0.0.0:8080"),
            ("http://[::]:80", Some(Scheme::Http), "[::]:80"),
            ("https://pac.contoso.com:443/", Some(Scheme::Https), "pac.contoso.com:443"),
        ] {
            assert_eq!(text.parse(), Ok(Listen { scheme, address: address.to_owned() }));
        }
        for text in ["", "8080", ":8080", "ftp://a:21", "a:b", "https://a", "a:99999"] {
            assert!(text.parse::<Listen>().is_err(), "{text}");
        }
    }
}
