//! Our own key: whether it may sign, judged again as the chain grows, and the alarm when it signs
//! elsewhere.

use crate::action::{Action, Log, Stop};
use crate::replica::{Replica, Signing};
use consensus::safety::{self, Guard, Observer, Signed, Standing, StartFacts};
use types::wire::ConsensusContent;
use types::{
    Block, BlockId, ChainId, CommitCertificate, Hash, Height, SignedAddress, ValidatorId, Value,
};

/// What a validator that signs nothing yet is judged by again after every block (protocol 4.3,
/// 4.4): its guard, and what was found beside it at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probation {
    /// The guard, as it lies on disk.
    pub guard: Guard,
    /// The block id of header 0.
    pub genesis_hash: BlockId,
    /// What names this machine; empty if nothing does.
    pub machine: Vec<u8>,
    /// The canonical path of the data folder.
    pub data_path: String,
    /// 32 fresh random bytes, for the instance that the guard may be armed for.
    pub fresh: [u8; 32],
    /// The instance that the database names.
    pub database_instance: Option<Hash>,
    /// Highest height of which the chain carries a signature by this key; 0 if there is none.
    pub key_seen: Height,
    /// How far the chain goes on without this key before an imported guard signs, in heights.
    pub import_wait: u64,
    /// Whether the start found that storage went back.
    pub went_back: bool,
    /// Where the journal that lay beside the guard makes up for storage that went back.
    pub resume: Option<Resume>,
}

/// The journal of a height above the database's, kept for when the node gets there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resume {
    /// The height before the journal's.
    pub tip: Height,
    /// What the validator signed at the journal's height, in order.
    pub messages: Vec<(SignedAddress, Signed)>,
}

impl Probation {
    /// Whether a start that was judged like this is judged again while the node runs: time mends
    /// storage that went back, and arms a guard that was imported. Everything else is for an
    /// operator.
    #[must_use]
    pub const fn is_for(reason: &Observer) -> bool {
        match reason {
            Observer::Imported { .. } | Observer::StorageWentBack { .. } => true,
            Observer::Missing
            | Observer::OtherChain { .. }
            | Observer::OtherValidator { .. }
            | Observer::OtherMachine
            | Observer::OtherPlace
            | Observer::OtherDatabase => false,
        }
    }

    fn judge(
        &self,
        chain_id: ChainId,
        validator: ValidatorId,
        tip: Height,
    ) -> Result<safety::Start, safety::StartError> {
        // At the journal's height the node stands where it stood before storage went back.
        let resume = self.resume.as_ref().filter(|resume| resume.tip == tip);
        let facts = StartFacts {
            chain_id,
            genesis_hash: self.genesis_hash,
            validator,
            machine: &self.machine,
            data_path: &self.data_path,
            fresh: self.fresh,
            database_instance: self.database_instance,
            tip,
            // Without a journal to resume from, both were taken into the guard at the start, and
            // are of heights below the tip by now.
            journal: resume.map_or(&[], |resume| &resume.messages),
            newest_seal: None,
            key_seen: self.key_seen,
            import_wait: self.import_wait,
            went_back: self.went_back && resume.is_none(),
        };
        safety::start(Some(self.guard.clone()), &facts)
    }
}

impl Replica {
    /// A block is durable: judge again whether this validator may sign, if it may not.
    pub(crate) fn rejudge_signing(&mut self) {
        let Some(own) = self.config.own else { return };
        let Signing::Observer { reason, probation: Some(probation) } = &mut self.signing else {
            return;
        };
        match probation.judge(self.config.chain_id, own, self.frontier.tip()) {
            Ok(safety::Start::Armed(guard)) => {
                let instance = probation.database_instance;
                self.arm(guard, instance);
            }
            Ok(safety::Start::Observer { reason: still, write }) => {
                *reason = still.to_string();
                if let Some(guard) = write
                    && guard != probation.guard
                {
                    let signer = self.engine.signer_mut();
                    signer.adopt(guard.clone());
                    let slot = signer.guard_slot();
                    probation.guard = signer.guard().cloned().unwrap_or(guard);
                    self.actions.extend(slot.map(Action::SetGuard));
                }
            }
            Err(contradiction) => self.stop(Stop::KeyInUse(contradiction.to_string())),
        }
    }

    /// First the database names the guard's instance, then the guard is on disk, then something may
    /// be signed: a crash in between leaves a guard that is judged anew.
    fn arm(&mut self, guard: Guard, database_instance: Option<Hash>) {
        if let Standing::Armed { instance, .. } = guard.standing()
            && database_instance != Some(instance)
        {
            self.act(Action::SetInstance(instance));
        }
        self.finality.guard_sealed(guard.seals().height());
        let signer = self.engine.signer_mut();
        signer.adopt(guard);
        if let Some(slot) = signer.guard_slot() {
            self.act(Action::SetGuard(slot));
        }
        self.signing = Signing::Armed;
        self.log(Log::Armed);
    }

    /// A verified message came from a peer: look for our own key in it. Returns whether it signs
    /// elsewhere, and the node stops.
    pub(crate) fn watch_own_key(&mut self, content: &ConsensusContent) -> bool {
        let Some(own) = self.config.own else { return false };
        let said = self.watcher.said_by(&own, content);
        self.judge_own_key(&said)
    }

    /// As much for the certificates of a checked or committed block.
    pub(crate) fn watch_own_key_in_block(&mut self, block: &Block) -> bool {
        let Some(own) = self.config.own else { return false };
        let said = self.watcher.said_in_block(&own, block);
        self.judge_own_key(&said)
    }

    /// As much for the certificate that decided a block.
    pub(crate) fn watch_own_key_in_commit(&mut self, certificate: &CommitCertificate) -> bool {
        let Some(own) = self.config.own else { return false };
        let said = self.watcher.said_in_commit(&own, certificate);
        self.judge_own_key(&said)
    }

    /// What verified signatures of our own key say. Above everything that the guard knows, or over
    /// another value than the guard's, they come from somewhere else; what lies below its lanes is
    /// our own past. While an imported guard waits, any of them prolongs the wait.
    pub(crate) fn judge_own_key(&mut self, said: &[(SignedAddress, Value)]) -> bool {
        let is_ours = |(address, _): &&(SignedAddress, Value)| self.is_current_key(address.height);
        let said: Vec<&(SignedAddress, Value)> = said.iter().filter(is_ours).collect();
        let speaks_for_guard = match &mut self.signing {
            Signing::Armed => true,
            Signing::Observer { probation: Some(probation), .. } => {
                let newest = said.iter().map(|(address, _)| address.height).max();
                probation.key_seen = newest.unwrap_or(Height::ZERO).max(probation.key_seen);
                probation.went_back
            }
            Signing::Observer { probation: None, .. } => false,
        };
        if !speaks_for_guard {
            return false;
        }
        let judge =
            |(address, value): &(SignedAddress, Value)| self.engine.judge_own(address, value);
        match said.into_iter().find_map(judge) {
            Some(alarm) => {
                self.stop(Stop::KeyInUse(alarm.to_string()));
                true
            }
            None => false,
        }
    }

    /// Whether our validator's key at a height is the one it has now: one that was replaced is not
    /// guarded any more.
    fn is_current_key(&self, height: Height) -> bool {
        let Some(own) = self.config.own else { return false };
        let key_of = |set: &types::ValidatorSet| set.by_id(&own).map(|one| one.consensus_key);
        let then = self.watcher.set_of(height).and_then(|set| key_of(set));
        let now = key_of(&self.frontier.set);
        now.is_none() || then == now
    }
}
