//! Any result as lines for people: `name: value`, lists and inner parts indented.

use serde::Serialize;
use serde_json::Value;

/// Deepest nesting that is shown; answers have less than half of it.
const MAX_DEPTH: usize = 16;

/// The lines of a result.
pub(crate) fn lines<T: Serialize>(value: &T) -> String {
    let mut text = String::new();
    // Writing our own types into memory cannot fail.
    let value = serde_json::to_value(value).unwrap_or_default();
    write(&mut text, &value, 0);
    text
}

fn write(text: &mut String, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        _ if depth >= MAX_DEPTH => text.push_str(&format!("{indent}..\n")),
        Value::Object(fields) => {
            for (name, value) in fields {
                entry(text, &format!("{indent}{name}:"), value, depth);
            }
        }
        Value::Array(items) => {
            for item in items {
                entry(text, &format!("{indent}-"), item, depth);
            }
        }
        plain => text.push_str(&format!("{indent}{}\n", scalar(plain))),
    }
}

/// One field or item: on its own line if it is plain, else above its parts.
fn entry(text: &mut String, label: &str, value: &Value, depth: usize) {
    match value {
        Value::Object(fields) if fields.is_empty() => text.push_str(&format!("{label} none\n")),
        Value::Array(items) if items.is_empty() => text.push_str(&format!("{label} none\n")),
        Value::Object(_) | Value::Array(_) => {
            text.push_str(&format!("{label}\n"));
            write(text, value, depth + 1);
        }
        plain => text.push_str(&format!("{label} {}\n", scalar(plain))),
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
