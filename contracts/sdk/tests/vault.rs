//! Contracts under test exercise each part of the SDK: money, calls, views, roles, time, upgrade.
#![allow(clippy::unwrap_used, unreachable_pub)]

use sdk::prelude::*;
use sdk::testing::{Account, TestEnv};
use sdk::{ChainId, StandardFailure};

mod contracts;
use contracts::{
    Kept, Relay, RelayClient, Vault, VaultClient, VaultError, VaultTwoClient, Weak, WeakClient,
};

fn vault() -> (TestEnv, Account, VaultClient<Account>) {
    let env = TestEnv::native();
    let alice = env.account("alice", 1_000);
    let vault = VaultClient::instantiate(&alice, Amount(0)).unwrap();
    (env, alice, vault)
}

#[test]
fn money_comes_with_a_payable_call_and_goes_by_transfer() {
    let (env, alice, vault) = vault();
    assert_eq!(vault.paying(Amount(400)).keep(), Ok(Amount(400)));
    assert_eq!((alice.balance(), env.balance(&vault.contract())), (Amount(600), Amount(400)));
    assert_eq!(vault.take(Amount(150)), Ok(()));
    assert_eq!(alice.balance(), Amount(750));
    assert_eq!(env.audit(vault.contract()), [Bucket::new("kept", Amount(250))]);
    let kept = env.events_of::<Kept>(vault.contract());
    assert_eq!(kept, [Kept { by: alice.address(), amount: Amount(400) }]);
}

#[test]
fn a_call_that_fails_leaves_nothing_behind() {
    let (env, alice, vault) = vault();
    vault.paying(Amount(100)).keep().unwrap();
    // It writes, announces and pays before it refuses.
    let refused = vault.paying(Amount(50)).spoil().unwrap_err();
    assert_eq!(refused.refused(), Some(&VaultError::Spoiled { paid: Amount(1) }));
    assert_eq!(refused.name(), "SPOILED");
    assert_eq!(alice.balance(), Amount(900));
    assert_eq!(vault.kept_by(alice.address()), Ok(Amount(100)));
    assert_eq!(env.events().len(), 1);
}

#[test]
fn a_panic_fails_the_call_and_names_itself() {
    let (_, alice, vault) = vault();
    vault.paying(Amount(100)).keep().unwrap();
    let failed = vault.panic_with("odd".into()).unwrap_err();
    assert_eq!(failed.code(), Code::ContractFailed);
    assert_eq!(failed.name(), "PANIC");
    assert_eq!(vault.kept_by(alice.address()), Ok(Amount(100)));
}

#[test]
fn money_beyond_the_balance_does_not_leave() {
    let (_, alice, vault) = vault();
    let failed = vault.paying(Amount(1_001)).keep().unwrap_err();
    assert_eq!(failed, CallError::Failed { code: Code::InsufficientBalance, failure: None });
    assert_eq!(alice.balance(), Amount(1_000));
}

#[test]
fn the_input_must_be_the_arguments_and_nothing_else() {
    let (_, alice, vault) = vault();
    let call = |input: &[u8]| {
        let (contract, value) = (vault.contract(), Amount::ZERO);
        let request = sdk::client::Request { contract, method: "take", input, value, gas: None };
        let (code, failure) = alice.call(request).unwrap_err();
        assert_eq!(code, Code::ContractFailed);
        let failure = failure.unwrap();
        StandardFailure::decode(&failure.name, &failure.data).unwrap()
    };
    let short =
        StandardFailure::BadArgument { argument: "amount".into(), expected: "Amount".into() };
    assert_eq!(call(&[1, 2, 3]), short);
    let long = StandardFailure::BadArgument {
        argument: String::new(),
        expected: "no further bytes".into(),
    };
    assert_eq!(call(&[0; 17]), long);
}

#[test]
fn unknown_methods_and_contracts_have_their_codes() {
    let (_, alice, vault) = vault();
    let code = |contract, method| {
        let value = Amount::ZERO;
        let request = sdk::client::Request { contract, method, input: &[], value, gas: None };
        alice.call(request).unwrap_err()
    };
    assert_eq!(code(vault.contract(), "keeep"), (Code::MethodUnknown, None));
    assert_eq!(code(vault.contract(), "init"), (Code::MethodUnknown, None));
    assert_eq!(code(alice.address(), "keep"), (Code::ContractUnknown, None));
}

#[test]
fn contracts_call_contracts_in_their_own_name() {
    let (env, alice, vault) = vault();
    let relay = RelayClient::instantiate(&alice, vault.contract()).unwrap();
    assert_eq!(relay.paying(Amount(70)).forward(), Ok(Amount(70)));
    assert_eq!(vault.kept_by(relay.contract()), Ok(Amount(70)));
    assert_eq!(vault.kept_by(alice.address()), Ok(Amount(0)));
    assert_eq!(relay.ask(), Ok((relay.contract(), alice.address())));
    assert_eq!(env.balance(&relay.contract()), Amount(0));
}

#[test]
fn a_caller_survives_the_failure_of_whom_it_calls() {
    let (env, alice, vault) = vault();
    let relay = RelayClient::instantiate(&alice, vault.contract()).unwrap();
    assert_eq!(relay.paying(Amount(9)).try_spoil(), Ok("SPOILED".to_string()));
    // The money of the failed call came back to the relay, which handed it on.
    assert_eq!(env.balance(&vault.contract()), Amount(0));
    assert_eq!(alice.balance(), Amount(1_000));
}

#[test]
fn a_contract_that_runs_is_not_entered_again() {
    let (_, alice, vault) = vault();
    let relay = RelayClient::instantiate(&alice, vault.contract()).unwrap();
    assert_eq!(relay.call_myself(), Ok(Code::Reentered.number()));
}

#[test]
fn a_view_writes_nothing_however_deep() {
    let (_, alice, vault) = vault();
    let relay = RelayClient::instantiate(&alice, vault.contract()).unwrap();
    assert_eq!(relay.write_in_view(), Ok(Code::ViewWrites.number()));
    let failed = vault.sneak().unwrap_err();
    assert_eq!(failed.code(), Code::ViewWrites);
}

#[test]
fn roles_time_height_and_randomness_are_the_tests_own() {
    let (env, alice, vault) = vault();
    let now = env.time_ms();
    assert_eq!(vault.seen(), Ok((env.height(), now, false)));
    env.grant(&alice, Role::Merchant);
    env.advance_ms(5_000);
    assert_eq!(vault.seen(), Ok((Height(2), TimestampMs(now.get() + 5_000), true)));
    env.revoke(&alice, Role::Merchant);
    env.set_randomness(Height(2), Hash([7; 32]));
    assert_eq!(vault.drawn(Height(2)), Ok(Some(Hash([7; 32]))));
    assert!(vault.drawn(Height(1)).unwrap().is_some());
    assert_eq!(vault.drawn(Height(3)), Ok(None));
    env.advance_blocks(1_023);
    assert!(vault.drawn(Height(2)).unwrap().is_some());
    env.advance_blocks(1);
    assert_eq!(vault.drawn(Height(2)), Ok(None));
}

#[test]
fn a_message_signed_outside_counts_here_now_and_for_this_alone() {
    let (env, alice, vault) = vault();
    let bob = env.account("bob", 0);
    let expiry = TimestampMs(env.time_ms().get() + 10);
    let sign = |contract, method, body: &[u8]| alice.sign_message(contract, method, body, expiry);
    let check = |signature, key, body: &[u8]| vault.signed(key, signature, body.to_vec(), expiry);
    let (here, key) = (vault.contract(), alice.public_key());

    assert_eq!(check(sign(here, "signed", b"x"), key, b"x"), Ok(0));
    assert_eq!(check(sign(here, "signed", b"x"), key, b"y"), Ok(2));
    assert_eq!(check(sign(here, "take", b"x"), key, b"x"), Ok(2));
    assert_eq!(check(sign(alice.address(), "signed", b"x"), key, b"x"), Ok(2));
    assert_eq!(check(sign(here, "signed", b"x"), bob.public_key(), b"x"), Ok(2));
    assert_ne!(env.chain_id(), ChainId::ZERO);
    env.advance_to(expiry);
    assert_eq!(check(sign(here, "signed", b"x"), key, b"x"), Ok(1));
}

#[test]
fn identifiers_are_new_each_time() {
    let (_, _, vault) = vault();
    let (first, second) = vault.ids().unwrap();
    let (third, _) = vault.ids().unwrap();
    assert!(first != second && second != third && first != third);
}

#[test]
fn an_upgrade_keeps_storage_and_only_the_admin_makes_it() {
    let (env, alice, vault) = vault();
    let bob = env.account("bob", 0);
    vault.paying(Amount(10)).keep().unwrap();
    let refused = VaultTwoClient::upgrade(&bob, vault.contract(), 3).unwrap_err();
    assert_eq!(refused.code(), Code::NotAdmin);
    let two = VaultTwoClient::upgrade(&alice, vault.contract(), 3).unwrap();
    assert_eq!(two.total(), Ok((Amount(10), 3)));
    // Its migrate refuses 0, and the code before stays.
    assert!(VaultTwoClient::upgrade(&alice, vault.contract(), 0).is_err());
    assert_eq!(two.total(), Ok((Amount(10), 3)));
}

#[test]
#[should_panic(expected = "the buckets do not add up to the balance 5")]
fn a_contract_whose_buckets_do_not_add_up_is_caught() {
    let env = TestEnv::native();
    let alice = env.account("alice", 10);
    let weak = WeakClient::instantiate(&alice).unwrap();
    let _ = weak.paying(Amount(5)).lose();
}

#[test]
fn the_interface_in_the_module_is_the_one_of_the_source() {
    use types::abi::{Abi, MAX_ABI_BYTES, MethodKind, Type};
    let abi: Abi = types::decode("interface", Vault::ABI, MAX_ABI_BYTES).unwrap();
    assert_eq!(abi.check(), Ok(()));
    assert_eq!(abi.name, "Vault");
    let keep = abi.method("keep").unwrap();
    assert_eq!((keep.kind, keep.payable), (MethodKind::Call, true));
    assert_eq!(abi.describe(keep.output), Some(&Type::Amount));
    let signed = abi.method("signed").unwrap();
    let names: Vec<&str> = signed.arguments.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["key", "signature", "body", "expiry_ms"]);
    assert_eq!(abi.describe(signed.arguments[2].of), Some(&Type::Bytes));
    assert_eq!(abi.error("SPOILED").unwrap().fields[0].name, "paid");
    assert_eq!(abi.event("Kept").unwrap().fields.len(), 2);
    // Every type stands once.
    let same = |at: &usize| abi.types[..*at].contains(&abi.types[*at]);
    assert!(!(0..abi.types.len()).any(|at| same(&at)));
    for interface in [Relay::ABI, Weak::ABI] {
        types::decode::<Abi>("interface", interface, MAX_ABI_BYTES).unwrap().check().unwrap();
    }
}
