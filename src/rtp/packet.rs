//! One RTP packet: its header taken apart and put together (RFC 3550 5.1), without copying the payload.

use thiserror::Error;

/// Length of a header without CSRC list and extension, in bytes: the only form that we send.
pub const HEADER_LEN: usize = 12;

/// What we keep of a header. CSRCs and header extensions are skipped: no feature that we negotiate uses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// 0..=127.
    pub payload_type: u8,
    /// First packet of a talkspurt or of a key.
    pub marker: bool,
    /// Goes up by one a packet and wraps.
    pub sequence: u16,
    /// In units of the payload's clock, 8,000 a second for all that we negotiate; wraps.
    pub timestamp: u32,
    /// Whose stream it is.
    pub ssrc: u32,
}

/// A packet in the buffer that it arrived in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Its header.
    pub header: Header,
    /// What it carries, without padding; may be empty.
    pub payload: &'a [u8],
}

/// Why a datagram is not an RTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PacketError {
    /// It ends inside the header, the CSRC list or the extension.
    #[error("datagram of {0} bytes ends inside the header")]
    Short(usize),
    /// RFC 3550 knows version 2 only.
    #[error("version {0} instead of 2")]
    Version(u8),
    /// The padding's count is nought or larger than the payload.
    #[error("padding longer than the payload")]
    Padding,
}

/// Whether a datagram on a port shared by RTP and RTCP is RTCP (RFC 5761 4: packet types 192..=223).
#[must_use]
pub fn is_rtcp(datagram: &[u8]) -> bool {
    matches!(datagram, [first, 192..=223, ..] if first >> 6 == 2)
}

/// Takes a datagram apart.
///
/// # Errors
/// When it is not RTP; the lengths that it claims are never believed.
pub fn parse(datagram: &[u8]) -> Result<Packet<'_>, PacketError> {
    let short = PacketError::Short(datagram.len());
    let (head, rest) = datagram.split_first_chunk::<HEADER_LEN>().ok_or(short)?;
    let [flags, kind, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3] = *head;
    if flags >> 6 != 2 {
        return Err(PacketError::Version(flags >> 6));
    }
    let csrcs = usize::from(flags & 0x0f) * 4;
    let mut payload = rest.get(csrcs..).ok_or(short)?;
    if flags & 0x10 != 0 {
        let (extension, after) = payload.split_first_chunk::<4>().ok_or(short)?;
        let [_, _, high, low] = *extension;
        payload = after.get(usize::from(u16::from_be_bytes([high, low])) * 4..).ok_or(short)?;
    }
    if flags & 0x20 != 0 {
        let padding = usize::from(*payload.last().ok_or(PacketError::Padding)?);
        let kept = payload.len().checked_sub(padding).ok_or(PacketError::Padding)?;
        payload = payload.get(..kept).filter(|_| padding > 0).ok_or(PacketError::Padding)?;
    }
    let header = Header {
        payload_type: kind & 0x7f,
        marker: kind & 0x80 != 0,
        sequence: u16::from_be_bytes([s0, s1]),
        timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
        ssrc: u32::from_be_bytes([i0, i1, i2, i3]),
    };
    Ok(Packet { header, payload })
}

impl Header {
    /// The header as it goes on the wire, to be followed by the payload.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; HEADER_LEN] {
        let [s0, s1] = self.sequence.to_be_bytes();
        let [t0, t1, t2, t3] = self.timestamp.to_be_bytes();
        let [i0, i1, i2, i3] = self.ssrc.to_be_bytes();
        let kind = (self.payload_type & 0x7f) | if self.marker { 0x80 } else { 0 };
        [0x80, kind, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Version 2, PCMA with marker, sequence 7, timestamp 160, SSRC 0xDECAFBAD, before any flag is set.
    const PLAIN: [u8; HEADER_LEN] = [0x80, 0x88, 0, 7, 0, 0, 0, 160, 0xde, 0xca, 0xfb, 0xad];

    fn with(first: u8, after: &[u8]) -> Vec<u8> {
        let mut datagram = PLAIN.to_vec();
        datagram[0] |= first;
        datagram.extend_from_slice(after);
        datagram
    }

    #[test]
    fn csrcs_extension_and_padding_are_skipped_and_never_believed() {
        type Payload = Result<&'static [u8], PacketError>;
        #[rustfmt::skip] // flags, what follows the header, the payload
        let table: &[(u8, &[u8], Payload)] = &[
            (0x00, b"",                                   Ok(b"")),
            (0x00, b"speech",                             Ok(b"speech")),
            (0x02, b"csrccsrcspeech",                     Ok(b"speech")),
            (0x02, b"csrc",                               Err(PacketError::Short(16))),
            (0x10, b"\xbe\xde\x00\x01onlyspeech",         Ok(b"speech")),
            (0x10, b"\xbe\xde\xff\xffspeech",             Err(PacketError::Short(22))),
            (0x10, b"\xbe\xde",                           Err(PacketError::Short(14))),
            (0x20, b"speech\x00\x02",                     Ok(b"speech")),
            (0x20, b"speech\x09",                         Err(PacketError::Padding)),
            (0x20, b"speech\x00",                         Err(PacketError::Padding)),
            (0x20, b"",                                   Err(PacketError::Padding)),
            (0x31, b"csrc\xbe\xde\x00\x01onlyspeech\x01", Ok(b"speech")),
        ];
        for (flags, after, expected) in table {
            let datagram = with(*flags, after);
            assert_eq!(parse(&datagram).map(|it| it.payload), *expected, "{flags:#x} {after:?}");
        }
    }

    #[test]
    fn other_versions_and_stumps_are_refused() {
        assert_eq!(parse(&PLAIN[..11]), Err(PacketError::Short(11)));
        assert_eq!(parse(&[0x40; 40]), Err(PacketError::Version(1)));
    }

    #[test]
    fn rtcp_is_told_from_rtp_on_one_port() {
        assert!(is_rtcp(&[0x80, 200, 0, 6]) && is_rtcp(&[0x81, 203, 0, 1]));
        assert!(
            !is_rtcp(&PLAIN) && !is_rtcp(&[0x80, 0]) && !is_rtcp(&[0x00, 200]) && !is_rtcp(&[])
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(payload_type in 0..128_u8, marker: bool, sequence: u16, timestamp: u32,
            ssrc: u32, payload in proptest::collection::vec(any::<u8>(), 0..200)) {
            let header = Header { payload_type, marker, sequence, timestamp, ssrc };
            let mut datagram = header.to_bytes().to_vec();
            datagram.extend_from_slice(&payload);
            prop_assert_eq!(parse(&datagram), Ok(Packet { header, payload: &payload }));
        }

        #[test]
        fn any_bytes_give_a_packet_or_an_error(first: u8, bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let mut datagram = bytes;
            if let Some(flags) = datagram.first_mut() {
                *flags = (first & 0x3f) | 0x80; // past the version, where the lengths are
            }
            if let Ok(packet) = parse(&datagram) {
                prop_assert!(packet.payload.len() + HEADER_LEN <= datagram.len());
            }
        }
    }
}
