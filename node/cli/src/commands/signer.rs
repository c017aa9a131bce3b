//! `syndic signer`: a validator's keys in a process of their own, and its guard in files.

mod guard;

use super::output::Output;
use crate::config::LogConfig;
use crate::exit::{Exit, Meaning, Outcome};
use crate::home::Home;
use crate::run::start_log;
use crate::signer;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Arguments of `syndic signer`.
#[derive(Args, Debug)]
pub(crate) struct SignerArguments {
    #[command(subcommand)]
    command: SignerCommand,
}

#[derive(Debug, Subcommand)]
enum SignerCommand {
    /// Hold a validator's keys and its guard, and sign for one node over a Unix socket.
    Run(RunArguments),
    /// A guard as a file: carry it away, bring it in, ask it.
    Guard(guard::GuardArguments),
}

#[derive(Args, Debug)]
struct RunArguments {
    /// The signer's folder: chain.toml, keys/validator.age, keys/passphrase, guard.
    #[arg(long, env = "SYNDIC_SIGNER_HOME", value_name = "DIR")]
    home: PathBuf,
    /// The socket; default: socket/signer.sock in the folder. Only its owner may enter its folder.
    #[arg(long, env = "SYNDIC_SIGNER_SOCKET", value_name = "FILE")]
    socket: Option<PathBuf>,
    /// File with the passphrase of the validator's secrets; default: keys/passphrase in the folder.
    #[arg(long, env = "SYNDIC_PASSPHRASE_FILE", value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// What is logged, such as `info` or `warn`.
    #[arg(long, env = "SYNDIC_LOG", default_value = "info", value_name = "FILTER")]
    log: String,
}

pub(crate) fn execute(arguments: &SignerArguments, output: Output) -> Outcome {
    match &arguments.command {
        SignerCommand::Run(arguments) => run(arguments),
        SignerCommand::Guard(arguments) => guard::execute(arguments, output),
    }
}

/// Serves until it is ended from outside, which it may be at any moment: what was answered is on
/// disk.
fn run(arguments: &RunArguments) -> Outcome {
    start_log(&LogConfig { filter: arguments.log.clone(), json: false }).or_exit(Exit::Usage)?;
    let home = Home::new(&arguments.home);
    // The guard's lock comes first: who holds it owns the socket that lies there.
    let mut desk = signer::open(&home, arguments.passphrase_file.as_deref())?;
    let socket = arguments.socket.clone();
    let socket = socket.unwrap_or_else(|| home.root().join("socket/signer.sock"));
    signer::serve(&mut desk, &socket).or_exit(Exit::Corrupt)
}
