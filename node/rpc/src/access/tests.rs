use super::*;
use axum::http::HeaderValue;
use std::net::SocketAddr;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.insert(*name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn listener(address: &str) -> Listener {
    Listener::loopback(address.parse::<SocketAddr>().unwrap())
}

fn access(change: impl FnOnce(&mut Listener)) -> Access {
    let mut listener = listener("127.0.0.1:7100");
    change(&mut listener);
    Access::new(&listener, Scopes::PUBLIC)
}

#[test]
fn an_address_of_other_machines_needs_tls_and_tokens() {
    let mut open = listener("0.0.0.0:7100");
    assert!(open.check().is_err());
    open.tokens = vec![Token::new("secret", Scopes::ALL)];
    assert!(open.check().is_err(), "tokens without TLS");
    open.insecure = true;
    open.check().unwrap();
    listener("127.0.0.1:7100").check().unwrap();
    listener("[::1]:7100").check().unwrap();
}

#[test]
fn a_name_that_only_points_here_is_refused() {
    let access = access(|listener| listener.hosts = vec!["node.example".to_owned()]);
    for host in ["localhost", "127.0.0.1:7100", "[::1]:7100", "LOCALHOST:1", "node.example:7100"] {
        assert_eq!(access.scopes(&headers(&[("host", host)])), Ok(Scopes::PUBLIC), "{host}");
    }
    for host in ["evil.example", "localhost.evil.example", ""] {
        assert_eq!(access.scopes(&headers(&[("host", host)])), Err(Barred::Host), "{host}");
    }
}

#[test]
fn a_web_page_calls_only_if_it_is_listed_or_our_own() {
    let access = access(|listener| listener.origins = vec!["https://wallet.example".to_owned()]);
    let from = |origin| access.scopes(&headers(&[("host", "localhost:1"), ("origin", origin)]));
    assert_eq!(from("https://wallet.example"), Ok(Scopes::PUBLIC));
    assert_eq!(from("http://localhost:1"), Ok(Scopes::PUBLIC));
    for origin in ["https://evil.example", "null", "https://wallet.example.evil"] {
        assert_eq!(from(origin), Err(Barred::Origin), "{origin}");
    }
}

#[test]
fn a_token_gives_its_scopes_and_no_more_than_the_listener_serves() {
    let read = Scopes::NONE.with(Scope::Read);
    let access = access(|listener| {
        listener.tokens = vec![Token::new("reader", read), Token::new("operator", Scopes::ALL)];
    });
    let with = |authorization| {
        access.scopes(&headers(&[("host", "localhost"), ("authorization", authorization)]))
    };
    assert_eq!(access.scopes(&headers(&[("host", "localhost")])), Ok(Scopes::NONE));
    assert_eq!(with("Bearer reader"), Ok(read));
    assert_eq!(with("bearer operator"), Ok(Scopes::PUBLIC));
    for wrong in ["Bearer other", "Basic reader", "reader", "Bearer "] {
        assert_eq!(with(wrong), Err(Barred::Token), "{wrong}");
    }
}

#[test]
fn a_token_is_never_shown() {
    assert!(!format!("{:?}", Token::new("secret", Scopes::ALL)).contains("secret"));
}
