//! A signer that keeps no guard: it signs twice at one address, if it is asked to.

use consensus::{SignError, Signer};
use crypto::ballot::ConsensusSecret;
use types::{BlockId, ChainId, Hash, Height, Share, Signature, SignedAddress, Value, VrfProof};

/// Signs everything.
pub(crate) struct Unguarded {
    chain_id: ChainId,
    secret: ConsensusSecret,
}

impl Unguarded {
    /// A signer for a chain.
    pub(crate) fn new(chain_id: ChainId, secret: ConsensusSecret) -> Self {
        Self { chain_id, secret }
    }
}

impl Signer for Unguarded {
    fn sign(
        &mut self,
        address: &SignedAddress,
        value: &Value,
        _settled: &Option<SignedAddress>,
    ) -> Result<(Signature, Share), SignError> {
        Ok(self.secret.sign(address, value, cli::run::fresh()))
    }

    fn randomness(
        &mut self,
        height: Height,
        previous: &Hash,
    ) -> Result<(VrfProof, Hash), SignError> {
        Ok(self.secret.randomness(&self.chain_id, height, previous))
    }

    fn ready(
        &mut self,
        height: Height,
        block_id: &BlockId,
        state_root: &Hash,
    ) -> Result<Signature, SignError> {
        let message = crypto::id::ready_hash(&self.chain_id, height, block_id, state_root);
        Ok(self.secret.sign_hash(&message))
    }
}
