//! Names on the chain from names in the source.

use syn::{Error, Ident, Result};

/// Longest name of a method, failure or event, in bytes (`types::contract::MAX_NAME_BYTES`).
const MAX_NAME_BYTES: usize = 64;

/// `TooMuch` as `TOO_MUCH`.
pub(crate) fn failure(variant: &Ident) -> Result<String> {
    let source = variant.to_string();
    let mut name = String::new();
    let mut previous_small = false;
    for letter in source.chars() {
        if letter.is_ascii_uppercase() && previous_small {
            name.push('_');
        }
        previous_small = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        name.push(letter.to_ascii_uppercase());
    }
    check(variant, &name, |first| first.is_ascii_uppercase(), "an error's variant")?;
    Ok(name)
}

/// A method's name as it stands.
pub(crate) fn method(method: &Ident) -> Result<String> {
    let name = method.to_string();
    let name = name.strip_prefix("r#").unwrap_or(&name).to_owned();
    check(method, &name, |first| first.is_ascii_lowercase(), "a method")?;
    match name.bytes().find(u8::is_ascii_uppercase) {
        Some(_) => Err(Error::new(method.span(), "a method's name has small letters only")),
        None => Ok(name),
    }
}

/// An event's name as it stands.
pub(crate) fn event(event: &Ident) -> Result<String> {
    let name = event.to_string();
    check(event, &name, |first| first.is_ascii_uppercase(), "an event")?;
    match name.contains('_') {
        true => Err(Error::new(event.span(), "an event's name has letters and digits only")),
        false => Ok(name),
    }
}

fn check(ident: &Ident, name: &str, first: fn(&u8) -> bool, what: &str) -> Result<()> {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !plain || !name.as_bytes().first().is_some_and(first) {
        let message = format!("{what} is named with ASCII letters, digits and `_`, a letter first");
        return Err(Error::new(ident.span(), message));
    }
    if name.len() > MAX_NAME_BYTES {
        let message = format!("{what}'s name has {} bytes on the chain, 64 at most", name.len());
        return Err(Error::new(ident.span(), message));
    }
    Ok(())
}
