//! `syndic doctor`: what is wrong with a node, its machine, or the net, and since when.

mod machine;
mod net;

use super::node::NodeArguments;
use super::output::Output;
use crate::exit::{Exit, Failure, Outcome};
use crate::home::Home;
use anyhow::anyhow;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;

/// Arguments of `syndic doctor`.
#[derive(Args, Debug)]
pub(crate) struct DoctorArguments {
    /// The node's folder, to look at its disk, files and guard too; default: the node alone.
    #[arg(long, env = "SYNDIC_HOME", value_name = "DIR")]
    home: Option<PathBuf>,
    /// Print only what is not in order.
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    node: NodeArguments,
}

/// How a finding is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    /// In order.
    Green,
    /// Works, and should be looked at.
    Yellow,
    /// Does not work.
    Red,
}

/// One thing looked at.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) level: Level,
    pub(super) text: String,
}

impl Finding {
    pub(super) fn new(check: &'static str, level: Level, text: impl Into<String>) -> Self {
        Self { check, level, text: text.into() }
    }
}

#[derive(Serialize)]
struct Report {
    level: Level,
    findings: Vec<Finding>,
}

pub(crate) fn execute(arguments: &DoctorArguments, output: Output) -> Outcome {
    let mut findings = Vec::new();
    let tip = net::look(&arguments.node, &mut findings)?;
    if let Some(home) = &arguments.home {
        machine::look(&Home::new(home), tip, &mut findings);
    }
    let level = findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Green);
    if arguments.quiet {
        findings.retain(|finding| finding.level != Level::Green);
    }
    let report = Report { level, findings };
    output.print(&report, |report| {
        let mut text = String::new();
        for finding in &report.findings {
            let mark = match finding.level {
                Level::Green => "ok   ",
                Level::Yellow => "look ",
                Level::Red => "WRONG",
            };
            text += &format!("{mark}  {:<12} {}\n", finding.check, finding.text);
        }
        text
    })?;
    let wrong = report.findings.iter().filter(|finding| finding.level == Level::Red).count();
    if wrong == 0 {
        return Ok(());
    }
    // The codes of the worst: an unreachable node, else whatever is wrong.
    let unreachable = report
        .findings
        .iter()
        .any(|finding| finding.check == "reachable" && finding.level == Level::Red);
    let exit = if unreachable { Exit::Unreachable } else { Exit::Failed };
    Err(Failure { exit, error: anyhow!("{wrong} checks are red") })
}
