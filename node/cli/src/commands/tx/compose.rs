//! Fill in what a transaction needs and a user need not know: nonce, gas, fee, time.

use crate::commands::node::ClientMeaning;
use crate::exit::{Exit, Failure, Outcome};
use anyhow::anyhow;
use clap::Args;
use client::client::Client;
use client::dto::AddressText;
use client::wallet::{Signatory, TxFile};
use crypto::sign::SecretKey;
use std::time::{SystemTime, UNIX_EPOCH};
use types::{
    Amount, Auth, Call, ChainId, Code, Gas, Nonce, PublicKey, Signature, SignedTx, TimestampMs, Tx,
    Version,
};

/// Flags of every transaction.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// One of the sender's independent nonce lines, 0 to 63.
    #[arg(long, default_value_t = 0, value_name = "L", value_parser = clap::value_parser!(u8).range(0..=63))]
    pub(crate) lane: u8,
    /// Place in the lane; default: the next one, as the node knows it.
    #[arg(long, value_name = "N")]
    pub(crate) nonce: Option<u64>,
    /// How long it may enter a block, such as 600s, 10m or 2h.
    #[arg(long, default_value = "600s", value_name = "TIME", value_parser = parse_seconds)]
    pub(crate) valid_for: u64,
    /// Most gas it may use. Unit: gas; default: what its calls cost, for calls of contracts as a
    /// node works it out, and a quarter more.
    #[arg(long, value_name = "GAS")]
    pub(crate) gas_limit: Option<u64>,
    /// Most fee it may cost. Unit: the chain's smallest; default: the gas limit at the chain's
    /// price.
    #[arg(long, value_name = "N")]
    pub(crate) fee_limit: Option<u128>,
    /// Text for the sender's own books, up to 64 bytes.
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub(crate) reference: String,
}

impl Default for Options {
    /// As when no flag is given.
    fn default() -> Self {
        let (nonce, gas_limit, fee_limit) = (None, None, None);
        Self { lane: 0, nonce, valid_for: 600, gas_limit, fee_limit, reference: String::new() }
    }
}

/// Read a time: a number and `s`, `m` or `h`. Unit of the result: s.
pub(crate) fn parse_seconds(text: &str) -> Result<u64, String> {
    let (digits, factor) = match text.as_bytes().last() {
        Some(b's') => (&text[..text.len() - 1], 1),
        Some(b'm') => (&text[..text.len() - 1], 60),
        Some(b'h') => (&text[..text.len() - 1], 3_600),
        _ => (text, 1),
    };
    let number: u64 = digits.parse().map_err(|_| format!("`{text}`: want 600s, 10m or 2h"))?;
    let seconds = number.checked_mul(factor).filter(|seconds| (1..=86_400).contains(seconds));
    seconds.ok_or_else(|| format!("`{text}`: the limits are 1s and 24h"))
}

/// What must be known of a chain to make a transaction for it.
#[derive(Clone, Debug)]
pub(crate) struct ChainFacts {
    pub(crate) chain_id: ChainId,
    pub(crate) prefix: String,
    pub(crate) gas_price: u128,
    /// Most gas of one transaction that deploys nothing.
    pub(crate) max_tx_gas: u64,
}

impl ChainFacts {
    /// Ask a node.
    pub(crate) fn ask(client: &Client) -> Outcome<Self> {
        let status = client.status().or_class()?;
        let params = client.params().or_class()?;
        let named = |name: &str| {
            let found = params.values.iter().find(|parameter| parameter.name == name);
            let value = found.map(|parameter| parameter.value);
            value.ok_or_else(|| anyhow!("the node names no parameter {name}"))
        };
        let (gas_price, max_tx_gas) = (named("gas_price")?, named("max_tx_gas")?);
        let max_tx_gas = u64::try_from(max_tx_gas).unwrap_or(u64::MAX);
        let chain = status.chain;
        Ok(Self { chain_id: chain.chain_id, prefix: chain.prefix, gas_price, max_tx_gas })
    }

    /// Read a chain spec.
    pub(crate) fn of(chain: &chainspec::Document) -> Self {
        let genesis = &chain.genesis;
        Self {
            chain_id: crypto::id::chain_id(&genesis.name, &genesis.salt),
            prefix: chain.address_prefix.clone(),
            gas_price: genesis.params.gas_price,
            max_tx_gas: genesis.params.max_tx_gas,
        }
    }

    /// The fee of some gas; the largest amount if it is above that.
    pub(crate) fn fee(&self, gas: Gas) -> Amount {
        Amount(self.gas_price.saturating_mul(u128::from(gas.0)))
    }
}

/// Milliseconds since 1970 by this machine's clock.
pub(crate) fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// What a transaction of these signatories costs before it runs: for native calls that is all.
pub(crate) fn required_gas(tx: &Tx, sender: &Signatory, payer: Option<&Signatory>) -> Gas {
    let signed =
        SignedTx { tx: tx.clone(), auth: blank_auth(sender), payer_auth: payer.map(blank_auth) };
    let bytes = types::encode(&signed).len();
    executor::fees::intrinsic_gas(tx, bytes, executor::fees::signatures(&signed))
}

/// An authorisation of the right size, for counting.
fn blank_auth(signatory: &Signatory) -> Auth {
    match signatory {
        Signatory::Ed25519 { key } => Auth::Ed25519 { key: *key, signature: Signature::ZERO },
        Signatory::Multi { threshold, keys } => Auth::Multi {
            threshold: *threshold,
            keys: keys.iter().map(|key| key.0).collect(),
            signatures: (0..*threshold).map(|at| (at, Signature::ZERO)).collect(),
        },
    }
}

/// A transaction file that nobody has signed. `nonce` is asked for when the options give none.
pub(crate) fn unsigned(
    facts: &ChainFacts,
    options: &Options,
    sender: Signatory,
    payer: Option<Signatory>,
    calls: Vec<Call>,
    nonce: impl FnOnce(&AddressText) -> Outcome<Nonce>,
) -> Outcome<TxFile> {
    let address = sender.address();
    let nonce = match options.nonce {
        Some(nonce) => Nonce(nonce),
        None => nonce(&AddressText::new(&facts.prefix, sender.kind(), &address))?,
    };
    let mut tx = Tx {
        version: Version,
        chain_id: facts.chain_id,
        sender: address,
        lane: options.lane,
        nonce,
        valid_until_ms: TimestampMs(now_ms().saturating_add(options.valid_for * 1_000)),
        gas_limit: Gas(0),
        fee_limit: Amount(0),
        payer: payer.as_ref().map(Signatory::address),
        reference: options.reference.clone().into_bytes(),
        calls,
    };
    let needed = required_gas(&tx, &sender, payer.as_ref());
    tx.gas_limit = options.gas_limit.map_or(needed, Gas);
    if tx.gas_limit < needed {
        let error = anyhow!("--gas-limit is {}, this transaction needs {needed} gas", tx.gas_limit);
        return Err(Failure { exit: Exit::Usage, error });
    }
    tx.fee_limit = options.fee_limit.map_or_else(|| facts.fee(tx.gas_limit), Amount);
    TxFile::new(&tx, sender, payer).or_class()
}

/// A signed transaction of one call, encoded.
pub(crate) fn signed(
    client: &Client,
    facts: &ChainFacts,
    options: &Options,
    key: &SecretKey,
    payer: Option<&SecretKey>,
    call: Call,
) -> Outcome<Vec<u8>> {
    let single = |key: PublicKey| Signatory::Ed25519 { key };
    let sender = single(key.public());
    let payer_side = payer.map(|payer| single(payer.public()));
    let next = |address: &AddressText| next_nonce(client, address, options.lane);
    let mut options = options.clone();
    if options.gas_limit.is_none() && runs_contract(&call) {
        let draft = Options { gas_limit: Some(facts.max_tx_gas), ..options.clone() };
        let calls = vec![call.clone()];
        let draft = unsigned(facts, &draft, sender.clone(), payer_side.clone(), calls, next)?;
        options.gas_limit = Some(estimate(client, facts, &draft)?);
    }
    let mut file = unsigned(facts, &options, sender, payer_side, vec![call], next)?;
    file.sign(key).or_class()?;
    if let Some(payer) = payer {
        file.sign(payer).or_class()?;
    }
    Ok(types::encode(&file.finish().or_class()?))
}

/// Whether only a try tells what a call costs.
fn runs_contract(call: &Call) -> bool {
    matches!(call, Call::Instantiate { .. } | Call::Call { .. } | Call::Upgrade { .. })
}

/// What a node finds that a transaction uses, and a quarter more: others may come before it.
fn estimate(client: &Client, facts: &ChainFacts, draft: &TxFile) -> Outcome<u64> {
    let receipt = client.simulate(&draft.tx.0).or_class()?.receipt;
    if receipt.code != Code::Ok.name() {
        let told = receipt.failure.map_or_else(String::new, |told| format!(": {}", told.name));
        let why = match receipt.code.as_str() {
            "FEE_UNPAID" => " for the most gas there may be; give --gas-limit",
            _ => "",
        };
        let error = anyhow!("it would fail: {}{told}{why}; nothing was sent", receipt.code);
        return Err(Failure { exit: Exit::Rejected, error });
    }
    let used = receipt.gas_used.0;
    Ok(used.saturating_add(used / 4).min(facts.max_tx_gas))
}

/// The next nonce of a lane, with what waits at the node.
pub(crate) fn next_nonce(client: &Client, address: &AddressText, lane: u8) -> Outcome<Nonce> {
    Ok(client.nonce(address, lane).or_class()?.pending)
}
