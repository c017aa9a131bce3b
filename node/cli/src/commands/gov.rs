//! `syndic gov`: what members propose, decide and see pending.

use super::node::{self, ClientMeaning, NodeArguments};
use super::output::Output;
use super::render;
use super::tx::{ChainFacts, SendArguments, parse_role, send_calls};
use crate::exit::{Exit, Meaning, Outcome};
use anyhow::anyhow;
use clap::{Args, Subcommand};
use types::governance::{MembershipCall, Motion};
use types::{Address, Amount, Call, Height, Member, PublicKey, Role, TimestampMs, VotingPower};

/// Arguments of `syndic gov`.
#[derive(Args, Debug)]
pub(crate) struct GovArguments {
    #[command(subcommand)]
    command: GovCommand,
}

#[derive(Debug, Subcommand)]
enum GovCommand {
    /// Propose something, and vote for it; the key is a member's.
    Propose {
        #[command(subcommand)]
        motion: MotionCommand,
        #[command(flatten)]
        send: SendArguments,
    },
    /// Vote on a proposal; the key is a member's.
    Vote {
        /// Its number.
        proposal: u64,
        /// Vote against it; default: for it.
        #[arg(long)]
        no: bool,
        #[command(flatten)]
        send: SendArguments,
    },
    /// Every proposal that is open; how many members decide.
    List {
        /// Decided and expired ones, too.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        node: NodeArguments,
    },
    /// One proposal: what, whose votes, and what became of it.
    Show {
        /// Its number.
        proposal: u64,
        #[command(flatten)]
        node: NodeArguments,
    },
}

/// What is proposed.
#[derive(Clone, Debug, Subcommand)]
enum MotionCommand {
    /// A new member, or other facts about one.
    PutMember {
        /// Its id.
        id: String,
        /// Its voice in governance.
        #[arg(long, value_name = "ADDRESS")]
        account: String,
        /// Name for people; default: the id.
        #[arg(long)]
        name: Option<String>,
        /// Network keys it may connect with, 64 hex digits each.
        #[arg(long, value_delimiter = ',', value_parser = parse_key)]
        network_keys: Vec<PublicKey>,
    },
    /// A member goes.
    RemoveMember {
        /// Its id.
        id: String,
    },
    /// A candidate becomes a validator once it has shown that it caught up.
    AdmitValidator {
        /// Its address.
        validator: String,
        /// Its weight, 1 or more.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
        power: u64,
    },
    /// A validator goes; its bond waits for the evidence window to pass.
    RemoveValidator {
        /// Its address.
        validator: String,
    },
    /// A lost validator goes, and a candidate is admitted with its weight.
    ReplaceValidator {
        /// Who goes.
        lost: String,
        /// Who is admitted.
        replacement: String,
    },
    /// Another weight for a validator.
    SetPower {
        /// Its address.
        validator: String,
        /// The weight, 1 or more.
        power: u64,
    },
    /// Another value for a parameter; `syndic query params` shows bounds.
    SetParameter {
        /// Its name.
        name: String,
        /// The value.
        value: u128,
    },
    /// A role for an account, operator too.
    GrantRole {
        /// The account's address.
        account: String,
        /// The role's name.
        #[arg(value_parser = parse_role)]
        role: Role,
        /// Block time from which it no longer counts. Unit: ms since 1970; default: never.
        #[arg(long, value_name = "MS")]
        expires_ms: Option<u64>,
    },
    /// An account loses a role.
    RevokeRole {
        /// The account's address.
        account: String,
        /// The role's name.
        #[arg(value_parser = parse_role)]
        role: Role,
    },
    /// Pay from the treasury.
    Pay {
        /// To whom.
        to: String,
        /// How much. Unit: the chain's smallest.
        amount: u128,
    },
    /// Make new money.
    Mint {
        /// For whom.
        to: String,
        /// How much. Unit: the chain's smallest.
        amount: u128,
    },
    /// Another protocol from a height on.
    SetProtocol {
        /// Its version.
        version: u16,
        /// The first height that it rules.
        from: u64,
    },
    /// Other registrars of sealed identities.
    SetRegistrars {
        /// How many must attest.
        threshold: u8,
        /// Their keys, 64 hex digits each.
        #[arg(value_delimiter = ',', value_parser = parse_key, required = true)]
        keys: Vec<PublicKey>,
    },
    /// Stop a contract's calls but for its views, whatever its admin wants.
    PauseContract {
        /// Its address.
        contract: String,
    },
    /// Let the calls of a paused contract go on.
    ResumeContract {
        /// Its address.
        contract: String,
    },
}

fn parse_key(text: &str) -> Result<PublicKey, String> {
    let bytes = hex::decode(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.map(PublicKey).ok_or_else(|| "want 64 hex digits".to_owned())
}

pub(crate) fn execute(arguments: &GovArguments, output: Output) -> Outcome {
    match &arguments.command {
        GovCommand::Propose { motion, send } => send_calls(send, output, |facts, _| {
            let motion = motion.clone().motion(facts)?;
            Ok(Call::Membership(MembershipCall::Propose { motion }))
        }),
        GovCommand::Vote { proposal, no, send } => send_calls(send, output, |_, _| {
            let (proposal, approve) = (*proposal, !no);
            Ok(Call::Membership(MembershipCall::Vote { proposal, approve }))
        }),
        GovCommand::List { all, node } => {
            let mut held = node.client()?.proposals().or_class()?;
            held.proposals.retain(|proposal| *all || proposal.state == "open");
            output.print(&held, render::lines)?;
            Ok(())
        }
        GovCommand::Show { proposal, node } => {
            let held = node.client()?.proposals().or_class()?;
            let found = held.proposals.into_iter().find(|held| held.number == *proposal);
            let found = found
                .ok_or_else(|| anyhow!("no proposal has the number {proposal}"))
                .or_exit(Exit::Rejected)?;
            output.print(&found, render::lines)?;
            Ok(())
        }
    }
}

impl MotionCommand {
    fn motion(self, facts: &ChainFacts) -> Outcome<Motion> {
        let account = |text: &str| -> Outcome<Address> {
            Ok(node::address("ADDRESS", text, &facts.prefix)?.1)
        };
        Ok(match self {
            Self::PutMember { id, account: address, name, network_keys } => {
                let (account, name) = (account(&address)?, name.unwrap_or_else(|| id.clone()));
                Motion::PutMember(Member { id, name, account, network_keys })
            }
            Self::RemoveMember { id } => Motion::RemoveMember { id },
            Self::AdmitValidator { validator, power } => Motion::AdmitValidator {
                validator: node::validator("VALIDATOR", &validator, &facts.prefix)?,
                power: VotingPower(power),
            },
            Self::RemoveValidator { validator } => Motion::RemoveValidator {
                validator: node::validator("VALIDATOR", &validator, &facts.prefix)?,
            },
            Self::ReplaceValidator { lost, replacement } => Motion::ReplaceValidator {
                lost: node::validator("LOST", &lost, &facts.prefix)?,
                replacement: node::validator("REPLACEMENT", &replacement, &facts.prefix)?,
            },
            Self::SetPower { validator, power } => Motion::SetPower {
                validator: node::validator("VALIDATOR", &validator, &facts.prefix)?,
                power: VotingPower(power),
            },
            Self::SetParameter { name, value } => Motion::SetParameter { name, value },
            Self::GrantRole { account: address, role, expires_ms } => Motion::GrantRole {
                account: account(&address)?,
                role,
                expires_ms: expires_ms.map(TimestampMs),
            },
            Self::RevokeRole { account: address, role } => {
                Motion::RevokeRole { account: account(&address)?, role }
            }
            Self::Pay { to, amount } => {
                Motion::PayTreasury { to: account(&to)?, amount: Amount(amount) }
            }
            Self::Mint { to, amount } => Motion::Mint { to: account(&to)?, amount: Amount(amount) },
            Self::SetProtocol { version, from } => {
                Motion::SetProtocol { version, from: Height(from) }
            }
            Self::SetRegistrars { threshold, mut keys } => {
                keys.sort();
                Motion::SetRegistrars { threshold, keys }
            }
            Self::PauseContract { contract: address } => {
                Motion::PauseContract { contract: account(&address)?, paused: true }
            }
            Self::ResumeContract { contract: address } => {
                Motion::PauseContract { contract: account(&address)?, paused: false }
            }
        })
    }
}
