//! What the media engine costs beside a floor program that only sends and reads the same packets.
//!
//! `cargo bench --bench media` takes about 20 s on two cores. One thread, pinned to the first core, is the callers: on every
//! socket it sends 50 packets a second and reads what comes. On the second core answers, in turn, the floor (the same
//! loop) and one pacer thread that plays a prompt on as many legs, follows sequence numbers and jitter, and looks for
//! keys. Compared is processor time of the answering thread alone, as the kernel accounts it.
//! Beside them one more leg presses keys: from the first packet of a key to the first packet of the next prompt.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench prints its figures and may fail loudly"
)]

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hotline::audio::{Clip, Codec, Playlist};
use hotline::rtp::events::Report;
use hotline::rtp::packet::{self, Header};
use hotline::rtp::transport::{
    Connection, Direction, Keys, Leg, LegEvent, LegSettings, Media, MediaConfig, Play, PlayId,
};
use hotline::secret::Key;
use rustix::process::Pid;
use rustix::thread::CpuSet;
use tokio::sync::mpsc;

/// Calls of the callers' thread.
const CALLS: usize = 500;
/// Length of each measurement.
const SPAN: Duration = Duration::from_secs(6);
const SLOT: Duration = Duration::from_millis(1);
const SLOTS: usize = 20;

fn main() {
    println!("{CALLS} calls, {} s each, 50 packets a second each way", SPAN.as_secs());
    let floor = floor();
    println!("floor    {floor:>7.1} µs of processor time per call and second");
    let engine = engine();
    println!(
        "engine   {:>7.1} µs, {:.2} times the floor (aim: at most 1.5)",
        engine.cost,
        engine.cost / floor
    );
    println!("memory   {:>7.1} KiB a leg (aim: at most 32)", engine.kib_a_leg);
    println!("gaps     {:>7.3} % of {} within 20 ± 5 ms (aim: 99.9)", engine.even, engine.gaps);
    println!("lateness {:>7} µs at worst within a second, as the engine sees it", engine.late_us);
    println!("lost     {:>7} of {} packets towards the callers", engine.lost, engine.sent);
    let keys = &engine.keys;
    let at = |share: usize| keys[(keys.len() - 1) * share / 100].as_secs_f64() * 1_000.0;
    println!(
        "keys     {:>7.2} ms to the next prompt's first packet, p50; {:.2} p99 of {} (aim: 10)",
        at(50),
        at(99),
        keys.len()
    );
}

/// Two copies of the same loop talk to each other; the cost of the one on the second core.
fn floor() -> f64 {
    let (ours, theirs) = (sockets(CALLS), sockets(CALLS));
    let (to_ours, to_theirs) = (addresses(&ours), addresses(&theirs));
    let callers = std::thread::spawn(move || callers(&theirs, &to_ours));
    let answering = std::thread::spawn(move || {
        pin(None, 1);
        let before = processor_time("self");
        pump(&ours, &to_theirs, |_, _| {});
        (processor_time("self") - before).as_secs_f64()
    });
    callers.join().unwrap();
    per_call(answering.join().unwrap())
}

struct Figures {
    cost: f64,
    kib_a_leg: f64,
    even: f64,
    gaps: usize,
    late_us: u32,
    sent: u64,
    lost: u64,
    keys: Vec<Duration>,
}

fn engine() -> Figures {
    let config = MediaConfig {
        ip: "127.0.0.1".parse().unwrap(),
        ports: 20_000..=29_999,
        threads: 1,
        max_legs: CALLS + PROBES + 1,
        origin: Instant::now(),
        seed: [3; 32],
    };
    let media = Media::start(&config).unwrap();
    let task = task_called("media-0");
    pin(Some(task), 1);
    let theirs = sockets(CALLS);
    let probes = sockets(PROBES);
    let music = recording(200);
    let (events, told) = mpsc::channel(64);
    let before = resident_kib();
    let open = |peer: &UdpSocket| {
        let leg = media.open(LegSettings::default(), events.clone()).unwrap();
        leg.connect(connection(peer)).unwrap();
        leg.play(play(0, &music, true)).unwrap();
        leg
    };
    let legs: Vec<Leg> = theirs.iter().map(open).collect();
    let probe_legs: Vec<Leg> = probes.iter().map(open).collect();
    let kib_a_leg = (resident_kib() - before) / (CALLS + PROBES) as f64;
    let to_legs: Vec<SocketAddr> = legs.iter().map(Leg::rtp).collect();

    let is_over = Arc::new(AtomicBool::new(false));
    let over = Arc::clone(&is_over);
    let watching = std::thread::spawn(move || gaps(&probes, &over));
    let over = Arc::clone(&is_over);
    let presser = media.clone();
    let pressing = std::thread::spawn(move || press_keys(&presser, &over));
    let talking = std::thread::spawn(move || callers(&theirs, &to_legs));
    let task = task.as_raw_nonzero().to_string();
    let begin = (processor_time(&task), Instant::now());
    let mut late_us = 0;
    while begin.1.elapsed() < SPAN {
        std::thread::sleep(Duration::from_millis(500));
        late_us = late_us.max(media.health()[0].late_us);
    }
    let spent = (processor_time(&task) - begin.0).as_secs_f64() * SPAN.as_secs_f64()
        / begin.1.elapsed().as_secs_f64();
    is_over.store(true, Ordering::Relaxed);
    let lost = talking.join().unwrap();
    let (gaps, even) = watching.join().unwrap();
    let mut keys = pressing.join().unwrap();
    keys.sort_unstable();
    drop((legs, probe_legs, told));
    media.shut_down();
    // The probes' legs are sent to and say nothing; the presser's talks as a call does. Half a call each is near enough.
    let calls = CALLS as f64 + PROBES as f64 / 2.0 + 1.0;
    let cost = spent / SPAN.as_secs_f64() / calls * 1e6;
    Figures { cost, kib_a_leg, even, gaps, late_us, sent: lost.1, lost: lost.0, keys }
}

/// Legs whose packets are timed.
const PROBES: usize = 20;

/// The callers: packets lost on the way to them, by their sequence numbers, of how many.
fn callers(sockets: &[UdpSocket], to: &[SocketAddr]) -> (u64, u64) {
    pin(None, 0);
    let mut last: Vec<Option<u16>> = vec![None; sockets.len()];
    let (mut lost, mut seen) = (0, 0);
    pump(sockets, to, |call, datagram| {
        let Some(packet) = packet::parse(datagram).ok().filter(|_| !packet::is_rtcp(datagram))
        else {
            return;
        };
        if let Some(before) = last[call].replace(packet.header.sequence) {
            lost += u64::from(packet.header.sequence.wrapping_sub(before).wrapping_sub(1));
        }
        seen += 1;
    });
    (lost, seen)
}

/// Sends on every socket each 20 ms, spread over the milliseconds, and reads what has come to it.
fn pump(sockets: &[UdpSocket], to: &[SocketAddr], mut heard: impl FnMut(usize, &[u8])) {
    let mut datagram = [0xd5; 172];
    let mut buffer = [0; 2_048];
    let begin = Instant::now();
    for slot in 0.. {
        let due = begin + SLOT * slot;
        if due - begin >= SPAN {
            return;
        }
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let round = u16::try_from(slot as usize / SLOTS).unwrap();
        let header = |call: usize| Header {
            payload_type: 8,
            marker: false,
            sequence: round,
            timestamp: u32::from(round) * 160,
            ssrc: u32::try_from(call).unwrap(),
        };
        for call in (slot as usize % SLOTS..sockets.len()).step_by(SLOTS) {
            datagram[..12].copy_from_slice(&header(call).to_bytes());
            // What the other side does not take is lost, and counted there.
            let _ = sockets[call].send_to(&datagram, to[call]);
            if let Ok((length, _)) = sockets[call].recv_from(&mut buffer) {
                heard(call, &buffer[..length]);
            }
        }
    }
}

/// Times between packets on the probes: how many, and the share in percent that was even.
fn gaps(probes: &[UdpSocket], is_over: &AtomicBool) -> (usize, f64) {
    let mut poll = mio::Poll::new().unwrap();
    let mut sources: Vec<mio::net::UdpSocket> =
        probes.iter().map(|it| mio::net::UdpSocket::from_std(it.try_clone().unwrap())).collect();
    for (index, source) in sources.iter_mut().enumerate() {
        poll.registry().register(source, mio::Token(index), mio::Interest::READABLE).unwrap();
    }
    let mut last: Vec<Option<Instant>> = vec![None; probes.len()];
    let (mut all, mut even) = (0_usize, 0_usize);
    let mut events = mio::Events::with_capacity(64);
    let mut buffer = [0; 2_048];
    while !is_over.load(Ordering::Relaxed) {
        poll.poll(&mut events, Some(Duration::from_millis(100))).unwrap();
        for event in &events {
            let index = event.token().0;
            while sources[index].recv_from(&mut buffer).is_ok() {
                let now = Instant::now();
                if let Some(before) = last[index].replace(now) {
                    all += 1;
                    even += usize::from((15..=25).contains(&(now - before).as_millis()));
                }
            }
        }
    }
    (all, even as f64 * 100.0 / all.max(1) as f64)
}

/// A caller who presses a key again and again, and a flow that answers each with another prompt.
fn press_keys(media: &Media, is_over: &AtomicBool) -> Vec<Duration> {
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    let (events, mut told) = mpsc::channel(64);
    let leg = Arc::new(media.open(LegSettings::default(), events).unwrap());
    leg.connect(connection(&peer)).unwrap();
    let prompts = [recording(100), recording(90)];
    leg.play(play(0, &prompts[0], false)).unwrap();
    let flow = Arc::clone(&leg);
    let answering = std::thread::spawn(move || {
        let mut count = 0;
        while let Some(event) = told.blocking_recv() {
            if matches!(event.event, LegEvent::Key { .. }) {
                count += 1;
                flow.play(play(count, &prompts[count as usize % 2], false)).unwrap();
            } else if event.event == LegEvent::Goodbye {
                return;
            }
        }
    });
    let mut times = Vec::new();
    let (mut sequence, mut buffer) = (0_u16, [0; 2_048]);
    while !is_over.load(Ordering::Relaxed) {
        // Between 5 and 8 packets of the prompt, and a part of the next one's time.
        for _ in 0..5 + times.len() % 4 {
            peer.recv_from(&mut buffer).unwrap();
        }
        std::thread::sleep(Duration::from_millis(times.len() as u64 * 7 % 20));
        peer.set_nonblocking(true).unwrap();
        while peer.recv_from(&mut buffer).is_ok() {}
        peer.set_nonblocking(false).unwrap();
        let report =
            Report { key: Key::from_event(5).unwrap(), end: false, volume: 10, duration: 160 };
        sequence = sequence.wrapping_add(1);
        let timestamp = u32::from(sequence) * 1_600;
        let header = Header { payload_type: 101, marker: true, sequence, timestamp, ssrc: 9 };
        let pressed = Instant::now();
        peer.send_to(&[&header.to_bytes()[..], &report.to_bytes()].concat(), leg.rtp()).unwrap();
        for _ in 0..100 {
            let (length, _) = peer.recv_from(&mut buffer).unwrap();
            if packet::parse(&buffer[..length]).is_ok_and(|it| it.header.marker) {
                times.push(pressed.elapsed());
                break;
            }
        }
    }
    // An RTCP goodbye ends the flow's thread, which holds the leg as well.
    peer.send_to(b"\x80\xc9\x00\x01\x00\x00\x00\x09\x81\xcb\x00\x01\x00\x00\x00\x09", leg.rtp())
        .unwrap();
    answering.join().unwrap();
    times
}

fn connection(peer: &UdpSocket) -> Connection {
    Connection {
        rtp: peer.local_addr().unwrap(),
        rtcp: None,
        rtcp_mux: true,
        codec: Codec::Pcma,
        send_payload_type: Codec::Pcma.payload_type(),
        receive_payload_type: Codec::Pcma.payload_type(),
        events_in: Some(101),
        events_out: Some(101),
        direction: Direction::Both,
    }
}

fn play(id: u64, clip: &Arc<Clip>, looped: bool) -> Play {
    Play {
        id: PlayId(id),
        playlist: Playlist::of(Arc::clone(clip)),
        looped,
        stop_on: Keys::ANY,
        at_once: true,
    }
}

fn recording(frames: i16) -> Arc<Clip> {
    let samples: Vec<i16> = (0..frames * 160).map(|it| it % 97 * 50).collect();
    Arc::new(Clip::from_samples(&samples))
}

fn sockets(count: usize) -> Vec<UdpSocket> {
    let open = |_| {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        socket
    };
    (0..count).map(open).collect()
}

fn addresses(sockets: &[UdpSocket]) -> Vec<SocketAddr> {
    sockets.iter().map(|it| it.local_addr().unwrap()).collect()
}

/// Keeps a thread on one core; a machine with only one has no choice.
fn pin(task: Option<Pid>, core: usize) {
    let mut cores = CpuSet::new();
    cores.set(core);
    let _ = rustix::thread::sched_setaffinity(task, &cores);
}

fn per_call(seconds: f64) -> f64 {
    seconds / SPAN.as_secs_f64() / CALLS as f64 * 1e6
}

/// Time that a thread of this process has run, from the kernel's scheduler.
fn processor_time(task: &str) -> Duration {
    let path = match task {
        "self" => "/proc/thread-self/schedstat".to_owned(),
        task => format!("/proc/self/task/{task}/schedstat"),
    };
    let text = std::fs::read_to_string(path).unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

/// The thread of this process that has this name.
fn task_called(name: &str) -> Pid {
    for _ in 0..1_000 {
        for task in std::fs::read_dir("/proc/self/task").unwrap() {
            let path = task.unwrap().path();
            if std::fs::read_to_string(path.join("comm")).is_ok_and(|it| it.trim_end() == name) {
                let id = path.file_name().unwrap().to_str().unwrap().parse().unwrap();
                return Pid::from_raw(id).unwrap();
            }
        }
        std::thread::sleep(SLOT); // the thread gives itself its name
    }
    unreachable!("the engine names its threads")
}

fn resident_kib() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<f64>().unwrap() * 4.0
}
