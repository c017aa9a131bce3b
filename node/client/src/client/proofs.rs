//! Collect proofs that stand alone: with every change of the validator set since the trusted one.

use super::Client;
use crate::dto::{ReceiptProof, SetStep, StateProof};
use crate::errors::ClientError;
use crate::verify::{MAX_STEPS, Trust, VerifiedReceipt, VerifiedState, VerifyError};
use types::{Height, TxHash};

impl Client {
    /// A value of state with its proof, verified.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Verify`] if the node's answer proves nothing.
    pub fn prove_state(
        &self,
        key: &[u8],
        height: Option<Height>,
        trust: &Trust,
    ) -> Result<(VerifiedState, StateProof), ClientError> {
        let answer = self.state(key.to_vec(), height, true)?;
        let mut proof = answer.proof.ok_or(VerifyError::NoProof)?;
        proof.steps = self.set_steps(proof.height, trust)?;
        Ok((trust.verify_key(&proof, key)?, proof))
    }

    /// A transaction's receipt with its proof, verified.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Verify`] if the node's answer proves nothing.
    pub fn prove_transaction(
        &self,
        hash: TxHash,
        trust: &Trust,
    ) -> Result<(VerifiedReceipt, ReceiptProof), ClientError> {
        let answer = self.transaction(hash, true)?;
        let mut proof = answer.proof.ok_or(VerifyError::NoProof)?;
        proof.steps = self.set_steps(proof.height, trust)?;
        Ok((trust.verify_transaction(&proof, hash)?, proof))
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
