use super::*;

#[test]
fn gives_each_class_of_client_error_the_exit_code_of_the_same_number() {
    for class in [
        ExitClass::General,
        ExitClass::Usage,
        ExitClass::Config,
        ExitClass::Unreachable,
        ExitClass::Refused,
        ExitClass::Pending,
        ExitClass::Key,
        ExitClass::Corrupt,
    ] {
        assert_eq!(exit_of(class) as u8, class.number(), "{class:?}");
    }
}

#[test]
fn names_field_and_value_of_an_address_that_is_none() {
    let failure = address("--to", "syn1nonsense", "syn").unwrap_err();
    assert_eq!(failure.exit, Exit::Usage);
    assert!(failure.error.to_string().contains("--to is syn1nonsense"), "{:#}", failure.error);
}
