//! Answers, and what goes wrong with calls.

use client::dto::Fault;
use serde::{Deserialize, Serialize};
use state::ReadError;
use store::StoreError;
use tracing::error;
use types::Code;

/// JSON-RPC 2.0's own numbers.
pub(crate) const PARSE_ERROR: i32 = -32_700;
pub(crate) const INVALID_REQUEST: i32 = -32_600;
pub(crate) const INVALID_PARAMS: i32 = -32_602;

/// The JSON text of a result, or the fault.
pub(crate) type Outcome = Result<String, Fault>;

/// A result as JSON text.
pub(crate) fn json<T: Serialize>(result: &T) -> Outcome {
    serde_json::to_string(result).map_err(|error| internal("an answer", &error))
}

/// Read parameters: by name, or by position in the order of the structure's fields.
pub(crate) fn params<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|error| {
        // Which field it was takes a second look, which only a refused call pays for.
        let mut again = serde_json::Deserializer::from_str(text);
        let path = serde_path_to_error::deserialize::<_, T>(&mut again).err();
        let field = path.map(|error| error.path().to_string()).filter(|path| path != ".");
        bad_params(field.as_deref().unwrap_or("params"), "", &error.to_string())
    })
}

/// A parameter is wrong.
pub(crate) fn bad_params(field: &str, value: &str, expected: &str) -> Fault {
    Fault::about(Code::BadField, field, value, expected).numbered(INVALID_PARAMS)
}

/// Something is not there.
pub(crate) fn not_found(field: &str, value: &dyn ToString) -> Fault {
    let value = value.to_string();
    Fault::new(Code::NotFound, format!("no {field} {value}")).with(field, &value, "")
}

/// A fault of ours: the log says what, the client learns that it was not the client's.
pub(crate) fn internal(during: &str, error: &dyn ToString) -> Fault {
    error!(during, error = error.to_string(), "cannot answer");
    Fault::new(Code::Internal, "the node met a fault of its own; its log says which")
}

pub(crate) fn overloaded(what: &str, limit: usize) -> Fault {
    Fault::new(Code::Overloaded, format!("{what}: {limit} are being answered, try again")).with(
        what,
        "",
        &limit.to_string(),
    )
}

pub(crate) fn from_store(error: StoreError) -> Fault {
    match error {
        StoreError::Pruned { oldest } => pruned(&oldest),
        error => internal("read the store", &error),
    }
}

pub(crate) fn from_state(error: ReadError) -> Fault {
    internal("read the state", &error)
}

pub(crate) fn pruned(oldest: &dyn ToString) -> Fault {
    let oldest = oldest.to_string();
    Fault::new(Code::Pruned, format!("the oldest height kept is {oldest}"))
        .with("height", "", &oldest)
}

pub(crate) fn not_yet(height: &dyn ToString, tip: &dyn ToString) -> Fault {
    let (height, tip) = (height.to_string(), tip.to_string());
    Fault::new(Code::NotYet, format!("height {height} is above the newest, {tip}"))
        .with("height", &height, &tip)
}
