//! One function a method.

use super::Client;
use crate::dto::params::{
    AskView, AtHeight, BlockRange, CodeOf, ContractPage, EvidenceBytes, GenesisPart, HistoryPage,
    Nothing, OneAccount, OneBlock, OneContract, OneLane, OneTransaction, OneValidator,
    ReceiptRange, RolesOf, StateKey, Submit, SubmitBatch, TxBytes, TxQuery,
};
use crate::dto::{
    Account, AddressText, Base64, BatchOutcome, Block, BlockSummary, Certificate, Consensus,
    Contract, ContractAbi, ContractAnswer, ContractCode, Cursor, EvidenceAccepted, GenesisChunk,
    Header, Hex, HexBytes, History, LaneNonce, Members, MempoolInfo, NetInfo, Number, Parameters,
    Proposals, Receipts, Registered, Reveal, Reveals, Roles, Simulation, StateValue, Status,
    Submitted, Supply, Transaction, TxState, TxView, Validator, Validators, Wait,
};
use crate::errors::ClientError;
use crate::verify::VerifyError;
use std::time::Duration;
use types::genesis::MAX_GENESIS_BYTES;
use types::{BlockId, Genesis, Hash, Height, TimestampMs, TxHash};

/// Longest that a node lets a submission wait. Unit: ms.
const MAX_WAIT_MS: u64 = 30_000;

impl Client {
    /// Where the node stands.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn status(&self) -> Result<Status, ClientError> {
        self.call("status", &Nothing {})
    }

    /// V(height), or that of the next height.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn validators(&self, height: Option<Height>) -> Result<Validators, ClientError> {
        self.call("validators", &AtHeight { height: height.map(Number) })
    }

    /// What is registered about a validator.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn validator(&self, id: &AddressText) -> Result<Validator, ClientError> {
        self.call("validator", &OneValidator { id: id.clone() })
    }

    /// What the members proposed and decided.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn proposals(&self) -> Result<Proposals, ClientError> {
        self.call("proposals", &Nothing {})
    }

    /// Every validator that was ever registered.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn registered(&self) -> Result<Registered, ClientError> {
        self.call("validators_registered", &Nothing {})
    }

    /// Every validator that signed twice.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn reveals(&self) -> Result<Reveals, ClientError> {
        self.call("evidence_list", &Nothing {})
    }

    /// How a validator that signed twice ended.
    ///
    /// # Errors
    /// [`ClientError`]; its fault is `NOT_FOUND` if it did not.
    pub fn reveal(&self, id: &AddressText) -> Result<Reveal, ClientError> {
        self.call("evidence", &OneValidator { id: id.clone() })
    }

    /// Hand in a double sign.
    ///
    /// # Errors
    /// [`ClientError`]; its fault says why the evidence proves nothing here.
    pub fn submit_evidence(
        &self,
        evidence: &types::Evidence,
    ) -> Result<EvidenceAccepted, ClientError> {
        let evidence = Base64(types::encode(evidence));
        self.call("evidence_submit", &EvidenceBytes { evidence })
    }

    /// The header of a height, or the newest.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn header(&self, height: Option<Height>) -> Result<Header, ClientError> {
        self.call("header", &OneBlock { height: height.map(Number), hash: None })
    }

    /// The block of a height, or the newest.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn block(&self, height: Option<Height>) -> Result<Block, ClientError> {
        self.call("block", &OneBlock { height: height.map(Number), hash: None })
    }

    /// A block by its id.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn block_by_id(&self, block_id: BlockId) -> Result<Block, ClientError> {
        self.call("block", &OneBlock { height: None, hash: Some(Hex(block_id)) })
    }

    /// A run of blocks.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn blocks(&self, from: Height, count: u32) -> Result<Vec<BlockSummary>, ClientError> {
        self.call("blocks", &BlockRange { from, count })
    }

    /// A transaction in a block, with a proof of its receipt if asked for.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn transaction(&self, hash: TxHash, prove: bool) -> Result<Transaction, ClientError> {
        self.call("transaction", &OneTransaction { hash, prove })
    }

    /// Receipts of a height.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn receipts(&self, height: Height, from: u32, count: u32) -> Result<Receipts, ClientError> {
        self.call("receipts", &ReceiptRange { height, from, count })
    }

    /// An account, with a proof of its record if asked for.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn account(&self, address: &AddressText, prove: bool) -> Result<Account, ClientError> {
        self.call("account", &OneAccount { address: address.clone(), prove })
    }

    /// A page of what touched an account, newest first.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn account_history(
        &self,
        address: &AddressText,
        cursor: Option<Cursor>,
        limit: u32,
    ) -> Result<History, ClientError> {
        self.call("account_history", &HistoryPage { address: address.clone(), cursor, limit })
    }

    /// The next nonce of a lane.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn nonce(&self, address: &AddressText, lane: u8) -> Result<LaneNonce, ClientError> {
        self.call("nonce", &OneLane { address: address.clone(), lane })
    }

    /// The roles of an account.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn roles(&self, account: &AddressText) -> Result<Roles, ClientError> {
        self.call("roles", &RolesOf { account: account.clone() })
    }

    /// The consortium.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn members(&self) -> Result<Members, ClientError> {
        self.call("members", &Nothing {})
    }

    /// All native money.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn supply(&self) -> Result<Supply, ClientError> {
        self.call("supply", &Nothing {})
    }

    /// The parameters in force.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn params(&self) -> Result<Parameters, ClientError> {
        self.call("params", &Nothing {})
    }

    /// The genesis, put together from its parts. Whoever needs to trust it compares its hash with
    /// one from elsewhere.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Protocol`] if the parts do not fit.
    pub fn genesis(&self) -> Result<Genesis, ClientError> {
        let protocol = |reason: &str| ClientError::Protocol {
            node: self.config().nodes[0].to_string(),
            reason: reason.to_owned(),
        };
        let mut bytes = Vec::new();
        let mut chunk = 0;
        loop {
            let part: GenesisChunk = self.call("genesis", &GenesisPart { chunk })?;
            bytes.extend_from_slice(&part.bytes.0);
            chunk += 1;
            if part.bytes.0.is_empty() || bytes.len() > MAX_GENESIS_BYTES {
                return Err(protocol("a part of the genesis is empty, or it is too large"));
            }
            if chunk >= part.chunks {
                break;
            }
        }
        types::decode("genesis", &bytes, MAX_GENESIS_BYTES)
            .map_err(|error| protocol(&error.to_string()))
    }

    /// A value of state, with a proof if asked for.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn state(
        &self,
        key: Vec<u8>,
        height: Option<Height>,
        prove: bool,
    ) -> Result<StateValue, ClientError> {
        self.call("state_get", &StateKey { key: HexBytes(key), height: height.map(Number), prove })
    }

    /// The finality certificate of a height, or the newest.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn finality(&self, height: Option<Height>) -> Result<Certificate, ClientError> {
        self.call("finality", &AtHeight { height: height.map(Number) })
    }

    /// The commit certificate of a height, or the newest.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn commit(&self, height: Option<Height>) -> Result<Certificate, ClientError> {
        self.call("commit", &AtHeight { height: height.map(Number) })
    }

    /// Submit a signed transaction and wait as long as asked for.
    ///
    /// The same transaction may be submitted again at any time, here or at another node: the answer
    /// then tells where it is.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Refused`] if the pool did not take it.
    pub fn submit(
        &self,
        tx: &[u8],
        wait: Wait,
        timeout: Duration,
    ) -> Result<Submitted, ClientError> {
        let wait_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX).min(MAX_WAIT_MS);
        let params = Submit { tx: Base64(tx.to_vec()), wait, timeout_ms: wait_ms };
        let allowed = self.config().timeout + Duration::from_millis(wait_ms);
        let submitted: Submitted = self.call_within("tx_submit", &params, allowed)?;
        let hash = crypto::id::tx_hash(tx);
        if submitted.hash != hash {
            return Err(
                VerifyError::OtherTransaction { found: submitted.hash, expected: hash }.into()
            );
        }
        Ok(submitted)
    }

    /// Submit up to 1,000 signed transactions at once; one outcome for each, in order.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn submit_batch(&self, txs: Vec<Vec<u8>>) -> Result<Vec<BatchOutcome>, ClientError> {
        let txs = txs.into_iter().map(Base64).collect();
        self.call("tx_submit_batch", &SubmitBatch { txs })
    }

    /// Where a transaction is.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn tx_status(
        &self,
        hash: TxHash,
        valid_until_ms: Option<TimestampMs>,
    ) -> Result<TxState, ClientError> {
        let valid_until_ms = valid_until_ms.map(Number);
        self.call("tx_status", &TxQuery { hash, valid_until_ms })
    }

    /// What a transaction would do now; it need not be signed.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn simulate(&self, tx: &[u8]) -> Result<Simulation, ClientError> {
        self.call("tx_simulate", &TxBytes { tx: Base64(tx.to_vec()) })
    }

    /// The node's reading of a transaction; [`crate::view::tx`] does the same without a node.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn decode(&self, tx: &[u8]) -> Result<TxView, ClientError> {
        self.call("tx_decode", &TxBytes { tx: Base64(tx.to_vec()) })
    }

    /// A contract.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn contract(&self, contract: &AddressText) -> Result<Contract, ClientError> {
        self.call("contract_get", &OneContract { contract: contract.clone() })
    }

    /// A page of contracts, up to 100, in the order of their addresses' bytes.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn contracts(
        &self,
        after: Option<&AddressText>,
        limit: u32,
    ) -> Result<Vec<Contract>, ClientError> {
        self.call("contract_list", &ContractPage { after: after.cloned(), limit })
    }

    /// Deployed code.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn contract_code(&self, code_hash: Hash) -> Result<ContractCode, ClientError> {
        self.call("contract_code", &CodeOf { code_hash })
    }

    /// A contract's interface.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn contract_abi(&self, contract: &AddressText) -> Result<ContractAbi, ClientError> {
        self.call("contract_abi", &OneContract { contract: contract.clone() })
    }

    /// Ask a contract's view; `input` is borsh of its arguments in order.
    ///
    /// # Errors
    /// [`ClientError`]. That the contract refused stands in the answer.
    pub fn contract_view(
        &self,
        contract: &AddressText,
        method: &str,
        input: &[u8],
    ) -> Result<ContractAnswer, ClientError> {
        let question = AskView {
            contract: contract.clone(),
            method: method.to_owned(),
            input: Base64(input.to_vec()),
            caller: None,
            gas: None,
            height: None,
        };
        self.call("contract_view", &question)
    }

    /// The node's peers.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn net_info(&self) -> Result<NetInfo, ClientError> {
        self.call("net_info", &Nothing {})
    }

    /// What consensus is doing, and what it waits for.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn consensus(&self) -> Result<Consensus, ClientError> {
        self.call("consensus", &Nothing {})
    }

    /// The node's pool.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn mempool_info(&self) -> Result<MempoolInfo, ClientError> {
        self.call("mempool_info", &Nothing {})
    }
}
