use proc_macro2::TokenStream;
use quote::ToTokens;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};
use syn::{Attribute, DeriveInput, File, Item};

/// Set to write the expansion of the counter instead of comparing it.
const REWRITE: &str = "SYNDIC_REWRITE";

/// What the compiler is told about a source: every macro of this crate expanded, one after another.
fn expand_all(source: &str) -> syn::Result<Vec<TokenStream>> {
    let file: File = syn::parse_str(source)?;
    file.items.into_iter().try_fold(Vec::new(), |mut written, item| {
        written.extend(expand_item(item)?);
        Ok(written)
    })
}

fn expand_item(mut item: Item) -> syn::Result<Vec<TokenStream>> {
    let marks = attributes(&mut item);
    let contract = marks.iter().position(|mark| mark.path().is_ident("contract"));
    if let Some(position) = contract {
        let mark = marks.remove(position);
        let options = match &mark.meta {
            syn::Meta::List(list) => list.tokens.clone(),
            _ => TokenStream::new(),
        };
        return Ok(vec![crate::expand(options, item)?]);
    }
    let derives: Vec<String> = marks
        .iter()
        .filter(|mark| mark.path().is_ident("derive"))
        .map(|mark| mark.to_token_stream().to_string())
        .collect();
    let mut written = Vec::new();
    for derives in derives {
        let input: DeriveInput = syn::parse2(item.to_token_stream())?;
        if derives.contains("ContractError") {
            written.push(crate::derive::contract_error(&input)?);
        } else if derives.contains("Event") {
            written.push(crate::derive::event(&input)?);
        } else if derives.contains("Describe") {
            written.push(crate::derive::describe(&input)?);
        }
    }
    Ok(written)
}

fn attributes(item: &mut Item) -> &mut Vec<Attribute> {
    match item {
        Item::Struct(item) => &mut item.attrs,
        Item::Enum(item) => &mut item.attrs,
        Item::Impl(item) => &mut item.attrs,
        Item::Const(item) => &mut item.attrs,
        Item::Use(item) => &mut item.attrs,
        Item::Fn(item) => &mut item.attrs,
        other => panic!("a contract's source has no {}", other.to_token_stream()),
    }
}

fn format(source: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("rustfmt belongs to the toolchain");
    let mut input = rustfmt.stdin.take().expect("it is piped");
    input.write_all(source.as_bytes()).expect("rustfmt reads");
    drop(input);
    let output = rustfmt.wait_with_output().expect("rustfmt ends");
    assert!(output.status.success(), "what the macros write is Rust");
    String::from_utf8(output.stdout).expect("rustfmt writes text")
}

#[test]
fn the_expansion_of_the_counter_is_the_one_that_was_reviewed() {
    let counter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../counter");
    let source = fs::read_to_string(counter.join("src/lib.rs")).expect("the counter is there");
    let written = expand_all(&source).expect("the counter expands");
    let mut text = String::from(
        "// What the macros make of src/lib.rs, in its order. Compared by a test of sdk-macros;\n\
         // SYNDIC_REWRITE=1 cargo test -p sdk-macros writes it anew, for review.\n\n",
    );
    for item in written {
        text.push_str(&format(&item.to_string()));
        text.push('\n');
    }
    let kept = counter.join("expanded.rs");
    if env::var_os(REWRITE).is_some() {
        fs::write(&kept, &text).expect("the tree can be written");
    }
    let reviewed = fs::read_to_string(&kept).unwrap_or_default();
    assert!(text == reviewed, "contracts/counter/expanded.rs differs; see its first lines");
}

/// What is wrong with a contract's source.
fn refusal(source: &str) -> String {
    expand_all(source).expect_err("this source has a mistake").to_string()
}

/// The message for an impl with one more method.
fn method(method: &str) -> String {
    refusal(&format!("#[contract] impl C {{ #[init] fn init(&mut self) {{}} {method} }}"))
}

#[test]
fn says_what_is_wrong_with_a_struct() {
    let cases = [
        ("#[contract] struct C;", "a contract is a struct with named fields"),
        ("#[contract] struct C(Item<u64>);", "a contract is a struct with named fields"),
        ("#[contract] struct C<T> { a: Item<T> }", "a contract has no generic parameters"),
        ("#[contract(event(A))] struct C { a: Item<u8> }", "expected `events(...)`"),
        ("#[contract] fn f() {}", "stands on the contract's struct and on the impl"),
    ];
    for (source, expected) in cases {
        let said = refusal(source);
        assert!(said.contains(expected), "{source}: {said}");
    }
}

#[test]
fn says_what_is_wrong_with_an_impl() {
    let cases = [
        ("#[contract] impl C {}", "C needs one #[init]"),
        ("#[contract] impl T for C {}", "stands on the contract's own impl"),
        ("#[contract(events(A))] impl C {}", "options stand on the struct"),
        ("#[contract] impl a::C {}", "as it is declared in this module"),
    ];
    for (source, expected) in cases {
        let said = refusal(source);
        assert!(said.contains(expected), "{source}: {said}");
    }
    assert!(method("#[init] fn other(&mut self) {}").contains("one #[init]"));
    let twice = method("#[migrate] fn a(&mut self) {} #[migrate] fn b(&mut self) {}");
    assert!(twice.contains("at most one #[migrate]"));
}

#[test]
fn says_what_is_wrong_with_a_method() {
    let cases = [
        ("#[call] fn a(&self) {}", "a method that only reads is a #[view]"),
        ("#[view] fn a(&mut self) {}", "it writes nothing; make it a #[call]"),
        ("#[call] fn a(self) {}", "the first argument is `&mut self`"),
        ("#[view] fn a() {}", "the first argument is `&self`"),
        ("#[call] fn a(&mut self, t: &str) {}", "take `String` by value"),
        ("#[call] fn a(&mut self, t: &[u8]) {}", "take `Vec<u8>` by value"),
        ("#[call] fn a(&mut self, t: impl Into<u8>) {}", "an argument has one type"),
        ("#[call] fn a(&mut self, (x, y): (u8, u8)) {}", "an argument has a plain name"),
        ("#[call] fn a(&mut self, mut x: u8) {}", "take it without `mut`"),
        ("#[call] fn a<T>(&mut self, x: T) {}", "no generic parameters"),
        ("#[call] async fn a(&mut self) {}", "it cannot be async"),
        ("#[call] unsafe fn a(&mut self) {}", "it cannot be unsafe"),
        ("#[call] fn a(&mut self) -> Result<u8> {}", "`Result<T, E>` with both types"),
        ("#[view] fn a(&self) -> &str {}", "by value"),
        ("#[call] #[view] fn a(&self) {}", "one of #[init], #[call], #[view], #[migrate]"),
        ("#[view(payable)] fn a(&self) {}", "no money comes with a view"),
        ("#[migrate(payable)] fn a(&mut self) {}", "no money comes with an upgrade"),
        ("#[call(free)] fn a(&mut self) {}", "expected `payable`"),
        ("#[call] fn _a(&mut self) {}", "a letter first"),
        ("#[call] fn aB(&mut self) {}", "small letters only"),
        ("#[call] fn paying(&mut self) {}", "`paying` is a method of every client"),
    ];
    for (source, expected) in cases {
        let said = method(source);
        assert!(said.contains(expected), "{source}: {said}");
    }
    let long = method(&format!("#[call] fn {}(&mut self) {{}}", "a".repeat(65)));
    assert!(long.contains("65 bytes on the chain, 64 at most"), "{long}");
}

#[test]
fn says_what_is_wrong_with_events_errors_and_types() {
    let cases = [
        ("#[derive(Event)] enum E { A }", "an event is a struct"),
        ("#[derive(Event)] struct E<T> { a: T }", "no generic parameters"),
        ("#[derive(Event)] struct Not_This;", "letters and digits only"),
        ("#[derive(ContractError)] struct E;", "an error is an enum"),
        ("#[derive(ContractError)] enum E {}", "an enum without variants"),
        ("#[derive(Describe)] enum E { A = 1 }", "use_discriminant = true"),
        (
            "#[derive(Describe)] #[borsh(use_discriminant = true)] enum E { A = 1, B }",
            "give every variant its number",
        ),
        (
            "#[derive(Describe)] #[borsh(use_discriminant = true)] enum E { A = X }",
            "a literal from 0 to 255",
        ),
    ];
    for (source, expected) in cases {
        let said = refusal(source);
        assert!(said.contains(expected), "{source}: {said}");
    }
}

#[test]
fn a_variant_becomes_the_name_of_a_failure() {
    let cases = [
        ("TooMuch", "TOO_MUCH"),
        ("Sig", "SIG"),
        ("NotYours2", "NOT_YOURS2"),
        ("A2B", "A2_B"),
        ("IOError", "IOERROR"),
    ];
    for (variant, expected) in cases {
        let ident = syn::parse_str(variant).expect("a name");
        assert_eq!(crate::names::failure(&ident).expect("a good name"), expected);
    }
    let ident = syn::parse_str("ÄrgerNis").expect("a name");
    assert!(crate::names::failure(&ident).is_err());
}
