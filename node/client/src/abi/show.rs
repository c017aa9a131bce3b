//! An interface for people and programs: methods, failures and events with their types as text.

use super::TypeId;
use serde_json::{Value, json};
use types::abi::{Abi, Field, MethodKind, Named, Type};

/// The interface as JSON: every type written out as in Rust, structs and enums described once.
#[must_use]
pub fn describe(abi: &Abi) -> Value {
    let methods: Vec<Value> = abi
        .methods
        .iter()
        .map(|method| {
            json!({
                "name": method.name,
                "kind": kind(method.kind),
                "payable": method.payable,
                "arguments": fields(abi, &method.arguments),
                "output": text(abi, method.output),
            })
        })
        .collect();
    let named = |list: &[Named]| list.iter().map(|one| variant(abi, one)).collect::<Vec<Value>>();
    let types: Vec<Value> = abi.types.iter().filter_map(|of| described(abi, of)).collect();
    json!({
        "name": abi.name,
        "methods": methods,
        "errors": named(&abi.errors),
        "events": named(&abi.events),
        "types": types,
    })
}

fn kind(kind: MethodKind) -> &'static str {
    match kind {
        MethodKind::Init => "init",
        MethodKind::Call => "call",
        MethodKind::View => "view",
        MethodKind::Migrate => "migrate",
    }
}

fn fields(abi: &Abi, fields: &[Field]) -> Value {
    let one = |field: &Field| json!({ "name": field.name, "type": text(abi, field.of) });
    fields.iter().map(one).collect()
}

fn variant(abi: &Abi, named: &Named) -> Value {
    json!({ "name": named.name, "number": named.number, "fields": fields(abi, &named.fields) })
}

fn described(abi: &Abi, of: &Type) -> Option<Value> {
    match of {
        Type::Struct { name, fields: own } => {
            Some(json!({ "struct": name, "fields": fields(abi, own) }))
        }
        Type::Enum { name, variants } => {
            let variants: Vec<Value> = variants.iter().map(|one| variant(abi, one)).collect();
            Some(json!({ "enum": name, "variants": variants }))
        }
        _ => None,
    }
}

/// A type as Rust writes it. Types nest as deep as a checked interface may.
fn text(abi: &Abi, id: TypeId) -> String {
    let inner = |of: &TypeId| text(abi, *of);
    match abi.describe(id) {
        None => "?".to_owned(),
        Some(Type::Option { of }) => format!("Option<{}>", inner(of)),
        Some(Type::List { of }) => format!("Vec<{}>", inner(of)),
        Some(Type::Array { of, length }) => format!("[{}; {length}]", inner(of)),
        Some(Type::ByteArray { length }) => format!("[u8; {length}]"),
        Some(Type::Tuple { of }) => {
            format!("({})", of.iter().map(inner).collect::<Vec<_>>().join(", "))
        }
        Some(Type::Struct { name, .. } | Type::Enum { name, .. }) => name.clone(),
        Some(Type::Unit) => "()".to_owned(),
        Some(Type::Bytes) => "bytes".to_owned(),
        Some(Type::Bool | Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::U128)
        | Some(Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::I128) => {
            format!("{:?}", abi.types[usize::from(id.0)]).to_lowercase()
        }
        Some(plain) => format!("{plain:?}"),
    }
}
