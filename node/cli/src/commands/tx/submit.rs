//! Give a transaction to the net and follow it, over lost connections too.
//!
//! The same bytes may be given again at any time, to any node: a transaction has one hash and one
//! nonce, so however often it is given, it happens once and is paid once.

use super::FollowArguments;
use crate::commands::node::{ClientMeaning, NodeArguments, exit_of};
use crate::commands::output::Output;
use crate::commands::render;
use crate::exit::{Exit, Failure, Outcome};
use anyhow::anyhow;
use client::client::Client;
use client::dto::tx::Outcome as InBlock;
use client::dto::{Submitted, TxState, Wait};
use client::errors::ClientError;
use client::wallet::MAX_TX_BYTES;
use std::time::{Duration, Instant};
use types::{Code, SignedTx, TimestampMs, TxHash};

/// First pause after a lost connection; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How long one call waits on a node at most: a lost connection is noticed after that.
const ONE_WAIT: Duration = Duration::from_secs(10);

/// A transaction that is being given to the net.
pub(crate) struct Given<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) hash: TxHash,
    pub(crate) valid_until: TimestampMs,
}

impl<'a> Given<'a> {
    /// Of signed bytes.
    pub(crate) fn new(bytes: &'a [u8]) -> Outcome<Self> {
        let signed: SignedTx = types::decode("signed transaction", bytes, MAX_TX_BYTES)?;
        let hash = crypto::id::tx_hash(bytes);
        Ok(Self { bytes, hash, valid_until: signed.tx.valid_until_ms })
    }
}

/// Submit signed bytes to the nodes that a user names, if they are on the transaction's chain.
pub(super) fn submit(
    node: &NodeArguments,
    bytes: Vec<u8>,
    follow: &FollowArguments,
    output: Output,
) -> Outcome {
    let signed: SignedTx = types::decode("signed transaction", &bytes, MAX_TX_BYTES)?;
    let client = node.client()?;
    let found = client.status().or_class()?.chain.chain_id;
    let expected = signed.tx.chain_id;
    if found != expected {
        return Err(ClientError::OtherChain { node: node.node.clone(), found, expected })
            .or_class();
    }
    run(&client, &bytes, follow, output)
}

/// Submit, follow and print.
pub(super) fn run(
    client: &Client,
    bytes: &[u8],
    follow: &FollowArguments,
    output: Output,
) -> Outcome {
    let given = Given::new(bytes)?;
    let state = give_and_follow(client, &given, follow.wait(), follow.timeout())?;
    print(given.hash, &state, output)
}

/// Give a transaction to the net until it is where `wait` says, or nowhere, or time is over.
pub(crate) fn give_and_follow(
    client: &Client,
    given: &Given<'_>,
    wait: Wait,
    timeout: Duration,
) -> Outcome<TxState> {
    let deadline = Instant::now() + timeout;
    let mut pause = FIRST_PAUSE;
    let mut last: Option<ClientError> = None;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(too_late(given, timeout, last));
        }
        match client.submit(given.bytes, wait, left.min(ONE_WAIT)) {
            Ok(submitted) if is_there(&submitted.state, wait) => return Ok(submitted.state),
            Ok(_) => pause = FIRST_PAUSE,
            Err(error) if is_passing(&error) => {
                eprintln!("{error}; giving the same transaction again");
                last = Some(error);
            }
            // It may be refused because an earlier try of the same bytes was taken.
            Err(error) => match client.tx_status(given.hash, Some(given.valid_until)) {
                Ok(state) if is_there(&state, wait) && is_in_block(&state) => return Ok(state),
                Ok(state) if is_in_block(&state) => {}
                _ => return Err(error).or_class(),
            },
        }
        std::thread::sleep(pause.min(deadline.saturating_duration_since(Instant::now())));
        pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
    }
}

/// Whether the next try may do better.
fn is_passing(error: &ClientError) -> bool {
    match error {
        ClientError::Unreachable { .. }
        | ClientError::Timeout { .. }
        | ClientError::Protocol { .. } => true,
        ClientError::Refused { fault } => matches!(
            fault.registry_code(),
            Some(Code::Overloaded | Code::NotSynced | Code::Timeout | Code::PoolFull)
        ),
        _ => false,
    }
}

const fn is_in_block(state: &TxState) -> bool {
    matches!(state, TxState::Committed(_) | TxState::Final(_))
}

/// Whether there is nothing more to wait for.
fn is_there(state: &TxState, wait: Wait) -> bool {
    match state {
        TxState::Final(_) | TxState::Dropped { .. } | TxState::Expired => true,
        TxState::Committed(_) => wait != Wait::Final,
        TxState::Pending { .. } | TxState::Unknown => wait == Wait::None,
    }
}

fn too_late(given: &Given<'_>, timeout: Duration, last: Option<ClientError>) -> Failure {
    let (hash, until) = (given.hash, given.valid_until);
    let why = last.map_or_else(String::new, |error| format!(" (last: {error})"));
    Failure {
        exit: Exit::Timeout,
        error: anyhow!(
            "transaction {hash} is not there after {} s{why}; it may still happen until {until} \
             (ms since 1970). Ask: syndic tx status {hash} --valid-until-ms {until}",
            timeout.as_secs()
        ),
    }
}

/// Print where a transaction is; one that failed or is nowhere ends with its exit code.
pub(super) fn print(hash: TxHash, state: &TxState, output: Output) -> Outcome {
    let submitted = Submitted { hash, state: state.clone() };
    output.print(&submitted, render::lines)?;
    failed(hash, state).map_or(Ok(()), Err)
}

/// Why a transaction came to nothing, with what the contract says that refused it.
pub(crate) fn failed(hash: TxHash, state: &TxState) -> Option<Failure> {
    let (code, failure) = match state {
        TxState::Committed(InBlock { code, failure, .. })
        | TxState::Final(InBlock { code, failure, .. }) => (code.as_str(), failure.as_ref()),
        TxState::Dropped { code } => (code.as_str(), None),
        TxState::Expired => (Code::Expired.name(), None),
        TxState::Pending { .. } | TxState::Unknown => return None,
    };
    if code == Code::Ok.name() {
        return None;
    }
    let exit = Code::from_name(code)
        .map_or(Exit::Rejected, |code| exit_of(client::ExitClass::of(Some(code))));
    let told = failure.map_or_else(String::new, |told| format!(": {}", told.name));
    Some(Failure { exit, error: anyhow!("transaction {hash}: {code}{told}") })
}

#[cfg(test)]
mod tests;
