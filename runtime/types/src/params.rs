//! The chain's parameters: numbers that genesis sets, governance changes and every node obeys.
//!
//! Bounds stand in [`Params::TABLE`]; `chainspec` reads and checks documents by it.

use crate::units::{Amount, Height, Round};
use borsh::{BorshDeserialize, BorshSerialize};

/// Who may do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Permission {
    /// Anyone.
    Anyone = 0,
    /// Holders of the role: `user` to send, `deployer` to deploy.
    Role = 1,
}

/// The parameters in force. Their hash, `H("params", Params)`, stands in every header.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Params {
    /// Least time between a commit and the next height. Unit: ms.
    pub block_interval_ms: u64,
    /// Time after which a height starts although nothing waits. Unit: ms.
    pub idle_interval_ms: u64,
    /// How long round 0 waits for a proposal. Unit: ms.
    pub propose_timeout_ms: u64,
    /// How much longer each further round waits for a proposal. Unit: ms.
    pub propose_timeout_step_ms: u64,
    /// How long round 0 waits for votes once more than two thirds have come. Unit: ms.
    pub vote_timeout_ms: u64,
    /// How much longer each further round waits for votes. Unit: ms.
    pub vote_timeout_step_ms: u64,
    /// No timeout is longer than this. Unit: ms.
    pub timeout_cap_ms: u64,
    /// How far clocks of honest validators may differ. Unit: ms.
    pub clock_precision_ms: u64,
    /// How long a proposal may travel in round 0. Unit: ms.
    pub message_delay_ms: u64,
    /// How much longer it may travel in each further round. Unit: ms.
    pub message_delay_step_ms: u64,
    /// A proposer carries a newer finality certificate once the carried one is this old. Unit:
    /// heights.
    pub finality_carry_after: u64,
    /// A block is invalid once the carried finality certificate is older than this. Unit: heights.
    pub finality_carry_limit: u64,
    /// Size of every validator's sealed plaintext. Unit: bytes.
    pub hidden_information_bytes: u32,
    /// How far ahead of block time valid_until_ms may lie. Unit: ms.
    pub max_valid_ahead_ms: u64,
    /// What one gas costs. Unit: units per gas.
    pub gas_price: u128,
    /// Largest encoded body. Unit: bytes.
    pub max_body_bytes: u32,
    /// Largest encoded transaction. Unit: bytes.
    pub max_tx_bytes: u32,
    /// Largest encoded transaction that deploys code, and most code of one block. Unit: bytes.
    pub max_deploy_bytes: u32,
    /// Most transactions of one block. Unit: transactions.
    pub max_block_txs: u32,
    /// Most gas that the transactions of one block may ask for. Unit: gas.
    pub max_block_gas: u64,
    /// Most gas that one transaction may ask for. Unit: gas.
    pub max_tx_gas: u64,
    /// Most gas that one transaction which deploys code may ask for. Unit: gas.
    pub max_deploy_gas: u64,
    /// How long a deploy waits in the pool, so that others compile it too. Unit: ms.
    pub deploy_wait_ms: u64,
    /// Most transactions waiting at one node. Unit: transactions.
    pub pool_txs: u32,
    /// Most bytes of transactions waiting at one node. Unit: bytes.
    pub pool_bytes: u64,
    /// Most transactions of one sender waiting at one node. Unit: transactions.
    pub pool_sender_txs: u32,
    /// How long a transaction waits at one node. Unit: ms.
    pub pool_stay_ms: u64,
    /// How long after a height a double sign at it can be punished. Unit: heights.
    pub evidence_window: u64,
    /// Least bond of a validator. Unit: units.
    pub min_bond: u128,
    /// Part of the bond that a double sign forfeits. Unit: basis points.
    pub slash_bp: u32,
    /// Part of what is forfeited that the reporter gets. Unit: basis points.
    pub reporter_bp: u32,
    /// Part of what is forfeited that is burned. Unit: basis points.
    pub burned_bp: u32,
    /// Memory for clean nodes of the state tree. Unit: bytes.
    pub tree_cache_bytes: u64,
    /// How far the chain must go on without our key before an imported guard may sign. Unit:
    /// heights.
    pub import_wait_heights: u64,
    /// How old the height may be with which a candidate shows that it caught up. Unit: heights.
    pub ready_age_heights: u64,
    /// How long the members may vote on a proposal. Unit: ms.
    pub governance_expiry_ms: u64,
    /// Who may send transactions.
    pub send: Permission,
    /// Who may deploy contracts.
    pub deploy: Permission,
}

/// One parameter: how documents name it, its bounds, and its place in [`Params`].
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// The name in documents and commands.
    pub name: &'static str,
    /// The unit.
    pub unit: &'static str,
    /// The smallest value.
    pub minimum: u128,
    /// The largest value.
    pub maximum: u128,
    /// What it does, in one sentence.
    pub meaning: &'static str,
    /// Its value in some parameters.
    pub get: fn(&Params) -> u128,
    /// Put a value in; the caller has checked the bounds.
    ///
    /// # Panics
    /// If the value exceeds the field's type, which no value within bounds does.
    pub set: fn(&mut Params, u128),
}

impl Default for Params {
    fn default() -> Self {
        Self {
            block_interval_ms: 20,
            idle_interval_ms: 2_000,
            propose_timeout_ms: 1_000,
            propose_timeout_step_ms: 250,
            vote_timeout_ms: 500,
            vote_timeout_step_ms: 250,
            timeout_cap_ms: 10_000,
            clock_precision_ms: 500,
            message_delay_ms: 2_000,
            message_delay_step_ms: 1_000,
            finality_carry_after: 8,
            finality_carry_limit: 16,
            hidden_information_bytes: 8_192,
            max_valid_ahead_ms: 86_400_000,
            gas_price: 0,
            max_body_bytes: 2_097_152,
            max_tx_bytes: 131_072,
            max_deploy_bytes: 655_360,
            max_block_txs: 10_000,
            max_block_gas: 600_000_000,
            max_tx_gas: 60_000_000,
            max_deploy_gas: 110_000_000,
            deploy_wait_ms: 1_000,
            pool_txs: 10_000,
            pool_bytes: 67_108_864,
            pool_sender_txs: 64,
            pool_stay_ms: 120_000,
            evidence_window: 10_000,
            min_bond: 0,
            slash_bp: 5_000,
            reporter_bp: 1_000,
            burned_bp: 0,
            tree_cache_bytes: 67_108_864,
            import_wait_heights: 20,
            ready_age_heights: 100,
            governance_expiry_ms: 604_800_000,
            send: Permission::Anyone,
            deploy: Permission::Anyone,
        }
    }
}

const FITS: &str = "a value within its bounds fits its field";

impl Params {
    /// Every numeric parameter, in order of its field.
    pub const TABLE: &'static [Parameter] = &[
        Parameter {
            name: "block_interval_ms",
            unit: "ms",
            minimum: 1,
            maximum: 60_000,
            meaning: "Least time between a commit and the next height.",
            get: |p| u128::from(p.block_interval_ms),
            set: |p, value| p.block_interval_ms = value.try_into().expect(FITS),
        },
        Parameter {
            name: "idle_interval_ms",
            unit: "ms",
            minimum: 10,
            maximum: 600_000,
            meaning: "Time after which a height starts although nothing waits.",
            get: |p| u128::from(p.idle_interval_ms),
            set: |p, value| p.idle_interval_ms = value.try_into().expect(FITS),
        },
        Parameter {
            name: "propose_timeout_ms",
            unit: "ms",
            minimum: 10,
            maximum: 60_000,
            meaning: "How long round 0 waits for a proposal.",
            get: |p| u128::from(p.propose_timeout_ms),
            set: |p, value| p.propose_timeout_ms = value.try_into().expect(FITS),
        },
        Parameter {
            name: "propose_timeout_step_ms",
            unit: "ms",
            minimum: 0,
            maximum: 60_000,
            meaning: "How much longer each further round waits for a proposal.",
            get: |p| u128::from(p.propose_timeout_step_ms),
            set: |p, value| p.propose_timeout_step_ms = value.try_into().expect(FITS),
        },
        Parameter {
            name: "vote_timeout_ms",
            unit: "ms",
            minimum: 10,
            maximum: 60_000,
            meaning: "How long round 0 waits for votes once more than two thirds have come.",
            get: |p| u128::from(p.vote_timeout_ms),
            set: |p, value| p.vote_timeout_ms = value.try_into().expect(FITS),
        },
        Parameter {
            name: "vote_timeout_step_ms",
            unit: "ms",
            minimum: 0,
            maximum: 60_000,
            meaning: "How much longer each further round waits for votes.",
            get: |p| u128::from(p.vote_timeout_step_ms),
            set: |p, value| p.vote_timeout_step_ms = value.try_into().expect(FITS),
        },
        Parameter {
            name: "timeout_cap_ms",
            unit: "ms",
            minimum: 100,
            maximum: 600_000,
            meaning: "No timeout is longer than this.",
            get: |p| u128::from(p.timeout_cap_ms),
            set: |p, value| p.timeout_cap_ms = value.try_into().expect(FITS),
        },
        Parameter {
            name: "clock_precision_ms",
            unit: "ms",
            minimum: 1,
            maximum: 60_000,
            meaning: "How far clocks of honest validators may differ.",
            get: |p| u128::from(p.clock_precision_ms),
            set: |p, value| p.clock_precision_ms = value.try_into().expect(FITS),
        },
        Parameter {
            name: "message_delay_ms",
            unit: "ms",
            minimum: 1,
            maximum: 60_000,
            meaning: "How long a proposal may travel in round 0.",
            get: |p| u128::from(p.message_delay_ms),
            set: |p, value| p.message_delay_ms = value.try_into().expect(FITS),
        },
        Parameter {
            name: "message_delay_step_ms",
            unit: "ms",
            minimum: 0,
            maximum: 60_000,
            meaning: "How much longer it may travel in each further round.",
            get: |p| u128::from(p.message_delay_step_ms),
            set: |p, value| p.message_delay_step_ms = value.try_into().expect(FITS),
        },
        Parameter {
            name: "finality_carry_after",
            unit: "heights",
            minimum: 1,
            maximum: 1_000,
            meaning: "A proposer carries a newer finality certificate once the carried one is this old.",
            get: |p| u128::from(p.finality_carry_after),
            set: |p, value| p.finality_carry_after = value.try_into().expect(FITS),
        },
        Parameter {
            name: "finality_carry_limit",
            unit: "heights",
            minimum: 2,
            maximum: 2_000,
            meaning: "A block is invalid once the carried finality certificate is older than this.",
            get: |p| u128::from(p.finality_carry_limit),
            set: |p, value| p.finality_carry_limit = value.try_into().expect(FITS),
        },
        Parameter {
            name: "hidden_information_bytes",
            unit: "bytes",
            minimum: 256,
            maximum: 65_536,
            meaning: "Size of every validator's sealed plaintext.",
            get: |p| u128::from(p.hidden_information_bytes),
            set: |p, value| p.hidden_information_bytes = value.try_into().expect(FITS),
        },
        Parameter {
            name: "max_valid_ahead_ms",
            unit: "ms",
            minimum: 1_000,
            maximum: 2_592_000_000,
            meaning: "How far ahead of block time valid_until_ms may lie.",
            get: |p| u128::from(p.max_valid_ahead_ms),
            set: |p, value| p.max_valid_ahead_ms = value.try_into().expect(FITS),
        },
        Parameter {
            name: "gas_price",
            unit: "units per gas",
            minimum: 0,
            maximum: 1_000_000_000_000_000_000,
            meaning: "What one gas costs.",
            get: |p| p.gas_price,
            set: |p, value| p.gas_price = value,
        },
        Parameter {
            name: "max_body_bytes",
            unit: "bytes",
            minimum: 65_536,
            maximum: 16_777_216,
            meaning: "Largest encoded body.",
            get: |p| u128::from(p.max_body_bytes),
            set: |p, value| p.max_body_bytes = value.try_into().expect(FITS),
        },
        Parameter {
            name: "max_tx_bytes",
            unit: "bytes",
            minimum: 1_024,
            maximum: 1_048_576,
            meaning: "Largest encoded transaction.",
            get: |p| u128::from(p.max_tx_bytes),
            set: |p, value| p.max_tx_bytes = value.try_into().expect(FITS),
        },
        Parameter {
            name: "max_deploy_bytes",
            unit: "bytes",
            minimum: 1_024,
            maximum: 1_048_576,
            meaning: "Largest encoded transaction that deploys code, and most code of one block.",
            get: |p| u128::from(p.max_deploy_bytes),
            set: |p, value| p.max_deploy_bytes = value.try_into().expect(FITS),
        },
        Parameter {
            name: "max_block_txs",
            unit: "transactions",
            minimum: 1,
            maximum: 100_000,
            meaning: "Most transactions of one block.",
            get: |p| u128::from(p.max_block_txs),
            set: |p, value| p.max_block_txs = value.try_into().expect(FITS),
        },
        Parameter {
            name: "max_block_gas",
            unit: "gas",
            minimum: 1_000_000,
            maximum: 10_000_000_000,
            meaning: "Most gas that the transactions of one block may ask for.",
            get: |p| u128::from(p.max_block_gas),
            set: |p, value| p.max_block_gas = value.try_into().expect(FITS),
        },
        Parameter {
            name: "max_tx_gas",
            unit: "gas",
            minimum: 100_000,
            maximum: 1_000_000_000,
            meaning: "Most gas that one transaction may ask for.",
            get: |p| u128::from(p.max_tx_gas),
            set: |p, value| p.max_tx_gas = value.try_into().expect(FITS),
        },
        Parameter {
            name: "max_deploy_gas",
            unit: "gas",
            minimum: 100_000,
            maximum: 1_000_000_000,
            meaning: "Most gas that one transaction which deploys code may ask for.",
            get: |p| u128::from(p.max_deploy_gas),
            set: |p, value| p.max_deploy_gas = value.try_into().expect(FITS),
        },
        Parameter {
            name: "deploy_wait_ms",
            unit: "ms",
            minimum: 0,
            maximum: 60_000,
            meaning: "How long a deploy waits in the pool, so that others compile it too.",
            get: |p| u128::from(p.deploy_wait_ms),
            set: |p, value| p.deploy_wait_ms = value.try_into().expect(FITS),
        },
        Parameter {
            name: "pool_txs",
            unit: "transactions",
            minimum: 16,
            maximum: 1_000_000,
            meaning: "Most transactions waiting at one node.",
            get: |p| u128::from(p.pool_txs),
            set: |p, value| p.pool_txs = value.try_into().expect(FITS),
        },
        Parameter {
            name: "pool_bytes",
            unit: "bytes",
            minimum: 1_048_576,
            maximum: 1_073_741_824,
            meaning: "Most bytes of transactions waiting at one node.",
            get: |p| u128::from(p.pool_bytes),
            set: |p, value| p.pool_bytes = value.try_into().expect(FITS),
        },
        Parameter {
            name: "pool_sender_txs",
            unit: "transactions",
            minimum: 1,
            maximum: 10_000,
            meaning: "Most transactions of one sender waiting at one node.",
            get: |p| u128::from(p.pool_sender_txs),
            set: |p, value| p.pool_sender_txs = value.try_into().expect(FITS),
        },
        Parameter {
            name: "pool_stay_ms",
            unit: "ms",
            minimum: 1_000,
            maximum: 86_400_000,
            meaning: "How long a transaction waits at one node.",
            get: |p| u128::from(p.pool_stay_ms),
            set: |p, value| p.pool_stay_ms = value.try_into().expect(FITS),
        },
        Parameter {
            name: "evidence_window",
            unit: "heights",
            minimum: 32,
            maximum: 1_000_000,
            meaning: "How long after a height a double sign at it can be punished.",
            get: |p| u128::from(p.evidence_window),
            set: |p, value| p.evidence_window = value.try_into().expect(FITS),
        },
        Parameter {
            name: "min_bond",
            unit: "units",
            minimum: 0,
            maximum: 1_000_000_000_000_000_000_000_000_000_000,
            meaning: "Least bond of a validator.",
            get: |p| p.min_bond,
            set: |p, value| p.min_bond = value,
        },
        Parameter {
            name: "slash_bp",
            unit: "basis points",
            minimum: 0,
            maximum: 10_000,
            meaning: "Part of the bond that a double sign forfeits.",
            get: |p| u128::from(p.slash_bp),
            set: |p, value| p.slash_bp = value.try_into().expect(FITS),
        },
        Parameter {
            name: "reporter_bp",
            unit: "basis points",
            minimum: 0,
            maximum: 10_000,
            meaning: "Part of what is forfeited that the reporter gets.",
            get: |p| u128::from(p.reporter_bp),
            set: |p, value| p.reporter_bp = value.try_into().expect(FITS),
        },
        Parameter {
            name: "burned_bp",
            unit: "basis points",
            minimum: 0,
            maximum: 10_000,
            meaning: "Part of what is forfeited that is burned.",
            get: |p| u128::from(p.burned_bp),
            set: |p, value| p.burned_bp = value.try_into().expect(FITS),
        },
        Parameter {
            name: "tree_cache_bytes",
            unit: "bytes",
            minimum: 1_048_576,
            maximum: 4_294_967_296,
            meaning: "Memory for clean nodes of the state tree.",
            get: |p| u128::from(p.tree_cache_bytes),
            set: |p, value| p.tree_cache_bytes = value.try_into().expect(FITS),
        },
        Parameter {
            name: "import_wait_heights",
            unit: "heights",
            minimum: 2,
            maximum: 100_000,
            meaning: "How far the chain must go on without our key before an imported guard may sign.",
            get: |p| u128::from(p.import_wait_heights),
            set: |p, value| p.import_wait_heights = value.try_into().expect(FITS),
        },
        Parameter {
            name: "ready_age_heights",
            unit: "heights",
            minimum: 1,
            maximum: 100_000,
            meaning: "How old the height may be with which a candidate shows that it caught up.",
            get: |p| u128::from(p.ready_age_heights),
            set: |p, value| p.ready_age_heights = value.try_into().expect(FITS),
        },
        Parameter {
            name: "governance_expiry_ms",
            unit: "ms",
            minimum: 1_000,
            maximum: 31_536_000_000,
            meaning: "How long the members may vote on a proposal.",
            get: |p| u128::from(p.governance_expiry_ms),
            set: |p, value| p.governance_expiry_ms = value.try_into().expect(FITS),
        },
    ];

    /// How long `round` waits for a proposal, in ms.
    #[must_use]
    pub fn propose_timeout_ms(&self, round: Round) -> u64 {
        self.timeout(self.propose_timeout_ms, self.propose_timeout_step_ms, round)
    }

    /// How long `round` waits for further votes, in ms.
    #[must_use]
    pub fn vote_timeout_ms(&self, round: Round) -> u64 {
        self.timeout(self.vote_timeout_ms, self.vote_timeout_step_ms, round)
    }

    fn timeout(&self, first_ms: u64, step_ms: u64, round: Round) -> u64 {
        step_ms.saturating_mul(u64::from(round.0)).saturating_add(first_ms).min(self.timeout_cap_ms)
    }

    /// The fee reserved for `gas` at the chain's price, `None` on overflow.
    #[must_use]
    pub fn fee(&self, gas: crate::units::Gas) -> Option<Amount> {
        u128::from(gas.0).checked_mul(self.gas_price).map(Amount)
    }

    /// Whether evidence about `about` may stand in a block at `height`.
    #[must_use]
    pub fn in_evidence_window(&self, about: Height, height: Height) -> bool {
        about <= height && height.0.saturating_sub(about.0) <= self.evidence_window
    }
}
