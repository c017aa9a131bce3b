//! Coupons on four real processes: the story with its figures, and a shopkeeper's day by commands.

use crate::one_net;
use anyhow::{Context, bail};
use harness::cluster::{Cluster, wait};
use harness::program;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// The contract as it was built (`scripts/build-contracts.sh`).
fn code() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../contracts/artifacts/coupon.wasm")
}

/// `syndic` on the cluster's devnet.
fn syndic(arguments: &[&str]) -> Command {
    let mut command = Command::new(program::syndic().unwrap());
    command.args(arguments);
    command
}

fn scenario(cluster: &Cluster) -> Command {
    let mut command = syndic(&["scenario", "coupon", "--json", "--dir"]);
    command.arg(cluster.folder()).arg("--wasm").arg(code());
    command
}

/// How many figures a told story has, all as expected.
fn figures(output: &Output) -> usize {
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let steps = told["steps"].as_array().unwrap();
    let figures = steps.iter().flat_map(|step| step["figures"].as_array().unwrap());
    let mut count = 0;
    for figure in figures {
        assert_eq!(figure["expected"], figure["found"], "{figure}");
        count += 1;
    }
    count
}

#[test]
fn the_coupon_story_ends_with_every_figure_as_expected_on_all_nodes() {
    let _alone = one_net();
    let cluster = Cluster::start(4).unwrap();
    let output = scenario(&cluster).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(figures(&output) > 100, "each step's books are read on four nodes");
}

#[test]
fn the_coupon_story_goes_on_while_a_validator_is_killed_and_restarted() {
    let _alone = one_net();
    let mut cluster = Cluster::start(4).unwrap();
    let mut child =
        scenario(&cluster).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let told = BufReader::new(child.stderr.take().unwrap());
    let mut story = String::new();
    for line in told.lines() {
        let line = line.unwrap();
        // The steps are numbered; the validator is gone for three of them.
        if line.starts_with("4. ") {
            cluster.kill(2).unwrap();
        }
        if line.starts_with("7. ") {
            cluster.run(&[2], &[]).unwrap();
        }
        story += &line;
        story.push('\n');
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{story}");
    assert!(figures(&output) > 90, "{story}");
    let tip = cluster.finalized(0).unwrap();
    cluster.wait_final(&[0, 1, 2, 3], tip, Duration::from_secs(60)).unwrap();
}

/// A shop: its contract, and commands in the names of its people.
struct Shop {
    cluster: Cluster,
    folder: tempfile::TempDir,
    contract: String,
}

impl Shop {
    fn account(&self, name: &str) -> PathBuf {
        self.cluster.folder().join(format!("accounts/{name}.key"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, node: u16, who: &str, arguments: &[&str]) -> Command {
        let mut command = syndic(&["coupon", "--json"]);
        command.args(arguments);
        command.env("SYNDIC_NODE", self.cluster.url(node));
        command.env("SYNDIC_COUPON", &self.contract);
        command.env("SYNDIC_KEY", self.account(who));
        command
    }

    fn run(&self, node: u16, who: &str, arguments: &[&str]) -> anyhow::Result<Value> {
        let output = self.command(node, who, arguments).output()?;
        if !output.status.success() {
            bail!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        serde_json::from_slice(&output.stdout).context("JSON")
    }

    fn text(&self, node: u16, who: &str, arguments: &[&str]) -> String {
        let value = self.run(node, who, arguments).unwrap();
        value["text"].as_str().unwrap().to_owned()
    }
}

fn grant(cluster: &Cluster, account: &str, role: &str) {
    let address = crypto::id::account_address(&cluster.key(account).unwrap().public());
    let address = crypto::text::format_address("syn", types::AddressKind::Account, &address.0);
    let operator = cluster.folder().join("accounts/alice.key");
    let mut command = syndic(&["tx", "grant-role", "--role", role, "--account", &address]);
    let output =
        command.arg("--key").arg(operator).env("SYNDIC_NODE", cluster.url(0)).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What the till shows for the consumer to sign: the line that is a text. Whatever else it says is
/// read to the end, so that it can say it.
fn shown_request(child: &mut Child) -> String {
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("syndic-coupon:") {
        line.clear();
        assert_ne!(told.read_line(&mut line).unwrap(), 0, "the till shows a request");
    }
    std::thread::spawn(move || std::io::copy(&mut told, &mut std::io::sink()));
    line.trim().to_owned()
}

fn now_ms() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()
}

fn campaign_file(shop: &Shop) -> PathBuf {
    let file = shop.file("campaign.json");
    let (start, end) = (now_ms() - 3_600_000, now_ms() + 3_600_000);
    let text = format!(
        r#"{{"offer_code":"654321","face_value":500,"min_basket":2000,"per_consumer_cap":1,
            "total_cap":100,"start_ms":{start},"end_ms":{end},"grace_ms":600000,
            "shares":[3333,3333,3334,0]}}"#
    );
    std::fs::write(&file, text).unwrap();
    file
}

/// A coupon contract with a merchant (bob) and a consumer (carol), both enrolled by alice.
fn open_shop(cluster: Cluster) -> Shop {
    let contract = instantiate(&cluster);
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop { cluster, folder, contract };
    grant(&shop.cluster, "alice", "issuer");
    grant(&shop.cluster, "bob", "merchant");
    for (name, person) in [("bob", "01"), ("carol", "02")] {
        let address = crypto::id::account_address(&shop.cluster.key(name).unwrap().public());
        let address = crypto::text::format_address("syn", types::AddressKind::Account, &address.0);
        let input = format!(r#"{{"account":"{address}","pseudonym":"{}"}}"#, person.repeat(32));
        let mut command = syndic(&["contract", "call", &shop.contract, "enrol", &input]);
        let output = command
            .arg("--key")
            .arg(shop.account("alice"))
            .env("SYNDIC_NODE", shop.cluster.url(1))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    shop
}

/// Deploy and make the contract; alice is operator, network and auditor.
fn instantiate(cluster: &Cluster) -> String {
    let operator = cluster.folder().join("accounts/alice.key");
    let secret = cluster.key("alice").unwrap();
    let network = crypto::id::account_address(&secret.public());
    let network = crypto::text::format_address("syn", types::AddressKind::Account, &network.0);
    let auditor = crypto::envelope::ReaderSecret::of_account(&secret).public();
    let input = format!(
        r#"{{"network":"{network}","price":"1001","auditor_key":"{}"}}"#,
        hex::encode(auditor.0)
    );
    let run = |arguments: &[&str]| -> Value {
        let mut command = syndic(&["contract", "--json"]);
        let command = command.args(arguments).arg("--key").arg(&operator);
        let output = command.env("SYNDIC_NODE", cluster.url(0)).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let file = code();
    let file = file.to_str().unwrap();
    run(&["deploy", file]);
    let made = run(&["instantiate", "--code", file, &input]);
    made["contract"].as_str().unwrap().to_owned()
}

#[test]
fn a_shopkeeper_sells_with_a_coupon_and_is_paid_once_though_the_node_goes_down() {
    let _alone = one_net();
    let mut shop = open_shop(Cluster::start(4).unwrap());
    // The merchant: coins, a campaign, coupons.
    shop.run(1, "bob", &["merchant", "buy", "--coins", "3"]).unwrap();
    let file = campaign_file(&shop);
    let open = ["merchant", "open", "--file", file.to_str().unwrap(), "--reserve", "3"];
    let opened = shop.run(2, "bob", &open).unwrap();
    let campaign = opened["campaign"].as_str().unwrap();
    let coupons = shop.file("coupons.txt");
    let out = coupons.to_str().unwrap();
    let make = ["merchant", "coupons", "--campaign", campaign, "--count", "2", "--out", out];
    shop.run(3, "bob", &make).unwrap();
    let coupons = std::fs::read_to_string(&coupons).unwrap();
    let coupon = coupons.lines().next().unwrap();
    // The consumer takes one; its data string names offer and serial.
    let free = shop.run(0, "carol", &["wallet", "show", coupon, "--funder", "0614141"]).unwrap();
    assert_eq!(free["state"], "free");
    let data = free["data_string"].as_str().unwrap();
    let parsed = shop.run(0, "carol", &["gs1", "parse", data]).unwrap();
    assert_eq!((&parsed["ai"], &parsed["offer_code"]), (&"8112".into(), &"654321".into()));
    shop.run(0, "carol", &["wallet", "clip", coupon]).unwrap();
    let consumer = shop.text(0, "carol", &["wallet", "id"]);
    // The till: the node goes down while the consumer signs, and comes back.
    let basket = shop.file("basket.csv");
    std::fs::write(&basket, "gtin,quantity,price\n9501101530003,2,1150\n").unwrap();
    let sale = shop.file("sale.json");
    let sell = [
        "pos",
        "sell",
        "--basket",
        basket.to_str().unwrap(),
        "--coupon",
        coupon,
        "--consumer",
        &consumer,
        "--sale",
        sale.to_str().unwrap(),
    ];
    let mut till = shop
        .command(3, "bob", &sell)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let request = shown_request(&mut till);
    shop.cluster.kill(3).unwrap();
    let signature = shop.text(0, "carol", &["wallet", "sign", &request]);
    writeln!(till.stdin.take().unwrap(), "{signature}").unwrap();
    let output = till.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(4), "the node cannot be reached");
    shop.cluster.run(&[3], &[]).unwrap();
    wait(Duration::from_secs(30), "node 3 to answer", || Ok(shop.cluster.finalized(3).is_some()))
        .unwrap();
    let resume = ["pos", "resume", "--sale", sale.to_str().unwrap()];
    let mut till = shop
        .command(3, "bob", &resume)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(till.stdin.take().unwrap(), "{signature}").unwrap();
    let output = till.wait_with_output().unwrap();
    assert!(output.status.success());
    let paid: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&paid["discount"], &paid["to_pay"]), (&"500".into(), &"1800".into()));
    assert_eq!(shop.text(1, "carol", &["wallet", "own"]), "334");
    // Again, and again as if the answer had been lost: the same redemption, paid once.
    assert_eq!(shop.run(2, "bob", &resume).unwrap(), paid);
    let mut lost: Value = serde_json::from_slice(&std::fs::read(&sale).unwrap()).unwrap();
    lost.as_object_mut().unwrap().remove("redemption");
    std::fs::write(&sale, lost.to_string()).unwrap();
    assert_eq!(shop.run(2, "bob", &resume).unwrap(), paid);
    assert_eq!(shop.text(1, "carol", &["wallet", "own"]), "334");
    settle(&shop);
}

/// The day's file has the one redemption, and totals that equal it.
fn settle(shop: &Shop) {
    let out = shop.file("day.csv");
    let output = Command::new("date").args(["-u", "+%Y-%m-%d"]).output().unwrap();
    let day = String::from_utf8(output.stdout).unwrap();
    let path = out.to_str().unwrap();
    let settle = ["merchant", "settle", "--day", day.trim(), "--out", path];
    let totals = shop.run(0, "bob", &settle).unwrap();
    assert_eq!((&totals["redemptions"], &totals["discount"]), (&1.into(), &500.into()));
    let csv = std::fs::read_to_string(&out).unwrap();
    assert_eq!(csv.lines().last(), Some("total,,1,,,500,1001,333"));
}

#[test]
fn a_shopkeeper_is_told_what_is_wrong_before_anything_is_sent() {
    let _alone = one_net();
    let cluster = Cluster::start(1).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let contract = crypto::text::format_address("syn", types::AddressKind::Contract, &[7; 32]);
    let shop = Shop { cluster, folder, contract };
    let basket = shop.file("basket.json");
    let wrong = r#"{"lines":[{"gtin":"9501101530003","quantity":2,"prise":1150}]}"#;
    std::fs::write(&basket, wrong).unwrap();
    let sale = shop.file("sale.json");
    let sell = [
        "pos",
        "sell",
        "--basket",
        basket.to_str().unwrap(),
        "--coupon",
        "x",
        "--consumer",
        "x",
        "--sale",
        sale.to_str().unwrap(),
    ];
    let refused = |command: &mut Command, code: i32, words: &str| {
        let output = command.output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{told}");
        assert!(told.contains(words), "{told}");
    };
    refused(&mut shop.command(0, "bob", &sell), 2, "lines[0].prise: unknown field");
    assert!(!sale.exists(), "a sale that never began leaves no file");
    // A wallet without the key.
    let mut command = shop.command(0, "bob", &["wallet", "own"]);
    refused(command.env("SYNDIC_KEY", shop.file("none.key")), 7, "none.key");
    // A contract that is not there.
    refused(&mut shop.command(0, "bob", &["wallet", "own"]), 5, "CONTRACT_UNKNOWN");
    let mut command = shop.command(0, "bob", &["wallet", "clip", "syndic-coupon:torn"]);
    refused(&mut command, 2, "torn or mistyped");
}
