//! The whole server under load, beside a floor program that only sends and reads the same packets.
//!
//! `cargo bench --bench calls` takes about four minutes, `cargo bench --bench calls -- --quick` twenty seconds;
//! `-- --calls 400` is that step alone. The server is the program `hotline serve` of this build on the first core, the
//! callers are a thread of this program on the second. What else runs on the two cores shows in the figures: `nice -n -20`
//! keeps most of it out.
//!
//! A call is placed by SIP, listens to a prompt, sends 50 packets a second of its own, presses a key every 5 s, which has
//! the next prompt play, and hangs up after 30 s; then the same caller calls again. So what is measured holds a set-up for
//! each 30 s of a call. The floor sends and reads the same packets on as many sockets, with nothing else.
//!
//! | figure | where from |
//! | --- | --- |
//! | processor time | the kernel's account of the process, by the seconds that calls lasted |
//! | lost | sequence numbers on the callers' side, RTCP reports for the other way |
//! | gaps | between packets of one call as the callers read them; what they read late themselves is not judged |
//! | memory | the process's resident pages, less those before the first call, by calls |
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench prints its figures and may fail loudly"
)]

mod callers;
mod figures;
mod floor;
mod house;
mod message;
mod server;
mod system;

use std::time::{Duration, Instant};

use crate::callers::{Callers, Habits};
use crate::figures::{Figures, at_share};
use crate::floor::Floor;
use crate::server::Server;

/// The server's core, and the floor's.
const SERVER: usize = 0;
/// The callers' core.
const CALLERS: usize = 1;
const TALK: Habits = Habits { length: Duration::from_secs(30), talk: true };
/// Beyond this share of uneven gaps, in percent, a step counts as late: what other programs on the two cores cause stays
/// below it.
const UNEVEN: f64 = 1.0;

/// What is measured, and for how long.
struct Plan {
    /// Sockets of the floor and calls of the server that is compared with it, and how often.
    compared: usize,
    rounds: usize,
    steps: Vec<usize>,
    ramp: Duration,
    window: Duration,
    storm: Duration,
}

impl Plan {
    fn full() -> Self {
        Self {
            compared: 400,
            rounds: 3,
            steps: vec![100, 200, 400, 800, 1_200, 1_600, 2_000, 2_400],
            ramp: Duration::from_secs(4),
            window: Duration::from_secs(12),
            storm: Duration::from_secs(6),
        }
    }

    fn quick() -> Self {
        Self {
            compared: 50,
            rounds: 1,
            steps: vec![50],
            ramp: Duration::from_secs(2),
            window: Duration::from_secs(6),
            storm: Duration::from_secs(2),
        }
    }

    /// One step alone.
    fn of(calls: usize) -> Self {
        Self { compared: calls, steps: vec![calls], ..Self::full() }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|it| it == floor::ARGUMENT) {
        return floor::run(arguments[at + 1].parse().unwrap());
    }
    let calls = arguments
        .iter()
        .position(|it| it == "--calls")
        .map(|at| arguments[at + 1].parse().unwrap());
    let plan = match calls {
        Some(calls) => Plan::of(calls),
        None if arguments.iter().any(|it| it == "--quick") => Plan::quick(),
        None => Plan::full(),
    };
    system::raise_files();
    system::pin(CALLERS);
    println!("set-ups alone");
    storm(&plan);
    println!("\nbeside the floor, {} calls", plan.compared);
    compare(&plan);
    println!("\nmore and more calls");
    let most = load(&plan);
    if plan.steps.len() > 1 && most > 0 {
        println!("\n80 % of {most} calls");
        Crowd::gather(most * 4 / 5, &plan).window(plan.window * 2).print(most * 4 / 5, None);
    }
}

/// In turn the floor and the server, so that both meet what else the machine does; the middle of the ratios.
fn compare(plan: &Plan) {
    let mut ratios: Vec<f64> = (0..plan.rounds)
        .map(|_| {
            let floor = measure_floor(plan);
            let server = Crowd::gather(plan.compared, plan).window(plan.window / 2).cost();
            println!(
                "  {server:.1} µs of processor time a call and second, {:.2} times the floor's {floor:.1}",
                server / floor
            );
            server / floor
        })
        .collect();
    ratios.sort_unstable_by(f64::total_cmp);
    println!("  {:.2} times the floor (aim: at most 1.5)", ratios[ratios.len() / 2]);
}

/// Processor time of the floor, in µs per call and second.
fn measure_floor(plan: &Plan) -> f64 {
    let mut callers = Callers::new(([127, 0, 0, 1], 9).into(), TALK);
    callers.open(plan.compared);
    let floor = Floor::start(SERVER, &callers.addresses());
    callers.connect(&floor.addresses);
    callers.run(Duration::from_secs(1));
    let before = system::used(floor.id());
    let figures = callers.run(plan.window / 2);
    let used = system::used(floor.id()).processor - before.processor;
    used.as_secs_f64() / figures.call_seconds() * 1e6
}

/// INVITE, 200, ACK, BYE, 200, as fast as they go, a few at a time.
fn storm(plan: &Plan) {
    let server = Server::start(SERVER, 10_000);
    let mut callers = Callers::new(server.sip, Habits { length: Duration::ZERO, talk: false });
    callers.grow(16, Duration::ZERO);
    callers.run(Duration::from_secs(1));
    let before = system::used(server.id());
    let figures = callers.run(plan.storm);
    let used = system::used(server.id()).processor - before.processor;
    println!(
        "  {:.0} a second, {:.0} µs of processor time each; answered in {:.2} ms p50, {:.2} ms p99; {} refused, {} failed, {} requests repeated",
        figures.done as f64 / plan.storm.as_secs_f64(),
        used.as_secs_f64() * 1e6 / figures.done.max(1) as f64,
        at_share(&figures.answers, 0.5),
        at_share(&figures.answers, 0.99),
        figures.refused,
        figures.failed,
        figures.repeated
    );
}

/// More and more calls until the server refuses or is late; the most that it could do before.
fn load(plan: &Plan) -> usize {
    let mut crowd = Crowd::gather(FIRST, plan);
    // The first calls fill caches and pools that stay.
    let idle_kib = system::resident_kib(crowd.server.id()) - FIRST as f64 * KIB_A_CALL;
    let mut most = 0;
    for &calls in &plan.steps {
        crowd.callers.grow(calls, plan.ramp);
        // Refusals of the ramp belong to the step as well.
        let refused = crowd.callers.run(plan.ramp).refused;
        let step = crowd.window(plan.window);
        let kib = (system::resident_kib(crowd.server.id()) - idle_kib) / calls as f64;
        let figures = &step.figures;
        step.print(calls, Some(kib));
        if refused + figures.refused > 0 {
            let at = figures.call_seconds() / plan.window.as_secs_f64();
            println!(
                "         refuses: {} times 503 while {at:.0} calls went on",
                refused + figures.refused
            );
            break;
        }
        if figures.even_percent() < 100.0 - UNEVEN {
            println!("         late before it refused");
            break;
        }
        most = calls;
    }
    most
}

/// Calls before the first step, and what each of them is thought to hold.
const FIRST: usize = 20;
const KIB_A_CALL: f64 = 32.0;

/// A server and its callers.
struct Crowd {
    callers: Callers,
    server: Server,
}

impl Crowd {
    /// Starts a server and waits until `calls` calls go on.
    fn gather(calls: usize, plan: &Plan) -> Self {
        let server = Server::start(SERVER, 10_000);
        let mut callers = Callers::new(server.sip, TALK);
        callers.grow(calls, plan.ramp);
        callers.run(plan.ramp);
        Self { callers, server }
    }

    fn window(&mut self, length: Duration) -> Step {
        let (before, began) = (system::used(self.server.id()), Instant::now());
        let figures = self.callers.run(length);
        let after = system::used(self.server.id());
        let used = after.processor - before.processor;
        let waited = after.waited.saturating_sub(before.waited);
        Step { figures, used, waited, length: began.elapsed() }
    }
}

/// One window of a step.
struct Step {
    figures: Figures,
    used: Duration,
    waited: Duration,
    length: Duration,
}

impl Step {
    /// µs of processor time per call and second.
    fn cost(&self) -> f64 {
        self.used.as_secs_f64() / self.figures.call_seconds() * 1e6
    }

    fn print(&self, calls: usize, kib: Option<f64>) {
        let kib = kib.map_or_else(String::new, |it| format!("; memory {it:.1} KiB a call"));
        let Self { figures: it, used, waited, length } = self;
        let percent = |part: &Duration| 100.0 * part.as_secs_f64() / length.as_secs_f64();
        println!(
            "  {calls:>5}: {:.1} µs a call and second, core {:.0} % busy ({:.0} % waited for); lost {} + {} of {}",
            self.cost(),
            percent(used),
            percent(waited),
            it.lost,
            it.missed,
            it.received + it.sent
        );
        println!(
            "         gaps {:.3} % even of {} ({:.1} % not judged); answers {:.2} ms p50, {:.2} p99 of {}",
            it.even_percent(),
            it.gaps,
            100.0 * it.unjudged as f64 / (it.gaps + it.unjudged).max(1) as f64,
            at_share(&it.answers, 0.5),
            at_share(&it.answers, 0.99),
            it.answers.len()
        );
        println!(
            "         keys {:.2} ms p50, {:.2} p99 of {}, {} unheard{kib}; {} failed, {} requests repeated",
            at_share(&it.keys, 0.5),
            at_share(&it.keys, 0.99),
            it.keys.len(),
            it.unheard,
            it.failed,
            it.repeated
        );
    }
}
