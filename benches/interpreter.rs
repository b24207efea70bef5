//! One step of the interpreter: an event in, the next prompt out. The aim is under 2 µs.
//!
//! A call of the demo shop from its answer to its goodbye, its words included; the figure is that of one event.
#![expect(
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench that cannot read the demo must fail"
)]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use hotline::call::{Answer, Calendars, Command, Event, Machine, Row, Setting, Start, Ticket};
use hotline::diagnostic::Sources;
use hotline::secret::Key;
use hotline::speech::Catalogue;
use hotline::time::Mono;
use hotline::value::{Type, Value};

struct Open;

impl Calendars for Open {
    fn is_open(&self, _: &str, _: jiff::Timestamp) -> Option<bool> {
        Some(true)
    }
}

fn setting() -> Arc<Setting> {
    let mut sources = Sources::default();
    let text = std::fs::read_to_string("flows/shop.yaml").unwrap();
    let file = sources.add("shop.yaml", text.as_str());
    let flow = hotline::flow::parse(file, &text).0.unwrap();
    let catalogue = |language: &str| {
        let text = std::fs::read_to_string(format!("prompts/{language}/catalog.yaml")).unwrap();
        Catalogue::parse(file, &text).0.unwrap()
    };
    let catalogues = ["zh-CN", "en-US"].into_iter().map(|it| (it.into(), catalogue(it))).collect();
    Arc::new(Setting {
        flow: Arc::new(flow),
        catalogues: Arc::new(catalogues),
        calendars: Arc::new(Open),
    })
}

fn start() -> Start {
    Start {
        call: "c1".into(),
        caller_number: None,
        caller_name: None,
        called: "4001".into(),
        language: None,
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
    assert!(machine.is_over() && events.len() > 20 && events[4].1 != Event::Played(Ticket(0)));
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
