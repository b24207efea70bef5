//! The house that is called: two menus with a prompt each that a key leads from one to the other, and nothing else.

use std::fs;
use std::path::Path;

use hotline::audio::Codec;

/// The number that is dialled.
pub(crate) const NUMBER: &str = "4001";
/// Longer than a caller waits between two keys.
const PROMPT_SECONDS: u32 = 20;
/// What the two prompts are made of: one value each, so that one byte of a packet tells which of them plays.
const LEVELS: [i16; 2] = [4_000, -4_000];

/// Writes configuration, flow, words and recordings into `folder`; at most `calls` calls are let in.
pub(crate) fn write(folder: &Path, calls: usize) {
    let prompts = folder.join("prompts/en-US");
    fs::create_dir_all(&prompts).unwrap();
    fs::write(prompts.join("catalog.yaml"), CATALOGUE).unwrap();
    for (name, level) in ["first", "second"].into_iter().zip(LEVELS) {
        recording(&prompts.join(name).with_extension("wav"), level, PROMPT_SECONDS);
    }
    for name in ["no-input", "no-match", "goodbye", "apology"] {
        recording(&prompts.join(name).with_extension("wav"), 100, 1);
    }
    fs::write(folder.join("menus.yaml"), FLOW).unwrap();
    let limits = format!("limits: {{ calls: {calls}, calls_per_second: 100000 }}\n");
    fs::write(folder.join("hotline.yaml"), [CONFIGURATION, &limits].concat()).unwrap();
}

/// The byte that every packet of the first and of the second prompt is filled with.
pub(crate) fn bytes() -> [u8; 2] {
    LEVELS.map(|level| {
        let mut byte = [0];
        Codec::Pcma.encode(&[level], &mut byte);
        byte[0]
    })
}

fn recording(path: &Path, level: i16, seconds: u32) {
    let form = hound::WavSpec {
        channels: 1,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(path, form).unwrap();
    for _ in 0..seconds * 8_000 {
        file.write_sample(level).unwrap();
    }
    file.finalize().unwrap();
}

const CONFIGURATION: &str = "\
sip: { listen: 127.0.0.1:5060 }
rtp: { ip: 127.0.0.1, ports: 20000..39999 }
http: { listen: 127.0.0.1:8080 }
data: data
prompts: prompts
numbers: { 4001: menus.yaml }
";

const FLOW: &str = "\
flow: menus
title: Menus
languages: [en-US]
start: first
defaults: { no_input_after: 5s, between_digits: 3s, tries: 3 }
steps:
  first:
    - menu: first
      keys: { 1: second }
      otherwise: bye
  second:
    - menu: second
      keys: { 1: first }
      otherwise: bye
  bye:
    - hangup: goodbye
";

const CATALOGUE: &str = "\
language: en-US
prompts:
  no-input: I did not get a key from you.
  no-match: Sorry, that is not one of the choices.
  apology: We are sorry, but we cannot go on with your call right now. Please call again later.
  goodbye: Thank you for calling. Goodbye.
  first: For the second menu, press 1.
  second: For the first menu, press 1.
";
