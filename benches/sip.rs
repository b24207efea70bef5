//! SIP without a network: one INVITE read, its typed headers included, and whole calls between two endpoints in virtual time.
//!
//! `cargo bench --bench sip`. The aim is under 5 µs for the INVITE.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a bench that cannot read its own message must fail, and listens only to what its calls need"
)]

use std::hint::black_box;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hotline::sip::Peer;
use hotline::sip::endpoint::{
    Command, Config, Endpoint, Event, LegEvent, LegId, OutgoingCall, Wish,
};
use hotline::sip::message::{Message, Print as _, Uri};
use hotline::time::Mono;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;

/// As a carrier sends it: two proxies on the way, an asserted identity, session timer, an offer of three codecs.
const INVITE: &str = "INVITE sip:4001@192.0.2.10:5060;transport=udp SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK74bf9a1c.1;rport\r\n\
    Via: SIP/2.0/UDP 198.51.100.7:5060;received=198.51.100.7;branch=z9hG4bKnashds8;rport=5060\r\n\
    Max-Forwards: 68\r\n\
    Record-Route: <sip:192.0.2.1;lr;ftag=9fxced76sl>\r\n\
    From: \"Li Ming\" <sip:13800000001@carrier.example;user=phone>;tag=9fxced76sl\r\n\
    To: <sip:4001@192.0.2.10;user=phone>\r\n\
    Call-ID: 3848276298220188511@198.51.100.7\r\n\
    CSeq: 314159 INVITE\r\n\
    Contact: <sip:13800000001@198.51.100.7:5060;transport=udp>\r\n\
    P-Asserted-Identity: \"Li Ming\" <sip:+8613800000001@carrier.example>\r\n\
    Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY\r\n\
    Supported: timer, 100rel, replaces\r\n\
    Session-Expires: 1800;refresher=uac\r\n\
    Min-SE: 90\r\n\
    User-Agent: carrier-sbc/8.3\r\n\
    Content-Type: application/sdp\r\n\
    Content-Length: 249\r\n\r\n\
    v=0\r\no=sbc 2890844526 2890844526 IN IP4 198.51.100.8\r\ns=-\r\nc=IN IP4 198.51.100.8\r\nt=0 0\r\n\
    m=audio 49170 RTP/AVP 8 0 18 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:18 G729/8000\r\n\
    a=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\na=sendrecv\r\n";

fn message(criterion: &mut Criterion) {
    let datagram = Bytes::from_static(INVITE.as_bytes());
    let parse = || Message::from_datagram(black_box(&datagram).clone()).unwrap();
    let Message::Request(invite) = parse() else { unreachable!("it is a request") };
    let mut group = criterion.benchmark_group("message");
    group.throughput(Throughput::Bytes(datagram.len() as u64));
    group.bench_function("INVITE read", |b| b.iter(parse));
    group.bench_function("INVITE read with its typed headers", |b| {
        b.iter(|| {
            let message = parse();
            let headers = message.headers();
            black_box((headers.vias().unwrap(), headers.from().unwrap(), headers.to().unwrap()));
            black_box((
                headers.call_id().unwrap(),
                headers.cseq().unwrap(),
                headers.max_forwards().unwrap(),
            ));
            black_box((
                headers.contacts().unwrap(),
                headers.record_routes().unwrap(),
                headers.p_asserted_identity().unwrap(),
            ));
            black_box((headers.session_expires().unwrap(), headers.content_type().unwrap()));
            message
        });
    });
    group.bench_function("INVITE printed", |b| b.iter(|| black_box(&invite).printed()));
    group.finish();
}

/// Two endpoints and the wire between them, on which nothing takes time.
struct Pair {
    ends: [Endpoint; 2],
    now: Mono,
    calls: u64,
    out: Vec<Command>,
}

fn address(end: usize) -> SocketAddr {
    ([192, 0, 2, if end == 0 { 1 } else { 2 }], 5060).into()
}

impl Pair {
    fn new() -> Self {
        let end = |at| {
            Endpoint::new(
                Config::new(Some(address(at)), None),
                ChaCha12Rng::seed_from_u64(at as u64),
            )
        };
        Self { ends: [end(0), end(1)], now: Mono::ZERO, calls: 0, out: Vec::new() }
    }

    /// INVITE, 200, ACK, BYE, 200. The time goes on, so that what is remembered of older calls is forgotten.
    fn call(&mut self) {
        self.calls += 1;
        self.now += Duration::from_millis(50);
        let leg = LegId::outgoing(self.calls);
        let mut events = vec![(0, Event::Wish { leg, wish: Wish::Call(Box::new(outgoing())) })];
        let mut gone = 0;
        while let Some((at, event)) = events.pop() {
            self.ends[at].handle(self.now, event, &mut self.out);
            let mut then = Vec::new();
            for command in self.out.drain(..) {
                match command {
                    Command::Send { to, bytes } => {
                        let other = usize::from(to.remote == address(1));
                        let peer = Peer::udp(address(other), address(1 - other));
                        then.push((other, Event::Datagram { peer, bytes }));
                    }
                    Command::Leg { leg, event: LegEvent::Incoming(_) } => {
                        let sdp = Bytes::from_static(b"v=0 answer");
                        then.push((
                            at,
                            Event::Wish { leg, wish: Wish::Answer { sdp, headers: Vec::new() } },
                        ));
                    }
                    Command::Leg { leg, event: LegEvent::Acknowledged { .. } } => {
                        then.push((
                            at,
                            Event::Wish {
                                leg,
                                wish: Wish::HangUp { reason: None, headers: Vec::new() },
                            },
                        ));
                    }
                    Command::Leg { event: LegEvent::Gone, .. } => gone += 1,
                    _ => {}
                }
            }
            events.extend(then.into_iter().rev());
        }
        for end in &mut self.ends {
            while end.deadline().is_some_and(|due| due <= self.now) {
                end.handle(self.now, Event::Tick, &mut self.out);
                self.out.clear();
            }
        }
        assert_eq!(gone, 2, "both ends are done with the call");
    }
}

fn outgoing() -> OutgoingCall {
    OutgoingCall {
        target: Uri::parse("sip:4001@192.0.2.2").unwrap(),
        to: None,
        from: Uri::parse("sip:13800000001@192.0.2.1").unwrap(),
        from_display: None,
        peer: None,
        routes: Vec::new(),
        credentials: None,
        headers: Vec::new(),
        sdp: Some(Bytes::from_static(b"v=0 offer")),
        ring_for: Duration::from_secs(30),
        max_forwards: 70,
    }
}

fn endpoint(criterion: &mut Criterion) {
    let mut pair = Pair::new();
    // The tables hold what 64 × T1 = 32 s leave in them.
    for _ in 0..1_000 {
        pair.call();
    }
    criterion.bench_function("a call between two endpoints", |b| b.iter(|| pair.call()));
}

criterion_group!(benches, message, endpoint);
criterion_main!(benches);
