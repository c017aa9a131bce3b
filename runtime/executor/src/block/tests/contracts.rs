//! Contracts on a chain: what they change, what it costs, and what is undone when they fail.

use super::*;
use crate::testing::{fresh_machine, machine};
use borsh::BorshDeserialize;
use state::NodeReader;
use types::contract::MAX_CALL_DEPTH;
use types::receipt::MAX_EVENTS;
use types::{Context, Failure, Receipt};

const PRICE: u128 = 3;

fn kit() -> Vec<u8> {
    wat::parse_str(include_str!("kit.wat")).unwrap()
}

/// The same contract under another hash.
fn other_kit() -> Vec<u8> {
    let text = include_str!("kit.wat").replace("(i64.const 1000)", "(i64.const 5000)");
    wat::parse_str(text).unwrap()
}

fn hash_of(code: &[u8]) -> Hash {
    crypto::hash::blake3(code)
}

/// Where account 1 makes the contract of a salt.
pub(super) fn contract(salt: u8) -> Address {
    id::contract_address(&account(1), &[salt])
}

fn deploy(code: Vec<u8>) -> Call {
    Call::Deploy { code }
}

fn make(salt: u8, code: &[u8]) -> Call {
    Call::Instantiate {
        code_hash: hash_of(code),
        salt: vec![salt],
        admin: Some(account(1)),
        input: Vec::new(),
        value: Amount::ZERO,
    }
}

pub(super) fn call(salt: u8, method: &str, input: Vec<u8>, value: u128) -> Call {
    let (contract, method) = (contract(salt), method.to_owned());
    Call::Call { contract, method, input, value: Amount(value) }
}

/// What `call:relay` takes.
pub(super) fn relay(to: &Address, method: &str, input: &[u8], value: u128, gas: u64) -> Vec<u8> {
    let mut bytes = to.0.to_vec();
    bytes.extend(value.to_le_bytes());
    bytes.extend(gas.to_le_bytes());
    bytes.extend(u32::try_from(method.len()).unwrap().to_le_bytes());
    bytes.extend(method.as_bytes());
    bytes.extend(input);
    bytes
}

/// A chain on which code and contracts 1 and 2 are.
fn chain() -> Chain {
    chain_at(PRICE)
}

/// As [`chain`], at a gas price.
pub(super) fn chain_at(gas_price: u128) -> Chain {
    let mut chain = Chain::new(Params { gas_price, ..Params::default() });
    let calls = vec![deploy(kit()), make(1, &kit()), make(2, &kit())];
    let (receipt, _) = run_with(&mut chain, 1, calls, 3_000_000);
    assert_eq!(receipt.code, Code::Ok);
    chain
}

/// Commit one transaction of an account with much gas; its receipt and what it returned.
fn run(chain: &mut Chain, sender: u8, calls: Vec<Call>) -> (Receipt, Vec<u8>) {
    run_with(chain, sender, calls, 50_000_000)
}

fn run_with(chain: &mut Chain, sender: u8, calls: Vec<Call>, gas: u64) -> (Receipt, Vec<u8>) {
    let mut tx = chain.tx(sender, calls);
    tx.gas_limit = Gas(gas);
    let decoded = chain.decoded(sign(sender, tx));
    let mut executed = chain.advance(vec![decoded]);
    assert_eq!(executed.receipts.len(), 1, "the transaction is in the block");
    let receipt = executed.receipts.remove(0);
    let returned = executed.returned.remove(0);
    assert_eq!(receipt.return_hash, id::return_hash(&returned));
    assert_eq!(receipt.status == Status::Succeeded, receipt.code == Code::Ok);
    (receipt, returned)
}

fn ask(chain: &Chain, salt: u8, method: &str, input: &[u8]) -> crate::simulate::Answer {
    let question = crate::simulate::Question {
        contract: contract(salt),
        method,
        input,
        caller: account(3),
        gas: Gas(1_000_000),
    };
    let header = &chain.parent.header;
    let time_ms = TimestampMs(header.time_ms.0 + 1);
    let position = crate::Position { height: header.height.next(), time_ms };
    let (machine, chain_id, params) = (machine(), chain.chain_id(), chain.params());
    crate::simulate::view(&machine, &chain.reader, &question, chain_id, &position, &params).unwrap()
}

fn count(chain: &Chain, salt: u8) -> u64 {
    let answer = ask(chain, salt, "count", &[]).result.unwrap();
    u64::from_le_bytes(answer.try_into().unwrap())
}

/// The code that `relay` and `pay` return.
fn told(returned: &[u8]) -> Option<Code> {
    let number = u32::from_le_bytes(*returned.first_chunk().unwrap());
    Code::from_number(number.try_into().unwrap()).filter(|code| *code != Code::Ok)
}

fn events(receipt: &Receipt) -> Vec<&str> {
    receipt.events.iter().map(|event| event.name.as_str()).collect()
}

#[test]
fn code_is_deployed_once_and_contracts_are_made_from_it_and_called() {
    let mut chain = Chain::new(params());
    let (receipt, returned) = run(&mut chain, 1, vec![deploy(kit())]);
    assert_eq!((receipt.code, events(&receipt)), (Code::Ok, vec!["contracts.Deployed"]));
    assert_eq!(returned, hash_of(&kit()).0);
    let bytes = u64::try_from(kit().len()).unwrap();
    assert!((200 * bytes..220 * bytes + 40_000).contains(&receipt.gas_used.0), "{receipt:?}");
    let (again, _) = run(&mut chain, 2, vec![deploy(kit())]);
    assert_eq!((again.code, again.events.len()), (Code::Ok, 0));
    let record = read::code_record(&chain.reader, &hash_of(&kit())).unwrap().unwrap();
    assert_eq!((record.deployer, u64::from(record.bytes)), (account(1), bytes));

    let (receipt, _) = run(&mut chain, 1, vec![make(1, &kit())]);
    assert_eq!((receipt.code, events(&receipt)), (Code::Ok, vec!["contracts.Instantiated"]));
    let record = read::account(&chain.reader, &contract(1)).unwrap().unwrap();
    assert_eq!((record.kind, record.balance), (AddressKind::Contract, Amount::ZERO));
    for expected in 1..=3_u64 {
        let (receipt, returned) = run(&mut chain, 2, vec![call(1, "add", Vec::new(), 0)]);
        assert_eq!((receipt.code, events(&receipt)), (Code::Ok, vec!["Counted"]));
        assert_eq!(receipt.events[0].source, contract(1));
        assert_eq!(returned, expected.to_le_bytes());
    }
    assert_eq!(count(&chain, 1), 3);
}

#[test]
fn what_cannot_be_made_or_called_says_why_and_changes_nothing() {
    let mut chain = chain();
    let mut long = make(3, &kit());
    let Call::Instantiate { salt, .. } = &mut long else { unreachable!() };
    *salt = vec![0; 33];
    let upgrade =
        Call::Upgrade { contract: contract(1), code_hash: Hash([9; 32]), input: Vec::new() };
    let pause = |contract| Call::PauseContract { contract, paused: true };
    let cases = [
        (1, make(1, &kit()), Code::ContractExists),
        (1, make(3, b"never deployed"), Code::CodeUnknown),
        (1, long, Code::BadField),
        (1, call(9, "add", Vec::new(), 0), Code::ContractUnknown),
        (1, call(1, "sub", Vec::new(), 0), Code::MethodUnknown),
        (1, call(1, "init", Vec::new(), 0), Code::MethodUnknown),
        (1, call(1, "Add", Vec::new(), 0), Code::MethodUnknown),
        (1, call(1, "count", Vec::new(), 5), Code::MethodUnknown),
        (1, call(1, "add", Vec::new(), u128::MAX), Code::InsufficientBalance),
        (1, upgrade.clone(), Code::CodeUnknown),
        (2, upgrade, Code::NotAdmin),
        (2, pause(contract(1)), Code::NotAdmin),
        (2, pause(contract(9)), Code::ContractUnknown),
        (1, deploy(b"\0asm no module".to_vec()), Code::CodeRefused),
        (1, deploy(Vec::new()), Code::CodeRefused),
    ];
    for (at, (sender, call, code)) in cases.into_iter().enumerate() {
        let before = chain.balance(&contract(1));
        let (receipt, returned) = run(&mut chain, sender, vec![call]);
        assert_eq!((receipt.code, receipt.events.len()), (code, 0), "case {at}");
        assert!(returned.is_empty() && receipt.gas_used < Gas(100_000), "case {at}: {receipt:?}");
        assert_eq!(chain.balance(&contract(1)), before);
    }
    assert_eq!(count(&chain, 1), 0);
}

#[test]
fn a_refusal_keeps_its_reason_and_charges_what_was_used() {
    let mut chain = chain();
    let paid = chain.balance(&account(2));
    let (receipt, returned) = run(&mut chain, 2, vec![call(1, "refuse", Vec::new(), 7)]);
    assert_eq!((receipt.code, receipt.events.len()), (Code::ContractFailed, 0));
    let failure = Failure::try_from_slice(&returned).unwrap();
    assert_eq!((failure.contract, failure.name.as_str()), (contract(1), "NOT_TODAY"));
    assert_eq!(failure.data, b"count");
    assert!(receipt.gas_used < Gas(200_000), "{receipt:?}");
    assert_eq!(receipt.fee, Amount(u128::from(receipt.gas_used.0) * PRICE));
    assert_eq!(chain.balance(&account(2)), paid - receipt.fee.0, "the value came back");
    assert_eq!((count(&chain, 1), chain.balance(&contract(1))), (0, 0));
}

#[test]
fn a_trap_or_endless_loop_charges_the_whole_limit_and_undoes_everything() {
    let mut chain = chain();
    for (method, code) in [("trap", Code::ContractTrap), ("spin", Code::OutOfGas)] {
        let paid = chain.balance(&account(2));
        let calls = vec![pay(3, 5), call(1, "add", Vec::new(), 0), call(1, method, Vec::new(), 7)];
        let (receipt, returned) = run_with(&mut chain, 2, calls, 900_000);
        assert_eq!((receipt.code, receipt.gas_used), (code, Gas(900_000)));
        assert!(receipt.events.is_empty() && returned.is_empty());
        assert_eq!(chain.balance(&account(2)), paid - 900_000 * PRICE);
        assert_eq!((count(&chain, 1), chain.balance(&contract(1))), (0, 0));
    }
}

#[test]
fn calls_of_one_transaction_succeed_or_fail_together() {
    let mut chain = chain();
    let add = || call(1, "add", Vec::new(), 0);
    let (receipt, _) = run(&mut chain, 1, vec![add(), add(), call(2, "refuse", Vec::new(), 0)]);
    assert_eq!((receipt.code, count(&chain, 1)), (Code::ContractFailed, 0));
    let (receipt, returned) = run(&mut chain, 1, vec![add(), add()]);
    assert_eq!((receipt.code, count(&chain, 1)), (Code::Ok, 2));
    assert_eq!(returned, 2_u64.to_le_bytes(), "the last call's");
    let (_, returned) = run(&mut chain, 1, vec![add(), pay(2, 1)]);
    assert!(returned.is_empty(), "a transfer returns nothing");
}

#[test]
fn money_comes_with_a_call_and_goes_where_the_contract_sends_it() {
    let mut chain = chain();
    let (receipt, _) = run(&mut chain, 2, vec![call(1, "add", Vec::new(), 500)]);
    assert_eq!(events(&receipt), ["bank.Transfer", "Counted"]);
    assert_eq!(chain.balance(&contract(1)), 500);
    let to = |amount: u128, to: Address| [to.0.to_vec(), amount.to_le_bytes().to_vec()].concat();
    let cases = [
        (to(200, account(9)), None),
        (to(u128::MAX, account(9)), Some(Code::InsufficientBalance)),
        (to(0, account(9)), Some(Code::AmountZero)),
        (to(1, contract(1)), Some(Code::SelfTransfer)),
        (to(1, modules::TREASURY), Some(Code::ReservedAddress)),
        (to(1, contract(2)), Some(Code::ReservedAddress)),
    ];
    for (input, code) in cases {
        let (receipt, returned) = run(&mut chain, 3, vec![call(1, "pay", input, 0)]);
        assert_eq!((receipt.code, told(&returned)), (Code::Ok, code));
    }
    assert_eq!((chain.balance(&contract(1)), chain.balance(&account(9))), (300, 200));
    let held = ask(&chain, 2, "holds", &contract(1).0).result.unwrap();
    assert_eq!(held, 300_u128.to_le_bytes());
}

#[test]
fn a_contract_takes_money_with_its_calls_and_from_whom_it_calls_alone() {
    let mut chain = chain();
    let bare = |to| vec![Call::Transfer { to, amount: Amount(11) }];
    let (receipt, _) = run(&mut chain, 2, bare(contract(1)));
    assert_eq!((receipt.code, chain.balance(&contract(1))), (Code::ReservedAddress, 0));
    // Contract 2 calls contract 1, which pays it: it sees that.
    run(&mut chain, 2, vec![call(1, "add", Vec::new(), 500)]);
    let pay = [contract(2).0.to_vec(), 7_u128.to_le_bytes().to_vec()].concat();
    let input = relay(&contract(1), "pay", &pay, 0, 0);
    let (receipt, _) = run(&mut chain, 2, vec![call(2, "relay", input, 0)]);
    assert_eq!((receipt.code, chain.balance(&contract(2))), (Code::Ok, 7));
}

#[test]
fn what_lay_at_a_contracts_address_before_it_was_made_goes_to_its_creator() {
    let mut chain = chain();
    let address = crypto::id::contract_address(&account(1), b"later");
    let send = vec![Call::Transfer { to: address, amount: Amount(11) }];
    assert_eq!(run(&mut chain, 2, send).0.code, Code::Ok);
    let before = chain.balance(&account(1));
    let make = Call::Instantiate {
        code_hash: hash_of(&kit()),
        salt: b"later".to_vec(),
        admin: None,
        input: Vec::new(),
        value: Amount(5),
    };
    let (receipt, _) = run(&mut chain, 1, vec![make]);
    assert_eq!(receipt.code, Code::Ok);
    let after = chain.balance(&account(1));
    let fee = receipt.fee.0;
    assert_eq!((chain.balance(&address), after + fee), (5, before + 11 - 5));
}

#[test]
fn a_nested_call_that_fails_undoes_its_own_part_alone() {
    let mut chain = chain();
    run(&mut chain, 2, vec![call(1, "add", Vec::new(), 100)]);
    let gas = 2_000_000;
    let cases = [
        ("refuse", Some(Code::ContractFailed)),
        ("trap", Some(Code::ContractTrap)),
        ("spin", Some(Code::OutOfGas)),
        ("sub", Some(Code::MethodUnknown)),
        ("add", None),
    ];
    for (at, (method, code)) in (1_u64..).zip(cases) {
        let input = relay(&contract(2), method, &[], 10, gas);
        let (receipt, returned) = run(&mut chain, 2, vec![call(1, "relay", input, 0)]);
        assert_eq!((receipt.code, told(&returned)), (Code::Ok, code), "{method}");
        assert_eq!(count(&chain, 1), 1 + at, "the caller counted");
        assert!(receipt.gas_used < Gas(gas + 500_000), "{method}: {receipt:?}");
        let spent = matches!(method, "trap" | "spin");
        assert_eq!(receipt.gas_used > Gas(gas), spent, "a trap spends its allotment: {receipt:?}");
        let failure = Failure::try_from_slice(&returned[4..]).ok();
        assert_eq!(failure.is_some(), method == "refuse");
        assert!(failure.is_none_or(|failure| failure.contract == contract(2)));
        let expected = if code.is_none() {
            vec!["Counted", "bank.Transfer", "Counted"]
        } else {
            vec!["Counted"]
        };
        assert_eq!(events(&receipt), expected, "{method}");
    }
    assert_eq!((count(&chain, 2), chain.balance(&contract(2))), (1, 10));
}

#[test]
fn a_contract_on_the_stack_is_not_entered_again_not_even_by_a_view() {
    let mut chain = chain();
    for method in ["add", "count"] {
        let input = relay(&contract(1), method, &[], 0, 0);
        let (receipt, returned) = run(&mut chain, 1, vec![call(1, "relay", input, 0)]);
        assert_eq!((receipt.code, told(&returned)), (Code::Ok, Some(Code::Reentered)), "{method}");
        // Over another one.
        let inner = relay(&contract(1), method, &[], 0, 0);
        let input = relay(&contract(2), "relay", &inner, 0, 0);
        let (_, returned) = run(&mut chain, 1, vec![call(1, "relay", input, 0)]);
        assert_eq!(told(&returned), None);
        let inner = Vec::<u8>::try_from_slice(&types::encode(&returned[4..].to_vec())).unwrap();
        assert_eq!(told(&inner), Some(Code::Reentered), "{method}");
    }
}

#[test]
fn eight_contracts_may_call_one_another_and_no_ninth() {
    let mut chain = chain();
    let last = MAX_CALL_DEPTH + 1;
    for salts in [3..=5_u8, 6..=last] {
        let calls = salts.map(|salt| make(salt, &kit())).collect();
        assert_eq!(run(&mut chain, 1, calls).0.code, Code::Ok);
    }
    let mut input = relay(&contract(last), "add", &[], 0, 0);
    for salt in (2..last).rev() {
        input = relay(&contract(salt), "relay", &input, 0, 0);
    }
    let (receipt, returned) = run(&mut chain, 1, vec![call(1, "relay", input, 0)]);
    assert_eq!(receipt.code, Code::Ok);
    let innermost = returned.chunks_exact(4).last().unwrap();
    assert_eq!(told(innermost), Some(Code::CallDepth));
    assert_eq!((count(&chain, last), count(&chain, last - 1)), (0, 1));
}

#[test]
fn views_read_and_nothing_else() {
    let mut chain = chain();
    let refused = |chain: &Chain, method, input: &[u8]| {
        ask(chain, 1, method, input).result.map_err(|(code, _)| code)
    };
    for method in ["write", "emit"] {
        assert_eq!(refused(&chain, method, &[]), Err(Code::ViewWrites), "{method}");
        let (receipt, _) = run(&mut chain, 1, vec![call(1, method, Vec::new(), 0)]);
        assert_eq!(receipt.code, Code::ViewWrites, "{method}");
    }
    assert_eq!(refused(&chain, "add", &[]), Err(Code::MethodUnknown), "a call is no view");
    // What a view calls is a view.
    let (add, count) =
        (relay(&contract(2), "add", &[], 0, 0), relay(&contract(2), "count", &[], 0, 0));
    let through = |input: &[u8]| told(&refused(&chain, "relay_view", input).unwrap());
    assert_eq!((through(&add), through(&count)), (Some(Code::MethodUnknown), None));
    let paying = relay(&contract(2), "count", &[], 1, 0);
    assert_eq!(refused(&chain, "relay_view", &paying), Err(Code::ViewWrites));
    let (receipt, returned) = run(&mut chain, 1, vec![call(1, "count", Vec::new(), 0)]);
    assert_eq!((receipt.code, returned), (Code::Ok, vec![0; 8]), "a receipt proves the answer");
}

#[test]
fn a_contract_knows_where_and_for_whom_it_runs() {
    let mut chain = chain();
    let (receipt, returned) = run(&mut chain, 2, vec![pay(3, 1), call(1, "context", vec![], 0)]);
    assert_eq!(receipt.code, Code::Ok);
    let context = Context::try_from_slice(&returned).unwrap();
    let header = &chain.parent.header;
    let tx = chain.tx(2, Vec::new());
    assert_eq!(
        (context.contract, context.caller, context.origin),
        (contract(1), account(2), account(2),)
    );
    assert_eq!((context.height, context.time_ms), (header.height, header.time_ms));
    assert_eq!((context.chain_id, context.view), (tx.chain_id, true));

    let input = relay(&contract(2), "context", &[], 0, 0);
    let (_, returned) = run(&mut chain, 2, vec![call(1, "relay", input, 0)]);
    let nested = Context::try_from_slice(&returned[4..]).unwrap();
    assert_eq!((nested.caller, nested.origin), (contract(1), account(2)));
    assert_ne!(nested.call_id, context.call_id);
    let (_, first) = run(&mut chain, 2, vec![call(1, "ids", vec![], 0)]);
    let (_, second) = run(&mut chain, 2, vec![call(1, "ids", vec![], 0)]);
    let mut ids: Vec<_> = first.chunks(32).chain(second.chunks(32)).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4, "no two identifiers are the same");
}

#[test]
fn storage_is_the_contracts_own_and_scans_give_its_own_keys() {
    let mut chain = chain();
    run(&mut chain, 1, vec![call(1, "add", Vec::new(), 0)]);
    let all = |chain: &Chain, salt| {
        let answer = ask(chain, salt, "all", &[]).result.unwrap();
        Vec::<(Vec<u8>, Vec<u8>)>::try_from_slice(&answer).unwrap()
    };
    let entry = |count: u64| vec![(b"count".to_vec(), count.to_le_bytes().to_vec())];
    assert_eq!((all(&chain, 1), all(&chain, 2)), (entry(1), entry(0)));
    let raw = key::storage(&contract(1), b"count").unwrap();
    assert_eq!(chain.reader.value(&raw).unwrap().unwrap(), 1_u64.to_le_bytes());
    run(&mut chain, 1, vec![call(1, "forget", Vec::new(), 0)]);
    assert_eq!(all(&chain, 1), Vec::new());
}

#[test]
fn randomness_of_this_block_and_of_the_last_1024_can_be_asked_for() {
    let mut chain = chain();
    let height = chain.height();
    let input = height.0.to_le_bytes().to_vec();
    let (_, returned) = run(&mut chain, 1, vec![call(1, "dice", input, 0)]);
    assert_eq!(returned, chain.parent.header.randomness.0, "that of its own block");
    let next = ask(&chain, 1, "dice", &height.next().0.to_le_bytes()).result.unwrap();
    assert!(next.is_empty(), "that of a block to come is nobody's yet");
}

#[test]
fn a_receipt_takes_256_events_and_no_more() {
    let mut chain = chain();
    let most = u32::try_from(MAX_EVENTS).unwrap();
    let shout = |times: u32| vec![call(1, "shout", times.to_le_bytes().to_vec(), 0)];
    let (receipt, _) = run(&mut chain, 1, shout(most));
    assert_eq!((receipt.code, receipt.events.len()), (Code::Ok, MAX_EVENTS));
    let (receipt, _) = run(&mut chain, 1, shout(most + 1));
    assert_eq!((receipt.code, receipt.events.len()), (Code::TooManyEvents, 0));
}

#[test]
fn an_upgrade_keeps_address_storage_and_money() {
    let mut chain = chain();
    run(&mut chain, 1, vec![call(1, "add", Vec::new(), 77)]);
    let (input, code_hash) = (Vec::new(), hash_of(&other_kit()));
    let upgrade = Call::Upgrade { contract: contract(1), code_hash, input };
    let (receipt, _) = run(&mut chain, 1, vec![deploy(other_kit()), upgrade]);
    assert_eq!(events(&receipt), ["contracts.Deployed", "contracts.Upgraded"]);
    assert_eq!((count(&chain, 1), chain.balance(&contract(1))), (5_001, 77));
    assert_eq!(count(&chain, 2), 0, "the other contract stays what it was");
    let record = read::contract(&chain.reader, &contract(1)).unwrap().unwrap();
    assert_eq!((record.code_hash, record.upgraded), (code_hash, chain.parent.header.height));
    assert!(record.created < record.upgraded);
}

#[test]
fn a_paused_contract_answers_views_alone() {
    let mut chain = chain();
    let pause = |paused| vec![Call::PauseContract { contract: contract(1), paused }];
    let (receipt, _) = run(&mut chain, 1, pause(true));
    assert_eq!(events(&receipt), ["contracts.Paused"]);
    let add = || vec![call(1, "add", Vec::new(), 0)];
    assert_eq!(run(&mut chain, 2, add()).0.code, Code::ContractPaused);
    let input = relay(&contract(1), "add", &[], 0, 0);
    let (_, returned) = run(&mut chain, 2, vec![call(2, "relay", input, 0)]);
    assert_eq!(told(&returned), Some(Code::ContractPaused));
    assert_eq!((count(&chain, 1), count(&chain, 2)), (0, 1));
    run(&mut chain, 1, pause(false));
    assert_eq!((run(&mut chain, 2, add()).0.code, count(&chain, 1)), (Code::Ok, 1));
}

#[test]
fn who_may_deploy_is_a_parameter() {
    let mut chain = Chain::new(Params { deploy: Permission::Role, ..params() });
    assert_eq!(run(&mut chain, 2, vec![deploy(kit())]).0.code, Code::NotPermitted);
    let (account, role) = (account(2), Role::Deployer);
    run(&mut chain, 1, vec![Call::GrantRole { account, role, expires_ms: None }]);
    assert_eq!(run(&mut chain, 2, vec![deploy(kit())]).0.code, Code::Ok);
}

#[test]
fn two_machines_warm_or_cold_come_to_the_same() {
    let chain = chain();
    let inner = relay(&contract(2), "trap", &[], 0, 300_000);
    let calls = [
        vec![call(1, "relay", inner, 3)],
        vec![call(1, "spin", Vec::new(), 0)],
        vec![deploy(other_kit()), call(1, "add", Vec::new(), 5)],
        vec![call(2, "refuse", Vec::new(), 0)],
    ];
    let candidates = (1_u8..).zip(calls).map(|(sender, calls)| {
        let mut tx = chain.tx(sender, calls);
        tx.gas_limit = Gas(20_000_000);
        chain.decoded(sign(sender, tx))
    });
    let block = chain.build(candidates.collect());
    let checked = chain.check(&block).unwrap();
    let execute = |machine: &vm::Machine| block::execute(machine, &chain.reader, &checked).unwrap();
    let cold = fresh_machine();
    let (first, second, third) = (execute(&machine()), execute(&cold), execute(&cold));
    assert_eq!(first.receipts.len(), 4);
    for other in [second, third] {
        assert_eq!((&other.receipts, &other.returned), (&first.receipts, &first.returned));
        assert_eq!((&other.changes, other.receipts_root), (&first.changes, first.receipts_root));
    }
}

#[test]
fn a_simulation_tells_receipt_return_and_log() {
    let mut chain = chain();
    let mut tx = chain.tx(1, vec![make(3, &kit()), call(3, "add", Vec::new(), 4)]);
    tx.gas_limit = Gas(9_000_000);
    let header = &chain.parent.header;
    let position = crate::Position {
        height: header.height.next(),
        time_ms: TimestampMs(header.time_ms.0 + 1_000),
    };
    let told = crate::simulate(&machine(), &chain.reader, &tx, &position, &chain.params()).unwrap();
    assert_eq!(told.log, ["count"]);
    let decoded = chain.decoded(sign(1, tx));
    let executed = chain.advance(vec![decoded.clone()]);
    assert_eq!(executed.receipts[0], Receipt { tx_hash: Some(decoded.hash), ..told.receipt });
    assert_eq!(executed.returned[0], told.returned);
}

#[test]
fn transactions_that_deploy_have_ceilings_of_their_own() {
    let limits = Params {
        max_tx_bytes: 1_100,
        max_deploy_bytes: 9_000,
        max_tx_gas: 200_000,
        max_deploy_gas: 3_000_000,
        ..params()
    };
    let chain = Chain::new(limits);
    let signed = |sender, call: Call, gas| {
        let mut tx = chain.tx(sender, vec![call]);
        tx.gas_limit = Gas(gas);
        types::encode(&sign(sender, tx))
    };
    let refusal = |txs: Vec<Vec<u8>>| {
        let refusal = chain.refusal(&with_txs(&chain, txs));
        (refusal.code, refusal.field)
    };
    let code = |bytes: usize| deploy(vec![7; bytes]);
    chain.check(&with_txs(&chain, vec![signed(1, code(8_000), 3_000_000)])).unwrap();
    assert_eq!(
        refusal(vec![signed(1, code(8_000), 3_000_001)]),
        (Code::GasLimitTooHigh, "gas_limit")
    );
    assert_eq!(refusal(vec![signed(1, pay(2, 1), 200_001)]), (Code::GasLimitTooHigh, "gas_limit"));
    assert_eq!(refusal(vec![signed(1, code(9_000), 3_000_000)]), (Code::TooLarge, "bytes"));
    let wide = call(1, "add", vec![0; 1_000], 0);
    assert_eq!(refusal(vec![signed(1, wide, 200_000)]), (Code::TooLarge, "bytes"));
    // Together they may deploy no more than one may.
    let two = vec![signed(1, code(5_000), 2_000_000), signed(2, code(5_000), 2_000_000)];
    assert_eq!(refusal(two.clone()), (Code::BlockTooLarge, "code"));
    let candidates = two.iter().map(|bytes| crate::transaction::decode(bytes, &chain.params()));
    let built = chain.build(candidates.map(|decoded| Arc::new(decoded.unwrap())).collect());
    assert_eq!(built.body.txs.len(), 1, "the builder leaves the second out");
}

#[test]
fn the_pool_refuses_code_that_a_block_would_refuse() {
    let chain = Chain::new(Params { deploy: Permission::Role, ..params() });
    let position = crate::Position { height: Height(1), time_ms: TimestampMs(START_MS + 1) };
    let admit = |sender: u8, code: Vec<u8>| {
        let tx = chain.tx(sender, vec![deploy(code)]);
        crate::transaction::check_admission(&chain.reader, &tx, &position, &chain.params())
    };
    let code_of = |result| match result {
        Err(CheckError::Invalid(refusal)) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    };
    assert_eq!(code_of(admit(1, kit())).code, Code::SenderNotAllowed);
    let chain = Chain::new(params());
    let float = r#"(module (memory (export "memory") 1)
        (func (export "init") (drop (f64.const 1))))"#;
    let tx = chain.tx(1, vec![deploy(wat::parse_str(float).unwrap())]);
    let refused =
        crate::transaction::check_admission(&chain.reader, &tx, &position, &chain.params());
    let refused = code_of(refused);
    assert_eq!((refused.code, refused.field), (Code::CodeRefused, "code"));
    let tx = chain.tx(1, vec![deploy(kit())]);
    crate::transaction::check_admission(&chain.reader, &tx, &position, &chain.params()).unwrap();
}
