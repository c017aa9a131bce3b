//! Genesis: everything that the first state is made of.

use crate::call::Role;
use crate::codec::Version;
use crate::hash::Address;
use crate::keys::{PossessionProof, PublicKey, RevealPoint, Signature};
use crate::params::Params;
use crate::units::{Amount, Height, TimestampMs, VotingPower};
use alloc::{string::String, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};

/// Most bytes of an encoded genesis.
pub const MAX_GENESIS_BYTES: usize = 16 * 1024 * 1024;

/// The beginning of a chain. Its hash, `H("genesis", Genesis)`, stands in header 0.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Genesis {
    /// Format version.
    pub version: Version<1>,
    /// CAIP-2 name, such as `syndic:devnet`.
    pub name: String,
    /// Random, so that the same keys under an old name are on another chain.
    pub salt: [u8; 16],
    /// Time of header 0.
    pub time_ms: TimestampMs,
    /// First protocol version.
    pub protocol: u16,
    /// First parameters.
    pub params: Params,
    /// The consortium.
    pub members: Vec<Member>,
    /// Who attests sealed identities.
    pub registrars: Registrars,
    /// V(1) = V(2) with everything registered about them.
    pub validators: Vec<GenesisValidator>,
    /// First balances, ascending by address.
    pub balances: Vec<(Address, Amount)>,
    /// First roles, ascending by account and role.
    pub roles: Vec<(Address, Role)>,
}

/// A member of the consortium.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Member {
    /// Short identifier, unique.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Its voice in governance.
    pub account: Address,
    /// libp2p keys it may connect with, at most 8.
    pub network_keys: Vec<PublicKey>,
}

/// The registrars and how many of them must attest.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Registrars {
    /// Counts changes of this set.
    pub set_version: u32,
    /// How many must sign, 1 to the number of keys.
    pub threshold: u8,
    /// Their keys, strictly ascending.
    pub keys: Vec<PublicKey>,
}

/// A registrar's signature over `H("attest", {chain_id, set_version, validator id, V, C,
/// blake3(HI record), version, expiry height})`.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Attestation {
    /// Format version.
    pub format: Version<1>,
    /// The registrar set it was made under.
    pub set_version: u32,
    /// Position of the registrar's key.
    pub registrar: u8,
    /// Rises with every record of a validator.
    pub version: u64,
    /// Last height at which it may be registered.
    pub expiry: Height,
    /// The signature.
    pub signature: Signature,
}

/// A validator as genesis registers it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct GenesisValidator {
    /// V.
    pub consensus_key: PublicKey,
    /// C.
    pub commitment: RevealPoint,
    /// Y.
    pub randomness_key: RevealPoint,
    /// That C's secret is known.
    pub commitment_proof: PossessionProof,
    /// That Y's secret is known.
    pub randomness_proof: PossessionProof,
    /// libp2p key.
    pub network_key: PublicKey,
    /// The member it belongs to.
    pub member: String,
    /// Gets rewards and the bond back.
    pub operator: Address,
    /// Weight.
    pub power: VotingPower,
    /// Held in escrow, beside the balances.
    pub bond: Amount,
    /// Sealed identity: commit ‖ nonce ‖ ciphertext.
    pub hidden_information: Vec<u8>,
    /// Ascending by registrar.
    pub attestations: Vec<Attestation>,
}
