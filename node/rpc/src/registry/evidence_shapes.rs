//! The shapes of double signs and what they opened.

use crate::registry::shapes::EVIDENCE;
use crate::schema::{Kind, Record, field, maybe};

pub(crate) static REVEALS: Record = Record {
    name: "Reveals",
    fields: &[
        field("height", Kind::Decimal, "The height whose state was read."),
        field("reveals", Kind::List(&Kind::Object(&REVEAL)), "The validators, ascending by id."),
    ],
};

pub(crate) static REVEAL: Record = Record {
    name: "Reveal",
    fields: &[
        field("validator", Kind::Address, "Who."),
        field("id", Kind::Hash, "The offence."),
        field("height", Kind::Decimal, "Height of the block that punished it."),
        field("evidence", Kind::Object(&EVIDENCE), "The double sign."),
        field("consensus_key", Kind::Hash, "V at the height of the double sign."),
        field("commitment", Kind::Hash, "C at that height."),
        field("hidden_point", Kind::Hash, "K, which the two shares open."),
        maybe("identity", Kind::Object(&IDENTITY), "The identity, if it opened."),
        maybe("registrar_fault", Kind::Text, "What the registrars let through, if it did not."),
        field("forfeit", Kind::Object(&FORFEIT), "What became of the bond."),
        field("encoded", Kind::Base64, "The `RevealRecord` in borsh, as it stands in state."),
    ],
};

static IDENTITY: Record = Record {
    name: "Identity",
    fields: &[
        field("legal_name", Kind::Text, "Name as registered."),
        field("registry_number", Kind::Text, "Number in that register."),
        field("jurisdiction", Kind::Text, "The register's country or region."),
        field("contact", Kind::Text, "Where to write to."),
        field("beneficial_owner", Kind::Text, "Who owns it in the end."),
        field("bond_terms", Kind::Text, "What the bond is for."),
        field("party_key", Kind::Hash, "The named party's own key."),
    ],
};

pub(crate) static FORFEIT: Record = Record {
    name: "Forfeit",
    fields: &[
        field("bond", Kind::Decimal, "The whole bond before."),
        field("forfeited", Kind::Decimal, "What was taken of it."),
        field("reporter", Kind::Address, "Who reported."),
        field("reported", Kind::Decimal, "What the reporter got."),
        field("burned", Kind::Decimal, "What ceased to exist."),
        field("treasury", Kind::Decimal, "The rest, which the treasury got."),
    ],
};

pub(crate) static EVIDENCE_ACCEPTED: Record =
    Record { name: "EvidenceAccepted", fields: &[field("id", Kind::Hash, "The offence.")] };
