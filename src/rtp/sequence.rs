//! What arrives of one stream: extended sequence numbers, loss and jitter (RFC 3550 A.1, A.3, A.8).

/// Packets in a row after which a source is believed (RFC 3550 A.1, MIN_SEQUENTIAL).
const IN_A_ROW: u8 = 2;
/// A step forward up to this is loss, beyond it a restart (MAX_DROPOUT).
const MAX_DROPOUT: u16 = 3_000;
/// A step back up to this is reordering (MAX_MISORDER).
const MAX_MISORDER: u16 = 100;

/// How a packet fits into its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Newer than all before it.
    New,
    /// Older than the newest: reordered, or a duplicate.
    Late,
    /// The source began anew: its counts begin anew, too.
    Restarted,
    /// Too far from the others; believed when the next one follows it.
    Stray,
}

/// What a packet tells about the time that it took, in timestamp units: when it was made, and `at` when it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timing {
    /// Speech that goes on.
    On { timestamp: u32, at: u32 },
    /// The first speech after a pause, by its marker. Not every sender lets its clock run on through pauses, and one that
    /// answers a key begins before its time: how it compares with the packet before says nothing about the network.
    Anew { timestamp: u32, at: u32 },
    /// Nothing: all packets of a key bear the timestamp of its beginning (RFC 4733 2.2.1).
    None,
}

/// What a report says about this stream (RFC 3550 6.4.1), and what a call's statistics say in the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reception {
    /// Lost since the last report, in 256ths.
    pub fraction_lost: u8,
    /// Lost since the stream began, clamped to the 24 bits that a report has; duplicates make it negative.
    pub lost: i32,
    /// Newest sequence number with the count of wraps above it.
    pub highest: u32,
    /// Interarrival jitter of the speech in timestamp units, 8,000 a second: 8 are 1 ms. Keys are left out.
    pub jitter: u32,
}

/// Follows one source. Costs 48 bytes and no allocation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stream {
    /// Nothing has arrived while `None`.
    first: Option<u16>,
    highest: u16,
    wraps: u32,
    /// Where a restarted source would go on.
    restart: Option<u16>,
    /// Packets still wanted in a row before the source counts as valid.
    probation: u8,
    received: u32,
    expected_before: u32,
    received_before: u32,
    transit: Option<u32>,
    /// Jitter times 16, as in RFC 3550 A.8.
    jitter_16: u32,
}

impl Stream {
    /// Takes the numbers of one packet.
    pub(crate) fn arrive(&mut self, sequence: u16, timing: Timing) -> Arrival {
        let arrival = self.place(sequence);
        if arrival == Arrival::Stray {
            return arrival;
        }
        if arrival == Arrival::Restarted || matches!(timing, Timing::Anew { .. }) {
            self.transit = None;
        }
        match timing {
            Timing::On { timestamp, at } | Timing::Anew { timestamp, at } => {
                self.measure(timestamp, at);
            }
            Timing::None => {}
        }
        arrival
    }

    /// Whether enough packets came in a row for the source to be believed.
    pub(crate) fn is_valid(&self) -> bool {
        self.first.is_some() && self.probation == 0
    }

    /// Packets counted since the stream began or restarted.
    #[cfg(test)]
    fn received(&self) -> u32 {
        self.received
    }

    /// The figures now, without closing the interval.
    pub(crate) fn figures(&self) -> Reception {
        let lost = i64::from(self.expected()) - i64::from(self.received);
        let lost = lost.clamp(-0x80_0000, 0x7f_ffff);
        Reception {
            fraction_lost: self.fraction_lost(),
            lost: i32::try_from(lost).unwrap_or(0),
            highest: self.wraps.wrapping_add(u32::from(self.highest)),
            jitter: self.jitter_16 >> 4,
        }
    }

    /// The figures for a report; the next one's interval begins here.
    pub(crate) fn report(&mut self) -> Reception {
        let figures = self.figures();
        self.expected_before = self.expected();
        self.received_before = self.received;
        figures
    }

    /// RFC 3550 A.1, with the difference that packets in probation are counted: a key in a caller's very first packet
    /// is acted on, so it has to be in the figures as well.
    fn place(&mut self, sequence: u16) -> Arrival {
        if self.first.is_none() {
            self.begin(sequence);
            self.probation = IN_A_ROW - 1;
            return Arrival::New;
        }
        let step = sequence.wrapping_sub(self.highest);
        if step != 0 && step < MAX_DROPOUT {
            self.probation =
                if step == 1 { self.probation.saturating_sub(1) } else { self.probation };
            if sequence < self.highest {
                self.wraps = self.wraps.wrapping_add(1 << 16);
            }
            self.highest = sequence;
            self.restart = None;
            self.received = self.received.wrapping_add(1);
            Arrival::New
        } else if step == 0 || step > u16::MAX - MAX_MISORDER {
            self.received = self.received.wrapping_add(1);
            Arrival::Late
        } else if self.restart == Some(sequence) {
            self.begin(sequence);
            Arrival::Restarted
        } else {
            self.restart = Some(sequence.wrapping_add(1));
            Arrival::Stray
        }
    }

    fn begin(&mut self, sequence: u16) {
        let jitter_16 = self.jitter_16;
        *self = Self {
            first: Some(sequence),
            highest: sequence,
            received: 1,
            jitter_16,
            ..Self::default()
        };
    }

    /// RFC 3550 A.8: the mean deviation of the transit time, with a gain of 1/16.
    fn measure(&mut self, timestamp: u32, at: u32) {
        let transit = at.wrapping_sub(timestamp);
        if let Some(before) = self.transit.replace(transit) {
            let difference = transit.wrapping_sub(before).cast_signed().unsigned_abs();
            // A pause shorter than a second is jitter; anything beyond is a new clock at the far end.
            if difference < 8_000 {
                self.jitter_16 =
                    (self.jitter_16 + difference).saturating_sub((self.jitter_16 + 8) >> 4);
            }
        }
    }

    fn expected(&self) -> u32 {
        let Some(first) = self.first else { return 0 };
        self.wraps
            .wrapping_add(u32::from(self.highest))
            .wrapping_sub(u32::from(first))
            .wrapping_add(1)
    }

    /// RFC 3550 A.3.
    fn fraction_lost(&self) -> u8 {
        let expected = self.expected().wrapping_sub(self.expected_before);
        let received = self.received.wrapping_sub(self.received_before);
        let lost = u64::from(expected.saturating_sub(received));
        let share = if expected == 0 { 0 } else { (lost << 8) / u64::from(expected) };
        u8::try_from(share).unwrap_or(u8::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn after(sequences: &[u16]) -> Stream {
        let mut stream = Stream::default();
        for (index, sequence) in sequences.iter().enumerate() {
            let at = u32::try_from(index).unwrap() * 160;
            stream.arrive(*sequence, Timing::On { timestamp: at, at });
        }
        stream
    }

    #[test]
    fn loss_is_what_was_expected_and_did_not_come() {
        #[rustfmt::skip] // sequence numbers, lost, fraction in 256ths, highest
        let table: &[(&[u16], i32, u8, u32)] = &[
            (&[10, 11, 12, 13],       0,   0, 13),
            (&[10, 11, 13],           1,  64, 13),
            (&[10, 11, 13, 12],       0,   0, 13),
            (&[10, 11, 11, 12],      -1,   0, 12),
            (&[65_534, 65_535, 0, 1], 0,   0, 65_537),
            (&[65_534, 1],            2, 128, 65_537),
            (&[0, 65_535, 1],        -1,   0, 1), // late from before the first: counts as a duplicate would
        ];
        for (sequences, lost, fraction_lost, highest) in table {
            let figures = after(sequences).figures();
            let seen = (figures.lost, figures.fraction_lost, figures.highest);
            assert_eq!(seen, (*lost, *fraction_lost, *highest), "{sequences:?}");
        }
    }

    #[test]
    fn a_report_closes_its_interval() {
        let mut stream = after(&[1, 2, 4]);
        assert_eq!(stream.report().fraction_lost, 64);
        stream.arrive(5, Timing::None);
        let figures = stream.report();
        assert_eq!((figures.fraction_lost, figures.lost), (0, 1));
    }

    #[test]
    fn a_source_is_believed_after_two_in_a_row_and_may_restart() {
        assert!(!after(&[7]).is_valid());
        assert!(!after(&[7, 9]).is_valid());
        assert!(after(&[7, 9, 10]).is_valid());
        let mut stream = after(&[7, 8]);
        assert_eq!(stream.arrive(40_000, Timing::None), Arrival::Stray);
        assert_eq!(stream.arrive(9, Timing::None), Arrival::New);
        assert_eq!(stream.arrive(40_000, Timing::None), Arrival::Stray);
        assert_eq!(stream.arrive(40_001, Timing::None), Arrival::Restarted);
        assert_eq!((stream.figures().lost, stream.received()), (0, 1));
    }

    #[test]
    fn jitter_follows_the_deviation_of_the_transit_time() {
        let mut stream = Stream::default();
        for index in 0..400_u32 {
            let late = if index % 2 == 0 { 0 } else { 40 }; // every other packet 5 ms late
            let timing = Timing::On { timestamp: index * 160, at: index * 160 + late };
            stream.arrive(u16::try_from(index).unwrap(), timing);
        }
        assert_eq!(stream.figures().jitter, 39); // converges to |D| = 40, from below by RFC 3550's rounding
    }

    #[test]
    fn keys_and_pauses_are_no_jitter() {
        use Timing::{Anew, None, On};
        #[rustfmt::skip] // what happens, timings, jitter
        let table: &[(&str, &[Timing], u32)] = &[
            ("speech",                           &[On { timestamp: 0, at: 9 }, On { timestamp: 160, at: 169 }, On { timestamp: 320, at: 489 }], 10),
            ("a key between",                    &[On { timestamp: 0, at: 9 }, None, None, None, On { timestamp: 800, at: 809 }], 0),
            ("a clock that stands in the pause", &[On { timestamp: 0, at: 9 }, Anew { timestamp: 160, at: 4_009 }, On { timestamp: 320, at: 4_169 }], 0),
            ("a clock that runs on",             &[On { timestamp: 0, at: 9 }, Anew { timestamp: 4_000, at: 4_009 }, On { timestamp: 4_160, at: 4_169 }], 0),
        ];
        for (name, timings, jitter) in table {
            let mut stream = Stream::default();
            for (sequence, timing) in (0..).zip(*timings) {
                assert_eq!(stream.arrive(sequence, *timing), Arrival::New);
            }
            assert_eq!(stream.figures().jitter, *jitter, "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_numbers_keep_the_figures_in_their_range(numbers in proptest::collection::vec(any::<(u16, u32, u32)>(), 0..200)) {
            let mut stream = Stream::default();
            for (sequence, timestamp, at) in numbers {
                stream.arrive(sequence, Timing::On { timestamp, at });
                let figures = stream.report();
                prop_assert!((-0x80_0000..=0x7f_ffff).contains(&figures.lost));
                prop_assert!(figures.jitter <= 8_000);
            }
        }
    }
}
