use super::*;

#[test]
fn a_node_is_named_by_url_or_by_host_and_port() {
    let cases = [
        ("127.0.0.1:7110", "http://127.0.0.1:7110"),
        ("http://node.example", "http://node.example:7100"),
        ("https://Node.Example:8443/", "https://node.example:8443"),
        ("http://[::1]:7100", "http://[::1]:7100"),
        ("[::1]", "http://[::1]:7100"),
    ];
    for (text, shown) in cases {
        assert_eq!(text.parse::<NodeUrl>().unwrap().to_string(), shown, "{text}");
    }
    let secure: NodeUrl = "https://a:1".parse().unwrap();
    assert!(secure.is_secure());
    assert_eq!(secure.websocket("/ws"), "wss://a:1/ws");
}

#[test]
fn texts_that_are_no_node_are_refused() {
    for text in
        ["", ":1", "ftp://a:1", "http://a:0", "http://a:65536", "a:b", "http://a/rpc", "::1"]
    {
        assert!(text.parse::<NodeUrl>().is_err(), "{text}");
    }
}

#[test]
fn a_file_without_certificates_is_refused() {
    for pem in ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(matches!(Roots::from_pem(pem.as_bytes()), Err(ClientError::Roots { .. })), "{pem}");
    }
}
