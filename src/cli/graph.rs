//! `hotline graph`: a flow as a picture.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use crate::diagnostic::text::render;
use crate::flow::Picture;
use crate::server::house::{Broken, Ground, Overrides};

/// Draw a flow: its steps and the ways between them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hotline graph flows/shop.yaml --format html > shop.html   one page, to look at and to send\n  \
                        hotline graph flows/shop.yaml                             Mermaid, for a README\n  \
                        hotline graph flows/shop.yaml --format dot | dot -Tpdf > shop.pdf\n\n\
                        Exit codes: 0 drawn, 1 the flow has errors, 2 wrong usage."
)]
pub(super) struct GraphArgs {
    /// The flow
    flow: PathBuf,
    /// As what it is written
    #[arg(long, value_enum, default_value = "mermaid")]
    format: Format,
    /// The configuration, for the prompts and what the flow names
    #[arg(long, value_name = "FILE", default_value = "hotline.yaml", env = "HOTLINE_CONFIG")]
    config: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A Mermaid flowchart, which code hosts and wikis draw.
    Mermaid,
    /// For Graphviz.
    Dot,
    /// A page that needs no network: prompts on hover, a step's ways alone under the pointer.
    Html,
}

pub(super) fn run(args: &GraphArgs) -> ExitCode {
    let (sources, found) = match Ground::read(&args.config, &Overrides::default()) {
        Err(Broken { sources, found }) => (sources, found),
        Ok(mut ground) => {
            if let Some(program) = ground.read_flow(&args.flow) {
                let picture = Picture::of(&program, &ground.catalogues);
                let drawn = match args.format {
                    Format::Mermaid => picture.mermaid(),
                    Format::Dot => picture.dot(),
                    Format::Html => picture.html(),
                };
                // Nobody reads along when this fails.
                let _ = io::stdout().write_all(drawn.as_bytes());
                return ExitCode::SUCCESS;
            }
            (ground.sources, ground.found)
        }
    };
    eprint!("{}", render(&found, &sources, false));
    ExitCode::FAILURE
}
