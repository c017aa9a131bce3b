use super::*;
use crate::dto::AddressText;
use serde_json::json;
use types::{Address, AddressKind, Version};

const ADDRESS: Address = Address([7; 32]);

fn field(name: &str, of: u16) -> Field {
    Field { name: name.to_owned(), of: TypeId(of) }
}

fn named(name: &str, number: u8, fields: Vec<Field>) -> Named {
    Named { name: name.to_owned(), number, fields }
}

/// Every way to build a type, and a method that takes them all.
fn abi() -> Abi {
    let point =
        Type::Struct { name: "Point".to_owned(), fields: vec![field("x", 1), field("label", 3)] };
    let state = Type::Enum {
        name: "State".to_owned(),
        variants: vec![
            named("Open", 0, Vec::new()),
            named("Closed", 5, vec![field("at", 0), field("by", 2)]),
        ],
    };
    let types = vec![
        Type::U64,
        Type::I16,
        Type::Address,
        Type::String,
        Type::Option { of: TypeId(0) },
        point,
        Type::List { of: TypeId(5) },
        state,
        Type::Tuple { of: vec![TypeId(0), TypeId(3)] },
        Type::Array { of: TypeId(1), length: 2 },
        Type::ByteArray { length: 3 },
        Type::Bytes,
        Type::Role,
        Type::Amount,
        Type::Bool,
        Type::U8,
    ];
    let arguments = vec![
        field("amount", 13),
        field("to", 2),
        field("limit", 4),
        field("points", 6),
        field("state", 7),
        field("pair", 8),
        field("two", 9),
        field("tag", 10),
        field("raw", 11),
        field("role", 12),
        field("yes", 14),
        field("small", 15),
    ];
    let method = |name: &str, kind, arguments, output| Method {
        name: name.to_owned(),
        kind,
        payable: false,
        arguments,
        output: TypeId(output),
    };
    Abi {
        version: Version,
        name: "Everything".to_owned(),
        types,
        methods: vec![
            method("move_all", MethodKind::Call, arguments, 6),
            method("move_none", MethodKind::View, Vec::new(), 0),
        ],
        errors: vec![named("TOO_LATE", 0, vec![field("by_ms", 0)])],
        events: vec![named("Moved", 0, vec![field("who", 2)])],
    }
}

fn given() -> Value {
    json!({
        "amount": "340282366920938463463374607431768211455",
        "to": AddressText::new("syn", AddressKind::Contract, &ADDRESS),
        "limit": null,
        "points": [{"x": -3, "label": "a"}, {"x": "32767", "label": ""}],
        "state": {"Closed": {"at": 9, "by": AddressText::new("syn", AddressKind::Account, &ADDRESS)}},
        "pair": [1, "b"],
        "two": [0, -1],
        "tag": "0a0b0c",
        "raw": "0xff",
        "role": "merchant",
        "yes": true,
        "small": 255,
    })
}

fn bytes(given: &Value) -> Result<Vec<u8>, ValueError> {
    let abi = abi();
    let codec = Codec { abi: &abi, prefix: "syn" };
    codec.arguments(codec.method("move_all", &[MethodKind::Call]).unwrap(), given)
}

#[test]
fn arguments_become_the_bytes_that_borsh_gives() {
    let expected = types::encode(&(
        u128::MAX,
        ADDRESS,
        None::<u64>,
        vec![(-3_i16, "a".to_owned()), (32_767, String::new())],
        (5_u8, 9_u64, ADDRESS),
        (1_u64, "b".to_owned()),
        [0_i16, -1],
        [10_u8, 11, 12],
        vec![0xff_u8],
        (Role::Merchant, true, 255_u8),
    ));
    assert_eq!(bytes(&given()).unwrap(), expected);
    // In order instead of by name; what is optional may be left out at the end only.
    let order = abi().methods[0].arguments.clone();
    let list: Vec<Value> = order.iter().map(|field| given()[&field.name].clone()).collect();
    assert_eq!(bytes(&Value::Array(list)).unwrap(), expected);
}

#[test]
fn bytes_become_the_values_that_made_them() {
    let abi = abi();
    let codec = Codec { abi: &abi, prefix: "syn" };
    let method = codec.method("move_all", &[MethodKind::Call]).unwrap();
    let encoded = bytes(&given()).unwrap();
    let read = Value::Object(codec.read_all(&method.arguments, &encoded).unwrap());
    assert_eq!(codec.arguments(method, &read).unwrap(), encoded, "and back again");
    assert_eq!(read["amount"], json!(u128::MAX.to_string()));
    assert_eq!(read["points"][1], json!({"x": 32_767, "label": ""}));
    assert_eq!(read["state"]["Closed"]["at"], json!("9"));
    for cut in 0..encoded.len() {
        assert!(codec.read_all(&method.arguments, &encoded[..cut]).is_err(), "cut at {cut}");
    }
    let long = [encoded, vec![0]].concat();
    assert!(codec.read_all(&method.arguments, &long).is_err(), "a byte too many");
    let late = codec.failure("TOO_LATE", &types::encode(&7_u64)).unwrap().unwrap();
    assert_eq!(late, json!({"by_ms": "7"}));
    assert!(codec.failure("TOO_EARLY", &[]).is_none());
    assert!(codec.event("Moved", &ADDRESS.0).unwrap().is_ok());
}

#[test]
fn a_wrong_value_is_named_with_its_place_and_what_was_expected() {
    let cases = [
        ("amount", json!("1x"), "amount: \"1x\", expected is a whole number from 0 to"),
        ("amount", json!(-1), "amount: -1, expected"),
        ("small", json!(256), "small: 256, expected is a whole number from 0 to 255"),
        ("two", json!([0, 40_000]), "two[1]: 40000, expected is a whole number from -32768 to"),
        ("two", json!([0]), "two: [0], expected is an array of 2"),
        ("to", json!("bob"), "to: \"bob\", expected is an address syn1.."),
        ("points", json!([{"x": 1}]), "points[0].label is missing, expected is text"),
        ("points", json!([{"x": 1, "label": "", "lable": ""}]), "points[0]: there is no \"lable\""),
        ("state", json!("Opne"), "state: there is no \"Opne\"; the nearest is \"Open\""),
        ("state", json!({"Closed": {}}), "state.Closed.at is missing"),
        ("tag", json!("0a0b"), "tag: \"0a0b\", expected is 3 bytes in hex"),
        ("role", json!("king"), "role: \"king\", expected is one of operator"),
        ("yes", json!("true"), "yes: \"true\", expected is true or false"),
    ];
    for (name, value, expected) in cases {
        let mut wrong = given();
        wrong[name] = value;
        let told = bytes(&wrong).unwrap_err().to_string();
        assert!(told.starts_with(expected), "{told}");
    }
    let mut wrong = given();
    wrong.as_object_mut().unwrap().remove("to");
    let told = bytes(&wrong).unwrap_err().to_string();
    assert_eq!(told, "to is missing, expected is an address syn1..");
    let told = bytes(&json!("text")).unwrap_err().to_string();
    assert!(told.starts_with("arguments: \"text\", expected is an object or array of amount"));
}

#[test]
fn an_unknown_method_suggests_the_nearest_of_its_kind() {
    let abi = abi();
    let codec = Codec { abi: &abi, prefix: "syn" };
    let told = codec.method("mov_all", &[MethodKind::Call]).unwrap_err().to_string();
    assert_eq!(told, "the contract has no method \"mov_all\"; the nearest is \"move_all\"");
    let told = codec.method("move_all", &[MethodKind::View]).unwrap_err().to_string();
    assert_eq!(told, "the contract has no view \"move_all\"; the nearest is \"move_none\"");
}

#[test]
fn an_interface_is_checked_before_it_is_used_and_shown_whole() {
    assert_eq!(parse(&types::encode(&abi())).unwrap(), abi());
    assert!(matches!(parse(b"no interface"), Err(ValueError::Decode(_))));
    let mut broken = abi();
    broken.types[0] = Type::List { of: TypeId(0) };
    assert!(matches!(parse(&types::encode(&broken)), Err(ValueError::Abi(_))));
    let shown = describe(&abi());
    assert_eq!(
        shown["methods"][0]["arguments"][3],
        json!({"name": "points", "type": "Vec<Point>"})
    );
    assert_eq!(shown["methods"][0]["arguments"][5]["type"], "(u64, String)");
    assert_eq!(shown["types"][1]["variants"][1]["number"], 5);
}
