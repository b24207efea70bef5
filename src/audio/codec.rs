//! The codecs that calls are offered, and frames from one into another.

use super::g711;

/// A way to write sound into RTP payloads.
///
/// Both of today's codecs take one byte a sample, which is what lets prompts be joined at any sample and frames be
/// padded. A codec that does not (G.722, Opus) joins with an encoder of its own where `Clip` is made and where frames
/// are decoded: the matches below will not compile until each of those places has answered it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Codec {
    /// G.711 µ-law, North America and Japan; RTP payload type 0 (RFC 3551 6).
    Pcmu,
    /// G.711 A-law, everywhere else; RTP payload type 8 (RFC 3551 6).
    Pcma,
}

impl Codec {
    /// Every codec, the one we would rather have first.
    pub const ALL: [Self; 2] = [Self::Pcma, Self::Pcmu];

    /// Static RTP payload type (RFC 3551 table 4).
    #[must_use]
    pub const fn payload_type(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
        }
    }

    /// The codec of a static payload type.
    #[must_use]
    pub const fn from_payload_type(payload_type: u8) -> Option<Self> {
        match payload_type {
            0 => Some(Self::Pcmu),
            8 => Some(Self::Pcma),
            _ => None,
        }
    }

    /// Encoding name, as in `a=rtpmap` (RFC 3551 4.5.14).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
        }
    }

    /// The codec of an encoding name; case does not matter (RFC 4855 3).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.name().eq_ignore_ascii_case(name))
    }

    /// RTP timestamp units a second.
    #[must_use]
    pub const fn clock_rate(self) -> u32 {
        match self {
            Self::Pcmu | Self::Pcma => super::RATE,
        }
    }

    /// The byte that is silence. A-law has no zero: the smallest positive value is as near as it comes.
    #[must_use]
    pub const fn silence(self) -> u8 {
        match self {
            Self::Pcmu => 0xFF,
            Self::Pcma => 0xD5,
        }
    }

    /// Encodes `samples` into `bytes`, one byte each; stops at the shorter of the two.
    pub fn encode(self, samples: &[i16], bytes: &mut [u8]) {
        match self {
            Self::Pcmu => g711::encode_ulaw(samples, bytes),
            Self::Pcma => g711::encode_alaw(samples, bytes),
        }
    }

    /// Decodes `bytes` into `samples`, one byte each; stops at the shorter of the two.
    pub fn decode(self, bytes: &[u8], samples: &mut [i16]) {
        match self {
            Self::Pcmu => g711::decode_ulaw(bytes, samples),
            Self::Pcma => g711::decode_alaw(bytes, samples),
        }
    }

    /// `samples` encoded, in a buffer of their own.
    #[must_use]
    pub fn encode_to_vec(self, samples: &[i16]) -> Vec<u8> {
        let mut bytes = vec![self.silence(); samples.len()];
        self.encode(samples, &mut bytes);
        bytes
    }

    /// `bytes` decoded, in a buffer of their own.
    #[must_use]
    pub fn decode_to_vec(self, bytes: &[u8]) -> Vec<i16> {
        let mut samples = vec![0; bytes.len()];
        self.decode(bytes, &mut samples);
        samples
    }

    /// Turns `frame`, encoded in this codec, into `to`, where it stands.
    pub fn transcode(self, to: Self, frame: &mut [u8]) {
        let table: fn(u8) -> u8 = match (self, to) {
            (Self::Pcmu, Self::Pcmu) | (Self::Pcma, Self::Pcma) => return,
            (Self::Pcmu, Self::Pcma) => g711::alaw_from_ulaw,
            (Self::Pcma, Self::Pcmu) => g711::ulaw_from_alaw,
        };
        for byte in frame {
            *byte = table(*byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_and_payload_types_find_their_codec() {
        for codec in Codec::ALL {
            assert_eq!(Codec::from_payload_type(codec.payload_type()), Some(codec));
            assert_eq!(Codec::from_name(&codec.name().to_lowercase()), Some(codec));
        }
        assert_eq!((Codec::from_payload_type(9), Codec::from_name("G722")), (None, None));
    }

    #[test]
    fn silence_is_what_zero_encodes_to() {
        for codec in Codec::ALL {
            assert_eq!(codec.encode_to_vec(&[0]), [codec.silence()]);
        }
        let mut frame = [Codec::Pcmu.silence(); 3];
        Codec::Pcmu.transcode(Codec::Pcma, &mut frame);
        assert_eq!(frame, [Codec::Pcma.silence(); 3]);
    }

    proptest! {
        #[test]
        fn decoding_then_encoding_is_the_identity(bytes: Vec<u8>) {
            for codec in Codec::ALL {
                let samples = codec.decode_to_vec(&bytes);
                let again = codec.decode_to_vec(&codec.encode_to_vec(&samples));
                prop_assert_eq!(samples, again);
            }
        }

        #[test]
        fn transcoding_stays_within_a_step_of_decoding_and_encoding(bytes: Vec<u8>) {
            for (from, to) in [(Codec::Pcmu, Codec::Pcma), (Codec::Pcma, Codec::Pcmu), (Codec::Pcmu, Codec::Pcmu)] {
                let before = from.decode_to_vec(&bytes);
                let mut direct = bytes.clone();
                from.transcode(to, &mut direct);
                for (before, after) in before.into_iter().zip(to.decode_to_vec(&direct)) {
                    // The widest step at a sample is a sixteenth of it, or 16 near silence.
                    let step = before.unsigned_abs() / 16 + 16;
                    prop_assert!(after.abs_diff(before) <= step, "{before} became {after}");
                }
            }
        }
    }
}
