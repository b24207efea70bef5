//! Speaker and microphone without a sound card: ALSA's file plugin writes what is played and gives what is heard.
//!
//! The plugin's null device takes and gives samples as fast as it is asked, so nothing here counts on the wall clock;
//! only what was played, and that it ends, is looked at.
#![cfg(feature = "sound")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test whose sound cannot be read must fail"
)]

mod peers;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use hotline::cli::sound::{Microphone, Player};
use peers::process::Process;
use peers::sipp::Sipp;
use peers::{PATIENCE, sound};

/// ALSA as it is to be for one process: the usual device writes to `played.raw` and hears `spoken.raw`.
fn alsa(folder: &Path) -> std::path::PathBuf {
    let at = |name: &str| folder.join(name).display().to_string();
    let (played, spoken) = (at("played.raw"), at("spoken.raw"));
    let config = folder.join("alsa.conf");
    let text = format!(
        "pcm.!default {{\n  type file\n  file \"{played}\"\n  infile \"{spoken}\"\n  format \"raw\"\n  slave.pcm {{ type null }}\n}}\n"
    );
    fs::write(&config, text).unwrap();
    config
}

/// Runs the ignored test `name` of this file in a process of its own: ALSA reads its configuration once, from the
/// environment.
#[track_caller]
fn apart(name: &str, folder: &Path) {
    let mut process = Process::start(
        "the test's other process",
        Command::new(std::env::current_exe().unwrap())
            .current_dir(folder)
            .env("ALSA_CONFIG_PATH", alsa(folder))
            .args(["--exact", name, "--ignored", "--nocapture"]),
    );
    let status = process.wait_end(PATIENCE);
    assert!(
        status.success() && process.said().contains("1 passed"),
        "{status}\n{}",
        process.said()
    );
}

fn samples(path: &Path) -> Vec<i16> {
    fs::read(path)
        .unwrap()
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect()
}

/// A sine that is never nought, so that it can be told from the silence around it.
fn tone() -> Vec<i16> {
    let phase =
        |n: i32| (f64::from(n) + 0.5) * 440.0 * std::f64::consts::TAU / f64::from(sound::RATE);
    #[expect(clippy::cast_possible_truncation, reason = "a third of full level fits")]
    let sample = |n| (phase(n).sin() * 10_000.0) as i16;
    (0..8_000).map(|n| Some(sample(n)).filter(|it| *it != 0).unwrap_or(1)).collect()
}

#[test]
fn a_prompt_reaches_the_speaker_whole_and_its_end_is_told() {
    let folder = tempfile::tempdir().unwrap();
    apart("a_prompt_is_played", folder.path());
    let played: Vec<i16> = samples(&folder.path().join("played.raw"));
    let begin = played.iter().position(|it| *it != 0).unwrap();
    assert_eq!(played[begin..begin + 8_000], tone()[..]);
    assert!(played[begin + 8_000..].iter().all(|it| *it == 0), "something came after the prompt");
}

#[test]
#[ignore = "part of the test above, in a process of its own"]
fn a_prompt_is_played() {
    let mut player = Player::open().unwrap();
    assert!(player.wait(Duration::ZERO), "nothing plays yet");
    player.play(&tone()).unwrap();
    assert!(player.wait(PATIENCE), "it never ended");
    assert!(player.wait(Duration::ZERO));
}

#[test]
fn a_stopped_prompt_is_silent_at_once_and_the_next_one_plays() {
    let folder = tempfile::tempdir().unwrap();
    apart("a_prompt_is_stopped", folder.path());
    // The plugin begins its file anew for the second prompt.
    let played: Vec<i16> =
        samples(&folder.path().join("played.raw")).into_iter().filter(|it| *it != 0).collect();
    assert_eq!(played, tone());
}

#[test]
#[ignore = "part of the test above, in a process of its own"]
fn a_prompt_is_stopped() {
    let mut player = Player::open().unwrap();
    // An hour: nothing can play it while it is stopped.
    player.play(&vec![5; 8_000 * 3_600]).unwrap();
    player.stop();
    assert!(player.wait(Duration::ZERO), "it still plays");
    player.play(&tone()).unwrap();
    assert!(player.wait(PATIENCE), "the second never ended");
}

#[test]
fn the_microphone_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let spoken: Vec<u8> =
        tone().iter().cycle().take(800_000).flat_map(|it| it.to_le_bytes()).collect();
    fs::write(folder.path().join("spoken.raw"), spoken).unwrap();
    apart("a_microphone_is_read", folder.path());
}

#[test]
#[ignore = "part of the test above, in a process of its own"]
fn a_microphone_is_read() {
    let mut microphone = Microphone::open().unwrap();
    let until = std::time::Instant::now() + PATIENCE;
    let mut heard = Vec::new();
    while heard.len() < 2_000 {
        heard.extend_from_slice(microphone.read());
        assert!(std::time::Instant::now() < until, "only {} samples came", heard.len());
        std::thread::yield_now();
    }
    let strength = sound::strength(&heard[..2_000], 440.0);
    assert!(strength > 0.2, "440 Hz is only {strength} strong");
}

#[test]
fn a_call_is_heard_in_the_speaker() {
    let folder = tempfile::tempdir().unwrap();
    let said = folder.path().join("said.wav");
    sound::write_tone(&said, 1_000.0, Duration::from_secs(1));
    let echo = Sipp::echo();
    let mut phone = Process::start(
        "hotline phone",
        Command::new(env!("CARGO_BIN_EXE_hotline"))
            .env("ALSA_CONFIG_PATH", alsa(folder.path()))
            .arg("phone")
            .arg(format!("sip:4001@{}", echo.at))
            .args(["--for", "2s", "--play"])
            .arg(&said),
    );
    assert!(phone.wait_end(PATIENCE).success());
    // Between the packets the device that nothing holds back plays silence; what it got at one go is heard whole.
    let played = samples(&folder.path().join("played.raw"));
    let loud = played.chunks(200).filter(|chunk| sound::strength(chunk, 1_000.0) > 0.2).count();
    assert!(loud > 10, "1 kHz is heard in {loud} pieces of 25 ms only");
}

#[test]
fn without_a_device_the_phone_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("alsa.conf");
    fs::write(&config, "# no device\n").unwrap();
    let mut phone = Process::start(
        "hotline phone",
        Command::new(env!("CARGO_BIN_EXE_hotline"))
            .env("ALSA_CONFIG_PATH", &config)
            .args(["phone", "sip:4001@127.0.0.1:9"]),
    );
    let status = phone.wait_end(PATIENCE);
    assert_eq!(status.code(), Some(1), "{}", phone.said());
    assert!(phone.said().contains("--no-sound"), "{}", phone.said());
}
