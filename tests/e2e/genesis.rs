//! A chain that begins among four parties who exchanged nothing but files.

use crate::{ALL, one_net};
use crypto::sign::SecretKey;
use crypto::text::format_address;
use harness::cluster::{Cluster, PATIENCE, shorten_idle_time};
use std::path::PathBuf;
use types::{AddressKind, Height};

/// First balance of each party.
const BALANCE: u128 = 7_000;

/// What a party keeps, and what it hands out.
pub(crate) struct Party {
    pub(crate) home: String,
    /// Key of its member's account; a file.
    pub(crate) key: String,
    member: String,
    folder: PathBuf,
    address: String,
}

impl Party {
    /// A party that draws its member's key.
    fn new(cluster: &Cluster, node: u16) -> Self {
        let key = cluster.folder().join(format!("party{node}.key"));
        let address = draw_key(&key);
        let party = Self::of_member(cluster, node, &format!("party{node}"), &key.to_string_lossy());
        Self { address, ..party }
    }

    /// A party of a member that there is.
    pub(crate) fn of_member(cluster: &Cluster, node: u16, member: &str, key: &str) -> Self {
        let folder = cluster.folder().join(format!("party{node}"));
        std::fs::create_dir(&folder).unwrap();
        let home = cluster.home(node).to_string_lossy().into_owned();
        let (key, member, address) = (key.to_owned(), member.to_owned(), String::new());
        Self { home, key, member, folder, address }
    }

    pub(crate) fn file(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into_owned()
    }

    /// Everything from the draft to the join: this party's commands and its registrar's.
    pub(crate) fn join(&self, cluster: &Cluster, node: u16, draft: &str, registrar: &str) {
        let (request, key, out) = (self.file("request.json"), &self.key, self.file("join.toml"));
        let (name, peer) = (format!("Party {node} AG"), cluster.multiaddr(node));
        let prepare = ["validator", "prepare", "--home", &self.home, "--chain", draft];
        let who = ["--member", &self.member, "--legal-name", &name, "--party-key", key];
        cluster.syndic(&[&prepare[..], &who, &["--out", &request]].concat()).unwrap();
        let attest = ["validator", "attest", &request, "--key", registrar, "--chain", draft];
        let word = ["--expiry", "0", "--i-checked-this-identity"];
        cluster.syndic(&[&attest[..], &word].concat()).unwrap();
        let join = ["genesis", "join", draft, "--request", &request, "--home", &self.home];
        let rest = ["--key", key, "--peer", &peer, "--bond", "5000", "--out", &out];
        cluster.syndic(&[&join[..], &rest].concat()).unwrap();
        cluster.configure(node).unwrap();
    }
}

/// Draw a key into a file; its account.
fn draw_key(file: &std::path::Path) -> String {
    let seed = cli::run::fresh();
    cli::home::write_secret(file, hex::encode(seed).as_bytes()).unwrap();
    let address = crypto::id::account_address(&SecretKey::from_seed(seed).public());
    format_address("syn", AddressKind::Account, &address.0)
}

fn write_draft(cluster: &Cluster, parties: &[Party]) -> (String, String) {
    let registrar = cluster.folder().join("registrar.key");
    draw_key(&registrar);
    let text = std::fs::read_to_string(&registrar).unwrap();
    let seed = types::hash::parse_hex_32(text.trim()).unwrap();
    let public = hex::encode(SecretKey::from_seed(seed).public().0);
    let draft = cluster.folder().join("draft.toml");
    let path = draft.to_string_lossy().into_owned();
    let mut arguments: Vec<String> =
        ["genesis", "draft", "--name", "syndic:consortium", "--preset", "devnet"]
            .map(str::to_owned)
            .to_vec();
    for (node, party) in parties.iter().enumerate() {
        let address = &party.address;
        arguments.extend(["--member".into(), format!("party{node}={address}")]);
        arguments.extend(["--fund".into(), format!("{address}={BALANCE}")]);
        arguments.extend(["--role".into(), format!("{address}=validator")]);
    }
    arguments.extend(["--registrar".into(), public, "--out".into(), path.clone()]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    cluster.syndic(&arguments).unwrap();
    shorten_idle_time(&draft).unwrap();
    (path, registrar.to_string_lossy().into_owned())
}

fn genesis_hash(json: &str) -> String {
    let shown: serde_json::Value = serde_json::from_str(json).unwrap();
    shown["genesis_hash"].as_str().unwrap().to_owned()
}

/// What a command that must fail says.
fn refusal(cluster: &Cluster, arguments: &[&str]) -> String {
    let output = cluster.try_syndic(arguments).unwrap();
    assert_eq!(output.status.code(), Some(3), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn four_parties_who_exchanged_join_files_see_one_genesis_and_run_it() {
    let _alone = one_net();
    let mut cluster = Cluster::bare(4).unwrap();
    let parties: Vec<Party> = ALL.iter().map(|node| Party::new(&cluster, *node)).collect();
    let (draft, registrar) = write_draft(&cluster, &parties);
    for (node, party) in ALL.into_iter().zip(&parties) {
        party.join(&cluster, node, &draft, &registrar);
    }
    secrets_stay_at_home(&parties);
    let joins: Vec<String> = parties.iter().map(|party| party.file("join.toml")).collect();
    a_touched_join_is_named(&cluster, &parties[1], &draft, &joins);
    // Each assembles for itself, with the files in another order.
    let mut hashes = Vec::new();
    for (turn, party) in parties.iter().enumerate() {
        let mut order: Vec<&str> = joins.iter().map(String::as_str).collect();
        order.rotate_left(turn);
        let spec = party.file("chain.toml");
        let assemble = ["genesis", "assemble", "--json", &draft, "--out", &spec];
        cluster.syndic(&[&assemble[..], &order].concat()).unwrap();
        let own = party.file("join.toml");
        let verify = ["genesis", "verify", "--json", &spec, "--join", &own, "--home", &party.home];
        hashes.push(genesis_hash(&cluster.syndic(&verify).unwrap()));
    }
    assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
    a_touched_spec_is_named(&cluster, &parties[2]);
    cluster.run(&ALL, &[]).unwrap();
    cluster.wait_final(&ALL, Height(3), PATIENCE).unwrap();
    for (node, party) in ALL.into_iter().zip(&parties) {
        let status = cluster.status(node).unwrap();
        assert_eq!(status.chain.genesis_hash.to_string(), hashes[0]);
        let address = client::dto::AddressText(party.address.clone());
        let account = cluster.client(node).unwrap().account(&address, false).unwrap();
        assert_eq!(account.balance.0, BALANCE);
    }
    cluster.check_agreement(&ALL).unwrap();
}

fn secrets_stay_at_home(parties: &[Party]) {
    for party in parties {
        let join = std::fs::read_to_string(party.file("join.toml")).unwrap();
        let request = std::fs::read_to_string(party.file("request.json")).unwrap();
        let request: serde_json::Value = serde_json::from_str(&request).unwrap();
        let opens = request["hidden_point"].as_str().unwrap();
        let network = std::fs::read_to_string(format!("{}/keys/network.key", party.home)).unwrap();
        let member = std::fs::read_to_string(&party.key).unwrap();
        for secret in [opens, network.trim(), member.trim()] {
            assert_eq!(secret.len(), 64);
            assert!(!join.contains(secret), "{}", party.file("join.toml"));
        }
        assert!(!join.contains(" AG"), "the name is sealed");
    }
}

/// One file changed on its way, one broken: both are named, at once.
fn a_touched_join_is_named(cluster: &Cluster, party: &Party, draft: &str, joins: &[String]) {
    let good = std::fs::read_to_string(&joins[1]).unwrap();
    let (touched, cut) = (party.file("touched.toml"), party.file("cut.toml"));
    std::fs::write(&touched, good.replace("bond = 5000", "bond = 5001")).unwrap();
    std::fs::write(&cut, &good[..good.len() / 2]).unwrap();
    let out = party.file("never.toml");
    let assemble = ["genesis", "assemble", draft, &joins[0], &touched, &cut, "--out", &out];
    let said = refusal(cluster, &assemble);
    for expected in [
        format!("{touched}: signatures.consensus"),
        format!("{touched}: signatures.network"),
        format!("{touched}: signatures.member"),
        format!("{touched}: validators[0].bond: is 5001, in {} it is 5000", joins[0]),
        format!("{cut}: line"),
    ] {
        assert!(said.contains(&expected), "{expected}\n{said}");
    }
    assert!(!said.contains(&format!("{}: signatures", joins[0])), "{said}");
    assert!(!std::path::Path::new(&out).exists());
}

fn a_touched_spec_is_named(cluster: &Cluster, party: &Party) {
    let (spec, own, touched) =
        (party.file("chain.toml"), party.file("join.toml"), party.file("other.toml"));
    let text = std::fs::read_to_string(spec).unwrap();
    let other = text.replacen(&format!("amount = {BALANCE}"), "amount = 7001", 1);
    assert_ne!(text, other);
    std::fs::write(&touched, other).unwrap();
    let said = refusal(cluster, &["genesis", "verify", &touched, "--join", &own]);
    assert!(said.contains("draft: is made of draft"), "{said}");
}
