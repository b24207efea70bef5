//! What a leg sends in its slot: keys, what plays, a source, silence, in this order; or nothing.
//!
//! One SSRC, one row of sequence numbers and one media clock for all of it. The clock goes by time, not by packets, so that
//! a pause is a gap in timestamps that the peer can see.

use std::collections::VecDeque;
use std::net::SocketAddr;

use rtrb::Consumer;

use super::api::{Keys, LegEvent};
use super::api::{Play, PlayId};
use super::io::RtpIo;
use super::keytone::Keytone;
use super::leg::{Beginning, Leg};
use super::wheel::RHYTHM;
use crate::audio::playlist::{Cursor, Filled};
use crate::audio::{Codec, FRAME};
use crate::rtp::events::{Outgoing, Sender};
use crate::rtp::packet::{HEADER_LEN, Header};
use crate::secret::Key;
use crate::time::Mono;

/// Timestamp units a millisecond.
const UNITS: u32 = 8;
/// Units of one packet.
const STEP: u32 = FRAME as u32;
/// A packet that leaves so long after its time is counted as late, in milliseconds.
const LATE: u64 = 5;
/// A thread that was away makes up for so much, in milliseconds; what is older is left out.
const CATCH_UP: u64 = 3 * RHYTHM;
/// A slot that is so near needs no bringing forward.
const NEAR: u64 = 5;
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
    ssrc: u32,
    /// Of the next packet.
    sequence: u16,
    /// Timestamp of the media clock's nought.
    offset: u32,
    /// The media clock at the next slot, in milliseconds of the engine.
    clock: u64,
    /// How far packets run ahead of their media clock, in milliseconds, 0..=20.
    ahead: u64,
    /// Newest timestamp that was sent.
    last_timestamp: u32,
    /// The next audio packet begins a talkspurt.
    marker: bool,
    playing: Option<Playing>,
    keys: VecDeque<(Key, u32)>,
    sender: Sender,
    sounding: Option<Sounding>,
    /// Slots still to be silent after a tone.
    hush: u8,
    pub(super) source: Option<Consumer<i16>>,
    /// When a bridged packet was last sent on, and how its numbers become ours; `None` after a packet of our own.
    forwarded: Option<Mono>,
    pub(super) mapping: Option<Mapping>,
}

/// How a bridged stream's numbers become ours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mapping {
    pub(super) ssrc: u32,
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
}

/// What goes out in a slot.
enum Slot {
    Audio,
    Event(Outgoing),
    Nothing,
}

/// The numbers for RTCP.
#[derive(Clone, Copy, Debug)]
pub(super) struct MediaClock {
    pub(super) ssrc: u32,
    offset: u32,
}

impl MediaClock {
    /// The timestamp that belongs to `now`.
    pub(super) fn at(self, now: Mono) -> u32 {
        self.offset.wrapping_add(units(now.as_micros() / 1_000))
    }
}

impl Outbound {
    pub(super) fn new(beginning: &Beginning) -> Self {
        Self {
            ssrc: beginning.ssrc,
            sequence: beginning.sequence,
            offset: beginning.timestamp,
            clock: 0,
            ahead: 0,
            last_timestamp: beginning.timestamp,
            marker: true,
            playing: None,
            keys: VecDeque::new(),
            sender: Sender::Idle,
            sounding: None,
            hush: 0,
            source: None,
            forwarded: None,
            mapping: None,
        }
    }

    /// Begins with a first slot at `due`, milliseconds of the engine; a leg that comes from another thread goes on.
    pub(super) fn begin_at(&mut self, due: u64) {
        if due != self.due() {
            (self.clock, self.ahead) = (due, 0);
        }
    }

    /// When the next slot is.
    pub(super) fn due(&self) -> u64 {
        self.clock.saturating_sub(self.ahead)
    }

    pub(super) fn clock(&self) -> MediaClock {
        MediaClock { ssrc: self.ssrc, offset: self.offset }
    }

    pub(super) fn play(&mut self, play: Play) {
        let Play { id, playlist, looped, stop_on, at_once: _ } = play;
        let cursor = if looped { playlist.repeated() } else { playlist.once() };
        self.playing = Some(Playing { id, cursor, stop_on });
        self.marker = true;
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

    /// Moves the next slot to `now`, milliseconds, unless it is near or the packets would run more than one rhythm ahead of
    /// their clock. `tick` gives it back by a millisecond a packet.
    pub(super) fn bring_forward(&mut self, now: u64) -> Option<u64> {
        let early = self.due().saturating_sub(now);
        if early <= NEAR || self.ahead + early > RHYTHM {
            return None;
        }
        self.ahead += early;
        Some(self.due())
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

    /// Leaves out what a thread that was away too long cannot make up for; how many packets that is.
    fn catch_up(&mut self, now_ms: u64) -> u32 {
        let late = now_ms.saturating_sub(self.due());
        if late <= CATCH_UP {
            return 0;
        }
        let left_out = (late - CATCH_UP) / RHYTHM + 1;
        self.clock += left_out * RHYTHM;
        self.marker = true;
        u32::try_from(left_out).unwrap_or(u32::MAX)
    }

    /// On to the next slot, a millisecond later than usual while packets run ahead of their clock.
    fn advance(&mut self) {
        self.clock += RHYTHM;
        self.ahead = self.ahead.saturating_sub(1);
    }

    /// The timestamp of this slot, after all that were sent.
    fn timestamp(&mut self) -> u32 {
        let timestamp = self.offset.wrapping_add(units(self.clock));
        let step = timestamp.wrapping_sub(self.last_timestamp);
        if step != 0 && step < 1 << 31 {
            return timestamp;
        }
        // What was forwarded has run ahead of our clock: the clock is set on, never back.
        let next = self.last_timestamp.wrapping_add(STEP);
        self.offset = self.offset.wrapping_add(next.wrapping_sub(timestamp));
        next
    }

    /// The header of a packet of our own.
    fn header(&mut self, payload_type: u8, marker: bool, timestamp: u32) -> Header {
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        self.mapping = None;
        Header { payload_type, marker, sequence, timestamp, ssrc: self.ssrc }
    }

    /// The header of a packet that is forwarded; `length` is what it lasts, in timestamp units.
    pub(super) fn forwarded_header(
        &mut self,
        now: Mono,
        payload_type: u8,
        from: &Header,
        length: u32,
    ) -> Header {
        let begins = self.mapping.is_none_or(|it| !it.holds(self, from));
        if begins {
            let now_units = self.offset.wrapping_add(units(now.as_micros() / 1_000));
            let soonest = self.last_timestamp.wrapping_add(STEP);
            let timestamp =
                if now_units.wrapping_sub(soonest) < 1 << 31 { now_units } else { soonest };
            self.mapping = Some(Mapping {
                ssrc: from.ssrc,
                sequence: self.sequence.wrapping_sub(from.sequence),
                timestamp: timestamp.wrapping_sub(from.timestamp),
            });
        }
        let (by_sequence, by_timestamp) =
            self.mapping.map_or((0, 0), |it| (it.sequence, it.timestamp));
        let sequence = from.sequence.wrapping_add(by_sequence);
        let timestamp = from.timestamp.wrapping_add(by_timestamp);
        if sequence.wrapping_sub(self.sequence) < 1 << 15 {
            self.sequence = sequence.wrapping_add(1);
        }
        let end = timestamp.wrapping_add(length.saturating_sub(STEP));
        if end.wrapping_sub(self.last_timestamp) < 1 << 31 {
            self.last_timestamp = end;
        }
        self.forwarded = Some(now);
        let marker = from.marker || (begins && length > 0);
        Header { payload_type, marker, sequence, timestamp, ssrc: self.ssrc }
    }
}

impl Mapping {
    /// Whether `from` goes on in the stream that this was made for; a far jump makes a new one.
    fn holds(self, outbound: &Outbound, from: &Header) -> bool {
        let sequence =
            from.sequence.wrapping_add(self.sequence).wrapping_sub(outbound.sequence).cast_signed();
        let timestamp = from
            .timestamp
            .wrapping_add(self.timestamp)
            .wrapping_sub(outbound.last_timestamp)
            .cast_signed();
        // A minute of timestamps: a peer may be silent for long (hold, DTX), but then its sequence goes on.
        self.ssrc == from.ssrc
            && (-100..3_000).contains(&sequence)
            && timestamp.unsigned_abs() < 60 * 8_000
    }
}

impl Leg {
    /// Does what is due in this slot, and goes on to the next.
    pub(super) fn tick(&mut self, now: Mono, io: &mut impl RtpIo) {
        let now_ms = now.as_micros() / 1_000;
        let left_out = self.outbound.catch_up(now_ms);
        let is_late = now_ms.saturating_sub(self.outbound.due()) >= LATE;
        self.send_slot(now, left_out + u32::from(is_late), io);
        self.outbound.advance();
    }

    fn send_slot(&mut self, now: Mono, late: u32, io: &mut impl RtpIo) {
        let Some(connection) = self.connection else { return };
        let mut datagram = [0; HEADER_LEN + FRAME];
        let Some((head, payload)) = datagram.split_first_chunk_mut::<HEADER_LEN>() else { return };
        let timestamp = self.outbound.timestamp();
        let slot =
            self.fill(now, connection.codec, connection.events_out.is_some(), timestamp, payload);
        let destination = self.destination().filter(|_| connection.direction.sends());
        let Some(to) = destination else {
            self.outbound.marker = true;
            return;
        };
        let (header, length) = match (slot, connection.events_out) {
            (Slot::Audio, _) => {
                let marker = std::mem::take(&mut self.outbound.marker);
                (self.outbound.header(connection.codec.payload_type(), marker, timestamp), FRAME)
            }
            (Slot::Event(event), Some(payload_type)) => {
                self.outbound.marker = true;
                payload.iter_mut().zip(event.payload).for_each(|(to, from)| *to = from);
                (
                    self.outbound.header(payload_type, event.marker, event.timestamp),
                    event.payload.len(),
                )
            }
            (Slot::Event(_), None) => return, // the peer has lost its events in the middle of a key
            (Slot::Nothing, _) => {
                // Forwarded packets are no pause.
                self.outbound.marker |= self.outbound.mapping.is_none();
                return;
            }
        };
        self.outbound.last_timestamp = timestamp;
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
        if self.bridged.is_some() && out.forwarded.is_some_and(is_forwarding) {
            return Slot::Nothing;
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

/// Milliseconds as timestamp units, wrapped.
const fn units(ms: u64) -> u32 {
    (ms as u32).wrapping_mul(UNITS) // truncation is the wrap
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn outbound() -> Outbound {
        let beginning =
            Beginning { ssrc: 1, sequence: 65_534, timestamp: u32::MAX - 1_000, cname: [b'a'; 16] };
        let mut outbound = Outbound::new(&beginning);
        outbound.begin_at(1_000);
        outbound
    }

    /// Sends one packet of silence: its header.
    fn send(outbound: &mut Outbound) -> Header {
        let timestamp = outbound.timestamp();
        let header = outbound.header(8, false, timestamp);
        outbound.last_timestamp = timestamp;
        outbound.advance();
        header
    }

    #[test]
    fn a_slot_that_is_brought_forward_is_given_back_a_millisecond_a_packet() {
        let mut outbound = outbound();
        let before = send(&mut outbound);
        assert_eq!(outbound.due(), 1_020);
        assert_eq!(outbound.bring_forward(1_016), None, "near enough");
        assert_eq!(outbound.bring_forward(1_007), Some(1_007));
        assert_eq!(outbound.bring_forward(999), None, "no more than a rhythm ahead of the clock");
        let mut due = Vec::new();
        let mut last = before;
        for _ in 0..16 {
            due.push(outbound.due());
            let header = send(&mut outbound);
            assert_eq!(header.timestamp.wrapping_sub(last.timestamp), 160);
            assert_eq!(header.sequence, last.sequence.wrapping_add(1));
            last = header;
        }
        let gaps: Vec<u64> = due.windows(2).map(|it| it[1] - it[0]).collect();
        assert_eq!(gaps, [[21; 13].as_slice(), &[20; 2]].concat());
        assert_eq!(due.last(), Some(&1_320), "in step with the media clock again");
    }

    #[test]
    fn a_thread_that_was_away_sends_three_packets_at_most_and_its_timestamps_tell_the_gap() {
        let mut outbound = outbound();
        let before = send(&mut outbound);
        assert_eq!(outbound.catch_up(1_080), 0);
        assert_eq!(outbound.catch_up(1_500), 22, "of the 25 slots from 1,020 to 1,500");
        let mut sent = Vec::new();
        while outbound.due() <= 1_500 {
            sent.push(send(&mut outbound));
        }
        assert_eq!(sent.len(), 3);
        assert_eq!(sent[0].sequence, before.sequence.wrapping_add(1));
        assert_eq!(sent[0].timestamp.wrapping_sub(before.timestamp), 23 * 160);
    }

    proptest! {
        #[test]
        fn own_and_forwarded_packets_are_one_stream(steps in proptest::collection::vec((any::<bool>(), 0..4_u16, 1..60_u64), 1..200)) {
            let mut outbound = outbound();
            let (mut from_sequence, mut from_timestamp, mut now_ms) = (9_u16, 77_u32, 1_000);
            let mut last: Option<Header> = None;
            for (is_own, lost, ms) in steps {
                now_ms += ms;
                let begins = outbound.mapping.is_none();
                let header = if is_own {
                    outbound.catch_up(now_ms);
                    send(&mut outbound)
                } else {
                    from_sequence = from_sequence.wrapping_add(1 + lost);
                    from_timestamp = from_timestamp.wrapping_add(160 * u32::from(1 + lost));
                    let from = Header { payload_type: 8, marker: false, sequence: from_sequence, timestamp: from_timestamp, ssrc: 5 };
                    outbound.forwarded_header(Mono::from_millis(now_ms), 8, &from, 160)
                };
                if let Some(last) = last {
                    // A loss on the way in is one on the way out; where a stream begins there is none.
                    let step = if is_own || begins { 1 } else { 1 + lost };
                    prop_assert_eq!(header.sequence, last.sequence.wrapping_add(step));
                    let forward = header.timestamp.wrapping_sub(last.timestamp);
                    prop_assert!((1..8_000 * 60).contains(&forward), "{}", forward);
                }
                prop_assert_eq!(header.ssrc, 1);
                last = Some(header);
            }
        }
    }

    #[test]
    fn a_leg_is_small() {
        assert!(size_of::<Leg>() <= 1_536, "{} bytes", size_of::<Leg>());
    }
}
