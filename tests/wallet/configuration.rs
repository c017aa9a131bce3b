//! Files with a slip in them: what is wrong, where, and what was probably meant.

use crate::one_net;
use harness::devnet::{Devnet, replace, syndic};

/// Run a node that cannot start; what it said, once its exit code is that for configuration.
fn refusal(net: &Devnet) -> String {
    let home = net.home(0);
    let output = syndic(&["run", "--home", &home.to_string_lossy()]).unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    said
}

#[test]
fn a_slip_in_the_configuration_names_the_key_and_the_near_one() {
    let _alone = one_net();
    let cases = [
        ("max_connections = 1024", "max_conections = 1024", ["max_conections", "max_connections"]),
        ("[storage]", "[storrage]", ["storrage", "storage"]),
        ("cache_mib = 96", "cache_mib = \"96\"", ["storage.cache_mib", "line"]),
        ("cache_mib = 96", "cache_mib = 1", ["storage.cache_mib", "32 and 65536"]),
        ("listen = \"127.0.0.1:", "listen = \"0.0.0.0:", ["rpc.listen", "rpc.tls_certificate"]),
    ];
    for (good, bad, words) in cases {
        let net = Devnet::make(1).unwrap();
        replace(&net.home(0).join("config.toml"), good, bad).unwrap();
        let said = refusal(&net);
        for word in words {
            assert!(said.contains(word), "{bad}: {word:?} is missing in: {said}");
        }
        assert!(said.contains("config.toml"), "{bad}: the file is named: {said}");
    }
}

#[test]
fn a_chain_spec_whose_numbers_do_not_add_up_is_refused_with_every_place() {
    let _alone = one_net();
    let net = Devnet::make(1).unwrap();
    let spec = net.home(0).join("chain.toml");
    // Several at once: each is told.
    replace(&spec, "\nfinality_carry_after = 8\n", "\nfinality_carry_after = 16\n").unwrap();
    replace(&spec, "\nmax_tx_gas = 60000000\n", "\nmax_tx_gas = 700000000\n").unwrap();
    replace(&spec, "\npower = 1\n", "\npower = 0\n").unwrap();
    let said = refusal(&net);
    for word in ["finality_carry_after", "16", "max_tx_gas", "600000000", "power"] {
        assert!(said.contains(word), "{word:?} is missing in: {said}");
    }
    // A name that is none comes before any sum.
    replace(&spec, "\ngas_price = 0\n", "\ngas_prize = 0\n").unwrap();
    let said = refusal(&net);
    assert!(said.contains("gas_prize") && said.contains("gas_price"), "{said}");
}
