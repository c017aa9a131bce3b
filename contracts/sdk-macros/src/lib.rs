//! Write what a contract's author would write by hand: entry points, interface, client.
//!
//! The macros are thin: they name things and hand them to `sdk`, which does the work. What they
//! make of the smallest contract is checked in as `contracts/counter/expanded.rs`. The crate `sdk`
//! re-exports all of them and documents their use.

use proc_macro::TokenStream;
use syn::{DeriveInput, Item, parse_macro_input};

mod derive;
mod entry;
mod interface;
mod method;
mod names;
mod storage;

/// On a struct: its fields become the contract's storage, each under its position. On the impl with
/// the methods: entry points, interface and client. See the `sdk` crate.
#[proc_macro_attribute]
pub fn contract(attributes: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as Item);
    expand(attributes.into(), item).unwrap_or_else(syn::Error::into_compile_error).into()
}

fn expand(
    attributes: proc_macro2::TokenStream,
    item: Item,
) -> syn::Result<proc_macro2::TokenStream> {
    match item {
        Item::Struct(item) => storage::expand(attributes, &item),
        Item::Impl(item) => interface::expand(&attributes, item),
        other => Err(syn::Error::new_spanned(
            other,
            "#[contract] stands on the contract's struct and on the impl with its methods",
        )),
    }
}

/// Announces a struct as an event of the same name.
#[proc_macro_derive(Event)]
pub fn event(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    derive::event(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Lets an enum refuse a call: each variant is a failure, `TooMuch { limit }` is named `TOO_MUCH`.
#[proc_macro_derive(ContractError)]
pub fn contract_error(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    derive::contract_error(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Describes a type that also derives borsh's traits, so that the interface can name it.
#[proc_macro_derive(Describe)]
pub fn describe(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    derive::describe(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

#[cfg(test)]
mod tests;
