//! Keys as RTP events (RFC 4733): each pressed key heard exactly once, and keys sent.
//!
//! A key is a run of packets with one timestamp, its beginning, and a growing duration; the last three repeat the end.
//!
//! | on the wire (timestamp, duration) | out |
//! | --- | --- |
//! | marker 1600, 160 | `Start` |
//! | 1600, 320 … 1600, 800 end | … `End(800)` |
//! | 1600, 800 end, twice more | nothing |
//! | first packets lost: 4800, 480 without marker | `Start` |
//! | ends lost: the next key, audio from after it, or 200 ms without a word | `End` |

use std::time::Duration;

use crate::secret::Key;
use crate::time::Mono;

/// Timestamp units of 20 ms.
const STEP: u32 = 160;
/// The largest duration that fits the field: a longer press goes on in a new segment (RFC 4733 2.5.1.3).
const SEGMENT: u16 = u16::MAX;
/// Four updates of the slowest common sender (50 ms) lost in a row: the key is taken as released.
const SILENCE: Duration = Duration::from_millis(200);
/// Keys remembered, so that a packet that comes late is not taken for a new press.
const REMEMBERED: usize = 8;
/// A key whose timestamp lies so far before the newest one's, 30 s, is not late: the sender's clock is another one.
const FAR: u32 = 30 * 8_000;
/// Repetitions of the end (RFC 4733 2.5.1.4).
const ENDS: u8 = 3;
/// Level of the tone, -10 dBm0, as most phones send it.
const VOLUME: u8 = 10;

/// The first event of a payload, in the form of the wire (RFC 4733 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// The key. Events that are no keys (flash, tones of modems) never get here.
    pub key: Key,
    /// The sender has released it.
    pub end: bool,
    /// Power of the tone in -dBm0, 0..=63.
    pub volume: u8,
    /// Duration so far in timestamp units, 8,000 a second, 0..=65,535.
    pub duration: u16,
}

impl Report {
    /// Reads a payload; `None` when it is too short or holds an event that is no key. Blocks after the first one
    /// (RFC 4733 2.5.1.5) are for events without a pause between them, which keys never are.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let [code, flags, high, low] = *payload.first_chunk::<4>()?;
        let key = Key::from_event(code)?;
        Some(Self {
            key,
            end: flags & 0x80 != 0,
            volume: flags & 0x3f,
            duration: u16::from_be_bytes([high, low]),
        })
    }

    /// The payload.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 4] {
        let [high, low] = self.duration.to_be_bytes();
        [self.key.event(), (self.volume & 0x3f) | if self.end { 0x80 } else { 0 }, high, low]
    }
}

/// What the receiver makes of the packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A key went down: said once, at the first packet of it that is seen, whichever that is.
    Start(Key),
    /// It was released, after so many timestamp units as far as known.
    End(Key, u32),
}

/// What one packet can tell at once: the end of the key before, a new one, and its end.
pub(crate) type HeardAtOnce = [Option<Heard>; 3];

/// The key that is down.
#[derive(Clone, Copy, Debug)]
struct Down {
    key: Key,
    /// Timestamp of its present segment.
    timestamp: u32,
    /// Duration in that segment.
    duration: u16,
    /// Duration of the segments before.
    before: u32,
    last_heard: Mono,
}

/// Listens to one peer's keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct Receiver {
    down: Option<Down>,
    /// Timestamps of the newest keys, the newest first.
    known: [Option<u32>; REMEMBERED],
    /// Timestamp of the newest key from before the line that was drawn last.
    line: Option<u32>,
}

impl Receiver {
    /// Takes one event packet with its RTP timestamp.
    pub(crate) fn report(&mut self, now: Mono, timestamp: u32, report: Report) -> HeardAtOnce {
        if let Some(down) = &mut self.down
            && down.goes_on(timestamp, report)
        {
            if timestamp != down.timestamp {
                if self.line == Some(down.timestamp) {
                    self.line = Some(timestamp);
                }
                down.before = down.before.wrapping_add(timestamp.wrapping_sub(down.timestamp));
                down.timestamp = timestamp;
                down.duration = 0;
                remember(&mut self.known, timestamp);
            }
            down.duration = down.duration.max(report.duration);
            down.last_heard = now;
            return [if report.end { self.release() } else { None }, None, None];
        }
        let end_before = if self.is_far_back(timestamp) { self.restart() } else { None };
        if self.known.contains(&Some(timestamp)) || self.is_forgotten(timestamp) {
            return [None; 3];
        }
        let start = Some(Heard::Start(report.key));
        if self.known.iter().flatten().any(|it| !is_newer(timestamp, *it)) {
            // A whole key overtaken by a later one: it counts, and its end does not matter any more.
            remember(&mut self.known, timestamp);
            return [None, start, None];
        }
        remember(&mut self.known, timestamp);
        let end = end_before.or(self.release());
        let down = Down {
            key: report.key,
            timestamp,
            duration: report.duration,
            before: 0,
            last_heard: now,
        };
        self.down = Some(down);
        [end, start, if report.end { self.release() } else { None }]
    }

    /// Audio with this timestamp has come: a key whose end was lost is over when the audio is from after it.
    pub(crate) fn audio(&mut self, timestamp: u32) -> Option<Heard> {
        let down = self.down?;
        let over = down.timestamp.wrapping_add(u32::from(down.duration));
        if is_newer(timestamp, over) { self.release() } else { None }
    }

    /// The time has come that [`Receiver::deadline`] named.
    pub(crate) fn tick(&mut self, now: Mono) -> Option<Heard> {
        if self.deadline()? <= now { self.release() } else { None }
    }

    /// When a key that says nothing more counts as released.
    pub(crate) fn deadline(&self) -> Option<Mono> {
        Some(self.down?.last_heard + SILENCE)
    }

    /// The peer's stream begins anew, with timestamps that have nothing to do with those before.
    pub(crate) fn restart(&mut self) -> Option<Heard> {
        self.known = [None; REMEMBERED];
        self.line = None;
        self.release()
    }

    /// Keys that have begun by now are old, see [`Receiver::is_old`].
    pub(crate) fn draw_line(&mut self) {
        self.line = self.known.first().copied().flatten();
    }

    /// Whether the packet that was reported with this timestamp is of a key from before the line.
    pub(crate) fn is_old(&self, timestamp: u32) -> bool {
        self.line.is_some_and(|line| !is_newer(timestamp, line))
    }

    fn release(&mut self) -> Option<Heard> {
        let down = self.down.take()?;
        Some(Heard::End(down.key, down.before.saturating_add(u32::from(down.duration))))
    }

    /// Whether `timestamp` cannot be of this sender's clock any more.
    fn is_far_back(&self, timestamp: u32) -> bool {
        let newest = self.known.first().copied().flatten();
        newest.is_some_and(|newest| (FAR..1 << 31).contains(&newest.wrapping_sub(timestamp)))
    }

    /// Whether `timestamp` is from before all that is remembered: it may have been reported long ago.
    fn is_forgotten(&self, timestamp: u32) -> bool {
        self.known.last().copied().flatten().is_some_and(|oldest| !is_newer(timestamp, oldest))
    }
}

impl Down {
    /// Whether a packet belongs to this key: the same timestamp; or the next segment of a long press; or a sender that
    /// moves its timestamp on with each update, against RFC 4733, but a press cannot begin inside another one.
    fn goes_on(&self, timestamp: u32, report: Report) -> bool {
        if timestamp == self.timestamp {
            return true;
        }
        if report.key != self.key {
            return false;
        }
        let step = timestamp.wrapping_sub(self.timestamp);
        step == u32::from(SEGMENT)
            || (step <= u32::from(self.duration) && report.duration > self.duration)
    }
}

/// Puts `timestamp` where it belongs, the newest first; the oldest falls out.
fn remember(known: &mut [Option<u32>; REMEMBERED], timestamp: u32) {
    let mut carried = Some(timestamp);
    for place in known {
        let is_newer_here = match (carried, *place) {
            (Some(new), Some(old)) => is_newer(new, old),
            (Some(_), None) => true,
            (None, _) => return,
        };
        if is_newer_here {
            std::mem::swap(place, &mut carried);
        }
    }
}

/// Whether `timestamp` is after `other`, on a circle of 2^32.
const fn is_newer(timestamp: u32, other: u32) -> bool {
    let ahead = timestamp.wrapping_sub(other);
    ahead != 0 && ahead < 1 << 31
}

/// One packet that the sender wants to go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    /// The beginning of the key, for all of its packets.
    pub(crate) timestamp: u32,
    /// Set on the first packet of a key only.
    pub(crate) marker: bool,
    pub(crate) payload: [u8; 4],
}

/// Sends keys one after another, a packet each 20 ms; audio stands aside meanwhile (RFC 4733 2.5.1.2).
///
/// `tick` is called for every 20 ms slot of the leg, with the timestamp that an audio packet in it would have.
#[derive(Clone, Debug, Default)]
pub(crate) enum Sender {
    #[default]
    Idle,
    Down {
        key: Key,
        /// Timestamp of the present segment.
        timestamp: u32,
        /// Units said in the present segment.
        said: u32,
        /// Units still to come.
        left: u32,
        marker: bool,
    },
    /// The end is repeated.
    Up { key: Key, timestamp: u32, duration: u16, ends: u8 },
    /// The pause between keys, in slots.
    Pause(u8),
}

impl Sender {
    /// Whether a new key may begin.
    pub(crate) fn is_idle(&self) -> bool {
        matches!(self, Self::Idle)
    }

    /// Puts `key` down for `slots` × 20 ms, at least one; the first packet goes out in the next slot.
    pub(crate) fn press(&mut self, key: Key, timestamp: u32, slots: u32) {
        debug_assert!(self.is_idle(), "the caller asks first");
        let left = slots.max(1).saturating_mul(STEP);
        *self = Self::Down { key, timestamp, said: 0, left, marker: true };
    }

    /// The packet for this slot, and `None` in pauses. `pause` is how many slots to keep still after each key.
    pub(crate) fn tick(&mut self, pause: u8) -> Option<Outgoing> {
        match self {
            Self::Idle => None,
            Self::Down { key, timestamp, said, left, marker } => {
                let first = std::mem::take(marker);
                *said += STEP.min(*left);
                *left = left.saturating_sub(STEP);
                let full = *said >= u32::from(SEGMENT);
                let duration = u16::try_from(*said).unwrap_or(SEGMENT);
                let report = Report { key: *key, end: *left == 0, volume: VOLUME, duration };
                let out =
                    Outgoing { timestamp: *timestamp, marker: first, payload: report.to_bytes() };
                if report.end {
                    *self = Self::Up { key: *key, timestamp: *timestamp, duration, ends: ENDS - 1 };
                } else if full {
                    // RFC 4733 2.5.1.3: the next segment begins where this one is full, without marker.
                    *timestamp = timestamp.wrapping_add(u32::from(SEGMENT));
                    *said -= u32::from(SEGMENT);
                }
                Some(out)
            }
            Self::Up { key, timestamp, duration, ends } => {
                let report = Report { key: *key, end: true, volume: VOLUME, duration: *duration };
                let out =
                    Outgoing { timestamp: *timestamp, marker: false, payload: report.to_bytes() };
                *ends = ends.saturating_sub(1);
                if *ends == 0 {
                    *self = Self::Pause(pause);
                }
                Some(out)
            }
            Self::Pause(slots) => {
                *slots = slots.saturating_sub(1);
                if *slots == 0 {
                    *self = Self::Idle;
                }
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(symbol: char) -> Key {
        Key::from_symbol(symbol).unwrap()
    }

    fn report(symbol: char, duration: u16, end: bool) -> Report {
        Report { key: key(symbol), end, volume: VOLUME, duration }
    }

    /// A packet: ms, timestamp, key, duration, end.
    type Packet = (u64, u32, char, u16, bool);

    /// Plays packets and writes down what is heard, `+5` and `-5(800)`.
    fn hear(packets: &[Packet]) -> String {
        let mut receiver = Receiver::default();
        let mut heard = Vec::new();
        for (ms, timestamp, symbol, duration, end) in packets {
            let now = Mono::from_millis(*ms);
            heard.extend(receiver.tick(now));
            heard.extend(
                receiver
                    .report(now, *timestamp, report(*symbol, *duration, *end))
                    .into_iter()
                    .flatten(),
            );
        }
        heard.extend(receiver.tick(Mono::from_millis(1_000_000)));
        written(&heard)
    }

    fn written(heard: &[Heard]) -> String {
        let words: Vec<String> = heard
            .iter()
            .map(|it| match it {
                Heard::Start(key) => format!("+{}", key.symbol()),
                Heard::End(key, duration) => format!("-{}({duration})", key.symbol()),
            })
            .collect();
        words.join(" ")
    }

    #[test]
    fn a_key_is_heard_once_whatever_is_repeated_lost_or_reordered() {
        #[rustfmt::skip] // what happens, packets, what is heard
        let table: &[(&str, &[Packet], &str)] = &[
            ("as it should be", &[(0, 1600, '5', 160, false), (20, 1600, '5', 320, false), (40, 1600, '5', 480, true), (40, 1600, '5', 480, true), (40, 1600, '5', 480, true)], "+5 -5(480)"),
            ("the start comes three times", &[(0, 1600, '5', 0, false), (0, 1600, '5', 0, false), (0, 1600, '5', 0, false), (40, 1600, '5', 480, true)], "+5 -5(480)"),
            ("only one end arrives", &[(0, 1600, '5', 480, true)], "+5 -5(480)"),
            ("the ends are lost, the next key tells", &[(0, 1600, '5', 160, false), (150, 2800, '5', 160, false), (190, 2800, '5', 480, true)], "+5 -5(160) +5 -5(480)"),
            ("the ends are lost, silence tells", &[(0, 1600, '5', 160, false), (20, 1600, '5', 320, false), (400, 4800, '6', 160, true)], "+5 -5(320) +6 -6(160)"),
            ("an update after its end", &[(0, 1600, '5', 480, true), (20, 1600, '5', 320, false)], "+5 -5(480)"),
            ("an update after the next key", &[(0, 1600, '5', 480, true), (20, 3200, '6', 160, false), (30, 1600, '5', 320, false), (40, 3200, '6', 480, true)], "+5 -5(480) +6 -6(480)"),
            ("a whole key overtaken", &[(0, 3200, '6', 160, false), (10, 1600, '5', 480, true), (12, 1600, '5', 480, true), (40, 3200, '6', 320, true)], "+6 +5 -6(320)"),
            ("the timestamp wraps", &[(0, u32::MAX - 100, '1', 160, true), (200, 1_500, '2', 160, true), (210, u32::MAX - 100, '1', 160, true)], "+1 -1(160) +2 -2(160)"),
            ("its clock is another one",       &[(0, 9_000_000, '5', 160, true), (500, 1600, '5', 160, true), (520, 1600, '5', 160, true)], "+5 -5(160) +5 -5(160)"),
            ("a sender that moves its timestamps", &[(0, 1600, '5', 160, false), (20, 1760, '5', 320, false), (40, 1920, '5', 480, true), (40, 1920, '5', 480, true)], "+5 -5(800)"),
        ];
        for (name, packets, expected) in table {
            assert_eq!(hear(packets), *expected, "{name}");
        }
    }

    #[test]
    fn a_key_from_before_the_line_is_old_to_its_end_and_the_next_one_is_not() {
        // Timestamp, key, duration; after the line also whether it is old.
        type Before = (u32, char, u16);
        type After = (u32, char, u16, bool);
        #[rustfmt::skip] // what happens, packets before the line, packets after it
        let table: &[(&str, &[Before], &[After])] = &[
            ("still down",                  &[(1_600, '5', 160)], &[(1_600, '5', 320, true), (3_200, '5', 160, false)]),
            ("nothing has been pressed",    &[], &[(1_600, '5', 160, false)]),
            ("late from an earlier key",    &[(1_600, '5', 160), (3_200, '6', 160)], &[(1_600, '5', 320, true), (3_200, '6', 320, true)]),
            ("a long press, next segment",  &[(1_600, '5', 65_535)], &[(67_135, '5', 160, true), (67_135, '5', 320, true), (70_000, '5', 160, false)]),
            ("the timestamp moves",         &[(1_600, '5', 160)], &[(1_760, '5', 320, true), (1_920, '5', 480, true), (4_000, '5', 160, false)]),
            ("pressed after it, and moves", &[(1_600, '5', 160)], &[(3_200, '6', 160, false), (3_360, '6', 320, false)]),
            ("its clock is another one",    &[(9_000_000, '5', 160)], &[(1_600, '5', 160, false)]),
        ];
        for (name, before, after) in table {
            let mut receiver = Receiver::default();
            for (timestamp, symbol, duration) in *before {
                receiver.report(Mono::ZERO, *timestamp, report(*symbol, *duration, false));
            }
            receiver.draw_line();
            for (timestamp, symbol, duration, is_old) in *after {
                receiver.report(Mono::ZERO, *timestamp, report(*symbol, *duration, false));
                assert_eq!(receiver.is_old(*timestamp), *is_old, "{name}: {timestamp} {duration}");
            }
        }
    }

    #[test]
    fn audio_from_after_the_key_ends_it_and_audio_from_before_does_not() {
        let mut receiver = Receiver::default();
        receiver.report(Mono::ZERO, 1_600, report('5', 320, false));
        assert_eq!(receiver.audio(1_440), None);
        assert_eq!(receiver.audio(1_920), None);
        assert_eq!(receiver.audio(2_080), Some(Heard::End(key('5'), 320)));
        assert_eq!(receiver.audio(2_240), None);
    }

    #[test]
    fn events_that_are_no_keys_and_short_payloads_are_nothing() {
        assert_eq!(Report::parse(&[16, 10, 0, 160]), None); // flash
        assert_eq!(Report::parse(&[5, 10, 0]), None);
        let more = Report::parse(&[5, 0x80 | 10, 3, 32, 9, 9, 9, 9]);
        assert_eq!(more, Some(report('5', 800, true)));
    }

    /// All packets of keys pressed one after another, with their timestamps.
    fn pressed(keys: &[Key], slots: u32) -> Vec<Outgoing> {
        let mut sender = Sender::default();
        let mut out = Vec::new();
        let mut timestamp = 4_294_960_000_u32;
        for key in keys {
            sender.press(*key, timestamp, slots);
            while !sender.is_idle() {
                out.extend(sender.tick(2));
                timestamp = timestamp.wrapping_add(STEP);
            }
        }
        out
    }

    #[test]
    fn a_sent_key_is_updates_of_160_then_three_ends_and_a_pause() {
        let seen: Vec<(bool, Report)> = pressed(&[key('7')], 4)
            .iter()
            .map(|it| (it.marker, Report::parse(&it.payload).unwrap()))
            .collect();
        let expected = [
            (true, report('7', 160, false)),
            (false, report('7', 320, false)),
            (false, report('7', 480, false)),
            (false, report('7', 640, true)),
            (false, report('7', 640, true)),
            (false, report('7', 640, true)),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_press_longer_than_the_field_goes_on_in_segments_and_is_one_key() {
        let packets = pressed(&[key('0')], 1_000); // 20 s: 160,000 units, three segments
        let mut stamps: Vec<u32> = packets.iter().map(|it| it.timestamp).collect();
        stamps.dedup();
        assert_eq!(stamps.len(), 3);
        assert_eq!(packets.iter().filter(|it| it.marker).count(), 1);
        let mut receiver = Receiver::default();
        let mut heard = Vec::new();
        for (slot, packet) in packets.iter().enumerate() {
            let now = Mono::from_millis(u64::try_from(slot).unwrap() * 20);
            heard.extend(receiver.tick(now));
            let report = Report::parse(&packet.payload).unwrap();
            heard.extend(receiver.report(now, packet.timestamp, report).into_iter().flatten());
        }
        assert_eq!(written(&heard), "+0 -0(160000)");
    }

    /// What the network does to a packet: lost, sent again, or late by so many places (at most one key's length).
    #[derive(Clone, Debug)]
    enum Fate {
        Lost,
        Once(usize),
        Twice(usize, usize),
    }

    fn fate() -> impl Strategy<Value = Fate> {
        prop_oneof![
            2 => Just(Fate::Lost),
            4 => (0..6_usize).prop_map(Fate::Once),
            1 => (0..6_usize, 0..12_usize).prop_map(|(a, b)| Fate::Twice(a, b)),
        ]
    }

    proptest! {
        #[test]
        fn any_network_gives_each_key_at_most_once_and_once_if_any_packet_of_it_arrives(
            symbols in proptest::collection::vec(0..16_u8, 1..24),
            slots in 1..8_u32,
            fates in proptest::collection::vec(fate(), 400),
        ) {
            let keys: Vec<Key> = symbols.iter().filter_map(|it| Key::from_event(*it)).collect();
            let packets = pressed(&keys, slots);
            let mut order: Vec<(usize, Outgoing)> = Vec::new();
            for (place, (packet, fate)) in packets.iter().zip(&fates).enumerate() {
                match fate {
                    Fate::Lost => {}
                    Fate::Once(late) => order.push((place + late, *packet)),
                    Fate::Twice(late, later) => order.extend([(place + late, *packet), (place + late + later, *packet)]),
                }
            }
            order.sort_by_key(|(place, _)| *place);
            let mut expected: Vec<(u32, Key)> = Vec::new();
            for (_, packet) in &order {
                let pair = (packet.timestamp, Report::parse(&packet.payload).unwrap().key);
                if !expected.contains(&pair) {
                    expected.push(pair);
                }
            }
            let mut receiver = Receiver::default();
            let mut heard = Vec::new();
            for (place, packet) in &order {
                let now = Mono::from_millis(u64::try_from(*place).unwrap() * 20);
                heard.extend(receiver.tick(now));
                let report = Report::parse(&packet.payload).unwrap();
                heard.extend(receiver.report(now, packet.timestamp, report).into_iter().flatten());
            }
            let starts: Vec<Key> = heard.iter().filter_map(|it| match it {
                Heard::Start(key) => Some(*key),
                Heard::End(..) => None,
            }).collect();
            let expected: Vec<Key> = expected.into_iter().map(|(_, key)| key).collect();
            prop_assert_eq!(starts, expected);
        }

        #[test]
        fn any_packets_keep_starts_and_ends_in_pairs(packets in proptest::collection::vec(
            (0..50_u64, 0..20_u32, 0..16_u8, any::<u16>(), any::<bool>()), 0..200)) {
            let mut receiver = Receiver::default();
            let (mut now, mut starts, mut ends) = (0, 0, 0);
            for (ms, timestamp, code, duration, end) in packets {
                now += ms;
                let report = Report { key: Key::from_event(code).unwrap(), end, volume: 0, duration };
                let now = Mono::from_millis(now);
                let late = receiver.tick(now);
                for heard in receiver.report(now, timestamp * 160, report).into_iter().flatten().chain(late) {
                    match heard {
                        Heard::Start(_) => starts += 1,
                        Heard::End(..) => ends += 1,
                    }
                }
                prop_assert!(ends <= starts);
            }
        }
    }
}
