use super::*;
use crate::render;

const MINIMAL: &str = r#"
format = 1
name = "syndic:devnet"
salt = "000102030405060708090a0b0c0d0e0f"
time = 2026-11-24T08:30:15.250Z
protocol = 1

[registrars]
set_version = 1
threshold = 1
keys = ["1111111111111111111111111111111111111111111111111111111111111111"]
"#;

/// The document with one line put at the end of its top part.
fn with(line: &str) -> String {
    MINIMAL.replace("protocol = 1\n", &format!("protocol = 1\n{line}\n"))
}

/// The refusal of the document with one text put in place of another.
fn refused(from: &str, to: &str) -> String {
    assert!(MINIMAL.contains(from), "{from}");
    Document::parse(&MINIMAL.replace(from, to)).unwrap_err().to_string()
}

fn account(byte: u8) -> String {
    format_address("syn", AddressKind::Account, &[byte; 32])
}

#[test]
fn reads_a_minimal_document_with_default_parameters_and_prefix() {
    let document = Document::parse(MINIMAL).unwrap();
    assert_eq!(document.address_prefix, "syn");
    let genesis = document.to_genesis();
    assert_eq!(genesis.name, "syndic:devnet");
    assert_eq!(genesis.salt[15], 15);
    assert_eq!(genesis.time_ms, TimestampMs(1_795_509_015_250));
    assert_eq!(genesis.params, Params::default());
    assert_eq!(genesis.registrars.keys, [PublicKey([0x11; 32])]);
}

#[test]
fn the_order_of_balances_and_roles_does_not_change_the_genesis() {
    let balance = |byte| format!("[[balances]]\naccount = \"{}\"\namount = 5\n", account(byte));
    let role =
        |byte, names| format!("[[roles]]\naccount = \"{}\"\nroles = {names}\n", account(byte));
    let one = [balance(1), balance(2), role(3, r#"["user", "operator"]"#), role(4, r#"["user"]"#)];
    let other =
        [role(4, r#"["user"]"#), balance(2), role(3, r#"["operator", "user"]"#), balance(1)];
    let read =
        |parts: [String; 4]| Document::parse(&(MINIMAL.to_owned() + &parts.concat())).unwrap();
    let (one, other) = (read(one).to_genesis(), read(other).to_genesis());
    assert_eq!(one.balances.len(), 2);
    assert_eq!(one.roles.len(), 3);
    assert_eq!(one, other);
}

#[test]
fn amounts_may_exceed_what_other_tools_read_as_numbers() {
    let text = |amount: &str| {
        MINIMAL.to_owned()
            + &format!("[[balances]]\naccount = \"{}\"\namount = {amount}", account(1))
    };
    let largest = u128::MAX;
    for written in [largest.to_string(), format!("\"{largest}\"")] {
        let genesis = Document::parse(&text(&written)).unwrap().to_genesis();
        assert_eq!(genesis.balances[0].1, Amount(largest));
    }
    let error = Document::parse(&text("340282366920938463463374607431768211456")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 14, column 10, balances[0].amount: `340282366920938463463374607431768211456` is not \
         a whole number below 2^128"
    );
}

#[test]
fn refuses_an_unknown_key_with_its_place_and_the_nearest_name() {
    let cases = [
        (
            with("[params]\nblock_intervall_ms = 20"),
            "line 8, column 1, params.block_intervall_ms: no such key, did you mean \
             `block_interval_ms`?",
        ),
        (with("saltt = 1"), "line 7, column 1, saltt: no such key, did you mean `salt`?"),
        (with("frobnicate = 1"), "line 7, column 1, frobnicate: no such key"),
    ];
    for (text, message) in cases {
        assert_eq!(Document::parse(&text).unwrap_err().to_string(), message);
    }
}

#[test]
fn refuses_a_parameter_out_of_bounds_with_its_value_and_bounds() {
    let error = Document::parse(&with("[params]\nslash_bp = 10_001")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 8, column 12, params.slash_bp: `10_001` is out of bounds, 0 to 10000"
    );
    let error = Document::parse(&with("[params]\nsend = \"all\"")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 8, column 8, params.send: `all` is neither `anyone` nor `role`"
    );
}

#[test]
fn names_the_place_of_what_it_cannot_read() {
    let cases = [
        ("protocol = 1\n", "", "line 1, column 1: the key `protocol` is missing"),
        (
            "salt = \"00",
            "salt = \"0g",
            "line 4, column 8, salt: `0g0102030405060708090a0b0c0d0e0f` is not hexadecimal: \
             Invalid character 'g' at position 1",
        ),
        (
            "salt = \"00",
            "salt = \"",
            "line 4, column 8, salt: `0102030405060708090a0b0c0d0e0f` has 15 bytes, 16 \
             belong here (32 hexadecimal digits)",
        ),
        ("protocol = 1", "protocol = -1", "line 6, column 12, protocol: `-1` is below 0"),
        (
            "protocol = 1",
            "protocol = 65_536",
            "line 6, column 12, protocol: `65_536` is out of bounds, 0 to 65535",
        ),
        (
            "protocol = 1",
            "protocol = []",
            "line 6, column 12, protocol: expected a whole number, found array",
        ),
        ("format = 1", "format = 2", "line 2, column 10, format: `2` is out of bounds, 1 to 1"),
        (
            "15.250Z",
            "15.250",
            "line 5, column 8, time: `2026-11-24T08:30:15.250` needs a date from \
             1970 on, a clock time and an offset, such as Z",
        ),
        ("[registrars]", "[registrars", "line 8, column 12: "),
    ];
    for (from, to, message) in cases {
        let found = refused(from, to);
        assert!(found.starts_with(message), "{found}\n{message}");
    }
}

#[test]
fn refuses_addresses_of_other_chains_and_other_kinds() {
    let text = |account: &str| {
        MINIMAL.to_owned() + &format!("[[balances]]\naccount = \"{account}\"\namount = 1")
    };
    let other = format_address("oth", AddressKind::Account, &[1; 32]);
    let validator = format_address("syn", AddressKind::Validator, &[1; 32]);
    let cases = [
        (other.as_str(), "begins with `oth`, this chain's begin with `syn`"),
        (validator.as_str(), "names a validator, an account belongs here"),
        ("syn1qqqq", "is no address"),
    ];
    for (account, message) in cases {
        let found = Document::parse(&text(account)).unwrap_err().to_string();
        assert!(found.starts_with("line 13, column 11, balances[0].account: "), "{found}");
        assert!(found.contains(message), "{found}");
    }
}

#[test]
fn refuses_a_prefix_that_no_address_can_have() {
    let found = Document::parse(&with("address_prefix = \"Syn\"")).unwrap_err().to_string();
    assert!(found.starts_with("line 7, column 18, address_prefix: `Syn` is no prefix"), "{found}");
}

#[test]
fn refuses_an_unknown_role_with_the_nearest_name() {
    let text = format!("{MINIMAL}[[roles]]\naccount = \"{}\"\nroles = [\"usr\"]", account(1));
    assert_eq!(
        Document::parse(&text).unwrap_err().to_string(),
        "line 14, column 10, roles[0].roles[0]: `usr` is no role, did you mean `user`?"
    );
}

#[test]
fn refuses_a_document_above_the_size_limit() {
    let text = " ".repeat(MAX_DOCUMENT_BYTES + 1);
    let error = Document::parse(&text).unwrap_err();
    assert_eq!(
        error,
        SpecError::TooLarge { bytes: MAX_DOCUMENT_BYTES + 1, limit: MAX_DOCUMENT_BYTES }
    );
}

#[test]
fn refuses_deep_nesting_without_running_out_of_stack() {
    let text = with(&format!("peers = {}{}", "[".repeat(100_000), "]".repeat(100_000)));
    assert!(matches!(Document::parse(&text), Err(SpecError::Syntax { .. })));
}

#[test]
fn a_rendered_document_reads_back_the_same() {
    let mut document = Document::parse(MINIMAL).unwrap();
    let multisig = Address([9; 32]);
    document.peers = vec!["/ip4/127.0.0.1/tcp/7101".into()];
    document.kinds.insert(multisig, AddressKind::Multisig);
    let genesis = &mut document.genesis;
    genesis.params.gas_price = 3;
    genesis.params.send = Permission::Role;
    genesis.members.push(Member {
        id: "alpha".into(),
        name: "Alpha \"A\" \\ \n \u{7f} é".into(),
        account: Address([1; 32]),
        network_keys: vec![PublicKey([2; 32]), PublicKey([3; 32])],
    });
    genesis.validators.push(GenesisValidator {
        consensus_key: PublicKey([4; 32]),
        commitment: RevealPoint([5; 32]),
        randomness_key: RevealPoint([6; 32]),
        commitment_proof: PossessionProof([7; 64]),
        randomness_proof: PossessionProof([8; 64]),
        network_key: PublicKey([2; 32]),
        member: "alpha".into(),
        operator: multisig,
        power: VotingPower(u64::MAX),
        bond: Amount(u128::MAX),
        hidden_information: vec![1, 2, 3],
        attestations: vec![Attestation {
            format: Version,
            set_version: 1,
            registrar: 0,
            version: 1,
            expiry: Height(u64::MAX),
            signature: Signature([9; 64]),
        }],
    });
    genesis.balances = vec![(Address([1; 32]), Amount(1)), (multisig, Amount(u128::MAX))];
    genesis.roles = vec![
        (Address([1; 32]), Role::Operator),
        (Address([1; 32]), Role::User),
        (multisig, Role::User),
    ];
    let text = render(&document);
    assert_eq!(Document::parse(&text).unwrap(), document, "{text}");
    let quoted = format!("amount = \"{}\"", u128::MAX);
    assert!(text.contains("amount = 1\n") && text.contains(&quoted), "{text}");
    document.genesis.time_ms = TimestampMs(u64::MAX);
    assert_eq!(Document::parse(&render(&document)).unwrap(), document);
}

#[test]
fn a_rendered_document_says_unit_bounds_and_default_of_each_parameter() {
    let text = render(&Document::parse(MINIMAL).unwrap());
    let expected = "# Least time between a commit and the next height.\n\
                    # Unit: ms; 1 to 60000; default 20.\n\
                    block_interval_ms = 20\n";
    assert!(text.contains(expected), "{text}");
    for parameter in Params::TABLE {
        assert!(text.contains(&format!("\n{} = ", parameter.name)), "{}", parameter.name);
    }
}
