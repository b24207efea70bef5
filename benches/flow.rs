//! How long a flow takes to be read and proven.

#[path = "../tests/hostile/mod.rs"]
mod hostile;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use hotline::diagnostic::{FileId, Span, Spanned};
use hotline::editor::{FileKind, Workspace};
use hotline::flow::{Facts, Program, PromptFacts, Prompts, Slot, World, check, parse};
use hotline::value::Type;

/// Prompts of any name; every menu names keys 1 and 0.
struct Words;

impl Prompts for Words {
    fn prompt(&self, _: &str, name: &str) -> Option<PromptFacts<'_>> {
        let path = Spanned::new("order.total".into(), Span::default());
        let slots = if name == "order-total" {
            vec![Slot { path, kind: None, unit: None }]
        } else {
            Vec::new()
        };
        let text = "For more press 1, for an agent press 0.";
        Some(PromptFacts { text, span: Span::default(), length: Duration::from_secs(4), slots })
    }

    fn names(&self) -> Vec<&str> {
        vec!["welcome", "order-total"]
    }

    fn is_recorded(&self, _: &str, _: &str) -> bool {
        true
    }

    fn units(&self, _: &str) -> Vec<&str> {
        Vec::new()
    }

    fn readable_as(&self, from: &Type, wanted: &Type) -> bool {
        from == wanted
    }
}

/// A flow of `steps` steps in which each kind of step leads on to the next, and every tenth asks, looks up and counts.
fn flow(steps: usize) -> String {
    let mut text = "flow: large\nlanguages: [zh-CN, en-US]\nstart: step-0\nlookups:\n  order:\n    sql: shop\n    \
                    query: select total from orders where number = :number\n    takes: { number: digits }\n    \
                    gives: { total: money, eta: date? }\ncontext:\n  - { label: Order, value: number_0 }\nsteps:\n  \
                    agent:\n    - queue: service\n      max_wait: 10m\n      otherwise: bye\n  bye:\n    - hangup: goodbye\n"
        .to_owned();
    for at in 0..steps.saturating_sub(2) {
        let next = if at + 3 < steps { format!("step-{}", at + 1) } else { "bye".to_owned() };
        let number = at / 500;
        let written = if at % 10 == 0 {
            write!(
                text,
                "  step-{at}:\n    - ask: enter-order-number\n      into: number_{number}\n      as: digits\n      \
                 length: 8\n      otherwise: agent\n    - lookup: order\n      with: {{ number: number_{number} }}\n      \
                 not_found: {next}\n      failed: agent\n    - play: order-total\n      when: order.total > 100\n    \
                 - set: {{ rounds: 0 }}\n    - goto: {next}\n"
            )
        } else {
            write!(
                text,
                "  step-{at}:\n    - play: welcome\n      when: known(order.eta) and order.eta > today\n    \
                 - menu: main-menu\n      keys: {{ 1: {next}, 0: agent }}\n      otherwise: agent\n"
            )
        };
        written.unwrap_or_default();
    }
    text
}

fn flows(criterion: &mut Criterion) {
    let world = World {
        prompts: &Words,
        calendars: BTreeSet::new(),
        queues: BTreeMap::from([("service".into(), true)]),
        cases: std::collections::BTreeSet::new(),
        notify: std::collections::BTreeSet::new(),
        connectors: BTreeSet::from(["shop".into()]),
        transfers: Vec::new(),
        facts: Facts::default(),
    };
    let mut group = criterion.benchmark_group("flow");
    group.sample_size(20);
    let text = flow(10_000);
    let read = parse(FileId::default(), &text);
    assert!(read.1.is_empty() && Program::read(FileId::default(), &text, &world).is_ok());
    let Some(large) = read.0 else { return };
    group.bench_function("yaml", |b| b.iter(|| hotline::yaml::parse(FileId::default(), &text)));
    group.bench_function("read 10,000 steps", |b| b.iter(|| parse(FileId::default(), &text)));
    group.bench_function("check 10,000 steps", |b| b.iter(|| check(&large, &world)));
    group.bench_function("read and check 10,000 steps", |b| {
        b.iter(|| Program::read(FileId::default(), &text, &world))
    });
    // What an editor waits for after each pause in typing, and at each key.
    let mut edited = flow(2_000);
    edited.push_str("  typed:\n    - goto: ");
    let sound = flow(2_000);
    group.bench_function("an edit of 2,000 steps checked again", |b| {
        b.iter(|| Program::read(FileId::default(), &sound, &world))
    });
    let mut workspace = Workspace::default();
    workspace.set("flows/large.yaml", FileKind::Flow, &sound);
    group.bench_function("a step's name completed in 2,000 steps", |b| {
        b.iter(|| {
            // Each run sees a text that has changed since.
            workspace.set("flows/large.yaml", FileKind::Flow, &sound);
            workspace.set("flows/large.yaml", FileKind::Flow, &edited);
            workspace.complete("flows/large.yaml", edited.len())
        })
    });
    group.finish();
    let mut group = criterion.benchmark_group("hostile file of 1 MiB");
    group.sample_size(10);
    for it in hostile::all() {
        group.bench_function(format!("{} as {:?}", it.0, it.1), |b| b.iter(|| hostile::read(&it)));
    }
    group.finish();
}

criterion_group!(benches, flows);
criterion_main!(benches);
