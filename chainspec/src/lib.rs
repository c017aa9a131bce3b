//! Describe a chain: its parameters, members, validators and first balances.
