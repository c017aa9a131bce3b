//! `syndic keys`: draw, keep, derive and show account keys. No node is asked.

use super::output::Output;
use super::secret::{KeystoreArguments, parse_seed};
use crate::exit::{Exit, Failure, Meaning, Outcome};
use crate::home::{read_secret, write_secret};
use crate::keystore::{self, Cost};
use crate::run::fresh;
use anyhow::{Context, anyhow};
use chainspec::document::DEFAULT_PREFIX;
use clap::{Args, Subcommand};
use client::dto::AddressText;
use crypto::sign::SecretKey;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use types::AddressKind;
use zeroize::Zeroizing;

/// Path of the first account.
const DEFAULT_PATH: &str = "m/44'/7317'/0'";
/// Most keys that are listed.
const MAX_LISTED: usize = 10_000;

/// Arguments of `syndic keys`.
#[derive(Args, Debug)]
pub(crate) struct KeysArguments {
    #[command(flatten)]
    keystore: KeystoreArguments,
    /// What addresses of the chain begin with.
    #[arg(long, global = true, env = "SYNDIC_PREFIX", default_value = DEFAULT_PREFIX)]
    prefix: String,
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Draw 24 words, keep the key derived from them, and show the words once.
    New {
        /// The key's name: 1 to 64 letters, digits, `-` and `_`.
        name: String,
        /// Derivation path (SLIP-0010, hardened steps only).
        #[arg(long, default_value = DEFAULT_PATH)]
        path: String,
    },
    /// Keep a key that exists already.
    Import {
        /// The key's name: 1 to 64 letters, digits, `-` and `_`.
        name: String,
        /// File of BIP-39 words, mode 0600.
        #[arg(long, value_name = "FILE", conflicts_with = "key")]
        words_file: Option<PathBuf>,
        /// File of 64 hex digits, mode 0600.
        #[arg(long, value_name = "FILE", required_unless_present = "words_file")]
        key: Option<PathBuf>,
        /// Derivation path, for words.
        #[arg(long, default_value = DEFAULT_PATH)]
        path: String,
    },
    /// List the keystore's keys.
    List,
    /// Show a key's public key and address; of a name no passphrase is needed.
    Show {
        /// A name in the keystore, or a key file.
        key: PathBuf,
    },
    /// Write a key in the clear, as 64 hex digits, to a new file of mode 0600.
    Export {
        /// The key's name.
        name: String,
        /// The file, which must not exist.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Derive a key from words or a seed and show its public key and address; nothing is kept.
    Derive {
        /// Derivation path (SLIP-0010, hardened steps only).
        #[arg(long, default_value = DEFAULT_PATH)]
        path: String,
        /// File of BIP-39 words, mode 0600.
        #[arg(long, value_name = "FILE", conflicts_with = "seed_hex")]
        words_file: Option<PathBuf>,
        /// The seed as 32 to 128 hex digits; other users of this machine can see arguments.
        #[arg(long, value_name = "HEX", required_unless_present = "words_file")]
        seed_hex: Option<String>,
    },
}

/// What may be known of a key by everybody; lies beside the encrypted file.
#[derive(Deserialize, Serialize)]
struct Public {
    public_key: String,
}

#[derive(Serialize)]
struct Shown {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    public_key: String,
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// Only when they were just drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<String>,
}

pub(crate) fn execute(arguments: &KeysArguments, output: Output) -> Outcome {
    let KeysArguments { keystore, prefix, command } = arguments;
    if !crypto::text::is_prefix(prefix) {
        let error = anyhow!("--prefix is {prefix:?}: want 1 to 16 lower-case letters and digits");
        return Err(Failure { exit: Exit::Usage, error });
    }
    match command {
        KeysCommand::New { name, path } => draw(keystore, prefix, name, path, output),
        KeysCommand::Import { name, words_file, key, path } => {
            let seed = match (words_file, key) {
                (Some(words), _) => seed_from_words(words, path)?,
                (None, Some(key)) => seed_from_key(key)?,
                (None, None) => {
                    let error = anyhow!("give --words-file or --key");
                    return Err(Failure { exit: Exit::Usage, error });
                }
            };
            let shown = keep(keystore, prefix, name, &seed)?;
            print(&[shown], output)
        }
        KeysCommand::List => list(keystore, prefix, output),
        KeysCommand::Show { key } => {
            let shown = match key.to_str().map(|name| public(keystore, name)) {
                Some(Ok(Some(public))) => shown_public(prefix, &public)?,
                _ => shown(prefix, &keystore.open(key)?),
            };
            print(&[shown], output)
        }
        KeysCommand::Export { name, out } => export(keystore, prefix, name, out, output),
        KeysCommand::Derive { path, words_file, seed_hex } => {
            let seed = match (words_file, seed_hex) {
                (Some(words), _) => seed_from_words(words, path)?,
                (None, Some(digits)) => seed_from_hex(digits, path)?,
                (None, None) => {
                    let error = anyhow!("give --words-file or --seed-hex");
                    return Err(Failure { exit: Exit::Usage, error });
                }
            };
            let shown =
                Shown { path: Some(path.clone()), ..shown(prefix, &SecretKey::from_seed(*seed)) };
            print(&[shown], output)
        }
    }
}

fn draw(
    keystore: &KeystoreArguments,
    prefix: &str,
    name: &str,
    path: &str,
    output: Output,
) -> Outcome {
    let entropy = Zeroizing::new(fresh());
    let words = keystore::words_from_entropy(&entropy)?;
    let long = keystore::seed_from_words(&words)?;
    let seed = keystore::derive(&*long, path).or_exit(Exit::Usage)?;
    let kept = keep(keystore, prefix, name, &seed)?;
    print(&[Shown { path: Some(path.to_owned()), words: Some(words), ..kept }], output)
}

fn seed_from_words(file: &Path, path: &str) -> Outcome<Zeroizing<[u8; 32]>> {
    let bytes = Zeroizing::new(read_secret(file).or_exit(Exit::Key)?);
    let text = std::str::from_utf8(&bytes)
        .with_context(|| format!("words file {}", file.display()))
        .or_exit(Exit::Key)?;
    let long = keystore::seed_from_words(text.trim())
        .with_context(|| format!("words file {}", file.display()))
        .or_exit(Exit::Key)?;
    keystore::derive(&*long, path).or_exit(Exit::Usage)
}

fn seed_from_key(file: &Path) -> Outcome<Zeroizing<[u8; 32]>> {
    let bytes = Zeroizing::new(read_secret(file).or_exit(Exit::Key)?);
    parse_seed(&bytes).with_context(|| format!("key file {}", file.display())).or_exit(Exit::Key)
}

fn seed_from_hex(digits: &str, path: &str) -> Outcome<Zeroizing<[u8; 32]>> {
    let seed = hex::decode(digits)
        .map(Zeroizing::new)
        .map_err(|error| anyhow!("--seed-hex: {error}"))
        .or_exit(Exit::Usage)?;
    // SLIP-0010: between 128 and 512 bits.
    if !(16..=64).contains(&seed.len()) {
        let error = anyhow!("--seed-hex has {} bytes, the limits are 16 and 64", seed.len());
        return Err(Failure { exit: Exit::Usage, error });
    }
    keystore::derive(&seed, path).or_exit(Exit::Usage)
}

/// Encrypt a seed into the keystore, with its public key beside it.
fn keep(keystore: &KeystoreArguments, prefix: &str, name: &str, seed: &[u8; 32]) -> Outcome<Shown> {
    let file = keystore.file(name)?;
    if file.exists() {
        let error = anyhow!("key {name} exists already: {}", file.display());
        return Err(Failure { exit: Exit::Key, error });
    }
    let passphrase = keystore.new_passphrase()?;
    let digits = Zeroizing::new(hex::encode(seed));
    let sealed = keystore::seal(digits.as_bytes(), &passphrase, Cost::Full).or_exit(Exit::Key)?;
    write_secret(&file, &sealed).or_exit(Exit::Key)?;
    let key = SecretKey::from_seed(*seed);
    let public = Public { public_key: hex::encode(key.public().as_bytes()) };
    write_secret(&file.with_extension("pub"), &serde_json::to_vec(&public)?).or_exit(Exit::Key)?;
    Ok(Shown { name: Some(name.to_owned()), ..shown(prefix, &key) })
}

fn export(
    keystore: &KeystoreArguments,
    prefix: &str,
    name: &str,
    out: &Path,
    output: Output,
) -> Outcome {
    let file = keystore.file(name)?;
    let sealed = read_secret(&file).or_exit(Exit::Key)?;
    let plain =
        Zeroizing::new(keystore::open(&sealed, &keystore.passphrase()?).or_exit(Exit::Key)?);
    let seed = parse_seed(&plain).or_exit(Exit::Key)?;
    let line = Zeroizing::new(format!("{}\n", *Zeroizing::new(hex::encode(*seed))));
    write_secret(out, line.as_bytes()).or_exit(Exit::Key)?;
    let shown =
        Shown { name: Some(name.to_owned()), ..shown(prefix, &SecretKey::from_seed(*seed)) };
    print(&[shown], output)
}

fn list(keystore: &KeystoreArguments, prefix: &str, output: Output) -> Outcome {
    let folder = keystore.folder()?;
    let mut names = Vec::new();
    match std::fs::read_dir(&folder) {
        Ok(entries) => {
            for entry in entries.take(MAX_LISTED * 2) {
                let path = entry?.path();
                let name = path.file_stem().and_then(|name| name.to_str());
                if let (Some("age"), Some(name)) = (path.extension().and_then(|e| e.to_str()), name)
                {
                    names.push(name.to_owned());
                }
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => {
            let error = anyhow!("keystore {}: {error}", folder.display());
            return Err(Failure { exit: Exit::Key, error });
        }
    }
    names.sort();
    let keys = names.iter().map(|name| {
        let shown = match public(keystore, name)? {
            Some(public) => shown_public(prefix, &public)?,
            None => Shown {
                name: None,
                public_key: "not kept".to_owned(),
                address: "not kept".to_owned(),
                path: None,
                words: None,
            },
        };
        Ok(Shown { name: Some(name.clone()), ..shown })
    });
    print(&keys.collect::<Outcome<Vec<_>>>()?, output)
}

/// What lies beside a named key; `None` if there is no such name.
fn public(keystore: &KeystoreArguments, name: &str) -> Outcome<Option<Public>> {
    let file = keystore.file(name)?.with_extension("pub");
    if !file.exists() {
        return Ok(None);
    }
    let bytes = read_secret(&file).or_exit(Exit::Key)?;
    let public = serde_json::from_slice(&bytes)
        .with_context(|| format!("public key file {}", file.display()))
        .or_exit(Exit::Key)?;
    Ok(Some(public))
}

fn shown_public(prefix: &str, public: &Public) -> Outcome<Shown> {
    let key = types::hash::parse_hex_32(&public.public_key)
        .map(types::PublicKey)
        .ok_or_else(|| anyhow!("public_key is {:?}: want 64 hex digits", public.public_key))
        .or_exit(Exit::Key)?;
    Ok(shown_key(prefix, &key))
}

fn shown(prefix: &str, key: &SecretKey) -> Shown {
    shown_key(prefix, &key.public())
}

fn shown_key(prefix: &str, key: &types::PublicKey) -> Shown {
    let address = crypto::id::account_address(key);
    Shown {
        name: None,
        public_key: hex::encode(key.as_bytes()),
        address: AddressText::new(prefix, AddressKind::Account, &address).0,
        path: None,
        words: None,
    }
}

fn print(keys: &[Shown], output: Output) -> Outcome {
    let text = |keys: &[Shown]| {
        let mut text = String::new();
        for key in keys {
            if let Some(name) = &key.name {
                text += &format!("name        {name}\n");
            }
            text += &format!("public key  {}\naddress     {}\n", key.public_key, key.address);
            if let Some(path) = &key.path {
                text += &format!("path        {path}\n");
            }
            if let Some(words) = &key.words {
                text += &format!(
                    "words       {words}\nWrite the words down now: they are shown only this once, \
                     and whoever has them has the key.\n"
                );
            }
        }
        text
    };
    match keys {
        [one] => output.print(one, |one| text(std::slice::from_ref(one)))?,
        all => output.print(&all, |all| text(all))?,
    }
    Ok(())
}
