//! What a double sign leads to: the opened identity, the divided bond, the record of both.

use crate::codec::Version;
use crate::evidence::Evidence;
use crate::hash::{Address, ValidatorId};
use crate::keys::{PublicKey, RevealPoint, Signature};
use crate::units::{Amount, Height};
use alloc::string::String;
use borsh::{BorshDeserialize, BorshSerialize};

/// Who runs a validator, and on which terms; readable only after a double sign.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct HiddenInformation {
    /// Name as registered.
    pub legal_name: String,
    /// Number in that register.
    pub registry_number: String,
    /// The register's country or region.
    pub jurisdiction: String,
    /// Where to write to.
    pub contact: String,
    /// Who owns it in the end.
    pub beneficial_owner: String,
    /// What the bond is for.
    pub bond_terms: String,
    /// The named party's own ed25519 key.
    pub party_key: PublicKey,
    /// Its consent: else somebody else's name could be registered.
    pub party_signature: Signature,
}

/// What came of opening a sealed identity with K.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
#[expect(clippy::large_enum_variant, reason = "one a punishment, never in a list")]
pub enum Opening {
    /// The identity, named with its consent.
    Opened(HiddenInformation) = 0,
    /// Nothing that may be held against anybody named in it: the registrars attested what they
    /// cannot have checked. The bond is forfeited all the same.
    RegistrarFault(RecordFault) = 1,
}

/// What is wrong with a sealed identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum RecordFault {
    /// The commit is over another point than K, or the record is too short to have one.
    NotSealedUnderPoint = 0,
    /// The ciphertext does not decrypt.
    Damaged = 1,
    /// What was sealed is no identity.
    Malformed = 2,
    /// The named party did not sign: anybody could have been named.
    NoConsent = 3,
}

impl RecordFault {
    /// Its name in JSON and commands.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotSealedUnderPoint => "not_sealed_under_point",
            Self::Damaged => "damaged",
            Self::Malformed => "malformed",
            Self::NoConsent => "no_consent",
        }
    }
}

/// How a bond was divided. `forfeited` is the sum of `reported`, `burned` and `treasury`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Forfeit {
    /// The whole bond before.
    pub bond: Amount,
    /// What was taken of it.
    pub forfeited: Amount,
    /// Who reported: the operator of the block's proposer, or the treasury.
    pub reporter: Address,
    /// What the reporter got.
    pub reported: Amount,
    /// What ceased to exist.
    pub burned: Amount,
    /// The rest.
    pub treasury: Amount,
}

/// The end of a validator, under its id: everything that shows why, checkable with no node.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RevealRecord {
    /// Format version.
    pub version: Version<1>,
    /// The double sign.
    pub evidence: Evidence,
    /// Height of the block that carries it.
    pub height: Height,
    /// V at the height of the double sign.
    pub consensus_key: PublicKey,
    /// C at that height.
    pub commitment: RevealPoint,
    /// K, computed from the two shares.
    pub hidden_point: RevealPoint,
    /// What K opened.
    pub opening: Opening,
    /// What became of the bond.
    pub forfeit: Forfeit,
}

/// The mark that an offence was punished, under its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PunishedRecord {
    /// Format version.
    pub version: Version<1>,
    /// Whose reveal record has the rest.
    pub validator: ValidatorId,
}
