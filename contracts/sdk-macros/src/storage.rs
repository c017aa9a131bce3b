//! `#[contract] struct`: where its fields lie, and which events it may announce.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Fields, ItemStruct, Path, Result, Token, parenthesized};

/// Most fields: each lies under one byte.
const MAX_FIELDS: usize = 256;

/// What stands in `#[contract(...)]`.
#[derive(Default)]
struct Options {
    events: Vec<Path>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let name: syn::Ident = input.parse()?;
            if name != "events" {
                return Err(Error::new(
                    name.span(),
                    "expected `events(...)`, the events that this contract announces",
                ));
            }
            let list;
            parenthesized!(list in input);
            options.events.extend(Punctuated::<Path, Token![,]>::parse_terminated(&list)?);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

pub(crate) fn expand(attributes: TokenStream, item: &ItemStruct) -> Result<TokenStream> {
    let options: Options = syn::parse2(attributes)?;
    if !item.generics.params.is_empty() {
        return Err(Error::new_spanned(&item.generics, "a contract has no generic parameters"));
    }
    let fields = match &item.fields {
        Fields::Named(fields) => &fields.named,
        Fields::Unit | Fields::Unnamed(_) => {
            return Err(Error::new_spanned(
                item,
                "a contract is a struct with named fields, such as `count: Item<u64>`",
            ));
        }
    };
    if fields.len() > MAX_FIELDS {
        return Err(Error::new_spanned(fields, "a contract has at most 256 fields"));
    }
    let contract = &item.ident;
    let events = &options.events;
    let opened = fields.iter().zip(0..=u8::MAX).map(|(field, position)| {
        let (name, of) = (&field.ident, &field.ty);
        quote!(#name: <#of as ::sdk::storage::Field>::open(#position))
    });
    Ok(quote! {
        #item

        impl ::sdk::Storage for #contract {
            const EVENTS: &'static [::sdk::abi::NamedShape] =
                &[#(<#events as ::sdk::Event>::SHAPE),*];

            fn open() -> Self {
                Self { #(#opened),* }
            }
        }

        #(impl ::sdk::Emits<#events> for #contract {})*
    })
}
