//! Roles, thresholds of keys, somebody else's fee, simulation and history on a live net.

use crate::{WAIT, address, auth, chain_id, one_net, signed, text, transfer, tx};
use client::dto::tx::Outcome;
use client::dto::{AddressText, Submitted, TxState, Wait};
use crypto::id;
use crypto::sign::SecretKey;
use harness::devnet::Devnet;
use types::{Address, AddressKind, Amount, Auth, Call, Code, Role, SignedTx, TimestampMs, Tx};

/// A net where gas costs something, with its accounts.
struct Net {
    net: Devnet,
    keys: [SecretKey; 4],
}

impl Net {
    fn start() -> Self {
        let net = Devnet::make(4).unwrap();
        net.replace(4, "chain.toml", "\ngas_price = 0\n", "\ngas_price = 1\n").unwrap();
        net.devnet(&["up"]).unwrap();
        let keys = ["alice", "bob", "carol", "dave"].map(|name| net.key(name).unwrap());
        Self { net, keys }
    }

    fn address(&self, number: usize) -> Address {
        address(&self.keys[number])
    }

    fn balance(&self, of: &AddressText) -> u128 {
        self.net.client(3).unwrap().account(of, false).unwrap().balance.0
    }

    /// Submit to one node and wait until it is final there and on node 3, where things are read.
    fn outcome(&self, node: u16, tx: &[u8]) -> Outcome {
        let sent: Submitted = self.net.client(node).unwrap().submit(tx, Wait::Final, WAIT).unwrap();
        let TxState::Final(outcome) = sent.state else { panic!("{sent:?}") };
        self.net.wait_final(3, outcome.height, WAIT).unwrap();
        outcome
    }

    fn refusal(&self, node: u16, tx: &[u8]) -> Option<Code> {
        let refused = self.net.client(node).unwrap().submit(tx, Wait::None, WAIT);
        refused.expect_err("it is refused").code()
    }
}

/// A transaction that some of the keys behind a threshold sign.
fn shared(tx: Tx, threshold: u8, keys: &[&SecretKey], signing: &[u8]) -> SignedTx {
    let message = id::tx_signing_hash(&tx).0;
    let public = keys.iter().map(|key| key.public()).collect();
    let sign = |at: &u8| (*at, keys[usize::from(*at)].sign(&message));
    let signatures = signing.iter().map(sign).collect();
    SignedTx { tx, auth: Auth::Multi { threshold, keys: public, signatures }, payer_auth: None }
}

#[test]
fn roles_thresholds_and_payers_do_on_a_live_net_what_they_say() {
    let _alone = one_net();
    let net = Net::start();
    let chain = chain_id(&net.net);
    roles(&net, chain);
    threshold(&net, chain);
    payer(&net, chain);
}

/// Alice is the devnet's operator: she grants bob a role and takes it back; carol may not.
fn roles(net: &Net, chain: types::ChainId) {
    let [alice, _, carol, _] = &net.keys;
    let (account, role) = (net.address(1), Role::Merchant);
    let expires_ms = Some(TimestampMs(crate::now_ms() + 3_600_000));
    let grant = Call::GrantRole { account, role, expires_ms };
    let held = || net.net.client(3).unwrap().roles(&text(account)).unwrap().roles;
    let before = held().len();

    let refused = signed(carol, tx(chain, net.address(2), 0, vec![grant.clone()]));
    assert_eq!(net.outcome(1, &refused).code, "NOT_PERMITTED");
    assert_eq!(held().len(), before);

    let granted = signed(alice, tx(chain, net.address(0), 0, vec![grant]));
    assert_eq!(net.outcome(1, &granted).code, "OK");
    let entry = held().into_iter().find(|entry| entry.role == "merchant").expect("bob holds it");
    assert!(entry.valid);
    assert_eq!(entry.expires_ms.map(|expires| expires.0), expires_ms);

    let revoke = vec![Call::RevokeRole { account, role }];
    let revoked = signed(alice, tx(chain, net.address(0), 1, revoke.clone()));
    assert_eq!(net.outcome(2, &revoked).code, "OK");
    assert_eq!(held().len(), before);
    let again = signed(alice, tx(chain, net.address(0), 2, revoke));
    assert_eq!(net.outcome(2, &again).code, "ROLE_UNKNOWN");
}

/// Two of alice, bob and carol pay dave; one of them does not.
fn threshold(net: &Net, chain: types::ChainId) {
    let mut keys: Vec<&SecretKey> = net.keys.iter().take(3).collect();
    keys.sort_by_key(|key| key.public());
    let public: Vec<_> = keys.iter().map(|key| key.public()).collect();
    let ours = id::multisig_address(2, &public);
    let name = AddressText::new(crate::PREFIX, AddressKind::Multisig, &ours);
    let dave = text(net.address(3));

    let fund = signed(&net.keys[0], tx(chain, net.address(0), 3, vec![transfer(ours, 500_000)]));
    assert_eq!(net.outcome(0, &fund).code, "OK");
    let before = net.balance(&dave);
    let pay = || tx(chain, ours, 0, vec![transfer(net.address(3), 40)]);
    let alone = types::encode(&shared(pay(), 2, &keys, &[1]));
    assert_eq!(net.refusal(0, &alone), Some(Code::BadAuth), "one signature of two");
    let other = types::encode(&shared(pay(), 1, &keys, &[1]));
    assert_eq!(net.refusal(0, &other), Some(Code::BadAuth), "another threshold, another address");
    let mut forged = shared(pay(), 2, &keys, &[0, 2]);
    if let Auth::Multi { signatures, .. } = &mut forged.auth {
        signatures[1].1.0[7] ^= 1;
    }
    assert_eq!(net.refusal(0, &types::encode(&forged)), Some(Code::BadSignature));

    let outcome = net.outcome(1, &types::encode(&shared(pay(), 2, &keys, &[0, 2])));
    assert_eq!(outcome.code, "OK");
    assert_eq!(net.balance(&dave), before + 40);
    assert_eq!(net.balance(&name), 500_000 - 40 - outcome.fee.0);
    // By its first signature the chain knows what the address is.
    let account = net.net.client(3).unwrap().account(&name, false).unwrap();
    assert_eq!((account.kind.as_str(), account.nonce.0), ("multisig", 1));
}

/// Bob pays dave 10, and carol pays for it.
fn payer(net: &Net, chain: types::ChainId) {
    let [bob, carol, dave] = [1, 2, 3].map(|number| text(net.address(number)));
    let before = [&bob, &carol, &dave].map(|name| net.balance(name));
    let mut tx = tx(chain, net.address(1), 0, vec![transfer(net.address(3), 10)]);
    tx.payer = Some(net.address(2));
    let auth_of = |key: &SecretKey| auth(key, &tx);
    let without = SignedTx { tx: tx.clone(), auth: auth_of(&net.keys[1]), payer_auth: None };
    assert_eq!(net.refusal(0, &types::encode(&without)), Some(Code::BadAuth), "carol must sign");
    let payer_auth = Some(auth_of(&net.keys[2]));
    let both = SignedTx { tx: tx.clone(), auth: auth_of(&net.keys[1]), payer_auth };
    let outcome = net.outcome(2, &types::encode(&both));
    assert!(outcome.code == "OK" && outcome.fee > Amount(0), "{outcome:?}");
    let after = [&bob, &carol, &dave].map(|name| net.balance(name));
    assert_eq!(after, [before[0] - 10, before[1] - outcome.fee.0, before[2] + 10]);
}

#[test]
fn a_simulation_foretells_the_receipt_and_changes_nothing() {
    let _alone = one_net();
    let net = Net::start();
    let (chain, client) = (chain_id(&net.net), net.net.client(3).unwrap());
    let (alice, dave) = (text(net.address(0)), net.address(3));
    let before = net.balance(&alice);
    let pay = tx(chain, net.address(0), 0, vec![transfer(dave, 77)]);
    // It need not be signed; signed, it costs more to carry.
    let unsigned = client.simulate(&types::encode(&pay)).unwrap().receipt;
    assert_eq!((unsigned.code.as_str(), unsigned.events.len()), ("OK", 1));
    let encoded = signed(&net.keys[0], pay.clone());
    let foretold = client.simulate(&encoded).unwrap().receipt;
    assert_eq!((net.balance(&alice), client.account(&alice, false).unwrap().nonce.0), (before, 0));
    let outcome = net.outcome(0, &encoded);
    let found = client.transaction(id::tx_hash(&encoded), false).unwrap().receipt;
    assert_eq!(foretold.gas_used, found.gas_used);
    assert_eq!((foretold.fee, foretold.code), (outcome.fee, outcome.code));
    assert_eq!(net.balance(&alice), before - 77 - outcome.fee.0);
    // What would fail is foretold, too.
    let much = tx(chain, net.address(0), 1, vec![transfer(dave, u128::MAX)]);
    let failed = client.simulate(&types::encode(&much)).unwrap().receipt;
    assert_eq!((failed.status.as_str(), failed.code.as_str()), ("failed", "INSUFFICIENT_BALANCE"));
}

#[test]
fn a_history_tells_everything_that_touched_an_account_newest_first_in_pages() {
    let _alone = one_net();
    let net = Net::start();
    let chain = chain_id(&net.net);
    let dave = net.address(3);
    let mut sent = Vec::new();
    for nonce in 0..5 {
        let calls = vec![transfer(dave, 1 + u128::from(nonce))];
        let pay = signed(&net.keys[0], tx(chain, net.address(0), nonce, calls));
        net.outcome(u16::try_from(nonce % 4).unwrap(), &pay);
        sent.push(id::tx_hash(&pay));
    }
    sent.reverse();
    let client = net.net.client(3).unwrap();
    let (mut told, mut cursor) = (Vec::new(), None);
    loop {
        let page = client.account_history(&text(dave), cursor, 2).unwrap();
        assert!(page.entries.len() <= 2);
        told.extend(page.entries.iter().map(|entry| entry.tx_hash));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(told, sent);
    // The sender's history holds them too, a stranger's nothing.
    let of = |address| client.account_history(&text(address), None, 100).unwrap().entries;
    assert_eq!(of(net.address(0)).len(), 5);
    assert!(of(Address([7; 32])).is_empty());
}
