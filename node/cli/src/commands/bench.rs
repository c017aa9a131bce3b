//! `syndic bench`: measure a running net.

use crate::exit::Outcome;
use clap::Args;

/// Arguments of `syndic bench`.
#[derive(Args, Debug)]
pub(crate) struct BenchArguments {}

pub(crate) fn execute(_: &BenchArguments) -> Outcome {
    Ok(())
}
