//! The contract with its people: who calls, what they sign, what the books say.

use borsh::{BorshDeserialize, BorshSerialize};
use coupon::{
    CoinLot, CouponClient, Product, RedeemRequest, RewardShares, RollbackRequest, SERIAL_DOMAIN,
    SealedOrder, Terms, Totals,
};
use sdk::client::{Caller, Request};
use sdk::testing::{Account, Announced, TestEnv};
use types::{
    Address, Amount, BasisPoints, ChainId, Gas, Hash, PublicKey, Role, Signature, TimestampMs,
};

/// Sets the price and names people.
pub(crate) const OPERATOR: usize = 0;
/// Sells.
pub(crate) const MERCHANT: usize = 1;
/// Sells, too.
pub(crate) const RIVAL: usize = 2;
/// Buys.
pub(crate) const CONSUMER: usize = 3;
/// Another account of the same person.
pub(crate) const ALIAS: usize = 4;
/// Another person.
pub(crate) const NEIGHBOUR: usize = 5;
/// Gets the network's rewards.
pub(crate) const NETWORK: usize = 6;
/// Distributes coupons.
pub(crate) const DISTRIBUTOR: usize = 7;
/// An account of the merchant's person.
pub(crate) const MERCHANT_AT_HOME: usize = 8;
/// Nobody knows this one.
pub(crate) const STRANGER: usize = 9;
/// How many there are.
pub(crate) const PARTIES: usize = 10;

/// The person behind each account that has one.
pub(crate) const PERSONS: [(usize, usize); 6] = [
    (MERCHANT, 20),
    (MERCHANT_AT_HOME, 20),
    (RIVAL, 21),
    (CONSUMER, 22),
    (ALIAS, 22),
    (NEIGHBOUR, 23),
];

/// Price of a coin at first.
pub(crate) const PRICE: u128 = 1_001;
/// Block time at first: that of the environment.
pub(crate) const START: u64 = 1_700_000_000_000;
/// What everybody has at first.
pub(crate) const PURSE: u128 = 1_000_000_000;

/// Everything stored, and everything announced.
pub(crate) type Traces = (Vec<(Vec<u8>, Vec<u8>)>, Vec<Announced>);

/// A running contract.
pub(crate) struct World {
    pub(crate) env: TestEnv,
    accounts: Vec<Account>,
    contract: Address,
    /// What a call may use; `None`: as much as the chain gives one.
    pub(crate) gas: Option<Gas>,
}

fn name(party: usize) -> String {
    format!("party {party}")
}

/// The key of a party, as the environment draws it from the name.
fn key(party: usize) -> crypto::sign::SecretKey {
    crypto::sign::SecretKey::from_seed(crypto::hash::blake3(name(party).as_bytes()).0)
}

pub(crate) fn public_key(party: usize) -> PublicKey {
    key(party).public()
}

pub(crate) fn address(party: usize) -> Address {
    crypto::id::account_address(&public_key(party))
}

pub(crate) fn pseudonym(person: usize) -> Hash {
    Hash([u8::try_from(person).unwrap(); 32])
}

/// The secret of coupon `number`.
pub(crate) fn secret(number: u64) -> Vec<u8> {
    [number.to_le_bytes(), [7; 8]].concat()
}

pub(crate) fn serial_hash(number: u64) -> Hash {
    crypto::hash::derive(SERIAL_DOMAIN, &secret(number))
}

/// The campaign of the acceptance: 500 off 2,000, one each, thirds for consumer, merchant, network.
pub(crate) fn terms() -> Terms {
    Terms {
        offer_code: String::from("654321"),
        gtins_root: Hash::ZERO,
        gtins_count: 0,
        face_value: Amount(500),
        min_basket: Amount(2_000),
        min_quantity: 0,
        per_consumer_cap: 1,
        total_cap: 100,
        start_ms: TimestampMs(START),
        end_ms: TimestampMs(START + 100_000),
        grace_ms: 10_000,
        stackable: false,
        shares: shares([3_333, 3_333, 3_334, 0]),
        distributor: None,
        clip_fee: BasisPoints(0),
    }
}

pub(crate) fn shares([consumer, merchant, network, distributor]: [u32; 4]) -> RewardShares {
    RewardShares {
        consumer: BasisPoints(consumer),
        merchant: BasisPoints(merchant),
        network: BasisPoints(network),
        distributor: BasisPoints(distributor),
    }
}

impl World {
    /// A contract whose people have money, roles and names.
    pub(crate) fn new() -> Self {
        let env = TestEnv::new();
        assert_eq!(env.time_ms(), TimestampMs(START));
        let accounts: Vec<Account> =
            (0..PARTIES).map(|party| env.account(&name(party), PURSE)).collect();
        for (party, role) in [
            (OPERATOR, Role::Operator),
            (OPERATOR, Role::Issuer),
            (MERCHANT, Role::Merchant),
            (RIVAL, Role::Merchant),
        ] {
            env.grant(&accounts[party], role);
        }
        let (network, price) = (address(NETWORK), Amount(PRICE));
        let client = CouponClient::instantiate(&accounts[OPERATOR], network, price, [9; 32]);
        let contract = client.unwrap().contract();
        let mut world = Self { env, accounts, contract, gas: None };
        for (party, person) in PERSONS {
            let named = world.call(OPERATOR, 0, "enrol", &(address(party), pseudonym(person)));
            named.unwrap();
        }
        world
    }

    /// Call a method: what it returns, or the name of why not.
    pub(crate) fn call<A: BorshSerialize>(
        &mut self,
        who: usize,
        value: u128,
        method: &str,
        arguments: &A,
    ) -> Result<Vec<u8>, String> {
        let input = borsh::to_vec(arguments).unwrap();
        let (contract, value, gas) = (self.contract, Amount(value), self.gas);
        let request = Request { contract, method, input: &input, value, gas };
        let answer = self.accounts[who].call(request);
        answer.map_err(|(code, failure)| match failure {
            Some(failure) => failure.name,
            None => code.name().to_string(),
        })
    }

    /// The same, for calls that return an identity.
    pub(crate) fn call_for<A: BorshSerialize, T: BorshDeserialize>(
        &mut self,
        who: usize,
        value: u128,
        method: &str,
        arguments: &A,
    ) -> Result<T, String> {
        let bytes = self.call(who, value, method, arguments)?;
        Ok(borsh::from_slice(&bytes).unwrap())
    }

    /// Ask a view.
    pub(crate) fn ask<A: BorshSerialize, T: BorshDeserialize>(
        &mut self,
        method: &str,
        arguments: &A,
    ) -> T {
        self.call_for(STRANGER, 0, method, arguments).unwrap()
    }

    pub(crate) fn totals(&mut self) -> Totals {
        self.ask("totals", &())
    }

    pub(crate) fn own(&mut self, party: usize) -> u128 {
        self.ask::<_, Amount>("own_balance", &address(party)).0
    }

    pub(crate) fn money(&self, party: usize) -> u128 {
        self.env.balance(&address(party)).0
    }

    /// The audit's buckets: coin escrow, clip escrow, reward fund. They add up to the balance.
    pub(crate) fn audit(&mut self) -> [u128; 3] {
        let buckets = self.env.audit(self.contract);
        let sums: Vec<u128> = buckets.iter().map(|bucket| bucket.amount.0).collect();
        let balance = self.env.balance(&self.contract).0;
        assert_eq!(sums.iter().sum::<u128>(), balance, "the buckets add up to the balance");
        sums.try_into().unwrap()
    }

    /// The contract's admin stops it.
    pub(crate) fn pause(&self) {
        self.env.set_paused(self.contract, true);
    }

    pub(crate) fn now(&self) -> u64 {
        self.env.time_ms().0
    }

    /// Everything that is stored, and everything that was said.
    pub(crate) fn traces(&self) -> Traces {
        (self.env.storage(&self.contract), self.env.events())
    }

    /// A campaign of `reserve` coins, and coupons 0 to 7 in its file.
    pub(crate) fn open(&mut self, terms: &Terms, coins: u64, reserve: u64) -> Hash {
        self.call(MERCHANT, PRICE * u128::from(coins), "buy_coins", &coins).unwrap();
        let fees = (PRICE * u128::from(terms.clip_fee.0)).div_ceil(10_000);
        let value = fees * u128::from(terms.total_cap);
        let campaign = self.call_for(MERCHANT, value, "create_campaign", &(terms.clone(), reserve));
        let campaign = campaign.unwrap();
        let hashes: Vec<Hash> = (0..8).map(serial_hash).collect();
        self.call(MERCHANT, 0, "deposit_serials", &(campaign, hashes)).unwrap();
        campaign
    }

    /// A request by `consumer` for coupon `serial` with order `order`: 500 off 2,300.
    pub(crate) fn request(
        &self,
        campaign: Hash,
        serial: u64,
        consumer: usize,
        order: u64,
    ) -> RedeemRequest {
        RedeemRequest {
            campaign,
            serial: secret(serial),
            merchant: address(MERCHANT),
            merchant_key: public_key(MERCHANT),
            consumer_key: public_key(consumer),
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
            signed_ms: TimestampMs(self.now()),
            expiry_ms: TimestampMs(self.now() + 60_000),
        }
    }

    /// Signatures of two parties over the same bytes.
    pub(crate) fn sign<T: BorshSerialize>(
        &self,
        method: &str,
        body: &T,
        expiry: TimestampMs,
        parties: [usize; 2],
    ) -> [Signature; 2] {
        let body = borsh::to_vec(body).unwrap();
        let sign =
            |party: usize| self.accounts[party].sign_message(self.contract, method, &body, expiry);
        parties.map(sign)
    }

    /// Good signatures, for another chain.
    pub(crate) fn sign_elsewhere<T: BorshSerialize>(
        &self,
        method: &str,
        body: &T,
        parties: [usize; 2],
    ) -> [Signature; 2] {
        let body = borsh::to_vec(body).unwrap();
        let (chain, contract) = (ChainId([77; 32]), self.contract);
        let expiry = TimestampMs(self.now() + 60_000);
        let hash = crypto::id::message_hash(&chain, &contract, method, &body, expiry);
        parties.map(|party| self.accounts[party].sign(hash.as_bytes()))
    }

    pub(crate) fn redeem(
        &mut self,
        sender: usize,
        request: &RedeemRequest,
    ) -> Result<Hash, String> {
        let consumer = self.party_of(request);
        let signatures = self.sign("redeem", request, request.expiry_ms, [MERCHANT, consumer]);
        self.redeem_signed(sender, request, signatures)
    }

    pub(crate) fn redeem_signed(
        &mut self,
        sender: usize,
        request: &RedeemRequest,
        [merchant, consumer]: [Signature; 2],
    ) -> Result<Hash, String> {
        self.call_for(sender, 0, "redeem", &(request.clone(), merchant, consumer))
    }

    fn party_of(&self, request: &RedeemRequest) -> usize {
        let mut parties = self.accounts.iter();
        parties.position(|account| account.public_key() == request.consumer_key).unwrap()
    }

    pub(crate) fn rollback_request(&self, redemption: Hash, consumer: usize) -> RollbackRequest {
        RollbackRequest {
            redemption,
            reason: String::from("goods came back"),
            merchant_key: public_key(MERCHANT),
            consumer_key: public_key(consumer),
            expiry_ms: TimestampMs(self.now() + 60_000),
        }
    }

    pub(crate) fn rollback(&mut self, redemption: Hash, consumer: usize) -> Result<(), String> {
        let request = self.rollback_request(redemption, consumer);
        let parties = [MERCHANT, consumer];
        let [first, second] = self.sign("rollback", &request, request.expiry_ms, parties);
        self.call(MERCHANT, 0, "rollback", &(request, first, second)).map(|_| ())
    }

    pub(crate) fn free(&mut self, merchant: usize) -> Vec<CoinLot> {
        self.ask::<_, coupon::Coins>("coins", &address(merchant)).lots
    }
}
