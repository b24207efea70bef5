//! Where a leg's media comes from and goes to: symmetric RTP without hijack.
//!
//! The address in a peer's SDP is where it says it listens; behind a NAT that is wrong, and the source of its packets
//! is right. Taking any source would let whoever finds the port take the call over. So:
//!
//! | state | accepted | sent to |
//! | --- | --- | --- |
//! | open | from the signalled address: at its first packet. Of one source and SSRC in a row, the second packet from another port of that host, the third from elsewhere | the signalled address |
//! | held | the held source only, whatever SSRC it changes to | the held source |
//!
//! A new signalled address (re-INVITE, UPDATE) opens the latch again. Until the new source is held, the old one is still
//! heard (its last packets are under way, a key may be among them) but wins only after a second on its own, which is
//! the peer whose SDP changed and whose NAT mapping did not. The same address signalled again changes nothing.
//! Another port of the signalled host is not taken at once, because a media relay has thousands: a packet that is still
//! under way from its last call to our port would win.
//! The caller of this machine lets only valid RTP packets of a negotiated payload type come here.

use std::net::SocketAddr;

/// Packets in a row that another port of the signalled host must show.
const HOST_PACKETS: u8 = 2;
/// The same for any other source.
const FOREIGN_PACKETS: u8 = 3;
/// The same for the source held before the latch was opened again: one second of speech.
const FORMER_PACKETS: u8 = 50;

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the peer's.
    Take,
    /// It is the peer's, and from now on its source is held.
    Latched,
    /// It is somebody else's, or not proven yet.
    Drop,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Open { former: Option<SocketAddr>, candidate: Option<Candidate> },
    Held { source: SocketAddr },
}

/// A source on its way to be believed.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    source: SocketAddr,
    ssrc: u32,
    sequence: u16,
    packets: u8,
}

/// The latch of one leg's RTP.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Latch {
    signalled: Option<SocketAddr>,
    state: State,
}

impl Latch {
    /// Open, with the address from the peer's SDP as far as it is known.
    pub(crate) fn new(signalled: Option<SocketAddr>) -> Self {
        Self { signalled, state: State::Open { former: None, candidate: None } }
    }

    /// The peer's SDP names `signalled` now.
    pub(crate) fn signal(&mut self, signalled: Option<SocketAddr>) {
        if self.signalled == signalled {
            return;
        }
        // Media may come before the first answer: what is held then is held on, if the answer confirms its host.
        let confirmed = match self.state {
            State::Held { source } => {
                self.signalled.is_none() && signalled.is_some_and(|it| it.ip() == source.ip())
            }
            State::Open { .. } => false,
        };
        self.signalled = signalled;
        if confirmed {
            return;
        }
        let former = match self.state {
            State::Held { source } => Some(source),
            State::Open { former, .. } => former,
        };
        self.state = State::Open { former, candidate: None };
    }

    /// Where to send: nowhere while nobody has told.
    pub(crate) fn destination(&self) -> Option<SocketAddr> {
        match self.state {
            State::Open { .. } => self.signalled,
            State::Held { source } => Some(source),
        }
    }

    /// Whether a source is held.
    #[cfg(test)]
    fn is_held(&self) -> bool {
        matches!(self.state, State::Held { .. })
    }

    /// Judges one valid RTP packet of a negotiated payload type.
    pub(crate) fn judge(&mut self, source: SocketAddr, ssrc: u32, sequence: u16) -> Verdict {
        match &mut self.state {
            State::Held { source: held } => {
                if *held == source {
                    Verdict::Take
                } else {
                    Verdict::Drop
                }
            }
            State::Open { former, candidate } => {
                if self.signalled == Some(source) {
                    self.state = State::Held { source };
                    return Verdict::Latched;
                }
                let is_former = *former == Some(source);
                let is_host = self.signalled.is_some_and(|it| it.ip() == source.ip());
                let packets = match *candidate {
                    Some(it) if it.follows(source, ssrc, sequence) => it.packets.saturating_add(1),
                    Some(_) | None => 1,
                };
                *candidate = Some(Candidate { source, ssrc, sequence, packets });
                let wanted = match (is_former, is_host) {
                    (true, _) => FORMER_PACKETS,
                    (false, true) => HOST_PACKETS,
                    (false, false) => FOREIGN_PACKETS,
                };
                if packets >= wanted {
                    self.state = State::Held { source };
                    Verdict::Latched
                } else if is_former {
                    Verdict::Take
                } else {
                    Verdict::Drop
                }
            }
        }
    }
}

impl Candidate {
    fn follows(&self, source: SocketAddr, ssrc: u32, sequence: u16) -> bool {
        // One lost packet in between is forgiven.
        self.source == source
            && self.ssrc == ssrc
            && matches!(sequence.wrapping_sub(self.sequence), 1 | 2)
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{Drop, Latched, Take};
    use super::*;

    fn addr(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    const PHONE: &str = "192.0.2.1:4000";
    const PHONE_NAT: &str = "192.0.2.1:61000";
    const NAT: &str = "198.51.100.7:9000";
    const THIEF: &str = "203.0.113.66:6666";

    #[track_caller]
    fn play(latch: &mut Latch, packets: &[(&str, u32, u16, Verdict)], sends_to: &str) {
        for (source, ssrc, sequence, expected) in packets {
            assert_eq!(
                latch.judge(addr(source), *ssrc, *sequence),
                *expected,
                "{source} {sequence}"
            );
        }
        assert_eq!(latch.destination(), Some(addr(sends_to)));
    }

    #[test]
    fn the_signalled_host_is_taken_at_once_and_then_held_against_anybody() {
        let mut latch = Latch::new(Some(addr(PHONE)));
        assert_eq!(latch.destination(), Some(addr(PHONE)));
        play(&mut latch, &[(PHONE, 1, 10, Latched), (PHONE, 1, 11, Take)], PHONE);
        for sequence in 0..500 {
            assert_eq!(latch.judge(addr(THIEF), 1, 12 + sequence), Drop);
        }
        // The peer's own transfer: new SSRC, same source.
        play(&mut latch, &[(PHONE, 2, 900, Take), (PHONE_NAT, 1, 12, Drop)], PHONE);
    }

    #[test]
    fn another_port_of_the_signalled_host_needs_two_in_a_row() {
        let mut latch = Latch::new(Some(addr(PHONE)));
        play(&mut latch, &[(PHONE_NAT, 1, 10, Drop), (PHONE_NAT, 1, 11, Latched)], PHONE_NAT);
        let mut latch = Latch::new(Some(addr(PHONE)));
        play(
            &mut latch,
            &[(PHONE_NAT, 1, 10, Drop), (PHONE, 2, 1, Latched), (PHONE_NAT, 1, 11, Drop)],
            PHONE,
        );
    }

    #[test]
    fn an_address_that_is_taken_back_is_the_peers_again_at_once() {
        let mut latch = Latch::new(Some(addr(PHONE)));
        play(&mut latch, &[(PHONE, 1, 1, Latched)], PHONE);
        latch.signal(Some(addr("192.0.2.9:5000")));
        latch.signal(Some(addr(PHONE)));
        play(&mut latch, &[(PHONE, 1, 2, Latched)], PHONE);
    }

    #[test]
    fn a_source_behind_nat_needs_three_in_a_row_and_the_signalled_one_goes_first() {
        let mut latch = Latch::new(Some(addr(PHONE)));
        play(&mut latch, &[(NAT, 1, 1, Drop), (NAT, 1, 3, Drop), (NAT, 1, 4, Latched)], NAT);
        let mut latch = Latch::new(Some(addr(PHONE)));
        play(
            &mut latch,
            &[(NAT, 1, 1, Drop), (NAT, 1, 2, Drop), (PHONE, 9, 1, Latched), (NAT, 1, 3, Drop)],
            PHONE,
        );
        // Two that spray at the port never add up, nor does one that guesses.
        let mut latch = Latch::new(Some(addr(PHONE)));
        for sequence in 0..100 {
            assert_eq!(latch.judge(addr(NAT), 1, sequence), Drop);
            assert_eq!(latch.judge(addr(THIEF), 2, sequence), Drop);
        }
        for ssrc in 0..100 {
            assert_eq!(latch.judge(addr(THIEF), ssrc, 1), Drop);
        }
        assert!(!latch.is_held());
    }

    #[test]
    fn a_re_invite_with_a_new_address_opens_it_again() {
        let mut latch = Latch::new(Some(addr(PHONE)));
        play(&mut latch, &[(PHONE, 1, 1, Latched)], PHONE);
        latch.signal(Some(addr(PHONE)));
        play(&mut latch, &[(THIEF, 1, 2, Drop)], PHONE);
        let moved = "192.0.2.9:5000";
        latch.signal(Some(addr(moved)));
        // What is still under way from the old place is heard, and does not win.
        play(&mut latch, &[(PHONE, 1, 2, Take), (PHONE, 1, 3, Take), (PHONE, 1, 4, Take)], moved);
        play(&mut latch, &[(moved, 1, 5, Latched), (PHONE, 1, 6, Drop)], moved);
    }

    #[test]
    fn the_old_source_wins_after_a_second_when_only_the_sdp_has_changed() {
        let mut latch = Latch::new(Some(addr(PHONE)));
        for (sequence, expected) in [(1, Drop), (2, Drop), (3, Latched)] {
            assert_eq!(latch.judge(addr(NAT), 1, sequence), expected);
        }
        latch.signal(Some(addr("10.0.0.8:4002")));
        for sequence in 0..49 {
            assert_eq!(latch.judge(addr(NAT), 1, 4 + sequence), Take);
        }
        assert_eq!(latch.judge(addr(NAT), 1, 53), Latched);
    }

    #[test]
    fn media_before_the_answer_is_latched_and_confirmed_by_it() {
        let mut latch = Latch::new(None);
        assert_eq!(latch.destination(), None);
        play(
            &mut latch,
            &[(PHONE_NAT, 1, 1, Drop), (PHONE_NAT, 1, 2, Drop), (PHONE_NAT, 1, 3, Latched)],
            PHONE_NAT,
        );
        latch.signal(Some(addr(PHONE)));
        play(&mut latch, &[(PHONE_NAT, 1, 4, Take)], PHONE_NAT);
        let mut latch = Latch::new(None);
        play(
            &mut latch,
            &[(THIEF, 1, 1, Drop), (THIEF, 1, 2, Drop), (THIEF, 1, 3, Latched)],
            THIEF,
        );
        latch.signal(Some(addr(PHONE)));
        play(&mut latch, &[(PHONE, 2, 1, Latched), (THIEF, 1, 4, Drop)], PHONE);
    }
}
