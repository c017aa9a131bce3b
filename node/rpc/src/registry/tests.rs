use super::*;
use crate::openrpc::{self, Facts};
use serde_json::Value;

fn document() -> Value {
    openrpc::document(&Facts::default())
}

#[test]
fn methods_stand_in_order_of_their_names_and_are_found() {
    assert!(METHODS.windows(2).all(|pair| pair[0].name < pair[1].name));
    for method in METHODS {
        assert_eq!(find(method.name).map(|found| found.name), Some(method.name));
    }
    assert!(find("no_such_method").is_none());
}

#[test]
fn the_document_says_what_the_table_says() {
    let document = document();
    let described = document["methods"].as_array().unwrap();
    assert_eq!(described.len(), METHODS.len());
    for (method, described) in METHODS.iter().zip(described) {
        assert_eq!(described["name"], method.name);
        assert_eq!(described["summary"], method.summary);
        assert_eq!(described["x-scope"], method.scope.name());
        let params = described["params"].as_array().unwrap();
        assert_eq!(params.len(), method.params.len(), "{}", method.name);
        for (param, described) in method.params.iter().zip(params) {
            assert_eq!(described["name"], param.name);
            assert_eq!(described["required"], param.required);
        }
    }
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let document = document();
    let text = document.to_string();
    let names = text.split("#/components/schemas/").skip(1);
    let mut count = 0;
    for name in names.map(|rest| rest.split('"').next().unwrap()) {
        let schema: &Value = &document["components"]["schemas"][name];
        assert!(schema.is_object(), "no schema {name}");
        count += 1;
    }
    assert!(count > 30, "the results refer to their schemas");
}

#[test]
fn each_code_is_documented_once() {
    let document = document();
    let errors = document["components"]["errors"].as_object().unwrap();
    assert_eq!(errors.len(), types::Code::ALL.len() - 1, "all but OK");
    assert_eq!(errors["UNKNOWN_METHOD"]["code"], -32_601);
    assert_eq!(errors["POOL_FULL"]["code"], 40);
}
