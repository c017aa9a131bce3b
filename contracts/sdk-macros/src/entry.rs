//! From bytes to a method and back: one handler and one export for each.

use crate::method::{Kind, Method};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::Ident;

/// The handler's name: `init`, `call_add`, `view_count`.
pub(crate) fn handler_name(method: &Method) -> Ident {
    format_ident!("{}", method.kind.export(&method.name).replace(':', "_"))
}

/// Decodes the arguments, calls the method, encodes what it returns.
pub(crate) fn handler(contract: &Ident, method: &Method) -> TokenStream {
    let (handler, ident) = (handler_name(method), &method.ident);
    let read = method.arguments.iter().map(|(name, of)| {
        let (text, expected) = (name.to_string(), of.to_token_stream().to_string());
        let expected = expected.replace(' ', "");
        quote!(let #name: #of = __input.argument(#text, #expected)?;)
    });
    let names = method.arguments.iter().map(|(name, _)| name);
    let opened = match method.kind {
        Kind::View => quote!(let __contract = <#contract as ::sdk::Storage>::open();),
        Kind::Init | Kind::Call | Kind::Migrate => {
            quote!(let mut __contract = <#contract as ::sdk::Storage>::open();)
        }
    };
    let call = quote!(__contract.#ident(#(#names),*));
    let answer = match &method.error {
        Some(_) => quote!(#call.map_err(::sdk::entry::refuse)?),
        None => call,
    };
    quote! {
        fn #handler(
            __input: &mut ::sdk::entry::Input<'_>,
        ) -> ::core::result::Result<::sdk::Vec<u8>, ::sdk::entry::Refusal> {
            #(#read)*
            __input.end()?;
            #opened
            let __answer = #answer;
            ::core::result::Result::Ok(::sdk::entry::output(&__answer))
        }
    }
}

/// The module's export: only in the module of the contract itself, not where another contract
/// takes this crate in for its client.
pub(crate) fn export(method: &Method) -> TokenStream {
    let (name, payable) = (method.kind.export(&method.name), method.payable);
    let (handler, symbol) =
        (handler_name(method), format_ident!("export_{}", handler_name(method)));
    quote! {
        #[cfg(all(target_arch = "wasm32", not(feature = "library")))]
        #[allow(unexpected_cfgs, unsafe_code)]
        #[unsafe(export_name = #name)]
        extern "C" fn #symbol() {
            ::sdk::entry::run(#payable, #handler);
        }
    }
}
