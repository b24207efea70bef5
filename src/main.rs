//! The command `hotline`.

use std::process::ExitCode;

fn main() -> ExitCode {
    hotline::cli::run()
}
