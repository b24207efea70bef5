//! Every call ends, exactly once, and never in silence.

use super::*;

#[track_caller]
fn lands_softly(flow: &str, because: &str) {
    #[rustfmt::skip]
    play(flow, &[
        (  0, "connects", "sorry"),
        (500, "key 1",    ""),
        (900, "heard",    &format!("last resort: {because}; end LastResort")),
    ]);
}

#[test]
fn a_flow_that_cannot_go_on_ends_with_an_apology_and_the_last_resort() {
    #[rustfmt::skip]
    let table = [
        ("- goto: main",                               "more than 1000 actions without the caller"),
        ("- goto: nowhere",                            "there is no `nowhere`"),
        ("- set: { a: 1 }",                            "step `main` ends without a way on"),
        ("- set: { a: b + 1 }\n    - hangup:",          "an expression in step `main` has no value"),
        ("- set: { a: 1 / 0 }\n    - hangup:",          "an expression in step `main` has no value"),
        ("- play: nothing-like-it\n    - hangup:",      "the prompt `nothing-like-it` cannot be spoken"),
        ("- play: said\n    - hangup:",                 "the prompt `said` cannot be spoken"),
        ("- hours: nobody\n      closed: main",        "there is no `nobody`"),
        ("- lookup: nobody\n    - hangup:",             "there is no `nobody`"),
        ("- transfer: caller.name\n    - hangup:",      "an expression in step `main` has no value"),
    ];
    for (action, because) in table {
        lands_softly(&format!("\nsteps:\n  main:\n    {action}\n"), because);
    }
}

#[test]
fn what_happened_and_has_no_way_on_ends_there_too() {
    #[rustfmt::skip]
    play("\nsteps:\n  main:\n    - menu: menu\n      keys: { 1: main }\n      tries: 1\n", &[
        (    0, "connects", "menu"),
        (1_000, "key 2",    "stop; sorry"),
        (2_000, "heard",    "last resort: step `main` does not say where to go on `otherwise`; end LastResort"),
    ]);
    #[rustfmt::skip]
    play("\nsteps:\n  main:\n    - queue: service\n", &[
        (    0, "connects", "queue service 0; music"),
        (1_000, "full",     "stop; sorry"),
        (2_000, "hangs-up", "end CallerLeft"),
    ]);
}

#[test]
fn a_goodbye_is_heard_to_its_end() {
    #[rustfmt::skip]
    play("\nsteps:\n  main:\n    - hangup: bye\n", &[
        (    0, "connects", "bye"),
        (  500, "keys 123", ""),
        (1_000, "heard",    "hang up; end Completed"),
        (1_001, "heard",    ""),
        (1_002, "hangs-up", ""),
        (9_999, "tick",     ""),
    ]);
}

#[test]
fn a_prompt_of_which_nobody_says_that_it_was_heard_was_heard() {
    #[rustfmt::skip]
    play("\nsteps:\n  main:\n    - play: [welcome, notice]\n    - hangup: bye\n", &[
        (        0, "connects", "welcome"),
        (  600_000, "tick",     "stop; notice"),
        (1_200_000, "tick",     "stop; bye"),
        (1_800_000, "tick",     "stop; hang up; end Completed"),
    ]);
}

#[test]
fn a_call_that_is_never_connected_is_given_up() {
    let mut call = Call::new(&setting("\nsteps:\n  main:\n    - hangup: bye\n"));
    assert_eq!(call.handle(0, Event::Arrived), "answer");
    assert_eq!(call.handle(59_999, Event::Tick), "");
    assert_eq!(call.handle(60_000, Event::Tick), "hang up; end NotAnswered");
}

#[test]
fn a_silent_line_does_not_go_round_for_ever() {
    let flow =
        "\nsteps:\n  main:\n    - menu: menu\n      keys: { 1: main }\n      otherwise: main\n";
    let mut call = Call::new(&setting(flow));
    call.handle(0, Event::Arrived);
    call.handle(0, Event::Answered);
    let (mut now, mut heard) = (0, String::new());
    while let Some(due) = call.machine.deadline()
        && now < 1_000_000
    {
        now = (due.as_micros() / 1_000).min(now + 2_000);
        heard = if due <= Mono::from_millis(now) {
            call.handle(now, Event::Tick)
        } else {
            call.hear(now, "heard")
        };
    }
    assert_eq!(heard, "last resort: no key in 12 questions on end; end LastResort");
}

#[test]
fn a_key_shows_that_somebody_is_there() {
    let flow =
        "\nsteps:\n  main:\n    - menu: menu\n      keys: { 1: main }\n      otherwise: main\n";
    let mut call = Call::new(&setting(flow));
    call.handle(0, Event::Arrived);
    call.handle(0, Event::Answered);
    let mut now = 0;
    for _ in 0..100 {
        for what in ["heard", "heard", "tick"] {
            now += 6_000;
            call.hear(now, what);
        }
        call.hear(now, "key 1");
    }
    assert!(!call.machine.is_over());
}

#[test]
fn a_call_has_a_most_of_actions() {
    let flow = "\nsteps:\n  main:\n    - play: welcome\n    - goto: main\n";
    let mut call = Call::new(&setting(flow));
    call.handle(0, Event::Arrived);
    call.handle(0, Event::Answered);
    let mut rounds = 0;
    while !call.machine.is_over() {
        rounds += 1;
        call.hear(rounds, "heard");
    }
    assert_eq!(rounds, 10_001);
}
