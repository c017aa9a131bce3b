//! `Event`, `ContractError` and `Describe`.

use crate::names;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    Data, DataEnum, DeriveInput, Error, Expr, ExprLit, Fields, Ident, Lit, Member, Result, Type,
    Variant,
};

/// Most variants of an enum: each is numbered by one byte.
const MAX_VARIANTS: usize = 256;

pub(crate) fn event(input: &DeriveInput) -> Result<TokenStream> {
    no_generics(input)?;
    let fields = match &input.data {
        Data::Struct(item) => &item.fields,
        Data::Enum(_) | Data::Union(_) => {
            return Err(Error::new_spanned(&input.ident, "an event is a struct"));
        }
    };
    let (ident, name) = (&input.ident, names::event(&input.ident)?);
    let shapes = field_shapes(fields);
    let members = members(fields);
    let read = members.iter().map(|member| quote!(#member: input.value()?));
    Ok(quote! {
        impl ::sdk::Event for #ident {
            const SHAPE: ::sdk::abi::NamedShape =
                ::sdk::abi::NamedShape { name: #name, number: 0, fields: &[#(#shapes),*] };

            fn encode(&self) -> ::sdk::Vec<u8> {
                ::sdk::entry::Encoder::new()#(.value(&self.#members))*.finish()
            }

            fn decode(bytes: &[u8]) -> ::core::option::Option<Self> {
                let mut input = ::sdk::entry::Input::new(bytes);
                let event = Self { #(#read),* };
                input.ended().then_some(event)
            }
        }
    })
}

pub(crate) fn contract_error(input: &DeriveInput) -> Result<TokenStream> {
    no_generics(input)?;
    let ident = &input.ident;
    let variants = variants(input, "an error is an enum: its variants are the ways to refuse")?;
    let mut shapes = Vec::new();
    let mut names = Vec::new();
    let mut parts = Vec::new();
    let mut decoded = Vec::new();
    for (variant, number) in variants.variants.iter().zip(0..=u8::MAX) {
        let name = names::failure(&variant.ident)?;
        let fields = field_shapes(&variant.fields);
        shapes.push(quote! {
            ::sdk::abi::NamedShape { name: #name, number: #number, fields: &[#(#fields),*] }
        });
        let variant_name = &variant.ident;
        let (pattern, bound) = pattern(variant);
        names.push(quote!(Self::#variant_name { .. } => #name));
        parts.push(
            quote!(Self::#pattern => ::sdk::entry::Encoder::new()#(.value(#bound))*.finish()),
        );
        let members = members(&variant.fields);
        let read = members.iter().map(|member| quote!(#member: input.value()?));
        decoded.push(quote!(#name => Self::#variant_name { #(#read),* }));
    }
    Ok(quote! {
        impl ::sdk::ContractError for #ident {
            const SHAPES: &'static [::sdk::abi::NamedShape] = &[#(#shapes),*];

            fn name(&self) -> &'static str {
                match self {
                    #(#names),*
                }
            }

            fn encode(&self) -> ::sdk::Vec<u8> {
                match self {
                    #(#parts),*
                }
            }

            fn decode(name: &str, bytes: &[u8]) -> ::core::option::Option<Self> {
                let mut input = ::sdk::entry::Input::new(bytes);
                let error = match name {
                    #(#decoded,)*
                    _ => return ::core::option::Option::None,
                };
                input.ended().then_some(error)
            }
        }
    })
}

pub(crate) fn describe(input: &DeriveInput) -> Result<TokenStream> {
    no_generics(input)?;
    let (ident, name) = (&input.ident, input.ident.to_string());
    let shape = match &input.data {
        Data::Struct(item) => {
            let fields = field_shapes(&item.fields);
            quote!(::sdk::abi::Shape::Struct { name: #name, fields: &[#(#fields),*] })
        }
        Data::Enum(item) => {
            let shapes = numbered(input, item)?;
            quote!(::sdk::abi::Shape::Enum { name: #name, variants: &[#(#shapes),*] })
        }
        Data::Union(_) => return Err(Error::new_spanned(ident, "a union has no encoding")),
    };
    Ok(quote! {
        impl ::sdk::Describe for #ident {
            const SHAPE: &'static ::sdk::abi::Shape = &#shape;
        }
    })
}

/// Variants with the number that borsh gives them.
fn numbered(input: &DeriveInput, item: &DataEnum) -> Result<Vec<TokenStream>> {
    variants(input, "")?;
    let explicit = uses_discriminants(input);
    let mut shapes = Vec::new();
    for (variant, position) in item.variants.iter().zip(0..=u8::MAX) {
        let number = match &variant.discriminant {
            None if explicit == Some(true) => {
                return Err(Error::new_spanned(variant, "give every variant its number"));
            }
            None => position,
            Some(_) if explicit == Some(false) => position,
            Some((_, number)) if explicit.is_some() => literal(number)?,
            Some((_, number)) => {
                return Err(Error::new_spanned(
                    number,
                    "say with #[borsh(use_discriminant = true)] that this is its encoding",
                ));
            }
        };
        let (name, fields) = (variant.ident.to_string(), field_shapes(&variant.fields));
        shapes.push(quote! {
            ::sdk::abi::NamedShape { name: #name, number: #number, fields: &[#(#fields),*] }
        });
    }
    Ok(shapes)
}

/// What `#[borsh(use_discriminant = ...)]` says, if it stands there.
fn uses_discriminants(input: &DeriveInput) -> Option<bool> {
    let borsh = input.attrs.iter().find(|attribute| attribute.path().is_ident("borsh"))?;
    let text = borsh.meta.to_token_stream().to_string().replace(' ', "");
    text.contains("use_discriminant").then(|| text.contains("use_discriminant=true"))
}

fn literal(number: &Expr) -> Result<u8> {
    match number {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse(),
        _ => Err(Error::new_spanned(number, "a variant's number is a literal from 0 to 255")),
    }
}

fn no_generics(input: &DeriveInput) -> Result<()> {
    match input.generics.params.is_empty() {
        true => Ok(()),
        false => Err(Error::new_spanned(
            &input.generics,
            "what crosses a contract's border has no generic parameters",
        )),
    }
}

fn variants<'a>(input: &'a DeriveInput, otherwise: &str) -> Result<&'a DataEnum> {
    match &input.data {
        Data::Enum(item) if item.variants.is_empty() => {
            Err(Error::new_spanned(&input.ident, "an enum without variants has no values"))
        }
        Data::Enum(item) if item.variants.len() > MAX_VARIANTS => {
            Err(Error::new_spanned(&input.ident, "an enum has at most 256 variants"))
        }
        Data::Enum(item) => Ok(item),
        Data::Struct(_) | Data::Union(_) => Err(Error::new_spanned(&input.ident, otherwise)),
    }
}

/// Fields by name, or by position in a tuple.
fn members(fields: &Fields) -> Vec<Member> {
    fields.members().collect()
}

fn field_shapes(fields: &Fields) -> Vec<TokenStream> {
    let types: Vec<&Type> = fields.iter().map(|field| &field.ty).collect();
    let shape = |(member, of): (Member, &&Type)| {
        let name = match member {
            Member::Named(name) => name.to_string(),
            Member::Unnamed(index) => index.index.to_string(),
        };
        quote!(::sdk::abi::FieldShape { name: #name, of: <#of as ::sdk::Describe>::SHAPE })
    };
    fields.members().zip(&types).map(shape).collect()
}

/// A pattern that binds every field of a variant, and the names that it binds.
fn pattern(variant: &Variant) -> (TokenStream, Vec<Ident>) {
    let name = &variant.ident;
    let members = members(&variant.fields);
    let bound: Vec<Ident> = (0..members.len()).map(|n| quote::format_ident!("field_{n}")).collect();
    (quote!(#name { #(#members: #bound),* }), bound)
}
