use super::listening;

#[test]
fn a_node_that_is_known_by_a_name_listens_on_every_address() {
    assert_eq!(listening("/dns4/node3/tcp/7101"), "/ip4/0.0.0.0/tcp/7101");
    assert_eq!(listening("/ip4/10.0.0.3/tcp/7101"), "/ip4/10.0.0.3/tcp/7101");
}
