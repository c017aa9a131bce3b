use super::*;
use crate::testing::{Chain, secret};
use crypto::ballot::ConsensusSecret;
use types::{ChainId, Hash, Round, Share, Signature, Step};

/// A chain at height 5 with a true piece of evidence about height 3.
fn chain_and_evidence() -> (Chain, Evidence) {
    let mut chain = Chain::new(Params {
        evidence_window: 32,
        finality_carry_limit: 1_000,
        ..Params::default()
    });
    (0..4).for_each(|_| drop(chain.advance(Vec::new())));
    let evidence = chain.double_sign(1, chain.address(3, Step::Precommit));
    (chain, evidence)
}

fn judge(chain: &Chain, evidence: &Evidence) -> Result<Proven, Code> {
    let judged = check(&chain.reader, &chain.chain_id(), chain.height(), &chain.params(), evidence);
    judged.map_err(|error| match error {
        CheckError::Invalid(refusal) => refusal.code,
        CheckError::Read(error) => panic!("memory can be read: {error}"),
    })
}

#[test]
fn true_evidence_opens_the_hidden_point_of_whoever_signed_it() {
    let (chain, evidence) = chain_and_evidence();
    for step in [Step::Proposal, Step::Prevote, Step::Precommit, Step::Seal] {
        let evidence = chain.double_sign(2, chain.address(4, step));
        let proven = judge(&chain, &evidence).unwrap();
        let liar = chain.secrets()[2];
        assert_eq!(proven.validator.id, liar.id);
        assert_eq!(proven.hidden_point, liar.consensus.reveal().hidden_point());
    }
    assert!(judge(&chain, &evidence).is_ok());
}

type Change = fn(&Chain, &mut Evidence);

/// Signs both halves again, after a change of what they are over.
fn sign_again(chain: &Chain, validator: usize, evidence: &mut Evidence) {
    let secret = &chain.secrets()[validator].consensus;
    let at = evidence.address;
    (evidence.signature_a, evidence.share_a) = secret.sign(&at, &evidence.value_a, [0; 32]);
    (evidence.signature_b, evidence.share_b) = secret.sign(&at, &evidence.value_b, [0; 32]);
}

/// Puts a share into half A, signed over by its own signer: only the share itself can be wrong.
fn sign_over_share(chain: &Chain, evidence: &mut Evidence, share: [u8; 128]) {
    let liar = chain.secrets().iter().position(|v| v.id == evidence.validator).unwrap();
    let number = chain.number(liar);
    evidence.share_a = Share(share);
    let key = secret(number).public();
    let (at, value, share) = (&evidence.address, &evidence.value_a, &evidence.share_a);
    let message = crypto::ballot::signed_bytes(&key, at, value, share);
    evidence.signature_a = secret(number).sign(&message.0);
}

/// The order of the group of shares and of ed25519, little-endian: the least scalar that is not
/// canonical.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn share_with(evidence: &Evidence, part: usize, bytes: [u8; 32]) -> [u8; 128] {
    let mut share = evidence.share_a.0;
    share[32 * part..32 * (part + 1)].copy_from_slice(&bytes);
    share
}

#[test]
fn every_field_that_does_not_belong_is_refused_with_its_own_code() {
    let cases: [(&str, Code, Change); 21] = [
        ("another chain", Code::EvidenceChain, |_, e| e.address.chain_id = ChainId([9; 32])),
        ("height 0", Code::EvidenceWindow, |_, e| e.address.height = Height(0)),
        ("a height to come", Code::EvidenceWindow, |_, e| e.address.height = Height(6)),
        ("a stranger", Code::EvidenceStranger, |_, e| e.validator = ValidatorId([1; 32])),
        ("another validator", Code::EvidenceSignature, |chain, e| {
            e.validator = chain.secrets()[2].id;
        }),
        ("another round", Code::EvidenceSignature, |_, e| e.address.round = Round(1)),
        ("another height", Code::EvidenceSignature, |_, e| e.address.height = Height(2)),
        ("another step", Code::EvidenceSignature, |_, e| e.address.step = Step::Prevote),
        ("values the other way round", Code::EvidenceMalformed, |_, e| {
            std::mem::swap(&mut e.value_a, &mut e.value_b);
            std::mem::swap(&mut e.signature_a, &mut e.signature_b);
            std::mem::swap(&mut e.share_a, &mut e.share_b);
        }),
        ("one value twice", Code::EvidenceSameValue, |chain, e| {
            e.value_b = e.value_a;
            sign_again(chain, 1, e);
        }),
        ("nil where there is no nil", Code::EvidenceStep, |chain, e| {
            (e.address.step, e.value_a) = (Step::Proposal, None);
            sign_again(chain, 1, e);
        }),
        ("a seal with a round", Code::EvidenceStep, |chain, e| {
            (e.address.step, e.address.round) = (Step::Seal, Round(1));
            sign_again(chain, 1, e);
        }),
        ("a flipped bit in a value", Code::EvidenceSignature, |_, e| {
            e.value_b = Some(Hash([3; 32]));
        }),
        ("swapped shares", Code::EvidenceSignature, |_, e| {
            std::mem::swap(&mut e.share_a, &mut e.share_b);
        }),
        ("s of a signature not below the order", Code::EvidenceEncoding, |_, e| {
            e.signature_b.0[32..].copy_from_slice(&ORDER);
        }),
        ("R of a signature of small order", Code::EvidenceEncoding, |_, e| {
            e.signature_a.0[..32].copy_from_slice(&[0; 32]);
        }),
        ("the identity for Z", Code::EvidenceEncoding, |chain, e| {
            sign_over_share(chain, e, share_with(e, 0, [0; 32]));
        }),
        ("no point for T1", Code::EvidenceEncoding, |chain, e| {
            sign_over_share(chain, e, share_with(e, 1, [0xff; 32]));
        }),
        ("s of a share not below the order", Code::EvidenceEncoding, |chain, e| {
            sign_over_share(chain, e, share_with(e, 3, ORDER));
        }),
        ("a share that proves nothing", Code::EvidenceShare, |chain, e| {
            let mut share = e.share_a.0;
            share.copy_within(32..64, 64);
            sign_over_share(chain, e, share);
        }),
        ("another validator's share", Code::EvidenceShare, |chain, e| {
            let other = &chain.secrets()[2].consensus;
            let (_, share) = other.sign(&e.address, &e.value_a, [0; 32]);
            sign_over_share(chain, e, share.0);
        }),
    ];
    for (what, code, change) in cases {
        let (chain, mut evidence) = chain_and_evidence();
        change(&chain, &mut evidence);
        assert_eq!(judge(&chain, &evidence).map(|_| ()), Err(code), "{what}");
    }
}

#[test]
fn any_flipped_bit_of_a_signature_or_share_is_refused() {
    let (chain, evidence) = chain_and_evidence();
    for bit in (0..512).step_by(37) {
        let mut changed = evidence.clone();
        changed.signature_a.0[bit / 8] ^= 1 << (bit % 8);
        assert!(judge(&chain, &changed).is_err(), "bit {bit} of a signature");
    }
    for bit in (0..1024).step_by(53) {
        let mut changed = evidence.clone();
        changed.share_b.0[bit / 8] ^= 1 << (bit % 8);
        assert!(judge(&chain, &changed).is_err(), "bit {bit} of a share");
    }
}

/// Largest encoding that the decoder is asked to read here.
const LIMIT: usize = 1 << 16;

/// Bytes that differ from an encoding decode to nothing, or to something else with one encoding
/// that is refused: nobody can send true evidence in a second form.
fn assert_refused(chain: &Chain, bytes: &[u8], what: &str) {
    let Ok(changed) = types::decode::<Evidence>("evidence", bytes, LIMIT) else { return };
    assert_eq!(types::encode(&changed), bytes, "{what}: one value has two encodings");
    assert!(judge(chain, &changed).is_err(), "{what}");
}

#[test]
fn no_other_bytes_than_its_own_are_taken_for_the_evidence() {
    let (chain, evidence) = chain_and_evidence();
    let bytes = types::encode(&evidence);
    assert!(types::decode::<Evidence>("evidence", &bytes, LIMIT).is_ok());
    // One bit of every byte, another one in each.
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at * 5 % 8);
        assert_refused(&chain, &flipped, &format!("a bit of byte {at}"));
    }
    for at in 0..bytes.len() {
        let cut = types::decode::<Evidence>("evidence", &bytes[..at], LIMIT);
        assert!(cut.is_err(), "cut to {at} bytes");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(types::decode::<Evidence>("evidence", &longer, LIMIT).is_err());
}

#[test]
fn evidence_spliced_from_two_others_accuses_nobody() {
    let (chain, first) = chain_and_evidence();
    let second = chain.double_sign(2, chain.address(4, Step::Prevote));
    let (first, second) = (types::encode(&first), types::encode(&second));
    assert_eq!(first.len(), second.len(), "votes for two blocks have one size");
    for at in (1..first.len()).step_by(7) {
        let spliced = [&first[..at], &second[at..]].concat();
        if spliced != first && spliced != second {
            assert_refused(&chain, &spliced, &format!("spliced at {at}"));
        }
    }
}

#[test]
fn the_window_ends_where_it_says() {
    let mut chain = Chain::new(Params {
        evidence_window: 32,
        finality_carry_limit: 1_000,
        ..Params::default()
    });
    let evidence = chain.double_sign(0, chain.address(1, Step::Prevote));
    while chain.height() < Height(33) {
        assert!(judge(&chain, &evidence).is_ok(), "at {}", chain.height());
        chain.advance(Vec::new());
    }
    assert!(judge(&chain, &evidence).is_ok(), "32 heights later");
    chain.advance(Vec::new());
    assert_eq!(judge(&chain, &evidence).map(|_| ()), Err(Code::EvidenceWindow));
}

#[test]
fn a_secret_of_the_same_key_on_another_chain_accuses_nobody_here() {
    let (chain, mut evidence) = chain_and_evidence();
    let elsewhere = ChainId([8; 32]);
    let secret = ConsensusSecret::new(secret(101), [101; 32], elsewhere);
    evidence.validator = crypto::id::validator_id(&secret.consensus_key());
    let at = types::SignedAddress { chain_id: elsewhere, ..evidence.address };
    let half = |value: u8| {
        let value = Some(Hash([value; 32]));
        let (signature, share): (Signature, Share) = secret.sign(&at, &value, [0; 32]);
        (value, signature, share)
    };
    let pair = crypto::evidence::from_pair(evidence.validator, at, half(1), half(2)).unwrap();
    assert_eq!(judge(&chain, &pair).map(|_| ()), Err(Code::EvidenceChain));
    let moved = Evidence { address: evidence.address, ..pair };
    assert_eq!(judge(&chain, &moved).map(|_| ()), Err(Code::EvidenceSignature));
}
