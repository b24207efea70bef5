//! Legs whose audio is decoded: a tap (recording, speaker, mixing) and an ear for keys in the voice.

use rtrb::Producer;
use smallvec::SmallVec;

use crate::audio::dtmf::{Detector, DtmfEvent};
use crate::audio::plc::Concealer;
use crate::audio::{Codec, FRAME};
use crate::rtp::jitter::{Block, Jitter};
use crate::secret::Key;

/// Longest packet that is decoded, 60 ms; what is longer is cut.
const LONGEST: usize = 3 * FRAME;

/// Decodes `payload` into `samples` and gives the part that was filled.
pub(super) fn decode<'a>(
    codec: Codec,
    payload: &[u8],
    samples: &'a mut [i16; LONGEST],
) -> &'a [i16] {
    codec.decode(payload, samples);
    samples.get(..payload.len().min(LONGEST)).unwrap_or_default()
}

/// Room for [`decode`].
pub(super) const fn room() -> [i16; LONGEST] {
    [0; LONGEST]
}

/// Evens out what the peer says and writes it into a ring.
#[derive(Debug)]
pub(super) struct Tap {
    jitter: Jitter,
    concealer: Concealer,
    ring: Producer<i16>,
}

impl Tap {
    pub(super) fn boxed(ring: Producer<i16>) -> Box<Self> {
        Box::new(Self { jitter: Jitter::default(), concealer: Concealer::default(), ring })
    }

    /// Whether somebody still reads it.
    pub(super) fn is_read(&self) -> bool {
        !self.ring.is_abandoned()
    }

    pub(super) fn hear(&mut self, timestamp: u32, samples: &[i16]) {
        self.jitter.push(timestamp, samples);
    }

    /// Writes the next 20 ms; a ring without room for them loses them.
    pub(super) fn tick(&mut self) {
        let mut block = [0; FRAME];
        match self.jitter.pull(&mut block) {
            Block::Heard => self.concealer.heard(&mut block),
            Block::Lost => self.concealer.lost(&mut block),
            Block::Idle => {}
        }
        if let Ok(chunk) = self.ring.write_chunk_uninit(FRAME) {
            chunk.fill_from_iter(block);
        }
    }
}

/// Hears keys in the voice of a peer that has no events.
///
/// It works on packets as they come: what a jitter buffer would add in delay is worth more than what it would mend. A lost
/// packet shortens the tone, one that comes late is left out.
#[derive(Debug, Default)]
pub(super) struct Ear {
    detector: Detector,
    /// Timestamp of the next sample in order.
    next: Option<u32>,
}

impl Ear {
    pub(super) fn boxed() -> Box<Self> {
        Box::default()
    }

    /// Keys that went down in these samples.
    pub(super) fn hear(&mut self, timestamp: u32, samples: &[i16]) -> SmallVec<[Key; 4]> {
        let behind = self.next.map_or(0, |next| next.wrapping_sub(timestamp));
        // Half a second back is a new start, anything less is a packet out of order.
        if (1..4_000).contains(&behind) {
            return SmallVec::new();
        }
        let length = u32::try_from(samples.len()).unwrap_or(0);
        self.next = Some(timestamp.wrapping_add(length));
        let down = |event| match event {
            DtmfEvent::Start(key) => Some(key),
            DtmfEvent::End(_) => None,
        };
        self.detector.feed(samples).into_iter().filter_map(down).collect()
    }
}
