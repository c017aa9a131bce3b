//! A signer on a real socket: what it refuses, and that it never signs twice, wherever it dies.

use super::desk::{Desk, Step, open};
use super::frame::{self, Answer, Denial, FrameError, Hello, MAX_MESSAGE_BYTES, Request};
use super::remote::RemoteSigner;
use super::socket::{answer_all, bind};
use crate::devnet::Devnet;
use crate::home::Home;
use crate::run::{Chain, machine_id};
use consensus::safety::{
    self, Guard, HandoverError, Refusal, SignError, Signer, Start, StartFacts,
};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use types::{BlockId, ChainId, Hash, Height, Round, SignedAddress, Step as At, ValidatorId, Value};

const X: Value = Some(Hash([1; 32]));
const Y: Value = Some(Hash([2; 32]));
/// How long anything may take that takes milliseconds; only a failure is bounded by it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A validator's home, which is its signer's too, and the chain.
struct World {
    folder: TempDir,
    home: Home,
    chain: Chain,
}

impl World {
    fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let net = folder.path().join("net");
        Devnet::make(&net, 1, 7_100).unwrap();
        let home = Home::new(&net.join("node0"));
        let chain = Chain::read(&home).unwrap();
        Self { folder, home, chain }
    }

    fn socket(&self) -> PathBuf {
        self.home.root().join("socket/signer.sock")
    }

    fn desk(&self) -> Desk {
        open(&self.home, None).unwrap()
    }

    /// Start a signer in place of one that has gone; it ends where `last` says, if it does.
    fn start(&self, last: Option<Step>) -> JoinHandle<()> {
        let socket = self.socket();
        if socket.exists() {
            std::fs::remove_file(&socket).unwrap();
        }
        let listener = bind(&socket).unwrap();
        let mut desk = self.desk();
        std::thread::spawn(move || {
            let mut at = |step| assert!(last != Some(step), "dies at {step:?}, as it is meant to");
            answer_all(&mut desk, listener, &mut at).unwrap();
        })
    }

    fn hello(&self) -> Request {
        let Chain { chain_id, genesis_hash, .. } = self.chain;
        Request::Hello(Hello { chain_id, genesis_hash, validator: None })
    }

    /// Connect as a node does, by hand.
    fn connect(&self) -> (UnixStream, Guard) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut stream = UnixStream::connect(self.socket()).unwrap();
            match ask(&mut stream, &self.hello()) {
                Ok(Answer::Welcome(welcome)) => return (stream, welcome.guard),
                // The one before may not have been noticed to be gone.
                Ok(Answer::Denied(Denial::Busy)) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(2)); // poll
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// As much, with the guard judged and handed over.
    fn connect_armed(&self) -> UnixStream {
        let (mut stream, guard) = self.connect();
        let Start::Armed(guard) = self.judge(guard, "/data") else { panic!("it is to be armed") };
        let adopted = ask(&mut stream, &Request::Adopt(Box::new(guard))).unwrap();
        assert!(matches!(adopted, Answer::Adopted(_)), "{adopted:?}");
        stream
    }

    /// What a node with its data at a path says of a guard.
    fn judge(&self, guard: Guard, data_path: &str) -> Start {
        let machine = machine_id();
        let database_instance = match guard.standing() {
            safety::Standing::Armed { instance, .. } => Some(instance),
            _ => None,
        };
        let facts = StartFacts {
            chain_id: self.chain.chain_id,
            genesis_hash: self.chain.genesis_hash,
            validator: guard.validator(),
            machine: &machine,
            data_path,
            fresh: [7; 32],
            database_instance,
            tip: Height(5),
            journal: &[],
            newest_seal: None,
            key_seen: Height::ZERO,
            import_wait: 20,
            went_back: false,
        };
        safety::start(Some(guard), &facts).unwrap()
    }

    fn at(&self, height: u64) -> SignedAddress {
        let chain_id = self.chain.chain_id;
        SignedAddress { chain_id, height: Height(height), round: Round::ZERO, step: At::Prevote }
    }

    fn remote(&self) -> RemoteSigner {
        let Chain { chain_id, genesis_hash, .. } = self.chain;
        let ids = (chain_id, genesis_hash);
        let mut remote = RemoteSigner::start(&self.socket(), ids, PATIENCE).unwrap();
        let guard = remote.guard().unwrap().clone();
        let Start::Armed(guard) = self.judge(guard, "/data") else { panic!("it is to be armed") };
        remote.hand_over(guard).unwrap();
        remote
    }
}

fn ask(stream: &mut UnixStream, request: &Request) -> Result<Answer, FrameError> {
    let deadline = Instant::now() + PATIENCE;
    let sent = frame::write(stream, request, deadline);
    frame::read(stream, Some(deadline)).or_else(|error| sent.and(Err(error)))
}

fn sign(stream: &mut UnixStream, address: SignedAddress, value: Value) -> Option<Answer> {
    ask(stream, &Request::Sign { address, value, settled: None }).ok()
}

/// Ask until the signer is there again.
fn when_back(mut ask: impl FnMut() -> Result<(), SignError>) {
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = ask() {
        assert!(matches!(error, SignError::Unavailable { .. }), "{error}");
        assert!(Instant::now() < deadline, "the signer is back by now");
        std::thread::sleep(Duration::from_millis(5)); // poll
    }
}

#[test]
fn a_message_comes_as_it_went_and_a_strange_one_is_refused() {
    let (mut here, mut there) = UnixStream::pair().unwrap();
    let deadline = Instant::now() + PATIENCE;
    let sent = Request::Randomness { height: Height(3), previous: Hash([4; 32]) };
    frame::write(&mut here, &sent, deadline).unwrap();
    assert_eq!(frame::read::<Request>(&mut there, Some(deadline)).unwrap(), sent);

    let mut hears = |bytes: &[u8]| {
        here.write_all(bytes).unwrap();
        frame::read::<Request>(&mut there, Some(deadline)).unwrap_err()
    };
    let large = u32::try_from(MAX_MESSAGE_BYTES + 1).unwrap().to_le_bytes();
    let error = hears(&[&large[..], &[frame::VERSION]].concat());
    assert!(matches!(error, FrameError::TooLarge { bytes: 8_193 }), "{error}");
    let error = hears(&[0, 0, 0, 0, frame::VERSION + 1]);
    assert!(matches!(error, FrameError::Version { theirs: 2 }), "{error}");
    // A request that does not exist, and one with a byte too many.
    let error = hears(&[1, 0, 0, 0, frame::VERSION, 99]);
    assert!(matches!(error, FrameError::Malformed(_)), "{error}");
    let mut long = types::encode(&sent);
    long.push(0);
    let head = [u8::try_from(long.len()).unwrap(), 0, 0, 0, frame::VERSION];
    let error = hears(&[&head[..], &long].concat());
    assert!(matches!(error, FrameError::Malformed(_)), "{error}");
    here.write_all(&[9, 0]).unwrap();
    drop(here);
    let error = frame::read::<Request>(&mut there, Some(deadline)).unwrap_err();
    assert!(matches!(error, FrameError::Closed), "cut short: {error}");
}

#[test]
fn a_node_of_another_chain_genesis_or_validator_is_refused_by_name() {
    let world = World::make();
    let _signer = world.start(None);
    let Chain { chain_id, genesis_hash, .. } = world.chain;
    let hello = Hello { chain_id, genesis_hash, validator: None };
    let (stream, guard) = world.connect();
    drop(stream);
    let other = ChainId([9; 32]);
    let stranger = ValidatorId([9; 32]);
    let genesis = BlockId([9; 32]);
    let cases = [
        (Hello { chain_id: other, ..hello }, Denial::OtherChain { signer: chain_id, node: other }),
        (
            Hello { genesis_hash: genesis, ..hello },
            Denial::OtherGenesis { signer: genesis_hash, node: genesis },
        ),
        (
            Hello { validator: Some(stranger), ..hello },
            Denial::OtherValidator { signer: guard.validator(), node: stranger },
        ),
    ];
    let desk_answers = |hello| {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut stream = UnixStream::connect(world.socket()).unwrap();
            match ask(&mut stream, &Request::Hello(hello)).unwrap() {
                Answer::Denied(Denial::Busy) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(2)); // poll
                }
                answer => return answer,
            }
        }
    };
    for (hello, denial) in cases {
        assert_eq!(desk_answers(hello), Answer::Denied(denial));
    }
    let ids = (other, genesis_hash);
    let error = RemoteSigner::start(&world.socket(), ids, PATIENCE).err().unwrap().to_string();
    assert!(error.contains("SIGNER_CHAIN") && error.contains(&other.to_string()), "{error}");
}

#[test]
fn nothing_is_signed_before_a_greeting_and_an_armed_guard() {
    let world = World::make();
    let mut desk = world.desk();
    let mut answer = |request| desk.answer(request, &mut |_| ()).unwrap();
    let sign = Request::Sign { address: world.at(6), value: X, settled: None };
    assert_eq!(answer(sign.clone()), Answer::Denied(Denial::Greeting));
    assert!(matches!(answer(world.hello()), Answer::Welcome(_)));
    assert_eq!(answer(world.hello()), Answer::Denied(Denial::Greeting));
    assert_eq!(answer(sign), Answer::Denied(Denial::Unarmed));
}

#[test]
fn a_message_that_is_too_large_ends_the_connection_with_its_name() {
    let world = World::make();
    let _signer = world.start(None);
    let mut stream = world.connect_armed();
    stream.write_all(&[255, 255, 255, 255, frame::VERSION]).unwrap();
    let deadline = Some(Instant::now() + PATIENCE);
    let answer = frame::read::<Answer>(&mut stream, deadline).unwrap();
    assert_eq!(answer, Answer::Denied(Denial::TooLarge { bytes: u32::MAX.into() }));
    let end = frame::read::<Answer>(&mut stream, deadline).unwrap_err();
    assert!(matches!(end, FrameError::Closed), "{end}");
}

#[test]
fn a_second_node_is_refused_while_the_first_is_there() {
    let world = World::make();
    let _signer = world.start(None);
    let mut first = world.connect_armed();
    let mut second = UnixStream::connect(world.socket()).unwrap();
    assert_eq!(ask(&mut second, &world.hello()).unwrap(), Answer::Denied(Denial::Busy));
    assert!(matches!(sign(&mut first, world.at(6), X), Some(Answer::Signed(..))));
    // Nothing of the first one is in the way once it has gone.
    drop(first);
    world.connect_armed();
}

#[test]
fn a_signer_that_dies_at_any_step_never_signs_two_values_at_one_address() {
    for last in [Step::Signed, Step::Saved, Step::Answered] {
        let world = World::make();
        let signer = world.start(Some(last));
        let mut left = Vec::new();
        let mut stream = world.connect_armed();
        left.extend(sign(&mut stream, world.at(6), X));
        assert_eq!(left.len(), usize::from(last == Step::Answered), "{last:?}");
        assert!(signer.join().is_err(), "it died at {last:?}");

        let _signer = world.start(None);
        let mut stream = world.connect_armed();
        let other = sign(&mut stream, world.at(6), Y).unwrap();
        let again = sign(&mut stream, world.at(6), X).unwrap();
        let signed = |answer: &Answer| matches!(answer, Answer::Signed(..));
        // What was not on disk never left; what was on disk is all that ever leaves.
        assert_eq!(signed(&other), last == Step::Signed, "{last:?}: {other:?}");
        assert_eq!(signed(&again), last != Step::Signed, "{last:?}: {again:?}");
        assert!(left.iter().all(|answer| *answer == again), "{last:?}: the very same signature");
        let refusal = if last == Step::Signed { again } else { other };
        let Answer::Denied(Denial::Guard(Refusal::OtherValue { height, .. })) = refusal else {
            panic!("{refusal:?}");
        };
        assert_eq!(height, Height(6));
    }
}

#[test]
fn keys_copied_to_another_node_with_their_guard_sign_nothing_there() {
    let world = World::make();
    let _signer = world.start(None);
    let mut stream = world.connect_armed();
    assert!(matches!(sign(&mut stream, world.at(6), X), Some(Answer::Signed(..))));
    // A copy of the whole home, as of another machine, which has its own data.
    let copy = Home::new(&world.folder.path().join("copy"));
    for file in ["chain.toml", "keys/validator.age", "keys/passphrase", "guard/guard"] {
        let to = copy.root().join(file);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(world.home.root().join(file), to).unwrap();
    }
    let mut desk = open(&copy, None).unwrap();
    let guard = desk.guard().clone();
    let judged = world.judge(guard.clone(), "/other/data");
    let observes = Start::Observer { reason: safety::Observer::OtherPlace, write: None };
    assert_eq!(judged, observes);
    // And a node that arms it for itself all the same.
    let mut answer = |request| desk.answer(request, &mut |_| ()).unwrap();
    assert!(matches!(answer(world.hello()), Answer::Welcome(_)));
    let machine = machine_id();
    let arming = safety::Arming {
        chain_id: world.chain.chain_id,
        genesis_hash: world.chain.genesis_hash,
        validator: guard.validator(),
        machine: &machine,
        data_path: "/other/data",
        fresh: [8; 32],
        tip: Height(9),
        height: None,
    };
    let denied = answer(Request::Adopt(Box::new(safety::arm(Some(guard), &arming))));
    assert_eq!(denied, Answer::Denied(Denial::Handover(HandoverError::OtherInstance)));
    let sign = Request::Sign { address: world.at(12), value: X, settled: None };
    assert_eq!(answer(sign), Answer::Denied(Denial::Unarmed));
}

#[test]
fn two_signers_do_not_share_one_guard() {
    let world = World::make();
    let _first = world.desk();
    let error = open(&world.home, None).err().unwrap().error;
    assert!(format!("{error:#}").contains("another process signs with this home"), "{error:#}");
}

#[test]
fn a_guard_of_another_chain_is_refused_by_name() {
    let (world, other) = (World::make(), World::make());
    let guard = |world: &World| world.home.guard().join("guard");
    std::fs::copy(guard(&other), guard(&world)).unwrap();
    let failure = open(&world.home, None).err().unwrap();
    assert_eq!(failure.exit, crate::exit::Exit::Guard);
    let text = failure.error.to_string();
    for chain in [&world.chain, &other.chain] {
        assert!(text.contains(&chain.chain_id.to_string()), "{text}");
    }
}

#[test]
fn a_node_goes_on_with_a_signer_that_was_away_and_says_so_meanwhile() {
    let world = World::make();
    let signer = world.start(Some(Step::Saved));
    let mut remote = world.remote();
    let away = remote.away();
    assert!(away.borrow().is_none());
    // It dies with the signature on disk and no answer given.
    let lost = remote.sign(&world.at(6), &X, &None);
    assert!(matches!(lost, Err(SignError::Unavailable { .. })), "{lost:?}");
    assert!(signer.join().is_err());
    let told = away.borrow().clone().unwrap();
    assert!(told.reason.contains("signer.sock"), "{}", told.reason);
    let started = Instant::now();
    assert!(remote.sign(&world.at(6), &X, &None).is_err());
    assert!(started.elapsed() < Duration::from_millis(400), "who is away is not waited for");

    let _signer = world.start(None);
    when_back(|| remote.sign(&world.at(6), &X, &None).map(drop));
    assert!(away.borrow().is_none());
    assert_eq!(remote.guard().unwrap().votes().height(), Height(6));
    let other = remote.sign(&world.at(6), &Y, &None);
    assert!(matches!(other, Err(SignError::Refused(Refusal::OtherValue { .. }))), "{other:?}");
}

#[test]
fn a_signer_whose_guard_was_put_back_is_raised_to_what_the_node_knows() {
    let world = World::make();
    let signer = world.start(Some(Step::Answered));
    let guard = world.home.guard().join("guard");
    let mut remote = world.remote();
    let copy = std::fs::read(&guard).unwrap();
    remote.sign(&world.at(6), &X, &None).unwrap();
    assert!(signer.join().is_err());
    std::fs::write(&guard, copy).unwrap();

    let _signer = world.start(None);
    // Nothing is signed by this; the connection alone brings the guard up.
    when_back(|| remote.randomness(Height(7), &Hash([0; 32])).map(drop));
    drop(remote);
    let mut stream = world.connect_armed();
    let denied = sign(&mut stream, world.at(6), Y);
    let Some(Answer::Denied(Denial::Guard(refusal))) = denied else { panic!("{denied:?}") };
    assert!(matches!(refusal, Refusal::OtherValue { .. }), "{refusal}");
}

#[test]
fn a_signer_that_hangs_holds_its_node_up_for_half_a_second_at_most() {
    let world = World::make();
    let listener = bind(&world.socket()).unwrap();
    let mut desk = world.desk();
    let hanging = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        for _ in 0..2 {
            let request = frame::read(&mut stream, None).unwrap();
            let answer = desk.answer(request, &mut |_| ()).unwrap();
            frame::write(&mut stream, &answer, Instant::now() + PATIENCE).unwrap();
        }
        // Greeted and armed; from now on it reads and says nothing.
        while frame::read::<Request>(&mut stream, None).is_ok() {}
    });
    let mut remote = world.remote();
    let started = Instant::now();
    let error = remote.sign(&world.at(6), &X, &None).unwrap_err();
    let SignError::Unavailable { waited_ms } = error else { panic!("{error}") };
    assert!(waited_ms >= 450, "{waited_ms}");
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    hanging.join().unwrap();
}

#[test]
fn a_socket_is_made_for_its_owner_alone() {
    let world = World::make();
    let socket = world.socket();
    let _listener = bind(&socket).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&socket), 0o600);
    assert_eq!(mode(socket.parent().unwrap()), 0o700);
    let refused = |path: &Path| bind(path).unwrap_err().to_string();
    assert!(refused(&socket).contains("another process serves it"));
    let open = world.folder.path().join("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(refused(&open.join("signer.sock")).contains("others may use it (mode 755)"));
    let file = socket.with_file_name("file");
    std::fs::write(&file, "mine").unwrap();
    assert!(refused(&file).contains("something else lies there"));
    let long = refused(&socket.with_file_name("n".repeat(120)));
    assert!(long.contains("the limit is 103"), "{long}");
}
