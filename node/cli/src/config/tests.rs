use super::*;

#[test]
fn an_empty_file_means_defaults() {
    assert_eq!(Config::parse(""), Ok(Config::default()));
}

#[test]
fn a_typo_names_the_line_the_key_and_the_near_one() {
    let problem = Config::parse("[rpc]\ninsecure = true\nmax_conections = 3\n").unwrap_err();
    assert!(problem.contains("line 3"), "{problem}");
    assert!(problem.contains("max_conections"), "{problem}");
    assert!(problem.contains("did you mean `max_connections`?"), "{problem}");
}

#[test]
fn a_wrong_type_names_the_key() {
    let problem = Config::parse("[storage]\ncache_mib = \"much\"\n").unwrap_err();
    assert!(problem.contains("storage.cache_mib"), "{problem}");
}

#[test]
fn an_open_address_needs_tls_and_tokens_or_a_word() {
    let mut config = Config::default();
    config.rpc.listen = "0.0.0.0:7100".parse().unwrap();
    assert!(config.check().unwrap_err().contains("rpc.tls_certificate"));
    config.rpc.insecure = true;
    assert_eq!(config.check(), Ok(()));
}

#[test]
fn a_number_out_of_bounds_names_value_and_limits() {
    let mut config = Config::default();
    config.storage.cache_mib = 1;
    assert_eq!(
        config.check().unwrap_err(),
        "`storage.cache_mib` is 1, the limits are 32 and 65536"
    );
}

#[test]
fn a_signer_is_named_by_its_socket_within_the_length_that_sockets_have() {
    let config = Config::parse("[validator]\nsigner = \"/run/syndic/signer.sock\"\n").unwrap();
    assert_eq!(config.validator.signer, Some("/run/syndic/signer.sock".into()));
    assert_eq!(config.check(), Ok(()));
    for bytes in [0, 104] {
        let signer = Some("n".repeat(bytes).into());
        let config = Config { validator: ValidatorConfig { signer }, ..Config::default() };
        let problem = config.check().unwrap_err();
        assert_eq!(
            problem,
            format!("`validator.signer` has {bytes} bytes, the limits are 1 and 103")
        );
    }
}
