//! `play`: which prompts, how often, how loud, and on which days.

use super::*;

fn flow(fields: &str) -> String {
    format!(
        "
steps:
  main:
    - play: [welcome, notice, system-down]
      {fields}
    - hangup: bye
"
    )
}

/// The prompts of one call before its goodbye, each with its volume.
fn hears(fields: &str, start: Start) -> Vec<(String, i8)> {
    let setting = setting(&flow(fields));
    let mut call = Call::new(&setting);
    call.machine = Machine::new(Arc::clone(&setting), start.clone());
    call.handle(0, Event::Arrived);
    call.hear(0, "connects");
    for second in 1.. {
        if call.hear(second * 1_000, "heard").contains("end Completed") {
            break;
        }
    }
    let again = crate::call::replay(setting, start, &call.log);
    assert_eq!(format!("{again:?}"), format!("{:?}", call.commands));
    let played = call.commands.iter().filter_map(|command| match command {
        Command::Play(it) => Some((it.prompt.as_deref()?.to_owned(), it.volume_db)),
        _ => None,
    });
    played.filter(|(prompt, _)| prompt != "bye").collect()
}

fn names(fields: &str, start: Start) -> Vec<String> {
    hears(fields, start).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn a_number_is_said_with_what_it_counts_and_a_percentage_with_its_own() {
    let setting = setting(
        "
steps:
  main:
    - set: { left: 2, rate: 3.5% }
    - say: left
      unit: days
    - say: rate / 2
    - hangup: bye
",
    );
    let mut call = Call::new(&setting);
    call.handle(0, Event::Arrived);
    call.hear(0, "connects");
    (1..3).for_each(|second| _ = call.hear(second * 1_000, "heard"));
    let said = call.commands.iter().filter_map(|command| match command {
        Command::Play(it) => Some(it.utterance.text.clone()),
        _ => None,
    });
    let said: Vec<_> = said.take(2).collect();
    assert_eq!(said, ["two days", "one point seven five percent"]);
}

#[test]
fn all_prompts_are_heard_in_a_row_as_often_as_wanted() {
    let once = ["welcome", "notice", "system-down"];
    assert_eq!(names("interrupt: yes", start()), once);
    assert_eq!(names("repeat: 2", start()), [once, once].concat());
}

#[test]
fn prompts_are_as_loud_as_wanted_and_the_next_action_is_not() {
    let heard = hears("volume: -6dB", start());
    assert!(heard.iter().all(|(_, volume)| *volume == -6), "{heard:?}");
    assert_eq!(heard.len(), 3);
    let setting = setting(&flow("volume: +3dB\n    - play: menu"));
    let mut call = Call::new(&setting);
    call.handle(0, Event::Arrived);
    call.hear(0, "connects");
    (1..4).for_each(|second| _ = call.hear(second * 1_000, "heard"));
    let last = call.commands.iter().rev().find_map(|command| match command {
        Command::Play(it) => Some((it.prompt.as_deref() == Some("menu"), it.volume_db)),
        _ => None,
    });
    assert_eq!(last, Some((true, 0)));
}

#[test]
fn announcements_that_rotate_take_turns_from_call_to_call() {
    let turn = |turn| names("pick: rotate", Start { turn, ..start() });
    let heard: Vec<String> = (0..6).flat_map(turn).collect();
    assert_eq!(heard, ["welcome", "notice", "system-down"].repeat(2));
    let twice = "pick: rotate\n    - play: [welcome, notice, system-down]\n      pick: rotate";
    assert_eq!(names(twice, start()), ["welcome", "notice"]);
    assert_eq!(names("pick: rotate\n      repeat: 3", start()), ["welcome"; 3]);
}

#[test]
fn announcements_by_chance_are_about_even_and_each_call_hears_its_own_again() {
    let call = |n: u32| Start { call: format!("c{n}").into(), ..start() };
    let mut counts = std::collections::BTreeMap::new();
    for n in 0..300 {
        let heard = names("pick: random", call(n));
        assert_eq!(heard.len(), 1);
        assert_eq!(heard, names("pick: random", call(n)));
        *counts.entry(heard[0].clone()).or_insert(0) += 1;
    }
    assert!(counts.len() == 3 && counts.values().all(|it| (60..140).contains(it)), "{counts:?}");
}

#[test]
fn an_announcement_is_passed_over_while_its_calendar_is_closed() {
    let at = |wall: &str| Start { wall: wall.parse().unwrap(), ..start() };
    let open = at("2026-11-24T15:00:00+08:00[Asia/Shanghai]");
    let closed = at("2026-11-24T23:00:00+08:00[Asia/Shanghai]");
    assert_eq!(names("on: shop", open.clone()).len(), 3);
    assert_eq!(names("on: shop", closed.clone()), Vec::<String>::new());
    for (start, expected) in [(open, true), (closed, false)] {
        let setting = setting(&flow("on: shop"));
        let mut machine = Machine::new(setting, start);
        let mut out = Vec::new();
        machine.handle(Mono::ZERO, Event::Arrived, &mut out);
        machine.handle(Mono::ZERO, Event::Answered, &mut out);
        let noted = out.iter().find_map(|command| match command {
            Command::Note(passage) => match &passage.what {
                What::Hours { calendar, open } => Some((calendar.to_string(), *open)),
                _ => None,
            },
            _ => None,
        });
        assert_eq!(noted, Some(("shop".to_owned(), expected)));
    }
}

#[test]
fn a_calendar_that_there_is_not_is_a_fault_of_the_installation() {
    play(
        &flow("on: fair"),
        &[
            (0, "connects", "sorry"),
            (900, "heard", "last resort: there is no `fair`; end LastResort"),
        ],
    );
}

#[test]
fn a_key_skips_the_rest_whatever_is_repeated() {
    #[rustfmt::skip]
    play(&flow("repeat: 10"), &[
        (    0, "connects", "welcome"),
        (1_000, "heard",    "notice"),
        (1_500, "key 1",    "stop; bye"),
    ]);
}
