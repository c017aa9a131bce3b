//! One annotated method: what it is, and every rule that it must keep.

use crate::names;
use quote::ToTokens;
use syn::{
    Attribute, Error, FnArg, GenericArgument, Ident, ImplItemFn, Meta, Pat, PathArguments, Result,
    ReturnType, Type,
};

/// Names that a client uses for itself.
const CLIENT_NAMES: &[&str] =
    &["new", "at", "by", "paying", "limited", "contract", "instantiate", "upgrade"];

/// Which attribute stands on it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Init,
    Call,
    View,
    Migrate,
}

impl Kind {
    fn of(attribute: &Attribute) -> Option<Self> {
        let name = attribute.path().get_ident()?.to_string();
        match name.as_str() {
            "init" => Some(Self::Init),
            "call" => Some(Self::Call),
            "view" => Some(Self::View),
            "migrate" => Some(Self::Migrate),
            _ => None,
        }
    }

    /// The number of `types::abi::MethodKind`.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Init => 0,
            Self::Call => 1,
            Self::View => 2,
            Self::Migrate => 3,
        }
    }

    /// The name of the module's export.
    pub(crate) fn export(self, method: &str) -> String {
        match self {
            Self::Init => "init".to_owned(),
            Self::Call => format!("call:{method}"),
            Self::View => format!("view:{method}"),
            Self::Migrate => "migrate".to_owned(),
        }
    }
}

/// An annotated method.
pub(crate) struct Method {
    pub(crate) kind: Kind,
    pub(crate) payable: bool,
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) docs: Vec<Attribute>,
    pub(crate) arguments: Vec<(Ident, Type)>,
    pub(crate) output: Type,
    /// The `E` of `Result<T, E>`.
    pub(crate) error: Option<Type>,
}

impl Method {
    /// Read a method and take its annotation off; `None` if it has none.
    pub(crate) fn take(item: &mut ImplItemFn) -> Result<Option<Self>> {
        let marks: Vec<Attribute> =
            item.attrs.iter().filter(|mark| Kind::of(mark).is_some()).cloned().collect();
        let Some(mark) = marks.first() else { return Ok(None) };
        if let Some(second) = marks.get(1) {
            return Err(Error::new_spanned(
                second,
                "a method is one of #[init], #[call], #[view], #[migrate]",
            ));
        }
        item.attrs.retain(|attribute| Kind::of(attribute).is_none());
        let Some(kind) = Kind::of(mark) else { return Ok(None) };
        check_signature(item, kind)?;
        let name = names::method(&item.sig.ident)?;
        if CLIENT_NAMES.contains(&name.as_str()) && kind != Kind::Init {
            let message = format!("`{name}` is a method of every client: choose another name");
            return Err(Error::new_spanned(&item.sig.ident, message));
        }
        let (output, error) = output(&item.sig.output)?;
        let docs = item.attrs.iter().filter(|attribute| attribute.path().is_ident("doc")).cloned();
        Ok(Some(Self {
            kind,
            payable: payable(mark, kind)?,
            ident: item.sig.ident.clone(),
            name,
            docs: docs.collect(),
            arguments: arguments(item)?,
            output,
            error,
        }))
    }
}

fn payable(mark: &Attribute, kind: Kind) -> Result<bool> {
    let list = match &mark.meta {
        Meta::Path(_) => return Ok(false),
        Meta::List(list) => list,
        Meta::NameValue(pair) => {
            return Err(Error::new_spanned(pair, "expected `#[call]` or `#[call(payable)]`"));
        }
    };
    if list.tokens.to_string() != "payable" {
        return Err(Error::new_spanned(&list.tokens, "expected `payable`"));
    }
    match kind {
        Kind::Init | Kind::Call => Ok(true),
        Kind::View => Err(Error::new_spanned(&list.tokens, "no money comes with a view")),
        Kind::Migrate => Err(Error::new_spanned(&list.tokens, "no money comes with an upgrade")),
    }
}

fn check_signature(item: &ImplItemFn, kind: Kind) -> Result<()> {
    let signature = &item.sig;
    if let Some(token) = &signature.asyncness {
        return Err(Error::new_spanned(token, "a method runs to its end: it cannot be async"));
    }
    if let Some(token) = &signature.unsafety {
        return Err(Error::new_spanned(token, "anybody may call this: it cannot be unsafe"));
    }
    if !signature.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &signature.generics,
            "a method has no generic parameters: callers send bytes of one shape",
        ));
    }
    let receiver = signature.receiver();
    let by_reference =
        receiver.filter(|receiver| receiver.reference.is_some() && receiver.colon_token.is_none());
    let Some(receiver) = by_reference else {
        let wanted = if kind == Kind::View { "`&self`" } else { "`&mut self`" };
        return Err(Error::new_spanned(signature, format!("the first argument is {wanted}")));
    };
    match (kind, &receiver.mutability) {
        (Kind::View, Some(token)) => Err(Error::new_spanned(
            token,
            "a view takes `&self`: it writes nothing; make it a #[call] if it must",
        )),
        (Kind::Init | Kind::Call | Kind::Migrate, None) => Err(Error::new_spanned(
            receiver,
            "takes `&mut self`; a method that only reads is a #[view]",
        )),
        _ => Ok(()),
    }
}

fn arguments(item: &ImplItemFn) -> Result<Vec<(Ident, Type)>> {
    let typed = item.sig.inputs.iter().filter_map(|argument| match argument {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    typed
        .map(|argument| {
            let Pat::Ident(pattern) = argument.pat.as_ref() else {
                return Err(Error::new_spanned(&argument.pat, "an argument has a plain name"));
            };
            if let Some(token) = &pattern.mutability {
                return Err(Error::new_spanned(token, "take it without `mut` and rebind it"));
            }
            owned(&argument.ty, "an argument")?;
            Ok((pattern.ident.clone(), argument.ty.as_ref().clone()))
        })
        .collect()
}

/// What a method returns, and how it refuses.
fn output(output: &ReturnType) -> Result<(Type, Option<Type>)> {
    let of = match output {
        ReturnType::Default => return Ok((syn::parse_quote!(()), None)),
        ReturnType::Type(_, of) => of.as_ref(),
    };
    let Type::Path(path) = of else {
        owned(of, "an answer")?;
        return Ok((of.clone(), None));
    };
    let Some(last) = path.path.segments.last().filter(|last| last.ident == "Result") else {
        return Ok((of.clone(), None));
    };
    let types: Vec<&Type> = match &last.arguments {
        PathArguments::AngleBracketed(list) => list
            .args
            .iter()
            .filter_map(|argument| match argument {
                GenericArgument::Type(of) => Some(of),
                _ => None,
            })
            .collect(),
        PathArguments::None | PathArguments::Parenthesized(_) => Vec::new(),
    };
    match types.as_slice() {
        [output, error] => {
            owned(output, "an answer")?;
            Ok(((*output).clone(), Some((*error).clone())))
        }
        _ => Err(Error::new_spanned(
            of,
            "write `Result<T, E>` with both types: callers must know how a method refuses",
        )),
    }
}

fn owned(of: &Type, what: &str) -> Result<()> {
    match of {
        Type::Reference(_) => Err(Error::new_spanned(
            of,
            format!("{what} crosses the contract's border: take `{}` by value", referred(of)),
        )),
        Type::ImplTrait(_) => {
            Err(Error::new_spanned(of, format!("{what} has one type: callers must know it")))
        }
        _ => Ok(()),
    }
}

/// `String` for `&str`, `Vec<u8>` for `&[u8]`, `T` for `&T`.
fn referred(of: &Type) -> String {
    let Type::Reference(reference) = of else { return of.to_token_stream().to_string() };
    match reference.elem.as_ref() {
        Type::Slice(slice) => format!("Vec<{}>", slice.elem.to_token_stream()),
        Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
        other => other.to_token_stream().to_string(),
    }
}
