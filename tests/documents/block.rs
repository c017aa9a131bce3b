//! The generated blocks of a document: made, found, compared, written.
//!
//! A block is a fenced block with two words behind the fence: how it reads and its name.
//!
//! - `bytes`: one encoded object, a line a field, `name  hex`; a longer field goes on in the next
//!   line, `00 × n` are n zero bytes. The fields one after the other are the object.
//! - `values`: `name  value`, a line each.
//! - `json`: a JSON value.

use borsh::BorshSerialize;
use std::fs;
use std::path::{Path, PathBuf};

/// Column at which hex or a value begins.
const VALUE_COLUMN: usize = 28;
/// Bytes of one line.
const LINE_BYTES: usize = 32;
/// Set to write the blocks anew.
pub(crate) const WRITE: &str = "SYNDIC_WRITE_DOCUMENTS";

/// A generated block.
pub(crate) struct Block {
    kind: &'static str,
    name: String,
    text: String,
}

/// An encoded object, taken apart field by field. That the fields are all of it and stand in this
/// order is checked while it is made.
pub(crate) struct Layout {
    name: String,
    bytes: Vec<u8>,
    at: usize,
    text: String,
}

impl Layout {
    /// An object in borsh.
    pub(crate) fn of<T: BorshSerialize>(name: &str, object: &T) -> Self {
        Self::raw(name, types::encode(object))
    }

    /// Bytes that are not borsh as a whole.
    pub(crate) fn raw(name: &str, bytes: Vec<u8>) -> Self {
        Self { name: name.to_owned(), bytes, at: 0, text: String::new() }
    }

    /// The next field, in borsh.
    pub(crate) fn field<T: BorshSerialize + ?Sized>(self, note: &str, value: &T) -> Self {
        self.bytes(note, &types::encode(value))
    }

    /// The next bytes, as they are.
    pub(crate) fn bytes(mut self, note: &str, part: &[u8]) -> Self {
        self.take(note, part);
        for (line, chunk) in part.chunks(LINE_BYTES).enumerate() {
            let note = if line == 0 { note } else { "" };
            self.text += &format!("{note:<VALUE_COLUMN$}{}\n", hex::encode(chunk));
        }
        self
    }

    /// Zeros, too many to be shown.
    pub(crate) fn zeros(mut self, note: &str, count: usize) -> Self {
        self.take(note, &vec![0; count]);
        self.text += &format!("{note:<VALUE_COLUMN$}00 × {count}\n");
        self
    }

    /// Everything that another function takes apart.
    pub(crate) fn with(self, more: impl FnOnce(Self) -> Self) -> Self {
        more(self)
    }

    fn take(&mut self, note: &str, part: &[u8]) {
        assert!(note.chars().count() <= VALUE_COLUMN - 2, "{}: {note} is too long", self.name);
        let end = self.at + part.len();
        let found = self.bytes.get(self.at..end);
        assert_eq!(found, Some(part), "{}: {note} does not stand at byte {}", self.name, self.at);
        self.at = end;
    }

    /// The whole object.
    pub(crate) fn end(self) -> Block {
        let left = self.bytes.len() - self.at;
        assert_eq!(left, 0, "{}: {left} bytes are not taken apart", self.name);
        Block { kind: "bytes", name: self.name, text: self.text }
    }
}

/// A block of named values.
pub(crate) fn values(name: &str, entries: &[(&str, String)]) -> Block {
    let line = |(note, value): &(&str, String)| format!("{note:<VALUE_COLUMN$}{value}\n");
    Block { kind: "values", name: name.to_owned(), text: entries.iter().map(line).collect() }
}

/// A block of JSON.
pub(crate) fn json(name: &str, value: &impl serde::Serialize) -> Block {
    let text = serde_json::to_string_pretty(value).expect("plain values are JSON") + "\n";
    Block { kind: "json", name: name.to_owned(), text }
}

/// Compare every block with the one of its name in the document, or write them there.
///
/// # Panics
/// If one is missing, differs, or stands in the document and is not made.
pub(crate) fn check(document: &str, blocks: &[Block]) {
    let path = root().join(document);
    let mut text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{document}: {error}"));
    let write = std::env::var_os(WRITE).is_some();
    let mut wrong = Vec::new();
    for Block { kind, name, text: made } in blocks {
        let opening = format!("\n```{kind} {name}\n");
        let Some(start) = text.find(&opening).map(|at| at + opening.len()) else {
            wrong.push(format!("no block `{kind} {name}`"));
            continue;
        };
        let end = start + text[start..].find("```\n").expect("a fence that opens also closes");
        if write {
            text.replace_range(start..end, made);
        } else if text[start..end] != *made {
            wrong.push(format!("block `{name}` is\n{}\nand should be\n{made}", &text[start..end]));
        }
    }
    for line in text.lines().filter_map(|line| line.strip_prefix("```")) {
        let known = |block: &Block| line == format!("{} {}", block.kind, block.name);
        if line.contains(' ') && !blocks.iter().any(known) {
            wrong.push(format!("nobody makes the block `{line}`"));
        }
    }
    assert!(wrong.is_empty(), "{document}: {}\n({WRITE}=1 writes it anew)", wrong.join("\n"));
    if write {
        fs::write(&path, text).unwrap_or_else(|error| panic!("{document}: {error}"));
    }
}

/// The top of the tree.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace is above").to_owned()
}
