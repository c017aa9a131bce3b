//! Contracts.

use crate::schema::{Kind, Record, field, maybe};

pub(crate) static FAILURE: Record = Record {
    name: "FailureView",
    fields: &[
        field("contract", Kind::Address, "The contract."),
        field("name", Kind::Text, "Its name for the reason."),
        field("data", Kind::Base64, "More about it, in the contract's own encoding."),
    ],
};

pub(crate) static CONTRACT: Record = Record {
    name: "Contract",
    fields: &[
        field("contract", Kind::Address, "Its address."),
        field("code_hash", Kind::Hash, "BLAKE3 of the code that it runs."),
        field("creator", Kind::Address, "Who made it."),
        maybe("admin", Kind::Address, "Who may upgrade and pause it; nobody if absent."),
        field("paused", Kind::Boolean, "Whether its calls are stopped; views go on."),
        field("created", Kind::Decimal, "The height it was made at."),
        field("upgraded", Kind::Decimal, "The height it got its present code at."),
        field("balance", Kind::Decimal, "What its account holds."),
        field("height", Kind::Decimal, "The height whose state was read."),
    ],
};

pub(crate) static CONTRACT_CODE: Record = Record {
    name: "ContractCode",
    fields: &[
        field("code_hash", Kind::Hash, "BLAKE3 of the code."),
        field("bytes", Kind::Integer, "Its size."),
        field("deployer", Kind::Address, "Who deployed it first."),
        field("deployed", Kind::Decimal, "At which height."),
        field("code", Kind::Base64, "The module."),
    ],
};

pub(crate) static CONTRACT_ABI: Record = Record {
    name: "ContractAbi",
    fields: &[
        field("contract", Kind::Address, "The contract."),
        field("code_hash", Kind::Hash, "BLAKE3 of the code that it runs."),
        maybe("abi", Kind::Base64, "A `types::abi::Abi` in borsh; absent if the module has none."),
    ],
};

pub(crate) static CONTRACT_ANSWER: Record = Record {
    name: "ContractAnswer",
    fields: &[
        field("height", Kind::Decimal, "The height whose state was read."),
        field("code", Kind::Text, "`OK`, or why there is no answer."),
        field("gas_used", Kind::Decimal, "Gas that it took."),
        maybe("returned", Kind::Base64, "What it returned, in borsh."),
        maybe("failure", Kind::Object(&FAILURE), "What the contract says that refused."),
        maybe("log", Kind::List(&Kind::Text), "What contracts logged, up to 64 lines."),
    ],
};
