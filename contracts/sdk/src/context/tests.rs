use super::*;

#[test]
fn reads_the_context_as_the_host_encodes_it() {
    for view in [false, true] {
        let context = Context {
            version: Version,
            chain_id: ChainId([1; 32]),
            height: Height(2),
            time_ms: TimestampMs(3),
            contract: Address([4; 32]),
            caller: Address([5; 32]),
            origin: Address([6; 32]),
            value: Amount(7 << 100),
            call_id: Hash([8; 32]),
            view,
        };
        let bytes = types::encode(&context);
        let bytes: &[u8; BYTES] = bytes.as_slice().try_into().expect("BYTES is the size");
        assert_eq!(read(bytes), context);
    }
}
