//! Secrets at rest: `age` files under a passphrase, and keys drawn from BIP-39 words by SLIP-0010.

use age::secrecy::{ExposeSecret, SecretString};
use anyhow::{Context, bail};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;
use std::path::Path;
use zeroize::Zeroizing;

/// Default derivation path of account `i` is `m/44'/7317'/i'`; 7317 is not registered with
/// SLIP-0044.
pub const COIN: u32 = 7_317;
/// Largest scrypt work a key file may ask for, as a power of two: about 8 seconds and 1 GiB.
const MAX_WORK: u8 = 20;

/// A passphrase, kept out of logs and wiped when dropped.
#[derive(Clone)]
pub struct Passphrase(SecretString);

impl Passphrase {
    /// Wrap a text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// Read a passphrase file: its first line.
    ///
    /// # Errors
    /// If the file is missing, readable by others or empty.
    pub fn from_file(path: &Path) -> anyhow::Result<Self> {
        let bytes = Zeroizing::new(crate::home::read_secret(path)?);
        let text = std::str::from_utf8(&bytes)
            .with_context(|| format!("passphrase file {}", path.display()))?;
        let line = text.lines().next().unwrap_or_default();
        if line.is_empty() {
            bail!("passphrase file {}: its first line is empty", path.display());
        }
        Ok(Self::new(line.to_owned()))
    }
}

/// How much work opening a key file costs, as a power of two of scrypt's N.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// About a second: for keys that matter.
    Full,
    /// A few milliseconds: for devnets, whose passphrase lies beside the key.
    Devnet,
}

/// Encrypt a secret under a passphrase into an `age` file.
///
/// # Errors
/// If encryption fails, which memory alone can cause.
pub fn seal(plain: &[u8], passphrase: &Passphrase, cost: Cost) -> anyhow::Result<Vec<u8>> {
    let mut recipient = age::scrypt::Recipient::new(passphrase.0.clone());
    if cost == Cost::Devnet {
        recipient.set_work_factor(10);
    }
    Ok(age::encrypt(&recipient, plain)?)
}

/// Decrypt an `age` file.
///
/// # Errors
/// If the passphrase is wrong, the file asks for more work than 2^20, or is damaged.
pub fn open(sealed: &[u8], passphrase: &Passphrase) -> anyhow::Result<Vec<u8>> {
    let mut identity = age::scrypt::Identity::new(passphrase.0.clone());
    identity.set_max_work_factor(MAX_WORK);
    age::decrypt(&identity, sealed).context("wrong passphrase, or not an age file")
}

/// The words behind an account, 24 of them.
///
/// # Errors
/// If the entropy is not 32 bytes long, which it is.
pub fn words_from_entropy(entropy: &[u8; 32]) -> anyhow::Result<String> {
    Ok(bip39::Mnemonic::from_entropy(entropy)?.to_string())
}

/// The seed of BIP-39 words, without a BIP-39 passphrase.
///
/// # Errors
/// If the words are not a valid mnemonic.
pub fn seed_from_words(words: &str) -> anyhow::Result<Zeroizing<[u8; 64]>> {
    let mnemonic = bip39::Mnemonic::parse(words).context("not a BIP-39 mnemonic")?;
    Ok(Zeroizing::new(mnemonic.to_seed("")))
}

/// Derive an ed25519 seed by SLIP-0010, which knows hardened steps only.
///
/// # Errors
/// If the path is not of the form `m/1'/2'/3'`, or longer than 16 steps.
pub fn derive(seed: &[u8], path: &str) -> anyhow::Result<Zeroizing<[u8; 32]>> {
    let steps = parse_path(path)?;
    let (mut key, mut chain) = halves(b"ed25519 seed", &[seed])?;
    for step in steps {
        let (next_key, next_chain) =
            halves(&*chain, &[&[0], &*key, &(step | 0x8000_0000).to_be_bytes()])?;
        (key, chain) = (next_key, next_chain);
    }
    Ok(key)
}

type Half = Zeroizing<[u8; 32]>;

fn halves(key: &[u8], parts: &[&[u8]]) -> anyhow::Result<(Half, Half)> {
    let mut mac = <Hmac<Sha512> as KeyInit>::new_from_slice(key)?;
    for part in parts {
        mac.update(part);
    }
    let output = Zeroizing::new(<[u8; 64]>::from(mac.finalize().into_bytes()));
    let (mut left, mut right) = (Half::default(), Half::default());
    left.copy_from_slice(&output[..32]);
    right.copy_from_slice(&output[32..]);
    Ok((left, right))
}

fn parse_path(path: &str) -> anyhow::Result<Vec<u32>> {
    let mut parts = path.split('/');
    if parts.next() != Some("m") {
        bail!("path `{path}`: must begin with `m`");
    }
    let mut steps = Vec::new();
    for part in parts {
        let digits =
            part.strip_suffix('\'').or_else(|| part.strip_suffix('h')).with_context(|| {
                format!("path `{path}`: step `{part}` must be hardened, as `{part}'`")
            })?;
        let step: u32 = digits
            .parse()
            .ok()
            .filter(|step| *step < 0x8000_0000)
            .with_context(|| format!("path `{path}`: step `{part}` is not below 2^31"))?;
        steps.push(step);
    }
    if steps.len() > 16 {
        bail!("path `{path}`: {} steps, the limit is 16", steps.len());
    }
    Ok(steps)
}

/// The passphrase as text, for the one place that must show it: a new devnet's file.
#[must_use]
pub fn expose(passphrase: &Passphrase) -> &str {
    passphrase.0.expose_secret()
}

#[cfg(test)]
mod tests;
