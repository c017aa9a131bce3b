//! A node's home: which file lies where, and the keys in it.

use crate::keystore::{self, Passphrase};
use anyhow::{Context, bail};
use crypto::sign::SecretKey;
use serde::{Deserialize, Serialize};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use types::{PublicKey, ValidatorId};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Largest key file, in bytes.
const MAX_KEY_FILE_BYTES: u64 = 64 * 1024;

/// The folder of one node.
#[derive(Clone, Debug)]
pub struct Home {
    root: PathBuf,
}

/// The secrets of a validator: the key that signs votes, and the seed of its reveal secret.
#[derive(Clone, Deserialize, Serialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct ValidatorSecrets {
    /// Seed of the ed25519 consensus key, 32 bytes in hex.
    pub consensus_seed: String,
    /// Seed of the reveal and randomness secrets, 32 bytes in hex.
    pub reveal_seed: String,
    /// The validator's id, 32 bytes in hex; none: its first key is this one, and names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validator: Option<String>,
}

impl Home {
    /// The home at a path, which need not exist yet.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The operator's configuration.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    /// The chain spec.
    #[must_use]
    pub fn chain(&self) -> PathBuf {
        self.root.join("chain.toml")
    }

    /// The libp2p key.
    #[must_use]
    pub fn network_key(&self) -> PathBuf {
        self.root.join("keys/network.key")
    }

    /// The validator's secrets, encrypted.
    #[must_use]
    pub fn validator_key(&self) -> PathBuf {
        self.root.join("keys/validator.age")
    }

    /// The secrets that the validator's keys are rotated to, encrypted, until they have taken over.
    #[must_use]
    pub fn next_validator_key(&self) -> PathBuf {
        self.root.join("keys/validator.next.age")
    }

    /// Where secrets go that other ones have taken over from; destroyed by the operator after the
    /// evidence window.
    #[must_use]
    pub fn retired_validator_key(&self, key: &PublicKey) -> PathBuf {
        let name: String = hex::encode(key.as_bytes()).chars().take(16).collect();
        self.root.join(format!("keys/validator.retired-{name}.age"))
    }

    /// The file that holds the passphrase of the validator's secrets, if the operator keeps one.
    #[must_use]
    pub fn passphrase_file(&self) -> PathBuf {
        self.root.join("keys/passphrase")
    }

    /// The database.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// Compiled code of contracts; whatever is missing there is compiled again.
    #[must_use]
    pub fn compiled(&self) -> PathBuf {
        self.root.join("compiled")
    }

    /// The guard's folder; outside the data folder on purpose.
    #[must_use]
    pub fn guard(&self) -> PathBuf {
        self.root.join("guard")
    }

    /// The journal's folder; outside the data folder on purpose.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.root.join("journal")
    }

    /// The seed of the libp2p key.
    ///
    /// # Errors
    /// If the file is missing, readable by others, or not 32 bytes in hex.
    pub fn read_network_seed(&self) -> anyhow::Result<[u8; 32]> {
        let path = self.network_key();
        let text = read_secret(&path)?;
        let text = String::from_utf8(text).with_context(|| format!("{}", path.display()))?;
        types::hash::parse_hex_32(text.trim())
            .with_context(|| format!("{}: not 32 bytes in hex", path.display()))
    }

    /// The validator's secrets; `None` if this home has none, which makes it an observer.
    ///
    /// # Errors
    /// If the file is readable by others, the passphrase is wrong, or the content is malformed.
    pub fn read_validator(
        &self,
        passphrase: &Passphrase,
    ) -> anyhow::Result<Option<ValidatorSecrets>> {
        Self::read_secrets(&self.validator_key(), passphrase)
    }

    /// The secrets that the validator's keys are rotated to; `None` if none wait.
    ///
    /// # Errors
    /// As [`Home::read_validator`].
    pub fn read_next_validator(
        &self,
        passphrase: &Passphrase,
    ) -> anyhow::Result<Option<ValidatorSecrets>> {
        Self::read_secrets(&self.next_validator_key(), passphrase)
    }

    fn read_secrets(
        path: &Path,
        passphrase: &Passphrase,
    ) -> anyhow::Result<Option<ValidatorSecrets>> {
        if !path.exists() {
            return Ok(None);
        }
        let sealed = read_secret(path)?;
        let mut plain = keystore::open(&sealed, passphrase)
            .with_context(|| format!("key file {}", path.display()))?;
        let secrets = serde_json::from_slice(&plain)
            .with_context(|| format!("key file {}: not a validator's secrets", path.display()));
        plain.zeroize();
        secrets.map(Some)
    }

    /// Write the validator's secrets, encrypted.
    ///
    /// # Errors
    /// If the file exists already or cannot be written.
    pub fn write_validator(
        &self,
        secrets: &ValidatorSecrets,
        passphrase: &Passphrase,
        cost: keystore::Cost,
    ) -> anyhow::Result<()> {
        Self::write_secrets(&self.validator_key(), secrets, passphrase, cost)
    }

    /// Write the secrets that the validator's keys are to be rotated to, encrypted.
    ///
    /// # Errors
    /// If others wait already, or the file cannot be written.
    pub fn write_next_validator(
        &self,
        secrets: &ValidatorSecrets,
        passphrase: &Passphrase,
        cost: keystore::Cost,
    ) -> anyhow::Result<()> {
        Self::write_secrets(&self.next_validator_key(), secrets, passphrase, cost)
    }

    fn write_secrets(
        path: &Path,
        secrets: &ValidatorSecrets,
        passphrase: &Passphrase,
        cost: keystore::Cost,
    ) -> anyhow::Result<()> {
        let mut plain = serde_json::to_vec(secrets)?;
        let sealed = keystore::seal(&plain, passphrase, cost);
        plain.zeroize();
        write_secret(path, &sealed?)
    }
}

impl ValidatorSecrets {
    /// The two seeds as bytes.
    ///
    /// # Errors
    /// If one is not 32 bytes in hex.
    pub fn seeds(&self) -> anyhow::Result<([u8; 32], [u8; 32])> {
        let parse = |text: &str, name: &str| {
            types::hash::parse_hex_32(text).with_context(|| format!("{name}: not 32 bytes in hex"))
        };
        Ok((
            parse(&self.consensus_seed, "consensus_seed")?,
            parse(&self.reveal_seed, "reveal_seed")?,
        ))
    }

    /// Whose keys these are.
    ///
    /// # Errors
    /// If a field is not 32 bytes in hex.
    pub fn validator_id(&self) -> anyhow::Result<ValidatorId> {
        match &self.validator {
            Some(text) => types::hash::parse_hex_32(text)
                .map(ValidatorId)
                .context("validator: not 32 bytes in hex"),
            None => {
                let key = SecretKey::from_seed(self.seeds()?.0);
                Ok(crypto::id::validator_id(&key.public()))
            }
        }
    }
}

/// Read a file that only its owner may read.
///
/// # Errors
/// If it is missing, too large, or readable by group or others.
pub fn read_secret(path: &Path) -> anyhow::Result<Vec<u8>> {
    let metadata = fs::metadata(path).with_context(|| format!("key file {}", path.display()))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        bail!(
            "key file {}: others may read it (mode {mode:o}); run: chmod 600 {0}",
            path.display()
        );
    }
    if metadata.len() > MAX_KEY_FILE_BYTES {
        bail!(
            "key file {}: {} bytes, the limit is {MAX_KEY_FILE_BYTES}",
            path.display(),
            metadata.len()
        );
    }
    fs::read(path).with_context(|| format!("key file {}", path.display()))
}

/// Write a new file that only its owner may read.
///
/// # Errors
/// If it exists already, or cannot be written.
pub fn write_secret(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("folder {}", folder.display()))?;
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("key file {}", path.display()))?;
    file.write_all(bytes)?;
    file.sync_all().with_context(|| format!("key file {}", path.display()))
}
