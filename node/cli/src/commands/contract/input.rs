//! Arguments of calls: JSON by the contract's interface, or bytes as they are.

use crate::commands::node::ClientMeaning;
use crate::exit::{Exit, Failure, Meaning, Outcome};
use anyhow::{Context, anyhow};
use clap::Args;
use client::abi::{self, Codec};
use client::client::Client;
use client::dto::{AddressText, FailureView};
use serde_json::{Value, json};
use types::abi::{Abi, MethodKind, SECTION};

/// What a call is given.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct InputArguments {
    /// The arguments as JSON: an object by name or an array in order; default: none.
    #[arg(value_name = "JSON", conflicts_with = "input_hex")]
    arguments: Option<String>,
    /// The arguments as they are encoded, in hex, for a contract without an interface.
    #[arg(long, value_name = "HEX")]
    input_hex: Option<String>,
}

impl InputArguments {
    /// The encoded arguments of a method.
    pub(super) fn bytes(
        &self,
        interface: &Interface,
        method: &str,
        kinds: &[MethodKind],
    ) -> Outcome<Vec<u8>> {
        if let Some(digits) = &self.input_hex {
            return hex::decode(digits.trim_start_matches("0x"))
                .map_err(|error| anyhow!("--input-hex: want pairs of hex digits: {error}"))
                .or_exit(Exit::Usage);
        }
        let given: Value = match &self.arguments {
            Some(text) => serde_json::from_str(text)
                .map_err(|error| anyhow!("the arguments are no JSON: {error}"))
                .or_exit(Exit::Usage)?,
            None => json!([]),
        };
        match interface.codec() {
            Some(codec) => {
                let method = codec.method(method, kinds).or_exit(Exit::Usage)?;
                codec.arguments(method, &given).or_exit(Exit::Usage)
            }
            None if self.arguments.is_none() => Ok(Vec::new()),
            None => {
                let error = anyhow!("the contract has no interface: give --input-hex instead");
                Err(Failure { exit: Exit::Usage, error })
            }
        }
    }
}

/// A contract's interface, if it has one.
pub(super) struct Interface {
    abi: Option<Abi>,
    prefix: String,
}

impl Interface {
    /// None at all.
    pub(super) fn none(prefix: &str) -> Self {
        Self { abi: None, prefix: prefix.to_owned() }
    }

    /// That of a module.
    pub(super) fn of_module(code: &[u8], prefix: &str) -> Outcome<Self> {
        let sections = vm::check(code).map(|facts| facts.sections).unwrap_or_default();
        let section = sections.into_iter().find(|(name, _)| name == SECTION);
        Self::parse(section.map(|(_, bytes)| bytes).as_deref(), prefix)
    }

    /// That of a contract on the chain.
    pub(super) fn of_contract(client: &Client, contract: &str, prefix: &str) -> Outcome<Self> {
        let answer = client.contract_abi(&AddressText(contract.to_owned())).or_class()?;
        Self::parse(answer.abi.as_ref().map(|bytes| bytes.0.as_slice()), prefix)
    }

    fn parse(section: Option<&[u8]>, prefix: &str) -> Outcome<Self> {
        let abi = section.map(abi::parse).transpose();
        let abi = abi.context("the module's section `abi`").or_exit(Exit::Rejected)?;
        Ok(Self { abi, prefix: prefix.to_owned() })
    }

    pub(super) fn abi(&self) -> Option<&Abi> {
        self.abi.as_ref()
    }

    fn codec(&self) -> Option<Codec<'_>> {
        self.abi.as_ref().map(|abi| Codec { abi, prefix: &self.prefix })
    }

    /// What a method returned; `None` if no interface tells.
    pub(super) fn output(&self, method: &str, bytes: &[u8]) -> Option<Value> {
        let codec = self.codec()?;
        let method = codec.abi.method(method)?;
        codec.output(method, bytes).ok()
    }

    /// What a contract says that refused: another contract's own values stay in hex.
    pub(super) fn failure(&self, failure: &FailureView) -> Value {
        let told = self.codec().and_then(|codec| codec.failure(&failure.name, &failure.data.0));
        match told {
            Some(Ok(fields)) => json!({ "name": failure.name, "fields": fields }),
            Some(Err(_)) | None => {
                json!({ "name": failure.name, "data": hex::encode(&failure.data.0) })
            }
        }
    }
}
