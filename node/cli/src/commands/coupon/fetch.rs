//! Fetch codes: a coupon under sixteen digits for a short time, for tills without a scanner.
//!
//! The distributor runs the box. Whoever has a coupon puts its text in and reads the digits to the
//! cashier; the till takes the text out once. Digits are drawn at random and live two minutes, and
//! a wrong guess costs a pause: 10^16 codes cannot be tried in that time.

use crate::commands::output::Output;
use crate::exit::{Exit, Meaning, Outcome};
use crate::run::fresh;
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// Digits of a code.
const CODE_DIGITS: usize = 16;
/// How long a code lives by default. Unit: s.
const LIFE_S: u64 = 120;
/// Most coupons in a box.
const MAX_HELD: usize = 100_000;
/// How long a request may take. Unit: s.
const PATIENCE: Duration = Duration::from_secs(5);
/// Pause after a code that the box does not have: what makes guessing slow.
const WRONG_PAUSE: Duration = Duration::from_millis(200);
/// Longest line of a request. Unit: bytes.
const MAX_LINE_BYTES: u64 = super::passed::MAX_TEXT_BYTES as u64 + 64;

/// Flags of `syndic coupon fetch`.
#[derive(Args, Debug)]
pub(crate) struct FetchArguments {
    #[command(subcommand)]
    command: FetchCommand,
}

#[derive(Debug, Subcommand)]
enum FetchCommand {
    /// Run a box: the distributor's service.
    Serve {
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:7190", value_name = "HOST:PORT")]
        listen: String,
        /// How long a code lives. Unit: s; 1 to 3600.
        #[arg(long, default_value_t = LIFE_S, value_name = "S", value_parser = clap::value_parser!(u64).range(1..=3_600))]
        life: u64,
    },
    /// Put a coupon in and print its code.
    Put {
        /// The coupon's text.
        coupon: String,
        #[command(flatten)]
        place: BoxArguments,
    },
    /// Take a coupon out, once.
    Get {
        /// The sixteen digits; blanks do not count.
        code: String,
        #[command(flatten)]
        place: BoxArguments,
    },
}

/// Which box.
#[derive(Args, Clone, Debug)]
pub(crate) struct BoxArguments {
    /// The distributor's box.
    #[arg(
        long = "box",
        env = "SYNDIC_COUPON_BOX",
        default_value = "127.0.0.1:7190",
        value_name = "HOST:PORT"
    )]
    address: String,
}

/// What the box holds.
pub(crate) struct Held {
    life: Duration,
    coupons: BTreeMap<String, (Instant, String)>,
}

impl Held {
    pub(crate) fn new(life: Duration) -> Self {
        Self { life, coupons: BTreeMap::new() }
    }

    /// Put a coupon in under `code`.
    ///
    /// # Errors
    /// If the box is full, or the text is no coupon.
    pub(crate) fn put(&mut self, now: Instant, code: &str, text: &str) -> anyhow::Result<()> {
        super::passed::coupon(text)?;
        self.coupons.retain(|_, (until, _)| now < *until);
        if self.coupons.len() >= MAX_HELD {
            bail!("the box is full: {MAX_HELD} coupons");
        }
        self.coupons.insert(code.to_owned(), (now + self.life, text.to_owned()));
        Ok(())
    }

    /// Take a coupon out.
    pub(crate) fn take(&mut self, now: Instant, code: &str) -> Option<String> {
        let (until, text) = self.coupons.remove(code)?;
        (now < until).then_some(text)
    }
}

/// Sixteen random digits without bias.
fn draw() -> String {
    const SPACE: u64 = 10_000_000_000_000_000;
    loop {
        let bytes = fresh();
        let number = bytes[..8].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        // What is above the last whole multiple would favour the small codes.
        if number < u64::MAX - u64::MAX % SPACE {
            return format!("{:016}", number % SPACE);
        }
    }
}

/// Run `syndic coupon fetch`.
pub(crate) fn execute(arguments: &FetchArguments, output: Output) -> Outcome {
    match &arguments.command {
        FetchCommand::Serve { listen, life } => serve(listen, Duration::from_secs(*life)),
        FetchCommand::Put { coupon, place } => {
            let code = put(place, coupon)?;
            output.print(&Code { code }, |code| in_fours(&code.code))?;
            Ok(())
        }
        FetchCommand::Get { code, place } => {
            let coupon = get(place, code)?;
            output.print(&Fetched { coupon }, |fetched| fetched.coupon.clone())?;
            Ok(())
        }
    }
}

#[derive(Serialize)]
struct Code {
    code: String,
}

#[derive(Serialize)]
struct Fetched {
    coupon: String,
}

/// As people read it aloud: four groups of four.
pub(crate) fn in_fours(code: &str) -> String {
    let digits: Vec<char> = code.chars().collect();
    let groups: Vec<String> = digits.chunks(4).map(|four| four.iter().collect()).collect();
    groups.join(" ")
}

/// Put a coupon into a box: its code.
///
/// # Errors
/// If the box does not answer, or refuses.
pub(crate) fn put(place: &BoxArguments, coupon: &str) -> Outcome<String> {
    super::passed::coupon(coupon).or_exit(Exit::Usage)?;
    ask(place, &format!("PUT {}", coupon.trim())).or_exit(Exit::Unreachable)
}

/// Take a coupon out of a box: its text.
///
/// # Errors
/// If the code is none, the box does not answer, or does not have it.
pub(crate) fn get(place: &BoxArguments, code: &str) -> Outcome<String> {
    let digits: String = code.chars().filter(|digit| !digit.is_whitespace()).collect();
    if digits.len() != CODE_DIGITS || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        let error = anyhow::anyhow!("fetch code is {code:?}: want {CODE_DIGITS} digits");
        return Err(error).or_exit(Exit::Usage);
    }
    ask(place, &format!("GET {digits}")).or_exit(Exit::Rejected)
}

fn ask(place: &BoxArguments, line: &str) -> anyhow::Result<String> {
    let address = &place.address;
    let mut stream =
        TcpStream::connect(address).with_context(|| format!("no box answers at {address}"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    writeln!(stream, "{line}")?;
    let answer = read_line(&stream).with_context(|| format!("the box at {address}"))?;
    match answer.split_once(' ') {
        Some(("OK", rest)) => Ok(rest.to_owned()),
        Some(("NO", why)) => bail!("{why}"),
        _ => bail!("the box at {address} answers {answer:?}"),
    }
}

fn serve(listen: &str, life: Duration) -> Outcome {
    let listener = TcpListener::bind(listen)
        .with_context(|| format!("--listen {listen}"))
        .or_exit(Exit::Config)?;
    eprintln!("coupon box at {}", listener.local_addr()?);
    let mut held = Held::new(life);
    // One at a time: each has five seconds, and a wrong code costs the asker a pause.
    for stream in listener.incoming() {
        let answered = stream.map_err(anyhow::Error::from).and_then(|stream| {
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            answer(&mut held, &stream)
        });
        if let Err(error) = answered {
            eprintln!("{error:#}");
        }
    }
    Ok(())
}

fn answer(held: &mut Held, mut stream: &TcpStream) -> anyhow::Result<()> {
    let line = read_line(stream)?;
    let now = Instant::now();
    let answer = match line.split_once(' ') {
        Some(("PUT", text)) => {
            let code = draw();
            held.put(now, &code, text).map(|()| code)
        }
        Some(("GET", code)) => held
            .take(now, code)
            .context("the box has no such code: it was used, is over, or was mistyped"),
        _ => Err(anyhow::anyhow!("want PUT or GET")),
    };
    match answer {
        Ok(text) => writeln!(stream, "OK {text}")?,
        Err(error) => {
            std::thread::sleep(WRONG_PAUSE);
            writeln!(stream, "NO {error}")?;
        }
    }
    Ok(())
}

fn read_line(stream: &TcpStream) -> anyhow::Result<String> {
    let mut line = String::new();
    BufReader::new(stream.take(MAX_LINE_BYTES)).read_line(&mut line)?;
    match line.strip_suffix('\n') {
        Some(line) => Ok(line.trim_end().to_owned()),
        None => bail!("the line is not whole, or longer than {MAX_LINE_BYTES} bytes"),
    }
}

#[cfg(test)]
mod tests;
