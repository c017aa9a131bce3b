//! Which blocks may follow their parent.

use super::*;

/// A chain at height 3 and its next block, with two transfers.
fn chain_and_block() -> (Chain, Block) {
    let mut chain = Chain::new(params());
    chain.advance(Vec::new());
    chain.advance(Vec::new());
    let block =
        chain.build(vec![chain.transfer(1, account(2), 1, 0), chain.transfer(2, account(1), 1, 0)]);
    (chain, block)
}

fn encoded(signed: &SignedTx) -> Vec<u8> {
    types::encode(signed)
}

#[test]
fn a_built_block_is_valid_and_says_what_is_in_it() {
    let (chain, block) = chain_and_block();
    let checked = chain.check(&block).unwrap();
    assert_eq!(checked.block_id(), id::block_id(&block.header));
    assert_eq!(checked.position().height, Height(3));
    assert_eq!(checked.tx_hashes().len(), 2);
    assert_eq!(checked.txs().next().unwrap().tx.sender, account(1));
}

#[test]
fn every_field_of_the_header_is_checked() {
    let (chain, block) = chain_and_block();
    type Change = fn(&mut Header);
    let cases: [(&str, Code, Change); 19] = [
        ("header.protocol", Code::BadHeader, |h| h.protocol = 2),
        ("header.chain_id", Code::BadHeader, |h| h.chain_id.0[0] ^= 1),
        ("header.height", Code::BadHeader, |h| h.height = Height(4)),
        ("header.proposer", Code::BadProposer, |h| h.round = Round(1)),
        ("header.proposer", Code::BadProposer, |h| h.proposer = ValidatorId([1; 32])),
        ("header.time_ms", Code::BadTime, |h| h.time_ms.0 -= 1_000),
        ("header.parent", Code::BadHeader, |h| h.parent = BlockId([1; 32])),
        ("header.validators_hash", Code::BadHeader, |h| h.validators_hash = Hash([1; 32])),
        ("header.next_validators_hash", Code::BadHeader, |h| h.next_validators_hash.0[0] ^= 1),
        ("header.params_hash", Code::BadHeader, |h| h.params_hash.0[0] ^= 1),
        ("header.prev_state_root", Code::BadHeader, |h| h.prev_state_root.0[0] ^= 1),
        ("header.prev_receipts_root", Code::BadHeader, |h| h.prev_receipts_root.0[0] ^= 1),
        ("header.txs_root", Code::BadHeader, |h| h.txs_root.0[0] ^= 1),
        ("header.evidence_root", Code::BadHeader, |h| h.evidence_root.0[0] ^= 1),
        ("header.last_commit_hash", Code::BadHeader, |h| h.last_commit_hash.0[0] ^= 1),
        ("header.finality_hash", Code::BadHeader, |h| h.finality_hash.0[0] ^= 1),
        ("header.body_bytes", Code::BadHeader, |h| h.body_bytes += 1),
        ("header.randomness", Code::BadRandomness, |h| h.randomness.0[0] ^= 1),
        ("header.vrf_proof", Code::BadRandomness, |h| h.vrf_proof = VrfProof([9; 96])),
    ];
    for (field, code, change) in cases {
        let mut block = block.clone();
        change(&mut block.header);
        let refusal = chain.refusal(&block);
        assert_eq!((refusal.field, refusal.code), (field, code), "{refusal}");
    }
}

#[test]
fn time_must_rise() {
    let (chain, mut block) = chain_and_block();
    let before = chain.parent.header.time_ms;
    block.header.time_ms = TimestampMs(before.0 + 1);
    assert!(chain.check(&block).is_ok());
    block.header.time_ms = before;
    let expected = format!("BAD_TIME: header.time_ms is {before}, the parent's is {before}");
    assert_eq!(chain.refusal(&block).to_string(), expected);
}

#[test]
fn the_last_commit_must_decide_the_parent() {
    let (chain, block) = chain_and_block();
    let refused = |change: &dyn Fn(&mut Body)| {
        let block = with_body(&chain, &block, |body| change(body));
        let refusal = chain.refusal(&block);
        assert_eq!(refusal.code, Code::BadCertificate);
        refusal.field
    };
    fn commit(body: &mut Body) -> &mut types::CommitCertificate {
        body.last_commit.as_mut().unwrap()
    }
    assert_eq!(refused(&|body| body.last_commit = None), "last_commit");
    assert_eq!(refused(&|b| commit(b).chain_id.0[0] ^= 1), "last_commit.chain_id");
    assert_eq!(refused(&|b| commit(b).height = Height(1)), "last_commit.height");
    assert_eq!(refused(&|b| commit(b).block_id.0[0] ^= 1), "last_commit.block_id");
    assert_eq!(refused(&|b| commit(b).precommits.truncate(2)), "last_commit.precommits");
    assert_eq!(refused(&|b| commit(b).precommits[0].signature.0[0] ^= 1), "last_commit.precommits");
    assert_eq!(refused(&|b| commit(b).precommits[0].share.0[0] ^= 1), "last_commit.precommits");
    assert_eq!(refused(&|b| commit(b).round = Round(1)), "last_commit.precommits");
}

#[test]
fn the_first_block_has_no_last_commit() {
    let mut chain = Chain::new(params());
    let first = chain.build(Vec::new());
    assert!(chain.check(&first).is_ok());
    let certificate = chain.certify(&first);
    let block = with_body(&chain, &first, |body| body.last_commit = Some(certificate));
    assert_eq!(chain.refusal(&block).field, "last_commit");
    chain.commit(&first);
    assert_eq!(chain.height(), Height(2));
}

#[test]
fn a_chain_that_carries_no_finality_stops_after_its_limit() {
    let mut chain = Chain::new(params());
    for _ in 1..=16 {
        chain.advance(Vec::new());
    }
    let bare = chain.build(Vec::new());
    assert_eq!(
        chain.refusal(&bare).to_string(),
        "FINALITY_DUE: finality.height is 0, the oldest allowed is 1"
    );
    let carrying = chain.build_with(Vec::new(), Some(chain.seal(Height(1)))).block;
    assert_eq!(carrying.body.finality.as_ref().unwrap().height, Height(1));
    chain.commit(&carrying);
    assert_eq!(read::chain(&chain.reader).unwrap().carried, Height(1));
    assert_eq!(chain.refusal(&chain.build(Vec::new())).code, Code::FinalityDue);
    let newest = chain.build_with(Vec::new(), Some(chain.seal(Height(17)))).block;
    chain.commit(&newest);
    assert_eq!(read::chain(&chain.reader).unwrap().carried, Height(17));
}

#[test]
fn a_proposer_carries_a_certificate_once_it_is_due_and_newer() {
    let mut chain = Chain::new(params());
    let mut carried_at = Vec::new();
    for _ in 0..20 {
        let last = chain.height().previous();
        let finality = (last > Height(0)).then(|| chain.seal(last));
        let block = chain.build_with(Vec::new(), finality).block;
        if block.body.finality.is_some() {
            carried_at.push(block.header.height.0);
        }
        chain.commit(&block);
    }
    assert_eq!(carried_at, [8, 15]);
}

#[test]
fn a_finality_certificate_must_be_newer_ours_and_sealed() {
    let mut chain = Chain::new(params());
    for _ in 0..10 {
        chain.advance(Vec::new());
    }
    let block = chain.build_with(Vec::new(), Some(chain.seal(Height(5)))).block;
    chain.commit(&block);
    let block = chain.build(Vec::new());
    let judge = |height: u64, change: fn(&mut types::FinalityCertificate)| {
        let mut finality = chain.seal(Height(height));
        change(&mut finality);
        let block = with_body(&chain, &block, |body| body.finality = Some(finality));
        match chain.check(&block) {
            Ok(_) => "valid",
            Err(CheckError::Invalid(refusal)) => {
                assert_eq!(refusal.code, Code::BadCertificate);
                refusal.field
            }
            Err(CheckError::Read(error)) => panic!("{error}"),
        }
    };
    assert_eq!(judge(6, |_| {}), "valid");
    assert_eq!(judge(11, |_| {}), "valid", "the parent itself");
    assert_eq!(judge(5, |_| {}), "finality.height", "carried already");
    assert_eq!(judge(11, |f| f.height = Height(12)), "finality.height", "not there yet");
    assert_eq!(judge(6, |f| f.chain_id.0[0] ^= 1), "finality.chain_id");
    assert_eq!(judge(6, |f| f.seals.truncate(2)), "finality.seals");
    assert_eq!(judge(6, |f| f.state_root.0[0] ^= 1), "finality.seals");
    assert_eq!(judge(11, |f| f.block_id.0[0] ^= 1), "finality.block_id");
    assert_eq!(judge(11, |f| f.state_root.0[0] ^= 1), "finality.state_root");
    assert_eq!(judge(11, |f| f.receipts_root.0[0] ^= 1), "finality.receipts_root");
}

#[test]
fn one_bad_transaction_makes_the_block_invalid_and_is_named() {
    let chain = Chain::new(params());
    let good = encoded(&sign(1, chain.tx(1, vec![pay(2, 1)])));
    type Change = fn(&mut Tx);
    let cases: [(&str, Change); 6] = [
        ("WRONG_CHAIN: txs[1].chain_id", |tx| tx.chain_id.0[0] ^= 1),
        ("EXPIRED: txs[1].valid_until_ms", |tx| tx.valid_until_ms = TimestampMs(1)),
        ("VALID_TOO_FAR: txs[1].valid_until_ms", |tx| tx.valid_until_ms = TimestampMs(u64::MAX)),
        ("NONCE_TOO_HIGH: txs[1].nonce is 1, the next is 0", |tx| tx.nonce = Nonce(1)),
        ("GAS_LIMIT_TOO_LOW: txs[1].gas_limit is 7", |tx| tx.gas_limit = Gas(7)),
        ("TOO_LARGE: txs[1].reference", |tx| tx.reference = vec![0; 65]),
    ];
    for (expected, change) in cases {
        let mut tx = chain.tx(2, vec![pay(1, 1)]);
        change(&mut tx);
        let block = with_txs(&chain, vec![good.clone(), encoded(&sign(2, tx))]);
        let found = chain.refusal(&block).to_string();
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
    let block = with_txs(&chain, vec![good.clone(), good.clone()]);
    assert_eq!(
        chain.refusal(&block).to_string(),
        "NONCE_TOO_LOW: txs[1].nonce is 0, the next is 1"
    );
    let block = with_txs(&chain, vec![good, vec![1, 2, 3]]);
    assert_eq!(chain.refusal(&block).code, Code::Malformed);
}

#[test]
fn a_sender_without_the_role_makes_the_block_invalid() {
    let chain = Chain::new(Params { send: Permission::Role, ..params() });
    let transfer = |sender| chain.transfer(sender, account(1), 1, 0);
    assert!(chain.check(&with_txs(&chain, vec![transfer(3).bytes.to_vec()])).is_ok());
    let block = with_txs(&chain, vec![transfer(3).bytes.to_vec(), transfer(4).bytes.to_vec()]);
    let refusal = chain.refusal(&block);
    assert_eq!((refusal.code, refusal.transaction), (Code::SenderNotAllowed, Some(1)));
    assert_eq!(chain.build(vec![transfer(4), transfer(3)]).body.txs.len(), 1);
}

#[test]
fn a_new_set_is_announced_one_height_before_it_signs() {
    let mut chain = Chain::new(params());
    let old = read::validator_set_at(&chain.reader, Height(1)).unwrap();
    let mut validators = old.validators().to_vec();
    validators[0].power = VotingPower(2);
    let new = ValidatorSet::new(validators).unwrap();
    let record = SetRecord { version: Version, set: new.clone() };
    let entry = (key::set(Height(2)), Some(types::encode(&record)));
    chain.reader.apply(&ChangeSet::from_sorted(vec![entry]).unwrap());
    let (old, new) = (id::validators_hash(&old), id::validators_hash(&new));
    let hashes = |header: &Header| (header.validators_hash, header.next_validators_hash);
    let first = chain.build(Vec::new());
    assert_eq!(hashes(&first.header), (old, new));
    chain.commit(&first);
    let second = chain.build(Vec::new());
    assert_eq!(hashes(&second.header), (new, new));
    chain.commit(&second);
    // Three of four were a quorum; now the one that is missing has 2 of 5.
    let commit = chain.last_commit.as_mut().unwrap();
    commit.precommits.remove(0);
    assert_eq!(chain.refusal(&chain.build(Vec::new())).field, "last_commit.precommits");
}

#[test]
fn signatures_are_checked_in_one_batch_and_the_bad_one_is_named() {
    let chain = Chain::new(params());
    let good = |ahead| chain.transfer(1, account(2), 1, ahead).bytes.to_vec();
    let mut bad = sign(2, chain.tx(2, vec![pay(1, 1)]));
    bad.tx.nonce = Nonce(1);
    let other = encoded(&sign(2, chain.tx(2, vec![pay(1, 1)])));
    let block = with_txs(&chain, vec![good(0), other, encoded(&bad), good(1)]);
    let refusal = chain.refusal(&block);
    assert_eq!((refusal.code, refusal.transaction), (Code::BadSignature, Some(2)));
    let stranger = encoded(&sign(3, chain.tx(2, vec![pay(1, 1)])));
    let refusal = chain.refusal(&with_txs(&chain, vec![good(0), stranger]));
    assert_eq!((refusal.code, refusal.transaction), (Code::BadAuth, Some(1)));
}

#[test]
fn signatures_verified_before_are_not_verified_again() {
    let chain = Chain::new(params());
    let mut bad = sign(2, chain.tx(2, vec![pay(1, 1)]));
    bad.tx.gas_limit = Gas(99_999);
    let block = with_txs(&chain, vec![encoded(&bad)]);
    assert_eq!(chain.refusal(&block).code, Code::BadSignature);
    let asked = RefCell::new(Vec::new());
    let known_tx = |hash: &types::TxHash| {
        asked.borrow_mut().push(*hash);
        Some(Arc::new(bad.clone()))
    };
    block::check(&chain.reader, &chain.parent, &block, &|_| false, &known_tx).unwrap();
    assert_eq!(*asked.borrow(), [id::tx_hash(&encoded(&bad))]);
}

#[test]
fn a_block_holds_no_more_than_its_limits() {
    let tight = Params { max_block_txs: 2, max_block_gas: 1_000_000, ..params() };
    let chain = Chain::new(tight);
    let transfers: Vec<_> =
        (0..3).map(|ahead| chain.transfer(1, account(2), 1, ahead).bytes.to_vec()).collect();
    let refusal = chain.refusal(&with_txs(&chain, transfers.clone()));
    assert_eq!(refusal.to_string(), "BLOCK_TOO_LARGE: txs is 3, the limit is 2");
    assert!(chain.check(&with_txs(&chain, transfers[..2].to_vec())).is_ok());

    let greedy = |sender, gas_limit| {
        let tx = Tx { gas_limit: Gas(gas_limit), ..chain.tx(sender, vec![pay(3, 1)]) };
        encoded(&sign(sender, tx))
    };
    assert!(chain.check(&with_txs(&chain, vec![greedy(1, 600_000), greedy(2, 400_000)])).is_ok());
    let refusal = chain.refusal(&with_txs(&chain, vec![greedy(1, 600_000), greedy(2, 400_001)]));
    assert_eq!(
        refusal.to_string(),
        "BLOCK_TOO_LARGE: txs[1].gas_limit is 1000001, the limit is 1000000"
    );
}

#[test]
fn a_body_or_transaction_with_too_many_bytes_is_refused_before_it_is_decoded() {
    let tight =
        Params { max_tx_bytes: 1_024, max_deploy_bytes: 1_024, max_body_bytes: 65_536, ..params() };
    let chain = Chain::new(tight);
    let refusal = chain.refusal(&with_txs(&chain, vec![vec![0; 1_025]]));
    assert_eq!(refusal.to_string(), "TOO_LARGE: txs[0].bytes is 1025, the limit is 1024");
    let refusal = chain.refusal(&with_txs(&chain, vec![vec![0; 1_024]; 64]));
    assert_eq!((refusal.code, refusal.field), (Code::BlockTooLarge, "body"));
}

#[test]
fn the_proposer_of_another_round_may_have_proposed_first() {
    let (chain, block) = chain_and_block();
    let set = read::validator_set_at(&chain.reader, Height(3)).unwrap();
    let proposers: Vec<_> =
        (0..3).map(|round| set.proposer(&[0, 1, 2, 3], Height(3), Round(round)).id).collect();
    assert_eq!(block.header.proposer, proposers[0]);
    assert_ne!(proposers[0], proposers[1]);
    let secret = chain.validators[&proposers[1]].consensus.vrf();
    let previous = &chain.parent.header.randomness;
    let input = BuildInput {
        height: Height(3),
        round: Round(1),
        time_ms: TimestampMs(0),
        proposer: proposers[1],
        last_commit: chain.last_commit.clone(),
        finality: None,
        evidence: Vec::new(),
        candidates: Vec::new(),
        vrf: secret.prove(&chain.chain_id(), Height(3), previous),
    };
    let block = block::build(&chain.reader, &chain.parent, input).unwrap().block;
    assert!(chain.check(&block).is_ok());
    assert_eq!(block.header.time_ms.0, chain.parent.header.time_ms.0 + 1, "a clock that lags");
}

#[test]
fn a_builder_leaves_out_what_would_make_its_block_invalid() {
    let mut chain = Chain::new(params());
    let stale = chain.transfer(1, account(2), 1, 0);
    chain.advance(vec![stale.clone()]);
    let expired = {
        let tx = Tx { valid_until_ms: TimestampMs(START_MS), ..chain.tx(2, vec![pay(1, 1)]) };
        chain.decoded(sign(2, tx))
    };
    let gap = chain.transfer(3, account(1), 1, 1);
    let good = chain.transfer(4, account(1), 1, 0);
    let next = chain.transfer(4, account(1), 1, 1);
    let never = [(stale.hash, Code::NonceTooLow), (expired.hash, Code::Expired)];
    let candidates = vec![stale, expired, gap, next.clone(), good.clone(), next.clone()];
    let Built { block, invalid } = chain.build_with(candidates, None);
    // What comes after a gap may be valid later.
    assert_eq!(invalid, never);
    assert_eq!(block.body.txs, [good.bytes.to_vec(), next.bytes.to_vec()]);
    assert!(chain.check(&block).is_ok());
}

#[test]
fn a_builder_gives_one_sender_an_eighth_of_the_gas() {
    let chain = Chain::new(Params { max_block_gas: 1_600_000, ..params() });
    let candidates: Vec<_> = (0..10).map(|ahead| chain.transfer(1, account(2), 1, ahead)).collect();
    let more = chain.transfer(2, account(1), 1, 0);
    let block = chain.build([candidates, vec![more]].concat());
    assert_eq!(block.body.txs.len(), 3, "two of the busy sender at 100,000 gas, and the other");
}

#[test]
fn a_builder_stops_at_count_gas_and_bytes() {
    let fill = |params: Params| {
        let chain = Chain::new(params);
        let candidates: Vec<Arc<Decoded>> =
            (1..=4).map(|sender| chain.transfer(sender, account(9), 1, 0)).collect();
        let block = chain.build(candidates);
        assert!(chain.check(&block).is_ok());
        block.body.txs.len()
    };
    assert_eq!(fill(params()), 4);
    assert_eq!(fill(Params { max_block_txs: 3, ..params() }), 3);
    assert_eq!(fill(Params { max_block_gas: 250_000, ..params() }), 2);
    // An empty body has 10 bytes, a transfer about 260 and 4 for its length.
    assert_eq!(fill(Params { max_body_bytes: 600, ..params() }), 2);
}

#[test]
fn state_that_cannot_be_read_is_no_verdict() {
    let (chain, block) = chain_and_block();
    let empty = state::MapReader::new();
    let found = block::check(&empty, &chain.parent, &block, &|_| false, &|_| None);
    assert!(matches!(found, Err(CheckError::Read(ReadError::Missing { .. }))), "{found:?}");
}
