//! What the operating system is asked: where a program runs, what it has used, how many files it may open.

use std::fs;
use std::time::Duration;

use rustix::process::{Resource, Rlimit};
use rustix::thread::CpuSet;

/// Keeps this thread, and what it starts from now on, on one core; a machine with only one has no choice.
pub(crate) fn pin(core: usize) {
    let mut cores = CpuSet::new();
    cores.set(core);
    let _ = rustix::thread::sched_setaffinity(None, &cores);
}

/// Lets this process open as many files as it may at most, and tells how many that is.
pub(crate) fn raise_files() -> u64 {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    rustix::process::setrlimit(Resource::Nofile, raised).unwrap();
    limit.maximum.unwrap_or(u64::MAX)
}

/// What a process has used so far.
#[derive(Clone, Copy)]
pub(crate) struct Used {
    /// Processor time, in user and kernel mode, of all its threads.
    pub(crate) processor: Duration,
    /// How long its threads were ready to run and did not: others, or each other, were on their core.
    pub(crate) waited: Duration,
}

pub(crate) fn used(process: u32) -> Used {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The name in brackets may hold anything; after it, user and system time are the 12th and 13th, in 1/100 s.
    let fields = text.rsplit(')').next().unwrap();
    let ticks: u64 =
        fields.split_whitespace().skip(11).take(2).map(|it| it.parse::<u64>().unwrap()).sum();
    let mut waited = 0;
    for task in fs::read_dir(format!("/proc/{process}/task")).unwrap().flatten() {
        // A thread may have ended since; what it waited is small.
        let text = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        waited += text.split(' ').nth(1).and_then(|it| it.parse::<u64>().ok()).unwrap_or(0);
    }
    Used { processor: Duration::from_millis(ticks * 10), waited: Duration::from_nanos(waited) }
}

/// Memory that a process holds, in KiB.
pub(crate) fn resident_kib(process: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{process}/statm")).unwrap();
    text.split(' ').nth(1).unwrap().parse::<f64>().unwrap() * 4.0
}
