//! Bytes to JSON.

use super::{Codec, ValueError, integer};
use crate::dto::AddressText;
use serde_json::{Map, Value, json};
use types::abi::{Field, Named, Type, TypeId};
use types::{Address, AddressKind, Role};

/// What is left of an encoding.
struct Rest<'b> {
    bytes: &'b [u8],
}

impl<'b> Rest<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    /// A length, which cannot exceed what is left: each item of a list takes a byte at least, but
    /// for those that take none, of which a list of any length would be as good as endless.
    fn length(&mut self) -> Option<usize> {
        let bytes = self.take(4)?.try_into().ok()?;
        let length = usize::try_from(u32::from_le_bytes(bytes)).ok()?;
        (length <= self.bytes.len()).then_some(length)
    }
}

impl Codec<'_> {
    /// Values one after the other, and nothing after them.
    pub(super) fn read_all(
        &self,
        fields: &[Field],
        bytes: &[u8],
    ) -> Result<Map<String, Value>, ValueError> {
        let mut rest = Rest { bytes };
        let read = self.read_fields(fields, &mut rest, "")?;
        if rest.bytes.is_empty() { Ok(read) } else { Err(broken("the end", &rest, "nothing")) }
    }

    fn read_fields(
        &self,
        fields: &[Field],
        rest: &mut Rest<'_>,
        path: &str,
    ) -> Result<Map<String, Value>, ValueError> {
        let mut object = Map::new();
        for field in fields {
            let value = self.read(field.of, rest, &super::join(path, &field.name))?;
            object.insert(field.name.clone(), value);
        }
        Ok(object)
    }

    fn read(&self, id: TypeId, rest: &mut Rest<'_>, path: &str) -> Result<Value, ValueError> {
        let before = Rest { bytes: rest.bytes };
        let refused = || broken(path, &before, &self.expected(id));
        match self.kind(id) {
            Type::Option { of } => match rest.byte() {
                Some(0) => Ok(Value::Null),
                Some(1) => self.read(*of, rest, path),
                Some(_) | None => Err(refused()),
            },
            Type::List { of } => {
                let length = rest.length().ok_or_else(refused)?;
                self.read_items(*of, length, rest, path)
            }
            Type::Array { of, length } => {
                // No array that an encoding of this size holds is longer than it.
                let length = *length as usize;
                if length > rest.bytes.len() {
                    return Err(refused());
                }
                self.read_items(*of, length, rest, path)
            }
            Type::Tuple { of } => {
                let items = of.iter().enumerate();
                let items = items.map(|(at, of)| self.read(*of, rest, &format!("{path}[{at}]")));
                items.collect::<Result<Vec<_>, _>>().map(Value::Array)
            }
            Type::Struct { fields, .. } => self.read_fields(fields, rest, path).map(Value::Object),
            Type::Enum { variants, .. } => {
                let number = rest.byte().ok_or_else(refused)?;
                let variant = variants.iter().find(|variant| variant.number == number);
                self.read_variant(variant.ok_or_else(refused)?, rest, path)
            }
            plain => read_scalar(plain, rest, self.prefix).ok_or_else(refused),
        }
    }

    fn read_items(
        &self,
        of: TypeId,
        length: usize,
        rest: &mut Rest<'_>,
        path: &str,
    ) -> Result<Value, ValueError> {
        let items = (0..length).map(|at| self.read(of, rest, &format!("{path}[{at}]")));
        items.collect::<Result<Vec<_>, _>>().map(Value::Array)
    }

    fn read_variant(
        &self,
        variant: &Named,
        rest: &mut Rest<'_>,
        path: &str,
    ) -> Result<Value, ValueError> {
        if variant.fields.is_empty() {
            return Ok(json!(variant.name));
        }
        let fields = self.read_fields(&variant.fields, rest, &super::join(path, &variant.name))?;
        Ok(json!({ &variant.name: fields }))
    }
}

/// A value without parts.
fn read_scalar(kind: &Type, rest: &mut Rest<'_>, prefix: &str) -> Option<Value> {
    if let Some((bytes, signed)) = integer(kind) {
        return read_number(rest.take(bytes)?, signed);
    }
    let fixed = |rest: &mut Rest<'_>, length| Some(json!(hex::encode(rest.take(length)?)));
    match kind {
        Type::Unit => Some(Value::Null),
        Type::Bool => match rest.byte()? {
            0 => Some(json!(false)),
            1 => Some(json!(true)),
            _ => None,
        },
        Type::String => {
            let length = rest.length()?;
            std::str::from_utf8(rest.take(length)?).ok().map(|text| json!(text))
        }
        Type::Bytes => {
            let length = rest.length()?;
            fixed(rest, length)
        }
        Type::Address => {
            let address = Address(rest.take(32)?.try_into().ok()?);
            // Its bytes do not say what it is; every kind's text leads to the same bytes.
            Some(json!(AddressText::new(prefix, AddressKind::Account, &address)))
        }
        Type::Hash | Type::ChainId | Type::PublicKey => fixed(rest, 32),
        Type::Signature => fixed(rest, 64),
        Type::ByteArray { length } => fixed(rest, *length as usize),
        Type::Role => {
            let number = rest.byte()?;
            let role = Role::ALL.into_iter().find(|role| *role as u8 == number)?;
            Some(json!(role.name()))
        }
        _ => None,
    }
}

/// A number: a JSON number up to 32 bits, a decimal string above.
fn read_number(bytes: &[u8], signed: bool) -> Option<Value> {
    let negative = signed && bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut all = if negative { [0xff; 16] } else { [0; 16] };
    all.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(match (bytes.len() <= 4, signed) {
        (true, true) => json!(i64::try_from(i128::from_le_bytes(all)).ok()?),
        (true, false) => json!(u64::try_from(u128::from_le_bytes(all)).ok()?),
        (false, true) => json!(i128::from_le_bytes(all).to_string()),
        (false, false) => json!(u128::from_le_bytes(all).to_string()),
    })
}

fn broken(path: &str, rest: &Rest<'_>, expected: &str) -> ValueError {
    let path = if path.is_empty() { "the value".to_owned() } else { path.to_owned() };
    ValueError::Bytes { path, bytes: rest.bytes.len(), expected: expected.to_owned() }
}
