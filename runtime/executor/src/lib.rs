//! Turn a block into receipts and state changes.
