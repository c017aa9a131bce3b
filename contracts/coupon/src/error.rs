//! Why a call is refused.

use alloc::string::String;
use money::MoneyError;
use sdk::ContractError;
use types::Amount;

/// Why a call is refused. The name on the chain is in capitals: `AlreadyRedeemed` is
/// `ALREADY_REDEEMED`.
#[derive(Clone, Debug, PartialEq, Eq, ContractError)]
pub enum CouponError {
    /// The sender lacks the role, or is not who may do this.
    Role,
    /// The call came with another sum than it takes. (A call that takes none is refused by the SDK:
    /// `NOT_PAYABLE`.)
    Value {
        /// What it takes.
        required: Amount,
        /// What came.
        attached: Amount,
    },
    /// An amount or a number is 0 or too large.
    Amount,
    /// A field is too long, too many, or out of range.
    Limit {
        /// Which.
        field: String,
        /// Its bound.
        limit: u64,
    },
    /// A sum does not fit.
    Overflow,
    /// No such campaign.
    UnknownCampaign,
    /// No such coupon in the campaign's positive offer file.
    UnknownSerial,
    /// No such redemption.
    UnknownRedemption,
    /// The account has no pseudonym.
    NotEnrolled,
    /// The account has another pseudonym already.
    Enrolled,
    /// The shares do not add up to 10,000.
    BpSum,
    /// Consumer and merchant together would get the whole coin.
    PairGain,
    /// A share or a clip fee for a distributor that is not named.
    NoDistributor,
    /// The campaign ends before it starts, or has ended already.
    Window,
    /// Fewer coins than asked for.
    NoCoins {
        /// Asked for.
        wanted: u64,
        /// There.
        found: u64,
    },
    /// The coupon was deposited before.
    SerialTaken,
    /// The coupon was given out, used or withdrawn before.
    SerialUsed,
    /// Nobody has clipped the coupon.
    NotClipped,
    /// Somebody else has.
    NotHolder,
    /// The person has as many coupons as one may have.
    Cap {
        /// How many that is.
        limit: u32,
    },
    /// All have as many coupons as all may have.
    TotalCap {
        /// How many that is.
        limit: u64,
    },
    /// The campaign has not started.
    NotStarted,
    /// The campaign has ended.
    Ended,
    /// The campaign was closed.
    Closed,
    /// What was signed has expired.
    Expired,
    /// Merchant and consumer are the same, by key or by person.
    SelfRedeem,
    /// The campaign is another merchant's.
    OtherMerchant,
    /// The merchant's signature is missing or wrong.
    SigMerchant,
    /// The consumer's signature is missing or wrong.
    SigConsumer,
    /// The order was used with this campaign before.
    AlreadyRedeemed,
    /// The order was used with a coupon that does not stack, or this one does not.
    Stacking,
    /// The basket is too small.
    BelowMin {
        /// What it is.
        basket: Amount,
        /// What it must be.
        least: Amount,
    },
    /// Too few of the product.
    BelowQuantity {
        /// How many it must be.
        least: u32,
    },
    /// The discount is 0, or above the face value or the basket.
    AboveFace {
        /// What it may be.
        most: Amount,
    },
    /// The product is not on the campaign's list.
    Gtin,
    /// The time for a rollback is over.
    GraceOver,
    /// Somebody has spent the reward that a rollback would take back.
    RewardSpent,
    /// The redemption was rolled back before.
    RolledBack,
    /// Less ownership coin than asked for.
    Insufficient {
        /// What there is.
        found: Amount,
    },
    /// A payment out of the contract's own money failed.
    Transfer,
}

impl CouponError {
    pub(crate) fn limit(field: &str, limit: u64) -> Self {
        Self::Limit { field: String::from(field), limit }
    }
}

impl From<MoneyError> for CouponError {
    fn from(_: MoneyError) -> Self {
        // Weights are checked when a campaign opens: only sizes can be off.
        Self::Overflow
    }
}
