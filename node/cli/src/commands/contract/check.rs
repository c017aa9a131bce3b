//! `syndic contract check`: the verdict that every node gives to a module.

use super::module;
use crate::commands::output::Output;
use crate::commands::render;
use crate::exit::{Exit, Failure, Outcome};
use anyhow::anyhow;
use client::dto::Number;
use executor::fees::CODE_BYTE_GAS;
use serde::Serialize;
use std::path::Path;
use types::{Code, Hash};
use vm::{Machine, Settings};

/// What a node says to a module.
#[derive(Serialize)]
pub(super) struct Verdict {
    /// `OK`, `CODE_REFUSED` or `COMPILE_REFUSED`.
    code: String,
    /// BLAKE3 of the module.
    code_hash: String,
    /// Its size. Unit: bytes.
    bytes: usize,
    /// What deploying its bytes costs, before the transaction's own.
    deploy_gas: Number<u64>,
    /// The methods that it exports.
    methods: Vec<String>,
    /// Its custom sections.
    sections: Vec<String>,
    /// The rule that it breaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// What stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// What is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<String>,
}

/// Judge a module.
pub(super) fn judge(code: &[u8]) -> Outcome<Verdict> {
    let code_hash: Hash = crypto::hash::blake3(code);
    let bytes = u64::try_from(code.len()).unwrap_or(u64::MAX);
    let mut verdict = Verdict {
        code: Code::Ok.name().to_owned(),
        code_hash: code_hash.to_string(),
        bytes: code.len(),
        deploy_gas: Number(bytes.saturating_mul(CODE_BYTE_GAS.0)),
        methods: Vec::new(),
        sections: Vec::new(),
        rule: None,
        field: None,
        value: None,
        limit: None,
    };
    match vm::check(code) {
        Ok(facts) => {
            verdict.methods = facts.methods;
            verdict.sections = facts.sections.into_iter().map(|(name, _)| name).collect();
            let machine = Machine::new(Settings::default())?;
            if let Err(code) = machine.prepare(&code_hash, code) {
                verdict.code = code.name().to_owned();
            }
        }
        Err(error) => {
            verdict.code = Code::CodeRefused.name().to_owned();
            verdict.rule = Some(error.rule.to_owned());
            verdict.field = Some(error.what);
            verdict.value = Some(error.value);
            verdict.limit = Some(error.limit).filter(|limit| !limit.is_empty());
        }
    }
    Ok(verdict)
}

impl Verdict {
    /// The error that it is; `None` if the module is good.
    pub(super) fn error(&self, file: &Path) -> Option<Failure> {
        if self.code == Code::Ok.name() {
            return None;
        }
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        let (rule, field, value) = (text(&self.rule), text(&self.field), text(&self.value));
        let limit = self.limit.as_ref().map_or_else(String::new, |l| format!(", allowed is {l}"));
        let code = &self.code;
        let error = anyhow!("{}: {code}: {rule}: {field} {value}{limit}", file.display());
        Some(Failure { exit: Exit::Rejected, error })
    }
}

/// Judge a file and print the verdict.
pub(super) fn check(file: &Path, output: Output) -> Outcome {
    let verdict = judge(&module(file)?)?;
    output.print(&verdict, render::lines)?;
    verdict.error(file).map_or(Ok(()), Err)
}
