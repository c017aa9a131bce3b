//! A chain that continues another one: from which state, bound to it by the salt.

use types::{BlockId, ChainId, Hash, Height, TimestampMs};

/// The end of a chain that lost more than a third of its power for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// That chain.
    pub chain_id: ChainId,
    /// Its last height.
    pub height: Height,
    /// The block there.
    pub block_id: BlockId,
    /// Root of the state after it.
    pub state_root: Hash,
    /// Random: keeps two recoveries of one state apart.
    pub fresh: [u8; 32],
}

impl Origin {
    /// The salt of the chain that goes on from here: 16 bytes of an off-chain message of the old
    /// chain, so that the new chain's id, and all that is signed on it, is bound to the state.
    #[must_use]
    pub fn salt(&self) -> [u8; 16] {
        let body = types::encode(&(self.height, self.block_id, self.state_root, self.fresh));
        let module = crypto::id::module_address("genesis");
        let no_expiry = TimestampMs(u64::MAX);
        let method = "recovery-salt";
        let hash = crypto::id::message_hash(&self.chain_id, &module, method, &body, no_expiry);
        let mut salt = [0; 16];
        salt.copy_from_slice(&hash.0[..16]);
        salt
    }
}

#[cfg(test)]
mod tests;
