//! Collect proofs that stand alone: with every change of the validator set since the trusted one.

use super::Client;
use crate::dto::params::{OneTransaction, StateKey};
use crate::dto::{HexBytes, Number, ReceiptProof, SetStep, StateProof, StateValue, Transaction};
use crate::errors::ClientError;
use crate::verify::{MAX_STEPS, Trust, VerifiedReceipt, VerifiedState, VerifyError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use types::{Code, Height, TxHash};

impl Client {
    /// A value of state with its proof, verified: after `height`, or after the newest final height
    /// that can be proven.
    ///
    /// A height has proofs only where its own finality certificate is held, and only for a while;
    /// so the client's nodes are asked one after the other until one has it.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Verify`] if the node's answer proves nothing.
    pub fn prove_state(
        &self,
        key: &[u8],
        height: Option<Height>,
        trust: &Trust,
    ) -> Result<(VerifiedState, StateProof), ClientError> {
        let key_asked = HexBytes(key.to_vec());
        let asked = StateKey { key: key_asked, height: height.map(Number), prove: true };
        let answer: StateValue = self.first_that_proves("state_get", &asked)?;
        let mut proof = answer.proof.ok_or(VerifyError::NoProof)?;
        proof.steps = self.set_steps(proof.height, trust)?;
        Ok((trust.verify_key(&proof, key)?, proof))
    }

    /// A transaction's receipt with its proof, verified. As [`Client::prove_state`], it asks every
    /// node before it gives up.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Verify`] if the node's answer proves nothing.
    pub fn prove_transaction(
        &self,
        hash: TxHash,
        trust: &Trust,
    ) -> Result<(VerifiedReceipt, ReceiptProof), ClientError> {
        let asked = OneTransaction { hash, prove: true };
        let answer: Transaction = self.first_that_proves("transaction", &asked)?;
        let mut proof = answer.proof.ok_or(VerifyError::NoProof)?;
        proof.steps = self.set_steps(proof.height, trust)?;
        Ok((trust.verify_transaction(&proof, hash)?, proof))
    }

    /// The answer of the first node that has what a proof needs.
    fn first_that_proves<P: Serialize, R: DeserializeOwned>(
        &self,
        method: &str,
        params: &P,
    ) -> Result<R, ClientError> {
        let lacks_it = |error: &ClientError| {
            matches!(error.code(), Some(Code::NotFound | Code::Pruned | Code::NotYet))
        };
        let mut last = None;
        for node in &self.config.nodes {
            match self.ask(node, method, params, self.config.timeout) {
                Err(error) if error.is_of_this_node() || lacks_it(&error) => last = Some(error),
                answer => return answer,
            }
        }
        Err(last.expect("a client has one node at least"))
    }

    /// The changes of the validator set that lead from the trusted one to that of a height.
    ///
    /// # Errors
    /// [`ClientError`]; [`VerifyError::TooManySteps`] if there are more than a proof may hold.
    pub fn set_steps(&self, height: Height, trust: &Trust) -> Result<Vec<SetStep>, ClientError> {
        let mut steps = Vec::new();
        let mut at = self.validators(Some(height))?;
        while at.since > trust.height() {
            if steps.len() >= MAX_STEPS {
                return Err(VerifyError::TooManySteps { count: steps.len() + 1 }.into());
            }
            let before = at.since.previous();
            let header = self.header(Some(before))?.encoded;
            let commit = self.commit(Some(before))?.encoded;
            steps.push(SetStep { header, commit, next: at.encoded });
            at = self.validators(Some(before))?;
        }
        steps.reverse();
        Ok(steps)
    }
}
