//! The shapes of native events' fields.

use crate::registry::evidence_shapes::FORFEIT;
use crate::schema::{Kind, Variants, field, maybe};

pub(crate) static EVENT_FIELDS: Variants = Variants {
    name: "EventFields",
    tag: "event",
    forms: &[
        (
            "transfer",
            &[
                field("from", Kind::Address, "Who paid."),
                field("to", Kind::Address, "Who received."),
                field("amount", Kind::Decimal, "How much."),
            ],
        ),
        (
            "role_granted",
            &[
                field("account", Kind::Address, "Who got it."),
                field("role", Kind::Text, "Which."),
                maybe("expires_ms", Kind::Decimal, "Until when."),
                field("by", Kind::Address, "Who gave it."),
            ],
        ),
        (
            "role_revoked",
            &[
                field("account", Kind::Address, "Who lost it."),
                field("role", Kind::Text, "Which."),
                field("by", Kind::Address, "Who took it."),
            ],
        ),
        (
            "revealed",
            &[
                field("validator", Kind::Address, "Who signed twice."),
                field("evidence", Kind::Hash, "The offence."),
                field("height", Kind::Decimal, "At which height."),
                field("round", Kind::Integer, "In which round."),
                field("step", Kind::Text, "`proposal`, `prevote`, `precommit` or `seal`."),
                maybe("legal_name", Kind::Text, "The name that the sealed identity opened to."),
                field("forfeit", Kind::Object(&FORFEIT), "What became of the bond."),
            ],
        ),
        (
            "set_changed",
            &[
                field("from", Kind::Decimal, "The first height that the new set signs."),
                field("joined", Kind::List(&Kind::Address), "Who joins."),
                field("left", Kind::List(&Kind::Address), "Who goes."),
                field("power", Kind::Decimal, "All power of the new set."),
            ],
        ),
        (
            "bond_paid",
            &[
                field("validator", Kind::Address, "Whose bond."),
                field("to", Kind::Address, "Its operator."),
                field("amount", Kind::Decimal, "What was left of it."),
            ],
        ),
        (
            "deployed",
            &[
                field("code_hash", Kind::Hash, "BLAKE3 of the code."),
                field("by", Kind::Address, "Who deployed it."),
            ],
        ),
        (
            "instantiated",
            &[
                field("contract", Kind::Address, "The new contract."),
                field("code_hash", Kind::Hash, "BLAKE3 of its code."),
                field("creator", Kind::Address, "Who made it."),
                maybe("admin", Kind::Address, "Who may upgrade and pause it."),
            ],
        ),
        (
            "upgraded",
            &[
                field("contract", Kind::Address, "The contract."),
                field("from", Kind::Hash, "BLAKE3 of the code before."),
                field("to", Kind::Hash, "BLAKE3 of the code from now on."),
                field("by", Kind::Address, "Its admin."),
            ],
        ),
        (
            "paused",
            &[
                field("contract", Kind::Address, "The contract."),
                field("paused", Kind::Boolean, "Whether calls stop; else they go on."),
                field("by", Kind::Address, "Its admin, or the member whose vote decided it."),
            ],
        ),
        (
            "status_changed",
            &[
                field("validator", Kind::Address, "Who."),
                field("status", Kind::Text, "Where it is now."),
            ],
        ),
        (
            "keys_rotated",
            &[
                field("validator", Kind::Address, "Whose."),
                field("consensus_key", Kind::Hash, "V from now on."),
                field("from", Kind::Decimal, "The first height that it may sign."),
            ],
        ),
        (
            "proposed",
            &[
                field("proposal", Kind::Decimal, "The proposal's number."),
                field("member", Kind::Text, "Which member proposed it."),
                field("motion", Kind::Text, "What it is about."),
            ],
        ),
        (
            "voted",
            &[
                field("proposal", Kind::Decimal, "The proposal's number."),
                field("member", Kind::Text, "Which member."),
                field("approve", Kind::Boolean, "For or against it."),
            ],
        ),
        (
            "decided",
            &[
                field("proposal", Kind::Decimal, "The proposal's number."),
                field("passed", Kind::Boolean, "Whether it took effect."),
                field("reason", Kind::Text, "Why not; empty if it was voted down."),
            ],
        ),
    ],
};
