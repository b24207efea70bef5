//! What the dispatcher does, in tables; and the failures that users of other systems report, each shown impossible.

use std::num::NonZeroU32;
use std::time::Duration;

use super::*;
use crate::time::Mono;

/// Lin serves both queues, Wang and Chen the first.
fn shop() -> QueuesConfig {
    let agent = |id: &str, queues: &[&str]| AgentConfig {
        id: id.into(),
        queues: queues.iter().map(|name| (*name).into()).collect(),
        fixed: false,
    };
    QueuesConfig {
        queues: vec![
            QueueConfig {
                offer_for: Duration::from_secs(15),
                announcements: None,
                ..QueueConfig::named("service")
            },
            QueueConfig {
                wrap_up: Duration::from_secs(60),
                announcements: None,
                ..QueueConfig::named("sales")
            },
        ],
        agents: vec![
            agent("lin", &["service", "sales"]),
            agent("wang", &["service"]),
            agent("chen", &["service"]),
        ],
        rules: AgentRules { missed_limit: NonZeroU32::new(2).unwrap(), ..AgentRules::default() },
    }
}

fn service(change: impl FnOnce(&mut QueueConfig)) -> QueuesConfig {
    let mut config = shop();
    change(&mut config.queues[0]);
    config
}

fn enters(caller: u64) -> Event {
    enters_with(caller, "service", 0)
}

fn enters_with(caller: u64, queue: &str, priority: u8) -> Event {
    Event::Enter { caller: CallerId(caller), queue: queue.into(), priority }
}

fn registers(id: &str) -> Event {
    Event::Registered(id.into())
}

fn answers(offer: u64) -> Event {
    Event::Answered(OfferId(offer))
}

fn refuses(offer: u64) -> Event {
    Event::Refused(OfferId(offer))
}

fn is_silent(offer: u64) -> Event {
    Event::Cleared(OfferId(offer))
}

fn ends(offer: u64) -> Event {
    Event::TalkEnded { offer: OfferId(offer), returns: false }
}

fn fails(offer: u64) -> Event {
    Event::TalkEnded { offer: OfferId(offer), returns: true }
}

fn hangs_up(caller: u64) -> Event {
    Event::HungUp(CallerId(caller))
}

use Event::Tick;

/// The commands in the order of telling, without journal and agents' states.
fn telling(out: &[Command]) -> String {
    let one = |command: &Command| match command {
        Command::Offer { offer, caller, agent, .. } => {
            Some(format!("#{} rings {agent:?} for {}", offer.0, caller.0))
        }
        Command::CancelOffer { offer, reason } => Some(format!("#{} stops, {reason:?}", offer.0)),
        Command::Connect { offer, caller, agent } => {
            Some(format!("#{} joins {} and {agent:?}", offer.0, caller.0))
        }
        Command::Announce { caller, position, estimated_wait: None } => {
            Some(format!("{} is at {position}", caller.0))
        }
        Command::Announce { caller, position, estimated_wait: Some(wait) } => {
            Some(format!("{} is at {position}, {} min", caller.0, wait.as_secs() / 60))
        }
        Command::Outcome { caller, outcome } => Some(format!("{}: {outcome:?}", caller.0)),
        Command::AgentIs { .. } | Command::Note(_) => None,
    };
    out.iter().filter_map(one).collect::<Vec<_>>().join("; ")
}

/// Seconds, what happens, what must come out.
#[track_caller]
fn play(config: QueuesConfig, steps: &[(u64, Event, &str)]) -> Dispatcher {
    let mut it = Dispatcher::new(config);
    let mut out = Vec::new();
    for (seconds, event, wanted) in steps {
        it.handle(Mono::from_millis(seconds * 1_000), event.clone(), &mut out);
        assert_eq!(telling(&out), *wanted, "at {seconds} s, {event:?}");
        out.clear();
    }
    it
}

fn totals(it: &Dispatcher) -> Totals {
    it.queue(Mono::ZERO, &"service".into()).unwrap().totals
}

// What it does.

#[test]
fn the_longest_idle_agent_is_rung_and_connected() {
    #[rustfmt::skip]
    play(shop(), &[
        ( 0, registers("wang"), ""),
        ( 1, registers("lin"),  ""),
        ( 9, enters(1),         "#1 rings wang for 1"),
        (10, enters(2),         "#2 rings lin for 2"),
        (11, answers(2),        "#2 joins 2 and lin"),
        (12, answers(1),        "#1 joins 1 and wang"),
    ]);
}

#[test]
fn a_freed_agent_takes_the_highest_priority_of_all_their_queues_then_the_earliest() {
    #[rustfmt::skip]
    play(shop(), &[
        ( 0, registers("lin"),            ""),
        ( 0, enters(1),                   "#1 rings lin for 1"),
        ( 1, answers(1),                  "#1 joins 1 and lin"),
        ( 2, enters(2),                   ""),
        ( 3, enters_with(3, "sales", 0),  ""),
        ( 4, enters_with(4, "sales", 5),  ""),
        ( 9, ends(1),                     ""),
        (19, Tick,                        "#2 rings lin for 4"), // wrap-up of `service`: 10 s
        (20, answers(2),                  "#2 joins 4 and lin"),
        (30, ends(2),                     ""),
        (89, Tick,                        ""),
        (90, Tick,                        "#3 rings lin for 2"), // wrap-up of `sales`: 60 s
    ]);
}

#[test]
fn who_does_not_answer_is_passed_over_and_after_two_misses_not_ready() {
    #[rustfmt::skip]
    let it = play(shop(), &[
        ( 0, registers("lin"),  ""),
        ( 1, registers("wang"), ""),
        ( 2, enters(1),         "#1 rings lin for 1"),
        (17, Tick,              "#1 stops, Missed; #2 rings wang for 1"),
        (17, is_silent(1),      ""),
        (32, Tick,              "#2 stops, Missed; #3 rings lin for 1"),
        (32, is_silent(2),      ""),
        (47, Tick,              "#3 stops, Missed; #4 rings wang for 1"),
        (47, is_silent(3),      ""),
        (62, Tick,              "#4 stops, Missed"),
        (63, Tick,              ""), // both are not ready now
        (70, registers("lin"),  "#5 rings lin for 1"),
    ]);
    assert_eq!(it.agent(&"wang".into()), Some(AgentState::NotReady));
}

#[test]
fn who_missed_an_offer_goes_behind_all_who_are_idle() {
    #[rustfmt::skip]
    play(shop(), &[
        ( 0, registers("lin"),  ""),
        ( 1, registers("wang"), ""),
        ( 2, registers("chen"), ""),
        ( 2, enters(1),         "#1 rings lin for 1"),
        (17, Tick,              "#1 stops, Missed; #2 rings wang for 1"),
        (17, is_silent(1),      ""),
        (18, enters(2),         "#3 rings chen for 2"),
        (19, enters(3),         "#4 rings lin for 3"),
    ]);
}

#[test]
fn an_agent_at_a_fixed_address_is_tried_again_after_a_rest() {
    let mut config = shop();
    config.agents =
        vec![AgentConfig { id: "door".into(), queues: vec!["service".into()], fixed: true }];
    config.rules.missed_limit = NonZeroU32::MIN;
    config.rules.missed_rest = Some(Duration::from_secs(120));
    #[rustfmt::skip]
    play(config, &[
        (  0, enters(1),    "#1 rings door for 1"),
        ( 15, Tick,         "#1 stops, Missed"),
        ( 15, is_silent(1), ""),
        (134, Tick,         ""),
        (135, Tick,         "#2 rings door for 1"),
    ]);
}

#[test]
fn a_busy_phone_is_not_rung_in_a_circle() {
    #[rustfmt::skip]
    play(shop(), &[
        (0, registers("lin"), ""),
        (1, enters(1),        "#1 rings lin for 1"),
        (1, refuses(1),       ""),
        (5, Tick,             ""),
        (6, Tick,             "#2 rings lin for 1"),
    ]);
}

#[test]
fn a_caller_whose_agent_died_comes_back_to_the_old_place() {
    #[rustfmt::skip]
    let it = play(shop(), &[
        ( 0, registers("lin"),                 ""),
        ( 1, enters(1),                        "#1 rings lin for 1"),
        ( 2, enters(2),                        ""),
        ( 3, answers(1),                       "#1 joins 1 and lin"),
        (40, enters(3),                        ""),
        (60, Event::Unregistered("lin".into()), ""),
        (61, fails(1),                         ""),
        (70, registers("chen"),                "#2 rings chen for 1"),
        (71, registers("wang"),                "#3 rings wang for 2"),
    ]);
    assert_eq!((totals(&it).entered, totals(&it).returned, totals(&it).open()), (3, 1, 3));
}

#[test]
fn a_phone_that_fails_whenever_it_answers_is_not_ready_soon() {
    #[rustfmt::skip]
    let it = play(shop(), &[
        ( 0, registers("lin"), ""),
        ( 1, enters(1),        "#1 rings lin for 1"),
        ( 2, answers(1),       "#1 joins 1 and lin"),
        ( 2, fails(1),         ""),
        ( 7, Tick,             "#2 rings lin for 1"),
        ( 8, answers(2),       "#2 joins 1 and lin"),
        ( 8, fails(2),         ""),
        (13, Tick,             ""),
    ]);
    assert_eq!(it.agent(&"lin".into()), Some(AgentState::NotReady));
}

#[test]
fn a_registration_that_expires_in_a_talk_does_not_end_it() {
    #[rustfmt::skip]
    let it = play(shop(), &[
        ( 0, registers("lin"),                  ""),
        ( 1, enters(1),                         "#1 rings lin for 1"),
        ( 3, answers(1),                        "#1 joins 1 and lin"),
        (60, Event::Unregistered("lin".into()), ""),
        (90, ends(1),                           ""),
        (99, enters(2),                         "2: NoAgents"),
    ]);
    assert_eq!(it.agent(&"lin".into()), Some(AgentState::Offline));
}

#[test]
fn an_agent_who_logs_out_while_ringing_leaves_the_caller_to_the_next() {
    #[rustfmt::skip]
    play(shop(), &[
        (0, registers("lin"),                  ""),
        (1, registers("wang"),                 ""),
        (2, enters(1),                         "#1 rings lin for 1"),
        (3, Event::Unregistered("lin".into()), "#1 stops, AgentGone; #2 rings wang for 1"),
    ]);
}

#[test]
fn states_are_told_when_they_change_and_only_then() {
    let mut it = Dispatcher::new(shop());
    let mut told = Vec::new();
    #[rustfmt::skip]
    let events = [
        (0, registers("lin")), (0, registers("lin")), (1, enters(1)), (2, answers(1)), (3, Event::NotReady("lin".into())),
        (4, ends(1)), (14, Tick), (20, Event::Unregistered("lin".into())), (21, Event::Unregistered("lin".into())),
    ];
    for (seconds, event) in events {
        let mut out = Vec::new();
        it.handle(Mono::from_millis(seconds * 1_000), event, &mut out);
        told.extend(out.into_iter().filter_map(|command| match command {
            Command::AgentIs { state, .. } => Some((seconds, state)),
            Command::Offer { .. } | Command::CancelOffer { .. } | Command::Connect { .. } => None,
            Command::Announce { .. } | Command::Outcome { .. } | Command::Note(_) => None,
        }));
    }
    use AgentState::{NotReady, Offered, Offline, Ready, Talking, WrapUp};
    assert_eq!(
        told,
        [(0, Ready), (1, Offered), (2, Talking), (4, WrapUp), (14, NotReady), (20, Offline)]
    );
}

#[test]
fn position_is_told_at_entry_then_when_it_changed_or_is_long_ago() {
    #[rustfmt::skip]
    play(service(|queue| queue.announcements = Some(Announcements::default())), &[
        (  0, registers("lin"),            ""),
        (  0, enters(1),                   "#1 rings lin for 1"),
        (  1, answers(1),                  "#1 joins 1 and lin"),
        (  2, enters(2),                   "2 is at 1"),
        (  3, enters(3),                   "3 is at 2"),
        ( 32, Tick,                        ""),          // due, but no news
        ( 33, hangs_up(2),                 ""),
        ( 33, Tick,                        "3 is at 1"),
        ( 62, Tick,                        ""),
        (122, Tick,                        ""),
        (123, Tick,                        "3 is at 1"), // 90 s without a word
        (124, Event::Leave(CallerId(3)),   ""),
    ]);
}

#[test]
fn what_is_over_is_ignored_and_a_late_answer_finds_nobody() {
    #[rustfmt::skip]
    play(shop(), &[
        (0, answers(7),                       "#7 stops, TooLate"),
        (0, refuses(7),                       ""),
        (0, fails(7),                         ""),
        (0, hangs_up(9),                      ""),
        (0, registers("stranger"),            ""),
        (0, enters_with(1, "nowhere", 0),     "1: NoSuchQueue"),
        (1, registers("lin"),                 ""),
        (2, enters(1),                        "#1 rings lin for 1"),
        (3, enters_with(1, "sales", 0),       ""), // one queue at a time
        (4, ends(1),                          ""), // rings, does not talk
        (5, answers(1),                       "#1 joins 1 and lin"),
        (6, answers(1),                       ""),
        (7, Event::Leave(CallerId(1)),        ""), // a key pressed in a talk
    ]);
}

// Failures of others: the number is the complaint's in the list of what users of other systems suffer.

#[test]
fn f01_two_agents_never_both_answer_one_call() {
    #[rustfmt::skip]
    play(shop(), &[
        ( 0, registers("lin"),  ""),
        ( 1, registers("wang"), ""),
        ( 2, enters(1),         "#1 rings lin for 1"),
        (17, Tick,              "#1 stops, Missed; #2 rings wang for 1"),
        (17, answers(1),        "#1 stops, TooLate"), // crossed on the wire
        (18, answers(2),        "#2 joins 1 and wang"),
        (18, answers(1),        "#1 stops, TooLate"),
    ]);
}

#[test]
fn f02_an_event_told_twice_is_counted_once() {
    #[rustfmt::skip]
    let it = play(shop(), &[
        (0, registers("lin"), ""),
        (1, enters(1),        "#1 rings lin for 1"),
        (2, answers(1),       "#1 joins 1 and lin"),
        (2, answers(1),       ""),
        (9, ends(1),          ""),
        (9, ends(1),          ""),
        (9, hangs_up(1),      ""),
    ]);
    assert_eq!(totals(&it), Totals { entered: 1, answered: 1, ..Totals::default() });
}

#[test]
fn f03_wrap_up_of_one_queue_protects_from_all_others() {
    #[rustfmt::skip]
    play(shop(), &[
        ( 0, registers("lin"),           ""),
        ( 1, enters_with(1, "sales", 0), "#1 rings lin for 1"),
        ( 2, answers(1),                 "#1 joins 1 and lin"),
        (10, ends(1),                    ""),
        (11, enters(2),                  ""),
        (20, Tick,                       ""), // `service` has a wrap-up of 10 s, `sales` one of 60 s
        (69, Tick,                       ""),
        (70, Tick,                       "#2 rings lin for 2"),
    ]);
}

#[test]
fn f08_a_transfer_closes_the_agents_talk_at_once() {
    #[rustfmt::skip]
    play(shop(), &[
        ( 0, registers("lin"),           ""),
        ( 1, enters(1),                  "#1 rings lin for 1"),
        ( 2, answers(1),                 "#1 joins 1 and lin"),
        (30, enters_with(1, "sales", 0), ""),                   // the agent sent the caller to another queue
        (40, Tick,                       "#2 rings lin for 1"), // wrap-up began at 30 s, not when all had hung up
    ]);
}

#[test]
fn f16_an_agent_whose_phone_never_confirms_is_free_after_a_second() {
    #[rustfmt::skip]
    play(shop(), &[
        (0, registers("lin"), ""),
        (1, enters(1),        "#1 rings lin for 1"),
        (2, hangs_up(1),      "#1 stops, CallerGone"),
        (2, enters(2),        ""), // the phone may still ring
        (3, Tick,             "#2 rings lin for 2"),
    ]);
}

#[test]
fn f16_no_member_stays_answered_after_the_caller_left() {
    #[rustfmt::skip]
    let it = play(shop(), &[
        ( 0, registers("lin"), ""),
        ( 1, enters(1),        "#1 rings lin for 1"),
        ( 2, answers(1),       "#1 joins 1 and lin"),
        ( 3, hangs_up(1),      ""),
        (13, Tick,             ""),
    ]);
    assert_eq!(it.agent(&"lin".into()), Some(AgentState::Ready));
}

#[test]
fn m43_empty_full_and_unstaffed_queues_give_the_flow_an_answer() {
    let narrow = |when| service(move |queue| (queue.max_length, queue.when_unstaffed) = (1, when));
    #[rustfmt::skip]
    play(narrow(WhenUnstaffed::SendAway), &[
        (0, enters(1),                          "1: NoAgents"),
        (1, registers("lin"),                   ""),
        (2, enters(1),                          "#1 rings lin for 1"),
        (3, enters(2),                          "2: Full"),
        (4, registers("wang"),                  ""),
        (5, enters(3),                          "#2 rings wang for 3"), // the line is full, but an agent is idle
        (6, Event::Unregistered("wang".into()), "#2 stops, AgentGone"),
        (7, Event::Unregistered("lin".into()),  "#1 stops, AgentGone; 1: NoAgents; 3: NoAgents"),
    ]);
    #[rustfmt::skip]
    play(narrow(WhenUnstaffed::Wait), &[
        (0, enters(1),        ""),
        (9, registers("lin"), "#1 rings lin for 1"),
    ]);
}

#[test]
fn m44_nobody_waits_for_ever_but_a_ringing_phone_is_let_ring() {
    #[rustfmt::skip]
    play(service(|queue| queue.max_wait = Duration::from_secs(30)), &[
        ( 0, registers("lin"), ""),
        ( 1, enters(1),        "#1 rings lin for 1"),
        ( 2, answers(1),       "#1 joins 1 and lin"),
        ( 3, enters(2),        ""),
        ( 5, enters(3),        ""),
        (15, ends(1),          ""),
        (25, Tick,             "#2 rings lin for 2"),
        (35, Tick,             "3: Overflowed"),
        (40, Tick,             "#2 stops, Missed; 2: Overflowed"),
    ]);
}

#[test]
fn m47_nobody_is_told_zero_minutes_or_an_absurd_wait() {
    let mut steps = vec![(0, registers("lin"), ""), (0, enters(1), "#1 rings lin for 1")];
    steps.extend([
        (0, answers(1), "#1 joins 1 and lin"),
        (1, enters(2), "2 is at 1"),
        (1, enters(3), "3 is at 2"),
    ]);
    steps.extend([(1, enters(4), "4 is at 3"), (5, ends(1), ""), (15, Tick, "#2 rings lin for 2")]);
    steps.extend([
        (16, answers(2), "#2 joins 2 and lin"),
        (20, ends(2), ""),
        (30, Tick, "#3 rings lin for 3"),
    ]);
    steps.extend([
        (31, answers(3), "#3 joins 3 and lin"),
        (35, ends(3), ""),
        (45, Tick, "4 is at 1; #4 rings lin for 4"),
    ]);
    // Three answers in 15 s each were measured: the next caller is told a minute, the fifth two.
    steps.extend([(46, answers(4), "#4 joins 4 and lin"), (46, enters(5), "5 is at 1, 1 min")]);
    steps.extend([(46, enters(6), "6 is at 2, 1 min"), (46, enters(7), "7 is at 3, 1 min")]);
    steps.extend([(46, enters(8), "8 is at 4, 1 min"), (46, enters(9), "9 is at 5, 2 min")]);
    play(service(|queue| queue.announcements = Some(Announcements::default())), &steps);
}

#[test]
fn m49_a_caller_who_hangs_up_while_the_agent_rings_stops_the_ringing() {
    #[rustfmt::skip]
    let it = play(shop(), &[
        (0, registers("wang"), ""),
        (1, registers("lin"),  ""),
        (2, enters(1),         "#1 rings wang for 1"),
        (3, hangs_up(1),       "#1 stops, CallerGone"),
        (3, is_silent(1),      ""),
        (4, enters(2),         "#2 rings wang for 2"), // still the longest idle: the agent did nothing wrong
    ]);
    assert_eq!((totals(&it).abandoned, totals(&it).open()), (1, 1));
}
