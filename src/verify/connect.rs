//! One URL by one way: names, TCP, proxy, TLS, HTTP, each step timed.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, PROXY_AUTHORIZATION, USER_AGENT};
use hyper::{Method, Request as HttpRequest, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

use super::names::Names;
use super::route::{ProxyUrl, Way};
use super::seen::{Seen, Step, Tls, Trouble};
use super::tls::Roots;
use crate::model::{Host, Request, Scheme};
use crate::suffix;
use crate::text::shown;

/// Most bytes of an answer's head.
const MAX_HEAD: usize = 64 << 10;
/// Most headers of an answer.
const MAX_HEADERS: usize = 100;
/// Who asks, for whoever reads a proxy's log.
const AGENT: &str = concat!("thruway/", env!("CARGO_PKG_VERSION"));

/// What all connections share.
#[derive(Debug)]
pub struct Network {
    /// Names.
    pub names: Names,
    /// Roots.
    pub roots: Arc<Roots>,
}

/// A stream of bytes, encrypted or not.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}
type BoxedStream = Box<dyn Stream>;

/// A connection on which requests are made; ends with this value.
struct Sender {
    sender: http1::SendRequest<Full<Bytes>>,
    task: AbortHandle,
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Looks at one step after the other until one fails, all of them in `patience`.
struct Walk<'a> {
    network: &'a Network,
    until: Instant,
    seen: Seen,
}

impl Walk<'_> {
    /// Does one step and notes how long it took.
    async fn step<T>(
        &mut self,
        step: Step,
        what: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        let start = Instant::now();
        let done = timeout_at(self.until, what).await.unwrap_or(Err(Trouble::Timeout(step)))?;
        self.seen.timing.push((step, start.elapsed()));
        Ok(done)
    }

    /// A TCP connection: every address in turn, none of which takes the time of all the others.
    async fn tcp(&mut self, host: &Host, port: u16) -> Result<BoxedStream, Trouble> {
        let network = self.network;
        let (addresses, dns) = match host {
            Host::Address(address) => (vec![*address], None),
            Host::Name(_) => self.step(Step::Dns, network.names.look_up(host)).await?,
        };
        self.seen.dns = dns;
        let until = self.until;
        let (stream, address) = self.step(Step::Connect, connect(addresses, port, until)).await?;
        self.seen.address = Some(address);
        Ok(Box::new(stream))
    }

    /// A connection to a proxy, in TLS where it wants that: it is told the credentials, so it must be the right one.
    async fn at_proxy(&mut self, proxy: &ProxyUrl) -> Result<BoxedStream, Trouble> {
        let unreachable = |trouble: Trouble| match trouble {
            // How it was not reached, and that it was not.
            Trouble::Connect(why) | Trouble::Tls(why) => Trouble::ProxyUnreachable(why),
            other => Trouble::ProxyUnreachable(other.to_string()),
        };
        let stream = self.tcp(&proxy.host, proxy.port).await.map_err(unreachable)?;
        if !proxy.tls {
            return Ok(stream);
        }
        let strict = self.network.roots.strict();
        let secured = self.step(Step::Proxy, handshake(stream, strict, &proxy.host)).await;
        let (stream, _) = secured.map_err(unreachable)?;
        Ok(stream)
    }

    /// A tunnel through a proxy.
    async fn tunnel(&mut self, proxy: &ProxyUrl, request: &Request) -> Result<BoxedStream, Trouble> {
        let stream = self.at_proxy(proxy).await?;
        let place = format!("{}:{}", request.host, request.port);
        let mut connect = HttpRequest::builder().method(Method::CONNECT).uri(&place).header(HOST, &place);
        if let Some(credentials) = proxy.authorization() {
            connect = connect.header(PROXY_AUTHORIZATION, credentials);
        }
        let connect = with_agent(connect)?;
        let asked = async {
            let mut sender = Sender::new(stream).await?;
            let response = sender.send(connect).await?;
            let (status, headers) = (response.status(), response.headers().clone());
            match status.is_success() {
                true => {
                    let upgraded = hyper::upgrade::on(response).await.map_err(Trouble::http)?;
                    Ok((status, headers, Some(TokioIo::new(upgraded))))
                }
                false => Ok((status, headers, None)),
            }
        };
        let (status, headers, tunnel) =
            self.step(Step::Proxy, asked).await.map_err(|trouble| match trouble {
                Trouble::Http(why) => Trouble::ProxyAnswer(why),
                other => other,
            })?;
        self.seen.proxy_status = Some(status.as_u16());
        match tunnel {
            Some(tunnel) => Ok(Box::new(tunnel)),
            None => {
                self.seen.says_proxy = says_proxy(&headers);
                Err(match status {
                    StatusCode::PROXY_AUTHENTICATION_REQUIRED => credentials(proxy),
                    // Squid says 500 of a name that it cannot look up, others 502 to 504.
                    _ if status.is_server_error() => Trouble::ProxyCannotReach(status.as_u16()),
                    _ => Trouble::Refused(status.as_u16()),
                })
            }
        }
    }

    /// TLS to the host, with whatever certificate.
    async fn tls(&mut self, stream: BoxedStream, host: &Host) -> Result<BoxedStream, Trouble> {
        let (config, watcher) = self.network.roots.watching();
        let done = self.step(Step::Tls, handshake(stream, config, host)).await;
        let version = done.as_ref().map_or_else(|_| String::new(), |(_, version)| version.clone());
        self.seen.tls = watcher.take().map(|(chain, leads_to)| Tls { version, chain, leads_to });
        done.map(|(stream, _)| stream)
    }

    /// One request and the head of its answer.
    async fn http(
        &mut self,
        stream: BoxedStream,
        method: &Method,
        request: &Request,
        through: Option<&ProxyUrl>,
    ) -> Result<Response<Incoming>, Trouble> {
        // A proxy that is asked in plain text is told the whole URL.
        let target = if through.is_some() { request.to_string() } else { request.path.clone() };
        let mut asked = HttpRequest::builder()
            .method(method.clone())
            .uri(target)
            .header(HOST, place(request))
            .header("accept", "*/*");
        if let Some(credentials) = through.and_then(ProxyUrl::authorization) {
            asked = asked.header(PROXY_AUTHORIZATION, credentials);
        }
        let asked = with_agent(asked.header("connection", "close"))?;
        self.step(Step::Http, async {
            let mut sender = Sender::new(stream).await?;
            let response = sender.send(asked).await?;
            // What is not read of a body ends with the connection.
            Ok(response)
        })
        .await
    }

    async fn walk(&mut self, method: &Method, request: &Request, way: &Way) -> Result<(), Trouble> {
        let (response, proxy) = match (request.scheme, way) {
            (Scheme::Http, Way::Direct) => {
                let stream = self.tcp(&request.host, request.port).await?;
                (self.http(stream, method, request, None).await?, None)
            }
            (Scheme::Http, Way::Proxy(proxy)) => {
                let stream = self.at_proxy(proxy).await?;
                (self.http(stream, method, request, Some(proxy)).await?, Some(proxy))
            }
            (Scheme::Https, way) => {
                let (stream, proxy) = match way {
                    Way::Direct => (self.tcp(&request.host, request.port).await?, None),
                    Way::Proxy(proxy) => (self.tunnel(proxy, request).await?, Some(proxy)),
                };
                let stream = self.tls(stream, &request.host).await?;
                (self.http(stream, method, request, None).await?, proxy)
            }
        };
        self.seen.status = Some(response.status().as_u16());
        self.seen.says_proxy = says_proxy(response.headers());
        self.seen.media_type = media_type(response.headers());
        if request.scheme == Scheme::Http && response.status().is_redirection() {
            self.seen.leads_away = leads_away(request, response.headers());
        }
        match (response.status(), proxy) {
            (StatusCode::PROXY_AUTHENTICATION_REQUIRED, Some(proxy)) => Err(credentials(proxy)),
            _ => Ok(()),
        }
    }
}

/// What is seen on the way to one URL, in at most `patience`.
pub async fn look(
    network: &Network,
    method: &Method,
    request: &Request,
    way: &Way,
    patience: Duration,
) -> Seen {
    let until = Instant::now() + patience;
    let mut walk = Walk { network, until, seen: Seen { way: way.to_string(), ..Seen::default() } };
    walk.seen.trouble = walk.walk(method, request, way).await.err();
    walk.seen
}

/// A file that was fetched.
#[derive(Debug)]
pub struct Fetched {
    /// The status.
    pub status: u16,
    /// The media type, as the server writes it, made safe to print.
    pub content_type: Option<String>,
    /// All headers, as they came.
    pub headers: HeaderMap,
    /// At most as many bytes as were allowed.
    pub bytes: Vec<u8>,
    /// Whether there were more.
    pub is_cut: bool,
    /// Why the answer ended before its end, where it did.
    pub broken: Option<String>,
}

/// What is fetched, and how.
#[derive(Debug)]
pub struct Ask<'a> {
    /// Where from.
    pub request: &'a Request,
    /// The path with its query.
    pub path: &'a str,
    /// By which way.
    pub way: &'a Way,
    /// Headers beside those of every request.
    pub headers: &'a [(HeaderName, String)],
    /// Most bytes.
    pub limit: usize,
    /// How long all of it may take.
    pub patience: Duration,
    /// What is sent along, by POST.
    pub body: Option<Bytes>,
}

/// Fetches a URL without a proxy, as a device fetches its PAC. Over TLS the certificate must lead to a root that is
/// known. `path` is the path with its query.
///
/// # Errors
/// When no answer comes, or not all of it.
pub async fn fetch(
    network: &Network,
    request: &Request,
    path: &str,
    limit: usize,
    patience: Duration,
) -> Result<Fetched, Trouble> {
    let ask = Ask { request, path, way: &Way::Direct, headers: &[], limit, patience, body: None };
    let mut fetched = fetch_by(network, &ask).await?;
    match fetched.broken.take() {
        Some(why) => Err(Trouble::Http(why)),
        None => Ok(fetched),
    }
}

/// Fetches a URL. Over TLS the certificate must lead to a root that is known.
///
/// # Errors
/// When no answer comes. One that ends before its end is an answer, and says so.
pub async fn fetch_by(network: &Network, ask: &Ask<'_>) -> Result<Fetched, Trouble> {
    let until = Instant::now() + ask.patience;
    let mut walk = Walk { network, until, seen: Seen::default() };
    let Ask { request, path, .. } = ask;
    let (mut stream, through) = match (request.scheme, ask.way) {
        (_, Way::Direct) => (walk.tcp(&request.host, request.port).await?, None),
        (Scheme::Http, Way::Proxy(proxy)) => (walk.at_proxy(proxy).await?, Some(proxy)),
        (Scheme::Https, Way::Proxy(proxy)) => (walk.tunnel(proxy, request).await?, None),
    };
    if request.scheme == Scheme::Https {
        stream = walk.step(Step::Tls, handshake(stream, network.roots.strict(), &request.host)).await?.0;
    }
    // A proxy that is asked in plain text is told the whole URL.
    let target = match through {
        Some(_) => format!("{}://{}{path}", request.scheme, place(request)),
        None => (*path).to_owned(),
    };
    let mut asked =
        HttpRequest::builder().uri(target).header(HOST, place(request)).header("connection", "close");
    for (name, value) in ask.headers {
        asked = asked.header(name, value);
    }
    if let Some(credentials) = through.and_then(ProxyUrl::authorization) {
        asked = asked.header(PROXY_AUTHORIZATION, credentials);
    }
    let mut asked = with_agent(asked)?;
    if let Some(body) = &ask.body {
        *asked.method_mut() = Method::POST;
        *asked.body_mut() = Full::new(body.clone());
    }
    let whole = async {
        let mut sender = Sender::new(stream).await?;
        let response = sender.send(asked).await?;
        let (head, body) = response.into_parts();
        let mut body = Limited::new(body, ask.limit);
        let mut fetched = Fetched {
            status: head.status.as_u16(),
            content_type: media_type(&head.headers),
            headers: head.headers,
            bytes: Vec::new(),
            is_cut: false,
            broken: None,
        };
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => fetched.bytes.extend(frame.into_data().unwrap_or_default()),
                Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                    fetched.is_cut = true;
                    break;
                }
                Err(error) => {
                    let why = error.source().map_or_else(|| error.to_string(), ToString::to_string);
                    fetched.broken = Some(shown(&why, 200));
                    break;
                }
            }
        }
        Ok(fetched)
    };
    let fetched = walk.step(Step::Http, whole).await?;
    match (fetched.status, through) {
        (407, Some(proxy)) => Err(credentials(proxy)),
        _ => Ok(fetched),
    }
}

/// The host that is asked, with the port where it is not the scheme's own.
fn place(request: &Request) -> String {
    match request.port == request.scheme.default_port() {
        true => request.host.to_string(),
        false => format!("{}:{}", request.host, request.port),
    }
}

async fn connect(
    addresses: Vec<IpAddr>,
    port: u16,
    until: Instant,
) -> Result<(TcpStream, SocketAddr), Trouble> {
    let mut last = Trouble::Timeout(Step::Connect);
    let count = addresses.len();
    for (at, address) in addresses.into_iter().enumerate() {
        let address = SocketAddr::new(address, port);
        let rest = until.saturating_duration_since(Instant::now());
        let share = rest / u32::try_from(count - at).unwrap_or(1);
        match timeout_at(Instant::now() + share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok((stream, address)),
            Ok(Err(error)) => last = Trouble::Connect(format!("{address}: {}", os_words(&error))),
            Err(_) => last = Trouble::Timeout(Step::Connect),
        }
    }
    Err(last)
}

/// What the system says, without the number of the error.
fn os_words(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    shown(text, 200)
}

async fn handshake(
    stream: BoxedStream,
    config: Arc<ClientConfig>,
    host: &Host,
) -> Result<(BoxedStream, String), Trouble> {
    let name = match host {
        Host::Address(address) => ServerName::from(*address),
        // Underscores are legal in DNS and in no certificate.
        Host::Name(name) => ServerName::try_from(name.to_string())
            .map_err(|_| Trouble::Tls(format!("`{name}` cannot be the name of a certificate")))?,
    };
    let stream = TlsConnector::from(config)
        .connect(name, stream)
        .await
        .map_err(|error| Trouble::Tls(os_words(&error)))?;
    let version = stream.get_ref().1.protocol_version();
    let version = version.and_then(|own| own.as_str()).unwrap_or("TLS").replace('_', ".");
    Ok((Box::new(stream), version))
}

impl Sender {
    async fn new(stream: BoxedStream) -> Result<Self, Trouble> {
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(MAX_HEAD)
            .max_headers(MAX_HEADERS)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(Trouble::http)?;
        // What goes wrong on it is told where its answer is waited for.
        let task = tokio::spawn(connection.with_upgrades()).abort_handle();
        Ok(Self { sender, task })
    }

    async fn send(&mut self, request: HttpRequest<Full<Bytes>>) -> Result<Response<Incoming>, Trouble> {
        self.sender.send_request(request).await.map_err(Trouble::http)
    }
}

impl Trouble {
    /// What the library says, with the cause that it has below.
    fn http(error: hyper::Error) -> Self {
        use std::error::Error as _;
        let why = match error.source() {
            Some(source) => source.to_string(),
            None => error.to_string(),
        };
        let why = why.split(" (os error").next().unwrap_or(&why).to_owned();
        Self::Http(shown(&why, 200))
    }
}

fn with_agent(builder: hyper::http::request::Builder) -> Result<HttpRequest<Full<Bytes>>, Trouble> {
    builder
        .header(USER_AGENT, AGENT)
        .body(Full::default())
        .map_err(|error| Trouble::Http(shown(&format!("this cannot be asked: {error}"), 200)))
}

fn credentials(proxy: &ProxyUrl) -> Trouble {
    if proxy.authorization().is_some() { Trouble::WrongCredentials } else { Trouble::Credentials }
}

/// The media type of an answer, made safe to print.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?;
    Some(shown(&String::from_utf8_lossy(value.as_bytes()), 100))
}

/// The host that an answer leads to, unless it is the same one, or under the same registered domain.
fn leads_away(request: &Request, headers: &HeaderMap) -> Option<String> {
    let to = headers.get("location")?.to_str().ok()?;
    // What has no scheme leads to the same host.
    let to = to.contains("://").then(|| to.parse::<Request>())?.ok()?;
    let domain = |host: &Host| match host {
        Host::Name(name) => suffix::registrable_domain(name),
        Host::Address(_) => None,
    };
    let is_same =
        to.host == request.host || domain(&to.host).is_some_and(|own| Some(own) == domain(&request.host));
    (!is_same).then(|| to.host.to_string())
}

/// A header by which a proxy says that an answer is its own: Squid's, and the error of RFC 9209.
fn says_proxy(headers: &HeaderMap) -> Option<String> {
    let value = |name: &str| {
        let value = headers.get(name)?;
        Some(shown(&String::from_utf8_lossy(value.as_bytes()), 80))
    };
    let squid = value("x-squid-error").map(|own| format!("x-squid-error: {own}"));
    let status = || {
        value("proxy-status").filter(|own| own.contains("error=")).map(|own| format!("proxy-status: {own}"))
    };
    squid.or_else(status)
}
