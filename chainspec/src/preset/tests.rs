use super::*;
use crate::validate::parameter_problems;
use types::params::Permission;

#[test]
fn every_preset_keeps_every_bound() {
    for preset in Preset::ALL {
        assert_eq!(parameter_problems(&preset.params()), Vec::new(), "{}", preset.name());
        assert_eq!(Preset::from_name(preset.name()), Some(preset));
    }
}

#[test]
fn only_the_devnet_lets_strangers_send_and_deploy() {
    for preset in Preset::ALL {
        let params = preset.params();
        let expected = if preset == Preset::Devnet { Permission::Anyone } else { Permission::Role };
        assert_eq!((params.send, params.deploy), (expected, expected), "{}", preset.name());
    }
}

#[test]
fn parameters_that_are_not_named_have_their_defaults() {
    let params = parse_params("[params]\ngas_price = 7").unwrap();
    assert_eq!(params, Params { gas_price: 7, ..Params::default() });
}

#[test]
fn refuses_anything_beside_the_parameters() {
    let error = parse_params("[params]\n[members]").unwrap_err();
    assert_eq!(error.to_string(), "line 2, column 2, members: no such key");
}
