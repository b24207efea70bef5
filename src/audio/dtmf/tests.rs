//! The receiver against ITU-T Q.24, and against everything that is not a key.

use std::f32::consts::TAU;

use proptest::prelude::*;

use super::detector::WEAKEST;
use super::*;
use crate::audio::Codec;

const ALL: &str = "123A456B789C*0#D";

fn keys(symbols: &str) -> impl Iterator<Item = Key> {
    symbols.chars().filter_map(Key::from_symbol)
}

fn silence(ms: u32) -> Vec<i16> {
    vec![0; samples_in(ms)]
}

/// The keys that go down in `sound`, heard in packets of 20 ms. Checks that each comes up again before the next.
#[track_caller]
fn heard(sound: &[i16]) -> String {
    let mut detector = Detector::default();
    let (mut symbols, mut down) = (String::new(), None);
    let packets = sound.chunks(160).map(<[i16]>::to_vec).chain([silence(60)]);
    for event in packets.flat_map(|packet| detector.feed(&packet)) {
        match event {
            DtmfEvent::Start(key) => {
                assert_eq!(down.replace(key), None);
                symbols.push(key.symbol());
            }
            DtmfEvent::End(key) => assert_eq!(down.take(), Some(key)),
        }
    }
    assert_eq!(down, None);
    symbols
}

/// Half a second of two tones given in (Hz, dBm0), as heard through A-law.
fn tones(low: (f32, f32), high: (f32, f32)) -> Vec<i16> {
    let tone: Vec<i16> = pair(low, high, samples_in(500)).collect();
    Codec::Pcma.decode_to_vec(&Codec::Pcma.encode_to_vec(&tone))
}

/// Uniform in -1..1, the same in every run.
fn noise(seed: u32) -> impl FnMut() -> f32 {
    let mut state = seed.max(1);
    move || {
        // xorshift32 (Marsaglia, 2003)
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.cast_signed() as f32 / 2_147_483_648.0
    }
}

#[test]
fn forty_milliseconds_on_and_off_are_a_key_wherever_the_blocks_fall() {
    for codec in Codec::ALL {
        for delay in 0..80 {
            let sound = [vec![0; delay], generate(keys(ALL), 40, 40)].concat();
            let sound = codec.decode_to_vec(&codec.encode_to_vec(&sound));
            assert_eq!(heard(&sound), ALL, "{delay} samples late, {codec:?}");
        }
    }
}

#[test]
fn twenty_three_milliseconds_are_no_key_wherever_the_blocks_fall() {
    for delay in 0..80 {
        let sound = [vec![0; delay], generate(keys(ALL), 23, 60)].concat();
        assert_eq!(heard(&sound), "", "{delay} samples late");
    }
}

#[test]
fn a_held_key_counts_once_and_a_key_pressed_again_counts_again() {
    assert_eq!(heard(&generate(keys("5"), 4_000, 0)), "5");
    assert_eq!(heard(&generate(keys("55555"), 40, 40)), "55555");
    assert_eq!(heard(&generate(keys("1212"), 60, 0)), "1212", "without a pause between");
}

#[test]
fn an_interruption_of_a_lost_packet_does_not_make_two_keys_of_one() {
    for ms in [10, 20] {
        for delay in 0..80 {
            let held = generate(keys("9"), 60, 0);
            let sound = [vec![0; delay], held.clone(), silence(ms), held].concat();
            assert_eq!(heard(&sound), "9", "{ms} ms, {delay} samples late");
        }
    }
}

#[test]
fn frequencies_are_taken_within_one_and_a_half_percent_and_refused_beyond_three_and_a_half() {
    for key in keys(ALL) {
        let (low, high) = key_hz(key);
        let symbol = key.symbol().to_string();
        for (percent, expected) in
            [(0.0, symbol.as_str()), (1.5, &symbol), (-1.5, &symbol), (3.5, ""), (-3.5, "")]
        {
            let off = 1.0 + percent / 100.0;
            assert_eq!(
                heard(&tones((low * off, -10.0), (high, -10.0))),
                expected,
                "{symbol}, row {percent} % off"
            );
            assert_eq!(
                heard(&tones((low, -10.0), (high * off, -10.0))),
                expected,
                "{symbol}, column {percent} % off"
            );
            assert_eq!(
                heard(&tones((low * off, -10.0), (high * off, -10.0))),
                expected,
                "{symbol}, {percent} % off"
            );
        }
        // Between ±1.5 % and ±3.5 % both are right; far beyond, where the phase wraps, only silence is.
        for percent in [4.0, 4.5, 5.0, 6.0] {
            let off = 1.0 + percent / 100.0;
            let sound = tones((low, -10.0), (high * off, -10.0));
            assert_ne!(heard(&sound), symbol, "{symbol}, column {percent} % off");
        }
    }
}

#[test]
fn levels_are_taken_from_minus_3_to_minus_29_dbm0() {
    assert!((peak(-32.0) - WEAKEST).abs() < 0.5);
    for key in keys(ALL) {
        let (low, high) = key_hz(key);
        for (level, expected) in
            [(-3.0, true), (-15.0, true), (-29.0, true), (-36.0, false), (-60.0, false)]
        {
            let found = heard(&tones((low, level), (high, level)));
            assert_eq!(found == key.symbol().to_string(), expected, "{found:?} at {level} dBm0");
        }
    }
}

#[test]
fn the_high_tone_may_be_8_db_below_the_low_one_and_4_db_above() {
    for key in keys(ALL) {
        let (low, high) = key_hz(key);
        for (twist, expected) in
            [(8.0, true), (0.0, true), (-4.0, true), (9.5, false), (-5.5, false)]
        {
            let found = heard(&tones((low, -8.0), (high, -8.0 - twist)));
            assert_eq!(
                found == key.symbol().to_string(),
                expected,
                "{found:?}, low {twist} dB above high"
            );
        }
    }
}

#[test]
fn keys_are_heard_through_noise_12_db_below_them() {
    let mut random = noise(1);
    // Uniform noise of amplitude a has a power of a² / 3; the two tones together are at about -6 dBm0.
    let amplitude = (f32::powi(peak(-6.0), 2) / 2.0 * 3.0 / 10_f32.powf(1.2)).sqrt();
    for _ in 0..10 {
        let mut sound = generate(keys(ALL), 50, 50);
        for sample in &mut sound {
            *sample = sample.saturating_add((random() * amplitude) as i16);
        }
        assert_eq!(heard(&sound), ALL);
    }
}

/// Four minutes of something like speech: a buzz of a wandering pitch through three resonances that move from vowel to
/// vowel, hisses and pauses between.
fn speech(seed: u32) -> Vec<i16> {
    let mut random = noise(seed);
    let mut sound = Vec::new();
    let mut resonances = [[0.0_f32; 2]; 3];
    let (mut pitch, mut phase) = (150.0_f32, 0.0_f32);
    while sound.len() < samples_in(240_000) {
        let length = samples_in((130.0 + 90.0 * random()) as u32);
        let formants =
            [550.0 + 330.0 * random(), 1_500.0 + 800.0 * random(), 2_700.0 + 500.0 * random()];
        let kind = random();
        let glide = random() * 40.0 / length as f32;
        for n in 0..length {
            pitch = (pitch + glide).clamp(80.0, 300.0);
            phase += pitch / 8_000.0;
            let pulse = if phase >= 1.0 { 1.0 } else { 0.0 };
            phase = phase.fract();
            let source = match kind {
                _ if kind > 0.85 => 0.0,
                _ if kind > 0.6 => random() * 0.08,
                _ => pulse + random() * 0.004,
            };
            let mut sum = 0.0;
            for (state, hz) in resonances.iter_mut().zip(formants) {
                let (radius, angle) = (0.97_f32, TAU * hz / 8_000.0);
                let out =
                    source + 2.0 * radius * angle.cos() * state[0] - radius * radius * state[1];
                *state = [out, state[0]];
                sum += out;
            }
            let swell = (n as f32 / length as f32 * TAU / 2.0).sin().max(0.2);
            sound.push((sum * swell * 3_000.0) as i16);
        }
    }
    sound
}

/// Four minutes of three-part chords with overtones, in equal temperament, as hold music has them.
fn music(seed: u32) -> Vec<i16> {
    let mut random = noise(seed);
    let mut sound = Vec::new();
    while sound.len() < samples_in(240_000) {
        let length = samples_in((260.0 + 150.0 * random()) as u32);
        let notes: [f32; 3] =
            std::array::from_fn(|_| 440.0 * 2_f32.powf((random() * 18.0 + 4.0).round() / 12.0));
        let brightness = 0.35 + 0.15 * random();
        sound.extend((0..length).map(|n| {
            let decay = (-3.0 * n as f32 / length as f32).exp();
            let wave = |hz: f32| -> f32 {
                let overtones = (1..=4).filter(|k| hz * (*k as f32) < 3_400.0);
                overtones
                    .map(|k| {
                        brightness.powi(k - 1) * (TAU * hz * k as f32 * n as f32 / 8_000.0).sin()
                    })
                    .sum()
            };
            (notes.iter().map(|&hz| wave(hz)).sum::<f32>() * decay * 4_000.0) as i16
        }));
    }
    sound
}

#[test]
fn speech_is_not_a_key() {
    assert_eq!(heard(&speech(7)), "");
}

#[test]
fn music_is_not_a_key() {
    assert_eq!(heard(&music(11)), "");
}

#[test]
fn noise_is_not_a_key() {
    let mut random = noise(3);
    // Two minutes, swelling and fading.
    let sound: Vec<i16> = (0..samples_in(120_000))
        .map(|n| (random() * 16_000.0 * (n as f32 / 3_000.0).sin()) as i16)
        .collect();
    assert_eq!(heard(&sound), "");
}

#[test]
fn a_key_is_heard_over_the_prompt_that_it_stops() {
    // An echo canceller leaves a little of the prompt: speech 20 dB and more below the key.
    let prompt: Vec<i16> = speech(5).iter().map(|it| it / 16).collect();
    let mut sound = generate(keys(ALL), 80, 80);
    crate::audio::mix::add(&mut sound, &prompt);
    assert_eq!(heard(&sound), ALL);
}

proptest! {
    #[test]
    fn any_sound_in_packets_of_any_size_gives_the_same_well_formed_events(
        sound in prop::collection::vec(any::<i16>(), 0..3_000),
        symbol in 0_u8..16,
        size in 1_usize..500,
    ) {
        let key = Key::from_event(symbol);
        let sound = [sound.clone(), generate(key, 60, 50), sound].concat();
        let mut whole = Detector::default();
        let mut parts = Detector::default();
        let whole: Vec<_> = whole.feed(&sound).into_vec();
        let parts: Vec<_> = sound.chunks(size).flat_map(|part| parts.feed(part)).collect();
        prop_assert_eq!(&whole, &parts);
        for two in whole.windows(2) {
            let well_formed = match (two[0], two[1]) {
                (DtmfEvent::Start(down), DtmfEvent::End(up)) => down == up,
                (DtmfEvent::End(_), DtmfEvent::Start(_)) => true,
                (DtmfEvent::Start(_), DtmfEvent::Start(_)) | (DtmfEvent::End(_), DtmfEvent::End(_)) => false,
            };
            prop_assert!(well_formed, "{:?}", whole);
        }
    }
}
