//! TLS and bearer tokens: who may do what over a wire that others share.

use crate::{address, http, one_net, payment};
use client::dto::{EventFilter, Finality, Wait};
use client::transport::Roots;
use client::{Client, ClientError, Config, EventStream};
use harness::cluster::wait;
use harness::devnet::{Devnet, replace};
use harness::program;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use types::Code;

/// A node that serves by TLS, with a token for each scope.
struct Guarded {
    net: Devnet,
    process: Child,
    certificate: Vec<u8>,
}

impl Guarded {
    fn start() -> Self {
        let net = Devnet::make(1).unwrap();
        let home = net.home(0);
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let certificate = made.cert.pem().into_bytes();
        fs::write(home.join("tls.pem"), &certificate).unwrap();
        fs::write(home.join("tls.key"), made.signing_key.serialize_pem()).unwrap();
        let tokens = "read:look\nsubmit:pay\nread,submit:both\nread,submit,admin:all\n";
        fs::write(home.join("tokens"), tokens).unwrap();
        fs::set_permissions(home.join("tokens"), fs::Permissions::from_mode(0o600)).unwrap();
        let file = |name: &str| home.join(name).to_string_lossy().into_owned();
        let settings = format!(
            "insecure = false\ntls_certificate = {:?}\ntls_key = {:?}\ntokens = {:?}",
            file("tls.pem"),
            file("tls.key"),
            file("tokens")
        );
        replace(&home.join("config.toml"), "insecure = false", &settings).unwrap();
        let log = fs::File::create(home.join("node.log")).unwrap();
        let process = Command::new(program::syndic().unwrap())
            .args(["run", "--home"])
            .arg(&home)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let guarded = Self { net, process, certificate };
        wait(Duration::from_secs(30), "height 2 to be final", || {
            let status = guarded.client(Some("look")).status();
            Ok(status.is_ok_and(|status| status.finalized.height.0 >= 2))
        })
        .unwrap();
        guarded
    }

    fn config(&self, token: Option<&str>) -> Config {
        let url = format!("https://localhost:{}", self.net.port(0));
        let mut config = Config::from_urls(&url).unwrap();
        config.token = token.map(str::to_owned);
        config.roots = Some(Roots::from_pem(&self.certificate).unwrap());
        config
    }

    fn client(&self, token: Option<&str>) -> Client {
        Client::new(self.config(token)).unwrap()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn code<T: std::fmt::Debug>(answer: Result<T, ClientError>) -> Option<Code> {
    answer.expect_err("it is refused").code()
}

#[test]
fn a_token_opens_its_scopes_over_tls_and_nothing_is_open_without_one() {
    let _alone = one_net();
    let node = Guarded::start();
    let refused = Some(Code::Unauthorized);
    let (alice, bob) = (node.net.key("alice").unwrap(), address(&node.net.key("bob").unwrap()));
    let chain_id = node.client(Some("look")).status().unwrap().chain.chain_id;
    let pay = |nonce| {
        let calls = vec![crate::transfer(bob, 1)];
        crate::signed(&alice, crate::tx(chain_id, address(&alice), nonce, calls))
    };
    let submit =
        |token, nonce| node.client(token).submit(&pay(nonce), Wait::Final, Duration::from_secs(20));

    assert_eq!(code(node.client(None).status()), refused);
    assert_eq!(code(node.client(Some("guess")).status()), refused);
    assert_eq!(code(submit(None, 0)), refused);
    assert_eq!(code(submit(Some("look"), 0)), refused);
    assert_eq!(code(node.client(Some("pay")).status()), refused);
    submit(Some("pay"), 0).unwrap();
    submit(Some("both"), 1).unwrap();
    node.client(Some("both")).status().unwrap();
    // The operator's methods are served at the operator's address alone, whatever the token.
    let stop = |token| node.client(Some(token)).call::<_, bool>("admin_stop", &[(); 0]);
    assert_eq!(code(stop("all")), refused);
    assert_eq!(code(stop("both")), refused);
    node.client(Some("all")).status().unwrap();
}

#[test]
fn who_does_not_speak_tls_or_trust_the_certificate_gets_nothing() {
    let _alone = one_net();
    let node = Guarded::start();
    let port = node.net.port(0);
    let plain = http::post(br#"{"jsonrpc":"2.0","id":1,"method":"status"}"#);
    let (status, body) = http::send(port, &plain);
    assert!(status == 0 && !body.contains("result"), "{status} {body}");
    let stranger = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let mut config = node.config(Some("look"));
    config.roots = Some(Roots::from_pem(stranger.cert.pem().as_bytes()).unwrap());
    assert!(Client::new(config).unwrap().status().is_err(), "another certificate");
    let mut config = node.config(Some("look"));
    config.nodes = vec![format!("https://127.0.0.1:{port}").parse().unwrap()];
    assert!(Client::new(config).unwrap().status().is_err(), "another name");
    node.client(Some("look")).status().unwrap();
}

#[test]
fn event_streams_need_the_scope_read() {
    let _alone = one_net();
    let node = Guarded::start();
    let open = |token| {
        let config = node.config(token);
        EventStream::new(config, None, Finality::Committed, EventFilter::default()).unwrap()
    };
    let refused = Some(Code::Unauthorized);
    let patience = Duration::from_secs(10);
    assert_eq!(code(open(None).next(patience)), refused);
    assert_eq!(code(open(Some("guess")).next(patience)), refused);
    assert_eq!(code(open(Some("pay")).next(patience)), refused);
    assert!(open(Some("look")).next(patience).unwrap().is_some(), "a checkpoint comes");
}

#[test]
fn the_operators_address_serves_everything_to_this_machine() {
    let _alone = one_net();
    let net = Devnet::start(1).unwrap();
    let admin = net.port(0) + 2;
    let filter = r#"{"jsonrpc":"2.0","id":1,"method":"admin_log_filter","params":["info"]}"#;
    let answer = http::call(admin, filter);
    assert_eq!(answer["result"], true, "{answer}");
    let wrong = r#"{"jsonrpc":"2.0","id":1,"method":"admin_log_filter","params":["a=b=c"]}"#;
    let answer = http::call(admin, wrong);
    assert_eq!(answer["error"]["data"]["field"], "filter", "{answer}");
    let (alice, bob) = (net.key("alice").unwrap(), address(&net.key("bob").unwrap()));
    let tx = payment(&net, &alice, bob, 1, 0);
    net.client(0).unwrap().submit(&tx, Wait::Final, crate::WAIT).unwrap();
    let stop = r#"{"jsonrpc":"2.0","id":1,"method":"admin_stop"}"#;
    assert_eq!(http::call(admin, stop)["result"], true);
    wait(Duration::from_secs(20), "the node to end in good order", || {
        Ok(http::connect(admin).is_err())
    })
    .unwrap();
}
