use super::*;

/// SLIP-0010, test vector 1 for ed25519.
#[test]
fn derives_the_first_published_vector() {
    let seed = hex::decode("000102030405060708090a0b0c0d0e0f").unwrap();
    let vectors = [
        ("m", "2b4be7f19ee27bbf30c667b642d5f4aa69fd169872f8fc3059c08ebae2eb19e7"),
        ("m/0'", "68e0fe46dfb67e368c75379acec591dad19df3cde26e63b93a8e704f1dade7a3"),
        ("m/0'/1'", "b1d0bad404bf35da785a64ca1ac54b2617211d2777696fbffaf208f746ae84f2"),
        ("m/0'/1'/2'", "92a5b23c0b8a99e37d07df3fb9966917f5d06e02ddbd909c7e184371463e9fc9"),
        ("m/0'/1'/2'/2'", "30d1dc7e5fc04c31219ab25a27ae00b50f6fd66622f6e9c913253d6511d1e662"),
        (
            "m/0'/1'/2'/2'/1000000000'",
            "8f94d394a8e8fd6b1bc2f3f49f5c47e385281d5c17e65324b0f62483e37e8793",
        ),
    ];
    for (path, key) in vectors {
        assert_eq!(hex::encode(*derive(&seed, path).unwrap()), key, "{path}");
    }
}

#[test]
fn refuses_paths_that_are_not_hardened_or_too_long() {
    for path in ["0'", "m/0", "m/x'", "m/2147483648'", "m//0'"] {
        assert!(derive(&[0; 16], path).is_err(), "{path}");
    }
    let long = format!("m{}", "/0'".repeat(17));
    assert!(derive(&[0; 16], &long).unwrap_err().to_string().contains("limit is 16"));
}

/// BIP-39, the published vector for 32 zero bytes.
#[test]
fn words_are_those_of_the_published_vector() {
    let words = words_from_entropy(&[0; 32]).unwrap();
    assert_eq!(words, format!("{} art", ["abandon"; 23].join(" ")));
}

#[test]
fn a_sealed_secret_opens_with_its_passphrase_only() {
    let right = Passphrase::new("right".to_owned());
    let sealed = seal(b"secret", &right, Cost::Devnet).unwrap();
    assert!(!sealed.windows(6).any(|window| window == b"secret"));
    assert_eq!(open(&sealed, &right).unwrap(), b"secret");
    assert!(open(&sealed, &Passphrase::new("wrong".to_owned())).is_err());
    for at in (0..sealed.len()).step_by(7) {
        let mut torn = sealed.clone();
        torn[at] ^= 1;
        assert!(open(&torn, &right).is_err(), "byte {at}");
    }
}
