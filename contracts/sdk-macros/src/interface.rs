//! `#[contract] impl`: the interface, the entry points and the client of a contract.

use crate::entry;
use crate::method::{Kind, Method};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{Error, Ident, ImplItem, ItemImpl, Result, Type};

pub(crate) fn expand(attributes: &TokenStream, mut item: ItemImpl) -> Result<TokenStream> {
    if !attributes.is_empty() {
        return Err(Error::new_spanned(
            attributes,
            "options stand on the struct: #[contract(events(...))] struct ...",
        ));
    }
    let contract = contract_name(&item)?;
    let methods = take_methods(&mut item)?;
    check_set(&contract, &methods)?;
    let handlers = methods.iter().map(|method| entry::handler(&contract, method));
    let exports = methods.iter().map(entry::export);
    let interface = interface(&contract, &methods);
    let client = client(&contract, &methods);
    Ok(quote! {
        #item

        const _: () = {
            #(#handlers)*
            #interface
            #(#exports)*
        };

        #client
    })
}

fn contract_name(item: &ItemImpl) -> Result<Ident> {
    if let Some((_, path, _)) = &item.trait_ {
        return Err(Error::new_spanned(path, "#[contract] stands on the contract's own impl"));
    }
    if !item.generics.params.is_empty() {
        return Err(Error::new_spanned(&item.generics, "a contract has no generic parameters"));
    }
    match item.self_ty.as_ref() {
        Type::Path(path) => path.path.get_ident().cloned().ok_or_else(|| {
            Error::new_spanned(path, "name the contract as it is declared in this module")
        }),
        other => Err(Error::new_spanned(other, "name the contract's struct")),
    }
}

fn take_methods(item: &mut ItemImpl) -> Result<Vec<Method>> {
    let mut methods = Vec::new();
    let functions = item.items.iter_mut().filter_map(|item| match item {
        ImplItem::Fn(function) => Some(function),
        _ => None,
    });
    for function in functions {
        methods.extend(Method::take(function)?);
    }
    Ok(methods)
}

fn check_set(contract: &Ident, methods: &[Method]) -> Result<()> {
    let second = |kind| methods.iter().filter(move |method| method.kind == kind).nth(1);
    if let Some(method) = second(Kind::Init) {
        return Err(Error::new_spanned(&method.ident, "a contract has one #[init]"));
    }
    if let Some(method) = second(Kind::Migrate) {
        return Err(Error::new_spanned(&method.ident, "a contract has at most one #[migrate]"));
    }
    if !methods.iter().any(|method| method.kind == Kind::Init) {
        let message = format!(
            "{contract} needs one #[init]: `#[init] pub fn init(&mut self) {{}}` if nothing is to be set"
        );
        return Err(Error::new_spanned(contract, message));
    }
    Ok(())
}

/// `impl Contract`: names, entries and the description that becomes the ABI section.
fn interface(contract: &Ident, methods: &[Method]) -> TokenStream {
    let name = contract.to_string();
    let shapes = methods.iter().map(method_shape);
    let entries = methods.iter().map(|method| {
        let (export, payable) = (method.kind.export(&method.name), method.payable);
        let handler = entry::handler_name(method);
        quote!(::sdk::entry::Entry { export: #export, payable: #payable, handler: #handler })
    });
    let errors = distinct_errors(methods);
    let audit = methods.iter().find(|method| method.name == "audit").map(|method| {
        let ident = &method.ident;
        quote! {
            const _: fn(&#contract) -> ::sdk::Vec<::sdk::Bucket> = #contract::#ident;
        }
    });
    quote! {
        const INTERFACE: ::sdk::abi::Interface = ::sdk::abi::Interface {
            name: #name,
            methods: &[#(#shapes),*],
            errors: &[#(<#errors as ::sdk::ContractError>::SHAPES),*],
            events: <#contract as ::sdk::Storage>::EVENTS,
        };
        const ENCODED: ::sdk::abi::Encoded = ::sdk::abi::encode(&INTERFACE);

        impl ::sdk::Contract for #contract {
            const NAME: &'static str = #name;
            const PACKAGE: &'static str = env!("CARGO_PKG_NAME");
            const ENTRIES: &'static [::sdk::entry::Entry] = &[#(#entries),*];
            const ABI: &'static [u8] = &ENCODED.exact::<{ ENCODED.len() }>();
        }

        #audit

        #[cfg(all(target_arch = "wasm32", not(feature = "library")))]
        #[allow(unexpected_cfgs, unsafe_code)]
        #[used]
        #[unsafe(link_section = "abi")]
        static SECTION: [u8; ENCODED.len()] = ENCODED.exact::<{ ENCODED.len() }>();
    }
}

fn method_shape(method: &Method) -> TokenStream {
    let (name, kind, payable) = (&method.name, method.kind.number(), method.payable);
    let output = &method.output;
    let arguments = method.arguments.iter().map(|(name, of)| {
        let name = name.to_string();
        quote!(::sdk::abi::FieldShape { name: #name, of: <#of as ::sdk::Describe>::SHAPE })
    });
    quote! {
        ::sdk::abi::MethodShape {
            name: #name,
            kind: #kind,
            payable: #payable,
            arguments: &[#(#arguments),*],
            output: <#output as ::sdk::Describe>::SHAPE,
        }
    }
}

fn distinct_errors(methods: &[Method]) -> Vec<&Type> {
    let mut errors: Vec<&Type> = Vec::new();
    for error in methods.iter().filter_map(|method| method.error.as_ref()) {
        let text = error.to_token_stream().to_string();
        if !errors.iter().any(|known| known.to_token_stream().to_string() == text) {
            errors.push(error);
        }
    }
    errors
}

/// The typed client: one method for each call and view.
fn client(contract: &Ident, methods: &[Method]) -> TokenStream {
    let client = format_ident!("{contract}Client");
    let about =
        format!("Calls a [`{contract}`]: from another contract, or as an account in a test.");
    let callable = methods.iter().filter(|method| matches!(method.kind, Kind::Call | Kind::View));
    let calls = callable.map(|method| {
        let (docs, ident, name) = (&method.docs, &method.ident, &method.name);
        let (names, types) = unzip(method);
        let (output, error) = (&method.output, error(method));
        quote! {
            #(#docs)*
            ///
            /// # Errors
            /// If the contract or the chain refuses.
            pub fn #ident(&self, #(#names: #types),*)
                -> ::core::result::Result<#output, ::sdk::CallError<#error>>
            {
                self.target.call(#name, ::sdk::entry::Encoder::new()#(.value(&#names))*.finish())
            }
        }
    });
    let births = methods.iter().filter_map(|method| birth(contract, method));
    quote! {
        #[doc = #about]
        #[derive(Clone, Debug)]
        pub struct #client<C = ::sdk::client::FromContract> {
            target: ::sdk::client::Target<C>,
        }

        impl #client {
            /// The contract at this address, called by the contract that runs.
            #[must_use]
            pub fn at(contract: ::sdk::Address) -> Self {
                Self { target: ::sdk::client::Target::new(::sdk::client::FromContract, contract) }
            }
        }

        impl<C: ::sdk::client::Caller> #client<C> {
            /// The contract at this address, called by `caller`.
            #[must_use]
            pub fn new(caller: C, contract: ::sdk::Address) -> Self {
                Self { target: ::sdk::client::Target::new(caller, contract) }
            }

            /// The contract's address.
            #[must_use]
            pub fn contract(&self) -> ::sdk::Address {
                self.target.contract()
            }

            /// The same contract, called by somebody else.
            #[must_use]
            pub fn by<D: ::sdk::client::Caller + Clone>(&self, caller: &D) -> #client<D> {
                #client::new(caller.clone(), self.contract())
            }

            /// The same, sending this much money with each call.
            #[must_use]
            pub fn paying(&self, value: ::sdk::Amount) -> Self
            where
                C: Clone,
            {
                Self { target: self.target.paying(value) }
            }

            /// The same, giving each call at most this much gas.
            #[must_use]
            pub fn limited(&self, gas: ::sdk::Gas) -> Self
            where
                C: Clone,
            {
                Self { target: self.target.limited(gas) }
            }

            #(#calls)*
        }

        #(#births)*
    }
}

/// What makes or replaces a contract in a test.
fn birth(contract: &Ident, method: &Method) -> Option<TokenStream> {
    let client = format_ident!("{contract}Client");
    let (names, types) = unzip(method);
    let error = error(method);
    let input = quote!(::sdk::entry::Encoder::new()#(.value(&#names))*.finish());
    let (value, amount) = match method.payable {
        true => (Some(quote!(attached: ::sdk::Amount,)), quote!(attached)),
        false => (None, quote!(::sdk::Amount::ZERO)),
    };
    let body = match method.kind {
        Kind::Call | Kind::View => return None,
        Kind::Init => quote! {
            /// Make one, with `account` as its admin.
            ///
            /// # Errors
            /// If the contract or the chain refuses.
            pub fn instantiate(
                account: &::sdk::testing::Account,
                #value #(#names: #types),*
            ) -> ::core::result::Result<Self, ::sdk::CallError<#error>> {
                account
                    .instantiate::<#contract, _>(#input, #amount)
                    .map(|contract| Self::new(account.clone(), contract))
            }
        },
        Kind::Migrate => quote! {
            /// Put this code in the place of a contract's own, as its admin.
            ///
            /// # Errors
            /// If the contract or the chain refuses.
            pub fn upgrade(
                account: &::sdk::testing::Account,
                contract: ::sdk::Address,
                #(#names: #types),*
            ) -> ::core::result::Result<Self, ::sdk::CallError<#error>> {
                account
                    .upgrade::<#contract, _>(contract, #input)
                    .map(|()| Self::new(account.clone(), contract))
            }
        },
    };
    Some(quote! {
        #[cfg(not(target_arch = "wasm32"))]
        impl #client<::sdk::testing::Account> {
            #body
        }
    })
}

fn unzip(method: &Method) -> (Vec<&Ident>, Vec<&Type>) {
    method.arguments.iter().map(|(name, of)| (name, of)).unzip()
}

fn error(method: &Method) -> TokenStream {
    match &method.error {
        Some(error) => error.to_token_stream(),
        None => quote!(::sdk::NoError),
    }
}
