//! What the peer wrote: its media lines, with what we need of them.
//!
//! Phones forget lines, end them with a line feed, and put numbers where no field holds them. Only the lines that say
//! where audio goes and how it is encoded are looked at; nobody is refused for the rest.

use std::net::{IpAddr, SocketAddr};

use sdp_types::{Attribute, Connection, Media, Session};

use super::SdpError;
use super::media::{Codec, Direction, TelephoneEvent};

/// Most lines of a description.
const MAX_LINES: usize = 1_000;

/// Most media lines of a description.
const MAX_MEDIA: usize = 16;

/// What `a=ptime` may say, in milliseconds.
const PTIME_MS: std::ops::RangeInclusive<u32> = 1..=200;

/// A description, as far as it matters.
pub(super) struct Remote {
    session: Session,
}

/// Audio over RTP that is switched on.
pub(super) struct Audio {
    /// Its place among the media lines.
    pub(super) place: usize,
    pub(super) address: SocketAddr,
    pub(super) rtcp: SocketAddr,
    pub(super) rtcp_mux: bool,
    /// In the peer's order, each with its payload type.
    pub(super) codecs: Vec<(Codec, u8)>,
    pub(super) events: Vec<TelephoneEvent>,
    /// Seen from here. On hold in the old way (an address of zeros) we do not send, whatever else is said.
    pub(super) direction: Direction,
    pub(super) ptime_ms: u8,
}

impl Remote {
    pub(super) fn parse(body: &[u8]) -> Result<Self, SdpError> {
        let session = Session::parse(essence(body)?.as_bytes()).map_err(|_| SdpError::Malformed)?;
        if session.medias.len() > MAX_MEDIA { Err(SdpError::TooLong) } else { Ok(Self { session }) }
    }

    /// All media lines, in their order.
    pub(super) fn media(&self) -> &[Media] {
        &self.session.medias
    }

    /// The first audio that can be used, or why there is none.
    pub(super) fn audio(&self) -> Result<Audio, SdpError> {
        let mut why = SdpError::NoAudio;
        for (place, media) in self.session.medias.iter().enumerate() {
            match self.read(place, media) {
                Ok(audio) => return Ok(audio),
                // What came nearest to being usable tells most.
                Err(SdpError::NoAudio) => {}
                Err(nearer) => why = nearer,
            }
        }
        Err(why)
    }

    /// The audio at `place`, where ours was offered.
    pub(super) fn audio_at(&self, place: usize) -> Result<Audio, SdpError> {
        self.session
            .medias
            .get(place)
            .map_or(Err(SdpError::NoAudio), |media| self.read(place, media))
    }

    fn read(&self, place: usize, media: &Media) -> Result<Audio, SdpError> {
        if media.media != "audio" || media.port == 0 {
            return Err(SdpError::NoAudio);
        }
        if !matches!(&*media.proto.to_ascii_uppercase(), "RTP/AVP" | "RTP/AVPF") {
            let encrypted = media.proto.to_ascii_uppercase().contains("SAVP");
            return Err(if encrypted { SdpError::Encrypted } else { SdpError::NoAudio });
        }
        let ip = media.connections.first().or(self.session.connection.as_ref()).and_then(unicast);
        let address = SocketAddr::new(ip.ok_or(SdpError::NoAddress)?, media.port);
        let rtcp_mux = media.has_attribute("rtcp-mux");
        let rtcp = if rtcp_mux { address } else { rtcp(media, address) };
        let formats = formats(media);
        let codecs: Vec<_> =
            formats.iter().filter_map(|(pt, name)| Some((codec(name)?, *pt))).collect();
        if codecs.is_empty() {
            return Err(SdpError::NoCommonCodec);
        }
        let named = |name: &str| name.eq_ignore_ascii_case("telephone-event/8000");
        let events = formats
            .iter()
            .filter(|(_, name)| named(name))
            .filter_map(|(pt, _)| events(media, *pt))
            .collect();
        let theirs = direction(&media.attributes)
            .or(direction(&self.session.attributes))
            .unwrap_or(Direction::Both);
        let hold = if ip.is_some_and(|ip| ip.is_unspecified()) {
            Direction::ReceiveOnly
        } else {
            Direction::Both
        };
        let direction = theirs.reversed().and(hold);
        Ok(Audio {
            place,
            address,
            rtcp,
            rtcp_mux,
            codecs,
            events,
            direction,
            ptime_ms: ptime_ms(media),
        })
    }
}

/// The lines that matter, one version line before them.
fn essence(body: &[u8]) -> Result<String, SdpError> {
    let body = String::from_utf8_lossy(body);
    let mut kept = String::with_capacity(body.len());
    let (mut in_media, mut has_connection) = (false, false);
    for (number, line) in
        body.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).enumerate()
    {
        if number == MAX_LINES {
            return Err(SdpError::TooLong);
        }
        let keep = match line.get(..2) {
            // RFC 8866 5.1: there has never been another version.
            Some("v=") if number == 0 && line != "v=0" => return Err(SdpError::Malformed),
            Some("m=") => {
                in_media = true;
                true
            }
            Some("a=") => true,
            // Above the media lines one address is enough.
            Some("c=") => in_media || !std::mem::replace(&mut has_connection, true),
            _ => false,
        };
        if keep {
            kept.push_str("\r\n");
            kept.push_str(line);
        }
    }
    if kept.is_empty() { Err(SdpError::Malformed) } else { Ok(format!("v=0{kept}\r\n")) }
}

/// The address of one peer. Zeros are one too: they mean hold (RFC 2543, RFC 3264 8.4).
fn unicast(connection: &Connection) -> Option<IpAddr> {
    let ip: IpAddr = connection.connection_address.split('/').next()?.parse().ok()?;
    // Whoever offers a group or a whole network as its address wants us to flood others.
    let broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    (!ip.is_multicast() && !broadcast).then_some(ip)
}

/// RFC 3605 2.1: `a=rtcp:53020` or `a=rtcp:53020 IN IP4 192.0.2.1`; without it one port above RTP (RFC 3550 11).
fn rtcp(media: &Media, rtp: SocketAddr) -> SocketAddr {
    let above = SocketAddr::new(rtp.ip(), rtp.port().checked_add(1).unwrap_or(rtp.port()));
    let Some(value) = value(media, "rtcp") else { return above };
    let mut words = value.split_whitespace();
    let port = words.next().and_then(|port| port.parse().ok()).filter(|port| *port > 0);
    let Some(port) = port else { return above };
    let ip = match words.nth(2) {
        None => Some(rtp.ip()),
        Some(ip) => ip.parse().ok().filter(|ip: &IpAddr| !ip.is_multicast()),
    };
    SocketAddr::new(ip.unwrap_or(rtp.ip()), port)
}

/// Payload types in their order, each with `name/rate` as `a=rtpmap` says, else as RFC 3551 table 4 does.
fn formats(media: &Media) -> Vec<(u8, String)> {
    let maps: Vec<(u8, &str)> = media
        .get_attribute_values("rtpmap")
        .flatten()
        .filter_map(|map| map.split_once(char::is_whitespace))
        .filter_map(|(pt, name)| Some((pt.parse().ok()?, name.trim())))
        .collect();
    let listed =
        media.fmt.split_whitespace().filter_map(|pt| pt.parse().ok()).filter(|pt| *pt < 128);
    let name = |pt: u8| maps.iter().find(|(its, _)| *its == pt).map(|(_, name)| *name);
    listed.filter_map(|pt| Some((pt, name(pt).or(fixed(pt))?.to_owned()))).collect()
}

const fn fixed(payload_type: u8) -> Option<&'static str> {
    match payload_type {
        0 => Some("PCMU/8000"),
        8 => Some("PCMA/8000"),
        _ => None,
    }
}

/// The codec of `PCMA/8000` or `PCMA/8000/1`.
fn codec(map: &str) -> Option<Codec> {
    let mut parts = map.split('/').map(str::trim);
    let (name, rate, channels) = (parts.next()?, parts.next()?, parts.next().unwrap_or("1"));
    let same = |codec: &Codec| {
        codec.name().eq_ignore_ascii_case(name)
            && rate.parse() == Ok(codec.clock_rate())
            && channels == "1"
    };
    Codec::ALL.into_iter().find(same)
}

/// RFC 4733 2.5.1.1: `a=fmtp:101 0-15,66`; nothing said means 0-15. `None` where no key is among them.
fn events(media: &Media, payload_type: u8) -> Option<TelephoneEvent> {
    let lists = media.get_attribute_values("fmtp").flatten().filter_map(|fmtp| {
        let (pt, list) = fmtp.split_once(char::is_whitespace)?;
        (pt.parse() == Ok(payload_type)).then_some(list)
    });
    let list = lists.last().unwrap_or("0-15");
    // Some write `events=0-15`, the name it has in RFC 4733's media type.
    let list = list.trim().strip_prefix("events=").unwrap_or(list);
    let mut keys = 0_u16;
    for range in list.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (Ok(first), Ok(last)) = (first.trim().parse::<u8>(), last.trim().parse::<u8>()) else {
            continue;
        };
        for key in (first..=last).take_while(|key| *key < 16) {
            keys |= 1 << key;
        }
    }
    (keys != 0).then_some(TelephoneEvent { payload_type, keys })
}

fn direction(attributes: &[Attribute]) -> Option<Direction> {
    attributes.iter().find_map(|attribute| match &*attribute.attribute {
        "sendrecv" => Some(Direction::Both),
        "sendonly" => Some(Direction::SendOnly),
        "recvonly" => Some(Direction::ReceiveOnly),
        "inactive" => Some(Direction::Inactive),
        _ => None,
    })
}

fn ptime_ms(media: &Media) -> u8 {
    let read = |name| value(media, name)?.trim().parse().ok().filter(|ms| PTIME_MS.contains(ms));
    let most = read("maxptime").unwrap_or(*PTIME_MS.end());
    let wanted = read("ptime").unwrap_or(20).min(most);
    u8::try_from(wanted).unwrap_or(20)
}

fn value<'a>(media: &'a Media, name: &str) -> Option<&'a str> {
    media.attributes.iter().find(|attribute| attribute.attribute == name)?.value.as_deref()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sdp::{Local, Session as Ours, Settings};

    /// What is read of `lines`, in short: address, RTCP port, codecs, events, direction, packet time.
    fn read(lines: &[&str]) -> Result<String, SdpError> {
        let audio = Remote::parse(lines.join("\n").as_bytes())?.audio()?;
        let codecs: Vec<_> =
            audio.codecs.iter().map(|(codec, pt)| format!("{}={pt}", codec.name())).collect();
        let events: Vec<_> =
            audio.events.iter().map(|it| format!("{}:{:x}", it.payload_type, it.keys)).collect();
        let (codecs, events) = (codecs.join(" "), events.join(" "));
        let direction = audio.direction.attribute();
        Ok(format!(
            "{} {} {codecs} {events} {direction} {}",
            audio.address,
            audio.rtcp.port(),
            audio.ptime_ms
        ))
    }

    #[track_caller]
    fn check(lines: &[&str], expected: &str) {
        assert_eq!(read(lines).as_deref(), Ok(expected));
    }

    #[test]
    fn linphone() {
        #[rustfmt::skip]
        check(&[
            "v=0", "o=wen 1478 2510 IN IP4 192.0.2.31", "s=Talk", "c=IN IP4 192.0.2.31", "b=AS:380", "t=0 0",
            "a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics", "a=record:off",
            "m=audio 7078 RTP/AVP 96 97 98 0 8 18 101 99 100", "a=rtpmap:96 opus/48000/2", "a=fmtp:96 useinbandfec=1",
            "a=rtpmap:97 speex/16000", "a=fmtp:97 vbr=on", "a=rtpmap:98 speex/8000", "a=fmtp:18 annexb=yes",
            "a=rtpmap:101 telephone-event/48000", "a=rtpmap:99 telephone-event/16000", "a=rtpmap:100 telephone-event/8000",
            "a=rtcp-fb:* trr-int 5000", "m=video 9078 RTP/AVP 96", "a=rtpmap:96 VP8/90000",
        ], "192.0.2.31:7078 7079 PCMU=0 PCMA=8 100:ffff sendrecv 20");
    }

    #[test]
    fn baresip() {
        #[rustfmt::skip]
        check(&[
            "v=0", "o=- 3815217 1204 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", "a=tool:baresip 1.0.0",
            "m=audio 10040 RTP/AVP 0 8 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000",
            "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=rtcp:10041 IN IP4 127.0.0.1", "a=sendrecv",
            "a=label:1", "a=rtcp-rsize", "a=ssrc:28190 cname:sip:a@127.0.0.1", "a=ptime:20",
        ], "127.0.0.1:10040 10041 PCMU=0 PCMA=8 101:ffff sendrecv 20");
    }

    #[test]
    fn sipp() {
        #[rustfmt::skip]
        check(&[
            "v=0", "o=user1 53655765 2353687637 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
            "m=audio 6000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000",
        ], "127.0.0.1:6000 6001 PCMU=0  sendrecv 20");
    }

    #[test]
    fn cisco() {
        #[rustfmt::skip]
        check(&[
            "v=0", "o=Cisco-SIPUA 26964 0 IN IP4 192.0.2.33", "s=SIP Call", "b=AS:4064", "t=0 0",
            "m=audio 16386 RTP/AVP 114 9 0 8 116 18 101", "c=IN IP4 192.0.2.33", "b=TIAS:64000",
            "a=rtpmap:114 opus/48000/2", "a=rtpmap:9 G722/8000", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000",
            "a=rtpmap:116 iLBC/8000", "a=fmtp:116 mode=20", "a=rtpmap:18 G729/8000", "a=fmtp:18 annexb=yes",
            "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=sendrecv",
            "m=video 16388 RTP/AVP 126", "c=IN IP4 192.0.2.33", "b=TIAS:4000000", "a=recvonly",
        ], "192.0.2.33:16386 16387 PCMU=0 PCMA=8 101:ffff sendrecv 20");
    }

    #[test]
    fn yealink() {
        #[rustfmt::skip]
        check(&[
            "v=0", "o=- 20013 20013 IN IP4 192.0.2.34", "s=SDP data", "c=IN IP4 192.0.2.34", "t=0 0",
            "m=audio 11780 RTP/AVP 0 8 18 9 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000", "a=rtpmap:18 G729/8000",
            "a=fmtp:18 annexb=no", "a=rtpmap:9 G722/8000", "a=fmtp:101 0-15", "a=rtpmap:101 telephone-event/8000",
            "a=ptime:20", "a=sendonly", "",
        ], "192.0.2.34:11780 11781 PCMU=0 PCMA=8 101:ffff recvonly 20");
    }

    #[test]
    fn asterisk() {
        #[rustfmt::skip]
        check(&[
            "v=0", "o=- 1431655765 1431655765 IN IP4 192.0.2.35", "s=Asterisk", "c=IN IP4 192.0.2.35", "t=0 0",
            "m=audio 12066 RTP/AVP 8 0 101", "a=rtpmap:8 PCMA/8000", "a=rtpmap:0 PCMU/8000",
            "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16", "a=ptime:20", "a=maxptime:150", "a=sendrecv",
        ], "192.0.2.35:12066 12067 PCMA=8 PCMU=0 101:ffff sendrecv 20");
    }

    #[test]
    fn browsers_are_refused_here() {
        #[rustfmt::skip]
        let chrome = [
            "v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0", "a=msid-semantic: WMS",
            "m=audio 9 UDP/TLS/RTP/SAVPF 111 0 8 126", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0", "a=ice-ufrag:x",
            "a=setup:actpass", "a=mid:0", "a=rtcp-mux", "a=rtpmap:111 opus/48000/2", "a=rtpmap:126 telephone-event/8000",
        ];
        assert_eq!(read(&chrome), Err(SdpError::Encrypted));
    }

    #[test]
    fn oddities_of_phones_are_forgiven() {
        #[rustfmt::skip]
        let table: [(&[&str], &str); 12] = [
            (&["c=IN IP4 192.0.2.1", "m=audio 4000 RTP/AVP 8"], "192.0.2.1:4000 4001 PCMA=8  sendrecv 20"),
            (&["", "v=0", "c=IN IP4 192.0.2.1  ", "m=audio 4000 RTP/AVP  8   0 ", "zzz", "a"], "192.0.2.1:4000 4001 PCMA=8 PCMU=0  sendrecv 20"),
            (&["v=0", "o=a 99999999999999999999 99999999999999999999 IN IP4", "s=\u{fffd}", "c=IN IP4 192.0.2.1", "m=audio 4000 RTP/AVP 8"], "192.0.2.1:4000 4001 PCMA=8  sendrecv 20"),
            (&["v=0", "t=never", "b=CT", "k=clear", "z=1", "r=1", "c=IN IP4 192.0.2.1", "c=IN IP4 192.0.2.2", "m=audio 4000 RTP/AVP 8", "b=AS:x"], "192.0.2.1:4000 4001 PCMA=8  sendrecv 20"),
            (&["v=0", "c=IN IP6 2001:db8::1", "m=audio 4000 rtp/avp 8", "a=rtcp:0"], "[2001:db8::1]:4000 4001 PCMA=8  sendrecv 20"),
            (&["v=0", "a=inactive", "c=IN IP4 192.0.2.1", "m=audio 4000 RTP/AVP 8", "a=sendrecv"], "192.0.2.1:4000 4001 PCMA=8  sendrecv 20"),
            (&["v=0", "a=sendonly", "c=IN IP4 192.0.2.1", "m=audio 4000 RTP/AVP 8", "c=IN IP4 192.0.2.9"], "192.0.2.9:4000 4001 PCMA=8  recvonly 20"),
            (&["v=0", "c=IN IP4 192.0.2.1", "m=audio 0 RTP/AVP 8", "m=audio 4000/1 RTP/AVP 8"], "192.0.2.1:4000 4001 PCMA=8  sendrecv 20"),
            (&["v=0", "c=IN IP4 192.0.2.1", "m=audio 4000 RTP/SAVP 8", "a=crypto:1 x", "m=audio 4002 RTP/AVP 8"], "192.0.2.1:4002 4003 PCMA=8  sendrecv 20"),
            (&["v=0", "c=IN IP4 192.0.2.1", "m=audio 65535 RTP/AVP 8 x 300 101", "a=rtpmap:101  telephone-event/8000", "a=fmtp:101 events=0-9,16-300,x", "a=ptime:", "a=maxptime:10"], "192.0.2.1:65535 65535 PCMA=8 101:3ff sendrecv 10"),
            (&["v=0", "c=IN IP4 192.0.2.1", "m=audio 4000 RTP/AVP 96 8 101", "a=rtpmap:96 pcma/8000/1", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 66", "a=ptime:0"], "192.0.2.1:4000 4001 PCMA=96 PCMA=8  sendrecv 20"),
            (&["v=0", "c=IN IP4 0.0.0.0", "m=audio 4000 RTP/AVP 0", "a=rtcp-mux"], "0.0.0.0:4000 4000 PCMU=0  recvonly 20"),
        ];
        for (lines, expected) in table {
            assert_eq!(read(lines).as_deref(), Ok(expected), "{lines:?}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused_for_its_reason() {
        let many = ["c=IN IP4 192.0.2.1"]
            .into_iter()
            .chain(["m=audio 1 RTP/AVP 8"; MAX_MEDIA + 1])
            .collect::<Vec<_>>();
        let long = vec!["a=x"; MAX_LINES + 1];
        #[rustfmt::skip]
        let table: [(&[&str], SdpError); 13] = [
            (&[], SdpError::Malformed), (&["junk"], SdpError::Malformed), (&["v=1", "m=audio 1 RTP/AVP 8"], SdpError::Malformed),
            (&["c=IN IP4 192.0.2.1", "m=audio 70000 RTP/AVP 8"], SdpError::Malformed), (&["m=audio"], SdpError::Malformed),
            (&many, SdpError::TooLong), (&long, SdpError::TooLong),
            (&["c=IN IP4 192.0.2.1", "m=video 4000 RTP/AVP 8"], SdpError::NoAudio),
            (&["c=IN IP4 192.0.2.1", "m=audio 0 RTP/AVP 8"], SdpError::NoAudio),
            (&["c=IN IP4 192.0.2.1", "m=audio 4000 RTP/AVP 18 9"], SdpError::NoCommonCodec),
            (&["c=IN IP4 224.2.1.1/127", "m=audio 4000 RTP/AVP 8"], SdpError::NoAddress),
            (&["c=IN IP4 phone.example.com", "m=audio 4000 RTP/AVP 8"], SdpError::NoAddress),
            (&["c=IN IP4 255.255.255.255", "m=audio 4000 RTP/AVP 8"], SdpError::NoAddress),
        ];
        for (lines, why) in table {
            assert_eq!(read(lines), Err(why), "{:?}", lines.first());
        }
    }

    fn line() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z]=[ -~]{0,30}",
            "[ -~\\r\\n]{0,20}",
            "m=(audio|video) [0-9]{1,6}(/[0-9])? (RTP/AVP|RTP/SAVP|udp)( [0-9]{1,4}){0,5}",
            "c=IN IP[46] [0-9a-f.:/]{1,20}",
            Just("c=IN IP4 192.0.2.1".to_owned()),
            "a=(rtpmap|fmtp|rtcp|ptime|maxptime):[0-9]{0,4}( [ -~]{0,20})?",
            "a=(sendonly|inactive|rtcp-mux)",
        ]
    }

    proptest! {
        #[test]
        fn any_offer_is_answered_or_refused(lines in prop::collection::vec(line(), 0..20)) {
            let local = Local { rtp: "192.0.2.10:20000".parse().unwrap(), rtcp: None };
            let mut ours = Ours::new(1, local, Settings::default());
            let offer = format!("v=0\r\n{}", lines.join("\r\n"));
            if let Ok((answer, agreed)) = ours.answer(offer.as_bytes(), Direction::Both) {
                // An answer has as many media lines as its offer, and a session of ours reads it as its peer would.
                let (theirs, own) = (Remote::parse(offer.as_bytes()).unwrap(), Remote::parse(answer.as_bytes()).unwrap());
                prop_assert_eq!(theirs.media().len(), own.media().len());
                let audio = own.audio().unwrap();
                prop_assert_eq!(audio.codecs, vec![(agreed.codec, agreed.receive_payload_type)]);
                prop_assert_eq!(audio.direction, agreed.direction.reversed());
            }
            ours.offer(Direction::Both);
            _ = ours.read_answer(offer.as_bytes());
        }

        #[test]
        fn any_bytes_are_answered_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            _ = Remote::parse(&bytes).map(|remote| remote.audio().is_ok());
        }

        #[test]
        fn two_of_us_agree(hold in any::<bool>(), rtcp_mux in any::<bool>(), swapped in any::<bool>()) {
            let at = |rtp: &str| Local { rtp: rtp.parse().unwrap(), rtcp: None };
            let codecs = if swapped { vec![Codec::Pcmu, Codec::Pcma] } else { Codec::ALL.to_vec() };
            let mut caller = Ours::new(1, at("192.0.2.10:20000"), Settings { rtcp_mux, ..Settings::default() });
            let mut callee = Ours::new(2, at("[2001:db8::1]:20000"), Settings { codecs, ..Settings::default() });
            let offer = caller.offer(if hold { Direction::SendOnly } else { Direction::Both });
            let (answer, theirs) = callee.answer(offer.as_bytes(), Direction::Both).unwrap();
            let ours = caller.read_answer(answer.as_bytes()).unwrap();
            prop_assert_eq!(ours.codec, theirs.codec);
            prop_assert_eq!((ours.direction, ours.rtcp_mux), (theirs.direction.reversed(), theirs.rtcp_mux));
            prop_assert_eq!((ours.receive_events, theirs.receive_events), (Some(101), Some(101)));
            prop_assert_eq!((ours.remote, theirs.remote), (at("[2001:db8::1]:20000").rtp, at("192.0.2.10:20000").rtp));
        }
    }
}
