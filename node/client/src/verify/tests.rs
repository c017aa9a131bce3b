use super::*;
use crate::dto::Base64;
use crypto::ballot::ConsensusSecret;
use crypto::sign::SecretKey;
use state::tree::Tree;
use state::{ChangeSet, MapReader, key};
use types::code::Code;
use types::codec::{Version, WideVersion};
use types::receipt::{ReceiptKind, Status};
use types::{
    Address, Amount, CertificateSignature, Gas, Round, SignedAddress, Step, TimestampMs,
    VotingPower, VrfProof,
};

const CHAIN: ChainId = ChainId([5; 32]);

/// Four validators whose secrets are known, sorted as their set is.
struct Net {
    set: ValidatorSet,
    secrets: Vec<ConsensusSecret>,
}

fn four_of(first_seed: u8) -> Net {
    let mut made: Vec<(Validator, ConsensusSecret)> = (first_seed..first_seed + 4)
        .map(|seed| {
            let secret = ConsensusSecret::new(SecretKey::from_seed([seed; 32]), [seed; 32], CHAIN);
            let validator = Validator {
                id: id::validator_id(&secret.consensus_key()),
                consensus_key: secret.consensus_key(),
                commitment: secret.commitment(),
                randomness_key: secret.randomness_key(),
                power: VotingPower(1),
            };
            (validator, secret)
        })
        .collect();
    made.sort_by_key(|(validator, _)| validator.id);
    let (validators, secrets) = made.into_iter().unzip();
    Net { set: ValidatorSet::new(validators).unwrap(), secrets }
}

impl Net {
    fn sign(&self, signers: u16, address: SignedAddress, value: Hash) -> Vec<CertificateSignature> {
        let signers = (0..signers).zip(&self.secrets);
        signers
            .map(|(index, secret)| {
                let (signature, share) = secret.sign(&address, &Some(value), [1; 32]);
                CertificateSignature { index, signature, share }
            })
            .collect()
    }

    fn seal(&self, signers: u16, height: u64, roots: (Hash, Hash)) -> FinalityCertificate {
        let (height, block_id) = (Height(height), BlockId([9; 32]));
        let address = SignedAddress { chain_id: CHAIN, height, round: Round(0), step: Step::Seal };
        let (state_root, receipts_root) = roots;
        let value = id::seal_value(&block_id, &state_root, &receipts_root);
        let seals = self.sign(signers, address, value);
        FinalityCertificate {
            version: Version,
            chain_id: CHAIN,
            height,
            block_id,
            state_root,
            receipts_root,
            seals,
        }
    }

    /// The header of a height that hands over to `next`, decided by this net.
    fn step(&self, height: u64, next: &ValidatorSet) -> SetStep {
        let header = header(height, &self.set, next);
        let block_id = id::block_id(&header);
        let address = SignedAddress {
            chain_id: CHAIN,
            height: Height(height),
            round: Round(0),
            step: Step::Precommit,
        };
        let precommits = self.sign(3, address, Hash(block_id.0));
        let commit = CommitCertificate {
            version: Version,
            chain_id: CHAIN,
            height: Height(height),
            round: Round(0),
            block_id,
            precommits,
        };
        SetStep {
            header: Base64(types::encode(&header)),
            commit: Base64(types::encode(&commit)),
            next: Base64(types::encode(next)),
        }
    }

    fn trust(&self) -> Trust {
        Trust::new(CHAIN, Height(1), self.set.clone())
    }
}

fn header(height: u64, set: &ValidatorSet, next: &ValidatorSet) -> Header {
    Header {
        version: WideVersion,
        protocol: 1,
        chain_id: CHAIN,
        height: Height(height),
        round: Round(0),
        time_ms: TimestampMs(height),
        parent: BlockId([1; 32]),
        proposer: ValidatorId([1; 32]),
        validators_hash: id::validators_hash(set),
        next_validators_hash: id::validators_hash(next),
        params_hash: Hash::ZERO,
        prev_state_root: Hash::ZERO,
        prev_receipts_root: Hash::ZERO,
        txs_root: Hash::ZERO,
        evidence_root: Hash::ZERO,
        last_commit_hash: Hash::ZERO,
        finality_hash: Hash::ZERO,
        randomness: Hash::ZERO,
        vrf_proof: VrfProof::ZERO,
        body_bytes: 0,
    }
}

fn raw_key(n: u8) -> Vec<u8> {
    key::account(&Address([n; 32]))
}

/// A state of 50 keys, and a proof of one of them.
fn state_proof(net: &Net, about: &[u8], signers: u16) -> StateProof {
    let entries = (0..50).map(|n| (raw_key(n), Some(vec![n; 40]))).collect();
    let changes = ChangeSet::from_sorted(entries).unwrap();
    let mut reader = MapReader::new();
    let mut tree = Tree::new(1 << 20);
    let root = tree.apply(&reader, Height(0), &changes).unwrap();
    reader.apply(&changes);
    tree.durable(Height(0));
    let proof = tree.prove(&reader, Height(0), about).unwrap();
    StateProof {
        version: PROOF_VERSION,
        chain_id: CHAIN,
        height: Height(8),
        proof: Base64(proof.encode()),
        certificate: Base64(types::encode(&net.seal(signers, 8, (root, Hash::ZERO)))),
        steps: Vec::new(),
    }
}

fn receipt(n: u8) -> Receipt {
    Receipt {
        version: Version,
        kind: ReceiptKind::Transaction,
        tx_hash: Some(TxHash([n; 32])),
        status: Status::Succeeded,
        code: Code::Ok,
        gas_used: Gas(u64::from(n)),
        fee: Amount(1),
        events: Vec::new(),
        return_hash: Hash::ZERO,
    }
}

fn receipt_proof(net: &Net, index: u32) -> ReceiptProof {
    let receipts: Vec<Receipt> = (0..5).map(receipt).collect();
    let hashes: Vec<Hash> = receipts.iter().map(id::receipt_hash).collect();
    let siblings = merkle::prove(&hashes, index as usize).unwrap();
    let roots = (Hash::ZERO, merkle::root(&hashes));
    ReceiptProof {
        version: PROOF_VERSION,
        chain_id: CHAIN,
        height: Height(8),
        receipt: Base64(types::encode(&receipts[index as usize])),
        index,
        count: 5,
        siblings: Base64(siblings.iter().flat_map(|hash| hash.0).collect()),
        certificate: Base64(types::encode(&net.seal(3, 8, roots))),
        steps: Vec::new(),
    }
}

/// Positions to change: all of a short text, a spread over a long one (a certificate's check costs
/// milliseconds), always with both ends.
fn positions(length: usize) -> impl Iterator<Item = usize> {
    let stride = (length / 160).max(1);
    (0..length).step_by(stride).chain([length - 1])
}

#[test]
fn a_value_and_an_absence_are_proven_without_a_node() {
    let net = four_of(1);
    let present = state_proof(&net, &raw_key(7), 3);
    let verified = net.trust().verify_key(&present, &raw_key(7)).unwrap();
    assert_eq!((verified.height, verified.value), (Height(8), Some(vec![7; 40])));
    let absent = state_proof(&net, &raw_key(200), 3);
    assert_eq!(net.trust().verify_key(&absent, &raw_key(200)).unwrap().value, None);
    assert!(net.trust().verify_key(&present, &raw_key(8)).is_err(), "another key");
}

#[test]
fn a_proof_with_any_byte_changed_is_refused() {
    let net = four_of(1);
    let good = state_proof(&net, &raw_key(7), 3);
    let trust = net.trust();
    trust.verify_state(&good).unwrap();
    for at in 0..good.proof.0.len() {
        let mut bad = good.clone();
        bad.proof.0[at] ^= 1;
        assert!(trust.verify_state(&bad).is_err(), "byte {at} of the proof");
    }
    for at in positions(good.certificate.0.len()) {
        let mut bad = good.clone();
        bad.certificate.0[at] ^= 1;
        assert!(trust.verify_state(&bad).is_err(), "byte {at} of the certificate");
    }
    let mut longer = good.clone();
    longer.proof.0.push(0);
    assert!(trust.verify_state(&longer).is_err(), "a trailing byte");
    let mut moved = good.clone();
    moved.height = Height(9);
    assert!(trust.verify_state(&moved).is_err(), "another height");
    let mut elsewhere = good;
    elsewhere.chain_id = ChainId([6; 32]);
    assert!(trust.verify_state(&elsewhere).is_err(), "another chain");
}

#[test]
fn two_of_four_prove_nothing_and_neither_do_strangers() {
    let net = four_of(1);
    let weak = state_proof(&net, &raw_key(7), 2);
    assert!(matches!(net.trust().verify_state(&weak), Err(VerifyError::Certificate { .. })));
    let good = state_proof(&net, &raw_key(7), 4);
    let strangers = four_of(50);
    assert!(strangers.trust().verify_state(&good).is_err());
}

#[test]
fn a_receipt_is_proven_at_its_place() {
    let net = four_of(1);
    let trust = net.trust();
    for index in 0..5 {
        let proof = receipt_proof(&net, index);
        let hash = TxHash([u8::try_from(index).unwrap(); 32]);
        let verified = trust.verify_transaction(&proof, hash).unwrap();
        assert_eq!((verified.index, verified.height), (index, Height(8)));
        assert!(trust.verify_transaction(&proof, TxHash([99; 32])).is_err());
    }
}

#[test]
fn a_receipt_with_any_byte_changed_is_refused() {
    let net = four_of(1);
    let (trust, good) = (net.trust(), receipt_proof(&net, 3));
    for at in 0..good.receipt.0.len() {
        let mut bad = good.clone();
        bad.receipt.0[at] ^= 1;
        assert!(trust.verify_receipt(&bad).is_err(), "byte {at} of the receipt");
    }
    for at in 0..good.siblings.0.len() {
        let mut bad = good.clone();
        bad.siblings.0[at] ^= 1;
        assert!(trust.verify_receipt(&bad).is_err(), "byte {at} of the path");
    }
    let mut moved = good;
    moved.index = 2;
    assert!(trust.verify_receipt(&moved).is_err(), "another place");
}

#[test]
fn trust_follows_the_validator_set_from_change_to_change() {
    let (first, second, third) = (four_of(1), four_of(20), four_of(40));
    let mut proof = state_proof(&third, &raw_key(7), 3);
    let trust = first.trust();
    assert!(trust.verify_state(&proof).is_err(), "without the changes");
    proof.steps = vec![first.step(4, &second.set), second.step(6, &third.set)];
    assert_eq!(trust.verify_state(&proof).unwrap().value, Some(vec![7; 40]));
    let good = proof.clone();
    proof.steps.swap(0, 1);
    assert!(trust.verify_state(&proof).is_err(), "in another order");
    proof.steps = vec![good.steps[0].clone()];
    assert!(trust.verify_state(&proof).is_err(), "one change left out");
}

#[test]
fn a_set_that_the_header_does_not_name_is_refused() {
    let (first, second, third) = (four_of(1), four_of(20), four_of(40));
    let mut step = first.step(4, &second.set);
    step.next = Base64(types::encode(&third.set));
    let error = first.trust().advance(&step).unwrap_err();
    assert!(matches!(error, VerifyError::OtherSet { .. }), "{error}");
}

#[test]
fn a_step_with_any_byte_changed_is_refused() {
    let (first, second) = (four_of(1), four_of(20));
    let good = first.step(4, &second.set);
    first.trust().advance(&good).unwrap();
    let parts: [fn(&mut SetStep) -> &mut Vec<u8>; 3] =
        [|step| &mut step.header.0, |step| &mut step.commit.0, |step| &mut step.next.0];
    for part in parts {
        for at in positions(part(&mut good.clone()).len()) {
            let mut bad = good.clone();
            part(&mut bad)[at] ^= 1;
            assert!(first.trust().advance(&bad).is_err(), "byte {at}");
        }
    }
}

#[test]
fn trust_never_goes_back() {
    let (first, second) = (four_of(1), four_of(20));
    let mut trust = Trust::new(CHAIN, Height(9), first.set.clone());
    let error = trust.advance(&first.step(4, &second.set)).unwrap_err();
    assert!(matches!(error, VerifyError::BeforeTrust { .. }), "{error}");
    let early = state_proof(&first, &raw_key(7), 3);
    assert!(matches!(trust.verify_state(&early), Err(VerifyError::BeforeTrust { .. })));
}

/// What a liar signed, with its sealed identity, as a file from genesis.
fn evidence_file(net: &Net, liar: usize) -> crate::dto::EvidenceFile {
    let secret = &net.secrets[liar];
    let (key, commitment) = (secret.consensus_key(), secret.commitment());
    let of = RecordOf { chain_id: &CHAIN, key: &key, commitment: &commitment };
    let party = SecretKey::from_seed([77; 32]);
    let consent = hidden::consent_hash(&of, &id::validator_id(&key));
    let identity = types::HiddenInformation {
        legal_name: "Liar Ltd".into(),
        registry_number: String::new(),
        jurisdiction: String::new(),
        contact: String::new(),
        beneficial_owner: String::new(),
        bond_terms: String::new(),
        party_key: party.public(),
        party_signature: party.sign(&consent.0),
    };
    let point = secret.reveal().hidden_point();
    let sealed = hidden::seal(&identity, &point, &of, &[1; 24], 512).unwrap();
    let (chain_id, round, step) = (CHAIN, Round(0), Step::Prevote);
    let address = SignedAddress { chain_id, height: Height(4), round, step };
    let half = |value: u8| {
        let value = Some(Hash([value; 32]));
        let (signature, share) = secret.sign(&address, &value, [0; 32]);
        (value, signature, share)
    };
    let pair = evidence::from_pair(id::validator_id(&key), address, half(1), half(2)).unwrap();
    crate::dto::EvidenceFile {
        version: PROOF_VERSION,
        chain_id,
        evidence: Base64(types::encode(&pair)),
        sealed: Base64(sealed),
        steps: Vec::new(),
    }
}

#[test]
fn an_evidence_file_names_its_validator_with_nothing_but_the_set() {
    let net = four_of(1);
    let trust = Trust::new(CHAIN, Height(1), net.set.clone());
    let proven = trust.verify_evidence(&evidence_file(&net, 2)).unwrap();
    assert_eq!(proven.validator.id, net.set.validators()[2].id);
    assert_eq!(proven.hidden_point, net.secrets[2].reveal().hidden_point());
    let Opening::Opened(identity) = proven.opening else { panic!("{:?}", proven.opening) };
    assert_eq!(identity.legal_name, "Liar Ltd");
}

#[test]
fn an_evidence_file_that_was_touched_names_nobody() {
    let net = four_of(1);
    let trust = Trust::new(CHAIN, Height(1), net.set.clone());
    let file = evidence_file(&net, 2);
    let cut = crate::dto::EvidenceFile {
        evidence: Base64(file.evidence.0[..file.evidence.0.len() - 1].to_vec()),
        ..file.clone()
    };
    assert!(matches!(trust.verify_evidence(&cut), Err(VerifyError::Decode(_))));
    let mut bent = file.clone();
    *bent.evidence.0.last_mut().unwrap() ^= 1;
    assert!(matches!(trust.verify_evidence(&bent), Err(VerifyError::Evidence(_))));
    let elsewhere = Trust::new(CHAIN, Height(1), four_of(20).set);
    assert!(matches!(elsewhere.verify_evidence(&file), Err(VerifyError::Stranger { .. })));
    let later = Trust::new(CHAIN, Height(5), net.set.clone());
    assert!(matches!(later.verify_evidence(&file), Err(VerifyError::BeforeTrust { .. })));
    let other = Trust::new(ChainId([6; 32]), Height(1), net.set);
    assert!(matches!(other.verify_evidence(&file), Err(VerifyError::OtherChain { .. })));
}
