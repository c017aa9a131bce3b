//! What validators sign: addresses, values, shares, randomness, evidence.

use crate::block::{Block, Layout, values};
use crate::fixture::World;
use crypto::{ballot, evidence, id};
use types::{
    Evidence, Hash, Height, Proposal, Round, Seal, SignedAddress, Step, Value, Version, Vote,
    VoteKind,
};

pub(super) fn blocks(world: &World) -> Vec<Block> {
    let evidence = double_sign(world);
    vec![
        statement(world),
        statement_values(world),
        vote(world),
        proposal(world),
        seal(world),
        randomness(world),
        pair(&evidence),
        pair_values(world, &evidence),
    ]
}

fn address(world: &World, height: u64, step: Step) -> SignedAddress {
    let chain_id = world.chain.chain_id;
    SignedAddress { chain_id, height: Height(height), round: Round(0), step }
}

fn block_id(world: &World) -> Hash {
    Hash(id::block_id(&world.first.header).0)
}

/// Validator 0 of the set precommits block 1.
fn precommit(world: &World) -> Vote {
    let (validator, value) = (world.set.get(0).expect("there are four"), block_id(world));
    let (signature, share) =
        world.secret(0).sign(&address(world, 1, Step::Precommit), &Some(value), [0; 32]);
    Vote {
        kind: VoteKind::Precommit,
        height: Height(1),
        round: Round(0),
        block_id: Some(types::BlockId(value.0)),
        validator: validator.id,
        signature,
        share,
    }
}

fn statement(world: &World) -> Block {
    let vote = precommit(world);
    let key = world.set.get(0).expect("there are four").consensus_key;
    let at = address(world, 1, Step::Precommit);
    let value: Value = Some(block_id(world));
    Layout::of("vote-statement", &(key, at, value, vote.share))
        .field("V", &key)
        .field("address: chain_id", &at.chain_id)
        .field("  height", &at.height)
        .field("  round", &at.round)
        .field("  step: precommit", &at.step)
        .field("value: some", &value)
        .bytes("share: Z", &vote.share.0[..32])
        .bytes("  T1", &vote.share.0[32..64])
        .bytes("  T2", &vote.share.0[64..96])
        .bytes("  s", &vote.share.0[96..])
        .end()
}

fn statement_values(world: &World) -> Block {
    let vote = precommit(world);
    let validator = world.set.get(0).expect("there are four");
    let at = address(world, 1, Step::Precommit);
    let signed =
        ballot::signed_bytes(&validator.consensus_key, &at, &Some(block_id(world)), &vote.share);
    values(
        "vote-signature",
        &[
            ("C", hex::encode(validator.commitment.0)),
            ("H(\"vote\", statement)", signed.to_string()),
            ("signature R", hex::encode(&vote.signature.0[..32])),
            ("  s", hex::encode(&vote.signature.0[32..])),
        ],
    )
}

fn vote(world: &World) -> Block {
    let vote = precommit(world);
    Layout::of("vote", &vote)
        .field("kind: precommit", &vote.kind)
        .field("height", &vote.height)
        .field("round", &vote.round)
        .field("block_id: some", &vote.block_id)
        .field("validator", &vote.validator)
        .field("signature", &vote.signature)
        .field("share", &vote.share)
        .end()
}

fn proposal(world: &World) -> Block {
    let proposer = world.first.header.proposer;
    let index = world.set.index_of(&proposer).expect("the proposer is of the set");
    let block_id = id::block_id(&world.first.header);
    let value = Some(id::proposal_value(&block_id, None));
    let (signature, share) =
        world.secret(index).sign(&address(world, 1, Step::Proposal), &value, [0; 32]);
    let (height, round, pol_round) = (Height(1), Round(0), None);
    let proposal =
        Proposal { height, round, pol_round, block_id, validator: proposer, signature, share };
    Layout::of("proposal", &proposal)
        .field("height", &height)
        .field("round", &round)
        .field("pol_round: none", &pol_round)
        .field("block_id", &block_id)
        .field("validator", &proposer)
        .field("signature", &signature)
        .field("share", &share)
        .end()
}

fn seal(world: &World) -> Block {
    let entry = &world.finality.seals[0];
    let seal = Seal {
        height: world.finality.height,
        block_id: world.finality.block_id,
        state_root: world.finality.state_root,
        receipts_root: world.finality.receipts_root,
        validator: world.set.get(0).expect("there are four").id,
        signature: entry.signature,
        share: entry.share,
    };
    Layout::of("seal", &seal)
        .field("height", &seal.height)
        .field("block_id", &seal.block_id)
        .field("state_root", &seal.state_root)
        .field("receipts_root", &seal.receipts_root)
        .field("validator", &seal.validator)
        .field("signature", &seal.signature)
        .field("share", &seal.share)
        .end()
}

fn randomness(world: &World) -> Block {
    let header = &world.first.header;
    let proposer = world.set.by_id(&header.proposer).expect("the proposer is of the set");
    let proof = &header.vrf_proof.0;
    let alpha = types::encode(&(header.chain_id, header.height, world.genesis_header.randomness));
    values(
        "randomness",
        &[
            ("Y of the proposer", hex::encode(proposer.randomness_key.0)),
            ("alpha", hex::encode(&alpha[..40])),
            ("  its rest", hex::encode(&alpha[40..])),
            ("proof: Γ", hex::encode(&proof[..32])),
            ("  c", hex::encode(&proof[32..64])),
            ("  s", hex::encode(&proof[64..])),
            ("randomness", header.randomness.to_string()),
        ],
    )
}

/// Validator 3 prevotes block 1 and nil.
fn double_sign(world: &World) -> Evidence {
    let at = address(world, 1, Step::Prevote);
    let sign = |value: Value| {
        let (signature, share) = world.secret(3).sign(&at, &value, [0; 32]);
        (value, signature, share)
    };
    let validator = world.set.get(3).expect("there are four");
    let pair = evidence::from_pair(validator.id, at, sign(Some(block_id(world))), sign(None));
    let pair = pair.expect("the values differ");
    evidence::verify(&pair, validator).expect("the example proves a double sign");
    pair
}

fn pair(evidence: &Evidence) -> Block {
    let Evidence { version: Version, validator, address, .. } = evidence;
    Layout::of("evidence", evidence)
        .field("version", &1_u8)
        .field("validator", validator)
        .field("address", address)
        .field("value_a: none", &evidence.value_a)
        .field("signature_a", &evidence.signature_a)
        .field("share_a", &evidence.share_a)
        .field("value_b: some", &evidence.value_b)
        .field("signature_b", &evidence.signature_b)
        .field("share_b", &evidence.share_b)
        .end()
}

fn pair_values(world: &World, pair: &Evidence) -> Block {
    let hidden = evidence::hidden_point(pair).expect("two values open the seal");
    assert_eq!(hidden, world.secret(3).reveal().hidden_point());
    values(
        "evidence-hashes",
        &[
            ("id", id::evidence_id(&pair.validator, &pair.address).to_string()),
            ("item hash", id::evidence_hash(pair).to_string()),
            ("K that it opens", hex::encode(hidden.0)),
        ],
    )
}
