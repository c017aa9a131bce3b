//! The command line: what is taken out, what is left, what is refused.
#![allow(clippy::unwrap_used)]

use super::*;

fn split_text(text: &str) -> Result<(Options, Vec<OsString>), OptionError> {
    split(text.split(' ').map(OsString::from))
}

#[test]
fn faults_are_taken_out_and_the_rest_is_left_in_order() {
    let text = "faulty run --die-before commit-batch:3 --home h --die-after flush --unguarded \
                --ledger l --log debug";
    let (options, rest) = split_text(text).unwrap();
    let third = Moment { kind: ActionKind::Commit, number: 3 };
    assert_eq!(options.die_before, Some(Before::Moment(third)));
    assert_eq!(options.die_after, Some(Moment { kind: ActionKind::Flush, number: 1 }));
    assert!(options.unguarded);
    assert_eq!(options.ledger, Some(PathBuf::from("l")));
    assert_eq!(rest.join(&OsString::from(" ")), "faulty run --home h --log debug");
}

#[test]
fn a_command_line_without_faults_is_left_alone() {
    let (options, rest) = split_text("faulty devnet new").unwrap();
    assert_eq!(options, Options::default());
    assert_eq!(rest.len(), 3);
}

#[test]
fn a_batch_may_be_named_by_its_height() {
    let (options, _) = split_text("faulty run --die-before commit-batch@17").unwrap();
    assert_eq!(options.die_before, Some(Before::Batch(17)));
    assert!(split_text("faulty run --die-before commit-batch@x").is_err());
}

#[test]
fn an_unknown_kind_is_refused_with_the_kinds_there_are() {
    let error = split_text("faulty run --die-before comit").unwrap_err();
    let said = error.to_string();
    assert!(said.starts_with("--die-before: `comit` is no kind of action"), "{said}");
    assert!(KINDS.iter().all(|(name, _)| said.contains(name) && HELP.contains(name)), "{said}");
}

#[test]
fn a_number_below_one_and_a_missing_value_are_refused_by_name() {
    for number in ["0", "-1", "x", ""] {
        let error = split_text(&format!("faulty run --die-after send:{number}")).unwrap_err();
        let expected = OptionError::Number { option: "--die-after", number: number.to_owned() };
        assert_eq!(error, expected);
    }
    let error = split_text("faulty run --die-after").unwrap_err();
    assert_eq!(error.to_string(), "--die-after needs a value");
}
