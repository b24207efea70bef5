//! Any events in any order, most of them nonsense: what must hold is looked at after each of them.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "only a few events and commands matter to each look from outside"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use proptest::prelude::*;

use super::*;
use crate::queue::config::{AgentConfig, QueueConfig};
use crate::queue::journal::Totals;

const QUEUES: [&str; 3] = ["service", "sales", "alarm"];
const AGENTS: [&str; 4] = ["lin", "wang", "chen", "fixed"];

fn config() -> QueuesConfig {
    let seconds = Duration::from_secs;
    let queue = |name: &str, max_length, wrap_up, when_unstaffed| QueueConfig {
        offer_for: seconds(15),
        max_wait: seconds(120),
        max_length,
        wrap_up: seconds(wrap_up),
        when_unstaffed,
        ..QueueConfig::named(name)
    };
    let agent = |id: &str, queues: &[&str]| AgentConfig {
        id: id.into(),
        queues: queues.iter().map(|name| (*name).into()).collect(),
        fixed: id == "fixed",
    };
    QueuesConfig {
        queues: vec![
            queue("service", 4, 10, WhenUnstaffed::SendAway),
            queue("sales", 3, 0, WhenUnstaffed::RefuseNew),
            queue("alarm", 100, 5, WhenUnstaffed::Wait),
        ],
        agents: vec![
            agent("lin", &["service", "sales", "alarm"]),
            agent("wang", &["service", "nobody-knows-it"]),
            agent("chen", &["alarm", "sales"]),
            agent("fixed", &["sales"]),
        ],
        rules: AgentRules {
            missed_limit: NonZeroU32::new(2).unwrap(),
            missed_rest: Some(seconds(40)),
            after_refusal: seconds(3),
        },
    }
}

/// Events for 8 callers, 5 agents (one unknown), 4 queues (one unknown), and offers of which most are over or never were.
fn event() -> impl Strategy<Value = Event> {
    let caller = || (0..8_u64).prop_map(CallerId);
    let agent = || {
        prop::sample::select(vec!["lin", "wang", "chen", "fixed", "stranger"])
            .prop_map(AgentId::from)
    };
    let queue = prop::sample::select(vec!["service", "sales", "alarm", "nowhere"])
        .prop_map(QueueName::from);
    let offer = || (0..40_u64).prop_map(OfferId);
    prop_oneof![
        6 => (caller(), queue, 0..3_u8).prop_map(|(caller, queue, priority)| Event::Enter { caller, queue, priority }),
        1 => caller().prop_map(Event::Leave),
        2 => caller().prop_map(Event::HungUp),
        3 => agent().prop_map(Event::Registered),
        1 => agent().prop_map(Event::Unregistered),
        1 => agent().prop_map(Event::Ready),
        1 => agent().prop_map(Event::NotReady),
        5 => offer().prop_map(Event::Answered),
        2 => offer().prop_map(Event::Refused),
        2 => offer().prop_map(Event::Cleared),
        4 => (offer(), any::<bool>()).prop_map(|(offer, returns)| Event::TalkEnded { offer, returns }),
        4 => Just(Event::Tick),
    ]
}

/// Offers in the range of [`event`] are mostly stale once the numbers have grown: counted back from the newest instead.
fn recent(event: Event, newest: u64) -> Event {
    let back = |OfferId(n): OfferId| OfferId(newest.saturating_sub(n / 4));
    match event {
        Event::Answered(offer) => Event::Answered(back(offer)),
        Event::Refused(offer) => Event::Refused(back(offer)),
        Event::Cleared(offer) => Event::Cleared(back(offer)),
        Event::TalkEnded { offer, returns } => Event::TalkEnded { offer: back(offer), returns },
        other => other,
    }
}

/// What an outsider concludes from commands and events alone.
#[derive(Default)]
struct Outside {
    /// Offers that ring or talk: who, for whom, and whether they were connected.
    legs: BTreeMap<OfferId, (AgentId, CallerId, bool)>,
    totals: BTreeMap<QueueName, Totals>,
}

impl Outside {
    fn hear(&mut self, event: &Event) {
        match event {
            // The legs that the event itself ends, if they were what it takes them for.
            Event::Refused(offer) if self.legs.get(offer).is_some_and(|leg| !leg.2) => {
                _ = self.legs.remove(offer)
            }
            Event::TalkEnded { offer, .. } if self.legs.get(offer).is_some_and(|leg| leg.2) => {
                self.legs.remove(offer);
            }
            Event::HungUp(caller) | Event::Enter { caller, .. } => {
                self.legs.retain(|_, leg| !(leg.1 == *caller && leg.2));
            }
            _ => {}
        }
    }

    fn see(&mut self, command: &Command) {
        match command {
            Command::Offer { offer, caller, agent, .. } => {
                for (agent_has, caller_has, _) in self.legs.values() {
                    assert_ne!(agent_has, agent, "an agent is offered two calls");
                    assert_ne!(caller_has, caller, "a caller is offered twice");
                }
                self.legs.insert(*offer, (agent.clone(), *caller, false));
            }
            Command::CancelOffer { offer, .. } => {
                assert!(
                    self.legs.remove(offer).is_none_or(|leg| !leg.2),
                    "a talk is cancelled as if it rang"
                );
            }
            Command::Connect { offer, caller, agent } => {
                let leg = self.legs.get_mut(offer).expect("connected without an offer");
                assert_eq!(*leg, (agent.clone(), *caller, false));
                leg.2 = true;
            }
            Command::Announce { caller, position, .. } => {
                assert!(*position > 0);
                assert!(
                    self.legs.values().all(|leg| leg.1 != *caller),
                    "told to wait while an agent rings"
                );
            }
            Command::Note(record) => {
                self.totals.entry(record.queue.clone()).or_default().count(&record.what)
            }
            Command::Outcome { .. } | Command::AgentIs { .. } => {}
        }
    }
}

/// Everything that always holds, looked up the slow way.
fn check(it: &Dispatcher, now: Mono, outside: &Outside) {
    let mut timers = 0;
    let mut in_lines = BTreeSet::new();
    for at in it.lines.positions() {
        let line = &it.lines[at];
        let view = line.view(now);
        let counted = outside.totals.get(&line.config.name).copied().unwrap_or_default();
        assert_eq!(line.totals, counted, "figures drifted from the journal");
        assert_eq!(
            line.totals.open(),
            (view.waiting + view.offered) as u64,
            "a visit was lost or closed twice"
        );
        let agents = it.agents.positions().filter(|agent| it.agents[*agent].queues.contains(&at));
        let (mut staffed, mut idle) = (0, BTreeSet::new());
        for agent in agents {
            staffed += usize::from(it.agents[agent].registered);
            if it.agents[agent].state == State::Idle {
                idle.insert((it.agents[agent].idle_since, agent));
            }
        }
        assert_eq!((line.staffed, line.idle_agents()), (staffed, &idle));
        assert!(view.waiting == 0 || idle.is_empty(), "a caller waits beside an idle agent");
        for (place, id, waits) in line.in_line() {
            assert!(in_lines.insert(id), "a caller stands in two places");
            let caller = &it.callers[&id];
            assert_eq!((caller.queue, caller.place), (at, place));
            assert_eq!(caller.state == CallerState::Waiting, waits);
            assert_eq!(caller.wait_due.is_some(), waits, "someone waits without an end");
        }
    }
    for (id, caller) in &it.callers {
        timers +=
            usize::from(caller.wait_due.is_some()) + usize::from(caller.announce_due.is_some());
        let held_by = match caller.state {
            CallerState::Waiting => continue,
            CallerState::Offered(at) | CallerState::Talking(at) => it.agents[at].state,
        };
        match held_by {
            State::Offered { caller, .. } => {
                assert_eq!((caller, in_lines.contains(id)), (*id, true))
            }
            State::Talking { caller, .. } => {
                assert_eq!((caller, in_lines.contains(id)), (*id, false))
            }
            state => panic!("caller {id:?} is held by an agent who is {state:?}"),
        }
    }
    let mut offers = BTreeMap::new();
    for at in it.agents.positions() {
        let agent = &it.agents[at];
        offers.extend(agent.state.offer().map(|offer| (offer, at)));
        timers += usize::from(agent.due.is_some());
        assert_eq!(agent.due, agent.state.until());
        match agent.state {
            State::Idle => assert!(agent.is_available()),
            State::Away { .. } => assert!(!agent.is_available()),
            State::Offered { caller, .. } => {
                assert_eq!(it.callers[&caller].state, CallerState::Offered(at))
            }
            State::Talking { caller, .. } => {
                assert_eq!(it.callers[&caller].state, CallerState::Talking(at))
            }
            State::Quiet { .. } | State::WrapUp { .. } => {}
        }
    }
    assert_eq!(it.offers, offers);
    assert_eq!(it.timers.len(), timers, "a timer without an owner");
}

fn step(it: &mut Dispatcher, now: Mono, event: Event, outside: &mut Outside) {
    let mut out = Vec::new();
    outside.hear(&event);
    it.handle(now, event, &mut out);
    out.iter().for_each(|command| outside.see(command));
    check(it, now, outside);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_nobody_is_lost_reserved_or_offered_twice(
        events in prop::collection::vec((event(), 0..30_000_u64), 1..150),
    ) {
        let (mut it, mut outside) = (Dispatcher::new(config()), Outside::default());
        let mut now = Mono::ZERO;
        for (event, passed_ms) in events {
            // Sometimes the shell is late: then the event comes with timers overdue.
            let next = now + Duration::from_millis(passed_ms);
            while let Some(due) = it.deadline().filter(|due| *due <= next && passed_ms % 3 > 0) {
                now = now.max(due);
                step(&mut it, now, Event::Tick, &mut outside);
            }
            now = next;
            let newest = it.next_offer;
            step(&mut it, now, recent(event, newest), &mut outside);
        }
        // Nobody outside says anything any more: all waits end, no agent stays reserved.
        let end = now + Duration::from_secs(3_600);
        for _ in 0..5_000 {
            let Some(due) = it.deadline().filter(|due| *due <= end) else { break };
            now = now.max(due);
            step(&mut it, now, Event::Tick, &mut outside);
        }
        for name in QUEUES {
            let view = it.queue(now, &name.into()).unwrap();
            prop_assert_eq!((view.waiting, view.offered), (0, 0));
        }
        for id in AGENTS {
            let state = it.agent(&id.into()).unwrap();
            prop_assert!(!matches!(state, AgentState::Offered | AgentState::Quiet | AgentState::WrapUp), "{}", id);
        }
    }

    #[test]
    fn callers_of_one_queue_are_offered_by_priority_and_arrival(priorities in prop::collection::vec(0..3_u8, 1..60)) {
        let queue = QueueConfig { wrap_up: Duration::ZERO, ..QueueConfig::named("service") };
        let agent = AgentConfig { id: "lin".into(), queues: vec!["service".into()], fixed: true };
        let mut it = Dispatcher::new(QueuesConfig { queues: vec![queue], agents: vec![agent], ..Default::default() });
        let mut out = Vec::new();
        // One caller keeps the agent busy while the others arrive.
        let enter = |n: usize, priority| Event::Enter { caller: CallerId(n as u64), queue: "service".into(), priority };
        it.handle(Mono::ZERO, enter(1_000, 0), &mut out);
        it.handle(Mono::ZERO, Event::Answered(OfferId(1)), &mut out);
        for (n, priority) in priorities.iter().enumerate() {
            it.handle(Mono::from_millis(n as u64 / 7), enter(n, *priority), &mut out);
        }
        out.clear();
        for offer in 1..=priorities.len() as u64 {
            it.handle(Mono::from_millis(9_000), Event::TalkEnded { offer: OfferId(offer), returns: false }, &mut out);
            it.handle(Mono::from_millis(9_000), Event::Answered(OfferId(offer + 1)), &mut out);
        }
        let served: Vec<_> = out.iter().filter_map(|command| match command {
            Command::Offer { caller, .. } => Some(caller.0 as usize),
            _ => None,
        }).collect();
        let mut wanted: Vec<_> = (0..priorities.len()).collect();
        wanted.sort_by_key(|n| Reverse(priorities[*n])); // stable: arrival within a priority
        prop_assert_eq!(served, wanted);
    }
}
