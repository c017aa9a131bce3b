//! The shapes of results. Tests hold answers against them, both ways.

mod contract;
mod variants;

pub(crate) use contract::{CONTRACT, CONTRACT_ABI, CONTRACT_ANSWER, CONTRACT_CODE, FAILURE};
pub(crate) use variants::{AUTH, CALL, SUBMITTED, TX_STATE};

use crate::registry::event_shapes::EVENT_FIELDS;
use crate::schema::{Kind, Record, field, maybe};

pub(crate) static ACCOUNT: Record = Record {
    name: "Account",
    fields: &[
        field("address", Kind::Address, "Its address."),
        field("kind", Kind::Text, "`account`, `multisig`, `contract` or `module`."),
        field("balance", Kind::Decimal, "What it holds."),
        field(
            "nonce",
            Kind::Decimal,
            "The next nonce of lane 0 in blocks; `nonce` tells those of other lanes.",
        ),
        field("height", Kind::Decimal, "The height whose state was read."),
        maybe(
            "proof",
            Kind::Object(&STATE_PROOF),
            "Proof of the account's record, if asked for; its height is the proof's, which is final and may be lower than that of the other fields.",
        ),
    ],
};

pub(crate) static HISTORY: Record = Record {
    name: "History",
    fields: &[
        field("address", Kind::Address, "Whose."),
        field("entries", Kind::List(&Kind::Object(&HISTORY_ENTRY)), "A page of it."),
        maybe("next", Kind::Cursor, "Where the next page begins; none on the last."),
    ],
};

pub(crate) static HISTORY_ENTRY: Record = Record {
    name: "HistoryEntry",
    fields: &[
        field("height", Kind::Decimal, "The height it is in."),
        field("receipt", Kind::Integer, "Its receipt's number at that height."),
        field("tx_hash", Kind::Hash, "The transaction."),
        field("code", Kind::Text, "`OK`, or why it failed."),
    ],
};

pub(crate) static NONCE: Record = Record {
    name: "LaneNonce",
    fields: &[
        field("address", Kind::Address, "Whose."),
        field("lane", Kind::Integer, "Which lane, 0 to 63."),
        field("next", Kind::Decimal, "The next nonce in blocks."),
        field(
            "pending",
            Kind::Decimal,
            "The next nonce once everything waiting at this node is in a block.",
        ),
        field("height", Kind::Decimal, "The height whose state was read."),
    ],
};

pub(crate) static ROLES: Record = Record {
    name: "Roles",
    fields: &[
        field("account", Kind::Address, "Whose."),
        field("height", Kind::Decimal, "The height whose state was read."),
        field("roles", Kind::List(&Kind::Object(&ROLE)), "The roles, expired ones too."),
    ],
};

pub(crate) static ROLE: Record = Record {
    name: "RoleEntry",
    fields: &[
        field("role", Kind::Text, "Its name."),
        field("granted", Kind::Decimal, "Since which height."),
        maybe("expires_ms", Kind::Decimal, "Block time from which it no longer counts."),
        field("valid", Kind::Boolean, "Whether it counts at the newest block's time."),
    ],
};

pub(crate) static STATE_VALUE: Record = Record {
    name: "StateValue",
    fields: &[
        field("key", Kind::Hex, "The raw key: space ‖ contract ‖ key."),
        maybe("value", Kind::Base64, "The value; absent if the key is not there."),
        field("height", Kind::Decimal, "The height whose state was read."),
        maybe("proof", Kind::Object(&STATE_PROOF), "Proof, if asked for."),
    ],
};

pub(crate) static STATE_PROOF: Record = Record {
    name: "StateProof",
    fields: &[
        field("version", Kind::Integer, "Format version, 1."),
        field("chain_id", Kind::Hash, "The chain."),
        field("height", Kind::Decimal, "The height."),
        field("proof", Kind::Base64, "A `state::Proof` in borsh."),
        field(
            "certificate",
            Kind::Base64,
            "The height's `FinalityCertificate` in borsh; the state root stands in it.",
        ),
        maybe(
            "steps",
            Kind::List(&Kind::Object(&SET_STEP)),
            "The changes of the validator set from the one that the reader trusts, ascending.",
        ),
    ],
};

pub(crate) static SET_STEP: Record = Record {
    name: "SetStep",
    fields: &[
        field(
            "header",
            Kind::Base64,
            "Borsh of the last header under the set before; it names the set after.",
        ),
        field("commit", Kind::Base64, "Borsh of the `CommitCertificate` that decided it."),
        field("next", Kind::Base64, "Borsh of the set after."),
    ],
};

pub(crate) static RECEIPT_PROOF: Record = Record {
    name: "ReceiptProof",
    fields: &[
        field("version", Kind::Integer, "Format version, 1."),
        field("chain_id", Kind::Hash, "The chain."),
        field("height", Kind::Decimal, "The height."),
        field("receipt", Kind::Base64, "The `Receipt` in borsh."),
        field("index", Kind::Integer, "Its number among the receipts."),
        field("count", Kind::Integer, "How many receipts there are."),
        field(
            "siblings",
            Kind::Base64,
            "The siblings from the receipt up to the receipts root, 32 bytes each.",
        ),
        field(
            "certificate",
            Kind::Base64,
            "The height's `FinalityCertificate` in borsh; the receipts root stands in it.",
        ),
        maybe(
            "steps",
            Kind::List(&Kind::Object(&SET_STEP)),
            "The changes of the validator set from the one that the reader trusts, ascending.",
        ),
    ],
};

pub(crate) static BLOCK: Record = Record {
    name: "Block",
    fields: &[
        field("header", Kind::Object(&HEADER), "What was voted on."),
        maybe(
            "last_commit",
            Kind::Object(&CERTIFICATE),
            "The precommits for the parent that it carries.",
        ),
        maybe("finality", Kind::Object(&CERTIFICATE), "The finality certificate that it carries."),
        field("evidence", Kind::List(&Kind::Object(&EVIDENCE)), "Double signs that it punishes."),
        field("txs", Kind::List(&Kind::Hash), "Its transactions, in order of execution."),
    ],
};

pub(crate) static BLOCK_SUMMARY: Record = Record {
    name: "BlockSummary",
    fields: &[
        field("height", Kind::Decimal, "Its height."),
        field("block_id", Kind::Hash, "Its id."),
        field("time_ms", Kind::Decimal, "Its time."),
        maybe("proposer", Kind::Address, "Who made it; none made genesis."),
        field("round", Kind::Integer, "Round of its first proposal."),
        field("txs", Kind::Integer, "How many transactions."),
        field("evidence", Kind::Integer, "How many double signs it punishes."),
        field("body_bytes", Kind::Integer, "Size of the encoded body."),
        field(
            "finalized",
            Kind::Boolean,
            "Whether this node holds a finality certificate of this or a later height.",
        ),
    ],
};

pub(crate) static HEADER: Record = Record {
    name: "Header",
    fields: &[
        field("block_id", Kind::Hash, "Its id: the hash of the encoded header."),
        field("protocol", Kind::Integer, "Protocol that rules this height."),
        field("chain_id", Kind::Hash, "The chain."),
        field("height", Kind::Decimal, "Position."),
        field("round", Kind::Integer, "Round of the block's first proposal."),
        field("time_ms", Kind::Decimal, "Block time."),
        field("parent", Kind::Hash, "The block before."),
        maybe("proposer", Kind::Address, "Who made it; none made genesis."),
        field("validators_hash", Kind::Hash, "Hash of V(height)."),
        field("next_validators_hash", Kind::Hash, "Hash of V(height + 1)."),
        field("params_hash", Kind::Hash, "Hash of the parameters in force."),
        field("prev_state_root", Kind::Hash, "State root after the height before."),
        field("prev_receipts_root", Kind::Hash, "Receipts root of the height before."),
        field("txs_root", Kind::Hash, "Root over the transactions."),
        field("evidence_root", Kind::Hash, "Root over the evidence."),
        field("last_commit_hash", Kind::Hash, "Hash of the parent's commit certificate."),
        field("finality_hash", Kind::Hash, "Hash of the carried finality certificate."),
        field("randomness", Kind::Hash, "The height's randomness."),
        field("vrf_proof", Kind::Hex, "The proposer's proof of it."),
        field("body_bytes", Kind::Integer, "Size of the encoded body."),
        field(
            "finalized",
            Kind::Boolean,
            "Whether this node holds a finality certificate of this or a later height.",
        ),
        field("encoded", Kind::Base64, "The header in borsh, for verification."),
    ],
};

pub(crate) static CERTIFICATE: Record = Record {
    name: "Certificate",
    fields: &[
        field("height", Kind::Decimal, "The height it is about."),
        field("block_id", Kind::Hash, "The block it is about."),
        maybe(
            "round",
            Kind::Integer,
            "The round of the precommits; none in a finality certificate.",
        ),
        maybe(
            "state_root",
            Kind::Hash,
            "State root after the height; only in a finality certificate.",
        ),
        maybe(
            "receipts_root",
            Kind::Hash,
            "Receipts root of the height; only in a finality certificate.",
        ),
        field("signers", Kind::List(&Kind::Object(&SIGNER)), "Who signed."),
        field(
            "encoded",
            Kind::Base64,
            "The certificate in borsh, with signatures and shares, for verification.",
        ),
    ],
};

pub(crate) static SIGNER: Record = Record {
    name: "Signer",
    fields: &[
        field("index", Kind::Integer, "Position in the set of the certificate's height."),
        maybe("validator", Kind::Address, "Who; absent if the node no longer knows that set."),
        field("power", Kind::Decimal, "Its weight."),
    ],
};

pub(crate) static EVIDENCE: Record = Record {
    name: "Evidence",
    fields: &[
        field("validator", Kind::Address, "Who signed twice."),
        field("height", Kind::Decimal, "At which height."),
        field("round", Kind::Integer, "In which round."),
        field("step", Kind::Text, "`proposal`, `prevote`, `precommit` or `seal`."),
        maybe("value_a", Kind::Hash, "The first value; absent for nil."),
        maybe("value_b", Kind::Hash, "The second value."),
        field("encoded", Kind::Base64, "The evidence in borsh, for verification."),
    ],
};

pub(crate) static CONSENSUS: Record = Record {
    name: "Consensus",
    fields: &[
        field("height", Kind::Decimal, "The height in progress."),
        field("round", Kind::Integer, "Its round."),
        field(
            "step",
            Kind::Text,
            "`proposal`, `prevote`, `precommit`, or `waiting` between heights.",
        ),
        field("since_ms", Kind::Decimal, "Wall clock since which this round lasts."),
        field("waiting_ms", Kind::Decimal, "How long that is."),
        maybe("proposer", Kind::Address, "Who proposes in this round."),
        field("power_total", Kind::Decimal, "All power."),
        field("power_needed", Kind::Decimal, "Least power that is more than two thirds."),
        field(
            "power_present",
            Kind::Decimal,
            "Power of this node and of the validators that are connected and answer.",
        ),
        field(
            "unconnected",
            Kind::List(&Kind::Address),
            "Validators that are neither this node nor connected and answering.",
        ),
        field("votes", Kind::List(&Kind::Object(&STEP_POWER)), "The votes of this round."),
        field("finalized", Kind::Decimal, "Newest final height."),
        maybe(
            "alarm",
            Kind::Decimal,
            "Height at which more than a third sealed other roots than this node's.",
        ),
        field(
            "abstentions",
            Kind::Decimal,
            "Messages of this validator that were due since the start and were not signed.",
        ),
        field("diagnosis", Kind::Text, "What all this means, in one sentence."),
    ],
};

pub(crate) static STEP_POWER: Record = Record {
    name: "StepPower",
    fields: &[
        field("step", Kind::Text, "`prevote` or `precommit`."),
        field("power", Kind::Decimal, "Power of those whose vote is there."),
        field("missing", Kind::List(&Kind::Address), "Validators whose vote is not."),
    ],
};

pub(crate) static MEMPOOL_INFO: Record = Record {
    name: "MempoolInfo",
    fields: &[
        field("txs", Kind::Decimal, "How many wait."),
        field("bytes", Kind::Decimal, "Their bytes."),
        field("max_txs", Kind::Decimal, "Most that may wait."),
        field("max_bytes", Kind::Decimal, "Most bytes that may wait."),
        field("senders", Kind::Decimal, "How many senders they have."),
    ],
};

pub(crate) static NET_INFO: Record = Record {
    name: "NetInfo",
    fields: &[
        field("network_key", Kind::Hash, "This node's network key."),
        field("listen", Kind::List(&Kind::Text), "Where it listens."),
        field("peers", Kind::List(&Kind::Object(&PEER)), "Connected peers."),
    ],
};

pub(crate) static PEER: Record = Record {
    name: "Peer",
    fields: &[
        field("network_key", Kind::Hash, "Its network key."),
        field("tip", Kind::Decimal, "Its newest committed height, as far as it said."),
        maybe("validator", Kind::Hash, "The validator it runs, by the 32 bytes of its id."),
    ],
};

pub(crate) static STATUS: Record = Record {
    name: "Status",
    fields: &[
        field("chain", Kind::Object(&CHAIN), "The chain."),
        field("version", Kind::Text, "Version of the program."),
        field("protocol", Kind::Integer, "Protocol that rules the next height."),
        field("tip", Kind::Object(&BLOCK_REFERENCE), "Newest committed block."),
        field("finalized", Kind::Object(&BLOCK_REFERENCE), "Newest final block."),
        field("oldest", Kind::Decimal, "Oldest height whose block and receipts are kept."),
        field("ready", Kind::Boolean, "Whether the node follows the chain and can serve."),
        field("not_ready", Kind::List(&Kind::Text), "Why not."),
        maybe("validator", Kind::Address, "The validator that this node runs."),
        maybe("observer", Kind::Text, "Why that validator signs nothing for now."),
        maybe(
            "sync",
            Kind::Object(&SYNC_PROGRESS),
            "How far catching up has come, while this node is behind.",
        ),
    ],
};

pub(crate) static SYNC_PROGRESS: Record = Record {
    name: "SyncProgress",
    fields: &[
        field("from", Kind::Decimal, "The tip it began at."),
        field("target", Kind::Decimal, "Height that peers have."),
        field("elapsed_ms", Kind::Decimal, "How long it has taken."),
        field("per_second", Kind::Decimal, "Heights a second so far."),
        maybe("remaining_ms", Kind::Decimal, "How long the rest takes at that pace."),
    ],
};

pub(crate) static CHAIN: Record = Record {
    name: "Chain",
    fields: &[
        field("name", Kind::Text, "CAIP-2 name."),
        field("chain_id", Kind::Hash, "Its identity: name and salt."),
        field("genesis_hash", Kind::Hash, "Block id of header 0."),
        field("prefix", Kind::Text, "What its addresses begin with."),
    ],
};

pub(crate) static BLOCK_REFERENCE: Record = Record {
    name: "BlockReference",
    fields: &[
        field("height", Kind::Decimal, "Its height."),
        field("block_id", Kind::Hash, "Its id."),
        field("time_ms", Kind::Decimal, "Its time."),
    ],
};

pub(crate) static SUPPLY: Record = Record {
    name: "Supply",
    fields: &[
        field("height", Kind::Decimal, "The height whose state was read."),
        field("supply", Kind::Decimal, "The sum of all balances and bonds."),
    ],
};

pub(crate) static VALIDATORS: Record = Record {
    name: "Validators",
    fields: &[
        field("height", Kind::Decimal, "The height asked for."),
        field("since", Kind::Decimal, "First height of this set."),
        field("total_power", Kind::Decimal, "All power."),
        field("quorum_power", Kind::Decimal, "Least power that is more than two thirds."),
        field(
            "validators",
            Kind::List(&Kind::Object(&VALIDATOR_ENTRY)),
            "The validators, ascending by id.",
        ),
        field("encoded", Kind::Base64, "The set in borsh, for verification."),
    ],
};

pub(crate) static VALIDATOR_ENTRY: Record = Record {
    name: "ValidatorEntry",
    fields: &[
        field("index", Kind::Integer, "Position in the set."),
        field("id", Kind::Address, "Who."),
        field("consensus_key", Kind::Hash, "V: signs votes, proposals and seals."),
        field("commitment", Kind::Hash, "C: commits to the reveal secret."),
        field("randomness_key", Kind::Hash, "Y: proves randomness."),
        field("power", Kind::Decimal, "Weight."),
    ],
};

pub(crate) static VALIDATOR: Record = Record {
    name: "Validator",
    fields: &[
        field("id", Kind::Address, "Who."),
        field("active", Kind::Boolean, "Whether it is in the set of the next height."),
        field(
            "status",
            Kind::Choice(&["candidate", "admitted", "active", "leaving", "revealed", "left"]),
            "Where it is between registration and the return of its bond.",
        ),
        maybe("last_height", Kind::Decimal, "The last height that it may sign, once fixed."),
        field("consensus_key", Kind::Hash, "V."),
        field("commitment", Kind::Hash, "C."),
        field("randomness_key", Kind::Hash, "Y."),
        field("network_key", Kind::Hash, "libp2p key."),
        field("member", Kind::Text, "The member it belongs to."),
        field("operator", Kind::Address, "Gets rewards and the bond back."),
        field("power", Kind::Decimal, "Weight."),
        field("bond", Kind::Decimal, "Held in escrow."),
        field("joined", Kind::Decimal, "First height of its present membership."),
        field(
            "signed",
            Kind::Decimal,
            "Highest height whose precommits in the chain hold one of its own.",
        ),
        field("attestations", Kind::Integer, "Attestations of its sealed identity."),
    ],
};

pub(crate) static PARAMETERS: Record = Record {
    name: "Parameters",
    fields: &[
        field("height", Kind::Decimal, "The height whose state was read."),
        field("hash", Kind::Hash, "As headers carry it."),
        field("values", Kind::List(&Kind::Object(&PARAMETER)), "The numbers."),
        field(
            "send",
            Kind::Text,
            "Who may send: `anyone`, or `role` for holders of the role user.",
        ),
        field(
            "deploy",
            Kind::Text,
            "Who may deploy: `anyone`, or `role` for holders of the role deployer.",
        ),
    ],
};

pub(crate) static PARAMETER: Record = Record {
    name: "Parameter",
    fields: &[
        field("name", Kind::Text, "Its name."),
        field("value", Kind::Decimal, "Its value."),
        field("unit", Kind::Text, "Its unit."),
        field("minimum", Kind::Decimal, "Its smallest value."),
        field("maximum", Kind::Decimal, "Its largest value."),
        field("meaning", Kind::Text, "What it does."),
    ],
};

pub(crate) static GENESIS_CHUNK: Record = Record {
    name: "GenesisChunk",
    fields: &[
        field("chunk", Kind::Integer, "Which part, from 0."),
        field("chunks", Kind::Integer, "How many there are."),
        field("hash", Kind::Hash, "`H(\"genesis\", Genesis)` of the whole."),
        field("bytes", Kind::Base64, "The part of the borsh encoding."),
    ],
};

pub(crate) static MEMBERS: Record = Record {
    name: "Members",
    fields: &[
        field("height", Kind::Decimal, "The height whose state was read."),
        field("members", Kind::List(&Kind::Object(&MEMBER)), "Its members, ascending by id."),
    ],
};

pub(crate) static MEMBER: Record = Record {
    name: "Member",
    fields: &[
        field("id", Kind::Text, "Short identifier."),
        field("name", Kind::Text, "Name for people."),
        field("account", Kind::Address, "Its voice in governance."),
        field("network_keys", Kind::List(&Kind::Hash), "libp2p keys it may connect with."),
    ],
};

pub(crate) static RECEIPTS: Record = Record {
    name: "Receipts",
    fields: &[
        field("height", Kind::Decimal, "The height."),
        field("block_id", Kind::Hash, "The block."),
        field("count", Kind::Integer, "How many receipts the height has."),
        field("from", Kind::Integer, "Number of the first one given."),
        field("receipts", Kind::List(&Kind::Object(&RECEIPT)), "The receipts, in order."),
        field(
            "finalized",
            Kind::Boolean,
            "Whether this node holds a finality certificate of this or a later height.",
        ),
    ],
};

pub(crate) static RECEIPT: Record = Record {
    name: "ReceiptView",
    fields: &[
        field("kind", Kind::Text, "`evidence`, `transaction` or `set_change`."),
        maybe("tx_hash", Kind::Hash, "The transaction, if it is one."),
        field("status", Kind::Text, "`succeeded` or `failed`."),
        field("code", Kind::Text, "`OK`, or why it failed."),
        field("gas_used", Kind::Decimal, "Gas used."),
        field("fee", Kind::Decimal, "Fee charged."),
        field("events", Kind::List(&Kind::Object(&EVENT)), "What happened."),
        field(
            "return_hash",
            Kind::Hash,
            "Hash of what the last call returned, or of a contract's `Failure`; zero if nothing.",
        ),
        maybe("returned", Kind::Base64, "What the last call returned, in borsh."),
        maybe("failure", Kind::Object(&FAILURE), "What the contract says that refused."),
    ],
};

pub(crate) static EVENT: Record = Record {
    name: "EventView",
    fields: &[
        field("source", Kind::Address, "The module or contract that says so."),
        field("name", Kind::Text, "Its name, such as `bank.Transfer`."),
        maybe(
            "fields",
            Kind::Variants(&EVENT_FIELDS),
            "Its fields, if they are those of a native event.",
        ),
        field("bytes", Kind::Base64, "Its fields in borsh."),
    ],
};

pub(crate) static TRANSACTION: Record = Record {
    name: "Transaction",
    fields: &[
        field("tx", Kind::Object(&TX), "The transaction."),
        field("height", Kind::Decimal, "The height it is in."),
        field("block_id", Kind::Hash, "The block it is in."),
        field("time_ms", Kind::Decimal, "That block's time."),
        field("receipt_index", Kind::Integer, "Its receipt's number at that height."),
        field("receipt", Kind::Object(&RECEIPT), "What became of it."),
        field(
            "finalized",
            Kind::Boolean,
            "Whether this node holds a finality certificate of this or a later height.",
        ),
        maybe("proof", Kind::Object(&RECEIPT_PROOF), "Proof of the receipt, if asked for."),
    ],
};

pub(crate) static TX: Record = Record {
    name: "TxView",
    fields: &[
        maybe("hash", Kind::Hash, "Its hash; none while nobody has signed it."),
        field("signing_hash", Kind::Hash, "The 32 bytes that are signed."),
        field("chain_id", Kind::Hash, "The chain it is for."),
        field("sender", Kind::Address, "Whose calls they are."),
        field("lane", Kind::Integer, "Its lane."),
        field("nonce", Kind::Decimal, "Its place in the lane."),
        field("valid_until_ms", Kind::Decimal, "Block time after which it is void."),
        field("gas_limit", Kind::Decimal, "Most gas it may use."),
        field("fee_limit", Kind::Decimal, "Most fee it may cost."),
        maybe("payer", Kind::Address, "Who pays instead of the sender."),
        field("reference", Kind::Hex, "The sender's own bytes."),
        field("calls", Kind::List(&Kind::Variants(&CALL)), "What it asks for."),
        maybe("auth", Kind::Variants(&AUTH), "Who authorises it."),
        maybe("payer_auth", Kind::Variants(&AUTH), "Who authorises the payment."),
    ],
};

pub(crate) static SIMULATION: Record = Record {
    name: "Simulation",
    fields: &[
        field("height", Kind::Decimal, "The height whose state was read."),
        field("receipt", Kind::Object(&RECEIPT), "What would become of it."),
        maybe("log", Kind::List(&Kind::Text), "What contracts logged, up to 64 lines."),
    ],
};

pub(crate) static BATCH_OUTCOME: Record = Record {
    name: "BatchOutcome",
    fields: &[
        field("hash", Kind::Hash, "Its hash."),
        maybe("error", Kind::Object(&FAULT), "Why it was refused; absent if the pool took it."),
    ],
};

pub(crate) static FAULT: Record = Record {
    name: "Fault",
    fields: &[
        field("code", Kind::Anything, "The number."),
        field("message", Kind::Text, "What is wrong, in a sentence with the values."),
        maybe("data", Kind::Object(&FAULT_INFO), "The same for programs."),
    ],
};

pub(crate) static FAULT_INFO: Record = Record {
    name: "FaultInfo",
    fields: &[
        field("code", Kind::Text, "Stable name of the registry [`Code`]."),
        maybe("field", Kind::Text, "The field or parameter it is about."),
        maybe("value", Kind::Text, "Its value."),
        maybe("limit", Kind::Text, "What would have been allowed."),
    ],
};

pub(crate) static FILTER: Record = Record {
    name: "EventFilter",
    fields: &[
        maybe("source", Kind::Address, "Those of this module or contract."),
        maybe("name", Kind::Text, "Those whose name begins so."),
        maybe("account", Kind::Address, "Native ones that name this account."),
    ],
};

pub(crate) static SUBSCRIBED: Record = Record {
    name: "Subscribed",
    fields: &[
        field("subscription", Kind::Integer, "The number of the subscription on this connection."),
        field("from", Kind::Cursor, "Where the stream begins."),
        field("chain_id", Kind::Hash, "The node's chain."),
    ],
};
