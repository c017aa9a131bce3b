//! What becomes of the transactions of a valid block.

use super::*;
use crate::testing::machine;

/// Commit one transaction of account 1 and return its receipt.
fn run(chain: &mut Chain, change: impl FnOnce(&mut Tx), calls: Vec<Call>) -> types::Receipt {
    let mut tx = chain.tx(1, calls);
    change(&mut tx);
    let decoded = chain.decoded(sign(1, tx));
    let mut executed = chain.advance(vec![decoded]);
    assert_eq!(executed.receipts.len(), 1);
    executed.receipts.remove(0)
}

#[test]
fn a_transfer_moves_money_and_pays_for_its_gas() {
    let mut chain = Chain::new(params());
    let transfer = chain.transfer(1, account(2), 500, 0);
    let cost = crate::transaction::intrinsic_gas(&transfer);
    let executed = chain.advance(vec![transfer.clone()]);
    let receipt = &executed.receipts[0];
    assert_eq!(receipt.kind, ReceiptKind::Transaction);
    assert_eq!(receipt.tx_hash, Some(transfer.hash));
    assert_eq!((receipt.status, receipt.code), (Status::Succeeded, Code::Ok));
    assert_eq!((receipt.gas_used, receipt.fee), (cost, Amount(u128::from(cost.0) * 3)));
    let event = NativeEvent::Transfer { from: account(1), to: account(2), amount: Amount(500) };
    assert_eq!(receipt.events.len(), 1);
    assert_eq!(receipt.events[0].name, "bank.Transfer");
    assert_eq!(receipt.events[0].source, modules::BANK);
    assert_eq!(receipt.events[0].data, types::encode(&event));
    assert_eq!(chain.balance(&account(1)), FIRST_BALANCE - 500 - receipt.fee.0);
    assert_eq!(chain.balance(&account(2)), FIRST_BALANCE + 500);
    assert_eq!(chain.balance(&modules::TREASURY), receipt.fee.0);
    let mut touched = vec![account(1), account(2)];
    touched.sort();
    assert_eq!(executed.touched, [(transfer.hash, touched)]);
}

#[test]
fn the_calls_of_a_transaction_take_effect_together_or_not_at_all() {
    let mut chain = Chain::new(params());
    let calls = vec![pay(2, 10), pay(3, 20), pay(2, FIRST_BALANCE)];
    let receipt = run(&mut chain, |_| {}, calls);
    assert_eq!((receipt.status, receipt.code), (Status::Failed, Code::InsufficientBalance));
    assert_eq!(receipt.events, [], "a failed transaction has no events");
    assert_eq!(chain.balance(&account(2)), FIRST_BALANCE);
    assert_eq!(chain.balance(&account(3)), FIRST_BALANCE);
    assert!(receipt.fee.0 > 0, "what was used is paid for");
    assert_eq!(chain.balance(&account(1)), FIRST_BALANCE - receipt.fee.0);
    assert_eq!(chain.balance(&modules::TREASURY), receipt.fee.0);

    let receipt = run(&mut chain, |_| {}, vec![pay(2, 10), pay(3, 20)]);
    assert_eq!((receipt.code, receipt.events.len()), (Code::Ok, 2));
    assert_eq!(chain.balance(&account(3)), FIRST_BALANCE + 20);
}

#[test]
fn a_fee_above_its_limit_uses_the_nonce_and_charges_nothing() {
    let mut chain = Chain::new(params());
    let receipt = run(&mut chain, |tx| tx.fee_limit = Amount(299_999), vec![pay(2, 10)]);
    assert_eq!((receipt.code, receipt.fee, receipt.gas_used), (Code::FeeLimit, Amount(0), Gas(0)));
    assert_eq!(chain.balance(&account(1)), FIRST_BALANCE);
    assert_eq!(chain.tx(1, Vec::new()).nonce, Nonce(1));
    let receipt = run(&mut chain, |tx| tx.fee_limit = Amount(300_000), vec![pay(2, 10)]);
    assert_eq!(receipt.code, Code::Ok, "the reserve, 100,000 gas at 3, is the limit exactly");
}

#[test]
fn who_cannot_pay_the_reserved_fee_pays_nothing() {
    let mut chain = Chain::new(params());
    let rest = 299_999;
    let keep = chain.transfer(4, account(1), FIRST_BALANCE - 300_000 - rest, 0);
    let cost = u128::from(crate::transaction::intrinsic_gas(&keep).0) * 3;
    chain.advance(vec![keep]);
    // What was reserved beyond the cost came back: take that away, too.
    let left = chain.balance(&account(4));
    assert_eq!(left, 300_000 + rest - cost);
    let poor = chain.transfer(9, account(1), 1, 0);
    let executed = chain.advance(vec![poor]);
    let receipt = &executed.receipts[0];
    assert_eq!((receipt.code, receipt.fee), (Code::FeeUnpaid, Amount(0)));
    assert_eq!(executed.touched[0].1, [account(9)]);
    assert_eq!(chain.tx(9, Vec::new()).nonce, Nonce(1), "the nonce is used");
}

#[test]
fn money_reserved_for_the_fee_cannot_be_sent() {
    let mut chain = Chain::new(params());
    let receipt = run(&mut chain, |_| {}, vec![pay(2, FIRST_BALANCE - 299_999)]);
    assert_eq!(receipt.code, Code::InsufficientBalance);
    let before = chain.balance(&account(1));
    let receipt = run(&mut chain, |_| {}, vec![pay(2, before - 300_000)]);
    assert_eq!(receipt.code, Code::Ok);
}

#[test]
fn a_payer_pays_instead_of_the_sender() {
    let mut chain = Chain::new(params());
    let mut tx = chain.tx(1, vec![pay(2, 10)]);
    tx.payer = Some(account(3));
    let (sender, payer) = (auth(1, &tx), auth(3, &tx));
    let decoded = chain.decoded(SignedTx { tx, auth: sender, payer_auth: Some(payer) });
    let executed = chain.advance(vec![decoded]);
    let fee = executed.receipts[0].fee.0;
    assert!(fee > 0);
    assert_eq!(chain.balance(&account(1)), FIRST_BALANCE - 10);
    assert_eq!(chain.balance(&account(3)), FIRST_BALANCE - fee);
    assert_eq!(executed.touched[0].1.len(), 3, "sender, payer and receiver");
}

#[test]
fn without_a_price_the_treasury_is_not_touched() {
    let mut chain = Chain::new(Params::default());
    let receipt = run(&mut chain, |tx| tx.fee_limit = Amount(0), vec![pay(2, 10)]);
    assert_eq!((receipt.code, receipt.fee), (Code::Ok, Amount(0)));
    assert!(receipt.gas_used > Gas(0), "gas is counted all the same");
    assert!(read::account(&chain.reader, &modules::TREASURY).unwrap().is_none());
}

#[test]
fn transfers_of_nothing_to_oneself_or_to_modules_fail() {
    let cases = [
        (pay(2, 0), Code::AmountZero),
        (pay(1, 1), Code::SelfTransfer),
        (Call::Transfer { to: modules::BONDS, amount: Amount(1) }, Code::ReservedAddress),
        (Call::Transfer { to: modules::TREASURY, amount: Amount(1) }, Code::ReservedAddress),
        (pay(2, u128::MAX), Code::InsufficientBalance),
    ];
    let mut chain = Chain::new(params());
    for (call, code) in cases {
        assert_eq!(run(&mut chain, |_| {}, vec![call]).code, code);
    }
}

#[test]
fn transactions_of_one_block_see_the_ones_before_them() {
    let mut chain = Chain::new(Params::default());
    let txs = vec![
        chain.transfer(1, account(9), 700, 0),
        chain.transfer(9, account(8), 600, 0),
        chain.transfer(9, account(8), 101, 1),
    ];
    let codes: Vec<_> = chain.advance(txs).receipts.iter().map(|receipt| receipt.code).collect();
    assert_eq!(codes, [Code::Ok, Code::Ok, Code::InsufficientBalance]);
    assert_eq!((chain.balance(&account(9)), chain.balance(&account(8))), (100, 600));
}

#[test]
fn operators_grant_and_revoke_roles_but_not_their_own_kind() {
    let mut chain = Chain::new(params());
    let grant = |account, role, expires_ms| Call::GrantRole { account, role, expires_ms };
    let revoke = |account, role| Call::RevokeRole { account, role };
    let nine = account(9);
    let late = Some(TimestampMs(START_MS + 1_000_000));
    let past = Some(TimestampMs(START_MS));
    let cases = [
        (1, grant(nine, Role::Merchant, None), Code::Ok),
        (1, grant(nine, Role::Merchant, late), Code::Ok),
        (1, grant(nine, Role::Merchant, past), Code::BadField),
        (2, grant(nine, Role::Merchant, None), Code::NotPermitted),
        (1, grant(nine, Role::Operator, None), Code::NotPermitted),
        (2, revoke(nine, Role::Merchant), Code::NotPermitted),
        (1, revoke(nine, Role::Merchant), Code::Ok),
        (1, revoke(nine, Role::Merchant), Code::RoleUnknown),
        (2, revoke(account(2), Role::User), Code::Ok),
        (2, revoke(account(2), Role::User), Code::RoleUnknown),
        (2, revoke(account(1), Role::Operator), Code::NotPermitted),
        (1, revoke(account(1), Role::Operator), Code::Ok),
        (1, grant(nine, Role::Merchant, None), Code::NotPermitted),
    ];
    for (at, (sender, call, code)) in cases.into_iter().enumerate() {
        let decoded = chain.decoded(sign(sender, chain.tx(sender, vec![call])));
        let executed = chain.advance(vec![decoded]);
        assert_eq!(executed.receipts[0].code, code, "case {at}");
        assert_eq!(executed.receipts[0].events.len(), usize::from(code == Code::Ok), "case {at}");
    }
    assert!(read::role(&chain.reader, &nine, Role::Merchant).unwrap().is_none());
    assert!(read::role(&chain.reader, &account(1), Role::Operator).unwrap().is_none());
}

#[test]
fn a_role_is_granted_with_height_expiry_and_event() {
    let mut chain = Chain::new(params());
    chain.advance(Vec::new());
    let expires_ms = Some(TimestampMs(START_MS + 1_000_000));
    let call = Call::GrantRole { account: account(9), role: Role::Meter, expires_ms };
    let receipt = run(&mut chain, |_| {}, vec![call]);
    let record = read::role(&chain.reader, &account(9), Role::Meter).unwrap().unwrap();
    assert_eq!((record.granted, record.expires_ms), (Height(2), expires_ms));
    let by = account(1);
    let event = NativeEvent::RoleGranted { account: account(9), role: Role::Meter, expires_ms, by };
    assert_eq!(receipt.events[0].data, types::encode(&event));
    assert_eq!(receipt.events[0].source, modules::ROLES);
}

#[test]
fn a_multisig_is_known_as_one_from_its_first_success_on() {
    let mut chain = Chain::new(params());
    let mut keys: Vec<_> = (20..22).map(|number| crate::testing::secret(number).public()).collect();
    keys.sort();
    let multisig = id::multisig_address(1, &keys);
    chain.advance(vec![chain.transfer(1, multisig, 1_000_000, 0)]);
    let kind = |chain: &Chain| read::account(&chain.reader, &multisig).unwrap().unwrap().kind;
    assert_eq!(kind(&chain), AddressKind::Account, "nothing tells yet");
    for (amount, expected) in [(u128::MAX, AddressKind::Account), (1, AddressKind::Multisig)] {
        let mut tx = chain.tx(1, vec![pay(2, amount)]);
        tx.sender = multisig;
        tx.nonce = crate::transaction::next_nonce(&chain.reader, &multisig, 0).unwrap();
        let signer = (20..22).find(|n| crate::testing::secret(*n).public() == keys[1]).unwrap();
        let Auth::Ed25519 { signature, .. } = auth(signer, &tx) else { unreachable!() };
        let keys = keys.clone();
        let auth = Auth::Multi { threshold: 1, keys, signatures: vec![(1, signature)] };
        let executed = chain.advance(vec![chain.decoded(SignedTx { tx, auth, payer_auth: None })]);
        assert_eq!(executed.receipts[0].code == Code::Ok, amount == 1);
        assert_eq!(kind(&chain), expected);
    }
}

#[test]
fn the_receipts_root_covers_every_receipt_in_order() {
    let mut chain = Chain::new(params());
    let txs = vec![chain.transfer(1, account(2), 1, 0), chain.transfer(2, account(1), 0, 0)];
    let executed = chain.advance(txs);
    let hashes: Vec<_> = executed.receipts.iter().map(id::receipt_hash).collect();
    assert_eq!(executed.receipts_root, crypto::merkle::root(&hashes));
    assert_eq!(chain.advance(Vec::new()).receipts_root, Hash::ZERO);
}

#[test]
fn the_last_commit_tells_who_was_there() {
    let mut chain = Chain::new(params());
    chain.advance(Vec::new());
    let absent = *chain.validators.keys().next().unwrap();
    let signed = |chain: &Chain, id: &ValidatorId| {
        read::presence(&chain.reader, id).unwrap().unwrap().signed
    };
    assert_eq!(signed(&chain, &absent), Height(0));
    chain.advance(Vec::new());
    assert!(chain.validators.keys().all(|id| signed(&chain, id) == Height(1)));
    // Three of four are a quorum.
    let first = |commit: &mut types::CommitCertificate| commit.precommits.remove(0);
    chain.last_commit.as_mut().map(first).unwrap();
    chain.advance(Vec::new());
    assert_eq!(signed(&chain, &absent), Height(1));
    assert!(chain.validators.keys().skip(1).all(|id| signed(&chain, id) == Height(2)));
}

#[test]
fn executing_twice_gives_the_same() {
    let chain = Chain::new(params());
    let block = chain.build(vec![chain.transfer(1, account(2), 1, 0)]);
    let checked = chain.check(&block).unwrap();
    let (one, other) = (
        block::execute(&machine(), &chain.reader, &checked).unwrap(),
        block::execute(&machine(), &chain.reader, &checked).unwrap(),
    );
    assert_eq!((one.receipts, one.changes), (other.receipts, other.changes));
}
