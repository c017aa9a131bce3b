use super::*;
use crate::testing::{Chain, START_MS, account, sign};
use state::MapReader;

fn chain() -> Chain {
    Chain::new(Params::default())
}

fn transfer() -> Vec<Call> {
    vec![Call::Transfer { to: account(2), amount: Amount(5) }]
}

/// What the stateless check says of account 1's transfer after a change.
fn stateless(change: impl FnOnce(&mut Tx)) -> Result<(), String> {
    let chain = chain();
    let mut tx = chain.tx(1, transfer());
    change(&mut tx);
    let decoded = chain.decoded(sign(1, tx));
    check_alone(&decoded, &chain.chain_id(), &chain.params()).map_err(|error| error.to_string())
}

fn next_block() -> Position {
    Position { height: Height(1), time_ms: TimestampMs(START_MS + 1_000) }
}

/// What the stateful check says, in a block one second after genesis.
fn stateful(params: Params, sender: u8, change: impl FnOnce(&mut Tx)) -> Result<(), String> {
    let chain = Chain::new(params);
    let mut tx = chain.tx(sender, transfer());
    change(&mut tx);
    check_stateful(&chain.reader, &tx, &next_block(), &chain.params(), Nonce(0))
        .map_err(|error| error.to_string())
}

#[test]
fn takes_a_good_transaction() {
    assert_eq!(stateless(|_| {}), Ok(()));
    assert_eq!(stateful(Params::default(), 1, |_| {}), Ok(()));
}

#[test]
fn refuses_a_transaction_for_another_chain() {
    let message = stateless(|tx| tx.chain_id = ChainId([9; 32])).unwrap_err();
    let expected = format!(
        "WRONG_CHAIN: chain_id is {}, this chain is {}",
        ChainId([9; 32]),
        chain().chain_id()
    );
    assert_eq!(message, expected);
}

#[test]
fn refuses_fields_beyond_their_limits_naming_value_and_limit() {
    let call = transfer().remove(0);
    let cases: [(&str, Result<(), String>); 6] = [
        ("BAD_FIELD: lane is 64, allowed is 0 to 63", stateless(|tx| tx.lane = 64)),
        (
            "TOO_LARGE: reference is 65 bytes, the limit is 64",
            stateless(|tx| tx.reference = vec![0; 65]),
        ),
        ("BAD_FIELD: calls is empty, allowed is 1 to 16", stateless(|tx| tx.calls = Vec::new())),
        (
            "TOO_LARGE: calls is 17 long, the limit is 16",
            stateless(|tx| tx.calls = vec![call.clone(); 17]),
        ),
        (
            "GAS_LIMIT_TOO_HIGH: gas_limit is 60000001, the limit is 60000000",
            stateless(|tx| tx.gas_limit = Gas(60_000_001)),
        ),
        (
            "GAS_LIMIT_TOO_LOW: gas_limit is 1, the least is 1",
            stateless(|tx| tx.gas_limit = Gas(1)),
        ),
    ];
    for (expected, found) in cases {
        let found = found.unwrap_err();
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
    assert_eq!(stateless(|tx| tx.lane = 63), Ok(()));
    assert_eq!(stateless(|tx| tx.reference = vec![0; 64]), Ok(()));
    assert_eq!(stateless(|tx| tx.calls = vec![call.clone(); 16]), Ok(()));
    assert_eq!(stateless(|tx| tx.gas_limit = Gas(60_000_000)), Ok(()));
}

#[test]
fn the_gas_limit_may_be_exactly_what_the_transaction_costs() {
    let chain = chain();
    let cost = intrinsic_gas(&chain.decoded(sign(1, chain.tx(1, transfer()))));
    assert_eq!(stateless(|tx| tx.gas_limit = cost), Ok(()));
    let message = stateless(|tx| tx.gas_limit = Gas(cost.0 - 1)).unwrap_err();
    assert!(message.starts_with("GAS_LIMIT_TOO_LOW"), "{message}");
}

#[test]
fn refuses_a_signature_of_somebody_else_and_one_over_something_else() {
    let chain = chain();
    let tx = chain.tx(1, transfer());
    let judge = |signed: SignedTx| {
        check_alone(&chain.decoded(signed), &chain.chain_id(), &chain.params()).map_err(|e| e.code)
    };
    assert_eq!(judge(sign(2, tx.clone())), Err(Code::BadAuth), "another account's key");
    let mut signed = sign(1, tx);
    signed.tx.nonce = Nonce(1);
    assert_eq!(judge(signed), Err(Code::BadSignature), "signed before it was changed");
}

#[test]
fn refuses_an_oversized_transaction_before_decoding_it() {
    let params = Params { max_tx_bytes: 1_024, max_deploy_bytes: 1_024, ..Params::default() };
    let refusal = decode(&[0; 1_025], &params).unwrap_err();
    assert_eq!(refusal.to_string(), "TOO_LARGE: bytes is 1025, the limit is 1024");
}

#[test]
fn refuses_bytes_that_are_no_transaction_or_more_than_one() {
    let chain = chain();
    let mut bytes = types::encode(&sign(1, chain.tx(1, transfer())));
    assert!(decode(&bytes, &chain.params()).is_ok());
    bytes.push(0);
    assert_eq!(decode(&bytes, &chain.params()).unwrap_err().code, Code::Malformed);
    assert_eq!(decode(&[2, 1], &chain.params()).unwrap_err().code, Code::Malformed);
}

#[test]
fn refuses_expired_transactions_and_those_valid_for_too_long() {
    let now = START_MS + 1_000;
    let until = |until: u64| {
        stateful(Params::default(), 1, move |tx| tx.valid_until_ms = TimestampMs(until))
    };
    assert_eq!(until(now), Ok(()), "the last moment counts");
    let expected = format!("EXPIRED: valid_until_ms is {}, block time is {now}", now - 1);
    assert_eq!(until(now - 1), Err(expected));
    let latest = now + Params::default().max_valid_ahead_ms;
    assert_eq!(until(latest), Ok(()));
    let expected =
        format!("VALID_TOO_FAR: valid_until_ms is {}, the latest is {latest}", latest + 1);
    assert_eq!(until(latest + 1), Err(expected));
}

#[test]
fn refuses_nonces_that_are_not_the_next() {
    let mut chain = chain();
    chain.advance(vec![chain.transfer(1, account(2), 5, 0)]);
    let position = Position { height: Height(2), time_ms: TimestampMs(START_MS + 2_000) };
    let next = next_nonce(&chain.reader, &account(1), 0).unwrap();
    assert_eq!(next, Nonce(1));
    let judge = |nonce| {
        let mut tx = chain.tx(1, transfer());
        tx.nonce = Nonce(nonce);
        check_stateful(&chain.reader, &tx, &position, &chain.params(), next)
            .map_err(|error| error.to_string())
    };
    assert_eq!(judge(0), Err("NONCE_TOO_LOW: nonce is 0, the next is 1".into()));
    assert_eq!(judge(1), Ok(()));
    assert_eq!(judge(2), Err("NONCE_TOO_HIGH: nonce is 2, the next is 1".into()));
    assert_eq!(next_nonce(&chain.reader, &account(1), 1).unwrap(), Nonce(0), "lanes are apart");
}

#[test]
fn where_the_chain_asks_for_the_role_user_only_its_holders_send() {
    let params = Params { send: Permission::Role, ..Params::default() };
    assert_eq!(stateful(params.clone(), 3, |_| {}), Ok(()));
    let expected = format!("SENDER_NOT_ALLOWED: sender is {}, it needs the role user", account(4));
    assert_eq!(stateful(params, 4, |_| {}), Err(expected));
    assert_eq!(stateful(Params::default(), 4, |_| {}), Ok(()), "elsewhere anyone does");
}

#[test]
fn an_expired_role_no_longer_lets_anybody_send() {
    let params = Params { send: Permission::Role, ..Params::default() };
    let mut chain = Chain::new(params);
    let expires = TimestampMs(START_MS + 5_000);
    let grant =
        Call::GrantRole { account: account(4), role: Role::User, expires_ms: Some(expires) };
    chain.advance(vec![chain.decoded(sign(1, chain.tx(1, vec![grant])))]);
    let judge = |time_ms| {
        let position = Position { height: Height(2), time_ms: TimestampMs(time_ms) };
        let tx = chain.tx(4, transfer());
        check_stateful(&chain.reader, &tx, &position, &chain.params(), Nonce(0)).is_ok()
    };
    assert!(judge(expires.0 - 1));
    assert!(!judge(expires.0), "from its expiry on it does not count");
}

#[test]
fn a_pool_refuses_what_would_only_use_up_its_nonce() {
    let params = Params { gas_price: 2, ..Params::default() };
    let chain = Chain::new(params);
    let admit = |sender, calls: Vec<Call>, change: fn(&mut Tx)| {
        let mut tx = chain.tx(sender, calls);
        change(&mut tx);
        check_admission(&chain.reader, &tx, &next_block(), &chain.params())
            .map_err(|error| error.to_string())
    };
    let pay = |amount| vec![Call::Transfer { to: account(2), amount: Amount(amount) }];
    assert_eq!(admit(1, pay(999_999_800_000), |_| {}), Ok(()), "balance less the reserved fee");
    assert_eq!(
        admit(1, pay(999_999_800_001), |_| {}),
        Err("INSUFFICIENT_BALANCE: sender.balance is 1000000000000, needed is 1000000000001".into())
    );
    assert_eq!(
        admit(1, pay(1), |tx| tx.fee_limit = Amount(199_999)),
        Err("FEE_LIMIT: fee_limit is 199999, the least is 200000".into())
    );
    assert_eq!(
        admit(9, pay(1), |_| {}),
        Err("FEE_UNPAID: payer.balance is 0, needed is 200000".into())
    );
    let zero = admit(1, pay(0), |_| {}).unwrap_err();
    assert_eq!(zero, "AMOUNT_ZERO: calls: The amount is 0, the minimum is 1.");
    let expired = admit(1, pay(1), |tx| tx.valid_until_ms = TimestampMs(START_MS)).unwrap_err();
    assert!(expired.starts_with("EXPIRED"), "{expired}");
    assert_eq!(admit(1, pay(1), |tx| tx.nonce = Nonce(7)), Ok(()), "its lane is the pool's");
    let both = [pay(u128::MAX), pay(u128::MAX)].concat();
    assert!(admit(1, both, |_| {}).unwrap_err().starts_with("INSUFFICIENT_BALANCE"));
}

#[test]
fn says_that_it_cannot_tell_when_state_cannot_be_read() {
    struct Broken;
    impl NodeReader for Broken {
        fn value(&self, _: &[u8]) -> Result<Option<Vec<u8>>, state::ReadError> {
            Err(state::ReadError::Storage { reason: "torn".into() })
        }
        fn scan(
            &self,
            _: &[u8],
            _: Option<&[u8]>,
            _: usize,
        ) -> Result<state::reader::Page, state::ReadError> {
            Err(state::ReadError::Storage { reason: "torn".into() })
        }
        fn node(&self, _: &state::NodePath) -> Result<Option<Vec<u8>>, state::ReadError> {
            Err(state::ReadError::Storage { reason: "torn".into() })
        }
    }
    let tx = chain().tx(1, transfer());
    let found = check_admission(&Broken, &tx, &next_block(), &Params::default());
    assert!(matches!(found, Err(CheckError::Read(_))), "{found:?}");
    assert!(next_nonce(&MapReader::new(), &account(1), 0).is_ok(), "absent is not broken");
}
