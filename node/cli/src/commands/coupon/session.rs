//! A coupon contract on a chain, as its people use it: ask a view, send a call, read its events.

use crate::commands::node::{ClientMeaning, NodeArguments, address};
use crate::commands::secret::KeystoreArguments;
use crate::commands::tx::{
    ChainFacts, Given, Options, failed, give_and_follow, required_gas, signed,
};
use crate::exit::{Exit, Failure, Meaning, Outcome};
use anyhow::{Context, anyhow};
use borsh::{BorshDeserialize, BorshSerialize};
use clap::Args;
use client::client::Client;
use client::dto::{AddressText, EventView, TxState, Wait};
use client::wallet::{MAX_TX_BYTES, Signatory};
use crypto::sign::SecretKey;
use sdk::Event;
use std::path::PathBuf;
use std::time::Duration;
use types::{Address, AddressKind, Amount, Call, Code, Height, SignedTx, TxHash};

/// How long a call may take to be final. Unit: s.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which contract, on which chain.
#[derive(Args, Clone, Debug)]
pub(crate) struct ContractArguments {
    /// The coupon contract's address.
    #[arg(long, env = "SYNDIC_COUPON", value_name = "ADDRESS")]
    contract: String,
    #[command(flatten)]
    node: NodeArguments,
}

/// Whose key signs.
#[derive(Args, Clone, Debug)]
pub(crate) struct KeyArguments {
    /// The key: a file, or a name in the keystore.
    #[arg(long, env = "SYNDIC_KEY", value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    keystore: KeystoreArguments,
}

/// Who does something, and with which contract.
#[derive(Args, Clone, Debug)]
pub(crate) struct Who {
    #[command(flatten)]
    contract: ContractArguments,
    #[command(flatten)]
    key: KeyArguments,
}

impl Who {
    /// The key and a session.
    ///
    /// # Errors
    /// If the key does not open, no node answers, or the address is none.
    pub(crate) fn open(&self) -> Outcome<(SecretKey, Session)> {
        Ok((self.key.open()?, self.contract.open()?))
    }
}

impl KeyArguments {
    /// The key.
    ///
    /// # Errors
    /// If there is none, or it does not open.
    pub(crate) fn open(&self) -> Outcome<SecretKey> {
        self.keystore.open(&self.key)
    }
}

impl ContractArguments {
    /// A session with the contract.
    ///
    /// # Errors
    /// If no node answers, or the address is none.
    pub(crate) fn open(&self) -> Outcome<Session> {
        Session::new(self.node.client()?, &self.contract)
    }
}

/// A coupon contract that somebody uses.
pub(crate) struct Session {
    client: Client,
    facts: ChainFacts,
    contract: Address,
}

/// A call before it is signed.
pub(crate) struct Attempt<'k> {
    /// Whose.
    pub(crate) key: &'k SecretKey,
    /// Which method.
    pub(crate) method: &'k str,
    /// Its arguments in borsh.
    pub(crate) input: Vec<u8>,
    /// Money that goes along.
    pub(crate) value: Amount,
}

impl<'k> Attempt<'k> {
    /// A call without money.
    ///
    /// # Errors
    /// If the arguments have no encoding, which they have.
    pub(crate) fn new<A: BorshSerialize>(
        key: &'k SecretKey,
        method: &'k str,
        arguments: &A,
    ) -> Outcome<Self> {
        Ok(Self { key, method, input: borsh::to_vec(arguments)?, value: Amount(0) })
    }
}

/// A call that took effect.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    /// Its transaction.
    pub(crate) hash: TxHash,
    /// The final block's height.
    pub(crate) height: Height,
    /// What happened.
    pub(crate) events: Vec<EventView>,
}

impl Session {
    /// Use the contract at a node.
    ///
    /// # Errors
    /// If the node does not answer, or the address is none.
    pub(crate) fn new(client: Client, contract: &str) -> Outcome<Self> {
        let facts = ChainFacts::ask(&client)?;
        let (kind, contract) = address("--contract", contract, &facts.prefix)?;
        if kind != AddressKind::Contract {
            let error = anyhow!("--contract is the address of a {}: want a contract", kind.name());
            return Err(error).or_exit(Exit::Usage);
        }
        Ok(Self { client, facts, contract })
    }

    /// The contract.
    pub(crate) fn contract(&self) -> Address {
        self.contract
    }

    /// The chain.
    pub(crate) fn facts(&self) -> &ChainFacts {
        &self.facts
    }

    /// The node.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The text of an account's address.
    pub(crate) fn text(&self, account: &Address) -> AddressText {
        AddressText::new(&self.facts.prefix, AddressKind::Account, account)
    }

    /// The text of the contract's address.
    pub(crate) fn name(&self) -> AddressText {
        AddressText::new(&self.facts.prefix, AddressKind::Contract, &self.contract)
    }

    /// Ask a view.
    ///
    /// # Errors
    /// If the node does not answer, or the contract is another.
    pub(crate) fn ask<A: BorshSerialize, T: BorshDeserialize>(
        &self,
        method: &str,
        arguments: &A,
    ) -> Outcome<T> {
        let input = borsh::to_vec(arguments)?;
        let answer = self.client.contract_view(&self.name(), method, &input).or_class()?;
        if answer.code != Code::Ok.name() {
            let error = anyhow!("view {method}: {}", answer.code);
            return Err(error).or_exit(Exit::Rejected);
        }
        borsh::from_slice(&answer.returned.unwrap_or_default().0)
            .with_context(|| format!("view {method}: is this a coupon contract?"))
            .or_exit(Exit::Rejected)
    }

    /// What the contract holds, by its account.
    ///
    /// # Errors
    /// If the node does not answer.
    pub(crate) fn balance(&self) -> Outcome<Amount> {
        Ok(self.client.account(&self.name(), false).or_class()?.balance)
    }

    /// Sign a call, so that it can be given to the chain any number of times and happens once. The
    /// node tries it first: what would be refused is said before anything is paid.
    ///
    /// # Errors
    /// If the node does not answer, or finds that the contract would refuse.
    pub(crate) fn sign<A: BorshSerialize>(
        &self,
        key: &SecretKey,
        method: &str,
        arguments: &A,
        value: Amount,
    ) -> Outcome<Vec<u8>> {
        let attempt = Attempt { value, ..Attempt::new(key, method, arguments)? };
        self.sign_attempt(&Options::default(), &attempt).map_err(explained)
    }

    /// The same with options, such as a gas limit: then nothing is tried before.
    ///
    /// # Errors
    /// As [`Session::sign`].
    pub(crate) fn sign_attempt(
        &self,
        options: &Options,
        attempt: &Attempt<'_>,
    ) -> Outcome<Vec<u8>> {
        let call = Call::Call {
            contract: self.contract,
            method: attempt.method.to_owned(),
            input: attempt.input.clone(),
            value: attempt.value,
        };
        signed(&self.client, &self.facts, options, attempt.key, None, call)
    }

    /// A gas limit half-way between what a call costs before it runs and what it uses.
    ///
    /// # Errors
    /// If the node does not answer, or finds that the contract would refuse the call.
    pub(crate) fn half_gas(&self, attempt: &Attempt<'_>) -> Outcome<u64> {
        let bytes = self.sign_attempt(&Options::default(), attempt)?;
        let signed: SignedTx = types::decode("signed transaction", &bytes, MAX_TX_BYTES)?;
        let key = attempt.key.public();
        let least = required_gas(&signed.tx, &Signatory::Ed25519 { key }, None).0;
        let enough = signed.tx.gas_limit.0;
        // The limit is a quarter above what the node found.
        let used = enough.saturating_sub(enough / 5);
        Ok(least.saturating_add(used.saturating_sub(least) / 2))
    }

    /// The next place in the first lane of an account.
    ///
    /// # Errors
    /// If the node does not answer.
    pub(crate) fn next_nonce(&self, key: &SecretKey) -> Outcome<u64> {
        let account = self.text(&crypto::id::account_address(&key.public()));
        Ok(self.client.nonce(&account, 0).or_class()?.pending.0)
    }

    /// Give a signed call to the chain until it is final.
    ///
    /// # Errors
    /// Why it was refused, by the contract's own code, or that it is not there in time.
    pub(crate) fn give(&self, bytes: &[u8]) -> Outcome<Done> {
        let given = Given::new(bytes)?;
        let hash = given.hash;
        let state = give_and_follow(&self.client, &given, Wait::Final, PATIENCE)?;
        if let Some(failure) = failed(hash, &state) {
            return Err(explained(failure));
        }
        let (TxState::Final(outcome) | TxState::Committed(outcome)) = state else {
            let error = anyhow!("transaction {hash} is not final yet");
            return Err(error).or_exit(Exit::Timeout);
        };
        let transaction = self.client.transaction(hash, false).or_class()?;
        Ok(Done { hash, height: outcome.height, events: transaction.receipt.events })
    }

    /// Sign a call and give it to the chain.
    ///
    /// # Errors
    /// As [`Session::sign`] and [`Session::give`].
    pub(crate) fn call<A: BorshSerialize>(
        &self,
        key: &SecretKey,
        method: &str,
        arguments: &A,
        value: Amount,
    ) -> Outcome<Done> {
        self.give(&self.sign(key, method, arguments, value)?)
    }
}

impl Done {
    /// The first event of a kind.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn event<T: Event>(&self) -> anyhow::Result<T> {
        let name = T::SHAPE.name;
        let found = self.events.iter().find(|event| event.name == name);
        let read = found.and_then(|event| T::decode(&event.bytes.0));
        read.with_context(|| format!("transaction {} has no event {name}", self.hash))
    }
}

/// The same failure, with what a shopkeeper can do about it.
fn explained(failure: Failure) -> Failure {
    let text = failure.error.to_string();
    let mut words = text.split([' ', ':', ';']);
    match words.find_map(|word| Some(explain(word)).filter(|advice| !advice.is_empty())) {
        Some(advice) => Failure { exit: failure.exit, error: anyhow!("{text}: {advice}") },
        None => failure,
    }
}

/// What a shopkeeper can do about a refusal.
fn explain(code: &str) -> &'static str {
    match code {
        "ROLE" => "the account lacks the role: ask the network's operator for it",
        "NOT_ENROLLED" => "the account has no pseudonym: ask the identity issuer to enrol it",
        "NO_COINS" => "buy coins, or open a campaign with more of them",
        "ALREADY_REDEEMED" => "this order was redeemed before; it is paid",
        "SERIAL_USED" => "this coupon was used or taken before",
        "NOT_CLIPPED" => "nobody has taken this coupon: the wallet must clip it first",
        "NOT_HOLDER" => "another person has taken this coupon",
        "CAP" => "this person has as many coupons of the campaign as one may have",
        "BELOW_MIN" => "the basket is smaller than the campaign asks for",
        "SELF_REDEEM" => "merchant and consumer are the same person",
        "SIG_CONSUMER" => "the consumer's signature is missing or of another request",
        "SIG_MERCHANT" => "the merchant's signature is missing, or the till may not sign for it",
        "EXPIRED" => "it was signed too long ago: start the sale again",
        "REWARD_SPENT" => "somebody has spent the reward that a rollback would take back",
        "GRACE_OVER" => "the time for returns is over",
        _ => "",
    }
}
