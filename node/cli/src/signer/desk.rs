//! The signer's side: keys, guard and what is answered.

use super::frame::{Answer, Denial, Hello, Request, Welcome};
use crate::exit::{Exit, Meaning, Outcome};
use crate::home::Home;
use crate::keystore::Passphrase;
use crate::run::{Chain, GuardFile, fresh, machine_id};
use anyhow::anyhow;
use consensus::safety::{Guard, GuardedSigner, SignError, Signer, Standing};
use crypto::ballot::ConsensusSecret;
use crypto::sign::SecretKey;
use std::io;
use std::path::Path;
use types::{BlockId, ChainId, PublicKey, ValidatorId};

/// What has been done of one signature; tests end the signer between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Signed, in memory only.
    Signed,
    /// The guard that holds the signature is on disk.
    Saved,
    /// The answer has left.
    Answered,
}

/// Keys behind a guard, and the rules of answering.
pub(crate) struct Desk {
    chain_id: ChainId,
    genesis_hash: BlockId,
    validator: ValidatorId,
    consensus_key: PublicKey,
    machine: Vec<u8>,
    /// How far the chain goes on without the key before an imported guard signs, in heights.
    import_wait: u64,
    signer: GuardedSigner,
    file: GuardFile,
    /// How far the connection has come.
    stage: Stage,
}

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    New,
    Greeted,
    /// The node has judged the guard, and it is armed.
    Armed,
}

/// Open the keys and the guard of a home, and lock the guard.
///
/// # Errors
/// If chain spec, keys or guard are missing, another process holds the guard, or it belongs to
/// another chain or validator: both are named.
pub(crate) fn open(home: &Home, passphrase_file: Option<&Path>) -> Outcome<Desk> {
    let chain = Chain::read(home)?;
    let file = passphrase_file.map_or_else(|| home.passphrase_file(), Path::to_owned);
    let passphrase = Passphrase::from_file(&file).or_exit(Exit::Key)?;
    let secrets = home.read_validator(&passphrase).or_exit(Exit::Key)?;
    let secrets = secrets
        .ok_or_else(|| anyhow!("{}: no validator key here", home.validator_key().display()))
        .or_exit(Exit::Key)?;
    let validator = secrets.validator_id().or_exit(Exit::Key)?;
    let (consensus_seed, reveal_seed) = secrets.seeds().or_exit(Exit::Key)?;
    let key = SecretKey::from_seed(consensus_seed);
    let secret = ConsensusSecret::new(key, reveal_seed, chain.chain_id);
    Desk::new(home, &chain, validator, secret)
}

impl Desk {
    pub(super) fn new(
        home: &Home,
        chain: &Chain,
        validator: ValidatorId,
        secret: ConsensusSecret,
    ) -> Outcome<Self> {
        let place = home.guard().join("guard");
        let missing = || {
            anyhow!(
                "{}: no guard here: what this key has signed is not known; `syndic signer guard \
                 import`, or `syndic validator arm --signer-home`",
                place.display()
            )
        };
        if !place.exists() {
            return Err(missing()).or_exit(Exit::Guard);
        }
        let (file, guard) = GuardFile::open(&home.guard()).or_exit(Exit::Guard)?;
        let guard = guard.ok_or_else(missing).or_exit(Exit::Guard)?;
        let consensus_key = secret.consensus_key();
        guard
            .check_owner(chain.chain_id, chain.genesis_hash, validator)
            .map_err(|error| anyhow!("guard {}: {error}", place.display()))
            .or_exit(Exit::Guard)?;
        Ok(Self {
            chain_id: chain.chain_id,
            genesis_hash: chain.genesis_hash,
            validator,
            consensus_key,
            machine: machine_id(),
            import_wait: chain.genesis.params.import_wait_heights,
            signer: GuardedSigner::new(secret, guard, Box::new(fresh)),
            file,
            stage: Stage::New,
        })
    }

    /// Whose keys these are.
    pub(crate) const fn validator(&self) -> ValidatorId {
        self.validator
    }

    /// A connection begins: nothing is known of whoever is there.
    pub(super) const fn begin(&mut self) {
        self.stage = Stage::New;
    }

    /// Answer one request. What is signed is on disk when this returns.
    ///
    /// # Errors
    /// If the guard cannot be written: the signer must stop, and must not answer.
    pub(super) fn answer(
        &mut self,
        request: Request,
        at: &mut dyn FnMut(Step),
    ) -> io::Result<Answer> {
        let signs = matches!(request, Request::Sign { .. });
        if matches!(request, Request::Hello(_)) != (self.stage == Stage::New) {
            return Ok(Answer::Denied(Denial::Greeting));
        }
        let answer = match request {
            Request::Hello(hello) => self.greet(&hello),
            Request::Adopt(guard) => self.adopt(*guard),
            Request::Sign { .. } if self.stage != Stage::Armed => Err(Denial::Unarmed),
            Request::Sign { address, value, settled } => self
                .signer
                .sign(&address, &value, &settled)
                .map(|(signature, share)| Answer::Signed(signature, share))
                .map_err(of_signer),
            Request::Randomness { height, previous } => self
                .signer
                .randomness(height, &previous)
                .map(|(proof, output)| Answer::Randomness(proof, output))
                .map_err(of_signer),
            Request::Ready { height, block_id, state_root } => {
                let ready = self.signer.ready(height, &block_id, &state_root);
                ready.map(Answer::Ready).map_err(of_signer)
            }
        };
        let answer = answer.unwrap_or_else(Answer::Denied);
        if signs {
            at(Step::Signed);
        }
        if let Some(slot) = self.signer.guard_slot() {
            self.file.write(&slot)?;
        }
        if signs {
            at(Step::Saved);
        }
        Ok(answer)
    }

    fn greet(&mut self, hello: &Hello) -> Result<Answer, Denial> {
        let Hello { chain_id, genesis_hash, validator } = *hello;
        if chain_id != self.chain_id {
            return Err(Denial::OtherChain { signer: self.chain_id, node: chain_id });
        }
        if genesis_hash != self.genesis_hash {
            return Err(Denial::OtherGenesis { signer: self.genesis_hash, node: genesis_hash });
        }
        if let Some(node) = validator.filter(|node| *node != self.validator) {
            return Err(Denial::OtherValidator { signer: self.validator, node });
        }
        self.stage = Stage::Greeted;
        Ok(Answer::Welcome(Box::new(Welcome {
            validator: self.validator,
            consensus_key: self.consensus_key,
            machine: self.machine.clone(),
            guard: self.guard().clone(),
        })))
    }

    fn adopt(&mut self, next: Guard) -> Result<Answer, Denial> {
        let owned = next.check_owner(self.chain_id, self.genesis_hash, self.validator);
        let guard = owned
            .and_then(|()| self.guard().followed_by(next, &self.machine, self.import_wait))
            .map_err(Denial::Handover)?;
        let armed = matches!(guard.standing(), Standing::Armed { .. });
        self.stage = if armed { Stage::Armed } else { Stage::Greeted };
        self.signer.adopt(guard.clone());
        Ok(Answer::Adopted(Box::new(guard)))
    }

    pub(super) fn guard(&self) -> &Guard {
        self.signer.guard().expect("a guarded signer has a guard")
    }
}

fn of_signer(error: SignError) -> Denial {
    match error {
        SignError::Refused(refusal) => Denial::Guard(refusal),
        SignError::Unavailable { .. } | SignError::Declined { .. } | SignError::Observer => {
            unreachable!("a guarded signer refuses only by its guard")
        }
    }
}
