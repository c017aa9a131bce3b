use crate::block::{self, BuildInput, Built};
use crate::testing::{BOND, Chain, FIRST_BALANCE, START_MS, account, auth, sign};
use crate::transaction::Decoded;
use crate::{CheckError, modules};
use crypto::id;
use state::{ChangeSet, ReadError, key, read};
use std::cell::RefCell;
use std::sync::Arc;
use types::params::Permission;
use types::receipt::{NativeEvent, Status};
use types::record::SetRecord;
use types::{
    Address, AddressKind, Amount, Auth, Block, BlockId, Body, Call, Code, Gas, Hash, Header,
    Height, Nonce, Params, ReceiptKind, Role, Round, SignedTx, TimestampMs, Tx, ValidatorId,
    ValidatorSet, Version, VotingPower, VrfProof,
};

mod conservation;
mod contracts;
mod evidence;
mod execution;
mod membership;
mod rotation;
mod validity;

fn params() -> Params {
    Params { gas_price: 3, ..Params::default() }
}

fn pay(to: u8, amount: u128) -> Call {
    Call::Transfer { to: account(to), amount: Amount(amount) }
}

/// The block again after a change of its body, with the header that follows from it.
fn with_body(chain: &Chain, block: &Block, change: impl FnOnce(&mut Body)) -> Block {
    let mut block = block.clone();
    change(&mut block.body);
    let hashes: Vec<_> = block.body.txs.iter().map(|tx| id::tx_hash(tx)).collect();
    let bytes = types::encode(&block.body).len();
    let roots = block::header::Roots::of(&block.body, &hashes, bytes.try_into().unwrap());
    let facts = block::header::Facts::read(&chain.reader, &chain.parent).unwrap();
    let choices = block::header::Choices::of(&block.header);
    block.header = facts.header(&chain.parent, &roots, choices);
    block
}

/// A block that holds these transactions, valid or not.
fn with_txs(chain: &Chain, txs: Vec<Vec<u8>>) -> Block {
    with_body(chain, &chain.build(Vec::new()), |body| body.txs = txs)
}
