//! A plain reference of the contract: small numbers, whole lists, no storage, nothing shared.
//!
//! It names what it refuses by the code on the chain, and works out every sum from its lists. It
//! can be given one of five bugs, to show that the comparison finds them.

use std::collections::{BTreeMap, BTreeSet};

/// A party, by number: see [`super::world`].
pub(crate) type Party = usize;
/// A refusal, by its code.
pub(crate) type Answer<T = ()> = Result<T, &'static str>;

/// A mistake planted in the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    /// The units that rounding leaves go to the last party.
    DustToLast,
    /// The cap counts accounts, not persons.
    CapByAccount,
    /// A coupon that came back cannot be used again.
    SerialStaysUsed,
    /// Closing frees the coins of coupons that are out.
    CloseFreesAll,
    /// Coins are given back at today's price.
    RefundAtPriceOfToday,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    Deposited,
    Held(usize),
    Used,
    Void,
}

/// What a campaign asks for: the few fields that the sequences vary.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) face: u128,
    pub(crate) min_basket: u128,
    pub(crate) cap: u32,
    pub(crate) total_cap: u64,
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) grace: u64,
    pub(crate) stackable: bool,
    pub(crate) shares: [u32; 4],
    pub(crate) clip_fee_bp: u32,
}

#[derive(Clone, Debug)]
struct Campaign {
    merchant: Party,
    offer: Offer,
    fee: u128,
    /// 0 open, 1 closing, 2 closed.
    status: u8,
    coins: Vec<u128>,
    clips: u64,
    redeemed: u64,
    serials: BTreeMap<u64, Where>,
    clips_of: BTreeMap<usize, u32>,
}

#[derive(Clone, Debug)]
struct Redemption {
    campaign: usize,
    serial: u64,
    consumer: Party,
    price: u128,
    rewards: Vec<(Party, u128)>,
    at: u64,
    undone: bool,
}

/// A redemption asked for.
#[derive(Clone, Debug)]
pub(crate) struct Redeem {
    pub(crate) campaign: usize,
    pub(crate) serial: u64,
    pub(crate) consumer: Party,
    pub(crate) order: u64,
    pub(crate) basket: u128,
    pub(crate) discount: u128,
    pub(crate) expiry: u64,
    pub(crate) merchant_signs: bool,
    pub(crate) consumer_signs: bool,
}

/// The whole state.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    bug: Option<Bug>,
    pub(crate) now: u64,
    price: u128,
    operator: Party,
    network: Party,
    distributor: Party,
    merchants: Vec<Party>,
    /// The person behind each account.
    persons: BTreeMap<Party, usize>,
    free: BTreeMap<Party, Vec<u128>>,
    campaigns: Vec<Campaign>,
    redemptions: Vec<Redemption>,
    orders: BTreeMap<(u64, Party), Vec<(usize, bool)>>,
    pub(crate) own: BTreeMap<Party, u128>,
    pub(crate) wallets: BTreeMap<Party, i128>,
    clip_escrow: u128,
    bought: u64,
    burned: u64,
    refunded: u64,
}

/// What the books must say: coin escrow, clip escrow, reward fund, and the counts of coins bought,
/// free, reserved, burned and refunded.
pub(crate) type Books = ([u128; 3], [u64; 5]);

impl Model {
    pub(crate) fn new(
        price: u128,
        [operator, network, distributor]: [Party; 3],
        merchants: &[Party],
        persons: &[(Party, usize)],
        bug: Option<Bug>,
    ) -> Self {
        Self {
            bug,
            now: 0,
            price,
            operator,
            network,
            distributor,
            merchants: merchants.to_vec(),
            persons: persons.iter().copied().collect(),
            free: BTreeMap::new(),
            campaigns: Vec::new(),
            redemptions: Vec::new(),
            orders: BTreeMap::new(),
            own: BTreeMap::new(),
            wallets: BTreeMap::new(),
            clip_escrow: 0,
            bought: 0,
            burned: 0,
            refunded: 0,
        }
    }

    pub(crate) fn books(&self) -> Books {
        let free = || self.free.values().flatten();
        let reserved = || self.campaigns.iter().flat_map(|campaign| &campaign.coins);
        let money = [free().chain(reserved()).sum(), self.clip_escrow, self.own.values().sum()];
        let count = |number: usize| u64::try_from(number).unwrap();
        let coins = [
            self.bought,
            count(free().count()),
            count(reserved().count()),
            self.burned,
            self.refunded,
        ];
        (money, coins)
    }

    fn pay(&mut self, party: Party, amount: u128, sign: i128) {
        *self.wallets.entry(party).or_default() += sign * i128::try_from(amount).unwrap();
    }

    fn merchant(&self, who: Party) -> Answer {
        if self.merchants.contains(&who) { Ok(()) } else { Err("ROLE") }
    }

    fn campaign(&self, at: usize) -> Answer<&Campaign> {
        self.campaigns.get(at).ok_or("UNKNOWN_CAMPAIGN")
    }

    pub(crate) fn set_price(&mut self, who: Party, price: u128) -> Answer {
        match (who == self.operator, price) {
            (false, _) => Err("ROLE"),
            (true, 0) => Err("AMOUNT"),
            (true, _) => {
                self.price = price;
                Ok(())
            }
        }
    }

    /// Coupons that nobody has, in campaigns that are open: (campaign, serial).
    pub(crate) fn deposited(&self) -> Vec<(usize, u64)> {
        self.coupons()
            .filter(|(_, _, place)| *place == Where::Deposited)
            .map(|(at, serial, _)| (at, serial))
            .collect()
    }

    /// Coupons that somebody has: (campaign, serial, an account of that person).
    pub(crate) fn held(&self) -> Vec<(usize, u64, Party)> {
        let account = |person| self.persons.iter().find(|(_, held)| **held == person);
        let held = self.coupons().filter_map(|(at, serial, place)| match place {
            Where::Held(person) => account(person).map(|(party, _)| (at, serial, *party)),
            Where::Deposited | Where::Used | Where::Void => None,
        });
        held.collect()
    }

    fn coupons(&self) -> impl Iterator<Item = (usize, u64, Where)> {
        let open = self.campaigns.iter().enumerate().filter(|(_, campaign)| {
            campaign.status == 0
                && self.now < campaign.offer.end
                && self.now >= campaign.offer.start
        });
        open.flat_map(|(at, campaign)| {
            campaign.serials.iter().map(move |(serial, place)| (at, *serial, *place))
        })
    }

    /// The next redemption that could be rolled back: none is tried in vain too often.
    pub(crate) fn standing(&self) -> Vec<usize> {
        let all = self.redemptions.iter().enumerate();
        all.filter(|(_, redemption)| !redemption.undone).map(|(at, _)| at).collect()
    }

    pub(crate) fn price(&self) -> u128 {
        self.price
    }

    pub(crate) fn buy(&mut self, who: Party, count: u64, value: u128) -> Answer {
        self.merchant(who)?;
        if count == 0 {
            return Err("AMOUNT");
        }
        if value != self.price * u128::from(count) {
            return Err("VALUE");
        }
        let coins = self.free.entry(who).or_default();
        coins.extend((0..count).map(|_| self.price));
        regroup(coins);
        self.bought += count;
        self.pay(who, value, -1);
        Ok(())
    }

    pub(crate) fn fee_of(&self, offer: &Offer) -> u128 {
        (self.price * u128::from(offer.clip_fee_bp)).div_ceil(10_000)
    }

    pub(crate) fn open(&mut self, who: Party, offer: Offer, reserve: u64, value: u128) -> Answer {
        self.merchant(who)?;
        if offer.end <= offer.start || offer.end <= self.now {
            return Err("WINDOW");
        }
        if offer.shares.iter().sum::<u32>() != 10_000 {
            return Err("BP_SUM");
        }
        if offer.shares[0] + offer.shares[1] >= 10_000 {
            return Err("PAIR_GAIN");
        }
        let fee = self.fee_of(&offer);
        let escrow = fee * u128::from(offer.total_cap);
        if value != escrow {
            return Err("VALUE");
        }
        let free = self.free.entry(who).or_default();
        let wanted = usize::try_from(reserve).unwrap();
        if free.len() < wanted {
            return Err("NO_COINS");
        }
        let coins = free.drain(..wanted).collect();
        self.clip_escrow += escrow;
        self.pay(who, escrow, -1);
        self.campaigns.push(Campaign {
            merchant: who,
            offer,
            fee,
            status: 0,
            coins,
            clips: 0,
            redeemed: 0,
            serials: BTreeMap::new(),
            clips_of: BTreeMap::new(),
        });
        Ok(())
    }

    fn own_campaign(&mut self, who: Party, at: usize) -> Answer<&mut Campaign> {
        match self.campaigns.get_mut(at) {
            None => Err("UNKNOWN_CAMPAIGN"),
            Some(campaign) if campaign.merchant != who => Err("OTHER_MERCHANT"),
            Some(campaign) => Ok(campaign),
        }
    }

    pub(crate) fn deposit(&mut self, who: Party, at: usize, serials: &[u64]) -> Answer {
        let now = self.now;
        let campaign = self.own_campaign(who, at)?;
        if campaign.status != 0 {
            return Err("CLOSED");
        }
        if now >= campaign.offer.end {
            return Err("ENDED");
        }
        if serials.iter().any(|serial| campaign.serials.contains_key(serial)) {
            return Err("SERIAL_TAKEN");
        }
        campaign.serials.extend(serials.iter().map(|serial| (*serial, Where::Deposited)));
        Ok(())
    }

    pub(crate) fn void(&mut self, who: Party, at: usize, serial: u64) -> Answer {
        let campaign = self.own_campaign(who, at)?;
        match campaign.serials.get_mut(&serial) {
            None => Err("UNKNOWN_SERIAL"),
            Some(place @ Where::Deposited) => {
                *place = Where::Void;
                Ok(())
            }
            Some(_) => Err("SERIAL_USED"),
        }
    }

    pub(crate) fn clip(&mut self, who: Party, at: usize, serial: u64) -> Answer {
        let (now, bug, distributor) = (self.now, self.bug, self.distributor);
        let person = self.persons.get(&who).copied().ok_or("NOT_ENROLLED")?;
        let campaign = self.campaigns.get_mut(at).ok_or("UNKNOWN_CAMPAIGN")?;
        in_window(&campaign.offer, now)?;
        let counted = if bug == Some(Bug::CapByAccount) { 1_000 + who } else { person };
        let own = campaign.clips_of.entry(counted).or_default();
        if campaign.status != 0 {
            return Err("CLOSED");
        }
        if *own >= campaign.offer.cap {
            return Err("CAP");
        }
        if campaign.clips >= campaign.offer.total_cap {
            return Err("TOTAL_CAP");
        }
        match campaign.serials.get_mut(&serial) {
            None => return Err("UNKNOWN_SERIAL"),
            Some(place @ Where::Deposited) => *place = Where::Held(person),
            Some(_) => return Err("SERIAL_USED"),
        }
        *own += 1;
        campaign.clips += 1;
        let fee = campaign.fee;
        self.clip_escrow -= fee;
        if fee > 0 {
            *self.own.entry(distributor).or_default() += fee;
        }
        Ok(())
    }

    pub(crate) fn redeem(&mut self, ask: &Redeem) -> Answer {
        if self.now >= ask.expiry {
            return Err("EXPIRED");
        }
        let campaign = self.campaign(ask.campaign)?;
        let (merchant, offer) = (campaign.merchant, campaign.offer.clone());
        let person = self.persons.get(&ask.consumer).copied();
        if ask.consumer == merchant
            || (person.is_some() && person == self.persons.get(&merchant).copied())
        {
            return Err("SELF_REDEEM");
        }
        let person = person.ok_or("NOT_ENROLLED")?;
        if !ask.merchant_signs {
            return Err("SIG_MERCHANT");
        }
        if !ask.consumer_signs {
            return Err("SIG_CONSUMER");
        }
        let uses = self.orders.get(&(ask.order, merchant)).cloned().unwrap_or_default();
        if uses.iter().any(|(at, _)| *at == ask.campaign) {
            return Err("ALREADY_REDEEMED");
        }
        if uses.iter().any(|(_, stacks)| !stacks) || (!offer.stackable && !uses.is_empty()) {
            return Err("STACKING");
        }
        match campaign.serials.get(&ask.serial) {
            None => return Err("UNKNOWN_SERIAL"),
            Some(Where::Deposited | Where::Void) => return Err("NOT_CLIPPED"),
            Some(Where::Used) => return Err("SERIAL_USED"),
            Some(Where::Held(holder)) if *holder != person => return Err("NOT_HOLDER"),
            Some(Where::Held(_)) => {}
        }
        if campaign.status == 2 {
            return Err("CLOSED");
        }
        in_window(&offer, self.now)?;
        if ask.basket < offer.min_basket {
            return Err("BELOW_MIN");
        }
        if ask.discount == 0 || ask.discount > offer.face.min(ask.basket) {
            return Err("ABOVE_FACE");
        }
        if campaign.coins.is_empty() {
            return Err("NO_COINS");
        }
        self.carry_out(ask, merchant, &offer);
        Ok(())
    }

    fn carry_out(&mut self, ask: &Redeem, merchant: Party, offer: &Offer) {
        let campaign = &mut self.campaigns[ask.campaign];
        let price = campaign.coins.remove(0);
        campaign.redeemed += 1;
        campaign.serials.insert(ask.serial, Where::Used);
        let parties = [ask.consumer, merchant, self.network, self.distributor];
        let parts = share(price, offer.shares, self.bug == Some(Bug::DustToLast));
        let rewards: Vec<(Party, u128)> = parties.into_iter().zip(parts).collect();
        for (party, amount) in &rewards {
            *self.own.entry(*party).or_default() += amount;
        }
        self.burned += 1;
        let uses = self.orders.entry((ask.order, merchant)).or_default();
        uses.push((ask.campaign, offer.stackable));
        self.redemptions.push(Redemption {
            campaign: ask.campaign,
            serial: ask.serial,
            consumer: ask.consumer,
            price,
            rewards,
            at: self.now,
            undone: false,
        });
    }

    pub(crate) fn rollback(&mut self, at: usize, expiry: u64, signed: bool) -> Answer {
        if self.now >= expiry {
            return Err("EXPIRED");
        }
        let redemption = self.redemptions.get(at).cloned().ok_or("UNKNOWN_REDEMPTION")?;
        if redemption.undone {
            return Err("ROLLED_BACK");
        }
        if !signed {
            return Err("SIG_CONSUMER");
        }
        let campaign = &self.campaigns[redemption.campaign];
        let merchant = campaign.merchant;
        if self.now >= redemption.at + campaign.offer.grace {
            return Err("GRACE_OVER");
        }
        // One party may hold several of the parts.
        let mut due: BTreeMap<Party, u128> = BTreeMap::new();
        for (party, amount) in &redemption.rewards {
            *due.entry(*party).or_default() += amount;
        }
        let held = |party: &Party| self.own.get(party).copied().unwrap_or_default();
        if due.iter().any(|(party, amount)| held(party) < *amount) {
            return Err("REWARD_SPENT");
        }
        for (party, amount) in due {
            *self.own.entry(party).or_default() -= amount;
        }
        let person = self.persons[&redemption.consumer];
        let place = match self.bug {
            Some(Bug::SerialStaysUsed) => Where::Used,
            _ => Where::Held(person),
        };
        let campaign = &mut self.campaigns[redemption.campaign];
        campaign.serials.insert(redemption.serial, place);
        campaign.redeemed -= 1;
        let coins = match campaign.status {
            2 => self.free.entry(merchant).or_default(),
            _ => &mut campaign.coins,
        };
        coins.push(redemption.price);
        regroup(coins);
        self.burned -= 1;
        self.redemptions[at].undone = true;
        Ok(())
    }

    pub(crate) fn close(&mut self, who: Party, at: usize) -> Answer {
        let (now, bug) = (self.now, self.bug);
        let campaign = self.campaigns.get_mut(at).ok_or("UNKNOWN_CAMPAIGN")?;
        let over = now >= campaign.offer.end;
        if campaign.merchant != who && !over {
            return Err("OTHER_MERCHANT");
        }
        if campaign.status == 2 || (campaign.status == 1 && !over) {
            return Err("CLOSED");
        }
        let first = campaign.status == 0;
        campaign.status = if over { 2 } else { 1 };
        let out = usize::try_from(campaign.clips - campaign.redeemed).unwrap();
        let keep = if over || bug == Some(Bug::CloseFreesAll) { 0 } else { out };
        let freed = campaign.coins.len().saturating_sub(keep);
        let coins: Vec<u128> = campaign.coins.drain(..freed).collect();
        let rest = campaign.fee * u128::from(campaign.offer.total_cap - campaign.clips);
        let merchant = campaign.merchant;
        let free = self.free.entry(merchant).or_default();
        free.extend(coins);
        regroup(free);
        if first {
            self.clip_escrow -= rest;
            self.pay(merchant, rest, 1);
        }
        Ok(())
    }

    pub(crate) fn refund(&mut self, who: Party, count: u64) -> Answer {
        self.merchant(who)?;
        if count == 0 {
            return Err("AMOUNT");
        }
        let price = self.price;
        let free = self.free.entry(who).or_default();
        let wanted = usize::try_from(count).unwrap();
        if free.len() < wanted {
            return Err("NO_COINS");
        }
        let mut sum: u128 = free.drain(..wanted).sum();
        if self.bug == Some(Bug::RefundAtPriceOfToday) {
            sum = price * u128::from(count);
        }
        self.refunded += count;
        self.pay(who, sum, 1);
        Ok(())
    }

    pub(crate) fn transfer(&mut self, from: Party, to: Party, amount: u128) -> Answer {
        if amount == 0 || from == to {
            return Err("AMOUNT");
        }
        self.take_own(from, amount)?;
        *self.own.entry(to).or_default() += amount;
        Ok(())
    }

    pub(crate) fn cash(&mut self, who: Party, amount: u128) -> Answer {
        if amount == 0 {
            return Err("AMOUNT");
        }
        self.take_own(who, amount)?;
        self.pay(who, amount, 1);
        Ok(())
    }

    fn take_own(&mut self, who: Party, amount: u128) -> Answer {
        let held = self.own.entry(who).or_default();
        *held = held.checked_sub(amount).ok_or("INSUFFICIENT")?;
        Ok(())
    }
}

fn in_window(offer: &Offer, now: u64) -> Answer {
    match (now < offer.start, now >= offer.end) {
        (true, _) => Err("NOT_STARTED"),
        (_, true) => Err("ENDED"),
        _ => Ok(()),
    }
}

/// Floors first; then a unit each to the largest fractions, the first of equals first.
fn share(price: u128, shares: [u32; 4], dust_to_last: bool) -> [u128; 4] {
    let product = shares.map(|share| price * u128::from(share));
    let mut parts = product.map(|product| product / 10_000);
    let mut left = price - parts.iter().sum::<u128>();
    if dust_to_last {
        parts[3] += left;
        return parts;
    }
    let mut given = BTreeSet::new();
    while left > 0 {
        let fraction = |at: &usize| (product[*at] % 10_000, core::cmp::Reverse(*at));
        let best = (0..4).filter(|at| !given.contains(at)).max_by_key(fraction).unwrap();
        given.insert(best);
        parts[best] += 1;
        left -= 1;
    }
    parts
}

/// Coins of one price stand together, in the order in which their prices first came.
fn regroup(coins: &mut [u128]) {
    let mut prices: Vec<u128> = Vec::new();
    for price in coins.iter() {
        if !prices.contains(price) {
            prices.push(*price);
        }
    }
    coins.sort_by_key(|coin| prices.iter().position(|price| price == coin));
}
