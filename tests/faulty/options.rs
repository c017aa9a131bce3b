//! The faults on the command line: taken out, the rest is `syndic`'s.

use replica::ActionKind;
use std::ffi::OsString;
use std::path::PathBuf;

/// What the program adds to `syndic`.
pub(crate) const HELP: &str = "\
usage: faulty [--die-before KIND[:N]] [--die-after KIND[:N]] [--unguarded] [--ledger FILE] \
SYNDIC ARGUMENTS
  --die-before KIND[:N]  abort before the N-th action of a kind, counted from 1 (the default)
  --die-before commit-batch@H  abort before the batch of height H
  --die-after KIND[:N]   abort after it
  --unguarded            sign whatever is asked for, twice if need be
  --ledger FILE          append each signed message that is about to leave to FILE
  kinds: append, flush, set-guard, reset-journal, send, push-block, commit-batch, store-seal, \
store-finality, other";

/// The kinds of actions by name. A block is only handed to the thread that writes it: before
/// `commit-batch` it is decided and its batch not begun, after it the batch is somewhere under way.
pub(crate) const KINDS: [(&str, ActionKind); 10] = [
    ("append", ActionKind::Append),
    ("flush", ActionKind::Flush),
    ("set-guard", ActionKind::SetGuard),
    ("reset-journal", ActionKind::ResetJournal),
    ("send", ActionKind::Gossip),
    ("push-block", ActionKind::PushBlock),
    ("commit-batch", ActionKind::Commit),
    ("store-seal", ActionKind::StoreSeal),
    ("store-finality", ActionKind::StoreFinality),
    ("other", ActionKind::Other),
];

/// The N-th action of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Which kind.
    pub(crate) kind: ActionKind,
    /// Which one of it, from 1.
    pub(crate) number: u64,
}

/// What a run dies before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// The N-th action of a kind.
    Moment(Moment),
    /// The batch of a height, whatever the number of batches before it.
    Batch(u64),
}

/// The faults of a run.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Abort before this action.
    pub(crate) die_before: Option<Before>,
    /// Abort after this action.
    pub(crate) die_after: Option<Moment>,
    /// Sign without a guard.
    pub(crate) unguarded: bool,
    /// Where what leaves is written down.
    pub(crate) ledger: Option<PathBuf>,
}

/// Why the command line was refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OptionError {
    /// An option came without its value.
    #[error("{option} needs a value")]
    NoValue {
        /// The option.
        option: &'static str,
    },
    /// No action has this kind.
    #[error("{option}: `{kind}` is no kind of action; the kinds are {}", kinds())]
    UnknownKind {
        /// The option.
        option: &'static str,
        /// What was given.
        kind: String,
    },
    /// Actions are counted from 1.
    #[error("{option}: `{number}` is no number of an action, which is 1 or more")]
    Number {
        /// The option.
        option: &'static str,
        /// What was given.
        number: String,
    },
}

/// Take the faults out of a command line; what is left begins with the program's name.
///
/// # Errors
/// [`OptionError`] names the option and what is wrong with its value.
pub(crate) fn split(
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<(Options, Vec<OsString>), OptionError> {
    let mut options = Options::default();
    let mut rest = Vec::new();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let mut value = |option| arguments.next().ok_or(OptionError::NoValue { option });
        match argument.to_str() {
            Some("--die-before") => {
                options.die_before = Some(before("--die-before", &value("--die-before")?)?);
            }
            Some("--die-after") => {
                options.die_after = Some(moment("--die-after", &value("--die-after")?)?);
            }
            Some("--ledger") => options.ledger = Some(value("--ledger")?.into()),
            Some("--unguarded") => options.unguarded = true,
            _ => rest.push(argument),
        }
    }
    Ok((options, rest))
}

fn before(option: &'static str, text: &OsString) -> Result<Before, OptionError> {
    let batch = text.to_str().and_then(|text| text.strip_prefix("commit-batch@"));
    match batch {
        None => moment(option, text).map(Before::Moment),
        Some(height) => match height.parse() {
            Ok(height) => Ok(Before::Batch(height)),
            Err(_) => Err(OptionError::Number { option, number: height.to_owned() }),
        },
    }
}

fn moment(option: &'static str, text: &OsString) -> Result<Moment, OptionError> {
    let text = text.to_string_lossy();
    let (name, number) = text.split_once(':').unwrap_or((&text, "1"));
    let kind = KINDS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
    let kind = kind.ok_or_else(|| OptionError::UnknownKind { option, kind: name.to_owned() })?;
    match number.parse() {
        Ok(number) if number > 0 => Ok(Moment { kind, number }),
        _ => Err(OptionError::Number { option, number: number.to_owned() }),
    }
}

fn kinds() -> String {
    KINDS.map(|(name, _)| name).join(", ")
}

#[cfg(test)]
mod tests;
