//! `hotline say --prove N`: values by chance are said in every language and heard again.

use std::collections::HashSet;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::super::count::{counted, grouped};
use crate::speech::{Catalogue, Lang, Mismatch, Prover, WAYS};

/// As many mismatches are shown of a language.
const SHOWN: usize = 10;
/// So many values between two looks at the shared count.
const BATCH: u64 = 10_000;
/// How often the line of progress is written anew.
const EVERY: Duration = Duration::from_millis(200);

/// What came of one language.
struct Proven {
    lang: Lang,
    mismatches: u64,
    first: Vec<Mismatch>,
}

/// Says and hears `values` in each language, a thread for each, and reports. Tells whether all were understood.
///
/// # Errors
/// If `out` cannot be written.
pub(super) fn prove(
    catalogues: &[(&Lang, &Catalogue)],
    prompts: &Path,
    values: u64,
    seed: u64,
    out: &mut impl Write,
) -> io::Result<bool> {
    let (begun, done) = (Instant::now(), AtomicU64::new(0));
    let all = values.saturating_mul(catalogues.len() as u64);
    let proven: Vec<Proven> = thread::scope(|scope| {
        let each: Vec<_> = catalogues
            .iter()
            .map(|(lang, catalogue)| {
                let recorded = recorded(catalogue, prompts);
                let done = &done;
                scope.spawn(move || of_language(lang, catalogue, recorded, values, seed, done))
            })
            .collect();
        progress(&done, all, || each.iter().all(thread::ScopedJoinHandle::is_finished));
        each.into_iter().filter_map(|it| it.join().ok()).collect()
    });
    for it in &proven {
        for wrong in &it.first {
            writeln!(out, "{}: {wrong}", it.lang)?;
        }
        let more = it.mismatches.saturating_sub(it.first.len() as u64);
        if more > 0 {
            writeln!(out, "{}: and {more} more", it.lang)?;
        }
    }
    let mismatches: u64 = proven.iter().map(|it| it.mismatches).sum();
    let languages: Vec<_> = catalogues.iter().map(|(lang, _)| &***lang).collect();
    writeln!(
        out,
        "{} {} in {}, said in {WAYS} ways and heard again: {}, {:.1} s, seed {seed}",
        grouped(values),
        if values == 1 { "value" } else { "values" },
        languages.join(" and "),
        counted(mismatches, "mismatch"),
        begun.elapsed().as_secs_f64(),
    )?;
    // A thread that died proved nothing.
    Ok(mismatches == 0 && proven.len() == catalogues.len())
}

/// The recordings of a catalogue that lie in the folder.
fn recorded(catalogue: &Catalogue, prompts: &Path) -> HashSet<Arc<str>> {
    let there = |clip: &Arc<str>| {
        ["flac", "wav", "ogg", "mp3"]
            .iter()
            .any(|kind| prompts.join(format!("{clip}.{kind}")).is_file())
    };
    catalogue.clips().into_iter().map(|it| it.clip).filter(there).collect()
}

fn of_language(
    lang: &Lang,
    catalogue: &Catalogue,
    recorded: HashSet<Arc<str>>,
    values: u64,
    seed: u64,
    done: &AtomicU64,
) -> Proven {
    let mut prover = Prover::new(catalogue, recorded, seed);
    let mut proven = Proven { lang: Arc::clone(lang), mismatches: 0, first: Vec::new() };
    for nth in 0..values {
        if let Err(wrong) = prover.prove_next() {
            proven.mismatches += 1;
            if proven.first.len() < SHOWN {
                proven.first.push(*wrong);
            }
        }
        if (nth + 1).is_multiple_of(BATCH) {
            done.fetch_add(BATCH, Ordering::Relaxed);
        }
    }
    proven
}

/// One line that is written over and over, for people only.
fn progress(done: &AtomicU64, all: u64, finished: impl Fn() -> bool) {
    let shown = io::stderr().is_terminal();
    while !finished() {
        thread::park_timeout(EVERY);
        if shown {
            let percent = done.load(Ordering::Relaxed) * 100 / all.max(1);
            eprint!("\r{percent:3} %");
        }
    }
    if shown {
        eprint!("\r     \r");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::FileId;

    fn catalogue() -> Catalogue {
        let text = "language: zh-CN\nprompts: { p: 好 }\nunits: { gigabytes: 个G }\n";
        Catalogue::parse(FileId::default(), text).0.unwrap()
    }

    fn proven(dir: &Path, values: u64) -> (bool, String) {
        let (catalogue, mut out) = (catalogue(), Vec::new());
        let sound = prove(&[(catalogue.lang(), &catalogue)], dir, values, 1, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        // How long it took is nobody's business here.
        let (before, rest) = text.rsplit_once(": ").unwrap();
        let behind = rest.split_once(", ").unwrap().0;
        (sound, format!("{before}: {behind}"))
    }

    #[test]
    fn what_is_recorded_and_understood_is_counted() {
        let dir = tempfile::tempdir().unwrap();
        for it in catalogue().clips() {
            let file = dir.path().join(format!("{}.flac", it.clip));
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "").unwrap();
        }
        let expected = "2,000 values in zh-CN, said in 13 ways and heard again: 0 mismatches";
        assert_eq!(proven(dir.path(), 2_000), (true, expected.to_owned()));
        std::fs::remove_file(dir.path().join("zh-CN/units/gigabytes.flac")).unwrap();
        let (sound, shown) = proven(dir.path(), 2_000);
        assert!(!sound);
        let first = shown.lines().next().unwrap();
        assert!(first.starts_with("zh-CN: Unit in gigabytes"), "{shown}");
        assert!(first.ends_with("zh-CN/units/gigabytes is not recorded"), "{shown}");
    }

    #[test]
    fn a_folder_without_recordings_shows_the_first_values_only() {
        let dir = tempfile::tempdir().unwrap();
        let (sound, shown) = proven(dir.path(), 100);
        assert_eq!((sound, shown.lines().count()), (false, SHOWN + 2));
        assert!(shown.contains("zh-CN: and 90 more"), "{shown}");
        assert!(shown.ends_with(": 100 mismatches"), "{shown}");
    }
}
