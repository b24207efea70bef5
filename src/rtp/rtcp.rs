//! Reports between two parties (RFC 3550 6): written as compound packets, read leniently, and when they are due.
//!
//! A compound packet is SR (when we sent since the last one) or RR, then SDES with the CNAME, then BYE at the end.
//! With two parties 6.3 comes down to its minimum interval of five seconds, half of that the first time, randomised.

use std::time::Duration;

use super::sequence::Reception;

/// Longest compound packet that we write: SR with one block, SDES, BYE.
pub(crate) const MAX_LEN: usize = 52 + 32 + 8;

/// The mean interval (RFC 3550 6.2).
const INTERVAL: Duration = Duration::from_secs(5);

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;
/// A CNAME that names nobody (RFC 7022 4.2): 16 characters, made from random bits a leg.
pub(crate) type Cname = [u8; 16];

/// What we say about ourselves as a sender (RFC 3550 6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SenderInfo {
    /// Wall clock, seconds since 1900 in the upper 32 bits.
    pub(crate) ntp: u64,
    /// The same moment on the media clock.
    pub(crate) timestamp: u32,
    pub(crate) packets: u32,
    /// Bytes of payload; wraps.
    pub(crate) bytes: u32,
}

/// What one party says about the other's packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Whose packets.
    pub(crate) ssrc: u32,
    pub(crate) reception: Reception,
    /// Middle 32 bits of the NTP time in the other's last SR; 0 if there was none.
    pub(crate) last_sr: u32,
    /// Since that SR came, in 65,536ths of a second.
    pub(crate) delay: u32,
}

/// A compound packet to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compound {
    pub(crate) ssrc: u32,
    pub(crate) sender: Option<SenderInfo>,
    pub(crate) block: Option<Block>,
    pub(crate) cname: Cname,
    pub(crate) goodbye: bool,
}

/// What a peer's compound packet tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// Who wrote it.
    pub(crate) ssrc: u32,
    pub(crate) sender: Option<SenderInfo>,
    /// About us.
    pub(crate) block: Option<Block>,
    pub(crate) goodbye: bool,
}

/// Middle 32 bits of an NTP time: seconds and 65,536ths, as `last_sr` has them.
pub(crate) const fn middle(ntp: u64) -> u32 {
    (ntp >> 16) as u32 // truncation is the point
}

/// Time to the next report (RFC 3550 6.3.1 for two parties); `random` is any number.
pub(crate) fn interval(first: bool, random: u32) -> Duration {
    let mean = if first { INTERVAL / 2 } else { INTERVAL };
    // 0.5 to 1.5 times the mean. The divisor e - 1.5 of 6.3.1 serves reconsideration, which two parties do not need.
    let share = (u128::from(random) * mean.as_micros()) >> 32;
    mean / 2 + Duration::from_micros(u64::try_from(share).unwrap_or(0))
}

/// Round trip time out of a block about us that came at `ntp` (RFC 3550 6.4.1, figure 2).
pub(crate) fn round_trip(block: &Block, ntp: u64) -> Option<Duration> {
    if block.last_sr == 0 {
        return None;
    }
    let units = middle(ntp).wrapping_sub(block.last_sr).wrapping_sub(block.delay).cast_signed();
    // Clocks that step can make it negative: then there is none. Beyond a minute it is nonsense as well.
    let units = u64::try_from(units).ok().filter(|it| *it < 60 << 16)?;
    Some(Duration::from_micros((units * 1_000_000) >> 16))
}

impl Compound {
    /// Writes into `out` and returns how much of it is the packet.
    pub(crate) fn write(&self, out: &mut [u8; MAX_LEN]) -> usize {
        let mut writer = Writer { rest: out, written: 0 };
        let count = u8::from(self.block.is_some());
        let (kind, words) = match self.sender {
            Some(_) => (SENDER_REPORT, 6 + 6 * u16::from(count)),
            None => (RECEIVER_REPORT, 1 + 6 * u16::from(count)),
        };
        writer.head(count, kind, words);
        writer.put(&self.ssrc.to_be_bytes());
        if let Some(sender) = self.sender {
            writer.put(&sender.ntp.to_be_bytes());
            writer.put(&sender.timestamp.to_be_bytes());
            writer.put(&sender.packets.to_be_bytes());
            writer.put(&sender.bytes.to_be_bytes());
        }
        if let Some(block) = self.block {
            let [_, lost @ ..] = block.reception.lost.to_be_bytes();
            writer.put(&block.ssrc.to_be_bytes());
            writer.put(&[block.reception.fraction_lost]);
            writer.put(&lost);
            writer.put(&block.reception.highest.to_be_bytes());
            writer.put(&block.reception.jitter.to_be_bytes());
            writer.put(&block.last_sr.to_be_bytes());
            writer.put(&block.delay.to_be_bytes());
        }
        // One chunk: SSRC, item 1 (CNAME) of 16 bytes, and two bytes of nought to end and to pad it.
        writer.head(1, SOURCE_DESCRIPTION, 6);
        writer.put(&self.ssrc.to_be_bytes());
        writer.put(&[1, 16]);
        writer.put(&self.cname);
        writer.put(&[0, 0]);
        if self.goodbye {
            writer.head(1, GOODBYE, 1);
            writer.put(&self.ssrc.to_be_bytes());
        }
        writer.written
    }
}

/// Appends to a buffer that is large enough by construction; what does not fit is left out rather than panicked over.
struct Writer<'a> {
    rest: &'a mut [u8],
    written: usize,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) {
        debug_assert!(self.rest.len() >= bytes.len(), "MAX_LEN holds the largest packet");
        if let Some(place) = self.rest.split_off_mut(..bytes.len()) {
            place.copy_from_slice(bytes);
            self.written += bytes.len();
        }
    }

    /// `words` is the length after these first four bytes, in words of four bytes.
    fn head(&mut self, count: u8, kind: u8, words: u16) {
        let [high, low] = words.to_be_bytes();
        self.put(&[0x80 | count, kind, high, low]);
    }
}

/// Reads a compound packet; `about` is our SSRC. Unknown packet types are skipped. `None` when it is no RTCP.
pub(crate) fn parse(datagram: &[u8], about: u32) -> Option<Told> {
    let mut rest = datagram;
    let mut told = Told::default();
    let mut is_first = true;
    while let Some((head, after)) = rest.split_first_chunk::<4>() {
        let [flags, kind, high, low] = *head;
        let len = usize::from(u16::from_be_bytes([high, low])) * 4;
        if flags >> 6 != 2 || after.len() < len {
            break;
        }
        let (body, next) = after.split_at(len);
        rest = next;
        let count = usize::from(flags & 0x1f);
        match kind {
            SENDER_REPORT => {
                let (ssrc, body) = word(body)?;
                let (info, blocks) = sender_info(body)?;
                (told.ssrc, told.sender) = (ssrc, Some(info));
                told.block = block_about(about, count, blocks).or(told.block);
            }
            RECEIVER_REPORT => {
                let (ssrc, blocks) = word(body)?;
                told.ssrc = ssrc;
                told.block = block_about(about, count, blocks).or(told.block);
            }
            GOODBYE => told.goodbye = true,
            // SDES tells nothing that we use; APP, feedback and extended reports are not negotiated.
            _ if is_first && kind != SOURCE_DESCRIPTION => return None,
            _ => {}
        }
        is_first = false;
    }
    (!is_first).then_some(told)
}

fn word(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (word, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*word), rest))
}

fn sender_info(bytes: &[u8]) -> Option<(SenderInfo, &[u8])> {
    let (ntp, rest) = bytes.split_first_chunk::<8>()?;
    let (timestamp, rest) = word(rest)?;
    let (packets, rest) = word(rest)?;
    let (bytes, rest) = word(rest)?;
    Some((SenderInfo { ntp: u64::from_be_bytes(*ntp), timestamp, packets, bytes }, rest))
}

/// The block about `ssrc` among the first `count`.
fn block_about(ssrc: u32, count: usize, blocks: &[u8]) -> Option<Block> {
    blocks.chunks_exact(24).take(count).filter_map(block).find(|it| it.ssrc == ssrc)
}

fn block(bytes: &[u8]) -> Option<Block> {
    let (ssrc, rest) = word(bytes)?;
    let (loss, rest) = word(rest)?;
    let (highest, rest) = word(rest)?;
    let (jitter, rest) = word(rest)?;
    let (last_sr, rest) = word(rest)?;
    let (delay, _) = word(rest)?;
    let [fraction_lost, ..] = loss.to_be_bytes();
    // 24 bits with sign.
    let lost = (loss << 8).cast_signed() >> 8;
    Some(Block {
        ssrc,
        reception: Reception { fraction_lost, lost, highest, jitter },
        last_sr,
        delay,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CNAME: Cname = *b"0123456789abcdef";

    fn reception() -> impl Strategy<Value = Reception> {
        (any::<u8>(), -0x80_0000..=0x7f_ffff_i32, any::<u32>(), any::<u32>()).prop_map(
            |(fraction_lost, lost, highest, jitter)| Reception {
                fraction_lost,
                lost,
                highest,
                jitter,
            },
        )
    }

    fn compound() -> impl Strategy<Value = Compound> {
        let sender = proptest::option::of(any::<(u64, u32, u32, u32)>().prop_map(
            |(ntp, timestamp, packets, bytes)| SenderInfo { ntp, timestamp, packets, bytes },
        ));
        let block =
            proptest::option::of((any::<u32>(), reception(), any::<(u32, u32)>()).prop_map(
                |(ssrc, reception, (last_sr, delay))| Block { ssrc, reception, last_sr, delay },
            ));
        (any::<u32>(), sender, block, any::<bool>()).prop_map(|(ssrc, sender, block, goodbye)| {
            Compound { ssrc, sender, block, cname: CNAME, goodbye }
        })
    }

    #[test]
    fn a_sender_report_is_on_the_wire_as_the_rfc_draws_it() {
        let reception = Reception { fraction_lost: 64, lost: -2, highest: 0x0001_0203, jitter: 39 };
        let compound = Compound {
            ssrc: 0x0102_0304,
            sender: Some(SenderInfo {
                ntp: 0x1111_1111_2222_2222,
                timestamp: 160,
                packets: 3,
                bytes: 480,
            }),
            block: Some(Block {
                ssrc: 0x0a0b_0c0d,
                reception,
                last_sr: 0x5555_6666,
                delay: 0x8000,
            }),
            cname: CNAME,
            goodbye: true,
        };
        let mut out = [0; MAX_LEN];
        let len = compound.write(&mut out);
        let words: Vec<String> = out[..len].chunks(4).map(hex::encode).collect();
        insta::assert_snapshot!(words.join(" "), @"81c8000c 01020304 11111111 22222222 000000a0 00000003 000001e0 0a0b0c0d 40fffffe 00010203 00000027 55556666 00008000 81ca0006 01020304 01103031 32333435 36373839 61626364 65660000 81cb0001 01020304");
    }

    #[test]
    fn round_trip_is_the_rfcs_own_example() {
        // RFC 3550 6.4.1 figure 2: A = b710:8000, DLSR = 5.250 s, LSR = b705:2000 gives 6.125 s.
        let reception = Reception::default();
        let block = Block { ssrc: 1, reception, last_sr: 0xb705_2000, delay: 0x0005_4000 };
        let ntp = 0xb44d_b710_8000_0000;
        assert_eq!(round_trip(&block, ntp), Some(Duration::from_millis(6_125)));
        assert_eq!(round_trip(&Block { last_sr: 0, ..block }, ntp), None);
        assert_eq!(round_trip(&Block { delay: 0x0fff_0000, ..block }, ntp), None);
    }

    #[test]
    fn reports_are_five_seconds_apart_give_or_take_half() {
        assert_eq!(interval(false, 0), Duration::from_millis(2_500));
        assert_eq!(interval(false, 1 << 31), Duration::from_secs(5));
        assert!(interval(false, u32::MAX) < Duration::from_millis(7_500));
        assert_eq!(interval(true, 1 << 31), Duration::from_millis(2_500));
    }

    #[test]
    fn only_reports_and_descriptions_begin_a_compound_packet() {
        assert_eq!(parse(b"\x80\xcc\x00\x01abcd", 1), None); // APP
        assert_eq!(parse(b"\x80\x00\x00\x01abcd", 1), None); // RTP
        assert_eq!(parse(b"", 1), None);
        let told = parse(b"\x80\xc9\x00\x01abcd\x81\xcb\x00\x01abcd", 1).unwrap();
        assert!(told.goodbye && told.ssrc == u32::from_be_bytes(*b"abcd"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(compound in compound()) {
            let mut out = [0; MAX_LEN];
            let len = compound.write(&mut out);
            let about = compound.block.map_or(7, |it| it.ssrc);
            let told = Told { ssrc: compound.ssrc, sender: compound.sender, block: compound.block, goodbye: compound.goodbye };
            prop_assert_eq!(parse(&out[..len], about), Some(told));
        }

        #[test]
        fn any_bytes_give_something_or_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..200), kind in 199..206_u8) {
            let mut bytes = bytes;
            if let [first, second, ..] = bytes.as_mut_slice() {
                (*first, *second) = (*first & 0x1f | 0x80, kind);
            }
            let _ = parse(&bytes, 1);
        }
    }
}
