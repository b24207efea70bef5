//! What a designer waits for: scenarios, random callers, and the search for scenarios, on the demo shop.
//!
//! The aims are for whole runs: 10,000 scenario calls of five minutes in under 10 s, which is 1 ms each; 100,000 random
//! callers in under 10 s, which is 100 µs each.
#![expect(clippy::unwrap_used, reason = "a bench that cannot read the demo must fail")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hotline::diagnostic::FileId;
use hotline::server::house::{Ground, Overrides};
use hotline::sim::{Scenarios, Stage, explore, random, run};

/// A caller from Mandarin to English and back, with an order and its invoice, who waits for an agent and talks: five minutes.
const FIVE_MINUTES: &str = r##"
scenarios:
  five minutes:
    caller: withheld
    agents: busy
    answers:
      order:
        - { number: "20260001", status: shipped, carrier: 顺丰, eta: 2026-11-26, total: 129.05 }
    talk:
      - hears: [welcome, main-menu]
      - keys: "9"
      - hears_out: main-menu
      - keys: "9"
      - hears: main-menu
      - keys: "1"
      - hears: enter-order-number
      - keys: "20260001#"
      - hears: order-shipped
      - hears_out: order-total
      - hears: anything-else
      - keys: "0"
      - hears: while-waiting
      - waits: 4m
      - rings: "8001"
      - answers: "8001"
      - waits: 80s
      - hangs_up
      - ends: caller_left
"##;

fn stage() -> Stage {
    let mut ground = Ground::read(Path::new("hotline.yaml"), &Overrides::default()).unwrap();
    let flow = ground.read_flow(Path::new("flows/shop.yaml")).unwrap();
    // A recording's length does not matter here: what is unknown is estimated from its words.
    Stage {
        flow,
        catalogues: ground.catalogues,
        calendars: Arc::new(ground.config.times()),
        lengths: Arc::new(|_: &str| None),
    }
}

fn designer(criterion: &mut Criterion) {
    let stage = stage();
    let mut group = criterion.benchmark_group("designer");
    let (scenarios, found) = Scenarios::parse(FileId::default(), FIVE_MINUTES, &stage.flow);
    assert!(found.is_empty(), "{found:?}");
    let scenarios = scenarios.unwrap();
    let scenario = scenarios.scenarios.first().unwrap();
    let outcome = run(&stage, scenario);
    assert!(outcome.failure.is_none(), "{:?}", outcome.failure);
    assert!(outcome.lasted >= Duration::from_secs(300), "{:?}", outcome.lasted);
    group.bench_function("a scenario call of five minutes", |bench| {
        bench.iter(|| run(&stage, scenario));
    });
    group.sample_size(10);
    group.throughput(Throughput::Elements(1_000));
    group.bench_function("1,000 random callers", |bench| {
        bench.iter(|| (0..1_000).filter(|nth| random(&stage, 7, *nth).fault.is_some()).count());
    });
    group.bench_function("every branch of the shop", |bench| {
        bench.iter(|| {
            let explored = explore(&stage);
            assert!(explored.reached * 100 >= explored.all * 95, "{:?}", explored.unreached);
            explored
        });
    });
    group.finish();
}

criterion_group!(benches, designer);
criterion_main!(benches);
