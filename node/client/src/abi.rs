//! A contract's values: JSON to the bytes of a call, and bytes of answers, failures and events back
//! to JSON, both by the interface that the contract's module carries ([`types::abi`]).
//!
//! Numbers may be JSON numbers or decimal strings and come back as strings from 64 bits on;
//! addresses are bech32m; bytes, hashes, keys and signatures hexadecimal; roles their names. An
//! option is `null` or the value, a list or tuple an array, a struct an object, and an enum the
//! name of its variant or an object of that one name and its fields.

use crate::dto::AddressText;
use serde_json::Value;
use types::abi::{Abi, AbiError, Field, MAX_ABI_BYTES, Method, MethodKind, Named, Type, TypeId};
use types::{DecodeError, Role};

mod read;
mod show;

pub use show::describe;

/// Why a value is no such value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// A JSON value does not fit the type.
    #[error("{path}: {found}, expected is {expected}")]
    Value {
        /// Where in the arguments: `amount`, `items[2].price`.
        path: String,
        /// What stands there.
        found: String,
        /// What should.
        expected: String,
    },
    /// A field is missing.
    #[error("{path} is missing, expected is {expected}")]
    Missing {
        /// Which.
        path: String,
        /// What it should be.
        expected: String,
    },
    /// There is no such field, variant or argument.
    #[error("{path}: there is no {name:?}; the nearest is {nearest:?}")]
    Unknown {
        /// Where.
        path: String,
        /// What was named.
        name: String,
        /// What there is, nearest to it.
        nearest: String,
    },
    /// Bytes are no encoding of the type.
    #[error("{path}: {bytes} bytes are no {expected}")]
    Bytes {
        /// Where.
        path: String,
        /// How many bytes were left there.
        bytes: usize,
        /// What they should be.
        expected: String,
    },
    /// The contract has no such method of this kind.
    #[error("the contract has no {kind} {name:?}; the nearest is {nearest:?}")]
    Method {
        /// `call` or `view`.
        kind: &'static str,
        /// What was named.
        name: String,
        /// The nearest one that there is; empty if there is none.
        nearest: String,
    },
    /// The section is no interface.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The interface breaks its own rules.
    #[error("the contract's interface: {0}")]
    Abi(#[source] AbiError),
}

/// The interface in a module's section.
///
/// # Errors
/// [`ValueError::Decode`] or [`ValueError::Abi`] if it is none.
pub fn parse(section: &[u8]) -> Result<Abi, ValueError> {
    let abi: Abi = types::decode("abi", section, MAX_ABI_BYTES)?;
    abi.check().map_err(ValueError::Abi)?;
    Ok(abi)
}

/// How addresses look, and what an interface says.
#[derive(Clone, Copy, Debug)]
pub struct Codec<'a> {
    /// The interface; [`parse`] checked it, which bounds how deep its types nest.
    pub abi: &'a Abi,
    /// What addresses of the chain begin with.
    pub prefix: &'a str,
}

impl<'a> Codec<'a> {
    /// The method of a name and one of these kinds.
    ///
    /// # Errors
    /// [`ValueError::Method`] names the nearest one.
    pub fn method(&self, name: &str, kinds: &[MethodKind]) -> Result<&'a Method, ValueError> {
        let of_kind = || self.abi.methods.iter().filter(|method| kinds.contains(&method.kind));
        if let Some(method) = of_kind().find(|method| method.name == name) {
            return Ok(method);
        }
        let nearest = nearest(name, of_kind().map(|method| method.name.as_str()));
        let kind = if kinds.contains(&MethodKind::Call) { "method" } else { "view" };
        Err(ValueError::Method { kind, name: name.to_owned(), nearest })
    }

    /// The bytes of a call's arguments, given as an object by name or an array in order.
    ///
    /// # Errors
    /// [`ValueError`] names the argument.
    pub fn arguments(&self, method: &Method, given: &Value) -> Result<Vec<u8>, ValueError> {
        let mut bytes = Vec::new();
        self.write_fields(&method.arguments, given, "", &mut bytes)?;
        Ok(bytes)
    }

    /// What a method returned.
    ///
    /// # Errors
    /// [`ValueError::Bytes`] if the bytes are no such value.
    pub fn output(&self, method: &Method, bytes: &[u8]) -> Result<Value, ValueError> {
        self.read_all(&[Field { name: String::new(), of: method.output }], bytes)
            .map(|mut fields| fields.values_mut().next().map(Value::take).unwrap_or_default())
    }

    /// The values of a failure; `None` if the interface has none of this name.
    ///
    /// # Errors
    /// [`ValueError::Bytes`] if the bytes are no such values.
    pub fn failure(&self, name: &str, data: &[u8]) -> Option<Result<Value, ValueError>> {
        self.abi.error(name).map(|error| self.named(error, data))
    }

    /// The values of an event; `None` if the interface has none of this name.
    ///
    /// # Errors
    /// [`ValueError::Bytes`] if the bytes are no such values.
    pub fn event(&self, name: &str, data: &[u8]) -> Option<Result<Value, ValueError>> {
        self.abi.event(name).map(|event| self.named(event, data))
    }

    fn named(&self, named: &Named, data: &[u8]) -> Result<Value, ValueError> {
        self.read_all(&named.fields, data).map(Value::Object)
    }

    fn kind(&self, id: TypeId) -> &'a Type {
        self.abi.describe(id).expect("a checked interface names types that exist")
    }

    fn write_fields(
        &self,
        fields: &[Field],
        given: &Value,
        path: &str,
        out: &mut Vec<u8>,
    ) -> Result<(), ValueError> {
        match given {
            Value::Null if fields.is_empty() => Ok(()),
            Value::Object(object) => {
                let known = |name: &String| fields.iter().any(|field| field.name == *name);
                if let Some(name) = object.keys().find(|name| !known(name)) {
                    let nearest = nearest(name, fields.iter().map(|field| field.name.as_str()));
                    let (path, name) = (place(path), name.clone());
                    return Err(ValueError::Unknown { path, name, nearest });
                }
                fields.iter().try_for_each(|field| {
                    self.write_field(field, object.get(&field.name), &join(path, &field.name), out)
                })
            }
            Value::Array(list) if list.len() <= fields.len() => {
                fields.iter().enumerate().try_for_each(|(at, field)| {
                    self.write_field(field, list.get(at), &join(path, &field.name), out)
                })
            }
            other => {
                let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
                let expected = format!("an object or array of {}", list_of(&names));
                Err(wrong(&place(path), other, &expected))
            }
        }
    }

    fn write_field(
        &self,
        field: &Field,
        given: Option<&Value>,
        path: &str,
        out: &mut Vec<u8>,
    ) -> Result<(), ValueError> {
        match (given, self.kind(field.of)) {
            (Some(value), _) => self.write(field.of, value, path, out),
            (None, Type::Option { .. }) => self.write(field.of, &Value::Null, path, out),
            (None, _) => {
                let expected = self.expected(field.of);
                Err(ValueError::Missing { path: path.to_owned(), expected })
            }
        }
    }

    fn write(
        &self,
        id: TypeId,
        value: &Value,
        path: &str,
        out: &mut Vec<u8>,
    ) -> Result<(), ValueError> {
        let refused = || wrong(path, value, &self.expected(id));
        match self.kind(id) {
            Type::Option { of } => {
                out.push(u8::from(!value.is_null()));
                if value.is_null() { Ok(()) } else { self.write(*of, value, path, out) }
            }
            Type::List { of } => {
                let list = value.as_array().ok_or_else(refused)?;
                out.extend(u32::try_from(list.len()).map_err(|_| refused())?.to_le_bytes());
                self.write_items(*of, list, path, out)
            }
            Type::Array { of, length } => {
                let list = value.as_array().filter(|list| list.len() == *length as usize);
                self.write_items(*of, list.ok_or_else(refused)?, path, out)
            }
            Type::Tuple { of } => {
                let list = value.as_array().filter(|list| list.len() == of.len());
                let pairs = of.iter().zip(list.ok_or_else(refused)?).enumerate();
                let mut pairs = pairs.map(|(at, pair)| (format!("{path}[{at}]"), pair));
                pairs.try_for_each(|(path, (of, item))| self.write(*of, item, &path, out))
            }
            Type::Struct { fields, .. } => self.write_fields(fields, value, path, out),
            Type::Enum { variants, .. } => self.write_variant(variants, value, path, out),
            plain => {
                let bytes = scalar(plain, value, self.prefix).ok_or_else(refused)?;
                out.extend(bytes);
                Ok(())
            }
        }
    }

    fn write_items(
        &self,
        of: TypeId,
        list: &[Value],
        path: &str,
        out: &mut Vec<u8>,
    ) -> Result<(), ValueError> {
        let mut items = list.iter().enumerate();
        items.try_for_each(|(at, item)| self.write(of, item, &format!("{path}[{at}]"), out))
    }

    fn write_variant(
        &self,
        variants: &[Named],
        value: &Value,
        path: &str,
        out: &mut Vec<u8>,
    ) -> Result<(), ValueError> {
        let names: Vec<&str> = variants.iter().map(|variant| variant.name.as_str()).collect();
        let (name, fields) = match value {
            Value::String(name) => (name, &Value::Null),
            Value::Object(object) if object.len() == 1 => {
                object.iter().next().expect("it has one entry")
            }
            other => return Err(wrong(path, other, &format!("one of {}", list_of(&names)))),
        };
        let Some(variant) = variants.iter().find(|variant| variant.name == *name) else {
            let nearest = nearest(name, names.into_iter());
            let (path, name) = (path.to_owned(), name.clone());
            return Err(ValueError::Unknown { path, name, nearest });
        };
        out.push(variant.number);
        self.write_fields(&variant.fields, fields, &join(path, name), out)
    }

    /// A type in words, for errors.
    fn expected(&self, id: TypeId) -> String {
        match self.kind(id) {
            Type::Option { of } => format!("null or {}", self.expected(*of)),
            Type::List { of } => format!("an array, each {}", self.expected(*of)),
            Type::Array { of, length } => {
                format!("an array of {length}, each {}", self.expected(*of))
            }
            Type::Tuple { of } => format!("an array of {}", of.len()),
            Type::Struct { name, .. } => format!("an object {name}"),
            Type::Enum { name, .. } => format!("a variant of {name}"),
            plain => words(plain, self.prefix),
        }
    }
}

/// A type without parts in words.
fn words(kind: &Type, prefix: &str) -> String {
    match kind {
        Type::Unit => "null".to_owned(),
        Type::Bool => "true or false".to_owned(),
        Type::String => "text".to_owned(),
        Type::Bytes => "bytes in hex".to_owned(),
        Type::Address => format!("an address {prefix}1.."),
        Type::Hash | Type::ChainId | Type::PublicKey => "64 hex digits".to_owned(),
        Type::Signature => "128 hex digits".to_owned(),
        Type::ByteArray { length } => format!("{length} bytes in hex"),
        Type::Role => {
            let names: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
            format!("one of {}", list_of(&names))
        }
        number => match integer(number) {
            Some((bytes, false)) => {
                format!("a whole number from 0 to {}", u128::MAX >> (128 - 8 * bytes))
            }
            Some((bytes, true)) => {
                let most = i128::MAX >> (128 - 8 * bytes);
                format!("a whole number from {} to {most}", -most - 1)
            }
            None => "another value".to_owned(),
        },
    }
}

/// Width in bytes and whether there is a sign, of a type that is a number.
fn integer(kind: &Type) -> Option<(usize, bool)> {
    Some(match kind {
        Type::U8 => (1, false),
        Type::U16 => (2, false),
        Type::U32 | Type::BasisPoints => (4, false),
        Type::U64 | Type::Height | Type::TimestampMs | Type::Gas => (8, false),
        Type::U128 | Type::Amount => (16, false),
        Type::I8 => (1, true),
        Type::I16 => (2, true),
        Type::I32 => (4, true),
        Type::I64 => (8, true),
        Type::I128 => (16, true),
        _ => return None,
    })
}

/// The bytes of a value without parts; `None` if it is not of the type.
fn scalar(kind: &Type, value: &Value, prefix: &str) -> Option<Vec<u8>> {
    if let Some((bytes, signed)) = integer(kind) {
        return number(value, bytes, signed);
    }
    let text = value.as_str();
    let fixed = |length: usize| {
        hex::decode(text?.trim_start_matches("0x")).ok().filter(|bytes| bytes.len() == length)
    };
    let counted = |bytes: &[u8]| {
        let length = u32::try_from(bytes.len()).ok()?;
        Some([length.to_le_bytes().as_slice(), bytes].concat())
    };
    match kind {
        Type::Unit => value.is_null().then(Vec::new),
        Type::Bool => value.as_bool().map(|value| vec![u8::from(value)]),
        Type::String => counted(text?.as_bytes()),
        Type::Bytes => counted(&hex::decode(text?.trim_start_matches("0x")).ok()?),
        Type::Address => {
            let (_, address) = AddressText(text?.to_owned()).parse(prefix).ok()?;
            Some(address.0.to_vec())
        }
        Type::Hash | Type::ChainId | Type::PublicKey => fixed(32),
        Type::Signature => fixed(64),
        Type::ByteArray { length } => fixed(*length as usize),
        Type::Role => Role::from_name(text?).map(|role| vec![role as u8]),
        _ => None,
    }
}

/// The little-endian bytes of a number within its width.
fn number(value: &Value, bytes: usize, signed: bool) -> Option<Vec<u8>> {
    let digits = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    let plain = digits.strip_prefix('-').unwrap_or(&digits);
    if plain.is_empty() || !plain.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let unused = 128 - 8 * u32::try_from(bytes).ok()?;
    let all = if signed {
        let number: i128 = digits.parse().ok()?;
        ((number << unused) >> unused == number).then(|| number.to_le_bytes())?
    } else {
        let number: u128 = digits.parse().ok()?;
        ((number << unused) >> unused == number).then(|| number.to_le_bytes())?
    };
    all.get(..bytes).map(<[u8]>::to_vec)
}

fn wrong(path: &str, found: &Value, expected: &str) -> ValueError {
    let mut shown = String::new();
    for character in found.to_string().chars().take(80) {
        shown.push(character);
    }
    ValueError::Value { path: path.to_owned(), found: shown, expected: expected.to_owned() }
}

fn place(path: &str) -> String {
    if path.is_empty() { "arguments".to_owned() } else { path.to_owned() }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn list_of(names: &[&str]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// The name nearest to one that there is not; empty if there is none.
fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> String {
    let distance = |known: &&str| distance(name, known);
    names.min_by_key(distance).unwrap_or_default().to_owned()
}

/// How many letters differ (Levenshtein), over at most 64 of each.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, left) in one.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (place, right) in other.iter().enumerate() {
            let changed = diagonal + usize::from(left != *right);
            diagonal = row[place + 1];
            row[place + 1] = changed.min(diagonal + 1).min(row[place] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests;
