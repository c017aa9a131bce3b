//! Calls about members and validators, and what comes of them.

use crate::block::{Block, Layout};
use crate::fixture::World;
use crypto::id;
use types::governance::{KeySet, MembershipCall, Motion, Readiness, Rotation, SealedIdentity};
use types::receipt::NativeEvent;
use types::{
    BlockId, Call, ChainId, Hash, Height, PossessionProof, PublicKey, RevealPoint, Signature,
    ValidatorId, Version,
};

pub(super) fn blocks(world: &World) -> Vec<Block> {
    vec![ready(), rotate(), pause(world), rotated()]
}

fn ready() -> Block {
    let readiness = Readiness {
        chain_id: ChainId([1; 32]),
        validator: ValidatorId([2; 32]),
        height: Height(9),
        block_id: BlockId([3; 32]),
        state_root: Hash([4; 32]),
    };
    let signature = Signature([5; 64]);
    let call = Call::Membership(MembershipCall::Ready { readiness, signature });
    Layout::of("call-ready", &call)
        .field("call: membership", &16_u8)
        .field("  ready", &4_u8)
        .field("  chain_id", &readiness.chain_id)
        .field("  validator", &readiness.validator)
        .field("  height", &readiness.height)
        .field("  block_id", &readiness.block_id)
        .field("  state_root", &readiness.state_root)
        .field("  signature", &signature)
        .end()
}

fn rotate() -> Block {
    let rotation = Rotation {
        version: Version,
        validator: ValidatorId([2; 32]),
        keys: KeySet {
            consensus_key: PublicKey([3; 32]),
            commitment: RevealPoint([4; 32]),
            randomness_key: RevealPoint([5; 32]),
            commitment_proof: PossessionProof([6; 64]),
            randomness_proof: PossessionProof([7; 64]),
        },
        identity: SealedIdentity { hidden_information: vec![8; 4], attestations: Vec::new() },
    };
    let KeySet { consensus_key, commitment, randomness_key, commitment_proof, randomness_proof } =
        rotation.keys.clone();
    let rotation = Box::new(rotation);
    let call = Call::Membership(MembershipCall::Rotate { rotation: rotation.clone() });
    Layout::of("call-rotate", &call)
        .field("call: membership", &16_u8)
        .field("  rotate", &5_u8)
        .field("  version", &rotation.version)
        .field("  validator", &rotation.validator)
        .field("  consensus_key: V", &consensus_key)
        .field("  commitment: C", &commitment)
        .field("  randomness_key: Y", &randomness_key)
        .field("  commitment_proof", &commitment_proof)
        .field("  randomness_proof", &randomness_proof)
        .field("  hidden_information", &rotation.identity.hidden_information)
        .field("  attestations: how many", &0_u32)
        .end()
}

fn pause(world: &World) -> Block {
    let contract = id::contract_address(&world.account(0), b"shop");
    let motion = Motion::PauseContract { contract, paused: true };
    let call = Call::Membership(MembershipCall::Propose { motion });
    Layout::of("call-propose-pause", &call)
        .field("call: membership", &16_u8)
        .field("  propose", &0_u8)
        .field("  motion: pause contract", &13_u8)
        .field("    contract", &contract)
        .field("    paused", &true)
        .end()
}

fn rotated() -> Block {
    let (validator, consensus_key) = (ValidatorId([2; 32]), PublicKey([3; 32]));
    let from = Height(12);
    let event = NativeEvent::KeysRotated { validator, consensus_key, from };
    Layout::of("event-validators.KeysRotated", &event)
        .field("event", &23_u8)
        .field("validator", &validator)
        .field("consensus_key", &consensus_key)
        .field("from", &from)
        .end()
}
