//! Seals and finality: what makes a height's roots final, and the alarm when they are not ours.

use crate::action::{Action, Log, Stop};
use crate::replica::{Replica, Signing};
use consensus::safety::SignError;
use std::collections::BTreeMap;
use std::sync::Arc;
use types::wire::ConsensusContent;
use types::{BlockId, FinalityCertificate, Hash, Height, Round, Seal, SignedAddress, Step};

/// Heights whose roots and own seals are remembered above the newest final one.
const MAX_REMEMBERED: usize = 4_096;
/// Heights sealed at most in one go after a start.
const MAX_SEALS_AT_ONCE: usize = 64;

/// What a seal of a height says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roots {
    /// The block.
    pub block_id: BlockId,
    /// State root after it.
    pub state_root: Hash,
    /// Root over its receipts.
    pub receipts_root: Hash,
}

/// The newest certificate, and our own roots and seals around it.
#[derive(Debug)]
pub(crate) struct Finality {
    newest: Option<Arc<FinalityCertificate>>,
    roots: BTreeMap<Height, Roots>,
    own_seals: BTreeMap<Height, Seal>,
    /// Highest height that this validator's guard has sealed.
    sealed: Height,
    /// More than a third of the power sealed other roots than ours at this height.
    alarm: Option<Height>,
}

impl Finality {
    pub(crate) fn new(
        own_seals: Vec<Seal>,
        newest: Option<FinalityCertificate>,
        roots: Vec<(Height, Roots)>,
        sealed: Height,
    ) -> Self {
        Self {
            newest: newest.map(Arc::new),
            roots: roots.into_iter().collect(),
            own_seals: own_seals.into_iter().map(|seal| (seal.height, seal)).collect(),
            sealed,
            alarm: None,
        }
    }

    pub(crate) fn newest(&self) -> Option<&Arc<FinalityCertificate>> {
        self.newest.as_ref()
    }

    /// The newest final height, 0 before there is one.
    pub(crate) fn height(&self) -> Height {
        self.newest.as_ref().map_or(Height::ZERO, |certificate| certificate.height)
    }

    pub(crate) fn alarm(&self) -> Option<Height> {
        self.alarm
    }

    pub(crate) fn own_seal(&self, height: Height) -> Option<Seal> {
        self.own_seals.get(&height).cloned()
    }

    /// What the guard of this validator has sealed.
    pub(crate) fn guard_sealed(&mut self, height: Height) {
        self.sealed = self.sealed.max(height);
    }

    pub(crate) fn executed(&mut self, height: Height, roots: Roots) {
        self.roots.insert(height, roots);
        while self.roots.len() > MAX_REMEMBERED {
            self.roots.pop_first();
        }
    }
}

impl Replica {
    /// A verified seal.
    pub(crate) fn on_seal(&mut self, seal: Seal) {
        let height = seal.height;
        self.act(Action::StoreSeal(Box::new(seal)));
        self.note_disagreement(height);
        if height > self.finality.height()
            && let Some(certificate) = self.watcher.finality(height)
        {
            self.on_finality(certificate);
        }
    }

    /// A verified finality certificate.
    pub(crate) fn on_finality(&mut self, certificate: FinalityCertificate) {
        if certificate.height <= self.finality.height() {
            return;
        }
        if !self.agrees(&certificate) {
            return;
        }
        let certificate = Arc::new(certificate);
        self.finality.newest = Some(certificate.clone());
        let height = certificate.height;
        self.finality.roots = self.finality.roots.split_off(&height);
        self.finality.own_seals = self.finality.own_seals.split_off(&height);
        self.act(Action::StoreFinality(certificate));
        self.act(Action::SetTip(self.frontier.tip(), height));
        self.publish();
    }

    /// Whether a certificate says what we executed; stops the node if it says otherwise.
    fn agrees(&mut self, certificate: &FinalityCertificate) -> bool {
        let theirs = Roots {
            block_id: certificate.block_id,
            state_root: certificate.state_root,
            receipts_root: certificate.receipts_root,
        };
        match self.finality.roots.get(&certificate.height).copied() {
            Some(ours) if ours != theirs => {
                self.act(Action::StoreFinality(Arc::new(certificate.clone())));
                self.stop(Stop::Disagreement(format!(
                    "height {}: more than two thirds sealed {theirs:?}, this node has {ours:?}",
                    certificate.height
                )));
                false
            }
            _ => true,
        }
    }

    /// A certificate that came before we executed its height is compared once we have.
    pub(crate) fn check_certified_roots(&mut self) {
        if let Some(newest) = self.finality.newest.clone() {
            self.agrees(&newest);
        }
        let tip = self.frontier.tip();
        if tip > self.finality.height()
            && let Some(certificate) = self.watcher.finality(tip)
        {
            self.on_finality(certificate);
        }
    }

    /// More than a third of the power seals other roots than ours: red, before it is too late.
    fn note_disagreement(&mut self, height: Height) {
        let Some(ours) = self.finality.roots.get(&height).copied() else { return };
        let value = crypto::id::seal_value(&ours.block_id, &ours.state_root, &ours.receipts_root);
        let Some((other, total)) = self.watcher.power_sealing_otherwise(height, &value) else {
            return;
        };
        if u128::from(other.0).saturating_mul(3) > u128::from(total.0)
            && self.finality.alarm.is_none()
        {
            self.finality.alarm = Some(height);
            self.log(Log::Warning(format!(
                "height {height}: validators with {other} of {total} power sealed other roots"
            )));
        }
    }

    /// Seal, in order, what this validator has committed above the newest certificate.
    pub(crate) fn seal_missing(&mut self) {
        if self.signing != Signing::Armed || self.sync.is_behind(self.frontier.tip()) {
            return;
        }
        let Some(own) = self.config.own else { return };
        let from =
            self.finality.height().max(self.frontier.carried).max(self.finality.sealed).next();
        let missing: Vec<(Height, Roots)> = self
            .finality
            .roots
            .range(from..)
            .take(MAX_SEALS_AT_ONCE)
            .map(|(height, roots)| (*height, *roots))
            .collect();
        for (height, roots) in missing {
            let set = self.watcher.set_of(height);
            let Some(key) = set.and_then(|set| set.by_id(&own)).map(|one| one.consensus_key) else {
                continue;
            };
            // The height in progress chooses its key anew when it starts.
            if self.engine.signer_mut().use_key(&key) && !self.seal(own, height, roots) {
                break;
            }
        }
    }

    /// Seal a height; `false` if the signer is away, so that no later one is sealed before it.
    fn seal(&mut self, own: types::ValidatorId, height: Height, roots: Roots) -> bool {
        let address = SignedAddress {
            chain_id: self.config.chain_id,
            height,
            round: Round::ZERO,
            step: Step::Seal,
        };
        let Roots { block_id, state_root, receipts_root } = roots;
        let value = crypto::id::seal_value(&block_id, &state_root, &receipts_root);
        let signer = self.engine.signer_mut();
        let (signature, share) = match signer.sign(&address, &Some(value), &None) {
            Ok(signed) => signed,
            Err(error) => {
                let is_away = matches!(error, SignError::Unavailable { .. });
                self.abstain(format!("seal of {height}: {error}"));
                return !is_away;
            }
        };
        if let Some(slot) = signer.guard_slot() {
            self.act(Action::SetGuard(slot));
        }
        let seal =
            Seal { height, block_id, state_root, receipts_root, validator: own, signature, share };
        self.finality.sealed = height;
        self.finality.own_seals.insert(height, seal.clone());
        let content = ConsensusContent::Seal(seal.clone());
        self.watcher.observe(&content);
        self.act(Action::Gossip(Arc::new(content)));
        self.on_seal(seal);
        true
    }
}
