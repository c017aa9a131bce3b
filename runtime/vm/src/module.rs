//! Whether the chain takes a module: a verdict over its bytes alone (`docs/protocol.md` 8.1).
//!
//! The validator of wasmparser runs with exactly the features of `FEATURES`; the limits that the
//! chain adds are checked along the way, each with a name of its own. Nothing here is a clock, an
//! allocation beyond the module's own size, or a matter of what the compiler thinks.

use crate::imports;
use crate::limits;
use crate::work::Work;
use core::fmt;
use core::ops::Range;
use wasmparser::{
    CompositeInnerType, DataSectionReader, ElementItems, ElementSectionReader, Encoding, Error,
    ExportSectionReader, ExternalKind, FuncToValidate, FuncType, FuncValidator,
    FuncValidatorAllocations, FunctionBody, ImportSectionReader, Operator, OperatorsReader, Parser,
    Payload, TypeRef, TypeSectionReader, ValType, ValidPayload, Validator, ValidatorResources,
    WasmFeatures,
};

/// What rustc emits, less floats: everything else is refused.
pub(crate) const FEATURES: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::REFERENCE_TYPES);

/// Globals that linkers export to say where data ends; nothing reads them here.
const LINKER_GLOBALS: [&str; 2] = ["__data_end", "__heap_base"];

/// What a good module says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleFacts {
    /// Its methods, as exported (`init`, `migrate`, `call:NAME`, `view:NAME`), ascending.
    pub methods: Vec<String>,
    /// Its custom sections by name, in their order: the ABI is one of them.
    pub sections: Vec<(String, Vec<u8>)>,
    /// Functions, imported ones included.
    pub functions: u32,
    /// Pages of 64 KiB that its memory begins with.
    pub memory_pages: u64,
    /// What compiling it takes, of [`limits::MAX_COMPILE_WORK`].
    pub compile_work: u64,
}

/// Why a module is refused. It says the same in every node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleError {
    /// Which rule, as one word of capitals: `GLOBALS`.
    pub rule: &'static str,
    /// What breaks it: `function 12`, `import env.print`.
    pub what: String,
    /// What it is or has.
    pub value: String,
    /// What is allowed; empty if the rule says all.
    pub limit: String,
}

impl ModuleError {
    fn new(
        rule: &'static str,
        what: impl fmt::Display,
        value: impl fmt::Display,
        limit: impl fmt::Display,
    ) -> Self {
        let (what, value) = (what.to_string(), value.to_string());
        Self { rule, what, value, limit: limit.to_string() }
    }
}

impl fmt::Display for ModuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.rule, self.what, self.value)?;
        if self.limit.is_empty() { Ok(()) } else { write!(f, ", allowed is {}", self.limit) }
    }
}

impl core::error::Error for ModuleError {}

impl From<Error> for ModuleError {
    fn from(error: Error) -> Self {
        let rule = match error.missing_wasm_feature() {
            Some(feature) if feature == WasmFeatures::FLOATS => "FLOATS",
            Some(_) => "FEATURE",
            None => "INVALID",
        };
        Self::new(rule, format_args!("byte {}", error.offset()), error.message(), "")
    }
}

/// Judge a module by its bytes alone.
///
/// # Errors
/// [`ModuleError`] with the first rule that it breaks.
pub fn check(code: &[u8]) -> Result<ModuleFacts, ModuleError> {
    inspect(code).map(|inspection| inspection.facts)
}

/// A good module as the stack pass reads it.
#[derive(Debug)]
pub(crate) struct Inspection {
    pub(crate) facts: ModuleFacts,
    /// Its types, in order; all are functions.
    pub(crate) types: Vec<FuncType>,
    /// Globals that it defines.
    pub(crate) globals: u32,
    /// Bytes of data and elements.
    pub(crate) segment_bytes: usize,
    /// Its own functions, in the order of their bodies.
    pub(crate) functions: Vec<FunctionPlan>,
}

/// What the stack pass puts in the place of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    /// A branch for a `return`, out of so many blocks, the body not included.
    Return {
        /// How many.
        nesting: u32,
    },
    /// A call for a `memory.grow`.
    Grow,
}

/// What the stack pass needs to know of one body.
#[derive(Clone, Debug)]
pub(crate) struct FunctionPlan {
    /// Position of its type.
    pub(crate) type_index: u32,
    /// Where its locals stand in the module.
    pub(crate) locals: Range<usize>,
    /// Where its operators stand, the last `end` included.
    pub(crate) operators: Range<usize>,
    /// The operators that the pass writes anew, with where they stand, ascending.
    pub(crate) edits: Vec<(Range<usize>, Edit)>,
    /// Parameters, locals and the highest number of operands.
    pub(crate) slots: u32,
}

/// [`check`], with what the stack pass needs.
pub(crate) fn inspect(code: &[u8]) -> Result<Inspection, ModuleError> {
    at_most("CODE_BYTES", "code", code.len(), limits::MAX_CODE_BYTES)?;
    let mut walk = Walk::new();
    for payload in Parser::new(0).parse_all(code) {
        walk.section(&payload?)?;
    }
    walk.finish()
}

struct Walk {
    validator: Validator,
    allocations: FuncValidatorAllocations,
    inspection: Inspection,
    /// The type of every function, imported ones first.
    function_types: Vec<u32>,
    imported: u32,
    has_memory: bool,
}

impl Walk {
    fn new() -> Self {
        let facts = ModuleFacts {
            methods: Vec::new(),
            sections: Vec::new(),
            functions: 0,
            memory_pages: 0,
            compile_work: 0,
        };
        let inspection = Inspection {
            facts,
            types: Vec::new(),
            globals: 0,
            segment_bytes: 0,
            functions: Vec::new(),
        };
        Self {
            validator: Validator::new_with_features(FEATURES),
            allocations: FuncValidatorAllocations::default(),
            inspection,
            function_types: Vec::new(),
            imported: 0,
            has_memory: false,
        }
    }

    /// The chain's limits come before the validator, which would do the work they save.
    fn section(&mut self, payload: &Payload<'_>) -> Result<(), ModuleError> {
        match payload {
            Payload::Version { encoding: Encoding::Component, .. } => {
                return Err(ModuleError::new("INVALID", "code", "a component", "a core module"));
            }
            Payload::TypeSection(types) => self.types(types)?,
            Payload::ImportSection(imports) => self.imports(imports)?,
            Payload::FunctionSection(functions) => {
                at_most_32("FUNCTIONS", "module", functions.count(), limits::MAX_FUNCTIONS)?;
                for type_index in functions.clone() {
                    self.function_types.push(type_index?);
                }
            }
            Payload::TableSection(tables) => {
                at_most_32("TABLES", "module", tables.count(), 1)?;
                for table in tables.clone() {
                    let elements = table?.ty.initial;
                    let limit = limits::MAX_TABLE_ELEMENTS;
                    at_most_64("TABLE_ELEMENTS", "table", elements, limit)?;
                }
            }
            Payload::MemorySection(memories) => {
                at_most_32("MEMORIES", "module", memories.count(), 1)?;
                for memory in memories.clone() {
                    let pages = memory?.initial;
                    at_most_64("MEMORY_PAGES", "memory", pages, limits::MAX_MEMORY_PAGES)?;
                    self.inspection.facts.memory_pages = pages;
                }
            }
            Payload::GlobalSection(globals) => {
                at_most_32("GLOBALS", "module", globals.count(), limits::MAX_GLOBALS)?;
                self.inspection.globals = globals.count();
            }
            Payload::ExportSection(exports) => self.exports(exports)?,
            Payload::StartSection { func, .. } => {
                let what = format_args!("function {func}");
                return Err(ModuleError::new("START", what, "runs at the start", ""));
            }
            Payload::ElementSection(elements) => self.elements(elements)?,
            Payload::DataSection(data) => self.data(data)?,
            Payload::CustomSection(section) => {
                let entry = (section.name().to_owned(), section.data().to_vec());
                self.inspection.facts.sections.push(entry);
            }
            _ => {}
        }
        match self.validator.payload(payload)? {
            ValidPayload::Func(function, body) => self.body(function, &body),
            ValidPayload::Ok | ValidPayload::Parser(_) | ValidPayload::End(_) => Ok(()),
        }
    }

    fn types(&mut self, types: &TypeSectionReader<'_>) -> Result<(), ModuleError> {
        at_most_32("TYPES", "module", types.count(), limits::MAX_TYPES)?;
        for group in types.clone() {
            for subtype in group?.into_types() {
                let position = self.inspection.types.len();
                let CompositeInnerType::Func(function) = subtype.composite_type.inner else {
                    let what = format_args!("type {position}");
                    return Err(ModuleError::new("FEATURE", what, "no function", "functions"));
                };
                let what = format!("type {position}");
                at_most("PARAMETERS", &what, function.params().len(), limits::MAX_PARAMETERS)?;
                at_most("RESULTS", &what, function.results().len(), limits::MAX_RESULTS)?;
                self.inspection.types.push(function);
            }
        }
        Ok(())
    }

    fn imports(&mut self, imports: &ImportSectionReader<'_>) -> Result<(), ModuleError> {
        for import in imports.clone().into_imports() {
            let import = import?;
            let what = format!("import {:?} {:?}", import.module, import.name);
            let known = imports::signature(import.module, import.name);
            let Some(known) = known else {
                let limit = "the functions of chain_v1";
                return Err(ModuleError::new("IMPORT", what, "unknown", limit));
            };
            let TypeRef::Func(type_index) = import.ty else {
                return Err(ModuleError::new("IMPORT", what, "no function", known));
            };
            let index = usize::try_from(type_index).unwrap_or(usize::MAX);
            match self.inspection.types.get(index) {
                Some(found) if known.is(found.params(), found.results()) => {}
                Some(found) => {
                    let found = format!("{:?} -> {:?}", found.params(), found.results());
                    return Err(ModuleError::new("IMPORT_TYPE", what, found, known));
                }
                // The validator says which type is missing.
                None => {}
            }
            self.function_types.push(type_index);
            self.imported = self.imported.saturating_add(1);
        }
        Ok(())
    }

    fn exports(&mut self, exports: &ExportSectionReader<'_>) -> Result<(), ModuleError> {
        for export in exports.clone() {
            let export = export?;
            let what = format!("export {:?}", export.name);
            let good = match export.kind {
                ExternalKind::Func => is_entry(export.name),
                ExternalKind::Memory => export.name == "memory",
                ExternalKind::Global => LINKER_GLOBALS.contains(&export.name),
                _ => false,
            };
            if !good {
                let limit = "memory, init, migrate, call:NAME, view:NAME";
                return Err(ModuleError::new("EXPORT", what, kind(export.kind), limit));
            }
            if export.kind == ExternalKind::Memory {
                self.has_memory = true;
            }
            if export.kind == ExternalKind::Func {
                self.method(&what, export.index)?;
                self.inspection.facts.methods.push(export.name.to_owned());
            }
        }
        Ok(())
    }

    fn method(&self, what: &str, index: u32) -> Result<(), ModuleError> {
        if index < self.imported {
            return Err(ModuleError::new("METHOD_TYPE", what, "imported", "own functions"));
        }
        let type_index = usize::try_from(index).ok().and_then(|at| self.function_types.get(at));
        let function = type_index
            .and_then(|at| usize::try_from(*at).ok())
            .and_then(|at| self.inspection.types.get(at));
        match function {
            Some(function) if function.params().is_empty() && function.results().is_empty() => {
                Ok(())
            }
            Some(function) => {
                let found = format!("{:?} -> {:?}", function.params(), function.results());
                Err(ModuleError::new("METHOD_TYPE", what, found, "[] -> []"))
            }
            // The validator says which function is missing.
            None => Ok(()),
        }
    }

    fn elements(&mut self, elements: &ElementSectionReader<'_>) -> Result<(), ModuleError> {
        for element in elements.clone() {
            let count = match element?.items {
                ElementItems::Functions(functions) => functions.count(),
                ElementItems::Expressions(_, expressions) => expressions.count(),
            };
            let bytes = usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(8);
            self.segment(bytes)?;
        }
        Ok(())
    }

    fn data(&mut self, data: &DataSectionReader<'_>) -> Result<(), ModuleError> {
        for segment in data.clone() {
            self.segment(segment?.data.len())?;
        }
        Ok(())
    }

    fn segment(&mut self, bytes: usize) -> Result<(), ModuleError> {
        let bytes = self.inspection.segment_bytes.saturating_add(bytes);
        self.inspection.segment_bytes = bytes;
        at_most("SEGMENT_BYTES", "data and elements", bytes, limits::MAX_SEGMENT_BYTES)
    }

    fn body(
        &mut self,
        function: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'_>,
    ) -> Result<(), ModuleError> {
        let what = format!("function {}", function.index);
        at_most("BODY_BYTES", &what, body.range().len(), limits::MAX_BODY_BYTES)?;
        let allocations = core::mem::take(&mut self.allocations);
        let (index, type_index) = (function.index, function.ty);
        let mut validator = function.into_validator(allocations);
        let (plan, work) = walk_body(&mut validator, body, &what, type_index)?;
        let work = self.inspection.facts.compile_work.saturating_add(work);
        self.inspection.facts.compile_work = work;
        at_most_64("COMPILE_WORK", &what, work, limits::MAX_COMPILE_WORK)?;
        self.allocations = validator.into_allocations();
        debug_assert!(index >= self.imported, "imported functions have no body");
        self.inspection.functions.push(plan);
        Ok(())
    }

    fn finish(mut self) -> Result<Inspection, ModuleError> {
        if self.inspection.facts.methods.is_empty() {
            return Err(ModuleError::new("METHODS", "exports", "none", "at least one"));
        }
        if !self.has_memory {
            return Err(ModuleError::new("MEMORIES", "export \"memory\"", "none", "one"));
        }
        let functions = u32::try_from(self.function_types.len()).unwrap_or(u32::MAX);
        at_most_32("FUNCTIONS", "module", functions, limits::MAX_FUNCTIONS)?;
        self.inspection.facts.functions = functions;
        self.inspection.facts.methods.sort_unstable();
        Ok(self.inspection)
    }
}

/// Validate one body operator by operator, with the chain's limits on it. Also the
/// work to compile it.
fn walk_body(
    validator: &mut FuncValidator<ValidatorResources>,
    body: &FunctionBody<'_>,
    what: &str,
    type_index: u32,
) -> Result<(FunctionPlan, u64), ModuleError> {
    let mut reader = body.get_binary_reader();
    reader.set_features(FEATURES);
    let parameters = validator.len_locals();
    let locals_start = reader.original_position();
    for _ in 0..reader.read_var_u32()? {
        let offset = reader.original_position();
        let (count, kind): (u32, ValType) = (reader.read()?, reader.read()?);
        let locals = validator.len_locals().saturating_sub(parameters).saturating_add(count);
        at_most_32("LOCALS", what, locals, limits::MAX_LOCALS)?;
        validator.define_locals(offset, count, kind)?;
    }
    let operators_start = reader.original_position();
    let (mut operands, mut work, mut edits) = (0, Work::default(), Vec::new());
    let mut operators = OperatorsReader::new(reader);
    while !operators.eof() {
        let position = operators.original_position();
        let operator = operators.read()?;
        let range = position..operators.original_position();
        match &operator {
            // The function itself is one frame.
            Operator::Return => {
                let nesting = validator.control_stack_height().saturating_sub(1);
                edits.push((range, Edit::Return { nesting }));
            }
            Operator::MemoryGrow { .. } => edits.push((range, Edit::Grow)),
            Operator::BrTable { targets } => {
                let limit = limits::MAX_BRANCH_TARGETS;
                at_most_32("BRANCH_TARGETS", what, targets.len(), limit)?;
            }
            _ => {}
        }
        work.add(&operator);
        validator.op(position, &operator)?;
        operands = operands.max(validator.operand_stack_height());
        let nesting = validator.control_stack_height().saturating_sub(1);
        at_most_32("NESTING", what, nesting, limits::MAX_NESTING)?;
    }
    operators.finish()?;
    let plan = FunctionPlan {
        type_index,
        locals: locals_start..operators_start,
        operators: operators_start..body.range().end,
        edits,
        slots: validator.len_locals().saturating_add(operands),
    };
    let work = work.of(plan.slots);
    Ok((plan, work))
}

/// Whether a function may be exported under this name.
fn is_entry(name: &str) -> bool {
    let method = |prefix| name.strip_prefix(prefix).is_some_and(types::contract::is_method_name);
    matches!(name, "init" | "migrate") || method("call:") || method("view:")
}

fn kind(kind: ExternalKind) -> &'static str {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => "a function",
        ExternalKind::Table => "a table",
        ExternalKind::Memory => "a memory",
        ExternalKind::Global => "a global",
        ExternalKind::Tag => "a tag",
    }
}

fn at_most(
    rule: &'static str,
    what: impl fmt::Display,
    value: usize,
    limit: usize,
) -> Result<(), ModuleError> {
    if value <= limit { Ok(()) } else { Err(ModuleError::new(rule, what, value, limit)) }
}

fn at_most_32(
    rule: &'static str,
    what: impl fmt::Display,
    value: u32,
    limit: u32,
) -> Result<(), ModuleError> {
    at_most_64(rule, what, u64::from(value), u64::from(limit))
}

fn at_most_64(
    rule: &'static str,
    what: impl fmt::Display,
    value: u64,
    limit: u64,
) -> Result<(), ModuleError> {
    if value <= limit { Ok(()) } else { Err(ModuleError::new(rule, what, value, limit)) }
}

#[cfg(test)]
mod tests;
