//! Exit codes: what a script may count on.

use std::process::ExitCode;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Ok = 0,
    /// Anything not listed below.
    Failed = 1,
    /// The arguments are off.
    Usage = 2,
    /// A configuration, chain spec or home is off, or the program is too old for the chain.
    Config = 3,
    /// No node can be reached.
    Unreachable = 4,
    /// The chain refused or failed the transaction.
    Rejected = 5,
    /// It did not happen in time; it may still.
    Timeout = 6,
    /// A key, passphrase or keystore is off.
    Key = 7,
    /// The database, journal or state is damaged, or disagrees with what others sealed.
    Corrupt = 8,
    /// Stopped so as not to sign twice.
    Guard = 9,
    /// Interrupted.
    Interrupted = 130,
}

impl Exit {
    /// Every code with its meaning, for the README and `--help`.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Ok, "done"),
        (Self::Failed, "failed for a reason not listed here"),
        (Self::Usage, "the arguments are off"),
        (Self::Config, "a configuration, chain spec or home is off, or the program is too old"),
        (Self::Unreachable, "no node can be reached"),
        (Self::Rejected, "the chain refused or failed the transaction, or a check failed"),
        (Self::Timeout, "it did not happen in time; it may still"),
        (Self::Key, "a key, passphrase or keystore is off"),
        (Self::Corrupt, "the database, journal or state is damaged"),
        (Self::Guard, "stopped so as not to sign twice"),
        (Self::Interrupted, "interrupted"),
    ];
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error with the exit code that it means.
#[derive(Debug)]
pub struct Failure {
    /// The code.
    pub exit: Exit,
    /// What happened.
    pub error: anyhow::Error,
}

/// What commands return.
pub type Outcome<T = ()> = Result<T, Failure>;

/// Attach an exit code to an error.
pub trait Meaning<T> {
    /// On error, leave with `exit`.
    ///
    /// # Errors
    /// The error itself, with its code.
    fn or_exit(self, exit: Exit) -> Outcome<T>;
}

impl<T, E: Into<anyhow::Error>> Meaning<T> for Result<T, E> {
    fn or_exit(self, exit: Exit) -> Outcome<T> {
        self.map_err(|error| Failure { exit, error: error.into() })
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { exit: Exit::Failed, error: error.into() }
    }
}
