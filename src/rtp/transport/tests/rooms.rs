//! Three and more in a room, on one thread and over two.

use super::*;

/// A level that G.711 gives back exactly, as its byte in A-law.
fn level(sample: i16) -> [u8; FRAME] {
    let byte = Codec::Pcma.encode_to_vec(&[sample])[0];
    [byte; FRAME]
}

/// What a byte of a packet stands for.
fn sample(codec: Codec, payload: &[u8]) -> i16 {
    codec.decode_to_vec(payload)[FRAME / 2]
}

/// Lets all of `peers` say their level until each hears what it should.
fn hear_each_other(peers: &mut [(Peer, Leg, i16)], expected: &[i16]) {
    for _ in 0..500 {
        let mut right = 0;
        for ((peer, leg, says), expected) in peers.iter_mut().zip(expected) {
            let payload: Vec<u8> = peer.codec.encode_to_vec(&[*says; FRAME]);
            peer.say(leg, &payload);
            let heard = sample(peer.codec, &peer.hear().1);
            // Twice through G.711, and the sum of what each makes of it.
            right += usize::from(heard.abs_diff(*expected) <= expected.unsigned_abs() / 16 + 16);
        }
        if right == expected.len() {
            return;
        }
    }
    panic!("never heard: {expected:?}");
}

#[tokio::test]
async fn everybody_hears_everybody_else_over_any_number_of_threads_and_codecs() {
    for threads in [1, 2] {
        let mut stage = Stage::with_threads(threads);
        let mut peers = Vec::new();
        for (codec, says) in [(Codec::Pcma, 1_000), (Codec::Pcmu, 2_000), (Codec::Pcma, 4_000)] {
            let mut peer = Peer::new(codec);
            let leg = stage.leg(&peer);
            peer.say(&leg, &level(0));
            stage.latched(&leg).await;
            peers.push((peer, leg, says));
        }
        let (host, others) = peers.split_first().unwrap();
        for (_, leg, _) in others {
            leg.join(&host.1).unwrap();
        }
        hear_each_other(&mut peers, &[6_000, 5_000, 3_000]);

        // One leaves by closing, and the two others go on.
        let (_, last, _) = peers.pop().unwrap();
        last.close().await;
        hear_each_other(&mut peers, &[2_000, 1_000]);

        // The host leaves: nobody is left to be heard.
        peers[0].1.leave().unwrap();
        hear_each_other(&mut peers, &[0, 0]);
        peers[0].1.bridge(&peers[1].1).unwrap();
        hear_each_other(&mut peers, &[2_000, 1_000]);
    }
}

#[tokio::test]
async fn a_prompt_goes_before_what_the_others_say() {
    let mut stage = Stage::new();
    let mut peers = Vec::new();
    for says in [1_000, 2_000] {
        let mut peer = Peer::new(Codec::Pcma);
        let leg = stage.leg(&peer);
        peer.say(&leg, &level(0));
        stage.latched(&leg).await;
        peers.push((peer, leg, says));
    }
    peers[1].1.join(&peers[0].1).unwrap();
    hear_each_other(&mut peers, &[2_000, 1_000]);
    let clip = recording(2);
    peers[0].1.play(play(5, &clip)).unwrap();
    let bytes = clip.bytes(Codec::Pcma);
    peers[0].0.hear_until(|_, payload| payload == &bytes[..FRAME]);
    assert_eq!(stage.finished().await, PlayId(5));
    hear_each_other(&mut peers, &[2_000, 1_000]);
}
