use super::*;

#[test]
fn reads_sixty_four_hex_digits_and_says_what_else_it_found() {
    let digits = "ab".repeat(32);
    assert_eq!(*parse_seed(format!("{digits}\n").as_bytes()).unwrap(), [0xab; 32]);
    let error = parse_seed(b"abcd").unwrap_err().to_string();
    assert_eq!(error, "want 64 hex digits, found 4 characters");
}

#[test]
fn refuses_names_that_leave_the_keystore() {
    assert!(check_name("alice-2_b").is_ok());
    for name in ["", "../alice", "a/b", "a.age", &"x".repeat(65)] {
        assert!(check_name(name).is_err(), "{name:?}");
    }
}
