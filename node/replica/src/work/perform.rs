//! The functions that do the jobs: pure over what they are given.

use super::{Admission, Ballots, BuildJob, CommitJob, Committed, Frontier, WorkDone};
use crypto::sign;
use executor::block::{self, BuildInput, Built, Executed, KnownTx, Parent};
use executor::transaction;
use executor::{CheckError, Decoded, Rejection};
use mempool::Pending;
use state::{NodeReader, ReadError, Tree};
use std::sync::Arc;
use types::wire::BlockMessage;
use types::{Address, BlockId, Code, Hash, Nonce, TxHash, Version};
use vm::Machine;

/// Whether every signature and share of each entry verifies; all of them in one batch.
#[must_use]
pub fn verify(entries: &[Ballots]) -> Vec<bool> {
    let ballots: Vec<_> = entries.iter().flat_map(Ballots::as_ballots).collect();
    let mut verdicts = crypto::ballot::verify_batch(&ballots).into_iter();
    entries
        .iter()
        .map(|entry| {
            let own: Vec<bool> = verdicts.by_ref().take(entry.len()).collect();
            own.len() == entry.len() && own.iter().all(|valid| *valid)
        })
        .collect()
}

/// Check a block against the state after its parent, and compile the code that it deploys.
#[must_use]
pub fn check(
    machine: &Machine,
    reader: &dyn NodeReader,
    parent: &Parent,
    message: &BlockMessage,
    block_id: BlockId,
    known: &dyn Fn(&Hash) -> bool,
    known_tx: KnownTx<'_>,
) -> WorkDone {
    match block::check(reader, parent, &message.block, known, known_tx) {
        Ok(checked) => {
            checked.code().for_each(|code| compile(machine, code));
            WorkDone::Checked { block_id, result: Ok(Arc::new(checked)) }
        }
        Err(CheckError::Invalid(reason)) => WorkDone::Checked { block_id, result: Err(reason) },
        Err(CheckError::Read(error)) => failed(&error),
    }
}

/// Have code compiled before it runs. Whether the chain takes it is not judged here: carrying the
/// block out does that, and finds the result in the machine.
pub fn compile(machine: &Machine, code: &[u8]) {
    // A refusal is remembered by the machine, as much as compiled code is.
    let _ = machine.prepare(&crypto::hash::blake3(code), code);
}

/// Build a block on the state after its parent, of transactions whose signatures were verified;
/// `known_tx` spares decoding them again.
#[must_use]
pub fn build(reader: &dyn NodeReader, job: BuildJob, known_tx: KnownTx<'_>) -> WorkDone {
    let height = job.height;
    let params = match state::read::params(reader) {
        Ok(params) => params,
        Err(error) => return failed(&error),
    };
    let decoded = |pending: &Arc<Pending>| match known_tx(&pending.hash) {
        Some(signed) => Some(Decoded { signed, bytes: pending.bytes.clone(), hash: pending.hash }),
        None => transaction::decode(&pending.bytes, &params).ok(),
    };
    let candidates = job.candidates.iter().filter_map(decoded).map(Arc::new).collect();
    let input = BuildInput {
        height,
        round: job.round,
        time_ms: job.time_ms,
        proposer: job.proposer,
        last_commit: job.last_commit,
        finality: job.finality,
        evidence: job.evidence,
        candidates,
        vrf: job.randomness,
    };
    match block::build(reader, &job.parent, input) {
        Ok(Built { block, invalid }) => {
            let block_id = crypto::id::block_id(&block.header);
            let block = Arc::new(BlockMessage { version: Version, block });
            WorkDone::Built { height, block, block_id, invalid }
        }
        Err(error) => failed(&error),
    }
}

/// Judge transactions for the pool; `remember` is given those whose signatures were verified, and
/// `compile` the code that they are to deploy.
#[must_use]
pub fn admit(
    reader: &dyn NodeReader,
    batch: u64,
    txs: Vec<Vec<u8>>,
    frontier: &Frontier,
    remember: &dyn Fn(&Decoded),
    compile: &dyn Fn(&[u8]),
) -> WorkDone {
    let mut judged: Vec<Judged> = txs.into_iter().map(|bytes| judge(bytes, frontier)).collect();
    // All signatures of all transactions in one batch; a transaction falls if one of its own does.
    let checks: Vec<sign::Check> =
        judged.iter().flat_map(|one| one.checks.iter().cloned()).collect();
    let mut verdicts = sign::verify_batch(&checks).into_iter();
    for one in &mut judged {
        let own: Vec<bool> = verdicts.by_ref().take(one.checks.len()).collect();
        if one.result.is_ok() && !own.iter().all(|valid| *valid) {
            let wanted = "signatures over H(\"tx\", tx)";
            one.result = Err(Rejection::new(Code::BadSignature, "auth", one.hash, wanted));
        }
    }
    let mut results = Vec::with_capacity(judged.len());
    for one in judged {
        match finish(reader, frontier, one, remember, compile) {
            Ok(admission) => results.push(admission),
            Err(error) => return failed(&error),
        }
    }
    WorkDone::Admitted { batch, results }
}

struct Judged {
    hash: TxHash,
    checks: Vec<sign::Check>,
    result: Result<Decoded, Rejection>,
}

fn judge(bytes: Vec<u8>, frontier: &Frontier) -> Judged {
    let chain_id = frontier.parent.header.chain_id;
    let decoded = match transaction::decode(&bytes, &frontier.params) {
        Ok(decoded) => decoded,
        Err(reason) => {
            let hash = crypto::id::tx_hash(&bytes);
            return Judged { hash, checks: Vec::new(), result: Err(reason) };
        }
    };
    let hash = decoded.hash;
    match transaction::check_stateless(&decoded, &chain_id, &frontier.params) {
        Ok(checks) => Judged { hash, checks, result: Ok(decoded) },
        Err(reason) => Judged { hash, checks: Vec::new(), result: Err(reason) },
    }
}

fn finish(
    reader: &dyn NodeReader,
    frontier: &Frontier,
    one: Judged,
    remember: &dyn Fn(&Decoded),
    compile: &dyn Fn(&[u8]),
) -> Result<Admission, ReadError> {
    let hash = one.hash;
    let decoded = match one.result {
        Ok(decoded) => decoded,
        Err(reason) => return Ok(Admission { hash, result: Err(reason), stateless: true }),
    };
    remember(&decoded);
    let tx = &decoded.signed.tx;
    let next = transaction::next_nonce(reader, &tx.sender, tx.lane)?;
    match transaction::check_admission(reader, tx, &frontier.position(), &frontier.params) {
        Ok(()) => {}
        Err(CheckError::Invalid(reason)) => {
            return Ok(Admission { hash, result: Err(reason), stateless: false });
        }
        Err(CheckError::Read(error)) => return Err(error),
    }
    let code: Vec<&[u8]> = tx.calls.iter().filter_map(types::Call::code).collect();
    code.iter().copied().for_each(compile);
    let deploys = !code.is_empty();
    let pending = Pending {
        hash,
        sender: tx.sender,
        lane: tx.lane,
        nonce: tx.nonce,
        gas_limit: tx.gas_limit,
        valid_until_ms: tx.valid_until_ms,
        governance: false,
        deploys,
        bytes: decoded.bytes,
    };
    Ok(Admission { hash, result: Ok((Arc::new(pending), next)), stateless: false })
}

/// A decided block, executed: what is to be made durable, and what follows from it.
#[derive(Debug)]
pub struct Prepared {
    /// Receipts, changes, touched accounts.
    pub executed: Executed,
    /// The block with the roots after it.
    pub parent: Arc<Parent>,
    /// Nonces used.
    pub nonces: Vec<(Address, u8, Nonce)>,
    /// Its transactions.
    pub hashes: Vec<TxHash>,
}

/// Why a block was not executed.
#[derive(Debug)]
pub enum PrepareError {
    /// It is not valid, or its certificate is not.
    Refused(Rejection),
    /// The state cannot be read.
    Read(ReadError),
}

/// Check (where it was not), execute, and bring the tree to the state after the block. `synced`
/// says
/// that the certificate has not been verified yet.
///
/// # Errors
/// [`PrepareError`]; the tree is untouched then.
pub fn prepare(
    machine: &Machine,
    reader: &dyn NodeReader,
    tree: &mut Tree,
    job: &CommitJob,
    synced: Synced,
    known: &dyn Fn(&Hash) -> bool,
    known_tx: KnownTx<'_>,
) -> Result<Prepared, PrepareError> {
    let header = &job.block.block.header;
    if synced == Synced::Yes {
        let fits = job.certificate.block_id == job.block_id;
        let verdict =
            crypto::certificate::verify_commit(&job.certificate, &header.chain_id, &job.set, known);
        if !fits || verdict.is_err() {
            let value =
                verdict.err().map_or_else(|| "another block's".to_owned(), |e| e.to_string());
            let wanted = format!("a commit certificate for block {}", job.block_id);
            let reason = Rejection::new(Code::BadCertificate, "certificate", value, wanted);
            return Err(PrepareError::Refused(reason));
        }
    }
    let checked = match &job.checked {
        Some(checked) => checked.clone(),
        None => {
            let checked = block::check(reader, &job.parent, &job.block.block, known, known_tx);
            Arc::new(checked.map_err(|error| match error {
                CheckError::Invalid(reason) => PrepareError::Refused(reason),
                CheckError::Read(error) => PrepareError::Read(error),
            })?)
        }
    };
    let executed = block::execute(machine, reader, &checked).map_err(PrepareError::Read)?;
    let state_root =
        tree.apply(reader, header.height, &executed.changes).map_err(PrepareError::Read)?;
    let parent = Arc::new(Parent {
        header: header.clone(),
        block_id: job.block_id,
        state_root,
        receipts_root: executed.receipts_root,
    });
    let used = checked.txs().map(|signed| {
        let tx = &signed.tx;
        (tx.sender, tx.lane, Nonce(tx.nonce.0.saturating_add(1)))
    });
    let (nonces, hashes) = (used.collect(), checked.tx_hashes().collect());
    Ok(Prepared { nonces, hashes, executed, parent })
}

/// Whether a block came by sync, so that its certificate is still to be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synced {
    /// It came by sync.
    Yes,
    /// Our engine decided it.
    No,
}

/// What the replica is told once a prepared block is durable.
///
/// # Errors
/// [`ReadError`] if the new state cannot be read.
pub fn committed(
    reader: &dyn NodeReader,
    prepared: Prepared,
    certificate: types::CommitCertificate,
) -> Result<Committed, ReadError> {
    let next = Arc::new(Frontier::read(reader, prepared.parent)?);
    let Prepared { executed, nonces, hashes, .. } = prepared;
    Ok(Committed { next, certificate, nonces, hashes, revealed: executed.revealed })
}

fn failed(error: &ReadError) -> WorkDone {
    WorkDone::Failed(format!("the state cannot be read: {error}"))
}
