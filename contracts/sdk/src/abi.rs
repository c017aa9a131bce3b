//! What a contract says about itself: types and methods described in constants, and encoded at
//! compile time as the interface that stands in the module ([`types::abi::Abi`], borsh).

use alloc::{string::String, vec::Vec};
use types::abi::Type;
use types::{
    Address, Amount, BasisPoints, ChainId, Gas, Hash, Height, PublicKey, Role, Signature,
    TimestampMs,
};

/// Largest interface that is encoded. Unit: bytes.
const MAX_BYTES: usize = 32 * 1024;
/// Most different types of one interface.
const MAX_TYPES: usize = 512;
/// Most types that one type names.
const MAX_CHILDREN: usize = 256;

/// A type whose values cross a contract's border: arguments, answers, events, errors. There is none
/// for floating point, whose results differ:
///
/// ```compile_fail,E0277
/// use sdk::prelude::*;
///
/// #[derive(Event)]
/// struct Measured {
///     degrees: f64,
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot cross a contract's border: it has no description",
    note = "derive `BorshSerialize`, `BorshDeserialize` and `Describe` for it"
)]
pub trait Describe {
    /// What its values are.
    const SHAPE: &'static Shape;
}

/// As [`Type`], in constants: it names other types by reference.
#[derive(Debug)]
pub enum Shape {
    /// A type without parts, by its number in [`Type`].
    Plain(u8),
    /// One or none.
    Option(&'static Shape),
    /// Any number.
    List(&'static Shape),
    /// Exactly this many.
    Array(&'static Shape, u32),
    /// One of each.
    Tuple(&'static [&'static Shape]),
    /// Named values.
    Struct {
        /// The type's name.
        name: &'static str,
        /// Its values.
        fields: &'static [FieldShape],
    },
    /// One of several.
    Enum {
        /// The type's name.
        name: &'static str,
        /// Which.
        variants: &'static [NamedShape],
    },
}

/// A named value.
#[derive(Debug)]
pub struct FieldShape {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub of: &'static Shape,
}

/// A name with values: a variant, an error, an event.
#[derive(Debug)]
pub struct NamedShape {
    /// Its name.
    pub name: &'static str,
    /// A variant's number.
    pub number: u8,
    /// Its values.
    pub fields: &'static [FieldShape],
}

/// One entry point.
#[derive(Debug)]
pub struct MethodShape {
    /// Its name.
    pub name: &'static str,
    /// Its number in [`types::abi::MethodKind`].
    pub kind: u8,
    /// Whether money may come along.
    pub payable: bool,
    /// Its arguments.
    pub arguments: &'static [FieldShape],
    /// What it returns.
    pub output: &'static Shape,
}

/// A whole contract.
#[derive(Debug)]
pub struct Interface {
    /// Its name.
    pub name: &'static str,
    /// What can be called.
    pub methods: &'static [MethodShape],
    /// The errors of its methods.
    pub errors: &'static [&'static [NamedShape]],
    /// What it announces.
    pub events: &'static [NamedShape],
}

/// An interface encoded in a constant.
pub struct Encoded {
    buffer: Buffer,
}

impl Encoded {
    /// Its size in bytes.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // No interface is empty: its version is a byte.
    pub const fn len(&self) -> usize {
        self.buffer.length
    }

    /// Its bytes alone.
    #[must_use]
    pub const fn exact<const N: usize>(&self) -> [u8; N] {
        assert!(N == self.buffer.length, "the size is that of the encoding");
        let mut bytes = [0; N];
        let mut at = 0;
        while at < N {
            bytes[at] = self.buffer.bytes[at];
            at += 1;
        }
        bytes
    }
}

/// The interface as borsh of [`types::abi::Abi`].
///
/// # Panics
/// At compile time, if the interface has more than 32 KiB or 512 types.
#[must_use]
pub const fn encode(interface: &Interface) -> Encoded {
    let mut table = Table::new();
    let mut rest = Buffer::new();
    methods(interface.methods, &mut rest, &mut table);
    errors(interface.errors, &mut rest, &mut table);
    rest.length_of(interface.events.len());
    let mut at = 0;
    while at < interface.events.len() {
        named(&interface.events[at], number(at), &mut rest, &mut table);
        at += 1;
    }
    let mut buffer = Buffer::new();
    buffer.byte(1);
    buffer.text(interface.name);
    buffer.length_of(table.count);
    buffer.append(&table.entries);
    buffer.append(&rest);
    Encoded { buffer }
}

const fn methods(methods: &[MethodShape], out: &mut Buffer, table: &mut Table) {
    out.length_of(methods.len());
    let mut at = 0;
    while at < methods.len() {
        let method = &methods[at];
        out.text(method.name);
        out.byte(method.kind);
        out.byte(method.payable as u8);
        fields(method.arguments, out, table);
        out.id(table.intern(method.output));
        at += 1;
    }
}

const fn errors(errors: &[&[NamedShape]], out: &mut Buffer, table: &mut Table) {
    let mut count = 0;
    let mut at = 0;
    while at < errors.len() {
        count += errors[at].len();
        at += 1;
    }
    out.length_of(count);
    let mut written = 0;
    at = 0;
    while at < errors.len() {
        let mut inner = 0;
        while inner < errors[at].len() {
            named(&errors[at][inner], number(written), out, table);
            written += 1;
            inner += 1;
        }
        at += 1;
    }
}

const fn named(shape: &NamedShape, number: u8, out: &mut Buffer, table: &mut Table) {
    out.text(shape.name);
    out.byte(number);
    fields(shape.fields, out, table);
}

const fn fields(fields: &[FieldShape], out: &mut Buffer, table: &mut Table) {
    out.length_of(fields.len());
    let mut at = 0;
    while at < fields.len() {
        out.text(fields[at].name);
        out.id(table.intern(fields[at].of));
        at += 1;
    }
}

/// Positions above 255 stay 255: errors and events are told apart by name.
const fn number(position: usize) -> u8 {
    if position < 255 { position as u8 } else { 255 }
}

/// Bytes put together in a constant.
struct Buffer {
    bytes: [u8; MAX_BYTES],
    length: usize,
}

impl Buffer {
    const fn new() -> Self {
        Self { bytes: [0; MAX_BYTES], length: 0 }
    }

    const fn byte(&mut self, byte: u8) {
        assert!(self.length < MAX_BYTES, "a contract's interface has at most 32 KiB");
        self.bytes[self.length] = byte;
        self.length += 1;
    }

    const fn all(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while at < bytes.len() {
            self.byte(bytes[at]);
            at += 1;
        }
    }

    const fn id(&mut self, id: u16) {
        self.all(&id.to_le_bytes());
    }

    const fn length_of(&mut self, length: usize) {
        assert!(length <= MAX_BYTES, "a list of an interface is no longer than the interface");
        self.all(&(length as u32).to_le_bytes());
    }

    const fn text(&mut self, text: &str) {
        self.length_of(text.len());
        self.all(text.as_bytes());
    }

    const fn append(&mut self, other: &Self) {
        let mut at = 0;
        while at < other.length {
            self.byte(other.bytes[at]);
            at += 1;
        }
    }
}

/// The table of types: each once, whoever names it.
struct Table {
    entries: Buffer,
    starts: [usize; MAX_TYPES + 1],
    count: usize,
}

impl Table {
    const fn new() -> Self {
        Self { entries: Buffer::new(), starts: [0; MAX_TYPES + 1], count: 0 }
    }

    /// The position of a type, which is added with its parts if it is new.
    const fn intern(&mut self, shape: &Shape) -> u16 {
        let mut ids = [0; MAX_CHILDREN];
        self.intern_parts(shape, &mut ids);
        match shape {
            Shape::Plain(tag) => self.entries.byte(*tag),
            Shape::Option(_) => self.tagged(33, ids[0]),
            Shape::List(Shape::Plain(2)) => self.entries.byte(13),
            Shape::List(_) => self.tagged(34, ids[0]),
            Shape::Array(Shape::Plain(2), length) => {
                self.entries.byte(32);
                self.entries.all(&length.to_le_bytes());
            }
            Shape::Array(_, length) => {
                self.tagged(35, ids[0]);
                self.entries.all(&length.to_le_bytes());
            }
            Shape::Tuple(parts) => {
                self.entries.byte(36);
                self.entries.length_of(parts.len());
                let mut at = 0;
                while at < parts.len() {
                    self.entries.id(ids[at]);
                    at += 1;
                }
            }
            Shape::Struct { name, fields } => {
                self.entries.byte(37);
                self.entries.text(name);
                self.named_ids(fields, &ids, 0);
            }
            Shape::Enum { name, variants } => self.variants(name, variants, &ids),
        }
        self.settle()
    }

    /// Parts first: a type names earlier ones only.
    const fn intern_parts(&mut self, shape: &Shape, ids: &mut [u16; MAX_CHILDREN]) {
        let mut at = 0;
        match shape {
            Shape::Plain(_) | Shape::List(Shape::Plain(2)) | Shape::Array(Shape::Plain(2), _) => {}
            Shape::Option(of) | Shape::List(of) | Shape::Array(of, _) => ids[0] = self.intern(of),
            Shape::Tuple(parts) => {
                while at < parts.len() {
                    ids[at] = self.intern(parts[at]);
                    at += 1;
                }
            }
            Shape::Struct { fields, .. } => self.intern_fields(fields, ids, 0),
            Shape::Enum { variants, .. } => {
                let mut done = 0;
                while at < variants.len() {
                    self.intern_fields(variants[at].fields, ids, done);
                    done += variants[at].fields.len();
                    at += 1;
                }
            }
        }
    }

    const fn intern_fields(
        &mut self,
        fields: &[FieldShape],
        ids: &mut [u16; MAX_CHILDREN],
        from: usize,
    ) {
        assert!(from + fields.len() <= MAX_CHILDREN, "a type names at most 256 others");
        let mut at = 0;
        while at < fields.len() {
            ids[from + at] = self.intern(fields[at].of);
            at += 1;
        }
    }

    const fn tagged(&mut self, tag: u8, id: u16) {
        self.entries.byte(tag);
        self.entries.id(id);
    }

    const fn variants(&mut self, name: &str, variants: &[NamedShape], ids: &[u16; MAX_CHILDREN]) {
        self.entries.byte(38);
        self.entries.text(name);
        self.entries.length_of(variants.len());
        let (mut at, mut done) = (0, 0);
        while at < variants.len() {
            self.entries.text(variants[at].name);
            self.entries.byte(variants[at].number);
            self.named_ids(variants[at].fields, ids, done);
            done += variants[at].fields.len();
            at += 1;
        }
    }

    const fn named_ids(&mut self, fields: &[FieldShape], ids: &[u16; MAX_CHILDREN], from: usize) {
        self.entries.length_of(fields.len());
        let mut at = 0;
        while at < fields.len() {
            self.entries.text(fields[at].name);
            self.entries.id(ids[from + at]);
            at += 1;
        }
    }

    /// What was written after the last entry becomes an entry, unless there is one like it.
    const fn settle(&mut self) -> u16 {
        let begin = self.starts[self.count];
        let length = self.entries.length - begin;
        let mut id = 0;
        while id < self.count {
            let start = self.starts[id];
            if self.starts[id + 1] - start == length && self.same(start, begin, length) {
                self.entries.length = begin;
                return id as u16;
            }
            id += 1;
        }
        assert!(self.count < MAX_TYPES, "a contract's interface has at most 512 types");
        self.count += 1;
        self.starts[self.count] = self.entries.length;
        (self.count - 1) as u16
    }

    const fn same(&self, left: usize, right: usize, length: usize) -> bool {
        let mut at = 0;
        while at < length {
            if self.entries.bytes[left + at] != self.entries.bytes[right + at] {
                return false;
            }
            at += 1;
        }
        true
    }
}

/// A type's number; only types without parts have a place here.
const fn plain(of: &Type) -> u8 {
    match of {
        Type::Unit => 0,
        Type::Bool => 1,
        Type::U8 => 2,
        Type::U16 => 3,
        Type::U32 => 4,
        Type::U64 => 5,
        Type::U128 => 6,
        Type::I8 => 7,
        Type::I16 => 8,
        Type::I32 => 9,
        Type::I64 => 10,
        Type::I128 => 11,
        Type::String => 12,
        Type::Bytes => 13,
        Type::Address => 14,
        Type::Amount => 15,
        Type::Hash => 16,
        Type::Height => 17,
        Type::TimestampMs => 18,
        Type::BasisPoints => 19,
        Type::PublicKey => 20,
        Type::Signature => 21,
        Type::Role => 22,
        Type::ChainId => 23,
        Type::Gas => 24,
        Type::ByteArray { .. }
        | Type::Option { .. }
        | Type::List { .. }
        | Type::Array { .. }
        | Type::Tuple { .. }
        | Type::Struct { .. }
        | Type::Enum { .. } => panic!("a type with parts is described by its parts"),
    }
}

macro_rules! describe_plain {
    ($($of:ty => $name:ident),* $(,)?) => {
        $(impl Describe for $of {
            const SHAPE: &'static Shape = &Shape::Plain(plain(&Type::$name));
        })*
    };
}

describe_plain! {
    () => Unit, bool => Bool,
    u8 => U8, u16 => U16, u32 => U32, u64 => U64, u128 => U128,
    i8 => I8, i16 => I16, i32 => I32, i64 => I64, i128 => I128,
    String => String, Address => Address, Amount => Amount, Hash => Hash, Height => Height,
    TimestampMs => TimestampMs, BasisPoints => BasisPoints, PublicKey => PublicKey,
    Signature => Signature, Role => Role, ChainId => ChainId, Gas => Gas,
}

impl<T: Describe> Describe for Option<T> {
    const SHAPE: &'static Shape = &Shape::Option(T::SHAPE);
}

impl<T: Describe> Describe for Vec<T> {
    const SHAPE: &'static Shape = &Shape::List(T::SHAPE);
}

impl<T: Describe, const N: usize> Describe for [T; N] {
    const SHAPE: &'static Shape = &Shape::Array(T::SHAPE, array_length(N));
}

const fn array_length(length: usize) -> u32 {
    assert!(
        length <= MAX_BYTES,
        "an array that crosses a contract's border has at most 32768 items"
    );
    length as u32
}

macro_rules! describe_tuple {
    ($($part:ident),+) => {
        impl<$($part: Describe),+> Describe for ($($part,)+) {
            const SHAPE: &'static Shape = &Shape::Tuple(&[$($part::SHAPE),+]);
        }
    };
}

describe_tuple!(A);
describe_tuple!(A, B);
describe_tuple!(A, B, C);
describe_tuple!(A, B, C, D);
describe_tuple!(A, B, C, D, E);
