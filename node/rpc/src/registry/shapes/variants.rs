//! Objects of several forms: calls, events, where a transaction is.

use super::FAILURE;
use crate::schema::{Field, Kind, Variants, field, maybe};

pub(crate) static CALL: Variants = Variants {
    name: "CallView",
    tag: "call",
    forms: &[
        (
            "transfer",
            &[
                field("to", Kind::Address, "Who receives."),
                field("amount", Kind::Decimal, "How much."),
            ],
        ),
        (
            "grant_role",
            &[
                field("account", Kind::Address, "Who gets it."),
                field("role", Kind::Text, "Which."),
                maybe("expires_ms", Kind::Decimal, "Block time from which it no longer counts."),
            ],
        ),
        (
            "revoke_role",
            &[
                field("account", Kind::Address, "Who loses it."),
                field("role", Kind::Text, "Which."),
            ],
        ),
        (
            "membership",
            &[
                field(
                    "action",
                    Kind::Text,
                    "`propose`, `vote`, `register`, `leave`, `ready` or `rotate`.",
                ),
                field("details", Kind::Anything, "With what: a text for each name."),
            ],
        ),
        (
            "deploy",
            &[
                field("code_hash", Kind::Hash, "BLAKE3 of the code."),
                field("bytes", Kind::Decimal, "Its size."),
            ],
        ),
        (
            "instantiate",
            &[
                field("contract", Kind::Address, "The address it gets."),
                field("code_hash", Kind::Hash, "BLAKE3 of its code."),
                field("salt", Kind::Hex, "Tells the sender's contracts apart."),
                maybe("admin", Kind::Address, "Who may upgrade and pause it."),
                field("input", Kind::Base64, "What `init` is given, in borsh."),
                field("value", Kind::Decimal, "Money that goes along."),
            ],
        ),
        (
            "call",
            &[
                field("contract", Kind::Address, "Which contract."),
                field("method", Kind::Text, "Which method."),
                field("input", Kind::Base64, "What it is given, in borsh."),
                field("value", Kind::Decimal, "Money that goes along."),
            ],
        ),
        (
            "upgrade",
            &[
                field("contract", Kind::Address, "Which contract."),
                field("code_hash", Kind::Hash, "BLAKE3 of the new code."),
                field("input", Kind::Base64, "What `migrate` is given, in borsh."),
            ],
        ),
        (
            "pause_contract",
            &[
                field("contract", Kind::Address, "Which contract."),
                field("paused", Kind::Boolean, "Whether calls stop."),
            ],
        ),
    ],
};

pub(crate) static AUTH: Variants = Variants {
    name: "AuthView",
    tag: "kind",
    forms: &[
        ("ed25519", &[field("key", Kind::Hash, "The key.")]),
        (
            "multi",
            &[
                field("threshold", Kind::Integer, "How many must sign."),
                field("keys", Kind::List(&Kind::Hash), "All keys."),
                field("signed", Kind::List(&Kind::Integer), "Positions of those that signed."),
            ],
        ),
    ],
};

const OUTCOME: &[Field] = &[
    field("height", Kind::Decimal, "The height it is in."),
    field("receipt", Kind::Integer, "Its receipt's number at that height."),
    field("code", Kind::Text, "`OK`, or why it failed."),
    field("gas_used", Kind::Decimal, "Gas used."),
    field("fee", Kind::Decimal, "Fee charged."),
    maybe("returned", Kind::Base64, "What the last call returned, in borsh."),
    maybe("failure", Kind::Object(&FAILURE), "What the contract says that refused."),
];

const SUBMITTED_OUTCOME: &[Field] = &[
    field("hash", Kind::Hash, "The transaction."),
    field("height", Kind::Decimal, "The height it is in."),
    field("receipt", Kind::Integer, "Its receipt's number at that height."),
    field("code", Kind::Text, "`OK`, or why it failed."),
    field("gas_used", Kind::Decimal, "Gas used."),
    field("fee", Kind::Decimal, "Fee charged."),
    maybe("returned", Kind::Base64, "What the last call returned, in borsh."),
    maybe("failure", Kind::Object(&FAILURE), "What the contract says that refused."),
];

pub(crate) static TX_STATE: Variants = Variants {
    name: "TxState",
    tag: "status",
    forms: &[
        ("pending", &[maybe("position", Kind::Decimal, "How many stand before it.")]),
        ("committed", OUTCOME),
        ("final", OUTCOME),
        ("dropped", &[field("code", Kind::Text, "Why.")]),
        ("expired", &[]),
        ("unknown", &[]),
    ],
};

pub(crate) static SUBMITTED: Variants = Variants {
    name: "Submitted",
    tag: "status",
    forms: &[
        (
            "pending",
            &[
                field("hash", Kind::Hash, "The transaction."),
                maybe("position", Kind::Decimal, "How many stand before it."),
            ],
        ),
        ("committed", SUBMITTED_OUTCOME),
        ("final", SUBMITTED_OUTCOME),
        (
            "dropped",
            &[field("hash", Kind::Hash, "The transaction."), field("code", Kind::Text, "Why.")],
        ),
        ("expired", &[field("hash", Kind::Hash, "The transaction.")]),
        ("unknown", &[field("hash", Kind::Hash, "The transaction.")]),
    ],
};
