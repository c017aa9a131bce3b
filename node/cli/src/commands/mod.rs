//! The commands: one file each.

mod audit;
mod bench;
mod completions;
mod contract;
mod coupon;
mod devnet;
mod doctor;
mod evidence;
mod files;
mod genesis;
mod gov;
mod init;
mod keys;
mod node;
mod output;
mod proof;
mod query;
mod recover;
mod registration;
mod render;
mod run;
mod scenario;
mod secret;
mod signer;
mod tx;
mod validator;

use crate::exit::{Exit, Outcome};
use crate::run::Hooks;
use clap::{Parser, Subcommand};
use std::ffi::OsString;
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
    /// Begin a chain among organisations that share no machine: draft, join, assemble, verify.
    Genesis(Box<genesis::GenesisArguments>),
    /// Continue a chain that lost more than a third of its power for good, as a new one.
    Recover(recover::RecoverArguments),
    /// Run a node.
    Run(run::RunArguments),
    /// A whole net of real processes on this machine.
    Devnet(devnet::DevnetArguments),
    /// Draw, keep, derive and show account keys.
    Keys(keys::KeysArguments),
    /// Make, sign, submit, follow and read transactions.
    Tx(Box<tx::TxArguments>),
    /// Say whether the books of contracts add up, on each node.
    Audit(audit::AuditArguments),
    /// Write, build, test, deploy, call and read contracts.
    Contract(Box<contract::ContractArguments>),
    /// Ask a node.
    Query(query::QueryArguments),
    /// Fetch proofs of values and receipts, and check them with no node.
    Proof(proof::ProofArguments),
    /// Fetch commit and finality certificates, and check them with no node.
    Cert(proof::CertArguments),
    /// Double signs: whom the chain named, and files that prove it with no node.
    Evidence(evidence::EvidenceArguments),
    /// Name who forked a chain, from two certificates of one height.
    Forensics(evidence::ForensicsArguments),
    /// What the members propose, decide and see pending.
    Gov(Box<gov::GovArguments>),
    /// Become a validator, attest one, rotate its keys; its guard, and arming it.
    Validator(validator::ValidatorArguments),
    /// A validator's keys in a process of their own, and its guard in files.
    Signer(signer::SignerArguments),
    /// Say what is wrong with a node, its machine or the net.
    Doctor(doctor::DoctorArguments),
    /// Measure a running net under load.
    Bench(bench::BenchArguments),
    /// Coupons: merchant, wallet, till, fetch codes, GS1 codes.
    Coupon(Box<coupon::CouponArguments>),
    /// Play a business on a running net, and say what was expected and found.
    Scenario(scenario::ScenarioArguments),
    /// What a shell needs to complete commands.
    Completions(completions::CompletionsArguments),
}

/// Parse the command line, run the command, and say how it ended.
#[must_use]
pub fn start() -> ExitCode {
    start_with(std::env::args_os(), Hooks::default())
}

/// As [`start`], with these arguments, and with hooks into `syndic run`: for test programs.
#[must_use]
pub fn start_with(arguments: impl IntoIterator<Item = OsString>, hooks: Hooks) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no mistakes, and clap knows where each is to be printed.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Ok };
            let _ = error.print();
            return exit.into();
        }
    };
    match execute(arguments, hooks) {
        Ok(()) => Exit::Ok.into(),
        Err(failure) => {
            output::report(&failure);
            failure.exit.into()
        }
    }
}

fn execute(arguments: Arguments, hooks: Hooks) -> Outcome {
    let output = output::Output::new(arguments.json);
    match arguments.command {
        Command::Init(arguments) => init::execute(&arguments, output),
        Command::Genesis(arguments) => genesis::execute(&arguments, output),
        Command::Recover(arguments) => recover::execute(&arguments, output),
        Command::Run(arguments) => run::execute(&arguments, hooks),
        Command::Devnet(arguments) => devnet::execute(&arguments, output),
        Command::Keys(arguments) => keys::execute(&arguments, output),
        Command::Tx(arguments) => tx::execute(*arguments, output),
        Command::Audit(arguments) => audit::execute(&arguments, output),
        Command::Contract(arguments) => contract::execute(*arguments, output),
        Command::Query(arguments) => query::execute(&arguments, output),
        Command::Proof(arguments) => proof::execute(&arguments, output),
        Command::Cert(arguments) => proof::execute_certificate(&arguments, output),
        Command::Evidence(arguments) => evidence::execute(&arguments, output),
        Command::Forensics(arguments) => evidence::execute_forensics(&arguments, output),
        Command::Gov(arguments) => gov::execute(&arguments, output),
        Command::Validator(arguments) => validator::execute(&arguments, output),
        Command::Signer(arguments) => signer::execute(&arguments, output),
        Command::Doctor(arguments) => doctor::execute(&arguments, output),
        Command::Bench(arguments) => bench::execute(&arguments),
        Command::Coupon(arguments) => coupon::execute(*arguments, output),
        Command::Scenario(arguments) => scenario::execute(&arguments, output),
        Command::Completions(arguments) => completions::execute(&arguments),
    }
}

#[cfg(test)]
mod tests;
