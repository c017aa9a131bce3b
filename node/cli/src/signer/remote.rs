//! The node's side: a signer whose keys and guard are another process's.
//!
//! Nothing is signed here. The node keeps a mirror of the guard: what the mirror does not admit is
//! not even asked for, and a signer that comes back with a guard behind the mirror is raised to it.

use super::frame::{self, Answer, Denial, FrameError, Hello, Request, Welcome};
use super::socket::check_private;
use anyhow::anyhow;
use consensus::safety::{Admission, Alarm, Guard, SignError, Signed, Signer, Standing};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use tracing::{error, info, warn};
use types::{
    BlockId, ChainId, Hash, Height, PublicKey, Share, Signature, SignedAddress, TimestampMs,
    ValidatorId, Value, VrfProof,
};

/// Longest time that the node's thread waits for the signer (docs/protocol.md 9.1).
pub(super) const ANSWER_WITHIN: Duration = Duration::from_millis(500);
/// How long a greeting may take, on a thread of its own.
const GREETING_WITHIN: Duration = Duration::from_secs(2);
/// Wait after the first attempt to connect that failed; doubled after each further one.
const FIRST_DELAY: Duration = Duration::from_millis(50);
/// Longest wait between two attempts to connect.
const MAX_DELAY: Duration = Duration::from_secs(2);

/// That the signer is away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Away {
    /// By the wall clock.
    pub(crate) since: TimestampMs,
    /// What was seen of it last.
    pub(crate) reason: String,
}

/// A connection on which the signer has introduced itself.
struct Link {
    stream: UnixStream,
    welcome: Box<Welcome>,
}

/// A signer in another process.
pub(crate) struct RemoteSigner {
    link: Option<Link>,
    /// The guard as the signer has it, as far as this node knows.
    mirror: Guard,
    /// Whether this node has judged that it may sign.
    armed: bool,
    machine: Vec<u8>,
    consensus_key: PublicKey,
    path: PathBuf,
    /// Asks the connector for a connection.
    wanted: SyncSender<()>,
    /// What it brings.
    connected: Receiver<Link>,
    away: watch::Sender<Option<Away>>,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
enum LinkError {
    #[error("{0}")]
    Frame(#[from] FrameError),
    #[error("{0}")]
    Denied(Denial),
    #[error("an answer to another question")]
    OffTopic,
    /// Its guard has signed something else than this node's mirror knows.
    #[error("{0}")]
    SignedTwice(#[from] Alarm),
    /// It was started with other keys; the question was for the old ones.
    #[error("the signer holds other keys than before")]
    OtherKey,
    #[error("{0:#}")]
    Path(anyhow::Error),
}

impl RemoteSigner {
    /// Connect to the signer behind a socket, and wait for at most `patience` until it is there.
    ///
    /// # Errors
    /// If it is not there by then, or is no signer for this chain.
    pub(crate) fn start(
        path: &Path,
        (chain_id, genesis_hash): (ChainId, BlockId),
        patience: Duration,
    ) -> anyhow::Result<Self> {
        let deadline = Instant::now() + patience;
        let mut hello = Hello { chain_id, genesis_hash, validator: None };
        let link = loop {
            match greet(path, &hello) {
                Ok(link) => break link,
                Err(error) if error.may_pass() && Instant::now() < deadline => {
                    info!(target: "signer", socket = %path.display(), %error, "waiting for the signer");
                    std::thread::sleep(FIRST_DELAY * 4);
                }
                Err(error) => return Err(anyhow!("signer {}: {error}", path.display())),
            }
        };
        hello.validator = Some(link.welcome.validator);
        // One wish and one connection at a time: there is one signer.
        let (wanted, wishes) = sync_channel(1);
        let (ready, connected) = sync_channel(1);
        let (away, _) = watch::channel(None);
        let connector =
            Connector { path: path.to_owned(), hello, wishes, ready, away: away.clone() };
        // Ends when this signer is dropped: its channels close.
        let thread = std::thread::Builder::new().name("signer-connect".to_owned());
        thread.spawn(move || connector.run())?;
        Ok(Self {
            mirror: link.welcome.guard.clone(),
            armed: false,
            machine: link.welcome.machine.clone(),
            consensus_key: link.welcome.consensus_key,
            link: Some(link),
            path: path.to_owned(),
            wanted,
            connected,
            away,
        })
    }

    /// The validator that the signer signs for.
    pub(crate) const fn validator(&self) -> ValidatorId {
        self.mirror.validator()
    }

    /// What names the signer's machine.
    pub(crate) fn machine(&self) -> &[u8] {
        &self.machine
    }

    /// Whether the signer is away, for whoever tells of it.
    pub(crate) fn away(&self) -> watch::Receiver<Option<Away>> {
        self.away.subscribe()
    }

    /// Hand the signer a guard that this node has judged; it is on disk when this returns.
    ///
    /// # Errors
    /// If the signer is away, or does not accept it.
    pub(crate) fn hand_over(&mut self, guard: Guard) -> Result<(), SignError> {
        match self.ask(&Request::Adopt(Box::new(guard)))? {
            Answer::Adopted(guard) => {
                self.armed = matches!(guard.standing(), Standing::Armed { .. });
                self.mirror = *guard;
                Ok(())
            }
            _ => Err(self.lose(&LinkError::OffTopic, Instant::now())),
        }
    }

    /// One question and its answer, within [`ANSWER_WITHIN`].
    fn ask(&mut self, request: &Request) -> Result<Answer, SignError> {
        let started = Instant::now();
        let deadline = started + ANSWER_WITHIN;
        if self.link.is_none() {
            // Connecting is the connector's: it may take longer than the node may wait.
            let link = self.connected.try_recv();
            let mut link = link.map_err(|_| SignError::Unavailable { waited_ms: 0 })?;
            match self.resume(&mut link, deadline) {
                Ok(()) => self.link = Some(link),
                Err(error) => return Err(self.lose(&error, started)),
            }
            tell_back(&self.path, &self.away);
        }
        let link = self.link.as_mut().expect("there is one by now");
        match link.call(request, deadline) {
            Ok(Answer::Denied(Denial::Guard(refusal))) => Err(SignError::Refused(refusal)),
            Ok(Answer::Denied(denial)) => Err(SignError::Declined { reason: denial.to_string() }),
            Ok(answer) => Ok(answer),
            Err(error) => Err(self.lose(&error, started)),
        }
    }

    /// Go on with a signer that was away: its guard may be ahead of the mirror, by what it signed
    /// and could not answer, or behind it, if it was put back.
    fn resume(&mut self, link: &mut Link, deadline: Instant) -> Result<(), LinkError> {
        if link.welcome.consensus_key != self.consensus_key {
            self.consensus_key = link.welcome.consensus_key;
            return Err(LinkError::OtherKey);
        }
        let found = &link.welcome.guard;
        if !self.armed {
            self.mirror = found.clone();
            return Ok(());
        }
        let joined = self.mirror.clone().joined(found)?;
        match link.call(&Request::Adopt(Box::new(joined)), deadline)? {
            Answer::Adopted(guard) => {
                self.mirror = *guard;
                Ok(())
            }
            Answer::Denied(denial) => Err(LinkError::Denied(denial)),
            _ => Err(LinkError::OffTopic),
        }
    }

    /// Give the connection up: what comes late on it would answer another question.
    fn lose(&mut self, error: &LinkError, since: Instant) -> SignError {
        self.link = None;
        tell_away(&self.path, &self.away, error);
        // If one wish is there already, that is enough.
        let _ = self.wanted.try_send(());
        let waited = since.elapsed().as_millis();
        SignError::Unavailable { waited_ms: u64::try_from(waited).unwrap_or(u64::MAX) }
    }
}

impl Signer for RemoteSigner {
    fn sign(
        &mut self,
        address: &SignedAddress,
        value: &Value,
        settled: &Option<SignedAddress>,
    ) -> Result<(Signature, Share), SignError> {
        if let Admission::Again(signed) = self.mirror.admit(address, value)? {
            return Ok((signed.signature, signed.share));
        }
        let (address, value, settled) = (*address, *value, *settled);
        match self.ask(&Request::Sign { address, value, settled })? {
            Answer::Signed(signature, share) => {
                // A signer that came back in between may have raised the mirror to this very place.
                if self.mirror.admit(&address, &value) == Ok(Admission::New) {
                    self.mirror.record(address, Signed { value, signature, share }, settled);
                }
                Ok((signature, share))
            }
            _ => Err(self.lose(&LinkError::OffTopic, Instant::now())),
        }
    }

    fn randomness(
        &mut self,
        height: Height,
        previous: &Hash,
    ) -> Result<(VrfProof, Hash), SignError> {
        match self.ask(&Request::Randomness { height, previous: *previous })? {
            Answer::Randomness(proof, output) => Ok((proof, output)),
            _ => Err(self.lose(&LinkError::OffTopic, Instant::now())),
        }
    }

    fn ready(
        &mut self,
        height: Height,
        block_id: &BlockId,
        state_root: &Hash,
    ) -> Result<Signature, SignError> {
        let request = Request::Ready { height, block_id: *block_id, state_root: *state_root };
        match self.ask(&request)? {
            Answer::Ready(signature) => Ok(signature),
            _ => Err(self.lose(&LinkError::OffTopic, Instant::now())),
        }
    }

    /// A signer process holds one key: after a rotation it is started with the new one.
    fn use_key(&mut self, key: &PublicKey) -> bool {
        *key == self.consensus_key
    }

    fn adopt(&mut self, guard: Guard) {
        let armed = matches!(guard.standing(), Standing::Armed { .. });
        match self.hand_over(guard.clone()) {
            Ok(()) => {}
            // It is handed over again when the signer is back.
            Err(SignError::Unavailable { .. }) => {
                self.armed = armed;
                self.mirror = guard;
            }
            Err(problem) => {
                error!(target: "signer", %problem, "the signer does not accept this node's guard");
            }
        }
    }

    fn guard(&self) -> Option<&Guard> {
        Some(&self.mirror)
    }
}

impl Link {
    fn call(&mut self, request: &Request, deadline: Instant) -> Result<Answer, LinkError> {
        frame::write(&mut self.stream, request, deadline)?;
        Ok(frame::read(&mut self.stream, Some(deadline))?)
    }
}

impl LinkError {
    /// Whether the same attempt may succeed later.
    const fn may_pass(&self) -> bool {
        match self {
            Self::Denied(denial) => denial.passes(),
            Self::Frame(_) | Self::OffTopic | Self::OtherKey | Self::Path(_) => true,
            Self::SignedTwice(_) => false,
        }
    }
}

/// Makes connections while the node goes on.
struct Connector {
    path: PathBuf,
    hello: Hello,
    wishes: Receiver<()>,
    ready: SyncSender<Link>,
    away: watch::Sender<Option<Away>>,
}

impl Connector {
    /// Serve wishes until the signer that makes them is gone.
    fn run(self) {
        while self.wishes.recv().is_ok() {
            let mut delay = FIRST_DELAY;
            let link = loop {
                match greet(&self.path, &self.hello) {
                    Ok(link) => break link,
                    Err(error) => tell_away(&self.path, &self.away, &error),
                }
                match self.wishes.recv_timeout(delay) {
                    Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
                delay = (delay * 2).min(MAX_DELAY);
            };
            if self.ready.send(link).is_err() {
                return;
            }
        }
    }
}

/// Connect, and have the signer introduce itself.
fn greet(path: &Path, hello: &Hello) -> Result<Link, LinkError> {
    check_private(path).map_err(LinkError::Path)?;
    let mut stream = UnixStream::connect(path).map_err(FrameError::Io)?;
    let deadline = Instant::now() + GREETING_WITHIN;
    // A signer that is busy says so without reading this.
    let sent = frame::write(&mut stream, &Request::Hello(*hello), deadline);
    match frame::read(&mut stream, Some(deadline)) {
        Ok(Answer::Welcome(welcome)) => Ok(Link { stream, welcome }),
        Ok(Answer::Denied(denial)) => Err(LinkError::Denied(denial)),
        Ok(_) => Err(LinkError::OffTopic),
        Err(error) => Err(sent.err().unwrap_or(error).into()),
    }
}

fn tell_away(path: &Path, away: &watch::Sender<Option<Away>>, error: &LinkError) {
    let reason = format!("signer {}: {error}", path.display());
    let first = away.send_if_modified(|away| {
        let first = away.is_none();
        let since = away.as_ref().map_or_else(now_ms, |away| away.since);
        *away = Some(Away { since, reason: reason.clone() });
        first
    });
    if first {
        warn!(target: "signer", reason, "the signer is away: this validator signs nothing");
    }
}

fn tell_back(path: &Path, away: &watch::Sender<Option<Away>>) {
    let back = away.send_if_modified(|away| away.take().is_some());
    if back {
        info!(target: "signer", socket = %path.display(), "the signer is back");
    }
}

fn now_ms() -> TimestampMs {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    TimestampMs(u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
}
