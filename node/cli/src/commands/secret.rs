//! Account keys: plain files of 64 hex digits, age files, or names in the keystore folder.

use crate::exit::{Exit, Failure, Meaning, Outcome};
use crate::home::read_secret;
use crate::keystore::{self, Passphrase};
use anyhow::{Context, anyhow, bail};
use clap::Args;
use crypto::sign::SecretKey;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use zeroize::Zeroizing;

/// What every age file begins with.
const AGE_MAGIC: &[u8] = b"age-encryption.org/";
/// Shortest passphrase of a new key file. Unit: bytes.
const MIN_PASSPHRASE_BYTES: usize = 8;

/// Where keys lie, and how they are opened.
#[derive(Args, Clone, Debug)]
pub(crate) struct KeystoreArguments {
    /// Folder of encrypted keys; default: ~/.syndic/keys.
    #[arg(long, global = true, env = "SYNDIC_KEYS", value_name = "DIR")]
    keys: Option<PathBuf>,
    /// File whose first line is the passphrase; default: ask for it.
    #[arg(long, global = true, env = "SYNDIC_PASSPHRASE_FILE", value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl KeystoreArguments {
    /// The keystore's folder.
    pub(crate) fn folder(&self) -> Outcome<PathBuf> {
        if let Some(folder) = &self.keys {
            return Ok(folder.clone());
        }
        let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
        home.map(|home| Path::new(&home).join(".syndic/keys"))
            .ok_or_else(|| anyhow!("HOME is not set: give the folder by --keys or SYNDIC_KEYS"))
            .or_exit(Exit::Key)
    }

    /// The file of a named key.
    pub(crate) fn file(&self, name: &str) -> Outcome<PathBuf> {
        check_name(name).or_exit(Exit::Usage)?;
        Ok(self.folder()?.join(format!("{name}.age")))
    }

    /// The passphrase of an existing key.
    pub(crate) fn passphrase(&self) -> Outcome<Passphrase> {
        match &self.passphrase_file {
            Some(file) => Passphrase::from_file(file).or_exit(Exit::Key),
            None => ask("Passphrase: ").map(|text| Passphrase::new(text.to_string())),
        }
    }

    /// The passphrase of a new key, asked for twice.
    pub(crate) fn new_passphrase(&self) -> Outcome<Passphrase> {
        if self.passphrase_file.is_some() {
            return self.passphrase();
        }
        let first = ask("New passphrase: ")?;
        if first.len() < MIN_PASSPHRASE_BYTES {
            let bytes = first.len();
            let error =
                anyhow!("the passphrase has {bytes} bytes, the least is {MIN_PASSPHRASE_BYTES}");
            return Err(Failure { exit: Exit::Key, error });
        }
        if *first != *ask("Again: ")? {
            return Err(Failure { exit: Exit::Key, error: anyhow!("the two are not the same") });
        }
        Ok(Passphrase::new(first.to_string()))
    }

    /// The key that `--key` names: a file, or a key of the keystore.
    pub(crate) fn open(&self, given: &Path) -> Outcome<SecretKey> {
        let path = match given.to_str() {
            Some(name) if !given.exists() && check_name(name).is_ok() => {
                let named = self.file(name)?;
                if named.exists() { named } else { given.to_owned() }
            }
            _ => given.to_owned(),
        };
        let bytes = Zeroizing::new(read_secret(&path).or_exit(Exit::Key)?);
        let plain = if bytes.starts_with(AGE_MAGIC) {
            let passphrase = self.passphrase()?;
            Zeroizing::new(keystore::open(&bytes, &passphrase).or_exit(Exit::Key)?)
        } else {
            bytes
        };
        let seed = parse_seed(&plain)
            .with_context(|| format!("key file {}", path.display()))
            .or_exit(Exit::Key)?;
        Ok(SecretKey::from_seed(*seed))
    }
}

/// Read a seed: 64 hex digits, with blanks around them.
pub(crate) fn parse_seed(bytes: &[u8]) -> anyhow::Result<Zeroizing<[u8; 32]>> {
    let text = std::str::from_utf8(bytes).context("want 64 hex digits")?.trim();
    match types::hash::parse_hex_32(text) {
        Some(seed) => Ok(Zeroizing::new(seed)),
        None => bail!("want 64 hex digits, found {} characters", text.chars().count()),
    }
}

/// Whether a key may have this name.
pub(crate) fn check_name(name: &str) -> anyhow::Result<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if (1..=64).contains(&name.len()) && name.chars().all(fits) {
        return Ok(());
    }
    bail!("name is {name:?}: want 1 to 64 letters, digits, `-` and `_`")
}

/// Ask for a secret at the terminal without showing it.
fn ask(question: &str) -> Outcome<Zeroizing<String>> {
    if !std::io::stdin().is_terminal() {
        let error = anyhow!("no passphrase: give --passphrase-file or SYNDIC_PASSPHRASE_FILE");
        return Err(Failure { exit: Exit::Key, error });
    }
    eprint!("{question}");
    std::io::stderr().flush()?;
    echo("-echo").or_exit(Exit::Key)?;
    let mut line = Zeroizing::new(String::new());
    let read = std::io::stdin().read_line(&mut line);
    echo("echo").or_exit(Exit::Key)?;
    eprintln!();
    read.or_exit(Exit::Key)?;
    Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Switch the terminal's echo, by the program that POSIX has for it.
fn echo(mode: &str) -> anyhow::Result<()> {
    let status = Command::new("stty")
        .arg(mode)
        .stdin(Stdio::inherit())
        .status()
        .context("running stty to hide the passphrase")?;
    if status.success() {
        return Ok(());
    }
    bail!("stty cannot hide the passphrase here: give --passphrase-file")
}

#[cfg(test)]
mod tests;
