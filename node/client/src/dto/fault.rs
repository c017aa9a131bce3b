//! Errors in JSON-RPC 2.0 (section 5.1 of its specification).

use serde::{Deserialize, Serialize};
use types::Code;

/// Largest code that JSON-RPC 2.0 keeps for itself; ours are positive.
pub const RESERVED_MAX: i32 = -32_000;

/// An error object.
///
/// `code` is JSON-RPC's own number for what is wrong with the call itself (-32700, -32600, -32601,
/// -32602), and the number of the registry [`Code`] for everything else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The number.
    pub code: i32,
    /// What is wrong, in a sentence with the values.
    pub message: String,
    /// The same for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Box<FaultInfo>>,
}

/// What is wrong, for programs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultInfo {
    /// Stable name of the registry [`Code`].
    pub code: String,
    /// The field or parameter it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What would have been allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
}

impl Fault {
    /// An error of the registry.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let data = Box::new(FaultInfo { code: code.name().to_owned(), ..FaultInfo::default() });
        Self {
            code: json_rpc_number(code).unwrap_or_else(|| i32::from(code.number())),
            message: message.into(),
            data: Some(data),
        }
    }

    /// An error about a field, with its value and what is allowed; empty texts are left out.
    #[must_use]
    pub fn about(code: Code, field: &str, value: &str, limit: &str) -> Self {
        Self::new(code, code.sentence(field, value, limit)).with(field, value, limit)
    }

    /// The same error with field, value and limit named; empty texts are left out.
    #[must_use]
    pub fn with(mut self, field: &str, value: &str, limit: &str) -> Self {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let code = self.data.map(|data| data.code).unwrap_or_default();
        let (field, value, limit) = (some(field), some(value), some(limit));
        self.data = Some(Box::new(FaultInfo { code, field, value, limit }));
        self
    }

    /// The same error under another number: one of JSON-RPC's own.
    #[must_use]
    pub fn numbered(mut self, number: i32) -> Self {
        self.code = number;
        self
    }

    /// The registry code it names, if this program knows it.
    #[must_use]
    pub fn registry_code(&self) -> Option<Code> {
        self.data.as_ref().and_then(|data| Code::from_name(&data.code))
    }
}

/// The codes that JSON-RPC has numbers of its own for.
const fn json_rpc_number(code: Code) -> Option<i32> {
    match code {
        Code::UnknownMethod => Some(-32_601),
        Code::Internal => Some(-32_603),
        _ => None,
    }
}
