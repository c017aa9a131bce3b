//! Genesis, headers, bodies, validator sets, certificates.

use crate::block::{Block, Layout, values};
use crate::fixture::World;
use crypto::{id, merkle};
use types::genesis::Attestation;
use types::{
    Body, CertificateSignature, CommitCertificate, FinalityCertificate, GenesisValidator, Hash,
    Header, Params, Validator,
};

pub(super) fn blocks(world: &World) -> Vec<Block> {
    vec![
        params(&world.chain.genesis.params),
        genesis(world),
        genesis_values(world),
        header("header-0", &world.genesis_header),
        header("header-1", &world.first.header),
        body(world),
        body_of_second(world),
        block_values(world),
        set(world),
        set_values(world),
        commit(&world.commit),
        finality(&world.finality),
        certificate_values(world),
    ]
}

/// Every field, in order, under its name.
macro_rules! fields {
    ($layout:expr, $of:expr, $($name:ident)*) => {
        $layout$(.field(stringify!($name), &$of.$name))*
    };
}

fn params(params: &Params) -> Block {
    let layout = fields!(
        Layout::of("params", params),
        params,
        block_interval_ms idle_interval_ms propose_timeout_ms propose_timeout_step_ms
        vote_timeout_ms vote_timeout_step_ms timeout_cap_ms clock_precision_ms message_delay_ms
        message_delay_step_ms finality_carry_after finality_carry_limit hidden_information_bytes
        max_valid_ahead_ms gas_price max_body_bytes max_tx_bytes max_deploy_bytes max_block_txs
        max_block_gas max_tx_gas max_deploy_gas deploy_wait_ms pool_txs pool_bytes pool_sender_txs
        pool_stay_ms evidence_window min_bond slash_bp reporter_bp burned_bp tree_cache_bytes
        import_wait_heights ready_age_heights governance_expiry_ms send deploy
    );
    layout.end()
}

fn genesis(world: &World) -> Block {
    let genesis = &world.chain.genesis;
    let mut layout = Layout::of("genesis", genesis)
        .field("version", &genesis.version)
        .field("name", &genesis.name)
        .field("salt", &genesis.salt)
        .field("time_ms", &genesis.time_ms)
        .field("protocol", &genesis.protocol)
        .field("params", &genesis.params)
        .field("members: how many", &4_u32);
    for member in &genesis.members {
        layout = layout
            .field("  id", &member.id)
            .field("  name", &member.name)
            .field("  account", &member.account)
            .field("  network_keys", &member.network_keys);
    }
    layout = layout
        .field("registrars: set_version", &genesis.registrars.set_version)
        .field("  threshold", &genesis.registrars.threshold)
        .field("  keys", &genesis.registrars.keys)
        .field("validators: how many", &4_u32);
    for validator in &genesis.validators {
        layout = genesis_validator(layout, validator);
    }
    layout = layout.field("balances: how many", &3_u32);
    for (address, amount) in &genesis.balances {
        layout = layout.field("  address", address).field("  amount", amount);
    }
    layout = layout.field("roles: how many", &1_u32);
    for (address, role) in &genesis.roles {
        layout = layout.field("  account", address).field("  role", role);
    }
    layout.end()
}

fn genesis_validator(layout: Layout, validator: &GenesisValidator) -> Layout {
    let record = &validator.hidden_information;
    let (commit, rest) = record.split_at(crypto::hidden::COMMIT_BYTES);
    let (nonce, ciphertext) = rest.split_at(crypto::hidden::NONCE_BYTES);
    let length = u32::try_from(record.len()).expect("a record is short");
    let Attestation { format, set_version, registrar, version, expiry, signature } =
        &validator.attestations[0];
    layout
        .field("  consensus_key V", &validator.consensus_key)
        .field("  commitment C", &validator.commitment)
        .field("  randomness_key Y", &validator.randomness_key)
        .field("  commitment_proof", &validator.commitment_proof)
        .field("  randomness_proof", &validator.randomness_proof)
        .field("  network_key", &validator.network_key)
        .field("  member", &validator.member)
        .field("  operator", &validator.operator)
        .field("  power", &validator.power)
        .field("  bond", &validator.bond)
        .field("  sealed identity: bytes", &length)
        .bytes("    commit", commit)
        .bytes("    nonce", nonce)
        .bytes("    ciphertext", ciphertext)
        .field("  attestations: how many", &1_u32)
        .field("    format", format)
        .field("    set_version", set_version)
        .field("    registrar", registrar)
        .field("    version", version)
        .field("    expiry", expiry)
        .field("    signature", signature)
}

fn genesis_values(world: &World) -> Block {
    values(
        "genesis-hash",
        &[
            ("H(\"genesis\", genesis)", id::genesis_hash(&world.chain.genesis).to_string()),
            ("genesis_hash: block id 0", id::block_id(&world.genesis_header).to_string()),
            ("state root after genesis", world.roots[0].to_string()),
        ],
    )
}

fn header(name: &str, header: &Header) -> Block {
    let layout = fields!(
        Layout::of(name, header),
        header,
        version protocol chain_id height round time_ms parent proposer validators_hash
        next_validators_hash params_hash prev_state_root prev_receipts_root txs_root evidence_root
        last_commit_hash finality_hash randomness vrf_proof body_bytes
    );
    layout.end()
}

fn body(world: &World) -> Block {
    let Body { last_commit, finality, evidence, txs } = &world.first.body;
    assert!(last_commit.is_none() && finality.is_none() && evidence.is_empty());
    Layout::of("body-1", &world.first.body)
        .field("last_commit: none", &0_u8)
        .field("finality: none", &0_u8)
        .field("evidence: how many", &0_u32)
        .field("txs: how many", &1_u32)
        .field("  transaction", &txs[0])
        .end()
}

fn body_of_second(world: &World) -> Block {
    Layout::of("body-2", &world.second.body)
        .field("last_commit: some", &1_u8)
        .field("  certificate", &world.commit)
        .field("finality: none", &0_u8)
        .field("evidence: how many", &0_u32)
        .field("txs: how many", &0_u32)
        .end()
}

fn block_values(world: &World) -> Block {
    let tx = Hash(id::tx_hash(&world.first.body.txs[0]).0);
    values(
        "block-ids",
        &[
            ("leaf = txs_root of block 1", merkle::root(&[tx]).to_string()),
            ("block id 1", id::block_id(&world.first.header).to_string()),
            ("state root after block 1", world.roots[1].to_string()),
            ("block id 2", id::block_id(&world.second.header).to_string()),
        ],
    )
}

fn set(world: &World) -> Block {
    let mut layout = Layout::of("validator-set", &world.set).field("how many", &4_u32);
    for Validator { id, consensus_key, commitment, randomness_key, power } in world.set.validators()
    {
        layout = layout
            .field("id", id)
            .field("  consensus_key V", consensus_key)
            .field("  commitment C", commitment)
            .field("  randomness_key Y", randomness_key)
            .field("  power", power);
    }
    layout.end()
}

fn set_values(world: &World) -> Block {
    values(
        "validator-set-hash",
        &[("H(\"validators\", set)", id::validators_hash(&world.set).to_string())],
    )
}

fn entries(mut layout: Layout, entries: &[CertificateSignature]) -> Layout {
    let count = u32::try_from(entries.len()).expect("a certificate is short");
    layout = layout.field("signatures: how many", &count);
    for CertificateSignature { index, signature, share } in entries {
        layout =
            layout.field("  index", index).field("  signature", signature).field("  share", share);
    }
    layout
}

fn commit(certificate: &CommitCertificate) -> Block {
    let layout = fields!(
        Layout::of("commit-certificate", certificate),
        certificate,
        version chain_id height round block_id
    );
    layout.with(|layout| entries(layout, &certificate.precommits)).end()
}

fn finality(certificate: &FinalityCertificate) -> Block {
    let layout = fields!(
        Layout::of("finality-certificate", certificate),
        certificate,
        version chain_id height block_id state_root receipts_root
    );
    layout.with(|layout| entries(layout, &certificate.seals)).end()
}

fn certificate_values(world: &World) -> Block {
    values(
        "certificate-hashes",
        &[
            ("H(\"commit\", certificate)", id::commit_hash(&world.commit).to_string()),
            ("H(\"finality\", certificate)", id::finality_hash(&world.finality).to_string()),
        ],
    )
}
