//! The shapes of proposals and registered validators.

use crate::schema::{Kind, Record, field, maybe};

pub(crate) static PROPOSALS: Record = Record {
    name: "Proposals",
    fields: &[
        field("height", Kind::Decimal, "The height whose state was read."),
        field("members", Kind::Integer, "How many members there are."),
        field("needed", Kind::Integer, "How many of them decide."),
        field("proposals", Kind::List(&Kind::Object(&PROPOSAL)), "Ascending by number."),
    ],
};

static PROPOSAL: Record = Record {
    name: "Proposal",
    fields: &[
        field("number", Kind::Decimal, "Its number."),
        field("motion", Kind::Text, "What is proposed, in one word."),
        field("details", Kind::Anything, "With what: a text for each name."),
        field("proposer", Kind::Text, "The member that proposed it."),
        field("expires_ms", Kind::Decimal, "Block time after which nobody may vote."),
        field("approved_by", Kind::List(&Kind::Text), "Members for it."),
        field("refused_by", Kind::List(&Kind::Text), "Members against it."),
        field(
            "state",
            Kind::Choice(&["open", "expired", "passed", "rejected", "failed"]),
            "What became of it.",
        ),
        maybe("decided", Kind::Decimal, "Height at which it was decided."),
        maybe("reason", Kind::Text, "Why it failed."),
    ],
};

pub(crate) static REGISTERED: Record = Record {
    name: "Registered",
    fields: &[
        field("height", Kind::Decimal, "The height whose state was read."),
        field("validators", Kind::List(&Kind::Object(&VALIDATOR)), "Ascending by id."),
    ],
};

static VALIDATOR: Record = Record {
    name: "RegisteredValidator",
    fields: &[
        field("id", Kind::Address, "Who."),
        field(
            "status",
            Kind::Choice(&["candidate", "admitted", "active", "leaving", "revealed", "left"]),
            "Where it is between registration and the return of its bond.",
        ),
        field("member", Kind::Text, "The member it belongs to."),
        field("power", Kind::Decimal, "Weight."),
        field("bond", Kind::Decimal, "Held in escrow."),
        field("signed", Kind::Decimal, "Highest height that it is known to have signed."),
        maybe("last_height", Kind::Decimal, "The last height that it may sign, once fixed."),
    ],
};
