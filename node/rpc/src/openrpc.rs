//! The OpenRPC document (version 1.3 of its specification), made from the method table.

mod examples;

pub(crate) use examples::Facts;

use crate::registry::{METHODS, Method};
use crate::schema::Kind;
use serde_json::{Map, Value, json};
use types::Code;

/// The document: every method with parameters, result, scope and errors, and with an example that
/// works on the node whose facts these are.
#[must_use]
pub(crate) fn document(facts: &Facts) -> Value {
    let mut schemas = Map::new();
    let describe = |method| describe(method, facts, &mut schemas);
    let methods: Vec<Value> = METHODS.iter().map(describe).collect();
    let errors: Map<String, Value> = Code::ALL
        .iter()
        .filter(|(code, _, _)| *code != Code::Ok)
        .map(|(code, name, meaning)| {
            let number = client::dto::Fault::new(*code, "").code;
            let error = json!({ "code": number, "message": meaning, "data": { "code": name } });
            ((*name).to_owned(), error)
        })
        .collect();
    json!({
        "openrpc": "1.3.2",
        "info": {
            "title": "syndic",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Numbers of 64 bits and more are decimal strings. An error's data.code \
                            is the stable name of its code.",
        },
        "methods": methods,
        "components": { "schemas": schemas, "errors": errors },
    })
}

fn describe(method: &Method, facts: &Facts, schemas: &mut Map<String, Value>) -> Value {
    let params: Vec<Value> = method
        .params
        .iter()
        .map(|param| {
            json!({
                "name": param.name,
                "description": param.about,
                "required": param.required,
                "schema": param.kind.schema(schemas),
            })
        })
        .collect();
    let result = match method.result {
        Kind::Object(record) => record.name,
        Kind::Variants(variants) => variants.name,
        _ => "result",
    };
    json!({
        "name": method.name,
        "summary": method.summary,
        "paramStructure": "either",
        "params": params,
        "result": { "name": result, "schema": method.result.schema(schemas) },
        "examples": facts.examples(method),
        "x-scope": method.scope.name(),
    })
}

#[cfg(test)]
mod tests;
