//! Two legs that hear each other, on one thread and over two.

use super::*;
use crate::audio::dtmf::{Detector, DtmfEvent};

/// Two connected legs, latched to their peers, and bridged.
async fn bridged(stage: &mut Stage, one: &mut Peer, two: &mut Peer) -> (Leg, Leg) {
    let legs = (stage.leg(one), stage.leg(two));
    one.say(&legs.0, &[1; FRAME]);
    stage.latched(&legs.0).await;
    two.say(&legs.1, &[1; FRAME]);
    stage.latched(&legs.1).await;
    legs.0.bridge(&legs.1).unwrap();
    legs
}

/// Says `payload` on `leg` until `ear` hears it as `expected`: a leg may still be on its way to the bridge.
fn says(mouth: &mut Peer, leg: &Leg, payload: u8, ear: &Peer, expected: u8) -> Header {
    for _ in 0..500 {
        mouth.say(leg, &[payload; FRAME]);
        let (header, heard) = ear.hear();
        if heard == [expected; FRAME] {
            return header;
        }
    }
    panic!("never heard");
}

#[tokio::test]
async fn speech_goes_through_untouched_both_ways_over_any_number_of_threads() {
    for threads in [1, 2] {
        let mut stage = Stage::with_threads(threads);
        let (mut one, mut two) = (Peer::new(Codec::Pcma), Peer::new(Codec::Pcma));
        let (a, b) = bridged(&mut stage, &mut one, &mut two).await;
        if threads == 2 {
            assert_ne!(a.id().thread(), b.id().thread(), "they begin apart");
        }
        let before = two.hear().0;
        let header = says(&mut one, &a, 0x11, &two, 0x11);
        says(&mut two, &b, 0x22, &one, 0x22);
        assert_eq!((header.ssrc, header.payload_type), (before.ssrc, 8));
        // A packet that is missing is missing for the other side as well: its concealment knows best.
        one.say(&a, &[0x33; FRAME]);
        one.sequence = one.sequence.wrapping_add(1);
        one.timestamp = one.timestamp.wrapping_add(160);
        one.say(&a, &[0x44; FRAME]);
        let first = two.hear_until(|_, payload| payload == [0x33; FRAME]).0;
        let second = two.hear_until(|_, payload| payload == [0x44; FRAME]).0;
        assert_eq!(second.timestamp.wrapping_sub(first.timestamp), 320);
        assert_eq!(second.sequence.wrapping_sub(first.sequence), 2);

        // Commands still find a leg that has moved, and closing tells the other one.
        b.play(play(5, &recording(2))).unwrap();
        assert_eq!(stage.finished().await, PlayId(5));
        let counts = b.close().await;
        assert!(counts.received >= 2 && counts.sent > 0);
        let id = a.id();
        stage.told(|from, event| (from == id && event == LegEvent::Unbridged).then_some(())).await;
        assert_eq!(stage.media.health().iter().map(|it| it.legs).sum::<usize>(), 1);
    }
}

#[tokio::test]
async fn a_crowd_on_one_thread_is_served_like_a_few() {
    let mut stage = Stage::with_room_for(60, 1);
    let mut peers: Vec<Peer> = (0..60).map(|_| Peer::new(Codec::Pcma)).collect();
    let legs: Vec<Leg> = peers.iter().map(|peer| stage.leg(peer)).collect();
    for (index, (peer, leg)) in (0..).zip(peers.iter_mut().zip(&legs)) {
        assert_eq!(peer.hear().1, [Codec::Pcma.silence(); FRAME]);
        let symbol = char::from_digit(index % 10, 10).unwrap();
        peer.press(leg, symbol, 1_600, 160, false);
        assert_eq!(stage.key().await.0, key(symbol));
    }
    legs[0].bridge(&legs[59]).unwrap();
    let (one, two) = peers.split_at_mut(59);
    says(&mut one[0], &legs[0], 0x11, &two[0], 0x11);
    drop(legs);
    for _ in 0..60 {
        stage.told(|_, event| matches!(event, LegEvent::Closed(_)).then_some(())).await;
    }
}

#[tokio::test]
async fn one_stream_runs_through_silence_bridge_prompt_and_silence_again() {
    let mut stage = Stage::new();
    let (mut one, mut two) = (Peer::new(Codec::Pcmu), Peer::new(Codec::Pcmu));
    let (a, b) = bridged(&mut stage, &mut one, &mut two).await;
    let mut headers = Vec::new();
    let mut hear_until = |two: &Peer, wanted: &[u8]| {
        for _ in 0..500 {
            let (header, payload) = two.hear();
            headers.push(header);
            if payload == wanted {
                return;
            }
        }
        panic!("never heard");
    };
    one.say(&a, &[0x11; FRAME]);
    hear_until(&two, &[0x11; FRAME]);
    let words = recording(2);
    b.play(play(1, &words)).unwrap();
    hear_until(&two, &words.bytes(Codec::Pcmu)[FRAME..]);
    one.say(&a, &[0x12; FRAME]);
    hear_until(&two, &[0x12; FRAME]);
    a.unbridge().unwrap();
    hear_until(&two, &[0xff; FRAME]);
    // What was said after the end stays where it was said.
    one.press(&a, '1', 99_000, 160, false);
    assert_eq!(stage.key().await.0, key('1'));
    hear_until(&two, &[0xff; FRAME]);
    assert_one_stream(&headers);
    assert!(headers.iter().all(|it| it.payload_type == 0));
}

#[tokio::test]
async fn two_codecs_are_turned_into_each_other_on_the_way() {
    let mut stage = Stage::new();
    let (mut one, mut two) = (Peer::new(Codec::Pcmu), Peer::new(Codec::Pcma));
    let (a, b) = bridged(&mut stage, &mut one, &mut two).await;
    let turned = |from: Codec, to: Codec, byte: u8| {
        let mut frame = [byte];
        from.transcode(to, &mut frame);
        frame[0]
    };
    let header = says(&mut one, &a, 0x21, &two, turned(Codec::Pcmu, Codec::Pcma, 0x21));
    assert_eq!(header.payload_type, 8);
    let header = says(&mut two, &b, 0x21, &one, turned(Codec::Pcma, Codec::Pcmu, 0x21));
    assert_eq!(header.payload_type, 0);
}

#[tokio::test]
async fn keys_are_told_and_go_through_as_events_or_as_tones() {
    let mut stage = Stage::new();
    let (mut one, mut two) = (Peer::new(Codec::Pcmu), Peer::new(Codec::Pcmu));
    let (a, b) = bridged(&mut stage, &mut one, &mut two).await;
    says(&mut one, &a, 0x11, &two, 0x11);
    let start = one.timestamp;
    for (duration, end) in [(160, false), (320, false), (480, true), (480, true), (480, true)] {
        one.press(&a, '3', start, duration, end);
    }
    let is_key = |header: &Header, _: &[u8]| header.payload_type == EVENTS;
    let mut heard = vec![two.hear_until(is_key)];
    while heard.len() < 5 {
        heard.push(two.hear_until(is_key));
    }
    assert!(heard.iter().all(|(header, _)| header.timestamp == heard[0].0.timestamp));
    let durations: Vec<u16> =
        heard.iter().map(|(_, payload)| Report::parse(payload).unwrap().duration).collect();
    assert_eq!(durations, [160, 320, 480, 480, 480]);
    assert_eq!(stage.key().await.0, key('3'));

    // Now the second party loses its events: it hears the tone.
    two.events = None;
    b.connect(two.connection()).unwrap();
    b.play(play(1, &recording(1))).unwrap();
    stage.finished().await; // commands are carried out in order
    one.timestamp = start.wrapping_add(8_000);
    for (duration, end) in [(160, false), (320, false), (480, true), (480, true)] {
        one.press(&a, '6', one.timestamp, duration, end);
    }
    let mut detector = Detector::default();
    let tone = (0..500).find_map(|_| {
        let (header, payload) = two.hear();
        assert_ne!(header.payload_type, EVENTS);
        detector.feed(&Codec::Pcmu.decode_to_vec(&payload)).into_iter().find_map(
            |event| match event {
                DtmfEvent::Start(key) => Some(key),
                DtmfEvent::End(_) => None,
            },
        )
    });
    assert_eq!(tone, Some(key('6')));
}

#[tokio::test]
async fn the_rest_of_a_key_that_began_before_the_bridge_is_swallowed_without_a_trace() {
    for threads in [1, 2] {
        let mut stage = Stage::with_threads(threads);
        let (mut one, mut two) = (Peer::new(Codec::Pcmu), Peer::new(Codec::Pcmu));
        let (a, b) = (stage.leg(&one), stage.leg(&two));
        two.say(&b, &[1; FRAME]);
        stage.latched(&b).await;
        let menu_key = one.timestamp;
        one.press(&a, '1', menu_key, 160, false);
        assert_eq!(stage.key().await.0, key('1'));
        a.bridge(&b).unwrap();
        // A phone that speaks on under its key, in the same row of sequence numbers.
        says(&mut one, &a, 0x11, &two, 0x11);
        let mut headers = Vec::new();
        for (duration, end) in [(4_000, false), (4_160, false), (4_320, true), (4_320, true)] {
            one.press(&a, '1', menu_key, duration, end);
            one.say(&a, &[0x12; FRAME]);
            loop {
                let (header, payload) = two.hear();
                headers.push(header);
                if payload == [0x12; FRAME] {
                    break;
                }
            }
        }
        assert_one_stream(&headers);
        one.press(&a, '2', one.timestamp, 160, true);
        assert_eq!(stage.key().await.0, key('2'));
        let is_key = |header: &Header, _: &[u8]| header.payload_type == EVENTS;
        let (_, report) = two.hear_until(is_key);
        assert_eq!(Report::parse(&report).unwrap().key, key('2'), "the first that two hears of");
    }
}

#[tokio::test]
async fn a_dynamic_payload_type_is_each_legs_own_and_a_bridge_rewrites_it() {
    let mut stage = Stage::new();
    let (mut one, mut two) = (Peer::new(Codec::Pcma), Peer::new(Codec::Pcma));
    one.payload_type = 97;
    let (a, b) = bridged(&mut stage, &mut one, &mut two).await;
    assert_eq!(one.hear().0.payload_type, 97, "our own silence");
    assert_eq!(says(&mut one, &a, 0x11, &two, 0x11).payload_type, 8);
    assert_eq!(says(&mut two, &b, 0x22, &one, 0x22).payload_type, 97);
    // The other law under its static type is understood as well; 97 is one's alone.
    let mut turned = [0x33];
    Codec::Pcmu.transcode(Codec::Pcma, &mut turned);
    one.send(&a, 0, false, one.timestamp, &[0x33; FRAME]);
    two.hear_until(|_, payload| payload == [turned[0]; FRAME]);
    two.send(&b, 97, false, two.timestamp, &[0x44; FRAME]);
    two.press(&b, '1', two.timestamp, 160, true);
    stage.key().await;
    assert_eq!(b.close().await.junk, 1);
}

#[tokio::test]
async fn a_third_leg_takes_a_party_out_of_its_bridge_over_threads() {
    let mut stage = Stage::with_threads(2);
    let (mut one, mut two, mut three) =
        (Peer::new(Codec::Pcmu), Peer::new(Codec::Pcmu), Peer::new(Codec::Pcmu));
    let (a, b) = bridged(&mut stage, &mut one, &mut two).await;
    says(&mut one, &a, 0x11, &two, 0x11);
    let c = stage.leg(&three);
    three.say(&c, &[1; FRAME]);
    stage.latched(&c).await;
    c.bridge(&b).unwrap();
    let id = a.id();
    stage.told(|from, event| (from == id && event == LegEvent::Unbridged).then_some(())).await;
    says(&mut three, &c, 0x31, &two, 0x31);
    says(&mut two, &b, 0x21, &three, 0x21);
    // Back again: to the thread where it has lived before.
    a.bridge(&b).unwrap();
    says(&mut one, &a, 0x12, &two, 0x12);
    one.hear(); // all of it may have taken less than a slot, in which this leg had nothing to say
    for leg in [a, b, c] {
        let id = leg.id();
        let counts = leg.close().await;
        assert!(counts.sent > 0, "{id:?} {counts:?}");
    }
    assert!(stage.media.health().iter().all(|it| it.legs == 0));
}
