//! `syndic scenario`: play a business on a running net, and say what was expected and found.

mod coupon;
mod report;
mod stage;

use super::output::Output;
use crate::exit::Outcome;
use clap::{Args, Subcommand};

/// Arguments of `syndic scenario`.
#[derive(Args, Debug)]
pub(crate) struct ScenarioArguments {
    #[command(subcommand)]
    command: ScenarioCommand,
}

#[derive(Debug, Subcommand)]
enum ScenarioCommand {
    /// Coupons from the coin to the cash, each step through another node, and everything refused.
    Coupon(coupon::CouponScenario),
}

pub(crate) fn execute(arguments: &ScenarioArguments, output: Output) -> Outcome {
    match &arguments.command {
        ScenarioCommand::Coupon(arguments) => coupon::execute(arguments, output),
    }
}
