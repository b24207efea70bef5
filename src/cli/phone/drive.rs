//! The phone in the world: sockets, threads, the terminal and the clock around the machine of its one call.

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

use super::call::{self, Call, Event, KEY_HELD, Plan};
use super::headset::{self, Gear, Headset};
use super::line::{self, Line};
use super::typed::Keyboard;
use super::{LOST_AFTER, PhoneError, news};
use crate::audio::{Clip, Playlist};
use crate::rtp::transport::{FromLeg, Keys, Leg, LegSettings, Media, MediaConfig, Play, PlayId};
use crate::sdp::Local;
use crate::sip::endpoint::{
    self as sip, LegId, Login, OutgoingCall, Registration, RegistrationEvent, Wish,
};
use crate::sip::message::{SipUri, Uri};
use crate::sip::{Peer, Transport};
use crate::time::Mono;

/// How long it rings before we give up.
const RING_FOR: Duration = Duration::from_secs(120);
/// What we ask a registrar for.
const REGISTER_FOR: Duration = Duration::from_secs(300);
/// How long the registrar's last answer is waited for.
const UNREGISTER_WITHIN: Duration = Duration::from_secs(2);
/// Our one registration.
const REGISTRATION: u32 = 1;
/// Media events that wait at most; keys beyond that are kept by the engine.
const MEDIA_EVENTS: usize = 64;
/// RTP ports: below those that the system gives out itself, above the demo server's.
const FIRST_PORT: u16 = 30_000;

/// Everything that the arguments come to.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) target: Option<Uri>,
    pub(super) by: Transport,
    pub(super) local: Option<SocketAddr>,
    /// User part of our own address.
    pub(super) from: String,
    pub(super) login: Option<Login>,
    pub(super) register: bool,
    pub(super) wait: bool,
    pub(super) late_offer: bool,
    pub(super) plan: Plan,
    pub(super) record: Option<PathBuf>,
    pub(super) play: Option<Arc<Clip>>,
    pub(super) with_sound: bool,
}

/// Runs the call; whether it was answered and ended well.
pub(super) async fn run(setup: Setup) -> Result<bool, PhoneError> {
    let began = Instant::now();
    let remote = match &setup.target {
        Some(target) => Some(line::find(target).await?),
        None => None,
    };
    let local = match (setup.local, remote) {
        (Some(local), _) => local,
        (None, Some(remote)) => line::local_towards(remote).await?,
        (None, None) => SocketAddr::from(([127, 0, 0, 1], 0)),
    };
    let gear = gear(&setup)?;
    let mut line = Line::open(local, setup.by, seed()?, began)?;
    let media = Media::start(&media_config(local, began)?)?;
    let (to, heard) = mpsc::channel(MEDIA_EVENTS);
    let settings = LegSettings {
        events_in: call::events_in(&setup.plan),
        rtp_lost_after: LOST_AFTER,
        ..LegSettings::default()
    };
    let leg = media.open(settings, to)?;
    let headset = Headset::put_on(gear, &leg)?;
    let own = Local { rtp: leg.rtp(), rtcp: None };
    let [a, b, c, d, ..] = seed()?;
    let call = Call::new(setup.plan.clone(), u64::from(u32::from_be_bytes([a, b, c, d])), own);
    let mut user = User::new()?;
    let peer = remote.map(|remote| line.peer(setup.by, remote));

    if setup.register && !register(&setup, peer, &mut line, &mut user).await? {
        return Ok(false);
    }
    let mut desk = Desk { call, leg, heard, play: setup.play.clone(), began, current: None };
    let went_well = desk.run(&setup, peer, &mut line, &mut user).await;
    let counts = desk.leg.close().await;
    media.shut_down();
    let recorded = headset.take_off();
    if setup.register {
        unregister(&mut line).await;
    }
    line.close().await;
    user.say(&news::summary(&counts));
    if let Some(path) = &setup.record {
        let length =
            recorded.map_err(|error| PhoneError::Record(path.clone(), error))?.unwrap_or_default();
        user.say(&format!("recorded {:.1} s in {}", length.as_secs_f64(), path.display()));
    }
    Ok(went_well)
}

fn gear(setup: &Setup) -> Result<Gear, PhoneError> {
    let recording = setup.record.as_deref().map(headset::recording).transpose()?;
    #[cfg(feature = "sound")]
    {
        use crate::cli::sound::{Microphone, Speaker};
        let speaker = setup.with_sound.then(Speaker::open).transpose()?;
        let listens = setup.with_sound && setup.play.is_none();
        let microphone = listens.then(Microphone::open).transpose()?;
        Ok(Gear { recording, speaker, microphone })
    }
    #[cfg(not(feature = "sound"))]
    {
        debug_assert!(!setup.with_sound);
        Ok(Gear { recording })
    }
}

fn media_config(local: SocketAddr, began: Instant) -> Result<MediaConfig, PhoneError> {
    let seed = seed()?;
    // A phone that was started just now had other ports, so that late packets for it do not come here.
    let [block, ..] = seed;
    let first = FIRST_PORT + u16::from(block % 13) * 200;
    Ok(MediaConfig {
        ip: local.ip(),
        ports: first..=first + 199,
        threads: 1,
        max_legs: 1,
        origin: began.into_std(),
        seed,
    })
}

fn seed() -> Result<[u8; 32], PhoneError> {
    let mut seed = [0; 32];
    let random = rustls::crypto::ring::default_provider().secure_random;
    random.fill(&mut seed).map_err(|_| PhoneError::Random)?;
    Ok(seed)
}

/// The user at the keyboard and the screen.
struct User {
    keyboard: Keyboard,
    interrupt: Signal,
    terminate: Signal,
}

impl User {
    fn new() -> Result<Self, PhoneError> {
        let on = |kind| signal(kind).map_err(PhoneError::System);
        Ok(Self {
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
            keyboard: Keyboard::open(),
        })
    }

    /// What the user does next.
    async fn next(&mut self) -> Event {
        tokio::select! {
            _ = self.interrupt.recv() => Event::HangUp,
            _ = self.terminate.recv() => Event::HangUp,
            Some(event) = self.keyboard.typed.recv() => event,
        }
    }

    fn say(&self, text: &str) {
        // A raw terminal does not go back to the left by itself.
        let is_raw = self.keyboard.is_raw && std::io::stdout().is_terminal();
        let text = if is_raw { text.replace('\n', "\r\n") + "\r\n" } else { format!("{text}\n") };
        let mut screen = std::io::stdout().lock();
        // Nobody reads along when this fails.
        let _ = screen.write_all(text.as_bytes());
        let _ = screen.flush();
    }
}

/// The call's machine and its media.
struct Desk {
    call: Call,
    leg: Leg,
    heard: mpsc::Receiver<FromLeg>,
    play: Option<Arc<Clip>>,
    began: Instant,
    /// The leg of the call, and when it began.
    current: Option<(LegId, Mono)>,
}

impl Desk {
    fn now(&self) -> Mono {
        Mono::from_micros(u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    async fn run(
        &mut self,
        setup: &Setup,
        peer: Option<Peer>,
        line: &mut Line,
        user: &mut User,
    ) -> bool {
        let mut out = Vec::new();
        match (&setup.target, peer) {
            (Some(target), Some(peer)) if !setup.wait => {
                user.say(&format!(
                    "calling {} over {} as {}",
                    news::address(target),
                    peer.transport.name(),
                    news::clean(&setup.from)
                ));
                self.current = Some((LegId::outgoing(1), self.now()));
                self.call.dial(outgoing(setup, target, peer), setup.late_offer, &mut out);
            }
            _ => {
                let at = line.tcp.or(line.udp).map_or_else(String::new, |at| format!(" at {at}"));
                user.say(&format!("waiting for a call{at}"));
            }
        }
        loop {
            for command in out.drain(..) {
                if let Some(went_well) = self.carry_out(command, line, user).await {
                    return went_well;
                }
            }
            let due =
                self.call.deadline().map(|due| self.began + Duration::from_micros(due.as_micros()));
            let alarm = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            let event = tokio::select! {
                Some(news) = line.news.recv() => match self.for_the_call(news, line, user).await {
                    Some(event) => event,
                    None => continue,
                },
                Some(FromLeg { event, .. }) = self.heard.recv() => Event::Media(event),
                event = user.next() => event,
                () = alarm => Event::Tick,
            };
            self.call.handle(self.now(), event, &mut out);
        }
    }

    /// What of the endpoint's news is for the call. A second caller hears that we are busy.
    async fn for_the_call(
        &mut self,
        news: sip::Command,
        line: &Line,
        user: &User,
    ) -> Option<Event> {
        match news {
            sip::Command::Leg { leg, event: event @ sip::LegEvent::Incoming(_) }
                if self.current.is_none() =>
            {
                self.current = Some((leg, self.now()));
                Some(Event::Sip(event))
            }
            sip::Command::Leg { leg, event }
                if self.current.is_some_and(|(current, _)| current == leg) =>
            {
                Some(Event::Sip(event))
            }
            sip::Command::Leg { leg, event: sip::LegEvent::Incoming(_) } => {
                let wish = Wish::Reject { status: 486, headers: Vec::new() };
                line.handle.happen(sip::Event::Wish { leg, wish }).await;
                None
            }
            sip::Command::Registration {
                event: RegistrationEvent::Failed { status, .. }, ..
            } => {
                user.say(&format!("registration lost: {}", news::reason(status)));
                None
            }
            sip::Command::Leg { .. }
            | sip::Command::Registration { .. }
            | sip::Command::Registrar(_)
            | sip::Command::AuthenticationFailed { .. }
            | sip::Command::Send { .. } => None,
        }
    }

    /// Does it; the call's outcome, when that was the last.
    async fn carry_out(&self, command: call::Command, line: &Line, user: &User) -> Option<bool> {
        let done = match command {
            call::Command::Sip(wish) => {
                if let Some((leg, _)) = self.current {
                    line.handle.happen(sip::Event::Wish { leg, wish }).await;
                }
                Ok(())
            }
            call::Command::Connect(connection) => self.leg.connect(connection),
            call::Command::Speak => match &self.play {
                Some(clip) => self.leg.play(Play {
                    id: PlayId(1),
                    playlist: Playlist::of(Arc::clone(clip)),
                    looped: false,
                    stop_on: Keys::NONE,
                    at_once: false,
                }),
                None => Ok(()),
            },
            call::Command::Press(key) => self.leg.send_keys(&[key], KEY_HELD),
            call::Command::Tell(news) => {
                let since = self.current.map_or(Mono::ZERO, |(_, since)| since);
                user.say(&format!("{:>9.3} s  {news}", self.now().since(since).as_secs_f64()));
                Ok(())
            }
            call::Command::Done(went_well) => return Some(went_well),
        };
        if let Err(error) = done {
            user.say(&format!("media: {error}"));
        }
        None
    }
}

fn outgoing(setup: &Setup, target: &Uri, peer: Peer) -> OutgoingCall {
    OutgoingCall {
        target: target.clone(),
        to: None,
        from: own_address(setup, peer, target),
        from_display: None,
        peer: Some(peer),
        routes: Vec::new(),
        credentials: setup.login.clone(),
        headers: Vec::new(),
        sdp: None,
        ring_for: RING_FOR,
        max_forwards: 70,
    }
}

/// Our address: at the server's host where we have an account there, else at our own.
fn own_address(setup: &Setup, peer: Peer, target: &Uri) -> Uri {
    let uri = match target.sip().filter(|_| setup.login.is_some()) {
        Some(target) => SipUri::new(target.host.clone(), None),
        None => SipUri::new(peer.local.ip().into(), None),
    };
    uri.with_user(&setup.from).into()
}

/// Registers and waits until that stands; `false` if the user gave up meanwhile.
async fn register(
    setup: &Setup,
    peer: Option<Peer>,
    line: &mut Line,
    user: &mut User,
) -> Result<bool, PhoneError> {
    let (Some(peer), Some(target), Some(login)) = (peer, &setup.target, &setup.login) else {
        return Err(PhoneError::NoUser);
    };
    let server = target.sip().ok_or(PhoneError::Scheme)?;
    let mut registrar = SipUri::new(server.host.clone(), server.port);
    if setup.by == Transport::Tcp {
        registrar.set_param("transport", Some("tcp"));
    }
    let registration = Registration {
        aor: SipUri::new(server.host.clone(), server.port).with_user(&login.user).into(),
        registrar: registrar.into(),
        contact_user: login.user.clone(),
        peer: Some(peer),
        credentials: Some(login.clone()),
        expires: REGISTER_FOR,
    };
    line.handle
        .happen(sip::Event::Register { id: REGISTRATION, registration: Box::new(registration) })
        .await;
    loop {
        tokio::select! {
            Some(news) = line.news.recv() => match news {
                sip::Command::Registration { event: RegistrationEvent::Registered { expires }, .. } => {
                    user.say(&format!("registered {} for {} s", news::clean(&login.user), expires.as_secs()));
                    return Ok(true);
                }
                sip::Command::Registration { event: RegistrationEvent::Failed { status, .. }, .. } => {
                    return Err(PhoneError::NotRegistered(news::reason(status)));
                }
                // Nobody knows our address yet.
                sip::Command::Leg { .. }
                | sip::Command::Registration { .. }
                | sip::Command::Registrar(_)
                | sip::Command::AuthenticationFailed { .. }
                | sip::Command::Send { .. } => {}
            },
            event = user.next() => if matches!(event, Event::HangUp) { return Ok(false) },
        }
    }
}

/// Takes the registration back, if the registrar still listens.
async fn unregister(line: &mut Line) {
    line.handle.happen(sip::Event::Unregister { id: REGISTRATION }).await;
    let gone = async {
        while let Some(news) = line.news.recv().await {
            if matches!(news, sip::Command::Registration { event: RegistrationEvent::Gone, .. }) {
                return;
            }
        }
    };
    // It expires by itself otherwise.
    let _ = timeout(UNREGISTER_WITHIN, gone).await;
}
