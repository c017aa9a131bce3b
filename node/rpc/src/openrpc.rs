//! The OpenRPC document (version 1.3 of its specification), made from the method table.

use crate::registry::{METHODS, Method};
use crate::schema::Kind;
use serde_json::{Map, Value, json};
use types::Code;

/// The document: every method with parameters, result, scope and errors.
#[must_use]
pub fn document() -> Value {
    let mut schemas = Map::new();
    let methods: Vec<Value> = METHODS.iter().map(|method| describe(method, &mut schemas)).collect();
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

fn describe(method: &Method, schemas: &mut Map<String, Value>) -> Value {
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
        "x-scope": method.scope.name(),
    })
}
