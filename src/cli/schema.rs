//! `hotline schema`: the language as a JSON Schema, for editors, or as the reference page, for designers.

use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::flow::reference::{FLOW, markdown, schema, with_places};
use crate::sim::SCENARIOS;

/// Print the language as a JSON Schema (draft 2020-12)
///
/// Editors with YAML support complete and explain from it. `hotline lsp` knows more: names, types, words.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hotline schema > flow.schema.json        what docs/editor.md tells your editor to use\n  \
                        hotline schema --scenarios               the same for scenario files\n  \
                        hotline schema --markdown                every action and field, as a page"
)]
pub(super) struct SchemaArgs {
    /// The same table as a page in Markdown: docs/design-flows/reference.md
    #[arg(long, conflicts_with = "scenarios")]
    markdown: bool,
    /// The schema of scenario files instead
    #[arg(long)]
    scenarios: bool,
}

pub(super) fn run(args: &SchemaArgs) -> ExitCode {
    let shown = if args.markdown {
        markdown()
    } else if args.scenarios {
        format!("{:#}\n", with_places(schema("Scenarios for a call flow of hotline", &SCENARIOS)))
    } else {
        format!("{:#}\n", schema("A call flow of hotline", &FLOW))
    };
    // Nobody reads along when this fails.
    let _ = io::stdout().write_all(shown.as_bytes());
    ExitCode::SUCCESS
}
