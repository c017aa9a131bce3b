//! Conflicting twins: for each call of the coupon contract that moves money, two transactions of
//! which one can take effect go to two nodes at once. Exactly one does, on every node.

use crate::contracts::{WAIT, Wallet, address, text};
use crate::one_net;
use borsh::{BorshDeserialize, BorshSerialize};
use client::client::Client;
use client::dto::tx::Outcome;
use client::dto::{AddressText, TxState, Wait};
use coupon::{
    Product, RedeemRequest, RewardShares, RollbackRequest, SERIAL_DOMAIN, SealedOrder, Terms,
};
use harness::cluster::Cluster;
use std::time::{SystemTime, UNIX_EPOCH};
use types::{Address, AddressKind, Amount, BasisPoints, Call, Hash, Role, Signature, TimestampMs};

/// Price of a coin.
const PRICE: u128 = 1_001;
/// What a clip costs: 1% of that, rounded up.
const CLIP_FEE: u128 = 11;
/// Coupons of the campaign.
const COUPONS: u64 = 4;
/// Gas of a call.
const GAS: u64 = 5_000_000;
/// Gas of what is larger.
const LARGE_GAS: u64 = 50_000_000;
/// The people, by place.
const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;
const DAVE: usize = 3;

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap()
}

fn secret(number: u64) -> Vec<u8> {
    [number.to_le_bytes(), [7; 8]].concat()
}

fn serial_hash(number: u64) -> Hash {
    crypto::hash::derive(SERIAL_DOMAIN, &secret(number))
}

/// Send through a node and wait until it is final: what was returned, or why it was refused, by the
/// contract, by the chain, or by the node if it knows already that it will be.
fn outcome(client: &Client, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let submitted =
        client.submit(bytes, Wait::Final, WAIT).map_err(|error| match error.code() {
            Some(code) => code.name().to_owned(),
            None => error.to_string(),
        })?;
    let TxState::Final(outcome) = submitted.state else {
        return Err(format!("not final: {:?}", submitted.state));
    };
    match outcome.failure {
        Some(failure) => Err(failure.name),
        None if outcome.code == "OK" => Ok(outcome.returned.map_or(Vec::new(), |bytes| bytes.0)),
        None => Err(outcome.code),
    }
}

/// A net with the contract on it: alice runs it and is the network, bob sells, carol and dave buy.
struct Net {
    cluster: Cluster,
    wallets: [Wallet; 4],
    contract: Address,
}

impl Net {
    fn new() -> Self {
        let cluster = Cluster::start(4).unwrap();
        let wallets = ["alice", "bob", "carol", "dave"].map(|name| Wallet::new(&cluster, name));
        let operator = address(&wallets[ALICE].key);
        let contract = crypto::id::contract_address(&operator, b"twins");
        let mut net = Self { cluster, wallets, contract };
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../contracts/artifacts/coupon.wasm");
        let code = std::fs::read(path).unwrap();
        let make = Call::Instantiate {
            code_hash: crypto::hash::blake3(&code),
            salt: b"twins".to_vec(),
            admin: Some(operator),
            input: borsh::to_vec(&(operator, Amount(PRICE), [9_u8; 32])).unwrap(),
            value: Amount(0),
        };
        let grant = |account, role| Call::GrantRole { account, role, expires_ms: None };
        let seller = net.address(BOB);
        let roles = vec![grant(operator, Role::Issuer), grant(seller, Role::Merchant)];
        for calls in [vec![Call::Deploy { code }], vec![make], roles] {
            net.carry_out(ALICE, calls, LARGE_GAS);
        }
        for (who, person) in [(BOB, 1), (CAROL, 2), (DAVE, 3)] {
            let enrol = net.call("enrol", &(net.address(who), Hash([person; 32])), 0);
            net.carry_out(ALICE, vec![enrol], GAS);
        }
        net
    }

    fn address(&self, who: usize) -> Address {
        address(&self.wallets[who].key)
    }

    fn call<A: BorshSerialize>(&self, method: &str, arguments: &A, value: u128) -> Call {
        let input = borsh::to_vec(arguments).unwrap();
        let (method, value) = (method.to_owned(), Amount(value));
        Call::Call { contract: self.contract, method, input, value }
    }

    /// One transaction that succeeds.
    fn carry_out(&mut self, who: usize, calls: Vec<Call>, gas: u64) -> Outcome {
        let outcome = self.wallets[who].send(&self.cluster, 3, calls, gas);
        assert_eq!(outcome.code, "OK", "{:?}", outcome.failure);
        outcome
    }

    fn ask<A: BorshSerialize, T: BorshDeserialize>(&self, method: &str, arguments: &A) -> T {
        let client = self.cluster.client(0).unwrap();
        let input = borsh::to_vec(arguments).unwrap();
        let answer = client.contract_view(&text(self.contract), method, &input).unwrap();
        borsh::from_slice(&answer.returned.unwrap().0).unwrap()
    }

    /// Send the same call twice to two nodes at once, by two senders or in two lanes of one: whose
    /// took effect, and what it returned. The other one is refused for this reason.
    fn race(&mut self, senders: [usize; 2], call: &Call, refusal: &str) -> (usize, Vec<u8>) {
        let second_lane = u8::from(senders[0] == senders[1]);
        let first = self.wallets[senders[0]].take(0, vec![call.clone()], GAS);
        let second = self.wallets[senders[1]].take(second_lane, vec![call.clone()], GAS);
        let clients = [1, 2].map(|node| self.cluster.client(node).unwrap());
        let outcomes: Vec<Result<Vec<u8>, String>> = std::thread::scope(|scope| {
            let twins = clients.iter().zip([first, second]);
            let sent = twins.map(|(client, bytes)| scope.spawn(move || outcome(client, &bytes)));
            let sent: Vec<_> = sent.collect();
            sent.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let winner = match outcomes.as_slice() {
            [Ok(_), Err(reason)] if reason == refusal => 0,
            [Err(reason), Ok(_)] if reason == refusal => 1,
            other => panic!("{call:?}: one of two, the other {refusal}: {other:?}"),
        };
        (senders[winner], outcomes[winner].clone().unwrap())
    }

    /// Two of merchant and consumer over the same bytes.
    fn sign<T: BorshSerialize>(
        &self,
        method: &str,
        body: &T,
        expiry: TimestampMs,
        consumer: usize,
    ) -> [Signature; 2] {
        let body = borsh::to_vec(body).unwrap();
        let chain_id = &self.wallets[ALICE].chain_id;
        let hash = crypto::id::message_hash(chain_id, &self.contract, method, &body, expiry);
        [BOB, consumer].map(|who| self.wallets[who].key.sign(hash.as_bytes()))
    }

    fn terms(&self) -> Terms {
        let part = BasisPoints;
        Terms {
            offer_code: "654321".to_owned(),
            gtins_root: Hash::ZERO,
            gtins_count: 0,
            face_value: Amount(500),
            min_basket: Amount(2_000),
            min_quantity: 0,
            per_consumer_cap: 1,
            total_cap: COUPONS,
            start_ms: TimestampMs(now_ms() - 3_600_000),
            end_ms: TimestampMs(now_ms() + 3_600_000),
            grace_ms: 600_000,
            stackable: false,
            shares: RewardShares {
                consumer: part(3_333),
                merchant: part(3_333),
                network: part(3_334),
                distributor: part(0),
            },
            distributor: Some(self.address(ALICE)),
            clip_fee: part(100),
        }
    }

    /// Use a coupon with an order: the call, signed by both.
    fn redemption(&self, campaign: Hash, consumer: usize, order: u64) -> Call {
        let request = RedeemRequest {
            campaign,
            serial: secret(0),
            merchant: self.address(BOB),
            merchant_key: self.wallets[BOB].key.public(),
            consumer_key: self.wallets[consumer].key.public(),
            order: SealedOrder {
                content: vec![1; 64],
                consumer_key: [1; 80],
                merchant_key: [2; 80],
                auditor_key: [3; 80],
            },
            order_hash: crypto::hash::blake3(&order.to_le_bytes()),
            discount: Amount(500),
            basket_total: Amount(2_300),
            product: Product::default(),
            signed_ms: TimestampMs(now_ms()),
            expiry_ms: TimestampMs(now_ms() + 60_000),
        };
        let [first, second] = self.sign("redeem", &request, request.expiry_ms, consumer);
        self.call("redeem", &(request, first, second), 0)
    }

    fn rollback(&self, redemption: Hash, consumer: usize) -> Call {
        let request = RollbackRequest {
            redemption,
            reason: "goods came back".to_owned(),
            merchant_key: self.wallets[BOB].key.public(),
            consumer_key: self.wallets[consumer].key.public(),
            expiry_ms: TimestampMs(now_ms() + 60_000),
        };
        let [first, second] = self.sign("rollback", &request, request.expiry_ms, consumer);
        self.call("rollback", &(request, first, second), 0)
    }

    /// Buy, give back, open: what a merchant pays for. The campaign.
    fn race_for_coins(&mut self) -> Hash {
        let client = self.cluster.client(0).unwrap();
        let purse = AddressText::new("syn", AddressKind::Account, &self.address(BOB));
        let holds = client.account(&purse, false).unwrap().balance.0;
        // Enough for one purchase, not for two.
        let bought = u64::try_from(holds / PRICE / 3 * 2).unwrap();
        let buy = self.call("buy_coins", &bought, PRICE * u128::from(bought));
        self.race([BOB, BOB], &buy, "INSUFFICIENT_BALANCE");
        let returned = bought / 3 * 2;
        let refund = self.call("refund_coins", &returned, 0);
        self.race([BOB, BOB], &refund, "NO_COINS");
        let reserve = (bought - returned) / 3 * 2;
        let value = CLIP_FEE * u128::from(COUPONS);
        let open = self.call("create_campaign", &(self.terms(), reserve), value);
        let (_, campaign) = self.race([BOB, BOB], &open, "NO_COINS");
        borsh::from_slice(&campaign).unwrap()
    }

    fn audit(&self) {
        let urls = self.cluster.urls();
        let audited = self.cluster.try_syndic(&["--json", "audit", "all", "--node", &urls]);
        let audited = audited.unwrap();
        let told = String::from_utf8_lossy(&audited.stdout);
        assert!(audited.status.success(), "{told}");
    }
}

#[test]
fn of_two_conflicting_calls_at_two_nodes_exactly_one_moves_money() {
    let _alone = one_net();
    let mut net = Net::new();
    let campaign = net.race_for_coins();
    let hashes: Vec<Hash> = (0..COUPONS).map(serial_hash).collect();
    let deposit = net.call("deposit_serials", &(campaign, hashes), 0);
    net.carry_out(BOB, vec![deposit], GAS);
    net.audit();

    let clip = net.call("clip", &(campaign, serial_hash(0)), 0);
    let (consumer, _) = net.race([CAROL, DAVE], &clip, "SERIAL_USED");
    let redeem = net.redemption(campaign, consumer, 1);
    let (_, redemption) = net.race([BOB, consumer], &redeem, "ALREADY_REDEEMED");
    let rollback = net.rollback(borsh::from_slice(&redemption).unwrap(), consumer);
    net.race([BOB, consumer], &rollback, "ROLLED_BACK");
    net.audit();

    let again = net.redemption(campaign, consumer, 2);
    net.carry_out(BOB, vec![again], GAS);
    let (holder, network) = (net.address(consumer), net.address(ALICE));
    let own: Amount = net.ask("own_balance", &holder);
    assert_eq!(own, Amount(334));
    let give = net.call("own_transfer", &(network, own), 0);
    net.race([consumer, consumer], &give, "INSUFFICIENT");
    let own: Amount = net.ask("own_balance", &network);
    assert_eq!(own, Amount(334 + 334 + CLIP_FEE));
    let cash = net.call("own_cash", &own, 0);
    net.race([ALICE, ALICE], &cash, "INSUFFICIENT");
    let close = net.call("close_campaign", &campaign, 0);
    net.race([BOB, BOB], &close, "CLOSED");
    net.audit();
}
