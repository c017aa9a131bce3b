//! Pay for coupons when they are used, not when they are shown.
//!
//! A merchant buys coins; each pays for one redemption. To use a coupon with an order, merchant and
//! consumer sign one request that holds the encrypted order; the contract checks it, spends a coin,
//! and shares its price as ownership coin among consumer, merchant, network and distributor. The
//! README has actors, states, formulas and who gains from rounding; [`rules`] has the rules as
//! plain functions.
#![no_std]
#![deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

extern crate alloc;

mod books;
mod campaign;
mod error;
pub mod event;
mod ownership;
mod redemption;
pub mod request;
pub mod rules;
mod state;

pub use error::CouponError;
pub use request::{
    GTIN_DOMAIN, MAX_ORDER_BYTES, MAX_REQUEST_MS, ORDER_DOMAIN, ORDER_TEXT_DOMAIN, Product,
    RedeemRequest, RollbackRequest, SERIAL_DOMAIN, SealedOrder,
};
pub use state::{
    CoinLot, Coins, OrderUse, Progress, Redemption, Reward, RewardShares, Serial, Settings, Status,
    Terms, Totals,
};

use event::{
    AgentSet, CampaignClosed, CampaignOpened, Clipped, CoinsBought, CoinsRefunded, Enrolled,
    OwnCashed, OwnTransferred, Redeemed, RolledBack, SerialsDeposited, SerialsVoided,
    SettingsChanged,
};
use sdk::caller;
use sdk::prelude::*;

/// What the contract stores.
#[contract(events(
    SettingsChanged,
    Enrolled,
    AgentSet,
    CoinsBought,
    CoinsRefunded,
    CampaignOpened,
    SerialsDeposited,
    SerialsVoided,
    Clipped,
    Redeemed,
    RolledBack,
    OwnTransferred,
    OwnCashed,
    CampaignClosed
))]
pub struct Coupon {
    settings: Item<Settings>,
    totals: Item<Totals>,
    /// The person behind an account, by pseudonym.
    persons: Map<Address, Hash>,
    /// (merchant, agent): the agent acts for the merchant.
    agents: Map<(Address, Address), ()>,
    /// Coins that no campaign has, by merchant.
    purses: Map<Address, Coins>,
    terms: Map<Hash, Terms>,
    progress: Map<Hash, Progress>,
    /// (campaign, hash of the coupon's secret).
    serials: Map<(Hash, Hash), Serial>,
    /// (campaign, pseudonym): coupons that the person clipped.
    clips: Map<(Hash, Hash), u32>,
    orders: Map<Hash, OrderUse>,
    redemptions: Map<Hash, Redemption>,
    /// Ownership coin by holder.
    own: Map<Address, Amount>,
}

#[contract]
impl Coupon {
    /// Start with a price of one coin, the account of the network's rewards, and the auditor's
    /// X25519 key.
    #[init]
    pub fn init(
        &mut self,
        network: Address,
        price: Amount,
        auditor_key: [u8; 32],
    ) -> Result<(), CouponError> {
        rules::check_price(price)?;
        self.settings.set(&Settings { network, price, auditor_key });
        self.totals.set(&Totals::default());
        Ok(())
    }

    /// Set what coins cost from now on, the account of the network's rewards, and the auditor's
    /// key. Coins that were bought keep their price. (operator)
    #[call]
    pub fn configure(&mut self, settings: Settings) -> Result<(), CouponError> {
        books::need_role(Role::Operator)?;
        rules::check_price(settings.price)?;
        self.settings.set(&settings);
        self.emit(SettingsChanged { settings, by: caller() });
        Ok(())
    }

    /// Say whose an account is, by pseudonym; a person may have several. (issuer)
    #[call]
    pub fn enrol(&mut self, account: Address, pseudonym: Hash) -> Result<(), CouponError> {
        books::need_role(Role::Issuer)?;
        match self.persons.get(&account) {
            Some(held) if held != pseudonym => return Err(CouponError::Enrolled),
            _ => self.persons.set(&account, &pseudonym),
        }
        self.emit(Enrolled { account, pseudonym, by: caller() });
        Ok(())
    }

    /// Let an agent, such as a till, deposit coupons and sign redemptions for the sender, or stop
    /// it. (merchant)
    #[call]
    pub fn set_agent(&mut self, agent: Address, allowed: bool) -> Result<(), CouponError> {
        books::need_role(Role::Merchant)?;
        let merchant = caller();
        match allowed {
            true => self.agents.set(&(merchant, agent), &()),
            false => {
                self.agents.remove(&(merchant, agent));
            }
        }
        self.emit(AgentSet { merchant, agent, allowed });
        Ok(())
    }

    /// Buy `count` coins at today's price; the call comes with `count · price`. (merchant)
    #[call(payable)]
    pub fn buy_coins(&mut self, count: u64) -> Result<(), CouponError> {
        self.buy(count)
    }

    /// Give `count` free coins back, the oldest first, each for what it cost. (merchant)
    #[call]
    pub fn refund_coins(&mut self, count: u64) -> Result<Amount, CouponError> {
        self.refund(count)
    }

    /// Open a campaign with `reserve` of the sender's free coins. With a clip fee, the call comes
    /// with
    /// `total_cap · fee`. Returns its identity. (merchant)
    #[call(payable)]
    pub fn create_campaign(&mut self, terms: Terms, reserve: u64) -> Result<Hash, CouponError> {
        self.open(terms, reserve)
    }

    /// Put coupons into the positive offer file, by the hash of their secret. [its merchant or
    /// agent]
    #[call]
    pub fn deposit_serials(
        &mut self,
        campaign: Hash,
        hashes: Vec<Hash>,
    ) -> Result<(), CouponError> {
        self.deposit(campaign, hashes)
    }

    /// Take coupons out again that nobody has. [its merchant or agent]
    #[call]
    pub fn void_serials(&mut self, campaign: Hash, hashes: Vec<Hash>) -> Result<(), CouponError> {
        self.void(campaign, hashes)
    }

    /// Take a coupon. [enrolled account]
    #[call]
    pub fn clip(&mut self, campaign: Hash, serial_hash: Hash) -> Result<(), CouponError> {
        self.take_coupon(campaign, serial_hash)
    }

    /// Use a coupon with an order. Returns the redemption's identity. [anyone: both have signed]
    #[call]
    pub fn redeem(
        &mut self,
        request: RedeemRequest,
        merchant_signature: Signature,
        consumer_signature: Signature,
    ) -> Result<Hash, CouponError> {
        self.use_coupon(&request, [merchant_signature, consumer_signature])
    }

    /// Undo a redemption within its grace, if everybody still has the reward. [anyone: both have
    /// signed]
    #[call]
    pub fn rollback(
        &mut self,
        request: RollbackRequest,
        merchant_signature: Signature,
        consumer_signature: Signature,
    ) -> Result<(), CouponError> {
        self.undo(&request, [merchant_signature, consumer_signature])
    }

    /// Close a campaign: nothing is clipped any more, and the coins that no coupon needs become
    /// free. After its end all of them do. [its merchant; after the end anyone]
    #[call]
    pub fn close_campaign(&mut self, campaign: Hash) -> Result<(), CouponError> {
        self.close(campaign)
    }

    /// Give ownership coin to somebody. (anyone)
    #[call]
    pub fn own_transfer(&mut self, to: Address, amount: Amount) -> Result<(), CouponError> {
        self.move_own(to, amount)
    }

    /// Turn ownership coin into money, one for one. (anyone)
    #[call]
    pub fn own_cash(&mut self, amount: Amount) -> Result<(), CouponError> {
        self.cash(amount)
    }

    /// The books: every bucket. Their sum is what the contract holds.
    #[view]
    pub fn audit(&self) -> Vec<Bucket> {
        self.books()
    }

    /// The counts and sums behind the audit.
    #[view]
    pub fn totals(&self) -> Totals {
        self.totals.or_default()
    }

    /// What the operator set.
    #[view]
    pub fn settings(&self) -> Option<Settings> {
        self.settings.get()
    }

    /// A campaign's terms and progress.
    #[view]
    pub fn campaign(&self, campaign: Hash) -> Option<(Terms, Progress)> {
        Some((self.terms.get(&campaign)?, self.progress.get(&campaign)?))
    }

    /// A merchant's free coins.
    #[view]
    pub fn coins(&self, merchant: Address) -> Coins {
        self.purses.or_default(&merchant)
    }

    /// Where a coupon is.
    #[view]
    pub fn serial(&self, campaign: Hash, serial_hash: Hash) -> Option<Serial> {
        self.serials.get(&(campaign, serial_hash))
    }

    /// What an order was used for, by `H("contract/coupon/order", {order hash, merchant})`.
    #[view]
    pub fn order(&self, order: Hash) -> Option<OrderUse> {
        self.orders.get(&order)
    }

    /// A redemption.
    #[view]
    pub fn redemption(&self, redemption: Hash) -> Option<Redemption> {
        self.redemptions.get(&redemption)
    }

    /// The pseudonym behind an account.
    #[view]
    pub fn person(&self, account: Address) -> Option<Hash> {
        self.persons.get(&account)
    }

    /// Whether an agent acts for a merchant.
    #[view]
    pub fn agent(&self, merchant: Address, agent: Address) -> bool {
        self.agents.contains(&(merchant, agent))
    }

    /// Somebody's ownership coin.
    #[view]
    pub fn own_balance(&self, holder: Address) -> Amount {
        self.own.or_default(&holder)
    }
}
