//! The numbers of what leaves on a leg: sequence numbers, timestamps and the time of the next slot.
//!
//! One SSRC, one row of sequence numbers and one media clock for prompts, silence, keys and what a bridge forwards. The clock
//! goes by time, not by packets, so that a pause is a gap in timestamps that the peer can see.

use super::leg::Beginning;
use super::wheel::RHYTHM;
use crate::audio::FRAME;
use crate::rtp::packet::Header;
use crate::time::Mono;

/// Timestamp units a millisecond.
pub(super) const UNITS: u32 = 8;
/// Units of one packet.
const STEP: u32 = FRAME as u32;
/// A thread that was away makes up for so much, in milliseconds; what is older is left out.
const CATCH_UP: u64 = 3 * RHYTHM;
/// How far packets may run ahead of their clock, in milliseconds: what a peer's buffer may grow by.
const AHEAD: u64 = 2 * RHYTHM;
/// What is given back of that with each packet. Gaps of 22 ms are within anybody's tolerance.
const BACK: u64 = 2;
/// A slot that is so near needs no bringing forward.
const NEAR: u64 = 5;

/// See the module.
#[derive(Debug)]
pub(super) struct Numbers {
    ssrc: u32,
    /// Of the next packet.
    sequence: u16,
    /// Timestamp of the media clock's nought.
    offset: u32,
    /// The media clock at the next slot, in milliseconds of the engine.
    clock: u64,
    /// How far packets run ahead of their media clock, in milliseconds, 0..=40.
    ahead: u64,
    /// Newest timestamp that was sent.
    last_timestamp: u32,
    /// The next audio packet begins a talkspurt.
    pub(super) marker: bool,
    /// When a bridged packet was last sent on.
    forwarded: Option<Mono>,
    /// How the bridged stream's numbers become ours; `None` after a packet of our own.
    mapping: Option<Mapping>,
}

/// How a bridged stream's numbers become ours.
#[derive(Clone, Copy, Debug)]
struct Mapping {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
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

impl Numbers {
    pub(super) fn new(beginning: &Beginning) -> Self {
        Self {
            ssrc: beginning.ssrc,
            sequence: beginning.sequence,
            offset: beginning.timestamp,
            clock: 0,
            ahead: 0,
            last_timestamp: beginning.timestamp,
            marker: true,
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

    /// Moves the next slot to `now`, milliseconds, unless it is near or the packets would run too far ahead of their
    /// clock. `advance` gives it back, 2 ms a packet.
    pub(super) fn bring_forward(&mut self, now: u64) -> Option<u64> {
        let early = self.due().saturating_sub(now);
        if early <= NEAR || self.ahead + early > AHEAD {
            return None;
        }
        self.ahead += early;
        Some(self.due())
    }

    /// Leaves out what a thread that was away too long cannot make up for; how many packets that is.
    pub(super) fn catch_up(&mut self, now_ms: u64) -> u32 {
        let late = now_ms.saturating_sub(self.due());
        if late <= CATCH_UP {
            return 0;
        }
        let left_out = (late - CATCH_UP) / RHYTHM + 1;
        self.clock += left_out * RHYTHM;
        self.marker = true;
        u32::try_from(left_out).unwrap_or(u32::MAX)
    }

    /// On to the next slot, a little later than usual while packets run ahead of their clock.
    pub(super) fn advance(&mut self) {
        self.clock += RHYTHM;
        self.ahead = self.ahead.saturating_sub(BACK);
    }

    /// The timestamp of this slot, after all that were sent.
    pub(super) fn timestamp(&mut self) -> u32 {
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
    pub(super) fn header(&mut self, payload_type: u8, marker: bool, timestamp: u32) -> Header {
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

    /// A packet of the bridged stream is not sent on, for a reason that is not the network's: where it was the next one,
    /// the stream closes up behind it, so that the peer sees no loss.
    pub(super) fn leave_out(&mut self, from: &Header) {
        if let Some(mapping) = &mut self.mapping
            && mapping.ssrc == from.ssrc
            && from.sequence.wrapping_add(mapping.sequence) == self.sequence
        {
            mapping.sequence = mapping.sequence.wrapping_sub(1);
        }
    }

    /// A packet of our own with this timestamp has left.
    pub(super) fn sent(&mut self, timestamp: u32) {
        self.last_timestamp = timestamp;
    }

    /// Whether the packets of a bridge are what leaves at present.
    pub(super) fn is_forwarding(&self) -> bool {
        self.mapping.is_some()
    }

    /// When a bridged packet was last sent on.
    pub(super) fn forwarded_at(&self) -> Option<Mono> {
        self.forwarded
    }

    /// The bridge has ended or is another one: its stream goes on in a new mapping.
    pub(super) fn unmap(&mut self) {
        self.mapping = None;
    }
}

impl Mapping {
    /// Whether `from` goes on in the stream that this was made for; a far jump makes a new one.
    fn holds(self, numbers: &Numbers, from: &Header) -> bool {
        let sequence =
            from.sequence.wrapping_add(self.sequence).wrapping_sub(numbers.sequence).cast_signed();
        let timestamp = from
            .timestamp
            .wrapping_add(self.timestamp)
            .wrapping_sub(numbers.last_timestamp)
            .cast_signed();
        // A minute of timestamps: a peer may be silent for long (hold, DTX), but then its sequence goes on.
        self.ssrc == from.ssrc
            && (-100..3_000).contains(&sequence)
            && timestamp.unsigned_abs() < 60 * 8_000
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

    fn fresh() -> Numbers {
        let beginning =
            Beginning { ssrc: 1, sequence: 65_534, timestamp: u32::MAX - 1_000, cname: [b'a'; 16] };
        let mut numbers = Numbers::new(&beginning);
        numbers.begin_at(1_000);
        numbers
    }

    /// Sends one packet of silence: its header.
    fn send(numbers: &mut Numbers) -> Header {
        let timestamp = numbers.timestamp();
        let header = numbers.header(8, false, timestamp);
        numbers.sent(timestamp);
        numbers.advance();
        header
    }

    #[test]
    fn a_slot_that_is_brought_forward_is_given_back_2_ms_a_packet() {
        let mut numbers = fresh();
        let before = send(&mut numbers);
        assert_eq!(numbers.due(), 1_020);
        assert_eq!(numbers.bring_forward(1_016), None, "near enough");
        assert_eq!(numbers.bring_forward(1_007), Some(1_007));
        assert_eq!(numbers.bring_forward(979), None, "no more than two rhythms ahead of the clock");
        let mut due = Vec::new();
        let mut last = before;
        for _ in 0..16 {
            due.push(numbers.due());
            let header = send(&mut numbers);
            assert_eq!(header.timestamp.wrapping_sub(last.timestamp), 160);
            assert_eq!(header.sequence, last.sequence.wrapping_add(1));
            last = header;
        }
        let gaps: Vec<u64> = due.windows(2).map(|it| it[1] - it[0]).collect();
        assert_eq!(gaps, [[22; 6].as_slice(), &[21], &[20; 8]].concat());
        assert_eq!(due.last(), Some(&1_320), "in step with the media clock again");
    }

    #[test]
    fn a_thread_that_was_away_sends_three_packets_at_most_and_its_timestamps_tell_the_gap() {
        let mut numbers = fresh();
        let before = send(&mut numbers);
        assert_eq!(numbers.catch_up(1_080), 0);
        assert_eq!(numbers.catch_up(1_500), 22, "of the 25 slots from 1,020 to 1,500");
        let mut sent = Vec::new();
        while numbers.due() <= 1_500 {
            sent.push(send(&mut numbers));
        }
        assert_eq!(sent.len(), 3);
        assert_eq!(sent[0].sequence, before.sequence.wrapping_add(1));
        assert_eq!(sent[0].timestamp.wrapping_sub(before.timestamp), 23 * 160);
    }

    proptest! {
        #[test]
        fn own_and_forwarded_packets_are_one_stream(steps in proptest::collection::vec((0..3, 0..4_u16, 1..60_u64), 1..200)) {
            let mut numbers = fresh();
            let (mut from_sequence, mut from_timestamp, mut now_ms) = (9_u16, 77_u32, 1_000);
            let mut last: Option<Header> = None;
            for (what, lost, ms) in steps {
                now_ms += ms;
                let is_own = what == 0;
                if what == 1 {
                    // What is left out on purpose is no loss to anybody.
                    from_sequence = from_sequence.wrapping_add(1);
                    from_timestamp = from_timestamp.wrapping_add(160);
                    let from = Header { payload_type: 101, marker: false, sequence: from_sequence, timestamp: from_timestamp, ssrc: 5 };
                    numbers.leave_out(&from);
                    continue;
                }
                let begins = numbers.mapping.is_none();
                let header = if is_own {
                    numbers.catch_up(now_ms);
                    send(&mut numbers)
                } else {
                    from_sequence = from_sequence.wrapping_add(1 + lost);
                    from_timestamp = from_timestamp.wrapping_add(160 * u32::from(1 + lost));
                    let from = Header { payload_type: 8, marker: false, sequence: from_sequence, timestamp: from_timestamp, ssrc: 5 };
                    numbers.forwarded_header(Mono::from_millis(now_ms), 8, &from, 160)
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
}
