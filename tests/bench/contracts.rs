//! What calls of contracts cost in the executor alone: one JSON object a line.
//!
//! Blocks of coupon clips, redemptions and transfers of ownership coin are executed on the state
//! that the calls before them left. Each time is told as two ratios, too, of the same run, whose
//! noise is that of the machine: to the least time of one native transfer, and to the same code as
//! native Rust (`native.rs`). Then again among 1,000 and 100,000 records of others, told in times
//! of what it takes among 10. Last, a contract's first call on a machine that has to compile it.

#![allow(clippy::unwrap_used)]

mod native;

use borsh::BorshSerialize;
use coupon::event::CampaignOpened;
use coupon::{Product, RedeemRequest, RewardShares, SERIAL_DOMAIN, SealedOrder, Terms};
use crypto::sign::SecretKey;
use executor::block::{self, BuildInput, Checked, Parent};
use executor::transaction;
use harness::chain::{TestChain, address_of};
use sdk::Event;
use state::{ChangeSet, MapReader, read};
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use types::receipt::Status;
use types::{
    Address, Amount, Auth, BasisPoints, Call, Gas, Hash, Height, Nonce, Params, PublicKey, Receipt,
    Role, Round, SignedTx, TimestampMs, Tx, TxHash, ValidatorId, Version,
};
use vm::Machine;

/// Consumers, each with one coupon.
const CONSUMERS: usize = 100;
/// Times that each block is executed; the least counts: whatever else the machine does only adds.
const RUNS: usize = 25;
/// Calls of one sender in a block.
const PER_SENDER: usize = 10;
/// Price of a coin.
const PRICE: u128 = 1_001;
/// Gas of a call. The block takes 600 M.
const CALL_GAS: u64 = 5_000_000;
const OPERATOR: usize = 0;
const MERCHANT: usize = 1;
const FIRST_CONSUMER: usize = 2;

/// A chain that stays at height 0 while its state goes on.
struct Bench {
    chain: TestChain,
    machine: Machine,
    reader: MapReader,
    parent: Parent,
    contract: Address,
}

/// One transaction.
struct Sent {
    from: usize,
    call: Call,
    gas: u64,
}

/// Records of others that there are, at first and then.
const OTHERS: [u64; 3] = [10, 1_000, 100_000];
/// What is measured of the contract, in order.
const CALLS: [&str; 3] = ["clip", "redeem", "own_transfer"];

/// Least times: a native transfer, and the calls of [`CALLS`].
struct Times {
    transfer: Duration,
    calls: [Duration; 3],
}

fn main() {
    let [few, more @ ..] = OTHERS.map(|others| Bench::new().times(others));
    let native = native::times();
    print("transfer", few.transfer, few.transfer, None);
    for ((name, each), native) in CALLS.iter().zip(few.calls).zip(native) {
        print(&format!("coupon.{name}"), each, few.transfer, Some(native));
    }
    for (others, times) in OTHERS[1..].iter().zip(more) {
        for ((name, each), few) in CALLS.iter().zip(times.calls).zip(few.calls) {
            let ratio = each.as_secs_f64() / few.as_secs_f64();
            println!(
                r#"{{"name":"bench.contracts.coupon.{name}.among_{others}","value":{ratio:.2},"unit":"times"}}"#
            );
        }
    }
    let first = Bench::new().first_call().as_secs_f64() * 1e3;
    println!(r#"{{"name":"bench.contracts.first_call","value":{first:.0},"unit":"ms"}}"#);
}

fn secret(number: usize) -> Vec<u8> {
    [(number as u64).to_le_bytes(), [7; 8]].concat()
}

fn print(name: &str, each: Duration, transfer: Duration, native: Option<Duration>) {
    let (us, transfer_us) = (each.as_secs_f64() * 1e6, transfer.as_secs_f64() * 1e6);
    let (rate, ratio) = (1e6 / us, us / transfer_us);
    let native = native.map_or_else(String::new, |native| {
        format!(r#","natives":{:.1}"#, us / (native.as_secs_f64() * 1e6))
    });
    println!(
        r#"{{"name":"bench.contracts.{name}","value":{us:.1},"unit":"us","per_second":{rate:.0},"transfers":{ratio:.2}{native}}}"#
    );
}

/// A consumer's request for coupon `number`, with an order of its own.
fn request(campaign: Hash, keys: [PublicKey; 2], number: usize) -> RedeemRequest {
    let [merchant_key, consumer_key] = keys;
    let now = harness::chain::GENESIS_MS;
    RedeemRequest {
        campaign,
        serial: secret(number),
        merchant: crypto::id::account_address(&merchant_key),
        merchant_key,
        consumer_key,
        order: SealedOrder {
            content: vec![1; 512],
            consumer_key: [1; 80],
            merchant_key: [2; 80],
            auditor_key: [3; 80],
        },
        order_hash: crypto::hash::blake3(&secret(number)),
        discount: Amount(500),
        basket_total: Amount(2_300),
        product: Product::default(),
        signed_ms: TimestampMs(now),
        expiry_ms: TimestampMs(now + 60_000),
    }
}

impl Bench {
    fn new() -> Self {
        let chain = TestChain::new(4, FIRST_CONSUMER + CONSUMERS, Params::default());
        let machine = Machine::new(vm::Settings::default()).unwrap();
        let mut reader = MapReader::new();
        reader.apply(&executor::genesis::changes(&chain.genesis).unwrap());
        let header = crypto::id::genesis_header(&chain.genesis).unwrap();
        let block_id = crypto::id::block_id(&header);
        let parent = Parent { header, block_id, state_root: Hash::ZERO, receipts_root: Hash::ZERO };
        let operator = address_of(&chain.accounts[OPERATOR]);
        let contract = crypto::id::contract_address(&operator, b"bench");
        Self { chain, machine, reader, parent, contract }
    }

    fn account(&self, number: usize) -> Address {
        address_of(&self.chain.accounts[number])
    }

    fn call<A: BorshSerialize>(&self, method: &str, arguments: &A, value: u128) -> Call {
        let input = borsh::to_vec(arguments).unwrap();
        let (method, value) = (method.to_owned(), Amount(value));
        Call::Call { contract: self.contract, method, input, value }
    }

    /// Every figure, among so many records of others.
    fn times(mut self, others: u64) -> Times {
        let campaign = self.set_up();
        self.crowd(others);
        let transfer = self.measure(self.each(|bench, number| {
            let to = bench.account(MERCHANT);
            (FIRST_CONSUMER + number, Call::Transfer { to, amount: Amount(1) })
        }));
        let clips = self.each(|bench, number| {
            let hash = crypto::hash::derive(SERIAL_DOMAIN, &secret(number));
            (FIRST_CONSUMER + number, bench.call("clip", &(campaign, hash), 0))
        });
        let clip = self.measure(clips);
        let redemptions = self
            .each(|bench, number| (FIRST_CONSUMER + number, bench.redemption(campaign, number)));
        let redeem = self.measure(redemptions);
        let gifts = self.each(|bench, number| {
            let gift = (bench.account(MERCHANT), Amount(1));
            (FIRST_CONSUMER + number, bench.call("own_transfer", &gift, 0))
        });
        let gift = self.measure(gifts);
        Times { transfer, calls: [clip, redeem, gift] }
    }

    /// Records of others, evenly in the contract's maps of persons, purses, serials, orders and
    /// ownership coin: nothing of what is measured reads them, and all of it searches among them.
    fn crowd(&mut self, others: u64) {
        let maps = [2_u8, 4, 7, 9, 11].into_iter().cycle();
        let entry = |(number, map): (u64, u8)| {
            let whose = crypto::hash::blake3(&number.to_le_bytes());
            let own_key = [&[map][..], whose.as_bytes(), whose.as_bytes()].concat();
            (state::key::storage(&self.contract, &own_key).unwrap(), Some(vec![1; 40]))
        };
        let mut entries: Vec<_> = (0..others).zip(maps).map(entry).collect();
        entries.sort();
        self.reader.apply(&ChangeSet::from_sorted(entries).unwrap());
    }

    /// A clip on a machine that has to compile first.
    fn first_call(mut self) -> Duration {
        let campaign = self.set_up();
        let hash = crypto::hash::derive(SERIAL_DOMAIN, &secret(0));
        let call = self.call("clip", &(campaign, hash), 0);
        let checked = self.block(vec![Sent { from: FIRST_CONSUMER, call, gas: CALL_GAS }]);
        let cold = Machine::new(vm::Settings::default()).unwrap();
        let begun = Instant::now();
        let executed = block::execute(&cold, &self.reader, &checked).unwrap();
        let took = begun.elapsed();
        assert_eq!(executed.receipts[0].status, Status::Succeeded);
        took
    }

    /// One transaction a consumer.
    fn each(&self, make: impl Fn(&Self, usize) -> (usize, Call)) -> Vec<Sent> {
        let sent = |number| {
            let (from, call) = make(self, number);
            Sent { from, call, gas: CALL_GAS }
        };
        (0..CONSUMERS).map(sent).collect()
    }

    /// Code, contract, people, coins, a campaign and its coupons.
    fn set_up(&mut self) -> Hash {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../contracts/artifacts/coupon.wasm");
        let code = std::fs::read(Path::new(path)).unwrap();
        let operator = self.account(OPERATOR);
        let grant = |account, role| Call::GrantRole { account, role, expires_ms: None };
        let input = borsh::to_vec(&(operator, Amount(PRICE), [9_u8; 32])).unwrap();
        let instantiate = Call::Instantiate {
            code_hash: crypto::hash::blake3(&code),
            salt: b"bench".to_vec(),
            admin: Some(operator),
            input,
            value: Amount(0),
        };
        let first = [
            grant(operator, Role::Issuer),
            grant(self.account(MERCHANT), Role::Merchant),
            Call::Deploy { code },
            instantiate,
        ];
        for call in first {
            self.carry_out(vec![Sent { from: OPERATOR, call, gas: 60_000_000 }]);
        }
        let people = self.each(|bench, number| {
            let person = Hash(harness::chain::seed(b'h', number));
            let enrol = (bench.account(FIRST_CONSUMER + number), person);
            (OPERATOR, bench.call("enrol", &enrol, 0))
        });
        // One sender has an eighth of a block at most.
        let mut people = people.into_iter();
        loop {
            let some: Vec<Sent> = people.by_ref().take(PER_SENDER).collect();
            if some.is_empty() {
                break;
            }
            self.carry_out(some);
        }
        let coins = CONSUMERS as u64;
        let buy = self.call("buy_coins", &coins, PRICE * CONSUMERS as u128);
        self.carry_out(vec![Sent { from: MERCHANT, call: buy, gas: CALL_GAS }]);
        let open = self.call("create_campaign", &(terms(), coins), 0);
        let receipts = self.carry_out(vec![Sent { from: MERCHANT, call: open, gas: CALL_GAS }]);
        let opened =
            receipts[0].events.iter().find_map(|event| CampaignOpened::decode(&event.data));
        let campaign = opened.unwrap().campaign;
        let hash = |number| crypto::hash::derive(SERIAL_DOMAIN, &secret(number));
        let hashes: Vec<Hash> = (0..CONSUMERS).map(hash).collect();
        let deposit = self.call("deposit_serials", &(campaign, hashes), 0);
        self.carry_out(vec![Sent { from: MERCHANT, call: deposit, gas: 50_000_000 }]);
        campaign
    }

    fn redemption(&self, campaign: Hash, number: usize) -> Call {
        let (merchant, consumer) =
            (&self.chain.accounts[MERCHANT], &self.chain.accounts[FIRST_CONSUMER + number]);
        let request = request(campaign, [merchant.public(), consumer.public()], number);
        let body = borsh::to_vec(&request).unwrap();
        let (chain_id, expiry) = (&self.chain.chain_id, request.expiry_ms);
        let hash = crypto::id::message_hash(chain_id, &self.contract, "redeem", &body, expiry);
        let sign = |key: &SecretKey| key.sign(hash.as_bytes());
        self.call("redeem", &(request, sign(merchant), sign(consumer)), 0)
    }

    fn sign(&self, sent: Vec<Sent>) -> Vec<Vec<u8>> {
        let mut nonces = std::collections::BTreeMap::new();
        let sign = |sent: Sent| {
            let key = &self.chain.accounts[sent.from];
            let sender = address_of(key);
            let next = || transaction::next_nonce(&self.reader, &sender, 0).unwrap().0;
            let nonce = nonces.entry(sent.from).or_insert_with(next);
            let tx = Tx {
                version: Version,
                chain_id: self.chain.chain_id,
                sender,
                lane: 0,
                nonce: Nonce(*nonce),
                valid_until_ms: TimestampMs(harness::chain::GENESIS_MS + 600_000),
                gas_limit: Gas(sent.gas),
                fee_limit: Amount(u128::MAX),
                payer: None,
                reference: Vec::new(),
                calls: vec![sent.call],
            };
            *nonce += 1;
            let signature = key.sign(&crypto::id::tx_signing_hash(&tx).0);
            let auth = Auth::Ed25519 { key: key.public(), signature };
            types::encode(&SignedTx { tx, auth, payer_auth: None })
        };
        sent.into_iter().map(sign).collect()
    }

    /// A block of these transactions, checked.
    fn block(&self, sent: Vec<Sent>) -> Checked {
        let params = &self.chain.genesis.params;
        let count = sent.len();
        let candidates: Vec<_> = self
            .sign(sent)
            .iter()
            .map(|tx| Arc::new(transaction::decode(tx, params).unwrap()))
            .collect();
        let height = self.parent.header.height.next();
        let proposer = proposer_of(&self.reader, height);
        let mut validators = self.chain.validators.iter();
        let validator = validators.find(|validator| validator.id == proposer).unwrap();
        let secret = validator.secret(self.chain.chain_id);
        let previous = &self.parent.header.randomness;
        let input = BuildInput {
            height,
            round: Round::ZERO,
            time_ms: TimestampMs(harness::chain::GENESIS_MS + 1),
            proposer,
            last_commit: None,
            finality: None,
            evidence: Vec::new(),
            candidates: candidates.clone(),
            vrf: secret.randomness(&self.chain.chain_id, height, previous),
        };
        let block = block::build(&self.reader, &self.parent, input).unwrap().block;
        assert_eq!(block.body.txs.len(), count, "every transaction is in the block");
        let known = |hash: &TxHash| {
            let tx = candidates.iter().find(|tx| tx.hash == *hash);
            tx.map(|tx| tx.signed.clone())
        };
        block::check(&self.reader, &self.parent, &block, &|_| true, &known).unwrap()
    }

    /// Execute transactions; all of them succeed.
    fn carry_out(&mut self, sent: Vec<Sent>) -> Vec<Receipt> {
        let checked = self.block(sent);
        let executed = block::execute(&self.machine, &self.reader, &checked).unwrap();
        for receipt in &executed.receipts {
            assert_eq!(receipt.status, Status::Succeeded, "{:?}", receipt.code);
        }
        self.reader.apply(&executed.changes);
        executed.receipts
    }

    /// The least time of one of these transactions; the state goes on once.
    fn measure(&mut self, sent: Vec<Sent>) -> Duration {
        let count = u32::try_from(sent.len()).unwrap();
        let checked = self.block(sent);
        let times = (0..RUNS).map(|_| {
            let begun = Instant::now();
            black_box(block::execute(&self.machine, &self.reader, &checked).unwrap());
            begun.elapsed()
        });
        let least = times.min().expect("there are runs");
        let executed = block::execute(&self.machine, &self.reader, &checked).unwrap();
        let failed = executed.receipts.iter().find(|receipt| receipt.status != Status::Succeeded);
        assert!(failed.is_none(), "{failed:?}");
        self.reader.apply(&executed.changes);
        least / count
    }
}

fn terms() -> Terms {
    let (now, share) = (harness::chain::GENESIS_MS, BasisPoints);
    Terms {
        offer_code: "654321".to_owned(),
        gtins_root: Hash::ZERO,
        gtins_count: 0,
        face_value: Amount(500),
        min_basket: Amount(2_000),
        min_quantity: 0,
        per_consumer_cap: 1,
        total_cap: 1_000_000,
        start_ms: TimestampMs(now),
        end_ms: TimestampMs(now + 600_000),
        grace_ms: 600_000,
        stackable: false,
        shares: RewardShares {
            consumer: share(3_333),
            merchant: share(3_333),
            network: share(3_334),
            distributor: share(0),
        },
        distributor: None,
        clip_fee: share(0),
    }
}

fn proposer_of(reader: &MapReader, height: Height) -> ValidatorId {
    let set = read::validator_set_at(reader, height).unwrap();
    let eligible = read::eligible(reader, height, &set).unwrap();
    set.proposer(&eligible, height, Round::ZERO).id
}
