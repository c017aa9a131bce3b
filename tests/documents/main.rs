//! What the documents say is what the code does: bytes, exit codes, commands.
//!
//! `docs/bytes.md` holds blocks of bytes and values that are made here from fixed inputs. After a
//! change of bytes that was meant, `SYNDIC_WRITE_DOCUMENTS=1 cargo test --release --workspace
//! --test documents` writes them anew, and `python3 tests/vectors/second/check.py` must agree.

mod block;
mod bytes;
mod container;
mod evidence;
mod fixture;
