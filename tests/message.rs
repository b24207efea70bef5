//! A caller leaves a message: what is kept is what they said, without the key that ended it; they hear it again, and so
//! does the agent to whom the call's context is told. Who hangs up in the middle has left what they said.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of a test")]

mod peers;

use std::fs;
use std::path::PathBuf;

use ::hotline::audio::{Clip, compare};
use peers::baresip::{Baresip, Phone};
use peers::contexts::Shown;
use peers::hotline::{self, Hotline};
use peers::http;
use peers::sipp::Caller;
use peers::sound;

const FLOW: &str = r##"
flow: message
languages: [zh-CN, en-US]
start: main
context:
  - { label: Message, value: message }
steps:
  main:
    - record: welcome
      into: message
      at_most: 60s
      silence: 5s
      ends_with: "#"
      nothing: nothing
      failed: nothing
    - say: message
    - queue: service
      max_wait: 10m
      otherwise: nothing
  nothing:
    - hangup: goodbye
"##;

fn start() -> Hotline {
    let folder = hotline::folder(|config| {
        assert!(config.contains("\nnumbers:\n"));
        config.replace("\nnumbers:\n", "\nnumbers:\n  \"4090\": message.yaml\n")
    });
    fs::write(folder.path().join("message.yaml"), FLOW).unwrap();
    Hotline::start(folder)
}

/// The recordings that are whole.
fn kept(hotline: &Hotline) -> Vec<PathBuf> {
    let files = fs::read_dir(hotline.data().join("recordings")).unwrap();
    let files = files.map(|it| it.unwrap().path());
    files.filter(|it| it.extension().is_some_and(|it| it == "flac")).collect()
}

/// Nothing else is in it than what was said: neither prompt nor tone before it, nor a key behind it.
#[track_caller]
fn assert_is(flac: &[u8], said: &[i16]) {
    let kept = Clip::load(flac).unwrap().samples();
    let found = compare::find(&kept, said).expect("something is heard");
    assert!(found.is_heard(), "{found:?} in {} samples", kept.len());
    assert!(found.position_ms < 500, "{found:?}: it begins where the caller began");
    let end = usize::try_from(found.position_ms).unwrap() * 8 + said.len();
    for hertz in [941.0, 1_477.0] {
        let rest = kept.get(end + 400..).unwrap_or_default();
        assert!(sound::strength(rest, hertz) < 0.01, "{hertz} Hz of the key");
    }
}

#[test]
fn a_message_is_kept_as_it_was_said_and_heard_by_caller_and_agent() {
    let hotline = start();
    let li =
        Baresip::start(&Phone { answers: false, ..Phone::agent("8001", "demo-8001", hotline.sip) });
    hotline.wait_agent(0, "8001", "ready");
    let call = Caller::to("4090").call(hotline.sip);
    hotline.process.wait_line("recording begins");
    let said = sound::recording("zh-CN/out-of-hours");
    call.talker.say(&said);
    call.talker.wait_said();
    call.talker.press("#");
    let shown = Shown::by(&li, 0);
    let heard = call.talker.heard();
    sound::assert_heard(
        &heard,
        [&sound::recording("zh-CN/welcome"), &sound::recording("tones/beep"), &said],
    );

    let context = shown.fetch();
    let id = context["answers"]["message"].as_str().unwrap();
    assert_eq!(context["fields"][0]["value"], id);
    let (server, path) = http::split(&shown.url);
    let token = path.rsplit_once('/').unwrap().1;
    let answer = http::get(server, &format!("/api/recordings/{id}?token={token}"));
    assert_eq!((answer.status(), answer.header("content-type")), (200, "audio/flac"));
    assert_is(&answer.body, &said);
    assert_eq!(http::get(server, &format!("/api/recordings/{id}")).status(), 401);

    call.hang_up();
    hotline.wait_call_end();
    let calls = hotline.stop_and_replay();
    let [call] = &calls[..] else { panic!("{calls:#?}") };
    assert_eq!(call.each("recorded", "outcome"), ["key"]);
}

#[test]
fn who_hangs_up_while_speaking_has_left_a_message() {
    let hotline = start();
    let call = Caller::to("4090").call(hotline.sip);
    hotline.process.wait_line("recording begins");
    let said = sound::recording("zh-CN/out-of-hours");
    call.talker.say(&said);
    call.talker.wait_said();
    call.hang_up();
    hotline.wait_call_end();
    let flac = peers::wait("the message is kept", || kept(&hotline).pop());
    assert_is(&fs::read(flac).unwrap(), &said);
    let calls = hotline.stop_and_replay();
    let [call] = &calls[..] else { panic!("{calls:#?}") };
    assert_eq!(call.each("recorded", "outcome"), ["hung_up"]);
}
