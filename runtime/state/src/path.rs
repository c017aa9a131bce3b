//! Where a stored tree node lies: the first digits, of four bits each, of the key hashes under it.

/// Most digits of a path: a key hash has 64, and the last one chooses inside the deepest node.
pub const MAX_DIGITS: u8 = 63;

/// The position of a stored node: 0 to 63 digits of four bits, the highest bits first.
///
/// Ordered as a walk meets the nodes: a node, then what lies under it, by digit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodePath {
    /// The digits, two a byte; unused bits are zero.
    bits: [u8; 32],
    digits: u8,
}

impl NodePath {
    /// The root's.
    pub const ROOT: Self = Self { bits: [0; 32], digits: 0 };

    /// How many digits it has: the depth of the node, 0 to 63.
    #[must_use]
    pub const fn digits(&self) -> u8 {
        self.digits
    }

    /// The path of the node under a digit (0 to 15) of this one.
    ///
    /// # Panics
    /// If this one has 63 digits already, or the digit is above 15.
    #[must_use]
    pub fn child(&self, digit: u8) -> Self {
        assert!(self.digits < MAX_DIGITS, "no node lies under one of 63 digits");
        assert!(digit < 16, "a digit has four bits");
        let mut child = *self;
        let shift = if self.digits.is_multiple_of(2) { 4 } else { 0 };
        child.bits[usize::from(self.digits / 2)] |= digit << shift;
        child.digits = self.digits.saturating_add(1);
        child
    }

    /// Whether a key hash lies under this path.
    #[must_use]
    pub fn contains(&self, key_hash: &[u8; 32]) -> bool {
        let whole = usize::from(self.digits / 2);
        self.bits[..whole] == key_hash[..whole]
            && (self.digits.is_multiple_of(2) || self.bits[whole] == key_hash[whole] & 0xf0)
    }

    /// The key in a table: the number of digits, then the digits, two a byte.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(33);
        bytes.push(self.digits);
        bytes.extend_from_slice(&self.bits[..usize::from(self.digits.div_ceil(2))]);
        bytes
    }

    /// Read a table key; `None` unless it is exactly what [`NodePath::to_bytes`] writes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&digits, packed) = bytes.split_first()?;
        if digits > MAX_DIGITS || packed.len() != usize::from(digits.div_ceil(2)) {
            return None;
        }
        if !digits.is_multiple_of(2) && packed.last().is_some_and(|last| last & 0x0f != 0) {
            return None;
        }
        let mut bits = [0; 32];
        bits[..packed.len()].copy_from_slice(packed);
        Some(Self { bits, digits })
    }
}

impl core::fmt::Debug for NodePath {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "/")?;
        (0..self.digits).try_for_each(|at| write!(f, "{:x}", digit(&self.bits, at)))
    }
}

/// The digit of a key hash at a depth of 0 to 63.
#[must_use]
pub(crate) fn digit(key_hash: &[u8; 32], depth: u8) -> u8 {
    let byte = key_hash[usize::from(depth / 2)];
    if depth.is_multiple_of(2) { byte >> 4 } else { byte & 0x0f }
}

#[cfg(test)]
mod tests;
