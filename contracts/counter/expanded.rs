// What the macros make of src/lib.rs, in its order. Compared by a test of sdk-macros;
// SYNDIC_REWRITE=1 cargo test -p sdk-macros writes it anew, for review.

#[doc = " What the counter keeps."]
pub struct Counter {
    owner: Item<Address>,
    count: Item<u64>,
    by_caller: Map<Address, u64>,
}
impl ::sdk::Storage for Counter {
    const EVENTS: &'static [::sdk::abi::NamedShape] =
        &[<Counted as ::sdk::Event>::SHAPE, <Reset as ::sdk::Event>::SHAPE];
    fn open() -> Self {
        Self {
            owner: <Item<Address> as ::sdk::storage::Field>::open(0u8),
            count: <Item<u64> as ::sdk::storage::Field>::open(1u8),
            by_caller: <Map<Address, u64> as ::sdk::storage::Field>::open(2u8),
        }
    }
}
impl ::sdk::Emits<Counted> for Counter {}
impl ::sdk::Emits<Reset> for Counter {}

impl ::sdk::Event for Counted {
    const SHAPE: ::sdk::abi::NamedShape = ::sdk::abi::NamedShape {
        name: "Counted",
        number: 0,
        fields: &[
            ::sdk::abi::FieldShape { name: "by", of: <Address as ::sdk::Describe>::SHAPE },
            ::sdk::abi::FieldShape { name: "step", of: <u64 as ::sdk::Describe>::SHAPE },
            ::sdk::abi::FieldShape { name: "count", of: <u64 as ::sdk::Describe>::SHAPE },
        ],
    };
    fn encode(&self) -> ::sdk::Vec<u8> {
        ::sdk::entry::Encoder::new().value(&self.by).value(&self.step).value(&self.count).finish()
    }
    fn decode(bytes: &[u8]) -> ::core::option::Option<Self> {
        let mut input = ::sdk::entry::Input::new(bytes);
        let event = Self { by: input.value()?, step: input.value()?, count: input.value()? };
        input.ended().then_some(event)
    }
}

impl ::sdk::Event for Reset {
    const SHAPE: ::sdk::abi::NamedShape = ::sdk::abi::NamedShape {
        name: "Reset",
        number: 0,
        fields: &[::sdk::abi::FieldShape { name: "count", of: <u64 as ::sdk::Describe>::SHAPE }],
    };
    fn encode(&self) -> ::sdk::Vec<u8> {
        ::sdk::entry::Encoder::new().value(&self.count).finish()
    }
    fn decode(bytes: &[u8]) -> ::core::option::Option<Self> {
        let mut input = ::sdk::entry::Input::new(bytes);
        let event = Self { count: input.value()? };
        input.ended().then_some(event)
    }
}

impl ::sdk::ContractError for CounterError {
    const SHAPES: &'static [::sdk::abi::NamedShape] = &[
        ::sdk::abi::NamedShape {
            name: "STEP",
            number: 0u8,
            fields: &[::sdk::abi::FieldShape {
                name: "limit",
                of: <u64 as ::sdk::Describe>::SHAPE,
            }],
        },
        ::sdk::abi::NamedShape { name: "OVERFLOW", number: 1u8, fields: &[] },
        ::sdk::abi::NamedShape { name: "NOT_OWNER", number: 2u8, fields: &[] },
    ];
    fn name(&self) -> &'static str {
        match self {
            Self::Step { .. } => "STEP",
            Self::Overflow { .. } => "OVERFLOW",
            Self::NotOwner { .. } => "NOT_OWNER",
        }
    }
    fn encode(&self) -> ::sdk::Vec<u8> {
        match self {
            Self::Step { limit: field_0 } => ::sdk::entry::Encoder::new().value(field_0).finish(),
            Self::Overflow {} => ::sdk::entry::Encoder::new().finish(),
            Self::NotOwner {} => ::sdk::entry::Encoder::new().finish(),
        }
    }
    fn decode(name: &str, bytes: &[u8]) -> ::core::option::Option<Self> {
        let mut input = ::sdk::entry::Input::new(bytes);
        let error = match name {
            "STEP" => Self::Step { limit: input.value()? },
            "OVERFLOW" => Self::Overflow {},
            "NOT_OWNER" => Self::NotOwner {},
            _ => return ::core::option::Option::None,
        };
        input.ended().then_some(error)
    }
}

impl Counter {
    #[doc = " Begin at `count`; who makes the counter owns it."]
    pub fn init(&mut self, count: u64) {
        self.owner.set(&sdk::caller());
        self.count.set(&count);
    }
    #[doc = " Add to the count, and return it."]
    pub fn add(&mut self, step: u64) -> Result<u64, CounterError> {
        if step == 0 || step > MAX_STEP {
            return Err(CounterError::Step { limit: MAX_STEP });
        }
        let by = sdk::caller();
        let count = self.count().checked_add(step).ok_or(CounterError::Overflow)?;
        let own = self.count_of(by).checked_add(step).ok_or(CounterError::Overflow)?;
        self.count.set(&count);
        self.by_caller.set(&by, &own);
        self.emit(Counted { by, step, count });
        Ok(count)
    }
    #[doc = " Back to zero; what each caller added is kept."]
    pub fn reset(&mut self) -> Result<(), CounterError> {
        if self.owner.get() != Some(sdk::caller()) {
            return Err(CounterError::NotOwner);
        }
        let count = self.count();
        self.count.set(&0);
        self.emit(Reset { count });
        Ok(())
    }
    #[doc = " The count."]
    pub fn count(&self) -> u64 {
        self.count.or_default()
    }
    #[doc = " What one caller has added."]
    pub fn count_of(&self, caller: Address) -> u64 {
        self.by_caller.or_default(&caller)
    }
}
const _: () = {
    fn init(
        __input: &mut ::sdk::entry::Input<'_>,
    ) -> ::core::result::Result<::sdk::Vec<u8>, ::sdk::entry::Refusal> {
        let count: u64 = __input.argument("count", "u64")?;
        __input.end()?;
        let mut __contract = <Counter as ::sdk::Storage>::open();
        let __answer = __contract.init(count);
        ::core::result::Result::Ok(::sdk::entry::output(&__answer))
    }
    fn call_add(
        __input: &mut ::sdk::entry::Input<'_>,
    ) -> ::core::result::Result<::sdk::Vec<u8>, ::sdk::entry::Refusal> {
        let step: u64 = __input.argument("step", "u64")?;
        __input.end()?;
        let mut __contract = <Counter as ::sdk::Storage>::open();
        let __answer = __contract.add(step).map_err(::sdk::entry::refuse)?;
        ::core::result::Result::Ok(::sdk::entry::output(&__answer))
    }
    fn call_reset(
        __input: &mut ::sdk::entry::Input<'_>,
    ) -> ::core::result::Result<::sdk::Vec<u8>, ::sdk::entry::Refusal> {
        __input.end()?;
        let mut __contract = <Counter as ::sdk::Storage>::open();
        let __answer = __contract.reset().map_err(::sdk::entry::refuse)?;
        ::core::result::Result::Ok(::sdk::entry::output(&__answer))
    }
    fn view_count(
        __input: &mut ::sdk::entry::Input<'_>,
    ) -> ::core::result::Result<::sdk::Vec<u8>, ::sdk::entry::Refusal> {
        __input.end()?;
        let __contract = <Counter as ::sdk::Storage>::open();
        let __answer = __contract.count();
        ::core::result::Result::Ok(::sdk::entry::output(&__answer))
    }
    fn view_count_of(
        __input: &mut ::sdk::entry::Input<'_>,
    ) -> ::core::result::Result<::sdk::Vec<u8>, ::sdk::entry::Refusal> {
        let caller: Address = __input.argument("caller", "Address")?;
        __input.end()?;
        let __contract = <Counter as ::sdk::Storage>::open();
        let __answer = __contract.count_of(caller);
        ::core::result::Result::Ok(::sdk::entry::output(&__answer))
    }
    const INTERFACE: ::sdk::abi::Interface = ::sdk::abi::Interface {
        name: "Counter",
        methods: &[
            ::sdk::abi::MethodShape {
                name: "init",
                kind: 0u8,
                payable: false,
                arguments: &[::sdk::abi::FieldShape {
                    name: "count",
                    of: <u64 as ::sdk::Describe>::SHAPE,
                }],
                output: <() as ::sdk::Describe>::SHAPE,
            },
            ::sdk::abi::MethodShape {
                name: "add",
                kind: 1u8,
                payable: false,
                arguments: &[::sdk::abi::FieldShape {
                    name: "step",
                    of: <u64 as ::sdk::Describe>::SHAPE,
                }],
                output: <u64 as ::sdk::Describe>::SHAPE,
            },
            ::sdk::abi::MethodShape {
                name: "reset",
                kind: 1u8,
                payable: false,
                arguments: &[],
                output: <() as ::sdk::Describe>::SHAPE,
            },
            ::sdk::abi::MethodShape {
                name: "count",
                kind: 2u8,
                payable: false,
                arguments: &[],
                output: <u64 as ::sdk::Describe>::SHAPE,
            },
            ::sdk::abi::MethodShape {
                name: "count_of",
                kind: 2u8,
                payable: false,
                arguments: &[::sdk::abi::FieldShape {
                    name: "caller",
                    of: <Address as ::sdk::Describe>::SHAPE,
                }],
                output: <u64 as ::sdk::Describe>::SHAPE,
            },
        ],
        errors: &[<CounterError as ::sdk::ContractError>::SHAPES],
        events: <Counter as ::sdk::Storage>::EVENTS,
    };
    const ENCODED: ::sdk::abi::Encoded = ::sdk::abi::encode(&INTERFACE);
    impl ::sdk::Contract for Counter {
        const NAME: &'static str = "Counter";
        const PACKAGE: &'static str = env!("CARGO_PKG_NAME");
        const ENTRIES: &'static [::sdk::entry::Entry] = &[
            ::sdk::entry::Entry { export: "init", payable: false, handler: init },
            ::sdk::entry::Entry { export: "call:add", payable: false, handler: call_add },
            ::sdk::entry::Entry { export: "call:reset", payable: false, handler: call_reset },
            ::sdk::entry::Entry { export: "view:count", payable: false, handler: view_count },
            ::sdk::entry::Entry { export: "view:count_of", payable: false, handler: view_count_of },
        ];
        const ABI: &'static [u8] = &ENCODED.exact::<{ ENCODED.len() }>();
    }
    #[cfg(all(target_arch = "wasm32", not(feature = "library")))]
    #[allow(unexpected_cfgs, unsafe_code)]
    #[used]
    #[unsafe(link_section = "abi")]
    static SECTION: [u8; ENCODED.len()] = ENCODED.exact::<{ ENCODED.len() }>();
    #[cfg(all(target_arch = "wasm32", not(feature = "library")))]
    #[allow(unexpected_cfgs, unsafe_code)]
    #[unsafe(export_name = "init")]
    extern "C" fn export_init() {
        ::sdk::entry::run(false, init);
    }
    #[cfg(all(target_arch = "wasm32", not(feature = "library")))]
    #[allow(unexpected_cfgs, unsafe_code)]
    #[unsafe(export_name = "call:add")]
    extern "C" fn export_call_add() {
        ::sdk::entry::run(false, call_add);
    }
    #[cfg(all(target_arch = "wasm32", not(feature = "library")))]
    #[allow(unexpected_cfgs, unsafe_code)]
    #[unsafe(export_name = "call:reset")]
    extern "C" fn export_call_reset() {
        ::sdk::entry::run(false, call_reset);
    }
    #[cfg(all(target_arch = "wasm32", not(feature = "library")))]
    #[allow(unexpected_cfgs, unsafe_code)]
    #[unsafe(export_name = "view:count")]
    extern "C" fn export_view_count() {
        ::sdk::entry::run(false, view_count);
    }
    #[cfg(all(target_arch = "wasm32", not(feature = "library")))]
    #[allow(unexpected_cfgs, unsafe_code)]
    #[unsafe(export_name = "view:count_of")]
    extern "C" fn export_view_count_of() {
        ::sdk::entry::run(false, view_count_of);
    }
};
#[doc = "Calls a [`Counter`]: from another contract, or as an account in a test."]
#[derive(Clone, Debug)]
pub struct CounterClient<C = ::sdk::client::FromContract> {
    target: ::sdk::client::Target<C>,
}
impl CounterClient {
    #[doc = r" The contract at this address, called by the contract that runs."]
    #[must_use]
    pub fn at(contract: ::sdk::Address) -> Self {
        Self { target: ::sdk::client::Target::new(::sdk::client::FromContract, contract) }
    }
}
impl<C: ::sdk::client::Caller> CounterClient<C> {
    #[doc = r" The contract at this address, called by `caller`."]
    #[must_use]
    pub fn new(caller: C, contract: ::sdk::Address) -> Self {
        Self { target: ::sdk::client::Target::new(caller, contract) }
    }
    #[doc = r" The contract's address."]
    #[must_use]
    pub fn contract(&self) -> ::sdk::Address {
        self.target.contract()
    }
    #[doc = r" The same contract, called by somebody else."]
    #[must_use]
    pub fn by<D: ::sdk::client::Caller + Clone>(&self, caller: &D) -> CounterClient<D> {
        CounterClient::new(caller.clone(), self.contract())
    }
    #[doc = r" The same, sending this much money with each call."]
    #[must_use]
    pub fn paying(&self, value: ::sdk::Amount) -> Self
    where
        C: Clone,
    {
        Self { target: self.target.paying(value) }
    }
    #[doc = r" The same, giving each call at most this much gas."]
    #[must_use]
    pub fn limited(&self, gas: ::sdk::Gas) -> Self
    where
        C: Clone,
    {
        Self { target: self.target.limited(gas) }
    }
    #[doc = " Add to the count, and return it."]
    #[doc = r""]
    #[doc = r" # Errors"]
    #[doc = r" If the contract or the chain refuses."]
    pub fn add(&self, step: u64) -> ::core::result::Result<u64, ::sdk::CallError<CounterError>> {
        self.target.call("add", ::sdk::entry::Encoder::new().value(&step).finish())
    }
    #[doc = " Back to zero; what each caller added is kept."]
    #[doc = r""]
    #[doc = r" # Errors"]
    #[doc = r" If the contract or the chain refuses."]
    pub fn reset(&self) -> ::core::result::Result<(), ::sdk::CallError<CounterError>> {
        self.target.call("reset", ::sdk::entry::Encoder::new().finish())
    }
    #[doc = " The count."]
    #[doc = r""]
    #[doc = r" # Errors"]
    #[doc = r" If the contract or the chain refuses."]
    pub fn count(&self) -> ::core::result::Result<u64, ::sdk::CallError<::sdk::NoError>> {
        self.target.call("count", ::sdk::entry::Encoder::new().finish())
    }
    #[doc = " What one caller has added."]
    #[doc = r""]
    #[doc = r" # Errors"]
    #[doc = r" If the contract or the chain refuses."]
    pub fn count_of(
        &self,
        caller: Address,
    ) -> ::core::result::Result<u64, ::sdk::CallError<::sdk::NoError>> {
        self.target.call("count_of", ::sdk::entry::Encoder::new().value(&caller).finish())
    }
}
#[cfg(not(target_arch = "wasm32"))]
impl CounterClient<::sdk::testing::Account> {
    #[doc = r" Make one, with `account` as its admin."]
    #[doc = r""]
    #[doc = r" # Errors"]
    #[doc = r" If the contract or the chain refuses."]
    pub fn instantiate(
        account: &::sdk::testing::Account,
        count: u64,
    ) -> ::core::result::Result<Self, ::sdk::CallError<::sdk::NoError>> {
        account
            .instantiate::<Counter, _>(
                ::sdk::entry::Encoder::new().value(&count).finish(),
                ::sdk::Amount::ZERO,
            )
            .map(|contract| Self::new(account.clone(), contract))
    }
}

