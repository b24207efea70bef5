//! A bridge, seen from the leg that a packet goes out on: at once, on arrival, with this leg's own numbers.
//!
//! | what comes | this leg's party | goes out as |
//! | --- | --- | --- |
//! | audio in its codec | | the same bytes |
//! | audio in the other G.711 law | | turned byte by byte |
//! | a key's packet | knows events | the same report under its payload type |
//! | a key's packet | does not | a tone as long as the key |
//! | the rest of a key that began before the bridge | | nothing: it was meant for us |
//!
//! Losses and reordering go through as they are: the receiver's own buffer knows best what to do about them.

use super::io::RtpIo;
use super::leg::Leg;
use super::receiving::Onward;
use crate::rtp::events::Heard;
use crate::rtp::packet::HEADER_LEN;
use crate::time::Mono;

/// Longest payload that is forwarded, 120 ms of G.711: longer ones are nobody's speech.
const LONGEST: usize = 960;

impl Leg {
    /// Sends on what the other leg of the bridge has received.
    pub(super) fn forward(&mut self, now: Mono, onward: Onward<'_>, io: &mut impl RtpIo) {
        let Some(connection) = self.connection.filter(|it| it.direction.sends()) else { return };
        let Some(to) = self.destination() else { return };
        let mut datagram = [0; HEADER_LEN + LONGEST];
        let Some((head, room)) = datagram.split_first_chunk_mut::<HEADER_LEN>() else { return };
        let length = match onward {
            Onward::Nothing => return,
            Onward::Kept { header } => {
                self.outbound.numbers.leave_out(&header);
                return;
            }
            Onward::Audio { .. } if self.outbound.is_busy() => return,
            Onward::Audio { header, codec, payload } => {
                let Some(room) = room.get_mut(..payload.len()) else { return };
                room.copy_from_slice(payload);
                codec.transcode(connection.codec, room);
                let units = u32::try_from(payload.len()).unwrap_or(0);
                *head = self
                    .outbound
                    .numbers
                    .forwarded_header(now, connection.send_payload_type, &header, units)
                    .to_bytes();
                payload.len()
            }
            Onward::Key { header, report, heard } => {
                let Some(payload_type) = connection.events_out else {
                    self.outbound.numbers.leave_out(&header);
                    self.sound_key(heard);
                    return;
                };
                if self.outbound.is_busy() {
                    return;
                }
                let bytes = report.to_bytes();
                room.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
                *head = self
                    .outbound
                    .numbers
                    .forwarded_header(now, payload_type, &header, 0)
                    .to_bytes();
                bytes.len()
            }
        };
        self.send(datagram.get(..HEADER_LEN + length).unwrap_or_default(), to, io);
    }

    fn sound_key(&mut self, heard: [Option<Heard>; 3]) {
        self.outbound.sound_on();
        for heard in heard.into_iter().flatten() {
            match heard {
                Heard::Start(key) => self.outbound.sound(key),
                Heard::End(..) => self.outbound.sound_off(),
            }
        }
    }
}
