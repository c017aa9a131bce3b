//! The signer's socket: made in a folder that only its owner may enter, for one node at a time.
//!
//! A second connection is refused, it does not take the first one's place: a validator has one
//! node, and two that took the signer from each other would both be told to sign by turns. A node
//! that died has closed its connection with it, so nothing old is in the way of a restart.

use super::desk::{Desk, Step};
use super::frame::{self, Answer, Denial, FrameError, Request};
use anyhow::{Context, bail, ensure};
use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};
use tracing::{info, warn};

/// Longest path of a socket. Unit: bytes. The smallest room that systems have for it, less its end.
pub(crate) const MAX_SOCKET_PATH_BYTES: usize = 103;
/// How long a greeting may take.
const GREETING_WITHIN: Duration = Duration::from_secs(2);
/// How long an answer may take to leave.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);
/// How long a refusal of a second connection may take to leave.
const REFUSAL_WITHIN: Duration = Duration::from_millis(100);
/// How long to wait after a connection could not be accepted: descriptors may be short.
const ACCEPT_AGAIN: Duration = Duration::from_millis(200);

/// Make the socket, in place of one that a process which is gone has left.
///
/// # Errors
/// If the path is too long, others may enter its folder, something else lies there, or another
/// process serves it.
pub(super) fn bind(path: &Path) -> anyhow::Result<UnixListener> {
    let bytes = path.as_os_str().len();
    ensure!(
        bytes <= MAX_SOCKET_PATH_BYTES,
        "socket {}: the path has {bytes} bytes, the limit is {MAX_SOCKET_PATH_BYTES}",
        path.display()
    );
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.with_context(|| format!("socket {}: give its folder", path.display()))?;
    if !folder.exists() {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.with_context(|| format!("folder {}", folder.display()))?;
    }
    check_private(folder)?;
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.file_type().is_socket() => {
            bail!("socket {}: something else lies there", path.display());
        }
        Ok(_) if UnixStream::connect(path).is_ok() => {
            bail!("socket {}: another process serves it", path.display());
        }
        Ok(_) => std::fs::remove_file(path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("socket {}", path.display())),
    }
    let listener =
        UnixListener::bind(path).with_context(|| format!("socket {}", path.display()))?;
    std::fs::set_permissions(path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Check that only its owner may enter a folder or use a socket.
///
/// # Errors
/// If it is missing, or others may.
pub(super) fn check_private(path: &Path) -> anyhow::Result<()> {
    let metadata = std::fs::metadata(path).with_context(|| format!("{}", path.display()))?;
    let mode = metadata.permissions().mode() & 0o777;
    ensure!(
        mode & 0o077 == 0,
        "{}: others may use it (mode {mode:o}); run: chmod go= {0}",
        path.display()
    );
    Ok(())
}

/// Serve nodes, one after the other.
///
/// # Errors
/// If the socket cannot be made, or the guard cannot be written: nothing may be signed then.
pub(crate) fn serve(desk: &mut Desk, path: &Path) -> anyhow::Result<()> {
    let listener = bind(path)?;
    info!(target: "signer", socket = %path.display(), validator = %desk.validator(), "signer serves");
    answer_all(desk, listener, &mut |_| ())
}

/// As [`serve`], on a socket that is there, with a hook between the steps of a signature.
pub(super) fn answer_all(
    desk: &mut Desk,
    listener: UnixListener,
    at: &mut dyn FnMut(Step),
) -> anyhow::Result<()> {
    // Holds nothing: a connection is handed over only to who waits for one.
    let (sender, streams) = sync_channel(0);
    // Ends with the process, or at the first connection after this function has returned.
    let acceptor = std::thread::Builder::new().name("signer-accept".to_owned());
    acceptor.spawn(move || accept(&listener, &sender))?;
    for stream in streams {
        desk.begin();
        session(desk, stream, at)?;
    }
    Ok(())
}

fn accept(listener: &UnixListener, sender: &SyncSender<UnixStream>) {
    for stream in listener.incoming() {
        match stream.map(|stream| sender.try_send(stream)) {
            Ok(Ok(())) => {}
            Ok(Err(TrySendError::Full(mut second))) => {
                let deadline = Instant::now() + REFUSAL_WITHIN;
                // Whoever does not take the refusal is refused all the same.
                let _ = frame::write(&mut second, &Answer::Denied(Denial::Busy), deadline);
            }
            Ok(Err(TrySendError::Disconnected(_))) => return,
            Err(error) => {
                warn!(target: "signer", %error, "a connection cannot be accepted");
                std::thread::sleep(ACCEPT_AGAIN);
            }
        }
    }
}

/// Serve one connection to its end.
fn session(
    desk: &mut Desk,
    mut stream: UnixStream,
    at: &mut dyn FnMut(Step),
) -> anyhow::Result<()> {
    let mut deadline = Some(Instant::now() + GREETING_WITHIN);
    loop {
        let (answer, goes_on) = match frame::read::<Request>(&mut stream, deadline) {
            Ok(request) => {
                let answer = desk.answer(request, at).context("the guard cannot be written")?;
                (answer, true)
            }
            Err(error) => match of_frame(&error) {
                Some(denial) => (Answer::Denied(denial), false),
                None => {
                    info!(target: "signer", reason = %error, "the node has gone");
                    return Ok(());
                }
            },
        };
        let goes_on = match &answer {
            Answer::Welcome(_) => {
                info!(target: "signer", "a node is connected");
                deadline = None;
                goes_on
            }
            Answer::Denied(denial) => {
                warn!(target: "signer", %denial, "denied");
                // Who is not known by now is not listened to any longer.
                goes_on && deadline.is_none()
            }
            _ => goes_on,
        };
        let sent = frame::write(&mut stream, &answer, Instant::now() + ANSWER_WITHIN);
        if matches!(answer, Answer::Signed(..)) {
            at(Step::Answered);
        }
        if let Err(error) = sent {
            info!(target: "signer", reason = %error, "the node has gone");
            return Ok(());
        }
        if !goes_on {
            return Ok(());
        }
    }
}

/// What is told to a node whose message cannot be read; `None` if there is nobody to tell.
fn of_frame(error: &FrameError) -> Option<Denial> {
    match error {
        FrameError::TooLarge { bytes } => Some(Denial::TooLarge { bytes: *bytes }),
        FrameError::Version { theirs } => {
            Some(Denial::Version { signer: frame::VERSION, node: *theirs })
        }
        FrameError::Malformed(_) => Some(Denial::Malformed),
        FrameError::Late | FrameError::Closed | FrameError::Io(_) => None,
    }
}
