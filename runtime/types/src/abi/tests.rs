use super::*;
use crate::codec::{decode, encode};

fn field(name: &str, of: u16) -> Field {
    Field { name: name.into(), of: TypeId(of) }
}

fn counter() -> Abi {
    Abi {
        version: Version,
        name: "Counter".into(),
        types: alloc::vec![
            Type::Unit,
            Type::U64,
            Type::Option { of: TypeId(1) },
            Type::Struct { name: "Pair".into(), fields: alloc::vec![field("a", 1), field("b", 2)] },
        ],
        methods: alloc::vec![Method {
            name: "add".into(),
            kind: MethodKind::Call,
            payable: false,
            arguments: alloc::vec![field("pair", 3)],
            output: TypeId(0),
        }],
        errors: alloc::vec![Named { name: "TOO_MUCH".into(), number: 0, fields: Vec::new() }],
        events: alloc::vec![Named {
            name: "Counted".into(),
            number: 0,
            fields: alloc::vec![field("by", 1)]
        }],
    }
}

#[test]
fn an_interface_survives_its_encoding() {
    let abi = counter();
    assert_eq!(abi.check(), Ok(()));
    assert_eq!(decode::<Abi>("abi", &encode(&abi), MAX_ABI_BYTES), Ok(abi.clone()));
    assert_eq!(abi.method("add").map(|method| method.kind), Some(MethodKind::Call));
    assert!(abi.error("TOO_MUCH").is_some() && abi.event("Counted").is_some());
    assert_eq!(abi.method("sub"), None);
}

#[test]
fn refuses_a_type_that_names_itself_or_a_later_one() {
    for id in [2, 3, 9] {
        let mut abi = counter();
        abi.types[2] = Type::List { of: TypeId(id) };
        assert_eq!(abi.check(), Err(AbiError::TypeUnknown { id: TypeId(id) }));
    }
    let mut abi = counter();
    abi.methods[0].output = TypeId(4);
    assert_eq!(abi.check(), Err(AbiError::TypeUnknown { id: TypeId(4) }));
    let mut abi = counter();
    abi.events[0].fields[0].of = TypeId(5);
    assert_eq!(abi.check(), Err(AbiError::TypeUnknown { id: TypeId(5) }));
}

#[test]
fn refuses_types_that_nest_too_deep() {
    let mut abi = counter();
    abi.types = alloc::vec![Type::U8];
    abi.types.extend((0..u16::from(MAX_TYPE_DEPTH)).map(|id| Type::List { of: TypeId(id) }));
    abi.methods.clear();
    abi.events.clear();
    assert_eq!(abi.check(), Ok(()));
    abi.types.push(Type::List { of: TypeId(16) });
    assert_eq!(abi.check(), Err(AbiError::TooDeep { id: TypeId(17) }));
}

#[test]
fn refuses_names_that_break_their_pattern_or_stand_twice() {
    let mut abi = counter();
    abi.methods.push(abi.methods[0].clone());
    assert_eq!(abi.check(), Err(AbiError::Name { name: "add".into() }));
    let mut abi = counter();
    abi.errors[0].name = "TooMuch".into();
    assert_eq!(abi.check(), Err(AbiError::Name { name: "TooMuch".into() }));
    let mut abi = counter();
    abi.events[0].name = "counted".into();
    assert_eq!(abi.check(), Err(AbiError::Name { name: "counted".into() }));
}
