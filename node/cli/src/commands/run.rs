//! `syndic run`: a node.

use crate::config::Config;
use crate::exit::{Exit, Meaning, Outcome};
use crate::home::Home;
use crate::run::{Hooks, RunOptions};
use clap::Args;
use std::path::PathBuf;

/// Arguments of `syndic run`.
#[derive(Args, Debug)]
pub(crate) struct RunArguments {
    /// The node's folder: chain.toml, config.toml, keys, data.
    #[arg(long, env = "SYNDIC_HOME")]
    home: PathBuf,
    /// File with the passphrase of the validator's secrets; default: keys/passphrase in the home.
    #[arg(long, env = "SYNDIC_PASSPHRASE_FILE")]
    passphrase_file: Option<PathBuf>,
    /// Overrides `log.filter` of the configuration.
    #[arg(long, env = "SYNDIC_LOG")]
    log: Option<String>,
}

pub(crate) fn execute(arguments: &RunArguments, hooks: Hooks) -> Outcome {
    let home = Home::new(&arguments.home);
    let mut config = Config::read(&home.config()).or_exit(Exit::Config)?;
    if let Some(filter) = &arguments.log {
        config.log.filter.clone_from(filter);
    }
    let options = RunOptions { home, config, passphrase_file: arguments.passphrase_file.clone() };
    crate::run::run(options, hooks)
}
