use super::*;
use crate::draw::tests::draft as drawn;
use crate::{draw, render, render_join};
use crypto::sign::SecretKey;
use types::VotingPower;

fn secret(number: u8) -> SecretKey {
    SecretKey::from_seed([number; 32])
}

/// The draft of a genesis that was drawn whole.
fn draft(genesis: &Genesis) -> Document {
    let mut agreed = genesis.clone();
    agreed.validators.clear();
    agreed.members.iter_mut().for_each(|member| member.network_keys.clear());
    Document::from_genesis(agreed, "syn")
}

/// The join of the member with this number, from 1.
fn join(genesis: &Genesis, number: u8) -> Join {
    let place = usize::from(number) - 1;
    let (member, validator) = (genesis.members[place].clone(), genesis.validators[place].clone());
    let peer = format!("{}@/ip4/192.0.2.{number}/tcp/7101", hex::encode(validator.network_key.0));
    let none = Signature::ZERO;
    let signatures = JoinSignatures {
        consensus: none,
        network: none,
        member_key: secret(number).public(),
        member: none,
    };
    let draft = draft_hash(&draft(genesis).genesis);
    let kinds = BTreeMap::new();
    let address_prefix = "syn".to_owned();
    let mut join = Join { address_prefix, draft, peer, member, validator, kinds, signatures };
    sign(genesis, &mut join, number);
    join
}

fn sign(genesis: &Genesis, join: &mut Join, number: u8) {
    let chain_id = crypto::id::chain_id(&genesis.name, &genesis.salt);
    let Join { draft, peer, member, validator, .. } = &*join;
    let hash = Join::signing_hash(&chain_id, draft, peer, member, validator);
    join.signatures.consensus = secret(100 + number).sign(&hash.0);
    join.signatures.network = secret(150 + number).sign(&hash.0);
    join.signatures.member = secret(number).sign(&hash.0);
}

fn joins(genesis: &Genesis) -> Vec<(String, Join)> {
    (1..=4).map(|number| (format!("{number}.toml"), join(genesis, number))).collect()
}

fn places(found: Result<Document, Vec<FileProblem>>) -> Vec<String> {
    let place = |found: FileProblem| {
        format!("{} {}", found.file.as_deref().unwrap_or("draft"), found.problem.place)
    };
    found.unwrap_err().into_iter().map(place).collect()
}

#[test]
fn the_same_files_give_the_same_genesis_in_any_order() {
    let genesis = draw(drawn()).unwrap();
    let mut files = joins(&genesis);
    let spec = assemble(&draft(&genesis), &files, Terms::Equal).unwrap();
    assert_eq!(spec.genesis, genesis, "nothing is lost, added or moved");
    assert_eq!(spec.peers.len(), 4);
    files.reverse();
    assert_eq!(assemble(&draft(&genesis), &files, Terms::Equal).unwrap(), spec);
    for (_, join) in &files {
        assert_eq!(verify(&spec, join), []);
    }
}

#[test]
fn a_join_file_reads_back_as_it_was_written() {
    let genesis = draw(drawn()).unwrap();
    let join = join(&genesis, 2);
    assert_eq!(Join::parse(&render_join(&join)).unwrap(), join);
    let document = draft(&genesis);
    assert_eq!(Document::parse(&render(&document)).unwrap(), document);
}

#[test]
fn every_changed_field_of_a_join_is_named_with_its_file() {
    type Change = fn(&mut Join);
    let changes: [(&str, Change); 6] = [
        ("signatures.consensus", |j| j.signatures.consensus.0[0] ^= 1),
        ("signatures.network", |j| j.signatures.network.0[0] ^= 1),
        ("signatures.member", |j| j.signatures.member.0[0] ^= 1),
        ("signatures.member_key", |j| j.signatures.member_key = secret(9).public()),
        ("validators[0].hidden_information", |j| {
            j.validator.hidden_information.truncate(8_192);
        }),
        ("draft", |j| j.draft.0[0] ^= 1),
    ];
    let genesis = draw(drawn()).unwrap();
    for (place, change) in changes {
        let mut files = joins(&genesis);
        change(&mut files[2].1);
        let found = places(assemble(&draft(&genesis), &files, Terms::Equal));
        assert!(found.contains(&format!("3.toml {place}")), "{place}: {found:?}");
        assert!(found.iter().all(|found| found.starts_with("3.toml")), "{place}: {found:?}");
    }
}

#[test]
fn whatever_is_changed_without_signing_again_breaks_all_three_signatures() {
    type Change = fn(&mut Join);
    let changes: [Change; 6] = [
        |j| j.peer = j.peer.replace("7101", "7102"),
        |j| j.member.network_keys.push(secret(8).public()),
        |j| j.validator.power = VotingPower(2),
        |j| j.validator.bond.0 += 1,
        |j| j.validator.operator = Address([1; 32]),
        |j| j.validator.attestations.clear(),
    ];
    let genesis = draw(drawn()).unwrap();
    for (at, change) in changes.into_iter().enumerate() {
        let mut files = joins(&genesis);
        change(&mut files[0].1);
        let found = places(assemble(&draft(&genesis), &files, Terms::AsJoined));
        for name in ["consensus", "network", "member"] {
            let expected = format!("1.toml signatures.{name}");
            assert!(found.contains(&expected), "change {at}: {found:?}");
        }
    }
}

#[test]
fn problems_of_several_files_come_at_once() {
    let genesis = draw(drawn()).unwrap();
    let mut files = joins(&genesis);
    files[0].1.validator.commitment_proof.0[0] ^= 1;
    sign(&genesis, &mut files[0].1, 1);
    files[1].1.member.account = Address([7; 32]);
    sign(&genesis, &mut files[1].1, 2);
    files[3].1.validator.bond.0 += 1;
    sign(&genesis, &mut files[3].1, 4);
    let found = places(assemble(&draft(&genesis), &files, Terms::Equal));
    let expected = [
        "2.toml members[0].account",
        "2.toml signatures.member_key",
        "4.toml validators[0].bond",
        "1.toml validators[0].commitment_proof",
    ];
    assert_eq!(found, expected);
    let unequal = [files[2].clone(), files[3].clone()];
    assert!(assemble(&draft(&genesis), &unequal, Terms::AsJoined).is_ok());
}

#[test]
fn a_key_that_two_files_bring_is_told_with_both_names() {
    let genesis = draw(drawn()).unwrap();
    let mut files = joins(&genesis);
    let (key, peer) = (files[0].1.validator.network_key, files[0].1.peer.clone());
    let other = &mut files[1].1;
    other.validator.network_key = key;
    other.member.network_keys = vec![key];
    other.peer = peer;
    sign(&genesis, &mut files[1].1, 2);
    let found = assemble(&draft(&genesis), &files, Terms::Equal).unwrap_err();
    let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
    let expected = "2.toml: validators[0].network_key: this key stands in 1.toml: \
                    validators[0].network_key already";
    assert!(texts.iter().any(|text| text == expected), "{texts:?}");
}

#[test]
fn strangers_and_repeated_members_are_refused() {
    let genesis = draw(drawn()).unwrap();
    let mut files = joins(&genesis);
    files.push(("again.toml".to_owned(), files[0].1.clone()));
    let found = assemble(&draft(&genesis), &files, Terms::Equal).unwrap_err();
    assert_eq!(found[0].to_string(), "again.toml: members[0].id: 1.toml is of this member, too");
    let mut without = draft(&genesis);
    without.genesis.members.pop();
    let mut files = joins(&genesis);
    for (number, (_, join)) in (1..=4).zip(&mut files) {
        join.draft = draft_hash(&without.genesis);
        sign(&genesis, join, number);
    }
    let found = assemble(&without, &files, Terms::Equal).unwrap_err();
    assert_eq!(found[0].to_string(), "4.toml: members[0].id: the draft has no member `member-4`");
}

#[test]
fn a_party_sees_whether_its_join_is_in_a_spec_unchanged() {
    type Change = fn(&mut Document);
    let changes: [(&str, Change); 6] = [
        ("members", |spec| spec.genesis.members[0].network_keys.push(secret(8).public())),
        ("validators", |spec| spec.genesis.validators[0].power = VotingPower(2)),
        ("validators", |spec| spec.genesis.validators[0].bond.0 += 1),
        ("draft", |spec| spec.genesis.balances[0].1.0 += 1),
        ("draft", |spec| spec.genesis.params.min_bond += 1),
        ("peers", |spec| spec.peers.clear()),
    ];
    let genesis = draw(drawn()).unwrap();
    let spec = assemble(&draft(&genesis), &joins(&genesis), Terms::Equal).unwrap();
    for (place, change) in changes {
        let mut touched = spec.clone();
        change(&mut touched);
        let found = verify(&touched, &join(&genesis, 1));
        assert_eq!(found.iter().map(|one| one.place.as_str()).collect::<Vec<_>>(), [place]);
    }
    // Another party's validator is its own affair; the one hash that all compare tells of it.
    let mut other = spec.clone();
    other.genesis.validators[1].bond.0 += 1;
    assert_eq!(verify(&other, &join(&genesis, 1)), []);
    assert_ne!(crypto::id::genesis_hash(&other.genesis), crypto::id::genesis_hash(&genesis));
}

#[test]
fn a_join_file_with_two_validators_or_none_is_refused() {
    let genesis = draw(drawn()).unwrap();
    let text = render_join(&join(&genesis, 1));
    let at = text.find("[[validators]]").unwrap();
    let end = text.find("[signatures]").unwrap();
    let twice = text.replacen("[signatures]", &format!("{}[signatures]", &text[at..end]), 1);
    let error = Join::parse(&twice).unwrap_err().to_string();
    assert!(error.contains("validators") && error.contains("has 2 entries"), "{error}");
    let none = text.replace(&text[at..end], "");
    assert!(matches!(Join::parse(&none), Err(SpecError::MissingKey { key: "validators", .. })));
}
