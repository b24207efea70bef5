//! G.711, the telephone's 64 kbit/s: eight bits a sample on a curve near the logarithm (ITU-T G.711).
//!
//! Samples are 16 bits wide here: the recommendation's 14 bits (µ-law) times 4, its 13 bits (A-law) times 8. Negative
//! values fold by their ones' complement, so both halves of the curve have the same steps. Everything is one table
//! look-up a sample; the tables are computed at compile time.

/// Encodes `samples` in µ-law into `bytes`; stops at the shorter of the two.
pub fn encode_ulaw(samples: &[i16], bytes: &mut [u8]) {
    for (byte, &sample) in bytes.iter_mut().zip(samples) {
        *byte = ulaw_from(sample);
    }
}

/// Encodes `samples` in A-law into `bytes`; stops at the shorter of the two.
pub fn encode_alaw(samples: &[i16], bytes: &mut [u8]) {
    for (byte, &sample) in bytes.iter_mut().zip(samples) {
        *byte = alaw_from(sample);
    }
}

/// Decodes µ-law `bytes` into `samples`; stops at the shorter of the two.
pub fn decode_ulaw(bytes: &[u8], samples: &mut [i16]) {
    for (sample, &byte) in samples.iter_mut().zip(bytes) {
        *sample = ulaw_to(byte);
    }
}

/// Decodes A-law `bytes` into `samples`; stops at the shorter of the two.
pub fn decode_alaw(bytes: &[u8], samples: &mut [i16]) {
    for (sample, &byte) in samples.iter_mut().zip(bytes) {
        *sample = alaw_to(byte);
    }
}

/// One sample in µ-law.
#[must_use]
#[expect(clippy::indexing_slicing, reason = "16 bits less 2 are below 2^14, the table's length")]
pub fn ulaw_from(sample: i16) -> u8 {
    ULAW_FROM_14_BITS[usize::from(sample.cast_unsigned() >> 2)]
}

/// One sample in A-law.
#[must_use]
#[expect(clippy::indexing_slicing, reason = "16 bits less 4 are below 2^12, the table's length")]
pub fn alaw_from(sample: i16) -> u8 {
    ALAW_FROM_12_BITS[usize::from(sample.cast_unsigned() >> 4)]
}

/// The sample that a byte of µ-law stands for, -32,124..=32,124.
#[must_use]
#[expect(clippy::indexing_slicing, reason = "a byte is below 256, the table's length")]
pub fn ulaw_to(byte: u8) -> i16 {
    ULAW_TO[usize::from(byte)]
}

/// The sample that a byte of A-law stands for, -32,256..=32,256; never 0.
#[must_use]
#[expect(clippy::indexing_slicing, reason = "a byte is below 256, the table's length")]
pub fn alaw_to(byte: u8) -> i16 {
    ALAW_TO[usize::from(byte)]
}

/// µ-law to A-law without the way through samples; keeps the level in dBm0, and bit for bit what survives both ways
/// (G.711 3.3).
#[must_use]
#[expect(clippy::indexing_slicing, reason = "a byte is below 256, the table's length")]
pub fn alaw_from_ulaw(byte: u8) -> u8 {
    ALAW_FROM_ULAW[usize::from(byte)]
}

/// A-law to µ-law without the way through samples.
#[must_use]
#[expect(clippy::indexing_slicing, reason = "a byte is below 256, the table's length")]
pub fn ulaw_from_alaw(byte: u8) -> u8 {
    ULAW_FROM_ALAW[usize::from(byte)]
}

#[expect(
    clippy::indexing_slicing,
    reason = "computed at compile time, where a wrong index does not compile"
)]
static ULAW_TO: [i16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = ulaw_expand(byte as u8);
        byte += 1;
    }
    table
};

#[expect(
    clippy::indexing_slicing,
    reason = "computed at compile time, where a wrong index does not compile"
)]
static ALAW_TO: [i16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = alaw_expand(byte as u8);
        byte += 1;
    }
    table
};

#[expect(
    clippy::indexing_slicing,
    reason = "computed at compile time, where a wrong index does not compile"
)]
static ULAW_FROM_14_BITS: [u8; 1 << 14] = {
    let mut table = [0; 1 << 14];
    let mut bits = 0;
    while bits < 1 << 14 {
        table[bits] = ulaw_compress(((bits as u16) << 2).cast_signed());
        bits += 1;
    }
    table
};

#[expect(
    clippy::indexing_slicing,
    reason = "computed at compile time, where a wrong index does not compile"
)]
static ALAW_FROM_12_BITS: [u8; 1 << 12] = {
    let mut table = [0; 1 << 12];
    let mut bits = 0;
    while bits < 1 << 12 {
        table[bits] = alaw_compress(((bits as u16) << 4).cast_signed());
        bits += 1;
    }
    table
};

#[expect(
    clippy::indexing_slicing,
    reason = "computed at compile time, where a wrong index does not compile"
)]
static ALAW_FROM_ULAW: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = with_sign_of(
            byte as u8,
            alaw_compress(scaled(ulaw_expand(byte as u8 | 0x80), 10_075, 10_000)),
        );
        byte += 1;
    }
    table
};

#[expect(
    clippy::indexing_slicing,
    reason = "computed at compile time, where a wrong index does not compile"
)]
static ULAW_FROM_ALAW: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = with_sign_of(
            byte as u8,
            ulaw_compress(scaled(alaw_expand(byte as u8 | 0x80), 10_000, 10_075)),
        );
        byte += 1;
    }
    table
};

/// Between the laws the magnitude is converted and the sign kept, so that both sides of zero go the same way.
const fn with_sign_of(byte: u8, converted: u8) -> u8 {
    (byte & 0x80) | (converted & 0x7F)
}

/// Between the laws the level in dBm0 is kept: full scale, 8,159 × 4 in µ-law, is 3.17 dBm0, and 4,096 × 8 in A-law is
/// 3.14 dBm0, so one dBm0 is 1.0075 times as high in A-law. It decides where a value lies between two steps.
const fn scaled(magnitude: i16, by: i32, over: i32) -> i16 {
    let scaled = magnitude as i32 * by / over;
    if scaled > i16::MAX as i32 { i16::MAX } else { scaled as i16 }
}

/// Eight segments of 16 steps, each segment's steps twice as wide as the last one's; the curve is shifted by 33 so
/// that the segments begin at powers of two (G.711 table 2).
const fn ulaw_compress(sample: i16) -> u8 {
    let negative = sample < 0;
    let magnitude = (if negative { !sample } else { sample } >> 2) + 33;
    let magnitude = if magnitude > 0x1FFF { 0x1FFF } else { magnitude };
    let segment = magnitude.ilog2() - 5;
    let step = (magnitude >> (segment + 1)) & 0x0F;
    let sign = if negative { 0 } else { 0x80 };
    // On the line every bit but the sign's is inverted: silence is 0xFF, full of ones for the repeaters' clocks.
    sign | (!((segment << 4) as u8 | step as u8) & 0x7F)
}

const fn ulaw_expand(byte: u8) -> i16 {
    let (segment, step) = ((!byte >> 4) & 7, (!byte & 0x0F) as i16);
    let magnitude = (((2 * step + 33) << segment) - 33) << 2;
    if byte & 0x80 == 0 { -magnitude } else { magnitude }
}

/// As µ-law, but the first two segments are one straight line through zero (G.711 table 1).
const fn alaw_compress(sample: i16) -> u8 {
    let negative = sample < 0;
    let magnitude = if negative { !sample } else { sample } >> 4;
    let segment = if magnitude < 32 { 0 } else { magnitude.ilog2() - 3 };
    let code = if segment == 0 {
        magnitude
    } else {
        ((segment as i16) << 4) | ((magnitude >> (segment - 1)) & 0x0F)
    };
    let sign = if negative { 0 } else { 0x80 };
    // On the line every second bit is inverted.
    (sign | code as u8) ^ 0x55
}

const fn alaw_expand(byte: u8) -> i16 {
    let code = byte ^ 0x55;
    let (segment, step) = ((code >> 4) & 7, (code & 0x0F) as i16);
    let magnitude = match segment {
        0 => (2 * step + 1) << 3,
        _ => (2 * step + 33) << (segment + 2),
    };
    if code & 0x80 == 0 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ulaw_values_are_those_of_table_2a() {
        #[rustfmt::skip] // the ends of the segments: byte on the line, value in 14 bits
        let table = [
            (0x80, 8031), (0x8F, 4191), (0x90, 3999), (0x9F, 2079), (0xA0, 1983), (0xAF, 1023),
            (0xB0,  975), (0xBF,  495), (0xC0,  471), (0xCF,  231), (0xD0,  219), (0xDF,   99),
            (0xE0,   93), (0xEF,   33), (0xF0,   30), (0xFE,    2), (0xFF,    0),
        ];
        for (byte, value) in table {
            assert_eq!(ulaw_to(byte), value * 4, "{byte:#x}");
            assert_eq!(ulaw_to(byte ^ 0x80), -value * 4, "{byte:#x}, negative");
        }
    }

    #[test]
    fn alaw_values_are_those_of_table_1a() {
        #[rustfmt::skip] // the ends of the segments: byte before every second bit is inverted, value in 13 bits
        let table = [
            (0xFF, 4032), (0xF0, 2112), (0xEF, 2016), (0xE0, 1056), (0xDF, 1008), (0xD0, 528),
            (0xCF,  504), (0xC0,  264), (0xBF,  252), (0xB0,  132), (0xAF,  126), (0xA0,  66),
            (0x9F,   63), (0x80,    1),
        ];
        for (code, value) in table {
            assert_eq!(alaw_to(code ^ 0x55), value * 8, "{code:#x}");
            assert_eq!(alaw_to(code ^ 0x55 ^ 0x80), -value * 8, "{code:#x}, negative");
        }
    }

    #[test]
    fn the_recommendations_kilohertz_is_at_0_dbm0() {
        // G.711 tables 5 and 6: these bytes, over and over, are a sine of 1 kHz at 0 dBm0; a full sine would be
        // 3.14 dBm0 in A-law and 3.17 in µ-law.
        let alaw = [0x34, 0x21, 0x21, 0x34, 0xB4, 0xA1, 0xA1, 0xB4].map(alaw_to);
        let ulaw = [0x1E, 0x0B, 0x0B, 0x1E, 0x9E, 0x8B, 0x8B, 0x9E].map(ulaw_to);
        for (samples, full, hundredths) in
            [(alaw, 4096.0 * 8.0, 314.0), (ulaw, 8159.0 * 4.0, 317.0)]
        {
            let power: f64 = samples.iter().map(|&it| f64::from(it).powi(2)).sum::<f64>() / 8.0;
            let db = 10.0 * (power / (full * full / 2.0)).log10();
            assert!((db + hundredths / 100.0).abs() < 0.02, "{db}");
        }
    }

    #[test]
    fn every_byte_survives_decoding_and_encoding() {
        for byte in 0..=255 {
            assert_eq!(alaw_from(alaw_to(byte)), byte);
            // µ-law has two zeros; the negative one becomes the positive.
            assert_eq!(ulaw_from(ulaw_to(byte)), if byte == 0x7F { 0xFF } else { byte });
        }
    }

    #[test]
    fn a_sample_moves_by_no_more_than_half_a_step() {
        for sample in i16::MIN..=i16::MAX {
            let size = i32::from(sample).abs();
            // µ-law: half of 8 << segment, segments from 132; A-law: half of 16 below 512, then doubling.
            let ulaw_half = (size + 132).ilog2().min(14) - 5;
            let alaw_half = size.max(256).ilog2() - 5;
            for (name, heard, half, top) in [
                ("µ", ulaw_to(ulaw_from(sample)), ulaw_half, 32_635),
                ("A", alaw_to(alaw_from(sample)), alaw_half, 32_767),
            ] {
                let moved = (i32::from(heard) - i32::from(sample)).abs();
                let bound = if size > top { size - 32_124 } else { 1 << half };
                assert!(moved <= bound, "{name}-law moved {sample} to {heard}, more than {bound}");
            }
        }
    }

    #[test]
    fn both_halves_of_the_curve_are_alike() {
        for sample in 0..=i16::MAX {
            assert_eq!(ulaw_from(sample) ^ 0x80, ulaw_from(!sample));
            assert_eq!(alaw_from(sample) ^ 0x80, alaw_from(!sample));
        }
    }

    /// G.711 3.3 and its notes: µ-A-µ changes only the value numbers 0, 2, ... 14, A-µ-A only 26, 28, 30, 32, 45, 47,
    /// 63 and 80, each by one.
    #[test]
    fn there_and_back_between_the_laws_changes_only_what_the_recommendation_says() {
        for number in 0..=127_u8 {
            let byte = !number; // positive values, from the smallest
            let back = ulaw_from_alaw(alaw_from_ulaw(byte));
            let changed = number < 16 && number % 2 == 0;
            assert_eq!(!back, number + u8::from(changed), "µ-law value {number}");
            assert_eq!(ulaw_from_alaw(alaw_from_ulaw(byte ^ 0x80)), back ^ 0x80);
        }
        let changed: Vec<u8> = (1..=128_u8)
            .filter(|number| {
                let byte = (0x80 | (number - 1)) ^ 0x55;
                alaw_from_ulaw(ulaw_from_alaw(byte)) != byte
            })
            .collect();
        assert_eq!(changed, [26, 28, 30, 32, 45, 47, 63, 80]);
    }

    #[test]
    fn slices_stop_at_the_shorter_side() {
        let mut bytes = [0x11; 4];
        encode_ulaw(&[0, 0], &mut bytes);
        assert_eq!(bytes, [0xFF, 0xFF, 0x11, 0x11]);
        let mut samples = [7; 1];
        decode_alaw(&[0xD5, 0xD5], &mut samples);
        assert_eq!(samples, [8]);
    }
}
