//! Whether the chain takes a module: a verdict over its bytes alone (`docs/protocol.md` 8.1).

use core::fmt;

/// What a good module says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleFacts {
    /// Its methods, as exported (`init`, `migrate`, `call:NAME`, `view:NAME`), ascending.
    pub methods: Vec<String>,
    /// Its custom sections by name, in their order: the ABI is one of them.
    pub sections: Vec<(String, Vec<u8>)>,
    /// Functions, imported ones included.
    pub functions: u32,
    /// Pages of 64 KiB that its memory begins with.
    pub memory_pages: u64,
}

/// Why a module is refused. It says the same in every node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleError {
    /// Which rule, as one word of capitals: `GLOBALS`.
    pub rule: &'static str,
    /// What breaks it: `function 12`, `import env.print`.
    pub what: String,
    /// What it is or has.
    pub value: String,
    /// What is allowed; empty if the rule says all.
    pub limit: String,
}

impl fmt::Display for ModuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.rule, self.what, self.value)?;
        if self.limit.is_empty() { Ok(()) } else { write!(f, ", allowed is {}", self.limit) }
    }
}

impl core::error::Error for ModuleError {}
