//! The jitter buffer: what arrives early, late, twice or never becomes an even row of 20 ms blocks.
//!
//! For audio that is recorded, heard at a speaker or mixed; bridged packets pass by it. Kept by sample, not by packet:
//! peers that send 10, 30 or 60 ms a packet, or change in the middle, need no special case, a duplicate overwrites
//! itself, and reordering sorts itself.
//!
//! The delay adapts: it grows at once when packets come too late, and shrinks by a block when for two seconds more was
//! in store than needed. The same two movements take up the drift between the peer's clock and ours.

/// Samples in a block, 20 ms.
pub(crate) const BLOCK: usize = 160;
/// Samples held, 256 ms. A power of two, so that timestamps wrap onto it.
const HELD: u32 = 2_048;
/// Presence bits are kept by the word.
const WORDS: usize = HELD as usize / 64;
/// Least delay, one block: a packet must be complete when its turn comes.
const LEAST: u32 = 160;
/// Most delay, 160 ms: beyond it a late packet is a lost one.
const MOST: u32 = 1_280;
/// Blocks over which the smallest surplus is watched, two seconds.
const WATCHED: u16 = 100;

/// What a block is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// The peer's samples, all of them.
    Heard,
    /// Some or all are missing: conceal. Those that came are in place, the others are 0.
    Lost,
    /// Nothing has come yet, the first packets are being collected, or the peer has stopped sending: silence.
    Idle,
}

/// About 4.5 KiB; made when a leg is tapped.
#[derive(Clone, Debug)]
pub(crate) struct Jitter {
    samples: [i16; HELD as usize],
    present: [u64; WORDS],
    /// Timestamp of the next sample out; `None` until the first packet and after a long silence.
    next: Option<u32>,
    /// One past the newest sample that came.
    newest: u32,
    /// How much is collected before the first block goes out.
    delay: u32,
    /// Least in store at a pull, since the watch began.
    surplus: u32,
    watched: u16,
    /// Whether a sample has gone out since it began.
    is_speaking: bool,
    /// Blocks pulled in a row without anything in store.
    starved: u16,
    /// Packets that came after their turn.
    late: u32,
}

impl Default for Jitter {
    fn default() -> Self {
        Self {
            samples: [0; HELD as usize],
            present: [0; WORDS],
            next: None,
            newest: 0,
            delay: 2 * LEAST,
            surplus: u32::MAX,
            watched: 0,
            is_speaking: false,
            starved: 0,
            late: 0,
        }
    }
}

impl Jitter {
    /// Takes a packet's samples; beyond 256 ms the rest is left out.
    pub(crate) fn push(&mut self, timestamp: u32, samples: &[i16]) {
        let len = u32::try_from(samples.len()).unwrap_or(HELD).min(HELD);
        let end = timestamp.wrapping_add(len);
        let next = match self.next {
            Some(next) if near(timestamp, next) && near(end, next) => next,
            // First packet, or the peer's timestamps have jumped: begin again around this one.
            Some(_) | None => self.begin(timestamp, end),
        };
        if ahead(next, end) >= 0 {
            self.late = self.late.saturating_add(1);
            self.delay = (self.delay + LEAST).min(MOST);
            // The next pull waits instead of running ahead of the peer still further.
            self.next = Some(next.wrapping_sub(LEAST));
            self.forget(next.wrapping_sub(LEAST), LEAST);
            self.watched = 0;
            self.surplus = u32::MAX;
        }
        let from = self.next.unwrap_or(timestamp);
        // A long store is cut at the front, so that no sample lands on another's place.
        let over = ahead(end, from) - HELD.cast_signed();
        if let Ok(over) = u32::try_from(over)
            && over > 0
        {
            self.forget(from, over.min(HELD));
            self.next = Some(from.wrapping_add(over));
        }
        let from = self.next.unwrap_or(timestamp);
        for (sample, place) in samples.iter().zip((0..len).map(|it| timestamp.wrapping_add(it))) {
            if ahead(place, from) >= 0 {
                self.set(place, *sample);
            }
        }
        if ahead(end, self.newest) > 0 {
            self.newest = end;
        }
    }

    /// Gives the next 20 ms.
    pub(crate) fn pull(&mut self, out: &mut [i16; BLOCK]) -> Block {
        out.fill(0);
        let Some(next) = self.next else { return Block::Idle };
        let store = u32::try_from(ahead(self.newest, next)).unwrap_or(0);
        if store == 0 {
            self.starved = self.starved.saturating_add(1);
            if self.starved > 10 {
                // 200 ms of nothing: a pause, not loss. What comes next begins anew, with a delay of its own.
                self.next = None;
                return Block::Idle;
            }
            // Wait: time does not go on for the peer, so a late packet is still heard, a block later than hoped.
            return Block::Lost;
        }
        self.starved = 0;
        let next = self.shorten(next, store);
        let mut missing = 0;
        for (place, sample) in (0..).map(|it| next.wrapping_add(it)).zip(out.iter_mut()) {
            match self.take(place) {
                Some(heard) => *sample = heard,
                None => missing += 1,
            }
        }
        self.next = Some(next.wrapping_add(LEAST));
        self.is_speaking |= missing < BLOCK;
        match missing {
            0 => Block::Heard,
            _ if self.is_speaking => Block::Lost,
            _ => Block::Idle,
        }
    }

    /// Packets that came after their turn, up to now.
    #[cfg(test)]
    fn late(&self) -> u32 {
        self.late
    }

    fn begin(&mut self, timestamp: u32, end: u32) -> u32 {
        self.present = [0; WORDS];
        self.newest = end;
        self.is_speaking = false;
        self.starved = 0;
        self.watched = 0;
        self.surplus = u32::MAX;
        // The packet itself is part of the delay.
        let silence = self.delay.saturating_sub(LEAST);
        let next = timestamp.wrapping_sub(silence);
        self.next = Some(next);
        next
    }

    /// Skips a block when for two seconds there was always more than one too many.
    fn shorten(&mut self, next: u32, store: u32) -> u32 {
        self.surplus = self.surplus.min(store);
        self.watched += 1;
        if self.watched < WATCHED {
            return next;
        }
        let least = std::mem::replace(&mut self.surplus, u32::MAX);
        self.watched = 0;
        if least < 2 * LEAST + LEAST / 2 {
            return next;
        }
        self.delay = self.delay.saturating_sub(LEAST).max(LEAST);
        self.forget(next, LEAST);
        next.wrapping_add(LEAST)
    }

    fn forget(&mut self, from: u32, count: u32) {
        for place in (0..count).map(|it| from.wrapping_add(it)) {
            self.take(place);
        }
    }

    fn set(&mut self, timestamp: u32, sample: i16) {
        let place = (timestamp % HELD) as usize;
        if let (Some(held), Some(word)) =
            (self.samples.get_mut(place), self.present.get_mut(place / 64))
        {
            *held = sample;
            *word |= 1 << (place % 64);
        }
    }

    fn take(&mut self, timestamp: u32) -> Option<i16> {
        let place = (timestamp % HELD) as usize;
        let word = self.present.get_mut(place / 64)?;
        let bit = 1 << (place % 64);
        let is_present = *word & bit != 0;
        *word &= !bit;
        self.samples.get(place).copied().filter(|_| is_present)
    }
}

/// How far `timestamp` is ahead of `other`, on a circle of 2^32.
const fn ahead(timestamp: u32, other: u32) -> i32 {
    timestamp.wrapping_sub(other).cast_signed()
}

/// Whether two timestamps can belong to one stretch: half a second either way.
const fn near(timestamp: u32, other: u32) -> bool {
    ahead(timestamp, other).unsigned_abs() < 4_000
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Packet `number` of a counting signal: sample `n` of the stream has the value `n` modulo 10,000, plus one.
    fn packet(number: u32) -> [i16; BLOCK] {
        std::array::from_fn(|it| value(number * LEAST + u32::try_from(it).unwrap()))
    }

    fn value(sample: u32) -> i16 {
        i16::try_from(sample % 10_000).unwrap() + 1
    }

    /// Plays a script: in each 20 ms these packets come, then a block is pulled. Writes what each block was: the number
    /// of the packet whose samples it is, `_` idle, `?` lost.
    fn play(start: u32, script: &[&[u32]]) -> String {
        let mut jitter = Jitter::default();
        let mut seen = Vec::new();
        for packets in script {
            for number in *packets {
                jitter.push(start.wrapping_add(number * LEAST), &packet(*number));
            }
            let mut out = [0; BLOCK];
            seen.push(match jitter.pull(&mut out) {
                Block::Heard => {
                    let number = u32::try_from(out[0] - 1).unwrap() / LEAST;
                    assert_eq!(out, packet(number), "whole and in order");
                    number.to_string()
                }
                Block::Lost => "?".to_owned(),
                Block::Idle => "_".to_owned(),
            });
        }
        seen.join(" ")
    }

    #[test]
    fn packets_come_out_evenly_and_in_order() {
        #[rustfmt::skip] // what happens, what arrives in each 20 ms, what goes out
        let table: &[(&str, &[&[u32]], &str)] = &[
            ("evenly",       &[&[], &[0], &[1], &[2], &[3]],                   "_ _ 0 1 2"),
            ("reordered",    &[&[0], &[2], &[1, 3], &[4], &[5]],               "_ 0 1 2 3"),
            ("repeated",     &[&[0], &[1, 0, 1], &[2], &[3, 3]],               "_ 0 1 2"),
            ("lost",         &[&[0], &[1], &[], &[3], &[4], &[5]],             "_ 0 1 ? 3 4"),
            ("in bursts",    &[&[0, 1], &[], &[2, 3], &[], &[4, 5], &[]],      "_ 0 1 2 3 4"),
            ("a jump ahead", &[&[0], &[1], &[55], &[56], &[57]],               "_ 0 _ 55 56"),
        ];
        for (name, script, expected) in table {
            assert_eq!(play(0, script), *expected, "{name}");
            assert_eq!(play(u32::MAX - 400, script), *expected, "{name}, and the timestamps wrap");
        }
    }

    #[test]
    fn late_packets_make_the_delay_grow_and_quiet_times_make_it_shrink() {
        let mut jitter = Jitter::default();
        let mut out = [0; BLOCK];
        // Packets five blocks late from the tenth on: after a while all of them are heard again.
        let mut lost_in_the_end = 0;
        for round in 0..120_u32 {
            let number =
                if round < 10 { Some(round) } else { round.checked_sub(15).map(|it| it + 10) };
            if let Some(number) = number {
                jitter.push(number * LEAST, &packet(number));
            }
            if jitter.pull(&mut out) != Block::Heard && round > 40 {
                lost_in_the_end += 1;
            }
        }
        assert_eq!(lost_in_the_end, 0);
        // Now they come early again, five at once: what is too many in store is given up, block by block.
        let mut number = 115;
        for _ in 0..5 {
            jitter.push(number * LEAST, &packet(number));
            number += 1;
        }
        let before = ahead(jitter.newest, jitter.next.unwrap());
        for _ in 0..1_500 {
            jitter.push(number * LEAST, &packet(number));
            number += 1;
            jitter.pull(&mut out);
        }
        let after = ahead(jitter.newest, jitter.next.unwrap());
        assert!(after < before && after <= 400, "{before} {after}");
    }

    #[test]
    fn a_peer_whose_clock_runs_one_percent_fast_or_slow_is_heard_for_an_hour() {
        for (come, go) in [(101_u32, 100_u32), (100, 101)] {
            let mut jitter = Jitter::default();
            let (mut pushed, mut heard, mut pulled) = (0_u32, 0_u32, 0_u32);
            let mut out = [0; BLOCK];
            while pulled < 180_000 {
                let due = u64::from(pulled) * u64::from(come) / u64::from(go);
                while u64::from(pushed) <= due {
                    jitter.push(pushed * LEAST, &packet(pushed % 60));
                    pushed += 1;
                }
                heard += u32::from(jitter.pull(&mut out) == Block::Heard);
                pulled += 1;
            }
            assert!(heard > 176_000, "{heard} of 180,000 at {come}:{go}");
            assert!(ahead(jitter.newest, jitter.next.unwrap()) <= MOST.cast_signed());
        }
    }

    #[test]
    fn other_packet_lengths_need_no_special_case() {
        for ms in [10_u32, 30, 40, 60] {
            let mut jitter = Jitter::default();
            let (mut sent, mut heard) = (0_u32, Vec::new());
            for round in 0..50_u32 {
                while sent <= round * LEAST {
                    let samples: Vec<i16> = (sent..sent + ms * 8).map(value).collect();
                    jitter.push(sent, &samples);
                    sent += ms * 8;
                }
                let mut out = [0; BLOCK];
                if jitter.pull(&mut out) == Block::Heard {
                    heard.extend(out);
                }
            }
            let expected: Vec<i16> = (0..).map(value).take(heard.len()).collect();
            assert!(heard.len() > 40 * BLOCK, "{ms} ms");
            assert_eq!(heard, expected, "{ms} ms");
        }
    }

    #[test]
    fn a_pause_is_silence_and_what_follows_begins_anew() {
        let mut jitter = Jitter::default();
        let mut out = [0; BLOCK];
        jitter.push(0, &packet(0));
        for _ in 0..20 {
            jitter.pull(&mut out);
        }
        assert_eq!(jitter.pull(&mut out), Block::Idle);
        jitter.push(50 * LEAST, &packet(50));
        jitter.push(51 * LEAST, &packet(51));
        assert_eq!((jitter.pull(&mut out), jitter.pull(&mut out)), (Block::Idle, Block::Heard));
        assert_eq!(jitter.late(), 0);
    }

    proptest! {
        #[test]
        fn any_packets_keep_it_bounded_and_never_invent_samples(
            packets in proptest::collection::vec((any::<bool>(), any::<u32>(), 0..3_000_u32, 0..2_500_usize), 0..60),
        ) {
            let mut jitter = Jitter::default();
            let mut at = 0_u32;
            for (jumps, far, step, len) in packets {
                at = if jumps { far } else { at.wrapping_add(step).wrapping_sub(800) };
                jitter.push(at, &vec![7; len]);
                let mut out = [0; BLOCK];
                let block = jitter.pull(&mut out);
                prop_assert!(out.iter().all(|it| *it == 7 || *it == 0));
                prop_assert!(block != Block::Heard || out.iter().all(|it| *it == 7));
                prop_assert!(jitter.delay >= LEAST && jitter.delay <= MOST);
            }
        }
    }
}
