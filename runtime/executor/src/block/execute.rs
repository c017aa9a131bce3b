//! Carry a block out.

use super::check::Checked;
use crate::frame::{Job, Session};
use crate::native::evidence::{self, Bench};
use crate::native::validators;
use crypto::{id, merkle};
use state::{ChangeSet, NodeReader, Overlay, ReadError, key, read};
use types::punishment::RevealRecord;
use types::record::{PresenceRecord, RecentRecord};
use types::{Address, Hash, Height, Receipt, TxHash, Version};

/// What came of a block.
#[derive(Clone, Debug)]
pub struct Executed {
    /// One for each entry, in order of execution; the position is the receipt's number.
    pub receipts: Vec<Receipt>,
    /// Root over them.
    pub receipts_root: Hash,
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
pub fn execute(reader: &dyn NodeReader, checked: &Checked) -> Result<Executed, ReadError> {
    let mut overlay = Overlay::new(reader);
    note_parent(&mut overlay, checked);
    note_signers(&mut overlay, checked)?;
    note_finality(&mut overlay, checked)?;
    let (height, params) = (checked.position.height, &checked.params);
    let mut receipts = Vec::with_capacity(checked.txs.len());
    let revealed = punish(&mut overlay, checked, &mut receipts)?;
    let mut session = Session::new(&mut overlay, checked.position, params);
    let mut touched = Vec::with_capacity(checked.txs.len());
    for tx in &checked.txs {
        let outcome = session.run(&Job::new(&tx.signed, tx.hash, tx.intrinsic))?;
        receipts.push(outcome.receipt);
        touched.push((tx.hash, outcome.touched));
    }
    session.finish()?;
    receipts.extend(validators::finish(&mut overlay, height, params)?);
    upgrade(&mut overlay, height)?;
    let hashes: Vec<_> = receipts.iter().map(id::receipt_hash).collect();
    let receipts_root = merkle::root(&hashes);
    Ok(Executed { receipts, receipts_root, changes: overlay.into_changes()?, touched, revealed })
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
