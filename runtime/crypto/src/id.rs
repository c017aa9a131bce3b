//! Name things: chains, blocks, transactions, addresses, certificates, evidence.
//!
//! Every name is `H(domain, borsh(what))`; structures that exist only to be hashed are tuples here,
//! which borsh encodes as their fields in order.

use crate::{domain, hash};
use types::genesis::Genesis;
use types::validator_set::ValidatorSetError;
use types::{
    Address, BlockId, ChainId, CommitCertificate, Evidence, FinalityCertificate, Hash, Header,
    Height, Params, PublicKey, Receipt, Round, SignedAddress, TimestampMs, Tx, TxHash, Validator,
    ValidatorId, ValidatorSet, VrfProof, codec::WideVersion,
};

/// Longest salt of a contract's address, in bytes.
pub const MAX_SALT_BYTES: usize = 32;

/// `H("chain-id", {name, salt})`. The salt is random: the same keys on a chain made anew under an
/// old name are on another chain and cannot sign "twice".
#[must_use]
pub fn chain_id(name: &str, salt: &[u8; 16]) -> ChainId {
    ChainId(hash::derive_value(domain::CHAIN_ID, &(name, salt)).0)
}

/// `H("block", header)`.
#[must_use]
pub fn block_id(header: &Header) -> BlockId {
    BlockId(hash::derive_value(domain::BLOCK, header).0)
}

/// `H("tx", tx)`: the 32 bytes that sender and payer sign.
#[must_use]
pub fn tx_signing_hash(tx: &Tx) -> Hash {
    hash::derive_value(domain::TX, tx)
}

/// `H("signed-tx", SignedTx)`, from the bytes of an encoded [`types::SignedTx`].
#[must_use]
pub fn tx_hash(encoded: &[u8]) -> TxHash {
    TxHash(hash::derive(domain::SIGNED_TX, encoded).0)
}

/// The address of one ed25519 key: `H("address/account", [0] ‖ key)`.
#[must_use]
pub fn account_address(key: &PublicKey) -> Address {
    Address(hash::derive_value(domain::ADDRESS_ACCOUNT, &(0_u8, key)).0)
}

/// The address of a threshold of keys: `H("address/multi", {threshold, keys})`.
///
/// The rules for both (ascending, 1 to 16, threshold within) are [`crate::auth`]'s.
#[must_use]
pub fn multisig_address(threshold: u8, keys: &[PublicKey]) -> Address {
    Address(hash::derive_value(domain::ADDRESS_MULTI, &(threshold, keys)).0)
}

/// The address of a contract: `H("address/contract", {creator, salt})`. The code is not in it, so
/// that an upgrade keeps the address.
///
/// # Panics
/// If the salt is longer than [`MAX_SALT_BYTES`]; who decodes one checks it.
#[must_use]
pub fn contract_address(creator: &Address, salt: &[u8]) -> Address {
    assert!(salt.len() <= MAX_SALT_BYTES, "a salt has at most {MAX_SALT_BYTES} bytes");
    Address(hash::derive_value(domain::ADDRESS_CONTRACT, &(creator, salt)).0)
}

/// The address of a native module: `H("address/module", name)`, the name a borsh string.
#[must_use]
pub fn module_address(name: &str) -> Address {
    Address(hash::derive_value(domain::ADDRESS_MODULE, name).0)
}

/// A validator for life: `H("address/validator", first consensus key)`.
#[must_use]
pub fn validator_id(first_key: &PublicKey) -> ValidatorId {
    ValidatorId(hash::derive_value(domain::ADDRESS_VALIDATOR, first_key).0)
}

/// `H("validators", V(h))`.
#[must_use]
pub fn validators_hash(set: &ValidatorSet) -> Hash {
    hash::derive_value(domain::VALIDATORS, set)
}

/// `H("params", Params)`.
#[must_use]
pub fn params_hash(params: &Params) -> Hash {
    hash::derive_value(domain::PARAMS, params)
}

/// `H("genesis", Genesis)`.
#[must_use]
pub fn genesis_hash(genesis: &Genesis) -> Hash {
    hash::derive_value(domain::GENESIS, genesis)
}

/// V(1), which is V(2): the validators of genesis under the identities their first keys give.
///
/// # Errors
/// [`ValidatorSetError`] if they are not a set: none, too many, one key twice, too much power.
pub fn genesis_set(genesis: &Genesis) -> Result<ValidatorSet, ValidatorSetError> {
    let validator = |given: &types::GenesisValidator| Validator {
        id: validator_id(&given.consensus_key),
        consensus_key: given.consensus_key,
        commitment: given.commitment,
        randomness_key: given.randomness_key,
        power: given.power,
    };
    ValidatorSet::new(genesis.validators.iter().map(validator).collect())
}

/// Header 0, whose block id is the chain's genesis hash: no votes, no seals, no proposer.
///
/// # Errors
/// As [`genesis_set`].
pub fn genesis_header(genesis: &Genesis) -> Result<Header, ValidatorSetError> {
    let chain_id = chain_id(&genesis.name, &genesis.salt);
    let validators_hash = validators_hash(&genesis_set(genesis)?);
    Ok(Header {
        version: WideVersion,
        protocol: genesis.protocol,
        chain_id,
        height: Height::ZERO,
        round: Round::ZERO,
        time_ms: genesis.time_ms,
        parent: BlockId::ZERO,
        proposer: ValidatorId::ZERO,
        validators_hash,
        next_validators_hash: validators_hash,
        params_hash: genesis_hash(genesis),
        prev_state_root: Hash::ZERO,
        prev_receipts_root: Hash::ZERO,
        txs_root: Hash::ZERO,
        evidence_root: Hash::ZERO,
        last_commit_hash: Hash::ZERO,
        finality_hash: Hash::ZERO,
        randomness: Hash(chain_id.0),
        vrf_proof: VrfProof::ZERO,
        body_bytes: 0,
    })
}

/// `H("commit", certificate)`.
#[must_use]
pub fn commit_hash(certificate: &CommitCertificate) -> Hash {
    hash::derive_value(domain::COMMIT, certificate)
}

/// `H("finality", certificate)`.
#[must_use]
pub fn finality_hash(certificate: &FinalityCertificate) -> Hash {
    hash::derive_value(domain::FINALITY, certificate)
}

/// `H("receipt", Receipt)`.
#[must_use]
pub fn receipt_hash(receipt: &Receipt) -> Hash {
    hash::derive_value(domain::RECEIPT, receipt)
}

/// `H("return", bytes)` of what a call returned, zero if it returned nothing.
#[must_use]
pub fn return_hash(bytes: &[u8]) -> Hash {
    if bytes.is_empty() { Hash::ZERO } else { hash::derive(domain::RETURN, bytes) }
}

/// `H("evidence", {validator id, address})`: one offence, whatever the pair that proves it.
#[must_use]
pub fn evidence_id(validator: &ValidatorId, address: &SignedAddress) -> Hash {
    hash::derive_value(domain::EVIDENCE, &(validator, address))
}

/// `H("evidence-item", Evidence)`: this pair, for the root in a header.
#[must_use]
pub fn evidence_hash(evidence: &Evidence) -> Hash {
    hash::derive_value(domain::EVIDENCE_ITEM, evidence)
}

/// The value signed by a proposal: `H("proposal", {block id, pol_round})`.
#[must_use]
pub fn proposal_value(block_id: &BlockId, pol_round: Option<Round>) -> Hash {
    hash::derive_value(domain::PROPOSAL, &(block_id, pol_round))
}

/// The value signed by a seal: `H("seal", {block id, state root, receipts root})`.
#[must_use]
pub fn seal_value(block_id: &BlockId, state_root: &Hash, receipts_root: &Hash) -> Hash {
    hash::derive_value(domain::SEAL, &(block_id, state_root, receipts_root))
}

/// What a candidate signs to enter the set: `H("ready", {chain_id, height, block id, state root})`.
#[must_use]
pub fn ready_hash(
    chain_id: &ChainId,
    height: Height,
    block_id: &BlockId,
    state_root: &Hash,
) -> Hash {
    hash::derive_value(domain::READY, &(chain_id, height, block_id, state_root))
}

/// One call: `H("call-id", {H("tx", tx), call index, sequence of the nested call})`.
#[must_use]
pub fn call_id(tx_signing_hash: &Hash, call: u8, nested: u32) -> Hash {
    hash::derive_value(domain::CALL_ID, &(tx_signing_hash, call, nested))
}

/// The n-th further identifier that one call makes: `H("id", {call id, n})`.
#[must_use]
pub fn id_of_call(call_id: &Hash, n: u32) -> Hash {
    hash::derive_value(domain::ID, &(call_id, n))
}

/// A message signed outside the chain for a contract:
/// `H("message", {chain_id, contract, method, body, expiry_ms})`.
#[must_use]
pub fn message_hash(
    chain_id: &ChainId,
    contract: &Address,
    method: &str,
    body: &[u8],
    expiry_ms: TimestampMs,
) -> Hash {
    hash::derive_value(domain::MESSAGE, &(chain_id, contract, method, body, expiry_ms))
}

#[cfg(test)]
mod tests;
