//! `syndic` with faults: the same library and the same commands, but `run` can be told to die at a
//! chosen action, to write down what it sends, or to sign without a guard.
//!
//! This is the only program that can sign twice, and it is built for tests alone.
#![forbid(unsafe_code)]

mod faults;
mod options;
mod unguarded;

use cli::exit::Exit;
use std::process::ExitCode;

fn main() -> ExitCode {
    let (options, arguments) = match options::split(std::env::args_os()) {
        Ok(split) => split,
        Err(error) => {
            eprintln!("error: {error}\n\n{}", options::HELP);
            return Exit::Usage.into();
        }
    };
    match faults::hooks(options) {
        Ok(hooks) => cli::start_with(arguments, hooks),
        Err(error) => {
            eprintln!("error: {error:#}");
            Exit::Config.into()
        }
    }
}
