//! A caller and two phones in one conference: each hears the others and not itself; who leaves is missed by those who stay,
//! and when the last has left, the call goes the step's way.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod peers;

use std::fs;

use peers::baresip::{Baresip, Phone};
use peers::hotline::{self, Hotline};
use peers::sipp::{Call, Caller};
use peers::{sound, wait};

const FLOW: &str = r##"
flow: together
languages: [zh-CN]
start: main
steps:
  main:
    - conference: emergency
      with: ["'8001'", "'8002'"]
      because: alarm
      ring_for: 20s
      failed: nobody
      after: left
  left:
    - play: please-wait
    - goto: bye
  nobody:
    - play: system-down
    - goto: bye
  bye:
    - hangup: goodbye
"##;

/// What the caller says, in Hz.
const CALLER: f64 = 700.0;
/// What the two phones say.
const FIRST: f64 = 1_000.0;
const SECOND: f64 = 1_300.0;
/// A tone that is there: a third of full level comes as 0.3.
const THERE: f64 = 0.1;
/// What A-law and mixing leave where no tone is.
const ABSENT: f64 = 0.01;

fn start() -> Hotline {
    let folder = hotline::folder(|config| {
        assert!(config.contains("\nnumbers:\n"));
        config.replace("\nnumbers:\n", "\nnumbers:\n  \"4091\": together.yaml\n")
    });
    fs::write(folder.path().join("together.yaml"), FLOW).unwrap();
    Hotline::start(folder)
}

/// Waits until the last 400 ms of what is heard have `there` in it and `absent` not.
#[track_caller]
fn wait_tones(who: &str, heard: impl Fn() -> Vec<i16>, there: &[f64], absent: &[f64]) {
    wait(&format!("{who} hears {there:?} and not {absent:?}"), || {
        let heard = heard();
        let last = heard.get(heard.len().checked_sub(3_200)?..)?;
        let is_there = there.iter().all(|it| sound::strength(last, *it) > THERE);
        let is_absent = absent.iter().all(|it| sound::strength(last, *it) < ABSENT);
        (is_there && is_absent).then_some(())
    });
}

/// A minute of the caller's tone, whole periods to a frame.
fn tone() -> Vec<i16> {
    let samples = 60 * sound::RATE;
    let sample = |at| {
        let phase = f64::from(at) * CALLER * std::f64::consts::TAU / f64::from(sound::RATE);
        #[expect(clippy::cast_possible_truncation, reason = "a third of full level fits")]
        let sample = (phase.sin() * 10_000.0) as i16;
        sample
    };
    (0..samples).map(sample).collect()
}

fn call(hotline: &Hotline) -> Call {
    let call = Caller::to("4091").dial(hotline.sip);
    call.talker.say(&tone());
    call
}

#[test]
fn each_hears_the_others_and_not_itself_until_the_last_has_left() {
    let hotline = start();
    let phone = |user, password, tone| {
        let phone = Baresip::start(&Phone { tone, ..Phone::agent(user, password, hotline.sip) });
        hotline.wait_agent(0, user, "ready");
        phone
    };
    let mut first = phone("8001", "demo-8001", FIRST);
    let mut second = phone("8002", "demo-8002", SECOND);
    let call = call(&hotline);
    for who in ["8001", "8002"] {
        hotline.wait_journey(&format!(r#""what":"conference","event":{{"joined":"{who}"}}"#));
    }
    wait_tones("the caller", || call.talker.heard(), &[FIRST, SECOND], &[CALLER]);
    wait_tones("the first phone", || first.heard(), &[CALLER, SECOND], &[FIRST]);
    wait_tones("the second phone", || second.heard(), &[CALLER, FIRST], &[SECOND]);

    first.command("hangup", "");
    let upto = hotline.wait_journey(r#"{"left":"8001"}"#).upto;
    wait_tones("the caller", || call.talker.heard(), &[SECOND], &[CALLER, FIRST]);
    wait_tones("the second phone", || second.heard(), &[CALLER], &[FIRST, SECOND]);

    second.command("hangup", "");
    hotline.wait_journey_after(upto, r#"{"left":"8002"}"#);
    hotline.wait_journey_after(upto, r#""what":"step","step":"left""#);
    hotline.wait_prompt("please-wait");
    call.hang_up();
    hotline.wait_call_end();
    let calls = hotline.stop_and_replay();
    let [call] = &calls[..] else { panic!("{calls:#?}") };
    assert_eq!(call.each("step", "step"), ["main", "left"], "{call:#?}");
}

#[test]
fn where_nobody_is_to_be_had_the_call_goes_on_at_once() {
    let hotline = start();
    let call = call(&hotline);
    hotline.wait_journey(r#""what":"step","step":"nobody""#);
    // The ringing that began for them is over: the words are heard whole.
    hotline.wait_prompt("goodbye");
    let down = sound::recording("zh-CN/system-down");
    sound::assert_heard(&call.talker.heard(), [&down]);
    call.hang_up();
    hotline.wait_call_end();
    hotline.stop_and_replay();
}
