//! Rewrite a good module so that its use of stack and memory is counted alike on every processor.
//!
//! How deep calls may nest before the native stack ends depends on the compiler. So each function
//! takes, on entry, its weight from a counter and gives it back on return (`docs/protocol.md` 8.2):
//! 16 bytes for each parameter, local and operand, and 64 for the call. A counter below zero is
//! [`types::Code::StackExhausted`]. The body becomes a block, so that whatever leaves it, by
//! falling through, by a branch or by `return`, meets the giving back; a trap ends the instance
//! anyhow.
//!
//! The counter is a global with the index after the module's last, which validated code cannot
//! name. It is exported, under a name that no module may use, so that the machine can read it after
//! a trap.
//!
//! Growing memory costs [`gas::PAGE`] a page, more than the engine's table of operators can say: a
//! function with the index after the module's last runs a loop of an operator that contracts cannot
//! have, priced for this alone, and grows then.

use crate::gas;
use crate::limits;
use crate::module::{Edit, FunctionPlan, Inspection};
use wasm_encoder::{CodeSection, Encode, Module, RawSection, SectionId};
use wasmparser::{Parser, Payload, ValType};

/// The counter's export.
pub(crate) const COUNTER: &str = "chain_v1_internal.stack";

/// What a function takes of the counter, in bytes.
const fn weight(slots: u32) -> u32 {
    slots.saturating_mul(16).saturating_add(64)
}

// The counter is at most a limit and at least a limit less the heaviest weight: it cannot wrap.
const _: () = {
    let most_slots = limits::MAX_BODY_BYTES * limits::MAX_RESULTS;
    assert!(most_slots * 16 + 64 <= i32::MAX as usize);
    assert!(limits::STACK_BYTES <= i32::MAX as u32);
};

mod op {
    pub(super) const UNREACHABLE: u8 = 0x00;
    pub(super) const BLOCK: u8 = 0x02;
    pub(super) const LOOP: u8 = 0x03;
    pub(super) const IF: u8 = 0x04;
    pub(super) const END: u8 = 0x0b;
    pub(super) const BR: u8 = 0x0c;
    pub(super) const BR_IF: u8 = 0x0d;
    pub(super) const RETURN: u8 = 0x0f;
    pub(super) const CALL: u8 = 0x10;
    pub(super) const DROP: u8 = 0x1a;
    pub(super) const LOCAL_GET: u8 = 0x20;
    pub(super) const LOCAL_SET: u8 = 0x21;
    pub(super) const LOCAL_TEE: u8 = 0x22;
    pub(super) const GLOBAL_GET: u8 = 0x23;
    pub(super) const GLOBAL_SET: u8 = 0x24;
    pub(super) const MEMORY_GROW: u8 = 0x40;
    pub(super) const I32_CONST: u8 = 0x41;
    pub(super) const F64_CONST: u8 = 0x44;
    pub(super) const I32_LT_S: u8 = 0x48;
    pub(super) const I32_GT_U: u8 = 0x4b;
    pub(super) const I32_ADD: u8 = 0x6a;
    pub(super) const I32_SUB: u8 = 0x6b;
    pub(super) const F64_NEG: u8 = 0x9a;
}

const EMPTY_BLOCK: u8 = 0x40;
const I32: u8 = 0x7f;
const I64: u8 = 0x7e;
const FUNCREF: u8 = 0x70;
const FUNCTION_TYPE: u8 = 0x60;

/// The module with its stack and growth counted. The same bytes give the same bytes.
pub(crate) fn instrument(code: &[u8], inspection: &Inspection) -> Vec<u8> {
    let mut pass = Pass::new(inspection);
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(code) {
        let payload = payload.expect("the module was found good");
        pass.section(&mut module, code, &payload);
    }
    module.finish()
}

struct Pass<'a> {
    inspection: &'a Inspection,
    /// Types added behind the module's own: for the growing function, and for bodies with more
    /// than one result.
    types: Vec<u8>,
    types_added: u32,
    /// For each of the module's types, what its functions' bodies are as a block.
    blocks: Vec<Vec<u8>>,
    grow_type: u32,
    counter_written: bool,
    code_written: bool,
}

impl<'a> Pass<'a> {
    fn new(inspection: &'a Inspection) -> Self {
        let mut pass = Self {
            inspection,
            types: Vec::new(),
            types_added: 0,
            blocks: Vec::new(),
            grow_type: 0,
            counter_written: false,
            code_written: false,
        };
        pass.grow_type = pass.add_type(&[ValType::I32], &[ValType::I32]);
        for function in &inspection.types {
            let mut block = Vec::new();
            match function.results() {
                [] => block.push(EMPTY_BLOCK),
                [result] => block.push(value_type(*result)),
                results => i64::from(pass.add_type(&[], results)).encode(&mut block),
            }
            pass.blocks.push(block);
        }
        pass
    }

    fn add_type(&mut self, parameters: &[ValType], results: &[ValType]) -> u32 {
        self.types.push(FUNCTION_TYPE);
        for list in [parameters, results] {
            list.len().encode(&mut self.types);
            self.types.extend(list.iter().map(|kind| value_type(*kind)));
        }
        let index = count(self.inspection.types.len()).saturating_add(self.types_added);
        self.types_added = self.types_added.saturating_add(1);
        index
    }

    fn section(&mut self, module: &mut Module, code: &[u8], payload: &Payload<'_>) {
        match payload {
            Payload::TypeSection(types) => {
                let entries = &code[types.range()];
                append(module, SectionId::Type, entries, self.types_added, &self.types);
            }
            Payload::FunctionSection(functions) => {
                let mut entry = Vec::new();
                self.grow_type.encode(&mut entry);
                append(module, SectionId::Function, &code[functions.range()], 1, &entry);
            }
            Payload::GlobalSection(globals) => self.counter(module, &code[globals.range()]),
            Payload::ExportSection(exports) => {
                if !self.counter_written {
                    self.counter(module, &[0]);
                }
                let mut entry = Vec::new();
                COUNTER.encode(&mut entry);
                entry.push(0x03);
                self.counter_index().encode(&mut entry);
                append(module, SectionId::Export, &code[exports.range()], 1, &entry);
            }
            Payload::CodeSectionEntry(_) if !self.code_written => {
                module.section(&self.bodies(code));
                self.code_written = true;
            }
            // The rest is copied, but what only people and tools read.
            Payload::CustomSection(_) => {}
            other => {
                if let Some((id, range)) = other.as_section()
                    && id != u8::from(SectionId::Code)
                {
                    module.section(&RawSection { id, data: &code[range] });
                }
            }
        }
    }

    /// The globals with the counter behind them.
    fn counter(&mut self, module: &mut Module, entries: &[u8]) {
        let mut entry = vec![I32, 0x01, op::I32_CONST];
        signed(limits::STACK_BYTES).encode(&mut entry);
        entry.push(op::END);
        append(module, SectionId::Global, entries, 1, &entry);
        self.counter_written = true;
    }

    fn counter_index(&self) -> u32 {
        self.inspection.globals
    }

    fn bodies(&self, code: &[u8]) -> CodeSection {
        let mut bodies = CodeSection::new();
        for plan in &self.inspection.functions {
            bodies.raw(&self.body(code, plan));
        }
        bodies.raw(&grow_body());
        bodies
    }

    fn body(&self, code: &[u8], plan: &FunctionPlan) -> Vec<u8> {
        let mut body = code[plan.locals.clone()].to_vec();
        let weight = signed(weight(plan.slots));
        self.add_to_counter(&mut body, op::I32_SUB, weight);
        body.push(op::GLOBAL_GET);
        self.counter_index().encode(&mut body);
        body.extend([op::I32_CONST, 0, op::I32_LT_S]);
        body.extend([op::IF, EMPTY_BLOCK, op::UNREACHABLE, op::END]);
        body.push(op::BLOCK);
        let type_index = usize::try_from(plan.type_index).expect("an index fits memory");
        body.extend(&self.blocks[type_index]);
        let mut from = plan.operators.start;
        for (range, edit) in &plan.edits {
            body.extend(&code[from..range.start]);
            self.edit(&mut body, *edit);
            from = range.end;
        }
        // The last `end` closes the block; another one closes the function.
        body.extend(&code[from..plan.operators.end]);
        self.add_to_counter(&mut body, op::I32_ADD, weight);
        body.push(op::END);
        body
    }

    fn edit(&self, body: &mut Vec<u8>, edit: Edit) {
        match edit {
            Edit::Return { nesting } => {
                body.push(op::BR);
                nesting.encode(body);
            }
            Edit::Grow => {
                body.push(op::CALL);
                self.inspection.facts.functions.encode(body);
            }
        }
    }

    fn add_to_counter(&self, body: &mut Vec<u8>, operator: u8, weight: i32) {
        body.push(op::GLOBAL_GET);
        self.counter_index().encode(body);
        body.push(op::I32_CONST);
        weight.encode(body);
        body.extend([operator, op::GLOBAL_SET]);
        self.counter_index().encode(body);
    }
}

/// `grow(pages) -> pages before, or −1`: pays, then grows. More pages than any memory may have are
/// refused outright, so that nobody pays for what cannot be.
fn grow_body() -> Vec<u8> {
    let pages = i32::try_from(limits::MAX_MEMORY_PAGES).expect("a limit fits");
    let mut body = vec![1, 1, I32];
    body.extend([op::LOCAL_GET, 0, op::I32_CONST]);
    pages.encode(&mut body);
    body.extend([op::I32_GT_U, op::IF, EMPTY_BLOCK, op::I32_CONST]);
    (-1_i32).encode(&mut body);
    body.extend([op::RETURN, op::END]);
    body.extend([op::LOCAL_GET, 0, op::LOCAL_SET, 1]);
    body.extend([op::BLOCK, EMPTY_BLOCK, op::LOOP, EMPTY_BLOCK]);
    // Once around for each page, and once more to see that none is left.
    body.extend([op::LOCAL_GET, 1, op::I32_CONST, 1, op::I32_SUB, op::LOCAL_TEE, 1]);
    body.extend([op::I32_CONST, 0, op::I32_LT_S, op::BR_IF, 1]);
    body.push(op::F64_CONST);
    // Zero, as a float.
    body.extend([0; 8]);
    body.extend([op::F64_NEG].repeat(gas::CHARGES_PER_PAGE));
    body.extend([op::DROP, op::BR, 0, op::END, op::END]);
    body.extend([op::LOCAL_GET, 0, op::MEMORY_GROW, 0, op::END]);
    body
}

/// A section of a count and entries, with entries added behind.
fn append(module: &mut Module, id: SectionId, section: &[u8], added: u32, entries: &[u8]) {
    let mut reader = wasmparser::BinaryReader::new(section, 0);
    let old = reader.read_var_u32().expect("the module was found good");
    let mut data = Vec::with_capacity(section.len().saturating_add(entries.len()));
    old.saturating_add(added).encode(&mut data);
    data.extend(&section[reader.current_position()..]);
    data.extend(entries);
    module.section(&RawSection { id: id.into(), data: &data });
}

fn value_type(kind: ValType) -> u8 {
    match kind {
        ValType::I32 => I32,
        ValType::I64 => I64,
        ValType::Ref(_) => FUNCREF,
        ValType::F32 | ValType::F64 | ValType::V128 => {
            unreachable!("a good module has integers and functions only")
        }
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).expect("a good module is small")
}

fn signed(value: u32) -> i32 {
    i32::try_from(value).expect("weights and limits are far below 2^31")
}

#[cfg(test)]
mod tests;
