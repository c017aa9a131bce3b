//! The border of the contract: the functions of `chain_v1` on WebAssembly, the test's own chain
//! natively. This is the only file with `unsafe`: the imports, and the memory that they fill.

/// Which hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Algorithm {
    /// BLAKE3.
    Blake3 = 0,
    /// SHA-256.
    Sha256 = 1,
    /// The chain's own, under a name; the bytes are borsh of name and bytes.
    Derive = 2,
}

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use crate::testing::host::*;

#[cfg(target_arch = "wasm32")]
pub(crate) use module::*;

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code)]
mod module {
    //! The functions that `chain_v1` offers, each under its own name, with lengths taken from what
    //! is handed over. Layouts: `docs/contracts/chain_v1.md`.

    use super::Algorithm;
    use crate::client::Request;
    use crate::context;
    use crate::error::StandardFailure;
    use alloc::string::String;
    use alloc::vec::Vec;
    use borsh::BorshDeserialize;
    use core::alloc::{GlobalAlloc, Layout};
    use core::arch::wasm32;
    use core::cell::{Cell, UnsafeCell};
    use core::fmt::{self, Write};
    use types::{
        Address, Amount, Code, Context, Failure, Hash, Height, PublicKey, Role, Signature,
    };

    /// Room for a value before its size is known: most stored values are smaller, and cost one
    /// crossing instead of two. Unit: bytes.
    const FIRST_READ_BYTES: usize = 128;

    /// Letters that a panic says at most; a failure has room for four bytes each.
    const MAX_PANIC_LETTERS: usize = 512;

    mod raw {
        unsafe extern "C" {
            /// Where the module's own data and stack end: the linker puts it there, and only its
            /// address means anything.
            pub(super) static __heap_base: u8;
        }

        #[link(wasm_import_module = "chain_v1")]
        unsafe extern "C" {
            pub(super) fn input_len() -> usize;
            pub(super) fn input_read(dst: *mut u8);
            pub(super) fn output(bytes: *const u8, length: usize);
            pub(super) fn fail(name: *const u8, name_len: usize, data: *const u8, len: usize) -> !;
            pub(super) fn storage_get(
                key: *const u8,
                key_len: usize,
                dst: *mut u8,
                cap: usize,
            ) -> i64;
            pub(super) fn storage_set(
                key: *const u8,
                key_len: usize,
                value: *const u8,
                value_len: usize,
            );
            pub(super) fn storage_remove(key: *const u8, key_len: usize) -> i32;
            pub(super) fn storage_has(key: *const u8, key_len: usize) -> i32;
            pub(super) fn storage_scan(
                prefix: *const u8,
                prefix_len: usize,
                after: *const u8,
                after_len: usize,
                limit: u32,
            ) -> i32;
            pub(super) fn buffer_len() -> usize;
            pub(super) fn buffer_read(dst: *mut u8);
            pub(super) fn emit(name: *const u8, name_len: usize, data: *const u8, len: usize);
            pub(super) fn transfer(to: *const u8, amount: *const u8) -> i32;
            pub(super) fn call(
                contract: *const u8,
                method: *const u8,
                method_len: usize,
                input: *const u8,
                input_len: usize,
                value: *const u8,
                gas: i64,
            ) -> i32;
            pub(super) fn context(dst: *mut u8, cap: usize) -> usize;
            pub(super) fn hash(algorithm: i32, bytes: *const u8, length: usize, dst: *mut u8);
            pub(super) fn verify(
                algorithm: i32,
                key: *const u8,
                message: *const u8,
                length: usize,
                signature: *const u8,
            ) -> i32;
            pub(super) fn merkle_verify(
                root: *const u8,
                entry: *const u8,
                index: i64,
                count: i64,
                proof: *const u8,
                proof_len: usize,
            ) -> i32;
            pub(super) fn has_role(account: *const u8, role: i32) -> i32;
            pub(super) fn balance(account: *const u8, dst: *mut u8);
            pub(super) fn randomness(height: i64, dst: *mut u8) -> i32;
            pub(super) fn new_id(dst: *mut u8);
            pub(super) fn log(line: *const u8, length: usize);
        }
    }

    /// Bytes that the host writes: `fill` is given room for `length` and fills all of it.
    fn filled(length: usize, fill: impl FnOnce(*mut u8)) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length);
        fill(bytes.as_mut_ptr());
        // SAFETY: the host has written `length` bytes, which is what was reserved.
        unsafe { bytes.set_len(length) };
        bytes
    }

    /// What the host's buffer holds.
    fn buffer() -> Vec<u8> {
        // SAFETY: the function takes nothing.
        let length = unsafe { raw::buffer_len() };
        // SAFETY: there is room for the buffer, which no other call has replaced.
        filled(length, |dst| unsafe { raw::buffer_read(dst) })
    }

    pub(crate) fn input() -> Vec<u8> {
        // SAFETY: the function takes nothing.
        let length = unsafe { raw::input_len() };
        // SAFETY: there is room for the input, whose length never changes.
        filled(length, |dst| unsafe { raw::input_read(dst) })
    }

    pub(crate) fn output(bytes: &[u8]) {
        // SAFETY: pointer and length are those of a slice.
        unsafe { raw::output(bytes.as_ptr(), bytes.len()) }
    }

    pub(crate) fn fail(name: &str, data: &[u8]) -> ! {
        // SAFETY: pointers and lengths are those of slices.
        unsafe { raw::fail(name.as_ptr(), name.len(), data.as_ptr(), data.len()) }
    }

    pub(crate) fn storage_get(key: &[u8]) -> Option<Vec<u8>> {
        let mut value: Vec<u8> = Vec::with_capacity(FIRST_READ_BYTES);
        let dst = value.as_mut_ptr();
        // SAFETY: the key is a slice, and the host writes no more than the room it is told of.
        let length = unsafe { raw::storage_get(key.as_ptr(), key.len(), dst, FIRST_READ_BYTES) };
        let length = usize::try_from(length).ok()?;
        if length > FIRST_READ_BYTES {
            return Some(buffer());
        }
        // SAFETY: the host has written `length` bytes, and there was room for them.
        unsafe { value.set_len(length) };
        Some(value)
    }

    pub(crate) fn storage_set(key: &[u8], value: &[u8]) {
        // SAFETY: pointers and lengths are those of slices.
        unsafe { raw::storage_set(key.as_ptr(), key.len(), value.as_ptr(), value.len()) }
    }

    pub(crate) fn storage_remove(key: &[u8]) -> bool {
        // SAFETY: pointer and length are those of a slice.
        unsafe { raw::storage_remove(key.as_ptr(), key.len()) == 1 }
    }

    pub(crate) fn storage_has(key: &[u8]) -> bool {
        // SAFETY: pointer and length are those of a slice.
        unsafe { raw::storage_has(key.as_ptr(), key.len()) == 1 }
    }

    pub(crate) fn storage_scan(prefix: &[u8], after: &[u8], limit: u32) -> Vec<(Vec<u8>, Vec<u8>)> {
        // SAFETY: pointers and lengths are those of slices.
        let found = unsafe {
            raw::storage_scan(prefix.as_ptr(), prefix.len(), after.as_ptr(), after.len(), limit)
        };
        if found == 0 { Vec::new() } else { decode(&buffer()) }
    }

    pub(crate) fn emit(name: &str, data: &[u8]) {
        // SAFETY: pointers and lengths are those of slices.
        unsafe { raw::emit(name.as_ptr(), name.len(), data.as_ptr(), data.len()) }
    }

    pub(crate) fn transfer(to: &Address, amount: Amount) -> Result<(), Code> {
        let amount = amount.get().to_le_bytes();
        // SAFETY: the host reads 32 and 16 bytes, and that is what these arrays have.
        let code = unsafe { raw::transfer(to.0.as_ptr(), amount.as_ptr()) };
        if code == 0 { Ok(()) } else { Err(code_of(code)) }
    }

    pub(crate) fn call(request: Request<'_>) -> Result<Vec<u8>, (Code, Option<Failure>)> {
        let Request { contract, method, input, value, gas } = request;
        let value = value.get().to_le_bytes();
        let gas = gas.map_or(0, |gas| i64::try_from(gas.get()).unwrap_or(i64::MAX));
        // SAFETY: the host reads 32 and 16 bytes, and that is what these arrays have; the other
        // pointers and lengths are those of slices.
        let code = unsafe {
            raw::call(
                contract.0.as_ptr(),
                method.as_ptr(),
                method.len(),
                input.as_ptr(),
                input.len(),
                value.as_ptr(),
                gas,
            )
        };
        match code {
            0 => Ok(buffer()),
            code => {
                let failure = buffer();
                let failure = (!failure.is_empty()).then(|| decode(&failure));
                Err((code_of(code), failure))
            }
        }
    }

    /// The context, asked for once a call: a module has one thread, and lives for one call.
    struct Once(UnsafeCell<Option<Context>>);

    // SAFETY: a module has one thread.
    unsafe impl Sync for Once {}

    static CONTEXT: Once = Once(UnsafeCell::new(None));

    pub(crate) fn context() -> &'static Context {
        // SAFETY: the one reference that writes ends with this line; afterwards there are only
        // readers.
        let known = unsafe { (*CONTEXT.0.get()).is_some() };
        if !known {
            let mut bytes = [0; context::BYTES];
            // SAFETY: the host writes no more than the room it is told of.
            unsafe { raw::context(bytes.as_mut_ptr(), context::BYTES) };
            let context = context::read(&bytes);
            // SAFETY: nobody has a reference yet, because there was nothing to refer to.
            unsafe { *CONTEXT.0.get() = Some(context) };
        }
        // SAFETY: it is set, and never again.
        let context = unsafe { (*CONTEXT.0.get()).as_ref() };
        context.expect("the context was asked for just now")
    }

    pub(crate) fn hash(algorithm: Algorithm, bytes: &[u8]) -> Hash {
        let mut hash = Hash::ZERO;
        // SAFETY: pointer and length are those of a slice; the host writes 32 bytes.
        unsafe {
            raw::hash(algorithm as i32, bytes.as_ptr(), bytes.len(), hash.0.as_mut_ptr());
        }
        hash
    }

    pub(crate) fn verify(key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
        let (key, signature) = (key.0.as_ptr(), signature.0.as_ptr());
        // SAFETY: the host reads 32 and 64 bytes, and that is what these arrays have.
        unsafe { raw::verify(0, key, message.as_ptr(), message.len(), signature) == 1 }
    }

    pub(crate) fn merkle_verify(
        root: &Hash,
        entry: &Hash,
        index: u64,
        count: u64,
        proof: &[Hash],
    ) -> bool {
        let (Ok(index), Ok(count)) = (i64::try_from(index), i64::try_from(count)) else {
            return false;
        };
        let proof: Vec<u8> = proof.iter().flat_map(|hash| hash.0).collect();
        let (root, entry) = (root.0.as_ptr(), entry.0.as_ptr());
        // SAFETY: the host reads 32 bytes each, and that is what these arrays have.
        let good =
            unsafe { raw::merkle_verify(root, entry, index, count, proof.as_ptr(), proof.len()) };
        good == 1
    }

    pub(crate) fn has_role(account: &Address, role: Role) -> bool {
        // SAFETY: the host reads 32 bytes, and that is what an address has.
        unsafe { raw::has_role(account.0.as_ptr(), role as i32) == 1 }
    }

    pub(crate) fn balance(account: &Address) -> Amount {
        let mut amount = [0; 16];
        // SAFETY: the host reads 32 bytes and writes 16.
        unsafe { raw::balance(account.0.as_ptr(), amount.as_mut_ptr()) };
        Amount(u128::from_le_bytes(amount))
    }

    pub(crate) fn randomness(height: Height) -> Option<Hash> {
        let mut randomness = Hash::ZERO;
        let height = i64::try_from(height.get()).ok()?;
        // SAFETY: the host writes 32 bytes.
        let kept = unsafe { raw::randomness(height, randomness.0.as_mut_ptr()) };
        (kept == 1).then_some(randomness)
    }

    pub(crate) fn new_id() -> Hash {
        let mut id = Hash::ZERO;
        // SAFETY: the host writes 32 bytes.
        unsafe { raw::new_id(id.0.as_mut_ptr()) };
        id
    }

    pub(crate) fn log(line: &str) {
        // SAFETY: pointer and length are those of a slice.
        unsafe { raw::log(line.as_ptr(), line.len()) }
    }

    /// What the host says is well formed; a host that says otherwise is not `chain_v1`.
    fn decode<T: BorshDeserialize>(bytes: &[u8]) -> T {
        match borsh::from_slice(bytes) {
            Ok(value) => value,
            Err(_) => panic!("the host encodes what chain_v1 says"),
        }
    }

    fn code_of(number: i32) -> Code {
        let code = u16::try_from(number).ok().and_then(Code::from_number);
        // A code newer than this contract is a failure all the same.
        code.unwrap_or(Code::Internal)
    }

    /// Memory is handed out from the end of the module's own data and never taken back: it goes
    /// with the call.
    struct Bump {
        next: Cell<usize>,
        end: Cell<usize>,
    }

    // SAFETY: a module has one thread.
    unsafe impl Sync for Bump {}

    #[global_allocator]
    static MEMORY: Bump = Bump { next: Cell::new(0), end: Cell::new(0) };

    /// Bytes of a page of memory.
    const PAGE_BYTES: usize = 64 * 1024;

    impl Bump {
        /// Memory up to `end`, more pages if there are too few.
        fn reach(&self, end: usize) -> bool {
            if end <= self.end.get() {
                return true;
            }
            let pages = (end - self.end.get()).div_ceil(PAGE_BYTES);
            if wasm32::memory_grow(0, pages) == usize::MAX {
                return false;
            }
            self.end.set(self.end.get() + pages * PAGE_BYTES);
            true
        }
    }

    // SAFETY: each piece begins above all earlier ones, is aligned, and lies within memory that was
    // asked for; none is ever given twice, because nothing is taken back.
    unsafe impl GlobalAlloc for Bump {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            if self.end.get() == 0 {
                self.next.set((&raw const raw::__heap_base).addr());
                self.end.set(wasm32::memory_size(0) * PAGE_BYTES);
            }
            let begin = self.next.get().checked_next_multiple_of(layout.align());
            let reached = begin.and_then(|begin| Some((begin, begin.checked_add(layout.size())?)));
            match reached {
                Some((begin, end)) if self.reach(end) => {
                    self.next.set(end);
                    core::ptr::without_provenance_mut(begin)
                }
                _ => core::ptr::null_mut(),
            }
        }

        unsafe fn dealloc(&self, _piece: *mut u8, _layout: Layout) {}

        unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            let is_last = piece as usize + layout.size() == self.next.get();
            if is_last && (piece as usize).checked_add(size).is_some_and(|end| self.reach(end)) {
                self.next.set(piece as usize + size);
                return piece;
            }
            // SAFETY: the size is below what the caller of `realloc` vouched for.
            let layout_wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
            // SAFETY: the size is not zero, by the contract of `realloc`.
            let moved = unsafe { self.alloc(layout_wanted) };
            if !moved.is_null() {
                // SAFETY: both pieces have at least the smaller of both sizes, and do not overlap.
                unsafe { core::ptr::copy_nonoverlapping(piece, moved, layout.size().min(size)) };
            }
            moved
        }
    }

    /// The words of a panic, cut where there is no more room.
    struct Words(String);

    impl Write for Words {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            let room = MAX_PANIC_LETTERS.saturating_sub(self.0.len());
            self.0.extend(part.chars().take(room));
            Ok(())
        }
    }

    #[panic_handler]
    fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
        let mut words = Words(String::new());
        // A formatter of the contract's own may fail: then the words end there.
        let _ = write!(words, "{}", info.message());
        if let Some(place) = info.location() {
            let _ = write!(words, " ({}:{})", place.file(), place.line());
        }
        let failure = StandardFailure::Panic { message: words.0 };
        fail(failure.name(), &failure.encode())
    }
}
