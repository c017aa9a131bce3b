//! Addresses of the native modules: `H("address/module", name)`, worked out once.

use types::Address;

/// Where fees go, and what is left of forfeited bonds.
pub const TREASURY: Address =
    address("f84934b1c759afa06b97bd160e9a6026089698c44ee8d029bfd24477f68be94d");
/// Holds the bonds of all validators.
pub const BONDS: Address =
    address("4ab2ba28da384792640f911802588fa4c0553d484721f604e55df5dfa65a9cc8");
/// Moves money; the source of its events.
pub const BANK: Address =
    address("04f20b647e7f816dfa4f42a05e9113fbaeaea0d781196316af555bde095d4bf7");
/// Keeps roles; the source of its events.
pub const ROLES: Address =
    address("d7779bd3a3e2988e74ffec4e44aaa6af21c19bdc43af7642a0b1f3208f930c3d");
/// Keeps what became of double signs; the source of its events.
pub const EVIDENCE: Address =
    address("00c8c3c594791f3ffee585eb1ee89dd4b228f3e3576ffe06b60d13f5c0491f10");
/// Keeps the validator set and the bonds' way back; the source of its events.
pub const VALIDATORS: Address =
    address("cf68a3c1c9864bdbf00262af0c2852524288dc8b30e21707a076ce62fb2615d5");
/// Where the members govern; the source of its events.
pub const GOVERNANCE: Address =
    address("ec2c949519a1d0a8dc76c4eb2129000368e404929489cbbb4182878746c2616c");
/// Keeps contracts and their code; the source of its events.
pub const CONTRACTS: Address =
    address("7d95afd21a9d93a495b901e4c877478376c8a7ec2d872fd18c7383dce8c8986c");

/// Every native module that has an address, by name. Nobody holds a key to one.
pub const ALL: [(&str, Address); 8] = [
    ("treasury", TREASURY),
    ("bonds", BONDS),
    ("bank", BANK),
    ("roles", ROLES),
    ("evidence", EVIDENCE),
    ("validators", VALIDATORS),
    ("governance", GOVERNANCE),
    ("contracts", CONTRACTS),
];

/// Whether an address is a module's.
#[must_use]
pub fn is_module(address: &Address) -> bool {
    ALL.iter().any(|(_, module)| module == address)
}

/// An address from its 64 hexadecimal digits, at compile time.
#[cfg_attr(
    not(test),
    expect(clippy::arithmetic_side_effects, reason = "compile time, where overflow is an error")
)]
const fn address(digits: &str) -> Address {
    let digits = digits.as_bytes();
    assert!(digits.len() == 64, "an address has 64 digits");
    let mut bytes = [0; 32];
    let mut at = 0;
    while at < bytes.len() {
        bytes[at] = digit(digits[2 * at]) << 4 | digit(digits[2 * at + 1]);
        at += 1;
    }
    Address(bytes)
}

#[cfg_attr(
    not(test),
    expect(clippy::arithmetic_side_effects, reason = "compile time, where overflow is an error")
)]
const fn digit(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => panic!("not a hexadecimal digit"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_is_the_hash_of_its_name() {
        for (name, address) in ALL {
            assert_eq!(address.to_string(), crypto::id::module_address(name).to_string(), "{name}");
        }
    }
}
