//! What nodes send each other.

use crate::block::{Block, Layout, values};
use crate::fixture::World;
use crypto::id;
use types::certificate::{
    CertificateSignature, PolkaCertificate, RoundCertificate, RoundCertificateKind, RoundVote,
};
use types::wire::{
    BlockAnswer, BlockMessage, BlockRequest, ConsensusContent, ConsensusMessage, Handshake,
    RoundStatus, StatusAnswer, StatusRequest, SyncAnswer, SyncRequest, TxBatch,
};
use types::{Hash, Height, Round, SignedAddress, Step, Version, VoteKind};

/// Names of gossip, its topics, and the protocols of question and answer.
const NAMES: [&str; 9] =
    ["gossip", "vote", "tx", "evidence", "block-push", "tx-push", "block", "status", "sync"];

pub(super) fn blocks(world: &World) -> Vec<Block> {
    let mut blocks = vec![protocols(world)];
    blocks.extend(handshake(world));
    blocks.extend(gossip(world));
    blocks.extend([polka(world), round(world)]);
    blocks.extend(status());
    blocks.push(block_message(world));
    blocks.extend(exchanges(world));
    blocks
}

fn protocols(world: &World) -> Block {
    let chain = world.chain.chain_id.to_string();
    let entry = |name: &'static str| (name, format!("/syndic/{}/{name}/1", &chain[..16]));
    values("protocols", &NAMES.map(entry))
}

/// A message as it goes over a stream: its length first.
fn framed(encoded: &[u8]) -> Vec<u8> {
    let length = u32::try_from(encoded.len()).expect("a message is short");
    [&length.to_le_bytes()[..], encoded].concat()
}

fn handshake(world: &World) -> [Block; 1] {
    let message = Handshake {
        version: Version,
        chain_id: world.chain.chain_id,
        genesis_hash: id::block_id(&world.genesis_header),
        protocol_min: 1,
        protocol_max: 1,
        tip: Height(2),
        finalized: Height(1),
    };
    let encoded = types::encode(&message);
    let length = u32::try_from(encoded.len()).expect("a handshake is short");
    [Layout::raw("handshake-frame", framed(&encoded))
        .field("length of the message", &length)
        .field("version", &message.version)
        .field("chain_id", &message.chain_id)
        .field("genesis_hash", &message.genesis_hash)
        .field("protocol_min", &message.protocol_min)
        .field("protocol_max", &message.protocol_max)
        .field("tip", &message.tip)
        .field("finalized", &message.finalized)
        .end()]
}

fn gossip(world: &World) -> [Block; 2] {
    let tx = types::encode(&world.transfer);
    let batch = TxBatch { version: Version, txs: vec![tx.clone()] };
    let finality = ConsensusContent::Finality(world.finality.clone());
    let message = ConsensusMessage::from(finality);
    [
        Layout::of("tx-batch", &batch)
            .field("version", &batch.version)
            .field("txs: how many", &1_u32)
            .field("  transaction", &tx)
            .end(),
        Layout::of("consensus-message", &message)
            .field("version", &message.version)
            .field("content: finality", &4_u8)
            .field("  certificate", &world.finality)
            .end(),
    ]
}

/// The prevotes of three validators for block 1.
fn polka(world: &World) -> Block {
    let (height, round) = (Height(1), Round(0));
    let block_id = id::block_id(&world.first.header);
    let at = SignedAddress { chain_id: world.chain.chain_id, height, round, step: Step::Prevote };
    let prevotes = (0..3).map(|index| signed(world, index, &at, Some(Hash(block_id.0)))).collect();
    let polka = PolkaCertificate { version: Version, height, round, block_id, prevotes };
    let layout = Layout::of("polka-certificate", &polka)
        .field("version", &polka.version)
        .field("height", &height)
        .field("round", &round)
        .field("block_id", &block_id)
        .field("prevotes: how many", &3_u32);
    polka.prevotes.iter().fold(layout, entry).end()
}

/// Two of four have precommitted nil in round 1: others may follow them there.
fn round(world: &World) -> Block {
    let (height, round) = (Height(1), Round(1));
    let chain_id = world.chain.chain_id;
    let at = SignedAddress { chain_id, height, round, step: Step::Precommit };
    let vote = |index| {
        let (kind, block_id) = (VoteKind::Precommit, None);
        RoundVote { kind, block_id, signature: signed(world, index, &at, None) }
    };
    let votes = [1, 2].map(vote).to_vec();
    let kind = RoundCertificateKind::Skip;
    let certificate = RoundCertificate { version: Version, height, round, kind, votes };
    let layout = Layout::of("round-certificate", &certificate)
        .field("version", &certificate.version)
        .field("height", &height)
        .field("round", &round)
        .field("kind: skip", &kind)
        .field("votes: how many", &2_u32);
    let vote = |layout: Layout, vote: &RoundVote| {
        let layout = layout.field("  kind: precommit", &vote.kind);
        entry(layout.field("  block_id: none", &vote.block_id), &vote.signature)
    };
    certificate.votes.iter().fold(layout, vote).end()
}

fn signed(
    world: &World,
    index: u16,
    at: &SignedAddress,
    value: Option<Hash>,
) -> CertificateSignature {
    let (signature, share) = world.secret(usize::from(index)).sign(at, &value, [0; 32]);
    CertificateSignature { index, signature, share }
}

fn entry(layout: Layout, signed: &CertificateSignature) -> Layout {
    let CertificateSignature { index, signature, share } = signed;
    layout.field("  index", index).field("  signature", signature).field("  share", share)
}

/// Block 1 as its proposer pushes it.
fn block_message(world: &World) -> Block {
    let message = BlockMessage { version: Version, block: world.first.clone() };
    Layout::of("block-message", &message)
        .field("version", &message.version)
        .field("header", &message.block.header)
        .field("body", &message.block.body)
        .end()
}

fn status() -> [Block; 2] {
    let (tip, finalized, height, round) = (Height(2), Height(1), Height(3), Round(0));
    let held = RoundStatus { round, proposal: true, prevotes: vec![0b0101], precommits: vec![0] };
    let rounds = vec![held.clone()];
    let version = Version;
    let request = StatusRequest { version, tip, finalized, height, round, rounds };
    let answer = StatusAnswer { version: Version, tip, finalized, messages: Vec::new() };
    [
        Layout::of("status-request", &request)
            .field("version", &request.version)
            .field("tip", &tip)
            .field("finalized", &finalized)
            .field("height", &height)
            .field("round", &round)
            .field("rounds: how many", &1_u32)
            .field("  round", &held.round)
            .field("  proposal held", &held.proposal)
            .field("  prevotes of 0 and 2", &held.prevotes)
            .field("  precommits of nobody", &held.precommits)
            .end(),
        Layout::of("status-answer", &answer)
            .field("version", &answer.version)
            .field("tip", &tip)
            .field("finalized", &finalized)
            .field("messages: how many", &0_u32)
            .end(),
    ]
}

fn exchanges(world: &World) -> [Block; 4] {
    let block_id = id::block_id(&world.first.header);
    let wanted = BlockRequest { version: Version, block_id };
    let missing = BlockAnswer { version: Version, block: None };
    let (from, count, tip, oldest) = (Height(3), 256_u32, Height(2), Height(0));
    let request = SyncRequest { version: Version, from, count };
    let (version, blocks, finality) = (Version, Vec::new(), None);
    let answer = SyncAnswer { version, tip, oldest, blocks, finality };
    [
        Layout::of("block-request", &wanted)
            .field("version", &wanted.version)
            .field("block_id", &block_id)
            .end(),
        Layout::of("block-answer", &missing)
            .field("version", &missing.version)
            .field("block: none", &0_u8)
            .end(),
        Layout::of("sync-request", &request)
            .field("version", &request.version)
            .field("from", &from)
            .field("count", &count)
            .end(),
        Layout::of("sync-answer", &answer)
            .field("version", &answer.version)
            .field("tip", &tip)
            .field("oldest", &oldest)
            .field("blocks: how many", &0_u32)
            .field("finality: none", &0_u8)
            .end(),
    ]
}
