//! Two endpoints over real sockets of the loopback.

use std::net::Ipv4Addr;

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout};

use super::*;
use crate::sip::endpoint::{Command, Config, Endpoint, LegEvent, LegId, OutgoingCall, Wish};
use crate::sip::message::Uri;

/// One endpoint in a task of its own.
struct End {
    handle: Handle,
    news: mpsc::UnboundedReceiver<Command>,
    udp: SocketAddr,
    tcp: SocketAddr,
}

const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

fn end(seed: u64, adjust: impl FnOnce(&mut Settings)) -> End {
    let mut settings = Settings { udp: Some(ANY), tcp: Some(ANY), ..Settings::default() };
    adjust(&mut settings);
    let transport = Transport::bind(settings).unwrap();
    let (udp, tcp) = (transport.udp().unwrap(), transport.tcp().unwrap());
    let endpoint =
        Endpoint::new(Config::new(Some(udp), Some(tcp)), ChaCha12Rng::seed_from_u64(seed));
    let (handle, asks) = Handle::new(16);
    let (sender, news) = mpsc::unbounded_channel();
    tokio::spawn(run(endpoint, transport, asks, Instant::now(), move |command| {
        _ = sender.send(command)
    }));
    End { handle, news, udp, tcp }
}

impl End {
    async fn leg_event(&mut self) -> (LegId, LegEvent) {
        loop {
            let news = timeout(Duration::from_secs(10), self.news.recv())
                .await
                .expect("nothing is heard")
                .unwrap();
            if let Command::Leg { leg, event } = news {
                return (leg, event);
            }
        }
    }

    async fn wish(&self, leg: LegId, wish: Wish) {
        self.handle.happen(Event::Wish { leg, wish }).await;
    }

    async fn call(&self, target: &str) {
        let call = OutgoingCall {
            target: Uri::parse(target).unwrap(),
            to: None,
            from: Uri::parse("sip:13800000001@127.0.0.1").unwrap(),
            from_display: None,
            peer: None,
            routes: Vec::new(),
            credentials: None,
            headers: Vec::new(),
            sdp: Some(Bytes::from_static(b"v=0 offer")),
            ring_for: Duration::from_secs(30),
            max_forwards: 70,
        };
        self.wish(LegId::outgoing(1), Wish::Call(Box::new(call))).await;
    }
}

/// One call from `caller` to `called`, hung up by the called side.
async fn talk(caller: &mut End, called: &mut End, target: &str) {
    caller.call(target).await;
    let (leg, event) = called.leg_event().await;
    assert!(matches!(event, LegEvent::Incoming(_)), "{event:?}");
    called
        .wish(leg, Wish::Answer { sdp: Bytes::from_static(b"v=0 answer"), headers: Vec::new() })
        .await;
    let (_, event) = caller.leg_event().await;
    assert!(matches!(event, LegEvent::Answered { .. }), "{event:?}");
    let (_, event) = called.leg_event().await;
    assert!(matches!(event, LegEvent::Acknowledged { .. }), "{event:?}");
    called.wish(leg, Wish::HangUp { reason: None, headers: Vec::new() }).await;
    for end in [called, caller] {
        assert!(matches!(end.leg_event().await.1, LegEvent::Ended(_)));
        assert!(matches!(end.leg_event().await.1, LegEvent::Gone));
    }
}

#[tokio::test]
async fn a_call_goes_by_datagrams() {
    let (mut caller, mut called) = (end(1, |_| {}), end(2, |_| {}));
    let target = format!("sip:4001@{}", called.udp);
    talk(&mut caller, &mut called, &target).await;
}

#[tokio::test]
async fn a_call_goes_by_a_stream_and_leaves_nothing_behind() {
    let (mut caller, mut called) = (end(1, |_| {}), end(2, |_| {}));
    let target = format!("sip:4001@{};transport=tcp", called.tcp);
    talk(&mut caller, &mut called, &target).await;
    let (_, load) = caller.handle.figures().await;
    assert_eq!(
        (load.legs, load.timers - load.client_transactions - load.server_transactions),
        (0, 0)
    );
}

#[tokio::test]
async fn a_stream_that_nobody_takes_fails_the_call() {
    let mut caller = end(1, |settings| settings.connect = Duration::from_secs(1));
    let unused = std::net::TcpListener::bind(ANY).unwrap().local_addr().unwrap();
    caller.call(&format!("sip:4001@{unused};transport=tcp")).await;
    let (_, event) = caller.leg_event().await;
    assert!(matches!(event, LegEvent::Failed(_)), "{event:?}");
}

#[tokio::test]
async fn a_ping_is_answered_and_junk_closes_the_stream_with_an_answer() {
    let called = end(2, |_| {});
    let mut socket = TcpStream::connect(called.tcp).await.unwrap();
    socket.write_all(b"\r\n\r\n").await.unwrap();
    let mut pong = [0; 2];
    timeout(Duration::from_secs(5), socket.read_exact(&mut pong)).await.unwrap().unwrap();
    assert_eq!(&pong, b"\r\n");
    // A request without Content-Length: where it ends cannot be known.
    let request = "OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK1\r\nFrom: <sip:b@c>;tag=1\r\n\
                   To: <sip:a@c>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n";
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    timeout(Duration::from_secs(5), socket.read_to_end(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with(b"SIP/2.0 400 "), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn too_many_streams_are_closed_at_once_and_idle_ones_in_time() {
    let called = end(2, |settings| {
        settings.connections = 1;
        settings.idle = Duration::from_millis(200);
    });
    let mut first = TcpStream::connect(called.tcp).await.unwrap();
    let mut second = TcpStream::connect(called.tcp).await.unwrap();
    let mut byte = [0; 1];
    let closed = timeout(Duration::from_secs(5), second.read(&mut byte)).await.unwrap();
    assert!(matches!(closed, Ok(0) | Err(_)));
    let closed = timeout(Duration::from_secs(5), first.read(&mut byte)).await.unwrap();
    assert!(matches!(closed, Ok(0) | Err(_)));
}

#[tokio::test]
async fn a_socket_on_all_addresses_calls_itself_what_the_peer_can_reach() {
    let everywhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let (mut caller, mut called) =
        (end(1, |_| {}), end(2, |settings| settings.udp = Some(everywhere)));
    let target = format!("sip:4001@127.0.0.1:{}", called.udp.port());
    talk(&mut caller, &mut called, &target).await;
    assert_eq!(local_towards(caller.udp), Some(caller.udp.ip()));
}
