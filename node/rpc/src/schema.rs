//! What parameters and results look like, as data: the OpenRPC document is made from it, and tests
//! hold answers against it.

use serde_json::{Map, Value, json};

/// What a value looks like.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// `true` or `false`.
    Boolean,
    /// A whole number up to 2^53, as a JSON number.
    Integer,
    /// A whole number of 64 or 128 bits, as a decimal string.
    Decimal,
    /// 32 bytes: 64 hexadecimal digits.
    Hash,
    /// Bytes in hexadecimal.
    Hex,
    /// Bytes in base64, RFC 4648 section 4.
    Base64,
    /// Text.
    Text,
    /// A bech32m address.
    Address,
    /// `height:receipt:event`.
    Cursor,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list.
    List(&'static Kind),
    /// An object.
    Object(&'static Record),
    /// An object of one of several forms.
    Variants(&'static Variants),
    /// Any JSON value.
    Anything,
}

/// An object.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [Field],
}

/// An object whose form a word in it tells.
#[derive(Debug)]
pub(crate) struct Variants {
    pub(crate) name: &'static str,
    /// The field that holds the word.
    pub(crate) tag: &'static str,
    pub(crate) forms: &'static [(&'static str, &'static [Field])],
}

/// A field or parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    pub(crate) about: &'static str,
}

/// A field that is always there.
pub(crate) const fn field(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { name, kind, required: true, about }
}

/// A field that may be absent.
pub(crate) const fn maybe(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { name, kind, required: false, about }
}

impl Kind {
    /// Its JSON Schema; named objects are put into `components` and referred to.
    pub(crate) fn schema(self, components: &mut Map<String, Value>) -> Value {
        match self {
            Self::Boolean => json!({ "type": "boolean" }),
            Self::Integer => json!({ "type": "integer", "minimum": 0 }),
            Self::Decimal => json!({ "type": "string", "pattern": "^[0-9]{1,39}$" }),
            Self::Hash => json!({ "type": "string", "pattern": "^[0-9a-fA-F]{64}$" }),
            Self::Hex => json!({ "type": "string", "pattern": "^([0-9a-fA-F]{2})*$" }),
            Self::Base64 => json!({ "type": "string", "contentEncoding": "base64" }),
            Self::Text => json!({ "type": "string" }),
            Self::Address => json!({ "type": "string", "format": "bech32m" }),
            Self::Cursor => {
                json!({ "type": "string", "pattern": "^[0-9]{1,20}:[0-9]{1,10}:[0-9]{1,10}$" })
            }
            Self::Choice(words) => json!({ "type": "string", "enum": words }),
            Self::List(inner) => {
                json!({ "type": "array", "items": inner.schema(components) })
            }
            Self::Object(record) => define(components, record.name, |components| {
                object(components, None, record.fields)
            }),
            Self::Variants(variants) => define(components, variants.name, |components| {
                let forms = variants
                    .forms
                    .iter()
                    .map(|(word, fields)| object(components, Some((variants.tag, word)), fields));
                json!({ "oneOf": forms.collect::<Vec<_>>() })
            }),
            Self::Anything => json!({}),
        }
    }
}

/// Put a definition into the components unless it is there, and refer to it. The nesting of types
/// is that of the tables, which refer to each other without circles.
fn define(
    components: &mut Map<String, Value>,
    name: &str,
    make: impl FnOnce(&mut Map<String, Value>) -> Value,
) -> Value {
    if !components.contains_key(name) {
        let definition = make(components);
        components.insert(name.to_owned(), definition);
    }
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn object(
    components: &mut Map<String, Value>,
    tag: Option<(&str, &str)>,
    fields: &[Field],
) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    if let Some((tag, word)) = tag {
        properties.insert(tag.to_owned(), json!({ "const": word }));
        required.push(tag);
    }
    for field in fields {
        let mut schema = field.kind.schema(components);
        if let Value::Object(schema) = &mut schema {
            schema.insert("description".to_owned(), field.about.into());
        }
        properties.insert(field.name.to_owned(), schema);
        if field.required {
            required.push(field.name);
        }
    }
    json!({ "type": "object", "properties": properties, "required": required })
}
