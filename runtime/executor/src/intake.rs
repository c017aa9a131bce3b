//! Take transactions into a block one by one: the builder and the checker judge by the same rules.

use crate::fees;
use crate::rejection::{CheckError, Rejection};
use crate::transaction::{self, Position};
use state::NodeReader;
use std::collections::BTreeMap;
use types::{Address, ChainId, Code, Gas, Nonce, Params, SignedTx};

/// What the transactions taken so far leave for the next one.
pub(crate) struct Intake<'a> {
    reader: &'a dyn NodeReader,
    chain_id: ChainId,
    position: Position,
    params: &'a Params,
    /// The next nonce of each lane that was asked for.
    lanes: BTreeMap<(Address, u8), Nonce>,
    /// Whether a sender may send, by sender: at most one read each.
    refused: BTreeMap<Address, Option<Rejection>>,
    gas: Gas,
    /// Bytes of code to be deployed.
    code: usize,
    count: usize,
}

impl<'a> Intake<'a> {
    /// Nothing taken yet.
    pub(crate) fn new(
        reader: &'a dyn NodeReader,
        chain_id: ChainId,
        position: Position,
        params: &'a Params,
    ) -> Self {
        let (lanes, refused) = (BTreeMap::new(), BTreeMap::new());
        let (gas, code, count) = (Gas::ZERO, 0, 0);
        Self { reader, chain_id, position, params, lanes, refused, gas, code, count }
    }

    /// Take a transaction, or say why not; a refusal leaves everything as it was. Signatures are
    /// not looked at. Returns what it costs before it runs.
    pub(crate) fn take(&mut self, signed: &SignedTx, bytes: usize) -> Result<Gas, CheckError> {
        let tx = &signed.tx;
        transaction::check_size(tx, bytes, self.params)?;
        let limit = self.params.max_block_txs;
        let count = self.count.saturating_add(1);
        if count > usize::try_from(limit).unwrap_or(usize::MAX) {
            return Err(Rejection::new(Code::BlockTooLarge, "txs", count, limit).into());
        }
        let intrinsic = fees::intrinsic_gas(tx, bytes, fees::signatures(signed));
        transaction::check_fields(tx, intrinsic, &self.chain_id, self.params)?;
        transaction::check_position(tx, &self.position, self.params)?;
        let gas = Gas(self.gas.0.saturating_add(tx.gas_limit.0));
        if gas.0 > self.params.max_block_gas {
            let limit = self.params.max_block_gas;
            return Err(Rejection::new(Code::BlockTooLarge, "gas_limit", gas, limit).into());
        }
        let code = self.code.saturating_add(fees::code_bytes(tx));
        let limit = self.params.max_deploy_bytes;
        if code > usize::try_from(limit).unwrap_or(usize::MAX) {
            return Err(Rejection::new(Code::BlockTooLarge, "code", code, limit).into());
        }
        self.check_sender(signed)?;
        self.take_nonce(signed)?;
        (self.gas, self.code, self.count) = (gas, code, count);
        Ok(intrinsic)
    }

    fn check_sender(&mut self, signed: &SignedTx) -> Result<(), CheckError> {
        let tx = &signed.tx;
        if transaction::is_own_readiness(self.reader, tx)? {
            // Allowed whoever sends it, which says nothing about what else its sender sends.
            return Ok(());
        }
        if !self.refused.contains_key(&tx.sender) {
            let refusal = transaction::check_sender(self.reader, tx, &self.position, self.params)?;
            self.refused.insert(tx.sender, refusal);
        }
        match self.refused.get(&tx.sender) {
            Some(Some(refusal)) => Err(refusal.clone().into()),
            Some(None) | None => Ok(()),
        }
    }

    fn take_nonce(&mut self, signed: &SignedTx) -> Result<(), CheckError> {
        let tx = &signed.tx;
        let lane = (tx.sender, tx.lane);
        let expected = match self.lanes.get(&lane) {
            Some(next) => *next,
            None => transaction::next_nonce(self.reader, &tx.sender, tx.lane)?,
        };
        transaction::check_nonce(tx, expected)?;
        // The very last nonce would leave the lane without a next one.
        let next = expected
            .checked_add(Nonce(1))
            .ok_or_else(|| Rejection::new(Code::NonceTooHigh, "nonce", tx.nonce, "none"))?;
        self.lanes.insert(lane, next);
        Ok(())
    }
}
