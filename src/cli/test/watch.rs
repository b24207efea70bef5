//! Waits until something that the scenarios depend on was changed.
//!
//! Files are asked for the time of their last change twice a second: there are a few hundred at most, it works on every
//! file system, and the crate that would tell it sooner (notify) is under a licence that deny.toml does not know.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use super::TestArgs;

/// How often files are looked at.
const EVERY: Duration = Duration::from_millis(500);
/// The most files, and the most folders inside each other, that are looked at.
const MAX_FILES: usize = 10_000;
const MAX_DEPTH: usize = 8;

/// The files as they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen(BTreeMap<PathBuf, Option<SystemTime>>);

impl Seen {
    /// Everything that is read: flows, scenarios, the configuration, the catalogues beside it.
    pub(super) fn of(args: &TestArgs) -> Self {
        let mut seen = BTreeMap::new();
        for path in &args.paths {
            look(path, 0, &mut seen);
            look(&super::beside(&super::flow_of(path)), 0, &mut seen);
        }
        look(&args.config, 0, &mut seen);
        let prompts = args.config.parent().unwrap_or(Path::new("")).join("prompts");
        look(&prompts, 0, &mut seen);
        Self(seen)
    }

    /// Waits until one of them is another.
    pub(super) fn wait(&self, args: &TestArgs) {
        while Self::of(args) == *self {
            thread::sleep(EVERY);
        }
    }
}

fn look(path: &Path, depth: usize, seen: &mut BTreeMap<PathBuf, Option<SystemTime>>) {
    if seen.len() >= MAX_FILES || depth > MAX_DEPTH {
        return;
    }
    if path.is_dir() {
        let entries = fs::read_dir(path).into_iter().flatten().filter_map(Result::ok);
        for entry in entries {
            look(&entry.path(), depth + 1, seen);
        }
    } else if path.extension().is_some_and(|it| it == "yaml") {
        let changed = fs::metadata(path).and_then(|it| it.modified()).ok();
        seen.insert(path.to_owned(), changed);
    }
}
