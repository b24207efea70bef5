//! What a peer hears of prompts, silence and sources; figures; ports.

use super::*;

#[tokio::test]
async fn a_prompt_is_heard_to_the_sample_between_silence_in_one_stream() {
    for codec in Codec::ALL {
        let mut stage = Stage::new();
        let peer = Peer::new(codec);
        let leg = stage.leg(&peer);
        let silence = vec![codec.silence(); FRAME];
        assert_eq!(peer.hear().1, silence);
        let clip = recording(4);
        leg.play(play(1, &clip)).unwrap();
        let mut heard = vec![peer.hear_until(|_, payload| payload != silence)];
        assert!(heard[0].0.marker, "a talkspurt begins");
        heard.extend(peer.hear_many(5));
        let bytes: Vec<u8> = heard.iter().flat_map(|(_, payload)| payload.clone()).collect();
        assert_eq!(bytes[..4 * FRAME], *clip.bytes(codec));
        assert_eq!(bytes[4 * FRAME..], silence.repeat(2));
        assert_one_stream(heard.iter().map(|(header, _)| header));
        assert!(heard.iter().all(|(header, _)| header.payload_type == codec.payload_type()));
        assert_eq!(stage.finished().await, PlayId(1));
    }
}

#[tokio::test]
async fn a_prompt_replaces_the_one_before_and_a_loop_never_ends() {
    let mut stage = Stage::new();
    let peer = Peer::new(Codec::Pcmu);
    let leg = stage.leg(&peer);
    let (music, words) = (recording(3), recording(9));
    leg.play(Play { looped: true, ..play(1, &music) }).unwrap();
    let first = &music.bytes(Codec::Pcmu)[..FRAME];
    for _ in 0..3 {
        peer.hear_until(|_, payload| payload == first);
    }
    leg.play(Play { at_once: true, ..play(2, &words) }).unwrap();
    let last = &words.bytes(Codec::Pcmu)[8 * FRAME..];
    let mut headers = Vec::new();
    loop {
        let (header, payload) = peer.hear();
        headers.push(header);
        if payload == last {
            break;
        }
        assert!(headers.len() < 500);
    }
    assert_one_stream(&headers);
    assert_eq!(stage.finished().await, PlayId(2), "what was replaced is not reported");
}

#[tokio::test]
async fn nothing_is_sent_before_the_peer_is_known_and_a_prompt_waits_for_it() {
    let mut stage = Stage::new();
    let mut peer = Peer::new(Codec::Pcma);
    let leg = stage.media.open(LegSettings::default(), stage.events.clone()).unwrap();
    let clip = recording(2);
    leg.play(play(1, &clip)).unwrap();
    for _ in 0..3 {
        peer.say(&leg, &[1; FRAME]); // media before the answer
    }
    assert_eq!(stage.latched(&leg).await, peer.addr());
    leg.connect(peer.connection()).unwrap();
    let heard = peer.hear_many(2);
    assert_eq!(heard[0].1, clip.bytes(Codec::Pcma)[..FRAME]);
    assert!(heard[0].0.marker);
}

#[tokio::test]
async fn a_source_is_spoken_and_a_tap_hears_what_was_said() {
    let mut stage = Stage::new();
    let mut peer = Peer::new(Codec::Pcma);
    let leg = stage.leg(&peer);
    let mut source = leg.source().unwrap();
    let mut tap = leg.tap().unwrap();
    let words = recording(3);
    for sample in Codec::Pcma.decode_to_vec(words.bytes(Codec::Pcma)) {
        source.push(sample).unwrap();
    }
    let (_, first) = peer.hear_until(|_, payload| payload != [Codec::Pcma.silence(); FRAME]);
    let rest: Vec<u8> = peer.hear_many(2).into_iter().flat_map(|it| it.1).collect();
    assert_eq!([first, rest].concat(), words.bytes(Codec::Pcma));

    // The peer speaks whenever it hears a packet: both ends then keep the same time.
    let said = recording(20);
    let mut frames = said.bytes(Codec::Pcma).chunks(FRAME);
    let wanted: Vec<i16> = Codec::Pcma.decode_to_vec(&said.bytes(Codec::Pcma)[..FRAME]);
    let mut heard: Vec<i16> = Vec::new();
    for _ in 0..500 {
        peer.hear();
        if let Some(frame) = frames.next() {
            peer.say(&leg, frame);
        }
        heard.extend(std::iter::from_fn(|| tap.pop().ok()));
        if heard.windows(FRAME).any(|it| it == wanted) {
            drop(tap);
            let counts = leg.close().await;
            assert!(counts.received > 0 && counts.sent > 3 && counts.junk == 0);
            let told = stage
                .told(|_, event| if let LegEvent::Closed(it) = event { Some(it) } else { None })
                .await;
            assert_eq!(told, counts);
            return;
        }
    }
    panic!("the tap never heard the first frame");
}

#[tokio::test]
async fn held_peers_are_sent_nothing_and_the_prompt_runs_on() {
    let mut stage = Stage::new();
    let peer = Peer::new(Codec::Pcmu);
    let leg = stage.leg(&peer);
    peer.hear();
    leg.connect(Connection { direction: Direction::Inactive, ..peer.connection() }).unwrap();
    leg.play(play(1, &recording(3))).unwrap();
    assert_eq!(stage.finished().await, PlayId(1));
    leg.connect(peer.connection()).unwrap();
    let (header, _) = peer.hear_until(|header, _| header.marker);
    assert_eq!(header.payload_type, 0);
}

#[tokio::test]
async fn closed_legs_give_their_ports_back_and_the_limit_holds() {
    let stage = Stage::new();
    let open = || stage.media.open(LegSettings::default(), stage.events.clone());
    let legs: Vec<Leg> = (0..8).map(|_| open().unwrap()).collect();
    let ports: Vec<u16> = legs.iter().map(|it| it.rtp().port()).collect();
    assert!(ports.iter().all(|it| it % 2 == 0));
    assert!(matches!(open(), Err(MediaError::Full(8))));
    for leg in legs {
        leg.close().await;
    }
    // 20 pairs in the range: all of them are used before one comes again.
    let mut seen = ports.clone();
    for _ in 0..12 {
        let leg = open().unwrap();
        seen.push(leg.rtp().port());
        leg.close().await;
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 20);
    let again = open().unwrap();
    assert_eq!(again.rtp().port(), ports[0]);
}

#[tokio::test]
async fn dropped_legs_close_and_a_shut_down_engine_takes_nothing() {
    let mut stage = Stage::new();
    drop(stage.media.open(LegSettings::default(), stage.events.clone()).unwrap());
    stage.told(|_, event| matches!(event, LegEvent::Closed(_)).then_some(())).await;
    let leg = stage.media.open(LegSettings::default(), stage.events.clone()).unwrap();
    stage.media.shut_down();
    stage.told(|_, event| matches!(event, LegEvent::Closed(_)).then_some(())).await;
    assert_eq!(leg.close().await, Counts::default());
}
