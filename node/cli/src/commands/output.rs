//! Printing: results on standard output as lines or JSON, talk on standard error.

use crate::exit::Failure;
use serde::Serialize;
use std::io::{self, Write};

/// How results are printed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Print a result: `value` as JSON, or the lines that `text` makes of it.
    pub(crate) fn print<T: Serialize>(
        self,
        value: &T,
        text: impl FnOnce(&T) -> String,
    ) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        if self.json {
            serde_json::to_writer(&mut stdout, value)?;
            writeln!(stdout)
        } else {
            writeln!(stdout, "{}", text(value).trim_end())
        }
    }
}

/// Say on standard error why a command failed.
pub(crate) fn report(failure: &Failure) {
    let mut text = String::new();
    for cause in failure.error.chain().map(ToString::to_string) {
        // Some errors tell their cause themselves.
        if !text.ends_with(&cause) {
            text += if text.is_empty() { "" } else { ": " };
            text += &cause;
        }
    }
    // Nothing can be done if standard error is closed.
    let _ = writeln!(io::stderr(), "error: {text}");
}
