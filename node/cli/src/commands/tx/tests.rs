use super::*;
use client::wallet::Signatory;
use crypto::sign::SecretKey;
use types::{ChainId, Gas, Nonce, Version};

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed([seed; 32])
}

fn facts() -> ChainFacts {
    let (chain_id, prefix) = (ChainId([7; 32]), "syn".to_owned());
    ChainFacts { chain_id, prefix, gas_price: 2, max_tx_gas: 1_000_000 }
}

fn options() -> Options {
    Options {
        lane: 0,
        nonce: Some(3),
        valid_for: 600,
        gas_limit: None,
        fee_limit: None,
        reference: "rent".to_owned(),
    }
}

fn transfer() -> Call {
    Call::Transfer { to: Address([9; 32]), amount: Amount(5) }
}

fn no_node(_: &client::dto::AddressText) -> Outcome<Nonce> {
    panic!("a given nonce is not asked for")
}

#[test]
fn asks_for_exactly_the_gas_that_the_executor_charges() {
    let sender = Signatory::Ed25519 { key: key(1).public() };
    let payer = Some(Signatory::Ed25519 { key: key(2).public() });
    let calls = vec![transfer()];
    let mut file = compose::unsigned(&facts(), &options(), sender, payer, calls, no_node).unwrap();
    file.sign(&key(1)).unwrap();
    file.sign(&key(2)).unwrap();
    let signed = file.finish().unwrap();
    let bytes = types::encode(&signed).len();
    let charged = executor::fees::intrinsic_gas(&signed.tx, bytes, 2);
    assert_eq!(signed.tx.gas_limit, charged);
    assert_eq!(signed.tx.fee_limit, Amount(2 * u128::from(charged.0)));
}

#[test]
fn asks_for_the_gas_of_a_multisig_too() {
    let keys = vec![key(1).public(), key(2).public(), key(3).public()];
    let sender = Signatory::multi(2, keys).unwrap();
    let calls = vec![transfer()];
    let mut file = compose::unsigned(&facts(), &options(), sender, None, calls, no_node).unwrap();
    file.sign(&key(1)).unwrap();
    file.sign(&key(3)).unwrap();
    let signed = file.finish().unwrap();
    let bytes = types::encode(&signed).len();
    assert_eq!(signed.tx.gas_limit, executor::fees::intrinsic_gas(&signed.tx, bytes, 2));
}

#[test]
fn names_flag_value_and_need_when_the_gas_limit_is_too_low() {
    let sender = Signatory::Ed25519 { key: key(1).public() };
    let options = Options { gas_limit: Some(10), ..options() };
    let calls = vec![transfer()];
    let failure = compose::unsigned(&facts(), &options, sender, None, calls, no_node).unwrap_err();
    assert_eq!(failure.exit, Exit::Usage);
    assert!(failure.error.to_string().starts_with("--gas-limit is 10"), "{}", failure.error);
}

#[test]
fn reads_signed_bytes_in_base64_and_shows_their_hash() {
    let tx = Tx {
        version: Version,
        chain_id: ChainId([7; 32]),
        sender: crypto::id::account_address(&key(1).public()),
        lane: 0,
        nonce: Nonce(0),
        valid_until_ms: TimestampMs(1),
        gas_limit: Gas(1),
        fee_limit: Amount(1),
        payer: None,
        reference: Vec::new(),
        calls: vec![transfer()],
    };
    let bytes = client::wallet::sign(&tx, &key(1)).unwrap();
    let shown = decode(&STANDARD.encode(&bytes), "syn").unwrap();
    assert_eq!(shown.hash.map(|hash| hash.0), Some(crypto::id::tx_hash(&bytes)));
    assert!(decode("not base64!", "syn").is_err());
}

#[test]
fn reads_times_with_their_unit_and_refuses_more_than_a_day() {
    assert_eq!(compose::parse_seconds("600s"), Ok(600));
    assert_eq!(compose::parse_seconds("10m"), Ok(600));
    assert_eq!(compose::parse_seconds("24h"), Ok(86_400));
    assert_eq!(compose::parse_seconds("5"), Ok(5));
    for wrong in ["25h", "0s", "", "s", "-1s", "1d"] {
        assert!(compose::parse_seconds(wrong).is_err(), "{wrong:?}");
    }
}
