//! The commands: one file each.

mod devnet;
mod init;
mod output;
mod run;

use crate::exit::{Exit, Outcome};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// A permissioned blockchain node: run it, use it, check it.
#[derive(Debug, Parser)]
#[command(name = "syndic", version, propagate_version = true, arg_required_else_help = true)]
struct Arguments {
    /// Print results as JSON.
    #[arg(long, global = true, env = "SYNDIC_JSON")]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a chain: keys, sealed identities and the chain spec, a home for each validator.
    Init(init::InitArguments),
    /// Run a node.
    Run(run::RunArguments),
    /// A whole net of real processes on this machine.
    Devnet(devnet::DevnetArguments),
}

/// Parse the command line, run the command, and say how it ended.
#[must_use]
pub fn start() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no mistakes, and clap knows where each is to be printed.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Ok };
            let _ = error.print();
            return exit.into();
        }
    };
    match execute(arguments) {
        Ok(()) => Exit::Ok.into(),
        Err(failure) => {
            output::report(&failure);
            failure.exit.into()
        }
    }
}

fn execute(arguments: Arguments) -> Outcome {
    let output = output::Output::new(arguments.json);
    match arguments.command {
        Command::Init(arguments) => init::execute(&arguments, output),
        Command::Run(arguments) => run::execute(&arguments),
        Command::Devnet(arguments) => devnet::execute(&arguments, output),
    }
}
