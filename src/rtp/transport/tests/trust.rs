//! Whom a leg listens to, and what it and its peer report.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::*;
use crate::rtp::rtcp;

#[tokio::test]
async fn nobody_takes_a_call_over_and_a_re_invite_moves_it() {
    let mut stage = Stage::new();
    let mut peer = Peer::new(Codec::Pcmu);
    let leg = stage.leg(&peer);
    peer.say(&leg, &[1; FRAME]);
    assert_eq!(stage.latched(&leg).await, peer.addr());
    let mut thief = Peer::new(Codec::Pcmu);
    for sequence in 0..20 {
        thief.say(&leg, &[2; FRAME]);
        thief.press(&leg, '1', sequence * 800, 160, false);
    }
    thief.socket.send_to(b"not RTP at all", leg.rtp()).unwrap();
    peer.press(&leg, '7', 8_000, 160, false);
    assert_eq!(stage.key().await.0, key('7'), "the thief's keys are nobody's");

    let mut moved = Peer::new(Codec::Pcmu);
    moved.ssrc = peer.ssrc;
    leg.connect(moved.connection()).unwrap();
    moved.hear();
    moved.say(&leg, &[3; FRAME]);
    assert_eq!(stage.latched(&leg).await, moved.addr());
    moved.press(&leg, '8', 80_000, 160, false);
    assert_eq!(stage.key().await.0, key('8'));
    let counts = leg.close().await;
    assert_eq!((counts.foreign, counts.junk, counts.keys), (40, 1, 2));
}

#[tokio::test]
async fn media_that_overtakes_its_sdp_is_early_and_nobody_elses() {
    let mut stage = Stage::new();
    let (mut peer, mut thief) = (Peer::new(Codec::Pcmu), Peer::new(Codec::Pcmu));
    let leg = stage.media.open(LegSettings::default(), stage.events.clone()).unwrap();
    thief.say(&leg, &[2; FRAME]);
    for _ in 0..2 {
        peer.say(&leg, &[1; FRAME]);
    }
    // A second leg's key has been heard only when all of these have been.
    let mut other = Peer::new(Codec::Pcmu);
    let last = stage.leg(&other);
    other.press(&last, '0', 0, 160, false);
    stage.key().await;
    leg.connect(peer.connection()).unwrap();
    peer.hear();
    peer.say(&leg, &[1; FRAME]);
    assert_eq!(stage.latched(&leg).await, peer.addr());
    let counts = leg.close().await;
    assert_eq!((counts.early, counts.foreign, counts.received), (2, 1, 1));
}

#[tokio::test]
async fn a_peer_that_falls_silent_is_told_of_and_so_is_its_return() {
    let mut stage = Stage::new();
    let mut peer = Peer::new(Codec::Pcmu);
    let settings =
        LegSettings { rtp_lost_after: Duration::from_millis(60), ..LegSettings::default() };
    let leg = stage.leg_with(&peer, settings);
    stage.told(|_, event| matches!(event, LegEvent::RtpLost { .. }).then_some(())).await;
    peer.say(&leg, &[1; FRAME]);
    stage.told(|_, event| matches!(event, LegEvent::RtpBack).then_some(())).await;
}

#[tokio::test]
async fn reports_go_out_and_the_peers_give_the_round_trip() {
    let mut stage = Stage::new();
    let mut peer = Peer::new(Codec::Pcmu);
    let leg = stage.leg(&peer);
    for _ in 0..5 {
        peer.say(&leg, &[1; FRAME]);
    }
    let (report, from) = (0..500)
        .map(|_| peer.datagram())
        .find(|(it, _)| packet::is_rtcp(it))
        .expect("a report comes");
    let told = rtcp::parse(&report, peer.ssrc).unwrap();
    let sender = told.sender.expect("we have sent");
    assert!(sender.packets > 0 && sender.bytes == sender.packets * 160);
    let about_us = told.block.expect("the peer has sent");
    assert_eq!((about_us.reception.lost, about_us.reception.highest), (0, 65_534));

    let reception = crate::rtp::Reception { fraction_lost: 26, lost: 3, highest: 9, jitter: 40 };
    let block =
        rtcp::Block { ssrc: told.ssrc, reception, last_sr: rtcp::middle(sender.ntp), delay: 0 };
    let compound = rtcp::Compound {
        ssrc: peer.ssrc,
        sender: None,
        block: Some(block),
        cname: [b'x'; 16],
        goodbye: true,
    };
    let mut out = [0; rtcp::MAX_LEN];
    let length = compound.write(&mut out);
    peer.socket.send_to(&out[..length], from).unwrap();
    let (seen, round_trip) = stage
        .told(|_, event| {
            if let LegEvent::Report { reception, round_trip } = event {
                Some((reception, round_trip))
            } else {
                None
            }
        })
        .await;
    assert_eq!(seen, reception);
    assert!(round_trip.is_some());
    stage.told(|_, event| matches!(event, LegEvent::Goodbye).then_some(())).await;
    assert_eq!(leg.close().await.round_trip, round_trip);
    let last = (0..500).map(|_| peer.datagram().0).filter(|it| packet::is_rtcp(it));
    assert!(
        last.filter_map(|it| rtcp::parse(&it, 0)).any(|it| it.goodbye),
        "our goodbye comes, too"
    );
}

#[tokio::test]
async fn reports_have_a_port_of_their_own_when_they_are_not_multiplexed() {
    let stage = Stage::new();
    let (peer, rtcp_peer) = (Peer::new(Codec::Pcmu), Peer::new(Codec::Pcmu));
    let leg = stage.media.open(LegSettings::default(), stage.events.clone()).unwrap();
    let connection =
        Connection { rtcp_mux: false, rtcp: Some(rtcp_peer.addr()), ..peer.connection() };
    leg.connect(connection).unwrap();
    let (report, source) = rtcp_peer.datagram();
    assert!(packet::is_rtcp(&report));
    assert_eq!(source, leg.rtcp());
}

#[tokio::test]
async fn junk_from_the_peer_itself_harms_nobody() {
    let mut stage = Stage::new();
    let (mut peer, quiet) = (Peer::new(Codec::Pcma), Peer::new(Codec::Pcmu));
    let (leg, other) = (stage.leg(&peer), stage.leg(&quiet));
    peer.say(&leg, &[1; FRAME]);
    stage.latched(&leg).await;
    leg.bridge(&other).unwrap();
    // Decoded and listened to as well; the ear comes with a peer that has no events.
    let _tap = leg.tap().unwrap();
    let mut rng = ChaCha12Rng::from_seed([5; 32]);
    for round in 0..2_000_u32 {
        let events_out = (round % 500 < 250).then_some(EVENTS);
        if round % 250 == 0 {
            leg.connect(Connection { events_out, ..peer.connection() }).unwrap();
            other.connect(Connection { events_out, ..quiet.connection() }).unwrap();
        }
        let mut datagram = vec![0; usize::try_from(rng.next_u32() % 1_600).unwrap()];
        rng.fill_bytes(&mut datagram);
        if let [first, second, ..] = datagram.as_mut_slice() {
            // Mostly past the first checks: RTP with all its flags, keys, and RTCP.
            *first = *first & 0x3f | 0x80;
            *second =
                [8, 0, 13, EVENTS, 0x80 | EVENTS, 200, 201, 203, 99][usize::from(*second % 9)];
        }
        peer.socket.send_to(&datagram, leg.rtp()).unwrap();
    }
    other.play(play(1, &recording(2))).unwrap();
    assert_eq!(stage.finished().await, PlayId(1));
    let counts = leg.close().await;
    assert!(counts.received > 0 && counts.junk > 0);
}
