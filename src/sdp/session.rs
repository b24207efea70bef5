//! Our side of a call's description: what we answered, what we offered, what was agreed on (RFC 3264 5 to 8).

use std::net::SocketAddr;

use sdp_types::{
    Connection, Media, MediaType, Origin, Session as Description, Time, TransportProto,
};

use super::SdpError;
use super::media::{Codec, Direction, MediaDescription};
use super::remote::{Audio, Remote};

/// What we would like, in all calls of a trunk or phone.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The codecs we take, best first.
    pub codecs: Vec<Codec>,
    /// Payload type of RFC 4733 events in our offers, 96..=127; `None` offers and accepts none.
    pub events: Option<u8>,
    /// Offer and accept RTCP on the port of RTP (RFC 5761).
    pub rtcp_mux: bool,
}

/// Where we receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local {
    /// RTP, as the peer is told.
    pub rtp: SocketAddr,
    /// RTCP, where it is not one port above.
    pub rtcp: Option<SocketAddr>,
}

/// One call's description, from its first offer to its last.
#[derive(Debug)]
pub struct Session {
    id: u64,
    settings: Settings,
    local: Local,
    /// The version and the body that went out last; there is none before the first.
    sent: Option<(u64, Description)>,
    /// Our media lines: as many as there ever were, in the same order (RFC 3264 8).
    lines: Vec<Line>,
    /// The payload type of events that both sides have used; it must not change its meaning (RFC 3264 8.3.2).
    events: Option<u8>,
    /// The direction we offered, until the answer comes.
    offered: Option<Direction>,
    agreed: Option<MediaDescription>,
}

/// A media line of ours.
#[derive(Clone, Debug)]
enum Line {
    /// The one audio.
    Audio { proto: String },
    /// Refused: what was offered, with port 0.
    Refused { media: String, proto: String, fmt: String },
}

impl Default for Settings {
    fn default() -> Self {
        Self { codecs: Codec::ALL.to_vec(), events: Some(101), rtcp_mux: true }
    }
}

impl Session {
    /// A session that has said nothing yet. `id` is any number that no other session of ours has (RFC 8866 5.2).
    #[must_use]
    pub const fn new(id: u64, local: Local, settings: Settings) -> Self {
        Self {
            id,
            settings,
            local,
            sent: None,
            lines: Vec::new(),
            events: None,
            offered: None,
            agreed: None,
        }
    }

    /// What is agreed on; `None` before the first answer.
    #[must_use]
    pub const fn agreed(&self) -> Option<&MediaDescription> {
        self.agreed.as_ref()
    }

    /// Receives elsewhere from the next offer or answer on.
    pub const fn move_to(&mut self, local: Local) {
        self.local = local;
    }

    /// Answers an offer, allowing no more than `wish`. Gives the body of the answer and what is agreed on.
    ///
    /// One codec is answered, the first of ours that was offered, so that it never changes within a call.
    ///
    /// # Errors
    /// Why the offer is refused: it deserves 488, and what was agreed on before stays.
    pub fn answer(
        &mut self,
        offer: &[u8],
        wish: Direction,
    ) -> Result<(String, MediaDescription), SdpError> {
        let remote = Remote::parse(offer)?;
        let audio = remote.audio()?;
        let (codec, payload_type) = self.choose(&audio)?;
        let events = audio.events.first().filter(|_| self.settings.events.is_some()).copied();
        let rtcp_mux = audio.rtcp_mux && self.settings.rtcp_mux;
        let agreed = MediaDescription {
            remote: audio.address,
            remote_rtcp: audio.rtcp,
            rtcp_mux,
            codec,
            send_payload_type: payload_type,
            receive_payload_type: payload_type,
            send_events: events,
            receive_events: events.map(|events| events.payload_type),
            direction: audio.direction.and(wish),
            ptime_ms: audio.ptime_ms,
        };
        self.lines = remote
            .media()
            .iter()
            .enumerate()
            .map(|(place, media)| line(media, place == audio.place))
            .collect();
        self.events = agreed.receive_events.or(self.events);
        // RFC 3264 4: an offer that crosses ours takes its place; SIP lets that happen only where ours has failed.
        self.offered = None;
        self.agreed = Some(agreed);
        let codecs = [(codec, payload_type)];
        Ok((self.write(&codecs, agreed.receive_events, agreed.direction, rtcp_mux), agreed))
    }

    /// Offers all codecs of ours, at the start of a call, in answer to a call without an offer, or within a call.
    ///
    /// `Direction::SendOnly` puts the peer on hold, `Direction::Both` takes it back.
    pub fn offer(&mut self, direction: Direction) -> String {
        if !self.lines.iter().any(|line| matches!(line, Line::Audio { .. })) {
            self.lines.push(Line::Audio { proto: "RTP/AVP".to_owned() });
        }
        self.offered = Some(direction);
        let codecs: Vec<_> =
            self.settings.codecs.iter().map(|codec| (*codec, codec.payload_type())).collect();
        let events = self.settings.events.map(|ours| self.events.unwrap_or(ours));
        self.write(&codecs, events, direction, self.settings.rtcp_mux)
    }

    /// Reads the answer to our offer and gives what is agreed on.
    ///
    /// # Errors
    /// Why it cannot be used. The offer counts as failed, and what was agreed on before stays.
    pub fn read_answer(&mut self, answer: &[u8]) -> Result<MediaDescription, SdpError> {
        let wish = self.offered.take().ok_or(SdpError::NotOffered)?;
        let place = self
            .lines
            .iter()
            .position(|line| matches!(line, Line::Audio { .. }))
            .ok_or(SdpError::NotOffered)?;
        let audio = Remote::parse(answer)?.audio_at(place)?;
        // The first codec of the answer is the one that the peer wants to use (RFC 3264 6.1).
        let ours = |(codec, _): &&(Codec, u8)| self.settings.codecs.contains(codec);
        let (codec, payload_type) =
            audio.codecs.iter().find(ours).copied().ok_or(SdpError::NoCommonCodec)?;
        let events = audio.events.first().filter(|_| self.settings.events.is_some()).copied();
        let offered_events = self.settings.events.map(|ours| self.events.unwrap_or(ours));
        let agreed = MediaDescription {
            remote: audio.address,
            remote_rtcp: audio.rtcp,
            rtcp_mux: audio.rtcp_mux && self.settings.rtcp_mux,
            codec,
            send_payload_type: payload_type,
            receive_payload_type: codec.payload_type(),
            send_events: events,
            receive_events: events.and(offered_events),
            direction: audio.direction.and(wish),
            ptime_ms: audio.ptime_ms,
        };
        self.events = agreed.receive_events.or(self.events);
        self.agreed = Some(agreed);
        Ok(agreed)
    }

    fn choose(&self, audio: &Audio) -> Result<(Codec, u8), SdpError> {
        let offered =
            |codec: &Codec| audio.codecs.iter().find(|(theirs, _)| theirs == codec).copied();
        self.settings.codecs.iter().find_map(offered).ok_or(SdpError::NoCommonCodec)
    }

    /// The body; its version is the last one's where nothing else has changed (RFC 3264 8).
    fn write(
        &mut self,
        codecs: &[(Codec, u8)],
        events: Option<u8>,
        direction: Direction,
        rtcp_mux: bool,
    ) -> String {
        let ip = self.local.rtp.ip();
        let version = self.sent.as_ref().map_or(0, |(version, _)| *version);
        let mut description =
            Description::new(Origin::with_ip_addr(self.id.to_string(), version, ip), "hotline");
        description.set_connection(Connection::from_ip_addr(ip));
        description.add_time(Time::new(0, 0));
        for line in &self.lines {
            description.add_media(match line {
                Line::Audio { proto } => {
                    self.audio_line(proto, codecs, events, direction, rtcp_mux)
                }
                Line::Refused { media, proto, fmt } => blank(media, 0, proto, fmt),
            });
        }
        let version = match &self.sent {
            None => 1,
            Some((version, last)) if *last == description => *version,
            Some((version, _)) => version + 1,
        };
        description.origin.sess_version = version;
        let mut body = Vec::new();
        // Writing into memory cannot fail; if it did, the peer would be sent an empty body and refuse it.
        let written = description.write(&mut body);
        debug_assert!(written.is_ok());
        self.sent = Some((version, description));
        String::from_utf8(body).unwrap_or_default()
    }

    fn audio_line(
        &self,
        proto: &str,
        codecs: &[(Codec, u8)],
        events: Option<u8>,
        direction: Direction,
        rtcp_mux: bool,
    ) -> Media {
        let payload_types = codecs.iter().map(|(_, pt)| *pt).chain(events);
        let fmt: Vec<String> = payload_types.map(|pt| pt.to_string()).collect();
        let mut media = blank("audio", self.local.rtp.port(), proto, &fmt.join(" "));
        for (codec, pt) in codecs {
            media.add_attribute_with_value(
                "rtpmap",
                format!("{pt} {}/{}", codec.name(), codec.clock_rate()),
            );
        }
        if let Some(pt) = events {
            media.add_attribute_with_value("rtpmap", format!("{pt} telephone-event/8000"));
            media.add_attribute_with_value("fmtp", format!("{pt} 0-15"));
        }
        media.add_attribute_with_value("ptime", 20);
        media.add_attribute_from_str(direction.attribute());
        if rtcp_mux {
            media.add_attribute_from_str("rtcp-mux");
        }
        if let Some(rtcp) = self.local.rtcp {
            media.add_attribute_with_value("rtcp", rtcp.port());
        }
        media
    }
}

/// A media line without attributes; its kind and its protocol may be any words, as the peer wrote them.
fn blank(kind: &str, port: u16, proto: &str, fmt: &str) -> Media {
    let mut media = Media::new(MediaType::Audio, port, TransportProto::RtpAvp, fmt);
    kind.clone_into(&mut media.media);
    proto.clone_into(&mut media.proto);
    media
}

/// What becomes of an offered media line.
fn line(media: &Media, is_ours: bool) -> Line {
    let proto = media.proto.clone();
    if is_ours {
        Line::Audio { proto }
    } else {
        Line::Refused { media: media.media.clone(), proto, fmt: media.fmt.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "192.0.2.10:20000";

    fn session() -> Session {
        Session::new(7, Local { rtp: OURS.parse().unwrap(), rtcp: None }, Settings::default())
    }

    fn lines(text: &[&str]) -> String {
        text.iter().map(|line| format!("{line}\r\n")).collect()
    }

    /// An offer of `media` at 192.0.2.20, answered.
    #[track_caller]
    fn answered(media: &[&str]) -> (String, MediaDescription) {
        let head = ["v=0", "o=- 1 1 IN IP4 192.0.2.20", "s=-", "c=IN IP4 192.0.2.20", "t=0 0"];
        session().answer(lines(&[&head[..], media].concat()).as_bytes(), Direction::Both).unwrap()
    }

    fn plain(body: &str) -> String {
        body.replace('\r', "")
    }

    #[test]
    fn an_answer_has_the_lines_of_the_offer_and_one_codec() {
        let (answer, agreed) = answered(&[
            "m=video 5004 RTP/AVP 31 34",
            "m=audio 4000 RTP/AVP 18 0 8 101",
            "a=rtpmap:101 telephone-event/8000",
            "a=fmtp:101 0-11",
            "a=ptime:30",
            "a=rtcp:4005",
            "m=audio 4010 RTP/AVP 8",
        ]);
        insta::assert_snapshot!(plain(&answer), @"
        v=0
        o=- 7 1 IN IP4 192.0.2.10
        s=hotline
        c=IN IP4 192.0.2.10
        t=0 0
        m=video 0 RTP/AVP 31 34
        m=audio 20000 RTP/AVP 8 101
        a=rtpmap:8 PCMA/8000
        a=rtpmap:101 telephone-event/8000
        a=fmtp:101 0-15
        a=ptime:20
        a=sendrecv
        m=audio 0 RTP/AVP 8
        ");
        assert_eq!(
            agreed,
            MediaDescription {
                remote: "192.0.2.20:4000".parse().unwrap(),
                remote_rtcp: "192.0.2.20:4005".parse().unwrap(),
                rtcp_mux: false,
                codec: Codec::Pcma,
                send_payload_type: 8,
                receive_payload_type: 8,
                send_events: Some(super::super::TelephoneEvent { payload_type: 101, keys: 0x0fff }),
                receive_events: Some(101),
                direction: Direction::Both,
                ptime_ms: 30,
            }
        );
    }

    #[test]
    fn an_offer_lists_all_codecs_and_grows_its_version_only_with_a_change() {
        let mut session = session();
        let first = session.offer(Direction::Both);
        insta::assert_snapshot!(plain(&first), @"
        v=0
        o=- 7 1 IN IP4 192.0.2.10
        s=hotline
        c=IN IP4 192.0.2.10
        t=0 0
        m=audio 20000 RTP/AVP 8 0 101
        a=rtpmap:8 PCMA/8000
        a=rtpmap:0 PCMU/8000
        a=rtpmap:101 telephone-event/8000
        a=fmtp:101 0-15
        a=ptime:20
        a=sendrecv
        a=rtcp-mux
        ");
        assert_eq!(session.offer(Direction::Both), first);
        let held = session.offer(Direction::SendOnly);
        assert_eq!(held, first.replace("o=- 7 1 ", "o=- 7 2 ").replace("sendrecv", "sendonly"));
        session.move_to(Local {
            rtp: "[2001:db8::10]:20002".parse().unwrap(),
            rtcp: Some("[2001:db8::10]:30000".parse().unwrap()),
        });
        let moved = session.offer(Direction::SendOnly);
        for line in [
            "o=- 7 3 IN IP6 2001:db8::10",
            "c=IN IP6 2001:db8::10",
            "m=audio 20002 RTP/AVP 8 0 101",
            "a=rtcp:30000",
        ] {
            assert!(moved.lines().any(|it| it == line), "{line}");
        }
    }

    #[test]
    fn an_answer_to_our_offer_settles_codec_and_payload_types() {
        let mut session = session();
        session.offer(Direction::Both);
        let answer = lines(&[
            "v=0",
            "c=IN IP4 192.0.2.20",
            "m=audio 4000 RTP/AVP 96 0",
            "a=rtpmap:96 telephone-event/8000",
            "a=rtcp-mux",
        ]);
        let agreed = session.read_answer(answer.as_bytes()).unwrap();
        assert_eq!(
            (agreed.codec, agreed.send_payload_type, agreed.receive_payload_type),
            (Codec::Pcmu, 0, 0)
        );
        assert_eq!(
            (agreed.send_events.map(|it| it.payload_type), agreed.receive_events),
            (Some(96), Some(101))
        );
        assert_eq!((agreed.rtcp_mux, agreed.remote_rtcp), (true, agreed.remote));
        assert_eq!(
            session.read_answer(answer.as_bytes()),
            Err(SdpError::NotOffered),
            "one answer an offer"
        );
    }

    #[test]
    fn a_later_offer_keeps_the_lines_and_the_payload_types_of_the_call() {
        let mut session = session();
        let offer = lines(&[
            "v=0",
            "c=IN IP4 192.0.2.20",
            "m=image 5000 udptl t38",
            "m=audio 4000 RTP/AVPF 8 96",
            "a=rtpmap:96 telephone-event/8000",
        ]);
        let (answer, _) = session.answer(offer.as_bytes(), Direction::Both).unwrap();
        assert!(
            answer.contains("o=- 7 1 ")
                && answer.contains("m=image 0 udptl t38\r\nm=audio 20000 RTP/AVPF 8 96\r\n")
        );
        let ours = session.offer(Direction::SendOnly);
        assert!(
            ours.contains("o=- 7 2 ")
                && ours.contains("m=image 0 udptl t38\r\nm=audio 20000 RTP/AVPF 8 0 96\r\n")
        );
        let refused =
            lines(&["v=0", "c=IN IP4 192.0.2.20", "m=image 0 udptl t38", "m=audio 0 RTP/AVPF 8"]);
        assert_eq!(session.read_answer(refused.as_bytes()), Err(SdpError::NoAudio));
        assert_eq!(
            session.agreed().map(|agreed| agreed.direction),
            Some(Direction::Both),
            "what was agreed on stays"
        );
    }

    #[test]
    fn holding_is_answered_by_not_more_than_both_want() {
        #[rustfmt::skip]
        let table = [
            ("192.0.2.20", "sendrecv", Direction::Both,        Direction::Both),
            ("192.0.2.20", "sendonly", Direction::Both,        Direction::ReceiveOnly),
            ("192.0.2.20", "recvonly", Direction::Both,        Direction::SendOnly),
            ("192.0.2.20", "inactive", Direction::Both,        Direction::Inactive),
            ("192.0.2.20", "sendonly", Direction::SendOnly,    Direction::Inactive),
            ("192.0.2.20", "sendrecv", Direction::ReceiveOnly, Direction::ReceiveOnly),
            ("0.0.0.0",    "sendrecv", Direction::Both,        Direction::ReceiveOnly),
            ("0.0.0.0",    "recvonly", Direction::Both,        Direction::Inactive),
        ];
        for (address, theirs, wish, ours) in table {
            let offer = lines(&[
                "v=0",
                &format!("c=IN IP4 {address}"),
                "m=audio 4000 RTP/AVP 8",
                &format!("a={theirs}"),
            ]);
            let (answer, agreed) = session().answer(offer.as_bytes(), wish).unwrap();
            assert_eq!(agreed.direction, ours, "{address} {theirs} {wish:?}");
            assert!(answer.contains(&format!("a={}\r\n", ours.attribute())));
        }
    }

    #[test]
    fn a_refused_offer_changes_nothing() {
        let mut session = session();
        let good = lines(&["v=0", "c=IN IP4 192.0.2.20", "m=audio 4000 RTP/AVP 8"]);
        let (first, agreed) = session.answer(good.as_bytes(), Direction::Both).unwrap();
        assert_eq!(
            session.answer(b"v=0\r\nm=audio 1 RTP/AVP 8\r\n", Direction::Both),
            Err(SdpError::NoAddress)
        );
        assert_eq!(
            session.answer(good.as_bytes(), Direction::Both),
            Ok((first, agreed)),
            "the same version, the same body"
        );
    }

    #[test]
    fn preferences_choose_the_codec_and_may_leave_events_out() {
        let settings = Settings { codecs: vec![Codec::Pcmu], events: None, rtcp_mux: false };
        let mut session =
            Session::new(7, Local { rtp: OURS.parse().unwrap(), rtcp: None }, settings);
        let offer = lines(&[
            "v=0",
            "c=IN IP4 192.0.2.20",
            "m=audio 4000 RTP/AVP 8 97 101",
            "a=rtpmap:97 pcmu/8000/1",
            "a=rtpmap:101 telephone-event/8000",
            "a=rtcp-mux",
        ]);
        let (answer, agreed) = session.answer(offer.as_bytes(), Direction::Both).unwrap();
        assert_eq!(
            (agreed.codec, agreed.send_payload_type, agreed.send_events, agreed.rtcp_mux),
            (Codec::Pcmu, 97, None, false)
        );
        assert!(answer.contains("m=audio 20000 RTP/AVP 97\r\na=rtpmap:97 PCMU/8000\r\n"));
        let alaw = lines(&["v=0", "c=IN IP4 192.0.2.20", "m=audio 4000 RTP/AVP 8"]);
        assert_eq!(session.answer(alaw.as_bytes(), Direction::Both), Err(SdpError::NoCommonCodec));
    }
}
