//! `syndic coupon`: what merchant, consumer, till and auditor do with coupons, over the public RPC.

mod basket;
mod fetch;
mod gs1;
mod merchant;
mod order;
mod passed;
mod pos;
mod session;
mod settlement;
pub(crate) mod wallet;

use super::output::Output;
use crate::exit::Outcome;
pub(crate) use basket::{Basket, Line};
use clap::{Args, Subcommand};
pub(crate) use merchant::hash_of;
pub(crate) use order::{Order, Place, Reader, Readers};
pub(crate) use session::{Attempt, Done, Session};

/// Arguments of `syndic coupon`.
#[derive(Args, Debug)]
pub(crate) struct CouponArguments {
    #[command(subcommand)]
    command: CouponCommand,
}

#[derive(Debug, Subcommand)]
enum CouponCommand {
    /// Buy coins, open campaigns, make coupons, settle a day.
    Merchant(Box<merchant::MerchantArguments>),
    /// Take coupons, show them, sign for them, and spend what they earned.
    Wallet(Box<wallet::WalletArguments>),
    /// Take coupons at a till.
    Pos(Box<pos::PosArguments>),
    /// Fetch codes: sixteen digits that stand for a coupon for two minutes.
    Fetch(fetch::FetchArguments),
    /// Read and write GS1 coupon codes, AI (8110) and AI (8112); no node is asked.
    Gs1(gs1::Gs1Arguments),
}

pub(crate) fn execute(arguments: CouponArguments, output: Output) -> Outcome {
    match arguments.command {
        CouponCommand::Merchant(arguments) => merchant::execute(*arguments, output),
        CouponCommand::Wallet(arguments) => wallet::execute(*arguments, output),
        CouponCommand::Pos(arguments) => pos::execute(*arguments, output),
        CouponCommand::Fetch(arguments) => fetch::execute(&arguments, output),
        CouponCommand::Gs1(arguments) => gs1::execute(&arguments, output),
    }
}
