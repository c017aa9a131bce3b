//! The `syndic` program: parse, run, and leave with a documented exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::start()
}
