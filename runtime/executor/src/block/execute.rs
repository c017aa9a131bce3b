//! Carry a block out.

use super::check::Checked;
use crate::frame::{Job, Session};
use crate::native::Setting;
use crate::native::evidence::{self, Bench};
use crate::native::validators;
use crypto::{id, merkle};
use state::{ChangeSet, NodeReader, Overlay, ReadError, key, read};
use types::punishment::RevealRecord;
use types::record::{PresenceRecord, RandomnessRecord, RecentRecord};
use types::{Address, Call, Hash, Height, Receipt, TxHash, Version};
use vm::{Machine, Pool};

/// What came of a block.
#[derive(Clone, Debug)]
pub struct Executed {
    /// One for each entry, in order of execution; the position is the receipt's number.
    pub receipts: Vec<Receipt>,
    /// Root over them.
    pub receipts_root: Hash,
    /// For each receipt, what its `return_hash` is about: what the last call returned, or the
    /// encoded [`Failure`](types::Failure) of a contract. No part of the chain's state.
    pub returned: Vec<Vec<u8>>,
    /// What changed in state.
    pub changes: ChangeSet,
    /// For each transaction, in order: the accounts in whose history it stands, ascending.
    pub touched: Vec<(TxHash, Vec<Address>)>,
    /// Whom the block punished, in order.
    pub revealed: Vec<RevealRecord>,
}

/// Carry a block out on the state after its parent, the one it was checked against.
///
/// # Errors
/// [`ReadError`] if state cannot be read: nothing came of the block, and the node stops.
pub fn execute(
    machine: &Machine,
    reader: &dyn NodeReader,
    checked: &Checked,
) -> Result<Executed, ReadError> {
    // How deep contracts reach must not depend on who asks; without any, no thread is needed.
    if checked.txs.iter().any(|tx| tx.signed.tx.calls.iter().any(runs_contract)) {
        vm::on_stack(|| carry_out(machine, reader, checked))
    } else {
        carry_out(machine, reader, checked)
    }
}

fn runs_contract(call: &Call) -> bool {
    matches!(call, Call::Instantiate { .. } | Call::Call { .. } | Call::Upgrade { .. })
}

fn carry_out(
    machine: &Machine,
    reader: &dyn NodeReader,
    checked: &Checked,
) -> Result<Executed, ReadError> {
    let mut overlay = Overlay::new(reader);
    note_parent(&mut overlay, checked);
    note_signers(&mut overlay, checked)?;
    note_finality(&mut overlay, checked)?;
    note_randomness(&mut overlay, checked);
    let (position, params) = (checked.position, &checked.params);
    let mut receipts = Vec::with_capacity(checked.txs.len());
    let revealed = punish(&mut overlay, checked, &mut receipts)?;
    // Only transactions return anything.
    let mut returned = vec![Vec::new(); receipts.len()];
    let setting =
        Setting { chain_id: checked.chain_id, position, params, machine, pool: Pool::Block };
    let mut session = Session::new(&mut overlay, setting);
    let mut touched = Vec::with_capacity(checked.txs.len());
    for tx in &checked.txs {
        let outcome = session.run(&Job::new(&tx.signed, tx.hash, tx.intrinsic))?;
        receipts.push(outcome.receipt);
        returned.push(outcome.returned);
        touched.push((tx.hash, outcome.touched));
    }
    session.finish()?;
    receipts.extend(validators::finish(&mut overlay, position.height, params)?);
    upgrade(&mut overlay, position.height)?;
    let hashes: Vec<_> = receipts.iter().map(id::receipt_hash).collect();
    let receipts_root = merkle::root(&hashes);
    returned.resize(receipts.len(), Vec::new());
    let changes = overlay.into_changes()?;
    Ok(Executed { receipts, receipts_root, returned, changes, touched, revealed })
}

/// Double signs come first: no transaction of the block sees an offender's bond whole.
fn punish(
    overlay: &mut Overlay<'_>,
    checked: &Checked,
    receipts: &mut Vec<Receipt>,
) -> Result<Vec<RevealRecord>, ReadError> {
    let Checked { position, proposer, params, .. } = checked;
    let bench = Bench { height: position.height, proposer: *proposer, params };
    let mut revealed = Vec::with_capacity(checked.evidence.len());
    for proven in &checked.evidence {
        let (record, receipt) = evidence::punish(overlay, bench, proven)?;
        revealed.push(record);
        receipts.push(receipt);
    }
    Ok(revealed)
}

/// Who precommitted the parent was there: proposing goes round among those (protocol 2.5).
fn note_signers(overlay: &mut Overlay<'_>, checked: &Checked) -> Result<(), ReadError> {
    let signed = checked.position.height.previous();
    for validator in &checked.signers {
        // Who left since has no record to keep up.
        if let Some(presence) = read::presence(overlay, validator)? {
            let record = PresenceRecord { signed: presence.signed.max(signed), ..presence };
            overlay.set(&key::presence(validator), types::encode(&record));
        }
    }
    Ok(())
}

/// What a new validator may show to have caught up with.
fn note_parent(overlay: &mut Overlay<'_>, checked: &Checked) {
    let height = checked.position.height.previous();
    let (block_id, state_root) = checked.parent;
    let record = RecentRecord { version: Version, height, block_id, state_root };
    overlay.set(&key::recent(height), types::encode(&record));
}

/// The protocol that the members decided on rules from its height on.
fn upgrade(overlay: &mut Overlay<'_>, height: Height) -> Result<(), ReadError> {
    let mut chain = read::chain(overlay)?;
    if let Some((version, from)) = chain.upgrade
        && height.next() >= from
    {
        (chain.protocol, chain.upgrade) = (version, None);
        overlay.set(&key::chain(), types::encode(&chain));
    }
    Ok(())
}

fn note_finality(overlay: &mut Overlay<'_>, checked: &Checked) -> Result<(), ReadError> {
    let Some(carried) = checked.carried else { return Ok(()) };
    let mut chain = read::chain(overlay)?;
    assert!(chain.carried < carried, "a block carries a newer certificate or none");
    assert!(carried > Height::ZERO, "genesis has no certificate");
    chain.carried = carried;
    overlay.set(&key::chain(), types::encode(&chain));
    Ok(())
}

/// Contracts may ask for the randomness of their own block and of those before it.
fn note_randomness(overlay: &mut Overlay<'_>, checked: &Checked) {
    let (height, randomness) = (checked.position.height, checked.randomness);
    let record = RandomnessRecord { version: Version, height, randomness };
    overlay.set(&key::randomness(height), types::encode(&record));
}
