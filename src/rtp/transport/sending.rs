//! What a leg sends in its slot: keys, what plays, a source, silence, in this order; or nothing.
//! `numbering` has the numbers that it leaves with.

use std::collections::VecDeque;
use std::net::SocketAddr;

use rtrb::Consumer;

use super::api::{Keys, LegEvent, Play, PlayId};
use super::io::RtpIo;
use super::keytone::Keytone;
use super::leg::{Beginning, Leg};
use super::numbering::{Numbers, UNITS};
use crate::audio::playlist::{Cursor, Filled};
use crate::audio::{Codec, FRAME};
use crate::rtp::events::{Outgoing, Sender};
use crate::rtp::packet::HEADER_LEN;
use crate::secret::Key;
use crate::time::Mono;

/// A packet that leaves so long after its time is counted as late, in milliseconds.
const LATE: u64 = 5;
/// Silence after a key, in slots.
const PAUSE: u8 = 3;
/// Keys that wait to be sent.
const KEYS: usize = 64;
/// A tone whose end is not told ends by itself, in slots: 100 ms.
const TONE_LASTS: u32 = 5;
/// The shortest tone, in slots: 60 ms, so that any detector takes it.
const TONE_LEAST: u32 = 3;
/// A bridged peer that has sent nothing for so long leaves the floor to our silence, in milliseconds.
const BRIDGE_SILENT: u64 = 200;

/// What plays.
#[derive(Debug)]
struct Playing {
    id: PlayId,
    cursor: Cursor,
    stop_on: Keys,
}

/// A key that sounds in the voice.
#[derive(Debug)]
struct Sounding {
    tone: Keytone,
    /// Slots that were sent of it, and slots to come.
    sent: u32,
    left: u32,
}

/// The sending side of a leg.
#[derive(Debug)]
pub(super) struct Outbound {
    pub(super) numbers: Numbers,
    playing: Option<Playing>,
    keys: VecDeque<(Key, u32)>,
    sender: Sender,
    sounding: Option<Sounding>,
    /// Slots still to be silent after a tone.
    hush: u8,
    pub(super) source: Option<Consumer<i16>>,
}

/// What goes out in a slot.
enum Slot {
    Audio,
    Event(Outgoing),
    Nothing,
}

impl Outbound {
    pub(super) fn new(beginning: &Beginning) -> Self {
        Self {
            numbers: Numbers::new(beginning),
            playing: None,
            keys: VecDeque::new(),
            sender: Sender::Idle,
            sounding: None,
            hush: 0,
            source: None,
        }
    }

    pub(super) fn play(&mut self, play: Play) {
        let Play { id, playlist, looped, stop_on, at_once: _ } = play;
        let cursor = if looped { playlist.repeated() } else { playlist.once() };
        self.playing = Some(Playing { id, cursor, stop_on });
        self.numbers.marker = true;
    }

    pub(super) fn stop(&mut self) {
        self.playing = None;
    }

    /// Silences what plays if `key` may; what it was and how many milliseconds of it were sent.
    pub(super) fn stop_by(&mut self, key: Key) -> Option<(PlayId, u32)> {
        let stopped = self.playing.take_if(|it| it.stop_on.contains(key))?;
        let ms = stopped.cursor.played() / u64::from(UNITS);
        Some((stopped.id, u32::try_from(ms).unwrap_or(u32::MAX)))
    }

    pub(super) fn send_keys(&mut self, keys: &[Key], slots: u32) {
        let room = KEYS.saturating_sub(self.keys.len());
        self.keys.extend(keys.iter().take(room).map(|it| (*it, slots)));
    }

    /// A bridged peer presses a key and this leg's party knows no events: it hears the tone.
    pub(super) fn sound(&mut self, key: Key) {
        self.sounding = Some(Sounding { tone: Keytone::new(key), sent: 0, left: TONE_LASTS });
    }

    /// The key of [`Outbound::sound`] is still down.
    pub(super) fn sound_on(&mut self) {
        if let Some(sounding) = &mut self.sounding {
            sounding.left = sounding.left.max(TONE_LASTS);
        }
    }

    /// That key is up.
    pub(super) fn sound_off(&mut self) {
        if let Some(sounding) = &mut self.sounding {
            sounding.left = TONE_LEAST.saturating_sub(sounding.sent);
        }
    }

    /// Whether something of our own goes before what a bridged peer says.
    pub(super) fn is_busy(&self) -> bool {
        self.playing.is_some()
            || self.sounding.is_some()
            || !self.sender.is_idle()
            || !self.keys.is_empty()
    }
}

impl Leg {
    /// Does what is due in this slot, and goes on to the next.
    pub(super) fn tick(&mut self, now: Mono, io: &mut impl RtpIo) {
        let now_ms = now.as_micros() / 1_000;
        let left_out = self.outbound.numbers.catch_up(now_ms);
        let is_late = now_ms.saturating_sub(self.outbound.numbers.due()) >= LATE;
        self.send_slot(now, left_out + u32::from(is_late), io);
        self.outbound.numbers.advance();
    }

    fn send_slot(&mut self, now: Mono, late: u32, io: &mut impl RtpIo) {
        let Some(connection) = self.connection else { return };
        let mut datagram = [0; HEADER_LEN + FRAME];
        let Some((head, payload)) = datagram.split_first_chunk_mut::<HEADER_LEN>() else { return };
        let timestamp = self.outbound.numbers.timestamp();
        let slot =
            self.fill(now, connection.codec, connection.events_out.is_some(), timestamp, payload);
        let destination = self.destination().filter(|_| connection.direction.sends());
        let Some(to) = destination else {
            self.outbound.numbers.marker = true;
            return;
        };
        let (header, length) = match (slot, connection.events_out) {
            (Slot::Audio, _) => {
                let marker = std::mem::take(&mut self.outbound.numbers.marker);
                (
                    self.outbound.numbers.header(connection.send_payload_type, marker, timestamp),
                    FRAME,
                )
            }
            (Slot::Event(event), Some(payload_type)) => {
                self.outbound.numbers.marker = true;
                payload.iter_mut().zip(event.payload).for_each(|(to, from)| *to = from);
                (
                    self.outbound.numbers.header(payload_type, event.marker, event.timestamp),
                    event.payload.len(),
                )
            }
            (Slot::Event(_), None) => return, // the peer has lost its events in the middle of a key
            (Slot::Nothing, _) => {
                // Forwarded packets are no pause.
                self.outbound.numbers.marker |= !self.outbound.numbers.is_forwarding();
                return;
            }
        };
        self.outbound.numbers.sent(timestamp);
        self.counts.late = self.counts.late.wrapping_add(late);
        *head = header.to_bytes();
        self.send(datagram.get(..HEADER_LEN + length).unwrap_or_default(), to, io);
    }

    /// Sends one RTP packet and counts it.
    pub(super) fn send(&mut self, datagram: &[u8], to: SocketAddr, io: &mut impl RtpIo) {
        if io.send(&self.socket, datagram, to) {
            self.counts.sent = self.counts.sent.wrapping_add(1);
            self.counts.sent_bytes += datagram.len().saturating_sub(HEADER_LEN) as u64;
        } else {
            self.counts.failed = self.counts.failed.wrapping_add(1);
        }
    }

    /// Decides what this slot carries; audio is written into `payload`.
    fn fill(
        &mut self,
        now: Mono,
        codec: Codec,
        has_events: bool,
        timestamp: u32,
        payload: &mut [u8],
    ) -> Slot {
        let out = &mut self.outbound;
        if let Some(slot) = out.fill_key(codec, has_events, timestamp, payload) {
            return slot;
        }
        if let Some(playing) = &mut out.playing {
            let id = playing.id;
            let filled = playing.cursor.fill(codec, payload);
            if matches!(filled, Filled::Last(_) | Filled::Nothing) {
                out.playing = None;
                self.tell(LegEvent::PlayFinished(id));
            }
            return Slot::Audio;
        }
        let is_forwarding = |at: Mono| now.since(at).as_millis() < u128::from(BRIDGE_SILENT);
        if self.bridged.is_some() && out.numbers.forwarded_at().is_some_and(is_forwarding) {
            return Slot::Nothing;
        }
        if let Some(voice) = &self.voice {
            codec.encode(&voice.heard, payload);
            return Slot::Audio;
        }
        if self.bridged.is_none() && out.fill_from_source(codec, payload) {
            return Slot::Audio;
        }
        if self.settings.fill_silence {
            payload.fill(codec.silence());
            return Slot::Audio;
        }
        Slot::Nothing
    }
}

impl Outbound {
    /// The key that is being sent, as event or as tone, and the pause after it.
    fn fill_key(
        &mut self,
        codec: Codec,
        has_events: bool,
        timestamp: u32,
        payload: &mut [u8],
    ) -> Option<Slot> {
        if !self.sender.is_idle() {
            // In the pause after a key nothing is sent, so that its ends are seen to be the end.
            return Some(self.sender.tick(PAUSE).map_or(Slot::Nothing, Slot::Event));
        }
        if let Some(sounding) = &mut self.sounding {
            if sounding.left > 0 {
                sounding.left -= 1;
                sounding.sent += 1;
                let mut samples = [0; FRAME];
                sounding.tone.fill(&mut samples);
                codec.encode(&samples, payload);
                return Some(Slot::Audio);
            }
            self.sounding = None;
            self.hush = PAUSE;
        }
        if self.hush > 0 {
            self.hush -= 1;
            payload.fill(codec.silence());
            return Some(Slot::Audio);
        }
        let (key, slots) = self.keys.pop_front()?;
        if has_events {
            self.sender.press(key, timestamp, slots);
            return Some(self.sender.tick(PAUSE).map_or(Slot::Nothing, Slot::Event));
        }
        self.sounding = Some(Sounding { tone: Keytone::new(key), sent: 0, left: slots });
        self.fill_key(codec, has_events, timestamp, payload)
    }

    /// Takes 20 ms from the source, if it holds as much.
    fn fill_from_source(&mut self, codec: Codec, payload: &mut [u8]) -> bool {
        let Some(source) = &mut self.source else { return false };
        let Ok(chunk) = source.read_chunk(FRAME) else {
            if source.is_abandoned() && source.is_empty() {
                self.source = None;
            }
            return false;
        };
        let (first, second) = chunk.as_slices();
        let (mut samples, mut rest) = ([0; FRAME], 0);
        for (to, from) in samples.iter_mut().zip(first.iter().chain(second)) {
            *to = *from;
            rest += 1;
        }
        debug_assert_eq!(rest, FRAME, "the chunk is as long as it was asked for");
        chunk.commit_all();
        codec.encode(&samples, payload);
        true
    }
}
