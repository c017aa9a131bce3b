//! Turn what the chain talks about into its JSON form.
//!
//! The 32 bytes of an address do not say what kind of thing it is; its text does. [`Names`] knows:
//! a node asks its state, a wallet says what it knows itself.

use crate::dto::{
    AddressText, AuthView, Base64, Block, BlockSummary, CallView, Certificate, EventFields,
    EventView, Evidence, FailureView, Forfeit, Header, Hex, HexBytes, Identity, Number,
    ReceiptView, Reveal, Signer, TxView, ValidatorEntry, Validators,
};
use crypto::id;
use std::fmt;
use types::contract::MAX_ENCODED_FAILURE_BYTES;
use types::punishment::{HiddenInformation, Opening, RevealRecord};
use types::receipt::{NativeEvent, Status};
use types::{
    Address, AddressKind, Auth, BlockId, Body, Call, CertificateSignature, CommitCertificate,
    Event, Failure, FinalityCertificate, Height, Receipt, ReceiptKind, SignedTx, Step, Tx, TxHash,
    ValidatorId, ValidatorSet, VotingPower,
};

mod membership;

pub use membership::{motion, proposal};

/// Names of the native modules that hold money or speak in events.
pub const MODULES: [&str; 8] =
    ["treasury", "bonds", "bank", "roles", "validators", "evidence", "governance", "contracts"];

/// How addresses look on a chain.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    prefix: &'a str,
    kind: &'a dyn Fn(&Address) -> AddressKind,
}

impl fmt::Debug for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl<'a> Names<'a> {
    /// Addresses with this prefix; `kind` tells what an address that is no module is.
    #[must_use]
    pub const fn new(prefix: &'a str, kind: &'a dyn Fn(&Address) -> AddressKind) -> Self {
        Self { prefix, kind }
    }

    /// What begins every address.
    #[must_use]
    pub const fn prefix(&self) -> &'a str {
        self.prefix
    }

    /// The text of an address.
    #[must_use]
    pub fn address(&self, address: &Address) -> AddressText {
        AddressText::new(self.prefix, self.kind(address), address)
    }

    /// The text of a validator.
    #[must_use]
    pub fn validator(&self, id: &ValidatorId) -> AddressText {
        AddressText::validator(self.prefix, id)
    }

    /// What an address is.
    #[must_use]
    pub fn kind(&self, address: &Address) -> AddressKind {
        if is_module(address) { AddressKind::Module } else { (self.kind)(address) }
    }
}

/// Whether an address is that of a native module.
#[must_use]
pub fn is_module(address: &Address) -> bool {
    static ADDRESSES: std::sync::OnceLock<[Address; MODULES.len()]> = std::sync::OnceLock::new();
    ADDRESSES.get_or_init(|| MODULES.map(id::module_address)).contains(address)
}

/// A header under its id.
#[must_use]
pub fn header(
    names: &Names<'_>,
    header: &types::Header,
    block_id: BlockId,
    finalized: Height,
) -> Header {
    Header {
        block_id,
        protocol: header.protocol,
        chain_id: header.chain_id,
        height: header.height,
        round: header.round.0,
        time_ms: header.time_ms,
        parent: header.parent,
        proposer: proposer(names, &header.proposer),
        validators_hash: header.validators_hash,
        next_validators_hash: header.next_validators_hash,
        params_hash: header.params_hash,
        prev_state_root: header.prev_state_root,
        prev_receipts_root: header.prev_receipts_root,
        txs_root: header.txs_root,
        evidence_root: header.evidence_root,
        last_commit_hash: header.last_commit_hash,
        finality_hash: header.finality_hash,
        randomness: header.randomness,
        vrf_proof: HexBytes(header.vrf_proof.0.to_vec()),
        body_bytes: header.body_bytes,
        finalized: header.height <= finalized,
        encoded: Base64(types::encode(header)),
    }
}

fn proposer(names: &Names<'_>, id: &ValidatorId) -> Option<AddressText> {
    (*id != ValidatorId::ZERO).then(|| names.validator(id))
}

/// A block; `sets` gives V(h) for the certificates in it, as far as it is known.
#[must_use]
pub fn block(
    names: &Names<'_>,
    header: Header,
    body: &Body,
    sets: &dyn Fn(Height) -> Option<ValidatorSet>,
) -> Block {
    let commit = body.last_commit.as_ref();
    let finality = body.finality.as_ref();
    Block {
        header,
        last_commit: commit.map(|held| commit_certificate(names, held, sets(held.height).as_ref())),
        finality: finality
            .map(|held| finality_certificate(names, held, sets(held.height).as_ref())),
        evidence: body.evidence.iter().map(|pair| evidence(names, pair)).collect(),
        txs: body.txs.iter().map(|tx| Hex(id::tx_hash(tx))).collect(),
    }
}

/// A block in a list.
#[must_use]
pub fn block_summary(
    names: &Names<'_>,
    header: &types::Header,
    block_id: BlockId,
    body: Option<&Body>,
    finalized: Height,
) -> BlockSummary {
    BlockSummary {
        height: header.height,
        block_id,
        time_ms: header.time_ms,
        proposer: proposer(names, &header.proposer),
        round: header.round.0,
        txs: body.map_or(0, |body| count(body.txs.len())),
        evidence: body.map_or(0, |body| count(body.evidence.len())),
        body_bytes: header.body_bytes,
        finalized: header.height <= finalized,
    }
}

/// A length of a list, which no block lets reach 2^32.
fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// A commit certificate.
#[must_use]
pub fn commit_certificate(
    names: &Names<'_>,
    certificate: &CommitCertificate,
    set: Option<&ValidatorSet>,
) -> Certificate {
    Certificate {
        height: certificate.height,
        block_id: certificate.block_id,
        round: Some(certificate.round.0),
        state_root: None,
        receipts_root: None,
        signers: signers(names, &certificate.precommits, set),
        encoded: Base64(types::encode(certificate)),
    }
}

/// A finality certificate.
#[must_use]
pub fn finality_certificate(
    names: &Names<'_>,
    certificate: &FinalityCertificate,
    set: Option<&ValidatorSet>,
) -> Certificate {
    Certificate {
        height: certificate.height,
        block_id: certificate.block_id,
        round: None,
        state_root: Some(Hex(certificate.state_root)),
        receipts_root: Some(Hex(certificate.receipts_root)),
        signers: signers(names, &certificate.seals, set),
        encoded: Base64(types::encode(certificate)),
    }
}

fn signers(
    names: &Names<'_>,
    signatures: &[CertificateSignature],
    set: Option<&ValidatorSet>,
) -> Vec<Signer> {
    let of = |signature: &CertificateSignature| {
        let validator = set.and_then(|set| set.get(usize::from(signature.index)));
        Signer {
            index: signature.index,
            validator: validator.map(|validator| names.validator(&validator.id)),
            power: validator.map_or(VotingPower::ZERO, |validator| validator.power),
        }
    };
    signatures.iter().map(of).collect()
}

/// A double sign.
#[must_use]
pub fn evidence(names: &Names<'_>, pair: &types::Evidence) -> Evidence {
    Evidence {
        validator: names.validator(&pair.validator),
        height: pair.address.height,
        round: pair.address.round.0,
        step: step_name(pair.address.step).to_owned(),
        value_a: pair.value_a.map(Hex),
        value_b: pair.value_b.map(Hex),
        encoded: Base64(types::encode(pair)),
    }
}

/// The word for a step.
#[must_use]
pub const fn step_name(step: Step) -> &'static str {
    match step {
        Step::Proposal => "proposal",
        Step::Prevote => "prevote",
        Step::Precommit => "precommit",
        Step::Seal => "seal",
    }
}

/// V(height), which begins at `since`.
#[must_use]
pub fn validators(
    names: &Names<'_>,
    height: Height,
    since: Height,
    set: &ValidatorSet,
) -> Validators {
    let total = set.total_power();
    let entry = |(index, validator): (u16, &types::Validator)| ValidatorEntry {
        index,
        id: names.validator(&validator.id),
        consensus_key: validator.consensus_key,
        commitment: validator.commitment,
        randomness_key: validator.randomness_key,
        power: validator.power,
    };
    Validators {
        height,
        since,
        total_power: total,
        quorum_power: quorum_power(total),
        validators: (0..).zip(set.validators()).map(entry).collect(),
        encoded: Base64(types::encode(set)),
    }
}

/// The least power that is more than two thirds: `3·power > 2·total`.
#[must_use]
pub fn quorum_power(total: VotingPower) -> VotingPower {
    let two_thirds = u128::from(total.0) * 2 / 3;
    VotingPower(u64::try_from(two_thirds).map_or(u64::MAX, |power| power.saturating_add(1)))
}

/// A transaction that nobody has signed.
#[must_use]
pub fn tx(names: &Names<'_>, tx: &Tx) -> TxView {
    TxView {
        hash: None,
        signing_hash: id::tx_signing_hash(tx),
        chain_id: tx.chain_id,
        sender: names.address(&tx.sender),
        lane: tx.lane,
        nonce: tx.nonce,
        valid_until_ms: tx.valid_until_ms,
        gas_limit: tx.gas_limit,
        fee_limit: tx.fee_limit,
        payer: tx.payer.as_ref().map(|payer| names.address(payer)),
        reference: HexBytes(tx.reference.clone()),
        calls: tx.calls.iter().map(|call| call_view(names, &tx.sender, call)).collect(),
        auth: None,
        payer_auth: None,
    }
}

/// A signed transaction under its hash. Its signatures name sender and payer for what they are.
#[must_use]
pub fn signed_tx(names: &Names<'_>, signed: &SignedTx, hash: TxHash) -> TxView {
    let text = |auth: &Auth, address: &Address| {
        let kind = match auth {
            Auth::Ed25519 { .. } => AddressKind::Account,
            Auth::Multi { .. } => AddressKind::Multisig,
        };
        AddressText::new(names.prefix, kind, address)
    };
    let payer = signed.tx.payer.as_ref().zip(signed.payer_auth.as_ref());
    TxView {
        hash: Some(Hex(hash)),
        sender: text(&signed.auth, &signed.tx.sender),
        payer: payer.map(|(address, auth)| text(auth, address)),
        auth: Some(auth_view(&signed.auth)),
        payer_auth: signed.payer_auth.as_ref().map(auth_view),
        ..tx(names, &signed.tx)
    }
}

fn auth_view(auth: &Auth) -> AuthView {
    match auth {
        Auth::Ed25519 { key, .. } => AuthView::Ed25519 { key: *key },
        Auth::Multi { threshold, keys, signatures } => AuthView::Multi {
            threshold: *threshold,
            keys: keys.iter().copied().map(Hex).collect(),
            signed: signatures.iter().map(|(position, _)| *position).collect(),
        },
    }
}

fn call_view(names: &Names<'_>, sender: &Address, call: &Call) -> CallView {
    match call {
        Call::Transfer { to, amount } => {
            CallView::Transfer { to: names.address(to), amount: *amount }
        }
        Call::GrantRole { account, role, expires_ms } => CallView::GrantRole {
            account: names.address(account),
            role: role.name().to_owned(),
            expires_ms: expires_ms.map(Number),
        },
        Call::RevokeRole { account, role } => {
            CallView::RevokeRole { account: names.address(account), role: role.name().to_owned() }
        }
        Call::Membership(call) => membership::call(names, call),
        Call::Deploy { .. }
        | Call::Instantiate { .. }
        | Call::Call { .. }
        | Call::Upgrade { .. }
        | Call::PauseContract { .. } => contract_call(names, sender, call),
    }
}

/// A contract's address; whether the chain knows it yet plays no part.
fn contract_text(names: &Names<'_>, contract: &Address) -> AddressText {
    AddressText::new(names.prefix, AddressKind::Contract, contract)
}

fn contract_call(names: &Names<'_>, sender: &Address, call: &Call) -> CallView {
    match call {
        Call::Deploy { code } => CallView::Deploy {
            code_hash: crypto::hash::blake3(code),
            bytes: Number(u64::try_from(code.len()).unwrap_or(u64::MAX)),
        },
        Call::Instantiate { code_hash, salt, admin, input, value } => {
            // A salt that is too long makes no contract.
            let fits = salt.len() <= id::MAX_SALT_BYTES;
            let made = if fits { id::contract_address(sender, salt) } else { Address::ZERO };
            CallView::Instantiate {
                contract: contract_text(names, &made),
                code_hash: *code_hash,
                salt: HexBytes(salt.clone()),
                admin: admin.as_ref().map(|admin| names.address(admin)),
                input: Base64(input.clone()),
                value: *value,
            }
        }
        Call::Call { contract, method, input, value } => CallView::Call {
            contract: contract_text(names, contract),
            method: method.clone(),
            input: Base64(input.clone()),
            value: *value,
        },
        Call::Upgrade { contract, code_hash, input } => CallView::Upgrade {
            contract: contract_text(names, contract),
            code_hash: *code_hash,
            input: Base64(input.clone()),
        },
        Call::PauseContract { contract, paused } => {
            CallView::PauseContract { contract: contract_text(names, contract), paused: *paused }
        }
        Call::Transfer { .. }
        | Call::GrantRole { .. }
        | Call::RevokeRole { .. }
        | Call::Membership(_) => unreachable!("the caller shows these itself"),
    }
}

/// A receipt, with what its `return_hash` is about.
#[must_use]
pub fn receipt(names: &Names<'_>, receipt: &Receipt, returned: &[u8]) -> ReceiptView {
    let kind = match receipt.kind {
        ReceiptKind::Evidence => "evidence",
        ReceiptKind::Reserved => "reserved",
        ReceiptKind::Transaction => "transaction",
        ReceiptKind::SetChange => "set_change",
    };
    let status = match receipt.status {
        Status::Succeeded => "succeeded",
        Status::Failed => "failed",
    };
    let (returned, failure) = outcome(names, receipt.status, returned);
    ReceiptView {
        kind: kind.to_owned(),
        tx_hash: receipt.tx_hash.map(Hex),
        status: status.to_owned(),
        code: receipt.code.name().to_owned(),
        gas_used: receipt.gas_used,
        fee: receipt.fee,
        events: receipt.events.iter().map(|happened| event(names, happened)).collect(),
        return_hash: receipt.return_hash,
        returned,
        failure,
    }
}

/// What a transaction's last call returned, or what the contract says that refused.
#[must_use]
pub fn outcome(
    names: &Names<'_>,
    status: Status,
    returned: &[u8],
) -> (Option<Base64>, Option<FailureView>) {
    match status {
        _ if returned.is_empty() => (None, None),
        Status::Succeeded => (Some(Base64(returned.to_vec())), None),
        Status::Failed => {
            let told = types::decode("failure", returned, MAX_ENCODED_FAILURE_BYTES);
            (None, told.ok().map(|told| failure(names, &told)))
        }
    }
}

/// What a contract says that refused.
#[must_use]
pub fn failure(names: &Names<'_>, failure: &Failure) -> FailureView {
    FailureView {
        contract: names.address(&failure.contract),
        name: failure.name.clone(),
        data: Base64(failure.data.clone()),
    }
}

/// An event, with its fields if it is a native one.
#[must_use]
pub fn event(names: &Names<'_>, event: &Event) -> EventView {
    EventView {
        source: names.address(&event.source),
        name: event.name.clone(),
        fields: native_event(event).map(|native| fields(names, &native)),
        bytes: Base64(event.data.clone()),
    }
}

/// The native event that an event is, if it is one: from a module, under that event's name.
#[must_use]
pub fn native_event(event: &Event) -> Option<NativeEvent> {
    if !is_module(&event.source) {
        return None;
    }
    let limit = types::receipt::MAX_EVENT_BYTES;
    let native: NativeEvent = types::decode("native event", &event.data, limit).ok()?;
    (native.name() == event.name).then_some(native)
}

/// The accounts that a native event names.
#[must_use]
pub fn accounts(event: &NativeEvent) -> Vec<Address> {
    match event {
        NativeEvent::Transfer { from, to, .. } => vec![*from, *to],
        NativeEvent::RoleGranted { account, by, .. }
        | NativeEvent::RoleRevoked { account, by, .. } => vec![*account, *by],
        NativeEvent::Revealed { forfeit, .. } => vec![forfeit.reporter],
        NativeEvent::SetChanged { .. }
        | NativeEvent::StatusChanged { .. }
        | NativeEvent::Proposed { .. }
        | NativeEvent::Voted { .. }
        | NativeEvent::Decided { .. }
        | NativeEvent::KeysRotated { .. } => Vec::new(),
        NativeEvent::BondPaid { to, .. } => vec![*to],
        NativeEvent::Deployed { by, .. } => vec![*by],
        NativeEvent::Instantiated { contract, creator, .. } => vec![*contract, *creator],
        NativeEvent::Upgraded { contract, by, .. } | NativeEvent::Paused { contract, by, .. } => {
            vec![*contract, *by]
        }
    }
}

/// How a validator that signed twice ended.
#[must_use]
pub fn reveal(names: &Names<'_>, record: &RevealRecord) -> Reveal {
    let (identity, registrar_fault) = match &record.opening {
        Opening::Opened(identity) => (Some(self::identity(identity)), None),
        Opening::RegistrarFault(fault) => (None, Some(fault.name().to_owned())),
    };
    Reveal {
        validator: names.validator(&record.evidence.validator),
        id: id::evidence_id(&record.evidence.validator, &record.evidence.address),
        height: record.height,
        evidence: evidence(names, &record.evidence),
        consensus_key: record.consensus_key,
        commitment: record.commitment,
        hidden_point: record.hidden_point,
        identity,
        registrar_fault,
        forfeit: forfeit(names, &record.forfeit),
        encoded: Base64(types::encode(record)),
    }
}

/// An opened identity.
#[must_use]
pub fn identity(information: &HiddenInformation) -> Identity {
    let HiddenInformation {
        legal_name,
        registry_number,
        jurisdiction,
        contact,
        beneficial_owner,
        bond_terms,
        party_key,
        party_signature: _,
    } = information.clone();
    Identity {
        legal_name,
        registry_number,
        jurisdiction,
        contact,
        beneficial_owner,
        bond_terms,
        party_key,
    }
}

fn forfeit(names: &Names<'_>, forfeit: &types::punishment::Forfeit) -> Forfeit {
    Forfeit {
        bond: forfeit.bond,
        forfeited: forfeit.forfeited,
        reporter: names.address(&forfeit.reporter),
        reported: forfeit.reported,
        burned: forfeit.burned,
        treasury: forfeit.treasury,
    }
}

fn fields(names: &Names<'_>, event: &NativeEvent) -> EventFields {
    match event {
        NativeEvent::Transfer { from, to, amount } => EventFields::Transfer {
            from: names.address(from),
            to: names.address(to),
            amount: *amount,
        },
        NativeEvent::RoleGranted { account, role, expires_ms, by } => EventFields::RoleGranted {
            account: names.address(account),
            role: role.name().to_owned(),
            expires_ms: expires_ms.map(Number),
            by: names.address(by),
        },
        NativeEvent::RoleRevoked { account, role, by } => EventFields::RoleRevoked {
            account: names.address(account),
            role: role.name().to_owned(),
            by: names.address(by),
        },
        NativeEvent::Revealed { validator, evidence, at, legal_name, forfeit: parts } => {
            EventFields::Revealed {
                validator: names.validator(validator),
                evidence: *evidence,
                height: at.height,
                round: at.round.0,
                step: step_name(at.step).to_owned(),
                legal_name: legal_name.clone(),
                forfeit: forfeit(names, parts),
            }
        }
        NativeEvent::SetChanged { from, joined, left, power } => {
            let list = |ids: &[ValidatorId]| ids.iter().map(|id| names.validator(id)).collect();
            EventFields::SetChanged {
                from: *from,
                joined: list(joined),
                left: list(left),
                power: *power,
            }
        }
        NativeEvent::BondPaid { validator, to, amount } => EventFields::BondPaid {
            validator: names.validator(validator),
            to: names.address(to),
            amount: *amount,
        },
        NativeEvent::StatusChanged { validator, status } => EventFields::StatusChanged {
            validator: names.validator(validator),
            status: status.name().to_owned(),
        },
        NativeEvent::KeysRotated { validator, consensus_key, from } => EventFields::KeysRotated {
            validator: names.validator(validator),
            consensus_key: *consensus_key,
            from: *from,
        },
        NativeEvent::Proposed { proposal, member, motion } => EventFields::Proposed {
            proposal: *proposal,
            member: member.clone(),
            motion: motion.clone(),
        },
        NativeEvent::Voted { proposal, member, approve } => {
            EventFields::Voted { proposal: *proposal, member: member.clone(), approve: *approve }
        }
        NativeEvent::Decided { proposal, passed, reason } => {
            EventFields::Decided { proposal: *proposal, passed: *passed, reason: reason.clone() }
        }
        NativeEvent::Deployed { code_hash, by } => {
            EventFields::Deployed { code_hash: *code_hash, by: names.address(by) }
        }
        NativeEvent::Instantiated { contract, code_hash, creator, admin } => {
            EventFields::Instantiated {
                contract: contract_text(names, contract),
                code_hash: *code_hash,
                creator: names.address(creator),
                admin: admin.as_ref().map(|admin| names.address(admin)),
            }
        }
        NativeEvent::Upgraded { contract, from, to, by } => EventFields::Upgraded {
            contract: contract_text(names, contract),
            from: *from,
            to: *to,
            by: names.address(by),
        },
        NativeEvent::Paused { contract, paused, by } => EventFields::Paused {
            contract: contract_text(names, contract),
            paused: *paused,
            by: names.address(by),
        },
    }
}

#[cfg(test)]
mod tests;
