//! The handles: [`Media`] for the engine, [`Leg`] for one party. Usable from any task or thread; nothing here waits.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use mio::net::UdpSocket;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use tokio::sync::{mpsc, oneshot};

use super::api::{
    Connection, Counts, FromLeg, LegId, LegSettings, MediaConfig, MediaError, Play, ThreadHealth,
};
use super::command::{Command, What};
use super::leg::{Beginning, Leg as Party};
use super::listen::{Ear, Tap};
use super::pacer::{self, Gauges};
use super::ports::Ports;
use super::rooms::Voice;
use crate::audio::FRAME;
use crate::secret::Key;

/// Commands that a thread's ring holds beyond one `close` a leg. A thread takes them within a millisecond.
const COMMANDS: usize = 4_096;
/// Samples between a leg and its tap or source: half a second.
const RING: usize = 25 * FRAME;
/// A key that is sent lasts at least so long (RFC 4733 2.5.1.2, Q.24).
const SHORTEST_KEY: Duration = Duration::from_millis(60);

/// The media engine. Clones are the same engine; it ends with [`Media::shut_down`] or with its last clone and leg.
#[derive(Clone, Debug)]
pub struct Media {
    engine: Arc<Engine>,
}

#[derive(Debug)]
struct Engine {
    ip: IpAddr,
    range: (u16, u16),
    max_legs: usize,
    /// Legs that are open, over all threads.
    open: Arc<AtomicUsize>,
    next_id: AtomicU64,
    /// Guards the free ports, for the length of a bind.
    ports: Mutex<Ports>,
    /// Guards the generator of SSRCs and first numbers.
    rng: Mutex<ChaCha12Rng>,
    threads: Vec<Thread>,
}

/// This side of a pacer thread.
#[derive(Debug)]
struct Thread {
    /// Guards this end of the ring of commands; the other end is the thread's alone.
    commands: Mutex<rtrb::Producer<Command>>,
    waker: Arc<mio::Waker>,
    gauges: Arc<Gauges>,
    /// Guards the handle until somebody waits for the end.
    handle: Mutex<Option<JoinHandle<()>>>,
}

impl Media {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the range holds no pair of ports, or the system refuses a thread or a poll.
    pub fn start(config: &MediaConfig) -> Result<Self, MediaError> {
        let (first, last) = (*config.ports.start(), *config.ports.end());
        let mut ports = Ports::new(&config.ports);
        if ports.len() == 0 {
            return Err(MediaError::NoPair { first, last });
        }
        let max_legs = config.max_legs.min(ports.len());
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let count = if config.threads == 0 { cores } else { config.threads }.min(LegId::THREADS);
        let mut rng = ChaCha12Rng::from_seed(config.seed);
        let open = Arc::new(AtomicUsize::new(0));
        let mut threads = Vec::with_capacity(count);
        let seats = pacer::seats(count)?;
        for seat in seats {
            let (commands, commands_out) = rtrb::RingBuffer::new(COMMANDS + max_legs);
            let (returned, returned_out) = rtrb::RingBuffer::new(ports.len());
            ports.give_back_by(returned_out);
            let waker = seat.waker();
            let gauges = Arc::new(Gauges::default());
            let mut seed = [0; 32];
            rng.fill_bytes(&mut seed);
            let setting = pacer::Setting {
                ip: config.ip,
                origin: config.origin,
                rng: ChaCha12Rng::from_seed(seed),
                max_legs,
                open: Arc::clone(&open),
                gauges: Arc::clone(&gauges),
                commands: commands_out,
                returned,
            };
            let handle = pacer::spawn(seat, setting)?;
            let (commands, handle) = (Mutex::new(commands), Mutex::new(Some(handle)));
            threads.push(Thread { commands, waker, gauges, handle });
        }
        let engine = Engine {
            ip: config.ip,
            range: (first, last),
            max_legs,
            open,
            next_id: AtomicU64::new(1),
            ports: Mutex::new(ports),
            rng: Mutex::new(rng),
            threads,
        };
        Ok(Self { engine: Arc::new(engine) })
    }

    /// Opens a leg: a socket on a port of its own, silent until it is connected. Its events go to `events`, see
    /// [`LegEvent`](super::LegEvent) for what happens when that is full.
    ///
    /// # Errors
    /// When the limit of legs is reached, no port can be bound, or the thread is stuck.
    pub fn open(
        &self,
        settings: LegSettings,
        events: mpsc::Sender<FromLeg>,
    ) -> Result<Leg, MediaError> {
        let engine = &self.engine;
        if engine.open.fetch_add(1, Ordering::Relaxed) >= engine.max_legs {
            engine.open.fetch_sub(1, Ordering::Relaxed);
            return Err(MediaError::Full(engine.max_legs));
        }
        let opened = self.open_counted(settings, events);
        if opened.is_err() {
            engine.open.fetch_sub(1, Ordering::Relaxed);
        }
        opened
    }

    /// How each thread fares.
    #[must_use]
    pub fn health(&self) -> Vec<ThreadHealth> {
        self.engine.threads.iter().map(|it| it.gauges.health()).collect()
    }

    /// Closes all legs and waits for the threads to end, which takes a few milliseconds.
    pub fn shut_down(&self) {
        self.engine.shut_down();
    }

    fn open_counted(
        &self,
        settings: LegSettings,
        events: mpsc::Sender<FromLeg>,
    ) -> Result<Leg, MediaError> {
        let engine = &self.engine;
        let thread = settings.near.map_or_else(|| engine.idlest_thread(), LegId::thread);
        let bind = |port| UdpSocket::bind(SocketAddr::new(engine.ip, port));
        let (first, last) = engine.range;
        let (port, socket) = lock(&engine.ports).take(bind)?.ok_or(MediaError::NoPort {
            ip: engine.ip,
            first,
            last,
        })?;
        let id = LegId::new(engine.next_id.fetch_add(1, Ordering::Relaxed), thread);
        let beginning = Beginning::random(&mut *lock(&engine.rng));
        let party = Party::new(id, port, socket, settings, beginning, events);
        let rtp = SocketAddr::new(engine.ip, port);
        match engine.send(id, What::Open(Box::new(party))) {
            Ok(()) => {
                if let Some(thread) = engine.threads.get(thread) {
                    thread.gauges.legs.fetch_add(1, Ordering::Relaxed);
                }
                Ok(Leg { engine: Arc::clone(engine), id, rtp, closed: false })
            }
            Err(error) => {
                lock(&engine.ports).put_back(port);
                Err(error)
            }
        }
    }
}

impl Engine {
    fn idlest_thread(&self) -> usize {
        let legs = |it: &&Thread| it.gauges.legs.load(Ordering::Relaxed);
        let least = self.threads.iter().map(|it| legs(&it)).min().unwrap_or(0);
        self.threads.iter().position(|it| legs(&it) <= least).unwrap_or(0)
    }

    /// Puts a command into the ring of the leg's first thread, which knows where the leg has gone since.
    fn send(&self, leg: LegId, what: What) -> Result<(), MediaError> {
        let thread = self.threads.get(leg.thread()).ok_or(MediaError::Busy)?;
        {
            let mut commands = lock(&thread.commands);
            // The last places are kept for `Close`, which every leg needs exactly once and which must not be lost.
            let kept =
                if matches!(what, What::Close(_) | What::ShutDown) { 0 } else { self.max_legs };
            if commands.slots() <= kept {
                return Err(MediaError::Busy);
            }
            commands.push(Command { leg, what }).map_err(|_| MediaError::Busy)?;
        }
        Ok(thread.waker.wake()?)
    }

    fn shut_down(&self) {
        for index in 0..self.threads.len() {
            // A thread that takes nothing any more has ended already.
            let _ = self.send(LegId::new(0, index), What::ShutDown);
        }
        for thread in &self.threads {
            let handle = lock(&thread.handle).take();
            if let Some(handle) = handle {
                // A panic there has been printed by the thread; there is nothing left to end.
                let _ = handle.join();
            }
            // What came too late is dropped, and with it the senders of the figures that somebody may wait for. A ring
            // without places refuses all that comes now.
            *lock(&thread.commands) = rtrb::RingBuffer::new(0).0;
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.shut_down();
    }
}

/// One party's media. Dropping it closes it.
#[derive(Debug)]
pub struct Leg {
    engine: Arc<Engine>,
    id: LegId,
    rtp: SocketAddr,
    closed: bool,
}

/// All methods but [`Leg::close`] only hand over a command; it is acted on within a millisecond or so.
///
/// # Errors
/// [`MediaError::Busy`] when the thread is stuck or has ended; the command is not carried out then.
impl Leg {
    /// Its name in events.
    #[must_use]
    pub const fn id(&self) -> LegId {
        self.id
    }

    /// Where it receives RTP: for our SDP.
    #[must_use]
    pub const fn rtp(&self) -> SocketAddr {
        self.rtp
    }

    /// Where it receives RTCP when that is not multiplexed: the port above. Opened with the first report.
    #[must_use]
    pub const fn rtcp(&self) -> SocketAddr {
        SocketAddr::new(self.rtp.ip(), self.rtp.port() + 1)
    }

    /// Tells what offer and answer have settled; again after each re-INVITE.
    #[expect(clippy::missing_errors_doc, reason = "see the impl")]
    pub fn connect(&self, connection: Connection) -> Result<(), MediaError> {
        // A peer without events is listened to for tones.
        let ear = connection.events_out.is_none().then(Ear::boxed);
        self.send(What::Connect(Box::new(connection), ear))
    }

    /// Plays; replaces what plays. Before the leg is connected it waits at the first sample; while the peer has us on
    /// hold it runs on unheard.
    #[expect(clippy::missing_errors_doc, reason = "see the impl")]
    pub fn play(&self, play: Play) -> Result<(), MediaError> {
        self.send(What::Play(Box::new(play)))
    }

    /// Stops what plays.
    #[expect(clippy::missing_errors_doc, reason = "see the impl")]
    pub fn stop(&self) -> Result<(), MediaError> {
        self.send(What::Stop)
    }

    /// Sends keys after those that are being sent, each for `each` (at least 60 ms, at most 60 s): as RFC 4733 events, or as tones to
    /// a peer that has none. What plays stands still meanwhile. At most 64 wait; more are dropped.
    #[expect(clippy::missing_errors_doc, reason = "see the impl")]
    pub fn send_keys(&self, keys: &[Key], each: Duration) -> Result<(), MediaError> {
        let ms = each.clamp(SHORTEST_KEY, Duration::from_secs(60)).as_millis();
        let slots = u32::try_from(ms.div_ceil(20)).unwrap_or(u32::MAX);
        self.send(What::SendKeys(keys.into(), slots))
    }

    /// Lets two legs hear each other: packets are forwarded on arrival, untouched but for their header when the codecs
    /// agree. What plays on a leg goes before what the other says. A leg that was bridged before is taken out of that.
    #[expect(clippy::missing_errors_doc, reason = "see the impl")]
    pub fn bridge(&self, other: &Self) -> Result<(), MediaError> {
        // Sent to the other, which comes to this one's thread if it lives elsewhere.
        other.send(What::Bridge { with: self.id })
    }

    /// Ends the bridge for both.
    #[expect(clippy::missing_errors_doc, reason = "see the impl")]
    pub fn unbridge(&self) -> Result<(), MediaError> {
        self.send(What::Unbridge)
    }

    /// Lets this leg hear everybody in the room of `host`, which is made with the first who joins, and them hear it: at
    /// most eight with the host. What plays on a leg goes before what the others say. A leg that was bridged is taken
    /// out of that. Whoever closes leaves.
    #[expect(clippy::missing_errors_doc, reason = "see the impl")]
    pub fn join(&self, host: &Self) -> Result<(), MediaError> {
        let voices = [Voice::boxed(host.id), Voice::boxed(host.id)];
        self.send(What::Join { with: host.id, voices })
    }

    /// Leaves the room.
    #[expect(clippy::missing_errors_doc, reason = "see the impl")]
    pub fn leave(&self) -> Result<(), MediaError> {
        self.send(What::Leave)
    }

    /// What the peer says from now on, at 8,000 samples a second, in blocks of 20 ms, losses concealed; nothing is
    /// written before the peer's first packet. A reader that falls behind by half a second loses whole blocks.
    /// A second tap replaces the first; dropping the ring ends it.
    #[expect(clippy::missing_errors_doc, reason = "see the impl")]
    pub fn tap(&self) -> Result<rtrb::Consumer<i16>, MediaError> {
        let (ring, samples) = rtrb::RingBuffer::new(RING);
        self.send(What::Tap(Tap::boxed(ring)))?;
        Ok(samples)
    }

    /// Speaks what is written into the ring, at 8,000 samples a second, whenever nothing else plays and the leg is not
    /// bridged. When there is less than 20 ms in it, silence is sent and what there is waits.
    /// A second source replaces the first; dropping the ring ends it.
    #[expect(clippy::missing_errors_doc, reason = "see the impl")]
    pub fn source(&self) -> Result<rtrb::Producer<i16>, MediaError> {
        let (samples, ring) = rtrb::RingBuffer::new(RING);
        self.send(What::Source(ring))?;
        Ok(samples)
    }

    /// Says goodbye by RTCP, frees the ports and gives the leg's figures; all noughts when the engine has ended.
    pub async fn close(mut self) -> Counts {
        let (counts, answer) = oneshot::channel();
        self.closed = true;
        if self.send(What::Close(Some(counts))).is_err() {
            return Counts::default();
        }
        answer.await.unwrap_or_default()
    }

    fn send(&self, what: What) -> Result<(), MediaError> {
        self.engine.send(self.id, what)
    }
}

impl Drop for Leg {
    fn drop(&mut self) {
        if !self.closed {
            // Fails only when the thread has ended, and the leg with it.
            let _ = self.send(What::Close(None));
        }
    }
}

/// None of the guarded values can be left half-changed, so a poisoned lock is as good as a clean one.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
