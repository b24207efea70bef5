//! RTCP of a leg: its reports, when they are due and where they go, and what the peer's reports tell.

use std::net::SocketAddr;

use rand_chacha::rand_core::Rng;

use super::api::LegEvent;
use super::io::RtpIo;
use super::leg::Leg;
use crate::rtp::rtcp::{self, Block, Cname, Compound, SenderInfo};
use crate::time::Mono;

/// What a leg keeps about reports.
#[derive(Debug)]
pub(super) struct Reports {
    cname: Cname,
    /// When the next one is due; `None` before the leg is connected.
    due: Option<Mono>,
    /// Packets that had been sent at the last report: more since then make the next one a sender's.
    sent_before: u32,
    has_reported: bool,
    /// The peer's last SR: the middle of its NTP time, and when it came.
    last_sr: Option<(u32, Mono)>,
    /// Where the peer's reports come from, held once they come from the host that its RTP comes from.
    source: Option<SocketAddr>,
}

impl Reports {
    pub(super) fn new(cname: Cname) -> Self {
        Self { cname, due: None, sent_before: 0, has_reported: false, last_sr: None, source: None }
    }

    /// Whether a report is due; sets the time of the next one. `rng` is asked only then.
    pub(super) fn is_due(&mut self, now: Mono, rng: &mut impl Rng) -> bool {
        match self.due {
            None => {
                self.due = Some(now + rtcp::interval(true, rng.next_u32()));
                false
            }
            Some(due) if due <= now => {
                self.due = Some(now + rtcp::interval(false, rng.next_u32()));
                true
            }
            Some(_) => false,
        }
    }
}

impl Leg {
    /// Whether reports go through a socket of their own that is not open yet.
    pub(super) fn wants_rtcp_socket(&self) -> bool {
        self.rtcp_socket.is_none() && self.connection.is_some_and(|it| !it.rtcp_mux)
    }

    /// Sends a report, `ntp` being the wall clock at `now`.
    pub(super) fn report(&mut self, now: Mono, ntp: u64, io: &mut impl RtpIo) {
        self.send_report(now, ntp, false, io);
    }

    /// Tells the peer that the stream ends (RFC 3550 6.6), if it has ever been told of it.
    pub(super) fn say_goodbye(&mut self, now: Mono, ntp: u64, io: &mut impl RtpIo) {
        if self.reports.has_reported {
            self.send_report(now, ntp, true, io);
        }
    }

    /// Takes a datagram that is RTCP, or came to the RTCP port; believed only from the host that RTP is exchanged with.
    pub(super) fn receive_report(
        &mut self,
        now: Mono,
        ntp: u64,
        source: SocketAddr,
        datagram: &[u8],
    ) {
        let clock = self.outbound.numbers.clock();
        let is_peer = self.destination().is_some_and(|it| it.ip() == source.ip());
        let told = if is_peer { rtcp::parse(datagram, clock.ssrc) } else { None };
        let Some(told) = told else {
            self.counts.junk = self.counts.junk.wrapping_add(1);
            return;
        };
        self.reports.source = Some(source);
        if let Some(sender) = told.sender {
            self.reports.last_sr = Some((rtcp::middle(sender.ntp), now));
        }
        if let Some(block) = told.block {
            let round_trip = rtcp::round_trip(&block, ntp);
            self.counts.round_trip = round_trip.or(self.counts.round_trip);
            self.tell(LegEvent::Report { reception: block.reception, round_trip });
        }
        if told.goodbye {
            self.tell(LegEvent::Goodbye);
        }
    }

    fn send_report(&mut self, now: Mono, ntp: u64, goodbye: bool, io: &mut impl RtpIo) {
        let Some(to) = self.report_destination() else { return };
        let clock = self.outbound.numbers.clock();
        let has_sent = self.counts.sent != self.reports.sent_before;
        self.reports.sent_before = self.counts.sent;
        let [.., a, b, c, d] = self.counts.sent_bytes.to_be_bytes();
        let sender = has_sent.then(|| SenderInfo {
            ntp,
            timestamp: clock.at(now),
            packets: self.counts.sent,
            bytes: u32::from_be_bytes([a, b, c, d]),
        });
        let ssrc = self.inbound.ssrc.filter(|_| self.inbound.stream.is_valid());
        let block = ssrc.map(|ssrc| {
            let (last_sr, delay) = self.reports.last_sr.map_or((0, 0), |(last_sr, at)| {
                let delay = (now.since(at).as_micros() << 16) / 1_000_000;
                (last_sr, u32::try_from(delay).unwrap_or(u32::MAX))
            });
            Block { ssrc, reception: self.inbound.stream.report(), last_sr, delay }
        });
        let compound =
            Compound { ssrc: clock.ssrc, sender, block, cname: self.reports.cname, goodbye };
        let mut out = [0; rtcp::MAX_LEN];
        let len = compound.write(&mut out);
        let socket = self.rtcp_socket.as_ref().unwrap_or(&self.socket);
        // A report that the system does not take is lost as on a network: the next one says the same.
        let _ = io.send(socket, out.get(..len).unwrap_or_default(), to);
        self.reports.has_reported = true;
    }

    /// Where reports go: where the peer's come from; else with RTP, or where its SDP says, or the port above RTP's.
    fn report_destination(&self) -> Option<SocketAddr> {
        let connection = self.connection?;
        let rtp = self.destination()?;
        if connection.rtcp_mux {
            return Some(rtp);
        }
        let known = self.reports.source.filter(|it| it.ip() == rtp.ip());
        // What the SDP says is of use only when the peer is where its SDP says.
        let said = connection.rtcp.filter(|_| rtp == connection.rtp);
        let above = rtp.port().checked_add(1).map(|port| SocketAddr::new(rtp.ip(), port));
        // Without a socket of its own (the port above ours is somebody else's) no report can be sent.
        known.or(said).or(above).filter(|_| self.rtcp_socket.is_some())
    }
}
