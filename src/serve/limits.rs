//! What one client may take: connections, and the time that it lets an answer wait.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// Seconds in which a request must be there whole, and after which a connection without one is closed.
pub const HEADERS: Duration = Duration::from_secs(10);
/// Seconds in which TLS must have been agreed on.
pub const HANDSHAKE: Duration = Duration::from_secs(10);
/// Seconds that an answer may wait for a client to take a part of it.
pub const STALLED: Duration = Duration::from_secs(20);
/// Seconds in which a client must have taken an answer whole: whoever takes an octet now and then does not hold a place
/// for ever.
pub const ANSWER: Duration = Duration::from_secs(600);
/// Most octets of a request without its body, for which there is no use.
pub const MAX_HEAD: usize = 16 << 10;

/// The connections that there are.
#[derive(Debug, Default)]
pub struct Connections {
    all: AtomicUsize,
    by_client: Mutex<HashMap<IpAddr, usize>>,
}

/// Why a connection is closed at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// There are as many as may be.
    All,
    /// This client has as many as one may have.
    OfClient,
}

/// A connection's place. It is free when this is dropped.
#[derive(Debug)]
pub struct Place {
    connections: Arc<Connections>,
    client: Option<IpAddr>,
}

impl Connections {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.load(Ordering::Relaxed)
    }

    /// Takes a place, if there is one. Nothing counts for a trusted proxy but the number of all.
    ///
    /// # Errors
    /// Why there is none.
    pub fn take(
        self: &Arc<Self>,
        client: IpAddr,
        is_proxy: bool,
        most: usize,
        most_of_client: usize,
    ) -> Result<Place, Refused> {
        let mut place = Place { connections: self.clone(), client: None };
        if self.all.fetch_add(1, Ordering::Relaxed) >= most {
            return Err(Refused::All);
        }
        if is_proxy {
            return Ok(place);
        }
        let client = site(client);
        let mut by_client = self.by_client.lock().unwrap_or_else(PoisonError::into_inner);
        let own = by_client.entry(client).or_default();
        if *own >= most_of_client {
            drop(by_client);
            return Err(Refused::OfClient);
        }
        *own += 1;
        drop(by_client);
        place.client = Some(client);
        Ok(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.all.fetch_sub(1, Ordering::Relaxed);
        let Some(client) = self.client else { return };
        let mut by_client = self.connections.by_client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = by_client.get_mut(&client) {
            *own -= 1;
            if *own == 0 {
                by_client.remove(&client);
            }
        }
    }
}

/// One client: an IPv4 address, or the 64 bits of an IPv6 address that it does not choose itself.
fn site(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX)).into(),
    }
}

/// A connection that ends where the other side takes nothing for too long, or takes too long for an answer.
#[derive(Debug)]
pub struct Patient<S> {
    inner: S,
    patience: Duration,
    whole: Duration,
    /// Made when a write first waits: most never do.
    waiting: Option<Pin<Box<Sleep>>>,
    /// Until when what is being written must be gone; nothing while nothing waits.
    until: Option<Instant>,
}

impl<S> Patient<S> {
    /// Wraps a connection whose other side may take nothing for so long, and take so long for an answer.
    pub fn new(inner: S, patience: Duration, whole: Duration) -> Self {
        Self { inner, patience, whole, waiting: None, until: None }
    }

    fn judge<T>(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        // A part that was taken does not give more time to the rest. Whoever takes nothing is asked again by `waiting`.
        if self.until.is_some_and(|until| until <= Instant::now()) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        if polled.is_ready() {
            self.waiting = None;
            return polled;
        }
        let whole = self.whole;
        self.until.get_or_insert_with(|| Instant::now() + whole);
        let patience = self.patience;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        match waiting.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.judge(cx, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.judge(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_flush(cx);
        // Whoever flushes has written everything before.
        if matches!(polled, Poll::Ready(Ok(()))) {
            self.until = None;
        }
        self.judge(cx, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_shutdown(cx);
        self.judge(cx, polled)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[test]
    fn a_client_has_its_places_and_gives_them_back() {
        let connections = Arc::new(Connections::default());
        let [one, other]: [IpAddr; 2] = ["192.0.2.1", "192.0.2.2"].map(|text| text.parse().unwrap());
        let take = |client, is_proxy| connections.take(client, is_proxy, 4, 2);
        let held = [take(one, false).unwrap(), take(one, false).unwrap()];
        assert_eq!(take(one, false).unwrap_err(), Refused::OfClient);
        assert_eq!(connections.count(), 2, "a refusal takes no place");
        let more = [take(other, false).unwrap(), take(one, true).unwrap()];
        assert_eq!(take(other, false).unwrap_err(), Refused::All);
        drop(held);
        take(one, false).unwrap();
        drop(more);
        assert_eq!(connections.count(), 0);
        assert!(connections.by_client.lock().unwrap().is_empty(), "nobody is remembered who is gone");
    }

    #[test]
    fn addresses_that_a_client_chooses_itself_are_one_client() {
        let same = |one: &str, other: &str| site(one.parse().unwrap()) == site(other.parse().unwrap());
        assert!(same("2001:db8::1", "2001:db8::ffff:1"));
        assert!(!same("2001:db8:0:1::1", "2001:db8:0:2::1"));
        assert!(same("::ffff:192.0.2.1", "192.0.2.1"));
        assert!(!same("192.0.2.1", "192.0.2.2"));
    }

    #[tokio::test]
    async fn a_client_that_takes_nothing_is_left() {
        // One end is never read, and what is between them holds 16 octets.
        let (ours, _theirs) = tokio::io::duplex(16);
        let mut patient = Patient::new(ours, Duration::from_millis(20), ANSWER);
        let error = patient.write_all(&[0; 64]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_client_that_takes_an_octet_now_and_then_is_left() {
        let (ours, mut theirs) = tokio::io::duplex(16);
        let mut patient = Patient::new(ours, Duration::from_secs(3_600), Duration::from_millis(50));
        let slow = tokio::spawn(async move {
            let mut octet = [0];
            // It ends when the other end is gone.
            while theirs.read_exact(&mut octet).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        let error = patient.write_all(&vec![0; 1 << 20]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(patient);
        slow.await.unwrap();
    }

    #[tokio::test]
    async fn an_answer_that_is_gone_gives_the_next_its_own_time() {
        let (ours, mut theirs) = tokio::io::duplex(16);
        let mut patient = Patient::new(ours, ANSWER, ANSWER);
        let write = async {
            patient.write_all(&[0; 64]).await.unwrap();
            let is_timed = patient.until.is_some();
            patient.flush().await.unwrap();
            assert!(is_timed && patient.until.is_none());
        };
        let mut all = [0; 64];
        let (_, read) = tokio::join!(write, theirs.read_exact(&mut all));
        read.unwrap();
    }
}
