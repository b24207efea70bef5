//! One call's task: it owns the call's machines, channels and timer, and carries out what they want.
//!
//! Three machines stand in it: the interpreter (what the caller is asked), the legs (who is connected to whom), and
//! behind channels the dispatcher. Each event goes to one of them; what it wants is done at once, in order, and may be
//! an event for another. Everything that has to wait (the store, the endpoint's inbox) is collected meanwhile and sent
//! before the next event is taken.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinSet;
use tracing::Instrument as _;

use super::Shared;
use super::acd::ToAcd;
use super::follow_up;
use super::hand_off;
use super::house::House;
use super::recorder::Wanted;
use super::routes;
use crate::audio::playlist::{Piece as Sound, Playlist};
use crate::audio::{Clip, Codec};
use crate::call::{self, Answer, Ending, Ticket, Verdict};
use crate::flow::model::Name;
use crate::legs::{self, Leg, Legs, MediaAddress, PartyId, Route};
use crate::lookup::Query;
use crate::queue::{self, CallerId};
use crate::rtp::transport::{self as media, FromLeg, Keys, LegSettings, PlayId};
use crate::sdp;
use crate::sip;
use crate::sip::endpoint::{IncomingCall, LegEvent, OutgoingCall, Wish};
use crate::speech::{HOLD_MUSIC, Piece, RINGING};
use crate::store::{Entry, NewCall};

/// News that wait for a call's task at most: a call with so many unread ones is stuck.
pub(super) const INBOX: usize = 256;
/// Media events that wait at most; the media engine keeps keys beyond that.
const MEDIA_INBOX: usize = 64;
/// Names of plays that no interpreter asked for (music, ringing) count from here, above all tickets.
const OWN_PLAYS: u64 = 1 << 32;
/// A leg that should be sending and has not for so long is asked whether it is still there.
const RTP_LOST_AFTER: Duration = Duration::from_secs(10);

/// News for a call. A channel holds room for 32 of them from the start, so they are small.
#[derive(Debug)]
pub(super) enum ToCall {
    /// From the endpoint.
    Sip(sip::endpoint::LegId, Box<LegEvent>),
    /// From the dispatcher.
    Queue(Box<queue::Command>),
    /// From the recorder.
    Recording(Ticket, call::RecordingEvent),
    /// The server ends and waits no longer.
    ShutDown,
}

/// What has to wait until the machines are settled.
enum Later {
    Store(Entry),
    /// For the webhook of this name.
    Post(Arc<str>, serde_json::Value),
    Sip(sip::endpoint::LegId, Wish),
    Acd(ToAcd),
}

/// A call that has just come in.
pub(super) struct NewCaller {
    pub(super) leg: sip::endpoint::LegId,
    pub(super) incoming: Box<IncomingCall>,
    /// The number dialled.
    pub(super) dialled: Arc<str>,
    /// Everything it runs with, as it was when it came.
    pub(super) house: Arc<House>,
    pub(super) inbox: mpsc::Receiver<ToCall>,
    pub(super) own: mpsc::Sender<ToCall>,
    pub(super) id: CallerId,
}

/// Something to be played, and the recordings in it.
struct Loaded {
    play: call::Play,
    clips: Vec<(Arc<str>, Arc<Clip>)>,
}

/// One call.
struct Call {
    shared: Arc<Shared>,
    house: Arc<House>,
    name: Arc<str>,
    id: CallerId,
    own: mpsc::Sender<ToCall>,
    machine: call::Machine,
    lookups_of: Arc<crate::flow::Program>,
    legs: Legs,
    /// The endpoint's names of our legs.
    sip: BTreeMap<Leg, sip::endpoint::LegId>,
    media: BTreeMap<Leg, media::Leg>,
    media_events: mpsc::Sender<FromLeg>,
    /// What lets a party outside be called, as long as their leg lasts.
    outside: BTreeMap<Leg, OwnedSemaphorePermit>,
    /// The prompt that plays and its play.
    playing: Option<(PlayId, Ticket)>,
    own_plays: u64,
    /// Answers of connectors and of the store, as events.
    answers: JoinSet<Option<call::Event>>,
    /// Recordings that are read, to be played: what waits for them is the last thing that was to be heard.
    reading: JoinSet<Loaded>,
    waiting: Option<Ticket>,
    /// The recording that is made.
    recording: Option<(Ticket, Arc<str>)>,
    later: Vec<Later>,
    /// Place of the next log entry and of the next journey entry.
    log: u32,
    journey: u32,
    /// All commands of the interpreter, so that a replay can be compared.
    commands: Sha256,
    /// What happened while the interpreter's commands are carried out. As many as one command brings about at once.
    untold: VecDeque<call::Event>,
    is_telling: bool,
    /// Whether what is being handled began with a key: its answer should leave at once.
    keyed: bool,
    /// Hops that the caller's INVITE had left.
    max_forwards: u8,
    ending: Option<Ending>,
    /// The server ended before the call did.
    cut_off: bool,
    done: bool,
}

/// Runs a call until its last leg is gone.
pub(super) async fn run(shared: Arc<Shared>, caller: NewCaller) {
    let name: Arc<str> = shared.new_call_name();
    let span = tracing::info_span!("call", call = %name);
    Call::begin(shared, caller, name).instrument(span).await;
}

impl Call {
    async fn begin(shared: Arc<Shared>, caller: NewCaller, name: Arc<str>) {
        let NewCaller { leg, incoming, dialled, house, mut inbox, own, id } = caller;
        let Some(program) = house.programs.get(&dialled).map(Arc::clone) else { return };
        let (media_events, mut media_inbox) = mpsc::channel(MEDIA_INBOX);
        let turn = house.take_turn(&program);
        let start = start(&shared, &incoming, &dialled, &name, turn);
        let from = start.caller_number.clone();
        tracing::info!(
            from = from.as_deref().unwrap_or("withheld"),
            to = &*dialled,
            flow = &*program.name.value,
            peer = %incoming.peer.remote,
            "call came in"
        );
        let first = vec![
            Later::Store(Entry::Call(NewCall {
                id: Arc::clone(&name),
                flow: Arc::clone(&program.name.value),
                flow_version: Arc::clone(&program.version),
                from: from.unwrap_or_else(|| "".into()),
                to: Arc::clone(&dialled),
                started_at: start.wall.timestamp(),
            })),
            Later::Store(Entry::CallEvent {
                call: Arc::clone(&name),
                seq: 0,
                at: start.at,
                kind: "start".into(),
                payload: serde_json::to_value(&start).unwrap_or_default(),
            }),
            Later::Acd(ToAcd::Caller(id, own.clone())),
        ];
        let caller = start.caller_number.clone();
        let setting = house.setting(&program);
        let mut call = Self {
            machine: call::Machine::new(setting, start),
            lookups_of: program,
            legs: Legs::new(id, house.config.rtp.dead_after),
            sip: BTreeMap::from([(Leg::Caller, leg)]),
            media: BTreeMap::new(),
            media_events,
            outside: BTreeMap::new(),
            playing: None,
            own_plays: OWN_PLAYS,
            answers: JoinSet::new(),
            reading: JoinSet::new(),
            waiting: None,
            recording: None,
            later: first,
            log: 1,
            journey: 0,
            commands: Sha256::new(),
            untold: VecDeque::new(),
            is_telling: false,
            keyed: false,
            max_forwards: incoming.max_forwards,
            ending: None,
            cut_off: false,
            done: false,
            shared,
            house,
            name,
            id,
            own,
        };
        if let Some(caller) = caller {
            let recalled =
                follow_up::recall(call.shared.store.clone(), caller, Arc::clone(&call.name));
            call.answers.spawn(recalled.in_current_span());
        }
        call.legs(legs::Event::Incoming(incoming.offer));
        call.catch_up().await;
        while !call.done {
            let deadline =
                [call.machine.deadline(), call.legs.deadline()].into_iter().flatten().min();
            let clock = call.shared.clock;
            tokio::select! {
                news = inbox.recv() => match news {
                    Some(news) => call.news(news),
                    None => break, // we hold a sender ourselves: cannot be
                },
                Some(event) = media_inbox.recv() => call.media_event(event),
                Some(answer) = call.answers.join_next(), if !call.answers.is_empty() => {
                    // One that panicked is answered by the interpreter's own time limit.
                    if let Ok(Some(event)) = answer {
                        call.interpreter(event);
                    }
                }
                Some(loaded) = call.reading.join_next(), if !call.reading.is_empty() => {
                    // One that panicked is as good as heard: the interpreter's own time limit says so.
                    if let Ok(loaded) = loaded {
                        call.loaded(loaded);
                    }
                }
                () = clock.sleep_until(deadline) => {
                    call.interpreter(call::Event::Tick);
                    call.legs(legs::Event::Tick);
                }
            }
            call.keyed = false;
            call.catch_up().await;
        }
        call.finish().await;
    }

    fn news(&mut self, news: ToCall) {
        match news {
            ToCall::Sip(id, event) => {
                let leg = self.sip.iter().find(|(_, it)| **it == id).map(|(leg, _)| *leg);
                if let Some(leg) = leg {
                    self.keyed = matches!(*event, LegEvent::Key { .. });
                    self.legs(legs::Event::Sip(leg, *event));
                }
            }
            ToCall::Recording(recording, event) => {
                self.interpreter(call::Event::Recording { recording, event });
            }
            ToCall::Queue(command) => self.legs(legs::Event::Dispatcher(*command)),
            ToCall::ShutDown => {
                self.cut_off = true;
                self.interpreter(call::Event::HungUp);
                self.legs(legs::Event::LastResort(None));
            }
        }
    }

    fn media_event(&mut self, FromLeg { leg, event }: FromLeg) {
        let Some(leg) = self.media.iter().find(|(_, it)| it.id() == leg).map(|(leg, _)| *leg)
        else {
            return;
        };
        match event {
            media::LegEvent::Key { key, .. } if leg == Leg::Caller => {
                self.keyed = true;
                self.interpreter(call::Event::Key(key.into()));
            }
            media::LegEvent::PlayFinished(play) => {
                if let Some((id, ticket)) = self.playing
                    && id == play
                {
                    self.playing = None;
                    self.interpreter(call::Event::Played(ticket));
                }
            }
            media::LegEvent::RtpLost { .. } => {
                tracing::info!(?leg, "no sound comes any more");
                self.legs(legs::Event::MediaLost(leg));
            }
            media::LegEvent::Latched { source, .. } => {
                tracing::debug!(?leg, %source, "sound comes");
                self.legs(legs::Event::MediaBack(leg));
            }
            media::LegEvent::RtpBack => self.legs(legs::Event::MediaBack(leg)),
            media::LegEvent::Key { .. }
            | media::LegEvent::Report { .. }
            | media::LegEvent::Goodbye
            | media::LegEvent::Unbridged
            | media::LegEvent::Closed(_) => {}
        }
    }

    // The interpreter.

    /// Tells it what happened. What a command brings about at once is told behind the commands beside it: a phone that is
    /// not to be had must not be answered before the ringing for it has begun.
    fn interpreter(&mut self, event: call::Event) {
        self.untold.push_back(event);
        if std::mem::replace(&mut self.is_telling, true) {
            return; // whoever is at it goes on
        }
        while let Some(event) = self.untold.pop_front() {
            let mut out = Vec::new();
            self.machine.handle(self.shared.clock.now(), event, &mut out);
            for command in out {
                self.commands.update(format!("{command:?}\n"));
                self.carry_out(command);
            }
        }
        self.is_telling = false;
    }

    fn carry_out(&mut self, command: call::Command) {
        use call::Command as C;
        match command {
            C::Store(entry) => self.log(&entry),
            C::Note(passage) => self.note(&passage),
            C::Play(play) => self.play_or_read(play),
            C::PlayMusic => self.play_own(HOLD_MUSIC),
            C::PlayRinging => self.play_own(RINGING),
            C::Stop => self.stop(),
            C::LookUp(question) => self.look_up(question),
            C::Verify(check) => self.verify(*check),
            C::OpenCase(it) => self.keep(follow_up::open_case(self.shared.store.clone(), it)),
            C::CallBack(it) => self.keep(follow_up::keep_callback(self.shared.store.clone(), it)),
            C::Notify(it) => self.notify(&it),
            C::LastResort(stuck) => {
                tracing::error!(%stuck, "the flow cannot go on");
                metrics::counter!("hotline_last_resort_total").increment(1);
                let queue = self.house.config.last_resort.queue.as_ref();
                let queue = queue.map(|queue| queue::QueueName::from(&*queue.value));
                self.legs(legs::Event::LastResort(queue));
            }
            C::End(ending) => {
                self.ending = Some(ending);
                // After the last resort the call goes on without a flow until a leg ends it.
                if ending != Ending::LastResort {
                    self.legs(legs::Event::Interpreter(C::End(ending)));
                }
            }
            C::Record(it) => self.record(it),
            C::StopRecording(ticket) => {
                if let Some((_, id)) = self.recording.take_if(|it| it.0 == ticket) {
                    self.shared.recorder.end(id, self.keyed);
                }
            }
            C::DiscardRecording(id) => self.shared.recorder.discard(id),
            C::Answer
            | C::Conference(_)
            | C::LeaveConference(_)
            | C::Enqueue(_)
            | C::LeaveQueue(_)
            | C::Transfer(_)
            | C::CancelTransfer(_)
            | C::HangUp(_) => self.legs(legs::Event::Interpreter(command)),
        }
    }

    fn log(&mut self, entry: &call::Entry) {
        let (at, kind) = match entry {
            call::Entry::Happened { at, .. } => (*at, "happened"),
            call::Entry::Revealed { .. } => (self.shared.clock.now(), "revealed"),
            call::Entry::Misfit { .. } => (self.shared.clock.now(), "misfit"),
        };
        let payload = serde_json::to_value(entry).unwrap_or_default();
        let entry = Entry::CallEvent {
            call: Arc::clone(&self.name),
            seq: self.log,
            at,
            kind: kind.into(),
            payload,
        };
        self.log = self.log.saturating_add(1);
        self.later.push(Later::Store(entry));
    }

    fn note(&mut self, passage: &call::Passage) {
        let entry = serde_json::to_value(passage).unwrap_or_default();
        tracing::debug!(%entry, "journey");
        let entry = Entry::Journey { call: Arc::clone(&self.name), seq: self.journey, entry };
        self.journey = self.journey.saturating_add(1);
        self.later.push(Later::Store(entry));
    }

    // What the caller says.

    fn record(&mut self, it: call::Recording) {
        let call::Recording { ticket, id, at_most, silence } = it;
        let own = self.own.clone();
        // A call that has so much unread news is stuck; its own time limit ends the recording then.
        let tell = move |event| drop(own.try_send(ToCall::Recording(ticket, event)));
        let ring = self.media.get(&Leg::Caller).and_then(|leg| leg.tap().ok());
        let begun = ring.is_some_and(|ring| {
            let tell = Box::new(tell);
            self.shared.recorder.begin(Wanted { id: Arc::clone(&id), ring, silence, at_most, tell })
        });
        if begun {
            tracing::info!(recording = &*id, "recording begins");
            self.recording = Some((ticket, id));
        } else {
            tracing::error!("a recording cannot be begun");
            let event = call::RecordingEvent::Failed;
            self.interpreter(call::Event::Recording { recording: ticket, event });
        }
    }

    // What the caller hears.

    /// Plays at once, or reads the recordings in it first.
    fn play_or_read(&mut self, play: call::Play) {
        let ids: Vec<Arc<str>> = play
            .utterance
            .pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Recording(id) => Some(Arc::clone(id)),
                Piece::Clip(_) | Piece::Pause(_) => None,
            })
            .collect();
        if ids.is_empty() {
            return self.play(&play, &[]);
        }
        self.stop();
        self.waiting = Some(play.ticket);
        let recorder = self.shared.recorder.clone();
        self.reading.spawn_blocking(move || {
            let read = |id: Arc<str>| {
                let clip = recorder.read(&id)?;
                Some((id, louder(clip, play.volume_db)))
            };
            let clips = ids.into_iter().filter_map(read).collect();
            Loaded { play, clips }
        });
    }

    fn loaded(&mut self, Loaded { play, clips }: Loaded) {
        // Something else is heard since, or the caller wanted silence.
        if self.waiting == Some(play.ticket) {
            self.play(&play, &clips);
        }
    }

    fn play(&mut self, play: &call::Play, read: &[(Arc<str>, Arc<Clip>)]) {
        let ticket = play.ticket;
        self.waiting = None;
        for word in &play.utterance.unrecorded {
            tracing::warn!(word = &**word, "nobody has recorded this word");
        }
        let pieces = play.utterance.pieces.iter().filter_map(|piece| match piece {
            Piece::Clip(id) => {
                let clip = self.house.clip(id, play.volume_db);
                if clip.is_none() {
                    tracing::warn!(clip = &**id, "this recording is missing");
                }
                clip.map(Sound::Clip)
            }
            Piece::Recording(id) => {
                let clip = read.iter().find(|(it, _)| it == id);
                if clip.is_none() {
                    tracing::warn!(recording = &**id, "what a caller said is not there");
                }
                clip.map(|(_, clip)| Sound::Clip(Arc::clone(clip)))
            }
            Piece::Pause(ms) => Some(Sound::Silence(usize::from(*ms).saturating_mul(8))),
        });
        let playlist = Playlist::new(pieces);
        let id = PlayId(u64::from(ticket.0));
        let stop_on = if play.interrupt { Keys::ANY } else { Keys::NONE };
        self.playing = Some((id, ticket));
        let play = media::Play { id, playlist, looped: false, stop_on, at_once: self.keyed };
        if !self.hear(play) {
            // Nothing can be heard: the flow goes on as if it had been.
            self.playing = None;
            self.interpreter(call::Event::Played(ticket));
        }
    }

    fn play_own(&mut self, clip: &str) {
        (self.playing, self.waiting) = (None, None);
        let Some(clip) = self.house.clips.get(clip).map(Arc::clone) else {
            tracing::warn!(clip, "this recording is missing");
            return self.stop();
        };
        self.own_plays += 1;
        let play = media::Play {
            id: PlayId(self.own_plays),
            playlist: Playlist::of(clip),
            looped: true,
            stop_on: Keys::NONE,
            at_once: false,
        };
        self.hear(play);
    }

    /// Whether the caller's leg plays it.
    fn hear(&self, play: media::Play) -> bool {
        !play.playlist.is_empty()
            && self.media.get(&Leg::Caller).is_some_and(|leg| leg.play(play).is_ok())
    }

    fn stop(&mut self) {
        (self.playing, self.waiting) = (None, None);
        if let Some(leg) = self.media.get(&Leg::Caller) {
            report(leg.stop());
        }
    }

    // Lookups, and what is kept.

    fn look_up(&mut self, question: call::Question) {
        let Some((connector, query)) = self.query(&question.lookup) else { return };
        let lookups = self.shared.lookups.clone();
        let ticket = question.ticket;
        let asked = async move {
            let outcome = lookups.run(&connector, &query, &question.with, question.within).await;
            Some(call::Event::LookedUp { lookup: ticket, answer: answer(outcome) })
        };
        self.answers.spawn(asked.in_current_span());
    }

    fn verify(&mut self, check: call::Check) {
        let Some((connector, query)) = self.query(&check.lookup) else { return };
        let shared = Arc::clone(&self.shared);
        let judged = async move {
            let verifying = shared.verifier.check(&shared.lookups, &connector, &query, &check);
            let verdict: Verdict = verifying.await;
            Some(call::Event::Verified { check: check.ticket, verdict })
        };
        self.answers.spawn(judged.in_current_span());
    }

    /// Which system a lookup asks, and what.
    fn query(&self, lookup: &Name) -> Option<(Name, Arc<Query>)> {
        let connector = &self.lookups_of.lookup(lookup)?.connector.value;
        let key = (Arc::clone(&self.lookups_of.version), Name::clone(lookup));
        let query = self.house.queries.get(&key);
        if query.is_none() {
            tracing::error!(lookup = &**lookup, "a lookup without a query");
        }
        Some((Name::clone(connector), Arc::clone(query?)))
    }

    /// Has the store keep something. It is kept also when the caller hangs up meanwhile.
    fn keep(&mut self, kept: impl Future<Output = call::Event> + Send + 'static) {
        let keeping = tokio::spawn(kept.in_current_span());
        // A task that panicked gives no event: the interpreter's own time limit answers.
        self.answers.spawn(async move { keeping.await.ok() });
    }

    fn notify(&mut self, notice: &call::Notice) {
        tracing::info!(to = &*notice.to, "notifying");
        self.later.push(Later::Post(follow_up::hook(&notice.to), follow_up::body(notice)));
    }

    // The legs.

    fn legs(&mut self, event: legs::Event) {
        let mut out = Vec::new();
        self.legs.handle(self.shared.clock.now(), event, &mut out);
        for command in out {
            self.connect(command);
        }
    }

    fn connect(&mut self, command: legs::Command) {
        use legs::Command as C;
        match command {
            C::Sip(leg, wish) => {
                if let Some(id) = self.sip.get(&leg) {
                    self.later.push(Later::Sip(*id, wish));
                }
            }
            C::Route(party, to) => {
                let route = routes::find(&self.shared, &self.house, &to);
                let route = route.filter(|it| it.agent.is_some() || self.may_call_outside(party));
                self.legs(legs::Event::Routed(party, route.map(Box::new)));
            }
            C::OpenMedia(leg) => self.open_media(leg),
            C::ConnectMedia(leg, media) => {
                if let Some(opened) = self.media.get(&leg) {
                    report(opened.connect(connection(&media)));
                }
            }
            C::CloseMedia(leg) => {
                self.outside.remove(&leg);
                if let Some(opened) = self.media.remove(&leg) {
                    tokio::spawn(closed(leg, opened).in_current_span());
                }
            }
            C::Dial { party, route, sdp, ring_for, headers } => {
                self.dial(party, &route, sdp, ring_for, headers)
            }
            C::Bridge(party) => {
                self.playing = None;
                if let (Some(caller), Some(other)) =
                    (self.media.get(&Leg::Caller), self.media.get(&Leg::Party(party)))
                {
                    report(caller.bridge(other));
                }
            }
            C::Join(party) => {
                if let (Some(caller), Some(other)) =
                    (self.media.get(&Leg::Caller), self.media.get(&Leg::Party(party)))
                {
                    report(other.join(caller));
                }
            }
            C::Leave => {
                if let Some(caller) = self.media.get(&Leg::Caller) {
                    report(caller.leave());
                }
            }
            C::Unbridge => {
                if let Some(caller) = self.media.get(&Leg::Caller) {
                    report(caller.unbridge());
                }
            }
            C::Hear(legs::Sound::Music) => self.play_own(HOLD_MUSIC),
            C::Hear(legs::Sound::Ringing) => self.play_own(RINGING),
            C::Hear(legs::Sound::Silence) => self.stop(),
            C::Interpreter(event) => self.interpreter(event),
            C::Dispatcher(event) => self.later.push(Later::Acd(ToAcd::Event(event))),
            C::Done => self.done = true,
        }
    }

    /// Takes one of the calls to outside that may be at once, until the party's leg is over.
    fn may_call_outside(&mut self, party: PartyId) -> bool {
        match Arc::clone(&self.shared.outside).try_acquire_owned() {
            Ok(permit) => {
                self.outside.insert(Leg::Party(party), permit);
                true
            }
            Err(_) => {
                tracing::warn!("as many calls to outside as there may be");
                metrics::counter!("hotline_transfers_refused_total").increment(1);
                false
            }
        }
    }

    fn open_media(&mut self, leg: Leg) {
        let near = self.media.values().next().map(media::Leg::id);
        let settings =
            LegSettings { near, rtp_lost_after: RTP_LOST_AFTER, ..LegSettings::default() };
        let opened = self.shared.media.open(settings, self.media_events.clone());
        let event = match opened {
            Ok(opened) => {
                let at = MediaAddress { rtp: opened.rtp(), rtcp: opened.rtcp() };
                self.media.insert(leg, opened);
                legs::Event::MediaOpened(leg, at)
            }
            Err(error) => {
                tracing::warn!(%error, ?leg, "no media");
                metrics::counter!("hotline_media_refused_total").increment(1);
                legs::Event::MediaFailed(leg)
            }
        };
        self.legs(event);
    }

    fn dial(
        &mut self,
        party: PartyId,
        route: &Route,
        sdp: Bytes,
        ring_for: Duration,
        mut headers: Vec<sip::endpoint::ExtraHeader>,
    ) {
        let id = self.shared.new_outgoing_leg();
        self.sip.insert(Leg::Party(party), id);
        let context = self.machine.context(self.shared.clock.now());
        let audience = route
            .agent
            .as_ref()
            .map_or_else(|| routes::plain(&route.target).into(), |it| Arc::clone(&it.id));
        tracing::info!(to = &*audience, ?party, "calling");
        let handed = hand_off::prepare(&self.shared, &self.house, &context, &audience);
        headers.extend(handed.headers);
        self.later.push(Later::Store(handed.entry));
        self.later.extend(handed.post.map(|body| Later::Post(hand_off::WEBHOOK.into(), body)));
        let call = OutgoingCall {
            target: route.target.clone(),
            to: None,
            from: self.shared.own_address(context.caller.number.as_deref().unwrap_or("anonymous")),
            from_display: context.caller.name.as_deref().map(str::to_owned),
            peer: route.peer,
            routes: Vec::new(),
            credentials: None,
            headers,
            sdp: Some(sdp),
            ring_for,
            max_forwards: self.max_forwards.saturating_sub(1),
        };
        self.shared.switchboard.listen(id, self.own.clone());
        self.later.push(Later::Sip(id, Wish::Call(Box::new(call))));
    }

    // What waits.

    async fn catch_up(&mut self) {
        for what in std::mem::take(&mut self.later) {
            match what {
                Later::Store(entry) => self.shared.store.append(entry).await,
                Later::Post(hook, body) => self.shared.poster.post(&hook, &body).await,
                Later::Sip(leg, wish) => self.shared.switchboard.wish(leg, wish).await,
                Later::Acd(told) => self.shared.acd.tell(told).await,
            }
        }
    }

    async fn finish(&mut self) {
        let ending = self.ending.unwrap_or(Ending::NotAnswered);
        let outcome = serde_json::to_value(ending).ok().and_then(|it| it.as_str().map(Arc::from));
        let outcome: Arc<str> =
            outcome.filter(|_| !self.cut_off).unwrap_or_else(|| "cut_off".into());
        tracing::info!(outcome = &*outcome, "call ended");
        metrics::counter!("hotline_calls_total", "outcome" => outcome.to_string()).increment(1);
        let digest = hex::encode(std::mem::take(&mut self.commands).finalize());
        self.later.push(Later::Acd(ToAcd::Forget(self.id)));
        self.later.push(Later::Store(Entry::CallEvent {
            call: Arc::clone(&self.name),
            seq: self.log,
            at: self.shared.clock.now(),
            kind: "end".into(),
            payload: json!({ "commands": digest }),
        }));
        let ended =
            Entry::CallEnded { call: Arc::clone(&self.name), at: jiff::Timestamp::now(), outcome };
        self.later.push(Later::Store(ended));
        self.catch_up().await;
    }
}

/// A caller's own recording, which is played once or twice: not worth keeping at another level.
fn louder(clip: Arc<Clip>, volume_db: i8) -> Arc<Clip> {
    if volume_db == 0 { clip } else { Arc::new(clip.with_gain(volume_db.into())) }
}

/// How the call came in, as its machine is told and the store keeps.
fn start(
    shared: &Shared,
    incoming: &IncomingCall,
    dialled: &Arc<str>,
    name: &Arc<str>,
    turn: u64,
) -> call::Start {
    let who = incoming.asserted.as_ref().unwrap_or(&incoming.from);
    call::Start {
        call: Arc::clone(name),
        caller_number: routes::number(&who.uri),
        caller_name: who.display.as_deref().filter(|it| !it.is_empty()).map(Arc::from),
        called: Arc::clone(dialled),
        language: None,
        turn,
        at: shared.clock.now(),
        wall: jiff::ZonedDateTime::now(),
    }
}

/// What the media engine needs of what SDP settled.
fn connection(media: &sdp::MediaDescription) -> media::Connection {
    media::Connection {
        rtp: media.remote,
        rtcp: Some(media.remote_rtcp),
        rtcp_mux: media.rtcp_mux,
        codec: match media.codec {
            sdp::Codec::Pcma => Codec::Pcma,
            sdp::Codec::Pcmu => Codec::Pcmu,
        },
        send_payload_type: media.send_payload_type,
        receive_payload_type: media.receive_payload_type,
        events_in: media.receive_events,
        events_out: media.send_events.map(|events| events.payload_type),
        direction: match media.direction {
            sdp::Direction::Both => media::Direction::Both,
            sdp::Direction::SendOnly => media::Direction::SendOnly,
            sdp::Direction::ReceiveOnly => media::Direction::ReceiveOnly,
            sdp::Direction::Inactive => media::Direction::Inactive,
        },
    }
}

fn answer(outcome: crate::lookup::Outcome) -> Answer {
    use crate::lookup::Outcome;
    match outcome {
        Outcome::Found(columns) => Answer::Found(Arc::new(columns.into_iter().collect())),
        Outcome::NotFound => Answer::NotFound,
        Outcome::Failed(_) => Answer::Failed,
        Outcome::TimedOut => Answer::TimedOut,
        Outcome::Unknown(_) => Answer::Unknown,
    }
}

/// Closes a leg's media and says what it saw.
async fn closed(leg: Leg, media: media::Leg) {
    let counts = media.close().await;
    tracing::debug!(?leg, ?counts, "media closed");
    let packets = |what: &'static str, count: u32| {
        metrics::counter!("hotline_rtp_packets_total", "what" => what).increment(u64::from(count));
    };
    packets("sent", counts.sent);
    packets("received", counts.received);
    packets("late", counts.late);
    packets("early", counts.early);
    packets("foreign", counts.foreign);
    packets("junk", counts.junk);
}

/// The media thread does not take commands only when it is stuck or has ended: the call's legs end by themselves.
fn report(done: Result<(), media::MediaError>) {
    if let Err(error) = done {
        tracing::warn!(%error, "media");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn future_size<A, B, F>(_: fn(A, B) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_calls_task_and_its_news_are_small() {
        // Of the 32 KiB that a call may take.
        assert!(future_size(run) <= 5_120, "{} bytes", future_size(run));
        assert!(size_of::<ToCall>() <= 24, "{} bytes", size_of::<ToCall>());
    }
}
