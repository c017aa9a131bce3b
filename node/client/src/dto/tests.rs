use super::params::{OneAccount, Submit};
use super::tx::Outcome;
use super::*;
use serde::{Deserialize, Serialize};
use types::{Address, AddressKind, Amount, Gas, Hash, Height, TimestampMs, TxHash, ValidatorId};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Sample {
    #[serde(with = "text::decimal")]
    amount: Amount,
    #[serde(with = "text::decimal")]
    height: Height,
    #[serde(with = "text::hex32")]
    hash: Hash,
    bytes: Base64,
}

#[test]
fn numbers_are_decimal_strings_hashes_hex_and_bytes_base64() {
    let sample = Sample {
        amount: Amount(u128::MAX),
        height: Height(u64::MAX),
        hash: Hash([0xab; 32]),
        bytes: Base64(vec![1, 2, 3, 4]),
    };
    let json = serde_json::to_string(&sample).unwrap();
    assert!(json.contains(r#""amount":"340282366920938463463374607431768211455""#), "{json}");
    assert!(json.contains(r#""height":"18446744073709551615""#), "{json}");
    assert!(json.contains(&format!(r#""hash":"{}""#, "ab".repeat(32))), "{json}");
    assert!(json.contains(r#""bytes":"AQIDBA==""#), "{json}");
    assert_eq!(serde_json::from_str::<Sample>(&json).unwrap(), sample);
}

#[test]
fn a_number_may_be_typed_as_a_json_number() {
    assert_eq!(serde_json::from_str::<Number<Height>>("12").unwrap(), Number(Height(12)));
}

#[test]
fn texts_that_are_no_numbers_are_refused() {
    for text in [r#""""#, r#""+1""#, r#""-1""#, r#""1.5""#, r#"" 1""#, "-1", "1.5", "null", "true"]
    {
        assert!(serde_json::from_str::<Number<Height>>(text).is_err(), "{text}");
    }
    // One above the largest of its type.
    assert!(serde_json::from_str::<Number<Height>>(r#""18446744073709551616""#).is_err());
    let above = r#""340282366920938463463374607431768211456""#;
    assert!(serde_json::from_str::<Number<Amount>>(above).is_err());
}

#[test]
fn texts_that_are_no_hashes_or_bytes_are_refused() {
    let short = format!(r#""{}""#, "a".repeat(63));
    let strange = format!(r#""{}g""#, "a".repeat(63));
    for text in [short.as_str(), strange.as_str(), "1", r#""""#] {
        assert!(serde_json::from_str::<Hex<Hash>>(text).is_err(), "{text}");
    }
    for text in [r#""AQID BA==""#, r#""AQIDBA""#, r#""*""#] {
        assert!(serde_json::from_str::<Base64>(text).is_err(), "{text}");
    }
    assert!(serde_json::from_str::<HexBytes>(r#""abc""#).is_err());
}

#[test]
fn a_cursor_reads_what_it_writes_and_nothing_else() {
    let cursor = Cursor { height: Height(12), receipt: 3, event: 4 };
    assert_eq!(cursor.to_string(), "12:3:4");
    assert_eq!("12:3:4".parse(), Ok(cursor));
    for text in ["", "1", "1:2", "1:2:3:4", "+1:2:3", "1:2:-3", "1:2:4294967296", " 1:2:3", "a:b:c"]
    {
        assert!(text.parse::<Cursor>().is_err(), "{text}");
    }
}

#[test]
fn a_cursor_at_the_end_of_a_height_stands_between_it_and_the_next() {
    let end = Cursor::end_of(Height(5));
    assert!(end > Cursor { height: Height(5), receipt: 9, event: 9 });
    assert!(end < Cursor { height: Height(6), receipt: 0, event: 0 });
    assert!(Cursor::START < Cursor { height: Height(1), receipt: 0, event: 0 });
}

#[test]
fn a_submitted_transaction_shows_its_hash_beside_its_status() {
    let outcome = Outcome {
        height: Height(7),
        receipt: 2,
        code: "OK".to_owned(),
        gas_used: Gas(21),
        fee: Amount(3),
        returned: None,
        failure: None,
    };
    let submitted = Submitted { hash: TxHash([1; 32]), state: TxState::Final(outcome) };
    let json: serde_json::Value = serde_json::to_value(&submitted).unwrap();
    assert_eq!(json["status"], "final");
    assert_eq!(json["height"], "7");
    assert_eq!(json["hash"], "01".repeat(32));
    assert_eq!(serde_json::from_value::<Submitted>(json).unwrap(), submitted);
}

#[test]
fn every_state_of_a_transaction_survives_json() {
    let states = [
        TxState::Pending { position: None },
        TxState::Pending { position: Some(Number(4)) },
        TxState::Dropped { code: "POOL_EXPIRED".to_owned() },
        TxState::Expired,
        TxState::Unknown,
    ];
    for state in states {
        let json = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<TxState>(&json).unwrap(), state, "{json}");
    }
}

#[test]
fn stream_items_survive_json() {
    let event = EventView {
        source: AddressText("syn1source".to_owned()),
        name: "bank.Transfer".to_owned(),
        fields: Some(EventFields::Transfer {
            from: AddressText("syn1a".to_owned()),
            to: AddressText("syn1b".to_owned()),
            amount: Amount(9),
        }),
        bytes: Base64(vec![0, 1]),
    };
    let cursor = Cursor { height: Height(3), receipt: 0, event: 1 };
    let items = [
        StreamItem::Event { cursor, tx_hash: Some(Hex(TxHash([2; 32]))), event },
        StreamItem::Checkpoint {
            cursor: Cursor::end_of(Height(3)),
            block_id: types::BlockId([4; 32]),
            time_ms: TimestampMs(99),
            receipts: 1,
        },
    ];
    for item in items {
        let json = serde_json::to_string(&item).unwrap();
        assert_eq!(serde_json::from_str::<StreamItem>(&json).unwrap(), item, "{json}");
    }
}

#[test]
fn parameters_come_by_name_or_by_position_and_unknown_ones_are_refused() {
    let named: OneAccount = serde_json::from_str(r#"{"address":"syn1x","prove":true}"#).unwrap();
    let placed: OneAccount = serde_json::from_str(r#"["syn1x",true]"#).unwrap();
    assert_eq!(named, placed);
    assert!(serde_json::from_str::<OneAccount>(r#"{"address":"x","proof":true}"#).is_err());
    let submit: Submit = serde_json::from_str(r#"{"tx":"AQ=="}"#).unwrap();
    assert_eq!((submit.wait, submit.timeout_ms), (Wait::None, 10_000));
}

#[test]
fn an_address_says_what_it_names() {
    let address = Address([7; 32]);
    let text = AddressText::new("syn", AddressKind::Multisig, &address);
    assert_eq!(text.parse("syn").unwrap(), (AddressKind::Multisig, address));
    assert!(text.parse("xyz").is_err(), "of another chain");
    assert!(text.parse_validator("syn").is_err(), "no validator");
    let validator = AddressText::validator("syn", &ValidatorId([8; 32]));
    assert_eq!(validator.parse_validator("syn").unwrap(), ValidatorId([8; 32]));
    assert!(validator.parse("syn").is_err(), "no account");
}

#[test]
fn a_fault_carries_code_field_value_and_limit() {
    let fault = Fault::about(types::Code::NonceTooLow, "nonce", "3", "5");
    assert_eq!(fault.code, i32::from(types::Code::NonceTooLow.number()));
    assert_eq!(fault.message, "NONCE_TOO_LOW: nonce is 3, the next is 5");
    assert_eq!(fault.registry_code(), Some(types::Code::NonceTooLow));
    let json = serde_json::to_value(&fault).unwrap();
    assert_eq!(json["data"]["code"], "NONCE_TOO_LOW");
    assert_eq!(json["data"]["limit"], "5");
    assert_eq!(serde_json::from_value::<Fault>(json).unwrap(), fault);
}

#[test]
fn a_fault_without_some_of_its_texts_is_still_a_sentence() {
    use types::Code;
    let told = |code, field, value, limit| Fault::about(code, field, value, limit).message;
    assert_eq!(told(Code::Duplicate, "hash", "ab", ""), "DUPLICATE: hash is ab");
    assert_eq!(told(Code::BadAuth, "auth", "", "no payer"), "BAD_AUTH: auth: no payer");
    assert_eq!(told(Code::Expired, "", "", ""), "EXPIRED");
    let sums = told(Code::SenderLimit, "sender_txs", "65", "64");
    assert_eq!(sums, "SENDER_LIMIT: sender_txs is 65, the limit is 64");
}
