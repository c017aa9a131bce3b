//! Presets: parameters to begin with, one file each under `presets/`.

use crate::document::{MAX_DOCUMENT_BYTES, read_params};
use crate::error::SpecError;
use crate::source;
use types::Params;

/// Parameters to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// One machine, no stakes: everybody may send and deploy, a short evidence window.
    Devnet,
    /// A rehearsal among members: the rules of mainnet, with lower stakes.
    Testnet,
    /// The real thing: senders and deployers hold roles, double signs cost.
    Mainnet,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 3] = [Self::Devnet, Self::Testnet, Self::Mainnet];

    /// Its name in commands.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Devnet => "devnet",
            Self::Testnet => "testnet",
            Self::Mainnet => "mainnet",
        }
    }

    /// The preset of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// Its file: TOML with the table `[params]`, which names what differs from the defaults.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Devnet => include_str!("../presets/devnet.toml"),
            Self::Testnet => include_str!("../presets/testnet.toml"),
            Self::Mainnet => include_str!("../presets/mainnet.toml"),
        }
    }

    /// Its parameters.
    ///
    /// # Panics
    /// Never: a test reads every preset.
    #[must_use]
    pub fn params(self) -> Params {
        parse_params(self.text()).expect("the presets are part of this program and are tested")
    }
}

/// Read a document that holds nothing but `[params]`.
///
/// # Errors
/// [`SpecError`] names the first place that cannot be read.
pub fn parse_params(text: &str) -> Result<Params, SpecError> {
    source::read_root(text, MAX_DOCUMENT_BYTES, |root| {
        read_params(root.required("params")?.section()?)
    })
}

#[cfg(test)]
mod tests;
