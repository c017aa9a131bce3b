//! The method table: the one place where a method is named, documented and tied to its code.

use crate::access::Scope;
use crate::answer::Outcome;
use crate::context::Context;
use crate::methods::{account, block, chain, contract, evidence, governance, node, tx};
use crate::schema::{Field, Kind, field, maybe};
use client::dto::Fault;
use futures::future::BoxFuture;
use std::sync::Arc;

mod event_shapes;
mod evidence_shapes;
mod governance_shapes;
mod shapes;

use shapes as shape;

/// A method.
pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) scope: Scope,
    pub(crate) summary: &'static str,
    pub(crate) params: &'static [Field],
    pub(crate) result: Kind,
    pub(crate) handler: Handler,
}

/// How a method is carried out.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    /// At once: a few reads.
    Quick(fn(&Context, &str) -> Outcome),
    /// By asking the node's loop.
    Asking(fn(&Arc<Context>, &str) -> Result<BoxFuture<'static, Outcome>, Fault>),
    /// On a thread of its own: many reads, or computing.
    Heavy(fn(&Context, &str) -> Outcome),
    /// By waiting for a transaction.
    Waiting(fn(&Arc<Context>, &str) -> Result<BoxFuture<'static, Outcome>, Fault>),
    /// Over a WebSocket, which carries it out itself.
    Stream,
}

/// The method of this name.
pub(crate) fn find(name: &str) -> Option<&'static Method> {
    let at = METHODS.binary_search_by_key(&name, |method| method.name).ok()?;
    METHODS.get(at)
}

const HEIGHT: Field = maybe("height", Kind::Decimal, "The height; the newest if left out.");
const ADDRESS: Field = field("address", Kind::Address, "The account.");
const HASH: Field = field("hash", Kind::Hash, "The transaction.");
const CONTRACT: Field = field("contract", Kind::Address, "The contract.");
const BLOCK: [Field; 2] =
    [HEIGHT, maybe("hash", Kind::Hash, "The block id, instead of the height.")];

const fn read(
    name: &'static str,
    summary: &'static str,
    params: &'static [Field],
    result: Kind,
    handler: Handler,
) -> Method {
    Method { name, scope: Scope::Read, summary, params, result, handler }
}

/// Every method, ascending by name.
pub(crate) static METHODS: &[Method] = &[
    read(
        "account",
        "An account's balance and next nonce, with a proof if asked for.",
        &[ADDRESS, maybe("prove", Kind::Boolean, "Whether to prove its record.")],
        Kind::Object(&shape::ACCOUNT),
        Handler::Heavy(account::account),
    ),
    read(
        "account_history",
        "What touched an account, newest first, in pages.",
        &[
            ADDRESS,
            maybe("cursor", Kind::Cursor, "`next` of the page before."),
            maybe("limit", Kind::Integer, "How many at most, 1 to 100; 20 if left out."),
        ],
        Kind::Object(&shape::HISTORY),
        Handler::Heavy(account::history),
    ),
    Method {
        name: "admin_log_filter",
        scope: Scope::Admin,
        summary: "Let the log show other things from now on.",
        params: &[field("filter", Kind::Text, "Such as `info,consensus=debug`.")],
        result: Kind::Boolean,
        handler: Handler::Quick(node::log_filter),
    },
    Method {
        name: "admin_stop",
        scope: Scope::Admin,
        summary: "End the node in good order.",
        params: &[],
        result: Kind::Boolean,
        handler: Handler::Quick(node::stop),
    },
    read(
        "block",
        "A block with the hashes of its transactions.",
        &BLOCK,
        Kind::Object(&shape::BLOCK),
        Handler::Heavy(block::block),
    ),
    read(
        "blocks",
        "A run of blocks, ascending, as far as there are.",
        &[
            field("from", Kind::Decimal, "The first height."),
            maybe("count", Kind::Integer, "How many, 1 to 100; 20 if left out."),
        ],
        Kind::List(&Kind::Object(&shape::BLOCK_SUMMARY)),
        Handler::Heavy(block::blocks),
    ),
    read(
        "commit",
        "The precommits that decided a height.",
        &[HEIGHT],
        Kind::Object(&shape::CERTIFICATE),
        Handler::Quick(block::commit),
    ),
    read(
        "consensus",
        "What consensus is doing, whose votes are missing, and what that means.",
        &[],
        Kind::Object(&shape::CONSENSUS),
        Handler::Quick(node::consensus),
    ),
    read(
        "contract_abi",
        "A contract's interface: the section `abi` of its module.",
        &[CONTRACT],
        Kind::Object(&shape::CONTRACT_ABI),
        Handler::Heavy(contract::abi),
    ),
    read(
        "contract_code",
        "Deployed code.",
        &[field("code_hash", Kind::Hash, "BLAKE3 of the code.")],
        Kind::Object(&shape::CONTRACT_CODE),
        Handler::Heavy(contract::get_code),
    ),
    read(
        "contract_get",
        "A contract: its code, admin, balance, and whether it is paused.",
        &[CONTRACT],
        Kind::Object(&shape::CONTRACT),
        Handler::Heavy(contract::get),
    ),
    read(
        "contract_list",
        "Contracts in pages, in the order of their addresses' bytes.",
        &[
            maybe("after", Kind::Address, "The last contract of the page before."),
            maybe("limit", Kind::Integer, "How many at most, 1 to 100; 20 if left out."),
        ],
        Kind::List(&Kind::Object(&shape::CONTRACT)),
        Handler::Heavy(contract::list),
    ),
    read(
        "contract_view",
        "Ask a contract's view, on the newest state.",
        &[
            CONTRACT,
            field("method", Kind::Text, "Which view, without `view:`."),
            maybe("input", Kind::Base64, "Borsh of its arguments in order."),
            maybe("caller", Kind::Address, "Who asks; nobody in particular if left out."),
            maybe("gas", Kind::Decimal, "Most gas that the answer may take, up to 60,000,000."),
            maybe("height", Kind::Decimal, "The newest height, for who wants no other."),
        ],
        Kind::Object(&shape::CONTRACT_ANSWER),
        Handler::Heavy(contract::ask),
    ),
    read(
        "events_subscribe",
        "Follow events from a cursor on: each exactly once, in order. Only over a WebSocket.",
        &[
            maybe("from", Kind::Cursor, "The stream begins right after it; now if left out."),
            maybe("finality", Kind::Choice(&["final", "committed"]), "Which heights."),
            maybe("filter", Kind::Object(&shape::FILTER), "Which events."),
        ],
        Kind::Object(&shape::SUBSCRIBED),
        Handler::Stream,
    ),
    read(
        "events_unsubscribe",
        "End a stream of events. Only over a WebSocket.",
        &[field("subscription", Kind::Integer, "What `events_subscribe` answered.")],
        Kind::Boolean,
        Handler::Stream,
    ),
    read(
        "evidence",
        "How a validator that signed twice ended: the pair, the identity it opened, the bond.",
        &[field("id", Kind::Address, "The validator.")],
        Kind::Object(&evidence_shapes::REVEAL),
        Handler::Quick(evidence::reveal),
    ),
    read(
        "evidence_list",
        "Every validator that signed twice.",
        &[],
        Kind::Object(&evidence_shapes::REVEALS),
        Handler::Heavy(evidence::list),
    ),
    Method {
        name: "evidence_submit",
        scope: Scope::Submit,
        summary: "Hand in a double sign: it is verified, passed on, and punished by a next block.",
        params: &[field("evidence", Kind::Base64, "The evidence in borsh.")],
        result: Kind::Object(&evidence_shapes::EVIDENCE_ACCEPTED),
        handler: Handler::Asking(evidence::submit),
    },
    read(
        "finality",
        "The seals that make a height final, and its roots; the newest held if no height is given.",
        &[HEIGHT],
        Kind::Object(&shape::CERTIFICATE),
        Handler::Quick(block::finality),
    ),
    read(
        "genesis",
        "A part of the encoded genesis.",
        &[maybe("chunk", Kind::Integer, "Which part, from 0.")],
        Kind::Object(&shape::GENESIS_CHUNK),
        Handler::Heavy(chain::genesis),
    ),
    read(
        "header",
        "A header.",
        &BLOCK,
        Kind::Object(&shape::HEADER),
        Handler::Quick(block::header),
    ),
    read(
        "members",
        "The consortium.",
        &[],
        Kind::Object(&shape::MEMBERS),
        Handler::Heavy(chain::members),
    ),
    read(
        "mempool_info",
        "How full this node's pool is.",
        &[],
        Kind::Object(&shape::MEMPOOL_INFO),
        Handler::Asking(node::mempool_info),
    ),
    read(
        "net_info",
        "The peers of this node.",
        &[],
        Kind::Object(&shape::NET_INFO),
        Handler::Asking(node::net_info),
    ),
    read(
        "nonce",
        "The next nonce of one lane of an account.",
        &[ADDRESS, maybe("lane", Kind::Integer, "0 to 63; 0 if left out.")],
        Kind::Object(&shape::NONCE),
        Handler::Asking(account::nonce),
    ),
    read(
        "params",
        "The parameters in force, with unit, bounds and meaning.",
        &[],
        Kind::Object(&shape::PARAMETERS),
        Handler::Heavy(chain::parameters),
    ),
    read(
        "proposals",
        "What the members proposed, whose votes there are, and what became of it.",
        &[],
        Kind::Object(&governance_shapes::PROPOSALS),
        Handler::Heavy(governance::proposals),
    ),
    read(
        "receipts",
        "What became of the entries of a block.",
        &[
            field("height", Kind::Decimal, "The height."),
            maybe("from", Kind::Integer, "The first receipt; 0 if left out."),
            maybe("count", Kind::Integer, "How many at most, 1 to 1,000; 100 if left out."),
        ],
        Kind::Object(&shape::RECEIPTS),
        Handler::Heavy(block::receipts),
    ),
    read(
        "roles",
        "The roles of an account.",
        &[field("account", Kind::Address, "The account.")],
        Kind::Object(&shape::ROLES),
        Handler::Heavy(account::roles),
    ),
    read("rpc.discover", "This document.", &[], Kind::Anything, Handler::Heavy(node::discover)),
    read(
        "state_get",
        "A value of state by raw key, with a proof at a final height if asked for.",
        &[
            field("key", Kind::Hex, "The raw key: space, contract, key."),
            maybe(
                "height",
                Kind::Decimal,
                "Of the proof: one of the last 32, the newest final one if left out.",
            ),
            maybe("prove", Kind::Boolean, "Whether to prove it."),
        ],
        Kind::Object(&shape::STATE_VALUE),
        Handler::Heavy(account::state),
    ),
    read(
        "status",
        "Which chain this node is on, and where it stands.",
        &[],
        Kind::Object(&shape::STATUS),
        Handler::Quick(chain::status),
    ),
    read(
        "supply",
        "All native money there is.",
        &[],
        Kind::Object(&shape::SUPPLY),
        Handler::Quick(chain::supply),
    ),
    read(
        "transaction",
        "A transaction in a block with its receipt, and a proof of that if asked for.",
        &[HASH, maybe("prove", Kind::Boolean, "Whether to prove its receipt.")],
        Kind::Object(&shape::TRANSACTION),
        Handler::Heavy(tx::transaction),
    ),
    read(
        "tx_decode",
        "Read an encoded transaction, signed or not.",
        &[field("tx", Kind::Base64, "The encoded transaction.")],
        Kind::Object(&shape::TX),
        Handler::Heavy(tx::decode),
    ),
    read(
        "tx_simulate",
        "What a transaction would do now; signatures play no part.",
        &[field("tx", Kind::Base64, "The encoded transaction, signed or not.")],
        Kind::Object(&shape::SIMULATION),
        Handler::Heavy(tx::simulate),
    ),
    read(
        "tx_status",
        "Where a transaction is.",
        &[HASH, maybe("valid_until_ms", Kind::Decimal, "Lets any node tell that it expired.")],
        Kind::Variants(&shape::TX_STATE),
        Handler::Asking(tx::status),
    ),
    Method {
        name: "tx_submit",
        scope: Scope::Submit,
        summary: "Submit a signed transaction and wait for it. Submitting it again is no error.",
        params: &[
            field("tx", Kind::Base64, "The encoded signed transaction."),
            maybe("wait", Kind::Choice(&["none", "committed", "final"]), "How far to wait."),
            maybe(
                "timeout_ms",
                Kind::Integer,
                "For how long at most, up to 30,000; then it answers pending.",
            ),
        ],
        result: Kind::Variants(&shape::SUBMITTED),
        handler: Handler::Waiting(tx::submit),
    },
    Method {
        name: "tx_submit_batch",
        scope: Scope::Submit,
        summary: "Submit up to 1,000 signed transactions; one outcome for each, in order.",
        params: &[field("txs", Kind::List(&Kind::Base64), "The encoded signed transactions.")],
        result: Kind::List(&Kind::Object(&shape::BATCH_OUTCOME)),
        handler: Handler::Waiting(tx::submit_batch),
    },
    read(
        "validator",
        "What is registered about a validator.",
        &[field("id", Kind::Address, "The validator.")],
        Kind::Object(&shape::VALIDATOR),
        Handler::Quick(chain::validator),
    ),
    read(
        "validators",
        "The validator set of a height; that of the next height if none is given.",
        &[HEIGHT],
        Kind::Object(&shape::VALIDATORS),
        Handler::Quick(chain::validators),
    ),
    read(
        "validators_registered",
        "Every validator that was ever registered, and where it is.",
        &[],
        Kind::Object(&governance_shapes::REGISTERED),
        Handler::Heavy(governance::registered),
    ),
];

#[cfg(test)]
mod tests;
