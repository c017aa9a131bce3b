//! Make, sign and pass around transactions, without a node.
//!
//! A [`TxFile`] is a transaction on its way to its signatures: a JSON file that one person makes,
//! others sign on machines that need no network, and somebody puts together and submits.

use crate::dto::text::hex32;
use crate::dto::{Base64, Hex, HexBytes};
use crypto::id;
use crypto::sign::{self, SecretKey};
use serde::{Deserialize, Serialize};
use types::contract::{MAX_CODE_BYTES, is_method_name};
use types::transaction::{MAX_CALLS, MAX_LANE, MAX_MULTISIG_KEYS, MAX_REFERENCE_BYTES};
use types::{
    Address, AddressKind, Amount, Auth, Call, DecodeError, Hash, PublicKey, Signature, SignedTx, Tx,
};

/// Largest transaction that is read. Unit: bytes. A chain's own limit may be lower.
pub const MAX_TX_BYTES: usize = 1024 * 1024;
/// The version of transaction files that this program makes and reads.
pub const FILE_VERSION: u32 = 1;

/// Why a transaction cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    /// A field breaks a rule that every chain has.
    #[error("{field} is {value}, allowed is {limit}")]
    Field {
        /// Which.
        field: &'static str,
        /// Its value.
        value: String,
        /// What is allowed.
        limit: String,
    },
    /// A threshold of keys breaks its rules.
    #[error(
        "{threshold} of {keys} keys, allowed are 1 to the number of keys, at most 16 different keys"
    )]
    Multisig {
        /// How many must sign.
        threshold: u8,
        /// How many keys there are.
        keys: usize,
    },
    /// The keys do not give the address that must sign.
    #[error("the keys of the {party} give address {found}, the transaction names {expected}")]
    OtherAddress {
        /// Sender or payer.
        party: &'static str,
        /// What the keys give.
        found: Address,
        /// What the transaction names.
        expected: Address,
    },
    /// The transaction names a payer and the file does not, or the other way round.
    #[error("transaction and file do not agree on whether somebody else pays")]
    Payer,
    /// Nobody asked this key to sign.
    #[error("the key {} is not one of those that sign this transaction", hex::encode(key.0))]
    KeyNotAsked {
        /// The key.
        key: PublicKey,
    },
    /// Signatures are missing.
    #[error("the {party} has {found} of {needed} signatures")]
    Missing {
        /// Sender or payer.
        party: &'static str,
        /// How many there are.
        found: usize,
        /// How many are needed.
        needed: usize,
    },
    /// A signature in the file does not verify.
    #[error("the signature of key {} does not verify", hex::encode(key.0))]
    Signature {
        /// Whose.
        key: PublicKey,
    },
    /// Two files are about different transactions.
    #[error("the files are about different transactions: {first} and {second}")]
    OtherTransaction {
        /// What one signs.
        first: Hash,
        /// What the other signs.
        second: Hash,
    },
    /// A file of a format that this program does not know.
    #[error("the file has version {found}, this program knows version {FILE_VERSION}")]
    Version {
        /// Its version.
        found: u32,
    },
    /// The transaction in a file cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

impl WalletError {
    /// Whether a key is wrong or missing, rather than the transaction.
    #[must_use]
    pub const fn is_about_keys(&self) -> bool {
        match self {
            Self::OtherAddress { .. }
            | Self::KeyNotAsked { .. }
            | Self::Missing { .. }
            | Self::Signature { .. } => true,
            Self::Field { .. }
            | Self::Multisig { .. }
            | Self::Payer
            | Self::OtherTransaction { .. }
            | Self::Version { .. }
            | Self::Decode(_) => false,
        }
    }
}

/// Who must sign for an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Signatory {
    /// One key.
    Ed25519 {
        /// The key.
        #[serde(with = "hex32")]
        key: PublicKey,
    },
    /// A threshold of keys.
    Multi {
        /// How many must sign, 1 to the number of keys.
        threshold: u8,
        /// The keys, strictly ascending, 1 to 16.
        keys: Vec<Hex<PublicKey>>,
    },
}

impl Signatory {
    /// A threshold of keys, in any order.
    ///
    /// # Errors
    /// [`WalletError::Multisig`] if there are none, too many, one twice, or the threshold is off.
    pub fn multi(threshold: u8, mut keys: Vec<PublicKey>) -> Result<Self, WalletError> {
        keys.sort();
        let signatory = Self::Multi { threshold, keys: keys.into_iter().map(Hex).collect() };
        signatory.check().map(|()| signatory)
    }

    fn check(&self) -> Result<(), WalletError> {
        match self {
            Self::Ed25519 { .. } => Ok(()),
            Self::Multi { threshold, keys } => {
                let ascending = keys.windows(2).all(|pair| pair[0] < pair[1]);
                let fits = (1..=MAX_MULTISIG_KEYS).contains(&keys.len())
                    && (1..=keys.len()).contains(&usize::from(*threshold));
                let error = WalletError::Multisig { threshold: *threshold, keys: keys.len() };
                if ascending && fits { Ok(()) } else { Err(error) }
            }
        }
    }

    /// The address that they sign for.
    #[must_use]
    pub fn address(&self) -> Address {
        match self {
            Self::Ed25519 { key } => id::account_address(key),
            Self::Multi { threshold, .. } => id::multisig_address(*threshold, &self.keys()),
        }
    }

    /// What that address is.
    #[must_use]
    pub const fn kind(&self) -> AddressKind {
        match self {
            Self::Ed25519 { .. } => AddressKind::Account,
            Self::Multi { .. } => AddressKind::Multisig,
        }
    }

    fn keys(&self) -> Vec<PublicKey> {
        match self {
            Self::Ed25519 { key } => vec![*key],
            Self::Multi { keys, .. } => keys.iter().map(|key| key.0).collect(),
        }
    }

    /// Their authorisation from the signatures there are.
    fn auth(&self, party: &'static str, signatures: &[FileSignature]) -> Result<Auth, WalletError> {
        let of = |key: &PublicKey| {
            let found = signatures.iter().find(|signature| signature.key == *key);
            found.and_then(|found| found.signature.0.as_slice().try_into().ok()).map(Signature)
        };
        let missing = |found, needed| WalletError::Missing { party, found, needed };
        match self {
            Self::Ed25519 { key } => {
                let signature = of(key).ok_or_else(|| missing(0, 1))?;
                Ok(Auth::Ed25519 { key: *key, signature })
            }
            Self::Multi { threshold, .. } => {
                let (keys, needed) = (self.keys(), usize::from(*threshold));
                let signed = (0_u8..).zip(&keys).filter_map(|(at, key)| Some((at, of(key)?)));
                // No more than needed: each further one costs gas.
                let signatures: Vec<_> = signed.take(needed).collect();
                if signatures.len() < needed {
                    return Err(missing(signatures.len(), needed));
                }
                Ok(Auth::Multi { threshold: *threshold, keys, signatures })
            }
        }
    }
}

/// One signature of a transaction file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSignature {
    /// Whose.
    #[serde(with = "hex32")]
    pub key: PublicKey,
    /// The 64 bytes.
    pub signature: HexBytes,
}

/// A transaction on its way to its signatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TxFile {
    /// Format version, 1.
    pub version: u32,
    /// The `Tx` in borsh.
    pub tx: Base64,
    /// Who signs for the sender.
    pub sender: Signatory,
    /// Who signs for the payer, if somebody else pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<Signatory>,
    /// The signatures so far.
    #[serde(default)]
    pub signatures: Vec<FileSignature>,
}

impl TxFile {
    /// A file without signatures.
    ///
    /// # Errors
    /// [`WalletError`] if the transaction breaks a rule, or the signatories are not its own.
    pub fn new(tx: &Tx, sender: Signatory, payer: Option<Signatory>) -> Result<Self, WalletError> {
        let bytes = Base64(types::encode(tx));
        let file = Self { version: FILE_VERSION, tx: bytes, sender, payer, signatures: Vec::new() };
        file.tx().map(|_| file)
    }

    /// The transaction, once the file is seen to keep all rules but to be signed in full: whoever
    /// signs looks at this, not at what the file came with.
    ///
    /// # Errors
    /// [`WalletError`].
    pub fn tx(&self) -> Result<Tx, WalletError> {
        if self.version != FILE_VERSION {
            return Err(WalletError::Version { found: self.version });
        }
        let tx: Tx = types::decode("transaction", &self.tx.0, MAX_TX_BYTES)?;
        check(&tx)?;
        check_address("sender", &self.sender, tx.sender)?;
        match (&self.payer, tx.payer) {
            (Some(payer), Some(address)) => check_address("payer", payer, address)?,
            (None, None) => {}
            (Some(_), None) | (None, Some(_)) => return Err(WalletError::Payer),
        }
        let (hash, asked) = (id::tx_signing_hash(&tx), self.keys());
        for FileSignature { key, signature } in &self.signatures {
            if !asked.contains(key) {
                return Err(WalletError::KeyNotAsked { key: *key });
            }
            let bytes = signature.0.as_slice().try_into().map(Signature);
            if !bytes.is_ok_and(|signature| sign::verify(key, hash.as_bytes(), &signature)) {
                return Err(WalletError::Signature { key: *key });
            }
        }
        Ok(tx)
    }

    /// Every key that may sign.
    fn keys(&self) -> Vec<PublicKey> {
        let payer = self.payer.iter().flat_map(Signatory::keys);
        self.sender.keys().into_iter().chain(payer).collect()
    }

    /// Sign with a key. Signing again changes nothing.
    ///
    /// # Errors
    /// [`WalletError::KeyNotAsked`], or what is wrong with the file.
    pub fn sign(&mut self, key: &SecretKey) -> Result<(), WalletError> {
        let (tx, public) = (self.tx()?, key.public());
        if !self.keys().contains(&public) {
            return Err(WalletError::KeyNotAsked { key: public });
        }
        let signature = key.sign(id::tx_signing_hash(&tx).as_bytes());
        self.add(FileSignature { key: public, signature: HexBytes(signature.0.to_vec()) });
        Ok(())
    }

    fn add(&mut self, signature: FileSignature) {
        if self.signatures.iter().all(|held| held.key != signature.key) {
            self.signatures.push(signature);
        }
    }

    /// Take over the signatures of another file of the same transaction.
    ///
    /// # Errors
    /// [`WalletError::OtherTransaction`], or what is wrong with either file.
    pub fn combine(&mut self, other: &Self) -> Result<(), WalletError> {
        let first = id::tx_signing_hash(&self.tx()?);
        let second = id::tx_signing_hash(&other.tx()?);
        if first != second || self.sender != other.sender || self.payer != other.payer {
            return Err(WalletError::OtherTransaction { first, second });
        }
        other.signatures.iter().cloned().for_each(|signature| self.add(signature));
        Ok(())
    }

    /// The signed transaction.
    ///
    /// # Errors
    /// [`WalletError::Missing`] if signatures are missing, or what is wrong with the file.
    pub fn finish(&self) -> Result<SignedTx, WalletError> {
        let tx = self.tx()?;
        let auth = self.sender.auth("sender", &self.signatures)?;
        let payer = self.payer.as_ref();
        let payer_auth = payer.map(|payer| payer.auth("payer", &self.signatures)).transpose()?;
        Ok(SignedTx { tx, auth, payer_auth })
    }
}

/// Sign a transaction of one key's account, and encode it for submission.
///
/// # Errors
/// [`WalletError`] if the transaction breaks a rule that every chain has, or is not the key's.
pub fn sign(tx: &Tx, key: &SecretKey) -> Result<Vec<u8>, WalletError> {
    check(tx)?;
    let public = key.public();
    check_address("sender", &Signatory::Ed25519 { key: public }, tx.sender)?;
    if tx.payer.is_some() {
        return Err(WalletError::Missing { party: "payer", found: 0, needed: 1 });
    }
    let signature = key.sign(id::tx_signing_hash(tx).as_bytes());
    let auth = Auth::Ed25519 { key: public, signature };
    Ok(types::encode(&SignedTx { tx: tx.clone(), auth, payer_auth: None }))
}

/// Whether a transaction keeps the rules that every chain has.
///
/// # Errors
/// [`WalletError::Field`] names the first one broken.
pub fn check(tx: &Tx) -> Result<(), WalletError> {
    let broken = |field, value: &dyn ToString, limit: &dyn ToString| {
        Err(WalletError::Field { field, value: value.to_string(), limit: limit.to_string() })
    };
    if tx.lane > MAX_LANE {
        return broken("lane", &tx.lane, &format!("0 to {MAX_LANE}"));
    }
    if !(1..=MAX_CALLS).contains(&tx.calls.len()) {
        return broken("calls", &tx.calls.len(), &format!("1 to {MAX_CALLS}"));
    }
    if tx.reference.len() > MAX_REFERENCE_BYTES {
        let limit = format!("up to {MAX_REFERENCE_BYTES} bytes");
        return broken("reference", &format!("{} bytes", tx.reference.len()), &limit);
    }
    if tx.payer == Some(tx.sender) {
        return broken("payer", &tx.sender, &"another than the sender");
    }
    for call in &tx.calls {
        match call {
            Call::Transfer { amount: Amount::ZERO, .. } => {
                return broken("amount", &0, &"1 and more");
            }
            Call::Transfer { to, .. } if *to == tx.sender => {
                return broken("to", to, &"another than the sender");
            }
            Call::Instantiate { salt, .. } if salt.len() > id::MAX_SALT_BYTES => {
                let limit = format!("up to {} bytes", id::MAX_SALT_BYTES);
                return broken("salt", &format!("{} bytes", salt.len()), &limit);
            }
            Call::Deploy { code } if code.len() > MAX_CODE_BYTES => {
                let limit = format!("up to {MAX_CODE_BYTES} bytes");
                return broken("code", &format!("{} bytes", code.len()), &limit);
            }
            Call::Call { method, .. } if !is_method_name(method) => {
                return broken("method", method, &"[a-z][a-z0-9_]{0,63}");
            }
            Call::Transfer { .. }
            | Call::GrantRole { .. }
            | Call::RevokeRole { .. }
            | Call::Deploy { .. }
            | Call::Instantiate { .. }
            | Call::Call { .. }
            | Call::Upgrade { .. }
            | Call::PauseContract { .. }
            | Call::Membership(_) => {}
        }
    }
    Ok(())
}

fn check_address(
    party: &'static str,
    signatory: &Signatory,
    expected: Address,
) -> Result<(), WalletError> {
    signatory.check()?;
    let found = signatory.address();
    if found == expected {
        Ok(())
    } else {
        Err(WalletError::OtherAddress { party, found, expected })
    }
}

#[cfg(test)]
mod tests;
