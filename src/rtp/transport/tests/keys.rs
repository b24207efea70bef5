//! Keys in, keys out, and prompts that keys silence.

use super::*;
use crate::audio::dtmf::{self, Detector, DtmfEvent};

#[tokio::test]
async fn a_key_silences_the_prompt_at_its_first_packet_and_the_next_prompt_follows() {
    let mut stage = Stage::new();
    let mut peer = Peer::new(Codec::Pcmu);
    let leg = stage.leg(&peer);
    let (menu, answer) = (recording(100), recording(2));
    leg.play(Play { stop_on: Keys::ANY, ..play(1, &menu) }).unwrap();
    let loud = |payload: &[u8]| payload[0] != Codec::Pcmu.silence();
    let mut headers = vec![peer.hear_until(|_, payload| loud(payload)).0];
    peer.press(&leg, '5', 8_000, 160, false);
    let (pressed, stopped) = stage.key().await;
    assert_eq!(pressed, key('5'));
    let stopped = stopped.unwrap();
    assert_eq!(stopped.id, PlayId(1));
    assert!(stopped.played_ms >= 20 && stopped.played_ms % 20 == 0, "{stopped:?}");
    leg.play(Play { at_once: true, ..play(2, &answer) }).unwrap();
    // All between is the menu up to where it stopped, perhaps silence, then the answer.
    let first = &answer.bytes(Codec::Pcmu)[..FRAME];
    let mut before = usize::from(headers.len() == 1);
    loop {
        let (header, payload) = peer.hear();
        headers.push(header);
        if header.marker && payload == first {
            break;
        }
        before += usize::from(loud(&payload));
    }
    assert_eq!(before, usize::try_from(stopped.played_ms / 20).unwrap());
    assert_one_stream(&headers);
    assert_eq!(stage.finished().await, PlayId(2));
}

#[tokio::test]
async fn a_key_that_may_not_silences_nothing() {
    let mut stage = Stage::new();
    let mut peer = Peer::new(Codec::Pcmu);
    let leg = stage.leg(&peer);
    leg.play(Play { stop_on: Keys::NONE.with(key('1')), ..play(1, &recording(10)) }).unwrap();
    peer.press(&leg, '5', 8_000, 160, false);
    assert_eq!(stage.key().await, (key('5'), None));
    assert_eq!(stage.finished().await, PlayId(1));
}

#[tokio::test]
async fn keys_count_once_without_their_ends_and_wait_for_a_slow_listener() {
    let mut stage = Stage::new();
    let (events, mut told) = mpsc::channel(1);
    let mut peer = Peer::new(Codec::Pcmu);
    let leg = stage.media.open(LegSettings::default(), events).unwrap();
    leg.connect(peer.connection()).unwrap();
    let digits = "1234567890*#ABCD112233";
    for (index, symbol) in (0..).zip(digits.chars()) {
        for duration in [160, 160, 320] {
            peer.press(&leg, symbol, index * 1_600, duration, false);
        }
    }
    // A second leg's key has been heard only when all of these have been.
    let mut other = Peer::new(Codec::Pcmu);
    let last = stage.leg(&other);
    other.press(&last, '0', 0, 160, false);
    stage.key().await;
    let mut heard = String::new();
    while heard.len() < digits.len() {
        let FromLeg { event, .. } =
            tokio::time::timeout(PATIENCE, told.recv()).await.unwrap().unwrap();
        if let LegEvent::Key { key, .. } = event {
            heard.push(key.symbol());
        }
    }
    assert_eq!(heard, digits);
    drop(told);
    assert_eq!(leg.close().await.keys, 22);
}

#[tokio::test]
async fn a_peer_without_events_is_listened_to_and_spoken_to_in_tones() {
    let mut stage = Stage::new();
    let mut peer = Peer::new(Codec::Pcma);
    peer.events = None;
    let leg = stage.leg(&peer);
    let digits = [key('4'), key('2'), key('#')];
    let sound = Codec::Pcma.encode_to_vec(&dtmf::generate(digits, 80, 80));
    for frame in sound.chunks(FRAME) {
        peer.say(&leg, frame);
    }
    for digit in digits {
        assert_eq!(stage.key().await.0, digit);
    }
    leg.send_keys(&digits, Duration::from_millis(80)).unwrap();
    let (mut detector, mut heard) = (Detector::default(), Vec::new());
    for _ in 0..500 {
        let samples = Codec::Pcma.decode_to_vec(&peer.hear().1);
        heard.extend(detector.feed(&samples).into_iter().filter_map(|event| match event {
            DtmfEvent::Start(key) => Some(key),
            DtmfEvent::End(_) => None,
        }));
        if heard.len() == digits.len() {
            break;
        }
    }
    assert_eq!(heard, digits);
}

#[tokio::test]
async fn sent_keys_are_events_with_marker_and_three_ends_while_audio_stands_aside() {
    let stage = Stage::new();
    let peer = Peer::new(Codec::Pcma);
    let leg = stage.leg(&peer);
    peer.hear();
    leg.send_keys(&[key('9'), key('9')], Duration::from_millis(100)).unwrap();
    let mut heard = vec![peer.hear_until(|header, _| header.payload_type == EVENTS)];
    heard.extend(peer.hear_many(14));
    let headers: Vec<&Header> = heard.iter().map(|it| &it.0).collect();
    assert_one_stream(headers.iter().copied());
    let seen: Vec<String> = heard
        .iter()
        .map(|(header, payload)| {
            match Report::parse(payload).filter(|_| header.payload_type == EVENTS) {
                Some(report) => {
                    let marker = if header.marker { "M" } else { "" };
                    format!("{marker}{}{}", report.duration, if report.end { "E" } else { "" })
                }
                None => "audio".to_owned(),
            }
        })
        .collect();
    insta::assert_snapshot!(seen.join(" "), @"M160 320 480 640 800E 800E 800E M160 320 480 640 800E 800E 800E audio");
    assert_eq!(headers[0].timestamp, headers[6].timestamp);
    assert!(headers[7].timestamp.wrapping_sub(headers[0].timestamp) >= 1_600);
    assert!(headers[14].marker, "speech begins again");
}

#[tokio::test]
async fn a_key_under_which_speech_goes_on_is_no_jitter() {
    let mut stage = Stage::new();
    let mut peer = Peer::new(Codec::Pcmu);
    let leg = stage.leg(&peer);
    peer.say(&leg, &[1; FRAME]);
    stage.latched(&leg).await;
    // Held for a fifth of a second with speech between its packets, as baresip does, and all of it at once.
    let began = peer.timestamp;
    for step in 1..=10 {
        peer.send(&leg, 0, false, began, &[1; FRAME]); // at one time, so that only keys could differ
        peer.press(&leg, '1', began.wrapping_sub(7_000), step * 160, step == 10);
    }
    peer.press(&leg, '2', began.wrapping_add(800), 160, true);
    while stage.key().await.0 != key('2') {}
    let Counts { received, reception, .. } = leg.close().await;
    assert_eq!((received, reception.lost), (22, 0), "they are counted all the same");
    assert!(reception.jitter < 400, "{reception:?}");
}

#[tokio::test]
async fn keys_count_once_when_they_are_a_stream_of_their_own_beside_the_audio() {
    let mut stage = Stage::new();
    let mut peer = Peer::new(Codec::Pcmu);
    let leg = stage.leg(&peer);
    for (index, symbol) in (0..).zip("12".chars()) {
        for duration in [160, 320, 480, 640] {
            peer.ssrc = 1;
            peer.say(&leg, &[1; FRAME]);
            peer.ssrc = 2;
            peer.press(&leg, symbol, 5_000 + index * 1_600, duration, duration == 640);
        }
        assert_eq!(stage.key().await.0, key(symbol));
    }
    // Packets are read in order: when this one is told, all before it have been counted.
    peer.press(&leg, '3', 20_000, 160, false);
    assert_eq!(stage.key().await.0, key('3'));
    let counts = leg.close().await;
    assert_eq!((counts.keys, counts.received), (3, 17));
}
