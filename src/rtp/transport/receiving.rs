//! What a leg makes of a datagram: whose it is, what it counts for, which key it is, and what goes on to a bridge.

use std::net::SocketAddr;

use super::api::{Connection, LegEvent};
use super::leg::Leg;
use super::listen::{self, Ear, Tap};
use crate::audio::Codec;
use crate::rtp::events::{Heard, HeardAtOnce, Receiver, Report};
use crate::rtp::latch::Verdict;
use crate::rtp::packet::{self, Header, Packet};
use crate::rtp::sequence::{Arrival, Stream, Timing};
use crate::time::Mono;

/// Payload type of comfort noise (RFC 3389). Not negotiated, sent all the same by some: it is the peer's sign of life.
const COMFORT_NOISE: u8 = 13;

/// The receiving side of a leg.
#[derive(Debug)]
pub(super) struct Inbound {
    events_in: Option<u8>,
    /// What was agreed on, and its payload type.
    audio_in: Option<(u8, Codec)>,
    /// Of the audio, and so of the figures.
    pub(super) ssrc: Option<u32>,
    pub(super) stream: Stream,
    keys: Receiver,
    /// Of the keys: some gateways send them as a stream of their own beside the audio.
    keys_ssrc: Option<u32>,
    pub(super) tap: Option<Box<Tap>>,
    ear: Option<Box<Ear>>,
    /// When the last packet came, or the leg was connected.
    heard_at: Option<Mono>,
    is_lost: bool,
    /// Who was taken for a stranger last, and how many of its packets in a row.
    doubted: Option<(SocketAddr, u32)>,
}

/// What of a packet is for the leg that this one is bridged with.
pub(super) enum Onward<'a> {
    Nothing,
    Audio {
        header: Header,
        codec: Codec,
        payload: &'a [u8],
    },
    /// A packet of a key, and what was made of it, for a peer that has to hear a tone instead.
    Key {
        header: Header,
        report: Report,
        heard: HeardAtOnce,
    },
    /// The peer's, and for us alone: the rest of a key that began before the bridge, events that are no keys, comfort
    /// noise, what is said on hold.
    Kept {
        header: Header,
    },
}

/// What a datagram can be.
enum Kind {
    Audio(Codec),
    Key,
    Comfort,
}

impl Inbound {
    pub(super) fn new(events_in: Option<u8>) -> Self {
        Self {
            events_in,
            audio_in: None,
            ssrc: None,
            stream: Stream::default(),
            keys: Receiver::default(),
            keys_ssrc: None,
            tap: None,
            ear: None,
            heard_at: None,
            is_lost: false,
            doubted: None,
        }
    }

    pub(super) fn connect(&mut self, now: Mono, connection: &Connection, ear: Option<Box<Ear>>) {
        self.events_in = connection.events_in;
        self.audio_in = Some((connection.receive_payload_type, connection.codec));
        // An ear that is in the middle of a tone goes on with it over a re-INVITE.
        self.ear = if ear.is_none() { None } else { self.ear.take().or(ear) };
        self.heard_at.get_or_insert(now);
    }

    /// A packet of a stranger, as far as is known.
    fn doubt(&mut self, source: SocketAddr) {
        let before = self.doubted.filter(|it| it.0 == source).map_or(0, |it| it.1);
        self.doubted = Some((source, before.saturating_add(1)));
    }

    fn kind(&self, payload_type: u8) -> Option<Kind> {
        if self.events_in == Some(payload_type) {
            return Some(Kind::Key);
        }
        if let Some((agreed, codec)) = self.audio_in
            && agreed == payload_type
        {
            return Some(Kind::Audio(codec));
        }
        match Codec::from_payload_type(payload_type) {
            Some(codec) => Some(Kind::Audio(codec)),
            None => (payload_type == COMFORT_NOISE).then_some(Kind::Comfort),
        }
    }

    /// A bridge begins: the keys so far are not for whom it is with.
    pub(super) fn begin_bridge(&mut self) {
        self.keys.draw_line();
    }
}

impl Leg {
    /// Takes a datagram that came to the RTP port and is not RTCP.
    pub(super) fn receive<'a>(
        &mut self,
        now: Mono,
        source: SocketAddr,
        datagram: &'a [u8],
    ) -> Onward<'a> {
        let Ok(packet) = packet::parse(datagram) else { return self.junk() };
        let Some(kind) = self.inbound.kind(packet.header.payload_type) else { return self.junk() };
        match self.latch.judge(source, packet.header.ssrc, packet.header.sequence) {
            Verdict::Take => {}
            Verdict::Latched => self.latched(now, source),
            Verdict::Drop => {
                self.inbound.doubt(source);
                self.counts.foreign = self.counts.foreign.wrapping_add(1);
                return Onward::Nothing;
            }
        }
        self.count(now, &kind, &packet);
        let receives = self.connection.is_none_or(|it| it.direction.receives());
        let Packet { header, payload } = packet;
        match kind {
            Kind::Key => self.hear_key(now, header, payload),
            Kind::Audio(codec) => {
                // The end of a key whose own ends were lost matters to nobody but the receiver.
                let _ = self.inbound.keys.audio(header.timestamp);
                self.hear_audio(now, &header, codec, payload);
                if receives {
                    Onward::Audio { header, codec, payload }
                } else {
                    Onward::Kept { header }
                }
            }
            Kind::Comfort => Onward::Kept { header },
        }
    }

    /// Each 20 ms: gives the tap its block, and notices when the peer has fallen silent.
    pub(super) fn listen(&mut self, now: Mono) {
        let _ = self.inbound.keys.tick(now);
        if let Some(voice) = &mut self.voice {
            voice.tick();
        }
        if let Some(tap) = &mut self.inbound.tap {
            if tap.is_read() {
                tap.tick();
            } else {
                self.inbound.tap = None;
            }
        }
        if self.connection.is_some_and(|it| !it.direction.receives()) {
            // Nothing is expected of a peer on hold; its time begins when it is back.
            self.inbound.heard_at = Some(now);
        }
        let Some(since) = self.inbound.heard_at else { return };
        if !self.inbound.is_lost && now.since(since) >= self.settings.rtp_lost_after {
            self.inbound.is_lost = true;
            self.tell(LegEvent::RtpLost { since });
        }
    }

    /// The source is the peer's: so were its packets that were dropped.
    fn latched(&mut self, now: Mono, source: SocketAddr) {
        if let Some((_, packets)) = self.inbound.doubted.take().filter(|it| it.0 == source) {
            self.counts.foreign = self.counts.foreign.wrapping_sub(packets);
            self.counts.early = self.counts.early.wrapping_add(packets);
        }
        self.tell(LegEvent::Latched { source, at: now });
    }

    fn junk(&mut self) -> Onward<'static> {
        self.counts.junk = self.counts.junk.wrapping_add(1);
        Onward::Nothing
    }

    fn count(&mut self, now: Mono, kind: &Kind, packet: &Packet<'_>) {
        let inbound = &mut self.inbound;
        let Header { ssrc, sequence, timestamp, marker, .. } = packet.header;
        let is_key = matches!(kind, Kind::Key);
        if is_key && inbound.keys_ssrc.replace(ssrc) != Some(ssrc) {
            let _ = inbound.keys.restart();
        }
        if !is_key && inbound.ssrc != Some(ssrc) {
            inbound.stream = Stream::default();
        }
        if !is_key || inbound.ssrc.is_none() {
            inbound.ssrc = Some(ssrc);
        }
        if inbound.ssrc == Some(ssrc) {
            // In the units of an 8,000 Hz clock: microseconds by 125.
            let [.., a, b, c, d] = (now.as_micros() / 125).to_be_bytes();
            let at = u32::from_be_bytes([a, b, c, d]);
            let timing = match (is_key, marker) {
                (true, _) => Timing::None,
                (false, true) => Timing::Anew { timestamp, at },
                (false, false) => Timing::On { timestamp, at },
            };
            match inbound.stream.arrive(sequence, timing) {
                Arrival::New | Arrival::Stray | Arrival::Restarted => {}
                Arrival::Late => self.counts.reordered = self.counts.reordered.wrapping_add(1),
            }
        }
        inbound.heard_at = Some(now);
        let was_lost = std::mem::take(&mut inbound.is_lost);
        self.counts.received = self.counts.received.wrapping_add(1);
        self.counts.received_bytes += packet.payload.len() as u64;
        if was_lost {
            self.tell(LegEvent::RtpBack);
        }
    }

    fn hear_key<'a>(&mut self, now: Mono, header: Header, payload: &[u8]) -> Onward<'a> {
        let Some(report) = Report::parse(payload) else { return Onward::Kept { header } };
        let heard = self.inbound.keys.report(now, header.timestamp, report);
        for heard in heard.into_iter().flatten() {
            match heard {
                Heard::Start(key) => self.key_down(now, key),
                Heard::End(..) => {}
            }
        }
        if self.inbound.keys.is_old(header.timestamp) {
            return Onward::Kept { header };
        }
        Onward::Key { header, report, heard }
    }

    /// Decodes only where somebody listens.
    fn hear_audio(&mut self, now: Mono, header: &Header, codec: Codec, payload: &[u8]) {
        if self.inbound.tap.is_none() && self.inbound.ear.is_none() && self.voice.is_none() {
            return;
        }
        let mut room = listen::room();
        let samples = listen::decode(codec, payload, &mut room);
        if let Some(tap) = &mut self.inbound.tap {
            tap.hear(header.timestamp, samples);
        }
        // What is said on hold is music, and for nobody in a room.
        let receives = self.connection.is_none_or(|it| it.direction.receives());
        if let Some(voice) = self.voice.as_mut().filter(|_| receives) {
            voice.hear(header.timestamp, samples);
        }
        let Some(ear) = &mut self.inbound.ear else { return };
        for key in ear.hear(header.timestamp, samples) {
            self.key_down(now, key);
        }
    }
}
