//! `--explore`: scenarios that write themselves.

use std::io::Write;
use std::path::Path;

use super::{Failed, TestArgs, Totals, write_file};
use crate::cli::count::counted;
use crate::diagnostic::Sources;
use crate::diagnostic::text::render;
use crate::sim::{Scenarios, Stage, explore, explored_file, run};

/// Explores one flow, plays what was found, and prints or saves it.
pub(super) fn flow(
    args: &TestArgs,
    path: &Path,
    stage: &Stage,
    totals: &mut Totals,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let explored = explore(stage);
    let text = explored_file(&stage.flow, &explored);
    // What was written must read back and pass: this is what is saved.
    let mut sources = Sources::default();
    let file = sources.add(path.with_extension("test.yaml").display().to_string(), text.as_str());
    let (scenarios, found) = Scenarios::parse(file, &text, &stage.flow);
    if !found.is_empty() {
        write!(out, "{}", render(&found, &sources, false))?;
        totals.broken += 1;
    }
    for scenario in scenarios.iter().flat_map(|it| &it.scenarios) {
        match run(stage, scenario).failure {
            None => totals.passed += 1,
            Some(failure) => {
                totals.failed += 1;
                writeln!(out, "  FAILED  {}\n", scenario.name.value)?;
                write!(out, "{}", render(&[failure], &sources, false))?;
            }
        }
    }
    match &args.save {
        Some(save) => write_file(save, text.as_bytes())?,
        None => write!(out, "{text}")?,
    }
    writeln!(
        out,
        "{}: {} go {} of {}; {} tried",
        path.display(),
        counted(explored.scenarios.len(), "scenario"),
        explored.reached,
        counted(explored.all, "branch"),
        counted(explored.runs, "call"),
    )?;
    Ok(())
}
