//! The document keeps the rules of OpenRPC 1.3 (<https://spec.open-rpc.org>): which fields an
//! object may have, which it must have, of which type they are, and what must be unique.

use super::{Facts, document};
use serde_json::Value;
use std::collections::BTreeSet;

/// Fields of an object: name, type, whether it must be there.
type Fields = &'static [(&'static str, Type, bool)];

#[derive(Clone, Copy, Debug)]
enum Type {
    Text,
    Boolean,
    Integer,
    List,
    Object,
    Anything,
}

const DOCUMENT: Fields = &[
    ("openrpc", Type::Text, true),
    ("info", Type::Object, true),
    ("servers", Type::List, false),
    ("methods", Type::List, true),
    ("components", Type::Object, false),
    ("externalDocs", Type::Object, false),
];
const INFO: Fields = &[
    ("title", Type::Text, true),
    ("version", Type::Text, true),
    ("description", Type::Text, false),
    ("termsOfService", Type::Text, false),
    ("contact", Type::Object, false),
    ("license", Type::Object, false),
];
const METHOD: Fields = &[
    ("name", Type::Text, true),
    ("tags", Type::List, false),
    ("summary", Type::Text, false),
    ("description", Type::Text, false),
    ("externalDocs", Type::Object, false),
    ("params", Type::List, true),
    ("result", Type::Object, false),
    ("deprecated", Type::Boolean, false),
    ("servers", Type::List, false),
    ("errors", Type::List, false),
    ("links", Type::List, false),
    ("paramStructure", Type::Text, false),
    ("examples", Type::List, false),
];
const CONTENT: Fields = &[
    ("name", Type::Text, true),
    ("summary", Type::Text, false),
    ("description", Type::Text, false),
    ("required", Type::Boolean, false),
    ("schema", Type::Object, true),
    ("deprecated", Type::Boolean, false),
];
const PAIRING: Fields = &[
    ("name", Type::Text, true),
    ("description", Type::Text, false),
    ("summary", Type::Text, false),
    ("params", Type::List, true),
    ("result", Type::Object, false),
];
const EXAMPLE: Fields = &[
    ("name", Type::Text, true),
    ("summary", Type::Text, false),
    ("description", Type::Text, false),
    ("value", Type::Anything, true),
];
const ERROR: Fields = &[
    ("code", Type::Integer, true),
    ("message", Type::Text, true),
    ("data", Type::Anything, false),
];
const COMPONENTS: Fields = &[
    ("contentDescriptors", Type::Object, false),
    ("schemas", Type::Object, false),
    ("examples", Type::Object, false),
    ("links", Type::Object, false),
    ("errors", Type::Object, false),
    ("examplePairingObjects", Type::Object, false),
    ("tags", Type::Object, false),
];
/// The words of JSON Schema draft 7 that are used here.
const SCHEMA: Fields = &[
    ("$ref", Type::Text, false),
    ("type", Type::Text, false),
    ("description", Type::Text, false),
    ("format", Type::Text, false),
    ("pattern", Type::Text, false),
    ("contentEncoding", Type::Text, false),
    ("minimum", Type::Integer, false),
    ("enum", Type::List, false),
    ("const", Type::Anything, false),
    ("items", Type::Object, false),
    ("properties", Type::Object, false),
    ("required", Type::List, false),
    ("oneOf", Type::List, false),
];

/// What breaks the rules of an object.
fn breaches(at: &str, value: &Value, fields: Fields) -> Vec<String> {
    let Some(object) = value.as_object() else { return vec![format!("{at} is no object")] };
    let mut found = Vec::new();
    for (name, kind, must) in fields {
        match object.get(*name) {
            None if *must => found.push(format!("{at}.{name} is missing")),
            Some(held) if !is(*kind, held) => found.push(format!("{at}.{name} is no {kind:?}")),
            None | Some(_) => {}
        }
    }
    let known =
        |name: &str| name.starts_with("x-") || fields.iter().any(|(field, ..)| *field == name);
    found.extend(object.keys().filter(|name| !known(name)).map(|name| format!("{at}.{name}?")));
    found
}

fn is(kind: Type, value: &Value) -> bool {
    match kind {
        Type::Text => value.is_string(),
        Type::Boolean => value.is_boolean(),
        Type::Integer => value.is_i64(),
        Type::List => value.is_array(),
        Type::Object => value.is_object(),
        Type::Anything => true,
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// What breaks the rules of a whole document.
fn validate(document: &Value) -> Vec<String> {
    let mut found = breaches("document", document, DOCUMENT);
    found.extend(breaches("info", &document["info"], INFO));
    found.extend(breaches("components", &document["components"], COMPONENTS));
    let version = document["openrpc"].as_str().unwrap_or_default();
    if !version.starts_with("1.3.") {
        found.push(format!("openrpc is {version:?}"));
    }
    let mut names = BTreeSet::new();
    for method in list(&document["methods"]) {
        let name = method["name"].as_str().unwrap_or_default();
        if !names.insert(name) {
            found.push(format!("two methods {name}"));
        }
        found.extend(method_breaches(name, method));
    }
    let schemas = document["components"]["schemas"].as_object().cloned().unwrap_or_default();
    for (name, schema) in &schemas {
        found.extend(schema_breaches(name, schema));
    }
    for (name, error) in document["components"]["errors"].as_object().into_iter().flatten() {
        found.extend(breaches(name, error, ERROR));
    }
    // Every reference leads to a schema of this document.
    for reference in document.to_string().split(r##""$ref":""##).skip(1) {
        let target = reference.split('"').next().unwrap_or_default();
        let schema = target.strip_prefix("#/components/schemas/");
        if !schema.is_some_and(|name| schemas.contains_key(name)) {
            found.push(format!("{target} leads nowhere"));
        }
    }
    found
}

fn method_breaches(name: &str, method: &Value) -> Vec<String> {
    let mut found = breaches(name, method, METHOD);
    let structure = method["paramStructure"].as_str().unwrap_or("either");
    if !["by-name", "by-position", "either"].contains(&structure) {
        found.push(format!("{name}.paramStructure is {structure}"));
    }
    let (mut names, mut optional) = (BTreeSet::new(), false);
    for param in list(&method["params"]) {
        let at = format!("{name}({})", param["name"]);
        found.extend(breaches(&at, param, CONTENT));
        found.extend(schema_breaches(&at, &param["schema"]));
        let required = param["required"].as_bool().unwrap_or(false);
        if !names.insert(param["name"].as_str().unwrap_or_default()) {
            found.push(format!("{at} twice"));
        }
        if required && optional {
            found.push(format!("{at} is required behind one that is not"));
        }
        optional |= !required;
    }
    found.extend(breaches(&format!("{name} result"), &method["result"], CONTENT));
    found.extend(schema_breaches(name, &method["result"]["schema"]));
    for pairing in list(&method["examples"]) {
        found.extend(breaches(&format!("{name} example"), pairing, PAIRING));
        for example in list(&pairing["params"]) {
            found.extend(breaches(&format!("{name} example"), example, EXAMPLE));
            let named = example["name"].as_str().unwrap_or_default();
            if !names.contains(named) {
                found.push(format!("the example of {name} gives {named}, which it does not take"));
            }
        }
    }
    found
}

/// What breaks the rules of a schema and of those within it.
fn schema_breaches(at: &str, schema: &Value) -> Vec<String> {
    let types = ["boolean", "integer", "string", "array", "object"];
    let mut found = Vec::new();
    let mut open = vec![(at.to_owned(), schema)];
    while let Some((at, schema)) = open.pop() {
        found.extend(breaches(&at, schema, SCHEMA));
        if schema["type"].as_str().is_some_and(|kind| !types.contains(&kind)) {
            found.push(format!("{at} has type {}", schema["type"]));
        }
        let properties = schema["properties"].as_object();
        for required in list(&schema["required"]) {
            let name = required.as_str().unwrap_or_default();
            if !properties.is_some_and(|properties| properties.contains_key(name)) {
                found.push(format!("{at} requires {name}, which it does not describe"));
            }
        }
        let inner = properties.into_iter().flatten();
        open.extend(inner.map(|(name, schema)| (format!("{at}.{name}"), schema)));
        open.extend(list(&schema["oneOf"]).iter().map(|schema| (format!("{at}|"), schema)));
        open.extend(schema.get("items").map(|schema| (format!("{at}[]"), schema)));
    }
    found
}

#[test]
fn the_document_keeps_the_rules_of_openrpc() {
    let found = validate(&document(&Facts::default()));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_document_that_breaks_a_rule_is_seen() {
    let good = document(&Facts::default());
    let mut breaks: Vec<(&str, Value)> = Vec::new();
    let mut broken = |what, change: fn(&mut Value)| {
        let mut document = good.clone();
        change(&mut document);
        breaks.push((what, document));
    };
    broken("no methods", |document| drop(document.as_object_mut().unwrap().remove("methods")));
    broken("unknown field", |document| document["methods"][0]["paramz"] = Value::Null);
    broken("one name twice", |document| {
        document["methods"][1]["name"] = document["methods"][0]["name"].clone();
    });
    broken("reference to nothing", |document| {
        drop(document["components"]["schemas"].as_object_mut().unwrap().remove("Account"));
    });
    broken("example of another", |document| {
        document["methods"][0]["examples"][0]["params"][0]["name"] = "adress".into();
    });
    broken("unknown type", |document| {
        document["components"]["schemas"]["Account"]["type"] = "record".into();
    });
    broken("order", |document| {
        document["methods"][0]["params"].as_array_mut().unwrap().reverse();
    });
    for (what, document) in breaks {
        assert!(!validate(&document).is_empty(), "{what}");
    }
}
