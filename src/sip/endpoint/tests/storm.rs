//! Many calls that do whatever they like over a network that loses, repeats, delays and reorders. Whatever happens,
//! every leg ends once, and nothing is left behind.

use proptest::prelude::*;

use super::*;

/// Lets both ends call, answer, refuse, offer, transfer and hang up at random, then waits until all is quiet.
fn storm(seed: u64, weather: Weather, calls: usize) -> World {
    storm_with(seed, weather, calls, |_| {})
}

fn storm_with(seed: u64, weather: Weather, calls: usize, adjust: impl Fn(&mut Config)) -> World {
    let mut world = World::with(2, seed, weather, adjust);
    let mut seen = [0, 0];
    let mut placed = 0;
    let end_of_calls = Mono::from_millis(60_000);
    loop {
        if placed < calls && world.now < end_of_calls {
            placed += 1;
            let from = placed % 2;
            let late = world.chance(20);
            let ring_s = 1 + u64::from(world.rng.next_u32() % 30);
            let leg = world.call(from, 1 - from, |call| {
                call.ring_for = Duration::from_secs(ring_s);
                if late {
                    call.sdp = None;
                }
            });
            if world.chance(30) {
                soon_wish(&mut world, from, leg, 5_000);
            }
        }
        for (end, seen) in seen.iter_mut().enumerate() {
            while let Some((leg, event)) = world.heard[end].get(*seen).cloned() {
                *seen += 1;
                react(&mut world, end, leg, &event);
            }
        }
        let until = world.now + Duration::from_millis(600_000);
        if !world.step(until) {
            break;
        }
        assert!(world.now < Mono::from_millis(3_600_000), "it goes on for ever");
    }
    world
}

fn sdp() -> Bytes {
    Bytes::from_static(b"v=0 any")
}

/// Mostly one that was not offered before.
fn other_sdp(world: &mut World) -> Bytes {
    format!("v=0 {}", world.rng.next_u32() % 50).into()
}

fn react(world: &mut World, end: usize, leg: LegId, event: &LegEvent) {
    match event {
        LegEvent::Incoming(_) => {
            if world.chance(50) {
                world.wish(
                    end,
                    leg,
                    Wish::Progress { status: 180, sdp: None, headers: Vec::new() },
                );
            }
            let pick = world.rng.next_u32() % 100;
            let delay = u64::from(world.rng.next_u32() % 10_000);
            let wish = match pick {
                0..70 => Wish::Answer { sdp: sdp(), headers: Vec::new() },
                70..80 => Wish::Reject { status: 486, headers: Vec::new() },
                80..90 => Wish::HangUp { reason: None, headers: Vec::new() },
                _ => return, // forgotten: the ring time ends it
            };
            world.later(delay, end, Event::Wish { leg, wish });
        }
        LegEvent::Answered { is_offer, .. } => {
            if *is_offer && world.chance(80) {
                world.wish(end, leg, Wish::Acknowledge { sdp: sdp() });
            }
            soon_wish(world, end, leg, 20_000);
            soon_hang_up(world, end, leg);
        }
        LegEvent::Acknowledged { .. } => {
            soon_wish(world, end, leg, 20_000);
            soon_hang_up(world, end, leg);
        }
        LegEvent::Offered { .. } | LegEvent::OfferWanted => {
            let wish = if world.chance(80) {
                Wish::AnswerOffer { sdp: sdp() }
            } else {
                Wish::RejectOffer { status: 488 }
            };
            let delay = u64::from(world.rng.next_u32() % 500);
            world.later(delay, end, Event::Wish { leg, wish });
        }
        LegEvent::Refer(_) => {
            world.wish(end, leg, Wish::AnswerRefer { status: 202 });
            world.later(700, end, Event::Wish { leg, wish: Wish::NotifyRefer { status: 200 } });
        }
        LegEvent::Progress { .. }
        | LegEvent::OfferWithdrawn
        | LegEvent::OfferAnswered { .. }
        | LegEvent::OfferRefused { .. }
        | LegEvent::Key { .. }
        | LegEvent::ReferProgress { .. }
        | LegEvent::Ended(_)
        | LegEvent::Failed(_)
        | LegEvent::Gone => {}
    }
}

/// Some wish, some time.
fn soon_wish(world: &mut World, end: usize, leg: LegId, within_ms: u32) {
    let wish = match world.rng.next_u32() % 5 {
        0 => Wish::Offer { sdp: other_sdp(world), by: OfferBy::Invite },
        1 => Wish::Offer { sdp: other_sdp(world), by: OfferBy::Update },
        2 => {
            let body = Secret::new(Bytes::from_static(b"Signal=1\r\n"));
            Wish::Info { content_type: "application/dtmf-relay".to_owned(), body }
        }
        3 => Wish::Refer {
            target: Box::new(uri("sip:8002@hotline")),
            referred_by: None,
            headers: Vec::new(),
        },
        _ => Wish::HangUp { reason: None, headers: Vec::new() },
    };
    let delay = u64::from(world.rng.next_u32() % within_ms);
    world.later(delay, end, Event::Wish { leg, wish });
}

fn soon_hang_up(world: &mut World, end: usize, leg: LegId) {
    let delay = u64::from(world.rng.next_u32() % 60_000);
    let wish = Wish::HangUp { reason: None, headers: Vec::new() };
    world.later(delay, end, Event::Wish { leg, wish });
}

/// Every leg that was heard of ends exactly once, and is gone exactly once after that, and is not heard of again.
#[track_caller]
fn expect_proper_ends(world: &World) {
    for heard in &world.heard {
        let mut legs: BTreeMap<LegId, Vec<&LegEvent>> = BTreeMap::new();
        for (leg, event) in heard {
            legs.entry(*leg).or_default().push(event);
        }
        for (leg, events) in legs {
            let count = |is: fn(&LegEvent) -> bool| events.iter().filter(|event| is(event)).count();
            let story: Vec<String> = events.iter().map(|event| short(event)).collect();
            let ends = count(|event| matches!(event, LegEvent::Ended(_) | LegEvent::Failed(_)));
            let gone = count(|event| matches!(event, LegEvent::Gone));
            assert_eq!((ends, gone), (1, 1), "{leg:?}: {story:?}");
            assert!(matches!(events.last(), Some(LegEvent::Gone)), "{leg:?}: {story:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_leg_ends_once_and_nothing_is_left_whatever_the_network_does(
        seed in any::<u64>(),
        lost in 0_u32..=30,
        repeated in 0_u32..=20,
        slow in 1_u32..=1_500,
    ) {
        let world = storm(seed, Weather { lost, repeated, delay_ms: 1..=slow }, 12);
        expect_proper_ends(&world);
        world.expect_empty();
    }

    #[test]
    fn with_sessions_of_a_few_seconds_every_leg_ends_once_too(
        seed in any::<u64>(),
        lost in 0_u32..=30,
        repeated in 0_u32..=20,
        expires_s in 2_u64..=30,
    ) {
        let weather = Weather { lost, repeated, delay_ms: 1..=400 };
        let world = storm_with(seed, weather, 12, |config| {
            config.session_expires = Duration::from_secs(expires_s);
            config.min_se = Duration::from_secs(2);
        });
        expect_proper_ends(&world);
        world.expect_empty();
    }

    #[test]
    fn any_bytes_and_any_broken_message_do_no_harm(
        seed in any::<u64>(),
        cut in 0_usize..400,
        flip in 0_usize..400,
        with in any::<u8>(),
    ) {
        let mut world = World::new(2, seed, FINE);
        world.call(0, 1, |_| {});
        let mut messages = Vec::new();
        while let Some((_, (_, event))) = world.agenda.pop_first() {
            if let Event::Datagram { bytes, .. } = event { messages.push(bytes) }
        }
        for message in messages {
            let mut bytes = message.to_vec();
            if let Some(byte) = bytes.get_mut(flip) { *byte = with }
            bytes.truncate(bytes.len().saturating_sub(cut));
            let peer = Peer::udp(address(1), address(0));
            world.happen(1, Event::Datagram { peer, bytes: bytes.into() });
        }
        world.run(1_000_000);
        world.expect_empty();
    }
}

#[test]
fn on_a_kind_network_both_ends_of_a_call_tell_the_same_story() {
    let world = storm(11, FINE, 200);
    expect_proper_ends(&world);
    world.expect_empty();
    let answered = |end: usize| {
        world.heard[end].iter().filter(|(_, it)| matches!(it, LegEvent::Answered { .. })).count()
    };
    let ended = |end: usize, out: bool| {
        let is = |(leg, it): &&(LegId, LegEvent)| {
            leg.is_outgoing() == out && matches!(it, LegEvent::Ended(_))
        };
        world.heard[end].iter().filter(is).count()
    };
    assert!(answered(0) > 20 && answered(1) > 20);
    // Whoever called and was answered has ended, and so has the other end of that call.
    assert_eq!(ended(0, true), answered(0));
    assert_eq!(ended(1, true), answered(1));
    assert!(ended(1, false) >= answered(0) && ended(0, false) >= answered(1));
}

#[test]
fn the_same_seed_gives_the_same_story() {
    let story = |world: World| format!("{:?} {}", world.heard, world.sent);
    let weather = Weather { lost: 20, repeated: 10, delay_ms: 1..=300 };
    assert_eq!(story(storm(5, weather.clone(), 20)), story(storm(5, weather, 20)));
}
