//! `syndic completions`: what a shell needs to complete commands.

use crate::exit::Outcome;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Arguments of `syndic completions`.
#[derive(Args, Debug)]
pub(crate) struct CompletionsArguments {
    /// The shell.
    shell: Shell,
}

pub(crate) fn execute(arguments: &CompletionsArguments) -> Outcome {
    let mut command = super::Arguments::command();
    clap_complete::generate(arguments.shell, &mut command, "syndic", &mut std::io::stdout());
    Ok(())
}
