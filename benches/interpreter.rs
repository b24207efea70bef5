//! One step of the interpreter: an event in, the next prompt out. The aim is under 2 µs.
//!
//! A call of the demo shop from its answer to its goodbye, its words included; the figure is that of one event.
#![expect(clippy::unwrap_used, reason = "a bench that cannot read the demo must fail")]
#![expect(clippy::wildcard_enum_match_arm, reason = "it answers what asks, and no more")]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use hotline::call::{Answer, Command, Event, Machine, Row, Setting, Start, Ticket};
use hotline::secret::Key;
use hotline::server::house::{Ground, Overrides};
use hotline::time::Mono;
use hotline::value::{Type, Value};

fn setting() -> Arc<Setting> {
    let mut ground = Ground::read(Path::new("hotline.yaml"), &Overrides::default()).unwrap();
    let flow = ground.read_flow(Path::new("flows/shop.yaml")).unwrap();
    let calendars = Arc::new(ground.config.times());
    Arc::new(Setting { flow, catalogues: ground.catalogues, calendars })
}

fn start() -> Start {
    Start {
        call: "c1".into(),
        caller_number: None,
        caller_name: None,
        called: "4001".into(),
        language: None,
        turn: 0,
        at: Mono::ZERO,
        wall: "2026-11-24T15:00:00+08:00[Asia/Shanghai]".parse().unwrap(),
    }
}

fn order() -> Arc<Row> {
    let read = |kind: Type, text: &str| kind.read(text).unwrap();
    let row: [(&str, Value); 4] = [
        ("status", Value::Choice("shipped".into())),
        ("carrier", read(Type::Text, "顺丰")),
        ("eta", read(Type::Date, "2026-11-26")),
        ("total", read(Type::Money, "129.35")),
    ];
    Arc::new(row.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

/// The events of one call, made by playing it once.
fn events(setting: &Arc<Setting>) -> Vec<(Mono, Event)> {
    let key = |symbol| Event::Key(Key::from_symbol(symbol).unwrap().into());
    let mut machine = Machine::new(Arc::clone(setting), start());
    let mut script = vec![Event::Arrived, Event::Answered, key('1')];
    script.extend("20260001".chars().map(key));
    let (mut events, mut out, mut at) = (Vec::new(), Vec::new(), 0);
    let mut next = script.into_iter().collect::<std::collections::VecDeque<_>>();
    while let Some(event) = next.pop_front() {
        at += 500;
        let now = Mono::from_millis(at);
        machine.handle(now, event.clone(), &mut out);
        events.push((now, event));
        for command in out.drain(..) {
            match command {
                Command::LookUp(it) => next.push_back(Event::LookedUp {
                    lookup: it.ticket,
                    answer: Answer::Found(order()),
                }),
                Command::Play(it) if next.is_empty() => next.push_back(Event::Played(it.ticket)),
                _ => {}
            }
        }
        if next.is_empty() && !machine.is_over() {
            if let Some(due) = machine.deadline() {
                at = due.as_micros() / 1_000;
            }
            next.push_back(Event::Tick);
        }
    }
    assert!(machine.is_over() && events.len() > 15, "{} events", events.len());
    events
}

fn step(c: &mut Criterion) {
    let setting = setting();
    let events = events(&setting);
    let mut group = c.benchmark_group("interpreter");
    group.throughput(Throughput::Elements(events.len() as u64));
    group.bench_function("one call of the shop", |bench| {
        bench.iter_batched(
            || {
                (
                    Machine::new(Arc::clone(&setting), start()),
                    Vec::with_capacity(16),
                    events.clone(),
                )
            },
            |(mut machine, mut out, events)| {
                for (now, event) in events {
                    out.clear();
                    machine.handle(now, event, &mut out);
                    black_box(&out);
                }
                machine
            },
            BatchSize::SmallInput,
        );
    });
    let mut menu = Machine::new(Arc::clone(&setting), start());
    let mut out = Vec::with_capacity(16);
    menu.handle(Mono::ZERO, Event::Arrived, &mut out);
    menu.handle(Mono::ZERO, Event::Answered, &mut out);
    group.throughput(Throughput::Elements(1));
    group.bench_function("a stale event", |bench| {
        bench.iter(|| {
            out.clear();
            menu.handle(Mono::ZERO, black_box(Event::Played(Ticket(99))), &mut out);
        });
    });
    group.finish();
}

criterion_group!(benches, step);
criterion_main!(benches);
