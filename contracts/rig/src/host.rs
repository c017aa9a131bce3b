//! The chain of a test, at the other end of a pipe.

use crate::RigError;
use crypto::{hash, merkle, sign};
use sdk::testing::wire::{self, Answer, FromMachine, Question, ToMachine};
use std::io::{Read, Write};
use types::{Address, Amount, Code, Context, Hash, PublicKey, Role, Signature};
use vm::{CallReply, CallRequest, Fatal, Host, HostError, Machine};

/// Asks the test what a contract asks.
pub(crate) struct Remote<'p, R, W> {
    machine: &'p Machine,
    input: &'p mut R,
    output: &'p mut W,
}

impl<'p, R: Read, W: Write> Remote<'p, R, W> {
    pub(crate) const fn new(machine: &'p Machine, input: &'p mut R, output: &'p mut W) -> Self {
        Self { machine, input, output }
    }

    pub(crate) const fn machine(&self) -> &'p Machine {
        self.machine
    }

    pub(crate) const fn input(&mut self) -> &mut R {
        self.input
    }

    pub(crate) fn send(&mut self, message: &FromMachine) -> Result<(), RigError> {
        Ok(wire::send(self.output, message)?)
    }

    /// Ask, and run what must run before the answer: a call to another contract.
    fn ask(&mut self, question: Question) -> Result<Answer, HostError> {
        let broken = |error: RigError| HostError::Fatal(Fatal(error.to_string()));
        self.send(&FromMachine::Ask(question)).map_err(broken)?;
        loop {
            let message = wire::receive(self.input).map_err(|error| broken(error.into()))?;
            match message {
                Some(ToMachine::Answer(Answer::Stop(code))) => return Err(HostError::Fail(code)),
                Some(ToMachine::Answer(answer)) => return Ok(answer),
                Some(run @ ToMachine::Run { .. }) => self.run(run).map_err(broken)?,
                None => return Err(broken(RigError::OutOfTurn)),
            }
        }
    }
}

/// An answer to another question.
fn misfit<T>() -> Result<T, HostError> {
    Err(HostError::Fatal(Fatal(RigError::OutOfTurn.to_string())))
}

impl<R: Read, W: Write> Host for Remote<'_, R, W> {
    fn code(&mut self, code_hash: &Hash) -> Result<Option<Vec<u8>>, HostError> {
        match self.ask(Question::Code(*code_hash))? {
            Answer::Bytes(code) => Ok(code),
            _ => misfit(),
        }
    }

    fn storage_get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, HostError> {
        match self.ask(Question::Get(key.to_vec()))? {
            Answer::Bytes(value) => Ok(value),
            _ => misfit(),
        }
    }

    fn storage_set(&mut self, key: &[u8], value: Vec<u8>) -> Result<(), HostError> {
        match self.ask(Question::Set(key.to_vec(), value))? {
            Answer::Done => Ok(()),
            _ => misfit(),
        }
    }

    fn storage_remove(&mut self, key: &[u8]) -> Result<bool, HostError> {
        match self.ask(Question::Remove(key.to_vec()))? {
            Answer::Truth(removed) => Ok(removed),
            _ => misfit(),
        }
    }

    fn storage_has(&mut self, key: &[u8]) -> Result<bool, HostError> {
        match self.ask(Question::Has(key.to_vec()))? {
            Answer::Truth(found) => Ok(found),
            _ => misfit(),
        }
    }

    fn storage_scan(
        &mut self,
        prefix: &[u8],
        after: &[u8],
        limit: u32,
        max_bytes: usize,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>, HostError> {
        let question = Question::Scan { prefix: prefix.to_vec(), after: after.to_vec(), limit };
        let Answer::Entries(mut entries) = self.ask(question)? else { return misfit() };
        let mut room = max_bytes;
        let fitting = entries.iter().take_while(|(key, value)| {
            let rest = room.checked_sub(key.len() + value.len() + 8);
            room = rest.unwrap_or_default();
            rest.is_some()
        });
        let count = fitting.count();
        entries.truncate(count);
        Ok(entries)
    }

    fn emit(&mut self, name: &str, data: &[u8]) -> Result<(), HostError> {
        match self.ask(Question::Emit(name.to_owned(), data.to_vec()))? {
            Answer::Done => Ok(()),
            _ => misfit(),
        }
    }

    fn transfer(&mut self, to: &Address, amount: Amount) -> Result<Result<(), Code>, HostError> {
        match self.ask(Question::Transfer(*to, amount))? {
            Answer::Paid(paid) => Ok(paid),
            _ => misfit(),
        }
    }

    fn call(&mut self, request: CallRequest<'_>) -> Result<CallReply, HostError> {
        let question = Question::Call {
            contract: request.contract,
            method: request.method.to_owned(),
            input: request.input.to_vec(),
            value: request.value,
            gas: request.gas,
        };
        match self.ask(question)? {
            Answer::Called { gas_used, result } => Ok(CallReply { gas_used, result }),
            _ => misfit(),
        }
    }

    fn context(&mut self) -> Result<Context, HostError> {
        match self.ask(Question::Context)? {
            Answer::Context(context) => Ok(context),
            _ => misfit(),
        }
    }

    fn has_role(&mut self, account: &Address, role: Role) -> Result<bool, HostError> {
        match self.ask(Question::HasRole(*account, role))? {
            Answer::Truth(held) => Ok(held),
            _ => misfit(),
        }
    }

    fn balance(&mut self, account: &Address) -> Result<Amount, HostError> {
        match self.ask(Question::Balance(*account))? {
            Answer::Amount(amount) => Ok(amount),
            _ => misfit(),
        }
    }

    fn randomness(&mut self, height: u64) -> Result<Option<[u8; 32]>, HostError> {
        match self.ask(Question::Randomness(height))? {
            Answer::Hash(randomness) => Ok(randomness.map(|randomness| randomness.0)),
            _ => misfit(),
        }
    }

    fn new_id(&mut self) -> Result<Hash, HostError> {
        match self.ask(Question::NewId)? {
            Answer::Hash(Some(id)) => Ok(id),
            _ => misfit(),
        }
    }

    fn verify_ed25519(&self, key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
        sign::verify(key, message, signature)
    }

    fn merkle_verify(
        &self,
        root: &Hash,
        entry: &Hash,
        index: u64,
        count: u64,
        proof: &[Hash],
    ) -> bool {
        match (usize::try_from(index), usize::try_from(count)) {
            (Ok(index), Ok(count)) => merkle::verify(root, entry, index, count, proof),
            (Err(_), _) | (_, Err(_)) => false,
        }
    }

    fn derive(&self, name: &str, bytes: &[u8]) -> Hash {
        hash::derive(name, bytes)
    }

    fn log(&mut self, line: &str) {
        // A log line that does not arrive changes nothing.
        let _ = self.ask(Question::Log(line.to_owned()));
    }
}
